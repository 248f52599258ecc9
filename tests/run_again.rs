//! Results that don't count any more: removed by somebody, or made from what was made again.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::os::unix::fs::symlink;

use support::lab::{Lab, expect, run_logged, stage, stdout};
use support::program::call;

/// Reads what the stage before it wrote.
fn next(name: &str, script: &str) -> String {
    format!(
        "{{ pkgs }}: {{ pname = \"{name}\"; inputs.x = \"\"; outputs.x = \"$out/x\"; run = {{ inputs, outputs, ... }}: ''{script} ${{inputs.x}} > ${{outputs.x}}''; }}"
    )
}

/// A stage whose result is another each time.
fn counting() -> String {
    stage("n = 0;", "    echo ${toString params.n} >> \"$LOG\"; wc -l < \"$LOG\" > ${outputs.x}")
}

/// The only job of this name, as its user calls it.
fn only(lab: &Lab, name: &str) -> String {
    let [job] = lab.jobs(name).try_into().expect("one job");
    support::name(&job)[..32].to_owned()
}

fn result(lab: &Lab, name: &str) -> String {
    let [job]: [std::path::PathBuf; 1] = lab.jobs(name).try_into().expect("one job");
    fs::read_to_string(job.join("out/x")).expect("a result")
}

#[test]
fn results_that_were_removed_are_made_again() {
    let lab = Lab::new("", &[("a", "", &stage("", "echo 1 > ${outputs.x}"))]);
    expect(&lab.run(&["-q"]), 0, "1 job: 1 done");
    let out = lab.jobs("work")[0].join("out");
    let gone = |what: &str| {
        expect(&call(lab.0.path(), &["list", "jobs"]), 0, "pending");
        expect(&lab.run(&["-n"]), 0, "its results were removed · 1 job");
        expect(&lab.run(&["-q"]), 0, "1 job: 1 done");
        assert_eq!(fs::read_to_string(out.join("x")).expect(what), "1\n");
        expect(&lab.run(&["-q"]), 0, "nothing to do");
    };
    fs::remove_dir_all(&out).expect("it is ours");
    gone("the folder");
    // Something in its place isn't it.
    fs::remove_dir_all(&out).expect("it is ours");
    fs::write(&out, "a file").expect("it is ours");
    gone("a file");
    fs::remove_dir_all(&out).expect("it is ours");
    symlink("/nowhere/at/all", &out).expect("it is ours");
    gone("a link that leads nowhere");
    // But they may have been put elsewhere.
    fs::rename(&out, lab.path("elsewhere")).expect("it is ours");
    symlink(lab.path("elsewhere"), &out).expect("it is ours");
    expect(&call(lab.0.path(), &["list", "jobs"]), 0, "done");
    expect(&lab.run(&["-q"]), 0, "nothing to do");
}

/// A file of a result is missed when somebody is to read it, unless the job never wrote it.
#[test]
fn outputs_that_were_removed_are_made_again_for_who_reads_them() {
    let first = stage("", "    echo >> \"$LOG\"; echo 1 > ${outputs.x}");
    let lab = Lab::new("", &[("a", "", &first), ("b", "a", &next("middle", "cat"))]);
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done");
    fs::remove_file(lab.jobs("-work-")[0].join("out/x")).expect("it is ours");
    // Nobody reads it.
    expect(&run_logged(&lab, &["-q"]), 0, "nothing to do");
    fs::remove_dir_all(lab.jobs("-middle-")[0].join("out")).expect("it is ours");
    let dry = run_logged(&lab, &["-n"]);
    expect(&dry, 0, "what others are to read of its results was removed · 1 job\n");
    expect(&dry, 0, "\n2 jobs would run\n");
    let events = stdout(&run_logged(&lab, &["-n", "--format", "ndjson"]));
    assert_eq!(events.matches(r#""verdict":"removed""#).count(), 2, "{events}");
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done\n");
    assert_eq!(lab.lines("log").get(""), Some(&2));
    // One that is never written isn't asked for again.
    let first = stage("", "    echo >> \"$LOG\"");
    lab.write("", &[("a", "", &first), ("b", "a", &next("middle", "cat"))]);
    for _ in 0..2 {
        expect(&run_logged(&lab, &["-q"]), 1, "(a) didn't write it");
    }
    assert_eq!(lab.lines("log").get(""), Some(&3));
}

/// Whatever a script writes where it has nothing to write.
#[test]
fn a_failed_job_is_not_done() {
    let forged = stage("", "    echo > \"$out/../repx/SUCCESS\"; exit 5");
    let lab = Lab::new("", &[("a", "", &forged), ("b", "a", &next("middle", "cat"))]);
    for _ in 0..2 {
        expect(&lab.run(&["-q"]), 1, "2 jobs: 1 failed, 1 blocked\n");
    }
    expect(&call(lab.0.path(), &["list", "jobs"]), 0, "failed");
}

/// Who runs a job again wants what follows from its new result.
#[test]
fn what_was_made_from_a_result_follows_it() {
    let first = counting();
    let (b, c) = (next("middle", "cat"), next("last", "cat"));
    let lab = Lab::new("n = [ 1 ];", &[("a", "", &first), ("b", "a", &b), ("c", "b", &c)]);
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 3 done");
    assert_eq!(result(&lab, "-last-"), "1\n");
    let first_job = only(&lab, "-work-");
    let dry = run_logged(&lab, &["-n", "--force", &first_job]);
    expect(&dry, 0, "2 jobs more have read what would be replaced");
    expect(&run_logged(&lab, &["-n"]), 0, "nothing to do: 3 jobs done");
    let ran = run_logged(&lab, &["--force", &first_job]);
    expect(
        &ran,
        0,
        "1 job: 1 done\n2 jobs had read what was replaced; `repx run` runs them again\n",
    );
    // Their results are there until they run.
    assert_eq!(result(&lab, "-last-"), "1\n");
    let list = stdout(&call(lab.0.path(), &["list", "jobs"]));
    assert_eq!((list.matches("done").count(), list.matches("pending").count()), (1, 2), "{list}");
    let last = only(&lab, "-last-");
    let first = &first_job[..8];
    let shown = stdout(&call(lab.0.path(), &["show", "job", &last]));
    let told = format!("\noutdated  its results are from before a {first} was run again\n");
    assert!(shown.contains(" · pending\n") && shown.contains(&told), "{shown}");
    let shown = stdout(&call(lab.0.path(), &["show", "output", &last]));
    let told = format!(" · outdated: what it wrote before a {first} was run again\n");
    assert!(shown.contains(&told), "{shown}");
    expect(&call(lab.0.path(), &["eval", "--why", &last]), 0, "It was done, but work-");
    let json = call(lab.0.path(), &["eval", "--why", &last, "--format", "json"]);
    expect(&json, 0, r#""verdict":"outdated""#);
    expect(&run_logged(&lab, &["-n"]), 0, "what it was made from was made again · 2 jobs\n");
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 2 done, 1 done before\n");
    assert_eq!(result(&lab, "-last-"), "2\n");
    expect(&run_logged(&lab, &["-q"]), 0, "nothing to do");
    // All of them at once: nothing is left to do.
    let ran = run_logged(&lab, &["--force", "-q"]);
    expect(&ran, 0, "3 jobs: 3 done\nresults: ");
    expect(&run_logged(&lab, &["-q"]), 0, "nothing to do");
    assert_eq!(result(&lab, "-last-"), "3\n");
}

/// Of a lab as it was before, whose results lie there too.
#[test]
fn what_the_lab_does_not_have_any_more_is_outdated_too() {
    let (first, b) = (counting(), next("middle", "cat"));
    let lab = Lab::new("n = [ 1 ];", &[("a", "", &first), ("b", "a", &b)]);
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done");
    lab.write("n = [ 1 ];", &[("a", "", &first)]);
    let ran = run_logged(&lab, &["--force", "-q"]);
    expect(&ran, 0, "1 job had read what was replaced; `repx run` runs it again\n");
    lab.write("n = [ 1 ];", &[("a", "", &first), ("b", "a", &b)]);
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 1 done, 1 done before\n");
    assert_eq!(result(&lab, "-middle-"), "2\n");
}

/// What a failed attempt leaves isn't what its readers have read.
#[test]
fn a_failure_outdates_as_well() {
    let first = stage(
        "",
        "    echo >> \"$LOG\"; [ \"$(wc -l < \"$LOG\")\" != 2 ]; cp \"$LOG\" ${outputs.x}",
    );
    let lab = Lab::new("", &[("a", "", &first), ("b", "a", &next("middle", "wc -l <"))]);
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done");
    let id = only(&lab, "-work-");
    expect(&run_logged(&lab, &["--force", "-q", &id]), 1, "1 job had read what was replaced");
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done\n");
    assert_eq!(result(&lab, "-middle-").trim(), "3");
}

/// Runs that come after others need what these made.
#[test]
fn hard_dependencies_are_followed() {
    let lab = Lab::new("n = [ 1 2 ];", &[("a", "", &counting())]);
    let write = |name: &str, text: &str| fs::write(lab.path(name), text).expect("a file");
    write("b.nix", &stage("", "    echo > ${outputs.x}").replace("work", "later"));
    write("pipe2.nix", "{ repx }: repx.mkPipe { b = repx.callStage ./b.nix [ ]; }");
    write("run2.nix", "{ ... }: { name = \"later\"; pipelines = [ ./pipe2.nix ]; params = { }; }");
    let text = fs::read_to_string(lab.path("lab.nix")).expect("a lab");
    let text = text
        .replace("repx-lib.mkLab", "let main = repx-lib.callRun ./run.nix [ ]; in repx-lib.mkLab")
        .replace(
            "main = repx-lib.callRun ./run.nix [ ]; };",
            "inherit main; later = repx-lib.callRun ./run2.nix [ [ main \"hard\" ] ]; };",
        );
    write("lab.nix", &text);
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 3 done");
    let ran = run_logged(&lab, &["--force", "main", "-q"]);
    expect(&ran, 0, "2 jobs: 2 done\n1 job had read what was replaced");
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 1 done, 2 done before\n");
    // Also those of a lab that isn't at hand.
    write("b.nix", &stage("", "    echo > ${outputs.x}").replace("work", "other"));
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 1 done, 2 done before\n");
    let ran = run_logged(&lab, &["--force", "main", "-q"]);
    expect(&ran, 0, "2 jobs: 2 done\n2 jobs had read what was replaced");
}

/// A stage of two items, of which each reads what the stage before it wrote.
const MANY: &str = r#"{ pkgs }: {
  pname = "many";
  scatter = {
    inputs.x = "";
    outputs = { worker__arg = { n = 1; }; work__items = "$out/list.json"; };
    run = { outputs, ... }: ''echo '[1, 2]' > ${outputs.work__items}'';
  };
  worker = {
    inputs = { worker__item = ""; x = ""; };
    outputs.half = "$out/half";
    run = { inputs, outputs, ... }: ''cat ${inputs.x} > ${outputs.half}; echo item >> "$LOG.items"'';
  };
  gather = {
    inputs.worker__outs = "[]";
    outputs.x = "$out/x";
    run = { inputs, outputs, ... }: ''cat $(grep -o '/[^"]*/half' ${inputs.worker__outs}) > ${outputs.x}'';
  };
}
"#;

/// All of them, since all have read the old result.
#[test]
fn items_of_an_outdated_job_are_made_again() {
    let lab = Lab::new("", &[("a", "", &counting()), ("b", "a", MANY)]);
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 2 done");
    assert_eq!(result(&lab, "-many-"), "1\n1\n");
    expect(&run_logged(&lab, &["-q", "--force", &only(&lab, "-work-")]), 0, "1 job had read");
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 1 done, 1 done before");
    assert_eq!(result(&lab, "-many-"), "2\n2\n");
    // What one item made is missed when it is needed, and only that is made again.
    let job = lab.jobs("-many-").remove(0);
    let half = job.join("branch-1/step-worker/out/half");
    let before = lab.lines("log.items")["item"];
    fs::remove_file(&half).expect("it is ours");
    fs::remove_dir_all(job.join("out")).expect("it is ours");
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 1 done, 1 done before");
    assert!(half.exists());
    assert_eq!(lab.lines("log.items")["item"], before + 1);
    // So is the list of items.
    fs::remove_file(job.join("scatter/out/list.json")).expect("it is ours");
    fs::remove_dir_all(job.join("out")).expect("it is ours");
    expect(&run_logged(&lab, &["-q"]), 0, "2 jobs: 1 done, 1 done before");
    assert_eq!(result(&lab, "-many-"), "2\n2\n");
}

/// Who is made again with what it comes from isn't made from what lies between as it was.
#[test]
fn what_lies_between_runs_too() {
    let (first, b, c) = (counting(), next("middle", "cat"), next("last", "cat"));
    let lab = Lab::new("n = [ 1 ];", &[("a", "", &first), ("b", "a", &b), ("c", "b", &c)]);
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 3 done");
    let ends = [only(&lab, "-work-"), only(&lab, "-last-")];
    let both = ["--force", &ends[0], &ends[1]];
    let dry = run_logged(&lab, &[&["-n"][..], &both].concat());
    expect(&dry, 0, "what it is made from would be made again · 1 job\n");
    expect(&dry, 0, "\n3 jobs would run\n");
    expect(&run_logged(&lab, &[&["-q"][..], &both].concat()), 0, "3 jobs: 3 done\nresults");
    assert_eq!(result(&lab, "-last-"), "2\n");
    // Nor does it matter whether that is there.
    fs::remove_dir_all(lab.jobs("-middle-").remove(0)).expect("it is ours");
    let ran = run_logged(&lab, &["-q", "--force", &ends[0]]);
    expect(&ran, 0, "1 job: 1 done\n1 job had read what was replaced");
    expect(&run_logged(&lab, &["-q"]), 0, "3 jobs: 2 done, 1 done before\n");
    assert_eq!(result(&lab, "-last-"), "3\n");
}
