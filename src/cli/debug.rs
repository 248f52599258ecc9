//! `repx debug-run`: a shell, or a command, in the environment of a job.

use std::fs;
use std::io::{self, IsTerminal};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCompleter;

use super::Exit;
use super::arguments::{LabArgument, Terminal, Volume};
use super::find::{self, short_id};
use super::guard::Held;
use super::listing::clean;
use super::load::{Opened, Outcome, Target, base_path, open};
use super::report::{near, report, say};
use super::run::build::{Builder, Lack};
use super::run::lacking::missing;
use super::run::unseen;
use super::setup::{machine_saying, places};
use super::{candidates, parts};
use crate::diagnostic::Diagnostic;
use crate::exec::{Base, Inside, Piece, Plan, State, Store, Unit, Work, enter, lacks, piece};
use crate::source::SourceMap;
use crate::sweep::{Ask, JobSet, JobView, Listing};

/// Look around in the environment of a job
///
/// Opens a shell with the job's search path, its inputs, params and parameters as arrays, its inputs in
/// place and an empty directory of its own as $out. The job's results and logs stay as they are. There,
/// repx_job runs the job's script.
#[allow(clippy::doc_markdown, reason = "these are the words of --help")]
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  repx debug-run 5ykhxrmz                               a shell
  repx debug-run 5ykhxrmz -c 'declare -p params inputs' a command
  repx debug-run 5ykhxrmz -c repx_job --keep            its script, elsewhere")]
pub(super) struct DebugOptions {
    /// Its id or full name, or how that begins; of a stage with one job the stage
    #[arg(add = ArgValueCompleter::new(candidates::jobs))]
    job: String,
    /// Run this instead of a shell
    #[arg(short, long, value_name = "CMD")]
    command: Option<String>,
    /// Of a scatter-gather job: scatter, gather, or worker:3 (a step and an item)
    #[arg(long, value_name = "PART", add = ArgValueCompleter::new(candidates::parts))]
    part: Option<String>,
    /// Keep the directory of $out
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    lab: LabArgument,
}

/// Jobs that are named where they are missing.
const MOST_NAMED: usize = 5;

/// Looks around.
pub(super) fn run(options: &DebugOptions, terminal: &Terminal) -> Exit {
    let target = options.lab.target();
    let base = match base_path(target, terminal) {
        Ok(base) => Base::new(&base),
        Err(exit) => return exit,
    };
    let look = |listing: &Listing, _: Option<&_>| {
        let job = find::job(listing, &options.job).map_err(|wrong| vec![wrong])?;
        unread(listing, &base, &job).map(|()| job.number()).map_err(|wrong| vec![wrong])
    };
    match open(target, Ask::Recipes, terminal, look) {
        Ok(Opened { listing, found, .. }) => {
            Call { options, terminal, target, listing: &listing, base: &base, job: found }.run()
        }
        Err(exit) => exit,
    }
}

/// All jobs that it reads from must be done.
fn unread(listing: &Listing, base: &Base, job: &JobView<'_>) -> Result<(), Diagnostic> {
    let after = job.after().into_iter().flat_map(JobSet::iter);
    let needed = job.depends_on().into_iter().chain(after).filter_map(|job| listing.job(job));
    let undone = |job: &JobView<'_>| base.job(&job.name().to_string()).state() != State::Done;
    let named = |job: JobView<'_>| short_id(&job);
    let ids: Vec<String> = needed.filter(undone).map(named).take(MOST_NAMED).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let name = short_id(job);
    Err(Diagnostic::error(
        "repx::cli::inputs-missing",
        format!("job {name} reads from jobs that aren't done: {}", ids.join(", ")),
    )
    .help(format!("`repx run {name}` runs them, and then the job itself")))
}

/// A job whose environment is wanted.
struct Call<'c> {
    options: &'c DebugOptions,
    terminal: &'c Terminal,
    target: Target<'c>,
    listing: &'c Listing,
    base: &'c Base,
    job: u32,
}

impl Call<'_> {
    fn run(&self) -> Exit {
        let plan = Plan::new(self.listing, self.base, &[self.job], true);
        // Who runs jobs at the moment makes what is missing as we would.
        let hold = self.base.hold(|_| {}, || false).ok();
        let builder = Builder::new(self.terminal);
        let hear = |line: &str| builder.hear(line);
        // Nix keeps what the job needs as long as this is there.
        let machine = machine_saying(&self.target.with.nix, &hear);
        if self.listing.kit.derivations
            && self.target.built().is_none()
            && let Err(Outcome { diagnostics, sources, .. }) = builder
                .build(&machine, self.target, (self.listing, &plan), &[], self.terminal)
                .and_then(Lack::none)
        {
            return report(diagnostics, &sources, self.terminal, self.target.with.show_trace);
        }
        let lacks = lacks(self.listing, &plan);
        if !lacks.is_empty() {
            return self.complain(missing(self.listing, &lacks));
        }
        let seen = match self.base.seen(places()) {
            Ok(seen) => seen,
            Err(error) => return self.complain(vec![unseen(self.base, &error)]),
        };
        let store = Store::new(self.listing, &plan, &seen, self.target.built());
        let work = match store.and_then(|store| Work::new(self.listing, &plan, &seen, store)) {
            Ok(work) => work,
            Err(error) => return self.refused(&error),
        };
        let Some(piece) = piece(&work, self.job, self.options.part.as_deref()) else {
            return self.complain(vec![self.no_part()]);
        };
        if let Some(wrong) = self.no_item(piece) {
            return self.complain(vec![wrong]);
        }
        drop(hold);
        let scratch = match self.scratch() {
            Ok(scratch) => scratch,
            Err(error) => return self.refused(&error),
        };
        let ended = self.inside(&work, Unit { job: self.job, piece }, &scratch);
        if self.options.keep {
            say(&format!("kept: {}", near(&scratch.join("out"))));
        } else {
            // What can't be removed is in the directory for such things.
            let _ = fs::remove_dir_all(&scratch);
        }
        ended
    }

    fn inside(&self, work: &Work<'_>, unit: Unit, scratch: &Path) -> Exit {
        let title = self.title();
        let prompt = format!("({title}) \\W$ ");
        let inside = match &self.options.command {
            Some(command) => Inside::Command(command),
            None if io::stdin().is_terminal() => Inside::Shell(&prompt),
            None => Inside::Input,
        };
        if let Inside::Shell(_) = inside
            && self.terminal.volume != Volume::Quiet
        {
            say(&format!("{title}: `repx_job` runs its script, `exit` leaves; $out is"));
            say(&format!("  {}", scratch.join("out").display()));
        }
        // Ctrl-C is for what runs inside.
        let held = Held::begin();
        let ended = enter(work, unit, scratch, inside);
        drop(held);
        match ended {
            Ok(status) if status.success() => Exit::Fine,
            // How the last command of a shell has ended says nothing.
            Ok(_) if matches!(inside, Inside::Shell(_)) => Exit::Fine,
            Ok(_) => Exit::Failed,
            Err(error) => self.refused(&error),
        }
    }

    fn title(&self) -> String {
        let job = self.listing.job(self.job);
        job.map(|job| format!("{} {}", clean(&job.stage().name), short_id(&job)))
            .unwrap_or_default()
    }

    /// A new directory, for nobody else.
    fn scratch(&self) -> io::Result<PathBuf> {
        let id = self.listing.job(self.job).map(|job| short_id(&job)).unwrap_or_default();
        let path = std::env::temp_dir().join(format!("repx-debug-{id}-{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }

    fn no_part(&self) -> Diagnostic {
        let part = self.options.part.as_deref().unwrap_or_default();
        let job = self.listing.job(self.job);
        let steps = job.as_ref().map(|job| job.steps().iter().map(|step| clean(&step.name)));
        let names: Vec<String> = steps.into_iter().flatten().collect();
        let help = match names.split_last() {
            None => "it is no scatter-gather job: leave `--part` out".to_owned(),
            Some((gather, steps)) => {
                let steps: Vec<String> = steps.iter().map(|step| format!("{step}:0")).collect();
                format!(
                    "its parts: scatter, {}, {gather}; a step's item stands behind a colon",
                    steps.join(", ")
                )
            }
        };
        let message = format!("the job has no part `{part}`");
        Diagnostic::error("repx::cli::unknown-name", message).help(help)
    }

    /// A step of an item that scatter hasn't listed would be given no item.
    fn no_item(&self, piece: Piece) -> Option<Diagnostic> {
        let Piece::Step { item, .. } = piece else { return None };
        let job = self.listing.job(self.job)?;
        let items = parts::items(&self.base.job(&job.name().to_string()));
        let id = short_id(&job);
        let help = match items.checked_sub(1) {
            None => format!("scatter has listed no items yet: `repx run {id}` runs it"),
            Some(0) => "it has one item: 0".to_owned(),
            Some(last) => format!("its items are 0 to {last}"),
        };
        let message = format!("the job has no item {item}");
        let wrong = Diagnostic::error("repx::cli::unknown-name", message).help(help);
        (item >= items).then_some(wrong)
    }

    fn refused(&self, error: &io::Error) -> Exit {
        self.complain(vec![
            Diagnostic::error("repx::run::base-path", format!("can't set up the job: {error}"))
                .help("`--base-path DIR` names another place for results, TMPDIR one for $out"),
        ])
    }

    fn complain(&self, wrong: Vec<Diagnostic>) -> Exit {
        report(wrong, &SourceMap::new(), self.terminal, self.options.lab.with.show_trace)
    }
}
