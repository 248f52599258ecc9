//! Bytes → a file that is checked: its names and rules, its strings as scripts, and what fixes make of it.

use std::path::Path;
use std::sync::Arc;

use repx::check::shell::{
    Located, Programs, Scripts, Written, array_reads, check_commands, check_syntax,
};
use repx::check::{Around, check_file, mend};
use repx::diagnostic::Diagnostic;
use repx::source::{SourceFile, SourceMap};
use repx::syntax::{Expr, ExprKind, find, parse};
use repx::world::Memory;

/// Fixes make others possible, but come to an end.
const MOST_ROUNDS: usize = 20;

/// Checks the bytes as a file of a lab, whatever they are. All places lie in the text, and fixes leave a text that can
/// be read as well as it could before.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut text = text.to_owned();
    let mut readable = false;
    for _ in 0..MOST_ROUNDS {
        let world = Memory::new();
        let sources = SourceMap::new();
        let around = Around::new(&world, &sources);
        let file = sources.add("/fuzz/file.nix", text.as_str()).expect("far below 4 GiB");
        let checked = check_file(&file, &around);
        assert!(checked.readable || !readable, "a fix has broken it: {text}");
        readable = checked.readable;
        let all = checked.diagnostics.iter();
        all.chain(&scripts(&parse(&file).root, &file))
            .for_each(|found| super::language::can_be_shown(found, &sources));
        match mend(&checked.diagnostics, &sources).texts.into_values().next() {
            Some(mended) => text = mended,
            None => break,
        }
    }
}

/// What is wrong with each of the scripts that there may be.
fn scripts(root: &Expr, file: &Arc<SourceFile>) -> Vec<Diagnostic> {
    let read = |_: &Path| Some(Arc::clone(file));
    let written = Written { root, file, read: &read };
    let (mut found, known) = (Vec::new(), Scripts::default());
    let mut look = |script: &Located| {
        found.extend(check_syntax(script, &known));
        found.extend(check_commands(script, &known, &Programs::default(), "s", None));
        for (name, at) in array_reads(script.text(), "parameters") {
            let told = Diagnostic::warning("repx::fuzz::array", name.to_owned());
            found.push(told.at(script.place(at), "here"));
        }
    };
    let mut functions = 0;
    find::walk(root, &mut |expr| {
        if matches!(expr.kind, ExprKind::Lambda { .. } | ExprKind::Text(_)) && functions < 50 {
            functions += 1;
            Located::all(expr, &written).iter().for_each(&mut look);
        }
    });
    found
}
