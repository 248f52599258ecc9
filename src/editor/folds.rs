//! What of a text can be folded away.

use super::text::Text;
use crate::source::Span;
use crate::syntax::{Expr, ExprKind, Param, PieceKind, find, pieces};

/// A stretch that can be folded, in bytes of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fold {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// What it is.
    pub kind: FoldKind,
}

/// What is folded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FoldKind {
    /// A set, a list, `let`, a function's arguments, a string.
    Region,
    /// Comments.
    Comment,
}

/// All that can be folded: what takes up several lines, outer ones first, one for each line to begin
/// in.
pub fn folds(text: &Text) -> Vec<Fold> {
    let mut found = Vec::new();
    find::walk(text.root(), &mut |expr| {
        if let Some(span) = folded(expr) {
            let (start, end) = text.local(span);
            found.push(Fold { start, end, kind: FoldKind::Region });
        }
    });
    comments(text, &mut found);
    let line = |offset: u32| text.file.line_at(offset).0;
    found.retain(|fold| line(fold.start) < line(fold.end.saturating_sub(1)));
    found.sort_by_key(|fold| (fold.start, std::cmp::Reverse(fold.end)));
    // Of what begins in one line only the largest can be picked.
    found.dedup_by_key(|fold| line(fold.start));
    found
}

fn folded(expr: &Expr) -> Option<Span> {
    match &expr.kind {
        ExprKind::Set { .. } | ExprKind::List(_) | ExprKind::Text(_) | ExprKind::LegacyLet(_) => {
            Some(expr.span)
        }
        // `in` stays in sight.
        ExprKind::Let { bindings, .. } => {
            let last = bindings.last()?;
            let (crate::syntax::Binding::Assign { span, .. }
            | crate::syntax::Binding::Inherit { span, .. }) = last;
            Some(Span::new(expr.span.start, span.end))
        }
        ExprKind::Lambda { param, .. } => match &**param {
            Param::Formals { span, .. } => Some(*span),
            Param::Name { .. } => None,
        },
        _ => None,
    }
}

/// Comments, those of successive lines as one.
fn comments(text: &Text, found: &mut Vec<Fold>) {
    let mut open: Option<Fold> = None;
    for piece in pieces(text.text()) {
        let comment = piece.kind == PieceKind::Comment;
        if let Some(fold) = &mut open
            && comment
            && text.text().get(fold.end as usize..piece.start as usize).is_some_and(follows)
        {
            fold.end = piece.end;
            continue;
        }
        found.extend(open.take());
        if comment {
            open = Some(Fold { start: piece.start, end: piece.end, kind: FoldKind::Comment });
        }
    }
    found.extend(open);
}

/// Is there nothing but one line's end between two comments?
fn follows(between: &str) -> bool {
    between.trim().is_empty() && between.matches('\n').count() == 1
}
