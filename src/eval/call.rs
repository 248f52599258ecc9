//! Calling functions.

use super::fail::written;
use super::{Builtin, Eager, Eval, Evaluator, words};
use crate::diagnostic::{Diagnostic, Shown, did_you_mean, meant_by_nix};
use crate::lower::{self, Expr, Formals, Param};
use crate::source::{Name, Span};
use crate::value::{
    Attrs, BuiltinId, Closure, Env, EnvBuilder, Error, Frame, Outcome, Partial, Slot, Value,
};

/// Calls after which an evaluation looks whether it has been asked to stop.
const CALLS_BETWEEN_LOOKS: u32 = 4096;

/// Nix's frame of the place where a function is called.
const CALL_SITE: &str = "from call site";

/// Calls with up to this many arguments keep them on the stack.
const FEW: usize = 4;

/// Which argument may be evaluated on the way into a call.
#[derive(Clone, Copy)]
enum Early<'h> {
    None,
    /// Some, by this builtin.
    Builtin(&'h Builtin, &'h [Eager]),
    /// The second, by this function: the first only waits for it.
    Second(&'h lower::Lambda),
}

impl<'h> Evaluator<'h> {
    /// `f x y`
    #[inline(never)]
    pub(super) fn call_expr(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Call(call) = expr else { return self.hole(expr, env) };
        self.called(call, env).into()
    }

    #[inline]
    fn called(&mut self, call: &'h lower::Call, env: Env<'h>) -> Eval<'h> {
        if let Some(stand_ins) = self.shared.stand_ins
            && let Some(value) = self.kept_call(stand_ins, call, env)?
        {
            return Ok(value);
        }
        let function = self.expr(&call.function, env)?;
        self.counted(|ev| match (function, &*call.arguments) {
            (Value::Lambda(closure), [argument]) => {
                let lambda = closure.lambda();
                let argument = ev.argument(lambda, argument, env, call.span)?;
                ev.enter(lambda, closure.env(), argument, call.span)
            }
            _ => ev.call_other(function, call, env).get(),
        })
    }

    /// The slot of an argument for a function: its value where the function would ask for that
    /// at once.
    #[inline]
    fn argument(
        &mut self,
        lambda: &'h lower::Lambda,
        argument: &'h Expr,
        env: Env<'h>,
        at: Span,
    ) -> Eval<'h, Slot<'h>> {
        if !lambda.strict {
            return Ok(self.delay_argument(argument, env));
        }
        match self.expr(argument, env) {
            Ok(value) => Ok(Slot::Value(value)),
            Err(error) => Err(self.in_argument(error, lambda, at)),
        }
    }

    #[cold]
    fn in_argument(&self, error: Error<'h>, lambda: &lower::Lambda, at: Span) -> Error<'h> {
        match lambda.param {
            // Its formals are bound before it counts as called.
            Param::Formals(_) => error,
            Param::Name(_) => self.through_lambda(error, lambda, at),
        }
    }

    /// A call with several arguments, or of something not written in Nix; it has been counted.
    #[inline(never)]
    fn call_other(
        &mut self,
        function: Value<'h>,
        call: &'h lower::Call,
        env: Env<'h>,
    ) -> Outcome<'h> {
        self.other_called(function, call, env).into()
    }

    #[inline]
    fn other_called(
        &mut self,
        function: Value<'h>,
        call: &'h lower::Call,
        env: Env<'h>,
    ) -> Eval<'h> {
        let count = call.arguments.len();
        if count > FEW {
            return self.call_many(function, call, env);
        }
        let mut few = [Slot::Value(Value::Null); FEW];
        let early = self.early(function, count);
        for (i, (slot, argument)) in few.iter_mut().zip(&call.arguments).enumerate() {
            *slot = match early {
                Early::Builtin(_, eager) if eager.iter().any(|eager| eager.argument == i) => {
                    continue;
                }
                Early::Second(inner) if i == 1 => self.argument(inner, argument, env, call.span)?,
                Early::Builtin(..) | Early::Second(_) | Early::None => {
                    self.delay_argument(argument, env)
                }
            };
        }
        if let Early::Builtin(builtin, eager) = early {
            self.early_arguments(builtin, eager, call, env, &mut few)?;
        }
        self.apply(function, few.get(..count).unwrap_or(&few), call.span)
    }

    /// The arguments that a builtin evaluates before anything else, in its order.
    fn early_arguments(
        &mut self,
        builtin: &'h Builtin,
        eager: &'h [Eager],
        call: &'h lower::Call,
        env: Env<'h>,
        slots: &mut [Slot<'h>; FEW],
    ) -> Eval<'h, ()> {
        let mut certain = true;
        for Eager { argument: index, given } in eager {
            let [first, ..] = slots;
            certain = certain && given.is_none_or(|given| first.known().is_some_and(given));
            let (Some(slot), Some(argument)) = (slots.get_mut(*index), call.arguments.get(*index))
            else {
                continue;
            };
            *slot = if certain {
                match self.expr(argument, env) {
                    Ok(value) => Slot::Value(value),
                    Err(error) => return Err(self.through_builtin(error, builtin.name, call.span)),
                }
            } else {
                self.delay_argument(argument, env)
            };
        }
        Ok(())
    }

    /// Which of so many arguments the function evaluates before anything else.
    #[inline]
    fn early(&self, function: Value<'h>, count: usize) -> Early<'h> {
        match function {
            Value::Lambda(closure) => match closure.lambda().inner() {
                Some(inner) if inner.strict && count >= 2 => Early::Second(inner),
                Some(_) | None => Early::None,
            },
            Value::Builtin(id) => match (self.builtin(id), self.shared.eager.get(id.0 as usize)) {
                (Some(builtin), Some(eager))
                    if builtin.arguments.len() <= count && !eager.is_empty() =>
                {
                    Early::Builtin(builtin, eager)
                }
                (Some(_) | None, _) => Early::None,
            },
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Path(_)
            | Value::List(_)
            | Value::Attrs(_)
            | Value::Partial(_) => Early::None,
        }
    }

    #[inline(never)]
    fn call_many(&mut self, function: Value<'h>, call: &'h lower::Call, env: Env<'h>) -> Eval<'h> {
        let many: Vec<Slot<'h>> =
            call.arguments.iter().map(|a| self.delay_argument(a, env)).collect();
        self.apply(function, &many, call.span)
    }

    /// Applies a function to arguments, one after the other. `at` is the place of the call.
    pub fn call(&mut self, function: Value<'h>, arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        self.counted(|ev| ev.apply(function, arguments, at))
    }

    /// A call: a level further down, unless the user has had enough.
    #[inline]
    fn counted(&mut self, work: impl FnOnce(&mut Self) -> Eval<'h>) -> Eval<'h> {
        self.nested(|ev| {
            ev.calls = ev.calls.wrapping_add(1);
            if ev.calls.is_multiple_of(CALLS_BETWEEN_LOOKS) {
                ev.check_interrupt()?;
            }
            work(ev)
        })
    }

    #[inline]
    fn apply(&mut self, mut function: Value<'h>, mut arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        while let Some((first, rest)) = arguments.split_first() {
            self.here = at;
            match function {
                Value::Lambda(closure) => {
                    (function, arguments) = self.enter_with(closure, *first, rest, at)?;
                }
                Value::Builtin(id) => match self.builtin(id) {
                    Some(builtin) if builtin.arguments.len() == arguments.len() => {
                        return self.run_builtin(builtin, arguments, at);
                    }
                    _ => (function, arguments) = self.apply_builtin(id, arguments, at)?,
                },
                Value::Partial(partial) => {
                    (function, arguments) = self.apply_partial(partial, arguments, at)?;
                }
                Value::Attrs(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Path(_)
                | Value::List(_) => {
                    function = self.functor(function, *first, at)?;
                    arguments = rest;
                }
            }
        }
        Ok(function)
    }

    /// Begins the call of a closure, taking as many arguments as it has simple parameters one
    /// after the other: the functions in between, which nobody sees, are not made.
    #[inline]
    fn enter_with<'a>(
        &mut self,
        closure: &'h Closure<'h>,
        first: Slot<'h>,
        rest: &'a [Slot<'h>],
        at: Span,
    ) -> Eval<'h, (Value<'h>, &'a [Slot<'h>])> {
        let outer = closure.lambda();
        let ([second, rest @ ..], Some(inner)) = (rest, outer.inner()) else {
            return Ok((self.enter(outer, closure.env(), first, at)?, rest));
        };
        let around = Env::one(self.local, closure.env(), first);
        let result = self.enter(inner, around, *second, at)?;
        around.give_back(self.local);
        Ok((result, rest))
    }

    /// A builtin that has been given too few arguments, or more than it takes.
    #[inline(never)]
    fn apply_builtin<'a>(
        &mut self,
        id: BuiltinId,
        arguments: &'a [Slot<'h>],
        at: Span,
    ) -> Eval<'h, (Value<'h>, &'a [Slot<'h>])> {
        let Some(builtin) = self.builtin(id) else {
            return Err(self.error_at(at, "this builtin doesn't exist"));
        };
        match arguments.split_at_checked(builtin.arguments.len()) {
            Some((now, later)) => Ok((self.run_builtin(builtin, now, at)?, later)),
            None => Ok((self.partial(id, arguments), &[])),
        }
    }

    #[inline(never)]
    fn apply_partial<'a>(
        &mut self,
        partial: &'h Partial<'h>,
        arguments: &'a [Slot<'h>],
        at: Span,
    ) -> Eval<'h, (Value<'h>, &'a [Slot<'h>])> {
        let Some(builtin) = self.builtin(partial.builtin) else {
            return Err(self.error_at(at, "this builtin doesn't exist"));
        };
        let had = partial.arguments.len();
        let wanted = builtin.arguments.len().saturating_sub(had);
        let mut few = [Slot::Value(Value::Null); FEW];
        let Some((now, later)) = arguments.split_at_checked(wanted) else {
            let all = [partial.arguments, arguments].concat();
            return Ok((self.partial(partial.builtin, &all), &[]));
        };
        let result = match few.get_mut(..had + wanted) {
            Some(all) => {
                for (slot, given) in all.iter_mut().zip(partial.arguments.iter().chain(now)) {
                    *slot = *given;
                }
                self.run_builtin(builtin, all, at)?
            }
            None => self.run_builtin(builtin, &[partial.arguments, now].concat(), at)?,
        };
        Ok((result, later))
    }

    /// A set that stands for a function: its functor gets the set itself and then the argument, in
    /// a call within this one.
    #[inline(never)]
    fn functor(&mut self, function: Value<'h>, argument: Slot<'h>, at: Span) -> Eval<'h> {
        let Value::Attrs(attrs) = function else {
            return Err(self.not_a_function(function, at));
        };
        let Some(functor) = attrs.get(words().functor) else {
            return Err(self.not_a_function(function, at));
        };
        let functor = self.force(functor)?;
        self.call(functor, &[Slot::Value(function), argument], at)
    }

    fn partial(&mut self, builtin: BuiltinId, arguments: &[Slot<'h>]) -> Value<'h> {
        let arguments = self.local.slice(arguments);
        Value::Partial(self.local.alloc(Partial { builtin, arguments }))
    }

    #[inline]
    fn run_builtin(&mut self, builtin: &'h Builtin, arguments: &[Slot<'h>], at: Span) -> Eval<'h> {
        match (builtin.run)(self, arguments, at) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.through_builtin(error, builtin.name, at)),
        }
    }

    #[cold]
    fn through_builtin(&self, error: Error<'h>, name: &str, at: Span) -> Error<'h> {
        let text = self.local.str(&format!("while calling the '{name}' builtin"));
        // Nix leaves the frame out that would say only where another one comes from.
        let shown = if name == "addErrorContext" { Shown::InLabs } else { Shown::Always };
        error.within_for(self.local, Frame { span: at, text, shown })
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
    #[inline]
    fn enter(
        &mut self,
        lambda: &'h lower::Lambda,
        around: Env<'h>,
        argument: Slot<'h>,
        at: Span,
    ) -> Eval<'h> {
        self.here = at;
        let env = match &lambda.param {
            Param::Name(_) => Env::one(self.local, around, argument),
            Param::Formals(formals) => self.bind_formals(lambda, formals, around, argument, at)?,
        };
        let result = self.body(lambda, env, at);
        env.give_back(self.local);
        result
    }

    #[inline]
    fn body(&mut self, lambda: &'h lower::Lambda, env: Env<'h>, at: Span) -> Eval<'h> {
        match self.expr(&lambda.body, env) {
            Ok(value) => Ok(value),
            Err(error) => Err(self.through_lambda(error, lambda, at)),
        }
    }

    /// A function that takes a set of arguments was given something else.
    #[cold]
    #[inline(never)]
    fn no_set_of_arguments(&self, given: Value<'h>, lambda: &lower::Lambda, at: Span) -> Error<'h> {
        let error = self.expected_at(at, "a set", given);
        let text = "while evaluating the value passed for the lambda argument";
        let error = self.frame_of_nix(error, lambda.span, text);
        let text = self.while_calling(lambda).unwrap_or("while calling a function");
        let error = error.within_for(self.local, Frame { span: at, text, shown: Shown::InLabs });
        self.frame_of_nix(error, at, CALL_SITE)
    }

    /// What a frame says of a function that has a name.
    fn while_calling(&self, lambda: &lower::Lambda) -> Option<&'h str> {
        lambda.name.map(|name| self.local.str(&format!("while calling '{name}'")))
    }

    #[cold]
    #[inline(never)]
    fn through_lambda(&self, error: Error<'h>, lambda: &lower::Lambda, at: Span) -> Error<'h> {
        let named = self.while_calling(lambda);
        let ours = named.unwrap_or("while calling a function");
        let theirs = named.unwrap_or("while calling anonymous lambda");
        let (within, full) = (lambda.span, Shown::AsNixInFull);
        error
            .within_for(self.local, Frame { span: at, text: ours, shown: Shown::InLabs })
            .within_for(self.local, Frame { span: within, text: theirs, shown: full })
            .within_for(self.local, Frame { span: at, text: CALL_SITE, shown: full })
    }

    #[inline(never)]
    fn bind_formals(
        &mut self,
        lambda: &'h lower::Lambda,
        formals: &'h Formals,
        around: Env<'h>,
        argument: Slot<'h>,
        at: Span,
    ) -> Eval<'h, Env<'h>> {
        let given = match self.force(argument)? {
            Value::Attrs(attrs) => attrs,
            other => {
                return Err(self.no_set_of_arguments(other, lambda, at));
            }
        };
        let count = formals.formals.len();
        let size = count + usize::from(formals.at.is_some());
        let mut builder = EnvBuilder::new(self.local, around, size);
        let env = builder.env();
        let mut used = 0;
        for (i, formal) in formals.formals.iter().enumerate() {
            let slot = match (given.get_near(formal.key.name, &formal.hint), &formal.default) {
                (Some(slot), _) => {
                    used += 1;
                    slot
                }
                (None, Some(default)) => self.delay_binding(default, env),
                (None, None) => {
                    return Err(self.missing_argument(lambda, formals, formal, given, at));
                }
            };
            builder.set(i, slot);
        }
        if formals.at.is_some() {
            builder.set(count, Slot::Value(Value::Attrs(given)));
        }
        if !formals.ellipsis && used < given.len() {
            return Err(self.unexpected_argument(lambda, formals, given, at));
        }
        Ok(builder.finish())
    }

    #[cold]
    fn missing_argument(
        &self,
        lambda: &'h lower::Lambda,
        formals: &Formals,
        formal: &lower::Formal,
        given: Attrs<'h>,
        at: Span,
    ) -> Error<'h> {
        let name = formal.key.name;
        let wanted = |name: &Name| formals.formals.iter().any(|f| f.key.name == *name);
        let spare = given.iter(self.local).map(|a| a.key.name).filter(|name| !wanted(name));
        let message = format!(
            "function '{}' called without required argument '{}'",
            lambda_name(lambda),
            written(name)
        );
        let error = self.error_with(
            Diagnostic::error("repx::eval::missing-argument", message)
                .at(at, format!("`{name}` is not among the arguments"))
                .at_for_nix(lambda.span)
                .also(formal.key.span, "wanted here")
                .maybe_help(did_you_mean(&name.text(), spare.map(Name::text))),
        );
        self.frame_of_nix(error, at, CALL_SITE)
    }

    #[cold]
    fn unexpected_argument(
        &self,
        lambda: &'h lower::Lambda,
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
            "function '{}' called with unexpected argument '{}'",
            lambda_name(lambda),
            written(name)
        );
        let wanted = || formals.formals.iter().map(|f| f.key.name.text());
        let error = self.error_with(
            Diagnostic::error("repx::eval::unexpected-argument", message)
                .at(extra.key.span, "given here")
                .at_for_nix(lambda.span)
                .also(formals.span, "the function takes these alone")
                .maybe_help(did_you_mean(&name.text(), wanted()))
                .meant_for_nix(meant_by_nix(&name.text(), wanted())),
        );
        self.frame_of_nix(error, at, CALL_SITE)
    }
}

fn lambda_name(lambda: &lower::Lambda) -> String {
    lambda.name.map_or_else(|| "anonymous lambda".to_owned(), |name| name.text().into_owned())
}
