//! The functions a Nix program can call.
//!
//! In come values already forced, out go values. The modules declared here hold the part
//! that needs no value at all: text in, text (or events) out. They must not know what a
//! `Value` is, so that each rule can be tested against what Nix prints, byte by byte.
//! Strings are byte strings throughout: Nix strings may hold anything but NUL.

mod context;
mod data;
mod derivation;
mod fetch;
mod files;
mod hash;
mod host;
pub mod json;
pub mod number;
mod paths;
mod reader;
pub mod regex;
mod replace;
mod search;
pub mod sink;
pub mod source;
mod strings;
mod support;
pub mod to_json;
pub mod to_xml;
pub mod toml;
pub mod version;
pub mod xml;
