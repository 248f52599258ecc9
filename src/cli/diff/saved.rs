//! A listing that was saved, as a side of a comparison.
//!
//! Of jobs that the other side has too only the id is kept: all else is asked of that side's listing.

use std::cell::OnceCell;
use std::collections::HashMap;

use super::compare::{Place, Side};
use super::effective::{Value, hash, hash_value};
use super::listed::{object, values_of};
use super::reading::{Record, canonical, id};
use crate::cli::listing::View;
use crate::cli::listing::table::{Above, ParamsOf, above};
use crate::sweep::{Block, JobId, Listing};

/// A saved listing, as far as it is to be compared.
pub(super) struct Saved<'l> {
    /// What it is compared with, and the number that each of its jobs has there.
    today: &'l Listing,
    listed: HashMap<JobId, u32>,
    /// Jobs that the other side doesn't have.
    others: Vec<Job>,
    /// By id, the number among those.
    numbers: HashMap<JobId, u32>,
    /// The ids of those that it has, and whether they are to be shown.
    known: Vec<(JobId, bool)>,
    /// Of each job of the other side whether it is among those.
    met: Vec<bool>,
    texts: Texts,
    /// What is said of parameters, once it was asked for.
    axes: OnceCell<Axes>,
}

struct Job {
    id: JobId,
    shown: bool,
    pipeline: u32,
    stage: u32,
    runs: Box<[u32]>,
    /// Names and values.
    params: Box<[(u32, u32)]>,
    /// The jobs that it reads from.
    reads: Box<[JobId]>,
}

/// By stage and parameter, its value if all jobs have the same.
type Axes = HashMap<(u32, u32), Option<u32>>;

/// Names and values, each kept once, with what stands for it in a comparison: as a name, and as a value.
#[derive(Default)]
struct Texts {
    numbers: HashMap<Box<str>, u32>,
    texts: Vec<(Box<str>, u64, u64)>,
}

impl Texts {
    fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.numbers.insert(text.into(), number);
        self.texts.push((text.into(), hash(text), hash_value(text)));
        number
    }

    fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", |(text, ..)| text)
    }

    fn hash(&self, number: u32) -> u64 {
        self.texts.get(number as usize).map_or(0, |(_, hash, _)| *hash)
    }

    /// What stands for it as a value.
    fn worth(&self, number: u32) -> u64 {
        self.texts.get(number as usize).map_or(0, |(.., worth)| *worth)
    }
}

/// A job that is written down, or one that is listed.
enum Found<'s> {
    Other(&'s Job),
    Listed(u32),
}

impl<'l> Saved<'l> {
    /// An empty one, to be compared with what is shown.
    pub(super) fn new(view: &View<'l>) -> Saved<'l> {
        let jobs = 0..view.len();
        let listed = jobs.filter_map(|job| Some((view.listing.id(job)?, job)));
        Saved {
            today: view.listing,
            listed: listed.collect(),
            others: Vec::new(),
            numbers: HashMap::new(),
            known: Vec::new(),
            met: vec![false; view.len() as usize],
            texts: Texts::default(),
            axes: OnceCell::new(),
        }
    }

    /// Has the other side this job?
    pub(super) fn lists(&self, job: &JobId) -> bool {
        self.listed.contains_key(job)
    }

    /// Adds a job that the other side has. Whoever put two listings into one file wrote it twice.
    pub(super) fn add_known(&mut self, job: JobId, shown: bool) {
        let met = self.listed.get(&job).and_then(|number| self.met.get_mut(*number as usize));
        if met.is_none_or(|met| !std::mem::replace(met, true)) {
            self.known.push((job, shown));
        }
    }

    /// Adds another job.
    pub(super) fn add(&mut self, job: JobId, shown: bool, record: &Record<'_>) {
        if self.numbers.contains_key(&job) {
            return;
        }
        let texts = &mut self.texts;
        let params = record.params.iter();
        let params =
            params.map(|(name, value)| (texts.number(name), texts.number(&canonical(value))));
        let params = params.collect();
        let reads = record.inputs.values().filter_map(|input| id(input.job.as_ref()?));
        let mut reads: Vec<JobId> = reads.collect();
        reads.sort_unstable();
        reads.dedup();
        self.numbers.insert(job, self.others.len() as u32);
        self.others.push(Job {
            id: job,
            shown,
            runs: record.runs.iter().map(|run| texts.number(run)).collect(),
            pipeline: texts.number(&record.pipeline),
            stage: texts.number(&record.stage),
            params,
            reads: reads.into(),
        });
    }

    fn find(&self, job: &JobId) -> Option<Found<'_>> {
        if let Some(listed) = self.listed.get(job) {
            return Some(Found::Listed(*listed));
        }
        let number = self.numbers.get(job)?;
        self.others.get(*number as usize).map(Found::Other)
    }

    /// All jobs that one reads from, directly or not; what is listed stands for what it reads from too.
    fn above<'s>(&'s self, job: &'s Job) -> Vec<Found<'s>> {
        let (mut jobs, mut at): (Vec<&JobId>, usize) = (job.reads.iter().collect(), 0);
        let mut all = Vec::new();
        while let Some(job) = jobs.get(at) {
            at += 1;
            let Some(found) = self.find(job) else { continue };
            if let Found::Other(job) = &found {
                for other in &job.reads {
                    if !jobs.contains(&other) {
                        jobs.push(other);
                    }
                }
            }
            all.push(found);
        }
        all
    }

    /// Is a parameter of a stage an axis, as far as is known?
    fn is_axis(&self, stage: u32, name: u32, value: u32) -> bool {
        let axes = self.axes.get_or_init(|| {
            let mut axes = Axes::new();
            for job in &self.others {
                for (name, value) in &job.params {
                    let known = axes.entry((job.stage, *name)).or_insert(Some(*value));
                    *known = known.filter(|known| known == value);
                }
            }
            axes
        });
        let (stage_name, value) = (self.texts.text(stage), self.texts.text(value));
        let blocks = self.today.blocks().iter().filter(|block| *block.stage().name == *stage_name);
        let mut today = blocks.flat_map(Block::params);
        let name_text = self.texts.text(name);
        // Its other values may be those of jobs of which only the ids were kept.
        axes.get(&(stage, name)) == Some(&None)
            || today.any(|param| **param.name() == *name_text && param.same() != Some(value))
    }
}

impl Side for Saved<'_> {
    fn len(&self) -> u32 {
        (self.others.len() + self.known.len()) as u32
    }

    fn id(&self, job: u32) -> Option<JobId> {
        let number = job as usize;
        match self.others.get(number) {
            Some(job) => Some(job.id),
            None => self.known.get(number - self.others.len()).map(|(id, _)| *id),
        }
    }

    fn shows(&self, job: u32) -> bool {
        let number = job as usize;
        match self.others.get(number) {
            Some(job) => job.shown,
            None => self.known.get(number - self.others.len()).is_some_and(|(_, shown)| *shown),
        }
    }

    fn stage(&self, job: u32) -> &str {
        self.others.get(job as usize).map_or("", |job| self.texts.text(job.stage))
    }

    fn place(&self, job: u32) -> Place<'_> {
        let Some(job) = self.others.get(job as usize) else { return Place::default() };
        Place {
            runs: job.runs.iter().map(|run| self.texts.text(*run)).collect(),
            pipeline: self.texts.text(job.pipeline),
            stage: self.texts.text(job.stage),
        }
    }

    fn params(&self, job: u32) -> String {
        let params = self.others.get(job as usize).map_or(&[][..], |job| &job.params);
        object(params.iter().map(|(name, value)| (self.texts.text(*name), self.texts.text(*value))))
    }

    fn values(&self, job: u32, values: &mut Vec<Value>) {
        let Some(job) = self.others.get(job as usize) else { return };
        for found in std::iter::once(Found::Other(job)).chain(self.above(job)) {
            match found {
                Found::Listed(job) => values_of(self.today, job, values),
                Found::Other(job) => {
                    let stage = self.texts.hash(job.stage);
                    values.extend(job.params.iter().map(|(name, value)| Value {
                        name: self.texts.hash(*name),
                        text: self.texts.worth(*value),
                        stage,
                    }));
                }
            }
        }
    }

    fn params_of(&self, job: u32) -> ParamsOf<'_> {
        let Some(job) = self.others.get(job as usize) else { return ParamsOf::default() };
        let axes_of = |job: &Job, axes: bool| {
            let stage = job.stage;
            let some = job.params.iter().filter(|(n, v)| self.is_axis(stage, *n, *v) == axes);
            let some = some.map(|(name, value)| (self.texts.text(*name), self.texts.text(*value)));
            some.collect::<Vec<_>>()
        };
        let mut values = Vec::new();
        for found in self.above(job) {
            match found {
                Found::Other(job) => values.extend(job.params.iter().map(|(name, value)| Above {
                    name: self.texts.text(*name),
                    stage: self.texts.text(job.stage),
                    value: self.texts.text(*value),
                    swept: self.is_axis(job.stage, *name, *value),
                })),
                Found::Listed(job) => values.extend(above(self.today, vec![job])),
            }
        }
        ParamsOf::new(axes_of(job, true), values, axes_of(job, false))
    }
}
