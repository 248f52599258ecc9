//! Source trees: the files an input stands for, and where they would lie in the store.
//!
//! A tree is read from where it is. Its path in the store is computed from its files, noted among
//! the evaluation's objects, and used as if the files had been copied there: so paths print as
//! Nix prints them, and nothing is written.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::git::{self, GitError};
use super::lock::is_locked;
use super::reference::url::Url;
use super::reference::{FlakeRef, RefError, Scheme, nar_hash, revision};
use crate::source::SourceMap;
use crate::store::{
    Hash, HashFormat, IngestMethod, NarError, NarNode, NarSource, Object, Objects, StoreDir,
    StorePath, StorePathError, nar_hash as hash_tree,
};
use crate::world::{World, nar_node};

/// A tree that was found.
#[derive(Clone, Debug)]
pub(super) struct SourceTree {
    /// Its path in the store.
    pub path: StorePath,
    /// Where its files are.
    pub real: PathBuf,
    /// What is known about it.
    pub info: Info,
}

/// What `sourceInfo` tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Info {
    /// The hash of the files; unknown where it would have to be computed without need.
    pub nar_hash: Option<Hash>,
    /// The commit.
    pub rev: Option<String>,
    /// Commits up to that one.
    pub rev_count: RevCount,
    /// The commit that the files differ from.
    pub dirty_rev: Option<String>,
    /// Seconds since 1970.
    pub last_modified: Option<i64>,
    /// For Git: are submodules in it?
    pub submodules: Option<bool>,
}

/// How many commits lead to one.
#[derive(Clone, Debug, Default)]
pub(super) enum RevCount {
    /// Nobody says.
    #[default]
    Unknown,
    /// So many.
    Known(u64),
    /// To be counted in this repository when it is asked for.
    In(PathBuf),
}

/// Why a tree can't be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum TreeError {
    /// Nothing is there.
    #[error("path '{}' does not exist", .0.display())]
    Missing(PathBuf),
    /// Something can't be read.
    #[error("cannot read '{}': {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// It can't be archived.
    #[error("cannot archive '{}': {}", .0.display(), .1)]
    Archive(PathBuf, String),
    /// The repository can't be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The reference is malformed.
    #[error(transparent)]
    Reference(#[from] RefError),
    /// The store has no such paths.
    #[error(transparent)]
    Path(#[from] StorePathError),
    /// The files have changed since they were locked.
    #[error("NAR hash mismatch in input '{0}', expected '{1}' but got '{2}'")]
    Mismatch(String, String, String),
    /// A `path:` reference to nowhere in particular.
    #[error("cannot fetch input '{0}' because it uses a relative path")]
    Relative(String),
    /// The user said stop.
    #[error("interrupted")]
    Interrupted,
}

/// Trees by reference: each is looked for, and hashed, once.
pub(super) struct Trees<'a> {
    world: &'a dyn World,
    objects: &'a Objects,
    sources: &'a SourceMap,
    interrupt: &'a std::sync::atomic::AtomicBool,
    known: HashMap<String, Option<Rc<SourceTree>>>,
}

impl<'a> Trees<'a> {
    /// None yet. What is found is noted in `objects`, and in `sources` where it comes from.
    pub(super) fn new(
        world: &'a dyn World,
        objects: &'a Objects,
        sources: &'a SourceMap,
        interrupt: &'a std::sync::atomic::AtomicBool,
    ) -> Trees<'a> {
        Trees { world, objects, sources, interrupt, known: HashMap::new() }
    }

    /// The machine.
    pub(super) fn world(&self) -> &'a dyn World {
        self.world
    }

    /// The tree of a reference, if it is in the store or on this machine.
    ///
    /// # Errors
    /// When it is, but can't be read or is another than was locked.
    pub(super) fn get(
        &mut self,
        reference: &FlakeRef,
    ) -> Result<Option<Rc<SourceTree>>, TreeError> {
        let key = reference.attributes.to_json();
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let tree = self.find(reference)?.map(Rc::new);
        self.known.insert(key, tree.clone());
        Ok(tree)
    }

    fn find(&self, reference: &FlakeRef) -> Result<Option<SourceTree>, TreeError> {
        if let Some(tree) = self.in_store(reference)? {
            return Ok(Some(tree));
        }
        let tree = match reference.scheme {
            Some(Scheme::Path) => self.directory(reference)?,
            Some(Scheme::Git) => self.checkout(reference)?,
            Some(
                Scheme::File
                | Scheme::Tarball
                | Scheme::GitHub
                | Scheme::GitLab
                | Scheme::SourceHut
                | Scheme::Mercurial
                | Scheme::Indirect,
            )
            | None => None,
        };
        if let (Some(tree), Some(expected)) = (&tree, nar_hash(&reference.attributes)?)
            && let Some(got) = tree.info.nar_hash.filter(|got| *got != expected)
        {
            return Err(TreeError::Mismatch(
                reference.to_string(),
                expected.to_text(HashFormat::Sri),
                got.to_text(HashFormat::Sri),
            ));
        }
        Ok(tree)
    }

    /// What was locked, found by its hash.
    fn in_store(&self, reference: &FlakeRef) -> Result<Option<SourceTree>, TreeError> {
        let Some(hash) = nar_hash(&reference.attributes)?.filter(|_| is_locked(reference)) else {
            return Ok(None);
        };
        let name = reference.text("name").unwrap_or("source");
        let path = store_path(name, &hash)?;
        let shown = PathBuf::from(StoreDir::default().print(&path));
        if !matches!(self.world.kind(&shown), Ok(Some(_))) {
            return Ok(None);
        }
        let attributes = &reference.attributes;
        let rev_count = attributes.number("revCount")?.map_or(RevCount::Unknown, RevCount::Known);
        let git = reference.scheme == Some(Scheme::Git);
        let submodules = git.then(|| attributes.boolean("submodules").ok().flatten() == Some(true));
        let info = Info {
            nar_hash: Some(hash),
            rev: revision(attributes)?,
            rev_count,
            dirty_rev: reference.text("dirtyRev").map(str::to_owned),
            last_modified: attributes.number("lastModified")?.map(|time| time as i64),
            submodules,
        };
        Ok(Some(SourceTree { path, real: shown, info }))
    }

    /// A directory with all that is in it.
    fn directory(&self, reference: &FlakeRef) -> Result<Option<SourceTree>, TreeError> {
        let attributes = &reference.attributes;
        let path = attributes.needed("path")?;
        if !path.starts_with('/') {
            return Err(TreeError::Relative(reference.to_string()));
        }
        let canonical = crate::source::canonical_path(path.as_bytes());
        let real = PathBuf::from(std::ffi::OsStr::from_bytes(&canonical));
        let mut info = Info {
            rev: revision(attributes)?,
            rev_count: attributes.number("revCount")?.map_or(RevCount::Unknown, RevCount::Known),
            last_modified: attributes.number("lastModified")?.map(|time| time as i64),
            ..Info::default()
        };
        // A source that is in the store already is not copied once more.
        if let Some(text) = real.to_str()
            && let Ok(path) = StoreDir::default().parse(text)
            && path.name() == "source"
            && matches!(self.world.kind(&real), Ok(Some(_)))
        {
            info.last_modified.get_or_insert(0);
            info.nar_hash = Some(self.hash(&real, None)?.0);
            return Ok(Some(SourceTree { path, real, info }));
        }
        let (hash, newest) = self.hash(&real, None)?;
        info.nar_hash = Some(hash);
        info.last_modified.get_or_insert(newest);
        let path = store_path("source", &hash)?;
        self.note(&path, &real, None);
        Ok(Some(SourceTree { path, real, info }))
    }

    /// The tracked files of a checkout of this machine. A commit is taken from it only while it
    /// is the one that is checked out.
    fn checkout(&self, reference: &FlakeRef) -> Result<Option<SourceTree>, TreeError> {
        let attributes = &reference.attributes;
        let url = Url::parse(attributes.needed("url")?)?;
        if url.scheme != "file" {
            return Ok(None);
        }
        let root = PathBuf::from(url.file_path()?);
        let there = |path: &Path| matches!(self.world.kind(path), Ok(Some(_)));
        if !there(&root.join(".git")) {
            // A bare repository has commits, but no files.
            return Ok(None);
        }
        let submodules = attributes.boolean("submodules")? == Some(true);
        let state = git::checkout(&root, submodules, self.world)?;
        let at = state.head.as_ref().map(|head| head.rev.clone());
        let rev = revision(attributes)?;
        let branch = attributes.text("ref")?;
        // Which commit a branch is at matters only when no commit is named.
        let here = match (&rev, branch) {
            (Some(_), _) => rev == at,
            (None, Some(name)) => {
                state.branch.is_some_and(|own| own == name || own == format!("refs/heads/{name}"))
            }
            (None, None) => true,
        };
        let as_committed = rev.is_some() || branch.is_some();
        if !here || as_committed && state.dirty {
            return Ok(None);
        }
        let kept = with_parents(&root, &state.files);
        let (hash, _) = self.hash(&root, Some(&kept))?;
        let path = store_path("source", &hash)?;
        self.note(&path, &root, Some(kept));
        let shallow = attributes.boolean("shallow")? == Some(true);
        let mut info = Info {
            nar_hash: Some(hash),
            last_modified: Some(state.head.as_ref().map_or(0, |head| head.time)),
            submodules: Some(submodules),
            ..Info::default()
        };
        if state.dirty {
            info.dirty_rev = at;
        } else {
            info.rev_count = match &at {
                _ if shallow => RevCount::Unknown,
                Some(_) => RevCount::In(root.clone()),
                None => RevCount::Known(0),
            };
            // Before the first commit Nix says there is one of zeros.
            info.rev = Some(at.unwrap_or_else(|| "0".repeat(40)));
        }
        Ok(Some(SourceTree { path, real: root, info }))
    }

    fn note(&self, path: &StorePath, real: &Path, kept: Option<BTreeSet<PathBuf>>) {
        self.objects.add(path.clone(), Object::Tree { root: real.to_owned(), kept });
        self.sources.add_origin(Path::new(&StoreDir::default().print(path)), real);
    }

    /// The hash of a tree, and when anything in it was last modified.
    fn hash(
        &self,
        root: &Path,
        kept: Option<&BTreeSet<PathBuf>>,
    ) -> Result<(Hash, i64), TreeError> {
        let mut files = Files { world: self.world, kept, interrupt: self.interrupt, newest: 0 };
        let hash = hash_tree(&mut files, root).map_err(|error| match error {
            NarError::Source(error) => error,
            other => TreeError::Archive(root.to_owned(), other.to_string()),
        })?;
        Ok((hash, files.newest))
    }
}

pub(super) fn store_path(name: &str, hash: &Hash) -> Result<StorePath, StorePathError> {
    let none = BTreeSet::new();
    StoreDir::default().make_fixed_output_path(IngestMethod::Recursive, hash, name, &none, false)
}

/// Files with the directories they are in, as absolute paths.
fn with_parents(root: &Path, files: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let mut kept = BTreeSet::new();
    for file in files {
        let full = root.join(file);
        let mut parents = full.ancestors().skip(1).take_while(|parent| *parent != root);
        // A directory that is there already brought its parents along.
        while let Some(parent) = parents.next()
            && kept.insert(parent.to_owned())
        {}
        kept.insert(full);
    }
    kept
}

/// A tree of the machine, or some files of it.
struct Files<'a> {
    world: &'a dyn World,
    kept: Option<&'a BTreeSet<PathBuf>>,
    interrupt: &'a std::sync::atomic::AtomicBool,
    newest: i64,
}

impl NarSource for Files<'_> {
    type Error = TreeError;

    fn node(&mut self, path: &Path) -> Result<NarNode, TreeError> {
        if self.interrupt.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(TreeError::Interrupted);
        }
        let failed = |error| TreeError::Unreadable(path.to_owned(), error);
        let kind = self.world.kind(path).map_err(failed)?;
        let kind = kind.ok_or_else(|| TreeError::Missing(path.to_owned()))?;
        if self.kept.is_none() {
            self.newest = self.newest.max(self.world.modified(path).map_err(failed)?);
        }
        let node = nar_node(self.world, path, kind).map_err(failed)?;
        let unsupported = || "it has an unsupported type".to_owned();
        node.ok_or_else(|| TreeError::Archive(path.to_owned(), unsupported()))
    }

    fn keep(&mut self, path: &Path) -> Result<bool, TreeError> {
        Ok(self.kept.is_none_or(|kept| kept.contains(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flake::reference;
    use crate::world::Memory;
    use std::sync::atomic::AtomicBool;

    /// A source that was added to the store with Nix 2.8, and its path.
    const HASH: &str = "sha256-EMIj0FKeN9JTcNkCcvttjFIxZq4vth+66lgThZ9+Kck=";
    const PATH: &str = "/nix/store/952y8p1ff2dwla55lj03g6fk2qv9ccz3-source";

    fn get(machine: &Memory, text: &str) -> Result<Option<Rc<SourceTree>>, TreeError> {
        let (objects, sources) = (Objects::new(), SourceMap::new());
        let never = AtomicBool::new(false);
        let reference = reference::parse(text, true, false)?;
        Trees::new(machine, &objects, &sources, &never).get(&reference)
    }

    #[test]
    fn locked_inputs_are_found_by_their_hash() {
        let rev = "0123456789012345678901234567890123456789";
        let text = format!("github:o/r/{rev}?narHash={}", HASH.replace('+', "%2B"));
        let machine = Memory::new().file(format!("{PATH}/flake.nix"), "{ }");
        let tree = get(&machine, &text).unwrap().unwrap();
        assert_eq!(tree.real, Path::new(PATH));
        assert_eq!(tree.info.rev.as_deref(), Some(rev));
        assert!(get(&Memory::new(), &text).unwrap().is_none(), "an empty store has nothing");
    }

    #[test]
    fn a_directory_that_changed_since_it_was_locked_is_refused() {
        let machine = Memory::new().file("/x/flake.nix", "{ }");
        let text = format!("path:/x?narHash={}", HASH.replace('+', "%2B"));
        let error = get(&machine, &text).unwrap_err();
        assert!(matches!(error, TreeError::Mismatch(..)), "{error}");
        assert!(get(&machine, "path:/x").unwrap().is_some());
    }
}
