//! How many jobs there are, by run and stage: of a listing, or as they were counted.

use std::io::{self, Write};
use std::sync::Arc;

use hashbrown::HashMap;

use super::View;
use super::json::{key, next_key, separated, text, texts};
use super::table::clean;
use crate::sweep::{Count, Counts, Listing, RunInfo, StageCount, Unsure};

/// The version of the format.
const SCHEMA: &str = "repx-count/1";

/// Numbers of jobs that are shown.
pub(crate) struct Tally<'l> {
    /// What is said of the lab.
    pub(super) listing: &'l Listing,
    /// Jobs of all runs shown, those that several have once.
    pub(super) total: Count,
    /// The same without what was asked for, where it is known.
    pub(in crate::cli) all: Count,
    /// Runs shown.
    pub(in crate::cli) runs: Vec<Row<'l>>,
    /// Why numbers may be too large, in words.
    pub(super) reasons: Vec<String>,
}

/// Numbers of jobs of a run.
pub(in crate::cli) struct Row<'l> {
    pub(in crate::cli) run: &'l RunInfo,
    pub(in crate::cli) jobs: Count,
    /// By stage, in order of appearance.
    pub(in crate::cli) stages: Vec<(&'l str, Count)>,
}

impl<'l> Tally<'l> {
    /// Of the jobs that are shown of a listing.
    pub(crate) fn of(view: &View<'l>) -> Tally<'l> {
        let counts = counts(view);
        let exactly = |count: usize| Count::Exactly(count as u128);
        let rows = view.shown_runs().map(|(index, run)| {
            let of = |stage: &str| counts.get(&(index, stage)).copied().unwrap_or(0);
            let stages = run.stages.iter().map(|stage| (&**stage, exactly(of(stage)))).collect();
            let jobs = counts.iter().filter(|((r, _), _)| *r == index).map(|(_, n)| n).sum();
            Row { run, jobs: exactly(jobs), stages }
        });
        Tally {
            listing: view.listing,
            total: exactly(view.count()),
            all: exactly(view.listing.len()),
            runs: rows.collect(),
            reasons: Vec::new(),
        }
    }

    /// The same where the listing may have a part of the jobs only, which were counted then.
    pub(crate) fn among(self, counts: Option<&Counts>) -> Tally<'l> {
        Tally { all: counts.map_or(self.all, Counts::of_all), ..self }
    }

    /// Of runs and stages that were counted, as far as they are shown.
    pub(crate) fn counted(
        listing: &'l Listing,
        counts: &Counts,
        shown: &[bool],
        stages: &[String],
    ) -> Tally<'l> {
        let all = counts.of_all();
        let mut counts = counts.clone();
        for stage in counts.runs.iter_mut().flat_map(|run| &mut run.stages) {
            stage.jobs = named(stage, stages);
        }
        let is_shown = |index: usize| shown.get(index) == Some(&true);
        let rows = listing.runs.iter().zip(&counts.runs).enumerate();
        let rows = rows.filter(|(index, _)| is_shown(*index)).map(|(_, (run, counted))| {
            let sum = |stages: &mut dyn Iterator<Item = &StageCount>| {
                stages.fold(Count::NONE, |sum, stage| sum.plus(stage.jobs))
            };
            let of = |name: &str| sum(&mut counted.stages.iter().filter(|s| *s.name == *name));
            let stages = run.stages.iter().map(|name| (&**name, of(name))).collect();
            Row { run, jobs: sum(&mut counted.stages.iter()), stages }
        });
        let runs = rows.collect();
        let total = counts.total(is_shown);
        let reasons = match counts.is_exact(is_shown) {
            true => Vec::new(),
            false => reasons(listing, &counts.reasons(is_shown)),
        };
        Tally { listing, total, all, runs, reasons }
    }
}

/// Why numbers may be too large, each reason once.
fn reasons(listing: &Listing, found: &[(usize, Arc<str>, Unsure)]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for (run, stage, why) in found {
        let run = listing.runs.get(*run).map_or("", |run| &*run.name);
        let (run, stage) = (clean(run), clean(stage));
        let text = match why {
            Unsure::Alike(key) => {
                format!("some values of `{}` in run `{run}` are written alike", clean(key))
            }
            Unsure::Inputs => format!("what `{stage}` of run `{run}` reads takes long to tell"),
            Unsure::Wanted => format!("`{stage}` of run `{run}` reads what is wanted twice"),
            Unsure::Shared(other) if **other == *stage => {
                format!("`{stage}` of run `{run}` may have jobs that others have too")
            }
            Unsure::Shared(other) => {
                format!("`{stage}` of run `{run}` may have jobs of `{}` too", clean(other))
            }
        };
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The jobs of a stage that have one of these names.
fn named(stage: &StageCount, names: &[String]) -> Count {
    if names.is_empty() || names.iter().any(|name| **name == *stage.name) {
        return stage.jobs;
    }
    let wanted = |pname: &std::sync::Arc<str>| names.iter().any(|name| **name == **pname);
    match &stage.pnames {
        Some(pnames) if pnames.iter().all(wanted) => stage.jobs,
        Some(pnames) if !pnames.iter().any(wanted) => Count::NONE,
        Some(_) | None => stage.jobs.at_most(),
    }
}

/// Jobs shown by run and stage.
fn counts<'l>(view: &View<'l>) -> HashMap<(u32, &'l str), usize> {
    let mut counts = HashMap::new();
    let mut add = |run: u32, stage: &'l str, jobs: usize| {
        *counts.entry((run, stage)).or_insert(0) += jobs;
    };
    let listing = view.listing;
    for block in listing.blocks() {
        let shown = match &view.jobs {
            None => block.range().len(),
            Some(_) => block.range().filter(|job| view.shows(*job)).count(),
        };
        add(block.run(), &block.stage().name, shown);
    }
    for (run, job) in listing.shared_jobs() {
        let block = listing.blocks().get(listing.block_of(job));
        if let Some(block) = block.filter(|_| view.shows(job)) {
            add(run, &block.stage().name, 1);
        }
    }
    counts
}

/// Writes the numbers as one object.
pub(crate) fn write_counts_json(out: &mut impl Write, tally: &Tally<'_>) -> io::Result<()> {
    out.write_all(b"{ \"schema\": ")?;
    text(out, SCHEMA)?;
    out.write_all(b",\n  ")?;
    number(out, tally.total)?;
    out.write_all(b",\n  \"runs\": [")?;
    separated(out, &tally.runs, |out, row| {
        out.write_all(b"\n    {")?;
        key(out, "name")?;
        text(out, &row.run.name)?;
        out.write_all(b", ")?;
        number(out, row.jobs)?;
        next_key(out, "stages")?;
        out.write_all(b"[")?;
        separated(out, &row.stages, |out, (name, jobs)| {
            out.write_all(b"{")?;
            key(out, "name")?;
            text(out, name)?;
            out.write_all(b", ")?;
            number(out, *jobs)?;
            out.write_all(b"}")
        })?;
        out.write_all(b"]}")
    })?;
    out.write_all(b"]")?;
    if !tally.reasons.is_empty() {
        out.write_all(b",\n  ")?;
        key(out, "at_most_because")?;
        texts(out, &tally.reasons)?;
    }
    out.write_all(b" }\n")
}

/// Writes the number of each stage's jobs as a line.
pub(crate) fn write_counts_ndjson(out: &mut impl Write, tally: &Tally<'_>) -> io::Result<()> {
    for row in &tally.runs {
        for (name, jobs) in &row.stages {
            out.write_all(b"{")?;
            key(out, "run")?;
            text(out, &row.run.name)?;
            next_key(out, "stage")?;
            text(out, name)?;
            out.write_all(b", ")?;
            number(out, *jobs)?;
            out.write_all(b"}\n")?;
        }
    }
    Ok(())
}

/// How many, and whether that is the number or a bound of it; null: beyond all measure.
fn number(out: &mut impl Write, count: Count) -> io::Result<()> {
    key(out, "jobs")?;
    match count {
        Count::Exactly(count) | Count::AtMost(count) => write!(out, "{count}")?,
        Count::Beyond => out.write_all(b"null")?,
    }
    next_key(out, "exact")?;
    out.write_all(if count.is_exact() { b"true" } else { b"false" })
}
