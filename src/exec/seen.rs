//! A base path as scripts see it.
//!
//! Scripts write paths without quotes (`cat $out/x`), and the shell's PATH has colons between directories. So where a
//! base path has characters that mean something there, or is longer than the first line of a script may be, its jobs see
//! it through a link whose path has none. The link is named by a hash of the path it leads to: whoever follows
//! what scripts speak of knows it by that, wherever it lies.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::place::Base;
use crate::store::{Hash, HashAlgo, base32};

/// Bytes of the hash in a link's name.
const HASH_BYTES: usize = 20;
/// The first line of a script that the system reads has 255 bytes, and names a program below the store.
const LONGEST: usize = 150;

impl Base {
    /// The same base path as its jobs are to see it: itself, or a link to it in this directory, else in one for what
    /// is temporary.
    ///
    /// # Errors
    /// When no link can be made anywhere.
    pub fn seen(&self, places: Option<PathBuf>) -> io::Result<Base> {
        if is_plain(self.path()) {
            return Ok(self.clone());
        }
        let own = format!("repx-{}", rustix::process::geteuid().as_raw());
        let shelves = places.into_iter().chain([std::env::temp_dir().join(own)]);
        self.linked(shelves)
    }

    fn linked(&self, shelves: impl IntoIterator<Item = PathBuf>) -> io::Result<Base> {
        let mut refused = io::Error::other("no directory for links has a plain path");
        for shelf in shelves.into_iter().filter(|shelf| is_plain(shelf)) {
            match link(&shelf, &self.link_name(), self.path()) {
                Ok(link) => return Ok(self.through(link)),
                Err(error) => {
                    refused = io::Error::new(error.kind(), format!("{}: {error}", shelf.display()));
                }
            }
        }
        Err(refused)
    }

    /// What a link to it is called.
    pub(super) fn link_name(&self) -> String {
        let hash = Hash::digest(HashAlgo::Blake3, self.path().as_os_str().as_bytes());
        base32::encode(hash.bytes().get(..HASH_BYTES).unwrap_or_default())
    }
}

/// Means the path the same with and without quotes, and in a list of directories?
fn is_plain(path: &Path) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,=@%".contains(c);
    let text = path.to_str();
    text.is_some_and(|text| text.len() <= LONGEST && text.chars().all(plain))
}

/// Makes a link in a directory that is ours alone to write to.
fn link(shelf: &Path, name: &str, to: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(shelf)?;
    let about = fs::symlink_metadata(shelf)?;
    let own = about.uid() == rustix::process::geteuid().as_raw();
    if !about.is_dir() || !own || about.mode() & 0o022 != 0 {
        return Err(io::Error::other("others may write there"));
    }
    let link = shelf.join(name);
    if !fs::read_link(&link).is_ok_and(|known| known == to) {
        let unfinished = shelf.join(format!(".{name}.{}", std::process::id()));
        let _ = fs::remove_file(&unfinished);
        symlink(to, &unfinished)?;
        fs::rename(unfinished, &link)?;
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_reads_otherwise_is_not_plain() {
        for path in ["/home/a/lab/.repx", "/home/jörg/実験/x+y=1,2@3%"] {
            assert!(is_plain(Path::new(path)), "{path}");
        }
        for c in " :'\"$`\\*?[]{}()<>|&;#~!\n\t".chars() {
            assert!(!is_plain(Path::new(&format!("/home/a{c}b"))), "{c:?}");
        }
        assert!(!is_plain(std::ffi::OsStr::from_bytes(b"/a\xff").as_ref()));
        assert!(!is_plain(Path::new(&format!("/{}", "x".repeat(200)))));
    }

    #[test]
    fn a_link_stands_in_its_place() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::new(&directory.path().join("a b"));
        fs::create_dir(base.path()).unwrap();
        let shelf = directory.path().join("shelf");
        let shelves = || [PathBuf::from("/not plain"), shelf.clone()];
        let seen = base.linked(shelves()).unwrap();
        assert_eq!(seen.path(), shelf.join(base.link_name()));
        assert_eq!(fs::canonicalize(seen.path()).unwrap(), base.path().canonicalize().unwrap());
        assert_eq!(seen.told(&seen.outputs().join("x")), base.outputs().join("x"));
        assert_eq!(base.linked(shelves()).unwrap().path(), seen.path());
        fs::set_permissions(&shelf, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        assert!(base.linked(shelves()).is_err());
    }
}
