//! Labs evaluated in the background, one after the other.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Setup;
use super::buffers::{Buffers, Open};
use super::finding::{Finding, Place};
use super::texts::{Seen, Shelf};
use crate::cache::{LoweredFiles, PackageUses};
use crate::check::origin::say_origins;
use crate::check::{Findings, LabRequest, Levels, check_lab, files_by, literal_paths};
use crate::diagnostic::{Diagnostic, INTERRUPTED};
use crate::editor::{LabFacts, Text, gather};
use crate::flake::head_commit;
use crate::session::{self, Config, FileCache, KeptPackages};
use crate::source::{SourceMap, Span};
use crate::sweep::{Ask, Request};
use crate::world::World;

/// An edit doesn't interrupt for so long what is being found out of a package set: the next evaluation would begin
/// it anew, and an edit interrupt that.
const PATIENCE: Duration = Duration::from_secs(20);

/// A lab to look at.
pub(super) struct Job {
    /// Its directory.
    pub(super) lab: PathBuf,
    /// Which of the requests for this lab it is.
    pub(super) generation: u64,
    /// The texts that are open.
    pub(super) open: Open,
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
        // Somebody went on typing before this was begun.
        if self.is_interrupted() {
            return News::None;
        }
        let Ok(request) = (self.setup.request)(&self.job.lab) else {
            // There is no lab after all.
            return News::Findings { files: Vec::new(), findings: Some(Vec::new()) };
        };
        let world = Buffers { below: &*self.setup.machine, open: &self.job.open };
        if !self.job.evaluate {
            return self.findings(None, &request, &world, &SourceMap::new());
        }
        let request = Request {
            git_hash: head_commit(&request.root, &world),
            ask: Ask::Behaviour,
            threads: threads(),
            ..request
        };
        let lowered = self.setup.lowered();
        let evaluation =
            Evaluation { look: self, request, world: &world, lowered: lowered.as_ref() };
        let news = evaluation.run(first);
        if let Some(lowered) = &lowered {
            lowered.save();
        }
        news
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
        let named = |path: &Path| Some(literal_paths(self.seen(path)?.text.root(), path));
        let files = files_by(world, &request.entry, &request.root, named);
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

    /// The text that is probably being edited, and else the one that takes longest to read.
    fn edited(&self) -> Option<&Text> {
        let open = self.job.open.iter();
        let longest = open.max_by_key(|(_, shown)| (!shown.saved, shown.seen.text.text().len()));
        longest.map(|(_, shown)| &*shown.seen.text)
    }

    /// A path as the client calls it: it may have come by a link.
    fn called(&self, path: PathBuf) -> PathBuf {
        self.job.open.get(&path).map_or(path, |open| open.seen.text.path().to_owned())
    }

    /// A text as it stands: open, or on the disk.
    fn seen(&self, path: &Path) -> Option<Arc<Seen>> {
        match self.job.open.get(path) {
            Some(open) => Some(Arc::clone(&open.seen)),
            None => self.shelf.read(path),
        }
    }

    /// What looking at texts alone tells.
    fn told(&self, files: &[PathBuf]) -> HashSet<(&'static str, Place)> {
        let seen = files.iter().filter_map(|path| self.seen(path));
        let all = seen
            .flat_map(|seen| Finding::of_text(&seen.text.file, &seen.text.checked().diagnostics));
        all.map(|finding| (finding.code, finding.place)).collect()
    }
}

/// How a lab is evaluated.
struct Evaluation<'a> {
    look: &'a Look<'a>,
    request: Request,
    world: &'a Buffers<'a>,
    lowered: Option<&'a LoweredFiles>,
}

impl Evaluation<'_> {
    /// Evaluates the lab, and says how that went where somebody wants to know.
    fn run(&self, first: &(dyn Fn(News) + Sync)) -> News {
        let begun = Instant::now();
        let (news, uses) = self.news(first);
        if self.look.setup.verbose && !self.look.is_interrupted() {
            let (lab, took) = (self.look.job.lab.display(), begun.elapsed());
            let uses = uses.map(|uses| match uses {
                PackageUses { doubted: true, .. } => "; its package set was evaluated".to_owned(),
                PackageUses { known, found, evaluated, .. } => format!(
                    "; of its package set {known} values were known, {found} found, {evaluated} evaluated"
                ),
            });
            let uses = uses.unwrap_or_default();
            (self.look.setup.log)(&format!("'{lab}' was evaluated in {took:.1?}{uses}"));
        }
        news
    }

    /// Evaluates the lab with what is known of its package set, and without where that leaves doubts.
    fn news(&self, first: &(dyn Fn(News) + Sync)) -> (News, Option<PackageUses>) {
        let mut uses = None;
        if let Some(packages) = (self.look.setup.packages)(&self.request, self.world) {
            let sources = SourceMap::new();
            let config = self.config(&sources, None);
            let known = || self.once(Some(packages.given()), first);
            let (news, learned) = packages.used(&config, PATIENCE, known);
            if let Some(news) = news {
                return (news, Some(learned.uses));
            }
            uses = Some(PackageUses { doubted: true, ..learned.uses });
        }
        (self.once(None, first).unwrap_or_default(), uses)
    }

    /// Evaluates the lab once. `None`: evaluating all of the package set may give something else.
    fn once(&self, known: Option<KeptPackages<'_>>, first: &(dyn Fn(News) + Sync)) -> Option<News> {
        let edited = self.look.edited();
        let sources = match edited {
            Some(text) => SourceMap::beginning_with(&text.file),
            None => SourceMap::new(),
        };
        let request = self.request.clone().knowing(known);
        // A process for each script takes longer than people type.
        let scripts = Arc::clone(&self.look.shelf.scripts);
        let asked = LabRequest { request, shellcheck: None, scripts, path: None };
        let told = |found| self.look.findings(Some(found), &asked.request, self.world, &sources);
        let done = session::run(&self.config(&sources, known), |session, evaluator| {
            if let Some(text) = edited {
                session.shared.trees.put(&text.file, Arc::clone(&text.parsed));
            }
            let found = check_lab(session, evaluator, &asked);
            let doubtful = || session.shared.is_unsure() || found.iter().any(is_of_a_set);
            if known.is_some() && doubtful() {
                return None;
            }
            match told(found) {
                News::None => return Some(News::None),
                news => first(news),
            }
            let facts = gather(session, evaluator, &asked.request);
            let facts = News::Facts(Arc::new(facts));
            let news = if self.look.is_interrupted() { News::None } else { facts };
            (known.is_none() || !session.shared.is_unsure()).then_some(news)
        });
        done.unwrap_or_else(|error| {
            let message = format!("the system refuses a thread to evaluate on: {error}");
            Some(told(vec![Diagnostic::error("repx::system::threads", message)]))
        })
    }

    fn config<'c>(
        &'c self,
        sources: &'c SourceMap,
        packages: Option<KeptPackages<'c>>,
    ) -> Config<'c> {
        let setup = self.look.setup;
        Config {
            world: self.world,
            sources,
            search_path: setup.search_path.clone(),
            home: setup.home.clone(),
            settings: setup.settings,
            tolerant: true,
            cache: self.lowered.map(|files| -> &dyn FileCache { files }),
            packages,
            threads: 1,
            last: false,
            interrupt: &self.look.job.interrupt,
            // What a lab prints is of no interest while it is typed.
            messages: &|_| {},
        }
    }
}

/// Threads for functions of parameters: an editor's machine has other things to do.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |all| all.get().min(4))
}

/// Is something wrong at a place of a set that only stands for another?
fn is_of_a_set(found: &Diagnostic) -> bool {
    found.primary.as_ref().is_some_and(|label| label.span == Span::KEPT)
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
