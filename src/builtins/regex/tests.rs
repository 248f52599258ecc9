//! What Nix 2.34.8 answers, and the accelerated way against the plain one.

use proptest::prelude::*;

use super::exec::{Mode, Search};
use super::{Groups, Piece, Regex, RegexError};

fn show_groups(subject: &str, groups: &Groups) -> String {
    let bytes = subject.as_bytes();
    let group = |span: &Option<std::ops::Range<usize>>| match span {
        None => "null".to_owned(),
        Some(span) => quote(bytes.get(span.clone()).unwrap_or_default()),
    };
    format!("[{}]", groups.iter().map(group).collect::<Vec<_>>().join(","))
}

fn quote(text: &[u8]) -> String {
    serde_json::Value::from(String::from_utf8_lossy(text)).to_string()
}

fn matched(pattern: &str, subject: &str) -> Result<String, RegexError> {
    let groups = Regex::new(pattern.as_bytes())?.full_match(subject.as_bytes())?;
    Ok(groups.map_or_else(|| "null".to_owned(), |groups| show_groups(subject, &groups)))
}

fn split(pattern: &str, subject: &str) -> Result<String, RegexError> {
    let bytes = subject.as_bytes();
    let show = |piece: &Piece| match piece {
        Piece::Text(span) => quote(bytes.get(span.clone()).unwrap_or_default()),
        Piece::Groups(groups) => show_groups(subject, groups),
    };
    let pieces = Regex::new(pattern.as_bytes())?.split(bytes)?;
    Ok(format!("[{}]", pieces.iter().map(show).collect::<Vec<_>>().join(",")))
}

#[test]
fn matches_are_those_of_nix() {
    let rows = [
        ("(a*)+", "aaa", "[\"\"]"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "[\"a\",\"bcd\",\"\"]"),
        ("((a)|b)*", "ab", "[\"b\",\"a\"]"),
        ("((a)|(b))*", "ab", "[\"b\",\"a\",\"b\"]"),
        ("(a*)*", "", "[\"\"]"),
        ("(a*)*", "b", "null"),
        ("((a*)b)*", "abb", "[\"b\",\"\"]"),
        ("(a|b|)*", "ab", "[\"\"]"),
        ("(a*){2,3}", "aa", "[\"\"]"),
        ("(a?){0,3}", "a", "[\"\"]"),
        ("((a)|b){2}", "ab", "[\"b\",\"a\"]"),
        ("()", "", "[\"\"]"),
        ("()*", "", "[\"\"]"),
        ("a|", "", "[]"),
        ("(|a)", "a", "[\"a\"]"),
        ("a+?", "aa", "[]"),
        ("a**", "aa", "[]"),
        ("a(b)?c", "ac", "[null]"),
        ("a(b)?c", "abc", "[\"b\"]"),
        ("", "a", "null"),
        (".", "é", "null"),
        ("..", "é", "[]"),
        ("[é]+", "é", "[]"),
        ("a.b", "a\nb", "[]"),
        ("^a$", "a", "[]"),
        ("^a\nb$", "a\nb", "[]"),
        ("(.*)-([0-9].*)", "gcc-wrapper-12.3.0-2", "[\"gcc-wrapper-12.3.0\",\"2\"]"),
        (
            "([a-z]+)://([^/:]+)(:([0-9]+))?(/.*)?",
            "https://example.com:8080/a/b?c",
            "[\"https\",\"example.com\",\":8080\",\"8080\",\"/a/b?c\"]",
        ),
        (
            "(v?)([0-9]+)\\.([0-9]+)(\\.([0-9]+))?(-(.*))?",
            "v1.22-rc1",
            "[\"v\",\"1\",\"22\",null,null,\"-rc1\",\"rc1\"]",
        ),
        ("[[:space:]]*([^[:space:]]+)[[:space:]]*", " \t foo \n", "[\"foo\"]"),
        ("(()|a)*", "a", "[\"\",\"\"]"),
        ("(()|(b*))*", "b", "[\"\",\"\",\"b\"]"),
        ("((x*)|(a))*", "a", "[\"\",\"\",\"a\"]"),
        ("(((a*)*)*)*", "aa", "[\"\",\"\",\"\"]"),
        ("((a?)*)+", "aa", "[\"\",\"\"]"),
        ("[]a]+", "]a", "[]"),
        ("[^]a]", "b", "[]"),
        ("[a-]+", "a-", "[]"),
        ("[[.hyphen.]-/]", ".", "[]"),
        ("[[=a=]]", "A", "[]"),
        ("x{0}*", "", "[]"),
        ("(^)*a", "a", "[\"\"]"),
        ("}]", "}]", "[]"),
        ("[a\\]+", "a\\", "[]"),
    ];
    for (pattern, subject, expected) in rows {
        assert_eq!(matched(pattern, subject).as_deref(), Ok(expected), "{pattern} on {subject:?}");
    }
}

#[test]
fn splits_are_those_of_nix() {
    let rows = [
        ("", "abc", "[\"\",[],\"a\",[],\"b\",[],\"c\",[],\"\"]"),
        ("(x*)", "abc", "[\"\",[\"\"],\"a\",[\"\"],\"b\",[\"\"],\"c\",[\"\"],\"\"]"),
        ("a*", "baac", "[\"\",[],\"b\",[],\"\",[],\"c\",[],\"\"]"),
        ("(x*)", "axxb", "[\"\",[\"\"],\"a\",[\"xx\"],\"\",[\"\"],\"b\",[\"\"],\"\"]"),
        ("$", "ab", "[\"ab\",[],\"\"]"),
        ("^", "ab\ncd", "[\"\",[],\"ab\\ncd\"]"),
        ("(^|b)", "abc", "[\"\",[\"\"],\"a\",[\"b\"],\"c\"]"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "[\"\",[\"a\",\"bcd\",\"\"],\"\"]"),
        ("(foo|foobar)", "xfoobary", "[\"x\",[\"foobar\"],\"y\"]"),
        ("(a*)+", "baac", "[\"\",[\"\"],\"b\",[\"\"],\"\",[\"\"],\"c\",[\"\"],\"\"]"),
        ("(a|b*)", "bbab", "[\"\",[\"bb\"],\"\",[\"a\"],\"\",[\"b\"],\"\",[\"\"],\"\"]"),
        (
            "(a*)(b*)",
            "xaabz",
            "[\"\",[\"\",\"\"],\"x\",[\"aa\",\"b\"],\"\",[\"\",\"\"],\"z\",[\"\",\"\"],\"\"]",
        ),
        ("a*(ab)?", "aab", "[\"\",[null],\"\",[null],\"b\",[null],\"\"]"),
        ("(a|ab)*c", "xabc", "[\"x\",[\"ab\"],\"\"]"),
        ("(a)|b", "xaybz", "[\"x\",[\"a\"],\"y\",[null],\"z\"]"),
        ("([ac])", "1aXcc3", "[\"1\",[\"a\"],\"X\",[\"c\"],\"\",[\"c\"],\"3\"]"),
        ("x", "", "[\"\"]"),
        ("", "", "[\"\",[],\"\"]"),
        ("b*", "b", "[\"\",[],\"\",[],\"\"]"),
        ("\n", "a\nb\n", "[\"a\",[],\"b\",[],\"\"]"),
        ("[^0-9]+", "12ab34-56", "[\"12\",[],\"34\",[],\"56\"]"),
        (".", "é", "[\"\",[],\"\",[],\"\"]"),
        ("a|ab|abc", "xabcx", "[\"x\",[],\"x\"]"),
        ("(a|ab)?b", "abb", "[\"\",[\"ab\"],\"\"]"),
        ("(a|)b*", "abb", "[\"\",[\"a\"],\"\",[\"\"],\"\"]"),
        ("(ab|a)*b?", "aabab", "[\"\",[\"ab\"],\"\",[null],\"\"]"),
        ("(^a|a)", "aa", "[\"\",[\"a\"],\"\",[\"a\"],\"\"]"),
        ("a?$", "aa", "[\"a\",[],\"\",[],\"\"]"),
        ("(a|b)*a", "abab", "[\"\",[\"b\"],\"b\"]"),
        ("(|x)", "ax", "[\"\",[\"\"],\"a\",[\"x\"],\"\",[\"\"],\"\"]"),
        ("^^a", "aa", "[\"\",[],\"a\"]"),
        ("[[:upper:]]", "aBcD", "[\"a\",[],\"c\",[],\"\"]"),
        ("((a)|b)+", "xabx", "[\"x\",[\"b\",\"a\"],\"x\"]"),
        ("(b|bc)(c|)", "abcd", "[\"a\",[\"b\",\"c\"],\"d\"]"),
    ];
    for (pattern, subject, expected) in rows {
        assert_eq!(split(pattern, subject).as_deref(), Ok(expected), "{pattern} on {subject:?}");
    }
}

#[test]
fn patterns_that_nix_refuses_are_refused() {
    let invalid = [
        "(?:a)",
        "\\d",
        "\\w",
        "\\b",
        "\\n",
        "\\]",
        "(a)\\1",
        "a{2",
        "a{,2}",
        "a{2,1}",
        "{1}",
        "*a",
        "(*a)",
        "^*a",
        "$*",
        "a|*b",
        "[]",
        "[a",
        "[a-b-c]",
        "[b-a]",
        "[[:foo:]]",
        "[[:alpha:]-z]",
        "[[.ab.]]",
        "a)",
        "(a",
        "{",
        "\\",
        "[a--]",
        "[a-é]",
        "a{4294967297}",
    ];
    for pattern in invalid {
        let text = format!("invalid regular expression '{pattern}'");
        assert_eq!(matched(pattern, "").map_err(|error| error.to_string()), Err(text));
    }
    for pattern in ["a{99999}", "(a{1000}){1000}", "a{2147483647}"] {
        let text = format!("memory limit exceeded by regular expression '{pattern}'");
        assert_eq!(matched(pattern, "").map_err(|error| error.to_string()), Err(text));
    }
    let deep = "(".repeat(100_000);
    assert!(matches!(Regex::new(deep.as_bytes()), Err(RegexError::TooLarge(_))));
}

#[test]
fn patterns_that_make_backtracking_explode_answer_at_once() {
    let subject = "a".repeat(400) + "b";
    assert_eq!(matched("(((a*)*)*)*", &subject).as_deref(), Ok("null"));
    assert_eq!(matched("(a|a)*(a|aa)*", &subject).as_deref(), Ok("null"));
}

#[test]
fn repetitions_of_repetitions_take_no_copies() {
    let pattern = "s".to_owned() + &"+".repeat(45);
    assert_eq!(split(&pattern, "xssy").as_deref(), Ok(r#"["x",[],"y"]"#));
    assert_eq!(matched("((a|b*)+)+(c?)+", "abbac").as_deref(), Ok(r#"["","",""]"#));
    assert_eq!(matched("(((a*)+)+x)+", "aaxax").as_deref(), Ok(r#"["ax","",""]"#));
}

#[test]
fn what_would_be_searched_for_ever_is_refused() {
    let pattern = "(".repeat(20) + "a*" + &")*".repeat(20) + "b";
    let refused = Err(RegexError::TooLarge(pattern.clone()));
    assert_eq!(matched(&pattern, "aaaac"), refused);
    assert_eq!(split(&pattern, "aaaac"), refused);
}

proptest! {
    /// Long subjects take regex-automata's way; groups and spans must not show it.
    #[test]
    fn long_subjects_answer_as_short_ones(
        pattern in "(a|b|\\(a\\)|\\(b\\|ab\\)|\\(a\\*b\\)|\\(ab\\)\\?|\\[ab\\]\\*|\\(c\\*\\)\\+|\\^|\\$){1,5}",
        tail in "[abc]{0,12}",
    ) {
        let regex = Regex::new(pattern.as_bytes());
        prop_assume!(regex.is_ok());
        let Ok(regex) = regex else { return Ok(()) };
        let subject = "abcab".repeat(120) + &tail;
        let mut whole = Search::new(&regex.program, subject.as_bytes(), Mode::Whole);
        let plain = whole.match_at(0, false).map(|found| found.groups);
        prop_assert_eq!(regex.full_match(subject.as_bytes()), Ok(plain));
        let mut search = Search::new(&regex.program, subject.as_bytes(), Mode::Longest);
        let first = (0..=subject.len()).find_map(|start| search.match_at(start, false));
        let pieces = regex.split(subject.as_bytes()).unwrap_or_default();
        let span = first.as_ref().map(|found| Piece::Text(0..found.span.start));
        prop_assert_eq!(pieces.first().cloned(), span.or(Some(Piece::Text(0..subject.len()))));
        prop_assert_eq!(pieces.get(1).cloned(), first.map(|found| Piece::Groups(found.groups)));
    }
}
