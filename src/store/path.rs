//! Store paths: `/nix/store/<32 digits of base-32>-<name>`, kept as types that can't hold anything else.
//!
//! Which characters and lengths are allowed, and how it is said that they aren't, follows Nix 2.34
//! (`src/libstore/path.cc`, `store-dir-config.cc`). One thing is stricter here: the character between hash
//! and name must be a dash, which Nix assumes and doesn't check.
//! How paths are *computed* is next door in `make_path`.

use super::base32;
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Digits of a store path's hash part: 160 bits.
const HASH_LEN: usize = 32;

/// The longest name; with the hash part and a temporary suffix it still fits a file name of 255 bytes.
const MAX_NAME_LEN: usize = 211;

/// What derivations' names end in.
const DRV_EXTENSION: &str = ".drv";

/// Why a text is no name of a store object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// No character at all.
    #[error("name must not be empty")]
    Empty,
    /// More than 211 characters.
    #[error("name '{0}' must be no longer than {MAX_NAME_LEN} characters")]
    TooLong(String),
    /// `.` or `..`.
    #[error("name '{0}' is not valid")]
    Dots(String),
    /// A name like `.-x` or `..-x`.
    #[error("name '{name}' is not valid: first dash-separated component must not be '{dots}'")]
    DotsFirst {
        /// The whole name.
        name: String,
        /// Its first component.
        dots: &'static str,
    },
    /// A character other than letters, digits and `+-._?=`.
    #[error("name '{name}' contains illegal character '{character}'")]
    IllegalCharacter {
        /// The whole name.
        name: String,
        /// The first such character.
        character: char,
    },
}

/// Why a text is no store path, or why none can be computed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StorePathError {
    /// Shorter than a hash and a dash.
    #[error("'{0}' is too short to be a valid store path")]
    TooShort(String),
    /// The hash part isn't base-32.
    #[error("store path '{path}' contains illegal base-32 character '{character}'")]
    IllegalHashCharacter {
        /// The path below the store directory.
        path: String,
        /// The first such character.
        character: char,
    },
    /// No dash between hash and name.
    #[error("path '{0}' is not a valid store path: there is no dash after the hash")]
    NoDash(String),
    /// The name breaks the rules.
    #[error("path '{path}' is not a valid store path: {name}")]
    Name {
        /// The path below the store directory.
        path: String,
        /// What is wrong.
        name: NameError,
    },
    /// Not below the store directory, or too far below it.
    #[error("path '{0}' is not in the Nix store")]
    NotInStore(String),
    /// Only recursively hashed SHA-256 objects may have references.
    #[error(
        "fixed output derivation '{0}' is not allowed to refer to other store paths.\nYou may need to use the \
         'unsafeDiscardReferences' derivation attribute, see the manual for more details."
    )]
    ReferencesNotAllowed(String),
    /// Text objects are addressed by SHA-256 and nothing else.
    #[error("the text object '{0}' must be addressed by a SHA-256 hash")]
    TextNeedsSha256(String),
}

/// Checks the name of a store object.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > MAX_NAME_LEN {
        return Err(NameError::TooLong(name.to_owned()));
    }
    if name == "." || name == ".." {
        return Err(NameError::Dots(name.to_owned()));
    }
    for (prefix, dots) in [(".-", "."), ("..-", "..")] {
        if name.starts_with(prefix) {
            return Err(NameError::DotsFirst { name: name.to_owned(), dots });
        }
    }
    match name.chars().find(|&character| !is_name_character(character)) {
        Some(character) => Err(NameError::IllegalCharacter { name: name.to_owned(), character }),
        None => Ok(()),
    }
}

/// Whether a name may contain this character.
pub(super) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.' | '_' | '?' | '=')
}

/// A store path without its directory: `<hash>-<name>`. Ordered by that text, as Nix orders sets of them.
/// A clone shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath {
    base_name: Arc<str>,
}

impl StorePath {
    /// Reads `<hash>-<name>`.
    pub fn from_base_name(base_name: &str) -> Result<Self, StorePathError> {
        if base_name.len() < HASH_LEN + 1 {
            return Err(StorePathError::TooShort(base_name.to_owned()));
        }
        if let Some(character) = base_name.chars().take(HASH_LEN).find(|&c| !base32::is_digit(c)) {
            let path = base_name.to_owned();
            return Err(StorePathError::IllegalHashCharacter { path, character });
        }
        let name = base_name
            .get(HASH_LEN..)
            .and_then(|rest| rest.strip_prefix('-'))
            .ok_or_else(|| StorePathError::NoDash(base_name.to_owned()))?;
        check_name(name)
            .map_err(|name| StorePathError::Name { path: base_name.to_owned(), name })?;
        Ok(Self { base_name: base_name.into() })
    }

    /// Joins a hash part and a name.
    pub fn from_parts(hash: [u8; 20], name: &str) -> Result<Self, StorePathError> {
        let mut base_name = String::with_capacity(HASH_LEN + 1 + name.len());
        base_name.extend(base32::encode_20(&hash).map(char::from));
        base_name.push('-');
        base_name.push_str(name);
        match check_name(name) {
            Ok(()) => Ok(Self { base_name: base_name.into() }),
            Err(name) => Err(StorePathError::Name { path: base_name, name }),
        }
    }

    /// `<hash>-<name>`.
    pub fn base_name(&self) -> &str {
        &self.base_name
    }

    /// The 32 digits before the dash.
    pub fn hash_part(&self) -> &str {
        self.base_name.get(..HASH_LEN).unwrap_or_default()
    }

    /// What follows the dash.
    pub fn name(&self) -> &str {
        self.base_name.get(HASH_LEN + 1..).unwrap_or_default()
    }

    /// Whether this names a derivation.
    pub fn is_derivation(&self) -> bool {
        self.derivation_name().is_some()
    }

    /// The derivation's name, without `.drv`; `None` for other paths.
    pub fn derivation_name(&self) -> Option<&str> {
        self.name().strip_suffix(DRV_EXTENSION)
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_name)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base_name)
    }
}

/// The directory that all store paths lie in. It is part of what paths are computed from, so every function
/// that computes one hangs on this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDir {
    /// Absolute, without a slash at the end.
    path: Box<str>,
}

impl Default for StoreDir {
    fn default() -> Self {
        Self { path: Self::DEFAULT.into() }
    }
}

impl StoreDir {
    /// Where nearly every store is.
    pub const DEFAULT: &str = "/nix/store";

    /// Takes another directory; `None` if the path isn't absolute or is the root.
    pub fn new(path: &str) -> Option<Self> {
        let path = canonical(path)?;
        (path != "/").then(|| Self { path: path.into() })
    }

    /// The directory.
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The whole path of a store object.
    pub fn print(&self, path: &StorePath) -> String {
        [self.as_str(), "/", path.base_name()].concat()
    }

    /// Whether a path lies below the store directory (the directory itself doesn't).
    pub fn is_in_store(&self, path: &str) -> bool {
        canonical(path).is_some_and(|path| self.below(&path).is_some())
    }

    /// Reads the whole path of a store object. Double slashes and dots are resolved, as Nix does.
    pub fn parse(&self, path: &str) -> Result<StorePath, StorePathError> {
        match self.split(path)? {
            (store_path, rest) if rest.is_empty() => Ok(store_path),
            _ => Err(StorePathError::NotInStore(path.to_owned())),
        }
    }

    /// Cuts `/nix/store/<hash>-<name>/sub/path` into the store path and `/sub/path` (empty if there is none).
    pub fn split(&self, path: &str) -> Result<(StorePath, String), StorePathError> {
        let not_in_store = || StorePathError::NotInStore(path.to_owned());
        let canonical = canonical(path).ok_or_else(not_in_store)?;
        let below = self.below(&canonical).ok_or_else(not_in_store)?;
        let end = below.find('/').unwrap_or(below.len());
        let (base_name, rest) = below.split_at(end);
        Ok((StorePath::from_base_name(base_name)?, rest.to_owned()))
    }

    /// What follows the store directory and its slash.
    fn below<'a>(&self, canonical: &'a str) -> Option<&'a str> {
        canonical.strip_prefix(&*self.path)?.strip_prefix('/')
    }
}

/// Resolves `.`, `..` and repeated slashes by text alone; `None` for relative paths.
fn canonical(path: &str) -> Option<String> {
    let mut components = Vec::new();
    for component in path.strip_prefix('/')?.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            _ => components.push(component),
        }
    }
    Some(format!("/{}", components.join("/")))
}

#[cfg(test)]
mod tests;
