//! Finding the source of an expression.
//!
//! Most expressions carry their span; names and constants don't, to stay small. When an error
//! needs the place of one, the programs are searched for it: errors are rare, expressions not.

use super::{Bindings, Dynamic, Expr, Param, Piece, Program, Step};
use crate::source::{Name, Span};

/// Where an expression stands, as well as can be said.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The place of the name it is bound to, or of the expression around it.
    pub span: Span,
    /// The name it is bound to.
    pub name: Option<Name>,
}

/// The place of the expression at this address, if it belongs to the program.
pub fn place_of(program: &Program, wanted: &Expr) -> Option<Place> {
    let mut todo = vec![(&program.body, Place { span: program.span, name: None })];
    while let Some((expr, place)) = todo.pop() {
        if std::ptr::eq(expr, wanted) {
            return Some(place);
        }
        children(expr, place, &mut |child, place| todo.push((child, place)));
    }
    None
}

type Visit<'p, 'v> = dyn FnMut(&'p Expr, Place) + 'v;

fn children<'p>(expr: &'p Expr, place: Place, visit: &mut Visit<'p, '_>) {
    let at = |span| Place { span, name: None };
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
        | Expr::Hole(_) => {}
        // What nobody has asked for can't be what is wanted.
        Expr::Deferred(deferred) => {
            if let Some(expr) = deferred.known() {
                visit(expr, place);
            }
        }
        Expr::Interpolation(text) => {
            for part in &text.parts {
                if let Piece::Value(value, span) = part {
                    visit(value, at(*span));
                }
            }
        }
        Expr::List(items) => items.iter().for_each(|item| visit(item, place)),
        Expr::Set(set) => {
            for (key, value) in set.keys.iter().zip(&set.values) {
                visit(value, Place { span: key.span, name: Some(key.name) });
            }
            dynamics(&set.dynamic, visit);
        }
        Expr::RecSet(set) => {
            bindings(&set.bindings, place, visit);
            dynamics(&set.dynamic, visit);
        }
        Expr::Let(inner) => {
            bindings(&inner.bindings, place, visit);
            visit(&inner.body, place);
        }
        Expr::WithIn(inner) => {
            visit(&inner.scope, at(inner.scope_span));
            visit(&inner.body, place);
        }
        Expr::Assert(inner) => {
            visit(&inner.condition, at(inner.span));
            visit(&inner.body, place);
        }
        Expr::If(inner) => {
            visit(&inner.condition, at(inner.span));
            visit(&inner.yes, place);
            visit(&inner.no, place);
        }
        Expr::Lambda(lambda) => {
            if let Param::Formals(formals) = &lambda.param {
                for formal in &formals.formals {
                    if let Some(default) = &formal.default {
                        let name = Some(formal.key.name);
                        visit(default, Place { span: formal.key.span, name });
                    }
                }
            }
            visit(&lambda.body, at(lambda.span));
        }
        Expr::Call(call) => {
            visit(&call.function, at(call.function_span));
            call.arguments.iter().for_each(|argument| visit(argument, at(call.span)));
        }
        Expr::Select(select) => {
            visit(&select.from, at(select.from_span));
            steps(&select.path, visit);
            if let Some(default) = &select.default {
                visit(default, place);
            }
        }
        Expr::HasAttr(has) => {
            visit(&has.from, place);
            steps(&has.path, visit);
        }
        Expr::Not(operand) | Expr::Negate(operand) => visit(&operand.expr, at(operand.span)),
        Expr::Binary(binary) => {
            visit(&binary.left, at(binary.left_span));
            visit(&binary.right, at(binary.right_span));
        }
    }
}

fn bindings<'p>(bindings: &'p Bindings, place: Place, visit: &mut Visit<'p, '_>) {
    for (key, value) in bindings.keys.iter().zip(&bindings.values) {
        visit(value, Place { span: key.span, name: Some(key.name) });
    }
    bindings.hidden.iter().for_each(|source| visit(source, place));
}

fn dynamics<'p>(dynamics: &'p [Dynamic], visit: &mut Visit<'p, '_>) {
    for dynamic in dynamics {
        visit(&dynamic.name, Place { span: dynamic.span, name: None });
        visit(&dynamic.value, Place { span: dynamic.span, name: None });
    }
}

fn steps<'p>(steps: &'p [Step], visit: &mut Visit<'p, '_>) {
    for step in steps {
        if let Step::Dynamic(expr, span) = step {
            visit(expr, Place { span: *span, name: None });
        }
    }
}
