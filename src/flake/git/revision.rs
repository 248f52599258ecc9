//! Which commit a word means: `HEAD~2`, a branch, a tag, the beginning of a hash.

use std::path::Path;

use gix_hash::{ObjectId, Prefix};
use gix_object::FindExt;
use gix_ref::file::ReferenceExt;

use super::{GitError, Repository, head};
use crate::world::Disk;

/// A commit that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commit {
    /// Its hash.
    pub rev: String,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// Its files.
    pub(super) tree: ObjectId,
}

/// Why a word means no commit.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The repository can't be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// No such name; the branches and tags that there are.
    #[error("the repository has no revision `{0}`")]
    Unknown(String, Vec<String>),
    /// Several hashes begin so.
    #[error("several objects of the repository begin with `{0}`")]
    Ambiguous(String),
    /// The commit has no such parent.
    #[error("`{0}` has no parent {1}")]
    NoParent(String, usize),
    /// A file or a directory of the repository, say.
    #[error("`{0}` is no commit")]
    NotACommit(String),
}

/// The commit that a word means in the repository at `root`.
///
/// # Errors
/// When it means none.
pub fn revision(root: &Path, word: &str) -> Result<Commit, RevisionError> {
    let repository = Repository::open(root, &Disk)?;
    let (name, steps) = match word.find(['~', '^']) {
        Some(at) => word.split_at(at),
        None => (word, ""),
    };
    let mut id = named(&repository, if name.is_empty() { "HEAD" } else { name })?;
    id = peeled(&repository, id, name)?;
    let mut rest = steps;
    while let Some(step) = rest.chars().next() {
        rest = rest.get(1..).unwrap_or_default();
        // `^{commit}` and `^{}` ask for what is done anyway.
        if step == '^'
            && let Some(after) = rest.strip_prefix("{commit}").or(rest.strip_prefix("{}"))
        {
            rest = after;
            continue;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        rest = after;
        let unknown = || RevisionError::Unknown(word.to_owned(), Vec::new());
        let number = if number.is_empty() { 1 } else { number.parse().map_err(|_| unknown())? };
        id = match step {
            '~' => (0..number).try_fold(id, |id, _| parent(&repository, id, 1, word))?,
            '^' if number == 0 => id,
            '^' => parent(&repository, id, number, word)?,
            _ => return Err(unknown()),
        };
    }
    let mut buffer = Vec::new();
    let commit = repository.objects.find_commit(&id, &mut buffer);
    let commit = commit.map_err(|error| repository.broken(error))?;
    let committer = commit.committer().map_err(|error| repository.broken(error))?;
    let time = committer.time().map_err(|error| repository.broken(error))?.seconds;
    Ok(Commit { rev: id.to_string(), time, tree: commit.tree() })
}

/// The object that a name or the beginning of a hash means. Names come first, as in Git.
fn named(repository: &Repository<'_>, name: &str) -> Result<ObjectId, RevisionError> {
    let name = if name == "@" { "HEAD" } else { name };
    let full = ObjectId::from_hex(name.as_bytes());
    if let Ok(id) = full {
        return Ok(id);
    }
    let shared = head::shared_directory(&repository.own, repository.world);
    let hash = gix_hash::Kind::Sha1;
    let store = gix_ref::file::Store::for_linked_worktree(repository.own.clone(), shared, hash);
    // What is no reference's name is no reference.
    if let Ok(Some(mut found)) = store.try_find(name) {
        let id = found.peel_to_id(&store, &repository.objects);
        return id.map_err(|error| repository.broken(error).into());
    }
    if let Ok(prefix) = Prefix::from_hex(name) {
        let found = repository.objects.lookup_prefix(prefix, None);
        match found.map_err(|error| repository.broken(error))? {
            Some(Ok(id)) => return Ok(id),
            Some(Err(())) => return Err(RevisionError::Ambiguous(name.to_owned())),
            None => {}
        }
    }
    Err(RevisionError::Unknown(name.to_owned(), names(&store)))
}

/// Branches and tags.
fn names(store: &gix_ref::file::Store) -> Vec<String> {
    let Ok(platform) = store.iter() else {
        return Vec::new();
    };
    let all = platform.all().into_iter().flatten().flatten();
    all.map(|reference| reference.name.shorten().to_string()).collect()
}

/// The commit that an object is, or that a tag is of.
fn peeled(
    repository: &Repository<'_>,
    mut id: ObjectId,
    name: &str,
) -> Result<ObjectId, RevisionError> {
    let mut buffer = Vec::new();
    loop {
        let Ok(object) = repository.objects.find(&id, &mut buffer) else {
            return Err(RevisionError::Unknown(name.to_owned(), Vec::new()));
        };
        match object.kind {
            gix_object::Kind::Commit => return Ok(id),
            gix_object::Kind::Tag => {
                let tag = repository.objects.find_tag_iter(&id, &mut buffer);
                let target = tag.map_err(|error| repository.broken(error))?.target_id();
                id = target.map_err(|error| repository.broken(error))?;
            }
            gix_object::Kind::Tree | gix_object::Kind::Blob => {
                return Err(RevisionError::NotACommit(name.to_owned()));
            }
        }
    }
}

fn parent(
    repository: &Repository<'_>,
    id: ObjectId,
    number: usize,
    word: &str,
) -> Result<ObjectId, RevisionError> {
    let mut buffer = Vec::new();
    let commit = repository.objects.find_commit_iter(&id, &mut buffer);
    let commit = commit.map_err(|error| repository.broken(error))?;
    let short = || id.to_string().get(..7).unwrap_or(word).to_owned();
    commit.parent_ids().nth(number - 1).ok_or_else(|| RevisionError::NoParent(short(), number))
}
