//! What happens, for programs: an object a line on standard output.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::super::why::{self, Verdict};
use crate::exec::{Base, Event, Plan, Summary, Unable};
use crate::sweep::{JobView, Listing};

/// Names the format. It stands in the first object.
const SCHEMA: &str = "repx-run/1";

/// A stream of events.
pub(super) struct Stream<'s> {
    listing: &'s Listing,
    /// Why the last one couldn't be written, if it couldn't.
    broken: Option<io::Error>,
}

impl<'s> Stream<'s> {
    pub(super) fn new(listing: &'s Listing) -> Stream<'s> {
        Stream { listing, broken: None }
    }

    /// What is going to run, or with a dry run would.
    pub(super) fn begin(&mut self, base: &Base, plan: &Plan, dry_run: bool) {
        self.write(&json!({
            "event": "begin",
            "schema": SCHEMA,
            "jobs": plan.len(),
            "done_before": plan.done,
            "dry_run": dry_run,
            "outputs": base.outputs().display().to_string(),
        }));
    }

    /// A job that would run, and what there is to say of why.
    pub(super) fn would_run(
        &mut self,
        job: &JobView<'_>,
        verdict: &Verdict,
        unable: Option<&Unable>,
    ) {
        let reason = match verdict {
            Verdict::UpToDate => "forced",
            Verdict::Failed => "failed",
            Verdict::Removed
            | Verdict::Outdated { .. }
            | Verdict::Stopped
            | Verdict::Nothing { .. }
            | Verdict::Changed { .. } => "no-results",
        };
        let (word, before, reasons) = why::verdict(verdict);
        let mut more = vec![
            ("reason", reason.into()),
            ("verdict", word.into()),
            ("compared_with", before),
            ("reasons", reasons.into()),
        ];
        match unable {
            None => {}
            Some(Unable::Lacking(package)) => more.push(("lacks", (&**package).into())),
            Some(Unable::Behind) => more.push(("blocked", true.into())),
        }
        self.job("would-run", job.number(), &more);
    }

    pub(super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Started(job) => self.job("started", *job, &[]),
            Event::Done(job, took, unwritten) => {
                let mut more = vec![("seconds", took.as_secs_f64().into())];
                if !unwritten.is_empty() {
                    let names = unwritten.iter().map(|one| &*one.output).collect::<Vec<_>>();
                    more.push(("unwritten", names.into()));
                }
                self.job("done", *job, &more);
            }
            Event::Failed(job, failure) => {
                let log = failure.log.as_ref().map(|log| log.display().to_string());
                let more = [("reason", failure.reason.as_str().into()), ("log", log.into())];
                self.job("failed", *job, &more);
            }
            Event::Stopped(job) => self.job("stopped", *job, &[]),
            Event::Blocked(jobs) => jobs.iter().for_each(|job| self.job("blocked", *job, &[])),
            Event::Piece(job, done, all) => {
                self.job("items", *job, &[("done", (*done).into()), ("of", (*all).into())]);
            }
            Event::Stopping => self.write(&json!({ "event": "stopping" })),
        }
    }

    /// How it ended, and how many results were made from what was made again.
    ///
    /// # Errors
    /// When something couldn't be written.
    pub(super) fn end(mut self, plan: &Plan, summary: &Summary, outdated: usize) -> io::Result<()> {
        self.write(&json!({
            "event": "end",
            "done": summary.done,
            "done_before": plan.done,
            "failed": summary.failed.len(),
            "blocked": summary.blocked,
            "stopped": summary.stopped,
            "not_run": summary.left,
            "outdated": outdated,
            "interrupted": summary.interrupted,
        }));
        self.broken.map_or(Ok(()), Err)
    }

    fn job(&mut self, event: &str, job: u32, more: &[(&str, Value)]) {
        let Some(view) = self.listing.job(job) else { return };
        let mut object = json!({
            "event": event,
            "id": view.id().to_string(),
            "name": view.name().to_string(),
        });
        for (name, value) in more {
            object[*name] = value.clone();
        }
        self.write(&object);
    }

    /// Each line at once: it is read as it happens. Jobs don't end because nobody reads.
    fn write(&mut self, object: &Value) {
        if self.broken.is_some() {
            return;
        }
        let mut object = object.clone();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        object["time"] = ((since.as_secs_f64() * 1e3).round() / 1e3).into();
        let mut out = io::stdout().lock();
        let written = writeln!(out, "{object}").and_then(|()| out.flush());
        self.broken = written.err();
    }
}
