//! Places that the program no longer knows.
//!
//! The program keeps the place of every name but not of every constant. When a message wants to
//! point at the *value* of a binding, the file is read once more and searched: messages are rare.

use super::{AttrName, Binding, Expr, ExprKind, Param, Part};
use crate::source::{Name, Span};

/// The expression bound to the name at `key`. For a name that is inherited from around, the
/// expression that an enclosing `let` or set binds it to.
pub fn bound_at(root: &Expr, key: Span) -> Option<Expr> {
    let mut found = None;
    let mut inherited = None;
    walk_around(root, key, &mut |expr| {
        for binding in bindings(expr) {
            match binding {
                Binding::Assign { path, value, .. } => {
                    if path.last().is_some_and(|name| name.span() == key) {
                        found = Some(value.clone());
                    }
                }
                Binding::Inherit { from: None, names, .. } => {
                    let name = names.iter().find(|(_, span)| *span == key);
                    inherited = inherited.or(name.map(|(name, _)| *name));
                }
                Binding::Inherit { .. } => {}
            }
        }
    });
    found.or_else(|| around(root, inherited?, key))
}

/// What the innermost binding of `name` around the place `inner` binds it to.
fn around(root: &Expr, name: Name, inner: Span) -> Option<Expr> {
    let mut found = None;
    walk_around(root, inner, &mut |expr| {
        for binding in bindings(expr) {
            if let Binding::Assign { path, value, .. } = binding
                && let [AttrName::Static { name: bound, .. }] = path.as_slice()
                && *bound == name
            {
                // Outer expressions are visited first, so the last one found is the innermost.
                found = Some(value.clone());
            }
        }
    });
    found
}

/// What an expression binds.
pub fn bindings(expr: &Expr) -> &[Binding] {
    match &expr.kind {
        ExprKind::Set { bindings, .. }
        | ExprKind::LegacyLet(bindings)
        | ExprKind::Let { bindings, .. } => bindings,
        _ => &[],
    }
}

/// Visits an expression and all within it, outer ones first.
pub fn walk<'t>(root: &'t Expr, visit: &mut impl FnMut(&'t Expr)) {
    let mut todo = vec![root];
    while let Some(expr) = todo.pop() {
        visit(expr);
        let before = todo.len();
        children(expr, &mut |child| todo.push(child));
        // Left to right, as one reads.
        if let Some(added) = todo.get_mut(before..) {
            added.reverse();
        }
    }
}

/// Visits the expressions around a place, outer ones first. What doesn't hold it isn't looked into: a
/// file may be asked about each of its stages.
pub fn walk_around<'t>(root: &'t Expr, place: Span, visit: &mut impl FnMut(&'t Expr)) {
    let holds = |expr: &Expr| expr.span.start <= place.start && place.end <= expr.span.end;
    let mut todo = vec![root];
    while let Some(expr) = todo.pop() {
        visit(expr);
        children(expr, &mut |child| {
            if holds(child) {
                todo.push(child);
            }
        });
    }
}

/// Visits what an expression is made of, from left to right.
pub fn children<'t>(expr: &'t Expr, visit: &mut impl FnMut(&'t Expr)) {
    match &expr.kind {
        ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Var(_)
        | ExprKind::SearchPath(_)
        | ExprKind::Uri(_)
        | ExprKind::Hole => {}
        ExprKind::Text(parts) | ExprKind::Path(parts) => {
            for part in parts {
                if let Part::Interpolated(inner) = part {
                    visit(inner);
                }
            }
        }
        ExprKind::List(items) => items.iter().for_each(visit),
        ExprKind::Set { bindings, .. } | ExprKind::LegacyLet(bindings) => {
            in_bindings(bindings, visit);
        }
        ExprKind::Let { bindings, body } => {
            in_bindings(bindings, visit);
            visit(body);
        }
        ExprKind::With { scope: first, body } | ExprKind::Assert { condition: first, body } => {
            visit(first);
            visit(body);
        }
        ExprKind::If { condition, yes, no } => {
            visit(condition);
            visit(yes);
            visit(no);
        }
        ExprKind::Lambda { param, body } => {
            if let Param::Formals { formals, .. } = &**param {
                formals.iter().filter_map(|formal| formal.default.as_ref()).for_each(&mut *visit);
            }
            visit(body);
        }
        ExprKind::Apply { function, argument } => {
            visit(function);
            visit(argument);
        }
        ExprKind::Select { from, path, default } => {
            visit(from);
            computed(path, visit);
            if let Some(default) = default {
                visit(default);
            }
        }
        ExprKind::HasAttr { from, path } => {
            visit(from);
            computed(path, visit);
        }
        ExprKind::Unary { operand, .. } => visit(operand),
        ExprKind::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
    }
}

fn in_bindings<'t>(bindings: &'t [Binding], visit: &mut impl FnMut(&'t Expr)) {
    for binding in bindings {
        match binding {
            Binding::Assign { path, value, .. } => {
                computed(path, visit);
                visit(value);
            }
            Binding::Inherit { from, .. } => from.as_deref().into_iter().for_each(&mut *visit),
        }
    }
}

/// The expressions among the names of a path.
fn computed<'t>(path: &'t [AttrName], visit: &mut impl FnMut(&'t Expr)) {
    for name in path {
        if let AttrName::Dynamic(expr) = name {
            visit(expr);
        }
    }
}
