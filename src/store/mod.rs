//! The store model: what Nix's store is made of, as plain data and pure functions.
//!
//! *Comes in:* bytes, names, file trees handed over through [`NarSource`], derivations being built up.
//! *Goes out:* hashes, store paths, NARs, `.drv` texts, and the [`ElementId`]s that strings carry as context.
//! *Must not know:* any value of the evaluator, the disk, the store's daemon. It starts no process and reads no
//! file, so evaluating needs no store: paths are computed here and registered only when something is built.
//!
//! Read in this order: [`base32`] and `hash` (texts of digests), `path` (what a store path is) and `make_path`
//! (how it is computed), `nar` (a file tree as bytes), `derivation` (a build as bytes), `context` (what a string
//! depends on). Everything agrees with Nix byte for byte; each file names the part of Nix it follows.

pub mod base32;
mod context;
mod derivation;
mod hash;
mod make_path;
mod nar;
mod objects;
mod path;

pub use context::{ContextElement, ContextError, ContextPath, ElementId, VirtualPath};
pub use derivation::{
    Derivation, DerivationError, DerivationOutput, Derivations, ModuloHash, ParseError,
};
pub use hash::{Hash, HashAlgo, HashError, HashFormat, Hasher, compress_hash};
pub use make_path::{IngestMethod, hash_placeholder, output_path_name};
pub use nar::{
    Contents, NAR_MAX_DEPTH, NarError, NarNode, NarParseError, NarSource, NarTree, nar_hash,
    parse_nar, single_entry_nar_hash, write_nar, write_single_entry_nar,
};
pub use objects::{HostObject, Object, Objects};
pub use path::{NameError, StoreDir, StorePath, StorePathError, check_name};
