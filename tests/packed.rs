//! A program that was kept as bytes is the program that its text gives, in another process too,
//! where the same names have other ids.
//!
//! `REPX_NIX_FILES=nixpkgs cargo test --release --test packed` does it for all files below a
//! directory.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use repx::builtins::globals::global_names;
use repx::lower::packed::{pack, unpack};
use repx::lower::{Globals, Program, Surroundings, lower};
use repx::session::on_large_stack;
use repx::source::{Name, SourceFile, SourceMap};
use repx::syntax::parse;

/// Where a process finds what the first has written.
const KEPT: &str = "REPX_TEST_PACKED";

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut roots: Vec<PathBuf> =
        ["corpus", "nixlib", "examples"].iter().map(|folder| root.join(folder)).collect();
    roots.extend(std::env::var_os("REPX_NIX_FILES").map(PathBuf::from));
    let entries = roots.iter().flat_map(|root| walkdir::WalkDir::new(root).sort_by_file_name());
    let paths = entries.filter_map(|entry| Some(entry.ok()?.into_path()));
    paths.filter(|path| path.is_file() && path.extension().is_some_and(|e| e == "nix")).collect()
}

/// A file's text somewhere in the space of offsets, unless it is no text.
fn source(path: &Path, before: &str) -> Option<Arc<SourceFile>> {
    let text = std::fs::read_to_string(path).ok()?;
    let sources = SourceMap::new();
    sources.add("before", before).expect("room");
    Some(sources.add(path, text).expect("room"))
}

/// The program of a file, unless something is wrong with it.
fn program(file: &SourceFile, globals: &Globals) -> Option<Program> {
    let parsed = parse(file);
    let directory = file.path().parent().expect("a directory");
    let around =
        Surroundings { globals, scope: None, directory, home: Some(Path::new("/home/nobody")) };
    let lowered = lower(&parsed.root, &around);
    let sound = parsed.diagnostics.is_empty() && lowered.diagnostics.is_empty();
    sound.then_some(lowered.program)
}

fn packed(program: &Program, file: &SourceFile) -> Vec<u8> {
    let directory = file.path().parent().expect("a directory");
    pack(program, file.span(), directory).expect("not too deep")
}

/// The first process: keeps all programs.
fn write(kept: &Path) {
    let globals = Globals::new(global_names());
    for (number, path) in files().iter().enumerate() {
        let Some(file) = source(path, "") else {
            continue;
        };
        if let Some(program) = program(&file, &globals) {
            std::fs::write(kept.join(number.to_string()), packed(&program, &file)).unwrap();
        }
    }
}

/// The second: reads them back. How many there were.
fn read(kept: &Path) -> usize {
    let texts: Vec<_> = files().iter().filter_map(|path| source(path, "")).collect();
    let words: BTreeSet<&str> = texts
        .iter()
        .flat_map(|file| file.text().split(|c: char| !c.is_ascii_alphanumeric() && c != '-'))
        .collect();
    // Other ids, and in another order, than a first reading gives.
    for word in words.iter().rev() {
        Name::new(word);
    }
    let globals = Globals::new(global_names());
    let mut count = 0;
    for (number, path) in files().iter().enumerate() {
        let Ok(bytes) = std::fs::read(kept.join(number.to_string())) else {
            continue;
        };
        let file = source(path, "something else before it").expect("as before");
        let directory = path.parent().expect("a directory");
        let found = unpack(bytes, file.span(), directory).expect("what was kept can be read");
        let expected = program(&file, &globals).expect("as before");
        // Equal programs give equal bytes.
        assert!(packed(&found, &file) == packed(&expected, &file), "{}", path.display());
        count += 1;
    }
    count
}

#[test]
fn another_process_reads_the_same_programs() {
    if let Some(kept) = std::env::var_os(KEPT) {
        let count = on_large_stack(|| read(Path::new(&kept))).expect("a thread");
        println!("{count} programs");
        assert!(count > 100, "{count}");
        return;
    }
    let kept = tempfile::tempdir().unwrap();
    on_large_stack(|| write(kept.path())).expect("a thread");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "another_process_reads_the_same_programs", "--nocapture"])
        .env(KEPT, kept.path())
        .output()
        .expect("this test runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains(" programs"), "{said}\n{complained}");
}
