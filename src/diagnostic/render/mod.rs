//! Diagnostics for people and for programs.
//!
//! In come a [`Diagnostic`] and the files it speaks of; out goes text for a terminal
//! ([`render`]) or a record for programs ([`json::Record`], [`sarif`], [`github`]). Nothing here
//! prints.

pub mod github;
pub mod json;
mod narrated;
pub mod nix;
mod report;
pub mod sarif;
mod trace;

use std::path::{Path, PathBuf};

use super::Diagnostic;
use crate::source::{SourceMap, printable, seen};

/// How a diagnostic is shown.
#[allow(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// With the terminal's colours.
    pub color: bool,
    /// Columns of the page.
    pub width: usize,
    /// With lines and arrows beyond ASCII.
    pub unicode: bool,
    /// In sentences instead of drawings, for screen readers and Braille.
    pub narrated: bool,
    /// All frames of a trace, not only the first few.
    pub full_trace: bool,
    /// Paths below this directory are shown relative to it.
    pub base: Option<PathBuf>,
}

impl Default for RenderOptions {
    fn default() -> RenderOptions {
        RenderOptions {
            color: false,
            width: 80,
            unicode: true,
            narrated: false,
            full_trace: false,
            base: None,
        }
    }
}

/// One diagnostic as text that ends with a line break.
pub fn render(diagnostic: &Diagnostic, map: &SourceMap, options: &RenderOptions) -> String {
    let mut text = match options.narrated {
        true => narrated::render(diagnostic, map, options),
        false => report::render(diagnostic, map, options),
    };
    trace::render(&mut text, diagnostic, map, options);
    text
}

/// Diagnostics in their order, an empty line between them.
pub fn render_all(diagnostics: &[Diagnostic], map: &SourceMap, options: &RenderOptions) -> String {
    let texts: Vec<String> =
        diagnostics.iter().map(|diagnostic| render(diagnostic, map, options)).collect();
    texts.join("\n")
}

/// A path as it is shown.
fn shown_path(path: &Path, base: Option<&Path>) -> String {
    let below = base.and_then(|base| path.strip_prefix(base).ok());
    below.unwrap_or(path).display().to_string()
}

/// Text of foreign origin, such as a thrown message, without control characters. Colours that it
/// brings along are dropped, as Nix drops them where no terminal shows them.
fn harmless(text: &str) -> String {
    let text = seen(text);
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        if let Some(behind) = without_color(rest) {
            rest = behind;
            continue;
        }
        shown.push(if c == '\n' { c } else { printable(c) });
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    shown
}

/// Text of a diagnostic for programs, which is UTF-8.
fn readable(text: &str) -> String {
    seen(text).into_owned()
}

/// What follows the colour that a text begins with.
fn without_color(text: &str) -> Option<&str> {
    let codes = text.strip_prefix("\x1b[")?;
    codes.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').strip_prefix('m')
}

#[cfg(test)]
mod tests;
