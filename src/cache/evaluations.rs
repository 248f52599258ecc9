//! Results of evaluations, each with all that was asked of the machine for it.
//!
//! ```text
//! KEY.reads         magic · checksum │ key · hash and length of the value · questions and answers
//! KEY-HASH.value    the value, to which the hash is the checksum
//! ```
//!
//! The key stands for what an evaluation is started with: the lab, the arguments, the sources of
//! this program. What it then learned from the machine are its reads ([`Reads`]): when all
//! questions are still answered alike, the value is what evaluating again would give. Files
//! appear whole under their names and are never changed; whoever writes last is heard. Reads and
//! value are two files so that stamps can be renewed without writing the value again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::files::{FORGOTTEN, entries, is_older, remove, remove_unfinished, write_whole};
use super::hash_of;
use crate::bytes::{Reader, Writer};
use crate::world::{Change, Reads, Thoroughness, World};

/// What decides what a value is and how it is written: a hash of all sources of this program.
const VERSION: &str = env!("REPX_SOURCES");

/// Begins a file of reads; the last byte is the version of this layout.
const MAGIC: &[u8; 8] = b"repxrds\x01";

/// All files together are not larger than this for long.
const MOST_BYTES: u64 = 512 << 20;

/// A value larger than this is not worth its place.
pub const LARGEST: usize = 128 << 20;

/// What hasn't been finished for so long will not be.
pub(super) const ABANDONED: Duration = Duration::from_hours(1);

const READS: &str = "reads";
const VALUE: &str = "value";

/// What an evaluation is started with, as a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EvaluationKey([u8; 32]);

/// Results kept in a directory. See the module's own description.
pub struct Evaluations {
    directory: PathBuf,
}

/// What became of looking for a result.
#[derive(Debug)]
pub struct Lookup {
    /// The value, if it is the one that evaluating would give.
    pub value: Option<Vec<u8>>,
    /// How it stands.
    pub state: State,
    /// What was asked for the value when it was made.
    pub reads: Reads,
    /// How many files and directories had to be read again to be sure.
    pub compared: usize,
}

/// How it stands with a result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// It is as evaluating would give it.
    Same,
    /// The machine answers otherwise now.
    Changed(Vec<Change>),
    /// None is kept.
    Absent,
    /// What is kept can't be read.
    Damaged,
}

impl EvaluationKey {
    /// The key that stands for these parts, for this version of the program, and for the kind of
    /// machine: a cache may be shared by several.
    pub fn new(parts: &[&[u8]]) -> EvaluationKey {
        let own = [VERSION, std::env::consts::ARCH, std::env::consts::OS].map(str::as_bytes);
        let all = own.into_iter().chain(parts.iter().copied());
        EvaluationKey(*hash_of(all).finalize().as_bytes())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as the name of a file.
    pub(super) fn name(self) -> String {
        let hex = blake3::Hash::from(self.0).to_hex();
        hex.get(..32).unwrap_or(&hex).to_owned()
    }
}

/// What a file of reads says.
struct Kept {
    hash: blake3::Hash,
    length: u64,
    reads: Reads,
}

impl Lookup {
    fn without(state: State, reads: Reads) -> Lookup {
        Lookup { value: None, state, reads, compared: 0 }
    }
}

impl Evaluations {
    /// The results below a directory, which needn't exist.
    pub fn new(parent: &Path) -> Evaluations {
        Evaluations { directory: parent.join("evaluations") }
    }

    /// Looks for the result of an evaluation. `world` is the machine that was recorded.
    pub fn find(
        &self,
        key: EvaluationKey,
        world: &dyn World,
        thoroughness: Thoroughness,
    ) -> Lookup {
        let path = self.reads_path(key);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error)
                if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory]
                    .contains(&error.kind()) =>
            {
                return Lookup::without(State::Absent, Reads::default());
            }
            Err(_) => return Lookup::without(State::Damaged, Reads::default()),
        };
        let Some(mut kept) = Kept::parse(&bytes, key) else {
            remove(&path);
            return Lookup::without(State::Damaged, Reads::default());
        };
        let checked = kept.reads.check(world, thoroughness);
        if !checked.changes.is_empty() {
            return Lookup::without(State::Changed(checked.changes), kept.reads);
        }
        let Some(value) = self.value(key, &kept) else {
            remove(&path);
            return Lookup::without(State::Damaged, kept.reads);
        };
        if checked.better {
            // Where that is not possible, the same files are read again the next time.
            let _ = write_whole(&path, kept.parts(key).each_ref().map(Vec::as_slice));
        }
        let compared = checked.compared;
        Lookup { value: Some(value), state: State::Same, reads: kept.reads, compared }
    }

    /// Keeps a result, if it isn't too large.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, key: EvaluationKey, reads: Reads, value: &[u8]) -> io::Result<bool> {
        if value.len() > LARGEST {
            return Ok(false);
        }
        std::fs::create_dir_all(&self.directory)?;
        let kept = Kept { hash: blake3::hash(value), length: value.len() as u64, reads };
        let place = self.value_path(key, kept.hash);
        // The value first: reads never name one that was not there.
        let written = write_whole(&place, [value]).and_then(|()| {
            let parts = kept.parts(key);
            write_whole(&self.reads_path(key), parts.each_ref().map(Vec::as_slice))
        });
        self.clean(key, &place);
        written.map(|()| true)
    }

    fn value(&self, key: EvaluationKey, kept: &Kept) -> Option<Vec<u8>> {
        let path = self.value_path(key, kept.hash);
        // Before memory is asked for.
        if std::fs::metadata(&path).ok()?.len() != kept.length {
            return None;
        }
        let value = std::fs::read(&path).ok()?;
        (blake3::hash(&value) == kept.hash).then_some(value)
    }

    fn reads_path(&self, key: EvaluationKey) -> PathBuf {
        self.directory.join(format!("{}.{READS}", key.name()))
    }

    fn value_path(&self, key: EvaluationKey, hash: blake3::Hash) -> PathBuf {
        let hash = hash.to_hex();
        self.directory.join(format!("{}-{}.{VALUE}", key.name(), hash.get(..32).unwrap_or(&hash)))
    }

    /// Removes other values of this key, what is old, and if all is too much, the oldest.
    fn clean(&self, key: EvaluationKey, current: &Path) {
        let own = key.name();
        remove_unfinished(&self.directory, ABANDONED);
        let kept = [READS, VALUE].iter().flat_map(|ending| entries(&self.directory, ending));
        let mut left: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for path in kept {
            let file = path.file_name().unwrap_or_default().as_encoded_bytes();
            let superseded = file.starts_with(own.as_bytes())
                && path != current
                && path.extension().is_some_and(|ending| ending == VALUE);
            if superseded || is_older(&path, FORGOTTEN) {
                remove(&path);
            } else if let Ok(meta) = std::fs::metadata(&path) {
                left.push((meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len(), path));
            }
        }
        let mut size: u64 = left.iter().map(|(_, size, _)| size).sum();
        if size > MOST_BYTES {
            left.sort_unstable();
            for (_, bytes, path) in left.iter().filter(|(_, _, path)| path != current) {
                if size <= MOST_BYTES / 2 {
                    break;
                }
                remove(path);
                size -= bytes;
            }
        }
    }
}

impl Kept {
    /// The bytes of a file of reads, in parts.
    fn parts(&self, key: EvaluationKey) -> [Vec<u8>; 3] {
        let mut writer = Writer::new();
        writer.raw(&key.0);
        writer.raw(self.hash.as_bytes());
        writer.number(self.length);
        self.reads.write(&mut writer);
        let body = writer.finish();
        [MAGIC.to_vec(), blake3::hash(&body).as_bytes().to_vec(), body]
    }

    fn parse(bytes: &[u8], key: EvaluationKey) -> Option<Kept> {
        let mut reader = Reader::new(bytes.strip_prefix(MAGIC)?);
        let check: [u8; 32] = reader.array()?;
        if blake3::hash(reader.rest()) != check || reader.array()? != key.0 {
            return None;
        }
        let hash = blake3::Hash::from(reader.array::<32>()?);
        let length = reader.number()?;
        let reads = Reads::read(&mut reader)?;
        reader.is_done().then_some(Kept { hash, length, reads })
    }
}
