//! The jobs of a lab, as plain data.
//!
//! Jobs stand in blocks, one for each stage of a pipeline of a run. A job is a point of its block's
//! axes; what it is follows from tables over the few axes that each part of it depends on. Only its
//! id is kept for each job: everything else is looked up by a [`JobView`].

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::field::Column;
use super::identity::JobId;
use super::recipe::{Kit, Package, Recipe};
use super::space::{Projection, Space};
pub use super::wiring::{Wire, Wiring};
use crate::lab::{Need, Resources, Texts};

/// Everything a lab asks for.
#[derive(Debug, Default)]
pub struct Listing {
    /// The lab itself.
    pub lab: LabInfo,
    /// Named collections of runs, sorted by name.
    pub groups: Vec<(String, Vec<String>)>,
    /// Runs, each after those it depends on.
    pub runs: Vec<RunInfo>,
    /// Jobs by run, then topologically, then by parameters. A job that several runs share stands
    /// with the first.
    pub(super) blocks: Vec<Block>,
    /// By job.
    pub(super) ids: Vec<JobId>,
    /// Sets of jobs that many jobs need.
    pub(super) upstreams: Vec<After>,
    /// Where it was asked for, what scripts may refer to.
    pub kit: Kit,
}

/// Jobs of hard upstream runs.
#[derive(Clone, Debug)]
pub(super) struct After {
    pub(super) jobs: JobSet,
    /// Over their ids: what stands for them in the ids of jobs that need them.
    pub(super) digest: Digest,
}

/// What is said of the lab as a whole.
#[derive(Clone, Debug, Default)]
pub struct LabInfo {
    /// `lab_version`.
    pub version: String,
    /// `gitHash`.
    pub git_hash: String,
    /// The file it was read from, relative to its directory.
    pub entry: String,
}

/// A run.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// Its name.
    pub name: Arc<str>,
    /// Runs it depends on.
    pub depends_on: Vec<(Arc<str>, Need)>,
    /// May it run in a container?
    pub containerized: bool,
    /// Its stages' names, in order of appearance, pipelines one after the other.
    pub stages: Vec<Arc<str>>,
    /// How many jobs it has, shared ones included.
    pub jobs: usize,
    /// Those that stand with earlier runs.
    pub(super) shared: JobBits,
}

/// The jobs of a stage in a pipeline of a run.
#[derive(Clone, Debug)]
pub struct Block {
    pub(super) run: u32,
    /// The number of its first job.
    pub(super) first: u32,
    /// How many jobs stand here.
    pub(super) count: u32,
    pub(super) stage: StageInfo,
    /// All its relevant axes.
    pub(super) space: Space,
    /// Effective parameters, sorted by name.
    pub(super) params: Vec<Param>,
    pub(super) pnames: Column<Arc<str>>,
    pub(super) outputs: Column<Outputs>,
    pub(super) pieces: Column<Pieces>,
    /// Digests of scripts.
    pub(super) digests: Column<Digest>,
    pub(super) part_digests: Column<PartScripts>,
    /// What sets runtime packages apart.
    pub(super) package_ids: Vec<Arc<str>>,
    pub(super) wirings: Column<Wiring>,
    pub(super) hints: Column<Option<Resources>>,
    /// Where it was asked for, the texts of simple stages' scripts.
    pub(super) scripts: Column<Vec<u8>>,
    /// Where it was asked for, the parts of scatter-gather stages.
    pub(super) recipes: Column<Vec<Recipe>>,
    /// Where it was asked for, what each part (of a simple stage the stage) is run with.
    pub(super) packages: Vec<(Arc<str>, Vec<Package>)>,
    /// Blocks of the stages it depends on, in the order of its dependencies.
    pub(super) producers: Vec<Producer>,
    /// Which of the listing's sets its jobs need.
    pub(super) after: Option<u32>,
    /// Where its points stand, unless each is a job and they stand in order.
    pub(super) places: Option<Places>,
}

/// A digest.
pub(super) type Digest = [u8; 32];

/// Digests of a scatter-gather stage's parts.
pub(super) type PartScripts = Vec<(Arc<str>, Digest)>;

/// Output names and their paths, sorted by name.
pub type Outputs = Vec<(Arc<str>, Arc<str>)>;

/// A parameter of the jobs of a block.
#[derive(Clone, Debug)]
pub struct Param {
    pub(super) name: Arc<str>,
    pub(super) values: ParamValues,
}

/// The values of a parameter, as canonical JSON.
#[derive(Clone, Debug)]
pub(super) enum ParamValues {
    /// All jobs have this one.
    Same(Arc<str>),
    /// By this digit of the point.
    Swept(u32, Arc<Texts>),
}

/// A block whose jobs make inputs of another's.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    pub(super) block: u32,
    /// From the points of the one that reads to those of the one that makes.
    pub(super) onto: Projection,
    /// What its jobs are called.
    pub(super) pnames: Column<Arc<str>>,
}

/// Where points stand of which some are jobs met before.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// By point, the job.
    pub(super) jobs: Vec<u32>,
    /// By job of the block, its first point.
    pub(super) points: Vec<u32>,
}

/// What all jobs of a stage share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StageInfo {
    /// Name of the pipeline.
    pub pipeline: Arc<str>,
    /// Its attribute in the pipeline.
    pub name: Arc<str>,
    /// Simple or scatter-gather.
    pub kind: StageKind,
    /// `version`.
    pub version: Arc<str>,
}

/// The kinds of stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StageKind {
    /// One script.
    Simple,
    /// Scatter, workers, gather.
    ScatterGather,
}

/// What a scatter-gather stage is made of.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Pieces {
    /// Hints of scatter, worker or steps, and gather, for those that have some.
    pub parts: Vec<(Arc<str>, Resources)>,
    /// Its worker or steps, then gather, with their inputs.
    pub steps: Vec<Step>,
}

/// A part of a scatter-gather stage that reads what others made.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Step {
    /// "worker", a step's name, or "gather".
    pub name: Arc<str>,
    /// Where each of its inputs comes from.
    pub inputs: Vec<(Arc<str>, StepSource)>,
}

/// Where an input of a part comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StepSource {
    /// One of scatter's items.
    Item,
    /// What the last steps of all items wrote.
    Workers,
    /// An output of scatter.
    Scatter(Arc<str>),
    /// An output of another step for the same item.
    Step {
        /// The step.
        step: Arc<str>,
        /// Its output.
        output: Arc<str>,
    },
    /// The stage's own input of that name.
    Stage,
}

/// Where an input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source<'l> {
    /// An output of a job.
    Job {
        /// The job's number.
        job: u32,
        /// The output's name.
        output: &'l Arc<str>,
    },
    /// The metadata of a run.
    Run(&'l Arc<str>),
    /// The folder that holds all results.
    StoreBase,
    /// Nothing wires it: the stage's own default, as it is written.
    Default(&'l Arc<str>),
}

/// Jobs, ascending.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct JobSet(pub(super) Vec<Range<u32>>);

/// Jobs, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct JobBits(pub(super) Vec<u64>);

impl StageKind {
    /// As listings name it.
    pub fn name(self) -> &'static str {
        match self {
            StageKind::Simple => "simple",
            StageKind::ScatterGather => "scatter-gather",
        }
    }
}

impl JobSet {
    /// Adds a job that comes after all that are there.
    pub(super) fn push(&mut self, job: u32) {
        self.push_all(job..job.saturating_add(1));
    }

    /// Adds jobs that come after all that are there.
    pub(super) fn push_all(&mut self, jobs: Range<u32>) {
        match self.0.last_mut() {
            _ if jobs.is_empty() => {}
            Some(last) if last.end == jobs.start => last.end = jobs.end,
            Some(_) | None => self.0.push(jobs),
        }
    }

    /// The jobs.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().flat_map(Clone::clone)
    }

    /// The jobs, consecutive ones together.
    pub fn ranges(&self) -> &[Range<u32>] {
        &self.0
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.iter().map(ExactSizeIterator::len).sum()
    }
}

impl FromIterator<u32> for JobSet {
    fn from_iter<I: IntoIterator<Item = u32>>(jobs: I) -> JobSet {
        let mut set = JobSet::default();
        jobs.into_iter().for_each(|job| set.push(job));
        set
    }
}

impl JobBits {
    /// Adds a job; false if it was there.
    pub(super) fn add(&mut self, job: u32) -> bool {
        let (word, bit) = ((job / 64) as usize, 1 << (job % 64));
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let Some(place) = self.0.get_mut(word) else {
            return false;
        };
        let new = *place & bit == 0;
        *place |= bit;
        new
    }

    pub(super) fn has(&self, job: u32) -> bool {
        self.0.get((job / 64) as usize).is_some_and(|word| word & (1 << (job % 64)) != 0)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        let words = (0u32..).zip(&self.0).filter(|(_, word)| **word != 0);
        words.flat_map(|(at, word)| {
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| at * 64 + bit)
        })
    }
}

impl Listing {
    /// How many jobs.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// No jobs?
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The blocks, in the order of their jobs.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// A job's id.
    #[inline]
    pub fn id(&self, job: u32) -> Option<JobId> {
        self.ids.get(job as usize).copied()
    }

    /// A set of jobs that a block's jobs need (see [`Block::after`]).
    pub fn upstream(&self, set: u32) -> Option<&JobSet> {
        self.upstreams.get(set as usize).map(|after| &after.jobs)
    }

    /// The number of the block that a job stands in.
    pub fn block_of(&self, job: u32) -> usize {
        // Of blocks that begin at one place all but the last are empty.
        self.blocks.partition_point(|block| block.first <= job).saturating_sub(1)
    }

    /// Runs, and the jobs they have that stand with earlier ones.
    pub fn shared_jobs(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let runs = (0..).zip(&self.runs);
        runs.flat_map(|(run, info)| info.shared.iter().map(move |job| (run, job)))
    }

    /// One job.
    pub fn job(&self, job: u32) -> Option<JobView<'_>> {
        let block = self.blocks.get(self.block_of(job))?;
        let mut view = JobView {
            listing: self,
            block,
            job,
            digits: Vec::with_capacity(block.space.axes().len()),
        };
        view.find(job).then_some(view)
    }

    /// All jobs, in order.
    pub fn jobs(&self) -> impl Iterator<Item = JobView<'_>> {
        (0..self.len() as u32).filter_map(|job| self.job(job))
    }
}

impl Block {
    /// The run it stands in, the first that has its jobs.
    pub fn run(&self) -> u32 {
        self.run
    }

    /// The jobs that stand here.
    pub fn range(&self) -> Range<u32> {
        self.first..self.first + self.count
    }

    /// The stage its jobs are of.
    pub fn stage(&self) -> &StageInfo {
        &self.stage
    }

    /// Effective parameters, sorted by name.
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// The names its jobs have.
    pub fn pnames(&self) -> &[Arc<str>] {
        self.pnames.values()
    }

    /// The outputs its jobs have.
    pub fn outputs(&self) -> &[Outputs] {
        self.outputs.values()
    }

    /// The parts its jobs have, of a scatter-gather stage.
    pub fn pieces(&self) -> &[Pieces] {
        self.pieces.values()
    }

    /// What sets its runtime packages apart.
    pub fn package_ids(&self) -> &[Arc<str>] {
        &self.package_ids
    }

    /// How its jobs' inputs are wired.
    pub fn wirings(&self) -> &[Wiring] {
        self.wirings.values()
    }

    /// The merged hints its jobs have.
    pub fn hints(&self) -> &[Option<Resources>] {
        self.hints.values()
    }

    /// What a part, or the script of a simple stage, is run with; nothing unless it was asked for.
    pub fn packages(&self, part: &str) -> &[Package] {
        let own = self.packages.iter().find(|(name, _)| **name == *part);
        own.map_or(&[], |(_, packages)| packages)
    }

    /// Everything that its jobs are run with.
    pub fn all_packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().flat_map(|(_, packages)| packages)
    }

    /// The texts of all its scripts.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        let parts = self.recipes.values().iter().flatten().map(|recipe| recipe.text.as_slice());
        self.scripts.values().iter().map(Vec::as_slice).chain(parts)
    }

    /// The numbers of the blocks of the stages it depends on.
    pub fn producers(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.producers.iter().map(|producer| producer.block as usize)
    }

    /// The set of jobs of hard upstream runs, all of which its jobs need.
    pub fn after(&self) -> Option<u32> {
        self.after
    }

    /// The job at a point.
    #[inline]
    pub(super) fn job_at(&self, point: u64) -> u32 {
        match &self.places {
            None => self.first + point as u32,
            Some(places) => places.jobs.get(point as usize).copied().unwrap_or(0),
        }
    }
}

impl Param {
    /// Its name.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its value where all jobs have the same.
    pub fn same(&self) -> Option<&str> {
        match &self.values {
            ParamValues::Same(value) => Some(value),
            ParamValues::Swept(..) => None,
        }
    }

    /// Its name, and its value at the point with these digits.
    #[inline]
    pub(super) fn at(&self, digits: &[u32]) -> (&str, &str) {
        (&self.name, self.value(digits))
    }

    #[inline]
    fn value(&self, digits: &[u32]) -> &str {
        match &self.values {
            ParamValues::Same(value) => value,
            ParamValues::Swept(digit, texts) => {
                let at = digits.get(*digit as usize).copied().unwrap_or(0);
                texts.get(at as usize).unwrap_or_default()
            }
        }
    }
}

/// A job: whatever it is asked is looked up in its block.
#[derive(Clone, Debug)]
pub struct JobView<'l> {
    listing: &'l Listing,
    block: &'l Block,
    job: u32,
    /// Its point's.
    digits: Vec<u32>,
}

/// Which of its block's values a job has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picks {
    /// Among [`Block::pnames`].
    pub pname: usize,
    /// Among [`Block::outputs`].
    pub outputs: usize,
    /// Among [`Block::pieces`].
    pub pieces: usize,
    /// Among [`Block::wirings`].
    pub wiring: usize,
    /// Among [`Block::hints`].
    pub hints: usize,
}

impl<'l> JobView<'l> {
    /// Looks at another job. False when there is none of that number.
    pub fn seek(&mut self, job: u32) -> bool {
        if !self.block.range().contains(&job) {
            match self.listing.blocks.get(self.listing.block_of(job)) {
                Some(block) => self.block = block,
                None => return false,
            }
            return self.find(job);
        }
        if job == self.job + 1 && self.block.places.is_none() {
            self.job = job;
            self.block.space.advance(&mut self.digits);
            return true;
        }
        self.find(job)
    }

    fn find(&mut self, job: u32) -> bool {
        let Some(within) = job.checked_sub(self.block.first).filter(|at| *at < self.block.count)
        else {
            return false;
        };
        let point = match &self.block.places {
            None => Some(within),
            Some(places) => places.points.get(within as usize).copied(),
        };
        self.job = job;
        self.block.space.digits(u64::from(point.unwrap_or(0)), &mut self.digits);
        point.is_some()
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.job
    }

    /// Where it stands.
    pub fn block(&self) -> &'l Block {
        self.block
    }

    /// Hash of everything that sets it apart.
    pub fn id(&self) -> JobId {
        self.listing.id(self.job).unwrap_or(JobId::from_bytes([0; 20]))
    }

    /// The stage it is an instance of.
    pub fn stage(&self) -> &'l StageInfo {
        &self.block.stage
    }

    /// Which of its block's values it has.
    #[inline]
    pub fn picks(&self) -> Picks {
        Picks {
            pname: self.block.pnames.index(&self.digits),
            outputs: self.block.outputs.index(&self.digits),
            pieces: self.block.pieces.index(&self.digits),
            wiring: self.block.wirings.index(&self.digits),
            hints: self.block.hints.index(&self.digits),
        }
    }

    /// `pname`.
    pub fn pname(&self) -> &'l Arc<str> {
        static NONE: std::sync::LazyLock<Arc<str>> = std::sync::LazyLock::new(|| "".into());
        self.block.pnames.get(&self.digits).unwrap_or(&NONE)
    }

    /// The full name: `<id>-<pname>-<version>`.
    pub fn name(&self) -> impl fmt::Display + '_ {
        struct Name<'j>(&'j JobView<'j>);
        impl fmt::Display for Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}-{}", self.0.id(), self.0.pname(), self.0.block.stage.version)
            }
        }
        Name(self)
    }

    /// Indices of the runs it belongs to, ascending.
    pub fn runs(&self) -> impl Iterator<Item = u32> + '_ {
        let own = self.block.run as usize;
        let later = self.listing.runs.iter().enumerate().skip(own + 1);
        let later =
            later.filter(|(_, run)| run.shared.has(self.job)).map(|(index, _)| index as u32);
        std::iter::once(self.block.run).chain(later)
    }

    /// Effective parameters, sorted by name, with their values as canonical JSON.
    #[inline]
    pub fn params(&self) -> impl Iterator<Item = (&'l Arc<str>, &'l str)> + '_ {
        self.block.params.iter().map(|param| (&param.name, param.value(&self.digits)))
    }

    /// The value of the parameter `index`, as canonical JSON.
    #[inline]
    pub fn param(&self, index: usize) -> &'l str {
        self.block.params.get(index).map_or("", |param| param.value(&self.digits))
    }

    /// Output names and their paths, sorted by name.
    pub fn outputs(&self) -> &'l [(Arc<str>, Arc<str>)] {
        self.block.outputs.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// Hints of scatter, worker or steps, and gather, for those that have some.
    pub fn parts(&self) -> &'l [(Arc<str>, Resources)] {
        self.block.pieces.get(&self.digits).map_or(&[], |pieces| &pieces.parts)
    }

    /// Of a scatter-gather stage its worker or steps, then gather, with their inputs.
    pub fn steps(&self) -> &'l [Step] {
        self.block.pieces.get(&self.digits).map_or(&[], |pieces| &pieces.steps)
    }

    /// Digest of its script, or of what stands for it.
    pub fn digest(&self) -> &'l [u8] {
        self.block.digests.get(&self.digits).map_or(&[], |digest| digest.as_slice())
    }

    /// Digests of the parts of a scatter-gather stage.
    pub fn part_digests(&self) -> &'l [(Arc<str>, Digest)] {
        self.block.part_digests.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// Its own hints merged with those of what it depends on.
    pub fn resources(&self) -> Option<&'l Resources> {
        self.block.hints.get(&self.digits)?.as_ref()
    }

    /// The text of a simple stage's script; nothing unless it was asked for.
    pub fn script(&self) -> &'l [u8] {
        self.block.scripts.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// The parts of a scatter-gather stage; none unless they were asked for.
    pub fn recipes(&self) -> &'l [Recipe] {
        self.block.recipes.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// How its inputs are wired.
    pub fn wiring(&self) -> Option<&'l Wiring> {
        self.block.wirings.get(&self.digits)
    }

    /// The job of the stage's dependency number `index` that it reads from.
    #[inline]
    pub fn producer(&self, index: usize) -> u32 {
        let producer = self.block.producers.get(index);
        let found = producer.and_then(|producer| {
            let block = self.listing.blocks.get(producer.block as usize)?;
            Some(block.job_at(producer.onto.of(&self.digits)))
        });
        found.unwrap_or(0)
    }

    /// Which of the names of its block that job has.
    #[inline]
    pub fn producer_pname(&self, index: usize) -> usize {
        self.block.producers.get(index).map_or(0, |producer| producer.pnames.index(&self.digits))
    }

    /// Where each input comes from, sorted by input.
    pub fn inputs(&self) -> impl Iterator<Item = (&'l Arc<str>, Source<'l>)> + '_ {
        let inputs = self.wiring().map_or(&[][..], |wiring| &wiring.inputs);
        inputs.iter().map(|(name, wire)| {
            let source = match wire {
                Wire::Dependency { index, output } => {
                    Source::Job { job: self.producer(*index), output }
                }
                Wire::Run(run) => Source::Run(run),
                Wire::StoreBase => Source::StoreBase,
                Wire::Default(text) => Source::Default(text),
            };
            (name, source)
        })
    }

    /// Numbers of the jobs it reads from, ascending; for those of `after` see [`Block::after`].
    pub fn depends_on(&self) -> Vec<u32> {
        let used = self.wiring().map_or(&[][..], |wiring| &wiring.used);
        let mut jobs: Vec<u32> = used.iter().map(|index| self.producer(*index)).collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    /// Jobs of hard upstream runs, all of which it needs.
    pub fn after(&self) -> Option<&'l JobSet> {
        self.listing.upstream(self.block.after?)
    }

    /// What stands for these jobs in its id.
    pub(super) fn after_digest(&self) -> Option<&'l Digest> {
        Some(&self.listing.upstreams.get(self.block.after? as usize)?.digest)
    }
}
