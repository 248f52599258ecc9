//! Bytes → tree → program; what is wrong with it is shown, and what is right is printed.

use std::path::Path;

use repx::builtins::globals::global_names;
use repx::diagnostic::render::{RenderOptions, render};
use repx::diagnostic::{Diagnostic, Severity};
use repx::lower::{Globals, Surroundings, lower};
use repx::source::SourceMap;
use repx::syntax::print::{Bases, print};
use repx::syntax::{Expr, ExprKind, Part, find, parse};

/// Reads the bytes as a program, whatever they are. The places of all diagnostics must lie in the
/// text, and a program without errors must be the same after printing and reading it again.
pub fn language(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(tree) = read(text) else { return };
    let printed = shown(&tree);
    if !prints_as_itself(&tree, &printed) {
        return;
    }
    let again = read(&printed);
    let again = again.unwrap_or_else(|| panic!("what is printed can't be read: {printed}"));
    assert_eq!(printed, shown(&again), "printed and read again, it is something else");
}

/// The tree, when neither reading nor lowering found an error.
fn read(text: &str) -> Option<Expr> {
    let sources = SourceMap::new();
    let file = sources.add("/fuzz/file.nix", text).expect("far below 4 GiB");
    let parsed = parse(&file);
    let surroundings = Surroundings {
        globals: &Globals::new(global_names()),
        scope: None,
        directory: Path::new("/fuzz"),
        home: None,
    };
    let lowered = lower(&parsed.root, &surroundings);
    let all = || parsed.diagnostics.iter().chain(&lowered.diagnostics);
    all().for_each(|diagnostic| can_be_shown(diagnostic, &sources));
    let broken = all().any(|diagnostic| diagnostic.severity == Severity::Error);
    (!broken).then_some(parsed.root)
}

pub(crate) fn can_be_shown(diagnostic: &Diagnostic, sources: &SourceMap) {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).chain(&diagnostic.trace);
    for label in labels {
        let place = label.span;
        assert!(sources.text(place).is_some(), "{}: outside the text", diagnostic.message);
        assert!(sources.locate(place).is_some(), "{}: nowhere", diagnostic.message);
    }
    for (span, _) in diagnostic.fixes.iter().flat_map(|fix| &fix.edits) {
        assert!(sources.text(*span).is_some(), "{}: fixes nothing", diagnostic.message);
    }
    assert!(!render(diagnostic, sources, &RenderOptions::default()).is_empty());
}

/// Nix's own print of these can't be read again, or reads as something else: floats lose digits,
/// paths lose their quoting, a computed name becomes a string with the name in it, an
/// interpolation a sum, and `assert` lacks parentheses.
fn prints_as_itself(tree: &Expr, printed: &str) -> bool {
    let mut exactly = !printed.contains("\"${");
    find::walk(tree, &mut |expr| {
        exactly &= match &expr.kind {
            ExprKind::Float(_)
            | ExprKind::Path(_)
            | ExprKind::SearchPath(_)
            | ExprKind::Assert { .. } => false,
            ExprKind::Text(parts) => parts.iter().all(|part| matches!(part, Part::Literal(_))),
            _ => true,
        };
    });
    exactly
}

fn shown(tree: &Expr) -> String {
    print(tree, Bases { directory: Path::new("/fuzz"), home: None })
}
