//! Texts that are much alike, as the scripts of a stage are.
//!
//! The scripts of millions of jobs differ in a word or two. The first is kept whole; of each other
//! only those lines that differ from its lines, and of a line only the middle.

use std::hash::BuildHasher;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::tracked::Keep;
use crate::bytes::{Reader, Writer};
use crate::lab::Ends;

/// Texts, each once, numbered as they were met.
#[derive(Debug, Default)]
pub(super) struct Alike {
    /// The first text.
    first: Vec<u8>,
    /// What sets each text apart from the first, one after the other.
    all: Vec<u8>,
    ends: Ends,
    places: HashTable<u32>,
    hashing: DefaultHashBuilder,
}

/// What is held of a text.
pub(super) enum Packed {
    /// All of it: there was none yet to compare it with.
    Whole(Vec<u8>),
    /// What sets it apart.
    Apart(Vec<u8>),
}

/// What sets a text apart begins with one of these.
const LINES: u8 = 0;
const WHOLE: u8 = 1;

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

fn common<'a>(a: impl Iterator<Item = &'a u8>, b: impl Iterator<Item = &'a u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

fn write_number(mut number: usize, to: &mut Vec<u8>) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn read_number(from: &mut std::slice::Iter<'_, u8>) -> usize {
    let mut number = 0;
    for (byte, shift) in from.zip((0..usize::BITS).step_by(7)) {
        number |= usize::from(byte & 0x7F) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    number
}

impl Alike {
    /// Keeps a text; the number that it has.
    pub(super) fn keep(&mut self, text: Vec<u8>) -> u32 {
        let packed = self.pack(text);
        self.add(packed)
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// What sets a text apart from the first.
    fn apart(&self, text: &[u8]) -> Vec<u8> {
        if lines(text).count() != lines(&self.first).count() {
            return [&[WHOLE], text].concat();
        }
        let (mut apart, mut same) = (vec![LINES], 0);
        for (first, line) in lines(&self.first).zip(lines(text)) {
            if first == line {
                same += 1;
                continue;
            }
            let begin = common(first.iter(), line.iter());
            let shorter = first.len().min(line.len());
            let end = common(first.iter().rev(), line.iter().rev()).min(shorter - begin);
            let middle = line.get(begin..line.len() - end).unwrap_or_default();
            for number in [same, begin, end, middle.len()] {
                write_number(number, &mut apart);
            }
            apart.extend_from_slice(middle);
            same = 0;
        }
        apart
    }

    /// Writes a text behind what `text` holds.
    pub(super) fn write(&self, number: usize, text: &mut Vec<u8>) {
        let apart = self.ends.range(number).and_then(|range| self.all.get(range));
        match apart.and_then(<[u8]>::split_first) {
            Some((&LINES, apart)) => self.write_lines(apart, text),
            Some((_, whole)) => text.extend_from_slice(whole),
            None => {}
        }
    }

    fn write_lines(&self, apart: &[u8], text: &mut Vec<u8>) {
        let (mut rest, mut firsts) = (apart.iter(), lines(&self.first));
        while !rest.as_slice().is_empty() {
            let [same, begin, end, length] = std::array::from_fn(|_| read_number(&mut rest));
            firsts.by_ref().take(same).for_each(|line| text.extend_from_slice(line));
            let line = firsts.next().unwrap_or_default();
            text.extend_from_slice(line.get(..begin).unwrap_or_default());
            let (middle, behind) = rest.as_slice().split_at_checked(length).unwrap_or_default();
            text.extend_from_slice(middle);
            text.extend_from_slice(line.get(line.len().saturating_sub(end)..).unwrap_or_default());
            rest = behind.iter();
        }
        firsts.for_each(|line| text.extend_from_slice(line));
    }
}

impl Alike {
    /// Gives back room that is not needed, and the means to find a text again: none is added any more.
    pub(super) fn shrink(&mut self) {
        self.places = HashTable::new();
        self.all.shrink_to_fit();
        self.ends.shrink();
    }

    /// Writes all of them.
    pub(super) fn store(&self, to: &mut Writer) {
        let Alike { first, all, ends, .. } = self;
        to.text(first);
        to.text(all);
        to.list(0..ends.len(), |to, number| {
            to.number(ends.range(number).map_or(0, |range| range.len()) as u64);
        });
    }

    /// Reads them, to be looked at: no more can be added.
    pub(super) fn restore(from: &mut Reader<'_>) -> Option<Alike> {
        let (first, all) = (from.text()?.to_vec(), from.text()?.to_vec());
        let (mut ends, mut end) = (Ends::default(), 0usize);
        for _ in 0..from.number()? {
            end = end.checked_add(usize::try_from(from.number()?).ok()?)?;
            ends.push(end);
        }
        Some(Alike { first, all, ends, ..Alike::default() })
    }
}

impl Keep<Vec<u8>> for Alike {
    type Packed = Packed;

    fn pack(&self, text: Vec<u8>) -> Packed {
        match self.ends.is_empty() {
            true => Packed::Whole(text),
            false => Packed::Apart(self.apart(&text)),
        }
    }

    fn add(&mut self, packed: Packed) -> u32 {
        let apart = match packed {
            Packed::Apart(apart) => apart,
            Packed::Whole(text) => {
                if self.ends.is_empty() {
                    self.first.clone_from(&text);
                }
                self.apart(&text)
            }
        };
        let Alike { all, ends, places, hashing, .. } = self;
        let known = |number: u32| all.get(ends.range(number as usize)?);
        let is_it = |number: &u32| known(*number) == Some(&apart[..]);
        let hash = |number: &u32| hashing.hash_one(known(*number).unwrap_or_default());
        match places.entry(hashing.hash_one(&apart[..]), is_it, hash) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                let number = ends.len() as u32;
                free.insert(number);
                all.extend_from_slice(&apart);
                ends.push(all.len());
                number
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_costs_a_word() {
        let mut alike = Alike::default();
        let text = |i: usize| format!("#!/bin/sh\nset -e\nrun --seed {i} > out-{i}\necho done\n");
        for i in 0..1000 {
            let packed = alike.pack(text(i).into_bytes());
            assert_eq!(alike.add(packed), i as u32);
        }
        assert!(alike.all.len() < 25 * 1000, "{}", alike.all.len());
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(
            texts in proptest::collection::vec("(a|b|ab\n|\n|long line of words ){0,8}", 1..20),
            early in 0..3usize,
        ) {
            let mut alike = Alike::default();
            let mut known: Vec<&String> = Vec::new();
            // Some are packed before there is a first.
            let mut waiting: Vec<_> =
                texts.iter().take(early).map(|text| alike.pack(text.clone().into_bytes())).collect();
            waiting.reverse();
            for text in &texts {
                let packed = waiting.pop().unwrap_or_else(|| alike.pack(text.clone().into_bytes()));
                let number = alike.add(packed) as usize;
                let expected = known.iter().position(|other| *other == text);
                prop_assert_eq!(number, expected.unwrap_or(known.len()));
                if expected.is_none() {
                    known.push(text);
                }
            }
            prop_assert_eq!(alike.len(), known.len());
            for (number, text) in known.iter().enumerate() {
                let mut written = b"before ".to_vec();
                alike.write(number, &mut written);
                prop_assert_eq!(String::from_utf8(written).unwrap(), format!("before {text}"));
            }
        }
    }
}
