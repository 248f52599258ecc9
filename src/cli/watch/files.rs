//! Which changes on the disk concern a listing.
//!
//! In comes what an evaluation asked of the machine; out go the directories to be watched, and an
//! answer for each event. What was asked for and wasn't there counts: the nearest directory that is
//! there is watched for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

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
    /// Each with what it is told by.
    watched: BTreeMap<PathBuf, Option<Identity>>,
}

/// Tells a directory from another that takes its name: device, inode, and when it was made, since inodes are
/// used again.
type Identity = (u64, u64, SystemTime);

/// Nothing where the system doesn't say when a directory was made.
fn identity(directory: &Path) -> Option<Identity> {
    let metadata = std::fs::metadata(directory).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.created().ok()?))
}

impl Directories {
    pub(super) fn new(watcher: RecommendedWatcher) -> Directories {
        Directories { watcher, watched: BTreeMap::new() }
    }

    /// Watches those that matter, and no other. The first that can't be, and why.
    ///
    /// One that is watched already is so without a gap: nobody looks again for what happens in one.
    pub(super) fn watch(&mut self, concerned: &Concerned) -> Option<(PathBuf, notify::Error)> {
        let wanted: BTreeMap<PathBuf, Option<Identity>> = concerned
            .directories()
            .into_iter()
            .map(|directory| {
                let identity = identity(&directory);
                (directory, identity)
            })
            .collect();
        let same = |directory: &PathBuf, before: &Option<Identity>| {
            before.is_some() && wanted.get(directory) == Some(before)
        };
        for (directory, _) in self.watched.iter().filter(|(name, before)| !same(name, before)) {
            // One that isn't there any more the system has forgotten.
            let _ = self.watcher.unwatch(directory);
        }
        let mut kept = std::mem::take(&mut self.watched);
        kept.retain(|directory, before| same(directory, before));
        let mut failed = None;
        for (directory, identity) in wanted {
            if kept.contains_key(&directory) {
                continue;
            }
            match self.watcher.watch(&directory, RecursiveMode::NonRecursive) {
                Ok(()) => drop(kept.insert(directory, identity)),
                Err(error) => failed = failed.or(Some((directory, error))),
            }
        }
        self.watched = kept;
        failed
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
