//! The jobs of all runs.

use std::sync::Arc;

use super::classes::RunClasses;
use super::facet::Names;
use super::field::{Field, Look, MOST_POINTS, combined};
use super::ids::{Hashing, formula};
use super::jobs::JobBits;
use super::keys::{self, Place};
use super::list::{Ask, Request};
use super::listing::{Block, Listing, Producer, RunInfo, StageInfo, StageKind};
use super::made::make_room;
use super::origin::Written;
use super::params::params;
use super::progress::Progress;
use super::recipe::{self, Package};
use super::refusal::{Why, refused};
use super::script::Keeping;
use super::settle::{Index, may_share_jobs};
use super::space::{Space, distinct};
use super::study::{Ports, Studied, Study};
use super::tracked::{Noticed, Untold, in_order};
use super::unread::UnreadOutputs;
use super::upstream::{Upstream, jobs_of, upstream};
use super::wiring::{Around, Wiring};
use super::worded::Worded;
use crate::diagnostic::{Diagnostic, Found};
use crate::lab::{Body, Dependency, Lab, Need, Pipeline, Resources, Run, Stage};
use crate::session::Session;

/// So often functions are evaluated at least, whatever room there is for what comes of it.
const EVALUATIONS: usize = 1 << 20;
/// Jobs are numbered in 32 bits.
const MOST_JOBS: u64 = u32::MAX as u64;

/// What expansion gives: a listing without what is said of the lab as a whole.
pub(super) struct Expanded {
    pub(super) listing: Listing,
    pub(super) found: Found,
}

/// Expands all runs of a lab, as far as there is room. Must be called within a rayon pool whose threads
/// have large stacks.
pub(super) fn expand<'h>(session: &Session<'h>, lab: &Lab<'h>, request: &Request) -> Expanded {
    expand_all(session, lab, request, true)
}

/// The same of a part of a lab, where keys of runs may lead to nothing.
pub(super) fn expand_part<'h>(session: &Session<'h>, lab: &Lab<'h>, request: &Request) -> Expanded {
    expand_all(session, lab, request, false)
}

fn expand_all<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    request: &Request,
    checks_keys: bool,
) -> Expanded {
    let mut expansion = Expansion {
        session,
        lab,
        room: request.room,
        kept: request.kept,
        keeping: match &request.ask {
            Ask::Recipes => Keeping::Recipes,
            Ask::Derivations(wanted) => Keeping::Derivations(wanted),
            Ask::Behaviour => Keeping::Mistakes,
            Ask::Jobs | Ask::Few(..) | Ask::Part(..) | Ask::Stages(_) | Ask::Counts(..) => {
                Keeping::Nothing
            }
        },
        makes_jobs: !matches!(request.ask, Ask::Behaviour),
        progress: &request.progress,
        listing: Listing::default(),
        index: Index::default(),
        found: Found::default(),
        unread: UnreadOutputs::default(),
    };
    for (index, run) in lab.runs.iter().enumerate() {
        if checks_keys {
            keys::check(run, &mut expansion.found);
        }
        expansion.run(index, run);
    }
    if !expansion.makes_jobs {
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
    /// How many ids there is room for.
    room: u64,
    /// Where it is possible ids aren't kept, from so many on.
    kept: u64,
    keeping: Keeping<'x>,
    /// Or is it enough to know whatever tells one job from another?
    makes_jobs: bool,
    progress: &'x Progress,
    listing: Listing,
    index: Index,
    found: Found,
    unread: UnreadOutputs,
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
    pname: Worded,
    /// Their names.
    outputs: Field<Names>,
    /// Where its inputs come from, if that is still to be looked at.
    wiring: Option<Field<Wiring>>,
    hints: Field<Option<Resources>>,
    /// An axis along which jobs may be the same; see [`repeating`].
    repeating: Option<usize>,
}

impl<'x, 'h> Expansion<'x, 'h> {
    fn run(&mut self, index: usize, run: &'x Run<'h>) {
        let upstream = upstream(&mut self.listing, self.lab, run);
        let told = upstream.is_err();
        let upstream = upstream.unwrap_or_else(|wrong| {
            self.found.extend(wrong);
            Upstream::default()
        });
        let lengths = keys::lengths(run);
        let classes = RunClasses::new(run);
        self.listing.runs.push(run_info(self.lab, run));
        for pipeline in run.pipelines.iter().filter(|_| !told) {
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
        let jobs = jobs_of(&self.listing, index).len();
        if let Some(info) = self.listing.runs.last_mut() {
            info.jobs = jobs;
        }
    }

    fn pipeline(&mut self, scene: &Scene<'_, 'x, 'h>) {
        let mut grown: Vec<Option<Grown<'x, 'h>>> = Vec::with_capacity(scene.pipeline.stages.len());
        for stage in &scene.pipeline.stages {
            // What can't be expanded is told; so is what is wrong with the others.
            let stage = self.stage(scene, stage, &grown);
            grown.push(stage);
        }
        if !self.makes_jobs {
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
        let left = MOST_JOBS.saturating_sub(self.listing.len() as u64);
        let fits = |space: &Space| !self.makes_jobs || space.points() <= left;
        let space = Space::new(axes.clone(), scene.lengths).filter(fits);
        let (Some(space), Some(own_space)) = (space, Space::new(own_axes, scene.lengths)) else {
            self.too_many(scene, stage, &axes, &Why::Many);
            return None;
        };
        let (ports, studied) = self.study(scene, stage, &sources)?;
        let wiring = self.wiring(scene, stage, &producers, &ports)?;
        let hints = hints(scene, &studied, &wiring, &producers)?;
        let names = ports.outputs.only_names();
        let Ports { outputs, .. } = ports;
        let repeating = repeating(scene, &sources, &space, &own_space, &producers, &wiring);
        let block = Block {
            run: scene.run_index as u32,
            first: self.listing.len() as u32,
            count: 0,
            stage: info(scene.pipeline, stage),
            params: params(scene.run, stage, &sources, &space, self.session.shared.sources),
            pnames: studied.pname.words(&space),
            outputs: outputs.words(&space),
            pieces: studied.pieces.column(&space),
            part_digests: studied.digests.column(&space),
            package_ids: stage.packages.clone(),
            wirings: wiring.column(&space),
            hints: hints.column(&space),
            own_hints: studied.hints.column(&space),
            written: Written::at(stage.span, self.session.shared.sources),
            scripts: studied.script.words(&space),
            recipes: studied.recipes.column(&space),
            packages: self.packages(stage),
            producers: producers.iter().map(|other| producer(&space, other)).collect(),
            after: scene.upstream.jobs.filter(|_| stage.dependencies.is_empty()),
            places: None,
            formula: None,
            space,
        };
        let number = self.listing.blocks.len() as u32;
        let space = block.space.clone();
        self.settle(scene, stage, block, &own_space, repeating)?;
        let pname = studied.pname;
        let wiring = (!self.makes_jobs).then_some(wiring);
        Some(Grown { stage, block: number, space, pname, outputs: names, wiring, hints, repeating })
    }

    /// What the parts of a stage are run with: their own packages, then the stage's.
    fn packages(&self, stage: &Stage<'h>) -> Vec<(Arc<str>, Vec<Package>)> {
        if !matches!(self.keeping, Keeping::Recipes) {
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

    fn too_many(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &Stage<'h>,
        axes: &[usize],
        why: &Why,
    ) {
        self.found.add(refused(scene.run, stage, axes, why));
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
            most: usize::try_from(self.room).unwrap_or(usize::MAX).max(EVALUATIONS),
            keeping: self.keeping,
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
                self.too_many(scene, stage, &axes, &Why::Followed);
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
            let axes = producers.iter().flat_map(|other| other.space.axes()).copied();
            self.too_many(scene, stage, &distinct(axes), &Why::Followed);
        }
        wiring.filter(|_| !found)
    }

    /// Hashes the jobs of a block and gives them their places. `None`: no room, or interrupted.
    fn settle(
        &mut self,
        scene: &Scene<'_, 'x, 'h>,
        stage: &'x Stage<'h>,
        mut block: Block,
        own_space: &Space,
        repeating: Option<usize>,
    ) -> Option<()> {
        let listing = &mut self.listing;
        if !self.makes_jobs {
            listing.blocks.push(block);
            return Some(());
        }
        let (first, points) = (listing.len() as u32, block.space.points() as usize);
        let number = listing.blocks.len();
        let earlier = listing.blocks.iter().enumerate();
        let alike: Vec<usize> =
            earlier.filter(|(_, other)| may_share_jobs(other, &block)).map(|(i, _)| i).collect();
        let in_place = repeating.is_none() && alike.is_empty();
        let upstream = block.after.map(|_| scene.upstream.digest);
        let all = (listing.ids.kept.len() + points) as u64;
        let needed = all <= self.room && is_needed_later(self.lab, scene.run_index, stage);
        if in_place && all > self.kept && !needed {
            // Who writes its jobs makes their ids on the way.
            block.formula = Some(formula(&block, own_space, upstream));
            block.count = points as u32;
            listing.ids.gaps.push(block.range());
            listing.blocks.push(block);
            return Some(());
        }
        let others = alike.iter().filter_map(|at| listing.blocks.get(*at));
        let made = others.clone().find(|block| block.formula.is_some()).map(|block| Why::Alike {
            run: listing
                .runs
                .get(block.run as usize)
                .map_or_else(String::new, |r| r.name.to_string()),
            stage: block.stage.name.to_string(),
        });
        let left = self.room.saturating_sub(listing.ids.kept.len() as u64);
        let full = (points as u64 > left).then(|| repeating.map_or(Why::Many, Why::Same));
        let why = made.or(full);
        if let Some(why) = why {
            let axes = block.space.axes().to_vec();
            self.too_many(scene, stage, &axes, &why);
            return None;
        }
        let mut apart = Vec::new();
        let room = if in_place { &mut listing.ids.kept } else { &mut apart };
        if room.try_reserve_exact(points).is_err() {
            let axes = block.space.axes().to_vec();
            self.too_many(scene, stage, &axes, &Why::Many);
            return None;
        }
        let interrupt = self.session.shared.interrupt;
        let formula = formula(&block, own_space, upstream);
        let (blocks, progress) = (&listing.blocks, self.progress);
        let hashing = Hashing { block: &block, blocks, interrupt, progress };
        let done = match in_place {
            true => {
                let ids = listing.ids.with_new(points, interrupt);
                ids.is_some_and(|(known, ids)| hashing.all(&formula, known, ids))
            }
            false => {
                make_room(&mut apart, points, interrupt)
                    && hashing.all(&formula, listing.ids.known(), &mut apart)
            }
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
                let own = own.map_or(first, |block| block.first);
                for job in places.jobs.iter().filter(|job| **job < own) {
                    info.shared.add(*job);
                }
            }
            // Each point a job of its own, one after the other: that needs no table.
            let plain = places.points.len() == points;
            block.places = (!plain).then_some(places);
        }
        self.progress.settle(listing.len() as u64);
        block.count = listing.len() as u32 - first;
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
        pnames: other.pname.field.column(space),
    }
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

/// May ids of a stage's jobs be asked for all at once, by runs that need all of them or by stages that
/// may have the same jobs?
fn is_needed_later<'h>(lab: &Lab<'h>, run: usize, stage: &Stage<'h>) -> bool {
    let names = |stage: &Stage<'h>| -> Vec<_> { stage.params.iter().map(|(n, _, _)| *n).collect() };
    let is_alike = |other: &Stage<'h>| {
        let pnames = stage.constant_pname.as_ref().zip(other.constant_pname.as_ref());
        stage.version == other.version
            && pnames.is_none_or(|(a, b)| a == b)
            && names(stage) == names(other)
    };
    let stages = lab.runs.iter().flat_map(|run| &run.pipelines).flat_map(|p| &p.stages);
    let mut later = stages.skip_while(|other| !std::ptr::eq(*other, stage)).skip(1);
    lab.runs.iter().any(|other| other.depends_on.contains(&(run, Need::Hard)))
        || later.any(is_alike)
}

/// An axis along which several points may be the same job. `None`: it is certain that no two are.
/// Parameters are part of a job's id, and so are the jobs that it reads from.
fn repeating(
    scene: &Scene<'_, '_, '_>,
    sources: &[Option<Place>],
    space: &Space,
    own_space: &Space,
    producers: &[&Grown<'_, '_>],
    wiring: &Field<Wiring>,
) -> Option<usize> {
    let always = |index: usize| wiring.values().iter().all(|w| w.used.contains(&index));
    let differ = |axis: &usize| {
        if own_space.digit_of(*axis).is_some() {
            let members = sources.iter().flatten().filter(|(other, _)| other == axis);
            let members: Vec<usize> = members.map(|(_, member)| *member).collect();
            let length = scene.lengths.get(*axis).copied().unwrap_or(1);
            return scene.classes.count(*axis, &members) == u64::from(length);
        }
        producers.iter().enumerate().any(|(index, other)| {
            other.repeating.is_none() && other.space.digit_of(*axis).is_some() && always(index)
        })
    };
    space.axes().iter().copied().find(|axis| !differ(axis))
}
