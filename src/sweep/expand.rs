//! The jobs of all runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use rayon::prelude::*;

use super::facet::{Evaluated, Facets};
use super::identity::{Identity, JobId, Part};
use super::listing::{Job, RunInfo, Source, StageInfo, StageKind};
use super::space::{Projection, Space};
use super::wiring::{Around, Wire, Wiring};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lab::{Body, Datum, Lab, Need, Pipeline, Reader, Resources, Run, Stage, Target};
use crate::session::Session;
use crate::source::Name;

/// Jobs that fit in memory with room to spare; more are refused with a message.
const MOST_JOBS: u64 = 5_000_000;
/// Points whose facets one thread evaluates at a time: few, so that all threads have some; many,
/// where there are many.
const FACETS_AT_ONCE: std::ops::RangeInclusive<usize> = 16..=1024;
/// Points one thread hashes at a time.
const JOBS_AT_ONCE: usize = 4096;

/// What expansion gives.
pub(super) struct Expanded {
    pub(super) runs: Vec<RunInfo>,
    pub(super) jobs: Vec<Job>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Expands all runs of a lab. Must be called within a rayon pool whose threads have large stacks.
pub(super) fn expand<'h>(session: &Session<'h>, lab: &Lab<'h>) -> Expanded {
    let mut expansion = Expansion {
        session,
        lab,
        jobs: Vec::new(),
        by_id: HashMap::new(),
        run_jobs: Vec::new(),
        diagnostics: Vec::new(),
        merged: HashMap::new(),
    };
    let runs = lab.runs.iter().enumerate().map(|(index, run)| expansion.run(index, run)).collect();
    Expanded { runs, jobs: expansion.jobs, diagnostics: expansion.diagnostics }
}

struct Expansion<'x, 'h> {
    session: &'x Session<'h>,
    lab: &'x Lab<'h>,
    jobs: Vec<Job>,
    by_id: HashMap<JobId, u32>,
    /// The jobs of each run, in order.
    run_jobs: Vec<Vec<u32>>,
    diagnostics: Vec<Diagnostic>,
    /// Merged hints, by the hints that were merged: most jobs of a stage share theirs.
    merged: HashMap<Vec<usize>, Merged>,
}

/// Hints that were merged, kept alive so that their addresses go on naming them, and the result.
struct Merged {
    _of: Vec<Arc<Resources>>,
    result: Arc<Resources>,
}

/// What a run's first stages have of the runs it depends on.
struct Upstream {
    /// Names of all runs it depends on.
    names: Vec<Arc<str>>,
    /// All jobs of the hard ones.
    jobs: Option<Arc<[u32]>>,
    /// Over the ids of those jobs.
    digest: [u8; 32],
    resources: Option<Arc<Resources>>,
}

/// A stage being expanded, and what came of it.
struct Grown<'x, 'h> {
    stage: &'x Stage<'h>,
    info: Arc<StageInfo>,
    /// All its relevant axes.
    space: Space,
    /// From its points to those of its own axes.
    own: Projection,
    /// One for each point of its own axes.
    facets: Vec<Evaluated>,
    /// The job at each point of its space.
    jobs: Vec<u32>,
}

/// A job before it has a place in the list.
struct Draft {
    id: JobId,
    facet: usize,
    wiring: Arc<Wiring>,
    /// Jobs of the stage's dependencies, all of them.
    producers: Vec<u32>,
}

impl<'x, 'h> Expansion<'x, 'h> {
    fn run(&mut self, index: usize, run: &'x Run<'h>) -> RunInfo {
        self.check_keys(run);
        let upstream = self.upstream(run);
        let lengths: Vec<usize> = run.axes.iter().map(|axis| axis.length).collect();
        self.run_jobs.push(Vec::new());
        let mut stages: Vec<Arc<str>> = Vec::new();
        for pipeline in &run.pipelines {
            self.pipeline(index, run, pipeline, &lengths, &upstream);
            for stage in &pipeline.stages {
                if !stages.contains(&stage.key) {
                    stages.push(Arc::clone(&stage.key));
                }
            }
        }
        let depends_on = run.depends_on.iter().filter_map(|(other, need)| {
            Some((Arc::clone(&self.lab.runs.get(*other)?.name), *need))
        });
        RunInfo {
            name: Arc::clone(&run.name),
            depends_on: depends_on.collect(),
            containerized: run.containerized,
            stages,
            jobs: self.run_jobs.get(index).map_or(0, Vec::len),
        }
    }

    fn upstream(&self, run: &Run<'h>) -> Upstream {
        let named = |(other, _): &(usize, Need)| Some(Arc::clone(&self.lab.runs.get(*other)?.name));
        let hard = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
        let mut jobs: Vec<u32> =
            hard.filter_map(|(other, _)| self.run_jobs.get(*other)).flatten().copied().collect();
        jobs.sort_unstable();
        jobs.dedup();
        let mut ids: Vec<JobId> = jobs.iter().filter_map(|job| Some(self.job(*job)?.id)).collect();
        ids.sort_unstable();
        let mut identity = Identity::new();
        for id in ids {
            identity.add_job(Part::Upstream, id);
        }
        let hints = jobs.iter().filter_map(|job| self.job(*job)?.resources.as_deref());
        let merged = Resources::default().over(hints);
        Upstream {
            names: run.depends_on.iter().filter_map(named).collect(),
            digest: identity.digest(),
            resources: (!merged.is_empty()).then(|| Arc::new(merged)),
            jobs: (!jobs.is_empty()).then(|| jobs.into()),
        }
    }

    fn job(&self, index: u32) -> Option<&Job> {
        self.jobs.get(index as usize)
    }

    fn pipeline(
        &mut self,
        run_index: usize,
        run: &'x Run<'h>,
        pipeline: &'x Pipeline<'h>,
        lengths: &[usize],
        upstream: &Upstream,
    ) {
        let mut grown: Vec<Grown<'x, 'h>> = Vec::with_capacity(pipeline.stages.len());
        for stage in &pipeline.stages {
            match self.stage(run_index, run, pipeline, stage, &grown, lengths, upstream) {
                Some(stage) => grown.push(stage),
                // What follows needs its jobs: their mistakes are told once this one is mended.
                None => return,
            }
        }
    }

    #[allow(clippy::too_many_arguments)] // everything a stage stands in
    fn stage(
        &mut self,
        run_index: usize,
        run: &'x Run<'h>,
        pipeline: &'x Pipeline<'h>,
        stage: &'x Stage<'h>,
        grown: &[Grown<'x, 'h>],
        lengths: &[usize],
        upstream: &Upstream,
    ) -> Option<Grown<'x, 'h>> {
        let sources = param_sources(run, stage);
        let mut own_axes: Vec<usize> = sources.iter().flatten().map(|(axis, _)| *axis).collect();
        own_axes.sort_unstable();
        own_axes.dedup();
        let mut axes = own_axes.clone();
        for dependency in &stage.dependencies {
            axes.extend(grown.get(dependency.stage)?.space.axes());
        }
        axes.sort_unstable();
        axes.dedup();
        let space = Space::new(axes, lengths).filter(|space| space.points() <= MOST_JOBS);
        let (Some(space), Some(own_space)) = (space, Space::new(own_axes, lengths)) else {
            self.too_many(run, stage);
            return None;
        };
        let facets = self.facets(run, stage, &sources, &own_space)?;
        let info = StageInfo {
            pipeline: Arc::clone(&pipeline.name),
            name: Arc::clone(&stage.key),
            kind: match stage.body {
                Body::Simple(_) => StageKind::Simple,
                Body::ScatterGather { .. } => StageKind::ScatterGather,
            },
            version: Arc::clone(&stage.version),
        };
        let own = space.onto(&own_space);
        let mut result =
            Grown { stage, info: Arc::new(info), space, own, facets, jobs: Vec::new() };
        let drafts = self.drafts(&result, grown, upstream)?;
        result.jobs = self.settle(run_index, &result, drafts, upstream);
        Some(result)
    }

    fn too_many(&mut self, run: &Run<'h>, stage: &Stage<'h>) {
        let lengths: Vec<String> = run
            .axes
            .iter()
            .filter_map(|axis| {
                Some(format!("{} ({})", axis.members.first()?.target.key(), axis.length))
            })
            .collect();
        let span = run.axes.first().and_then(|axis| axis.members.first()).map(|m| m.span);
        self.diagnostics.push(
            Diagnostic::error(
                "repx::sweep::too-many-jobs",
                format!(
                    "stage `{}` of run `{}` would have more than {MOST_JOBS} jobs",
                    stage.key, run.name
                ),
            )
            .at(span.unwrap_or(run.span), "one of the axes")
            .help(format!("the axes: {}", lengths.join(" × "))),
        );
    }

    /// What the stage is at each point of its own axes. `None`: it went wrong at some.
    fn facets(
        &mut self,
        run: &'x Run<'h>,
        stage: &'x Stage<'h>,
        sources: &[Option<(usize, usize)>],
        space: &Space,
    ) -> Option<Vec<Evaluated>> {
        let points: Vec<u64> = (0..space.points()).collect();
        let share = points.len() / (8 * rayon::current_num_threads());
        let at_once = share.clamp(*FACETS_AT_ONCE.start(), *FACETS_AT_ONCE.end());
        let session = self.session;
        let packages = self.lab.packages;
        let results: Vec<(Vec<Evaluated>, Vec<Diagnostic>)> = points
            .par_chunks(at_once)
            .map(|points| {
                let mut evaluator = session.evaluator();
                let mut reader = Reader::new(&mut evaluator);
                let mut done = Vec::with_capacity(points.len());
                for point in points {
                    let values = values(run, stage, sources, space, *point);
                    let before = reader.diagnostics.len();
                    let context = context(run, stage, &values);
                    let mut facets = Facets { reader: &mut reader, stage, values, packages };
                    let evaluated = facets.evaluate();
                    for diagnostic in reader.diagnostics.iter_mut().skip(before) {
                        *diagnostic = diagnostic.clone().within(stage.span, context.clone());
                    }
                    done.extend(evaluated);
                }
                (done, reader.diagnostics)
            })
            .collect();
        let mut facets = Vec::with_capacity(points.len());
        for (done, diagnostics) in results {
            facets.extend(done);
            for diagnostic in diagnostics {
                self.report(diagnostic);
            }
        }
        (facets.len() == points.len()).then_some(facets)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        // One place may fail with many values of the parameters: the first will do.
        let told = self.diagnostics.iter().any(|other| {
            other.code == diagnostic.code
                && match (&other.primary, &diagnostic.primary) {
                    (Some(a), Some(b)) => a.span == b.span,
                    (None, _) | (_, None) => other.message == diagnostic.message,
                }
        });
        if !told {
            self.diagnostics.push(diagnostic);
        }
    }

    /// All jobs of a stage, hashed. `None`: something doesn't fit.
    fn drafts(
        &mut self,
        grown: &Grown<'x, 'h>,
        others: &[Grown<'x, 'h>],
        upstream: &Upstream,
    ) -> Option<Vec<Draft>> {
        let stage = grown.stage;
        let producers: Vec<(&Grown<'x, 'h>, Projection)> = stage
            .dependencies
            .iter()
            .map(|d| others.get(d.stage).map(|other| (other, grown.space.onto(&other.space))))
            .collect::<Option<_>>()?;
        let around = Around {
            stage,
            producers: producers.iter().map(|(other, _)| other.stage).collect(),
            runs: &upstream.names,
        };
        let interrupt = self.session.shared.interrupt;
        let drafting = Drafting { grown, producers, around, jobs: &self.jobs, upstream, interrupt };
        let points = grown.space.points();
        let chunks = points.div_ceil(JOBS_AT_ONCE as u64);
        let results: Vec<(Vec<Draft>, Vec<Diagnostic>)> = (0..chunks)
            .into_par_iter()
            .map(|chunk| {
                let first = chunk * JOBS_AT_ONCE as u64;
                drafting.chunk(first..points.min(first + JOBS_AT_ONCE as u64))
            })
            .collect();
        let problems: Vec<Diagnostic> = results.iter().flat_map(|(_, p)| p).cloned().collect();
        let drafts: Vec<Draft> = results.into_iter().flat_map(|(drafts, _)| drafts).collect();
        let unmatched = if problems.is_empty() { drafting.unmatched(&drafts) } else { Vec::new() };
        let failed = !problems.is_empty() || !unmatched.is_empty();
        problems.into_iter().chain(unmatched).for_each(|problem| self.report(problem));
        (!failed).then_some(drafts)
    }

    /// Gives drafts their places; one that is there already is shared.
    fn settle(
        &mut self,
        run: usize,
        grown: &Grown<'x, 'h>,
        drafts: Vec<Draft>,
        upstream: &Upstream,
    ) -> Vec<u32> {
        drafts
            .into_iter()
            .map(|draft| self.settle_one(run as u32, grown, draft, upstream))
            .collect()
    }

    fn settle_one(
        &mut self,
        run: u32,
        grown: &Grown<'x, 'h>,
        draft: Draft,
        upstream: &Upstream,
    ) -> u32 {
        let next = self.jobs.len() as u32;
        let index = *self.by_id.entry(draft.id).or_insert(next);
        if index < next {
            if let Some(job) = self.jobs.get_mut(index as usize)
                && !job.runs.contains(&run)
            {
                job.runs.push(run);
                self.run_jobs.last_mut().into_iter().for_each(|jobs| jobs.push(index));
            }
            return index;
        }
        let Some(evaluated) = grown.facets.get(draft.facet) else {
            return index;
        };
        let mut depends_on: Vec<u32> = draft
            .wiring
            .used
            .iter()
            .filter_map(|used| draft.producers.get(*used))
            .copied()
            .collect();
        depends_on.sort_unstable();
        depends_on.dedup();
        let first_stage = grown.stage.dependencies.is_empty();
        let inputs = draft.wiring.inputs.iter().map(|(name, wire)| {
            let source = match wire {
                Wire::Dependency { index, output } => Source::Job {
                    job: draft.producers.get(*index).copied().unwrap_or(0),
                    output: Arc::clone(output),
                },
                Wire::Run(run) => Source::Run(Arc::clone(run)),
                Wire::StoreBase => Source::StoreBase,
                Wire::Default(text) => Source::Default(Arc::clone(text)),
            };
            (Arc::clone(name), source)
        });
        let inputs = inputs.collect();
        let used: Vec<u32> =
            draft.wiring.used.iter().filter_map(|u| draft.producers.get(*u)).copied().collect();
        let after = first_stage.then_some(upstream).filter(|upstream| upstream.jobs.is_some());
        let resources = self.resources(evaluated, &used, after);
        self.jobs.push(Job {
            id: draft.id,
            runs: vec![run],
            stage: Arc::clone(&grown.info),
            facet: Arc::clone(&evaluated.facet),
            inputs,
            depends_on,
            after: after.and_then(|upstream| upstream.jobs.clone()),
            resources,
        });
        self.run_jobs.last_mut().into_iter().for_each(|jobs| jobs.push(index));
        index
    }

    /// A job's hints merged with those of what it depends on, in the order of dependencies.
    fn resources(
        &mut self,
        own: &Evaluated,
        producers: &[u32],
        after: Option<&Upstream>,
    ) -> Option<Arc<Resources>> {
        let hints: Vec<Arc<Resources>> = producers
            .iter()
            .filter_map(|job| self.job(*job)?.resources.clone())
            .chain(after.and_then(|upstream| upstream.resources.clone()))
            .collect();
        if hints.is_empty() {
            return own.resources.clone();
        }
        let address = |hints: &Arc<Resources>| Arc::as_ptr(hints).addr();
        let key: Vec<usize> =
            own.resources.iter().map(address).chain([0]).chain(hints.iter().map(address)).collect();
        let merged = self.merged.entry(key).or_insert_with(|| {
            let none = Resources::default();
            let merged = own.resources.as_deref().unwrap_or(&none);
            let result = Arc::new(merged.over(hints.iter().map(|hints| &**hints)));
            Merged { _of: own.resources.iter().cloned().chain(hints).collect(), result }
        });
        Some(Arc::clone(&merged.result))
    }

    /// A key that concerns nobody is a mistake; it multiplies nothing.
    fn check_keys(&mut self, run: &Run<'h>) {
        let stages: Vec<&Stage<'h>> = run.pipelines.iter().flat_map(|p| &p.stages).collect();
        if stages.is_empty() {
            return;
        }
        let declares = |stage: &Stage<'h>, param: &str| {
            stage.params.iter().any(|(name, _, _)| name.bytes() == param.as_bytes())
        };
        let declared = |stages: &[&Stage<'h>]| -> Vec<String> {
            stages.iter().flat_map(|s| &s.params).map(|(name, _, _)| name.to_string()).collect()
        };
        for member in run.axes.iter().flat_map(|axis| &axis.members) {
            let key = member.target.key();
            match &member.target {
                Target::Bare(param) => {
                    if !stages.iter().any(|stage| declares(stage, param)) {
                        let near = did_you_mean(param, declared(&stages));
                        self.report(
                            Diagnostic::warning(
                                "repx::run::unused-parameter",
                                format!("no stage of run `{}` declares the parameter `{key}`", run.name),
                            )
                            .at(member.span, "has no effect")
                            .maybe_help(near.or_else(|| Some("a stage declares its parameters with defaults: `params = { … };`".into()))),
                        );
                    }
                }
                Target::Dotted { stage, param } => {
                    let meant: Vec<&Stage<'h>> =
                        stages.iter().copied().filter(|s| is_called(s, stage)).collect();
                    if meant.is_empty() {
                        let names = stages.iter().flat_map(|s| called(s));
                        self.report(
                            Diagnostic::error(
                                "repx::run::unknown-stage",
                                format!("parameter `{key}` names a stage that run `{}` doesn't have: `{stage}`", run.name),
                            )
                            .at(member.span, "no such stage")
                            .maybe_help(did_you_mean(stage, names).or_else(|| {
                                let mut all: Vec<String> = stages.iter().map(|s| s.key.to_string()).collect();
                                all.dedup();
                                Some(format!("its stages: {}", all.join(", ")))
                            })),
                        );
                    } else if !meant.iter().any(|stage| declares(stage, param)) {
                        self.report(
                            Diagnostic::error(
                                "repx::run::unknown-parameter",
                                format!("stage `{stage}` declares no parameter `{param}`"),
                            )
                            .at(member.span, "no such parameter")
                            .maybe_help(did_you_mean(param, declared(&meant))),
                        );
                    }
                }
            }
        }
    }
}

/// Names by which a dotted key may mean a stage: its attribute, and its `pname` when constant.
fn called(stage: &Stage<'_>) -> Vec<String> {
    let pname = stage.constant_pname.iter().map(ToString::to_string);
    [stage.key.to_string()].into_iter().chain(pname).collect()
}

fn is_called(stage: &Stage<'_>, name: &str) -> bool {
    called(stage).iter().any(|other| other == name)
}

/// For each declared parameter of a stage the axis and member it takes its values from; a dotted
/// key comes before a bare one.
fn param_sources(run: &Run<'_>, stage: &Stage<'_>) -> Vec<Option<(usize, usize)>> {
    let members = || {
        run.axes.iter().enumerate().flat_map(|(axis, a)| {
            a.members.iter().enumerate().map(move |(member, m)| ((axis, member), &m.target))
        })
    };
    let source = |param: &Name| {
        let param = param.text();
        let dotted = members().find(|(_, target)| match target {
            Target::Dotted { stage: name, param: p } => **p == *param && is_called(stage, name),
            Target::Bare(_) => false,
        });
        let bare =
            || members().find(|(_, target)| matches!(target, Target::Bare(p) if **p == *param));
        dotted.or_else(bare).map(|(place, _)| place)
    };
    stage.params.iter().map(|(name, _, _)| source(name)).collect()
}

/// The value of each declared parameter at a point of the stage's own axes.
fn values<'x, 'h>(
    run: &'x Run<'h>,
    stage: &'x Stage<'h>,
    sources: &[Option<(usize, usize)>],
    space: &Space,
    point: u64,
) -> Vec<&'x Datum<'h>> {
    let value = |((_, default, _), source): (&'x (Name, Datum<'h>, _), &Option<(usize, usize)>)| {
        let swept = source.and_then(|(axis, member)| {
            let values = &run.axes.get(axis)?.members.get(member)?.values;
            values.get(space.coordinate(point, axis))
        });
        swept.unwrap_or(default)
    };
    stage.params.iter().zip(sources).map(value).collect()
}

/// "in stage `train`, params { model = "large"; }, of run `sweep`"
fn context(run: &Run<'_>, stage: &Stage<'_>, values: &[&Datum<'_>]) -> String {
    let mut params = String::new();
    for ((name, _, _), datum) in stage.params.iter().zip(values) {
        let shown: String = datum.json.chars().take(40).collect();
        let cut = if shown.len() < datum.json.len() { "…" } else { "" };
        params.push_str(&format!("{name} = {shown}{cut}; "));
    }
    let word = stage.vocabulary.word();
    let key = &stage.key;
    if params.is_empty() {
        format!("in stage `{key}`, of run `{}`", run.name)
    } else {
        format!("in stage `{key}`, {word} {{ {params}}}, of run `{}`", run.name)
    }
}

/// Makes the drafts of one stage.
struct Drafting<'d, 'x, 'h> {
    grown: &'d Grown<'x, 'h>,
    producers: Vec<(&'d Grown<'x, 'h>, Projection)>,
    around: Around<'d, 'h>,
    jobs: &'d [Job],
    upstream: &'d Upstream,
    interrupt: &'d AtomicBool,
}

impl Drafting<'_, '_, '_> {
    fn chunk(&self, points: std::ops::Range<u64>) -> (Vec<Draft>, Vec<Diagnostic>) {
        let mut drafts = Vec::with_capacity((points.end - points.start) as usize);
        let mut problems: Vec<Diagnostic> = Vec::new();
        let mut wirings: HashMap<Vec<usize>, Option<Arc<Wiring>>> = HashMap::new();
        for point in points {
            // The user may not want to wait for millions of jobs.
            if self.interrupt.load(Ordering::Relaxed) {
                problems.push(Diagnostic::error("repx::interrupted", "interrupted by the user"));
                break;
            }
            let facet = self.grown.own.of(point) as usize;
            let Some(own) = self.grown.facets.get(facet) else {
                continue;
            };
            let places: Vec<u64> =
                self.producers.iter().map(|(_, projection)| projection.of(point)).collect();
            let key: Vec<usize> =
                std::iter::once(facet).chain(self.producer_facets(&places)).collect();
            let wiring = wirings.entry(key).or_insert_with_key(|key| {
                let made = self.evaluated(key).map(|producers| self.around.wire(own, &producers));
                match made {
                    Some(Ok(wiring)) => Some(Arc::new(wiring)),
                    Some(Err(found)) => {
                        problems.extend(found.into_iter().map(|p| self.placed(p)));
                        None
                    }
                    None => None,
                }
            });
            let Some(wiring) = wiring else { continue };
            let producers: Vec<u32> = self
                .producers
                .iter()
                .zip(&places)
                .filter_map(|((other, _), place)| other.jobs.get(*place as usize).copied())
                .collect();
            let id = self.id(own, wiring, &producers);
            drafts.push(Draft { id, facet, wiring: Arc::clone(wiring), producers });
        }
        (drafts, problems)
    }

    fn placed(&self, problem: Diagnostic) -> Diagnostic {
        let key = &self.grown.stage.key;
        problem.within(self.grown.stage.span, format!("in stage `{key}`"))
    }

    fn producer_facets(&self, places: &[u64]) -> impl Iterator<Item = usize> {
        let pairs = self.producers.iter().zip(places);
        pairs.map(|((other, _), place)| other.own.of(*place) as usize)
    }

    /// The facets of a stage's dependencies, given the key of a wiring (its own facet first).
    fn evaluated(&self, key: &[usize]) -> Option<Vec<&Evaluated>> {
        let facets = key.get(1..)?.iter().zip(&self.producers);
        facets.map(|(facet, (other, _))| other.facets.get(*facet)).collect()
    }

    fn id(&self, own: &Evaluated, wiring: &Wiring, producers: &[u32]) -> JobId {
        let mut identity = Identity::new();
        identity.add(Part::Script, &own.digest);
        for (name, wire) in &wiring.inputs {
            identity.add(Part::Input, name.as_bytes());
            match wire {
                Wire::Dependency { index, output } => {
                    let job = producers.get(*index).and_then(|job| self.jobs.get(*job as usize));
                    if let Some(job) = job {
                        identity.add_job(Part::Upstream, job.id);
                    }
                    identity.add(Part::Output, output.as_bytes());
                }
                Wire::Run(run) => identity.add(Part::Piece, run.as_bytes()),
                Wire::StoreBase => identity.add(Part::Piece, b""),
                Wire::Default(text) => identity.add(Part::Params, text.as_bytes()),
            }
        }
        if self.grown.stage.dependencies.is_empty() && self.upstream.jobs.is_some() {
            identity.add(Part::Upstream, &self.upstream.digest);
        }
        identity.finish()
    }

    /// Dependencies that none of the jobs has: their names don't fit.
    fn unmatched(&self, drafts: &[Draft]) -> Vec<Diagnostic> {
        let unused = (0..self.producers.len())
            .filter(|index| !drafts.iter().any(|draft| draft.wiring.used.contains(index)));
        unused
            .filter_map(|index| {
                let own = self.grown.facets.first()?;
                let (other, _) = self.producers.get(index)?;
                Some(self.placed(self.around.unmatched(index, own, other.facets.first()?)))
            })
            .collect()
    }
}
