//! What is to run: jobs that are wanted, and those they need that aren't done.

use std::collections::HashSet;
use std::fs;

use super::following::following;
use super::paths::was_removed;
use super::place::{Base, State};
use crate::sweep::{Block, JobSet, JobView, Listing, Source};

/// Jobs that are to run.
#[derive(Debug, Default)]
pub struct Plan {
    bits: Vec<u64>,
    count: usize,
    /// Jobs that run although they are done.
    forced: HashSet<u32>,
    /// Jobs that run although they are done, since they stand between jobs that do.
    between: HashSet<u32>,
    /// Jobs that run although they are done, since others are to read what somebody has removed.
    incomplete: HashSet<u32>,
    /// Wanted jobs that are done already.
    pub done: usize,
}

impl Plan {
    /// The plan of these jobs; with `force` the wanted ones run although they are done. What only
    /// leads to jobs that are done need not run.
    pub fn new(listing: &Listing, base: &Base, wanted: &[u32], force: bool) -> Plan {
        let known = Known::read(base);
        let mut plan = Plan::empty(listing);
        let mut sets: HashSet<u32> = HashSet::new();
        let mut left: Vec<u32> = Vec::new();
        for job in wanted {
            let Some(view) = listing.job(*job) else { continue };
            if force {
                plan.forced.insert(*job);
            }
            if force || known.state(&view) != State::Done {
                left.extend(plan.add(*job).then_some(*job));
            } else {
                plan.done += 1;
            }
        }
        // What lies between jobs that run again is made again too.
        let following = following(listing, &plan.forced);
        while let Some(job) = left.pop() {
            let Some(view) = listing.job(job) else { continue };
            let set = view.block().after().filter(|set| sets.insert(*set));
            let after = set.and_then(|set| listing.upstream(set));
            let read = view.inputs().filter_map(|(_, source)| match source {
                Source::Job { job, output } => Some((job, Some(output))),
                Source::Run(_) | Source::StoreBase | Source::Default(_) => None,
            });
            let needed = view.depends_on().into_iter();
            let needed = needed.chain(after.into_iter().flat_map(JobSet::iter));
            for (other, output) in read.chain(needed.map(|job| (job, None))) {
                if plan.has(other) {
                    continue;
                }
                let Some(made) = listing.job(other) else { continue };
                let done = known.state(&made) == State::Done;
                let whole = || output.is_none_or(|output| known.has(&made, output));
                match (done, following.contains(&other)) {
                    (false, _) => {}
                    (true, true) => drop(plan.between.insert(other)),
                    (true, false) if whole() => continue,
                    (true, false) => drop(plan.incomplete.insert(other)),
                }
                left.extend(plan.add(other).then_some(other));
            }
        }
        if !plan.incomplete.is_empty() {
            let wanted: HashSet<u32> = wanted.iter().copied().collect();
            plan.done -= plan.incomplete.intersection(&wanted).count();
        }
        plan
    }

    /// All jobs of a listing.
    pub fn all(listing: &Listing) -> Plan {
        let mut plan = Plan::empty(listing);
        for job in 0..listing.len() as u32 {
            plan.add(job);
        }
        plan
    }

    fn empty(listing: &Listing) -> Plan {
        Plan { bits: vec![0; listing.len().div_ceil(64)], ..Plan::default() }
    }

    /// Is this job to run although it may be done?
    pub fn is_forced(&self, job: u32) -> bool {
        self.forced.contains(&job)
    }

    /// Is this job to run since what others are to read of its results was removed?
    pub fn is_incomplete(&self, job: u32) -> bool {
        self.incomplete.contains(&job)
    }

    /// Is this job to run since it is read from, and what it reads from is forced to run?
    pub fn is_between(&self, job: u32) -> bool {
        self.between.contains(&job)
    }

    /// The jobs that are to run although they may be done.
    pub(super) fn forced(&self) -> &HashSet<u32> {
        &self.forced
    }

    fn add(&mut self, job: u32) -> bool {
        let Some(word) = self.bits.get_mut((job / 64) as usize) else {
            return false;
        };
        let new = *word & (1 << (job % 64)) == 0;
        *word |= 1 << (job % 64);
        self.count += usize::from(new);
        new
    }

    /// Is this job to run?
    pub fn has(&self, job: u32) -> bool {
        self.bits.get((job / 64) as usize).is_some_and(|word| word & (1 << (job % 64)) != 0)
    }

    /// The jobs, ascending.
    pub fn jobs(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0u32..).zip(&self.bits).filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Nothing to run?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Does it have jobs of this block?
    pub fn touches(&self, block: &Block) -> bool {
        block.range().any(|job| self.has(job))
    }
}

/// The folders that there are: where there is none, no disk need be asked.
struct Known<'b> {
    base: &'b Base,
    folders: HashSet<String>,
}

impl Known<'_> {
    /// Is an output of a job that is done still there, if it ever was?
    fn has(&self, job: &JobView<'_>, output: &str) -> bool {
        let folder = self.base.job(&job.name().to_string());
        let outputs = job.outputs();
        let path = outputs.iter().find(|(name, _)| **name == *output).map(|(_, path)| &**path);
        path.is_none_or(|path| !was_removed(&folder, output, path))
    }

    fn read(base: &Base) -> Known<'_> {
        let entries = fs::read_dir(base.outputs()).into_iter().flatten().flatten();
        let folders = entries.filter_map(|entry| entry.file_name().into_string().ok());
        Known { base, folders: folders.collect() }
    }

    fn state(&self, job: &JobView<'_>) -> State {
        if self.folders.is_empty() {
            return State::Pending;
        }
        let name = job.name().to_string();
        match self.folders.contains(&name) {
            true => self.base.job(&name).state(),
            false => State::Pending,
        }
    }
}
