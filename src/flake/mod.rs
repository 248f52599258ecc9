//! Flakes: what `flake.nix` and `flake.lock` say, and the sources they speak of.
//!
//! In comes a reference to a flake; out come its outputs as a value. Inputs are taken from the
//! store, from directories and from Git checkouts of this machine; nothing is downloaded, built
//! or written. The room stands above the builtins because one of them (`getFlake`) needs it; it
//! knows nothing of labs.
//!
//! | file | what it does |
//! |---|---|
//! | `reference/` | flake references: texts and attributes, as Nix reads and writes them |
//! | `literal.rs`, `manifest.rs` | what `flake.nix` says without being evaluated |
//! | `lock.rs`, `registry.rs` | `flake.lock`; names of flakes |
//! | `git/`, `tree.rs` | the files an input stands for, and their path in the store |
//! | `resolve.rs` | which flake each input is |
//! | `packages.rs` | the nixpkgs that a flake has locked |
//! | `substitutes.rs` | inputs in whose place another thing is put |
//! | `call.rs`, `outputs.rs` | the value of it all, and something in it |

mod call;
mod git;
mod literal;
mod lock;
mod manifest;
pub mod outputs;
mod packages;
pub mod reference;
mod registry;
mod resolve;
mod substitutes;
mod tree;

pub use call::{COUNT_REVISIONS, FETCH_INPUT, Flake, attributes_value, call, placed};
pub use git::{
    Commit, GitError, RevisionError, Snapshot, checkout_root, count_revisions, head_commit,
    revision,
};
pub use packages::{LockedPackages, locked_packages};
pub use substitutes::{Known, Substitutes, upstream_library};
