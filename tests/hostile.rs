//! Input that is too deep, too large, broken or unkind: the right answer or a clear error, never
//! a crash and never a hang.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use support::program::{Ran, repx, run};
use tempfile::TempDir;

/// A lab of one run and one stage, any part of which can be something else.
struct Lab {
    lab: String,
    run: String,
    stage: String,
}

const LAB: &str = "{ pkgs, repx-lib, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib;
  lab_version = \"1\";
  runs = { main = repx-lib.callRun ./run.nix [ ]; };
}
";
const PIPELINE: &str = "{ repx }: repx.mkPipe { only = repx.callStage ./stage.nix [ ]; }\n";

fn with_run(params: &str) -> String {
    format!(
        "{{ repx-lib, ... }}: {{ name = \"main\"; pipelines = [ ./pipeline.nix ]; params = {params}; }}\n"
    )
}

impl Default for Lab {
    fn default() -> Lab {
        Lab { lab: LAB.into(), run: with_run("{ }"), stage: stage("0") }
    }
}

/// A stage whose parameter `x` has this default.
fn stage(x: &str) -> String {
    format!(
        "{{ pkgs }}: {{ pname = \"only\"; params = {{ x = {x}; y = 0; z = 0; }};
  outputs = {{ out = \"$out/out\"; }}; run = {{ params, outputs, ... }}: ''true''; }}\n"
    )
}

impl Lab {
    fn write(&self) -> TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: &str| {
            fs::write(directory.path().join(name), text).expect("a file can be written");
        };
        file("lab.nix", &self.lab);
        file("run.nix", &self.run);
        file("pipeline.nix", PIPELINE);
        file("stage.nix", &self.stage);
        directory
    }
}

fn eval(lab: &Path) -> Ran {
    let ran = run(repx(lab).args(["eval", ".", "--format", "ndjson", "--color", "never"]));
    assert!(!ran.hung, "still running after 30 s");
    ran
}

/// Exit status 2, nothing printed, and this in the message.
#[track_caller]
fn refused(ran: &Ran, because: &str) {
    let said: String = ran.stderr.chars().take(2000).collect();
    assert_eq!(ran.code, Some(2), "{said}");
    assert!(ran.stdout.is_empty(), "something was printed beside the error");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words(&ran.stderr.replace('│', " ")).contains(&words(because)),
        "no `{because}` in: {said}"
    );
    assert!(ran.stderr.len() < 20_000, "an error of {} bytes", ran.stderr.len());
}

/// Exit status 0 and so many jobs.
#[track_caller]
fn lists(ran: &Ran, jobs: usize) {
    let said: String = ran.stderr.chars().take(2000).collect();
    assert_eq!(ran.code, Some(0), "{said}");
    assert_eq!(ran.stdout.iter().filter(|byte| **byte == b'\n').count(), jobs);
}

/// Evaluates a lab file that is this text.
fn eval_text(text: impl AsRef<[u8]>) -> Ran {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("lab.nix"), text).expect("a file can be written");
    eval(directory.path())
}

fn eval_run(params: &str) -> Ran {
    eval(Lab { run: with_run(params), ..Lab::default() }.write().path())
}

#[test]
fn the_lab_these_tests_vary_lists() {
    lists(&eval(Lab::default().write().path()), 1);
}

#[test]
fn calls_nested_too_deeply() {
    refused(&eval_run("{ x = let f = n: 1 + f (n + 1); in [ (f 0) ]; }"), "max-call-depth");
    let deep = "{ x = let f = n: if n == 0 then 0 else 1 + f (n - 1); in [ (f 100000) ]; }";
    refused(&eval_run(deep), "max-call-depth");
    lists(&eval_run(&deep.replace("100000", "5000")), 1);
}

#[test]
fn infinite_recursion_of_several_kinds() {
    for params in [
        "rec { x = y; y = x; }",
        "{ x = let a = a; in [ a ]; }",
        "{ x = let a = a + 1; in [ a ]; }",
        "{ x = [ (let s = { inherit (s) t; }; in s.t) ]; }",
        "{ x = [ (builtins.foldl' (a: b: a + b) 0 (let l = [ 1 ] ++ l; in l)) ]; }",
        "let p = p // { x = [ 1 ]; }; in p",
        "{ x = [ (let a = with a; b; in a) ]; }",
    ] {
        refused(&eval_run(params), "infinite recursion");
    }
}

/// A value that holds itself can't be a parameter: it has no end.
#[test]
fn a_parameter_that_holds_itself() {
    let ran = eval_run("{ x = [ (let a = { inherit a; }; in a) ]; }");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn a_million_additions_put_off() {
    let sum = "{ x = [ (builtins.foldl' (a: b: { v = a.v + b; }) { v = 0; }
        (builtins.genList (x: x) 1000000)).v ]; }";
    let ran = eval_run(sum);
    // All of it on the stack, or a clear word that it is too deep.
    if ran.code == Some(0) {
        assert!(String::from_utf8_lossy(&ran.stdout).contains("499999500000"));
    } else {
        refused(&ran, "stack");
    }
}

#[test]
fn ten_megabytes_of_nix() {
    let mut text = String::from("let\n");
    for at in 0..250_000 {
        text.push_str(&format!("  name{at} = \"a value of some length {at}\";\n"));
    }
    let text = format!("{text}in\n{LAB}");
    assert!(text.len() > 10_000_000);
    lists(&eval(Lab { lab: text, ..Lab::default() }.write().path()), 1);
}

/// Bytes that are no UTF-8 are seen as one character each, as editors show them, and counted so.
#[test]
fn bytes_that_are_no_text_in_what_is_shown() {
    let ran = eval_text(b"{ x = \"\xff\xfe\"; y = nothing; }");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("lab.nix:1:17"), "{}", ran.stderr);
    assert!(ran.stderr.contains("{ x = \"\u{fffd}\u{fffd}\"; y = nothing; }"), "{}", ran.stderr);
    let last = |what: &str| ran.stderr.lines().filter(|line| line.contains(what)).last();
    let (mark, place) = (last("┬").expect("a mark"), last("nothing;").expect("a line"));
    let column =
        |line: &str, word: &str| line.split(word).next().map(|before| before.chars().count());
    assert_eq!(column(mark, "───┬"), column(place, "nothing"), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_lab() {
    refused(&eval_text([0u8, 1, 2, 255, 254, 0, 7]), "binary file");
    // Strings may hold any bytes; this one is read, and is no lab.
    refused(&eval_text([b'"', 0xff, b'"']), "but this is a string");
    refused(&eval_text("("), "syntax error");
    refused(&eval_text("(".repeat(10_000)), "unexpected end of file");
    let too_deep = "this expression is nested too deeply";
    refused(&eval_text("[".repeat(100_000)), too_deep);
    refused(&eval_text(format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000))), too_deep);
    refused(&eval_text("{ a.b.".repeat(20_000)), "syntax error, unexpected '{'");
    refused(&eval_text("a: ".repeat(100_000)), too_deep);
    refused(&eval_text("-".repeat(100_000) + "1"), too_deep);
    refused(&eval_text("\"${".repeat(50_000)), too_deep);
    refused(&eval_text(""), "the file ends here");
    refused(&eval_text("# nothing\n"), "the file ends here");
    refused(&eval_text("1"), "a lab is a function, but this is an integer");
    refused(&eval_text("{ }"), "this file doesn't give a lab");
    refused(&eval_text("x: y: z: 1"), "this lab gives a function, not an attribute set");
    refused(&eval_text("throw \"no\""), "no");
    refused(&eval_text("import ./lab.nix"), "infinite recursion");
}

#[test]
fn places_that_hold_no_lab() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    refused(&eval(directory.path()), "no lab");
    let ran = run(repx(directory.path()).args(["eval", "not-here"]));
    refused(&ran, "doesn't exist");
    fs::create_dir(directory.path().join("lab.nix")).expect("a directory");
    refused(&eval(directory.path()), "no lab");
    let ran = run(repx(directory.path()).args(["eval", "lab.nix"]));
    refused(&ran, "no lab");
    // A link to itself, and one that leads nowhere.
    for target in ["loop", "nowhere"] {
        let link = directory.path().join("loop");
        symlink(target, &link).expect("a link can be made");
        assert_eq!(run(repx(directory.path()).args(["eval", "loop"])).code, Some(2));
        fs::remove_file(link).expect("a link can be removed");
    }
}

#[test]
fn a_file_that_cannot_be_read() {
    let lab = Lab::default().write();
    let stage = lab.path().join("stage.nix");
    fs::remove_file(&stage).expect("a file can be removed");
    // Nobody can read a directory as a file, not even root.
    fs::create_dir(&stage).expect("a directory can be made");
    refused(&eval(lab.path()), "stage.nix");
    fs::remove_dir(&stage).expect("a directory can be removed");
    symlink("stage.nix", &stage).expect("a link can be made");
    refused(&eval(lab.path()), "stage.nix");
}

#[test]
fn a_stage_that_imports_itself() {
    let lab = Lab { stage: "import ./stage.nix".into(), ..Lab::default() };
    refused(&eval(lab.write().path()), "infinite recursion");
}

/// A directory with everything that can stand in one.
#[test]
fn odd_names_in_a_scanned_directory() {
    let params = "{ x = repx-lib.utils.dirs ./data; y = repx-lib.utils.files ./data; }";
    let lab = Lab { run: with_run(params), ..Lab::default() }.write();
    let data = lab.path().join("data");
    fs::create_dir_all(data.join("one")).expect("a directory can be made");
    fs::write(data.join("one/contents"), [0xff, 0, 0xfe]).expect("a file can be written");
    fs::write(data.join("file"), [0xff, 0, 0xfe]).expect("a file can be written");
    lists(&eval(lab.path()), 1);
    symlink("nowhere", data.join("dangling")).expect("a link can be made");
    symlink("loop", data.join("loop")).expect("a link can be made");
    symlink(".", data.join("one/self")).expect("a link can be made");
    lists(&eval(lab.path()), 1);
    let name = std::ffi::OsString::from_vec(vec![b'n', 0xff, b'n']);
    fs::write(data.join(name), "x").expect("a file can be written");
    let ran = eval(lab.path());
    // Two files now; or a word about the name that no JSON can hold.
    if ran.code == Some(0) { lists(&ran, 2) } else { refused(&ran, "UTF-8") }
}

#[test]
fn runs_and_axes_of_every_size() {
    let none = LAB.replace("{ main = repx-lib.callRun ./run.nix [ ]; }", "{ }");
    let ran = eval(Lab { lab: none, ..Lab::default() }.write().path());
    assert!(matches!(ran.code, Some(0 | 2)), "{}", ran.stderr);
    lists(&eval_run("{ x = repx-lib.utils.range 1 5000; }"), 5000);
    let many: String = (0..30).map(|at| format!("p{at} = repx-lib.utils.range 1 10; ")).collect();
    let declared = many.replace("repx-lib.utils.range 1 10", "0");
    let lab = Lab {
        run: with_run(&format!("{{ {many} }}")),
        stage: stage("0").replace("y = 0;", &declared),
        ..Lab::default()
    };
    // 10^30 jobs: too many to count in a machine word.
    let count = format!("would have 1{} jobs, more than can be listed", ",000".repeat(10));
    refused(&eval(lab.write().path()), &count);
}

#[test]
fn values_that_are_hard_to_write() {
    refused(&eval_run(r#"{ x = [ (builtins.fromJSON "\"\\u0000\"") ]; }"#), "contains null bytes");
    refused(&eval_run("{ x = [ (a: a) ]; }"), "function");
    let deep = "[ (builtins.foldl' (a: _: [ a ]) 1 (builtins.genList (x: x) 10000)) ]";
    let ran = eval_run(&format!("{{ x = {deep}; }}"));
    if ran.code == Some(0) {
        lists(&ran, 1)
    } else {
        refused(&ran, "deep")
    }
    let long = "builtins.concatStringsSep \"\" (builtins.genList (_: \"0123456789\") 2000000)";
    let ran = eval_run(&format!("{{ x = [ ({long}) ]; }}"));
    lists(&ran, 1);
    assert!(ran.stdout.len() > 20_000_000);
    refused(&eval_run(&format!("{{ x = [ (throw ({long})) ]; }}")), "0123456789");
}
