//! What is sent for one store path: its archive, what it refers to, and how its path follows from its content.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::connection::{Connection, Shipment};
use crate::store::{
    Contents, Derivation, Hash, HashAlgo, HashFormat, Hasher, IngestMethod, NarError, NarNode,
    NarSource, Object, StoreDir, StorePath, write_nar, write_single_entry_nar,
};
use crate::world::{KeeperError, Made, World, nar_node};

/// What is at a store path that the store lacks.
pub(super) enum Cargo {
    /// A derivation's file.
    Derivation(Arc<Derivation>),
    /// Something else that evaluation made.
    Object(Arc<Object>),
}

impl Cargo {
    /// What evaluation has made at a path.
    pub(super) fn find(made: Made<'_>, path: &StorePath) -> Option<Cargo> {
        let derivation = made.derivations.get(path).map(Cargo::Derivation);
        derivation.or_else(|| made.objects.get(path).map(Cargo::Object))
    }

    /// What it refers to.
    pub(super) fn references(&self) -> BTreeSet<StorePath> {
        match self {
            Cargo::Derivation(derivation) => {
                derivation.input_drvs.keys().chain(&derivation.input_srcs).cloned().collect()
            }
            Cargo::Object(object) => match &**object {
                Object::Text { references, .. } => references.clone(),
                Object::Tree { .. } | Object::Flat(_) | Object::Entry { .. } => BTreeSet::new(),
            },
        }
    }

    /// Sends it.
    pub(super) fn send(
        &self,
        made: Made<'_>,
        path: &StorePath,
        connection: &mut Connection,
    ) -> Result<(), KeeperError> {
        let (shipment, archive) = self.prepare(made, path)?;
        let mut failed = None;
        let sent = connection.add(&shipment, |out| {
            archive.write(made.world, out).map_err(|reason| {
                let error = io::Error::other(reason.clone());
                failed = Some(reason);
                error
            })
        });
        match failed {
            Some(reason) if sent.is_err() => Err(unreadable(path, reason)),
            Some(_) | None => sent,
        }
    }

    /// What is said before the archive is sent. What was copied is read again, and so may no longer be what it
    /// was.
    pub(super) fn prepare<'p>(
        &self,
        made: Made<'_>,
        path: &'p StorePath,
    ) -> Result<(Shipment<'p>, Archive), KeeperError> {
        let archive = self.archive(made.world).map_err(|reason| unreadable(path, reason))?;
        let mut measure = Measure { hasher: Hasher::new(HashAlgo::Sha256), size: 0 };
        let measured = archive.write(made.world, &mut measure);
        measured.map_err(|reason| unreadable(path, reason))?;
        let nar_hash = measure.hasher.finish();
        let references = self.references();
        let (method, hash) = archive.address(&nar_hash);
        if computed(path, method, &hash, &references).as_ref() != Some(path) {
            let path = StoreDir::default().print(path);
            return Err(KeeperError::Changed { original: archive.original(), path });
        }
        let kind = match method {
            IngestMethod::Text => "text:",
            IngestMethod::Flat => "fixed:",
            IngestMethod::Recursive => "fixed:r:",
        };
        let address = format!("{kind}{}", hash.to_prefixed_text(HashFormat::Nix32));
        let (nar_hash, nar_size) = (nar_hash.base16(), measure.size);
        Ok((Shipment { path, nar_hash, nar_size, references, address }, archive))
    }

    fn archive(&self, world: &dyn World) -> Result<Archive, String> {
        Ok(match self {
            Cargo::Derivation(derivation) => {
                let text = derivation.to_aterm(&StoreDir::default());
                Archive::Text(text.map_err(|error| error.to_string())?)
            }
            Cargo::Object(object) => match &**object {
                Object::Text { contents, .. } => Archive::Text(contents.clone()),
                Object::Flat(path) => {
                    let bytes = world.read_file(path).map_err(|error| error.to_string())?;
                    Archive::Flat(path.clone(), bytes)
                }
                Object::Tree { root, kept } => {
                    Archive::Tree { root: root.clone(), kept: kept.clone() }
                }
                Object::Entry { name, root } => {
                    Archive::Entry { name: name.clone(), root: root.clone() }
                }
            },
        })
    }
}

fn unreadable(path: &StorePath, reason: String) -> KeeperError {
    KeeperError::Unreadable { path: StoreDir::default().print(path), reason }
}

/// The path that follows from a content, for something of this name.
fn computed(
    path: &StorePath,
    method: IngestMethod,
    hash: &Hash,
    references: &BTreeSet<StorePath>,
) -> Option<StorePath> {
    let dir = StoreDir::default();
    dir.make_fixed_output_path(method, hash, path.name(), references, false).ok()
}

/// A file tree that can be archived, more than once.
pub(super) enum Archive {
    Text(Vec<u8>),
    Flat(PathBuf, Vec<u8>),
    Tree { root: PathBuf, kept: Option<BTreeSet<PathBuf>> },
    Entry { name: Vec<u8>, root: PathBuf },
}

impl Archive {
    fn write(&self, world: &dyn World, out: &mut dyn Write) -> Result<(), String> {
        match self {
            Archive::Text(bytes) | Archive::Flat(_, bytes) => {
                told(write_nar(&mut OneFile(bytes), Path::new("/"), out))
            }
            Archive::Tree { root, kept } => {
                told(write_nar(&mut Copied { world, kept: kept.as_ref() }, root, out))
            }
            Archive::Entry { name, root } => {
                told(write_single_entry_nar(name, &mut Copied { world, kept: None }, root, out))
            }
        }
    }

    /// What its path is made of.
    fn address(&self, nar_hash: &Hash) -> (IngestMethod, Hash) {
        match self {
            Archive::Text(bytes) => (IngestMethod::Text, Hash::digest(HashAlgo::Sha256, bytes)),
            Archive::Flat(_, bytes) => (IngestMethod::Flat, Hash::digest(HashAlgo::Sha256, bytes)),
            Archive::Tree { .. } | Archive::Entry { .. } => (IngestMethod::Recursive, *nar_hash),
        }
    }

    /// What it was made of, for messages.
    fn original(&self) -> String {
        match self {
            Archive::Text(_) => "a text".to_owned(),
            Archive::Flat(root, _) | Archive::Tree { root, .. } | Archive::Entry { root, .. } => {
                root.display().to_string()
            }
        }
    }
}

fn told<E: std::fmt::Display>(written: Result<(), NarError<E>>) -> Result<(), String> {
    written.map_err(|error| match error {
        NarError::Source(error) => error.to_string(),
        NarError::Io(error) => error.to_string(),
        NarError::TooDeep(path) => format!("'{}' is nested too deeply", path.display()),
        NarError::SizeChanged(path) => format!("'{}' changes while it is read", path.display()),
        NarError::EntryName(path) => format!("'{}' has a name that can't be one", path.display()),
    })
}

/// Counts and hashes what is written.
struct Measure {
    hasher: Hasher,
    size: u64,
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that nobody may execute.
struct OneFile<'a>(&'a [u8]);

impl NarSource for OneFile<'_> {
    type Error = io::Error;

    fn node(&mut self, _path: &Path) -> io::Result<NarNode> {
        Ok(NarNode::Regular { executable: false, contents: Contents::Bytes(self.0.to_vec()) })
    }
}

/// A file tree of the world, of which perhaps only some entries were copied.
struct Copied<'a> {
    world: &'a dyn World,
    kept: Option<&'a BTreeSet<PathBuf>>,
}

impl NarSource for Copied<'_> {
    type Error = String;

    fn node(&mut self, path: &Path) -> Result<NarNode, String> {
        let told = |error: io::Error| format!("'{}': {error}", path.display());
        let kind = self.world.kind(path).map_err(told)?;
        let kind = kind.ok_or_else(|| format!("'{}' is gone", path.display()))?;
        let node = nar_node(self.world, path, kind).map_err(told)?;
        node.ok_or_else(|| format!("'{}' is no file", path.display()))
    }

    fn keep(&mut self, path: &Path) -> Result<bool, String> {
        Ok(self.kept.is_none_or(|kept| kept.contains(path)))
    }
}
