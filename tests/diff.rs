//! `repx eval --diff` tells what sets two listings apart, whatever the other one is read from.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::program::{Ran, copy, repx, run};

/// A copy of an example to be changed.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { root: tempfile::tempdir().expect("a temporary directory") };
        copy(&support::repository("examples/simple"), &place.path("lab"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// Replaces a text in a file of the lab.
    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path("lab").join(file);
        let text = std::fs::read_to_string(&path).expect("a file of the lab");
        assert!(text.contains(from), "{text}");
        std::fs::write(path, text.replace(from, to)).expect("the file can be written");
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        run(repx(self.root.path()).args(["eval", "lab"]).args(arguments))
    }

    /// What is printed; the command must succeed and say nothing else.
    #[track_caller]
    fn printed(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        String::from_utf8(ran.stdout).expect("text")
    }

    fn save(&self, name: &str, arguments: &[&str]) {
        std::fs::write(self.path(name), self.printed(arguments)).expect("it can be saved");
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.printed(&[arguments, &["--format", "json"]].concat()))
            .expect("JSON")
    }

    /// The message of a call that is wrong.
    #[track_caller]
    fn wrong(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_slice()), (Some(2), &b""[..]), "{}", ran.stderr);
        ran.stderr
    }

    fn git(&self, arguments: &[&str]) {
        git(&self.path("lab"), arguments);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
    }
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(directory).args(["-c", "user.name=A", "-c", "user.email=a@b.c"]);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = git.args(arguments).output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn numbers(diff: &Value) -> [u64; 4] {
    ["added", "removed", "changed", "unchanged"].map(|name| diff[name].as_u64().expect("a number"))
}

#[test]
fn a_saved_listing_in_either_format() {
    let place = Place::new();
    place.save("before.json", &["--format", "json"]);
    place.save("before.ndjson", &["--format", "ndjson"]);
    let same = place.printed(&["--diff", "before.json"]);
    assert_eq!(same, "nix/lab.nix · compared with before.json\nnothing has changed · 13 jobs\n");
    place.edit("nix/runs/simulation.nix", "range 1 3", "range 2 4");
    let [json, ndjson] = ["before.json", "before.ndjson"].map(|file| {
        let mut diff = place.json(&["--diff", file]);
        assert_eq!(diff["before"]["file"], *file);
        diff.as_object_mut().expect("an object").remove("before");
        diff
    });
    assert_eq!(json, ndjson);
    // Seed 4 for seed 1: two jobs of `gen` went and two came, and so did those that read from them, which have no
    // parameters of their own.
    assert_eq!(numbers(&json), [4, 4, 1, 8]);
    assert_eq!(json["schema"], "repx-diff/1");
    let jobs = json["jobs"].as_array().expect("a list");
    assert_eq!(jobs.len(), 9);
    assert_eq!(jobs[0]["params"]["seed"], 4);
    assert!(jobs[0]["was"].is_null() && jobs[0]["id"].is_string());
    let removed = jobs.iter().find(|job| job["change"] == "removed").expect("one was removed");
    assert_eq!((&removed["params"]["seed"], &removed["id"]), (&Value::from(1), &Value::Null));
}

#[test]
fn people_see_stages_and_some_of_the_jobs() {
    let place = Place::new();
    place.save("before.json", &["--format", "json"]);
    place.edit("nix/runs/simulation.nix", "range 1 3", "range 1 60");
    let page = place.printed(&["--diff", "before.json"]);
    assert!(page.contains("228 added · 1 changed · 12 unchanged\n"), "{page}");
    assert!(page.contains("\ngen: 114 added\nsummarise: 114 added\nreport: 1 changed\n"), "{page}");
    assert!(page.contains("\n… and 189 more\n"), "{page}");
    assert_eq!(page.lines().filter(|line| line.starts_with(['+', '-', '~'])).count(), 40);
    assert!(page.lines().any(|line| line.starts_with("~  ")), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn lines_say_the_numbers_first() {
    let place = Place::new();
    place.save("before.json", &["--format", "json"]);
    place.edit("nix/stages/gen.nix", "16807", "16808");
    let text = place.printed(&["--diff", "before.json", "--format", "ndjson"]);
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(numbers(&lines[0]), [0, 0, 13, 0]);
    assert_eq!(lines.len(), 14);
    assert!(lines[1..].iter().all(|job| job["change"] == "changed" && job["id"] != job["was"]));
}

#[test]
fn the_filter_is_for_both_sides() {
    let place = Place::new();
    place.save("before.ndjson", &["--format", "ndjson"]);
    place.edit("nix/runs/simulation.nix", "[ 10 100 ]", "[ 10 1000 ]");
    let compared = |filter: &[&str]| {
        numbers(&place.json(&[&["--diff", "before.ndjson"][..], filter].concat()))
    };
    assert_eq!(compared(&["--stage", "gen"]), [3, 3, 0, 3]);
    assert_eq!(compared(&["--run", "analysis"]), [0, 0, 1, 0]);
    // A value that one side alone has; `summarise` has it from the job that it reads.
    assert_eq!(compared(&["--param", "n=100"]), [0, 6, 0, 0]);
    assert_eq!(compared(&["--param", "n=1000", "--stage", "summarise"]), [3, 0, 0, 0]);
    let wrong = place.wrong(&["--diff", "before.ndjson", "--stage", "gne"]);
    assert!(wrong.contains("the lab has no stage `gne`"), "{wrong}");
    assert!(wrong.contains("did you mean `gen`?"), "{wrong}");
    // What one side alone knows is no mistake.
    place.edit("nix/pipelines/simulation.nix", "gen =", "make =");
    place.edit("nix/pipelines/simulation.nix", "[ gen ]", "[ make ]");
    assert_eq!(compared(&["--stage", "make", "--param", "n=10"]), [0, 0, 0, 3]);
    assert_eq!(compared(&["--stage", "make", "--param", "n=1000"]), [3, 0, 0, 0]);
}

/// Jobs without parameters of their own are known by those of the jobs that they read from, whatever else is asked.
#[test]
fn jobs_are_paired_by_all_that_they_follow_from() {
    let place = Place::new();
    place.save("before.json", &["--format", "json"]);
    place.save("before.ndjson", &["--format", "ndjson"]);
    place.git(&["init", "-qb", "main"]);
    place.commit("first");
    // Values at the front, one less, and another script: nothing stands where it stood.
    place.edit("nix/runs/simulation.nix", "range 1 3", "range 2 5");
    place.edit("nix/runs/simulation.nix", "[ 10 100 ]", "[ 7 10 100 ]");
    place.edit("nix/stages/summarise.nix", "sum += $1", "sum +=  $1");
    let told = |word: &str, filter: &[&str]| -> Vec<String> {
        let diff = place.json(&[&["--diff", word][..], filter].concat());
        let jobs = diff["jobs"].as_array().expect("a list").iter();
        jobs.map(|job| job.to_string()).collect()
    };
    let all = told("before.json", &[]);
    for word in ["before.ndjson", "main"] {
        assert_eq!(told(word, &[]), all, "{word}");
        for filter in ["seed=1", "seed=3", "seed=5", "n=7", "n=100"] {
            let some = told(word, &["--param", filter]);
            assert!(!some.is_empty() && some.iter().all(|job| all.contains(job)), "{filter}");
        }
        let page = place.printed(&["--diff", word]);
        let rows = |mark: char, stage: &str| -> Vec<String> {
            let rows = page.lines().filter(|line| line.starts_with(mark) && line.contains(stage));
            let values = rows.filter_map(|line| Some(line.split_once('(')?.1.to_owned()));
            values.collect()
        };
        assert_eq!(rows('~', "summarise").len(), 4, "{page}");
        assert_eq!(rows('-', "summarise"), ["n=10 seed=1)", "n=100 seed=1)"], "{page}");
        assert_eq!(rows('+', "summarise").len(), 8, "{page}");
        assert!(rows('~', "summarise").iter().all(|row| !row.contains("seed=1")), "{page}");
    }
}

/// Another program may write numbers in its own way.
#[test]
fn numbers_of_a_saved_listing_are_what_they_are_worth() {
    let place = Place::new();
    let text = place.printed(&["--format", "ndjson"]);
    let text = text.replace("\"n\": 100", "\"n\": 1e2").replace("\"seed\": 1", "\"seed\": 1.0");
    std::fs::write(place.path("before.ndjson"), text).expect("it can be saved");
    place.edit("nix/stages/gen.nix", "16807", "16808");
    assert_eq!(numbers(&place.json(&["--diff", "before.ndjson"])), [0, 0, 13, 0]);
    let some = &["--diff", "before.ndjson", "--param", "n=100", "--stage", "gen"];
    assert_eq!(numbers(&place.json(some)), [0, 0, 3, 0]);
}

/// A value that all jobs of a stage have is no axis: they have changed.
#[test]
fn an_edited_value_is_shown_with_what_it_was() {
    let place = Place::new();
    place.edit("nix/runs/simulation.nix", "[ 10 100 ]", "[ 10 ]");
    place.save("before.ndjson", &["--format", "ndjson"]);
    place.edit("nix/runs/simulation.nix", "[ 10 ]", "[ 20 ]");
    let diff = place.json(&["--diff", "before.ndjson"]);
    assert_eq!(numbers(&diff), [0, 0, 7, 0]);
    let gen_job = &diff["jobs"][0];
    assert_eq!((&gen_job["params"]["n"], &gen_job["was_params"]["n"]), (&20.into(), &10.into()));
    let page = place.printed(&["--diff", "before.ndjson"]);
    assert!(page.contains("  n=10 → 20 seed=1\n"), "{page}");
    for filter in ["n=10", "n=20"] {
        assert_eq!(numbers(&place.json(&["--diff", "before.ndjson", "--param", filter]))[2], 6);
    }
}

/// Stages whose parameters have the same names, each swept on its own.
const ALIKE: &str = r#"{ pkgs, repx-lib, gitHash, ... }:
let
  gen = { pkgs }: { pname = "gen"; params = { n = 0; }; outputs.o = "$out/o"; run = { ... }: "true"; };
  prep = { pkgs }: { pname = "prep"; params = { n = 0; k = 1; }; outputs.p = "$out/p"; run = { ... }: "true"; };
  join = { pkgs }: { pname = "join"; params = { m = 0; }; inputs = { o = ""; p = ""; }; outputs.r = "$out/r"; run = { ... }: "true"; };
  pipe = { repx }: repx.mkPipe rec {
    gen = repx.callStage gen' [ ];
    prep = repx.callStage prep' [ ];
    join = repx.callStage join' [ gen prep ];
  };
  gen' = gen;
  prep' = prep;
  join' = join;
in repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1";
  runs.main = repx-lib.callRun ({ ... }: {
    name = "main";
    pipelines = [ pipe ];
    params = { "gen.n" = [ 1 2 3 ]; "prep.n" = [ 1 2 3 ]; m = [ 5 ]; };
  }) [ ];
}
"#;

/// Of values of one name it counts which stage has them, and that is shown.
#[test]
fn values_of_one_name_are_told_apart_by_stages() {
    let place = Place { root: tempfile::tempdir().expect("a temporary directory") };
    std::fs::create_dir(place.path("lab")).expect("there is none yet");
    let compared = |edits: &[(&str, &str)]| {
        std::fs::write(place.path("lab/lab.nix"), ALIKE).expect("the file can be written");
        for (from, to) in edits {
            place.edit("lab.nix", from, to);
        }
        let page = place.printed(&["--diff", "before.ndjson"]);
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        (numbers(&place.json(&["--diff", "before.ndjson"])), page)
    };
    std::fs::write(place.path("lab/lab.nix"), ALIKE).expect("the file can be written");
    place.save("before.ndjson", &["--format", "ndjson"]);
    let table = place.printed(&[]);
    for values in ["m=5 (n=1)  ", "m=5 (gen.n=1 prep.n=2)  ", "m=5 (gen.n=2 prep.n=1)  "] {
        assert_eq!(table.matches(values).count(), 1, "{values}\n{table}");
    }
    let (found, page) = compared(&[("m = [ 5 ]", "m = [ 6 ]")]);
    assert_eq!(found, [0, 0, 9, 6]);
    assert!(page.contains("  m=5 → 6 (gen.n=1 prep.n=2)\n"), "{page}");
    let (found, page) = compared(&[("k = 1", "k = 2")]);
    assert_eq!(found, [0, 0, 12, 3]);
    assert!(page.contains("  m=5 (k=1 → 2 n=1)\n"), "{page}");
    assert!(page.contains("  m=5 (k=1 → 2 gen.n=1 prep.n=2)\n"), "{page}");
    let (found, page) = compared(&[("k = 1", "kk = 1")]);
    assert_eq!(found, [0, 0, 12, 3]);
    assert!(page.contains("  n=1 kk=none → 1 k=1 → none\n"), "{page}");
    assert!(page.contains("  m=5 (k=1 → none kk=none → 1 n=1)\n"), "{page}");
    // A stage of another name: nothing else is new.
    let (found, page) =
        compared(&[("    gen = ", "    make = "), ("[ gen prep ]", "[ make prep ]")]);
    assert_eq!(found, [0, 0, 0, 15], "{page}");
    let rename = [
        ("    gen = ", "    make = "),
        ("[ gen prep ]", "[ make prep ]"),
        ("m = [ 5 ]", "m = [ 6 ]"),
    ];
    let (found, page) = compared(&rename);
    assert_eq!(found, [0, 0, 9, 6], "{page}");
    assert!(page.contains("  m=5 → 6 (make.n=1 prep.n=2)\n"), "{page}");
    // Values that one stage alone has now are new, whatever another has.
    let (found, page) = compared(&[
        ("\"gen.n\" = [ 1 2 3 ]", "\"gen.n\" = [ 1 2 ]"),
        ("\"prep.n\" = [ 1 2 3 ]", "\"prep.n\" = [ 1 2 3 4 ]"),
    ]);
    assert_eq!(found, [3, 4, 0, 11], "{page}");
}

/// Whoever puts two listings into one file has each job twice.
#[test]
fn a_job_that_is_saved_twice_is_one() {
    let place = Place::new();
    let text = place.printed(&["--format", "ndjson"]);
    std::fs::write(place.path("twice"), [text.as_str(), &text].concat()).expect("it can be saved");
    assert_eq!(numbers(&place.json(&["--diff", "twice"])), [0, 0, 0, 13]);
    place.edit("nix/runs/simulation.nix", "range 1 3", "range 1 2");
    assert_eq!(numbers(&place.json(&["--diff", "twice"])), [0, 4, 1, 8]);
}

#[test]
fn what_is_no_listing_is_said() {
    let place = Place::new();
    let files = [
        ("text", "hello", "in line 1: expected value"),
        ("nothing", "", "it is empty"),
        ("lines.ndjson", "\n \n", "it is empty"),
        ("other.json", "{\"a\": 1}", "it says no `schema`"),
        ("count.json", "{\"schema\": \"repx-count/1\"}", "its schema is `repx-count/1`"),
        ("half.json", "{\"schema\": \"repx-eval/1\", \"jobs\": [", "EOF while parsing"),
        ("id.ndjson", "{\"id\": \"abc\"}", "`abc` is no job's id"),
    ];
    for (name, text, why) in files {
        std::fs::write(place.path(name), text).expect("it can be written");
        let wrong = place.wrong(&["--diff", name]);
        assert!(wrong.contains("repx::diff::not-a-listing"), "{wrong}");
        assert!(wrong.contains(why), "{wrong}");
        assert!(wrong.contains("repx eval --format json > FILE"), "{wrong}");
    }
}

#[test]
fn revisions_by_all_their_names() {
    let place = Place::new();
    place.git(&["init", "-qb", "main"]);
    place.commit("first");
    place.git(&["tag", "-a", "paper", "-m", "as printed"]);
    place.edit("nix/runs/simulation.nix", "range 1 3", "range 1 4");
    place.commit("second");
    place.git(&["branch", "work"]);
    place.edit("nix/stages/report.nix", "sort -n", "sort -rn");
    let first = ["HEAD~1", "HEAD^", "@~1", "main~1", "paper", "refs/tags/paper", "work^1^{commit}"];
    let hash = Command::new("git")
        .current_dir(place.path("lab"))
        .args(["rev-parse", "HEAD~1"])
        .output()
        .expect("git runs");
    let hash = String::from_utf8(hash.stdout).expect("a hash");
    for word in first.into_iter().chain([hash.trim(), &hash[..8]]) {
        let diff = place.json(&["--diff", word]);
        assert_eq!((numbers(&diff), word), ([4, 0, 1, 12], word));
        assert_eq!(diff["before"]["commit"], hash.trim());
    }
    assert_eq!(numbers(&place.json(&["--diff", "work"])), [0, 0, 1, 16]);
    // Packed names and objects say the same.
    place.git(&["gc", "-q"]);
    assert_eq!(numbers(&place.json(&["--diff", "paper"])), [4, 0, 1, 12]);
    let page = place.printed(&["--diff", "paper"]);
    assert!(page.starts_with(&format!("nix/lab.nix · compared with paper ({})\n", &hash[..7])));
}

#[test]
fn a_revision_that_isn_t_there_is_said() {
    let place = Place::new();
    let wrong = place.wrong(&["--diff", "HEAD"]);
    assert!(wrong.contains("the lab is in no Git repository"), "{wrong}");
    place.git(&["init", "-qb", "experiments"]);
    place.commit("first");
    let wrong = place.wrong(&["--diff", "experiment"]);
    assert!(wrong.contains("`experiment` is neither a file nor a revision"), "{wrong}");
    assert!(wrong.contains("did you mean `experiments`?"), "{wrong}");
    let wrong = place.wrong(&["--diff", "HEAD~1"]);
    assert!(wrong.contains("has no parent 1"), "{wrong}");
    let wrong = place.wrong(&["--diff", "HEAD:nix"]);
    assert!(wrong.contains("repx::diff::unknown-revision"), "{wrong}");
}

/// Where a lab lies is no part of it, even if it says it: a commit is seen at the same place.
#[test]
fn a_commit_stands_where_the_checkout_stands() {
    let place = Place::new();
    place.edit("nix/stages/gen.nix", "run = { outputs, params, ... }: ''", "run = { outputs, params, ... }: ''\n    # ${toString ./.} ${builtins.readFile ../link/text} ${toString (builtins.attrNames (builtins.readDir ../data))}");
    std::fs::create_dir(place.path("lab/nix/data")).unwrap();
    std::fs::write(place.path("lab/nix/data/text"), "some words").unwrap();
    std::os::unix::fs::symlink("data", place.path("lab/nix/link")).unwrap();
    place.git(&["init", "-qb", "main"]);
    place.commit("first");
    assert_eq!(numbers(&place.json(&["--diff", "HEAD"])), [0, 0, 0, 13]);
    std::fs::write(place.path("lab/nix/data/more"), "not tracked").unwrap();
    assert_eq!(numbers(&place.json(&["--diff", "HEAD"])), [0, 0, 13, 0]);
}

#[test]
fn a_lab_that_was_wrong_then_is_shown() {
    let place = Place::new();
    place.git(&["init", "-qb", "main"]);
    place.edit("nix/runs/simulation.nix", "utils.range", "utils.rnge");
    place.commit("a slip");
    place.edit("nix/runs/simulation.nix", "utils.rnge", "utils.range");
    let wrong = place.wrong(&["--diff", "HEAD"]);
    assert!(wrong.starts_with("the lab at HEAD ("), "{wrong}");
    assert!(wrong.contains("rnge"), "{wrong}");
    std::fs::rename(place.path("lab/nix"), place.path("lab/other")).unwrap();
    place.commit("elsewhere");
    std::fs::rename(place.path("lab/other"), place.path("lab/nix")).unwrap();
    let wrong = place.wrong(&["--diff", "HEAD"]);
    assert!(wrong.contains("there is no lab at HEAD ("), "{wrong}");
}

/// A flake's files are those of the commit, and so is what it knows of itself.
#[test]
fn a_flake_at_a_commit() {
    let place = Place::new();
    place.git(&["init", "-qb", "main"]);
    place.commit("first");
    std::fs::write(place.path("lab/flake.nix"), FLAKE).unwrap();
    place.edit("nix/stages/gen.nix", "awk -v", ": ${./note}; awk -v");
    std::fs::write(place.path("lab/nix/stages/note"), "a word").unwrap();
    place.commit("a flake");
    let compared = |word: &str| numbers(&place.json(&["--pkgs", "host", "--diff", word]));
    assert_eq!(compared("HEAD"), [0, 0, 0, 13]);
    std::fs::write(place.path("lab/nix/stages/note"), "another").unwrap();
    assert_eq!(compared("HEAD"), [0, 0, 13, 0]);
    place.commit("another word");
    assert_eq!(compared("HEAD"), [0, 0, 0, 13]);
    assert_eq!(compared("HEAD~1"), [0, 0, 13, 0]);
    let wrong = place.wrong(&["--pkgs", "host", "--diff", "HEAD~2"]);
    assert!(wrong.contains("no `flake.nix`"), "{wrong}");
}

/// A lab's flake in upstream's form.
const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  inputs.repx.url = "github:repx-org/repx";
  outputs = { self, nixpkgs, repx, ... }:
    let
      pkgs = import nixpkgs { system = "x86_64-linux"; overlays = [ repx.overlays.default ]; };
    in
    {
      packages.x86_64-linux = {
        inherit ((import ./nix/lab.nix) {
          inherit pkgs;
          repx-lib = repx.lib;
          gitHash = self.rev or self.dirtyRev or "unknown";
        }) lab;
      };
    };
}"#;
