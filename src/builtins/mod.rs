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
mod context;
mod control;
mod data;
mod derivation;
mod download;
mod eager;
mod fetch;
mod fetch_tree;
mod files;
mod flake;
pub mod globals;
mod hash;
mod host;
pub mod json;
pub mod kept;
mod lists;
mod paths;
mod reader;
pub mod records;
pub mod regex;
mod replace;
mod search;
pub mod sink;
mod sort;
pub mod source;
mod strings;
mod support;
pub mod to_json;
pub mod to_xml;
pub mod toml;
mod types;
pub mod version;
pub mod xml;

#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;

use crate::eval::{Builtin, Eager};
pub use derivation::Script;
pub use support::made;

/// All families. `BuiltinId` is an index into their rows in this order.
const FAMILIES: &[&[Builtin]] = &[
    arithmetic::ROWS,
    attrsets::ROWS,
    closure::ROWS,
    constants::ROWS,
    context::ROWS,
    control::ROWS,
    data::ROWS,
    derivation::ROWS,
    fetch::ROWS,
    files::ROWS,
    flake::ROWS,
    hash::ROWS,
    lists::ROWS,
    search::ROWS,
    sort::ROWS,
    source::ROWS,
    strings::ROWS,
    types::ROWS,
];

/// Families that no program can name: they follow the others in the table.
const HIDDEN: &[&[Builtin]] =
    &[host::PRIMITIVES, records::PRIMITIVES, derivation::IMPORTED, flake::HELPERS, kept::ROWS];

/// The builtins that a session is made with.
pub fn table() -> Vec<Builtin> {
    [FAMILIES, HIDDEN].concat().concat()
}

/// What the builtins of [`table`] evaluate before anything else.
pub fn eager() -> Vec<&'static [Eager]> {
    table().iter().map(|row| eager::of(row.name)).collect()
}

/// The members of `builtins` that are documented, in the order of their families.
pub fn documented() -> impl Iterator<Item = &'static Builtin> {
    FAMILIES.iter().flat_map(|rows| rows.iter())
}

/// How many rows of [`table`] are members of `builtins`: the first so many.
fn visible() -> usize {
    FAMILIES.iter().map(|rows| rows.len()).sum()
}
