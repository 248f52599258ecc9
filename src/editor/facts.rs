//! What the last evaluation found out about a lab, as plain data.

use std::sync::Arc;

use super::text::Place;
use crate::eval::Evaluator;
use crate::session::Session;
use crate::sweep::{OriginKind, Request};

/// A lab as it was last evaluated. The texts may have changed since.
#[derive(Clone, Debug, Default)]
pub struct LabFacts {
    /// Its runs, each after those it depends on.
    pub runs: Vec<RunFact>,
    /// The stages of all pipelines of all runs.
    pub stages: Vec<StageFact>,
    /// Values of names, where they were at hand.
    pub values: Vec<Fact>,
}

/// How many jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobCount {
    /// So many.
    Exactly(u128),
    /// Not more than this.
    AtMost(u128),
    /// More than can be counted.
    Beyond,
}

/// A run.
#[derive(Clone, Debug)]
pub struct RunFact {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name is written: in its file, else in the lab.
    pub place: Option<Place>,
    /// How many jobs it has; `None` when something is wrong with the lab.
    pub jobs: Option<JobCount>,
    /// Runs it depends on.
    pub depends_on: Vec<Arc<str>>,
}

/// A stage of a pipeline of a run.
#[derive(Clone, Debug)]
pub struct StageFact {
    /// The run's name.
    pub run: Arc<str>,
    /// The pipeline's name.
    pub pipeline: Arc<str>,
    /// Its attribute in the pipeline.
    pub key: Arc<str>,
    /// Where the pipeline mentions it.
    pub mention: Option<Place>,
    /// Where its `pname` stands: in the file that defines it.
    pub definition: Option<Place>,
    /// The names that its jobs have, a few of them.
    pub pnames: Vec<Arc<str>>,
    /// How many jobs; `None` when something is wrong with the lab.
    pub jobs: Option<JobCount>,
    /// Names of some of its jobs, the first ones.
    pub examples: Vec<String>,
    /// Its parameters.
    pub params: Vec<ParamFact>,
    /// Its inputs, and where each comes from, in words.
    pub inputs: Vec<(Arc<str>, String)>,
    /// Its outputs.
    pub outputs: Vec<Arc<str>>,
}

/// A parameter of a stage in a run.
#[derive(Clone, Debug)]
pub struct ParamFact {
    /// Its name.
    pub name: Arc<str>,
    /// How many values it takes.
    pub count: usize,
    /// The first of them, as JSON, cut where they are long.
    pub values: Vec<String>,
    /// What gives them.
    pub origin: OriginKind,
    /// The key of the run that gives them: `seed`, `train.seed`.
    pub key: Arc<str>,
}

/// The value of a name.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where the name stands.
    pub place: Place,
    /// The name.
    pub name: Arc<str>,
    /// Its value, as Nix would print it, cut where it is long.
    pub value: String,
    /// What kind of value that is: "an integer".
    pub kind: &'static str,
}

/// Evaluates a lab as far as an editor wants to know about it.
pub fn gather<'h>(
    _session: &Session<'h>,
    _evaluator: &mut Evaluator<'h>,
    _request: &Request,
) -> LabFacts {
    LabFacts::default()
}
