//! `repx gc`: removes results that no lab needs.
//!
//! Labs are known by what `repx run` notes below the base path. The lab at hand counts as it is now, others as
//! they were when their jobs were run last, pins as they were when they were made.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use clap::Args;
use clap_complete::ArgValueCompleter;
use serde_json::{Value, json};

use super::Exit;
use super::arguments::{Form, LabArgument, Terminal};
use super::entry;
use super::guard::INTERRUPTED;
use super::listing::table::counted;
use super::listing::{Grid, Paint, TableStyle, clean};
use super::load::{Opened, base_path, lab_name, open};
use super::report::{near, report, say};
use super::results::{size, title};
use super::run::words::{self, seconds};
use super::run::{hold, refused};
use super::{candidates, stdout};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exec::{Base, Garbage, LabKind, LabName, LabRecord, LockError, Waste};
use crate::source::SourceMap;
use crate::sweep::{Ask, Count, Listing};

/// The version of the format.
const SCHEMA: &str = "repx-gc/1";
/// The version of the format of the labs.
const LABS_SCHEMA: &str = "repx-gc-labs/1";
/// Things that are named.
const MOST_NAMED: usize = 20;

/// Remove results that no lab needs
///
/// Labs are known by their runs: `repx run` notes below the base path which jobs a lab had. The lab at hand
/// counts as it is now, other labs as they were when run last, pins as they were when made.
#[derive(Args, Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "they are flags")]
#[command(after_help = "\
Examples:
  repx gc --dry-run          what would be removed; nothing is
  repx gc                    asks on a terminal, then removes it
  repx gc --pin paper        keep the results of the lab as it is now
  repx gc --list             labs and pins that results are kept for
  repx gc --pinned-only -y   keep what is pinned, and nothing else")]
pub(super) struct GcOptions {
    /// Only say what would be removed
    #[arg(short = 'n', long, conflicts_with_all = ["pin", "unpin", "forget"])]
    dry_run: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    /// Keep only what is pinned, and forget the labs
    #[arg(long, conflicts_with = "what")]
    pinned_only: bool,
    /// Keep the results of the lab's jobs of today under this name [default: the lab's directory]
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", group = "what")]
    pin: Option<String>,
    /// Let go of a pin
    #[arg(long, value_name = "NAME", group = "what", add = ArgValueCompleter::new(candidates::pins))]
    unpin: Option<String>,
    /// Let go of a lab that was run once: its directory or file
    #[arg(long, value_name = "LAB", group = "what", add = ArgValueCompleter::new(candidates::labs_run))]
    forget: Option<String>,
    /// List labs and pins that results are kept for
    #[arg(long, group = "what")]
    list: bool,
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Form,
    #[command(flatten)]
    lab: LabArgument,
}

/// Removes what isn't needed, or says which labs need something.
pub(super) fn run(options: &GcOptions, terminal: &Terminal) -> Exit {
    let base = match base_path(options.lab.target(), terminal) {
        Ok(base) => Base::new(&base),
        Err(exit) => return exit,
    };
    let call = Call { options, terminal, base: &base };
    // A lab that isn't there has no results to speak of, and what lies elsewhere isn't meant.
    let target = options.lab.target();
    if options.lab.lab.is_some()
        && target.built().is_none()
        && let Err(wrong) = entry::find(target)
    {
        return call.complain(wrong);
    }
    let done = match options {
        GcOptions { pin: Some(name), .. } => call.pin(name),
        GcOptions { unpin: Some(name), .. } => call.unpin(name),
        GcOptions { forget: Some(lab), .. } => call.forget(lab),
        GcOptions { list: true, .. } => call.list(),
        _ => call.collect(),
    };
    done.unwrap_or_else(|exit| exit)
}

struct Call<'c> {
    options: &'c GcOptions,
    terminal: &'c Terminal,
    base: &'c Base,
}

impl Call<'_> {
    fn complain(&self, wrong: Diagnostic) -> Exit {
        let full = self.options.lab.with.show_trace;
        report(vec![wrong], &SourceMap::new(), self.terminal, full)
    }

    fn failed(&self, path: PathBuf, error: io::Error) -> Exit {
        self.complain(refused(LockError::Io(path, error)))
    }

    fn labs(&self) -> Result<Vec<LabRecord>, Exit> {
        self.base.labs().map_err(|(path, error)| {
            let path = near(&path);
            let message = format!("can't tell what is needed: {path}: {error}");
            self.complain(
                Diagnostic::error("repx::gc::record", message)
                    .help("mend or remove that file; nothing was removed"),
            )
        })
    }

    /// The lab at hand, if there is one: its name and the ids of its jobs.
    fn at_hand(&self) -> Result<Option<(LabName, HashSet<String>)>, Exit> {
        let target = self.options.lab.target();
        let none = self.options.lab.lab.is_none() && entry::find(target).is_err();
        if none || self.options.pinned_only {
            return Ok(None);
        }
        let Opened { listing, .. } = open(target, Ask::Jobs, self.terminal, |_, _| Ok(()))?;
        let ids = (0..listing.len() as u32).filter_map(|job| listing.id(job));
        Ok(Some((lab_name(target), ids.map(|id| id.to_string()).collect())))
    }

    fn collect(&self) -> Result<Exit, Exit> {
        if !self.base.path().is_dir() {
            let base = near(self.base.path());
            return Ok(stdout::print(|out| match self.options.format {
                Form::Json => self.write_json(out, &Garbage::default(), &[]),
                Form::Table => writeln!(out, "nothing to remove: there is no {base}"),
            }));
        }
        // Before the lab is evaluated: whoever runs jobs meanwhile may run those of an edited one.
        let held = match self.options.dry_run {
            true => None,
            false => Some(hold(self.base).map_err(|error| match error {
                LockError::Interrupted => {
                    say("interrupted");
                    Exit::Interrupted
                }
                error => self.complain(refused(error)),
            })?),
        };
        let at_hand = self.at_hand()?;
        let (mut labs, mut needed) = (self.labs()?, HashSet::new());
        if self.options.pinned_only {
            labs.retain(|lab| lab.kind == LabKind::Pin);
        }
        if let Some((name, ids)) = at_hand {
            // As it is now, not as it was.
            labs.retain(|lab| lab.kind == LabKind::Pin || lab.of != name);
            let record = LabRecord {
                kind: LabKind::Lab,
                name: name.key(),
                of: name,
                jobs: ids,
                written: Some(SystemTime::now()),
            };
            labs.insert(0, record);
        }
        if labs.is_empty() && !self.options.pinned_only {
            let message =
                format!("no lab is known whose results lie in {}", near(self.base.path()));
            return Err(self.complain(Diagnostic::error("repx::gc::no-lab", message).help(
                "name one with `--lab LAB`; `--pinned-only` removes all that isn't pinned",
            )));
        }
        for lab in &labs {
            needed.extend(lab.jobs.iter().cloned());
        }
        let garbage = Garbage::of(self.base, &needed)
            .map_err(|error| self.failed(self.base.outputs(), error))?;
        if let Some(held) = &held {
            if !garbage.is_empty() && !self.agreed(&garbage) {
                say("nothing was removed");
                return Ok(Exit::Fine);
            }
            let go_on = || !INTERRUPTED.load(Ordering::Relaxed);
            match garbage.remove(self.base, held, go_on) {
                Ok(()) => {}
                Err((_, error)) if error.kind() == io::ErrorKind::Interrupted => {
                    say("interrupted; call again to go on");
                    return Ok(Exit::Interrupted);
                }
                Err((path, error)) => return Err(self.failed(path, error)),
            }
            if self.options.pinned_only {
                self.forget_all()?;
            }
        }
        let style = TableStyle::of(self.terminal);
        Ok(stdout::print(|out| match self.options.format {
            Form::Json => self.write_json(out, &garbage, &labs),
            Form::Table => self.write_text(out, &garbage, &labs, style),
        }))
    }

    fn forget_all(&self) -> Result<(), Exit> {
        for lab in self.labs()?.iter().filter(|lab| lab.kind == LabKind::Lab) {
            let gone = self.base.forget_lab(LabKind::Lab, &lab.name);
            gone.map_err(|error| self.failed(self.base.path().join("labs"), error))?;
        }
        Ok(())
    }

    /// Asks who sits before a terminal.
    fn agreed(&self, garbage: &Garbage) -> bool {
        if self.options.yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return true;
        }
        let (what, bytes) = (amount(garbage), size(garbage.bytes()));
        say(&format!("not needed any more: {what}, {bytes}"));
        say("Remove them? [y/N]");
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
    }

    fn write_text(
        &self,
        out: &mut impl Write,
        garbage: &Garbage,
        labs: &[LabRecord],
        style: TableStyle,
    ) -> io::Result<()> {
        let names: Vec<String> = labs.iter().take(MOST_NAMED).map(shown).collect();
        let needed = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        writeln!(out, "kept: {} of {needed}", results(garbage.kept))?;
        if garbage.is_empty() {
            return writeln!(out, "nothing to remove");
        }
        let verb = if self.options.dry_run { "would remove" } else { "removed" };
        for waste in garbage.results.iter().take(MOST_NAMED) {
            let line = format!("{verb} {}  {}", clean(&title(&waste.name)), size(waste.bytes));
            writeln!(out, "{}", style.paint(Paint::Faint, &line))?;
        }
        if garbage.results.len() > MOST_NAMED {
            writeln!(out, "… and {} more", garbage.results.len() - MOST_NAMED)?;
        }
        let verb = if self.options.dry_run { "would free" } else { "freed" };
        writeln!(out, "{verb} {}: {}", size(garbage.bytes()), amount(garbage))
    }

    fn write_json(
        &self,
        out: &mut impl Write,
        garbage: &Garbage,
        labs: &[LabRecord],
    ) -> io::Result<()> {
        let waste = |all: &[Waste]| -> Vec<Value> {
            all.iter().map(|waste| json!({ "name": waste.name, "bytes": waste.bytes })).collect()
        };
        let whole = json!({
            "schema": SCHEMA,
            "dry_run": self.options.dry_run,
            "labs": labs.iter().map(json_of).collect::<Vec<_>>(),
            "kept": garbage.kept,
            "results": waste(&garbage.results),
            "store": waste(&garbage.store),
            "bytes": garbage.bytes(),
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }

    fn pin(&self, name: &str) -> Result<Exit, Exit> {
        let target = self.options.lab.target();
        let of = lab_name(target);
        let name = match name {
            "" => {
                let parts = of.lab.rsplit('/').map(|part| part.trim_start_matches('.'));
                parts.into_iter().find(|part| !part.is_empty()).unwrap_or("lab")
            }
            name => name,
        };
        if name.starts_with('.') || name.contains(['/', '\0']) {
            let message = format!("a pin can't be called `{name}`");
            let help = "a name has no `/`, and doesn't begin with a point";
            return Err(self.complain(Diagnostic::error("repx::gc::pin", message).help(help)));
        }
        let Opened { listing, .. } = open(target, Ask::Jobs, self.terminal, |_, _| Ok(()))?;
        self.lets_go_of_nothing(name, &listing)?;
        let noted = self.base.note_lab(LabKind::Pin, name, &of, &listing);
        noted.map_err(|error| self.failed(self.base.path().join("pins"), error))?;
        let count = jobs(&listing);
        Ok(stdout::print(|out| writeln!(out, "pinned {}: {count}", clean(name))))
    }

    /// A pin of that name that there is may be replaced where all that it holds stays pinned.
    fn lets_go_of_nothing(&self, name: &str, listing: &Listing) -> Result<(), Exit> {
        let known = self.labs()?.into_iter();
        let known = known.filter(|lab| lab.kind == LabKind::Pin && lab.name == name);
        let today: HashSet<String> = listing.jobs().map(|job| job.id().to_string()).collect();
        for pin in known {
            let lost = pin.jobs.difference(&today).count();
            if lost > 0 {
                let message = format!(
                    "there is a pin `{}` of {}, which holds {} that the lab doesn't have today",
                    clean(name),
                    clean(&pin.of.lab),
                    words::jobs(lost)
                );
                let help = format!(
                    "give this one another name: `repx gc --pin NAME`; or let go of that one first: \
                     `repx gc --unpin {}`",
                    clean(name)
                );
                return Err(self.complain(Diagnostic::error("repx::gc::pin", message).help(help)));
            }
        }
        Ok(())
    }

    fn unpin(&self, name: &str) -> Result<Exit, Exit> {
        let known = self.labs()?.into_iter().filter(|lab| lab.kind == LabKind::Pin);
        let known: Vec<String> = known.map(|lab| lab.name).collect();
        if !known.iter().any(|other| other == name) {
            let wrong = Diagnostic::error("repx::gc::pin", format!("there is no pin `{name}`"));
            return Err(self.complain(match did_you_mean(name, &known) {
                Some(help) => wrong.help(help),
                None => wrong.help("`repx gc --list` lists pins"),
            }));
        }
        let gone = self.base.forget_lab(LabKind::Pin, name);
        gone.map_err(|error| self.failed(self.base.path().join("pins"), error))?;
        Ok(stdout::print(|out| writeln!(out, "unpinned {}", clean(name))))
    }

    fn forget(&self, lab: &str) -> Result<Exit, Exit> {
        let full = std::path::absolute(lab).unwrap_or_else(|_| lab.into()).display().to_string();
        let known: Vec<LabRecord> =
            self.labs()?.into_iter().filter(|known| known.kind == LabKind::Lab).collect();
        let fits = |known: &&LabRecord| {
            let own = known.of.lab.trim_end_matches('/');
            own == full.trim_end_matches('/') || known.of.lab == lab
        };
        let found: Vec<&LabRecord> = known.iter().filter(fits).collect();
        if found.is_empty() {
            let message = format!("no jobs of a lab `{lab}` were run here");
            let names = known.iter().map(|known| near(Path::new(&known.of.lab)));
            let help = did_you_mean(&near(Path::new(&full)), names);
            return Err(self.complain(
                Diagnostic::error("repx::gc::forget", message)
                    .help(help.unwrap_or_else(|| "`repx gc --list` lists labs".to_owned())),
            ));
        }
        for lab in &found {
            let gone = self.base.forget_lab(LabKind::Lab, &lab.name);
            gone.map_err(|error| self.failed(self.base.path().join("labs"), error))?;
        }
        Ok(stdout::print(|out| writeln!(out, "forgot {}", clean(lab))))
    }

    fn list(&self) -> Result<Exit, Exit> {
        let labs = self.labs()?;
        let style = TableStyle::of(self.terminal);
        let row = |lab: &LabRecord| {
            let name = match lab.kind {
                LabKind::Lab => String::new(),
                LabKind::Pin => clean(&lab.name),
            };
            let ago = lab.written.and_then(|time| SystemTime::now().duration_since(time).ok());
            let ago = ago.map(|ago| format!("{} ago", seconds(ago))).unwrap_or_default();
            let number = lab.jobs.len().to_string();
            let cells = [lab.kind.name().to_owned(), name, number, ago, place(lab)];
            (cells, [Paint::Plain; 5])
        };
        let grid = Grid {
            heads: ["KIND", "NAME", "JOBS", "WHEN", "LAB"],
            numbers: [false, false, true, false, false],
            may_shrink: 4..5,
            rows: labs.iter().map(row).collect(),
        };
        Ok(stdout::print(|out| match (self.options.format, labs.is_empty()) {
            (Form::Json, _) => {
                let labs: Vec<Value> = labs.iter().map(json_of).collect();
                let whole = json!({ "schema": LABS_SCHEMA, "labs": labs });
                serde_json::to_writer_pretty(&mut *out, &whole)?;
                writeln!(out)
            }
            (Form::Table, true) => {
                writeln!(out, "No lab's jobs were run here, and nothing is pinned.")
            }
            (Form::Table, false) => grid.write(out, style),
        }))
    }
}

/// A lab, as seen from here, and what it was evaluated with.
fn place(lab: &LabRecord) -> String {
    with_arguments(&clean(&near(lab.of.lab.as_ref())), lab)
}

fn with_arguments(path: &str, lab: &LabRecord) -> String {
    let words: Vec<String> = lab.of.arguments.iter().map(|word| clean(word)).collect();
    format!("{path} {}", words.join(" ")).trim_end().to_owned()
}

/// The same within a sentence.
fn shown(lab: &LabRecord) -> String {
    let here = std::env::current_dir().is_ok_and(|here| here.display().to_string() == lab.of.lab);
    match lab.kind {
        LabKind::Lab if here => with_arguments("the lab here", lab),
        LabKind::Lab => place(lab),
        LabKind::Pin => format!("pin {}", clean(&lab.name)),
    }
}

fn json_of(lab: &LabRecord) -> Value {
    json!({
        "kind": lab.kind.name(),
        "name": lab.name,
        "lab": lab.of.lab,
        "arguments": lab.of.arguments,
        "jobs": lab.jobs.len(),
    })
}

fn jobs(listing: &Listing) -> String {
    counted(Count::Exactly(listing.len() as u128), "job")
}

fn results(count: usize) -> String {
    counted(Count::Exactly(count as u128), "result")
}

/// "2 results, 1 file of the store"
fn amount(garbage: &Garbage) -> String {
    let files = garbage.store.len();
    let plural = if files == 1 { "" } else { "s" };
    match (garbage.results.len(), files) {
        (count, 0) => results(count),
        (0, files) => format!("{files} file{plural} of the store"),
        (count, files) => format!("{}, {files} file{plural} of the store", results(count)),
    }
}
