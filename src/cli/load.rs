//! A lab that the command line names, evaluated or taken from the cache: what most commands begin with.

use std::path::{Path, PathBuf};

use super::Exit;
use super::arguments::{LabOptions, Terminal, pairs};
use super::cache_account::explain;
use super::config::{self, Config};
use super::entry::{self, Entry};
use super::kept;
use super::progress::{self, Phase};
use super::report::{near, report};
use super::settings::settings;
use crate::bytes::Reader;
use crate::diagnostic::Diagnostic;
use crate::eval::Settings;
use crate::exec::{LabName, is_package, packaged_listing};
use crate::source::SourceMap;
use crate::sweep::{self, Argument, Ask, Counts, Listing, PackageSet, Progress, Request};

/// A lab, and how it is to be evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'o> {
    /// Its directory or file, or a flake with an output.
    pub(super) lab: &'o Path,
    /// All else that is said about it.
    pub(super) with: &'o LabOptions,
    /// Are its jobs written once, and then forgotten?
    pub(super) once: bool,
}

impl<'o> Target<'o> {
    /// A lab whose jobs are looked at as often as one likes.
    pub(super) fn new(lab: &'o Path, with: &'o LabOptions) -> Target<'o> {
        Target { lab, with, once: false }
    }

    /// The lab's directory, if `repx build` has written it: all that jobs need is there.
    pub(super) fn built(self) -> Option<&'o Path> {
        is_package(self.lab).then_some(self.lab)
    }
}

/// What came of evaluating a lab.
#[derive(Default)]
pub(super) struct Outcome {
    /// Its jobs; without them the diagnostics hold at least one error.
    pub(super) listing: Option<Listing>,
    /// Where they were only counted, their numbers.
    pub(super) counts: Option<Counts>,
    /// What is to be said about it.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics speak of.
    pub(super) sources: SourceMap,
}

impl Outcome {
    /// There is nothing but this to say.
    pub(super) fn failed(diagnostic: Diagnostic) -> Outcome {
        let (diagnostics, sources) = (vec![diagnostic], SourceMap::new());
        Outcome { listing: None, counts: None, diagnostics, sources }
    }
}

/// Shows how far it has come.
pub(super) fn shown(terminal: &Terminal, progress: &Progress) -> Option<progress::Shown> {
    let watched = progress.clone();
    progress::Shown::begin(terminal, move || match watched.is_expanding() {
        false => (Phase::Evaluating, 0),
        true => (Phase::Expanding, watched.jobs()),
    })
}

/// What comes of the lab, for a command that goes on with it.
pub(super) fn load_shown(target: Target<'_>, ask: Ask, terminal: &Terminal) -> Outcome {
    let progress = Progress::default();
    let _shown = shown(terminal, &progress);
    load(target, ask, terminal, &progress)
}

/// A lab without mistakes.
pub(super) struct Opened<T> {
    /// Its jobs.
    pub(super) listing: Listing,
    /// Where they were only counted, their numbers.
    pub(super) counts: Option<Counts>,
    /// What was looked for in it.
    pub(super) found: T,
}

/// Evaluates a lab, looks for something in it, and says what there is to say about both.
///
/// # Errors
/// How the command is to end, when there is nothing to go on with.
pub(super) fn open<T>(
    target: Target<'_>,
    ask: Ask,
    terminal: &Terminal,
    look: impl FnOnce(&Listing, Option<&Counts>) -> Result<T, Vec<Diagnostic>>,
) -> Result<Opened<T>, Exit> {
    opened(load_shown(target, ask, terminal), target, terminal, look)
}

/// The same for a lab that was evaluated.
///
/// # Errors
/// As there.
pub(super) fn opened<T>(
    outcome: Outcome,
    target: Target<'_>,
    terminal: &Terminal,
    look: impl FnOnce(&Listing, Option<&Counts>) -> Result<T, Vec<Diagnostic>>,
) -> Result<Opened<T>, Exit> {
    let Outcome { listing, counts, mut diagnostics, sources } = outcome;
    let found = listing.as_ref().and_then(|listing| {
        look(listing, counts.as_ref()).map_err(|wrong| diagnostics.extend(wrong)).ok()
    });
    let exit = report(diagnostics, &sources, terminal, target.with.show_trace);
    match listing.zip(found) {
        Some((listing, found)) if exit == Exit::Fine => Ok(Opened { listing, counts, found }),
        Some(_) | None => Err(exit),
    }
}

/// Where a lab is, and what Nix's settings say of its evaluation.
///
/// # Errors
/// There is no lab, or a setting is wrong.
pub(super) fn entry_and_settings(target: Target<'_>) -> Result<(Entry, Settings), Diagnostic> {
    Ok((entry::find(target)?, settings(&target.with.nix)?))
}

/// Evaluates a lab, or takes its jobs from the cache; or from a directory that was built.
pub(super) fn load(
    target: Target<'_>,
    ask: Ask,
    terminal: &Terminal,
    progress: &Progress,
) -> Outcome {
    if let Some(directory) = target.built() {
        return packaged(directory);
    }
    match entry_and_settings(target) {
        Err(wrong) => Outcome::failed(wrong),
        Ok((entry, settings)) => {
            let (outcome, explanation) = kept::outcome(target, ask, entry, settings, progress);
            if target.with.explain_cache {
                explain(&explanation, terminal);
            }
            outcome
        }
    }
}

/// The jobs of a lab directory that `repx build` has written.
fn packaged(lab: &Path) -> Outcome {
    let shown = lab.display();
    let wrong = |message: String| {
        Outcome::failed(
            Diagnostic::error("repx::run::lab-directory", message)
                .help("`repx build` with this version writes it anew; or name the lab itself"),
        )
    };
    match packaged_listing(lab) {
        Ok(Some(bytes)) => {
            let mut reader = Reader::new(&bytes);
            match sweep::stored::read(&mut reader).filter(|_| reader.is_done()) {
                Some(listing) => Outcome { listing: Some(listing), ..Outcome::default() },
                None => wrong(format!("{shown} was written by another version of repx")),
            }
        }
        Ok(None) => wrong(format!("{shown} was written by another program than repx")),
        Err(error) => wrong(format!("can't read {shown}: {error}")),
    }
}

/// What is to be listed, as far as the command line says it.
pub(super) fn request(options: &LabOptions, ask: Ask, entry: Entry) -> Request {
    let Entry { file, root, flake } = entry;
    let expressions =
        pairs(&options.arg).map(|(name, text)| (name, Argument::Expression(text.into())));
    let texts = pairs(&options.argstr).map(|(name, text)| (name, Argument::Text(text.into())));
    let arguments = expressions.chain(texts).map(|(name, argument)| (name.to_owned(), argument));
    Request {
        arguments: arguments.collect(),
        packages: package_set(options.pkgs.as_deref()),
        threads: options.threads.map_or(0, usize::from),
        ask,
        flake,
        ..Request::new(file, root)
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

/// What a lab is called by, wherever it is called from.
pub(super) fn lab_name(target: Target<'_>) -> LabName {
    let text = target.lab.to_string_lossy();
    let (path, output) = match text.split_once('#') {
        Some((path, output)) if !target.lab.exists() => (path, Some(output)),
        Some(_) | None => (&*text, None),
    };
    let path = if path.is_empty() { "." } else { path };
    let real = std::fs::canonicalize(path);
    let real = real.unwrap_or_else(|_| path.into()).display().to_string();
    let lab = output.map_or(real.clone(), |output| format!("{real}#{output}"));
    let LabOptions { pkgs, arg, argstr, .. } = target.with;
    let mut arguments = Vec::new();
    for (flag, values) in [("--arg", arg), ("--argstr", argstr)] {
        for (name, value) in pairs(values) {
            arguments.extend([flag, name, value].map(str::to_owned));
        }
    }
    if let Some(pkgs) = pkgs.as_ref().filter(|pkgs| *pkgs != "host") {
        arguments.extend(["--pkgs".to_owned(), pkgs.clone()]);
    }
    LabName::new(lab, arguments)
}

/// Where results are kept: as asked for, else as `config.toml` says, else `.repx` beside the lab.
///
/// # Errors
/// How the command is to end, when that file is wrong.
pub(super) fn base_path(target: Target<'_>, terminal: &Terminal) -> Result<PathBuf, Exit> {
    match &target.with.base_path {
        Some(base) => no_file(base.clone(), terminal),
        None => configured(target, &SourceMap::new(), terminal).map(|(_, base)| base),
    }
}

/// What `config.toml` says, and where results are kept. What is wrong with the file is said.
///
/// # Errors
/// How the command is to end, when that file is wrong.
pub(super) fn configured(
    target: Target<'_>,
    sources: &SourceMap,
    terminal: &Terminal,
) -> Result<(Config, PathBuf), Exit> {
    let lab = lab_directory(target.lab);
    let (config, found) = config::config(&lab, sources);
    match report(found, sources, terminal, false) {
        Exit::Fine => {}
        exit => return Err(exit),
    }
    let base = target.with.base_path.clone().or_else(|| config.base_path.clone());
    let base = no_file(base.unwrap_or_else(|| beside(&lab)), terminal)?;
    Ok((config, base))
}

/// A base path; who only looks into it would find nothing in a file, and say so.
fn no_file(base: PathBuf, terminal: &Terminal) -> Result<PathBuf, Exit> {
    if !base.is_file() {
        return Ok(base);
    }
    let message =
        format!("results can't be kept in {}: it is a file, not a directory", near(&base));
    let wrong = Diagnostic::error("repx::run::base-path", message)
        .help("name another place for results: `--base-path DIR`");
    Err(report(vec![wrong], &SourceMap::new(), terminal, false))
}

fn beside(lab: &Path) -> PathBuf {
    lab.join(".repx")
}

/// The directory a lab is the lab of: `lab/nix/lab.nix` and `lab` are the same one.
pub(super) fn lab_directory(lab: &Path) -> PathBuf {
    let lab = &*entry::without_output(lab);
    let named =
        |path: &Path| if path.as_os_str().is_empty() { ".".into() } else { path.to_owned() };
    let (directory, is_lab) = match lab.is_dir() {
        true => (lab.to_owned(), lab.join("lab.nix").is_file()),
        false => (named(lab.parent().unwrap_or(lab)), lab.ends_with("lab.nix")),
    };
    // Whatever way leads to it.
    let absolute = std::path::absolute(&directory).unwrap_or_else(|_| directory.clone());
    match directory.parent().filter(|_| is_lab && sweep::is_inner(&absolute)) {
        None => directory,
        Some(parent) if directory.ends_with("nix") => named(parent),
        Some(_) => directory.join(".."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_beside_the_lab() {
        let base = |lab: &str| beside(&lab_directory(Path::new(lab)));
        assert_eq!(base("/nonexistent/nix/lab.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("nix/lab.nix"), Path::new("./.repx"));
        assert_eq!(base("lab.nix"), Path::new("./.repx"));
        assert_eq!(base("/nonexistent/x.nix"), Path::new("/nonexistent/.repx"));
        assert_eq!(base("/"), Path::new("/.repx"));
        // By whatever way.
        let lab = tempfile::tempdir().unwrap();
        let inside = lab.path().join("nix");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("lab.nix"), "").unwrap();
        for way in [lab.path().to_owned(), inside.clone(), inside.join("lab.nix")] {
            assert_eq!(beside(&lab_directory(&way)), lab.path().join(".repx"));
        }
        std::fs::write(inside.join("flake.nix"), "").unwrap();
        assert_eq!(lab_directory(&inside), inside);
    }
}
