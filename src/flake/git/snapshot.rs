//! A machine on which a repository's files are those of a commit.
//!
//! They stand at the places of the checkout, so that nothing an evaluation sees tells it that it
//! isn't: no copy is made, and what is not asked for is not read. All else is as it is.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use gix_hash::ObjectId;
use gix_object::FindExt;
use gix_object::tree::EntryKind;
use parking_lot::Mutex;

use super::revision::Commit;
use super::{GitError, Repository, head};
use crate::world::{Disk, Entry, FileKind, Keeper, Links, Stamp, World};

/// Links that are followed before they are taken for a circle.
const MOST_LINKS: usize = 40;

/// The machine with a commit in the place of a checkout.
pub struct Snapshot<'w> {
    below: &'w dyn World,
    /// Where the checkout is, by all its names.
    tops: Vec<PathBuf>,
    /// The file that says which commit is checked out, likewise.
    heads: Vec<PathBuf>,
    commit: Commit,
    files: BTreeMap<PathBuf, (EntryKind, ObjectId)>,
    /// A handle is for one thread at a time.
    objects: Mutex<gix_odb::HandleArc>,
}

/// What a path means.
enum Place {
    /// Something of the commit: what, its contents, and its path in the repository.
    Inside(EntryKind, ObjectId, PathBuf),
    /// Nothing.
    Nothing,
    /// Something of the machine.
    Below(PathBuf),
}

impl<'w> Snapshot<'w> {
    /// Lays a commit over the checkout at `root`.
    ///
    /// # Errors
    /// When the repository can't be read.
    pub fn new(
        below: &'w dyn World,
        root: &Path,
        commit: Commit,
    ) -> Result<Snapshot<'w>, GitError> {
        let repository = Repository::open(root, &Disk)?;
        let mut files = BTreeMap::from([(PathBuf::new(), (EntryKind::Tree, commit.tree))]);
        list(&repository, commit.tree, Path::new(""), &mut files)?;
        let mut tops = vec![root.to_owned()];
        tops.extend(std::fs::canonicalize(root).ok().filter(|real| real != root));
        let own = tops.iter().filter_map(|top| head::git_directory(&top.join(".git"), &Disk));
        let heads = own.map(|own| own.join("HEAD")).collect();
        let broken = |error: io::Error| GitError::Broken(root.to_owned(), error.to_string());
        let shared = head::shared_directory(&repository.own, &Disk);
        let objects = gix_odb::at(shared.join("objects"), gix_hash::Kind::Sha1);
        let objects = objects.and_then(gix_odb::Handle::into_arc).map_err(broken)?;
        Ok(Snapshot { below, tops, heads, commit, files, objects: Mutex::new(objects) })
    }

    /// The path in the repository, if it is one of its files' or might be.
    fn inside(&self, path: &Path) -> Option<(&Path, PathBuf)> {
        let (top, rest) = self.tops.iter().find_map(|top| {
            let rest = path.strip_prefix(top).ok()?;
            Some((top, rest.to_owned()))
        })?;
        (!rest.starts_with(".git")).then_some((top, rest))
    }

    /// What a path means, links on the way followed, and one at its end if wanted.
    fn place(&self, path: &Path, links: Links) -> Place {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let Some((top, rest)) = self.inside(&path) else {
                return Place::Below(path);
            };
            match self.step(top, &rest, links) {
                Step::There(place) => return place,
                Step::Link(target) => path = target,
            }
        }
        Place::Nothing
    }

    fn step(&self, top: &Path, rest: &Path, links: Links) -> Step {
        let mut seen = PathBuf::new();
        let mut parts = rest.components();
        while let Some(part) = parts.next() {
            seen.push(part);
            let last = parts.as_path().as_os_str().is_empty();
            match self.files.get(&seen) {
                Some((EntryKind::Link, id)) if !last || links == Links::Follow => {
                    let target = self.contents(*id).unwrap_or_default();
                    let target = Path::new(OsStr::from_bytes(&target));
                    let parent = top.join(seen.parent().unwrap_or(Path::new("")));
                    let target = parent.join(target).join(parts.as_path());
                    return Step::Link(without_dots(&target));
                }
                Some(_) => {}
                None => return Step::There(Place::Nothing),
            }
        }
        let found = self.files.get(&seen);
        Step::There(found.map_or(Place::Nothing, |(kind, id)| Place::Inside(*kind, *id, seen)))
    }

    fn contents(&self, id: ObjectId) -> io::Result<Vec<u8>> {
        let mut buffer = Vec::new();
        let objects = self.objects.lock();
        let blob = objects.find_blob(&id, &mut buffer);
        blob.map(|blob| blob.data.to_vec()).map_err(|error| io::Error::other(error.to_string()))
    }
}

/// What became of a walk through the commit.
enum Step {
    There(Place),
    /// It goes on at another path.
    Link(PathBuf),
}

/// A path without `.` and `..`.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::RootDir | Component::Normal(_) | Component::Prefix(_) => plain.push(part),
        }
    }
    plain
}

fn list(
    repository: &Repository<'_>,
    tree: ObjectId,
    prefix: &Path,
    out: &mut BTreeMap<PathBuf, (EntryKind, ObjectId)>,
) -> Result<(), GitError> {
    let mut buffer = Vec::new();
    let tree = repository.objects.find_tree(&tree, &mut buffer);
    let tree = tree.map_err(|error| repository.broken(error))?;
    for entry in &tree.entries {
        let path = prefix.join(OsStr::from_bytes(entry.filename));
        let (kind, id) = (entry.mode.kind(), entry.oid.to_owned());
        if kind == EntryKind::Tree {
            list(repository, id, &path, out)?;
        }
        out.insert(path, (kind, id));
    }
    Ok(())
}

fn kind_of(kind: EntryKind) -> FileKind {
    match kind {
        // Of a submodule there is the directory.
        EntryKind::Tree | EntryKind::Commit => FileKind::Directory,
        EntryKind::Blob => FileKind::Regular { executable: false },
        EntryKind::BlobExecutable => FileKind::Regular { executable: true },
        EntryKind::Link => FileKind::Symlink,
    }
}

fn nothing<T>() -> io::Result<T> {
    Err(io::ErrorKind::NotFound.into())
}

impl World for Snapshot<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        if self.heads.iter().any(|head| head == path) {
            return Ok(self.commit.rev.clone().into_bytes());
        }
        match self.place(path, Links::Follow) {
            Place::Below(path) => self.below.read_file(&path),
            Place::Inside(EntryKind::Tree | EntryKind::Commit, ..) => {
                Err(io::ErrorKind::IsADirectory.into())
            }
            Place::Inside(_, id, _) => self.contents(id),
            Place::Nothing => nothing(),
        }
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        match self.place(path, Links::Stay) {
            Place::Below(path) => self.below.kind(&path),
            Place::Inside(kind, ..) => Ok(Some(kind_of(kind))),
            Place::Nothing => Ok(None),
        }
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        let directory = match self.place(path, Links::Follow) {
            Place::Below(path) => return self.below.list_dir(&path),
            Place::Inside(EntryKind::Commit, ..) => return Ok(Vec::new()),
            Place::Inside(EntryKind::Tree, _, directory) => directory,
            Place::Inside(..) => return Err(io::ErrorKind::NotADirectory.into()),
            Place::Nothing => return nothing(),
        };
        let below = self.files.range(directory.clone()..);
        let below = below.take_while(|(path, _)| path.starts_with(&directory));
        let own = below.filter(|(path, _)| path.parent() == Some(&directory));
        let entry = |(path, (kind, _)): (&PathBuf, &(EntryKind, ObjectId))| {
            let name = path.file_name().unwrap_or_default().as_bytes().to_vec();
            // Nobody looks whether entries can be executed.
            let kind = match kind_of(*kind) {
                FileKind::Regular { .. } => FileKind::Regular { executable: false },
                other => other,
            };
            (name, kind)
        };
        let mut entries: Vec<Entry> = own.map(entry).collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        match self.place(path, Links::Stay) {
            Place::Below(path) => self.below.modified(&path),
            Place::Inside(..) => Ok(self.commit.time),
            Place::Nothing => nothing(),
        }
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match self.place(path, Links::Stay) {
            Place::Below(path) => self.below.read_link(&path),
            Place::Inside(EntryKind::Link, id, _) => {
                Ok(PathBuf::from(OsStr::from_bytes(&self.contents(id)?)))
            }
            Place::Inside(..) => Err(io::ErrorKind::InvalidInput.into()),
            Place::Nothing => nothing(),
        }
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.below.variable(name)
    }

    fn now(&self) -> i64 {
        self.below.now()
    }

    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        match self.place(path, links) {
            Place::Below(path) => self.below.stamp(&path, links),
            Place::Inside(..) | Place::Nothing => None,
        }
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.below.keeper()
    }

    fn committed(&self, root: &Path) -> Option<Vec<PathBuf>> {
        self.tops.iter().any(|top| top == root).then(|| {
            let files = self.files.iter();
            let files =
                files.filter(|(_, (kind, _))| !matches!(kind, EntryKind::Tree | EntryKind::Commit));
            files.map(|(path, _)| path.clone()).collect()
        })
    }
}

/// The root of the checkout around a directory.
pub fn checkout_root(directory: &Path) -> Option<PathBuf> {
    let has = |parent: &&Path| head::git_directory(&parent.join(".git"), &Disk).is_some();
    directory.ancestors().find(has).map(Path::to_owned)
}
