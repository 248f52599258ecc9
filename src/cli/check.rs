//! `repx check`: all that is wrong with a lab.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Exit;
use super::arguments::{CheckFormat, CheckOptions, Terminal, Volume};
use super::entry::Entry;
use super::explain::no_such_code;
use super::guard::INTERRUPTED;
use super::known;
use super::load::{Target, entry_and_settings, request};
use super::report::{report, say, show_originals, text_of, was_interrupted};
use super::setup::{self, config, machine, no_thread};
use super::stdout;
use crate::cache::Packages;
use crate::check::origin::say_origins;
use crate::check::shell::{Scripts, ShellCheck};
use crate::check::{
    self, Around, Findings, LabRequest, Levels, MISSING_PACKAGE, check_all, check_lab, lab_files,
    nix_files,
};
use crate::diagnostic::render::{github, json, sarif};
use crate::diagnostic::{Diagnostic, Severity};
use crate::flake::head_commit;
use crate::session::{self, Config, KeptPackages, STACK_SIZE};
use crate::source::SourceMap;
use crate::sweep::{Ask, Request};
use crate::world::Disk;

/// Checks labs, or with `--static` files.
pub(super) fn run(options: &CheckOptions, terminal: &Terminal) -> Exit {
    let (mut checked, mut sources) = checked(options);
    let mut mended = Tally::default();
    for _ in 0..if options.fix { MOST_ROUNDS } else { 0 } {
        let Ok(found) = &checked else { break };
        match mend(found, &sources, &mut mended) {
            // What is left is told of the new texts, and may be mended now.
            Ok(true) => (checked, sources) = self::checked(options),
            Ok(false) => break,
            Err(failed) => return report(vec![failed], &sources, terminal, false),
        }
    }
    if options.fix && terminal.volume > Volume::Quiet {
        mended.say();
    }
    match checked {
        Ok(found) if was_interrupted(&found) => report(found, &sources, terminal, false),
        Ok(found) => {
            let bad = found.iter().any(is_mistake);
            let unknown = found.iter().any(is_obstacle);
            match print(found, &sources, options, terminal) {
                Exit::Fine if unknown => Exit::Wrong,
                Exit::Fine if bad => Exit::Failed,
                exit => exit,
            }
        }
        Err(failed) => report(vec![failed], &sources, terminal, options.with.show_trace),
    }
}

/// Does a finding say that something is wrong with the lab, rather than what the machine lacks to run it?
fn is_mistake(found: &Diagnostic) -> bool {
    match found.code {
        MISSING_PACKAGE => found.severity == Severity::Error,
        _ => found.severity > Severity::Advice,
    }
}

/// Does a finding say that the lab couldn't be checked, rather than what is wrong with it? What it
/// needs of other places isn't there.
fn is_obstacle(found: &Diagnostic) -> bool {
    let areas = ["repx::flake::", "repx::nix::", "repx::system::", "repx::check::"];
    let codes = ["repx::eval::offline", "repx::eval::fetch"];
    found.severity == Severity::Error
        && (codes.contains(&found.code) || areas.iter().any(|area| found.code.starts_with(area)))
}

/// What was found, and the texts it speaks of.
fn checked(options: &CheckOptions) -> (Result<Vec<Diagnostic>, Diagnostic>, SourceMap) {
    let sources = SourceMap::new();
    let mut findings = Findings::default();
    let levels = Levels { deny: options.deny.clone(), allow: options.allow.clone() };
    if let Some(unknown) = levels.unknown() {
        return (Err(no_such_code(unknown)), sources);
    }
    let done = if options.only_static {
        files(options, &sources).map(|found| findings.add(found, &sources))
    } else {
        options.labs.iter().try_for_each(|lab| one(options, lab, &sources, &mut findings))
    };
    let found = done.map(|()| {
        let mut found = findings.into_sorted(&levels, &sources);
        say_origins(&mut found, &sources);
        found
    });
    (found, sources)
}

/// Syntax and names of all files below the paths given.
fn files(options: &CheckOptions, sources: &SourceMap) -> Result<Vec<Diagnostic>, Diagnostic> {
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let roots: Vec<PathBuf> = options.labs.iter().map(absolute).collect();
    let files = nix_files(&Disk, &roots)?;
    let around = Around::new(&Disk, sources);
    check_all(&around, &files, threads(options), &INTERRUPTED)
}

fn threads(options: &CheckOptions) -> usize {
    options.with.threads.map_or(0, usize::from)
}

/// A lab: as evaluated, then each of its files.
fn one(
    options: &CheckOptions,
    lab: &Path,
    sources: &SourceMap,
    findings: &mut Findings,
) -> Result<(), Diagnostic> {
    let target = Target::new(lab, &options.with);
    let (entry, settings) = entry_and_settings(target)?;
    let (file, root) = (entry.file.clone(), entry.root.clone());
    let evaluated = evaluate(options, entry, settings, sources)?;
    findings.add(evaluated, sources);
    let around = Around::new(&Disk, sources);
    let files = on_large_stack(|| lab_files(&around, &file, &root))?;
    findings.add(check_all(&around, &files, threads(options), &INTERRUPTED)?, sources);
    Ok(())
}

fn evaluate(
    options: &CheckOptions,
    entry: Entry,
    settings: crate::eval::Settings,
    sources: &SourceMap,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let machine = machine(&options.with.nix);
    let caches = setup::caches(!options.with.no_cache);
    let request = request(&options.with, Ask::Behaviour, entry);
    let request = Request { git_hash: head_commit(&request.root, &machine), ..request };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let shellcheck = if options.no_shellcheck { None } else { ShellCheck::find(&path) };
    let lowered = caches.as_ref().map(|caches| &caches.lowered);
    let config = Config {
        settings,
        tolerant: true,
        last: false,
        ..config(&machine, &options.with.include, sources, lowered)
    };
    let packages = caches.as_ref().and_then(|caches| {
        known::packages(&caches.directory, &options.with, settings, &request, &machine)
    });
    let evaluation = Evaluation { request, shellcheck, path, scripts: Arc::default(), config };
    let found = packages.and_then(|packages| evaluation.with_known(&packages));
    let found = match found {
        Some(found) => Ok(found),
        None => evaluation.once(None, evaluation.config.messages).map(|(found, _)| found),
    };
    if let Some(caches) = &caches {
        caches.lowered.save();
    }
    found.map_err(|error| no_thread(&error))
}

/// How a lab is evaluated.
struct Evaluation<'a> {
    request: Request,
    shellcheck: Option<ShellCheck>,
    path: OsString,
    scripts: Arc<Scripts>,
    config: Config<'a>,
}

impl Evaluation<'_> {
    /// What is wrong, and whether evaluating all of the package set may tell it otherwise.
    fn once(
        &self,
        known: Option<KeptPackages<'_>>,
        messages: &(dyn Fn(&str) + Sync),
    ) -> io::Result<(Vec<Diagnostic>, bool)> {
        let request = self.request.clone().knowing(known);
        let (shellcheck, scripts) = (self.shellcheck.clone(), Arc::clone(&self.scripts));
        let path = Some(self.path.clone());
        let asked = LabRequest { request, shellcheck, scripts, path };
        let config = Config { packages: known, messages, ..self.config.clone() };
        session::run(&config, |session, evaluator| {
            let found = check_lab(session, evaluator, &asked);
            (found, session.shared.is_unsure())
        })
    }

    /// What is wrong with the lab by what is known of its package set, if that is sure. What fails is told as
    /// evaluating everything tells it.
    fn with_known(&self, packages: &Packages) -> Option<Vec<Diagnostic>> {
        let said: Mutex<Vec<String>> = Mutex::default();
        let messages = |message: &str| {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(message.to_owned());
        };
        let once = || self.once(Some(packages.given()), &messages);
        let (found, learned) = packages.used(&self.config, Duration::ZERO, once);
        let (found, unsure) = found.ok()?;
        let fails = found.iter().any(|d| d.severity == Severity::Error) && learned.uses.any();
        if unsure || fails && !was_interrupted(&found) {
            return None;
        }
        for message in &said.into_inner().unwrap_or_else(PoisonError::into_inner) {
            (self.config.messages)(message);
        }
        Some(found)
    }
}

/// Reading trees takes stack.
fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Diagnostic> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        let thread = thread.spawn_scoped(scope, work).map_err(|error| no_thread(&error))?;
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    })
}

/// Fixes may make others possible, but not for ever.
const MOST_ROUNDS: usize = 8;

/// What was mended.
#[derive(Default)]
struct Tally {
    fixes: usize,
    files: BTreeSet<PathBuf>,
}

impl Tally {
    fn say(&self) {
        let plural = |n: usize, one: &str, many: &str| match n {
            1 => format!("1 {one}"),
            _ => format!("{n} {many}"),
        };
        let fixes = plural(self.fixes, "fix", "fixes");
        say(&format!("{fixes} applied in {}", plural(self.files.len(), "file", "files")));
    }
}

/// Applies fixes; has anything changed?
///
/// # Errors
/// A file that can't be written.
fn mend(found: &[Diagnostic], sources: &SourceMap, tally: &mut Tally) -> Result<bool, Diagnostic> {
    let mended = check::mend(found, sources);
    for (path, text) in &mended.texts {
        check::mend::write(path, text).map_err(|error| {
            let message = format!("'{}' can't be written: {error}", path.display());
            Diagnostic::error("repx::check::not-written", message)
                .help("the file is as it was; without --fix its mistakes are only told")
        })?;
    }
    tally.fixes += mended.fixes;
    let changed = !mended.texts.is_empty();
    tally.files.extend(mended.texts.into_keys());
    Ok(changed)
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Report {
    schema: &'static str,
    findings: Vec<json::Record>,
}

fn print(
    mut found: Vec<Diagnostic>,
    sources: &SourceMap,
    options: &CheckOptions,
    terminal: &Terminal,
) -> Exit {
    let base = std::env::current_dir().ok();
    let base = base.as_deref();
    if options.format == CheckFormat::Text {
        let advice = found.iter().filter(|d| d.severity == Severity::Advice).count();
        let hidden = if terminal.shows(Severity::Advice) { 0 } else { advice };
        let none = found.len() == hidden;
        let text = text_of(found, sources, terminal, terminal.color, options.with.show_trace);
        return stdout::print(|out| {
            out.write_all(text.as_bytes())?;
            let more = (hidden > 0).then(|| advices(hidden));
            match (none, more) {
                (_, _) if terminal.volume == Volume::Quiet => Ok(()),
                (true, None) => writeln!(out, "nothing found"),
                (true, Some(more)) => writeln!(out, "nothing found; -v shows {more}"),
                (false, None) => writeln!(out, "{EXPLAIN}"),
                (false, Some(more)) => writeln!(out, "{EXPLAIN}; -v shows {more}"),
            }
        });
    }
    for diagnostic in &mut found {
        show_originals(diagnostic, sources);
    }
    stdout::print(|out| match options.format {
        CheckFormat::Text => Ok(()),
        CheckFormat::Json => {
            let findings = found.iter().map(|d| json::Record::new(d, sources, base)).collect();
            pretty(out, &Report { schema: "repx-check/1", findings })
        }
        CheckFormat::Sarif => pretty(out, &sarif::log(&found, sources, base)),
        CheckFormat::Github => {
            found.iter().try_for_each(|d| writeln!(out, "{}", github::render(d, sources, base)))
        }
    })
}

const EXPLAIN: &str = "`repx explain CODE` says what a code means";

fn advices(count: usize) -> String {
    match count {
        1 => "1 piece of advice".to_owned(),
        _ => format!("{count} pieces of advice"),
    }
}

fn pretty(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
