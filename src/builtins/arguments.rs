//! What builtins do with their arguments: take them apart, and insist on types.
//!
//! Each function forces one slot and wants a type; its error says in the label which argument
//! was wrong ([`FIRST`], [`RESULT`], …), in its message what Nix says.

use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::value::{Attrs, Error, List, Slot, Text, Value};

/// For labels: the argument meant.
pub(super) const FIRST: &str = "the first argument";
/// For labels: the argument meant.
pub(super) const SECOND: &str = "the second argument";
/// For labels: the argument meant.
pub(super) const THIRD: &str = "the third argument";
/// For labels: an element of a list that was given.
pub(super) const ELEMENT: &str = "an element of the list";
/// For labels: what a function that was given has returned.
pub(super) const RESULT: &str = "what the function returns";

/// Loops that could run long look for an interruption every so many steps.
const STEPS: usize = 4096;

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
    if step % STEPS == STEPS - 1 { ev.check_interrupt() } else { Ok(()) }
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
    ev.expected_as(at, wanted, got, format!("{what} is {}", got.a_type()))
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
    match ev.force(slot)? {
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
    match ev.force(slot)? {
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
    match ev.force(slot)? {
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
    let value = ev.force(slot)?;
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
) -> Eval<'h, bool> {
    let answer = ev.call(predicate, &[item], at)?;
    boolean(ev, Slot::Value(answer), at, RESULT)
}
