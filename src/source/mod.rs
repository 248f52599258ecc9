//! Files and places in them.
//!
//! In come paths and texts; out go [`Span`]s, and for each of them the file, line and column.
//! All files of one session share *one* space of offsets, so a span is two `u32` and still says
//! which file it lies in, and one diagnostic can label several files. The room knows nothing of
//! Nix; it doesn't read the disk either (`world` does).

mod code;
mod map;
mod name;
mod nix_place;
mod path;
mod span;
mod stray;

pub use code::{Excerpt, printable};
pub use map::{Location, ReadAgain, SourceFile, SourceFull, SourceMap};
pub use name::{Name, NameCell, NameMap};
pub use nix_place::NixPlace;
pub use path::canonical_path;
pub use span::Span;
pub use stray::{bytes_of_text, seen, text_of_bytes};
