//! Numbers and order.

use std::cmp::Ordering;

use super::arguments::{integer, mismatch, slots};
use crate::eval::{Builtin, Eval, Evaluator};
use crate::lower::BinaryOp;
use crate::source::Span;
use crate::value::number::{self, NumberError};
use crate::value::{Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "add",
        arguments: &["a", "b"],
        doc: "The sum of two numbers; a float when either is one. Beyond 64 bits is an error.",
        run: add,
    },
    Builtin {
        name: "sub",
        arguments: &["a", "b"],
        doc: "The difference of two numbers, as `a - b`.",
        run: sub,
    },
    Builtin {
        name: "mul",
        arguments: &["a", "b"],
        doc: "The product of two numbers, as `a * b`.",
        run: mul,
    },
    Builtin {
        name: "div",
        arguments: &["a", "b"],
        doc: "The quotient of two numbers, as `a / b`: between integers it is rounded towards zero, `div 7 2` is `3`. A zero as *b* is an error.",
        run: div,
    },
    Builtin {
        name: "lessThan",
        arguments: &["a", "b"],
        doc: "Whether *a* comes before *b*, as `a < b`: numbers by value, strings and paths by their bytes, lists by their first items that differ.",
        run: less_than,
    },
    Builtin {
        name: "bitAnd",
        arguments: &["a", "b"],
        doc: "The bits that are set in both integers: `bitAnd 6 3` is `2`.",
        run: bit_and,
    },
    Builtin {
        name: "bitOr",
        arguments: &["a", "b"],
        doc: "The bits that are set in either integer: `bitOr 6 3` is `7`.",
        run: bit_or,
    },
    Builtin {
        name: "bitXor",
        arguments: &["a", "b"],
        doc: "The bits that are set in just one of two integers: `bitXor 6 3` is `5`.",
        run: bit_xor,
    },
    Builtin {
        name: "ceil",
        arguments: &["x"],
        doc: "The smallest integer that is not less than *x*: `ceil 1.5` is `2`.",
        run: ceil,
    },
    Builtin {
        name: "floor",
        arguments: &["x"],
        doc: "The largest integer that is not more than *x*: `floor (-1.5)` is `-2`.",
        run: floor,
    },
];

fn add<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    arithmetic(ev, BinaryOp::Add, args, at)
}

fn sub<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    arithmetic(ev, BinaryOp::Sub, args, at)
}

fn mul<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    arithmetic(ev, BinaryOp::Mul, args, at)
}

fn div<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    arithmetic(ev, BinaryOp::Div, args, at)
}

/// The operators and their functions are the same thing, but that `+` also takes strings.
fn arithmetic<'h>(ev: &mut Evaluator<'h>, op: BinaryOp, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [a, b] = slots(args);
    let (a, b) = (ev.force(a)?, ev.force(b)?);
    ev.arithmetic(op, a, b, (at, at))
}

fn less_than<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [a, b] = slots(args);
    let (a, b) = (ev.force(a)?, ev.force(b)?);
    Ok(Value::bool(ev.compare(a, b)? == Ordering::Less))
}

fn bit_and<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    bits(
        ev,
        args,
        at,
        [
            "the first argument passed to builtins.bitAnd",
            "the second argument passed to builtins.bitAnd",
        ],
        |a, b| a & b,
    )
}

fn bit_or<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    bits(
        ev,
        args,
        at,
        [
            "the first argument passed to builtins.bitOr",
            "the second argument passed to builtins.bitOr",
        ],
        |a, b| a | b,
    )
}

fn bit_xor<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    bits(
        ev,
        args,
        at,
        [
            "the first argument passed to builtins.bitXor",
            "the second argument passed to builtins.bitXor",
        ],
        |a, b| a ^ b,
    )
}

fn bits<'h>(
    ev: &mut Evaluator<'h>,
    args: &[Slot<'h>],
    at: Span,
    [first, second]: [&str; 2],
    combine: fn(i64, i64) -> i64,
) -> Eval<'h> {
    let [a, b] = slots(args);
    let a = integer(ev, a, at, first)?;
    let b = integer(ev, b, at, second)?;
    Ok(Value::Int(combine(a, b)))
}

fn ceil<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    rounded(ev, args, at, "the first argument passed to builtins.ceil", number::ceil)
}

fn floor<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    rounded(ev, args, at, "the first argument passed to builtins.floor", number::floor)
}

fn rounded<'h>(
    ev: &mut Evaluator<'h>,
    args: &[Slot<'h>],
    at: Span,
    what: &str,
    round: fn(f64) -> Result<i64, NumberError>,
) -> Eval<'h> {
    let [x] = slots(args);
    let rounded = match ev.force(x)? {
        Value::Int(int) => number::round_integer(int),
        Value::Float(float) => round(float.get()),
        other => return Err(mismatch(ev, at, what, "a float", other)),
    };
    rounded.map(Value::Int).map_err(|error| ev.error_at(at, error.to_string()))
}
