//! A job of a listing, as it is looked at.

use std::fmt;
use std::sync::Arc;

use super::identity::{Identity, JobId, Part};
use super::jobs::JobSet;
use super::listing::{Block, Digest, Listing, Outputs, StageInfo, Step, Wire, Wiring};
use super::made::{Digests, IDENTITY};
use super::recipe::Recipe;
use crate::lab::Resources;

/// Where an input comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source<'l> {
    /// An output of a job.
    Job {
        /// The job's number.
        job: u32,
        /// The output's name.
        output: &'l Arc<str>,
    },
    /// The metadata of a run.
    Run(&'l Arc<str>),
    /// The folder that holds all results.
    StoreBase,
    /// Nothing wires it: the stage's own default, as it is written.
    Default(&'l Arc<str>),
}

/// A job: whatever it is asked is looked up in its block.
#[derive(Clone, Debug)]
pub struct JobView<'l> {
    listing: &'l Listing,
    block: &'l Block,
    job: u32,
    /// Its point's.
    digits: Vec<u32>,
}

/// Which of its block's values a job has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picks {
    /// Among the names of its block.
    pub pname: usize,
    /// Among the outputs of its block.
    pub outputs: usize,
    /// Among [`Block::pieces`].
    pub pieces: usize,
    /// Among [`Block::wirings`].
    pub wiring: usize,
    /// Among [`Block::hints`].
    pub hints: usize,
}

impl Listing {
    /// One job.
    pub fn job(&self, job: u32) -> Option<JobView<'_>> {
        let block = self.blocks.get(self.block_of(job))?;
        let mut view = JobView {
            listing: self,
            block,
            job,
            digits: Vec::with_capacity(block.space.axes().len()),
        };
        view.find(job).then_some(view)
    }

    /// All jobs, in order.
    pub fn jobs(&self) -> impl Iterator<Item = JobView<'_>> {
        (0..self.len() as u32).filter_map(|job| self.job(job))
    }
}

impl<'l> JobView<'l> {
    /// Looks at another job. False when there is none of that number.
    pub fn seek(&mut self, job: u32) -> bool {
        if !self.block.range().contains(&job) {
            match self.listing.blocks.get(self.listing.block_of(job)) {
                Some(block) => self.block = block,
                None => return false,
            }
            return self.find(job);
        }
        if job == self.job + 1 && self.block.places.is_none() {
            self.job = job;
            self.block.space.advance(&mut self.digits);
            return true;
        }
        self.find(job)
    }

    fn find(&mut self, job: u32) -> bool {
        let Some(within) = job.checked_sub(self.block.first).filter(|at| *at < self.block.count)
        else {
            return false;
        };
        let point = match &self.block.places {
            None => Some(within),
            Some(places) => places.points.get(within as usize).copied(),
        };
        self.job = job;
        self.block.space.digits(u64::from(point.unwrap_or(0)), &mut self.digits);
        point.is_some()
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.job
    }

    /// Where it stands.
    pub fn block(&self) -> &'l Block {
        self.block
    }

    /// Hash of everything that sets it apart.
    pub fn id(&self) -> JobId {
        let id = match self.listing.making(self.block) {
            None => self.listing.id(self.job),
            Some(making) => Some(making.id(
                &self.digits,
                &mut Digests::default(),
                &mut Vec::with_capacity(IDENTITY),
            )),
        };
        id.unwrap_or(JobId::from_bytes([0; 20]))
    }

    /// The stage it is an instance of.
    pub fn stage(&self) -> &'l StageInfo {
        &self.block.stage
    }

    /// Which of its block's values it has.
    #[inline]
    pub fn picks(&self) -> Picks {
        Picks {
            pname: self.block.pnames.index(&self.digits),
            outputs: self.block.outputs.paths.index(&self.digits),
            pieces: self.block.pieces.index(&self.digits),
            wiring: self.block.wirings.index(&self.digits),
            hints: self.block.hints.index(&self.digits),
        }
    }

    /// `pname`.
    pub fn pname(&self) -> String {
        self.block.pnames.text(self.block.pnames.index(&self.digits))
    }

    /// The full name: `<id>-<pname>-<version>`.
    pub fn name(&self) -> impl fmt::Display + '_ {
        struct Name<'j>(&'j JobView<'j>);
        impl fmt::Display for Name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{}-{}", self.0.id(), self.0.pname(), self.0.block.stage.version)
            }
        }
        Name(self)
    }

    /// Indices of the runs it belongs to, ascending.
    pub fn runs(&self) -> impl Iterator<Item = u32> + '_ {
        let own = self.block.run as usize;
        let later = self.listing.runs.iter().enumerate().skip(own + 1);
        let later =
            later.filter(|(_, run)| run.shared.has(self.job)).map(|(index, _)| index as u32);
        std::iter::once(self.block.run).chain(later)
    }

    /// Effective parameters, sorted by name, with their values as canonical JSON.
    #[inline]
    pub fn params(&self) -> impl Iterator<Item = (&'l Arc<str>, &'l str)> + '_ {
        self.block.params.iter().map(|param| (&param.name, param.value(&self.digits)))
    }

    /// The value of the parameter `index`, as canonical JSON.
    #[inline]
    pub fn param(&self, index: usize) -> &'l str {
        self.block.params.get(index).map_or("", |param| param.value(&self.digits))
    }

    /// Output names and their paths, sorted by name.
    pub fn outputs(&self) -> Outputs {
        self.block.outputs.get(self.block.outputs.paths.index(&self.digits))
    }

    /// Hints of scatter, worker or steps, and gather, for those that have some.
    pub fn parts(&self) -> &'l [(Arc<str>, Resources)] {
        self.block.pieces.get(&self.digits).map_or(&[], |pieces| &pieces.parts)
    }

    /// Of a scatter-gather stage its worker or steps, then gather, with their inputs.
    pub fn steps(&self) -> &'l [Step] {
        self.block.pieces.get(&self.digits).map_or(&[], |pieces| &pieces.steps)
    }

    /// Digest of its script, or of what stands for it.
    pub fn digest(&self) -> Digest {
        let mut identity = Identity::new();
        identity.add(Part::Script, &self.script());
        identity.digest()
    }

    /// Digests of the parts of a scatter-gather stage.
    pub fn part_digests(&self) -> &'l [(Arc<str>, Digest)] {
        self.block.part_digests.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// Its own hints merged with those of what it depends on.
    pub fn resources(&self) -> Option<&'l Resources> {
        self.block.hints.get(&self.digits)?.as_ref()
    }

    /// The hints that the stage itself gives.
    pub fn own_resources(&self) -> Option<&'l Resources> {
        self.block.own_hints.get(&self.digits)?.as_ref()
    }

    /// The text of a simple stage's script, or what stands for it.
    pub fn script(&self) -> Vec<u8> {
        self.block.scripts.bytes(self.block.scripts.index(&self.digits))
    }

    /// The parts of a scatter-gather stage; none unless they were asked for.
    pub fn recipes(&self) -> &'l [Recipe] {
        self.block.recipes.get(&self.digits).map_or(&[], Vec::as_slice)
    }

    /// How its inputs are wired.
    pub fn wiring(&self) -> Option<&'l Wiring> {
        self.block.wirings.get(&self.digits)
    }

    /// The job of the stage's dependency number `index` that it reads from.
    #[inline]
    pub fn producer(&self, index: usize) -> u32 {
        let producer = self.block.producers.get(index);
        let found = producer.and_then(|producer| {
            let block = self.listing.blocks.get(producer.block as usize)?;
            Some(block.job_at(producer.onto.of(&self.digits)))
        });
        found.unwrap_or(0)
    }

    /// Which of the names of its block that job has.
    #[inline]
    pub fn producer_pname(&self, index: usize) -> usize {
        self.block.producers.get(index).map_or(0, |producer| producer.pnames.index(&self.digits))
    }

    /// Where each input comes from, sorted by input.
    pub fn inputs(&self) -> impl Iterator<Item = (&'l Arc<str>, Source<'l>)> + '_ {
        let inputs = self.wiring().map_or(&[][..], |wiring| &wiring.inputs);
        inputs.iter().map(|(name, wire)| {
            let source = match wire {
                Wire::Dependency { index, output } => {
                    Source::Job { job: self.producer(*index), output }
                }
                Wire::Run(run) => Source::Run(run),
                Wire::StoreBase => Source::StoreBase,
                Wire::Default(text) => Source::Default(text),
            };
            (name, source)
        })
    }

    /// Numbers of the jobs it reads from, ascending; for those of `after` see [`Block::after`].
    pub fn depends_on(&self) -> Vec<u32> {
        let used = self.wiring().map_or(&[][..], |wiring| &wiring.used);
        let mut jobs: Vec<u32> = used.iter().map(|index| self.producer(*index)).collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    /// Jobs of hard upstream runs, all of which it needs.
    pub fn after(&self) -> Option<&'l JobSet> {
        self.listing.upstream(self.block.after?)
    }

    /// What stands for these jobs in its id.
    pub(super) fn after_digest(&self) -> Option<&'l Digest> {
        Some(&self.listing.upstreams.get(self.block.after? as usize)?.digest)
    }
}
