//! Diagnostics on standard error.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use super::Exit;
use super::arguments::Terminal;
use super::progress::aside;
use crate::check::origin::say_origins;
use crate::diagnostic::render::{RenderOptions, nix, render_all};
use crate::diagnostic::{Diagnostic, INTERRUPTED, Severity};
use crate::source::SourceMap;

/// Shows diagnostics, the worst last, where the eye rests; then counts them. The exit status is
/// what they make of the command.
pub(super) fn report(
    diagnostics: Vec<Diagnostic>,
    sources: &SourceMap,
    terminal: &Terminal,
    full_trace: bool,
) -> Exit {
    if was_interrupted(&diagnostics) {
        say("interrupted");
        return Exit::Interrupted;
    }
    let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
    write(&text_of(diagnostics, sources, terminal, terminal.color_errors, full_trace));
    if failed { Exit::Wrong } else { Exit::Fine }
}

/// Has the user asked to stop?
pub(super) fn was_interrupted(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.code == INTERRUPTED)
}

/// Diagnostics as they are shown, the worst last, with their number; nothing for none.
pub(super) fn text_of(
    mut diagnostics: Vec<Diagnostic>,
    sources: &SourceMap,
    terminal: &Terminal,
    color: bool,
    full_trace: bool,
) -> String {
    diagnostics.retain(|d| terminal.shows(d.severity));
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    sort(&mut diagnostics);
    say_origins(&mut diagnostics, sources);
    let here = here();
    for diagnostic in &mut diagnostics {
        show_originals(diagnostic, sources);
        diagnostic.help = diagnostic.help.take().map(|help| from_here(&help, &here));
    }
    let left_out = cap(&mut diagnostics);
    let options = RenderOptions {
        color,
        width: terminal.width,
        narrated: terminal.narrated,
        full_trace,
        base: std::env::current_dir().ok(),
        ..RenderOptions::default()
    };
    let mut text = render_all(&diagnostics, sources, &options);
    if left_out > 0 {
        text.push_str(&format!("\n… and {left_out} more of the same kinds\n"));
    }
    if let Some(summary) = summary(errors, warnings)
        && !diagnostics.is_empty()
    {
        text.push('\n');
        text.push_str(&summary);
        text.push('\n');
    }
    text
}

/// A line on standard error.
pub(super) fn say(line: &str) {
    write(&format!("{line}\n"));
}

/// A path as seen from here.
pub(super) fn near(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let inner = path.strip_prefix(&here).or_else(|_| path.strip_prefix("."));
    let inner = inner.ok().filter(|inner| !inner.as_os_str().is_empty());
    inner.unwrap_or(path).display().to_string()
}

/// The current directory, as texts have it.
pub(super) fn here() -> String {
    std::env::current_dir().unwrap_or_default().display().to_string()
}

/// A text whose paths below a directory are shown as seen from there.
pub(super) fn from_here(text: &str, here: &str) -> String {
    if here.len() < 2 {
        return text.to_owned();
    }
    let mut parts = text.split(here);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Neither the end of a longer path nor the beginning of a longer name.
        let begins = shown.ends_with(['`', '\'', '"', ' ', '(']) || shown.is_empty();
        match part.strip_prefix('/').filter(|_| begins) {
            Some(inner) => shown.push_str(inner),
            None => shown.extend([here, part]),
        }
    }
    shown
}

fn write(text: &str) {
    aside(|| {
        // Nobody to tell when standard error is closed or full; that is no reason to panic.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    });
}

/// Shows the error that ended a command as Nix would. What else was found is not told: who reads
/// this expects one error.
pub(super) fn report_as_nix(
    error: Option<Diagnostic>,
    sources: &SourceMap,
    show_trace: bool,
) -> Exit {
    let Some(error) = error else {
        return Exit::Fine;
    };
    if error.code == INTERRUPTED {
        say("error: interrupted by the user");
        return Exit::Interrupted;
    }
    let text = nix::render(&error, sources, show_trace);
    write(&text);
    Exit::Wrong
}

/// Speaks of the user's files where evaluation spoke of copies of them.
pub(super) fn show_originals(diagnostic: &mut Diagnostic, sources: &SourceMap) {
    let copy = diagnostic.message.clone();
    let labels = diagnostic.primary.iter_mut().chain(&mut diagnostic.secondary);
    let texts = labels.chain(&mut diagnostic.trace).map(|label| &mut label.text);
    for text in texts.chain([&mut diagnostic.message]).chain(&mut diagnostic.help) {
        *text = sources.with_originals(std::mem::take(text));
    }
    // The copy lacks what Git doesn't know.
    if diagnostic.message != copy
        && let Some(path) = absent(&diagnostic.message).filter(|path| Path::new(path).exists())
    {
        diagnostic.help = Some(format!(
            "the file is there, but a flake in a Git repository holds only what Git tracks: `git add \"{path}\"`"
        ));
    }
}

/// The path that a message says is not there.
fn absent(message: &str) -> Option<&str> {
    message.strip_prefix("path '")?.strip_suffix("' does not exist")
}

/// Diagnostics of one code that are shown; more would push the others off the screen.
const MOST_OF_A_KIND: usize = 20;

/// Keeps the first of each code. How many were left out.
fn cap(diagnostics: &mut Vec<Diagnostic>) -> usize {
    let before = diagnostics.len();
    let mut seen: HashMap<&'static str, usize> = HashMap::new();
    diagnostics.retain(|diagnostic| {
        let count = seen.entry(diagnostic.code).or_default();
        *count += 1;
        *count <= MOST_OF_A_KIND
    });
    before - diagnostics.len()
}

/// Warnings before errors; within each by place, those without a place first.
fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by_key(|d| (d.severity, d.primary.as_ref().map(|label| label.span)));
}

/// "2 errors, 1 warning"; nothing for none.
fn summary(errors: usize, warnings: usize) -> Option<String> {
    let count = |n: usize, what: &str| match n {
        0 => None,
        1 => Some(format!("1 {what}")),
        n => Some(format!("{n} {what}s")),
    };
    let parts: Vec<String> =
        [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_words() {
        assert_eq!(summary(2, 1).as_deref(), Some("2 errors, 1 warning"));
        assert_eq!(summary(1, 0).as_deref(), Some("1 error"));
        assert_eq!(summary(0, 3).as_deref(), Some("3 warnings"));
        assert_eq!(summary(0, 0), None);
    }

    #[test]
    fn errors_stand_last() {
        let mut all =
            [Diagnostic::error("repx::test::a", "a"), Diagnostic::warning("repx::test::b", "b")];
        sort(&mut all);
        assert_eq!(all.map(|d| d.message), ["b", "a"]);
    }
}
