//! What evaluating gives, in two registers.

#![allow(unsafe_code)] // two words whose meaning depends on the first

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::{Error, Value};

/// A value or an error.
///
/// A `Result` of these is two words too, but one that functions return through memory: they would
/// write it, and their callers read it back, at every step of a program. Functions that a program
/// passes through at every step return this; whoever calls them makes a `Result` of it at once.
#[derive(Clone, Copy)]
#[must_use]
pub struct Outcome<'h> {
    tag: u64,
    payload: MaybeUninit<u64>,
    life: PhantomData<Value<'h>>,
}

/// A value as the two words that it is.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Words {
    pub(super) tag: u64,
    pub(super) payload: MaybeUninit<u64>,
}

const _: () = assert!(size_of::<Words>() == size_of::<Value<'static>>());
const _: () = assert!(size_of::<Error<'static>>() == size_of::<u64>());

/// Tags of values are smaller. The next one is what the compiler takes for an error in a `Result`
/// as well, so that going from one to the other costs nothing.
const FAILED: u64 = 11;

impl<'h> From<Result<Value<'h>, Error<'h>>> for Outcome<'h> {
    #[inline]
    fn from(result: Result<Value<'h>, Error<'h>>) -> Outcome<'h> {
        let Words { tag, payload } = match result {
            Ok(value) => value.into(),
            Err(error) => {
                // SAFETY: an error is one word.
                let payload = unsafe { std::mem::transmute::<Error<'h>, MaybeUninit<u64>>(error) };
                Words { tag: FAILED, payload }
            }
        };
        Outcome { tag, payload, life: PhantomData }
    }
}

impl<'h> From<Value<'h>> for Words {
    #[inline]
    fn from(value: Value<'h>) -> Words {
        // SAFETY: a value is a word for its tag and one that may be anything (`repr(u64)`).
        let words = unsafe { std::mem::transmute::<Value<'h>, Words>(value) };
        debug_assert!(words.tag < FAILED);
        words
    }
}

impl<'h> Outcome<'h> {
    /// As a `Result`.
    #[inline]
    pub fn get(self) -> Result<Value<'h>, Error<'h>> {
        let Outcome { tag, payload, .. } = self;
        // SAFETY: the tag says which of them the words were taken from, with that lifetime.
        unsafe {
            if tag == FAILED {
                Err(std::mem::transmute::<MaybeUninit<u64>, Error<'h>>(payload))
            } else {
                Ok(std::mem::transmute::<Words, Value<'h>>(Words { tag, payload }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;
    use crate::value::{Attrs, BuiltinId, ErrorKind, Heap, List, Partial, Path, Text};

    #[test]
    fn it_keeps_every_value_and_errors() {
        let heap = Heap::new();
        let local = heap.local();
        let values = [
            Value::Null,
            Value::bool(true),
            Value::Int(-5),
            Value::float(2.5),
            Value::Text(Text::new(local, "some text")),
            Value::Path(Path::new(local, b"/a")),
            Value::List(List::new(local, &[])),
            Value::Attrs(Attrs::empty()),
            Value::Builtin(BuiltinId(3)),
            Value::Partial(local.alloc(Partial { builtin: BuiltinId(3), arguments: &[] })),
        ];
        for value in values {
            let outcome = Outcome::from(Ok(value));
            assert_eq!(format!("{:?}", outcome.get().unwrap()), format!("{value:?}"));
        }
        let error = Error::new(local, ErrorKind::Catchable, Diagnostic::error("a::b", "wrong"));
        let Err(back) = Outcome::from(Err(error)).get() else { unreachable!("it failed") };
        assert_eq!(back.kind(), ErrorKind::Catchable);
    }
}
