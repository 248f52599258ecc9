//! The program: what the evaluator walks.
//!
//! A resolved, compact tree. A name has become "so many environments up, that slot"; attribute
//! paths are merged; what is constant is a constant. Every `let`, `rec`, function call and `with`
//! makes one environment. An [`Expr`] is 16 bytes, the larger forms are boxed with their places.

use std::sync::atomic::{AtomicU32, Ordering};

use super::packed::Deferred;
use crate::source::{Name, Span};
pub use crate::syntax::BinaryOp;

/// A lowered file or expression.
#[derive(Debug)]
pub struct Program {
    /// What it evaluates to.
    pub body: Expr,
    /// Its whole extent.
    pub span: Span,
}

/// An expression.
#[derive(Debug)]
pub enum Expr {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// A string without interpolations.
    Text(Box<Box<[u8]>>),
    /// A path without interpolations, absolute and canonical.
    Path(Box<Box<[u8]>>),
    /// A slot of the innermost environment.
    Local(u32),
    /// A slot of an environment further out (`up` is at least 1).
    Outer {
        /// How many environments out.
        up: u32,
        /// Which slot there.
        slot: u32,
    },
    /// A name that every program sees, by its index among the globals.
    Global(u32),
    /// A name that only a `with` can provide.
    With(Box<WithName>),
    /// `__curPos`
    CurrentPosition(Box<Span>),
    /// A string or path with interpolations.
    Interpolation(Box<Interpolation>),
    /// `[ … ]`
    List(Box<Box<[Expr]>>),
    /// `{ … }` whose bindings don't see each other.
    Set(Box<Set>),
    /// `rec { … }`
    RecSet(Box<RecSet>),
    /// `let … in …`
    Let(Box<Let>),
    /// `with …; …`
    WithIn(Box<WithIn>),
    /// `assert …; …`
    Assert(Box<Assert>),
    /// `if … then … else …`
    If(Box<If>),
    /// A function.
    Lambda(Box<Lambda>),
    /// `f x y`
    Call(Box<Call>),
    /// `e.a.b or d`
    Select(Box<Select>),
    /// `e ? a.b`
    HasAttr(Box<HasAttr>),
    /// `!e`
    Not(Box<Operand>),
    /// `-e`
    Negate(Box<Operand>),
    /// `a + b`
    Binary(Box<Binary>),
    /// An expression from a cache that nobody has asked for yet.
    Deferred(Box<Deferred>),
    /// What could not be read or resolved; a diagnostic of lowering says why.
    Hole(Box<Span>),
}

const _: () = assert!(size_of::<Expr>() == 16);

impl Expr {
    /// The expression itself, where it may still be the bytes it was kept as.
    #[inline]
    pub fn read(&self) -> &Expr {
        match self {
            Expr::Deferred(deferred) => deferred.expr(),
            expr => expr,
        }
    }
}

/// The name of an attribute and where it was bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    /// Its name.
    pub name: Name,
    /// The place of the binding's name.
    pub span: Span,
}

/// Where an attribute was found last time, by this place in the program. Sets made at one place
/// share their names, so the same attribute is mostly found there again. Always verified before it
/// is believed: a hint can be slow, not wrong.
#[derive(Debug, Default)]
pub struct Hint(AtomicU32);

impl Hint {
    /// An index to try first.
    #[inline]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }

    /// Notes where it was.
    #[inline]
    pub fn set(&self, index: usize) {
        self.0.store(index as u32, Ordering::Relaxed);
    }
}

/// A name looked up in the sets of the surrounding `with`s.
#[derive(Debug)]
pub struct WithName {
    /// The name.
    pub name: Name,
    /// Where it is used.
    pub span: Span,
    /// Levels of the `with` environments, innermost first.
    pub levels: Box<[u32]>,
    /// Where the innermost set had it.
    pub hint: Hint,
}

/// `"a${b}"` or `./a/${b}`.
#[derive(Debug)]
pub struct Interpolation {
    /// A path? Else a string.
    pub path: bool,
    /// Its parts in order.
    pub parts: Box<[Piece]>,
    /// The whole.
    pub span: Span,
}

/// A part of an interpolation.
#[derive(Debug)]
pub enum Piece {
    /// Text as meant.
    Literal(Box<[u8]>),
    /// `${…}` and its place.
    Value(Expr, Span),
}

/// Names bound together, sorted by name id, with their values.
#[derive(Debug)]
pub struct Bindings {
    /// The names.
    pub keys: Box<[Key]>,
    /// Their values, one each.
    pub values: Box<[Expr]>,
    /// Expressions of `inherit (…)`, kept in slots behind those of the names so that each is
    /// evaluated once.
    pub hidden: Box<[Expr]>,
}

impl Bindings {
    /// Slots of the environment they make.
    pub fn size(&self) -> usize {
        self.values.len() + self.hidden.len()
    }
}

/// `{ … }`
#[derive(Debug)]
pub struct Set {
    /// Names, sorted by id.
    pub keys: Box<[Key]>,
    /// Their values.
    pub values: Box<[Expr]>,
    /// Attributes whose names are computed.
    pub dynamic: Box<[Dynamic]>,
    /// The whole.
    pub span: Span,
}

/// `rec { … }`
#[derive(Debug)]
pub struct RecSet {
    /// What its environment holds.
    pub bindings: Bindings,
    /// Attributes whose names are computed; they see the environment but are not part of it.
    pub dynamic: Box<[Dynamic]>,
    /// Slot of `__overrides`, if there is one.
    pub overrides: Option<u32>,
    /// The whole.
    pub span: Span,
}

/// `${name} = value;`
#[derive(Debug)]
pub struct Dynamic {
    /// Gives a string, or null for no attribute.
    pub name: Expr,
    /// Where the name stands.
    pub span: Span,
    /// What it holds.
    pub value: Expr,
}

/// `let … in …`
#[derive(Debug)]
pub struct Let {
    /// What its environment holds.
    pub bindings: Bindings,
    /// The result.
    pub body: Expr,
}

/// `with …; …`
#[derive(Debug)]
pub struct WithIn {
    /// The set, evaluated outside.
    pub scope: Expr,
    /// Where the set stands.
    pub scope_span: Span,
    /// The result, one environment further in.
    pub body: Expr,
}

/// `assert …; …`
#[derive(Debug)]
pub struct Assert {
    /// What must be true.
    pub condition: Expr,
    /// Where it stands.
    pub span: Span,
    /// The result.
    pub body: Expr,
}

/// `if … then … else …`
#[derive(Debug)]
pub struct If {
    /// What decides.
    pub condition: Expr,
    /// Where it stands.
    pub span: Span,
    /// When true.
    pub yes: Expr,
    /// When false.
    pub no: Expr,
}

/// A function.
#[derive(Debug)]
pub struct Lambda {
    /// What it takes.
    pub param: Param,
    /// Its body, evaluated in an environment of its own.
    pub body: Expr,
    /// The name it was bound to, for traces.
    pub name: Option<Name>,
    /// Does a call begin with evaluating the argument?
    pub strict: bool,
    /// The whole.
    pub span: Span,
}

/// What a function takes.
#[derive(Debug)]
pub enum Param {
    /// `x:` in slot 0.
    Name(Name),
    /// `{ … }:`
    Formals(Formals),
}

/// `{ a, b ? 1, ... } @ x`
#[derive(Debug)]
pub struct Formals {
    /// In slots 0, 1, … in the order written.
    pub formals: Box<[Formal]>,
    /// May the argument have further attributes?
    pub ellipsis: bool,
    /// The name of the whole argument, in the slot behind the formals.
    pub at: Option<Name>,
    /// The braces and what is between them.
    pub span: Span,
}

/// One formal.
#[derive(Debug)]
pub struct Formal {
    /// Its name and place.
    pub key: Key,
    /// Evaluated in the function's own environment when the argument lacks it.
    pub default: Option<Expr>,
    /// Where the last argument had it.
    pub hint: Hint,
}

/// `f x y`
#[derive(Debug)]
pub struct Call {
    /// The function.
    pub function: Expr,
    /// At least one argument.
    pub arguments: Box<[Expr]>,
    /// The whole.
    pub span: Span,
    /// The function alone.
    pub function_span: Span,
}

/// `e.a.b or d`
#[derive(Debug)]
pub struct Select {
    /// The set.
    pub from: Expr,
    /// Where the set stands.
    pub from_span: Span,
    /// At least one step.
    pub path: Box<[Step]>,
    /// After `or`.
    pub default: Option<Expr>,
}

/// `e ? a.b`
#[derive(Debug)]
pub struct HasAttr {
    /// The set.
    pub from: Expr,
    /// At least one step.
    pub path: Box<[Step]>,
}

/// One step of an attribute path.
#[derive(Debug)]
pub enum Step {
    /// A known name, and where the last set had it.
    Static(Key, Hint),
    /// A computed one, and where it stands.
    Dynamic(Expr, Span),
}

impl Step {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Step::Static(key, _) => key.span,
            Step::Dynamic(_, span) => *span,
        }
    }
}

/// The operand of a unary operator.
#[derive(Debug)]
pub struct Operand {
    /// The expression.
    pub expr: Expr,
    /// Where it stands.
    pub span: Span,
}

/// `a + b`
#[derive(Debug)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Before it.
    pub left: Expr,
    /// After it.
    pub right: Expr,
    /// Where the left operand stands.
    pub left_span: Span,
    /// Where the right operand stands.
    pub right_span: Span,
    /// The operator itself.
    pub op_span: Span,
}
