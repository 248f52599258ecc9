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

/// How far two lineages are apart: by how many parameters, then by their values.
pub(super) fn apart(one: &Lineage, other: &Lineage) -> (usize, Distance) {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let pairs = names.into_iter().map(|name| (one.get(name), other.get(name)));
    let differing: Vec<_> = pairs.filter(|(one, other)| one != other).collect();
    let far = |(one, other): &(Option<&BTreeSet<String>>, Option<&BTreeSet<String>>)| {
        relative(number((*one)?)?, number((*other)?)?)
    };
    let distance = differing.iter().map(|pair| far(pair).unwrap_or(FARTHEST)).sum();
    (differing.len(), Distance(distance))
}

/// The value of a parameter that has one, if it is a number.
pub(super) fn number(values: &BTreeSet<String>) -> Option<f64> {
    let mut values = values.iter();
    let number = values.next()?.parse::<f64>().ok()?;
    (values.next().is_none() && number.is_finite()).then_some(number)
}

/// Numbers are no farther apart than this, and what are no numbers, as far.
const FARTHEST: f64 = 2.0;

/// How far numbers are apart, measured by the larger: 0.1 is as far from 0.2 as 100 is from 200.
fn relative(one: f64, other: f64) -> Option<f64> {
    let largest = one.abs().max(other.abs());
    let far = (one - other).abs() / largest;
    if largest == 0.0 { Some(0.0) } else { Some(far).filter(|far| far.is_finite()) }
}

/// A distance, which has an order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Distance(f64);

impl Eq for Distance {}

impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Distance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
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
        others.sort_by_key(|other| apart(&here, other));
        let x: Vec<&str> =
            others.iter().filter_map(|other| Some(other.get("x")?.first()?.as_str())).collect();
        assert_eq!(x, ["0.2", "5", "\"b\"", "-0.1", "0.2"]);
    }
}
