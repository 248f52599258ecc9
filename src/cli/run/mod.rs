//! `repx run`: runs the jobs of a lab.

mod display;
mod pick;
mod stream;
mod summary;
mod words;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use display::Display;
use stream::Stream;

use super::Exit;
use super::arguments::{EvalOptions, Format, RunOptions, Terminal};
use super::eval::{self, Outcome};
use super::guard::{Held, INSISTED, INTERRUPTED};
use super::progress::{self, Phase};
use super::report::{report, say};
use super::stdout;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exec::{
    Base, Hold, Local, LockError, Machine, Missing, Options, Plan, Reason, Store, Summary, Work,
    execute,
};
use crate::source::SourceMap;
use crate::sweep::{Listing, PackageKind, Progress, find_entry};

/// How long jobs that were told to end may take.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a lab's jobs.
pub(super) fn run(options: &RunOptions, terminal: &Terminal) -> Exit {
    let (evaluation, names) = evaluation(options);
    if let Some(pkgs) = options.pkgs.as_deref().filter(|pkgs| *pkgs != "host") {
        return complain(vec![needs_nix(&format!("`--pkgs {pkgs}`"))], terminal, options);
    }
    let progress = Progress::default();
    let watched = progress.clone();
    let shown = progress::Shown::begin(terminal, move || match watched.is_expanding() {
        false => (Phase::Evaluating, 0),
        true => (Phase::Expanding, watched.jobs()),
    });
    let Outcome { listing, mut diagnostics, sources, .. } =
        eval::load(&evaluation, terminal, &progress);
    drop(shown);
    let picked = listing.as_ref().map(|listing| {
        if listing.kit.derivations {
            return Err(vec![needs_nix("this lab's package set")]);
        }
        pick::jobs(listing, names)
    });
    let picked = match picked {
        Some(Err(wrong)) => {
            diagnostics.extend(wrong);
            None
        }
        Some(Ok(jobs)) => Some(jobs),
        None => None,
    };
    let exit = report(diagnostics, &sources, terminal, options.show_trace);
    let (Some(listing), Some(jobs)) = (listing, picked.filter(|_| exit == Exit::Fine)) else {
        return exit;
    };
    let base = Base::new(&eval::base_path(&evaluation));
    let call = Call { options, terminal, listing: &listing, base: &base, jobs: &jobs };
    if options.dry_run { call.describe() } else { call.perform() }
}

/// The options of the evaluation, and the names of what is to run. A lab may stand first.
fn evaluation(options: &RunOptions) -> (EvalOptions, &[String]) {
    let is_lab = |name: &str| {
        let path = Path::new(name);
        path.join("flake.nix").is_file() || (path.exists() && find_entry(path).is_ok())
    };
    let (lab, names) = match (&options.lab, options.names.split_first()) {
        (Some(lab), _) => (lab.clone(), options.names.as_slice()),
        (None, Some((first, rest))) if is_lab(first) => (PathBuf::from(first), rest),
        (None, _) => (PathBuf::from("."), options.names.as_slice()),
    };
    let evaluation = EvalOptions {
        lab,
        recipes: true,
        arg: options.arg.clone(),
        argstr: options.argstr.clone(),
        pkgs: options.pkgs.clone(),
        include: options.include.clone(),
        threads: options.threads,
        base_path: options.base_path.clone(),
        show_trace: options.show_trace,
        no_cache: options.no_cache,
        refresh: options.refresh,
        nix: options.nix.clone(),
        ..EvalOptions::default()
    };
    (evaluation, names)
}

fn needs_nix(what: &str) -> Diagnostic {
    Diagnostic::error(
        "repx::run::needs-nix",
        format!("{what} needs Nix to build its scripts, which `repx run` can't ask for yet"),
    )
    .help("`--pkgs host` runs with this machine's programs; see \"Limits\" in the README")
}

fn complain(wrong: Vec<Diagnostic>, terminal: &Terminal, options: &RunOptions) -> Exit {
    report(wrong, &SourceMap::new(), terminal, options.show_trace)
}

/// What is to be done.
struct Call<'c> {
    options: &'c RunOptions,
    terminal: &'c Terminal,
    listing: &'c Listing,
    base: &'c Base,
    jobs: &'c [u32],
}

impl Call<'_> {
    /// Says what would run.
    fn describe(&self) -> Exit {
        let plan = Plan::new(self.listing, self.base, self.jobs, self.options.force);
        let reason = |reason| match reason {
            Reason::Never => "it has no results",
            Reason::Failed => "it failed",
            Reason::Forced => "it is done, but --force is given",
        };
        if self.streams() {
            let mut stream = Stream::new(self.listing);
            stream.begin(self.base, &plan, true);
            for view in plan.jobs().filter_map(|job| self.listing.job(job)) {
                stream.would_run(&view, plan.reason(self.base, &view));
            }
            return stdout::print(|_| stream.end(&plan, &Summary::not_run(&plan)));
        }
        stdout::print(|out| {
            for view in plan.jobs().filter_map(|job| self.listing.job(job)) {
                let why = reason(plan.reason(self.base, &view));
                writeln!(out, "{}: {why}", words::title(self.listing, view.number()))?;
            }
            writeln!(out, "{}", would_run(plan.len(), plan.done))
        })
    }

    /// Is it programs that read what happens?
    fn streams(&self) -> bool {
        self.options.format != Format::Table
    }

    fn perform(&self) -> Exit {
        let hold = match self.hold() {
            Ok(hold) => hold,
            Err(LockError::Interrupted) => {
                say("interrupted");
                return Exit::Interrupted;
            }
            Err(error) => return complain(vec![refused(error)], self.terminal, self.options),
        };
        let plan = Plan::new(self.listing, self.base, self.jobs, self.options.force);
        if plan.is_empty() {
            if self.streams() {
                let mut stream = Stream::new(self.listing);
                stream.begin(self.base, &plan, false);
                return stdout::print(|_| stream.end(&plan, &Summary::default()));
            }
            let done = words::jobs(plan.done);
            return stdout::print(|out| writeln!(out, "nothing to do: {done} done"));
        }
        let store = match Store::new(self.listing, &plan, self.base) {
            Ok(store) => store,
            Err(missing) => {
                let missing = missing.into_iter().map(|one| self.missing(one)).collect();
                return complain(missing, self.terminal, self.options);
            }
        };
        let work = match Work::new(self.listing, &plan, self.base, store) {
            Ok(work) => work,
            Err(error) => {
                let error = refused(LockError::Io(self.base.store(), error));
                return complain(vec![error], self.terminal, self.options);
            }
        };
        self.execute(&plan, &work, &hold)
    }

    fn hold(&self) -> Result<Hold, LockError> {
        let waiting = |holder: &str| {
            let base = words::near(self.base.path());
            say(&format!("another `repx run` (process {holder}) works on {base}; waiting for it"));
        };
        self.base.hold(waiting, || !INTERRUPTED.load(std::sync::atomic::Ordering::Relaxed))
    }

    fn execute(&self, plan: &Plan, work: &Work<'_>, hold: &Hold) -> Exit {
        let machine = Machine::this();
        let at_once = self.options.jobs.map_or(machine.cpus, u64::from);
        let options = Options {
            at_once: at_once as usize,
            // Who says how many at once knows better than we.
            machine: Machine { cpus: at_once, ..machine },
            go_on: self.options.continue_on_failure,
            interrupt: &INTERRUPTED,
            insist: &INSISTED,
            grace: GRACE,
        };
        let held = Held::begin();
        let mut stream = self.streams().then(|| Stream::new(self.listing));
        if let Some(stream) = &mut stream {
            stream.begin(self.base, plan, false);
        }
        let display = Display::new(self.terminal, self.listing, plan.len(), stream.is_none());
        let local = Local::new(work, hold);
        let summary = execute(self.listing, plan, &local, options, &mut |event| {
            display.show(&event);
            if let Some(stream) = &mut stream {
                stream.event(&event);
            }
        });
        drop(held);
        drop(display);
        let printed = match stream {
            None => {
                stdout::print(|out| summary::print(out, self.listing, self.base, plan, &summary))
            }
            Some(stream) => stdout::print(|_| stream.end(plan, &summary)),
        };
        match () {
            () if printed != Exit::Fine => printed,
            () if summary.interrupted => Exit::Interrupted,
            () if !summary.failed.is_empty() => Exit::Failed,
            () => Exit::Fine,
        }
    }

    fn missing(&self, missing: Missing) -> Diagnostic {
        let code = "repx::run::missing-package";
        match missing {
            Missing::Unknown(name) => {
                let kit = self.listing.kit.packages.iter();
                let known: Vec<&str> = kit
                    .filter(|package| package.kind != PackageKind::Unknown)
                    .filter_map(|package| package.path.rsplit('/').next())
                    .collect();
                let message = format!("the host package set knows no package `{name}`");
                Diagnostic::error(code, message).maybe_help(
                    did_you_mean(&name, &known).or_else(|| {
                        Some("jobs that need it can be listed, but not run".to_owned())
                    }),
                )
            }
            Missing::Program(package, program) => Diagnostic::error(
                code,
                format!("package `{package}`: there is no program `{program}` on PATH"),
            )
            .help("install it on this machine, or add its directory to PATH"),
            Missing::Io(what) => Diagnostic::error("repx::run::base-path", what)
                .help("`--base-path DIR` names another place for results"),
        }
    }
}

fn would_run(count: usize, done: usize) -> String {
    match (count, done) {
        (0, done) => format!("nothing to do: {} done", words::jobs(done)),
        (count, 0) => format!("{} would run", words::jobs(count)),
        (count, done) => format!("{} would run, {done} done", words::jobs(count)),
    }
}

fn refused(error: LockError) -> Diagnostic {
    match error {
        LockError::Io(path, error) => {
            let path = words::near(&path);
            let full = error.kind() == io::ErrorKind::StorageFull;
            Diagnostic::error("repx::run::base-path", format!("can't write to {path}: {error}"))
                .help(match full {
                    true => "make room, or name another place for results: `--base-path DIR`",
                    false => "name another place for results: `--base-path DIR`",
                })
        }
        LockError::Leftovers(pids) => {
            let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
            Diagnostic::error(
                "repx::run::leftovers",
                format!("processes of an earlier call don't end: {}", pids.join(", ")),
            )
            .help("end them, then call again")
        }
        LockError::Interrupted => Diagnostic::interrupted(),
    }
}
