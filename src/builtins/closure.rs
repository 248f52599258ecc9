//! `genericClosure`.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::arguments::{self, breathe, slots};
use crate::eval::{Builtin, Eval, Evaluator, words};
use crate::source::Span;
use crate::value::{Slot, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "genericClosure",
    arguments: &["set"],
    doc: "All items reachable from `startSet` when `operator` says which items follow from one. Items are sets; of those with equal `key`s only the first is kept.\n\n    genericClosure {\n      startSet = [ { key = 1; } ];\n      operator = item: if item.key < 4 then [ { key = item.key * 2; } ] else [ ];\n    }\n\nis `[ { key = 1; } { key = 2; } { key = 4; } ]`.",
    run: generic_closure,
}];

fn generic_closure<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set] = slots(args);
    let set =
        arguments::attrs(ev, set, at, "the first argument passed to builtins.genericClosure")?;
    let start = ev.attribute(set, words().start_set)?;
    let start = arguments::list(
        ev,
        start,
        at,
        "the 'startSet' attribute passed as argument to builtins.genericClosure",
    )?;
    if start.is_empty() {
        return Ok(Value::List(start));
    }
    let operator = ev.attribute(set, words().operator)?;
    let operator = arguments::function(
        ev,
        operator,
        at,
        "the 'operator' attribute passed as argument to builtins.genericClosure",
    )?;

    let mut waiting: VecDeque<Slot<'h>> = start.items().iter().copied().collect();
    let mut found = Vec::new();
    let mut keys = Keys::default();
    let mut step = 0;
    while let Some(item) = waiting.pop_front() {
        step += 1;
        breathe(ev, step)?;
        let attrs = arguments::attrs(ev, item, at, "an item")?;
        let key = ev.attribute(attrs, words().key)?;
        let key = ev.force(key)?;
        if keys.add(ev, key)? {
            found.push(item);
            let next = ev.call(operator, &[item], at)?;
            let next = arguments::list(
                ev,
                Slot::Value(next),
                at,
                "the return value of the `operator` passed to builtins.genericClosure",
            )?;
            waiting.extend(next.items());
        }
    }
    Ok(ev.list(&found))
}

/// Keys in order, by the language's own comparison, which may fail: no map of the standard
/// library allows that. Short pieces keep an insertion cheap, a search halves.
#[derive(Default)]
struct Keys<'h> {
    /// None is empty.
    pieces: Vec<Vec<Value<'h>>>,
}

/// A piece that has grown this long is cut in two.
const PIECE: usize = 512;

impl<'h> Keys<'h> {
    /// Adds a key; false when an equal one is there.
    fn add(&mut self, ev: &mut Evaluator<'h>, key: Value<'h>) -> Eval<'h, bool> {
        // The last piece that doesn't begin behind the key.
        let beginning = |piece: &Vec<Value<'h>>| piece.first().copied();
        let after = match search(ev, key, &self.pieces, beginning)? {
            Ok(_) => return Ok(false),
            Err(after) => after.saturating_sub(1),
        };
        let Some(piece) = self.pieces.get_mut(after) else {
            self.pieces.push(vec![key]);
            return Ok(true);
        };
        match search(ev, key, piece, |known| Some(*known))? {
            Ok(_) => return Ok(false),
            Err(place) => piece.insert(place, key),
        }
        if piece.len() >= PIECE {
            let rest = piece.split_off(PIECE / 2);
            self.pieces.insert(after + 1, rest);
        }
        Ok(true)
    }
}

/// Binary search with a comparison that may fail: where the key is, or where it would go.
fn search<'h, T>(
    ev: &mut Evaluator<'h>,
    key: Value<'h>,
    items: &[T],
    value: impl Fn(&T) -> Option<Value<'h>>,
) -> Eval<'h, Result<usize, usize>> {
    let (mut from, mut to) = (0, items.len());
    while from < to {
        let middle = from + (to - from) / 2;
        let Some(known) = items.get(middle).and_then(&value) else {
            break;
        };
        match ev.compare(key, known)? {
            Ordering::Less => to = middle,
            Ordering::Greater => from = middle + 1,
            Ordering::Equal => return Ok(Ok(middle)),
        }
    }
    Ok(Err(from))
}
