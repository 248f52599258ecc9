//! What Nix has to build before jobs can run, where packages are derivations.
//!
//! Of a listing the paths of scripts are known, and which of them are in the store is asked of Nix. Only if
//! one is not there, or images are wanted, the lab is evaluated again, for the derivations that make them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::arguments::{Terminal, Volume};
use super::super::kept::with_made;
use super::super::load::{Outcome, Target};
use super::super::progress::{Phase, Shown};
use super::super::report::say;
use super::words;
use crate::diagnostic::Diagnostic;
use crate::exec::{Plan, store_paths};
use crate::realise::{Machine, Unbuilt};
use crate::store::{StoreDir, StorePath};
use crate::sweep::{Ask, Image, Listing, Progress};
use crate::world::KeeperError;

/// What derivations of scripts are called.
const SCRIPT: &str = "stage-script";

/// Where Nix is heard: what it builds is counted, and said unless it is a script.
pub(in crate::cli) struct Builder {
    volume: Volume,
    built: Arc<AtomicU64>,
    /// Nix may have to begin a build anew, which is no news.
    heard: Mutex<HashSet<String>>,
}

impl Builder {
    pub(in crate::cli) fn new(terminal: &Terminal) -> Builder {
        Builder { volume: terminal.volume, built: Arc::default(), heard: Mutex::default() }
    }

    /// What Nix says is told, shorter.
    pub(in crate::cli) fn hear(&self, line: &str) {
        let name = |line: &str| {
            let path = line.split('\'').nth(1)?;
            let path = StoreDir::default().parse(path).ok()?;
            Some(path.name().trim_end_matches(".drv").to_owned())
        };
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if !heard.insert(line.to_owned()) {
            return;
        }
        drop(heard);
        let building = line.starts_with("building '");
        if building {
            self.built.fetch_add(1, Ordering::Relaxed);
        }
        match name(line) {
            Some(name) if building && name == SCRIPT && self.volume != Volume::Verbose => {}
            Some(name) if building => self.tell(&format!("building {name}")),
            Some(_) | None => self.tell(line),
        }
    }

    /// Says something, unless there is to be silence.
    pub(in crate::cli) fn tell(&self, line: &str) {
        if self.volume != Volume::Quiet {
            say(line);
        }
    }

    /// Sees to it that everything the jobs of a plan need is in the store, and container images, where it stays as
    /// long as the machine is there. All of it is tried, whatever fails; it is said why, and given what isn't there.
    ///
    /// # Errors
    /// Why nothing can be built.
    pub(in crate::cli) fn build(
        &self,
        machine: &Machine<'_>,
        target: Target<'_>,
        (listing, plan): (&Listing, &Plan),
        images: &[Image],
        terminal: &Terminal,
    ) -> Result<Lack, Outcome> {
        let stages = store_paths(listing, plan);
        let failed = |error: &KeeperError| Outcome::failed(explained(error));
        machine.runs_here().map_err(|error| failed(&error))?;
        let missing = missing(machine, stages.keys().cloned().collect());
        let missing = missing.map_err(|error| failed(&error))?;
        if missing.is_empty() && images.is_empty() {
            return Ok(Lack::default());
        }
        let mut needed = Needed { stages, images: BTreeMap::new() };
        if !missing.is_empty() {
            self.tell(&format!("building with Nix: {}", scripts(&missing, &needed)));
        }
        let built = Arc::clone(&self.built);
        let reading = move || (Phase::Building, built.load(Ordering::Relaxed));
        let _shown = Shown::begin(terminal, reading);
        let scripts = images.iter().flat_map(|image| &image.scripts);
        let kept: HashSet<StorePath> = missing.iter().chain(scripts).cloned().collect();
        let ask = (Ask::Derivations(Arc::new(kept)), images);
        let made = with_made(target, ask, machine, &Progress::default(), |made, images| {
            let more = images.iter().flatten().cloned().collect();
            let more = self::missing(machine, more)?;
            if !more.is_empty() {
                self.tell(&format!("building with Nix: {}", words::images(more.len())));
            }
            let missing: BTreeSet<StorePath> = missing.into_iter().chain(more).collect();
            let unbuilt = match missing.is_empty() {
                true => Vec::new(),
                false => machine.make(made, &missing)?,
            };
            Ok((unbuilt, images))
        })?;
        let (unbuilt, made) = made.map_err(|error| failed(&error))?;
        for (path, image) in made.iter().flatten().zip(images) {
            let runs = image.runs.iter().filter(|_| !image.shared).cloned();
            needed.images.entry(path.clone()).or_default().extend(runs);
        }
        let diagnostics = failures(&unbuilt, &needed);
        let paths = unbuilt.into_iter().map(|one| one.wanted).collect();
        Ok(Lack { paths, diagnostics, images: made })
    }

    /// Has Nix keep what these jobs need, but for what isn't there, until the links go.
    pub(in crate::cli) fn keep(
        &self,
        machine: &Machine<'_>,
        links: &Path,
        (listing, plan): (&Listing, &Plan),
        lacking: &BTreeSet<StorePath>,
        images: &[StorePath],
    ) {
        let needed = store_paths(listing, plan).into_keys();
        let kept = needed.filter(|path| !lacking.contains(path)).chain(images.iter().cloned());
        let kept = kept.collect();
        match machine.keep(links, &kept) {
            // What was built once can be run without Nix.
            Ok(()) | Err(KeeperError::NoNix { .. }) => {}
            Err(error) => self.tell(&format!("Nix may delete the jobs' scripts: {error}")),
        }
    }
}

/// Paths, and what needs them.
struct Needed {
    /// Names of stages.
    stages: BTreeMap<StorePath, BTreeSet<Arc<str>>>,
    /// Images, by the runs that they are of; none if all share one.
    images: BTreeMap<StorePath, BTreeSet<Arc<str>>>,
}

/// What could not be built.
pub(in crate::cli) struct Lack {
    /// What was wanted.
    pub(in crate::cli) paths: BTreeSet<StorePath>,
    /// Why it isn't there.
    pub(in crate::cli) diagnostics: Vec<Diagnostic>,
    /// Where the images are, one for each that was wanted. `None`: the package set can't make any.
    images: Option<Vec<StorePath>>,
}

impl Default for Lack {
    fn default() -> Lack {
        Lack { paths: BTreeSet::new(), diagnostics: Vec::new(), images: Some(Vec::new()) }
    }
}

impl Lack {
    /// Where nothing may be missing, the images.
    ///
    /// # Errors
    /// Why something is.
    pub(in crate::cli) fn none(self) -> Result<Option<Vec<StorePath>>, Outcome> {
        match self.diagnostics.is_empty() {
            true => Ok(self.images),
            false => Err(Outcome { diagnostics: self.diagnostics, ..Outcome::default() }),
        }
    }
}

/// How many of the scripts that Nix would have to build aren't there, as far as can be seen without it.
pub(super) fn unbuilt(listing: &Listing, plan: &Plan) -> usize {
    store_paths(listing, plan).keys().filter(|path| !is_there(path)).count()
}

fn is_there(path: &StorePath) -> bool {
    Path::new(&StoreDir::default().print(path)).exists()
}

/// Those of these paths that aren't in the store.
fn missing(
    machine: &Machine<'_>,
    mut paths: BTreeSet<StorePath>,
) -> Result<BTreeSet<StorePath>, KeeperError> {
    if paths.is_empty() {
        return Ok(paths);
    }
    match machine.present(&paths) {
        Ok(present) => paths.retain(|path| !present.contains(path)),
        // What was built once can be used without Nix.
        Err(KeeperError::NoNix { .. }) if paths.iter().all(is_there) => paths.clear(),
        Err(error) => return Err(error),
    }
    Ok(paths)
}

/// "1 script, of stage `gen`".
fn scripts(missing: &BTreeSet<StorePath>, needed: &Needed) -> String {
    let of = named("stage", missing.iter().filter_map(|path| needed.stages.get(path)));
    match missing.len() {
        1 => format!("1 script, of {of}"),
        many => format!("{many} scripts, of {of}"),
    }
}

/// So many stages or runs are named.
const MOST_NAMED: usize = 5;

/// "stage `gen`", "stages `gen`, `use`".
pub(super) fn named<'p>(what: &str, names: impl Iterator<Item = &'p BTreeSet<Arc<str>>>) -> String {
    let names: BTreeSet<&str> = names.flatten().map(|name| &**name).collect();
    let shown: Vec<String> =
        names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{what}{} {}{more}", if names.len() == 1 { "" } else { "s" }, shown.join(", "))
}

/// "stage `gen`", "the image of run `main`".
fn whose(all: &[&Unbuilt], needed: &Needed) -> String {
    let stages = || all.iter().filter_map(|one| needed.stages.get(&one.wanted));
    let images = || all.iter().filter_map(|one| needed.images.get(&one.wanted));
    let stage = stages().next().map(|_| named("stage", stages()));
    let image = images().next().map(|runs| match runs.is_empty() {
        true => "the container image".to_owned(),
        false => format!("the container image of {}", named("run", images())),
    });
    let all: Vec<String> = stage.into_iter().chain(image).collect();
    all.join(" and ")
}

/// One for each build that failed, with what waits for it.
fn failures(unbuilt: &[Unbuilt], needed: &Needed) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Option<&StorePath>, &str), Vec<&Unbuilt>> = BTreeMap::new();
    for one in unbuilt {
        causes.entry((one.culprit.as_ref(), &one.reason)).or_default().push(one);
    }
    let told = causes.into_iter().map(|((culprit, reason), all)| {
        let whose = whose(&all, needed);
        let what = match culprit {
            Some(drv) if drv.name().trim_end_matches(".drv") != SCRIPT => {
                format!("{whose}: building `{}` failed", drv.name().trim_end_matches(".drv"))
            }
            None if !all.iter().any(|one| needed.stages.contains_key(&one.wanted)) => {
                format!("{whose}: building it failed")
            }
            Some(_) | None => format!("{whose}: building the script failed"),
        };
        let mut help = format!("Nix says: {reason}");
        if let Some(log) = all.first().map(|one| one.log.as_slice()).filter(|log| !log.is_empty()) {
            help.push_str("\nthis is how its log ends:");
            for line in log {
                help.push_str("\n│ ");
                help.push_str(line);
            }
        }
        if reason.contains("__noChroot") {
            help.push_str(
                "\nwhat has `__noChroot` is built where the sandbox is relaxed: `sandbox = relaxed` in \
                 nix.conf, or for a user whom Nix trusts `--option sandbox relaxed`",
            );
        }
        if let Some(drv) = culprit {
            let drv = StoreDir::default().print(drv);
            help.push_str(&format!("\nall of it: nix-store --read-log {drv}"));
        }
        Diagnostic::error("repx::run::build-failed", what).help(help)
    });
    told.collect()
}

/// Without Nix there is another way to go on.
fn explained(error: &KeeperError) -> Diagnostic {
    let diagnostic = error.diagnostic();
    match error {
        KeeperError::NoNix { .. } => diagnostic.help(
            "install Nix (on Debian: apt install nix-bin) or set REPX_NIX to the directory of its \
             programs; `--pkgs host` runs the lab with this machine's programs instead",
        ),
        _ => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the sandbox refuses is no failure of the build: it is said how Nix would do it.
    #[test]
    fn what_a_sandbox_refuses_has_a_way_out() {
        let dir = StoreDir::default();
        let path = |name: &str| {
            dir.parse(&format!("/nix/store/00000000000000000000000000000000-{name}")).unwrap()
        };
        let (wanted, drv) = (path("stage-script"), path("tool.drv"));
        let reason = format!(
            "derivation '{}' has '__noChroot' set, but that's not allowed when 'sandbox' is 'true'",
            dir.print(&drv)
        );
        let needed = Needed {
            stages: BTreeMap::from([(wanted.clone(), BTreeSet::from(["gen".into()]))]),
            images: BTreeMap::new(),
        };
        let unbuilt = Unbuilt { wanted, culprit: Some(drv), reason, log: Vec::new() };
        let told = failures(&[unbuilt], &needed);
        assert_eq!(told[0].message, "stage `gen`: building `tool` failed");
        let help = told[0].help.clone().unwrap();
        assert!(help.contains("`sandbox = relaxed` in nix.conf"), "{help}");
    }
}
