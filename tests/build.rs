//! `repx build`: directories that upstream's tools read, with the keys of version 0.5, and that we run.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use support::lab::{Lab, expect, stage};
use support::program::{copy, repx, run};
use support::repository;

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The example, built.
fn built() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("examples/simple"), &directory.path().join("lab"));
    let ran = run(repx(directory.path()).args(["build", "lab", "-o", "built"]));
    expect(&ran, 0, "13 jobs, ");
    directory
}

#[test]
fn the_keys_are_upstreams() {
    let directory = built();
    let root = directory.path().join("built");
    let top = read(&root.join("revision/metadata-top.json"));
    assert_eq!(keys(&top), BTreeSet::from(["gitHash", "groups", "repx_version", "runs", "type"]));
    assert_eq!(top["type"], "root");
    let mut jobs = 0;
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut wired: BTreeSet<String> = BTreeSet::new();
    for run in top["runs"].as_array().expect("a list") {
        let run = read(&root.join(run.as_str().expect("a path")));
        let expected = BTreeSet::from(["dependencies", "gitHash", "jobs", "name", "type"]);
        assert!(keys(&run).is_superset(&expected), "{:?}", keys(&run));
        for (id, job) in run["jobs"].as_object().expect("jobs") {
            jobs += 1;
            known.insert(id.clone());
            let expected = BTreeSet::from(["executables", "name", "params", "stage_type"]);
            assert!(keys(job).is_superset(&expected), "{id}: {:?}", keys(job));
            let main = &job["executables"]["main"];
            let script = root.join(main["path"].as_str().expect("a path"));
            let mode = fs::metadata(&script).expect("a script").permissions().mode();
            assert!(mode & 0o111 != 0, "{} can be run", script.display());
            for input in main["inputs"].as_array().expect("inputs") {
                assert!(input["target_input"].is_string(), "{input}");
                wired.extend(input["job_id"].as_str().map(str::to_owned));
            }
        }
    }
    assert_eq!(jobs, 13);
    assert!(!wired.is_empty() && wired.is_subset(&known), "{wired:?}");
    let analysis = read(&root.join("revision/metadata-analysis.json"));
    let hard = serde_json::json!({ "revision/metadata-simulation.json": "hard" });
    assert_eq!(analysis["dependencies"], hard);
    let lab = read(&root.join("lab/lab-metadata.json"));
    assert_eq!(keys(&lab), BTreeSet::from(["files", "labId", "lab_version", "metadata"]));
}

/// Without the lab's own files.
#[test]
fn what_was_built_runs() {
    let directory = built();
    fs::remove_dir_all(directory.path().join("lab")).expect("it is ours");
    let arguments = ["run", "--lab", "built", "--base-path", "base", "-q"];
    expect(&run(repx(directory.path()).args(arguments)), 0, "13 jobs: 13 done\n");
    expect(&run(repx(directory.path()).args(arguments)), 0, "nothing to do: 13 jobs done");
}

/// What was built stands for the lab, whose text is gone, in every command but those that read the text.
#[test]
fn what_was_built_can_be_looked_at() {
    let directory = built();
    fs::remove_dir_all(directory.path().join("lab")).expect("it is ours");
    let repx = |arguments: &[&str]| run(repx(directory.path()).args(arguments));
    let here = |arguments: &[&str], expected: &str| {
        let place = ["--lab", "built", "--base-path", "base"];
        let ran = repx(&[arguments, &place].concat());
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
        let text = String::from_utf8(ran.stdout).expect("text");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    };
    here(&["run", "-q"], "13 done");
    here(&["list", "runs"], "simulation    12    12");
    here(&["list", "jobs", "--stage", "report"], "done     analysis");
    here(&["list", "groups"], "@everything");
    here(&["list", "deps", "report"], "chm82pa1 report · done");
    here(&["show", "job", "report"], "report chm82pa1 · done\n");
    here(&["show", "output", "report"], "n=10 jobs=3");
    here(&["trace-params", "5ykhxrmz"], "\nseed   1      run   lab/nix/runs/");
    here(&["log", "report"], "sort");
    here(&["viz"], "digraph lab {");
    here(&["debug-run", "report", "-c", "echo ${#inputs[@]} inputs"], "2 inputs\n");
    here(&["gc", "--dry-run"], "nothing to remove");
    let counted = repx(&["eval", "built", "--count"]).stdout;
    assert_eq!(counted.iter().filter(|byte| **byte == b'\n').count(), 7);
    for text in [
        &["eval", "built", "--watch"][..],
        &["eval", "built", "--diff", "HEAD"],
        &["check", "built"],
    ] {
        let ran = repx(text);
        assert_eq!(ran.code, Some(2), "{text:?}");
        assert!(ran.stderr.contains("holds the jobs of a lab, not its text"), "{}", ran.stderr);
    }
}

/// What upstream's tools do: the directory is copied to where its jobs run, and scripts are called with three paths.
/// The lab, and where it was built, may be gone by then.
#[test]
fn what_was_built_can_be_moved() {
    let script = r#"    cat ${./data.txt} "''${params[d]}" "''${inputs[file]}" ${params.d} > "$out/x"
    greet >> "$out/x"
    ${pkgs.coreutils}/bin/echo "''${params[n]}" >> "$out/x""#;
    let stage = stage("d = \"${./data.txt}\"; n = \"it's\";", script).replace(
        "outputs.x",
        "inputs.file = \"${./data.txt}\";\n  runDependencies = [ (pkgs.writeShellScriptBin \"greet\" \"echo hello\") ];\n  outputs.x",
    );
    let lab = Lab::new("", &[("a", "", &stage)]);
    fs::write(lab.path("data.txt"), "data\n").expect("data");
    expect(&run(repx(lab.0.path()).args(["build", "-o", "built"])), 0, "1 job, ");
    let place = tempfile::tempdir().expect("a temporary directory");
    copy(&lab.path("built"), &place.path().join("moved"));
    let begun = lab.0.path().display().to_string();
    for name in ["lab.nix", "data.txt", "built"] {
        let path = lab.path(name);
        let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        gone.expect("it is ours");
    }
    let moved = place.path().join("moved");
    for entry in walkdir::WalkDir::new(&moved).into_iter().flatten() {
        // Where the lab's files lay is part of what is shown of a lab.
        if entry.file_type().is_file() && entry.file_name() != "repx-listing" {
            let text = fs::read(entry.path()).expect("a file");
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(&begun), "{}:\n{text}", entry.path().display());
        }
    }
    let main = read(&moved.join("revision/metadata-main.json"));
    let (id, job) = main["jobs"].as_object().expect("jobs").iter().next().expect("a job");
    let [out, inputs, params] =
        ["out", "inputs.json", "parameters.json"].map(|name| place.path().join(name));
    fs::write(&inputs, "{}").expect("inputs");
    let values = moved.join("jobs").join(id).join("work-parameters.json");
    fs::copy(values, &params).expect("parameters");
    let script = moved.join(job["executables"]["main"]["path"].as_str().expect("a path"));
    let called = Command::new(script).args([&out, &inputs, &params]).output().expect("it runs");
    assert!(called.status.success(), "{}", String::from_utf8_lossy(&called.stderr));
    let expected = "data\ndata\ndata\ndata\nhello\nit's\n";
    assert_eq!(fs::read_to_string(out.join("x")).expect("results"), expected);
    // Nothing is written to the lab's directory.
    let before = walkdir::WalkDir::new(&moved).into_iter().count();
    let arguments = ["run", "--lab", "moved", "--base-path", "base", "-q"];
    expect(&run(repx(place.path()).args(arguments)), 0, "1 job: 1 done\n");
    let results = place.path().join("base/outputs").join(id).join("out/x");
    assert_eq!(fs::read_to_string(results).expect("results"), expected);
    assert_eq!(walkdir::WalkDir::new(&moved).into_iter().count(), before);
}

#[test]
fn nothing_that_is_no_lab_is_overwritten() {
    let directory = built();
    fs::create_dir(directory.path().join("other")).expect("a directory");
    fs::write(directory.path().join("other/thesis.txt"), "years of work").expect("a file");
    let ran = run(repx(directory.path()).args(["build", "lab", "-o", "other"]));
    expect(&ran, 2, "repx::build::output");
    let kept = fs::read_to_string(directory.path().join("other/thesis.txt")).expect("it is there");
    assert_eq!(kept, "years of work");
    // A lab that was built before is written anew.
    let again = run(repx(directory.path()).args(["build", "lab", "-o", "built"]));
    expect(&again, 0, "13 jobs, ");
}
