//! `repx check`: what it finds, how it says it, what it mends.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use support::program::{Ran, copy, executable, installed, repx, run};
use tempfile::TempDir;

/// The small lab of the pages of codes, with these files in it.
fn lab(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory can be had");
    copy(&support::repository("docs/codes/lab"), directory.path());
    write(directory.path(), files);
    directory
}

fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().expect("it is in one")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
}

fn check(directory: &Path, arguments: &[&str]) -> Ran {
    run(repx(directory).args(["check", "--color", "never", "--no-shellcheck"]).args(arguments))
}

/// Codes with lines, of what `--format json` prints, advice aside.
fn found(ran: &Ran) -> BTreeSet<(String, String, u64)> {
    let report: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    assert_eq!(report["schema"], "repx-check/1");
    let findings = report["findings"].as_array().expect("a list");
    let told = findings.iter().filter(|finding| finding["severity"] != "advice");
    told.map(|finding| {
        let place = &finding["labels"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&finding["code"]), text(&place["file"]), place["line"].as_u64().unwrap_or(0))
    })
    .collect()
}

fn expect(ran: &Ran, expected: &[(&str, &str, u64)]) {
    let expected: BTreeSet<(String, String, u64)> = expected
        .iter()
        .map(|(code, file, line)| (format!("repx::{code}"), (*file).to_owned(), *line))
        .collect();
    assert_eq!(found(ran), expected, "{}", ran.stderr);
}

#[test]
fn labs_without_mistakes_are_clean() {
    for lab in support::directories(&support::repository("examples")) {
        let ran = check(&lab, &[]);
        let text = String::from_utf8_lossy(&ran.stdout);
        assert_eq!(ran.code, Some(0), "{}: {text}{}", lab.display(), ran.stderr);
        assert!(text.starts_with("nothing found"), "{text}");
    }
}

#[test]
fn independent_mistakes_come_together() {
    let lab = lab(&[
        (
            "stages/gen.nix",
            "_: {\n  pname = { params }: \"gen-\" + params.seed;\n  params.seed = 0;\n  outputs.data = \"$out/data.txt\";\n  resources.mem = \"lots\";\n  run = { outputs, params, ... }: ''\n    python3 ${params.sed} > \"${outputs.data}\"\n  '';\n}\n",
        ),
        (
            "stages/use.nix",
            "_: {\n  pname = \"use\";\n  inputs.data = \"\";\n  resources.cpus = 0;\n  run = { inputs, ... }: ''\n    if true; then\n  '';\n}\n",
        ),
        ("stages/old.nix", "let x = 1; in _: { pname = \"old\"; }\n"),
        (
            "runs/main.nix",
            "_: {\n  name = \"main\";\n  pipelines = [ ../pipelines/main.nix ];\n  params.sede = [ 1 ];\n}\n",
        ),
    ]);
    let ran = check(lab.path(), &["--format", "json"]);
    assert_eq!(ran.code, Some(1));
    expect(
        &ran,
        &[
            ("eval::type", "stages/gen.nix", 2),
            ("stage::bad-resource", "stages/gen.nix", 5),
            ("stage::undeclared-parameter", "stages/gen.nix", 7),
            ("shell::unknown-command", "stages/gen.nix", 7),
            // Its producer can't be expanded, but what is its own is told.
            ("stage::bad-resource", "stages/use.nix", 4),
            ("shell::syntax", "stages/use.nix", 6),
            ("lab::unused-file", "stages/old.nix", 1),
            ("run::unused-parameter", "runs/main.nix", 4),
        ],
    );
}

#[test]
fn a_code_that_there_is_not_is_refused() {
    let ran = check(lab(&[]).path(), &["--deny", "lint::shadwing"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("did you mean `lint::shadowing`?"), "{}", ran.stderr);
}

#[test]
fn scripts_that_are_put_together_are_checked() {
    let lab = lab(&[
        (
            "stages/gen.nix",
            "{ lib }:\nlet\n  begin = ''\n    nothere\n  '';\nin {\n  pname = \"gen\";\n  params.seed = 0;\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, params, ... }:\n    begin + ''\n      date ${toString params.seed} > ${outputs.data}\n    '' + lib.optionalString false ''\n      neither\n    '';\n}\n",
        ),
        (
            "stages/use.nix",
            "_: {\n  pname = \"use\";\n  inputs.data = \"\";\n  run = { inputs, ... }:\n    if inputs ? data then builtins.readFile ../use.sh\n    else inputs.other + ''\n      unknowable\n    '';\n}\n",
        ),
        ("use.sh", "date\nif true; then\n"),
    ]);
    let ran = check(lab.path(), &["--format", "json"]);
    assert_eq!(ran.code, Some(1));
    expect(
        &ran,
        &[
            ("shell::unknown-command", "stages/gen.nix", 4),
            ("shell::unknown-command", "stages/gen.nix", 14),
            ("shell::syntax", "use.sh", 2),
        ],
    );
}

#[test]
fn a_behaviour_is_told_with_the_parameters_that_have_it() {
    let lab = lab(&[
        (
            "runs/main.nix",
            "_: {\n  name = \"main\";\n  pipelines = [ ../pipelines/main.nix ];\n  params.seed = [ 1 2 3 ];\n}\n",
        ),
        (
            "stages/gen.nix",
            "_: {\n  pname = \"gen\";\n  params.seed = 0;\n  outputs = { params }: {\n    data = \"$out/data.txt\";\n    log = if params.seed == 2 then \"$out/data.txt\" else \"$out/log.txt\";\n  };\n  run = { outputs, ... }: ''\n    date > \"${outputs.data}\"\n  '';\n}\n",
        ),
    ]);
    let ran = check(lab.path(), &[]);
    let text = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(ran.code, Some(1), "{text}");
    assert!(text.contains("repx::stage::outputs-collide"), "{text}");
    assert!(text.contains("in run `main`, stage `gen`, params { seed = 2; }"), "{text}");
    assert_eq!(text.matches("outputs-collide").count(), 1, "{text}");
}

#[test]
fn a_million_jobs_are_checked_without_making_them() {
    let axis = "_: {\n  name = \"main\";\n  pipelines = [ ../pipelines/main.nix ];\n  params.seed = builtins.genList (x: x) 2000;\n  params.a = builtins.genList (x: x) 2000;\n  params.b = builtins.genList (x: x) 2000;\n}\n";
    let lab = lab(&[
        ("runs/main.nix", axis),
        (
            "stages/gen.nix",
            "_: {\n  pname = \"gen\";\n  params = { seed = 0; a = 0; b = 0; };\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, ... }: ''\n    date > \"${outputs.data}\"\n  '';\n}\n",
        ),
    ]);
    let ran = check(lab.path(), &[]);
    assert_eq!((ran.code, ran.hung), (Some(0), false), "{}", ran.stderr);
}

#[test]
fn many_syntax_errors_are_told_in_one_go() {
    let lab = lab(&[
        (
            "runs/main.nix",
            "_: {\n  name = ;\n  pipelines = [ ../pipelines/main.nix ];\n  params = { a = 1 b = 2; };\n}\n",
        ),
        ("stages/use.nix", "_: {\n  pname = \"use\"\n  inputs = { };\n  run = ];\n}\n"),
    ]);
    let ran = check(lab.path(), &["--static", "--format", "json", "."]);
    assert_eq!(ran.code, Some(1));
    let found = found(&ran);
    let in_file = |name: &str| found.iter().filter(|(_, file, _)| file == name).count();
    assert!(in_file("runs/main.nix") >= 2, "{found:?}");
    assert!(in_file("stages/use.nix") >= 2, "{found:?}");
}

#[test]
fn formats_say_the_same() {
    let lab = lab(&[(
        "runs/main.nix",
        "_: {\n  name = \"main\";\n  pipelines = [ ../pipelines/main.nix ];\n  params.sed = [ 1 ];\n}\n",
    )]);
    let sarif = check(lab.path(), &["--format", "sarif"]);
    let log: Value = serde_json::from_slice(&sarif.stdout).expect("it is JSON");
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "repx::run::unused-parameter");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "runs/main.nix");
    assert_eq!(place["region"]["startLine"], 4);
    let github = check(lab.path(), &["--format", "github"]);
    let line = String::from_utf8_lossy(&github.stdout);
    assert!(line.starts_with("::warning file=runs/main.nix,line=4,"), "{line}");
    let mut command = repx(lab.path());
    command.args(["check", "--no-shellcheck"]).env("NO_GRAPHICS", "1");
    let narrated = run(&mut command);
    let text = String::from_utf8_lossy(&narrated.stdout);
    assert!(text.starts_with("warning: no stage of run"), "{text}");
    assert!(!text.contains('╭'), "{text}");
    for ran in [sarif, github, narrated] {
        assert_eq!(ran.code, Some(1));
    }
}

#[test]
fn codes_are_denied_and_allowed() {
    let lab = lab(&[(
        "runs/main.nix",
        "args: {\n  name = \"main\";\n  pipelines = [ ../pipelines/main.nix ];\n  params.sed = [ 1 ];\n}\n",
    )]);
    let code = |arguments: &[&str]| check(lab.path(), arguments).code;
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--allow", "run::unused-parameter"]), Some(0));
    assert_eq!(code(&["--allow", "repx::run"]), Some(0));
    assert_eq!(code(&["--allow", "run", "--deny", "lint::unused-argument"]), Some(1));
    assert_eq!(code(&["--allow", "all"]), Some(0));
    assert_eq!(code(&["--allow", "all", "--deny", "run"]), Some(1));
}

#[test]
fn what_cant_be_checked_is_another_status() {
    let empty = tempfile::tempdir().expect("a directory can be had");
    for arguments in [&["."][..], &["nothing"], &["--static", "nothing"]] {
        let ran = check(empty.path(), arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert!(!ran.stderr.is_empty() && ran.stdout.is_empty());
    }
}

#[test]
fn fixes_are_applied_and_leave_nothing_worse() {
    let lab = lab(&[(
        "stages/gen.nix",
        "{ pkgs, lib, ... }:\nlet\n  unused = 1;\n  used = 2;\n  inherit (lib) a b;\nin\n{\n  pname = \"gen\";\n  params = rec { seed = used; url = https://example.org/x; };\n  runDependencies = with lib; [ pkgs.jq ];\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, ... }: ''\n    date > \"${outputs.data}\"\n  '';\n}\n",
    )]);
    let before = std::fs::read_to_string(lab.path().join("stages/use.nix")).expect("it is there");
    let ran = check(lab.path(), &["--fix"]);
    let text = std::fs::read_to_string(lab.path().join("stages/gen.nix")).expect("it is there");
    assert_eq!(
        text,
        "{ pkgs, ... }:\nlet\n  used = 2;\nin\n{\n  pname = \"gen\";\n  params = { seed = used; url = \"https://example.org/x\"; };\n  runDependencies = [ pkgs.jq ];\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, ... }: ''\n    date > \"${outputs.data}\"\n  '';\n}\n",
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, Some(0), "{}", String::from_utf8_lossy(&ran.stdout));
    let after = std::fs::read_to_string(lab.path().join("stages/use.nix")).expect("it is there");
    assert_eq!(before, after);
}

/// A program that says what shellcheck would, of whatever it is given.
const SHELLCHECK: &str = r#"#!/bin/sh
cat > "$0.script"
echo '{"comments":[{"file":"-","line":3,"endLine":3,"column":6,"endColumn":10,"level":"warning","code":2086,"message":"Double quote it.","fix":null},{"file":"-","line":2,"endLine":2,"column":6,"endColumn":8,"level":"info","code":2154,"message":"not assigned","fix":null}]}'
exit 1
"#;

#[test]
fn what_shellcheck_finds_is_told_at_the_line_of_the_nix_string() {
    let lab = lab(&[(
        "stages/gen.nix",
        "_: {\n  pname = \"gen\";\n  params.seed = 0;\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, params, ... }: ''\n    echo ${toString params.seed}\n    echo $var > \"${outputs.data}\"\n  '';\n}\n",
    )]);
    let bin = lab.path().join(".bin");
    std::fs::create_dir(&bin).expect("it can be made");
    executable(&bin.join("shellcheck"), SHELLCHECK);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let ran = run(repx(lab.path()).args(["check", "--format", "json"]).env("PATH", path));
    let report: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list");
    let ours: Vec<&Value> =
        findings.iter().filter(|f| f["code"] == "repx::shell::shellcheck").collect();
    let gen_label = ours
        .iter()
        .map(|finding| &finding["labels"][0])
        .find(|label| label["file"] == "stages/gen.nix")
        .expect("it is told of the stage");
    assert_eq!((&gen_label["line"], &gen_label["column"]), (&7.into(), &10.into()));
    assert_eq!(gen_label["text"], "SC2086");
    // What is said of variables that the caller sets means nothing.
    assert!(ours.iter().all(|finding| finding["labels"][0]["text"] != "SC2154"));
}

/// The program itself, where it is installed or `REPX_TEST_SHELLCHECK` is `required`.
#[test]
fn shellcheck_knows_how_scripts_begin() {
    if !installed("shellcheck", "REPX_TEST_SHELLCHECK") {
        return;
    }
    let lab = lab(&[(
        "stages/gen.nix",
        "_: {\n  pname = \"gen\";\n  params.seed = 0;\n  outputs.data = \"$out/data.txt\";\n  run = { outputs, params, ... }: ''\n    cd \"$out\"\n    n=${toString params.seed}\n    echo $n > ${outputs.data}; [ $n = 1 ] && read line < x\n  '';\n}\n",
    )]);
    let ran = run(repx(lab.path()).args(["check", "--format", "json"]));
    let report: Value = serde_json::from_slice(&ran.stdout).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list");
    let label = |f: &Value| {
        let label = &f["labels"][0];
        (label["text"].to_string(), label["line"].clone(), label["column"].clone())
    };
    let found: Vec<_> =
        findings.iter().filter(|f| f["code"] == "repx::shell::shellcheck").map(label).collect();
    assert!(found.contains(&("\"SC2162\"".into(), 8.into(), 46.into())), "{found:?}");
    // A script ends where `cd` fails.
    assert!(found.iter().all(|(code, ..)| code != "\"SC2164\""), "{found:?}");
}

#[test]
fn explain_prints_pages() {
    let directory = tempfile::tempdir().expect("a directory can be had");
    let explain = |arguments: &[&str]| run(repx(directory.path()).arg("explain").args(arguments));
    let page = explain(&["stage::input-unmatched"]);
    let text = String::from_utf8_lossy(&page.stdout).into_owned();
    assert_eq!(page.code, Some(0));
    assert!(text.starts_with("repx::stage::input-unmatched\n"), "{text}");
    assert!(text.contains("bad: stages/use.nix") && text.contains("good: stages/use.nix"));
    let all = explain(&[]);
    let text = String::from_utf8_lossy(&all.stdout).into_owned();
    assert!(text.lines().any(|line| line == "repx::lint::url-literal"), "{text}");
    let wrong = explain(&["repx::stage::input-unmached"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `stage::input-unmatched`?"), "{}", wrong.stderr);
}
