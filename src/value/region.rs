//! Memory that is given back before the heap ends.
//!
//! What is evaluated millions of times, each time for a few plain bytes, must not keep the millions.
//! It works in a *region*: an arena of its own, dropped with all that was made in it. That is sound
//! as long as nothing older comes to refer to what is younger. Of what exists already only two
//! kinds of object ever change in what they refer to, and both ask [`Local::home_of`] where what they
//! refer to has to be made: a thunk that is being evaluated (`eval::force`), and a set that makes one
//! layer of its layers (`attrs`). What the session remembers of files is made at home by those who
//! remember it ([`Local::home`]). Other threads never learn of a region: nothing in it is shared
//! with helpers.

#![allow(unsafe_code)] // an arena that ends before the heap whose life its contents have

use std::ptr::NonNull;

use super::arena::Arena;
use super::heap::{Heap, Local, Owned};

impl Heap {
    /// Works in memory that is given back at the end; `home` is where the calling thread allocates
    /// what has to stay.
    ///
    /// The result can't refer to the heap. Nor may `work` leave such references elsewhere: the
    /// evaluator doesn't, as said above.
    pub fn in_region<'h, R: 'static>(
        &'h self,
        home: Local<'h>,
        work: impl FnOnce(Local<'h>) -> R,
    ) -> R {
        let arena = Owned::new(Box::new(Arena::within(home.arena())));
        let pointer: NonNull<Arena> = arena.pointer();
        // SAFETY: it lives until the end of this function, and nothing that was made in it is used
        // afterwards: not by the result, which has no reference in it, and not by anything older
        // (see above).
        let result = work(Local::of(self, unsafe { pointer.as_ref() }));
        drop(arena);
        result
    }
}

impl<'h> Local<'h> {
    /// Is it that of a region?
    #[inline]
    pub fn is_region(self) -> bool {
        self.arena().home().is_some()
    }

    /// Where to make what stays: what is remembered for the whole session.
    #[must_use]
    pub fn home(self) -> Local<'h> {
        match self.arena().home() {
            None => self,
            // SAFETY: the home of a region outlives it: it is an arena of this heap.
            Some(home) => Local::of(self.heap(), unsafe { home.as_ref() }),
        }
    }

    /// Where to make what an object will refer to: here, if the object is here.
    #[must_use]
    #[inline]
    pub fn home_of<T>(self, object: NonNull<T>) -> Local<'h> {
        match self.is_region() && !self.arena().has(object.cast()) {
            false => self,
            true => self.home(),
        }
    }

    /// Bytes that a region has taken.
    pub fn region_size(self) -> usize {
        self.arena().size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Attr, Attrs, EvaluationId, Forced, Slot, Thunk, Value};

    #[test]
    fn what_is_made_in_a_region_is_given_back() {
        let heap = Heap::new();
        let home = heap.local();
        let before = heap.allocated();
        for round in 0..1000u64 {
            let sum = heap.in_region(home, |local| {
                assert!(local.is_region() && !home.is_region());
                local.fill(10_000, |i| round + i as u64).iter().sum::<u64>()
            });
            assert_eq!(sum, 10_000 * round + 49_995_000);
        }
        assert_eq!(heap.allocated(), before);
    }

    #[test]
    fn a_region_knows_what_is_its_own() {
        let heap = Heap::new();
        let home = heap.local();
        let old = home.alloc(1u32);
        heap.in_region(home, |local| {
            // Small things, and some that get memory of their own.
            for size in [1, 100, 100_000, 1, 10_000_000, 3] {
                let new = local.fill(size, |i| i);
                assert!(local.home_of(NonNull::from(&new[0])).is_region());
                assert!(local.home_of(NonNull::from(&new[size - 1])).is_region());
            }
            assert!(!local.home_of(NonNull::from(old)).is_region());
            assert!(!home.home_of(NonNull::from(old)).is_region());
        });
    }

    #[test]
    fn an_old_set_keeps_nothing_of_a_region() {
        let heap = Heap::new();
        let home = heap.local();
        let set = |from: i64, count: i64| {
            let attr = |i: i64| {
                let name = crate::source::Name::new(format!("n{i}"));
                Attr::new(name, crate::source::Span::NONE, Value::Int(i))
            };
            Attrs::new(home, (from..from + count).map(attr).collect())
        };
        let layered = set(0, 1000).update(home, set(2000, 20));
        let inside = heap.in_region(home, |local| layered.iter(local).len());
        let outside: Vec<Option<i64>> = layered
            .iter(home)
            .map(|attr| match attr.slot {
                Slot::Value(Value::Int(int)) => Some(int),
                _ => None,
            })
            .collect();
        assert_eq!((inside, outside.len()), (1020, 1020));
        assert!(outside.iter().all(Option::is_some));
    }

    #[test]
    fn an_old_thunk_is_known_from_a_region() {
        let heap = Heap::new();
        let home = heap.local();
        let slots = home.slice(&[Slot::Value(Value::Int(1)); 2]);
        let thunk = Thunk::apply(home, &slots[0], &slots[1]);
        heap.in_region(home, |local| {
            let Forced::Claimed(claim, _) = thunk.look(EvaluationId(1)) else {
                unreachable!("a fresh thunk can be claimed")
            };
            let place = local.home_of(NonNull::from(thunk));
            claim.fulfil(Value::Text(crate::value::Text::new(place, "some text")));
        });
        let Some(Value::Text(text)) = thunk.done() else { unreachable!("it was fulfilled") };
        assert_eq!(text.bytes(), b"some text");
    }
}
