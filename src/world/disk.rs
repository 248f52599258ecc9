//! The machine itself.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::{Entry, FileKind, Links, Stamp, World};

/// This machine's files, environment and clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct Disk;

/// What the system says a file is.
pub(super) fn kind_of(meta: &std::fs::Metadata) -> FileKind {
    of_type(meta.file_type(), meta.permissions().mode() & 0o100 != 0)
}

fn of_type(file_type: std::fs::FileType, executable: bool) -> FileKind {
    if file_type.is_symlink() {
        FileKind::Symlink
    } else if file_type.is_dir() {
        FileKind::Directory
    } else if file_type.is_file() {
        FileKind::Regular { executable }
    } else {
        FileKind::Other
    }
}

impl World for Disk {
    /// As many bytes as the file has when it is opened, as Nix reads: of devices and of what
    /// `/proc` makes up that is none, and a file that somebody writes to comes to an end.
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        // A pipe is not even opened: that waits for somebody to write.
        if std::fs::metadata(path)?.file_type().is_fifo() {
            return Err(io::Error::other("it is a pipe, not a file"));
        }
        let file = std::fs::File::open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(meta.len()).unwrap_or(usize::MAX))?;
        file.take(meta.len()).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        match std::fs::symlink_metadata(path) {
            Ok(meta) => Ok(Some(kind_of(&meta))),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let kind = of_type(entry.file_type()?, false);
            entries.push((entry.file_name().into_vec(), kind));
        }
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        use std::os::unix::fs::MetadataExt;
        Ok(std::fs::symlink_metadata(path)?.mtime())
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        std::fs::read_link(path)
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        // An empty name, or one with `=` or NUL, names no variable (and std refuses it).
        if name.is_empty() || name.iter().any(|b| matches!(b, b'=' | 0)) {
            return None;
        }
        std::env::var_os(OsStr::from_bytes(name)).map(OsStringExt::into_vec)
    }

    fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }
    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        // What is made up as it is read bears any time.
        if ["/proc", "/sys", "/dev"].iter().any(|made_up| path.starts_with(made_up)) {
            return None;
        }
        let meta = match links {
            Links::Stay => std::fs::symlink_metadata(path),
            Links::Follow => std::fs::metadata(path),
        };
        meta.ok().as_ref().map(Stamp::of)
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        // The clock first: what is changed after it was looked at bears a later time.
        let now = self.now();
        let stamp = self.stamp(path, Links::Follow)?;
        let regular = matches!(stamp.kind, FileKind::Regular { .. });
        (regular && stamp.is_settled(now)).then_some((stamp, now))
    }
}
