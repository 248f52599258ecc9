//! How far jobs have come, as their folders say.

use std::path::Path;

use hashbrown::HashMap;

use crate::sweep::JobView;
use crate::world::{FileKind, World};

/// How far a job has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    /// Its results are there.
    Done,
    /// It ran and gave none.
    Failed,
    /// Neither.
    Pending,
}

impl Status {
    /// As listings say it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Failed => "failed",
            Status::Pending => "pending",
        }
    }
}

/// Folders that are worth a thread: each takes the system a few microseconds.
const SHARE: usize = 512;

/// The states of all jobs that have one; the others are pending.
#[derive(Default)]
pub(crate) struct Statuses(HashMap<String, Status>);

impl Statuses {
    /// Reads `<base>/outputs/<job name>/repx/SUCCESS|FAIL`. The folder of outputs is read once;
    /// where there is none, nothing has run. Jobs' own folders are looked into by several threads.
    pub(crate) fn read(base: &Path, world: &dyn World) -> Statuses {
        let outputs = base.join("outputs");
        // No folder, or one that can't be read: nothing is known to be done.
        let entries = world.list_dir(&outputs).unwrap_or_default();
        let names = entries.into_iter().filter(|(_, kind)| *kind == FileKind::Directory);
        let names: Vec<String> =
            names.filter_map(|(name, _)| String::from_utf8(name).ok()).collect();
        let look = |names: &[String]| -> Vec<Status> {
            names.iter().map(|name| status(&outputs.join(name).join("repx"), world)).collect()
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = names.len().div_ceil(threads).max(SHARE);
        let states: Vec<Status> = std::thread::scope(|scope| {
            let mut shares = names.chunks(share);
            let own = shares.next().unwrap_or_default();
            // A thread that can't be had is no reason not to look.
            let others: Vec<_> = shares
                .map(|share| {
                    (share, std::thread::Builder::new().spawn_scoped(scope, move || look(share)))
                })
                .collect();
            let mut states = look(own);
            for (share, thread) in others {
                let looked = thread.ok().and_then(|thread| thread.join().ok());
                states.extend(looked.unwrap_or_else(|| look(share)));
            }
            states
        });
        let states = names.into_iter().zip(states);
        Statuses(states.filter(|(_, status)| *status != Status::Pending).collect())
    }

    /// Are all jobs pending?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Has any job failed?
    pub(crate) fn any_failed(&self) -> bool {
        self.0.values().any(|status| *status == Status::Failed)
    }

    /// The state of a job.
    pub(crate) fn of(&self, job: &JobView<'_>) -> Status {
        if self.0.is_empty() {
            return Status::Pending;
        }
        let name = job.name().to_string();
        self.0.get(&name).copied().unwrap_or(Status::Pending)
    }

    #[cfg(test)]
    pub(super) fn with(states: impl IntoIterator<Item = (String, Status)>) -> Statuses {
        Statuses(states.into_iter().collect())
    }
}

/// How far the job is whose `repx` folder this is. Results that somebody has removed aren't there.
pub(crate) fn status(folder: &Path, world: &dyn World) -> Status {
    let kind = |path: &Path| world.kind(path).ok().flatten();
    let there = |name: &str| kind(&folder.join(name)).is_some();
    let out = folder.with_file_name("out");
    let has_results = || match kind(&out) {
        Some(FileKind::Directory) => true,
        // A script may have put them elsewhere; where the link leads nowhere, there are none.
        Some(FileKind::Symlink) => world.list_dir(&out).is_ok(),
        _ => false,
    };
    if there("SUCCESS") && has_results() {
        Status::Done
    } else if there("FAIL") {
        Status::Failed
    } else {
        Status::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::world::Memory;

    #[test]
    fn folders_say_how_far_jobs_are() {
        let listing = sample::listing();
        let name = |job: u32| sample::name(&listing, job);
        let world = Memory::new()
            .file(format!("/base/outputs/{}/repx/SUCCESS", name(0)), "")
            .file(format!("/base/outputs/{}/out/x", name(0)), "")
            .file(format!("/base/outputs/{}/repx/SUCCESS", name(3)), "")
            .file(format!("/base/outputs/{}/repx/FAIL", name(1)), "")
            .file(format!("/base/outputs/{}/repx/stdout.log", name(2)), "")
            .file("/base/outputs/stray", "");
        let statuses = Statuses::read(Path::new("/base"), &world);
        let all: Vec<Status> = listing.jobs().take(3).map(|job| statuses.of(&job)).collect();
        assert_eq!(all, [Status::Done, Status::Failed, Status::Pending]);
        let nothing = Statuses::read(Path::new("/elsewhere"), &world);
        assert!(nothing.is_empty());
    }

    #[test]
    fn many_folders_are_told_apart() {
        let name = |at: usize| format!("{at}-job");
        let files = (0..3 * SHARE).filter(|at| at % 3 != 2);
        let world = files.fold(Memory::new(), |world, at| {
            let mark = if at % 3 == 0 { "SUCCESS" } else { "FAIL" };
            let world = world.file(format!("/base/outputs/{}/out/x", name(at)), "");
            world.file(format!("/base/outputs/{}/repx/{mark}", name(at)), "")
        });
        let statuses = Statuses::read(Path::new("/base"), &world);
        assert_eq!(statuses.0.len(), 2 * SHARE);
        for at in (0..3 * SHARE).step_by(7) {
            let expected = [Some(Status::Done), Some(Status::Failed), None][at % 3];
            assert_eq!(statuses.0.get(&name(at)).copied(), expected, "{at}");
        }
    }
}
