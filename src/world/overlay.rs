//! The machine, with the store objects of an evaluation laid over it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Entry, FileKind, Keeper, Stamp, World};
use crate::store::{Derivations, Object, Objects, StoreDir, StorePath};

/// A world in which paths that evaluation has only computed can be read as if they had been
/// written: what lies at them is read from where it was copied from.
pub struct Overlay<'a> {
    below: &'a dyn World,
    objects: &'a Objects,
    derivations: &'a Derivations,
    dir: StoreDir,
}

/// Where `<nix/…>` is found.
pub const EMBEDDED: &str = "/repx-embedded";
/// What is found there: `<nix/fetchurl.nix>`, which nixpkgs expects every evaluator to bring, and
/// how flakes are called.
const FILES: [(&str, &str); 2] = [
    ("/repx-embedded/nix/fetchurl.nix", include_str!("../../nixlib/fetchurl.nix")),
    ("/repx-embedded/call-flake.nix", include_str!("../../nixlib/call-flake.nix")),
];

/// What a path means.
enum Place {
    /// A file or directory of the machine.
    Below(PathBuf),
    /// What was copied here, perhaps from another object.
    Copied(PathBuf),
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// A directory of one entry, which is there.
    Single(Vec<u8>, PathBuf),
    /// Nothing.
    Nothing,
}

impl<'a> Overlay<'a> {
    /// Lays these over a machine.
    pub fn new(
        below: &'a dyn World,
        objects: &'a Objects,
        derivations: &'a Derivations,
    ) -> Overlay<'a> {
        Overlay { below, objects, derivations, dir: StoreDir::default() }
    }

    fn place(&self, path: &Path) -> Place {
        match self.object(path) {
            // What was copied to where it is has been there before.
            Some((Found::Object(object), rest)) => match inside(&object, &rest) {
                Place::Copied(original) if original == path => Place::Below(original),
                found => found,
            },
            Some((Found::Derivation(bytes), rest)) if rest.is_empty() => Place::Bytes(bytes),
            Some((Found::Derivation(_), _)) => Place::Nothing,
            None => {
                let own = FILES.iter().find(|(file, _)| path == Path::new(file));
                own.map_or_else(
                    || Place::Below(path.to_owned()),
                    |(_, text)| Place::Bytes(text.as_bytes().to_vec()),
                )
            }
        }
    }

    fn object(&self, path: &Path) -> Option<(Found, String)> {
        let text = path.to_str()?;
        if !text.starts_with(self.dir.as_str()) {
            return None;
        }
        let (store_path, rest) = self.dir.split(text).ok()?;
        if let Some(object) = self.objects.get(&store_path) {
            return Some((Found::Object(object), rest));
        }
        let bytes = self.derivation(&store_path)?;
        Some((Found::Derivation(bytes), rest))
    }

    fn derivation(&self, path: &StorePath) -> Option<Vec<u8>> {
        self.derivations.get(path)?.to_aterm(&self.dir).ok()
    }

    /// Was this entry of a filtered tree left out?
    fn is_left_out(&self, path: &Path, name: &[u8]) -> bool {
        let Some((Found::Object(object), rest)) = self.object(path) else {
            return false;
        };
        match &*object {
            Object::Tree { root, kept: Some(kept) } => {
                !kept.contains(&below(root, &rest).join(OsStr::from_bytes(name)))
            }
            Object::Tree { kept: None, .. }
            | Object::Flat(_)
            | Object::Entry { .. }
            | Object::Text { .. } => false,
        }
    }
}

enum Found {
    Object(Arc<Object>),
    Derivation(Vec<u8>),
}

/// `root` followed by what follows the store path.
fn below(root: &Path, rest: &str) -> PathBuf {
    match rest.trim_start_matches('/') {
        "" => root.to_owned(),
        rest => root.join(rest),
    }
}

fn inside(object: &Object, rest: &str) -> Place {
    match object {
        Object::Tree { root, kept } => {
            let path = below(root, rest);
            match kept {
                Some(kept) if !rest.is_empty() && !kept.contains(&path) => Place::Nothing,
                Some(_) | None => Place::Copied(path),
            }
        }
        Object::Flat(path) if rest.is_empty() => Place::Copied(path.clone()),
        Object::Text { contents, .. } if rest.is_empty() => Place::Bytes(contents.clone()),
        Object::Flat(_) | Object::Text { .. } => Place::Nothing,
        Object::Entry { name, root } => {
            let Some(inner) = rest.strip_prefix('/') else {
                return Place::Single(name.clone(), root.clone());
            };
            let (first, rest) = inner.split_once('/').unwrap_or((inner, ""));
            if first.as_bytes() == name.as_slice() {
                Place::Copied(below(root, rest))
            } else {
                Place::Nothing
            }
        }
    }
}

impl World for Overlay<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.place(path) {
            Place::Below(path) => self.below.read_file(&path),
            Place::Copied(path) => self.read_file(&path),
            Place::Bytes(bytes) => Ok(bytes),
            Place::Single(..) => Err(io::ErrorKind::IsADirectory.into()),
            Place::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        match self.place(path) {
            Place::Below(path) => self.below.vouch(&path),
            Place::Copied(_) | Place::Bytes(_) | Place::Single(..) | Place::Nothing => None,
        }
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        match self.place(path) {
            Place::Below(path) => self.below.kind(&path),
            Place::Copied(path) => self.kind(&path),
            Place::Bytes(_) => Ok(Some(FileKind::Regular { executable: false })),
            Place::Single(..) => Ok(Some(FileKind::Directory)),
            Place::Nothing => Ok(None),
        }
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        match self.place(path) {
            Place::Below(real) => self.below.list_dir(&real),
            Place::Copied(original) => {
                let mut entries = self.list_dir(&original)?;
                entries.retain(|(name, _)| !self.is_left_out(path, name));
                Ok(entries)
            }
            Place::Bytes(_) => Err(io::ErrorKind::NotADirectory.into()),
            Place::Single(name, root) => match self.kind(&root)? {
                Some(kind) => Ok(vec![(name, kind)]),
                None => Err(io::ErrorKind::NotFound.into()),
            },
            Place::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        match self.place(path) {
            Place::Below(path) => self.below.modified(&path),
            Place::Copied(path) => self.modified(&path),
            // Whatever lies in a store is as old as the epoch, and a second.
            Place::Bytes(_) | Place::Single(..) => Ok(1),
            Place::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match self.place(path) {
            Place::Below(path) => self.below.read_link(&path),
            Place::Copied(path) => self.read_link(&path),
            Place::Bytes(_) | Place::Single(..) => Err(io::ErrorKind::InvalidInput.into()),
            Place::Nothing => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.below.variable(name)
    }

    fn now(&self) -> i64 {
        self.below.now()
    }

    fn is_unsaved(&self, path: &Path) -> bool {
        match self.place(path) {
            Place::Below(path) => self.below.is_unsaved(&path),
            Place::Copied(path) => self.is_unsaved(&path),
            Place::Bytes(_) | Place::Single(..) | Place::Nothing => false,
        }
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
    use super::*;
    use crate::world::Memory;
    use std::collections::BTreeSet;

    #[test]
    fn objects_are_read_from_where_they_were_copied() {
        let machine = Memory::new().file("/lab/a/x", "1").file("/lab/a/y", "2");
        let (objects, derivations) = (Objects::new(), Derivations::new());
        let path = |byte| StorePath::from_parts([byte; 20], "a").unwrap();
        let kept = Some(BTreeSet::from([PathBuf::from("/lab/a/x")]));
        let root = PathBuf::from("/lab/a");
        objects.add(path(1), Object::Tree { root, kept });
        let (name, root) = (b"z".to_vec(), PathBuf::from("/lab/a/y"));
        objects.add(path(2), Object::Entry { name, root });
        let world = Overlay::new(&machine, &objects, &derivations);
        let at = |byte, rest: &str| {
            PathBuf::from(format!("{}{rest}", StoreDir::default().print(&path(byte))))
        };
        assert_eq!(world.read_file(&at(1, "/x")).unwrap(), b"1");
        assert_eq!(world.kind(&at(1, "/y")).unwrap(), None, "filtered out");
        assert_eq!(world.list_dir(&at(1, "")).unwrap().len(), 1);
        assert_eq!(world.read_file(&at(2, "/z")).unwrap(), b"2");
        assert_eq!(world.list_dir(&at(2, "")).unwrap()[0].0, b"z");
        assert_eq!(world.read_file(Path::new("/lab/a/y")).unwrap(), b"2");
        assert!(world.read_file(&at(3, "")).is_err());
        // A copy of a copy, and one that was there already.
        objects.add(path(4), Object::Tree { root: at(1, ""), kept: None });
        assert_eq!(world.list_dir(&at(4, "")).unwrap().len(), 1, "what is left out stays so");
        assert_eq!(world.read_file(&at(4, "/x")).unwrap(), b"1");
        objects.add(path(5), Object::Tree { root: at(5, ""), kept: None });
        assert_eq!(world.kind(&at(5, "")).unwrap(), None);
    }
}
