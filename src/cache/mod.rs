//! What is kept on disk between processes, so that they needn't do again what has been done.
//!
//! In come questions of a session, and of whoever would start one; out go answers that are exactly
//! what the session would have found out itself, or nothing. A cache may be deleted, damaged, of another version, on a full
//! disk, or in use by other processes: then it answers less, and says nothing about it. The room
//! knows no values: it has sessions look at them; the sessions that use it don't know it.
//!
//! | file | what is kept |
//! |---|---|
//! | `lowered.rs`, `segment.rs` | files, read and lowered, by their text |
//! | `packages.rs` | values of package sets |
//! | `evaluations.rs` | results, with all that the machine was asked for them |

mod evaluations;
mod files;
mod lowered;
mod packages;
mod segment;

pub use evaluations::{EvaluationKey, Evaluations, LARGEST, Lookup, State};
pub use lowered::LoweredFiles;
pub use packages::{Learned, PackageUses, Packages};

/// A hash that tells apart how the bytes are divided into parts.
fn hash_of<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher
}
