//! repx evaluates `RepX` labs.
pub mod builtins;
pub mod store;
