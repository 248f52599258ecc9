//! Flakes: references, sources and inputs (`corpus/flakes`), against answers recorded with Nix 2.34.8, and against the
//! Nix of this machine where there is one.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use support::program::{Ran, copy, repx, run};

fn corpus(path: &str) -> PathBuf {
    support::repository("corpus/flakes").join(path)
}

fn recorded(path: &str) -> Json {
    let text = std::fs::read_to_string(corpus(path)).expect("the recorded answer can be read");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Runs git in a directory, with an identity and a clock that are the same everywhere.
fn git(directory: &Path, time: u32, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(["-c", "protocol.file.allow=always"]).args(arguments);
    for (role, time) in [("AUTHOR", TIME), ("COMMITTER", time)] {
        let name = |what: &str| format!("GIT_{role}_{what}");
        command.env(name("NAME"), "t").env(name("EMAIL"), "t@example.org");
        command.env(name("DATE"), format!("{time} +0000"));
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().expect("git runs");
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

const TIME: u32 = 1_600_000_000;

fn commit(directory: &Path) {
    git(directory, TIME, &["init", "-q", "-b", "main"]);
    git(directory, TIME, &["add", "-A"]);
    git(directory, TIME, &["commit", "-q", "-m", "one"]);
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory can be made");
    std::fs::write(path, text).expect("a file can be written");
}

/// A folder with a copy of part of the corpus in it.
fn scratch(from: &str, to: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let place = folder.path().join(to);
    copy(&corpus(from), &place);
    (folder, place)
}

fn eval(arguments: &[&str]) -> Ran {
    run(repx(Path::new("/")).args(["instantiate", "--eval", "--strict", "--json"]).args(arguments))
}

fn info(flake: &str) -> Json {
    let ran = eval(&[&format!("{flake}#info")]);
    assert_eq!(ran.code, Some(0), "{flake}: {}", ran.stderr);
    serde_json::from_slice(&ran.stdout).expect("it prints JSON")
}

/// The recorded answer, and what this machine's Nix says where the two agree on the rules.
fn check(flake: &str, expected: &str) {
    let found = info(flake);
    let expected = recorded(&format!("expect/{expected}.json"));
    assert_eq!(found, expected, "{flake}: not what Nix 2.34.8 answered");
}

#[test]
fn references_are_read_and_written_as_nix_does() {
    let answers = recorded("references.json");
    let answers = answers.as_object().expect("an object");
    assert!(answers.len() > 150, "{} references", answers.len());
    let mut wrong = Vec::new();
    // All in one evaluation, but for those that fail.
    let fine: Vec<&String> =
        answers.iter().filter(|(_, a)| a.get("value").is_some()).map(|(e, _)| e).collect();
    let list =
        format!("[ {} ]", fine.iter().map(|e| format!("({e})")).collect::<Vec<_>>().join(" "));
    let ran = eval(&["-E", &list]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let values: Vec<Json> = serde_json::from_slice(&ran.stdout).expect("it prints JSON");
    for (expression, value) in fine.iter().zip(values) {
        if answers[*expression]["value"] != value {
            wrong.push(format!(
                "{expression}\n  {} instead of {}",
                value, answers[*expression]["value"]
            ));
        }
    }
    for (expression, answer) in answers {
        let Some(message) = answer.get("error").and_then(Json::as_str) else {
            continue;
        };
        let ran = eval(&["-E", expression]);
        let said: String =
            ran.stderr.split(['│', '\n']).map(str::trim).collect::<Vec<_>>().join(" ");
        let tight = |text: &str| text.replace(|c: char| c.is_whitespace() || c == '×', "");
        if ran.code != Some(2) || !tight(&said).contains(&tight(message)) {
            wrong.push(format!("{expression}\n  should fail: {message}\n  {}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_clean_checkout_is_its_commit() {
    let (_folder, place) = scratch("source", "clean");
    commit(&place);
    write(&place.join("untracked"), "x\n");
    check(&place.display().to_string(), "clean");
}

#[test]
fn a_touched_file_is_no_change() {
    let (_folder, place) = scratch("source", "clean");
    commit(&place);
    write(&place.join("file"), "file\n");
    check(&place.display().to_string(), "clean");
}

#[test]
fn a_packed_repository_is_read_too() {
    let (_folder, place) = scratch("source", "clean");
    commit(&place);
    git(&place, TIME, &["gc", "-q"]);
    assert!(!place.join(".git/refs/heads/main").exists(), "references are packed");
    write(&place.join("untracked"), "x\n");
    check(&place.display().to_string(), "clean");
}

#[test]
fn a_changed_checkout_says_what_it_was_changed_from() {
    let (_folder, place) = scratch("source", "dirty");
    commit(&place);
    write(&place.join("file"), "changed\n");
    std::fs::remove_file(place.join("run")).expect("it is there");
    write(&place.join("new"), "new\n");
    git(&place, TIME, &["add", "new"]);
    write(&place.join("untracked"), "x\n");
    check(&place.display().to_string(), "dirty");
}

#[test]
fn each_kind_of_change_is_seen() {
    for change in ["content", "mode", "staged", "deleted"] {
        let (_folder, place) = scratch("source", "clean");
        commit(&place);
        match change {
            "content" => write(&place.join("dir/inner"), "outer\n"),
            "mode" => {
                use std::os::unix::fs::PermissionsExt;
                let mode = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(place.join("file"), mode).expect("its mode can be set");
            }
            "staged" => {
                write(&place.join("file"), "staged\n");
                git(&place, TIME, &["add", "file"]);
            }
            _ => std::fs::remove_file(place.join("run")).expect("it is there"),
        }
        let flake = format!("{}#info.own.dirtyShortRev", place.display());
        let ran = eval(&[&flake]);
        assert_eq!(
            String::from_utf8_lossy(&ran.stdout),
            "\"2bbadcf-dirty\"\n",
            "{change}: {}",
            ran.stderr
        );
    }
}

#[test]
fn before_the_first_commit_there_is_none() {
    let (_folder, place) = scratch("source", "unborn");
    git(&place, TIME, &["init", "-q", "-b", "main"]);
    git(&place, TIME, &["add", "-A"]);
    check(&place.display().to_string(), "unborn");
}

#[test]
fn a_directory_of_a_repository_is_a_flake_of_the_whole() {
    let (folder, place) = scratch("source", "w/subdir");
    let root = folder.path().join("w");
    write(&root.join("top"), "top\n");
    commit(&root);
    write(&root.join("top"), "top\ntwo\n");
    git(&root, TIME + 100, &["commit", "-q", "-a", "-m", "two"]);
    check(&place.display().to_string(), "subdir");
    check(&format!("git+file://{}?dir=subdir", root.display()), "subdir");
}

#[test]
fn without_a_repository_all_files_count() {
    let (_folder, place) = scratch("source", "path");
    // The newest file says when the whole was modified.
    for entry in walkdir::WalkDir::new(&place) {
        let entry = entry.expect("the copy can be walked");
        let status =
            Command::new("touch").args(["-h", "-d", "@1600000001"]).arg(entry.path()).status();
        assert!(status.expect("touch runs").success());
    }
    check(&place.display().to_string(), "path");
    check(&format!("path:{}", place.display()), "path");
}

#[test]
fn submodules_belong_to_the_source_when_asked_for() {
    let (folder, place) = scratch("source", "modules");
    let module = folder.path().join("module");
    copy(&corpus("inputs/sub"), &module);
    commit(&module);
    git(&place, TIME, &["init", "-q", "-b", "main"]);
    git(&place, TIME, &["submodule", "--quiet", "add", "../module", "dir/module"]);
    git(&place, TIME, &["add", "-A"]);
    git(&place, TIME, &["commit", "-q", "-m", "one"]);
    check(&place.display().to_string(), "modules");
    check(&format!("{}?submodules=1", place.display()), "with-modules");
}

#[test]
fn inputs_follow_and_override_as_in_nix() {
    let (_folder, place) = scratch("inputs", "inputs");
    commit(&place);
    check(&place.display().to_string(), "inputs");
    assert!(!place.join("flake.lock").exists(), "nothing is written");
}

#[test]
fn locked_inputs_too() {
    let (_folder, place) = scratch("inputs", "locked");
    std::fs::copy(corpus("inputs.lock"), place.join("flake.lock")).expect("it can be copied");
    commit(&place);
    check(&place.display().to_string(), "locked");
}

/// The Nix of this machine, where flakes and a store can be had.
fn nix(flake: &str) -> Option<Json> {
    let output = Command::new("nix")
        .args([
            "--extra-experimental-features",
            "nix-command",
            "--extra-experimental-features",
            "flakes",
        ])
        .args(["--option", "substitute", "false", "eval", "--json", "--no-write-lock-file", flake])
        .output()
        .ok()?;
    if !output.status.success() {
        println!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}

#[test]
fn the_nix_of_this_machine_agrees() {
    let (_folder, place) = scratch("source", "clean");
    // Older ones don't mark flakes as such.
    let manifest = std::fs::read_to_string(place.join("flake.nix")).expect("it is text");
    let manifest = manifest.replace(" && self._type == \"flake\"", "");
    write(&place.join("flake.nix"), &manifest);
    commit(&place);
    let flake = place.display().to_string();
    let Some(answer) = nix(&format!("{flake}#info")) else {
        return;
    };
    assert_eq!(info(&flake), answer);
}

fn fails(flake: &Path, needles: &[&str]) {
    let ran = eval(&[&format!("{}#info", flake.display())]);
    let said = ran.stderr.replace(['\n', '│'], " ");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ran.code, Some(2), "{said}");
    for needle in needles {
        assert!(said.contains(needle), "`{needle}` is not said: {said}");
    }
}

/// A flake that is no repository.
fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let place = folder.path().join("f");
    write(&place.join("flake.nix"), text);
    (folder, place)
}

#[test]
fn an_untracked_flake_is_pointed_out() {
    let (_folder, place) = scratch("source", "f");
    git(&place, TIME, &["init", "-q", "-b", "main"]);
    git(&place, TIME, &["add", "file"]);
    fails(
        &place,
        &[
            "Path 'flake.nix' in the repository",
            "is not tracked by Git.",
            "git -C",
            "add \"flake.nix\"",
        ],
    );
}

#[test]
fn inputs_must_be_literals() {
    for (text, message) in [
        ("let x = 1; in { }", "must be an attribute set"),
        ("{ }", "lacks attribute 'outputs'"),
        ("{ outputs = 1; }", "expected a function but got an integer"),
        ("{ inputs = 1; outputs = _: { }; }", "expected a set but got an integer"),
        (
            "{ inputs.a.url = \"x\" + \"y\"; outputs = _: { }; }",
            "expected a string or a path but got a thunk",
        ),
        ("{ inputs.a.flake = 1; outputs = _: { }; }", "expected a Boolean but got an integer"),
        ("{ inputs.a.foo = \"x\"; outputs = _: { }; }", "unexpected flake input attribute 'foo'"),
        (
            "{ inputs.a = { url = \"path:/x\"; follows = \"b\"; }; outputs = _: { }; }",
            "both a flake reference and a follows attribute",
        ),
        (
            "{ inputs.a.type = [ ]; outputs = _: { }; }",
            "is a list while a string, Boolean, or integer is expected",
        ),
        (
            "{ inputs.self.foo = true; outputs = _: { }; }",
            "flake 'self' attribute 'foo' is not supported",
        ),
        ("{ description = 1; outputs = _: { }; }", "expected a string but got an integer"),
        ("{ foo = 1; outputs = _: { }; }", "has an unsupported attribute 'foo'"),
        (
            "{ inputs.a.follows = \"b/c\"; outputs = _: { }; }",
            "input 'a' follows a non-existent input 'b/c'",
        ),
        ("{ inputs.a.url = \"foo:bar\"; outputs = _: { }; }", "input 'foo:bar' is unsupported"),
    ] {
        let (_folder, place) = written(text);
        fails(&place, &[message]);
    }
}

#[test]
fn what_is_not_locked_is_named() {
    let (_folder, place) =
        written("{ inputs.a.url = \"github:o/r\"; outputs = { a, self }: { info = 1; }; }");
    let line = format!("nix flake lock {}", place.display());
    fails(
        &place,
        &["input `a` (`github:o/r`) is not locked: flake.lock has no entry for it", &line],
    );
    write(&place.join("flake.lock"), LOCKED);
    // The lock file has it; nobody asks for its files.
    let ran = eval(&[&format!("{}#info", place.display())]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "1\n", "{}", ran.stderr);
    let text = "{ inputs.a.url = \"github:o/other\"; outputs = { a, self }: { info = 1; }; }";
    write(&place.join("flake.nix"), text);
    fails(&place, &["is not locked: flake.lock still has it as `github:o/r`"]);
    let text = "{ inputs.a.url = \"github:o/r\"; outputs = { a, self }: { info = a.x; }; }";
    write(&place.join("flake.nix"), text);
    fails(&place, &["input `a`", "is not in the store", "nix flake archive"]);
}

const LOCKED: &str = r#"{ "version": 7, "root": "root", "nodes": { "root": { "inputs": { "a": "a" } }, "a": {
  "original": { "type": "github", "owner": "o", "repo": "r" },
  "locked": { "type": "github", "owner": "o", "repo": "r", "rev": "0123456789012345678901234567890123456789",
    "narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "lastModified": 1 } } } }"#;

#[test]
fn lock_files_of_other_times_are_refused() {
    let (_folder, place) = written("{ outputs = { self }: { info = 1; }; }");
    write(&place.join("flake.lock"), "{ \"version\": 4 }");
    fails(&place, &["has unsupported version 4"]);
    write(&place.join("flake.lock"), "{");
    fails(&place, &["Could not parse"]);
}

#[test]
fn flakes_are_functions_of_the_language_too() {
    let (_folder, place) = scratch("inputs", "inputs");
    let expression = format!("(builtins.getFlake \"path:{}\").info.subInner", place.display());
    let ran = eval(&["-E", &expression]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "\"inner\"\n", "{}", ran.stderr);
    let ran = eval(&["-E", "builtins.getFlake \"nixpkgs\""]);
    assert!(ran.stderr.contains("cannot find flake 'flake:nixpkgs'"), "{}", ran.stderr);
}

/// A lab's flake in upstream's form.
const LAB: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  inputs.repx.url = "github:repx-org/repx";
  outputs = { self, nixpkgs, repx, ... }:
    let
      system = "x86_64-linux";
      pkgs = import nixpkgs { inherit system; overlays = [ repx.overlays.default ]; };
      lab = (import ./nix/lab.nix) {
        inherit pkgs;
        repx-lib = repx.lib;
        gitHash = self.rev or self.dirtyRev or "unknown";
      };
    in
    { packages.${system} = { inherit (lab) lab; default = lab.lab; other = 1; }; };
}"#;

fn lab() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let place = folder.path().join("lab");
    copy(&support::repository("examples/simple"), &place);
    write(&place.join("flake.nix"), LAB);
    commit(&place);
    (folder, place)
}

fn list(place: &str, arguments: &[&str]) -> Ran {
    let mut command = repx(Path::new("/"));
    run(command.args(["eval", place, "--format", "json"]).args(arguments))
}

#[test]
fn a_flake_lists_the_jobs_of_its_lab() {
    let (_folder, place) = lab();
    let flake = place.display().to_string();
    let ran = list(&flake, &["--pkgs", "host"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let listed: Json = serde_json::from_slice(&ran.stdout).expect("it prints JSON");
    let plain = list(&format!("{flake}/nix/lab.nix"), &[]);
    let plain: Json = serde_json::from_slice(&plain.stdout).expect("it prints JSON");
    assert_eq!(listed["jobs"], plain["jobs"], "a flake changes nothing about the jobs");
    assert_eq!(listed["lab"]["entry"], "flake.nix");
    let hash = listed["lab"]["git_hash"].as_str().expect("a text");
    assert!(hash.len() == 40, "the commit is known: {hash}");
    let named = list(&format!("{flake}#lab"), &["--pkgs", "host"]);
    assert_eq!(named.stdout, ran.stdout);
}

#[test]
fn what_a_flake_lacks_is_said() {
    let (_folder, place) = lab();
    let flake = place.display().to_string();
    for (name, arguments, needles) in [
        ("", &[][..], &["input `nixpkgs`", "is not locked", "nix flake lock", "--pkgs host"][..]),
        ("#other", &["--pkgs", "host"], &["is an integer, not a lab"]),
        ("#leb", &["--pkgs", "host"], &["did you mean `lab`?"]),
        ("", &["--pkgs", "host", "--upstream-lib"], &["input `repx`", "is not locked"]),
    ] {
        let ran = list(&format!("{flake}{name}"), arguments);
        let said = ran.stderr.replace('│', " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.code, Some(2), "{said}");
        for needle in needles {
            assert!(said.contains(needle), "`{needle}` is not said: {said}");
        }
    }
}

#[test]
fn mistakes_are_shown_in_the_users_own_files() {
    let (_folder, place) = lab();
    let file = place.join("nix/lab.nix");
    let text = std::fs::read_to_string(&file).expect("the lab is text");
    write(&file, &text.replace("lab_version", "lab_versoin"));
    let ran = list(&place.display().to_string(), &["--pkgs", "host"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("lab/nix/lab.nix:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("/nix/store/"), "{}", ran.stderr);
}

#[test]
fn a_file_that_git_does_not_know_is_pointed_out() {
    let (_folder, place) = lab();
    let runs = place.join("nix/runs");
    std::fs::rename(runs.join("analysis.nix"), runs.join("other.nix")).expect("it is there");
    let file = place.join("nix/lab.nix");
    let text = std::fs::read_to_string(&file).expect("the lab is text");
    write(&file, &text.replace("runs/analysis.nix", "runs/other.nix"));
    let ran = list(&place.display().to_string(), &["--pkgs", "host"]);
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("only what Git tracks"), "{}", ran.stderr);
}
