//! The expressions that stand directly within another.

use super::{Bindings, Dynamic, Expr, Param, Piece, Step};
use crate::source::{Name, Span};

/// An expression within another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child<'p> {
    /// The expression.
    pub(super) expr: &'p Expr,
    /// Is it evaluated in an environment of its own?
    pub(super) deeper: bool,
    /// Where it stands, if that is known more closely than of what is around it.
    pub(super) span: Option<Span>,
    /// The name it is bound to.
    pub(super) name: Option<Name>,
}

type Visit<'p, 'v> = dyn FnMut(Child<'p>) + 'v;

/// Visits what stands directly within an expression. What is only read when it is asked for
/// ([`Expr::Deferred`]) is left to the caller.
pub(super) fn children<'p>(expr: &'p Expr, visit: &mut Visit<'p, '_>) {
    match expr {
        Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Path(_)
        | Expr::Local(_)
        | Expr::Outer { .. }
        | Expr::Global(_)
        | Expr::With(_)
        | Expr::CurrentPosition(_)
        | Expr::Deferred(_)
        | Expr::Hole(_) => {}
        Expr::Interpolation(text) => {
            for part in &text.parts {
                if let Piece::Value(value, span) = part {
                    visit(here(value).at(*span));
                }
            }
        }
        Expr::List(items) => items.iter().for_each(|item| visit(here(item))),
        Expr::Set(set) => {
            for (key, value) in set.keys.iter().zip(&set.values) {
                visit(here(value).called(key.name).at(key.span));
            }
            dynamics(&set.dynamic, false, visit);
        }
        Expr::RecSet(set) => {
            bindings(&set.bindings, visit);
            dynamics(&set.dynamic, true, visit);
        }
        Expr::Let(inner) => {
            bindings(&inner.bindings, visit);
            visit(deeper(&inner.body));
        }
        Expr::WithIn(inner) => {
            visit(here(&inner.scope).at(inner.scope_span));
            visit(deeper(&inner.body));
        }
        Expr::Assert(inner) => {
            visit(here(&inner.condition).at(inner.span));
            visit(here(&inner.body));
        }
        Expr::If(inner) => {
            visit(here(&inner.condition).at(inner.span));
            visit(here(&inner.yes));
            visit(here(&inner.no));
        }
        Expr::Lambda(lambda) => {
            if let Param::Formals(formals) = &lambda.param {
                for formal in &formals.formals {
                    let default = formal.default.iter().map(deeper);
                    default.for_each(|one| visit(one.called(formal.key.name).at(formal.key.span)));
                }
            }
            visit(deeper(&lambda.body).at(lambda.span));
        }
        Expr::Call(call) => {
            visit(here(&call.function).at(call.function_span));
            call.arguments.iter().for_each(|argument| visit(here(argument).at(call.span)));
        }
        Expr::Select(select) => {
            visit(here(&select.from).at(select.from_span));
            steps(&select.path, visit);
            select.default.iter().for_each(|default| visit(here(default)));
        }
        Expr::HasAttr(has) => {
            visit(here(&has.from));
            steps(&has.path, visit);
        }
        Expr::Not(operand) | Expr::Negate(operand) => visit(here(&operand.expr).at(operand.span)),
        Expr::Binary(binary) => {
            visit(here(&binary.left).at(binary.left_span));
            visit(here(&binary.right).at(binary.right_span));
        }
    }
}

fn here(expr: &Expr) -> Child<'_> {
    Child { expr, deeper: false, span: None, name: None }
}

fn deeper(expr: &Expr) -> Child<'_> {
    Child { deeper: true, ..here(expr) }
}

impl Child<'_> {
    fn at(self, span: Span) -> Self {
        Child { span: Some(span), ..self }
    }

    fn called(self, name: Name) -> Self {
        Child { name: Some(name), ..self }
    }
}

fn bindings<'p>(bindings: &'p Bindings, visit: &mut Visit<'p, '_>) {
    for (key, value) in bindings.keys.iter().zip(&bindings.values) {
        visit(deeper(value).called(key.name).at(key.span));
    }
    bindings.hidden.iter().for_each(|source| visit(deeper(source)));
}

fn dynamics<'p>(dynamics: &'p [Dynamic], deeper: bool, visit: &mut Visit<'p, '_>) {
    for dynamic in dynamics {
        for expr in [&dynamic.name, &dynamic.value] {
            visit(Child { deeper, ..here(expr) }.at(dynamic.span));
        }
    }
}

fn steps<'p>(steps: &'p [Step], visit: &mut Visit<'p, '_>) {
    for step in steps {
        if let Step::Dynamic(expr, span) = step {
            visit(here(expr).at(*span));
        }
    }
}
