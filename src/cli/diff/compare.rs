//! What sets two listings apart.
//!
//! Jobs of one id are one job: nothing that can change its results has changed. Of the others, two
//! that stand at the same place with the same parameters are one that has changed; among several of
//! those the first is taken for the first. Everything is found by hashing, in time that follows the
//! number of jobs.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use hashbrown::HashSet;

use crate::cli::guard::INTERRUPTED;
use crate::sweep::JobId;

/// One of the listings that are compared.
pub(crate) trait Side {
    /// Its jobs have the numbers below this.
    fn len(&self) -> u32;

    /// The id of a job, if it is to be compared.
    fn id(&self, job: u32) -> Option<JobId>;

    /// The stage of a job that the other side may not have.
    fn stage(&self, job: u32) -> &str;

    /// What else is known of such a job.
    fn described(&self, job: u32) -> Described<'_>;

    /// Its parameters, as people are shown them.
    fn params_cell(&self, job: u32) -> String;
}

/// A job's place and parameters.
pub(crate) struct Described<'s> {
    /// The names of its runs, in their order.
    pub(crate) runs: Vec<&'s str>,
    /// The pipeline's name.
    pub(crate) pipeline: &'s str,
    /// The stage's name in the pipeline.
    pub(crate) stage: &'s str,
    /// Its parameters as one JSON object, each value as it is written in listings.
    pub(crate) params: String,
}

/// What sets the second of two listings apart from the first. Jobs are in their listing's order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Diff {
    /// Jobs that only the second has.
    pub(crate) added: Vec<u32>,
    /// Jobs that only the first has.
    pub(crate) removed: Vec<u32>,
    /// Jobs of the first, and what they are in the second.
    pub(crate) changed: Vec<(u32, u32)>,
    /// How many are the same.
    pub(crate) unchanged: usize,
}

impl Diff {
    /// Are both the same?
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two listings. What comes of it is of no use once the user has said stop.
pub(crate) fn compare(before: &dyn Side, after: &dyn Side) -> Diff {
    // One table of ids at a time: each takes as much memory as a listing.
    let removed = not_in(before, after);
    let added = not_in(after, before);
    let after_count = wanted(after).count();
    let unchanged = after_count.saturating_sub(added.len());
    let mut diff = Diff { unchanged, ..Diff::default() };
    let mut waiting = Waiting::new(before, &removed);
    for job in added.into_iter().take_while(|_| going()) {
        let found = waiting.take(&after.described(job));
        match found {
            Some(was) => diff.changed.push((was, job)),
            None => diff.added.push(job),
        }
    }
    diff.removed = waiting.left().collect();
    diff
}

/// Does nobody want to stop?
fn going() -> bool {
    !INTERRUPTED.load(Ordering::Relaxed)
}

/// The jobs of one side that are to be compared, and their ids.
fn wanted(side: &dyn Side) -> impl Iterator<Item = (u32, JobId)> + '_ {
    let jobs = (0..side.len()).take_while(|_| going());
    jobs.filter_map(|job| side.id(job).map(|id| (job, id)))
}

/// The jobs of one side whose ids the other doesn't have.
fn not_in(side: &dyn Side, other: &dyn Side) -> Vec<u32> {
    let mut known: HashSet<JobId> = HashSet::with_capacity(other.len() as usize);
    known.extend(wanted(other).map(|(_, id)| id));
    wanted(side).filter(|(_, id)| !known.contains(id)).map(|(job, _)| job).collect()
}

/// A place and parameters, as a hash.
type Key = [u8; 16];

/// Jobs that may be found again.
struct Waiting {
    /// By number among them, the job, until it is taken.
    jobs: Vec<Option<u32>>,
    /// Places, each with the number of one that stands there, sorted.
    places: Vec<(Key, u32)>,
    /// By place, where the first is that may not be taken yet.
    next: HashMap<Key, usize>,
}

impl Waiting {
    fn new(side: &dyn Side, jobs: &[u32]) -> Waiting {
        let mut places = Vec::with_capacity(jobs.len());
        for (number, job) in (0..).zip(jobs).take_while(|_| going()) {
            places.extend(keys(&side.described(*job)).map(|key| (key, number)));
        }
        places.sort_unstable();
        let mut next = HashMap::new();
        for (at, (key, _)) in places.iter().enumerate() {
            next.entry(*key).or_insert(at);
        }
        Waiting { jobs: jobs.iter().copied().map(Some).collect(), places, next }
    }

    /// The first at the same place, for any of the runs that it belongs to.
    fn take(&mut self, wanted: &Described<'_>) -> Option<u32> {
        keys(wanted).find_map(|key| {
            let next = self.next.get_mut(&key)?;
            while let Some((_, number)) = self.places.get(*next).filter(|(at, _)| *at == key) {
                *next += 1;
                let job = self.jobs.get_mut(*number as usize).and_then(Option::take);
                if job.is_some() {
                    return job;
                }
            }
            None
        })
    }

    fn left(self) -> impl Iterator<Item = u32> {
        self.jobs.into_iter().flatten()
    }
}

/// The places of a job: one in each of its runs.
fn keys(job: &Described<'_>) -> impl Iterator<Item = Key> {
    job.runs.iter().map(|run| {
        let mut hasher = blake3::Hasher::new();
        for part in [run, job.pipeline, job.stage, &job.params] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut key = Key::default();
        hasher.finalize_xof().fill(&mut key);
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Jobs: an id, the runs, and the parameters.
    struct Jobs(Vec<(u8, Vec<&'static str>, &'static str)>);

    impl Side for Jobs {
        fn len(&self) -> u32 {
            self.0.len() as u32
        }
        fn id(&self, job: u32) -> Option<JobId> {
            let (id, _, _) = self.0[job as usize];
            (id != 0).then(|| JobId::from_bytes([id; 20]))
        }
        fn stage(&self, _job: u32) -> &'static str {
            "s"
        }
        fn described(&self, job: u32) -> Described<'_> {
            let (_, runs, params) = &self.0[job as usize];
            Described {
                runs: runs.clone(),
                pipeline: "p",
                stage: "s",
                params: (*params).to_owned(),
            }
        }
        fn params_cell(&self, job: u32) -> String {
            self.0[job as usize].2.to_owned()
        }
    }

    fn of(jobs: &[(u8, &'static str)]) -> Jobs {
        Jobs(jobs.iter().map(|(id, params)| (*id, vec!["r"], *params)).collect())
    }

    #[test]
    fn ids_then_places_then_positions() {
        let before = of(&[(1, "a"), (2, "b"), (3, "c"), (4, "c"), (5, "d")]);
        let after = of(&[(12, "b"), (13, "c"), (1, "a"), (14, "c"), (15, "c"), (16, "e")]);
        let diff = compare(&before, &after);
        assert_eq!(diff.changed, [(1, 0), (2, 1), (3, 3)]);
        assert_eq!((diff.added, diff.removed, diff.unchanged), (vec![4, 5], vec![4], 1));
    }

    #[test]
    fn what_is_the_same_is_not_looked_at() {
        let jobs = of(&[(1, "a"), (2, "a")]);
        let diff = compare(&jobs, &jobs);
        assert_eq!(diff, Diff { unchanged: 2, ..Diff::default() });
        assert!(diff.is_empty());
    }

    #[test]
    fn jobs_that_are_not_shown_are_not_compared() {
        let diff = compare(&of(&[(0, "a"), (2, "b")]), &of(&[(3, "a"), (0, "b")]));
        assert_eq!((diff.added, diff.removed, diff.unchanged), (vec![0], vec![1], 0));
    }

    #[test]
    fn a_run_more_or_less_doesn_t_move_a_job() {
        let shared = Jobs(vec![(1, vec!["r", "t"], "a"), (2, vec!["t"], "a")]);
        let alone = Jobs(vec![(3, vec!["t"], "a"), (4, vec!["u", "t"], "a"), (5, vec!["u"], "a")]);
        let diff = compare(&shared, &alone);
        assert_eq!(diff.changed, [(0, 0), (1, 1)]);
        assert_eq!((diff.added, diff.removed), (vec![2], vec![]));
    }
}
