//! Reading a NAR: strict (what `write` never writes is refused), bounded in depth, and without copies.

use super::{MAGIC, NAR_MAX_DEPTH, is_entry_name, padding};
use thiserror::Error;

/// The longest name of an entry, and the longest target of a link, that Nix reads.
const MAX_NAME: usize = 255;
const MAX_TARGET: usize = 4095;

/// A file tree read from an archive, borrowing its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NarTree<'a> {
    /// A file.
    Regular {
        /// Whether its owner may execute it.
        executable: bool,
        /// Its bytes.
        contents: &'a [u8],
    },
    /// A directory's entries, in ascending order of their names.
    Directory(Vec<(&'a [u8], NarTree<'a>)>),
    /// A symbolic link's target.
    Symlink(&'a [u8]),
}

/// Why bytes are no NAR.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NarParseError {
    /// The first string is another one.
    #[error("bad archive: input doesn't look like a Nix archive")]
    NoArchive,
    /// The bytes end too early.
    #[error("bad archive: unexpected end of input")]
    Truncated,
    /// Bytes follow the archive.
    #[error("bad archive: {0} bytes follow its end")]
    TrailingBytes(usize),
    /// Bytes that fill up a string aren't zero.
    #[error("bad archive: non-zero padding")]
    NonZeroPadding,
    /// Another keyword was due.
    #[error("bad archive: expected tag '{expected}', got '{found}'")]
    UnexpectedTag {
        /// The keyword, or the keywords, due.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A node that is neither file, directory nor link.
    #[error("bad archive: unknown file type '{0}'")]
    UnknownType(String),
    /// The mark of an executable file has a value.
    #[error("bad archive: executable marker has non-empty value")]
    ExecutableValue,
    /// A name that no file system allows.
    #[error("bad archive: NAR contains invalid file name '{0}'")]
    EntryName(String),
    /// Names out of order, or twice the same.
    #[error("bad archive: NAR directory is not sorted")]
    NotSorted,
    /// A link to nothing, or to a name with a zero byte.
    #[error("bad archive: NAR contains invalid symlink target")]
    SymlinkTarget,
    /// Directories are nested too deeply.
    #[error("bad archive: NAR directory nesting exceeds maximum depth of {NAR_MAX_DEPTH}")]
    TooDeep,
}

/// Reads a whole archive.
pub fn parse_nar(bytes: &[u8]) -> Result<NarTree<'_>, NarParseError> {
    let mut reader = Reader { rest: bytes };
    if reader.string() != Ok(MAGIC) {
        return Err(NarParseError::NoArchive);
    }
    let tree = reader.node(0)?;
    match reader.rest.len() {
        0 => Ok(tree),
        trailing => Err(NarParseError::TrailingBytes(trailing)),
    }
}

/// What is still to be read.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], NarParseError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(NarParseError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// A string with its length before it and its padding behind it.
    fn string(&mut self) -> Result<&'a [u8], NarParseError> {
        let (len, rest) = self.rest.split_first_chunk().ok_or(NarParseError::Truncated)?;
        let len = u64::from_le_bytes(*len);
        self.rest = rest;
        let string = self.take(usize::try_from(len).map_err(|_| NarParseError::Truncated)?)?;
        let zeros = self.take(padding(len))?;
        if zeros.iter().any(|&byte| byte != 0) {
            return Err(NarParseError::NonZeroPadding);
        }
        Ok(string)
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), NarParseError> {
        let found = self.string()?;
        if found == expected.as_bytes() { Ok(()) } else { Err(unexpected(expected, found)) }
    }

    /// A node, from its opening to its closing parenthesis. Recursion is bounded by [`NAR_MAX_DEPTH`].
    fn node(&mut self, depth: usize) -> Result<NarTree<'a>, NarParseError> {
        if depth >= NAR_MAX_DEPTH {
            return Err(NarParseError::TooDeep);
        }
        self.expect("(")?;
        self.expect("type")?;
        match self.string()? {
            b"regular" => self.regular(),
            b"directory" => self.directory(depth),
            b"symlink" => self.symlink(),
            other => Err(NarParseError::UnknownType(lossy(other))),
        }
    }

    fn regular(&mut self) -> Result<NarTree<'a>, NarParseError> {
        let mut tag = self.string()?;
        let executable = tag == b"executable";
        if executable {
            if !self.string()?.is_empty() {
                return Err(NarParseError::ExecutableValue);
            }
            tag = self.string()?;
        }
        if tag != b"contents" {
            return Err(unexpected("contents", tag));
        }
        let contents = self.string()?;
        self.expect(")")?;
        Ok(NarTree::Regular { executable, contents })
    }

    fn directory(&mut self, depth: usize) -> Result<NarTree<'a>, NarParseError> {
        let mut entries: Vec<(&'a [u8], NarTree<'a>)> = Vec::new();
        loop {
            match self.string()? {
                b")" => return Ok(NarTree::Directory(entries)),
                b"entry" => {}
                other => return Err(unexpected("entry' or ')", other)),
            }
            self.expect("(")?;
            self.expect("name")?;
            let name = self.string()?;
            if name.len() > MAX_NAME || !is_entry_name(name) {
                return Err(NarParseError::EntryName(lossy(name)));
            }
            if entries.last().is_some_and(|(previous, _)| *previous >= name) {
                return Err(NarParseError::NotSorted);
            }
            self.expect("node")?;
            entries.push((name, self.node(depth + 1)?));
            self.expect(")")?;
        }
    }

    fn symlink(&mut self) -> Result<NarTree<'a>, NarParseError> {
        self.expect("target")?;
        let target = self.string()?;
        if target.is_empty() || target.len() > MAX_TARGET || target.contains(&0) {
            return Err(NarParseError::SymlinkTarget);
        }
        self.expect(")")?;
        Ok(NarTree::Symlink(target))
    }
}

fn unexpected(expected: &'static str, found: &[u8]) -> NarParseError {
    NarParseError::UnexpectedTag { expected, found: lossy(found) }
}

/// Bytes for an error's eyes: at most a few dozen of them.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes)).into_owned()
}
