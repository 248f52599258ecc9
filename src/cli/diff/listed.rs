//! A listing of a lab, as a side of a comparison.

use super::compare::{Place, Side};
use super::effective::{Value, hash, hash_value};
use crate::cli::listing::View;
use crate::cli::listing::json::{key, separated};
use crate::cli::listing::table::{ParamsOf, params_of};
use crate::sweep::{JobId, JobView, Listing};

impl Side for View<'_> {
    fn len(&self) -> u32 {
        self.listing.len() as u32
    }

    fn id(&self, job: u32) -> Option<JobId> {
        self.listing.id(job)
    }

    fn shows(&self, job: u32) -> bool {
        View::shows(self, job)
    }

    fn stage(&self, job: u32) -> &str {
        let block = self.listing.blocks().get(self.listing.block_of(job));
        block.map_or("", |block| &block.stage().name)
    }

    fn place(&self, job: u32) -> Place<'_> {
        let Some(job) = self.listing.job(job) else { return Place::default() };
        let runs = job.runs().filter_map(|run| self.listing.runs.get(run as usize));
        Place {
            runs: runs.map(|run| &*run.name).collect(),
            pipeline: &job.stage().pipeline,
            stage: &job.stage().name,
        }
    }

    fn params(&self, job: u32) -> String {
        let job = self.listing.job(job);
        let params = job.iter().flat_map(JobView::params);
        object(params.map(|(name, value)| (&**name, value)))
    }

    fn values(&self, job: u32, values: &mut Vec<Value>) {
        values_of(self.listing, job, values);
    }

    fn params_of(&self, job: u32) -> ParamsOf<'_> {
        let job = self.listing.job(job);
        job.map(|job| params_of(self.listing, &job)).unwrap_or_default()
    }
}

/// The values of a listed job and of all jobs that it reads from.
pub(super) fn values_of(listing: &Listing, job: u32, values: &mut Vec<Value>) {
    let (mut jobs, mut at) = (vec![job], 0);
    while let Some(job) = jobs.get(at).and_then(|job| listing.job(*job)) {
        at += 1;
        let stage = hash(&job.stage().name);
        let own = job.params().map(|(name, value)| (hash(name), hash_value(value)));
        values.extend(own.map(|(name, text)| Value { name, text, stage }));
        for other in job.depends_on() {
            if !jobs.contains(&other) {
                jobs.push(other);
            }
        }
    }
}

/// Names and values, which are JSON already, as one object.
pub(super) fn object<'p>(params: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut out = b"{".to_vec();
    // Writing to a vector can't fail.
    let _ = separated(&mut out, params, |out, (name, value)| {
        key(out, name)?;
        out.extend_from_slice(value.as_bytes());
        Ok(())
    });
    out.push(b'}');
    String::from_utf8_lossy(&out).into_owned()
}
