//! A lab without what can't lead to the jobs that are asked for, where all of them are too many.
//!
//! Of runs that are asked for the stages stay that may have such jobs, and those that these read from; axes keep
//! the values that are asked for. What stays has the ids that it has in the whole lab: a run that another one
//! needs all jobs of stays whole, or the other one is left out.

use std::collections::BTreeSet;

use super::count::bound;
use super::counts::Wanted;
use super::keys::{self, Place};
use super::space::distinct;
use super::wanted::Selection;
use crate::diagnostic::Diagnostic;
use crate::lab::{Axis, Lab, Member, Need, Pipeline, Run, Stage, Values};
use crate::value::Local;

/// A part of a lab.
pub(super) struct Part<'h> {
    pub(super) lab: Lab<'h>,
    /// What to say of runs that are asked for and can't be a part of it.
    pub(super) left_out: Vec<Diagnostic>,
}

/// The part of a lab that has the jobs that are asked for. Where runs have more than `most` jobs, those that need
/// all of these are left out.
pub(super) fn part<'h>(
    local: Local<'h>,
    lab: &Lab<'h>,
    (selection, wanted): (&Selection, &[Wanted]),
    most: u128,
) -> Part<'h> {
    let narrowed: Vec<Option<Run<'h>>> = lab
        .runs
        .iter()
        .map(|run| is_selected(lab, run, selection).then_some(run))
        .map(|run| run.and_then(|run| Narrowing { run, selection, wanted }.run(local)))
        .collect();
    let nothing = |run| Run { depends_on: Vec::new(), ..without_stages(run) };
    let mut kept: Vec<Run<'h>> = lab.runs.iter().map(nothing).collect();
    let mut left_out = Vec::new();
    let mut whole = BTreeSet::new();
    for (index, run) in narrowed.into_iter().enumerate() {
        let Some(run) = run else { continue };
        let needed = needed(lab, index);
        let sizes = needed.iter().filter_map(|other| lab.runs.get(*other));
        match sizes.map(bound).find(|size| size.is_none_or(|size| size > most)) {
            Some(_) => left_out.push(needs_all(lab, index)),
            None => {
                whole.extend(needed);
                put(&mut kept, index, run);
            }
        }
    }
    for index in whole {
        if let Some(run) = lab.runs.get(index) {
            put(&mut kept, index, run.clone());
        }
    }
    let lab = Lab {
        version: lab.version.clone(),
        git_hash: lab.git_hash.clone(),
        containers: lab.containers,
        groups: lab.groups.clone(),
        runs: kept,
        packages: lab.packages,
    };
    Part { lab, left_out }
}

/// A lab with one value on each axis: it has the stages, and hardly any jobs.
pub(super) fn firsts<'h>(local: Local<'h>, lab: &Lab<'h>) -> Lab<'h> {
    let first = |run: &Run<'h>| Run {
        axes: run.axes.iter().map(|axis| picked(local, axis, &[0])).collect(),
        ..run.clone()
    };
    Lab {
        version: lab.version.clone(),
        git_hash: lab.git_hash.clone(),
        containers: lab.containers,
        groups: lab.groups.clone(),
        runs: lab.runs.iter().map(first).collect(),
        packages: lab.packages,
    }
}

fn put<'h>(runs: &mut [Run<'h>], index: usize, run: Run<'h>) {
    if let Some(place) = runs.get_mut(index) {
        *place = run;
    }
}

fn without_stages<'h>(run: &Run<'h>) -> Run<'h> {
    Run {
        name: run.name.clone(),
        span: run.span,
        depends_on: run.depends_on.clone(),
        containerized: run.containerized,
        params_dependencies: run.params_dependencies,
        axes: Vec::new(),
        pipelines: Vec::new(),
    }
}

fn is_selected(lab: &Lab<'_>, run: &Run<'_>, selection: &Selection) -> bool {
    let mut names = selection.runs.iter();
    selection.runs.is_empty()
        || names.any(|name| match name.strip_prefix('@') {
            None => **name == *run.name,
            Some(group) => {
                let members = lab.groups.iter().filter(|(name, _)| name == group);
                members.flat_map(|(_, runs)| runs).any(|member| **member == *run.name)
            }
        })
}

/// The runs whose jobs, all of them, ids of a run's jobs follow from.
fn needed(lab: &Lab<'_>, run: usize) -> BTreeSet<usize> {
    let (mut needed, mut left) = (BTreeSet::new(), vec![run]);
    while let Some(run) = left.pop() {
        let depends_on = lab.runs.get(run).map_or(&[][..], |run| &run.depends_on);
        for (other, need) in depends_on {
            if *need == Need::Hard && needed.insert(*other) {
                left.push(*other);
            }
        }
    }
    needed
}

fn needs_all(lab: &Lab<'_>, index: usize) -> Diagnostic {
    let name = |index: usize| lab.runs.get(index).map_or("", |run| &*run.name);
    let hard = lab.runs.get(index).into_iter().flat_map(|run| &run.depends_on);
    let hard = hard.filter(|(_, need)| *need == Need::Hard);
    let others: Vec<String> = hard.map(|(other, _)| format!("`{}`", name(*other))).collect();
    let message = format!(
        "jobs of run `{}` are left out: their ids follow from all jobs of {}, which are too many",
        name(index),
        others.join(" and ")
    );
    Diagnostic::warning("repx::sweep::too-many-jobs", message)
        .help("a soft dependency doesn't need the jobs: `[ [ other \"soft\" ] ]`")
}

/// Values of an axis: those at these places.
fn picked<'h>(local: Local<'h>, axis: &Axis<'h>, places: &[usize]) -> Axis<'h> {
    let members = axis
        .members
        .iter()
        .map(|member| Member { values: member.values.picked(local, places), ..member.clone() });
    Axis { members: members.collect(), length: places.len() }
}

/// What a parameter that is asked for is in the jobs of a stage: its own, or what stages have that it reads from.
#[derive(Clone, PartialEq, Eq, Default)]
struct Fit {
    /// It is wanted whatever the axes say.
    always: bool,
    /// These say whether it is.
    on: BTreeSet<Place>,
}

/// Leaving out of a run what isn't asked for.
struct Narrowing<'n, 'h> {
    run: &'n Run<'h>,
    selection: &'n Selection,
    wanted: &'n [Wanted],
}

/// What is known of a pipeline's stages.
#[derive(Default)]
struct Looked {
    /// By stage and wanted parameter.
    fits: Vec<Vec<Fit>>,
    /// By stage, the axes that its jobs follow from.
    axes: Vec<Vec<usize>>,
    /// The stages that may have jobs that are asked for.
    roots: Vec<usize>,
}

impl Looked {
    /// No stage whose jobs follow from this axis has any that are asked for.
    fn leave_out(&mut self, axis: usize) {
        let axes = &self.axes;
        self.roots.retain(|root| axes.get(*root).is_none_or(|axes| !axes.contains(&axis)));
    }
}

impl<'h> Narrowing<'_, 'h> {
    /// `None`: no job of it is asked for.
    fn run(&self, local: Local<'h>) -> Option<Run<'h>> {
        let mut looked: Vec<Looked> =
            self.run.pipelines.iter().map(|pipeline| self.look(pipeline)).collect();
        // A stage none of whose values fit has no jobs that are asked for. Without it, others may be all that
        // an axis is for.
        let axes = loop {
            match self.axes(local, &looked) {
                Ok(axes) => break axes,
                Err(nothing) => looked.iter_mut().for_each(|looked| looked.leave_out(nothing)),
            }
        };
        let pipelines = self.run.pipelines.iter().zip(&looked);
        let pipelines: Vec<Pipeline<'h>> =
            pipelines.filter_map(|(pipeline, looked)| stages(pipeline, &looked.roots)).collect();
        let some = !pipelines.is_empty();
        some.then(|| Run { axes, pipelines, ..without_stages(self.run) })
    }

    /// The axes with the values that are asked for, or one on which none is.
    fn axes(&self, local: Local<'h>, looked: &[Looked]) -> Result<Vec<Axis<'h>>, usize> {
        let all = self.run.axes.iter().enumerate();
        all.map(|(index, axis)| match self.places(index, axis, looked) {
            None => Ok(axis.clone()),
            Some(places) if places.is_empty() => Err(index),
            Some(places) => Ok(picked(local, axis, &places)),
        })
        .collect()
    }

    fn look(&self, pipeline: &Pipeline<'h>) -> Looked {
        let mut looked = Looked::default();
        for (index, stage) in pipeline.stages.iter().enumerate() {
            let sources = keys::sources(self.run, stage);
            let above = || stage.dependencies.iter().map(|dependency| dependency.stage);
            let own = sources.iter().flatten().map(|(axis, _)| *axis);
            let upper = above().filter_map(|at| looked.axes.get(at)).flatten().copied();
            let axes = distinct(own.chain(upper));
            let fit = |(at, (key, texts)): (usize, &Wanted)| {
                let own = stage.params.iter().zip(&sources);
                let own = own.into_iter().find(|((name, _, _), _)| *name.text() == **key);
                let Some(((_, default, _), source)) = own else {
                    let fits = above().filter_map(|other| looked.fits.get(other)?.get(at));
                    return fits.fold(Fit::default(), |all, fit| Fit {
                        always: all.always || fit.always,
                        on: all.on.union(&fit.on).copied().collect(),
                    });
                };
                match source {
                    Some(place) => Fit { always: false, on: BTreeSet::from([*place]) },
                    None => Fit {
                        always: texts.iter().any(|text| **text == *default.json),
                        on: BTreeSet::new(),
                    },
                }
            };
            let fits: Vec<Fit> = self.wanted.iter().enumerate().map(fit).collect();
            if self.is_called(stage) && fits.iter().all(|fit| fit.always || !fit.on.is_empty()) {
                looked.roots.push(index);
            }
            looked.fits.push(fits);
            looked.axes.push(axes);
        }
        looked
    }

    /// May jobs of a stage be called as is asked?
    fn is_called(&self, stage: &Stage<'h>) -> bool {
        let mut names = self.selection.stages.iter();
        self.selection.stages.is_empty()
            || names.any(|name| {
                *stage.key == **name
                    || stage.constant_pname.as_ref().is_none_or(|pname| **pname == **name)
            })
    }

    /// The values of an axis that are asked for. `None`: jobs with others may be asked for too.
    fn places(&self, index: usize, axis: &Axis<'h>, looked: &[Looked]) -> Option<Vec<usize>> {
        let roots = looked.iter().flat_map(|looked| {
            let of = |at: &usize| looked.fits.get(*at).zip(looked.axes.get(*at));
            looked.roots.iter().filter_map(of)
        });
        let roots: Vec<&Vec<Fit>> =
            roots.filter(|(_, axes)| axes.contains(&index)).map(|(fits, _)| fits).collect();
        let mut places: Option<Vec<usize>> = None;
        for (at, (_, texts)) in self.wanted.iter().enumerate() {
            for (number, member) in axis.members.iter().enumerate() {
                let only = BTreeSet::from([(index, number)]);
                let decides = |fits: &&Vec<Fit>| {
                    fits.get(at).is_some_and(|fit| !fit.always && fit.on == only)
                };
                if roots.is_empty() || !roots.iter().all(decides) {
                    continue;
                }
                let fits = |place: &usize| fits(&member.values, *place, texts);
                let before = places.take().unwrap_or_else(|| (0..axis.length).collect());
                places = Some(before.into_iter().filter(fits).collect());
            }
        }
        places
    }
}

fn fits(values: &Values<'_>, place: usize, texts: &[String]) -> bool {
    values.texts().get(place).is_some_and(|value| texts.iter().any(|text| text == value))
}

/// Some stages of a pipeline, and all that they read from.
fn stages<'h>(pipeline: &Pipeline<'h>, roots: &[usize]) -> Option<Pipeline<'h>> {
    let mut kept = vec![false; pipeline.stages.len()];
    // Each stage stands after those it depends on.
    for (index, stage) in pipeline.stages.iter().enumerate().rev() {
        if roots.contains(&index) || kept.get(index) == Some(&true) {
            let above = stage.dependencies.iter().map(|dependency| dependency.stage);
            for place in above.chain([index]) {
                kept.get_mut(place).into_iter().for_each(|place| *place = true);
            }
        }
    }
    let mut moved = Vec::with_capacity(kept.len());
    let mut next = 0;
    for stays in &kept {
        moved.push(next);
        next += usize::from(*stays);
    }
    let stages = pipeline.stages.iter().zip(&kept).filter(|(_, stays)| **stays);
    let stages = stages.map(|(stage, _)| {
        let mut stage = stage.clone();
        for dependency in &mut stage.dependencies {
            dependency.stage = moved.get(dependency.stage).copied().unwrap_or(dependency.stage);
        }
        stage
    });
    let name = pipeline.name.clone();
    (next > 0).then(|| Pipeline { name, stages: stages.collect() })
}
