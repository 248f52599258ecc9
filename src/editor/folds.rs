//! What of a text can be folded away.

use super::text::Text;

/// A stretch that can be folded, in bytes of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fold {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: FoldKind,
}

/// What is folded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FoldKind {
    /// A set, a list, `let`, a function, a string.
    Region,
    /// Comments.
    Comment,
}

/// All that can be folded: what takes up several lines, outer ones first.
pub fn folds(_text: &Text) -> Vec<Fold> {
    Vec::new()
}
