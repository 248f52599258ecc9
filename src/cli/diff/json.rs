//! A comparison for programs (`repx-diff/1`): one object, or one line for the numbers and one for
//! each job.

use std::io::{self, Write};
use std::sync::atomic::Ordering;

use super::{Change, Comparison, Origin};
use crate::cli::guard::INTERRUPTED;
use crate::cli::listing::json::{key, next_key, number, separated, text, texts};

/// The version of the format.
const SCHEMA: &str = "repx-diff/1";

/// Writes everything as one object.
pub(crate) fn write_json(
    out: &mut impl Write,
    origin: &Origin,
    comparison: &Comparison<'_>,
) -> io::Result<()> {
    out.write_all(b"{ ")?;
    head(out, origin, comparison, b",\n  ")?;
    out.write_all(b",\n  \"jobs\": [")?;
    jobs(out, comparison, (b"\n    ", b",\n    "), b"")?;
    out.write_all(b"] }\n")
}

/// Writes the numbers as a line, then a line for each job.
pub(crate) fn write_ndjson(
    out: &mut impl Write,
    origin: &Origin,
    comparison: &Comparison<'_>,
) -> io::Result<()> {
    out.write_all(b"{")?;
    head(out, origin, comparison, b", ")?;
    out.write_all(b"}\n")?;
    jobs(out, comparison, (b"", b""), b"\n")
}

fn head(
    out: &mut impl Write,
    origin: &Origin,
    comparison: &Comparison<'_>,
    between: &[u8],
) -> io::Result<()> {
    key(out, "schema")?;
    text(out, SCHEMA)?;
    out.write_all(between)?;
    key(out, "before")?;
    out.write_all(b"{")?;
    match origin {
        Origin::File(file) => {
            key(out, "file")?;
            text(out, &file.display().to_string())?;
        }
        Origin::Commit(commit) => {
            key(out, "revision")?;
            text(out, &commit.word)?;
            next_key(out, "commit")?;
            text(out, &commit.commit.rev)?;
        }
    }
    out.write_all(b"}")?;
    out.write_all(between)?;
    summary(out, comparison, between)
}

/// The numbers of jobs, all and by stage.
pub(crate) fn summary(
    out: &mut impl Write,
    comparison: &Comparison<'_>,
    between: &[u8],
) -> io::Result<()> {
    numbers(out, comparison.numbers())?;
    next_key(out, "unchanged")?;
    number(out, comparison.diff.unchanged as u64)?;
    out.write_all(between)?;
    key(out, "stages")?;
    out.write_all(b"[")?;
    separated(out, comparison.by_stage(), |out, (stage, counts)| {
        out.write_all(b"{")?;
        key(out, "stage")?;
        text(out, &stage)?;
        out.write_all(b", ")?;
        numbers(out, counts)?;
        out.write_all(b"}")
    })?;
    out.write_all(b"]")
}

fn numbers(out: &mut impl Write, numbers: [(Change, usize); 3]) -> io::Result<()> {
    separated(out, numbers, |out, (change, count)| {
        key(out, change.word())?;
        number(out, count as u64)
    })
}

/// Writes the jobs, each with something before it and after it; `first` stands before the first.
pub(crate) fn jobs(
    out: &mut impl Write,
    comparison: &Comparison<'_>,
    (first, before): (&[u8], &[u8]),
    after: &[u8],
) -> io::Result<()> {
    let mut begin = first;
    for change in Change::ALL {
        for (at, (was, is)) in comparison.jobs(change).enumerate() {
            if at.is_multiple_of(1024) && INTERRUPTED.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            out.write_all(std::mem::replace(&mut begin, before))?;
            job(out, comparison, change, (was, is))?;
            out.write_all(after)?;
        }
    }
    Ok(())
}

fn job(
    out: &mut impl Write,
    comparison: &Comparison<'_>,
    change: Change,
    (was, is): (Option<u32>, Option<u32>),
) -> io::Result<()> {
    out.write_all(b"{")?;
    key(out, "change")?;
    text(out, change.word())?;
    let ids = [
        ("id", is.and_then(|job| comparison.after.id(job))),
        ("was", was.and_then(|job| comparison.before.id(job))),
    ];
    for (name, id) in ids {
        next_key(out, name)?;
        match id {
            Some(id) => write!(out, "\"{id}\"")?,
            None => out.write_all(b"null")?,
        }
    }
    let (side, job) = comparison.latest(was, is);
    let place = side.place(job);
    next_key(out, "runs")?;
    texts(out, &place.runs)?;
    for (name, value) in [("pipeline", place.pipeline), ("stage", place.stage)] {
        next_key(out, name)?;
        text(out, value)?;
    }
    let params = side.params(job);
    next_key(out, "params")?;
    out.write_all(params.as_bytes())?;
    if let (Some(was), Some(_)) = (was, is) {
        let before = comparison.before.params(was);
        if before != params {
            next_key(out, "was_params")?;
            out.write_all(before.as_bytes())?;
        }
    }
    out.write_all(b"}")
}
