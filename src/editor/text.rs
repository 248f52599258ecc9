//! One text, analysed, and places in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::builtins::globals;
use crate::check::{Checked, check_parsed, is_readable};
use crate::lower::Globals;
use crate::source::{SourceFile, SourceMap, Span};
use crate::syntax::{Expr, Parsed, parse};

/// One text as it stands. It may be alone in its [`SourceMap`](crate::source::SourceMap): its spans
/// mean nothing elsewhere, its [`Place`]s do.
pub struct Text {
    /// The text.
    pub file: Arc<SourceFile>,
    /// What it says.
    pub parsed: Arc<Parsed>,
    /// What is wrong with it: that takes some times as long as reading it.
    checked: OnceLock<Checked>,
}

/// A place in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// First byte, from the beginning of the file.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Text {
    /// Looks at a text alone, in a space of offsets of its own: all that belongs to a state of it goes when the
    /// next one comes. Must be called on a thread with a large stack. `None` of one that is too large to have
    /// offsets.
    pub fn alone(path: &Path, content: &str) -> Option<Text> {
        let sources = SourceMap::new();
        let file = sources.add(path, content).ok()?;
        let parsed = Arc::new(parse(&file));
        Some(Text { file, parsed, checked: OnceLock::new() })
    }

    /// A text that was checked.
    pub fn new(file: Arc<SourceFile>, parsed: Arc<Parsed>, checked: Checked) -> Text {
        Text { file, parsed, checked: OnceLock::from(checked) }
    }

    /// What its names mean, and what is wrong with it. Must be called on a thread with a large stack.
    pub fn checked(&self) -> &Checked {
        self.checked.get_or_init(|| {
            let globals = Globals::new(globals::global_names());
            // A path below a home directory is a path whether or not there is such a directory.
            check_parsed(&self.file, &self.parsed, &globals, Some(Path::new("/")))
        })
    }

    /// Can Nix read it?
    pub fn is_readable(&self) -> bool {
        is_readable(&self.parsed)
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// All of it.
    pub fn text(&self) -> &str {
        self.file.text()
    }

    /// Its tree.
    pub fn root(&self) -> &Expr {
        &self.parsed.root
    }

    /// Bytes from the beginning of the file, within it and in order.
    pub fn local(&self, span: Span) -> (u32, u32) {
        let length = self.file.span().len();
        let start = span.start.saturating_sub(self.file.start()).min(length);
        let end = span.end.saturating_sub(self.file.start()).clamp(start, length);
        (start, end)
    }

    /// A place as others may know it.
    pub fn place(&self, span: Span) -> Place {
        let (start, end) = self.local(span);
        Place { path: self.path().to_owned(), start, end }
    }

    /// The offset in the space of its map; the end for one beyond it.
    pub fn global(&self, offset: u32) -> u32 {
        self.file.start().saturating_add(offset).min(self.file.span().end)
    }

    /// What stands at a place of it.
    pub fn slice(&self, span: Span) -> &str {
        let (start, end) = self.local(span);
        self.text().get(start as usize..end as usize).unwrap_or_default()
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("path", &self.path()).finish_non_exhaustive()
    }
}
