//! Input made to break things.

use proptest::prelude::*;

use super::read;
use crate::syntax::MAX_DEPTH;

/// Runs on a stack as evaluation threads have it.
fn with_big_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(1 << 30);
    thread.spawn(run).unwrap().join().unwrap()
}

fn first_code(text: &str) -> &'static str {
    read(text).diagnostics.first().map_or("", |it| it.code)
}

#[test]
fn depth_is_refused_or_borne() {
    with_big_stack(|| {
        let many = MAX_DEPTH as usize + 1;
        for open in ["(", "[", "{a=", "\"${", "-", "!", "x: ", "if a then b else ", "a.b or "] {
            assert_eq!(first_code(&open.repeat(many)), "repx::syntax::too-deep", "{open}");
        }
        let deep = 10_000;
        for (open, close) in [("(", ")"), ("[", "]"), ("{a=", ";}"), ("if a then b else ", "")] {
            let text = format!("{}{}{}", open.repeat(deep), 1, close.repeat(deep));
            assert_eq!(first_code(&text), "", "{open}");
        }
    });
}

#[test]
fn long_chains_are_read() {
    with_big_stack(|| {
        let many = 90_000;
        for (first, more) in [("a", "+a"), ("f", " x"), ("a", ".b"), ("a", "-a"), ("a", " ? b")] {
            let text = format!("{first}{}", more.repeat(many));
            assert_eq!(first_code(&text), "", "{more}");
        }
    });
}

#[test]
fn a_page_of_nonsense_is_given_up() {
    for text in ["}".repeat(100_000), "{ a b; } ".repeat(1000), "é".repeat(5000)] {
        let count = read(&text).diagnostics.len();
        assert!((1..=64).contains(&count), "{count}");
    }
    let errors = "{ a = ; ".repeat(500);
    assert_eq!(read(&errors).diagnostics.len(), 64);
}

#[test]
fn strange_bytes_are_errors_not_panics() {
    for text in [
        "\0",
        "1\0",
        "\"a\0b\"",
        "''\0''",
        "\u{feff}1",
        "\u{a0}",
        "\r",
        "\r1\r",
        "''",
        "\"",
        "\"\\",
        "''a''\\",
        "''a'",
        "''a$",
        "\"$",
        "\"${",
        "/*",
        "/*/",
        "./a/",
        "~/",
        "./${",
        "<a",
        "a/${b",
        "\u{1f600}",
        "${",
        "}",
        "a.",
        "x:",
        "{",
        "let",
        "if",
        "''''''",
    ] {
        let valid = text == "\r1\r";
        assert_eq!(read(text).diagnostics.is_empty(), valid, "{text:?}");
    }
}

const TOKENS: &[&str] = &[
    "a", "or", "let", "in", "if", "then", "else", "with", "assert", "rec", "inherit", "{", "}",
    "[", "]", "(", ")", "\"", "''", "${", "$", "'", "\\", ";", ":", ",", ".", "...", "=", "==",
    "<", "//", "->", "|>", "?", "@", "!", "-", "1", "1.5", "./a", "/", "~/", "<a>", "x:y", "#",
    "/*", "*/", "\n", "\r", "\t", " ", "é", "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup_is_outlived(picks in prop::collection::vec(prop::sample::select(TOKENS), 0..60)) {
        let text = picks.concat();
        let parsed = read(&text);
        let end = text.len() as u32 + 1;
        for diagnostic in &parsed.diagnostics {
            let span = diagnostic.primary.as_ref().unwrap().span;
            prop_assert!(1 <= span.start && span.start <= span.end && span.end <= end);
            prop_assert!(text.is_char_boundary(span.start as usize - 1));
            prop_assert!(text.is_char_boundary(span.end as usize - 1));
        }
        let holes = super::shape::expr(&parsed.root);
        prop_assert!(!holes.contains('_') || !parsed.diagnostics.is_empty());
    }

    #[test]
    fn any_text_is_outlived(text in ".{0,80}") {
        read(&text);
    }
}
