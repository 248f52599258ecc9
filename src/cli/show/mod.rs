//! `repx show`: everything about a job, or what it has written.

mod hints;
mod job;
mod output;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCompleter;

use super::Exit;
use super::arguments::{Form, LabArgument, Terminal};
use super::candidates;

/// Show everything about a job, or what it has written
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx show job 5ykhxrmz              parameters, inputs, outputs, hints, files
  repx show output 5ykhxrmz           what it has written, small texts in full
  repx show output report table.txt   one file, as it is")]
pub(super) struct ShowOptions {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug, Clone)]
enum What {
    Job(JobOptions),
    Output(OutputOptions),
}

/// Everything about a job
#[derive(Args, Debug, Clone)]
struct JobOptions {
    /// Its id or full name, or how that begins; of a stage with one job the stage
    #[arg(add = ArgValueCompleter::new(candidates::jobs))]
    job: String,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// What a job has written
#[derive(Args, Debug, Clone)]
struct OutputOptions {
    /// Its id or full name, or how that begins; of a stage with one job the stage
    #[arg(add = ArgValueCompleter::new(candidates::jobs))]
    job: String,
    /// Print this output, or this file of the job's out directory, as it is
    #[arg(add = ArgValueCompleter::new(candidates::written))]
    path: Option<String>,
    /// How to print what there is
    ///
    /// Of a file json gives its path, its size, and its text if it is one of at most 1 MB.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

pub(super) use output::words as written_words;

/// Shows what was asked for.
pub(super) fn run(options: &ShowOptions, terminal: &Terminal) -> Exit {
    let done = match &options.what {
        What::Job(options) => job::run(options, terminal),
        What::Output(options) => output::run(options, terminal),
    };
    done.unwrap_or_else(|exit| exit)
}
