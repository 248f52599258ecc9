//! `repx eval --why JOB`: what sets a job apart from the one that was done before.
//!
//! In come a listing, the records that lie beside results (`<base>/outputs/JOB/repx/identity.json`)
//! and a job's name; out goes what its identity has that the nearest one done doesn't have, through
//! the jobs it reads from down to what was changed.

mod lineage;
mod many;
mod moved;
mod nearest;
mod print;
mod reasons;
mod recorded;
mod waits;

use std::io;
use std::path::Path;

use super::find;
use super::listing::{Status, TableStyle};
use crate::diagnostic::Diagnostic;
use crate::sweep::{JobView, Listing};
use crate::world::World;
pub(super) use many::{Cause, Known, Many};
pub(super) use print::{said, verdict, write_json, write_text};
use reasons::{Reason, Reasons};
use recorded::Recorded;
use waits::Waits;

/// Why a job is as it is.
pub(super) struct Why<'l> {
    listing: &'l Listing,
    pub(super) job: JobView<'l>,
    pub(super) status: Status,
    pub(super) verdict: Verdict,
    waits: Waits,
}

/// What there is to say of it.
pub(super) enum Verdict {
    /// Its results are there.
    UpToDate,
    /// It ran as it is, and failed.
    Failed,
    /// It was done, and somebody has removed its results.
    Removed,
    /// It was done, and a job that it read from, at some remove, was run again since.
    Outdated {
        /// The full name of that one.
        by: String,
    },
    /// It was begun, and didn't end.
    Stopped,
    /// Nothing of its stage is done; so many results have no record of what they are of.
    Nothing { ran: Ran, unrecorded: usize },
    /// The nearest job done is another.
    Changed {
        /// The full name of that one.
        before: String,
        ran: Ran,
        reasons: Vec<Reason>,
    },
}

/// Whether a job without a folder ever ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ran {
    /// No lab that was run here had it, or what it needs never came to an end.
    Never,
    /// Nothing lies below the base path, which may be new or have been deleted.
    Nowhere,
    /// It was to run, and its folder may have been deleted since.
    Perhaps,
}

/// Says why.
///
/// # Errors
/// No job of the listing is called so, or several are.
pub(super) fn why<'l>(
    listing: &'l Listing,
    name: &str,
    base: &Path,
    world: &dyn World,
) -> Result<Why<'l>, Diagnostic> {
    let job = find::job(listing, name)?;
    let recorded = Recorded::read(base, world);
    let status = recorded.status(&job.name().to_string());
    let verdict = match status {
        Status::Done => Verdict::UpToDate,
        Status::Failed => Verdict::Failed,
        Status::Pending => pending(&mut Reasons::new(listing, &recorded), &job),
    };
    let waits = match status {
        Status::Done => Waits::default(),
        Status::Failed | Status::Pending => Waits::of(listing, &recorded, &job),
    };
    Ok(Why { listing, job, status, verdict, waits })
}

fn pending<'l>(reasons: &mut Reasons<'l>, job: &JobView<'l>) -> Verdict {
    let name = job.name().to_string();
    if let Some(entry) = reasons.recorded.entry(&name) {
        return match &entry.outdated {
            Some(by) => Verdict::Outdated { by: by.clone() },
            None if entry.removed => Verdict::Removed,
            None => Verdict::Stopped,
        };
    }
    if reasons.recorded.was_read(&name) {
        return Verdict::Removed;
    }
    let ran = match reasons.never_ran(job) {
        true if reasons.recorded.is_bare() => Ran::Nowhere,
        true => Ran::Never,
        false => Ran::Perhaps,
    };
    match reasons.nearest(job) {
        None => Verdict::Nothing { ran, unrecorded: reasons.recorded.unrecorded(job) },
        Some(before) => {
            let reasons = reasons.between(before, job);
            Verdict::Changed { reasons, ran, before: before.job.clone() }
        }
    }
}

/// Prints it.
pub(super) fn write(
    out: &mut impl io::Write,
    why: &Why<'_>,
    json: bool,
    base: &Path,
    style: TableStyle,
) -> io::Result<()> {
    if json { write_json(out, why) } else { write_text(out, why, base, style) }
}
