//! Places in a text as clients count them: lines, and in them units of one of three encodings.

use lsp_types::{Position, PositionEncodingKind, Range};

use crate::source::seen;

/// What columns count.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// What every client can do.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The first that a client offers and that costs little; all of them know UTF-16.
    pub(super) fn negotiated(offered: &[PositionEncodingKind]) -> Encoding {
        let known = offered.iter().find_map(|kind| match kind {
            kind if *kind == PositionEncodingKind::UTF8 => Some(Encoding::Utf8),
            kind if *kind == PositionEncodingKind::UTF16 => Some(Encoding::Utf16),
            kind if *kind == PositionEncodingKind::UTF32 => Some(Encoding::Utf32),
            _ => None,
        });
        known.unwrap_or_default()
    }

    /// Its name in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }

    /// Columns of a text without line breaks.
    pub(super) fn length(self, text: &str) -> u32 {
        let units = match self {
            _ if text.is_ascii() => text.len(),
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.encode_utf16().count(),
            Encoding::Utf32 => text.chars().count(),
        };
        units as u32
    }
}

/// Where the lines of a text begin. They end with `\n`, `\r\n` or `\r` alone, as the protocol says.
#[derive(Debug)]
pub(super) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Those of this text.
    pub(super) fn of(text: &str) -> Lines {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b'\n', b'\r', bytes).filter(|at| {
            // The first half of `\r\n` ends nothing yet.
            bytes.get(*at) == Some(&b'\n') || bytes.get(at + 1) != Some(&b'\n')
        });
        Lines { starts: std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect() }
    }

    /// The text of a line, from 0, without what ends it, and where it begins.
    fn line<'t>(&self, text: &'t str, line: usize) -> Option<(&'t str, usize)> {
        let start = *self.starts.get(line)? as usize;
        let end = self.starts.get(line + 1).map_or(text.len(), |end| *end as usize);
        Some((text.get(start..end)?.trim_end_matches(['\n', '\r']), start))
    }

    /// The offset of a place. One behind a line's end is that end, one behind the last line the end of the
    /// text, one within a character its beginning.
    pub(super) fn offset(&self, text: &str, at: Position, encoding: Encoding) -> usize {
        let Some((line, start)) = self.line(text, at.line as usize) else { return text.len() };
        let wanted = at.character as usize;
        if line.is_ascii() {
            return start + wanted.min(line.len());
        }
        let mut units = 0;
        for (offset, c) in line.char_indices() {
            units += encoding.width(c);
            if units > wanted {
                return start + offset;
            }
        }
        start + line.len()
    }

    /// The place of an offset; one behind the end is the end.
    pub(super) fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = offset.min(text.len());
        let line = self.starts.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let start = self.starts.get(line).map_or(0, |start| *start as usize);
        let before = text.get(start..offset).unwrap_or_else(|| {
            // Within a character: its beginning.
            let rest = text.get(start..).unwrap_or_default();
            let ends = rest.char_indices().map(|(at, _)| at).take_while(|at| start + at <= offset);
            rest.get(..ends.last().unwrap_or(0)).unwrap_or_default()
        });
        let before = before.trim_end_matches(['\n', '\r']);
        Position::new(line as u32, encoding.length(&seen(before)))
    }

    /// The range between two offsets.
    pub(super) fn range(&self, text: &str, of: std::ops::Range<usize>, in_: Encoding) -> Range {
        Range::new(self.position(text, of.start, in_), self.position(text, of.end, in_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "ab\r\né😀x\rlast\n";

    fn offset(line: u32, character: u32, encoding: Encoding) -> usize {
        Lines::of(TEXT).offset(TEXT, Position::new(line, character), encoding)
    }

    #[test]
    fn columns_count_what_was_agreed_on() {
        // `x` is the third character, behind six bytes and three units.
        let x = TEXT.find('x').unwrap();
        assert_eq!(offset(1, 6, Encoding::Utf8), x);
        assert_eq!(offset(1, 3, Encoding::Utf16), x);
        assert_eq!(offset(1, 2, Encoding::Utf32), x);
        for (encoding, column) in [(Encoding::Utf8, 6), (Encoding::Utf16, 3), (Encoding::Utf32, 2)]
        {
            let at = Lines::of(TEXT).position(TEXT, x, encoding);
            assert_eq!((at.line, at.character), (1, column));
        }
    }

    #[test]
    fn places_out_of_range_are_the_nearest() {
        assert_eq!(offset(0, 99, Encoding::Utf16), 2, "before `\\r\\n`");
        assert_eq!(offset(99, 0, Encoding::Utf16), TEXT.len());
        assert_eq!(offset(u32::MAX, u32::MAX, Encoding::Utf16), TEXT.len());
        assert_eq!(offset(1, 2, Encoding::Utf16), TEXT.find('😀').unwrap(), "within it");
        assert_eq!(offset(3, 0, Encoding::Utf16), TEXT.len(), "the empty last line");
        let lines = Lines::of(TEXT);
        let at = |offset| {
            let at = lines.position(TEXT, offset, Encoding::Utf16);
            (at.line, at.character)
        };
        assert_eq!(at(usize::MAX), (3, 0));
        assert_eq!(at(TEXT.find('😀').unwrap() + 2), (1, 1));
        assert_eq!(at(3), (0, 2), "between `\\r` and `\\n`");
    }

    #[test]
    fn every_offset_comes_back() {
        let lines = Lines::of(TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
            for (at, _) in TEXT.char_indices().filter(|(at, _)| *at != 3) {
                let position = lines.position(TEXT, at, encoding);
                assert_eq!(lines.offset(TEXT, position, encoding), at, "{encoding:?} {position:?}");
            }
        }
    }

    #[test]
    fn the_clients_first_choice_counts() {
        let (utf8, utf32) = (PositionEncodingKind::UTF8, PositionEncodingKind::UTF32);
        let other = PositionEncodingKind::new("utf-7");
        assert_eq!(Encoding::negotiated(&[]), Encoding::Utf16);
        assert_eq!(Encoding::negotiated(std::slice::from_ref(&other)), Encoding::Utf16);
        assert_eq!(Encoding::negotiated(&[other, utf32, utf8]), Encoding::Utf32);
    }
}
