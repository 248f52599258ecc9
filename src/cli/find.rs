//! Which job a name on the command line means.
//!
//! A job is named by its id, by its full name (`<id>-<pname>-<version>`), or by what only one of these
//! begins with; where only one job is of a stage, by the stage.

use super::listing::table::params_cell;
use super::listing::{SHORT_ID, clean, cut};
use crate::diagnostic::{Diagnostic, nearest};
use crate::store::base32;
use crate::sweep::{JobView, Listing};

/// The code of what is wrong with a name that several jobs have.
pub(super) const AMBIGUOUS: &str = "repx::cli::ambiguous-job";
/// Jobs that are named where a name fits several.
const MOST_NAMED: usize = 5;
/// Columns that a job's values take where it is named.
const MOST_WIDE: usize = 40;
/// Digits of an id.
const DIGITS: usize = 32;

/// The job that a name means.
///
/// # Errors
/// No job of the listing is called so, or several are.
pub(super) fn job<'l>(listing: &'l Listing, name: &str) -> Result<JobView<'l>, Diagnostic> {
    let several = |jobs: &[JobView<'_>], message: String, (todo, all): (&str, String)| {
        let shown = jobs.iter().take(MOST_NAMED);
        let names: Vec<String> = shown.map(|job| short(listing, job)).collect();
        let more = if jobs.len() > MOST_NAMED { format!(", …; {all}") } else { String::new() };
        let names = names.join(", ");
        Diagnostic::error(AMBIGUOUS, message).help(format!("{todo}: {names}{more}"))
    };
    // A stage may be called `c`, as many an id begins.
    match of_stage(listing, name).as_slice() {
        [job] => return Ok(job.clone()),
        [] => {}
        jobs => {
            let all = format!("`repx list jobs --stage {name}` lists all");
            let advice = ("name one by how its id begins", all);
            return Err(several(jobs, format!("several jobs are of stage `{name}`"), advice));
        }
    }
    match beginning(listing, name).as_slice() {
        [job] => Ok(job.clone()),
        [] => Err(unknown(listing, name)),
        jobs => {
            let advice = ("write more of the id", "`repx list jobs` lists all".to_owned());
            Err(several(jobs, format!("several jobs begin with `{name}`"), advice))
        }
    }
}

/// The jobs whose ids or full names begin so, up to one more than are named.
fn beginning<'l>(listing: &'l Listing, name: &str) -> Vec<JobView<'l>> {
    let (id, rest) = parts(name);
    if id.len() > DIGITS || !id.chars().all(base32::is_digit) {
        return Vec::new();
    }
    let fits =
        |job: &u32| listing.id(*job).is_some_and(|known| known.text().starts_with(id.as_bytes()));
    let jobs = (0..listing.len() as u32).filter(fits).filter_map(|job| listing.job(job));
    let is_called = |job: &JobView<'_>| {
        let own = format!("{}-{}", job.pname(), job.stage().version);
        rest.is_none_or(|rest| own.starts_with(rest))
    };
    jobs.filter(is_called).take(MOST_NAMED + 1).collect()
}

/// What the stage of a job may be called that has this name: as the name itself, or as what stands behind its id, with
/// or without a version.
pub(super) fn stages(name: &str) -> Vec<String> {
    let (id, rest) = parts(name);
    let rest = rest.filter(|_| id.len() == DIGITS).unwrap_or_default();
    let parts = rest.match_indices('-').filter_map(|(at, _)| rest.get(..at));
    let all = [name, rest].into_iter().chain(parts).filter(|name| !name.is_empty());
    all.map(str::to_owned).collect()
}

/// Does a name have a whole id?
pub(super) fn is_whole(name: &str) -> bool {
    parts(name).0.len() == DIGITS
}

/// Does a full name begin as a name says?
pub(super) fn is_named(full: &str, name: &str) -> bool {
    let ((id, own), (begin, rest)) = (parts(full), parts(name));
    let of_a_job = id.len() == DIGITS && own.is_some() && id.chars().all(base32::is_digit);
    let rest = rest.is_none_or(|rest| own.is_some_and(|own| own.starts_with(rest)));
    of_a_job && !begin.is_empty() && id.starts_with(begin) && rest
}

/// The id, or its beginning, and what stands behind it.
pub(super) fn parts(name: &str) -> (&str, Option<&str>) {
    match name.split_once('-') {
        Some((id, rest)) => (id, Some(rest)),
        None => (name, None),
    }
}

/// Is a job of this stage, by its name in the pipeline or by `pname`?
pub(super) fn is_of(job: &JobView<'_>, stage: &str) -> bool {
    *job.stage().name == *stage || *job.pname() == *stage
}

/// The jobs of a stage, by its name in the pipeline or by `pname`, up to one more than are named.
fn of_stage<'l>(listing: &'l Listing, name: &str) -> Vec<JobView<'l>> {
    let named = |job: &JobView<'_>| is_of(job, name);
    let blocks = listing.blocks().iter().filter(|block| {
        *block.stage().name == *name || block.pnames().any(|pname| *pname == *name)
    });
    let jobs = blocks.flat_map(crate::sweep::Block::range).filter_map(|job| listing.job(job));
    jobs.filter(named).take(MOST_NAMED + 1).collect()
}

/// The first characters of an id, or of a name that begins with one.
pub(super) fn begin(name: &str) -> &str {
    name.get(..SHORT_ID).unwrap_or(name)
}

/// The first characters of a job's id.
pub(super) fn short_id(job: &JobView<'_>) -> String {
    begin(&job.id().to_string()).to_owned()
}

/// A job in a few words.
fn short(listing: &Listing, job: &JobView<'_>) -> String {
    let id: String = job.id().to_string().chars().take(SHORT_ID + 2).collect();
    let words = format!("{} {}", clean(&job.pname()), params_cell(listing, job));
    format!("`{id}` ({})", cut(words.trim_end(), MOST_WIDE))
}

fn unknown(listing: &Listing, name: &str) -> Diagnostic {
    let wrong = Diagnostic::error(
        "repx::cli::unknown-name",
        format!("the lab has no job whose id or name begins with `{name}`"),
    );
    wrong.help(match near(listing, name) {
        Some(near) => format!("did you mean `{near}`?"),
        None if listing.is_empty() => "it has no jobs at all".to_owned(),
        None => "`repx list jobs` lists all jobs with their ids".to_owned(),
    })
}

/// What was probably meant: an id that is mistyped is nearly one of those that begin like it.
pub(super) fn near(listing: &Listing, name: &str) -> Option<String> {
    let begin = name.get(..2).unwrap_or(name).as_bytes();
    let ids = (0..listing.len() as u32).filter_map(|job| listing.id(job));
    let ids = ids.map(|id| id.text()).filter(|id| id.starts_with(begin));
    // As much of each is compared as was given, and as much shown as lists show.
    let part = |length: usize| {
        ids.clone().filter_map(move |id| String::from_utf8(id.get(..length)?.to_vec()).ok())
    };
    let length = name.len().min(DIGITS);
    let stages = listing.runs.iter().flat_map(|run| &run.stages).map(ToString::to_string);
    let found = nearest(name, part(length).chain(stages))?;
    let whole = part(length.max(SHORT_ID)).find(|id| id.starts_with(&found));
    Some(whole.unwrap_or(found))
}

#[cfg(test)]
mod tests {
    use super::super::listing::sample;
    use super::*;

    fn found(name: &str) -> Result<u32, String> {
        let listing = sample::listing();
        let found = job(&listing, name).map(|job| job.number());
        found.map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
    }

    #[test]
    fn jobs_are_found_by_what_their_names_begin_with() {
        let listing = sample::listing();
        let full = listing.job(3).unwrap().name().to_string();
        assert_eq!(found(&full), Ok(3));
        assert_eq!(found(&full[..32]), Ok(3));
        assert_eq!(found(&full[..38]), Ok(3));
        assert_eq!(found("0l2h"), Ok(4));
        assert_eq!(found("0l2h-rep"), Ok(4));
        let message = found("0").unwrap_err();
        assert!(
            message.starts_with("several jobs begin with `0`; write more of the id: `040h"),
            "{message}"
        );
    }

    #[test]
    fn the_only_job_of_a_stage_is_found_by_the_stage() {
        assert_eq!(found("report"), Ok(4));
        assert_eq!(found("train-fast"), Ok(2));
        let message = found("train").unwrap_err();
        let advice = "several jobs are of stage `train`; name one by how its id begins: `";
        assert!(message.starts_with(advice), "{message}");
    }

    #[test]
    fn what_is_nearly_a_name_is_suggested() {
        for name in ["0l3h", "0l2h-train", "é", "", "-", "0l2ha1850l2ha1850l2ha1850l2ha185x"] {
            assert!(found(name).is_err(), "{name}");
        }
        assert!(found("0l3h").unwrap_err().ends_with("did you mean `0l2ha185`?"));
        assert!(found("reprot").unwrap_err().ends_with("did you mean `report`?"));
        assert!(found("zzz").unwrap_err().contains("repx list jobs"));
    }
}
