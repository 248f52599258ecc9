//! Gives the binary hashes of sources: of those that decide what a text is lowered to, and of all
//! that decide what a result is. What another version of them has kept is not to be used.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// What a text is lowered to.
const LOWERING: [&str; 3] = ["src/source", "src/syntax", "src/lower"];
/// What a result is: the code, that of libraries too, and the Nix code in it.
const ALL: [&str; 3] = ["src", "nixlib", "Cargo.lock"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rustc-env=REPX_LOWERING={:016x}", hash(&LOWERING)?);
    println!("cargo::rustc-env=REPX_SOURCES={:016x}", hash(&ALL)?);
    Ok(())
}

fn hash(places: &[&str]) -> std::io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    for place in places {
        println!("cargo::rerun-if-changed={place}");
        for file in files(Path::new(place))? {
            file.hash(&mut hasher);
            std::fs::read(file)?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// A file, if it is there, or all files below a directory, in an order that doesn't depend on the machine.
fn files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !directory.is_dir() {
        return Ok(directory.is_file().then(|| directory.to_owned()).into_iter().collect());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}
