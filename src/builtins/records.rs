//! What `callRun` and `callStage` of the embedded library make: records that remember where in
//! the lab's text they were called. No program can name these builtins; `nixlib` is given them.

use super::support::wrong_count;
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Slot, Value};

/// What `nixlib` is given.
pub(crate) const PRIMITIVES: &[Builtin] = &[
    Builtin {
        name: "callRun",
        arguments: &["runPath", "dependencies"],
        doc: "A run of a lab: its file, and the runs it depends on.",
        run: call_run,
    },
    Builtin {
        name: "callStage",
        arguments: &["stageFile", "dependencies"],
        doc: "A stage of a pipeline: its file, and the stages it depends on.",
        run: call_stage,
    },
];

/// The attribute that holds the place of the call, as [`pack`] makes it.
pub const PLACE: &str = "_repx_place";

fn call_run<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    record(ev, "run_placeholder", "runPath", args, at)
}

fn call_stage<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    record(ev, "stage", "stageFile", args, at)
}

fn record<'h>(
    ev: &mut Evaluator<'h>,
    tag: &str,
    file_name: &str,
    args: &[Slot<'h>],
    at: Span,
) -> Eval<'h> {
    let [file, dependencies] = args else {
        return Err(wrong_count(ev, at));
    };
    let attrs = vec![
        Attr::new(Name::new("_repx_type"), Span::NONE, ev.text(tag)),
        Attr::new(Name::new(file_name), Span::NONE, *file),
        Attr::new(Name::new("dependencies"), Span::NONE, *dependencies),
        Attr::new(Name::new(PLACE), Span::NONE, Value::Int(pack(at))),
    ];
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

/// A span as an integer, for a record to carry.
pub fn pack(span: Span) -> i64 {
    (u64::from(span.start) << 32 | u64::from(span.end)).cast_signed()
}

/// The span in an integer of [`pack`].
pub fn unpack(packed: i64) -> Span {
    let packed = packed.cast_unsigned();
    Span::new((packed >> 32) as u32, packed as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_survive_packing() {
        for span in [Span::NONE, Span::new(3, 9), Span::new(u32::MAX - 1, u32::MAX)] {
            assert_eq!(unpack(pack(span)), span);
        }
    }
}
