//! Ctrl-C ends whatever repx is at.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use repx::session::{self, Config};
use repx::source::SourceMap;
use repx::value::{ErrorKind, Slot};
use support::program::repx;

/// Loops without calls between their steps, each over `list`, which has been evaluated.
const LOOPS: &[&str] = &[
    "map (x: x) list",
    "genList (x: x) 100000",
    "foldl' add 0 list",
    "sort (a: b: a < b) list",
    "sort lessThan (map (x: [ x ]) (genList (x: 100000 - x) 100000))",
    "filter (x: x > 0) list",
    "any (x: x < 0) list",
    "all (x: x >= 0) list",
    "partition (x: x > 5) list",
    "groupBy toString list",
    "concatMap (x: [ x ]) list",
    "concatLists lists",
    "concatStringsSep \",\" strings",
    "toString list",
    "toJSON list",
    "toJSON named",
    "deepSeq list 1",
    "deepSeq named 1",
    "list == other",
    "lists == otherLists",
    "[ list ] < [ other ]",
    "replaceStrings [ \"a\" ] [ \"b\" ] long",
    "replaceStrings strings strings \"x\"",
    "listToAttrs pairs",
    "catAttrs \"name\" pairs",
    "zipAttrsWith (n: v: v) pairs",
    "genericClosure { startSet = map (key: { inherit key; }) list; operator = x: [ ]; }",
    "elem (-1) list",
    "elem { } lists",
];

const PREFIX: &str = r#"
with builtins;
let
  n = 20000;
  list = genList (x: x) n;
  other = genList (x: x) n;
  lists = map (x: [ x ]) list;
  otherLists = map (x: [ x ]) list;
  strings = map toString list;
  named = listToAttrs (map (x: { name = "n${toString x}"; value = x; }) list);
  long = concatStringsSep "" (map (x: "ab") list);
  pairs = map (x: { name = "n${toString x}"; value = x; }) list;
  known = [ list other lists otherLists strings named long pairs ];
in deepSeq known (trace "now" (
"#;

/// Whoever asks to stop at the moment a loop begins is heard before it ends.
#[test]
fn loops_look_whether_they_are_wanted() {
    for text in LOOPS {
        let interrupt = AtomicBool::new(false);
        let sources = SourceMap::new();
        let program = format!("{PREFIX} {text} ))");
        let messages = |_: &str| interrupt.store(true, Ordering::Relaxed);
        let config = support::config(&sources, &interrupt, false);
        let config = Config { messages: &messages, ..config };
        let kind = session::run(&config, |session, evaluator| {
            let value = session.expression(evaluator, &program, "/".as_ref());
            let value = value.and_then(|value| evaluator.force_deep(Slot::Value(value)));
            value.err().map(|error| (error.kind(), error.diagnostic().message))
        });
        let kind = kind.expect("a thread can be had");
        let kind = kind.unwrap_or_else(|| panic!("nobody looked: {text}"));
        assert_eq!(kind.0, ErrorKind::Interrupted, "{text}: {}", kind.1);
        assert!(interrupt.load(Ordering::Relaxed), "{text}");
    }
}

/// Programs that take minutes at least, most of them in a loop of ours. They say when they begin.
const ENDLESS: &[&str] = &[
    "foldl' (a: b: a + length (genList (x: x) 130000000)) 0 (genList (x: x) 100000000)",
    "foldl' (a: b: a) 0 (genList (i: foldl' (a: b: b) 0 (genList (x: x) 50000)) 1000000)",
    "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 60",
    "let l = genList (x: x) 5000; in foldl' (a: b: a + length (sort (x: y: y < x) l)) 0 (genList (x: x) 1000000)",
    "genericClosure { startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ]; }",
    "foldl' (a: b: a + stringLength (toJSON (genList (x: x) 5000))) 0 (genList (x: x) 1000000)",
    "foldl' (a: b: if match \"(a*)*b\" \"aaaaaaaaaaaaaaaaaaaaaaaa\" == null then a else b) 0 (genList (x: x) 100000000)",
];

/// Starts repx with these arguments, waits until the program says that it has begun, and sends
/// SIGINT: how it ended, and what it said then.
fn interrupted(directory: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = repx(directory)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("repx starts");
    let mut said = BufReader::new(child.stderr.take().expect("its standard error"));
    let mut line = String::new();
    while !line.contains("begun") {
        line.clear();
        assert!(said.read_line(&mut line).expect("text") > 0, "it ended before it began");
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut said, &mut rest).expect("text");
    (child.wait().expect("it ends").code(), rest)
}

#[test]
fn ctrl_c_ends_any_program() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for text in ENDLESS {
        let program = format!("with builtins; seq (trace \"begun\" null) (deepSeq ({text}) null)");
        let arguments = ["instantiate", "--eval", "--strict", "-E", &program];
        let (code, said) = interrupted(directory.path(), &arguments);
        assert_eq!(code, Some(130), "{text}: {said}");
        assert!(said.contains("interrupted"), "{text}: {said}");
    }
}

/// While the axes of a lab are read, and while its scripts are made.
#[test]
fn ctrl_c_ends_a_sweep() {
    for (axis, word) in [
        (
            "builtins.seq (builtins.trace \"begun\" null) (builtins.genList (n: builtins.foldl' (a: b: a + b) n (builtins.genList (x: x) 100000)) 3000000)",
            "1",
        ),
        (
            "builtins.genList (x: x) 3000000",
            "if params.a == \"5\" then builtins.trace \"begun\" \"5\" else params.a + toString (builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 10000))",
        ),
    ] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: String| {
            std::fs::write(directory.path().join(name), text).expect("the file can be written");
        };
        file("lab.nix", "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun ./r.nix [ ]; }".into());
        file(
            "r.nix",
            format!("{{ ... }}: {{ name = \"r\"; pipelines = [ ./p.nix ]; params.a = {axis}; }}"),
        );
        file("p.nix", "{ repx }: repx.mkPipe { s = repx.callStage ./s.nix [ ]; }".into());
        file("s.nix", format!("{{ pkgs }}: {{ pname = \"s\"; params.a = 0; outputs.o = \"$out/o\"; run = {{ params, ... }}: \"${{{word}}}\"; }}").replace("${1}", "1"));
        let arguments = ["eval", "--format", "ndjson", "--no-cache", "--threads", "2"];
        let (code, said) = interrupted(directory.path(), &arguments);
        assert_eq!(code, Some(130), "{axis}: {said}");
    }
}

/// While the lab is evaluated, and while behaviours are looked for.
#[test]
fn ctrl_c_ends_a_check() {
    let endless = "builtins.foldl' (a: b: a + builtins.length (builtins.genList (x: x) 100000)) 0 (builtins.genList (x: x) 10000000)";
    let begun = format!("builtins.seq (builtins.trace \"begun\" null) ({endless})");
    for (axis, name) in [(begun.as_str(), "1"), ("[ 1 2 ]", begun.as_str())] {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: String| {
            std::fs::write(directory.path().join(name), text).expect("the file can be written");
        };
        file(
            "lab.nix",
            format!(
                "{{ pkgs, repx-lib, ... }}: repx-lib.mkLab {{ inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun (_: {{ name = \"r\"; pipelines = [ ./p.nix ]; params.a = {axis}; }}) [ ]; }}"
            ),
        );
        file("p.nix", "{ repx }: repx.mkPipe { s = repx.callStage ./s.nix [ ]; }".into());
        file(
            "s.nix",
            format!(
                "_: {{ pname = {{ params }}: \"s${{toString (params.a + ({name}))}}\"; params.a = 0; outputs.o = \"$out/o\"; run = _: \"true\"; }}"
            ),
        );
        let (code, said) = interrupted(directory.path(), &["check"]);
        assert_eq!(code, Some(130), "{axis}: {said}");
    }
}

/// While a saved listing is read that never ends, and while the lab of a commit is evaluated.
#[test]
fn ctrl_c_ends_a_comparison() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(directory.path()).args(["-c", "user.name=A", "-c", "user.email=a@b.c"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(git.args(arguments).status().expect("git runs").success());
    };
    let lab = |axis: &str| {
        let lab = "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun ./r.nix [ ]; }";
        let run =
            format!("{{ ... }}: {{ name = \"r\"; pipelines = [ ./p.nix ]; params.a = {axis}; }}");
        std::fs::write(path("lab.nix"), lab).expect("the file can be written");
        std::fs::write(path("r.nix"), run).expect("the file can be written");
    };
    std::fs::write(path("p.nix"), "{ repx }: repx.mkPipe { s = repx.callStage ./s.nix [ ]; }")
        .unwrap();
    let stage =
        "{ pkgs }: { pname = \"s\"; params.a = 0; outputs.o = \"$out/o\"; run = _: \"true\"; }";
    std::fs::write(path("s.nix"), stage).unwrap();
    lab(
        "[ (builtins.foldl' (a: b: a + builtins.length (builtins.genList (x: x) 100000)) 0 (builtins.genList (x: x) 10000000)) ]",
    );
    git(&["init", "-q"]);
    git(&["add", "lab.nix", "r.nix", "p.nix", "s.nix"]);
    git(&["commit", "-qm", "takes minutes"]);
    lab("builtins.trace \"begun\" [ 1 ]");
    let pipe = Command::new("mkfifo").arg(path("saved")).status();
    assert!(pipe.expect("mkfifo").success());
    // As long as somebody may write there is no end.
    let _writer = std::fs::File::options().read(true).write(true).open(path("saved")).unwrap();
    for with in ["saved", "HEAD"] {
        let arguments = ["eval", "--no-cache", "--diff", with];
        let (code, said) = interrupted(directory.path(), &arguments);
        assert_eq!(code, Some(130), "{with}: {said}");
        assert!(said.contains("interrupted"), "{with}: {said}");
    }
}
