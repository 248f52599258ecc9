//! Environments: what the names of an expression stand for.

#![allow(unsafe_code)] // bindings of `let` and `rec` refer to the environment they are part of

use std::cell::UnsafeCell;

use super::{Local, Slot, Value};

/// The slots of one scope, and the scope around it.
///
/// Lowering has turned every name into "so many scopes up, that slot".
pub struct Env<'h> {
    up: Option<&'h Env<'h>>,
    slots: &'h [EnvSlot<'h>],
}

#[repr(transparent)]
struct EnvSlot<'h>(UnsafeCell<Slot<'h>>);

// SAFETY: a slot is written only through `EnvBuilder`, by the thread that made the environment
// and before anything that refers to the environment can be forced (the builder is consumed
// first: see `EnvBuilder`); afterwards it is only read. Publication to other threads goes through
// the release store that fulfils a thunk or through the start of a thread.
unsafe impl Sync for EnvSlot<'_> {}

impl<'h> Env<'h> {
    /// The scope that holds nothing.
    pub fn empty(local: Local<'h>) -> &'h Env<'h> {
        local.alloc(Env { up: None, slots: &[] })
    }

    /// A scope of one slot: a simple parameter, or the set of a `with`.
    #[inline]
    pub fn one(local: Local<'h>, up: &'h Env<'h>, slot: Slot<'h>) -> &'h Env<'h> {
        let slots = local.fill(1, |_| EnvSlot(UnsafeCell::new(slot)));
        local.alloc(Env { up: Some(up), slots })
    }

    /// A scope with these slots.
    pub fn with_slots(local: Local<'h>, up: &'h Env<'h>, slots: &[Slot<'h>]) -> &'h Env<'h> {
        let slots = local.fill(slots.len(), |i| EnvSlot(UnsafeCell::new(slot_at(slots, i))));
        local.alloc(Env { up: Some(up), slots })
    }

    /// The slot `index` of this scope. Lowering only makes indices that exist; any other
    /// answers `null`.
    #[inline]
    pub fn slot(&self, index: u32) -> Slot<'h> {
        match self.slots.get(index as usize) {
            // SAFETY: no writer exists any more once an environment can be read (see `EnvSlot`).
            Some(slot) => unsafe { *slot.0.get() },
            None => Slot::Value(Value::Null),
        }
    }

    /// The scope `levels` further out.
    #[inline]
    pub fn up(&'h self, levels: u32) -> &'h Env<'h> {
        let mut env = self;
        for _ in 0..levels {
            match env.up {
                Some(up) => env = up,
                None => return env,
            }
        }
        env
    }

    /// The first `count` slots, to be shared with an attribute set made of them.
    pub fn slots(&self, count: usize) -> &'h [Slot<'h>] {
        let slots = self.slots.get(..count).unwrap_or(self.slots);
        // SAFETY: `EnvSlot` and `UnsafeCell` are `repr(transparent)`, and nothing is written any
        // more (see `EnvSlot`).
        unsafe { &*(std::ptr::from_ref(slots) as *const [Slot<'h>]) }
    }
}

fn slot_at<'h>(slots: &[Slot<'h>], index: usize) -> Slot<'h> {
    slots.get(index).copied().unwrap_or(Slot::Value(Value::Null))
}

/// An environment in the making, whose own bindings may already refer to it.
///
/// Whoever builds must not force anything that captured [`EnvBuilder::env`] before
/// [`EnvBuilder::finish`]; only the evaluator builds environments, and it only suspends
/// expressions in between. Until a slot is set it reads as `null`.
pub(crate) struct EnvBuilder<'h> {
    env: &'h Env<'h>,
    /// Keeps the builder on the thread that made it.
    not_send: std::marker::PhantomData<*const ()>,
}

impl<'h> EnvBuilder<'h> {
    /// Begins a scope of `size` slots within `up`.
    #[inline]
    pub(crate) fn new(local: Local<'h>, up: &'h Env<'h>, size: usize) -> EnvBuilder<'h> {
        let slots = local.fill(size, |_| EnvSlot(UnsafeCell::new(Slot::Value(Value::Null))));
        EnvBuilder {
            env: local.alloc(Env { up: Some(up), slots }),
            not_send: std::marker::PhantomData,
        }
    }

    /// The environment, for suspended expressions to capture.
    #[inline]
    pub(crate) fn env(&self) -> &'h Env<'h> {
        self.env
    }

    /// Gives slot `index` its meaning.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, slot: Slot<'h>) {
        if let Some(cell) = self.env.slots.get(index) {
            // SAFETY: this thread alone has the builder, and nothing reads the slot before
            // `finish` (contract above).
            unsafe { *cell.0.get() = slot }
        }
    }

    /// The finished environment.
    #[inline]
    pub(crate) fn finish(self) -> &'h Env<'h> {
        self.env
    }
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Env[{}]", self.slots.len())
    }
}
