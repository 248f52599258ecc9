//! Text → program, with what is wrong on the way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::{Globals, Program, Surroundings, lower};
use crate::source::{Name, SourceFile, SourceMap, text_of_bytes};
use crate::syntax::{self, Parsed, Trees};

/// A text that was read; without a program, the diagnostics hold at least one error.
pub(super) struct Read {
    /// What was read, unless it is no text at all.
    pub(super) tree: Option<Arc<Parsed>>,
    pub(super) program: Option<Program>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Read {
    fn failed(diagnostic: Diagnostic) -> Read {
        Read { tree: None, program: None, diagnostics: vec![diagnostic] }
    }
}

/// What surrounds a text.
pub(super) struct Around<'a> {
    pub(super) sources: &'a SourceMap,
    /// Where trees are kept for those who look at them, too.
    pub(super) trees: Option<&'a Trees>,
    pub(super) globals: &'a Globals,
    pub(super) scope: Option<&'a [Name]>,
    pub(super) directory: &'a Path,
    pub(super) home: Option<&'a Path>,
    /// Keep a program whose names don't all resolve: what doesn't need them can be evaluated.
    pub(super) tolerant: bool,
}

/// Reads bytes as a program.
pub(super) fn read_bytes(path: PathBuf, bytes: Vec<u8>, around: &Around<'_>) -> Read {
    match add_bytes(path, bytes, around) {
        Ok(file) => read_source(&file, around),
        Err(failed) => *failed,
    }
}

/// Makes bytes known as a text.
pub(super) fn add_bytes(
    path: PathBuf,
    bytes: Vec<u8>,
    around: &Around<'_>,
) -> Result<Arc<SourceFile>, Box<Read>> {
    match String::from_utf8(bytes) {
        Ok(text) => add(path, text, around),
        // Nix takes any bytes within strings and comments.
        Err(error) if !error.as_bytes().contains(&0) => {
            add(path, text_of_bytes(error.as_bytes()), around)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = bytes.get(..at).unwrap_or(bytes).iter().filter(|b| **b == b'\n').count() + 1;
            Err(Box::new(Read::failed(
                Diagnostic::error(
                    "repx::syntax::not-text",
                    format!("'{}' is a binary file, not a Nix expression", path.display()),
                )
                .help(format!("the first byte that is not UTF-8 is byte {at}, in line {line}")),
            )))
        }
    }
}

fn add(path: PathBuf, text: String, around: &Around<'_>) -> Result<Arc<SourceFile>, Box<Read>> {
    let sources = around.sources;
    sources.add(path, text).map_err(|full| Box::new(Read::failed(Diagnostic::too_large(full))))
}

/// Reads a text as a program.
pub(super) fn read(path: PathBuf, text: String, around: &Around<'_>) -> Read {
    match add(path, text, around) {
        Ok(file) => read_source(&file, around),
        Err(failed) => *failed,
    }
}

/// Reads a text that is known as a program.
pub(super) fn read_source(file: &SourceFile, around: &Around<'_>) -> Read {
    let parsed = match around.trees {
        Some(trees) => trees.of(file),
        None => Arc::new(syntax::parse(file)),
    };
    let lowered = lower(
        &parsed.root,
        &Surroundings {
            globals: around.globals,
            scope: around.scope,
            directory: around.directory,
            home: around.home,
        },
    );
    let is_error = |d: &Diagnostic| d.severity == Severity::Error;
    let mut diagnostics = parsed.diagnostics.clone();
    let unreadable = diagnostics.iter().any(is_error);
    let unresolved = lowered.diagnostics.iter().any(is_error);
    // Names in a text that couldn't be read whole are not worth complaining about: what is
    // missing may define them.
    if !unreadable {
        diagnostics.extend(lowered.diagnostics);
    }
    let broken = unreadable || unresolved && !around.tolerant;
    Read { tree: Some(parsed), program: (!broken).then_some(lowered.program), diagnostics }
}
