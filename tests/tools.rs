//! `repx viz`, `init`, `completions`, `man` and `schema`; and that JSON is what its schema says.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::program::{call, copy, executable, refused, repx, run, text};
use support::repository;
use support::schema::misfits;

/// An example's lab, in a directory of its own.
fn example(name: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("examples").join(name).join("nix"), &directory.path().join("nix"));
    directory
}

#[test]
fn a_lab_as_a_graph() {
    let lab = example("simple");
    let dot = text(lab.path(), &["viz"]);
    for line in [
        "digraph lab {",
        "label=\"@everything\"; style=dashed; color=gray50;",
        "label=\"simulation: 12 jobs\"; style=rounded; color=black;",
        "s0 [label=\"gen\\n6 jobs\\nn (2) × seed (3)\"];",
        "s0 -> s1 [label=\"numbers\"];",
        "s1 -> s2 [ltail=cluster_run_0, lhead=cluster_run_1, label=\"hard\", penwidth=2];",
    ] {
        assert!(dot.lines().any(|known| known.trim() == line), "{line:?} isn't in\n{dot}");
    }
    // What is opened is closed.
    let count = |c: char| dot.chars().filter(|d| *d == c).count();
    assert_eq!(count('{'), count('}'));
    let one = text(lab.path(), &["viz", "analysis"]);
    assert!(one.contains("report") && !one.contains("gen") && !one.contains("lhead"), "{one}");
    refused(lab.path(), &["viz", "analysys"], "did you mean `analysis`?");
    let whole: Value =
        serde_json::from_str(&text(lab.path(), &["viz", "--format", "json"])).expect("JSON");
    assert_eq!(whole["edges"], json!([{ "from": 0, "to": 1, "inputs": ["numbers"] }]));
    assert_eq!(text(lab.path(), &["viz", "-o", "lab.dot"]), "wrote lab.dot\n");
    assert_eq!(fs::read_to_string(lab.path().join("lab.dot")).expect("it"), dot);
    let scattered = text(example("scatter-gather").path(), &["viz"]);
    assert!(scattered.contains("shape=box3d"), "{scattered}");
}

#[test]
fn pictures_are_made_by_graphviz() {
    let lab = example("simple");
    let programs = tempfile::tempdir().expect("a temporary directory");
    let path = programs.path();
    let without = |args: &[&str]| run(repx(lab.path()).args(args).env("PATH", path));
    let ran = without(&["viz", "--format", "svg"]);
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("`dot`, which isn't on PATH") && ran.stderr.contains("--format dot"),
        "{}",
        ran.stderr
    );
    let script = path.join("dot");
    executable(
        &script,
        "#!/bin/sh\necho \"<$1>\"; while IFS= read -r line; do [ \"$line\" = '}' ] && echo end; done; exit 0\n",
    );
    let ran = without(&["viz", "--format", "svg"]);
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "<-Tsvg>\nend\n", "{ran:?}");
    // The name of the file says what is wanted.
    let ran = without(&["viz", "-o", "lab.png"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(lab.path().join("lab.png")).expect("it"), "<-Tpng>\nend\n");
    refused(lab.path(), &["viz", "-o", "lab.pdf"], "no picture is made as `.pdf`");
    fs::write(&script, "#!/bin/sh\nexit 1\n").expect("a script");
    assert!(without(&["viz", "-o", "x.svg"]).stderr.contains("dot ended with exit status: 1"));
}

#[test]
fn a_new_lab_lists_and_runs() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let said = text(directory.path(), &["init", "dice"]);
    assert!(
        said.starts_with("made a lab in dice:\n  nix/lab.nix\n") && said.contains("cd dice\n"),
        "{said}"
    );
    let lab = directory.path().join("dice");
    assert!(text(&lab, &["eval"]).starts_with("lab 0.1.0 · nix/lab.nix · 1 run · 12 jobs\n"));
    let ran = call(&lab, &["eval", "-v"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert!(text(&lab, &["run", "-q"]).starts_with("12 jobs: 12 done\n"));
    let shown = text(&lab, &["list", "jobs", "-s", "mean", "--format", "ndjson"]);
    let job: Value = serde_json::from_str(shown.lines().next().expect("a job")).expect("JSON");
    let mean = text(&lab, &["show", "output", job["id"].as_str().expect("an id"), "mean"]);
    let mean: f64 = mean.trim().parse().expect("a number");
    assert!((1.0..=20.0).contains(&mean), "{mean}");
    // Nothing is written over.
    let before = fs::read_to_string(lab.join("nix/lab.nix")).expect("a lab");
    fs::remove_file(lab.join("nix/stages/mean.nix")).expect("a stage");
    refused(&lab, &["init"], "there is a lab already");
    refused(directory.path(), &["init", "dice"], "there is a lab already: dice/nix/lab.nix");
    assert_eq!(fs::read_to_string(lab.join("nix/lab.nix")).expect("a lab"), before);
    assert!(!lab.join("nix/stages/mean.nix").exists());
    let flake = directory.path().join("flake");
    fs::create_dir(&flake).expect("a directory");
    fs::write(flake.join("flake.nix"), "{ }").expect("a flake");
    refused(directory.path(), &["init", "flake"], "there is a lab already: flake/flake.nix");
    // What is ignored is the user's to say.
    let known = directory.path().join("known");
    fs::create_dir(&known).expect("a directory");
    fs::write(known.join(".gitignore"), "x\n").expect("a list");
    assert!(!text(directory.path(), &["init", "known"]).contains(".gitignore"));
    assert_eq!(fs::read_to_string(known.join(".gitignore")).expect("it"), "x\n");
    fs::write(directory.path().join("file"), "").expect("a file");
    refused(directory.path(), &["init", "file"], "can't write file/nix/lab.nix");
    // What is to be typed next can be.
    let told = text(directory.path(), &["init", "it's here"]);
    assert!(told.contains("\n  cd 'it'\\''s here'\n"), "{told}");
    assert!(text(directory.path(), &["init", "--", "-x"]).contains("\n  cd -- -x\n"));
}

/// What bash is told of a line, whose last word is completed.
fn completed(directory: &Path, line: &[&str]) -> Vec<String> {
    let mut command = repx(directory);
    let index = line.len() - 1;
    command.env("REPX_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index.to_string());
    command.env("_CLAP_IFS", "\n").arg("--").args(line);
    let ran = run(&mut command);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    text.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn shells_are_told_parts_files_pins_and_labs() {
    let lab = example("scatter-gather");
    let words = |line: &[&str]| completed(lab.path(), &[&["repx"], line].concat());
    assert!(words(&["gc", "--unpin", ""]).is_empty());
    text(lab.path(), &["run", "-q"]);
    text(lab.path(), &["gc", "--pin", "paper"]);
    assert_eq!(words(&["gc", "--unpin", "pa"]), ["paper"]);
    let here = lab.path().display().to_string();
    assert_eq!(words(&["gc", "--forget", ""]), [here.as_str()]);
    let jobs = text(lab.path(), &["list", "jobs", "--format", "json"]);
    let jobs: Value = serde_json::from_str(&jobs).expect("JSON");
    let jobs = jobs["jobs"].as_array().expect("jobs");
    let job = jobs.iter().find(|job| job["stage_type"] == "scatter-gather").expect("one");
    let id = job["id"].as_str().expect("an id");
    for id in [id, &id[..8]] {
        for command in ["log", "debug-run"] {
            let parts = words(&[command, id, "--part", ""]);
            assert!(parts.starts_with(&["scatter".to_owned(), "gather".to_owned()]), "{parts:?}");
            assert!(parts.len() > 2 && parts[2].ends_with(":0"), "{parts:?}");
        }
        let (output, path) =
            job["outputs"].as_object().expect("outputs").iter().next().expect("one");
        let file = path.as_str().expect("a path").trim_start_matches("$out/");
        let found = words(&["show", "output", id, ""]);
        assert!(found.contains(output) && found.iter().any(|word| word == file), "{found:?}");
    }
    assert!(words(&["show", "output", id, "../repx/std"]).is_empty());
}

#[test]
fn shells_are_told_commands_runs_and_jobs() {
    let lab = example("simple");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(text(lab.path(), &["completions", shell]).contains("repx"), "{shell}");
    }
    refused(lab.path(), &["completions", "bsh"], "did you mean `bash`?");
    let words = |line: &[&str]| completed(lab.path(), line);
    // Each command has one word.
    let commands = words(&["repx", "list", ""]);
    let offered = |word: &str| commands.iter().any(|other| other == word);
    assert!(offered("deps") && !offered("dependencies"), "{commands:?}");
    assert!(words(&["repx", "trac"]).contains(&"trace-params".to_owned()));
    assert_eq!(words(&["repx", "list", "runs", "sim"]), ["simulation"]);
    assert_eq!(words(&["repx", "run", "@"]), ["@everything"]);
    assert_eq!(words(&["repx", "show", "job", "5yk"]), ["5ykhxrmz"]);
    assert_eq!(words(&["repx", "log", "chm82p"]), ["chm82pa1"]);
    assert!(words(&["repx", "log", "--st"]).contains(&"--stderr".to_owned()));
    assert_eq!(words(&["repx", "eval", "--stage", "su"]), ["summarise"]);
    assert_eq!(words(&["repx", "list", "jobs", "-s", "g"]), ["gen"]);
    assert_eq!(words(&["repx", "eval", "--param", "s"]), ["seed="]);
    assert_eq!(words(&["repx", "eval", "--param=n="]), ["--param=n=10", "--param=n=100"]);
    assert_eq!(words(&["repx", "list", "groups", "ev"]), ["everything"]);
    assert_eq!(words(&["repx", "eval", "--why", "5yk"]), ["5ykhxrmz"]);
    assert_eq!(words(&["repx", "explain", "lint::url"]), ["lint::url-literal"]);
    assert_eq!(words(&["repx", "schema", "repx-why"]), ["repx-why/1"]);
    // The lab is the one that the words before name.
    let other = example("sweep");
    let named = other.path().to_str().expect("UTF-8");
    assert_eq!(words(&["repx", "eval", named, "--stage", "ev"]), ["evaluate"]);
    assert_eq!(words(&["repx", "eval", "--lab", named, "--stage", "ev"]), ["evaluate"]);
    assert_eq!(words(&["repx", "run", named, "sw"]), ["sweep"]);
    assert_eq!(words(&["repx", "list", "jobs", "--lab", named, "--stage", "ev"]), ["evaluate"]);
    // A lab with a mistake has no names, and says nothing.
    fs::write(lab.path().join("nix/lab.nix"), "{").expect("a file");
    assert!(words(&["repx", "list", "runs", "sim"]).is_empty());
}

#[test]
fn pages_of_the_manual() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let page = text(directory.path(), &["man"]);
    assert!(page.contains(".TH repx 1") && page.contains("trace\\-params"), "{page}");
    assert_eq!(text(directory.path(), &["man", "pages"]), "wrote the manual's pages to pages\n");
    let names: BTreeSet<String> = fs::read_dir(directory.path().join("pages"))
        .expect("pages")
        .map(|entry| support::name(&entry.expect("an entry").path()))
        .collect();
    for name in ["repx.1", "repx-run.1", "repx-list-jobs.1", "repx-gc.1"] {
        assert!(names.contains(name), "{names:?}");
    }
    fs::write(directory.path().join("file"), "").expect("a file");
    refused(directory.path(), &["man", "file"], "can't write to file");
}

/// Calls as upstream's users write them work, or are told what to write.
#[test]
fn calls_in_upstreams_words() {
    let lab = example("simple");
    let runs = text(lab.path(), &["--lab", ".", "list", "runs"]);
    assert!(runs.contains("simulation"), "{runs}");
    assert_eq!(text(lab.path(), &["gc", "pin", "paper"]), "pinned paper: 13 jobs\n");
    assert!(text(lab.path(), &["gc", "list"]).contains("paper"));
    assert!(text(lab.path(), &["completions", "--shell", "bash"]).contains("repx"));
    assert!(text(lab.path(), &["run", "-n", "--no-timing"]).contains("13 jobs would run"));
    refused(lab.path(), &["tui"], "repx log -f JOB");
    refused(lab.path(), &["run", "--scheduler", "slurm"], "`repx build`");
}

#[test]
fn json_is_what_its_schema_says() {
    let lab = example("simple");
    let schema_of = |name: &str| -> Value {
        serde_json::from_str(&text(lab.path(), &["schema", name])).expect("a schema is JSON")
    };
    let listed = text(lab.path(), &["schema"]);
    let mut seen = BTreeSet::new();
    let mut check = |value: &Value, what: &str| {
        let name = value["schema"].as_str().expect("it says its schema").to_owned();
        let wrong = misfits(&schema_of(&name), value);
        assert!(wrong.is_empty(), "{what}, {name}:\n{}", wrong.join("\n"));
        // Something else must not fit.
        assert!(!misfits(&schema_of(&name), &json!({ "schema": name, "no": 1 })).is_empty());
        seen.insert(name);
    };
    let job = "5ykhxrmz";
    let before = [
        &["eval"][..],
        &["eval", "--count"],
        &["eval", "--why", job],
        &["list", "runs"],
        &["list", "groups"],
        &["list", "groups", "everything"],
        &["list", "jobs", "--output-paths"],
        &["list", "deps"],
        &["list", "deps", job],
        &["list", "deps", "report"],
        &["show", "job", "report"],
        &["trace-params"],
        &["trace-params", "q3wwm4r3"],
        &["viz"],
        &["gc"],
        &["build", "-o", "built"],
        &["check"],
    ];
    let after = [
        &["eval"][..],
        &["eval", "--why", job],
        &["list", "jobs", "--status", "done"],
        &["show", "job", "q3wwm4r3"],
        &["show", "output", "report"],
        &["show", "output", "report", "."],
        &["log", job],
        &["gc", "--list"],
        &["gc", "--dry-run"],
    ];
    let value = |args: &[&str]| -> Value {
        serde_json::from_str(&text(lab.path(), &[args, &["--format", "json"]].concat()))
            .expect("JSON")
    };
    for args in before {
        check(&value(args), &args.join(" "));
    }
    fs::write(lab.path().join("saved.json"), text(lab.path(), &["eval", "--format", "json"]))
        .expect("a file");
    assert_eq!(call(lab.path(), &["run", "-q"]).code, Some(0));
    for args in after {
        check(&value(args), &args.join(" "));
    }
    let stage = lab.path().join("nix/stages/gen.nix");
    let edited = fs::read_to_string(&stage).expect("a stage");
    fs::write(&stage, edited.replacen("run =", "version = \"2\";\n  run =", 1)).expect("a stage");
    check(&value(&["eval", "--diff", "saved.json"]), "eval --diff");
    let jobs = value(&["list", "jobs", "-s", "summarise"]);
    check(&value(&["eval", "--why", jobs["jobs"][0]["id"].as_str().expect("an id")]), "eval --why");
    check(&value(&["eval", "--why", "report"]), "eval --why of a job after other runs");
    let would = text(lab.path(), &["run", "-n", "--format", "ndjson"]);
    for line in would.lines() {
        let wrong = misfits(&schema_of("repx-run/1"), &serde_json::from_str(line).expect("JSON"));
        assert!(wrong.is_empty(), "{line}:\n{}", wrong.join("\n"));
    }
    check(&value(&["gc"]), "gc");
    fs::write(lab.path().join("other.nix"), "let unused = http://a.b; in unknown").expect("a file");
    let findings = call(lab.path(), &["check", "--static", "other.nix", "--format", "json"]);
    let findings: Value = serde_json::from_slice(&findings.stdout).expect("JSON");
    assert!(!findings["findings"][0]["labels"].as_array().expect("labels").is_empty());
    check(&findings, "check of a file with mistakes");
    // Records beside results are JSON of ours too.
    let folder = fs::read_dir(lab.path().join(".repx/outputs")).expect("results").next();
    if let Some(folder) = folder {
        let file = folder.expect("an entry").path().join("repx/identity.json");
        let record = serde_json::from_slice(&fs::read(file).expect("a record")).expect("JSON");
        check(&record, "identity.json");
    }
    // Of events only the first says whose schema it is.
    let events = text(lab.path(), &["run", "--format", "ndjson"]);
    let schema = schema_of("repx-run/1");
    assert!(events.lines().count() > 3, "{events}");
    for line in events.lines() {
        let event = serde_json::from_str(line).expect("JSON");
        let wrong = misfits(&schema, &event);
        assert!(wrong.is_empty(), "{line}:\n{}", wrong.join("\n"));
    }
    let scattered = example("scatter-gather");
    let whole = text(scattered.path(), &["eval", "--format", "json"]);
    check(&serde_json::from_str(&whole).expect("JSON"), "eval of scatter-gather");
    // Those of `eval --watch` come from a process that doesn't end.
    let all: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let missing: Vec<&String> = all
        .difference(&seen)
        .filter(|name| !["repx-watch/1", "repx-identity/1", "repx-run/1"].contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "no output was checked against {missing:?}");
    assert!(
        misfits(
            &schema_of("repx-watch/1"),
            &json!({ "schema": "repx-watch/1", "event": "listed", "seconds": 0.1, "jobs": 3 })
        )
        .is_empty()
    );
    assert_eq!(schema_of("repx-eval"), schema_of("repx-eval/1"));
    refused(lab.path(), &["schema", "repx-evil"], "did you mean `repx-eval");
}
