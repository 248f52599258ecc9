//! The jobs of a lab, as plain data.
//!
//! Jobs stand in blocks, one for each stage of a pipeline of a run. A job is a point of its block's
//! axes; what it is follows from tables over the few axes that each part of it depends on. Only its
//! id is kept for each job: everything else is looked up by a [`JobView`](super::JobView).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::field::Column;
use super::identity::JobId;
use super::jobs::{JobBits, JobSet};
use super::made::{Formula, Ids, Making};
use super::origin::{Origin, Written};
use super::recipe::{Kit, Package, Recipe};
use super::space::{Projection, Space};
use super::wanted::Known;
pub use super::wiring::{Wire, Wiring};
use super::worded::{OutputWords, Words};
use crate::lab::{ContainerMode, Need, Resources, Texts};

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
    pub(super) ids: Ids,
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
    /// `containerMode`.
    pub containers: ContainerMode,
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
    pub(super) pnames: Words,
    pub(super) outputs: OutputWords,
    pub(super) pieces: Column<Pieces>,
    pub(super) part_digests: Column<PartScripts>,
    /// What sets runtime packages apart.
    pub(super) package_ids: Vec<Arc<str>>,
    pub(super) wirings: Column<Wiring>,
    pub(super) hints: Column<Option<Resources>>,
    /// The hints that the stage itself gives.
    pub(super) own_hints: Column<Option<Resources>>,
    /// Where the pipeline mentions the stage.
    pub(super) written: Written,
    /// What stands for scripts: with packages of this machine, the texts of simple stages'.
    pub(super) scripts: Words,
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
    /// How the ids of its jobs are made, where they aren't kept.
    pub(super) formula: Option<Formula>,
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
    pub(super) origin: Origin,
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
    /// Which of their names its jobs have.
    pub(super) pnames: Column<()>,
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

impl StageKind {
    /// As listings name it.
    pub fn name(self) -> &'static str {
        match self {
            StageKind::Simple => "simple",
            StageKind::ScatterGather => "scatter-gather",
        }
    }
}

impl Listing {
    /// How many jobs.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// No jobs?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Is the id of each job kept?
    pub fn is_kept(&self) -> bool {
        self.ids.gaps.is_empty()
    }

    /// The blocks, in the order of their jobs.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// A job's id.
    #[inline]
    pub fn id(&self, job: u32) -> Option<JobId> {
        if self.is_kept() {
            return self.ids.get(job).copied();
        }
        let block = self.blocks.get(self.block_of(job))?;
        match self.making(block) {
            None => self.ids.get(job).copied(),
            Some(making) => making.at(u64::from(job.checked_sub(block.first)?)),
        }
    }

    /// Makes the ids of a block's jobs, if they aren't kept.
    pub(super) fn making<'l>(&'l self, block: &'l Block) -> Option<Making<'l>> {
        let formula = block.formula.as_ref()?;
        Some(Making { block, blocks: &self.blocks, formula, known: self.ids.known() })
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

    /// The number of the run with this name.
    pub fn run_number(&self, name: &str) -> Option<usize> {
        self.runs.iter().position(|run| *run.name == *name)
    }

    /// The jobs of a run: its own, then those that stand with earlier ones.
    pub fn jobs_of(&self, run: u32) -> impl Iterator<Item = u32> + '_ {
        let own = self.blocks.iter().filter(move |block| block.run == run);
        let shared = self.runs.get(run as usize).into_iter().flat_map(|info| info.shared.iter());
        own.flat_map(Block::range).chain(shared)
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

    /// How many jobs its stage has in its run, those included that stand elsewhere.
    pub fn jobs(&self) -> usize {
        let Some(places) = &self.places else {
            return self.count as usize;
        };
        let mut jobs = places.jobs.clone();
        jobs.sort_unstable();
        jobs.dedup();
        jobs.len()
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
    pub fn pnames(&self) -> impl Iterator<Item = String> + '_ {
        self.pnames.all()
    }

    /// How many names its jobs have.
    pub fn pname_count(&self) -> usize {
        self.pnames.len()
    }

    /// Writes one of the names its jobs have behind what `text` holds.
    pub fn write_pname(&self, number: usize, text: &mut Vec<u8>) {
        self.pnames.append(number, text);
    }

    /// How many outputs its jobs have.
    pub fn outputs_count(&self) -> usize {
        self.outputs.paths.len()
    }

    /// One of the outputs its jobs have.
    pub fn outputs(&self, number: usize) -> Outputs {
        self.outputs.get(number)
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

    /// Where the pipeline mentions the stage.
    pub fn written(&self) -> &Written {
        &self.written
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
    pub fn texts(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        let parts = self.recipes.values().iter().flatten();
        let parts = parts.map(|recipe| Cow::Borrowed(recipe.text.as_slice()));
        let scripts = 0..self.scripts.len();
        scripts.map(|number| Cow::Owned(self.scripts.bytes(number))).chain(parts)
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

    /// Where its values come from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its value where it has no other.
    pub fn only(&self) -> Option<&str> {
        match &self.values {
            ParamValues::Same(value) => Some(value),
            ParamValues::Swept(_, texts) if texts.len() == 1 => texts.get(0),
            ParamValues::Swept(..) => None,
        }
    }

    /// All its values.
    pub fn known(&self) -> Known<'_> {
        match &self.values {
            ParamValues::Same(value) => Known::One(value),
            ParamValues::Swept(_, texts) => Known::Many(texts),
        }
    }

    /// How many values it takes.
    pub fn count(&self) -> usize {
        match &self.values {
            ParamValues::Same(_) => 1,
            ParamValues::Swept(_, texts) => texts.len(),
        }
    }

    /// Its name, and its value at the point with these digits.
    #[inline]
    pub(super) fn at(&self, digits: &[u32]) -> (&str, &str) {
        (&self.name, self.value(digits))
    }

    #[inline]
    pub(super) fn value(&self, digits: &[u32]) -> &str {
        match &self.values {
            ParamValues::Same(value) => value,
            ParamValues::Swept(digit, texts) => {
                let at = digits.get(*digit as usize).copied().unwrap_or(0);
                texts.get(at as usize).unwrap_or_default()
            }
        }
    }
}
