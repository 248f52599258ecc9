//! A computation that runs at most once, whoever asks for it.
//!
//! ```text
//! Suspended ──claim──▶ Claimed(by an evaluation) ──fulfil──▶ Done(value)
//!     ▲                        │                └──fail────▶ Failed(error)
//!     └────────abandon─────────┘   (interrupted: not an answer, so not kept)
//! ```
//! The module only keeps the state; it never runs code. Who meets a claim of its own has found
//! an infinite recursion; who meets another's waits (`eval::wait`).

#![allow(unsafe_code)] // a payload whose meaning depends on an atomic state

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{Env, Error, Local, Slot, Value};
use crate::lower::{Expr, Key};

/// One evaluation: a chain of forces on one stack. It owns claims, not the OS thread: two
/// evaluations that take turns on a thread must not mistake each other's claims for their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct EvaluationId(pub u32);

/// What a suspended thunk will do.
#[derive(Clone, Copy, Debug)]
pub enum Computation<'h> {
    /// Evaluate an expression in an environment.
    Eval(&'h Expr, Env<'h>),
    /// Apply a function to an argument; both live elsewhere and are shared.
    Apply(&'h Slot<'h>, &'h Slot<'h>),
    /// Apply a function to two arguments: function, first, second.
    Apply2(&'h [Slot<'h>; 3]),
    /// Apply a function to a number.
    ApplyNumber(&'h Slot<'h>, i64),
    /// Apply a function to the name and the value of one of many attributes.
    ApplyNamed(&'h NamedCalls<'h>, usize),
    /// Note that a watched value was asked for, and give it.
    Watched(&'h Watch<'h>, usize),
}

/// Values, and which of them were asked for: what the thunks of a watched set share.
///
/// Whoever evaluates something with such thunks can say afterwards what the result depends on.
#[derive(Debug)]
pub struct Watch<'h> {
    values: &'h [Slot<'h>],
    /// For each value which one it was in the order of asking, counted from 1; 0: not asked for.
    asked: &'h [AtomicU32],
    count: AtomicU32,
}

impl<'h> Watch<'h> {
    /// Nothing has been asked for yet.
    pub fn new(local: Local<'h>, values: &[Slot<'h>]) -> &'h Watch<'h> {
        local.alloc(Watch {
            values: local.slice(values),
            asked: local.fill(values.len(), |_| AtomicU32::new(0)),
            count: AtomicU32::new(0),
        })
    }

    /// Takes note that a value is asked for.
    pub fn ask(&self, index: usize) -> Slot<'h> {
        if let Some(asked) = self.asked.get(index)
            && asked.load(Ordering::Relaxed) == 0
        {
            asked.store(self.count.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.values.get(index).copied().unwrap_or(Slot::Value(Value::Null))
    }

    /// The values that were asked for, in that order.
    pub fn asked(&self) -> Vec<usize> {
        let order = |index: &usize| self.asked.get(*index).map_or(0, |a| a.load(Ordering::Relaxed));
        let mut asked: Vec<usize> = (0..self.asked.len()).filter(|i| order(i) > 0).collect();
        asked.sort_by_key(order);
        asked
    }
}

/// A function to be applied to names and values: what the thunks of a mapped set share.
#[derive(Debug)]
pub struct NamedCalls<'h> {
    /// The function.
    pub function: Slot<'h>,
    /// The names.
    pub keys: &'h [Key],
    /// The values, one each.
    pub slots: &'h [Slot<'h>],
}

/// A slot's place for a value that is not known yet.
pub struct Thunk<'h> {
    state: AtomicU64,
    payload: UnsafeCell<Payload<'h>>,
}

#[derive(Clone, Copy)]
union Payload<'h> {
    eval: (&'h Expr, Env<'h>),
    apply: (&'h Slot<'h>, &'h Slot<'h>),
    apply2: &'h [Slot<'h>; 3],
    apply_number: (&'h Slot<'h>, i64),
    apply_named: (&'h NamedCalls<'h>, usize),
    watched: (&'h Watch<'h>, usize),
    value: Value<'h>,
    error: Error<'h>,
}

const EVAL: u64 = 0;
const APPLY: u64 = 1;
const APPLY2: u64 = 2;
const APPLY_NUMBER: u64 = 3;
const APPLY_NAMED: u64 = 4;
const DONE: u64 = 5;
const FAILED: u64 = 6;
const CLAIMED: u64 = 7;
const WATCHED: u64 = 8;
const KIND: u64 = 0b1111;
/// Somebody waits: whoever ends the claim must wake them.
const WAITED_FOR: u64 = 0b1_0000;
/// Bits 5..9 of a claimed state hold the kind it had, to go back to when abandoned.
const KIND_BEFORE: u32 = 5;
const OWNER: u32 = 32;

// SAFETY: the payload is written only by the claim's owner, before the release store that makes
// the new state visible, and read only after an acquire load of a state that says what it holds.
// Everything it can hold is itself `Send + Sync`.
unsafe impl Sync for Thunk<'_> {}
// SAFETY: nothing in a thunk is bound to the thread that made it.
unsafe impl Send for Thunk<'_> {}

/// What one finds in a thunk.
pub enum Forced<'h> {
    /// It is done.
    Value(Value<'h>),
    /// It failed, now or earlier.
    Failed(Error<'h>),
    /// It was suspended; the caller now owns it and must end the claim.
    Claimed(Claim<'h>, Computation<'h>),
    /// That evaluation is at work on it.
    Busy(EvaluationId),
}

/// The duty to end a computation: fulfil, fail or abandon. Dropped, it abandons.
#[must_use]
pub struct Claim<'h> {
    thunk: &'h Thunk<'h>,
    /// A claim is ended on the thread that made it: `claimed_expr` relies on that.
    not_send: std::marker::PhantomData<*const ()>,
}

impl<'h> Thunk<'h> {
    /// A suspended expression.
    #[inline]
    pub fn suspend(local: Local<'h>, expr: &'h Expr, env: Env<'h>) -> &'h Thunk<'h> {
        env.capture();
        local.alloc(Thunk {
            state: AtomicU64::new(EVAL),
            payload: UnsafeCell::new(Payload { eval: (expr, env) }),
        })
    }

    /// A suspended application.
    #[inline]
    pub fn apply(
        local: Local<'h>,
        function: &'h Slot<'h>,
        argument: &'h Slot<'h>,
    ) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(APPLY),
            payload: UnsafeCell::new(Payload { apply: (function, argument) }),
        })
    }

    /// A suspended application to two arguments.
    pub fn apply2(local: Local<'h>, call: [Slot<'h>; 3]) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(APPLY2),
            payload: UnsafeCell::new(Payload { apply2: local.alloc(call) }),
        })
    }

    /// A suspended application to a number.
    #[inline]
    pub fn apply_number(local: Local<'h>, function: &'h Slot<'h>, number: i64) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(APPLY_NUMBER),
            payload: UnsafeCell::new(Payload { apply_number: (function, number) }),
        })
    }

    /// A suspended application to the name and value of the attribute `index`.
    #[inline]
    pub fn apply_named(local: Local<'h>, calls: &'h NamedCalls<'h>, index: usize) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(APPLY_NAMED),
            payload: UnsafeCell::new(Payload { apply_named: (calls, index) }),
        })
    }

    /// The value `index` of those watched.
    pub fn watched(local: Local<'h>, watch: &'h Watch<'h>, index: usize) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(WATCHED),
            payload: UnsafeCell::new(Payload { watched: (watch, index) }),
        })
    }

    /// A computation that has failed already.
    pub fn failed(local: Local<'h>, error: Error<'h>) -> &'h Thunk<'h> {
        local.alloc(Thunk {
            state: AtomicU64::new(FAILED),
            payload: UnsafeCell::new(Payload { error }),
        })
    }

    /// The value, if it is known.
    #[inline]
    pub fn done(&self) -> Option<Value<'h>> {
        if self.state.load(Ordering::Acquire) == DONE {
            // SAFETY: in state DONE the payload is a value and never changes again.
            Some(unsafe { (*self.payload.get()).value })
        } else {
            None
        }
    }

    /// Looks, and claims what is suspended for `me`.
    #[inline]
    pub fn look(&'h self, me: EvaluationId) -> Forced<'h> {
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            match state & KIND {
                // SAFETY: the acquire load (or the failed exchange below) saw DONE.
                DONE => return Forced::Value(unsafe { (*self.payload.get()).value }),
                // SAFETY: likewise FAILED.
                FAILED => return Forced::Failed(unsafe { (*self.payload.get()).error }),
                CLAIMED => return Forced::Busy(EvaluationId((state >> OWNER) as u32)),
                kind => {
                    let claimed = CLAIMED | kind << KIND_BEFORE | u64::from(me.0) << OWNER;
                    match self.state.compare_exchange(
                        state,
                        claimed,
                        Ordering::Acquire,
                        Ordering::Acquire,
                    ) {
                        Ok(_) => {
                            return Forced::Claimed(
                                Claim { thunk: self, not_send: std::marker::PhantomData },
                                self.computation(kind),
                            );
                        }
                        Err(now) => state = now,
                    }
                }
            }
        }
    }

    #[inline]
    fn computation(&self, kind: u64) -> Computation<'h> {
        // SAFETY: the caller has just claimed the thunk out of the suspended state `kind`, which
        // names the payload's field; the owner alone may write, and hasn't yet.
        unsafe {
            let payload = *self.payload.get();
            match kind {
                EVAL => Computation::Eval(payload.eval.0, payload.eval.1),
                APPLY => Computation::Apply(payload.apply.0, payload.apply.1),
                APPLY_NUMBER => {
                    Computation::ApplyNumber(payload.apply_number.0, payload.apply_number.1)
                }
                APPLY_NAMED => {
                    Computation::ApplyNamed(payload.apply_named.0, payload.apply_named.1)
                }
                WATCHED => Computation::Watched(payload.watched.0, payload.watched.1),
                _ => Computation::Apply2(payload.apply2),
            }
        }
    }

    /// The expression that `me` is evaluating to fill this thunk, for an error message. `None`
    /// when there is no such expression or the claim is another's.
    pub(crate) fn claimed_expr(&self, me: EvaluationId) -> Option<&'h Expr> {
        let state = self.state.load(Ordering::Acquire);
        let mine = state & KIND == CLAIMED && (state >> OWNER) as u32 == me.0;
        let was_eval = state >> KIND_BEFORE & KIND == EVAL;
        // SAFETY: a claimed thunk keeps its payload until its owner, who is asking, ends the
        // claim.
        (mine && was_eval).then(|| unsafe { (*self.payload.get()).eval.0 })
    }

    /// Is `me` at work on it?
    pub fn is_claimed_by(&self, me: EvaluationId) -> bool {
        let state = self.state.load(Ordering::Acquire);
        state & KIND == CLAIMED && (state >> OWNER) as u32 == me.0
    }

    /// Marks that somebody is going to wait for `owner`. False when that claim is no more, even if
    /// another has taken its place: look again, or one would wait for the wrong one.
    pub fn announce_wait(&self, owner: EvaluationId) -> bool {
        let mut state = self.state.load(Ordering::Acquire);
        while state & KIND == CLAIMED && (state >> OWNER) as u32 == owner.0 {
            match self.state.compare_exchange(
                state,
                state | WAITED_FOR,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }
}

impl<'h> Claim<'h> {
    /// Ends the claim with a value. True when somebody waits and must be woken.
    #[inline]
    pub fn fulfil(self, value: Value<'h>) -> bool {
        self.end(DONE, Payload { value })
    }

    /// Ends the claim with an error that every later force gets too.
    pub fn fail(self, error: Error<'h>) -> bool {
        self.end(FAILED, Payload { error })
    }

    /// Puts the thunk back to sleep, as if it had never been claimed.
    pub fn abandon(self) -> bool {
        let thunk = self.thunk;
        std::mem::forget(self);
        thunk.unclaim()
    }

    #[inline]
    fn end(self, state: u64, payload: Payload<'h>) -> bool {
        let thunk = self.thunk;
        std::mem::forget(self);
        // SAFETY: this claim is the only one, and readers wait for the release store below.
        unsafe { *thunk.payload.get() = payload };
        thunk.state.swap(state, Ordering::AcqRel) & WAITED_FOR != 0
    }
}

impl Thunk<'_> {
    fn unclaim(&self) -> bool {
        // The payload of a claimed thunk is untouched, so its old kind is all there is to restore.
        let before = self.state.load(Ordering::Relaxed) >> KIND_BEFORE & KIND;
        self.state.swap(before, Ordering::AcqRel) & WAITED_FOR != 0
    }
}

impl Drop for Claim<'_> {
    /// A panic unwinds through the owner: others must not wait for ever.
    fn drop(&mut self) {
        self.thunk.unclaim();
    }
}

impl std::fmt::Debug for Thunk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.done() {
            Some(value) => write!(f, "Done({value:?})"),
            None => f.write_str("Thunk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Heap;

    const ME: EvaluationId = EvaluationId(7);
    const YOU: EvaluationId = EvaluationId(8);

    fn thunk(local: Local<'_>) -> &Thunk<'_> {
        let slot = local.alloc(Slot::Value(Value::Int(1)));
        Thunk::apply(local, slot, slot)
    }

    #[test]
    fn a_claim_is_seen_and_ends() {
        let heap = Heap::new();
        let thunk = thunk(heap.local());
        let Forced::Claimed(claim, Computation::Apply(..)) = thunk.look(ME) else {
            unreachable!("a fresh thunk can be claimed")
        };
        assert!(matches!(thunk.look(YOU), Forced::Busy(ME)));
        assert!(matches!(thunk.look(ME), Forced::Busy(ME)));
        assert!(!thunk.announce_wait(YOU), "not their claim");
        assert!(thunk.announce_wait(ME));
        assert!(claim.fulfil(Value::Int(3)), "a waiter must be woken");
        assert!(matches!(thunk.done(), Some(Value::Int(3))));
        assert!(!thunk.announce_wait(ME));
    }

    #[test]
    fn an_abandoned_thunk_can_be_claimed_again() {
        let heap = Heap::new();
        let thunk = thunk(heap.local());
        for _ in 0..2 {
            let Forced::Claimed(claim, Computation::Apply(f, _)) = thunk.look(ME) else {
                unreachable!("suspended again")
            };
            assert!(matches!(f, Slot::Value(Value::Int(1))));
            assert!(!claim.abandon());
        }
    }

    #[test]
    fn a_watch_knows_what_was_asked_for_and_when() {
        let heap = Heap::new();
        let local = heap.local();
        let values: Vec<Slot<'_>> = (0..4).map(|i| Slot::Value(Value::Int(i))).collect();
        let watch = Watch::new(local, &values);
        for index in [2, 0, 2, 9] {
            let Forced::Claimed(claim, Computation::Watched(watch, at)) =
                Thunk::watched(local, watch, index).look(ME)
            else {
                unreachable!("a fresh thunk can be claimed")
            };
            let Slot::Value(value) = watch.ask(at) else { unreachable!("all are known") };
            claim.fulfil(value);
        }
        assert_eq!(watch.asked(), [2, 0]);
    }

    #[test]
    fn of_many_threads_one_claims() {
        for _ in 0..200 {
            let heap = Heap::new();
            let thunk = thunk(heap.local());
            let claims: usize = std::thread::scope(|scope| {
                let all: Vec<_> = (0..4)
                    .map(|id| {
                        scope.spawn(move || match thunk.look(EvaluationId(id)) {
                            Forced::Claimed(claim, _) => {
                                claim.fulfil(Value::Int(i64::from(id)));
                                1
                            }
                            Forced::Value(_) | Forced::Busy(_) | Forced::Failed(_) => 0,
                        })
                    })
                    .collect();
                all.into_iter().map(|t| t.join().unwrap()).sum()
            });
            assert_eq!(claims, 1);
            assert!(thunk.done().is_some());
        }
    }
}
