//! `repx completions` and `repx man`: what shells and readers of manuals want.
//!
//! What a shell is given asks this program for the words that fit, so that names of runs and jobs are those of
//! the lab at hand.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::builder::StyledStr;
use clap::{Args, Command};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, CompletionCandidate};

use super::Exit;
use super::arguments::{LabOptions, Terminal, Volume};
use super::find::short_id;
use super::listing::table::params_cell;
use super::listing::{clean, cut};
use super::load::{Outcome, Target, load};
use super::report::{near, report};
use super::stdout;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::SourceMap;
use crate::sweep::{Ask, Progress};

/// Set by shells that want words.
const VARIABLE: &str = "REPX_COMPLETE";
/// More jobs than this are no help.
const MOST_JOBS: usize = 100;

/// Print what makes a shell complete repx's commands, runs and jobs
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  source <(repx completions bash)                  now, or in ~/.bashrc
  repx completions zsh > ~/.zfunc/_repx
  repx completions fish > ~/.config/fish/completions/repx.fish")]
pub(super) struct CompletionsOptions {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL")]
    shell: String,
}

/// Write the manual's pages
///
/// Without a directory the main page is printed: `repx man | man -l -`.
#[derive(Args, Debug, Clone)]
pub(super) struct ManOptions {
    /// Write all pages here, one a command
    directory: Option<PathBuf>,
}

/// Prints what a shell has to know.
pub(super) fn completions(options: &CompletionsOptions, terminal: &Terminal) -> Exit {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&options.shell) else {
        let known: Vec<&str> = shells.names().collect();
        let message = format!("repx can't complete in a shell `{}`", options.shell);
        let near = did_you_mean(&options.shell, &known);
        let help = near.unwrap_or_else(|| format!("it can in {}", known.join(", ")));
        let wrong = Diagnostic::error("repx::cli::unknown-name", message).help(help);
        return report(vec![wrong], &SourceMap::new(), terminal, false);
    };
    stdout::print(|out| shell.write_registration(VARIABLE, "repx", "repx", "repx", out))
}

/// Answers a shell that asks for words. False: none does.
pub(super) fn complete(command: fn() -> Command, arguments: &[OsString]) -> bool {
    let directory = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .try_complete(arguments, directory.as_deref());
    // Whoever presses Tab doesn't want to read why there are no words.
    answered.unwrap_or(true)
}

/// The main page, or all.
pub(super) fn man(options: &ManOptions, command: Command, terminal: &Terminal) -> Exit {
    let Some(directory) = &options.directory else {
        let page = clap_mangen::Man::new(command);
        return stdout::print(|out| page.render(out));
    };
    let written =
        fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory));
    match written {
        Ok(()) => {
            let place = near(directory);
            stdout::print(|out| writeln!(out, "wrote the manual's pages to {place}"))
        }
        Err(error) => {
            let message = format!("can't write to {}: {error}", near(directory));
            let wrong = Diagnostic::error("repx::cli::output", message)
                .help("name another directory: `repx man DIR`");
            report(vec![wrong], &SourceMap::new(), terminal, false)
        }
    }
}

/// Names of runs, and of groups after an `@`.
pub(super) fn runs(begun: &OsStr) -> Vec<CompletionCandidate> {
    words(begun, true, false)
}

/// Ids of jobs.
pub(super) fn jobs(begun: &OsStr) -> Vec<CompletionCandidate> {
    words(begun, false, true)
}

/// All that `repx run` takes.
pub(super) fn names(begun: &OsStr) -> Vec<CompletionCandidate> {
    words(begun, true, true)
}

fn words(begun: &OsStr, runs: bool, jobs: bool) -> Vec<CompletionCandidate> {
    let begun = begun.to_string_lossy();
    let lab = lab_of(std::env::args_os());
    let with = LabOptions::default();
    let target = Target::new(&lab, &with);
    let quiet = Terminal {
        color: false,
        color_errors: false,
        narrated: false,
        width: 80,
        page: 80,
        volume: Volume::Quiet,
    };
    let Outcome { listing: Some(listing), .. } =
        load(target, Ask::Jobs, &quiet, &Progress::default())
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut add = |word: String, help: String| {
        if word.starts_with(&*begun) {
            let help = Some(StyledStr::from(cut(&help, 60)));
            all.push(CompletionCandidate::new(word).help(help));
        }
    };
    if runs {
        for run in &listing.runs {
            add(run.name.to_string(), format!("run of {} jobs", run.jobs));
        }
        for (name, runs) in &listing.groups {
            add(format!("@{name}"), format!("group of {}", runs.join(", ")));
        }
    }
    if jobs {
        let fits = |job: &u32| {
            let id = listing.id(*job).map(|id| id.text());
            id.is_some_and(|id| id.starts_with(begun.as_bytes()))
        };
        let numbers = (0..listing.len() as u32).filter(fits).take(MOST_JOBS);
        for job in numbers.filter_map(|job| listing.job(job)) {
            let params = params_cell(&listing, &job);
            let id = job.id().to_string();
            // What is typed already may be longer than what is shown of ids.
            let id = id.get(..begun.len().max(short_id(&job).len())).unwrap_or(&id);
            add(id.to_owned(), format!("{} {params}", clean(&job.stage().name)));
        }
    }
    all
}

/// The lab that the words of a command line name.
fn lab_of(words: impl Iterator<Item = OsString>) -> PathBuf {
    let mut words = words;
    while let Some(word) = words.next() {
        if word == "--lab" {
            return words.next().map_or_else(|| ".".into(), PathBuf::from);
        }
        if let Some(lab) = word.to_str().and_then(|word| word.strip_prefix("--lab=")) {
            return Path::new(lab).to_owned();
        }
    }
    PathBuf::from(".")
}
