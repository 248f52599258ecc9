//! Many builds in one call of Nix, and which of them failed.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::connection::Elsewhere;
use super::{Machine, closure, failure};
use crate::store::{StoreDir, StorePath};
use crate::world::{Keeper, KeeperError, Made};

/// Something that was to be in the store and isn't.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unbuilt {
    /// What was wanted.
    pub wanted: StorePath,
    /// The derivation whose build failed, perhaps one that the wanted path only needs.
    pub culprit: Option<StorePath>,
    /// How it ended.
    pub reason: String,
    /// The last lines that it wrote.
    pub log: Vec<String>,
}

/// Nothing, or what was said by what failed.
pub(super) type Built = Result<(), Vec<String>>;

/// A command line has room for so many paths: the least that POSIX systems in use give is 128 KiB.
const AT_ONCE: usize = 1000;
/// How often builds are begun that were killed: those that were asked for, which write a file or two, and
/// those that these need, which may take long and really have been killed.
const ATTEMPTS: usize = 40;
const ATTEMPTS_OF_OTHERS: usize = 4;
const KILLED: &str = "signal 9";
/// A derivation of ours that others need, and that writes a file as those that are asked for do (`nixlib/image.nix`).
const PATHS: &str = "repx-paths.drv";
/// Logs that are asked for: who has more failures than this fixes these first.
const MOST_LOGS: usize = 20;

impl Machine<'_> {
    /// Those of these paths that are in the store, where they stay as long as the machine is there.
    ///
    /// # Errors
    /// When the store can't be asked.
    pub fn present(&self, paths: &BTreeSet<StorePath>) -> Result<BTreeSet<StorePath>, KeeperError> {
        let paths: Vec<StorePath> = paths.iter().cloned().collect();
        let task = "build what jobs are run with";
        self.connected(task, |connection| connection.valid(&paths, Elsewhere::Stay))
    }

    /// Has all of these paths made, be it by building or by copying: what fails keeps no other from being
    /// made. Gives what wasn't.
    ///
    /// # Errors
    /// When Nix is not there, or nothing can be built.
    pub fn make(
        &self,
        made: Made<'_>,
        wanted: &BTreeSet<StorePath>,
    ) -> Result<Vec<Unbuilt>, KeeperError> {
        let producers = producers(made, wanted);
        let (objects, strangers): (Vec<_>, Vec<_>) = wanted
            .iter()
            .filter(|path| !producers.contains_key(path))
            .cloned()
            .partition(|path| made.objects.get(path).is_some());
        let drvs: BTreeSet<&StorePath> = producers.values().collect();
        let roots: Vec<StorePath> = drvs.iter().copied().chain(&objects).cloned().collect();
        self.register(made, &roots)?;
        let dir = StoreDir::default();
        let shown: Vec<String> =
            drvs.iter().copied().chain(&strangers).map(|path| dir.print(path)).collect();
        let said = self.realise_all(&drvs, &shown)?.err().unwrap_or_default();
        let present = self.present(wanted)?;
        let missing = wanted.iter().filter(|path| !present.contains(path));
        self.explain(made, &producers, missing, &said)
    }

    /// Has these built, whatever else fails; `asked` are those of the derivations that were asked for.
    pub(super) fn realise_all(
        &self,
        asked: &BTreeSet<&StorePath>,
        shown: &[String],
    ) -> Result<Built, KeeperError> {
        let mut built = self.realise_once(shown)?;
        // Nix 2.8 kills a builder whose output has ended, and where that hasn't quite ended itself, which
        // is as likely as not if it is bash, calls it a failure.
        for attempt in 1..ATTEMPTS {
            let Err(said) = &built else { break };
            let mut killed = failure::culprits(said);
            killed.retain(|(drv, reason)| {
                let ours = asked.contains(drv) || drv.name() == PATHS;
                (attempt < ATTEMPTS_OF_OTHERS || ours) && reason.contains(KILLED)
            });
            if killed.is_empty() {
                break;
            }
            built = self.realise_once(shown)?;
        }
        Ok(built)
    }

    fn realise_once(&self, shown: &[String]) -> Result<Built, KeeperError> {
        let mut built: Built = Ok(());
        for paths in shown.chunks(AT_ONCE) {
            let mut arguments = vec!["--realise", "--keep-going"];
            arguments.extend(paths.iter().map(String::as_str));
            let ran = self.programs.run("nix-store", "build", &arguments, self.say)?;
            if !ran.success {
                let mut said = built.err().unwrap_or_default();
                said.extend(ran.stderr);
                built = Err(said);
            }
        }
        Ok(built)
    }

    /// Keeps paths from being deleted as long as links to them lie in this directory.
    ///
    /// # Errors
    /// When Nix or the system refuses.
    pub fn keep(&self, links: &Path, paths: &BTreeSet<StorePath>) -> Result<(), KeeperError> {
        let dir = StoreDir::default();
        let refused = |error: io::Error| {
            failure::refused("make links to what is to be kept", &[error.to_string()])
        };
        fs::create_dir_all(links).map_err(refused)?;
        let entries: Vec<_> = fs::read_dir(links).map_err(refused)?.flatten().collect();
        let known: HashSet<PathBuf> =
            entries.iter().filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
        let shown = paths.iter().map(|path| dir.print(path));
        let new: Vec<String> = shown.filter(|path| !known.contains(Path::new(path))).collect();
        // Nix adds a number to a name that several paths share.
        let number = |entry: &fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            name.split('-').nth(1)?.parse::<usize>().ok()
        };
        let last = entries.iter().filter_map(number).max().unwrap_or_default();
        for (at, paths) in new.chunks(AT_ONCE).enumerate() {
            let link = links.join(format!("call-{}", last + at + 1)).display().to_string();
            let mut arguments = vec!["--realise", "--indirect", "--add-root", &link];
            arguments.extend(paths.iter().map(String::as_str));
            let ran = self.programs.run("nix-store", "keep roots", &arguments, &|_| ())?;
            if !ran.success {
                return Err(failure::refused(&format!("make the root '{link}'"), &ran.stderr));
            }
        }
        Ok(())
    }

    fn explain<'p>(
        &self,
        made: Made<'_>,
        producers: &BTreeMap<StorePath, StorePath>,
        missing: impl Iterator<Item = &'p StorePath>,
        said: &[String],
    ) -> Result<Vec<Unbuilt>, KeeperError> {
        let culprits = failure::culprits(said);
        let mut logs: BTreeMap<StorePath, Vec<String>> = BTreeMap::new();
        let mut unbuilt = Vec::new();
        for wanted in missing {
            let drv = producers.get(wanted);
            let needs: HashSet<StorePath> = drv
                .map(|drv| closure::order(made, std::slice::from_ref(drv)).into_iter().collect())
                .unwrap_or_default();
            let culprit = culprits.iter().find(|(culprit, _)| needs.contains(culprit));
            let Some((culprit, reason)) = culprit else {
                let KeeperError::Failed { reason, log, .. } = failure::of_build("", said) else {
                    return Err(failure::of_build("", said));
                };
                let culprit = None;
                unbuilt.push(Unbuilt { wanted: wanted.clone(), culprit, reason, log });
                continue;
            };
            if !logs.contains_key(culprit) && logs.len() < MOST_LOGS {
                logs.insert(culprit.clone(), self.log(culprit));
            }
            unbuilt.push(Unbuilt {
                wanted: wanted.clone(),
                culprit: Some(culprit.clone()),
                reason: reason.clone(),
                log: logs.get(culprit).cloned().unwrap_or_default(),
            });
        }
        Ok(unbuilt)
    }

    /// How the log of a build ends.
    fn log(&self, drv: &StorePath) -> Vec<String> {
        let drv = StoreDir::default().print(drv);
        let ran = self.programs.run("nix-store", "show logs", &["--read-log", &drv], &|_| ());
        let text = ran.map(|ran| ran.stdout).unwrap_or_default();
        failure::tail(super::programs::lines(&*text, &|_| ()))
    }
}

/// Those of the wanted paths that derivations make, and which.
fn producers(made: Made<'_>, wanted: &BTreeSet<StorePath>) -> BTreeMap<StorePath, StorePath> {
    let makers = made.derivations.makers(&StoreDir::default(), wanted);
    makers.into_iter().map(|(path, (drv, _))| (path, drv)).collect()
}
