//! Where a value was written.

use crate::source::{SourceMap, Span};
use crate::syntax::{Expr, ExprKind, find};

/// Finds the source of values by the names they are bound to.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    sources: &'a SourceMap,
}

impl<'a> Places<'a> {
    /// Over these files.
    pub fn new(sources: &'a SourceMap) -> Places<'a> {
        Places { sources }
    }

    /// The value bound to the name at `key`; the name itself when that can't be told.
    pub fn value(self, key: Span) -> Span {
        self.bound(key).map_or(key, |expr| expr.span)
    }

    /// An item of the list bound to the name at `key`.
    pub fn item(self, key: Span, index: usize) -> Span {
        self.items(key).get(index).map_or_else(|| self.value(key), |item| item.span)
    }

    /// The items of the list bound to the name at `key`.
    pub fn items(self, key: Span) -> Vec<Expr> {
        self.bound(key).map(list_items).unwrap_or_default()
    }

    /// The items of the list that is the last argument of the call at `call`.
    pub fn last_argument(self, call: Span) -> Vec<Expr> {
        let file = self.sources.file(call);
        let call = file.and_then(|file| find::expr_at(&file, call));
        match call.map(|call| call.kind) {
            Some(ExprKind::Apply { argument, .. }) => list_items(*argument),
            _ => Vec::new(),
        }
    }

    /// The first argument of the call bound to the name at `key`: the file of a run or stage.
    pub fn first_argument(self, key: Span) -> Option<Span> {
        let mut first = None;
        let mut expr = self.bound(key)?;
        while let ExprKind::Apply { function, argument } = expr.kind {
            first = Some(argument.span);
            expr = *function;
        }
        first
    }

    fn bound(self, key: Span) -> Option<Expr> {
        find::bound_at(&*self.sources.file(key)?, key)
    }
}

/// The items of a list expression.
pub(super) fn list_items(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::List(items) => items,
        _ => Vec::new(),
    }
}
