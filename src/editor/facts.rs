//! What the last evaluation found out about a lab, as plain data.

use std::sync::Arc;

use super::text::Place;
use crate::eval::{Evaluator, words};
use crate::lab::{Lab, Run, Stage, Target};
use crate::session::Session;
use crate::source::{Name, SourceMap, Span};
use crate::sweep::{
    self, Ask, Block, Count, Counts, Listing, OriginKind, Outcome, Request, Selection, Wire,
};
use crate::value::{Attrs, Value};

/// A lab as it was last evaluated. The texts may have changed since.
#[derive(Clone, Debug, Default)]
pub struct LabFacts {
    /// Its runs, each after those it depends on.
    pub runs: Vec<RunFact>,
    /// The stages of all pipelines of all runs.
    pub stages: Vec<StageFact>,
    /// Values of names, where they were at hand.
    pub values: Vec<Fact>,
    /// Names of the packages that there are.
    pub packages: Vec<Arc<str>>,
    /// Sets of packages within the package set that the lab has looked into, and the names in each.
    pub package_sets: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Names of what the package set's library has.
    pub library: Vec<Arc<str>>,
}

impl LabFacts {
    /// The names in a set of packages within the package set, if the lab has looked into it.
    pub(super) fn package_set(&self, name: &str) -> Option<&[Arc<str>]> {
        let found = self.package_sets.iter().find(|(known, _)| **known == *name);
        found.map(|(_, names)| names.as_slice())
    }
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

/// Jobs are made where there are no more than this, and only counted otherwise.
const MOST_JOBS: u64 = 50_000;
/// What is shown of many things.
const FEW: usize = 3;
const MOST_VALUES: usize = 12;
const LONGEST_VALUE: usize = 60;
const MOST_OUTPUTS: usize = 64;
const MOST_PACKAGES: usize = 40_000;

/// Evaluates a lab as far as an editor wants to know about it. What is wrong with it is no matter:
/// then less is known.
pub fn gather<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
) -> LabFacts {
    let request = Request { ask: Ask::Few(MOST_JOBS, Selection::default()), ..request.clone() };
    let sources = session.shared.sources;
    let mut facts = LabFacts::default();
    let outcome = sweep::survey(session, evaluator, &request, |evaluator, lab| {
        facts = of_lab(evaluator, lab, sources);
        facts.library = library(session, evaluator, lab);
    });
    let Outcome { listing, counts, .. } = outcome;
    if let Some(counts) = counts {
        add_counts(&mut facts, &counts);
    } else if let Some(listing) = listing {
        add_jobs(&mut facts, &listing);
    }
    facts
}

fn of_lab<'h>(evaluator: &Evaluator<'h>, lab: &Lab<'h>, sources: &SourceMap) -> LabFacts {
    let packages = lab.packages.map(|packages| names(evaluator, packages)).unwrap_or_default();
    let package_sets = lab.packages.map(|packages| sets(evaluator, packages)).unwrap_or_default();
    let mut facts = LabFacts { packages, package_sets, ..LabFacts::default() };
    for run in &lab.runs {
        let name = |index: usize| lab.runs.get(index).map(|run| Arc::clone(&run.name));
        facts.runs.push(RunFact {
            name: Arc::clone(&run.name),
            place: place(run.span, sources),
            jobs: None,
            depends_on: run.depends_on.iter().filter_map(|(run, _)| name(*run)).collect(),
        });
        for pipeline in &run.pipelines {
            for stage in &pipeline.stages {
                facts.stages.push(StageFact {
                    run: Arc::clone(&run.name),
                    pipeline: Arc::clone(&pipeline.name),
                    key: Arc::clone(&stage.key),
                    mention: place(stage.span, sources),
                    definition: place(stage.pname.key.span, sources),
                    pnames: stage.constant_pname.iter().cloned().collect(),
                    jobs: None,
                    examples: Vec::new(),
                    params: params(run, stage),
                    inputs: Vec::new(),
                    outputs: Vec::new(),
                });
                values(evaluator, stage, sources, &mut facts.values);
            }
        }
    }
    facts
}

/// The names of a set's attributes.
fn names<'h>(evaluator: &Evaluator<'h>, set: Attrs<'h>) -> Vec<Arc<str>> {
    let attrs = set.by_name(evaluator.local).into_iter().take(MOST_PACKAGES);
    attrs.map(|attr| attr.key.name.text().into()).collect()
}

/// The sets within the package set that were evaluated, and their names: no more is evaluated for it.
fn sets<'h>(evaluator: &Evaluator<'h>, packages: Attrs<'h>) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let package = Name::new("drvPath");
    let known = packages.by_name(evaluator.local).into_iter().filter_map(|attr| {
        let set = match attr.slot.known()? {
            Value::Attrs(set) if !set.has(package) => set,
            _ => return None,
        };
        Some((attr.key.name.text().into(), names(evaluator, set)))
    });
    known.collect()
}

/// What the library of the package set has. Where that was not needed, what the embedded one has: others
/// have that as well.
fn library<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    lab: &Lab<'h>,
) -> Vec<Arc<str>> {
    let own = lab.packages.and_then(|packages| packages.get(words().lib)?.known());
    match own.or_else(|| session.lib(evaluator).ok()) {
        Some(Value::Attrs(library)) => names(evaluator, library),
        _ => Vec::new(),
    }
}

/// A place as who edits the file knows it.
fn place(span: Span, sources: &SourceMap) -> Option<Place> {
    let file = sources.file(span)?;
    let start = span.start - file.start();
    let end = span.end - file.start();
    Some(Place { path: sources.original(file.path()), start, end })
}

fn params(run: &Run<'_>, stage: &Stage<'_>) -> Vec<ParamFact> {
    let called = |name: &str| *stage.key == *name || stage.constant_pname.as_deref() == Some(name);
    let all = || run.axes.iter().flat_map(|axis| axis.members.iter().map(move |m| (axis, m)));
    let mut found = Vec::new();
    for (name, default, _) in &stage.params {
        let name: Arc<str> = name.text().into();
        let dotted = all().find(|(_, member)| match &member.target {
            Target::Dotted { stage, param } => *param == name && called(stage),
            Target::Bare(_) => false,
        });
        let bare = || all().find(|(_, m)| matches!(&m.target, Target::Bare(p) if *p == name));
        found.push(match dotted.or_else(bare) {
            None => ParamFact {
                count: 1,
                values: vec![short(&default.json)],
                origin: OriginKind::Default,
                key: Arc::clone(&name),
                name,
            },
            Some((axis, member)) => ParamFact {
                count: member.values.len(),
                values: (0..member.values.len().min(MOST_VALUES))
                    .filter_map(|at| Some(short(member.values.get(at)?.1)))
                    .collect(),
                origin: match &member.target {
                    _ if axis.members.len() > 1 => OriginKind::Zip,
                    Target::Dotted { .. } => OriginKind::Dotted,
                    Target::Bare(_) => OriginKind::Run,
                },
                key: member.target.key().into(),
                name,
            },
        });
    }
    found
}

/// What fits on a line.
fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Values of a stage's attributes that were evaluated anyway.
fn values<'h>(
    evaluator: &Evaluator<'h>,
    stage: &Stage<'h>,
    sources: &SourceMap,
    found: &mut Vec<Fact>,
) {
    for attr in stage.attrs.by_name(evaluator.local) {
        let Some(value) = attr.slot.known() else { continue };
        if matches!(value, Value::Lambda(_) | Value::Attrs(_)) {
            continue;
        }
        let Some(place) = place(attr.key.span, sources) else { continue };
        if found.iter().rev().any(|fact| fact.place == place) {
            continue;
        }
        found.push(Fact {
            place,
            name: attr.key.name.text().into(),
            value: short(&evaluator.brief(value)),
            kind: value.a_type(),
        });
    }
}

fn add_counts(facts: &mut LabFacts, counts: &Counts) {
    let mut stages = facts.stages.iter_mut();
    for (run, counted) in facts.runs.iter_mut().zip(&counts.runs) {
        let mut total = Count::NONE;
        for counted in &counted.stages {
            total = total.plus(counted.jobs);
            if let Some(stage) = stages.next() {
                stage.jobs = Some(counted.jobs.into());
            }
        }
        run.jobs = Some(total.into());
    }
}

impl From<Count> for JobCount {
    fn from(count: Count) -> JobCount {
        match count {
            Count::Exactly(jobs) => JobCount::Exactly(jobs),
            Count::AtMost(jobs) => JobCount::AtMost(jobs),
            Count::Beyond => JobCount::Beyond,
        }
    }
}

fn add_jobs(facts: &mut LabFacts, listing: &Listing) {
    for (fact, run) in facts.runs.iter_mut().zip(&listing.runs) {
        fact.jobs = Some(JobCount::Exactly(run.jobs as u128));
    }
    let mut left = 0;
    for block in listing.blocks() {
        let run = listing.runs.get(block.run() as usize).map(|run| &run.name);
        let info = block.stage();
        let is = |fact: &StageFact| {
            Some(&fact.run) == run && fact.pipeline == info.pipeline && fact.key == info.name
        };
        // Both stand in one order; what has no jobs may be left out.
        let rest = facts.stages.get_mut(left..).unwrap_or_default();
        let Some(found) = rest.iter().position(is) else { continue };
        left += found + 1;
        if let Some(fact) = rest.get_mut(found) {
            add_block(fact, listing, block);
        }
    }
}

fn add_block(fact: &mut StageFact, listing: &Listing, block: &Block) {
    fact.jobs = Some(JobCount::Exactly(block.jobs() as u128));
    fact.pnames = block.pnames().take(FEW).map(Arc::from).collect();
    let jobs = block.range().take(FEW).filter_map(|job| listing.job(job));
    fact.examples = jobs.map(|job| job.name().to_string()).collect();
    let outputs =
        (0..block.outputs_count().min(MOST_OUTPUTS)).flat_map(|number| block.outputs(number));
    fact.outputs = outputs.map(|(name, _)| name).collect();
    fact.outputs.sort();
    fact.outputs.dedup();
    let producers: Vec<usize> = block.producers().collect();
    for wiring in block.wirings() {
        for (input, wire) in &wiring.inputs {
            if fact.inputs.iter().any(|(known, _)| known == input) {
                continue;
            }
            let from = match wire {
                Wire::Dependency { index, output } => {
                    let block = producers.get(*index).and_then(|at| listing.blocks().get(*at));
                    let stage = block.map_or("?", |block| &block.stage().name);
                    format!("output `{output}` of stage `{stage}`")
                }
                Wire::Run(run) => format!("the metadata of run `{run}`"),
                Wire::StoreBase => "the folder of all results".to_owned(),
                Wire::Default(text) => format!("its default, `{}`", short(text)),
            };
            fact.inputs.push((Arc::clone(input), from));
        }
    }
}
