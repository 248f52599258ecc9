//! The derivations that an evaluation has made, and the hashes that stand for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashMap;

use super::{Derivation, DerivationError, ModuloHash};
use crate::store::path::{StoreDir, StorePath};

/// Derivations by their paths. Nothing is written to a store: whoever builds takes them from here.
#[derive(Debug, Default)]
pub struct Derivations {
    known: RwLock<HashMap<StorePath, Known>>,
    /// More was asked of one than what stands for it.
    wanting: AtomicBool,
}

/// A derivation, unless it was made by another evaluation, and what stands for it in the hashes of
/// those that need it.
#[derive(Debug)]
struct Known {
    derivation: Option<Arc<Derivation>>,
    modulo: ModuloHash,
}

impl Derivations {
    /// None yet.
    pub fn new() -> Derivations {
        Derivations::default()
    }

    /// The derivation at a path.
    pub fn get(&self, path: &StorePath) -> Option<Arc<Derivation>> {
        let derivation = self.look(path, |known| known.derivation.clone())?;
        if derivation.is_none() {
            self.wanting.store(true, Ordering::Relaxed);
        }
        derivation
    }

    /// Makes known what stands for a derivation that another evaluation has made.
    pub fn keep_modulo(&self, path: StorePath, modulo: ModuloHash) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(path).or_insert(Known { derivation: None, modulo });
    }

    /// Was a derivation asked for of which only that is known?
    pub fn was_wanting(&self) -> bool {
        self.wanting.load(Ordering::Relaxed)
    }

    /// What stands for a derivation in the hashes of those that need it.
    pub fn modulo(&self, path: &StorePath) -> Option<ModuloHash> {
        self.look(path, |known| known.modulo.clone())
    }

    /// Is it known?
    pub fn has(&self, path: &StorePath) -> bool {
        self.look(path, |_| ()).is_some()
    }

    /// Computes where the outputs and the derivation itself go, and keeps it.
    ///
    /// # Errors
    /// As [`Derivation::fill_output_paths`]; all input derivations must be known.
    pub fn add(
        &self,
        dir: &StoreDir,
        mut derivation: Derivation,
    ) -> Result<(StorePath, Arc<Derivation>), DerivationError> {
        let (path, modulo) = derivation.complete(dir, |input| self.modulo(input))?;
        let derivation = self.insert(path.clone(), derivation, modulo);
        Ok((path, derivation))
    }

    /// Keeps a complete derivation that was read from its file.
    ///
    /// # Errors
    /// As [`Derivation::hash_modulo`]; all input derivations must be known.
    pub fn keep(
        &self,
        dir: &StoreDir,
        path: StorePath,
        derivation: Derivation,
    ) -> Result<Arc<Derivation>, DerivationError> {
        let modulo = derivation.hash_modulo(dir, |input| self.modulo(input))?;
        Ok(self.insert(path, derivation, modulo))
    }

    fn insert(
        &self,
        path: StorePath,
        derivation: Derivation,
        modulo: ModuloHash,
    ) -> Arc<Derivation> {
        let derivation = Arc::new(derivation);
        let known = Known { derivation: Some(Arc::clone(&derivation)), modulo };
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(path, known);
        derivation
    }

    /// The paths of all of them, in order.
    pub fn paths(&self) -> Vec<StorePath> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut paths: Vec<StorePath> = known.keys().cloned().collect();
        paths.sort_unstable();
        paths
    }

    /// Those of these paths that derivations make, with the derivation and the output.
    pub fn makers(
        &self,
        dir: &StoreDir,
        wanted: &BTreeSet<StorePath>,
    ) -> BTreeMap<StorePath, (StorePath, String)> {
        let mut makers = BTreeMap::new();
        for drv in self.paths() {
            let Some(derivation) = self.get(&drv) else { continue };
            for output in derivation.outputs.keys() {
                if let Ok(Some(path)) = derivation.output_path(dir, output)
                    && wanted.contains(&path)
                {
                    makers.insert(path, (drv.clone(), output.clone()));
                }
            }
        }
        makers
    }

    fn look<R>(&self, path: &StorePath, at: impl FnOnce(&Known) -> R) -> Option<R> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(path).map(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DerivationOutput;

    fn derivation(name: &str, inputs: &[&StorePath]) -> Derivation {
        let outputs = BTreeMap::from([("out".to_owned(), DerivationOutput::Deferred)]);
        let inputs = inputs.iter().map(|path| {
            let outputs = BTreeSet::from(["out".to_owned()]);
            ((*path).clone(), outputs)
        });
        Derivation {
            name: name.to_owned(),
            outputs,
            input_drvs: inputs.collect(),
            input_srcs: BTreeSet::new(),
            platform: b"s".to_vec(),
            builder: b"/b".to_vec(),
            args: Vec::new(),
            env: BTreeMap::new(),
        }
    }

    #[test]
    fn an_unknown_input_is_an_error() {
        let (dir, known) = (StoreDir::default(), Derivations::new());
        let stranger = StorePath::from_parts([1; 20], "x.drv").unwrap();
        let refused = known.add(&dir, derivation("a", &[&stranger]));
        assert!(matches!(refused, Err(DerivationError::UnknownInput(path, _)) if path == stranger));
    }
}
