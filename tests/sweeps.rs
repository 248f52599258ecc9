//! Sweeps, made at random: every job as if it were the only one of its lab, in the same order, and
//! as many as were counted.
//!
//! The functions of the generated stages read their parameters in every way there is: one or
//! another depending on a third, all at once, not at all. Whatever is shared between jobs must not
//! show.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use repx::session;
use repx::source::SourceMap;
use repx::sweep::{
    self, Ask, Count, Counts, JobView, Listing, Outcome, Request, Selection, Source,
};
use repx::world::Memory;

/// Values of every kind; some are written alike.
const VALUES: [&str; 18] = [
    "1",
    "2",
    "3",
    "1.0",
    "0.1",
    "(-1.0e-7)",
    "null",
    "true",
    "\"1\"",
    "\"fast\"",
    "\"two words\"",
    "\"it's ${\"\\\"quoted\\\"\"}\\n\\t\"",
    "(builtins.fromJSON \"\\\"\\\\u0001\\\\u001f\\\"\")",
    "[ 1 [ null { } ] ]",
    "{ z = 1; a = [ 2 ]; }",
    "./file",
    "(derivation { name = \"d\"; system = \"x\"; builder = \"b\"; })",
    "\"\"",
];

const PNAMES: [&str; 5] = [
    "\"NAME\"",
    "{ params }: \"NAME-${builtins.hashString \"md5\" (builtins.toJSON (params.a or 0))}\"",
    "{ params }: if (params.a or 1) == 1 then \"NAME-one\" else \"NAME-${builtins.typeOf (params.b or 0)}\"",
    "{ params }: \"NAME-${toString (builtins.length (builtins.attrNames params))}\"",
    "all: \"NAME-${builtins.substring 0 3 (builtins.hashString \"md5\" (builtins.toJSON all.params))}\"",
];

const OUTPUTS: [&str; 5] = [
    "{ oNAME = \"$out/o\"; }",
    "{ params }: { oNAME = \"$out/${builtins.toJSON (params.b or null)}\"; }",
    "{ params }: { oNAME = if params ? a then \"$out/a\" else \"$out/b\"; more = params.c or \"\"; }",
    "{ params }: { oNAME = \"$out/${if (params.c or 1) == (params.a or 2) then \"same\" else builtins.toJSON (params.b or 1)}\"; }",
    "{ params }: { oNAME = \"$out/${builtins.concatStringsSep \"-\" (map builtins.typeOf (builtins.attrValues params))}\"; }",
];

const INPUTS: [&str; 3] = [
    "{ INPUTS }",
    "{ params }: { INPUTS extra = builtins.toJSON (params.a or 5); }",
    "{ params }: { INPUTS } // (if builtins.isString (params.b or 1) then { text = \"it is\"; } else { })",
];

const RESOURCES: [&str; 4] = [
    "{ }",
    "{ cpus = 2; mem = \"1G\"; }",
    "{ params }: { cpus = if (params.b or 0) == 2 then 4 else 1; time = 60; }",
    "{ params }: { mem = if params == { } then \"2G\" else \"4G\"; partition = builtins.typeOf (params.c or 0); }",
];

const SCRIPTS: [&str; 6] = [
    "_: \"true\"",
    "{ params, ... }: \"run ${params.a or \"\"}\"",
    "{ params, outputs, ... }: \"run ${if (params.a or \"1\") == \"1\" then params.b or \"\" else \"none\"} ${toString (builtins.attrValues outputs)}\"",
    "{ inputs, params, ... }: \"${toString (builtins.attrValues inputs)} ${toString (builtins.attrValues params)}\"",
    "{ params, ... }@all: builtins.toJSON (builtins.removeAttrs all [ \"pkgs\" ])",
    "{ outputs, ... }: \"touch ${outputs.oNAME}\"",
];

/// A stage: which parameters it has, and which of the forms above its functions take.
#[derive(Clone, Debug)]
struct Stage {
    params: Vec<&'static str>,
    forms: [Index; 5],
}

/// An axis: its key, or with two keys a zip of them; and values.
type Axis = (Vec<&'static str>, Vec<Vec<&'static str>>);

fn stage() -> impl Strategy<Value = Stage> {
    (subsequence(vec!["a", "b", "c"], 0..=3), any::<[Index; 5]>())
        .prop_map(|(params, forms)| Stage { params, forms })
}

/// Values that nothing can tell apart but how they are written.
const PLAIN: [&str; 13] = [
    "1",
    "2",
    "3",
    "1.0",
    "null",
    "true",
    "\"1\"",
    "\"default\"",
    "\"two words\"",
    "[ 1 [ null { } ] ]",
    "[ ]",
    "{ z = 1; a = [ 2 ]; }",
    "./file",
];

fn values(
    keys: usize,
    among: &'static [&'static str],
) -> impl Strategy<Value = Vec<Vec<&'static str>>> {
    let value = any::<Index>().prop_map(|index| *index.get(among));
    proptest::collection::vec(proptest::collection::vec(value, keys), 1..=3)
}

fn axes() -> impl Strategy<Value = Vec<Axis>> {
    axes_of(&VALUES)
}

fn axes_of(among: &'static [&'static str]) -> impl Strategy<Value = Vec<Axis>> {
    let keys = prop_oneof![
        3 => Just(vec![vec!["a"], vec!["b"], vec!["c"]]),
        2 => Just(vec![vec!["a", "c"], vec!["b"]]),
        1 => Just(vec![vec!["s0.a"], vec!["a"], vec!["b"]]),
        1 => Just(vec![vec!["b", "s1.a"], vec!["c"]]),
    ];
    keys.prop_flat_map(|all| subsequence(all.clone(), 0..=all.len())).prop_flat_map(move |all| {
        all.into_iter()
            .map(|keys| values(keys.len(), among).prop_map(move |values| (keys.clone(), values)))
            .collect::<Vec<_>>()
    })
}

/// Without the axes that name a parameter of a stage which has no such parameter.
fn fitting(axes: &[Axis], stages: &[Stage]) -> Vec<Axis> {
    let fits = |key: &&str| match key.split_once('.') {
        Some(("s0", param)) => stages[0].params.contains(&param),
        Some((_, param)) => stages[1].params.contains(&param),
        None => true,
    };
    axes.iter().filter(|(keys, _)| keys.iter().all(fits)).cloned().collect()
}

/// The axes in the order in which they are swept: by name, a zip's being that of its first key.
fn written(axes: &[Axis]) -> String {
    let mut text = String::from("{ ");
    for (keys, points) in axes {
        let list = |at: usize| points.iter().map(|point| point[at]).collect::<Vec<_>>().join(" ");
        match keys.as_slice() {
            [key] => text.push_str(&format!("\"{key}\" = [ {} ]; ", list(0))),
            _ => {
                let members = keys.iter().enumerate();
                let members: String =
                    members.map(|(at, key)| format!("\"{key}\" = [ {} ]; ", list(at))).collect();
                let name = format!("{}-zip", keys[0]);
                text.push_str(&format!("\"{name}\" = repx-lib.utils.zip {{ {members} }}; "));
            }
        }
    }
    text + "}"
}

fn stage_file(number: usize, stage: &Stage, from: &[usize]) -> String {
    let name = format!("s{number}");
    let form = |at: usize, forms: &[&str]| stage.forms[at].get(forms).replace("NAME", &name);
    let inputs: String = from.iter().map(|other| format!("os{other} = \"\"; ")).collect();
    let params: String =
        stage.params.iter().map(|param| format!("{param} = \"default\"; ")).collect();
    format!(
        "{{ pkgs }}: {{ pname = {}; params = {{ {params} }}; inputs = {}; outputs = {}; resources = {}; run = {}; }}",
        form(0, &PNAMES),
        form(1, &INPUTS).replace("INPUTS", &inputs),
        form(2, &OUTPUTS),
        form(3, &RESOURCES),
        form(4, &SCRIPTS),
    )
}

/// Three stages, the second reading from the first and the third from both or from the second.
fn world(stages: &[Stage], both: bool, runs: &[&[Axis]]) -> Memory {
    let last = if both { "[ s1 s0 ]" } else { "[ s1 ]" };
    let from: [&[usize]; 3] = [&[], &[0], if both { &[0, 1] } else { &[1] }];
    let names: String =
        (0..runs.len()).map(|i| format!("r{i} = repx-lib.callRun ./r{i}.nix [ ]; ")).collect();
    let mut world = Memory::new()
        .file("/lab/file", "contents")
        .file(
            "/lab/lab.nix",
            format!(
                "{{ pkgs, repx-lib, ... }}: repx-lib.mkLab {{ inherit pkgs repx-lib; lab_version = \"1\"; runs = {{ {names} }}; }}"
            ),
        )
        .file(
            "/lab/p.nix",
            format!(
                "{{ repx }}: repx.mkPipe rec {{ s0 = repx.callStage ./s0.nix [ ]; s1 = repx.callStage ./s1.nix [ s0 ]; s2 = repx.callStage ./s2.nix {last}; }}"
            ),
        );
    for (number, stage) in stages.iter().enumerate() {
        world = world.file(format!("/lab/s{number}.nix"), stage_file(number, stage, from[number]));
    }
    for (number, axes) in runs.iter().enumerate() {
        let run = format!(
            "{{ repx-lib, ... }}: {{ name = \"r{number}\"; pipelines = [ ./p.nix ]; params = {}; }}",
            written(axes)
        );
        world = world.file(format!("/lab/r{number}.nix"), run);
    }
    world
}

fn outcome(world: &Memory, request: &Request) -> Outcome {
    let sources = SourceMap::new();
    let never = AtomicBool::new(false);
    let config = session::Config { world, ..support::config(&sources, &never, false) };
    session::run(&config, |session, evaluator| sweep::list(session, evaluator, request))
        .expect("a thread can be had")
}

fn request() -> Request {
    Request::new("/lab/lab.nix".into(), "/lab".into())
}

fn asked(params: Vec<(String, Vec<String>)>) -> Selection {
    Selection { params, ..Selection::default() }
}

fn ask(world: &Memory, threads: usize, ask: Ask) -> (Listing, Option<Counts>) {
    let outcome = outcome(world, &Request { threads, ask, ..request() });
    let listing = outcome.listing.unwrap_or_else(|| panic!("{:#?}", outcome.diagnostics));
    (listing, outcome.counts)
}

fn list(world: &Memory, threads: usize) -> Listing {
    ask(world, threads, Ask::Jobs).0
}

/// Its ids are made when they are asked for, wherever that is possible; there is room for none.
fn unkept(world: &Memory) -> Outcome {
    outcome(world, &Request { threads: 2, kept: 0, room: 0, ..request() })
}

/// All that is said of a job, but for which runs it belongs to.
fn row(listing: &Listing, job: &JobView<'_>) -> String {
    let id = |job: u32| listing.id(job).expect("it is there");
    let inputs: Vec<String> = job
        .inputs()
        .map(|(name, source)| match source {
            Source::Job { job, output } => format!("{name}={}.{output}", id(job)),
            other => format!("{name}={other:?}"),
        })
        .collect();
    let mut needs: Vec<String> =
        job.depends_on().into_iter().map(|job| id(job).to_string()).collect();
    needs.sort();
    let params: Vec<_> = job.params().collect();
    format!(
        "{} {} {params:?} {inputs:?} {:?} {:?} {needs:?}",
        job.stage().name,
        job.name(),
        job.outputs(),
        job.resources()
    )
}

fn rows(listing: &Listing) -> Vec<String> {
    listing.jobs().map(|job| row(listing, &job)).collect()
}

/// The rows of all labs with one value on each axis, by stage, each once.
fn one_by_one(stages: &[Stage], both: bool, axes: &[Axis]) -> Vec<String> {
    // As the lab has them, whose attributes are sorted.
    let mut axes = axes.to_vec();
    axes.sort_by_key(|(keys, _)| match keys.as_slice() {
        [key] => (*key).to_owned(),
        keys => format!("{}-zip", keys[0]),
    });
    let mut points: Vec<Vec<Axis>> = vec![Vec::new()];
    for (keys, values) in &axes {
        points = points
            .iter()
            .flat_map(|point| {
                let one = |value: &Vec<&'static str>| (keys.clone(), vec![value.clone()]);
                values.iter().map(move |value| [point.clone(), vec![one(value)]].concat())
            })
            .collect();
    }
    let mut all: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    for point in &points {
        for row in rows(&list(&world(stages, both, &[point]), 1)) {
            if seen.insert(row.clone()) {
                all.push(row);
            }
        }
    }
    // By stage: sorting is stable, and rows begin with the stage's name.
    all.sort_by(|a, b| a[..2].cmp(&b[..2]));
    all
}

fn counted(listing: &Listing, run: u32, stage: &str) -> u128 {
    let of =
        |job: &JobView<'_>| *job.stage().name == *stage && job.runs().any(|other| other == run);
    listing.jobs().filter(of).count() as u128
}

fn fits(count: Count, jobs: u128) -> bool {
    match count {
        Count::Exactly(count) => count == jobs,
        Count::AtMost(count) => count >= jobs,
        Count::Beyond => false,
    }
}

/// A stage that reads all of three axes, and one that reads two of them.
fn enormous(values: usize) -> Memory {
    let range = format!("repx-lib.utils.range 1 {values}");
    Memory::new()
        .file(
            "/lab/lab.nix",
            "{ pkgs, repx-lib, ... }: repx-lib.mkLab { inherit pkgs repx-lib; lab_version = \"1\"; runs = { r = repx-lib.callRun ./r.nix [ ]; }; }",
        )
        .file(
            "/lab/r.nix",
            format!("{{ repx-lib, ... }}: {{ name = \"r\"; pipelines = [ ./p.nix ]; params = {{ a = {range}; b = {range}; c = {range} ++ [ 1 2 ]; }}; }}"),
        )
        .file(
            "/lab/p.nix",
            "{ repx }: repx.mkPipe rec { s0 = repx.callStage ./s0.nix [ ]; s1 = repx.callStage ./s1.nix [ s0 ]; }",
        )
        .file(
            "/lab/s0.nix",
            "{ pkgs }: { pname = \"s0\"; params = { a = 0; b = 0; }; outputs = { o = \"o\"; }; run = { params, ... }: \"${params.a}\"; }",
        )
        .file(
            "/lab/s1.nix",
            "{ pkgs }: { pname = { params }: \"s1-${toString params.c}\"; params = { c = 0; }; inputs = { o = \"\"; }; run = { params, ... }: \"${params.c}\"; }",
        )
}

#[test]
fn sweeps_of_any_size_are_counted() {
    let total = |world: &Memory, wanted: Vec<(String, Vec<String>)>| {
        let counts = ask(world, 2, Ask::Counts(0, asked(wanted))).1.expect("it was counted");
        counts.total(|_| true)
    };
    // The smallest is what it is when it is listed; 1 and 2 stand twice on an axis.
    assert_eq!(list(&enormous(3), 2).len(), 9 + 27);
    assert_eq!(total(&enormous(3), Vec::new()), Count::Exactly(9 + 27));
    let million = 1_000_000u128;
    assert_eq!(
        total(&enormous(100_000), Vec::new()),
        Count::Exactly(10_000 * million + 1_000 * million * million)
    );
    let some = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    let wanted = vec![some("a", "7"), some("c", "2")];
    // Those of the first stage have no `c`.
    assert_eq!(total(&enormous(100_000), wanted), Count::Exactly(100_000));
    let both = vec![("b".to_owned(), vec!["1".to_owned(), "2".to_owned(), "x".to_owned()])];
    assert_eq!(total(&enormous(10), both), Count::Exactly(20 + 200));
}

/// Runs `a` and so on, each with the runs it depends on and what it sweeps.
fn runs(runs: &[(&str, &str)], stage: &str) -> Memory {
    let names: Vec<String> = ('a'..).take(runs.len()).map(String::from).collect();
    let called = names
        .iter()
        .zip(runs)
        .map(|(name, (after, _))| format!("{name} = repx-lib.callRun ./{name}.nix [ {after} ];"));
    let called = called.collect::<Vec<_>>().join(" ");
    let lab = format!(
        "{{ pkgs, repx-lib, ... }}: repx-lib.mkLab {{ inherit pkgs repx-lib; lab_version = \"1\"; runs = rec {{ {called} }}; }}"
    );
    let world = Memory::new()
        .file("/lab/lab.nix", lab)
        .file("/lab/p.nix", "{ repx }: repx.mkPipe rec { s = repx.callStage ./s.nix [ ]; }")
        .file(
            "/lab/s.nix",
            format!("{{ pkgs }}: {{ pname = \"s\"; params = {{ x = 0; y = 0; }}; {stage} }}"),
        )
        .file("/lab/data/one", "1")
        .file("/lab/copy/one", "1");
    names.iter().zip(runs).fold(world, |world, (name, (_, params))| {
        world.file(
            format!("/lab/{name}.nix"),
            format!("{{ repx-lib, ... }}: {{ name = \"{name}\"; pipelines = [ ./p.nix ]; params = {{ {params} }}; }}"),
        )
    })
}

/// What is counted, and whether that is the number, which it has to be where it says so.
fn number(world: &Memory) -> (u128, bool) {
    let jobs = list(world, 2).len() as u128;
    let counts = ask(world, 2, Ask::Counts(0, Selection::default())).1.expect("it was counted");
    let total = counts.total(|_| true);
    assert!(fits(total, jobs), "{total:?} {jobs}");
    assert_eq!(total.is_exact(), counts.reasons(|_| true).is_empty());
    (jobs, total.is_exact())
}

/// Jobs that runs share are told by what decides them, whatever their values are.
#[test]
fn shared_jobs_are_counted() {
    let script = "outputs.o = \"$out/o\"; run = { params, ... }: \"run ${params.x}\";";
    let number = |of: &[(&str, &str)], stage: &str| number(&runs(of, stage));
    // Lists, sets and paths are the same if what is in them is.
    let sets = "x = [ [ 1 { } ] { a = 1; } ]; y = [ ./data/one ];";
    assert_eq!(number(&[("", sets), ("", sets)], script), (2, true));
    // The same file in two places makes one job, or two: nobody knows before they are made.
    let places = [("", "x = [ ./data/one ];"), ("", "x = [ ./copy/one ];")];
    assert_eq!(number(&places, script), (1, false));
    let stage = "run = { params, ... }: \"run\"; outputs = { params }: { o = toString params.x; };";
    assert_eq!(number(&places, stage), (2, false));
    // Who looks where a set was written may tell it from another.
    let set = [("", "x = [ { a = 1; } ];"), ("", "\n x = [ { a = 1; } ];")];
    let place = "outputs = { params }: { o = toString (builtins.unsafeGetAttrPos \"a\" params.x).line; }; run = _: \"run\";";
    assert_eq!(number(&set, place), (2, false));
    assert_eq!(number(&set, "outputs.o = \"o\"; run = _: \"run\";"), (1, true));
    // What a derivation is is not looked at.
    let derivation = "x = [ (derivation { name = \"d\"; system = \"x\"; builder = \"b\"; }) ];";
    assert_eq!(number(&[("", derivation), ("", derivation)], script), (1, false));
}

/// All jobs of hard upstream runs are part of a first stage's.
#[test]
fn runs_that_depend_on_runs_are_counted() {
    let script = "outputs.o = \"$out/o\"; run = _: \"run\";";
    let number = |of: &[(&str, &str)], stage: &str| number(&runs(of, stage));
    let (one, two) = ("x = [ 1 2 ];", "x = [ 2 3 ];");
    // `b` and `c` need the same: they share `x = 2`.
    let of = [("", one), ("[ a \"hard\" ]", one), ("[ a \"hard\" ]", two)];
    assert_eq!(number(&of, script), (2 + 2 + 1, true));
    // Soft dependencies are no part of a job.
    let of = [("", one), ("[ a \"soft\" ]", one), ("", two)];
    assert_eq!(number(&of, script), (3, true));
    // `a` and `b` are the same jobs, which is not found out here.
    let of = [("", one), ("", one), ("[ a \"hard\" ]", two), ("[ b \"hard\" ]", two)];
    assert_eq!(number(&of, script), (2 + 2, false));
    // Whose metadata a job reads is part of it.
    let reads = "inputs.metadata__a = \"none\"; outputs.o = \"$out/o\"; run = _: \"run\";";
    let of = [("", one), ("[ a \"soft\" ]", one), ("[ a \"soft\" ]", two), ("", two)];
    assert_eq!(number(&of, reads), (2 + 2 + 1 + 1, true));
}

/// Integers are compared as ranges, however many there are.
#[test]
fn long_axes_that_runs_share_are_counted() {
    let script = "outputs.o = \"$out/o\"; run = _: \"run\";";
    let range = |from: u32, to: u32| format!("x = repx-lib.utils.range {from} {to}; y = [ 1 2 ];");
    let (a, b, c) = (range(1, 3_000_000), range(2_000_001, 5_000_000), "x = [ 7 9000000 ];");
    let world = runs(&[("", &a), ("", &b), ("", c)], script);
    let counts = ask(&world, 2, Ask::Counts(0, Selection::default())).1.expect("it was counted");
    assert_eq!(counts.total(|_| true), Count::Exactly(10_000_000 + 2));
    assert_eq!(counts.total(|run| run != 0), Count::Exactly(6_000_000 + 2));
    let wanted =
        vec![("x".to_owned(), vec!["5".to_owned(), "2500000".to_owned(), "05".to_owned()])];
    let counts = ask(&world, 2, Ask::Counts(0, asked(wanted))).1.expect("it was counted");
    assert_eq!(counts.total(|_| true), Count::Exactly(4));
    let few = runs(&[("", &range(1, 30)), ("", &range(21, 50)), ("", "x = [ 7 90 ];")], script);
    assert_eq!(number(&few), (100 + 2, true));
}

/// A listing that takes no room for its jobs is the one that does.
#[test]
fn ids_that_are_not_kept_are_the_same() {
    for values in [1, 7] {
        // Not `c`, on which values stand twice.
        let world = enormous(values).file(
            "/lab/s1.nix",
            "{ pkgs }: { pname = { params }: \"s1-${toString params.d}\"; params = { d = 0; }; inputs = { o = \"\"; }; run = { params, ... }: \"${params.d}\"; }",
        ).file(
            "/lab/r.nix",
            format!("{{ repx-lib, ... }}: {{ name = \"r\"; pipelines = [ ./p.nix ]; params = rec {{ a = repx-lib.utils.range 1 {values}; b = a; d = a; }}; }}"),
        );
        let kept = list(&world, 2);
        let made = unkept(&world).listing.expect("nothing is wrong");
        assert!(kept.is_kept() && !made.is_kept());
        assert_eq!(made.len(), values * values * (1 + values));
        assert_eq!(rows(&made), rows(&kept));
        // In any order, and beyond the end.
        for job in (0..made.len() as u32 + 2).rev() {
            assert_eq!(made.id(job), kept.id(job));
        }
    }
}

/// What can't do without the ids of all jobs says on which axis they are too many.
#[test]
fn jobs_that_have_to_be_kept_are_refused() {
    let refused = |world: &Memory| {
        let outcome = unkept(world);
        assert!(outcome.listing.is_none());
        let [error] = outcome.diagnostics.as_slice() else { panic!("{:#?}", outcome.diagnostics) };
        assert_eq!(error.code, "repx::sweep::too-many-jobs");
        (error.message.clone(), error.primary.clone().expect("a place").text)
    };
    let (message, label) = refused(&enormous(5));
    assert_eq!(
        message,
        "some of the 175 jobs of stage `s1` of run `r` may be the same: too many to tell"
    );
    assert_eq!(label, "jobs may be the same for several of these 7 values");
    let lab = |second: &str| {
        let lab = format!(
            "{{ pkgs, repx-lib, ... }}: repx-lib.mkLab {{ inherit pkgs repx-lib; lab_version = \"1\"; runs = rec {{ r = repx-lib.callRun ./r.nix [ ]; q = repx-lib.callRun ./q.nix {second}; }}; }}"
        );
        let run = |name: &str, values: u32| {
            format!(
                "{{ repx-lib, ... }}: {{ name = \"{name}\"; pipelines = [ ./p.nix ]; params.a = repx-lib.utils.range 1 {values}; }}"
            )
        };
        Memory::new()
            .file("/lab/lab.nix", lab)
            .file("/lab/r.nix", run("r", 20))
            .file("/lab/q.nix", run("q", 30))
            .file("/lab/p.nix", "{ repx }: repx.mkPipe rec { s = repx.callStage ./s.nix [ ]; }")
            .file("/lab/s.nix", "{ pkgs }: { pname = \"s\"; params.a = 0; run = _: \"true\"; }")
    };
    let (message, label) = refused(&lab("[ ]"));
    assert_eq!(
        message,
        "stage `s` of run `r` may share jobs with `s` of run `q`: too many to tell"
    );
    assert_eq!(label, "the longest axis, 20 values");
    let (message, _) = refused(&lab("[ [ r \"hard\" ] ]"));
    assert_eq!(message, "run `q` needs all 20 jobs of run `r`: too many to keep");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_job_is_as_if_it_were_alone(
        stages in proptest::collection::vec(stage(), 3),
        both: bool,
        axes in axes(),
    ) {
        let axes = fitting(&axes, &stages);
        let world = world(&stages, both, &[&axes]);
        let swept = list(&world, 1);
        if let Some(unkept) = unkept(&world).listing {
            prop_assert_eq!(rows(&unkept), rows(&swept));
        }
        prop_assert_eq!(rows(&swept), one_by_one(&stages, both, &axes));
    }

    #[test]
    fn threads_and_other_runs_change_nothing(
        stages in proptest::collection::vec(stage(), 3),
        both: bool,
        first in axes(),
        second in axes(),
    ) {
        let (first, second) = (fitting(&first, &stages), fitting(&second, &stages));
        let world_of = |runs: &[&[Axis]]| world(&stages, both, runs);
        let together = list(&world_of(&[&first, &second]), 1);
        prop_assert_eq!(rows(&together), rows(&list(&world_of(&[&first, &second]), 3)));
        for (run, axes) in [&first, &second].into_iter().enumerate() {
            let alone = list(&world_of(&[axes]), 2);
            let alone_rows: BTreeSet<String> = rows(&alone).into_iter().collect();
            let of = |job: &JobView<'_>| job.runs().any(|other| other as usize == run);
            let mine: BTreeSet<String> =
                together.jobs().filter(of).map(|job| row(&together, &job)).collect();
            prop_assert_eq!(&mine, &alone_rows);
            prop_assert_eq!(together.runs[run].jobs, mine.len());
        }
    }

    /// Where values are plain, what several runs share is known without making it.
    #[test]
    fn what_runs_share_is_counted_exactly(
        stages in proptest::collection::vec(stage(), 3),
        both: bool,
        runs in proptest::collection::vec(axes_of(&PLAIN), 2..=4),
        wanted: bool,
    ) {
        let runs: Vec<Vec<Axis>> = runs.iter().map(|axes| fitting(axes, &stages)).collect();
        let runs: Vec<&[Axis]> = runs.iter().map(Vec::as_slice).collect();
        let world = world(&stages, both, &runs);
        let listing = list(&world, 2);
        let (_, counts) = ask(&world, 2, Ask::Counts(0, Selection::default()));
        let counts = counts.expect("it was counted");
        for (index, run) in (0..).zip(&counts.runs) {
            for stage in &run.stages {
                let jobs = counted(&listing, index, &stage.name);
                prop_assert_eq!(stage.jobs, Count::Exactly(jobs), "{}", stage.name);
            }
        }
        prop_assert_eq!(counts.total(|_| true), Count::Exactly(listing.len() as u128));
        let even = |run: usize| run.is_multiple_of(2);
        let some = listing.jobs().filter(|job| job.runs().any(|run| even(run as usize))).count();
        prop_assert_eq!(counts.total(even), Count::Exactly(some as u128));
        if wanted {
            let asked = vec![("a".to_owned(), vec!["1".to_owned(), "\"default\"".to_owned()])];
            let (_, counts) = ask(&world, 2, Ask::Counts(0, self::asked(asked)));
            // The number, or where there is none the text.
            let number = listing
                .jobs()
                .any(|job| job.params().any(|(k, v)| &**k == "a" && matches!(v, "1" | "1.0")));
            let is_one = |v: &str| if number { matches!(v, "1" | "1.0") } else { v == "\"1\"" };
            let total = counts.expect("it was counted").total(|_| true);
            // A job stands behind those that it reads from.
            let mut stands: Vec<bool> = Vec::new();
            for job in listing.jobs() {
                let own = job.params().find(|(name, _)| &***name == "a");
                stands.push(match own {
                    Some((_, value)) => is_one(value) || value == "\"default\"",
                    None => job.depends_on().iter().any(|other| stands[*other as usize]),
                });
            }
            let expected = stands.iter().filter(|stands| **stands).count();
            prop_assert!(fits(total, expected as u128), "{total:?} {expected}");
        }
    }

    /// What is listed of a lab that is too large has the ids that it has in all of it.
    #[test]
    fn what_is_asked_for_is_listed_without_the_rest(
        stages in proptest::collection::vec(stage(), 3),
        both: bool,
        runs in proptest::collection::vec(axes_of(&PLAIN), 1..=3),
        key in proptest::sample::select(vec!["a", "b", "c"]),
        value: Index,
        stage in proptest::sample::select(vec!["", "s0", "s1", "s2"]),
        one: bool,
    ) {
        let runs: Vec<Vec<Axis>> = runs.iter().map(|axes| fitting(axes, &stages)).collect();
        let runs: Vec<&[Axis]> = runs.iter().map(Vec::as_slice).collect();
        let world = world(&stages, both, &runs);
        let listing = list(&world, 2);
        let known: BTreeSet<String> = listing
            .jobs()
            .flat_map(|job| job.params().map(|(k, v)| (k.to_string(), v.to_owned())).collect::<Vec<_>>())
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value)
            .collect();
        let known: Vec<String> = known.into_iter().chain(["7".to_owned()]).collect();
        let value = value.get(&known);
        let some = |name: &str, is: bool| if is { vec![name.to_owned()] } else { Vec::new() };
        let selection = Selection {
            runs: some("r0", one),
            stages: some(stage, !stage.is_empty()),
            params: vec![(key.to_owned(), vec![value.clone()])],
        };
        let (part, counts) = ask(&world, 2, Ask::Part(0, selection));
        let counts = counts.expect("all jobs were counted");
        prop_assert!(counts.listed);
        prop_assert!(fits(counts.total(|_| true), listing.len() as u128));
        let wanted = |listing: &Listing| -> BTreeSet<String> {
            let mut stands: Vec<bool> = Vec::new();
            for job in listing.jobs() {
                let own = job.params().find(|(name, _)| &***name == key);
                stands.push(match own {
                    Some((_, own)) => own == value,
                    None => job.depends_on().iter().any(|other| stands[*other as usize]),
                });
            }
            let jobs = listing.jobs().filter(|job| stands[job.number() as usize]);
            jobs.filter(|job| stage.is_empty() || *job.stage().name == *stage)
                .filter(|job| !one || job.runs().any(|run| run == 0))
                .map(|job| job.name().to_string())
                .collect()
        };
        prop_assert_eq!(wanted(&part), wanted(&listing));
        prop_assert!(part.len() <= listing.len());
    }

    #[test]
    fn counting_gives_the_number(
        stages in proptest::collection::vec(stage(), 3),
        both: bool,
        first in axes(),
        second in axes(),
    ) {
        let (first, second) = (fitting(&first, &stages), fitting(&second, &stages));
        let world = world(&stages, both, &[&first, &second]);
        let listing = list(&world, 2);
        // Nothing is few enough to be listed for it.
        let (_, counts) = ask(&world, 2, Ask::Counts(0, Selection::default()));
        let counts = counts.expect("it was counted");
        for (index, run) in (0..).zip(&counts.runs) {
            for stage in &run.stages {
                let jobs = counted(&listing, index, &stage.name);
                prop_assert!(fits(stage.jobs, jobs), "{} {:?} {jobs}", stage.name, stage.jobs);
            }
        }
        let total = counts.total(|_| true);
        prop_assert!(fits(total, listing.len() as u128), "{total:?} {}", listing.len());
    }
}
