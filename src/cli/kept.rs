//! A lab's listing from the cache, or evaluated and put there.
//!
//! A result is kept with what the lab printed and what there is to warn of, so that the second time
//! says what the first time said. Labs that fail are not kept: they are about to be edited, and
//! evaluating them again shows the texts as they are then. Jobs that were only counted aren't
//! either: that takes no time.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::arguments::LabOptions;
use super::cache_account::{Explanation, Fate};
use super::entry::Entry;
use super::guard::INTERRUPTED;
use super::known;
use super::load::{Outcome, Target, entry_and_settings, request};
use super::report::say;
use super::setup::{self, Caches, config, machine, no_thread};
use crate::builtins::made;
use crate::bytes::{Reader, Writer};
use crate::cache::{EvaluationKey, LARGEST, Learned, Lookup, PackageUses, Packages, State};
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::eval::Settings;
use crate::flake::head_commit;
use crate::session::{self, Config};
use crate::source::{SourceMap, Span};
use crate::store::StorePath;
use crate::sweep::{self, Ask, Image, JobId, Listing, Progress, Request};
use crate::world::{Made, Obstacle, Reads, Recording, Thoroughness, World};

/// Where a lab is evaluated.
pub(super) struct Place<'a> {
    /// The machine, or what stands in its place.
    pub(super) world: &'a dyn World,
    /// The commit whose files are seen there, if it is not the checkout.
    pub(super) commit: Option<&'a str>,
    /// Is there more to be done after it?
    pub(super) last: bool,
}

/// The lab's jobs, and how the cache helped.
pub(super) fn outcome(
    target: Target<'_>,
    ask: Ask,
    entry: Entry,
    settings: Settings,
    progress: &Progress,
) -> (Outcome, Explanation) {
    let machine = machine(&target.with.nix);
    // Who wants to run jobs goes on for long, and needs the memory.
    let last = !matches!(ask, Ask::Recipes);
    let place = Place { world: &machine, commit: None, last };
    outcome_at(target, ask, entry, settings, progress, &place)
}

/// The same at some place. What a commit's lab prints is not of interest.
pub(super) fn outcome_at(
    target: Target<'_>,
    ask: Ask,
    entry: Entry,
    settings: Settings,
    progress: &Progress,
    place: &Place<'_>,
) -> (Outcome, Explanation) {
    let options = target.with;
    let caches = setup::caches(!options.no_cache);
    let request = request(options, ask, entry);
    let counting = matches!(request.ask, Ask::Counts(..));
    let key =
        caches.as_ref().filter(|_| !counting).map(|_| key(options, &request, settings, place));
    let lookup = match (&caches, key) {
        (Some(caches), Some(key)) if !options.refresh => {
            Some(look(caches, key, place.world, options))
        }
        _ => None,
    };
    let mut explanation = Explanation::default();
    if let Some(lookup) = lookup {
        let kept = lookup.value.as_deref().and_then(unpack);
        // A table of a lab with many jobs says their number; whoever wants the jobs has them there.
        let few = |kept: &Kept| kept.few || !matches!(request.ask, Ask::Few(..));
        let kept = kept.filter(few);
        let unfit = lookup.state == State::Same && kept.is_none();
        let state = if unfit { State::Absent } else { lookup.state };
        explanation.found = Some((state, lookup.compared));
        explanation.reads = lookup.reads;
        if let Some(Kept { outcome, messages, .. }) = kept {
            for message in messages.iter().filter(|_| place.commit.is_none()) {
                say(message);
            }
            return (outcome, explanation);
        }
    }
    let few = matches!(request.ask, Ask::Few(..));
    let evaluation = Evaluation {
        target,
        request: &request,
        settings,
        progress,
        place,
        caches: caches.as_ref(),
    };
    let Evaluated { mut outcome, reads, obstacles, messages, packages } = evaluation.run();
    explanation.packages = packages;
    if let Some(caches) = &caches {
        explanation.lowered = Some(caches.lowered.uses());
        caches.lowered.save();
    }
    explanation.reads = reads.clone();
    if let (Some(caches), Some(key)) = (&caches, key) {
        let listing = outcome.listing.as_ref().filter(|_| outcome.counts.is_none());
        explanation.fate = match (listing, obstacles.is_empty()) {
            (None, _) if outcome.counts.is_some() => Fate::Counted,
            (None, _) => Fate::Failed,
            (Some(_), false) => Fate::Prevented(obstacles),
            (Some(listing), true) if !fits(listing) => Fate::TooLarge,
            (Some(listing), true) => {
                let value = pack(few, listing, &outcome, &messages);
                match caches.evaluations.keep(key, reads, &value) {
                    Ok(true) => Fate::Kept,
                    Ok(false) => Fate::TooLarge,
                    Err(error) => {
                        let place = caches.directory.display();
                        Fate::Unwritten(format!("cannot write to '{place}': {error}"))
                    }
                }
            }
        };
        outcome.diagnostics.extend(explanation.fate.advice());
    }
    (outcome, explanation)
}

/// Looks into the cache; all changes are sought only if they are to be shown.
fn look(caches: &Caches, key: EvaluationKey, machine: &dyn World, options: &LabOptions) -> Lookup {
    let thoroughness = if options.explain_cache { Thoroughness::All } else { Thoroughness::First };
    caches.evaluations.find(key, machine, thoroughness)
}

/// All that the evaluation is started with. Other things decide the result too, but those it asks
/// of the machine.
fn key(
    options: &LabOptions,
    request: &Request,
    settings: Settings,
    place: &Place<'_>,
) -> EvaluationKey {
    // The number of threads decides nothing, and what is asked nothing about the jobs, but
    // whether their scripts are there.
    let ask = match request.ask {
        Ask::Recipes => Ask::Recipes,
        Ask::Jobs
        | Ask::Few(..)
        | Ask::Part(..)
        | Ask::Stages(_)
        | Ask::Counts(..)
        | Ask::Derivations(_)
        | Ask::Behaviour => Ask::Jobs,
    };
    let request = Request { threads: 0, ask, ..request.clone() };
    let parts = [
        format!("{request:?}"),
        known::surroundings(options, settings),
        format!("{:?}", place.commit),
    ];
    EvaluationKey::new(&parts.each_ref().map(String::as_bytes))
}

/// What came of evaluating.
struct Evaluated {
    outcome: Outcome,
    /// What it learned from the machine.
    reads: Reads,
    /// Why it may depend on more than that.
    obstacles: Vec<Obstacle>,
    /// What it printed.
    messages: Vec<String>,
    /// How what was known of the package set was used.
    packages: PackageUses,
}

/// What decides an evaluation, but for the machine.
struct Evaluation<'a> {
    target: Target<'a>,
    request: &'a Request,
    settings: Settings,
    progress: &'a Progress,
    place: &'a Place<'a>,
    caches: Option<&'a Caches>,
}

/// What of an evaluation is from a package set that is known.
#[derive(Clone, Copy)]
enum Basis<'p> {
    /// Nothing.
    Scratch,
    /// What stands for this one.
    Known(&'p Packages),
}

impl Evaluation<'_> {
    /// Evaluates the lab and expands its sweeps, with what is known of its package set if that
    /// gives what evaluating the set would.
    fn run(&self) -> Evaluated {
        let Some(packages) = self.packages() else {
            return self.once(Basis::Scratch).0;
        };
        let sources = SourceMap::new();
        let config = self.config(self.place.world, &sources, &|_| {});
        let ((mut evaluated, unsure), learned) =
            packages.used(&config, Duration::ZERO, || self.once(Basis::Known(&packages)));
        let Learned { reads, uses } = learned;
        // What fails is told as evaluating everything tells it.
        let failed = evaluated.outcome.listing.is_none();
        // Whether a number is exact may depend on how often the same was evaluated.
        let unsure = unsure || evaluated.outcome.counts.is_some();
        let interrupted = INTERRUPTED.load(Ordering::Relaxed);
        if unsure || failed && uses.any() && !interrupted {
            return Evaluated {
                packages: PackageUses { doubted: true, ..uses },
                ..self.once(Basis::Scratch).0
            };
        }
        evaluated.messages.iter().for_each(|message| say(message));
        evaluated.packages = uses;
        match reads.and_then(|reads| std::mem::take(&mut evaluated.reads).joined(&reads)) {
            Some(reads) => evaluated.reads = reads,
            None => {
                let what = "the package set".to_owned();
                evaluated.obstacles.push(Obstacle::Unsteady(what));
            }
        }
        evaluated
    }

    /// What is known of the package set, if that may be used.
    fn packages(&self) -> Option<Packages> {
        let Caches { directory, .. } = self.caches?;
        let counting = matches!(self.request.ask, Ask::Counts(..));
        // What a commit has is not what is known of the checkout's files.
        if counting || self.place.commit.is_some() {
            return None;
        }
        let Evaluation { target, settings, request, place, .. } = self;
        known::packages(directory, target.with, *settings, request, place.world)
    }

    fn config<'c>(
        &'c self,
        world: &'c dyn World,
        sources: &'c SourceMap,
        messages: &'c (dyn Fn(&str) + Sync),
    ) -> Config<'c> {
        let lowered = self.caches.map(|caches| &caches.lowered);
        let config = config(world, &self.target.with.include, sources, lowered);
        Config {
            settings: self.settings,
            tolerant: true,
            messages,
            last: self.place.last,
            ..config
        }
    }

    /// Evaluates once, and tells whether what stands for the package set may have been seen to.
    fn once(&self, basis: Basis<'_>) -> (Evaluated, bool) {
        let recording = Recording::new(self.place.world);
        // Whoever goes on afterwards may ask what was read.
        let recorded = self.caches.is_some() || !self.place.last;
        let world: &dyn World = if recorded { &recording } else { self.place.world };
        let sources = SourceMap::new();
        let said: Mutex<Vec<String>> = Mutex::default();
        let messages = |message: &str| {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(message.to_owned());
            // What comes of stand-ins is said when there are no doubts about it.
            if matches!(basis, Basis::Scratch) && self.place.commit.is_none() {
                say(message);
            }
        };
        let kept = if self.target.once { MOST_IDS } else { u64::MAX };
        let request = Request { kept, ..completed(self.request, world, self.progress) };
        let packages = match basis {
            Basis::Scratch => None,
            Basis::Known(packages) => Some(packages.given()),
        };
        let request = request.knowing(packages);
        let config = Config { packages, ..self.config(world, &sources, &messages) };
        let outcome =
            session::run(&config, |session, evaluator| sweep::list(session, evaluator, &request));
        let (outcome, unsure) = match outcome {
            Ok(sweep::Outcome { listing, counts, diagnostics, unsure }) => {
                (Outcome { listing, counts, diagnostics, sources }, unsure)
            }
            Err(error) => (Outcome::failed(no_thread(&error)), false),
        };
        let (reads, obstacles) = recording.finish();
        let messages = said.into_inner().unwrap_or_else(PoisonError::into_inner);
        let packages = PackageUses::default();
        (Evaluated { outcome, reads, obstacles, messages, packages }, unsure)
    }
}

/// Ids that are kept of a listing which is written once: what is listed once needs no more.
const MOST_IDS: u64 = 1 << 23;
/// A request with what is only found out when it is needed. None of it is part of the key: the commit is
/// read from the repository, whose files are asked for, and where room doesn't suffice nothing is kept.
fn completed(request: &Request, world: &dyn World, progress: &Progress) -> Request {
    Request {
        git_hash: head_commit(&request.root, world),
        room: free_memory().map_or(u64::MAX, |free| free / sweep::JOB_SIZE),
        progress: progress.clone(),
        ..request.clone()
    }
}

/// Evaluates the lab once more, with nothing that stands for something else, then images, and hands over what that
/// has made, with where each image comes to lie unless the package set can't make any. What the lab prints has been
/// printed before.
///
/// # Errors
/// What is wrong with it, if something is.
pub(super) fn with_made<R: Send>(
    target: Target<'_>,
    (ask, images): (Ask, &[Image]),
    world: &dyn World,
    progress: &Progress,
    then: impl FnOnce(Made<'_>, Option<Vec<StorePath>>) -> R + Send,
) -> Result<R, Outcome> {
    let (entry, settings) = entry_and_settings(target).map_err(Outcome::failed)?;
    let request = completed(&request(target.with, ask, entry), world, progress);
    let caches = setup::caches(!target.with.no_cache);
    let lowered = caches.as_ref().map(|caches| &caches.lowered);
    let sources = SourceMap::new();
    let config = config(world, &target.with.include, &sources, lowered);
    let config = Config { settings, tolerant: true, messages: &|_| {}, last: false, ..config };
    let done = session::run(&config, |session, evaluator| {
        let mut paths = Ok(Some(Vec::new()));
        let listed = sweep::survey(session, evaluator, &request, |evaluator, lab| {
            if !images.is_empty() {
                paths = sweep::images(session, evaluator, lab, images)
                    .map_err(|error| error.diagnostic().within(Span::NONE, "in a container image"));
            }
        });
        match (listed.listing, paths) {
            (Some(_), Ok(paths)) => Ok(then(made(evaluator), paths)),
            (Some(_), Err(wrong)) => Err(vec![wrong]),
            (None, _) => Err(listed.diagnostics),
        }
    });
    match done {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(diagnostics)) => Err(Outcome { listing: None, counts: None, diagnostics, sources }),
        Err(error) => Err(Outcome::failed(no_thread(&error))),
    }
}

/// Bytes of memory that could be had, where the system says so.
fn free_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// What is kept.
struct Kept {
    outcome: Outcome,
    messages: Vec<String>,
    /// Was it found that there are few enough jobs for a table?
    few: bool,
}

/// Might it fit into the cache? Ids alone may be too much, and are too long to copy for nothing.
fn fits(listing: &Listing) -> bool {
    listing.is_kept() && listing.len() < LARGEST / size_of::<JobId>()
}

fn pack(few: bool, listing: &Listing, outcome: &Outcome, messages: &[String]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.byte(u8::from(few));
    writer.list(messages.iter(), Writer::text);
    diagnostic::stored::write(&mut writer, &outcome.diagnostics, &outcome.sources);
    sweep::stored::write(&mut writer, listing);
    writer.finish()
}

fn unpack(bytes: &[u8]) -> Option<Kept> {
    let mut reader = Reader::new(bytes);
    let few = reader.flag()?;
    let messages = reader.list(|reader| reader.string().map(str::to_owned))?;
    let sources = SourceMap::new();
    let diagnostics = diagnostic::stored::read(&mut reader, &sources)?;
    let listing = sweep::stored::read(&mut reader)?;
    let sound = reader.is_done() && !diagnostics.iter().any(is_error);
    let outcome = Outcome { listing: Some(listing), counts: None, diagnostics, sources };
    sound.then_some(Kept { outcome, messages, few })
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}
