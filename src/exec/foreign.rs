//! What jobs need of Nix's store, where packages are derivations.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::sync::Arc;

use super::plan::Plan;
use super::schedule::{Ended, Executor, Failure, Unit};
use crate::store::{StoreDir, StorePath};
use crate::sweep::{Image, JobView, Listing, NIX_STORE, Source, paths_in};

/// Paths that the jobs of a plan need, with the stages that do: the scripts, and what parameters name.
pub fn store_paths(listing: &Listing, plan: &Plan) -> BTreeMap<StorePath, BTreeSet<Arc<str>>> {
    let mut paths: BTreeMap<StorePath, BTreeSet<Arc<str>>> = BTreeMap::new();
    for view in plan.jobs().filter_map(|job| listing.job(job)) {
        needs(&view, &mut |path| {
            let stages = paths.entry(path).or_default();
            if !stages.contains(&view.stage().name) {
                stages.insert(Arc::clone(&view.stage().name));
            }
        });
    }
    paths
}

/// The jobs of a plan that need one of these paths.
pub fn jobs_needing(listing: &Listing, plan: &Plan, paths: &BTreeSet<StorePath>) -> HashSet<u32> {
    let mut jobs = HashSet::new();
    for view in plan.jobs().filter_map(|job| listing.job(job)) {
        needs(&view, &mut |path| {
            if paths.contains(&path) {
                jobs.insert(view.number());
            }
        });
    }
    jobs
}

/// What the image of some runs has to be made for.
pub fn image(listing: &Listing, runs: &[u32], shared: bool) -> Image {
    let infos = runs.iter().filter_map(|run| listing.runs.get(*run as usize));
    let mut image = Image {
        runs: infos.map(|run| Arc::clone(&run.name)).collect(),
        shared,
        scripts: BTreeSet::new(),
        paths: BTreeSet::new(),
    };
    let jobs = runs.iter().flat_map(|run| listing.jobs_of(*run));
    for view in jobs.filter_map(|job| listing.job(job)) {
        image.scripts.extend(script_paths(&view));
        names(&view, &mut |path| {
            image.paths.insert(path);
        });
    }
    image
}

/// The paths that a job needs.
fn needs(view: &JobView<'_>, add: &mut dyn FnMut(StorePath)) {
    script_paths(view).for_each(&mut *add);
    names(view, add);
}

/// The paths that its parameters and inputs name.
fn names(view: &JobView<'_>, add: &mut dyn FnMut(StorePath)) {
    for (_, json) in view.params() {
        paths_in(json).for_each(&mut *add);
    }
    for (_, source) in view.inputs() {
        if let Source::Default(text) = source {
            paths_in(text).for_each(&mut *add);
        }
    }
}

/// Runs jobs but for those for which something isn't there.
pub struct Lacking<'e> {
    /// Who runs the others.
    pub executor: &'e dyn Executor,
    /// Those that can't run, and why.
    pub jobs: HashMap<u32, Arc<str>>,
}

impl Executor for Lacking<'_> {
    fn run(&self, unit: Unit) -> Ended {
        let Some(reason) = self.jobs.get(&unit.job) else {
            return self.executor.run(unit);
        };
        // No marker is left: it hasn't run, and the next call looks again.
        Ended::Failed(Failure { reason: reason.to_string(), log: None })
    }

    fn stop(&self, firmly: bool) {
        self.executor.stop(firmly);
    }
}

fn scripts<'l>(view: &JobView<'l>) -> impl Iterator<Item = Cow<'l, [u8]>> + use<'l> {
    let parts = view.recipes().iter().map(|recipe| Cow::Borrowed(recipe.text.as_slice()));
    let own = Some(view.script()).filter(|name| !name.is_empty());
    own.map(Cow::Owned).into_iter().chain(parts)
}

/// The files of a job's scripts.
fn script_paths(view: &JobView<'_>) -> impl Iterator<Item = StorePath> {
    scripts(view).filter_map(|name| {
        let name = std::str::from_utf8(&name).ok()?;
        StoreDir::default().parse(&format!("{NIX_STORE}{name}")).ok()
    })
}

/// The text of a script that Nix has made: what follows the line that names the shell and the one that says
/// where programs are found.
pub(super) fn script_text(name: &[u8]) -> io::Result<Vec<u8>> {
    let path = format!("{NIX_STORE}{}", String::from_utf8_lossy(name));
    let text = fs::read(&path).map_err(|error| io::Error::other(format!("{path}: {error}")))?;
    let mut ends = memchr::memchr_iter(b'\n', &text);
    let begin = ends.nth(1).map_or(0, |end| end + 1);
    // Who looks for what is still needed finds the path there.
    let origin = format!("# Built by Nix: {path}\n").into_bytes();
    Ok([&origin, text.get(begin..).unwrap_or_default()].concat())
}
