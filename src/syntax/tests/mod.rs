//! The grammar as tables. Every row was compared with Nix 2.34.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod errors;
mod hostile;
mod shape;

use super::{Parsed, parse};
use crate::source::SourceMap;

/// Parses text that begins at offset 1, as the first file of a session does.
fn read(text: &str) -> Parsed {
    parse(&SourceMap::new().add("test.nix", text).unwrap())
}

/// The shape of text that has no errors.
fn shape_of(text: &str) -> String {
    let parsed = read(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    shape::expr(&parsed.root)
}

fn check(rows: &[(&str, &str)]) {
    for (text, expected) in rows {
        assert_eq!(shape_of(text), *expected, "{text}");
    }
}

#[test]
fn operators_bind_and_group() {
    check(&[
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a ++ b ++ c", "(a ++ (b ++ c))"),
        ("a // b // c", "(a // (b // c))"),
        ("a -> b -> c", "(a -> (b -> c))"),
        ("a || b && c", "(a || (b && c))"),
        ("a // b == c", "((a // b) == c)"),
        ("a < b == c > d", "((a < b) == (c > d))"),
        ("a * b ++ c", "(a * (b ++ c))"),
        ("-a b", "(- (a b))"),
        ("-a ? b", "((- a) ? b)"),
        ("!a ? b && c", "((! (a ? b)) && c)"),
        ("!a // b", "((! a) // b)"),
        ("1 * !a + b // c", "((1 * (! (a + b))) // c)"),
        ("- !a + b", "(- (! (a + b)))"),
        ("a ? b ? c", "((a ? b) ? c)"),
        ("f a.b or c d", "((f a.b or c) d)"),
        ("a.b or c.d or e", "a.b or c.d or e"),
    ]);
}

#[test]
fn or_is_a_name_where_nix_lets_it() {
    check(&[
        ("[ x or y ]", "[(x or) y]"),
        ("f x or y", "((f (x or)) y)"),
        ("(f or).a", "(f or).a"),
        ("{ or = 1; a.or = 2; }", "{or=1; a.or=2;}"),
        ("a.or or b", "a.or or b"),
        ("{ inherit or; }", "{inherit or;}"),
    ]);
}

#[test]
fn the_longest_token_wins() {
    check(&[
        ("6/(3)", "(6 / 3)"),
        ("6/3", "<6/3>"),
        ("a: a / 3", "(a: (a / 3))"),
        ("a//b", "(a // b)"),
        ("a:b", "'a:b'"),
        ("x: y", "(x: y)"),
        ("a->b", "(a- > b)"),
        ("x<y>z", "((x <<y>>) z)"),
        ("x < y/ 1", "(x < (y / 1))"),
        ("1e3", "(1 e3)"),
        ("1.e3", "1000.0"),
        ("[ 1. .5 1.5e-3 007 0.5 00.5 ]", "[1.0 0.5 0.0015 7 0.5 0 0.5]"),
        ("a.1", "(a 0.1)"),
        ("9223372036854775807", "9223372036854775807"),
        ("http://a.b/~c?d=e&f'", "'http://a.b/~c?d=e&f\''"),
        ("[ <a> <a/b.c> ~/x ./. -/a ]", "[<<a>> <<a/b.c>> <~/x> <./.> <-/a>]"),
        ("1 # c\r+ 2", "(1 + 2)"),
        ("/***/ 1 /* a **/", "1"),
        ("__curPos.line", "__curPos.line"),
    ]);
}

#[test]
fn paths_take_interpolations() {
    check(&[
        ("./a/${b}/c", "<./a/ ${b} /c>"),
        ("./a${b}c${d}", "<./a ${b} c ${d}>"),
        ("/${b}", "</ ${b}>"),
        ("~/${b}/c.d", "<~/ ${b} /c.d>"),
        ("a/${b}", "<a/ ${b}>"),
    ]);
}

#[test]
fn names_are_static_when_plain() {
    check(&[
        (
            r#"{ "a" = 1; ${"b"} = 2; ${("c")} = 3; ${''d''} = 4; "" = 5; }"#,
            "{a=1; b=2; c=3; d=4; =5;}",
        ),
        ("{ ${a} = 1; b.${c}.d = 2; }", "{${a}=1; b.${c}.d=2;}"),
        (r#"{ "a${b}" = 1; }"#, r#"{${"a" b}=1;}"#),
        (r#"{ ${''${"x"}''} = 1; ${"${"y"}"} = 2; }"#, r#"{x=1; ${"y"}=2;}"#),
        (r#"a."b c".${"d"}.${e}"#, "a.b c.d.${e}"),
        (
            r#"{ inherit a "b" ${"c"}; inherit (d) e; inherit; }"#,
            "{inherit a b c; inherit (d) e; inherit ;}",
        ),
    ]);
}

#[test]
fn functions_and_blocks() {
    check(&[
        ("x: y: x", "(x: (y: x))"),
        ("{ a, b ? 1, ... } @ c: a", "({a, b?1, ...}@c: a)"),
        ("c@{ a, }: a", "({a}@c: a)"),
        ("{ }: 1", "({}: 1)"),
        ("{ ... }: 1", "({...}: 1)"),
        ("{ }", "{}"),
        ("rec { a = 1; }", "rec {a=1;}"),
        ("let a = 1; in a", "(let {a=1;} a)"),
        ("let { body = 1; }.a", "let {body=1;}.a"),
        ("f let { body = 1; }", "(f let {body=1;})"),
        ("with a; assert b; c", "(with a (assert b c))"),
        ("if a then b else if c then d else e", "(if a b (if c d e))"),
        ("[ (x: x) { } [ ] ]", "[(x: x) {} []]"),
    ]);
}

#[test]
fn strings_mean_what_nix_means() {
    let rows: &[(&str, &str)] = &[
        (r#""a\n\t\r\\\"\x""#, "a\n\t\r\\\"x"),
        (r#""$${a} \${b} $""#, "$${a} ${b} $"),
        ("\"a\r\nb\rc\"", "a\nb\nc"),
        ("''''", ""),
        ("''a''", "a"),
        ("'' a ''", "a "),
        ("''\n  a\n   b\n  ''", "a\n b\n"),
        ("''\n  a\n\n  b''", "a\n\nb"),
        ("''  \n  a\n ''", "a\n"),
        ("''\n\ta\n\t''", "\ta\n\t"),
        ("''\n  a\r\n  b\r\n  ''", "a\r\nb\r\n"),
        ("''\r\n  a\r\n  b''", "\r\n  a\r\n  b"),
        ("''\n   \n  a\n \n  b\n''", " \na\n\nb\n"),
        ("''\n    ''${x} a\n     b\n ''", "${x} a\n b\n"),
        ("''\n  a''\\n    b\n  c''", "a\n  b\nc"),
        ("''\n  ''\\ b\n  c''", " b\nc"),
        ("'' ''$ ''' ''\\t ' $ ''", "$ '' \t ' $ "),
        ("''$${a} a'b $$''", "$${a} a'b $$"),
        ("''é''\\é''", "éé"),
    ];
    for (text, expected) in rows {
        let expected = match *expected {
            "" => "''".to_owned(),
            text => format!("{text:?}"),
        };
        assert_eq!(shape_of(text), expected, "{text:?}");
    }
    check(&[
        (r#""""#, "''"),
        (r#""a${b}c${d}""#, r#"("a" b "c" d)"#),
        ("''\n  ${a}\n   b\n''", r#"(a "\n b\n")"#),
        ("''\n  a\n  ${b}\n  ''", r#"("a\n" b "\n")"#),
        ("''a\n  ${b}  \n  ''", r#"("a\n  " b "  \n")"#),
    ]);
}

#[test]
fn spans_cover_what_they_name() {
    let text = "{ a.b = (f x) + 1; inherit (g) c; }";
    let map = SourceMap::new();
    map.add("before.nix", "1").unwrap();
    let file = map.add("test.nix", text).unwrap();
    let parsed = parse(&file);
    let mut seen = Vec::new();
    shape::spans(&parsed.root, &mut |span| {
        seen.push(map.text(span).unwrap());
    });
    let expected = [
        text,
        "a.b = (f x) + 1;",
        "a",
        "b",
        "(f x) + 1",
        "+",
        "f x",
        "f",
        "x",
        "1",
        "inherit (g) c;",
        "g",
        "c",
    ];
    assert_eq!(seen, expected);
}
