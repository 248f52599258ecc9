//! Words that a shell may complete with: names and values of the lab at hand, codes, schemas.
//!
//! The lab is that of the words before the cursor, evaluated as these say; mostly its listing is in the cache. Whoever
//! presses Tab waits for no evaluation that takes long, and reads nothing of what is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::builder::StyledStr;
use clap_complete::CompletionCandidate;
use clap_complete::env::Shells;

use super::find::short_id;
use super::guard::INTERRUPTED;
use super::listing::table::params_cell;
use super::listing::{clean, cut};
use super::load::{Target, base_path, load};
use super::progress::hush;
use super::report::near;
use super::results::{self, Results};
use super::run::knows;
use super::show::written_words;
use super::terminal::Terminal;
use super::{parse, parts, schema, upstream};
use crate::check::codes::pages;
use crate::exec::{Base, LabKind, LabRecord};
use crate::sweep::{Ask, Block, Listing, Progress};

/// More words than this are no help.
const MOST: usize = 100;
/// Columns of what is said of a word.
const MOST_WIDE: usize = 60;
/// How long a lab may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names of runs, and of groups after an `@`.
pub(super) fn runs(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, runs_of)
}

/// Names of groups.
pub(super) fn groups(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, |listing, words| {
        for (name, runs) in &listing.groups {
            words.add(name.clone(), &of_runs(runs));
        }
    })
}

/// Ids of jobs.
pub(super) fn jobs(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, jobs_of)
}

/// All that `repx run` takes.
pub(super) fn names(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, |listing, words| {
        runs_of(listing, words);
        jobs_of(listing, words);
    })
}

/// Runs and jobs, no groups.
pub(super) fn runs_and_jobs(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut all = names(begun);
    all.retain(|word| !word.get_value().to_string_lossy().starts_with('@'));
    all
}

/// Names of stages, in pipelines and those that jobs have.
pub(super) fn stages(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, |listing, words| {
        let mut jobs: BTreeMap<String, usize> = BTreeMap::new();
        for block in listing.blocks() {
            *jobs.entry(block.stage().name.to_string()).or_default() += block.jobs();
        }
        let keys = listing.runs.iter().flat_map(|run| &run.stages);
        let keys: BTreeSet<&str> = keys.map(|key| &**key).collect();
        for key in keys {
            match jobs.get(key) {
                Some(1) => words.add(key.to_owned(), "stage of 1 job"),
                Some(many) => words.add(key.to_owned(), &format!("stage of {many} jobs")),
                None => words.add(key.to_owned(), "stage"),
            }
        }
        for pname in listing.blocks().iter().flat_map(|block| block.pnames().take(MOST)) {
            words.add(pname, "jobs of this name");
        }
    })
}

/// Parameters with a `=` behind them, and then their values.
pub(super) fn params(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_lab(begun, |listing, words| {
        let all = || listing.blocks().iter().flat_map(Block::params);
        let Some((key, _)) =
            words.begun.clone().split_once('=').map(|(k, v)| (k.to_owned(), v.len()))
        else {
            for param in all() {
                words.add(format!("{}=", param.name()), "parameter");
            }
            return;
        };
        for param in all().filter(|param| **param.name() == *key) {
            for value in param.known().texts() {
                words.add(format!("{key}={}", typed(value)), "");
            }
        }
    })
}

/// Codes of messages, with or without what they all begin with.
pub(super) fn codes(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    for page in pages() {
        let about = page.summary();
        let short = page.code.strip_prefix("repx::").unwrap_or(page.code);
        // Both ways would be of no help to whoever has typed nothing.
        if !words.begun.is_empty() {
            words.add_any(short.to_owned(), about);
        }
        words.add_any(page.code.to_owned(), about);
    }
    words.found
}

/// Names of schemas.
pub(super) fn schemas(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    for (name, _) in schema::names() {
        words.add(name, "");
    }
    words.found
}

/// Shells.
pub(super) fn shells(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    for name in Shells::builtins().names() {
        words.add(name.to_owned(), "");
    }
    words.found
}

/// Words that begin as what was typed, each once.
struct Words {
    begun: String,
    known: BTreeSet<String>,
    found: Vec<CompletionCandidate>,
}

impl Words {
    fn new(begun: &OsStr) -> Words {
        let begun = begun.to_string_lossy().into_owned();
        Words { begun, known: BTreeSet::new(), found: Vec::new() }
    }

    /// Up to some.
    fn add(&mut self, word: String, about: &str) {
        if self.found.len() < MOST {
            self.add_any(word, about);
        }
    }

    fn add_any(&mut self, word: String, about: &str) {
        // A shell takes lines apart at line breaks.
        let fits = word.starts_with(&self.begun) && !word.contains(char::is_control);
        if fits && self.known.insert(word.clone()) {
            let about = (!about.is_empty()).then(|| StyledStr::from(cut(about, MOST_WIDE)));
            self.found.push(CompletionCandidate::new(word).help(about));
        }
    }
}

fn of_lab(begun: &OsStr, find: fn(&Listing, &mut Words)) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    if let Some(listing) = listing() {
        find(&listing, &mut words);
    }
    words.found
}

/// Parts of the scatter-gather job that is named before.
pub(super) fn parts(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    let found = results_before();
    for name in found.into_iter().flat_map(|results| parts::names(&results.folder)) {
        words.add(name, "");
    }
    words.found
}

/// Outputs, and files, of the job that is named before.
pub(super) fn written(begun: &OsStr) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    if let Some(results) = results_before() {
        for (word, about) in written_words(&results, &words.begun.clone()) {
            words.add(word, about);
        }
    }
    words.found
}

/// Names of pins.
pub(super) fn pins(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_base(begun, LabKind::Pin, |lab| lab.name.clone())
}

/// Labs that were run.
pub(super) fn labs_run(begun: &OsStr) -> Vec<CompletionCandidate> {
    of_base(begun, LabKind::Lab, |lab| near(Path::new(&lab.of.lab)))
}

fn of_base(
    begun: &OsStr,
    kind: LabKind,
    word: fn(&LabRecord) -> String,
) -> Vec<CompletionCandidate> {
    let mut words = Words::new(begun);
    let (lab, with) = parse::begun(&line(), |_, _| true);
    let labs = base_of(Target::new(&lab, &with)).and_then(|base| base.labs().ok());
    for lab in labs.into_iter().flatten().filter(|lab| lab.kind == kind) {
        let about = match lab.jobs.len() {
            1 => "1 job".to_owned(),
            many => format!("{many} jobs"),
        };
        words.add(word(&lab), &about);
    }
    words.found
}

fn base_of(target: Target<'_>) -> Option<Base> {
    base_path(target, &Terminal::silent()).ok().map(|base| Base::new(&base))
}

/// The results of the job that the words before the cursor name.
fn results_before() -> Option<Results> {
    let words = line();
    let (lab, with) = parse::begun(&words, |_, _| true);
    let target = Target::new(&lab, &with);
    results::there(target, &parse::begun_job(&words)?, &base_of(target)?)
}

/// The words before the cursor. From now on nothing takes long.
fn line() -> Vec<OsString> {
    hush();
    let patience = || {
        std::thread::sleep(PATIENCE);
        INTERRUPTED.store(true, Ordering::Relaxed);
    };
    let _ = std::thread::Builder::new().name("patience".into()).spawn(patience);
    let index = std::env::var("_CLAP_COMPLETE_INDEX").ok();
    upstream::translated(&before_cursor(std::env::args_os(), index.as_deref()))
}

/// The jobs of the lab that the words before the cursor speak of.
fn listing() -> Option<Listing> {
    let words = line();
    let listing = |target: Target<'_>| {
        load(target, Ask::Jobs, &Terminal::silent(), &Progress::default()).listing
    };
    let knows = |target: Target<'_>, name: &str| {
        listing(target).is_none_or(|listing| knows(&listing, name))
    };
    let (lab, with) = parse::begun(&words, knows);
    listing(Target::new(&lab, &with))
}

/// The words of the line before the one that is completed: behind `--`, as many as the shell says, else all but the last.
fn before_cursor(arguments: impl Iterator<Item = OsString>, index: Option<&str>) -> Vec<OsString> {
    let mut words: Vec<OsString> = arguments.skip_while(|word| word != "--").skip(1).collect();
    let index = index.and_then(|index| index.parse().ok());
    words.truncate(index.unwrap_or(words.len().saturating_sub(1)));
    words
}

fn runs_of(listing: &Listing, words: &mut Words) {
    for run in &listing.runs {
        let about = match run.jobs {
            1 => "run of 1 job".to_owned(),
            many => format!("run of {many} jobs"),
        };
        words.add(run.name.to_string(), &about);
    }
    for (name, runs) in &listing.groups {
        words.add(format!("@{name}"), &of_runs(runs));
    }
}

fn of_runs(runs: &[String]) -> String {
    format!("group of {}", runs.join(", "))
}

fn jobs_of(listing: &Listing, words: &mut Words) {
    let begun = words.begun.clone();
    let fits = |job: &u32| {
        let id = listing.id(*job).map(|id| id.text());
        id.is_some_and(|id| id.starts_with(begun.as_bytes()))
    };
    let numbers = (0..listing.len() as u32).filter(fits).take(MOST);
    for job in numbers.filter_map(|job| listing.job(job)) {
        let id = job.id().to_string();
        // What is typed already may be longer than what is shown of ids.
        let id = id.get(..begun.len().max(short_id(&job).len())).unwrap_or(&id);
        let params = params_cell(listing, &job);
        words.add(id.to_owned(), &format!("{} {params}", clean(&job.stage().name)));
    }
}

/// A value as one would type it: a string without its quotes, unless it then were another value.
fn typed(json: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(json) {
        Ok(serde_json::Value::String(text))
            if !text.is_empty() && serde_json::from_str::<serde_json::Value>(&text).is_err() =>
        {
            text
        }
        Ok(_) | Err(_) => json.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::listing::sample;
    use super::*;

    fn found(begun: &str, find: fn(&Listing, &mut Words)) -> Vec<String> {
        let mut words = Words::new(OsStr::new(begun));
        find(&sample::listing(), &mut words);
        words.found.iter().map(|word| word.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn values_as_they_are_typed() {
        assert_eq!(typed("\"fast\""), "fast");
        assert_eq!(typed("\"1\""), "\"1\"");
        assert_eq!(typed("\"\""), "\"\"");
        assert_eq!(typed("[1,2]"), "[1,2]");
    }

    #[test]
    fn names_of_a_lab() {
        assert_eq!(found("", runs_of), ["simulation", "analysis", "@all"]);
        assert_eq!(found("@", runs_of), ["@all"]);
        assert_eq!(found("0l2", jobs_of), ["0l2ha185"]);
    }

    #[test]
    fn codes_and_schemas() {
        let words = |found: Vec<CompletionCandidate>| -> Vec<String> {
            found.iter().map(|word| word.get_value().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(words(codes(OsStr::new("lint::url"))), ["lint::url-literal"]);
        assert_eq!(words(codes(OsStr::new("repx::lint::url"))), ["repx::lint::url-literal"]);
        assert_eq!(words(codes(OsStr::new(""))).len(), pages().len());
        assert_eq!(words(schemas(OsStr::new("repx-eval"))), ["repx-eval/1"]);
        assert_eq!(words(shells(OsStr::new("b"))), ["bash"]);
    }

    #[test]
    fn the_words_before_the_cursor() {
        let words = |index| {
            let line = ["repx", "--", "repx", "run", "--lab", "x", "y"].map(OsString::from);
            before_cursor(line.into_iter(), index).len()
        };
        assert_eq!((words(None), words(Some("2")), words(Some("?"))), (4, 2, 4));
    }
}
