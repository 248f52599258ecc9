//! Files of the machine as they go into an archive.

use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::{FileKind, World};
use crate::store::{Contents, NarNode};

/// What an archive has of the file of this kind at a path; `None` for what no archive can hold.
///
/// # Errors
/// When it can't be read.
pub fn nar_node(world: &dyn World, path: &Path, kind: FileKind) -> io::Result<Option<NarNode>> {
    Ok(Some(match kind {
        FileKind::Regular { executable } => {
            let contents = Contents::Bytes(world.read_file(path)?);
            NarNode::Regular { executable, contents }
        }
        FileKind::Directory => {
            let entries = world.list_dir(path)?.into_iter();
            NarNode::Directory(entries.map(|(name, _)| name).collect())
        }
        FileKind::Symlink => NarNode::Symlink(world.read_link(path)?.into_os_string().into_vec()),
        FileKind::Other => return Ok(None),
    }))
}
