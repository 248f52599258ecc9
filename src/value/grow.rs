//! Growing in place.
//!
//! `acc ++ [ x ]` and `acc + s` in a fold must not copy `acc` every time, nor must `[ x ] ++ rest`
//! copy `rest`. A list or text made by joining remembers the buffer it lies in; when it ends
//! exactly where the buffer's used part ends, the next append writes behind it, and when it begins
//! where that begins, the next prepend writes before it. What is used never changes, so every older
//! value that shares the buffer stays what it was.

#![allow(unsafe_code)] // shared buffers whose unused ends are written once

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Local;

/// A buffer with room at one of its ends.
pub(super) struct Buffer<T> {
    start: NonNull<T>,
    capacity: usize,
    /// Items from here belong to somebody. Only ever shrinks; who shrinks it owns what it gained.
    first: AtomicUsize,
    /// Items up to here do. Only ever grows, in the same way.
    end: AtomicUsize,
}

// SAFETY: items from `first` to `end` are never written again; each item outside is written by the
// one thread whose exchange claimed it, before the slice that holds it is made.
unsafe impl<T: Send + Sync> Sync for Buffer<T> {}
// SAFETY: as above; nothing is bound to a thread.
unsafe impl<T: Send + Sync> Send for Buffer<T> {}

/// What joining gives: the joined items, and the buffer they lie in if they can grow.
pub(super) type Grown<'h, T> = (&'h [T], Option<&'h Buffer<T>>);

/// Up to this many items a copy is cheaper than a buffer.
const SMALL: usize = 32;

/// `left` followed by `right`; `buffer` is where `left` lies, if it was made here.
pub(super) fn append<'h, T: Copy + Send + Sync>(
    local: Local<'h>,
    left: &'h [T],
    buffer: Option<&'h Buffer<T>>,
    right: &[T],
) -> Grown<'h, T> {
    let total = left.len() + right.len();
    if let Some(buffer) = buffer
        && let Some(begin) = buffer.index_of(left)
        && begin + total <= buffer.capacity
        && exchange(&buffer.end, begin + left.len(), begin + total)
    {
        // SAFETY: the exchange gave us the items behind `left`, and the buffer has room for them.
        // `left` lies before them, so the joined slice is initialised.
        unsafe {
            let start = buffer.start.as_ptr().add(begin);
            std::ptr::copy_nonoverlapping(right.as_ptr(), start.add(left.len()), right.len());
            return (std::slice::from_raw_parts(start, total), Some(buffer));
        }
    }
    fresh(local, left, right, 0, room(total, buffer.is_some()))
}

/// `left` followed by `right`; `buffer` is where `right` lies, if it was made here.
pub(super) fn prepend<'h, T: Copy + Send + Sync>(
    local: Local<'h>,
    left: &[T],
    right: &'h [T],
    buffer: Option<&'h Buffer<T>>,
) -> Grown<'h, T> {
    let total = left.len() + right.len();
    if let Some(buffer) = buffer
        && let Some(old) = buffer.index_of(right)
        && let Some(begin) = old.checked_sub(left.len())
        && exchange(&buffer.first, old, begin)
    {
        // SAFETY: the exchange gave us the items before `right`, which lies behind them, so the
        // joined slice is initialised.
        unsafe {
            let start = buffer.start.as_ptr().add(begin);
            std::ptr::copy_nonoverlapping(left.as_ptr(), start, left.len());
            return (std::slice::from_raw_parts(start, total), Some(buffer));
        }
    }
    fresh(local, left, right, room(total, buffer.is_some()), 0)
}

/// Room for further items. Once is no habit: a single join gets little, a repeated one doubles.
fn room(total: usize, repeated: bool) -> usize {
    match repeated {
        _ if total <= SMALL => 0,
        false => total / 8,
        true => total,
    }
}

/// Both in a buffer of their own, with room at its ends.
fn fresh<'h, T: Copy + Send + Sync>(
    local: Local<'h>,
    left: &[T],
    right: &[T],
    before: usize,
    behind: usize,
) -> Grown<'h, T> {
    let total = left.len() + right.len();
    let capacity = total.saturating_add(before).saturating_add(behind);
    let start = local.reserve::<T>(capacity);
    // SAFETY: the fresh buffer has room for `total` items behind the first `before`, and nobody
    // else knows it yet.
    let items = unsafe {
        let first = start.as_ptr().add(before);
        std::ptr::copy_nonoverlapping(left.as_ptr(), first, left.len());
        std::ptr::copy_nonoverlapping(right.as_ptr(), first.add(left.len()), right.len());
        std::slice::from_raw_parts(first, total)
    };
    let buffer = (capacity > total).then(|| {
        let (first, end) = (AtomicUsize::new(before), AtomicUsize::new(before + total));
        local.alloc(Buffer { start, capacity, first, end })
    });
    (items, buffer)
}

impl<T> Buffer<T> {
    /// Where these items begin, if they lie in this buffer.
    fn index_of(&self, items: &[T]) -> Option<usize> {
        let distance = items.as_ptr().addr().checked_sub(self.start.as_ptr().addr())?;
        let index = distance / size_of::<T>();
        (index <= self.capacity).then_some(index)
    }
}

fn exchange(edge: &AtomicUsize, from: usize, to: usize) -> bool {
    edge.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
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
    fn a_fold_of_prepends_copies_little() {
        let heap = Heap::new();
        let local = heap.local();
        let (mut items, mut buffer): Grown<'_, u32> = (&[], None);
        for i in 0..100_000 {
            (items, buffer) = prepend(local, &[i], items, buffer);
        }
        assert!(items.iter().copied().eq((0..100_000).rev()));
        assert!(heap.allocated() < 4_000_000, "{} bytes", heap.allocated());
    }

    #[test]
    fn both_ends_grow() {
        let heap = Heap::new();
        let local = heap.local();
        let mut model = std::collections::VecDeque::new();
        let (mut items, mut buffer): Grown<'_, u32> = (&[], None);
        for i in 0..20_000u32 {
            // Now and then from an older state, which others have grown already.
            let (older, shared) = (items, buffer);
            if i.is_multiple_of(3) {
                (items, buffer) = prepend(local, &[i], older, shared);
                let _ = prepend(local, &[0], older, shared);
                model.push_front(i);
            } else {
                (items, buffer) = append(local, older, shared, &[i]);
                let _ = append(local, older, shared, &[0]);
                model.push_back(i);
            }
        }
        assert!(items.iter().eq(model.iter()));
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
