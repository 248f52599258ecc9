//! Nix programs against what Nix 2.34.8 answers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, OnceLock};

use super::globals::{Given, global_names, global_slots};
use super::table;
use crate::eval::{Evaluator, Loader, Shared, Waits};
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
    let messages = messages.into_inner().unwrap();
    Outcome { result, messages }
}

fn evaluate(text: &str, stack: usize, messages: &Mutex<Vec<String>>) -> Result<String, String> {
    let sources = SourceMap::new();
    let file = sources.add("/test.nix", text).unwrap();
    let parsed = syntax::parse(&file);
    let globals = Globals::new(global_names());
    let surroundings =
        Surroundings { globals: &globals, scope: None, directory: Path::new("/"), home: None };
    let lowered = lower(&parsed.root, &surroundings);
    let wrong = parsed.diagnostics.iter().chain(&lowered.diagnostics);
    if let Some(first) = wrong.into_iter().next() {
        return Err(first.message.clone());
    }

    let (table, world, interrupt) = (table(), Memory::new(), AtomicBool::new(false));
    let heap = Heap::new();
    let program = heap.keep(lowered.program);
    let note = |message: &str| messages.lock().unwrap().push(message.to_owned());
    let shared = Shared {
        heap: &heap,
        world: &world,
        sources: &sources,
        builtins: &table,
        loader: &NoFiles,
        derivations: &crate::store::Derivations::new(),
        objects: &crate::store::Objects::new(),
        globals: OnceLock::new(),
        interrupt: &interrupt,
        messages: &note,
        max_call_depth: 10_000,
        waits: Waits::default(),
        programs: Mutex::new(Vec::new()),
        evaluations: AtomicU32::new(0),
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
        .map_err(|error| error.diagnostic().message)
}

#[test]
fn smoke() {
    assert_eq!(run("builtins.length [ 1 2 ]").result.as_deref(), Ok("2"));
}
