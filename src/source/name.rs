//! Interned names.

use std::cell::Cell;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{OnceLock, RwLock};

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

/// An interned byte string: a variable, an attribute, a formal.
///
/// Equal names have equal ids in the whole process, whatever thread or session made them. Nix
/// attribute names are bytes, mostly but not necessarily UTF-8. Ids follow the order of first
/// use, which threads may change: nothing that a user sees may be ordered by them.
///
/// Names are never freed: they are the vocabulary of the labs a process looks at, and that
/// vocabulary is re-used by every evaluation that follows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u32);

const SHARDS: usize = 64;
/// Names are stored in chunks that double in size, so that a stored name never moves and can be
/// read without a lock.
const CHUNKS: usize = 26;
const FIRST_CHUNK: u32 = 64;
static EMPTY: &[u8] = &[];

struct Shard {
    table: RwLock<Table>,
}

struct Table {
    ids: HashTable<u32>,
    /// Where the bytes of the next names go.
    room: &'static mut [u8],
}

/// Names that a shard has room for when it gets its first: growing hashes all of them again.
const FIRST_NAMES: usize = 448;
/// Bytes of names that are asked for at a time.
const ROOM: usize = 4096;

impl Table {
    /// A copy of the bytes that stays for ever.
    fn keep(&mut self, bytes: &[u8]) -> &'static [u8] {
        if bytes.len() > ROOM / 8 {
            return Box::leak(bytes.into());
        }
        if bytes.len() > self.room.len() {
            self.room = Box::leak(vec![0; ROOM].into());
        }
        match std::mem::take(&mut self.room).split_at_mut_checked(bytes.len()) {
            Some((kept, rest)) => {
                self.room = rest;
                kept.copy_from_slice(bytes);
                kept
            }
            None => Box::leak(bytes.into()),
        }
    }
}

struct Interner {
    hasher: DefaultHashBuilder,
    shards: [Shard; SHARDS],
    chunks: [OnceLock<Box<[OnceLock<&'static [u8]>]>>; CHUNKS],
    next: AtomicU32,
}

fn interner() -> &'static Interner {
    static INTERNER: OnceLock<Interner> = OnceLock::new();
    INTERNER.get_or_init(|| Interner {
        hasher: DefaultHashBuilder::default(),
        shards: std::array::from_fn(|_| Shard {
            table: RwLock::new(Table { ids: HashTable::new(), room: &mut [] }),
        }),
        chunks: [const { OnceLock::new() }; CHUNKS],
        next: AtomicU32::new(0),
    })
}

/// Chunk and index within it of the name with this id.
fn place(id: u32) -> (usize, usize) {
    let scaled = id / FIRST_CHUNK + 1;
    let chunk = scaled.ilog2();
    let first = FIRST_CHUNK * ((1 << chunk) - 1);
    (chunk as usize, (id - first) as usize)
}

impl Interner {
    fn kept(&'static self, id: u32) -> &'static &'static [u8] {
        let (chunk, index) = place(id);
        self.chunks
            .get(chunk)
            .and_then(OnceLock::get)
            .and_then(|names| names.get(index))
            .and_then(OnceLock::get)
            .unwrap_or(&EMPTY)
    }

    fn bytes(&'static self, id: u32) -> &'static [u8] {
        self.kept(id)
    }

    fn store(&'static self, bytes: &'static [u8]) -> u32 {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (chunk, index) = place(id);
        let size = (FIRST_CHUNK as usize) << chunk;
        if let Some(cell) = self.chunks.get(chunk) {
            let names = cell.get_or_init(|| (0..size).map(|_| OnceLock::new()).collect());
            if let Some(name) = names.get(index) {
                // The id is fresh, so nobody else can have set this cell.
                let _ = name.set(bytes);
            }
        }
        id
    }

    fn intern(&'static self, bytes: &[u8]) -> u32 {
        let hash = self.hasher.hash_one(bytes);
        // The high bits choose the shard: the table uses the low ones.
        let Some(shard) = self.shards.get((hash >> 48) as usize % SHARDS) else {
            return 0;
        };
        let same = |id: &u32| self.bytes(*id) == bytes;
        let found = |table: &HashTable<u32>| table.find(hash, same).copied();
        {
            let table = shard.table.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(id) = found(&table.ids) {
                return id;
            }
        }
        let mut table = shard.table.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(id) = found(&table.ids) {
            return id;
        }
        let id = self.store(table.keep(bytes));
        if table.ids.capacity() == 0 {
            table.ids.reserve(FIRST_NAMES, |_| 0);
        }
        table.ids.insert_unique(hash, id, |id| self.hasher.hash_one(self.bytes(*id)));
        id
    }
}

/// Names that a thread has met of late stand here. A text names the same few things over and
/// over: most of its names are found without a lock and with half a hash.
const RECENT: usize = 1 << RECENT_BITS;
const RECENT_BITS: u32 = 11;

thread_local! {
    static MET: [Cell<Option<(&'static [u8], Name)>>; RECENT] =
        const { [const { Cell::new(None) }; RECENT] };
}

/// Where a name stands among the recent ones: made of its ends, which is where names differ.
fn recent(bytes: &[u8]) -> usize {
    let ends = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29)
        }
        _ => bytes.iter().fold(0, |ends, byte| ends << 8 | u64::from(*byte)),
    };
    let mixed = (ends ^ bytes.len() as u64).wrapping_mul(MIX);
    (mixed >> (u64::BITS - RECENT_BITS)) as usize
}

/// An odd number whose bits look random: 2^64 divided by the golden ratio.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// A name that is looked up once.
#[derive(Default)]
pub struct NameCell(AtomicU32);

impl NameCell {
    /// The name; `find` is asked for it until it has given one.
    #[inline]
    pub fn get_or(&self, find: impl FnOnce() -> Option<Name>) -> Option<Name> {
        // The id and one, so that zero says that it isn't known.
        match self.0.load(Ordering::Relaxed).checked_sub(1) {
            Some(id) => Some(Name(id)),
            None => {
                let name = find()?;
                self.0.store(name.0.wrapping_add(1), Ordering::Relaxed);
                Some(name)
            }
        }
    }
}

/// A table with names as keys.
pub type NameMap<V> = HashMap<Name, V, BuildHasherDefault<IdHasher>>;

/// Hashes names by their ids, which nobody outside can choose.
#[derive(Clone, Copy, Default, Debug)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        let mixed = (self.0 ^ u64::from(id)).wrapping_mul(MIX);
        // Tables use the highest and the lowest bits.
        self.0 = mixed ^ mixed >> 32;
    }
}

impl Name {
    /// The name with these bytes.
    pub fn new(text: impl AsRef<[u8]>) -> Name {
        let bytes = text.as_ref();
        let met = MET.try_with(|met| {
            let cell = met.get(recent(bytes))?;
            match cell.get() {
                Some((known, name)) if known == bytes => Some(name),
                _ => {
                    let name = Name(interner().intern(bytes));
                    cell.set(Some((name.bytes(), name)));
                    Some(name)
                }
            }
        });
        // Only a thread that is ending has no place for what it meets.
        met.ok().flatten().unwrap_or_else(|| Name(interner().intern(bytes)))
    }

    /// Its bytes.
    pub fn bytes(self) -> &'static [u8] {
        interner().bytes(self.0)
    }

    /// Where its bytes are kept.
    pub fn kept(self) -> &'static &'static [u8] {
        interner().kept(self.0)
    }

    /// Its text, for people: bytes that aren't UTF-8 are replaced.
    pub fn text(self) -> std::borrow::Cow<'static, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// The id, for tables indexed by name.
    pub fn id(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_an_id_across_threads() {
        let all: Vec<Vec<Name>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..5000).map(|i| Name::new(format!("n{i}"))).collect()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap_or_default()).collect()
        });
        for names in &all {
            assert_eq!(names, &all[0]);
            assert_eq!(names.len(), 5000);
            for (i, name) in names.iter().enumerate() {
                assert_eq!(name.text(), format!("n{i}"));
            }
        }
    }

    #[test]
    fn chunks_tile_the_ids() {
        let mut expected = (0, 0);
        for id in 0..1000 {
            assert_eq!(place(id), expected, "id {id}");
            expected.1 += 1;
            if expected.1 == (FIRST_CHUNK as usize) << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
    }
}
