//! repx evaluates RepX labs.
pub mod builtins;
pub mod store;
pub mod syntax;
pub mod value;
pub mod world;
