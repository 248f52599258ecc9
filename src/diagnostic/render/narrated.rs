//! The report in sentences, for who listens to it or reads it with the fingers: no drawings, and
//! every place said in words. (Miette's own has labels of one file told of another.)

use super::report::message;
use super::{RenderOptions, harmless, shown_path};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{SourceMap, printable, seen};

/// Characters of a line that are read out.
const MOST_OF_A_LINE: usize = 200;

pub(super) fn render(diagnostic: &Diagnostic, map: &SourceMap, options: &RenderOptions) -> String {
    let said = message(diagnostic, options.base.as_deref(), "...");
    let mut text = format!("{}: {said}\n", diagnostic.severity.word());
    text.push_str(&format!("  code {}\n", diagnostic.code));
    let labels = diagnostic.primary.iter().map(|label| ("at", label));
    let others = diagnostic.secondary.iter().map(|label| ("see also", label));
    for (word, label) in labels.chain(others) {
        push_label(&mut text, word, label, map, options);
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("  help: {}\n", harmless(help)));
    }
    text
}

fn push_label(
    text: &mut String,
    word: &str,
    label: &Label,
    map: &SourceMap,
    options: &RenderOptions,
) {
    let Some(place) = map.locate(label.span) else { return };
    let path = shown_path(&map.original(&place.path), options.base.as_deref());
    text.push_str(&format!("  {word} {path}, line {}, column {}", place.line, place.column));
    let said = harmless(&label.text);
    if !said.is_empty() {
        text.push_str(&format!(": {said}"));
    }
    text.push('\n');
    let file = map.file(label.span);
    let line = file.as_ref().and_then(|file| file.text().lines().nth(place.line as usize - 1));
    if let Some(line) = line {
        let shown: String = seen(line).trim().chars().take(MOST_OF_A_LINE).map(printable).collect();
        text.push_str(&format!("    the line is: {shown}\n"));
    }
}
