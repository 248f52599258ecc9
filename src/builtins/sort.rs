//! `sort`.
//!
//! Nix sorts by peeksort (J. I. Munro, S. Wild: "Nearly-Optimal Mergesorts", 2018): a merge sort
//! that starts at the middle and uses runs which are in order already. Any stable sort gives the
//! same list while the comparator is a strict order. Many aren't (`a: b: a <= b` is popular), and
//! then the result depends on which items are compared: so here the same ones are.

use std::cmp::Ordering;

use super::arguments::{self, boolean, breathe, function, slots};
use crate::eval::{Builtin, Eval, Evaluator, FORCE};
use crate::source::Span;
use crate::value::{Slot, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "sort",
    arguments: &["comparator", "list"],
    doc: "The items of *list* in the order that *comparator* says: it gets two items and is true when the first comes before the second. Equal items keep their order. `sort lessThan [ 3 1 2 ]` is `[ 1 2 3 ]`.",
    run: sort,
}];

/// Pieces up to this size are sorted by insertion.
const SHORT: usize = 16;

fn sort<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [comparator, list] = slots(args);
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.sort")?;
    if list.is_empty() {
        return Ok(Value::List(list));
    }
    let comparator = function(ev, comparator, at, "the first argument passed to builtins.sort")?;
    let mut sharing = ev.sharing(FORCE);
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        sharing.reach(ev, step, |_| list.items());
        ev.force(*item)?;
    }
    sharing.done();
    let mut items = list.items().to_vec();
    if is_less_than(ev, comparator) {
        sort_by_order(ev, &mut items)?;
    } else {
        let mut step = 0;
        peeksort(&mut items, &mut |a, b| {
            step += 1;
            breathe(ev, step)?;
            let answer = ev.call(comparator, &[a, b], at)?;
            boolean(
                ev,
                Slot::Value(answer),
                at,
                "the return value of the sorting function passed to builtins.sort",
            )
        })?;
    }
    Ok(ev.list(&items))
}

/// Is it `builtins.lessThan` itself? Then there is no need to call it.
fn is_less_than(ev: &Evaluator<'_>, comparator: Value<'_>) -> bool {
    match comparator {
        Value::Builtin(id) => ev.builtin(id).is_some_and(|row| row.name == "lessThan"),
        _ => false,
    }
}

fn sort_by_order<'h>(ev: &mut Evaluator<'h>, items: &mut [Slot<'h>]) -> Eval<'h, ()> {
    // Integers alone and strings alone have a total order that can't fail.
    if items.iter().all(|item| integer(*item).is_some()) {
        items.sort_by_key(|item| integer(*item));
        return Ok(());
    }
    if items.iter().all(|item| bytes(*item).is_some()) {
        items.sort_by_key(|item| bytes(*item));
        return Ok(());
    }
    let mut step = 0;
    peeksort(items, &mut |a, b| {
        step += 1;
        breathe(ev, step)?;
        let (a, b) = (ev.force(a)?, ev.force(b)?);
        Ok(ev.compare(a, b)? == Ordering::Less)
    })
}

fn integer(item: Slot<'_>) -> Option<i64> {
    match item.known() {
        Some(Value::Int(int)) => Some(int),
        _ => None,
    }
}

fn bytes(item: Slot<'_>) -> Option<&[u8]> {
    match item.known() {
        Some(Value::Text(text)) => Some(text.bytes()),
        _ => None,
    }
}

/// Sorts by a comparator that may fail, and may be no order at all: the items come out in *some*
/// order then.
fn peeksort<T: Copy, E>(
    items: &mut [T],
    less: &mut impl FnMut(T, T) -> Result<bool, E>,
) -> Result<(), E> {
    let length = items.len();
    Peeksort { less, buffer: Vec::with_capacity(length) }.runs(items, 0, length)
}

struct Peeksort<'a, T, F> {
    less: &'a mut F,
    /// Where two runs lie while they are merged.
    buffer: Vec<T>,
}

impl<T: Copy, E, F: FnMut(T, T) -> Result<bool, E>> Peeksort<'_, T, F> {
    /// Sorts items of which the first `left` are in order, and those from `right` on.
    ///
    /// `left <= right` but for a piece between two runs that is empty or holds one item; all
    /// slicing below stays within the items whatever the comparator says.
    fn runs(&mut self, items: &mut [T], left: usize, right: usize) -> Result<(), E> {
        let length = items.len();
        if left >= length || right == 0 {
            return Ok(());
        }
        if length <= SHORT {
            return self.insert(items);
        }
        let middle = length / 2;
        if middle <= left {
            self.runs(&mut items[left..], 1, right.saturating_sub(left))?;
            return self.merge(items, left);
        }
        if middle >= right {
            self.runs(&mut items[..right], left, right - 1)?;
            return self.merge(items, right);
        }
        let falling = (self.less)(items[middle], items[middle - 1])?;
        let start = left + self.run_before(&items[left..middle], falling)?;
        let end = middle - 1 + self.run_from(&items[middle - 1..right], falling)?;
        if falling {
            items[start..end].reverse();
        }
        if start == 0 && end == length {
            return Ok(());
        }
        // The run in the middle joins the half that it reaches less far into.
        if middle - start < end - middle {
            self.runs(&mut items[..start], left, start.saturating_sub(1))?;
            self.runs(&mut items[start..], end - start, right - start)?;
            self.merge(items, start)
        } else {
            self.runs(&mut items[..end], left, start)?;
            self.runs(&mut items[end..], 1, right - end)?;
            self.merge(items, end)
        }
    }

    /// Length of the run that the items begin with.
    fn run_from(&mut self, items: &[T], falling: bool) -> Result<usize, E> {
        let mut length = 1;
        for pair in items.windows(2) {
            if (self.less)(pair[1], pair[0])? != falling {
                break;
            }
            length += 1;
        }
        Ok(length)
    }

    /// Where the run that the items end with begins.
    fn run_before(&mut self, items: &[T], falling: bool) -> Result<usize, E> {
        let mut start = items.len().saturating_sub(1);
        for pair in items.windows(2).rev() {
            if (self.less)(pair[1], pair[0])? != falling {
                break;
            }
            start -= 1;
        }
        Ok(start)
    }

    fn insert(&mut self, items: &mut [T]) -> Result<(), E> {
        for current in 1..items.len() {
            let mut place = current;
            while place > 0 && (self.less)(items[place], items[place - 1])? {
                items.swap(place, place - 1);
                place -= 1;
            }
        }
        Ok(())
    }

    /// Merges the run before `middle` and the one from it on.
    fn merge(&mut self, items: &mut [T], middle: usize) -> Result<(), E> {
        self.buffer.clear();
        self.buffer.extend_from_slice(items);
        let (mut left, mut right) = self.buffer.split_at(middle);
        for place in items {
            *place = match (left, right) {
                // On a tie the left one goes first: that is what makes the sort stable.
                ([a, ..], [b, rest @ ..]) if (self.less)(*b, *a)? => {
                    right = rest;
                    *b
                }
                ([a, rest @ ..], _) => {
                    left = rest;
                    *a
                }
                ([], [b, rest @ ..]) => {
                    right = rest;
                    *b
                }
                ([], []) => break,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn sorted<T: Copy>(items: &[T], less: impl Fn(T, T) -> bool) -> Vec<T> {
        let mut items = items.to_vec();
        let sorted = peeksort(&mut items, &mut |a, b| Ok::<_, Infallible>(less(a, b)));
        assert_eq!(sorted, Ok(()));
        items
    }

    /// Rising and falling runs of all lengths, which is what the algorithm is about.
    fn runs() -> impl Strategy<Value = Vec<u8>> {
        let run = (prop::collection::vec(0..20u8, 0..40), 0..3u8).prop_map(|(mut run, order)| {
            match order {
                0 => run.sort_unstable(),
                1 => run.sort_unstable_by(|a, b| b.cmp(a)),
                _ => {}
            }
            run
        });
        prop::collection::vec(run, 0..8).prop_map(|runs| runs.concat())
    }

    proptest! {
        #[test]
        fn agrees_with_any_stable_sort(keys in runs()) {
            let items: Vec<(u8, usize)> = keys.into_iter().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            prop_assert_eq!(sorted(&items, |a, b| a.0 < b.0), expected);
        }

        #[test]
        fn nonsense_comparators_lose_nothing(keys in runs(), a in 0..9u8, b in 0..9u8) {
            let less = |x: u8, y: u8| x.wrapping_mul(a).wrapping_add(y.wrapping_mul(b)) % 4 == 1;
            let mut result = sorted(&keys, less);
            result.sort_unstable();
            let mut expected = keys;
            expected.sort_unstable();
            prop_assert_eq!(result, expected);
        }
    }

    #[test]
    fn the_comparators_error_comes_out() {
        let mut items = [3, 2, 1];
        assert_eq!(peeksort(&mut items, &mut |_, _| Err("no")), Err("no"));
    }
}
