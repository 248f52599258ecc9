//! The scripts of stages, as shell.
//!
//! A script is the string that a stage's `run` gives. Its text is read as it stands in the file, or in several pieces,
//! with a word in the place of each interpolation: so every finding has its place, and scripts can
//! be looked at without evaluating anything. What an interpolation may bring along is not guessed:
//! where it could make a finding false, there is none.

mod arrays;
mod commands;
mod located;
mod read;
mod scripts;
mod shellcheck;

pub use arrays::array_reads;
pub use commands::{Programs, check_commands};
pub use located::{Located, Written};
pub use scripts::Scripts;
pub use shellcheck::{ShellCheck, check_with_shellcheck};

use crate::diagnostic::Diagnostic;
use crate::syntax::{Expr, ExprKind, Param};

/// The names that a script's function takes, if it takes them by name.
pub fn argument_names(expr: &Expr) -> Option<&Param> {
    match &expr.kind {
        ExprKind::Lambda { param, .. } => Some(param),
        ExprKind::Let { body, .. } | ExprKind::With { body, .. } => argument_names(body),
        _ => None,
    }
}

/// A script that no shell can read.
pub fn check_syntax(script: &Located, scripts: &Scripts) -> Option<Diagnostic> {
    let read = scripts.read(script.text());
    let error = read.as_ref().as_ref().err()?;
    // An interpolation may be the missing part.
    if script.holes().any(|range| is_line(script.text(), range)) {
        return None;
    }
    // The character there; at the end, the last one.
    let until = script.text().char_indices().take_while(|(start, _)| *start <= error.at);
    let (start, length) = until.last().map_or((0, 0), |(start, c)| (start, c.len_utf8()));
    Some(
        Diagnostic::warning("repx::shell::syntax", "bash can't read this script")
            .at(script.place(start..start + length), error.why.clone())
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
