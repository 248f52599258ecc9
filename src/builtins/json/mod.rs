//! JSON: text → parts of a document ([`parse`]), strings → text ([`write_string`]).
//!
//! Bytes come in, events for a [`Sink`](super::sink::Sink) go out; values are not known
//! here. What is accepted, and the words of every refusal, are those of Nix, which uses the
//! nlohmann library: the messages even say what that library's scanner had read last.

mod lexer;
mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use parse::parse;
pub use write::{InvalidUtf8, write_string};

use super::sink::NullByte;

/// Why `fromJSON` refuses a text; `Display` is the text of Nix's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// No JSON; Nix adds the trace "while decoding a JSON string" to this one alone.
    #[error("{0}")]
    Syntax(String),
    /// An integer from 2^63 to 2^64-1; larger ones become floats.
    #[error("unsigned json number {0} outside of Nix integer range")]
    Range(u64),
    /// A string or a key that holds `\u0000`.
    #[error(transparent)]
    NullByte(#[from] NullByte),
}
