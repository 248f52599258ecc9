//! Sets of jobs, by their numbers.

use std::ops::Range;

/// Jobs, ascending.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobSet(pub(super) Vec<Range<u32>>);

/// Jobs, a bit each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobBits(pub(super) Vec<u64>);

impl JobSet {
    /// Adds a job that comes after all that are there.
    pub(super) fn push(&mut self, job: u32) {
        self.push_all(job..job.saturating_add(1));
    }

    /// Adds jobs that come after all that are there.
    pub(super) fn push_all(&mut self, jobs: Range<u32>) {
        match self.0.last_mut() {
            _ if jobs.is_empty() => {}
            Some(last) if last.end == jobs.start => last.end = jobs.end,
            Some(_) | None => self.0.push(jobs),
        }
    }

    /// The jobs.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(Clone::clone)
    }

    /// The jobs, consecutive ones together.
    pub fn ranges(&self) -> &[Range<u32>] {
        &self.0
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }
}

impl FromIterator<u32> for JobSet {
    fn from_iter<I: IntoIterator<Item = u32>>(jobs: I) -> JobSet {
        let mut set = JobSet::default();
        jobs.into_iter().for_each(|job| set.push(job));
        set
    }
}

impl JobBits {
    /// Adds a job; false if it was there.
    pub fn add(&mut self, job: u32) -> bool {
        let (word, bit) = ((job / 64) as usize, 1 << (job % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let Some(place) = self.0.get_mut(word) else {
            return false;
        };
        let new = *place & bit == 0;
        *place |= bit;
        new
    }

    /// Is this job among them?
    pub fn has(&self, job: u32) -> bool {
        self.0.get((job / 64) as usize).is_some_and(|word| word & (1 << (job % 64)) != 0)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Leaves only those that are among others too.
    pub fn keep(&mut self, others: &JobBits) {
        self.0.truncate(others.0.len());
        self.0.iter_mut().zip(&others.0).for_each(|(word, other)| *word &= other);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0u32..).zip(&self.0).filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        })
    }
}
