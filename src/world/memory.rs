//! A machine made of a few texts, for tests.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Entry, FileKind, World};

/// Files that exist only here. Directories are where files have them; there are no links.
#[derive(Debug, Default, Clone)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
    variables: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Memory {
    /// A machine with nothing on it.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// The machine with one file more.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, contents: impl AsRef<[u8]>) -> Memory {
        self.files.insert(path.into(), contents.as_ref().to_vec());
        self
    }

    /// The machine with one environment variable more.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Memory {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn is_dir(&self, path: &Path) -> bool {
        path == Path::new("/")
            || self.files.keys().any(|file| file != path && file.starts_with(path))
    }
}

impl World for Memory {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(contents) => Ok(contents.clone()),
            None if self.is_dir(path) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        Ok(if self.files.contains_key(path) {
            Some(FileKind::Regular { executable: false })
        } else if self.is_dir(path) {
            Some(FileKind::Directory)
        } else {
            None
        })
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        if !self.is_dir(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut entries: BTreeMap<Vec<u8>, FileKind> = BTreeMap::new();
        for file in self.files.keys() {
            let Ok(rest) = file.strip_prefix(path) else {
                continue;
            };
            let mut parts = rest.components();
            if let Some(first) = parts.next() {
                let kind = match parts.next() {
                    Some(_) => FileKind::Directory,
                    None => FileKind::Regular { executable: false },
                };
                entries.insert(first.as_os_str().as_bytes().to_vec(), kind);
            }
        }
        Ok(entries.into_iter().collect())
    }

    fn modified(&self, _path: &Path) -> io::Result<i64> {
        Ok(0)
    }

    fn read_link(&self, _path: &Path) -> io::Result<PathBuf> {
        Err(io::ErrorKind::InvalidInput.into())
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.variables.get(name).cloned()
    }

    fn now(&self) -> i64 {
        0
    }
}
