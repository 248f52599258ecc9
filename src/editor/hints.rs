//! What is said beside the text: how many jobs.

use std::path::Path;

use super::Known;

/// A word shown behind a place of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// Behind this byte of the file.
    pub at: u32,
    /// What is shown: `# 6 jobs`.
    pub text: String,
    /// More about it, in Markdown.
    pub tooltip: Option<String>,
}

/// The hints within some bytes of a file.
pub fn hints(_known: &Known<'_>, _path: &Path, _range: std::ops::Range<u32>) -> Vec<Hint> {
    Vec::new()
}
