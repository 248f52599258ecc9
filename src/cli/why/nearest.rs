//! Which of many jobs that are done may be nearest to one, without looking at each.
//!
//! A job is looked for by its lineage. Where none that is done has the same, those are taken that differ in one
//! parameter: of its values the nearest numbers. Then those that have another parameter in the place of one.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lineage::{Lineage, Lineages, number};
use super::recorded::Recorded;
use crate::sweep::{IdentityRecord, JobView};

/// Of several that are alike so many are looked at, the latest first.
const MOST: usize = 8;
/// Of numbers so many on each side.
const BESIDE: usize = 4;

/// Jobs that are done, by their lineages.
pub(super) struct Nearest<'l> {
    known: Vec<(&'l IdentityRecord, i64)>,
    same: HashMap<u64, Vec<usize>>,
    /// By the lineage without one parameter.
    nearly: HashMap<u64, Beside>,
    /// The same, whatever it is called.
    less: HashMap<u64, Vec<usize>>,
    by_stage: HashMap<&'l str, Vec<usize>>,
}

/// Jobs that differ in the value of one parameter.
#[derive(Default)]
struct Beside {
    latest: Vec<usize>,
    /// Of those that are numbers all, in order.
    numbers: Vec<(f64, usize)>,
}

impl<'l> Nearest<'l> {
    /// `listed` are the jobs that the lab still has: those come last.
    pub(super) fn new(
        recorded: &'l Recorded,
        lineages: &mut Lineages<'l>,
        listed: &BTreeSet<String>,
    ) -> Nearest<'l> {
        let mut known: Vec<(&IdentityRecord, i64)> = recorded.done().collect();
        known.sort_by_key(|(record, ended)| (listed.contains(&record.job), Reverse(*ended)));
        let (mut same, mut less) = (HashMap::new(), HashMap::new());
        let mut nearly: HashMap<u64, Beside> = HashMap::new();
        let mut by_stage: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, (record, _)) in known.iter().enumerate() {
            let keys = Keys::of(&record.stage, &lineages.of_record(record));
            add(same.entry(keys.all).or_default(), at);
            for Without { named, nameless, number } in keys.without {
                let beside = nearly.entry(named).or_default();
                add(&mut beside.latest, at);
                beside.numbers.extend(number.map(|number| (number, at)));
                add(less.entry(nameless).or_default(), at);
            }
            add(by_stage.entry(&record.stage).or_default(), at);
        }
        let sorted = |(key, mut beside): (u64, Beside)| {
            beside.numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
            (key, beside)
        };
        let nearly = nearly.into_iter().map(sorted).collect();
        Nearest { known, same, nearly, less, by_stage }
    }

    /// Jobs that may be nearest to this one.
    pub(super) fn near(
        &self,
        job: &JobView<'l>,
        lineages: &mut Lineages<'l>,
    ) -> Vec<(&'l IdentityRecord, i64)> {
        let keys = Keys::of(&job.stage().name, &lineages.of_job(job));
        let of = |map: &HashMap<u64, Vec<usize>>, key: u64| -> Vec<usize> {
            map.get(&key).cloned().unwrap_or_default()
        };
        let mut found = of(&self.same, keys.all);
        if found.is_empty() {
            // Another value of one, one more, one less.
            let beside = keys.without.iter().flat_map(|without| self.beside(without));
            let more = keys.without.iter().flat_map(|without| of(&self.same, without.nameless));
            found = beside.chain(more).chain(of(&self.less, keys.all)).collect();
        }
        if found.is_empty() {
            let renamed = keys.without.iter().flat_map(|without| of(&self.less, without.nameless));
            found = renamed.collect();
        }
        if found.is_empty() {
            found = self.by_stage.get(&*job.stage().name).cloned().unwrap_or_default();
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.known.get(at).copied()).collect()
    }

    /// Those that differ in one parameter.
    fn beside(&self, without: &Without) -> Vec<usize> {
        let Some(beside) = self.nearly.get(&without.named) else { return Vec::new() };
        let mut found = beside.latest.clone();
        if let Some(number) = without.number {
            let at = beside.numbers.partition_point(|(other, _)| *other < number);
            let (below, above) = beside.numbers.split_at(at);
            let near = below.iter().rev().take(BESIDE).chain(above.iter().take(BESIDE));
            found.extend(near.map(|(_, at)| *at));
        }
        found
    }
}

fn add(found: &mut Vec<usize>, at: usize) {
    if found.len() < MOST {
        found.push(at);
    }
}

/// What lineages are looked for by.
struct Keys {
    all: u64,
    /// Without each of the parameters.
    without: Vec<Without>,
}

/// A lineage without one of its parameters.
struct Without {
    /// Which says the parameter's name.
    named: u64,
    /// Which doesn't: what a lineage has that lacks the parameter.
    nameless: u64,
    /// The parameter's value, if it is a number.
    number: Option<f64>,
}

impl Keys {
    fn of(stage: &str, lineage: &Lineage) -> Keys {
        let hash = |thing: &dyn Fn(&mut DefaultHasher)| {
            let mut hasher = DefaultHasher::new();
            thing(&mut hasher);
            hasher.finish()
        };
        let own: Vec<u64> =
            lineage.iter().map(|(name, values)| hash(&|to| (name, values).hash(to))).collect();
        let all = own.iter().fold(hash(&|to| stage.hash(to)), |sum, one| sum.wrapping_add(*one));
        let without = own.iter().zip(lineage).map(|(one, (name, values))| {
            let nameless = all.wrapping_sub(*one);
            let named = nameless ^ hash(&|to| name.hash(to)).rotate_left(1);
            Without { named, nameless, number: number(values) }
        });
        Keys { all, without: without.collect() }
    }
}
