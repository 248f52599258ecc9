//! The scripts of stages, as shell.
//!
//! A script is the string that a stage's `run` gives. Its text is read as it stands in the file,
//! with a word in the place of each interpolation: so every finding has its place, and scripts can
//! be looked at without evaluating anything. What an interpolation may bring along is not guessed:
//! where it could make a finding false, there is none.

mod arrays;
mod commands;
mod read;
mod shellcheck;

pub use arrays::array_reads;
pub use commands::{Programs, check_commands};
pub use shellcheck::{ShellCheck, check_with_shellcheck};

use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};
use crate::syntax::{Expr, ExprKind, Param, Traced, traced};

/// A script where it is written.
#[derive(Clone, Debug)]
pub struct Located {
    /// The whole string.
    pub span: Span,
    /// Its text, with places relative to the string.
    pub traced: Traced,
}

/// Words that stand for interpolations begin with this.
const STAND_IN: &str = "repx_value_";

impl Located {
    /// The script that an expression gives: the string itself, a function that gives it, or one
    /// behind `let`, `with` and `assert`. `None` for what has to be evaluated to be known.
    pub fn of(expr: &Expr, file: &SourceFile) -> Option<Located> {
        let text = string_of(expr)?;
        let local = |offset: u32| offset.checked_sub(file.start()).map(|at| at as usize);
        let source = file.text().get(local(text.span.start)?..local(text.span.end)?)?;
        let traced = traced(source, |number| format!("{STAND_IN}{number}"))?;
        Some(Located { span: text.span, traced })
    }

    /// Where a part of the text stands.
    pub fn place(&self, range: std::ops::Range<usize>) -> Span {
        let source = self.traced.source(range);
        Span::new(self.span.start + source.start, self.span.start + source.end)
    }

    /// Is a word nothing but an interpolation?
    fn stands_in(word: &str) -> bool {
        let word = word.trim_matches('"');
        let number = word.strip_prefix(STAND_IN);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Does a part of the text have to do with an interpolation?
    fn is_mixed(text: &str) -> bool {
        text.contains(STAND_IN)
    }
}

fn string_of(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        ExprKind::Text(_) => Some(expr),
        ExprKind::Lambda { body, .. }
        | ExprKind::Let { body, .. }
        | ExprKind::With { body, .. }
        | ExprKind::Assert { body, .. } => string_of(body),
        _ => None,
    }
}

/// The names that a script's function takes, if it takes them by name.
pub fn argument_names(expr: &Expr) -> Option<&Param> {
    match &expr.kind {
        ExprKind::Lambda { param, .. } => Some(param),
        ExprKind::Let { body, .. } | ExprKind::With { body, .. } => argument_names(body),
        _ => None,
    }
}

/// A script that no shell can read.
pub fn check_syntax(script: &Located) -> Option<Diagnostic> {
    let error = read::read(&script.traced.text, &Located::stands_in).err()?;
    // An interpolation may be the missing part.
    if script.traced.holes.iter().any(|(range, _)| is_line(&script.traced.text, range)) {
        return None;
    }
    let at = error.at.min(script.traced.text.len());
    let rest = script.traced.text.get(at..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    let start = if length == 0 { at.saturating_sub(1) } else { at };
    Some(
        Diagnostic::warning("repx::shell::syntax", "bash can't read this script")
            .at(script.place(start..at + length), error.why)
            .help("`bash -n` on the script says it in bash's own words"),
    )
}

/// Does an interpolation have a line for itself?
fn is_line(text: &str, range: &std::ops::Range<usize>) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let rest = after.split('\n').next().unwrap_or_default();
    line.trim().is_empty() && rest.trim().is_empty()
}
