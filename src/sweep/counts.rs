//! Numbers of jobs, which may be bounds of them.

use std::sync::Arc;

use super::overlap::{self, Shape};

/// A number of jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    /// So many.
    Exactly(u128),
    /// Not more than this: some may be the same.
    AtMost(u128),
    /// Some number that doesn't fit.
    Beyond,
}

/// Why a number may be too large.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unsure {
    /// Values of this key of a run are written alike, and may not be the same.
    Alike(Arc<str>),
    /// Which inputs its jobs have follows from too much.
    Inputs,
    /// What is wanted stands behind several of the jobs that they read from.
    Wanted,
    /// Others of this stage may be the same.
    Shared(Arc<str>),
}

/// A parameter, and the texts that are a wanted value of it.
pub type Wanted = (String, Vec<String>);

/// How many jobs runs and stages have.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Are they of all jobs, and beside them some are listed that were asked for?
    pub listed: bool,
    /// Of jobs that have wanted values: how many there are of all, if that was counted too.
    pub all: Option<Count>,
    /// In the order of runs.
    pub runs: Vec<RunCount>,
}

/// The jobs of a run.
#[derive(Clone, Debug, Default)]
pub struct RunCount {
    /// In the order of pipelines, and topologically.
    pub stages: Vec<StageCount>,
}

/// The jobs of a stage of a run.
#[derive(Clone, Debug)]
pub struct StageCount {
    /// Its attribute in the pipeline.
    pub name: Arc<str>,
    /// What its jobs may be called; `None`: there is no telling.
    pub pnames: Option<Vec<Arc<str>>>,
    /// `version`.
    pub(super) version: Arc<str>,
    /// Its parameters.
    pub params: Vec<Arc<str>>,
    /// How many jobs.
    pub jobs: Count,
    /// Why that may be too many.
    pub unsure: Option<Unsure>,
    /// Which jobs, and the class of stages that make the same of the same parameters; `None`: there
    /// is no telling.
    pub(super) set: Option<(u32, Shape)>,
}

/// A number with commas between thousands.
pub fn grouped(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Count {
    /// Nothing to count.
    pub const NONE: Count = Count::Exactly(0);

    /// Both.
    #[must_use]
    pub fn plus(self, other: Count) -> Count {
        self.with(other, u128::checked_add)
    }

    /// Each with each.
    #[must_use]
    pub fn times(self, other: Count) -> Count {
        self.with(other, u128::checked_mul)
    }

    fn with(self, other: Count, both: impl Fn(u128, u128) -> Option<u128>) -> Count {
        let (Some((a, exact)), Some((b, too))) = (self.parts(), other.parts()) else {
            return Count::Beyond;
        };
        match both(a, b) {
            Some(all) if exact && too => Count::Exactly(all),
            Some(all) => Count::AtMost(all),
            None => Count::Beyond,
        }
    }

    fn parts(self) -> Option<(u128, bool)> {
        match self {
            Count::Exactly(count) => Some((count, true)),
            Count::AtMost(count) => Some((count, false)),
            Count::Beyond => None,
        }
    }

    /// The same number, which may be too large.
    #[must_use]
    pub fn at_most(self) -> Count {
        match self {
            Count::Exactly(count) if count > 0 => Count::AtMost(count),
            Count::Exactly(_) | Count::AtMost(_) | Count::Beyond => self,
        }
    }

    /// Is it the number?
    pub fn is_exact(self) -> bool {
        matches!(self, Count::Exactly(_))
    }
}

impl Counts {
    /// Is each of them the number?
    pub(super) fn all_exact(&self) -> bool {
        self.runs.iter().flat_map(|run| &run.stages).all(|stage| stage.jobs.is_exact())
    }

    /// Are the numbers of runs shown, and their sum, what they say?
    pub fn is_exact(&self, shown: impl Fn(usize) -> bool + Copy) -> bool {
        let runs = self.runs.iter().enumerate().filter(|(index, _)| shown(*index));
        let mut stages = runs.flat_map(|(_, run)| &run.stages);
        stages.all(|stage| stage.jobs.is_exact()) && self.total(shown).is_exact()
    }

    /// The jobs of all runs shown; jobs that several of them have count once.
    pub fn total(&self, shown: impl Fn(usize) -> bool) -> Count {
        let runs = self.runs.iter().enumerate().filter(|(index, _)| shown(*index));
        let mut before: Vec<&StageCount> = Vec::new();
        let mut total = Count::NONE;
        for (_, run) in runs {
            for stage in &run.stages {
                total = total.plus(stage.not_in(&before));
                before.push(stage);
            }
        }
        total
    }

    /// How many jobs there are, whatever is wanted.
    pub fn of_all(&self) -> Count {
        self.all.unwrap_or_else(|| self.total(|_| true))
    }

    /// Why the numbers of runs shown, or their sum, may be too large: each run and stage, and why.
    pub fn reasons(&self, shown: impl Fn(usize) -> bool) -> Vec<(usize, Arc<str>, Unsure)> {
        let mut reasons = Vec::new();
        let mut before: Vec<&StageCount> = Vec::new();
        for (run, counted) in self.runs.iter().enumerate().filter(|(index, _)| shown(*index)) {
            for stage in &counted.stages {
                let shared = || {
                    let mut others = before.iter().filter(|other| other.may_share_jobs(stage));
                    let inexact = !stage.not_in(&before).is_exact() && stage.jobs.is_exact();
                    others
                        .next_back()
                        .filter(|_| inexact)
                        .map(|o| Unsure::Shared(Arc::clone(&o.name)))
                };
                let unsure = stage.unsure.clone().filter(|_| !stage.jobs.is_exact());
                let why = unsure.or_else(shared);
                reasons.extend(why.map(|why| (run, Arc::clone(&stage.name), why)));
                before.push(stage);
            }
        }
        reasons
    }
}

impl StageCount {
    /// How many jobs it has that none of the stages before has.
    pub(super) fn not_in(&self, before: &[&StageCount]) -> Count {
        let mut before = before.iter().filter(|other| other.may_share_jobs(self)).peekable();
        if before.peek().is_none() || self.jobs == Count::NONE {
            return self.jobs;
        }
        let fresh =
            self.set.as_ref().filter(|_| self.jobs.is_exact()).and_then(|(class, shape)| {
                let shape_of = |other: &&&StageCount| match &other.set {
                    Some((known, shape)) if known == class => Some(shape.clone()),
                    Some(_) | None => None,
                };
                let others: Vec<Shape> =
                    before.map(|other| shape_of(&other)).collect::<Option<_>>()?;
                overlap::fresh(shape, others.iter())
            });
        fresh.map_or_else(|| self.jobs.at_most(), Count::Exactly)
    }

    fn may_share_jobs(&self, other: &StageCount) -> bool {
        let names = self.pnames.as_ref().zip(other.pnames.as_ref());
        self.version == other.version
            && self.params == other.params
            && names.is_none_or(|(a, b)| a.iter().any(|name| b.contains(name)))
    }
}
