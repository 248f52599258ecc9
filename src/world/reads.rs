//! What an evaluation has learned from the machine, as data: questions, and fingerprints of their
//! answers. Whoever gets the same answers to the same questions comes to the same result.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Entry, FileKind, Recording, Stamp, World};
use crate::bytes::{Reader, Writer};

/// A hash of an answer.
pub type Fingerprint = [u8; 32];

/// What can be asked about a path.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Question {
    /// What is there, if anything?
    Kind,
    /// Which bytes does the file have?
    Content,
    /// Which entries does the directory have, and what are they?
    Listing,
    /// Where does the link lead?
    Link,
    /// When was it last modified?
    Modified,
}

/// A question that was asked about a path, and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Fingerprint,
    /// The file's stamp from before it was read: as long as it has this one, the answer is the
    /// same. `None` where that can't be relied on.
    pub stamp: Option<Stamp>,
}

/// All that was asked about a path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PathReads {
    /// The path.
    pub path: PathBuf,
    /// Each question once.
    pub reads: Vec<Read>,
}

/// All that was asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reads {
    /// When: in seconds since 1970. A clock that shows less now has been set back since.
    pub at: i64,
    /// About paths, sorted.
    pub paths: Vec<PathReads>,
    /// About environment variables, sorted: names, and what they held.
    pub variables: Vec<(Vec<u8>, Fingerprint)>,
}

/// Why a result is not one of what was read alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Obstacle {
    /// It depends on the time.
    Time,
    /// It was fetched from elsewhere, which may give another thing the next time.
    Fetched(String),
    /// Nix built it or got it meanwhile: the next time it will be there to be read.
    Built(String),
    /// Nix couldn't be asked about this store path.
    Unasked(String),
    /// It changed while it was read.
    Unsteady(String),
}

impl Question {
    /// All of them; each stands where its number says.
    const ALL: [Question; 5] =
        [Question::Kind, Question::Content, Question::Listing, Question::Link, Question::Modified];

    /// Asks it.
    pub fn ask(self, world: &dyn World, path: &Path) -> Fingerprint {
        match self {
            Question::Kind => of_kind(&world.kind(path)),
            Question::Content => of_content(&world.read_file(path)),
            Question::Listing => of_listing(&world.list_dir(path)),
            Question::Link => of_link(&world.read_link(path)),
            Question::Modified => of_time(&world.modified(path)),
        }
    }
}

/// An answer, or how there was none.
fn fingerprint<T>(answer: &io::Result<T>, hash: impl FnOnce(&T) -> blake3::Hash) -> Fingerprint {
    let hash = match answer {
        Ok(answer) => hash(answer),
        // Kinds of errors have names, but no numbers.
        Err(error) => blake3::keyed_hash(
            b"an answer that was none, of kind",
            format!("{:?}", error.kind()).as_bytes(),
        ),
    };
    *hash.as_bytes()
}

pub(super) fn of_kind(kind: &io::Result<Option<FileKind>>) -> Fingerprint {
    fingerprint(kind, |kind| {
        let code = kind.map(FileKind::code);
        blake3::hash(&[u8::from(code.is_some()), code.unwrap_or_default()])
    })
}

pub(super) fn of_content(content: &io::Result<Vec<u8>>) -> Fingerprint {
    fingerprint(content, |bytes| blake3::hash(bytes))
}

pub(super) fn of_listing(entries: &io::Result<Vec<Entry>>) -> Fingerprint {
    fingerprint(entries, |entries| {
        let mut writer = Writer::new();
        writer.list(entries.iter(), |writer, (name, kind)| {
            writer.text(name);
            writer.byte(kind.code());
        });
        blake3::hash(&writer.finish())
    })
}

pub(super) fn of_link(target: &io::Result<PathBuf>) -> Fingerprint {
    fingerprint(target, |target| blake3::hash(target.as_os_str().as_bytes()))
}

pub(super) fn of_time(time: &io::Result<i64>) -> Fingerprint {
    fingerprint(time, |time| blake3::hash(&time.to_le_bytes()))
}

/// What an environment variable holds.
pub(super) fn of_variable(value: Option<&[u8]>) -> Fingerprint {
    let mut writer = Writer::new();
    writer.maybe(value, Writer::text);
    *blake3::hash(&writer.finish()).as_bytes()
}

impl Reads {
    /// How often this was asked.
    pub fn count(&self, question: Question) -> usize {
        let reads = self.paths.iter().flat_map(|path| &path.reads);
        reads.filter(|read| read.question == question).count()
    }

    /// The same questions, with the answers of now.
    #[must_use]
    pub fn asked_again(&self, world: &dyn World) -> Reads {
        let recording = Recording::without_keeper(world);
        for path in &self.paths {
            for read in &path.reads {
                read.question.ask(&recording, &path.path);
            }
        }
        for (name, _) in &self.variables {
            recording.variable(name);
        }
        recording.finish().0
    }

    /// The questions of both, unless one was answered differently.
    pub fn joined(self, other: &Reads) -> Option<Reads> {
        let mut paths: Vec<PathReads> = Vec::with_capacity(self.paths.len());
        let mut others = other.paths.iter().peekable();
        for mut own in self.paths {
            while let Some(before) = others.next_if(|other| other.path < own.path) {
                paths.push(before.clone());
            }
            if let Some(same) = others.next_if(|other| other.path == own.path) {
                own.join(same)?;
            }
            paths.push(own);
        }
        paths.extend(others.cloned());
        let mut variables = self.variables;
        for (name, value) in &other.variables {
            match variables.binary_search_by(|(known, _)| known.cmp(name)) {
                Ok(at) if variables.get(at).is_some_and(|(_, known)| known == value) => {}
                Ok(_) => return None,
                Err(at) => variables.insert(at, (name.clone(), *value)),
            }
        }
        Some(Reads { at: self.at.max(other.at), paths, variables })
    }

    /// As bytes.
    pub fn write(&self, writer: &mut Writer) {
        writer.signed(self.at);
        let mut before: &[u8] = b"";
        writer.list(self.paths.iter(), |writer, PathReads { path, reads }| {
            // Sorted, they begin as the one before does.
            let path = path.as_os_str().as_bytes();
            let same = path.iter().zip(before).take_while(|(a, b)| a == b).count();
            writer.number(same as u64);
            writer.text(path.get(same..).unwrap_or_default());
            writer.list(reads.iter(), write_read);
            before = path;
        });
        writer.list(self.variables.iter(), |writer, (name, value)| {
            writer.text(name);
            writer.raw(value);
        });
    }

    /// From bytes; `None` if they are none of it.
    pub fn read(reader: &mut Reader<'_>) -> Option<Reads> {
        let at = reader.signed()?;
        let mut path: Vec<u8> = Vec::new();
        let paths = reader.list(|reader| {
            let same = usize::try_from(reader.number()?).ok()?;
            if same > path.len() {
                return None;
            }
            path.truncate(same);
            path.extend_from_slice(reader.text()?);
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(&path));
            Some(PathReads { path, reads: reader.list(read_read)? })
        })?;
        let variables = reader.list(|reader| Some((reader.text()?.to_vec(), reader.array()?)))?;
        Some(Reads { at, paths, variables })
    }
}

impl PathReads {
    fn join(&mut self, other: &PathReads) -> Option<()> {
        for read in &other.reads {
            match self.reads.iter_mut().find(|known| known.question == read.question) {
                None => self.reads.push(read.clone()),
                Some(known) if known.answer != read.answer => return None,
                // Two stamps of one content: either will do, and the later is more likely to be
                // the file's still.
                Some(known) => known.stamp = read.stamp.or(known.stamp),
            }
        }
        Some(())
    }
}

fn write_read(writer: &mut Writer, read: &Read) {
    writer.byte(read.question as u8);
    writer.raw(&read.answer);
    writer.maybe(read.stamp, |writer, stamp| stamp.write(writer));
}

fn read_read(reader: &mut Reader<'_>) -> Option<Read> {
    Some(Read {
        question: *Question::ALL.get(usize::from(reader.byte()?))?,
        answer: reader.array()?,
        stamp: reader.maybe(Stamp::read)?,
    })
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Obstacle::Time => write!(f, "it depends on the time (`builtins.currentTime`)"),
            Obstacle::Fetched(what) => {
                write!(f, "Nix fetched something for it (`{what}`), which may change")
            }
            Obstacle::Built(what) => write!(f, "Nix has just built or fetched '{what}' for it"),
            Obstacle::Unasked(path) => write!(f, "Nix could not be asked about '{path}'"),
            Obstacle::Unsteady(what) => write!(f, "{what} changed while it was read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, question: Question, answer: u8) -> PathReads {
        let read = Read { question, answer: [answer; 32], stamp: None };
        PathReads { path: PathBuf::from(path), reads: vec![read] }
    }

    fn reads(paths: Vec<PathReads>, variables: &[(&str, u8)]) -> Reads {
        let variable = |(name, value): &(&str, u8)| (name.as_bytes().to_vec(), [*value; 32]);
        Reads { at: 0, paths, variables: variables.iter().map(variable).collect() }
    }

    #[test]
    fn questions_are_joined_unless_their_answers_differ() {
        let (kind, content) = (Question::Kind, Question::Content);
        let one = reads(vec![asked("/a", kind, 1), asked("/c", kind, 2)], &[("A", 1), ("C", 2)]);
        let other = reads(vec![asked("/b", kind, 3), asked("/c", content, 4)], &[("B", 3)]);
        let both = one.clone().joined(&other).unwrap();
        let paths: Vec<_> =
            both.paths.iter().map(|path| (path.path.to_str().unwrap(), path.reads.len())).collect();
        assert_eq!(paths, [("/a", 1), ("/b", 1), ("/c", 2)]);
        let names: Vec<_> = both.variables.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(names, [b"A", b"B", b"C"]);
        assert_eq!(both.clone().joined(&both), Some(both.clone()));
        assert_eq!(both.clone().joined(&one), Some(both));
        assert_eq!(one.clone().joined(&reads(vec![asked("/c", kind, 9)], &[])), None);
        assert_eq!(one.joined(&reads(Vec::new(), &[("C", 9)])), None);
    }
}
