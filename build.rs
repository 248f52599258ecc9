//! Gives the binary a hash of the sources that decide what a text is lowered to. Lowered files
//! that another version of them has made are not to be used.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

const ROOMS: [&str; 3] = ["src/source", "src/syntax", "src/lower"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut hasher = DefaultHasher::new();
    for room in ROOMS {
        println!("cargo::rerun-if-changed={room}");
        for file in files(Path::new(room))? {
            file.hash(&mut hasher);
            std::fs::read(file)?.hash(&mut hasher);
        }
    }
    println!("cargo::rustc-env=REPX_LOWERING={:016x}", hasher.finish());
    Ok(())
}

/// All files below a directory, in an order that doesn't depend on the machine.
fn files(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
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
