//! Diagnostics as GitHub's workflow commands, which annotate the lines of a change.

use std::path::Path;

use super::json::place;
use super::readable;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// One diagnostic as one line, without its end.
pub fn render(diagnostic: &Diagnostic, map: &SourceMap, base: Option<&Path>) -> String {
    let command = match diagnostic.severity {
        Severity::Advice => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut properties = Vec::new();
    if let Some(at) = diagnostic.primary.as_ref().and_then(|at| place(at.span, map, base)) {
        properties.push(format!("file={}", property(&at.file)));
        properties.push(format!("line={}", at.line));
        properties.push(format!("endLine={}", at.end_line));
        // GitHub marks columns only within one line.
        if at.line == at.end_line {
            properties.push(format!("col={}", at.column));
            properties.push(format!("endColumn={}", at.end_column));
        }
    }
    properties.push(format!("title={}", property(diagnostic.code)));
    let help = diagnostic.help.as_ref().map(|help| format!("\nhelp: {help}"));
    let text = readable(&diagnostic.message) + help.as_deref().unwrap_or_default();
    format!("::{command} {}::{}", properties.join(","), data(&text))
}

/// Text after the colons.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
