//! What the command line names as a lab: a file, a directory, an output of a flake.

use std::path::{Path, PathBuf};

use super::load::Target;
use super::setup::current_directory;
use crate::diagnostic::Diagnostic;
use crate::flake::reference::{Base, FlakeRef, Scheme, parse_with_fragment};
use crate::sweep::{self, FlakeLab};
use crate::world::Disk;

/// Where a lab is.
pub(super) struct Entry {
    /// Its file; of a flake, `flake.nix`.
    pub(super) file: PathBuf,
    /// The directory it belongs to.
    pub(super) root: PathBuf,
    /// The flake it is an output of.
    pub(super) flake: Option<FlakeLab>,
}

/// Finds the lab that is named.
///
/// # Errors
/// When there is none.
pub(super) fn find(target: Target<'_>) -> Result<Entry, Diagnostic> {
    let Target { lab, with, .. } = target;
    let text = lab.to_string_lossy();
    let is_flake = lab.join("flake.nix").is_file() || !lab.exists() && names_flake(&text);
    if !is_flake {
        if let Some(built) = target.built() {
            let message = format!("'{}' holds the jobs of a lab, not its text", built.display());
            return Err(Diagnostic::error("repx::lab::not-found", message)
                .help("`repx build` has written it; name the lab itself"));
        }
        let (file, root) = sweep::find_entry(lab)?;
        return Ok(Entry { file, root, flake: None });
    }
    let (reference, output) = flake(&text)?;
    let root = directory(&reference).unwrap_or_else(current_directory);
    let flake = FlakeLab {
        output,
        upstream_library: with.upstream_lib,
        own_packages: with.pkgs.is_some(),
        reference,
    };
    Ok(Entry { file: root.join("flake.nix"), root, flake: Some(flake) })
}

/// Is this meant as a flake, though nothing of that name is there?
pub(super) fn names_flake(text: &str) -> bool {
    let schemes = ["path:", "git+file:", "flake:", "github:"];
    text.contains('#') || schemes.iter().any(|scheme| text.starts_with(scheme))
}

/// A flake and the name of an output, as on Nix's command line.
///
/// # Errors
/// When it is no flake reference, or there is no flake.
pub(super) fn flake(text: &str) -> Result<(FlakeRef, String), Diagnostic> {
    let directory = current_directory();
    let base = Base { directory: &directory, world: &Disk };
    // A directory is meant as one, though `lab` could also be a name in a registry.
    let (place, output) = text.split_once('#').unwrap_or((text, ""));
    let named = if place.is_empty() { "." } else { place };
    let meant = match std::fs::canonicalize(named) {
        Ok(real) if real.is_dir() => format!("{}#{output}", real.display()),
        Ok(_) | Err(_) => text.to_owned(),
    };
    parse_with_fragment(&meant, base).map_err(|error| {
        Diagnostic::error("repx::flake::reference", error.to_string())
            .help("a flake is a directory with `flake.nix`, and its outputs are named `DIR#NAME`")
    })
}

/// The directory of a flake that lies on this machine.
fn directory(reference: &FlakeRef) -> Option<PathBuf> {
    let root = match reference.scheme? {
        Scheme::Path => reference.text("path")?.to_owned(),
        Scheme::Git => reference.text("url")?.strip_prefix("file://")?.to_owned(),
        Scheme::File
        | Scheme::Tarball
        | Scheme::GitHub
        | Scheme::GitLab
        | Scheme::SourceHut
        | Scheme::Mercurial
        | Scheme::Indirect => return None,
    };
    Some(if reference.dir.is_empty() { root.into() } else { Path::new(&root).join(&reference.dir) })
}

/// The path in front of an output's name.
pub(super) fn without_output(lab: &Path) -> PathBuf {
    match lab.to_str().and_then(|text| text.split_once('#')) {
        Some((path, _)) if !lab.exists() => match path {
            "" => PathBuf::from("."),
            path => PathBuf::from(path),
        },
        Some(_) | None => lab.to_owned(),
    }
}
