//! Texts that follow the parameters: names, paths of outputs, scripts.
//!
//! There may be one for each of millions of values, each much like the others: they are kept as what
//! sets them apart ([`Alike`]), and written out when they are asked for.

use std::sync::Arc;

use super::alike::Alike;
use super::facet::Names;
use super::field::{Column, Field, Interned};
use super::listing::Outputs;
use super::space::{Projection, Space};
use super::tracked::Keep;

/// A text for each point of a space.
#[derive(Clone, Debug)]
pub(super) struct Worded {
    /// Where which of the texts stands.
    pub(super) field: Field<()>,
    pub(super) texts: Arc<Alike>,
}

/// [`Worded`], as the jobs of a stage see it.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub(super) onto: Projection,
    pub(super) table: Arc<Vec<u32>>,
    pub(super) texts: Arc<Alike>,
}

impl Worded {
    /// What the table says at each point of the space.
    pub(super) fn new(space: Space, table: Vec<u32>, mut texts: Alike) -> Worded {
        texts.shrink();
        let field = Field::new(space, table, vec![(); texts.len()]);
        Worded { field, texts: Arc::new(texts) }
    }

    /// The same text everywhere.
    pub(super) fn constant(text: &[u8]) -> Worded {
        let mut texts = Alike::default();
        texts.keep(text.to_vec());
        Worded::new(Space::point(), Vec::new(), texts)
    }

    /// The one text that is a part of each value.
    pub(super) fn part_of<T>(field: &Field<T>, part: impl Fn(&T) -> &[u8]) -> Worded {
        let mut texts = Alike::default();
        let numbers: Vec<u32> =
            field.values().iter().map(|value| texts.keep(part(value).to_vec())).collect();
        let number = |at: &u32| numbers.get(*at as usize).copied().unwrap_or(0);
        let table = field.look().table().iter().map(number).collect();
        Worded::new(field.space().clone(), table, texts)
    }

    /// As the points of a space see it that has all of its axes.
    pub(super) fn words(&self, space: &Space) -> Words {
        let Column { onto, table, .. } = self.field.column(space);
        Words { onto, table, texts: Arc::clone(&self.texts) }
    }
}

impl Words {
    /// The same text for all jobs.
    #[cfg(test)]
    pub(super) fn constant(text: &[u8]) -> Words {
        Worded::constant(text).words(&Space::point())
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Which text the point with these digits has.
    #[inline]
    pub(super) fn index(&self, digits: &[u32]) -> usize {
        if self.table.is_empty() {
            return 0;
        }
        self.table.get(self.onto.of(digits) as usize).map_or(0, |index| *index as usize)
    }

    /// Writes a text behind what `text` holds.
    pub(super) fn append(&self, number: usize, text: &mut Vec<u8>) {
        self.texts.write(number, text);
    }

    /// One of the texts.
    pub(super) fn bytes(&self, number: usize) -> Vec<u8> {
        let mut text = Vec::new();
        self.append(number, &mut text);
        text
    }

    /// One of the texts, which are of characters.
    pub(super) fn text(&self, number: usize) -> String {
        String::from_utf8_lossy(&self.bytes(number)).into_owned()
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.len()).map(|number| self.text(number))
    }
}

/// Output names and their paths, for each point of a space.
#[derive(Clone, Debug)]
pub(super) struct WordedOutputs {
    /// By point, the paths one after the other; see [`Paths`].
    paths: Worded,
    /// Names and places, by the number that stands with the paths.
    names: Arc<Vec<Names>>,
}

/// [`WordedOutputs`], as the jobs of a stage see it.
#[derive(Clone, Debug)]
pub(super) struct OutputWords {
    pub(super) paths: Words,
    pub(super) names: Arc<Vec<Vec<Arc<str>>>>,
}

/// Outputs, as they are found.
#[derive(Default)]
pub(super) struct FoundOutputs {
    names: Interned<Names>,
    paths: Alike,
}

/// Outputs that wait to be kept: names without paths, and the paths.
pub(super) struct PackedOutputs {
    names: Names,
    paths: Vec<u8>,
}

/// Paths as one text: one after the other, then what each ends at and the number of their names,
/// four bytes each.
struct Paths<'t> {
    all: &'t [u8],
    ends: &'t [[u8; 4]],
    names: u32,
}

impl<'t> Paths<'t> {
    fn of(text: &'t [u8], count: impl Fn(u32) -> usize) -> Option<Paths<'t>> {
        let (rest, names) = text.split_last_chunk::<4>()?;
        let names = u32::from_le_bytes(*names);
        let (all, ends) = rest.split_at_checked(rest.len().checked_sub(4 * count(names))?)?;
        Some(Paths { all, ends: ends.as_chunks::<4>().0, names })
    }

    fn get(&self, index: usize) -> &'t str {
        let end = |index: usize| self.ends.get(index).map(|end| u32::from_le_bytes(*end) as usize);
        let start = index.checked_sub(1).and_then(end).unwrap_or(0);
        let path = end(index).and_then(|end| self.all.get(start..end)).unwrap_or_default();
        std::str::from_utf8(path).unwrap_or_default()
    }
}

impl Keep<Names> for FoundOutputs {
    type Packed = PackedOutputs;

    fn pack(&self, outputs: Names) -> PackedOutputs {
        let (mut paths, mut ends) = (Vec::new(), Vec::new());
        let mut names = Vec::with_capacity(outputs.len());
        let nothing: Arc<str> = "".into();
        for (name, path, span) in outputs {
            paths.extend_from_slice(path.as_bytes());
            ends.extend_from_slice(&(paths.len() as u32).to_le_bytes());
            names.push((name, Arc::clone(&nothing), span));
        }
        paths.extend(ends);
        PackedOutputs { names, paths }
    }

    fn add(&mut self, packed: PackedOutputs) -> u32 {
        let PackedOutputs { names, mut paths } = packed;
        paths.extend_from_slice(&self.names.add(names).to_le_bytes());
        self.paths.keep(paths)
    }
}

impl WordedOutputs {
    pub(super) fn new(space: Space, table: Vec<u32>, found: FoundOutputs) -> WordedOutputs {
        let FoundOutputs { names, paths } = found;
        WordedOutputs { paths: Worded::new(space, table, paths), names: Arc::new(names.all) }
    }

    /// Those that are a part of each value.
    pub(super) fn part_of<T>(field: &Field<T>, part: impl Fn(&T) -> &Names) -> WordedOutputs {
        let mut found = FoundOutputs::default();
        let mut keep = |value: &T| {
            let packed = found.pack(part(value).clone());
            found.add(packed)
        };
        let numbers: Vec<u32> = field.values().iter().map(&mut keep).collect();
        let number = |at: &u32| numbers.get(*at as usize).copied().unwrap_or(0);
        let table = field.look().table().iter().map(number).collect();
        WordedOutputs::new(field.space().clone(), table, found)
    }

    /// Where which of the outputs stand.
    pub(super) fn field(&self) -> &Field<()> {
        &self.paths.field
    }

    /// The outputs where the run's axes have these coordinates.
    pub(super) fn at(&self, coordinates: &[u32]) -> Names {
        self.get(self.field().index_at(coordinates))
    }

    fn get(&self, number: usize) -> Names {
        let mut text = Vec::new();
        self.paths.texts.write(number, &mut text);
        let names = |number: u32| self.names.get(number as usize).map_or(&[][..], Vec::as_slice);
        let Some(paths) = Paths::of(&text, |number| names(number).len()) else {
            return Names::new();
        };
        let named = names(paths.names).iter().enumerate();
        named.map(|(at, (name, _, span))| (Arc::clone(name), paths.get(at).into(), *span)).collect()
    }

    /// Names of outputs without their paths, which wiring doesn't ask for.
    pub(super) fn only_names(&self) -> Field<Names> {
        let mut text = Vec::new();
        let mut number = |paths: usize| {
            text.clear();
            self.paths.texts.write(paths, &mut text);
            text.last_chunk::<4>().map_or(0, |number| u32::from_le_bytes(*number))
        };
        if let [only] = self.names.as_slice() {
            return Field::constant(only.clone());
        }
        let numbers: Vec<u32> = (0..self.paths.texts.len()).map(&mut number).collect();
        let of = |at: &u32| numbers.get(*at as usize).copied().unwrap_or(0);
        let table = self.field().look().table().iter().map(of).collect();
        Field::new(self.field().space().clone(), table, self.names.to_vec())
    }

    /// As the points of a space see them that has all of their axes.
    pub(super) fn words(&self, space: &Space) -> OutputWords {
        let names = |names: &Names| names.iter().map(|(name, _, _)| Arc::clone(name)).collect();
        OutputWords {
            paths: self.paths.words(space),
            names: Arc::new(self.names.iter().map(names).collect()),
        }
    }
}

impl OutputWords {
    /// The same outputs for all jobs.
    #[cfg(test)]
    pub(super) fn constant(outputs: &[(&str, &str)]) -> OutputWords {
        let outputs = outputs
            .iter()
            .map(|(name, path)| ((*name).into(), (*path).into(), crate::source::Span::NONE));
        let field = Field::constant(outputs.collect::<Names>());
        WordedOutputs::part_of(&field, |outputs| outputs).words(&Space::point())
    }

    /// Hands the outputs of a number to `each`, name and path; `text` is room to work in.
    pub(super) fn each(
        &self,
        number: usize,
        text: &mut Vec<u8>,
        mut each: impl FnMut(&Arc<str>, &str),
    ) {
        text.clear();
        self.paths.append(number, text);
        let names = |number: u32| self.names.get(number as usize).map_or(&[][..], Vec::as_slice);
        let Some(paths) = Paths::of(text, |number| names(number).len()) else {
            return;
        };
        for (at, name) in names(paths.names).iter().enumerate() {
            each(name, paths.get(at));
        }
    }

    /// The outputs of a number.
    pub(super) fn get(&self, number: usize) -> Outputs {
        let mut outputs = Vec::new();
        self.each(number, &mut Vec::new(), |name, path| {
            outputs.push((Arc::clone(name), path.into()));
        });
        outputs
    }
}
