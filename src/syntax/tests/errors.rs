//! Wrong texts: what is said, and where.

use super::read;

/// Message and bytes of each diagnostic's primary place.
fn faults(text: &str) -> Vec<(String, std::ops::Range<u32>)> {
    let place = |span: crate::source::Span| span.start - 1..span.end - 1;
    read(text)
        .diagnostics
        .into_iter()
        .map(|it| (it.message, it.primary.map(|label| place(label.span)).unwrap()))
        .collect()
}

/// The first message is Nix's own, word for word.
#[test]
fn messages_are_those_of_nix() {
    let rows: &[(&str, &str, std::ops::Range<u32>)] = &[
        ("1 ;", "syntax error, unexpected ';', expecting end of file", 2..3),
        ("{ a = 1 }", "syntax error, unexpected '}', expecting ';'", 7..7),
        ("{ a = 1; b }", "syntax error, unexpected '}', expecting '.' or '='", 11..12),
        ("{ a = 1 b = 2; }", "syntax error, unexpected '=', expecting ';'", 7..7),
        ("{ a: 1; }", "syntax error, unexpected ':', expecting '.' or '='", 3..4),
        ("{ a = 1, b = 2; }", "syntax error, unexpected ',', expecting ';'", 7..8),
        ("[ 1, 2 ]", "syntax error, unexpected ','", 3..4),
        ("[ 1 2", "syntax error, unexpected end of file", 5..5),
        ("(1 + 2", "syntax error, unexpected end of file, expecting ')'", 6..6),
        ("( 1 ]", "syntax error, unexpected ']', expecting ')'", 4..5),
        (r#""abc"#, r#"syntax error, unexpected end of file, expecting '"'"#, 4..4),
        (
            "''abc",
            "syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string",
            5..5,
        ),
        (r#""a${b"#, "syntax error, unexpected end of file, expecting '}'", 5..5),
        (r#""a${b}c"#, r#"syntax error, unexpected end of file, expecting '"'"#, 7..7),
        (
            "''a${b}",
            "syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string",
            7..7,
        ),
        ("if 1 then 2", "syntax error, unexpected end of file, expecting 'else'", 11..11),
        ("if 1 2", "syntax error, unexpected end of file, expecting 'then'", 6..6),
        ("let x = 1;", "syntax error, unexpected end of file, expecting 'in' or 'inherit'", 10..10),
        ("let x = 1; y", "syntax error, unexpected end of file, expecting '.' or '='", 12..12),
        ("let x 1; in x", "syntax error, unexpected integer, expecting '.' or '='", 6..7),
        ("with a b", "syntax error, unexpected end of file, expecting ';'", 8..8),
        ("assert a b", "syntax error, unexpected end of file, expecting ';'", 10..10),
        ("{ a, b } 1", "syntax error, unexpected integer, expecting ':' or '@'", 9..10),
        ("{ a, b", "syntax error, unexpected end of file, expecting '}' or ','", 6..6),
        ("{ a, b = 1; }", "syntax error, unexpected '=', expecting '}' or ','", 7..8),
        ("{ a ? 1 b }", "syntax error, unexpected end of file, expecting ':' or '@'", 11..11),
        ("{ a, ..., b }: 1", "syntax error, unexpected ',', expecting '}'", 8..9),
        (
            "{ a, 1 }: 1",
            "syntax error, unexpected integer, expecting identifier or '...' or '}'",
            5..6,
        ),
        ("{ a", "syntax error, unexpected end of file, expecting '.' or '='", 3..3),
        ("{ a b", "syntax error, unexpected identifier, expecting '.' or '='", 4..5),
        ("{", "syntax error, unexpected end of file, expecting 'inherit'", 1..1),
        (
            "a.",
            r#"syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '"'"#,
            2..2,
        ),
        (
            "a ? ",
            r#"syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '"'"#,
            4..4,
        ),
        ("1 < 2 < 3", "syntax error, unexpected '<'", 6..7),
        ("1 == 2 == 3", "syntax error, unexpected '=='", 7..9),
        ("1 == 2 != 3", "syntax error, unexpected '!='", 7..9),
        ("1 +", "syntax error, unexpected end of file", 3..3),
        ("1 + ;", "syntax error, unexpected ';'", 4..5),
        ("inherit", "syntax error, unexpected 'inherit'", 0..7),
        ("{ inherit 1; }", "syntax error, unexpected integer", 9..9),
        ("{ inherit (a b; }", "syntax error, unexpected ';', expecting ')'", 14..15),
        ("{ inherit (a) b }", "syntax error, unexpected '}'", 15..15),
        ("{ inherit a", "syntax error, unexpected end of file", 11..11),
        ("x: ", "syntax error, unexpected end of file", 3..3),
        ("x @ y", "syntax error, unexpected identifier, expecting '{'", 4..5),
        ("x@{a} 1", "syntax error, unexpected integer, expecting ':'", 6..7),
        ("{}@1", "syntax error, unexpected integer, expecting identifier", 3..4),
        (
            "let { body = 1;",
            "syntax error, unexpected end of file, expecting 'inherit' or '}'",
            15..15,
        ),
        ("rec 1", "syntax error, unexpected integer, expecting '{'", 4..5),
        ("a = 1", "syntax error, unexpected '=', expecting end of file", 2..3),
        ("(a = 1)", "syntax error, unexpected '=', expecting ')'", 3..4),
        ("if a = 1 then 2 else 3", "syntax error, unexpected '=', expecting 'then'", 5..6),
        ("'abc'", "syntax error, unexpected invalid token", 0..1),
        ("a & b", "syntax error, unexpected invalid token, expecting end of file", 2..3),
        ("a | b", "syntax error, unexpected invalid token, expecting end of file", 2..3),
        ("}", "syntax error, unexpected '}'", 0..1),
        (")", "syntax error, unexpected ')'", 0..1),
        ("1 2 )", "syntax error, unexpected ')', expecting end of file", 4..5),
        ("$x", "syntax error, unexpected invalid token", 0..1),
        ("a.b or", "syntax error, unexpected end of file", 6..6),
        ("or", "syntax error, unexpected 'or'", 0..2),
        ("or a", "syntax error, unexpected 'or'", 0..2),
        ("{ in = 1; }", "syntax error, unexpected 'in', expecting 'inherit'", 2..4),
        ("let in", "syntax error, unexpected end of file", 6..6),
        ("./a/", "path has a trailing slash", 3..4),
        ("~/", "syntax error, unexpected invalid token", 0..1),
        ("{ a = ; }", "syntax error, unexpected ';'", 6..7),
        ("{ a = 1;; }", "syntax error, unexpected ';', expecting 'inherit'", 8..9),
        ("{ = 1; }", "syntax error, unexpected '=', expecting 'inherit'", 2..3),
        ("[ x: x ]", "syntax error, unexpected ':'", 3..4),
        ("99999999999999999999", "invalid integer '99999999999999999999'", 0..20),
        ("1.0e999", "invalid float '1.0e999'", 0..7),
        ("5.0e-324", "invalid float '5.0e-324'", 0..8),
        ("let ${x} = 1; in 2", "dynamic attributes not allowed in let", 6..7),
        ("{ inherit ${x}; }", "dynamic attributes not allowed in inherit", 12..13),
        ("{ a, a }: 1", "duplicate formal function argument 'a'", 5..6),
        ("a@{a}: 1", "duplicate formal function argument 'a'", 0..1),
        ("{ a.b }", "syntax error, unexpected '}', expecting '.' or '='", 6..7),
        ("{ a b = 1; }", "syntax error, unexpected identifier, expecting '.' or '='", 4..5),
        (r#"{ "a" 1; }"#, "syntax error, unexpected integer, expecting '.' or '='", 6..7),
        ("{ ${a", "syntax error, unexpected end of file, expecting '}'", 5..5),
        (r#"""#, r#"syntax error, unexpected end of file, expecting '"'"#, 1..1),
        (
            "''",
            "syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string",
            2..2,
        ),
        ("é", "syntax error, unexpected invalid token", 0..2),
        ("1 é", "syntax error, unexpected invalid token, expecting end of file", 2..4),
        ("{ a = é; }", "syntax error, unexpected invalid token", 6..8),
        (
            "a.b.",
            r#"syntax error, unexpected end of file, expecting identifier or 'or' or '${' or '"'"#,
            4..4,
        ),
        ("a.b or or", "syntax error, unexpected 'or'", 7..9),
    ];
    for (text, message, place) in rows {
        let first = faults(text).into_iter().next().unwrap();
        assert_eq!(first, ((*message).to_owned(), place.clone()), "{text}");
    }
}

#[test]
fn one_reading_finds_many_errors() {
    let text = "{\n  a = 1\n  b = [ 2, 3 ];\n  c: 4;\n  d = (5;\n  e = { f = ; };\n  g = if x = 1 then 2 else 3;\n  h = 1;\n}";
    let found: Vec<String> = faults(text).into_iter().map(|(message, _)| message).collect();
    let expected = [
        "syntax error, unexpected '=', expecting ';'",
        "syntax error, unexpected ','",
        "syntax error, unexpected ':', expecting '.' or '='",
        "syntax error, unexpected ';', expecting ')'",
        "syntax error, unexpected ';'",
        "syntax error, unexpected '=', expecting 'then'",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_tree_keeps_what_was_readable() {
    let rows = [
        ("{ a = 1 b = 2; }", "{a=1; b=2;}"),
        ("{ a = f x + g b = 2; }", "{a=((f x) + g); b=2;}"),
        ("{ a = 1, b = 2; }", "{a=1; b=2;}"),
        ("{ a = ; b = 2; }", "{a=_; b=2;}"),
        ("{ a: 1; b = 2; }", "{a=1; b=2;}"),
        ("{ a b = 1; c = 2; }", "{a=_; c=2;}"),
        ("[ 1, 2 ]", "[1 2]"),
        ("{ in = 1; a = 2; }", "{in=1; a=2;}"),
        ("{ a b, c }: 1", "{a=_;}"),
        ("{ a, b = 1, c }: 1", "({a, b, c}: 1)"),
        ("f x: y", "(f (x: y))"),
        ("1 + if a then b else c", "(1 + (if a b c))"),
        ("a |> b", "(b a)"),
    ];
    for (text, shape) in rows {
        let parsed = read(text);
        assert_ne!(parsed.diagnostics, [], "{text}");
        assert_eq!(super::shape::expr(&parsed.root), shape, "{text}");
    }
}

#[test]
fn what_is_open_is_labelled_and_slips_get_help() {
    let rows = [
        ("{ a = 1; ", "opened here"),
        ("(1 + 2", "opened here"),
        ("\"abc", "opened here"),
        ("let a = 1;", "this `let` waits for its `in`"),
        ("if a then b", "this `if` waits for its `else`"),
    ];
    for (text, label) in rows {
        let first = read(text).diagnostics.into_iter().next().unwrap();
        let also = first.secondary.first().unwrap();
        assert_eq!((also.span.start, also.text.as_str()), (1, label), "{text}");
    }
    let helps = [
        ("(a = 1)", "to compare, write `==`"),
        ("{ a = 1 }", "every binding ends with `;`"),
        ("[ 1, 2 ]", "separated by spaces"),
        ("[ 1 + 2 ]", "parentheses around an operation"),
        ("'abc'", "strings are written"),
        ("{ a, b } 1", "a function's argument"),
        ("\u{feff}1", "byte order mark"),
        ("1\0", "zero byte"),
    ];
    for (text, help) in helps {
        let first = read(text).diagnostics.into_iter().next().unwrap();
        let given = first.help.unwrap();
        assert!(given.contains(help), "{text}: {given}");
    }
}

#[test]
fn fixes_mend() {
    let rows = [
        ("{ a = 1 }", "{ a = 1; }"),
        ("{ a = 1 b = 2; }", "{ a = 1; b = 2; }"),
        ("{ a = 1, }", "{ a = 1; }"),
        ("[ 1, 2 ]", "[ 1 2 ]"),
        ("./a/", "./a"),
    ];
    for (text, mended) in rows {
        let first = read(text).diagnostics.into_iter().next().unwrap();
        let (span, new) = first.fixes.first().unwrap().edits.first().unwrap();
        let mut result = text.to_owned();
        result.replace_range(span.start as usize - 1..span.end as usize - 1, new);
        assert_eq!(result, mended);
        assert_eq!(read(&result).diagnostics, [], "{result}");
    }
}
