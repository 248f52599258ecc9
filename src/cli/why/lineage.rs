//! What jobs follow from: the values of their own parameters and of those of all jobs that they read from.
//!
//! It says which job is near to which, whatever inputs and outputs are called.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::recorded::Recorded;
use crate::sweep::{IdentityRecord, InputRecord, JobView, Listing};

/// Values by parameter, as canonical JSON.
pub(super) type Lineage = BTreeMap<String, BTreeSet<String>>;

/// Lineages, each found out once.
pub(super) struct Lineages<'l> {
    listing: &'l Listing,
    recorded: &'l Recorded,
    of_jobs: HashMap<u32, Rc<Lineage>>,
    of_records: HashMap<&'l str, Rc<Lineage>>,
}

impl<'l> Lineages<'l> {
    pub(super) fn new(listing: &'l Listing, recorded: &'l Recorded) -> Lineages<'l> {
        let (of_jobs, of_records) = (HashMap::new(), HashMap::new());
        Lineages { listing, recorded, of_jobs, of_records }
    }

    /// That of a job of the lab.
    pub(super) fn of_job(&mut self, job: &JobView<'l>) -> Rc<Lineage> {
        if let Some(known) = self.of_jobs.get(&job.number()) {
            return Rc::clone(known);
        }
        let mut lineage = own(job.params().map(|(name, value)| (&**name, value)));
        let listing = self.listing;
        for other in job.depends_on().into_iter().filter_map(|other| listing.job(other)) {
            join(&mut lineage, &self.of_job(&other));
        }
        let lineage = Rc::new(lineage);
        self.of_jobs.insert(job.number(), Rc::clone(&lineage));
        lineage
    }

    /// That of a job that was done, as far as records are there.
    pub(super) fn of_record(&mut self, record: &'l IdentityRecord) -> Rc<Lineage> {
        if let Some(known) = self.of_records.get(&*record.job) {
            return Rc::clone(known);
        }
        // Whatever records say, this ends.
        self.of_records.insert(&record.job, Rc::default());
        let params = record.params.iter();
        let mut lineage = own(params.map(|(name, value)| (name.as_str(), value.as_str())));
        for input in record.inputs.values() {
            let InputRecord::Job { job, .. } = input else { continue };
            if let Some(other) = self.recorded.record(job) {
                join(&mut lineage, &self.of_record(other));
            }
        }
        let lineage = Rc::new(lineage);
        self.of_records.insert(&record.job, Rc::clone(&lineage));
        lineage
    }
}

fn own<'p>(params: impl Iterator<Item = (&'p str, &'p str)>) -> Lineage {
    let mut lineage = Lineage::new();
    for (name, value) in params {
        lineage.entry(name.to_owned()).or_default().insert(value.to_owned());
    }
    lineage
}

fn join(lineage: &mut Lineage, other: &Lineage) {
    for (name, values) in other {
        lineage.entry(name.clone()).or_default().extend(values.iter().cloned());
    }
}

/// Of each parameter the least and the largest number that it is somewhere.
#[derive(Default)]
pub(super) struct Spreads(BTreeMap<String, (f64, f64)>);

impl Spreads {
    /// Counts in one more lineage.
    pub(super) fn add(&mut self, lineage: &Lineage) {
        for (name, value) in lineage.iter().filter_map(|(name, of)| Some((name, number(of)?))) {
            match self.0.get_mut(name) {
                Some((least, most)) => (*least, *most) = (least.min(value), most.max(value)),
                None => drop(self.0.insert(name.clone(), (value, value))),
            }
        }
    }

    /// How far two numbers are apart, so that those of other parameters can be added.
    fn far(&self, name: &str, one: f64, other: f64) -> f64 {
        let (least, most) = self.0.get(name).copied().unwrap_or_default();
        // Halves: the largest numbers are farther apart than numbers go.
        let far = (one / 2.0 - other / 2.0).abs() / (most / 2.0 - least / 2.0);
        if far.is_finite() { far } else { 1.0 }
    }
}

/// How far two lineages are apart: by how many parameters, then by their values.
pub(super) fn apart(one: &Lineage, other: &Lineage, spreads: &Spreads) -> (usize, Distance) {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let pairs = names.into_iter().map(|name| (name, one.get(name), other.get(name)));
    let differing: Vec<_> = pairs.filter(|(_, one, other)| one != other).collect();
    let mut distance = Distance { other: 0, numbers: 0.0 };
    for (name, one, other) in &differing {
        match (one.and_then(number), other.and_then(number)) {
            (Some(one), Some(other)) => distance.numbers += spreads.far(name, one, other),
            _ => distance.other += 1,
        }
    }
    (differing.len(), distance)
}

/// The value of a parameter that has one, if it is a number.
pub(super) fn number(values: &BTreeSet<String>) -> Option<f64> {
    let mut values = values.iter();
    let number = values.next()?.parse::<f64>().ok()?;
    (values.next().is_none() && number.is_finite()).then_some(number)
}

/// A distance, which has an order: what is no number is farther than any number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Distance {
    /// How many values are no numbers.
    other: usize,
    /// How far the numbers are apart, each measured by how far those of its parameter are.
    numbers: f64,
}

impl Eq for Distance {}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.other.cmp(&other.other).then(self.numbers.total_cmp(&other.numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_parameters_are_nearer_then_nearer_numbers() {
        let of = |pairs: &[(&str, &str)]| own(pairs.iter().copied());
        let here = of(&[("x", "0.1"), ("mode", "\"a\"")]);
        let mut others = [
            of(&[("x", "\"b\""), ("mode", "\"a\"")]),
            of(&[("x", "5"), ("mode", "\"a\"")]),
            of(&[("x", "0.2"), ("mode", "\"b\"")]),
            of(&[("x", "0.2"), ("mode", "\"a\"")]),
            of(&[("x", "-0.1"), ("mode", "\"a\"")]),
        ];
        let mut spreads = Spreads::default();
        for other in &others {
            spreads.add(other);
        }
        others.sort_by_key(|other| apart(&here, other, &spreads));
        let x: Vec<&str> =
            others.iter().filter_map(|other| Some(other.get("x")?.first()?.as_str())).collect();
        assert_eq!(x, ["0.2", "-0.1", "5", "\"b\"", "0.2"]);
        // As far by value, not by size.
        let of = |x: &str, y: &str| of(&[("x", x), ("y", y)]);
        let mut others = [of("20", "1"), of("6", "1"), of("13", "1"), of("12", "100")];
        for other in &others {
            spreads.add(other);
        }
        others.sort_by_key(|other| apart(&of("12", "1"), other, &spreads));
        let x: Vec<&String> = others.iter().filter_map(|other| other.get("x")?.first()).collect();
        assert_eq!(x, ["13", "6", "20", "12"]);
        // Also where they are as far apart as can be.
        for x in ["1.7e308", "-1.7e308"] {
            spreads.add(&of(x, "1"));
        }
        assert!((spreads.far("x", 1.7e308, -1.7e308) - 1.0).abs() < 1e-9);
    }
}
