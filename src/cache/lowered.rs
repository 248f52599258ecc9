//! Lowered files, in a few files of many each.
//!
//! A process reads the segments that are there when it first asks, and leaves at its end one more
//! with what it had to lower itself. So that there are never many, it takes over what small
//! segments hold and removes them: each that stays is at least twice as large as all smaller ones
//! together. A segment appears under its name when it is complete and is never changed; who has
//! it open goes on reading it after it was removed. Processes that do this at the same time may
//! keep something twice, never lose more than time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::files::{FORGOTTEN, entries, is_older, remove, remove_unfinished};
use super::hash_of;
use super::segment::{Draft, Segment};
use crate::lower::packed::FORMAT;
use crate::session::{FileCache, FileKey};

/// All segments together are not larger than this; when they would be, all are dropped.
const MOST_BYTES: u64 = 256 << 20;

/// A segment stays if it is larger than this many times what is smaller.
const RATIO: u64 = 2;

const SEGMENT: &str = "pack";
const OURS: &str = "lowered-";

/// Lowered files kept in a directory. See the module's own description.
pub struct LoweredFiles {
    /// All caches of repx.
    parent: PathBuf,
    /// This version's.
    directory: PathBuf,
    segments: OnceLock<Vec<Segment>>,
    found: AtomicUsize,
    missed: AtomicUsize,
    added: Mutex<Draft>,
}

impl LoweredFiles {
    /// The cache below a directory, which needn't exist. Nothing is read or written yet.
    pub fn new(parent: &Path) -> LoweredFiles {
        LoweredFiles {
            parent: parent.to_owned(),
            directory: parent.join(format!("{OURS}{FORMAT}")),
            segments: OnceLock::new(),
            found: AtomicUsize::new(0),
            missed: AtomicUsize::new(0),
            added: Mutex::default(),
        }
    }

    /// How many files were found, and how many were not.
    pub fn uses(&self) -> (usize, usize) {
        (self.found.load(Ordering::Relaxed), self.missed.load(Ordering::Relaxed))
    }

    /// Writes what has been added. Where that is not possible, nothing happens.
    pub fn save(&self) {
        let mut draft = std::mem::take(&mut *self.added());
        if draft.size() == 0 || std::fs::create_dir_all(&self.directory).is_err() {
            return;
        }
        self.clean();
        let old = self.make_room(&mut draft);
        if let Some(written) = draft.write(&self.directory, SEGMENT) {
            old.iter().filter(|path| **path != written).for_each(|path| remove(path));
        }
    }

    fn added(&self) -> MutexGuard<'_, Draft> {
        self.added.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The segments that are sound, the largest first, where most is found; and the others.
    fn open(&self) -> (Vec<Segment>, Vec<PathBuf>) {
        let (mut sound, mut others) = (Vec::new(), Vec::new());
        for path in entries(&self.directory, SEGMENT) {
            match Segment::open(&path) {
                Some(segment) => sound.push(segment),
                None => others.push(path),
            }
        }
        sound.sort_unstable_by_key(|segment| std::cmp::Reverse(segment.size()));
        (sound, others)
    }

    /// Takes over what small segments hold. Those that are not needed any more are returned.
    fn make_room(&self, draft: &mut Draft) -> Vec<PathBuf> {
        let (mut segments, mut old) = self.open();
        let size: u64 = segments.iter().map(Segment::size).sum();
        if size + draft.size() > MOST_BYTES {
            old.extend(segments.iter().map(|segment| segment.path().to_owned()));
            return old;
        }
        while let Some(smallest) = segments.pop() {
            if smallest.size() > RATIO * draft.size() {
                break;
            }
            // A damaged segment gives what is sound in it.
            for key in smallest.keys() {
                if let Some(bytes) = smallest.find(key) {
                    draft.add(key, bytes);
                }
            }
            old.push(smallest.path().to_owned());
        }
        old
    }

    /// Removes what killed processes and other versions have left behind, if it is old.
    fn clean(&self) {
        remove_unfinished(&self.directory, FORGOTTEN);
        let Ok(others) = std::fs::read_dir(&self.parent) else {
            return;
        };
        for other in others.flatten() {
            let ours = other.file_name().to_str().is_some_and(|name| name.starts_with(OURS));
            if ours && other.path() != self.directory && is_older(&other.path(), FORGOTTEN) {
                // Somebody else may be faster.
                let _ = std::fs::remove_dir_all(other.path());
            }
        }
    }
}

impl FileCache for LoweredFiles {
    fn key(&self, parts: &[&[u8]]) -> FileKey {
        let mut key = [0; 16];
        hash_of(parts.iter().copied()).finalize_xof().fill(&mut key);
        FileKey(key)
    }

    fn find(&self, key: FileKey) -> Option<Vec<u8>> {
        let segments = self.segments.get_or_init(|| self.open().0);
        let found = segments.iter().find_map(|segment| segment.find(key));
        let counter = if found.is_some() { &self.found } else { &self.missed };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn keep(&self, key: FileKey, bytes: Vec<u8>) {
        self.added().add(key, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> FileKey {
        FileKey([n; 16])
    }

    fn cache(parent: &Path) -> LoweredFiles {
        LoweredFiles::new(parent)
    }

    fn add(parent: &Path, n: u8, bytes: &[u8]) {
        let cache = cache(parent);
        cache.keep(key(n), bytes.to_vec());
        cache.save();
    }

    fn segments(parent: &Path) -> Vec<PathBuf> {
        entries(&cache(parent).directory, SEGMENT)
    }

    #[test]
    fn what_one_process_keeps_another_finds() {
        let home = tempfile::tempdir().unwrap();
        let early = cache(home.path());
        assert_eq!(early.find(key(1)), None);
        add(home.path(), 1, b"one");
        add(home.path(), 2, b"two");
        assert_eq!(cache(home.path()).find(key(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(cache(home.path()).find(key(2)).as_deref(), Some(&b"two"[..]));
        assert_eq!(cache(home.path()).find(key(3)), None);
        assert_eq!(early.find(key(1)), None, "a process sees the segments of its first look");
    }

    #[test]
    fn segments_stay_few_and_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        for n in 0..200 {
            add(home.path(), n, &[n; 500]);
            assert!(segments(home.path()).len() <= 8);
        }
        let late = cache(home.path());
        for n in 0..200 {
            assert_eq!(late.find(key(n)), Some(vec![n; 500]), "{n}");
        }
    }

    #[test]
    fn a_segment_that_was_removed_is_still_read() {
        let home = tempfile::tempdir().unwrap();
        add(home.path(), 1, b"one");
        let reader = cache(home.path());
        assert!(reader.find(key(9)).is_none());
        std::fs::remove_dir_all(home.path()).unwrap();
        assert_eq!(reader.find(key(1)).as_deref(), Some(&b"one"[..]));
    }

    #[test]
    fn writers_at_the_same_time_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let home = home.path();
                scope.spawn(move || (0..25).for_each(|n| add(home, writer * 25 + n, &[n; 64])));
            }
        });
        let late = cache(home.path());
        let found = (0..100).filter(|n| late.find(key(*n)).is_some()).count();
        assert_eq!(found, 100);
        for n in 0..100 {
            assert_eq!(late.find(key(n)), Some(vec![n % 25; 64]), "{n}");
        }
    }

    #[test]
    fn damage_of_any_byte_is_a_miss() {
        let home = tempfile::tempdir().unwrap();
        add(home.path(), 1, b"some bytes that were kept");
        let path = segments(home.path()).remove(0);
        let sound = std::fs::read(&path).unwrap();
        let look = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            cache(home.path()).find(key(1))
        };
        assert!(look(&sound).is_some());
        for at in 0..sound.len() {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = sound.clone();
                damaged[at] ^= flip;
                assert_eq!(look(&damaged), None, "byte {at} flipped by {flip}");
            }
        }
        for length in 0..sound.len() {
            assert_eq!(look(&sound[..length]), None, "cut to {length}");
        }
        // The next to write something replaces what is damaged.
        look(&sound[..20]);
        add(home.path(), 2, b"two");
        assert_eq!(segments(home.path()).len(), 1);
        assert!(cache(home.path()).find(key(2)).is_some());
    }

    #[test]
    fn where_nothing_can_be_written_nothing_happens() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        std::fs::write(&file, "").unwrap();
        add(&file, 1, b"one");
        assert_eq!(cache(&file).find(key(1)), None);
    }

    #[test]
    fn keys_tell_parts_apart() {
        let home = tempfile::tempdir().unwrap();
        let cache = cache(home.path());
        assert_ne!(cache.key(&[b"ab", b"c"]), cache.key(&[b"a", b"bc"]));
        assert_eq!(cache.key(&[b"ab", b"c"]), cache.key(&[b"ab", b"c"]));
    }
}
