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
use std::mem::MaybeUninit;
use std::ptr::without_provenance_mut;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::outcome::Words;
use super::{Attrs, Env, Error, Local, Slot, Value};
use crate::lower::Expr;

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
    /// The names and their values.
    pub set: Attrs<'h>,
}

/// A slot's place for a value that is not known yet: two words.
///
/// The first says what state it is in. Suspended: where the code or function is, and in the lowest
/// bits the kind of computation. Claimed: by whom. Done: the first word of the value, its tag.
/// Failed: `FAILED`. What the second is depends on that.
pub struct Thunk<'h> {
    state: AtomicPtr<()>,
    rest: UnsafeCell<Rest<'h>>,
}

/// The second word.
#[derive(Clone, Copy)]
union Rest<'h> {
    /// Suspended, by kind of computation.
    env: Env<'h>,
    argument: &'h Slot<'h>,
    number: i64,
    index: usize,
    nothing: (),
    /// Claimed: what the first word was before.
    before: *mut (),
    /// Done.
    payload: MaybeUninit<u64>,
    /// Failed.
    error: Error<'h>,
}

// Kinds of computation.
const EVAL: usize = 0;
const APPLY: usize = 1;
const APPLY2: usize = 2;
const APPLY_NUMBER: usize = 3;
const APPLY_NAMED: usize = 4;
const WATCHED: usize = 5;
/// The bits that hold them.
const KIND: usize = 0b111;
/// Tags of values are smaller, addresses and what is claimed larger.
const FAILED: usize = 15;
const CLAIMED: usize = 0b1_0111;
/// Somebody waits: whoever ends the claim must wake them.
const WAITED_FOR: usize = 0b1000;
/// Of a suspended thunk: it sleeps because who evaluates ahead of its turn must not end it. (No
/// address has this bit.)
const LEFT: usize = 1 << 62;
/// Bits from here on hold the owner of a claim.
const OWNER: u32 = 32;

const _: () = assert!(usize::BITS == 64);
const _: () = assert!(align_of::<Expr>() > KIND);
const _: () = assert!(align_of::<Slot<'static>>() > KIND);
const _: () = assert!(align_of::<NamedCalls<'static>>() > KIND);

// SAFETY: the second word is written only by the claim's owner, before the release store that
// makes the new state visible, and read by others only after an acquire load of a state that says
// what it holds. Everything the words can hold is itself `Send + Sync`.
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

/// Who else may get at a thunk at this moment.
///
/// Where nobody can, a claim needs none of the operations that keep threads apart, of which two
/// for each thunk are a good part of what forcing costs. Whoever says `None` must be the one thread
/// that knows the thunk: whatever makes a second one know it, or wakes one that does, must first
/// have made it say `Others`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Company {
    /// This thread is alone with it.
    None,
    /// Other threads may be about.
    Others,
}

/// The duty to end a computation: fulfil, fail or abandon. Dropped, it abandons.
#[must_use]
pub struct Claim<'h> {
    thunk: &'h Thunk<'h>,
    /// Its words before, to go back to when abandoned.
    before: *mut (),
    rest: Rest<'h>,
    /// A claim is ended on the thread that made it: `claimed_expr` relies on that.
    not_send: std::marker::PhantomData<*const ()>,
}

impl<'h> Thunk<'h> {
    #[inline]
    fn suspended<T>(local: Local<'h>, kind: usize, what: &'h T, rest: Rest<'h>) -> &'h Thunk<'h> {
        const { assert!(align_of::<T>() > KIND) };
        let what: *mut () = std::ptr::from_ref(what).cast_mut().cast();
        let state = AtomicPtr::new(what.map_addr(|address| address | kind));
        local.alloc(Thunk { state, rest: UnsafeCell::new(rest) })
    }

    /// A suspended expression.
    #[inline]
    pub fn suspend(local: Local<'h>, expr: &'h Expr, env: Env<'h>) -> &'h Thunk<'h> {
        env.capture();
        Thunk::suspended(local, EVAL, expr, Rest { env })
    }

    /// A suspended application.
    #[inline]
    pub fn apply(
        local: Local<'h>,
        function: &'h Slot<'h>,
        argument: &'h Slot<'h>,
    ) -> &'h Thunk<'h> {
        Thunk::suspended(local, APPLY, function, Rest { argument })
    }

    /// A suspended application to two arguments.
    pub fn apply2(local: Local<'h>, call: [Slot<'h>; 3]) -> &'h Thunk<'h> {
        Thunk::suspended(local, APPLY2, local.alloc(call), Rest { nothing: () })
    }

    /// A suspended application to a number.
    #[inline]
    pub fn apply_number(local: Local<'h>, function: &'h Slot<'h>, number: i64) -> &'h Thunk<'h> {
        Thunk::suspended(local, APPLY_NUMBER, function, Rest { number })
    }

    /// A suspended application to the name and value of the attribute `index`.
    #[inline]
    pub fn apply_named(local: Local<'h>, calls: &'h NamedCalls<'h>, index: usize) -> &'h Thunk<'h> {
        Thunk::suspended(local, APPLY_NAMED, calls, Rest { index })
    }

    /// The value `index` of those watched.
    pub fn watched(local: Local<'h>, watch: &'h Watch<'h>, index: usize) -> &'h Thunk<'h> {
        Thunk::suspended(local, WATCHED, watch, Rest { index })
    }

    /// A computation that has failed already.
    pub fn failed(local: Local<'h>, error: Error<'h>) -> &'h Thunk<'h> {
        let state = AtomicPtr::new(without_provenance_mut(FAILED));
        local.alloc(Thunk { state, rest: UnsafeCell::new(Rest { error }) })
    }

    /// The value, if it is known.
    #[inline]
    pub fn done(&self) -> Option<Value<'h>> {
        let state = self.state.load(Ordering::Acquire).addr();
        // SAFETY: the acquire load saw the tag of a value.
        (state < FAILED).then(|| unsafe { self.value(state) })
    }

    /// The value that the thunk holds.
    ///
    /// # Safety
    /// Its state must have been seen to be `tag`, the tag of a value. (It never changes again.)
    #[inline]
    unsafe fn value(&self, tag: usize) -> Value<'h> {
        // SAFETY: both words were taken from a value of that lifetime when the claim was ended.
        unsafe {
            let payload = (*self.rest.get()).payload;
            std::mem::transmute::<Words, Value<'h>>(Words { tag: tag as u64, payload })
        }
    }

    /// Looks, and claims what is suspended for `me`.
    #[inline]
    pub fn look(&'h self, me: EvaluationId) -> Forced<'h> {
        self.look_among(me, Company::Others)
    }

    /// As [`Thunk::look`], for one who knows whether others are about.
    #[inline]
    pub(crate) fn look_among(&'h self, me: EvaluationId, company: Company) -> Forced<'h> {
        let claimed = without_provenance_mut(CLAIMED | (me.0 as usize) << OWNER);
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            match state.addr() {
                // SAFETY: the acquire load (or the failed exchange below) saw the tag of a value.
                tag if tag < FAILED => return Forced::Value(unsafe { self.value(tag) }),
                // SAFETY: likewise that it has failed.
                FAILED => return Forced::Failed(unsafe { (*self.rest.get()).error }),
                claimed if claimed & KIND == CLAIMED & KIND => {
                    return Forced::Busy(EvaluationId((claimed >> OWNER) as u32));
                }
                _ => {}
            }
            let exchanged = match company {
                Company::None => {
                    self.state.store(claimed, Ordering::Relaxed);
                    Ok(state)
                }
                Company::Others => {
                    let order = Ordering::Acquire;
                    self.state.compare_exchange(state, claimed, order, order)
                }
            };
            match exchanged {
                Ok(before) => {
                    let before = before.map_addr(|before| before & !LEFT);
                    // SAFETY: the claim's owner alone reads and writes the second word.
                    let rest = unsafe { std::mem::replace(&mut *self.rest.get(), Rest { before }) };
                    let not_send = std::marker::PhantomData;
                    let claim = Claim { thunk: self, before, rest, not_send };
                    // SAFETY: these are the words of a suspended thunk.
                    return Forced::Claimed(claim, unsafe { computation(before, rest) });
                }
                Err(now) => state = now,
            }
        }
    }

    /// The expression that `me` is evaluating to fill this thunk, for an error message. `None`
    /// when there is no such expression or the claim is another's.
    pub(crate) fn claimed_expr(&self, me: EvaluationId) -> Option<&'h Expr> {
        if !self.is_claimed_by(me) {
            return None;
        }
        // SAFETY: a claimed thunk keeps what its first word was until its owner, who is asking,
        // ends the claim. Of this kind it is where the expression is, without further bits.
        unsafe {
            let before = (*self.rest.get()).before;
            (before.addr() & KIND == EVAL).then(|| &*before.cast::<Expr>().cast_const())
        }
    }

    /// Has somebody who evaluates ahead left it to be evaluated in its turn?
    #[inline]
    pub fn is_left(&self) -> bool {
        let state = self.state.load(Ordering::Relaxed).addr();
        state & KIND != CLAIMED & KIND && state & LEFT != 0
    }

    /// Is `me` at work on it?
    pub fn is_claimed_by(&self, me: EvaluationId) -> bool {
        owner(self.state.load(Ordering::Acquire).addr()) == Some(me)
    }

    /// Marks that somebody is going to wait for `owner`. False when that claim is no more, even if
    /// another has taken its place: look again, or one would wait for the wrong one.
    pub fn announce_wait(&self, owner: EvaluationId) -> bool {
        let mut state = self.state.load(Ordering::Acquire);
        while self::owner(state.addr()) == Some(owner) {
            match self.state.compare_exchange(
                state,
                state.map_addr(|state| state | WAITED_FOR),
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

/// Who has claimed a thunk of this state.
fn owner(state: usize) -> Option<EvaluationId> {
    let claimed = state > FAILED && state & KIND == CLAIMED & KIND;
    claimed.then_some(EvaluationId((state >> OWNER) as u32))
}

/// What a suspended thunk will do.
///
/// # Safety
/// These must be the words of a suspended thunk.
#[inline]
unsafe fn computation(state: *mut (), rest: Rest<'_>) -> Computation<'_> {
    let what = state.map_addr(|address| address & !KIND).cast_const();
    // SAFETY: the kind says what the words are; they were taken from references of that lifetime.
    unsafe {
        match state.addr() & KIND {
            EVAL => Computation::Eval(&*what.cast(), rest.env),
            APPLY => Computation::Apply(&*what.cast(), rest.argument),
            APPLY_NUMBER => Computation::ApplyNumber(&*what.cast(), rest.number),
            APPLY_NAMED => Computation::ApplyNamed(&*what.cast(), rest.index),
            WATCHED => Computation::Watched(&*what.cast(), rest.index),
            _ => Computation::Apply2(&*what.cast()),
        }
    }
}

impl<'h> Claim<'h> {
    /// Ends the claim with a value. True when somebody waits and must be woken.
    #[inline]
    pub fn fulfil(self, value: Value<'h>) -> bool {
        self.fulfil_among(value, Company::Others)
    }

    /// As [`Claim::fulfil`], for one who knows whether others are about.
    #[inline]
    pub(crate) fn fulfil_among(self, value: Value<'h>, company: Company) -> bool {
        let words = Words::from(value);
        debug_assert!((words.tag as usize) < FAILED);
        let (state, rest) = (words.tag as usize, Rest { payload: words.payload });
        let thunk = self.thunk;
        std::mem::forget(self);
        thunk.settle(without_provenance_mut(state), rest, company)
    }

    /// Ends the claim with an error that every later force gets too.
    pub fn fail(self, error: Error<'h>) -> bool {
        self.end(without_provenance_mut(FAILED), Rest { error })
    }

    /// Puts the thunk back to sleep, as if it had never been claimed.
    pub fn abandon(self) -> bool {
        let (before, rest) = (self.before, self.rest);
        self.end(before, rest)
    }

    /// The same, and notes that it must be evaluated in its turn ([`Thunk::is_left`]).
    pub fn leave(self) -> bool {
        let (before, rest) = (self.before, self.rest);
        self.end(before.map_addr(|before| before | LEFT), rest)
    }

    #[inline]
    fn end(self, state: *mut (), rest: Rest<'h>) -> bool {
        let thunk = self.thunk;
        std::mem::forget(self);
        thunk.settle(state, rest, Company::Others)
    }
}

impl<'h> Thunk<'h> {
    /// Ends a claim. True when somebody waits.
    #[inline]
    fn settle(&self, state: *mut (), rest: Rest<'h>, company: Company) -> bool {
        // SAFETY: only the one claim's owner calls this, and readers wait for the release store.
        unsafe { *self.rest.get() = rest };
        match company {
            Company::None => {
                self.state.store(state, Ordering::Release);
                false
            }
            Company::Others => self.state.swap(state, Ordering::AcqRel).addr() & WAITED_FOR != 0,
        }
    }
}

impl Drop for Claim<'_> {
    /// A panic unwinds through the owner: others must not wait for ever.
    fn drop(&mut self) {
        self.thunk.settle(self.before, self.rest, Company::Others);
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
    use crate::value::{Attrs, BuiltinId, Heap, List, Partial, Path, Text};

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
    fn what_is_left_says_so_until_it_is_claimed() {
        let heap = Heap::new();
        let thunk = thunk(heap.local());
        assert!(!thunk.is_left());
        let Forced::Claimed(claim, _) = thunk.look(ME) else {
            unreachable!("a fresh thunk can be claimed")
        };
        assert!(!claim.leave());
        assert!(thunk.is_left());
        let Forced::Claimed(claim, Computation::Apply(f, _)) = thunk.look(EvaluationId(u32::MAX))
        else {
            unreachable!("it can be claimed in its turn")
        };
        assert!(matches!(f, Slot::Value(Value::Int(1))));
        assert!(!thunk.is_left());
        claim.fulfil(Value::Int(3));
        assert!(!thunk.is_left());
    }

    #[test]
    fn it_keeps_every_value() {
        let heap = Heap::new();
        let local = heap.local();
        let text = Text::new(local, "some text");
        let values = [
            Value::Null,
            Value::bool(true),
            Value::Int(-5),
            Value::float(2.5),
            Value::Text(text),
            Value::Path(Path::new(local, b"/a")),
            Value::List(List::new(local, &[Slot::Value(Value::Int(1))])),
            Value::Attrs(Attrs::empty()),
            Value::Builtin(BuiltinId(3)),
            Value::Partial(local.alloc(Partial { builtin: BuiltinId(3), arguments: &[] })),
        ];
        for value in values {
            let thunk = thunk(local);
            let Forced::Claimed(claim, _) = thunk.look(ME) else {
                unreachable!("a fresh thunk can be claimed")
            };
            assert!(thunk.done().is_none());
            claim.fulfil(value);
            assert_eq!(format!("{:?}", thunk.done().unwrap()), format!("{value:?}"));
            assert!(matches!(thunk.look(ME), Forced::Value(_)));
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
    fn who_was_alone_may_get_company_before_the_end() {
        let heap = Heap::new();
        let thunk = thunk(heap.local());
        let Forced::Claimed(claim, _) = thunk.look_among(ME, Company::None) else {
            unreachable!("a fresh thunk can be claimed")
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(|| matches!(thunk.look(YOU), Forced::Busy(ME)));
            assert!(other.join().unwrap(), "the claim is seen");
        });
        assert!(thunk.announce_wait(ME));
        assert!(claim.fulfil_among(Value::Int(3), Company::Others), "a waiter must be woken");
        assert!(matches!(thunk.look_among(YOU, Company::None), Forced::Value(Value::Int(3))));
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
