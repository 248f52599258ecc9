//! What Nix has to build before jobs can run, where packages are derivations.
//!
//! Of a listing the paths of scripts are known, and which of them are in the store is asked of Nix. Only if
//! one is not there the lab is evaluated again, for the derivations that make it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::arguments::{Terminal, Volume};
use super::super::kept::with_made;
use super::super::load::{Outcome, Target};
use super::super::progress::{Phase, Shown};
use super::super::report::say;
use crate::diagnostic::Diagnostic;
use crate::exec::{Plan, store_paths};
use crate::realise::{Machine, Unbuilt};
use crate::store::{StoreDir, StorePath};
use crate::sweep::{Ask, Listing, Progress};
use crate::world::KeeperError;

/// What derivations of scripts are called.
const SCRIPT: &str = "stage-script";

/// Paths and the stages that need them.
type Needed = BTreeMap<StorePath, BTreeSet<Arc<str>>>;

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

    fn tell(&self, line: &str) {
        if self.volume != Volume::Quiet {
            say(line);
        }
    }

    /// Sees to it that everything the jobs of a plan need is in the store, where it stays as long as
    /// the machine is there. All of it is tried, whatever fails; it is said why, and given what isn't there.
    ///
    /// # Errors
    /// Why nothing can be built.
    pub(in crate::cli) fn build(
        &self,
        machine: &Machine<'_>,
        target: Target<'_>,
        listing: &Listing,
        plan: &Plan,
        terminal: &Terminal,
    ) -> Result<Lack, Outcome> {
        let needed = store_paths(listing, plan);
        let failed = |error: &KeeperError| Outcome::failed(explained(error));
        machine.runs_here().map_err(|error| failed(&error))?;
        let present = match machine.present(&needed.keys().cloned().collect()) {
            Ok(present) => present,
            // What was built once can be run without Nix.
            Err(KeeperError::NoNix { .. }) if needed.keys().all(is_there) => {
                return Ok(Lack::default());
            }
            Err(error) => return Err(failed(&error)),
        };
        let missing: BTreeSet<StorePath> =
            needed.keys().filter(|path| !present.contains(path)).cloned().collect();
        if missing.is_empty() {
            return Ok(Lack::default());
        }
        self.tell(&format!("building with Nix: {}", scripts(&missing, &needed)));
        let built = Arc::clone(&self.built);
        let reading = move || (Phase::Building, built.load(Ordering::Relaxed));
        let _shown = Shown::begin(terminal, reading);
        let wanted: HashSet<StorePath> = missing.iter().cloned().collect();
        let ask = Ask::Derivations(Arc::new(wanted));
        let made = with_made(target, ask, machine, &Progress::default(), |made| {
            machine.make(made, &missing)
        })?;
        let unbuilt = made.map_err(|error| failed(&error))?;
        let diagnostics = failures(&unbuilt, &needed);
        let paths = unbuilt.into_iter().map(|one| one.wanted).collect();
        Ok(Lack { paths, diagnostics })
    }

    /// Has Nix keep what these jobs need, but for what isn't there, until the links go.
    pub(in crate::cli) fn keep(
        &self,
        machine: &Machine<'_>,
        links: &Path,
        (listing, plan): (&Listing, &Plan),
        lacking: &BTreeSet<StorePath>,
    ) {
        let needed = store_paths(listing, plan).into_keys();
        let kept = needed.filter(|path| !lacking.contains(path)).collect();
        match machine.keep(links, &kept) {
            // What was built once can be run without Nix.
            Ok(()) | Err(KeeperError::NoNix { .. }) => {}
            Err(error) => self.tell(&format!("Nix may delete the jobs' scripts: {error}")),
        }
    }
}

/// What could not be built.
#[derive(Default)]
pub(in crate::cli) struct Lack {
    /// What was wanted.
    pub(in crate::cli) paths: BTreeSet<StorePath>,
    /// Why it isn't there.
    pub(in crate::cli) diagnostics: Vec<Diagnostic>,
}

impl Lack {
    /// Where nothing may be missing.
    ///
    /// # Errors
    /// Why something is.
    pub(in crate::cli) fn none(self) -> Result<(), Outcome> {
        match self.diagnostics.is_empty() {
            true => Ok(()),
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

/// "1 script, of stage `gen`".
fn scripts(missing: &BTreeSet<StorePath>, needed: &Needed) -> String {
    let stages = stages(missing.iter(), needed);
    match missing.len() {
        1 => format!("1 script, of {stages}"),
        many => format!("{many} scripts, of {stages}"),
    }
}

/// So many stages are named.
const MOST_NAMED: usize = 5;

/// "stage `gen`", "stages `gen`, `use`".
fn stages<'p>(paths: impl Iterator<Item = &'p StorePath>, needed: &Needed) -> String {
    let names: BTreeSet<&str> =
        paths.filter_map(|path| needed.get(path)).flatten().map(|name| &**name).collect();
    let shown: Vec<String> =
        names.iter().take(MOST_NAMED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("stage{} {}{more}", if names.len() == 1 { "" } else { "s" }, shown.join(", "))
}

/// One for each build that failed, with the stages that wait for it.
fn failures(unbuilt: &[Unbuilt], needed: &Needed) -> Vec<Diagnostic> {
    let mut causes: BTreeMap<(Option<&StorePath>, &str), Vec<&Unbuilt>> = BTreeMap::new();
    for one in unbuilt {
        causes.entry((one.culprit.as_ref(), &one.reason)).or_default().push(one);
    }
    let told = causes.into_iter().map(|((culprit, reason), all)| {
        let stages = stages(all.iter().map(|one| &one.wanted), needed);
        let what = match culprit {
            Some(drv) if drv.name().trim_end_matches(".drv") != SCRIPT => {
                format!("{stages}: building `{}` failed", drv.name().trim_end_matches(".drv"))
            }
            Some(_) | None => format!("{stages}: building the script failed"),
        };
        let mut help = format!("Nix says: {reason}");
        if let Some(log) = all.first().map(|one| one.log.as_slice()).filter(|log| !log.is_empty()) {
            help.push_str("\nthis is how its log ends:");
            for line in log {
                help.push_str("\n│ ");
                help.push_str(line);
            }
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
