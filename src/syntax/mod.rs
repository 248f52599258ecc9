//! Text → checked tree.
//!
//! In comes a [`SourceFile`](crate::source::SourceFile); out come an [`Expr`] and what is wrong
//! with the text. The tree is complete even when the text is not: unreadable places are holes.
//! The room knows the grammar of Nix and nothing of meaning: names, duplicate attributes and
//! values are the business of the rooms below.
//!
//! | file | what it does |
//! |---|---|
//! | `lex.rs`, `token.rs` | text → tokens, by the rules of Nix's own lexer |
//! | `parse.rs` | the entry, the cursor over tokens, how errors are reported and outlived |
//! | `expr.rs` | expressions: operators, application, selection |
//! | `bindings.rs`, `lambda.rs` | sets and `let`; functions and their formals |
//! | `print.rs`, `literal.rs` | the tree as Nix prints it |
//! | `pieces.rs` | a text word by word, with its comments |
//! | `trees.rs` | trees that are looked at more than once |
//! | `strings.rs` | both kinds of string, paths; escapes and indentation |
//!
//! Why not rnix: it is made for editors and takes a superset of a subset of the language. It
//! refuses `6/(3)` and `1 + !a`, accepts `(1 ]` and `[ x: x ]` without a word, and gives up 512
//! levels down. Here the text goes straight from tokens to our tree, by Nix's own rules.

mod bindings;
mod expr;
pub mod find;
mod lambda;
mod lex;
pub mod literal;
mod parse;
mod pieces;
pub mod print;
mod strings;
mod token;
pub mod tree;
mod trees;

#[cfg(test)]
mod tests;

pub use parse::{MAX_DEPTH, Parsed, parse};
pub use pieces::{Piece, PieceKind, pieces};
pub use strings::{Traced, traced};
pub use tree::{AttrName, BinaryOp, Binding, Expr, ExprKind, Formal, Param, Part, UnaryOp};
pub use trees::Trees;
