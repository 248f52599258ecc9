//! How far an evaluation has come is shown on a terminal, and nowhere else.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::path::Path;
use std::process::Command;

use support::program::{repx, run};

/// A lab that takes a second or more to evaluate, and says something when it has.
const LAB: &str = r#"
{ pkgs, repx-lib, gitHash, ... }:
let
  work = n: builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) n);
in builtins.seq (work 12000000) (builtins.trace "a word" (repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { };
}))
"#;

fn lab(directory: &Path) {
    std::fs::write(directory.join("lab.nix"), LAB).expect("the lab can be written");
}

#[test]
fn without_a_terminal_nothing_is_shown() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    lab(directory.path());
    let ran = run(repx(directory.path()).args(["eval", "--no-cache", "--format", "json"]));
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), "trace: a word\n"));
}

/// With `script`, where the system has it, which runs a command on a terminal of its own.
#[test]
fn on_a_terminal_the_line_comes_and_goes() {
    if Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    lab(directory.path());
    let on_terminal = |flags: &str| {
        let program = env!("CARGO_BIN_EXE_repx");
        let call = format!("'{program}' eval --no-cache --format json {flags} > out.json");
        let mut command = Command::new("script");
        command.current_dir(&directory).env("TERM", "xterm").args(["-qec", &call, "/dev/null"]);
        let ran = run(&mut command);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let out = std::fs::read_to_string(directory.path().join("out.json")).expect("a result");
        assert!(out.starts_with('{') && !out.contains("evaluating"), "{out}");
        String::from_utf8(ran.stdout).expect("a terminal is sent text")
    };
    let seen = on_terminal("");
    assert!(seen.contains("evaluating the lab"), "{seen:?}");
    // What was drawn last is erased, before anything else is written.
    let after = seen.rsplit("evaluating the lab").next().unwrap_or_default();
    assert!(after.contains("\u{1b}[2K"), "{seen:?}");
    assert!(seen.contains("trace: a word"), "{seen:?}");
    assert!(!on_terminal("-q").contains("evaluating"));
}
