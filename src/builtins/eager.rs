//! Builtins that evaluate their first argument before anything else.
//!
//! When such a builtin gets all its arguments, the first may be evaluated on the way in: no thunk
//! has to be made for it. Only what does so in every case stands here; `tryEval` doesn't, nor does
//! whatever checks another argument first.

/// Their names.
const EAGER: &[&str] = &[
    "abort",
    "attrNames",
    "attrValues",
    "baseNameOf",
    "concatLists",
    "concatStringsSep",
    "dirOf",
    "fromJSON",
    "fromTOML",
    "functionArgs",
    "getContext",
    "hasContext",
    "head",
    "isAttrs",
    "isBool",
    "isFloat",
    "isFunction",
    "isInt",
    "isList",
    "isNull",
    "isPath",
    "isString",
    "length",
    "listToAttrs",
    "parseDrvName",
    "seq",
    "splitVersion",
    "stringLength",
    "tail",
    "throw",
    "toJSON",
    "toString",
    "typeOf",
    "unsafeDiscardStringContext",
];

/// Is the builtin of this name one of them?
pub(super) fn is_eager(name: &str) -> bool {
    EAGER.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_sorted_and_exist() {
        assert!(EAGER.is_sorted());
        let table = crate::builtins::table();
        assert!(EAGER.iter().all(|name| table.iter().any(|row| row.name == *name)));
    }
}
