//! What was found: each thing once, as serious as the user takes it.

use std::collections::HashSet;
use std::path::PathBuf;

use super::codes::pages;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// What `--deny` and `--allow` say: of a code, or of all codes that begin with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Levels {
    /// Errors, whatever they were.
    pub deny: Vec<String>,
    /// Not told.
    pub allow: Vec<String>,
}

/// Does a name given by the user mean a code? `repx::` may be left out, and so may the last part.
fn means(given: &str, code: &str) -> bool {
    let short = |name: &str| name.strip_prefix("repx::").unwrap_or(name).to_owned();
    let (given, code) = (short(given), short(code));
    let inside = code.strip_prefix(&given).is_some_and(|rest| rest.starts_with("::"));
    given == code || inside || given == "all"
}

impl Levels {
    /// A name that no code has, nor begins with.
    pub fn unknown(&self) -> Option<&str> {
        let mut names = self.deny.iter().chain(&self.allow).peekable();
        names.peek()?;
        let pages = pages();
        names.find(|name| !pages.iter().any(|page| means(name, page.code))).map(String::as_str)
    }
}

/// Diagnostics of several sources.
#[derive(Debug, Default)]
pub struct Findings {
    all: Vec<Diagnostic>,
    told: HashSet<Told>,
}

/// What a thing is told by: one file may have been read twice, under two places.
#[derive(PartialEq, Eq, Hash, Debug)]
enum Told {
    At(&'static str, PathBuf, u32, u32),
    Nowhere(&'static str, String),
}

impl Findings {
    /// Adds what was found, unless it was told before. What evaluation met is added first: it
    /// says more.
    pub fn add(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>, sources: &SourceMap) {
        for diagnostic in diagnostics {
            let code = diagnostic.code;
            let place = diagnostic.primary.as_ref().and_then(|label| {
                let file = sources.file(label.span)?;
                let start = label.span.start - file.start();
                let path = sources.original(file.path());
                Some(Told::At(code, path, start, label.span.end - file.start()))
            });
            let told = place.unwrap_or_else(|| Told::Nowhere(code, diagnostic.message.clone()));
            if self.told.insert(told) {
                self.all.push(diagnostic);
            }
        }
    }

    /// All of it, as serious as `levels` say: by file and place, those without a place first.
    pub fn into_sorted(self, levels: &Levels, sources: &SourceMap) -> Vec<Diagnostic> {
        let named = |names: &[String], code| names.iter().any(|name| means(name, code));
        let mut all = self.all;
        all.retain(|d| !named(&levels.allow, d.code) || named(&levels.deny, d.code));
        for diagnostic in &mut all {
            if named(&levels.deny, diagnostic.code) {
                diagnostic.severity = Severity::Error;
            }
        }
        all.sort_by_cached_key(|diagnostic| {
            let span = diagnostic.primary.as_ref().map(|label| label.span);
            let file = span.and_then(|span| sources.file(span));
            (file.map(|file| sources.original(file.path())), span, diagnostic.code)
        });
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn a_code_is_named_whole_or_by_how_it_begins() {
        for given in ["repx::lint::shadowing", "lint::shadowing", "lint", "repx::lint", "all"] {
            assert!(means(given, "repx::lint::shadowing"), "{given}");
        }
        for given in ["lin", "lint::shadow", "shadowing", "stage", ""] {
            assert!(!means(given, "repx::lint::shadowing"), "{given}");
        }
    }

    #[test]
    fn each_thing_is_told_once_and_as_seriously_as_asked() {
        let sources = SourceMap::new();
        let (one, again) = (sources.add("/a", "x"), sources.add("/a", "x"));
        let at = |file: &std::sync::Arc<crate::source::SourceFile>| {
            Span::new(file.start(), file.start() + 1)
        };
        let (one, again) = (one.expect("it fits"), again.expect("it fits"));
        let found = |code, span| Diagnostic::warning(code, "m").at(span, "");
        let mut findings = Findings::default();
        findings.add([found("repx::a::b", at(&one)), found("repx::c::d", at(&one))], &sources);
        findings.add([found("repx::a::b", at(&again)), found("repx::e::f", at(&one))], &sources);
        let levels = Levels { deny: vec!["a".into()], allow: vec!["repx::c::d".into()] };
        let told = findings.into_sorted(&levels, &sources);
        let told: Vec<_> = told.iter().map(|d| (d.code, d.severity)).collect();
        assert_eq!(told, [("repx::a::b", Severity::Error), ("repx::e::f", Severity::Warning)]);
    }
}
