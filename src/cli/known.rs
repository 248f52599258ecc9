//! What is known of the package set that a lab is evaluated with.

use std::path::{Path, PathBuf};

use super::arguments::LabOptions;
use super::setup;
use crate::cache::Packages;
use crate::eval::Settings;
use crate::flake::locked_packages;
use crate::session::PackageSet;
use crate::sweep::Request;
use crate::world::World;

/// What decides evaluations of all labs and package sets.
pub(super) fn surroundings(options: &LabOptions, settings: Settings) -> String {
    let variable = |name: &str| std::env::var_os(name);
    let variables = ["HOME", "NIX_REMOTE", "NIX_STORE_DIR"].map(variable);
    let search_path = setup::search_path(&options.include);
    format!("{search_path:?} {variables:?} {} {settings:?}", options.nix.no_ifd)
}

/// What is known of the package set of a lab, in a directory of caches, if it is a set that is worth it.
pub(super) fn packages(
    directory: &Path,
    options: &LabOptions,
    settings: Settings,
    request: &Request,
    world: &dyn World,
) -> Option<Packages> {
    let set = package_set(request, world)?;
    // Only an expression may begin at the lab's directory.
    let root = match set {
        PackageSet::Expression(_) => request.root.clone(),
        PackageSet::Host | PackageSet::Path(_) | PackageSet::Locked(_) => PathBuf::from("/"),
    };
    let parts =
        ["packages".to_owned(), format!("{:?}", (&set, &root)), surroundings(options, settings)];
    let parts = parts.each_ref().map(String::as_bytes);
    Some(Packages::new(directory, &parts, (set, root), !options.refresh))
}

/// The set of which something may be known: as it was asked for, or what a flake has locked.
fn package_set(request: &Request, world: &dyn World) -> Option<PackageSet> {
    let Request { packages, flake, entry, .. } = request;
    match flake {
        None => Some(packages.clone()).filter(|set| *set != PackageSet::Host),
        Some(flake) if flake.own_packages || flake.upstream_library => None,
        Some(_) => locked_packages(entry.parent()?, world).map(PackageSet::Locked),
    }
}
