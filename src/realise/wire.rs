//! The protocol's words: integers of eight bytes, strings padded to a multiple of eight.
//! Source: `src/libutil/serialise.cc` of Nix.

use std::io::{self, Read, Write};

/// A string longer than this isn't one: the two sides have lost each other.
const MOST_BYTES: u64 = 1 << 20;
/// The same for the items of a set.
const MOST_ITEMS: u64 = 1 << 24;

pub(super) fn write_int(out: &mut dyn Write, int: u64) -> io::Result<()> {
    out.write_all(&int.to_le_bytes())
}

pub(super) fn write_text(out: &mut dyn Write, text: &str) -> io::Result<()> {
    write_int(out, text.len() as u64)?;
    out.write_all(text.as_bytes())?;
    out.write_all([0; 8].get(..padding(text.len() as u64)).unwrap_or_default())
}

pub(super) fn write_texts(out: &mut dyn Write, texts: &[String]) -> io::Result<()> {
    write_int(out, texts.len() as u64)?;
    texts.iter().try_for_each(|text| write_text(out, text))
}

pub(super) fn read_int(input: &mut dyn Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    input.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

pub(super) fn read_text(input: &mut dyn Read) -> io::Result<String> {
    let length = read_int(input)?;
    if length > MOST_BYTES {
        return Err(invalid(format!("a string of {length} bytes")));
    }
    let mut bytes = vec![0; length as usize + padding(length)];
    input.read_exact(&mut bytes)?;
    bytes.truncate(length as usize);
    String::from_utf8(bytes).map_err(|_| invalid("a string that isn't UTF-8".to_owned()))
}

pub(super) fn read_texts(input: &mut dyn Read) -> io::Result<Vec<String>> {
    let count = read_int(input)?;
    if count > MOST_ITEMS {
        return Err(invalid(format!("a set of {count} strings")));
    }
    (0..count).map(|_| read_text(input)).collect()
}

fn padding(length: u64) -> usize {
    (length.wrapping_neg() % 8) as usize
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let texts = ["", "a", "12345678", "é"].map(str::to_owned);
        let mut bytes = Vec::new();
        write_texts(&mut bytes, &texts).unwrap();
        assert_eq!(bytes.len(), 8 + 8 + 16 + 16 + 16);
        assert_eq!(read_texts(&mut bytes.as_slice()).unwrap(), texts);
    }

    #[test]
    fn nonsense_is_no_reason_to_allocate() {
        let huge = u64::MAX.to_le_bytes();
        assert!(read_text(&mut huge.as_slice()).is_err());
        assert!(read_texts(&mut huge.as_slice()).is_err());
        let cut = [5_u64.to_le_bytes().as_slice(), b"ab"].concat();
        assert!(read_text(&mut cut.as_slice()).is_err());
    }
}
