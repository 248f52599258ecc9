//! repx evaluates `RepX` labs.

pub mod builtins;
pub mod cli;
pub mod diagnostic;
pub mod eval;
pub mod lab;
pub mod lower;
pub mod session;
pub mod source;
pub mod store;
pub mod sweep;
pub mod syntax;
pub mod value;
pub mod world;
