//! What an expression reaches for beyond itself.

use super::children::children;
use super::{Expr, WithName};

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
        if let Expr::Deferred(deferred) = expr {
            todo.push((deferred.expr(), depth));
        }
        children(expr, &mut |child| todo.push((child.expr, depth + u32::from(child.deeper))));
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
