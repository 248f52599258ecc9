//! What scripts need, below `<base>/store`: the scripts themselves, directories of this machine's programs,
//! files that the lab made or copied. All is named by its content, or replaced when it isn't what
//! it should be.
//!
//! Texts of a lab name such things by paths that are the same on every machine; here they become those of this
//! base path, and what they name comes to be.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::foreign::script_text;
use super::host::{HOST, Needs};
use super::place::{Base, at};
use super::plan::Plan;
use super::script;
use super::tool::on_path;
use crate::store::{Hash, HashAlgo, base32};
use crate::sweep::{CORE, Content, Listing, Material, NIX_STORE, Package, PackageKind, is_name};

/// What scripts need, made as it is needed.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    shell: PathBuf,
    materials: HashMap<String, Material>,
    /// Materials that are there.
    made: Mutex<BTreeSet<String>>,
    /// Scripts that are there, by the hash of all they are made of.
    scripts: Mutex<HashMap<Vec<u8>, PathBuf>>,
    /// Where scripts find the basic tools.
    core: String,
    /// Packages are derivations, and scripts files that Nix has made.
    foreign: bool,
    /// Where scripts find all this, in their own words: a lab that was built may be moved.
    shown: PathBuf,
    /// The store of a lab that was built, which has copies of the lab's files.
    copies: Option<PathBuf>,
}

/// What a script does first if it is called by others than us.
#[derive(Clone, Default, Debug)]
pub(super) struct Before {
    /// Lines of its own.
    pub(super) lines: String,
    /// Paths that parameters may name, and where they are in the lab's directory.
    pub(super) files: BTreeMap<String, PathBuf>,
}

/// Bytes of a hash in a name.
const HASH_BYTES: usize = 20;
/// So many scripts' places are remembered.
const MOST_SCRIPTS: usize = 1 << 16;

impl Store {
    /// Makes ready what the jobs of a plan are run with; of a lab that was `built`, files are copied from there. What the
    /// machine [lacks](super::lacks) isn't there.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new(
        listing: &Listing,
        plan: &Plan,
        base: &Base,
        built: Option<&Path>,
    ) -> io::Result<Store> {
        let root = base.store();
        let copies = built.map(|built| Base::new(built).store());
        Store::showing(listing, plan, &root, root.clone(), copies)
    }

    /// The same for a lab's directory: its scripts look for all that where they lie themselves.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn movable(listing: &Listing, plan: &Plan, lab: &Path) -> io::Result<Store> {
        let shown = Path::new(script::LAB).join("store");
        Store::showing(listing, plan, &Base::new(lab).store(), shown, None)
    }

    fn showing(
        listing: &Listing,
        plan: &Plan,
        root: &Path,
        shown: PathBuf,
        copies: Option<PathBuf>,
    ) -> io::Result<Store> {
        let root = root.to_owned();
        if listing.kit.derivations {
            return Ok(Store::foreign(listing, root));
        }
        let [shell, ..] = CORE;
        // Without a shell no job runs.
        let shell = on_path(shell).unwrap_or_else(|| shell.into());
        let farms = root.join("host");
        let mut core = Vec::new();
        for name in CORE {
            let kit = listing.kit.packages.iter();
            let package = kit.clone().find(|p| p.path.strip_prefix(HOST) == Some(name));
            if let Some(package) = package
                && let Some(bin) = plant(&farms, package)?
            {
                let below = bin.strip_prefix(&root).unwrap_or(&bin);
                core.push(shown.join(below).display().to_string());
            }
        }
        for package in Needs::of(listing, plan).packages() {
            plant(&farms, package)?;
        }
        let materials = listing.kit.materials.iter();
        Ok(Store {
            materials: materials.map(|m| (m.path.to_string(), m.clone())).collect(),
            root,
            shell,
            made: Mutex::default(),
            scripts: Mutex::default(),
            core: core.join(":"),
            foreign: false,
            shown,
            copies,
        })
    }

    /// What is needed where Nix has made the rest.
    fn foreign(listing: &Listing, root: PathBuf) -> Store {
        let bins = listing.kit.packages.iter().map(|package| format!("{}/bin", package.path));
        let bins: Vec<String> = bins.collect();
        Store {
            shown: root.clone(),
            copies: None,
            root,
            shell: Path::new(bins.first().map_or("/bin", String::as_str)).join("bash"),
            materials: HashMap::new(),
            made: Mutex::default(),
            scripts: Mutex::default(),
            core: bins.join(":"),
            foreign: true,
        }
    }

    /// The shell that runs scripts.
    pub(super) fn shell(&self) -> &Path {
        &self.shell
    }

    /// The file of a script, and what is done before its own lines.
    pub(super) fn script(
        &self,
        name: &str,
        text: &[u8],
        packages: &[Package],
        call: &Before,
    ) -> io::Result<PathBuf> {
        let mut key = text.to_vec();
        key.push(0);
        key.extend_from_slice(call.lines.as_bytes());
        for path in call.files.keys() {
            key.push(0);
            key.extend_from_slice(path.as_bytes());
        }
        for package in packages {
            key.push(0);
            key.extend_from_slice(package.path.as_bytes());
        }
        let key = Hash::digest(HashAlgo::Blake3, &key).bytes().to_vec();
        if let Some(path) = lock(&self.scripts).get(&key) {
            return Ok(path.clone());
        }
        let text = match self.foreign {
            true => Cow::Owned(script_text(text)?),
            false => self.settled_below(text, &self.shown)?,
        };
        let path = self.search_path(packages)?;
        let text = [call.lines.as_bytes(), &text].concat();
        let whole = script::whole(&self.shell.display().to_string(), &path, &text, &call.files);
        let file = self.file(&format!("{name}.sh"), &whole, true)?;
        let mut scripts = lock(&self.scripts);
        if scripts.len() >= MOST_SCRIPTS {
            scripts.clear();
        }
        scripts.insert(key, file.clone());
        Ok(file)
    }

    /// Where a script that is run with these packages finds programs.
    pub(super) fn search_path(&self, packages: &[Package]) -> io::Result<String> {
        let mut path = String::new();
        for package in packages.iter().filter(|package| package.kind != PackageKind::Library) {
            let settled = self.settled_below(package.path.as_bytes(), &self.shown)?;
            path.push_str(&String::from_utf8_lossy(&settled));
            path.push_str("/bin:");
        }
        path.push_str(&self.core);
        Ok(path)
    }

    /// A file named by its content, which nobody may change.
    pub(super) fn file(&self, name: &str, content: &[u8], executable: bool) -> io::Result<PathBuf> {
        let hash = Hash::digest(HashAlgo::Blake3, content);
        let hash = base32::encode(hash.bytes().get(..HASH_BYTES).unwrap_or_default());
        let path = self.root.join(format!("{hash}-{name}"));
        // After a crash of the machine a file may be there and empty.
        if !fs::read(&path).is_ok_and(|found| found == content) {
            put(&path, content, executable)?;
        }
        Ok(path)
    }

    /// A text with the paths of this base path in it; what it names is there.
    pub(super) fn settled<'t>(&self, text: &'t [u8]) -> io::Result<Cow<'t, [u8]>> {
        self.settled_below(text, &self.root)
    }

    /// A text as scripts have it.
    pub(super) fn shown_text(&self, text: &str) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&self.settled_below(text.as_bytes(), &self.shown)?).into_owned())
    }

    fn settled_below<'t>(&self, text: &'t [u8], root: &Path) -> io::Result<Cow<'t, [u8]>> {
        let named = self.named(text);
        if named.is_empty() {
            return Ok(Cow::Borrowed(text));
        }
        let mut settled = Vec::with_capacity(text.len());
        let mut from = 0;
        for (at, path) in named {
            if let Some(material) = self.materials.get(&path) {
                self.make(material)?;
            }
            settled.extend_from_slice(text.get(from..at).unwrap_or_default());
            settled.extend_from_slice(place(root, &path).as_os_str().as_bytes());
            from = at + path.len();
        }
        settled.extend_from_slice(text.get(from..).unwrap_or_default());
        Ok(Cow::Owned(settled))
    }

    /// What is in the store of all that a text names: where it does, and by what path.
    fn named(&self, text: &[u8]) -> Vec<(usize, String)> {
        let mut places: Vec<usize> = memchr::memmem::find_iter(text, HOST).collect();
        if !self.materials.is_empty() {
            places.extend(memchr::memmem::find_iter(text, NIX_STORE));
            places.sort_unstable();
        }
        let path = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            let host = rest.starts_with(HOST.as_bytes());
            let prefix = if host { HOST.len() } else { NIX_STORE.len() };
            let name = rest.get(prefix..).unwrap_or_default();
            let end = name.iter().position(|b| !is_name(*b)).unwrap_or(name.len());
            let path = String::from_utf8_lossy(rest.get(..prefix + end).unwrap_or_default());
            (host || self.materials.contains_key(&*path)).then(|| (at, path.into_owned()))
        };
        places.into_iter().filter_map(path).collect()
    }

    /// The paths that a text names, and where they are below the store.
    pub(super) fn files(&self, text: &str) -> io::Result<BTreeMap<String, PathBuf>> {
        self.settled(text.as_bytes())?;
        let named = self.named(text.as_bytes()).into_iter();
        Ok(named.map(|(_, path)| (path.clone(), place(Path::new("store"), &path))).collect())
    }

    /// The same for a text.
    pub(super) fn settled_text(&self, text: &str) -> io::Result<String> {
        Ok(String::from_utf8_lossy(&self.settled(text.as_bytes())?).into_owned())
    }

    /// Makes something, unless it is there.
    fn make(&self, material: &Material) -> io::Result<()> {
        if lock(&self.made).contains(&*material.path) {
            return Ok(());
        }
        // What it refers to first; nothing refers to itself, since names are hashes.
        let settled = match &material.content {
            Content::Text(text, ..) if self.shown != self.root => {
                Cow::Owned(self.settled(&with_programs(text))?.into_owned())
            }
            Content::Text(text, ..) | Content::Build(text, _) => self.settled(text)?,
            Content::Tree(..) | Content::Entry(..) => Cow::Borrowed(&[][..]),
        };
        let mut variables = Vec::new();
        if let Content::Build(_, all) = &material.content {
            for (name, value) in all {
                variables.push((name.clone(), self.settled(value)?.into_owned()));
            }
        }
        let mut made = lock(&self.made);
        if made.contains(&*material.path) {
            return Ok(());
        }
        let place = place(&self.root, &material.path);
        let mut done = place.as_os_str().to_owned();
        done.push(".done");
        if fs::symlink_metadata(&done).is_err() {
            // Left behind half made.
            let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
            make_parent(&place)?;
            let copies = self.copies.as_ref().map(|copies| self::place(copies, &material.path));
            match &material.content {
                Content::Tree(..) | Content::Entry(..) if let Some(from) = &copies => {
                    copy(from, &place, None, from)?;
                }
                Content::Tree(root, kept) => copy(root, &place, kept.as_deref(), root)?,
                Content::Entry(name, root) => {
                    fs::create_dir(&place).map_err(|error| at(&place, &error))?;
                    let name = std::ffi::OsStr::from_bytes(name);
                    copy(root, &place.join(name), None, root)?;
                }
                Content::Text(_, executable, below) => {
                    let below = std::ffi::OsStr::from_bytes(below);
                    let below = Path::new(below).strip_prefix("/").unwrap_or(Path::new(below));
                    let file = match below.as_os_str().is_empty() {
                        true => place.clone(),
                        false => place.join(below),
                    };
                    make_parent(&file)?;
                    put(&file, &settled, *executable)?;
                }
                Content::Build(..) => self.build(&place, &settled, &variables)?,
            }
            fs::write(&done, "").map_err(|error| at(Path::new(&done), &error))?;
        }
        made.insert(material.path.to_string());
        Ok(())
    }

    /// Runs a script that leaves something at `place`.
    fn build(&self, place: &Path, text: &[u8], variables: &[(Vec<u8>, Vec<u8>)]) -> io::Result<()> {
        let file = self.file("build.sh", text, true)?;
        let directory = self.root.join("building");
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).map_err(|error| at(&directory, &error))?;
        let pairs = variables.iter().map(|(name, value)| {
            (std::ffi::OsStr::from_bytes(name), std::ffi::OsStr::from_bytes(value))
        });
        let output = Command::new(&self.shell)
            .arg("-e")
            .arg(file)
            .current_dir(&directory)
            .envs(pairs)
            .env("out", place)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| at(&self.shell, &error))?;
        let _ = fs::remove_dir_all(&directory);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or("it said nothing").to_owned();
            let what = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(io::Error::other(format!("building `{what}` failed: {last}")));
        }
        Ok(())
    }
}

/// Where something lies that a lab knows by this path, below a store.
fn place(root: &Path, path: &str) -> PathBuf {
    match path.strip_prefix(HOST) {
        Some(name) => root.join("host").join(name),
        None => root.join(path.trim_start_matches(NIX_STORE)),
    }
}

/// A text that names programs by where they are on this machine, so that it may be moved.
fn with_programs(text: &[u8]) -> Vec<u8> {
    let mut named = Vec::with_capacity(text.len());
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, HOST) {
        let rest = text.get(at..).unwrap_or_default();
        let end = rest.iter().position(|b| *b != b'/' && !is_name(*b)).unwrap_or(rest.len());
        let path = Path::new(std::ffi::OsStr::from_bytes(rest.get(..end).unwrap_or_default()));
        let folder = path.parent().and_then(Path::file_name);
        let program = path.file_name().and_then(|name| name.to_str());
        let found = program.filter(|_| folder.is_some_and(|bin| bin == "bin")).and_then(on_path);
        if let Some(found) = found {
            named.extend_from_slice(text.get(from..at).unwrap_or_default());
            named.extend_from_slice(found.as_os_str().as_bytes());
            from = at + end;
        }
    }
    named.extend_from_slice(text.get(from..).unwrap_or_default());
    named
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the directory that something is to lie in.
fn make_parent(path: &Path) -> io::Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|error| at(parent, &error))
}

/// Writes a file that nobody may change, whole or not at all.
fn put(path: &Path, content: &[u8], executable: bool) -> io::Result<()> {
    put_whole(path, content, executable).map_err(|error| at(path, &error))
}

fn put_whole(path: &Path, content: &[u8], executable: bool) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    // Threads that write the same write the same bytes, each to a file of its own.
    unfinished.push(format!(".{:?}", std::thread::current().id()));
    let _ = fs::remove_file(&unfinished);
    fs::write(&unfinished, content)?;
    let mode = if executable { 0o555 } else { 0o444 };
    fs::set_permissions(&unfinished, fs::Permissions::from_mode(mode))?;
    fs::rename(&unfinished, path)
}

/// Copies a file or a directory, links as links.
fn copy(from: &Path, to: &Path, kept: Option<&[PathBuf]>, root: &Path) -> io::Result<()> {
    let (read, written) = (|error| at(from, &error), |error| at(to, &error));
    let kind = fs::symlink_metadata(from).map_err(read)?.file_type();
    if kind.is_symlink() {
        return symlink(fs::read_link(from).map_err(read)?, to).map_err(written);
    }
    if !kind.is_dir() {
        // Which of both it is about isn't told.
        let copied = fs::copy(from, to).map(drop);
        return copied.map_err(|error| match fs::File::open(from) {
            Ok(_) => written(error),
            Err(error) => read(error),
        });
    }
    fs::create_dir(to).map_err(written)?;
    for entry in fs::read_dir(from).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let inner = path.strip_prefix(root).unwrap_or(&path);
        let wanted = kept.is_none_or(|kept| {
            kept.iter().any(|known| known == inner || known.starts_with(inner) || *known == path)
        });
        if let Some(name) = path.file_name().filter(|_| wanted) {
            copy(&path, &to.join(name), kept, root)?;
        }
    }
    Ok(())
}

/// Makes the directory of a package's programs, links to those of this machine.
fn plant(farms: &Path, package: &Package) -> io::Result<Option<PathBuf>> {
    let PackageKind::Programs(programs) = &package.kind else { return Ok(None) };
    let name = package.path.strip_prefix(HOST).unwrap_or(&package.path);
    let bin = farms.join(name).join("bin");
    fs::create_dir_all(&bin).map_err(|error| at(&bin, &error))?;
    for program in programs {
        if let Some(target) = on_path(program) {
            link(&bin.join(&**program), &target)?;
        }
    }
    Ok(Some(bin))
}

/// Makes a program known under another path. Those that look around from where they lie (scripts,
/// interpreters of virtual environments) are called where they are.
fn link(place: &Path, target: &Path) -> io::Result<()> {
    let around = target.parent().and_then(Path::parent);
    let environment = around.is_some_and(|around| around.join("pyvenv.cfg").exists());
    if environment || starts_with_hash_bang(target) {
        let quoted = script::quoted(&target.display().to_string());
        let text = format!("#!/bin/sh\nexec {quoted} \"$@\"\n");
        if fs::read(place).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        return put(place, text.as_bytes(), true);
    }
    if fs::read_link(place).is_ok_and(|found| found == target) {
        return Ok(());
    }
    let _ = fs::remove_file(place);
    symlink(target, place).map_err(|error| at(place, &error))
}

fn starts_with_hash_bang(file: &Path) -> bool {
    let mut begin = [0; 2];
    let read = fs::File::open(file).and_then(|mut file| io::Read::read(&mut file, &mut begin));
    read.is_ok_and(|read| read == 2) && begin == *b"#!"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_those_of_the_base() {
        let directory = tempfile::tempdir().unwrap();
        let path = "/nix/store/00000000000000000000000000000000-x";
        let content = Content::Text(b"hello".to_vec(), false, Vec::new());
        let material = Material { path: path.into(), content };
        let store = Store {
            root: directory.path().to_owned(),
            shell: "/bin/sh".into(),
            materials: HashMap::from([(path.to_owned(), material)]),
            made: Mutex::default(),
            scripts: Mutex::default(),
            core: String::new(),
            foreign: false,
            shown: directory.path().to_owned(),
            copies: None,
        };
        let root = directory.path().display();
        let text = format!("a {path} b /repx-host/jq/bin/jq /nix/store/other/y");
        let settled = store.settled_text(&text).unwrap();
        let file = format!("{root}/00000000000000000000000000000000-x");
        assert_eq!(settled, format!("a {file} b {root}/host/jq/bin/jq /nix/store/other/y"));
        assert_eq!(fs::read(file).unwrap(), b"hello");
        assert!(matches!(store.settled(b"none"), Ok(Cow::Borrowed(b"none"))));
    }
}
