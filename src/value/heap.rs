//! Memory that lives as long as one evaluation.

#![allow(unsafe_code)] // one bump allocator per thread, all living as long as the heap

use std::any::Any;
use std::sync::{Mutex, PoisonError};

use bumpalo::Bump;

/// Owner of all memory of one evaluation. Threads allocate through a [`Local`] each.
#[derive(Default)]
pub struct Heap {
    /// Boxed, so that a bump stays where it is when the vector grows.
    bumps: Mutex<Vec<Box<Bump>>>,
    /// Things with a destructor of their own (programs, errors), dropped with the heap.
    kept: Mutex<Vec<Box<dyn Any + Send + Sync>>>,
}

// SAFETY: `Bump` is `Send` but not `Sync`. The heap hands each bump to exactly one `Local`, which
// is neither `Send` nor `Sync`, so no bump is ever used by two threads; `&Heap` alone gives no
// way to allocate.
unsafe impl Sync for Heap {}

/// One thread's way of allocating in a heap.
#[derive(Clone, Copy)]
pub struct Local<'h> {
    heap: &'h Heap,
    bump: &'h Bump,
}

impl Heap {
    /// An empty heap.
    pub fn new() -> Heap {
        Heap::default()
    }

    /// A fresh bump for the calling thread.
    pub fn local(&self) -> Local<'_> {
        let bump = Box::new(Bump::new());
        let pointer: *const Bump = &raw const *bump;
        self.bumps.lock().unwrap_or_else(PoisonError::into_inner).push(bump);
        // SAFETY: the box is owned by `self.bumps`, which only ever grows while `self` is
        // borrowed; the allocation behind a box doesn't move when the box does.
        let bump = unsafe { &*pointer };
        Local { heap: self, bump }
    }

    /// Moves a thing with a destructor into the heap.
    pub fn keep<T: Any + Send + Sync>(&self, thing: T) -> &T {
        let boxed = Box::new(thing);
        let pointer: *const T = &raw const *boxed;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(boxed);
        // SAFETY: as for `local`: boxes are only added, and dropped with `self`.
        unsafe { &*pointer }
    }

    /// Bytes that have been allocated by all threads.
    pub fn allocated(&self) -> usize {
        let bumps = self.bumps.lock().unwrap_or_else(PoisonError::into_inner);
        // Reads a counter that another thread may be changing: only used once evaluation ended.
        bumps.iter().map(|bump| bump.allocated_bytes()).sum()
    }
}

impl<'h> Local<'h> {
    /// The heap it allocates in.
    pub fn heap(self) -> &'h Heap {
        self.heap
    }

    /// Stores one object. `T` must not need dropping: the heap runs no destructors.
    #[inline]
    pub fn alloc<T>(self, object: T) -> &'h T {
        const { assert!(!std::mem::needs_drop::<T>()) };
        self.bump.alloc(object)
    }

    /// Stores a copy of a slice.
    #[inline]
    pub fn slice<T: Copy>(self, items: &[T]) -> &'h [T] {
        self.bump.alloc_slice_copy(items)
    }

    /// Stores `length` items, made one by one.
    #[inline]
    pub fn fill<T>(self, length: usize, make: impl FnMut(usize) -> T) -> &'h [T] {
        const { assert!(!std::mem::needs_drop::<T>()) };
        self.bump.alloc_slice_fill_with(length, make)
    }

    /// Stores the items of an iterator that knows its length.
    pub fn collect<T: Copy, I>(self, items: I) -> &'h [T]
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator,
    {
        self.bump.alloc_slice_fill_iter(items)
    }

    /// Stores a copy of a text.
    pub fn str(self, text: &str) -> &'h str {
        self.bump.alloc_str(text)
    }

    /// Uninitialised bytes or slots for [`super::grow`].
    pub(super) fn reserve<T: Copy>(self, capacity: usize) -> std::ptr::NonNull<T> {
        match std::alloc::Layout::array::<T>(capacity) {
            Ok(layout) => self.bump.alloc_layout(layout).cast(),
            // Only a capacity beyond the address space fails; such a request can't be served.
            Err(_) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<T>()),
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
