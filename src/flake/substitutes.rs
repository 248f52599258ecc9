//! Inputs in whose place another thing is put.

use std::path::{Path, PathBuf};

use super::reference::url::Url;
use super::reference::{FlakeRef, Scheme};
use super::resolve::Substitute;
use crate::value::Slot;
use crate::world::World;

/// What is put in the place of inputs; nothing where there is none.
#[derive(Clone, Default)]
pub struct Substitutes<'h> {
    /// For `RepX` itself, as a flake.
    pub repx: Option<Slot<'h>>,
    /// For nixpkgs, as a flake.
    pub packages: Option<Slot<'h>>,
    /// What stands for the packages of an input.
    pub known: Option<Known<'h>>,
}

/// What stands for the packages of a locked input, on a system.
#[derive(Clone)]
pub struct Known<'h> {
    /// The input.
    pub reference: FlakeRef,
    /// The system.
    pub system: &'static str,
    /// `legacyPackages` of that system.
    pub packages: Slot<'h>,
}

impl<'h> Substitutes<'h> {
    /// What an input is to be substituted by.
    pub(super) fn choose(
        &self,
        id: &str,
        reference: &FlakeRef,
        real: Option<&Path>,
        world: &dyn World,
    ) -> Option<Substitute> {
        if self.repx.is_some() && is_repx(reference, real, world) {
            return Some(Substitute::Repx);
        }
        (self.packages.is_some() && is_nixpkgs(id, reference)).then_some(Substitute::Packages)
    }

    pub(super) fn value(&self, substitute: Substitute) -> Option<Slot<'h>> {
        match substitute {
            Substitute::Repx => self.repx,
            Substitute::Packages => self.packages,
        }
    }
}

/// Files that only `RepX`'s own repository has.
const LAYOUT: [&str; 2] = ["nix/lib/main.nix", "nix/lib/internal/mk-run.nix"];

/// A repository of that name, or a directory that looks like it.
fn is_repx(reference: &FlakeRef, real: Option<&Path>, world: &dyn World) -> bool {
    repository(reference).is_some_and(|name| name.eq_ignore_ascii_case("repx"))
        || real.is_some_and(|real| upstream_library(real, world).is_some())
}

/// The file of upstream's library, in a directory with `RepX`'s own sources.
pub fn upstream_library(directory: &Path, world: &dyn World) -> Option<PathBuf> {
    let there = |path: &Path| matches!(world.kind(path), Ok(Some(_)));
    let [main, _] = LAYOUT;
    LAYOUT.iter().all(|file| there(&directory.join(file))).then(|| directory.join(main))
}

pub(super) fn is_nixpkgs(id: &str, reference: &FlakeRef) -> bool {
    id == "nixpkgs"
        || reference.text("id") == Some("nixpkgs")
        || repository(reference).is_some_and(|name| name.eq_ignore_ascii_case("nixpkgs"))
}

/// The name of a reference's repository.
fn repository(reference: &FlakeRef) -> Option<String> {
    match reference.scheme? {
        Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => {
            reference.text("repo").map(str::to_owned)
        }
        Scheme::Git | Scheme::Mercurial => {
            let url = Url::parse(reference.text("url")?).ok()?;
            let last = (*url.segments().last()?).to_owned();
            Some(last.strip_suffix(".git").map_or(last.clone(), str::to_owned))
        }
        Scheme::File | Scheme::Tarball | Scheme::Indirect | Scheme::Path => None,
    }
}
