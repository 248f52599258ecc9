//! Looking for equal items in long lists.
//!
//! `elem`, and `filter` with a predicate such as `x: x != y`, compare one value with every item,
//! and programs call them once for each item of one list (`lib.unique`): 10⁸ comparisons for 10⁴
//! items. So of a list that is searched again a key is kept for each item; where keys differ,
//! values do. An item has a key when it has been evaluated and is an integer, a string, a path, or
//! a derivation (which its output path stands for). All others are compared as ever.

use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;

use super::{Eval, Evaluator, words};
use crate::lower::{BinaryOp, Expr, Param};
use crate::value::{Slot, Value};

/// In shorter lists comparing costs less than keys.
const LONG: usize = 32;
/// Lists whose keys are kept: a search nests in few others.
const LISTS: usize = 8;
/// More levels than calling a predicate and comparing what it compares takes.
const LEVELS: u32 = 8;

/// What is compared with the items of a list.
#[derive(Clone, Copy)]
pub struct Wanted<'h> {
    /// The value.
    pub slot: Slot<'h>,
    /// Is it evaluated before the items? Else behind the first.
    pub first: bool,
}

/// A predicate that only compares its argument with something.
#[derive(Clone, Copy)]
pub struct Comparison<'h> {
    /// With what.
    pub wanted: Wanted<'h>,
    /// Does it hold when both are equal? Else when they aren't.
    pub equal: bool,
}

/// A key of an item; [`UNKNOWN`] for none.
type Key = u64;
const UNKNOWN: Key = 0;

/// The keys of the lists searched last. Lists are told by where their items lie: a heap gives no
/// memory back as long as it lives, and neither do items change there.
#[derive(Default)]
pub(super) struct Keys {
    hasher: DefaultHashBuilder,
    /// The latest at the end.
    lists: Vec<ListKeys>,
    /// Where lists lie that were searched once: who is searched once only needs no keys.
    once: [(usize, usize); LISTS],
    next: usize,
}

struct ListKeys {
    /// Where the item of the first key lies.
    start: usize,
    keys: Vec<Key>,
}

impl<'h> Evaluator<'h> {
    /// Does this predicate compare its argument with one thing, as `x: x != y` does?
    pub fn comparison(&self, predicate: Value<'h>) -> Option<Comparison<'h>> {
        let Value::Lambda(closure) = predicate else {
            return None;
        };
        let lambda = closure.lambda();
        let (Param::Name(_), Expr::Binary(binary)) = (&lambda.param, lambda.body.read()) else {
            return None;
        };
        let equal = binary.op == BinaryOp::Equal;
        if !equal && binary.op != BinaryOp::NotEqual {
            return None;
        }
        let (outer, first) = match (&binary.left, &binary.right) {
            (Expr::Local(_), outer) => (outer, false),
            (outer, Expr::Local(_)) => (outer, true),
            (_, _) => return None,
        };
        let Expr::Outer { up, slot } = outer else {
            return None;
        };
        // Levels that don't suffice for calls must be noticed by calls.
        let room = self.shared.settings.max_call_depth.saturating_sub(self.depth) > LEVELS;
        let slot = closure.env().up(up.checked_sub(1)?).slot(*slot);
        room.then_some(Comparison { wanted: Wanted { slot, first }, equal })
    }

    /// The index of the first item that equals a value.
    ///
    /// # Errors
    /// What evaluating the value or an item before the one found gives.
    pub fn find_equal(
        &mut self,
        wanted: Wanted<'h>,
        items: &'h [Slot<'h>],
    ) -> Eval<'h, Option<usize>> {
        let Some(first) = items.first() else {
            return Ok(None);
        };
        if !wanted.first {
            self.force(*first)?;
        }
        let value = self.force(wanted.slot)?;
        let key = if items.len() < LONG { UNKNOWN } else { self.keys.key(value) };
        if key == UNKNOWN {
            return self.find_one_by_one(wanted, items);
        }
        let Some((mut list, offset)) = self.keys.take(items) else {
            return self.find_one_by_one(wanted, items);
        };
        let found = self.find_by_key(wanted, key, items, list.keys.get_mut(offset..));
        self.keys.lists.push(list);
        found
    }

    fn find_one_by_one(
        &mut self,
        wanted: Wanted<'h>,
        items: &'h [Slot<'h>],
    ) -> Eval<'h, Option<usize>> {
        for (i, item) in items.iter().enumerate() {
            self.breathe(i)?;
            if self.is_wanted(wanted, *item)? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    /// As [`Evaluator::find_one_by_one`], passing over items whose keys differ. Learns keys that
    /// were unknown on the way.
    fn find_by_key(
        &mut self,
        wanted: Wanted<'h>,
        key: Key,
        items: &'h [Slot<'h>],
        keys: Option<&mut [Key]>,
    ) -> Eval<'h, Option<usize>> {
        let keys = keys.unwrap_or_default();
        let mut from = 0;
        while let Some(next) = keys
            .get(from..items.len())
            .and_then(|rest| rest.iter().position(|k| *k == key || *k == UNKNOWN))
        {
            let i = from + next;
            let (Some(item), Some(known)) = (items.get(i), keys.get_mut(i)) else {
                break;
            };
            if self.is_wanted(wanted, *item)? {
                return Ok(Some(i));
            }
            if *known == UNKNOWN
                && let Some(value) = item.known()
            {
                *known = self.keys.key(value);
            }
            from = i + 1;
        }
        self.check_interrupt()?;
        Ok(None)
    }

    fn is_wanted(&mut self, wanted: Wanted<'h>, item: Slot<'h>) -> Eval<'h, bool> {
        if wanted.first {
            self.equal_slots(wanted.slot, item)
        } else {
            self.equal_slots(item, wanted.slot)
        }
    }
}

impl Keys {
    /// The keys of a list that has been searched before, and which of them is that of its first
    /// item. Whoever takes them brings them back.
    fn take(&mut self, items: &[Slot<'_>]) -> Option<(ListKeys, usize)> {
        let start = items.as_ptr().addr();
        let found = self.lists.iter().enumerate().find_map(|(i, list)| {
            let distance = start.checked_sub(list.start)?;
            let offset = distance / size_of::<Slot<'_>>();
            let fits = distance % size_of::<Slot<'_>>() == 0 && offset <= list.keys.len();
            fits.then_some((i, offset))
        });
        let (mut list, offset) = match found {
            Some((i, offset)) => (self.lists.remove(i), offset),
            None if self.was_searched(start) => {
                if self.lists.len() >= LISTS {
                    self.lists.remove(0);
                }
                (ListKeys { start, keys: Vec::with_capacity(items.len()) }, 0)
            }
            None => {
                self.remember(items);
                return None;
            }
        };
        // The list may have grown since.
        let new = items.get(list.keys.len() - offset..).unwrap_or_default();
        let hasher = self.hasher;
        list.keys.extend(
            new.iter().map(|item| item.known().map_or(UNKNOWN, |value| key(hasher, value))),
        );
        Some((list, offset))
    }

    /// Was a list searched that lies here, or one of which this is the rest?
    fn was_searched(&self, start: usize) -> bool {
        self.once.iter().any(|(from, to)| (*from..*to).contains(&start))
    }

    fn remember(&mut self, items: &[Slot<'_>]) {
        let range = items.as_ptr_range();
        if let Some(place) = self.once.get_mut(self.next % LISTS) {
            *place = (range.start.addr(), range.end.addr());
        }
        self.next = self.next.wrapping_add(1);
    }

    fn key(&self, value: Value<'_>) -> Key {
        key(self.hasher, value)
    }
}

/// Values with different keys are not equal, [`UNKNOWN`] aside.
fn key(hasher: DefaultHashBuilder, value: Value<'_>) -> Key {
    let hash = match value {
        Value::Int(int) => hasher.hash_one((0u8, int)),
        Value::Text(text) => hasher.hash_one((1u8, text.bytes())),
        Value::Path(path) => hasher.hash_one((2u8, path.bytes())),
        Value::Attrs(attrs) => {
            let text = |name| match attrs.get(name)?.known()? {
                Value::Text(text) => Some(text.bytes()),
                _ => None,
            };
            match (text(words().type_), text(words().out_path)) {
                (Some(b"derivation"), Some(path)) => hasher.hash_one((3u8, path)),
                (_, _) => return UNKNOWN,
            }
        }
        // A float may equal an integer; the others are seldom searched for.
        Value::Float(_)
        | Value::Null
        | Value::Bool(_)
        | Value::List(_)
        | Value::Lambda(_)
        | Value::Builtin(_)
        | Value::Partial(_) => return UNKNOWN,
    };
    hash | 1
}
