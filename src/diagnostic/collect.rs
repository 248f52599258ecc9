//! What has been found so far, each thing once.

use std::collections::HashSet;

use super::{Diagnostic, Severity};
use crate::source::Span;

/// Diagnostics in the order they were found.
///
/// **Told once**: of two with one code at one place only the first is kept. A stage is read for
/// each value of its parameters and a file for each run that uses it; what is wrong there is one
/// mistake, whatever the message says of the values it was met with. Two that have no place are
/// the same when their messages are.
#[derive(Clone, Debug, Default)]
pub struct Found {
    all: Vec<Diagnostic>,
    told: HashSet<Told>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Told {
    At(&'static str, Span),
    Nowhere(&'static str, String),
}

impl Found {
    /// Notes a diagnostic, unless it was told before.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        let code = diagnostic.code;
        let told = match &diagnostic.primary {
            Some(label) => Told::At(code, label.span),
            None => Told::Nowhere(code, diagnostic.message.clone()),
        };
        if self.told.insert(told) {
            self.all.push(diagnostic);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Is there one that makes a result impossible?
    pub fn failed(&self) -> bool {
        self.all.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Those found since there were `mark`, to say of them what was being read.
    pub fn since(&mut self, mark: usize) -> &mut [Diagnostic] {
        self.all.get_mut(mark..).unwrap_or_default()
    }

    /// Adds a frame to all found since there were `mark`.
    pub fn within_since(&mut self, mark: usize, span: Span, text: &str) {
        for diagnostic in self.since(mark) {
            *diagnostic = diagnostic.clone().within(span, text);
        }
    }
}

impl Extend<Diagnostic> for Found {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        diagnostics.into_iter().for_each(|diagnostic| self.add(diagnostic));
    }
}

impl IntoIterator for Found {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_at_one_place_is_told_once() {
        let (here, there) = (Span::new(1, 2), Span::new(3, 4));
        let error = |message: &str| Diagnostic::error("repx::test::a", message);
        let mut found = Found::default();
        found.add(error("with 1").at(here, "1"));
        found.add(error("with 2").at(here, "2"));
        found.add(error("elsewhere").at(there, ""));
        found.add(Diagnostic::warning("repx::test::b", "another").at(here, ""));
        found.add(error("nowhere"));
        found.add(error("nowhere"));
        found.add(error("nowhere else"));
        found.within_since(4, there, "in a lab");
        let messages: Vec<_> = found.into_iter().map(|d| (d.message, d.trace.len())).collect();
        let expected =
            [("with 1", 0), ("elsewhere", 0), ("another", 0), ("nowhere", 0), ("nowhere else", 1)];
        assert_eq!(messages, expected.map(|(message, frames)| (message.to_owned(), frames)));
    }
}
