//! What depends on some axes of a run.
//!
//! Most of what a job is doesn't depend on all of its parameters: a `pname` follows the model, not
//! the seed. So it is kept once for each value, with a table over the axes it does depend on.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::space::{Projection, Space, distinct};

/// A value for each point of a space over those axes of a run that it depends on.
#[derive(Clone, Debug)]
pub(super) struct Field<T> {
    space: Space,
    /// By point, which value; empty where there is but one.
    table: Arc<Vec<u32>>,
    values: Arc<Vec<T>>,
}

/// A [`Field`] as the jobs of a stage see it.
#[derive(Clone, Debug)]
pub(super) struct Column<T> {
    pub(super) onto: Projection,
    pub(super) table: Arc<Vec<u32>>,
    pub(super) values: Arc<Vec<T>>,
}

impl<T> Field<T> {
    /// What depends on nothing.
    pub(super) fn constant(value: T) -> Field<T> {
        Field::new(Space::point(), Vec::new(), vec![value])
    }

    /// What the table says at each point of the space.
    pub(super) fn new(space: Space, mut table: Vec<u32>, values: Vec<T>) -> Field<T> {
        if values.len() == 1 {
            return Field {
                space: Space::point(),
                table: Arc::default(),
                values: Arc::new(values),
            };
        }
        table.shrink_to_fit();
        Field { space, table: Arc::new(table), values: Arc::new(values) }
    }

    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    pub(super) fn space(&self) -> &Space {
        &self.space
    }

    /// Which value stands where the run's axes have these coordinates.
    pub(super) fn index_at(&self, coordinates: &[u32]) -> usize {
        let terms = self.space.axes().iter().zip(self.space.strides());
        let at = terms.map(|(axis, stride)| {
            coordinates.get(*axis).map_or(0, |coordinate| u64::from(*coordinate) * stride)
        });
        let at: u64 = at.sum();
        self.table.get(at as usize).map_or(0, |index| *index as usize)
    }

    pub(super) fn at(&self, coordinates: &[u32]) -> Option<&T> {
        self.values.get(self.index_at(coordinates))
    }

    /// As the points of a space see it that has all of its axes.
    pub(super) fn column(&self, space: &Space) -> Column<T> {
        Column {
            onto: space.onto(&self.space),
            table: Arc::clone(&self.table),
            values: Arc::clone(&self.values),
        }
    }

    /// A part of each value.
    pub(super) fn map<U: Eq + Hash>(&self, part: impl Fn(&T) -> U) -> Field<U> {
        let mut values = Interned::default();
        let of: Vec<u32> = self.values.iter().map(|value| values.add(part(value))).collect();
        let table = self.table.iter().map(|index| of.get(*index as usize).copied().unwrap_or(0));
        Field::new(self.space.clone(), table.collect(), values.all)
    }
}

impl<T> Column<T> {
    /// What depends on nothing.
    #[cfg(test)]
    pub(super) fn constant(value: T) -> Column<T> {
        Field::constant(value).column(&Space::point())
    }

    /// The values in the order of the table, as often as they stand there.
    pub(super) fn in_order(&self) -> Box<dyn Iterator<Item = &T> + '_> {
        match self.table.is_empty() {
            true => Box::new(self.values.iter()),
            false => Box::new(self.table.iter().filter_map(|at| self.values.get(*at as usize))),
        }
    }

    pub(super) fn values(&self) -> &[T] {
        &self.values
    }

    /// Which value the point with these digits has.
    #[inline]
    pub(super) fn index(&self, digits: &[u32]) -> usize {
        if self.table.is_empty() {
            return 0;
        }
        self.table.get(self.onto.of(digits) as usize).map_or(0, |index| *index as usize)
    }

    #[inline]
    pub(super) fn get(&self, digits: &[u32]) -> Option<&T> {
        self.values.get(self.index(digits))
    }
}

/// Where a field has which of its values.
#[derive(Clone, Copy)]
pub(super) struct Look<'f> {
    space: &'f Space,
    table: &'f [u32],
}

impl<'f> Look<'f> {
    pub(super) fn axes(self) -> &'f [usize] {
        self.space.axes()
    }

    /// By point, which value; empty where there is but one.
    pub(super) fn table(self) -> &'f [u32] {
        self.table
    }

    /// The axis and the table, where there is one axis.
    pub(super) fn single(self) -> Option<(usize, &'f [u32])> {
        match self.space.axes() {
            [axis] => Some((*axis, self.table)),
            _ => None,
        }
    }
}

impl<T> Field<T> {
    pub(super) fn look(&self) -> Look<'_> {
        Look { space: &self.space, table: &self.table }
    }
}

/// The field of what follows from several fields: `make` gets, for each combination that occurs,
/// in the order of points, which value each field has. `None`: there would be more than `most` points.
pub(super) fn combined<T: Eq + Hash>(
    lengths: &[u32],
    fields: &[Look<'_>],
    most: u64,
    mut make: impl FnMut(&[u32]) -> T,
) -> Option<Field<T>> {
    let axes = distinct(fields.iter().flat_map(|f| f.space.axes()).copied());
    let space = Space::new(axes, lengths).filter(|space| space.points() <= most)?;
    let columns: Vec<(Projection, &[u32])> =
        fields.iter().map(|field| (space.onto(field.space), field.table)).collect();
    let mut values = Interned::default();
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let mut table = Vec::with_capacity(space.points() as usize);
    let mut digits = vec![0; space.axes().len()];
    let (mut last, mut key) = (None, Vec::with_capacity(fields.len()));
    for _ in 0..space.points() {
        let index = |(onto, table): &(Projection, &[u32])| {
            table.get(onto.of(&digits) as usize).copied().unwrap_or(0)
        };
        let same = last.is_some() && key.iter().copied().eq(columns.iter().map(index));
        if !same {
            key.clear();
            key.extend(columns.iter().map(index));
            let found = known.get(&key).copied();
            last = Some(found.unwrap_or_else(|| {
                let value = values.add(make(&key));
                known.insert(key.clone(), value);
                value
            }));
        }
        table.extend(last);
        space.advance(&mut digits);
    }
    Some(Field::new(space, table, values.all))
}

/// A table with more points than this is given up.
pub(super) const MOST_POINTS: u64 = 1 << 32;

/// Values, each once, in the order they were met.
pub(super) struct Interned<T> {
    pub(super) all: Vec<T>,
    /// Their numbers, by value.
    places: HashTable<u32>,
    hashing: DefaultHashBuilder,
}

impl<T> Default for Interned<T> {
    fn default() -> Interned<T> {
        let (places, hashing) = (HashTable::new(), DefaultHashBuilder::default());
        Interned { all: Vec::new(), places, hashing }
    }
}

impl<T: Eq + Hash> Interned<T> {
    /// The value's number.
    pub(super) fn add(&mut self, value: T) -> u32 {
        let Interned { all, places, hashing } = self;
        let is_it = |place: &u32| all.get(*place as usize) == Some(&value);
        let hash = |place: &u32| all.get(*place as usize).map_or(0, |v| hashing.hash_one(v));
        match places.entry(hashing.hash_one(&value), is_it, hash) {
            Entry::Occupied(found) => *found.get(),
            Entry::Vacant(free) => {
                let place = all.len() as u32;
                free.insert(place);
                all.push(value);
                place
            }
        }
    }
}
