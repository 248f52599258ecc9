//! Which jobs of hard upstream runs are others than they were.
//!
//! A record has their number and a digest over their ids. Those that were done by the time the job was are taken
//! for the ones that it needed, and of jobs that the lab doesn't have any more the latest; the digest says whether
//! that is so.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::super::listing::Status;
use super::reasons::{Reason, Reasons};
use crate::sweep::{AfterRecord, IdentityRecord, JobSet, JobView};

/// Jobs that are named.
const MOST_NAMED: usize = 3;
/// Jobs, and jobs that the lab doesn't have any more, that are compared with each other.
const MOST_PAIRS: usize = 1 << 14;
/// Of more jobs than these it isn't told which are others.
const MOST: usize = 1 << 20;

/// Jobs that are others than they were.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Moved {
    /// How many weren't there before.
    pub(super) new: usize,
    /// How many of those before aren't there any more.
    pub(super) gone: usize,
    /// Do the numbers follow from the record?
    pub(super) certain: bool,
    /// Some of the new ones.
    pub(super) named: Vec<Named>,
}

/// A job that wasn't there before.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Named {
    /// Its full name.
    pub(super) job: String,
    /// The full name of the nearest one that is done.
    pub(super) before: Option<String>,
    /// What sets it apart from that.
    pub(super) reasons: Vec<Reason>,
}

/// The jobs that set what a job needs apart from what was needed `before`. `None`: they are too many.
pub(super) fn between<'l>(
    reasons: &mut Reasons<'l>,
    before: &IdentityRecord,
    job: &JobView<'l>,
) -> Option<Moved> {
    let then = before.after.as_ref();
    let now = job.after().map_or(0, JobSet::len);
    if now > MOST {
        return None;
    }
    let digest = then.map(|then| then.digest.clone()).unwrap_or_default();
    let key = (digest, job.block().after().unwrap_or(u32::MAX));
    if let Some(known) = reasons.sets.get(&key) {
        return Some(known.clone());
    }
    let (listing, recorded) = (reasons.listing, reasons.recorded);
    let ended = recorded.entry(&before.job).map_or(0, |entry| entry.ended);
    let jobs = job.after().into_iter().flat_map(JobSet::iter).filter_map(|job| listing.job(job));
    let jobs: Vec<(JobView<'l>, String)> =
        jobs.map(|job| (job.clone(), job.name().to_string())).collect();
    let by_then = |name: &str, until: i64| {
        let entry = recorded.entry(name);
        entry.is_some_and(|entry| entry.status == Status::Done && entry.ended <= until)
    };
    let needed = then.map_or(0, |then| then.jobs);
    let stages: BTreeSet<(&str, &str)> =
        jobs.iter().map(|(job, _)| (&*job.stage().pipeline, &*job.stage().name)).collect();
    let gone = recorded.done().filter(|(record, at)| {
        let is_of = stages.contains(&(&*record.pipeline, &*record.stage));
        is_of && *at <= ended && !reasons.listed.contains(&record.job)
    });
    let mut gone: Vec<(&str, i64)> = gone.map(|(record, at)| (&*record.job, at)).collect();
    gone.sort_by_key(|(_, ended)| Reverse(*ended));
    let instead = replaced(reasons, &jobs, gone.len());
    let told = |is_new: &dyn Fn(usize, &str) -> bool| {
        let names = jobs.iter().map(|(_, name)| name.as_str()).enumerate();
        let stayed: Vec<&str> =
            names.filter(|(at, name)| !is_new(*at, name)).map(|(_, name)| name).collect();
        let others = gone.iter().map(|(name, _)| *name);
        let others = others.take(needed.saturating_sub(stayed.len()));
        let all = AfterRecord::over(stayed.iter().copied().chain(others));
        then.is_none_or(|then| *then == all)
    };
    let late = |_: usize, name: &str| !by_then(name, ended);
    let undone = |_: usize, name: &str| !by_then(name, i64::MAX);
    let replaced = |at: usize, _: &str| instead.get(at) == Some(&true);
    let guesses: [&dyn Fn(usize, &str) -> bool; 3] = [&late, &undone, &replaced];
    let guess = guesses.iter().find(|guess| told(**guess));
    let (certain, is_new) = (guess.is_some(), guess.copied().unwrap_or(&late));
    let new = jobs.iter().enumerate().filter(|(at, (_, name))| is_new(*at, name));
    let new: Vec<(JobView<'l>, String)> = new.map(|(_, job)| job.clone()).collect();
    let gone = needed.saturating_sub(jobs.len() - new.len());
    let count = new.len();
    let named = new.into_iter().take(MOST_NAMED);
    let named = named.map(|(job, name)| name_of(reasons, &job, name)).collect();
    let moved = Moved { new: count, gone, certain, named };
    reasons.sets.insert(key, moved.clone());
    Some(moved)
}

/// By job, whether one that the lab doesn't have any more was done in its place: then it may be new though it was
/// done at about the same time.
fn replaced<'l>(
    reasons: &mut Reasons<'l>,
    jobs: &[(JobView<'l>, String)],
    gone: usize,
) -> Vec<bool> {
    if jobs.len().saturating_mul(gone) > MOST_PAIRS {
        return Vec::new();
    }
    let mut is_replaced = |job: &JobView<'l>| {
        let before = reasons.nearest(job)?;
        let params = job.params().map(|(name, value)| (name.as_ref(), value));
        let then = before.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Some(!reasons.listed.contains(&before.job) && params.eq(then))
    };
    jobs.iter().map(|(job, _)| is_replaced(job) == Some(true)).collect()
}

fn name_of<'l>(reasons: &mut Reasons<'l>, job: &JobView<'l>, name: String) -> Named {
    let before = reasons.nearest(job);
    let between = before.map(|before| reasons.between(before, job)).unwrap_or_default();
    Named { job: name, before: before.map(|before| before.job.clone()), reasons: between }
}
