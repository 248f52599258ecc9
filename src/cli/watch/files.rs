//! Which changes on the disk concern a listing.
//!
//! In comes what an evaluation asked of the machine; out go the directories to be watched, and an
//! answer for each event. What was asked for and wasn't there counts: the nearest directory that is
//! there is watched for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::world::{Question, Reads};

/// Never changes, or not by hand.
const STILL: [&str; 5] = ["/nix/store", "/proc", "/sys", "/dev", "/repx-embedded"];

/// The paths that were asked about.
#[derive(Default)]
pub(super) struct Concerned {
    /// Each with whether its entries were.
    paths: BTreeMap<PathBuf, bool>,
}

impl Concerned {
    pub(super) fn of(reads: &Reads) -> Concerned {
        let mut concerned = Concerned::default();
        let moving = |path: &Path| !STILL.iter().any(|still| path.starts_with(still));
        for read in reads.paths.iter().filter(|read| moving(&read.path)) {
            let listed = read.reads.iter().any(|read| read.question == Question::Listing);
            concerned.add(read.path.clone(), listed);
            // What a link leads to changes elsewhere.
            if let Ok(real) = std::fs::canonicalize(&read.path)
                && real != read.path
                && moving(&real)
            {
                concerned.add(real, listed);
            }
        }
        concerned
    }

    fn add(&mut self, path: PathBuf, listed: bool) {
        *self.paths.entry(path).or_default() |= listed;
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    /// Does an event concern one of them?
    pub(super) fn by(&self, event: &Event) -> bool {
        // Reading is no change, and a lost event may have been any.
        event.need_rescan()
            || !matches!(event.kind, EventKind::Access(_))
                && event.paths.iter().any(|path| self.has(path))
    }

    /// Is it one of them, a directory that one of them is in, or an entry of one that was listed?
    fn has(&self, path: &Path) -> bool {
        let behind = (Bound::Included(path), Bound::Unbounded);
        let next = self.paths.range::<Path, _>(behind).next();
        next.is_some_and(|(next, _)| next.starts_with(path))
            || path.parent().is_some_and(|parent| self.paths.get(parent) == Some(&true))
    }

    /// The directories in which they would change. That of a directory is among them: it may be
    /// put in the place of another.
    fn directories(&self) -> BTreeSet<PathBuf> {
        let mut all = BTreeSet::new();
        for (path, listed) in &self.paths {
            let own = listed.then_some(path.as_path());
            for directory in own.into_iter().chain(path.parent()) {
                // The nearest that is there, and the one above it.
                let there = directory.ancestors().filter(|directory| directory.is_dir());
                all.extend(there.take(2).map(Path::to_owned));
            }
        }
        all
    }
}

/// The directories that are watched.
pub(super) struct Directories {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
}

impl Directories {
    pub(super) fn new(watcher: RecommendedWatcher) -> Directories {
        Directories { watcher, watched: BTreeSet::new() }
    }

    /// Watches those that matter, and no other. The first that can't be, and why.
    ///
    /// What has changed before this returns may be no event; what changes later is one.
    pub(super) fn watch(&mut self, concerned: &Concerned) -> Option<(PathBuf, notify::Error)> {
        for before in std::mem::take(&mut self.watched) {
            // There may be another directory of that name by now. One that isn't there any more the
            // system has forgotten.
            let _ = self.watcher.unwatch(&before);
        }
        let mut failed = None;
        let mut tried = BTreeSet::new();
        loop {
            // One may have been made since its parent, which wasn't watched yet, was looked into.
            let wanted: Vec<PathBuf> =
                concerned.directories().difference(&tried).cloned().collect();
            if wanted.is_empty() {
                return failed;
            }
            // Parents come first: if a directory goes before it is watched, that is an event.
            for directory in wanted {
                match self.watcher.watch(&directory, RecursiveMode::NonRecursive) {
                    Ok(()) => drop(self.watched.insert(directory.clone())),
                    Err(error) => failed = failed.or(Some((directory.clone(), error))),
                }
                tried.insert(directory);
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.watched.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_about_concerns_and_nothing_beside_it() {
        let mut concerned = Concerned::default();
        concerned.add("/lab/nix/lab.nix".into(), false);
        concerned.add("/lab/data".into(), true);
        let has = |path: &str| concerned.has(Path::new(path));
        assert!(
            ["/lab/nix/lab.nix", "/lab/nix", "/lab", "/lab/data", "/lab/data/new"]
                .map(has)
                .iter()
                .all(|concerns| *concerns)
        );
        let beside =
            ["/lab/nix/lab.nix.swp", "/lab/nix/lab", "/lab/.repx", "/lab/data/a/b", "/other"];
        assert!(!beside.map(has).contains(&true));
    }
}
