//! Which of many jobs that are done may be nearest to one, without looking at each.
//!
//! A job is looked for by its lineage: the values of its own parameters and of those of all jobs that it reads from.
//! Where none that is done has the same, those are taken that differ in one parameter.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::recorded::Recorded;
use crate::sweep::{IdentityRecord, InputRecord, JobView, Listing};

/// Of several that are alike so many are looked at, the latest first.
const MOST: usize = 8;

/// Values by parameter.
type Lineage = BTreeMap<String, BTreeSet<String>>;

/// Jobs that are done, by their lineages.
pub(super) struct Nearest<'l> {
    listing: &'l Listing,
    known: Vec<(&'l IdentityRecord, i64)>,
    same: HashMap<u64, Vec<usize>>,
    /// By the lineage without one parameter.
    nearly: HashMap<u64, Vec<usize>>,
    by_stage: HashMap<&'l str, Vec<usize>>,
    lineages: HashMap<u32, Rc<Lineage>>,
}

impl<'l> Nearest<'l> {
    /// `listed` are the jobs that the lab still has: those come last.
    pub(super) fn new(
        listing: &'l Listing,
        recorded: &'l Recorded,
        listed: &BTreeSet<String>,
    ) -> Nearest<'l> {
        let mut known: Vec<(&IdentityRecord, i64)> = recorded.done().collect();
        known.sort_by_key(|(record, ended)| (listed.contains(&record.job), Reverse(*ended)));
        let (mut same, mut nearly) = (HashMap::<u64, Vec<usize>>::new(), HashMap::new());
        let mut by_stage: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut lineages = HashMap::new();
        let add = |map: &mut HashMap<u64, Vec<usize>>, key, at| {
            let found = map.entry(key).or_default();
            if found.len() < MOST {
                found.push(at);
            }
        };
        for (at, (record, _)) in known.iter().enumerate() {
            let lineage = of_record(record, recorded, &mut lineages);
            let keys = Keys::of(&record.stage, &lineage);
            add(&mut same, keys.all, at);
            keys.without.iter().for_each(|key| add(&mut nearly, *key, at));
            let of_stage = by_stage.entry(&record.stage).or_default();
            if of_stage.len() < MOST {
                of_stage.push(at);
            }
        }
        Nearest { listing, known, same, nearly, by_stage, lineages: HashMap::new() }
    }

    /// Jobs that may be nearest to this one.
    pub(super) fn near(&mut self, job: &JobView<'l>) -> Vec<(&'l IdentityRecord, i64)> {
        let keys = Keys::of(&job.stage().name, &self.lineage(job));
        let of = |map: &HashMap<u64, Vec<usize>>, key: &u64| -> Vec<usize> {
            map.get(key).cloned().unwrap_or_default()
        };
        let mut found = of(&self.same, &keys.all);
        if found.is_empty() {
            found = keys.without.iter().flat_map(|key| of(&self.nearly, key)).collect();
        }
        if found.is_empty() {
            found = self.by_stage.get(&*job.stage().name).cloned().unwrap_or_default();
        }
        found.into_iter().filter_map(|at| self.known.get(at).copied()).collect()
    }

    fn lineage(&mut self, job: &JobView<'l>) -> Rc<Lineage> {
        if let Some(known) = self.lineages.get(&job.number()) {
            return Rc::clone(known);
        }
        let mut lineage = Lineage::new();
        for (name, value) in job.params() {
            lineage.entry(name.to_string()).or_default().insert(value.to_owned());
        }
        let listing = self.listing;
        for other in job.depends_on().into_iter().filter_map(|other| listing.job(other)) {
            join(&mut lineage, &self.lineage(&other));
        }
        let lineage = Rc::new(lineage);
        self.lineages.insert(job.number(), Rc::clone(&lineage));
        lineage
    }
}

fn of_record<'r>(
    record: &'r IdentityRecord,
    recorded: &'r Recorded,
    known: &mut HashMap<&'r str, Rc<Lineage>>,
) -> Rc<Lineage> {
    if let Some(known) = known.get(&*record.job) {
        return Rc::clone(known);
    }
    // Whatever records say, this ends.
    known.insert(&record.job, Rc::default());
    let mut lineage = Lineage::new();
    for (name, value) in &record.params {
        lineage.entry(name.clone()).or_default().insert(value.clone());
    }
    for input in record.inputs.values() {
        let InputRecord::Job { job, .. } = input else { continue };
        if let Some(other) = recorded.record(job) {
            join(&mut lineage, &of_record(other, recorded, known));
        }
    }
    let lineage = Rc::new(lineage);
    known.insert(&record.job, Rc::clone(&lineage));
    lineage
}

fn join(lineage: &mut Lineage, other: &Lineage) {
    for (name, values) in other {
        lineage.entry(name.clone()).or_default().extend(values.iter().cloned());
    }
}

/// What lineages are looked for by.
struct Keys {
    all: u64,
    /// Without each of the parameters.
    without: Vec<u64>,
}

impl Keys {
    fn of(stage: &str, lineage: &Lineage) -> Keys {
        let hash = |thing: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            thing(&mut hasher);
            hasher.finish()
        };
        let own = |(name, values): (&String, &BTreeSet<String>)| {
            let all = hash(&|to| (name, values).hash(to));
            (all, hash(&|to| name.hash(to)))
        };
        let own: Vec<(u64, u64)> = lineage.iter().map(own).collect();
        let sum =
            own.iter().fold(hash(&|to| stage.hash(to)), |sum, (one, _)| sum.wrapping_add(*one));
        let without = |(one, name): &(u64, u64)| sum.wrapping_sub(*one) ^ name.rotate_left(1);
        Keys { all: sum, without: own.iter().map(without).collect() }
    }
}
