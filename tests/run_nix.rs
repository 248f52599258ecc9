//! Labs whose packages are derivations: evaluated by repx, built by Nix, run, and nothing built twice.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::nix::{Lab, PATIENCE};
use support::program::{Ran, copy, repx, run_within};

/// The corpus's set and labs, so changed that nothing of them is in the store yet.
fn packages() -> Option<Lab> {
    let lab = Lab::new(&[])?;
    copy(&support::repository("corpus/packages"), lab.directory.path());
    change(&lab, "default.nix", "bash-5", &format!("bash-{}", lab.stamp));
    change(&lab, "default.nix", "greeter-1", &format!("greeter-{}", lab.stamp));
    Some(lab)
}

fn change(lab: &Lab, file: &str, from: &str, to: &str) {
    let path = lab.path(file);
    let text = fs::read_to_string(&path).expect("the file is there");
    assert!(text.contains(from), "`{from}` stands in {file}");
    fs::write(path, text.replace(from, to)).expect("the copy is ours");
}

/// What came of running the lab: what was said last, the scripts that were built, other builds.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    said: String,
    scripts: usize,
    others: Vec<String>,
}

fn came(lab: &Lab, arguments: &[&str]) -> Came {
    let call = [&["run", "lab", "--pkgs", ".", "-v"], arguments].concat();
    let Ran { code, stdout, stderr, .. } = lab.repx(&call);
    let stdout = String::from_utf8(stdout).expect("text");
    assert_eq!(code, Some(0), "{stdout}\n{stderr}");
    let built = stderr.lines().filter_map(|line| line.strip_prefix("building "));
    let built = built.filter(|line| !line.starts_with("with Nix"));
    let (scripts, others): (Vec<&str>, Vec<&str>) = built.partition(|name| *name == "stage-script");
    let mut others: Vec<String> = others.iter().map(ToString::to_string).collect();
    others.sort();
    let said = stdout.lines().next().unwrap_or_default().to_owned();
    Came { said, scripts: scripts.len(), others }
}

/// Folders of jobs whose names end so, sorted.
fn jobs(lab: &Lab, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(lab.path("lab/.repx/outputs")).expect("there are results");
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    all.retain(|path| support::name(path).contains(name));
    all.sort();
    all
}

#[test]
fn only_what_changes_is_built_and_run() {
    let Some(lab) = packages() else { return };
    let dry = lab.printed(&["run", "lab", "--pkgs", ".", "-n"]);
    assert!(dry.ends_with("4 jobs would run\nNix would build 3 scripts"), "{dry}");
    assert!(!lab.path("lab/.repx").exists(), "nothing was done");

    let first = came(&lab, &[]);
    assert_eq!((first.said.as_str(), first.scripts), ("4 jobs: 4 done", 3));
    assert_eq!(first.others.len(), 2, "{:?}", first.others);
    let (bash, greeter) = (format!("bash-{}", lab.stamp), format!("greeter-{}", lab.stamp));
    assert!(first.others.contains(&bash) && first.others.contains(&greeter));
    let texts = jobs(&lab, "-plain-").into_iter().map(|job| job.join("out/copy.txt"));
    let mut texts: Vec<String> = texts.map(|text| fs::read_to_string(text).expect("it")).collect();
    texts.sort();
    assert_eq!(texts, ["hello\n", "hello\n"]);

    let nothing = |said: &str| Came { said: said.to_owned(), scripts: 0, others: Vec::new() };
    assert_eq!(came(&lab, &[]), nothing("nothing to do: 4 jobs done"));
    assert_eq!(came(&lab, &["greet", "--force"]), nothing("4 jobs: 4 done"));
    fs::remove_dir_all(lab.path("lab/.repx")).expect("it is ours");
    assert_eq!(came(&lab, &[]), nothing("4 jobs: 4 done"));

    // One stage edited: its script, and its jobs.
    change(&lab, "lab/nix/stages/plain.nix", "cat ", "echo edited; cat ");
    let edited = came(&lab, &[]);
    assert_eq!(edited, Came { scripts: 1, ..nothing("4 jobs: 2 done, 2 done before") });
    // A package changed: the scripts that use it, and the jobs that follow.
    let greeting = format!("hello {}", lab.stamp);
    change(&lab, "default.nix", "\"hello\"", &format!("\"{greeting}\""));
    let changed = came(&lab, &[]);
    let expected = Came { scripts: 2, others: vec![greeter], ..nothing("4 jobs: 4 done") };
    assert_eq!(changed, expected);
    // Hints change nothing.
    change(
        &lab,
        "lab/nix/stages/plain.nix",
        "inputs.text =",
        "resources.mem = \"1G\"; inputs.text =",
    );
    assert_eq!(came(&lab, &[]), nothing("nothing to do: 4 jobs done"));
    // A downstream parameter concerns the downstream stage alone.
    change(&lab, "lab/nix/stages/plain.nix", "inputs.text =", "params.n = 1; inputs.text =");
    assert_eq!(came(&lab, &[]), nothing("4 jobs: 2 done, 2 done before"));
}

/// What Nix has built is run with what Nix has built, and its logs are like any other's.
#[test]
fn scripts_run_in_the_packages_shell() {
    let Some(lab) = packages() else { return };
    change(
        &lab,
        "lab/nix/stages/once.nix",
        "''\n    for",
        "''\n    echo \"$BASH $PATH\" >&2\n    for",
    );
    came(&lab, &[]);
    let once = jobs(&lab, "-once-");
    let log = fs::read_to_string(once[0].join("repx/stderr.log")).expect("a log");
    let said = log.lines().find(|line| line.starts_with("/nix/store/")).expect("it is said");
    let bash = format!("bash-{}/bin/bash", lab.stamp);
    let (shell, path) = said.split_once(' ').expect("two words");
    assert!(shell.ends_with(&bash), "{said}");
    let names: Vec<&str> = path.split(':').filter_map(|bin| bin.get(44..)).collect();
    let shell = format!("bash-{}/bin", lab.stamp);
    let greeter = format!("greeter-{}/bin", lab.stamp);
    assert_eq!(names, [&greeter, &shell, "coreutils-8/bin"]);
    assert!(!log.contains("++"), "nothing stands between the script and its log: {log}");
}

#[test]
fn failed_builds_are_told_by_stage() {
    let Some(lab) = packages() else { return };
    let broken = "echo first; echo broken beyond repair >&2; exit 3; mkdir -p $out/bin $doc";
    change(&lab, "default.nix", "mkdir -p $out/bin $doc", broken);
    let said = lab.said(&["run", "lab", "--pkgs", "."]);
    for part in [
        "repx::run::build-failed",
        &format!("stage `once`: building `greeter-{}` failed", lab.stamp),
        "exit code 3",
        "│ broken beyond repair",
        "nix-store --read-log",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!said.contains("stage `plain`"), "{said}");
    assert!(lab.path("lab/.repx/outputs").read_dir().expect("it").next().is_none());
}

/// A build that fails is in the way of the jobs that need it, and of no other's; it alone is tried again.
#[test]
fn with_k_the_rest_runs() {
    let Some(lab) = packages() else { return };
    lab.write("lab/nix/stages/other.nix", OTHER);
    change(
        &lab,
        "lab/nix/greet.nix",
        "plain =",
        "other = repx.callStage ./stages/other.nix [ ];\n  plain =",
    );
    let working = fs::read_to_string(lab.path("default.nix")).expect("the set");
    change(&lab, "default.nix", "mkdir -p $out/bin $doc", "exit 3; mkdir -p $out/bin $doc");
    let call = ["run", "lab", "--pkgs", ".", "-k", "-v"];
    let Ran { code, stdout, stderr, .. } = lab.repx(&call);
    let said = String::from_utf8(stdout).expect("text");
    assert_eq!(code, Some(1), "{said}\n{stderr}");
    assert!(said.contains(" 1 done, 2 failed, 2 blocked\n"), "{said}\n{stderr}");
    assert!(said.contains("its script could not be built"), "{said}");
    assert!(stderr.contains(&format!("stage `once`: building `greeter-{}` failed", lab.stamp)));
    let scripts = |text: &str| text.lines().filter(|line| *line == "building stage-script").count();
    assert_eq!(scripts(&stderr), 2, "{stderr}");
    assert_eq!(jobs(&lab, "-other-").len(), 1);
    // Mended: what was built isn't built again.
    fs::write(lab.path("default.nix"), working).expect("it is ours");
    let Ran { code, stdout, stderr, .. } = lab.repx(&call);
    let said = String::from_utf8(stdout).expect("text");
    assert_eq!(code, Some(0), "{said}\n{stderr}");
    assert!(said.starts_with("5 jobs: 4 done, 1 done before\n"), "{said}");
    assert_eq!(scripts(&stderr), 2, "those of `once`, and no other: {stderr}");
}

/// A stage that needs nothing of the others.
const OTHER: &str = "{ }:\n{\n  pname = \"other\";\n  outputs.text = \"$out/text\";\n  run = { outputs, ... }: ''\n    echo other > ${outputs.text}\n  '';\n}\n";

/// What jobs were run with stays in the store until `repx gc` lets go of it.
#[test]
fn nix_keeps_what_jobs_are_run_with() {
    let Some(lab) = packages() else { return };
    came(&lab, &[]);
    let links = || -> Vec<PathBuf> {
        let entries = fs::read_dir(lab.path("lab/.repx/roots")).expect("there are links");
        entries.map(|entry| fs::read_link(entry.expect("one").path()).expect("a link")).collect()
    };
    let before = links();
    assert_eq!(before.len(), 3, "{before:?}");
    for path in &before {
        let ran = lab.run(Command::new("nix-store").arg("--delete").arg(path));
        assert!(ran.code != Some(0) && path.exists(), "{}", path.display());
    }
    came(&lab, &[]);
    assert_eq!(links().len(), 3, "they are there once");
    change(&lab, "lab/nix/stages/plain.nix", "cat ", "echo edited; cat ");
    came(&lab, &[]);
    assert_eq!(links().len(), 4);
    lab.printed(&["gc", "--lab", "lab", "--pkgs", ".", "-y"]);
    let after = links();
    assert_eq!(after.len(), 3, "{after:?}");
    assert_eq!(before.iter().filter(|path| !after.contains(path)).count(), 1);
}

#[test]
fn values_may_be_files_of_the_store() {
    let Some(lab) = packages() else { return };
    lab.write("lab/nix/data.txt", "data STAMP\n");
    change(&lab, "default.nix", "settings.nix\"", &format!("settings-{}.nix\"", lab.stamp));
    change(&lab, "lab/nix/greet.nix", "{ repx }:\n{", "{ repx, pkgs }:\n{");
    let values = "params.seed = [ \"${./data.txt}\" \"${pkgs.settings}\" ]";
    change(&lab, "lab/nix/greet.nix", "params.seed = [ 1 2 ]", values);
    let run =
        "''\n    read line < ${toString params.seed}; echo \"$line\" > \"${outputs.text}\"\n  ''";
    let path = lab.path("lab/nix/stages/once.nix");
    let text = fs::read_to_string(&path).expect("it");
    let begin = text.find("''\n").expect("a script");
    fs::write(&path, format!("{}{run};\n}}\n", &text[..begin])).expect("it is ours");
    assert_eq!(came(&lab, &[]).said, "4 jobs: 4 done");
    let texts = jobs(&lab, "-once-").into_iter().map(|job| job.join("out/text.txt"));
    let mut texts: Vec<String> = texts.map(|text| fs::read_to_string(text).expect("it")).collect();
    texts.sort();
    assert_eq!(texts, [format!("data {}\n", lab.stamp), "{ seeds = [ 1 2 3 ]; }\n".to_owned()]);
}

#[test]
fn a_lab_that_is_read_from_a_build_runs() {
    let Some(lab) = packages() else { return };
    change(&lab, "default.nix", "settings.nix\"", &format!("settings-{}.nix\"", lab.stamp));
    let call = ["run", "from-derivation", "--pkgs", "<set>", "-I", "set=."];
    let Ran { code, stdout, stderr, .. } = lab.repx(&call);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(String::from_utf8_lossy(&stdout).starts_with("3 jobs: 3 done\n"));
    let settings = format!("settings-{}.nix", lab.stamp);
    assert!(stderr.lines().any(|line| line.starts_with("building") && line.contains(&settings)));
}

#[test]
fn without_nix_there_is_another_way() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&support::repository("corpus/packages"), directory.path());
    let run = |arguments: &[&str]| {
        let mut command = repx(directory.path());
        command.args(["run", "lab"]).args(arguments).env("REPX_NIX", "/nowhere");
        run_within(&mut command, PATIENCE)
    };
    let bash = directory.path().join("default.nix");
    let text = fs::read_to_string(&bash).expect("the set");
    fs::write(&bash, text.replace("bash-5", "bash-that-nobody-built")).expect("it is ours");
    let Ran { code, stderr, .. } = run(&["--pkgs", "."]);
    let said = stderr.replace("\n        ", "");
    assert_eq!(code, Some(2), "{said}");
    for part in ["is not installed", "apt install nix-bin", "REPX_NIX", "`--pkgs host`"] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    let Ran { code, stdout, .. } = run(&["--pkgs", ".", "-n"]);
    assert_eq!(code, Some(0), "what would run is known without it");
    assert!(String::from_utf8_lossy(&stdout).contains("Nix would build 3 scripts"));
}
