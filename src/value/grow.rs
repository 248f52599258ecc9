//! Appending in place.
//!
//! `acc ++ [ x ]` and `acc + s` in a fold must not copy `acc` every time. A list or text made by
//! appending remembers the buffer it lies in; when it ends exactly where the buffer's used part
//! ends, the next append writes behind it. The prefix never changes, so every older value that
//! shares the buffer stays what it was.

#![allow(unsafe_code)] // shared buffers whose unused end is written once

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Local;

/// A buffer with room at its end.
pub(super) struct Tail<T> {
    start: NonNull<T>,
    capacity: usize,
    /// Items that belong to somebody. Only ever grows; who grows it owns what it gained.
    used: AtomicUsize,
}

// SAFETY: items below `used` are never written again; each item above is written by the one
// thread whose exchange claimed it, before the slice that holds it is made.
unsafe impl<T: Send + Sync> Sync for Tail<T> {}
// SAFETY: as above; nothing is bound to a thread.
unsafe impl<T: Send + Sync> Send for Tail<T> {}

/// What an append gives: the joined items, and the buffer they lie in if they can grow.
pub(super) type Grown<'h, T> = (&'h [T], Option<&'h Tail<T>>);

/// Below this many items a copy is cheaper than a buffer.
const SMALL: usize = 32;

/// `left` followed by `right`. `tail` is the buffer that `left` begins in, if it was made here.
pub(super) fn append<'h, T: Copy + Send + Sync>(
    local: Local<'h>,
    left: &'h [T],
    tail: Option<&'h Tail<T>>,
    right: &[T],
) -> Grown<'h, T> {
    let total = left.len() + right.len();
    if let Some(tail) = tail
        && std::ptr::eq(left.as_ptr(), tail.start.as_ptr())
        && total <= tail.capacity
        && tail
            .used
            .compare_exchange(left.len(), total, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    {
        // SAFETY: the exchange gave us items `left.len()..total` of the buffer, which has room
        // for them; `left` lies at its start, so the joined slice is initialised.
        unsafe {
            let end = tail.start.as_ptr().add(left.len());
            std::ptr::copy_nonoverlapping(right.as_ptr(), end, right.len());
            return (std::slice::from_raw_parts(tail.start.as_ptr(), total), Some(tail));
        }
    }
    let capacity = match tail {
        _ if total <= SMALL => total,
        // Once is no habit: a single append gets little room, a repeated one doubles.
        None => total + total / 8,
        Some(_) => total.saturating_mul(2),
    };
    let start = local.reserve::<T>(capacity);
    // SAFETY: the fresh buffer has room for `total` items and nobody else knows it yet.
    let items = unsafe {
        std::ptr::copy_nonoverlapping(left.as_ptr(), start.as_ptr(), left.len());
        let end = start.as_ptr().add(left.len());
        std::ptr::copy_nonoverlapping(right.as_ptr(), end, right.len());
        std::slice::from_raw_parts(start.as_ptr(), total)
    };
    let tail = (capacity > total)
        .then(|| local.alloc(Tail { start, capacity, used: AtomicUsize::new(total) }));
    (items, tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Heap;

    #[test]
    fn a_fold_of_appends_copies_little() {
        let heap = Heap::new();
        let local = heap.local();
        let (mut items, mut tail): Grown<'_, u32> = (&[], None);
        for i in 0..100_000 {
            (items, tail) = append(local, items, tail, &[i]);
        }
        assert!(items.iter().copied().eq(0..100_000));
        assert!(heap.allocated() < 4_000_000, "{} bytes", heap.allocated());
    }

    #[test]
    fn branches_from_one_prefix_do_not_meet() {
        let heap = Heap::new();
        let local = heap.local();
        let (mut base, mut tail): Grown<'_, u8> = (&[], None);
        for _ in 0..100 {
            (base, tail) = append(local, base, tail, b"x");
        }
        let (a, _) = append(local, base, tail, b"a");
        let (b, _) = append(local, base, tail, b"b");
        assert_eq!((a.last(), b.last()), (Some(&b'a'), Some(&b'b')));
        assert_eq!(base.len(), 100);
        assert!(base.iter().all(|c| *c == b'x'));
    }

    #[test]
    fn threads_append_to_one_prefix() {
        let heap = Heap::new();
        let local = heap.local();
        let mut grown: Grown<'_, u8> = (&[], None);
        for _ in 0..100 {
            grown = append(local, grown.0, grown.1, b".");
        }
        std::thread::scope(|scope| {
            for id in 0..4u8 {
                let heap = &heap;
                scope.spawn(move || {
                    let local = heap.local();
                    let (mut mine, mut tail) = grown;
                    for _ in 0..1000 {
                        (mine, tail) = append(local, mine, tail, &[id]);
                    }
                    assert!(mine[..100].iter().all(|c| *c == b'.'));
                    assert!(mine[100..].iter().all(|c| *c == id));
                });
            }
        });
    }
}
