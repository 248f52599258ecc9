//! The Nix code embedded in the binary, as files under a path of its own.

use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::world::{Entry, FileKind, Keeper, Stamp, World};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/nixlib");

/// Where the embedded files appear. Nothing on a disk begins like this.
pub const NIXLIB: &str = "/«repx»";

/// A world that also has the embedded files.
pub(super) struct WithNixlib<'a> {
    pub(super) world: &'a dyn World,
}

/// The path within the embedded folder.
fn embedded(path: &Path) -> Option<&Path> {
    path.strip_prefix(NIXLIB).ok()
}

impl World for WithNixlib<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        match embedded(path) {
            None => self.world.read_file(path),
            Some(inner) => {
                let file = FILES.get_file(inner).ok_or(io::ErrorKind::NotFound)?;
                Ok(file.contents().to_vec())
            }
        }
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        embedded(path).is_none().then(|| self.world.vouch(path)).flatten()
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        match embedded(path) {
            None => self.world.kind(path),
            Some(inner) if inner.as_os_str().is_empty() => Ok(Some(FileKind::Directory)),
            Some(inner) => Ok(FILES.get_entry(inner).map(|entry| match entry.as_dir() {
                Some(_) => FileKind::Directory,
                None => FileKind::Regular { executable: false },
            })),
        }
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        match embedded(path) {
            None => self.world.list_dir(path),
            // The embedded code names its files; it never looks for them.
            Some(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        match embedded(path) {
            None => self.world.modified(path),
            Some(_) => Ok(0),
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.world.read_link(path)
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.world.variable(name)
    }

    fn now(&self) -> i64 {
        self.world.now()
    }

    fn is_unsaved(&self, path: &Path) -> bool {
        embedded(path).is_none() && self.world.is_unsaved(path)
    }

    fn committed(&self, root: &Path) -> Option<Vec<PathBuf>> {
        self.world.committed(root)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.world.keeper()
    }
}
