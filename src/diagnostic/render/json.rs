//! A diagnostic as a record for programs.

use std::path::Path;

use serde::Serialize;

use super::{readable, shown_path};
use crate::diagnostic::{Diagnostic, Fix, Label};
use crate::source::{SourceMap, Span};

/// A diagnostic with its places resolved to files, lines and columns, which count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Stable name of the kind of trouble.
    pub code: &'static str,
    /// `error`, `warning` or `advice`.
    pub severity: &'static str,
    /// One sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The primary place first.
    pub labels: Vec<LabelRecord>,
    /// Innermost first.
    pub trace: Vec<LabelRecord>,
    /// Replacements that mend it.
    pub fixes: Vec<FixRecord>,
}

/// Where a span lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path, relative to the base directory if below it.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column behind the last character.
    pub end_column: u32,
}

/// A place and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelRecord {
    /// Absent if the frame has no place in any source.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is said.
    pub text: String,
    /// Is it where the trouble is?
    pub primary: bool,
}

/// A replacement of source text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FixRecord {
    /// What it does.
    pub title: String,
    /// The texts to replace.
    pub edits: Vec<EditRecord>,
}

/// One text to replace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EditRecord {
    /// What is replaced.
    #[serde(flatten)]
    pub place: Place,
    /// What takes its place.
    pub text: String,
}

impl Record {
    /// The record of a diagnostic; paths below `base` are relative to it.
    pub fn new(diagnostic: &Diagnostic, map: &SourceMap, base: Option<&Path>) -> Record {
        let label = |label: &Label, primary| LabelRecord {
            place: place(label.span, map, base),
            text: readable(&label.text),
            primary,
        };
        let primary = diagnostic.primary.iter().map(|at| label(at, true));
        let secondary = diagnostic.secondary.iter().map(|at| label(at, false));
        Record {
            code: diagnostic.code,
            severity: diagnostic.severity.word(),
            message: readable(&diagnostic.message),
            help: diagnostic.help.as_deref().map(readable),
            labels: primary.chain(secondary).collect(),
            trace: diagnostic.trace.iter().map(|at| label(at, false)).collect(),
            fixes: diagnostic.fixes.iter().map(|fix| fix_record(fix, map, base)).collect(),
        }
    }
}

/// Where a span lies; [`None`] for no place in any source.
pub(super) fn place(span: Span, map: &SourceMap, base: Option<&Path>) -> Option<Place> {
    let start = map.locate(span)?;
    let end = map.locate(Span::new(span.end, span.end))?;
    Some(Place {
        file: shown_path(&map.original(&start.path), base),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    })
}

fn fix_record(fix: &Fix, map: &SourceMap, base: Option<&Path>) -> FixRecord {
    let edits = fix.edits.iter().filter_map(|(span, text)| {
        Some(EditRecord { place: place(*span, map, base)?, text: text.clone() })
    });
    FixRecord { title: fix.title.clone(), edits: edits.collect() }
}
