//! `repx list jobs`: every job a line, written as they are looked up.
//!
//! Of each job only its number is held. Columns are as wide as the tables of the listing make them, so
//! no row waits for a later one.

use std::io::{self, Write};
use std::path::Path;

use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;
use unicode_width::UnicodeWidthStr;

use super::super::Exit;
use super::super::arguments::{Format, LabArgument, Terminal};
use super::super::eval::MOST_LISTED;
use super::super::filter::Filter;
use super::super::find::short_id;
use super::super::guard::INTERRUPTED;
use super::super::listing::json::{next_key, text};
use super::super::listing::table::{counted, line, none_fits, params_of};
use super::super::listing::{Paint, Records, SHORT_ID, Status, Statuses, TableStyle, View, clean};
use super::super::load::{Opened, base_path, open};
use super::super::report::near;
use super::super::{candidates, stdout};
use super::{picked, view};
use crate::diagnostic::Diagnostic;
use crate::exec::Base;
use crate::sweep::{Ask, Count, Counts, JobView, Listing, in_order};
use crate::world::Disk;

/// The version of the format.
const SCHEMA: &str = "repx-jobs/1";

/// Jobs, one a line
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx list jobs                              all jobs
  repx list jobs simulation --status failed   those of a run that failed
  repx list jobs -s train -p seed=1 -p lr     those with seed 1, showing lr")]
pub(super) struct JobsOptions {
    /// Only jobs of this run, or of the runs of this group
    #[arg(value_name = "RUN|@GROUP", add = ArgValueCompleter::new(candidates::runs))]
    names: Vec<String>,
    /// Only jobs of this stage; may be repeated
    #[arg(short, long = "stage", value_name = "NAME", add = ArgValueCompleter::new(candidates::stages))]
    stages: Vec<String>,
    /// Only jobs that have come so far; may be repeated
    ///
    /// Blocked jobs are pending ones; tables call them blocked, programs are told pending.
    #[arg(long = "status", value_name = "STATUS")]
    statuses: Vec<Wanted>,
    /// Only jobs with this value; without a value, show this parameter. May be repeated
    ///
    /// A value is the job's own or that of a job it reads from. Of several values for one key any will do;
    /// several keys must all agree. A word that reads as JSON means that first: 1.5 the number, null null,
    /// '"null"' the text. Numbers are what they are worth: 1000 is 1000.0. Where no job has that value the word
    /// means the text, else a path that ends in it. A job's own value hides that of a job it reads from.
    #[arg(short, long = "param", value_name = "KEY[=VALUE]", value_parser = param, add = ArgValueCompleter::new(candidates::params))]
    params: Vec<(String, Option<String>)>,
    /// Say where each job's results lie
    #[arg(long)]
    output_paths: bool,
    /// One stage after the other
    #[arg(short, long)]
    group_by_stage: bool,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    #[command(flatten)]
    lab: LabArgument,
}

/// How far a job has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Wanted {
    /// Its results are there
    #[value(alias = "succeeded")]
    Done,
    /// It ran and gave none
    Failed,
    /// It is still to run
    Pending,
    /// It is still to run, after one that failed
    Blocked,
}

fn param(text: &str) -> Result<(String, Option<String>), String> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key, Some(value.to_owned())),
        None => (text, None),
    };
    match key.is_empty() {
        true => Err("expected KEY or KEY=VALUE, such as seed=1".to_owned()),
        false => Ok((key.to_owned(), value)),
    }
}

pub(super) fn run(options: &JobsOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let values = options.params.iter();
    let values: Vec<(String, String)> =
        values.filter_map(|(key, value)| Some((key.clone(), value.clone()?))).collect();
    let filter = Filter { runs: &options.names, stages: &options.stages, params: &values };
    let target = options.lab.target();
    let look = |listing: &Listing, counts: Option<&Counts>| {
        let known = picked(listing, counts, filter)?;
        unknown_keys(listing, counts, &options.params).map(|()| known)
    };
    let path = base_path(target, terminal)?;
    let ask = Ask::Part(MOST_LISTED, filter.selection());
    let Opened { listing, counts, found } = open(target, ask, terminal, look)?;
    let all = counts.map(|counts| counts.total(|_| true));
    let view = view(&listing, found);
    let statuses = Statuses::read(&path, &Disk);
    let table = options.format == Format::Table && statuses.any_failed();
    let blocked = match table || options.statuses.contains(&Wanted::Blocked) {
        true => blocked(&listing, &statuses),
        false => Vec::new(),
    };
    let base = Base::new(&path);
    let page = Page {
        options,
        view: &view,
        statuses: &statuses,
        outputs: &base.outputs(),
        all: all.unwrap_or(Count::Exactly(listing.len() as u128)),
        jobs: numbers(&view, &statuses, &blocked, options),
        blocked: &blocked,
        style: TableStyle::of(terminal),
    };
    Ok(stdout::print(|out| match options.format {
        Format::Table => page.write_table(out),
        Format::Json => page.write_json(out),
        Format::Ndjson => page.write_records(out, (b"", b"\n")),
    }))
}

/// Names of parameters that are to be shown must be some stage's.
fn unknown_keys(
    listing: &Listing,
    counts: Option<&Counts>,
    params: &[(String, Option<String>)],
) -> Result<(), Vec<Diagnostic>> {
    let shown = params.iter().filter(|(_, value)| value.is_none());
    let wanted: Vec<(String, String)> =
        shown.map(|(key, _)| (key.clone(), String::new())).collect();
    let filter = Filter { runs: &[], stages: &[], params: &wanted };
    picked(listing, counts, filter).map(drop)
}

/// The jobs to be listed, in order.
fn numbers(
    view: &View<'_>,
    statuses: &Statuses,
    blocked: &[bool],
    options: &JobsOptions,
) -> Vec<u32> {
    let listing = view.listing;
    let all = 0..listing.len() as u32;
    let mut jobs: Vec<u32> = all.filter(|job| view.shows(*job)).collect();
    if !options.statuses.is_empty() {
        let fits = |job: &u32| {
            let status = listing.job(*job).map_or(Status::Pending, |job| statuses.of(&job));
            options.statuses.iter().any(|wanted| match wanted {
                Wanted::Done => status == Status::Done,
                Wanted::Failed => status == Status::Failed,
                Wanted::Pending => status == Status::Pending,
                Wanted::Blocked => blocked.get(*job as usize) == Some(&true),
            })
        };
        jobs.retain(fits);
    }
    if options.group_by_stage {
        let names = stages(listing);
        let place = |job: &u32| {
            let block = listing.blocks().get(listing.block_of(*job));
            block.and_then(|block| names.iter().position(|name| *name == &*block.stage().name))
        };
        // Within a stage they stay in order.
        jobs.sort_by_cached_key(place);
    }
    jobs
}

/// Names of stages, as they first appear.
fn stages(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for block in listing.blocks() {
        if !names.contains(&&*block.stage().name) {
            names.push(&block.stage().name);
        }
    }
    names
}

/// By job, whether it is to run after one that failed. A job stands behind those it needs.
fn blocked(listing: &Listing, statuses: &Statuses) -> Vec<bool> {
    // Bad: failed, or blocked itself.
    let mut bad = Vec::with_capacity(listing.len());
    let mut blocked = Vec::with_capacity(listing.len());
    let mut sets: Vec<Option<bool>> = Vec::new();
    for job in listing.jobs() {
        let status = statuses.of(&job);
        let lost = |bad: &[bool], job: u32| bad.get(job as usize) == Some(&true);
        let mut after = || {
            let set = job.block().after()? as usize;
            sets.resize(sets.len().max(set + 1), None);
            let known = sets.get_mut(set)?;
            let any = || job.after().is_some_and(|jobs| jobs.iter().any(|job| lost(&bad, job)));
            Some(*known.get_or_insert_with(any))
        };
        let follows = status == Status::Pending
            && (job.depends_on().into_iter().any(|job| lost(&bad, job)) || after() == Some(true));
        blocked.push(follows);
        bad.push(follows || status == Status::Failed);
    }
    blocked
}

/// What is to be printed.
struct Page<'p> {
    options: &'p JobsOptions,
    view: &'p View<'p>,
    statuses: &'p Statuses,
    /// Where the folders of jobs lie.
    outputs: &'p Path,
    jobs: Vec<u32>,
    /// How many the lab has.
    all: Count,
    /// By job, whether it is to run after one that failed; empty where that doesn't matter.
    blocked: &'p [bool],
    style: TableStyle,
}

/// Columns of the table. The last is as wide as it is.
const COLUMNS: usize = 5;
const HEADS: [&str; COLUMNS] = ["ID", "STATUS", "RUN", "STAGE", "PARAMS"];
/// No run or stage takes more of the page.
const WIDEST: usize = 20;

impl Page<'_> {
    fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let count = counted(Count::Exactly(self.jobs.len() as u128), "job");
        if self.jobs.is_empty() {
            return writeln!(out, "{}", none_fits(self.all));
        }
        let widths = self.widths();
        let shown = [true, true, self.view.runs.iter().filter(|run| **run).count() > 1, true, true];
        let shown = if self.options.group_by_stage {
            [shown[0], shown[1], shown[2], false, true]
        } else {
            shown
        };
        let heads = HEADS.map(str::to_owned);
        line(out, &heads, shown, widths, [Paint::Faint; COLUMNS], self.style)?;
        let render = |range: std::ops::Range<usize>, text: &mut Vec<u8>| {
            for at in range {
                // Writing to a vector can't fail.
                let _ = self.row(at, shown, widths, text);
            }
        };
        let threads = self.options.lab.with.threads.map_or(0, usize::from);
        in_order(self.jobs.len(), threads, &INTERRUPTED, render, |text| out.write_all(text))?;
        writeln!(out, "{}", self.style.paint(Paint::Faint, &count))
    }

    fn row(
        &self,
        at: usize,
        shown: [bool; COLUMNS],
        widths: [usize; COLUMNS],
        text: &mut Vec<u8>,
    ) -> io::Result<()> {
        let listing = self.view.listing;
        let Some(job) = self.jobs.get(at).and_then(|job| listing.job(*job)) else {
            return Ok(());
        };
        let stage = &job.stage().name;
        if self.options.group_by_stage {
            let before = at.checked_sub(1).and_then(|at| listing.job(*self.jobs.get(at)?));
            if before.is_none_or(|before| before.stage().name != *stage) {
                let space = if at == 0 { "" } else { "\n" };
                let name = self.style.paint(Paint::Strong, &clean(stage));
                writeln!(text, "{space}{name}")?;
            }
        }
        let status = self.statuses.of(&job);
        let cells = [
            short_id(&job),
            match self.blocked.get(job.number() as usize) {
                Some(true) => "blocked".to_owned(),
                Some(false) | None => status.name().to_owned(),
            },
            self.runs(&job),
            clean(stage),
            self.params(&job),
        ];
        let paints = [Paint::Plain, status.paint(), Paint::Plain, Paint::Plain, Paint::Plain];
        line(text, &cells, shown, widths, paints, self.style)?;
        if self.options.output_paths {
            writeln!(text, "  {}", near(&self.out(&job)))?;
        }
        Ok(())
    }

    /// The runs of a job that are shown.
    fn runs(&self, job: &JobView<'_>) -> String {
        let shown = |run: &u32| self.view.runs.get(*run as usize) == Some(&true);
        let runs = job.runs().filter(shown);
        let runs = runs.filter_map(|run| self.view.listing.runs.get(run as usize));
        runs.map(|run| clean(&run.name)).collect::<Vec<_>>().join(",")
    }

    /// All parameters, or those that were named.
    fn params(&self, job: &JobView<'_>) -> String {
        let named: Vec<&str> = self.options.params.iter().map(|(key, _)| key.as_str()).collect();
        let only = self.options.params.iter().any(|(_, value)| value.is_none());
        params_of(self.view.listing, job)
            .words(|name| !only || named.contains(&name), self.style.is_narrow())
    }

    fn out(&self, job: &JobView<'_>) -> std::path::PathBuf {
        self.outputs.join(job.name().to_string()).join("out")
    }

    fn widths(&self) -> [usize; COLUMNS] {
        let listing = self.view.listing;
        let widest = |names: &mut dyn Iterator<Item = &str>, head: usize| {
            names.map(|name| clean(name).width()).max().unwrap_or(0).clamp(head, WIDEST)
        };
        let run = widest(&mut listing.runs.iter().map(|run| &*run.name), 3);
        let stage = widest(&mut listing.blocks().iter().map(|block| &*block.stage().name), 5);
        let shown = self.view.runs.iter().filter(|run| **run).count() > 1;
        let runs = if shown { run + 2 } else { 0 };
        let stages = if self.options.group_by_stage { 0 } else { stage + 2 };
        let used = SHORT_ID + 2 + "pending".len() + 2 + runs + stages;
        let rest = self.style.width.saturating_sub(used).max(WIDEST);
        [SHORT_ID, "pending".len(), run, stage, rest]
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "{{ \"schema\": \"{SCHEMA}\",\n  \"jobs\": [")?;
        // Each job begins with a comma, which the first must not have.
        let mut first = true;
        let mut skip = |text: &[u8], out: &mut dyn Write| {
            let begin = usize::from(first);
            first &= text.is_empty();
            out.write_all(text.get(begin..).unwrap_or_default())
        };
        self.records((b",\n    ", b""), |text| skip(text, out))?;
        out.write_all(b"] }\n")
    }

    fn write_records(&self, out: &mut impl Write, around: (&[u8], &[u8])) -> io::Result<()> {
        self.records(around, |text| out.write_all(text))
    }

    /// The records of `repx eval`, with where the results lie.
    fn records(
        &self,
        (before, after): (&[u8], &[u8]),
        write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let records = Records::new(self.view.listing, self.statuses);
        let outputs = self.outputs.display().to_string();
        let render = |range: std::ops::Range<usize>, out: &mut Vec<u8>| {
            for number in self.jobs.get(range).unwrap_or_default() {
                let Some(job) = self.view.listing.job(*number) else { continue };
                out.extend_from_slice(before);
                records.write(&job, out);
                if self.options.output_paths {
                    // Writing to a vector can't fail.
                    let _ = next_key(out, "path");
                    let _ = text(out, &format!("{outputs}/{}/out", job.name()));
                }
                out.push(b'}');
                out.extend_from_slice(after);
            }
        };
        let threads = self.options.lab.with.threads.map_or(0, usize::from);
        in_order(self.jobs.len(), threads, &INTERRUPTED, render, write)
    }
}
