//! What Nix 2.34.8 answers to `fromJSON`.

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
fn documents_are_read_in_order() {
    let text = br#" { "a" : [ 1 , 2.50 , true , false , null , "x" ] , "b" : { } , "a" : [] } "#;
    assert_eq!(read(text), r#"{ a: [ 1 2.5 true false null "x" ] b: { } a: [ ] }"#);
    assert_eq!(read("\u{feff}1".as_bytes()), "1");
    assert_eq!(read(b"\t\n\r1"), "1");
}

#[test]
fn numbers_are_integers_floats_or_errors() {
    let rows = [
        ("1e5", "100000.0"),
        ("1E+5", "100000.0"),
        ("0.1", "0.1"),
        ("9223372036854775807", "9223372036854775807"),
        (
            "9223372036854775808",
            "error: unsigned json number 9223372036854775808 outside of Nix integer range",
        ),
        (
            "18446744073709551615",
            "error: unsigned json number 18446744073709551615 outside of Nix integer range",
        ),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e18"),
        ("123456789012345678901234567890", "1.2345678901234568e29"),
        ("-0", "0"),
        ("-0.0", "-0.0"),
        ("1e-400", "0.0"),
        ("1e400", "error: [json.exception.out_of_range.406] number overflow parsing '1e400'"),
        ("-1E400", "error: [json.exception.out_of_range.406] number overflow parsing '-1E400'"),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn strings_are_unescaped() {
    let null = "error: input string '␀' cannot be represented as Nix string because it contains null bytes";
    let rows = [
        (r#""\ud83d\ude00""#, "\"😀\""),
        (r#""a\u00e9\/b""#, "\"aé/b\""),
        (r#""\b\f\n\r\t\"\\""#, r#""\u{8}\u{c}\n\r\t\"\\""#),
        ("\"é\u{7f}\"", r#""é\u{7f}""#),
        (r#""\u0000""#, null),
        (r#"{"\u0000":1}"#, null),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn ill_formed_text_is_refused_where_it_breaks() {
    let error = |column: usize, read: &str| {
        format!(
            "error: [json.exception.parse_error.101] parse error at line 1, column {column}: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; last read: '{read}'"
        )
    };
    assert_eq!(read(b"\"\xC3\""), error(3, "\"\u{fffd}\""));
    assert_eq!(read(b"\"\xA9\""), error(2, "\"\u{fffd}"));
    assert_eq!(read(b"\"\xE2\x82"), error(4, "\"\u{fffd}"));
}

#[test]
fn depth_is_bounded_by_memory_only() {
    let depth = 1_000_000;
    let text = "[".repeat(depth) + &"]".repeat(depth);
    let mut trace = Trace::default();
    assert_eq!(parse(text.as_bytes(), &mut trace), Ok(()));
    assert_eq!(trace.0.len(), 2 * depth);
}

#[test]
fn refusals_are_worded_as_by_nix() {
    let rows = [
        (
            "",
            "line 1, column 1: attempting to parse an empty input; check that your input string or stream contains the expected JSON",
        ),
        (
            "{",
            "line 1, column 2: syntax error while parsing object key - unexpected end of input; expected string literal",
        ),
        (
            "nul",
            "line 1, column 4: syntax error while parsing value - invalid literal; last read: 'nul'",
        ),
        (
            "{a:1}",
            "line 1, column 2: syntax error while parsing object key - invalid literal; last read: '{a'; expected string literal",
        ),
        (
            "\"\\ud83d\"",
            "line 1, column 8: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud83d\"'",
        ),
        (
            "\"\\ude00\"",
            "line 1, column 7: syntax error while parsing value - invalid string: surrogate U+DC00..U+DFFF must follow U+D800..U+DBFF; last read: '\"\\ude00'",
        ),
        (
            "\"\\ud83d\\u0041\"",
            "line 1, column 13: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud83d\\u0041'",
        ),
        (
            "\"a\u{1}b\"",
            "line 1, column 3: syntax error while parsing value - invalid string: control character U+0001 (SOH) must be escaped to \\u0001; last read: '\"a<U+0001>'",
        ),
        (
            "\"a\nb\"",
            "line 2, column 0: syntax error while parsing value - invalid string: control character U+000A (LF) must be escaped to \\u000A or \\n; last read: '\"a<U+000A>'",
        ),
        (
            "\"\\x\"",
            "line 1, column 3: syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"\\x'",
        ),
        (
            "\"\\u12\"",
            "line 1, column 6: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\u12\"'",
        ),
        (
            "[1,]",
            "line 1, column 4: syntax error while parsing value - unexpected ']'; expected '[', '{', or a literal",
        ),
        (
            "[1 2]",
            "line 1, column 4: syntax error while parsing array - unexpected number literal; expected ']'",
        ),
        (
            "{\"a\":1,}",
            "line 1, column 8: syntax error while parsing object key - unexpected '}'; expected string literal",
        ),
        (
            "{\"a\" 1}",
            "line 1, column 6: syntax error while parsing object separator - unexpected number literal; expected ':'",
        ),
        (
            "1.",
            "line 1, column 3: syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.'",
        ),
        (
            "1.0e",
            "line 1, column 5: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1.0e'",
        ),
        (
            "-",
            "line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-'",
        ),
        (
            "01",
            "line 1, column 2: syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "-01",
            "line 1, column 3: syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "+1",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '+'",
        ),
        (
            ".5",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '.'",
        ),
        (
            "tru",
            "line 1, column 4: syntax error while parsing value - invalid literal; last read: 'tru'",
        ),
        (
            "true1",
            "line 1, column 5: syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "1 2",
            "line 1, column 3: syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "[",
            "line 1, column 2: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
        ),
        (
            "[1",
            "line 1, column 3: syntax error while parsing array - unexpected end of input; expected ']'",
        ),
        (
            "\"abc",
            "line 1, column 5: syntax error while parsing value - invalid string: missing closing quote; last read: '\"abc'",
        ),
        (
            "{\"a\":",
            "line 1, column 6: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
        ),
        (
            "NaN",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: 'N'",
        ),
        (
            "Infinity",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: 'I'",
        ),
        (
            "\u{b}1",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '<U+000B>'",
        ),
        (
            "[1}",
            "line 1, column 3: syntax error while parsing array - unexpected '}'; expected ']'",
        ),
        (
            "[nul]",
            "line 1, column 5: syntax error while parsing value - invalid literal; last read: '[nul]'",
        ),
        (
            "falsx",
            "line 1, column 5: syntax error while parsing value - invalid literal; last read: 'falsx'",
        ),
        (
            "{1:2}",
            "line 1, column 2: syntax error while parsing object key - unexpected number literal; expected string literal",
        ),
        (
            "{\"a\":1 \"b\":2}",
            "line 1, column 10: syntax error while parsing object - unexpected string literal; expected '}'",
        ),
        (
            "/**/1",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '/'",
        ),
        (
            "\"\\uD800\\u",
            "line 1, column 10: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\uD800\\u'",
        ),
        (
            "\"\\uZ",
            "line 1, column 4: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\uZ'",
        ),
        (
            "\"a\\",
            "line 1, column 4: syntax error while parsing value - invalid string: forbidden character after backslash; last read: '\"a\\'",
        ),
        (
            "\"\u{1f}\"",
            "line 1, column 2: syntax error while parsing value - invalid string: control character U+001F (US) must be escaped to \\u001F; last read: '\"<U+001F>'",
        ),
        (
            "\"\t\"",
            "line 1, column 2: syntax error while parsing value - invalid string: control character U+0009 (HT) must be escaped to \\u0009 or \\t; last read: '\"<U+0009>'",
        ),
        (
            "}",
            "line 1, column 1: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
        ),
        (
            "1a",
            "line 1, column 2: syntax error while parsing value - invalid literal; last read: '1a'; expected end of input",
        ),
        (
            "-a",
            "line 1, column 2: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-a'",
        ),
        (
            "0x1",
            "line 1, column 2: syntax error while parsing value - invalid literal; last read: '0x'; expected end of input",
        ),
        (
            "[-]",
            "line 1, column 3: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-]'",
        ),
        (
            "{\"a\":}",
            "line 1, column 6: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
        ),
        (
            "{,}",
            "line 1, column 2: syntax error while parsing object key - unexpected ','; expected string literal",
        ),
        (
            "[,1]",
            "line 1, column 2: syntax error while parsing value - unexpected ','; expected '[', '{', or a literal",
        ),
        (
            "\"é",
            "line 1, column 4: syntax error while parsing value - invalid string: missing closing quote; last read: '\"é'",
        ),
        (
            "[tr",
            "line 1, column 4: syntax error while parsing value - invalid literal; last read: '[tr'",
        ),
        (
            "\"\u{10}\u{2}\"",
            "line 1, column 2: syntax error while parsing value - invalid string: control character U+0010 (DLE) must be escaped to \\u0010; last read: '\"<U+0010>'",
        ),
        (
            "{\"é\":é}",
            "line 1, column 7: syntax error while parsing value - invalid literal; last read: '\"é\":\u{fffd}'",
        ),
        (
            "1.e5",
            "line 1, column 3: syntax error while parsing value - invalid number; expected digit after '.'; last read: '1.e'",
        ),
        (
            "\u{1}",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '<U+0001>'",
        ),
        (
            "é",
            "line 1, column 1: syntax error while parsing value - invalid literal; last read: '\u{fffd}'",
        ),
        (
            "1\n2",
            "line 2, column 1: syntax error while parsing value - unexpected number literal; expected end of input",
        ),
        (
            "[1\n",
            "line 2, column 1: syntax error while parsing array - unexpected end of input; expected ']'",
        ),
        (
            "[1\n2",
            "line 2, column 1: syntax error while parsing array - unexpected number literal; expected ']'",
        ),
        (
            "{\"a\":1\n:",
            "line 2, column 1: syntax error while parsing object - unexpected ':'; expected '}'",
        ),
        (
            "  ",
            "line 1, column 3: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
        ),
        (
            "\n\nx",
            "line 3, column 1: syntax error while parsing value - invalid literal; last read: '<U+000A><U+000A>x'",
        ),
        (
            "[true false]",
            "line 1, column 11: syntax error while parsing array - unexpected false literal; expected ']'",
        ),
        (
            "\u{feff}",
            "line 1, column 4: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal",
        ),
        (
            "\u{feff}x",
            "line 1, column 4: syntax error while parsing value - invalid literal; last read: '\u{feff}x'",
        ),
        (
            "1e",
            "line 1, column 3: syntax error while parsing value - invalid number; expected '+', '-', or digit after exponent; last read: '1e'",
        ),
        (
            "1e+",
            "line 1, column 4: syntax error while parsing value - invalid number; expected digit after exponent sign; last read: '1e+'",
        ),
        (
            "[1.5.5]",
            "line 1, column 5: syntax error while parsing array - invalid literal; last read: '1.5.'; expected ']'",
        ),
        (
            "[\"a\" \"b\"]",
            "line 1, column 8: syntax error while parsing array - unexpected string literal; expected ']'",
        ),
        (
            "{\"a\":\"b\\u\"}",
            "line 1, column 10: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"b\\u\"'",
        ),
        (
            "\"\\ud800\\n\"",
            "line 1, column 9: syntax error while parsing value - invalid string: surrogate U+D800..U+DBFF must be followed by U+DC00..U+DFFF; last read: '\"\\ud800\\n'",
        ),
        (
            "\"\\uD83D\\uDE0",
            "line 1, column 13: syntax error while parsing value - invalid string: '\\u' must be followed by 4 hex digits; last read: '\"\\uD83D\\uDE0'",
        ),
        (
            "\"ÿ",
            "line 1, column 4: syntax error while parsing value - invalid string: missing closing quote; last read: '\"ÿ'",
        ),
        (
            "nu\nx",
            "line 2, column 0: syntax error while parsing value - invalid literal; last read: 'nu<U+000A>'",
        ),
        (
            "[-1,-a]",
            "line 1, column 6: syntax error while parsing value - invalid number; expected digit after '-'; last read: '-a'",
        ),
        (
            "{\"a\\nb\":}",
            "line 1, column 9: syntax error while parsing value - unexpected '}'; expected '[', '{', or a literal",
        ),
    ];
    for (text, expected) in rows {
        let expected = format!("error: [json.exception.parse_error.101] parse error at {expected}");
        assert_eq!(read(text.as_bytes()), expected, "{text:?}");
    }
}
