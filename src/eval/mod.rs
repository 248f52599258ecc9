//! Running a program.
//!
//! In comes a [`Program`]; out comes a value, as far as it was asked for. A thread that
//! evaluates has an [`Evaluator`]; what all threads of one evaluation share is [`Shared`]. The
//! walk is a plain recursion over the tree on a large stack, so builtins can call back as
//! ordinary functions. The room knows no particular builtin, and nothing of files to load: it
//! calls both through tables it is given.

mod assertion;
mod call;
mod coerce;
mod compare;
mod expr;
mod fail;
mod force;
mod helpers;
mod kept;
mod limits;
mod operators;
pub mod print;
mod same;
mod search;
mod select;
mod set;
mod settings;
mod wait;
mod words;

pub use coerce::{Coerced, Coercion};
pub use force::slots_of;
pub use helpers::{FORCE, Helpers, Sharing, Work};
pub use kept::KeptCall;
pub use print::PrintOptions;
pub use same::Met;
pub use search::{Comparison, Wanted};
pub use settings::Settings;
pub use wait::Waits;
pub use words::{Words, words};

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::lower::Program;
use crate::source::{Name, SourceMap, Span};
use crate::store::{Derivations, Objects, StoreDir, StorePath};
use crate::syntax::Trees;
use crate::value::{BuiltinId, Env, Error, EvaluationId, Heap, Local, Path, Slot, Text, Value};
use crate::world::World;

/// A builtin: one row of the table that a session is made with.
#[derive(Clone, Copy)]
pub struct Builtin {
    /// The name it has within `builtins`.
    pub name: &'static str,
    /// What its arguments are called, in order; their number is its arity (at least 1).
    pub arguments: &'static [&'static str],
    /// What it does, in Markdown; shown by hover and `repx explain`.
    pub doc: &'static str,
    /// The function. It gets exactly as many arguments as `arguments` names, unforced, and the
    /// place of the call.
    pub run: BuiltinFn,
}

/// An argument that a builtin evaluates before it does anything else, but for what stands before
/// it in the builtin's list of these.
#[derive(Clone, Copy)]
pub struct Eager {
    /// Which, from 0.
    pub argument: usize,
    /// It does so if the first argument is like this: with any other it fails before.
    pub given: Option<fn(Value<'_>) -> bool>,
}

/// The function of a [`Builtin`].
pub type BuiltinFn =
    for<'h> fn(&mut Evaluator<'h>, &[Slot<'h>], Span) -> Result<Value<'h>, Error<'h>>;

/// How evaluation gets at other files: parsing, lowering and the memo of imports live elsewhere.
pub trait Loader<'h>: Sync {
    /// The value of the file at a path (`import`), or of its `default.nix` for a directory.
    fn import(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Result<Value<'h>, Error<'h>>;

    /// The value of a file whose names may also come from `scope`; not memoised.
    fn import_scoped(
        &self,
        evaluator: &mut Evaluator<'h>,
        scope: crate::value::Attrs<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Result<Value<'h>, Error<'h>>;

    /// A path's copy in the store: the store path as a string with its context.
    fn copy_to_store(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Result<Text<'h>, Error<'h>>;

    /// Builds an output that evaluation wants to read. Who can't build refuses.
    fn build(
        &self,
        evaluator: &mut Evaluator<'h>,
        derivation: &StorePath,
        output: &str,
        at: Span,
    ) -> Result<(), Error<'h>> {
        let message = format!(
            "cannot build '{}^{output}' during evaluation: building is not possible here",
            StoreDir::default().print(derivation)
        );
        Err(evaluator.error_at(at, message))
    }
}

/// Sets that stand for those of a package set, of which is known from another evaluation what labs
/// mostly ask for.
pub trait StandIns<'h>: Sync {
    /// The value of an attribute of the stand-in of this number.
    fn attribute(
        &self,
        evaluator: &mut Evaluator<'h>,
        number: i64,
        name: Name,
    ) -> Result<Value<'h>, Error<'h>>;

    /// What the stand-in of this number stands for.
    fn real(&self, evaluator: &mut Evaluator<'h>, number: i64) -> Result<Value<'h>, Error<'h>>;

    /// What a call gives, if that is known: not when it depends on more than its own text and a
    /// stand-in.
    fn call(
        &self,
        evaluator: &mut Evaluator<'h>,
        call: KeptCall<'h>,
    ) -> Result<Option<Value<'h>>, Error<'h>>;
}

/// What all threads of one evaluation share.
pub struct Shared<'h> {
    /// The memory.
    pub heap: &'h Heap,
    /// The machine.
    pub world: &'h dyn World,
    /// All texts, for positions.
    pub sources: &'h SourceMap,
    /// The trees of those texts that somebody looks at.
    pub trees: &'h Trees,
    /// The builtins, by [`BuiltinId`].
    pub builtins: &'h [Builtin],
    /// What each of them evaluates before anything else.
    pub eager: &'h [&'static [Eager]],
    /// Files.
    pub loader: &'h dyn Loader<'h>,
    /// The derivations made so far.
    pub derivations: &'h Derivations,
    /// Other store objects and host files made so far.
    pub objects: &'h Objects,
    /// The globals, in the order of their slots; set once by the session.
    pub globals: OnceLock<&'h [Slot<'h>]>,
    /// Set to stop all threads.
    pub interrupt: &'h AtomicBool,
    /// Messages of `trace` and `warn` go here.
    pub messages: &'h (dyn Fn(&str) + Sync),
    /// What Nix lets one set.
    pub settings: Settings,
    /// Who waits for whom.
    pub waits: Waits,
    /// The threads that evaluate ahead.
    pub helpers: Helpers<'h>,
    /// All programs that have been lowered, to find places by.
    pub programs: Mutex<Vec<&'h Program>>,
    /// Evaluations begun so far.
    pub evaluations: AtomicU32,
    /// Names asked of open sets that don't list them, and where.
    pub asked: Mutex<Vec<(Name, Span)>>,
    /// What stands for a package set, if anything does.
    pub stand_ins: Option<&'h dyn StandIns<'h>>,
    /// Something was looked at in which what stands for a package set differs from it.
    pub unsure: AtomicBool,
    /// A program has asked where something was written.
    pub placed: AtomicBool,
}

impl Shared<'_> {
    /// Notes that what follows may not be what evaluating without stand-ins would give.
    pub fn doubt(&self) {
        self.unsure.store(true, Ordering::Relaxed);
    }

    /// Could a stand-in be told from what it stands for?
    pub fn is_unsure(&self) -> bool {
        self.unsure.load(Ordering::Relaxed) || self.derivations.was_wanting()
    }

    /// Names asked of open sets that don't list them, and where; in no order.
    pub fn asked(&self) -> Vec<(Name, Span)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Code of the error that a hole in a program gives.
pub const HOLE: &str = "repx::eval::hole";

/// What evaluation says of such a place.
pub fn hole() -> crate::diagnostic::Diagnostic {
    crate::diagnostic::Diagnostic::error(HOLE, "this part of the program is broken")
        .help("what is wrong with it is told as well")
}

/// One thread's evaluation.
pub struct Evaluator<'h> {
    /// Where it allocates.
    pub local: Local<'h>,
    /// What it shares with other threads.
    pub shared: &'h Shared<'h>,
    me: EvaluationId,
    /// Is it the one that goes in order, beside which there are only helpers?
    in_order: bool,
    /// What it helps with, if it evaluates ahead.
    helps: Option<&'h helpers::Group<'h>>,
    /// Calls within calls at the moment.
    depth: u32,
    /// Calls made so far.
    calls: u32,
    /// The stack must not grow below this address.
    stack_end: usize,
    /// The place being evaluated, for errors that have no better one.
    here: Span,
    /// A buffer for strings in the making. Who needs one takes it and puts it back: who needs
    /// one meanwhile gets a fresh one.
    scratch: Vec<u8>,
    /// Keys of lists that are searched again and again.
    keys: search::Keys,
    /// The circle that an error is on its way around.
    circle: Option<Box<fail::Circle>>,
}

/// What the evaluator's functions give.
pub type Eval<'h, T = Value<'h>> = Result<T, Error<'h>>;

/// Stack kept free for what can't check (formatting an error, a library's frames).
const STACK_RESERVE: usize = 256 * 1024;

impl<'h> Evaluator<'h> {
    /// An evaluation on this thread, of whose stack `stack_size` bytes are still free.
    pub fn new(shared: &'h Shared<'h>, stack_size: usize) -> Evaluator<'h> {
        Evaluator::in_region(shared, shared.heap.local(), stack_size)
    }

    /// As [`Evaluator::new`], allocating there.
    pub fn in_region(shared: &'h Shared<'h>, local: Local<'h>, stack_size: usize) -> Evaluator<'h> {
        let marker = 0u8;
        let top = std::ptr::from_ref(&marker).addr();
        Evaluator {
            local,
            shared,
            me: EvaluationId(shared.evaluations.fetch_add(1, Ordering::Relaxed)),
            in_order: false,
            helps: None,
            depth: 0,
            calls: 0,
            stack_end: top.saturating_sub(stack_size).saturating_add(STACK_RESERVE),
            here: Span::NONE,
            scratch: Vec::new(),
            keys: search::Keys::default(),
            circle: None,
        }
    }

    /// As [`Evaluator::new`], for the one that goes in order: while it is at work, there are no
    /// others but the helpers it shares something with.
    pub fn in_order(shared: &'h Shared<'h>, stack_size: usize) -> Evaluator<'h> {
        Evaluator { in_order: true, ..Evaluator::new(shared, stack_size) }
    }

    /// Evaluates a program in the environment it was lowered for.
    pub fn run(&mut self, program: &'h Program, env: Env<'h>) -> Eval<'h> {
        self.expr(&program.body, env)
    }

    /// Makes a program known, so that errors can find places in it.
    pub fn register(&self, program: &'h Program) {
        self.shared.programs.lock().unwrap_or_else(PoisonError::into_inner).push(program);
    }

    /// The row of a builtin.
    pub fn builtin(&self, id: BuiltinId) -> Option<&'h Builtin> {
        self.shared.builtins.get(id.0 as usize)
    }

    /// The place being evaluated.
    pub fn here(&self) -> Span {
        self.here
    }

    /// A string value without context.
    pub fn text(&self, bytes: impl AsRef<[u8]>) -> Value<'h> {
        Value::Text(Text::new(self.local, bytes))
    }

    /// A name as a string value.
    pub fn text_of(&self, name: Name) -> Value<'h> {
        Value::Text(Text::shared(name.kept()))
    }

    /// A list value.
    pub fn list(&self, items: &[Slot<'h>]) -> Value<'h> {
        Value::List(crate::value::List::new(self.local, items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn a_hole_is_told() {
        reads_well(&hole());
    }
}
