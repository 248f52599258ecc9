//! A lab's listing from the cache, or evaluated and put there.
//!
//! A result is kept with what the lab printed and what there is to warn of, so that the second time
//! says what the first time said. Labs that fail are not kept: they are about to be edited, and
//! evaluating them again shows the texts as they are then. Jobs that were only counted aren't
//! either: that takes no time.

use std::sync::Mutex;

use super::arguments::EvalOptions;
use super::entry::Entry;
use super::eval::{Outcome, request};
use super::explain::{Explanation, Fate};
use super::report::say;
use super::setup::{self, Caches, config, machine, no_thread};
use crate::bytes::{Reader, Writer};
use crate::cache::{EvaluationKey, Lookup, State};
use crate::diagnostic::{self, Diagnostic, Severity};
use crate::eval::Settings;
use crate::flake::head_commit;
use crate::session::{self, Config};
use crate::source::SourceMap;
use crate::sweep::{self, Ask, Listing, Progress, Request};
use crate::world::{Obstacle, Reads, Recording, Thoroughness, World};

/// The lab's jobs, and how the cache helped.
pub(super) fn outcome(
    options: &EvalOptions,
    entry: Entry,
    settings: Settings,
    progress: &Progress,
) -> (Outcome, Explanation) {
    let machine = machine(&options.nix);
    let caches = setup::caches(!options.no_cache);
    let request = request(options, entry);
    let counting = matches!(request.ask, Ask::Counts(..));
    let key = caches.as_ref().filter(|_| !counting).map(|_| key(options, &request, settings));
    let lookup = match (&caches, key) {
        (Some(caches), Some(key)) if !options.refresh => Some(look(caches, key, &machine, options)),
        _ => None,
    };
    let mut explanation = Explanation::default();
    if let Some(lookup) = lookup {
        let kept = lookup.value.as_deref().and_then(unpack);
        let kept = kept.filter(|kept| kept.few || matches!(request.ask, Ask::Jobs | Ask::Recipes));
        let unfit = lookup.state == State::Same && kept.is_none();
        let state = if unfit { State::Absent } else { lookup.state };
        explanation.found = Some((state, lookup.compared));
        explanation.reads = lookup.reads;
        if let Some(Kept { outcome, messages, .. }) = kept {
            for message in &messages {
                say(message);
            }
            return (outcome, explanation);
        }
    }
    let few = matches!(request.ask, Ask::Few(..));
    let (mut outcome, reads, obstacles, messages) =
        evaluate(options, request, settings, progress, &machine, caches.as_ref());
    if let Some(caches) = &caches {
        explanation.lowered = Some(caches.lowered.uses());
        caches.lowered.save();
    }
    if let (Some(caches), Some(key)) = (&caches, key) {
        let listing = outcome.listing.as_ref().filter(|_| outcome.counts.is_none());
        explanation.fate = match (listing, obstacles.is_empty()) {
            (None, _) if outcome.counts.is_some() => Fate::Counted,
            (None, _) => Fate::Failed,
            (Some(_), false) => Fate::Prevented(obstacles),
            (Some(listing), true) => {
                let value = pack(few, listing, &outcome, &messages);
                let written = caches.evaluations.keep(key, reads.clone(), &value);
                if written { Fate::Kept } else { Fate::NoRoom }
            }
        };
        explanation.reads = reads;
        outcome.diagnostics.extend(explanation.fate.advice());
    }
    (outcome, explanation)
}

/// Looks into the cache; all changes are sought only if they are to be shown.
fn look(caches: &Caches, key: EvaluationKey, machine: &dyn World, options: &EvalOptions) -> Lookup {
    let thoroughness = if options.explain_cache { Thoroughness::All } else { Thoroughness::First };
    caches.evaluations.find(key, machine, thoroughness)
}

/// All that the evaluation is started with. Other things decide the result too, but those it asks
/// of the machine.
fn key(options: &EvalOptions, request: &Request, settings: Settings) -> EvaluationKey {
    // The number of threads decides nothing, and what is asked nothing about the jobs, but
    // whether their scripts are there.
    let ask = if options.recipes { Ask::Recipes } else { Ask::Jobs };
    let request = Request { threads: 0, ask, ..request.clone() };
    let variable = |name: &str| std::env::var_os(name);
    let surroundings = ["HOME", "NIX_REMOTE", "NIX_STORE_DIR"].map(variable);
    let parts = [
        format!("{request:?}"),
        format!("{:?}", setup::search_path(&options.include)),
        format!("{surroundings:?}"),
        format!("{} {settings:?}", options.nix.no_ifd),
    ];
    EvaluationKey::new(&parts.each_ref().map(String::as_bytes))
}

/// Evaluates the lab and expands its sweeps. What it learned from the machine on the way, and what
/// it printed.
fn evaluate(
    options: &EvalOptions,
    request: Request,
    settings: Settings,
    progress: &Progress,
    machine: &dyn World,
    caches: Option<&Caches>,
) -> (Outcome, Reads, Vec<Obstacle>, Vec<String>) {
    let recording = Recording::new(machine);
    let world: &dyn World = if caches.is_some() { &recording } else { machine };
    let sources = SourceMap::new();
    let said: Mutex<Vec<String>> = Mutex::default();
    let messages = |message: &str| {
        said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(message.to_owned());
        say(message);
    };
    // None of these is part of the key: the commit is read from the repository, whose files are
    // asked for, and where room doesn't suffice nothing is kept.
    let request = Request {
        git_hash: head_commit(&request.root, world),
        room: free_memory().map_or(u64::MAX, |free| free / sweep::JOB_SIZE),
        progress: progress.clone(),
        ..request
    };
    let config = config(world, &options.include, &sources, caches.map(|caches| &caches.lowered));
    let config = Config { settings, tolerant: true, messages: &messages, ..config };
    let outcome =
        session::run(&config, |session, evaluator| sweep::list(session, evaluator, &request));
    let outcome = match outcome {
        Ok(sweep::Outcome { listing, counts, diagnostics }) => {
            Outcome { listing, counts, diagnostics, sources }
        }
        Err(error) => Outcome::failed(no_thread(&error)),
    };
    let (reads, obstacles) = recording.finish();
    let said = said.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    (outcome, reads, obstacles, said)
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
