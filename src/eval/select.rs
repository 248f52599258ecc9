//! `e.a.b or d` and `e ? a.b`.

use std::sync::PoisonError;

use super::fail::written;
use super::{Eval, Evaluator};
use crate::diagnostic::{Diagnostic, Shown, did_you_mean, meant_by_nix};
use crate::lower::{HasAttr, Select, Step};
use crate::source::{Name, Span};
use crate::value::{Attrs, Env, Error, Frame, Slot, Value};

impl<'h> Evaluator<'h> {
    pub(super) fn select(&mut self, select: &'h Select, env: Env<'h>) -> Eval<'h> {
        let mut value = self.expr(&select.from, env)?;
        let mut from_span = select.from_span;
        // The attribute found last, for errors.
        let mut holder: Option<(Attrs<'h>, Name)> = None;
        for step in &select.path {
            let (name, span) = self.step(step, env)?;
            let Value::Attrs(attrs) = value else {
                return match &select.default {
                    Some(default) => self.expr(default, env),
                    None => {
                        let error = self.expected_at(from_span, "a set", value);
                        Err(self.not_selected(error, select, holder, env))
                    }
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
                        Err(error) => {
                            let error = self.in_attribute(error, name, span);
                            return Err(self.in_selection(error, select, (attrs, name), env));
                        }
                    }
                }
                None => match (attrs.missing(), &select.default) {
                    (Some(missing), _) => {
                        let slot = self.ask_missing(missing, name, span)?;
                        self.force(slot)?
                    }
                    (None, Some(default)) => return self.expr(default, env),
                    (None, None) => {
                        let error = self.missing(attrs, name, span);
                        let error = error.at_for_nix(select.from_span);
                        let error = self.error_with(error.meant_for_nix(self.near(attrs, name)));
                        return Err(match holder {
                            Some(holder) => self.in_selection(error, select, holder, env),
                            None => error,
                        });
                    }
                },
            };
            from_span = from_span.to(span);
            holder = Some((attrs, name));
        }
        Ok(value)
    }

    #[cold]
    fn in_attribute(&mut self, error: Error<'h>, name: Name, span: Span) -> Error<'h> {
        let text = self.local.str(&format!("while evaluating the attribute '{name}'"));
        error.within_for(self.local, Frame { span, text, shown: Shown::InLabs })
    }

    /// Nix's frame of a selection: the whole path, and where the attribute was defined.
    #[cold]
    fn in_selection(
        &mut self,
        error: Error<'h>,
        select: &'h Select,
        (attrs, name): (Attrs<'h>, Name),
        env: Env<'h>,
    ) -> Error<'h> {
        let names = select.path.iter().map(|step| match self.step(step, env) {
            Ok((name, _)) => name.to_string(),
            Err(_) => "\"${…}\"".to_owned(),
        });
        let path = names.collect::<Vec<_>>().join(".");
        let mut all = attrs.iter(self.local);
        match all.find(|attr| attr.key.name == name).map(|attr| attr.key.span) {
            Some(span) if !span.is_none() => {
                self.frame_of_nix(error, span, format!("while evaluating the attribute '{path}'"))
            }
            Some(_) | None => error,
        }
    }

    /// What an attribute was to be selected from is no set.
    #[cold]
    fn not_selected(
        &mut self,
        error: Error<'h>,
        select: &'h Select,
        holder: Option<(Attrs<'h>, Name)>,
        env: Env<'h>,
    ) -> Error<'h> {
        let text = "while selecting an attribute";
        match holder {
            None => self.frame_of_nix(error, select.from_span, text),
            Some((attrs, name)) => {
                let mut all = attrs.iter(self.local);
                let span = all.find(|attr| attr.key.name == name).map(|attr| attr.key.span);
                let error = self.frame_of_nix(error, span.unwrap_or(select.from_span), text);
                self.in_selection(error, select, (attrs, name), env)
            }
        }
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
        self.error_with(self.missing(attrs, name, span))
    }

    /// Nix's suggestions for a name that a set lacks.
    #[cold]
    fn near(&self, attrs: Attrs<'h>, name: Name) -> Option<String> {
        let names = attrs.iter(self.local).map(|attr| attr.key.name.text());
        meant_by_nix(&name.text(), names)
    }

    #[cold]
    fn missing(&self, attrs: Attrs<'h>, name: Name, span: Span) -> Diagnostic {
        let text = name.text();
        let names = attrs.iter(self.local).map(|attr| attr.key.name.text());
        Diagnostic::error(
            "repx::eval::missing-attribute",
            format!("attribute '{}' missing", written(name)),
        )
        .at(span, "no such attribute")
        .maybe_help(did_you_mean(&text, names))
    }

    /// The attribute of a set, or the error that it is missing.
    pub fn attribute(&mut self, attrs: Attrs<'h>, name: Name) -> Eval<'h, Slot<'h>> {
        match attrs.get(name) {
            Some(slot) => Ok(slot),
            None => Err(self.missing_attribute(attrs, name, self.here())),
        }
    }
}
