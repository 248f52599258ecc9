//! What the attributes of stand-ins are made of, which wait to be asked for, and what tells where they may stand. No
//! program can name these builtins.

use super::support::wrong_count;
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::value::{Slot, Value};

/// An attribute of the stand-in of a number.
pub(crate) const ATTRIBUTE: &str = "keptAttribute";
/// What the stand-in of a number stands for.
pub(crate) const REAL: &str = "keptReal";

/// Are two values one and the same?
pub(crate) const SAME: &str = "keptSame";

/// Hidden.
pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: ATTRIBUTE,
        arguments: &["number", "name", "value"],
        doc: "An attribute of the stand-in of this number; *value* is nothing.",
        run: attribute,
    },
    Builtin {
        name: REAL,
        arguments: &["number"],
        doc: "What the stand-in of this number stands for.",
        run: real,
    },
    Builtin {
        name: SAME,
        arguments: &["a", "b"],
        doc: "Are *a* and *b* one value? Of functions nothing else says that.",
        run: same,
    },
];

fn attribute<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [number, name, _] = args else {
        return Err(wrong_count(ev, at));
    };
    let name = ev.name(*name)?;
    match (ev.shared.stand_ins, ev.force(*number)?) {
        (Some(stand_ins), Value::Int(number)) => stand_ins.attribute(ev, number, name),
        (_, _) => Err(ev.error_at(at, "nothing stands for a package set here")),
    }
}

fn same<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [a, b] = args else {
        return Err(wrong_count(ev, at));
    };
    let (a, b) = (ev.force(*a)?, ev.force(*b)?);
    Ok(Value::bool(Slot::Value(a).identical(Slot::Value(b))))
}

fn real<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [number] = args else {
        return Err(wrong_count(ev, at));
    };
    match (ev.shared.stand_ins, ev.force(*number)?) {
        (Some(stand_ins), Value::Int(number)) => stand_ins.real(ev, number),
        (_, _) => Err(ev.error_at(at, "nothing stands for a package set here")),
    }
}
