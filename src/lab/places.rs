//! Where a value was written.
//!
//! The program knows the places of names, not of all values. When a message wants one, the file's tree
//! is looked at.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::source::{SourceFile, SourceMap, Span};
use crate::syntax::{Expr, ExprKind, Param, Parsed, Trees, find};

/// Finds the source of values by the names they are bound to.
pub struct Places<'a> {
    sources: &'a SourceMap,
    read: &'a Trees,
    /// By where each file begins.
    trees: HashMap<u32, Rc<Tree>>,
}

/// A file as it is written.
struct Tree {
    parsed: Arc<Parsed>,
    /// By call, the items of the list that is its last argument: labs have thousands of calls.
    calls: HashMap<Span, Vec<Expr>>,
}

impl Tree {
    fn new(parsed: Arc<Parsed>) -> Tree {
        let mut calls = HashMap::new();
        find::walk(&parsed.root, &mut |expr| {
            if let ExprKind::Apply { argument, .. } = &expr.kind
                && let ExprKind::List(items) = &argument.kind
            {
                calls.insert(expr.span, items.clone());
            }
        });
        Tree { parsed, calls }
    }
}

impl<'a> Places<'a> {
    /// Over these files.
    pub fn new(sources: &'a SourceMap, read: &'a Trees) -> Places<'a> {
        Places { sources, read, trees: HashMap::new() }
    }

    /// The value bound to the name at `key`; the name itself when that can't be told.
    pub fn value(&mut self, key: Span) -> Span {
        self.bound(key).map_or(key, |expr| expr.span)
    }

    /// An item of the list bound to the name at `key`.
    pub fn item(&mut self, key: Span, index: usize) -> Span {
        let items = self.bound(key).map(list_items).unwrap_or_default();
        items.get(index).map_or_else(|| self.value(key), |item| item.span)
    }

    /// The items of the item of a list bound to the name at `key`.
    pub fn items_of_item(&mut self, key: Span, index: usize) -> Vec<Expr> {
        let items = self.bound(key).map(list_items).unwrap_or_default();
        items.into_iter().nth(index).map(list_items).unwrap_or_default()
    }

    /// The first argument of the call bound to the name at `key`: the file of a run or stage.
    pub fn first_argument(&mut self, key: Span) -> Option<Span> {
        let mut first = None;
        let mut expr = self.bound(key)?;
        while let ExprKind::Apply { function, argument } = expr.kind {
            first = Some(argument.span);
            expr = *function;
        }
        first
    }

    /// The items of the list that is the last argument of the call at `call`.
    pub fn last_argument(&mut self, call: Span) -> Vec<Expr> {
        let tree = self.sources.file(call).map(|file| self.tree(&file));
        tree.and_then(|tree| tree.calls.get(&call).cloned()).unwrap_or_default()
    }

    /// The opening brace of the set that a file's function gives.
    pub fn set_of_file(&mut self, path: &Path) -> Option<Span> {
        let tree = self.file(path)?;
        let mut expr = &tree.parsed.root;
        loop {
            match &expr.kind {
                ExprKind::Lambda { body, .. }
                | ExprKind::Let { body, .. }
                | ExprKind::With { body, .. } => expr = body,
                ExprKind::Set { .. } => {
                    return Some(Span::new(expr.span.start, expr.span.start + 1));
                }
                _ => return None,
            }
        }
    }

    /// The names that the function of a place's file asks for.
    pub fn arguments(&mut self, inside: Span) -> Option<Vec<String>> {
        let file = self.sources.file(inside)?;
        let tree = self.tree(&file);
        let ExprKind::Lambda { param, .. } = &tree.parsed.root.kind else {
            return None;
        };
        match &**param {
            Param::Formals { formals, .. } => {
                Some(formals.iter().map(|formal| formal.name.to_string()).collect())
            }
            Param::Name { .. } => None,
        }
    }

    /// The whole expression of a file, when it was read.
    pub fn of_file(&mut self, path: &Path) -> Option<Span> {
        Some(self.file(path)?.parsed.root.span)
    }

    fn file(&mut self, path: &Path) -> Option<Rc<Tree>> {
        let file = self.sources.by_path(path)?;
        Some(self.tree(&file))
    }

    fn bound(&mut self, key: Span) -> Option<Expr> {
        let file = self.sources.file(key)?;
        find::bound_at(&self.tree(&file).parsed.root, key)
    }

    fn tree(&mut self, file: &SourceFile) -> Rc<Tree> {
        let tree = self.trees.entry(file.start());
        Rc::clone(tree.or_insert_with(|| Rc::new(Tree::new(self.read.of(file)))))
    }
}

/// The items of a list expression.
pub(super) fn list_items(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::List(items) => items,
        _ => Vec::new(),
    }
}
