//! Texts that are not quite UTF-8.
//!
//! Nix reads bytes: a string literal may hold any. Texts here are UTF-8, so a byte that is none
//! stands in them as two of the characters that Unicode promises never to use, and becomes itself
//! again where a literal becomes a value.

use std::borrow::Cow;

/// Stands for the upper half of a byte, 8 to 15; eight characters from here on.
const UPPER: u32 = 0xFDD0;
/// Stands for the lower half of a byte; sixteen characters from here on.
const LOWER: u32 = 0xFDE0;
/// The first byte of all these characters.
const LEAD: u8 = 0xEF;
/// Bytes of each.
const LENGTH: usize = 3;

/// Bytes as a text; bytes that are no UTF-8 are replaced.
pub fn text_of_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 64);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let halves = [UPPER + u32::from(byte >> 4 & 7), LOWER + u32::from(byte & 15)];
            text.extend(halves.into_iter().filter_map(char::from_u32));
        }
    }
    text
}

/// The bytes that a stretch of text was read from.
pub fn bytes_of_text(text: &str) -> Cow<'_, [u8]> {
    let bytes = text.as_bytes();
    if !may_hold_stray(text) {
        return Cow::Borrowed(bytes);
    }
    let mut result = Vec::with_capacity(bytes.len());
    for piece in pieces(text) {
        match piece {
            Piece::Byte(byte) => result.push(byte),
            Piece::Char(c) => result.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(result)
}

/// A stretch of text as it is shown: a byte that is no UTF-8 is one replacement character, as in editors.
pub fn seen(text: &str) -> Cow<'_, str> {
    if !may_hold_stray(text) {
        return Cow::Borrowed(text);
    }
    let shown = pieces(text).map(|piece| match piece {
        Piece::Byte(_) => char::REPLACEMENT_CHARACTER,
        Piece::Char(c) => c,
    });
    Cow::Owned(shown.collect())
}

fn may_hold_stray(text: &str) -> bool {
    memchr::memchr(LEAD, text.as_bytes()).is_some()
}

/// What a text was read from.
enum Piece {
    Byte(u8),
    Char(char),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let c = rest.chars().next()?;
        let low = rest.get(LENGTH..).and_then(|rest| rest.chars().next());
        let half = |c: char, base: u32, count: u32| {
            (u32::from(c).checked_sub(base)).filter(|half| *half < count)
        };
        let upper = half(c, UPPER, 8);
        let both = upper.zip(low.and_then(|low| half(low, LOWER, 16)));
        let byte = both.and_then(|(upper, lower)| u8::try_from(0x80 | upper << 4 | lower).ok());
        let (piece, taken) = match byte {
            Some(byte) => (Piece::Byte(byte), 2 * LENGTH),
            None => (Piece::Char(c), c.len_utf8()),
        };
        rest = rest.get(taken..).unwrap_or_default();
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bytes_come_back() {
        let all: Vec<u8> = (0..=255).collect();
        let texts: [&[u8]; 5] =
            [b"", b"plain", "\u{efff}é\u{fdd0}".as_bytes(), b"a\xffb\xc3", &all];
        for bytes in texts {
            assert_eq!(*bytes_of_text(&text_of_bytes(bytes)), *bytes);
        }
        assert_eq!(text_of_bytes("é".as_bytes()), "é");
    }

    #[test]
    fn a_stray_byte_is_seen_as_one_character() {
        assert_eq!(seen(&text_of_bytes(b"a\xff\xc3b")), "a\u{fffd}\u{fffd}b");
        assert_eq!(seen("\u{efff}é"), "\u{efff}é");
    }
}
