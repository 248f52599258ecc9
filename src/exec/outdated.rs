//! Results that were made from those of jobs which are done once more.
//!
//! Whoever runs a job again although it is done doesn't trust its results, or those of chance in it. So what other
//! jobs made of them isn't trusted either: when the job begins, they are marked, and the next call runs them. Jobs of
//! other labs, or of earlier states of this one, that lie below the same base path are known by their records.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::following::following;
use super::place::{Base, State, sync_all};
use super::plan::Plan;
use crate::sweep::{AfterRecord, IDENTITY_FILE, IdentityRecord, InputRecord, JobSet, Listing};

/// Digits of an id.
const ID: usize = 32;

/// What was made from the results of jobs that are to run although they are done.
#[derive(Debug, Default)]
pub struct Readers {
    /// By full name, the jobs that read what it makes.
    of: HashMap<String, Vec<String>>,
    /// By full name, the sets it is one of, whose jobs others come after.
    within: HashMap<String, Vec<u32>>,
    /// By set, the jobs that come after it.
    after: BTreeMap<u32, Vec<String>>,
    reached: Mutex<Reached>,
}

/// What was made, at any remove, from the results of some jobs.
#[derive(Debug, Default)]
struct Reached {
    jobs: HashSet<String>,
    sets: HashSet<u32>,
}

impl Readers {
    /// Finds them out, where a plan has such jobs.
    pub fn of(listing: &Listing, plan: &Plan, base: &Base) -> Readers {
        let mut readers = Readers::default();
        if plan.forced().is_empty() {
            return readers;
        }
        readers.listed(listing, plan.forced());
        readers.recorded(listing, base);
        readers
    }

    /// Those of the lab at hand, whether or not they are done: what stands behind them may be.
    fn listed(&mut self, listing: &Listing, forced: &HashSet<u32>) {
        let mut following: Vec<u32> = following(listing, forced).into_iter().collect();
        following.sort_unstable();
        for view in following.into_iter().filter_map(|job| listing.job(job)) {
            let name = view.name().to_string();
            for other in view.depends_on().into_iter().filter_map(|job| listing.job(job)) {
                self.of.entry(other.name().to_string()).or_default().push(name.clone());
            }
            if let Some(set) = view.block().after() {
                self.after.entry(set).or_default().push(name);
            }
        }
        for set in self.after.keys() {
            for other in listing.upstream(*set).into_iter().flat_map(JobSet::iter) {
                let Some(other) = listing.job(other) else { continue };
                self.within.entry(other.name().to_string()).or_default().push(*set);
            }
        }
    }

    /// Those that the lab doesn't have, as their records say.
    fn recorded(&mut self, listing: &Listing, base: &Base) {
        let entries = fs::read_dir(base.outputs()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut others: BTreeMap<String, String> =
            names.filter_map(|name| Some((name.get(..ID)?.to_owned(), name))).collect();
        for id in (0..listing.len() as u32).filter_map(|job| listing.id(job)) {
            others.remove(&*String::from_utf8_lossy(&id.text()));
        }
        let mut sets: Option<HashMap<AfterRecord, u32>> = None;
        for name in others.into_values().filter(|name| base.job(name).state() == State::Done) {
            let text = fs::read(base.job(&name).repx().join(IDENTITY_FILE)).unwrap_or_default();
            let record = IdentityRecord::parse(&text).filter(|record| record.job == name);
            let Some(IdentityRecord { inputs, after, .. }) = record else { continue };
            for input in inputs.into_values() {
                if let InputRecord::Job { job, .. } = input {
                    self.of.entry(job).or_default().push(name.clone());
                }
            }
            // Of jobs of other runs a record knows their number and what stands for them.
            let set = after.and_then(|after| {
                sets.get_or_insert_with(|| self.sets(listing)).get(&after).copied()
            });
            if let Some(set) = set {
                self.after.entry(set).or_default().push(name);
            }
        }
    }

    /// The sets of jobs that others come after, as records know them.
    fn sets(&self, listing: &Listing) -> HashMap<AfterRecord, u32> {
        let record = |set: &u32| {
            let jobs = listing.upstream(*set)?.iter().filter_map(|job| listing.job(job));
            let names: Vec<String> = jobs.map(|job| job.name().to_string()).collect();
            Some((AfterRecord::over(names.iter().map(String::as_str)), *set))
        };
        self.after.keys().filter_map(record).collect()
    }

    /// How many results that aren't made anew will have to be, if those of the forced jobs that are `able` to run do.
    pub fn beyond(
        &self,
        listing: &Listing,
        plan: &Plan,
        base: &Base,
        able: impl Fn(u32) -> bool,
    ) -> usize {
        let mut reached = Reached::default();
        let mut planned = HashSet::new();
        for view in plan.jobs().filter(|job| able(*job)).filter_map(|job| listing.job(job)) {
            let name = view.name().to_string();
            if plan.is_forced(view.number()) {
                self.reach(&name, &mut reached);
            }
            planned.insert(name);
        }
        let beyond = reached.jobs.difference(&planned);
        beyond.filter(|name| base.job(name).state() == State::Done).count()
    }

    /// How many results are marked, and haven't been made anew.
    pub fn outdated(&self, base: &Base) -> usize {
        let reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.jobs.iter().filter(|name| base.job(name).is_outdated()).count()
    }

    /// Adds what was made from a job's results to what is reached already, and gives it.
    fn reach<'r>(&'r self, job: &'r str, reached: &mut Reached) -> Vec<&'r str> {
        let mut new: Vec<&str> = Vec::new();
        let mut left = vec![job];
        while let Some(job) = left.pop() {
            let sets = self.within.get(job).into_iter().flatten();
            let sets = sets.filter(|set| reached.sets.insert(**set));
            let after = sets.filter_map(|set| self.after.get(set)).flatten();
            for reader in self.of.get(job).into_iter().flatten().chain(after) {
                if reached.jobs.insert(reader.clone()) {
                    left.push(reader);
                    new.push(reader);
                }
            }
        }
        new
    }

    /// A job begins that is to run although it is done: marks what was made from its results, and sees to it that the
    /// marks are on the disk before these are gone.
    pub(super) fn outdate(&self, base: &Base, job: &str) -> io::Result<()> {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.reach(job, &mut reached);
        if found.is_empty() {
            return Ok(());
        }
        for name in found {
            // What has begun since, or was removed, needs no mark.
            if base.job(name).state() == State::Done {
                base.job(name).outdate(job)?;
            }
        }
        sync_all(&base.outputs())
    }
}
