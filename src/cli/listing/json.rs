//! Listings for programs (`repx-eval/1`): one object, or one job a line.
//!
//! Both write a job as one line. The lines are made in parallel, a few thousand at a time, and
//! written in order; see [`super::record`].

use std::io::{self, Write};
use std::sync::atomic::AtomicBool;

use super::record::Records;
use super::{Statuses, View};
use crate::lab::Resources;
use crate::sweep::{Progress, in_order};

/// The version of the format.
pub(in crate::cli) const SCHEMA: &str = "repx-eval/1";

/// How to write many jobs.
#[derive(Clone, Copy)]
pub(crate) struct Pace<'a> {
    /// Threads; 0 for as many as there are processors.
    pub(crate) threads: usize,
    /// Set to stop.
    pub(crate) interrupt: &'a AtomicBool,
    /// Where is said how many were made.
    pub(crate) progress: &'a Progress,
}

/// Writes everything as one object, a run and a job a line.
pub(crate) fn write_json(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
    pace: Pace<'_>,
) -> io::Result<()> {
    let listing = view.listing;
    out.write_all(b"{ \"schema\": ")?;
    text(out, SCHEMA)?;
    out.write_all(b",\n  \"lab\": {")?;
    let lab = &listing.lab;
    let fields = [("version", &lab.version), ("git_hash", &lab.git_hash), ("entry", &lab.entry)];
    separated(out, fields, |out, (name, value)| {
        key(out, name)?;
        text(out, value)
    })?;
    out.write_all(b"},\n  \"groups\": {")?;
    separated(out, &listing.groups, |out, (name, runs)| {
        key(out, name)?;
        texts(out, runs)
    })?;
    out.write_all(b"},\n  \"runs\": [")?;
    let mut first = true;
    for (_, run) in view.shown_runs() {
        line_in_list(out, &mut first)?;
        out.write_all(b"{")?;
        key(out, "name")?;
        text(out, &run.name)?;
        next_key(out, "depends_on")?;
        out.write_all(b"{")?;
        separated(out, &run.depends_on, |out, (name, need)| {
            key(out, name)?;
            text(out, need.word())
        })?;
        out.write_all(b"}")?;
        next_key(out, "containerized")?;
        out.write_all(if run.containerized { b"true" } else { b"false" })?;
        next_key(out, "stages")?;
        texts(out, &run.stages)?;
        next_key(out, "jobs")?;
        number(out, run.jobs as u64)?;
        out.write_all(b"}")?;
    }
    out.write_all(b"],\n  \"jobs\": [")?;
    // Each job begins with a comma, which the first must not have.
    let mut first = true;
    jobs(view, statuses, pace, (b",\n    ", b""), |text| {
        let begin = usize::from(first);
        first &= text.is_empty();
        out.write_all(text.get(begin..).unwrap_or_default())
    })?;
    out.write_all(b"] }\n")
}

/// Writes one job a line.
pub(crate) fn write_ndjson(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
    pace: Pace<'_>,
) -> io::Result<()> {
    jobs(view, statuses, pace, (b"", b"\n"), |text| out.write_all(text))
}

/// Hands the jobs shown to `write`, many at a time, each between two texts.
fn jobs(
    view: &View<'_>,
    statuses: &Statuses,
    pace: Pace<'_>,
    (before, after): (&[u8], &[u8]),
    write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let records = Records::new(view.listing, statuses);
    let render = |jobs: std::ops::Range<usize>, text: &mut Vec<u8>| {
        let Some(mut job) = view.listing.job(jobs.start as u32) else {
            return;
        };
        let mut made = 0;
        for number in jobs.start as u32..jobs.end as u32 {
            if view.shows(number) && job.seek(number) {
                text.extend_from_slice(before);
                records.write(&job, text);
                text.push(b'}');
                text.extend_from_slice(after);
                made += 1;
            }
        }
        pace.progress.add(made);
    };
    in_order(view.listing.len(), pace.threads, pace.interrupt, render, write)
}

/// The hints of a job and of its parts.
pub(in crate::cli) fn resources(
    out: &mut impl Write,
    own: Option<&Resources>,
    parts: &[(std::sync::Arc<str>, Resources)],
) -> io::Result<()> {
    let none = Resources::default();
    let own = match own {
        None if parts.is_empty() => return out.write_all(b"null"),
        None => &none,
        Some(own) => own,
    };
    out.write_all(b"{")?;
    let mut first = true;
    hints(out, own, &mut first)?;
    if !parts.is_empty() {
        field(out, &mut first, "parts")?;
        out.write_all(b"{")?;
        separated(out, parts, |out, (name, part)| {
            key(out, name)?;
            out.write_all(b"{")?;
            hints(out, part, &mut true)?;
            out.write_all(b"}")
        })?;
        out.write_all(b"}")?;
    }
    out.write_all(b"}")
}

/// The hints that are given, as fields.
fn hints(out: &mut impl Write, hints: &Resources, first: &mut bool) -> io::Result<()> {
    if let Some(mem) = &hints.mem {
        field(out, first, "mem")?;
        text(out, &mem.to_string())?;
    }
    if let Some(cpus) = hints.cpus {
        field(out, first, "cpus")?;
        number(out, cpus)?;
    }
    if let Some(time) = &hints.time {
        field(out, first, "time")?;
        text(out, &time.to_string())?;
    }
    if let Some(partition) = &hints.partition {
        field(out, first, "partition")?;
        text(out, partition)?;
    }
    if let Some(options) = &hints.sbatch_opts {
        field(out, first, "sbatch_opts")?;
        texts(out, options)?;
    }
    Ok(())
}

/// Writes items with commas between them.
pub(in crate::cli) fn separated<W: Write, T>(
    out: &mut W,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut W, T) -> io::Result<()>,
) -> io::Result<()> {
    let mut first = true;
    for item in items {
        comma(out, &mut first)?;
        write(out, item)?;
    }
    Ok(())
}

fn comma(out: &mut impl Write, first: &mut bool) -> io::Result<()> {
    if std::mem::replace(first, false) {
        return Ok(());
    }
    out.write_all(b", ")
}

/// Begins an item on a line of its own.
fn line_in_list(out: &mut impl Write, first: &mut bool) -> io::Result<()> {
    let begin: &[u8] = if std::mem::replace(first, false) { b"\n    " } else { b",\n    " };
    out.write_all(begin)
}

fn field(out: &mut impl Write, first: &mut bool, name: &str) -> io::Result<()> {
    comma(out, first)?;
    key(out, name)
}

pub(in crate::cli) fn next_key(out: &mut impl Write, name: &str) -> io::Result<()> {
    out.write_all(b", ")?;
    key(out, name)
}

pub(in crate::cli) fn key(out: &mut impl Write, name: &str) -> io::Result<()> {
    text(out, name)?;
    out.write_all(b": ")
}

pub(in crate::cli) fn number(out: &mut impl Write, number: u64) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}

pub(in crate::cli) fn texts<T: AsRef<str>>(out: &mut impl Write, items: &[T]) -> io::Result<()> {
    out.write_all(b"[")?;
    separated(out, items, |out, item| text(out, item.as_ref()))?;
    out.write_all(b"]")
}

pub(in crate::cli) fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    inner(out, text)?;
    out.write_all(b"\"")
}

/// A string without its quotes.
pub(super) fn inner(out: &mut impl Write, text: &str) -> io::Result<()> {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        return out.write_all(text.as_bytes());
    }
    let quoted = serde_json::to_vec(text)?;
    let inside = quoted.get(1..quoted.len().saturating_sub(1));
    out.write_all(inside.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Status, sample};
    use super::*;
    use crate::sweep::JobBits;

    fn written(view: &View<'_>, statuses: &Statuses) -> (String, String) {
        let (mut json, mut ndjson) = (Vec::new(), Vec::new());
        let never = AtomicBool::new(false);
        let progress = Progress::default();
        let pace = Pace { threads: 2, interrupt: &never, progress: &progress };
        write_json(&mut json, view, statuses, pace).expect("a vector takes everything");
        write_ndjson(&mut ndjson, view, statuses, pace).expect("a vector takes everything");
        let text = |bytes| String::from_utf8(bytes).expect("JSON is UTF-8");
        (text(json), text(ndjson))
    }

    #[test]
    fn the_whole_object() {
        let listing = sample::listing();
        let done = [(sample::name(&listing, 0), Status::Done)];
        let (json, _) = written(&View::all(&listing), &Statuses::with(done));
        insta::assert_snapshot!(json, @r##"
{ "schema": "repx-eval/1",
  "lab": {"version": "1.0.0", "git_hash": "unknown", "entry": "nix/lab.nix"},
  "groups": {"all": ["simulation", "analysis"]},
  "runs": [
    {"name": "simulation", "depends_on": {}, "containerized": true, "stages": ["generate", "train"], "jobs": 4},
    {"name": "analysis", "depends_on": {"simulation": "hard"}, "containerized": true, "stages": ["generate", "report"], "jobs": 2}],
  "jobs": [
    {"id": "040h2081040h2081040h2081040h2081", "name": "040h2081040h2081040h2081040h2081-gen-1.1", "runs": ["simulation", "analysis"], "pipeline": "sim", "stage": "generate", "stage_type": "simple", "version": "1.1", "params": {"seed": 1}, "inputs": {}, "outputs": {"data": "$out/data.csv"}, "resources": null, "depends_on": [], "status": "done"},
    {"id": "081040h2081040h2081040h2081040h2", "name": "081040h2081040h2081040h2081040h2-gen-1.1", "runs": ["simulation"], "pipeline": "sim", "stage": "generate", "stage_type": "simple", "version": "1.1", "params": {"seed": 2}, "inputs": {}, "outputs": {"data": "$out/data.csv"}, "resources": null, "depends_on": [], "status": "pending"},
    {"id": "0c1h60q30c1h60q30c1h60q30c1h60q3", "name": "0c1h60q30c1h60q30c1h60q30c1h60q3-train-fast-1.1", "runs": ["simulation"], "pipeline": "sim", "stage": "train", "stage_type": "simple", "version": "1.1", "params": {"mode": "fast", "seed": 1}, "inputs": {"data": {"job": "040h2081040h2081040h2081040h2081-gen-1.1", "output": "data"}}, "outputs": {"data": "$out/data.csv"}, "resources": null, "depends_on": ["040h2081040h2081040h2081040h2081-gen-1.1"], "status": "pending"},
    {"id": "0h2081040h2081040h2081040h208104", "name": "0h2081040h2081040h2081040h208104-train-slow-1.1", "runs": ["simulation"], "pipeline": "sim", "stage": "train", "stage_type": "simple", "version": "1.1", "params": {"mode": "slow", "seed": 2}, "inputs": {"data": {"job": "081040h2081040h2081040h2081040h2-gen-1.1", "output": "data"}}, "outputs": {"data": "$out/data.csv"}, "resources": {"mem": "2G", "cpus": 4, "time": "01:30:00", "partition": "long", "sbatch_opts": ["--gres=gpu:1"]}, "depends_on": ["081040h2081040h2081040h2081040h2-gen-1.1"], "status": "pending"},
    {"id": "0l2ha1850l2ha1850l2ha1850l2ha185", "name": "0l2ha1850l2ha1850l2ha1850l2ha185-report-1.1", "runs": ["analysis"], "pipeline": "ana", "stage": "report", "stage_type": "scatter-gather", "version": "1.1", "params": {}, "inputs": {"base": {"store_base": true}, "data": {"job": "040h2081040h2081040h2081040h2081-gen-1.1", "output": "data"}, "run": {"run": "simulation"}, "title": {"default": "a title"}}, "outputs": {"table": "$out/\"table\".txt"}, "resources": {"parts": {"scatter": {"cpus": 1}}}, "depends_on": ["040h2081040h2081040h2081040h2081-gen-1.1", "081040h2081040h2081040h2081040h2-gen-1.1", "0c1h60q30c1h60q30c1h60q30c1h60q3-train-fast-1.1", "0h2081040h2081040h2081040h208104-train-slow-1.1"], "status": "pending"}] }
"##);
    }

    #[test]
    fn both_formats_are_json_and_agree() {
        let listing = sample::listing();
        let mut view = View::all(&listing);
        let mut jobs = JobBits::default();
        for job in [0, 2, 3, 4] {
            jobs.add(job);
        }
        view.jobs = Some(jobs);
        let (json, ndjson) = written(&view, &Statuses::default());
        let whole: Value = serde_json::from_str(&json).expect("valid JSON");
        let lines: Result<Vec<Value>, _> = ndjson.lines().map(serde_json::from_str).collect();
        assert_eq!(whole["jobs"], Value::Array(lines.expect("each line is valid JSON")));
        assert_eq!(whole["jobs"].as_array().map(Vec::len), Some(listing.len() - 1));
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        text(&mut out, "a\"b\\c\n\u{1}é").expect("a vector takes everything");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"".as_bytes());
    }
}
