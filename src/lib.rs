//! repx evaluates RepX labs.
pub mod store;
