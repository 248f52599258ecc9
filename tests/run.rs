//! Labs that are run: from the command line to results on the disk, whatever happens in between.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Child;
use std::time::{Duration, Instant};

use support::lab::{
    Lab, PATIENCE, child_is_over, expect, is_alive, run, run_logged, signal, stage, start, stdout,
    wait_for,
};
use support::program::copy;
use support::repository;

#[test]
fn the_examples_run_and_are_done() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("examples"), directory.path());
    for lab in ["simple", "scatter-gather", "grading"] {
        let dry = stdout(&run(directory.path(), &[lab, "-n"]));
        // A job a line, each below why it would run.
        let jobs = dry.lines().filter(|line| line.starts_with("  ")).count();
        assert!(jobs >= 3, "{dry}");
        let ran = run(directory.path(), &[lab]);
        expect(&ran, 0, &format!("{jobs} jobs: {jobs} done\n"));
        expect(&run(directory.path(), &[lab]), 0, &format!("nothing to do: {jobs} jobs done"));
    }
    let table = walkdir::WalkDir::new(directory.path().join("simple/.repx"));
    let table = table.into_iter().flatten().find(|e| e.file_name() == "table.txt").expect("it");
    let text = fs::read_to_string(table.path()).expect("a table");
    assert!(text.contains("n=10 jobs=3 mean=0.") && text.contains("n=100 jobs=3"), "{text}");
    let top = walkdir::WalkDir::new(directory.path().join("scatter-gather/.repx"));
    let top = top.into_iter().flatten().find(|e| e.file_name() == "top.txt").expect("it");
    assert_eq!(fs::read_to_string(top.path()).expect("a list").lines().count(), 3);
}

/// The documents' own examples. Some speak of programs that they neither have nor ask for: these say so.
#[test]
fn the_documents_examples_run() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    copy(&repository("corpus/seeds"), directory.path());
    let entries = fs::read_dir(directory.path()).expect("labs");
    let labs: BTreeSet<String> =
        entries.map(|entry| support::name(&entry.expect("a lab").path())).collect();
    assert!(labs.len() >= 12, "{labs:?}");
    for lab in &labs {
        let ran = run(directory.path(), &[lab, "-k"]);
        match lab.as_str() {
            // One of its stages is for a machine with a graphics card; the others run.
            "advanced-resources" if ran.stderr.contains("`nvcc`") => {
                expect(&ran, 1, "3 jobs: 1 done, 1 failed, 1 blocked");
            }
            "advanced-dynamic-stages" | "parameters-defaults" | "parameters-sweep-dot" => {
                let text = stdout(&ran);
                let without = ["python3: command not found", "python3: can't open file"];
                let told = without.iter().any(|said| text.contains(said));
                assert!(ran.code == Some(1) && told, "{lab}: {text}\n{}", ran.stderr);
            }
            _ => {
                expect(&ran, 0, " done\n");
                expect(&run(directory.path(), &[lab]), 0, "nothing to do: ");
            }
        }
    }
}

#[test]
fn a_thousand_jobs() {
    let stages = [("a", "", &*stage("n = 0;", "    echo ${toString params.n} > ${outputs.x}"))];
    let lab = Lab::new("n = repx-lib.utils.range 1 1000;", &stages);
    expect(&lab.run(&["-q"]), 0, "1,000 jobs: 1,000 done\n");
    assert_eq!(lab.done().len(), 1000);
    let sum: u32 = lab
        .jobs("work")
        .iter()
        .map(|job| fs::read_to_string(job.join("out/x")).expect("x").trim().parse::<u32>().unwrap())
        .sum();
    assert_eq!(sum, 500_500);
}

#[test]
fn values_arrive_intact() {
    let params = r#"v = "it's \"so\"\n  \$HOME \\ `x` \${y}"; l = [ "a b" 2 ]; f = 0.1; e = true; z = null;"#;
    let script = r#"    printf '%s' ${params.v} > "$out/x"
    printf '%s' "''${params["v"]}" > "$out/y"
    printf '%s' "''${parameters["v"]}" > "$out/z"
    printf '<%s>' ${params.f} ${params.e} "''${params[z]}" "''${params[l]}" > "$out/w"
    printf '%s\n' "$#" "$1" "$2" "$3" "$PWD" > "$out/args""#;
    let lab = Lab::new("", &[("a", "", &stage(params, script))]);
    expect(&lab.run(&[]), 0, "1 job: 1 done\n");
    let job = lab.jobs("work").remove(0);
    let read = |name: &str| fs::read_to_string(job.join(name)).expect("written");
    let value = "it's \"so\"\n  $HOME \\ `x` ${y}";
    assert_eq!([read("out/x"), read("out/y"), read("out/z")], [value; 3]);
    assert_eq!(read("out/w"), "<0.1><true><><a b 2>");
    let json: serde_json::Value =
        serde_json::from_str(&read("repx/parameters.json")).expect("JSON");
    assert_eq!(json["v"], value);
    let place = |name: &str| job.join(name).display().to_string();
    let expected = [
        "3".to_owned(),
        place("out"),
        place("repx/inputs.json"),
        place("repx/parameters.json"),
        place("out"),
    ];
    assert_eq!(read("out/args").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn failures_block_what_follows_and_nothing_else() {
    let first = stage(
        "n = 0;",
        "    echo out; echo says why >&2; (( ${toString params.n} != 2 )) || exit 3\n    echo ok > ${outputs.x}",
    );
    let next = "{ pkgs }: { pname = \"next\"; inputs.x = \"\"; outputs.y = \"$out/y\"; run = { inputs, outputs, ... }: ''cat ${inputs.x} > ${outputs.y}''; }";
    let lab = Lab::new("n = [ 1 2 3 ];", &[("a", "", &first), ("b", "a", next)]);
    let ran = lab.run(&["-k"]);
    expect(&ran, 1, "6 jobs: 4 done, 1 failed, 1 blocked\n");
    let text = stdout(&ran);
    assert!(text.contains("exit status 3") && text.contains("│ + exit 3"), "{text}");
    assert!(text.contains("says why") && text.contains("repx/stderr.log"), "{text}");
    assert!(ran.stderr.contains("failed"), "{}", ran.stderr);
    // It failed, and is tried again; what was done is not.
    let dry = lab.run(&["-n"]);
    expect(&dry, 0, "2 jobs would run, 4 done");
    let said = stdout(&dry);
    assert!(said.starts_with("it failed · 1 job\n  ") && said.contains(" main a n=2\n"), "{said}");
    assert!(said.contains(" → 2 · 1 job\n"), "{said}");
    expect(&lab.run(&["-j", "1"]), 1, "6 jobs: 4 done before, 1 failed, 1 blocked\n");
    let mended = first.replace("exit 3", "true");
    lab.write("n = [ 1 2 3 ];", &[("a", "", &mended), ("b", "a", next)]);
    expect(&lab.run(&[]), 0, "6 jobs: 6 done\n");
}

/// Scatter-gather: `{fail}` stands where each part may fail.
fn scattered(items: u32, fail: &str) -> String {
    let part = |name: &str| if fail == name { "exit 7" } else { "true" };
    format!(
        r#"{{ pkgs }}: {{
  pname = "many";
  scatter = {{
    outputs = {{ worker__arg = {{ n = 1; }}; work__items = "$out/list.json"; common = "$out/common"; }};
    run = {{ outputs, ... }}: ''
      {}
      echo scatter >> "$LOG"
      echo shared > ${{outputs.common}}
      for ((i = 1; i <= {items}; i++)); do s="''${{s-}}''${{s:+,}}{{\"n\":$i}}"; done
      echo "[''${{s-}}]" > ${{outputs.work__items}}
    '';
  }};
  steps = rec {{
    one = {{
      inputs = {{ worker__item = ""; common = ""; }};
      outputs.half = "$out/half";
      run = {{ inputs, outputs, ... }}: ''
        n=$(grep -o '[0-9]*' ${{inputs.worker__item}})
        [[ $n != 5 ]] || {}
        [[ $(cat ${{inputs.common}}) == shared ]]
        echo "one $n" >> "$LOG"
        echo $n > ${{outputs.half}}
      '';
    }};
    two = {{
      inputs.half = "";
      outputs.whole = "$out/whole";
      deps = [ one ];
      run = {{ inputs, outputs, ... }}: ''
        n=$(cat ${{inputs.half}})
        echo "two $n" >> "$LOG"
        echo $((2 * n)) > ${{outputs.whole}}
      '';
    }};
  }};
  gather = {{
    inputs.worker__outs = "[]";
    outputs.sum = "$out/sum";
    run = {{ inputs, outputs, ... }}: ''
      {}
      echo gather >> "$LOG"
      grep -o '"whole": *"[^"]*"' ${{inputs.worker__outs}} | cut -d '"' -f 4 |
        while IFS= read -r file; do cat "$file"; done | paste -sd+ | sed 's/^/total: /' > ${{outputs.sum}}
    '';
  }};
}}
"#,
        part("scatter"),
        part("step"),
        part("gather")
    )
}

#[test]
fn two_hundred_items() {
    let lab = Lab::new("", &[("m", "", &scattered(200, ""))]);
    expect(&run_logged(&lab, &["-j", "4"]), 0, "1 job: 1 done\n");
    let sum = fs::read_to_string(lab.jobs("many")[0].join("out/sum")).expect("a sum");
    let terms = sum.trim().trim_start_matches("total: ").split('+');
    let total: u32 = terms.map(|term| term.parse::<u32>().expect("a number")).sum();
    assert_eq!(total, 2 * 20_100);
    assert_eq!(lab.lines("log").values().sum::<usize>(), 402);
}

#[test]
fn each_phase_may_fail_and_is_taken_up_there() {
    for (fail, kept) in [("scatter", 0), ("step", 1 + 2 * 8), ("gather", 1 + 2 * 9)] {
        let lab = Lab::new("", &[("m", "", &scattered(9, fail))]);
        let ran = run_logged(&lab, &["-k"]);
        expect(&ran, 1, "1 job: 1 failed\n");
        assert!(stdout(&ran).contains("exit status 7"), "{}", stdout(&ran));
        assert_eq!(lab.lines("log").values().sum::<usize>(), kept, "{fail}");
        assert!(lab.jobs("many")[0].join("repx/FAIL").exists(), "{fail}");
        // The same job, so its script is the same: only what failed is done again.
        expect(&run_logged(&lab, &["-k"]), 1, "1 job: 1 failed\n");
        assert_eq!(lab.lines("log").values().sum::<usize>(), kept, "{fail}");
    }
}

#[test]
fn names_pick_jobs_and_near_misses_are_told() {
    let lab = Lab::new("n = [ 1 2 ];", &[("a", "", &stage("n = 0;", "    echo > ${outputs.x}"))]);
    expect(&lab.run(&["mian"]), 2, "did you mean `main`");
    expect(&lab.run(&["@mian"]), 2, "the lab has no group `mian`");
    let dry = stdout(&lab.run(&["-n", "main"]));
    let row = dry.lines().nth(1).expect("a job below what is said of it");
    let id = row.split_whitespace().next().expect("an id").to_owned();
    expect(&lab.run(&[&id]), 0, "1 job: 1 done\n");
    expect(&lab.run(&["--lab", ".", "main"]), 0, "2 jobs: 1 done, 1 done before\n");
    expect(&lab.run(&[&id]), 0, "nothing to do: 1 job done");
    expect(&lab.run(&[&id, "--force"]), 0, "1 job: 1 done\n");
    assert_eq!(lab.done().len(), 2);
}

/// Whatever files are called, and however short a stage's name is.
#[test]
fn a_word_is_a_run_or_a_job_of_the_lab_at_hand() {
    let lab = Lab::new("", &[("a", "", &stage("", "echo 1 > ${outputs.x}"))]);
    fs::write(lab.path("main"), "no lab").expect("a file");
    expect(&lab.run(&["main", "-q"]), 0, "1 job: 1 done");
    expect(&lab.run(&["a", "-q"]), 0, "nothing to do");
}

/// Of another lab whose results lie there too, with a job whose id begins so.
#[test]
fn what_is_looked_at_is_of_the_lab_at_hand() {
    let script = stage("n = 0;", "echo ${params.n} > ${outputs.x}");
    let lab = Lab::new("n = [ 1 2 3 4 5 6 7 8 ];", &[("a", "", &script)]);
    expect(&lab.run(&["-q"]), 0, "8 jobs: 8 done");
    let ids: Vec<String> = lab.jobs("work").iter().map(|job| support::name(job)).collect();
    let begins = |id: &str| ids.iter().filter(|other| other[..1] == id[..1]).count();
    let fit = |id: &&String| id.starts_with(char::is_alphabetic) && begins(id) == 1;
    let id = ids.iter().find(fit).expect("one that begins as no other, with a letter");
    let short = &id[..1];
    let other = stage("", "echo 2 > ${outputs.x}");
    lab.write("", &[(short, "", &other.replace("work", "other"))]);
    expect(&lab.run(&["-q"]), 0, "1 job: 1 done");
    for (arguments, said) in
        [(["show", "output"], "-other-"), (["log", "--format=table"], "echo 2")]
    {
        let ran =
            support::program::run(support::program::repx(lab.0.path()).args(arguments).arg(short));
        expect(&ran, 0, said);
    }
    // What the lab doesn't know is still there.
    let ran =
        support::program::run(support::program::repx(lab.0.path()).args(["show", "output", id]));
    expect(&ran, 0, "-work-");
}

#[test]
fn a_dry_run_leaves_nothing() {
    let lab = Lab::new("", &[("a", "", &stage("", "    true"))]);
    expect(&lab.run(&["-n"]), 0, "1 job would run\n");
    assert!(!lab.path(".repx").exists());
}

#[test]
fn a_dry_run_says_what_changed() {
    let first = |script: &str| {
        stage("n = 0;", &format!("    {script} ${{toString params.n}} > ${{outputs.x}}"))
    };
    let next = "{ pkgs }: { pname = \"next\"; inputs.x = \"\"; outputs.y = \"$out/y\"; run = { inputs, outputs, ... }: ''cat ${inputs.x} > ${outputs.y}''; }";
    let lab = Lab::new("n = [ 1 2 3 ];", &[("a", "", &first("echo")), ("b", "a", next)]);
    let dry = |args: &[&str]| stdout(&lab.run(&[&["-n"], args].concat()));
    let said = dry(&[]);
    assert!(
        said.starts_with("never run · 6 jobs\n") && said.ends_with("6 jobs would run\n"),
        "{said}"
    );
    expect(&lab.run(&["-q"]), 0, "6 done");
    // Another value, in the place of one.
    lab.write("n = [ 1 2 4 ];", &[("a", "", &first("echo")), ("b", "a", next)]);
    let said = dry(&[]);
    assert!(said.contains("param n 3 → 4, ") || said.contains("param n 3 → 4 · 1 job\n"), "{said}");
    assert!(
        said.contains("\nupstream: param n 3 → 4") && said.ends_with("2 jobs would run, 4 done\n"),
        "{said}"
    );
    // Of each job what the heading doesn't say; with -v nothing is cut.
    let long = "echo a text that is long enough for a line of eighty columns and more than it";
    lab.write("n = [ 1 2 4 5 ];", &[("a", "", &first(long)), ("b", "a", next)]);
    let heading = "param n, perhaps script of stage a changed · 2 jobs\n";
    let said = dry(&[]);
    let (_, rows) = said.split_once(heading).unwrap_or_else(|| panic!("{said}"));
    let rows: Vec<&str> = rows.lines().take(2).collect();
    assert!(rows[0].ends_with(" main a n=4: param n 3 → 4"), "{said}");
    assert!(rows[1].ends_with(" main a n=5: param n 3 → 5"), "{said}");
    // A script, and what follows from it.
    lab.write("n = [ 1 2 3 ];", &[("a", "", &first("printf %s")), ("b", "a", next)]);
    let said = dry(&[]);
    assert!(said.starts_with("script of stage a changed · 3 jobs\n"), "{said}");
    assert!(said.contains("\nupstream: script of stage a changed · 3 jobs\n"), "{said}");
    let events = dry(&["--format", "ndjson"]);
    let event: serde_json::Value =
        serde_json::from_str(events.lines().nth(1).expect("an event")).expect("JSON");
    assert_eq!((&event["reason"], &event["verdict"]), (&"no-results".into(), &"changed".into()));
    assert_eq!(event["reasons"][0]["kind"], "script");
    // Results that somebody has removed, and what was stopped.
    lab.write("n = [ 1 2 3 ];", &[("a", "", &first("echo")), ("b", "a", next)]);
    let done = lab.jobs("-next-");
    fs::remove_dir_all(done[0].join("out")).expect("it is ours");
    fs::remove_file(done[1].join("repx/SUCCESS")).expect("it is ours");
    let said = dry(&[]);
    assert!(said.contains("its results were removed · 1 job\n"), "{said}");
    assert!(said.contains("it was begun, and didn't end · 1 job\n"), "{said}");
    assert!(dry(&["--force"]).contains("it is done, but --force is given · 4 jobs\n"));
}

#[test]
fn what_cannot_run_is_named_before_anything_runs() {
    let with = |what: &str| {
        let text = stage("", "    true");
        text.replace("outputs.x", &format!("runDependencies = [ {what} ];\n  outputs.x"))
    };
    let lab = Lab::new("", &[("a", "", &with("pkgs.nosuchthing"))]);
    expect(&lab.run(&[]), 2, "knows no package `nosuchthing`");
    let lab = Lab::new("", &[("a", "", &stage("", "    ${pkgs.nosuchthing}/bin/x"))]);
    expect(&lab.run(&[]), 2, "knows no package `nosuchthing`");
    assert!(lab.done().is_empty());
    expect(&lab.run(&["--pkgs", "<nixpkgs>"]), 2, "was not found in the Nix search path");
}

#[test]
fn programs_and_files_of_the_lab_are_there() {
    let lab = Lab::new(
        "",
        &[(
            "a",
            "",
            "{ pkgs }: { pname = \"work\"; outputs.x = \"$out/x\"; runDependencies = [ (pkgs.writeShellScriptBin \"greet\" ''echo hello'') ];\n run = { outputs, ... }: ''\n greet > ${outputs.x}\n cat ${./data.txt} >> ${outputs.x}\n ${pkgs.coreutils}/bin/echo end >> ${outputs.x}\n ''; }",
        )],
    );
    fs::write(lab.path("data.txt"), "data\n").expect("data");
    expect(&lab.run(&[]), 0, "1 job: 1 done\n");
    let text = fs::read_to_string(lab.jobs("work")[0].join("out/x")).expect("x");
    assert_eq!(text, "hello\ndata\nend\n");
}

#[test]
fn logs_are_bytes_as_they_come() {
    let script = r"    set +x
    printf 'a\377b\000c'; printf '\376\n' >&2; echo 'é' >&2; exit 1";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    let ran = lab.run(&[]);
    expect(&ran, 1, "1 job: 1 failed\n");
    let job = lab.jobs("work").remove(0);
    assert_eq!(fs::read(job.join("repx/stdout.log")).expect("a log"), b"a\xffb\0c");
    let said = fs::read(job.join("repx/stderr.log")).expect("a log");
    assert!(said.ends_with("\n\u{e9}\n".as_bytes()) && said.contains(&0xfe), "{said:?}");
    assert!(stdout(&ran).contains("│ é"), "{}", stdout(&ran));
}

#[test]
fn a_daemon_does_not_outlive_its_job() {
    let script = "    sleep 1000 & echo $! > ${outputs.x}";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    let begin = Instant::now();
    expect(&lab.run(&[]), 0, "1 job: 1 done\n");
    assert!(begin.elapsed() < Duration::from_secs(900));
    let pid = fs::read_to_string(lab.jobs("work")[0].join("out/x")).expect("a pid");
    wait_for(|| !is_alive(pid.trim()));
}

/// Not even one that leaves the job's group and all its files behind.
#[test]
fn a_daemon_in_a_session_of_its_own_neither() {
    let script = "    /usr/bin/setsid bash -c 'echo $$ > \"$0\"; exec sleep 1000' ${outputs.x} < /dev/null &> /dev/null &\n    until [[ -s ${outputs.x} ]]; do read -t 0.05 < <(:) || true; done";
    let lab = Lab::new("", &[("a", "", &stage("", script))]);
    expect(&lab.run(&[]), 0, "1 job: 1 done\n");
    let pid = fs::read_to_string(lab.jobs("work")[0].join("out/x")).expect("a pid");
    wait_for(|| !is_alive(pid.trim()));
}

/// A process that has ended may still be listed until somebody has noticed. The trap's script waits for a program:
/// bash may run a trap while it reads a `<(…)`, and then reads the trap wrongly.
#[test]
fn interrupts_end_children_first_gently_then_firmly() {
    let gentle = stage(
        "",
        "    trap 'echo bye > \"$LOG\"; exit 0' TERM\n    echo > ${outputs.x}; while true; do sleep 0.05 || true; done",
    );
    let lab = Lab::new("", &[("a", "", &gentle)]);
    let mut child = start(&lab, &[]);
    wait_for(|| lab.jobs("work").first().is_some_and(|job| job.join("out/x").exists()));
    signal(&child, "-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!(lab.lines("log").get("bye"), Some(&1));
    // One that doesn't hear: the second time it is ended.
    let deaf = stage(
        "",
        "    trap \"\" TERM\n    echo $$ > ${outputs.x}; while true; do read -t 0.05 < <(:) || true; done",
    );
    let lab = Lab::new("", &[("a", "", &deaf)]);
    let mut child = start(&lab, &[]);
    let pid = || {
        let job = lab.jobs("work").into_iter().next()?;
        let text = fs::read_to_string(job.join("out/x")).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    };
    wait_for(|| pid().is_some());
    let pid = pid().expect("written");
    signal(&child, "-INT");
    signal(&child, "-INT");
    // Two at once may count as one; another does no harm unless it is over.
    wait_for(|| {
        let over = child_is_over(&child);
        if !over {
            signal(&child, "-INT");
        }
        over
    });
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(lab.done().is_empty());
    // A third one would have left it to the next call, which ends it.
    let quick = stage("", "    echo > ${outputs.x}");
    lab.write("", &[("a", "", &quick)]);
    expect(&lab.run(&[]), 0, "1 job: 1 done\n");
    wait_for(|| !is_alive(&pid));
}

/// Killed at any moment, the next call goes on: what was done is not done again, and nothing half
/// written is taken for done.
#[test]
fn killed_at_any_moment() {
    const KILLS: u32 = 60;
    let script = "    echo \"begin ${toString params.n}\" >> \"$LOG\"\n    for i in 1 2 3 4; do echo $i >> ${outputs.x}; done\n    echo end >> ${outputs.x}";
    let lab = Lab::new(
        "n = repx-lib.utils.range 1 400;",
        &[("a", "", &stage("n = 0;", script)), ("m", "", &scattered(100, ""))],
    );
    // Numbers that look random, and are the same each time.
    let mut random = 12345u64;
    let mut before: BTreeMap<String, usize> = BTreeMap::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut kills = 0;
    for _ in 0..KILLS {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut child = start(&lab, &["-q", "-j", "3"]);
        // After so many lines more, or a moment later: wherever it is then.
        let goal = lab.lines("log").values().sum::<usize>() + (random >> 33) as usize % 8;
        let begun = Instant::now();
        while !child_is_over(&child)
            && lab.lines("log").values().sum::<usize>() < goal
            && begun.elapsed() < PATIENCE
        {
            std::thread::sleep(Duration::from_micros(random >> 53));
        }
        child.kill().expect("it can be killed");
        kills += u32::from(child.wait().expect("it ends").signal() == Some(9));
        let done = lab.done();
        assert!(known.is_subset(&done), "a finished job was lost");
        for job in done.iter().filter(|name| name.contains("-work-")) {
            let text = fs::read_to_string(lab.path(".repx/outputs").join(job).join("out/x"));
            assert_eq!(text.expect("its output"), "1\n2\n3\n4\nend\n", "{job}");
        }
        // No job that was done when it was killed the last time has begun since.
        let now = lab.lines("log");
        for job in known.iter().filter(|name| name.contains("-work-")) {
            let json = lab.path(".repx/outputs").join(job).join("repx/parameters.json");
            let json: serde_json::Value =
                serde_json::from_slice(&fs::read(json).expect("it")).expect("JSON");
            let line = format!("begin {}", json["n"]);
            assert_eq!(now.get(&line), before.get(&line), "{line} again");
        }
        (before, known) = (now, done);
    }
    assert!(kills >= 50, "only {kills} of {KILLS} calls were killed");
    expect(&run_logged(&lab, &["-q"]), 0, "401 jobs: ");
    assert_eq!(lab.done().len(), 401);
    let sum = fs::read_to_string(lab.jobs("many")[0].join("out/sum")).expect("a sum");
    assert_eq!(sum.split('+').count(), 100);
    expect(&lab.run(&[]), 0, "nothing to do: 401 jobs done");
}

#[test]
fn two_at_once_share_the_work() {
    let script = "    echo ${toString params.n} >> \"$LOG\"; echo > ${outputs.x}";
    let lab = Lab::new("n = repx-lib.utils.range 1 100;", &[("a", "", &stage("n = 0;", script))]);
    let children: Vec<Child> = (0..2).map(|_| start(&lab, &["-q", "-j", "2"])).collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    let lines = lab.lines("log");
    assert_eq!(lines.len(), 100);
    assert!(lines.values().all(|count| *count == 1), "{lines:?}");
}

#[test]
fn a_base_path_that_cannot_be() {
    let lab = Lab::new("", &[("a", "", &stage("", "    true"))]);
    // A file where a directory should be refuses root too.
    fs::write(lab.path("file"), "").expect("a file");
    expect(&lab.run(&["--base-path", "file/base"]), 2, "can't write to");
    expect(&lab.run(&["--base-path", "/proc/nothing"]), 2, "--base-path DIR");
}

/// What needs no input runs although what it comes after, softly, has failed.
#[test]
fn soft_dependencies_order_and_hard_ones_need() {
    for (need, done) in
        [("soft", "2 jobs: 1 done, 1 failed\n"), ("hard", "2 jobs: 1 failed, 1 blocked\n")]
    {
        let lab = Lab::new("", &[("a", "", &stage("", "    echo first >> \"$LOG\"; exit 1"))]);
        fs::write(lab.path("b.nix"), stage("", "    echo second >> \"$LOG\"; echo > ${outputs.x}"))
            .expect("b");
        fs::write(
            lab.path("pipe2.nix"),
            "{ repx }: repx.mkPipe { b = repx.callStage ./b.nix [ ]; }",
        )
        .expect("it");
        fs::write(
            lab.path("run2.nix"),
            "{ ... }: { name = \"later\"; pipelines = [ ./pipe2.nix ]; params = { }; }",
        )
        .expect("it");
        let text = fs::read_to_string(lab.path("lab.nix")).expect("a lab");
        let text = text
            .replace(
                "repx-lib.mkLab",
                "let main = repx-lib.callRun ./run.nix [ ]; in repx-lib.mkLab",
            )
            .replace(
                "main = repx-lib.callRun ./run.nix [ ]; };",
                &format!(
                    "inherit main; later = repx-lib.callRun ./run2.nix [ [ main \"{need}\" ] ]; }};"
                ),
            );
        fs::write(lab.path("lab.nix"), text).expect("a lab");
        expect(&run_logged(&lab, &["-k", "-j", "4"]), 1, done);
        let log = fs::read_to_string(lab.path("log")).expect("a log");
        assert!(log.starts_with("first\n"), "{log}");
    }
}

/// Three stages in a row, the first of which has a value for each directory.
fn chain(m: &str, more: &str) -> [(&'static str, &'static str, String); 3] {
    let reads = |name: &str, more: &str| {
        format!(
            "{{ }}: {{\n  pname = \"{name}\";\n  inputs.x = \"\"; {more}\n  outputs.x = \"$out/x\";\n  run = {{ inputs, outputs, ... }}: ''\n    cat ${{inputs.x}} > ${{outputs.x}}\n  '';\n}}\n"
        )
    };
    let first = stage("d = \"\";", "    ls ${toString params.d} > ${outputs.x}");
    let middle = reads("middle", &format!("params.m = {m}; {more}"));
    [("a", "", first), ("b", "a", middle), ("c", "b", reads("last", ""))]
}

/// The numbers of jobs of each stage that ran.
fn ran(lab: &Lab) -> [usize; 3] {
    let before = lab.done();
    let call = lab.run(&["-q"]);
    assert_eq!(call.code, Some(0), "{}", call.stderr);
    let new: Vec<String> = lab.done().difference(&before).cloned().collect();
    ["-work-", "-middle-", "-last-"].map(|name| new.iter().filter(|j| j.contains(name)).count())
}

#[test]
fn only_what_a_change_concerns_runs_again() {
    let lab = Lab::new("", &[]);
    let write = |m: &str, more: &str| {
        let stages = chain(m, more);
        let stages = stages.each_ref().map(|(name, after, text)| (*name, *after, text.as_str()));
        lab.write("d = repx-lib.utils.dirs ./data;", &stages);
    };
    for name in ["one", "two"] {
        fs::create_dir_all(lab.path("data").join(name)).expect("it is ours");
        fs::write(lab.path("data").join(name).join("file"), name).expect("it is ours");
    }
    write("1", "");
    assert_eq!(ran(&lab), [2, 2, 2]);
    assert_eq!(ran(&lab), [0, 0, 0]);
    write("2", "");
    assert_eq!(ran(&lab), [0, 2, 2], "a parameter concerns its stage and what follows");
    write("2", "resources = { mem = \"1G\"; cpus = 1; };");
    assert_eq!(ran(&lab), [0, 0, 0], "hints concern nothing");
    fs::create_dir(lab.path("data/three")).expect("it is ours");
    fs::write(lab.path("data/three/file"), "three").expect("it is ours");
    assert_eq!(ran(&lab), [1, 1, 1], "a directory more is a chain more");
    fs::write(lab.path("data/one/file"), "changed").expect("it is ours");
    assert_eq!(ran(&lab), [1, 1, 1], "a changed one is another one");
}
