//! Diagnostics in Nix's own format, for the command that stands in for nix-instantiate.
//!
//! What was being evaluated comes first, outermost first, then `error: ` and the message; below
//! each the place, with the line and its neighbours. The rules (what is left out of a trace, and
//! when) are those of `showErrorInfo` in Nix's `libutil/error.cc`.

use std::collections::HashSet;

use super::harmless;
use crate::diagnostic::{Diagnostic, NixFrame, Severity};
use crate::source::{NixPlace, SourceMap, Span};

/// Runs of repeated frames up to this length are shown all the same.
const FEW_REPEATED: usize = 5;

/// Without `--show-trace` no frame is begun after so much: a frame counts one, its place another.
const MOST_WITHOUT_TRACE: usize = 3;

/// Characters of a source line that are shown. Nix shows all; but who has a line of 100,000 (a
/// generated file) is not helped by it.
const MOST_OF_A_LINE: usize = 1000;

/// One diagnostic as text that ends with a line break.
pub fn render(diagnostic: &Diagnostic, map: &SourceMap, show_trace: bool) -> String {
    let prefix = match diagnostic.severity {
        Severity::Error => "error: ",
        Severity::Warning => "warning: ",
        Severity::Advice => "note: ",
    };
    let mut page = Page { text: String::new(), map };
    let trace = page.frames(diagnostic, show_trace);
    if !trace.is_empty() {
        page.trace(&trace, show_trace);
        page.text.push('\n');
        page.text.push_str(prefix);
    }
    page.text.push_str(&harmless(&diagnostic.message));
    page.text.push_str(&page.first_definition(diagnostic));
    page.text.push('\n');
    // A place just shown, that of the innermost frame, is not shown again; nor is that of a
    // builtin's call, where what the builtin says has none.
    let again = |span: Span| {
        trace.first().is_none_or(|(frame, _)| frame.span != span)
            && !trace.iter().any(|(frame, _)| frame.span == span && is_call_of_builtin(&frame.text))
    };
    if let Some(place) = diagnostic.nix.place {
        page.place("", place);
    } else if let Some(label) = diagnostic.primary.as_ref().filter(|label| again(label.span)) {
        page.place("", label.span);
        if !is_of_nix(diagnostic.code) && !label.text.is_empty() {
            page.text.push_str(&[&*harmless(&label.text), "\n"].concat());
        }
    }
    let help = diagnostic.help.as_deref().filter(|_| !is_of_nix(diagnostic.code));
    if let Some(name) = diagnostic.nix.meant.as_deref().or_else(|| help.and_then(meant)) {
        page.text.push_str(&["Did you mean ", &*harmless(name), "?\n"].concat());
    } else if let Some(help) = help {
        page.text.push_str(&["help: ", &*harmless(help), "\n"].concat());
    }
    indented(prefix, &page.text)
}

/// Is this an error of the language, which Nix has too and says without further help? What is ours
/// alone (a flake that isn't locked, a build that failed) comes with what helps.
fn is_of_nix(code: &str) -> bool {
    let of_language = code.starts_with("repx::eval::") || code.starts_with("repx::syntax::");
    of_language && !matches!(code, "repx::eval::offline" | "repx::eval::fetch")
}

/// Is it the frame of a builtin's call?
fn is_call_of_builtin(text: &str) -> bool {
    text.starts_with("while calling the '") && text.ends_with("' builtin")
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

fn shown(place: &NixPlace, map: &SourceMap) -> String {
    format!("{}:{}:{}", map.original(place.path()).display(), place.line, place.column)
}

/// A frame and the place that is shown with it.
type Frame<'d> = (&'d NixFrame, Option<Span>);

/// Where the embedded files are.
const OURS: &str = "/«repx»";

struct Page<'m> {
    text: String,
    map: &'m SourceMap,
}

impl Page<'_> {
    /// The frames to be shown, innermost first, each with its place, if that is shown.
    ///
    /// What a builtin does has no place in Nix: the call's has been shown with the call.
    fn frames<'d>(&self, diagnostic: &'d Diagnostic, show_trace: bool) -> Vec<Frame<'d>> {
        let mut frames = Vec::new();
        let mut within: Option<Span> = None;
        for frame in diagnostic.nix.trace.iter().rev() {
            if frame.in_full && !show_trace || self.is_internal(frame) {
                continue;
            }
            let by_builtin = within == Some(frame.span);
            if is_call_of_builtin(&frame.text) {
                within = Some(frame.span);
                frames.push((frame, Some(frame.span)));
            } else if !by_builtin {
                within = None;
                frames.push((frame, Some(frame.span)));
            } else if frame.text != "from call site" {
                frames.push((frame, None));
            }
        }
        frames.reverse();
        frames
    }

    /// Is it an attribute of what `derivation` makes?
    fn is_internal(&self, frame: &NixFrame) -> bool {
        frame.text.starts_with("while evaluating the attribute '")
            && self.map.nix_place(frame.span).is_some_and(|place| place.path().starts_with(OURS))
    }

    /// Frames, outermost first. `frames` has them innermost first.
    fn trace(&mut self, frames: &[Frame<'_>], show_trace: bool) {
        let mut count = 0;
        let mut seen: HashSet<Frame<'_>> = HashSet::new();
        let mut repeated: Vec<Frame<'_>> = Vec::new();
        let mut truncated = false;
        for frame in frames.iter().rev().copied() {
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

    fn repeated(&mut self, frames: &mut Vec<Frame<'_>>, count: &mut usize) {
        if frames.len() > FEW_REPEATED {
            self.text.push_str(&format!("\n({} duplicate frames omitted)\n", frames.len()));
        } else {
            for frame in frames.iter() {
                *count += self.frame(*frame);
            }
        }
        frames.clear();
    }

    /// Where it was defined first what is defined twice: Nix says so in its message.
    fn first_definition(&self, diagnostic: &Diagnostic) -> String {
        let twice = diagnostic.code == "repx::eval::duplicate-attribute";
        let first = diagnostic.secondary.first().filter(|_| twice);
        let place = first.and_then(|label| self.map.nix_place(label.span));
        place.map_or_else(String::new, |place| format!(" at {}", shown(&place, self.map)))
    }

    /// One frame; how many places it has.
    fn frame(&mut self, (frame, place): Frame<'_>) -> usize {
        self.text.push_str(&["\n… ", &harmless(&frame.text), "\n"].concat());
        usize::from(place.is_some_and(|place| self.place("  ", place)))
    }

    /// `at file:line:column:` and the lines around; false when there is no such place.
    fn place(&mut self, indent: &str, span: Span) -> bool {
        let Some(place) = self.map.nix_place(span) else {
            return false;
        };
        self.text.push_str(&format!("{indent}at {}:", shown(&place, self.map)));
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
            let (text, cut) = readable(text);
            self.text.push_str(&format!("\n {line:5}| {}{cut}", harmless(text)));
            if line == place.line && (place.column as usize) <= MOST_OF_A_LINE {
                let spaces = " ".repeat(place.column as usize);
                self.text.push_str(&["\n      |", &spaces, "^"].concat());
            }
        }
    }
}

/// A line as far as anybody reads it, and what stands for the rest.
fn readable(line: &str) -> (&str, &str) {
    match line.char_indices().nth(MOST_OF_A_LINE) {
        Some((end, _)) => (line.get(..end).unwrap_or(line), " ..."),
        None => (line, ""),
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
        let diagnostic = Diagnostic::error("repx::eval::test", "undefined variable 'abc'")
            .at(at(&file, "abc"), "here")
            .help("did you mean `ab`?")
            .meant_for_nix(Some("ab".to_owned()));
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
        let mut diagnostic = Diagnostic::error("repx::eval::test", "two\nlines").help("think");
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
        let mut diagnostic = Diagnostic::error("repx::eval::test", "deep");
        for _ in 0..9 {
            diagnostic = diagnostic.within(Span::NONE, "again");
        }
        let text = render(&diagnostic, &map, true);
        assert_eq!(
            text,
            "error:\n       … again\n\n       (8 duplicate frames omitted)\n\n       error: deep\n"
        );
        diagnostic.nix.trace.truncate(3);
        assert_eq!(render(&diagnostic, &map, true).matches("… again").count(), 3);
    }
}
