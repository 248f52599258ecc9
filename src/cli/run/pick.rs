//! Which jobs names on the command line mean.

use super::super::filter::{groups, no_such, no_such_run};
use super::super::find;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::sweep::{Block, Listing};

/// Beginnings of ids that are as short may mean anything.
const SHORTEST: usize = 4;

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

/// Does a name mean something, or more than one thing?
pub(in crate::cli) fn knows(listing: &Listing, name: &str) -> bool {
    one(listing, name).map_or_else(|wrong| wrong.code == find::AMBIGUOUS, |_| true)
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
        let wrong = no_such_run(name, &known, &groups(listing)).diagnostic;
        // A run's name is nearer to hand than an id.
        match did_you_mean(name, &known).is_none().then(|| find::near(listing, name)).flatten() {
            Some(near) => wrong.help(format!("did you mean `{near}`?")),
            None => wrong,
        }
    };
    match find::job(listing, name) {
        // Few letters are the beginning of some id or other.
        Ok(job) if name.len() >= SHORTEST || find::is_of(&job, name) => Ok(vec![job.number()]),
        Err(wrong)
            if wrong.code == find::AMBIGUOUS
                && (name.len() >= SHORTEST
                    || listing.blocks().iter().any(|block| is_called(block, name))) =>
        {
            Err(wrong)
        }
        Ok(_) | Err(_) => Err(unknown()),
    }
}

/// Is it a stage, or are its jobs, of this name?
fn is_called(block: &Block, name: &str) -> bool {
    *block.stage().name == *name || block.pnames().any(|pname| pname == name)
}

fn of_run(listing: &Listing, name: &str) -> Option<Vec<u32>> {
    let number = listing.run_number(name)? as u32;
    Some(listing.jobs_of(number).collect())
}
