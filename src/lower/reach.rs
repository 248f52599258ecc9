//! What an expression reaches for beyond itself.

use super::{Bindings, Dynamic, Expr, Param, Piece, Step, WithName};

/// What there is outside of an expression that its value may depend on.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'p> {
    /// A slot of the environment so many levels out (0 is the innermost around the expression).
    Slot(u32, u32),
    /// A name that a `with` provides.
    With(&'p WithName),
    /// The place where the text lies: a path, or `__curPos`.
    Place,
    /// Something that couldn't be read.
    Hole,
}

/// Visits all that an expression reaches for.
pub fn reach<'p>(expr: &'p Expr, visit: &mut impl FnMut(Reach<'p>)) {
    // Each with the number of environments between it and the outside.
    let mut todo: Vec<(&'p Expr, u32)> = vec![(expr, 0)];
    while let Some((expr, depth)) = todo.pop() {
        if let Some(found) = own(expr, depth) {
            visit(found);
        }
        children(expr, depth, &mut |child, depth| todo.push((child, depth)));
    }
}

fn own(expr: &Expr, depth: u32) -> Option<Reach<'_>> {
    match expr {
        Expr::Local(slot) if depth == 0 => Some(Reach::Slot(0, *slot)),
        Expr::Outer { up, slot } if *up >= depth => Some(Reach::Slot(up - depth, *slot)),
        Expr::With(name) => Some(Reach::With(name)),
        Expr::Path(_) | Expr::CurrentPosition(_) => Some(Reach::Place),
        Expr::Interpolation(text) if text.path => Some(Reach::Place),
        Expr::Hole(_) => Some(Reach::Hole),
        _ => None,
    }
}

type Visit<'p, 'v> = dyn FnMut(&'p Expr, u32) + 'v;

fn children<'p>(expr: &'p Expr, depth: u32, visit: &mut Visit<'p, '_>) {
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
        Expr::Deferred(deferred) => visit(deferred.expr(), depth),
        Expr::Interpolation(text) => {
            for part in &text.parts {
                if let Piece::Value(value, _) = part {
                    visit(value, depth);
                }
            }
        }
        Expr::List(items) => items.iter().for_each(|item| visit(item, depth)),
        Expr::Set(set) => {
            set.values.iter().for_each(|value| visit(value, depth));
            dynamics(&set.dynamic, depth, visit);
        }
        Expr::RecSet(set) => {
            bindings(&set.bindings, depth + 1, visit);
            dynamics(&set.dynamic, depth + 1, visit);
        }
        Expr::Let(inner) => {
            bindings(&inner.bindings, depth + 1, visit);
            visit(&inner.body, depth + 1);
        }
        Expr::WithIn(inner) => {
            visit(&inner.scope, depth);
            visit(&inner.body, depth + 1);
        }
        Expr::Assert(inner) => {
            visit(&inner.condition, depth);
            visit(&inner.body, depth);
        }
        Expr::If(inner) => {
            for part in [&inner.condition, &inner.yes, &inner.no] {
                visit(part, depth);
            }
        }
        Expr::Lambda(lambda) => {
            if let Param::Formals(formals) = &lambda.param {
                let defaults = formals.formals.iter().filter_map(|formal| formal.default.as_ref());
                defaults.for_each(|default| visit(default, depth + 1));
            }
            visit(&lambda.body, depth + 1);
        }
        Expr::Call(call) => {
            visit(&call.function, depth);
            call.arguments.iter().for_each(|argument| visit(argument, depth));
        }
        Expr::Select(select) => {
            visit(&select.from, depth);
            steps(&select.path, depth, visit);
            select.default.iter().for_each(|default| visit(default, depth));
        }
        Expr::HasAttr(has) => {
            visit(&has.from, depth);
            steps(&has.path, depth, visit);
        }
        Expr::Not(operand) | Expr::Negate(operand) => visit(&operand.expr, depth),
        Expr::Binary(binary) => {
            visit(&binary.left, depth);
            visit(&binary.right, depth);
        }
    }
}

fn bindings<'p>(bindings: &'p Bindings, depth: u32, visit: &mut Visit<'p, '_>) {
    bindings.values.iter().chain(&bindings.hidden).for_each(|value| visit(value, depth));
}

fn dynamics<'p>(dynamics: &'p [Dynamic], depth: u32, visit: &mut Visit<'p, '_>) {
    for dynamic in dynamics {
        visit(&dynamic.name, depth);
        visit(&dynamic.value, depth);
    }
}

fn steps<'p>(steps: &'p [Step], depth: u32, visit: &mut Visit<'p, '_>) {
    for step in steps {
        if let Step::Dynamic(expr, _) = step {
            visit(expr, depth);
        }
    }
}
