//! `repx eval --why`: a lab whose jobs are done is edited, and each edit is named as the reason.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout, reason = "shared code says what it found")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use repx::sweep::{IdentityRecord, Listing};
use serde_json::Value;
use support::program::{Ran, repx, run};

const FILES: [(&str, &str); 5] = [
    (
        "lab.nix",
        r#"{ pkgs, repx-lib, ... }:
let
  make = repx-lib.callRun ./make.nix [ ];
  tell = repx-lib.callRun ./tell.nix [ [ make "hard" ] ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib;
  gitHash = "none";
  lab_version = "1";
  runs = { inherit make tell; };
}
"#,
    ),
    (
        "make.nix",
        r#"{ ... }: { name = "make"; pipelines = [ ./pipe.nix ]; params = { seed = [ 1 2 ]; lr = [ 0.1 0.5 ]; }; }
"#,
    ),
    (
        "pipe.nix",
        r#"{ repx }: rec {
  gen = repx.callStage ./gen.nix [ ];
  train = repx.callStage ./train.nix [ gen ];
}
"#,
    ),
    (
        "gen.nix",
        r#"{ pkgs }: {
  pname = "gen";
  params = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  runDependencies = [ pkgs.jq ];
  resources = { cpus = 1; };
  run = { outputs, params, ... }: "echo ${toString params.seed} > ${outputs.data}";
}
"#,
    ),
    (
        "train.nix",
        r#"{ pkgs }: {
  pname = { params }: "train-${toString params.lr}";
  params = { lr = 1.0; };
  inputs = { data = ""; note = "plain"; };
  outputs = { model = "$out/model.txt"; };
  run = { inputs, outputs, params, ... }: "cp ${inputs.data} ${outputs.model}; echo ${toString params.lr}";
}
"#,
    ),
];

/// A run that needs all of the first.
const TELL: [(&str, &str); 3] = [
    ("tell.nix", "{ ... }: { name = \"tell\"; pipelines = [ ./tell-pipe.nix ]; }\n"),
    ("tell-pipe.nix", "{ repx }: { report = repx.callStage ./report.nix [ ]; }\n"),
    (
        "report.nix",
        r#"{ pkgs }: {
  pname = "report";
  inputs = { store__base = ""; };
  outputs = { text = "$out/text"; };
  run = { outputs, ... }: "touch ${outputs.text}";
}
"#,
    ),
];

struct Lab(tempfile::TempDir);

impl Lab {
    fn new() -> Lab {
        let lab = Lab(tempfile::tempdir().unwrap());
        for (name, text) in FILES.iter().chain(&TELL) {
            fs::write(lab.path().join(name), text).unwrap();
        }
        lab
    }

    /// One whose jobs are all done, as whoever runs them leaves them.
    fn done() -> Lab {
        let lab = Lab::new();
        lab.finish(|_| true);
        lab
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn listing(&self) -> Listing {
        let (outcome, _) = support::list(self.path());
        outcome.listing.unwrap_or_else(|| panic!("{:?}", outcome.diagnostics))
    }

    fn folder(&self, job: &str) -> PathBuf {
        self.path().join(".repx/outputs").join(job).join("repx")
    }

    fn finish(&self, which: impl Fn(&str) -> bool) {
        let listing = self.listing();
        for job in listing.jobs() {
            let name = job.name().to_string();
            if which(&name) {
                let folder = self.folder(&name);
                fs::create_dir_all(&folder).unwrap();
                fs::create_dir_all(folder.with_file_name("out")).unwrap();
                IdentityRecord::of(&listing, &job).write(&folder).unwrap();
                fs::write(folder.join("SUCCESS"), "").unwrap();
            }
        }
    }

    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} has no {old}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    /// The full name of the one job of a stage with these parameters.
    fn job(&self, stage: &str, params: &[(&str, &str)]) -> String {
        let listing = self.listing();
        let mut fitting = listing.jobs().filter(|job| {
            &*job.stage().name == stage
                && params.iter().all(|(name, value)| {
                    job.params().any(|(other, known)| &**other == *name && known == *value)
                })
        });
        fitting.next().expect("there is such a job").name().to_string()
    }

    fn ask(&self, job: &str, format: &str) -> Ran {
        run(repx(self.path()).args(["eval", "--why", job, "--format", format]))
    }

    fn json(&self, job: &str) -> Value {
        let ran = self.ask(job, "json");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let value: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(value["schema"], "repx-why/1");
        assert_eq!(value["job"], job);
        value
    }

    /// What it is put down to, each as `kind` or `kind name before after`.
    fn reasons(&self, job: &str) -> Vec<String> {
        let value = self.json(job);
        assert_eq!(value["verdict"], "changed", "{value}");
        fn told(value: &Value) -> Vec<String> {
            let reason = |reason: &Value| {
                let mut words = vec![reason["kind"].as_str().unwrap().to_owned()];
                for key in ["part", "name", "input"] {
                    words.extend(reason[key].as_str().map(str::to_owned));
                }
                if ["param", "version", "upstream-runs"].contains(&&*words[0]) {
                    words.extend(["before", "after"].map(|key| reason[key].to_string()));
                }
                if reason["certain"] == false {
                    words.push("perhaps".into());
                }
                let mut all = vec![words.join(" ")];
                all.extend(told(&reason["reasons"]).iter().map(|deeper| format!("> {deeper}")));
                all
            };
            value.as_array().into_iter().flatten().flat_map(reason).collect()
        }
        told(&value["reasons"])
    }

    fn text(&self, job: &str) -> String {
        let ran = self.ask(job, "table");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        String::from_utf8(ran.stdout).unwrap()
    }
}

#[test]
fn what_was_never_run_is_said_to_be() {
    let lab = Lab::new();
    let job = lab.job("gen", &[("seed", "1")]);
    assert_eq!(lab.json(&job)["verdict"], "never-run");
    assert!(
        lab.text(&job).contains("\nNever run here: nothing lies in\n  .repx\n"),
        "{}",
        lab.text(&job)
    );
    // What stands in the values of what it reads from says which one it is.
    let train = trained(&lab, "2", "0.5");
    assert!(lab.text(&train).contains("\nlr=0.5 (seed=2)\n"), "{}", lab.text(&train));
    // Jobs that no lab is noted for: there may have been others.
    lab.finish(|name| name.contains("-report"));
    assert_eq!(lab.json(&job)["verdict"], "no-result");
    assert!(lab.text(&job).contains("No result here: no job of stage gen is done"));
}

#[test]
fn what_is_done_is_up_to_date_and_what_failed_has_failed() {
    let lab = Lab::done();
    let job = lab.job("train", &[("lr", "0.5")]);
    assert_eq!(lab.json(&job)["verdict"], "up-to-date");
    let folder = lab.folder(&job);
    fs::rename(folder.join("SUCCESS"), folder.join("FAIL")).unwrap();
    assert_eq!(lab.json(&job)["verdict"], "failed");
    assert!(lab.text(&job).contains(&format!("{job}/repx/stderr.log")));
}

#[test]
fn a_new_value_is_named_and_nothing_that_follows_from_it() {
    let lab = Lab::done();
    lab.edit("make.nix", "0.5", "0.75");
    let job = lab.job("train", &[("lr", "0.75")]);
    assert_eq!(lab.reasons(&job), ["param lr 0.5 0.75", "script perhaps", "pname perhaps"]);
    // Next to a job that the lab still has, what follows from the value is known to.
    let lab = Lab::done();
    lab.edit("make.nix", "[ 0.1 0.5 ]", "[ 0.1 0.5 0.25 ]");
    let job = lab.job("train", &[("lr", "0.25")]);
    assert_eq!(lab.reasons(&job).len(), 1);
    assert!(lab.reasons(&job)[0].starts_with("param lr 0."), "{:?}", lab.reasons(&job));
}

#[test]
fn an_edited_script_is_named_here_and_downstream() {
    let lab = Lab::done();
    lab.edit("gen.nix", "echo ", "printf '%s' ");
    assert_eq!(lab.reasons(&lab.job("gen", &[("seed", "2")])), ["script"]);
    let train = lab.job("train", &[("lr", "0.1")]);
    assert_eq!(lab.reasons(&train), ["upstream data", "> script"]);
    assert_eq!(lab.reasons(&lab.job("report", &[])), ["upstream-runs 6 6"]);
    let report = lab.text(&lab.job("report", &[]));
    assert!(report.contains("\n  6 of the 6 jobs of the runs it depends on changed\n"), "{report}");
    assert!(report.contains("\n      script of stage gen changed\n"), "{report}");
    assert!(report.contains("\n    … and 3 more\n"), "{report}");
    let text = lab.text(&train);
    assert!(text.contains("\n  input data gen-"), "{text}");
    assert!(text.contains("\n    script of stage gen changed\n"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn a_value_of_an_upstream_job_is_found() {
    let lab = Lab::done();
    lab.edit("make.nix", "[ 1 2 ]", "[ 1 3 ]");
    let listing = lab.listing();
    let mut train = listing.jobs().filter(|job| &*job.stage().name == "train");
    let upstream = |job: &repx::sweep::JobView<'_>| listing.job(job.depends_on()[0]).unwrap();
    let job = train
        .find(|job| upstream(job).params().any(|(_, value)| value == "3"))
        .unwrap()
        .name()
        .to_string();
    let reasons = lab.reasons(&job);
    assert_eq!(reasons[..2], ["upstream data", "> param seed 2 3"], "{reasons:?}");
}

#[test]
fn every_other_part_of_an_identity_is_named() {
    for (file, old, new, reason) in [
        (
            "gen.nix",
            "pname = \"gen\";",
            "pname = \"gen\"; version = \"2\";",
            "version \"1.1\" \"2\"",
        ),
        ("gen.nix", "[ pkgs.jq ]", "[ pkgs.jq pkgs.python3 ]", "packages"),
        (
            "gen.nix",
            "params = { seed = 0; }",
            "params = { seed = 0; size = 7; }",
            "param size null 7",
        ),
    ] {
        let lab = Lab::done();
        lab.edit(file, old, new);
        let reasons = lab.reasons(&lab.job("gen", &[("seed", "1")]));
        assert!(reasons.contains(&reason.to_owned()), "{new}: {reasons:?}");
    }
    let lab = Lab::done();
    lab.edit("train.nix", "note = \"plain\"", "note = \"fancy\"");
    let reasons = lab.reasons(&lab.job("train", &[("lr", "0.1")]));
    assert_eq!(reasons, ["input note"]);
    let lab = Lab::done();
    lab.edit("train.nix", "model = \"$out/model.txt\"", "model = \"$out/best.txt\"");
    let reasons = lab.reasons(&lab.job("train", &[("lr", "0.1")]));
    assert_eq!(reasons, ["script", "output model"]);
    let lab = Lab::done();
    lab.edit("make.nix", "[ 1 2 ]", "[ 1 2 3 ]");
    assert_eq!(lab.reasons(&lab.job("report", &[])), ["upstream-runs 6 9"]);
    let reason = &lab.json(&lab.job("report", &[]))["reasons"][0];
    assert_eq!((&reason["new"], &reason["gone"]), (&3.into(), &0.into()));
    assert_eq!(reason["some"][0]["reasons"][0]["name"], "seed");
    // Of some that changed it is told how many they are, also when they were done again since.
    let lab = Lab::done();
    lab.edit("train.nix", "note = \"plain\"", "note = \"fancy\"");
    let report = lab.job("report", &[]);
    let changed = "\n  4 of the 6 jobs of the runs it depends on changed\n";
    assert!(lab.text(&report).contains(changed), "{}", lab.text(&report));
    lab.finish(|name| name.contains("-train"));
    assert!(lab.text(&report).contains(changed), "{}", lab.text(&report));
}

#[test]
fn what_is_no_part_of_an_identity_changes_nothing() {
    let lab = Lab::done();
    lab.edit("gen.nix", "cpus = 1", "cpus = 4");
    assert_eq!(lab.json(&lab.job("gen", &[("seed", "1")]))["verdict"], "up-to-date");
}

/// Of a job of `train` the name by its values and by those of the job that it reads from.
fn trained(lab: &Lab, seed: &str, lr: &str) -> String {
    let listing = lab.listing();
    let has = |job: &repx::sweep::JobView<'_>, name: &str, value: &str| {
        job.params().any(|(known, other)| **known == *name && other == value)
    };
    let fits = |job: &repx::sweep::JobView<'_>| {
        &*job.stage().name == "train"
            && has(job, "lr", lr)
            && has(&listing.job(job.depends_on()[0]).unwrap(), "seed", seed)
    };
    let mut jobs = listing.jobs().filter(fits);
    jobs.next().expect("there is such a job").name().to_string()
}

/// What is nearest follows from values, whatever inputs and outputs are called.
#[test]
fn an_input_that_is_renamed_has_the_same_values_behind_it() {
    let lab = Lab::done();
    let points = [("1", "0.1"), ("1", "0.5"), ("2", "0.1"), ("2", "0.5")];
    let before = points.map(|(seed, lr)| trained(&lab, seed, lr));
    lab.edit("gen.nix", "data", "table");
    lab.edit("train.nix", "inputs = { data", "inputs = { table");
    lab.edit("train.nix", "inputs.data", "inputs.table");
    for ((seed, lr), before) in points.into_iter().zip(before) {
        let job = trained(&lab, seed, lr);
        assert_eq!(lab.json(&job)["compared_with"], before, "{seed} {lr}");
    }
}

#[test]
fn the_nearest_number_is_taken() {
    let lab = Lab::new();
    lab.edit("make.nix", "[ 0.1 0.5 ]", "[ 5.0 0.1 ]");
    lab.edit("make.nix", "[ 1 2 ]", "(builtins.genList (n: n + 1) 20)");
    lab.finish(|_| true);
    lab.edit("make.nix", "[ 5.0 0.1 ]", "[ 5.0 0.2 0.1 ]");
    lab.edit("make.nix", "20)", "21)");
    let reasons = lab.reasons(&trained(&lab, "7", "0.2"));
    assert_eq!(reasons[0], "param lr 0.1 0.2", "{reasons:?}");
    let gen_job = lab.job("gen", &[("seed", "21")]);
    assert_eq!(lab.reasons(&gen_job), ["param seed 20 21"]);
    // By how far it is, not by how many times as large.
    lab.edit("make.nix", "5.0 0.2 0.1", "5.0 2.0 0.1");
    let reasons = lab.reasons(&trained(&lab, "7", "2.0"));
    assert_eq!(reasons[0], "param lr 0.1 2.0", "{reasons:?}");
    lab.edit("make.nix", "5.0 2.0 0.1", "5.0 0.2 0.1");
    // Where many are asked about, not all are looked at, and the same is said.
    let ran = run(repx(lab.path()).args(["run", "-n", "--format", "ndjson"]));
    let text = String::from_utf8(ran.stdout).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for job in [gen_job, trained(&lab, "7", "0.2"), trained(&lab, "21", "5.0")] {
        let event = events.iter().find(|event| event["name"] == *job).unwrap();
        assert_eq!(event["compared_with"], lab.json(&job)["compared_with"], "{event}");
    }
}

/// A dry run says what `--why` says, also what it isn't sure of, and says it whole.
#[test]
fn a_dry_run_leaves_out_nothing() {
    let lab = Lab::new();
    lab.edit("train.nix", "lr = 1.0;", "lr = 1.0; way = \"a way that was taken\";");
    lab.finish(|_| true);
    lab.edit("train.nix", "a way that was taken", "another way that was never taken before");
    lab.edit("make.nix", "0.5", "0.75");
    let dry = |columns: &str| {
        let ran = run(repx(lab.path()).args(["run", "-n"]).env("COLUMNS", columns));
        String::from_utf8(ran.stdout).unwrap()
    };
    let text = dry("80");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let whole = text.replace("\n    ", " ");
    let heading = "param lr 0.5 → 0.75, param way \"a way that was taken\" → \"another way that was never \
                   taken before\", perhaps script of stage train changed, perhaps pname \
                   train-0.500000 → train-0.750000 · 2 jobs\n";
    assert!(whole.contains(heading), "{text}");
    assert!(dry("400").contains(heading));
    // Below what several have in common stands what is each one's own; with -v it isn't cut.
    lab.edit("make.nix", "[ 0.1 0.75 ]", "[ 0.1 0.75 0.8 ]");
    let whole = run(repx(lab.path()).args(["run", "-nv"]).env("COLUMNS", "80"));
    let whole = String::from_utf8(whole.stdout).unwrap();
    assert!([&whole, &dry("80")].iter().all(|text| text.lines().all(|l| l.chars().count() <= 80)));
    let row = ": param lr 0.5 → 0.8, param way \"a way that was taken\" → \"another way that was never taken \
               before\", perhaps pname train-0.500000 → train-0.800000\n";
    assert!(whole.replace("\n      ", " ").contains(row), "{whole}");
    assert!(dry("80").replace("\n      ", " ").contains("…: param lr 0.5 → 0.8, param way "));
}

#[test]
fn a_parameter_more_makes_no_other_job_nearest() {
    let lab = Lab::new();
    lab.edit("make.nix", "[ 1 2 ]", "(builtins.genList (n: n + 1) 20)");
    lab.finish(|_| true);
    let before = lab.job("gen", &[("seed", "13")]);
    lab.edit("gen.nix", "seed = 0;", "seed = 0; size = 7;");
    let job = lab.job("gen", &[("seed", "13")]);
    assert_eq!(lab.json(&job)["compared_with"], before);
    let ran = run(repx(lab.path()).args(["run", "-n"]));
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(text.starts_with("param size none → 7 · 20 jobs\n"), "{text}");
}

#[test]
fn what_a_job_waits_for_is_said() {
    let lab = Lab::new();
    let (one, two) = (lab.job("gen", &[("seed", "1")]), lab.job("gen", &[("seed", "2")]));
    let train = trained(&lab, "1", "0.1");
    let short = |job: &str| format!("gen-{}", &job[..8]);
    let line = format!("\nWaits for a job that isn't done: {}\n", short(&one));
    assert!(lab.text(&train).ends_with(&line), "{}", lab.text(&train));
    let report = lab.job("report", &[]);
    let ran = run(repx(lab.path()).args(["eval", "--why", &report]).env("COLUMNS", "80"));
    let report = String::from_utf8(ran.stdout).unwrap();
    assert!(report.contains("\nWaits for 6 jobs that aren't done: "), "{report}");
    assert!(report.lines().all(|line| line.chars().count() <= 80), "{report}");
    // One has failed.
    lab.finish(|name| name == one || name == two);
    let folder = lab.folder(&one);
    fs::rename(folder.join("SUCCESS"), folder.join("FAIL")).unwrap();
    let text = lab.text(&train);
    assert!(text.ends_with(&format!("\nBlocked: {} failed\n", short(&one))), "{text}");
    let waits = &lab.json(&lab.job("report", &[]))["waits_for"];
    assert_eq!((&waits["failed"], &waits["pending"]), (&1.into(), &4.into()));
    assert_eq!(waits["jobs"][0]["job"], one);
    assert_eq!(
        (&waits["jobs"][0]["status"], &waits["jobs"][1]["status"]),
        (&"failed".into(), &"pending".into())
    );
    // Nothing is in the way of what reads from the other.
    assert!(!lab.text(&trained(&lab, "2", "0.1")).contains("aits for"));
    assert_eq!(lab.json(&two)["waits_for"]["jobs"], serde_json::json!([]));
}

/// A folder that is deleted takes what is known of its job with it, but for what others have of it.
#[test]
fn a_folder_that_was_deleted_is_not_called_never_run() {
    let lab = Lab::done();
    let gen_job = lab.job("gen", &[("seed", "1")]);
    let gone = |job: &str| fs::remove_dir_all(lab.folder(job).parent().unwrap()).unwrap();
    gone(&gen_job);
    assert_eq!(lab.json(&gen_job)["verdict"], "removed");
    assert!(lab.text(&gen_job).contains("its results were removed since"));
    // Nothing tells it of a job that none has read from, but that it was asked for.
    for seed in ["1", "2"] {
        for lr in ["0.1", "0.5"] {
            gone(&trained(&lab, seed, lr));
        }
    }
    let train = trained(&lab, "2", "0.5");
    // Nor that, where no lab is noted.
    assert_eq!(lab.json(&train)["verdict"], "no-result");
    let listing = lab.listing();
    let name = repx::exec::LabName::new("/a/lab".into(), Vec::new());
    let base = repx::exec::Base::new(&lab.path().join(".repx"));
    base.note_lab(repx::exec::LabKind::Lab, &name.key(), &name, &listing).unwrap();
    assert_eq!(lab.json(&train)["verdict"], "no-result");
    let text = lab.text(&train);
    assert!(text.contains("No result here: no job of stage train is done"), "{text}");
    assert!(!text.contains("ever run:"), "{text}");
    // The lab that was noted didn't ask for this one.
    lab.edit("make.nix", "[ 0.1 0.5 ]", "[ 0.1 0.5 0.75 ]");
    let new = trained(&lab, "2", "0.75");
    assert_eq!(lab.json(&new)["verdict"], "never-run");
    assert!(lab.text(&new).contains("Never run: no job of stage train is done."));
    lab.edit("make.nix", "[ 0.1 0.5 0.75 ]", "[ 0.1 0.5 ]");
    // What it reads from never came to an end: then nor did it.
    let two = lab.job("gen", &[("seed", "2")]);
    fs::rename(lab.folder(&two).join("SUCCESS"), lab.folder(&two).join("FAIL")).unwrap();
    assert_eq!(lab.json(&train)["verdict"], "never-run");
    // Nor did what needs all jobs of the run.
    gone(&lab.job("report", &[]));
    assert_eq!(lab.json(&lab.job("report", &[]))["verdict"], "never-run");
}

#[test]
fn damaged_and_missing_records_are_none() {
    let lab = Lab::done();
    for entry in fs::read_dir(lab.path().join(".repx/outputs")).unwrap() {
        let path = entry.unwrap().path().join("repx/identity.json");
        match path.to_string_lossy().contains("-train-") {
            true => fs::write(path, "{ \"schema\": \"repx-identity/1\", ").unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }
    lab.edit("gen.nix", "echo ", "printf '%s' ");
    let job = lab.job("gen", &[("seed", "1")]);
    assert_eq!(lab.json(&job)["verdict"], "no-result");
    assert!(lab.text(&job).contains("2 jobs of its name are done, without a record"));
    assert_eq!(lab.json(&lab.job("train", &[("lr", "0.1")]))["verdict"], "no-result");
}

#[test]
fn names_that_fit_no_job_or_several_are_refused() {
    let lab = Lab::new();
    for (name, words) in
        [("zzzz", "no job whose id"), ("", "several jobs"), ("gen", "several jobs are of stage")]
    {
        let ran = lab.ask(name, "table");
        assert_eq!(ran.code, Some(2), "{name}");
        let text = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{name}: {text}");
        assert!(ran.stdout.is_empty());
    }
}
