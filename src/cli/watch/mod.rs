//! `repx eval --watch`: lists a lab, and what has changed in it whenever it has.
//!
//! What the evaluation asked of the machine is watched, and nothing else. An event only says that
//! it is time to ask again: the lab is listed anew if an answer is another one.

mod events;
mod files;

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use self::events::{Event, print};
use self::files::{Concerned, Directories};
use super::Exit;
use super::arguments::{EvalOptions, Format, Terminal, Volume};
use super::diff::{Comparison, compare};
use super::filter::{Filter, select};
use super::guard::{INTERRUPTED, when_interrupted};
use super::kept::{self, Place};
use super::listing::table::clean;
use super::listing::{Statuses, View};
use super::load::{Outcome, Target, base_path, entry_and_settings, shown};
use super::report::{report, say};
use super::setup::machine;
use crate::diagnostic::{Diagnostic, INTERRUPTED as STOPPED, Severity};
use crate::realise::Machine;
use crate::source::SourceMap;
use crate::sweep::{Ask, Listing, Progress};
use crate::world::{Change, Disk, Reads, Thoroughness};

/// Changes that follow each other so closely are one.
const TOGETHER: Duration = Duration::from_millis(50);
/// But quiet is not waited for longer than this.
const LONGEST: Duration = Duration::from_secs(2);

/// Why somebody wakes up.
enum Wake {
    Event(notify::Result<notify::Event>),
    Interrupt,
}

/// Lists a lab again and again.
pub(super) fn run(options: &EvalOptions, terminal: &Terminal) -> Exit {
    let base = match base_path(Target::of(options), terminal) {
        Ok(base) => base,
        Err(exit) => return exit,
    };
    match watch(options, terminal, &base) {
        Ok(exit) => exit,
        Err(wrong) => report(vec![wrong], &SourceMap::new(), terminal, options.with.show_trace),
    }
}

fn watch(options: &EvalOptions, terminal: &Terminal, base: &Path) -> Result<Exit, Diagnostic> {
    if options.format == Format::Json {
        let message = "--watch prints one event after the other, which is not one JSON object";
        return Err(Diagnostic::error("repx::watch::json", message)
            .help("use `--format ndjson`: an object a line"));
    }
    // What is wrong with the call is so for good.
    entry_and_settings(Target::of(options))?;
    let (sender, receiver) = channel();
    let directories = Directories::new(watcher(&sender)?);
    when_interrupted(move || drop(sender.send(Wake::Interrupt)));
    let machine = machine(&options.with.nix);
    let mut watch = Watch {
        options,
        terminal,
        base,
        machine,
        receiver,
        directories,
        reads: Reads::default(),
        last: None,
        quiet: TOGETHER,
    };
    Ok(watch.run())
}

fn watcher(sender: &Sender<Wake>) -> Result<notify::RecommendedWatcher, Diagnostic> {
    let sender = sender.clone();
    // Nobody hears it when all is over.
    let hear = move |event| drop(sender.send(Wake::Event(event)));
    notify::recommended_watcher(hear).map_err(|error| refused(&error))
}

fn refused(error: &notify::Error) -> Diagnostic {
    let message = format!("the system refuses to watch files: {error}");
    Diagnostic::error("repx::watch::refused", message)
        .help("on Linux see the limits in /proc/sys/fs/inotify")
}

struct Watch<'a> {
    options: &'a EvalOptions,
    terminal: &'a Terminal,
    /// Where results are kept.
    base: &'a Path,
    machine: Machine<'static>,
    receiver: Receiver<Wake>,
    directories: Directories,
    /// What the last evaluation asked.
    reads: Reads,
    /// The last listing of a lab without mistakes.
    last: Option<Listing>,
    /// How long nothing may happen before the lab is listed again at once.
    quiet: Duration,
}

impl Watch<'_> {
    fn run(&mut self) -> Exit {
        let mut what = String::new();
        let mut warned = false;
        loop {
            if let Some(exit) = self.list(&what) {
                return exit;
            }
            let concerned = Concerned::of(&self.reads);
            let first = what.is_empty();
            if let Some((directory, error)) = self.directories.watch(&concerned)
                && !std::mem::replace(&mut warned, true)
            {
                say(&format!("cannot watch '{}': {error}", directory.display()));
            }
            if first && self.terminal.volume != Volume::Quiet {
                let (paths, places) = (concerned.len(), self.directories.len());
                say(&format!("watching {paths} paths in {places} directories; Ctrl-C ends"));
            }
            let Some(change) = self.next_change(&concerned) else {
                say("interrupted");
                return Exit::Interrupted;
            };
            what = change;
        }
    }

    /// Waits until something is not as it was when the lab was listed, and then for quiet. What it is;
    /// nothing when the user wants to stop.
    fn next_change(&mut self, concerned: &Concerned) -> Option<String> {
        // While the lab was listed nobody heard of changes.
        if self.change().is_some() {
            // A file may never come to rest, or change whenever the lab is listed.
            let longer = (self.quiet * 2).min(LONGEST);
            let quiet = std::mem::replace(&mut self.quiet, longer);
            self.rest(concerned, quiet)?;
        } else {
            self.quiet = TOGETHER;
            self.wait(concerned)?;
        }
        loop {
            // A directory may be there again that was gone.
            self.directories.watch(concerned);
            if let Some(change) = self.change() {
                return Some(change);
            }
            self.wait(concerned)?;
        }
    }

    /// Lists the lab and prints what comes of it. How to end, if that is to be done.
    fn list(&mut self, what: &str) -> Option<Exit> {
        let begin = Instant::now();
        let Outcome { listing, diagnostics, sources, .. } = self.evaluate();
        let filter = Filter::of(self.options);
        let mut diagnostics = diagnostics;
        let view = listing.as_ref().map(|listing| select(listing, filter));
        let view = match view {
            Some(Ok(view)) => Some(view),
            Some(Err(unknown)) => {
                diagnostics.extend(unknown);
                None
            }
            None => None,
        };
        if diagnostics.iter().any(|one| one.code == STOPPED) {
            say("interrupted");
            return Some(Exit::Interrupted);
        }
        let took = begin.elapsed();
        let printed = match view {
            None => {
                let errors = diagnostics.iter().filter(|one| one.severity == Severity::Error);
                let errors: Vec<Diagnostic> = errors.cloned().collect();
                let printed = self.print(&Event::Failed(&errors, &sources), took);
                report(diagnostics, &sources, self.terminal, self.options.with.show_trace);
                say("watching goes on; the next listing is compared with the last that was right");
                printed
            }
            Some(view) => {
                report(diagnostics, &sources, self.terminal, self.options.with.show_trace);
                let printed = self.compared(&view, what, took);
                drop(view);
                self.last = listing;
                printed
            }
        };
        match printed {
            Ok(()) => None,
            // Nobody reads any more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Some(Exit::Fine),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                say("interrupted");
                Some(Exit::Interrupted)
            }
            Err(error) => {
                say(&format!("repx: cannot write the result: {error}"));
                Some(Exit::Wrong)
            }
        }
    }

    fn compared(&self, view: &View<'_>, what: &str, took: Duration) -> io::Result<()> {
        let Some(last) = &self.last else {
            let statuses = Statuses::read(self.base, &Disk);
            return self.print(&Event::Listed(view, &statuses), took);
        };
        // A name of the filter that the lab didn't have then lets nothing through.
        let (before, _) = super::filter::select_known(last, Filter::of(self.options));
        let diff = compare(&before, view);
        let comparison = Comparison { before: &before, after: view, diff: &diff };
        self.print(&Event::Changed(&comparison, what), took)
    }

    fn print(&self, event: &Event<'_>, took: Duration) -> io::Result<()> {
        print(event, took, self.options, self.terminal)
    }

    fn evaluate(&mut self) -> Outcome {
        let target = Target::of(self.options);
        let found = entry_and_settings(target).or_else(|_| {
            // It may come back: what was watched still is, beginning with how it is now.
            self.reads = self.reads.asked_again(&self.machine);
            entry_and_settings(target)
        });
        let (entry, settings) = match found {
            Ok(found) => found,
            Err(wrong) => return Outcome::failed(wrong),
        };
        let progress = Progress::default();
        let _shown = shown(self.terminal, &progress);
        let place = Place { world: &self.machine, commit: None, last: false };
        let (outcome, explanation) =
            kept::outcome_at(target, Ask::Jobs, entry, settings, &progress, &place);
        self.reads = explanation.reads;
        outcome
    }

    /// Waits until something has happened that may concern the lab, and then for quiet. Nothing when the
    /// user wants to stop.
    fn wait(&self, concerned: &Concerned) -> Option<()> {
        loop {
            match self.receiver.recv() {
                Ok(Wake::Event(Ok(event))) if !concerned.by(&event) => {}
                Ok(Wake::Event(_)) => return self.rest(concerned, TOGETHER),
                Ok(Wake::Interrupt) | Err(_) => return None,
            }
        }
    }

    /// Waits until nothing has happened for a while. Nothing when the user wants to stop.
    fn rest(&self, concerned: &Concerned, quiet: Duration) -> Option<()> {
        let begin = Instant::now();
        let mut end = begin + quiet;
        loop {
            match self.receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
                // What happens beside the lab is not waited for.
                Ok(Wake::Event(Ok(event))) if !concerned.by(&event) => {}
                Ok(Wake::Event(_)) => end = (Instant::now() + quiet).min(begin + LONGEST),
                Ok(Wake::Interrupt) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    return (!INTERRUPTED.load(Ordering::Relaxed)).then_some(());
                }
            }
        }
    }

    /// What is not as it was when it was asked, in a few words.
    fn change(&mut self) -> Option<String> {
        let changes = self.reads.clone().check(&self.machine, Thoroughness::All).changes;
        let here = std::env::current_dir().unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        for change in &changes {
            let name = match change {
                Change::Path(path, _) => {
                    path.strip_prefix(&here).unwrap_or(path).display().to_string()
                }
                Change::Variable(name) => format!("${}", String::from_utf8_lossy(name)),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let first = clean(names.first()?);
        Some(match names.len() - 1 {
            0 => first,
            more => format!("{first} and {more} more"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn too_many_may_be_watched() {
        reads_well(&refused(&notify::Error::new(notify::ErrorKind::MaxFilesWatch)));
    }
}
