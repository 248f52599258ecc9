//! What the words of a text are, for colours that follow from meaning.

use super::text::Text;

/// A word, in bytes of the file. Tokens neither overlap nor cross lines' ends... except strings and
/// comments, which may have several lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: TokenKind,
    /// What else is to be said of it.
    pub modifiers: Modifiers,
}

/// What a word is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// A name that a function takes.
    Parameter,
    /// A name bound by `let`, or that `with` gives.
    Variable,
    /// An attribute.
    Property,
    /// A builtin, or a binding that is a function.
    Function,
    /// Text.
    String,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// A path or a URL.
    Path,
    /// An operator.
    Operator,
}

/// What else is to be said of a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Modifiers {
    /// Is it bound here?
    pub definition: bool,
    /// Is it bound and never used?
    pub unused: bool,
    /// Does every program see it?
    pub builtin: bool,
}

/// All words of a text, in its order.
pub fn tokens(_text: &Text) -> Vec<Token> {
    Vec::new()
}
