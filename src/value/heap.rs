//! Memory that lives as long as one evaluation.

#![allow(unsafe_code)] // one arena per thread, all living as long as the heap

use std::alloc::Layout;
use std::any::Any;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

use super::arena::Arena;
use super::env::Spare;
use super::keys::Keys;

/// Owner of all memory of one evaluation. Threads allocate through a [`Local`] each.
#[derive(Default)]
pub struct Heap {
    arenas: Mutex<Vec<Owned<Arena>>>,
    /// Things with a destructor of their own (programs, errors), dropped with the heap.
    kept: Mutex<Vec<Owned<dyn Any + Send + Sync>>>,
}

/// A box that others hold references into: moving it must not claim to be the only access, so
/// it is a bare pointer, freed once on drop.
pub(super) struct Owned<T: ?Sized>(NonNull<T>);

// SAFETY: it owns a `T`, like a box; what may be sent in a box may be sent in it.
unsafe impl<T: ?Sized + Send> Send for Owned<T> {}

impl<T: ?Sized> Owned<T> {
    pub(super) fn new(boxed: Box<T>) -> Owned<T> {
        Owned(NonNull::from(Box::leak(boxed)))
    }

    /// Where it is.
    pub(super) fn pointer(&self) -> NonNull<T> {
        self.0
    }
}

impl<T: ?Sized> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box in `new`, and is freed nowhere else.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// One thread's way of allocating in a heap.
#[derive(Clone, Copy)]
pub struct Local<'h> {
    heap: &'h Heap,
    arena: &'h Arena,
    /// What is remembered in the arena lives exactly as long: a shorter life must not pass for it.
    life: PhantomData<Cell<&'h ()>>,
}

impl Heap {
    /// An empty heap.
    pub fn new() -> Heap {
        Heap::default()
    }

    /// Fresh memory for the calling thread. It is handed to this one [`Local`] alone, which can't
    /// leave the thread, so none is ever used by two.
    pub fn local(&self) -> Local<'_> {
        let arena = Owned::new(Box::<Arena>::default());
        let pointer = arena.0;
        self.arenas.lock().unwrap_or_else(PoisonError::into_inner).push(arena);
        // SAFETY: it is freed with `self`, which is borrowed as long as the result lives.
        Local::of(self, unsafe { pointer.as_ref() })
    }

    /// Moves a thing with a destructor into the heap.
    pub fn keep<T: Any + Send + Sync>(&self, thing: T) -> &T {
        let boxed = Owned::new(Box::new(thing));
        let pointer = boxed.0;
        let boxed: Owned<dyn Any + Send + Sync> = {
            let pointer: NonNull<dyn Any + Send + Sync> = pointer;
            std::mem::forget(boxed);
            Owned(pointer)
        };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(boxed);
        // SAFETY: as for `local`.
        unsafe { pointer.as_ref() }
    }

    /// Leaves all memory as it is: nothing will be freed. For the end of a process, where freeing
    /// piece by piece what the system takes back as a whole is lost time.
    pub fn abandon(&self) {
        let arenas =
            std::mem::take(&mut *self.arenas.lock().unwrap_or_else(PoisonError::into_inner));
        std::mem::forget(arenas);
        let kept = std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner));
        std::mem::forget(kept);
    }

    /// Bytes that have been allocated by all threads, none of which may be at work.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        let arenas = self.arenas.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: each arena lives as long as the heap; tests ask when their threads have ended.
        arenas.iter().map(|arena| unsafe { arena.0.as_ref() }.allocated()).sum()
    }
}

impl<'h> Local<'h> {
    /// The one that allocates in this arena.
    pub(super) fn of(heap: &'h Heap, arena: &'h Arena) -> Local<'h> {
        Local { heap, arena, life: PhantomData }
    }

    #[inline]
    pub(super) fn arena(self) -> &'h Arena {
        self.arena
    }

    /// The heap it allocates in.
    pub fn heap(self) -> &'h Heap {
        self.heap
    }

    /// Stores one object. `T` must not need dropping: the heap runs no destructors.
    #[inline]
    pub fn alloc<T>(self, object: T) -> &'h T {
        const { assert!(!std::mem::needs_drop::<T>()) };
        let place = self.arena.take(Layout::new::<T>()).cast::<T>();
        // SAFETY: fresh memory of that layout, which lives as long as the heap.
        unsafe {
            place.write(object);
            place.as_ref()
        }
    }

    /// Stores a copy of a slice.
    #[inline]
    pub fn slice<T: Copy>(self, items: &[T]) -> &'h [T] {
        let start = self.arena.take(Layout::for_value(items)).cast::<T>();
        // SAFETY: fresh memory with room for them all.
        unsafe {
            start.as_ptr().copy_from_nonoverlapping(items.as_ptr(), items.len());
            std::slice::from_raw_parts(start.as_ptr(), items.len())
        }
    }

    /// Stores `length` items, made one by one.
    #[inline]
    pub fn fill<T>(self, length: usize, mut make: impl FnMut(usize) -> T) -> &'h [T] {
        const { assert!(!std::mem::needs_drop::<T>()) };
        let start = self.reserve::<T>(length);
        for index in 0..length {
            // SAFETY: within the fresh memory, which nobody else knows: `make` may allocate, but
            // gets other memory.
            unsafe { start.add(index).write(make(index)) };
        }
        // SAFETY: all items have been written.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), length) }
    }

    /// As [`Local::fill`], until one can't be made.
    ///
    /// # Errors
    /// That of the first that can't.
    pub fn try_fill<T, E>(
        self,
        length: usize,
        mut make: impl FnMut(usize) -> Result<T, E>,
    ) -> Result<&'h [T], E> {
        const { assert!(!std::mem::needs_drop::<T>()) };
        let start = self.reserve::<T>(length);
        for index in 0..length {
            // SAFETY: as in `fill`.
            unsafe { start.add(index).write(make(index)?) };
        }
        // SAFETY: all items have been written.
        Ok(unsafe { std::slice::from_raw_parts(start.as_ptr(), length) })
    }

    /// Stores the items of an iterator that knows its length.
    pub fn collect<T: Copy, I>(self, items: I) -> &'h [T]
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator,
    {
        let items = items.into_iter();
        let promised = items.len();
        let start = self.reserve::<T>(promised);
        let mut length = 0;
        for item in items.take(promised) {
            // SAFETY: within the fresh memory: `take` stops at what was promised.
            unsafe { start.add(length).write(item) };
            length += 1;
        }
        // SAFETY: `length` items have been written.
        unsafe { std::slice::from_raw_parts(start.as_ptr(), length) }
    }

    /// Stores a copy of a text.
    pub fn str(self, text: &str) -> &'h str {
        let bytes = self.slice(text.as_bytes());
        // SAFETY: they were copied from a text.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// Environments to be used again.
    #[inline]
    pub(super) fn spare(self) -> &'h Spare {
        self.arena.spare()
    }

    /// Names of sets to be used again.
    #[inline]
    pub(super) fn keys(self) -> Keys<'h> {
        Keys::new(self.arena.keys())
    }

    /// Uninitialised memory for a header and what follows it.
    #[inline]
    pub(super) fn raw(self, layout: Layout) -> NonNull<u8> {
        self.arena.take(layout)
    }

    /// Uninitialised room for so many items.
    #[inline]
    pub(super) fn reserve<T>(self, capacity: usize) -> NonNull<T> {
        match Layout::array::<T>(capacity) {
            Ok(layout) => self.arena.take(layout).cast(),
            // Only a capacity beyond the address space fails; such a request can't be served.
            Err(_) => std::alloc::handle_alloc_error(Layout::new::<T>()),
        }
    }
}

impl std::fmt::Debug for Local<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Local")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_allocate_side_by_side() {
        let heap = Heap::new();
        let sums: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4usize)
                .map(|t| {
                    let heap = &heap;
                    scope.spawn(move || {
                        let local = heap.local();
                        let all: Vec<&usize> = (0..1000).map(|i| local.alloc(i + t)).collect();
                        all.iter().copied().sum()
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(sums, [499_500, 500_500, 501_500, 502_500]);
    }

    #[test]
    fn kept_things_are_dropped_with_the_heap() {
        let counter = std::sync::Arc::new(());
        let heap = Heap::new();
        let kept = heap.keep(std::sync::Arc::clone(&counter));
        assert_eq!(std::sync::Arc::strong_count(kept), 2);
        drop(heap);
        assert_eq!(std::sync::Arc::strong_count(&counter), 1);
    }
}
