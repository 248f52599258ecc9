//! What the builtins share: reading arguments, and making errors of other rooms' errors.

use std::fmt::Display;

use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::StoreDir;
use crate::value::{Attr, Attrs, Error, Slot, Value};
use crate::world::Made;

/// The error for a builtin that was called with another number of arguments than its row names.
/// The evaluator never does that.
#[cold]
pub(super) fn wrong_count<'h>(ev: &Evaluator<'h>, at: Span) -> Error<'h> {
    ev.error_at(at, "this builtin was given the wrong number of arguments")
}

/// Makes an error of this room of another room's.
pub(super) fn wrap<'h, T, E: Display>(
    ev: &Evaluator<'h>,
    at: Span,
    result: Result<T, E>,
) -> Eval<'h, T> {
    result.map_err(|error| ev.error_at(at, error.to_string()))
}

/// The text of bytes that must be UTF-8.
pub(super) fn utf8<'h, 'a>(
    ev: &Evaluator<'h>,
    at: Span,
    what: &str,
    bytes: &'a [u8],
) -> Eval<'h, &'a str> {
    std::str::from_utf8(bytes).map_err(|_| {
        let shown = String::from_utf8_lossy(bytes);
        ev.error_at(at, format!("the {what} '{shown}' is not valid UTF-8"))
    })
}

/// A value that is a string without context and valid UTF-8.
pub(super) fn plain_text<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    what: &str,
    at: Span,
) -> Eval<'h, &'h str> {
    let bytes = ev.plain_string(slot)?;
    utf8(ev, at, what, bytes)
}

/// The attribute of this name, if there is one.
pub(super) fn optional<'h>(attrs: Attrs<'h>, name: &str) -> Option<Slot<'h>> {
    attrs.get(Name::new(name))
}

/// The attribute of this name.
pub(super) fn required<'h>(
    ev: &mut Evaluator<'h>,
    attrs: Attrs<'h>,
    name: &str,
) -> Eval<'h, Slot<'h>> {
    ev.attribute(attrs, Name::new(name))
}

/// A set of values.
pub(super) fn set<'h>(ev: &Evaluator<'h>, pairs: Vec<(&str, Value<'h>)>) -> Value<'h> {
    let attrs = pairs
        .into_iter()
        .map(|(name, value)| Attr::new(Name::new(name), Span::NONE, value))
        .collect();
    Value::Attrs(Attrs::new(ev.local, attrs))
}

/// What this evaluation has made, for those who write it to the store.
pub fn made<'h>(ev: &Evaluator<'h>) -> Made<'h> {
    let shared = ev.shared;
    Made { world: shared.world, objects: shared.objects, derivations: shared.derivations }
}

/// The directory that store paths are computed for.
pub(super) fn store_dir() -> StoreDir {
    StoreDir::default()
}
