//! Which labs there are, what is known of them, and when they are to be looked at again.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::finding::{Edit, Finding};
use crate::editor::LabFacts;
use crate::sweep::is_inner;

/// A lab is looked at when nobody has typed for so long, but at once if looking at it takes no longer than
/// that.
const QUIET: Duration = Duration::from_millis(150);

/// A lab and what is known of it.
#[derive(Default)]
pub(super) struct Lab {
    /// The files that it consists of.
    pub(super) files: HashSet<PathBuf>,
    /// What evaluating it has told, at the places where that stands by now.
    pub(super) findings: Vec<Finding>,
    /// What it has told that isn't wrong.
    pub(super) facts: Option<Arc<LabFacts>>,
    /// Counts the changes.
    generation: u64,
    due: Option<Instant>,
    /// How long it took to say what is wrong with it, the last time.
    took: Option<Duration>,
}

impl Lab {
    /// The files that something was found in.
    pub(super) fn places(&self) -> impl Iterator<Item = PathBuf> {
        self.findings.iter().map(|finding| finding.place.path.to_path_buf())
    }
}

/// One that is being looked at.
struct Running {
    lab: PathBuf,
    generation: u64,
    interrupt: Arc<AtomicBool>,
    begun: Instant,
}

impl Running {
    /// Is it wanted? What isn't is about to end: the next one needn't wait for word of that.
    fn is_wanted(&self) -> bool {
        !self.interrupt.load(Ordering::Relaxed)
    }
}

/// All labs with open texts, by their directories.
#[derive(Default)]
pub(super) struct Labs {
    all: BTreeMap<PathBuf, Lab>,
    running: Option<Running>,
}

/// What is to be looked at next.
pub(super) struct Due {
    pub(super) lab: PathBuf,
    pub(super) generation: u64,
    pub(super) interrupt: Arc<AtomicBool>,
}

impl Labs {
    /// The labs.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&PathBuf, &Lab)> {
        self.all.iter()
    }

    /// One of them.
    pub(super) fn get_mut(&mut self, lab: &Path) -> Option<&mut Lab> {
        self.all.get_mut(lab)
    }

    /// A lab has changed: it is to be looked at when there is quiet, and what goes on is not wanted.
    pub(super) fn changed(&mut self, directory: &Path) {
        let lab = self.all.entry(directory.to_owned()).or_default();
        lab.generation += 1;
        let quick = lab.took.is_some_and(|took| took < QUIET);
        lab.due = Some(Instant::now() + if quick { Duration::ZERO } else { QUIET });
        if let Some(running) = self.running.as_ref().filter(|running| running.lab == directory) {
            running.interrupt.store(true, Ordering::Relaxed);
        }
    }

    /// All labs that a file belongs to have changed.
    pub(super) fn changed_with(&mut self, path: &Path) {
        let with = self.all.iter().filter(|(_, lab)| lab.files.contains(path));
        let with: Vec<PathBuf> = with.map(|(directory, _)| directory.clone()).collect();
        for lab in with {
            self.changed(&lab);
        }
    }

    /// What was found moves along with an edit of a file.
    pub(super) fn edited(&mut self, path: &Path, edit: &Edit) {
        for lab in self.all.values_mut() {
            lab.findings.retain_mut(|finding| finding.moves(path, edit));
        }
    }

    /// Forgets labs.
    pub(super) fn retain(&mut self, wanted: impl Fn(&Path) -> bool) {
        self.all.retain(|directory, _| wanted(directory));
        if let Some(running) = self.running.as_ref().filter(|r| !self.all.contains_key(&r.lab)) {
            running.interrupt.store(true, Ordering::Relaxed);
        }
    }

    /// How long nothing has to be done, if something will have to be.
    pub(super) fn wait(&self) -> Option<Duration> {
        let due = self.all.values().filter_map(|lab| lab.due).min();
        let due = due.filter(|_| !self.is_busy());
        due.map(|due| due.saturating_duration_since(Instant::now()))
    }

    fn is_busy(&self) -> bool {
        self.running.as_ref().is_some_and(Running::is_wanted)
    }

    /// What is to be looked at now; it is taken to be begun.
    pub(super) fn next(&mut self) -> Option<Due> {
        if self.is_busy() {
            return None;
        }
        let now = Instant::now();
        let due = self.all.iter_mut().find(|(_, lab)| lab.due.is_some_and(|due| due <= now));
        let (directory, lab) = due?;
        lab.due = None;
        let (generation, interrupt) = (lab.generation, Arc::new(AtomicBool::new(false)));
        self.running = Some(Running {
            lab: directory.clone(),
            generation,
            interrupt: Arc::clone(&interrupt),
            begun: now,
        });
        Some(Due { lab: directory.clone(), generation, interrupt })
    }

    /// Something is known of the one that is being looked at; `last`: it is done. The lab, if nothing has
    /// changed since it was begun.
    pub(super) fn finished(
        &mut self,
        directory: &Path,
        generation: u64,
        last: bool,
    ) -> Option<&mut Lab> {
        let is_it =
            |running: &&Running| running.lab == directory && running.generation == generation;
        let running = self.running.as_ref().filter(is_it);
        let took = running.map(|running| running.begun.elapsed());
        if last && running.is_some() {
            self.running = None;
        }
        let lab = self.all.get_mut(directory).filter(|lab| lab.generation == generation)?;
        if !last {
            lab.took = took;
        }
        Some(lab)
    }

    /// Stops what is going on.
    pub(super) fn stop(&self) {
        if let Some(running) = &self.running {
            running.interrupt.store(true, Ordering::Relaxed);
        }
    }
}

/// The directory of the lab that a file belongs to: the nearest with a lab, or with a flake.
pub(super) fn directory_of(path: &Path) -> Option<PathBuf> {
    let directory = path.ancestors().skip(1).find(|directory| {
        ["flake.nix", "nix/lab.nix", "lab.nix"].iter().any(|name| directory.join(name).is_file())
    })?;
    let outer = directory.parent().filter(|_| is_inner(directory));
    Some(outer.unwrap_or(directory).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_lab_counts() {
        let root = tempfile::tempdir().unwrap();
        let touch = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        ["flake.nix", "a/nix/lab.nix", "b/lab.nix", "b/c/d.nix"].into_iter().for_each(touch);
        let of = |name: &str| {
            let found = directory_of(&root.path().join(name));
            found.map(|found| found.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(of("a/nix/stages/x.nix").as_deref(), Some("a"));
        assert_eq!(of("a/nix/lab.nix").as_deref(), Some("a"));
        assert_eq!(of("b/c/d.nix").as_deref(), Some("b"));
        assert_eq!(of("other/x.nix").as_deref(), Some(""));
    }

    #[test]
    fn what_takes_no_time_is_not_waited_for() {
        let mut labs = Labs::default();
        let lab = Path::new("/lab");
        labs.changed(lab);
        std::thread::sleep(labs.wait().unwrap());
        let due = labs.next().unwrap();
        labs.finished(lab, due.generation, false).unwrap().took = Some(QUIET / 2);
        labs.finished(lab, due.generation, true);
        labs.changed(lab);
        assert_eq!(labs.wait(), Some(Duration::ZERO));
        labs.get_mut(lab).unwrap().took = Some(QUIET * 2);
        labs.changed(lab);
        assert!(!labs.wait().unwrap().is_zero());
    }

    #[test]
    fn an_edit_interrupts_and_what_comes_too_late_is_dropped() {
        let mut labs = Labs::default();
        let lab = Path::new("/lab");
        labs.changed(lab);
        assert!(labs.next().is_none(), "somebody may be typing");
        assert!(labs.wait().is_some_and(|wait| wait <= QUIET));
        std::thread::sleep(labs.wait().unwrap());
        let due = labs.next().unwrap();
        assert!(labs.wait().is_none(), "one at a time");
        labs.changed(lab);
        assert!(due.interrupt.load(Ordering::Relaxed));
        std::thread::sleep(labs.wait().expect("what isn't wanted is not waited for"));
        let old = due;
        let due = labs.next().unwrap();
        assert!(labs.finished(lab, old.generation, true).is_none());
        assert!(labs.next().is_none() && labs.wait().is_none(), "the new one goes on");
        assert!(labs.finished(lab, due.generation, true).is_some());
        assert!(labs.wait().is_none());
    }
}
