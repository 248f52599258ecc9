//! The hash of a derivation "modulo fixed outputs", which its output paths come from.
//!
//! Were output paths computed from the `.drv` text itself, then changing the URL of a download would move
//! everything built from it, though its content is the same. So a fixed-output derivation counts by its content
//! alone, and in every other derivation the paths of the inputs are replaced by *their* hashes modulo.
//! Source: E. Dolstra's thesis, section 5.4; `hashDerivationModulo` in `src/libstore/derivations.cc`.

use super::write::Disguise;
use super::{Derivation, DerivationError, DerivationOutput, OutputKind};
use crate::store::hash::{Hash, HashAlgo, Hasher};
use crate::store::path::{StoreDir, StorePath};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What stands for a derivation in the hashes of those that need it. Cheap to clone, meant to be kept by the
/// derivation's path: each is computed from those of the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuloHash {
    hash: Hash,
    /// The outputs there are; asking for another is an error.
    outputs: Arc<[String]>,
}

impl ModuloHash {
    /// What was kept of one: its hash, which is of SHA-256, and the names of the outputs.
    pub fn kept(hash: &[u8], outputs: Vec<String>) -> Option<ModuloHash> {
        Some(ModuloHash {
            hash: Hash::from_bytes(HashAlgo::Sha256, hash)?,
            outputs: outputs.into(),
        })
    }

    /// The hash.
    pub const fn hash(&self) -> &Hash {
        &self.hash
    }

    /// The names of the derivation's outputs, in ascending order.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }
}

/// The hashes modulo of the input derivations, in order and each once, and the outputs needed of each.
pub(super) type Inputs<'a> = Vec<(Hash, Cow<'a, BTreeSet<String>>)>;

impl Derivation {
    /// The hash that stands for this derivation in those that need it. `lookup` gives the same for the inputs;
    /// whoever calls keeps them, or computes them from the inputs' `.drv` files.
    pub fn hash_modulo(
        &self,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Option<ModuloHash>,
    ) -> Result<ModuloHash, DerivationError> {
        let hash = match self.output_kind()? {
            OutputKind::Fixed { method, hash } => {
                let path = dir.print(&self.fixed_path(dir, "out", method, &hash)?);
                let content = format!(
                    "fixed:out:{}{}:{}:{path}",
                    method.prefix(),
                    hash.algo(),
                    hash.base16()
                );
                Hash::digest(HashAlgo::Sha256, content.as_bytes())
            }
            OutputKind::FromInputs => {
                self.refuse_unfilled()?;
                self.hash_disguised(
                    dir,
                    false,
                    &modulo_inputs(&self.input_drvs, &self.name, lookup)?,
                )?
            }
        };
        Ok(ModuloHash { hash, outputs: self.outputs.keys().cloned().collect() })
    }

    /// Computes the paths of the outputs as [`Derivation::fill_output_paths`] does, and gives what
    /// [`Derivation::path`] and [`Derivation::hash_modulo`] are then: much of the work is the same.
    pub fn complete(
        &mut self,
        dir: &StoreDir,
        mut lookup: impl FnMut(&StorePath) -> Option<ModuloHash>,
    ) -> Result<(StorePath, ModuloHash), DerivationError> {
        if let OutputKind::Fixed { .. } = self.output_kind()? {
            self.fill_output_paths(dir, &mut lookup)?;
            return Ok((self.path(dir)?, self.hash_modulo(dir, lookup)?));
        }
        self.add_output_variables();
        let inputs = modulo_inputs(&self.input_drvs, &self.name, lookup)?;
        let hash = |head: &[u8], tail: &[u8]| {
            let mut hasher = Hasher::new(HashAlgo::Sha256);
            hasher.update(head);
            hasher.update(tail);
            hasher.finish()
        };
        let masked = self.masked_tail(dir)?;
        let disguise = Disguise { mask_outputs: true, inputs: &inputs };
        let modulo = hash(&self.head(dir, Some(&disguise))?, &masked.text);
        fill(dir, &self.name, &mut self.outputs, &mut self.env, &modulo)?;
        let tail = self.filled_tail(dir, &masked);
        let path = self.path_of_hash(dir, &hash(&self.head(dir, None)?, &tail))?;
        let disguise = Disguise { mask_outputs: false, inputs: &inputs };
        let modulo = hash(&self.head(dir, Some(&disguise))?, &tail);
        Ok((path, ModuloHash { hash: modulo, outputs: self.outputs.keys().cloned().collect() }))
    }

    /// Computes the paths of the outputs, and sets the variables named after them to these paths. An output
    /// that has a path already must have the right one.
    pub fn fill_output_paths(
        &mut self,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Option<ModuloHash>,
    ) -> Result<(), DerivationError> {
        match self.output_kind()? {
            OutputKind::Fixed { method, hash } => {
                let path = self.fixed_path(dir, "out", method, &hash)?;
                self.env.insert(b"out".to_vec(), dir.print(&path).into_bytes());
            }
            OutputKind::FromInputs => {
                self.add_output_variables();
                let inputs = modulo_inputs(&self.input_drvs, &self.name, lookup)?;
                let modulo = self.hash_disguised(dir, true, &inputs)?;
                fill(dir, &self.name, &mut self.outputs, &mut self.env, &modulo)?;
            }
        }
        Ok(())
    }

    /// The variables named after outputs are part of what is hashed, empty ones included: they must all be
    /// there before anything is.
    fn add_output_variables(&mut self) {
        for output in self.outputs.keys() {
            self.env.entry(output.clone().into_bytes()).or_default();
        }
    }

    /// Hashes the text in which the inputs are their hashes, and the outputs nothing if `mask_outputs`.
    fn hash_disguised(
        &self,
        dir: &StoreDir,
        mask_outputs: bool,
        inputs: &Inputs<'_>,
    ) -> Result<Hash, DerivationError> {
        let text = self.write_aterm(dir, Some(&Disguise { mask_outputs, inputs }))?;
        Ok(Hash::digest(HashAlgo::Sha256, &text))
    }

    /// The hash others see includes the output paths, so these must be there.
    fn refuse_unfilled(&self) -> Result<(), DerivationError> {
        let unfilled =
            self.outputs.iter().find(|(_, output)| matches!(output, DerivationOutput::Deferred));
        match unfilled {
            Some((output, _)) => {
                Err(DerivationError::Unfilled { output: output.clone(), name: self.name.clone() })
            }
            None => Ok(()),
        }
    }
}

/// Sets the paths that follow from a hash modulo in which there were none.
fn fill(
    dir: &StoreDir,
    derivation_name: &str,
    outputs: &mut BTreeMap<String, DerivationOutput>,
    env: &mut BTreeMap<Vec<u8>, Vec<u8>>,
    modulo: &Hash,
) -> Result<(), DerivationError> {
    for (name, output) in outputs {
        let path = dir.make_output_path(name, modulo, derivation_name)?;
        let printed = dir.print(&path);
        match output {
            DerivationOutput::InputAddressed(found) if *found != path => {
                let found = dir.print(found);
                return Err(DerivationError::IncorrectOutput { found, expected: printed });
            }
            DerivationOutput::InputAddressed(_) => {}
            DerivationOutput::Deferred => *output = DerivationOutput::InputAddressed(path),
            // Who calls has ruled this out.
            DerivationOutput::Fixed { .. } => return Err(DerivationError::MixedOutputs),
        }
        env.insert(name.clone().into_bytes(), printed.into_bytes());
    }
    Ok(())
}

/// What stands for the inputs.
fn modulo_inputs<'a>(
    input_drvs: &'a BTreeMap<StorePath, BTreeSet<String>>,
    name: &str,
    mut lookup: impl FnMut(&StorePath) -> Option<ModuloHash>,
) -> Result<Inputs<'a>, DerivationError> {
    let mut inputs = Inputs::with_capacity(input_drvs.len());
    for (path, outputs) in input_drvs {
        let modulo = lookup(path)
            .ok_or_else(|| DerivationError::UnknownInput(path.clone(), name.to_owned()))?;
        if let Some(output) = outputs.iter().find(|output| !modulo.outputs.contains(output)) {
            let (output, name) = (output.clone(), name.to_owned());
            return Err(DerivationError::UnknownInputOutput { output, name });
        }
        // Without outputs there is no entry at all, as in Nix.
        if !outputs.is_empty() {
            inputs.push((modulo.hash, Cow::Borrowed(outputs)));
        }
    }
    // All are of one algorithm, so their digits are in the order of their bytes.
    inputs.sort_by(|(one, _), (other, _)| one.bytes().cmp(other.bytes()));
    // Two inputs can have one hash (a download by two URLs): their outputs are merged.
    inputs.dedup_by(|(hash, outputs), (kept, merged)| {
        let same = hash == kept;
        if same {
            merged.to_mut().extend(outputs.iter().cloned());
        }
        same
    });
    Ok(inputs)
}
