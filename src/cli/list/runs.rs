//! `repx list runs`: a line for each run, or what there is to say of one.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::Exit;
use super::super::arguments::{Form, LabArgument, Terminal};
use super::super::eval::MOST_IN_TABLE;
use super::super::filter::{Filter, select_runs};
use super::super::listing::table::{counted, grouped};
use super::super::listing::{Grid, Paint, Status, Statuses, TableStyle, Tally, View, clean};
use super::super::load::{Opened, base_path, open};
use super::super::stdout;
use super::{Picked, RunsOptions, picked, view};
use crate::sweep::{Ask, Count, Counts, Listing, RunInfo, Selection};
use crate::world::Disk;

/// The version of the format.
const SCHEMA: &str = "repx-runs/1";

pub(super) fn run(options: &RunsOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let names: Vec<String> = options.name.iter().cloned().collect();
    let one = options.name.as_ref().is_some_and(|name| !name.starts_with('@'));
    list(&names, one, options.format, &options.lab, terminal)
}

/// Lists runs and those of groups; all if there is no name.
pub(super) fn list(
    names: &[String],
    one: bool,
    format: Form,
    lab: &LabArgument,
    terminal: &Terminal,
) -> Result<Exit, Exit> {
    let filter = Filter { runs: names, stages: &[], params: &[] };
    let ask = Ask::Few(MOST_IN_TABLE, Selection::default());
    let look = |listing: &Listing, counts: Option<&Counts>| -> Result<Picked, _> {
        match counts {
            None => picked(listing, None, filter),
            Some(counts) => select_runs(listing, counts, filter).map(|runs| (runs, None)),
        }
    };
    let Opened { listing, counts, found } = open(lab.target(), ask, terminal, look)?;
    let shown = found.0.clone();
    let view = view(&listing, found);
    let statuses = Statuses::read(&base_path(lab.target(), terminal)?, &Disk);
    let tally = match &counts {
        None => Tally::of(&view),
        Some(counts) => Tally::counted(&listing, counts, &shown, &[]),
    };
    let progress = progress(&view, &statuses, counts.is_some());
    let style = TableStyle::of(terminal);
    let rows: Vec<Row<'_>> = tally
        .runs
        .iter()
        .map(|row| {
            let number = listing.run_number(&row.run.name);
            let far = progress.get(number.unwrap_or(usize::MAX)).copied().flatten();
            Row { run: row.run, jobs: row.jobs, stages: row.stages.clone(), far }
        })
        .collect();
    Ok(stdout::print(|out| match (format, rows.as_slice()) {
        (Form::Json, rows) => write_json(out, &listing, rows),
        (Form::Table, [row]) if one => write_one(out, &listing, row, style),
        (Form::Table, rows) => write_table(out, rows, style),
    }))
}

/// A run to be shown.
struct Row<'l> {
    run: &'l RunInfo,
    jobs: Count,
    stages: Vec<(&'l str, Count)>,
    /// Jobs that are done, and that failed; `None` where jobs were only counted.
    far: Option<(u64, u64)>,
}

/// By run, how many jobs are done and how many failed.
fn progress(view: &View<'_>, statuses: &Statuses, counted: bool) -> Vec<Option<(u64, u64)>> {
    let runs = view.listing.runs.len();
    if statuses.is_empty() {
        return vec![Some((0, 0)); runs];
    }
    if counted {
        return vec![None; runs];
    }
    let mut far = vec![(0, 0); runs];
    for job in view.listing.jobs() {
        let status = statuses.of(&job);
        for run in job.runs() {
            let Some((done, failed)) = far.get_mut(run as usize) else { continue };
            match status {
                Status::Done => *done += 1,
                Status::Failed => *failed += 1,
                Status::Pending => {}
            }
        }
    }
    far.into_iter().map(Some).collect()
}

fn write_table(out: &mut impl Write, rows: &[Row<'_>], style: TableStyle) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "There are no runs.");
    }
    let cells = |row: &Row<'_>| {
        let far = |number: Option<u64>| {
            number.map_or("?".to_owned(), |n| grouped(Count::Exactly(u128::from(n))))
        };
        let (done, failed) = (row.far.map(|(done, _)| done), row.far.map(|(_, failed)| failed));
        let paint = |number: Option<u64>, paint| match number {
            Some(0) | None => Paint::Faint,
            Some(_) => paint,
        };
        let stages: Vec<String> = row.stages.iter().map(|(name, _)| clean(name)).collect();
        let cells = [
            clean(&row.run.name),
            grouped(row.jobs),
            far(done),
            far(failed),
            stages.join(", "),
            after(row.run),
        ];
        let paints = [
            Paint::Strong,
            Paint::Plain,
            paint(done, Paint::Good),
            paint(failed, Paint::Bad),
            Paint::Plain,
            Paint::Plain,
        ];
        (cells, paints)
    };
    let grid = Grid {
        heads: ["RUN", "JOBS", "DONE", "FAILED", "STAGES", "AFTER"],
        numbers: [false, true, true, true, false, false],
        may_shrink: 4..6,
        rows: rows.iter().map(cells).collect(),
    };
    grid.write(out, style)
}

fn after(run: &RunInfo) -> String {
    let words = run.depends_on.iter();
    let words = words.map(|(name, need)| format!("{} ({})", clean(name), need.word()));
    words.collect::<Vec<_>>().join(", ")
}

/// The groups that a run is in.
fn groups<'l>(listing: &'l Listing, run: &'l RunInfo) -> impl Iterator<Item = &'l str> {
    let within = listing.groups.iter().filter(|(_, runs)| runs.iter().any(|r| **r == *run.name));
    within.map(|(name, _)| name.as_str())
}

fn write_one(
    out: &mut impl Write,
    listing: &Listing,
    row: &Row<'_>,
    style: TableStyle,
) -> io::Result<()> {
    let mut head = format!("{} · {}", clean(&row.run.name), counted(row.jobs, "job"));
    if let Some((done, failed)) = row.far {
        head.push_str(&format!(" · {done} done · {failed} failed"));
    }
    writeln!(out, "{}\n", style.paint(Paint::Strong, &head))?;
    let groups: Vec<String> = groups(listing, row.run).map(clean).collect();
    let container = if row.run.containerized { "yes" } else { "no (containerized = false)" };
    let lines = [("after", after(row.run)), ("groups", groups.join(", "))];
    for (name, text) in lines.iter().filter(|(_, text)| !text.is_empty()) {
        writeln!(out, "{name:<10} {text}")?;
    }
    writeln!(out, "{:<10} {container}\n", "container")?;
    let stages = row.stages.iter().map(|(name, jobs)| {
        ([clean(name), grouped(*jobs), sweeps(listing, row.run, name)], [Paint::Plain; 3])
    });
    let grid = Grid {
        heads: ["STAGE", "JOBS", "SWEEPS"],
        numbers: [false, true, false],
        may_shrink: 2..3,
        rows: stages.collect(),
    };
    grid.write(out, style)?;
    let run = clean(&row.run.name);
    writeln!(
        out,
        "\n{}",
        style.paint(Paint::Faint, &format!("`repx list jobs {run}` lists its jobs."))
    )
}

/// The parameters that a stage's jobs differ by, and how many values each has.
fn sweeps(listing: &Listing, run: &RunInfo, stage: &str) -> String {
    let number = listing.run_number(&run.name);
    let blocks = listing.blocks().iter();
    let own = blocks.filter(|b| Some(b.run() as usize) == number && *b.stage().name == *stage);
    let mut words: Vec<String> = Vec::new();
    for param in own.flat_map(crate::sweep::Block::params).filter(|param| param.only().is_none()) {
        let word = format!("{} ({})", clean(param.name()), param.count());
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" × ")
}

fn write_json(out: &mut impl Write, listing: &Listing, rows: &[Row<'_>]) -> io::Result<()> {
    let run = |row: &Row<'_>| {
        let depends_on = row.run.depends_on.iter();
        let depends_on: serde_json::Map<String, Value> =
            depends_on.map(|(name, need)| (name.to_string(), need.word().into())).collect();
        let stages: serde_json::Map<String, Value> =
            row.stages.iter().map(|(name, jobs)| ((*name).to_owned(), number(*jobs))).collect();
        json!({
            "name": &*row.run.name,
            "jobs": number(row.jobs),
            "done": row.far.map(|(done, _)| done),
            "failed": row.far.map(|(_, failed)| failed),
            "stages": stages,
            "depends_on": depends_on,
            "groups": groups(listing, row.run).collect::<Vec<_>>(),
            "containerized": row.run.containerized,
        })
    };
    let runs: Vec<Value> = rows.iter().map(run).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": SCHEMA, "runs": runs }))?;
    writeln!(out)
}

/// A number, if it is known and fits; else the text that says what is known.
fn number(count: Count) -> Value {
    match count {
        Count::Exactly(number) if number <= 1 << 53 => json!(number as u64),
        other => Value::from(grouped(other)),
    }
}
