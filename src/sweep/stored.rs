//! A listing as bytes, and back.
//!
//! Texts, and tables that several columns share, are written once, before all else, and are shared
//! again when they are read. Bytes that no listing was written as give `None`.

use std::collections::HashMap;
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

use super::alike::Alike;
use super::field::Column;
use super::identity::JobId;
use super::jobs::{JobBits, JobSet};
use super::listing::{
    After, Block, Digest, LabInfo, Listing, Param, ParamValues, Pieces, Places, Producer, RunInfo,
    StageInfo, StageKind, Step, StepSource, Wire, Wiring,
};
use super::made::{Formula, Ids};
use super::origin::{Origin, OriginKind, Written};
use super::recipe::{Content, Kit, Material, Package, PackageKind, Recipe};
use super::space::{Projection, Space};
use super::worded::{OutputWords, Words};
use crate::bytes::{Reader, Writer};
use crate::lab::{ContainerMode, Duration, Memory, Need, Resources, Texts};

/// Writes a listing.
pub fn write(writer: &mut Writer, listing: &Listing) {
    let mut out = Out::default();
    listing.write(&mut out);
    writer.list(out.texts.order.iter(), Writer::text);
    writer.list(out.tables.order.iter(), |writer, table| write_words(writer, table));
    writer.list(out.values.order.iter(), |writer, values| {
        writer.number(values.len() as u64);
        for value in values.iter() {
            writer.text(value);
        }
    });
    writer.list(out.alike.order.iter(), |writer, texts| texts.store(writer));
    writer.raw(&out.body.finish());
}

/// Reads a listing.
pub fn read(reader: &mut Reader<'_>) -> Option<Listing> {
    let texts = reader.list(|reader| reader.string().map(Arc::from))?;
    let tables = reader.list(|reader| read_words(reader).map(Arc::new))?;
    let values = reader.list(|reader| {
        let mut values = Texts::default();
        let count = reader.number()?;
        for _ in 0..count {
            values.push(reader.string()?);
        }
        Some(Arc::new(values))
    })?;
    let alike = reader.list(|reader| Alike::restore(reader).map(Arc::new))?;
    let (body, alike) = (*reader, &alike);
    let mut input = In { body, texts: &texts, tables: &tables, values: &values, alike };
    let listing = Listing::read(&mut input)?;
    *reader = input.body;
    Some(listing)
}

/// Numbers, four bytes each.
fn write_words(writer: &mut Writer, words: &[u32]) {
    writer.number(words.len() as u64);
    for word in words {
        writer.raw(&word.to_le_bytes());
    }
}

fn read_words(reader: &mut Reader<'_>) -> Option<Vec<u32>> {
    let length = usize::try_from(reader.number()?).ok()?.checked_mul(4)?;
    let (words, _) = reader.raw(length)?.as_chunks::<4>();
    Some(words.iter().map(|word| u32::from_le_bytes(*word)).collect())
}

/// What is being written.
#[derive(Default)]
struct Out<'l> {
    body: Writer,
    texts: Once<'l, &'l str, str>,
    tables: Once<'l, *const Vec<u32>, Vec<u32>>,
    values: Once<'l, *const Texts, Texts>,
    alike: Once<'l, *const Alike, Alike>,
}

/// What is being read.
struct In<'t, 'b> {
    body: Reader<'b>,
    texts: &'t [Arc<str>],
    tables: &'t [Arc<Vec<u32>>],
    values: &'t [Arc<Texts>],
    alike: &'t [Arc<Alike>],
}

/// Things that are written once, told apart by a key.
struct Once<'l, K, T: ?Sized> {
    numbers: HashMap<K, u64>,
    order: Vec<&'l T>,
}

impl<K, T: ?Sized> Default for Once<'_, K, T> {
    fn default() -> Self {
        Once { numbers: HashMap::new(), order: Vec::new() }
    }
}

impl<'l, K: Eq + std::hash::Hash, T: ?Sized> Once<'l, K, T> {
    fn number(&mut self, key: K, thing: &'l T) -> u64 {
        let next = self.order.len() as u64;
        *self.numbers.entry(key).or_insert_with(|| {
            self.order.push(thing);
            next
        })
    }
}

/// Something a listing is made of.
trait Stored: Sized {
    fn write<'l>(&'l self, out: &mut Out<'l>);
    fn read(input: &mut In<'_, '_>) -> Option<Self>;
}

/// Structs are their fields, one after the other.
macro_rules! fields {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl Stored for $name {
            fn write<'l>(&'l self, out: &mut Out<'l>) {
                let $name { $($field),* } = self;
                $($field.write(out);)*
            }
            fn read(input: &mut In<'_, '_>) -> Option<Self> {
                Some($name { $($field: Stored::read(input)?),* })
            }
        }
    )*};
}

fields! {
    Listing { lab, groups, runs, blocks, ids, upstreams, kit }
    After { jobs, digest }
    LabInfo { version, git_hash, containers, entry }
    RunInfo { name, depends_on, containerized, stages, jobs, shared }
    Block {
        run, first, count, stage, space, params, pnames, outputs, pieces, part_digests,
        package_ids, wirings, hints, own_hints, written, scripts, recipes, packages, producers, after,
        places, formula,
    }
    StageInfo { pipeline, name, kind, version }
    Param { name, values, origin }
    Origin { kind, key, written }
    Written { file, line }
    OutputWords { paths, names }
    Ids { kept, gaps }
    Formula { own_points, digests, upstream }
    Producer { block, onto, pnames }
    Places { jobs, points }
    Pieces { parts, steps }
    Recipe { name, text, outputs }
    Package { path, kind }
    Kit { derivations, packages, materials }
    Material { path, content }
    Step { name, inputs }
    Wiring { inputs, used }
    Projection { terms }
    Resources { mem, cpus, time, partition, sbatch_opts }
}

/// Enums are a number and their fields, each with the name it gets here.
macro_rules! variants {
    ($($name:ident { $(
        $number:literal => $variant:ident { $($field:tt: $value:ident),* }
    ),* $(,)? })*) => {$(
        impl Stored for $name {
            fn write<'l>(&'l self, out: &mut Out<'l>) {
                match self {
                    $($name::$variant { $($field: $value),* } => {
                        out.body.byte($number);
                        $($value.write(out);)*
                    })*
                }
            }
            fn read(input: &mut In<'_, '_>) -> Option<Self> {
                Some(match input.body.byte()? {
                    $($number => $name::$variant { $($field: Stored::read(input)?),* },)*
                    _ => return None,
                })
            }
        }
    )*};
}

variants! {
    OriginKind { 0 => Default {}, 1 => Run {}, 2 => Dotted {}, 3 => Zip {} }
    StageKind { 0 => Simple {}, 1 => ScatterGather {} }
    Need { 0 => Soft {}, 1 => Hard {} }
    ContainerMode { 0 => Unified {}, 1 => PerRun {}, 2 => None {} }
    StepSource {
        0 => Item {},
        1 => Workers {},
        2 => Scatter { 0: output },
        3 => Step { step: step, output: output },
        4 => Stage {},
    }
    Wire {
        0 => Dependency { index: index, output: output },
        1 => Run { 0: run },
        2 => StoreBase {},
        3 => Default { 0: text },
    }
    PackageKind {
        0 => Programs { 0: programs },
        1 => Library {},
        2 => Made {},
        3 => Unknown {},
    }
    Content {
        0 => Tree { 0: root, 1: kept },
        1 => Entry { 0: name, 1: root },
        2 => Text { 0: text, 1: executable, 2: destination },
        3 => Build { 0: script, 1: variables },
    }
    ParamValues { 0 => Same { 0: value }, 1 => Swept { 0: digit, 1: values } }
}

fn one_of<T: Clone>(table: &[T], reader: &mut Reader<'_>) -> Option<T> {
    table.get(reader.index()? as usize).cloned()
}

impl<T: Stored> Stored for Column<T> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        let Column { onto, table, values } = self;
        onto.write(out);
        out.body.number(out.tables.number(Arc::as_ptr(table), table));
        values.write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        let onto = Stored::read(input)?;
        let table = one_of(input.tables, &mut input.body)?;
        Some(Column { onto, table, values: Arc::new(Stored::read(input)?) })
    }
}

impl Stored for Words {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        let Words { onto, table, texts } = self;
        onto.write(out);
        out.body.number(out.tables.number(Arc::as_ptr(table), table));
        out.body.number(out.alike.number(Arc::as_ptr(texts), texts));
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        let onto = Stored::read(input)?;
        let table = one_of(input.tables, &mut input.body)?;
        Some(Words { onto, table, texts: one_of(input.alike, &mut input.body)? })
    }
}

impl<T: Stored> Stored for Arc<Vec<T>> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        (**self).write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Stored::read(input).map(Arc::new)
    }
}

/// What says that something is there.
impl Stored for () {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.byte(0);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.byte().map(drop)
    }
}

impl Stored for Space {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.list(self.axes().iter().zip(self.lengths()), |body, (axis, length)| {
            body.number(*axis as u64);
            body.number(u64::from(*length));
        });
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        let axes: Vec<(usize, u32)> = Stored::read(input)?;
        let (axes, lengths): (Vec<usize>, Vec<u32>) = axes.into_iter().unzip();
        Space::with_lengths(axes, lengths)
    }
}

impl Stored for JobSet {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        self.0.write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Stored::read(input).map(JobSet)
    }
}

impl Stored for JobBits {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        self.0.write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Stored::read(input).map(JobBits)
    }
}

impl Stored for JobId {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.raw(self.bytes());
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.array().map(JobId::from_bytes)
    }
}

impl Stored for Digest {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.raw(self);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.array()
    }
}

impl Stored for Memory {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.text(self.to_string());
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Memory::parse(input.body.string()?).ok()
    }
}

impl Stored for Duration {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.text(self.to_string());
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Duration::parse(input.body.string()?).ok()
    }
}

impl Stored for Arc<str> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(out.texts.number(self, self));
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        one_of(input.texts, &mut input.body)
    }
}

impl Stored for Arc<Texts> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(out.values.number(Arc::as_ptr(self), self));
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        one_of(input.values, &mut input.body)
    }
}

impl Stored for String {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.text(self);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.string().map(str::to_owned)
    }
}

impl Stored for bool {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.byte(u8::from(*self));
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.flag()
    }
}

impl Stored for u8 {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.byte(*self);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.byte()
    }
}

impl Stored for std::path::PathBuf {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        let bytes = self.as_os_str().as_bytes();
        out.body.number(bytes.len() as u64);
        out.body.raw(bytes);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        let bytes: Vec<u8> = Stored::read(input)?;
        Some(std::ffi::OsString::from_vec(bytes).into())
    }
}

impl Stored for u64 {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(*self);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.number()
    }
}

impl Stored for u32 {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(u64::from(*self));
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.index()
    }
}

impl Stored for usize {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(*self as u64);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        input.body.number()?.try_into().ok()
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.number(self.len() as u64);
        for value in self {
            value.write(out);
        }
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        let count: usize = Stored::read(input)?;
        // Each takes a byte at least: more than there are bytes is a lie.
        let mut values = Vec::with_capacity(count.min(input.body.rest().len()));
        for _ in 0..count {
            values.push(T::read(input)?);
        }
        Some(values)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        out.body.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        match input.body.flag()? {
            false => Some(None),
            true => T::read(input).map(Some),
        }
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Some((A::read(input)?, B::read(input)?))
    }
}

impl Stored for Range<u32> {
    fn write<'l>(&'l self, out: &mut Out<'l>) {
        self.start.write(out);
        self.end.write(out);
    }

    fn read(input: &mut In<'_, '_>) -> Option<Self> {
        Some(u32::read(input)?..u32::read(input)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::sample;

    #[test]
    fn nothing_is_lost() {
        let listing = sample::listing();
        let mut writer = Writer::new();
        write(&mut writer, &listing);
        let bytes = writer.finish();
        let mut reader = Reader::new(&bytes);
        let again = read(&mut reader).unwrap();
        assert!(reader.is_done());
        // Tables of hashes print their seeds, so what is written again is compared.
        let mut writer = Writer::new();
        write(&mut writer, &again);
        assert_eq!(writer.finish(), bytes);
        let names = |listing: &Listing| -> Vec<String> {
            listing.jobs().map(|job| format!("{} {:?}", job.name(), job.outputs())).collect()
        };
        assert_eq!(names(&again), names(&listing));
        for end in 0..bytes.len() {
            let mut reader = Reader::new(&bytes[..end]);
            assert!(read(&mut reader).is_none(), "{end}");
        }
    }
}
