//! The functions a Nix program can call.
//!
//! A builtin is a row (name, arguments, doc, function) in the table of its family's file. Its
//! function gets unforced slots and the place of the call, and forces what it needs. Rules about
//! text alone (JSON, XML, regexes, versions, numbers) stand in modules that don't know what a
//! `Value` is, so that each can be tested against what Nix prints, byte by byte. Strings are byte
//! strings throughout: Nix strings may hold anything but NUL.

mod arguments;
mod arithmetic;
mod attrsets;
mod closure;
mod constants;
mod control;
pub mod globals;
pub mod json;
mod lists;
pub mod number;
pub mod regex;
pub mod sink;
mod sort;
pub mod toml;
mod types;
pub mod version;
pub mod xml;

#[cfg(test)]
mod tests;

use crate::eval::Builtin;

/// All families. `BuiltinId` is an index into their rows in this order.
const FAMILIES: &[&[Builtin]] = &[
    arithmetic::ROWS,
    attrsets::ROWS,
    closure::ROWS,
    constants::ROWS,
    control::ROWS,
    lists::ROWS,
    sort::ROWS,
    types::ROWS,
];

/// The builtins that a session is made with.
pub fn table() -> Vec<Builtin> {
    FAMILIES.concat()
}
