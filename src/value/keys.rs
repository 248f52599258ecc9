//! Names that sets share.
//!
//! Sets made at one place of a program have the same names, in one slice. When such sets are
//! joined or mapped again and again, the names of what comes out are the same each time as well:
//! each thread remembers what it has made of which slices of late. So it does with the order of
//! names in which a set is shown.

#![allow(unsafe_code)] // slices remembered in a place that doesn't know their lifetime

use std::cell::{Cell, OnceCell, RefCell};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;

use super::Local;
use crate::lower::Key;
use crate::source::Span;

/// What one thread remembers, in tables in which each thing has one place.
#[derive(Default)]
pub(super) struct Memory {
    made: OnceCell<Box<[Cell<Option<Made>>]>>,
    single: OnceCell<Box<[Cell<Option<NonNull<Key>>>]>>,
    orders: RefCell<Vec<Option<(Slice, Rc<[u32]>)>>>,
}

/// Sizes of the tables, as powers of two.
const MADE: u32 = 11;
const SINGLE: u32 = 8;
const ORDERS: u32 = 3;
/// The order of fewer names is found faster than remembered.
const FEW: usize = 16;

/// A slice of names: where it is, and its length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Slice(NonNull<Key>, usize);

/// What was made of which slices.
#[derive(Clone, Copy)]
struct Made {
    under: Slice,
    /// None for names whose places were taken away.
    over: Option<Slice>,
    result: Slice,
}

/// The memory of one [`Local`], which knows the lifetime of what is in it.
#[derive(Clone, Copy)]
pub(super) struct Keys<'h>(&'h Memory, PhantomData<Cell<&'h [Key]>>);

impl Slice {
    fn of(keys: &[Key]) -> Slice {
        Slice(NonNull::from(keys).cast(), keys.len())
    }

    fn hash(self) -> u64 {
        (self.0.addr().get() as u64 ^ (self.1 as u64) << 48).wrapping_mul(MIX)
    }
}

/// An odd number whose bits look random.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

fn place(hash: u64, bits: u32) -> usize {
    (hash.wrapping_mul(MIX) >> (u64::BITS - bits)) as usize
}

fn table<T>(bits: u32) -> Box<[Cell<Option<T>>]> {
    (0..1 << bits).map(|_| Cell::new(None)).collect()
}

impl<'h> Keys<'h> {
    /// The memory of the one `Local<'h>` that it belongs to: what is put into it lives as long
    /// as `'h`, and so does what is taken out.
    #[inline]
    pub(super) fn new(memory: &'h Memory) -> Keys<'h> {
        Keys(memory, PhantomData)
    }

    fn slice(self, slice: Slice) -> &'h [Key] {
        // SAFETY: it was made of a slice that lives as long as `'h` (see `new`).
        unsafe { std::slice::from_raw_parts(slice.0.as_ptr(), slice.1) }
    }

    fn remembered(
        self,
        under: &'h [Key],
        over: Option<&'h [Key]>,
        make: impl FnOnce() -> &'h [Key],
    ) -> &'h [Key] {
        let (under, over) = (Slice::of(under), over.map(Slice::of));
        let table = self.0.made.get_or_init(|| table(MADE));
        let hash = under.hash().rotate_left(23) ^ over.map_or(0, Slice::hash);
        let Some(cell) = table.get(place(hash, MADE)) else { return make() };
        match cell.get() {
            Some(known) if known.under == under && known.over == over => self.slice(known.result),
            _ => {
                let made = make();
                cell.set(Some(Made { under, over, result: Slice::of(made) }));
                made
            }
        }
    }

    /// The names of both, sorted as both are; where a name is in both, its place in `over`.
    pub(super) fn joined(self, local: Local<'h>, under: &'h [Key], over: &'h [Key]) -> &'h [Key] {
        self.remembered(under, Some(over), || {
            let mut all = Vec::with_capacity(under.len() + over.len());
            let mut unders = under.iter().peekable();
            for key in over {
                while let Some(lower) = unders.next_if(|lower| lower.name < key.name) {
                    all.push(*lower);
                }
                unders.next_if(|lower| lower.name == key.name);
                all.push(*key);
            }
            all.extend(unders);
            if all.len() == over.len() { over } else { local.slice(&all) }
        })
    }

    /// The same names, bound nowhere.
    pub(super) fn nowhere(self, local: Local<'h>, keys: &'h [Key]) -> &'h [Key] {
        if keys.iter().all(|key| key.span == Span::NONE) {
            return keys;
        }
        self.remembered(keys, None, || {
            local.collect(keys.iter().map(|key| Key { name: key.name, span: Span::NONE }))
        })
    }

    /// This name alone.
    pub(super) fn single(self, local: Local<'h>, key: Key) -> &'h [Key] {
        let table = self.0.single.get_or_init(|| table(SINGLE));
        let hash = u64::from(key.name.id()) ^ u64::from(key.span.start) << 32;
        let cell = table.get(place(hash, SINGLE));
        if let Some(known) = cell.and_then(Cell::get) {
            let known = self.slice(Slice(known, 1));
            if known == [key] {
                return known;
            }
        }
        let made = local.slice(&[key]);
        if let Some(cell) = cell {
            cell.set(Some(Slice::of(made).0));
        }
        made
    }

    /// The indices of the names in the order of their bytes.
    pub(super) fn by_name(self, keys: &'h [Key]) -> Order {
        if keys.len() <= FEW {
            return few(keys);
        }
        Order::Many(self.many(keys))
    }

    fn many(self, keys: &'h [Key]) -> Rc<[u32]> {
        let slice = Slice::of(keys);
        let mut orders = self.0.orders.borrow_mut();
        if orders.is_empty() {
            orders.resize(1 << ORDERS, None);
        }
        let place = orders.get_mut(place(slice.hash(), ORDERS));
        match place {
            Some(Some((known, order))) if *known == slice => Rc::clone(order),
            place => {
                let order = order(keys);
                if let Some(place) = place {
                    *place = Some((slice, Rc::clone(&order)));
                }
                order
            }
        }
    }
}

/// Indices in some order.
pub(super) enum Order {
    Few([u8; FEW]),
    Many(Rc<[u32]>),
}

impl Order {
    #[inline]
    pub(super) fn get(&self, at: usize) -> Option<usize> {
        match self {
            Order::Few(few) => few.get(at).map(|index| usize::from(*index)),
            Order::Many(many) => many.get(at).map(|index| *index as usize),
        }
    }
}

/// The beginning of a name, behind bytes that need not be looked at: such compare as one number.
#[inline]
fn begin(name: &[u8], common: usize) -> u64 {
    let rest = name.get(common..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk::<8>() {
        return u64::from_be_bytes(*whole);
    }
    let begin = rest.iter().fold(0, |begin, byte| begin << 8 | u64::from(*byte));
    // Shorter by the byte at least: the shift stays below the width.
    if rest.is_empty() { 0 } else { begin << (u64::BITS - 8 * rest.len() as u32) }
}

fn few(keys: &[Key]) -> Order {
    let mut sorted = [(0, &[][..], 0); FEW];
    let count = keys.len().min(FEW);
    for ((place, key), index) in sorted.iter_mut().zip(keys).zip(0..) {
        let name = key.name.bytes();
        *place = (begin(name, 0), name, index);
    }
    if let Some(sorted) = sorted.get_mut(..count) {
        sorted.sort_unstable();
    }
    Order::Few(sorted.map(|(_, _, index)| index))
}

fn order(keys: &[Key]) -> Rc<[u32]> {
    let names = keys.iter().map(|key| key.name.bytes());
    let first = keys.first().map_or(&[][..], |key| key.name.bytes());
    let alike = |name: &[u8]| first.iter().zip(name).take_while(|(a, b)| a == b).count();
    let common = names.clone().map(alike).min().unwrap_or(0);
    // Most names differ within the first eight bytes behind what all of them begin with.
    let mut sorted: Vec<(u64, u32)> = names.map(|name| begin(name, common)).zip(0..).collect();
    let name = |at: u32| keys.get(at as usize).map(|key| key.name.bytes());
    sorted.sort_unstable_by(|(a, i), (b, j)| a.cmp(b).then_with(|| name(*i).cmp(&name(*j))));
    sorted.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Name;
    use crate::value::Heap;

    fn keys<'h>(local: Local<'h>, names: &[&str], place: u32) -> &'h [Key] {
        let key = |name: &&str| Key { name: Name::new(name), span: Span::new(place, place + 1) };
        let mut keys: Vec<Key> = names.iter().map(key).collect();
        keys.sort_by_key(|key| key.name);
        local.slice(&keys)
    }

    #[test]
    fn what_was_made_is_made_once() {
        let heap = Heap::new();
        let local = heap.local();
        let (a, b) = (keys(local, &["x", "y"], 1), keys(local, &["y", "z"], 2));
        let joined = local.keys().joined(local, a, b);
        assert!(std::ptr::eq(joined, local.keys().joined(local, a, b)));
        let places = |of: &[Key]| {
            let mut all: Vec<_> = of.iter().map(|k| (k.name.to_string(), k.span.start)).collect();
            all.sort();
            all
        };
        let expected = [("x", 1), ("y", 2), ("z", 2)].map(|(n, p)| (n.to_owned(), p));
        assert_eq!(places(joined), expected);
        let expected = [("x", 1), ("y", 1), ("z", 2)].map(|(n, p)| (n.to_owned(), p));
        assert_eq!(places(local.keys().joined(local, b, a)), expected);
        let nowhere = local.keys().nowhere(local, a);
        assert!(std::ptr::eq(nowhere, local.keys().nowhere(local, a)));
        assert!(nowhere.iter().all(|key| key.span == Span::NONE));
        assert!(std::ptr::eq(local.keys().single(local, a[0]), local.keys().single(local, a[0])));
        assert_eq!(local.keys().single(local, b[0]), [b[0]]);
    }

    #[test]
    fn names_are_ordered_by_their_bytes() {
        let heap = Heap::new();
        let local = heap.local();
        let mut names: Vec<String> = (0..200).map(|i| format!("a-common-beginning-{i}")).collect();
        names.extend(["a-common-beginning-", "a-common-beginning-\0"].map(str::to_owned));
        for count in [0, 1, 5, 202] {
            let mut names: Vec<&str> = names.iter().take(count).map(String::as_str).collect();
            let keys = keys(local, &names, 0);
            names.sort_unstable();
            for _ in 0..2 {
                let order = local.keys().by_name(keys);
                let indices = (0..keys.len()).filter_map(|at| order.get(at));
                let ordered = indices.map(|at| keys[at].name.text().into_owned());
                assert_eq!(ordered.collect::<Vec<_>>(), names);
            }
        }
    }
}
