//! Environments: what the names of an expression stand for.
//!
//! A header of one word and the slots lie in one piece of memory. Most environments are those of calls, and
//! most calls leave nothing behind that refers to theirs: such an environment is *uncaptured*,
//! and its memory serves the next call (`give_back`).

#![allow(unsafe_code)] // slots behind a header; bindings that refer to the scope they are part of

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::{Local, Slot, Value};

/// The slots of one scope, and the scope around it.
///
/// Lowering has turned every name into "so many scopes up, that slot".
#[derive(Clone, Copy)]
pub struct Env<'h>(NonNull<Header<'h>>, PhantomData<&'h Header<'h>>);

/// What lies before the slots: the scope around, if there is one, and in the lowest bits more. If
/// there is more than one slot, their number lies before that.
#[repr(transparent)]
struct Header<'h>(AtomicPtr<()>, PhantomData<Env<'h>>);

/// Does anything refer to it that may outlive the call it was made for? Whatever is captured has
/// captured ancestors alone.
const CAPTURED: usize = 0b01;
/// Is there one slot? Most scopes are those of functions with a simple parameter.
const SINGLE: usize = 0b10;
const BITS: usize = CAPTURED | SINGLE;

const _: () = assert!(size_of::<Header<'static>>() == size_of::<usize>());
const _: () = assert!(align_of::<Header<'static>>() > BITS);
const _: () = assert!(align_of::<Header<'static>>() >= align_of::<Slot<'static>>());

// SAFETY: slots are written only through `EnvBuilder`, by the thread that made the environment
// and before anything that refers to the environment can be forced (the builder is consumed
// first: see `EnvBuilder`); afterwards they are only read. Publication to other threads goes
// through the release store that fulfils a thunk or through the start of a thread.
unsafe impl Sync for Env<'_> {}
// SAFETY: as above; nothing is bound to the thread that made it. (What is uncaptured can't reach
// another thread: whatever could carry it there captures it.)
unsafe impl Send for Env<'_> {}

/// Environments with up to this many slots are used again.
const REUSED: usize = 8;

/// Memory of environments that nobody refers to any more, by their number of slots; one for each
/// thread. Each holds the next in the place of its `up`.
#[derive(Default)]
pub(super) struct Spare([Cell<Option<NonNull<()>>>; REUSED + 1]);

impl<'h> Env<'h> {
    /// The scope that holds nothing, or nothing that has a name.
    pub fn empty(local: Local<'h>) -> Env<'h> {
        Env::make(local, None, 1)
    }

    /// A scope of one slot: a simple parameter, or the set of a `with`.
    #[inline]
    pub fn one(local: Local<'h>, up: Env<'h>, slot: Slot<'h>) -> Env<'h> {
        let env = Env::raw(local, Some(up), 1);
        // SAFETY: room for one slot, which nobody else knows yet.
        unsafe { env.slots_start().write(slot) };
        env
    }

    /// A scope with these slots.
    pub fn with_slots(local: Local<'h>, up: Env<'h>, slots: &[Slot<'h>]) -> Env<'h> {
        if slots.is_empty() {
            return Env::make(local, Some(up), 1);
        }
        let env = Env::raw(local, Some(up), slots.len());
        // SAFETY: room for that many, which nobody else knows yet.
        unsafe {
            env.slots_start().as_ptr().copy_from_nonoverlapping(slots.as_ptr(), slots.len());
        }
        env
    }

    fn make(local: Local<'h>, up: Option<Env<'h>>, length: usize) -> Env<'h> {
        let env = Env::raw(local, up, length);
        for index in 0..length {
            // SAFETY: room for `length` slots, which nobody else knows yet.
            unsafe { env.slots_start().add(index).write(Slot::Value(Value::Null)) };
        }
        env
    }

    /// An uncaptured scope whose slots, at least one, the caller must write at once.
    #[inline]
    fn raw(local: Local<'h>, up: Option<Env<'h>>, length: usize) -> Env<'h> {
        debug_assert!(length > 0);
        let bits = if length == 1 { SINGLE } else { 0 };
        let around: *mut () = up.map_or(std::ptr::null_mut(), |up| up.0.as_ptr().cast());
        let word = around.map_addr(|address| address | bits);
        if let Some(list) = local.spare().0.get(length)
            && let Some(spare) = list.get()
        {
            let header = spare.cast::<Header<'h>>();
            // SAFETY: what is on the list was an environment of this length, made in this heap,
            // that nobody refers to (contract of `give_back`); its word is the next of the list.
            unsafe {
                let place = &header.as_ref().0;
                list.set(NonNull::new(place.load(Ordering::Relaxed)));
                place.store(word, Ordering::Relaxed);
            }
            return Env(header, PhantomData);
        }
        let before = usize::from(length != 1);
        let header = Header(AtomicPtr::new(word), PhantomData);
        let words = Layout::array::<usize>(before + 1);
        let slots = Layout::array::<Slot<'h>>(length);
        // Only a length beyond the address space fails.
        let (Ok(words), Ok(slots)) = (words, slots) else {
            std::alloc::handle_alloc_error(Layout::new::<usize>())
        };
        let Ok((layout, _)) = words.extend(slots) else { std::alloc::handle_alloc_error(words) };
        let start = local.raw(layout).cast::<usize>();
        // SAFETY: fresh memory with room for these words.
        unsafe {
            if before == 1 {
                start.write(length);
            }
            let place = start.add(before).cast::<Header<'h>>();
            place.write(header);
            Env(place, PhantomData)
        }
    }

    /// The header's word.
    #[inline]
    fn word(self) -> *mut () {
        // SAFETY: an `Env` is only made of initialised headers, which live as long as the heap;
        // a header is written again only when nobody refers to it (contract of `give_back`), but
        // for the mark of what is captured.
        unsafe { self.0.as_ref() }.0.load(Ordering::Relaxed)
    }

    /// Where it lies: its identity as long as somebody refers to it.
    pub fn address(self) -> usize {
        self.0.addr().get()
    }

    /// The scope around.
    #[inline]
    pub fn around(self) -> Option<Env<'h>> {
        let up = self.word().map_addr(|address| address & !BITS);
        NonNull::new(up).map(|up| Env(up.cast(), PhantomData))
    }

    #[inline]
    fn length(self) -> usize {
        if self.word().addr() & SINGLE != 0 {
            return 1;
        }
        // SAFETY: where there is more than one slot their number lies before the header.
        unsafe { self.0.cast::<usize>().sub(1).read() }
    }

    /// The first slot; there is always one.
    #[inline]
    fn slots_start(self) -> NonNull<Slot<'h>> {
        // SAFETY: the slots lie right behind the header in the same allocation.
        unsafe { self.0.add(1).cast() }
    }

    /// The slot `index` of this scope. Lowering only makes indices that exist; any other
    /// answers `null`.
    #[inline]
    pub fn slot(self, index: u32) -> Slot<'h> {
        if index == 0 || (index as usize) < self.length() {
            // SAFETY: within the slots, of which there is at least one and which are all
            // initialised; no writer exists any more once an environment can be read (see `Sync`).
            unsafe { self.slots_start().add(index as usize).read() }
        } else {
            Slot::Value(Value::Null)
        }
    }

    /// The scope `levels` further out.
    #[inline]
    #[must_use]
    pub fn up(self, levels: u32) -> Env<'h> {
        let mut env = self;
        for _ in 0..levels {
            match env.around() {
                Some(up) => env = up,
                None => return env,
            }
        }
        env
    }

    /// The first `count` slots, to be shared with an attribute set made of them.
    pub fn slots(self, count: usize) -> &'h [Slot<'h>] {
        self.capture();
        let count = count.min(self.length());
        // SAFETY: that many are there, and nothing is written any more (see `Sync`); captured
        // memory isn't used again.
        unsafe { std::slice::from_raw_parts(self.slots_start().as_ptr(), count) }
    }

    /// Notes that something refers to this scope that may outlive its call. Whoever stores an
    /// environment anywhere but in another one calls this.
    #[inline]
    pub(super) fn capture(self) {
        let mut env = self;
        while let word = env.word()
            && word.addr() & CAPTURED == 0
        {
            let marked = word.map_addr(|address| address | CAPTURED);
            // SAFETY: as for `word`. What is uncaptured is known to this thread alone, so the
            // mark can't meet another's.
            unsafe { env.0.as_ref() }.0.store(marked, Ordering::Relaxed);
            match env.around() {
                Some(up) => env = up,
                None => return,
            }
        }
    }

    /// Ends the call that this environment was made for: unless something captured it, its
    /// memory serves another.
    ///
    /// Only the evaluator calls this, on the thread that made the environment, when the call
    /// has returned and every environment made within it that is uncaptured has gone out of use.
    #[inline]
    pub(crate) fn give_back(self, local: Local<'h>) {
        let bits = self.word().addr() & BITS;
        if bits & CAPTURED != 0 {
            return;
        }
        let length = if bits == SINGLE { 1 } else { self.length() };
        if let Some(list) = local.spare().0.get(length) {
            let next = list.get().map_or(std::ptr::null_mut(), NonNull::as_ptr);
            // SAFETY: uncaptured, so this thread alone knows it, and the caller is done with it.
            unsafe { self.0.as_ref() }.0.store(next, Ordering::Relaxed);
            list.set(Some(self.0.cast()));
        }
    }
}

/// An environment in the making, whose own bindings may already refer to it.
///
/// Whoever builds must not force anything that captured [`EnvBuilder::env`] before
/// [`EnvBuilder::finish`]; only the evaluator builds environments, and it only suspends
/// expressions in between. Until a slot is set it reads as `null`.
pub(crate) struct EnvBuilder<'h> {
    env: Env<'h>,
    /// Keeps the builder on the thread that made it.
    not_send: PhantomData<*const ()>,
}

impl<'h> EnvBuilder<'h> {
    /// Begins a scope of `size` slots within `up`.
    #[inline]
    pub(crate) fn new(local: Local<'h>, up: Env<'h>, size: usize) -> EnvBuilder<'h> {
        EnvBuilder { env: Env::make(local, Some(up), size.max(1)), not_send: PhantomData }
    }

    /// The environment, for suspended expressions to capture.
    #[inline]
    pub(crate) fn env(&self) -> Env<'h> {
        self.env
    }

    /// Gives slot `index` its meaning.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, slot: Slot<'h>) {
        if index < self.env.length() {
            // SAFETY: within the slots; this thread alone has the builder, and nothing reads the
            // slot before `finish` (contract above).
            unsafe { self.env.slots_start().add(index).write(slot) }
        }
    }

    /// The finished environment.
    #[inline]
    pub(crate) fn finish(self) -> Env<'h> {
        self.env
    }
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Env[{}]", self.length())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::Expr;
    use crate::value::{Heap, Thunk};

    fn seven<'h>() -> Slot<'h> {
        Slot::Value(Value::Int(7))
    }

    #[test]
    fn what_nothing_captured_serves_again() {
        let heap = Heap::new();
        let local = heap.local();
        let outer = Env::empty(local);
        let first = Env::one(local, outer, seven());
        first.give_back(local);
        let second = Env::one(local, outer, Slot::Value(Value::Int(8)));
        assert_eq!(first.0, second.0);
        assert!(matches!(second.slot(0), Slot::Value(Value::Int(8))));
        assert!(matches!(second.slot(1), Slot::Value(Value::Null)));
    }

    #[test]
    fn what_is_captured_stays_and_so_does_what_is_around_it() {
        static EXPR: Expr = Expr::Local(0);
        let heap = Heap::new();
        let local = heap.local();
        let outer = Env::one(local, Env::empty(local), seven());
        let inner = Env::one(local, outer, seven());
        let _ = Thunk::suspend(local, &EXPR, inner);
        inner.give_back(local);
        outer.give_back(local);
        let next = Env::one(local, outer, Slot::Value(Value::Int(8)));
        assert!(next.0 != inner.0 && next.0 != outer.0);
        assert!(matches!(inner.up(1).slot(0), Slot::Value(Value::Int(7))));
    }

    #[test]
    fn sizes_are_kept_apart() {
        let heap = Heap::new();
        let local = heap.local();
        let outer = Env::empty(local);
        for size in (0..20).rev() {
            Env::with_slots(local, outer, &vec![seven(); size]).give_back(local);
        }
        for size in 0..20 {
            let slots: Vec<Slot<'_>> = (0..size).map(|i| Slot::Value(Value::Int(i))).collect();
            let env = Env::with_slots(local, outer, &slots);
            for i in 0..size {
                let found = env.slot(i as u32);
                assert!(matches!(found, Slot::Value(Value::Int(n)) if n == i));
            }
        }
    }
}
