//! The machine as evaluation sees it.
//!
//! Everything an evaluation learns from outside goes through [`World`]: files, directories,
//! environment variables, the clock. So tests run on an in-memory world, and a cache can record
//! what a result depends on. The room knows no values and no language.

mod archive;
mod check;
mod disk;
mod keeper;
mod memory;
mod overlay;
mod reads;
mod recording;
mod stamp;

pub use archive::nar_node;
pub use check::{Change, Checked, Thoroughness};
pub use disk::Disk;
pub use keeper::{Fetch, Keeper, KeeperError, Made, Wanted};
pub use memory::Memory;
pub use overlay::{EMBEDDED, Overlay};
pub use reads::{Fingerprint, Obstacle, PathReads, Question, Read, Reads};
pub use recording::Recording;
pub use stamp::Stamp;

use std::io;
use std::path::{Path, PathBuf};

/// What a directory entry is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileKind {
    /// A regular file, perhaps executable.
    Regular {
        /// May its owner execute it?
        executable: bool,
    },
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A socket, a device, a pipe.
    Other,
}

impl FileKind {
    /// What `builtins.readDir` calls it (Nix manual, `readDir`).
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Regular { .. } => "regular",
            FileKind::Directory => "directory",
            FileKind::Symlink => "symlink",
            FileKind::Other => "unknown",
        }
    }

    /// A number for it, where it is kept.
    fn code(self) -> u8 {
        match self {
            FileKind::Regular { executable: false } => 0,
            FileKind::Regular { executable: true } => 1,
            FileKind::Directory => 2,
            FileKind::Symlink => 3,
            FileKind::Other => 4,
        }
    }

    fn from_code(code: u8) -> Option<FileKind> {
        Some(match code {
            0 => FileKind::Regular { executable: false },
            1 => FileKind::Regular { executable: true },
            2 => FileKind::Directory,
            3 => FileKind::Symlink,
            4 => FileKind::Other,
            _ => return None,
        })
    }
}

/// A directory entry: the bytes of its name, and what it is. Whether a file may be executed is
/// not looked at here: that can change without the directory changing.
pub type Entry = (Vec<u8>, FileKind);

/// What is asked of a path at whose end there is a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Links {
    /// The link.
    Stay,
    /// What it leads to.
    Follow,
}

/// Contact with the machine during evaluation. Paths are absolute.
pub trait World: Send + Sync {
    /// The bytes of a file, following links.
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// What is at a path, not following a link at its end; `None` when there is nothing.
    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>>;

    /// The entries of a directory, sorted by the bytes of their names, without `.` and `..`.
    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>>;

    /// When the file, directory or link itself was last modified, in seconds since 1970.
    fn modified(&self, path: &Path) -> io::Result<i64>;

    /// Where a symbolic link points.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;

    /// An environment variable.
    fn variable(&self, name: &[u8]) -> Option<Vec<u8>>;

    /// Seconds since 1970.
    fn now(&self) -> i64;

    /// What the system says of what lies at a path, or of what a link there leads to; `None` when
    /// there is nothing, or nobody says.
    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        let _ = (path, links);
        None
    }

    /// The stamp that vouches for a file's content, and the time now: as long as the file bears that
    /// stamp, and the clock shows no less than this, it is what is read after this. `None` where
    /// nothing vouches for it, or where whoever asks must see for himself.
    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        let _ = path;
        None
    }

    /// Is what is read at a path nowhere but on somebody's screen? Nothing is kept of that: nobody will
    /// read it again.
    fn is_unsaved(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// The files of the commit that stands in the place of the checkout at a root, if one does.
    fn committed(&self, root: &Path) -> Option<Vec<PathBuf>> {
        let _ = root;
        None
    }

    /// Who writes to this machine's store and builds, if anybody does.
    fn keeper(&self) -> Option<&dyn Keeper> {
        None
    }
}
