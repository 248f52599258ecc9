//! A lab for a command that looks at one job: of one that is too large to be listed, the stages that have few enough jobs.
//!
//! An id doesn't tell its stage, so a job is looked for where it may be found: in the stage that is named, or that a full
//! name speaks of, then in all stages that can be listed.

use std::collections::BTreeMap;

use super::Exit;
use super::arguments::Terminal;
use super::eval::MOST_LISTED;
use super::find;
use super::load::{Opened, Outcome, Target, load_shown, opened};
use crate::diagnostic::Diagnostic;
use crate::sweep::{Ask, Count, Counts, Listing, Selection};

/// Of stages that are looked through there are no more jobs than this.
const MOST_LOOKED_AT: u128 = 20_000_000;

/// Evaluates a lab for a job of this name, looks for something in it, and says what there is to say about both.
///
/// # Errors
/// How the command is to end, when there is nothing to go on with.
pub(super) fn open<T>(
    target: Target<'_>,
    name: &str,
    terminal: &Terminal,
    look: impl FnOnce(&Listing) -> Result<T, Diagnostic>,
) -> Result<Opened<T>, Exit> {
    let outcome = load(name, |ask| load_shown(target, ask, terminal));
    opened(outcome, target, terminal, |listing, _| look(listing).map_err(|wrong| vec![wrong]))
}

/// What comes of a lab that is evaluated for a job of this name, or for a run.
pub(super) fn load(name: &str, evaluate: impl Fn(Ask) -> Outcome) -> Outcome {
    let of = |stages| Ask::Part(MOST_LISTED, Selection { stages, ..Selection::default() });
    let knows = |listing: &Listing| {
        let job = || find::job(listing, name).map_or_else(|e| e.code == find::AMBIGUOUS, |_| true);
        listing.run_number(name).is_some() || job()
    };
    let first = evaluate(of(find::stages(name)));
    // Without numbers it is all of the lab.
    let (Some(listing), Some(counts)) = (&first.listing, &first.counts) else { return first };
    if knows(listing) {
        return first;
    }
    let stages = listable(counts);
    let found = (!stages.is_empty()).then(|| evaluate(of(stages)));
    match found {
        Some(outcome) if outcome.listing.as_ref().is_none_or(knows) => outcome,
        Some(_) | None => Outcome::failed(unknown(name)),
    }
}

/// The names of stages that have few jobs, the fewest first.
fn listable(counts: &Counts) -> Vec<String> {
    let mut sums: BTreeMap<&str, Option<u128>> = BTreeMap::new();
    for stage in counts.runs.iter().flat_map(|run| &run.stages) {
        let sum = sums.entry(&*stage.name).or_insert(Some(0));
        *sum = match stage.jobs {
            Count::Exactly(jobs) | Count::AtMost(jobs) => sum.and_then(|sum| sum.checked_add(jobs)),
            Count::Beyond => None,
        };
    }
    let mut sums: Vec<(u128, &str)> =
        sums.into_iter().filter_map(|(name, sum)| Some((sum?, name))).collect();
    sums.sort_unstable();
    let mut left = MOST_LOOKED_AT;
    let few = sums.into_iter().take_while(|(sum, _)| {
        let rest = left.checked_sub(*sum);
        left = rest.unwrap_or(0);
        rest.is_some()
    });
    few.map(|(_, name)| name.to_owned()).collect()
}

fn unknown(name: &str) -> Diagnostic {
    let message =
        format!("no job of a stage that can be listed has a name that begins with `{name}`");
    Diagnostic::error("repx::cli::unknown-name", message).help(
        "the lab's other stages have too many jobs to look for one by its id: `repx list jobs --stage NAME --param \
         KEY=VALUE` finds some by their values, and tells all of them with --format json",
    )
}
