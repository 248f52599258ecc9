//! `repx explain`: what a code means.

use std::io::Write;

use super::arguments::{ExplainOptions, Terminal};
use super::report::report;
use super::{Exit, stdout};
use crate::check::codes::{Kind, Page, Verdict, head, page, pages};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::SourceMap;

/// Prints the page of a code, or all codes.
pub(super) fn run(options: &ExplainOptions, terminal: &Terminal) -> Exit {
    let Some(code) = &options.code else {
        return list(terminal);
    };
    match page(code) {
        Some(page) => stdout::print(|out| out.write_all(text_of(page, terminal).as_bytes())),
        None => report(vec![no_such_code(code)], &SourceMap::new(), terminal, false),
    }
}

/// A code that there is not.
pub(super) fn no_such_code(code: &str) -> Diagnostic {
    let all = pages();
    let short = |page: &Page| page.code.strip_prefix("repx::").unwrap_or(page.code);
    let given = code.strip_prefix("repx::").unwrap_or(code);
    let near = did_you_mean(given, all.iter().map(short));
    Diagnostic::error("repx::cli::unknown-code", format!("there is no code `{code}`"))
        .help(near.unwrap_or_else(|| "`repx explain` lists all codes".to_owned()))
}

fn list(terminal: &Terminal) -> Exit {
    stdout::print(|out| {
        for page in pages() {
            writeln!(out, "{}", page.code)?;
            let page_width = textwrap::Options::new(terminal.width)
                .initial_indent("    ")
                .subsequent_indent("    ");
            writeln!(out, "{}", textwrap::fill(page.summary(), page_width))?;
        }
        Ok(())
    })
}

/// The page for a terminal: fences are said in words, and text is filled to the width. What is seen
/// on a console stands at the margin, as wide as it is there.
fn text_of(page: Page, terminal: &Terminal) -> String {
    let mut text = format!("{}\n", page.code);
    let mut within = None;
    for line in page.text.lines() {
        match (line.strip_prefix("```"), within) {
            (Some(info), None) => {
                let (title, indent) = title(info);
                text.push_str(&format!("{title}\n"));
                within = Some(indent);
            }
            (Some(_), Some(_)) => within = None,
            (None, Some(indent)) => text.push_str(&format!("{indent}{line}\n")),
            (None, None) => {
                text.push_str(&textwrap::fill(line, terminal.width));
                text.push('\n');
            }
        }
    }
    text
}

/// What is said of an example, and how far its lines are indented.
fn title(info: &str) -> (String, &'static str) {
    let Some((verdict, kind)) = head(info) else { return (info.to_owned(), "    ") };
    let verdict = match verdict {
        Verdict::Bad => "bad:",
        Verdict::Good => "good:",
    };
    match kind {
        Kind::File(file) => (format!("{verdict} {file}"), "    "),
        Kind::Console => (verdict.to_owned(), ""),
    }
}
