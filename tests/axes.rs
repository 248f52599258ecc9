//! Axes that are large, odd or wrong: listed right, or refused with the place of the axis.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use repx::diagnostic::Diagnostic;
use repx::session;
use repx::source::SourceMap;
use repx::sweep::{self, Ask, Count, Listing, Outcome, Request, Selection};
use repx::world::Memory;

/// A lab of one stage with the parameters that the run sweeps, named in `declared`.
fn lab(declared: &[&str], params: &str, script: &str) -> Memory {
    let declared: String = declared.iter().map(|name| format!("{name} = 0; ")).collect();
    Memory::new()
        .file("/lab/file", "contents")
        .file(
            "/lab/lab.nix",
            "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun ./r.nix [ ]; }",
        )
        .file(
            "/lab/r.nix",
            format!("{{ repx-lib, ... }}:\nwith builtins; {{\nname = \"r\";\npipelines = [ ./p.nix ];\nparams = {{\n{params}\n}};\n}}"),
        )
        .file("/lab/p.nix", "{ repx }: repx.mkPipe { s = repx.callStage ./s.nix [ ]; }")
        .file(
            "/lab/s.nix",
            format!("{{ pkgs }}: {{ pname = \"s\"; params = {{ {declared} }}; outputs.o = \"$out/o\"; run = {{ params, ... }}: \"{script}\"; }}"),
        )
}

/// What comes of it, and the texts that it speaks of.
fn outcome(world: &Memory, ask: Ask) -> (Outcome, SourceMap) {
    let sources = SourceMap::new();
    let request = Request { threads: 2, ask, ..Request::new("/lab/lab.nix".into(), "/lab".into()) };
    let never = AtomicBool::new(false);
    let config = session::Config { world, ..support::config(&sources, &never, false) };
    let outcome =
        session::run(&config, |session, evaluator| sweep::list(session, evaluator, &request))
            .expect("a thread can be had");
    (outcome, sources)
}

/// What comes of it, and the text that the first diagnostic points at.
fn ask(world: &Memory, ask: Ask) -> (Outcome, Option<String>) {
    let (outcome, sources) = outcome(world, ask);
    let place = outcome.diagnostics.first().and_then(|first| shown(first, &sources));
    (outcome, place)
}

/// The line of the run's file that a diagnostic speaks of first.
fn shown(diagnostic: &Diagnostic, sources: &SourceMap) -> Option<String> {
    let labels = diagnostic.primary.iter().chain(&diagnostic.trace).chain(&diagnostic.secondary);
    let spans = labels.map(|label| label.span);
    let in_run = spans.filter_map(|span| {
        let file = sources.file(span)?;
        let start = (span.start - file.span().start) as usize;
        let before = file.text().get(..start)?;
        let line = before.rsplit('\n').next()?.len();
        let text = file.text().get(start - line..)?.lines().next()?.to_owned();
        file.path().ends_with("r.nix").then_some(text)
    });
    in_run.into_iter().next()
}

fn listed(world: &Memory) -> Listing {
    let (outcome, _) = ask(world, Ask::Jobs);
    outcome.listing.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics))
}

fn refused(world: &Memory) -> (Diagnostic, String) {
    let (outcome, place) = ask(world, Ask::Jobs);
    assert!(outcome.listing.is_none(), "it was listed");
    let first = outcome.diagnostics.into_iter().next().expect("it says why");
    (first, place.expect("it says where"))
}

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// So many axes of a hundred thousand values, one of them longer.
fn product(axes: usize) -> Memory {
    let names = NAMES.get(..axes).expect("so many names");
    let axis = |name: &&str| {
        let length = if *name == "c" { 100_001 } else { 100_000 };
        format!("{name} = genList (x: x) {length};\n")
    };
    let params: String = names.iter().map(axis).collect();
    lab(names, &params, "true")
}

#[test]
fn products_beyond_64_and_128_bits() {
    for (axes, count) in [(4, "100,001,000,000,000,000,000"), (8, "more than 10^38")] {
        let (error, place) = refused(&product(axes));
        assert_eq!(error.code, "repx::sweep::too-many-jobs");
        assert!(error.message.contains(count), "{}", error.message);
        assert!(place.starts_with("c = "), "{place}");
    }
    let counted = |axes| {
        let (outcome, _) = ask(&product(axes), Ask::Counts(0, Selection::default()));
        outcome.counts.expect("it was counted").total(|_| true)
    };
    assert_eq!(counted(4), Count::Exactly(100_001 * 10u128.pow(15)));
    assert_eq!(counted(8), Count::Beyond);
}

/// Long enough that nothing is kept for each value but what has to be: all that its evaluation made
/// would not fit into what a test may take.
#[test]
fn a_long_axis_that_scripts_read() {
    let count = if cfg!(debug_assertions) { 20_000 } else { 300_000 };
    let world = lab(&["a"], &format!("a = genList (x: x) {count};"), "run ${params.a}\nend");
    let listing = listed(&world);
    assert_eq!(listing.len(), count);
    let ids: BTreeSet<[u8; 20]> =
        (0..count as u32).map(|job| *listing.id(job).expect("it is there").bytes()).collect();
    assert_eq!(ids.len(), count);
    // One of them is what it is alone.
    let alone = listed(&lab(&["a"], "a = [ 12345 ];", "run ${params.a}\nend"));
    assert_eq!(listing.id(12345), alone.id(0));
}

/// More names and outputs than are made beforehand: each line speaks of its own.
#[test]
fn a_long_axis_that_names_follow() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        std::fs::write(directory.path().join(name), text).expect("the file can be written");
    };
    let count = 70_000;
    file(
        "lab.nix",
        "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun ./r.nix [ ]; }",
    );
    file(
        "r.nix",
        &format!(
            "{{ ... }}: {{ name = \"r\"; pipelines = [ ./p.nix ]; params.a = builtins.genList (x: x) {count}; }}"
        ),
    );
    file(
        "p.nix",
        "{ repx }: repx.mkPipe rec { s = repx.callStage ./s.nix [ ]; t = repx.callStage ./t.nix [ s ]; }",
    );
    file(
        "s.nix",
        "{ pkgs }: { pname = { params }: \"s-${toString params.a}\"; params.a = 0; outputs = { params }: { o = \"$out/${toString params.a}\"; }; run = { params, outputs, ... }: \"run ${params.a} > ${outputs.o}\"; }",
    );
    file(
        "t.nix",
        "{ pkgs }: { pname = \"t\"; inputs.o = \"\"; outputs.p = \"$out/p\"; run = { inputs, ... }: \"run ${inputs.o}\"; }",
    );
    let mut command = support::program::repx(directory.path());
    let ran = support::program::run(command.args(["eval", "--no-cache", "--format", "ndjson"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let text = String::from_utf8(ran.stdout).expect("JSON is text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2 * count);
    for (number, line) in lines.iter().take(count).enumerate() {
        assert!(line.contains(&format!("-s-{number}-1.1\", ")), "{line}");
        assert!(line.contains(&format!("\"outputs\": {{\"o\": \"$out/{number}\"}}")), "{line}");
    }
    for (number, line) in lines.iter().skip(count).enumerate() {
        assert_eq!(line.matches(&format!("-s-{number}-1.1\"")).count(), 2, "{line}");
    }
}

#[test]
fn zips_of_unequal_lengths() {
    let world = lab(
        &["a", "b"],
        "z = repx-lib.utils.zip {\na = [ 1 2 3 ];\nb = genList (x: x) 4;\n};",
        "true",
    );
    let (error, place) = refused(&world);
    assert_eq!(error.code, "repx::lab::zip-lengths");
    assert!(error.message.contains("`a` has 3 values and `b` has 4"), "{}", error.message);
    assert!(place.starts_with("b = "), "{place}");
}

#[test]
fn a_parameter_in_a_zip_and_by_itself_is_one_mistake() {
    let world = lab(
        &["x", "y"],
        "g = repx-lib.utils.zip { x = [ 1 2 ]; y = [ 4 5 ]; };\nx = [ 7 8 ];",
        "true",
    );
    let (outcome, _) = outcome(&world, Ask::Jobs);
    let codes: Vec<&str> = outcome.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["repx::lab::parameter-twice"]);
}

/// Values and their canonical JSON; all are different jobs.
const VALUES: &[(&str, &str)] = &[
    ("null", "null"),
    ("true", "true"),
    ("0", "0"),
    ("0.0", "0.0"),
    ("0.0 * (-1)", "-0.0"),
    ("1.0e-7", "1e-07"),
    ("0.1", "0.1"),
    ("9007199254740993", "9007199254740993"),
    ("\"null\"", "\"null\""),
    ("\"\"", "\"\""),
    ("[ ]", "[]"),
    ("[ null [ 1 { a = [ 0.5 ]; } ] ]", "[null,[1,{\"a\":[0.5]}]]"),
    ("{ }", "{}"),
    ("{ b = 1; a = { c = null; }; }", "{\"a\":{\"c\":null},\"b\":1}"),
];

#[test]
fn values_of_every_kind() {
    let list: String = VALUES.iter().map(|(value, _)| format!("({value}) ")).collect();
    let listing = listed(&lab(
        &["a"],
        &format!(
            "a = [ {list} ./file (derivation {{ name = \"d\"; system = \"x\"; builder = \"b\"; }}) ];"
        ),
        "run ${params.a}",
    ));
    let texts: Vec<String> = listing.jobs().map(|job| job.param(0).to_owned()).collect();
    assert_eq!(texts.len(), VALUES.len() + 2);
    for ((_, expected), text) in VALUES.iter().zip(&texts) {
        assert_eq!(text, expected);
    }
    assert!(texts.iter().rev().take(2).all(|text| text.starts_with("\"/nix/store/")), "{texts:?}");
    let ids: BTreeSet<String> = listing.jobs().map(|job| job.id().to_string()).collect();
    assert_eq!(ids.len(), texts.len());
}

/// JSON has no infinity and nothing for what is no number: as `null` they would all be one job.
#[test]
fn numbers_that_are_none() {
    for value in ["1.0e308 * 10", "-1.0e308 * 10", "(x: x - x) (1.0e308 * 10)"] {
        for item in [format!("({value})"), format!("[ 1 {{ x = [ ({value}) ]; }} ]")] {
            let (error, place) = refused(&lab(&["a"], &format!("a = [ 1 {item} ];"), "true"));
            assert!(error.message.contains("number"), "{}", error.message);
            assert!(place.starts_with("a = "), "{place}");
        }
    }
}

#[test]
fn every_control_character() {
    let escaped: String = (1..32u32).chain([127]).map(|c| format!("\\\\u{c:04x}")).collect();
    let text: String = (1..32u8).chain([127]).map(char::from).collect();
    let axis = format!("a = [ (fromJSON \"\\\"{escaped}\\\"\") ];");
    let listing = listed(&lab(&["a"], &axis, "run ${params.a}"));
    let json = listing.job(0).expect("a job").param(0).to_owned();
    assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), text);
    // There is no such text in Nix.
    let (error, place) =
        refused(&lab(&["a"], "a = [ (fromJSON \"\\\"a\\\\u0000b\\\"\") ];", "true"));
    assert!(error.message.contains("null bytes"), "{}", error.message);
    assert!(place.starts_with("a = "), "{place}");
}

#[test]
fn results_are_the_same_for_any_number_of_threads() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = |name: &str, text: &str| {
        std::fs::write(directory.path().join(name), text).expect("the file can be written");
    };
    file(
        "lab.nix",
        "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs.r = repx-lib.callRun ./r.nix [ ]; }",
    );
    file(
        "r.nix",
        "{ repx-lib, ... }: { name = \"r\"; pipelines = [ ./p.nix ]; params = { a = repx-lib.utils.range 1 50; b = repx-lib.utils.range 1 50 ++ [ 1 ]; mode = [ \"x\" \"y\" ]; }; }",
    );
    file(
        "p.nix",
        "{ repx }: repx.mkPipe rec { s = repx.callStage ./s.nix [ ]; t = repx.callStage ./t.nix [ s ]; }",
    );
    file(
        "s.nix",
        "{ pkgs }: { pname = \"s\"; params.a = 0; outputs.o = \"$out/o\"; run = { params, ... }: \"run ${params.a}\"; }",
    );
    file(
        "t.nix",
        "{ pkgs }: { pname = { params }: \"t-${params.mode}\"; params = { b = 0; mode = \"\"; }; inputs.o = \"\"; outputs = { params }: { p = \"$out/${toString params.b}\"; }; run = { params, inputs, ... }: \"run ${params.b} ${inputs.o}\"; }",
    );
    let written = |threads: &str, format: &str| {
        let mut command = support::program::repx(directory.path());
        let arguments = ["eval", "--no-cache", "--format", format, "--threads", threads];
        let ran = support::program::run(command.args(arguments));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout
    };
    for format in ["ndjson", "json"] {
        let one = written("1", format);
        assert!(one.len() > 1_000_000);
        for threads in ["2", "8"] {
            assert!(one == written(threads, format), "{format} with {threads} threads");
        }
    }
}

/// What evaluation finds wrong with a value without knowing where is said of the parameter.
/// What goes wrong in the library is told where the lab calls it.
#[test]
fn mistakes_in_calls_of_utils_are_told_in_the_lab() {
    for (axis, said) in [
        ("repx-lib.utils.dirs ./gone", "gone"),
        ("repx-lib.utils.scan { src = ./.; type = \"fil\"; }", "fil"),
        ("repx-lib.utils.range 1 1000000000000", "cannot create list"),
    ] {
        let world = lab(&["x"], &format!("x = {axis};"), "echo ${toJSON params.x}");
        let (outcome, place) = ask(&world, Ask::Jobs);
        let first = outcome.diagnostics.first().expect("it says why");
        assert!(first.message.contains(said), "{first:?}");
        assert!(place.is_some_and(|place| place.contains(axis)), "{first:?}");
    }
}

#[test]
fn a_path_that_is_not_there_is_said_of_its_axis() {
    let world = lab(&["x"], "x = [ 1 { deep = ./gone; } ];", "echo ${toJSON params.x}");
    let (outcome, sources) = outcome(&world, Ask::Jobs);
    let first = outcome.diagnostics.first().expect("it says why");
    assert!(
        first.message.contains("gone") && first.message.contains("does not exist"),
        "{first:?}"
    );
    let primary = first.primary.clone().expect("a place");
    assert!(sources.file(primary.span).is_some_and(|file| file.path().ends_with("r.nix")));
}
