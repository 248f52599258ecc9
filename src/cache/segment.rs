//! One file of many entries.
//!
//! ```text
//! magic · number of entries · checksum of the index │ index │ entries
//! ```
//! The index has for each entry, sorted by key: key, offset, length, checksum. All numbers are
//! little-endian. Every byte is covered by a checksum, and none is looked at before it is checked.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::files::write_whole;
use crate::session::FileKey;

/// Begins a file; the last byte is the version of this layout.
const MAGIC: &[u8; 8] = b"repxpak\x01";
const CHECK: usize = 16;
const HEADER: usize = MAGIC.len() + 4 + CHECK;
const ENTRY: usize = 16 + 4 + 4 + CHECK;

fn check(bytes: &[u8]) -> [u8; CHECK] {
    let mut short = [0; CHECK];
    for (to, from) in short.iter_mut().zip(blake3::hash(bytes).as_bytes()) {
        *to = *from;
    }
    short
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// A segment open for reading.
pub(super) struct Segment {
    path: PathBuf,
    file: File,
    size: u64,
    index: Vec<u8>,
}

impl Segment {
    /// Opens a segment, if it is one and its index is sound.
    pub(super) fn open(path: &Path) -> Option<Segment> {
        let file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, 0).ok()?;
        let rest = header.strip_prefix(MAGIC)?;
        let count = word(rest, 0)? as usize;
        // Before memory is asked for: as many entries as it says must have room in the file.
        if (count as u64).checked_mul(ENTRY as u64)? > size {
            return None;
        }
        let mut index = vec![0; count * ENTRY];
        file.read_exact_at(&mut index, HEADER as u64).ok()?;
        let sound = rest.get(4..)? == seal(count as u32, &index);
        sound.then(|| Segment { path: path.to_owned(), file, size, index })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The keys of all entries.
    pub(super) fn keys(&self) -> impl Iterator<Item = FileKey> {
        self.index.chunks_exact(ENTRY).filter_map(key_of)
    }

    /// The bytes of an entry, if there is one with this key and it is sound.
    pub(super) fn find(&self, key: FileKey) -> Option<Vec<u8>> {
        let (entries, _) = self.index.as_chunks::<ENTRY>();
        let at = entries.binary_search_by_key(&Some(key), |entry| key_of(entry)).ok()?;
        let entry = entries.get(at)?;
        let (offset, length) = (word(entry, 16)?, word(entry, 20)?);
        if u64::from(offset) + u64::from(length) > self.size {
            return None;
        }
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, u64::from(offset)).ok()?;
        (entry.get(24..)? == check(&bytes)).then_some(bytes)
    }
}

fn key_of(entry: &[u8]) -> Option<FileKey> {
    entry.get(..16)?.try_into().ok().map(FileKey)
}

/// What the header holds to seal the index.
fn seal(count: u32, index: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&count.to_le_bytes());
    hasher.update(index);
    let mut short = [0; CHECK];
    hasher.finalize_xof().fill(&mut short);
    short
}

/// A segment in the making.
#[derive(Default)]
pub(super) struct Draft {
    entries: BTreeMap<FileKey, Vec<u8>>,
    size: u64,
}

impl Draft {
    /// Adds an entry, unless there is one with its key.
    pub(super) fn add(&mut self, key: FileKey, bytes: Vec<u8>) {
        let size = (ENTRY + bytes.len()) as u64;
        if let std::collections::btree_map::Entry::Vacant(entry) = self.entries.entry(key) {
            entry.insert(bytes);
            self.size += size;
        }
    }

    /// About how large it will be.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Writes it into a directory under a name made of what it holds, and says which.
    pub(super) fn write(&self, directory: &Path, ending: &str) -> Option<PathBuf> {
        let index = self.index()?;
        let count = self.entries.len() as u32;
        let seal = seal(count, &index);
        let path = directory.join(format!("{:032x}.{ending}", u128::from_be_bytes(seal)));
        let count = count.to_le_bytes();
        let head: [&[u8]; 4] = [MAGIC, &count, &seal, &index];
        let parts = head.into_iter().chain(self.entries.values().map(Vec::as_slice));
        write_whole(&path, parts).ok()?;
        Some(path)
    }

    fn index(&self) -> Option<Vec<u8>> {
        let mut index = Vec::with_capacity(self.entries.len() * ENTRY);
        let mut offset = (HEADER + self.entries.len() * ENTRY) as u64;
        for (key, bytes) in &self.entries {
            index.extend_from_slice(&key.0);
            index.extend_from_slice(&u32::try_from(offset).ok()?.to_le_bytes());
            index.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
            index.extend_from_slice(&check(bytes));
            offset += bytes.len() as u64;
        }
        Some(index)
    }
}
