//! Tree → program.
//!
//! In comes the checked tree of one file; out come a [`Program`] and what is wrong with it:
//! undefined variables and attributes bound twice, for the whole file at once, before anything
//! runs. Lowering never fails; it leaves holes. It knows no values.

mod children;
mod expr;
mod ir;
pub mod packed;
mod place;
mod reach;
mod scope;
mod set;
mod strict;

pub use ir::{
    Assert, Binary, BinaryOp, Bindings, Call, Dynamic, Expr, Formal, Formals, HasAttr, Hint, If,
    Interpolation, Key, Lambda, Let, Operand, Param, Piece, Program, RecSet, Select, Set, Step,
    WithIn, WithName,
};
pub use packed::Deferred;
pub use place::{Place, place_of};
pub use reach::{Reach, reach};
pub use scope::Globals;
pub use strict::right_first;

use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::source::Name;
use crate::syntax;

/// What surrounds the text being lowered.
pub struct Surroundings<'a> {
    /// Names that every program sees.
    pub globals: &'a Globals,
    /// Names of the slots of an environment around the program (`scopedImport`), if there is one.
    pub scope: Option<&'a [Name]>,
    /// Where relative paths begin.
    pub directory: &'a Path,
    /// What `~` stands for.
    pub home: Option<&'a Path>,
}

/// A program and what is wrong with it. With errors among the diagnostics it must not be run.
pub struct Lowered {
    /// The program.
    pub program: Program,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Lowers a whole file or expression.
pub fn lower(tree: &syntax::Expr, surroundings: &Surroundings<'_>) -> Lowered {
    let mut lowerer = expr::Lowerer::new(surroundings);
    let body = lowerer.root(tree);
    Lowered { program: Program { body, span: tree.span }, diagnostics: lowerer.into_diagnostics() }
}
