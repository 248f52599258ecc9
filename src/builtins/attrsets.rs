//! Attribute sets, and what functions want in them.

use super::arguments::{self, ELEMENT, FIRST, SECOND, attrs, breathe, function, name, slots};
use super::lists::Groups;
use crate::eval::{Builtin, Eval, Evaluator, words};
use crate::lower::{Key, Param};
use crate::source::{Name, Span};
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
    let set = attrs(ev, set, at, FIRST)?;
    let sorted = set.by_name(ev.local);
    let names = sorted.iter().map(|attr| Slot::Value(ev.text_of(attr.key.name)));
    let names: Vec<Slot<'h>> = names.collect();
    Ok(ev.list(&names))
}

fn attr_values<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set] = slots(args);
    let set = attrs(ev, set, at, FIRST)?;
    let sorted = set.by_name(ev.local);
    let values = ev.local.collect(sorted.iter().map(|attr| attr.slot));
    Ok(Value::List(List::of(ev.local, values)))
}

fn has_attr<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, FIRST)?;
    Ok(Value::bool(attrs(ev, set, at, SECOND)?.has(key)))
}

fn get_attr<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, FIRST)?;
    let set = attrs(ev, set, at, SECOND)?;
    let slot = match (set.get(key), set.missing()) {
        (Some(slot), _) => slot,
        (None, Some(missing)) => ev.ask_missing(missing, key, at)?,
        (None, None) => return Err(ev.missing_attribute(set, key, at)),
    };
    ev.force(slot)
}

fn remove_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [set, names] = slots(args);
    let set = attrs(ev, set, at, FIRST)?;
    let list = arguments::list(ev, names, at, SECOND)?;
    let mut names = Vec::with_capacity(list.len());
    for item in list.items() {
        names.push(name(ev, *item, at, ELEMENT)?);
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
    let names = attrs(ev, names, at, FIRST)?;
    let set = attrs(ev, set, at, SECOND)?;
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
    let set = attrs(ev, set, at, SECOND)?;
    let local = ev.local;
    // What comes out was written nowhere: it has no place (nixpkgs sees that in
    // `unsafeGetAttrPos`).
    let (keys, slots) = set.entries(local);
    let keys = local.keys_of(keys.iter().map(|key| nowhere(key.name)));
    let calls = local.alloc(NamedCalls { function: f, keys, slots });
    let value = |i: usize| Slot::Thunk(Thunk::apply_named(local, calls, i));
    let values = local.fill(keys.len(), value);
    Ok(Value::Attrs(Attrs::of(local, keys, values)))
}

fn nowhere(name: Name) -> Key {
    Key { name, span: Span::NONE }
}

fn cat_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, sets] = slots(args);
    let key = name(ev, key, at, FIRST)?;
    let sets = arguments::list(ev, sets, at, SECOND)?;
    let mut found = Vec::new();
    for (step, set) in sets.items().iter().enumerate() {
        breathe(ev, step)?;
        found.extend(attrs(ev, *set, at, ELEMENT)?.get(key));
    }
    Ok(ev.list(&found))
}

fn list_to_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [list] = slots(args);
    let list = arguments::list(ev, list, at, FIRST)?;
    let mut pairs = Vec::with_capacity(list.len());
    for (step, item) in list.items().iter().enumerate() {
        breathe(ev, step)?;
        let pair = attrs(ev, *item, at, ELEMENT)?;
        let key = ev.attribute(pair, words().name)?;
        pairs.push((name(ev, key, at, "`name` of an element")?, pair));
    }
    // Stable, so the first of a name stays the first; only its value need exist.
    pairs.sort_by_key(|(name, _)| *name);
    pairs.dedup_by_key(|(name, _)| *name);
    let mut named = Vec::with_capacity(pairs.len());
    for (name, pair) in pairs {
        match pair.attr(words().value) {
            Some(value) => named.push(Attr::new(name, value.key.span, value.slot)),
            None => return Err(ev.missing_attribute(pair, words().value, at)),
        }
    }
    Ok(sorted_set(ev, &named))
}

fn zip_attrs_with<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f, sets] = slots(args);
    let f = Slot::Value(function(ev, f, at, FIRST)?);
    let sets = arguments::list(ev, sets, at, SECOND)?;
    let mut groups = Groups::default();
    for (step, set) in sets.items().iter().enumerate() {
        breathe(ev, step)?;
        for attr in attrs(ev, *set, at, ELEMENT)?.iter(ev.local) {
            groups.add(attr.key.name, attr.slot);
        }
    }
    let zipped = groups.into_iter().map(|(name, values)| {
        let call = [f, Slot::Value(ev.text_of(name)), Slot::Value(ev.list(&values))];
        Attr::new(name, Span::NONE, Slot::Thunk(Thunk::apply2(ev.local, call)))
    });
    Ok(Value::Attrs(Attrs::new(ev.local, zipped.collect())))
}

fn unsafe_get_attr_pos<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [key, set] = slots(args);
    let key = name(ev, key, at, FIRST)?;
    let set = attrs(ev, set, at, SECOND)?;
    Ok(match set.attr(key) {
        Some(attr) => ev.position(attr.key.span),
        None => Value::Null,
    })
}

fn function_args<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [f] = slots(args);
    let closure = match ev.force(f)? {
        Value::Lambda(closure) => closure,
        Value::Builtin(_) | Value::Partial(_) => return Ok(Value::Attrs(Attrs::empty(ev.local))),
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
