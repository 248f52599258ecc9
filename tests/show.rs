//! `repx show` and `repx trace-params`: what there is to say of a job.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::lab::Lab;
use support::program::{call, refused, text};

/// `gen` writes texts, a large text, bytes and a directory; `train` takes its hints.
fn lab() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let write = |name: &str, text: &str| {
        fs::write(directory.path().join(name), text).expect("a file");
    };
    write(
        "lab.nix",
        "{ pkgs, repx-lib, ... }:\nrepx-lib.mkLab {\n  inherit pkgs repx-lib;\n  gitHash = \"x\";\n  lab_version = \"1\";\n  runs.main = repx-lib.callRun ./run.nix [ ];\n}\n",
    );
    write(
        "run.nix",
        "{ repx-lib, ... }:\n{\n  name = \"main\";\n  pipelines = [ ./pipe.nix ];\n  params = {\n    seed = [ 1 2 ];\n    \"train.rate\" = [ 0.5 ];\n    both = repx-lib.utils.zip {\n      size = [ 10 ];\n      depth = [ 3 ];\n    };\n  };\n}\n",
    );
    write(
        "pipe.nix",
        "{ repx }:\nrepx.mkPipe rec {\n  gen = repx.callStage ./gen.nix [ ];\n  train = repx.callStage ./train.nix [ gen ];\n}\n",
    );
    write(
        "gen.nix",
        "{ pkgs }:\n{\n  pname = \"gen\";\n  params = {\n    seed = 0;\n    text = \"it's\";\n  };\n  outputs = { words = \"$out/words.txt\"; lines = \"$out/lines.txt\"; raw = \"$out/raw.bin\"; dir = \"$out/dir\"; };\n  resources = { mem = \"1G\"; cpus = 1; time = \"90\"; };\n  run = { outputs, params, ... }: ''\n    printf 'one\\ntwo\\n' > ${outputs.words}\n    seq 3000 > ${outputs.lines}\n    printf '\\0\\1\\377' > ${outputs.raw}\n    mkdir ${outputs.dir}\n    echo a > ${outputs.dir}/a\n    echo more > $out/extra\n    echo said\n  '';\n}\n",
    );
    write(
        "train.nix",
        "{ pkgs }:\n{\n  pname = \"train\";\n  params = { rate = 1; size = 0; depth = 0; };\n  inputs = { words = \"\"; note = \"plain\"; };\n  outputs.model = \"$out/model\";\n  resources = { mem = \"512M\"; cpus = 2; };\n  run = { inputs, outputs, ... }: ''\n    cp ${inputs.words} ${outputs.model}\n  '';\n}\n",
    );
    directory
}

fn json_of(directory: &Path, args: &[&str]) -> Value {
    let text = text(directory, &[args, &["--format", "json"]].concat());
    serde_json::from_str(&text).expect("JSON")
}

/// The id of the job of a stage that has this value.
fn job(directory: &Path, stage: &str, param: &str) -> String {
    let jobs = json_of(directory, &["list", "jobs", "--stage", stage, "--param", param]);
    assert_eq!(jobs["jobs"].as_array().expect("jobs").len(), 1);
    jobs["jobs"][0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_job_before_and_after_it_has_run() {
    let lab = lab();
    let id = job(lab.path(), "train", "seed=2");
    let before = text(lab.path(), &["show", "job", &id[..8]]);
    assert!(
        before.starts_with(&format!("train {} · pending\n{id}-train-1.1\n", &id[..8])),
        "{before}"
    );
    assert!(before.contains("\nstage     train, version 1.1\n          pipe.nix:4\n"), "{before}");
    assert!(before.contains("\nparameters\n  depth  3\n  rate   0.5\n  size   10\n"), "{before}");
    assert!(before.contains("  note   plain (the default)\n"), "{before}");
    assert!(!before.contains("ran       for"), "{before}");
    assert_eq!(call(lab.path(), &["run", "-q"]).code, Some(0));
    let after = text(lab.path(), &["show", "job", &id]);
    assert!(after.contains("· done\n") && after.contains("ran       for "), "{after}");
    assert!(after.contains("  model  8 B\n"), "{after}");
    let upstream = job(lab.path(), "gen", "seed=2");
    let from = format!("gen {}", &upstream[..8]);
    assert!(after.contains(&format!("  mem          1G  from {from}\n")), "{after}");
    assert!(after.contains("  cpus         2   its own\n"), "{after}");
    assert!(after.contains(&format!("  time         90  from {from}\n")), "{after}");
    assert!(after.contains(&format!("  words  words of {from}\n")), "{after}");
    let whole = json_of(lab.path(), &["show", "job", &id]);
    assert_eq!(whole["schema"], "repx-job/1");
    assert_eq!(whole["params"], json!({ "depth": 3, "rate": 0.5, "size": 10 }));
    assert_eq!(whole["resources"], json!({ "mem": "1G", "cpus": 2, "time": "90" }));
    assert_eq!(whole["resources_from"]["mem"], format!("{upstream}-gen-1.1"));
    assert_eq!(whole["resources_from"]["cpus"], format!("{id}-train-1.1"));
    let path = whole["inputs"]["words"]["path"].as_str().expect("a path");
    assert_eq!(fs::read_to_string(path).expect("the input"), "one\ntwo\n");
    assert!(whole["times"]["ended"].as_f64() >= whole["times"]["begun"].as_f64());
    refused(lab.path(), &["show", "job", "train"], "several jobs are of stage `train`");
    refused(lab.path(), &["show", "job", "trian"], "did you mean `train`?");
}

#[test]
fn what_a_job_has_written() {
    let lab = lab();
    let id = job(lab.path(), "gen", "seed=1");
    refused(lab.path(), &["show", "output", &id], "hasn't run yet");
    assert_eq!(call(lab.path(), &["run", "-q"]).code, Some(0));
    let shown = text(lab.path(), &["show", "output", &id[..6]]);
    assert!(shown.starts_with(&format!("gen {} · done\n.repx/outputs/{id}", &id[..8])), "{shown}");
    assert!(
        shown.contains("words  words.txt  8 B\n  │ one\n  │ two\n\n")
            || shown.ends_with(
                "words  words.txt  8 B\n  │ one\n  │ two\n\nother files\n  extra  5 B\n"
            ),
        "{shown}"
    );
    assert!(
        shown.contains("lines  lines.txt  14 kB\n  │ 1\n") && shown.contains("  │ 20\n  │ …\n"),
        "{shown}"
    );
    assert!(shown.contains("raw  raw.bin  3 B, binary\n"), "{shown}");
    assert!(shown.contains("dir  dir  a directory, 1 file, 2 B\n  a  2 B\n"), "{shown}");
    assert!(shown.contains("other files\n  extra  5 B\n"), "{shown}");
    let whole = json_of(lab.path(), &["show", "output", &id]);
    assert_eq!(whole["schema"], "repx-output/1");
    assert_eq!(whole["outputs"][3]["text"], "one\ntwo\n");
    assert_eq!(
        whole["outputs"][2],
        json!({ "name": "raw", "path": whole["outputs"][2]["path"], "kind": "file", "bytes": 3, "text": null })
    );
    // One of them, by its name or its path.
    assert_eq!(text(lab.path(), &["show", "output", &id, "words"]), "one\ntwo\n");
    assert_eq!(text(lab.path(), &["show", "output", &id, "dir/a"]), "a\n");
    assert_eq!(call(lab.path(), &["show", "output", &id, "raw"]).stdout, b"\0\x01\xff");
    assert_eq!(text(lab.path(), &["show", "output", &id, "dir"]), "a  2 B\n");
    refused(lab.path(), &["show", "output", &id, "word"], "did you mean `words`?");
    for outside in ["../repx/stdout.log", "dir/../../repx/stdout.log", "/etc/hostname"] {
        refused(lab.path(), &["show", "output", &id, outside], "isn't in the job's");
    }
    let out = whole["out"].as_str().expect("a path");
    assert_eq!(text(lab.path(), &["show", "output", &id, &format!("{out}/dir/a")]), "a\n");
    let file = json_of(lab.path(), &["show", "output", &id, "words"]);
    assert_eq!((&file["bytes"], &file["text"]), (&json!(8), &json!("one\ntwo\n")));
    let raw = json_of(lab.path(), &["show", "output", &id, "raw"]);
    assert_eq!((&raw["bytes"], &raw["text"]), (&json!(3), &Value::Null));
    let dir = json_of(lab.path(), &["show", "output", &id, "dir"]);
    assert_eq!(dir["files"], json!([{ "path": "a", "bytes": 2 }]));
    // Results outlive the lab's mistakes.
    fs::write(lab.path().join("lab.nix"), "{").expect("a file");
    assert_eq!(text(lab.path(), &["show", "output", &id, "words"]), "one\ntwo\n");
    refused(lab.path(), &["show", "output", "zzzz"], "unexpected end of file");
}

/// What a job declares is told by name though it failed.
#[test]
fn what_a_failed_job_has_written() {
    let lab = lab();
    let gen_file = lab.path().join("gen.nix");
    let edited = fs::read_to_string(&gen_file).expect("a stage").replace("echo said", "exit 3");
    fs::write(&gen_file, edited).expect("a stage");
    assert_eq!(call(lab.path(), &["run", "-q"]).code, Some(1));
    let jobs = json_of(lab.path(), &["list", "jobs", "--status", "failed"]);
    let id = jobs["jobs"][0]["id"].as_str().expect("a job");
    let shown = text(lab.path(), &["show", "output", id]);
    assert!(shown.contains("\nwords  words.txt  8 B\n"), "{shown}");
    assert!(shown.ends_with("\nother files\n  extra  5 B\n"), "{shown}");
}

/// Pipes and links that lead nowhere are no files; an output may be all there is.
#[test]
fn what_is_written_besides_files() {
    let work = "{ pkgs }: { pname = \"work\"; outputs.all = \"$out\"; run = { ... }: ''mkfifo $out/pipe; ln -s /nowhere $out/link; echo 1 > $out/x''; }";
    let lab = Lab::new("", &[("stage", "", work)]);
    assert_eq!(lab.run(&["-q"]).code, Some(0));
    let shown = text(lab.0.path(), &["show", "output", "work"]);
    let list = "\n\nall  $out  a directory, 3 files, 10 B\n  link  leads to /nowhere, which isn't there\n  pipe  0 B\n  x  2 B\n";
    assert!(shown.ends_with(list), "{shown}");
    // As in listings it is called by what the pipeline calls its stage.
    let named = text(lab.0.path(), &["show", "job", "work"]);
    let title = |text: &str| text.split(" · ").next().unwrap_or_default().to_owned();
    assert!(title(&named).starts_with("stage "), "{named}");
    assert_eq!(title(&shown), title(&named));
    let whole = support::name(&lab.jobs("work")[0]);
    assert_eq!(title(&text(lab.0.path(), &["show", "output", &whole])), title(&named));
    for form in ["table", "json"] {
        let file = |name| ["show", "output", "work", name, "--format", form];
        refused(lab.0.path(), &file("pipe"), "repx::cli::no-results");
        refused(lab.0.path(), &file("pipe"), "it is a pipe, a socket or a device");
        refused(lab.0.path(), &file("link"), "it leads to /nowhere, which isn't there");
    }
}

#[test]
fn where_parameters_come_from() {
    let lab = lab();
    let id = job(lab.path(), "train", "seed=2");
    let upstream = job(lab.path(), "gen", "seed=2");
    let traced = text(lab.path(), &["trace-params", &id]);
    let expected = format!(
        "train {}\n\n\
        PARAM  VALUE  FROM                   WRITTEN AT\n\
        depth  3      zip depth              run.nix:10\n\
        rate   0.5    dotted train.rate      run.nix:7\n\
        size   10     zip size               run.nix:9\n\
        seed   2      upstream gen {}  run.nix:6\n\
        text   it's   upstream gen {}  gen.nix:6\n",
        &id[..8],
        &upstream[..8],
        &upstream[..8]
    );
    assert_eq!(traced, expected);
    let all = text(lab.path(), &["trace-params"]);
    assert!(all.starts_with("main · gen\nPARAM  VALUE     FROM     WRITTEN AT\nseed   2 values  run      run.nix:6\ntext   it's      default  gen.nix:6\n"), "{all}");
    let whole = json_of(lab.path(), &["trace-params", &id]);
    assert_eq!(whole["schema"], "repx-params/1");
    let file = lab.path().join("run.nix").display().to_string();
    assert_eq!(
        whole["params"][1],
        json!({ "name": "rate", "value": 0.5, "upstream": null,
                "from": { "kind": "dotted", "key": "train.rate", "file": file, "line": 7 } })
    );
    let stages = json_of(lab.path(), &["trace-params"]);
    assert_eq!(stages["stages"][1]["params"].as_array().map(Vec::len), Some(3));
    // The second time all of it comes from the cache.
    assert_eq!(text(lab.path(), &["trace-params", &id]), traced);
    refused(lab.path(), &["trace-params", "nobody"], "no job whose id or name begins");
}
