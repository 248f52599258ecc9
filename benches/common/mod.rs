//! What the benches share: a machine without files, evaluations on it, and how long to measure.

#![allow(dead_code, unreachable_pub, reason = "each bench uses a part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a bench that fails must say so and stop")]

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use repx::session::{self, Config};
use repx::source::SourceMap;
use repx::sweep::{self, Ask, Count, Outcome, Request, Selection};
use repx::value::{Slot, Value};
use repx::world::{Memory, World};

static INTERRUPT: AtomicBool = AtomicBool::new(false);

/// Runs the benches of this file, by default about a second each at most.
pub fn main() {
    divan::Divan::default()
        .sample_count(20)
        .max_time(Duration::from_secs(1))
        .config_with_args()
        .main();
}

fn config<'a>(world: &'a dyn World, sources: &'a SourceMap) -> Config<'a> {
    Config {
        world,
        sources,
        search_path: Vec::new(),
        home: None,
        settings: repx::eval::Settings::default(),
        tolerant: false,
        cache: None,
        packages: None,
        threads: 1,
        last: false,
        interrupt: &INTERRUPT,
        messages: &|_| {},
    }
}

/// Evaluates a program that gives an integer, from its text to the end of the session.
pub fn integer(program: &str) -> i64 {
    let sources = SourceMap::new();
    let world = Memory::new();
    let answer = session::run(&config(&world, &sources), |session, evaluator| {
        let value = session
            .expression(evaluator, program, Path::new("/"))
            .and_then(|value| evaluator.force_deep(Slot::Value(value)));
        match value {
            Ok(Value::Int(int)) => Ok(int),
            Ok(other) => Err(format!("it gives {}", other.a_type())),
            Err(error) => Err(error.diagnostic().message),
        }
    });
    answer.expect("a thread").unwrap_or_else(|message| panic!("{message}"))
}

/// A lab of three stages, each job of the last two having one upstream job. It has
/// `seeds + 4 * seeds * scales` jobs.
pub fn sweep_lab(seeds: usize, scales: usize) -> Memory {
    let run = format!(
        r#"{{ repx-lib, ... }}: {{
            name = "main";
            pipelines = [ ./pipeline.nix ];
            params = {{
                seed = repx-lib.utils.range 1 {seeds};
                mode = [ "fast" "slow" ];
                scale = repx-lib.utils.range 1 {scales};
            }};
        }}"#
    );
    Memory::new()
        .file("/lab/nix/lab.nix", LAB)
        .file("/lab/nix/run.nix", run)
        .file("/lab/nix/pipeline.nix", PIPELINE)
        .file("/lab/nix/gen.nix", GEN)
        .file("/lab/nix/train.nix", TRAIN)
        .file("/lab/nix/report.nix", REPORT)
}

/// A lab of one stage, whose script has the value of an axis of so many in it.
pub fn axis_lab(values: usize) -> Memory {
    let run = format!(
        r#"{{ repx-lib, ... }}: {{
            name = "main";
            pipelines = [ ./pipeline.nix ];
            params = {{ seed = repx-lib.utils.range 1 {values}; }};
        }}"#
    );
    Memory::new()
        .file("/lab/nix/lab.nix", LAB)
        .file("/lab/nix/run.nix", run)
        .file(
            "/lab/nix/pipeline.nix",
            "{ repx }: repx.mkPipe { gen = repx.callStage ./gen.nix [ ]; }",
        )
        .file("/lab/nix/gen.nix", GEN)
}

const LAB: &str = r#"{ pkgs, repx-lib, gitHash, ... }: repx-lib.mkLab {
    inherit pkgs repx-lib gitHash;
    lab_version = "1.0.0";
    runs = { main = repx-lib.callRun ./run.nix [ ]; };
}"#;

const PIPELINE: &str = r"{ repx }: repx.mkPipe rec {
    gen = repx.callStage ./gen.nix [ ];
    train = repx.callStage ./train.nix [ gen ];
    report = repx.callStage ./report.nix [ train ];
}";

const GEN: &str = r#"{ pkgs }: {
    pname = "gen";
    params = { seed = 0; };
    outputs = { data = "$out/data.txt"; };
    run = { outputs, params, ... }: ''
        echo ${toString params.seed} > "${outputs.data}"
    '';
}"#;

const TRAIN: &str = r#"{ pkgs }: {
    pname = { params }: "train-${params.mode}";
    params = { mode = "none"; scale = 1; };
    inputs = { data = ""; };
    outputs = { params }: { model = "$out/model-${params.mode}.bin"; };
    resources = { params }: { mem = if params.mode == "slow" then "4G" else "1G"; };
    run = { inputs, outputs, params, ... }: ''
        train --scale ${toString params.scale} "${inputs.data}" > "${outputs.model}"
    '';
}"#;

const REPORT: &str = r#"{ pkgs }: {
    pname = "report";
    inputs = { model = ""; };
    outputs = { report = "$out/report.txt"; };
    run = { inputs, outputs, ... }: ''
        wc "${inputs.model}" > "${outputs.report}"
    '';
}"#;

/// Lists a lab made by [`sweep_lab`]; the number of jobs.
pub fn list(world: &Memory, threads: usize) -> usize {
    outcome(world, threads, Ask::Jobs).listing.map_or(0, |listing| listing.len())
}

/// Counts the jobs of a lab made by [`sweep_lab`].
pub fn count(world: &Memory) -> u128 {
    let counts = outcome(world, 1, Ask::Counts(0, Selection::default())).counts;
    match counts.map(|counts| counts.total(|_| true)) {
        Some(Count::Exactly(count)) => count,
        other => panic!("{other:?}"),
    }
}

fn outcome(world: &Memory, threads: usize, ask: Ask) -> Outcome {
    let sources = SourceMap::new();
    let lab = Request::new("/lab/nix/lab.nix".into(), "/lab".into());
    let request = Request { threads, ask, ..lab };
    let outcome = session::run(&config(world, &sources), |session, evaluator| {
        sweep::list(session, evaluator, &request)
    });
    let outcome = outcome.expect("a thread");
    assert!(outcome.listing.is_some(), "{:?}", outcome.diagnostics);
    outcome
}
