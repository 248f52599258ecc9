//! Does a checkout differ from its commit?

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use gix_hash::{Kind, ObjectId};
use gix_index::entry::{Flags, Mode, Stage, Stat};
use gix_object::FindExt;

use super::{Checkout, GitError, Repository, path_of};
use crate::world::FileKind;

/// Lists the tracked files that are there, and notes whether any differs from the index.
pub(super) fn files(
    repository: &Repository<'_>,
    index: &gix_index::File,
    state: &mut Checkout,
) -> Result<(), GitError> {
    for entry in index.entries() {
        let path = path_of(entry.path(index));
        // Submodules are repositories of their own; whole directories stand there only in sparse
        // checkouts, which leave them out.
        if entry.mode.is_submodule() || entry.mode == Mode::DIR {
            continue;
        }
        let full = repository.root.join(path);
        let kind = match repository.world.kind(&full) {
            Ok(Some(FileKind::Directory)) => {
                state.dirty = true;
                continue;
            }
            Ok(Some(kind)) => kind,
            Ok(None) => {
                state.dirty |= !entry.flags.contains(Flags::SKIP_WORKTREE);
                continue;
            }
            Err(error) => return Err(GitError::File(full, error)),
        };
        state.files.insert(path.to_owned());
        if !state.dirty {
            let conflict = entry.stage() != Stage::Unconflicted;
            let new = entry.flags.contains(Flags::INTENT_TO_ADD);
            state.dirty = conflict || new || is_changed(repository, index, entry, (&full, kind))?;
        }
    }
    Ok(())
}

/// Does a file differ from its entry in the index? As in git, one whose times and size are as
/// noted, and that wasn't written while the index was, isn't read.
fn is_changed(
    repository: &Repository<'_>,
    index: &gix_index::File,
    entry: &gix_index::Entry,
    (path, kind): (&Path, FileKind),
) -> Result<bool, GitError> {
    let mode = match kind {
        FileKind::Symlink => Mode::SYMLINK,
        FileKind::Regular { executable: true } => Mode::FILE_EXECUTABLE,
        FileKind::Regular { executable: false } | FileKind::Directory | FileKind::Other => {
            Mode::FILE
        }
    };
    if mode != entry.mode {
        return Ok(true);
    }
    let failed = |error| GitError::File(path.to_owned(), error);
    let options = gix_index::entry::stat::Options { use_nsec: true, ..Default::default() };
    let seen = gix_index::fs::Metadata::from_path_no_follow(path).map_err(failed)?;
    let stat = Stat::from_fs(&seen).ok();
    if stat.is_some_and(|stat| entry.stat.matches(&stat, options))
        && !entry.stat.is_racy(index.timestamp(), options)
    {
        return Ok(false);
    }
    let bytes = match kind {
        FileKind::Symlink => {
            let target = repository.world.read_link(path).map_err(failed)?;
            target.as_os_str().as_bytes().to_vec()
        }
        FileKind::Regular { .. } | FileKind::Directory | FileKind::Other => {
            repository.world.read_file(path).map_err(failed)?
        }
    };
    let id = gix_object::compute_hash(Kind::Sha1, gix_object::Kind::Blob, &bytes);
    Ok(id.map_or(true, |id| id != entry.id))
}

/// Files of a commit or of the index: what they are, and their contents.
type Listing = BTreeMap<Vec<u8>, (u16, ObjectId)>;

/// Does the index differ from the commit's tree?
pub(super) fn is_staged(
    repository: &Repository<'_>,
    index: Option<&gix_index::File>,
    tree: Option<ObjectId>,
) -> Result<bool, GitError> {
    let Some(index) = index else {
        return Ok(tree.is_some());
    };
    // Git notes the tree that the index stands for, as long as nothing is staged.
    if let (Some(noted), Some(tree)) = (index.tree(), tree)
        && noted.num_entries.is_some()
        && noted.id == tree
    {
        return Ok(false);
    }
    let mut committed = Listing::new();
    if let Some(tree) = tree {
        list(repository, tree, b"", &mut committed)?;
    }
    let mut staged = Listing::new();
    for entry in index.entries() {
        if let Some(mode) = entry.mode.to_tree_entry_mode()
            && !entry.mode.is_submodule()
        {
            staged.insert(entry.path(index).to_vec(), (mode.value(), entry.id));
        }
    }
    Ok(committed != staged)
}

fn list(
    repository: &Repository<'_>,
    tree: ObjectId,
    prefix: &[u8],
    out: &mut Listing,
) -> Result<(), GitError> {
    let mut buffer = Vec::new();
    let tree = repository.objects.find_tree(&tree, &mut buffer);
    let tree = tree.map_err(|error| repository.broken(error))?;
    for entry in &tree.entries {
        let mut path = prefix.to_vec();
        path.extend_from_slice(entry.filename);
        if entry.mode.is_tree() {
            path.push(b'/');
            list(repository, entry.oid.to_owned(), &path, out)?;
        } else if !entry.mode.is_commit() {
            out.insert(path, (entry.mode.value(), entry.oid.to_owned()));
        }
    }
    Ok(())
}
