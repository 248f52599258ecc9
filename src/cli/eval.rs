//! `repx eval`: the jobs of a lab.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Exit;
use super::arguments::{EvalOptions, Format, Terminal, Volume, pairs};
use super::entry::{self, Entry};
use super::explain::explain;
use super::filter::{Filter, select};
use super::guard::INTERRUPTED;
use super::kept;
use super::listing::{Pace, Statuses, TableStyle, View, write_json, write_ndjson, write_table};
use super::report::{report, say};
use super::settings::settings;
use super::stdout;
use crate::diagnostic::Diagnostic;
use crate::flake::head_commit;
use crate::source::SourceMap;
use crate::sweep::{Argument, Listing, PackageSet, Request};
use crate::world::{Disk, World};

/// What came of evaluating a lab.
pub(super) struct Outcome {
    /// Its jobs; without them the diagnostics hold at least one error.
    pub(super) listing: Option<Listing>,
    /// What is to be said about it.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics speak of.
    pub(super) sources: SourceMap,
}

impl Outcome {
    /// There is nothing but this to say.
    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        Outcome { listing: None, diagnostics: vec![diagnostic], sources: SourceMap::new() }
    }
}

/// Lists a lab's jobs.
pub(super) fn run(options: &EvalOptions, terminal: &Terminal) -> Exit {
    let begin = Instant::now();
    let Outcome { listing, mut diagnostics, sources } = load(options, terminal);
    let filter = Filter { runs: &options.runs, stages: &options.stages, params: &options.params };
    let view = match listing.as_ref().map(|listing| select(listing, filter)) {
        Some(Ok(view)) => Some(view),
        Some(Err(unknown)) => {
            diagnostics.extend(unknown);
            None
        }
        None => None,
    };
    let exit = report(diagnostics, &sources, terminal, options.show_trace);
    let Some(view) = view.filter(|_| exit == Exit::Fine) else {
        return exit;
    };
    if terminal.volume == Volume::Verbose {
        say(&format!("{} jobs in {:.1?}", view.listing.len(), begin.elapsed()));
    }
    print(&view, options, terminal)
}

fn load(options: &EvalOptions, terminal: &Terminal) -> Outcome {
    let found = entry::find(options).and_then(|entry| Ok((entry, settings(&options.nix)?)));
    match found {
        Err(wrong) => Outcome::failed(wrong),
        Ok((entry, settings)) => {
            let (outcome, explanation) = kept::outcome(options, entry, settings);
            if options.explain_cache {
                explain(&explanation, terminal);
            }
            outcome
        }
    }
}

/// What is to be listed; `world` says at which commit the lab is.
pub(super) fn request(options: &EvalOptions, entry: Entry, world: Option<&dyn World>) -> Request {
    let Entry { file, root, flake } = entry;
    let expressions =
        pairs(&options.arg).map(|(name, text)| (name, Argument::Expression(text.into())));
    let texts = pairs(&options.argstr).map(|(name, text)| (name, Argument::Text(text.into())));
    let arguments = expressions.chain(texts).map(|(name, argument)| (name.to_owned(), argument));
    Request {
        git_hash: world.and_then(|world| head_commit(&root, world)),
        arguments: arguments.collect(),
        packages: package_set(options.pkgs.as_deref()),
        threads: options.threads.map_or(0, usize::from),
        entry: file,
        root,
        flake,
    }
}

/// `host`, `<nixpkgs>`, or a path, which on the command line begins at the current directory.
fn package_set(pkgs: Option<&str>) -> PackageSet {
    match pkgs {
        None | Some("host") => PackageSet::Host,
        Some(search) if search.starts_with('<') => PackageSet::Expression(search.to_owned()),
        Some(path) => {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.into());
            PackageSet::Path(path)
        }
    }
}

fn print(view: &View<'_>, options: &EvalOptions, terminal: &Terminal) -> Exit {
    let statuses = Statuses::read(&base_path(options), &Disk);
    let style = TableStyle { width: terminal.width, color: terminal.color };
    let threads = options.threads.map_or(0, usize::from);
    let pace = Pace { threads, interrupt: &INTERRUPTED };
    stdout::print(|out| match options.format {
        Format::Table => write_table(out, view, &statuses, style),
        Format::Json => write_json(out, view, &statuses, pace),
        Format::Ndjson => write_ndjson(out, view, &statuses, pace),
    })
}

/// Where results are kept: as asked for, else `.repx` beside the lab.
fn base_path(options: &EvalOptions) -> PathBuf {
    match &options.base_path {
        Some(base) => base.clone(),
        None => lab_directory(&entry::without_output(&options.lab)).join(".repx"),
    }
}

/// The directory a lab is the lab of: `lab/nix/lab.nix` and `lab` are the same one.
fn lab_directory(lab: &Path) -> PathBuf {
    if lab.is_dir() {
        return lab.to_owned();
    }
    let parent = lab.parent().unwrap_or(lab);
    let inside = lab.ends_with("nix/lab.nix");
    let directory = if inside { parent.parent().unwrap_or(parent) } else { parent };
    if directory.as_os_str().is_empty() { PathBuf::from(".") } else { directory.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_beside_the_lab() {
        let base =
            |lab: &str| base_path(&EvalOptions { lab: lab.into(), ..EvalOptions::default() });
        assert_eq!(base("/nonexistent/nix/lab.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("nix/lab.nix"), Path::new("./.repx"));
        assert_eq!(base("lab.nix"), Path::new("./.repx"));
        assert_eq!(base("/nonexistent/x.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("/"), Path::new("/.repx"));
    }
}
