//! `flake.lock`: which version of each input is meant.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;

use super::manifest::InputPath;
use super::reference::{Attributes, FlakeRef, RefError, Scheme};

/// The versions of all inputs, and of their inputs, as a graph. The first node is the flake itself.
#[derive(Clone, Debug)]
pub(super) struct LockFile {
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// A flake or tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// Its inputs.
    pub inputs: BTreeMap<String, Edge>,
    /// Where it is to be had; the root's place is known to whoever reads the file.
    pub lock: Option<Lock>,
}

/// What an input is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Edge {
    /// A node of its own.
    Node(usize),
    /// The same as another, by its path from the root.
    Follows(InputPath),
}

/// A version.
#[derive(Clone, Debug)]
pub(super) struct Lock {
    /// Exactly this one.
    pub locked: FlakeRef,
    /// What `flake.nix` said when it was locked.
    pub original: FlakeRef,
    /// Only its files are wanted.
    pub plain: bool,
    /// For a relative path: the input it is relative to.
    pub parent: Option<InputPath>,
}

/// Why a lock file can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    /// It is no JSON.
    #[error("Could not parse '{0}': {1}")]
    Json(String, serde_json::Error),
    /// From the future, or from before there were flakes.
    #[error("lock file '{0}' has unsupported version {1}")]
    Version(String, u64),
    /// Something is missing.
    #[error("attribute '{0}' missing in lock file")]
    Missing(&'static str),
    /// A node is missing.
    #[error("lock file references missing node '{0}'")]
    NoNode(String),
    /// The flake would be its own input.
    #[error("lock file contains cycle to root node")]
    Cycle,
    /// An input could be anything.
    #[error(
        "Lock file contains unlocked input '{0}'. Use '--allow-dirty-locks' to accept this lock file."
    )]
    Unlocked(String),
    /// A reference is malformed.
    #[error(transparent)]
    Reference(#[from] RefError),
}

/// The root of every lock file.
pub(super) const ROOT: usize = 0;

impl LockFile {
    /// Nothing locked.
    pub(super) fn empty() -> LockFile {
        LockFile { nodes: vec![Node::default()] }
    }

    /// Reads a lock file of version 5 to 7.
    ///
    /// # Errors
    /// When it is malformed.
    pub(super) fn read(text: &str, path: &str) -> Result<LockFile, LockError> {
        let json: Json =
            serde_json::from_str(text).map_err(|error| LockError::Json(path.to_owned(), error))?;
        let version = json.get("version").and_then(Json::as_u64).unwrap_or(0);
        if !(5..=7).contains(&version) {
            return Err(LockError::Version(path.to_owned(), version));
        }
        let root = json.get("root").and_then(Json::as_str).ok_or(LockError::Missing("root"))?;
        let nodes = json.get("nodes").ok_or(LockError::Missing("nodes"))?;
        let mut reading = Reading {
            json: nodes,
            file: LockFile::empty(),
            known: HashMap::from([(root.to_owned(), ROOT)]),
        };
        let mut open = vec![(ROOT, root.to_owned())];
        while let Some((at, key)) = open.pop() {
            reading.inputs(at, &key, &mut open)?;
        }
        Ok(reading.file)
    }

    /// A node.
    pub(super) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// Adds a node.
    pub(super) fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Sets an input of a node.
    pub(super) fn set_input(&mut self, at: usize, name: &str, edge: Edge) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.inputs.insert(name.to_owned(), edge);
        }
    }

    /// The node at a path, following what follows; `None` if there is none, or it follows itself.
    pub(super) fn find(&self, path: &[String]) -> Option<usize> {
        self.find_within(path, self.nodes.len() + 1)
    }

    fn find_within(&self, path: &[String], steps: usize) -> Option<usize> {
        let mut at = ROOT;
        for name in path {
            at = match self.node(at)?.inputs.get(name)? {
                Edge::Node(node) => *node,
                Edge::Follows(path) => self.find_within(path, steps.checked_sub(1)?)?,
            };
        }
        Some(at)
    }
}

struct Reading<'a> {
    json: &'a Json,
    file: LockFile,
    known: HashMap<String, usize>,
}

impl Reading<'_> {
    /// Reads the inputs of a node; nodes met for the first time are left open.
    fn inputs(
        &mut self,
        at: usize,
        key: &str,
        open: &mut Vec<(usize, String)>,
    ) -> Result<(), LockError> {
        let node = self.json.get(key).ok_or_else(|| LockError::NoNode(key.to_owned()))?;
        let Some(inputs) = node.get("inputs").and_then(Json::as_object) else {
            return Ok(());
        };
        for (name, input) in inputs {
            let edge = match input {
                Json::Array(parts) => Edge::Follows(texts(parts)),
                other => {
                    let key = other.as_str().ok_or(LockError::Missing("inputs"))?;
                    Edge::Node(self.node(key, open)?)
                }
            };
            self.file.set_input(at, name, edge);
        }
        Ok(())
    }

    fn node(&mut self, key: &str, open: &mut Vec<(usize, String)>) -> Result<usize, LockError> {
        match self.known.get(key) {
            Some(&ROOT) => Err(LockError::Cycle),
            Some(at) => Ok(*at),
            None => {
                let json = self.json.get(key).ok_or_else(|| LockError::NoNode(key.to_owned()))?;
                let node = Node { inputs: BTreeMap::new(), lock: Some(read_lock(json)?) };
                let at = self.file.add(node);
                self.known.insert(key.to_owned(), at);
                open.push((at, key.to_owned()));
                Ok(at)
            }
        }
    }
}

fn texts(parts: &[Json]) -> Vec<String> {
    parts.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn read_lock(json: &Json) -> Result<Lock, LockError> {
    let reference = |name: &'static str, more: Option<&Json>| {
        let mut attributes =
            Attributes::from_json(json.get(name).ok_or(LockError::Missing(name))?)?;
        if let Some(more) = more {
            // Version 5 kept what was found out apart from where it was found.
            for (name, value) in Attributes::from_json(more)?.iter() {
                attributes.set(name, value.clone());
            }
        }
        Ok::<_, LockError>(FlakeRef::from_attributes(attributes)?)
    };
    let locked = reference("locked", json.get("info"))?;
    if !is_locked(&locked) && locked.relative_path().is_none() && locked.text("narHash").is_none() {
        return Err(LockError::Unlocked(locked.attributes.to_json()));
    }
    Ok(Lock {
        locked,
        original: reference("original", None)?,
        plain: json.get("flake").and_then(Json::as_bool) == Some(false),
        parent: json.get("parent").and_then(Json::as_array).map(|parts| texts(parts)),
    })
}

/// Does it always stand for the same files?
pub(super) fn is_locked(reference: &FlakeRef) -> bool {
    let has = |name| reference.text(name).is_some();
    match reference.scheme {
        None | Some(Scheme::Indirect) => false,
        Some(Scheme::Path | Scheme::File | Scheme::Tarball) => has("narHash"),
        Some(
            Scheme::Git | Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut | Scheme::Mercurial,
        ) => has("rev"),
    }
}
