//! The values that a job follows from, in words.

use std::collections::BTreeSet;

use super::table::{bare, clean};
use crate::sweep::{JobView, Listing};

/// A job's parameters: what sets it apart from its neighbours first, since a cell may be cut, in brackets those
/// values of the jobs it reads from that do so too. Without them jobs that only pass results on would all look alike.
pub(in crate::cli) fn params_cell(listing: &Listing, job: &JobView<'_>) -> String {
    params_of(listing, job).words(|_| true, false)
}

/// The values that a job follows from.
#[derive(Clone, Default)]
pub(in crate::cli) struct ParamsOf<'l> {
    /// Those of axes.
    swept: Vec<(&'l str, &'l str)>,
    /// Values of axes that only jobs it reads from have.
    upstream: Vec<(&'l str, &'l str)>,
    /// Those that all jobs of the stage have.
    fixed: Vec<(&'l str, &'l str)>,
}

impl<'l> ParamsOf<'l> {
    /// Of a job's own values, and those of axes of the jobs that it reads from.
    pub(in crate::cli) fn new(
        swept: Vec<(&'l str, &'l str)>,
        mut upstream: Vec<(&'l str, &'l str)>,
        fixed: Vec<(&'l str, &'l str)>,
    ) -> ParamsOf<'l> {
        upstream.retain(|param| !swept.contains(param) && !fixed.contains(param));
        upstream.sort_unstable();
        upstream.dedup();
        ParamsOf { swept, upstream, fixed }
    }
}

/// What a job follows from.
pub(in crate::cli) fn params_of<'l>(listing: &'l Listing, job: &JobView<'l>) -> ParamsOf<'l> {
    let (swept, fixed) = own(job);
    ParamsOf::new(swept, swept_above(listing, job.depends_on()), fixed)
}

/// A job's own values: those of axes, and the others.
#[allow(clippy::type_complexity, reason = "two lists of names and values")]
fn own<'l>(job: &JobView<'l>) -> (Vec<(&'l str, &'l str)>, Vec<(&'l str, &'l str)>) {
    let (mut swept, mut fixed) = (Vec::new(), Vec::new());
    for ((name, value), param) in job.params().zip(job.block().params()) {
        let to = if param.same().is_none() { &mut swept } else { &mut fixed };
        to.push((&**name, value));
    }
    (swept, fixed)
}

/// Values of axes that jobs have, or what those read from.
pub(in crate::cli) fn swept_above(listing: &Listing, jobs: Vec<u32>) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    let mut waiting = jobs;
    let mut seen = BTreeSet::new();
    while let Some(number) = waiting.pop() {
        let Some(job) = listing.job(number).filter(|_| seen.insert(number)) else {
            continue;
        };
        waiting.extend(job.depends_on());
        all.extend(own(&job).0);
    }
    all
}

impl ParamsOf<'_> {
    /// Those of wanted names, in words; where there is little room without the folders that paths begin with.
    pub(in crate::cli) fn words(&self, wanted: impl Fn(&str) -> bool, narrow: bool) -> String {
        let value = |json: &str| if narrow { brief(json) } else { bare(json) };
        self.joined(wanted, |_, json| value(json))
    }

    /// In words, with what the values were `before`. Those that were edited come first: a cell may be cut.
    pub(in crate::cli) fn since(&self, before: &ParamsOf<'_>) -> String {
        let was = |name: &str, json: &str| {
            let before = self.one(name).and_then(|_| before.one(name));
            before.filter(|before| *before != json)
        };
        let value = |name: &str, json: &str| match was(name, json) {
            Some(before) => format!("{} → {}", bare(before), bare(json)),
            None => bare(json),
        };
        let mut sorted = self.clone();
        for params in [&mut sorted.swept, &mut sorted.upstream, &mut sorted.fixed] {
            params.sort_by_key(|(name, json)| was(name, json).is_none());
        }
        sorted.joined(|_| true, value)
    }

    /// The value of a parameter that has one.
    fn one(&self, name: &str) -> Option<&str> {
        let all = self.swept.iter().chain(&self.upstream).chain(&self.fixed);
        let mut values = all.filter(|(known, _)| *known == name).map(|(_, value)| *value);
        values.next().filter(|_| values.next().is_none())
    }

    fn joined(
        &self,
        wanted: impl Fn(&str) -> bool,
        value: impl Fn(&str, &str) -> String,
    ) -> String {
        let words = |params: &[(&str, &str)]| {
            let params = params.iter().filter(|(name, _)| wanted(name));
            let words = params.map(|(name, json)| format!("{}={}", clean(name), value(name, json)));
            words.collect::<Vec<_>>().join(" ")
        };
        let upstream = words(&self.upstream);
        let upstream = if upstream.is_empty() { upstream } else { format!("({upstream})") };
        let all = [words(&self.swept), upstream, words(&self.fixed)];
        all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// A value in few columns: of a path in the store the last part, by which `--param` knows it.
fn brief(json: &str) -> String {
    let inner = json.strip_prefix("\"/nix/store/").and_then(|rest| rest.strip_suffix('"'));
    match inner.and_then(|path| path.rsplit_once('/')) {
        Some((_, last)) if !last.is_empty() => format!("…/{}", clean(last)),
        Some(_) | None => bare(json),
    }
}
