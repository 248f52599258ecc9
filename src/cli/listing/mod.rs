//! A listing as text: for people, for programs, line by line.
//!
//! In come a [`View`] (a listing and which of it is wanted) and the states found on disk; out
//! go bytes to any writer. Which formats exist is decided here, what they look like in the files
//! below. Nothing is built in memory: a million jobs are written as they are read.

mod grid;
pub(super) mod json;
mod params;
mod record;
mod status;
pub(super) mod table;
mod tally;

#[cfg(test)]
pub(crate) mod sample;

pub(super) use grid::Grid;
pub(super) use json::{Pace, SCHEMA, resources, write_json, write_ndjson};
pub(super) use record::Records;
pub(super) use status::{Status, Statuses, status};
pub(super) use table::{
    Paint, SHORT_ID, TableStyle, bare, begun_at, clean, cut, shared, write_counts, write_table,
    write_too_many,
};
pub(super) use tally::{Tally, write_counts_json, write_counts_ndjson};

use crate::sweep::{JobBits, JobView, Listing, RunInfo};

/// What of a listing is to be shown.
pub(super) struct View<'l> {
    /// All of it.
    pub(super) listing: &'l Listing,
    /// By run: is it shown?
    pub(super) runs: Vec<bool>,
    /// Which jobs are shown; `None`: all are.
    pub(super) jobs: Option<JobBits>,
}

impl<'l> View<'l> {
    /// Everything.
    pub(super) fn all(listing: &'l Listing) -> View<'l> {
        View { listing, runs: vec![true; listing.runs.len()], jobs: None }
    }

    /// The runs shown, with their indices.
    fn shown_runs(&self) -> impl Iterator<Item = (u32, &'l RunInfo)> + '_ {
        let runs = self.listing.runs.iter().zip(&self.runs);
        (0u32..).zip(runs).filter(|(_, (_, shown))| **shown).map(|(i, (run, _))| (i, run))
    }

    /// Is a job shown?
    pub(super) fn shows(&self, job: u32) -> bool {
        match &self.jobs {
            None => true,
            Some(jobs) => jobs.has(job),
        }
    }

    /// The jobs shown.
    fn shown_jobs(&self) -> impl Iterator<Item = JobView<'l>> + '_ {
        let jobs = 0..self.listing.len() as u32;
        jobs.filter(|job| self.shows(*job)).filter_map(|job| self.listing.job(job))
    }

    /// How many jobs are shown.
    pub(super) fn count(&self) -> usize {
        match &self.jobs {
            None => self.listing.len(),
            Some(jobs) => jobs.len(),
        }
    }
}
