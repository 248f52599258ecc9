//! What can be said on the command line.

#![allow(
    clippy::doc_markdown,
    reason = "these comments are the texts of --help, where backticks are noise"
)]

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;

use super::debug::DebugOptions;
use super::gc::GcOptions;
use super::init::InitOptions;
use super::list::ListOptions;
use super::load::Target;
use super::log::LogOptions;
use super::lsp::LspOptions;
use super::schema::SchemaOptions;
use super::shell::{CompletionsOptions, ManOptions};
use super::show::ShowOptions;
use super::terminal::Color;
pub(super) use super::terminal::{Terminal, Volume};
use super::trace::TraceOptions;
use super::viz::VizOptions;
use super::{candidates, config};
use crate::lab::ContainerMode;

#[derive(Parser)]
#[command(
    name = "repx",
    version,
    about = "Evaluates RepX labs, lists their jobs and runs them",
    long_about = "Evaluates RepX labs, lists their jobs and runs them.\n\n\
        A lab describes experiments in Nix: stages, pipelines of stages, and runs that sweep \
        pipelines over lists of parameters. repx evaluates it without Nix.",
    after_help = EXIT_STATUS,
    max_term_width = 80,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct CommandLine {
    /// When to use colours (NO_COLOR is respected)
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = GENERAL)]
    pub(super) color: Color,
    /// Show errors, but no warnings
    ///
    /// What a lab prints by builtins.trace or builtins.warn is its own, and stays.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = GENERAL)]
    pub(super) quiet: bool,
    /// Say more: advice, and how long it took
    #[arg(short, long, global = true, help_heading = GENERAL)]
    pub(super) verbose: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options of all commands stand behind those of each.
const GENERAL: &str = "General";

/// How commands end.
pub(super) const EXIT_STATUS: &str = "\
Exit status: 0 fine, 1 a job failed, 2 the lab, the configuration or the
call is wrong, 101 a bug of repx, 130 interrupted.";

/// The commands.
#[derive(Subcommand)]
pub(super) enum Command {
    Eval(Box<EvalOptions>),
    Run(Box<RunOptions>),
    List(Box<ListOptions>),
    Show(Box<ShowOptions>),
    TraceParams(Box<TraceOptions>),
    Log(Box<LogOptions>),
    DebugRun(Box<DebugOptions>),
    Gc(Box<GcOptions>),
    Viz(Box<VizOptions>),
    Init(InitOptions),
    Completions(CompletionsOptions),
    Man(ManOptions),
    Schema(SchemaOptions),
    Build(Box<BuildOptions>),
    Check(Box<CheckOptions>),
    Explain(ExplainOptions),
    Lsp(Box<LspOptions>),
    Instantiate(Box<InstantiateOptions>),
}

/// List the jobs of a lab
///
/// Evaluates the lab, expands all sweeps and prints every job with its parameters, inputs and
/// state. Nothing is built or run; what was read is kept in a cache.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx eval                                  the lab in this directory
  repx eval examples/sweep --format json     everything, for programs
  repx eval .#paper                          a lab of the flake in this directory
  repx eval --run @paper --stage train       some of its jobs
  repx eval --count                          how many there are
  repx eval --why 5ykhxrmz                   why a job is to be run
  repx eval --diff HEAD~1                    what the last commit has changed
  repx eval --watch                          what each edit changes
  repx eval --param model=resnet --param seed=1")]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct EvalOptions {
    /// A lab's directory or file, or a flake with an output: .#name
    ///
    /// Of a directory its flake.nix, else nix/lab.nix, else lab.nix is taken. Of a flake without
    /// an output's name it is the first lab among packages.SYSTEM.default, packages.SYSTEM.lab,
    /// legacyPackages.SYSTEM.lab, lab and defaultPackage.SYSTEM, else the one lab in
    /// packages.SYSTEM; .#name is packages.SYSTEM.name, legacyPackages.SYSTEM.name or name.
    #[arg(default_value = ".", conflicts_with = "lab_option")]
    pub(super) lab: PathBuf,
    #[command(flatten)]
    pub(super) named: NamedLab,
    /// How to print the jobs
    ///
    /// What --count, --diff, --why and --watch print for programs has formats of its own: see repx schema.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Format,
    /// Say how many jobs there are, not which
    ///
    /// Most labs are counted without making their jobs, however many they are.
    #[arg(long)]
    pub(super) count: bool,
    /// Say what sets a job apart from the nearest one that was done
    ///
    /// JOB is an id, a full name, or what only one of them begins with.
    #[arg(long, value_name = "JOB", conflicts_with_all = ["count", "diff", "watch", "runs", "stages", "params"], add = ArgValueCompleter::new(candidates::jobs))]
    pub(super) why: Option<String>,
    /// Say what sets the jobs apart from those of a commit, or of a saved listing
    ///
    /// REV is a branch, a tag, the beginning of a hash, HEAD~1. FILE is what --format json or
    /// ndjson has written. Jobs of the same id are unchanged; of the others, those of a stage with
    /// the same values, their own and those of the jobs they read from, are said to have changed.
    #[arg(long, value_name = "REV|FILE", conflicts_with = "count")]
    pub(super) diff: Option<String>,
    /// List again whenever something changes, and say what that has changed
    ///
    /// What the evaluation has read is watched, and what it looked for in vain. Of a lab with a
    /// mistake that is shown, and watching goes on. With --format ndjson an event is an object.
    #[arg(short, long, conflicts_with_all = ["count", "diff", "explain_cache"])]
    pub(super) watch: bool,
    /// Only jobs of this run, or of the runs of this group; may be repeated
    #[arg(long = "run", value_name = "NAME|@GROUP", help_heading = "Which jobs", add = ArgValueCompleter::new(candidates::runs))]
    pub(super) runs: Vec<String>,
    /// Only jobs of this stage; may be repeated
    #[arg(long = "stage", value_name = "NAME", help_heading = "Which jobs", add = ArgValueCompleter::new(candidates::stages))]
    pub(super) stages: Vec<String>,
    /// Only jobs with this value, their own or that of a job they read from; may be repeated
    ///
    /// Of several values for one key any will do; several keys must all agree. A word that reads as
    /// JSON means that first: 1.5 the number, null null, '"null"' the text. Numbers are what they are
    /// worth: 1000 is 1000.0. Where no job has that value the word means the text, else a path that
    /// ends in it. A job's own value hides that of a job it reads from.
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Which jobs", add = ArgValueCompleter::new(candidates::params))]
    pub(super) params: Vec<(String, String)>,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

const RUN_EXAMPLES: &str = "\
Examples:
  repx run                             all jobs of the lab in this directory
  repx run examples/simple -j 4        those of another lab, four at a time
  repx run @paper -k                   a group, going on after failures
  repx run 5ykhxrmz --force            one job, though it is done
  repx run -n                          what would run, and why";

/// What follows the options of `repx run`.
fn run_help() -> String {
    format!("{RUN_EXAMPLES}\n\n{}", config::HELP)
}

/// Run the jobs of a lab
///
/// Evaluates the lab and runs its jobs on this machine, each after those it reads from. What is done
/// is not done again. Without names all jobs are run.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = RUN_EXAMPLES, after_long_help = run_help())]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct RunOptions {
    /// Runs, groups after an @, or jobs by their ids or how those begin
    ///
    /// If there is no --lab, the first may be the lab: a directory, a file, an output of a flake. A word without a
    /// slash or a dot is a name of the lab at hand, if that has such a name.
    #[arg(value_name = "RUN|@GROUP|JOB", add = ArgValueCompleter::new(candidates::names))]
    pub(super) names: Vec<String>,
    /// The lab's directory or file, or a flake with an output: .#name [default: .]
    #[arg(long, value_name = "LAB")]
    pub(super) lab: Option<PathBuf>,
    /// Jobs at once [default: as config.toml says, else as many as there are processors]
    #[arg(short, long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(super) jobs: Option<u16>,
    /// Run the named jobs although they are done; what others had made of their results is to run again
    #[arg(long)]
    pub(super) force: bool,
    /// Begin other jobs after one has failed
    #[arg(short = 'k', long, visible_alias = "keep-going")]
    pub(super) continue_on_failure: bool,
    /// Only say what would run, and why
    #[arg(short = 'n', long)]
    pub(super) dry_run: bool,
    /// How to say what happens
    ///
    /// `repx schema repx-run` says what events are made of.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Events,
    /// Run jobs within bubblewrap: they can write to $out alone, and reach no network
    ///
    /// What else they may change is said by mount_paths or mount_host_paths of a target in
    /// config.toml. Without --bwrap and --native the target says whether jobs of containerized runs
    /// are isolated; __noChroot is Nix's word for builds and says nothing of jobs.
    #[arg(long, help_heading = "Isolation")]
    pub(super) bwrap: bool,
    /// Run jobs as any other program, whatever the configuration says
    #[arg(long, conflicts_with = "bwrap", help_heading = "Isolation")]
    pub(super) native: bool,
    /// Let isolated jobs reach the network
    #[arg(long, conflicts_with = "native", help_heading = "Isolation")]
    pub(super) network: bool,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

/// Write a lab's jobs to a directory
///
/// The directory holds all that the jobs run, with the files and keys that RepX 0.5 writes, so
/// that its tools read it. With a Nix package set the scripts are built by Nix first. Nothing is run.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx build                           the lab in this directory, to ./result
  repx build examples/simple -o lab    another lab, to another place
  repx run --lab lab                   runs what was built")]
pub(super) struct BuildOptions {
    /// A lab's directory or file, or a flake with an output: .#name
    #[arg(default_value = ".", conflicts_with = "lab_option")]
    pub(super) lab: PathBuf,
    #[command(flatten)]
    pub(super) named: NamedLab,
    /// The directory to write; one that holds a lab is written anew [default: result]
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,
    /// Which runs share a container image [default: as the lab's containerMode says, else unified]
    ///
    /// An image holds the basic tools and the packages that scripts and parameters name. It takes a Nix package
    /// set with dockerTools to make one. Runs with containerized = false have none.
    #[arg(long, value_name = "MODE")]
    pub(super) images: Option<ImageMode>,
    /// How to say what was written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(super) format: Form,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

/// Which runs share a container image.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ImageMode {
    /// All of them
    Unified,
    /// Each has its own
    PerRun,
    /// None has one
    None,
}

impl From<ImageMode> for ContainerMode {
    fn from(mode: ImageMode) -> ContainerMode {
        match mode {
            ImageMode::Unified => ContainerMode::Unified,
            ImageMode::PerRun => ContainerMode::PerRun,
            ImageMode::None => ContainerMode::None,
        }
    }
}

/// A lab that could also be named as an argument: other commands have it named so.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct NamedLab {
    /// The same, as other commands have it named
    #[arg(long = "lab", value_name = "LAB", hide = true)]
    pub(super) lab_option: Option<PathBuf>,
}

/// The lab of a command that something else is named for.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct LabArgument {
    /// The lab's directory or file, or a flake with an output: .#name [default: .]
    #[arg(long, value_name = "LAB")]
    pub(super) lab: Option<PathBuf>,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

impl LabArgument {
    /// As it is evaluated.
    pub(super) fn target(&self) -> Target<'_> {
        Target::new(self.lab.as_deref().unwrap_or(Path::new(".")), &self.with)
    }
}

/// The formats of what isn't a long list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Form {
    /// For people
    #[default]
    Table,
    /// An object
    Json,
}

/// How a lab is evaluated, for all commands that evaluate one.
#[derive(Args, Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct LabOptions {
    /// Where results are kept [default: as config.toml says, else .repx beside the lab]
    #[arg(long, value_name = "DIR")]
    pub(super) base_path: Option<PathBuf>,
    /// Give the lab's function an argument: a Nix expression
    #[arg(long = "arg", num_args = 2, value_names = ["NAME", "EXPR"], help_heading = "Evaluation")]
    pub(super) arg: Vec<String>,
    /// Give the lab's function an argument: a string
    #[arg(long = "argstr", num_args = 2, value_names = ["NAME", "TEXT"], help_heading = "Evaluation")]
    pub(super) argstr: Vec<String>,
    /// The package set: a path, <nixpkgs>, or host for this machine's programs
    ///
    /// A flake's lab uses it in place of the flake's nixpkgs.
    #[arg(long, value_name = "PACKAGES", help_heading = "Evaluation")]
    pub(super) pkgs: Option<String>,
    /// Use the RepX that a flake names, not the library of this program
    ///
    /// What that library makes are derivations, whose jobs can't be listed.
    #[arg(long, help_heading = "Evaluation")]
    pub(super) upstream_lib: bool,
    /// Add an entry to the search path, before those of NIX_PATH
    #[arg(short = 'I', value_name = "[PREFIX=]PATH", help_heading = "Evaluation")]
    pub(super) include: Vec<String>,
    /// How many threads to use [default: one for each processor]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = "Evaluation")]
    pub(super) threads: Option<u16>,
    /// Show all of a trace
    #[arg(long, help_heading = "Evaluation")]
    pub(super) show_trace: bool,
    /// Read all files anew, and keep nothing of them
    #[arg(long, help_heading = "Cache")]
    pub(super) no_cache: bool,
    /// Evaluate the lab though nothing has changed, and keep the result
    #[arg(long, help_heading = "Cache", conflicts_with = "no_cache")]
    pub(super) refresh: bool,
    /// Say what was read, what has changed and what was reused; with -v every path
    #[arg(long, help_heading = "Cache")]
    pub(super) explain_cache: bool,
    #[command(flatten)]
    pub(super) nix: NixOptions,
}

/// Say all that is wrong with a lab, before anything runs
///
/// Reads all files of the lab, evaluates it, expands every stage as far as its parameters make a
/// difference, and looks at the scripts. Nothing is built or run.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx check                             the lab in this directory
  repx check --fix                       and mend what needs no decision
  repx check --static nix                all files below a directory, as texts
  repx check --deny lint --allow lint::shadowing
  repx check --format sarif > repx.sarif
Exit status: 0 nothing was found but advice, 1 something was, 2 it could not be
checked. `repx explain CODE` says what a code means.")]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
pub(super) struct CheckOptions {
    /// Labs, as for repx eval; with --static, files and directories
    #[arg(default_value = ".", value_name = "LAB", conflicts_with = "lab_option")]
    pub(super) labs: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) named: NamedLab,
    /// Look at syntax and names only: all .nix files below the paths given
    #[arg(long = "static", visible_alias = "syntax-only")]
    pub(super) only_static: bool,
    /// How to print what was found
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: CheckFormat,
    /// Mend what can be mended without asking, then check again
    #[arg(long)]
    pub(super) fix: bool,
    /// Make findings of this code errors: a code, how it begins, or all; may be repeated
    #[arg(long, value_name = "CODE", add = ArgValueCompleter::new(candidates::codes))]
    pub(super) deny: Vec<String>,
    /// Don't tell findings of this code, unless it is denied; may be repeated
    #[arg(long, value_name = "CODE", add = ArgValueCompleter::new(candidates::codes))]
    pub(super) allow: Vec<String>,
    /// Do without shellcheck, though it is installed
    #[arg(long)]
    pub(super) no_shellcheck: bool,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

/// The formats of findings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum CheckFormat {
    /// For people
    #[default]
    Text,
    /// One object for everything
    Json,
    /// A SARIF 2.1.0 log, for code hosts and editors
    Sarif,
    /// GitHub's workflow commands, which annotate a change
    Github,
}

/// Say what a code of a message means
///
/// With a piece of a lab that makes repx say it, and one that doesn't. Without a code, lists them.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx explain                                all codes
  repx explain repx::stage::input-unmatched
  repx explain lint::url-literal              repx:: may be left out")]
pub(super) struct ExplainOptions {
    /// A code, such as repx::stage::input-unmatched
    #[arg(value_name = "CODE", add = ArgValueCompleter::new(candidates::codes))]
    pub(super) code: Option<String>,
}

/// What is said about Nix, for what only Nix can do: building, and writing to its store.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Nix")]
pub(super) struct NixOptions {
    /// Make it an error if evaluation needs something to be built
    #[arg(long)]
    pub(super) no_ifd: bool,
    /// Override one of Nix's settings: abort-on-warn, trace-verbose, max-call-depth, or any while it builds
    #[arg(long = "option", num_args = 2, value_names = ["NAME", "VALUE"], allow_hyphen_values = true)]
    pub(super) option: Vec<String>,
}

/// The formats of what happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Events {
    /// For people
    #[default]
    Table,
    /// The same as ndjson, and no single object
    Json,
    /// One event a line, each as it happens
    Ndjson,
}

/// The formats of a listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub(super) enum Format {
    /// For people
    #[default]
    Table,
    /// One object for everything
    Json,
    /// One job a line
    Ndjson,
}

/// Evaluate any Nix expression, as nix-instantiate does
///
/// Prints what nix-instantiate prints. Without --eval and --parse these are the paths of the
/// derivations found, which Nix then has in its store; with --dry-run they are only computed.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx instantiate --eval -E '1 + 2'
  repx instantiate --eval --strict --json -A runs.train lab.nix
  repx instantiate '<nixpkgs>' -A hello      for nix-store --realise
  repx instantiate '<nixpkgs>' -A hello --dry-run     its path, without Nix")]
#[allow(clippy::struct_excessive_bools, reason = "they are nix-instantiate's flags")]
pub(super) struct InstantiateOptions {
    /// Files to evaluate, or with -E expressions; - reads standard input [default: ./default.nix]
    ///
    /// DIR#NAME is an output of a flake, found as `nix build` finds it.
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// Print values instead of derivations
    #[arg(long, visible_alias = "eval-only")]
    pub(super) eval: bool,
    /// Print the syntax tree only
    #[arg(long, visible_alias = "parse-only")]
    pub(super) parse: bool,
    /// Evaluate everything within the value too
    #[arg(long)]
    pub(super) strict: bool,
    /// Print the value as JSON
    #[arg(long, overrides_with_all = ["xml", "raw"])]
    pub(super) json: bool,
    /// Print the value as XML
    #[arg(long, overrides_with_all = ["json", "raw"])]
    pub(super) xml: bool,
    /// Print a string as it is, without a line break
    #[arg(long, overrides_with_all = ["json", "xml"])]
    pub(super) raw: bool,
    /// With places in XML
    #[arg(long, overrides_with = "no_location")]
    pub(super) location: bool,
    /// Without places in XML (the default)
    #[arg(long)]
    pub(super) no_location: bool,
    /// The arguments are expressions, not files
    #[arg(short = 'E', long)]
    pub(super) expr: bool,
    /// An attribute to take from the value, such as a.b.0; may be repeated
    #[arg(short = 'A', long = "attr", value_name = "PATH")]
    pub(super) attrs: Vec<String>,
    /// Give functions an argument: a Nix expression
    #[arg(long = "arg", num_args = 2, value_names = ["NAME", "EXPR"], allow_hyphen_values = true)]
    pub(super) arg: Vec<String>,
    /// Give functions an argument: a string
    #[arg(long = "argstr", num_args = 2, value_names = ["NAME", "TEXT"], allow_hyphen_values = true)]
    pub(super) argstr: Vec<String>,
    /// Add an entry to the search path, before those of NIX_PATH
    #[arg(short = 'I', value_name = "[PREFIX=]PATH")]
    pub(super) include: Vec<String>,
    /// With --eval, write what was made to the store
    #[arg(long, overrides_with = "readonly_mode")]
    pub(super) read_write_mode: bool,
    /// Write nothing to the store
    #[arg(long, visible_alias = "dry-run")]
    pub(super) readonly_mode: bool,
    /// Keep the derivations from being deleted, by a link of this name
    #[arg(long, value_name = "LINK")]
    pub(super) add_root: Option<String>,
    /// Accepted for compatibility: links of --add-root may always lie anywhere
    #[arg(long)]
    pub(super) indirect: bool,
    /// Show all of a trace
    #[arg(long)]
    pub(super) show_trace: bool,
    /// Read all files anew, and keep nothing of them
    #[arg(long)]
    pub(super) no_cache: bool,
    /// How many threads to use [default: one for each processor, at most 8]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Calls within calls before evaluation gives up [default: 10000]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(super) max_call_depth: Option<u32>,
    #[command(flatten)]
    pub(super) nix: NixOptions,
}

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("expected KEY=VALUE, such as model=resnet".to_owned()),
    }
}

/// Names and values given in pairs.
pub(super) fn pairs(flat: &[String]) -> impl Iterator<Item = (&str, &str)> {
    flat.chunks_exact(2).filter_map(|pair| match pair {
        [name, value] => Some((name.as_str(), value.as_str())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_need_a_key() {
        assert_eq!(key_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(key_value("a="), Ok(("a".into(), String::new())));
        assert!(key_value("a").is_err());
        assert!(key_value("=b").is_err());
    }
}
