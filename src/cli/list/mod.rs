//! `repx list`: runs, jobs, what depends on what, groups.

mod deps;
mod groups;
mod jobs;
mod runs;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCompleter;

use super::Exit;
use super::arguments::{Form, LabArgument, Terminal};
use super::candidates;
use super::filter::Filter;
use super::listing::View;
use crate::diagnostic::Diagnostic;
use crate::sweep::{Counts, JobBits, Listing};

/// List runs, jobs, what depends on what, or groups
///
/// Without a word it lists runs.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Examples:
  repx list runs                                all runs, and how far they are
  repx list jobs simulation --status failed     the jobs of a run that failed
  repx list jobs --stage train -p seed=1 -p lr  those with seed 1, showing lr
  repx list jobs --output-paths --group-by-stage
  repx list deps 5ykhxrmz                       what a job reads from
  repx list groups                              groups and their runs")]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ListOptions {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    runs: AllRuns,
}

/// What may be said where runs are listed without saying so.
#[derive(Args, Debug, Clone, Default)]
struct AllRuns {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

#[derive(Subcommand, Debug, Clone)]
enum What {
    Runs(RunsOptions),
    Jobs(Box<jobs::JobsOptions>),
    // One word is enough in help and where words are completed.
    #[command(alias = "dependencies")]
    Deps(DepsOptions),
    Groups(GroupsOptions),
}

/// Runs, how many jobs they have, and how far these are
#[derive(Args, Debug, Clone, Default)]
struct RunsOptions {
    /// Say more of this run, or list the runs of this group
    #[arg(value_name = "RUN|@GROUP", add = ArgValueCompleter::new(candidates::runs))]
    name: Option<String>,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// What a job reads from, or which runs a run comes after
#[derive(Args, Debug, Clone, Default)]
struct DepsOptions {
    /// A run, or a job by its id or how that begins; without it all runs
    #[arg(value_name = "RUN|JOB", add = ArgValueCompleter::new(candidates::runs_and_jobs))]
    name: Option<String>,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// Groups and their runs
#[derive(Args, Debug, Clone, Default)]
struct GroupsOptions {
    /// List the runs of this group
    #[arg(value_name = "GROUP", add = ArgValueCompleter::new(candidates::groups))]
    name: Option<String>,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// Lists what was asked for.
pub(super) fn run(options: &ListOptions, terminal: &Terminal) -> Exit {
    let done = match &options.what {
        None => {
            let AllRuns { format, lab } = options.runs.clone();
            runs::run(&RunsOptions { name: None, format, lab }, terminal)
        }
        Some(What::Runs(options)) => runs::run(options, terminal),
        Some(What::Jobs(options)) => jobs::run(options, terminal),
        Some(What::Deps(options)) => deps::run(options, terminal),
        Some(What::Groups(options)) => groups::run(options, terminal),
    };
    done.unwrap_or_else(|exit| exit)
}

/// What of a listing the names of a filter let through: by run, and by job if not all.
pub(super) type Picked = (Vec<bool>, Option<JobBits>);

/// What a filter lets through.
///
/// # Errors
/// One for each name that the lab doesn't have.
pub(super) fn picked(
    listing: &Listing,
    counts: Option<&Counts>,
    filter: Filter<'_>,
) -> Result<Picked, Vec<Diagnostic>> {
    super::filter::select_some(listing, counts, filter).map(|view| (view.runs, view.jobs))
}

fn view(listing: &Listing, (runs, jobs): Picked) -> View<'_> {
    View { listing, runs, jobs }
}
