//! Builtins that meet files and the store, against what Nix 2.34.8 answers.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, OnceLock};

use super::globals::{Given, global_names, global_slots, primitives};
use super::to_json::{JsonOptions, to_json};
use super::{source, table};
use crate::eval::{Eval, Evaluator, Helpers, Loader, Shared, Waits};
use crate::lower::{Globals, Surroundings, lower};
use crate::source::{Name, SourceMap, Span};
use crate::store::{Derivations, Objects};
use crate::syntax;
use crate::value::{
    Attrs, ContextSum, Env, Heap, List, Local, Path as PathValue, Slot, Text, Thunk, Value,
};
use crate::world::{Disk, Overlay};

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
    let eager = crate::builtins::eager();
    let shared = Shared {
        heap: &heap,
        world: &world,
        sources: &sources,
        trees: &crate::syntax::Trees::default(),
        builtins: &table,
        eager: &eager,
        loader: &files,
        derivations: &derivations,
        objects: &objects,
        globals: OnceLock::new(),
        interrupt: &interrupt,
        messages: &|_| {},
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
            let (mut out, mut context) = (Vec::new(), ContextSum::default());
            let slot = Slot::Value(value);
            to_json(&mut ev, slot, JsonOptions::TO_JSON, &mut out, &mut context)?;
            Ok(String::from_utf8_lossy(&out).into_owned())
        })
        .map_err(|error| error.diagnostic().message)
}

fn set_globals(ev: &mut Evaluator<'_>) {
    let local: Local<'_> = ev.local;
    let derivation = concat!(env!("CARGO_MANIFEST_DIR"), "/nixlib/derivation.nix");
    let path = local.alloc(Slot::Value(Value::Path(PathValue::new(local, derivation.as_bytes()))));
    let import = table().iter().position(|row| row.name == "import");
    let import = crate::value::BuiltinId(import.unwrap() as u64);
    let import = local.alloc(Slot::Value(Value::Builtin(import)));
    let given = Given {
        nix_path: Slot::Value(Value::List(List::of(local, &[]))),
        derivation: Slot::Thunk(Thunk::apply(local, import, path)),
    };
    let slots = local.slice(&global_slots(local, given));
    let _ = ev.shared.globals.set(slots);
}

/// Evaluates in a directory that is the same for all tests.
fn value(text: &str) -> Result<String, String> {
    run(Path::new("/"), text)
}

#[track_caller]
fn all(rows: &[(&str, &str)]) {
    for (program, expected) in rows {
        assert_eq!(value(program).as_deref(), Ok(*expected), "{program}");
    }
}

#[track_caller]
fn all_fail(rows: &[(&str, &str)]) {
    for (program, message) in rows {
        assert_eq!(value(program), Err((*message).to_owned()), "{program}");
    }
}

/// Values and paths observed with Nix 2.34.8.
#[test]
fn derivations_go_where_nix_puts_them() {
    all(&[
        (
            r#"(derivation { name = "x"; system = "s"; builder = "/b"; }).outPath"#,
            r#""/nix/store/irfh3cry3rcd0iby28idy248a9jnp02n-x""#,
        ),
        (
            r#"(derivation { name = "x"; system = "s"; builder = "/b"; }).drvPath"#,
            r#""/nix/store/cmb8q6cmqa3my5qg8bwjjxww4gf9hgxl-x.drv""#,
        ),
        (
            r#"let a = derivation { name = "a"; system = "s"; builder = "/b"; outputs = [ "out" "lib" ]; };
               in (derivation { name = "b"; system = "s"; builder = "/b"; z = "${a.drvPath}"; }).drvPath"#,
            r#""/nix/store/arndzmwyy5q4fvm6jxpaj8rcjz5skx7k-b.drv""#,
        ),
        (
            r#"(import (builtins.findFile [ ] "nix/fetchurl.nix") { url = "http://x/y"; sha256 = "0000000000000000000000000000000000000000000000000000"; }).drvPath"#,
            r#""/nix/store/8igv8jm1cw9fgsycs01xlr644h933c2x-y.drv""#,
        ),
        (
            r#"builtins.attrNames (import (derivation { name = "x"; system = "s"; builder = "/b"; outputs = [ "out" "dev" ]; }).drvPath)"#,
            r#"["all","dev","drvPath","name","out","outPath","outputName","type"]"#,
        ),
        (
            r#"builtins.unsafeDiscardStringContext (builtins.readFile (derivation { name = "x"; system = "s"; builder = "/b"; }).drvPath)"#,
            r#""Derive([(\"out\",\"/nix/store/irfh3cry3rcd0iby28idy248a9jnp02n-x\",\"\",\"\")],[],[],\"s\",\"/b\",[],[(\"builder\",\"/b\"),(\"name\",\"x\"),(\"out\",\"/nix/store/irfh3cry3rcd0iby28idy248a9jnp02n-x\"),(\"system\",\"s\")])""#,
        ),
    ]);
}

/// Messages observed with Nix 2.34.8.
#[test]
fn wrong_derivations_are_refused_in_the_words_of_nix() {
    all_fail(&[
        (
            r#"(derivation { name = "x"; builder = "/b"; }).outPath"#,
            "required attribute 'system' missing",
        ),
        (
            r#"(derivation { name = "x.drv"; system = "s"; builder = "/b"; }).outPath"#,
            "derivation names are allowed to end in '.drv' only if they produce a single derivation file",
        ),
        (
            r#"(derivation { name = "x"; system = "s"; builder = "/b"; __contentAddressed = true; }).outPath"#,
            "experimental Nix feature 'ca-derivations' is disabled; add '--extra-experimental-features ca-derivations' to enable it",
        ),
        (
            r#"let d = derivation { name = "x"; system = "s"; builder = "/b"; }; in builtins.placeholder "${d}""#,
            "the string '/nix/store/irfh3cry3rcd0iby28idy248a9jnp02n-x' is not allowed to refer to a store path (such as '/nix/store/cmb8q6cmqa3my5qg8bwjjxww4gf9hgxl-x.drv^out')",
        ),
    ]);
}

#[test]
fn a_derivation_cannot_refer_to_programs_of_this_machine() {
    all_fail(&[(
        r#"(derivation { name = "x"; system = "s"; builder = "${prim.hostPath "jq"}/bin/jq"; }).outPath"#,
        "derivation 'x' refers to '/repx-host/jq', a program of this machine, which a build by Nix can't see",
    )]);
}

/// What was computed, but never written, can be read.
#[test]
fn texts_of_the_store_are_read_back() {
    all(&[
        (r#"builtins.readFile (builtins.toFile "t" "content\n")"#, r#""content\n""#),
        (r#"import (builtins.toFile "x.nix" "1 + 1")"#, "2"),
        (r#"builtins.pathExists (builtins.toFile "t" "x")"#, "true"),
        (
            r#"let a = builtins.toFile "a" "x"; b = builtins.toFile "b" "see ${a}";
               in builtins.attrNames (builtins.getContext (builtins.readFile b)) == [ "${a}" ]"#,
            "true",
        ),
    ]);
}

#[test]
fn copies_are_named_by_content() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::create_dir(at("d")).unwrap();
    std::fs::write(at("d/keep"), "1").unwrap();
    std::fs::write(at("d/drop"), "2").unwrap();
    std::os::unix::fs::symlink("d", at("link")).unwrap();
    let here = |text: &str| run(directory.path(), text).unwrap();
    let filter = "filter = p: t: baseNameOf p != \"drop\"; ";
    let only = here(&format!(
        "let c = builtins.path {{ path = ./d; {filter} }}; in [ (builtins.readDir c) (builtins.pathExists (c + \"/drop\")) ]"
    ));
    assert_eq!(only, r#"[{"keep":"regular"},false]"#);
    let entry = |name: &str| here(&format!("prim.pathEntry ./d \"{name}\""));
    let before = entry("keep");
    assert_eq!(here("builtins.readFile (prim.pathEntry ./d \"keep\")"), "\"1\"");
    std::fs::write(at("d/new"), "3").unwrap();
    assert_eq!(entry("keep"), before, "neighbours don't matter");
    assert_ne!(here("\"${./d}\""), here("\"${./link}\""));
    assert_eq!(
        here("builtins.path { path = ./link; name = \"x\"; }"),
        here("builtins.path { path = ./d; name = \"x\"; }"),
        "links are followed before the copy, but not in interpolation"
    );
    let missing = run(directory.path(), "\"${./nope}\"").unwrap_err();
    let expected = format!("path '{}' does not exist", at("nope").display());
    assert_eq!(missing, expected);
}

#[test]
fn fetchers_take_what_the_store_has_and_download_nothing() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("f"), "1").unwrap();
    let hash = r#"sha256 = builtins.hashFile "sha256" ./f"#;
    let there = format!(
        r#"let p = builtins.path {{ path = ./f; recursive = false; }};
           in builtins.seq p (builtins.fetchurl {{ url = "http://localhost/f"; {hash}; }} == p)"#
    );
    assert_eq!(run(directory.path(), &there).as_deref(), Ok("true"));
    all_fail(&[(
        r#"builtins.fetchTarball "http://localhost/x.tar""#,
        "cannot fetch 'http://localhost/x.tar': nothing is downloaded during evaluation",
    )]);
}

/// Observed with Nix 2.34.8.
#[test]
fn names_of_paths() {
    all(&[
        (r#"map baseNameOf [ "a//" "a/" "/" "" "a/b" ]"#, r#"["","a","","","b"]"#),
        (r#"map dirOf [ "a//b" "/a" "a" "" ]"#, r#"["a/","/",".","."]"#),
        (r#"builtins.replaceStrings [ "a" "" ] [ "1" "X" ] "abc""#, r#""1XbXcX""#),
        (r#"builtins.replaceStrings [ "a" "b" ] [ "1" (throw "unused") ] "aca""#, r#""1c1""#),
        (r#"builtins.match "(a*)+|(b)" "aaa""#, r#"["",null]"#),
    ]);
    all_fail(&[
        (r#"builtins.readFile "x""#, "string 'x' doesn't represent an absolute path"),
        (
            r#"builtins.findFile [ ] "x""#,
            "file 'x' was not found in the Nix search path (add it using $NIX_PATH or -I)",
        ),
    ]);
}

/// The embedded package set and library, each expression beside what it must give.
#[test]
fn the_embedded_packages_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = r#"
        let
          lib = import ./nixlib/lib;
          pkgs = import ./nixlib/host.nix { inherit prim lib; system = "x86_64-linux"; };
          repx-lib = import ./nixlib/repx-lib { inherit prim lib; };
          cases = import ./corpus/nixlib/host.nix { inherit lib pkgs repx-lib; };
        in
        map (case: case.name) (
          builtins.filter (case: builtins.toJSON case.expr != builtins.toJSON case.expected) cases
        )
    "#;
    assert_eq!(run(root, program).as_deref(), Ok("[]"));
}
