//! Lists.

use std::ops::Range;

use hashbrown::HashMap;

use super::arguments::{self, boolean, breathe, function, holds, integer, slots};
use crate::eval::{Builtin, Comparison, Eval, Evaluator, FORCE, Sharing, Wanted, words};
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, List, Slot, Thunk, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "length",
        arguments: &["list"],
        doc: "How many items *list* has, found without looking at them: `length [ 7 8 ]` is `2`.",
        run: length,
    },
    Builtin {
        name: "head",
        arguments: &["list"],
        doc: "The first item of *list*: `head [ 7 8 ]` is `7`. An empty list is an error.",
        run: head,
    },
    Builtin {
        name: "tail",
        arguments: &["list"],
        doc: "*list* without its first item: `tail [ 7 8 9 ]` is `[ 8 9 ]`. An empty list is an error.",
        run: tail,
    },
    Builtin {
        name: "elemAt",
        arguments: &["list", "index"],
        doc: "The item of *list* at *index*, counted from 0: `elemAt [ 7 8 9 ] 1` is `8`.",
        run: elem_at,
    },
    Builtin {
        name: "elem",
        arguments: &["x", "list"],
        doc: "Whether some item of *list* equals *x*: `elem 8 [ 7 8 ]` is `true`. Items behind the one found are not evaluated.",
        run: elem,
    },
    Builtin {
        name: "map",
        arguments: &["f", "list"],
        doc: "*f* of each item of *list*: `map (x: x * x) [ 1 2 3 ]` is `[ 1 4 9 ]`. *f* is called for the items that somebody looks at.",
        run: map,
    },
    Builtin {
        name: "filter",
        arguments: &["predicate", "list"],
        doc: "The items of *list* for which *predicate* is true: `filter (x: x > 1) [ 1 2 3 ]` is `[ 2 3 ]`.",
        run: filter,
    },
    Builtin {
        name: "foldl'",
        arguments: &["f", "initial", "list"],
        doc: "Combines the items of *list* from the left, evaluating each intermediate result: `foldl' (a: b: a - b) 10 [ 1 2 ]` is `(10 - 1) - 2`.",
        run: foldl,
    },
    Builtin {
        name: "genList",
        arguments: &["f", "length"],
        doc: "The list of *f* `0`, *f* `1`, … with *length* items: `genList (i: i * 10) 3` is `[ 0 10 20 ]`.",
        run: gen_list,
    },
    Builtin {
        name: "concatLists",
        arguments: &["lists"],
        doc: "One list of the items of several: `concatLists [ [ 1 ] [ ] [ 2 3 ] ]` is `[ 1 2 3 ]`.",
        run: concat_lists,
    },
    Builtin {
        name: "concatMap",
        arguments: &["f", "list"],
        doc: "The lists that *f* makes of the items of *list*, joined: `concatMap (x: [ x x ]) [ 1 2 ]` is `[ 1 1 2 2 ]`.",
        run: concat_map,
    },
    Builtin {
        name: "all",
        arguments: &["predicate", "list"],
        doc: "Whether *predicate* is true of every item of *list*: `all (x: x > 0) [ 1 2 ]` is `true`. Stops at the first that fails.",
        run: all,
    },
    Builtin {
        name: "any",
        arguments: &["predicate", "list"],
        doc: "Whether *predicate* is true of some item of *list*: `any (x: x > 1) [ 1 2 ]` is `true`. Stops at the first that passes.",
        run: any,
    },
    Builtin {
        name: "partition",
        arguments: &["predicate", "list"],
        doc: "The items of *list* in two: `right`, of which *predicate* is true, and `wrong`. `partition (x: x > 1) [ 1 2 3 ]` is `{ right = [ 2 3 ]; wrong = [ 1 ]; }`.",
        run: partition,
    },
    Builtin {
        name: "groupBy",
        arguments: &["f", "list"],
        doc: "The items of *list* grouped by the string that *f* gives for each: `groupBy (x: if x > 1 then \"many\" else \"one\") [ 1 2 3 ]` is `{ many = [ 2 3 ]; one = [ 1 ]; }`.",
        run: group_by,
    },
];

/// A list that long would not fit into any memory; refused before it is tried.
const LONGEST: i64 = 1 << 32;

fn length<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list] = slots(args);
    let list = arguments::list(ev, list, at, "the first argument passed to builtins.length")?;
    Ok(Value::Int(list.len() as i64))
}

fn head<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list] = slots(args);
    match arguments::list(ev, list, at, "the first argument passed to 'builtins.head'")?.items() {
        [first, ..] => ev.force(*first),
        [] => Err(ev.error_at(at, "'builtins.head' called on an empty list")),
    }
}

fn tail<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list] = slots(args);
    match arguments::list(ev, list, at, "the first argument passed to 'builtins.tail'")?.items() {
        [_, rest @ ..] => Ok(Value::List(List::of(ev.local, rest))),
        [] => Err(ev.error_at(at, "'builtins.tail' called on an empty list")),
    }
}

fn elem_at<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list, index] = slots(args);
    let index = integer(ev, index, at, "the second argument passed to 'builtins.elemAt'")?;
    let list = arguments::list(ev, list, at, "the first argument passed to 'builtins.elemAt'")?;
    let item = usize::try_from(index).ok().and_then(|index| list.items().get(index));
    match item {
        Some(item) => ev.force(*item),
        None => Err(ev.error_at(
            at,
            format!("'builtins.elemAt' called with index {index} on a list of size {}", list.len()),
        )),
    }
}

fn elem<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [wanted, list] = slots(args);
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.elem")?;
    let found = ev.find_equal(Wanted { slot: wanted, first: true }, list.items())?;
    Ok(Value::bool(found.is_some()))
}

fn map<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, list] = slots(args);
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.map")?;
    if list.is_empty() {
        return Ok(Value::List(list));
    }
    let f = function(ev, f, at, "the first argument passed to builtins.map")?;
    let local = ev.local;
    let f = local.alloc(Slot::Value(f));
    let items = list.items();
    let calls = local.try_fill(items.len(), |step| {
        breathe(ev, step)?;
        let item = items.get(step).unwrap_or(f);
        Ok(Slot::Thunk(Thunk::apply(local, f, item)))
    })?;
    Ok(Value::List(List::of(local, calls)))
}

fn filter<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [predicate, list] = slots(args);
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.filter")?;
    if list.is_empty() {
        return Ok(Value::List(list));
    }
    let predicate = function(ev, predicate, at, "the first argument passed to builtins.filter")?;
    let mut kept = Kept::new(list.items());
    if let Some(comparison) = ev.comparison(predicate) {
        let mut sharing = ev.sharing(FORCE);
        sharing.reach(ev, 0, |_| list.items());
        if compared(ev, comparison, &mut kept).is_ok() {
            sharing.done();
            return Ok(kept.list(ev, list));
        }
    }
    // Also what went wrong above: calls one by one leave the trace of a call.
    let mut kept = Kept::new(list.items());
    let mut calls = Calls::new(ev, predicate, list.items(), at);
    for step in 0..list.len() {
        breathe(ev, step)?;
        let answer = calls.result(ev, step)?;
        if boolean(
            ev,
            Slot::Value(answer),
            at,
            "the return value of the filtering function passed to builtins.filter",
        )? {
            kept.keep(step..step + 1);
        }
    }
    calls.done();
    Ok(kept.list(ev, list))
}

/// Keeps the items that a comparison holds for.
fn compared<'h>(
    ev: &mut Evaluator<'h>,
    comparison: Comparison<'h>,
    kept: &mut Kept<'h>,
) -> Eval<'h, ()> {
    let (items, mut from) = (kept.items, 0);
    while let Some(rest) = items.get(from..) {
        let found = ev.find_equal(comparison.wanted, rest)?;
        let end = found.map_or(items.len(), |found| from + found);
        if !comparison.equal {
            kept.keep(from..end);
        } else if found.is_some() {
            kept.keep(end..end + 1);
        }
        from = end + 1;
    }
    Ok(())
}

/// Items of a list that are kept. As long as they are neighbours nothing is copied.
struct Kept<'h> {
    items: &'h [Slot<'h>],
    run: Range<usize>,
    /// Runs before.
    copied: Vec<Slot<'h>>,
}

impl<'h> Kept<'h> {
    fn new(items: &'h [Slot<'h>]) -> Kept<'h> {
        Kept { items, run: 0..0, copied: Vec::new() }
    }

    fn keep(&mut self, next: Range<usize>) {
        if self.run.is_empty() {
            self.run = next;
        } else if self.run.end == next.start {
            self.run.end = next.end;
        } else if !next.is_empty() {
            let run = std::mem::replace(&mut self.run, next);
            self.copied.extend_from_slice(self.items.get(run).unwrap_or_default());
        }
    }

    /// The list of them: `all` itself when nothing was dropped.
    fn list(mut self, ev: &Evaluator<'h>, all: List<'h>) -> Value<'h> {
        let run = self.items.get(self.run).unwrap_or_default();
        if run.len() == all.len() {
            return Value::List(all);
        }
        if self.copied.is_empty() {
            return Value::List(List::of(ev.local, run));
        }
        self.copied.extend_from_slice(run);
        ev.list(&self.copied)
    }
}

fn foldl<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, initial, list] = slots(args);
    let f = function(ev, f, at, "the first argument passed to builtins.foldlStrict")?;
    let list = arguments::list(ev, list, at, "the third argument passed to builtins.foldlStrict")?;
    let mut result = initial;
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        result = Slot::Value(ev.call(f, &[result, *item], at)?);
    }
    ev.force(result)
}

fn gen_list<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, length] = slots(args);
    let length = integer(ev, length, at, "the second argument passed to builtins.genList")?;
    if !(0..LONGEST).contains(&length) {
        return Err(ev.error_at(at, format!("cannot create list of size {length}")));
    }
    let f = function(ev, f, at, "the first argument passed to builtins.genList")?;
    ev.room_for_list(length as usize)?;
    let local = ev.local;
    let f = local.alloc(Slot::Value(f));
    let calls = local.try_fill(length as usize, |i| {
        breathe(ev, i)?;
        Ok(Slot::Thunk(Thunk::apply_number(local, f, i as i64)))
    })?;
    Ok(Value::List(List::of(local, calls)))
}

fn concat_lists<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [lists] = slots(args);
    let lists =
        arguments::list(ev, lists, at, "the first argument passed to builtins.concatLists")?;
    let mut joined = Joined::of(lists.len());
    let mut sharing = ev.sharing(FORCE);
    for (i, list) in lists.items().iter().enumerate() {
        breathe(ev, i)?;
        sharing.reach(ev, i, |_| lists.items());
        let part =
            arguments::list(ev, *list, at, "a value of the list passed to builtins.concatLists")?;
        joined.add(ev, part)?;
    }
    sharing.done();
    Ok(joined.list(ev))
}

fn concat_map<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, list] = slots(args);
    let f = function(ev, f, at, "the first argument passed to builtins.concatMap")?;
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.concatMap")?;
    let mut joined = Joined::of(list.len());
    let mut calls = Calls::new(ev, f, list.items(), at);
    for step in 0..list.len() {
        breathe(ev, step)?;
        let part = calls.result(ev, step)?;
        let part = arguments::list(
            ev,
            Slot::Value(part),
            at,
            "the return value of the function passed to builtins.concatMap",
        )?;
        joined.add(ev, part)?;
    }
    calls.done();
    Ok(joined.list(ev))
}

/// Lists that become one.
struct Joined<'h> {
    parts: Vec<List<'h>>,
    total: usize,
}

impl<'h> Joined<'h> {
    /// None yet, with room for so many.
    fn of(count: usize) -> Joined<'h> {
        Joined { parts: Vec::with_capacity(count), total: 0 }
    }

    fn add(&mut self, ev: &mut Evaluator<'h>, part: List<'h>) -> Eval<'h, ()> {
        self.total = self.total.saturating_add(part.len());
        ev.room_for_list(self.total)?;
        self.parts.push(part);
        Ok(())
    }

    /// The one list; when all but one are empty it is that one, not a copy.
    fn list(self, ev: &Evaluator<'h>) -> Value<'h> {
        let mut filled = self.parts.iter().filter(|part| !part.is_empty());
        if let (Some(only), None) = (filled.next(), filled.next()) {
            return Value::List(*only);
        }
        let mut items = Vec::with_capacity(self.total);
        for part in &self.parts {
            items.extend_from_slice(part.items());
        }
        ev.list(&items)
    }
}

fn all<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let told = [
        "the first argument passed to builtins.all",
        "the second argument passed to builtins.all",
        "the return value of the function passed to builtins.all",
    ];
    Ok(Value::bool(!some_item(ev, args, at, told, false)?))
}

fn any<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let told = [
        "the first argument passed to builtins.any",
        "the second argument passed to builtins.any",
        "the return value of the function passed to builtins.any",
    ];
    Ok(Value::bool(some_item(ev, args, at, told, true)?))
}

/// Does the predicate give `answer` for some item?
fn some_item<'h>(
    ev: &mut Evaluator<'h>,
    args: &[Slot<'h>],
    at: Span,
    [first, second, result]: [&str; 3],
    answer: bool,
) -> Eval<'h, bool> {
    let [predicate, list] = slots(args);
    let predicate = function(ev, predicate, at, first)?;
    let list = arguments::list(ev, list, at, second)?;
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        if holds(ev, predicate, *item, at, result)? == answer {
            return Ok(true);
        }
    }
    Ok(false)
}

fn partition<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [predicate, list] = slots(args);
    let predicate = function(ev, predicate, at, "the first argument passed to builtins.partition")?;
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.partition")?;
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    let mut calls = Calls::new(ev, predicate, list.items(), at);
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        // Unlike `filter`, Nix evaluates every item here, whatever the predicate looks at.
        ev.force(*item)?;
        let answer = calls.result(ev, step)?;
        if boolean(
            ev,
            Slot::Value(answer),
            at,
            "the return value of the partition function passed to builtins.partition",
        )? {
            right.push(*item);
        } else {
            wrong.push(*item);
        }
    }
    calls.done();
    let halves = vec![
        Attr::new(words().right, Span::NONE, ev.list(&right)),
        Attr::new(words().wrong, Span::NONE, ev.list(&wrong)),
    ];
    Ok(Value::Attrs(Attrs::new(ev.local, halves)))
}

fn group_by<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, list] = slots(args);
    let f = function(ev, f, at, "the first argument passed to builtins.groupBy")?;
    let list = arguments::list(ev, list, at, "the second argument passed to builtins.groupBy")?;
    let mut groups = Groups::default();
    let mut calls = Calls::new(ev, f, list.items(), at);
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        let name = calls.result(ev, step)?;
        let name = arguments::name(
            ev,
            Slot::Value(name),
            at,
            "the return value of the grouping function passed to builtins.groupBy",
        )?;
        groups.add(name, *item);
    }
    calls.done();
    let lists = groups.into_iter();
    let attrs = lists.map(|(name, items)| Attr::new(name, Span::NONE, ev.list(&items)));
    Ok(Value::Attrs(Attrs::new(ev.local, attrs.collect())))
}

/// The results of a function for all items of a list, one after the other.
struct Calls<'h> {
    function: Value<'h>,
    items: &'h [Slot<'h>],
    at: Span,
    sharing: Sharing<'h>,
    /// The calls as thunks, once others may do them too.
    shared: Option<&'h [Slot<'h>]>,
}

impl<'h> Calls<'h> {
    fn new(ev: &Evaluator<'h>, function: Value<'h>, items: &'h [Slot<'h>], at: Span) -> Calls<'h> {
        Calls { function, items, at, sharing: ev.sharing(FORCE), shared: None }
    }

    /// The result for the next item, which is the one at `index`.
    #[inline]
    fn result(&mut self, ev: &mut Evaluator<'h>, index: usize) -> Eval<'h> {
        let Calls { function, items, at, .. } = *self;
        self.sharing.reach(ev, index, |local| {
            let function = local.alloc(Slot::Value(function));
            let calls = items.iter().map(|item| Slot::Thunk(Thunk::apply(local, function, item)));
            let calls = local.collect(calls);
            self.shared = Some(calls);
            calls
        });
        match self.shared.and_then(|calls| calls.get(index)) {
            Some(call) => ev.force_at(*call, at),
            None => {
                let item = items.get(index).copied().unwrap_or(Slot::Value(Value::Null));
                ev.call(function, &[item], at)
            }
        }
    }

    fn done(self) {
        self.sharing.done();
    }
}

/// Items gathered under names, both in the order in which they came.
#[derive(Default)]
pub(super) struct Groups<'h> {
    places: HashMap<Name, usize>,
    groups: Vec<(Name, Vec<Slot<'h>>)>,
}

impl<'h> Groups<'h> {
    pub(super) fn add(&mut self, name: Name, item: Slot<'h>) {
        let place = *self.places.entry(name).or_insert(self.groups.len());
        match self.groups.get_mut(place) {
            Some((_, items)) => items.push(item),
            None => self.groups.push((name, vec![item])),
        }
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = (Name, Vec<Slot<'h>>)> {
        self.groups.into_iter()
    }
}
