//! What stands before a job: jobs that it needs and that aren't done.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::super::listing::table::grouped;
use super::super::listing::{Status, TableStyle, cut};
use super::print::short;
use super::recorded::Recorded;
use crate::sweep::{Count, JobSet, JobView, Listing};

/// Jobs that programs are told of.
const MOST: usize = 100;
/// Jobs that people are told of.
const MOST_NAMED: usize = 3;

/// Jobs that a job needs, directly or not, and that aren't done.
#[derive(Default)]
pub(in crate::cli) struct Waits {
    failed: Few,
    pending: Few,
}

/// Some of many.
#[derive(Default)]
struct Few {
    count: usize,
    /// The first of them, by full name.
    names: Vec<String>,
}

impl Few {
    fn add(&mut self, name: String) {
        self.count += 1;
        if self.names.len() < MOST {
            self.names.push(name);
        }
    }
}

impl Waits {
    /// What a job waits for: those that it needs first, then what those need.
    pub(super) fn of(listing: &Listing, recorded: &Recorded, job: &JobView<'_>) -> Waits {
        let mut waits = Waits::default();
        let mut seen = BTreeSet::from([job.number()]);
        // All jobs of a run need the same ones of others.
        let mut sets = BTreeSet::new();
        let mut level = vec![job.number()];
        while !level.is_empty() {
            let mut needed = BTreeSet::new();
            for job in level.iter().filter_map(|job| listing.job(*job)) {
                needed.extend(job.depends_on());
                let set = job.block().after().filter(|set| sets.insert(*set));
                let set = set.and_then(|set| listing.upstream(set));
                needed.extend(set.into_iter().flat_map(JobSet::iter));
            }
            level.clear();
            for job in needed.into_iter().filter(|job| seen.insert(*job)) {
                let Some(view) = listing.job(job) else { continue };
                let name = view.name().to_string();
                match recorded.status(&name) {
                    Status::Done => continue,
                    Status::Failed => waits.failed.add(name),
                    Status::Pending => waits.pending.add(name),
                }
                level.push(job);
            }
        }
        waits
    }

    /// For people, a line each.
    pub(super) fn write(&self, out: &mut impl io::Write, style: TableStyle) -> io::Result<()> {
        if self.failed.count > 0 {
            writeln!(out, "{}", self.failed.listed("Blocked: ", " failed", style.width))?;
        }
        let count = Count::Exactly(self.pending.count as u128);
        let before = match self.pending.count {
            0 => return Ok(()),
            1 => "Waits for a job that isn't done: ".to_owned(),
            _ => format!("Waits for {} jobs that aren't done: ", grouped(count)),
        };
        writeln!(out, "{}", self.pending.listed(&before, "", style.width))
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let of = |some: &Few, status: Status| -> Vec<Value> {
            let jobs = some.names.iter();
            jobs.map(|name| json!({ "job": name, "status": status.name() })).collect()
        };
        let mut jobs = of(&self.failed, Status::Failed);
        jobs.extend(of(&self.pending, Status::Pending));
        jobs.truncate(MOST);
        json!({ "failed": self.failed.count, "pending": self.pending.count, "jobs": jobs })
    }
}

impl Few {
    /// As many names as fit, at least one.
    fn listed(&self, before: &str, after: &str, width: usize) -> String {
        let line = |named: usize| {
            let names: Vec<String> =
                self.names.iter().take(named).map(|name| short(name)).collect();
            let more = match self.count.saturating_sub(names.len()) {
                0 => String::new(),
                more => format!(" and {} more", grouped(Count::Exactly(more as u128))),
            };
            format!("{before}{}{more}{after}", names.join(", "))
        };
        let mut lines = (2..=MOST_NAMED).rev().map(line);
        lines.find(|line| line.width() <= width).unwrap_or_else(|| cut(&line(1), width))
    }
}
