//! What there is to know about a place.

use std::path::Path;

use super::Known;
use super::text::Place;

/// What is known about a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hover {
    /// The word.
    pub place: Place,
    /// In Markdown.
    pub markdown: String,
}

/// What is known about the word at an offset of a file.
pub fn hover(_known: &Known<'_>, _path: &Path, _offset: u32) -> Option<Hover> {
    None
}
