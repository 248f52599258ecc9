//! What sets a job apart, down to what was changed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::super::find;
use super::recorded::Recorded;
use crate::sweep::{Block, Difference, IdentityRecord, JobView, Listing, differences};

/// A difference, and where it comes from.
#[derive(Debug)]
pub(in crate::cli) struct Reason {
    pub(super) difference: Difference,
    /// The stage whose job has it.
    pub(super) stage: String,
    /// Can't be told from what parameters lead to.
    pub(super) perhaps: bool,
    /// Of a job that is read from: what sets that one apart.
    pub(super) deeper: Vec<Reason>,
    /// That was said before.
    pub(super) repeated: bool,
}

/// Looks for reasons.
pub(super) struct Reasons<'l> {
    listing: &'l Listing,
    recorded: &'l Recorded,
    /// By id, those jobs of the listing that have results.
    listed: BTreeSet<String>,
    /// Pairs of jobs that were compared.
    told: BTreeSet<(String, String)>,
}

impl<'l> Reasons<'l> {
    pub(super) fn new(listing: &'l Listing, recorded: &'l Recorded) -> Reasons<'l> {
        let done: BTreeMap<&str, &str> =
            recorded.done().filter_map(|(r, _)| Some((r.job.get(..32)?, r.job.as_str()))).collect();
        let ids = (0..listing.len() as u32).filter_map(|job| listing.id(job));
        let listed = ids.filter_map(|id| {
            let text = id.text();
            let text = std::str::from_utf8(&text).ok()?;
            done.get(text).map(|name| (*name).to_owned())
        });
        let listed = listed.collect();
        Reasons { listing, recorded, listed, told: BTreeSet::new() }
    }

    /// Of the jobs of its stage that are done the one that differs least: of several one that the
    /// lab doesn't have any more, since this one is in its place; then the latest.
    pub(super) fn nearest(&self, job: &JobView<'_>) -> Option<&'l IdentityRecord> {
        let own = IdentityRecord::of(self.listing, job);
        let stage = |record: &IdentityRecord| record.stage == own.stage;
        let all = self.recorded.done().filter(|(record, _)| stage(record));
        let upstream = job.depends_on().into_iter().filter_map(|other| self.listing.job(other));
        let upstream: Vec<IdentityRecord> =
            upstream.map(|other| IdentityRecord::of(self.listing, &other)).collect();
        let nearest = all.min_by_key(|(record, ended)| {
            let differences = differences(record, &own);
            let (params, others) = weight(&differences);
            let distance = (params, others, self.above(&differences, &upstream));
            let elsewhere = record.pipeline != own.pipeline;
            (elsewhere, distance, self.listed.contains(&record.job), Reverse(*ended))
        });
        nearest.map(|(record, _)| record)
    }

    /// How many parameters of the jobs that are read from differ; `now` are those of today.
    fn above(&self, found: &[Difference], now: &[IdentityRecord]) -> usize {
        let pair = |difference: &Difference| {
            let Difference::Upstream { before, after, .. } = difference else { return None };
            let before = self.recorded.record(before)?;
            Some(weight(&differences(before, now.iter().find(|other| other.job == *after)?)).0)
        };
        found.iter().filter_map(pair).sum()
    }

    /// What sets a job apart from one that was done.
    pub(super) fn between(&mut self, before: &IdentityRecord, job: &JobView<'_>) -> Vec<Reason> {
        let after = IdentityRecord::of(self.listing, job);
        let mut found = differences(before, &after);
        let params = found.iter().any(|d| matches!(d, Difference::Param { .. }));
        let known = params.then(|| self.proven(before, job)).flatten();
        if let Some(own) = &known {
            // What the lab makes of those parameters today says what of the rest they lead to.
            let today = differences(before, own);
            found.retain(|d| !d.may_follow() || today.iter().any(|other| alike(d, other)));
        }
        let perhaps = params && known.is_none();
        let reason = |difference: Difference| Reason {
            perhaps: perhaps && difference.may_follow(),
            stage: after.stage.clone(),
            deeper: Vec::new(),
            repeated: false,
            difference,
        };
        let mut reasons: Vec<Reason> = found.into_iter().map(reason).collect();
        for reason in &mut reasons {
            self.follow(reason);
        }
        reasons
    }

    fn follow(&mut self, reason: &mut Reason) {
        let Difference::Upstream { before, after, .. } = &reason.difference else {
            return;
        };
        if !self.told.insert((before.clone(), after.clone())) {
            reason.repeated = true;
            return;
        }
        let (listing, recorded) = (self.listing, self.recorded);
        let job = find::named(listing, after);
        if let (Some(before), Some(job)) = (recorded.record(before), job) {
            reason.deeper = self.between(before, &job);
        }
    }

    /// What a job with the parameters of `before` is today, if the lab has one.
    fn proven(&self, before: &IdentityRecord, job: &JobView<'_>) -> Option<IdentityRecord> {
        if self.listed.contains(&before.job) {
            return Some(before.clone());
        }
        let stage = job.stage();
        let blocks = self.listing.blocks().iter().filter(|block| block.stage() == stage);
        let mut jobs = blocks.flat_map(Block::range);
        let mut found = jobs.find_map(|number| {
            let job = self.listing.job(number)?;
            let same = job.params().map(|(name, value)| (name.as_ref(), value));
            let then = before.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            same.eq(then).then(|| IdentityRecord::of(self.listing, &job))
        });
        found.take()
    }
}

/// Are both of the same part of an identity?
fn alike(a: &Difference, b: &Difference) -> bool {
    match (a, b) {
        (Difference::Script { part: a }, Difference::Script { part: b }) => a == b,
        (Difference::Pname { .. }, Difference::Pname { .. }) => true,
        (Difference::Output { name: a, .. }, Difference::Output { name: b, .. }) => a == b,
        _ => false,
    }
}

/// How far two jobs are apart: by their parameters first, then by what doesn't follow from them.
fn weight(differences: &[Difference]) -> (usize, usize) {
    let is_param = |d: &&Difference| matches!(d, Difference::Param { .. });
    let params = differences.iter().filter(is_param).count();
    let others = differences.iter().filter(|d| !(is_param(d) || params > 0 && d.may_follow()));
    (params, others.count())
}
