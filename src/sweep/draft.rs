//! Jobs of one stage, wired and hashed, before they have places in the list.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use rayon::prelude::*;

use super::expand::{Grown, Upstream};
use super::facet::Evaluated;
use super::identity::{Identity, JobId, Part};
use super::listing::Job;
use super::space::Projection;
use super::wiring::{Around, Wire, Wiring};
use crate::diagnostic::Diagnostic;

/// Points one thread hashes at a time.
const JOBS_AT_ONCE: u64 = 4096;

/// A job before it has a place in the list.
pub(super) struct Draft {
    pub(super) id: JobId,
    pub(super) facet: usize,
    pub(super) wiring: Arc<Wiring>,
    /// Jobs of the stage's dependencies, all of them.
    pub(super) producers: Vec<u32>,
}

/// Makes the drafts of one stage.
pub(super) struct Drafting<'d, 'x, 'h> {
    pub(super) grown: &'d Grown<'x, 'h>,
    pub(super) producers: Vec<(&'d Grown<'x, 'h>, Projection)>,
    pub(super) around: Around<'d, 'h>,
    pub(super) jobs: &'d [Job],
    pub(super) upstream: &'d Upstream,
    pub(super) interrupt: &'d AtomicBool,
}

impl Drafting<'_, '_, '_> {
    /// The jobs at all points.
    ///
    /// # Errors
    /// Everything that doesn't fit.
    pub(super) fn all(&self) -> Result<Vec<Draft>, Vec<Diagnostic>> {
        let points = self.grown.space.points();
        let results: Vec<(Vec<Draft>, Vec<Diagnostic>)> = (0..points.div_ceil(JOBS_AT_ONCE))
            .into_par_iter()
            .map(|chunk| {
                let first = chunk * JOBS_AT_ONCE;
                self.chunk(first..points.min(first + JOBS_AT_ONCE))
            })
            .collect();
        let mut drafts = Vec::with_capacity(points as usize);
        let mut problems = Vec::new();
        for (some, found) in results {
            drafts.extend(some);
            problems.extend(found);
        }
        if problems.is_empty() {
            problems = self.unmatched(&drafts);
        }
        if problems.is_empty() { Ok(drafts) } else { Err(problems) }
    }

    fn chunk(&self, points: Range<u64>) -> (Vec<Draft>, Vec<Diagnostic>) {
        let mut drafts = Vec::with_capacity((points.end - points.start) as usize);
        let mut problems: Vec<Diagnostic> = Vec::new();
        let mut wirings: HashMap<Vec<usize>, Option<Arc<Wiring>>> = HashMap::new();
        for point in points {
            // The user may not want to wait for millions of jobs.
            if self.interrupt.load(Ordering::Relaxed) {
                problems.push(Diagnostic::error("repx::interrupted", "interrupted by the user"));
                break;
            }
            let facet = self.grown.own.of(point) as usize;
            let Some(own) = self.grown.facets.get(facet) else {
                continue;
            };
            let places: Vec<u64> =
                self.producers.iter().map(|(_, projection)| projection.of(point)).collect();
            let key: Vec<usize> =
                std::iter::once(facet).chain(self.producer_facets(&places)).collect();
            let wiring = wirings.entry(key).or_insert_with_key(|key| {
                let made = self.evaluated(key).map(|producers| self.around.wire(own, &producers));
                match made {
                    Some(Ok(wiring)) => Some(Arc::new(wiring)),
                    Some(Err(found)) => {
                        problems.extend(found.into_iter().map(|p| self.placed(p)));
                        None
                    }
                    None => None,
                }
            });
            let Some(wiring) = wiring else { continue };
            let producers: Vec<u32> = self
                .producers
                .iter()
                .zip(&places)
                .filter_map(|((other, _), place)| other.jobs.get(*place as usize).copied())
                .collect();
            let id = self.id(own, wiring, &producers);
            drafts.push(Draft { id, facet, wiring: Arc::clone(wiring), producers });
        }
        (drafts, problems)
    }

    fn placed(&self, problem: Diagnostic) -> Diagnostic {
        let key = &self.grown.stage.key;
        problem.within(self.grown.stage.span, format!("in stage `{key}`"))
    }

    fn producer_facets(&self, places: &[u64]) -> impl Iterator<Item = usize> {
        let pairs = self.producers.iter().zip(places);
        pairs.map(|((other, _), place)| other.own.of(*place) as usize)
    }

    /// The facets of a stage's dependencies, given the key of a wiring (its own facet first).
    fn evaluated(&self, key: &[usize]) -> Option<Vec<&Evaluated>> {
        let facets = key.get(1..)?.iter().zip(&self.producers);
        facets.map(|(facet, (other, _))| other.facets.get(*facet)).collect()
    }

    fn id(&self, own: &Evaluated, wiring: &Wiring, producers: &[u32]) -> JobId {
        let mut identity = Identity::new();
        identity.add(Part::Script, &own.digest);
        for (name, wire) in &wiring.inputs {
            identity.add(Part::Input, name.as_bytes());
            match wire {
                Wire::Dependency { index, output } => {
                    let job = producers.get(*index).and_then(|job| self.jobs.get(*job as usize));
                    if let Some(job) = job {
                        identity.add_job(Part::Upstream, job.id);
                    }
                    identity.add(Part::Output, output.as_bytes());
                }
                Wire::Run(run) => identity.add(Part::Piece, run.as_bytes()),
                Wire::StoreBase => identity.add(Part::Piece, b""),
                Wire::Default(text) => identity.add(Part::Params, text.as_bytes()),
            }
        }
        if self.grown.stage.dependencies.is_empty() && self.upstream.jobs.is_some() {
            identity.add(Part::Upstream, &self.upstream.digest);
        }
        identity.finish()
    }

    /// Dependencies that none of the jobs has: their names don't fit.
    fn unmatched(&self, drafts: &[Draft]) -> Vec<Diagnostic> {
        let unused = (0..self.producers.len())
            .filter(|index| !drafts.iter().any(|draft| draft.wiring.used.contains(index)));
        unused
            .filter_map(|index| {
                let own = self.grown.facets.first()?;
                let (other, _) = self.producers.get(index)?;
                Some(self.placed(self.around.unmatched(index, own, other.facets.first()?)))
            })
            .collect()
    }
}
