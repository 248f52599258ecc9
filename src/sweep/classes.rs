//! Which values of an axis are the same.

use std::hash::BuildHasher;
use std::sync::OnceLock;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use super::keys::Place;
use crate::lab::{Run, Values};

/// The values of one parameter on an axis, equal ones together.
#[derive(Debug)]
pub(super) struct Classes {
    /// By value, the class it belongs to; classes are numbered as they appear. `None`: no two
    /// values are the same.
    of: Option<Vec<u32>>,
}

impl Classes {
    /// Values that no function can tell apart are of one class.
    fn told_apart(values: &Values<'_>) -> Classes {
        if values.ascending() {
            return Classes { of: None };
        }
        // A path and the string of its copy in the store have the same text.
        let text = |at: usize| values.texts().get(at);
        Classes::by(values.len(), text, |at| values.is_plain(at))
    }

    /// Values with the same text are of one class, for they make the same job.
    fn written(values: &Values<'_>) -> Classes {
        match values.ascending() {
            true => Classes { of: None },
            false => Classes::by(values.len(), |at| values.texts().get(at), |_| true),
        }
    }

    /// Values with the same text are of one class, those that `may` be.
    fn by<'t>(
        count: usize,
        text: impl Fn(usize) -> Option<&'t str>,
        may: impl Fn(usize) -> bool,
    ) -> Classes {
        let hashing = DefaultHashBuilder::default();
        // The first value of each class.
        let mut firsts: HashTable<u32> = HashTable::new();
        let (mut of, mut classes) = (Vec::with_capacity(count), 0);
        for at in 0..count {
            let found = match may(at) {
                false => None,
                true => {
                    let is_it = |first: &u32| text(*first as usize) == text(at);
                    let hash = |first: &u32| hashing.hash_one(text(*first as usize));
                    match firsts.entry(hashing.hash_one(text(at)), is_it, hash) {
                        Entry::Occupied(first) => of.get(*first.get() as usize).copied(),
                        Entry::Vacant(free) => {
                            free.insert(at as u32);
                            None
                        }
                    }
                }
            };
            let class = found.unwrap_or(classes);
            classes += u32::from(found.is_none());
            of.push(class);
        }
        Classes { of: ((classes as usize) < count).then_some(of) }
    }

    /// The class of a value.
    pub(super) fn of(&self, value: u32) -> u32 {
        match &self.of {
            None => value,
            Some(of) => of.get(value as usize).copied().unwrap_or(value),
        }
    }

    /// Is no value there twice?
    pub(super) fn all_differ(&self) -> bool {
        self.of.is_none()
    }
}

/// The classes of a run's values, found when first asked for.
pub(super) struct RunClasses<'x, 'h> {
    run: &'x Run<'h>,
    /// By axis and member: told apart, and written.
    known: Vec<Vec<[OnceLock<Classes>; 2]>>,
}

impl<'x, 'h> RunClasses<'x, 'h> {
    pub(super) fn new(run: &'x Run<'h>) -> RunClasses<'x, 'h> {
        let known = run.axes.iter().map(|axis| axis.members.iter().map(|_| <_>::default()));
        RunClasses { run, known: known.map(Iterator::collect).collect() }
    }

    fn get(
        &self,
        (axis, member): Place,
        which: usize,
        find: impl Fn(&Values<'h>) -> Classes,
    ) -> Option<&Classes> {
        let values = &self.run.axes.get(axis)?.members.get(member)?.values;
        Some(self.known.get(axis)?.get(member)?.get(which)?.get_or_init(|| find(values)))
    }

    /// Values that no function can tell apart are of one class.
    pub(super) fn told_apart(&self, place: Place) -> Option<&Classes> {
        self.get(place, 0, Classes::told_apart)
    }

    /// Values with the same text are of one class.
    pub(super) fn written(&self, place: Place) -> Option<&Classes> {
        self.get(place, 1, Classes::written)
    }

    /// Are values that are written alike the same? Where one may know their `places`, those that
    /// have some aren't.
    pub(super) fn text_tells(&self, (axis, place): Place, places: bool) -> bool {
        let values = self.run.axes.get(axis).and_then(|axis| axis.members.get(place));
        values.is_none_or(|member| {
            let (values, hidden) = (&member.values, member.values.hidden());
            let differ = || self.written((axis, place)).is_some_and(Classes::all_differ);
            match values.origins() {
                _ if hidden.more || hidden.places && places => differ(),
                None => true,
                // Those that are written alike must be of one place.
                Some(origins) => {
                    let mut known = hashbrown::HashMap::new();
                    differ()
                        || values
                            .texts()
                            .iter()
                            .zip(origins.iter())
                            .all(|(text, origin)| *known.entry(text).or_insert(origin) == origin)
                }
            }
        })
    }

    /// How many points of an axis differ in how the values of these of its members are written.
    pub(super) fn count(&self, axis: usize, members: &[usize]) -> u64 {
        self.count_of(axis, members, &[])
    }

    /// How many of those there are where members have wanted values.
    pub(super) fn count_of(
        &self,
        axis: usize,
        members: &[usize],
        wanted: &[(usize, &[String])],
    ) -> u64 {
        let length = self.run.axes.get(axis).map_or(1, |axis| axis.length as u32);
        let classes = self.written_members(axis, members);
        if classes.iter().any(|classes| classes.all_differ()) {
            if wanted.is_empty() {
                return u64::from(length);
            }
            return (0..length).filter(|at| self.is_wanted(axis, *at, wanted)).count() as u64;
        }
        let mut seen = hashbrown::HashSet::new();
        for at in (0..length).filter(|at| self.is_wanted(axis, *at, wanted)) {
            seen.insert(classes.iter().map(|classes| classes.of(at)).collect::<Vec<u32>>());
        }
        seen.len() as u64
    }

    /// Does this point of an axis count: is it wanted, and the first of those that are written
    /// alike?
    pub(super) fn counts_at(
        &self,
        axis: usize,
        members: &[usize],
        wanted: &[(usize, &[String])],
        at: u32,
    ) -> bool {
        let classes = self.written_members(axis, members);
        let alike = |other: u32| classes.iter().all(|classes| classes.of(at) == classes.of(other));
        let differ = classes.iter().any(|classes| classes.all_differ());
        self.is_wanted(axis, at, wanted) && (differ || !(0..at).any(alike))
    }

    fn written_members(&self, axis: usize, members: &[usize]) -> Vec<&Classes> {
        members.iter().filter_map(|member| self.written((axis, *member))).collect()
    }

    fn is_wanted(&self, axis: usize, at: u32, wanted: &[(usize, &[String])]) -> bool {
        wanted.iter().all(|(member, texts)| {
            let member = self.run.axes.get(axis).and_then(|axis| axis.members.get(*member));
            let value = member.and_then(|member| member.values.get(at as usize));
            value.is_some_and(|(_, json)| texts.iter().any(|text| text == json))
        })
    }
}
