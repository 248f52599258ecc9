//! `repx eval --why JOB`: what sets a job apart from the one that was done before.
//!
//! In come a listing, the records that lie beside results (`<base>/outputs/JOB/repx/identity.json`)
//! and a job's name; out goes what its identity has that the nearest one done doesn't have, through
//! the jobs it reads from down to what was changed.

mod many;
mod moved;
mod nearest;
mod print;
mod reasons;
mod recorded;

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

/// Why a job is as it is.
pub(super) struct Why<'l> {
    pub(super) job: JobView<'l>,
    pub(super) status: Status,
    pub(super) verdict: Verdict,
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
    /// Nothing of its stage was ever done; so many results have no record of what they are of.
    NeverRun { unrecorded: usize },
    /// The nearest job done is another.
    Changed {
        /// The full name of that one.
        before: String,
        reasons: Vec<Reason>,
    },
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
    Ok(Why { job, status, verdict })
}

fn pending<'l>(reasons: &mut Reasons<'l>, job: &JobView<'l>) -> Verdict {
    if let Some(entry) = reasons.recorded.entry(&job.name().to_string()) {
        return match &entry.outdated {
            Some(by) => Verdict::Outdated { by: by.clone() },
            None if entry.removed => Verdict::Removed,
            None => Verdict::Stopped,
        };
    }
    match reasons.nearest(job) {
        None => Verdict::NeverRun { unrecorded: reasons.recorded.unrecorded(job) },
        Some(before) => {
            Verdict::Changed { reasons: reasons.between(before, job), before: before.job.clone() }
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
