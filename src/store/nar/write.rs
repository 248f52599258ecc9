//! Writing a NAR from a file tree that is asked for piece by piece.

use super::{MAGIC, NAR_MAX_DEPTH, is_entry_name, padding};
use crate::store::hash::{Hash, HashAlgo, Hasher};
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file's bytes: at hand, or to be read while writing so that large files needn't fit into memory.
pub enum Contents {
    /// All of them.
    Bytes(Vec<u8>),
    /// A reader that must give exactly `size` bytes.
    Stream {
        /// The number of bytes, which the format puts before them.
        size: u64,
        /// Where they come from.
        reader: Box<dyn Read>,
    },
}

/// What lies at a path.
pub enum NarNode {
    /// A file.
    Regular {
        /// Whether its owner may execute it; no other permission is recorded.
        executable: bool,
        /// Its bytes.
        contents: Contents,
    },
    /// A directory with the names of its entries, in any order.
    Directory(Vec<Vec<u8>>),
    /// A symbolic link with its target, which needn't exist.
    Symlink(Vec<u8>),
}

/// A file tree to be archived. The writer asks for one node at a time, a directory before its entries.
pub trait NarSource {
    /// Why a node can't be had; an evaluator's filter function may fail in its own ways.
    type Error;

    /// What lies at `path`; links aren't followed.
    fn node(&mut self, path: &Path) -> Result<NarNode, Self::Error>;

    /// Whether the entry at `path` belongs into the archive. Asked in the order of the archive, right before
    /// the entry's node, and never for the root: when a filter with effects runs is observable in Nix.
    fn keep(&mut self, path: &Path) -> Result<bool, Self::Error> {
        let _ = path;
        Ok(true)
    }
}

/// Why a NAR wasn't written.
#[derive(Debug, Error)]
pub enum NarError<E> {
    /// The source failed.
    #[error(transparent)]
    Source(E),
    /// The sink failed, or a stream did.
    #[error("cannot write an archive: {0}")]
    Io(#[from] io::Error),
    /// Directories are nested too deeply.
    #[error("path '{}' exceeds maximum NAR directory depth of {NAR_MAX_DEPTH}", .0.display())]
    TooDeep(PathBuf),
    /// A stream gave more or fewer bytes than announced.
    #[error("file '{}' changed its size while it was read", .0.display())]
    SizeChanged(PathBuf),
    /// A directory names an entry twice, or has one that no file system allows.
    #[error("invalid file name '{}' in a directory", .0.display())]
    EntryName(PathBuf),
}

/// Writes the tree at `root` as a NAR.
pub fn write_nar<S: NarSource>(
    source: &mut S,
    root: &Path,
    out: &mut dyn Write,
) -> Result<(), NarError<S::Error>> {
    let mut writer = Writer { source, out };
    writer.string(MAGIC)?;
    writer.node(root, 0)
}

/// Writes a directory that exists nowhere: its one entry is called `name` and is the tree at `root`.
/// This is how a single file out of a scanned directory becomes a directory-valued parameter.
pub fn write_single_entry_nar<S: NarSource>(
    name: &[u8],
    source: &mut S,
    root: &Path,
    out: &mut dyn Write,
) -> Result<(), NarError<S::Error>> {
    if !is_entry_name(name) {
        return Err(NarError::EntryName(PathBuf::from(OsStr::from_bytes(name))));
    }
    let mut writer = Writer { source, out };
    writer.strings(&[MAGIC, b"(", b"type", b"directory"])?;
    writer.entry(name, root, 1)?;
    writer.string(b")")
}

/// The SHA-256 of the tree's NAR.
pub fn nar_hash<S: NarSource>(source: &mut S, root: &Path) -> Result<Hash, NarError<S::Error>> {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    write_nar(source, root, &mut hasher)?;
    Ok(hasher.finish())
}

/// The SHA-256 of [`write_single_entry_nar`]'s archive.
pub fn single_entry_nar_hash<S: NarSource>(
    name: &[u8],
    source: &mut S,
    root: &Path,
) -> Result<Hash, NarError<S::Error>> {
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    write_single_entry_nar(name, source, root, &mut hasher)?;
    Ok(hasher.finish())
}

/// A source on its way into a sink.
struct Writer<'a, S> {
    source: &'a mut S,
    out: &'a mut dyn Write,
}

impl<S: NarSource> Writer<'_, S> {
    /// A node, from its opening to its closing parenthesis. Recursion is bounded by [`NAR_MAX_DEPTH`].
    fn node(&mut self, path: &Path, depth: usize) -> Result<(), NarError<S::Error>> {
        if depth >= NAR_MAX_DEPTH {
            return Err(NarError::TooDeep(path.to_owned()));
        }
        self.strings(&[b"(", b"type"])?;
        match self.source.node(path).map_err(NarError::Source)? {
            NarNode::Regular { executable, contents } => {
                self.regular(path, executable, contents)?;
            }
            NarNode::Directory(names) => self.directory(path, names, depth)?,
            NarNode::Symlink(target) => self.strings(&[b"symlink", b"target", &target])?,
        }
        self.string(b")")
    }

    fn regular(
        &mut self,
        path: &Path,
        executable: bool,
        contents: Contents,
    ) -> Result<(), NarError<S::Error>> {
        self.string(b"regular")?;
        if executable {
            self.strings(&[b"executable", b""])?;
        }
        self.string(b"contents")?;
        match contents {
            Contents::Bytes(bytes) => self.string(&bytes),
            Contents::Stream { size, reader } => self.stream(path, size, reader),
        }
    }

    /// Copies a stream, and makes sure that it ends where it said it would.
    fn stream(
        &mut self,
        path: &Path,
        size: u64,
        mut reader: Box<dyn Read>,
    ) -> Result<(), NarError<S::Error>> {
        self.out.write_all(&size.to_le_bytes())?;
        let copied = io::copy(&mut (&mut reader).take(size), self.out)?;
        let more = reader.read(&mut [0])?;
        if copied != size || more != 0 {
            return Err(NarError::SizeChanged(path.to_owned()));
        }
        self.pad(size)
    }

    fn directory(
        &mut self,
        path: &Path,
        mut names: Vec<Vec<u8>>,
        depth: usize,
    ) -> Result<(), NarError<S::Error>> {
        self.string(b"directory")?;
        names.sort_unstable();
        let mut previous: Option<&[u8]> = None;
        for name in &names {
            let entry = path.join(OsStr::from_bytes(name));
            if !is_entry_name(name) || previous == Some(name) {
                return Err(NarError::EntryName(entry));
            }
            if self.source.keep(&entry).map_err(NarError::Source)? {
                self.entry(name, &entry, depth + 1)?;
            }
            previous = Some(name);
        }
        Ok(())
    }

    fn entry(&mut self, name: &[u8], path: &Path, depth: usize) -> Result<(), NarError<S::Error>> {
        self.strings(&[b"entry", b"(", b"name", name, b"node"])?;
        self.node(path, depth)?;
        self.string(b")")
    }

    fn strings(&mut self, strings: &[&[u8]]) -> Result<(), NarError<S::Error>> {
        strings.iter().try_for_each(|string| self.string(string))
    }

    /// A string: its length in eight bytes, itself, and zeros up to a multiple of eight.
    fn string(&mut self, string: &[u8]) -> Result<(), NarError<S::Error>> {
        let len = string.len() as u64;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(string)?;
        self.pad(len)
    }

    fn pad(&mut self, len: u64) -> Result<(), NarError<S::Error>> {
        let zeros = [0; 8];
        Ok(self.out.write_all(zeros.get(..padding(len)).unwrap_or_default())?)
    }
}
