//! Text → checked tree.
//!
//! In comes a [`SourceFile`]; out come an [`Expr`] and what is wrong with the text. The tree is
//! complete even when the text is not: unreadable places are holes. This is the only room that
//! sees rnix and rowan, whose nodes can't cross threads and don't outlive a parse.

pub mod tree;

pub use tree::{AttrName, BinaryOp, Binding, Expr, ExprKind, Formal, Param, Part, UnaryOp};
