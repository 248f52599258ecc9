//! Values of texts, held against what evaluation gives.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::shown::{MOST_LINES, WIDTH};
use super::*;
use crate::check::{Around, check_file};
use crate::editor::Text;
use crate::session::on_large_stack;
use crate::source::{SourceMap, text_of_bytes};
use crate::syntax::parse;
use crate::world::Memory;

fn read(path: &Path, text: &str) -> Text {
    let (sources, world) = (SourceMap::new(), Memory::new());
    let file = sources.add(path, text).unwrap();
    let checked = check_file(&file, &Around::new(&world, &sources));
    let parsed = Arc::new(parse(&file));
    Text::new(file, parsed, checked)
}

/// The value of a text, as it would be printed; `u.nix` lies beside it.
fn printed(path: &Path, text: &str) -> Option<String> {
    let texts = [read(path, text), read(Path::new("/u.nix"), "{ a = 1 + 1; f = x: x; }")];
    let look = Look::new(&texts);
    let mut finder = Finder { look: &look, left: MOST_STEPS, deep: 0 };
    let value = finder.value(look.root(0)?)?;
    Some(value.text())
}

#[test]
fn constants_and_what_operators_make_of_them() {
    let cases = [
        ("2 * 3 + 1", "7"),
        ("7 / 2 - -1", "4"),
        ("1 + 0.5", "1.5"),
        ("-(0.0)", "0"),
        ("\"a\" + \"b${let c = \"c\"; in c}\"", "\"abc\""),
        ("let a = 1; b = [ a ]; in b ++ [ true null ]", "[ 1 true null ]"),
        ("if 1 < 2 && !false then \"yes\" else 1 / 0", "\"yes\""),
        ("false && 1", "false"),
        ("rec { a = b; b = \"x\"; }", "{ a = \"x\"; b = \"x\"; }"),
        ("{ a.b = 1; }.a.b or 2", "1"),
        ("{ a = 1; }.b or 2", "2"),
        ("({ a = 1; b = 1; } // { b = 2; }).b", "2"),
        ("(if true then { a = 1; } else { a = 2; }).a", "1"),
        ("{ a.b = 1; } ? a.c || { a.b = 1; } ? a.b", "true"),
        ("let s = { inherit (t) x; }; t = { x = [ ]; }; in s.x == [ ]", "true"),
        ("(import ./u.nix).a", "2"),
        ("with { b = 1; }; let a = 2; in a", "2"),
        ("[ 1 1.0 ] == [ 1.0 1 ]", "true"),
        ("http://example.org/x", "\"http://example.org/x\""),
    ];
    on_large_stack(|| {
        for (text, value) in cases {
            assert_eq!(printed(Path::new("/a.nix"), text).as_deref(), Some(value), "{text}");
        }
    })
    .unwrap();
}

#[test]
fn what_would_fail_or_is_not_plain_has_no_value() {
    let doubled = "let a = [ 1 ] ++ a0; a0 = a1 ++ a1; a1 = a2 ++ a2; a2 = a3 ++ a3; a3 = a4 ++ a4; \
        a4 = a5 ++ a5; a5 = a6 ++ a6; a6 = a7 ++ a7; a7 = a8 ++ a8; a8 = a9 ++ a9; a9 = [ 1 2 3 4 ]; in a";
    let cases = [
        "1 / 0",
        "9223372036854775807 + 1",
        "1 + \"a\"",
        "\"${1}\"",
        "let a = a; in a",
        "let a = b; b = a; in [ a ]",
        "x: x",
        "(x: x) 1",
        "./a.nix",
        "\"${./a.nix}\"",
        "builtins.currentTime",
        "let true = 1; in x: true",
        "let import = x: 1; in import ./u.nix",
        "let a.b = 1; a.c = 2; in a",
        "{ a = { x = 1; }; a.y = 2; }.a",
        "({ a = 1; } // x).a",
        "{ a = 1; ${\"b\" + \"c\"} = 2; }",
        "(import ./u.nix)",
        "(import ./v.nix)",
        "with { b = 1; }; b",
        "assert false; 1",
        "true && 1",
        "rec { a = 1; b = a; __overrides.a = 2; }.b",
        "let __sub = a: b: 0; in 2 - 1",
        "(__mul: 2 * 1) 3",
        "{ } == { }",
        doubled,
    ];
    on_large_stack(|| {
        for text in cases {
            assert_eq!(printed(Path::new("/a.nix"), text), None, "{text}");
        }
    })
    .unwrap();
}

/// Whatever has a value has the one that Nix gives.
#[test]
fn values_are_those_of_evaluation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lang/okay");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "nix")).collect();
    let (known, wrong) = on_large_stack(|| {
        let (mut known, mut wrong) = (0, Vec::new());
        for path in &files {
            let text = text_of_bytes(&std::fs::read(path).unwrap());
            let Some(value) = printed(path, &text) else { continue };
            let expected = std::fs::read_to_string(path.with_extension("exp")).unwrap();
            let expected = expected.trim_end_matches('\n');
            known += 1;
            // What is one set twice is shown twice here.
            if value != expected && !expected.contains("«repeated»") {
                wrong.push(format!("{}: {value} for {expected}", path.display()));
            }
        }
        (known, wrong)
    })
    .unwrap();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(known > 10, "{known}");
}

#[test]
fn long_values_are_cut_to_a_few_lines() {
    let numbers = Value::List((0..500).map(Value::Int).collect());
    let told = numbers.told(false);
    assert!(told.starts_with("a list of 500 items:\n\n```nix\n[\n  0 1 2"), "{told}");
    assert!(told.ends_with("  …\n]\n```") && told.lines().count() == MOST_LINES + 7, "{told}");
    let long = Value::Text("x".repeat(4_000)).told(false);
    assert!(long.chars().count() < MOST_LINES * WIDTH + 40, "{long}");
    assert_eq!(Value::Null.told(false), "null");
    assert_eq!(Value::Text("`".into()).told(false), "a string:\n\n```nix\n\"`\"\n```");
}
