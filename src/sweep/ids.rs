//! The ids of a block's jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::alike::Alike;
use super::field::Column;
use super::identity::{Identity, JobId, Part};
use super::listing::{Block, Outputs, Wire};
use super::progress::Progress;
use super::space::{Projection, Space};
use super::study::Studied;

/// Jobs that one thread hashes at a time.
const AT_ONCE: usize = 8192;
/// Digests of a stage's parameters are kept where so many jobs share each, or where so few are
/// there.
const SHARED_BY: u64 = 4;
const FEW: u64 = 1 << 16;

/// What of a job's identity follows from its own parameters.
pub(super) struct Own<'b> {
    packages: &'b [Arc<str>],
    block: &'b Block,
    script: Column<()>,
    texts: &'b Alike,
    digests: Column<Vec<(Arc<str>, [u8; 32])>>,
}

/// Hashes the jobs of a block.
pub(super) struct Hashing<'b> {
    pub(super) block: &'b Block,
    /// All blocks before it.
    pub(super) blocks: &'b [Block],
    own: Own<'b>,
    /// The points of its own axes, and their digests where they are kept.
    own_points: Projection,
    kept: Vec<[u8; 32]>,
    /// Over the jobs of hard upstream runs.
    pub(super) upstream: Option<[u8; 32]>,
    pub(super) interrupt: &'b AtomicBool,
    progress: Option<&'b Progress>,
}

impl<'b> Own<'b> {
    pub(super) fn new(packages: &'b [Arc<str>], block: &'b Block, studied: &'b Studied) -> Own<'b> {
        let script = studied.script.field.column(&block.space);
        let digests = studied.digests.column(&block.space);
        Own { packages, block, script, texts: &studied.script.texts, digests }
    }

    /// The part of an identity that parameters which only go into it as such leave alone.
    fn begin(&self, digits: &[u32], text: &mut Vec<u8>) -> Identity {
        let mut identity = Identity::new();
        let pname = self.block.pnames.get(digits).map_or(&[][..], |pname| pname.as_bytes());
        identity.add(Part::Pname, pname);
        identity.add(Part::Version, self.block.stage.version.as_bytes());
        text.clear();
        self.texts.write(self.script.index(digits), text);
        identity.add(Part::Script, text);
        for (name, script) in self.digests.get(digits).map_or(&[][..], Vec::as_slice) {
            identity.add(Part::Piece, name.as_bytes());
            identity.add(Part::Script, script);
        }
        identity
    }

    fn picks(&self, digits: &[u32]) -> [usize; 3] {
        [self.block.pnames.index(digits), self.script.index(digits), self.digests.index(digits)]
    }

    fn end(&self, mut identity: Identity, digits: &[u32]) -> [u8; 32] {
        for (name, value) in self.block.params.iter().map(|param| param.at(digits)) {
            identity.add(Part::Params, name.as_bytes());
            identity.add(Part::Params, value.as_bytes());
        }
        let none = Outputs::new();
        for (name, path) in self.block.outputs.get(digits).unwrap_or(&none) {
            identity.add(Part::Output, name.as_bytes());
            identity.add(Part::Output, path.as_bytes());
        }
        for package in self.packages {
            identity.add(Part::Package, package.as_bytes());
        }
        identity.digest()
    }
}

/// Digests one after the other: what neighbours share is hashed once.
#[derive(Default)]
struct Digests {
    begun: Option<([usize; 3], Identity)>,
    text: Vec<u8>,
}

impl Digests {
    fn of(&mut self, own: &Own<'_>, digits: &[u32]) -> [u8; 32] {
        let picks = own.picks(digits);
        let begun = match &self.begun {
            Some((known, identity)) if *known == picks => identity,
            Some(_) | None => &self.begun.insert((picks, own.begin(digits, &mut self.text))).1,
        };
        own.end(begun.clone(), digits)
    }
}

impl<'b> Hashing<'b> {
    /// Makes ready to hash a block that has all but its places; `own_space` is that of the
    /// stage's own axes.
    pub(super) fn new(
        own: Own<'b>,
        blocks: &'b [Block],
        own_space: &Space,
        upstream: Option<[u8; 32]>,
        interrupt: &'b AtomicBool,
    ) -> Hashing<'b> {
        let block = own.block;
        let own_points = block.space.onto(own_space);
        let few = own_space.points() <= FEW
            || own_space.points().saturating_mul(SHARED_BY) <= block.space.points();
        let (kept, progress) = (Vec::new(), None);
        let mut hashing =
            Hashing { block, blocks, own, own_points, kept, upstream, interrupt, progress };
        if few {
            hashing.kept = hashing.all_digests(own_space);
        }
        hashing
    }

    /// Says how many ids it has made, whenever it has made many.
    pub(super) fn telling(self, progress: &'b Progress) -> Hashing<'b> {
        Hashing { progress: Some(progress), ..self }
    }

    fn all_digests(&self, own_space: &Space) -> Vec<[u8; 32]> {
        // From the digits of a point of its own axes to those of a job's point.
        let places: Vec<Option<usize>> =
            own_space.axes().iter().map(|axis| self.block.space.digit_of(*axis)).collect();
        let mut all = vec![[0; 32]; own_space.points() as usize];
        all.par_chunks_mut(AT_ONCE).enumerate().for_each(|(chunk, digests)| {
            let (mut own, mut digits) = (Vec::new(), vec![0; self.block.space.axes().len()]);
            own_space.digits((chunk * AT_ONCE) as u64, &mut own);
            let mut hasher = Digests::default();
            for digest in digests {
                for (place, digit) in places.iter().zip(&own) {
                    if let Some(to) = place.and_then(|place| digits.get_mut(place)) {
                        *to = *digit;
                    }
                }
                *digest = hasher.of(&self.own, &digits);
                own_space.advance(&mut own);
            }
        });
        all
    }

    /// Writes the ids of all points; `known` are those of all jobs before the block's.
    /// False: interrupted.
    pub(super) fn all(&self, known: &[JobId], ids: &mut [JobId]) -> bool {
        ids.par_chunks_mut(AT_ONCE).enumerate().for_each(|(chunk, ids)| {
            if !self.interrupt.load(Ordering::Relaxed) {
                self.chunk(known, (chunk * AT_ONCE) as u64, ids);
                if let Some(progress) = self.progress {
                    progress.add(ids.len() as u64);
                }
            }
        });
        !self.interrupt.load(Ordering::Relaxed)
    }

    fn chunk(&self, known: &[JobId], first: u64, ids: &mut [JobId]) {
        let mut digits = Vec::new();
        self.block.space.digits(first, &mut digits);
        let mut digests = Digests::default();
        let mut text = Vec::new();
        for id in ids {
            let kept = self.kept.get(self.own_points.of(&digits) as usize);
            let digest = kept.copied().unwrap_or_else(|| digests.of(&self.own, &digits));
            *id = self.id(known, &digits, &digest, &mut text);
            self.block.space.advance(&mut digits);
        }
    }

    fn id(&self, known: &[JobId], digits: &[u32], digest: &[u8; 32], text: &mut Vec<u8>) -> JobId {
        text.clear();
        Part::Script.write(digest, text);
        let wiring = self.block.wirings.get(digits);
        for (name, wire) in wiring.map_or(&[][..], |wiring| &wiring.inputs) {
            Part::Input.write(name.as_bytes(), text);
            match wire {
                Wire::Dependency { index, output } => {
                    if let Some(id) = self.upstream_id(known, *index, digits) {
                        Part::Upstream.write(id.bytes(), text);
                    }
                    Part::Output.write(output.as_bytes(), text);
                }
                Wire::Run(run) => Part::Piece.write(run.as_bytes(), text),
                Wire::StoreBase => Part::Piece.write(b"", text),
                Wire::Default(default) => Part::Params.write(default.as_bytes(), text),
            }
        }
        if let Some(upstream) = &self.upstream {
            Part::Upstream.write(upstream, text);
        }
        Identity::of(text)
    }

    fn upstream_id<'k>(
        &self,
        known: &'k [JobId],
        index: usize,
        digits: &[u32],
    ) -> Option<&'k JobId> {
        let producer = self.block.producers.get(index)?;
        let job = self.blocks.get(producer.block as usize)?.job_at(producer.onto.of(digits));
        known.get(job as usize)
    }
}
