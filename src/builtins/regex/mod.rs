//! Regular expressions as `builtins.match` and `builtins.split` know them.
//!
//! In come patterns and subjects as bytes, out go byte ranges; values are not known here.
//! Nix's dialect is that of libstdc++'s `std::regex::extended` in the C locale, with that
//! library's own answers where POSIX and it disagree:
//! - `parse` accepts what its scanner accepts (no `\d`, `a+?` is `(a+)?`);
//! - `program` unrolls intervals into a small state machine, in its order of preference;
//! - `exec` finds the match it would find, but remembers what it has tried, so that time
//!   grows with pattern × subject where libstdc++ may backtrack for ever;
//! - `accel` lets regex-automata skip through long subjects where no group can tell the
//!   difference.
//!
//! The order of preference: both sides of `|` are tried and the longer match wins (the
//! left one of equals); a repetition goes on while going on leads to any match at all. So
//! `split` is not always leftmost-longest: `a*(ab)?` takes `aa` of `aab`.

mod accel;
mod cache;
mod exec;
mod parse;
mod program;

#[cfg(test)]
mod tests;

use std::ops::Range;

pub use cache::compiled;

use accel::{Accelerator, Answer};
use exec::{Mode, Search};
use program::Program;

/// Why a pattern was refused; `Display` is the text of Nix's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// Not a pattern of the dialect.
    #[error("invalid regular expression '{0}'")]
    Invalid(String),
    /// Unrolled repetitions pass libstdc++'s limit of states, groups nest too deep, or nested
    /// loops that can match nothing could be gone through in too many ways.
    #[error("memory limit exceeded by regular expression '{0}'")]
    TooLarge(String),
}

/// What each group of a match covers, in order of opening; `None` if it took no part.
pub type Groups = Vec<Option<Range<usize>>>;

/// A part of a subject that was split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text between matches, possibly empty.
    Text(Range<usize>),
    /// The groups of one match.
    Groups(Groups),
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Regex {
    /// As written, for messages.
    pattern: Box<[u8]>,
    program: Program,
    accelerator: Accelerator,
}

/// A match while it is searched for: where it lies, and its groups.
struct Found {
    span: Range<usize>,
    groups: Groups,
}

impl Regex {
    /// Compiles a pattern. Prefer [`compiled`], which remembers.
    ///
    /// # Errors
    /// See [`RegexError`].
    pub fn new(pattern: &[u8]) -> Result<Self, RegexError> {
        let text = || String::from_utf8_lossy(pattern).into_owned();
        let ast = parse::parse(pattern).map_err(|refusal| match refusal {
            parse::Refusal::Invalid => RegexError::Invalid(text()),
            parse::Refusal::TooLarge => RegexError::TooLarge(text()),
        })?;
        let program = Program::new(&ast).ok_or_else(|| RegexError::TooLarge(text()))?;
        let accelerator = Accelerator::new(ast, &program);
        Ok(Self { pattern: pattern.into(), program, accelerator })
    }

    /// Number of groups in the pattern.
    pub fn group_count(&self) -> usize {
        self.program.groups
    }

    /// Matches the whole subject, as `builtins.match` does.
    ///
    /// # Errors
    /// [`RegexError::TooLarge`], where libstdc++ would search for ever.
    pub fn full_match(&self, subject: &[u8]) -> Result<Option<Groups>, RegexError> {
        if let Answer::Here(answer) = self.accelerator.full_match(subject) {
            return Ok(answer);
        }
        let mut search = Search::new(&self.program, subject, Mode::Whole);
        let found = search.match_at(0, false);
        self.complete(&search)?;
        Ok(found.map(|found| found.groups))
    }

    fn complete(&self, search: &Search<'_>) -> Result<(), RegexError> {
        if search.gave_up() {
            let pattern = String::from_utf8_lossy(&self.pattern).into_owned();
            return Err(RegexError::TooLarge(pattern));
        }
        Ok(())
    }

    /// Splits the subject, as `builtins.split` does: text, groups, text, …, text.
    ///
    /// After an empty match a non-empty one is looked for at the same place before the
    /// search moves on by a byte (the rule of `std::regex_iterator`).
    ///
    /// # Errors
    /// As [`Regex::full_match`].
    pub fn split(&self, subject: &[u8]) -> Result<Vec<Piece>, RegexError> {
        let mut search = Search::new(&self.program, subject, Mode::Longest);
        let mut pieces = Vec::new();
        let (mut text_from, mut next) = (0, self.find(&mut search, 0));
        while let Some(found) = next {
            pieces.push(Piece::Text(text_from..found.span.start));
            pieces.push(Piece::Groups(found.groups));
            text_from = found.span.end;
            next = if found.span.is_empty() {
                let retry = search.match_at(text_from, true);
                retry.or_else(|| self.find(&mut search, text_from + 1))
            } else {
                self.find(&mut search, text_from)
            };
        }
        pieces.push(Piece::Text(text_from..subject.len()));
        self.complete(&search)?;
        Ok(pieces)
    }

    /// The first match at or after `from`; none when `from` is past the end.
    fn find(&self, search: &mut Search<'_>, from: usize) -> Option<Found> {
        let subject = search.subject();
        if from > subject.len() {
            return None;
        }
        if let Answer::Here(answer) = self.accelerator.find(subject, from) {
            return match answer? {
                accel::Hit::Whole(found) => Some(found),
                accel::Hit::Start(start) => search.match_at(start, false),
            };
        }
        let mut starts = from..=subject.len();
        starts.find_map(|start| (!search.gave_up()).then(|| search.match_at(start, false))?)
    }
}
