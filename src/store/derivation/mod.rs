//! Derivations: one build each, written as an `ATerm` (`.drv`), named by the hash of that text.
//!
//! A derivation is put together by the evaluator with its outputs [`DerivationOutput::Deferred`], then
//! [`Derivation::fill_output_paths`] computes where they go, and [`Derivation::path`] where the `.drv` itself
//! goes. `write` and `parse` are its text, `modulo` is the hash its output paths come from.
//!
//! Left out, with an error that says so: content-addressed derivations without a fixed hash, impure ones, and
//! dynamic ones (an input that is itself an output). They are experimental in Nix, and their output paths
//! aren't known before the build.
//! Source: `src/libstore/derivations.cc`, "Store Derivation" in Nix's manual.

mod known;
mod modulo;
#[cfg(test)]
mod observed;
mod parse;
mod write;

use super::hash::{Hash, HashAlgo};
use super::make_path::IngestMethod;
use super::path::{StoreDir, StorePath, StorePathError};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

pub use known::Derivations;
pub use modulo::ModuloHash;
pub use parse::ParseError;

/// A build. Texts that come from Nix strings are bytes, since such a string need not be UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// The name, without `.drv`. It isn't in the `ATerm` but in the path.
    pub name: String,
    /// What is built, by name.
    pub outputs: BTreeMap<String, DerivationOutput>,
    /// Other builds whose outputs are needed, and which of them.
    pub input_drvs: BTreeMap<StorePath, BTreeSet<String>>,
    /// Store objects that are needed as they are.
    pub input_srcs: BTreeSet<StorePath>,
    /// The system to build on (`system`). Nix writes it without escapes, so a quote in it gives a text that
    /// can't be read back.
    pub platform: Vec<u8>,
    /// The program that builds.
    pub builder: Vec<u8>,
    /// Its arguments.
    pub args: Vec<Vec<u8>>,
    /// Its environment.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Where an output goes, or what decides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DerivationOutput {
    /// To a path computed from the derivation's inputs, by [`Derivation::fill_output_paths`].
    InputAddressed(StorePath),
    /// To a path computed from the content, which is known beforehand (`outputHash`).
    Fixed {
        /// How the content becomes a hash.
        method: IngestMethod,
        /// The hash.
        hash: Hash,
    },
    /// Not yet known.
    Deferred,
}

/// Why a derivation can't be written, hashed or filled in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerivationError {
    /// A name gives no store path.
    #[error(transparent)]
    StorePath(#[from] StorePathError),
    /// Nothing is built.
    #[error("must have at least one output")]
    NoOutputs,
    /// Fixed and other outputs.
    #[error("can't mix derivation output types")]
    MixedOutputs,
    /// Several fixed outputs.
    #[error("only one fixed output is allowed for now")]
    SeveralFixedOutputs,
    /// A fixed output of another name.
    #[error("single fixed output must be named \"out\"")]
    FixedOutputName,
    /// The hash of an input derivation is unknown to the caller's lookup.
    #[error("the derivation '{0}', an input of derivation '{1}', is not known")]
    UnknownInput(StorePath, String),
    /// An input derivation has no such output.
    #[error("no hash for output '{output}' of derivation '{name}'")]
    UnknownInputOutput {
        /// The output asked for.
        output: String,
        /// The derivation that asks.
        name: String,
    },
    /// The outputs haven't been filled in.
    #[error("the output '{output}' of derivation '{name}' has no path yet")]
    Unfilled {
        /// The first such output.
        output: String,
        /// The derivation.
        name: String,
    },
    /// An output stands at a path that doesn't follow from the inputs.
    #[error("derivation has incorrect output '{found}', should be '{expected}'")]
    IncorrectOutput {
        /// The path it has.
        found: String,
        /// The path that follows.
        expected: String,
    },
}

/// Which of two kinds the outputs are of; no derivation mixes them.
enum OutputKind {
    /// All are `InputAddressed` or `Deferred`.
    FromInputs,
    /// The only one, `out`, is fixed.
    Fixed { method: IngestMethod, hash: Hash },
}

impl Derivation {
    /// An output's path; `None` if there is no such output or it isn't filled in.
    pub fn output_path(
        &self,
        dir: &StoreDir,
        output: &str,
    ) -> Result<Option<StorePath>, StorePathError> {
        match self.outputs.get(output) {
            Some(DerivationOutput::InputAddressed(path)) => Ok(Some(path.clone())),
            Some(DerivationOutput::Fixed { method, hash }) => {
                self.fixed_path(dir, output, *method, hash).map(Some)
            }
            Some(DerivationOutput::Deferred) | None => Ok(None),
        }
    }

    /// The derivation's own path: a text object that refers to everything it needs.
    pub fn path(&self, dir: &StoreDir) -> Result<StorePath, DerivationError> {
        self.path_of_text(dir, &self.to_aterm(dir)?)
    }

    /// As [`Derivation::path`], for callers that have the text already.
    pub fn path_of_text(&self, dir: &StoreDir, aterm: &[u8]) -> Result<StorePath, DerivationError> {
        self.path_of_hash(dir, &Hash::digest(HashAlgo::Sha256, aterm))
    }

    /// As [`Derivation::path`], for callers that have the text's sha256 already.
    fn path_of_hash(&self, dir: &StoreDir, aterm: &Hash) -> Result<StorePath, DerivationError> {
        let mut references: Vec<_> = self.input_drvs.keys().chain(&self.input_srcs).collect();
        references.sort();
        references.dedup();
        Ok(dir.make_text_path_of(&format!("{}.drv", self.name), aterm, references)?)
    }

    /// The path of an output whose content is known beforehand.
    fn fixed_path(
        &self,
        dir: &StoreDir,
        output: &str,
        method: IngestMethod,
        hash: &Hash,
    ) -> Result<StorePath, StorePathError> {
        let name = super::make_path::output_path_name(&self.name, output);
        dir.make_fixed_output_path(method, hash, &name, &BTreeSet::new(), false)
    }

    /// Checks that the outputs go together.
    fn output_kind(&self) -> Result<OutputKind, DerivationError> {
        let mut fixed = self.outputs.iter().filter_map(|(name, output)| match output {
            DerivationOutput::Fixed { method, hash } => Some((name, *method, *hash)),
            DerivationOutput::InputAddressed(_) | DerivationOutput::Deferred => None,
        });
        match (fixed.next(), fixed.count() + 1, self.outputs.len()) {
            (_, _, 0) => Err(DerivationError::NoOutputs),
            (None, _, _) => Ok(OutputKind::FromInputs),
            (Some(_), count, len) if count != len => Err(DerivationError::MixedOutputs),
            (Some(_), _, 2..) => Err(DerivationError::SeveralFixedOutputs),
            (Some((name, method, hash)), _, _) if name == "out" => {
                Ok(OutputKind::Fixed { method, hash })
            }
            (Some(_), _, _) => Err(DerivationError::FixedOutputName),
        }
    }
}

#[cfg(test)]
mod tests;
