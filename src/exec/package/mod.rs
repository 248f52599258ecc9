//! A lab's jobs as a directory that upstream's tools read, and this program too.
//!
//! `lab/lab-metadata.json` names all files with their hashes and is written last: without it there is no lab.
//! `revision/` says what the jobs are (`metadata`), `jobs/<name>/bin/` holds what they run, `store/` what that needs,
//! `host-tools/` programs that upstream's tools use (`tools`), `images/` container images (`image`).

mod image;
pub(super) mod metadata;
mod tools;

pub use image::unpack as unpack_images;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::plan::Plan;
use super::script;
use super::store::{Before, Store};
use crate::store::{Hash, HashAlgo, Hasher, StorePath};
use crate::sweep::{JobView, Listing, Source};

/// The file that makes a directory a lab.
const MANIFEST: &str = "lab/lab-metadata.json";
/// The listing, as this program keeps it.
const LISTING: &str = "lab/repx-listing";
/// The version of upstream's format.
const FORMAT: &str = "0.5.0";
const README: &str = "A RepX lab: jobs and all that they run. `repx run --lab` runs it.\n";

/// What was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// What the manifest calls it.
    pub id: String,
    /// Jobs.
    pub jobs: usize,
    /// Where its container images are.
    pub images: BTreeSet<String>,
    /// Files, each of which is in the manifest.
    pub files: usize,
}

/// Is this directory one that [`write_lab`] wrote?
pub fn is_package(path: &Path) -> bool {
    path.join(MANIFEST).is_file()
}

/// The listing of a lab directory, as bytes; `None` if it is another program's.
///
/// # Errors
/// When it can't be read.
pub fn packaged_listing(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path.join(LISTING)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the directory ready to be written: what was there is no lab any more.
///
/// # Errors
/// When something else is there, or the system refuses.
pub fn begin(root: &Path) -> io::Result<()> {
    let occupied = !is_package(root)
        && !root.join("lab").is_dir()
        && fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        let message = "there is something else than a lab in it";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
    }
    ["lab", "store"].iter().try_for_each(|folder| fs::create_dir_all(root.join(folder)))?;
    match fs::remove_file(root.join(MANIFEST)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    for folder in ["jobs", "revision", "host-tools"] {
        match fs::remove_dir_all(root.join(folder)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => fs::create_dir_all(root.join(folder))?,
        }
    }
    Ok(())
}

/// Writes the lab to a directory that was made [ready](begin), whose `store` is this one. `images` are those of the
/// runs, which are [there](unpack_images), `stored` is the listing for [`packaged_listing`].
///
/// # Errors
/// When the system refuses.
pub fn write_lab(
    (listing, plan): (&Listing, &Plan),
    root: &Path,
    store: &Store,
    images: &[Option<StorePath>],
    stored: &[u8],
) -> io::Result<Written> {
    let images: Vec<Option<String>> =
        images.iter().map(|image| image.as_ref().map(image::place)).collect();
    let mut package = Package { root, files: BTreeMap::new(), hashed: HashMap::new() };
    for view in plan.jobs().filter_map(|job| listing.job(job)) {
        package.job(listing, &view, store)?;
    }
    for (index, run) in listing.runs.iter().enumerate() {
        let file = format!("revision/metadata-{}.json", run.name);
        let image = images.get(index).and_then(Option::as_deref);
        package.write(&file, |out| metadata::run(out, listing, index, image))?;
    }
    package.write("revision/metadata-top.json", |out| metadata::top(out, listing))?;
    package.write("readme/README.md", |out| out.write_all(README.as_bytes()))?;
    package.write(LISTING, |out| out.write_all(stored))?;
    tools::write(&root.join("host-tools"))?;
    package.add_tree(&root.join("store"))?;
    let images: BTreeSet<String> = images.into_iter().flatten().collect();
    for image in &images {
        package.add_tree(&root.join(image))?;
    }
    let jobs = plan.len();
    let (id, files) = package.finish(listing)?;
    Ok(Written { id, jobs, images, files })
}

/// A lab directory that is being written.
struct Package<'p> {
    root: &'p Path,
    /// All files below the root, with their hashes.
    files: BTreeMap<String, String>,
    /// Hashes of files in the store, which many jobs and images share.
    hashed: HashMap<PathBuf, String>,
}

impl Package<'_> {
    fn job(&mut self, listing: &Listing, view: &JobView<'_>, store: &Store) -> io::Result<()> {
        let folder = format!("jobs/{}", view.name());
        fs::create_dir_all(self.root.join(&folder).join("bin"))?;
        let params = metadata::params(view).to_string();
        let before = Before { lines: defaults(view, store)?, files: store.files(&params)? };
        for (program, part, text) in metadata::programs(view) {
            let packages = view.block().packages(&part);
            let script = store.script(&program, &text, packages, &before)?;
            self.link(&script, &format!("{folder}/bin/{program}"))?;
        }
        let file = format!("{folder}/{}-parameters.json", view.pname());
        self.write(&file, |out| out.write_all(params.as_bytes()))?;
        let upstream = metadata::dependencies(listing, view).to_string();
        let file = format!("{folder}/nix-input-dependencies.json");
        self.write(&file, |out| out.write_all(upstream.as_bytes()))
    }

    /// Puts a file of the store where a job has it.
    fn link(&mut self, from: &Path, to: &str) -> io::Result<()> {
        let target = self.root.join(to);
        if fs::hard_link(from, &target).is_err() {
            fs::copy(from, &target)?;
        }
        let hash = match self.hashed.get(from) {
            Some(hash) => hash.clone(),
            None => {
                let hash = hash(from)?;
                self.hashed.insert(from.to_owned(), hash.clone());
                hash
            }
        };
        self.files.insert(to.to_owned(), hash);
        Ok(())
    }

    fn write(
        &mut self,
        file: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.root.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut out = Hashed {
            out: BufWriter::new(File::create(&path)?),
            hasher: Hasher::new(HashAlgo::Sha256),
        };
        write(&mut out)?;
        out.flush()?;
        self.files.insert(file.to_owned(), out.hasher.finish().base16());
        Ok(())
    }

    /// All files of a directory. Links to this machine's programs are no files, those of images to their layers are.
    fn add_tree(&mut self, directory: &Path) -> io::Result<()> {
        let mut left = vec![directory.to_owned()];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(&directory)? {
                let entry = entry?;
                let (path, kind) = (entry.path(), entry.file_type()?);
                if kind.is_dir() {
                    left.push(path);
                    continue;
                }
                let inner = path.strip_prefix(self.root).unwrap_or(&path).display().to_string();
                let file = match image::layer_of(self.root, &path) {
                    Some(layer) => layer,
                    None if kind.is_file() => path,
                    None => continue,
                };
                let hash = match self.hashed.get(&file) {
                    Some(hash) => hash.clone(),
                    None => hash(&file)?,
                };
                self.files.insert(inner, hash.clone());
                self.hashed.insert(file, hash);
            }
        }
        Ok(())
    }

    /// Says what all of it is.
    fn finish(self, listing: &Listing) -> io::Result<(String, usize)> {
        let mut id = Hasher::new(HashAlgo::Sha256);
        for (file, hash) in &self.files {
            id.update(format!("{file}\0{hash}\n").as_bytes());
        }
        let id: String = id.finish().base16().chars().take(32).collect();
        let files = self.files.iter().map(|(path, hash)| json!({ "path": path, "sha256": hash }));
        let manifest = json!({
            "labId": id,
            "lab_version": listing.lab.version,
            "metadata": "revision/metadata-top.json",
            "files": files.collect::<Vec<_>>(),
        });
        let unfinished = self.root.join("lab/.lab-metadata");
        fs::write(&unfinished, manifest.to_string())?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(unfinished, self.root.join(MANIFEST))?;
        Ok((id, self.files.len()))
    }
}

/// Assignments of the inputs that nothing is wired to: upstream's tools don't give them.
fn defaults(view: &JobView<'_>, store: &Store) -> io::Result<String> {
    let mut lines = String::new();
    for (name, source) in view.inputs() {
        if let Source::Default(text) = source {
            let text = script::quoted(&store.shown_text(text)?);
            lines.push_str(&format!("inputs[{}]={text}\n", script::quoted(name)));
        }
    }
    Ok(lines)
}

/// Hashes what goes through it.
struct Hashed {
    out: BufWriter<File>,
    hasher: Hasher,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::new(HashAlgo::Sha256);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finish().base16());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
}

/// A name for something that consists of these words.
fn name_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let text: Vec<&str> = words.collect();
    Hash::digest(HashAlgo::Sha256, text.join("\n").as_bytes()).base16()
}
