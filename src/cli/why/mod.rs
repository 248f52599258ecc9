//! `repx eval --why JOB`: what sets a job apart from the one that was done before.
//!
//! In come a listing, the records that lie beside results (`<base>/outputs/JOB/repx/identity.json`)
//! and a job's name; out goes what its identity has that the nearest one done doesn't have, through
//! the jobs it reads from down to what was changed.

mod print;
mod reasons;
mod recorded;

use std::io;
use std::path::Path;

use super::listing::{Status, TableStyle};
use crate::diagnostic::{Diagnostic, nearest};
use crate::sweep::{JobView, Listing};
use crate::world::World;
pub(super) use print::{write_json, write_text};
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
    let job = find(listing, name)?;
    let recorded = Recorded::read(base, world);
    let status = recorded.status(&job.name().to_string());
    let verdict = match status {
        Status::Done => Verdict::UpToDate,
        Status::Failed => Verdict::Failed,
        Status::Pending => changed(listing, &job, &recorded),
    };
    Ok(Why { job, status, verdict })
}

fn changed(listing: &Listing, job: &JobView<'_>, recorded: &Recorded) -> Verdict {
    let mut reasons = Reasons::new(listing, recorded);
    match reasons.nearest(job) {
        None => Verdict::NeverRun { unrecorded: recorded.unrecorded(job) },
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

/// Characters of an id that are enough to find it among a few hundred.
const SHORT: usize = 8;
/// Jobs that are named where a beginning fits several.
const MOST_NAMED: usize = 5;

/// The job with this id, with this full name, or whose name alone begins so.
fn find<'l>(listing: &'l Listing, name: &str) -> Result<JobView<'l>, Diagnostic> {
    let id = name.get(..32).unwrap_or(name);
    let fits =
        |job: &u32| listing.id(*job).is_some_and(|known| known.text().starts_with(id.as_bytes()));
    let jobs = (0..listing.len() as u32).filter(fits).filter_map(|job| listing.job(job));
    let mut found: Vec<JobView<'l>> =
        jobs.filter(|job| job.name().to_string().starts_with(name)).take(MOST_NAMED + 1).collect();
    match (found.len(), found.pop()) {
        (1, Some(job)) => Ok(job),
        (_, None) => Err(unknown(listing, name)),
        (count, Some(last)) => {
            let shown = found.iter().chain(Some(&last)).take(MOST_NAMED);
            let names: Vec<String> = shown.map(|job| format!("`{}`", short(job))).collect();
            let more = if count > MOST_NAMED { ", …" } else { "" };
            Err(Diagnostic::error(
                "repx::cli::ambiguous-job",
                format!("several jobs begin with `{name}`"),
            )
            .help(format!("write more of the id: {}{more}", names.join(", "))))
        }
    }
}

fn short(job: &JobView<'_>) -> String {
    let id = job.id().to_string();
    format!("{}… ({})", id.get(..SHORT + 4).unwrap_or(&id), job.pname())
}

fn unknown(listing: &Listing, name: &str) -> Diagnostic {
    let wrong = Diagnostic::error(
        "repx::cli::unknown-name",
        format!("the lab has no job whose id or name begins with `{name}`"),
    );
    let stages = listing.runs.iter().flat_map(|run| &run.stages).map(|stage| &**stage);
    if stages.clone().any(|stage| stage == name) {
        return wrong.help(format!("`--stage {name}` lists the jobs of that stage with their ids"));
    }
    // An id that is mistyped is nearly one of those that begin like it.
    let begin = name.get(..2).unwrap_or(name).as_bytes().to_vec();
    let near = listing.jobs().map(|job| job.id().to_string());
    let near = near.filter(|id| id.as_bytes().starts_with(&begin));
    let near = nearest(name, near.filter_map(|id| id.get(..name.len().min(32)).map(str::to_owned)));
    wrong.help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`repx eval --format ndjson` lists all jobs with their ids".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::listing::sample;
    use super::*;

    fn found(name: &str) -> Result<u32, String> {
        let listing = sample::listing();
        let found = find(&listing, name).map(|job| job.number());
        found.map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
    }

    #[test]
    fn jobs_are_found_by_what_their_names_begin_with() {
        let listing = sample::listing();
        let full = listing.job(3).unwrap().name().to_string();
        assert_eq!(found(&full), Ok(3));
        assert_eq!(found(&full[..32]), Ok(3));
        assert_eq!(found("0l2h"), Ok(4));
        let message = found("0").unwrap_err();
        assert!(
            message.starts_with("several jobs begin with `0`; write more of the id: `040h"),
            "{message}"
        );
        let message = found("0l3h").unwrap_err();
        assert!(message.ends_with("did you mean `0l2h`?"), "{message}");
        assert!(found("train").unwrap_err().contains("--stage train"));
        assert!(found("é").is_err());
    }
}
