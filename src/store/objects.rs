//! Objects that evaluation has computed the paths of without writing them: copies of files, texts, and files
//! that lie outside the store under a name made of their content. A build takes them from here.

use super::context::{ContextElement, VirtualPath};
use super::path::StorePath;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// What lies at a store path that nobody has written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Object {
    /// A copy of a file tree of the machine.
    Tree {
        /// Where the original is.
        root: PathBuf,
        /// Of its entries, the ones that were copied; `None`: all.
        kept: Option<BTreeSet<PathBuf>>,
    },
    /// A copy of one file, addressed by its bytes alone.
    Flat(PathBuf),
    /// A directory that holds nothing but a copy of one entry.
    Entry {
        /// The entry's name.
        name: Vec<u8>,
        /// Where the original is.
        root: PathBuf,
    },
    /// A text that may refer to other objects (`builtins.toFile`).
    Text {
        /// Its bytes.
        contents: Vec<u8>,
        /// What it refers to.
        references: BTreeSet<StorePath>,
    },
}

/// Something that comes to be on this machine, outside the store, when a job needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostObject {
    /// A file.
    File {
        /// Its bytes.
        text: Vec<u8>,
        /// May it be executed?
        executable: bool,
        /// Where it lies below its path (`/bin/tool`); empty: the path is the file.
        destination: Vec<u8>,
        /// What its text refers to.
        context: BTreeSet<ContextElement>,
    },
    /// What a script leaves at its output path.
    Build {
        /// The script.
        script: Vec<u8>,
        /// Its environment.
        env: BTreeMap<Vec<u8>, Vec<u8>>,
        /// What script and environment refer to.
        context: BTreeSet<ContextElement>,
    },
}

/// The objects of one evaluation.
#[derive(Debug, Default)]
pub struct Objects {
    store: RwLock<HashMap<StorePath, Arc<Object>>>,
    host: RwLock<HashMap<VirtualPath, Arc<HostObject>>>,
}

impl Objects {
    /// None yet.
    pub fn new() -> Objects {
        Objects::default()
    }

    /// What lies at a store path, if it was made here.
    pub fn get(&self, path: &StorePath) -> Option<Arc<Object>> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.get(path).cloned()
    }

    /// Keeps an object. Paths name contents, so one that is there already is as good.
    pub fn add(&self, path: StorePath, object: Object) {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        store.entry(path).or_insert_with(|| Arc::new(object));
    }

    /// The store paths of all of them, in order.
    pub fn paths(&self) -> Vec<StorePath> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        let mut paths: Vec<StorePath> = store.keys().cloned().collect();
        paths.sort_unstable();
        paths
    }

    /// What lies at a path outside the store, if it was made here. The path is the one that was given out
    /// without what follows it.
    pub fn host(&self, path: &VirtualPath) -> Option<Arc<HostObject>> {
        let host = self.host.read().unwrap_or_else(PoisonError::into_inner);
        host.get(path).cloned()
    }

    /// All that lie outside the store, by their paths, in order.
    pub fn hosts(&self) -> Vec<(VirtualPath, Arc<HostObject>)> {
        let host = self.host.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = host.iter().map(|(path, o)| (path.clone(), Arc::clone(o))).collect();
        all.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        all
    }

    /// Keeps an object that lies outside the store.
    pub fn add_host(&self, path: VirtualPath, object: HostObject) {
        let mut host = self.host.write().unwrap_or_else(PoisonError::into_inner);
        host.entry(path).or_insert_with(|| Arc::new(object));
    }
}
