//! NAR, the archive format whose bytes depend on nothing but a file tree's content: no times, no owners, entries
//! sorted. Source: "Nix Archive (NAR) Format" in Nix's manual; `src/libutil/archive.cc`.
//!
//! `write` turns a [`NarSource`] (the disk, a recording, memory) into bytes, `parse` reads them back.

mod parse;
mod write;

pub use parse::{NarParseError, NarTree, parse_nar};
pub use write::{
    Contents, NarError, NarNode, NarSource, nar_hash, single_entry_nar_hash, write_nar,
    write_single_entry_nar,
};

/// How many levels of directories an archive may have. Nix 2.34 refuses deeper ones with the same number; it
/// is also what keeps the recursion here off the stack's end.
pub const NAR_MAX_DEPTH: usize = 64;

/// The archive's first string.
const MAGIC: &[u8] = b"nix-archive-1";

/// Zeros that fill a string of this length up to a multiple of eight.
const fn padding(len: u64) -> usize {
    ((8 - len % 8) % 8) as usize
}

/// Whether an archive may have an entry of this name.
fn is_entry_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

#[cfg(test)]
mod tests;
