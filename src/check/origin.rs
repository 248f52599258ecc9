//! Where a value of the wrong type was made.
//!
//! An evaluator that remembered where each value comes from would be slower for everybody. The
//! text of the place where the value is used tells it as well: a name leads to what it is bound
//! to, an attribute of a set that is written out leads to its value.

use std::sync::Arc;

use super::names::Names;
use crate::builtins::globals;
use crate::diagnostic::{Diagnostic, Label};
use crate::lower::Globals;
use crate::session::STACK_SIZE;
use crate::source::{SourceFile, SourceMap, Span};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, find, parse};

/// Codes that are about the type of a value.
const CODES: [&str; 4] = [
    "repx::eval::type",
    "repx::eval::not-a-function",
    "repx::eval::incomparable",
    "repx::eval::division-by-zero",
];

/// Names are followed no further than this.
const MOST_STEPS: usize = 16;

/// Adds labels where the values of type errors were made.
pub fn say_origins(diagnostics: &mut [Diagnostic], sources: &SourceMap) {
    if !diagnostics.iter().any(|diagnostic| CODES.contains(&diagnostic.code)) {
        return;
    }
    // Reading trees takes stack; without a thread the error is told without this.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        let work = || {
            let mut origins = Origins { sources, file: None };
            for diagnostic in diagnostics.iter_mut().filter(|d| CODES.contains(&d.code)) {
                origins.say(diagnostic);
            }
        };
        // A panic there is for nobody to see: the error itself is what counts.
        let _ = thread.spawn_scoped(scope, work).map(std::thread::ScopedJoinHandle::join);
    });
}

struct Origins<'a> {
    sources: &'a SourceMap,
    file: Option<(Arc<SourceFile>, Expr, Names)>,
}

impl Origins<'_> {
    fn say(&mut self, diagnostic: &mut Diagnostic) {
        let places: Vec<Span> =
            diagnostic.primary.iter().chain(&diagnostic.secondary).map(|l| l.span).collect();
        for place in places {
            let Some((span, name)) = self.origin(place) else { continue };
            let labels = diagnostic.primary.iter().chain(&diagnostic.secondary);
            let told = labels.into_iter().any(|label| label.span == span);
            if !told {
                let text = format!("`{name}` is made here");
                diagnostic.secondary.push(Label { span, text });
            }
        }
    }

    /// Where the value of the expression at a place is written, if that is elsewhere, and what it
    /// is called.
    fn origin(&mut self, place: Span) -> Option<(Span, String)> {
        let file = self.sources.file(place)?;
        if self.file.as_ref().is_none_or(|(known, ..)| known.start() != file.start()) {
            let root = parse(&file).root;
            let names = Names::of(&root, &Globals::new(globals::global_names()));
            self.file = Some((file, root, names));
        }
        let (_, root, names) = self.file.as_ref()?;
        let mut expr = at(root, place)?;
        let name = called(expr)?;
        let mut left = MOST_STEPS;
        while let Some(next) = value_of(expr, root, names, &mut left) {
            expr = next;
        }
        (expr.span != place && called(expr).is_none()).then_some((expr.span, name))
    }
}

/// What an expression is called, if it says nothing but that.
fn called(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Var(name) => Some(name.to_string()),
        ExprKind::Select { from, path, default: None } => {
            let mut name = called(from)?;
            for step in path {
                let AttrName::Static { name: step, .. } = step else { return None };
                name.push_str(&format!(".{step}"));
            }
            Some(name)
        }
        _ => None,
    }
}

fn at(root: &Expr, place: Span) -> Option<&Expr> {
    let mut found = None;
    find::walk(root, &mut |expr| {
        if expr.span == place {
            found = Some(expr);
        }
    });
    found
}

/// What a name is bound to, or an attribute of a set that is written out.
fn value_of<'t>(
    expr: &'t Expr,
    root: &'t Expr,
    names: &Names,
    left: &mut usize,
) -> Option<&'t Expr> {
    // Names may lead in a circle.
    *left = left.checked_sub(1)?;
    match &expr.kind {
        ExprKind::Var(_) => {
            let uses = |definition: &&super::names::Definition| {
                definition.uses.contains(&expr.span) && definition.others.is_empty()
            };
            let definition = names.definitions.iter().find(uses)?;
            bound_at(root, definition.span)
        }
        ExprKind::Select { from, path, default: None } => {
            let mut set = &**from;
            while !matches!(set.kind, ExprKind::Set { .. }) {
                set = value_of(set, root, names, left)?;
            }
            for step in path {
                let AttrName::Static { name, .. } = step else { return None };
                let ExprKind::Set { bindings, .. } = &set.kind else { return None };
                set = bindings.iter().find_map(|binding| match binding {
                    Binding::Assign { path, value, .. } => match path.as_slice() {
                        [AttrName::Static { name: bound, .. }] if bound == name => Some(value),
                        _ => None,
                    },
                    Binding::Inherit { .. } => None,
                })?;
            }
            Some(set)
        }
        _ => None,
    }
}

/// The value of the binding whose whole path is the name at `key`.
fn bound_at(root: &Expr, key: Span) -> Option<&Expr> {
    let mut found = None;
    find::walk(root, &mut |expr| {
        let (ExprKind::Set { bindings, .. }
        | ExprKind::LegacyLet(bindings)
        | ExprKind::Let { bindings, .. }) = &expr.kind
        else {
            return;
        };
        for binding in bindings {
            if let Binding::Assign { path, value, .. } = binding
                && let [AttrName::Static { span, .. }] = path.as_slice()
                && *span == key
            {
                found = Some(value);
            }
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the expression `used` comes from, as it is written there.
    fn origin(text: &str, used: &str) -> Option<String> {
        let sources = SourceMap::new();
        let file = sources.add("/x.nix", text).expect("it fits");
        let at = file.start() + text.rfind(used).expect("it is there") as u32;
        let mut origins = Origins { sources: &sources, file: None };
        let (span, _) = origins.origin(Span::new(at, at + used.len() as u32))?;
        sources.text(span)
    }

    #[test]
    fn names_are_followed_to_what_they_are_bound_to() {
        assert_eq!(origin("let a = 1; b = a; in \"x\" + b", "b").as_deref(), Some("1"));
        let set = "let c = { d.e = 0; x = [ 2 ]; }; in \"x\" + c.x";
        assert_eq!(origin(set, "c.x").as_deref(), Some("[ 2 ]"));
        assert_eq!(origin("x: x + 1", "x"), None);
        assert_eq!(origin("let a = a; in a", "a"), None);
        assert_eq!(origin("1 + 2", "2"), None);
    }
}
