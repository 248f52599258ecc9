//! Are the answers still those that were noted?

use std::path::{Path, PathBuf};

use super::reads::{of_kind, of_time, of_variable};
use super::{FileKind, Links, PathReads, Question, Read, Reads, Stamp, World};

/// Something that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A question about this path is answered otherwise.
    Path(PathBuf, Question),
    /// An environment variable holds another thing.
    Variable(Vec<u8>),
}

/// What came of checking.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// What is not as it was.
    pub changes: Vec<Change>,
    /// How many files and directories had to be read, their stamps saying nothing.
    pub compared: usize,
    /// Some that had no stamp to rely on have one now.
    pub better: bool,
}

/// How much is to be found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thoroughness {
    /// Whether anything has changed.
    First,
    /// All that has changed.
    All,
}

impl Reads {
    /// Asks the world what was asked before, as far as stamps don't tell that the answer is the
    /// same. Stamps are brought up to date, which is worth keeping if nothing has changed.
    pub fn check(&mut self, world: &dyn World, thoroughness: Thoroughness) -> Checked {
        let now = world.now();
        let mut check = Check { world, now, trusting: now >= self.at, checked: Checked::default() };
        let enough = |check: &Check<'_>| {
            thoroughness == Thoroughness::First && !check.checked.changes.is_empty()
        };
        for (name, before) in &self.variables {
            if of_variable(world.variable(name).as_deref()) != *before {
                check.checked.changes.push(Change::Variable(name.clone()));
            }
        }
        for path in &mut self.paths {
            if enough(&check) {
                break;
            }
            check.path(path);
        }
        self.at = now;
        check.checked
    }
}

struct Check<'a> {
    world: &'a dyn World,
    now: i64,
    /// Stamps mean something. They don't when the clock was set back: a later change may bear
    /// an earlier time.
    trusting: bool,
    checked: Checked,
}

impl Check<'_> {
    fn path(&mut self, PathReads { path, reads }: &mut PathReads) {
        // Nearly all questions about a path are answered by asking the system once.
        let own = self.world.stamp(path, Links::Stay);
        for read in reads {
            let same = match (read.question, own) {
                (Question::Kind, Some(own)) => of_kind(&Ok(Some(own.kind))) == read.answer,
                (Question::Modified, Some(own)) => of_time(&Ok(own.modified)) == read.answer,
                (Question::Content | Question::Listing, _) => self.is_same(path, own, read),
                (Question::Kind | Question::Modified, None) | (Question::Link, _) => {
                    read.question.ask(self.world, path) == read.answer
                }
            };
            if !same {
                self.checked.changes.push(Change::Path(path.clone(), read.question));
            }
        }
    }

    /// Is what a file or directory holds what it was?
    fn is_same(&mut self, path: &Path, own: Option<Stamp>, read: &mut Read) -> bool {
        let stamp = match own {
            Some(own) if own.kind != FileKind::Symlink => Some(own),
            Some(_) | None => self.world.stamp(path, Links::Follow),
        };
        if self.trusting && stamp.is_some() && stamp == read.stamp {
            return true;
        }
        self.checked.compared += 1;
        // The stamp is from before the reading, as it must be.
        let settled = stamp.filter(|stamp| stamp.is_settled(self.now));
        self.checked.better |= settled.is_some();
        read.stamp = settled;
        read.question.ask(self.world, path) == read.answer
    }
}
