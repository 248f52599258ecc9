//! What only Nix can do: taking derivations into its store, building, fetching.
//!
//! Without Nix on the machine nothing of this is run, and the tests say so; `REPX_TEST_NIX=required` (as in
//! `.ci/run`) makes that a failure.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::path::Path;
use std::process::Command;

use support::nix::{Lab, PATIENCE};
use support::program::{Ran, repx, run_within};

/// A derivation whose builder is a shell.
const SHELL: &str = r#"name: script: derivation {
  inherit name;
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-e" "-c" script ];
}"#;

/// Everything that a derivation can be made of.
const PARTS: &str = r#"
let
  shell = import ./shell.nix;
  tree = builtins.filterSource (path: type: baseNameOf path != "left-out") ./tree;
  file = builtins.path { name = "flat-STAMP"; path = ./tree/first; recursive = false; };
  text = builtins.toFile "text-STAMP" "tree ${tree}\n";
  inner = shell "inner-STAMP" "echo inner > $out";
in
{
  whole = shell "whole-STAMP" ''
    cd ${tree}; echo * > $out
    read line < ${file}; echo $line >> $out
    read line < ${text}; echo $line >> $out
    read line < ${inner}; echo $line >> $out
    if [ -x ${tree}/tool ]; then echo tool >> $out; fi
    read line < ${./tree/link}; echo $line >> $out
  '';
  needsFile = shell "needs-file-STAMP" "[ -f ${inner.drvPath} ]; echo found > $out";
  both = derivation {
    name = "both-STAMP";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-c" "echo out > $out; echo dev > $dev" ];
    outputs = [ "out" "dev" ];
  };
}"#;

fn parts() -> Option<Lab> {
    let lab = Lab::new(&[
        ("shell.nix", SHELL),
        ("default.nix", PARTS),
        ("tree/first", "first STAMP\n"),
        ("tree/left-out", "no\n"),
        ("tree/sub/deep", "deep\n"),
        ("tree/tool", "#!/bin/sh\n"),
    ])?;
    let tool = lab.path("tree/tool");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(tool, permissions).expect("it is ours");
    std::os::unix::fs::symlink(lab.path("tree/first"), lab.path("tree/link")).expect("a link");
    Some(lab)
}

#[test]
fn what_is_registered_can_be_built() {
    let Some(lab) = parts() else { return };
    let drv = lab.printed(&["instantiate", "-A", "whole"]);
    assert_eq!(drv, lab.nix("nix-instantiate", &["--dry-run", "-A", "whole"]));
    let out = lab.nix("nix-store", &["--realise", &drv]);
    let built = std::fs::read_to_string(&out).expect("it was built");
    let lines: Vec<&str> = built.lines().collect();
    let first = format!("first {}", lab.stamp);
    assert_eq!(lines[..2], ["first link sub tool", &first]);
    assert!(lines[2].starts_with("tree /nix/store/"), "{built}");
    assert_eq!(lines[3..], ["inner", "tool", &first], "links are copied as links");
    // Nix knows the same of what it was sent as of what it makes itself.
    let closure = lab.nix("nix-store", &["--query", "--requisites", &drv]);
    let closure: Vec<&str> = closure.lines().collect();
    assert_eq!(closure.len(), 6, "{closure:?}");
    lab.nix("nix-store", &[&["--verify-path"], &closure[..]].concat());
    // What is there is not sent again.
    assert_eq!(lab.printed(&["instantiate", "-A", "whole"]), drv);
    assert_eq!(lab.nix("nix-instantiate", &["-A", "whole"]), drv);
}

#[test]
fn derivations_may_be_read_by_builders() {
    let Some(lab) = parts() else { return };
    let drv = lab.printed(&["instantiate", "-A", "needsFile"]);
    let out = lab.nix("nix-store", &["--realise", &drv]);
    assert_eq!(std::fs::read_to_string(out).expect("it was built"), "found\n");
}

#[test]
fn a_dry_run_writes_nothing() {
    let Some(lab) = parts() else { return };
    let drv = lab.printed(&["instantiate", "--dry-run", "-A", "both"]);
    assert!(!Path::new(&drv).exists());
    let eval = ["instantiate", "--eval", "--raw", "-A", "both.drvPath"];
    assert_eq!(lab.printed(&eval), drv);
    assert!(!Path::new(&drv).exists());
    let write = [&eval[..], &["--read-write-mode"]].concat();
    assert_eq!(lab.printed(&write), drv);
    assert!(Path::new(&drv).exists());
}

#[test]
fn outputs_and_roots_are_printed_as_nix_prints_them() {
    let Some(lab) = parts() else { return };
    let several = ["-A", "both.dev", "-A", "both"];
    let ours = lab.printed(&[&["instantiate"], &several[..]].concat());
    assert!(ours.lines().next().expect("a line").ends_with(".drv!dev"), "{ours}");
    assert_eq!(ours, lab.nix("nix-instantiate", &several));
    let ours = [&["instantiate", "--indirect", "--add-root", "ours"], &several[..]].concat();
    let theirs = [&["--indirect", "--add-root", "theirs"], &several[..]].concat();
    let theirs = lab.nix("nix-instantiate", &theirs).replace("theirs", "ours");
    assert_eq!(lab.printed(&ours), theirs);
    for number in ["", "-2"] {
        let link = |name: &str| std::fs::read_link(lab.path(name)).expect("a link");
        assert_eq!(link(&format!("ours{number}")), link(&format!("theirs{number}")));
    }
}

#[test]
fn evaluation_reads_what_is_built() {
    let files = [
        ("shell.nix", SHELL),
        (
            "default.nix",
            r#"let shell = import ./shell.nix; file = shell "file-STAMP" "echo '${./shell.nix} {}' > $out"; in {
  value = (import (shell "value-STAMP.nix" "echo '{ answer = 42; }' > $out")).answer;
  text = builtins.readFile (shell "text-STAMP" "echo text > $out");
  there = builtins.pathExists (shell "there-STAMP" "echo > $out");
  hash = builtins.hashFile "sha256" (shell "hash-STAMP" "echo text > $out");
  copy = builtins.readFile (builtins.path { path = shell "copied-STAMP" "echo text > $out"; });
  context = builtins.attrNames (builtins.getContext (builtins.readFile file)) == [ "${./shell.nix}" ];
}"#,
        ),
    ];
    let Some(lab) = Lab::new(&files) else { return };
    let Ran { code, stdout, stderr, .. } =
        lab.repx(&["instantiate", "--eval", "--strict", "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    let hash = "b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733";
    let value = format!(
        r#"{{"context":true,"copy":"text\n","hash":"{hash}","text":"text\n","there":true,"value":42}}"#
    );
    assert_eq!(String::from_utf8_lossy(&stdout).trim_end(), value);
    for name in ["value", "text", "there", "hash", "copied", "file"] {
        let announced = stderr.lines().any(|line| {
            line.starts_with("building '/nix/store/") && line.contains(&format!("-{name}-"))
        });
        assert!(announced, "{name}:\n{stderr}");
    }
}

#[test]
fn builds_during_evaluation_can_be_forbidden() {
    let lab = Lab::new(&[
        ("shell.nix", SHELL),
        (
            "a.nix",
            "{\n  text = builtins.readFile ((import ./shell.nix) \"a-STAMP\" \"echo > $out\");\n}",
        ),
    ]);
    let Some(lab) = lab else { return };
    let forbidden = ["instantiate", "--eval", "a.nix", "-A", "text", "--no-ifd"];
    for _ in ["not built yet", "built"] {
        let said = lab.said(&forbidden);
        assert!(said.contains(&format!("-a-{}.drv^out'", lab.stamp)), "{said}");
        assert!(said.contains("a.nix:2:10"), "{said}");
        lab.printed(&forbidden[..5]);
    }
}

#[test]
fn failures_are_told() {
    let lab = Lab::new(&[
        ("shell.nix", SHELL),
        (
            "default.nix",
            r#"let shell = import ./shell.nix; in {
  fails = builtins.readFile (shell "fails-STAMP" "echo first line; echo last line >&2; exit 3");
  hash = builtins.readFile (derivation {
    name = "hash-STAMP"; system = builtins.currentSystem; builder = "/bin/sh";
    args = [ "-c" "echo STAMP > $out" ];
    outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "";
  });
  absent = shell "absent-STAMP" "${builtins.appendContext "x" { "/nix/store/00000000000000000000000000000000-a" = { path = true; }; }}";
}"#,
        ),
    ]);
    let Some(lab) = lab else { return };
    let said = |attribute| lab.said(&["instantiate", "--eval", "-A", attribute]);
    let fails = said("fails");
    assert!(fails.contains("failed with exit code 3"), "{fails}");
    assert!(fails.contains("first line") && fails.contains("last line"), "{fails}");
    assert!(fails.contains("default.nix:2:11"), "{fails}");
    let hash = said("hash");
    assert!(hash.contains("hash mismatch"), "{hash}");
    let absent = lab.said(&["instantiate", "-A", "absent"]);
    let path = "/nix/store/00000000000000000000000000000000-a";
    assert!(absent.contains(path), "{absent}");
}

#[test]
fn files_are_fetched() {
    let lab = Lab::new(&[("source/file", "content STAMP\n")]);
    let Some(lab) = lab else { return };
    let tar = Command::new("tar")
        .args(["czf", "source.tar.gz", "source"])
        .current_dir(lab.directory.path())
        .status();
    assert!(tar.is_ok_and(|status| status.success()), "tar makes an archive");
    let place = lab.directory.path().display();
    let eval =
        |expression: &str| lab.printed(&["instantiate", "--eval", "--raw", "-E", expression]);
    let content = format!("content {}", lab.stamp);
    let file = format!("builtins.fetchurl \"file://{place}/source/file\"");
    let path = eval(&file);
    assert_eq!(std::fs::read_to_string(&path).expect("it is in the store").trim(), content);
    let archive = format!("file://{place}/source.tar.gz");
    let unpacked = format!("builtins.readFile \"${{builtins.fetchTarball \"{archive}\"}}/file\"");
    assert_eq!(eval(&unpacked), content);
    let found = ["instantiate", "--eval", "--raw", "-E", "builtins.readFile <a/file>", "-I"];
    let place = format!("a={archive}");
    assert_eq!(lab.printed(&[&found[..], &[&place]].concat()), content);
    // With its hash it is found in the store, without the file and without Nix.
    let hash = lab.printed(&[
        "instantiate",
        "--eval",
        "--raw",
        "-E",
        "builtins.hashFile \"sha256\" ./source/file",
    ]);
    std::fs::remove_file(lab.path("source/file")).expect("it is ours");
    let again =
        format!("builtins.fetchurl {{ url = \"file:///nowhere/file\"; sha256 = \"{hash}\"; }}");
    assert_eq!(eval(&again), path);
}

#[test]
fn commits_are_fetched() {
    let lab = Lab::new(&[("source/file", "content STAMP\n")]);
    let Some(lab) = lab else { return };
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-C", "source", "-c", "user.name=a", "-c", "user.email=a@localhost"])
            .args(arguments)
            .current_dir(lab.directory.path())
            .output()
            .expect("git is installed where Nix is");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "file"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let rev = git(&["rev-parse", "HEAD"]);
    std::fs::write(lab.path("source/file"), "not committed").expect("it is ours");
    let place = lab.path("source").display().to_string();
    let fetched = format!(
        "let got = builtins.fetchGit {{ url = \"file://{place}\"; rev = \"{rev}\"; }}; \
         in {{ inherit (got) rev; text = builtins.readFile \"${{got}}/file\"; }}"
    );
    let json = lab.printed(&["instantiate", "--eval", "--strict", "--json", "-E", &fetched]);
    assert_eq!(json, format!(r#"{{"rev":"{rev}","text":"content {}\n"}}"#, lab.stamp));
}

#[test]
fn what_cannot_be_fetched_is_named() {
    let Some(lab) = Lab::new(&[]) else { return };
    let hash = "0".repeat(52);
    let call =
        format!("builtins.fetchurl {{ url = \"file:///nowhere/STAMP\"; sha256 = \"{hash}\"; }}");
    let said =
        lab.said(&["instantiate", "--eval", "-E", &call, "--option", "download-attempts", "1"]);
    for part in ["file:///nowhere/STAMP", "sha256-AAAA", "/nix/store/"] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
}

/// The values to sweep over are read from something that is built first.
#[test]
fn a_lab_may_need_a_build() {
    let Some(lab) = Lab::new(&[]) else { return };
    support::program::copy(&support::repository("corpus/packages"), lab.directory.path());
    let call = ["eval", "from-derivation", "--pkgs", ".", "--format", "ndjson"];
    assert_eq!(lab.printed(&call).lines().count(), 3);
    let said = lab.said(&[&call[..], &["--no-ifd"]].concat());
    assert!(said.contains("settings.nix.drv^out'"), "{said}");
    assert!(said.contains("from-derivation/nix/lab.nix:4:14"), "{said}");
}

#[test]
fn without_nix_the_reason_is_told() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let derivation = "derivation { name = \"x\"; system = \"s\"; builder = \"/b\"; }";
    let mut command = repx(directory.path());
    command.args(["instantiate", "-E", derivation]).env("REPX_NIX", "/nowhere");
    let Ran { code, stdout, stderr, .. } = run_within(&mut command, PATIENCE);
    assert_eq!((code, stdout.as_slice()), (Some(2), &b""[..]));
    assert!(stderr.contains("is not installed") && stderr.contains("--dry-run"), "{stderr}");
}

/// A script under Nix's name that calls repx would be called by repx, and so on.
#[test]
fn repx_under_the_name_of_nix_is_found_out() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let shim = directory.path().join("nix-instantiate");
    let text = format!("#!/bin/sh\nexec '{}' instantiate \"$@\"\n", env!("CARGO_BIN_EXE_repx"));
    support::program::executable(&shim, &text);
    let mut command = repx(directory.path());
    let fetch = "(builtins.fetchGit ./.).rev";
    command.args(["instantiate", "--eval", "-E", fetch]).env("REPX_NIX", directory.path());
    let Ran { code, stderr, .. } = run_within(&mut command, PATIENCE);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("is repx itself") && stderr.contains("REPX_NIX"), "{stderr}");
}
