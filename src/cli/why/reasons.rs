//! What sets a job apart, down to what was changed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::super::listing::Status;
use super::lineage::{Lineages, Spreads, apart};
use super::moved::{self, Moved};
use super::nearest::Nearest;
use super::recorded::Recorded;
use crate::sweep::{
    Block, Difference, IdentityRecord, JobSet, JobView, Listing, Source, StageInfo, differences,
};

/// A difference, and where it comes from.
#[derive(Clone, Debug)]
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
    /// Of jobs of hard upstream runs: which.
    pub(super) moved: Option<Moved>,
}

/// Looks for reasons.
pub(super) struct Reasons<'l> {
    pub(super) listing: &'l Listing,
    pub(super) recorded: &'l Recorded,
    /// By id, those jobs of the listing that have results.
    pub(super) listed: BTreeSet<String>,
    /// Pairs of jobs that were compared.
    told: BTreeSet<(String, String)>,
    lineages: Lineages<'l>,
    /// By stage how far the values of its jobs are apart, so that the nearest can be told.
    spreads: HashMap<&'l str, Rc<Spreads>>,
    /// Where many jobs are asked about: which may be nearest.
    near: Option<Nearest<'l>>,
    /// By number, jobs of which it is known whether they never ran.
    never: HashMap<u32, bool>,
    /// The same of sets of jobs of hard upstream runs: whether one of them never came to its end.
    lacking: HashMap<u32, bool>,
    /// By stage, its jobs by a hash of their parameters.
    today: Vec<(&'l StageInfo, HashMap<u64, Vec<u32>>)>,
    /// What was found out about sets of jobs, by the digest of what they were and the number of what they are.
    pub(super) sets: BTreeMap<(String, u32), Moved>,
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
        Reasons {
            listing,
            recorded,
            listed,
            told: BTreeSet::new(),
            lineages: Lineages::new(listing, recorded),
            spreads: HashMap::new(),
            near: None,
            never: HashMap::new(),
            lacking: HashMap::new(),
            today: Vec::new(),
            sets: BTreeMap::new(),
        }
    }

    /// The same for many jobs: of what is done not everything is looked at for each.
    pub(super) fn of_many(listing: &'l Listing, recorded: &'l Recorded) -> Reasons<'l> {
        let mut reasons = Reasons::new(listing, recorded);
        let near = Nearest::new(recorded, &mut reasons.lineages, &reasons.listed);
        Reasons { near: Some(near), ..reasons }
    }

    /// Another job is asked about, of which everything is to be said again.
    pub(super) fn begin(&mut self) {
        self.told.clear();
    }

    /// Is it known of a job without a folder that it never ran?
    pub(super) fn never_ran(&mut self, job: &JobView<'l>) -> bool {
        if let Some(known) = self.never.get(&job.number()) {
            return *known;
        }
        let never = !self.recorded.may_have_run(&job.name().to_string())
            || job.depends_on().into_iter().any(|other| self.never_done(other))
            || job.block().after().is_some_and(|set| self.lacks(set));
        self.never.insert(job.number(), never);
        never
    }

    /// Is it known of a job that it never came to its end?
    fn never_done(&mut self, job: u32) -> bool {
        let Some(job) = self.listing.job(job) else { return false };
        let (recorded, name) = (self.recorded, job.name().to_string());
        match recorded.entry(&name) {
            Some(entry) => entry.status != Status::Done && !entry.removed,
            None => !recorded.was_read(&name) && self.never_ran(&job),
        }
    }

    /// Is one of the jobs of hard upstream runs known never to have come to its end?
    fn lacks(&mut self, set: u32) -> bool {
        if let Some(known) = self.lacking.get(&set) {
            return *known;
        }
        let jobs = self.listing.upstream(set);
        let lacks = jobs.into_iter().flat_map(JobSet::iter).any(|job| self.never_done(job));
        self.lacking.insert(set, lacks);
        lacks
    }

    /// Of the jobs of its stage that are done the nearest one: that with the fewest parameters that are others, of its
    /// own or of the jobs that it reads from, then with the fewest other parts, then with the nearest numbers. Of
    /// several one that the lab doesn't have any more, since this one is in its place, or whose parameters it doesn't
    /// have; then the latest.
    pub(super) fn nearest(&mut self, job: &JobView<'l>) -> Option<&'l IdentityRecord> {
        let own = IdentityRecord::of(self.listing, job);
        let lineage = self.lineages.of_job(job);
        let all = match &self.near {
            Some(near) => near.near(job, &mut self.lineages),
            None => self.recorded.done().collect(),
        };
        let fits = |record: &IdentityRecord| record.stage == own.stage && record.job != own.job;
        let all = all.into_iter().filter(|(record, _)| fits(record));
        let spreads = self.spreads(&job.stage().name);
        let mut nearest = None;
        for (record, ended) in all {
            let (params, distance) = apart(&self.lineages.of_record(record), &lineage, &spreads);
            let others = others(&differences(record, &own));
            let elsewhere = record.pipeline != own.pipeline;
            let taken = (self.listed.contains(&record.job), self.is_there(record, job));
            let rank =
                (elsewhere, params, others, distance, taken, Reverse(ended), record.job.as_str());
            if nearest.as_ref().is_none_or(|(least, _)| rank < *least) {
                nearest = Some((rank, record));
            }
        }
        nearest.map(|(_, record)| record)
    }

    /// How far the values of the jobs of a stage that are done are apart.
    fn spreads(&mut self, stage: &'l str) -> Rc<Spreads> {
        if let Some(known) = self.spreads.get(stage) {
            return Rc::clone(known);
        }
        let mut spreads = Spreads::default();
        for (record, _) in self.recorded.done().filter(|(record, _)| record.stage == stage) {
            spreads.add(&self.lineages.of_record(record));
        }
        let spreads = Rc::new(spreads);
        self.spreads.insert(stage, Rc::clone(&spreads));
        spreads
    }

    /// What sets a job apart from one that was done.
    pub(super) fn between(&mut self, before: &IdentityRecord, job: &JobView<'l>) -> Vec<Reason> {
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
            moved: None,
            difference,
        };
        let mut reasons: Vec<Reason> = found.into_iter().map(reason).collect();
        for reason in &mut reasons {
            if let Difference::UpstreamRuns { .. } = reason.difference {
                reason.moved = moved::between(self, before, job);
            }
            self.follow(reason, job);
        }
        reasons
    }

    /// Says of a job that is read from what sets it apart.
    fn follow(&mut self, reason: &mut Reason, job: &JobView<'l>) {
        let Difference::Upstream { input, before, after } = &reason.difference else {
            return;
        };
        if !self.told.insert((before.clone(), after.clone())) {
            reason.repeated = true;
            return;
        }
        let (listing, recorded) = (self.listing, self.recorded);
        let other = job.inputs().find_map(|(name, source)| match source {
            Source::Job { job, .. } if **name == **input => listing.job(job),
            Source::Job { .. } | Source::Run(_) | Source::StoreBase | Source::Default(_) => None,
        });
        if let (Some(before), Some(other)) = (recorded.record(before), other) {
            reason.deeper = self.between(before, &other);
        }
    }

    /// What a job with the parameters of `before` is today, if the lab has one.
    fn proven(&mut self, before: &IdentityRecord, job: &JobView<'l>) -> Option<IdentityRecord> {
        if self.listed.contains(&before.job) {
            return Some(before.clone());
        }
        let listing = self.listing;
        self.with_params(before, job).map(|job| IdentityRecord::of(listing, &job))
    }

    /// Has the lab a job with the parameters of `before`, of the stage of `job`?
    fn is_there(&mut self, before: &IdentityRecord, job: &JobView<'l>) -> bool {
        self.with_params(before, job).is_some()
    }

    fn with_params(&mut self, before: &IdentityRecord, job: &JobView<'l>) -> Option<JobView<'l>> {
        let listing = self.listing;
        let then = || before.params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let jobs = self.today(job.stage())?.get(&hash(then()))?;
        jobs.iter().find_map(|number| {
            let job = listing.job(*number)?;
            let same = job.params().map(|(name, value)| (name.as_ref(), value));
            same.eq(then()).then_some(job)
        })
    }

    /// The jobs of a stage by a hash of their parameters.
    fn today(&mut self, stage: &'l StageInfo) -> Option<&HashMap<u64, Vec<u32>>> {
        let at = self.today.iter().position(|(known, _)| *known == stage);
        let at = at.unwrap_or_else(|| {
            let mut jobs: HashMap<u64, Vec<u32>> = HashMap::new();
            let blocks = self.listing.blocks().iter().filter(|block| block.stage() == stage);
            for job in blocks.flat_map(Block::range).filter_map(|job| self.listing.job(job)) {
                let own = hash(job.params().map(|(name, value)| (name.as_ref(), value)));
                jobs.entry(own).or_default().push(job.number());
            }
            self.today.push((stage, jobs));
            self.today.len() - 1
        });
        self.today.get(at).map(|(_, jobs)| jobs)
    }
}

fn hash<'p>(params: impl Iterator<Item = (&'p str, &'p str)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    params.for_each(|param| param.hash(&mut hasher));
    hasher.finish()
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

/// How many parts set two jobs apart that are no parameters, nor follow from them.
fn others(differences: &[Difference]) -> usize {
    let is_param = |d: &&Difference| matches!(d, Difference::Param { .. });
    let params = differences.iter().any(|d| is_param(&d));
    differences.iter().filter(|d| !(is_param(d) || params && d.may_follow())).count()
}
