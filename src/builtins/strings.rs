//! Strings, versions and patterns.

use super::arguments::{argument, breathe, in_argument};
use super::support::{set, wrap, wrong_count};
use super::{regex, replace, version};
use crate::eval::{Builtin, Coercion, Eval, Evaluator, Sharing};
use crate::source::Span;
use crate::value::{Context, ContextSum, List, Path, Slot, Text, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "stringLength",
        arguments: &["e"],
        doc: "The number of bytes of a string. `stringLength \"é\"` is 2.",
        run: string_length,
    },
    Builtin {
        name: "substring",
        arguments: &["start", "len", "s"],
        doc: "At most `len` bytes of a string, from the byte `start` (counted from 0) on; all that follow if `len` is negative. `substring 1 2 \"abcd\"` is `\"bc\"`.",
        run: substring,
    },
    Builtin {
        name: "concatStringsSep",
        arguments: &["separator", "list"],
        doc: "The strings of a list with a separator between them. `concatStringsSep \"/\" [ \"a\" \"b\" ]` is `\"a/b\"`.",
        run: concat_strings_sep,
    },
    Builtin {
        name: "replaceStrings",
        arguments: &["from", "to", "s"],
        doc: "Replaces each occurrence of a string of the first list by the string at its place in the second; of several that match, the one listed first. `replaceStrings [ \"o\" ] [ \"0\" ] \"foo\"` is `\"f00\"`.",
        run: replace_strings,
    },
    Builtin {
        name: "toString",
        arguments: &["e"],
        doc: "Makes a string of a value: a number in digits, `true` as `\"1\"`, `false` and `null` as `\"\"`, the items of a list with spaces between, a set by its `__toString` or `outPath`. A path is not copied.",
        run: to_string,
    },
    Builtin {
        name: "splitVersion",
        arguments: &["s"],
        doc: "The parts of a version. `splitVersion \"1.2pre\"` is `[ \"1\" \"2\" \"pre\" ]`.",
        run: split_version,
    },
    Builtin {
        name: "compareVersions",
        arguments: &["s1", "s2"],
        doc: "-1, 0 or 1 as the first version is older than, the same as or newer than the second. `compareVersions \"1.9\" \"1.10\"` is -1.",
        run: compare_versions,
    },
    Builtin {
        name: "parseDrvName",
        arguments: &["s"],
        doc: "Splits a package name before its version. `parseDrvName \"hello-2.12\"` is `{ name = \"hello\"; version = \"2.12\"; }`.",
        run: parse_drv_name,
    },
    Builtin {
        name: "baseNameOf",
        arguments: &["x"],
        doc: "What follows the last slash of a path or string; one slash at its end is ignored. `baseNameOf \"a/b/\"` is `\"b\"`.",
        run: base_name_of,
    },
    Builtin {
        name: "dirOf",
        arguments: &["s"],
        doc: "What precedes the last slash of a path or string, as a path or string. `dirOf \"/a/b\"` is `\"/a\"`.",
        run: dir_of,
    },
    Builtin {
        name: "match",
        arguments: &["regex", "str"],
        doc: "What the groups of a POSIX extended regular expression cover if it matches the whole string, else `null`. `match \"(.*)=(.*)\" \"a=b\"` is `[ \"a\" \"b\" ]`.",
        run: match_,
    },
    Builtin {
        name: "split",
        arguments: &["regex", "str"],
        doc: "The parts of a string between the matches of a regular expression, with a list of each match's groups between them. `split \"(-)\" \"a-b\"` is `[ \"a\" [ \"-\" ] \"b\" ]`.",
        run: split,
    },
];

fn string_length<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let value = ev.force(*string)?;
    let length = argument(ev, at, "the argument passed to builtins.stringLength", |ev| {
        ev.coerce(value, Coercion::INTERPOLATION)
    })?
    .bytes()
    .len();
    Ok(Value::Int(length as i64))
}

fn substring<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [start, length, string] = args else {
        return Err(wrong_count(ev, at));
    };
    let start = argument(
        ev,
        at,
        "the first argument (the start offset) passed to builtins.substring",
        |ev| ev.int(*start),
    )?;
    let Ok(start) = usize::try_from(start) else {
        return Err(ev.error_at(at, "negative start position in 'substring'"));
    };
    let length = usize::try_from(argument(
        ev,
        at,
        "the second argument (the substring length) passed to builtins.substring",
        |ev| ev.int(*length),
    )?)
    .unwrap_or(usize::MAX);
    let value = ev.force(*string)?;
    let text =
        argument(ev, at, "the third argument (the string) passed to builtins.substring", |ev| {
            ev.coerce(value, Coercion::INTERPOLATION)
        })?
        .into_text(ev.local);
    let rest = text.bytes().get(start..).unwrap_or_default();
    let part = rest.get(..length).unwrap_or(rest);
    Ok(Value::Text(Text::with_context(ev.local, part, text.context())))
}

fn concat_strings_sep<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [separator, list] = args else {
        return Err(wrong_count(ev, at));
    };
    let separator = argument(
        ev,
        at,
        "the first argument (the separator string) passed to builtins.concatStringsSep",
        |ev| ev.string(*separator),
    )?;
    let list = argument(
        ev,
        at,
        "the second argument (the list of strings to concat) passed to builtins.concatStringsSep",
        |ev| ev.items(*list),
    )?;
    let mut sharing = ev.sharing(Coercion::INTERPOLATION.work());
    let (strings, length) = joined_length(ev, separator, list, &mut sharing)?;
    let mut bytes = Vec::with_capacity(length);
    let mut context = ContextSum::default();
    context.add(separator.context());
    for (i, item) in list.items().iter().enumerate() {
        breathe(ev, i)?;
        if i >= strings {
            sharing.reach(ev, i, |_| list.items());
        }
        let value = ev.force(*item)?;
        let piece = ev.coerce(value, Coercion::INTERPOLATION);
        let piece = piece.map_err(|error| {
            let what =
                "one element of the list of strings to concat passed to builtins.concatStringsSep";
            in_argument(ev, error, at, what)
        })?;
        let more = separator.bytes().len().saturating_add(piece.bytes().len());
        ev.room_for_text(bytes.len().saturating_add(more))?;
        if i > 0 {
            bytes.extend_from_slice(separator.bytes());
        }
        bytes.extend_from_slice(piece.bytes());
        context.add(piece.context());
    }
    sharing.done();
    let context = context.finish(ev.local);
    Ok(text(ev, bytes, context))
}

/// How many items before the first that isn't a string, and how many bytes they make when they are
/// joined. They are evaluated for that.
fn joined_length<'h>(
    ev: &mut Evaluator<'h>,
    separator: Text<'h>,
    list: List<'h>,
    sharing: &mut Sharing<'h>,
) -> Eval<'h, (usize, usize)> {
    let mut length = 0_usize;
    for (i, item) in list.items().iter().enumerate() {
        breathe(ev, i)?;
        sharing.reach(ev, i, |_| list.items());
        let Value::Text(text) = ev.force(*item)? else {
            return Ok((i, length));
        };
        length = length.saturating_add(separator.bytes().len()).saturating_add(text.bytes().len());
        ev.room_for_text(length.saturating_sub(separator.bytes().len()))?;
    }
    Ok((list.len(), length))
}

fn replace_strings<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [from, to, string] = args else {
        return Err(wrong_count(ev, at));
    };
    let (from, to) = (ev.items(*from)?, ev.items(*to)?);
    if from.len() != to.len() {
        return Err(ev.error_at(
            at,
            "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
        ));
    }
    let mut patterns = Vec::with_capacity(from.len());
    for (step, pattern) in from.items().iter().enumerate() {
        breathe(ev, step)?;
        patterns.push(
            argument(
                ev,
                at,
                "one of the strings to replace passed to builtins.replaceStrings",
                |ev| ev.string(*pattern),
            )?
            .bytes(),
        );
    }
    let subject = argument(ev, at, "the third argument passed to builtins.replaceStrings", |ev| {
        ev.string(*string)
    })?;
    let mut context = ContextSum::default();
    context.add(subject.context());
    // A replacement is forced when it is used first: what is never used may fail.
    let mut replacements: Vec<Option<&'h [u8]>> = vec![None; to.len()];
    let (mut total, mut step) = (subject.bytes().len(), 0);
    let bytes = replace::replace(subject.bytes(), &patterns, |which| {
        step += 1;
        breathe(ev, step)?;
        if let Some(known) = replacements.get(which).copied().flatten() {
            total = total.saturating_add(known.len());
            ev.room_for_text(total)?;
            return Ok(known);
        }
        let slot = to.items().get(which).copied();
        let replacement = ev.string(slot.unwrap_or(Slot::Value(Value::Null)))?;
        context.add(replacement.context());
        if let Some(place) = replacements.get_mut(which) {
            *place = Some(replacement.bytes());
        }
        Ok(replacement.bytes())
    })?;
    let context = context.finish(ev.local);
    Ok(text(ev, bytes, context))
}

fn to_string<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [value] = args else {
        return Err(wrong_count(ev, at));
    };
    let value = ev.force(*value)?;
    let made = argument(ev, at, "the first argument passed to builtins.toString", |ev| {
        ev.coerce(value, Coercion::TO_STRING)
    })?;
    Ok(Value::Text(made.into_text(ev.local)))
}

fn split_version<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [version] = args else {
        return Err(wrong_count(ev, at));
    };
    let parts: Vec<Slot<'h>> = version::split_version(argument(
        ev,
        at,
        "the first argument passed to builtins.splitVersion",
        |ev| ev.plain_string(*version),
    )?)
    .map(|part| part_of(ev, part))
    .collect();
    Ok(ev.list(&parts))
}

fn compare_versions<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [first, second] = args else {
        return Err(wrong_count(ev, at));
    };
    let first = argument(ev, at, "the first argument passed to builtins.compareVersions", |ev| {
        ev.plain_string(*first)
    })?;
    let second =
        argument(ev, at, "the second argument passed to builtins.compareVersions", |ev| {
            ev.plain_string(*second)
        })?;
    let order = version::compare_versions(first, second);
    Ok(Value::Int(order as i64))
}

fn parse_drv_name<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [name] = args else {
        return Err(wrong_count(ev, at));
    };
    let (name, version) = version::parse_drv_name(argument(
        ev,
        at,
        "the first argument passed to builtins.parseDrvName",
        |ev| ev.plain_string(*name),
    )?);
    let name = Value::Text(Text::of(ev.local, name));
    let version = Value::Text(Text::of(ev.local, version));
    Ok(set(ev, vec![("name", name), ("version", version)]))
}

fn base_name_of<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let value = ev.force(*path)?;
    let path = argument(ev, at, "the first argument passed to builtins.baseNameOf", |ev| {
        ev.coerce(value, Coercion::PATH)
    })?
    .into_text(ev.local);
    let name = base_name(path.bytes());
    Ok(Value::Text(Text::with_context(ev.local, name, path.context())))
}

/// What follows the last slash; a slash at the very end doesn't count, a second one does.
pub(super) fn base_name(path: &[u8]) -> &[u8] {
    let path = match path {
        [inner @ .., b'/'] if !inner.is_empty() => inner,
        _ => path,
    };
    let start = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
    path.get(start..).unwrap_or_default()
}

fn dir_of<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let value = ev.force(*path)?;
    if let Value::Path(path) = value {
        return Ok(Value::Path(Path::new(ev.local, dir(path.bytes()))));
    }
    let path = argument(ev, at, "the first argument passed to 'builtins.dirOf'", |ev| {
        ev.coerce(value, Coercion::PATH)
    })?
    .into_text(ev.local);
    let dir = Text::with_context(ev.local, dir(path.bytes()), path.context());
    Ok(Value::Text(dir))
}

fn dir(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None => b".",
        Some(0) => b"/",
        Some(at) => path.get(..at).unwrap_or_default(),
    }
}

fn match_<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [pattern, subject] = args else {
        return Err(wrong_count(ev, at));
    };
    let pattern = argument(ev, at, "the first argument passed to builtins.match", |ev| {
        ev.plain_string(*pattern)
    })?;
    let regex = wrap(ev, at, regex::compiled(pattern))?;
    let subject =
        argument(ev, at, "the second argument passed to builtins.match", |ev| ev.string(*subject))?
            .bytes();
    Ok(match wrap(ev, at, regex.full_match(subject))? {
        Some(groups) => matched(ev, subject, &groups),
        None => Value::Null,
    })
}

fn split<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [pattern, subject_slot] = args else {
        return Err(wrong_count(ev, at));
    };
    let pattern = argument(ev, at, "the first argument passed to builtins.split", |ev| {
        ev.plain_string(*pattern)
    })?;
    let regex = wrap(ev, at, regex::compiled(pattern))?;
    let subject = argument(ev, at, "the second argument passed to builtins.split", |ev| {
        ev.string(*subject_slot)
    })?
    .bytes();
    let pieces = wrap(ev, at, regex.split(subject))?;
    if let [_] = pieces.as_slice() {
        // Without a match the string itself is the only part, its context included.
        return Ok(ev.list(&[*subject_slot]));
    }
    let parts: Vec<Slot<'h>> = pieces
        .iter()
        .map(|piece| match piece {
            regex::Piece::Text(range) => {
                part_of(ev, subject.get(range.clone()).unwrap_or_default())
            }
            regex::Piece::Groups(groups) => Slot::Value(matched(ev, subject, groups)),
        })
        .collect();
    Ok(ev.list(&parts))
}

/// The list of what the groups cover.
fn matched<'h>(ev: &Evaluator<'h>, subject: &'h [u8], groups: &regex::Groups) -> Value<'h> {
    let parts: Vec<Slot<'h>> = groups
        .iter()
        .map(|group| match group {
            Some(range) => part_of(ev, subject.get(range.clone()).unwrap_or_default()),
            None => Slot::Value(Value::Null),
        })
        .collect();
    ev.list(&parts)
}

/// A part of a string, which shares its bytes.
fn part_of<'h>(ev: &Evaluator<'h>, bytes: &'h [u8]) -> Slot<'h> {
    Slot::Value(Value::Text(Text::of(ev.local, bytes)))
}

fn text<'h>(ev: &Evaluator<'h>, bytes: Vec<u8>, context: Context<'h>) -> Value<'h> {
    Value::Text(Text::owned(ev.local, bytes, context))
}
