//! Attribute sets.
//!
//! A set is a stack of layers, each a slice of names and a slice of slots, sorted by name id.
//! `a // b` with a small `b` lays `b` over `a` instead of copying it; layers shrink by at least
//! `RATIO` from one to the next, so a set of n attributes has O(log n) of them and a fold of
//! n updates costs O(n log n). Sets from the same place in the source share their names, and so
//! do sets that are made of such sets in the same way (`keys`).

#![allow(unsafe_code)] // slots behind a header

use std::alloc::Layout;
use std::iter::Peekable;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use smallvec::{SmallVec, smallvec};

use super::{Local, Slot, Value};
use crate::lower::{Hint, Key};
use crate::source::{Name, Span};

/// A layer may lie over one that is at least this many times its size.
const RATIO: usize = 4;
/// Sets up to this size are copied: a layer would cost more.
const SMALL: usize = 8;
/// Sets up to this size are joined with others before they are laid over what is below.
const FEW: usize = 64;

/// An immutable attribute set: its uppermost layer.
#[derive(Clone, Copy)]
pub struct Attrs<'h>(NonNull<Header>, PhantomData<&'h Slot<'h>>);

/// What a layer begins with. What follows depends on its form.
#[repr(C)]
struct Header {
    /// The first name.
    keys: NonNull<Key>,
    /// How many names and slots the layer has.
    length: u32,
    form: Form,
}

/// What follows the header.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Form {
    /// The slots: all there is to it.
    Plain,
    /// Where the slots are: those of an environment.
    Elsewhere,
    /// A [`More`], which begins with where the slots are.
    Layered,
}

/// What few sets have; most are one layer that lists all its attributes.
#[repr(C)]
struct More<'h> {
    slots: NonNull<Slot<'h>>,
    below: Option<Attrs<'h>>,
    /// Attributes in all layers, each counted once.
    size: usize,
    /// Answers for names that aren't there: a function of the name (embedded package sets).
    open: Option<&'h Slot<'h>>,
    /// All layers as one, once somebody has asked.
    flat: AtomicPtr<Header>,
}

/// A header and what follows it, where that isn't slots.
#[repr(C)]
struct Behind<T> {
    header: Header,
    behind: T,
}

// What follows a header needs no padding.
const _: () = assert!(align_of::<Header>() >= align_of::<Slot<'static>>());
const _: () = assert!(align_of::<Header>() >= align_of::<More<'static>>());
const _: () = assert!(size_of::<Header>() == 16);

// SAFETY: it is a shared reference to what never changes, but for `flat`, which is atomic.
unsafe impl Sync for Attrs<'_> {}
// SAFETY: as above.
unsafe impl Send for Attrs<'_> {}

/// The header of the set without attributes.
struct Empty(Header);

// SAFETY: it never changes.
unsafe impl Sync for Empty {}

static EMPTY: Empty = Empty(Header { keys: NonNull::dangling(), length: 0, form: Form::Plain });

/// Layers, the uppermost first.
type Layers<'h> = SmallVec<[Attrs<'h>; 8]>;

/// Names and slots of a set.
type Flat<'h> = (&'h [Key], &'h [Slot<'h>]);

/// An attribute as found.
#[derive(Clone, Copy, Debug)]
pub struct Attr<'h> {
    /// Its name and where it was bound.
    pub key: Key,
    /// What it holds.
    pub slot: Slot<'h>,
}

impl<'h> Attrs<'h> {
    /// A set of these names, sorted by name id, no name twice, and of slots made one by one.
    #[inline]
    pub fn fill(
        local: Local<'h>,
        keys: &'h [Key],
        make: impl FnMut(usize) -> Slot<'h>,
    ) -> Attrs<'h> {
        if keys.is_empty() {
            return Attrs::empty();
        }
        Attrs::build(local, keys, make)
    }

    /// A set of these names and slots: same length, sorted by name id, no name twice.
    pub fn of(local: Local<'h>, keys: &'h [Key], slots: &'h [Slot<'h>]) -> Attrs<'h> {
        debug_assert_eq!(keys.len(), slots.len());
        debug_assert!(keys.windows(2).all(|pair| pair[0].name < pair[1].name));
        let length = keys.len().min(slots.len()) as u32;
        let header = Header { keys: NonNull::from(keys).cast(), length, form: Form::Elsewhere };
        let slots: NonNull<Slot<'h>> = NonNull::from(slots).cast();
        Attrs(NonNull::from(local.alloc(Behind { header, behind: slots })).cast(), PhantomData)
    }

    /// A layer with slots of its own.
    #[inline]
    fn build(
        local: Local<'h>,
        keys: &'h [Key],
        mut make: impl FnMut(usize) -> Slot<'h>,
    ) -> Attrs<'h> {
        debug_assert!(keys.windows(2).all(|pair| pair[0].name < pair[1].name));
        let slots = Layout::array::<Slot<'h>>(keys.len());
        let layout = slots.and_then(|slots| Layout::new::<Header>().extend(slots));
        // Only a length beyond the address space fails; as many names could not be in memory.
        let (Ok((layout, _)), Ok(length)) = (layout, u32::try_from(keys.len())) else {
            std::alloc::handle_alloc_error(Layout::new::<Header>())
        };
        let place = local.raw(layout).cast::<Header>();
        // SAFETY: fresh memory with room for the header and so many slots. `make` may allocate,
        // but gets other memory.
        unsafe {
            place.write(Header { keys: NonNull::from(keys).cast(), length, form: Form::Plain });
            let slots = place.add(1).cast::<Slot<'h>>();
            for index in 0..keys.len() {
                slots.add(index).write(make(index));
            }
        }
        Attrs(place, PhantomData)
    }

    /// The uppermost layer of this set over others, or open.
    fn over(
        self,
        local: Local<'h>,
        below: Option<Attrs<'h>>,
        size: usize,
        open: Option<&'h Slot<'h>>,
    ) -> Attrs<'h> {
        if below.is_none() && open.is_none() {
            return self;
        }
        let Header { keys, length, .. } = *self.header();
        let slots = NonNull::from(self.slots()).cast();
        let more = More { slots, below, size, open, flat: AtomicPtr::default() };
        let header = Header { keys, length, form: Form::Layered };
        let layer = local.alloc(Behind { header, behind: more });
        Attrs(NonNull::from(layer).cast(), PhantomData)
    }

    /// The set without attributes.
    pub fn empty() -> Attrs<'h> {
        Attrs(NonNull::from(&EMPTY.0), PhantomData)
    }

    /// A set of attributes in any order; where a name comes twice the first counts.
    pub fn new(local: Local<'h>, mut attrs: Vec<Attr<'h>>) -> Attrs<'h> {
        attrs.sort_by_key(|attr| attr.key.name);
        attrs.dedup_by_key(|attr| attr.key.name);
        Attrs::sorted(local, &attrs)
    }

    /// A set of attributes that are sorted by name id and have no name twice.
    pub fn sorted(local: Local<'h>, attrs: &[Attr<'h>]) -> Attrs<'h> {
        let keys: SmallVec<[Key; 16]> = attrs.iter().map(|attr| attr.key).collect();
        let keys = local.keys().known(local, &keys);
        let mut slots = attrs.iter().map(|attr| attr.slot);
        Attrs::fill(local, keys, |_| slots.next().unwrap_or(Slot::Value(Value::Null)))
    }

    /// The same names, which were written nowhere, with other slots.
    #[must_use]
    pub fn mapped(self, local: Local<'h>, make: impl FnMut(usize) -> Slot<'h>) -> Attrs<'h> {
        let (keys, _) = self.entries(local);
        Attrs::fill(local, local.keys().nowhere(local, keys), make)
    }

    #[inline]
    fn header(self) -> &'h Header {
        // SAFETY: it is only made of initialised headers, which live as long as the heap or for
        // ever, and never change.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    fn more(self) -> Option<&'h More<'h>> {
        // SAFETY: the form says that a `More` follows the header.
        (self.header().form == Form::Layered).then(|| unsafe { self.0.add(1).cast().as_ref() })
    }

    /// The names of this layer.
    #[inline]
    fn keys(self) -> &'h [Key] {
        let Header { keys, length, .. } = self.header();
        // SAFETY: so many names lie there, as long as the heap.
        unsafe { std::slice::from_raw_parts(keys.as_ptr(), *length as usize) }
    }

    /// The slots of this layer.
    #[inline]
    fn slots(self) -> &'h [Slot<'h>] {
        let header = self.header();
        // SAFETY: the form says where so many slots lie, all of them initialised.
        unsafe {
            let behind = self.0.add(1);
            let start: NonNull<Slot<'h>> = match header.form {
                Form::Plain => behind.cast(),
                Form::Elsewhere | Form::Layered => *behind.cast::<NonNull<Slot<'h>>>().as_ref(),
            };
            std::slice::from_raw_parts(start.as_ptr(), header.length as usize)
        }
    }

    #[inline]
    fn below(self) -> Option<Attrs<'h>> {
        self.more()?.below
    }

    /// The same set, answering for further names through `missing` (a function of the name).
    /// Such names are not listed, nor counted by `?` and `attrNames`.
    #[must_use]
    pub fn opened(self, local: Local<'h>, missing: Slot<'h>) -> Attrs<'h> {
        let whole = self.whole(local);
        whole.over(local, None, whole.keys().len(), Some(local.alloc(missing)))
    }

    /// May it be a set that stands for another ([`Span::KEPT`])?
    pub fn may_be_kept(self) -> bool {
        let first = self.keys().first();
        first.is_some_and(|key| key.span == Span::KEPT)
    }

    /// The function that answers for names that aren't there.
    pub fn missing(self) -> Option<Slot<'h>> {
        self.open().copied()
    }

    /// How many attributes.
    #[inline]
    pub fn len(self) -> usize {
        self.more().map_or(self.header().length as usize, |more| more.size)
    }

    /// None?
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Are both one object in memory?
    pub fn same_object(self, other: Attrs<'h>) -> bool {
        self.0 == other.0
    }

    /// Where the object lies: its identity as long as the heap lives. All empty sets are one.
    pub fn address(self) -> usize {
        self.0.addr().get()
    }

    /// The slot of an attribute.
    #[inline]
    pub fn get(self, name: Name) -> Option<Slot<'h>> {
        let mut layer = self;
        loop {
            if let Some(at) = find(layer.keys(), name) {
                return layer.slots().get(at).copied();
            }
            layer = layer.below()?;
        }
    }

    /// As [`Attrs::get`], looking first where the hint says.
    #[inline]
    pub fn get_near(self, name: Name, hint: &Hint) -> Option<Slot<'h>> {
        let mut layer = self;
        loop {
            let guess = hint.get();
            if layer.keys().get(guess).is_some_and(|key| key.name == name) {
                return layer.slots().get(guess).copied();
            }
            if let Some(at) = find(layer.keys(), name) {
                hint.set(at);
                return layer.slots().get(at).copied();
            }
            layer = layer.below()?;
        }
    }

    fn open(self) -> Option<&'h Slot<'h>> {
        self.more()?.open
    }

    /// An attribute with the place it was bound at.
    pub fn attr(self, name: Name) -> Option<Attr<'h>> {
        let mut layer = self;
        loop {
            if let Some(at) = find(layer.keys(), name) {
                return Some(Attr { key: *layer.keys().get(at)?, slot: *layer.slots().get(at)? });
            }
            layer = layer.below()?;
        }
    }

    /// Is there such an attribute?
    #[inline]
    pub fn has(self, name: Name) -> bool {
        self.get(name).is_some()
    }

    /// Names and slots of the whole set, sorted by name id. The first call on a layered set
    /// makes one layer of it.
    pub fn entries(self, local: Local<'h>) -> Flat<'h> {
        let whole = self.whole(local);
        (whole.keys(), whole.slots())
    }

    /// A set whose uppermost layer has all attributes of this one.
    #[inline]
    fn whole(self, local: Local<'h>) -> Attrs<'h> {
        match self.more() {
            Some(more) if more.below.is_some() => self.flattened(local, more),
            Some(_) | None => self,
        }
    }

    /// All layers as one.
    fn flattened(self, local: Local<'h>, more: &'h More<'h>) -> Attrs<'h> {
        if let Some(flat) = NonNull::new(more.flat.load(Ordering::Acquire)) {
            return Attrs(flat, PhantomData);
        }
        // It is kept by the set, and so lives where the set does.
        let local = local.home_of(self.0);
        let layers: Vec<_> = std::iter::successors(Some(self), |layer| layer.below()).collect();
        let flat = Attrs::joined(local, Attrs::names(local, &layers), &layers);
        // Should another thread have done so meanwhile, both are right.
        more.flat.store(flat.0.as_ptr(), Ordering::Release);
        flat
    }

    /// The names of several layers, the uppermost first.
    fn names(local: Local<'h>, layers: &[Attrs<'h>]) -> &'h [Key] {
        let keys = layers.iter().map(|layer| layer.keys());
        keys.reduce(|over, under| local.keys().joined(local, under, over)).unwrap_or_default()
    }

    /// Several layers, the uppermost first, as one; `keys` are the names of all.
    fn joined(local: Local<'h>, keys: &'h [Key], layers: &[Attrs<'h>]) -> Attrs<'h> {
        let rest = |layer: &Attrs<'h>| layer.keys().iter().zip(layer.slots()).peekable();
        match layers {
            [over, under] => merged(local, keys, &mut [rest(over), rest(under)]),
            layers => merged(local, keys, &mut layers.iter().map(rest).collect::<Vec<_>>()),
        }
    }

    /// The attributes, sorted by name id: no order to show.
    pub fn iter(self, local: Local<'h>) -> impl ExactSizeIterator<Item = Attr<'h>> + Clone {
        let (keys, slots) = self.entries(local);
        keys.iter().zip(slots).map(|(key, slot)| Attr { key: *key, slot: *slot })
    }

    /// The attributes in the order Nix shows them: by the bytes of their names.
    pub fn by_name(self, local: Local<'h>) -> Vec<Attr<'h>> {
        self.ordered(local).collect()
    }

    /// As [`Attrs::by_name`], one by one.
    pub fn ordered(self, local: Local<'h>) -> impl Iterator<Item = Attr<'h>> {
        let (keys, slots) = self.entries(local);
        let order = local.keys().by_name(keys);
        (0..keys.len()).filter_map(move |at| {
            let at = order.get(at)?;
            Some(Attr { key: *keys.get(at)?, slot: *slots.get(at)? })
        })
    }

    /// `self // other`.
    #[must_use]
    pub fn update(self, local: Local<'h>, other: Attrs<'h>) -> Attrs<'h> {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() && self.open().is_none() {
            return other;
        }
        let open = other.open().or(self.open());
        // A small set under a large one: what the large one doesn't have is laid over it. No name
        // is in both then, so which of them lies above makes no difference.
        let (top, below) = if self.len() * RATIO < other.len() && other.len() > SMALL {
            let rest = self.iter(local).filter(|attr| !other.has(attr.key.name));
            let rest: Vec<Attr<'h>> = rest.collect();
            if rest.is_empty() && open.is_none() {
                return other;
            }
            (Attrs::sorted(local, &rest), Some(other))
        } else {
            (other.whole(local), Some(self))
        };
        Attrs::laid(local, smallvec![top], below, open)
    }

    /// `a // b // c …`, of which the last is given first: what the sets between would be is never
    /// made.
    pub fn update_all(local: Local<'h>, last_first: &[Attrs<'h>]) -> Attrs<'h> {
        let few = |set: &Attrs<'h>| set.len() <= FEW && set.open().is_none();
        let Some((first, over)) = last_first.split_last() else {
            return Attrs::empty();
        };
        if !over.iter().all(few) {
            return over.iter().rev().fold(*first, |under, over| under.update(local, *over));
        }
        let over = over.iter().filter(|set| !set.is_empty());
        let tops: Layers<'h> = over.map(|set| set.whole(local)).collect();
        match &*tops {
            [] => *first,
            [only] => first.update(local, *only),
            _ => Attrs::laid(local, tops, Some(*first), first.open()),
        }
    }

    /// Some layers, the uppermost first, joined and laid over what is below.
    fn laid(
        local: Local<'h>,
        mut tops: Layers<'h>,
        mut below: Option<Attrs<'h>>,
        open: Option<&'h Slot<'h>>,
    ) -> Attrs<'h> {
        let mut keys = Attrs::names(local, &tops);
        // Layers that are not much larger than what lies over them are joined with it.
        while let Some(layer) = below
            && let under = layer.keys()
            && (under.len() < keys.len() * RATIO || under.len() <= SMALL)
        {
            // An empty set at the bottom adds nothing.
            if !under.is_empty() {
                keys = local.keys().joined(local, under, keys);
                tops.push(layer);
            }
            below = layer.below();
        }
        let top = match &*tops {
            [only] => *only,
            tops => Attrs::joined(local, keys, tops),
        };
        let size = match below {
            None => keys.len(),
            Some(rest) => rest.len() + keys.iter().filter(|key| !rest.has(key.name)).count(),
        };
        top.over(local, below, size, open)
    }
}

/// A set of these names, each of which is the first that is left of some of the layers: the
/// uppermost of those gives the slot.
fn merged<'h, 'k, I>(local: Local<'h>, keys: &'h [Key], rests: &mut [Peekable<I>]) -> Attrs<'h>
where
    I: Iterator<Item = (&'k Key, &'k Slot<'h>)>,
    'h: 'k,
{
    let mut names = keys.iter();
    Attrs::fill(local, keys, |_| {
        let (name, mut found) = (names.next().map(|key| key.name), None);
        for rest in &mut *rests {
            let here = rest.next_if(|(key, _)| Some(key.name) == name);
            found = found.or(here.map(|(_, slot)| *slot));
        }
        found.unwrap_or(Slot::Value(Value::Null))
    })
}

/// Position of a name in a sorted slice.
#[inline]
fn find(keys: &[Key], name: Name) -> Option<usize> {
    if keys.len() <= 8 {
        keys.iter().position(|key| key.name == name)
    } else {
        keys.binary_search_by(|key| key.name.cmp(&name)).ok()
    }
}

impl<'h> Attr<'h> {
    /// An attribute bound at a place.
    pub fn new(name: Name, span: Span, slot: impl Into<Slot<'h>>) -> Attr<'h> {
        Attr { key: Key { name, span }, slot: slot.into() }
    }
}

impl std::fmt::Debug for Attrs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attrs{{{}}}", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Heap;

    fn set<'h>(local: Local<'h>, pairs: &[(usize, i64)]) -> Attrs<'h> {
        let attr = |(n, v): &(usize, i64)| {
            Attr::new(Name::new(format!("k{n}")), Span::NONE, Value::Int(*v))
        };
        Attrs::new(local, pairs.iter().map(attr).collect())
    }

    fn show<'h>(local: Local<'h>, attrs: Attrs<'h>) -> Vec<(String, i64)> {
        let int = |slot: Slot<'h>| match slot.known() {
            Some(Value::Int(i)) => i,
            _ => -1,
        };
        attrs.by_name(local).iter().map(|a| (a.key.name.to_string(), int(a.slot))).collect()
    }

    #[test]
    fn updates_agree_with_a_map() {
        let heap = Heap::new();
        let local = heap.local();
        let mut attrs = Attrs::empty();
        let mut model = std::collections::BTreeMap::new();
        let mut seed = 1usize;
        for round in 0..3000i64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let many = if round % 100 == 0 { 60 } else { 1 };
            let pairs: Vec<(usize, i64)> =
                (0..many).map(|i| ((seed >> 33) % 500 + i, round)).collect();
            let named = pairs.iter().map(|(n, v)| (format!("k{n}"), *v));
            if round % 7 == 0 {
                attrs = set(local, &pairs).update(local, attrs);
                for (name, v) in named {
                    model.entry(name).or_insert(v);
                }
            } else {
                attrs = attrs.update(local, set(local, &pairs));
                model.extend(named);
            }
            assert_eq!(attrs.len(), model.len());
        }
        for n in 0..600 {
            let name = format!("k{n}");
            let got = attrs.get(Name::new(&name)).and_then(Slot::known);
            let int = got.map(|v| if let Value::Int(i) = v { i } else { -1 });
            assert_eq!(int, model.get(&name).copied(), "{name}");
        }
        assert_eq!(show(local, attrs), model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn many_updates_at_once_are_those_one_by_one() {
        let heap = Heap::new();
        let local = heap.local();
        let mut seed = 3usize;
        for _ in 0..2000 {
            let mut next = |below: usize| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
                (seed >> 33) % below
            };
            let sets: Vec<Attrs<'_>> = (0..next(6))
                .map(|_| {
                    let size = [0, 1, 3, 20, 100][next(5)];
                    set(local, &(0..size).map(|_| (next(150), next(9) as i64)).collect::<Vec<_>>())
                })
                .collect();
            let one_by_one =
                sets.iter().rev().fold(Attrs::empty(), |under, over| under.update(local, *over));
            let at_once = Attrs::update_all(local, &sets);
            assert_eq!(show(local, at_once), show(local, one_by_one));
            assert_eq!(at_once.len(), show(local, at_once).len());
        }
    }

    #[test]
    fn small_updates_of_a_large_set_share_it() {
        let heap = Heap::new();
        let local = heap.local();
        let pairs: Vec<(usize, i64)> = (0..10_000).map(|n| (n, 0)).collect();
        let large = set(local, &pairs);
        let before = heap.allocated();
        for i in 0..1000 {
            let _ = large.update(local, set(local, &[(5, i)]));
        }
        assert!(heap.allocated() - before < 1_000_000);
    }
}
