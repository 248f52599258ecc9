//! Bytes as they are read.

use std::ops::Range;
use std::sync::Arc;

use super::super::{Expr, Key, Program};
use super::MAX_DEPTH;
use super::deferred::Deferred;
use super::nodes::{DEFERRED, Packed, many};
use crate::source::{Name, NameCell, Span};

/// The bytes of one program, and what they are relative to.
pub(super) struct Blob {
    bytes: Box<[u8]>,
    /// Where the code ends.
    code: usize,
    /// The names that have been read so far.
    names: Box<[NameCell]>,
    file: Span,
    directory: Box<[u8]>,
}

const HEADER: usize = 12;

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(word)).ok()
}

impl Blob {
    pub(super) fn open(bytes: Vec<u8>, file: Span, directory: &[u8]) -> Option<Blob> {
        let (names, code, texts) = (word(&bytes, 0)?, word(&bytes, 4)?, word(&bytes, 8)?);
        let length =
            HEADER.checked_add(code)?.checked_add(names.checked_mul(4)?)?.checked_add(texts)?;
        (length == bytes.len()).then(|| Blob {
            bytes: bytes.into(),
            code: HEADER + code,
            names: (0..names).map(|_| NameCell::default()).collect(),
            file,
            directory: directory.into(),
        })
    }

    fn name(&self, index: usize) -> Option<Name> {
        self.names.get(index)?.get_or(|| self.read_name(index))
    }

    fn read_name(&self, index: usize) -> Option<Name> {
        let end = |index: usize| word(&self.bytes, self.code + 4 * index);
        let start = index.checked_sub(1).map_or(Some(0), end)?;
        let texts = self.bytes.get(self.code + 4 * self.names.len()..)?;
        texts.get(start..end(index)?).map(Name::new)
    }
}

/// What has become of the slots of an environment, and the environment around it.
pub(super) struct Frame {
    /// The new slot of each that was moved; those behind stay.
    moved: Option<Box<[u32]>>,
    up: Frames,
}

/// The environments around a place, innermost first.
pub(super) type Frames = Option<Arc<Frame>>;

pub(super) struct Reader<'a> {
    blob: &'a Arc<Blob>,
    at: usize,
    /// Nothing is read beyond: what is deferred twice can't be read twice as often.
    end: usize,
    frames: Frames,
    depth: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn whole(blob: &'a Arc<Blob>) -> Reader<'a> {
        Reader::new(blob, HEADER..blob.code, None)
    }

    pub(super) fn new(blob: &'a Arc<Blob>, range: Range<usize>, frames: Frames) -> Reader<'a> {
        Reader { blob, at: range.start, end: range.end, frames, depth: 0 }
    }

    pub(super) fn program(mut self) -> Option<Program> {
        let span = self.span()?;
        let body = Expr::unpack(&mut self)?;
        Some(Program { body, span })
    }

    fn rest(&self) -> &'a [u8] {
        self.blob.bytes.get(self.at..self.end).unwrap_or_default()
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.rest().first()?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Option<u64> {
        let rest = self.rest();
        let first = *rest.first()?;
        if first < 0x80 {
            self.at += 1;
            return Some(u64::from(first));
        }
        let mut number = 0;
        for (index, byte) in rest.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.at += index + 1;
                return Some(number);
            }
        }
        None
    }

    pub(super) fn index(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A count of things that take at least a byte each.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest().len()).then_some(count)
    }

    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.count()?;
        let text = self.rest().get(..length)?;
        self.at += length;
        Some(text)
    }

    pub(super) fn path(&mut self) -> Option<Box<[u8]>> {
        let same = usize::try_from(self.number()?).ok()?;
        let prefix = self.blob.directory.get(..same)?;
        let rest = self.text()?;
        Some([prefix, rest].concat().into())
    }

    pub(super) fn name(&mut self) -> Option<Name> {
        let index = usize::try_from(self.number()?).ok()?;
        self.blob.name(index)
    }

    pub(super) fn span(&mut self) -> Option<Span> {
        let Some(start) = self.index()?.checked_sub(1) else {
            return Some(Span::NONE);
        };
        let start = self.blob.file.start.checked_add(start)?;
        let end = start.checked_add(self.index()?)?;
        (end <= self.blob.file.end).then_some(Span::new(start, end))
    }

    /// Goes a level down, unless that is too deep.
    pub(super) fn descend(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// An expression that was written to be left for later.
    pub(super) fn later(&mut self) -> Option<Expr> {
        if self.rest().first() != Some(&DEFERRED) {
            return Expr::unpack(self);
        }
        self.at += 1;
        let length = self.count()?;
        let range = self.at..self.at + length;
        let deferred = Deferred::new(Arc::clone(self.blob), range, self.frames.clone());
        self.at += length;
        Some(Expr::Deferred(Box::new(deferred)))
    }

    /// Enters an environment whose slots stay as they are.
    pub(super) fn enter(&mut self) {
        self.enter_moved(None);
    }

    pub(super) fn enter_moved(&mut self, moved: Option<Box<[u32]>>) {
        let up = self.frames.take();
        self.frames = Some(Arc::new(Frame { moved, up }));
    }

    pub(super) fn leave(&mut self) {
        self.frames = self.frames.take().and_then(|frame| frame.up.clone());
    }

    /// A slot of the environment `up` levels out, as it is now.
    pub(super) fn slot(&self, up: u32, slot: u32) -> u32 {
        let mut frames = &self.frames;
        for _ in 0..up {
            match frames {
                Some(frame) => frames = &frame.up,
                None => return slot,
            }
        }
        let moved = frames.as_ref().and_then(|frame| frame.moved.as_ref()?.get(slot as usize));
        moved.copied().unwrap_or(slot)
    }

    /// Names bound together, sorted as sets are, and where each of them went unless all stayed.
    /// `None` also for a name that comes twice.
    pub(super) fn keys(&mut self) -> Option<(Box<[Key]>, Option<Box<[u32]>>)> {
        let count = self.count()?;
        let keys = many(count, || Key::unpack(self))?;
        if keys.is_sorted_by(|a, b| a.name < b.name) {
            return Some((keys, None));
        }
        let mut sorted: Vec<(Key, u32)> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable_by_key(|(key, _)| key.name);
        let mut moved = vec![0; count].into_boxed_slice();
        for ((_, from), to) in sorted.iter().zip(0..) {
            *moved.get_mut(*from as usize)? = to;
        }
        let keys: Box<[Key]> = sorted.into_iter().map(|(key, _)| key).collect();
        keys.is_sorted_by(|a, b| a.name < b.name).then_some((keys, Some(moved)))
    }

    /// The values of `count` names, where these went.
    pub(super) fn values(&mut self, count: usize, moved: Option<&[u32]>) -> Option<Box<[Expr]>> {
        let Some(moved) = moved else {
            return many(count, || self.later());
        };
        let mut values: Box<[Expr]> = (0..count).map(|_| Expr::Null).collect();
        for to in moved {
            *values.get_mut(*to as usize)? = self.later()?;
        }
        Some(values)
    }
}
