//! repx evaluates `RepX` labs.
pub mod builtins;
pub mod diagnostic;
pub mod eval;
pub mod lower;
pub mod source;
pub mod store;
pub mod syntax;
pub mod value;
pub mod world;
