//! A small listing made by hand, for tests.

pub(crate) use crate::sweep::sample::{large, listing};

use crate::sweep::Listing;

/// The name of a job.
pub(crate) fn name(listing: &Listing, job: u32) -> String {
    listing.job(job).map(|job| job.name().to_string()).unwrap_or_default()
}
