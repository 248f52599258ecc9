//! Functions that are called without being asked: with the arguments from the command line.

use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator, words};
use crate::lower::{Formals, Param};
use crate::source::Span;
use crate::value::{Attrs, Slot, Value};

/// What a function that takes a set gives for these arguments; any other value is left as it is
/// (Nix's `autoCallFunction`).
pub(super) fn auto_call<'h>(
    ev: &mut Evaluator<'h>,
    arguments: Attrs<'h>,
    value: Value<'h>,
) -> Eval<'h> {
    match value {
        Value::Attrs(attrs) => {
            let Some(functor) = attrs.get(words().functor) else {
                return Ok(value);
            };
            let functor = ev.force(functor)?;
            let function = ev.call(functor, &[Slot::Value(value)], Span::NONE)?;
            auto_call(ev, arguments, function)
        }
        Value::Lambda(closure) => {
            let Param::Formals(formals) = &closure.lambda().param else {
                return Ok(value);
            };
            let given = fitting(ev, formals, arguments)?;
            ev.call(value, &[Slot::Value(Value::Attrs(given))], formals.span)
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Path(_)
        | Value::List(_)
        | Value::Builtin(_)
        | Value::Partial(_) => Ok(value),
    }
}

/// The arguments that a function takes.
fn fitting<'h>(
    ev: &mut Evaluator<'h>,
    formals: &Formals,
    arguments: Attrs<'h>,
) -> Eval<'h, Attrs<'h>> {
    let mut given = Vec::new();
    for formal in &formals.formals {
        match arguments.attr(formal.key.name) {
            Some(attr) => given.push(attr),
            None if formal.default.is_some() || formals.ellipsis => {}
            None => return Err(ev.error_with(missing(formal.key.name, formal.key.span))),
        }
    }
    // With `...` whatever there is is welcome; what is missing, the call itself will say.
    Ok(if formals.ellipsis { arguments } else { Attrs::new(ev.local, given) })
}

fn missing(name: crate::source::Name, span: Span) -> Diagnostic {
    let message = format!(
        "cannot evaluate a function that has an argument without a value ('{name}')\ngive it one with '--arg {name} EXPR' or '--argstr {name} TEXT'"
    );
    Diagnostic::error("repx::eval::missing-argument", message).at(span, "nothing is given for this")
}
