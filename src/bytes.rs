//! Plain data as bytes, and back: what rooms keep between processes is written with this.
//!
//! In come numbers, texts and lists; out come bytes. Reading them never panics and never asks for
//! more memory than the bytes could stand for: what isn't what was written gives `None`. That
//! the bytes are sound is for whoever keeps them to see to, with a checksum. The room knows
//! nothing of what is written.

/// Bytes as they are made.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// Bytes as they are read.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl Writer {
    /// Nothing yet.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// All that was written.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes one byte.
    pub fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Writes bytes whose number the reader knows.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes a number: seven bits a byte, the lowest first; the highest bit says that more follow.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Writes a number that may be negative.
    pub fn signed(&mut self, number: i64) {
        self.raw(&number.to_le_bytes());
    }

    /// Writes bytes after their number.
    pub fn text(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.number(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Writes whether there is something, and if so what.
    pub fn maybe<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.byte(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// Writes values after their number.
    pub fn list<T>(
        &mut self,
        values: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut Writer, T),
    ) {
        self.number(values.len() as u64);
        for value in values {
            write(self, value);
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads these bytes from their beginning.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    /// Has everything been read?
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads one byte.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Reads so many bytes.
    pub fn raw(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads as many bytes as the array has.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.raw(N)?.try_into().ok()
    }

    /// Reads a number.
    #[inline]
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.rest = self.rest.get(index + 1..)?;
                return Some(number);
            }
        }
        None
    }

    /// Reads a number that must be that small.
    pub fn index(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// Reads a number that may be negative.
    pub fn signed(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    /// Reads a yes or no.
    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Reads bytes that stand after their number.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.raw(length)
    }

    /// Reads a text.
    pub fn string(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.text()?).ok()
    }

    /// Reads what may be there. The outer `None` says that it can't be read.
    pub fn maybe<T>(
        &mut self,
        read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.flag()? {
            false => Some(None),
            true => read(self).map(Some),
        }
    }

    /// Reads values that stand after their number.
    pub fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let count = usize::try_from(self.number()?).ok()?;
        // Each takes a byte at least: more than there are bytes is a lie.
        let mut values = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            values.push(read(self)?);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = Writer::new();
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            writer.number(number);
        }
        writer.signed(-5);
        writer.text("text");
        writer.maybe(None::<u8>, Writer::byte);
        writer.maybe(Some(7), Writer::byte);
        writer.list([1_u64, 2, 1000].into_iter(), Writer::number);
        writer.finish()
    }

    fn read(bytes: &[u8]) -> Option<()> {
        let mut reader = Reader::new(bytes);
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            (reader.number()? == number).then_some(())?;
        }
        (reader.signed()? == -5).then_some(())?;
        (reader.string()? == "text").then_some(())?;
        reader.maybe(Reader::byte)?.is_none().then_some(())?;
        (reader.maybe(Reader::byte)? == Some(7)).then_some(())?;
        (reader.list(Reader::number)? == [1, 2, 1000]).then_some(())?;
        reader.is_done().then_some(())
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read(&sample()), Some(()));
    }

    #[test]
    fn what_is_cut_is_not() {
        let bytes = sample();
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), None, "{end}");
        }
        let lie = [0xff, 0xff, 0xff, 0xff, 0x7f];
        assert_eq!(Reader::new(&lie).list(Reader::byte), None);
        assert_eq!(Reader::new(&lie).text(), None);
        assert_eq!(Reader::new(&[2]).flag(), None);
    }
}
