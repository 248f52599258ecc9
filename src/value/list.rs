//! Lists.

#![allow(unsafe_code)] // one empty list for all heaps

use super::grow::{self, Buffer};
use super::{Local, Slot};

/// An immutable list of slots.
#[derive(Clone, Copy)]
pub struct List<'h>(&'h ListObject<'h>);

struct ListObject<'h> {
    items: &'h [Slot<'h>],
    buffer: Option<&'h Buffer<Slot<'h>>>,
}

/// Half of all lists are empty.
static EMPTY: ListObject<'static> = ListObject { items: &[], buffer: None };

impl<'h> List<'h> {
    /// The list without items.
    #[inline]
    pub fn empty() -> List<'h> {
        // SAFETY: the object holds no reference that could be of another life than `'static`, nor
        // can one be put into it.
        List(unsafe { std::mem::transmute::<&'h ListObject<'static>, &'h ListObject<'h>>(&EMPTY) })
    }

    /// A list of slots that are in the heap already.
    #[inline]
    pub fn of(local: Local<'h>, items: &'h [Slot<'h>]) -> List<'h> {
        if items.is_empty() {
            return List::empty();
        }
        List(local.alloc(ListObject { items, buffer: None }))
    }

    /// A list of these slots.
    pub fn new(local: Local<'h>, items: &[Slot<'h>]) -> List<'h> {
        List::of(local, local.slice(items))
    }

    /// Its slots.
    #[inline]
    pub fn items(self) -> &'h [Slot<'h>] {
        self.0.items
    }

    /// How many.
    #[inline]
    pub fn len(self) -> usize {
        self.0.items.len()
    }

    /// None?
    pub fn is_empty(self) -> bool {
        self.0.items.is_empty()
    }

    /// This list followed by `other`. When lists are built left to right, or right to left, the
    /// cost is that of the shorter alone.
    #[must_use]
    pub fn concat(self, local: Local<'h>, other: List<'h>) -> List<'h> {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (left, right) = (self.0, other.0);
        let (items, buffer) = if left.items.len() < right.items.len() {
            grow::prepend(local, left.items, right.items, right.buffer)
        } else {
            grow::append(local, left.items, left.buffer, right.items)
        };
        List(local.alloc(ListObject { items, buffer }))
    }

    /// Where the object lies: its identity as long as the heap lives, except that empty lists are
    /// all one. (Its items don't tell: lists grown from one another share their beginning.)
    pub fn address(self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// Are both one object in memory?
    pub fn same_object(self, other: List<'h>) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl std::fmt::Debug for List<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "List[{}]", self.len())
    }
}
