//! Where a value was written.

use hashbrown::HashMap;

use crate::source::{SourceMap, Span};
use crate::syntax::{Expr, ExprKind, find, parse};

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

    /// The opening brace of the set that a file's function gives.
    pub fn set_of_file(self, path: &std::path::Path) -> Option<Span> {
        let mut expr = parse(&*self.sources.by_path(path)?).root;
        loop {
            match expr.kind {
                ExprKind::Lambda { body, .. }
                | ExprKind::Let { body, .. }
                | ExprKind::With { body, .. } => expr = *body,
                ExprKind::Set { .. } => {
                    return Some(Span::new(expr.span.start, expr.span.start + 1));
                }
                _ => return None,
            }
        }
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

/// Where the items of list arguments stand, for all calls of a file at once.
pub(super) struct Trees<'a> {
    sources: &'a SourceMap,
    /// By file: by call, the items of the list that is its last argument.
    calls: HashMap<u32, HashMap<Span, Vec<Expr>>>,
}

impl<'a> Trees<'a> {
    pub(super) fn new(sources: &'a SourceMap) -> Trees<'a> {
        Trees { sources, calls: HashMap::new() }
    }

    /// The items of the list that is the last argument of the call at `call`.
    pub(super) fn last_argument(&mut self, call: Span) -> Vec<Expr> {
        let Some(file) = self.sources.file(call) else { return Vec::new() };
        let calls = self.calls.entry(file.start()).or_insert_with(|| {
            let root = parse(&file).root;
            let mut calls = HashMap::new();
            find::walk(&root, &mut |expr| {
                if let ExprKind::Apply { argument, .. } = &expr.kind
                    && let ExprKind::List(items) = &argument.kind
                {
                    calls.insert(expr.span, items.clone());
                }
            });
            calls
        });
        calls.get(&call).cloned().unwrap_or_default()
    }
}
