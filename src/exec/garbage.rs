//! What lies below a base path and nobody needs.
//!
//! Results are needed when their ids are. Files of the store are needed when something speaks of them that is
//! kept: what kept jobs were called with, their scripts, and files that these speak of. Whatever isn't named as
//! repx names things is left alone.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::place::{Base, Hold, remove};
use crate::store::base32;
use crate::sweep::NIX_STORE;

/// Files of more bytes are data, which speaks of nothing.
const MOST_BYTES: u64 = 1 << 20;
/// Digits of a hash in a name.
const DIGITS: usize = 32;

/// Something that nobody needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waste {
    /// Its own name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// What it takes on the disk.
    pub bytes: u64,
}

/// What nobody needs.
#[derive(Clone, Default, Debug)]
pub struct Garbage {
    /// Folders of jobs.
    pub results: Vec<Waste>,
    /// Entries of the store.
    pub store: Vec<Waste>,
    /// Links that keep Nix from deleting what was built for jobs.
    pub roots: Vec<Waste>,
    /// Folders of jobs that are needed.
    pub kept: usize,
}

impl Garbage {
    /// Looks for what isn't needed by the jobs of these ids. Changes nothing.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(base: &Base, needed: &HashSet<String>) -> io::Result<Garbage> {
        let mut garbage = Garbage::default();
        let mut live = Live {
            store: base.store(),
            link: format!("/{}/store/", base.link_name()),
            names: BTreeSet::new(),
            built: BTreeSet::new(),
            left: Vec::new(),
        };
        for name in names(&base.outputs())? {
            let Some(id) = hashed(&name) else { continue };
            let path = base.outputs().join(&name);
            if needed.contains(id) {
                garbage.kept += 1;
                live.folder(&path);
            } else {
                let bytes = taken(&path);
                garbage.results.push(Waste { name, path, bytes });
            }
        }
        live.follow();
        for name in names(&base.store())? {
            // What stands beside an entry belongs to it.
            let of = name.strip_suffix(".done").unwrap_or(&name);
            if hashed(&name).is_some() && !live.names.contains(of) {
                let path = base.store().join(&name);
                let bytes = taken(&path);
                garbage.store.push(Waste { name, path, bytes });
            }
        }
        for name in names(&base.roots())? {
            let path = base.roots().join(&name);
            let built = fs::read_link(&path).unwrap_or_default();
            let built = built.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !live.built.contains(&built) {
                garbage.roots.push(Waste { name, path, bytes: 0 });
            }
        }
        Ok(garbage)
    }

    /// Nothing?
    pub fn is_empty(&self) -> bool {
        self.results.is_empty() && self.store.is_empty()
    }

    /// What all of it takes on the disk.
    pub fn bytes(&self) -> u64 {
        self.results.iter().chain(&self.store).map(|waste| waste.bytes).sum()
    }

    /// Removes it: each thing is first moved away, so that nobody finds half of it.
    ///
    /// # Errors
    /// What can't be removed, and why. What was before it is gone.
    pub fn remove(
        &self,
        base: &Base,
        _hold: &Hold,
        go_on: impl Fn() -> bool,
    ) -> Result<(), (PathBuf, io::Error)> {
        let trash = base.path().join("trash");
        // A call that was killed may have left some.
        remove(&trash).map_err(|error| (trash.clone(), error))?;
        fs::create_dir(&trash).map_err(|error| (trash.clone(), error))?;
        // Results first: while one of them is there, what it speaks of is there too.
        for waste in self.results.iter().chain(&self.store).chain(&self.roots) {
            if !go_on() {
                return Err((waste.path.clone(), io::ErrorKind::Interrupted.into()));
            }
            let gone = trash.join(&waste.name);
            let moved = fs::rename(&waste.path, &gone);
            moved.and_then(|()| remove(&gone)).map_err(|error| (waste.path.clone(), error))?;
        }
        remove(&trash).map_err(|error| (trash.clone(), error))
    }
}

/// The hash that a name begins with, if it is one of ours.
fn hashed(name: &str) -> Option<&str> {
    let (hash, _) = name.split_once('-')?;
    (hash.len() == DIGITS && hash.chars().all(base32::is_digit)).then_some(hash)
}

/// The names in a directory, sorted; none if it isn't there.
fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}

/// What a tree takes on the disk, as far as it can be seen.
fn taken(path: &Path) -> u64 {
    let Ok(about) = fs::symlink_metadata(path) else { return 0 };
    let own = about.blocks() * 512;
    if !about.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own + entries.map(|entry| taken(&entry.path())).sum::<u64>()
}

/// The names that follow a prefix in a text.
fn named(text: &[u8], prefix: &[u8]) -> Vec<String> {
    let name = |at: usize| {
        let rest = text.get(at + prefix.len()..).unwrap_or_default();
        let end = rest.iter().position(|byte| !crate::sweep::is_name(*byte));
        let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    };
    memchr::memmem::find_iter(text, prefix).map(name).collect()
}

/// Entries of the store that something speaks of.
struct Live {
    store: PathBuf,
    /// How its path ends, and a slash, for jobs that see it by way of a link.
    link: String,
    names: BTreeSet<String>,
    /// What Nix has built.
    built: BTreeSet<String>,
    /// Those that weren't looked into yet.
    left: Vec<String>,
}

impl Live {
    /// What a job, or a piece of one, was called with.
    fn folder(&mut self, folder: &Path) {
        let repx = folder.join("repx");
        for name in ["inputs.json", "parameters.json", "script.sh"] {
            let file = repx.join(name);
            if let Ok(target) = fs::read_link(&file) {
                self.text(target.as_os_str().as_bytes());
            } else if let Ok(text) = fs::read(&file) {
                self.text(&text);
            }
        }
        // Results may be links into the store.
        self.links(&folder.join("out"));
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let piece = ["scatter", "branch-", "step-"];
            if piece.iter().any(|begin| name.as_bytes().starts_with(begin.as_bytes())) {
                self.folder(&entry.path());
            }
        }
    }

    fn links(&mut self, directory: &Path) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => self.links(&entry.path()),
                Ok(kind) if kind.is_symlink() => {
                    if let Ok(target) = fs::read_link(entry.path()) {
                        self.text(target.as_os_str().as_bytes());
                    }
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// All entries that a text speaks of.
    fn text(&mut self, text: &[u8]) {
        let mut prefix = self.store.as_os_str().as_bytes().to_vec();
        prefix.push(b'/');
        self.built.extend(named(text, NIX_STORE.as_bytes()));
        let known = named(text, &prefix).into_iter().chain(named(text, self.link.as_bytes()));
        for name in known {
            if self.names.insert(name.clone()) {
                self.left.push(name);
            }
        }
    }

    /// Looks into what was spoken of.
    fn follow(&mut self) {
        while let Some(name) = self.left.pop() {
            // Directories of programs are links to this machine's, and stay.
            if hashed(&name).is_some() {
                self.file(&self.store.join(&name));
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let Ok(about) = fs::symlink_metadata(path) else { return };
        if about.is_symlink() {
            if let Ok(target) = fs::read_link(path) {
                self.text(target.as_os_str().as_bytes());
            }
        } else if about.is_dir() {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                self.file(&entry.path());
            }
        } else if about.is_file() && about.len() <= MOST_BYTES {
            let text = fs::read(path).unwrap_or_default();
            self.text(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spoken_of_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::new(directory.path());
        let put = |path: &str, text: &str| {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let hash = |digit: &str| digit.repeat(DIGITS);
        let store = base.store().display().to_string();
        let (kept, gone) = (format!("{}-a-1", hash("a")), format!("{}-b-1", hash("b")));
        put(&format!("outputs/{kept}/out/x"), "x");
        put(
            &format!("outputs/{kept}/repx/parameters.json"),
            &format!("[\"{store}/{}-data/x\"]", hash("1")),
        );
        put(&format!("outputs/{gone}/repx/SUCCESS"), "");
        put("outputs/mine/x", "not named as a job is");
        let script = format!("{store}/{}-a.sh", hash("2"));
        std::os::unix::fs::symlink(
            script,
            directory.path().join(format!("outputs/{kept}/repx/script.sh")),
        )
        .unwrap();
        put(&format!("store/{}-a.sh", hash("2")), &format!("cat {store}/{}-text", hash("3")));
        put(&format!("store/{}-data/x", hash("1")), "");
        put(&format!("store/{}-data.done", hash("1")), "");
        put(&format!("store/{}-text", hash("3")), "");
        put(&format!("store/{}-other", hash("4")), "");
        put(&format!("store/{}-other.done", hash("4")), "");
        put("store/host/bash/bin/bash", "");
        let needed = HashSet::from([hash("a")]);
        let garbage = Garbage::of(&base, &needed).unwrap();
        let names = |waste: &[Waste]| waste.iter().map(|w| w.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&garbage.results), std::slice::from_ref(&gone));
        let other = format!("{}-other", hash("4"));
        assert_eq!(names(&garbage.store), [other.clone(), format!("{other}.done")]);
        assert_eq!(garbage.kept, 1);
        let hold = base.hold(|_| {}, || false).unwrap();
        garbage.remove(&base, &hold, || true).unwrap();
        assert!(Garbage::of(&base, &needed).unwrap().is_empty());
        assert!(directory.path().join("outputs/mine/x").exists());
        assert!(!directory.path().join("trash").exists());
    }
}
