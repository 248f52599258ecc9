//! A listing as text: for people, for programs, line by line.
//!
//! In come a [`View`] (a listing and which of it is wanted) and the states found on disk; out
//! go bytes to any writer. Which formats exist is decided here, what they look like in the files
//! below. Nothing is built in memory: a million jobs are written as they are read.

mod json;
mod status;
mod table;

#[cfg(test)]
pub(crate) mod sample;

pub(super) use json::{write_json, write_ndjson};
pub(super) use status::{Status, Statuses};
pub(super) use table::{TableStyle, write_table};

use crate::sweep::{Job, Listing, RunInfo};

/// What of a listing is to be shown.
pub(super) struct View<'l> {
    /// All of it.
    pub(super) listing: &'l Listing,
    /// By run: is it shown?
    pub(super) runs: Vec<bool>,
    /// By job: is it shown?
    pub(super) jobs: Vec<bool>,
}

impl<'l> View<'l> {
    /// Everything.
    pub(super) fn all(listing: &'l Listing) -> View<'l> {
        View { listing, runs: vec![true; listing.runs.len()], jobs: vec![true; listing.jobs.len()] }
    }

    /// The runs shown, with their indices.
    fn shown_runs(&self) -> impl Iterator<Item = (u32, &'l RunInfo)> + '_ {
        let runs = self.listing.runs.iter().zip(&self.runs);
        (0u32..).zip(runs).filter(|(_, (_, shown))| **shown).map(|(i, (run, _))| (i, run))
    }

    /// The jobs shown, with their indices.
    fn shown_jobs(&self) -> impl Iterator<Item = (usize, &'l Job)> + '_ {
        let jobs = self.listing.jobs.iter().zip(&self.jobs).enumerate();
        jobs.filter(|(_, (_, shown))| **shown).map(|(i, (job, _))| (i, job))
    }

    /// How many jobs are shown.
    fn count(&self) -> usize {
        self.jobs.iter().filter(|shown| **shown).count()
    }
}
