//! The jobs of all runs.

use std::sync::Arc;

use super::classes::RunClasses;
use super::facet::{Names, only_names};
use super::field::{Column, Field, Look, MOST_POINTS, combined};
use super::identity::{Identity, JobId, Part};
use super::ids::{Hashing, Own};
use super::keys::{self, Place};
use super::listing::{
    After, Block, JobBits, JobSet, Listing, Param, ParamValues, Producer, RunInfo, StageInfo,
    StageKind,
};
use super::progress::Progress;
use super::recipe::{self, Package};
use super::settle::{Index, may_share_jobs};
use super::space::{Space, distinct};
use super::study::{Ports, Studied, Study};
use super::tracked::{Noticed, Untold, in_order};
use super::unread::UnreadOutputs;
use super::wiring::{Around, Wiring};
use crate::diagnostic::{Diagnostic, Found};
use crate::lab::{Body, Dependency, Lab, Need, Pipeline, Resources, Run, Stage};
use crate::session::Session;

/// Jobs are numbered in 32 bits.
const MOST_JOBS: u64 = u32::MAX as u64;

/// How far a lab is expanded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// Whatever tells one job from another, but no jobs.
    Behaviour,
    /// To its jobs.
    Jobs,
    /// To its jobs and what it takes to run them.
    Recipes,
}

/// What expansion gives: a listing without what is said of the lab as a whole.
pub(super) struct Expanded {
    pub(super) listing: Listing,
    pub(super) found: Found,
}

/// Expands all runs of a lab, up to so many jobs. Must be called within a rayon pool whose threads
/// have large stacks.
pub(super) fn expand<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    room: u64,
    extent: Extent,
    progress: &Progress,
) -> Expanded {
    let mut expansion = Expansion {
        session,
        lab,
        room: room.min(MOST_JOBS),
        extent,
        keep: extent == Extent::Recipes,
        progress,
        listing: Listing::default(),
        index: Index::default(),
        found: Found::default(),
        unread: UnreadOutputs::default(),
    };
    for (index, run) in lab.runs.iter().enumerate() {
        expansion.run(index, run);
    }
    if extent == Extent::Behaviour {
        expansion.found.extend(expansion.unread.advice());
    }
    Expanded { listing: expansion.listing, found: expansion.found }
}

/// What is said of a run, its jobs aside.
pub(super) fn run_info(lab: &Lab<'_>, run: &Run<'_>) -> RunInfo {
    let named =
        |(other, need): &(usize, Need)| Some((Arc::clone(&lab.runs.get(*other)?.name), *need));
    let mut stages: Vec<Arc<str>> = Vec::new();
    for stage in run.pipelines.iter().flat_map(|pipeline| &pipeline.stages) {
        if !stages.contains(&stage.key) {
            stages.push(Arc::clone(&stage.key));
        }
    }
    RunInfo {
        name: Arc::clone(&run.name),
        depends_on: run.depends_on.iter().filter_map(named).collect(),
        containerized: run.containerized,
        stages,
        jobs: 0,
        shared: JobBits::default(),
    }
}

struct Expansion<'x, 'h> {
    session: &'x Session<'h>,
    lab: &'x Lab<'h>,
    /// How many jobs there may be.
    room: u64,
    extent: Extent,
    /// Are recipes kept?
    keep: bool,
    progress: &'x Progress,
    listing: Listing,
    index: Index,
    found: Found,
    unread: UnreadOutputs,
}

/// What a run's first stages have of the runs it depends on.
struct Upstream {
    /// Names of all runs it depends on.
    names: Vec<Arc<str>>,
    /// All jobs of the hard ones, as one of the listing's sets.
    jobs: Option<u32>,
    /// Over the ids of those jobs.
    digest: [u8; 32],
    resources: Option<Resources>,
}

/// What the stages of a pipeline are expanded with.
struct Scene<'s, 'x, 'h> {
    run: &'x Run<'h>,
    run_index: usize,
    pipeline: &'x Pipeline<'h>,
    /// Of the run's axes.
    lengths: &'s [u32],
    classes: &'s RunClasses<'x, 'h>,
    upstream: &'s Upstream,
}

/// A stage that was expanded, as those that depend on it see it.
struct Grown<'x, 'h> {
    stage: &'x Stage<'h>,
    /// The number of its block.
    block: u32,
    space: Space,
    pname: Field<Arc<str>>,
    /// Their names.
    outputs: Field<Names>,
    /// Where its inputs come from, if that is still to be looked at.
    wiring: Option<Field<Wiring>>,
    hints: Field<Option<Resources>>,
    /// Is each of its points another job?
    all_differ: bool,
}

impl<'x, 'h> Expansion<'x, 'h> {
    fn run(&mut self, index: usize, run: &'x Run<'h>) {
        keys::check(run, &mut self.found);
        let upstream = self.upstream(run);
        let lengths = keys::lengths(run);
        let classes = RunClasses::new(run);
        self.listing.runs.push(run_info(self.lab, run));
        for pipeline in &run.pipelines {
            let scene = Scene {
                run,
                run_index: index,
                pipeline,
                lengths: &lengths,
                classes: &classes,
                upstream: &upstream,
            };
            self.pipeline(&scene);
        }
        let jobs = self.jobs_of(index).len();
        if let Some(info) = self.listing.runs.last_mut() {
            info.jobs = jobs;
        }
    }

    /// The jobs of a run.
    fn jobs_of(&self, run: usize) -> JobSet {
        let Some(info) = self.listing.runs.get(run) else {
            return JobSet::default();
        };
        let mut jobs: JobSet = info.shared.iter().collect();
        // Those it shares stand with earlier runs.
        for block in self.listing.blocks.iter().filter(|block| block.run as usize == run) {
            jobs.push_all(block.range());
        }
        jobs
    }

    fn upstream(&mut self, run: &Run<'h>) -> Upstream {
        let named = |(other, _): &(usize, Need)| Some(Arc::clone(&self.lab.runs.get(*other)?.name));
        let hard = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
        let sets: Vec<JobSet> = hard.map(|(other, _)| self.jobs_of(*other)).collect();
        let jobs = match sets.as_slice() {
            [one] => one.clone(),
            several => {
                let mut jobs: Vec<u32> = several.iter().flat_map(JobSet::iter).collect();
                jobs.sort_unstable();
                jobs.dedup();
                jobs.into_iter().collect()
            }
        };
        let mut ids: Vec<JobId> = jobs.iter().filter_map(|job| self.listing.id(job)).collect();
        ids.sort_unstable();
        let mut identity = Identity::new();
        for id in ids {
            identity.add(Part::Upstream, id.bytes());
        }
        let merged = Resources::default().over(self.hints_of(&jobs));
        let names = run.depends_on.iter().filter_map(named).collect();
        let set = (!jobs.is_empty()).then_some(self.listing.upstreams.len() as u32);
        let digest = identity.digest();
        self.listing.upstreams.extend(set.map(|_| After { jobs, digest }));
        Upstream { names, digest, resources: (!merged.is_empty()).then_some(merged), jobs: set }
    }

    /// The hints of jobs, in their order; of consecutive jobs that have the same perhaps once.
    fn hints_of<'s>(&'s self, jobs: &'s JobSet) -> impl Iterator<Item = &'s Resources> + 's {
        jobs.ranges().iter().flat_map(move |range| {
            let blocks = self.listing.blocks.iter();
            let met = blocks.filter(|b| b.first < range.end && range.start < b.range().end);
            met.flat_map(move |block| -> Box<dyn Iterator<Item = &'s Resources> + 's> {
                let (own, whole) = (block.range(), block.places.is_none());
                // Values stand in a table as they first appear among points, and as they last do.
                if whole && range.start <= own.start && own.end <= range.end {
                    return Box::new(block.hints.in_order().filter_map(Option::as_ref));
                }
                let part = own.start.max(range.start)..own.end.min(range.end);
                Box::new(part.filter_map(|job| self.listing.job(job)?.resources()))
            })
        })
    }

    fn pipeline(&mut self, scene: &Scene<'_, 'x, 'h>) {
        let mut grown: Vec<Option<Grown<'x, 'h>>> = Vec::with_capacity(scene.pipeline.stages.len());
        for stage in &scene.pipeline.stages {
            // What can't be expanded is told; so is what is wrong with the others.
            let stage = self.stage(scene, stage, &grown);
            grown.push(stage);
        }
        if self.extent == Extent::Behaviour {
            for stage in grown.iter().flatten() {
                let Some(wiring) = &stage.wiring else { continue };
                self.unread.of_stage(stage.stage, wiring, |producer| {
                    Some(&grown.get(producer)?.as_ref()?.outputs)
                });
            }
        }
    }

    fn stage(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &'x Stage<'h>,
        grown: &[Option<Grown<'x, 'h>>],
    ) -> Option<Grown<'x, 'h>> {
        let sources = keys::sources(scene.run, stage);
        let grown_of = |d: &Dependency| grown.get(d.stage)?.as_ref();
        let producers: Option<Vec<&Grown<'x, 'h>>> =
            stage.dependencies.iter().map(grown_of).collect();
        let Some(producers) = producers else {
            // Its jobs need those of a stage that has none; what is its own can be told.
            self.study(scene, stage, &sources);
            return None;
        };
        let own_axes = distinct(sources.iter().flatten().map(|(axis, _)| *axis));
        let upper = producers.iter().flat_map(|other| other.space.axes()).copied();
        let axes = distinct(own_axes.iter().copied().chain(upper));
        let left = self.room.saturating_sub(self.listing.len() as u64);
        let counted = self.extent != Extent::Behaviour;
        let space = Space::new(axes.clone(), scene.lengths)
            .filter(|space| !counted || space.points() <= left);
        let (Some(space), Some(own_space)) = (space, Space::new(own_axes, scene.lengths)) else {
            self.too_many(scene, stage, &axes);
            return None;
        };
        let (ports, studied) = self.study(scene, stage, &sources)?;
        let wiring = self.wiring(scene, stage, &producers, &ports)?;
        let hints = hints(scene, &studied, &wiring, &producers)?;
        let names = ports.outputs.map(only_names);
        let Ports { outputs, .. } = ports;
        let all_differ = all_differ(scene, &sources, &space, &own_space, &producers, &wiring);
        let block = Block {
            run: scene.run_index as u32,
            first: self.listing.len() as u32,
            count: 0,
            stage: info(scene.pipeline, stage),
            params: params(scene.run, stage, &sources, &space),
            pnames: studied.pname.column(&space),
            outputs: outputs.into_map(pairs).column(&space),
            pieces: studied.pieces.column(&space),
            digests: studied.script.digests().column(&space),
            part_digests: studied.digests.column(&space),
            package_ids: stage.packages.clone(),
            wirings: wiring.column(&space),
            hints: hints.column(&space),
            scripts: self.scripts(&studied, &space),
            recipes: studied.recipes.column(&space),
            packages: self.packages(stage),
            producers: producers.iter().map(|other| producer(&space, other)).collect(),
            after: scene.upstream.jobs.filter(|_| stage.dependencies.is_empty()),
            places: None,
            space,
        };
        let number = self.listing.blocks.len() as u32;
        let space = block.space.clone();
        self.settle(scene, stage, block, &studied, &own_space, all_differ)?;
        let pname = studied.pname;
        let outputs = names;
        let wiring = (self.extent == Extent::Behaviour).then_some(wiring);
        Some(Grown { stage, block: number, space, pname, outputs, wiring, hints, all_differ })
    }

    /// With packages of this machine, what stands for a script is its text.
    fn scripts(&self, studied: &Studied, space: &Space) -> Column<Vec<u8>> {
        match self.keep {
            true => studied.script.written().column(space),
            false => Field::constant(Vec::new()).column(space),
        }
    }

    /// What the parts of a stage are run with: their own packages, then the stage's.
    fn packages(&self, stage: &Stage<'h>) -> Vec<(Arc<str>, Vec<Package>)> {
        if !self.keep {
            return Vec::new();
        }
        let mut ev = self.session.evaluator();
        // What is wrong with a list of packages was told when the lab was read.
        let mut of = |attrs| recipe::packages(&mut ev, attrs).unwrap_or_default();
        let common = of(stage.attrs);
        match &stage.body {
            Body::Simple(part) => vec![(Arc::clone(&part.name), common)],
            Body::ScatterGather { scatter, workers, gather, .. } => {
                let parts = [scatter].into_iter().chain(workers).chain([gather]);
                let with = |part: &crate::lab::Part<'h>| {
                    let own = of(part.attrs).into_iter().chain(common.iter().cloned());
                    (Arc::clone(&part.name), own.collect())
                };
                parts.map(with).collect()
            }
        }
    }

    fn too_many(&mut self, scene: &Scene<'_, 'x, 'h>, stage: &Stage<'h>, axes: &[usize]) {
        let run = scene.run;
        let axes = axes.iter().filter_map(|axis| run.axes.get(*axis));
        let named = |axis: &crate::lab::Axis<'h>| {
            Some(format!("{} ({})", axis.members.first()?.target.key(), axis.length))
        };
        let shown: Vec<String> = axes.clone().filter_map(named).collect();
        let count = axes.clone().try_fold(1u128, |all, axis| all.checked_mul(axis.length as u128));
        let count = count.map_or("more than 10^38".to_owned(), |count| count.to_string());
        let longest = axes.max_by_key(|axis| axis.length);
        let member = longest.and_then(|axis| axis.members.first());
        let span = member.map_or(run.span, |member| member.span);
        let length = longest.map_or(1, |axis| axis.length);
        self.found.add(
            Diagnostic::error(
                "repx::sweep::too-many-jobs",
                format!(
                    "stage `{}` of run `{}` would have {count} jobs, more than can be listed",
                    stage.key, run.name
                ),
            )
            .at(span, format!("the longest axis, {length} values"))
            .help(format!("the axes: {}; `--count` counts without listing", shown.join(" × "))),
        );
    }

    /// What the stage is, depending on its parameters. `None`: it went wrong somewhere.
    fn study(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &'x Stage<'h>,
        sources: &[Option<Place>],
    ) -> Option<(Ports, Studied)> {
        let study = Study {
            session: self.session,
            packages: self.lab.packages,
            run: scene.run,
            stage,
            sources,
            classes: scene.classes,
            lengths: scene.lengths,
            most: usize::MAX,
            keep: self.keep,
        };
        let mut noticed: Vec<Noticed> = Vec::new();
        let ports = study.ports(&mut noticed);
        let studied = ports.and_then(|ports| {
            let rest = study.rest(&ports, &mut noticed)?;
            Ok((ports, rest))
        });
        self.found.extend(in_order(noticed));
        match studied {
            Ok(studied) => Some(studied),
            Err(Untold::Failed) => None,
            Err(Untold::TooMany) => {
                let axes = distinct(sources.iter().flatten().map(|(axis, _)| *axis));
                self.too_many(scene, stage, &axes);
                None
            }
        }
    }

    /// How its inputs are wired. `None`: something doesn't fit.
    fn wiring(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &'x Stage<'h>,
        producers: &[&Grown<'x, 'h>],
        ports: &Ports,
    ) -> Option<Field<Wiring>> {
        let around = Around {
            stage,
            producers: producers.iter().map(|other| other.stage).collect(),
            runs: &scene.upstream.names,
        };
        let outputs: Vec<&Field<Names>> = producers.iter().map(|other| &other.outputs).collect();
        let (wiring, problems) = around.field(scene.lengths, ports, &outputs, MOST_POINTS);
        let found = !problems.is_empty();
        self.found.extend(problems);
        if wiring.is_none() {
            self.too_many(scene, stage, &[]);
        }
        wiring.filter(|_| !found)
    }

    /// Hashes the jobs of a block and gives them their places. `None`: no room, or interrupted.
    fn settle(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &'x Stage<'h>,
        mut block: Block,
        studied: &Studied,
        own_space: &Space,
        all_differ: bool,
    ) -> Option<()> {
        let listing = &mut self.listing;
        if self.extent == Extent::Behaviour {
            listing.blocks.push(block);
            return Some(());
        }
        let (first, points) = (listing.ids.len(), block.space.points() as usize);
        let number = listing.blocks.len();
        let earlier = listing.blocks.iter().enumerate();
        let alike: Vec<usize> =
            earlier.filter(|(_, other)| may_share_jobs(other, &block)).map(|(i, _)| i).collect();
        let in_place = all_differ && alike.is_empty();
        let mut apart = Vec::new();
        let room = if in_place { &mut listing.ids } else { &mut apart };
        if room.try_reserve_exact(points).is_err() {
            let axes = block.space.axes().to_vec();
            self.too_many(scene, stage, &axes);
            return None;
        }
        room.resize(room.len() + points, JobId::from_bytes([0; 20]));
        let upstream = block.after.map(|_| scene.upstream.digest);
        let own = Own::new(&stage.packages, &block, studied);
        let interrupt = self.session.shared.interrupt;
        let hashing = Hashing::new(own, &listing.blocks, own_space, upstream, interrupt);
        let hashing = hashing.telling(self.progress);
        let done = match in_place {
            true => {
                let (known, ids) = listing.ids.split_at_mut(first);
                hashing.all(known, ids)
            }
            false => hashing.all(&listing.ids, &mut apart),
        };
        if !done {
            self.found.add(Diagnostic::interrupted());
            return None;
        }
        if !in_place {
            for other in alike {
                if let Some(block) = listing.blocks.get(other) {
                    self.index.enter(other, block, &listing.ids);
                }
            }
            let Some(places) = self.index.settle(number, &apart, &mut listing.ids, interrupt)
            else {
                self.found.add(Diagnostic::interrupted());
                return None;
            };
            let (run, blocks) = (block.run, &listing.blocks);
            if let Some(info) = listing.runs.get_mut(run as usize) {
                let own = blocks.iter().find(|block| block.run == run);
                let own = own.map_or(first as u32, |block| block.first);
                for job in places.jobs.iter().filter(|job| **job < own) {
                    info.shared.add(*job);
                }
            }
            // Each point a job of its own, one after the other: that needs no table.
            let plain = places.points.len() == points;
            block.places = (!plain).then_some(places);
        }
        self.progress.settle(listing.ids.len() as u64);
        block.count = (listing.ids.len() - first) as u32;
        listing.blocks.push(block);
        Some(())
    }
}

fn info(pipeline: &Pipeline<'_>, stage: &Stage<'_>) -> StageInfo {
    StageInfo {
        pipeline: Arc::clone(&pipeline.name),
        name: Arc::clone(&stage.key),
        kind: match stage.body {
            Body::Simple(_) => StageKind::Simple,
            Body::ScatterGather { .. } => StageKind::ScatterGather,
        },
        version: Arc::clone(&stage.version),
    }
}

fn producer(space: &Space, other: &Grown<'_, '_>) -> Producer {
    Producer {
        block: other.block,
        onto: space.onto(&other.space),
        pnames: other.pname.column(space),
    }
}

fn pairs(names: Names) -> Vec<(Arc<str>, Arc<str>)> {
    names.into_iter().map(|(name, path, _)| (name, path)).collect()
}

fn params(
    run: &Run<'_>,
    stage: &Stage<'_>,
    sources: &[Option<Place>],
    space: &Space,
) -> Vec<Param> {
    let param = |((name, default, _), source): (
        &(crate::source::Name, crate::lab::Datum<'_>, _),
        &Option<Place>,
    )| {
        let swept = source.and_then(|(axis, member)| {
            let values = &run.axes.get(axis)?.members.get(member)?.values;
            Some(ParamValues::Swept(space.digit_of(axis)? as u32, Arc::clone(values.texts())))
        });
        let values = swept.unwrap_or_else(|| ParamValues::Same(Arc::clone(&default.json)));
        Param { name: name.text().into(), values }
    };
    stage.params.iter().zip(sources).map(param).collect()
}

/// Hints merged with those of what a job depends on, in the order in which its inputs are wired.
fn hints(
    scene: &Scene<'_, '_, '_>,
    studied: &Studied,
    wiring: &Field<Wiring>,
    producers: &[&Grown<'_, '_>],
) -> Option<Field<Option<Resources>>> {
    let looks: Vec<Look<'_>> = [studied.hints.look(), wiring.look()]
        .into_iter()
        .chain(producers.iter().map(|other| other.hints.look()))
        .collect();
    let first = producers.is_empty();
    let after = scene.upstream.resources.as_ref();
    let after = after.filter(|_| first && scene.upstream.jobs.is_some());
    combined(scene.lengths, &looks, MOST_POINTS, |picks| {
        let pick = |at: usize| picks.get(at).map_or(0, |pick| *pick as usize);
        let own = studied.hints.values().get(pick(0)).cloned().flatten();
        let used = wiring.values().get(pick(1)).map_or(&[][..], |wiring| &wiring.used);
        let of =
            |index: &usize| producers.get(*index)?.hints.values().get(pick(index + 2))?.as_ref();
        let others: Vec<&Resources> = used.iter().filter_map(of).chain(after).collect();
        match others.is_empty() {
            true => own,
            false => Some(own.unwrap_or_default().over(others)),
        }
    })
}

/// Is it certain that no two points are the same job? Parameters are part of a job's id, and so
/// are the jobs that it reads from.
fn all_differ(
    scene: &Scene<'_, '_, '_>,
    sources: &[Option<Place>],
    space: &Space,
    own_space: &Space,
    producers: &[&Grown<'_, '_>],
    wiring: &Field<Wiring>,
) -> bool {
    let always = |index: usize| wiring.values().iter().all(|w| w.used.contains(&index));
    space.axes().iter().all(|axis| {
        if own_space.digit_of(*axis).is_some() {
            let members = sources.iter().flatten().filter(|(other, _)| other == axis);
            let members: Vec<usize> = members.map(|(_, member)| *member).collect();
            let length = scene.lengths.get(*axis).copied().unwrap_or(1);
            return scene.classes.count(*axis, &members) == u64::from(length);
        }
        producers.iter().enumerate().any(|(index, other)| {
            other.all_differ && other.space.digit_of(*axis).is_some() && always(index)
        })
    })
}
