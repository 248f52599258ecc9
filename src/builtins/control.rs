//! What is evaluated when, and what happens when it fails.

use super::arguments::{argument, slots, string};
use crate::diagnostic::{Diagnostic, Shown};
use crate::eval::{Builtin, Coercion, Eval, Evaluator, PrintOptions, words};
use crate::source::Span;
use crate::value::{Attr, Attrs, ErrorKind, Frame, Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "throw",
        arguments: &["message"],
        doc: "Ends evaluation with this error, unless `tryEval` catches it: `throw \"no such model\"`.",
        run: throw,
    },
    Builtin {
        name: "abort",
        arguments: &["message"],
        doc: "Ends evaluation with this error, which nothing catches.",
        run: abort,
    },
    Builtin {
        name: "seq",
        arguments: &["first", "second"],
        doc: "*second*, after *first* has been evaluated as far as its outermost part: `seq [ (throw \"x\") ] 1` is `1`.",
        run: seq,
    },
    Builtin {
        name: "deepSeq",
        arguments: &["first", "second"],
        doc: "*second*, after *first* has been evaluated with everything in it: `deepSeq [ (throw \"x\") ] 1` fails.",
        run: deep_seq,
    },
    Builtin {
        name: "tryEval",
        arguments: &["x"],
        doc: "`{ success = true; value = x; }`, or `{ success = false; value = false; }` when evaluating the outermost part of *x* ends in a `throw`, a failed `assert` or a `<path>` that isn't found. Other errors are not caught.",
        run: try_eval,
    },
    Builtin {
        name: "trace",
        arguments: &["message", "x"],
        doc: "*x*, after *message* (any value) has been printed on standard error: `trace \"here\" 1` is `1`.",
        run: trace,
    },
    Builtin {
        name: "traceVerbose",
        arguments: &["message", "x"],
        doc: "*x*. It would be `trace` in an evaluator asked for verbose traces; *message* is not evaluated.",
        run: trace_verbose,
    },
    Builtin {
        name: "warn",
        arguments: &["message", "x"],
        doc: "*x*, after *message* (a string) has been printed on standard error as a warning.",
        run: warn,
    },
    Builtin {
        name: "break",
        arguments: &["x"],
        doc: "*x*. In a debugger, evaluation would stop here.",
        run: break_,
    },
    Builtin {
        name: "addErrorContext",
        arguments: &["message", "x"],
        doc: "*x*; when evaluating it fails, *message* becomes part of the error's trace: `addErrorContext \"while reading the model\" x`.",
        run: add_error_context,
    },
];

fn throw<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let message = message(ev, args, at, "the error message passed to builtin.throw")?;
    let diagnostic = Diagnostic::error("repx::eval::throw", message).at(at, "thrown here");
    Err(ev.catchable(diagnostic))
}

fn abort<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let message = message(ev, args, at, "the error message passed to builtins.abort")?;
    let message = format!("evaluation aborted with the following error message: '{message}'");
    let diagnostic = Diagnostic::error("repx::eval::abort", message).at(at, "aborted here");
    Err(ev.error_with(diagnostic))
}

fn message<'h>(
    ev: &mut Evaluator<'h>,
    args: &[Slot<'h>],
    at: Span,
    what: &str,
) -> Eval<'h, String> {
    let [message] = slots(args);
    let message = ev.force(message)?;
    let message = argument(ev, at, what, |ev| ev.coerce(message, Coercion::INTERPOLATION))?;
    Ok(String::from_utf8_lossy(message.bytes()).into_owned())
}

fn seq<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [first, second] = slots(args);
    ev.force(first)?;
    ev.force(second)
}

fn deep_seq<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [first, second] = slots(args);
    ev.force_deep(first)?;
    ev.force(second)
}

fn try_eval<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [x] = slots(args);
    let (success, value) = match ev.force(x) {
        Ok(_) => (true, x.shorten()),
        Err(error) if error.kind() == ErrorKind::Catchable => {
            (false, Slot::Value(Value::bool(false)))
        }
        Err(error) => return Err(error),
    };
    let outcome = vec![
        Attr::new(words().success, Span::NONE, Value::bool(success)),
        Attr::new(words().value, Span::NONE, value),
    ];
    Ok(Value::Attrs(Attrs::new(ev.local, outcome)))
}

fn trace<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [message, x] = slots(args);
    let message = match ev.force(message)? {
        Value::Text(text) => text.lossy().into_owned(),
        other => {
            if matches!(other, Value::List(_) | Value::Attrs(_)) {
                ev.as_alone()?;
                // How far a stand-in has been evaluated says nothing of the real one.
                if ev.shared.stand_ins.is_some() {
                    ev.shared.doubt();
                }
            }
            ev.show(other, PrintOptions::TRACE)
        }
    };
    ev.say(&format!("trace: {message}"))?;
    ev.force(x)
}

fn trace_verbose<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    if ev.shared.settings.trace_verbose {
        return trace(ev, args, at);
    }
    let [_, x] = slots(args);
    ev.force(x)
}

fn warn<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [message, x] = slots(args);
    let message =
        string(ev, message, at, "the first argument; the message passed to builtins.warn")?;
    // Further lines stand below the first, as Nix has them.
    let text = message.lossy().replace('\n', "\n                    ");
    ev.say(&format!("evaluation warning: {text}"))?;
    if ev.shared.settings.abort_on_warn {
        let why = "aborting to reveal stack trace of warning, as abort-on-warn is set";
        return Err(ev.error_at(at, why));
    }
    ev.force(x)
}

fn break_<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], _: Span) -> Eval<'h> {
    let [x] = slots(args);
    ev.force(x)
}

fn add_error_context<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [message, x] = slots(args);
    let error = match ev.force(x) {
        Ok(value) => return Ok(value),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::OutOfTurn) => {
            return Err(error);
        }
        Err(error) => error,
    };
    let message = ev.force(message)?;
    let message = ev.coerce(message, Coercion::PATH)?;
    let message = String::from_utf8_lossy(message.bytes());
    let text = ev.local.str(&message);
    let error = error.within_for(ev.local, Frame { span: at, text, shown: Shown::InLabs });
    Err(ev.frame_of_nix(error, Span::NONE, text))
}
