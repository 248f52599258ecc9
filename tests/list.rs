//! `repx list`: runs, jobs, what depends on what, groups.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;
use support::program::{Ran, call, copy, refused, repx, run};
use support::repository;

/// The lab `examples/simple`, in a directory of its own.
fn simple() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("examples/simple/nix"), &directory.path().join("nix"));
    directory
}

fn list(directory: &Path, args: &[&str]) -> Ran {
    call(directory, &[&["list"], args].concat())
}

fn text(ran: &Ran) -> String {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = String::from_utf8(ran.stdout.clone()).expect("UTF-8");
    let wide = |line: &&str| line.chars().count() > 80;
    assert!(!text.lines().any(|line| wide(&line)), "wider than a page:\n{text}");
    text
}

fn json(directory: &Path, args: &[&str]) -> Value {
    let ran = list(directory, &[args, &["--format", "json"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

fn write(directory: &tempfile::TempDir, name: &str, text: &str) {
    fs::write(directory.path().join(name), text).expect("a file");
}

/// A lab of two runs, `later` after all of `main`, that have yet to be written.
fn two_runs() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    write(
        &directory,
        "lab.nix",
        "{ pkgs, repx-lib, ... }: let main = repx-lib.callRun ./run.nix [ ];\n\
         later = repx-lib.callRun ./later.nix [ [ main \"hard\" ] ]; in\n\
         repx-lib.mkLab { inherit pkgs repx-lib; gitHash = \"x\"; lab_version = \"1\";\n\
         runs = { inherit main later; }; }\n",
    );
    directory
}

/// A lab whose second job fails, so that what follows it is blocked.
fn failing() -> tempfile::TempDir {
    let directory = two_runs();
    let write = |name: &str, text: &str| write(&directory, name, text);
    write(
        "run.nix",
        "{ ... }: { name = \"main\"; pipelines = [ ./pipe.nix ]; params.n = [ 1 2 3 ]; }\n",
    );
    write("later.nix", "{ ... }: { name = \"later\"; pipelines = [ ./last.nix ]; }\n");
    write(
        "pipe.nix",
        "{ repx }: repx.mkPipe rec { a = repx.callStage ./a.nix [ ]; b = repx.callStage ./b.nix [ a ]; }\n",
    );
    write("last.nix", "{ repx }: repx.mkPipe { c = repx.callStage ./c.nix [ ]; }\n");
    write(
        "a.nix",
        "{ pkgs }: { pname = \"a\"; params.n = 0; outputs.x = \"$out/x\";\n\
         run = { outputs, params, ... }: \"(( ${toString params.n} != 2 )); echo ${toString params.n} > ${outputs.x}\"; }\n",
    );
    write(
        "b.nix",
        "{ pkgs }: { pname = \"b\"; inputs.x = \"\"; outputs.y = \"$out/y\";\n\
         run = { inputs, outputs, ... }: \"cp ${inputs.x} ${outputs.y}\"; }\n",
    );
    write(
        "c.nix",
        "{ pkgs }: { pname = \"c\"; inputs.store__base = \"\"; outputs.z = \"$out/z\";\n\
         run = { outputs, ... }: \"touch ${outputs.z}\"; }\n",
    );
    let ran = run(repx(directory.path()).args(["run", "-k", "-q"]));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    directory
}

#[test]
fn runs_with_their_jobs() {
    let lab = simple();
    let table = text(&list(lab.path(), &["runs"]));
    let expected = "\
RUN         JOBS  DONE  FAILED  STAGES          AFTER
simulation    12     0       0  gen, summarise
analysis       1     0       0  report          simulation (hard)
";
    assert_eq!(table, expected);
    assert_eq!(text(&list(lab.path(), &[])), expected);
    assert_eq!(text(&list(lab.path(), &["groups", "everything"])), expected);
    assert_eq!(text(&list(lab.path(), &["groups", "@everything"])), expected);
    let one = text(&list(lab.path(), &["runs", "simulation"]));
    assert!(one.starts_with("simulation · 12 jobs · 0 done · 0 failed\n"), "{one}");
    assert!(one.contains("gen           6  n (2) × seed (3)\n"), "{one}");
    let whole = json(lab.path(), &["runs"]);
    assert_eq!(whole["schema"], "repx-runs/1");
    assert_eq!(whole["runs"][1]["depends_on"]["simulation"], "hard");
    assert_eq!(whole["runs"][0]["stages"]["gen"], 6);
    refused(lab.path(), &["list", "runs", "simulaton"], "did you mean `simulation`?");
    refused(lab.path(), &["list", "groups", "everythin"], "did you mean `everything`?");
}

#[test]
fn groups_and_their_runs() {
    let lab = simple();
    let table = text(&list(lab.path(), &["groups"]));
    assert_eq!(table, "GROUP        RUNS  WHICH\n@everything     2  simulation, analysis\n");
    let groups = &json(lab.path(), &["groups"])["groups"];
    assert_eq!(groups["everything"], serde_json::json!(["simulation", "analysis"]));
    assert!(text(&list(failing().path(), &["groups"])).starts_with("The lab has no groups."));
}

#[test]
fn jobs_that_fit() {
    let lab = simple();
    let count = |args: &[&str]| {
        let table = text(&list(lab.path(), &[&["jobs"], args].concat()));
        table.lines().last().unwrap_or_default().to_owned()
    };
    assert_eq!(count(&[]), "13 jobs");
    assert_eq!(count(&["simulation"]), "12 jobs");
    assert_eq!(count(&["@everything", "--stage", "gen"]), "6 jobs");
    assert_eq!(count(&["-s", "gen", "-s", "report"]), "7 jobs");
    assert_eq!(count(&["--param", "n=10", "-p", "seed=1"]), "2 jobs");
    assert_eq!(count(&["--status", "pending"]), "13 jobs");
    assert_eq!(count(&["--status", "done"]), "No job fits, of 13 jobs.");
    refused(lab.path(), &["list", "jobs", "--stage", "gne"], "did you mean `gen`?");
    refused(lab.path(), &["list", "jobs", "-p", "sed"], "did you mean `seed`?");
    refused(lab.path(), &["list", "jobs", "--status", "finished"], "possible values: done");
    refused(lab.path(), &["list", "jobs", "-p", "=1"], "expected KEY or KEY=VALUE");
}

#[test]
fn jobs_as_a_table() {
    let lab = simple();
    let table = text(&list(lab.path(), &["jobs", "analysis"]));
    assert_eq!(table, "ID        STATUS   STAGE      PARAMS\nchm82pa1  pending  report\n1 job\n");
    // A name without a value only says what is shown.
    let table = text(&list(lab.path(), &["jobs", "-p", "n", "-p", "seed=2"]));
    let row = "q3wwm4r3";
    assert!(!table.contains(row) && table.contains("n=100 seed=2"), "{table}");
    let table = text(&list(lab.path(), &["jobs", "-p", "n", "-s", "gen"]));
    assert!(table.contains("  n=10\n") && !table.contains("seed"), "{table}");
    let table = list(lab.path(), &["jobs", "--group-by-stage", "--output-paths"]);
    let table = String::from_utf8(table.stdout).expect("UTF-8");
    let heads: Vec<&str> = table.lines().filter(|line| !line.contains(' ')).collect();
    assert_eq!(heads, ["gen", "", "summarise", "", "report"]);
    let path = table.lines().nth(3).expect("a path").trim();
    assert!(path.starts_with(".repx/outputs/5ykhxrmz") && path.ends_with("-gen-1.1/out"), "{path}");
}

#[test]
fn jobs_for_programs() {
    let lab = simple();
    let whole = json(lab.path(), &["jobs", "--output-paths"]);
    assert_eq!(whole["schema"], "repx-jobs/1");
    let jobs = whole["jobs"].as_array().expect("jobs");
    assert_eq!(jobs.len(), 13);
    let ran = list(lab.path(), &["jobs", "--format", "ndjson", "--output-paths"]);
    let lines: Vec<Value> = String::from_utf8(ran.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(&lines, jobs);
    let name = jobs[0]["name"].as_str().expect("a name");
    let path = lab.path().join(".repx/outputs").join(name).join("out");
    assert_eq!(jobs[0]["path"], path.display().to_string());
    // They are those of `repx eval`, which says no paths.
    let ran = run(repx(lab.path()).args(["eval", "--format", "json"]));
    let mut listed: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let without = json(lab.path(), &["jobs"]);
    assert_eq!(listed["jobs"].take(), without["jobs"]);
}

#[test]
fn how_far_jobs_are() {
    let lab = failing();
    let ids = |args: &[&str]| -> Vec<String> {
        let whole = json(lab.path(), &[&["jobs"], args].concat());
        let jobs = whole["jobs"].as_array().expect("jobs").clone();
        let name = |job: &Value| format!("{} {}", job["stage"].as_str().unwrap(), job["params"]);
        jobs.iter().map(name).collect()
    };
    assert_eq!(ids(&["--status", "failed"]), ["a {\"n\":2}"]);
    assert_eq!(ids(&["--status", "blocked"]), ["b {}", "c {}"]);
    assert_eq!(ids(&["--status", "succeeded"]).len(), 4);
    // Tables tell them from what only waits; programs are told that they are pending.
    let table = text(&list(lab.path(), &["jobs", "--status", "blocked"]));
    assert_eq!(table.matches("  blocked  ").count(), 2, "{table}");
    assert_eq!(table, text(&list(lab.path(), &["jobs", "--status", "pending"])));
    let whole = json(lab.path(), &["jobs", "--status", "blocked"]);
    assert_eq!(whole["jobs"][0]["status"], "pending");
    assert_eq!(ids(&["--status", "failed", "--status", "done"]).len(), 5);
    let table = text(&list(lab.path(), &["runs"]));
    assert!(table.contains("main      6     4       1  a, b"), "{table}");
}

/// A lab of 14,000,000,001,001 jobs, with values that are written alike.
fn enormous() -> tempfile::TempDir {
    let directory = two_runs();
    let write = |name: &str, text: &str| write(&directory, name, text);
    write(
        "run.nix",
        "{ repx-lib, ... }: let range = repx-lib.utils.range 1 1000; in {\n\
         name = \"main\"; pipelines = [ ./pipe.nix ];\n\
         params = { a = range; b = range; c = range; d = range;\n\
         x = [ 1.5 \"1.5\" null \"null\" true \"true\" \"2.5\" ]; }; }\n",
    );
    write("later.nix", "{ ... }: { name = \"later\"; pipelines = [ ./last.nix ]; }\n");
    write(
        "pipe.nix",
        "{ repx }: repx.mkPipe rec { gen = repx.callStage ./gen.nix [ ];\n\
         train = repx.callStage ./train.nix [ gen ]; score = repx.callStage ./score.nix [ train ]; }\n",
    );
    write("last.nix", "{ repx }: repx.mkPipe { sum = repx.callStage ./sum.nix [ ]; }\n");
    for (name, input, params) in [
        ("gen", "", "a = 0;"),
        ("train", "gen = \"\";", "b = 0; c = 0; d = 0; x = 0;"),
        ("score", "train = \"\";", ""),
        ("sum", "", ""),
    ] {
        let text = format!(
            "{{ pkgs }}: {{ pname = \"{name}\"; params = {{ {params} }}; inputs = {{ {input} }};\n\
             outputs.{name} = \"$out/x\"; run = {{ params, ... }}: \"echo ${{builtins.toJSON params}}\"; }}\n"
        );
        write(&format!("{name}.nix"), &text);
    }
    directory
}

#[test]
fn some_jobs_of_a_lab_that_is_too_large_are_found() {
    let lab = enormous();
    let point = ["-p", "a=1", "-p", "b=2", "-p", "c=3", "-p", "d=4"];
    let found =
        |more: &[&str]| text(&list(lab.path(), &[&["jobs", "main"], &point[..], more].concat()));
    let table = found(&[]);
    assert!(
        table.ends_with("14 jobs\n") && table.contains("  score  (a=1 b=2 c=3 d=4 x=1.5)\n"),
        "{table}"
    );
    // Values that are written alike are told apart.
    for (word, shown) in [
        ("1.5", " x=1.5 (a=1)\n"),
        ("\"1.5\"", " x=\"1.5\" (a=1)\n"),
        ("null", " x=null (a=1)\n"),
        ("\"null\"", " x=\"null\" (a=1)\n"),
        ("\"true\"", " x=\"true\" (a=1)\n"),
        // There is no such number.
        ("2.5", " x=\"2.5\" (a=1)\n"),
    ] {
        let table = found(&["-s", "train", "-p", &format!("x={word}"), "-p", "x"]);
        assert!(table.ends_with("1 job\n") && table.contains(shown), "{word}: {table}");
    }
    let shown = call(
        lab.path(),
        &[&["eval", "--run", "main", "--stage", "gen"], &["--param", "a=7"][..]].concat(),
    );
    let shown = String::from_utf8(shown.stdout).expect("UTF-8");
    assert!(
        shown.starts_with("lab 1 · lab.nix · 1 run · 1 of 14,000,000,001,001 jobs\n"),
        "{shown}"
    );
    assert!(shown.contains("  gen    a=7     pending\n"), "{shown}");
    let evaluated = |arguments: &[&str]| {
        let ran = call(lab.path(), &[&["eval"], arguments].concat());
        String::from_utf8(ran.stdout).expect("UTF-8")
    };
    let all = "of 14,000,000,001,001 jobs";
    let counted = evaluated(&["--count", "--param", "a=7", "--stage", "gen"]);
    assert!(counted.starts_with(&format!("lab 1 · lab.nix · 2 runs · 1 {all}\n")), "{counted}");
    for arguments in [&["--param", "a=0"][..], &["--param", "a=0", "--count"]] {
        let shown = evaluated(arguments);
        assert!(shown.ends_with(&format!("\n\nNo job fits, {all}.\n")), "{shown}");
    }
    let whole = json(lab.path(), &["jobs", "-s", "gen", "-p", "a=7"]);
    assert_eq!(whole["jobs"].as_array().expect("jobs").len(), 1);
    assert_eq!(
        text(&list(lab.path(), &["jobs", "-p", "a=0"])),
        "No job fits, of 14,000,000,001,001 jobs.\n"
    );
    refused(lab.path(), &["list", "jobs", "-p", "z=1"], "the lab has no parameter `z`");
    refused(lab.path(), &["list", "jobs", "-s", "gne", "-p", "a=1"], "did you mean `gen`?");
    // What is still too much is said to be, and what can be done.
    refused(lab.path(), &["list", "jobs", "-p", "a=1"], "7,000,000,000 jobs");
    refused(lab.path(), &["list", "jobs"], "`repx list jobs --stage NAME --param KEY=VALUE`");
    // Ids of the other run's jobs follow from all of these.
    let ran = list(lab.path(), &["jobs", "-s", "gen", "-s", "sum"]);
    assert!(ran.stderr.contains("jobs of run `later` are left out"), "{}", ran.stderr);
    assert!(String::from_utf8_lossy(&ran.stdout).ends_with("1,000 jobs\n"));
    let traced = call(lab.path(), &["trace-params"]);
    assert!(
        String::from_utf8_lossy(&traced.stdout).contains("\na      1,000 values  run   run.nix:")
    );
    let counted = call(lab.path(), &["eval", "--count", "-v"]);
    assert!(counted.stderr.starts_with("14,000,000,001,001 jobs in "), "{}", counted.stderr);
}

/// A stage whose own values don't fit is in nobody's way.
#[test]
fn jobs_of_one_stage_are_found_beside_others_that_do_not_fit() {
    let lab = tempfile::tempdir().expect("a temporary directory");
    let stage = |name: &str, more: &str, params: &str, input: &str| {
        format!(
            "{name} = repx.callStage (_: {{ pname = \"{name}\"; params = {{ {params} }}; {input} \
             outputs.o{name} = \"$out/o\"; run = _: \"true\"; }}) [ {more} ];"
        )
    };
    let text = format!(
        "{{ pkgs, repx-lib, ... }}:
        let pipeline = {{ repx }}: repx.mkPipe rec {{ {} {} {} }}; in
        repx-lib.mkLab {{
          inherit pkgs repx-lib;
          lab_version = \"1\";
          runs.main = repx-lib.callRun (_: {{
            name = \"main\";
            pipelines = [ pipeline ];
            params = {{
              \"a.x\" = repx-lib.utils.range 1 1000000;
              \"b.x\" = [ 7 2000000 ];
              y = repx-lib.utils.range 1 1000000;
            }};
          }}) [ ];
        }}",
        stage("a", "", "x = 0;", ""),
        stage("b", "a", "x = 0; y = 0;", "inputs.oa = \"\";"),
        stage("c", "a", "z = 0;", "inputs.oa = \"\";"),
    );
    std::fs::write(lab.path().join("lab.nix"), text).expect("the file can be written");
    let table = text_of(&lab, &["jobs", "-p", "x=5"]);
    assert!(table.contains("  a      x=5\n") && table.ends_with("2 jobs\n"), "{table}");
    assert!(text_of(&lab, &["jobs", "-s", "a", "-p", "x=5"]).ends_with("1 job\n"));
    // Two keys that no job has both of.
    assert!(text_of(&lab, &["jobs", "-p", "x=5", "-p", "y=5"]).starts_with("No job fits"));
}

/// Of a lab that is too large a job is found where it may be found, and it is said where it isn't.
#[test]
fn one_job_of_a_lab_that_is_too_large() {
    let lab = simple();
    let write = |name: &str, from: &str, to: &str| {
        let path = lab.path().join(name);
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).expect("it is ours");
    };
    write("nix/runs/simulation.nix", "range 1 3", "range 1 70000");
    write("nix/runs/simulation.nix", "[ 10 100 ]", "repx-lib.utils.range 1 70000");
    write("nix/lab.nix", "\"hard\"", "\"soft\"");
    let told = |line: &[&str]| {
        let ran = call(lab.path(), line);
        assert_eq!(ran.code, Some(0), "{line:?} {}", ran.stderr);
        String::from_utf8(ran.stdout).expect("UTF-8")
    };
    let name = told(&["list", "jobs", "-s", "report", "--format", "ndjson"]);
    let name: Value = serde_json::from_str(&name).expect("JSON");
    let name = name["name"].as_str().expect("a name");
    for name in [name, &name[..8], "report"] {
        assert!(told(&["show", "job", name]).starts_with("report "), "{name}");
    }
    assert!(told(&["trace-params", "report"]).contains("no parameters"));
    assert!(told(&["eval", "--why", name]).contains("Never run here"));
    assert!(told(&["list", "deps", "report"]).contains("can't be told"));
    let deps: Value =
        serde_json::from_str(&told(&["list", "deps", name, "--format", "json"])).unwrap();
    assert!(deps["needed_by"].is_null() && deps["reads"] == serde_json::json!([]));
    assert!(told(&["list", "deps", "simulation"]).contains("before analysis (soft)"));
    refused(lab.path(), &["log", name], "hasn't run yet");
    refused(lab.path(), &["show", "job", "zzzz"], "--param KEY=VALUE");
    let job =
        told(&["list", "jobs", "-s", "gen", "-p", "seed=7", "-p", "n=8", "--format", "ndjson"]);
    let job: Value = serde_json::from_str(&job).expect("JSON");
    let name = job["name"].as_str().expect("a name");
    refused(lab.path(), &["show", "job", name], "would have 4,900,000,000 jobs");
    refused(lab.path(), &["show", "job", &name[..32]], "--param KEY=VALUE");
}

fn text_of(lab: &tempfile::TempDir, arguments: &[&str]) -> String {
    text(&list(lab.path(), arguments))
}

#[test]
fn what_depends_on_what() {
    let lab = failing();
    let whole = json(lab.path(), &["jobs", "-s", "b", "-p", "n=3"]);
    let job = whole["jobs"][0]["id"].as_str().expect("an id").to_owned();
    let tree = text(&list(lab.path(), &["deps", &job[..8]]));
    assert!(
        tree.starts_with(&format!("{} b (n=3) · done\n\nreads from\n  x ← ", &job[..8])),
        "{tree}"
    );
    assert!(tree.contains(" a n=3 · done\n") && tree.ends_with("  run later (hard)\n"), "{tree}");
    let deps = json(lab.path(), &["dependencies", &job]);
    assert_eq!(deps["reads"][0]["input"], "x");
    let upstream = deps["reads"][0]["job"].as_str().expect("a job");
    let back = json(lab.path(), &["deps", upstream]);
    assert_eq!(back["needed_by"], serde_json::json!([deps["job"]]));
    let tree = text(&list(lab.path(), &["deps", "c"]));
    assert!(tree.contains("\n  all 6 jobs of main (hard)\n"), "{tree}");
    let runs = text(&list(lab.path(), &["deps"]));
    assert_eq!(runs, "main\n  before later (hard)\nlater\n  after main (hard)\n");
    assert_eq!(text(&list(lab.path(), &["deps", "later"])), "later\n  after main (hard)\n");
    refused(lab.path(), &["list", "deps", "latr"], "did you mean `later`?");
    refused(lab.path(), &["list", "deps", "zzzz"], "`repx list jobs` lists all jobs");
}

#[test]
fn a_lab_elsewhere() {
    let lab = simple();
    let nowhere = tempfile::tempdir().expect("a temporary directory");
    let path = lab.path().display().to_string();
    assert!(text(&list(nowhere.path(), &["jobs", "--lab", &path])).ends_with("13 jobs\n"));
    refused(nowhere.path(), &["list", "jobs"], "there is no lab in");
}

/// A run that isn't among the lab's is called one.
#[test]
fn a_foreign_run_in_a_group_is_told() {
    let directory = failing();
    let lab = directory.path().join("lab.nix");
    let text = fs::read_to_string(&lab).expect("a lab");
    let text = text.replace("inherit main later; };", "inherit main; }; groups.g = [ later ];");
    fs::write(&lab, text).expect("it is ours");
    let said = "group `g` holds a run that isn't among the lab's `runs`";
    refused(directory.path(), &["list", "groups"], said);
}
