//! Calling a thing otherwise, wherever it is named.

use std::path::Path;

use super::Known;
use super::text::Place;

/// A text in the place of another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// What is to be renamed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renamed {
    /// The word at the cursor.
    pub place: Place,
    /// Its name now.
    pub name: String,
}

/// Why something can't be renamed, for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// What would be renamed at an offset.
///
/// # Errors
/// Why nothing can be.
pub fn renamable(_known: &Known<'_>, _path: &Path, _offset: u32) -> Result<Renamed, Refusal> {
    Err(Refusal("there is no name here".into()))
}

/// The edits that call the thing at an offset `name`: in order, none overlapping another.
///
/// # Errors
/// Why it can't be called so.
pub fn rename(
    _known: &Known<'_>,
    _path: &Path,
    _offset: u32,
    _name: &str,
) -> Result<Vec<Edit>, Refusal> {
    Err(Refusal("there is no name here".into()))
}
