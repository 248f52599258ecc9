//! What is told of jobs that run: what they lack, what they didn't write, what they are called, wherever they lie.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::process::Command;

use support::lab::{Lab, PATIENCE, expect, run_logged, stage, start, stdout, wait_for};
use support::program::{call, repx, run, run_within};

/// Reads what the stage before it wrote.
const NEXT: &str = r#"{ pkgs }: {
  pname = "next";
  inputs.x = "";
  outputs.y = "$out/y";
  run = { inputs, outputs, ... }: ''cat ${inputs.x} > ${outputs.y}'';
}
"#;

/// Writes its output with a program of its own, a file of the lab and one of a package's.
const GREET: &str = r#"{ pkgs }: {
  pname = "work";
  outputs.x = "$out/x";
  runDependencies = [ (pkgs.writeShellScriptBin "greet" "echo hello") ];
  run = { outputs, ... }: ''
    greet > ${outputs.x}
    cat ${./data.txt} >> ${outputs.x}
    ${pkgs.coreutils}/bin/echo end >> ${outputs.x}
  '';
}
"#;

/// What a stage lacks is told once, with the stage and its place, and keeps no other stage's jobs from running.
#[test]
fn what_a_stage_lacks_is_in_the_way_of_its_jobs_alone() {
    if run(Command::new("sh").args(["-c", "command -v nvcc"])).code == Some(0) {
        return println!("not tried: this machine has nvcc");
    }
    let gpu = stage("n = 0;", "    nvcc > ${outputs.x}")
        .replace("outputs.x =", "runDependencies = [ pkgs.cudatoolkit ];\n  outputs.x =");
    let plain = stage("", "    echo > ${outputs.x}");
    let stages = [("gpu", "", &*gpu), ("after", "gpu", NEXT), ("plain", "", &*plain)];
    let lab = Lab::new("n = [ 1 2 ];", &stages);
    let said = "stage `gpu`: package `cudatoolkit`: there is no program `nvcc` on PATH";
    let dry = lab.run(&["-n"]);
    expect(
        &dry,
        2,
        "nothing would run\n2 jobs can't run on this machine, and 2 that wait for them\n",
    );
    assert_eq!(dry.stderr.matches(said).count(), 1, "{}", dry.stderr);
    assert!(dry.stderr.contains("stage `gpu`: pipe.nix:3"), "{}", dry.stderr);
    expect(&dry, 2, "gpu n=2: it can't run without `cudatoolkit`");
    expect(&dry, 2, "after (n=2): it waits for jobs that can't run");
    expect(&lab.run(&["-n", "-k"]), 1, "\n1 job would run\n2 jobs can't run on this machine, ");
    let events = stdout(&lab.run(&["-n", "-k", "--format", "ndjson"]));
    assert_eq!(events.matches(r#""lacks":"cudatoolkit""#).count(), 2, "{events}");
    assert_eq!(events.matches(r#""blocked":true"#).count(), 2, "{events}");
    expect(&lab.run(&[]), 2, "`-k` runs the jobs that don't need it");
    assert!(lab.done().is_empty());
    let ran = lab.run(&["-k"]);
    expect(&ran, 1, "5 jobs: 1 done, 2 failed, 2 blocked\n");
    assert_eq!(ran.stderr.matches(said).count(), 1, "{}", ran.stderr);
    expect(&ran, 1, "package `cudatoolkit` isn't on this machine");
    // Nothing is left of them: elsewhere they are jobs that haven't run.
    assert_eq!(lab.jobs("").len(), 1);
    // What only this machine lacks is told, and is no mistake of the lab.
    let check = call(lab.0.path(), &["check"]);
    expect(&check, 0, "package `cudatoolkit`: there is no program `nvcc` on PATH");
    expect(&check, 0, "stage `gpu` needs it");
    expect(&call(lab.0.path(), &["check", "--deny", "run::missing-package"]), 1, "`nvcc`");
}

/// A script that ends well has done its job; but what it was to write is missed.
#[test]
fn outputs_that_were_not_written_are_told() {
    let first = stage("n = 0;", "    [[ ${toString params.n} == 1 ]] || echo 1 > ${outputs.x}");
    let lab = Lab::new("n = [ 1 2 ];", &[("a", "", &first), ("b", "a", NEXT)]);
    let ran = lab.run(&["-k"]);
    expect(&ran, 1, "4 jobs: 3 done, 1 failed\n");
    let text = stdout(&ran);
    assert!(text.contains("not written: output `x` of stage `a`, $out/x\n  by "), "{text}");
    assert!(text.contains("exit status 1\n  its input `x` isn't there: job "), "{text}");
    assert!(text.contains(" (a) didn't write it\n"), "{text}");
    assert!(ran.stderr.contains("but didn't write `x`"), "{}", ran.stderr);
    // Who reads it is told why each time it fails.
    expect(&lab.run(&["-k"]), 1, "its input `x` isn't there");
    let events = stdout(&lab.run(&["main", "--force", "-k", "--format", "json"]));
    assert_eq!(events.matches(r#""unwritten":["x"]"#).count(), 1, "{events}");
}

/// Scripts write paths without quotes, and PATH has colons between its directories.
#[test]
fn whatever_directories_are_called() {
    let names =
        ["a b", "a:b", "it's \"$HOME\"", "new\nline", "back\\slash", "*", "-x (1)", "&;", "é"];
    for name in names {
        let outer = tempfile::tempdir().expect("a temporary directory");
        let lab = tempfile::Builder::new().prefix(name).tempdir_in(&outer).expect("it is ours");
        let lab = Lab(lab);
        lab.write("", &[("a", "", GREET), ("b", "a", NEXT)]);
        fs::write(lab.path("data.txt"), "data\n").expect("data");
        expect(&lab.run(&[]), 0, "2 jobs: 2 done\n");
        let text = fs::read_to_string(lab.jobs("next")[0].join("out/y")).expect("y");
        assert_eq!(text, "hello\ndata\nend\n", "{name:?}");
        expect(&lab.run(&[]), 0, "nothing to do: 2 jobs done");
        // Nothing that these jobs need is garbage.
        expect(&call(lab.0.path(), &["gc", "-y"]), 0, "nothing to remove");
        let inside = ["debug-run", "a", "-c", "repx_job && cat $out/x"];
        expect(&call(lab.0.path(), &inside), 0, "hello\ndata\nend\n");
        // A directory that was built holds scripts for others to call.
        expect(&call(lab.0.path(), &["build"]), 0, "2 jobs, ");
        let jobs = fs::read_dir(lab.path("result/jobs")).expect("jobs").flatten();
        let job = jobs.map(|job| job.path()).find(|job| support::name(job).contains("-work-"));
        let script = job.expect("the job").join("bin");
        let script = fs::read_dir(script).expect("scripts").flatten().next().expect("a script");
        let out = outer.path().join("out");
        fs::create_dir(&out).expect("it is ours");
        let ran = run(Command::new(script.path()).arg(&out).args(["/dev/null", "/dev/null"]));
        assert_eq!(ran.code, Some(0), "{name:?}: {ran:?}");
        assert_eq!(fs::read_to_string(out.join("x")).expect("x"), "hello\ndata\nend\n");
    }
}

/// Jobs that are isolated see a base path by the same link.
#[test]
fn isolated_jobs_see_the_link() {
    let outer = tempfile::tempdir().expect("a temporary directory");
    let lab = Lab(tempfile::Builder::new().prefix("a:b ").tempdir_in(&outer).expect("it is ours"));
    lab.write("", &[("a", "", GREET), ("b", "a", NEXT)]);
    fs::write(lab.path("data.txt"), "data\n").expect("data");
    // One that has no directory for links but /tmp, of which nothing is seen inside.
    let mut command = repx(lab.0.path());
    command.args(["run", "--bwrap", "--no-cache"]).env_remove("REPX_CACHE_DIR");
    let ran = run_within(command.env_remove("HOME").env_remove("XDG_CACHE_HOME"), PATIENCE);
    if ran.stderr.contains("repx::run::not-isolated") {
        return println!("not tried: {}", ran.stderr);
    }
    expect(&ran, 0, "2 jobs: 2 done\n");
}

/// Also where it is short, and no run's.
#[test]
fn a_name_of_several_jobs_lists_them() {
    let text = stage("n = 0;", "echo > ${outputs.x}").replace("\"work\"", "\"wo\"");
    let lab = Lab::new("n = [ 1 2 ];", &[("long", "", &text)]);
    for name in ["wo", "long"] {
        let ran = lab.run(&[name]);
        expect(&ran, 2, &format!("several jobs are of stage `{name}`"));
        assert!(ran.stderr.contains("(wo n=1)"), "{}", ran.stderr);
    }
}

/// A job is told from others by what it reads, too; values are as one would write them.
#[test]
fn jobs_are_named_by_what_sets_them_apart() {
    let first = stage("s = \"\";", "echo > ${outputs.x}");
    let next = NEXT.replace("cat ${inputs.x} >", "exit 1; : >");
    let values = r#"s = [ "" "say \"hi\"" "plain" ];"#;
    let lab = Lab::new(values, &[("a", "", &first), ("b", "a", &next)]);
    let dry = stdout(&lab.run(&["-n"]));
    for title in [r#"a s="""#, r#"a s="say \"hi\"""#, "a s=plain", r#"b (s="say \"hi\"")"#] {
        assert!(dry.contains(&format!(" main {title}\n")), "{dry}");
    }
    expect(&lab.run(&["-k"]), 1, " main b (s=plain)\n  exit status 1");
}

/// A script may remove what it stands in; that is no end as any other.
#[test]
fn a_job_that_removes_its_own_directory() {
    for what in [r#""$out""#, r#""$(dirname "$out")""#] {
        let lab = Lab::new("", &[("a", "", &stage("", &format!("    cd /; rm -r {what}")))]);
        expect(&lab.run(&[]), 1, "it ended well, but removed its own `$out`: .repx/outputs/");
    }
}

#[test]
fn what_is_no_list_of_items_is_told_with_its_place() {
    let text = r#"{ pkgs }: {
  pname = "many";
  scatter = {
    outputs = { worker__arg = { n = 1; }; work__items = "$out/list.json"; };
    run = { outputs, ... }: ''
      printf '[1,\n 2 3]' > ${outputs.work__items}
    '';
  };
  worker = {
    inputs.worker__item = "";
    outputs.half = "$out/half";
    run = { inputs, outputs, ... }: ''cat ${inputs.worker__item} > ${outputs.half}'';
  };
  gather = {
    inputs.worker__outs = "[]";
    outputs.sum = "$out/sum";
    run = { inputs, outputs, ... }: ''cat ${inputs.worker__outs} > ${outputs.sum}'';
  };
}
"#;
    let lab = Lab::new("", &[("m", "", text)]);
    let ran = run_logged(&lab, &[]);
    expect(&ran, 1, " main m\n  scatter: its `work__items` is no JSON list: .repx/outputs/");
    expect(&ran, 1, "-many-1.1/scatter/out/list.json:2:4: expected `,` or `]`");
}

/// Who follows a job that a call hasn't come to yet waits for it, also where an earlier call has seen it fail.
#[test]
fn a_log_is_followed_before_the_job_begins() {
    let wait = "    until [[ -e \"$LOG\" ]]; do sleep 0.02; done; echo > ${outputs.x}";
    let first = stage("", wait);
    let next = NEXT.replace("cat ${inputs.x} >", "echo here; [[ -e \\\"$LOG\\\" ]]; : >");
    let next = next.replace("\\\"", "\"");
    let lab = Lab::new("", &[("a", "", &first), ("b", "a", &next)]);
    let begun = || lab.jobs("work").first().is_some_and(|job| job.join("repx/stderr.log").exists());
    let mut child = start(&lab, &[]);
    wait_for(begun);
    let mut follow = repx(lab.0.path());
    follow.args(["log", "-f", "next", "--stdout"]);
    let follow = std::thread::spawn(move || run_within(&mut follow, PATIENCE));
    fs::write(lab.path("log"), "").expect("it is ours");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let followed = follow.join().expect("it doesn't panic");
    expect(&followed, 0, "here\n");
    expect(&followed, 0, "done");
    expect(&call(lab.0.path(), &["gc", "--lab", "nolab"]), 2, "'nolab' doesn't exist");
    expect(&call(lab.0.path(), &["gc", "-n"]), 0, "kept: 2 results of the lab here\n");
}

/// Where nothing may be written what is done can be seen to be.
#[test]
fn a_base_path_that_is_only_read() {
    let lab = Lab::new("", &[("a", "", &stage("", "    echo > ${outputs.x}"))]);
    fs::create_dir(lab.path("small")).expect("a directory");
    let mounted = "mount -t tmpfs none small && \"$0\" run -q --base-path small && \
         mount -o remount,ro small && \"$0\" run --base-path small; echo \"status $?\"; \
         exec \"$0\" run --base-path small --force";
    let Some(ran) = lab.mounting(mounted) else { return };
    let text = stdout(&ran);
    assert!(text.contains("nothing to do: 1 job done\nstatus 0\n"), "{text}\n{}", ran.stderr);
    expect(&ran, 2, "can't write to small/lock: Read-only file system");
    assert!(ran.stderr.contains("name another place for results: `--base-path DIR`"));
}

/// What begins has an end, whoever reads the events.
#[test]
fn what_is_stopped_is_told() {
    let first = stage("n = 0;", "    kill -INT $PPID; sleep 1000");
    let lab = Lab::new("n = [ 1 2 3 ];", &[("a", "", &first)]);
    let ran = lab.run(&["-j", "1", "--format", "ndjson"]);
    let text = stdout(&ran);
    assert_eq!(ran.code, Some(130), "{text}");
    assert_eq!(text.matches(r#""event":"started""#).count(), 1, "{text}");
    assert_eq!(text.matches(r#""event":"stopped""#).count(), 1, "{text}");
    expect(&ran, 130, r#""not_run":2,"#);
    expect(&lab.run(&["-j", "1"]), 130, "3 jobs: 1 stopped, 2 not run\n");
}

/// Items reach workers as scatter has written them, and who fails is named.
#[test]
fn items_are_handed_on_as_they_are_written() {
    let many = |gather: &str| {
        format!(
            r#"{{ pkgs }}: {{
  pname = "many";
  scatter = {{
    outputs = {{ worker__arg = {{ n = 1; }}; work__items = "$out/list.json"; }};
    run = {{ outputs, ... }}: ''
      printf '[123456789012345678901234567890,\n {{"b": 1.50, "a": "x y"}}, 1E2]' > ${{outputs.work__items}}
    '';
  }};
  worker = {{
    inputs.worker__item = "";
    outputs.half = "$out/half";
    run = {{ inputs, outputs, ... }}: ''cat ${{inputs.worker__item}} > ${{outputs.half}}; [ "$(cat ${{inputs.worker__item}})" != 1E2 ] || exit {gather}'';
  }};
  gather = {{
    inputs.worker__outs = "[]";
    outputs.sum = "$out/sum";
    run = {{ inputs, outputs, ... }}: ''exit 4'';
  }};
}}
"#
        )
    };
    let lab = Lab::new("", &[("a", "", &many("3"))]);
    expect(&lab.run(&[]), 1, "\n  item 2: exit status 3\n");
    let job = lab.jobs("-many-").remove(0);
    let item = |number: u32| {
        let step = fs::read_dir(job.join(format!("branch-{number}"))).expect("an item");
        let steps = step.flatten().map(|entry| entry.path().join("out/half"));
        steps.filter_map(|file| fs::read_to_string(file).ok()).collect::<String>()
    };
    assert_eq!(item(0), "123456789012345678901234567890");
    assert_eq!(item(1), r#"{"b":1.50,"a":"x y"}"#);
    lab.write("", &[("a", "", &many("0"))]);
    expect(&lab.run(&[]), 1, "\n  gather: exit status 4\n");
}

/// What another call is at isn't said to have been stopped.
#[test]
fn what_runs_right_now_is_told() {
    let script = "    echo > ${outputs.x}; while [ ! -e \"$LOG\" ]; do sleep 0.05; done";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    let mut child = start(&lab, &[]);
    wait_for(|| lab.jobs("work").first().is_some_and(|job| job.join("out/x").exists()));
    let id = support::name(&lab.jobs("work")[0])[..32].to_owned();
    expect(&call(lab.0.path(), &["eval", "--why", &id]), 0, "begun, and isn't over");
    expect(&lab.run(&["-n"]), 0, "it was begun, and isn't over: another call works here");
    fs::write(lab.path("log"), "").expect("it is ours");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}
