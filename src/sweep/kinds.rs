//! Which stages are the same.
//!
//! Two stages are when their code is and all that it knows ([`Evaluator::same`]), and when those that
//! they depend on are.

use crate::eval::{Evaluator, Met};
use crate::lab::Pipeline;
use crate::value::{Slot, Value};

/// Stages that were met, one of each class: whatever parameters have the same values, those of a class
/// make the same job.
pub(super) struct Kinds<'c, 'h> {
    evaluator: Evaluator<'h>,
    known: Vec<(&'c Pipeline<'h>, usize)>,
}

impl<'c, 'h> Kinds<'c, 'h> {
    /// None yet.
    pub(super) fn new(evaluator: Evaluator<'h>) -> Kinds<'c, 'h> {
        Kinds { evaluator, known: Vec::new() }
    }

    /// The class of a stage of a pipeline.
    pub(super) fn class(&mut self, pipeline: &'c Pipeline<'h>, stage: usize) -> u32 {
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
