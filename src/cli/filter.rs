//! Which jobs of a listing are wanted.
//!
//! In come a listing and names from the command line; out comes a [`View`]. A job is wanted when
//! it is of a wanted run, of a wanted stage, and has a wanted value of every parameter named: its
//! own, or where its stage doesn't declare it, that of a job whose output it reads.
//! Names that the lab doesn't have are mistakes, values are not: a sweep may just not reach them.

use std::collections::BTreeSet;

use super::arguments::EvalOptions;
use super::listing::View;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::sweep::{Asked, Block, Counts, JobBits, Listing, Selection, StageCount, Wanted, meant};

/// Names from the command line; of an empty list everything is wanted.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    /// Runs, and groups after an `@`.
    pub(super) runs: &'a [String],
    /// Stages, by their names in the pipeline or by `pname`.
    pub(super) stages: &'a [String],
    /// Parameters and words for values; see [`meant`].
    pub(super) params: &'a [(String, String)],
}

impl<'a> Filter<'a> {
    /// What the command line says.
    pub(super) fn of(options: &'a EvalOptions) -> Filter<'a> {
        Filter { runs: &options.runs, stages: &options.stages, params: &options.params }
    }

    /// The same for whoever lists.
    pub(super) fn selection(&self) -> Selection {
        let (runs, stages) = (self.runs.to_vec(), self.stages.to_vec());
        Selection { runs, stages, params: asked(self.params) }
    }

    /// Does it say this name?
    pub(super) fn names(&self, what: &str, name: &str) -> bool {
        match what {
            "run" => self.runs.iter().any(|run| run == name),
            "stage" => self.stages.iter().any(|stage| stage == name),
            _ => self.params.iter().any(|(key, _)| key == name),
        }
    }
}

/// A name that a lab doesn't have.
pub(super) struct Unknown {
    /// "run", "group", "stage" or "parameter".
    pub(super) what: &'static str,
    /// The name.
    pub(super) name: String,
    /// What is to be said about it.
    pub(super) diagnostic: Diagnostic,
}

impl Unknown {
    /// Is it the same name of the same kind?
    pub(super) fn is_same(&self, other: &Unknown) -> bool {
        (self.what, &self.name) == (other.what, &other.name)
    }
}

/// The part of a listing that a filter lets through.
///
/// # Errors
/// One for each name that the lab doesn't have.
pub(super) fn select<'l>(
    listing: &'l Listing,
    filter: Filter<'_>,
) -> Result<View<'l>, Vec<Diagnostic>> {
    match select_known(listing, filter) {
        (view, unknown) if unknown.is_empty() => Ok(view),
        (_, unknown) => Err(unknown.into_iter().map(|unknown| unknown.diagnostic).collect()),
    }
}

/// The same where names that the lab doesn't have are no mistake: they let nothing through.
pub(super) fn select_known<'l>(
    listing: &'l Listing,
    filter: Filter<'_>,
) -> (View<'l>, Vec<Unknown>) {
    let mut view = View::all(listing);
    let mut unknown = Vec::new();
    if !filter.runs.is_empty() {
        view.runs = runs(listing, filter.runs, &mut unknown);
    }
    check_stages(listing, filter.stages, &mut unknown);
    let wanted = wanted(listing, filter.params);
    let params = params(listing, &wanted, &mut unknown);
    let everything = view.runs.iter().all(|run| *run) && filter.stages.is_empty();
    if everything && params.is_empty() {
        return (view, unknown);
    }
    let mut jobs = JobBits::default();
    for block in listing.blocks() {
        mark(&mut jobs, listing, block, &view.runs, filter.stages);
    }
    for param in params {
        jobs.keep(&param.fitting(listing));
    }
    view.jobs = Some(jobs);
    (view, unknown)
}

/// The same of a listing beside which the jobs were counted: it may have but those that were asked for.
///
/// # Errors
/// One for each name that the lab doesn't have.
pub(super) fn select_some<'l>(
    listing: &'l Listing,
    counts: Option<&Counts>,
    filter: Filter<'_>,
) -> Result<View<'l>, Vec<Diagnostic>> {
    match counts {
        None => select(listing, filter),
        // What the part doesn't know the lab may know.
        Some(counts) => {
            select_runs(listing, counts, filter).map(|_| select_known(listing, filter).0)
        }
    }
}

/// The same for a lab whose jobs were only counted: which runs are shown.
///
/// # Errors
/// One for each name that the lab doesn't have.
pub(super) fn select_runs(
    listing: &Listing,
    counts: &Counts,
    filter: Filter<'_>,
) -> Result<Vec<bool>, Vec<Diagnostic>> {
    let mut unknown = Vec::new();
    let shown = match filter.runs {
        [] => vec![true; listing.runs.len()],
        wanted => runs(listing, wanted, &mut unknown),
    };
    let stages = || counts.runs.iter().flat_map(|run| &run.stages);
    let called = |stage: &StageCount, name: &str| {
        *stage.name == *name
            || stage.pnames.as_ref().is_none_or(|all| all.iter().any(|pname| **pname == *name))
    };
    for name in filter.stages {
        if !stages().any(|stage| called(stage, name)) {
            let known = stages().map(|stage| &*stage.name).collect();
            unknown.push(no_such("stage", name, &known));
        }
    }
    let params: BTreeSet<&str> = stages().flat_map(|stage| &stage.params).map(|p| &**p).collect();
    for (key, _) in filter.params {
        if !params.contains(key.as_str()) {
            unknown.push(no_such("parameter", key, &params));
        }
    }
    let unknown: Vec<Diagnostic> = unknown.into_iter().map(|unknown| unknown.diagnostic).collect();
    if unknown.is_empty() { Ok(shown) } else { Err(unknown) }
}

/// Parameters, and the words that are given for each.
fn asked(params: &[(String, String)]) -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    for (key, word) in params {
        match all.iter_mut().find(|(other, _)| other == key) {
            Some((_, words)) => words.push(word.clone()),
            None => all.push((key.clone(), vec![word.clone()])),
        }
    }
    all
}

/// Parameters, and the texts that are wanted values of them.
pub(super) fn wanted(listing: &Listing, params: &[(String, String)]) -> Vec<Wanted> {
    let mean = |(key, words): Asked| {
        let own = listing.blocks().iter().flat_map(Block::params);
        let known: Vec<_> =
            own.filter(|param| **param.name() == *key).map(|param| param.known()).collect();
        let texts = words.iter().flat_map(|word| meant(word, &known)).collect();
        (key, texts)
    };
    asked(params).into_iter().map(mean).collect()
}

/// Marks those jobs of a block that are of a wanted run and of a wanted stage.
fn mark(wanted: &mut JobBits, listing: &Listing, block: &Block, runs: &[bool], stages: &[String]) {
    let shown = |run: u32| runs.get(run as usize) == Some(&true);
    let named = |name: &str| *block.stage().name == *name;
    let any = stages.is_empty() || stages.iter().any(|name| named(name));
    let by_pname: Vec<bool> = block.pnames().map(|pname| any || stages.contains(&pname)).collect();
    if !by_pname.contains(&true) {
        return;
    }
    let Some(mut job) = listing.job(block.range().start).filter(|_| !block.range().is_empty())
    else {
        return;
    };
    for number in block.range() {
        job.seek(number);
        let fits = (shown(block.run()) || job.runs().any(shown))
            && (any || by_pname.get(job.picks().pname) == Some(&true));
        if fits {
            wanted.add(number);
        }
    }
}

fn runs(listing: &Listing, wanted: &[String], unknown: &mut Vec<Unknown>) -> Vec<bool> {
    let mut shown = vec![false; listing.runs.len()];
    let mut show = |name: &str| {
        let run = listing.run_number(name);
        let place = run.and_then(|index| shown.get_mut(index));
        place.map(|place| *place = true).is_some()
    };
    for name in wanted {
        if let Some(group) = name.strip_prefix('@') {
            match listing.groups.iter().find(|(known, _)| known == group) {
                Some((_, members)) => members.iter().for_each(|member| {
                    show(member);
                }),
                None => unknown.push(no_such("group", group, &groups(listing))),
            }
        } else if !show(name) {
            let known = listing.runs.iter().map(|run| &*run.name).collect();
            unknown.push(no_such_run(name, &known, &groups(listing)));
        }
    }
    shown
}

pub(super) fn groups(listing: &Listing) -> BTreeSet<&str> {
    listing.groups.iter().map(|(name, _)| name.as_str()).collect()
}

fn is_stage(block: &Block, name: &str) -> bool {
    *block.stage().name == *name || block.pnames().any(|pname| *pname == *name)
}

fn check_stages(listing: &Listing, wanted: &[String], unknown: &mut Vec<Unknown>) {
    for name in wanted {
        let mut keys = listing.runs.iter().flat_map(|run| &run.stages);
        if !keys.any(|key| **key == **name)
            && !listing.blocks().iter().any(|block| is_stage(block, name))
        {
            let known = listing.runs.iter().flat_map(|run| &run.stages).map(|key| &**key).collect();
            unknown.push(no_such("stage", name, &known));
        }
    }
}

/// A parameter and the texts that are a wanted value of it.
struct Param<'a> {
    key: &'a str,
    values: &'a [String],
}

impl Param<'_> {
    /// Which jobs have a wanted value. A job stands behind those it reads from.
    fn fitting(&self, listing: &Listing) -> JobBits {
        let mut fitting = JobBits::default();
        for block in listing.blocks().iter().filter(|block| !block.range().is_empty()) {
            let own = block.params().iter().position(|param| **param.name() == *self.key);
            let Some(mut job) = listing.job(block.range().start) else {
                continue;
            };
            for number in block.range() {
                job.seek(number);
                let used = job.wiring().map_or(&[][..], |wiring| &wiring.used);
                let fits = match own {
                    Some(index) => self.values.iter().any(|wanted| *wanted == job.param(index)),
                    None => used.iter().any(|index| fitting.has(job.producer(*index))),
                };
                if fits {
                    fitting.add(number);
                }
            }
        }
        fitting
    }
}

fn params<'a>(
    listing: &Listing,
    wanted: &'a [Wanted],
    unknown: &mut Vec<Unknown>,
) -> Vec<Param<'a>> {
    let known = names_of_params(listing);
    let missing = wanted.iter().filter(|(key, _)| !known.contains(key.as_str()));
    unknown.extend(missing.map(|(key, _)| no_such("parameter", key, &known)));
    wanted.iter().map(|(key, values)| Param { key, values }).collect()
}

fn names_of_params(listing: &Listing) -> BTreeSet<&str> {
    listing.blocks().iter().flat_map(Block::params).map(|param| &**param.name()).collect()
}

pub(super) fn no_such(what: &'static str, name: &str, known: &BTreeSet<&str>) -> Unknown {
    let message = format!("the lab has no {what} `{name}`");
    let diagnostic = Diagnostic::error("repx::cli::unknown-name", message)
        .maybe_help(did_you_mean(name, known).or_else(|| listed(what, known)));
    Unknown { what, name: name.to_owned(), diagnostic }
}

pub(super) fn no_such_run(name: &str, known: &BTreeSet<&str>, groups: &BTreeSet<&str>) -> Unknown {
    let mut unknown = no_such("run", name, known);
    if groups.contains(name) {
        let help = format!("the group of that name is `@{name}`");
        unknown.diagnostic = unknown.diagnostic.help(help);
    }
    unknown
}

/// Names more than this are not worth reading.
const MOST_NAMES: usize = 12;

fn listed(what: &str, known: &BTreeSet<&str>) -> Option<String> {
    if known.is_empty() {
        return Some(format!("it has no {what} at all"));
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    (names.len() <= MOST_NAMES).then(|| format!("it has {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::listing::sample;
    use super::*;

    fn wanted(
        runs: &[&str],
        stages: &[&str],
        params: &[(&str, &str)],
    ) -> Result<Vec<usize>, Vec<String>> {
        let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let params: Vec<(String, String)> =
            params.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let listing = sample::listing();
        let (runs, stages) = (own(runs), own(stages));
        let filter = Filter { runs: &runs, stages: &stages, params: &params };
        match select(&listing, filter) {
            Ok(view) => Ok((0..listing.len()).filter(|i| view.shows(*i as u32)).collect()),
            Err(errors) => Err(errors
                .into_iter()
                .map(|e| format!("{}; {}", e.message, e.help.unwrap_or_default()))
                .collect()),
        }
    }

    #[test]
    fn jobs_of_runs_groups_stages_and_values() {
        assert_eq!(wanted(&[], &[], &[]), Ok(vec![0, 1, 2, 3, 4]));
        assert_eq!(wanted(&["analysis"], &[], &[]), Ok(vec![0, 4]));
        assert_eq!(wanted(&["@all"], &[], &[]), Ok(vec![0, 1, 2, 3, 4]));
        assert_eq!(wanted(&[], &["train"], &[]), Ok(vec![2, 3]));
        assert_eq!(wanted(&[], &["train-fast"], &[]), Ok(vec![2]));
        assert_eq!(wanted(&[], &[], &[("mode", "fast")]), Ok(vec![2]));
        assert_eq!(wanted(&[], &[], &[("mode", "\"fast\"")]), Ok(vec![2]));
        assert_eq!(wanted(&[], &[], &[("mode", "fast"), ("mode", "slow")]), Ok(vec![2, 3]));
        assert_eq!(wanted(&[], &[], &[("mode", "fast"), ("seed", "2")]), Ok(vec![]));
        assert_eq!(wanted(&[], &["generate"], &[("seed", "2")]), Ok(vec![1]));
    }

    #[test]
    fn unknown_names_are_mistakes() {
        let message = |text: &str| Err(vec![text.to_owned()]);
        assert_eq!(
            wanted(&["analysys"], &[], &[]),
            message("the lab has no run `analysys`; did you mean `analysis`?")
        );
        assert_eq!(
            wanted(&["all"], &[], &[]),
            message("the lab has no run `all`; the group of that name is `@all`")
        );
        assert_eq!(wanted(&["@x"], &[], &[]), message("the lab has no group `x`; it has `all`"));
        assert_eq!(
            wanted(&[], &["trian"], &[]),
            message("the lab has no stage `trian`; did you mean `train`?")
        );
        assert_eq!(
            wanted(&[], &[], &[("sed", "1")]),
            message("the lab has no parameter `sed`; did you mean `seed`?")
        );
        assert_eq!(wanted(&["a"], &["b"], &[]).map_err(|errors| errors.len()), Err(2));
    }
}
