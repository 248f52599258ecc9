//! The jobs of a lab, as plain data.

use std::fmt;
use std::sync::Arc;

use super::identity::JobId;
use crate::lab::{Need, Resources};

/// Everything a lab asks for.
#[derive(Debug)]
pub struct Listing {
    /// The lab itself.
    pub lab: LabInfo,
    /// Named collections of runs, sorted by name.
    pub groups: Vec<(String, Vec<String>)>,
    /// Runs, each after those it depends on.
    pub runs: Vec<RunInfo>,
    /// Jobs by run, then topologically, then by parameters. A job that several runs share stands
    /// with the first.
    pub jobs: Vec<Job>,
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
#[derive(Debug)]
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
}

/// One job.
#[derive(Debug)]
pub struct Job {
    /// Hash of everything that sets it apart.
    pub id: JobId,
    /// Indices of the runs it belongs to, ascending.
    pub runs: Vec<u32>,
    /// The stage it is an instance of.
    pub stage: Arc<StageInfo>,
    /// What the stage is with this job's parameters.
    pub facet: Arc<Facet>,
    /// Where each input comes from, sorted by input.
    pub inputs: Vec<(Arc<str>, Source)>,
    /// Indices of the jobs it needs, without those of `after`.
    pub depends_on: Vec<u32>,
    /// Jobs of hard upstream runs, all of which it needs.
    pub after: Option<Arc<[u32]>>,
    /// Its own hints merged with those of what it depends on.
    pub resources: Option<Arc<Resources>>,
}

/// What all jobs of a stage share.
#[derive(Debug)]
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

/// What a stage is with certain values of its parameters.
#[derive(Debug)]
pub struct Facet {
    /// `pname`.
    pub pname: Arc<str>,
    /// Effective parameters, sorted by name; values are canonical JSON.
    pub params: Vec<(Arc<str>, Arc<str>)>,
    /// Output names and their paths, sorted by name.
    pub outputs: Vec<(Arc<str>, Arc<str>)>,
    /// Hints of scatter, worker or steps, and gather, for those that have some.
    pub parts: Vec<(Arc<str>, Resources)>,
    /// Of a scatter-gather stage its worker or steps, then gather, with their inputs.
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// An output of a job.
    Job {
        /// Index of the job.
        job: u32,
        /// The output's name.
        output: Arc<str>,
    },
    /// The metadata of a run.
    Run(Arc<str>),
    /// The folder that holds all results.
    StoreBase,
    /// Nothing wires it: the stage's own default, as it is written.
    Default(Arc<str>),
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

impl Job {
    /// The full name: `<id>-<pname>-<version>`.
    pub fn name(&self) -> impl fmt::Display + '_ {
        struct Name<'j>(&'j Job);
        impl fmt::Display for Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}-{}", self.0.id, self.0.facet.pname, self.0.stage.version)
            }
        }
        Name(self)
    }

    /// Indices of all jobs it needs.
    pub fn needs(&self) -> impl Iterator<Item = u32> + '_ {
        self.depends_on.iter().chain(self.after.iter().flat_map(|all| all.iter())).copied()
    }
}
