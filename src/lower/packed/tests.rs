use std::path::Path;

use super::{pack, unpack};
use crate::lower::{Globals, Program, Surroundings, lower};
use crate::source::{Name, SourceFile, SourceMap};
use crate::syntax::parse;

/// Every form of expression, some of them long enough to be left for later.
const TEXT: &str = r#"
{ a, b ? 1 + 2, c ? { inherit a; }, ... } @ all:
let
  inherit (all) zeta alpha;
  omega = beta: gamma: with all; [ delta beta gamma omega 1 2.5 (-3) null true false ];
  path = if a == b || !c then ./x/${b}.nix else assert a ? b.${c}; <nixpkgs/lib>;
in
rec {
  inherit alpha;
  zeta = "one ${toString omega} two ${path} three";
  nested.deep.${zeta} = a.b.c or ./y/../z + /etc/passwd;
  inherit (zeta.of) one two;
  here = __curPos;
  old = let { body = x; x = a // b ++ c -> a && b <= c; };
  "quoted name" = f: f (x: f x x) { inherit f; long = "long enough to be left for later"; };
}
"#;

fn program(file: &SourceFile) -> Program {
    let parsed = parse(file);
    assert_eq!(parsed.diagnostics, []);
    let globals = Globals::new(["toString", "__findFile", "__nixPath"].map(Name::new));
    let directory = Path::new("/some/directory");
    let around = Surroundings { globals: &globals, scope: None, directory, home: None };
    let lowered = lower(&parsed.root, &around);
    assert_eq!(lowered.diagnostics, []);
    lowered.program
}

fn packed() -> (Vec<u8>, std::sync::Arc<SourceFile>) {
    let sources = SourceMap::new();
    let file = sources.add("a.nix", TEXT).unwrap();
    let bytes = pack(&program(&file), file.span(), Path::new("/some/directory")).unwrap();
    (bytes, file)
}

#[test]
fn a_program_is_read_back_at_another_place() {
    let (bytes, _) = packed();
    let sources = SourceMap::new();
    sources.add("other.nix", "something before").unwrap();
    let file = sources.add("a.nix", TEXT).unwrap();
    let directory = Path::new("/some/directory");
    let read = unpack(bytes, file.span(), directory).unwrap();
    // Equal programs are equal bytes.
    assert_eq!(pack(&read, file.span(), directory), pack(&program(&file), file.span(), directory));
}

#[test]
fn what_was_read_back_can_be_kept_again() {
    let (bytes, file) = packed();
    let directory = Path::new("/some/directory");
    let read = unpack(bytes.clone(), file.span(), directory).unwrap();
    assert_eq!(pack(&read, file.span(), directory).unwrap(), bytes);
}

#[test]
fn damage_is_survived() {
    let (bytes, file) = packed();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for flip in [1, 0x10, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            match unpack(damaged, file.span(), Path::new("/some/directory")) {
                // Printing reads all that was left for later.
                Some(program) => drop(format!("{program:?}")),
                None => refused += 1,
            }
        }
    }
    for length in 0..bytes.len() {
        assert!(unpack(bytes[..length].to_vec(), file.span(), Path::new("/")).is_none());
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn places_beyond_the_file_are_refused() {
    let (bytes, file) = packed();
    let mut span = file.span();
    span.end -= 30;
    assert!(unpack(bytes, span, Path::new("/some/directory")).is_none());
}

#[test]
fn very_deep_programs_are_not_kept() {
    let deep = |levels: usize| {
        on_large_stack(|| {
            let sources = SourceMap::new();
            let text = format!("{}1{}", "[ ".repeat(levels), " ]".repeat(levels));
            let file = sources.add("a.nix", text).unwrap();
            let bytes = pack(&program(&file), file.span(), Path::new("/"))?;
            unpack(bytes, file.span(), Path::new("/")).map(|_| ())
        })
        .unwrap()
    };
    assert!(deep(20_000).is_some());
    assert!(deep(60_000).is_none());
}

fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> std::thread::Result<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1 << 30);
        thread.spawn_scoped(scope, work).unwrap().join()
    })
}
