//! Attribute sets, and what functions want in them.

use super::arguments::{self, attrs, breathe, function, name, slots};
use super::lists::Groups;
use crate::eval::{Builtin, Eval, Evaluator, FORCE, Work, words};
use crate::lower::{Key, Param};
use crate::source::Span;
use crate::value::{Attr, Attrs, List, NamedCalls, Slot, Thunk, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "attrNames",
        arguments: &["set"],
        doc: "The names of the attributes of *set*, sorted: `attrNames { y = 1; x = 2; }` is `[ \"x\" \"y\" ]`.",
        run: attr_names,
    },
    Builtin {
        name: "attrValues",
        arguments: &["set"],
        doc: "The values of the attributes of *set* in the order of their names: `attrValues { y = 1; x = 2; }` is `[ 2 1 ]`.",
        run: attr_values,
    },
    Builtin {
        name: "hasAttr",
        arguments: &["name", "set"],
        doc: "Whether *set* has an attribute of that name, which may be computed: `hasAttr \"x\" s` is `s ? x`.",
        run: has_attr,
    },
    Builtin {
        name: "getAttr",
        arguments: &["name", "set"],
        doc: "The attribute of *set* of that name, which may be computed: `getAttr \"x\" s` is `s.x`.",
        run: get_attr,
    },
    Builtin {
        name: "removeAttrs",
        arguments: &["set", "names"],
        doc: "*set* without the attributes of these *names*, of which it need not have all: `removeAttrs { x = 1; y = 2; } [ \"x\" \"z\" ]` is `{ y = 2; }`.",
        run: remove_attrs,
    },
    Builtin {
        name: "intersectAttrs",
        arguments: &["names", "set"],
        doc: "The attributes of *set* whose names are in the set *names* as well: `intersectAttrs { x = 0; } { x = 1; y = 2; }` is `{ x = 1; }`.",
        run: intersect_attrs,
    },
    Builtin {
        name: "mapAttrs",
        arguments: &["f", "set"],
        doc: "*set* with each value replaced by *f* of its name and itself: `mapAttrs (name: value: name + value) { x = \"1\"; }` is `{ x = \"x1\"; }`.",
        run: map_attrs,
    },
    Builtin {
        name: "catAttrs",
        arguments: &["name", "sets"],
        doc: "The attributes of that *name* of those *sets* that have one: `catAttrs \"a\" [ { a = 1; } { b = 2; } { a = 3; } ]` is `[ 1 3 ]`.",
        run: cat_attrs,
    },
    Builtin {
        name: "listToAttrs",
        arguments: &["list"],
        doc: "A set of a list of `{ name = …; value = …; }`. Where a name comes twice, the first counts.",
        run: list_to_attrs,
    },
    Builtin {
        name: "zipAttrsWith",
        arguments: &["f", "sets"],
        doc: "For every name in any of the *sets*, *f* of the name and the list of its values: `zipAttrsWith (name: values: values) [ { a = 1; } { a = 2; b = 3; } ]` is `{ a = [ 1 2 ]; b = [ 3 ]; }`.",
        run: zip_attrs_with,
    },
    Builtin {
        name: "unsafeGetAttrPos",
        arguments: &["name", "set"],
        doc: "Where that attribute was written: `{ file, line, column }`, or null when there is no such attribute or no such place. Unsafe, since a result that depends on it changes when the source is reformatted.",
        run: unsafe_get_attr_pos,
    },
    Builtin {
        name: "functionArgs",
        arguments: &["f"],
        doc: "The names that a function takes from a set, and for each whether it has a default: `functionArgs ({ x, y ? 1 }: x)` is `{ x = false; y = true; }`. Empty for other functions.",
        run: function_args,
    },
];

fn attr_names<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set] = slots(args);
    let set = attrs(ev, set, at, "the argument passed to builtins.attrNames")?;
    let mut names = set.ordered(ev.local).map(|attr| Slot::Value(ev.text_of(attr.key.name)));
    Ok(list_of(ev, set.len(), &mut names))
}

fn attr_values<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set] = slots(args);
    let set = attrs(ev, set, at, "the argument passed to builtins.attrValues")?;
    let mut values = set.ordered(ev.local).map(|attr| attr.slot);
    Ok(list_of(ev, set.len(), &mut values))
}

/// A list of so many slots.
fn list_of<'h>(
    ev: &Evaluator<'h>,
    length: usize,
    slots: &mut dyn Iterator<Item = Slot<'h>>,
) -> Value<'h> {
    let next = |_| slots.next().unwrap_or(Slot::Value(Value::Null));
    Value::List(List::of(ev.local, ev.local.fill(length, next)))
}

fn has_attr<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, "the first argument passed to builtins.hasAttr")?;
    Ok(Value::bool(attrs(ev, set, at, "the second argument passed to builtins.hasAttr")?.has(key)))
}

fn get_attr<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, "the first argument passed to builtins.getAttr")?;
    let set = attrs(ev, set, at, "the second argument passed to builtins.getAttr")?;
    let slot = match (set.get(key), set.missing()) {
        (Some(slot), _) => slot,
        (None, Some(missing)) => ev.ask_missing(missing, key, at)?,
        (None, None) => {
            let error = ev.missing_attribute(set, key, at);
            return Err(ev.frame_of_nix(error, at, "in the attribute set under consideration"));
        }
    };
    ev.force(slot)
}

fn remove_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set, names] = slots(args);
    let set = attrs(ev, set, at, "the first argument passed to builtins.removeAttrs")?;
    let list =
        arguments::list(ev, names, at, "the second argument passed to builtins.removeAttrs")?;
    let mut names = Vec::with_capacity(list.len());
    for item in list.items() {
        names.push(name(
            ev,
            *item,
            at,
            "the values of the second argument passed to builtins.removeAttrs",
        )?);
    }
    names.retain(|name| set.has(*name));
    if names.is_empty() {
        return Ok(Value::Attrs(set));
    }
    names.sort_unstable();
    let kept = set.iter(ev.local);
    let kept = kept.filter(|attr| names.binary_search(&attr.key.name).is_err());
    Ok(sorted_set(ev, &kept.collect::<Vec<_>>()))
}

fn intersect_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [names, set] = slots(args);
    let names = attrs(ev, names, at, "the first argument passed to builtins.intersectAttrs")?;
    let set = attrs(ev, set, at, "the second argument passed to builtins.intersectAttrs")?;
    // The smaller one is walked, the larger one searched: `callPackage` asks for a few names of
    // a package set that has many thousands.
    let shared: Vec<Attr<'h>> = if names.len() < set.len() {
        let names = names.iter(ev.local);
        names.filter_map(|attr| set.attr(attr.key.name)).collect()
    } else {
        let all = set.iter(ev.local);
        all.filter(|attr| names.has(attr.key.name)).collect()
    };
    Ok(sorted_set(ev, &shared))
}

/// A set of attributes that are sorted by name id and have no name twice.
fn sorted_set<'h>(ev: &Evaluator<'h>, attrs: &[Attr<'h>]) -> Value<'h> {
    Value::Attrs(Attrs::sorted(ev.local, attrs))
}

fn map_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, set] = slots(args);
    let set = attrs(ev, set, at, "the second argument passed to builtins.mapAttrs")?;
    Ok(mapped(ev, f, set))
}

/// A set with each value replaced by a function of its name and itself.
fn mapped<'h>(ev: &Evaluator<'h>, function: Slot<'h>, set: Attrs<'h>) -> Value<'h> {
    let local = ev.local;
    let calls = local.alloc(NamedCalls { function, set });
    let value = |i: usize| Slot::Thunk(Thunk::apply_named(local, calls, i));
    // What comes out was written nowhere: it has no place (nixpkgs sees that in
    // `unsafeGetAttrPos`).
    Value::Attrs(set.mapped(local, value))
}

fn cat_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, sets] = slots(args);
    let key = name(ev, key, at, "the first argument passed to builtins.catAttrs")?;
    let sets = arguments::list(ev, sets, at, "the second argument passed to builtins.catAttrs")?;
    let mut found = Vec::new();
    let mut sharing = ev.sharing(FORCE);
    for (step, set) in sets.items().iter().enumerate() {
        breathe(ev, step)?;
        sharing.reach(ev, step, |_| sets.items());
        found.extend(
            attrs(
                ev,
                *set,
                at,
                "an element in the list passed as second argument to builtins.catAttrs",
            )?
            .get(key),
        );
    }
    sharing.done();
    Ok(ev.list(&found))
}

/// What `listToAttrs` asks of an element.
const PAIR_WORK: Work = Work {
    run: |ev, slot| {
        let pair = ev.attrs(slot)?;
        let name = ev.attribute(pair, words().name)?;
        ev.force(name).map(drop)
    },
    deep: false,
};

/// Nix's frame of what `listToAttrs` is given.
const PAIR: &str = "in a {name=...; value=...;} pair";

fn list_to_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list] = slots(args);
    let list = arguments::list(ev, list, at, "the argument passed to builtins.listToAttrs")?;
    let mut pairs = Vec::with_capacity(list.len());
    let mut sharing = ev.sharing(PAIR_WORK);
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        sharing.reach(ev, step, |_| list.items());
        let pair = attrs(ev, *item, at, "an element of the list passed to builtins.listToAttrs")?;
        let Some(key) = pair.attr(words().name) else {
            let error = ev.missing_attribute(pair, words().name, at);
            return Err(ev.frame_of_nix(error, at, PAIR));
        };
        let what = "the `name` attribute of an element of the list passed to builtins.listToAttrs";
        pairs.push((name(ev, key.slot, at, what)?, pair));
    }
    sharing.done();
    // Stable, so the first of a name stays the first; only its value need exist.
    pairs.sort_by_key(|(name, _)| *name);
    pairs.dedup_by_key(|(name, _)| *name);
    let value = words().value;
    if let Some((_, pair)) = pairs.iter().find(|(_, pair)| !pair.has(value)) {
        let error = ev.missing_attribute(*pair, value, at);
        return Err(ev.frame_of_nix(error, at, PAIR));
    }
    let keys = pairs.iter().map(|(name, pair)| Key {
        name: *name,
        span: pair.attr(value).map_or(Span::NONE, |attr| attr.key.span),
    });
    let keys = ev.local.collect(keys);
    let mut slots = pairs.iter().filter_map(|(_, pair)| pair.get(value));
    let next = |_| slots.next().unwrap_or(Slot::Value(Value::Null));
    Ok(Value::Attrs(Attrs::fill(ev.local, keys, next)))
}

fn zip_attrs_with<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, sets] = slots(args);
    let f = Slot::Value(function(ev, f, at, "the first argument passed to builtins.zipAttrsWith")?);
    let sets =
        arguments::list(ev, sets, at, "the second argument passed to builtins.zipAttrsWith")?;
    let mut groups = Groups::default();
    let mut sharing = ev.sharing(FORCE);
    for (step, set) in sets.items().iter().enumerate() {
        breathe(ev, step)?;
        sharing.reach(ev, step, |_| sets.items());
        for attr in attrs(
            ev,
            *set,
            at,
            "a value of the list passed as second argument to builtins.zipAttrsWith",
        )?
        .iter(ev.local)
        {
            groups.add(attr.key.name, attr.slot);
        }
    }
    sharing.done();
    let lists = groups.into_iter();
    let lists = lists.map(|(name, values)| Attr::new(name, Span::NONE, ev.list(&values)));
    Ok(mapped(ev, f, Attrs::new(ev.local, lists.collect())))
}

fn unsafe_get_attr_pos<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, "the first argument passed to builtins.unsafeGetAttrPos")?;
    let set = attrs(ev, set, at, "the second argument passed to builtins.unsafeGetAttrPos")?;
    Ok(match set.attr(key) {
        Some(attr) => ev.position(attr.key.span),
        None => Value::Null,
    })
}

fn function_args<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f] = slots(args);
    let closure = match ev.force(f)? {
        Value::Lambda(closure) => closure,
        Value::Builtin(_) | Value::Partial(_) => return Ok(Value::Attrs(Attrs::empty())),
        // Not even a set that can be called; nixpkgs' `lib.functionArgs` looks into those.
        _ => return Err(ev.error_at(at, "'functionArgs' requires a function")),
    };
    let formals = match &closure.lambda().param {
        Param::Formals(formals) => &formals.formals[..],
        Param::Name(_) => &[],
    };
    let wanted = formals.iter().map(|formal| {
        let default = Value::bool(formal.default.is_some());
        Attr::new(formal.key.name, formal.key.span, default)
    });
    Ok(Value::Attrs(Attrs::new(ev.local, wanted.collect())))
}
