//! repx evaluates RepX labs.

pub mod diagnostic;
pub mod source;
pub mod store;
pub mod syntax;
