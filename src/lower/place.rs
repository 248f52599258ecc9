//! Finding the source of an expression.
//!
//! Most expressions carry their span; names and constants don't, to stay small. When an error
//! needs the place of one, the programs are searched for it: errors are rare, expressions not.

use super::children::children;
use super::{Expr, Program};
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
        // What nobody has asked for can't be what is wanted.
        if let Expr::Deferred(deferred) = expr {
            todo.extend(deferred.known().map(|expr| (expr, place)));
        }
        children(expr, &mut |child| {
            let inner = child.span.map(|span| Place { span, name: child.name });
            todo.push((child.expr, inner.unwrap_or(place)));
        });
    }
    None
}
