//! What is printed while watching: for people, or an object a line (`repx-watch/1`).

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use crate::cli::arguments::{EvalOptions, Format, Terminal};
use crate::cli::diff::{Comparison, json, table};
use crate::cli::listing::json::{key, next_key, text};
use crate::cli::listing::{Statuses, TableStyle, Tally, View, write_table};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::render::json::Record;
use crate::source::SourceMap;

/// The version of the format.
const SCHEMA: &str = "repx-watch/1";

/// What has happened.
pub(super) enum Event<'e> {
    /// The lab was listed for the first time.
    Listed(&'e View<'e>, &'e Statuses),
    /// It was listed again.
    Changed(&'e Comparison<'e>, &'e str),
    /// It can't be listed.
    Failed(&'e [Diagnostic], &'e SourceMap),
}

/// Prints an event, as one write. False when nobody reads any more.
pub(super) fn print(
    event: &Event<'_>,
    took: Duration,
    options: &EvalOptions,
    terminal: &Terminal,
) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let style = TableStyle::of(terminal);
    match (options.format, event) {
        (Format::Table, Event::Listed(view, statuses)) => {
            write_table(&mut out, (view, &Tally::of(view)), statuses, style)?;
        }
        (Format::Table, Event::Changed(comparison, what)) => {
            writeln!(out)?;
            table::write_heading(&mut out, &format!("{what} · listed in {took:.1?}"), style)?;
            table::write_totals(&mut out, comparison)?;
            table::write_changes(&mut out, comparison, style)?;
        }
        // What is wrong has been said.
        (Format::Table, Event::Failed(..)) => {}
        (Format::Json | Format::Ndjson, event) => write_line(&mut out, event, took)?,
    }
    out.flush()
}

fn write_line(out: &mut impl Write, event: &Event<'_>, took: Duration) -> io::Result<()> {
    out.write_all(b"{")?;
    key(out, "schema")?;
    text(out, SCHEMA)?;
    next_key(out, "event")?;
    text(
        out,
        match event {
            Event::Listed(..) => "listed",
            Event::Changed(..) => "changed",
            Event::Failed(..) => "failed",
        },
    )?;
    next_key(out, "seconds")?;
    write!(out, "{:.6}", took.as_secs_f64())?;
    match event {
        Event::Listed(view, _) => {
            next_key(out, "jobs")?;
            write!(out, "{}", view.count())?;
        }
        Event::Changed(comparison, _) => {
            out.write_all(b", ")?;
            json::summary(out, comparison, b", ")?;
            next_key(out, "jobs")?;
            out.write_all(b"[")?;
            json::jobs(out, comparison, (b"", b", "), b"")?;
            out.write_all(b"]")?;
        }
        Event::Failed(diagnostics, sources) => {
            let base = std::env::current_dir().ok();
            let records = diagnostics.iter();
            let records: Vec<Record> =
                records.map(|one| Record::new(one, sources, base.as_deref())).collect();
            next_key(out, "diagnostics")?;
            serde_json::to_writer(&mut *out, &records)?;
        }
    }
    out.write_all(b"}\n")
}
