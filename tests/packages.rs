//! Labs with a package set of real derivations. No Nix is needed: nothing is built.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use support::program::{Ran, copy, repx, run};

/// The jobs of the corpus's lab: the ids of each stage's jobs, in order.
fn ids(arguments: &[&str], corpus: &Path) -> BTreeMap<String, Vec<String>> {
    let mut command = repx(corpus);
    command.args(["eval", "lab", "--format", "json"]).args(arguments).env("REPX_NIX", "/nowhere");
    let Ran { code, stdout, stderr, .. } = run(&mut command);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
    let listing: Value = serde_json::from_slice(&stdout).expect("a listing is JSON");
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for job in listing["jobs"].as_array().expect("it has jobs") {
        let text = |key: &str| job[key].as_str().expect("a string").to_owned();
        ids.entry(text("stage")).or_default().push(text("id"));
    }
    assert_eq!(ids.len(), 2, "{ids:?}");
    ids
}

/// The corpus with a change to a file.
fn changed(file: &str, from: &str, to: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&support::repository("corpus/packages"), directory.path());
    let path = directory.path().join(file);
    let text = std::fs::read_to_string(&path).expect("the file is there");
    let new = text.replace(from, to);
    assert_ne!(text, new, "`{from}` stands in {file}");
    std::fs::write(&path, new).expect("the copy is ours");
    directory
}

#[test]
fn a_package_set_is_named_in_several_ways() {
    let corpus = support::repository("corpus/packages");
    let by_path = ids(&["--pkgs", "."], &corpus);
    assert_eq!(by_path["once"].len(), 2);
    assert_eq!(ids(&["--pkgs", "<set>", "-I", "set=."], &corpus), by_path);
    let elsewhere = changed("lab/nix/lab.nix", "1.0.0", "1.0.1");
    assert_eq!(ids(&["--pkgs", "."], elsewhere.path()), by_path, "places don't matter");
    assert_eq!(ids(&["--pkgs", ".", "--threads", "1"], &corpus), by_path);
}

#[test]
fn packages_are_part_of_a_job() {
    let corpus = support::repository("corpus/packages");
    let before = ids(&["--pkgs", "."], &corpus);
    let other = changed("default.nix", "greeting ? \"hello\"", "greeting ? \"goodbye\"");
    let after = ids(&["--pkgs", "."], other.path());
    assert_ne!(after["once"], before["once"], "its own package is another");
    assert_ne!(after["plain"], before["plain"], "so its input is another");
}

/// Every script is run by the set's shell, with the set's basic tools at hand.
#[test]
fn the_shell_is_part_of_every_job() {
    let before = ids(&["--pkgs", "."], &support::repository("corpus/packages"));
    for (from, to) in [("bash-5", "bash-6"), ("coreutils-8", "coreutils-9")] {
        let other = changed("default.nix", from, to);
        let after = ids(&["--pkgs", "."], other.path());
        assert_ne!(after["once"], before["once"], "{from}");
        assert_ne!(after["plain"], before["plain"], "{from}");
    }
}

/// What no job uses is part of none.
#[test]
fn other_packages_are_not() {
    let before = ids(&["--pkgs", "."], &support::repository("corpus/packages"));
    let other = changed("default.nix", "twice-1", "twice-2");
    assert_eq!(ids(&["--pkgs", "."], other.path()), before);
}
