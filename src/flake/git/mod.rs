//! Git checkouts: which files are tracked, at which commit they are, and whether they differ from it.
//!
//! The repository's own files are read; no `git` need be installed. This is the one place that
//! looks at the disk past [`World`]: a repository is no text a test would write by hand. What the
//! answer depends on is asked of the world as well, which may be taking notes: references, the
//! index, what is there of the tracked files. Their contents are, if the answer is that they are
//! to be taken, since then all are hashed; else that of the one which differs. Objects are named
//! by their content and never change.

mod changes;
mod head;
mod revision;
mod snapshot;

pub use head::head_commit;
pub use revision::{Commit, RevisionError, revision};
pub use snapshot::{Snapshot, checkout_root};

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::FindExt;

use crate::world::{Disk, World};

/// The state of a checkout.
#[derive(Clone, Debug)]
pub(super) struct Checkout {
    /// The tracked files that are there, relative to the checkout's root.
    pub files: BTreeSet<PathBuf>,
    /// The commit; none before the first.
    pub head: Option<Head>,
    /// Do tracked files differ from the commit?
    pub dirty: bool,
    /// The branch that is checked out, as `refs/heads/…`.
    pub branch: Option<String>,
}

/// A commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Head {
    /// Its hash.
    pub rev: String,
    /// When it was made, in seconds since 1970.
    pub time: i64,
}

/// Why a repository can't be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is none.
    #[error("'{}' is not a Git repository", .0.display())]
    None(PathBuf),
    /// It can't be read.
    #[error("cannot read the Git repository '{}': {}", .0.display(), .1)]
    Broken(PathBuf, String),
    /// An uncommitted conflict, say.
    #[error("cannot read '{}': {}", .0.display(), .1)]
    File(PathBuf, io::Error),
}

/// A repository's parts.
struct Repository<'w> {
    world: &'w dyn World,
    root: PathBuf,
    /// Of this checkout.
    own: PathBuf,
    objects: gix_odb::Handle,
}

impl<'w> Repository<'w> {
    fn open(root: &Path, world: &'w dyn World) -> Result<Repository<'w>, GitError> {
        let own = head::git_directory(&root.join(".git"), world)
            .ok_or_else(|| GitError::None(root.to_owned()))?;
        let shared = head::shared_directory(&own, world);
        let objects = gix_odb::at(shared.join("objects"), gix_hash::Kind::Sha1)
            .map_err(|error| GitError::Broken(root.to_owned(), error.to_string()))?;
        Ok(Repository { world, root: root.to_owned(), own, objects })
    }

    fn broken(&self, error: impl std::fmt::Display) -> GitError {
        GitError::Broken(self.root.clone(), error.to_string())
    }

    /// The commit that is checked out, with its time and tree.
    fn head(&self) -> Result<Option<(Head, ObjectId)>, GitError> {
        let Some(rev) = head::commit_of(&self.own, self.world) else {
            return Ok(None);
        };
        let id = ObjectId::from_hex(rev.as_bytes()).map_err(|error| self.broken(error))?;
        let mut buffer = Vec::new();
        let commit = self.objects.find_commit(&id, &mut buffer);
        let commit = commit.map_err(|error| self.broken(error))?;
        let committer = commit.committer().map_err(|error| self.broken(error))?;
        let time = committer.time().map_err(|error| self.broken(error))?.seconds;
        Ok(Some((Head { rev, time }, commit.tree())))
    }

    /// The index; none before the first `git add`.
    fn index(&self) -> Result<Option<gix_index::File>, GitError> {
        let file = self.own.join("index");
        if self.world.read_file(&file).is_err() && !file.exists() {
            return Ok(None);
        }
        let options = gix_index::decode::Options::default();
        let index = gix_index::File::at(file, gix_hash::Kind::Sha1, true, options);
        index.map(Some).map_err(|error| self.broken(error))
    }
}

/// Reads a checkout. `submodules`: their files belong to it.
///
/// # Errors
/// When there is no repository, or it can't be read.
pub(super) fn checkout(
    root: &Path,
    submodules: bool,
    world: &dyn World,
) -> Result<Checkout, GitError> {
    let repository = Repository::open(root, world)?;
    let head = repository.head()?;
    if let Some(files) = world.committed(root) {
        let (files, head) = (files.into_iter().collect(), head.map(|(head, _)| head));
        return Ok(Checkout { files, head, dirty: false, branch: None });
    }
    let index = repository.index()?;
    let branch = head::branch_of(&repository.own, world);
    let mut state = Checkout { files: BTreeSet::new(), head: None, dirty: false, branch };
    let tree = head.as_ref().map(|(_, tree)| *tree);
    if let Some(index) = &index {
        changes::files(&repository, index, &mut state)?;
    }
    if !state.dirty {
        state.dirty = changes::is_staged(&repository, index.as_ref(), tree)?;
    }
    state.head = head.map(|(head, _)| head);
    if submodules {
        let modules = world.read_file(&root.join(".gitmodules")).unwrap_or_default();
        let modules = String::from_utf8(modules).unwrap_or_default();
        for path in submodule_paths(&modules) {
            // One that isn't checked out has no files.
            if matches!(world.kind(&root.join(path).join(".git")), Ok(Some(_))) {
                let inner = checkout(&root.join(path), true, world)?;
                state.dirty |= inner.dirty;
                state.files.extend(inner.files.iter().map(|file| Path::new(path).join(file)));
            }
        }
    }
    Ok(state)
}

/// The paths that `.gitmodules` names.
fn submodule_paths(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "path").then(|| value.trim().trim_matches('"'))
    })
}

/// How many commits lead to one, itself included.
///
/// # Errors
/// When the repository can't be read.
pub fn count_revisions(root: &Path, rev: &str) -> Result<u64, GitError> {
    // Which commits lead to one is said by that one.
    let repository = Repository::open(root, &Disk)?;
    let first = ObjectId::from_hex(rev.as_bytes()).map_err(|error| repository.broken(error))?;
    let mut seen = HashSet::from([first]);
    let mut open = vec![first];
    let mut buffer = Vec::new();
    while let Some(id) = open.pop() {
        let commit = repository.objects.find_commit_iter(&id, &mut buffer);
        let commit = commit.map_err(|error| repository.broken(error))?;
        open.extend(commit.parent_ids().filter(|parent| seen.insert(*parent)));
    }
    Ok(seen.len() as u64)
}

/// Bytes of a repository as a path.
fn path_of(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}
