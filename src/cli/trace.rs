//! `repx trace-params`: each effective value, and where it is written.
//!
//! Where values come from is the same for all jobs of a stage; the values aren't. So of all jobs a line
//! for each parameter of each stage is enough.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::Args;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::Exit;
use super::arguments::{Form, LabArgument, Terminal};
use super::eval::MOST_LISTED;
use super::find::{self, short_id};
use super::listing::table::counted;
use super::listing::{Grid, Paint, TableStyle, bare, begun_at, clean, cut, shared};
use super::load::{Opened, open};
use super::report::near;
use super::{candidates, one_job, stdout};
use crate::sweep::{Ask, Block, Count, JobView, Listing, Origin, OriginKind, Param, Written};

/// Values that take more than this part of the page may be cut.
const LONG: usize = 4;
/// The version of the format.
const SCHEMA: &str = "repx-params/1";

/// Say where the parameters of jobs come from
///
/// A value is the stage's default, or given by the run: to all stages that declare the parameter, to one
/// stage (a key with a dot), or together with others (utils.zip). What only jobs have that a job reads
/// from is said to be upstream.
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx trace-params                all stages of all runs
  repx trace-params 5ykhxrmz       one job, with what lies upstream of it")]
pub(super) struct TraceOptions {
    /// Its id or full name, or how that begins; of a stage with one job the stage
    #[arg(add = ArgValueCompleter::new(candidates::jobs))]
    job: Option<String>,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// Says where parameters come from.
pub(super) fn run(options: &TraceOptions, terminal: &Terminal) -> Exit {
    traced(options, terminal).unwrap_or_else(|exit| exit)
}

fn traced(options: &TraceOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let target = options.lab.target();
    let Opened { listing, found, .. } = match &options.job {
        None => open(target, Ask::Stages(MOST_LISTED), terminal, |_, _| Ok(None))?,
        Some(name) => one_job::open(target, name, terminal, |listing| {
            find::job(listing, name).map(|job| Some(job.number()))
        })?,
    };
    let style = TableStyle::of(terminal);
    let json = options.format == Form::Json;
    Ok(match found.and_then(|job| listing.job(job)) {
        Some(job) => {
            let values = values(&listing, &job);
            stdout::print(|out| match json {
                true => write_job_json(out, &job, &values),
                false => write_job(out, &job, values, style),
            })
        }
        None => stdout::print(|out| match json {
            true => write_stages_json(out, &listing),
            false => write_stages(out, &listing, style),
        }),
    })
}

/// An effective value of a job.
struct Effective<'l> {
    name: &'l str,
    value: &'l str,
    origin: &'l Origin,
    /// The job that has it, where it isn't the job's own.
    upstream: Option<JobView<'l>>,
}

/// A job's own values, then those of jobs that it reads from, each value once.
fn values<'l>(listing: &'l Listing, job: &JobView<'l>) -> Vec<Effective<'l>> {
    fn of<'l>(job: &JobView<'l>) -> Vec<(&'l Param, &'l str)> {
        let params = job.block().params().iter();
        params.zip(job.params().map(|(_, value)| value)).collect()
    }
    let own = of(job).into_iter();
    let mut all: Vec<Effective<'l>> = own
        .map(|(param, value)| Effective {
            name: param.name(),
            value,
            origin: param.origin(),
            upstream: None,
        })
        .collect();
    let mut known: BTreeSet<(&str, &str)> = all.iter().map(|v| (v.name, v.value)).collect();
    let mut waiting = job.depends_on();
    let mut seen = BTreeSet::new();
    let mut above = Vec::new();
    while let Some(number) = waiting.pop() {
        let Some(other) = listing.job(number).filter(|_| seen.insert(number)) else { continue };
        waiting.extend(other.depends_on());
        for (param, value) in of(&other) {
            if known.insert((param.name(), value)) {
                let (name, origin) = (&**param.name(), param.origin());
                above.push(Effective { name, value, origin, upstream: Some(other.clone()) });
            }
        }
    }
    above.sort_by_key(|value| (value.name, value.upstream.as_ref().map(JobView::number)));
    all.extend(above);
    all
}

/// What gives a value, in words.
fn words(origin: &Origin) -> String {
    match origin.kind {
        OriginKind::Default | OriginKind::Run => origin.kind.name().to_owned(),
        OriginKind::Dotted | OriginKind::Zip => {
            format!("{} {}", origin.kind.name(), clean(&origin.key))
        }
    }
}

fn place(written: &Written) -> String {
    match &*written.file {
        "" => String::new(),
        file => format!("{}:{}", near(file.as_ref()), written.line),
    }
}

fn write_job(
    out: &mut impl Write,
    job: &JobView<'_>,
    values: Vec<Effective<'_>>,
    style: TableStyle,
) -> io::Result<()> {
    let head = format!("{} {}", clean(&job.stage().name), short_id(job));
    writeln!(out, "{}\n", style.paint(Paint::Strong, &head))?;
    if values.is_empty() {
        return writeln!(out, "It has no parameters, and reads from no job that has some.");
    }
    let shown = apart(&values, style);
    let row = |(value, shown): (Effective<'_>, String)| {
        let from = match &value.upstream {
            None => words(value.origin),
            Some(other) => format!("upstream {} {}", clean(&other.stage().name), short_id(other)),
        };
        let cells = [clean(value.name), shown, from, place(&value.origin.written)];
        (cells, [Paint::Plain, Paint::Strong, Paint::Plain, Paint::Plain])
    };
    table(values.into_iter().zip(shown).map(row).collect()).write(out, style)
}

/// The values in words. Long ones of one name begin shortly before what sets them apart, where they would be cut.
fn apart(values: &[Effective<'_>], style: TableStyle) -> Vec<String> {
    let words: Vec<String> = values.iter().map(|value| bare(value.value)).collect();
    let shown = |(at, own): (usize, &String)| {
        let name = values.get(at).map(|value| value.name);
        let others = values.iter().zip(&words).enumerate();
        let others = others.filter(|(other, (value, _))| *other != at && Some(value.name) == name);
        let same = others.map(|(_, (_, other))| shared(own, other)).min();
        match same.filter(|_| own.width() > style.width / LONG) {
            Some(same) => begun_at(own, same),
            None => own.clone(),
        }
    };
    words.iter().enumerate().map(shown).collect()
}

fn table(rows: Vec<([String; 4], [Paint; 4])>) -> Grid<4> {
    Grid {
        heads: ["PARAM", "VALUE", "FROM", "WRITTEN AT"],
        numbers: [false; 4],
        may_shrink: 1..4,
        rows,
    }
}

/// What all jobs of a block have, or how many values there are.
fn summary(param: &Param) -> String {
    match param.only() {
        Some(value) => bare(value),
        None => counted(Count::Exactly(param.count() as u128), "value"),
    }
}

fn write_stages(out: &mut impl Write, listing: &Listing, style: TableStyle) -> io::Result<()> {
    let blocks = listing.blocks().iter().filter(|block| !block.params().is_empty());
    for (at, block) in blocks.enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        let head = format!("{} · {}", run_name(listing, block), clean(&block.stage().name));
        writeln!(out, "{}", style.paint(Paint::Strong, &cut(&head, style.width)))?;
        let row = |param: &Param| {
            let origin = param.origin();
            let cells =
                [clean(param.name()), summary(param), words(origin), place(&origin.written)];
            (cells, [Paint::Plain; 4])
        };
        table(block.params().iter().map(row).collect()).write(out, style)?;
    }
    if listing.blocks().iter().all(|block| block.params().is_empty()) {
        writeln!(out, "No stage has parameters.")?;
    }
    Ok(())
}

fn run_name(listing: &Listing, block: &Block) -> String {
    listing.runs.get(block.run() as usize).map(|run| clean(&run.name)).unwrap_or_default()
}

fn json_of(origin: &Origin) -> Value {
    json!({
        "kind": origin.kind.name(),
        "key": &*origin.key,
        "file": &*origin.written.file,
        "line": origin.written.line,
    })
}

fn write_job_json(
    out: &mut impl Write,
    job: &JobView<'_>,
    values: &[Effective<'_>],
) -> io::Result<()> {
    let value = |value: &Effective<'_>| {
        json!({
            "name": value.name,
            "value": serde_json::from_str::<Value>(value.value).unwrap_or(Value::Null),
            "from": json_of(value.origin),
            "upstream": value.upstream.as_ref().map(|job| job.name().to_string()),
        })
    };
    let params: Vec<Value> = values.iter().map(value).collect();
    let whole = json!({ "schema": SCHEMA, "job": job.name().to_string(), "params": params });
    serde_json::to_writer_pretty(&mut *out, &whole)?;
    writeln!(out)
}

fn write_stages_json(out: &mut impl Write, listing: &Listing) -> io::Result<()> {
    let param = |param: &Param| {
        let value = param.only().and_then(|value| serde_json::from_str::<Value>(value).ok());
        json!({
            "name": &**param.name(),
            "value": value,
            "values": param.count(),
            "from": json_of(param.origin()),
        })
    };
    let stage = |block: &Block| {
        json!({
            "run": listing.runs.get(block.run() as usize).map(|run| &*run.name),
            "pipeline": &*block.stage().pipeline,
            "stage": &*block.stage().name,
            "params": block.params().iter().map(param).collect::<Vec<_>>(),
        })
    };
    let stages: Vec<Value> = listing.blocks().iter().map(stage).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": SCHEMA, "stages": stages }))?;
    writeln!(out)
}
