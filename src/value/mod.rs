//! The heap and what lives in it.
//!
//! One [`Heap`] serves one evaluation: everything made during it is bump-allocated, never freed
//! one by one, and dropped whole. A [`Value`] is what a Nix program can observe, in weak head
//! normal form; a [`Slot`] is what lists, sets and environments hold: a value or a [`Thunk`] that
//! will become one. All are 16 bytes, `Copy`, `Send` and `Sync`; `'h` is the life of the heap.
//!
//! The room knows the lowered program (a thunk points into it) and nothing of how to run it. It
//! is the one place with `unsafe`: `arena` and `heap` (one arena per thread under a shared life), `region`
//! (an arena that ends earlier), `thunk` (a state machine over shared memory), `outcome` (a result as two
//! words), `env` (an environment whose bindings refer to it), `text`
//! and `attrs` (contents behind a header), `keys` (names remembered) and `grow` (growing in
//! place). Each block says why it is sound.

mod arena;
pub mod attrs;
pub mod context;
pub mod env;
pub mod error;
mod grow;
pub mod heap;
mod keys;
pub mod list;
pub mod number;
mod outcome;
pub mod region;
pub mod text;
pub mod thunk;

pub use arena::OutOfMemory;
pub use attrs::{Attr, Attrs};
pub use context::{Context, ContextSum};
pub use env::Env;
pub(crate) use env::EnvBuilder;
pub use error::{Error, ErrorKind, Frame};
pub use heap::{Heap, Local};
pub use list::List;
pub use outcome::Outcome;
pub use text::{Path, Text};
pub(crate) use thunk::Company;
pub use thunk::{Claim, Computation, EvaluationId, Forced, NamedCalls, Thunk, Watch};

use crate::lower::Lambda;

/// What a Nix program can observe, in weak head normal form.
///
/// A word for which it is and a word for what it holds: thunks keep them apart.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Value<'h> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(Truth),
    /// 64 bits, signed.
    Int(i64),
    /// 64 bits.
    Float(Float),
    /// Bytes with a context.
    Text(Text<'h>),
    /// An absolute path.
    Path(Path<'h>),
    /// A list.
    List(List<'h>),
    /// An attribute set.
    Attrs(Attrs<'h>),
    /// A function written in Nix.
    Lambda(&'h Closure<'h>),
    /// A function of ours.
    Builtin(BuiltinId),
    /// A function of ours that has some of its arguments.
    Partial(&'h Partial<'h>),
}

/// A Boolean.
///
/// Like [`Float`], kept in a whole machine word: when every payload of a [`Value`] is one, a value
/// is a pair of words that travels in registers, and its tag is written and read as one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Truth(u64);

/// A float, kept as its bits (see [`Truth`]).
#[derive(Clone, Copy, Debug)]
pub struct Float(u64);

impl Truth {
    /// As Rust's own.
    #[inline]
    pub fn get(self) -> bool {
        self.0 != 0
    }
}

impl Float {
    /// As Rust's own.
    #[inline]
    pub fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// What containers hold: a value, or a computation that becomes one.
#[derive(Clone, Copy, Debug)]
pub enum Slot<'h> {
    /// Known.
    Value(Value<'h>),
    /// To be forced, perhaps forced already.
    Thunk(&'h Thunk<'h>),
}

/// Index of a builtin in the table the session was made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BuiltinId(pub u64);

/// A function written in Nix and what it sees.
#[derive(Debug)]
pub struct Closure<'h> {
    lambda: &'h Lambda,
    env: Env<'h>,
}

impl<'h> Closure<'h> {
    /// A function made in an environment.
    #[inline]
    pub fn new(local: Local<'h>, lambda: &'h Lambda, env: Env<'h>) -> &'h Closure<'h> {
        env.capture();
        local.alloc(Closure { lambda, env })
    }

    /// Its code.
    #[inline]
    pub fn lambda(&self) -> &'h Lambda {
        self.lambda
    }

    /// Where it was made.
    #[inline]
    pub fn env(&self) -> Env<'h> {
        self.env
    }
}

/// A builtin that has some of its arguments.
#[derive(Debug)]
pub struct Partial<'h> {
    /// Which.
    pub builtin: BuiltinId,
    /// At least one, fewer than it takes.
    pub arguments: &'h [Slot<'h>],
}

const _: () = assert!(size_of::<Value<'static>>() == 16);
const _: () = assert!(size_of::<Slot<'static>>() == 16);
const _: () = assert!(size_of::<Result<Value<'static>, Error<'static>>>() == 16);
const _: () = assert!(size_of::<Thunk<'static>>() == 16);

impl<'h> Slot<'h> {
    /// The value if it is known already.
    #[inline]
    pub fn known(self) -> Option<Value<'h>> {
        match self {
            Slot::Value(value) => Some(value),
            Slot::Thunk(thunk) => thunk.done(),
        }
    }

    /// The same slot, one step shorter where the thunk is done and nobody can tell.
    ///
    /// Nix compares functions and NaN by identity inside containers, and prints a list that it has
    /// met in the same place before as repeated; their thunk is their identity, so they keep it.
    #[inline]
    #[must_use]
    pub fn shorten(self) -> Slot<'h> {
        match self {
            Slot::Value(_) => self,
            Slot::Thunk(thunk) => match thunk.done() {
                None
                | Some(
                    Value::Float(_)
                    | Value::List(_)
                    | Value::Lambda(_)
                    | Value::Builtin(_)
                    | Value::Partial(_),
                ) => self,
                Some(value) => Slot::Value(value),
            },
        }
    }

    /// Are both the same thing in memory? True only where Nix would say so too.
    pub fn identical(self, other: Slot<'h>) -> bool {
        match (self, other) {
            (Slot::Thunk(a), Slot::Thunk(b)) => std::ptr::eq(a, b),
            (Slot::Value(Value::Lambda(a)), Slot::Value(Value::Lambda(b))) => std::ptr::eq(a, b),
            (Slot::Value(Value::Partial(a)), Slot::Value(Value::Partial(b))) => std::ptr::eq(a, b),
            (Slot::Value(Value::Attrs(a)), Slot::Value(Value::Attrs(b))) => a.same_object(b),
            (Slot::Value(Value::List(a)), Slot::Value(Value::List(b))) => a.same_object(b),
            (Slot::Value(_) | Slot::Thunk(_), Slot::Value(_) | Slot::Thunk(_)) => false,
        }
    }
}

impl<'h> From<Value<'h>> for Slot<'h> {
    fn from(value: Value<'h>) -> Self {
        Slot::Value(value)
    }
}

impl Value<'_> {
    /// A Boolean.
    #[inline]
    pub fn bool(bool: bool) -> Self {
        Value::Bool(Truth(u64::from(bool)))
    }

    /// A float.
    #[inline]
    pub fn float(float: f64) -> Self {
        Value::Float(Float(float.to_bits()))
    }

    /// What `builtins.typeOf` says.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Text(_) => "string",
            Value::Path(_) => "path",
            Value::List(_) => "list",
            Value::Attrs(_) => "set",
            Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_) => "lambda",
        }
    }

    /// The type with its article, as error messages say it ("a string").
    pub fn a_type(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Text(text) if text.context().is_empty() => "a string",
            Value::Text(_) => "a string with context",
            Value::Path(_) => "a path",
            Value::List(_) => "a list",
            Value::Attrs(_) => "a set",
            Value::Lambda(_) => "a function",
            Value::Builtin(_) => "a built-in function",
            Value::Partial(_) => "a partially applied built-in function",
        }
    }
}
