//! What stands at a place of a tree.

use crate::source::{Name, Span};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, Formal, Param, find};

/// A word of a tree, and what it is there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spot<'a> {
    /// A name that is used.
    Name(Name, Span),
    /// A name of a selection's path: `from.a.b`, `from ? a`.
    Selected { from: &'a Expr, path: &'a [AttrName], index: usize },
    /// A name of a binding's path.
    Bound { path: &'a [AttrName], index: usize },
    /// A name of `inherit`.
    Inherited { from: Option<&'a Expr>, name: Name, span: Span },
    /// One of a function's named arguments.
    Formal(&'a Formal),
    /// A function's argument, or the name of all of them.
    Argument(Span),
    /// A path, a string, or anything else.
    Other(&'a Expr),
}

/// What stands at a place, and all that is around it, outermost first.
#[derive(Clone, Debug)]
pub(super) struct Located<'a> {
    pub(super) around: Vec<&'a Expr>,
    pub(super) spot: Spot<'a>,
}

fn holds(span: Span, at: u32) -> bool {
    span.start <= at && at <= span.end
}

/// What stands at an offset (in the tree's own space).
pub(super) fn locate(root: &Expr, at: u32) -> Located<'_> {
    let mut around = Vec::new();
    let mut expr = root;
    loop {
        around.push(expr);
        if let Some(spot) = word(expr, at) {
            return Located { around, spot };
        }
        let mut next: Option<&Expr> = None;
        find::children(expr, &mut |child| {
            // Where two meet, the one that begins there, unless it is nothing.
            let better = |known: &Expr| known.span.end <= at && !child.span.is_empty();
            if holds(child.span, at) && next.is_none_or(better) {
                next = Some(child);
            }
        });
        match next {
            Some(child) => expr = child,
            None => return Located { around, spot: Spot::Other(expr) },
        }
    }
}

/// The word of an expression itself that stands at an offset.
fn word(expr: &Expr, at: u32) -> Option<Spot<'_>> {
    match &expr.kind {
        ExprKind::Var(name) => Some(Spot::Name(*name, expr.span)),
        ExprKind::Select { from, path, .. } | ExprKind::HasAttr { from, path } => {
            let index = name_at(path, at)?;
            Some(Spot::Selected { from, path, index })
        }
        ExprKind::Set { bindings, .. }
        | ExprKind::LegacyLet(bindings)
        | ExprKind::Let { bindings, .. } => bindings.iter().find_map(|binding| bound(binding, at)),
        ExprKind::Lambda { param, .. } => match &**param {
            Param::Name { span, .. } => holds(*span, at).then_some(Spot::Argument(*span)),
            Param::Formals { formals, at: whole, .. } => {
                let formal = formals.iter().find(|formal| holds(formal.span, at));
                let whole = whole.filter(|(_, span)| holds(*span, at));
                formal.map(Spot::Formal).or(whole.map(|(_, span)| Spot::Argument(span)))
            }
        },
        _ => None,
    }
}

fn bound(binding: &Binding, at: u32) -> Option<Spot<'_>> {
    match binding {
        Binding::Assign { path, .. } => {
            let index = name_at(path, at)?;
            Some(Spot::Bound { path, index })
        }
        Binding::Inherit { from, names, .. } => {
            let (name, span) = names.iter().find(|(_, span)| holds(*span, at))?;
            Some(Spot::Inherited { from: from.as_deref(), name: *name, span: *span })
        }
    }
}

/// The name of a path that stands at an offset, unless it is computed.
fn name_at(path: &[AttrName], at: u32) -> Option<usize> {
    path.iter().position(|name| match name {
        AttrName::Static { span, .. } => holds(*span, at),
        AttrName::Dynamic(_) => false,
    })
}

/// The name of a step, if it is written out.
pub(super) fn static_name(name: &AttrName) -> Option<(Name, Span)> {
    match name {
        AttrName::Static { name, span } => Some((*name, *span)),
        AttrName::Dynamic(_) => None,
    }
}

/// A string that is written out.
pub(super) fn plain_text(expr: &Expr) -> Option<String> {
    use crate::syntax::Part;
    match &expr.kind {
        ExprKind::Text(parts) => match parts.as_slice() {
            [] => Some(String::new()),
            [Part::Literal(text)] => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// A function and all that it is applied to.
pub(super) fn call(expr: &Expr) -> (&Expr, Vec<&Expr>) {
    let (mut function, mut arguments) = (expr, Vec::new());
    while let ExprKind::Apply { function: inner, argument } = &function.kind {
        arguments.push(&**argument);
        function = inner;
    }
    arguments.reverse();
    (function, arguments)
}

/// What a function is called, whatever it is taken from: `callStage` of `repx.callStage`.
pub(super) fn last_name(function: &Expr) -> Option<Name> {
    match &function.kind {
        ExprKind::Var(name) => Some(*name),
        ExprKind::Select { path, default: None, .. } => Some(static_name(path.last()?)?.0),
        _ => None,
    }
}
