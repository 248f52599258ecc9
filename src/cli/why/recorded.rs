//! What is known of the jobs whose folders lie below the base path.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::super::listing::{Status, status};
use crate::exec::Base;
use crate::sweep::{IDENTITY_FILE, IdentityRecord, InputRecord, JobView};
use crate::world::{FileKind, World};

/// Jobs that were run.
pub(super) struct Recorded {
    /// By full name.
    jobs: BTreeMap<String, Entry>,
    base: Base,
    /// The full names of jobs that others have read from.
    read: OnceCell<HashSet<String>>,
    /// The ids of all jobs of the labs that were run here; nothing if that can't be told.
    asked: OnceCell<Option<HashSet<String>>>,
}

/// A job that was run.
pub(super) struct Entry {
    pub(super) status: Status,
    /// What it was made of; some other tool may have run it and left none.
    pub(super) record: Option<IdentityRecord>,
    /// When it ended, in seconds since 1970.
    pub(super) ended: i64,
    /// It was done, and its results aren't there any more.
    pub(super) removed: bool,
    /// The job that was run again, so that what was made from its results isn't what it would be now.
    pub(super) outdated: Option<String>,
}

impl Recorded {
    /// Reads all folders of jobs.
    pub(super) fn read(base: &Path, world: &dyn World) -> Recorded {
        let outputs = base.join("outputs");
        // No folder, or one that can't be read: nothing is known to be done.
        let entries = world.list_dir(&outputs).unwrap_or_default();
        let entries = entries.into_iter().filter(|(_, kind)| *kind == FileKind::Directory);
        let entry = |(name, _): (Vec<u8>, FileKind)| {
            let name = String::from_utf8(name).ok()?;
            let folder = outputs.join(&name).join("repx");
            let status = status(&folder, world);
            let text = world.read_file(&folder.join(IDENTITY_FILE)).ok();
            let record = text.as_deref().and_then(IdentityRecord::parse);
            let record = record.filter(|record| record.job == name);
            let marked = world.modified(&folder.join("SUCCESS")).ok();
            let removed = marked.is_some() && status != Status::Done;
            let outdated = match status {
                Status::Pending => world.read_file(&folder.join("OUTDATED")).ok(),
                Status::Done | Status::Failed => None,
            };
            let outdated = outdated.map(|by| String::from_utf8_lossy(&by).into_owned());
            Some((name, Entry { status, record, ended: marked.unwrap_or(0), removed, outdated }))
        };
        let jobs = entries.filter_map(entry).collect();
        Recorded { jobs, base: Base::new(base), read: OnceCell::new(), asked: OnceCell::new() }
    }

    /// What is known of a job that has a folder.
    pub(super) fn entry(&self, job: &str) -> Option<&Entry> {
        self.jobs.get(job)
    }

    /// How far a job is.
    pub(super) fn status(&self, job: &str) -> Status {
        self.jobs.get(job).map_or(Status::Pending, |entry| entry.status)
    }

    /// The record of a job.
    pub(super) fn record(&self, job: &str) -> Option<&IdentityRecord> {
        self.jobs.get(job)?.record.as_ref()
    }

    /// Jobs that are done, with their records and when they were done.
    pub(super) fn done(&self) -> impl Iterator<Item = (&IdentityRecord, i64)> {
        let done = self.jobs.values().filter(|entry| entry.status == Status::Done);
        done.filter_map(|entry| Some((entry.record.as_ref()?, entry.ended)))
    }

    /// How many jobs of this one's name are done without a record.
    pub(super) fn unrecorded(&self, job: &JobView<'_>) -> usize {
        let end = format!("-{}-{}", job.pname(), job.stage().version);
        let done = self.jobs.iter().filter(|(_, entry)| entry.status == Status::Done);
        done.filter(|(name, entry)| entry.record.is_none() && name.ends_with(&end)).count()
    }

    /// Was it done once? Of a job without a folder those say it that have read from it.
    pub(super) fn was_read(&self, job: &str) -> bool {
        let read = self.read.get_or_init(|| {
            let records = self.jobs.values().filter_map(|entry| entry.record.as_ref());
            let sources = records.flat_map(|record| record.inputs.values());
            let jobs = sources.filter_map(|source| match source {
                InputRecord::Job { job, .. } => Some(job.clone()),
                InputRecord::Run { .. }
                | InputRecord::StoreBase { .. }
                | InputRecord::Default { .. } => None,
            });
            jobs.collect()
        });
        read.contains(job)
    }

    /// May it have run, as one of the jobs of a lab that was run here?
    pub(super) fn may_have_run(&self, job: &str) -> bool {
        let id = job.split('-').next().unwrap_or(job);
        self.asked().is_none_or(|asked| asked.contains(id))
    }

    /// Does nothing speak of any job?
    pub(super) fn is_bare(&self) -> bool {
        self.jobs.is_empty() && self.asked().is_some_and(HashSet::is_empty)
    }

    fn asked(&self) -> Option<&HashSet<String>> {
        let asked = self.asked.get_or_init(|| {
            let labs = self.base.labs().ok()?;
            // Where jobs lie of which no lab is noted, others may have been there too.
            let told = !labs.is_empty() || self.jobs.is_empty();
            told.then(|| labs.into_iter().flat_map(|lab| lab.jobs).collect())
        });
        asked.as_ref()
    }
}
