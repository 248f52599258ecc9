//! `repx log`, `repx debug-run` and `repx gc`: what is done with jobs besides running them.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::program::{Ran, call, copy, repx, run};
use support::repository;

/// A lab whose one run sweeps `n`; its one stage has this script.
struct Lab(tempfile::TempDir);

impl Lab {
    fn new(values: &str, script: &str) -> Lab {
        let lab = Lab(tempfile::tempdir().expect("a temporary directory"));
        lab.write(values, script);
        lab
    }

    fn write(&self, values: &str, script: &str) {
        let put = |name: &str, text: &str| fs::write(self.path(name), text).expect("a file");
        put(
            "lab.nix",
            "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; gitHash = \"x\"; lab_version = \"1\"; runs.main = repx-lib.callRun ./run.nix [ ]; }",
        );
        put(
            "run.nix",
            &format!(
                "{{ ... }}: {{ name = \"main\"; pipelines = [ ./pipe.nix ]; params.n = {values}; }}"
            ),
        );
        put(
            "pipe.nix",
            "{ repx }: repx.mkPipe rec { work = repx.callStage ./work.nix [ ]; next = repx.callStage ./next.nix [ work ]; }",
        );
        put(
            "work.nix",
            &format!(
                "{{ pkgs }}: {{ pname = \"work\"; params.n = 0; outputs.x = \"$out/x\"; runDependencies = [ pkgs.gawk ]; run = {{ outputs, params, ... }}: ''\n{script}\n  ''; }}"
            ),
        );
        put(
            "next.nix",
            "{ pkgs }: { pname = \"next\"; inputs.x = \"\"; outputs.y = \"$out/y\"; run = { inputs, outputs, ... }: ''\n    cp ${inputs.x} ${outputs.y}\n  ''; }",
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn call(&self, args: &[&str]) -> Ran {
        call(self.0.path(), args)
    }

    /// What a call prints that ends well.
    fn text(&self, args: &[&str]) -> String {
        let ran = self.call(args);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        String::from_utf8(ran.stdout).expect("UTF-8")
    }

    fn refused(&self, args: &[&str], said: &str) {
        let ran = self.call(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{said:?} isn't in {}", ran.stderr);
    }

    /// The id of the job of a stage with this `n`.
    fn id(&self, stage: &str, n: u32) -> String {
        let param = format!("n={n}");
        let args = ["list", "jobs", "-s", stage, "-p", &param, "--format", "ndjson"];
        let job: Value = serde_json::from_str(&self.text(&args)).expect("one job");
        job["id"].as_str().expect("an id").to_owned()
    }

    fn folders(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.path(".repx/outputs")).expect("results");
        entries.map(|entry| support::name(&entry.expect("an entry").path())).collect()
    }
}

/// All that lies below a directory, with contents and times.
fn snapshot(root: &Path) -> Vec<(PathBuf, Vec<u8>, i64, u64)> {
    let entries = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let entries = entries.map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| {
            let about = entry.path().symlink_metadata().expect("it is there");
            let text =
                if about.is_file() { fs::read(entry.path()).expect("it") } else { Vec::new() };
            (entry.path().to_owned(), text, about.mtime(), about.ino())
        })
        .collect()
}

const SPEAKS: &str = "    echo said ${toString params.n}\n    printf '\\377 odd \\033[31m\\n'\n    echo wrong >&2\n    echo ${toString params.n} > ${outputs.x}";

#[test]
fn logs_of_a_job_that_has_run() {
    let lab = Lab::new("[ 1 2 ]", SPEAKS);
    let id = lab.id("work", 1);
    lab.refused(&["log", &id], "hasn't run yet");
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let ran = lab.call(&["log", &id[..8]]);
    let (out, err) = (format!(".repx/outputs/{id}-work-1.1/repx/stdout.log"), "stderr.log\n");
    let text = String::from_utf8_lossy(&ran.stdout);
    assert!(text.starts_with(&format!("==> stdout {out}\nsaid 1\n")), "{text}");
    assert!(
        text.contains("\n==> stderr ") && text.contains(err) && text.contains("wrong\n"),
        "{text}"
    );
    // All of one of them, byte by byte.
    let ran = lab.call(&["log", &id, "--stdout"]);
    assert_eq!(ran.stdout, b"said 1\n\xff odd \x1b[31m\n");
    assert_eq!(lab.call(&["log", &id, "--stdout", "-n", "1"]).stdout, b"\xff odd \x1b[31m\n");
    assert!(lab.text(&["log", &id, "--stderr"]).contains("+ echo wrong"));
    let whole: Value =
        serde_json::from_str(&lab.text(&["log", &id, "--format", "json"])).expect("JSON");
    assert_eq!((&whole["schema"], &whole["status"]), (&"repx-log/1".into(), &"done".into()));
    assert_eq!(whole["logs"]["stdout"]["bytes"], 19);
    lab.refused(&["log", "zzzzzz"], "no job whose id or name begins with `zzzzzz`");
    for part in ["scatter", "gather"] {
        lab.refused(&["log", &id, "--part", part], "it is no scatter-gather job");
    }
    let ran = lab.call(&["log", &id, "-n", "0"]);
    assert_eq!((ran.stdout.len(), ran.stderr.as_str()), (0, ""), "it has printed something");
    // Its logs are there when the lab isn't.
    fs::remove_file(lab.path("lab.nix")).expect("a lab");
    assert_eq!(lab.call(&["log", &id, "--stdout"]).code, Some(0));
}

/// What is said behind it begins another line; who wants the bytes gets these.
#[test]
fn a_log_whose_last_line_has_no_end() {
    let lab = Lab::new("[ 1 ]", "    printf 'no end'\n    echo 1 > ${outputs.x}");
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let id = lab.id("work", 1);
    let both = lab.text(&["log", &id]);
    assert!(both.contains("\nno end\n\n==> stderr "), "{both}");
    assert_eq!(lab.text(&["log", &id, "--stdout"]), "no end");
    assert!(lab.text(&["log", "-f", &id]).contains("\nno end\n\n==> stderr "));
}

#[test]
fn a_log_is_followed_to_the_end_of_the_job() {
    let script = "    echo first\n    until [[ -e $GO ]]; do sleep 0.01; done\n    echo last\n    echo 1 > ${outputs.x}";
    let lab = Lab::new("[ 1 ]", script);
    let id = lab.id("work", 1);
    let go = lab.path("go");
    let mut job = repx(lab.0.path());
    job.args(["run", "-q"]).env("GO", &go).stdout(Stdio::null()).stderr(Stdio::null());
    let mut job = job.spawn().expect("it starts");
    let log = lab.path(&format!(".repx/outputs/{id}-work-1.1/repx/stdout.log"));
    let begin = Instant::now();
    while !fs::read_to_string(&log).is_ok_and(|text| text == "first\n") {
        assert!(begin.elapsed() < Duration::from_secs(30), "the job doesn't begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut follower = repx(lab.0.path());
    follower.args(["log", "-f", "--stdout", &id]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut follower = follower.spawn().expect("it starts");
    let mut stdout = follower.stdout.take().expect("a pipe");
    let mut first = [0; 6];
    stdout.read_exact(&mut first).expect("what is there already");
    assert_eq!(&first, b"first\n");
    fs::write(go, "").expect("a file");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("it ends");
    assert_eq!(rest, "last\n");
    let ended = follower.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    assert_eq!(String::from_utf8_lossy(&ended.stderr), format!("work {}: done\n", &id[..8]));
    assert!(job.wait().expect("it ends").success());
    // Nobody runs what comes next in an edited lab.
    lab.write("[ 5 ]", script);
    let next = lab.id("work", 5);
    let told = |expected: &str| {
        let ran = lab.call(&["log", "-f", &next]);
        assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    };
    told("hasn't run yet, and nobody runs it");
    // A call was killed before it printed anything.
    fs::create_dir_all(lab.path(&format!(".repx/outputs/{next}-work-1.1/repx")))
        .expect("it is ours");
    told("has printed nothing, and nobody runs it");
    let ran = lab.call(&["log", &id, "-n", "-1"]);
    assert!(ran.stderr.contains("expected a number of lines, such as 20"), "{}", ran.stderr);
}

#[test]
fn logs_of_parts() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("examples/scatter-gather/nix"), &directory.path().join("nix"));
    assert_eq!(call(directory.path(), &["run", "-q"]).code, Some(0));
    let jobs = call(directory.path(), &["list", "jobs", "--format", "ndjson"]);
    let jobs = String::from_utf8(jobs.stdout).expect("UTF-8");
    let jobs = jobs.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let job = jobs.into_iter().find(|job| job["stage_type"] == "scatter-gather").expect("one");
    let id = job["id"].as_str().expect("an id");
    let ran = call(directory.path(), &["log", id]);
    assert!(
        ran.stderr.contains("its parts have logs of their own, --part: scatter, "),
        "{}",
        ran.stderr
    );
    let named = ran.stderr.split_once("scatter, ").expect("parts").1;
    let part = named.split(',').next().expect("a part").trim();
    let ran = call(directory.path(), &["log", id, "--part", part, "--stderr"]);
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stdout.is_empty());
    let ran = call(directory.path(), &["log", id, "--part", "worker:9999"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("there are scatter"), "{}", ran.stderr);
    let mut narrow = repx(directory.path());
    let told = run(narrow.args(["log", id]).env("COLUMNS", "40")).stderr;
    assert!(told.lines().count() > 1 && told.lines().all(|line| line.len() <= 40), "{told}");
    // The environment of a part.
    let ran =
        call(directory.path(), &["debug-run", id, "--part", part, "-c", "echo ${#inputs[@]}"]);
    assert!(ran.code == Some(0) && ran.stdout != b"0\n", "{ran:?}");
    let ran = call(directory.path(), &["debug-run", id, "--part", "worker:9999", "-c", "true"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("its items are 0 to "), "{}", ran.stderr);
    let ran = call(directory.path(), &["debug-run", id, "--part", "nobody"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("its parts: scatter, "), "{}", ran.stderr);
}

#[test]
fn a_look_into_a_jobs_environment() {
    let lab = Lab::new("[ 1 2 ]", SPEAKS);
    let (work, next) = (lab.id("work", 2), lab.id("next", 2));
    lab.refused(&["debug-run", &next, "-c", "true"], "reads from jobs that aren't done");
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let before = snapshot(&lab.path(".repx/outputs"));
    let said = lab.text(&[
        "debug-run",
        &work,
        "-c",
        "echo ${params[n]} ${parameters[n]}; echo $PWD; echo $out; ls -A; type -p awk bash",
    ]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines[1]), ("2 2", lines[2]));
    assert!(!lines[1].starts_with(&lab.0.path().display().to_string()), "{said}");
    assert!(!Path::new(lines[1]).exists(), "it is removed");
    // The search path is that of the script.
    assert!(lines[3].starts_with(&lab.path(".repx/store/host/").display().to_string()), "{said}");
    let said = lab.text(&["debug-run", &next, "-c", "cat \"${inputs[x]}\""]);
    assert_eq!(said, "2\n");
    // The script itself, elsewhere.
    let ran = lab.call(&["debug-run", &work, "--keep", "-c", "repx_job && cat $out/x"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.ends_with(b"\n2\n"), "{ran:?}");
    let kept = ran.stderr.lines().find_map(|line| line.strip_prefix("kept: ")).expect("a place");
    assert_eq!(fs::read_to_string(Path::new(kept).join("x")).expect("x"), "2\n");
    fs::remove_dir_all(Path::new(kept).parent().expect("a directory")).expect("it");
    // What fails is told; what is broken is not run.
    assert_eq!(lab.call(&["debug-run", &work, "-c", "exit 3"]).code, Some(1));
    assert_eq!(lab.call(&["debug-run", &work, "-c", "false; echo no"]).stdout, b"");
    assert_eq!(snapshot(&lab.path(".repx/outputs")), before);
    // Commands from standard input.
    let mut command = repx(lab.0.path());
    let file = lab.path("commands");
    fs::write(&file, "echo \"n is ${params[n]}\"\n").expect("a file");
    command.args(["debug-run", &work]).stdin(fs::File::open(file).expect("it"));
    let output = command.output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n is 2\n");
}

#[test]
fn what_no_lab_needs_is_removed() {
    let lab = Lab::new("[ 1 2 ]", SPEAKS);
    assert_eq!(lab.text(&["gc"]), "nothing to remove: there is no .repx\n");
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let first = lab.folders();
    assert!(lab.text(&["gc"]).ends_with("nothing to remove\n"));
    lab.write("[ 2 3 ]", SPEAKS);
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    assert_eq!(lab.folders().len(), 6);
    let stray = lab.path(".repx/outputs/mine");
    fs::create_dir(&stray).expect("a directory");
    // Looking changes nothing at all.
    let before = snapshot(&lab.path(".repx"));
    let dry = lab.text(&["gc", "--dry-run"]);
    assert!(dry.starts_with("kept: 4 results of the lab here\nwould remove "), "{dry}");
    assert!(dry.contains("2 results") && dry.contains("would free "), "{dry}");
    assert_eq!(snapshot(&lab.path(".repx")), before);
    let whole: Value =
        serde_json::from_str(&lab.text(&["gc", "-n", "--format", "json"])).expect("JSON");
    assert_eq!((&whole["schema"], &whole["kept"]), (&"repx-gc/1".into(), &4.into()));
    let done = lab.text(&["gc"]);
    assert!(done.contains("\nfreed ") && done.contains(": 2 results"), "{done}");
    assert_eq!(lab.folders().len(), 5);
    assert!(stray.exists() && !lab.path(".repx/trash").exists());
    // What is needed is as good as before.
    assert!(lab.text(&["run"]).contains("nothing to do: 4 jobs done"));
    assert_eq!(first.intersection(&lab.folders()).count(), 2);
}

#[test]
fn scripts_go_with_the_last_results_of_them() {
    let lab = Lab::new("[ 1 ]", SPEAKS);
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let scripts = || {
        let entries = fs::read_dir(lab.path(".repx/store")).expect("a store");
        let names = entries.map(|entry| support::name(&entry.expect("an entry").path()));
        names.filter(|name| name.ends_with(".sh")).collect::<BTreeSet<_>>()
    };
    assert_eq!(scripts().len(), 2);
    let old = scripts();
    lab.write("[ 1 ]", "    echo other > ${outputs.x}");
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    assert_eq!(scripts().len(), 3, "that of `next` is the same");
    let done = lab.text(&["gc"]);
    assert!(done.contains("1 file of the store"), "{done}");
    assert_eq!(scripts().intersection(&old).count(), 1);
    assert!(lab.text(&["run"]).contains("nothing to do"));
}

#[test]
fn pins_and_other_labs_keep_their_results() {
    let lab = Lab::new("[ 1 ]", SPEAKS);
    let base = lab.path("base").display().to_string();
    fn with_base<'a>(args: &[&'a str], base: &'a str) -> Vec<&'a str> {
        [args, &["--base-path", base]].concat()
    }
    macro_rules! with {
        ($args:expr) => {
            with_base($args, &base)
        };
    }
    assert_eq!(lab.call(&with!(&["run", "-q"])).code, Some(0));
    assert_eq!(lab.text(&with!(&["gc", "--pin", "paper"])), "pinned paper: 2 jobs\n");
    lab.write("[ 2 ]", SPEAKS);
    assert_eq!(lab.call(&with!(&["run", "-q"])).code, Some(0));
    assert!(lab.text(&with!(&["gc"])).ends_with("nothing to remove\n"));
    // Another lab that uses the same base path.
    let other = Lab::new("[ 3 ]", SPEAKS);
    assert_eq!(other.call(&with!(&["run", "-q"])).code, Some(0));
    let kept = lab.text(&with!(&["gc"]));
    assert!(kept.starts_with("kept: 6 results of ") && kept.contains("pin paper"), "{kept}");
    let list = lab.text(&with!(&["gc", "--list"]));
    assert_eq!(list.lines().count(), 4, "{list}");
    assert!(list.contains("\npin   paper     2  "), "{list}");
    // What is pinned is let go of when that is asked for, and only then.
    let taken = "there is a pin `paper`";
    lab.refused(&with!(&["gc", "--pin", "paper"]), taken);
    other.refused(&with!(&["gc", "--pin", "paper"]), taken);
    for change in [["--unpin", "paper"], ["--forget", "x"], ["--pin", "other"]] {
        let call = with!(&["gc", "--dry-run", change[0], change[1]]);
        lab.refused(&call, "cannot be used with");
    }
    let list = lab.text(&with!(&["gc", "--list"]));
    assert!(list.contains("\npin   paper     2  ") && list.lines().count() == 4, "{list}");
    lab.refused(&with!(&["gc", "--unpin", "papr"]), "did you mean `paper`?");
    lab.refused(&with!(&["gc", "--pin", "a/b"]), "a pin can't be called `a/b`");
    assert_eq!(lab.text(&with!(&["gc", "--unpin", "paper"])), "unpinned paper\n");
    assert!(lab.text(&with!(&["gc", "-n"])).contains("2 results"));
    lab.refused(
        &with!(&["gc", "--forget", "/nowhere"]),
        "no jobs of a lab `/nowhere` were run here",
    );
    let place = other.0.path().display().to_string();
    assert_eq!(lab.text(&with!(&["gc", "--forget", &place])), format!("forgot {place}\n"));
    assert!(lab.text(&with!(&["gc", "-n"])).contains("4 results"));
    // Nothing but pins.
    lab.text(&with!(&["gc", "--pin"]));
    let done = lab.text(&with!(&["gc", "--pinned-only"]));
    assert!(done.starts_with("kept: 2 results of pin "), "{done}");
    assert_eq!(lab.text(&with!(&["gc", "--list"])).lines().count(), 2);
}

#[test]
fn nothing_is_removed_on_doubt() {
    let lab = Lab::new("[ 1 ]", SPEAKS);
    assert_eq!(lab.call(&["run", "-q"]).code, Some(0));
    let before = lab.folders();
    fs::write(lab.path(".repx/labs/broken"), "x").expect("a file");
    lab.refused(&["gc"], "can't tell what is needed");
    fs::remove_file(lab.path(".repx/labs/broken")).expect("a file");
    // A lab that can't be evaluated needs who knows what.
    fs::write(lab.path("lab.nix"), "{").expect("a file");
    lab.refused(&["gc"], "unexpected end of file");
    fs::remove_file(lab.path("lab.nix")).expect("a file");
    assert!(lab.text(&["gc"]).ends_with("nothing to remove\n"), "it counts as it was");
    fs::remove_dir_all(lab.path(".repx/labs")).expect("labs");
    lab.refused(&["gc"], "no lab is known");
    assert_eq!(lab.folders(), before);
}

#[test]
fn a_call_that_runs_jobs_is_waited_for() {
    let script = "    until [[ -e $GO ]]; do sleep 0.01; done\n    echo 1 > ${outputs.x}";
    let lab = Lab::new("[ 1 ]", script);
    let go = lab.path("go");
    let mut job = repx(lab.0.path());
    job.args(["run", "-q"]).env("GO", &go).stdout(Stdio::null()).stderr(Stdio::null());
    let mut job = job.spawn().expect("it starts");
    let begin = Instant::now();
    while !lab.path(".repx/labs").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30), "the call doesn't begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut gc = repx(lab.0.path());
    gc.args(["gc"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut gc = gc.spawn().expect("it starts");
    let mut said = [0; 14];
    gc.stderr.take().expect("a pipe").read_exact(&mut said).expect("it says that it waits");
    assert_eq!(&said, b"another `repx`");
    fs::write(go, "").expect("a file");
    assert!(job.wait().expect("it ends").success());
    let output = gc.wait_with_output().expect("it ends");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("nothing to remove\n"));
}
