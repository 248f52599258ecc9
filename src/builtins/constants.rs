//! Members of `builtins` that are no functions.
//!
//! A row here is a function of nothing: it is run when somebody first looks at the constant, with
//! null as its argument. So an evaluation that never asks for the time doesn't depend on it.

#![allow(clippy::unnecessary_wraps)] // the signature of every builtin

use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::value::{Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "nixVersion",
        arguments: &["_"],
        doc: "The version of Nix whose language this is: `\"2.34.8\"`.",
        run: nix_version,
    },
    Builtin {
        name: "langVersion",
        arguments: &["_"],
        doc: "The version of the Nix language: `6`.",
        run: lang_version,
    },
    Builtin {
        name: "storeDir",
        arguments: &["_"],
        doc: "Where the Nix store lies: `\"/nix/store\"`.",
        run: store_dir,
    },
    Builtin {
        name: "currentSystem",
        arguments: &["_"],
        doc: "The kind of machine that evaluates, such as `\"x86_64-linux\"`.",
        run: current_system,
    },
    Builtin {
        name: "currentTime",
        arguments: &["_"],
        doc: "Seconds since 1970 when it was first asked for; the same during the whole evaluation.",
        run: current_time,
    },
];

fn nix_version<'h>(ev: &mut Evaluator<'h>, _: &[Slot<'h>], _: Span) -> Eval<'h> {
    Ok(ev.text("2.34.8"))
}

fn lang_version<'h>(_: &mut Evaluator<'h>, _: &[Slot<'h>], _: Span) -> Eval<'h> {
    Ok(Value::Int(6))
}

fn store_dir<'h>(ev: &mut Evaluator<'h>, _: &[Slot<'h>], _: Span) -> Eval<'h> {
    Ok(ev.text("/nix/store"))
}

fn current_system<'h>(ev: &mut Evaluator<'h>, _: &[Slot<'h>], _: Span) -> Eval<'h> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    Ok(ev.text(format!("{}-{system}", std::env::consts::ARCH)))
}

fn current_time<'h>(ev: &mut Evaluator<'h>, _: &[Slot<'h>], _: Span) -> Eval<'h> {
    Ok(Value::Int(ev.shared.world.now()))
}
