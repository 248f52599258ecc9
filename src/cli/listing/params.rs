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
    /// Those of the jobs that it reads from.
    above: Vec<Above<'l>>,
    /// Those that all jobs of the stage have.
    fixed: Vec<(&'l str, &'l str)>,
}

/// A value of a job that is read from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::cli) struct Above<'l> {
    /// The parameter.
    pub(in crate::cli) name: &'l str,
    /// The stage of that job.
    pub(in crate::cli) stage: &'l str,
    /// As JSON.
    pub(in crate::cli) value: &'l str,
    /// Is it one of an axis?
    pub(in crate::cli) swept: bool,
}

impl<'l> ParamsOf<'l> {
    /// Of a job's own values, and those of the jobs that it reads from.
    pub(in crate::cli) fn new(
        swept: Vec<(&'l str, &'l str)>,
        mut above: Vec<Above<'l>>,
        fixed: Vec<(&'l str, &'l str)>,
    ) -> ParamsOf<'l> {
        above.sort_unstable();
        above.dedup_by(|next, one| {
            let same = (next.name, next.stage, next.value) == (one.name, one.stage, one.value);
            one.swept |= same && next.swept;
            same
        });
        ParamsOf { swept, above, fixed }
    }
}

/// What a job follows from.
pub(in crate::cli) fn params_of<'l>(listing: &'l Listing, job: &JobView<'l>) -> ParamsOf<'l> {
    let (mut swept, mut fixed) = (Vec::new(), Vec::new());
    for (name, value, axis) in own(job) {
        let to = if axis { &mut swept } else { &mut fixed };
        to.push((name, value));
    }
    ParamsOf::new(swept, above(listing, job.depends_on()), fixed)
}

/// A job's own values; is it one of an axis?
fn own<'l>(job: &JobView<'l>) -> impl Iterator<Item = (&'l str, &'l str, bool)> {
    let params = job.params().zip(job.block().params());
    params.map(|((name, value), param)| (&**name, value, param.same().is_none()))
}

/// Values that jobs have, or what those read from.
pub(in crate::cli) fn above(listing: &Listing, jobs: Vec<u32>) -> Vec<Above<'_>> {
    let mut all = Vec::new();
    let mut waiting = jobs;
    let mut seen = BTreeSet::new();
    while let Some(number) = waiting.pop() {
        let Some(job) = listing.job(number).filter(|_| seen.insert(number)) else {
            continue;
        };
        waiting.extend(job.depends_on());
        let stage = &*job.stage().name;
        all.extend(own(&job).map(|(name, value, swept)| Above { name, stage, value, swept }));
    }
    all
}

/// A value, and what it was.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shown<'v> {
    /// It was something else, or nothing; or there is none any more.
    Edited(Option<&'v str>, Option<&'v str>),
    /// It is what it was, as far as is asked.
    Is(&'v str),
}

impl<'v> Shown<'v> {
    /// What it is, after what it was.
    fn since(was: Option<&'v str>, is: Option<&'v str>) -> Option<Shown<'v>> {
        match (was, is) {
            (None, None) => None,
            (Some(was), Some(is)) if was == is => Some(Shown::Is(is)),
            (was, is) => Some(Shown::Edited(was, is)),
        }
    }

    fn is_edited(&self) -> bool {
        matches!(self, Shown::Edited(..))
    }
}

/// A value of a parameter.
type Own<'v> = (&'v str, Shown<'v>);
/// The parameter, the stage of the job that is read from, and its value.
type Other<'v> = (&'v str, &'v str, Shown<'v>);

impl ParamsOf<'_> {
    /// Those of wanted names, in words; where there is little room without the folders that paths begin with.
    pub(in crate::cli) fn words(&self, wanted: impl Fn(&str) -> bool, narrow: bool) -> String {
        let own = |params| each(params, |name, json| wanted(name).then_some(Shown::Is(json)));
        let above = self.above.iter().filter(|one| one.swept && wanted(one.name));
        let above = above.map(|one| (one.name, one.stage, Shown::Is(one.value)));
        joined(own(&self.swept), above.collect(), own(&self.fixed), narrow)
    }

    /// In words, with what the values were `before`. Those that were edited come first: a cell may be cut.
    pub(in crate::cli) fn since(&self, before: &ParamsOf<'_>) -> String {
        let own = |params| each(params, |name, json| Shown::since(before.own(name), Some(json)));
        let mut fixed = own(&self.fixed);
        let gone = before.swept.iter().chain(&before.fixed);
        let gone = gone.filter(|(name, _)| self.own(name).is_none());
        fixed.extend(gone.map(|(name, was)| (*name, Shown::Edited(Some(*was), None))));
        joined(own(&self.swept), self.above_since(before), fixed, false)
    }

    /// Of the jobs that are read from the values of axes, and whatever was edited.
    fn above_since<'v>(&'v self, before: &'v ParamsOf<'_>) -> Vec<Other<'v>> {
        let mut shown = Vec::new();
        for one in &self.above {
            let (name, stage) = (one.name, one.stage);
            let value = match self.alone(name, stage) {
                Some(is) => Shown::since(before.was(name, stage, self), Some(is)),
                None => None,
            };
            // Whatever was new with the stage is nobody's edit.
            let value = match value {
                Some(Shown::Edited(None, _)) if !before.reads(stage) => None,
                value => value,
            };
            let value = value.unwrap_or(Shown::Is(one.value));
            if one.swept || value.is_edited() {
                shown.push((name, stage, value));
            }
        }
        for one in before.above.iter().filter(|one| self.reads(one.stage)) {
            let known = |other: &Above<'_>| other.name == one.name;
            if !self.above.iter().any(|other| known(other) && other.stage == one.stage)
                && before.alone(one.name, one.stage).is_some()
            {
                shown.push((one.name, one.stage, Shown::Edited(Some(one.value), None)));
            }
        }
        shown.sort_unstable();
        shown
    }

    /// A value of its own.
    fn own(&self, name: &str) -> Option<&str> {
        let mut all = self.swept.iter().chain(&self.fixed);
        all.find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Does it read from a job of a stage?
    fn reads(&self, stage: &str) -> bool {
        self.above.iter().any(|one| one.stage == stage)
    }

    /// The value that a stage has of a parameter, if it is one.
    fn alone(&self, name: &str, stage: &str) -> Option<&str> {
        let mut values = self.above.iter().filter(|one| one.name == name && one.stage == stage);
        values.next().filter(|_| values.next().is_none()).map(|one| one.value)
    }

    /// The same of what was, where the stage may have had another name.
    fn was(&self, name: &str, stage: &str, now: &ParamsOf<'_>) -> Option<&str> {
        if self.reads(stage) {
            return self.alone(name, stage);
        }
        let mut gone = self.above.iter().filter(|one| one.name == name && !now.reads(one.stage));
        gone.next().filter(|_| gone.next().is_none()).map(|one| one.value)
    }
}

/// Those of which there is something to show.
fn each<'v>(
    params: &[(&'v str, &'v str)],
    shown: impl Fn(&'v str, &'v str) -> Option<Shown<'v>>,
) -> Vec<Own<'v>> {
    params.iter().filter_map(|(name, json)| Some((*name, shown(name, json)?))).collect()
}

/// All in words: in brackets those of jobs that are read from, sorted by name.
fn joined<'v>(
    mut swept: Vec<Own<'v>>,
    above: Vec<Other<'v>>,
    mut fixed: Vec<Own<'v>>,
    narrow: bool,
) -> String {
    let value = |json: &str| if narrow { brief(json) } else { bare(json) };
    let word = |name: &str, shown: &Shown<'_>| match shown {
        Shown::Is(json) => format!("{}={}", clean(name), value(json)),
        Shown::Edited(was, is) => {
            let value = |json: Option<&str>| json.map_or("none".to_owned(), value);
            format!("{}={} → {}", clean(name), value(*was), value(*is))
        }
    };
    let own = |name: &str, shown: &Shown<'_>| {
        swept.iter().chain(&fixed).any(|(known, other)| *known == name && other == shown)
    };
    let mut upstream: Vec<(bool, String)> = Vec::new();
    for same in above.chunk_by(|a, b| a.0 == b.0) {
        let alike = same.iter().all(|one| Some(one.2) == same.first().map(|first| first.2));
        let several = same.iter().any(|one| Some(one.1) != same.first().map(|first| first.1));
        for (name, stage, shown) in same.iter().take(if alike { 1 } else { same.len() }) {
            // Where stages have different values of one name it takes all of them, and which is whose.
            let apart = several && !alike;
            if apart {
                let name = format!("{stage}.{name}");
                upstream.push((!shown.is_edited(), word(&name, shown)));
            } else if !own(name, shown) {
                upstream.push((!shown.is_edited(), word(name, shown)));
            }
        }
    }
    upstream.sort_by_key(|(same, _)| *same);
    for params in [&mut swept, &mut fixed] {
        params.sort_by_key(|(_, shown)| !shown.is_edited());
    }
    let words = |params: Vec<Own<'_>>| {
        let words = params.iter().map(|(name, shown)| word(name, shown));
        words.collect::<Vec<_>>().join(" ")
    };
    let upstream: Vec<String> = upstream.into_iter().map(|(_, word)| word).collect();
    let upstream = match upstream.as_slice() {
        [] => String::new(),
        some => format!("({})", some.join(" ")),
    };
    let all = [words(swept), upstream, words(fixed)];
    all.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A value in few columns: of a path in the store the last part, by which `--param` knows it.
fn brief(json: &str) -> String {
    let inner = json.strip_prefix("\"/nix/store/").and_then(|rest| rest.strip_suffix('"'));
    match inner.and_then(|path| path.rsplit_once('/')) {
        Some((_, last)) if !last.is_empty() => format!("…/{}", clean(last)),
        Some(_) | None => bare(json),
    }
}
