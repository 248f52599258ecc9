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
    /// Nothing, if it was interrupted.
    pub(super) result: Option<Looked>,
}

/// What is known of a lab.
#[derive(Default)]
pub(super) struct Looked {
    /// The files it consists of.
    pub(super) files: Vec<PathBuf>,
    /// What only evaluating it tells. Nothing, if it wasn't evaluated.
    pub(super) findings: Option<Vec<Finding>>,
    /// What else it tells.
    pub(super) facts: Option<Arc<LabFacts>>,
}

/// Does what is asked. To be called on a thread with a large stack.
pub(super) fn done(job: Job, setup: &Setup, shelf: &Shelf) -> Done {
    let Job { lab, generation, .. } = &job;
    let (lab, generation) = (lab.clone(), *generation);
    // What is broken in us must not end the conversation; that it was, has been said.
    let result = catch_unwind(AssertUnwindSafe(|| looked(&job, setup, shelf)));
    Done { lab, generation, result: result.unwrap_or_default() }
}

fn looked(job: &Job, setup: &Setup, shelf: &Shelf) -> Option<Looked> {
    let Ok(request) = (setup.request)(&job.lab) else {
        // There is no lab after all.
        return Some(Looked { findings: Some(Vec::new()), ..Looked::default() });
    };
    let world = Buffers { below: &*setup.machine, open: &job.open };
    let sources = SourceMap::new();
    let found =
        if job.evaluate { Some(evaluated(job, setup, &request, &world, &sources)) } else { None };
    let (found, facts) = found.unzip();
    let interrupted = |found: &[Diagnostic]| found.iter().any(|d| d.code == INTERRUPTED);
    if job.interrupt.load(Ordering::Relaxed) || found.as_deref().is_some_and(interrupted) {
        return None;
    }
    let around = Around::new(&world, &sources);
    let files = lab_files(&around, &request.entry, &request.root);
    let told = told(&files, job, shelf);
    let findings = found.map(|found| {
        let entry: Arc<Path> = request.entry.as_path().into();
        let new = |finding: &Finding| !told.contains(&(finding.code, finding.place.clone()));
        let all = Finding::of_evaluation(&presented(found, &sources), &sources, &entry);
        all.into_iter().filter(new).collect()
    });
    Some(Looked { files, findings, facts: facts.map(Arc::new) })
}

/// All that evaluating the lab tells.
fn evaluated(
    job: &Job,
    setup: &Setup,
    request: &Request,
    world: &dyn World,
    sources: &SourceMap,
) -> (Vec<Diagnostic>, LabFacts) {
    let request = Request {
        git_hash: head_commit(&request.root, world),
        ask: Ask::Behaviour,
        threads: 1,
        ..request.clone()
    };
    // A process for each script takes longer than people type.
    let asked = LabRequest { request, shellcheck: None };
    let lowered = setup.lowered();
    let cache = lowered.as_ref().map(|files| Unedited { files, keep: !job.edited });
    let config = Config {
        world,
        sources,
        search_path: setup.search_path.clone(),
        home: setup.home.clone(),
        settings: setup.settings,
        tolerant: true,
        cache: cache.as_ref().map(|cache| -> &dyn FileCache { cache }),
        packages: None,
        threads: 1,
        last: false,
        interrupt: &job.interrupt,
        // What a lab prints is of no interest while it is typed.
        messages: &|_| {},
    };
    let found = session::run(&config, |session, evaluator| {
        let found = check_lab(session, evaluator, &asked);
        (found, gather(session, evaluator, &asked.request))
    });
    if let Some(lowered) = lowered.filter(|_| !job.edited) {
        lowered.save();
    }
    found.unwrap_or_else(|error| {
        let message = format!("the system refuses a thread to evaluate on: {error}");
        (vec![Diagnostic::error("repx::system::threads", message)], LabFacts::default())
    })
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

/// What looking at the texts alone tells: that is told anew with every edit.
fn told(files: &[PathBuf], job: &Job, shelf: &Shelf) -> HashSet<(&'static str, Place)> {
    let seen = files.iter().filter_map(|path| match job.open.get(path) {
        Some(open) => Some(Arc::clone(open)),
        None => shelf.read(path),
    });
    let all =
        seen.flat_map(|seen| Finding::of_text(&seen.text.file, &seen.text.checked.diagnostics));
    all.map(|finding| (finding.code, finding.place)).collect()
}
