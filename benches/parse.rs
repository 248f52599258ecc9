//! From text to tree, from tree to program, from program to the bytes that are kept of it and back:
//! the library that comes with the binary, and one generated megabyte.

mod common;

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use repx::builtins::globals::global_names;
use repx::lower::packed::{pack, unpack};
use repx::lower::{Globals, Surroundings, lower};
use repx::session::on_large_stack;
use repx::source::{SourceFile, SourceMap};
use repx::syntax::parse;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    common::main();
}

/// The texts by name.
const TEXTS: [&str; 2] = ["nixlib", "generated"];

fn text(name: &str) -> String {
    if name == "nixlib" { nixlib() } else { generated() }
}

/// The embedded library's files as one list.
fn nixlib() -> String {
    let files = [
        include_str!("../nixlib/lib/attrsets.nix"),
        include_str!("../nixlib/lib/generators.nix"),
        include_str!("../nixlib/lib/lists.nix"),
        include_str!("../nixlib/lib/strings.nix"),
        include_str!("../nixlib/lib/trivial.nix"),
        include_str!("../nixlib/repx-lib/default.nix"),
    ];
    let mut list = String::from("[\n");
    for file in files {
        let _ = writeln!(list, "({file}\n)");
    }
    list + "]\n"
}

/// A megabyte of what package sets are made of.
fn generated() -> String {
    let mut text = String::from("{ lib, stdenv, fetch }:\nrec {\n");
    let mut i = 0;
    while text.len() < 1 << 20 {
        let _ = write!(
            text,
            r#"
  # Package number {i}.
  package{i} = {{ enable ? true, extra ? [ ], ... }}@args:
    let
      inherit (lib) optional optionals;
      flags = [ "--jobs=${{toString {i}}}" ] ++ optionals enable extra;
    in
    stdenv.build (args // {{
      name = "package-{i}-${{lib.version or "1.0"}}";
      src = fetch {{ url = "https://example.org/{i}.tar.gz"; hash = "sha256-{i}"; }};
      phases = ''
        ./configure --prefix=$out ${{toString flags}}
        make -j4 && make install ''${{TARGET}}
      '';
      meta.license = if {i} < 100 && enable then lib.licenses.mit else null;
    }});
"#
        );
        i += 1;
    }
    text + "}\n"
}

fn file(name: &str) -> Arc<SourceFile> {
    match SourceMap::new().add("bench.nix", text(name)) {
        Ok(file) => file,
        Err(full) => unreachable!("{full}"),
    }
}

fn surroundings(globals: &Globals) -> Surroundings<'_> {
    Surroundings { globals, scope: None, directory: Path::new("/"), home: None }
}

#[divan::bench(args = TEXTS)]
fn tree(bencher: Bencher<'_, '_>, name: &str) {
    let file = file(name);
    assert_eq!(parse(&file).diagnostics, []);
    bencher.counter(BytesCount::of_str(file.text())).bench(|| parse(&file));
}

#[divan::bench(args = TEXTS)]
fn program(bencher: Bencher<'_, '_>, name: &str) {
    let file = file(name);
    let tree = parse(&file).root;
    let globals = Globals::new(global_names());
    let surroundings = surroundings(&globals);
    assert_eq!(lower(&tree, &surroundings).diagnostics, []);
    bencher.counter(BytesCount::of_str(file.text())).bench(|| lower(&tree, &surroundings));
}

/// A program as the bytes that a cache keeps.
#[divan::bench(args = TEXTS)]
fn bytes(bencher: Bencher<'_, '_>, name: &str) {
    let file = file(name);
    let globals = Globals::new(global_names());
    let program = lower(&parse(&file).root, &surroundings(&globals)).program;
    let counter = BytesCount::of_str(file.text());
    bencher.counter(counter).bench(|| pack(&program, file.span(), Path::new("/")));
}

/// A program of such bytes, of which nothing is asked for yet.
#[divan::bench(args = TEXTS)]
fn from_bytes(bencher: Bencher<'_, '_>, name: &str) {
    let file = file(name);
    let globals = Globals::new(global_names());
    let program = lower(&parse(&file).root, &surroundings(&globals)).program;
    let Some(bytes) = pack(&program, file.span(), Path::new("/")) else {
        unreachable!("it is not deep");
    };
    let counter = BytesCount::of_str(file.text());
    let input = bencher.counter(counter).with_inputs(|| bytes.clone());
    input.bench_values(|bytes| unpack(bytes, file.span(), Path::new("/")));
}

/// What a thread with a stack for any depth costs.
#[divan::bench]
fn large_stack() -> bool {
    on_large_stack(|| true).unwrap_or(false)
}
