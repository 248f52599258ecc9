//! What an evaluation is set up with, by flags and environment.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;

use super::arguments::{NixOptions, pairs};
use super::guard::INTERRUPTED;
use super::progress::aside;
use crate::cache::{Evaluations, LoweredFiles};
use crate::diagnostic::Diagnostic;
use crate::eval::Settings;
use crate::realise::{Builds, Machine, Programs};
use crate::session::{Config, FileCache};
use crate::source::SourceMap;
use crate::world::World;

/// This machine, and its Nix for what only Nix can do.
pub(super) fn machine(options: &NixOptions) -> Machine<'static> {
    machine_saying(options, &say)
}

/// The same, what Nix does meanwhile being told to `say`.
pub(super) fn machine_saying<'a>(
    options: &NixOptions,
    say: &'a (dyn Fn(&str) + Sync),
) -> Machine<'a> {
    let settings = pairs(&options.option);
    let programs = Programs {
        directory: std::env::var_os("REPX_NIX").filter(|dir| !dir.is_empty()).map(PathBuf::from),
        options: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    };
    let builds = if options.no_ifd { Builds::Forbidden } else { Builds::Allowed };
    Machine::new(programs, builds, say)
}

/// The configuration of an evaluation. `include` is what `-I` said, in order.
pub(super) fn config<'a>(
    world: &'a dyn World,
    include: &[String],
    sources: &'a SourceMap,
    cache: Option<&'a LoweredFiles>,
) -> Config<'a> {
    Config {
        world,
        sources,
        search_path: search_path(include),
        home: std::env::var_os("HOME").map(PathBuf::from),
        settings: Settings::default(),
        tolerant: false,
        cache: cache.map(|cache| -> &dyn FileCache { cache }),
        packages: None,
        threads: 1,
        last: true,
        interrupt: &INTERRUPTED,
        messages: &say,
    }
}

/// What is kept between processes.
pub(super) struct Caches {
    /// Files that were read.
    pub(super) lowered: LoweredFiles,
    /// Listings.
    pub(super) evaluations: Evaluations,
    /// Where they are.
    pub(super) directory: PathBuf,
}

/// The caches, unless they are not wanted (`--no-cache`, `REPX_NO_CACHE`) or have no place to be
/// (`REPX_CACHE_DIR`, else where the XDG base directories say).
pub(super) fn caches(wanted: bool) -> Option<Caches> {
    if !wanted || variable("REPX_NO_CACHE").is_some_and(|word| says_yes(&word)) {
        return None;
    }
    let directory = cache_directory()?;
    let lowered = LoweredFiles::new(&directory);
    Some(Caches { lowered, evaluations: Evaluations::new(&directory), directory })
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Does a variable switch something on? All words do but those that say no.
fn says_yes(word: &OsStr) -> bool {
    let word = word.to_string_lossy().to_lowercase();
    !["", "0", "false", "no", "off"].contains(&word.trim())
}

fn cache_directory() -> Option<PathBuf> {
    let of_user = || {
        // A relative path there is to be ignored (XDG base directory specification).
        let caches = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
        let caches = caches.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
        caches.map(|caches| caches.join("repx"))
    };
    variable("REPX_CACHE_DIR").map(PathBuf::from).or_else(of_user)
}

/// Where links to base paths may lie that jobs can't see by their own paths. Whoever removes them loses nothing: each
/// call makes those that it needs.
pub(super) fn places() -> Option<PathBuf> {
    let places = cache_directory()?.join("places");
    std::path::absolute(places).ok()
}

/// The directory that relative paths begin at.
pub(super) fn current_directory() -> PathBuf {
    // Without a current directory only absolute paths mean anything.
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
}

/// A path from outside as an absolute one.
pub(super) fn absolute(path: &str) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// Messages of `trace` and `warn`.
fn say(message: &str) {
    aside(|| {
        // A closed stderr is no reason to stop an evaluation.
        let _ = writeln!(std::io::stderr().lock(), "{message}");
    });
}

/// Entries of `-I`, then of `NIX_PATH`: prefix (perhaps empty) and path.
pub(super) fn search_path(include: &[String]) -> Vec<(String, String)> {
    search_path_of(include, std::env::var("NIX_PATH").ok().as_deref())
}

fn search_path_of(include: &[String], nix_path: Option<&str>) -> Vec<(String, String)> {
    let entry = |text: &str| {
        let (prefix, path) = text.split_once('=').unwrap_or(("", text));
        let path = if path.contains("://") || path.starts_with("channel:") {
            path.to_owned()
        } else {
            absolute(path).display().to_string()
        };
        (prefix.to_owned(), path)
    };
    let from_environment = split_nix_path(nix_path.unwrap_or_default());
    include.iter().map(String::as_str).chain(from_environment).map(entry).collect()
}

/// Entries are separated by colons; those of `https://` and `channel:` belong to their entries.
fn split_nix_path(text: &str) -> Vec<&str> {
    let mut entries = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':') {
        let entry = text.get(start..at).unwrap_or_default();
        let is_channel = entry.rsplit('=').next() == Some("channel");
        if !is_channel && !text.get(at..).is_some_and(|rest| rest.starts_with("://")) {
            entries.push(entry);
            start = at + 1;
        }
    }
    entries.extend(text.get(start..));
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// The system refused a thread to evaluate on.
pub(super) fn no_thread(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "repx::system::threads",
        format!("the system refuses a thread to evaluate on: {error}"),
    )
    .help("evaluation reserves 1 GiB of address space for its stack: see `ulimit -v`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_may_say_no() {
        let says = |word: &str| says_yes(OsStr::new(word));
        assert!(["1", "true", "yes", "please"].into_iter().all(says));
        assert!(!["", "0", "false", "No", "off", " "].into_iter().any(says));
    }

    #[test]
    fn flags_come_before_the_environment() {
        let path = search_path_of(
            &["nixpkgs=/a".into(), "/b".into()],
            Some("x=/c:https://h/y.tar.gz:/d:y=channel:z"),
        );
        let path: Vec<(&str, &str)> = path.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            path,
            [
                ("nixpkgs", "/a"),
                ("", "/b"),
                ("x", "/c"),
                ("", "https://h/y.tar.gz"),
                ("", "/d"),
                ("y", "channel:z")
            ]
        );
    }
}
