//! The store model.
