//! How many jobs a lab has, without making them.
//!
//! The jobs of a stage are the points of its relevant axes; where no two points can be the same
//! job, their number is a product. Equal values on an axis count once. What a stage reads and
//! writes has to be known, since an input that nothing is wired to is no dependency: the functions
//! that say so are evaluated, within reason.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::classes::RunClasses;
use super::counts::{Count, Counts, RunCount, StageCount, Unsure, Wanted};
use super::facet::Names;
use super::field::Field;
use super::keys::{self, Place};
use super::kinds::Kinds;
use super::overlap::{After, Shape, Texture};
use super::script::Keeping;
use super::space::{Space, distinct};
use super::study::{Ports, Study};
use super::tracked::{Noticed, Untold, in_order};
use super::wiring::{Around, Wire, Wiring};
use crate::diagnostic::Found;
use crate::lab::{Hidden, Lab, Need, Pipeline, Run, Stage};
use crate::session::Session;

/// How often a function is evaluated at most.
const EVALUATIONS: usize = 1 << 14;
/// Ranges of integers that an axis may be taken for.
const RANGES: usize = 1 << 12;
/// Cases of wiring that are looked at one by one.
const CASES: u64 = 1 << 20;

/// A run has no more jobs than this. `None`: the number doesn't fit.
pub(super) fn bound(run: &Run<'_>) -> Option<u128> {
    let mut bound = 0u128;
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
    Some(bound)
}

/// The same of all runs of a lab.
pub(super) fn bound_of_all(lab: &Lab<'_>) -> Option<u128> {
    lab.runs.iter().try_fold(0u128, |sum, run| sum.checked_add(bound(run)?))
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
    let mut kinds = Kinds::new(session.evaluator());
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
            hard: hard(lab, run),
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
                let before = stages.iter().collect::<Vec<_>>();
                let jobs = stage.not_in(&before);
                if !jobs.is_exact() && stage.jobs.is_exact() {
                    stage.unsure =
                        before.last().map(|other| Unsure::Shared(Arc::clone(&other.name)));
                }
                stage.jobs = jobs;
                stages.push(stage);
            }
        }
        counts.runs.push(RunCount { stages });
    }
    (counts, found)
}

/// The runs that have jobs which all jobs of a run need, ascending.
fn hard(lab: &Lab<'_>, run: &Run<'_>) -> Vec<usize> {
    // No axis is empty.
    let has_jobs = |run: &Run<'_>| run.pipelines.iter().any(|p| !p.stages.is_empty());
    let needed = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
    let needed = needed.map(|(other, _)| *other);
    distinct(needed.filter(|other| lab.runs.get(*other).is_some_and(has_jobs)))
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
    /// Those among them whose jobs its first stages need, if there are any jobs; ascending.
    hard: Vec<usize>,
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
            Some(Ok(rest)) => Some(rest.pname.clone()),
            Some(Err(_)) | None => study.pname(&mut Vec::new()).ok(),
        };
        let pnames = pname.map(|pname| pname.words(&Space::point()).all().map(Arc::from).collect());
        let wiring = match &ports {
            Ok(ports) => Some(self.wiring(stage, &producers, ports, found)?),
            Err(_) => None,
        };
        let outputs = ports
            .map_or_else(|_| Field::constant(Names::new()), |ports| ports.outputs.only_names());
        let wiring = wiring.flatten();
        let (jobs, places, unsure, certain) = self.jobs(&sources, &producers, wiring.as_ref());
        let fits = self.wanted.iter().map(|wanted| self.fit(stage, &sources, &producers, wanted));
        let fits: Vec<Fit> = fits.collect();
        let mixed = fits.contains(&Fit::Mixed);
        let jobs = jobs(&fits);
        let shape =
            self.shape(stage, &sources, &producers, wiring.as_ref(), &fits).filter(|_| certain);
        let count = StageCount {
            name: Arc::clone(&stage.key),
            pnames,
            version: Arc::clone(&stage.version),
            params: stage.params.iter().map(|(name, _, _)| name.text().into()).collect(),
            jobs: if mixed { jobs.at_most() } else { jobs },
            unsure: unsure.or(mixed.then_some(Unsure::Wanted)),
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
        wiring: Option<&Field<Wiring>>,
        fits: &[Fit],
    ) -> Option<Shape> {
        let wirings = wiring?.values();
        // Where only some jobs read from other runs they'd have to be told from the rest.
        let mixed = wirings.len() > 1 && !self.upstream.is_empty();
        if stage.lost_dependency || fits.contains(&Fit::Mixed) || mixed {
            return None;
        }
        let wired = wirings.first()?;
        let mut used = wired.used.clone();
        used.sort_unstable();
        let mut shape = Shape { used: vec![used.len()], ..Shape::default() };
        if stage.dependencies.is_empty() {
            // Jobs of other runs, and their names, are part of what a first stage reads.
            let runs = wired.inputs.iter().filter_map(|(input, wire)| match wire {
                Wire::Run(run) => Some((Arc::clone(input), Arc::clone(run))),
                Wire::Dependency { .. } | Wire::StoreBase | Wire::Default(_) => None,
            });
            shape.after.push(After { jobs: self.hard.clone(), wired: runs.collect() });
        }
        let mut places: Vec<Option<Place>> = Vec::new();
        for ((_, default, _), source) in stage.params.iter().zip(sources) {
            shape.columns.push(match source {
                Some((axis, member)) => {
                    let values = &self.run.axes.get(*axis)?.members.get(*member)?.values;
                    self.is_told(values.hidden())?;
                    let origins = values.origins();
                    let origins = origins.map(|origins| Texture::Swept(*axis, origins, None));
                    shape.origins.push(origins.unwrap_or_else(Texture::nothing));
                    let ranges = values.ranges(RANGES).map(Arc::from);
                    Texture::Swept(*axis, Arc::clone(values.texts()), ranges)
                }
                None => {
                    self.is_told(default.hidden)?;
                    let origin = default.origin();
                    shape.origins.push(Texture::Fixed(origin.into()));
                    Texture::Fixed(Arc::clone(&default.json))
                }
            });
            places.push(*source);
        }
        for index in used {
            let other = producers.get(index)?.shape.as_ref()?;
            shape.used.push(index);
            shape.used.extend(&other.used);
            shape.columns.extend(other.columns.iter().cloned());
            shape.origins.extend(other.origins.iter().cloned());
            shape.after.extend(other.after.iter().cloned());
        }
        for (fit, (_, texts)) in fits.iter().zip(self.wanted) {
            let column = match fit {
                Fit::Always => continue,
                // No text is wanted: there are no jobs.
                Fit::Never => return None,
                Fit::On((axis, member)) => {
                    let values = &self.run.axes.get(*axis)?.members.get(*member)?.values;
                    let is_it = |column: &Texture| match column {
                        Texture::Swept(other, texts, _) => {
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

    /// `Some` if what is hidden of a value makes no difference.
    fn is_told(&self, hidden: Hidden) -> Option<()> {
        let told = self.session.shared.placed.load(Ordering::Relaxed);
        let hides = hidden.more || hidden.places && told;
        (!hides).then_some(())
    }

    /// The key of a run's parameters that a member of an axis is of.
    fn key(&self, (axis, member): Place) -> Arc<str> {
        let member = self.run.axes.get(axis).and_then(|axis| axis.members.get(member));
        member.map_or_else(|| "".into(), |member| member.target.key().into())
    }

    /// How many jobs there are with wanted values, what they follow from, and whether they differ
    /// exactly where that does.
    fn jobs<'s>(
        &'s self,
        sources: &[Option<Place>],
        producers: &[&Counted<'c, 'h>],
        wiring: Option<&Field<Wiring>>,
    ) -> (impl Fn(&[Fit]) -> Count + 's, Vec<Place>, Option<Unsure>, bool) {
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
        let told = self.session.shared.placed.load(Ordering::Relaxed);
        let unclear = places.iter().find(|place| !self.classes.text_tells(**place, told));
        let unsure = match unclear {
            Some(place) => Some(Unsure::Alike(self.key(*place))),
            None => (!certain).then_some(Unsure::Inputs),
        };
        let known = unclear.is_none();
        let downstream = certain && known && alike && wiring.is_some();
        let count = move |fits: &[Fit]| {
            let mut total = Count::NONE;
            for (places, case) in &cases {
                total = total.plus(self.product(places, &space, case.as_deref(), fits));
            }
            if certain && known { total } else { total.at_most() }
        };
        (count, places, unsure, downstream)
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
