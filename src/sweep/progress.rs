//! How far an expansion has come, for whoever wants to show it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters that are written now and then while a lab's jobs are made, and may be read meanwhile.
/// Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    expanding: AtomicBool,
    jobs: AtomicU64,
}

impl Progress {
    /// Has the lab been evaluated?
    pub fn is_expanding(&self) -> bool {
        self.0.expanding.load(Ordering::Relaxed)
    }

    /// Jobs so far, including some that may turn out to have been met before.
    pub fn jobs(&self) -> u64 {
        self.0.jobs.load(Ordering::Relaxed)
    }

    /// More jobs.
    pub fn add(&self, jobs: u64) {
        self.0.jobs.fetch_add(jobs, Ordering::Relaxed);
    }

    pub(super) fn expands(&self) {
        self.0.expanding.store(true, Ordering::Relaxed);
    }

    /// So many jobs it really are.
    pub(super) fn settle(&self, jobs: u64) {
        self.0.jobs.store(jobs, Ordering::Relaxed);
    }
}
