//! Diagnostics in Nix's own format, for the command that stands in for nix-instantiate.
//!
//! What was being evaluated comes first, outermost first, then `error: ` and the message; below
//! each the place, with the line and its neighbours. The rules (what is left out of a trace, and
//! when) are those of `showErrorInfo` in Nix's `libutil/error.cc`.

use std::collections::HashSet;

use super::harmless;
use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::source::{NixPlace, SourceMap, Span};

/// Runs of repeated frames up to this length are shown all the same.
const FEW_REPEATED: usize = 5;

/// Without `--show-trace` no frame is begun after so much: a frame counts one, its place another.
const MOST_WITHOUT_TRACE: usize = 3;

/// One diagnostic as text that ends with a line break.
pub fn render(diagnostic: &Diagnostic, map: &SourceMap, show_trace: bool) -> String {
    let prefix = match diagnostic.severity {
        Severity::Error => "error: ",
        Severity::Warning => "warning: ",
        Severity::Advice => "note: ",
    };
    let mut page = Page { text: String::new(), map };
    if !diagnostic.trace.is_empty() {
        page.trace(&diagnostic.trace, show_trace);
        page.text.push('\n');
        page.text.push_str(prefix);
    }
    page.text.push_str(&harmless(&diagnostic.message));
    page.text.push_str(&page.first_definition(diagnostic));
    page.text.push('\n');
    if let Some(label) = &diagnostic.primary {
        page.place("", label.span);
    }
    if let Some(name) = diagnostic.help.as_deref().and_then(meant) {
        page.text.push_str(&["Did you mean ", name, "?\n"].concat());
    }
    indented(prefix, &page.text)
}

/// The name in "did you mean `name`?"; other help is no business of Nix's format.
fn meant(help: &str) -> Option<&str> {
    help.strip_prefix("did you mean `")?.strip_suffix("`?")
}

/// The first line behind the prefix, the others below it; without spaces at the ends.
fn indented(prefix: &str, text: &str) -> String {
    let spaces = " ".repeat(prefix.len());
    let mut result = String::with_capacity(text.len() + 16);
    for (index, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        let line = [if index == 0 { prefix } else { &spaces }, line].concat();
        result.push_str(line.trim_end());
        result.push('\n');
    }
    result
}

fn shown(place: &NixPlace) -> String {
    format!("{}:{}:{}", place.path().display(), place.line, place.column)
}

struct Page<'m> {
    text: String,
    map: &'m SourceMap,
}

impl Page<'_> {
    /// Frames, outermost first. `frames` has them innermost first.
    fn trace(&mut self, frames: &[Label], show_trace: bool) {
        let mut count = 0;
        let mut seen: HashSet<&Label> = HashSet::new();
        let mut repeated: Vec<&Label> = Vec::new();
        let mut truncated = false;
        for frame in frames.iter().rev() {
            truncated |= !show_trace && count > MOST_WITHOUT_TRACE;
            if truncated {
                continue;
            }
            if !seen.insert(frame) {
                repeated.push(frame);
                continue;
            }
            self.repeated(&mut repeated, &mut count);
            count += 1 + self.frame(frame);
        }
        self.repeated(&mut repeated, &mut count);
        if truncated {
            self.text.push_str(
                "\n(stack trace truncated; use '--show-trace' to show the full, detailed trace)\n",
            );
        }
    }

    fn repeated(&mut self, frames: &mut Vec<&Label>, count: &mut usize) {
        if frames.len() > FEW_REPEATED {
            self.text.push_str(&format!("\n({} duplicate frames omitted)\n", frames.len()));
        } else {
            for frame in frames.iter() {
                *count += self.frame(frame);
            }
        }
        frames.clear();
    }

    /// Where it was defined first what is defined twice: Nix says so in its message.
    fn first_definition(&self, diagnostic: &Diagnostic) -> String {
        let twice = diagnostic.code == "repx::eval::duplicate-attribute";
        let first = diagnostic.secondary.first().filter(|_| twice);
        let place = first.and_then(|label| self.map.nix_place(label.span));
        place.map_or_else(String::new, |place| format!(" at {}", shown(&place)))
    }

    /// One frame; how many places it has.
    fn frame(&mut self, frame: &Label) -> usize {
        self.text.push_str(&["\n… ", &harmless(&frame.text), "\n"].concat());
        usize::from(self.place("  ", frame.span))
    }

    /// `at file:line:column:` and the lines around; false when there is no such place.
    fn place(&mut self, indent: &str, span: Span) -> bool {
        let Some(place) = self.map.nix_place(span) else {
            return false;
        };
        self.text.push_str(&format!("{indent}at {}:", shown(&place)));
        self.lines(&place);
        self.text.push('\n');
        true
    }

    fn lines(&mut self, place: &NixPlace) {
        let before = place.line.checked_sub(1).filter(|line| *line > 0);
        for line in before.into_iter().chain([place.line, place.line + 1]) {
            let Some(text) = place.line_text(line) else {
                continue;
            };
            self.text.push_str(&format!("\n {line:5}| {}", harmless(text)));
            if line == place.line {
                let spaces = " ".repeat(place.column as usize);
                self.text.push_str(&["\n      |", &spaces, "^"].concat());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &crate::source::SourceFile, text: &str) -> Span {
        let start = file.start() + file.text().find(text).unwrap() as u32;
        Span::new(start, start + text.len() as u32)
    }

    #[test]
    fn message_place_and_near_name() {
        let map = SourceMap::new();
        let file = map.add("/a.nix", "let\n  ab = 1;\nin abc\n").unwrap();
        let diagnostic = Diagnostic::error("repx::test", "undefined variable 'abc'")
            .at(at(&file, "abc"), "here")
            .help("did you mean `ab`?");
        insta::assert_snapshot!(render(&diagnostic, &map, false), @r"
        error: undefined variable 'abc'
               at /a.nix:3:4:
                    2|   ab = 1;
                    3| in abc
                     |    ^
                    4|
               Did you mean ab?
        ");
    }

    #[test]
    fn traces_are_turned_round_and_cut() {
        let map = SourceMap::new();
        let file = map.add("/a.nix", "f (g (h 1))").unwrap();
        let mut diagnostic = Diagnostic::error("repx::test", "two\nlines").help("think");
        for (name, text) in [("h", "in h"), ("g", "in g"), ("f", "in f")] {
            diagnostic = diagnostic.within(at(&file, name), text);
        }
        insta::assert_snapshot!(render(&diagnostic, &map, false), @r"
        error:
               … in f
                 at /a.nix:1:1:
                    1| f (g (h 1))
                     | ^

               … in g
                 at /a.nix:1:4:
                    1| f (g (h 1))
                     |    ^

               (stack trace truncated; use '--show-trace' to show the full, detailed trace)

               error: two
               lines
        ");
        let full = render(&diagnostic, &map, true);
        assert!(full.contains("… in h"), "{full}");
    }

    #[test]
    fn repetitions_are_counted() {
        let map = SourceMap::new();
        let mut diagnostic = Diagnostic::error("repx::test", "deep");
        for _ in 0..9 {
            diagnostic = diagnostic.within(Span::NONE, "again");
        }
        let text = render(&diagnostic, &map, true);
        assert_eq!(
            text,
            "error:\n       … again\n\n       (8 duplicate frames omitted)\n\n       error: deep\n"
        );
        diagnostic.trace.truncate(3);
        assert_eq!(render(&diagnostic, &map, true).matches("… again").count(), 3);
    }
}
