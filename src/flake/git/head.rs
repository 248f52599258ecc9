//! The commit a lab is at.

use std::path::{Path, PathBuf};

use crate::world::World;

/// The commit that is checked out in the repository around `directory`, if there is one.
///
/// The repository's files are read directly: a loose or packed reference says it all, and `git`
/// itself need not be installed.
pub fn head_commit(directory: &Path, world: &dyn World) -> Option<String> {
    let git =
        directory.ancestors().find_map(|parent| git_directory(&parent.join(".git"), world))?;
    commit_of(&git, world)
}

/// The commit that a repository's `HEAD` names.
pub(super) fn commit_of(git: &Path, world: &dyn World) -> Option<String> {
    let head = text(&git.join("HEAD"), world)?;
    let Some(reference) = head.strip_prefix("ref: ") else {
        return commit(&head);
    };
    let shared = shared_directory(git, world);
    let loose = text(&shared.join(reference), world).and_then(|text| commit(&text));
    loose.or_else(|| {
        let packed = text(&shared.join("packed-refs"), world)?;
        let line = packed
            .lines()
            .find(|line| line.split_once(' ').is_some_and(|(_, name)| name == reference))?;
        commit(line.split(' ').next()?)
    })
}

/// The branch that a repository's `HEAD` names.
pub(super) fn branch_of(git: &Path, world: &dyn World) -> Option<String> {
    Some(text(&git.join("HEAD"), world)?.strip_prefix("ref: ")?.to_owned())
}

/// A worktree has its own `HEAD` and shares everything else with the main repository.
pub(super) fn shared_directory(git: &Path, world: &dyn World) -> PathBuf {
    text(&git.join("commondir"), world).map_or_else(|| git.to_owned(), |common| git.join(common))
}

/// `.git` is the directory itself, or a file that names it.
pub(super) fn git_directory(place: &Path, world: &dyn World) -> Option<PathBuf> {
    if let Some(file) = text(place, world) {
        let target = file.strip_prefix("gitdir: ")?;
        return Some(place.parent()?.join(target));
    }
    text(&place.join("HEAD"), world).map(|_| place.to_owned())
}

fn text(path: &Path, world: &dyn World) -> Option<String> {
    let bytes = world.read_file(path).ok()?;
    Some(String::from_utf8(bytes).ok()?.trim_end().to_owned())
}

fn commit(text: &str) -> Option<String> {
    let hex = text.len() >= 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Memory;

    const ID: &str = "0123456789012345678901234567890123456789";

    #[test]
    fn references_loose_packed_and_detached() {
        let find = |world: &Memory| head_commit(Path::new("/r/lab/nix"), world);
        let loose = Memory::new()
            .file("/r/.git/HEAD", "ref: refs/heads/main\n")
            .file("/r/.git/refs/heads/main", format!("{ID}\n"));
        assert_eq!(find(&loose).as_deref(), Some(ID));
        let packed = Memory::new()
            .file("/r/.git/HEAD", "ref: refs/heads/main\n")
            .file("/r/.git/packed-refs", format!("# pack-refs\n{ID} refs/heads/main\n"));
        assert_eq!(find(&packed).as_deref(), Some(ID));
        let detached = Memory::new().file("/r/.git/HEAD", ID);
        assert_eq!(find(&detached).as_deref(), Some(ID));
        assert_eq!(find(&Memory::new()), None);
        let unborn = Memory::new().file("/r/.git/HEAD", "ref: refs/heads/main\n");
        assert_eq!(find(&unborn), None);
    }
}
