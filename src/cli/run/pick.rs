//! Which jobs names on the command line mean.

use crate::diagnostic::Diagnostic;
use crate::sweep::Listing;

use super::super::filter::{groups, no_such, no_such_run};

/// Beginnings of ids that are as short may mean anything.
const SHORTEST: usize = 4;
/// So many jobs that a beginning may mean are named.
const MOST_NAMED: usize = 4;

/// The jobs of runs, of groups' runs and of ids, ascending; without names all.
///
/// # Errors
/// One for each name that means nothing, or more than one thing.
pub(super) fn jobs(listing: &Listing, names: &[String]) -> Result<Vec<u32>, Vec<Diagnostic>> {
    if names.is_empty() {
        return Ok((0..listing.len() as u32).collect());
    }
    let mut picked = Vec::new();
    let mut wrong = Vec::new();
    for name in names {
        match one(listing, name) {
            Ok(jobs) => picked.extend(jobs),
            Err(problem) => wrong.push(problem),
        }
    }
    picked.sort_unstable();
    picked.dedup();
    if wrong.is_empty() { Ok(picked) } else { Err(wrong) }
}

fn one(listing: &Listing, name: &str) -> Result<Vec<u32>, Diagnostic> {
    if let Some(group) = name.strip_prefix('@') {
        let found = listing.groups.iter().find(|(known, _)| known == group);
        let (_, runs) =
            found.ok_or_else(|| no_such("group", group, &groups(listing)).diagnostic)?;
        return Ok(runs.iter().filter_map(|run| of_run(listing, run)).flatten().collect());
    }
    if let Some(jobs) = of_run(listing, name) {
        return Ok(jobs);
    }
    let unknown = || {
        let known = listing.runs.iter().map(|run| &*run.name).collect();
        no_such_run(name, &known, &groups(listing)).diagnostic
    };
    if name.len() < SHORTEST {
        return Err(unknown());
    }
    let matches = of_id(listing, name);
    match matches.as_slice() {
        [] => Err(unknown()),
        [job] => Ok(vec![*job]),
        several => {
            let shown = several.iter().take(MOST_NAMED).filter_map(|job| listing.id(*job));
            let shown: Vec<String> = shown.map(|id| format!("`{id}`")).collect();
            Err(Diagnostic::error(
                "repx::cli::ambiguous-name",
                format!("the ids of {} jobs begin with `{name}`", several.len()),
            )
            .help(format!("say more of it: {}", shown.join(", "))))
        }
    }
}

fn of_run(listing: &Listing, name: &str) -> Option<Vec<u32>> {
    let number = listing.runs.iter().position(|run| *run.name == *name)? as u32;
    let own = listing.blocks().iter().filter(|block| block.run() == number);
    let shared = listing.shared_jobs().filter(|(run, _)| *run == number).map(|(_, job)| job);
    Some(own.flat_map(crate::sweep::Block::range).chain(shared).collect())
}

/// Jobs whose id, or full name, begins so.
fn of_id(listing: &Listing, name: &str) -> Vec<u32> {
    let id = name.split_once('-').map_or(name, |(id, _)| id);
    let fits = |job: &u32| {
        let own = listing.id(*job).map(|own| own.to_string()).unwrap_or_default();
        let full = || listing.job(*job).is_some_and(|job| job.name().to_string().starts_with(name));
        own.starts_with(id) && (id == name || full())
    };
    (0..listing.len() as u32).filter(fits).collect()
}
