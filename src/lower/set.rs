//! Sets and `let`: attribute paths are merged, names sorted, `inherit` resolved.
//!
//! Nix merges `a.b = 1; a.c = 2;` and `a = { b = 1; }; a.c = 2;` while it parses; a set written
//! twice keeps the `rec` of its first appearance. What can't be merged is bound twice, an error.

use super::expr::Lowerer;
use super::{Bindings, Dynamic, Expr, Hint, Key, Let, RecSet, Select, Set, Step};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, NameMap, Span};
use crate::syntax::literal::attr_name;
use crate::syntax::{self, AttrName, Binding, ExprKind};

/// The bindings of one set or `let` after merging.
struct Group<'t> {
    recursive: bool,
    span: Span,
    entries: Entries<'t>,
    dynamic: Vec<Computed<'t>>,
    /// Expressions of `inherit (…)`.
    sources: Vec<&'t syntax::Expr>,
}

/// What names are bound to: as written while a group is gathered, then sorted by name id, as sets
/// are.
#[derive(Default)]
struct Entries<'t> {
    list: Vec<(Name, Entry<'t>)>,
    /// Where each name is in the list, once there are more than [`FEW`].
    index: NameMap<usize>,
}

/// So many names are faster looked through than looked up.
const FEW: usize = 8;

impl<'t> Entries<'t> {
    fn get_mut(&mut self, name: Name) -> Option<&mut Entry<'t>> {
        let at = if self.index.is_empty() {
            self.list.iter().position(|(other, _)| *other == name)
        } else {
            self.index.get(&name).copied()
        };
        self.list.get_mut(at?).map(|(_, entry)| entry)
    }

    /// Binds a name that is not bound yet.
    fn add(&mut self, name: Name, entry: Entry<'t>) {
        let at = self.list.len();
        self.list.push((name, entry));
        if at == FEW {
            self.index = self.names().zip(0..).collect();
        } else if at > FEW {
            self.index.insert(name, at);
        }
    }

    fn names(&self) -> impl Iterator<Item = Name> {
        self.list.iter().map(|(name, _)| *name)
    }

    /// Sorts the names here and in all groups within. Nothing is looked up any more.
    fn sort(&mut self) {
        self.list.sort_unstable_by_key(|(name, _)| *name);
        self.list.iter_mut().for_each(|(_, entry)| entry.content.sort());
    }
}

struct Entry<'t> {
    span: Span,
    content: Content<'t>,
}

/// An attribute whose name is computed.
struct Computed<'t> {
    name: &'t syntax::Expr,
    span: Span,
    content: Content<'t>,
}

enum Content<'t> {
    Value(&'t syntax::Expr),
    /// A set literal, or what an attribute path makes: can be merged with.
    Group(Box<Group<'t>>),
    /// `inherit x;`
    Inherited,
    /// `inherit (…) x;`, by the index of the source.
    InheritedFrom(usize),
}

impl<'t> Group<'t> {
    fn new(recursive: bool, span: Span) -> Group<'t> {
        Group {
            recursive,
            span,
            entries: Entries::default(),
            dynamic: Vec::new(),
            sources: Vec::new(),
        }
    }

    fn gather(
        recursive: bool,
        span: Span,
        bindings: &'t [Binding],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Group<'t> {
        let mut group = Group::new(recursive, span);
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, span } => {
                    group.assign(&mut Route::new(span.start), path, value, diagnostics);
                }
                Binding::Inherit { from, names, .. } => {
                    let source = from.as_ref().map(|from| {
                        group.sources.push(from);
                        group.sources.len() - 1
                    });
                    for (name, span) in names {
                        let content = source.map_or(Content::Inherited, Content::InheritedFrom);
                        let mut route = Route::new(span.start);
                        group.insert(&mut route, *name, *span, content, diagnostics);
                    }
                }
            }
        }
        group
    }

    fn assign(
        &mut self,
        route: &mut Route,
        path: &'t [AttrName],
        value: &'t syntax::Expr,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        match first {
            AttrName::Static { name, span } if rest.is_empty() => {
                let content = Content::of(value, diagnostics);
                self.insert(route, *name, route.to(*span), content, diagnostics);
            }
            AttrName::Static { name, span } => {
                let span = route.to(*span);
                let Some(entry) = self.entries.get_mut(*name) else {
                    let mut group = Group::new(false, value.span);
                    route.names.push(*name);
                    group.assign(route, rest, value, diagnostics);
                    let content = Content::Group(Box::new(group));
                    return self.entries.add(*name, Entry { span, content });
                };
                match &mut entry.content {
                    Content::Group(group) => {
                        route.names.push(*name);
                        group.assign(route, rest, value, diagnostics);
                    }
                    Content::Value(_) | Content::Inherited | Content::InheritedFrom(_) => {
                        diagnostics.push(route.twice(*name, span, entry.span));
                    }
                }
            }
            AttrName::Dynamic(name) => {
                let content = if rest.is_empty() {
                    Content::of(value, diagnostics)
                } else {
                    let mut group = Group::new(false, value.span);
                    group.assign(route, rest, value, diagnostics);
                    Content::Group(Box::new(group))
                };
                let span = route.to(name.span);
                self.dynamic.push(Computed { name, span, content });
            }
        }
    }

    fn insert(
        &mut self,
        route: &mut Route,
        name: Name,
        span: Span,
        content: Content<'t>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        match self.entries.get_mut(name) {
            None => self.entries.add(name, Entry { span, content }),
            Some(entry) => match (&mut entry.content, content) {
                (Content::Group(first), Content::Group(second)) => {
                    route.names.push(name);
                    first.join(route, *second, diagnostics);
                    route.names.pop();
                }
                _ => diagnostics.push(route.twice(name, span, entry.span)),
            },
        }
    }

    /// Takes over all bindings of a set written for the same name.
    fn join(&mut self, route: &mut Route, other: Group<'t>, diagnostics: &mut Vec<Diagnostic>) {
        let shift = self.sources.len();
        self.sources.extend(other.sources);
        self.dynamic.extend(other.dynamic);
        for (name, entry) in other.entries.list {
            let content = match entry.content {
                Content::InheritedFrom(source) => Content::InheritedFrom(source + shift),
                content @ (Content::Value(_) | Content::Group(_) | Content::Inherited) => content,
            };
            self.insert(route, name, entry.span, content, diagnostics);
        }
    }

    /// Brings all names into the order of sets, when all that is written has been gathered.
    fn sort(&mut self) {
        self.entries.sort();
        self.dynamic.iter_mut().for_each(|computed| computed.content.sort());
    }

    fn keys(&self) -> Box<[Key]> {
        let entries = self.entries.list.iter();
        entries.map(|(name, entry)| Key { name: *name, span: entry.span }).collect()
    }
}

impl<'t> Content<'t> {
    fn of(value: &'t syntax::Expr, diagnostics: &mut Vec<Diagnostic>) -> Content<'t> {
        match &value.kind {
            ExprKind::Set { recursive, bindings } => {
                let group = Group::gather(*recursive, value.span, bindings, diagnostics);
                Content::Group(Box::new(group))
            }
            _ => Content::Value(value),
        }
    }

    fn sort(&mut self) {
        match self {
            Content::Group(group) => group.sort(),
            Content::Value(_) | Content::Inherited | Content::InheritedFrom(_) => {}
        }
    }
}

/// The way from the bindings being read to an attribute within them.
struct Route {
    /// Where the attribute path begins: Nix takes that for the place of all its attributes.
    start: u32,
    names: Vec<Name>,
}

impl Route {
    fn new(start: u32) -> Route {
        Route { start, names: Vec::new() }
    }

    /// The place of an attribute whose own name stands at `span`.
    fn to(&self, span: Span) -> Span {
        Span::new(self.start.min(span.start), span.end)
    }

    fn twice(&self, name: Name, second: Span, first: Span) -> Diagnostic {
        let mut path = String::new();
        for name in &self.names {
            attr_name(&mut path, *name);
            path.push('.');
        }
        attr_name(&mut path, name);
        let message = format!("attribute '{path}' already defined");
        Diagnostic::error("repx::eval::duplicate-attribute", message)
            .at(second, "defined again")
            .also(first, "first defined here")
    }
}

impl Lowerer<'_> {
    pub(super) fn set(&mut self, recursive: bool, bindings: &[Binding], span: Span) -> Expr {
        let mut group = Group::gather(recursive, span, bindings, &mut self.diagnostics);
        group.sort();
        self.group(&group)
    }

    /// `let { …; body = e; }`: a recursive set of which `body` is taken.
    pub(super) fn legacy_let(&mut self, bindings: &[Binding], span: Span) -> Expr {
        let from = self.set(true, bindings, span);
        let path = Box::new([Step::Static(Key { name: Name::new("body"), span }, Hint::default())]);
        Expr::Select(Box::new(Select { from, from_span: span, path, default: None }))
    }

    pub(super) fn let_in(&mut self, bindings: &[Binding], body: &syntax::Expr) -> Expr {
        let mut group = Group::gather(true, body.span, bindings, &mut self.diagnostics);
        group.sort();
        if let Some(Computed { name, .. }) = group.dynamic.first() {
            self.diagnostics.push(
                Diagnostic::error(
                    "repx::syntax::dynamic-attribute",
                    "dynamic attributes not allowed in let",
                )
                .at(name.span, "a name computed here")
                .help("put it in a set and select from that"),
            );
        }
        self.enter(&group);
        let bindings = self.bindings(&group);
        let body = self.expr(body);
        self.leave(&group);
        Expr::Let(Box::new(Let { bindings, body }))
    }

    fn group(&mut self, group: &Group<'_>) -> Expr {
        if group.recursive {
            return self.rec_set(group);
        }
        // A source that is more than a name must be evaluated once for all it provides: it gets
        // a slot in an environment around the set.
        let shared = group.sources.iter().any(|source| !is_name(source));
        if !shared {
            return self.plain_set(group, None);
        }
        let hidden = group.sources.iter().map(|source| {
            // The environment is entered first; its sources see past it.
            self.scopes.enter([]);
            let source = self.expr(source);
            self.scopes.leave([]);
            source
        });
        let hidden: Box<[Expr]> = hidden.collect();
        self.scopes.enter([]);
        let body = self.plain_set(group, Some(0));
        self.scopes.leave([]);
        let bindings = Bindings { keys: Box::default(), values: Box::default(), hidden };
        Expr::Let(Box::new(Let { bindings, body }))
    }

    /// A set that makes no environment; its sources lie in slots from `sources` on, or are names.
    fn plain_set(&mut self, group: &Group<'_>, sources: Option<u32>) -> Expr {
        let values = group
            .entries
            .list
            .iter()
            .map(|(name, entry)| match &entry.content {
                Content::Inherited => self.variable(*name, entry.span),
                Content::InheritedFrom(index) => {
                    let source = group.sources.get(*index);
                    let span = source.map_or(entry.span, |source| source.span);
                    let from = match (sources, source) {
                        (Some(first), _) => Expr::Local(first + *index as u32),
                        (None, Some(source)) => self.expr(source),
                        (None, None) => Expr::Hole(Box::new(entry.span)),
                    };
                    select(from, span, *name, entry.span)
                }
                Content::Value(value) => self.bound(*name, value),
                Content::Group(inner) => self.group(inner),
            })
            .collect();
        let dynamic = self.dynamic(group);
        let keys = group.keys();
        Expr::Set(Box::new(Set { keys, values, dynamic, span: group.span }))
    }

    fn rec_set(&mut self, group: &Group<'_>) -> Expr {
        self.enter(group);
        let bindings = self.bindings(group);
        let dynamic = self.dynamic(group);
        self.leave(group);
        let overrides = Name::new("__overrides");
        let overrides =
            bindings.keys.iter().position(|key| key.name == overrides).map(|slot| slot as u32);
        Expr::RecSet(Box::new(RecSet { bindings, dynamic, overrides, span: group.span }))
    }

    fn enter(&mut self, group: &Group<'_>) {
        self.scopes.enter(group.entries.names().zip(0..));
    }

    fn leave(&mut self, group: &Group<'_>) {
        self.scopes.leave(group.entries.names());
    }

    /// Bindings that see each other; their environment has been entered.
    fn bindings(&mut self, group: &Group<'_>) -> Bindings {
        let first_source = group.entries.list.len() as u32;
        let values = group
            .entries
            .list
            .iter()
            .map(|(name, entry)| match &entry.content {
                // `inherit x;` means the `x` outside.
                Content::Inherited => self.variable_outside(*name, entry.span, 1),
                Content::InheritedFrom(index) => {
                    let from = Expr::Local(first_source + *index as u32);
                    let span = group.sources.get(*index).map_or(entry.span, |s| s.span);
                    select(from, span, *name, entry.span)
                }
                Content::Value(value) => self.bound(*name, value),
                Content::Group(inner) => self.group(inner),
            })
            .collect();
        let hidden = group.sources.iter().map(|source| self.expr(source)).collect();
        Bindings { keys: group.keys(), values, hidden }
    }

    fn dynamic(&mut self, group: &Group<'_>) -> Box<[Dynamic]> {
        group
            .dynamic
            .iter()
            .map(|computed| Dynamic {
                span: computed.span,
                name: self.expr(computed.name),
                value: match &computed.content {
                    Content::Value(value) => self.expr(value),
                    Content::Group(inner) => self.group(inner),
                    Content::Inherited | Content::InheritedFrom(_) => {
                        Expr::Hole(Box::new(computed.span))
                    }
                },
            })
            .collect()
    }
}

fn is_name(tree: &syntax::Expr) -> bool {
    matches!(tree.kind, ExprKind::Var(_))
}

fn select(from: Expr, from_span: Span, name: Name, span: Span) -> Expr {
    let path = Box::new([Step::Static(Key { name, span }, Hint::default())]);
    Expr::Select(Box::new(Select { from, from_span, path, default: None }))
}
