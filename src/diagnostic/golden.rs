//! Renderings of codes that no call gives at will, as they were read and found good: files of
//! `corpus/codes`, beside those that the examples of `docs/codes` give (`tests/codes.rs`).
//! `REPX_BLESS=1` writes them anew.

use std::path::Path;

use super::Diagnostic;
use super::render::{RenderOptions, render};
use crate::source::SourceMap;

/// Fails unless a diagnostic without places reads as it did, within 80 columns.
pub(crate) fn reads_well(diagnostic: &Diagnostic) {
    let options = RenderOptions { width: 80, ..RenderOptions::default() };
    let text = render(diagnostic, &SourceMap::new(), &options);
    let wide = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "wider than the page");
    let name = diagnostic.code.trim_start_matches("repx::").replace("::", "-");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/codes/{name}.txt"));
    if std::env::var_os("REPX_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "{} differs (REPX_BLESS=1 accepts)", path.display());
}
