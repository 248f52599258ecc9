//! What each name of a file means: definitions, and where they are used.
//!
//! Lowering knows it too, but forgets names for slots; who asks "is this used?" or "where else is
//! this?" asks here. A name that only `with` can give has no definition.

use crate::lower::Globals;
use crate::source::{Name, NameMap, Span};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, Formal, Param, Part};

/// What makes a name mean something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A binding of `let`.
    Let,
    /// An attribute of a recursive set, which is there for others too.
    Attribute,
    /// `x:`
    Argument,
    /// One of `{ a, b }:`; with `...` behind it?
    Formal {
        /// Are other arguments taken as well?
        open: bool,
    },
    /// `args` of `args@{ a }:`
    Whole,
}

/// A name that is bound, and where it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// The name.
    pub name: Name,
    /// Where it stands first.
    pub span: Span,
    /// Where else it is bound as part of the same thing: `a.b = 1; a.c = 2;`.
    pub others: Vec<Span>,
    /// What binds it.
    pub kind: Kind,
    /// What of the file sees it.
    pub scope: Span,
    /// Where it is used, in the order of the text.
    pub uses: Vec<Span>,
    /// Is it `inherit`ed from somewhere?
    pub inherited: bool,
    /// Which definition around it has the same name.
    pub hides: Option<usize>,
}

/// `with e; …`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct With {
    /// The whole expression.
    pub span: Span,
    /// Its set.
    pub scope: Span,
    /// What sees its names.
    pub body: Span,
    /// Names that it may give, unless a `with` within it does.
    pub uses: Vec<(Name, Span)>,
    /// Is there any name that it may give?
    pub used: bool,
}

/// A recursive set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recursive {
    /// The whole set.
    pub span: Span,
    /// Its definitions.
    pub definitions: std::ops::Range<usize>,
}

/// All names of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// In the order in which they were met.
    pub definitions: Vec<Definition>,
    /// All `with`, outer ones first.
    pub withs: Vec<With>,
    /// Sets written with `rec`.
    pub recursive: Vec<Recursive>,
    /// Uses of what every program sees.
    pub globals: Vec<(Name, Span)>,
    /// Names that nothing gives a meaning.
    pub unresolved: Vec<(Name, Span)>,
    /// Bindings of a name to itself, `x = x` where the second is the first: definition and place.
    pub circles: Vec<(usize, Span)>,
}

impl Names {
    /// Reads a file's names. The tree may have holes.
    pub fn of(root: &Expr, globals: &Globals) -> Names {
        let (names, bound) = (Names::default(), NameMap::default());
        let mut walk = Walk { names, globals, bound, withs: Vec::new() };
        walk.expr(root);
        walk.names
    }

    /// The definition that is meant or made at a place.
    pub fn at(&self, offset: u32) -> Option<usize> {
        let here = |span: &Span| span.start <= offset && offset <= span.end;
        self.definitions.iter().position(|definition| {
            let bound = std::iter::once(&definition.span).chain(&definition.others);
            bound.chain(&definition.uses).any(here)
        })
    }
}

struct Walk<'a> {
    names: Names,
    globals: &'a Globals,
    /// Definitions in sight by name, innermost last.
    bound: NameMap<Vec<usize>>,
    /// `with`s in sight, innermost last.
    withs: Vec<usize>,
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::SearchPath(_)
            | ExprKind::Uri(_)
            | ExprKind::Hole => {}
            ExprKind::Var(name) => self.used(*name, expr.span),
            ExprKind::Text(parts) | ExprKind::Path(parts) => {
                for part in parts {
                    if let Part::Interpolated(inner) = part {
                        self.expr(inner);
                    }
                }
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Set { recursive: false, bindings } => self.plain(bindings),
            ExprKind::Set { recursive: true, bindings } => {
                let made = self.recursive(bindings, Kind::Attribute, expr.span);
                self.names.recursive.push(Recursive { span: expr.span, definitions: made.clone() });
                self.leave(made);
            }
            ExprKind::LegacyLet(bindings) => {
                let made = self.recursive(bindings, Kind::Let, expr.span);
                self.used(Name::new("body"), expr.span);
                self.leave(made);
            }
            ExprKind::Let { bindings, body } => {
                let made = self.recursive(bindings, Kind::Let, expr.span);
                self.expr(body);
                self.leave(made);
            }
            ExprKind::With { scope, body } => {
                self.expr(scope);
                self.withs.push(self.names.withs.len());
                let (scope, inner) = (scope.span, body.span);
                let (span, uses) = (expr.span, Vec::new());
                self.names.withs.push(With { span, scope, body: inner, uses, used: false });
                self.expr(body);
                self.withs.pop();
            }
            ExprKind::Assert { condition, body } => {
                self.expr(condition);
                self.expr(body);
            }
            ExprKind::If { condition, yes, no } => {
                for part in [condition, yes, no] {
                    self.expr(part);
                }
            }
            ExprKind::Lambda { param, body } => self.lambda(param, body, expr.span),
            ExprKind::Apply { function, argument } => {
                self.expr(function);
                self.expr(argument);
            }
            ExprKind::Select { from, path, default } => {
                self.expr(from);
                self.path(path);
                if let Some(default) = default {
                    self.expr(default);
                }
            }
            ExprKind::HasAttr { from, path } => {
                self.expr(from);
                self.path(path);
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
        }
    }

    fn path(&mut self, path: &[AttrName]) {
        for name in path {
            if let AttrName::Dynamic(expr) = name {
                self.expr(expr);
            }
        }
    }

    fn plain(&mut self, bindings: &[Binding]) {
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, .. } => {
                    self.path(path);
                    self.expr(value);
                }
                Binding::Inherit { from: Some(from), .. } => self.expr(from),
                Binding::Inherit { from: None, names, .. } => {
                    self.all_used(names);
                }
            }
        }
    }

    fn all_used(&mut self, names: &[(Name, Span)]) {
        for (name, span) in names {
            self.used(*name, *span);
        }
    }

    /// Enters bindings that see each other; what they define is left in sight.
    fn recursive(
        &mut self,
        bindings: &[Binding],
        kind: Kind,
        scope: Span,
    ) -> std::ops::Range<usize> {
        // What is inherited without a source comes from around.
        for binding in bindings {
            if let Binding::Inherit { from: None, names, .. } = binding {
                self.all_used(names);
            }
        }
        let first = self.names.definitions.len();
        for binding in bindings {
            match binding {
                Binding::Assign { path, .. } => {
                    if let Some(AttrName::Static { name, span }) = path.first() {
                        self.define(first, (*name, *span), kind, scope, false);
                    }
                }
                Binding::Inherit { names, .. } => {
                    for name in names {
                        self.define(first, *name, kind, scope, true);
                    }
                }
            }
        }
        let made = first..self.names.definitions.len();
        self.enter(made.clone());
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, .. } => {
                    self.path(path);
                    self.circle(path, value);
                    self.expr(value);
                }
                Binding::Inherit { from: Some(from), .. } => self.expr(from),
                Binding::Inherit { from: None, .. } => {}
            }
        }
        made
    }

    /// `x = x;`
    fn circle(&mut self, path: &[AttrName], value: &Expr) {
        if let ([AttrName::Static { name, .. }], ExprKind::Var(used)) = (path, &value.kind)
            && name == used
            && let Some(definition) = self.bound.get(name).and_then(|all| all.last())
        {
            self.names.circles.push((*definition, value.span));
        }
    }

    fn lambda(&mut self, param: &Param, body: &Expr, scope: Span) {
        let first = self.names.definitions.len();
        let mut defaults: &[Formal] = &[];
        match param {
            Param::Name { name, span } => {
                self.define(first, (*name, *span), Kind::Argument, scope, false);
            }
            Param::Formals { formals, ellipsis, at, .. } => {
                for formal in formals {
                    let kind = Kind::Formal { open: *ellipsis };
                    self.define(first, (formal.name, formal.span), kind, scope, false);
                }
                if let Some(name) = at {
                    self.define(first, *name, Kind::Whole, scope, false);
                }
                defaults = formals;
            }
        }
        let made = first..self.names.definitions.len();
        self.enter(made.clone());
        defaults.iter().filter_map(|f| f.default.as_ref()).for_each(|default| self.expr(default));
        self.expr(body);
        self.leave(made);
    }

    /// Notes a definition among those made since there were `first`.
    fn define(
        &mut self,
        first: usize,
        (name, span): (Name, Span),
        kind: Kind,
        scope: Span,
        inherited: bool,
    ) {
        // A large set is looked through once for each of its names only if it is small.
        let siblings = self.names.definitions.get_mut(first..).unwrap_or_default();
        let recent = siblings.iter_mut().rev().take(MOST_SIBLINGS);
        if let Some(same) = recent.into_iter().find(|other| other.name == name) {
            same.others.push(span);
            return;
        }
        let hides = self.bound.get(&name).and_then(|all| all.last()).copied();
        let (others, uses) = (Vec::new(), Vec::new());
        let made = Definition { name, span, others, kind, scope, uses, inherited, hides };
        self.names.definitions.push(made);
    }

    fn enter(&mut self, made: std::ops::Range<usize>) {
        for index in made {
            if let Some(definition) = self.names.definitions.get(index) {
                self.bound.entry(definition.name).or_default().push(index);
            }
        }
    }

    fn leave(&mut self, made: std::ops::Range<usize>) {
        for index in made {
            if let Some(definition) = self.names.definitions.get(index)
                && let Some(all) = self.bound.get_mut(&definition.name)
            {
                all.pop();
            }
        }
    }

    fn used(&mut self, name: Name, span: Span) {
        let found = self.bound.get(&name).and_then(|all| all.last());
        if let Some(definition) = found.and_then(|index| self.names.definitions.get_mut(*index)) {
            definition.uses.push(span);
        } else if self.globals.get(name).is_some() {
            self.names.globals.push((name, span));
        } else if self.withs.is_empty() {
            self.names.unresolved.push((name, span));
        } else {
            // Which of them has it only evaluation knows. Those around one that is used are, too.
            for (depth, with) in self.withs.iter().rev().enumerate() {
                let Some(with) = self.names.withs.get_mut(*with) else { continue };
                if depth == 0 {
                    with.uses.push((name, span));
                }
                if std::mem::replace(&mut with.used, true) {
                    break;
                }
            }
        }
    }
}

/// Bindings of one thing stand near each other.
const MOST_SIBLINGS: usize = 64;
