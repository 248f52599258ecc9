//! The grammar as tables.

use super::{ExprKind, parse};
use crate::source::SourceMap;

#[test]
fn smoke() {
    let map = SourceMap::new();
    let file = map.add("a.nix", "{ a = 6/(3); }").unwrap();
    let parsed = parse(&file);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    assert!(matches!(parsed.root.kind, ExprKind::Set { .. }));
}
