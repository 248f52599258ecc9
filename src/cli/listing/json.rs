//! Listings for programs (`repx-eval/1`): one object, or one job a line.
//!
//! Both write a job as one line, straight to the writer. Ids are encoded once, since a job's
//! name is written by everything that needs it; the jobs of hard upstream runs, which all jobs of
//! a run share, are written once and copied.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Statuses, View};
use crate::lab::Resources;
use crate::sweep::{Job, Listing, Source};

/// The version of the format.
const SCHEMA: &str = "repx-eval/1";

/// Writes everything as one object, a run and a job a line.
pub(crate) fn write_json(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
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
    let mut writer = JobWriter::new(listing, statuses);
    let mut first = true;
    for (index, job) in view.shown_jobs() {
        line_in_list(out, &mut first)?;
        writer.job(out, index, job)?;
    }
    out.write_all(b"] }\n")
}

/// Writes one job a line.
pub(crate) fn write_ndjson(
    out: &mut impl Write,
    view: &View<'_>,
    statuses: &Statuses,
) -> io::Result<()> {
    let mut writer = JobWriter::new(view.listing, statuses);
    for (index, job) in view.shown_jobs() {
        writer.job(out, index, job)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

struct JobWriter<'l> {
    listing: &'l Listing,
    statuses: &'l Statuses,
    /// The ids of all jobs as text, [`ID`] bytes each.
    ids: Vec<u8>,
    /// The last set of upstream jobs and the names of them all, each after a comma.
    after: Option<(&'l Arc<[u32]>, Vec<u8>)>,
}

/// Length of an id as text.
const ID: usize = 32;

impl<'l> JobWriter<'l> {
    fn new(listing: &'l Listing, statuses: &'l Statuses) -> JobWriter<'l> {
        let mut ids = Vec::with_capacity(listing.jobs.len() * ID);
        for job in &listing.jobs {
            // Writing to a vector can't fail.
            let _ = write!(ids, "{}", job.id);
        }
        JobWriter { listing, statuses, ids, after: None }
    }

    fn id(&self, index: usize) -> &[u8] {
        self.ids.get(index * ID..(index + 1) * ID).unwrap_or_default()
    }

    /// The name of a job in quotes.
    fn name(&self, out: &mut impl Write, index: usize) -> io::Result<()> {
        let Some(job) = self.listing.jobs.get(index) else {
            return out.write_all(b"null");
        };
        out.write_all(b"\"")?;
        out.write_all(self.id(index))?;
        out.write_all(b"-")?;
        inner(out, &job.facet.pname)?;
        out.write_all(b"-")?;
        inner(out, &job.stage.version)?;
        out.write_all(b"\"")
    }

    fn job(&mut self, out: &mut impl Write, index: usize, job: &'l Job) -> io::Result<()> {
        let (stage, facet) = (&job.stage, &job.facet);
        out.write_all(b"{\"id\": \"")?;
        out.write_all(self.id(index))?;
        out.write_all(b"\"")?;
        next_key(out, "name")?;
        self.name(out, index)?;
        next_key(out, "runs")?;
        let runs = job.runs.iter().filter_map(|run| self.listing.runs.get(*run as usize));
        out.write_all(b"[")?;
        separated(out, runs, |out, run| text(out, &run.name))?;
        out.write_all(b"]")?;
        next_key(out, "pipeline")?;
        text(out, &stage.pipeline)?;
        next_key(out, "stage")?;
        text(out, &stage.name)?;
        next_key(out, "stage_type")?;
        text(out, stage.kind.name())?;
        next_key(out, "version")?;
        text(out, &stage.version)?;
        next_key(out, "params")?;
        out.write_all(b"{")?;
        separated(out, &facet.params, |out, (name, value)| {
            key(out, name)?;
            // Canonical JSON already.
            out.write_all(value.as_bytes())
        })?;
        out.write_all(b"}")?;
        next_key(out, "inputs")?;
        out.write_all(b"{")?;
        separated(out, &job.inputs, |out, (name, source)| {
            key(out, name)?;
            self.source(out, source)
        })?;
        out.write_all(b"}")?;
        next_key(out, "outputs")?;
        out.write_all(b"{")?;
        separated(out, &facet.outputs, |out, (name, path)| {
            key(out, name)?;
            text(out, path)
        })?;
        out.write_all(b"}")?;
        next_key(out, "resources")?;
        resources(out, job)?;
        next_key(out, "depends_on")?;
        self.depends_on(out, job)?;
        next_key(out, "status")?;
        text(out, self.statuses.of(job).name())?;
        out.write_all(b"}")
    }

    fn source(&self, out: &mut impl Write, source: &Source) -> io::Result<()> {
        out.write_all(b"{")?;
        match source {
            Source::Job { job, output } => {
                key(out, "job")?;
                self.name(out, *job as usize)?;
                next_key(out, "output")?;
                text(out, output)?;
            }
            Source::Run(run) => {
                key(out, "run")?;
                text(out, run)?;
            }
            Source::StoreBase => {
                key(out, "store_base")?;
                out.write_all(b"true")?;
            }
            Source::Default(default) => {
                key(out, "default")?;
                text(out, default)?;
            }
        }
        out.write_all(b"}")
    }

    fn depends_on(&mut self, out: &mut impl Write, job: &'l Job) -> io::Result<()> {
        out.write_all(b"[")?;
        separated(out, &job.depends_on, |out, index| self.name(out, *index as usize))?;
        if let Some(after) = &job.after {
            let names = self.names_of(after)?;
            let names = if job.depends_on.is_empty() {
                names.strip_prefix(b", ").unwrap_or(names)
            } else {
                names
            };
            out.write_all(names)?;
        }
        out.write_all(b"]")
    }

    /// The names of these jobs, each after a comma.
    fn names_of(&mut self, jobs: &'l Arc<[u32]>) -> io::Result<&[u8]> {
        let known = self.after.take().filter(|(last, _)| Arc::ptr_eq(last, jobs));
        let known = if let Some(known) = known {
            known
        } else {
            let mut names = Vec::new();
            for index in jobs.iter() {
                names.extend_from_slice(b", ");
                self.name(&mut names, *index as usize)?;
            }
            (jobs, names)
        };
        Ok(&self.after.insert(known).1)
    }
}

fn resources(out: &mut impl Write, job: &Job) -> io::Result<()> {
    let parts = &job.facet.parts;
    let none = Resources::default();
    let own = match job.resources.as_deref() {
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
fn separated<W: Write, T>(
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

fn next_key(out: &mut impl Write, name: &str) -> io::Result<()> {
    out.write_all(b", ")?;
    key(out, name)
}

fn key(out: &mut impl Write, name: &str) -> io::Result<()> {
    text(out, name)?;
    out.write_all(b": ")
}

fn number(out: &mut impl Write, number: u64) -> io::Result<()> {
    out.write_all(itoa::Buffer::new().format(number).as_bytes())
}

fn texts<T: AsRef<str>>(out: &mut impl Write, items: &[T]) -> io::Result<()> {
    out.write_all(b"[")?;
    separated(out, items, |out, item| text(out, item.as_ref()))?;
    out.write_all(b"]")
}

fn text(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(b"\"")?;
    inner(out, text)?;
    out.write_all(b"\"")
}

/// A string without its quotes.
fn inner(out: &mut impl Write, text: &str) -> io::Result<()> {
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

    fn written(view: &View<'_>, statuses: &Statuses) -> (String, String) {
        let (mut json, mut ndjson) = (Vec::new(), Vec::new());
        write_json(&mut json, view, statuses).expect("a vector takes everything");
        write_ndjson(&mut ndjson, view, statuses).expect("a vector takes everything");
        let text = |bytes| String::from_utf8(bytes).expect("JSON is UTF-8");
        (text(json), text(ndjson))
    }

    #[test]
    fn the_whole_object() {
        let listing = sample::listing();
        let done = [(listing.jobs[0].name().to_string(), Status::Done)];
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
        view.jobs[1] = false;
        let (json, ndjson) = written(&view, &Statuses::default());
        let whole: Value = serde_json::from_str(&json).expect("valid JSON");
        let lines: Result<Vec<Value>, _> = ndjson.lines().map(serde_json::from_str).collect();
        assert_eq!(whole["jobs"], Value::Array(lines.expect("each line is valid JSON")));
        assert_eq!(whole["jobs"].as_array().map(Vec::len), Some(listing.jobs.len() - 1));
    }

    #[test]
    fn strings_are_escaped() {
        let mut out = Vec::new();
        text(&mut out, "a\"b\\c\n\u{1}é").expect("a vector takes everything");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é\"".as_bytes());
    }
}
