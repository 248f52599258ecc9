//! Where jobs stand: a job that is met again is the one that is there.

use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::identity::JobId;
use super::listing::{Block, Places};
use super::made::Ids;

/// Points between two looks whether the user wants to stop.
const LOOK_EACH: u32 = 1 << 16;

/// The jobs that others might turn out to be, by id.
///
/// Where it can be told beforehand that jobs differ, they never enter: see
/// [`may_share_jobs`].
#[derive(Default)]
pub(super) struct Index {
    jobs: HashTable<u32>,
    /// By block, whether its jobs are in.
    entered: Vec<bool>,
}

fn hash(id: &JobId) -> u64 {
    // An id is a hash: any of its bits are as good as others.
    let mut first = [0; 8];
    first.iter_mut().zip(id.bytes()).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(first)
}

impl Index {
    /// Makes the jobs of a block known.
    pub(super) fn enter(&mut self, number: usize, block: &Block, ids: &Ids) {
        if self.entered.len() <= number {
            self.entered.resize(number + 1, false);
        }
        let Some(entered) = self.entered.get_mut(number).filter(|entered| !**entered) else {
            return;
        };
        *entered = true;
        let hasher = |job: &u32| ids.get(*job).map_or(0, hash);
        self.jobs.reserve(block.range().len(), hasher);
        for job in block.range() {
            // A block's jobs differ from all that are known: they would stand there otherwise.
            self.jobs.insert_unique(hasher(&job), job, hasher);
        }
    }

    /// Gives the points of a block, whose number is `number`, their places: `points` are their
    /// ids, `ids` those of all jobs so far. `None`: interrupted.
    pub(super) fn settle(
        &mut self,
        number: usize,
        points: &[JobId],
        ids: &mut Ids,
        interrupt: &AtomicBool,
    ) -> Option<Places> {
        if self.entered.len() <= number {
            self.entered.resize(number + 1, false);
        }
        self.entered.iter_mut().skip(number).for_each(|entered| *entered = true);
        let mut places = Places { jobs: Vec::with_capacity(points.len()), points: Vec::new() };
        for (point, id) in (0u32..).zip(points) {
            if point.is_multiple_of(LOOK_EACH) && interrupt.load(Ordering::Relaxed) {
                return None;
            }
            let is_it = |job: &u32| ids.get(*job) == Some(id);
            let hasher = |job: &u32| ids.get(*job).map_or(0, hash);
            let job = match self.jobs.entry(hash(id), is_it, hasher) {
                Entry::Occupied(found) => *found.get(),
                Entry::Vacant(free) => {
                    let job = ids.len() as u32;
                    free.insert(job);
                    places.points.push(point);
                    ids.kept.push(*id);
                    job
                }
            };
            places.jobs.push(job);
        }
        Some(places)
    }
}

/// Can a job of one block be one of the other? A job's `pname`, version and parameters are part of
/// its id.
pub(super) fn may_share_jobs(a: &Block, b: &Block) -> bool {
    let names = |block: &Block| block.params.iter().map(|p| p.name().clone()).collect::<Vec<_>>();
    if a.stage.version != b.stage.version || names(a) != names(b) {
        return false;
    }
    let all: hashbrown::HashSet<String> = a.pnames().collect();
    b.pnames().any(|pname| all.contains(&pname))
}
