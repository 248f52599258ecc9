//! `e.a.b or d` and `e ? a.b`.

use std::sync::PoisonError;

use super::fail::written;
use super::{Eval, Evaluator};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lower::{HasAttr, Select, Step};
use crate::source::{Name, Span};
use crate::value::{Attrs, Env, Error, Slot, Value};

impl<'h> Evaluator<'h> {
    pub(super) fn select(&mut self, select: &'h Select, env: Env<'h>) -> Eval<'h> {
        let mut value = self.expr(&select.from, env)?;
        let mut from_span = select.from_span;
        for step in &select.path {
            let (name, span) = self.step(step, env)?;
            let Value::Attrs(attrs) = value else {
                return match &select.default {
                    Some(default) => self.expr(default, env),
                    None => Err(self.expected_at(from_span, "a set", value)),
                };
            };
            let found = match step {
                Step::Static(_, hint) => attrs.get_near(name, hint),
                Step::Dynamic(..) => attrs.get(name),
            };
            value = match found {
                Some(slot) => {
                    self.here = span;
                    match self.force(slot) {
                        Ok(value) => value,
                        Err(error) => return Err(self.in_attribute(error, name, span)),
                    }
                }
                None => match (attrs.missing(), &select.default) {
                    (Some(missing), _) => {
                        let slot = self.ask_missing(missing, name, span)?;
                        self.force(slot)?
                    }
                    (None, Some(default)) => return self.expr(default, env),
                    (None, None) => return Err(self.missing_attribute(attrs, name, span)),
                },
            };
            from_span = from_span.to(span);
        }
        Ok(value)
    }

    #[cold]
    fn in_attribute(&mut self, error: Error<'h>, name: Name, span: Span) -> Error<'h> {
        self.frame(error, span, format!("while evaluating the attribute '{name}'"))
    }

    pub(super) fn has_attr(&mut self, has: &'h HasAttr, env: Env<'h>) -> Eval<'h> {
        let mut value = self.expr(&has.from, env)?;
        let last = has.path.len().saturating_sub(1);
        for (i, step) in has.path.iter().enumerate() {
            let (name, _) = self.step(step, env)?;
            let Value::Attrs(attrs) = value else {
                return Ok(Value::bool(false));
            };
            let Some(slot) = attrs.get(name) else {
                return Ok(Value::bool(false));
            };
            // The last attribute need only be there; it may even fail when forced.
            if i < last {
                value = self.force(slot)?;
            }
        }
        Ok(Value::bool(true))
    }

    #[inline]
    fn step(&mut self, step: &'h Step, env: Env<'h>) -> Eval<'h, (Name, Span)> {
        match step {
            Step::Static(key, _) => Ok((key.name, key.span)),
            Step::Dynamic(expr, span) => {
                let value = self.expr(expr, env)?;
                self.here = *span;
                Ok((self.name_of(value)?, *span))
            }
        }
    }

    /// Asks an open set for a name it doesn't list.
    pub fn ask_missing(&mut self, missing: Slot<'h>, name: Name, span: Span) -> Eval<'h, Slot<'h>> {
        let asked = &self.shared.asked;
        asked.lock().unwrap_or_else(PoisonError::into_inner).push((name, span));
        let function = self.force(missing)?;
        let argument = Slot::Value(self.text(name.bytes()));
        self.call(function, &[argument], span).map(Slot::Value)
    }

    /// The error for an attribute that isn't there.
    #[cold]
    pub fn missing_attribute(&self, attrs: Attrs<'h>, name: Name, span: Span) -> Error<'h> {
        let text = name.text();
        let names = attrs.iter(self.local).map(|attr| attr.key.name.text());
        self.error_with(
            Diagnostic::error(
                "repx::eval::missing-attribute",
                format!("attribute '{}' missing", written(name)),
            )
            .at(span, "no such attribute")
            .maybe_help(did_you_mean(&text, names)),
        )
    }

    /// The attribute of a set, or the error that it is missing.
    pub fn attribute(&mut self, attrs: Attrs<'h>, name: Name) -> Eval<'h, Slot<'h>> {
        match attrs.get(name) {
            Some(slot) => Ok(slot),
            None => Err(self.missing_attribute(attrs, name, self.here())),
        }
    }
}
