//! Names of sets, kept once.
//!
//! Sets made at one place of a program share their names. Those that are computed (`a // b`,
//! `removeAttrs`, `listToAttrs`) mostly have names that some set before them had: the same calls
//! come again and again. A small table remembers the last of them, so that the next set of the
//! same shape takes no memory for its names, and what is remembered by shape (where an attribute
//! was found last) holds for it too.

#![allow(unsafe_code)] // slices of the arena's memory, remembered by the arena itself

use std::cell::RefCell;
use std::ptr::NonNull;

use crate::lower::Key;

/// Shapes that are remembered; a power of two.
const ROOM: usize = 2048;
/// Larger sets are seldom made twice.
pub(super) const MOST_NAMES: usize = 256;

/// Shapes of sets made lately, each at the place that its hash gives it.
#[derive(Default)]
pub(super) struct Shapes(RefCell<Vec<Option<Shape>>>);

#[derive(Clone, Copy)]
struct Shape {
    hash: u64,
    keys: NonNull<[Key]>,
}

impl Shapes {
    /// These names where they lie already, or where `store` puts them.
    ///
    /// # Safety
    /// What `store` gives must stay as it is as long as `self` is used, and `'h` no longer.
    #[inline]
    pub(super) unsafe fn find<'h>(
        &self,
        keys: &[Key],
        store: impl FnOnce(&[Key]) -> &'h [Key],
    ) -> &'h [Key] {
        if keys.is_empty() {
            return &[];
        }
        if keys.len() > MOST_NAMES {
            return store(keys);
        }
        let hash = hash(keys);
        let mut shapes = self.0.borrow_mut();
        if shapes.is_empty() {
            shapes.resize(ROOM, None);
        }
        let Some(place) = shapes.get_mut((hash >> 32) as usize & (ROOM - 1)) else {
            return store(keys);
        };
        if let Some(shape) = place
            && shape.hash == hash
        {
            // SAFETY: it was given by `store`, whose promise the caller has made.
            let known: &'h [Key] = unsafe { shape.keys.as_ref() };
            if known == keys {
                return known;
            }
        }
        let stored = store(keys);
        *place = Some(Shape { hash, keys: NonNull::from(stored) });
        stored
    }
}

fn hash(keys: &[Key]) -> u64 {
    keys.iter().fold(0u64, |hash, key| {
        let word = u64::from(key.name.id()) << 32 | u64::from(key.span.start);
        (hash.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Name, Span};
    use crate::value::Heap;

    fn keys(names: std::ops::Range<usize>, start: u32) -> Vec<Key> {
        let span = Span { start, end: start + 1 };
        names.map(|n| Key { name: Name::new(format!("shape{n}")), span }).collect()
    }

    #[test]
    fn the_same_names_lie_at_one_place() {
        let heap = Heap::new();
        let local = heap.local();
        let first = local.keys(&keys(0..5, 1));
        assert!(std::ptr::eq(first, local.keys(&keys(0..5, 1))));
        assert_eq!(first, keys(0..5, 1));
        assert_ne!(first, local.keys(&keys(0..5, 2)), "bound elsewhere");
        assert_ne!(first, local.keys(&keys(0..4, 1)));
        assert!(local.keys(&[]).is_empty());
    }

    #[test]
    fn more_shapes_than_there_is_room_for() {
        let heap = Heap::new();
        let local = heap.local();
        for start in (0..3 * ROOM as u32).chain(0..10) {
            let names = start as usize % 7..start as usize % 11 + 7;
            assert_eq!(local.keys(&keys(names.clone(), start)), keys(names, start));
        }
        let many = keys(0..MOST_NAMES + 1, 0);
        assert_eq!(local.keys(&many), many);
    }
}
