//! The ids of a block's jobs, all at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::identity::JobId;
use super::listing::Block;
use super::made::{Digests, Formula, Known, Making};
use super::progress::Progress;
use super::space::Space;

/// Jobs that one thread hashes at a time.
const AT_ONCE: usize = 8192;
/// Digests of a stage's parameters are kept where so many jobs share each, or where so few are
/// there, and never more than so many.
const SHARED_BY: u64 = 4;
const FEW: u64 = 1 << 16;
const MOST: u64 = 1 << 22;

/// Hashes the jobs of a block.
pub(super) struct Hashing<'b> {
    pub(super) block: &'b Block,
    /// All blocks before it.
    pub(super) blocks: &'b [Block],
    pub(super) interrupt: &'b AtomicBool,
    pub(super) progress: &'b Progress,
}

/// How to make the ids of a block that has all but its places; `own_space` is that of the stage's
/// own axes.
pub(super) fn formula(block: &Block, own_space: &Space, upstream: Option<[u8; 32]>) -> Formula {
    let points = own_space.points();
    let shared = points.saturating_mul(SHARED_BY) <= block.space.points();
    let digests = match points <= FEW || shared && points <= MOST {
        true => all_digests(block, own_space),
        false => Vec::new(),
    };
    let own_points = block.space.onto(own_space);
    Formula { own_points, digests: Arc::new(digests), upstream }
}

fn all_digests(block: &Block, own_space: &Space) -> Vec<[u8; 32]> {
    // From the digits of a point of its own axes to those of a job's point.
    let places: Vec<Option<usize>> =
        own_space.axes().iter().map(|axis| block.space.digit_of(*axis)).collect();
    let mut all = vec![[0; 32]; own_space.points() as usize];
    all.par_chunks_mut(AT_ONCE).enumerate().for_each(|(chunk, digests)| {
        let (mut own, mut digits) = (Vec::new(), vec![0; block.space.axes().len()]);
        own_space.digits((chunk * AT_ONCE) as u64, &mut own);
        let mut hasher = Digests::default();
        for digest in digests {
            for (place, digit) in places.iter().zip(&own) {
                if let Some(to) = place.and_then(|place| digits.get_mut(place)) {
                    *to = *digit;
                }
            }
            *digest = hasher.of(block, &digits);
            own_space.advance(&mut own);
        }
    });
    all
}

impl Hashing<'_> {
    /// Writes the ids of all points; `known` are those of all jobs before the block's.
    /// False: interrupted.
    pub(super) fn all(&self, formula: &Formula, known: Known<'_>, ids: &mut [JobId]) -> bool {
        let making = Making { block: self.block, blocks: self.blocks, formula, known };
        ids.par_chunks_mut(AT_ONCE).enumerate().for_each(|(chunk, ids)| {
            if !self.interrupt.load(Ordering::Relaxed) {
                self.chunk(&making, (chunk * AT_ONCE) as u64, ids);
                self.progress.add(ids.len() as u64);
            }
        });
        !self.interrupt.load(Ordering::Relaxed)
    }

    fn chunk(&self, making: &Making<'_>, first: u64, ids: &mut [JobId]) {
        let (mut digits, mut digests) = (Vec::new(), Digests::default());
        self.block.space.digits(first, &mut digits);
        let mut text = Vec::new();
        for id in ids {
            *id = making.id(&digits, &mut digests, &mut text);
            self.block.space.advance(&mut digits);
        }
    }
}
