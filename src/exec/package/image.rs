//! Container images of a lab, taken apart.
//!
//! `images/<name>/` has what an image's archive has, but for its layers: these are in the lab's `store/`, where images
//! share them, and links lead there. An image whose manifest is there is whole.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;
use tar::Archive;

use crate::store::{StoreDir, StorePath};

/// Where images are in a lab's directory.
pub(super) const IMAGES: &str = "images";
/// Says which layers an image has, in their order.
const MANIFEST: &str = "manifest.json";
/// How names of layers end, below `store`.
const LAYER: &str = "-layer.tar";
/// How what gzip writes begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// No manifest, and no description of an image, is longer.
const LONGEST: u64 = 1 << 26;

/// Where the image at a path of Nix's store is in a lab's directory.
pub(super) fn place(image: &StorePath) -> String {
    format!("{IMAGES}/{}", image.base_name())
}

/// Takes images apart, as far as they aren't there yet; what is left of others goes.
///
/// # Errors
/// Of the first image that can't be: of the kind [`InvalidData`](io::ErrorKind::InvalidData) if it isn't one.
pub fn unpack(root: &Path, images: &BTreeSet<StorePath>) -> Result<(), (StorePath, io::Error)> {
    let others = |name: &str| !images.iter().any(|image| image.base_name() == name);
    // What can't be removed only takes room.
    let _ = remove(&root.join(IMAGES), others);
    let mut layers: BTreeSet<String> = BTreeSet::new();
    for image in images {
        let source = PathBuf::from(StoreDir::default().print(image));
        let names = unpack_one(root, &root.join(place(image)), &source);
        layers.extend(names.map_err(|error| (image.clone(), error))?);
    }
    let _ = remove(&root.join("store"), |name| name.contains(LAYER) && !layers.contains(name));
    // Only goes if there is nothing in it.
    let _ = fs::remove_dir(root.join(IMAGES));
    Ok(())
}

/// Removes entries of a directory.
fn remove(directory: &Path, unwanted: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if unwanted(&name) {
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        }
    }
    Ok(())
}

/// Takes an image apart; gives the names of its layers in `store`.
fn unpack_one(root: &Path, place: &Path, source: &Path) -> io::Result<Vec<String>> {
    if let Ok(manifest) = fs::read(place.join(MANIFEST))
        && let Ok(layers) = layers(&manifest)
        && layers.iter().all(|(path, _)| place.join(path).is_file())
    {
        return Ok(layers.into_iter().map(|(_, name)| name).collect());
    }
    // Left behind half made.
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => fs::create_dir_all(place)?,
    }
    let store = root.join("store");
    let mut written = Vec::new();
    let manifest = extract(source, place, &store, &mut written).inspect_err(|_| {
        // What comes of a damaged archive is not to be taken for a layer.
        for layer in &written {
            let _ = fs::remove_file(layer);
        }
    })?;
    let layers = layers(&manifest)?;
    for (path, name) in &layers {
        if !store.join(name).is_file() {
            return Err(malformed(format!("the layer {path} is not in it")));
        }
        link(place, path, name)?;
    }
    write(&place.join(MANIFEST), &mut manifest.as_slice())?;
    Ok(layers.into_iter().map(|(_, name)| name).collect())
}

/// Writes what is in an image's archive, but for its manifest, which is given.
fn extract(
    source: &Path,
    place: &Path,
    store: &Path,
    written: &mut Vec<PathBuf>,
) -> io::Result<Vec<u8>> {
    let mut archive = Archive::new(plain(BufReader::new(File::open(tarball(source)?)?))?);
    let mut manifest = None;
    for entry in archive.entries()? {
        let mut entry = entry.map_err(damaged)?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().into_owned();
        let path = path.strip_prefix("./").unwrap_or(&path);
        if let Some(name) = layer_name(path) {
            let layer = store.join(name);
            // Layers are called by what is in them.
            if !fs::metadata(&layer).is_ok_and(|known| known.len() == entry.size()) {
                write(&layer, &mut entry)?;
                written.push(layer);
            }
        } else if path.strip_suffix(".json").is_some_and(|stem| !stem.contains('/')) {
            let mut text = Vec::new();
            entry.take(LONGEST).read_to_end(&mut text).map_err(damaged)?;
            match path == MANIFEST {
                true => manifest = Some(text),
                false => write(&place.join(path), &mut text.as_slice())?,
            }
        }
    }
    // Only the end of what was compressed tells whether all of it is as it was.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    manifest.ok_or_else(|| malformed(format!("there is no {MANIFEST} in it")))
}

/// What may be compressed by gzip, as it was before.
fn plain<'r>(mut input: impl BufRead + 'r) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match input.fill_buf()?.starts_with(&GZIP) {
        true => Box::new(MultiGzDecoder::new(input)),
        false => Box::new(input),
    })
}

/// It is no image.
fn malformed(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Says of what can't be read that it is no image, unless the system is to blame.
fn damaged(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            malformed(format!("it is no tar archive, or damaged ({error})"))
        }
        _ => error,
    }
}

/// The archive at a path of Nix's store, or in a directory there.
fn tarball(source: &Path) -> io::Result<PathBuf> {
    if !source.is_dir() {
        return Ok(source.to_owned());
    }
    let entries = fs::read_dir(source)?.collect::<io::Result<Vec<_>>>()?;
    let found = entries.iter().map(fs::DirEntry::path).filter(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".tar") || name.ends_with(".tar.gz")
    });
    found.min().ok_or_else(|| malformed("there is no tar archive in it"))
}

/// The layers that a manifest names: their paths in the archive, their names in `store`.
fn layers(manifest: &[u8]) -> io::Result<Vec<(String, String)>> {
    let manifest: Value = serde_json::from_slice(manifest)
        .map_err(|error| malformed(format!("its {MANIFEST} is no JSON: {error}")))?;
    let paths = manifest.pointer("/0/Layers").and_then(Value::as_array);
    let paths = paths.ok_or_else(|| malformed(format!("its {MANIFEST} names no layers")))?;
    let layer = |path: &Value| {
        let path = path.as_str()?;
        Some((path.to_owned(), layer_name(path)?))
    };
    let layers: Option<Vec<_>> = paths.iter().map(layer).collect();
    layers.ok_or_else(|| malformed("its layers are called in no known way"))
}

/// What a layer is called in `store`: `<hash>/layer.tar` and `<hash>.tar` are known forms.
fn layer_name(path: &str) -> Option<String> {
    let hash = path.strip_suffix("/layer.tar").or_else(|| path.strip_suffix(".tar"))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (!hash.is_empty() && hash.bytes().all(plain)).then(|| format!("{hash}{LAYER}"))
}

/// Makes the link at a layer's path, wherever the lab's directory will be.
fn link(place: &Path, path: &str, name: &str) -> io::Result<()> {
    let link = place.join(path);
    if let Some(parent) = link.parent() {
        fs::create_dir_all(parent)?;
    }
    let up = "../".repeat(2 + path.matches('/').count());
    match symlink(format!("{up}store/{name}"), link) {
        // An image may have the same layer twice.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The layer that a link of an image leads to.
pub(super) fn layer_of(root: &Path, link: &Path) -> Option<PathBuf> {
    let target = fs::read_link(link).ok()?;
    let name = target.file_name().filter(|name| name.to_string_lossy().ends_with(LAYER))?;
    Some(root.join("store").join(name))
}

/// Writes a file whole or not at all.
fn write(path: &Path, from: &mut impl Read) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let mut file = BufWriter::with_capacity(1 << 16, File::create(&unfinished)?);
    io::copy(from, &mut file).map_err(damaged)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    fs::rename(unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image of one layer, whole; and what becomes of it.
    fn image() -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut add = |path: &str, contents: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(contents.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, contents).unwrap();
        };
        add("abc/layer.tar", &[7; 3000]);
        add("config.json", b"{}");
        add("./manifest.json", b"[{\"Layers\":[\"abc/layer.tar\"]}]");
        let plain = archive.into_inner().unwrap();
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&plain).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> (io::Result<Vec<String>>, bool) {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("source.tar.gz");
        fs::write(&source, bytes).unwrap();
        fs::create_dir(root.path().join("store")).unwrap();
        let names = unpack_one(root.path(), &root.path().join("images/x"), &source);
        let layer = fs::read(root.path().join("images/x/abc/layer.tar"));
        (names, layer.is_ok_and(|layer| layer == [7; 3000]))
    }

    #[test]
    fn an_image_is_taken_apart() {
        let (names, linked) = unpacked(&image());
        assert_eq!((names.unwrap(), linked), (vec!["abc-layer.tar".to_owned()], true));
    }

    /// Cut off or changed anywhere.
    #[test]
    fn damage_is_seen() {
        let whole = image();
        for end in 0..whole.len() {
            let (names, _) = unpacked(&whole[..end]);
            assert_eq!(
                names.map_err(|error| error.kind()),
                Err(io::ErrorKind::InvalidData),
                "{end}"
            );
            // Some bytes of gzip's header mean nothing.
            let mut changed = whole.clone();
            changed[end] ^= 0x55;
            assert!(end < 10 || unpacked(&changed).0.is_err(), "{end}");
        }
        for other in [&b"no archive"[..], &[7; 1024]] {
            assert!(unpacked(other).0.is_err());
        }
    }
}
