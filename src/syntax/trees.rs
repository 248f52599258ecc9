//! Trees that several parts of an analysis look at: each text is read once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Parsed, parse};
use crate::source::SourceFile;

/// Trees by where their files begin, in one space of offsets. As all that handles trees, whoever drops
/// it has a [large stack](parse).
#[derive(Default, Debug)]
pub struct Trees {
    read: Mutex<HashMap<u32, Arc<Parsed>>>,
}

impl Trees {
    /// The tree of a file, which is read unless it has been.
    pub fn of(&self, file: &SourceFile) -> Arc<Parsed> {
        if let Some(known) = self.read().get(&file.start()) {
            return Arc::clone(known);
        }
        // Not while others wait: two may read the same text, and the first is it.
        let parsed = Arc::new(parse(file));
        Arc::clone(self.read().entry(file.start()).or_insert(parsed))
    }

    /// Makes the tree of a file known.
    pub fn put(&self, file: &SourceFile, parsed: Arc<Parsed>) {
        self.read().insert(file.start(), parsed);
    }

    fn read(&self) -> MutexGuard<'_, HashMap<u32, Arc<Parsed>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
