//! The jobs of all runs.

use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::draft::{Draft, Drafting};
use super::facet::{Evaluated, Facets};
use super::identity::{Identity, JobId, Part};
use super::keys;
use super::listing::{Job, RunInfo, Source, StageInfo, StageKind};
use super::space::{Projection, Space};
use super::wiring::{Around, Wire};
use crate::diagnostic::{Diagnostic, Found};
use crate::lab::{Body, Lab, Need, Pipeline, Reader, Resources, Run, Stage};
use crate::session::Session;

/// Jobs that fit in memory with room to spare; more are refused with a message.
const MOST_JOBS: u64 = 5_000_000;
/// Points whose facets one thread evaluates at a time: few, so that all threads have some; many,
/// where there are many.
const FACETS_AT_ONCE: std::ops::RangeInclusive<usize> = 16..=1024;

/// What expansion gives.
pub(super) struct Expanded {
    pub(super) runs: Vec<RunInfo>,
    pub(super) jobs: Vec<Job>,
    pub(super) found: Found,
}

/// Expands all runs of a lab. Must be called within a rayon pool whose threads have large stacks.
pub(super) fn expand<'h>(session: &Session<'h>, lab: &Lab<'h>) -> Expanded {
    let mut expansion = Expansion {
        session,
        lab,
        jobs: Vec::new(),
        by_id: HashMap::new(),
        run_jobs: Vec::new(),
        found: Found::default(),
        merged: HashMap::new(),
    };
    let runs = lab.runs.iter().enumerate().map(|(index, run)| expansion.run(index, run)).collect();
    Expanded { runs, jobs: expansion.jobs, found: expansion.found }
}

struct Expansion<'x, 'h> {
    session: &'x Session<'h>,
    lab: &'x Lab<'h>,
    jobs: Vec<Job>,
    by_id: HashMap<JobId, u32>,
    /// The jobs of each run, in order.
    run_jobs: Vec<Vec<u32>>,
    found: Found,
    /// Merged hints, by the hints that were merged: most jobs of a stage share theirs.
    merged: HashMap<Vec<usize>, Merged>,
}

/// Hints that were merged, kept alive so that their addresses go on naming them, and the result.
struct Merged {
    _of: Vec<Arc<Resources>>,
    result: Arc<Resources>,
}

/// What a run's first stages have of the runs it depends on.
pub(super) struct Upstream {
    /// Names of all runs it depends on.
    pub(super) names: Vec<Arc<str>>,
    /// All jobs of the hard ones.
    pub(super) jobs: Option<Arc<[u32]>>,
    /// Over the ids of those jobs.
    pub(super) digest: [u8; 32],
    pub(super) resources: Option<Arc<Resources>>,
}

/// A stage being expanded, and what came of it.
pub(super) struct Grown<'x, 'h> {
    pub(super) stage: &'x Stage<'h>,
    pub(super) info: Arc<StageInfo>,
    /// All its relevant axes.
    pub(super) space: Space,
    /// From its points to those of its own axes.
    pub(super) own: Projection,
    /// One for each point of its own axes.
    pub(super) facets: Vec<Evaluated>,
    /// The job at each point of its space.
    pub(super) jobs: Vec<u32>,
}

impl<'x, 'h> Expansion<'x, 'h> {
    fn run(&mut self, index: usize, run: &'x Run<'h>) -> RunInfo {
        keys::check(run, &mut self.found);
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
        let sources = keys::sources(run, stage);
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
        self.found.add(
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
        let results: Vec<(Vec<Evaluated>, Found)> = points
            .par_chunks(at_once)
            .map(|points| {
                let mut evaluator = session.evaluator();
                let mut reader = Reader::new(&mut evaluator);
                let mut done = Vec::with_capacity(points.len());
                for point in points {
                    let values = keys::values(run, stage, sources, space, *point);
                    let before = reader.diagnostics.len();
                    let context = keys::context(run, stage, &values);
                    let mut facets = Facets { reader: &mut reader, stage, values, packages };
                    let evaluated = facets.evaluate();
                    reader.diagnostics.within_since(before, stage.span, &context);
                    done.extend(evaluated);
                }
                (done, reader.diagnostics)
            })
            .collect();
        let mut facets = Vec::with_capacity(points.len());
        for (done, found) in results {
            facets.extend(done);
            self.found.extend(found);
        }
        (facets.len() == points.len()).then_some(facets)
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
        match drafting.all() {
            Ok(drafts) => Some(drafts),
            Err(problems) => {
                self.found.extend(problems);
                None
            }
        }
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
        // In the order of the stage's dependencies, as merging hints wants them.
        let used = draft.wiring.used.iter().filter_map(|used| draft.producers.get(*used));
        let used: Vec<u32> = used.copied().collect();
        let mut depends_on = used.clone();
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
}
