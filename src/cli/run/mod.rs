//! `repx run`: runs the jobs of a lab.

pub(super) mod build;
mod display;
mod dry;
mod isolate;
pub(super) mod lacking;
mod pick;
mod stream;
mod summary;
pub(super) mod words;

use std::collections::HashMap;
use std::io::{self, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use build::{Builder, Lack};
use display::Display;
use lacking::missing;
pub(super) use pick::knows;
use stream::Stream;

use super::Exit;
use super::arguments::{Events, RunOptions, Terminal};
use super::entry::{names_flake, without_output};
use super::environment::Environment;
use super::guard::{Held, INSISTED, INTERRUPTED};
use super::load::{Outcome, Target, configured, lab_name, load_shown};
use super::report::{from_here, here, near, report, say};
use super::setup::{machine_saying, places};
use super::stdout;
use crate::diagnostic::Diagnostic;
use crate::exec::{
    Base, Hold, Isolation, LabKind, Lacking, Local, LockError, Machine, Options, Plan, Store,
    Summary, Work, execute, is_package, jobs_lacking, jobs_needing, lacks,
};
use crate::source::SourceMap;
use crate::sweep::{Ask, Listing, find_entry};

/// How long jobs that were told to end may take.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a lab's jobs.
pub(super) fn run(options: &RunOptions, terminal: &Terminal) -> Exit {
    let (lab, names) = settled(options, terminal);
    let target = Target::new(&lab, &options.with);
    let sources = SourceMap::new();
    let (mut config, base) = match configured(target, &sources, terminal) {
        Ok((config, base)) => (config, Base::new(&base)),
        Err(exit) => return exit,
    };
    // Who says where results are kept knows better.
    let kept = config.kept_elsewhere.take().filter(|_| options.with.base_path.is_none());
    report(config.elsewhere.take().into_iter().chain(kept).collect(), &sources, terminal, false);
    let at_once = options.jobs.or(config.jobs.map(NonZeroU16::get));
    let Outcome { listing, mut diagnostics, sources, .. } =
        load_shown(target, Ask::Recipes, terminal);
    let picked = match listing.as_ref().map(|listing| pick::jobs(listing, names)) {
        Some(Err(wrong)) => {
            diagnostics.extend(wrong);
            None
        }
        Some(Ok(jobs)) => Some(jobs),
        None => None,
    };
    let exit = report(diagnostics, &sources, terminal, options.with.show_trace);
    let (Some(listing), Some(jobs)) = (listing, picked.filter(|_| exit == Exit::Fine)) else {
        return exit;
    };
    let isolation = match isolate::isolation(options, config) {
        Ok((isolation, warnings)) => {
            // Who asked for it wants to know in any case.
            let terminal = if options.bwrap { &terminal.heard() } else { terminal };
            report(warnings, &SourceMap::new(), terminal, false);
            isolation
        }
        Err(wrong) => return complain(vec![wrong], terminal, options),
    };
    let isolation = isolation.as_ref();
    let (listing, base, jobs) = (&listing, &base, jobs.as_slice());
    let call = Call { options, target, terminal, listing, base, jobs, isolation, at_once };
    if options.dry_run { dry::describe(&call) } else { call.perform() }
}

/// The lab, and the names of what is to run of it. A lab may stand first. A single word may be a name of the lab at hand
/// too, and means that if there is such a name, whatever files are called.
fn settled<'o>(options: &'o RunOptions, terminal: &Terminal) -> (PathBuf, &'o [String]) {
    let knows = |target: Target<'_>, name: &str| {
        let outcome = load_shown(target, Ask::Jobs, terminal);
        // What can't be listed may have any names: it is told why.
        outcome.listing.is_none_or(|listing| knows(&listing, name))
    };
    named(options, knows)
}

/// The same, where somebody says whether a lab has a name.
pub(super) fn named(
    options: &RunOptions,
    knows: impl FnOnce(Target<'_>, &str) -> bool,
) -> (PathBuf, &[String]) {
    let at_hand = Environment::read().lab().unwrap_or_else(|| PathBuf::from("."));
    match (&options.lab, options.names.split_first()) {
        (Some(lab), _) => (lab.clone(), options.names.as_slice()),
        (None, Some((first, rest)))
            if names_lab(first)
                || is_lab(Path::new(first))
                    && (!is_lab(&at_hand)
                        || !knows(Target::new(&at_hand, &options.with), first)) =>
        {
            (PathBuf::from(first), rest)
        }
        (None, _) => (at_hand, options.names.as_slice()),
    }
}

/// Does a first name mean a lab, whatever lab is at hand? A slash is in no name of a lab's, but may be in a group's
/// that is mistyped.
pub(super) fn names_lab(first: &str) -> bool {
    let path = Path::new(first);
    let is_flake = match first.contains('#') {
        true => without_output(path).join("flake.nix").is_file(),
        false => names_flake(first),
    };
    let is_path = first.contains('/') || first.contains('.') && is_lab(path);
    !first.starts_with('@') && (is_path || is_flake)
}

fn is_lab(path: &Path) -> bool {
    path.join("flake.nix").is_file()
        || is_package(path)
        || (path.exists() && find_entry(path).is_ok())
}

/// Takes the lock of a base path, and says so when that takes time.
pub(super) fn hold(base: &Base) -> Result<Hold, LockError> {
    let waiting = |holder: &str| {
        let base = near(base.path());
        say(&format!("another `repx` (process {holder}) works on {base}; waiting for it"));
    };
    base.hold(waiting, || !INTERRUPTED.load(Ordering::Relaxed))
}

fn complain(wrong: Vec<Diagnostic>, terminal: &Terminal, options: &RunOptions) -> Exit {
    report(wrong, &SourceMap::new(), terminal, options.with.show_trace)
}

/// What is to be done.
struct Call<'c> {
    options: &'c RunOptions,
    target: Target<'c>,
    terminal: &'c Terminal,
    listing: &'c Listing,
    base: &'c Base,
    jobs: &'c [u32],
    isolation: Option<&'c Isolation>,
    /// How many of them at once, if that was said.
    at_once: Option<u16>,
}

impl Call<'_> {
    /// Is it programs that read what happens?
    fn streams(&self) -> bool {
        self.options.format != Events::Table
    }

    fn perform(&self) -> Exit {
        let hold = match hold(self.base) {
            Ok(hold) => hold,
            Err(LockError::Interrupted) => {
                say("interrupted");
                return Exit::Interrupted;
            }
            Err(error) => {
                let plan = Plan::new(self.listing, self.base, self.jobs, self.options.force);
                return match is_closed(&error) && plan.is_empty() {
                    // Who only wants to know needn't write.
                    true => self.nothing(&plan),
                    false => complain(vec![refused(error)], self.terminal, self.options),
                };
            }
        };
        let name = lab_name(self.target);
        let noted = self.base.note_lab(LabKind::Lab, &name.key(), &name, self.listing);
        if let Err(error) = noted {
            let error = refused(LockError::Io(self.base.path().to_owned(), error));
            return complain(vec![error], self.terminal, self.options);
        }
        let plan = Plan::new(self.listing, self.base, self.jobs, self.options.force);
        if plan.is_empty() {
            return self.nothing(&plan);
        }
        let builder = Builder::new(self.terminal);
        let hear = |line: &str| builder.hear(line);
        // Nix keeps what jobs need as long as this is there.
        let machine = machine_saying(&self.target.with.nix, &hear);
        let lacking = self.scripts(&builder, &machine, &plan).and_then(|mut lacking| {
            lacking.extend(self.packages(&plan, &lacks(self.listing, &plan))?);
            Ok(lacking)
        });
        let lacking = match lacking {
            Ok(lacking) => lacking,
            Err(exit) => return exit,
        };
        let seen = match self.base.seen(places()) {
            Ok(seen) => seen,
            Err(error) => {
                return complain(vec![unseen(self.base, &error)], self.terminal, self.options);
            }
        };
        let store = Store::new(self.listing, &plan, &seen, self.target.built());
        match store.and_then(|store| Work::new(self.listing, &plan, &seen, store)) {
            Ok(work) => self.execute(&plan, &work, &hold, lacking),
            Err(error) => {
                // It speaks of paths as jobs see them.
                let error = seen.told_text(&error.to_string());
                complain(vec![unready(&error)], self.terminal, self.options)
            }
        }
    }

    /// Says that all is done.
    fn nothing(&self, plan: &Plan) -> Exit {
        if self.streams() {
            let mut stream = Stream::new(self.listing);
            stream.begin(self.base, plan, false);
            return stdout::print(|_| stream.end(plan, &Summary::default(), 0));
        }
        let done = words::jobs(plan.done);
        stdout::print(|out| writeln!(out, "nothing to do: {done} done"))
    }

    /// Says which packages this machine doesn't have, and gives the jobs that can't run because of it.
    fn packages(
        &self,
        plan: &Plan,
        lacks: &[crate::exec::Lack],
    ) -> Result<HashMap<u32, Arc<str>>, Exit> {
        let lacking = jobs_lacking(self.listing, plan, lacks);
        if lacking.is_empty() {
            return Ok(lacking);
        }
        let go_on = self.options.continue_on_failure && lacking.len() < plan.len();
        let mut wrong = missing(self.listing, lacks);
        if !go_on
            && lacking.len() < plan.len()
            && let Some(last) = wrong.last_mut()
        {
            let help = last.help.take().unwrap_or_default();
            last.help = Some(format!("{help}\n`-k` runs the jobs that don't need it"));
        }
        let exit = complain(wrong, self.terminal, self.options);
        let reason =
            |package: Arc<str>| format!("package `{package}` isn't on this machine").into();
        match go_on {
            true => Ok(lacking.into_iter().map(|(job, package)| (job, reason(package))).collect()),
            false => Err(exit),
        }
    }

    /// Has Nix build what jobs need, and gives the jobs that can't run because something wasn't built.
    fn scripts(
        &self,
        builder: &Builder,
        machine: &crate::realise::Machine<'_>,
        plan: &Plan,
    ) -> Result<HashMap<u32, Arc<str>>, Exit> {
        if !self.listing.kit.derivations || self.target.built().is_some() {
            return Ok(HashMap::new());
        }
        let say_of = |diagnostics, sources: &SourceMap| {
            if INTERRUPTED.load(Ordering::Relaxed) {
                say("interrupted");
                return Exit::Interrupted;
            }
            report(diagnostics, sources, self.terminal, self.options.with.show_trace)
        };
        let built = builder.build(machine, self.target, (self.listing, plan), &[], self.terminal);
        let Lack { paths, diagnostics, .. } =
            built.map_err(|wrong| say_of(wrong.diagnostics, &wrong.sources))?;
        builder.keep(machine, &self.base.roots(), (self.listing, plan), &paths, &[]);
        if !diagnostics.is_empty() {
            let exit = say_of(diagnostics, &SourceMap::new());
            if exit == Exit::Interrupted || !self.options.continue_on_failure {
                return Err(exit);
            }
        }
        let reason: Arc<str> = "its script could not be built".into();
        let needing = jobs_needing(self.listing, plan, &paths).into_iter();
        Ok(needing.map(|job| (job, Arc::clone(&reason))).collect())
    }

    fn execute(
        &self,
        plan: &Plan,
        work: &Work<'_>,
        hold: &Hold,
        lacking: HashMap<u32, Arc<str>>,
    ) -> Exit {
        let machine = Machine::this();
        let at_once = self.at_once.map_or(machine.cpus, u64::from);
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
        // Where it can't be, they are known by their groups.
        let _ = hold.mark_children();
        let mut stream = self.streams().then(|| Stream::new(self.listing));
        if let Some(stream) = &mut stream {
            stream.begin(self.base, plan, false);
        }
        let display = Display::new(self.terminal, self.listing, plan.len(), stream.is_none());
        let local = Local::new(work, hold, self.isolation);
        let executor = Lacking { executor: &local, jobs: lacking };
        let summary = execute(self.listing, plan, &executor, options, &mut |event| {
            display.show(&event);
            if let Some(stream) = &mut stream {
                stream.event(&event);
            }
        });
        hold.end_children();
        let outdated = work.outdated();
        drop(held);
        drop(display);
        let printed = match stream {
            None => stdout::print(|out| {
                summary::print(out, self.listing, self.base, plan, &summary, outdated)
            }),
            Some(stream) => stdout::print(|_| stream.end(plan, &summary, outdated)),
        };
        match () {
            () if printed != Exit::Fine => printed,
            () if summary.interrupted => Exit::Interrupted,
            () if !summary.failed.is_empty() => Exit::Failed,
            () => Exit::Fine,
        }
    }
}

/// Is it that nobody may write there?
fn is_closed(error: &LockError) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error, LockError::Io(_, error)
        if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem))
}

/// Why jobs can't be shown a base path.
pub(super) fn unseen(base: &Base, error: &io::Error) -> Diagnostic {
    let message = format!(
        "jobs can't be given paths below {}: its name has characters that scripts read otherwise, and a \
         link to it can't be made: {error}",
        near(base.path())
    );
    Diagnostic::error("repx::run::base-path", message)
        .help("name another place for results: `--base-path DIR`")
}

/// Why what jobs are run with can't be put below a base path: an error that says at which path.
pub(super) fn unready(error: &str) -> Diagnostic {
    let error = from_here(error, &here());
    let message = format!("can't make ready what jobs are run with: {error}");
    Diagnostic::error("repx::run::base-path", message)
        .help("name another place for results: `--base-path DIR`")
}

/// Why a base path can't be had.
pub(super) fn refused(error: LockError) -> Diagnostic {
    match error {
        LockError::Io(path, error) => {
            let path = near(&path);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn leftovers_are_named() {
        reads_well(&refused(LockError::Leftovers(vec![4711, 4712])));
    }
}
