//! Which jobs wait for which, as plain arrays: a million jobs take some bytes each.
//!
//! Jobs that all wait for the same many jobs wait for one knot instead, which waits for those.

use super::plan::Plan;
use crate::lab::Need;
use crate::sweep::{JobSet, Listing};

/// A job, or a knot.
pub(super) type Node = u32;

/// How far a node has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// No part of the plan.
    Absent,
    Waiting,
    Ready,
    Done,
    Failed,
    Blocked,
}

/// The plan's jobs and what they wait for.
#[derive(Debug)]
pub(super) struct Graph {
    jobs: u32,
    /// From here on knots are of the soft kind: ends of any kind are as good.
    soft: u32,
    stages: Vec<Stage>,
    /// By node, how many it still waits for.
    missing: Vec<u32>,
    /// By node, where its followers begin.
    starts: Vec<u32>,
    followers: Vec<Node>,
}

impl Graph {
    pub(super) fn new(listing: &Listing, plan: &Plan) -> Graph {
        let jobs = listing.len() as u32;
        let hard = listing.blocks().iter().filter_map(crate::sweep::Block::after).max();
        let soft = jobs + hard.map_or(0, |set| set + 1);
        let pairs = soft_pairs(listing);
        let nodes = soft as usize + pairs.len();
        let mut stages = vec![Stage::Absent; nodes];
        for job in plan.jobs() {
            if let Some(stage) = stages.get_mut(job as usize) {
                *stage = Stage::Waiting;
            }
        }
        stages.iter_mut().skip(jobs as usize).for_each(|stage| *stage = Stage::Waiting);
        let mut graph = Graph {
            jobs,
            soft,
            stages,
            missing: vec![0; nodes],
            starts: vec![0; nodes + 1],
            followers: Vec::new(),
        };
        // Counted first, then put in place: no list for each node.
        let mut counts = vec![0u32; nodes];
        let mut edges = 0usize;
        edges_of(listing, plan, soft, &pairs, |from, to| {
            edges += 1;
            bump(&mut counts, from);
            bump(&mut graph.missing, to);
        });
        let mut total = 0;
        for (start, count) in graph.starts.iter_mut().skip(1).zip(&counts) {
            total += count;
            *start = total;
        }
        graph.followers = vec![0; edges];
        let mut places: Vec<u32> = graph.starts.clone();
        edges_of(listing, plan, soft, &pairs, |from, to| {
            let place = places.get_mut(from as usize).map(|place| {
                *place += 1;
                *place - 1
            });
            if let Some(slot) = place.and_then(|at| graph.followers.get_mut(at as usize)) {
                *slot = to;
            }
        });
        graph
    }

    /// Jobs that wait for nothing.
    pub(super) fn begin(&mut self) -> Vec<u32> {
        let mut ready = Vec::new();
        let free = |graph: &Graph, node: u32| {
            graph.stage(node) == Stage::Waiting && graph.missing.get(node as usize) == Some(&0)
        };
        // Knots of which nothing is part of the plan wait for nothing.
        for knot in self.jobs..self.stages.len() as u32 {
            if free(self, knot) {
                self.set(knot, Stage::Ready);
                self.finish(knot, &mut ready);
            }
        }
        for job in 0..self.jobs {
            if free(self, job) {
                self.set(job, Stage::Ready);
                ready.push(job);
            }
        }
        ready
    }

    pub(super) fn stage(&self, node: Node) -> Stage {
        self.stages.get(node as usize).copied().unwrap_or(Stage::Absent)
    }

    fn set(&mut self, node: Node, stage: Stage) {
        if let Some(place) = self.stages.get_mut(node as usize) {
            *place = stage;
        }
    }

    fn follow(&self, node: Node) -> std::ops::Range<usize> {
        let at = |index: usize| self.starts.get(index).map_or(0, |start| *start as usize);
        at(node as usize)..at(node as usize + 1)
    }

    /// A node is done: adds the jobs that waited for nothing else.
    pub(super) fn finish(&mut self, node: Node, ready: &mut Vec<u32>) {
        self.set(node, Stage::Done);
        let mut left = vec![node];
        while let Some(node) = left.pop() {
            for at in self.follow(node) {
                let Some(next) = self.followers.get(at).copied() else { continue };
                self.ended(next, ready, &mut left);
            }
        }
    }

    /// Something that a node waits for has come to a good end.
    fn ended(&mut self, node: Node, ready: &mut Vec<u32>, left: &mut Vec<Node>) {
        let Some(missing) = self.missing.get_mut(node as usize) else { return };
        *missing = missing.saturating_sub(1);
        if *missing > 0 || self.stage(node) != Stage::Waiting {
            return;
        }
        if node < self.jobs {
            self.set(node, Stage::Ready);
            ready.push(node);
        } else {
            self.set(node, Stage::Done);
            left.push(node);
        }
    }

    /// A job has failed: what follows it is blocked, and given back, with what may go on all the same.
    pub(super) fn fail(&mut self, job: u32, ready: &mut Vec<u32>) -> Vec<u32> {
        self.set(job, Stage::Failed);
        let (mut blocked, mut left) = (Vec::new(), vec![job]);
        while let Some(node) = left.pop() {
            for at in self.follow(node) {
                let Some(next) = self.followers.get(at).copied() else { continue };
                if next >= self.soft {
                    let mut done = Vec::new();
                    self.ended(next, ready, &mut done);
                    for knot in done {
                        self.finish(knot, ready);
                    }
                } else if self.stage(next) == Stage::Waiting {
                    self.set(next, Stage::Blocked);
                    left.push(next);
                    if next < self.jobs {
                        blocked.push(next);
                    }
                }
            }
        }
        blocked
    }
}

fn bump(counts: &mut [u32], at: u32) {
    if let Some(count) = counts.get_mut(at as usize) {
        *count += 1;
    }
}

/// Runs of which the second comes after the first if both take part.
fn soft_pairs(listing: &Listing) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for (later, run) in (0u32..).zip(&listing.runs) {
        let soft = run.depends_on.iter().filter(|(_, need)| *need == Need::Soft);
        let earlier = soft.filter_map(|(name, _)| listing.run_number(name));
        pairs.extend(earlier.map(|earlier| (earlier as u32, later)));
    }
    pairs
}

/// All that waits for something: from what, and which. Always in the same order.
fn edges_of(
    listing: &Listing,
    plan: &Plan,
    soft: u32,
    pairs: &[(u32, u32)],
    mut edge: impl FnMut(Node, Node),
) {
    let jobs = listing.len() as u32;
    for block in listing.blocks() {
        let Some(mut view) = listing.job(block.range().start).filter(|_| !block.range().is_empty())
        else {
            continue;
        };
        let first = block.producers().len() == 0;
        let knots: Vec<Node> = (soft..)
            .zip(pairs)
            .filter(|(_, (_, later))| first && *later == block.run())
            .map(|(knot, _)| knot)
            .chain(block.after().map(|set| jobs + set))
            .collect();
        for job in block.range().filter(|job| plan.has(*job)) {
            view.seek(job);
            let used = view.depends_on();
            used.into_iter().filter(|other| plan.has(*other)).for_each(|other| edge(other, job));
            for knot in &knots {
                edge(*knot, job);
            }
        }
    }
    let mut sets: Vec<u32> =
        listing.blocks().iter().filter_map(crate::sweep::Block::after).collect();
    sets.sort_unstable();
    sets.dedup();
    for set in sets {
        let all = listing.upstream(set).into_iter().flat_map(JobSet::iter);
        all.filter(|job| plan.has(*job)).for_each(|job| edge(job, jobs + set));
    }
    for (knot, (earlier, _)) in (soft..).zip(pairs) {
        let all = listing.jobs_of(*earlier).filter(|job| plan.has(*job));
        all.for_each(|job| edge(job, knot));
    }
}

#[cfg(test)]
impl Graph {
    /// What it takes of memory.
    pub(super) fn bytes(&self) -> usize {
        let words = self.missing.len() + self.starts.len() + self.followers.len();
        self.stages.len() + 4 * words
    }
}
