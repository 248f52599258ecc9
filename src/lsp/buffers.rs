//! The machine as an editor shows it: what is open stands in the place of what lies on the disk.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::texts::Seen;
use crate::source::bytes_of_text;
use crate::world::{Entry, FileKind, Keeper, Links, Stamp, World};

/// Texts that are open, by their paths, and by those that links lead to.
pub(super) type Open = HashMap<PathBuf, Shown>;

/// A text that is open.
#[derive(Clone)]
pub(super) struct Shown {
    pub(super) seen: Arc<Seen>,
    /// Is it what lies on the disk?
    pub(super) saved: bool,
}

/// A world with open texts laid over it.
pub(super) struct Buffers<'a> {
    pub(super) below: &'a dyn World,
    pub(super) open: &'a Open,
}

impl World for Buffers<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.open.get(path) {
            Some(shown) => Ok(bytes_of_text(shown.seen.text.file.text()).into_owned()),
            None => self.below.read_file(path),
        }
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        match self.below.kind(path) {
            Ok(None) if self.open.contains_key(path) => {
                Ok(Some(FileKind::Regular { executable: false }))
            }
            found => found,
        }
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        self.below.list_dir(path)
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        self.below.modified(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.below.read_link(path)
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.below.variable(name)
    }

    fn now(&self) -> i64 {
        self.below.now()
    }

    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        // Nothing on the disk vouches for what is open.
        if self.open.contains_key(path) { None } else { self.below.stamp(path, links) }
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        if self.open.contains_key(path) { None } else { self.below.vouch(path) }
    }

    fn is_unsaved(&self, path: &Path) -> bool {
        self.open.get(path).is_some_and(|shown| !shown.saved)
    }

    fn committed(&self, root: &Path) -> Option<Vec<PathBuf>> {
        self.below.committed(root)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.below.keeper()
    }
}

#[cfg(test)]
mod tests {
    use super::super::texts::analysed;
    use super::*;
    use crate::world::Memory;

    #[test]
    fn open_texts_stand_in_place_of_files() {
        let machine = Memory::new().file("/lab/a.nix", "1").file("/lab/b.nix", "2");
        let shown = |path: &str, text: &str, saved| {
            let seen = analysed(Path::new(path), text).unwrap();
            (PathBuf::from(path), Shown { seen, saved })
        };
        let open = Open::from([shown("/lab/a.nix", "3", true), shown("/lab/new.nix", "4", false)]);
        let world = Buffers { below: &machine, open: &open };
        let read = |path: &str| world.read_file(Path::new(path)).unwrap();
        assert_eq!(read("/lab/a.nix"), b"3");
        assert_eq!(read("/lab/b.nix"), b"2");
        assert_eq!(read("/lab/new.nix"), b"4");
        assert!(matches!(
            world.kind(Path::new("/lab/new.nix")),
            Ok(Some(FileKind::Regular { .. }))
        ));
        assert!(matches!(world.kind(Path::new("/lab/none.nix")), Ok(None)));
        let unsaved =
            ["a", "b", "new"].map(|name| world.is_unsaved(Path::new(&format!("/lab/{name}.nix"))));
        assert_eq!(unsaved, [false, false, true]);
    }
}
