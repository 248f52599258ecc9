//! What kind of value something is.

use super::arguments::slots;
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::value::{Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "typeOf",
        arguments: &["x"],
        doc: "The type of *x*: `\"int\"`, `\"bool\"`, `\"string\"`, `\"path\"`, `\"null\"`, `\"set\"`, `\"list\"`, `\"lambda\"` or `\"float\"`.",
        run: type_of,
    },
    Builtin {
        name: "isNull",
        arguments: &["x"],
        doc: "Whether *x* is null; the same as `x == null`.",
        run: is_null,
    },
    Builtin {
        name: "isBool",
        arguments: &["x"],
        doc: "Whether *x* is `true` or `false`.",
        run: is_bool,
    },
    Builtin {
        name: "isInt",
        arguments: &["x"],
        doc: "Whether *x* is an integer: `isInt 1` is `true`, `isInt 1.0` is `false`.",
        run: is_int,
    },
    Builtin {
        name: "isFloat",
        arguments: &["x"],
        doc: "Whether *x* is a floating-point number: `isFloat 1.0` is `true`.",
        run: is_float,
    },
    Builtin {
        name: "isString",
        arguments: &["x"],
        doc: "Whether *x* is a string. Paths are none.",
        run: is_string,
    },
    Builtin {
        name: "isPath",
        arguments: &["x"],
        doc: "Whether *x* is a path: `isPath ./file` is `true`, `isPath \"/file\"` is `false`.",
        run: is_path,
    },
    Builtin { name: "isList", arguments: &["x"], doc: "Whether *x* is a list.", run: is_list },
    Builtin {
        name: "isAttrs",
        arguments: &["x"],
        doc: "Whether *x* is an attribute set.",
        run: is_attrs,
    },
    Builtin {
        name: "isFunction",
        arguments: &["x"],
        doc: "Whether *x* is a function. A set with `__functor` can be called, but is none.",
        run: is_function,
    },
];

fn type_of<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [x] = slots(args);
    let name = ev.force(x)?.type_name();
    Ok(ev.text(name))
}

/// Is it a value of this type, as [`Value::type_name`] calls it?
fn has_type<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], name: &str) -> Eval<'h> {
    let [x] = slots(args);
    Ok(Value::bool(ev.force(x)?.type_name() == name))
}

fn is_null<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "null")
}

fn is_bool<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "bool")
}

fn is_int<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "int")
}

fn is_float<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "float")
}

fn is_string<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "string")
}

fn is_path<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "path")
}

fn is_list<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "list")
}

fn is_attrs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "set")
}

fn is_function<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    has_type(ev, args, "lambda")
}
