//! A listing of a lab, as a side of a comparison.

use super::compare::{Described, Side};
use crate::cli::listing::View;
use crate::cli::listing::json::{key, separated};
use crate::cli::listing::table::params_cell;
use crate::sweep::JobId;

impl Side for View<'_> {
    fn len(&self) -> u32 {
        self.listing.len() as u32
    }

    fn id(&self, job: u32) -> Option<JobId> {
        self.listing.id(job).filter(|_| self.shows(job))
    }

    fn stage(&self, job: u32) -> &str {
        let block = self.listing.blocks().get(self.listing.block_of(job));
        block.map_or("", |block| &block.stage().name)
    }

    fn described(&self, job: u32) -> Described<'_> {
        let Some(job) = self.listing.job(job) else {
            return Described { runs: Vec::new(), pipeline: "", stage: "", params: String::new() };
        };
        let runs = job.runs().filter_map(|run| self.listing.runs.get(run as usize));
        Described {
            runs: runs.map(|run| &*run.name).collect(),
            pipeline: &job.stage().pipeline,
            stage: &job.stage().name,
            params: object(job.params().map(|(name, value)| (&**name, value))),
        }
    }

    fn params_cell(&self, job: u32) -> String {
        self.listing.job(job).map_or_else(String::new, |job| params_cell(self.listing, &job))
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
