//! Labs evaluated in the background, one after the other.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Setup;
use super::buffers::{Buffers, Open};
use super::finding::{Finding, Place};
use super::texts::Shelf;
use crate::check::origin::say_origins;
use crate::check::{Around, Findings, LabRequest, Levels, check_lab, lab_files};
use crate::diagnostic::{Diagnostic, INTERRUPTED};
use crate::editor::{LabFacts, gather};
use crate::flake::head_commit;
use crate::session::{self, Config, FileCache, FileKey};
use crate::source::SourceMap;
use crate::sweep::{Ask, Request};
use crate::world::World;

/// A lab to look at.
pub(super) struct Job {
    /// Its directory.
    pub(super) lab: PathBuf,
    /// Which of the requests for this lab it is.
    pub(super) generation: u64,
    /// The texts that are open.
    pub(super) open: Open,
    /// Do these differ from what lies on the disk?
    pub(super) edited: bool,
    /// Is it to be evaluated? Not while a text of it can't be read.
    pub(super) evaluate: bool,
    /// Set when it isn't wanted any more.
    pub(super) interrupt: Arc<AtomicBool>,
}

/// What came of it.
pub(super) struct Done {
    pub(super) lab: PathBuf,
    pub(super) generation: u64,
    pub(super) news: News,
    /// Is that all?
    pub(super) last: bool,
}

/// What is new about a lab.
#[derive(Default)]
pub(super) enum News {
    /// Nothing: it was interrupted.
    #[default]
    None,
    /// What is wrong with it.
    Findings {
        /// The files it consists of.
        files: Vec<PathBuf>,
        /// What only evaluating it tells. Nothing, if it wasn't evaluated.
        findings: Option<Vec<Finding>>,
    },
    /// What else it tells.
    Facts(Arc<LabFacts>),
}

/// Does what is asked, and tells what is known as soon as it is. To be called on a thread with a large
/// stack.
pub(super) fn done(job: &Job, setup: &Setup, shelf: &Shelf, tell: &(dyn Fn(Done) + Sync)) {
    let told = |news, last| {
        let Job { lab, generation, .. } = job;
        tell(Done { lab: lab.clone(), generation: *generation, news, last });
    };
    let first = |news| told(news, false);
    // What is broken in us must not end the conversation; that it was, has been said.
    let rest = catch_unwind(AssertUnwindSafe(|| Look { job, setup, shelf }.all(&first)));
    told(rest.unwrap_or_default(), true);
}

struct Look<'a> {
    job: &'a Job,
    setup: &'a Setup,
    shelf: &'a Shelf,
}

impl Look<'_> {
    /// Tells what is wrong, and returns what is found out behind that.
    fn all(&self, first: &(dyn Fn(News) + Sync)) -> News {
        let Ok(request) = (self.setup.request)(&self.job.lab) else {
            // There is no lab after all.
            return News::Findings { files: Vec::new(), findings: Some(Vec::new()) };
        };
        let world = Buffers { below: &*self.setup.machine, open: &self.job.open };
        let sources = SourceMap::new();
        if !self.job.evaluate {
            return self.findings(None, &request, &world, &sources);
        }
        let request = Request {
            git_hash: head_commit(&request.root, &world),
            ask: Ask::Behaviour,
            threads: 1,
            ..request
        };
        // A process for each script takes longer than people type.
        let asked = LabRequest { request, shellcheck: None };
        let lowered = self.setup.lowered();
        let cache = lowered.as_ref().map(|files| Unedited { files, keep: !self.job.edited });
        let cache = cache.as_ref().map(|cache| -> &dyn FileCache { cache });
        let config = Config { cache, ..self.config(&world, &sources) };
        let facts = session::run(&config, |session, evaluator| {
            let found = check_lab(session, evaluator, &asked);
            match self.findings(Some(found), &asked.request, &world, &sources) {
                News::None => return News::None,
                news => first(news),
            }
            let facts = gather(session, evaluator, &asked.request);
            if self.is_interrupted() { News::None } else { News::Facts(Arc::new(facts)) }
        });
        if let Some(lowered) = lowered.filter(|_| !self.job.edited) {
            lowered.save();
        }
        facts.unwrap_or_else(|error| {
            let message = format!("the system refuses a thread to evaluate on: {error}");
            let refused = Diagnostic::error("repx::system::threads", message);
            self.findings(Some(vec![refused]), &asked.request, &world, &sources)
        })
    }

    fn config<'c>(&'c self, world: &'c dyn World, sources: &'c SourceMap) -> Config<'c> {
        Config {
            world,
            sources,
            search_path: self.setup.search_path.clone(),
            home: self.setup.home.clone(),
            settings: self.setup.settings,
            tolerant: true,
            cache: None,
            packages: None,
            threads: 1,
            last: false,
            interrupt: &self.job.interrupt,
            // What a lab prints is of no interest while it is typed.
            messages: &|_| {},
        }
    }

    fn is_interrupted(&self) -> bool {
        self.job.interrupt.load(Ordering::Relaxed)
    }

    /// What is wrong with the lab, but for what looking at its texts alone tells: that is told anew with
    /// every edit.
    fn findings(
        &self,
        found: Option<Vec<Diagnostic>>,
        request: &Request,
        world: &dyn World,
        sources: &SourceMap,
    ) -> News {
        let stopped = |found: &Vec<Diagnostic>| found.iter().any(|d| d.code == INTERRUPTED);
        if self.is_interrupted() || found.as_ref().is_some_and(stopped) {
            return News::None;
        }
        let around = Around::new(world, sources);
        let files = lab_files(&around, &request.entry, &request.root);
        let files: Vec<PathBuf> = files.into_iter().map(|path| self.called(path)).collect();
        let findings = found.map(|found| {
            let told = self.told(&files);
            let entry: Arc<Path> = self.called(request.entry.clone()).into();
            let found = presented(found, sources);
            let all = Finding::of_evaluation(&found, sources, &entry, &|path| self.called(path));
            let new = |finding: &Finding| !told.contains(&(finding.code, finding.place.clone()));
            all.into_iter().filter(new).collect()
        });
        News::Findings { files, findings }
    }

    /// A path as the client calls it: it may have come by a link.
    fn called(&self, path: PathBuf) -> PathBuf {
        self.job.open.get(&path).map_or(path, |seen| seen.text.path().to_owned())
    }

    /// What looking at texts alone tells.
    fn told(&self, files: &[PathBuf]) -> HashSet<(&'static str, Place)> {
        let seen = files.iter().filter_map(|path| match self.job.open.get(path) {
            Some(open) => Some(Arc::clone(open)),
            None => self.shelf.read(path),
        });
        let all =
            seen.flat_map(|seen| Finding::of_text(&seen.text.file, &seen.text.checked.diagnostics));
        all.map(|finding| (finding.code, finding.place)).collect()
    }
}

/// Lowered files, of which no state that somebody was just typing is kept.
struct Unedited<'a, C> {
    files: &'a C,
    keep: bool,
}

impl<C: FileCache> FileCache for Unedited<'_, C> {
    fn key(&self, parts: &[&[u8]]) -> FileKey {
        self.files.key(parts)
    }

    fn find(&self, key: FileKey) -> Option<Vec<u8>> {
        self.files.find(key)
    }

    fn keep(&self, key: FileKey, bytes: Vec<u8>) {
        if self.keep {
            self.files.keep(key, bytes);
        }
    }
}

/// A flake may have nothing to do with labs.
const NO_LAB: [&str; 2] = ["repx::flake::no-lab", "repx::lab::not-found"];

/// Each thing once, with where values were made.
fn presented(found: Vec<Diagnostic>, sources: &SourceMap) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    findings.add(found.into_iter().filter(|d| !NO_LAB.contains(&d.code)), sources);
    let mut found = findings.into_sorted(&Levels::default(), sources);
    say_origins(&mut found, sources);
    found
}
