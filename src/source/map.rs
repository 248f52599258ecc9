//! All files of a session, in one space of offsets.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

use super::{Span, nix_place, seen, text_of_bytes};

/// One file's text and where it begins in the shared space.
#[derive(Debug)]
pub struct SourceFile {
    path: PathBuf,
    /// Read when somebody wants to see it, if it wasn't needed before.
    text: OnceLock<String>,
    length: u32,
    again: Option<ReadAgain>,
    start: u32,
    lines: OnceLock<Box<[u32]>>,
    /// Lines as Nix counts them, where that makes a difference.
    nix_lines: OnceLock<Option<Box<[u32]>>>,
}

/// Where the first file of a map begins.
const FIRST: u32 = 1;

/// How a text that nobody needed to see is read when somebody does.
pub type ReadAgain = fn(&Path) -> std::io::Result<Vec<u8>>;

/// The files together are larger than the 4 GiB that spans can address.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
#[error("the source files of this session exceed 4 GiB")]
pub struct SourceFull;

/// A place as people say it. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl SourceFile {
    /// The path it was read from (`«string»` for an expression given on the command line).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole text. Nothing, if it has not been read before and is no more what it was.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let bytes = self.again.and_then(|again| again(&self.path).ok());
            let text = bytes.map(|bytes| text_of_bytes(&bytes));
            text.filter(|text| text.len() == self.length as usize).unwrap_or_default()
        })
    }

    /// Offset of its first byte.
    pub fn start(&self) -> u32 {
        self.start
    }

    /// The span of the whole file.
    pub fn span(&self) -> Span {
        Span::new(self.start, self.start + self.length)
    }

    /// Offsets within the file at which its lines begin.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text().as_bytes());
            std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect()
        })
    }

    /// Offsets within the file at which its lines begin, as Nix counts them.
    pub(super) fn nix_line_starts(&self) -> &[u32] {
        let own = self.nix_lines.get_or_init(|| {
            let differs = memchr::memchr(b'\r', self.text().as_bytes()).is_some();
            differs.then(|| nix_place::line_starts(self.text()))
        });
        own.as_deref().unwrap_or_else(|| self.line_starts())
    }

    /// Line (from 0) that holds the byte at `local` in this file, and the offset it begins at.
    pub fn line_at(&self, local: u32) -> (usize, u32) {
        let starts = self.line_starts();
        let line = starts.partition_point(|start| *start <= local).saturating_sub(1);
        (line, starts.get(line).copied().unwrap_or(0))
    }
}

/// The files of a session. Files are only ever added, so spans stay valid.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: RwLock<Vec<Arc<SourceFile>>>,
    /// The file that it began with, if it is one of another map.
    first: Option<Arc<SourceFile>>,
    again: Option<ReadAgain>,
    origins: RwLock<Vec<(PathBuf, PathBuf)>>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> SourceMap {
        SourceMap::default()
    }

    /// An empty map of files that may be added without their texts: who wants to see one reads it.
    pub fn reading_again(again: ReadAgain) -> SourceMap {
        SourceMap { again: Some(again), ..SourceMap::default() }
    }

    /// A map that begins with the first file of another one, so that what is known of its places stays true. Who
    /// adds a file of that path and text gets it.
    pub fn beginning_with(file: &Arc<SourceFile>) -> SourceMap {
        let first = Some(file).filter(|file| file.start == FIRST).map(Arc::clone);
        let files = RwLock::new(first.iter().map(Arc::clone).collect());
        SourceMap { files, first, ..SourceMap::default() }
    }

    /// Can files be added without their texts?
    pub fn reads_again(&self) -> bool {
        self.again.is_some()
    }

    /// Adds a file and gives it the next free offsets.
    ///
    /// # Errors
    /// When all files together pass 4 GiB.
    pub fn add(
        &self,
        path: impl Into<PathBuf>,
        text: impl Into<String>,
    ) -> Result<Arc<SourceFile>, SourceFull> {
        let (path, text) = (path.into(), text.into());
        if let Some(first) = &self.first
            && first.path == path
            && first.text() == text
        {
            return Ok(Arc::clone(first));
        }
        let length = u32::try_from(text.len()).map_err(|_| SourceFull)?;
        self.put(path, length, OnceLock::from(text))
    }

    /// As [`SourceMap::add`], of a text that has so many bytes and is not at hand.
    ///
    /// # Errors
    /// As there.
    pub fn add_unread(&self, path: PathBuf, length: u32) -> Result<Arc<SourceFile>, SourceFull> {
        self.put(path, length, OnceLock::new())
    }

    fn put(
        &self,
        path: PathBuf,
        length: u32,
        text: OnceLock<String>,
    ) -> Result<Arc<SourceFile>, SourceFull> {
        let mut files = self.files.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        // One byte between files, so that the end of one is not the start of the next.
        let start = files.last().map_or(FIRST, |file| file.span().end.saturating_add(1));
        start.checked_add(length).and_then(|end| end.checked_add(1)).ok_or(SourceFull)?;
        let (lines, nix_lines, again) = (OnceLock::new(), OnceLock::new(), self.again);
        let file = Arc::new(SourceFile { path, text, length, again, start, lines, nix_lines });
        files.push(Arc::clone(&file));
        Ok(file)
    }

    /// The file that holds this span; `None` for [`Span::NONE`].
    pub fn file(&self, span: Span) -> Option<Arc<SourceFile>> {
        if span.is_none() {
            return None;
        }
        let files = self.files.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let after = files.partition_point(|file| file.start <= span.start);
        let file = files.get(after.checked_sub(1)?)?;
        (span.end <= file.span().end).then(|| Arc::clone(file))
    }

    /// The file read from this path, if one was.
    pub fn by_path(&self, path: &Path) -> Option<Arc<SourceFile>> {
        let files = self.files.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        files.iter().find(|file| file.path == path).map(Arc::clone)
    }

    /// All files, in the order of their places.
    pub fn files(&self) -> Vec<Arc<SourceFile>> {
        self.files.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Notes that what is evaluated as `copy` is `original`, which is what its user knows.
    pub fn add_origin(&self, copy: &Path, original: &Path) {
        let mut origins = self.origins.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !origins.iter().any(|(known, _)| known == copy) {
            origins.push((copy.to_owned(), original.to_owned()));
        }
    }

    /// What is evaluated as a copy of what.
    pub fn origins(&self) -> Vec<(PathBuf, PathBuf)> {
        self.origins.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The path of a file as its user knows it.
    pub fn original(&self, path: &Path) -> PathBuf {
        let origins = self.origins.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let found = origins.iter().find_map(|(copy, original)| {
            let rest = path.strip_prefix(copy).ok()?;
            Some(if rest.as_os_str().is_empty() { original.clone() } else { original.join(rest) })
        });
        found.unwrap_or_else(|| path.to_owned())
    }

    /// A message in which paths are those the user knows.
    pub fn with_originals(&self, mut text: String) -> String {
        let origins = self.origins.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (copy, original) in origins.iter() {
            let copy = copy.to_string_lossy();
            if text.contains(&*copy) {
                text = text.replace(&*copy, &original.to_string_lossy());
            }
        }
        text
    }

    /// Where the span begins, as people say it.
    pub fn locate(&self, span: Span) -> Option<Location> {
        let file = self.file(span)?;
        let local = span.start - file.start;
        let (line, start) = file.line_at(local);
        let column = seen(file.text().get(start as usize..local as usize)?).chars().count();
        Some(Location { path: file.path.clone(), line: line as u32 + 1, column: column as u32 + 1 })
    }

    /// The text of a span.
    pub fn text(&self, span: Span) -> Option<String> {
        let file = self.file(span)?;
        let range = (span.start - file.start) as usize..(span.end - file.start) as usize;
        file.text().get(range).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_shown_as_what_was_copied() {
        let map = SourceMap::new();
        map.add_origin(Path::new("/store/x-source"), Path::new("/home/me/lab"));
        assert_eq!(map.original(Path::new("/store/x-source/a")), Path::new("/home/me/lab/a"));
        assert_eq!(map.original(Path::new("/store/x-source2/a")), Path::new("/store/x-source2/a"));
        let text = "no '/store/x-source/a' here".to_owned();
        assert_eq!(map.with_originals(text), "no '/home/me/lab/a' here");
    }

    #[test]
    fn a_file_may_be_in_two_maps() {
        let (one, other) = (SourceMap::new(), SourceMap::new());
        let (a, b) = (one.add("/a", "some text").unwrap(), one.add("/b", "more").unwrap());
        let next = SourceMap::beginning_with(&a);
        assert!(next.file(a.span()).is_some_and(|file| Arc::ptr_eq(&file, &a)));
        assert!(Arc::ptr_eq(&next.add("/a", "some text").unwrap(), &a));
        let changed = next.add("/a", "other").unwrap();
        assert!(changed.start() > a.span().end);
        // Elsewhere it would lie where other files are.
        assert!(SourceMap::beginning_with(&b).files().is_empty());
        assert!(other.files().is_empty());
    }

    #[test]
    fn what_was_not_read_is_read_to_be_seen() {
        let map = SourceMap::reading_again(|path| match path.to_str() {
            Some("/a") => Ok(b"one\ntwo".to_vec()),
            Some("/changed") => Ok(b"other".to_vec()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        });
        for (path, text) in [("/a", "one\ntwo"), ("/changed", ""), ("/gone", "")] {
            let file = map.add_unread(path.into(), 7).unwrap();
            let last = Span::new(file.start() + 4, file.start() + 7);
            assert_eq!(file.span(), Span::new(file.start(), file.start() + 7));
            assert_eq!(map.text(last).as_deref(), (!text.is_empty()).then_some("two"));
            assert_eq!(file.text(), text);
            assert_eq!(map.nix_place(last).unwrap().line, if text.is_empty() { 1 } else { 2 });
        }
    }

    #[test]
    fn spans_find_their_file_and_line() {
        let map = SourceMap::new();
        let a = map.add("a.nix", "one\ntwo\n").unwrap();
        let b = map.add("b.nix", "é x").unwrap();
        let two = Span::new(a.start() + 4, a.start() + 7);
        let x = Span::new(b.start() + 3, b.start() + 4);
        assert_eq!(map.text(two).as_deref(), Some("two"));
        assert_eq!(map.locate(two).map(|l| (l.line, l.column)), Some((2, 1)));
        assert_eq!(map.locate(x).map(|l| (l.path, l.line, l.column)), Some(("b.nix".into(), 1, 3)));
        assert_eq!(map.locate(Span::NONE), None);
        let stray = map.add("c.nix", crate::source::text_of_bytes(b"\"\xff\" x")).unwrap();
        let x = Span::new(stray.span().end - 1, stray.span().end);
        assert_eq!(map.locate(x).map(|l| l.column), Some(5));
        assert_eq!(map.nix_place(x).map(|place| place.column), Some(5));
        let across = Span::new(two.start, x.end);
        assert!(map.file(across).is_none(), "a span lies in one file");
        let end = Span::new(a.span().end, a.span().end);
        assert_eq!(map.file(end).unwrap().path(), Path::new("a.nix"));
    }
}
