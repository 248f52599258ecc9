//! Archives and derivations: what can be read must be written as it was.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use repx::store::{
    Contents, Derivation, Hash, HashAlgo, NarNode, NarSource, NarTree, StoreDir, nar_hash,
    parse_nar, write_nar,
};

/// Reads the bytes as a NAR and as a derivation.
pub fn store(bytes: &[u8]) {
    archive(bytes);
    derivation(bytes);
}

/// The format has one text for each tree, so an archive that can be read comes back to the byte.
fn archive(bytes: &[u8]) {
    let Ok(tree) = parse_nar(bytes) else { return };
    let mut written = Vec::new();
    let mut source = Tree(&tree);
    write_nar(&mut source, Path::new("/"), &mut written).expect("all of it is there");
    assert!(written == bytes, "the archive is written in another way");
    let hash = nar_hash(&mut source, Path::new("/")).expect("all of it is there");
    assert_eq!(hash, Hash::digest(HashAlgo::Sha256, bytes));
}

/// Other texts may mean the same (the order of environment variables, needless escapes); written
/// once, a derivation must stay as it is.
fn derivation(bytes: &[u8]) {
    let dir = StoreDir::default();
    let Ok(read) = Derivation::parse(&dir, "fuzz", bytes) else { return };
    let Ok(written) = read.to_aterm(&dir) else { return };
    // Nix writes the system without escapes, so one with a quote can't be read back.
    if read.platform.iter().any(|byte| b"\"\\".contains(byte)) {
        return;
    }
    match Derivation::parse(&dir, "fuzz", &written) {
        Ok(again) => {
            assert_eq!(read, again, "written and read again, it is something else");
            assert_eq!(again.to_aterm(&dir).as_ref(), Ok(&written));
        }
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&written)),
    }
    // Neither may fail in another way than by an error.
    let _ = read.path(&dir);
    let _ = read.clone().fill_output_paths(&dir, |_| None);
}

/// A tree that was read, to be written.
struct Tree<'a>(&'a NarTree<'a>);

impl NarSource for Tree<'_> {
    type Error = io::Error;

    fn node(&mut self, path: &Path) -> Result<NarNode, io::Error> {
        let mut tree = self.0;
        for part in path.components().skip(1) {
            let NarTree::Directory(entries) = tree else { return Err(not_found()) };
            let name = part.as_os_str().as_bytes();
            let entry = entries.iter().find(|(entry, _)| *entry == name);
            tree = entry.map(|(_, node)| node).ok_or_else(not_found)?;
        }
        Ok(match tree {
            NarTree::Regular { executable, contents } => NarNode::Regular {
                executable: *executable,
                contents: Contents::Bytes(contents.to_vec()),
            },
            NarTree::Symlink(target) => NarNode::Symlink(target.to_vec()),
            // Backwards: the writer has to sort.
            NarTree::Directory(entries) => {
                NarNode::Directory(entries.iter().rev().map(|(name, _)| name.to_vec()).collect())
            }
        })
    }
}

fn not_found() -> io::Error {
    io::ErrorKind::NotFound.into()
}
