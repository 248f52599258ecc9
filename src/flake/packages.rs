//! The nixpkgs that a flake has locked, of which other evaluations may know something.

use std::path::{Path, PathBuf};

use super::lock::{Edge, LockFile, ROOT};
use super::reference::{FlakeRef, nar_hash};
use super::substitutes::is_nixpkgs;
use super::tree::store_path;
use crate::store::StoreDir;
use crate::world::World;

/// A package set that is an input of a flake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockedPackages {
    /// The input, with the hash of its files.
    pub reference: FlakeRef,
    /// Its directory, as evaluation names it.
    pub directory: PathBuf,
}

/// The nixpkgs that the flake in a directory has locked: whole, as a flake, and by its hash.
pub fn locked_packages(directory: &Path, world: &dyn World) -> Option<LockedPackages> {
    let bytes = world.read_file(&directory.join("flake.lock")).ok()?;
    let lock = LockFile::read(std::str::from_utf8(&bytes).ok()?, "flake.lock").ok()?;
    let found = lock.node(ROOT)?.inputs.iter().find_map(|(id, edge)| {
        let at = match edge {
            Edge::Node(at) => *at,
            Edge::Follows(path) => lock.find(path)?,
        };
        let input = lock.node(at)?.lock.as_ref()?;
        let whole = !input.plain && input.parent.is_none() && input.locked.dir.is_empty();
        (whole && is_nixpkgs(id, &input.locked)).then(|| input.locked.clone())
    })?;
    let hash = nar_hash(&found.attributes).ok()??;
    let path = store_path(found.text("name").unwrap_or("source"), &hash).ok()?;
    Some(LockedPackages { reference: found, directory: StoreDir::default().print(&path).into() })
}
