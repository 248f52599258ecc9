//! Following names through texts, without evaluating.
//!
//! Built anew for each question from the texts as they stand: a lab has few files, and a text's index
//! is made only when a name leads there.

use std::cell::{Cell, OnceCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Known;
use super::index::{Bound, Index};
use super::spot::{call, last_name, static_name};
use super::text::{Place, Text};
use crate::check::literal_path;
use crate::source::{Name, Span};
use crate::syntax::{AttrName, BinaryOp, Binding, Expr, ExprKind};

/// How far names are followed.
const MOST_STEPS: u32 = 4_000;
const DEEPEST: u32 = 64;

/// The texts that a question is about.
pub(super) struct Look<'a> {
    texts: Vec<(&'a Text, OnceCell<Index<'a>>)>,
    by_path: HashMap<&'a Path, usize>,
    /// Steps that are left: names may lead in circles, or in very many ways to the same end.
    left: Cell<u32>,
    deep: Cell<u32>,
}

/// An expression in one of the texts; with `rest` the set that has it at this path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) text: usize,
    pub(super) expr: &'a Expr,
    pub(super) rest: &'a [AttrName],
}

/// The place of a name in one of the texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Key {
    pub(super) text: usize,
    pub(super) span: Span,
}

/// An attribute of a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: Name,
    pub(super) key: Key,
    pub(super) source: Bound<'a>,
}

/// The attributes of a set, as far as its text tells.
#[derive(Clone, Debug)]
pub(super) struct Entries<'a> {
    /// In the order of the text; where a name is there twice, the last one counts.
    pub(super) list: Vec<Entry<'a>>,
    /// Are there no others?
    pub(super) complete: bool,
}

impl<'a> Entries<'a> {
    fn unknown() -> Entries<'a> {
        Entries { list: Vec::new(), complete: false }
    }

    /// The attribute of this name.
    pub(super) fn get(&self, name: Name) -> Option<&Entry<'a>> {
        self.list.iter().rev().find(|entry| entry.name == name)
    }
}

/// All texts that are known, the one that is asked about among them.
pub(super) fn texts_of(known: &Known<'_>, path: &Path) -> Vec<Arc<Text>> {
    let mut texts = known.texts.all();
    if !texts.iter().any(|text| text.path() == path) {
        texts.extend(known.texts.text(path));
    }
    texts
}

impl<'a> Look<'a> {
    /// At these texts.
    pub(super) fn new(texts: impl IntoIterator<Item = &'a Text>) -> Look<'a> {
        let texts: Vec<_> = texts.into_iter().map(|text| (text, OnceCell::new())).collect();
        let numbered = texts.iter().enumerate();
        let by_path = numbered.map(|(at, (text, _))| (text.path(), at)).collect();
        Look { texts, by_path, left: Cell::new(MOST_STEPS), deep: Cell::new(0) }
    }

    /// The number of a file's text.
    pub(super) fn find(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// The numbers of all texts.
    pub(super) fn all(&self) -> std::ops::Range<usize> {
        0..self.texts.len()
    }

    /// A text by its number.
    pub(super) fn text(&self, text: usize) -> Option<&'a Text> {
        self.texts.get(text).map(|(text, _)| *text)
    }

    /// What of a text is looked up.
    pub(super) fn index(&self, text: usize) -> Option<&Index<'a>> {
        let (text, index) = self.texts.get(text)?;
        Some(index.get_or_init(|| Index::of(text)))
    }

    /// The whole of a text.
    pub(super) fn root(&self, text: usize) -> Option<Node<'a>> {
        Some(Node { text, expr: self.text(text)?.root(), rest: &[] })
    }

    /// A place as others know it.
    pub(super) fn place(&self, key: Key) -> Option<Place> {
        Some(self.text(key.text)?.place(key.span))
    }

    /// Lets the next question go as far as the first.
    pub(super) fn rest(&self) {
        self.left.set(MOST_STEPS);
    }

    /// One step more, one level deeper.
    fn deeper<R>(&self, go: impl FnOnce() -> Option<R>) -> Option<R> {
        let left = self.left.get().checked_sub(1)?;
        self.left.set(left);
        let deep = self.deep.get();
        if deep >= DEEPEST {
            return None;
        }
        self.deep.set(deep + 1);
        let result = go();
        self.deep.set(deep);
        result
    }

    /// What a name is bound to, an import gives, a selection selects.
    pub(super) fn step(&self, node: Node<'a>) -> Option<Node<'a>> {
        if !node.rest.is_empty() {
            return None;
        }
        self.deeper(|| match &node.expr.kind {
            ExprKind::Var(_) => self.source(node.text, self.meant(node)?),
            ExprKind::Select { from, path, .. } => {
                let mut found = Node { expr: from, ..node };
                for step in path {
                    found = self.attribute(found, static_name(step)?.0)?;
                }
                Some(found)
            }
            ExprKind::Apply { function, argument } => {
                if last_name(function).is_some_and(|name| name.bytes() == b"import") {
                    return self.root(self.find(&self.path(Node { expr: argument, ..node })?)?);
                }
                let function = self.value(Node { expr: function, ..node });
                match &function.expr.kind {
                    ExprKind::Lambda { body, .. } if function.rest.is_empty() => {
                        Some(Node { expr: body, ..function })
                    }
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// What the definition is bound to that a name means.
    fn meant(&self, node: Node<'a>) -> Option<Bound<'a>> {
        let index = self.index(node.text)?;
        let definition = index.used(node.expr.span)?;
        let span = self.text(node.text)?.checked().names.definitions.get(definition)?.span;
        index.bound(span)
    }

    /// Follows names as far as they lead.
    pub(super) fn value(&self, mut node: Node<'a>) -> Node<'a> {
        while let Some(next) = self.step(node) {
            node = next;
        }
        node
    }

    /// What a binding of a text binds its name to.
    pub(super) fn source(&self, text: usize, bound: Bound<'a>) -> Option<Node<'a>> {
        match bound {
            Bound::To { value, rest } => Some(Node { text, expr: value, rest }),
            Bound::From(set, name) => {
                self.deeper(|| self.attribute(Node { text, expr: set, rest: &[] }, name))
            }
            Bound::Around(span) => {
                let index = self.index(text)?;
                let definition = index.used(span)?;
                let outer = self.text(text)?.checked().names.definitions.get(definition)?.span;
                // What is inherited is bound around, and under the same place to itself.
                let bound = index.bound(outer).filter(|_| outer != span)?;
                self.deeper(|| self.source(text, bound))
            }
            Bound::Argument => None,
        }
    }

    /// An attribute of a set.
    pub(super) fn attribute(&self, set: Node<'a>, name: Name) -> Option<Node<'a>> {
        let entry = *self.entries(set).get(name)?;
        self.source(entry.key.text, entry.source)
    }

    /// Where an attribute of a set is bound.
    pub(super) fn attribute_key(&self, set: Node<'a>, name: Name) -> Option<Key> {
        Some(self.entries(set).get(name)?.key)
    }

    /// The attributes of the set that an expression, a file or a function gives.
    pub(super) fn entries(&self, node: Node<'a>) -> Entries<'a> {
        self.deeper(|| Some(self.entries_here(node))).unwrap_or_else(Entries::unknown)
    }

    fn entries_here(&self, node: Node<'a>) -> Entries<'a> {
        let text = node.text;
        let inner = |expr: &'a Expr| self.entries(Node { expr, ..node });
        let both = |a: &'a Expr, b: &'a Expr| {
            let (mut left, right) = (inner(a), inner(b));
            left.list.extend(right.list);
            left.complete &= right.complete;
            left
        };
        if let Some((first, rest)) = node.rest.split_first() {
            let Some((name, span)) = static_name(first) else { return Entries::unknown() };
            let source = Bound::To { value: node.expr, rest };
            let entry = Entry { name, key: Key { text, span }, source };
            return Entries { list: vec![entry], complete: true };
        }
        match &node.expr.kind {
            ExprKind::Set { bindings, .. } => written(text, bindings),
            ExprKind::Lambda { body, .. }
            | ExprKind::Let { body, .. }
            | ExprKind::With { body, .. }
            | ExprKind::Assert { body, .. } => inner(body),
            ExprKind::If { yes, no, .. } => both(yes, no),
            ExprKind::Binary { op: BinaryOp::Update, left, right, .. } => both(left, right),
            ExprKind::Hole => Entries { list: Vec::new(), complete: true },
            ExprKind::Apply { argument, .. } if is_wrapper(node.expr) => inner(argument),
            _ => match self.step(node) {
                Some(next) => self.entries(next),
                None => Entries::unknown(),
            },
        }
    }

    /// The sets of the `with`s around a place, the innermost first.
    pub(super) fn opened(&self, text: usize, place: Span) -> Vec<Node<'a>> {
        let (Some(known), Some(index)) = (self.text(text), self.index(text)) else {
            return Vec::new();
        };
        let inside = |body: Span| body.start <= place.start && place.end <= body.end;
        let around = known.checked().names.withs.iter().rev().filter(|with| inside(with.body));
        let set = |expr| Node { text, expr, rest: &[] };
        around.filter_map(|with| index.scope(with.scope).map(set)).collect()
    }

    /// What a file or function gives, once it is called: the innermost expression that is no function,
    /// `let` or call of `mkPipe` and its like.
    pub(super) fn given(&self, node: Node<'a>) -> Node<'a> {
        let mut node = node;
        for _ in 0..DEEPEST {
            let next = match &node.expr.kind {
                _ if !node.rest.is_empty() => None,
                ExprKind::Lambda { body, .. }
                | ExprKind::Let { body, .. }
                | ExprKind::With { body, .. }
                | ExprKind::Assert { body, .. } => Some(Node { expr: body, ..node }),
                ExprKind::Apply { argument, .. } if is_wrapper(node.expr) => {
                    Some(Node { expr: argument, ..node })
                }
                ExprKind::Path(_) => self.path(node).and_then(|p| self.root(self.find(&p)?)),
                _ => self.step(node),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// The absolute path that an expression names without computing anything; a directory's
    /// `default.nix` where that is among the texts.
    pub(super) fn path(&self, node: Node<'a>) -> Option<PathBuf> {
        let node = self.value(node);
        let text = self.text(node.text)?;
        let path = literal_path(node.expr, text.path())?;
        let inside = path.join("default.nix");
        let inner = self.find(&path).is_none() && self.find(&inside).is_some();
        Some(if inner { inside } else { path })
    }
}

/// The attributes that are written in a set.
fn written(text: usize, bindings: &[Binding]) -> Entries<'_> {
    let mut entries = Entries { list: Vec::new(), complete: true };
    for binding in bindings {
        match binding {
            Binding::Assign { path, value, .. } => {
                let first = path.split_first();
                match first.and_then(|(first, rest)| Some((static_name(first)?, rest))) {
                    Some(((name, span), rest)) => {
                        let source = Bound::To { value, rest };
                        entries.list.push(Entry { name, key: Key { text, span }, source });
                    }
                    // A name that isn't written yet is none.
                    None => {
                        let hole = matches!(path.first(), Some(AttrName::Dynamic(name)) if name.kind == ExprKind::Hole);
                        entries.complete &= hole;
                    }
                }
            }
            Binding::Inherit { from, names, .. } => {
                for (name, span) in names {
                    let source = match from {
                        Some(set) => Bound::From(set, *name),
                        None => Bound::Around(*span),
                    };
                    entries.list.push(Entry {
                        name: *name,
                        key: Key { text, span: *span },
                        source,
                    });
                }
            }
        }
    }
    entries
}

/// Functions that give the set that they are given, or nothing, or more.
const WRAPPERS: [&[u8]; 4] = [b"mkPipe", b"mkRun", b"mkLab", b"optionalAttrs"];

fn is_wrapper(expr: &Expr) -> bool {
    let (function, arguments) = call(expr);
    let Some(name) = last_name(function) else { return false };
    let wanted = if name.bytes() == b"optionalAttrs" { 2 } else { 1 };
    arguments.len() == wanted && WRAPPERS.contains(&name.bytes())
}
