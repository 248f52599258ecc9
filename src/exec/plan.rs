//! What is to run: jobs that are wanted, and those they need that aren't done.

use std::collections::HashSet;
use std::fs;

use super::place::{Base, State};
use crate::sweep::{Block, JobSet, JobView, Listing};

/// Jobs that are to run.
#[derive(Debug, Default)]
pub struct Plan {
    bits: Vec<u64>,
    count: usize,
    /// Jobs that run although they are done.
    forced: HashSet<u32>,
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
        while let Some(job) = left.pop() {
            let Some(view) = listing.job(job) else { continue };
            let set = view.block().after().filter(|set| sets.insert(*set));
            let after = set.and_then(|set| listing.upstream(set));
            let needed = view.depends_on().into_iter();
            for other in needed.chain(after.into_iter().flat_map(JobSet::iter)) {
                if plan.has(other) {
                    continue;
                }
                let done = listing.job(other).is_some_and(|view| known.state(&view) == State::Done);
                left.extend((!done && plan.add(other)).then_some(other));
            }
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

    /// Is there any such job?
    pub(super) fn forces(&self) -> bool {
        !self.forced.is_empty()
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
