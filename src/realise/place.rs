//! Where the files of the store really are: a store may live in a directory of its own.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::store::StoreDir;
use crate::world::KeeperError;

/// Where a store's files are, as Nix's environment variables say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The directory that the store's own paths begin in, unless it is the root of the machine.
    root: Option<PathBuf>,
    /// The store's directory, if it isn't the usual one.
    other: Option<String>,
}

impl Place {
    /// Reads `NIX_REMOTE` and `NIX_STORE_DIR` (Nix manual, "Store types" and "Common environment variables").
    pub(super) fn of(variable: impl Fn(&str) -> Option<String>) -> Place {
        let remote = variable("NIX_REMOTE").unwrap_or_default();
        let other = variable("NIX_STORE_DIR")
            .map(|dir| dir.trim_end_matches('/').to_owned())
            .filter(|dir| !dir.is_empty() && dir != StoreDir::DEFAULT);
        Place { root: root(&remote), other }
    }

    /// Refuses a store whose paths begin otherwise than those that evaluation computes.
    pub(super) fn check(&self) -> Result<(), KeeperError> {
        match &self.other {
            None => Ok(()),
            Some(theirs) => Err(KeeperError::OtherStore { theirs: theirs.clone() }),
        }
    }

    /// The directory that the store's own paths begin in, if they don't begin at the root.
    pub(super) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Where the file at a path is.
    pub(super) fn real<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let Some(root) = &self.root else {
            return Cow::Borrowed(path);
        };
        match path.strip_prefix("/") {
            Ok(inner) if path.starts_with(StoreDir::DEFAULT) => Cow::Owned(root.join(inner)),
            Ok(_) | Err(_) => Cow::Borrowed(path),
        }
    }
}

/// The root of a local store: `/path`, or `local?root=/path`.
fn root(remote: &str) -> Option<PathBuf> {
    if remote.starts_with('/') {
        return Some(PathBuf::from(remote));
    }
    let (kind, query) = remote.split_once('?')?;
    if !matches!(kind, "local" | "local://" | "auto") {
        return None;
    }
    let root = query.split('&').find_map(|parameter| parameter.strip_prefix("root="))?;
    Some(PathBuf::from(root))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(remote: &str, store: &str) -> Place {
        Place::of(|name| Some(if name == "NIX_REMOTE" { remote } else { store }.to_owned()))
    }

    #[test]
    fn a_store_may_have_a_root_of_its_own() {
        let path = Path::new("/nix/store/a");
        for remote in ["", "daemon", "unix:///run/socket", "local", "ssh://host?root=/x"] {
            assert_eq!(place(remote, "").real(path), path, "{remote}");
        }
        for remote in ["/tmp/x", "local?root=/tmp/x", "local?require-sigs=false&root=/tmp/x"] {
            assert_eq!(place(remote, "").real(path), Path::new("/tmp/x/nix/store/a"), "{remote}");
            assert_eq!(place(remote, "").real(Path::new("/etc/a")), Path::new("/etc/a"));
        }
    }

    #[test]
    fn other_store_directories_are_refused() {
        assert_eq!(place("", "/nix/store/").check(), Ok(()));
        let theirs = "/gnu/store".to_owned();
        assert_eq!(place("", "/gnu/store").check(), Err(KeeperError::OtherStore { theirs }));
    }
}
