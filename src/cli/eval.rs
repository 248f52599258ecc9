//! `repx eval`: the jobs of a lab.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Exit;
use super::arguments::{EvalOptions, Format, Terminal, Volume, pairs};
use super::cache_account::explain;
use super::entry::{self, Entry};
use super::filter::{Filter, select, select_runs, wanted};
use super::guard::INTERRUPTED;
use super::kept;
use super::listing::{
    Pace, Statuses, TableStyle, Tally, View, write_counts, write_counts_json, write_counts_ndjson,
    write_json, write_ndjson, write_table, write_too_many,
};
use super::progress::{self, Phase};
use super::report::{report, say};
use super::settings::settings;
use super::{diff, stdout, watch, why};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::sweep::{Argument, Ask, Counts, Listing, PackageSet, Progress, Request};
use crate::world::Disk;

/// The table of a lab that may have more jobs than this shows numbers that were counted.
const MOST_IN_TABLE: u64 = 1_000_000;
/// A lab that may have more jobs than this is not expanded to count those that are shared.
const MOST_COUNTED: u64 = 20_000_000;

/// What came of evaluating a lab.
pub(super) struct Outcome {
    /// Its jobs; without them the diagnostics hold at least one error.
    pub(super) listing: Option<Listing>,
    /// Where they were only counted, their numbers.
    pub(super) counts: Option<Counts>,
    /// What is to be said about it.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics speak of.
    pub(super) sources: SourceMap,
}

impl Outcome {
    /// There is nothing but this to say.
    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        let (diagnostics, sources) = (vec![diagnostic], SourceMap::new());
        Outcome { listing: None, counts: None, diagnostics, sources }
    }
}

/// Lists a lab's jobs.
pub(super) fn run(options: &EvalOptions, terminal: &Terminal) -> Exit {
    if let Some(with) = &options.diff {
        return diff::run(options, with, terminal);
    }
    if options.watch {
        return watch::run(options, terminal);
    }
    let begin = Instant::now();
    let progress = Progress::default();
    let progress_shown = shown(terminal, &progress);
    let outcome = load(options, terminal, &progress);
    let Outcome { listing, counts, mut diagnostics, sources } = outcome;
    if let (Some(job), Some(listing)) = (&options.why, &listing) {
        drop(progress_shown);
        return explain_job(job, listing, (diagnostics, &sources), options, terminal);
    }
    let filter = Filter::of(options);
    let shown = listing.as_ref().map(|listing| match &counts {
        None => select(listing, filter).map(Shown::Jobs),
        Some(counts) => {
            let runs = select_runs(listing, counts, filter);
            runs.map(|runs| Shown::Counts(Tally::counted(listing, counts, &runs, filter.stages)))
        }
    });
    let shown = match shown {
        Some(Ok(shown)) => Some(shown),
        Some(Err(unknown)) => {
            diagnostics.extend(unknown);
            None
        }
        None => None,
    };
    drop(progress_shown);
    let exit = report(diagnostics, &sources, terminal, options.show_trace);
    let Some(shown) = shown.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    if terminal.volume == Volume::Verbose {
        let jobs = listing.as_ref().map_or(0, Listing::len);
        say(&format!("{jobs} jobs in {:.1?}", begin.elapsed()));
    }
    print(&shown, options, terminal)
}

/// Says what sets a job apart.
fn explain_job(
    job: &str,
    listing: &Listing,
    (mut diagnostics, sources): (Vec<Diagnostic>, &SourceMap),
    options: &EvalOptions,
    terminal: &Terminal,
) -> Exit {
    let base = base_path(options);
    let why = why::why(listing, job, &base, &Disk);
    let why = why.map_err(|unknown| diagnostics.push(unknown)).ok();
    let exit = report(diagnostics, sources, terminal, options.show_trace);
    let Some(why) = why.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    let style = TableStyle { width: terminal.width, color: terminal.color };
    let json = options.format != Format::Table;
    stdout::print(|out| why::write(out, &why, json, &base, style))
}

/// What is to be printed.
enum Shown<'l> {
    Jobs(View<'l>),
    Counts(Tally<'l>),
}

/// Shows how far it has come.
pub(super) fn shown(terminal: &Terminal, progress: &Progress) -> Option<progress::Shown> {
    let watched = progress.clone();
    progress::Shown::begin(terminal, move || match watched.is_expanding() {
        false => (Phase::Evaluating, 0),
        true => (Phase::Expanding, watched.jobs()),
    })
}

/// What comes of the lab, for a command that goes on with it.
pub(super) fn load_shown(options: &EvalOptions, terminal: &Terminal) -> Outcome {
    let progress = Progress::default();
    let _shown = shown(terminal, &progress);
    load(options, terminal, &progress)
}

/// Evaluates the lab that the options name, or takes its jobs from the cache.
pub(super) fn load(options: &EvalOptions, terminal: &Terminal, progress: &Progress) -> Outcome {
    let found = entry::find(options).and_then(|entry| Ok((entry, settings(&options.nix)?)));
    match found {
        Err(wrong) => Outcome::failed(wrong),
        Ok((entry, settings)) => {
            let (outcome, explanation) = kept::outcome(options, entry, settings, progress);
            if options.explain_cache {
                explain(&explanation, terminal);
            }
            outcome
        }
    }
}

/// What is to be listed, as far as the command line says it.
pub(super) fn request(options: &EvalOptions, entry: Entry) -> Request {
    let Entry { file, root, flake } = entry;
    let expressions =
        pairs(&options.arg).map(|(name, text)| (name, Argument::Expression(text.into())));
    let texts = pairs(&options.argstr).map(|(name, text)| (name, Argument::Text(text.into())));
    let arguments = expressions.chain(texts).map(|(name, argument)| (name.to_owned(), argument));
    Request {
        arguments: arguments.collect(),
        packages: package_set(options.pkgs.as_deref()),
        threads: options.threads.map_or(0, usize::from),
        ask: ask(options),
        flake,
        ..Request::new(file, root)
    }
}

/// `host`, `<nixpkgs>`, or a path, which on the command line begins at the current directory.
fn package_set(pkgs: Option<&str>) -> PackageSet {
    match pkgs {
        None | Some("host") => PackageSet::Host,
        Some(search) if search.starts_with('<') => PackageSet::Expression(search.to_owned()),
        Some(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            PackageSet::Path(path)
        }
    }
}

/// What is wanted of the jobs: who only wants to see how many there are needn't wait for them.
fn ask(options: &EvalOptions) -> Ask {
    if options.why.is_some() || options.diff.is_some() || options.watch {
        return Ask::Jobs;
    }
    match (options.count, options.format) {
        _ if options.recipes => Ask::Recipes,
        (true, _) => Ask::Counts(MOST_COUNTED, wanted(&options.params)),
        (false, Format::Table) => Ask::Few(MOST_IN_TABLE, wanted(&options.params)),
        (false, Format::Json | Format::Ndjson) => Ask::Jobs,
    }
}

fn print(shown: &Shown<'_>, options: &EvalOptions, terminal: &Terminal) -> Exit {
    let style = TableStyle { width: terminal.width, color: terminal.color };
    let threads = options.threads.map_or(0, usize::from);
    let progress = Progress::default();
    let pace = Pace { threads, interrupt: &INTERRUPTED, progress: &progress };
    let statuses = match options.count {
        true => Statuses::default(),
        false => Statuses::read(&base_path(options), &Disk),
    };
    // Where results go to the same screen they show themselves how far they are.
    let apart = !std::io::stdout().is_terminal() && options.format != Format::Table;
    let watched = progress.clone();
    let written = move || (Phase::Writing, watched.jobs());
    let _shown = apart.then(|| progress::Shown::begin(terminal, written));
    stdout::print(|out| match (shown, options.format) {
        (Shown::Jobs(view), _) if options.count => counts(out, &Tally::of(view), options, style),
        (Shown::Counts(tally), _) if options.count => counts(out, tally, options, style),
        (Shown::Counts(tally), _) => write_too_many(out, tally, &statuses, style),
        (Shown::Jobs(view), Format::Table) => write_table(out, view, &statuses, style),
        (Shown::Jobs(view), Format::Json) => write_json(out, view, &statuses, pace),
        (Shown::Jobs(view), Format::Ndjson) => write_ndjson(out, view, &statuses, pace),
    })
}

fn counts(
    out: &mut impl Write,
    tally: &Tally<'_>,
    options: &EvalOptions,
    style: TableStyle,
) -> io::Result<()> {
    match options.format {
        Format::Table => write_counts(out, tally, style),
        Format::Json => write_counts_json(out, tally),
        Format::Ndjson => write_counts_ndjson(out, tally),
    }
}

/// Where results are kept: as asked for, else `.repx` beside the lab.
pub(super) fn base_path(options: &EvalOptions) -> PathBuf {
    match &options.base_path {
        Some(base) => base.clone(),
        None => lab_directory(&entry::without_output(&options.lab)).join(".repx"),
    }
}

/// The directory a lab is the lab of: `lab/nix/lab.nix` and `lab` are the same one.
fn lab_directory(lab: &Path) -> PathBuf {
    if lab.is_dir() {
        return lab.to_owned();
    }
    let parent = lab.parent().unwrap_or(lab);
    let inside = lab.ends_with("nix/lab.nix");
    let directory = if inside { parent.parent().unwrap_or(parent) } else { parent };
    if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_beside_the_lab() {
        let base =
            |lab: &str| base_path(&EvalOptions { lab: lab.into(), ..EvalOptions::default() });
        assert_eq!(base("/nonexistent/nix/lab.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("nix/lab.nix"), Path::new("./.repx"));
        assert_eq!(base("lab.nix"), Path::new("./.repx"));
        assert_eq!(base("/nonexistent/x.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("/"), Path::new("/.repx"));
    }
}
