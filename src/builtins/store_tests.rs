//! Builtins that meet files and the store, against what Nix 2.34.8 answers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, OnceLock};

use super::globals::{Given, global_names, global_slots, primitives};
use super::to_json::{JsonOptions, to_json};
use super::{source, table};
use crate::eval::{Eval, Evaluator, Loader, Shared, Waits};
use crate::lower::{Globals, Surroundings, lower};
use crate::source::{Name, SourceMap, Span};
use crate::store::{Derivations, Objects};
use crate::syntax;
use crate::value::{
    Attrs, Context, Env, Heap, List, Local, Path as PathValue, Slot, Text, Thunk, Value,
};
use crate::world::{Disk, Overlay, World};

/// Reads files as a session would, but without remembering them.
struct Files {
    globals: Globals,
}

impl Files {
    fn load<'h>(
        &self,
        ev: &mut Evaluator<'h>,
        path: &Path,
        text: &str,
        scope: Option<Attrs<'h>>,
    ) -> Eval<'h> {
        let file = ev.shared.sources.add(path, text).unwrap();
        let parsed = syntax::parse(&file);
        let attrs: Vec<_> = scope.map(|scope| scope.iter(ev.local).collect()).unwrap_or_default();
        let names: Vec<Name> = attrs.iter().map(|attr| attr.key.name).collect();
        let surroundings = Surroundings {
            globals: &self.globals,
            scope: scope.map(|_| names.as_slice()),
            directory: path.parent().unwrap(),
            home: None,
        };
        let lowered = lower(&parsed.root, &surroundings);
        let wrong = parsed.diagnostics.iter().chain(&lowered.diagnostics);
        if let Some(first) = wrong.into_iter().next() {
            return Err(ev.error(first.message.clone()));
        }
        let program = ev.shared.heap.keep(lowered.program);
        ev.register(program);
        let slots: Vec<Slot<'h>> = attrs.iter().map(|attr| attr.slot).collect();
        let env = Env::empty(ev.local);
        let env = match scope {
            Some(_) => Env::with_slots(ev.local, env, &slots),
            None => env,
        };
        ev.run(program, env)
    }

    fn file<'h>(
        &self,
        ev: &mut Evaluator<'h>,
        path: PathValue<'h>,
        scope: Option<Attrs<'h>>,
        at: Span,
    ) -> Eval<'h> {
        let mut path = path.as_path().to_owned();
        if ev.shared.world.list_dir(&path).is_ok() {
            path.push("default.nix");
        }
        let text =
            ev.shared.world.read_file(&path).map_err(|_| {
                ev.error_at(at, format!("path '{}' does not exist", path.display()))
            })?;
        self.load(ev, &path, &String::from_utf8_lossy(&text), scope)
    }
}

impl<'h> Loader<'h> for Files {
    fn import(&self, ev: &mut Evaluator<'h>, path: PathValue<'h>, at: Span) -> Eval<'h> {
        self.file(ev, path, None, at)
    }

    fn import_scoped(
        &self,
        ev: &mut Evaluator<'h>,
        scope: Attrs<'h>,
        path: PathValue<'h>,
        at: Span,
    ) -> Eval<'h> {
        self.file(ev, path, Some(scope), at)
    }

    fn copy_to_store(
        &self,
        ev: &mut Evaluator<'h>,
        path: PathValue<'h>,
        at: Span,
    ) -> Eval<'h, Text<'h>> {
        source::copy_to_store(ev, path, at)
    }
}

/// A value as JSON, or an error's message, of a program that stands in `directory`. Besides the
/// globals it sees `prim`.
pub(super) fn run(directory: &Path, text: &str) -> Result<String, String> {
    const STACK: usize = 256 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || evaluate(directory, text, STACK));
        thread.unwrap().join().unwrap()
    })
}

fn evaluate(directory: &Path, text: &str, stack: usize) -> Result<String, String> {
    let (derivations, objects) = (Derivations::new(), Objects::new());
    let world = Overlay::new(&Disk, &objects, &derivations);
    let (sources, heap, interrupt) = (SourceMap::new(), Heap::new(), AtomicBool::new(false));
    let files = Files { globals: Globals::new(global_names()) };
    let table = table();
    let shared = Shared {
        heap: &heap,
        world: &world,
        sources: &sources,
        builtins: &table,
        loader: &files,
        derivations: &derivations,
        objects: &objects,
        globals: OnceLock::new(),
        interrupt: &interrupt,
        messages: &|_| {},
        max_call_depth: 10_000,
        waits: Waits::default(),
        programs: Mutex::new(Vec::new()),
        evaluations: AtomicU32::new(0),
        asked: Mutex::default(),
    };
    let mut ev = Evaluator::new(&shared, stack);
    set_globals(&mut ev);
    let scope = Attrs::new(
        ev.local,
        vec![crate::value::Attr::new(Name::new("prim"), Span::NONE, primitives(ev.local))],
    );
    let path = directory.join("expr.nix");
    files
        .load(&mut ev, &path, text, Some(scope))
        .and_then(|value| {
            let (mut out, mut context) = (Vec::new(), Context::EMPTY);
            let slot = Slot::Value(value);
            to_json(&mut ev, slot, JsonOptions::RESULT, &mut out, &mut context)?;
            Ok(String::from_utf8_lossy(&out).into_owned())
        })
        .map_err(|error| error.diagnostic().message)
}

fn set_globals(ev: &mut Evaluator<'_>) {
    let local: Local<'_> = ev.local;
    let derivation = concat!(env!("CARGO_MANIFEST_DIR"), "/nixlib/derivation.nix");
    let path = local.alloc(Slot::Value(Value::Path(PathValue::new(local, derivation.as_bytes()))));
    let import = table().iter().position(|row| row.name == "import");
    let import = crate::value::BuiltinId(import.unwrap() as u16);
    let import = local.alloc(Slot::Value(Value::Builtin(import)));
    let given = Given {
        nix_path: Slot::Value(Value::List(List::of(local, &[]))),
        derivation: Slot::Thunk(Thunk::apply(local, import, path)),
    };
    let slots = local.slice(&global_slots(local, given));
    let _ = ev.shared.globals.set(slots);
}
