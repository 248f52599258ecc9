//! Builtins that evaluate arguments before anything else.
//!
//! When such a builtin gets all its arguments, those may be evaluated on the way in: no thunk has
//! to be made for them, nor kept what a thunk would need. Only what does so in every case stands
//! here; `tryEval` doesn't, nor does whatever checks another argument first, unless that can be
//! seen to be as it must.

use crate::eval::Eager;
use crate::store::HashAlgo;
use crate::value::Value;

const FIRST: Eager = Eager { argument: 0, given: None };
const SECOND: Eager = Eager { argument: 1, given: None };

/// An argument that is evaluated next if the first one is so.
const fn after(argument: usize, given: fn(Value<'_>) -> bool) -> Eager {
    Eager { argument, given: Some(given) }
}

/// Their names, and what each evaluates in which order.
const EAGER: &[(&str, &[Eager])] = &[
    ("abort", &[FIRST]),
    ("add", &[FIRST, SECOND]),
    ("all", &[FIRST, after(1, is_function)]),
    ("any", &[FIRST, after(1, is_function)]),
    ("attrNames", &[FIRST]),
    ("attrValues", &[FIRST]),
    ("baseNameOf", &[FIRST]),
    ("catAttrs", &[FIRST, after(1, is_plain)]),
    ("compareVersions", &[FIRST, after(1, is_plain)]),
    ("concatLists", &[FIRST]),
    ("concatMap", &[FIRST, after(1, is_function)]),
    ("concatStringsSep", &[FIRST, after(1, is_text)]),
    ("dirOf", &[FIRST]),
    ("elem", &[SECOND]),
    ("elemAt", &[SECOND]),
    ("filter", &[SECOND]),
    ("foldl'", &[FIRST, after(2, is_function)]),
    ("fromJSON", &[FIRST]),
    ("fromTOML", &[FIRST]),
    ("functionArgs", &[FIRST]),
    ("genList", &[SECOND]),
    ("getAttr", &[FIRST, after(1, is_plain)]),
    ("getContext", &[FIRST]),
    ("groupBy", &[FIRST, after(1, is_function)]),
    ("hasAttr", &[FIRST, after(1, is_plain)]),
    ("hasContext", &[FIRST]),
    ("hashString", &[FIRST, after(1, is_algorithm)]),
    ("head", &[FIRST]),
    ("intersectAttrs", &[FIRST, after(1, is_set)]),
    ("isAttrs", &[FIRST]),
    ("isBool", &[FIRST]),
    ("isFloat", &[FIRST]),
    ("isFunction", &[FIRST]),
    ("isInt", &[FIRST]),
    ("isList", &[FIRST]),
    ("isNull", &[FIRST]),
    ("isPath", &[FIRST]),
    ("isString", &[FIRST]),
    ("length", &[FIRST]),
    ("lessThan", &[FIRST, SECOND]),
    ("listToAttrs", &[FIRST]),
    ("map", &[SECOND]),
    ("mapAttrs", &[SECOND]),
    ("mul", &[FIRST, SECOND]),
    ("parseDrvName", &[FIRST]),
    ("partition", &[FIRST, after(1, is_function)]),
    ("removeAttrs", &[FIRST, after(1, is_set)]),
    ("replaceStrings", &[FIRST, after(1, is_list)]),
    ("seq", &[FIRST, SECOND]),
    ("sort", &[SECOND]),
    ("splitVersion", &[FIRST]),
    ("stringLength", &[FIRST]),
    ("sub", &[FIRST, SECOND]),
    ("substring", &[FIRST, after(1, is_natural)]),
    ("tail", &[FIRST]),
    ("throw", &[FIRST]),
    ("toJSON", &[FIRST]),
    ("toString", &[FIRST]),
    ("typeOf", &[FIRST]),
    ("unsafeDiscardStringContext", &[FIRST]),
    ("zipAttrsWith", &[FIRST, after(1, is_function)]),
];

fn is_function(value: Value<'_>) -> bool {
    matches!(value, Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_))
}

fn is_list(value: Value<'_>) -> bool {
    matches!(value, Value::List(_))
}

fn is_set(value: Value<'_>) -> bool {
    matches!(value, Value::Attrs(_))
}

fn is_natural(value: Value<'_>) -> bool {
    matches!(value, Value::Int(0..))
}

fn is_text(value: Value<'_>) -> bool {
    matches!(value, Value::Text(_))
}

/// A string that doesn't refer to the store?
fn is_plain(value: Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.context().is_empty())
}

fn is_algorithm(value: Value<'_>) -> bool {
    let name =
        |text: &[u8]| std::str::from_utf8(text).is_ok_and(|name| HashAlgo::parse(name).is_ok());
    matches!(value, Value::Text(text) if text.context().is_empty() && name(text.bytes()))
}

/// What the builtin of this name evaluates.
pub(super) fn of(name: &str) -> &'static [Eager] {
    match EAGER.binary_search_by_key(&name, |(name, _)| name) {
        Ok(at) => EAGER.get(at).map_or(&[], |(_, eager)| eager),
        Err(_) => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_sorted_and_exist() {
        assert!(EAGER.is_sorted_by_key(|(name, _)| name));
        let table = crate::builtins::table();
        for (name, eager) in EAGER {
            let row = table.iter().find(|row| row.name == *name);
            let arguments = row.map_or(0, |row| row.arguments.len());
            assert!(eager.iter().all(|eager| eager.argument < arguments), "{name}");
        }
    }
}
