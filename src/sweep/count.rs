//! How many jobs a lab has, without making them.
//!
//! The jobs of a stage are the points of its relevant axes; where no two points can be the same
//! job, their number is a product. Equal values on an axis count once. What a stage reads and
//! writes has to be known, since an input that nothing is wired to is no dependency: the functions
//! that say so are evaluated, within reason.

use std::sync::Arc;

use super::classes::RunClasses;
use super::facet::{Names, only_names};
use super::field::Field;
use super::keys::{self, Place};
use super::overlap::{self, Shape, Texture};
use super::script::Keeping;
use super::space::{Space, distinct};
use super::study::{Ports, Study};
use super::tracked::{Noticed, Untold, in_order};
use super::wiring::{Around, Wiring};
use crate::diagnostic::Found;
use crate::eval::{Evaluator, Met};
use crate::lab::{Lab, Pipeline, Run, Stage};
use crate::session::Session;
use crate::value::{Slot, Value};

/// How often a function is evaluated at most.
const EVALUATIONS: usize = 1 << 14;
/// Cases of wiring that are looked at one by one.
const CASES: u64 = 1 << 20;

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

/// A parameter, and the texts that are a wanted value of it.
pub type Wanted = (String, Vec<String>);

/// How many jobs runs and stages have.
#[derive(Clone, Debug, Default)]
pub struct Counts {
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
    version: Arc<str>,
    /// Its parameters.
    pub params: Vec<Arc<str>>,
    /// How many jobs.
    pub jobs: Count,
    /// Which jobs, and the class of stages that make the same of the same parameters; `None`: there
    /// is no telling.
    set: Option<(u32, Shape)>,
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
}

impl StageCount {
    /// How many jobs it has that none of the stages before has.
    fn not_in(&self, before: &[&StageCount]) -> Count {
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

/// No more jobs than this are there. `None`: the number doesn't fit.
pub(super) fn bound(lab: &Lab<'_>) -> Option<u128> {
    let mut bound = 0u128;
    for run in &lab.runs {
        for pipeline in &run.pipelines {
            let mut relevant: Vec<Vec<usize>> = Vec::new();
            for stage in &pipeline.stages {
                let own = keys::sources(run, stage).into_iter().flatten().map(|(axis, _)| axis);
                let others = stage.dependencies.iter().filter_map(|d| relevant.get(d.stage));
                let axes = distinct(own.chain(others.flatten().copied()));
                let mut lengths = axes.iter().filter_map(|axis| run.axes.get(*axis));
                let points =
                    lengths.try_fold(1u128, |all, axis| all.checked_mul(axis.length as u128))?;
                bound = bound.checked_add(points)?;
                relevant.push(axes);
            }
        }
    }
    Some(bound)
}

/// Counts the jobs that have a wanted value of each parameter named. Must be called within a rayon
/// pool whose threads have large stacks.
pub(super) fn count<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    wanted: &[Wanted],
) -> (Counts, Found) {
    let mut found = Found::default();
    let mut counts = Counts::default();
    let mut kinds = Kinds { evaluator: session.evaluator(), known: Vec::new() };
    for run in &lab.runs {
        keys::check(run, &mut found);
        let names = run.depends_on.iter().filter_map(|(other, _)| lab.runs.get(*other));
        let counting = Counting {
            session,
            lab,
            run,
            lengths: &keys::lengths(run),
            classes: &RunClasses::new(run),
            upstream: names.map(|run| Arc::clone(&run.name)).collect(),
            wanted,
        };
        let mut stages: Vec<StageCount> = Vec::new();
        for pipeline in &run.pipelines {
            for (index, mut stage) in
                counting.pipeline(pipeline, &mut found).into_iter().enumerate()
            {
                if let Some((class, _)) = &mut stage.set {
                    *class = kinds.class(pipeline, index);
                }
                // What an earlier one of the run has too stands there.
                stage.jobs = stage.not_in(&stages.iter().collect::<Vec<_>>());
                stages.push(stage);
            }
        }
        counts.runs.push(RunCount { stages });
    }
    (counts, found)
}

/// Stages that were met, one of each class: whatever parameters have the same values, those of a class
/// make the same job.
struct Kinds<'c, 'h> {
    evaluator: Evaluator<'h>,
    known: Vec<(&'c Pipeline<'h>, usize)>,
}

impl<'c, 'h> Kinds<'c, 'h> {
    /// The class of a stage of a pipeline.
    fn class(&mut self, pipeline: &'c Pipeline<'h>, stage: usize) -> u32 {
        let known = self.known.clone();
        let found = known.iter().position(|(other, at)| {
            self.are_alike((other, *at), (pipeline, stage), &mut Met::new())
        });
        found.unwrap_or_else(|| {
            self.known.push((pipeline, stage));
            known.len()
        }) as u32
    }

    fn are_alike(
        &mut self,
        (a, at): (&Pipeline<'h>, usize),
        (b, bt): (&Pipeline<'h>, usize),
        met: &mut Met,
    ) -> bool {
        let (Some(x), Some(y)) = (a.stages.get(at), b.stages.get(bt)) else {
            return false;
        };
        let (first, second) = (Value::Attrs(x.attrs), Value::Attrs(y.attrs));
        x.version == y.version
            && x.vocabulary == y.vocabulary
            && x.packages == y.packages
            && x.dependencies.len() == y.dependencies.len()
            && self.evaluator.same(Slot::Value(first), Slot::Value(second), met)
            && x.dependencies
                .iter()
                .zip(&y.dependencies)
                .all(|(c, d)| c.link == d.link && self.are_alike((a, c.stage), (b, d.stage), met))
    }
}

/// Counting the jobs of a run.
struct Counting<'c, 'h> {
    session: &'c Session<'h>,
    lab: &'c Lab<'h>,
    run: &'c Run<'h>,
    /// Of its axes.
    lengths: &'c [u32],
    classes: &'c RunClasses<'c, 'h>,
    /// Names of the runs it depends on.
    upstream: Vec<Arc<str>>,
    wanted: &'c [Wanted],
}

/// A stage that was counted, as those that depend on it see it.
struct Counted<'c, 'h> {
    stage: &'c Stage<'h>,
    outputs: Field<Names>,
    /// What its jobs follow from; they differ where one of these does.
    places: Vec<Place>,
    /// Is that certain?
    certain: bool,
    /// Its jobs, where that is and they are those of no other run besides.
    shape: Option<Shape>,
    /// By wanted parameter.
    fits: Vec<Fit>,
}

/// Where a job has a wanted value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Never,
    Always,
    /// It depends on this.
    On(Place),
    /// It depends on several things.
    Mixed,
}

impl<'c, 'h> Counting<'c, 'h> {
    /// As far as it can be told: without what follows from a stage that is wrong.
    fn pipeline(&self, pipeline: &'c Pipeline<'h>, found: &mut Found) -> Vec<StageCount> {
        let mut counted: Vec<Counted<'c, 'h>> = Vec::new();
        let mut counts = Vec::new();
        for stage in &pipeline.stages {
            let Some((done, count)) = self.stage(stage, &counted, found) else {
                return counts;
            };
            counted.push(done);
            counts.push(count);
        }
        counts
    }

    fn stage(
        &self,
        stage: &'c Stage<'h>,
        counted: &[Counted<'c, 'h>],
        found: &mut Found,
    ) -> Option<(Counted<'c, 'h>, StageCount)> {
        let sources = keys::sources(self.run, stage);
        let producers: Vec<&Counted<'c, 'h>> =
            stage.dependencies.iter().map(|d| counted.get(d.stage)).collect::<Option<_>>()?;
        let study = Study {
            session: self.session,
            packages: self.lab.packages,
            run: self.run,
            stage,
            sources: &sources,
            classes: self.classes,
            lengths: self.lengths,
            most: EVALUATIONS,
            keeping: Keeping::Nothing,
        };
        let mut noticed: Vec<Noticed> = Vec::new();
        let ports = study.ports(&mut noticed);
        let rest = ports.as_ref().ok().map(|ports| study.rest(ports, &mut noticed));
        let failed =
            matches!(ports, Err(Untold::Failed)) || matches!(rest, Some(Err(Untold::Failed)));
        found.extend(in_order(noticed));
        if failed {
            return None;
        }
        let pname = match &rest {
            Some(Ok(rest)) => Some(rest.pname.values().to_vec()),
            Some(Err(_)) | None => study.pname(&mut Vec::new()).ok().map(|f| f.values().to_vec()),
        };
        let wiring = match &ports {
            Ok(ports) => Some(self.wiring(stage, &producers, ports, found)?),
            Err(_) => None,
        };
        let outputs = ports
            .map_or_else(|_| Field::constant(Names::new()), |ports| ports.outputs.map(only_names));
        let wiring = wiring.flatten();
        let (jobs, places, certain) = self.jobs(&sources, &producers, wiring.as_ref());
        let used = wiring.as_ref().and_then(|w| w.values().first()).map(|w| w.used.clone());
        let fits = self.wanted.iter().map(|wanted| self.fit(stage, &sources, &producers, wanted));
        let fits: Vec<Fit> = fits.collect();
        let mixed = fits.contains(&Fit::Mixed);
        let jobs = jobs(&fits);
        let shape = self.shape(stage, &sources, &producers, used, &fits).filter(|_| certain);
        let count = StageCount {
            name: Arc::clone(&stage.key),
            pnames: pname,
            version: Arc::clone(&stage.version),
            params: stage.params.iter().map(|(name, _, _)| name.text().into()).collect(),
            jobs: if mixed { jobs.at_most() } else { jobs },
            set: shape.clone().map(|shape| (0, shape)),
        };
        Some((Counted { stage, outputs, places, certain, shape, fits }, count))
    }

    /// How its inputs are wired. The inner `None`: there is no telling; the outer: it goes wrong.
    #[allow(clippy::option_option)] // wrong, or right and perhaps too much to look at
    fn wiring(
        &self,
        stage: &'c Stage<'h>,
        producers: &[&Counted<'c, 'h>],
        ports: &Ports,
        found: &mut Found,
    ) -> Option<Option<Field<Wiring>>> {
        let around = Around {
            stage,
            producers: producers.iter().map(|other| other.stage).collect(),
            runs: &self.upstream,
        };
        let outputs: Vec<&Field<Names>> = producers.iter().map(|other| &other.outputs).collect();
        let (wiring, problems) = around.field(self.lengths, ports, &outputs, CASES);
        let fine = problems.is_empty();
        found.extend(problems);
        fine.then_some(wiring)
    }

    /// Its jobs as rows of texts.
    fn shape(
        &self,
        stage: &Stage<'h>,
        sources: &[Option<Place>],
        producers: &[&Counted<'c, 'h>],
        used: Option<Vec<usize>>,
        fits: &[Fit],
    ) -> Option<Shape> {
        // Jobs of other runs, and their names, are part of what a first stage reads.
        if !self.upstream.is_empty() || stage.lost_dependency || fits.contains(&Fit::Mixed) {
            return None;
        }
        let mut used = used?;
        used.sort_unstable();
        let mut shape = Shape { used: vec![used.len()], ..Shape::default() };
        let mut places: Vec<Option<Place>> = Vec::new();
        for ((_, default, _), source) in stage.params.iter().zip(sources) {
            shape.columns.push(match source {
                Some((axis, member)) => {
                    let values = &self.run.axes.get(*axis)?.members.get(*member)?.values;
                    // What is written alike must be alike, wherever it stands.
                    if !(values.ascending() || (0..values.len()).all(|at| values.is_plain(at))) {
                        return None;
                    }
                    Texture::Swept(*axis, Arc::clone(values.texts()))
                }
                None if default.is_plain() => Texture::Fixed(Arc::clone(&default.json)),
                None => return None,
            });
            places.push(*source);
        }
        for index in used {
            let other = producers.get(index)?.shape.as_ref()?;
            shape.used.push(index);
            shape.used.extend(&other.used);
            shape.columns.extend(other.columns.iter().cloned());
        }
        for (fit, (_, texts)) in fits.iter().zip(self.wanted) {
            let column = match fit {
                Fit::Always => continue,
                // No text is wanted: there are no jobs.
                Fit::Never => return None,
                Fit::On((axis, member)) => {
                    let values = &self.run.axes.get(*axis)?.members.get(*member)?.values;
                    let is_it = |column: &Texture| match column {
                        Texture::Swept(other, texts) => {
                            other == axis && Arc::ptr_eq(texts, values.texts())
                        }
                        Texture::Fixed(_) => false,
                    };
                    shape.columns.iter().position(is_it)?
                }
                Fit::Mixed => return None,
            };
            shape.wanted.push((column, texts.clone()));
        }
        Some(shape)
    }

    /// How many jobs there are with wanted values, what they follow from, and whether they differ
    /// exactly where that does.
    fn jobs<'s>(
        &'s self,
        sources: &[Option<Place>],
        producers: &[&Counted<'c, 'h>],
        wiring: Option<&Field<Wiring>>,
    ) -> (impl Fn(&[Fit]) -> Count + 's, Vec<Place>, bool) {
        let mut own: Vec<Place> = sources.iter().copied().flatten().collect();
        own.sort_unstable();
        let used = |wiring: &Wiring| {
            let used = wiring.used.iter().filter_map(|index| producers.get(*index));
            let mut places: Vec<Place> = used.flat_map(|other| &other.places).copied().collect();
            places.extend(&own);
            places.sort_unstable();
            places.dedup();
            places
        };
        let everything = || {
            let all = Wiring { used: (0..producers.len()).collect(), ..Wiring::default() };
            used(&all)
        };
        let sure = producers.iter().all(|other| other.certain);
        let mut cases: Vec<(Vec<Place>, Option<Vec<u32>>)> = Vec::new();
        let mut space = Space::point();
        let all: Vec<Vec<Place>> =
            wiring.map_or_else(Vec::new, |w| w.values().iter().map(used).collect());
        let alike = all.windows(2).all(|pair| matches!(pair, [a, b] if a == b));
        let of_own = wiring.is_some_and(|wiring| {
            wiring.space().axes().iter().all(|axis| own.iter().any(|(other, _)| other == axis))
        });
        let certain = match wiring {
            Some(_) if alike => {
                cases.extend(all.into_iter().next().map(|places| (places, None)));
                sure
            }
            // Each case is counted by itself: they differ in the stage's own parameters.
            Some(wiring) if of_own => {
                space = wiring.space().clone();
                let mut digits = vec![0; space.axes().len()];
                for _ in 0..space.points() {
                    let index = wiring.column(&space).index(&digits);
                    cases.extend(all.get(index).map(|p| (p.clone(), Some(digits.clone()))));
                    space.advance(&mut digits);
                }
                sure
            }
            Some(_) | None => {
                cases.push((everything(), None));
                false
            }
        };
        let places = everything();
        let known = places.iter().all(|place| self.classes.text_tells(*place));
        let downstream = certain && known && alike && wiring.is_some();
        let count = move |fits: &[Fit]| {
            let mut total = Count::NONE;
            for (places, case) in &cases {
                total = total.plus(self.product(places, &space, case.as_deref(), fits));
            }
            if certain && known { total } else { total.at_most() }
        };
        (count, places, downstream)
    }

    /// The jobs that follow from these places: all, or those with these digits on some axes.
    fn product(
        &self,
        places: &[Place],
        space: &Space,
        case: Option<&[u32]>,
        fits: &[Fit],
    ) -> Count {
        if fits.contains(&Fit::Never) {
            return Count::NONE;
        }
        let mut axes: Vec<usize> = places.iter().map(|(axis, _)| *axis).collect();
        axes.dedup();
        let mut product = Count::Exactly(1);
        for axis in axes {
            let members: Vec<usize> =
                places.iter().filter(|(other, _)| *other == axis).map(|(_, m)| *m).collect();
            let wanted: Vec<(usize, &[String])> = fits
                .iter()
                .zip(self.wanted)
                .filter_map(|(fit, (_, values))| match fit {
                    Fit::On((other, member)) if *other == axis => Some((*member, &values[..])),
                    Fit::On(_) | Fit::Never | Fit::Always | Fit::Mixed => None,
                })
                .collect();
            let digit = case.zip(space.digit_of(axis)).and_then(|(case, at)| case.get(at));
            let count = match digit {
                Some(digit) => u64::from(self.classes.counts_at(axis, &members, &wanted, *digit)),
                None => self.classes.count_of(axis, &members, &wanted),
            };
            product = product.times(Count::Exactly(u128::from(count)));
        }
        product
    }

    /// Where jobs of a stage have a wanted value: their own, or that of a job they read from.
    fn fit(
        &self,
        stage: &Stage<'h>,
        sources: &[Option<Place>],
        producers: &[&Counted<'c, 'h>],
        wanted: &Wanted,
    ) -> Fit {
        let (key, values) = wanted;
        let own = stage.params.iter().zip(sources).find(|((name, _, _), _)| *name.text() == **key);
        if let Some(((_, default, _), source)) = own {
            let default = values.iter().any(|value| **value == *default.json);
            return match source {
                Some(place) => Fit::On(*place),
                None if default => Fit::Always,
                None => Fit::Never,
            };
        }
        let Some(at) = self.wanted.iter().position(|other| std::ptr::eq(other, wanted)) else {
            return Fit::Never;
        };
        let fits = producers.iter().filter_map(|other| other.fits.get(at)).copied();
        fits.fold(Fit::Never, |all, fit| match (all, fit) {
            (Fit::Always, _) | (_, Fit::Always) => Fit::Always,
            (Fit::Never, fit) => fit,
            (fit, Fit::Never) => fit,
            (a, b) if a == b => a,
            (Fit::On(_) | Fit::Mixed, Fit::On(_) | Fit::Mixed) => Fit::Mixed,
        })
    }
}
