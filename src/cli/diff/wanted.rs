//! Which jobs of a saved listing are wanted: the filter of [`super::super::filter`], for records.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::reading::{Record, canonical, id};
use crate::cli::filter::{self, Filter};
use crate::sweep::{self, JobId, Listing};

/// A filter, and what it has met.
pub(super) struct Wanted<'a> {
    filter: Filter<'a>,
    /// The runs that are wanted; none said: all.
    runs: Vec<String>,
    params: Vec<Param>,
    /// Members of groups.
    groups: BTreeMap<String, Vec<String>>,
    /// Names that were met.
    met: BTreeSet<(&'static str, String)>,
}

/// A parameter, the texts of its wanted values, and the jobs that have one.
struct Param {
    wanted: sweep::Wanted,
    fitting: HashSet<JobId>,
}

impl<'a> Wanted<'a> {
    /// `today` says what words for values mean, and knows the groups where the saved listing says none.
    pub(super) fn new(filter: Filter<'a>, today: &Listing) -> Wanted<'a> {
        let params = filter::wanted(today, filter.params).into_iter();
        let params = params.map(|wanted| Param { wanted, fitting: HashSet::new() }).collect();
        let mut all = Wanted {
            filter,
            runs: Vec::new(),
            params,
            groups: BTreeMap::new(),
            met: BTreeSet::new(),
        };
        all.groups(today.groups.iter().cloned().collect());
        all
    }

    /// What the listing says of groups.
    pub(super) fn groups(&mut self, groups: BTreeMap<String, Vec<String>>) {
        self.groups = groups;
        self.runs.clear();
        for name in self.filter.runs {
            match name.strip_prefix('@').map(|group| self.groups.get(group)) {
                Some(Some(members)) => self.runs.extend(members.iter().cloned()),
                Some(None) => {}
                None => self.runs.push(name.clone()),
            }
        }
    }

    /// Are all jobs wanted?
    pub(super) fn everything(&self) -> bool {
        let Filter { runs, stages, params } = self.filter;
        runs.is_empty() && stages.is_empty() && params.is_empty()
    }

    /// Is this job wanted? Jobs that it reads from must have been asked about before.
    pub(super) fn has(&mut self, job: JobId, record: &Record<'_>) -> bool {
        if self.everything() {
            return true;
        }
        let beginning = record.name.split_at_checked(33).map_or("", |(_, rest)| rest);
        let ending = format!("-{}", record.version);
        let pname = beginning.strip_suffix(&ending).unwrap_or(beginning);
        let names = record.runs.iter().map(|run| ("run", &**run));
        let names = names.chain([("stage", &*record.stage), ("stage", pname)]);
        let params = record.params.keys().map(|name| ("parameter", &**name));
        for (what, name) in names.chain(params) {
            if self.filter.names(what, name) {
                self.met.insert((what, name.to_owned()));
            }
        }
        let stages = self.filter.stages;
        let run = |run: &str| self.runs.iter().any(|wanted| wanted == run);
        let mut wanted = (self.filter.runs.is_empty() || record.runs.iter().any(|name| run(name)))
            && (stages.is_empty()
                || stages.iter().any(|name| *name == *record.stage || *name == pname));
        for param in &mut self.params {
            let (key, values) = &param.wanted;
            let fits = match record.params.get(key.as_str()) {
                Some(value) => sweep::is_one_of(&canonical(value), values),
                None => {
                    let producers = record.inputs.values().filter_map(|input| input.job.as_ref());
                    let mut producers = producers.filter_map(|name| id(name));
                    producers.any(|producer| param.fitting.contains(&producer))
                }
            };
            if fits {
                param.fitting.insert(job);
            }
            wanted &= fits;
        }
        wanted
    }

    /// Does the listing know none of this name?
    pub(super) fn lacks(&self, what: &'static str, name: &str) -> bool {
        match what {
            "group" => !self.groups.contains_key(name),
            _ => !self.met.contains(&(what, name.to_owned())),
        }
    }
}
