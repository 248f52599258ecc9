//! What follows from jobs, at any remove.

use std::collections::{HashMap, HashSet};

use crate::sweep::{JobSet, Listing};

/// The jobs that read from some jobs, or come after them, or after one of those that do.
pub(super) fn following(listing: &Listing, from: &HashSet<u32>) -> HashSet<u32> {
    let mut found = HashSet::new();
    let mut sets: HashMap<u32, bool> = HashMap::new();
    // What a job needs stands before it.
    let first = from.iter().min().copied();
    for job in first.map_or(0..0, |first| first + 1..listing.len() as u32) {
        let Some(view) = listing.job(job).filter(|_| !from.contains(&job)) else { continue };
        let is_one = |other: &u32| from.contains(other) || found.contains(other);
        let after = view.block().after().is_some_and(|set| {
            *sets.entry(set).or_insert_with(|| {
                listing
                    .upstream(set)
                    .is_some_and(|jobs: &JobSet| jobs.iter().any(|job| is_one(&job)))
            })
        });
        if after || view.depends_on().iter().any(is_one) {
            found.insert(job);
        }
    }
    found
}
