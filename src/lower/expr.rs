//! Expressions.

use std::os::unix::ffi::OsStrExt;

use hashbrown::HashMap;

use super::scope::{Found, Scopes, slot, with_name};
use super::strict::forces_argument;
use super::{
    Assert, Binary, Call, Expr, Formal, Formals, HasAttr, Hint, If, Interpolation, Key, Lambda,
    Operand, Param, Piece, Select, Step, Surroundings, WithIn,
};
use crate::diagnostic::{Diagnostic, Label, did_you_mean};
use crate::source::{Name, Span, bytes_of_text, canonical_path};
use crate::syntax::{self, AttrName, BinaryOp, ExprKind, Part, UnaryOp};

pub(super) struct Lowerer<'a> {
    around: &'a Surroundings<'a>,
    pub(super) scopes: Scopes,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Names found undefined, and which diagnostic says so.
    undefined: HashMap<Name, usize>,
    /// The name the next function is being bound to.
    binding: Option<Name>,
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(around: &'a Surroundings<'a>) -> Lowerer<'a> {
        Lowerer {
            around,
            scopes: Scopes::default(),
            diagnostics: Vec::new(),
            undefined: HashMap::new(),
            binding: None,
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// A whole program: inside the scope it was imported with, if there is one.
    pub(super) fn root(&mut self, tree: &syntax::Expr) -> Expr {
        if let Some(names) = self.around.scope {
            self.scopes.enter(names.iter().copied().zip(0..));
        }
        self.expr(tree)
    }

    /// The value of a binding: a function in it is called by the binding's name in traces.
    pub(super) fn bound(&mut self, name: Name, tree: &syntax::Expr) -> Expr {
        self.binding = Some(name);
        self.expr(tree)
    }

    pub(super) fn expr(&mut self, tree: &syntax::Expr) -> Expr {
        let binding = self.binding.take();
        let span = tree.span;
        match &tree.kind {
            ExprKind::Int(int) => Expr::Int(*int),
            ExprKind::Float(float) => Expr::Float(*float),
            ExprKind::Var(name) => self.variable(*name, span),
            ExprKind::Text(parts) => self.text(parts, span),
            ExprKind::Path(parts) => self.path(parts, span),
            ExprKind::SearchPath(path) => self.search_path(path, span),
            ExprKind::Uri(uri) => constant(uri.as_bytes()),
            ExprKind::List(items) => {
                let items: Box<[Expr]> = items.iter().map(|item| self.expr(item)).collect();
                Expr::List(Box::new(items))
            }
            ExprKind::Set { recursive, bindings } => self.set(*recursive, bindings, span),
            ExprKind::LegacyLet(bindings) => self.legacy_let(bindings, span),
            ExprKind::Let { bindings, body } => self.let_in(bindings, body),
            ExprKind::With { scope, body } => {
                let lowered = self.expr(scope);
                self.scopes.enter_with();
                let body = self.expr(body);
                self.scopes.leave_with();
                let scope_span = scope.span;
                Expr::WithIn(Box::new(WithIn { scope: lowered, scope_span, body }))
            }
            ExprKind::Assert { condition, body } => Expr::Assert(Box::new(Assert {
                span: condition.span,
                condition: self.expr(condition),
                body: self.expr(body),
            })),
            ExprKind::If { condition, yes, no } => Expr::If(Box::new(If {
                span: condition.span,
                condition: self.expr(condition),
                yes: self.expr(yes),
                no: self.expr(no),
            })),
            ExprKind::Lambda { param, body } => self.lambda(param, body, binding, span),
            ExprKind::Apply { .. } => self.call(tree),
            ExprKind::Select { from, path, default } => Expr::Select(Box::new(Select {
                from_span: from.span,
                from: self.expr(from),
                path: self.path_steps(path),
                default: default.as_ref().map(|default| self.expr(default)),
            })),
            ExprKind::HasAttr { from, path } => Expr::HasAttr(Box::new(HasAttr {
                from: self.expr(from),
                path: self.path_steps(path),
            })),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Binary { op, op_span, left, right } => {
                self.binary(*op, *op_span, left, right)
            }
            ExprKind::Hole => Expr::Hole(Box::new(span)),
        }
    }

    /// A variable as seen from here.
    pub(super) fn variable(&mut self, name: Name, span: Span) -> Expr {
        self.variable_outside(name, span, 0)
    }

    /// A variable as seen from outside the innermost `skip` environments.
    pub(super) fn variable_outside(&mut self, name: Name, span: Span, skip: u32) -> Expr {
        let found = self.scopes.find(name, skip);
        if let Found::Slot { up, slot: at } = found {
            return slot(up, at);
        }
        // Built-in names come before those of any `with` (Nix manual, "With-expressions").
        match name.bytes() {
            b"true" => return Expr::Bool(true),
            b"false" => return Expr::Bool(false),
            b"null" => return Expr::Null,
            b"__curPos" => return Expr::CurrentPosition(Box::new(span)),
            _ => {}
        }
        if let Some(global) = self.around.globals.get(name) {
            return Expr::Global(global);
        }
        match found {
            Found::With(levels) => with_name(name, span, levels),
            Found::Slot { .. } | Found::Nothing => {
                self.undefined(name, span);
                Expr::Hole(Box::new(span))
            }
        }
    }

    fn undefined(&mut self, name: Name, span: Span) {
        let visible = self.scopes.names().chain(self.around.globals.names());
        let visible = visible.map(Name::text).filter(|name| !name.starts_with("__"));
        let text = name.text();
        // One name is undefined once, however often it is used.
        if let Some(index) = self.undefined.get(&name) {
            if let Some(first) = self.diagnostics.get_mut(*index) {
                let label = Label { span, text: "and here".into() };
                first.secondary.push(label);
            }
            return;
        }
        self.undefined.insert(name, self.diagnostics.len());
        self.diagnostics.push(
            Diagnostic::error(
                "repx::eval::undefined-variable",
                format!("undefined variable '{text}'"),
            )
            .at(span, "not defined here")
            .maybe_help(did_you_mean(&text, visible)),
        );
    }

    /// Is the operator's function (`__sub` and the like) redefined by the program? Nix applies
    /// whatever the name means where the operator stands.
    fn redefined(&mut self, name: &str, span: Span) -> Option<Expr> {
        let name = Name::new(name);
        match self.scopes.find(name, 0) {
            Found::Slot { .. } => Some(self.variable(name, span)),
            Found::With(_) | Found::Nothing => None,
        }
    }

    fn text(&mut self, parts: &[Part], span: Span) -> Expr {
        match parts {
            [] => constant(b""),
            [Part::Literal(text)] => constant(&bytes_of_text(text)),
            parts => self.interpolation(false, raw_pieces(parts), span),
        }
    }

    fn interpolation(&mut self, path: bool, parts: Vec<RawPiece<'_>>, span: Span) -> Expr {
        let parts = parts
            .into_iter()
            .map(|part| match part {
                RawPiece::Literal(bytes) => Piece::Literal(bytes.into()),
                RawPiece::Value(expr) => Piece::Value(self.expr(expr), expr.span),
            })
            .collect();
        Expr::Interpolation(Box::new(Interpolation { path, parts, span }))
    }

    fn path(&mut self, parts: &[Part], span: Span) -> Expr {
        let mut parts = raw_pieces(parts);
        let Some(RawPiece::Literal(first)) = parts.first_mut() else {
            return Expr::Hole(Box::new(span));
        };
        let Some(absolute) = self.absolute(first) else {
            self.diagnostics.push(
                Diagnostic::error(
                    "repx::eval::no-home",
                    "the path begins with '~' but no home directory is known",
                )
                .at(span, "this path")
                .help("set HOME, or write the path out"),
            );
            return Expr::Hole(Box::new(span));
        };
        if parts.len() == 1 {
            return Expr::Path(Box::new(canonical_path(&absolute).into()));
        }
        if let Some(first) = parts.first_mut() {
            *first = RawPiece::Literal(absolute);
        }
        self.interpolation(true, parts, span)
    }

    /// A path literal's beginning as an absolute path.
    fn absolute(&self, literal: &[u8]) -> Option<Vec<u8>> {
        let joined = |base: &std::path::Path, rest: &[u8]| {
            let mut path = base.as_os_str().as_bytes().to_vec();
            path.push(b'/');
            path.extend_from_slice(rest);
            path
        };
        match literal {
            [b'/', ..] => Some(literal.to_vec()),
            [b'~', rest @ ..] => self.around.home.map(|home| joined(home, rest)),
            relative => Some(joined(self.around.directory, relative)),
        }
    }

    /// `<x>` is `__findFile __nixPath "x"`, with those names as the program defines them.
    fn search_path(&mut self, path: &str, span: Span) -> Expr {
        let function = self.variable(Name::new("__findFile"), span);
        let nix_path = self.variable(Name::new("__nixPath"), span);
        call(function, span, [nix_path, constant(path.as_bytes())], span)
    }

    fn lambda(
        &mut self,
        param: &syntax::Param,
        body: &syntax::Expr,
        name: Option<Name>,
        span: Span,
    ) -> Expr {
        match param {
            syntax::Param::Name { name: argument, .. } => {
                self.scopes.enter([(*argument, 0)]);
                let body = self.body(body, name);
                self.scopes.leave([*argument]);
                function(Param::Name(*argument), body, name, span)
            }
            syntax::Param::Formals { formals, ellipsis, at, span: formals_span } => {
                let names: Vec<Name> =
                    formals.iter().map(|f| f.name).chain(at.map(|(name, _)| name)).collect();
                self.scopes.enter(names.iter().copied().zip(0..));
                let formals = formals
                    .iter()
                    .map(|formal| Formal {
                        key: Key { name: formal.name, span: formal.span },
                        default: formal.default.as_ref().map(|d| self.bound(formal.name, d)),
                        hint: Hint::default(),
                    })
                    .collect();
                let body = self.body(body, name);
                self.scopes.leave(names);
                let param = Param::Formals(Formals {
                    formals,
                    ellipsis: *ellipsis,
                    at: at.map(|(name, _)| name),
                    span: *formals_span,
                });
                function(param, body, name, span)
            }
        }
    }

    /// What a function gives. A function again goes by the same name (Nix's `setName`).
    fn body(&mut self, tree: &syntax::Expr, name: Option<Name>) -> Expr {
        self.binding = name;
        self.expr(tree)
    }

    /// `f x y` as one call with all its arguments.
    fn call(&mut self, tree: &syntax::Expr) -> Expr {
        let mut arguments = Vec::new();
        let mut function = tree;
        while let ExprKind::Apply { function: inner, argument } = &function.kind {
            arguments.push(&**argument);
            function = inner;
        }
        let lowered = self.expr(function);
        let arguments: Box<[Expr]> = arguments.into_iter().rev().map(|a| self.expr(a)).collect();
        Expr::Call(Box::new(Call {
            function: lowered,
            arguments,
            span: tree.span,
            function_span: function.span,
        }))
    }

    pub(super) fn path_steps(&mut self, path: &[AttrName]) -> Box<[Step]> {
        path.iter()
            .map(|step| match step {
                AttrName::Static { name, span } => {
                    Step::Static(Key { name: *name, span: *span }, Hint::default())
                }
                AttrName::Dynamic(expr) => Step::Dynamic(self.expr(expr), expr.span),
            })
            .collect()
    }

    fn unary(&mut self, op: UnaryOp, operand: &syntax::Expr, span: Span) -> Expr {
        match op {
            UnaryOp::Not => {
                let expr = self.expr(operand);
                Expr::Not(Box::new(Operand { expr, span: operand.span }))
            }
            // `-x` is `__sub 0 x`.
            UnaryOp::Negate => match self.redefined("__sub", span) {
                Some(sub) => {
                    let operand = self.expr(operand);
                    call(sub, span, [Expr::Int(0), operand], span)
                }
                None => {
                    let expr = self.expr(operand);
                    Expr::Negate(Box::new(Operand { expr, span: operand.span }))
                }
            },
        }
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        op_span: Span,
        left: &syntax::Expr,
        right: &syntax::Expr,
    ) -> Expr {
        let span = left.span.to(right.span);
        // Which function, are its operands exchanged, is its answer negated.
        let function = match op {
            BinaryOp::Sub => Some(("__sub", false, false)),
            BinaryOp::Mul => Some(("__mul", false, false)),
            BinaryOp::Div => Some(("__div", false, false)),
            BinaryOp::Less => Some(("__lessThan", false, false)),
            BinaryOp::More => Some(("__lessThan", true, false)),
            BinaryOp::LessOrEqual => Some(("__lessThan", true, true)),
            BinaryOp::MoreOrEqual => Some(("__lessThan", false, true)),
            BinaryOp::Add
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Implies
            | BinaryOp::Update
            | BinaryOp::Concat => None,
        };
        if let Some((name, exchanged, negated)) = function
            && let Some(function) = self.redefined(name, op_span)
        {
            let (first, second) = if exchanged { (right, left) } else { (left, right) };
            let arguments = [self.expr(first), self.expr(second)];
            let applied = call(function, op_span, arguments, span);
            return if negated {
                Expr::Not(Box::new(Operand { expr: applied, span }))
            } else {
                applied
            };
        }
        Expr::Binary(Box::new(Binary {
            op,
            left_span: left.span,
            right_span: right.span,
            left: self.expr(left),
            right: self.expr(right),
            op_span,
        }))
    }
}

fn function(param: Param, body: Expr, name: Option<Name>, span: Span) -> Expr {
    let strict = forces_argument(&param, &body);
    Expr::Lambda(Box::new(Lambda { param, body, name, strict, span }))
}

enum RawPiece<'t> {
    Literal(Vec<u8>),
    Value(&'t syntax::Expr),
}

fn raw_pieces(parts: &[Part]) -> Vec<RawPiece<'_>> {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => RawPiece::Literal(bytes_of_text(text).into_owned()),
            Part::Interpolated(expr) => RawPiece::Value(expr),
        })
        .collect()
}

/// A string constant.
pub(super) fn constant(bytes: &[u8]) -> Expr {
    Expr::Text(Box::new(bytes.into()))
}

fn call(
    function: Expr,
    function_span: Span,
    arguments: impl IntoIterator<Item = Expr>,
    span: Span,
) -> Expr {
    let arguments = arguments.into_iter().collect();
    Expr::Call(Box::new(Call { function, arguments, span, function_span }))
}
