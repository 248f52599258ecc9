//! What of one text is looked up: which definition a name means, what it is bound to, which calls and
//! sets there are.

use std::collections::{HashMap, HashSet};

use super::spot::{call, last_name, static_name};
use super::text::Text;
use crate::source::{Name, Span};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, Param, find};

/// What a name is bound to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bound<'a> {
    /// A value; with `rest` the set that has it at this path.
    To { value: &'a Expr, rest: &'a [AttrName] },
    /// `inherit (set) name;`
    From(&'a Expr, Name),
    /// `inherit name;`: whatever it means around, being used at this place.
    Around(Span),
    /// Whatever a function is called with.
    Argument,
}

/// A selection from a name: `name.a.b`, `name ? a`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Taken<'a> {
    /// By a path.
    Path(&'a [AttrName]),
    /// By `inherit (name) …`.
    Names(&'a [(Name, Span)]),
    /// By `with name;`.
    With,
}

/// The calls that make a lab.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Maker {
    /// `callStage FILE DEPENDENCIES`
    Stage,
    /// `callRun FILE DEPENDENCIES`
    Run,
    /// `mkPipe STAGES`
    Pipe,
    /// `mkLab ATTRIBUTES`
    Lab,
}

/// A text's index.
#[derive(Debug)]
pub(super) struct Index<'a> {
    used: HashMap<u32, usize>,
    defined: HashMap<Span, usize>,
    bound: HashMap<Span, Bound<'a>>,
    taken: HashMap<u32, Taken<'a>>,
    inherits: HashMap<Span, &'a Binding>,
    repeated: HashSet<Span>,
    scopes: HashMap<Span, &'a Expr>,
    peculiar: bool,
    /// The calls that make a lab, whole.
    pub(super) calls: Vec<(Maker, &'a Expr)>,
    /// Sets written out that seem to be stages.
    pub(super) stages: Vec<&'a Expr>,
    /// Sets written out that seem to be runs.
    pub(super) runs: Vec<&'a Expr>,
}

impl<'a> Index<'a> {
    /// Of a text.
    pub(super) fn of(text: &'a Text) -> Index<'a> {
        let mut index = Index {
            used: HashMap::new(),
            defined: HashMap::new(),
            bound: HashMap::new(),
            taken: HashMap::new(),
            inherits: HashMap::new(),
            repeated: HashSet::new(),
            scopes: HashMap::new(),
            peculiar: false,
            calls: Vec::new(),
            stages: Vec::new(),
            runs: Vec::new(),
        };
        for (at, definition) in text.checked().names.definitions.iter().enumerate() {
            index.used.extend(definition.uses.iter().map(|span| (span.start, at)));
            index.defined.insert(definition.span, at);
            index.defined.extend(definition.others.iter().map(|span| (*span, at)));
            index.peculiar |= is_special(definition.name);
        }
        find::walk(text.root(), &mut |expr| index.expr(expr));
        index
    }

    /// The definition that the name means which is used at a place.
    pub(super) fn used(&self, span: Span) -> Option<usize> {
        self.used.get(&span.start).copied()
    }

    /// The definition that is made at a place.
    pub(super) fn defined(&self, span: Span) -> Option<usize> {
        self.defined.get(&span).copied()
    }

    /// What the name at a place is bound to.
    pub(super) fn bound(&self, span: Span) -> Option<Bound<'a>> {
        self.bound.get(&span).copied()
    }

    /// The `inherit` that has its name at a place.
    pub(super) fn inherit(&self, span: Span) -> Option<&'a Binding> {
        self.inherits.get(&span).copied()
    }

    /// Does another binding of the same set make something of the name at a place, too? `a.b = 1; a.c = 2;`
    pub(super) fn is_repeated(&self, span: Span) -> bool {
        self.repeated.contains(&span)
    }

    /// Does the text bind names by which the language itself goes, so that operators or attributes may not mean
    /// what they say?
    pub(super) fn is_peculiar(&self) -> bool {
        self.peculiar
    }

    /// The set of the `with` that has it at a place.
    pub(super) fn scope(&self, span: Span) -> Option<&'a Expr> {
        self.scopes.get(&span).copied()
    }

    /// What is taken from the name that is used at a place.
    pub(super) fn taken(&self, span: Span) -> Option<Taken<'a>> {
        self.taken.get(&span.start).copied()
    }

    fn expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Set { bindings, .. } => {
                self.bindings(bindings);
                self.part_of_a_lab(expr, bindings);
            }
            ExprKind::LegacyLet(bindings) | ExprKind::Let { bindings, .. } => {
                self.bindings(bindings);
            }
            ExprKind::Lambda { param, .. } => match &**param {
                Param::Name { span, .. } => drop(self.bound.insert(*span, Bound::Argument)),
                Param::Formals { formals, at, .. } => {
                    let formals = formals.iter().map(|formal| formal.span);
                    let all = formals.chain(at.map(|(_, span)| span));
                    self.bound.extend(all.map(|span| (span, Bound::Argument)));
                }
            },
            ExprKind::Select { from, path, .. } | ExprKind::HasAttr { from, path } => {
                self.taken_from(from, Taken::Path(path));
            }
            ExprKind::With { scope, .. } => {
                self.scopes.insert(scope.span, scope);
                self.taken_from(scope, Taken::With);
            }
            ExprKind::Apply { .. } => self.calls.extend(maker(expr).map(|maker| (maker, expr))),
            _ => {}
        }
    }

    fn taken_from(&mut self, from: &'a Expr, taken: Taken<'a>) {
        if let ExprKind::Var(_) = from.kind {
            self.taken.insert(from.span.start, taken);
        }
    }

    fn bindings(&mut self, bindings: &'a [Binding]) {
        let mut met: HashMap<Name, &'a [AttrName]> = HashMap::new();
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, .. } => {
                    let first = path.first().and_then(static_name);
                    self.peculiar |= first.is_some_and(|(name, _)| is_special(name));
                    if let Some(before) = first.and_then(|(name, _)| met.insert(name, path)) {
                        let names = before.iter().chain(path).filter_map(static_name);
                        self.repeated.extend(names.map(|(_, span)| span));
                    }
                    for (at, name) in path.iter().enumerate() {
                        let rest = path.get(at + 1..).unwrap_or_default();
                        if let Some((_, span)) = static_name(name) {
                            self.bound.insert(span, Bound::To { value, rest });
                        }
                    }
                }
                Binding::Inherit { from, names, .. } => {
                    for (name, span) in names {
                        let bound = match from {
                            Some(set) => Bound::From(set, *name),
                            None => Bound::Around(*span),
                        };
                        self.bound.insert(*span, bound);
                        self.inherits.insert(*span, binding);
                    }
                    if let Some(from) = from {
                        self.taken_from(from, Taken::Names(names));
                    }
                }
            }
        }
    }

    fn part_of_a_lab(&mut self, set: &'a Expr, bindings: &'a [Binding]) {
        let has = |wanted: &[u8]| {
            bindings.iter().any(|binding| match binding {
                Binding::Assign { path, .. } => {
                    path.first().and_then(static_name).is_some_and(|(n, _)| n.bytes() == wanted)
                }
                Binding::Inherit { names, .. } => names.iter().any(|(n, _)| n.bytes() == wanted),
            })
        };
        if has(b"pname")
            && [&b"run"[..], b"scatter", b"outputs", b"runDependencies"].iter().any(|n| has(n))
        {
            self.stages.push(set);
        } else if has(b"pipelines") {
            self.runs.push(set);
        }
    }
}

/// Is a name one that operators stand for, or that says what else a recursive set has?
fn is_special(name: Name) -> bool {
    let special: [&[u8]; 5] = [b"__sub", b"__mul", b"__div", b"__lessThan", b"__overrides"];
    special.contains(&name.bytes())
}

/// Which of the calls that make a lab this is.
pub(super) fn maker(expr: &Expr) -> Option<Maker> {
    let (function, arguments) = call(expr);
    match (last_name(function)?.bytes(), arguments.len()) {
        (b"callStage", 2) => Some(Maker::Stage),
        (b"callRun", 2) => Some(Maker::Run),
        (b"mkPipe", 1) => Some(Maker::Pipe),
        (b"mkLab", 1) => Some(Maker::Lab),
        _ => None,
    }
}
