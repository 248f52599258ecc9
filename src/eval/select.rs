//! `e.a.b or d` and `e ? a.b`.

use std::sync::PoisonError;

use super::fail::written;
use super::{Eval, Evaluator};
use crate::diagnostic::{Diagnostic, Shown, did_you_mean, meant_by_nix};
use crate::lower::{Expr, HasAttr, Select, Step};
use crate::source::{Name, Span};
use crate::value::{Attrs, Env, Error, Frame, Outcome, Slot, Value};

/// Where a selection has got to when it goes wrong.
#[derive(Clone, Copy)]
struct Selection<'h> {
    select: &'h Select,
    env: Env<'h>,
    /// The set that the attribute found last was in.
    before: Option<Attrs<'h>>,
    /// Which step it was at.
    i: usize,
}

impl<'h> Evaluator<'h> {
    #[inline(never)]
    pub(super) fn select(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Select(select) = expr else { return self.hole(expr, env) };
        self.selected(select, env).into()
    }

    #[inline]
    fn selected(&mut self, select: &'h Select, env: Env<'h>) -> Eval<'h> {
        let mut value = self.expr(&select.from, env)?;
        // The set of the step before, for errors.
        let mut before: Option<Attrs<'h>> = None;
        for (i, step) in select.path.iter().enumerate() {
            let (name, span) = self.step(step, env)?;
            let Value::Attrs(attrs) = value else {
                return match &select.default {
                    Some(default) => self.expr(default, env),
                    None => Err(self.not_selected(value, Selection { select, env, before, i })),
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
                            let selection = Selection { select, env, before: Some(attrs), i };
                            return Err(self.through_attribute(error, name, span, selection));
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
                        let selection = Selection { select, env, before, i };
                        return Err(self.nothing_selected(attrs, (name, span), selection));
                    }
                },
            };
            before = Some(attrs);
        }
        Ok(value)
    }

    // Errors are made in functions of their own: what takes room on the stack here takes it at
    // every level of a recursion.

    /// An attribute was there, and failed.
    #[cold]
    #[inline(never)]
    fn through_attribute(
        &mut self,
        error: Error<'h>,
        name: Name,
        span: Span,
        selection: Selection<'h>,
    ) -> Error<'h> {
        let text = self.local.str(&format!("while evaluating the attribute '{name}'"));
        let error = error.within_for(self.local, Frame { span, text, shown: Shown::InLabs });
        self.in_selection(error, selection, Some(name))
    }

    /// There is no such attribute.
    #[cold]
    #[inline(never)]
    fn nothing_selected(
        &mut self,
        attrs: Attrs<'h>,
        (name, span): (Name, Span),
        selection: Selection<'h>,
    ) -> Error<'h> {
        let error = self.missing(attrs, name, span).at_for_nix(selection.select.from_span);
        let error = self.error_with(error.meant_for_nix(self.near(attrs, name)));
        let name = self.name_before(selection);
        self.in_selection(error, selection, name)
    }

    /// The name of the step before.
    fn name_before(&mut self, selection: Selection<'h>) -> Option<Name> {
        let step = selection.select.path.get(selection.i.checked_sub(1)?)?;
        self.step(step, selection.env).ok().map(|(name, _)| name)
    }

    /// Nix's frame of a selection: the whole path, and where the attribute was defined.
    #[cold]
    fn in_selection(
        &mut self,
        error: Error<'h>,
        selection: Selection<'h>,
        name: Option<Name>,
    ) -> Error<'h> {
        let Selection { select, env, before, i: _ } = selection;
        let (Some(attrs), Some(name)) = (before, name) else {
            return error;
        };
        let names = select.path.iter().map(|step| match self.step(step, env) {
            Ok((name, _)) => name.to_string(),
            Err(_) => "\"${…}\"".to_owned(),
        });
        let path = names.collect::<Vec<_>>().join(".");
        match attrs.attr(name) {
            Some(attr) if !attr.key.span.is_none() => {
                let text = format!("while evaluating the attribute '{path}'");
                self.frame_of_nix(error, attr.key.span, text)
            }
            Some(_) | None => error,
        }
    }

    /// What an attribute was to be selected from is no set.
    #[cold]
    #[inline(never)]
    fn not_selected(&mut self, value: Value<'h>, selection: Selection<'h>) -> Error<'h> {
        let Selection { select, env: _, before, i } = selection;
        let steps = select.path.iter().take(i);
        let from = steps.fold(select.from_span, |from, step| from.to(step.span()));
        let error = self.expected_at(from, "a set", value);
        let text = "while selecting an attribute";
        let name = self.name_before(selection);
        let (Some(attrs), Some(found)) = (before, name) else {
            return self.frame_of_nix(error, select.from_span, text);
        };
        let span = attrs.attr(found).map_or(select.from_span, |attr| attr.key.span);
        let error = self.frame_of_nix(error, span, text);
        self.in_selection(error, selection, name)
    }

    #[inline(never)]
    pub(super) fn has_attr(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::HasAttr(has) = expr else { return self.hole(expr, env) };
        self.has(has, env).into()
    }

    #[inline]
    fn has(&mut self, has: &'h HasAttr, env: Env<'h>) -> Eval<'h> {
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
