//! Labs with mistakes (`corpus/errors`): what is said, and where it points.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::path::Path;

use repx::diagnostic::{Diagnostic, Severity};
use repx::source::SourceMap;
use support::program::{Ran, repx, run};
use support::tables::{self, Table};

/// One row of an `expect.md`: what must be said.
struct Expected {
    code: String,
    severity: Severity,
    file: String,
    line: usize,
    column: usize,
    text: Option<String>,
    near: Option<String>,
}

fn expected(table: &Table) -> Result<Vec<Expected>, String> {
    let given = |cell: &str| (cell != "–").then(|| cell.to_owned());
    let number = |cell: &str| cell.parse().map_err(|_| format!("`{cell}` is no number"));
    let row = |row: &Vec<String>| {
        Ok(Expected {
            code: table.need(row, "code")?.to_owned(),
            severity: match table.need(row, "severity")? {
                "error" => Severity::Error,
                "warning" => Severity::Warning,
                other => return Err(format!("`{other}` is no severity")),
            },
            file: table.need(row, "file")?.to_owned(),
            line: number(table.need(row, "line")?)?,
            column: number(table.need(row, "column")?)?,
            text: match given(table.need(row, "text")?) {
                Some(cell) => Some(tables::code(&cell)?.to_owned()),
                None => None,
            },
            near: given(table.need(row, "near")?),
        })
    };
    table.rows.iter().map(row).collect()
}

/// Where a diagnostic's first label begins, and how it reads: file, line, column, text.
fn place(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    lab: &Path,
) -> Option<(String, usize, usize, String)> {
    let span = diagnostic.primary.as_ref()?.span;
    let file = sources.file(span)?;
    let (line, start) = file.line_at(span.start - file.start());
    let text = file.text();
    let before = text.get(start as usize..(span.start - file.start()) as usize)?;
    let path = file.path().strip_prefix(lab).unwrap_or(file.path());
    let shown = sources.text(span).unwrap_or_default();
    Some((path.display().to_string(), line + 1, before.chars().count() + 1, shown))
}

fn says(
    expected: &Expected,
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    lab: &Path,
) -> Result<(), String> {
    let (file, line, column, text) = place(diagnostic, sources, lab).ok_or("points nowhere")?;
    let found = format!("{file}:{line}:{column} `{text}`: {}", diagnostic.message);
    if (file.as_str(), line, column) != (&expected.file, expected.line, expected.column) {
        return Err(format!("points elsewhere: {found}"));
    }
    // The label may cover more than where the mistake begins (a whole string, a whole set).
    if expected.text.as_ref().is_some_and(|expected| !text.starts_with(expected.as_str())) {
        return Err(format!("another text: {found}"));
    }
    if diagnostic.code != expected.code {
        return Err(format!("another code, {}: {found}", diagnostic.code));
    }
    if diagnostic.severity != expected.severity {
        return Err(format!("another severity: {found}"));
    }
    let help = diagnostic.help.as_deref().unwrap_or_default();
    match &expected.near {
        Some(near) if !help.contains(near.as_str()) => {
            Err(format!("doesn't name `{near}`: {found}\n    help: {help}"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Everything expected is said, and nothing else.
fn check(lab: &Path, failures: &mut Vec<String>) {
    let name = support::name(lab);
    let mut fail = |what: String| failures.push(format!("{name}: {what}"));
    let expected =
        tables::read(&lab.join("expect.md")).and_then(|tables| match tables.as_slice() {
            [table] => expected(table),
            others => Err(format!("{} tables instead of one", others.len())),
        });
    let expected = match expected {
        Ok(rows) if !rows.is_empty() => rows,
        Ok(_) => return fail("expects nothing".into()),
        Err(error) => return fail(error),
    };
    let (outcome, sources) = support::list(lab);
    let mut left: Vec<&Diagnostic> = outcome.diagnostics.iter().collect();
    for row in &expected {
        let found = left.iter().position(|d| says(row, d, &sources, lab).is_ok());
        if let Some(at) = found {
            left.remove(at);
            continue;
        }
        let reasons: Vec<String> =
            left.iter().filter_map(|d| says(row, d, &sources, lab).err()).collect();
        let text = row.text.as_deref().unwrap_or_default();
        fail(format!(
            "nothing said at {}:{}:{} `{text}`\n    {}",
            row.file,
            row.line,
            row.column,
            reasons.join("\n    ")
        ));
    }
    for diagnostic in left {
        let place = place(diagnostic, &sources, lab);
        fail(format!("says more than expected: {} at {place:?}", diagnostic.message));
    }
    let error = expected.iter().any(|row| row.severity == Severity::Error);
    if error == outcome.listing.is_some() {
        fail("there is a listing exactly when nothing is wrong".into());
    }
}

#[test]
fn each_mistake_is_told_at_its_place() {
    let labs = support::directories(&support::repository("corpus/errors"));
    let mut failures = Vec::new();
    for lab in &labs {
        check(lab, &mut failures);
    }
    support::conclude(labs.len(), &failures);
}

/// The program: nothing on standard output when something is wrong, status 2, and exactly the
/// words that were read and found good, in `expect.txt`.
#[test]
fn the_whole_message_is_as_it_was_read() {
    let labs = support::directories(&support::repository("corpus/errors"));
    let mut failures = Vec::new();
    for lab in &labs {
        let Ran { code, stdout, stderr, hung } =
            run(repx(lab).args(["eval", ".", "--format", "json", "--color", "never"]));
        let name = support::name(lab);
        let error = stderr.contains("\n  × ");
        if hung || code != Some(if error { 2 } else { 0 }) {
            failures.push(format!("{name}: exit status {code:?} (hung: {hung})\n{stderr}"));
        }
        if error != stdout.is_empty() {
            failures.push(format!("{name}: standard output beside an error, or nothing at all"));
        }
        let here = format!("{}/", lab.display());
        if stderr.contains(&here) {
            failures.push(format!("{name}: says where the checkout lies"));
        }
        let stderr = stderr.replace(&here, "");
        failures.extend(support::golden::compare(lab, "expect.txt", stderr.as_bytes()).err());
    }
    support::conclude(labs.len(), &failures);
}
