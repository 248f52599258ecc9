//! Calling functions.

use super::{Eval, Evaluator, words};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lower::{self, Formals, Param};
use crate::source::{Name, Span};
use crate::value::{Attrs, BuiltinId, Closure, Env, EnvBuilder, Error, Partial, Slot, Value};

/// Calls after which an evaluation looks whether it has been asked to stop.
const CALLS_BETWEEN_LOOKS: u32 = 4096;

/// Calls with up to this many arguments keep them on the stack.
const FEW: usize = 4;

impl<'h> Evaluator<'h> {
    pub(super) fn call_expr(&mut self, call: &'h lower::Call, env: &'h Env<'h>) -> Eval<'h> {
        let function = self.expr(&call.function, env)?;
        let count = call.arguments.len();
        if count <= FEW {
            let mut few = [Slot::Value(Value::Null); FEW];
            for (slot, argument) in few.iter_mut().zip(&call.arguments) {
                *slot = self.delay(argument, env);
            }
            return self.call(function, few.get(..count).unwrap_or(&few), call.span);
        }
        let many: Vec<Slot<'h>> = call.arguments.iter().map(|a| self.delay(a, env)).collect();
        self.call(function, &many, call.span)
    }

    /// Applies a function to arguments, one after the other. `at` is the place of the call.
    pub fn call(&mut self, function: Value<'h>, arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        if self.depth >= self.shared.max_call_depth {
            return Err(self.stack_overflow());
        }
        self.check_stack()?;
        self.calls = self.calls.wrapping_add(1);
        if self.calls.is_multiple_of(CALLS_BETWEEN_LOOKS) {
            self.check_interrupt()?;
        }
        self.depth += 1;
        let result = self.apply(function, arguments, at);
        self.depth -= 1;
        result
    }

    fn apply(&mut self, mut function: Value<'h>, mut arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        while let Some((first, rest)) = arguments.split_first() {
            self.here = at;
            match function {
                Value::Lambda(closure) => {
                    function = self.enter(closure, *first, at)?;
                    arguments = rest;
                }
                Value::Builtin(id) => {
                    let Some((now, later)) = self.split(id, arguments) else {
                        return Ok(self.partial(id, arguments));
                    };
                    function = self.run_builtin(id, now, at)?;
                    arguments = later;
                }
                Value::Partial(partial) => {
                    let all = [partial.arguments, arguments].concat();
                    let Some((now, later)) = self.split(partial.builtin, &all) else {
                        return Ok(self.partial(partial.builtin, &all));
                    };
                    function = self.run_builtin(partial.builtin, now, at)?;
                    arguments = arguments.get(arguments.len() - later.len()..).unwrap_or_default();
                }
                Value::Attrs(attrs) => {
                    let Some(functor) = attrs.get(words().functor) else {
                        return Err(self.not_a_function(function, at));
                    };
                    let functor = self.force(functor)?;
                    // The functor gets the set itself, and what comes of that the argument. Both in
                    // one call: a functor that gives its own set again must come to an end.
                    function = self.call(functor, &[Slot::Value(function), *first], at)?;
                    arguments = rest;
                }
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Path(_)
                | Value::List(_) => return Err(self.not_a_function(function, at)),
            }
        }
        Ok(function)
    }

    /// The arguments a builtin takes now, and those for what it returns; `None`: too few.
    fn split<'a>(
        &self,
        id: BuiltinId,
        arguments: &'a [Slot<'h>],
    ) -> Option<(&'a [Slot<'h>], &'a [Slot<'h>])> {
        let arity = self.builtin(id).map_or(1, |builtin| builtin.arguments.len());
        arguments.split_at_checked(arity)
    }

    fn partial(&mut self, builtin: BuiltinId, arguments: &[Slot<'h>]) -> Value<'h> {
        let arguments = self.local.slice(arguments);
        Value::Partial(self.local.alloc(Partial { builtin, arguments }))
    }

    fn run_builtin(&mut self, id: BuiltinId, arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        let Some(builtin) = self.builtin(id) else {
            return Err(self.error_at(at, "this builtin doesn't exist"));
        };
        (builtin.run)(self, arguments, at)
            .map_err(|error| self.through_builtin(error, builtin.name, at))
    }

    #[cold]
    fn through_builtin(&self, error: Error<'h>, name: &str, at: Span) -> Error<'h> {
        self.frame(error, at, format!("while calling the '{name}' builtin"))
    }

    #[cold]
    fn not_a_function(&mut self, function: Value<'h>, at: Span) -> Error<'h> {
        let message = format!(
            "attempt to call something which is not a function but {}: {}",
            self.kind(function),
            self.brief(function)
        );
        self.error_with(
            Diagnostic::error("repx::eval::not-a-function", message)
                .at(at, format!("what is called here is {}", self.kind(function))),
        )
    }

    /// Evaluates a function's body with its argument bound.
    fn enter(&mut self, closure: &'h Closure<'h>, argument: Slot<'h>, at: Span) -> Eval<'h> {
        let lambda = closure.lambda;
        let env = match &lambda.param {
            Param::Name(_) => Env::one(self.local, closure.env, argument),
            Param::Formals(formals) => self.bind_formals(closure, formals, argument, at)?,
        };
        self.expr(&lambda.body, env).map_err(|error| self.through_lambda(error, lambda, at))
    }

    #[cold]
    fn through_lambda(&self, error: Error<'h>, lambda: &lower::Lambda, at: Span) -> Error<'h> {
        let text = match lambda.name {
            Some(name) => format!("while calling '{name}'"),
            None => "while calling a function".to_owned(),
        };
        self.frame(error, at, text)
    }

    fn bind_formals(
        &mut self,
        closure: &'h Closure<'h>,
        formals: &'h Formals,
        argument: Slot<'h>,
        at: Span,
    ) -> Eval<'h, &'h Env<'h>> {
        let given = match self.force(argument)? {
            Value::Attrs(attrs) => attrs,
            other => {
                let error = self.expected_at(at, "a set", other);
                return Err(self.through_lambda(error, closure.lambda, at));
            }
        };
        let count = formals.formals.len();
        let size = count + usize::from(formals.at.is_some());
        let mut builder = EnvBuilder::new(self.local, closure.env, size);
        let env = builder.env();
        let mut used = 0;
        for (i, formal) in formals.formals.iter().enumerate() {
            let slot = match (given.get(formal.key.name), &formal.default) {
                (Some(slot), _) => {
                    used += 1;
                    slot
                }
                (None, Some(default)) => self.delay_within(default, env),
                (None, None) => {
                    return Err(self.missing_argument(closure, formals, formal, given, at));
                }
            };
            builder.set(i, slot);
        }
        if formals.at.is_some() {
            builder.set(count, Slot::Value(Value::Attrs(given)));
        }
        if !formals.ellipsis && used < given.len() {
            return Err(self.unexpected_argument(closure, formals, given, at));
        }
        Ok(builder.finish())
    }

    #[cold]
    fn missing_argument(
        &self,
        closure: &'h Closure<'h>,
        formals: &Formals,
        formal: &lower::Formal,
        given: Attrs<'h>,
        at: Span,
    ) -> Error<'h> {
        let name = formal.key.name;
        let wanted = |name: &Name| formals.formals.iter().any(|f| f.key.name == *name);
        let spare = given.iter(self.local).map(|a| a.key.name).filter(|name| !wanted(name));
        let message = format!(
            "function '{}' called without required argument '{name}'",
            lambda_name(closure.lambda)
        );
        self.error_with(
            Diagnostic::error("repx::eval::missing-argument", message)
                .at(at, format!("`{name}` is not among the arguments"))
                .also(formal.key.span, "wanted here")
                .maybe_help(did_you_mean(&name.text(), spare.map(Name::text))),
        )
    }

    #[cold]
    fn unexpected_argument(
        &self,
        closure: &'h Closure<'h>,
        formals: &Formals,
        given: Attrs<'h>,
        at: Span,
    ) -> Error<'h> {
        let known = |name: Name| formals.formals.iter().any(|f| f.key.name == name);
        let by_name = given.by_name(self.local);
        let extra = by_name.iter().find(|attr| !known(attr.key.name));
        let Some(extra) = extra else {
            return self.error_at(at, "unexpected argument");
        };
        let name = extra.key.name;
        let message = format!(
            "function '{}' called with unexpected argument '{name}'",
            lambda_name(closure.lambda)
        );
        let wanted = formals.formals.iter().map(|f| f.key.name.text());
        self.error_with(
            Diagnostic::error("repx::eval::unexpected-argument", message)
                .at(extra.key.span, "given here")
                .also(formals.span, "the function takes these alone")
                .maybe_help(did_you_mean(&name.text(), wanted)),
        )
    }
}

fn lambda_name(lambda: &lower::Lambda) -> String {
    lambda.name.map_or_else(|| "anonymous lambda".to_owned(), |name| name.text().into_owned())
}
