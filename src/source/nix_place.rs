//! Places as Nix counts them.
//!
//! Nix counts columns in bytes, and takes a lone carriage return for the end of a line. Programs
//! can see its numbers (`__curPos`, `unsafeGetAttrPos`, `toXML`), so they have to be the same;
//! people are better served by [`Location`](super::Location).

use std::path::Path;
use std::sync::Arc;

use super::{SourceFile, SourceMap, Span, bytes_of_text};

/// A line and a column in a file.
#[derive(Clone, Debug)]
pub struct NixPlace {
    file: Arc<SourceFile>,
    /// Line, from 1.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

impl NixPlace {
    /// The file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Is it a text that was never a file, such as `«string»`?
    pub fn is_no_file(&self) -> bool {
        self.file.path().as_os_str().as_encoded_bytes().starts_with("«".as_bytes())
    }

    /// A line of the file by its number, without its end; `None` beyond the last.
    pub fn line_text(&self, line: u32) -> Option<&str> {
        let starts = self.file.nix_line_starts();
        let index = line.checked_sub(1)? as usize;
        let start = *starts.get(index)? as usize;
        let text = self.file.text();
        let end = starts.get(index + 1).map_or(text.len(), |end| *end as usize);
        let whole = text.get(start..end)?;
        let whole = whole.strip_suffix('\n').unwrap_or(whole);
        Some(whole.strip_suffix('\r').unwrap_or(whole))
    }
}

impl SourceMap {
    /// Where the span begins, as Nix says it; `None` for [`Span::NONE`].
    pub fn nix_place(&self, span: Span) -> Option<NixPlace> {
        let file = self.file(span)?;
        let local = span.start - file.start();
        let starts = file.nix_line_starts();
        let line = starts.partition_point(|start| *start <= local).saturating_sub(1);
        let start = starts.get(line).copied().unwrap_or(0);
        let before = file.text().get(start as usize..local as usize);
        let column = before.map_or(local - start, |before| bytes_of_text(before).len() as u32);
        Some(NixPlace { file, line: line as u32 + 1, column: column + 1 })
    }
}

/// Where the lines begin that end with `\n`, `\r\n` or `\r`.
pub(super) fn line_starts(text: &str) -> Box<[u32]> {
    let bytes = text.as_bytes();
    let ends = memchr::memchr2_iter(b'\n', b'\r', bytes);
    let ends =
        ends.filter(|at| bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_bytes_and_carriage_returns_end_lines() {
        let map = SourceMap::new();
        let file = map.add("/a.nix", "é x\ry\r\nz\n").unwrap();
        let place = |text: &str| {
            let start = file.start() + file.text().find(text).unwrap() as u32;
            map.nix_place(Span::new(start, start + 1)).map(|place| (place.line, place.column))
        };
        assert_eq!(place("x"), Some((1, 4)));
        assert_eq!(place("y"), Some((2, 1)));
        assert_eq!(place("z"), Some((3, 1)));
        let any = map.nix_place(file.span()).unwrap();
        let lines: Vec<_> = (0..6).map(|line| any.line_text(line)).collect();
        assert_eq!(lines, [None, Some("é x"), Some("y"), Some("z"), Some(""), None]);
    }
}
