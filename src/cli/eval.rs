//! `repx eval`: the jobs of a lab.

use std::io::{self, IsTerminal, Write};
use std::time::Instant;

use super::Exit;
use super::arguments::{EvalOptions, Format, Terminal, Volume};
use super::filter::{Filter, select_runs, select_some};
use super::guard::INTERRUPTED;
use super::listing::table::counted;
use super::listing::{
    Pace, Statuses, TableStyle, Tally, View, write_counts, write_counts_json, write_counts_ndjson,
    write_json, write_ndjson, write_table, write_too_many,
};
use super::load::{Outcome, Target, base_path, load, shown};
use super::progress::{self, Phase};
use super::report::{report, say};
use super::{diff, one_job, stdout, watch, why};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::sweep::{Ask, Listing, Progress};
use crate::world::Disk;

/// The table of a lab that may have more jobs than this shows numbers that were counted.
pub(super) const MOST_IN_TABLE: u64 = 1_000_000;
/// A lab that may have more jobs than this is not expanded to count those that are shared.
const MOST_COUNTED: u64 = 20_000_000;
/// Of a lab that may have more jobs than this only those that are asked for are listed.
pub(super) const MOST_LISTED: u64 = u32::MAX as u64;

/// Lists a lab's jobs.
pub(super) fn run(options: &EvalOptions, terminal: &Terminal) -> Exit {
    if let Some(with) = &options.diff {
        return diff::run(options, with, terminal);
    }
    if options.watch {
        return watch::run(options, terminal);
    }
    let begin = Instant::now();
    let progress = Progress::default();
    let progress_shown = shown(terminal, &progress);
    let evaluate = |ask| load(Target::of(options), ask, terminal, &progress);
    let outcome = match &options.why {
        Some(job) => one_job::load(job, evaluate),
        None => evaluate(ask(options)),
    };
    let Outcome { listing, counts, mut diagnostics, sources } = outcome;
    if let (Some(job), Some(listing)) = (&options.why, &listing) {
        drop(progress_shown);
        return explain_job(job, listing, (diagnostics, &sources), options, terminal);
    }
    let filter = Filter::of(options);
    let shown = listing.as_ref().map(|listing| match &counts {
        Some(counts) if !counts.listed => {
            let runs = select_runs(listing, counts, filter);
            runs.map(|runs| Shown::Counts(Tally::counted(listing, counts, &runs, filter.stages)))
        }
        counts => {
            let view = select_some(listing, counts.as_ref(), filter);
            view.map(|view| {
                let tally = Tally::of(&view).among(counts.as_ref());
                Shown::Jobs(view, tally)
            })
        }
    });
    let shown = match shown {
        Some(Ok(shown)) => Some(shown),
        Some(Err(unknown)) => {
            diagnostics.extend(unknown);
            None
        }
        None => None,
    };
    drop(progress_shown);
    let exit = report(diagnostics, &sources, terminal, options.with.show_trace);
    let Some(shown) = shown.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    if terminal.volume == Volume::Verbose {
        let (Shown::Jobs(_, tally) | Shown::Counts(tally)) = &shown;
        say(&format!("{} in {:.1?}", counted(tally.all, "job"), begin.elapsed()));
    }
    print(&shown, options, terminal)
}

/// Says what sets a job apart.
fn explain_job(
    job: &str,
    listing: &Listing,
    (mut diagnostics, sources): (Vec<Diagnostic>, &SourceMap),
    options: &EvalOptions,
    terminal: &Terminal,
) -> Exit {
    let base = match base_path(Target::of(options), terminal) {
        Ok(base) => base,
        Err(exit) => return exit,
    };
    let why = why::why(listing, job, &base, &Disk);
    let why = why.map_err(|unknown| diagnostics.push(unknown)).ok();
    let exit = report(diagnostics, sources, terminal, options.with.show_trace);
    let Some(why) = why.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    let style = TableStyle::of(terminal);
    let json = options.format != Format::Table;
    stdout::print(|out| why::write(out, &why, json, &base, style))
}

/// What is to be printed.
enum Shown<'l> {
    Jobs(View<'l>, Tally<'l>),
    Counts(Tally<'l>),
}

impl<'o> Target<'o> {
    /// What the options of `repx eval` name.
    pub(super) fn of(options: &'o EvalOptions) -> Target<'o> {
        let looks_twice = options.why.is_some() || options.diff.is_some() || options.watch;
        let once = options.format != Format::Table && !looks_twice;
        Target { once, ..Target::new(&options.lab, &options.with) }
    }
}

/// What is wanted of the jobs: who only wants to see how many there are needn't wait for them.
fn ask(options: &EvalOptions) -> Ask {
    let selection = Filter::of(options).selection();
    match (options.count, options.format) {
        (true, _) => Ask::Counts(MOST_COUNTED, selection),
        (false, Format::Table) => Ask::Few(MOST_IN_TABLE, selection),
        (false, Format::Json | Format::Ndjson) => Ask::Part(MOST_LISTED, selection),
    }
}

fn print(shown: &Shown<'_>, options: &EvalOptions, terminal: &Terminal) -> Exit {
    let style = TableStyle::of(terminal);
    let threads = options.with.threads.map_or(0, usize::from);
    let progress = Progress::default();
    let pace = Pace { threads, interrupt: &INTERRUPTED, progress: &progress };
    let statuses = match options.count {
        true => Statuses::default(),
        false => match base_path(Target::of(options), terminal) {
            Ok(base) => Statuses::read(&base, &Disk),
            Err(exit) => return exit,
        },
    };
    // Where results go to the same screen they show themselves how far they are.
    let apart = !std::io::stdout().is_terminal() && options.format != Format::Table;
    let watched = progress.clone();
    let written = move || (Phase::Writing, watched.jobs());
    let _shown = apart.then(|| progress::Shown::begin(terminal, written));
    stdout::print(|out| match (shown, options.format) {
        (Shown::Jobs(_, tally) | Shown::Counts(tally), _) if options.count => {
            counts(out, tally, options, style)
        }
        (Shown::Counts(tally), _) => write_too_many(out, tally, &statuses, style),
        (Shown::Jobs(view, tally), Format::Table) => {
            write_table(out, (view, tally), &statuses, style)
        }
        (Shown::Jobs(view, _), Format::Json) => write_json(out, view, &statuses, pace),
        (Shown::Jobs(view, _), Format::Ndjson) => write_ndjson(out, view, &statuses, pace),
    })
}

fn counts(
    out: &mut impl Write,
    tally: &Tally<'_>,
    options: &EvalOptions,
    style: TableStyle,
) -> io::Result<()> {
    match options.format {
        Format::Table => write_counts(out, tally, style),
        Format::Json => write_counts_json(out, tally),
        Format::Ndjson => write_counts_ndjson(out, tally),
    }
}
