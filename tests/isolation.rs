//! Jobs within bubblewrap: what they can't do, what they are let do, and what happens without it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // a test that isn't run says so

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::lab::{Lab, expect, signal, stage, start, wait_for};
use support::program::{executable, repx, run_within};

/// Where bubblewrap doesn't work nothing of this is run, unless `REPX_TEST_BWRAP` is `required`.
fn works() -> bool {
    let tried =
        Command::new("bwrap").args(["--ro-bind", "/", "/", "--unshare-all", "true"]).output();
    let works = tried.is_ok_and(|output| output.status.success());
    let required = std::env::var_os("REPX_TEST_BWRAP").is_some_and(|v| v == "required");
    assert!(works || !required, "bubblewrap doesn't work here, and these tests need it");
    if !works {
        println!("not run: bubblewrap is not installed, or may not work");
    }
    works
}

/// A directory that isn't below /tmp, of which isolated jobs see nothing. (This checkout may be.)
fn outside() -> tempfile::TempDir {
    tempfile::tempdir_in("/var/tmp").expect("a temporary directory")
}

/// Says of each thing that a job should not be able to do whether it can.
fn probes(outside: &Path) -> String {
    format!(
        r#"
    {{
      touch {0}/x 2> /dev/null && echo "writes outside"
      cat {0}/secret > /dev/null 2>&1 && echo "reads outside"
      [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 12 ] && echo "sees processes"
      [ "$(grep -c : /proc/net/dev)" -gt 1 ] && echo "has a network"
      touch {1} && echo "writes to /tmp"
      [ -n "''${{SECRET-}}" ] && echo "has the environment"
      true
    }} > ${{outputs.x}}"#,
        outside.display(),
        left(outside).display()
    )
}

/// What the probes leave in /tmp, each test's by a name of its own.
fn left(outside: &Path) -> PathBuf {
    Path::new("/tmp").join(outside.file_name().expect("a name"))
}

/// What the one job of a lab found out.
fn found(lab: &Lab) -> Vec<String> {
    let jobs = lab.jobs("work");
    assert_eq!(jobs.len(), 1);
    let text = fs::read_to_string(jobs[0].join("out/x")).expect("an output");
    text.lines().map(str::to_owned).collect()
}

fn run(lab: &Lab, args: &[&str]) -> support::program::Ran {
    let mut command = repx(lab.0.path());
    command.arg("run").args(args).env("SECRET", "yes");
    run_within(&mut command, support::lab::PATIENCE)
}

#[test]
fn jobs_reach_nothing_but_their_results() {
    if !works() {
        return;
    }
    let place = outside();
    fs::write(place.path().join("secret"), "").expect("it is ours");
    let lab = Lab::new("", &[("a", "", &stage("", &probes(place.path())))]);
    expect(&run(&lab, &["--bwrap"]), 0, "1 job: 1 done\n");
    assert_eq!(found(&lab), ["reads outside", "writes to /tmp"]);
    assert!(!left(place.path()).exists(), "its /tmp is its own");
    // The probes find what there is to find.
    expect(&run(&lab, &["--native", "--force", "main"]), 0, "1 job: 1 done\n");
    let native = found(&lab);
    for probe in ["writes outside", "reads outside", "sees processes", "has the environment"] {
        assert!(native.iter().any(|line| line == probe), "{probe}: {native:?}");
    }
    fs::remove_file(left(place.path())).expect("the native job left it");
}

#[test]
fn inputs_can_only_be_read() {
    if !works() {
        return;
    }
    let reader = "{ }: {\n  pname = \"reader\";\n  inputs.x = \"\";\n  outputs.y = \"$out/y\";\n  run = { inputs, outputs, ... }: ''\n    cat ${inputs.x} > ${outputs.y}\n    if echo more >> ${inputs.x}; then exit 3; fi\n    if touch $out/../repx/SUCCESS; then exit 4; fi\n  '';\n}\n";
    let writer = stage("", "    echo data > ${outputs.x}");
    let lab = Lab::new("", &[("a", "", &writer), ("b", "a", reader)]);
    expect(&run(&lab, &["--bwrap"]), 0, "2 jobs: 2 done\n");
    let read = fs::read_to_string(lab.jobs("reader")[0].join("out/y")).expect("an output");
    assert_eq!(read, "data\n");
}

#[test]
fn scatter_gather_runs_isolated() {
    if !works() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    support::program::copy(&support::repository("examples"), directory.path());
    let ran = support::lab::run(directory.path(), &["scatter-gather", "--bwrap", "-q"]);
    expect(&ran, 0, " done\n");
}

#[test]
fn the_configuration_says_what_may_be_changed() {
    if !works() {
        return;
    }
    let (place, other) = (outside(), outside());
    let lab = Lab::new("", &[("a", "", &stage("", &probes(place.path())))]);
    let config = |text: String| fs::write(lab.path("config.toml"), text).expect("it is ours");
    config(format!("[targets.local]\nmount_paths = [\"{}\"]\n", place.path().display()));
    expect(&run(&lab, &["--bwrap"]), 0, "1 job: 1 done\n");
    assert_eq!(found(&lab), ["writes outside", "writes to /tmp"]);
    config(format!("[targets.local]\nmount_paths = [\"{}\"]\n", other.path().display()));
    expect(&run(&lab, &["--bwrap", "--force", "main"]), 0, "1 job: 1 done\n");
    assert_eq!(found(&lab), ["writes to /tmp"]);
    config("[targets.local]\nmount_host_paths = true\n".to_owned());
    expect(&run(&lab, &["--bwrap", "--force", "main"]), 0, "1 job: 1 done\n");
    let host = found(&lab);
    assert!(host.contains(&"writes outside".to_owned()), "{host:?}");
    assert!(!host.contains(&"sees processes".to_owned()), "{host:?}");

    config("[targets.local]\nmount_paths = [\"/nowhere/data\"]\n".to_owned());
    let ran = run(&lab, &["--bwrap", "--force", "main"]);
    expect(&ran, 2, "repx::config::mount-paths");
    assert!(ran.stderr.contains("/nowhere/data"), "{}", ran.stderr);
    config("[targets.local]\nmount_paths = 3\n".to_owned());
    expect(&run(&lab, &["--bwrap", "--force", "main"]), 2, "config.toml:2");
}

/// Without a flag, jobs of containerized runs are run as the configuration says, others as they are.
#[test]
fn containerized_runs_are_isolated_where_that_is_usual() {
    if !works() {
        return;
    }
    let place = outside();
    let lab = Lab::new("", &[("a", "", &stage("", &probes(place.path())))]);
    let usual = "[targets.local]\ndefault_execution_type = \"bwrap\"\n[targets.local.local]\nexecution_types = [\"bwrap\", \"native\"]\n";
    fs::write(lab.path("config.toml"), usual).expect("it is ours");
    let isolated = |args: &[&str]| {
        expect(&run(&lab, &[args, &["--force", "main"]].concat()), 0, "1 job: 1 done\n");
        !found(&lab).contains(&"writes outside".to_owned())
    };
    assert!(isolated(&[]));
    assert!(!isolated(&["--native"]));
    let file = lab.path("run.nix");
    let text = fs::read_to_string(&file).expect("a run");
    let text = text.replace("name = \"main\";", "name = \"main\"; containerized = false;");
    fs::write(file, text).expect("it is ours");
    assert!(!isolated(&[]));
    assert!(isolated(&["--bwrap"]));
    fs::remove_file(left(place.path())).expect("the native job left it");
}

/// Of the ways that the configuration allows the first that can be is taken.
#[test]
fn the_best_way_that_can_be_is_taken() {
    if !works() {
        return;
    }
    let place = outside();
    let lab = Lab::new("", &[("a", "", &stage("", &probes(place.path())))]);
    let isolated = |types: &str| {
        let text = format!("[targets.local.local]\nexecution_types = {types}\n");
        fs::write(lab.path("config.toml"), text).expect("it is ours");
        expect(&run(&lab, &["--force", "main"]), 0, "1 job: 1 done\n");
        !found(&lab).contains(&"writes outside".to_owned())
    };
    assert!(isolated(r#"["podman", "bwrap"]"#));
    assert!(isolated(r#"["podman", "bwrap", "native"]"#));
    assert!(!isolated(r#"["native", "bwrap"]"#));
    assert!(!isolated(r#"["podman", "native"]"#));
    fs::remove_file(left(place.path())).expect("the native job left it");
    // What is wrong with it is told before anything runs.
    let wrong = "[targets.local]\nmount_paths = [\"/nowhere/data\"]\n";
    fs::write(lab.path("config.toml"), wrong).expect("it is ours");
    expect(&run(&lab, &["-n", "--bwrap", "--force"]), 2, "repx::config::mount-paths");
}

#[test]
fn without_bubblewrap_jobs_run_all_the_same() {
    let lab = Lab::new("", &[("a", "", &stage("", "    echo x > ${outputs.x}"))]);
    let bin = lab.path("bin");
    fs::create_dir(&bin).expect("it is ours");
    for name in ["bash", "sh", "ls", "cat", "cp", "find", "sed", "awk", "grep", "env", "sleep"] {
        for directory in ["/usr/bin", "/bin"] {
            let program = Path::new(directory).join(name);
            if program.exists() {
                let _ = symlink(program, bin.join(name));
            }
        }
    }
    let mut command = repx(lab.0.path());
    command.args(["run", "--bwrap", "-q"]).env("PATH", &bin);
    let ran = run_within(&mut command, support::lab::PATIENCE);
    expect(&ran, 0, "1 job: 1 done\n");
    for part in ["repx::run::not-isolated", "`bwrap`", "not installed", "--native"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

/// Bubblewrap may be there and not be let do its work.
#[test]
fn where_namespaces_are_off_that_is_said() {
    let lab = Lab::new("", &[("a", "", &stage("", "    echo > ${outputs.x}"))]);
    let bin = lab.path("bin");
    fs::create_dir(&bin).expect("a directory");
    let refusing = "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n";
    executable(&bin.join("bwrap"), refusing);
    let path = std::env::var("PATH").expect("there is one");
    let mut command = repx(lab.0.path());
    command.args(["run", "--bwrap"]).env("PATH", format!("{}:{path}", bin.display()));
    let ran = run_within(&mut command, support::lab::PATIENCE);
    expect(&ran, 0, "1 job: 1 done\n");
    let said = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["repx::run::not-isolated", "No permissions to create new namespace", "--native"] {
        assert!(said.replace("│ ", "").contains(part), "{part}: {said}");
    }
}

/// A job that is told to end gets to hear of it.
#[test]
fn isolated_jobs_are_ended_gently() {
    if !works() {
        return;
    }
    let script =
        "    trap 'echo ended gently >&2; exit 1' TERM\n    echo begun >&2\n    sleep 1000 & wait";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    let mut child = start(&lab, &["--bwrap"]);
    let log = || {
        let jobs = lab.jobs("work");
        let log = jobs.first().map(|job| job.join("repx/stderr.log"));
        log.and_then(|log| fs::read_to_string(log).ok()).unwrap_or_default()
    };
    wait_for(|| log().lines().any(|line| line == "begun"));
    signal(&child, "-INT");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert!(log().lines().any(|line| line == "ended gently"), "{}", log());
}
