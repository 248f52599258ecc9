//! What jobs need of the embedded package set, and what of it this machine hasn't.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::graph::Graph;
use super::plan::Plan;
use super::tool::on_path;
use crate::sweep::{CORE, Listing, Package, PackageKind, Written, host_names};

/// Where the set's paths begin.
pub(super) const HOST: &str = "/repx-host/";

/// A package that jobs need and this machine doesn't have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lack {
    /// What is missing.
    pub missing: Missing,
    /// The stages whose jobs need it, and where their pipelines mention them. None: all do.
    pub stages: BTreeMap<Arc<str>, Written>,
    /// The blocks of these jobs.
    blocks: BTreeSet<usize>,
}

/// How a package is missing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Missing {
    /// The embedded set doesn't know it.
    Unknown(String),
    /// None of its programs is on PATH: the package, its main program.
    Program(String, String),
}

/// What the jobs of a plan need.
pub(super) struct Needs<'l> {
    /// Packages that they are run with, or that their scripts name, and how they are missing.
    packages: BTreeMap<String, (&'l Package, Option<Missing>)>,
    missing: BTreeMap<Missing, BTreeSet<usize>>,
}

impl<'l> Needs<'l> {
    pub(super) fn of(listing: &'l Listing, plan: &Plan) -> Needs<'l> {
        let mut needs = Needs { packages: BTreeMap::new(), missing: BTreeMap::new() };
        let mut known: HashMap<&str, &Package> = HashMap::new();
        for package in &listing.kit.packages {
            if let Some(name) = package.path.strip_prefix(HOST) {
                known.entry(name).or_insert(package);
            }
        }
        let made: BTreeSet<&str> =
            listing.kit.materials.iter().filter_map(|m| m.path.strip_prefix(HOST)).collect();
        for (number, block) in listing.blocks().iter().enumerate() {
            if !plan.touches(block) {
                continue;
            }
            for package in block.all_packages() {
                needs.add(package, number);
            }
            let mut named: BTreeSet<Vec<u8>> = BTreeSet::new();
            for text in block.texts() {
                for name in host_names(&text) {
                    if !named.contains(name) {
                        named.insert(name.to_vec());
                    }
                }
            }
            for name in named {
                let name = String::from_utf8_lossy(&name).into_owned();
                match known.get(name.as_str()) {
                    Some(package) => needs.add(package, number),
                    None if made.contains(name.as_str()) => {}
                    None => needs.lack(Missing::Unknown(name), number),
                }
            }
        }
        needs
    }

    /// Packages that they are run with, or that their scripts name, each once.
    pub(super) fn packages(&self) -> impl Iterator<Item = &'l Package> + '_ {
        self.packages.values().map(|(package, _)| *package)
    }

    fn add(&mut self, package: &'l Package, block: usize) {
        let name = package.path.strip_prefix(HOST).unwrap_or(&package.path);
        let known = self.packages.get(name).map(|(_, missing)| missing.clone());
        let missing = known.unwrap_or_else(|| {
            let missing = Missing::of(name, &package.kind, |program| on_path(program).is_some());
            self.packages.insert(name.to_owned(), (package, missing.clone()));
            missing
        });
        if let Some(missing) = missing {
            self.lack(missing, block);
        }
    }

    fn lack(&mut self, missing: Missing, block: usize) {
        self.missing.entry(missing).or_default().insert(block);
    }
}

impl Missing {
    /// Whether a package can't be had on a machine that has some programs, and how.
    pub fn of(name: &str, kind: &PackageKind, has: impl Fn(&str) -> bool) -> Option<Missing> {
        match kind {
            PackageKind::Unknown => Some(Missing::Unknown(name.to_owned())),
            PackageKind::Programs(programs) => {
                // One will do: `gawk` on a machine that has another `awk` is what that calls `awk`.
                let any = programs.iter().any(|program| has(program));
                let main = programs.first().filter(|_| !any)?;
                Some(Missing::Program(name.to_owned(), main.to_string()))
            }
            PackageKind::Library | PackageKind::Made => None,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Unknown(name) => write!(f, "the host package set knows no package `{name}`"),
            Missing::Program(package, program) => {
                write!(f, "package `{package}`: there is no program `{program}` on PATH")
            }
        }
    }
}

/// What the jobs of a plan need and this machine doesn't have; nothing where packages are derivations.
pub fn lacks(listing: &Listing, plan: &Plan) -> Vec<Lack> {
    if listing.kit.derivations {
        return Vec::new();
    }
    let [shell, ..] = CORE;
    if on_path(shell).is_none() && !plan.is_empty() {
        let missing = Missing::Program(shell.to_owned(), shell.to_owned());
        return vec![Lack { missing, stages: BTreeMap::new(), blocks: BTreeSet::new() }];
    }
    let lack = |(missing, blocks): (Missing, BTreeSet<usize>)| {
        let named = blocks.iter().rev().filter_map(|block| listing.blocks().get(*block));
        let stages = named.map(|block| (Arc::clone(&block.stage().name), block.written().clone()));
        Lack { missing, stages: stages.collect(), blocks }
    };
    Needs::of(listing, plan).missing.into_iter().map(lack).collect()
}

impl Lack {
    /// The package.
    pub fn package(&self) -> &str {
        match &self.missing {
            Missing::Unknown(name) | Missing::Program(name, _) => name,
        }
    }
}

/// Why a job can't run on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unable {
    /// It needs this package.
    Lacking(Arc<str>),
    /// It waits for jobs that can't run.
    Behind,
}

/// The jobs of a plan that won't run on this machine: those that lack something, and what waits for them.
pub fn unable(listing: &Listing, plan: &Plan, lacks: &[Lack]) -> HashMap<u32, Unable> {
    let lacking = jobs_lacking(listing, plan, lacks);
    if lacking.is_empty() {
        return HashMap::new();
    }
    let mut graph = Graph::new(listing, plan);
    let behind = lacking.keys().flat_map(|job| graph.fail(*job, &mut Vec::new()));
    let behind = behind.map(|job| (job, Unable::Behind)).collect::<Vec<_>>();
    let lacking = lacking.into_iter().map(|(job, package)| (job, Unable::Lacking(package)));
    behind.into_iter().chain(lacking).collect()
}

/// The jobs of a plan that can't run for want of something, each with the package.
pub fn jobs_lacking(listing: &Listing, plan: &Plan, lacks: &[Lack]) -> HashMap<u32, Arc<str>> {
    let mut jobs = HashMap::new();
    for lack in lacks {
        let package: Arc<str> = lack.package().into();
        for (number, block) in listing.blocks().iter().enumerate() {
            if lack.blocks.is_empty() || lack.blocks.contains(&number) {
                for job in block.range().filter(|job| plan.has(*job)) {
                    jobs.entry(job).or_insert_with(|| Arc::clone(&package));
                }
            }
        }
    }
    jobs
}
