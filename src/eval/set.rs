//! Making attribute sets and environments of bindings.

use super::{Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::lower::{Bindings, Dynamic, Expr, RecSet};
use crate::source::Name;
use crate::value::{Attr, Attrs, Env, EnvBuilder, Outcome, Slot, Value};

impl<'h> Evaluator<'h> {
    #[inline(never)]
    pub(super) fn set(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Set(set) = expr else { return self.hole(expr, env) };
        let values = &set.values;
        let attrs = Attrs::fill(self.local, &set.keys, |i| match values.get(i) {
            Some(value) => self.delay(value, env),
            None => Slot::Value(Value::Null),
        });
        if set.dynamic.is_empty() {
            return Ok(Value::Attrs(attrs)).into();
        }
        self.with_dynamic(attrs, &set.dynamic, env).into()
    }

    #[inline(never)]
    pub(super) fn rec_set(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::RecSet(set) = expr else { return self.hole(expr, env) };
        self.recursive(set, env).into()
    }

    fn recursive(&mut self, set: &'h RecSet, env: Env<'h>) -> Eval<'h> {
        let names = set.bindings.values.len();
        let (env, attrs) = match set.overrides {
            None => {
                let env = self.fill(&set.bindings, env).finish();
                (env, Attrs::of(self.local, &set.bindings.keys, env.slots(names)))
            }
            Some(slot) => self.overridden(set, slot, env)?,
        };
        self.with_dynamic(attrs, &set.dynamic, env)
    }

    /// The environment of a `let`.
    #[inline]
    pub(super) fn let_bindings(&mut self, bindings: &'h Bindings, up: Env<'h>) -> Env<'h> {
        let mut builder = EnvBuilder::new(self.local, up, bindings.size());
        let env = builder.env();
        for (i, expr) in bindings.values.iter().chain(&bindings.hidden).enumerate() {
            builder.set(i, self.delay_binding(expr, env));
        }
        builder.finish()
    }

    /// The environment of a recursive set.
    fn fill(&mut self, bindings: &'h Bindings, up: Env<'h>) -> EnvBuilder<'h> {
        let mut builder = EnvBuilder::new(self.local, up, bindings.size());
        let env = builder.env();
        for (i, expr) in bindings.values.iter().chain(&bindings.hidden).enumerate() {
            builder.set(i, self.delay_within(expr, env));
        }
        builder
    }

    /// `rec { __overrides = …; }`: attributes of the overriding set replace those of the set for
    /// its own bindings too (Nix's oldest way of overriding, still part of the language).
    #[inline(never)]
    fn overridden(
        &mut self,
        set: &'h RecSet,
        slot: u32,
        up: Env<'h>,
    ) -> Eval<'h, (Env<'h>, Attrs<'h>)> {
        let mut builder = self.fill(&set.bindings, up);
        // All slots are set: forcing this one reads a complete environment. What it doesn't
        // need stays suspended and will see the overriding values.
        let overrides = self.attrs(builder.env().slot(slot))?;
        for (i, key) in set.bindings.keys.iter().enumerate() {
            if let Some(slot) = overrides.get(key.name) {
                builder.set(i, slot);
            }
        }
        let env = builder.finish();
        let own = Attrs::of(self.local, &set.bindings.keys, env.slots(set.bindings.values.len()));
        Ok((env, own.update(self.local, overrides)))
    }

    #[inline(never)]
    fn with_dynamic(&mut self, attrs: Attrs<'h>, dynamic: &'h [Dynamic], env: Env<'h>) -> Eval<'h> {
        if dynamic.is_empty() {
            return Ok(Value::Attrs(attrs));
        }
        let mut added: Vec<Attr<'h>> = Vec::with_capacity(dynamic.len());
        for item in dynamic {
            self.here = item.span;
            let Some(name) = self.attr_name_or_null(&item.name, env)? else {
                continue;
            };
            let before = added.iter().find(|a| a.key.name == name).copied();
            if let Some(first) = before.or_else(|| attrs.attr(name)) {
                return Err(self.error_with(
                    Diagnostic::error(
                        "repx::eval::duplicate-attribute",
                        format!("dynamic attribute '{name}' already defined"),
                    )
                    .at(item.span, "defined again")
                    .also(first.key.span, "first defined here"),
                ));
            }
            let slot = self.delay(&item.value, env);
            added.push(Attr::new(name, item.span, slot));
        }
        Ok(Value::Attrs(attrs.update(self.local, Attrs::new(self.local, added))))
    }

    /// The name an expression gives; null means that the attribute is left out.
    fn attr_name_or_null(&mut self, expr: &'h Expr, env: Env<'h>) -> Eval<'h, Option<Name>> {
        match self.expr(expr, env)? {
            Value::Null => Ok(None),
            value => self.name_of(value).map(Some),
        }
    }

    /// A string value as an attribute name.
    pub(super) fn name_of(&mut self, value: Value<'h>) -> Eval<'h, Name> {
        let text = self.plain_string(Slot::Value(value))?;
        Ok(Name::new(text))
    }
}
