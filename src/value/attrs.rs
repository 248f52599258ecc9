//! Attribute sets.
//!
//! A set is a stack of layers, each a slice of names and a slice of slots, sorted by name id.
//! `a // b` with a small `b` lays `b` over `a` instead of copying it; layers shrink by at least
//! `RATIO` from one to the next, so a set of n attributes has O(log n) of them and a fold of
//! n updates costs O(n log n). Sets from the same place in the source share their names.

use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use super::{Local, Slot};
use crate::lower::{Hint, Key};
use crate::source::{Name, Span};

/// A layer may lie over one that is at least this many times its size.
const RATIO: usize = 4;
/// Sets up to this size are copied: a layer would cost more.
const SMALL: usize = 8;
/// Sets up to this size are joined with others before they are laid over what is below.
const FEW: usize = 64;

/// An immutable attribute set.
#[derive(Clone, Copy)]
pub struct Attrs<'h>(&'h AttrsObject<'h>);

struct AttrsObject<'h> {
    keys: &'h [Key],
    slots: &'h [Slot<'h>],
    /// What few sets have; most are one layer that lists all its attributes.
    more: Option<&'h More<'h>>,
}

struct More<'h> {
    below: Option<&'h AttrsObject<'h>>,
    /// Attributes in all layers, each counted once.
    size: usize,
    /// Answers for names that aren't there: a function of the name (embedded package sets).
    open: Option<&'h Slot<'h>>,
    /// All layers as one, once somebody has asked.
    /// Holds references alone: nothing to drop.
    flat: ManuallyDrop<OnceLock<Flat<'h>>>,
}

impl<'h> AttrsObject<'h> {
    #[inline]
    fn below(&self) -> Option<&'h AttrsObject<'h>> {
        self.more?.below
    }
}

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
    /// A set of these names and slots: same length, sorted by name id, no name twice.
    #[inline]
    pub fn of(local: Local<'h>, keys: &'h [Key], slots: &'h [Slot<'h>]) -> Attrs<'h> {
        debug_assert_eq!(keys.len(), slots.len());
        debug_assert!(keys.windows(2).all(|pair| pair[0].name < pair[1].name));
        Attrs(local.alloc(AttrsObject { keys, slots, more: None }))
    }

    fn layer(
        local: Local<'h>,
        keys: &'h [Key],
        slots: &'h [Slot<'h>],
        below: Option<&'h AttrsObject<'h>>,
        size: usize,
        open: Option<&'h Slot<'h>>,
    ) -> Attrs<'h> {
        let flat = ManuallyDrop::new(OnceLock::new());
        let plain = below.is_none() && open.is_none();
        let more = (!plain).then(|| local.alloc(More { below, size, open, flat }));
        Attrs(local.alloc(AttrsObject { keys, slots, more }))
    }

    /// The set without attributes.
    pub fn empty(local: Local<'h>) -> Attrs<'h> {
        Attrs::of(local, &[], &[])
    }

    /// A set of attributes in any order; where a name comes twice the first counts.
    pub fn new(local: Local<'h>, mut attrs: Vec<Attr<'h>>) -> Attrs<'h> {
        attrs.sort_by_key(|attr| attr.key.name);
        attrs.dedup_by_key(|attr| attr.key.name);
        Attrs::sorted(local, &attrs)
    }

    /// A set of attributes that are sorted by name id and have no name twice.
    pub fn sorted(local: Local<'h>, attrs: &[Attr<'h>]) -> Attrs<'h> {
        let keys = local.keys_of(attrs.iter().map(|attr| attr.key));
        let slots = local.collect(attrs.iter().map(|attr| attr.slot));
        Attrs::of(local, keys, slots)
    }

    /// The same set, answering for further names through `missing` (a function of the name).
    /// Such names are not listed, nor counted by `?` and `attrNames`.
    #[must_use]
    pub fn opened(self, local: Local<'h>, missing: Slot<'h>) -> Attrs<'h> {
        let (keys, slots) = self.entries(local);
        Attrs::layer(local, keys, slots, None, keys.len(), Some(local.alloc(missing)))
    }

    /// The function that answers for names that aren't there.
    pub fn missing(self) -> Option<Slot<'h>> {
        self.open().copied()
    }

    /// How many attributes.
    #[inline]
    pub fn len(self) -> usize {
        self.0.more.map_or(self.0.keys.len(), |more| more.size)
    }

    /// None?
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Are both one object in memory?
    pub fn same_object(self, other: Attrs<'h>) -> bool {
        std::ptr::eq(self.0, other.0)
    }

    /// Where the object lies: its identity as long as the heap lives.
    pub fn address(self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    /// The slot of an attribute.
    #[inline]
    pub fn get(self, name: Name) -> Option<Slot<'h>> {
        let mut layer = self.0;
        loop {
            if let Some(at) = find(layer.keys, name) {
                return layer.slots.get(at).copied();
            }
            layer = layer.below()?;
        }
    }

    /// As [`Attrs::get`], looking first where the hint says.
    #[inline]
    pub fn get_near(self, name: Name, hint: &Hint) -> Option<Slot<'h>> {
        let mut layer = self.0;
        loop {
            let guess = hint.get();
            if layer.keys.get(guess).is_some_and(|key| key.name == name) {
                return layer.slots.get(guess).copied();
            }
            if let Some(at) = find(layer.keys, name) {
                hint.set(at);
                return layer.slots.get(at).copied();
            }
            layer = layer.below()?;
        }
    }

    fn open(self) -> Option<&'h Slot<'h>> {
        self.0.more?.open
    }

    /// An attribute with the place it was bound at.
    pub fn attr(self, name: Name) -> Option<Attr<'h>> {
        let mut layer = self.0;
        loop {
            if let Some(at) = find(layer.keys, name) {
                return Some(Attr { key: *layer.keys.get(at)?, slot: *layer.slots.get(at)? });
            }
            layer = layer.below()?;
        }
    }

    /// A stable reference to the slot of an attribute, for thunks that share it.
    pub fn slot_ref(self, name: Name) -> Option<&'h Slot<'h>> {
        let mut layer = self.0;
        loop {
            if let Some(at) = find(layer.keys, name) {
                return layer.slots.get(at);
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
        let object = self.0;
        match object.more {
            Some(more) if more.below.is_some() => *more.flat.get_or_init(|| flatten(local, object)),
            Some(_) | None => (object.keys, object.slots),
        }
    }

    /// The attributes, sorted by name id: no order to show.
    pub fn iter(self, local: Local<'h>) -> impl ExactSizeIterator<Item = Attr<'h>> + Clone {
        let (keys, slots) = self.entries(local);
        keys.iter().zip(slots).map(|(key, slot)| Attr { key: *key, slot: *slot })
    }

    /// The attributes in the order Nix shows them: by the bytes of their names.
    pub fn by_name(self, local: Local<'h>) -> Vec<Attr<'h>> {
        let (keys, slots) = self.entries(local);
        // Most names differ within their first eight bytes, which compare as one number.
        let begins = |key: &Key| {
            let bytes = key.name.bytes();
            let mut first = [0; 8];
            let length = bytes.len().min(8);
            if let (Some(to), Some(from)) = (first.get_mut(..length), bytes.get(..length)) {
                to.copy_from_slice(from);
            }
            (u64::from_be_bytes(first), bytes)
        };
        let attrs = keys.iter().zip(slots).map(|(key, slot)| Attr { key: *key, slot: *slot });
        let mut attrs: Vec<_> = attrs.map(|attr| (begins(&attr.key), attr)).collect();
        attrs.sort_unstable_by(|(a, _), (b, _)| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        attrs.into_iter().map(|(_, attr)| attr).collect()
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
        if self.len() * RATIO < other.len() && other.len() > SMALL {
            let rest = self.iter(local).filter(|attr| !other.has(attr.key.name));
            let rest: Scratch<'h> = rest.map(|attr| (attr.key, attr.slot)).unzip();
            if rest.0.is_empty() && open.is_none() {
                return other;
            }
            return other.under(local, Top::Scratch(rest), open);
        }
        self.under(local, Top::Kept(other.entries(local)), open)
    }

    /// `a // b // c …`, of which the last is given first: what the sets between would be is never
    /// made.
    pub fn update_all(local: Local<'h>, last_first: &[Attrs<'h>]) -> Attrs<'h> {
        let few = |set: &Attrs<'h>| set.len() <= FEW && set.open().is_none();
        let Some((first, over)) = last_first.split_last() else {
            return Attrs::empty(local);
        };
        if !over.iter().all(few) {
            return over.iter().rev().fold(*first, |under, over| under.update(local, *over));
        }
        let mut over = over.iter().filter(|set| !set.is_empty());
        let Some(last) = over.next() else {
            return *first;
        };
        let Some(second) = over.next() else {
            return first.update(local, *last);
        };
        let mut top = merge(second.entries(local), last.entries(local));
        for set in over {
            top = merge(set.entries(local), (&top.0, &top.1));
        }
        first.under(local, Top::Scratch(top), first.open())
    }

    /// Lays the names and slots of `top` over the set.
    fn under(self, local: Local<'h>, mut top: Top<'h>, open: Option<&'h Slot<'h>>) -> Attrs<'h> {
        let mut below = Some(self.0);
        // Layers that are not much larger than what lies over them are joined with it.
        while let Some(layer) = below
            && (layer.keys.len() < top.len() * RATIO || layer.keys.len() <= SMALL)
        {
            // An empty set at the bottom adds nothing.
            if !layer.keys.is_empty() {
                top = Top::Scratch(merge((layer.keys, layer.slots), top.parts()));
            }
            below = layer.below();
        }
        let (keys, slots) = top.keep(local);
        let size = match below {
            None => keys.len(),
            Some(rest) => {
                let rest = Attrs(rest);
                rest.len() + keys.iter().filter(|key| !rest.has(key.name)).count()
            }
        };
        Attrs::layer(local, keys, slots, below, size, open)
    }
}

/// Names and slots in the making.
type Scratch<'h> = (Vec<Key>, Vec<Slot<'h>>);

/// The uppermost layer of a set in the making.
enum Top<'h> {
    /// It is in the heap already.
    Kept(Flat<'h>),
    Scratch(Scratch<'h>),
}

impl<'h> Top<'h> {
    fn parts(&self) -> (&[Key], &[Slot<'h>]) {
        match self {
            Top::Kept((keys, slots)) => (keys, slots),
            Top::Scratch((keys, slots)) => (keys, slots),
        }
    }

    fn len(&self) -> usize {
        self.parts().0.len()
    }

    fn keep(self, local: Local<'h>) -> Flat<'h> {
        match self {
            Top::Kept(flat) => flat,
            Top::Scratch((keys, slots)) => (local.keys(&keys), local.slice(&slots)),
        }
    }
}

fn flatten<'h>(local: Local<'h>, object: &'h AttrsObject<'h>) -> Flat<'h> {
    let mut all = Top::Kept((object.keys, object.slots));
    let mut below = object.below();
    while let Some(layer) = below {
        all = Top::Scratch(merge((layer.keys, layer.slots), all.parts()));
        below = layer.below();
    }
    all.keep(local)
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

/// Both, `over` winning where a name is in both.
fn merge<'h>(under: (&[Key], &[Slot<'h>]), over: (&[Key], &[Slot<'h>])) -> Scratch<'h> {
    let capacity = under.0.len() + over.0.len();
    let (mut keys, mut slots) = (Vec::with_capacity(capacity), Vec::with_capacity(capacity));
    let mut unders = under.0.iter().zip(under.1).peekable();
    for (key, slot) in over.0.iter().zip(over.1) {
        while let Some((lower, value)) = unders.next_if(|(lower, _)| lower.name < key.name) {
            keys.push(*lower);
            slots.push(*value);
        }
        unders.next_if(|(lower, _)| lower.name == key.name);
        keys.push(*key);
        slots.push(*slot);
    }
    for (lower, value) in unders {
        keys.push(*lower);
        slots.push(*value);
    }
    (keys, slots)
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
    use crate::value::{Heap, Value};

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
        let mut attrs = Attrs::empty(local);
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
            let one_by_one = sets
                .iter()
                .rev()
                .fold(Attrs::empty(local), |under, over| under.update(local, *over));
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
