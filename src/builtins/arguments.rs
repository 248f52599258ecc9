//! What builtins do with their arguments: take them apart, and insist on types.
//!
//! Each function forces one slot and wants a type. `what` is Nix's phrase for the argument meant,
//! such as "the first argument passed to builtins.map": a frame of its trace says so, and the
//! label says the beginning.

use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::value::{Attrs, Error, List, Slot, Text, Value};

/// The arguments of a builtin by their number. The evaluator calls with exactly as many as the
/// row names; a missing one would read as null.
#[inline]
pub(super) fn slots<'h, const N: usize>(args: &[Slot<'h>]) -> [Slot<'h>; N] {
    debug_assert_eq!(args.len(), N);
    std::array::from_fn(|i| args.get(i).copied().unwrap_or(Slot::Value(Value::Null)))
}

/// Stops a long loop at `step` when the user has asked to.
#[inline]
pub(super) fn breathe<'h>(ev: &mut Evaluator<'h>, step: usize) -> Eval<'h, ()> {
    ev.breathe(step)
}

/// The error of a value that has the wrong type.
#[cold]
pub(super) fn mismatch<'h>(
    ev: &Evaluator<'h>,
    at: Span,
    what: &str,
    wanted: &str,
    got: Value<'h>,
) -> Error<'h> {
    let label = format!("{} is {}", brief(what), got.a_type());
    in_argument(ev, ev.expected_as(at, wanted, got, label), at, what)
}

/// A phrase of Nix's as a label at the call says it.
fn brief(what: &str) -> &str {
    if what.starts_with("the return value") {
        return "what the function returns";
    }
    what.split(" passed ").next().unwrap_or(what)
}

/// An error in an argument, told as Nix tells it.
#[cold]
pub(super) fn in_argument<'h>(
    ev: &Evaluator<'h>,
    error: Error<'h>,
    at: Span,
    what: &str,
) -> Error<'h> {
    ev.frame_of_nix(error, at, format!("while evaluating {what}"))
}

/// What is done with an argument; its errors are those of the argument.
pub(super) fn argument<'h, T>(
    ev: &mut Evaluator<'h>,
    at: Span,
    what: &str,
    work: impl FnOnce(&mut Evaluator<'h>) -> Eval<'h, T>,
) -> Eval<'h, T> {
    work(ev).map_err(|error| in_argument(ev, error, at, what))
}

/// A list.
#[inline]
pub(super) fn list<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, List<'h>> {
    match ev.force(slot)? {
        Value::List(list) => Ok(list),
        other => Err(mismatch(ev, at, what, "a list", other)),
    }
}

/// An attribute set.
#[inline]
pub(super) fn attrs<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, Attrs<'h>> {
    match ev.force(slot)? {
        Value::Attrs(attrs) => Ok(attrs),
        other => Err(mismatch(ev, at, what, "a set", other)),
    }
}

/// An integer.
#[inline]
pub(super) fn integer<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, i64> {
    match argument(ev, at, what, |ev| ev.force(slot))? {
        Value::Int(int) => Ok(int),
        other => Err(mismatch(ev, at, what, "an integer", other)),
    }
}

/// A Boolean.
#[inline]
pub(super) fn boolean<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, bool> {
    match argument(ev, at, what, |ev| ev.force(slot))? {
        Value::Bool(bool) => Ok(bool.get()),
        other => Err(mismatch(ev, at, what, "a Boolean", other)),
    }
}

/// A string; nothing else is made one.
#[inline]
pub(super) fn string<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, Text<'h>> {
    match argument(ev, at, what, |ev| ev.force(slot))? {
        Value::Text(text) => Ok(text),
        other => Err(mismatch(ev, at, what, "a string", other)),
    }
}

/// The name of an attribute: a string that must not refer to the store.
pub(super) fn name<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, Name> {
    let text = string(ev, slot, at, what)?;
    ev.name(Slot::Value(Value::Text(text)))
}

/// Something that can be called.
#[inline]
pub(super) fn function<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h> {
    let value = argument(ev, at, what, |ev| ev.force(slot))?;
    if ev.can_be_called(value) {
        Ok(value)
    } else {
        Err(mismatch(ev, at, what, "a function", value))
    }
}

/// Calls a predicate on one item.
#[inline]
pub(super) fn holds<'h>(
    ev: &mut Evaluator<'h>,
    predicate: Value<'h>,
    item: Slot<'h>,
    at: Span,
    what: &str,
) -> Eval<'h, bool> {
    let answer = ev.call(predicate, &[item], at)?;
    boolean(ev, Slot::Value(answer), at, what)
}
