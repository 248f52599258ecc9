//! What Nix 2.34.8 answers to `fromTOML`.

use super::super::sink::ReadError;
use super::super::sink::trace::Trace;
use super::parse;

fn read(text: &[u8]) -> String {
    let mut trace = Trace::default();
    match parse(text, &mut trace) {
        Ok(()) => trace.0.join(" "),
        Err(ReadError::Document(error)) => format!("error: {error}"),
        Err(ReadError::Sink(never)) => match never {},
    }
}

#[test]
fn documents_are_read() {
    let rows = [
        ("", "{ }"),
        ("\u{feff}a=1", "{ a: 1 }"),
        ("a = 1\nb = 'x'", "{ a: 1 b: \"x\" }"),
        ("a.b=1\na.c=2", "{ a: { b: 1 c: 2 } }"),
        ("1.2 = 3", "{ 1: { 2: 3 } }"),
        ("[[a]]\nb=1\n[[a]]\nb=2", "{ a: [ { b: 1 } { b: 2 } ] }"),
        ("[[a]]\n[a.b]\nc=1\n[[a]]", "{ a: [ { b: { c: 1 } } { } ] }"),
        ("[a.b]\n[a]\nx=1", "{ a: { b: { } x: 1 } }"),
        ("a = [1, 'x', 2.5,\n]", "{ a: [ 1 \"x\" 2.5 ] }"),
        ("x = {a.b=1, l=[\n1\n]}", "{ x: { a: { b: 1 } l: [ 1 ] } }"),
        ("\"é\"=1\n\"\" = true", "{ : true é: 1 }"),
        ("a = 'x' # c\r\nb=2", "{ a: \"x\" b: 2 }"),
        ("a = \"\"\"\\\n  x\"\"\"", "{ a: \"x\" }"),
        ("a = '''\nx\\e''''\nb = {}", "{ a: \"x\\\\e'\" b: { } }"),
        ("a = \"\\U0001F600\\t\\\\x\"", "{ a: \"😀\\t\\\\x\" }"),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn numbers_keep_their_kind() {
    let rows = [
        ("a = 0x7fffffffffffffff", "{ a: 9223372036854775807 }"),
        ("a = 0xdead_BEEF", "{ a: 3735928559 }"),
        ("a = 0o17", "{ a: 15 }"),
        ("a = 0b101", "{ a: 5 }"),
        ("a = -9223372036854775808", "{ a: -9223372036854775808 }"),
        ("a = +0", "{ a: 0 }"),
        ("a = -0", "{ a: 0 }"),
        ("a = 1_000.5e1_0", "{ a: 10005000000000.0 }"),
        ("a = 1e3", "{ a: 1000.0 }"),
        ("a = -0.0", "{ a: -0.0 }"),
        ("a = 1e-400", "{ a: 0.0 }"),
        ("a = -inf", "{ a: -inf }"),
        ("a = +nan", "{ a: NaN }"),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn what_nix_refuses_is_refused() {
    let rows = [
        "a = ",
        "= 1",
        "a",
        "a = [1",
        "a = 1 b = 2",
        "a = 1\na = 2",
        "x={a=1,a=2}",
        "[a]\n[a]",
        "a = 1\n[a]",
        "[[a]]\n[a]",
        "a={b={c=1}}\n[a.b]",
        "a = {}\na.b=1",
        "a=[{}]\n[[a]]",
        "[a]\nb.c=1\n[a.b]",
        "a.a=1\na=2",
        "a = 9223372036854775808",
        "a = -9223372036854775809",
        "a = 0xFFFFFFFFFFFFFFFF",
        "a = 1e400",
        "a = -1e400",
        "a = 01",
        "a = 00",
        "a=1.",
        "a=.5",
        "a=0b12",
        "a = -0x1",
        "a=+0x1",
        "a = 1__0",
        "a = 0x_1",
        "a = inff",
        "a = True",
        "a = \"x\ny\"",
        "a=\"\\e\"",
        "a = \"\\x41\"",
        "\"\\e\"=1",
        "a=\"\"\"\\e\"\"\"",
        "a = \"\\ud800\"",
        "a = \"\\U00110000\"",
        "a = {x=1\n}",
        "a = {x=1,}",
        "a = {x=1, }",
        "a = {x=1 # c\n}",
        "a = [ {\nx=1} ]",
        "é = 1",
        "a = 07:32",
        "a = 13:00:61",
        "a = 2021-02-30",
        "a = \"\u{7f}\"",
        "# \u{1}",
        "a=[1,,2]",
        "[]",
        "a = 1\r",
    ];
    for text in rows {
        assert!(
            read(text.as_bytes()).starts_with("error: while parsing TOML: "),
            "{text:?}: {}",
            read(text.as_bytes())
        );
    }
}

#[test]
fn dates_and_nul_are_refused_in_the_words_of_nix() {
    let date = "error: while parsing TOML: Dates and times are not supported";
    for text in [
        "a = 1979-05-27T07:32:00Z",
        "a = 1987-07-05 17:45:00",
        "a = {b = 1979-05-27}",
        "a = [07:32:00]",
    ] {
        assert_eq!(read(text.as_bytes()), date, "{text}");
    }
    let null = "error: while parsing TOML: error: input string '␀' cannot be represented as Nix string because it contains null bytes";
    assert_eq!(read(b"a = \"\\u0000\""), null);
    assert_eq!(read(b"\"\\u0000\" = 1"), null);
}

#[test]
fn refusals_say_where() {
    assert_eq!(
        read(b"a = 1\nb = 9223372036854775808"),
        "error: while parsing TOML: [error] toml::parse_dec_integer: too large integer: current max digits = 2^63\n --> fromTOML\n  |\n2 | b = 9223372036854775808\n  |                        ^-- must be < 2^63"
    );
    assert_eq!(read("ä = 'é\n".as_bytes()).matches("(line 1, column 1)").count(), 1);
    assert_eq!(read(b"a = '\xff'"), "error: while parsing TOML: invalid UTF-8 (line 1, column 6)");
    assert_eq!(
        read(b"a = { b = 1,\n}"),
        "error: while parsing TOML: newline in an inline table (line 1, column 13)"
    );
}

#[test]
fn deep_documents_are_refused_or_read_but_never_crash() {
    let deep = [
        format!("a = {}{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("a{} = 1", ".a".repeat(5_000)),
        format!("[a{}]", ".a".repeat(5_000)),
        format!("[[a{}]]", ".\"a\"".repeat(5_000)),
        format!("a = {{ b{} = 1 }}", ".b".repeat(5_000)),
        format!("a{} = 1", " . a".repeat(5_000)),
        format!("[ a{}]", "\t.\ta".repeat(5_000)),
    ];
    for text in deep {
        assert!(read(text.as_bytes()).starts_with("error: while parsing TOML: "));
    }
    let dots = ".".repeat(2000);
    assert_eq!(read(format!("a = '{dots}'").as_bytes()), format!("{{ a: {dots:?} }}"));
    assert_eq!(read(format!("# {dots}").as_bytes()), "{ }");
    assert_eq!(read(format!("a = '''\n{dots}'''").as_bytes()), format!("{{ a: {dots:?} }}"));
}
