//! Ids of jobs: kept, or made whenever they are asked for.
//!
//! Jobs of a block that can't be others' are found by their points alone: where there are more of them
//! than it is worth to keep, their ids aren't, and what is needed to make one stands with the block.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::identity::{Identity, JobId, Part};
use super::jobs::JobSet;
use super::listing::{Block, Wire};
use super::space::Projection;

/// Bytes that hold what most ids are made of.
pub(super) const IDENTITY: usize = 512;

/// The ids of a listing's jobs.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// Of all jobs but those of `gaps`.
    pub(super) kept: Vec<JobId>,
    /// Jobs whose ids are made, ascending.
    pub(super) gaps: Vec<Range<u32>>,
}

/// How the ids of a block's jobs are made.
#[derive(Clone, Debug)]
pub(super) struct Formula {
    /// The points of the stage's own axes, and the digests of its own parameters there, where they
    /// are kept.
    pub(super) own_points: Projection,
    pub(super) digests: Arc<Vec<[u8; 32]>>,
    /// Over the jobs of hard upstream runs.
    pub(super) upstream: Option<[u8; 32]>,
}

/// Ids that are at hand.
#[derive(Clone, Copy)]
pub(super) struct Known<'k> {
    kept: &'k [JobId],
    gaps: &'k [Range<u32>],
}

impl Ids {
    /// How many jobs.
    pub(super) fn len(&self) -> usize {
        self.kept.len() + self.gaps.iter().map(ExactSizeIterator::len).sum::<usize>()
    }

    /// A job's id, if it is kept.
    #[inline]
    pub(super) fn get(&self, job: u32) -> Option<&JobId> {
        self.known().get(job)
    }

    /// Are ids of some of these jobs made?
    pub(super) fn any_made(&self, jobs: &JobSet) -> bool {
        let meets = |gap: &Range<u32>| {
            jobs.ranges().iter().any(|jobs| jobs.start < gap.end && gap.start < jobs.end)
        };
        self.gaps.iter().any(meets)
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known { kept: &self.kept, gaps: &self.gaps }
    }

    /// Those so far, and room for as many more at the end. `None`: interrupted.
    pub(super) fn with_new(
        &mut self,
        new: usize,
        interrupt: &AtomicBool,
    ) -> Option<(Known<'_>, &mut [JobId])> {
        let before = self.kept.len();
        if !make_room(&mut self.kept, new, interrupt) {
            return None;
        }
        let (kept, new) = self.kept.split_at_mut(before);
        Some((Known { kept, gaps: &self.gaps }, new))
    }
}

/// Ids that are made room for at once.
const STRIDE: usize = 1 << 16;

/// Adds so many ids that are still to be made. The system takes a tenth of a second to give memory for ten million:
/// whoever wants to stop needn't wait for it. False: interrupted.
pub(super) fn make_room(ids: &mut Vec<JobId>, new: usize, interrupt: &AtomicBool) -> bool {
    let whole = ids.len() + new;
    while ids.len() < whole && !interrupt.load(Ordering::Relaxed) {
        ids.resize(whole.min(ids.len() + STRIDE), JobId::from_bytes([0; 20]));
    }
    ids.len() == whole
}

impl<'k> Known<'k> {
    /// A job's id, if it is kept.
    #[inline]
    pub(super) fn get(self, job: u32) -> Option<&'k JobId> {
        if self.gaps.is_empty() {
            return self.kept.get(job as usize);
        }
        let before = self.gaps.iter().take_while(|gap| gap.start <= job);
        let missing =
            before.map(|gap| gap.len().min((job - gap.start) as usize + 1)).sum::<usize>();
        let inside = self.gaps.iter().any(|gap| gap.contains(&job));
        self.kept.get(job as usize - missing).filter(|_| !inside)
    }
}

/// What of a job's identity follows from its own parameters.
struct Own<'b> {
    block: &'b Block,
}

impl Own<'_> {
    /// The part of an identity that parameters which only go into it as such leave alone.
    fn begin(&self, digits: &[u32], text: &mut Vec<u8>) -> Identity {
        let mut identity = Identity::new();
        let Block { pnames, scripts, part_digests, .. } = self.block;
        text.clear();
        pnames.append(pnames.index(digits), text);
        identity.add(Part::Pname, text);
        identity.add(Part::Version, self.block.stage.version.as_bytes());
        text.clear();
        scripts.append(scripts.index(digits), text);
        identity.add(Part::Script, text);
        for (name, script) in part_digests.get(digits).map_or(&[][..], Vec::as_slice) {
            identity.add(Part::Piece, name.as_bytes());
            identity.add(Part::Script, script);
        }
        identity
    }

    fn picks(&self, digits: &[u32]) -> [usize; 3] {
        let Block { pnames, scripts, part_digests, .. } = self.block;
        [pnames.index(digits), scripts.index(digits), part_digests.index(digits)]
    }

    fn end(&self, mut identity: Identity, digits: &[u32], text: &mut Vec<u8>) -> [u8; 32] {
        for (name, value) in self.block.params.iter().map(|param| param.at(digits)) {
            identity.add(Part::Params, name.as_bytes());
            identity.add(Part::Params, value.as_bytes());
        }
        let outputs = &self.block.outputs;
        outputs.each(outputs.paths.index(digits), text, |name, path| {
            identity.add(Part::Output, name.as_bytes());
            identity.add(Part::Output, path.as_bytes());
        });
        for package in &self.block.package_ids {
            identity.add(Part::Package, package.as_bytes());
        }
        identity.digest()
    }
}

/// Digests of own parameters, one after the other: what neighbours share is hashed once.
#[derive(Default)]
pub(super) struct Digests {
    begun: Option<([usize; 3], Identity)>,
    text: Vec<u8>,
}

impl Digests {
    pub(super) fn of(&mut self, block: &Block, digits: &[u32]) -> [u8; 32] {
        let own = Own { block };
        let picks = own.picks(digits);
        let begun = match &self.begun {
            Some((known, identity)) if *known == picks => identity,
            Some(_) | None => &self.begun.insert((picks, own.begin(digits, &mut self.text))).1,
        };
        own.end(begun.clone(), digits, &mut self.text)
    }
}

/// Makes ids of the jobs of a block.
#[derive(Clone, Copy)]
pub(super) struct Making<'b> {
    pub(super) block: &'b Block,
    /// At least all blocks before it.
    pub(super) blocks: &'b [Block],
    pub(super) formula: &'b Formula,
    pub(super) known: Known<'b>,
}

impl Making<'_> {
    /// The id of the job at the point with these digits; `text` is room to work in.
    pub(super) fn id(&self, digits: &[u32], digests: &mut Digests, text: &mut Vec<u8>) -> JobId {
        let Formula { own_points, digests: kept, upstream } = self.formula;
        let kept = kept.get(own_points.of(digits) as usize).copied();
        let digest = kept.unwrap_or_else(|| digests.of(self.block, digits));
        text.clear();
        Part::Script.write(&digest, text);
        let wiring = self.block.wirings.get(digits);
        for (name, wire) in wiring.map_or(&[][..], |wiring| &wiring.inputs) {
            Part::Input.write(name.as_bytes(), text);
            match wire {
                Wire::Dependency { index, output } => {
                    if let Some(id) = self.upstream_id(*index, digits) {
                        Part::Upstream.write(id.bytes(), text);
                    }
                    Part::Output.write(output.as_bytes(), text);
                }
                Wire::Run(run) => Part::Piece.write(run.as_bytes(), text),
                Wire::StoreBase => Part::Piece.write(b"", text),
                Wire::Default(default) => Part::Params.write(default.as_bytes(), text),
            }
        }
        if let Some(upstream) = upstream {
            Part::Upstream.write(upstream, text);
        }
        Identity::of(text)
    }

    #[inline]
    fn upstream_id(&self, index: usize, digits: &[u32]) -> Option<JobId> {
        let producer = self.block.producers.get(index)?;
        let block = self.blocks.get(producer.block as usize)?;
        let point = producer.onto.of(digits);
        match &block.formula {
            None => self.known.get(block.job_at(point)).copied(),
            Some(formula) => Making { block, formula, ..*self }.at(point),
        }
    }

    /// The id of the job at a point.
    pub(super) fn at(&self, point: u64) -> Option<JobId> {
        if point >= self.block.space.points() {
            return None;
        }
        let mut digits = Vec::with_capacity(self.block.space.axes().len());
        self.block.space.digits(point, &mut digits);
        Some(self.id(&digits, &mut Digests::default(), &mut Vec::with_capacity(IDENTITY)))
    }
}
