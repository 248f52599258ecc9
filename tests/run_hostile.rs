//! Runs under bad conditions: what is said and kept when the disk is full, output has no end, or others end us.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::lab::{
    Lab, PATIENCE, child_is_over, expect, run_logged, signal, stage, stdout, wait_for,
};
use support::program::{CACHE, repx, run_within};

/// What finds the disk full fails; when there is room again it runs, and what was done stays done.
#[test]
fn a_full_disk() {
    let script = "    head -c $((200000 * ${toString params.n})) /dev/zero > ${outputs.x}";
    let lab = Lab::new("n = [ 1 100 2 ];", &[("a", "", &stage("n = 0;", script))]);
    fs::create_dir(lab.path("small")).expect("a directory");
    let mounted = "mount -t tmpfs -o size=2m none small && \
         \"$0\" run --base-path small -k -j 1; echo \"status $?\"; \
         \"$0\" run --base-path small -k -j 1 | tail -n 2; mount -o remount,size=64m small; \
         exec \"$0\" run --base-path small";
    let Some(ran) = lab.mounting(mounted) else { return };
    let text = stdout(&ran);
    assert_eq!(ran.code, Some(0), "{text}\n{}", ran.stderr);
    assert!(text.contains("No space left on device"), "{text}");
    assert!(text.contains("3 jobs: 1 done, 2 failed\n") && text.contains("status 1"), "{text}");
    assert!(text.contains("3 jobs: 1 done before, 2 failed\n"), "{text}");
    assert!(text.contains("3 jobs: 2 done, 1 done before\n"), "{text}");
}

/// Where nothing at all can be written, all jobs fail and are said to.
#[test]
fn a_disk_that_is_full_from_the_beginning() {
    let lab = Lab::new("n = [ 1 2 ];", &[("a", "", &stage("n = 0;", "    echo > ${outputs.x}"))]);
    let limited = "trap '' XFSZ; ulimit -f 0; exec \"$0\" run -k 2>&1";
    let mut command = Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_repx")]).current_dir(lab.0.path());
    let ran = run_within(command.env("REPX_NO_CACHE", "1"), PATIENCE);
    assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
    assert!(stdout(&ran).contains("File too large"), "{}", stdout(&ran));
    assert!(lab.done().is_empty());
    expect(&lab.run(&[]), 0, "2 jobs: 2 done\n");
}

/// What is printed goes to a file, past us; of a gigabyte of it the end is shown.
#[test]
fn a_gigabyte_of_output() {
    let script = "    set +x\n    head -c 1073741824 /dev/zero | tr '\\0' x >&2; echo >&2\n    echo the end >&2\n    exit 7";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    // What evaluates needs room for its stack: with the listing kept nothing has to.
    expect(&lab.run(&["-n"]), 0, "1 job would run");
    let limited = "ulimit -v 800000; exec \"$0\" run";
    let mut command = Command::new("sh");
    command.args(["-c", limited, repx(lab.0.path()).get_program().to_str().expect("a path")]);
    command.current_dir(lab.0.path()).env("REPX_CACHE_DIR", CACHE).env_remove("NIX_PATH");
    let ran = run_within(&mut command, PATIENCE);
    expect(&ran, 1, "│ the end\n");
    let text = stdout(&ran);
    assert!(text.contains("exit status 7") && text.len() < 4000, "{text}");
    let log = lab.jobs("work")[0].join("repx/stderr.log");
    assert!(fs::metadata(log).expect("a log").len() > 1 << 30);
}

#[test]
fn asked_to_end_it_ends_its_jobs() {
    for name in ["-TERM", "-HUP"] {
        let script = "    trap 'echo bye > \"$LOG\"; exit 0' TERM\n    echo > ${outputs.x}; while true; do sleep 0.05 || true; done";
        let lab = Lab::new("", &[("a", "", &stage("", script))]);
        // Who runs these tests may have them ignore signals.
        let mut command = Command::new("env");
        command.args(["--default-signal=TERM,HUP", env!("CARGO_BIN_EXE_repx"), "run"]);
        command.current_dir(lab.0.path()).env("LOG", lab.path("log")).env("REPX_CACHE_DIR", CACHE);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        wait_for(|| lab.jobs("work").first().is_some_and(|job| job.join("out/x").exists()));
        signal(&child, name);
        assert_eq!(child.wait().expect("it ends").code(), Some(130), "{name}");
        assert_eq!(lab.lines("log").get("bye"), Some(&1), "{name}");
    }
}

/// Under `nohup` the end of the terminal's session is nothing to us.
#[test]
fn what_is_to_be_ignored_is() {
    let script =
        "    echo > ${outputs.x}; until [[ -e \"$LOG\" ]]; do read -t 0.05 < <(:) || true; done";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" run", env!("CARGO_BIN_EXE_repx")]);
    command.current_dir(lab.0.path()).env("LOG", lab.path("log"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    wait_for(|| lab.jobs("work").first().is_some_and(|job| job.join("out/x").exists()));
    signal(&child, "-HUP");
    assert!(!child_is_over(&child));
    fs::write(lab.path("log"), "").expect("it can be written");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(lab.done().len(), 1);
}

/// What happens, as objects: each job begins and ends, and the end counts them.
#[test]
fn events_are_objects() {
    let script = "    echo > ${outputs.x}; [[ ${toString params.n} != 2 ]]";
    let next = "{ pkgs }: {\n  pname = \"next\";\n  inputs.x = \"\";\n  outputs.y = \"$out/y\";\n  run = { inputs, outputs, ... }: ''\n    cp ${inputs.x} ${outputs.y}\n  '';\n}\n";
    let lab = Lab::new("n = [ 1 2 3 ];", &[("a", "", &stage("n = 0;", script)), ("b", "a", next)]);
    let parse = |text: &str| -> Vec<serde_json::Value> {
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let dry = parse(&stdout(&lab.run(&["-n", "--format", "json"])));
    assert_eq!(dry[0]["schema"], "repx-run/1");
    assert_eq!(dry.iter().filter(|e| e["event"] == "would-run").count(), 6);
    assert_eq!(dry.last().expect("an end")["not_run"], 6);
    assert!(lab.jobs("").is_empty());

    let ran = run_logged(&lab, &["-k", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    let events = parse(&stdout(&ran));
    let of = |kind: &str| events.iter().filter(|e| e["event"] == kind).count();
    assert_eq!((of("started"), of("done"), of("failed"), of("blocked")), (5, 4, 1, 1));
    let end = events.last().expect("an end");
    let counts = ["done", "done_before", "failed", "blocked", "not_run"].map(|n| end[n].clone());
    assert_eq!(counts, [4, 0, 1, 1, 0].map(serde_json::Value::from));
    for (number, event) in events.iter().enumerate() {
        if event["event"] == "done" || event["event"] == "failed" {
            let begun =
                events[..number].iter().any(|e| e["event"] == "started" && e["id"] == event["id"]);
            assert!(begun, "{event}");
        }
    }
    let failed = events.iter().find(|e| e["event"] == "failed").expect("it");
    assert_eq!(failed["reason"], "exit status 1");
    let log = fs::read_to_string(failed["log"].as_str().expect("a path")).expect("a log");
    assert!(log.contains("!= 2"), "{log}");
    assert!(events.iter().all(|e| e["time"].as_f64().is_some_and(|time| time > 1e9)));
    // Nothing to do is said alike.
    expect(&lab.run(&["a", "--format", "json"]), 2, "repx::cli");
}

/// A reader that goes away ends nothing.
#[test]
fn jobs_run_on_when_nobody_listens() {
    let lab = Lab::new(
        "n = repx-lib.utils.range 1 50;",
        &[("a", "", &stage("n = 0;", "    echo > ${outputs.x}"))],
    );
    let mut command = repx(lab.0.path());
    command.args(["run", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(lab.done().len(), 50);
}

/// What is in the way of what jobs are run with is named, and nothing else.
#[test]
fn a_store_that_cannot_be_written() {
    let lab = Lab::new("", &[("a", "", &stage("", "    true"))]);
    fs::create_dir_all(lab.path("held/store")).expect("a directory");
    fs::write(lab.path("held/store/host"), "").expect("a file");
    let ran = lab.run(&["--base-path", "held"]);
    expect(&ran, 2, "can't make ready what jobs are run with: held/store/host/");
    assert_eq!(ran.stderr.matches("held/store").count(), 1, "{}", ran.stderr);
}
