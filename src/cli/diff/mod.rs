//! `repx eval --diff`: today's listing compared with another.
//!
//! | file | what it does |
//! |---|---|
//! | `compare.rs` | finds what sets two listings apart |
//! | `pairing.rs`, `effective.rs` | which jobs stand for which, and by what |
//! | `listed.rs`, `saved.rs` | the sides: a lab's listing, a saved one |
//! | `reading.rs` | how the latter is read |
//! | `commit.rs` | the lab's listing at another commit |
//! | `wanted.rs` | which jobs of a saved listing are wanted |
//! | `table.rs`, `json.rs` | what was found, for people and for programs |

mod commit;
mod compare;
mod effective;
pub(super) mod json;
mod listed;
mod pairing;
mod reading;
mod saved;
pub(super) mod table;
mod wanted;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

pub(super) use compare::{Diff, Side, compare};

use self::commit::Then;
use self::reading::Unread;
use self::saved::Saved;
use self::wanted::Wanted;
use super::arguments::{EvalOptions, Format, Terminal};
use super::filter::{Filter, Unknown, select_known};
use super::guard::INTERRUPTED;
use super::listing::{TableStyle, View};
use super::load::{Outcome, Target, load_shown};
use super::report::{report, say};
use super::{Exit, stdout};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::sweep::{Ask, Listing};

/// How a job differs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    Added,
    Removed,
    Changed,
}

impl Change {
    const ALL: [Change; 3] = [Change::Added, Change::Removed, Change::Changed];

    fn word(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Change::Added => "+",
            Change::Removed => "-",
            Change::Changed => "~",
        }
    }
}

/// Two listings and what sets them apart.
pub(super) struct Comparison<'c> {
    pub(super) before: &'c dyn Side,
    pub(super) after: &'c dyn Side,
    pub(super) diff: &'c Diff,
}

impl<'c> Comparison<'c> {
    /// How many jobs differ how.
    fn numbers(&self) -> [(Change, usize); 3] {
        let Diff { added, removed, changed, .. } = self.diff;
        [
            (Change::Added, added.len()),
            (Change::Removed, removed.len()),
            (Change::Changed, changed.len()),
        ]
    }

    /// How many jobs differ.
    fn len(&self) -> usize {
        self.numbers().iter().map(|(_, number)| number).sum()
    }

    /// Those that differ so: what they were, and what they are.
    fn jobs(&self, change: Change) -> Box<dyn Iterator<Item = (Option<u32>, Option<u32>)> + 'c> {
        let Diff { added, removed, changed, .. } = self.diff;
        match change {
            Change::Added => Box::new(added.iter().map(|job| (None, Some(*job)))),
            Change::Removed => Box::new(removed.iter().map(|job| (Some(*job), None))),
            Change::Changed => Box::new(changed.iter().map(|(was, is)| (Some(*was), Some(*is)))),
        }
    }

    /// The side that knows the job as it is, or as it last was.
    fn latest(&self, was: Option<u32>, is: Option<u32>) -> (&'c dyn Side, u32) {
        match is {
            Some(job) => (self.after, job),
            None => (self.before, was.unwrap_or_default()),
        }
    }

    /// How many jobs of each stage differ how, in the order of what is, then of what was.
    fn by_stage(&self) -> Vec<(String, [(Change, usize); 3])> {
        let mut stages: HashMap<&str, ([usize; 3], (bool, u32))> = HashMap::new();
        for (kind, change) in Change::ALL.into_iter().enumerate() {
            for (was, is) in self.jobs(change) {
                let (side, job) = self.latest(was, is);
                let place = (is.is_none(), job);
                let (counts, first) = stages.entry(side.stage(job)).or_insert(([0; 3], place));
                *first = place.min(*first);
                if let Some(count) = counts.get_mut(kind) {
                    *count += 1;
                }
            }
        }
        let mut stages: Vec<_> = stages.into_iter().collect();
        stages.sort_unstable_by_key(|(_, (_, first))| *first);
        let numbers = |[added, removed, changed]: [usize; 3]| {
            [(Change::Added, added), (Change::Removed, removed), (Change::Changed, changed)]
        };
        let row =
            |(stage, (counts, _)): (&str, ([usize; 3], _))| (stage.to_owned(), numbers(counts));
        stages.into_iter().map(row).collect()
    }
}

/// What today's listing is compared with.
pub(super) enum Origin {
    /// A saved listing.
    File(PathBuf),
    /// The lab at a commit.
    Commit(Then),
}

impl Origin {
    /// In a few words.
    fn name(&self) -> String {
        match self {
            Origin::File(file) => file.display().to_string(),
            Origin::Commit(then) => then.name(),
        }
    }
}

/// Compares a lab's jobs with those of `with`.
pub(super) fn run(options: &EvalOptions, with: &str, terminal: &Terminal) -> Exit {
    let fails = |diagnostics: Vec<Diagnostic>, sources: &SourceMap| {
        report(diagnostics, sources, terminal, options.with.show_trace)
    };
    let origin = match origin(options, with) {
        Ok(origin) => origin,
        Err(wrong) => return fails(vec![wrong], &SourceMap::new()),
    };
    let Outcome { listing, diagnostics, sources, .. } =
        load_shown(Target::of(options), Ask::Jobs, terminal);
    let exit = fails(diagnostics, &sources);
    let Some(listing) = listing.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    let filter = Filter::of(options);
    let (view, unknown) = select_known(&listing, filter);
    let then: Listing;
    let (before, diff): (Box<dyn Side + '_>, Diff) = match &origin {
        Origin::File(file) => match with_file(file, &view, unknown, filter) {
            Ok((saved, diff)) => (Box::new(saved), diff),
            Err(_) if INTERRUPTED.load(Ordering::Relaxed) => return interrupted(),
            Err(wrong) => return fails(wrong, &SourceMap::new()),
        },
        Origin::Commit(commit) => {
            let Outcome { listing, diagnostics, sources, .. } =
                commit.listing(Target::of(options), terminal);
            let Some(found) = listing else {
                say(&format!("the lab at {}:", commit.name()));
                return fails(diagnostics, &sources);
            };
            then = found;
            let (known, absent) = select_known(&then, filter);
            let lacks = |name: &Unknown| absent.iter().any(|other| other.is_same(name));
            let mistakes = mistakes(unknown, lacks);
            if !mistakes.is_empty() {
                return fails(mistakes, &SourceMap::new());
            }
            let diff = compare(&known, &view);
            (Box::new(known), diff)
        }
    };
    if INTERRUPTED.load(Ordering::Relaxed) {
        return interrupted();
    }
    let comparison = Comparison { before: &*before, after: &view, diff: &diff };
    print(&origin, &comparison, &view, options, terminal)
}

fn interrupted() -> Exit {
    say("interrupted");
    Exit::Interrupted
}

/// Names that neither side has.
fn mistakes(unknown: Vec<Unknown>, lacks: impl Fn(&Unknown) -> bool) -> Vec<Diagnostic> {
    unknown.into_iter().filter(lacks).map(|name| name.diagnostic).collect()
}

/// What is meant: a file if there is one, else a commit.
fn origin(options: &EvalOptions, with: &str) -> Result<Origin, Diagnostic> {
    if with.is_empty() {
        let message = "`--diff` is given nothing to compare with";
        return Err(Diagnostic::error("repx::diff::unknown-revision", message)
            .help("give a branch, a tag, a hash or HEAD~1, or the file of a saved listing"));
    }
    let file = PathBuf::from(with);
    // What another process writes will do.
    if file.exists() && !file.is_dir() {
        return Ok(Origin::File(file));
    }
    commit::find(Target::of(options), with).map(Origin::Commit)
}

/// How to get something to compare with.
pub(super) const HELP: &str = "compare with a saved listing: `repx eval --format json > FILE`";

/// Compares with a saved listing.
fn with_file<'l>(
    file: &std::path::Path,
    view: &View<'l>,
    unknown: Vec<Unknown>,
    filter: Filter<'_>,
) -> Result<(Saved<'l>, Diff), Vec<Diagnostic>> {
    let shown = file.display();
    let failed = |error: std::io::Error| {
        let message = format!("cannot read '{shown}': {error}");
        vec![Diagnostic::error("repx::diff::unreadable", message).help(HELP)]
    };
    let none = |why: String| {
        let message = format!("'{shown}' is no saved listing: {why}");
        vec![Diagnostic::error("repx::diff::not-a-listing", message).help(HELP)]
    };
    let input = std::fs::File::open(file).map_err(failed)?;
    let input = std::io::BufReader::with_capacity(1 << 16, input);
    let mut wanted = Wanted::new(filter, view.listing);
    let mut saved = Saved::new(view);
    reading::read(input, &mut saved, &mut wanted).map_err(|unread| match unread {
        Unread::System(error) => failed(error),
        Unread::NoListing(why) => none(why),
    })?;
    let mistakes = mistakes(unknown, |name| wanted.lacks(name.what, &name.name));
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let diff = compare(&saved, view);
    Ok((saved, diff))
}

fn print(
    origin: &Origin,
    comparison: &Comparison<'_>,
    view: &View<'_>,
    options: &EvalOptions,
    terminal: &Terminal,
) -> Exit {
    let style = TableStyle::of(terminal);
    stdout::print(|out| match options.format {
        Format::Json => json::write_json(out, origin, comparison),
        Format::Ndjson => json::write_ndjson(out, origin, comparison),
        Format::Table => {
            let entry = &view.listing.lab.entry;
            table::write_heading(
                out,
                &format!("{entry} · compared with {}", origin.name()),
                style,
            )?;
            table::write_totals(out, comparison)?;
            table::write_changes(out, comparison, style)
        }
    })
}
