//! Nix programs against what Nix 2.34.8 answers.

#![allow(clippy::unwrap_used, clippy::result_large_err)] // a harness that fails is a test that fails

mod cases;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, OnceLock};

use self::cases::Case;
use super::globals::{Given, global_names, global_slots};
use super::table;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluator, Helpers, Loader, Shared, Waits};
use crate::lower::{Globals, Surroundings, lower};
use crate::source::{SourceMap, Span};
use crate::syntax;
use crate::value::{Attrs, Env, Error, Heap, List, Path as PathValue, Slot, Text, Value};
use crate::world::Memory;

/// No test here reads another file.
struct NoFiles;

impl<'h> Loader<'h> for NoFiles {
    fn import(
        &self,
        ev: &mut Evaluator<'h>,
        _: PathValue<'h>,
        at: Span,
    ) -> Result<Value<'h>, Error<'h>> {
        Err(ev.error_at(at, "no files in this test"))
    }

    fn import_scoped(
        &self,
        ev: &mut Evaluator<'h>,
        _: Attrs<'h>,
        _: PathValue<'h>,
        at: Span,
    ) -> Result<Value<'h>, Error<'h>> {
        Err(ev.error_at(at, "no files in this test"))
    }

    fn copy_to_store(
        &self,
        ev: &mut Evaluator<'h>,
        _: PathValue<'h>,
        at: Span,
    ) -> Result<Text<'h>, Error<'h>> {
        Err(ev.error_at(at, "no store in this test"))
    }
}

/// What came of a program.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    /// Its value printed, or the error's message.
    pub(super) result: Result<String, String>,
    /// What was being evaluated when it failed, innermost first.
    pub(super) trace: Vec<String>,
    /// What it traced and warned of.
    pub(super) messages: Vec<String>,
}

/// Evaluates a program as `nix-instantiate --eval --strict` would.
pub(super) fn run(text: &str) -> Outcome {
    const STACK: usize = 256 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || run_here(text, STACK)).unwrap();
        thread.join().unwrap()
    })
}

fn run_here(text: &str, stack: usize) -> Outcome {
    let messages = Mutex::new(Vec::new());
    let result = evaluate(text, stack, &messages);
    let trace = result.as_ref().err().map_or(&[][..], |error| &error.trace);
    Outcome {
        trace: trace.iter().map(|label| label.text.clone()).collect(),
        result: result.map_err(|error| error.message),
        messages: messages.into_inner().unwrap(),
    }
}

fn evaluate(text: &str, stack: usize, messages: &Mutex<Vec<String>>) -> Result<String, Diagnostic> {
    let sources = SourceMap::new();
    let file = sources.add("/test.nix", text).unwrap();
    let parsed = syntax::parse(&file);
    let globals = Globals::new(global_names());
    let surroundings =
        Surroundings { globals: &globals, scope: None, directory: Path::new("/"), home: None };
    let lowered = lower(&parsed.root, &surroundings);
    let wrong = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    if let Some(first) = wrong.into_iter().next() {
        return Err(first.clone());
    }

    let (table, world, interrupt) = (table(), Memory::new(), AtomicBool::new(false));
    let heap = Heap::new();
    let program = heap.keep(lowered.program);
    let note = |message: &str| messages.lock().unwrap().push(message.to_owned());
    let shared = Shared {
        heap: &heap,
        world: &world,
        sources: &sources,
        trees: &crate::syntax::Trees::default(),
        builtins: &table,
        eager: &super::eager(),
        loader: &NoFiles,
        derivations: &crate::store::Derivations::new(),
        objects: &crate::store::Objects::new(),
        globals: OnceLock::new(),
        interrupt: &interrupt,
        messages: &note,
        settings: crate::eval::Settings::default(),
        waits: Waits::default(),
        helpers: Helpers::default(),
        programs: Mutex::new(Vec::new()),
        evaluations: AtomicU32::new(0),
        asked: Mutex::default(),
        stand_ins: None,
        unsure: AtomicBool::new(false),
        placed: AtomicBool::new(false),
    };
    let local = heap.local();
    let given = Given {
        nix_path: Slot::Value(Value::List(List::of(local, &[]))),
        derivation: Slot::Value(Value::Null),
    };
    let slots = global_slots(local, given);
    let _ = shared.globals.set(local.slice(&slots));

    let mut ev = Evaluator::new(&shared, stack);
    ev.register(program);
    ev.run(program, Env::empty(local))
        .and_then(|value| ev.print(value, true))
        .map_err(Error::diagnostic)
}

fn agree(cases: &[Case]) {
    assert!(!cases.is_empty());
    for (text, expected) in cases {
        let result = run(text).result;
        let result = result.as_deref().map_err(String::as_str);
        assert_eq!(result, *expected, "{text}");
    }
}

#[test]
fn lists_answer_as_nix_does() {
    agree(cases::LISTS);
    agree(cases::SORT);
    agree(cases::CLOSURE);
}

#[test]
fn sets_answer_as_nix_does() {
    agree(cases::ATTRSETS);
}

#[test]
fn control_answers_as_nix_does() {
    agree(cases::CONTROL);
}

#[test]
fn identity_is_that_of_nix() {
    agree(cases::IDENTITY);
}

#[test]
fn types_and_numbers_answer_as_nix_does() {
    agree(cases::TYPES);
    agree(cases::ARITHMETIC);
}

#[test]
fn globals_answer_as_nix_does() {
    agree(cases::GLOBALS);
}

#[test]
fn messages_are_those_of_nix() {
    for (text, expected) in [
        ("builtins.trace \"a\\\"b\" 1", "trace: a\"b"),
        ("builtins.trace { a = 1; b = 1 + 1; } 1", "trace: { a = 1; b = «thunk»; }"),
        ("builtins.trace (x: x) 1", "trace: «lambda @ /test.nix:1:17»"),
        ("builtins.trace builtins.map 1", "trace: «primop map»"),
        ("builtins.warn \"old\" 1", "evaluation warning: old"),
    ] {
        let outcome = run(text);
        assert_eq!(outcome.result.as_deref(), Ok("1"), "{text}");
        assert_eq!(outcome.messages, [expected], "{text}");
    }
    assert_eq!(
        run("builtins.traceVerbose \"a\" 1").messages,
        [""; 0],
        "nobody asked for verbose traces"
    );
}

#[test]
fn error_contexts_join_the_trace() {
    let outcome = run("builtins.addErrorContext \"while counting\" (throw \"x\")");
    assert_eq!(outcome.result, Err("x".to_owned()));
    let found = outcome.trace.iter().any(|text| text == "while counting");
    assert!(found, "{:?}", outcome.trace);
}

#[test]
fn examples_in_the_docs_hold() {
    let families = [
        super::arithmetic::ROWS,
        super::attrsets::ROWS,
        super::closure::ROWS,
        super::control::ROWS,
        super::lists::ROWS,
        super::sort::ROWS,
        super::types::ROWS,
    ];
    let mut examples = 0;
    for row in families.concat() {
        let pieces: Vec<&str> = row.doc.split('`').collect();
        // Code stands at the odd places; "`a` is `b`" is an example.
        for example in pieces.windows(3).skip(1).step_by(2) {
            if let [code, " is ", result] = example {
                let text = format!(
                    "with builtins; let x = 1; s = {{ inherit x; }}; in ({code}) == ({result})"
                );
                assert_eq!(run(&text).result.as_deref(), Ok("true"), "{text}");
                examples += 1;
            }
        }
    }
    assert!(examples > 30, "{examples} examples found");
}

#[test]
fn rows_are_complete() {
    let mut names: Vec<&str> = table().iter().map(|row| row.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for row in table() {
        assert!(!row.arguments.is_empty(), "{} has no arity", row.name);
        assert!(row.doc.ends_with(['.', '`']), "{} ends in the middle", row.name);
    }
}

#[test]
fn globals_have_one_name_each() {
    let mut names: Vec<String> = global_names().iter().map(ToString::to_string).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for name in ["builtins", "map", "true", "__add", "__nixPath", "derivation"] {
        assert!(names.iter().any(|n| n == name), "{name}");
    }
    for name in ["add", "__map", "__true", "__builtins", "nixPath"] {
        assert!(!names.iter().any(|n| n == name), "{name}");
    }
}

#[test]
fn long_lists_take_linear_time() {
    for (text, expected) in [
        ("foldl' add 0 (genList (x: x) 200000)", "19999900000"),
        ("length (foldl' (list: x: list ++ [ x ]) [ ] (genList (x: x) 200000))", "200000"),
        (
            "foldl' (list: _: tail list) (genList (x: x) 100001) (genList (x: x) 100000)",
            "[ 100000 ]",
        ),
        ("elemAt (sort lessThan (genList (bitXor 21845) 200000)) 77", "77"),
        (
            "length (genericClosure { startSet = genList (x: { key = bitXor x 21845; }) 100000; operator = _: [ ]; })",
            "100000",
        ),
        ("elem (-1) (genList (x: x) 200000)", "false"),
    ] {
        let result = run(&format!("with builtins; {text}")).result;
        assert_eq!(result.as_deref(), Ok(expected), "{text}");
    }
}
