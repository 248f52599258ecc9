//! What could stand at the cursor.

use std::path::Path;

use super::Known;

/// What could be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What is shown, and begins with what is typed.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words about it.
    pub detail: Option<String>,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// What is replaced, in bytes of the file: the word that is being typed.
    pub replace: std::ops::Range<u32>,
    /// What is written.
    pub insert: String,
}

/// What a completion is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompletionKind {
    /// An attribute that a stage, a run or a lab may have.
    Field,
    /// A name in scope.
    Variable,
    /// A builtin or another function.
    Function,
    /// A parameter.
    Param,
    /// An input or output.
    Port,
    /// A stage or a run.
    Module,
    /// A word of the language.
    Keyword,
    /// A value, such as `"hard"`.
    Value,
    /// A file.
    File,
}

/// What could be written at an offset, the most likely first.
pub fn complete(_known: &Known<'_>, _path: &Path, _offset: u32) -> Vec<Completion> {
    Vec::new()
}
