//! A stretch of source text.

/// Half-open byte range in the offset space that all files of a session share.
///
/// Offset 0 belongs to no file, so [`Span::NONE`] (0..0) means "no place in any source": values
/// made by builtins or given on the command line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// No place in any source.
    pub const NONE: Span = Span { start: 0, end: 0 };

    /// Of what stands for an attribute of a package set: its place is known to the real one alone.
    pub const KEPT: Span = Span { start: u32::MAX, end: u32::MAX };

    /// The bytes from `start` up to, not including, `end`.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both; [`Span::NONE`] counts as nothing.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.is_none() {
            other
        } else if other.is_none() {
            self
        } else {
            Span::new(self.start.min(other.start), self.end.max(other.end))
        }
    }

    /// Is this [`Span::NONE`]?
    pub const fn is_none(self) -> bool {
        self.end == 0
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// True for a place between two bytes.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}
