//! `assert`: when it fails, why.

use super::{Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::lower::{Assert, BinaryOp, Expr};
use crate::source::{SourceMap, Span};
use crate::syntax::{parse, print};
use crate::value::{Attrs, Env, Error, ErrorKind, Slot, Value};

impl<'h> Evaluator<'h> {
    /// Fails unless the condition holds.
    #[inline]
    pub(super) fn assert(&mut self, assert: &'h Assert, env: Env<'h>) -> Eval<'h, ()> {
        if self.condition(&assert.condition, assert.span, env)? {
            return Ok(());
        }
        self.assertion_failed(assert, env)
    }

    #[cold]
    #[inline(never)]
    fn assertion_failed(&mut self, assert: &'h Assert, env: Env<'h>) -> Eval<'h, ()> {
        if let Expr::Binary(binary) = &assert.condition
            && binary.op == BinaryOp::Equal
        {
            let left = self.expr(&binary.left, env)?;
            let right = self.expr(&binary.right, env)?;
            if let Err(error) = self.assert_equal(left, right, assert.span) {
                return Err(self.in_assertion(error, assert.span));
            }
        }
        let message = format!("assertion '{}' failed", self.condition_text(assert.span));
        Err(self.assertion(message, assert.span))
    }

    #[cold]
    fn assertion(&self, message: String, span: Span) -> Error<'h> {
        let diagnostic = Diagnostic::error("repx::eval::assertion", message);
        Error::new(self.local, ErrorKind::Catchable, diagnostic.at(span, "this is false"))
    }

    #[cold]
    fn in_assertion(&self, error: Error<'h>, span: Span) -> Error<'h> {
        if error.kind() != ErrorKind::Catchable {
            return error;
        }
        let text = self.condition_text(span);
        let frame = format!("while evaluating the condition of the assertion '{text}'");
        self.frame(error, span, frame)
    }

    /// A condition as Nix shows it: its tree, not its text.
    fn condition_text(&self, span: Span) -> String {
        let text = self.shared.sources.text(span).unwrap_or_default();
        let map = SourceMap::new();
        let Ok(file) = map.add("condition", text.as_str()) else {
            return text;
        };
        let parsed = parse(&file);
        if !parsed.diagnostics.is_empty() {
            return text;
        }
        let place = self.shared.sources.nix_place(span);
        let directory = place.as_ref().and_then(|place| place.path().parent());
        let directory = directory.unwrap_or(std::path::Path::new("/"));
        print::print(&parsed.root, print::Bases { directory, home: None })
    }

    /// Fails, saying where they differ, unless two values are equal (Nix's `assertEqValues`,
    /// whose walk is that of [`Evaluator::equal`]).
    fn assert_equal(&mut self, left: Value<'h>, right: Value<'h>, span: Span) -> Eval<'h, ()> {
        let number = |value| matches!(value, Value::Int(_) | Value::Float(_));
        if number(left) && number(right) {
            if self.equal(left, right)? {
                return Ok(());
            }
            return Err(self.differs(left, "with", right, span));
        }
        match (left, right) {
            (Value::List(a), Value::List(b)) if a.len() != b.len() => {
                let message = format!(
                    "list of size '{}' is not equal to list of size '{}', left hand side is '{}', right hand side is '{}'",
                    a.len(),
                    b.len(),
                    self.brief(left),
                    self.brief(right)
                );
                Err(self.assertion(message, span))
            }
            (Value::List(a), Value::List(b)) => {
                for (i, (x, y)) in a.items().iter().zip(b.items()).enumerate() {
                    let result = self.assert_equal_slots(*x, *y, span);
                    self.framed(result, span, || format!("while comparing list element {i}"))?;
                }
                Ok(())
            }
            (Value::Attrs(a), Value::Attrs(b)) => self.assert_equal_attrs(a, b, span),
            _ if left.type_name() != right.type_name() => {
                Err(self.differs(left, "of", right, span))
            }
            (Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_), _) => Err(self.assertion(
                "distinct functions and immediate comparisons of identical functions compare as unequal".to_owned(),
                span,
            )),
            _ if self.equal(left, right)? => Ok(()),
            _ => {
                let kind = match left {
                    Value::Bool(_) => "boolean",
                    Value::Text(_) => "string",
                    _ => "path",
                };
                let (a, b) = (self.brief(left), self.brief(right));
                let message = format!("{kind} '{a}' is not equal to {kind} '{b}'");
                Err(self.assertion(message, span))
            }
        }
    }

    fn assert_equal_slots(&mut self, left: Slot<'h>, right: Slot<'h>, span: Span) -> Eval<'h, ()> {
        self.nested(|ev| {
            let (a, b) = (ev.force(left)?, ev.force(right)?);
            if left.identical(right) { Ok(()) } else { ev.assert_equal(a, b, span) }
        })
    }

    fn assert_equal_attrs(&mut self, a: Attrs<'h>, b: Attrs<'h>, span: Span) -> Eval<'h, ()> {
        if let Some((x, y)) = self.derivation_outputs(a, b)? {
            let result = self.assert_equal_slots(x, y, span);
            let text = || "while comparing a derivation by its 'outPath' attribute".to_owned();
            return self.framed(result, span, text);
        }
        let (left, right) = (Value::Attrs(a), Value::Attrs(b));
        if a.len() != b.len() {
            let (x, y) = (self.brief(left), self.brief(right));
            let message =
                format!("attribute names of attribute set '{x}' differs from attribute set '{y}'");
            return Err(self.assertion(message, span));
        }
        for attr in a.by_name(self.local) {
            let name = attr.key.name;
            let Some(other) = b.attr(name) else {
                let (x, y) = (self.brief(left), self.brief(right));
                let message =
                    format!("attribute name '{name}' is contained in '{x}', but not in '{y}'");
                return Err(self.assertion(message, span));
            };
            if let Err(error) = self.assert_equal_slots(attr.slot, other.slot, span) {
                let error = self.frame(error, other.key.span, "where right hand side is");
                let error = self.frame(error, attr.key.span, "where left hand side is");
                return Err(self.frame(error, span, format!("while comparing attribute '{name}'")));
            }
        }
        Ok(())
    }

    /// `preposition`: whether values are told `with` or `of` their types.
    #[cold]
    fn differs(
        &self,
        left: Value<'h>,
        preposition: &str,
        right: Value<'h>,
        span: Span,
    ) -> Error<'h> {
        let message = format!(
            "{} {preposition} value '{}' is not equal to {} {preposition} value '{}'",
            self.kind(left),
            self.brief(left),
            self.kind(right),
            self.brief(right)
        );
        self.assertion(message, span)
    }
}
