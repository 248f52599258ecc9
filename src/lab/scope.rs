//! Calling the functions of a lab's files.
//!
//! A lab, run, pipeline or stage file is a function of what it needs. It gets what it names out
//! of what is on offer, then out of the package set, as upstream's `callPackage` does; one that
//! names nothing (`_:`, `args:`) or has `...` gets everything on offer.

use super::Reader;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lower::Param;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Closure, Slot, Value};

/// What the functions of a lab's files may ask for.
#[derive(Clone)]
pub struct Offer<'h> {
    /// Names of ours.
    pub names: Vec<(Name, Slot<'h>)>,
    /// The package set.
    pub packages: Attrs<'h>,
}

impl<'h> Offer<'h> {
    /// The same offer with one name more, or another meaning for it.
    #[must_use]
    pub fn with(mut self, name: &str, slot: Slot<'h>) -> Offer<'h> {
        let name = Name::new(name);
        self.names.retain(|(other, _)| *other != name);
        self.names.push((name, slot));
        self
    }

    fn get(&self, name: Name) -> Option<Slot<'h>> {
        let own = self.names.iter().find(|(other, _)| *other == name);
        own.map(|(_, slot)| *slot).or_else(|| self.packages.get(name))
    }
}

/// A file or function of the lab, and the place that mentions it.
pub(super) struct Callee<'h> {
    pub(super) slot: Slot<'h>,
    pub(super) span: Span,
    /// What it is to be: "run", "pipeline", "stage".
    pub(super) role: &'static str,
}

impl<'h> Reader<'_, 'h> {
    /// The attribute set that a file or function of the lab gives. `None`: the reason is noted.
    pub(super) fn call_file(
        &mut self,
        callee: &Callee<'h>,
        offer: &Offer<'h>,
    ) -> Option<Attrs<'h>> {
        let role = callee.role;
        let context = |d: Diagnostic| d.within(callee.span, format!("while reading this {role}"));
        let value = self.evaluator.force(callee.slot);
        let value = self.take(value, context)?;
        let function = match value {
            Value::Path(path) => {
                let loader = self.evaluator.shared.loader;
                let value = loader.import(self.evaluator, path, callee.span);
                self.take(value, context)?
            }
            other => other,
        };
        let result = self.call_offered(function, callee, offer)?;
        match result {
            Value::Attrs(attrs) => Some(attrs),
            other => {
                let kind = other.a_type();
                self.report(
                    Diagnostic::error(
                        "repx::lab::not-a-set",
                        format!("this {role} gives {kind}, not an attribute set"),
                    )
                    .at(callee.span, format!("this {role}")),
                );
                None
            }
        }
    }

    /// The attribute set that the file of a run or stage gives; `span` is its name in the lab.
    /// What is wrong with the file itself is told at the place that names the file.
    pub(super) fn call_named(
        &mut self,
        slot: Slot<'h>,
        span: Span,
        role: &'static str,
        offer: &Offer<'h>,
    ) -> Option<Attrs<'h>> {
        let before = self.diagnostics.len();
        let result = self.call_file(&Callee { slot, span, role }, offer);
        if result.is_none()
            && self.diagnostics.len() > before
            && let Some(file) = self.places().first_argument(span)
        {
            for diagnostic in self.diagnostics.since(before) {
                let labels = diagnostic.primary.iter_mut().chain(&mut diagnostic.secondary);
                labels.filter(|label| label.span == span).for_each(|label| label.span = file);
            }
        }
        result
    }

    fn call_offered(
        &mut self,
        function: Value<'h>,
        callee: &Callee<'h>,
        offer: &Offer<'h>,
    ) -> Option<Value<'h>> {
        let role = callee.role;
        let argument = match function {
            Value::Lambda(closure) => self.argument(closure, callee, offer)?,
            Value::Builtin(_) | Value::Partial(_) => everything(self, offer),
            Value::Attrs(attrs) if attrs.has(crate::eval::words().functor) => {
                everything(self, offer)
            }
            other => {
                let kind = other.a_type();
                self.report(
                    Diagnostic::error(
                        "repx::lab::not-a-function",
                        format!("a {role} is a function, but this is {kind}"),
                    )
                    .at(callee.span, format!("this {role} is {kind}"))
                    .help("begin the file with `{ ... }:`, or with the arguments it needs: `{ pkgs, ... }:`"),
                );
                return None;
            }
        };
        let result =
            self.evaluator.call(function, &[Slot::Value(Value::Attrs(argument))], callee.span);
        self.take(result, |d| d.within(callee.span, format!("while reading this {role}")))
    }

    fn argument(
        &mut self,
        closure: &'h Closure<'h>,
        callee: &Callee<'h>,
        offer: &Offer<'h>,
    ) -> Option<Attrs<'h>> {
        let Param::Formals(formals) = &closure.lambda().param else {
            return Some(everything(self, offer));
        };
        let mut given = Vec::new();
        let mut missing = false;
        for formal in &formals.formals {
            let key = formal.key;
            match offer.get(key.name) {
                Some(slot) => given.push(Attr { key, slot }),
                None if formal.default.is_some() => {}
                None => {
                    missing = true;
                    self.nothing_called(key.name, key.span, callee, offer);
                }
            }
        }
        if missing {
            return None;
        }
        if formals.ellipsis {
            let named = |name: Name| formals.formals.iter().any(|f| f.key.name == name);
            let rest = offer.names.iter().filter(|(name, _)| !named(*name));
            given.extend(rest.map(|(name, slot)| Attr::new(*name, Span::NONE, *slot)));
        }
        Some(Attrs::new(self.evaluator.local, given))
    }

    fn nothing_called(&mut self, name: Name, span: Span, callee: &Callee<'h>, offer: &Offer<'h>) {
        let (text, role) = (name.text(), callee.role);
        let packages = offer.packages.iter(self.evaluator.local).map(|a| a.key.name.text());
        let names = offer.names.iter().map(|(name, _)| name.text()).chain(packages);
        let mut offered: Vec<_> = offer.names.iter().map(|(name, _)| name.text()).collect();
        offered.sort();
        let help = did_you_mean(&text, names).unwrap_or_else(|| {
            format!("on offer: {}, and the packages of pkgs", offered.join(", "))
        });
        self.report(
            Diagnostic::error(
                "repx::lab::unknown-argument",
                format!("this {role} asks for `{text}`, which nothing provides"),
            )
            .at(span, "asked for here")
            .also(callee.span, format!("the {role} is used here"))
            .help(help),
        );
    }
}

/// All names on offer as one argument.
fn everything<'h>(reader: &Reader<'_, 'h>, offer: &Offer<'h>) -> Attrs<'h> {
    let attrs = offer.names.iter().map(|(name, slot)| Attr::new(*name, Span::NONE, *slot));
    Attrs::new(reader.evaluator.local, attrs.collect())
}
