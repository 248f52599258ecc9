//! Who writes to the store, builds and downloads: never evaluation itself.

use super::World;
use crate::diagnostic::Diagnostic;
use crate::store::{Derivations, Objects, StoreDir, StorePath};

/// What an evaluation has made and not written: where a keeper finds what it is to write.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// The files that copies are made of.
    pub world: &'a dyn World,
    /// Copies and texts.
    pub objects: &'a Objects,
    /// Derivations.
    pub derivations: &'a Derivations,
}

/// Something that is to be in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted<'a> {
    /// An object that nobody here can make; perhaps another machine has it.
    Path(&'a StorePath),
    /// What a derivation builds.
    Output {
        /// The derivation.
        drv: &'a StorePath,
        /// The output's name.
        output: &'a str,
    },
}

/// What a fetcher is to be called with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fetch<'a> {
    /// Its name within `builtins`.
    pub fetcher: &'static str,
    /// Its argument, as JSON.
    pub argument: &'a str,
}

/// Writes to the store, builds and downloads.
pub trait Keeper: Sync {
    /// May evaluation have something built that it wants to read?
    fn may_build(&self) -> bool;

    /// Writes objects and all they refer to, as far as the store lacks them.
    ///
    /// # Errors
    /// When the store can't be written to, or something that is to be written has changed or
    /// was never made.
    fn register(&self, made: Made<'_>, roots: &[StorePath]) -> Result<(), KeeperError>;

    /// Sees to it that something can be read: what it is built from is registered first.
    ///
    /// # Errors
    /// As [`Keeper::register`], and when building fails.
    fn realise(&self, made: Made<'_>, wanted: Wanted<'_>) -> Result<(), KeeperError>;

    /// Calls a fetcher; gives what it gives as JSON, with the store path called `path`.
    ///
    /// # Errors
    /// When it fails, for instance because there is no network.
    fn fetch(&self, fetch: Fetch<'_>) -> Result<String, KeeperError>;

    /// What an object of the store refers to.
    ///
    /// # Errors
    /// When the store can't be asked.
    fn references(&self, path: &StorePath) -> Result<Vec<StorePath>, KeeperError>;

    /// Makes a link that keeps a derivation's file from being deleted.
    ///
    /// # Errors
    /// When the store or the link's directory can't be written to.
    fn add_root(&self, link: &std::path::Path, path: &StorePath) -> Result<(), KeeperError>;
}

/// Why a keeper didn't do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeeperError {
    /// Nix isn't there.
    #[error("`{program}` is not installed, and only Nix can {task}")]
    NoNix {
        /// The program looked for.
        program: String,
        /// What it was needed for.
        task: &'static str,
    },
    /// What is called Nix is repx.
    #[error("the `{program}` that was called to {task} is repx itself, under Nix's name")]
    Itself {
        /// The program called.
        program: String,
        /// What it was needed for.
        task: &'static str,
    },
    /// Nix is there and can't be started.
    #[error("`{program}` can't be started: {reason}")]
    NotStarted {
        /// The program.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// Paths are computed for another store than Nix has.
    #[error(
        "Nix keeps its store in '{theirs}', but paths are computed for '{}'",
        StoreDir::DEFAULT
    )]
    OtherStore {
        /// Where Nix keeps it.
        theirs: String,
    },
    /// The store's files are not where their paths say.
    #[error("the Nix store's files are in '{root}', where nothing can be run from")]
    Elsewhere {
        /// Its root.
        root: String,
    },
    /// Nobody may write to the store.
    #[error("the Nix store can't be written to: {reason}")]
    ReadOnly {
        /// What Nix says.
        reason: String,
    },
    /// Nix said no.
    #[error("Nix refuses to {task}: {reason}")]
    Refused {
        /// What was asked of it.
        task: String,
        /// What it says.
        reason: String,
    },
    /// Nix and we don't understand each other.
    #[error("`nix-store --serve` gives an answer that isn't understood: {0}")]
    Protocol(String),
    /// A file isn't what it was when it was hashed.
    #[error("'{original}' has changed since it was evaluated: it no longer is '{path}'")]
    Changed {
        /// The file.
        original: String,
        /// The store path it had.
        path: String,
    },
    /// A file can't be read any more.
    #[error("'{path}' can't be written to the store: {reason}")]
    Unreadable {
        /// The store path.
        path: String,
        /// Why.
        reason: String,
    },
    /// Something is needed that is not in the store and wasn't made here.
    #[error("path '{path}' is not in the store, and nothing here makes it")]
    Unknown {
        /// The store path.
        path: String,
    },
    /// A build ended in failure.
    #[error("building '{wanted}' failed: {reason}")]
    Failed {
        /// What was to be built.
        wanted: String,
        /// How it ended.
        reason: String,
        /// The last lines it wrote.
        log: Vec<String>,
    },
    /// What was built or downloaded has another hash than was said.
    #[error("hash mismatch in {what}: expected {expected}, but it is {found}")]
    HashMismatch {
        /// What has it.
        what: String,
        /// The hash it should have.
        expected: String,
        /// The hash it has.
        found: String,
    },
}

impl KeeperError {
    /// For people, without a place yet.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(self.code(), self.to_string()).maybe_help(self.help())
    }

    fn code(&self) -> &'static str {
        match self {
            KeeperError::NoNix { .. } => "repx::nix::missing",
            KeeperError::Itself { .. } => "repx::nix::itself",
            KeeperError::NotStarted { .. } => "repx::nix::not-started",
            KeeperError::OtherStore { .. } => "repx::nix::other-store",
            KeeperError::Elsewhere { .. } => "repx::nix::elsewhere",
            KeeperError::ReadOnly { .. } => "repx::nix::read-only",
            KeeperError::Refused { .. } => "repx::nix::refused",
            KeeperError::Protocol(_) => "repx::nix::protocol",
            KeeperError::Changed { .. } => "repx::nix::changed",
            KeeperError::Unreadable { .. } => "repx::nix::unreadable",
            KeeperError::Unknown { .. } => "repx::nix::unknown-path",
            KeeperError::Failed { .. } => "repx::nix::build-failed",
            KeeperError::HashMismatch { .. } => "repx::nix::hash-mismatch",
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            KeeperError::NoNix { .. } => Some(
                "install Nix, or set REPX_NIX to the directory that holds its programs".to_owned(),
            ),
            KeeperError::Itself { .. } => {
                Some("set REPX_NIX to the directory that holds Nix's own programs".to_owned())
            }
            KeeperError::OtherStore { .. } => {
                Some("unset NIX_STORE_DIR, or say where this store's files are with NIX_REMOTE=local?root=DIR".to_owned())
            }
            KeeperError::Elsewhere { .. } => {
                Some("unset NIX_REMOTE: programs need a store in /nix/store".to_owned())
            }
            KeeperError::ReadOnly { .. } => {
                Some("use an account that may write to the store, or start the Nix daemon".to_owned())
            }
            KeeperError::HashMismatch { found, .. } => {
                Some(format!("if the content is right, write {found} in its place"))
            }
            KeeperError::Failed { wanted, log, .. } if log.is_empty() => {
                Some(format!("it wrote nothing; `nix-store --realise '{wanted}'` tries again"))
            }
            KeeperError::Failed { log, .. } => {
                Some(format!("this is how its log ends:\n{}", log.join("\n")))
            }
            KeeperError::NotStarted { .. }
            | KeeperError::Refused { .. }
            | KeeperError::Protocol(_)
            | KeeperError::Changed { .. }
            | KeeperError::Unreadable { .. }
            | KeeperError::Unknown { .. } => None,
        }
    }
}
