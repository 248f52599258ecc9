//! A program as bytes, and back: what the cache of lowered files keeps.
//!
//! In comes a [`Program`]; out come bytes that mean the same wherever the file's text lies in the
//! space of offsets and whatever ids its names have. Reading them back costs next to nothing: the
//! values of sets and the bodies of functions stay bytes until they are asked for
//! ([`Deferred`]), since most of what a file says is never evaluated.
//!
//! | file | what it does |
//! |---|---|
//! | `nodes.rs` | a row for each node of the tree |
//! | `write.rs` | bytes as they are made: numbers, names, places |
//! | `read.rs` | bytes as they are read; frames, which say what became of slots |
//! | `deferred.rs` | an expression that is still bytes |
//!
//! Slots are the one thing that can't be kept as it is. Names bound together are sorted by id, ids
//! differ from process to process, and a slot is a place in that order. So names are sorted anew
//! while they are read, and each slot is translated by the frame of the environment it lies in.
//!
//! Bytes that are no program give `None`, or a hole where they were deferred: never a panic. That
//! they are *the* program of a text is not checked here; who keeps them keeps a checksum.

mod deferred;
mod nodes;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use deferred::Deferred;

use std::path::Path;
use std::sync::Arc;

use super::{Globals, Program};
use crate::source::Span;
use read::{Blob, Reader};
use write::Writer;

/// What the bytes mean is settled by the sources of reading and lowering; this is their hash.
pub const FORMAT: &str = env!("REPX_LOWERING");

/// Expressions nested deeper than this are not kept: their files are read anew.
const MAX_DEPTH: u32 = 50_000;

/// A program as bytes. `file` is where the text it was lowered from lies, `directory` where its
/// relative paths began.
pub fn pack(program: &Program, file: Span, directory: &Path) -> Option<Vec<u8>> {
    let mut writer = Writer::new(file, directory.as_os_str().as_encoded_bytes());
    writer.program(program);
    writer.finish()
}

/// The program that bytes from [`pack`] stand for, in the same directory, its text lying at
/// `file`; `None` if they can't be read.
pub fn unpack(bytes: Vec<u8>, file: Span, directory: &Path) -> Option<Program> {
    let blob = Blob::open(bytes, file, directory.as_os_str().as_encoded_bytes())?;
    Reader::whole(&Arc::new(blob)).program()
}

/// What the bytes depend on beside the text and its directory.
pub fn surroundings(globals: &Globals, home: Option<&Path>) -> Vec<u8> {
    let mut all = FORMAT.as_bytes().to_vec();
    let home = home.map_or(&[][..], |home| home.as_os_str().as_encoded_bytes());
    let mut names: Vec<_> =
        globals.names().filter_map(|name| Some((globals.get(name)?, name))).collect();
    names.sort_unstable();
    let names = names.iter().map(|(_, name)| name.bytes());
    for part in std::iter::once(home).chain(names) {
        all.extend_from_slice(&(part.len() as u64).to_le_bytes());
        all.extend_from_slice(part);
    }
    all
}
