//! A world that remembers what it was asked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::reads::{of_content, of_kind, of_link, of_listing, of_time, of_variable};
use super::{
    Entry, Fetch, FileKind, Fingerprint, Keeper, KeeperError, Links, Made, Obstacle, PathReads,
    Question, Read, Reads, Stamp, Wanted, World,
};
use crate::store::{StoreDir, StorePath};

/// Passes everything on to another world, and notes each question with its answer.
///
/// Evaluation is a function of these answers, except where an [`Obstacle`] is noted. A question
/// that is answered differently the second time is one too: no state of the machine gives both.
pub struct Recording<'a> {
    below: &'a dyn World,
    /// Is the world's keeper to be asked?
    keeping: bool,
    noted: Mutex<Noted>,
}

#[derive(Default)]
struct Noted {
    paths: HashMap<PathBuf, Vec<Read>>,
    variables: BTreeMap<Vec<u8>, Fingerprint>,
    obstacles: BTreeSet<Obstacle>,
}

impl<'a> Recording<'a> {
    /// Nothing is noted yet.
    pub fn new(below: &'a dyn World) -> Recording<'a> {
        Recording { below, keeping: true, noted: Mutex::default() }
    }

    /// The same for evaluations that must not write, build or fetch anything.
    pub fn without_keeper(below: &'a dyn World) -> Recording<'a> {
        Recording { keeping: false, ..Recording::new(below) }
    }

    /// May the result depend on more than was asked?
    pub fn is_obstructed(&self) -> bool {
        !self.noted.lock().obstacles.is_empty()
    }

    /// What was asked, and why the result may depend on more than that.
    pub fn finish(self) -> (Reads, Vec<Obstacle>) {
        let Noted { paths, variables, obstacles } = self.noted.into_inner();
        let mut paths: Vec<PathReads> =
            paths.into_iter().map(|(path, reads)| PathReads { path, reads }).collect();
        paths.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let variables = variables.into_iter().collect();
        (Reads { at: self.below.now(), paths, variables }, obstacles.into_iter().collect())
    }

    fn note(&self, path: &Path, question: Question, answer: Fingerprint, stamp: Option<Stamp>) {
        let mut noted = self.noted.lock();
        let read = Read { question, answer, stamp };
        let Some(reads) = noted.paths.get_mut(path) else {
            noted.paths.insert(path.to_owned(), vec![read]);
            return;
        };
        match reads.iter().find(|known| known.question == question) {
            None => reads.push(read),
            Some(known) if known.answer == answer => {}
            Some(_) => {
                let what = format!("'{}'", path.display());
                noted.obstacles.insert(Obstacle::Unsteady(what));
            }
        }
    }

    /// The stamp that vouches for what is read after this.
    fn settled(&self, path: &Path, links: Links) -> Option<Stamp> {
        // The clock first: what is changed after it was looked at bears a later time.
        let now = self.below.now();
        self.below.stamp(path, links).filter(|stamp| stamp.is_settled(now))
    }

    fn obstacle(&self, obstacle: Obstacle) {
        self.noted.lock().obstacles.insert(obstacle);
    }
}

impl World for Recording<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let stamp = self.settled(path, Links::Follow);
        let answer = self.below.read_file(path);
        self.note(path, Question::Content, of_content(&answer), stamp);
        answer
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        let answer = self.below.kind(path);
        self.note(path, Question::Kind, of_kind(&answer), None);
        answer
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let stamp = self.settled(path, Links::Follow);
        let answer = self.below.list_dir(path);
        self.note(path, Question::Listing, of_listing(&answer), stamp);
        answer
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        let answer = self.below.modified(path);
        self.note(path, Question::Modified, of_time(&answer), None);
        answer
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let answer = self.below.read_link(path);
        self.note(path, Question::Link, of_link(&answer), None);
        answer
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        let answer = self.below.variable(name);
        let fingerprint = of_variable(answer.as_deref());
        let mut noted = self.noted.lock();
        if let Some(before) = noted.variables.insert(name.to_vec(), fingerprint)
            && before != fingerprint
        {
            let what = format!("${}", String::from_utf8_lossy(name));
            noted.obstacles.insert(Obstacle::Unsteady(what));
        }
        answer
    }

    fn now(&self) -> i64 {
        self.obstacle(Obstacle::Time);
        self.below.now()
    }

    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        self.below.stamp(path, links)
    }

    fn is_unsaved(&self, path: &Path) -> bool {
        self.below.is_unsaved(path)
    }

    fn committed(&self, root: &Path) -> Option<Vec<PathBuf>> {
        // The commit is said by whoever starts the evaluation.
        self.below.committed(root)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.below.keeper()?;
        if !self.keeping {
            // What it would have said is not known.
            self.obstacle(Obstacle::Unasked("the store".to_owned()));
            return None;
        }
        Some(self)
    }
}

/// What is given where there is no keeper after all.
fn nobody(task: &'static str) -> KeeperError {
    KeeperError::NoNix { program: "nix-store".to_owned(), task }
}

impl Keeper for Recording<'_> {
    fn may_build(&self) -> bool {
        self.below.keeper().is_some_and(Keeper::may_build)
    }

    fn register(&self, made: Made<'_>, roots: &[StorePath]) -> Result<(), KeeperError> {
        let keeper = self.below.keeper().ok_or_else(|| nobody("write to the store"))?;
        keeper.register(made, roots)
    }

    fn realise(&self, made: Made<'_>, wanted: Wanted<'_>) -> Result<(), KeeperError> {
        let (Wanted::Path(path) | Wanted::Output { drv: path, .. }) = wanted;
        self.obstacle(Obstacle::Built(StoreDir::default().print(path)));
        self.below.keeper().ok_or_else(|| nobody("build"))?.realise(made, wanted)
    }

    fn fetch(&self, fetch: Fetch<'_>) -> Result<String, KeeperError> {
        self.obstacle(Obstacle::Fetched(format!("builtins.{}", fetch.fetcher)));
        self.below.keeper().ok_or_else(|| nobody("download"))?.fetch(fetch)
    }

    fn references(&self, path: &StorePath) -> Result<Vec<StorePath>, KeeperError> {
        // Those of an object that is there never change.
        let shown = StoreDir::default().print(path);
        let keeper = self.below.keeper().ok_or_else(|| nobody("ask the store"))?;
        let references = keeper.references(path);
        match references {
            Ok(_) => drop(self.kind(Path::new(&shown))),
            Err(_) => self.obstacle(Obstacle::Unasked(shown)),
        }
        references
    }

    fn add_root(&self, link: &Path, path: &StorePath) -> Result<(), KeeperError> {
        self.below.keeper().ok_or_else(|| nobody("keep roots"))?.add_root(link, path)
    }
}
