//! What `shellcheck` finds, at the lines of the Nix string.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};

use serde::Deserialize;

use super::Located;
use crate::diagnostic::{Diagnostic, Severity};

/// The program, if it is there.
#[derive(Clone, Debug)]
pub struct ShellCheck {
    program: std::path::PathBuf,
}

impl ShellCheck {
    /// Looks for it in the directories of `PATH`, which are given.
    pub fn find(path: &std::ffi::OsStr) -> Option<ShellCheck> {
        let inside = std::env::split_paths(path).map(|directory| directory.join("shellcheck"));
        inside.into_iter().find(|file| file.is_file()).map(|program| ShellCheck { program })
    }
}

/// Findings that a stand-in for an interpolation, or the way scripts are called, makes meaningless:
/// no shebang, variables that the caller sets, constant words, files that aren't there, quoting of
/// what repx has quoted.
const MEANINGLESS: &[u32] = &[
    1090, 1091, 2148, 2154, 2034, 2050, 2043, 2157, 2170, 2193, 2194, 2195, 2239, 2288, 2317, 2329,
];

/// What scripts begin with when they run: a `cd` that fails ends them, for one.
const HEAD: &str = "set -euxo pipefail\n";

/// `--format=json1`
#[derive(Debug, Deserialize)]
struct Report {
    comments: Vec<Comment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    line: usize,
    end_line: usize,
    column: usize,
    end_column: usize,
    level: String,
    code: u32,
    message: String,
}

/// What it finds in a script.
///
/// # Errors
/// When it can't be run, or what it says can't be read.
pub fn check_with_shellcheck(
    script: &Located,
    shellcheck: &ShellCheck,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let report = run(script.text(), shellcheck).map_err(|why| {
        Diagnostic::warning("repx::shell::shellcheck-failed", format!("shellcheck failed: {why}"))
            .help("`--no-shellcheck` does without")
    })?;
    let lines = Lines::new(script.text());
    let real = |comment: &&Comment| {
        let range = lines.range(comment);
        // What it says of a word that stands for a value isn't said of the value.
        !MEANINGLESS.contains(&comment.code)
            && !script
                .holes()
                .any(|hole| hole.start <= range.start && range.end <= hole.end && !hole.is_empty())
    };
    let found = report.comments.iter().filter(real).map(|comment| {
        let code = comment.code;
        let severity = match comment.level.as_str() {
            "error" | "warning" => Severity::Warning,
            _ => Severity::Advice,
        };
        let found = Diagnostic::warning("repx::shell::shellcheck", comment.message.clone())
            .at(script.place(lines.range(comment)), format!("SC{code}"))
            .help(format!("https://www.shellcheck.net/wiki/SC{code}"));
        Diagnostic { severity, ..found }
    });
    Ok(found.collect())
}

fn run(text: &str, shellcheck: &ShellCheck) -> Result<Report, String> {
    let mut child = Command::new(&shellcheck.program)
        .args(["--shell=bash", "--format=json1", "--norc", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // If it doesn't want to read, what it says tells why.
            let written = |pipe: &mut ChildStdin| {
                pipe.write_all(HEAD.as_bytes()).and_then(|()| pipe.write_all(text.as_bytes()))
            };
            let _ = stdin.as_mut().map(written);
        });
        child.wait_with_output()
    });
    let output = output.map_err(|error| error.to_string())?;
    // 1 says that there are findings.
    match output.status.code() {
        Some(0 | 1) => serde_json::from_slice(&output.stdout).map_err(|error| error.to_string()),
        _ => match String::from_utf8_lossy(&output.stderr).trim() {
            "" => Err(output.status.to_string()),
            said => Err(said.to_owned()),
        },
    }
}

/// Lines and columns → bytes. Lines are counted from [`HEAD`] on, columns count characters, and a tab for one.
struct Lines<'t> {
    lines: Vec<(usize, &'t str)>,
}

impl Lines<'_> {
    fn new(text: &str) -> Lines<'_> {
        let mut at = 0;
        let lines = text.split('\n').map(|line| {
            let start = at;
            at += line.len() + 1;
            (start, line)
        });
        Lines { lines: lines.collect() }
    }

    fn byte(&self, line: usize, column: usize) -> usize {
        let Some((start, text)) = self.lines.get(line.saturating_sub(2)) else { return 0 };
        let before = text.chars().take(column.saturating_sub(1)).map(char::len_utf8);
        start + before.sum::<usize>()
    }

    fn range(&self, comment: &Comment) -> std::ops::Range<usize> {
        let start = self.byte(comment.line, comment.column);
        start..self.byte(comment.end_line, comment.end_column).max(start)
    }
}
