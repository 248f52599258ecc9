//! Where the trees of the tests come from.

use crate::store::nar::{Contents, NarNode, NarSource, NarTree};
use std::convert::Infallible;
use std::fs;
use std::io::{self, Cursor};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A tree in memory, with the paths that its filter leaves out.
pub(super) struct MemorySource<'a> {
    pub(super) tree: &'a NarTree<'a>,
    pub(super) hidden: &'a [&'a str],
}

impl<'a> MemorySource<'a> {
    pub(super) fn new(tree: &'a NarTree<'a>) -> Self {
        Self { tree, hidden: &[] }
    }
}

impl NarSource for MemorySource<'_> {
    type Error = PathBuf;

    fn node(&mut self, path: &Path) -> Result<NarNode, PathBuf> {
        let mut tree = self.tree;
        for component in path.components().skip(1) {
            let NarTree::Directory(entries) = tree else {
                return Err(path.to_owned());
            };
            let name = component.as_os_str().as_bytes();
            let entry = entries.iter().find(|(entry, _)| *entry == name);
            tree = entry.map(|(_, node)| node).ok_or_else(|| path.to_owned())?;
        }
        Ok(match tree {
            NarTree::Regular { executable, contents } => NarNode::Regular {
                executable: *executable,
                contents: Contents::Bytes(contents.to_vec()),
            },
            NarTree::Directory(entries) => {
                // Backwards, for the writer has to sort.
                NarNode::Directory(entries.iter().rev().map(|(name, _)| name.to_vec()).collect())
            }
            NarTree::Symlink(target) => NarNode::Symlink(target.to_vec()),
        })
    }

    fn keep(&mut self, path: &Path) -> Result<bool, PathBuf> {
        Ok(!self.hidden.iter().any(|hidden| path == Path::new(hidden)))
    }
}

/// The disk, read with streams.
pub(super) struct DiskSource;

impl NarSource for DiskSource {
    type Error = io::Error;

    fn node(&mut self, path: &Path) -> io::Result<NarNode> {
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_symlink() {
            return Ok(NarNode::Symlink(fs::read_link(path)?.into_os_string().into_vec()));
        }
        if metadata.is_dir() {
            let names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().into_vec()));
            return Ok(NarNode::Directory(names.collect::<io::Result<_>>()?));
        }
        let reader = Box::new(fs::File::open(path)?);
        Ok(NarNode::Regular {
            executable: metadata.permissions().mode() & 0o100 != 0,
            contents: Contents::Stream { size: metadata.len(), reader },
        })
    }
}

/// A chain of nodes with nothing to look up: every path is a directory with the entry `d`.
pub(super) struct Endless;

impl NarSource for Endless {
    type Error = Infallible;

    fn node(&mut self, _: &Path) -> Result<NarNode, Infallible> {
        Ok(NarNode::Directory(vec![b"d".to_vec()]))
    }
}

/// A file whose stream gives `given` bytes though it promises `size`.
pub(super) struct Liar {
    pub(super) size: u64,
    pub(super) given: usize,
}

impl NarSource for Liar {
    type Error = Infallible;

    fn node(&mut self, _: &Path) -> Result<NarNode, Infallible> {
        let reader = Box::new(Cursor::new(vec![b'x'; self.given]));
        let contents = Contents::Stream { size: self.size, reader };
        Ok(NarNode::Regular { executable: false, contents })
    }
}
