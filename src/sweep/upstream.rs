//! What a run has of the runs that it depends on.

use std::sync::Arc;

use super::identity::{Identity, JobId, Part};
use super::jobs::JobSet;
use super::listing::{After, Digest, Listing};
use super::refusal::needs_too_many;
use crate::diagnostic::Diagnostic;
use crate::lab::{Lab, Need, Resources, Run};

/// What a run's first stages have of the runs it depends on.
#[derive(Default)]
pub(super) struct Upstream {
    /// Names of all runs it depends on.
    pub(super) names: Vec<Arc<str>>,
    /// All jobs of the hard ones, as one of the listing's sets.
    pub(super) jobs: Option<u32>,
    /// Over the ids of those jobs.
    pub(super) digest: Digest,
    /// Their hints, merged.
    pub(super) resources: Option<Resources>,
}

/// The jobs of a run.
pub(super) fn jobs_of(listing: &Listing, run: usize) -> JobSet {
    let Some(info) = listing.runs.get(run) else {
        return JobSet::default();
    };
    let mut jobs: JobSet = info.shared.iter().collect();
    // Those it shares stand with earlier runs.
    for block in listing.blocks.iter().filter(|block| block.run as usize == run) {
        jobs.push_all(block.range());
    }
    jobs
}

/// What a run's first stages have of them; their jobs become one of the listing's sets.
///
/// # Errors
/// There are too many of these jobs, and why that matters.
pub(super) fn upstream(
    listing: &mut Listing,
    lab: &Lab<'_>,
    run: &Run<'_>,
) -> Result<Upstream, Option<Diagnostic>> {
    let named = |(other, _): &(usize, Need)| Some(Arc::clone(&lab.runs.get(*other)?.name));
    let hard = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
    let mut sets: Vec<JobSet> = Vec::new();
    for (other, _) in hard {
        let jobs = jobs_of(listing, *other);
        // They are digested in the order of their ids.
        if listing.ids.any_made(&jobs) {
            let other = lab.runs.get(*other);
            return Err(other.map(|other| needs_too_many(run, other, jobs.len())));
        }
        sets.push(jobs);
    }
    let jobs = match sets.as_slice() {
        [one] => one.clone(),
        several => {
            let mut jobs: Vec<u32> = several.iter().flat_map(JobSet::iter).collect();
            jobs.sort_unstable();
            jobs.dedup();
            jobs.into_iter().collect()
        }
    };
    let mut ids: Vec<JobId> = jobs.iter().filter_map(|job| listing.id(job)).collect();
    ids.sort_unstable();
    let mut identity = Identity::new();
    for id in ids {
        identity.add(Part::Upstream, id.bytes());
    }
    let merged = Resources::default().over(hints_of(listing, &jobs));
    let names = run.depends_on.iter().filter_map(named).collect();
    let set = (!jobs.is_empty()).then_some(listing.upstreams.len() as u32);
    let digest = identity.digest();
    listing.upstreams.extend(set.map(|_| After { jobs, digest }));
    let resources = (!merged.is_empty()).then_some(merged);
    Ok(Upstream { names, digest, resources, jobs: set })
}

/// The hints of jobs, in their order; of consecutive jobs that have the same perhaps once.
fn hints_of<'s>(
    listing: &'s Listing,
    jobs: &'s JobSet,
) -> impl Iterator<Item = &'s Resources> + 's {
    jobs.ranges().iter().flat_map(move |range| {
        let blocks = listing.blocks.iter();
        let met = blocks.filter(|b| b.first < range.end && range.start < b.range().end);
        met.flat_map(move |block| -> Box<dyn Iterator<Item = &'s Resources> + 's> {
            let (own, whole) = (block.range(), block.places.is_none());
            // Values stand in a table as they first appear among points, and as they last do.
            if whole && range.start <= own.start && own.end <= range.end {
                return Box::new(block.hints.in_order().filter_map(Option::as_ref));
            }
            let part = own.start.max(range.start)..own.end.min(range.end);
            Box::new(part.filter_map(|job| listing.job(job)?.resources()))
        })
    })
}
