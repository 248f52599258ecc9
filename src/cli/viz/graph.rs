//! What is to be drawn: stages and what they read from, by pipeline and run.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::listing::table::grouped;
use crate::sweep::{Block, Count, Listing, StageKind, Wire};

/// The version of the format.
const SCHEMA: &str = "repx-viz/1";

/// A lab's stages.
pub(super) struct Graph<'l> {
    /// Groups, with the runs that stand in them: each run in one.
    pub(super) groups: Vec<(&'l str, Vec<usize>)>,
    pub(super) runs: Vec<Run<'l>>,
    pub(super) edges: Vec<Edge>,
}

/// A run.
pub(super) struct Run<'l> {
    pub(super) name: &'l str,
    pub(super) jobs: usize,
    /// All groups that it is in.
    pub(super) groups: Vec<&'l str>,
    /// Runs that it comes after, by their places here, and how.
    pub(super) after: Vec<(usize, &'static str)>,
    pub(super) pipelines: Vec<(&'l str, Vec<Stage<'l>>)>,
}

/// A stage of a pipeline of a run.
pub(super) struct Stage<'l> {
    /// The number of its block, which edges speak of.
    pub(super) block: usize,
    pub(super) name: &'l str,
    pub(super) kind: StageKind,
    pub(super) jobs: usize,
    /// Parameters that its jobs differ by, and how many values each takes.
    pub(super) sweeps: Vec<(&'l str, usize)>,
}

/// A stage reads from another.
#[derive(PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) inputs: Vec<String>,
}

impl<'l> Graph<'l> {
    /// Of the runs that are wanted.
    pub(super) fn new(listing: &'l Listing, wanted: &[bool]) -> Graph<'l> {
        let shown: Vec<usize> =
            (0..listing.runs.len()).filter(|run| wanted.get(*run) == Some(&true)).collect();
        let place = |name: &str| {
            let is_it = |run: &usize| listing.runs.get(*run).is_some_and(|run| *run.name == *name);
            shown.iter().position(is_it)
        };
        let runs = shown.iter().filter_map(|number| {
            let run = listing.runs.get(*number)?;
            let within =
                listing.groups.iter().filter(|(_, all)| all.iter().any(|r| **r == *run.name));
            let after = run.depends_on.iter();
            Some(Run {
                name: &run.name,
                jobs: run.jobs,
                groups: within.map(|(name, _)| name.as_str()).collect(),
                after: after.filter_map(|(name, need)| Some((place(name)?, need.word()))).collect(),
                pipelines: pipelines(listing, *number),
            })
        });
        let runs: Vec<Run<'l>> = runs.collect();
        let mut edges = Vec::new();
        for (to, block) in listing.blocks().iter().enumerate() {
            if shown.contains(&(block.run() as usize)) {
                edges.extend(reads(block, to));
            }
        }
        // What lies in several can only be drawn in one.
        let own = |group: &str, run: &Run<'_>| run.groups.first() == Some(&group);
        let groups = listing.groups.iter().map(|(name, _)| {
            let runs = runs.iter().enumerate().filter(|(_, run)| own(name, run));
            (name.as_str(), runs.map(|(at, _)| at).collect())
        });
        Graph { groups: groups.collect(), edges, runs }
    }

    /// For programs.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let stage = |stage: &Stage<'_>| {
            let sweeps: serde_json::Map<String, Value> = stage
                .sweeps
                .iter()
                .map(|(name, count)| ((*name).to_owned(), json!(count)))
                .collect();
            json!({
                "id": stage.block,
                "stage": stage.name,
                "stage_type": stage.kind.name(),
                "jobs": stage.jobs,
                "sweeps": sweeps,
            })
        };
        let pipeline = |(name, stages): &(&str, Vec<Stage<'_>>)| json!({ "pipeline": name, "stages": stages.iter().map(stage).collect::<Vec<_>>() });
        let run = |run: &Run<'_>| {
            let after = run.after.iter().filter_map(|(at, need)| Some((self.runs.get(*at)?, need)));
            let after: serde_json::Map<String, Value> =
                after.map(|(run, need)| (run.name.to_owned(), json!(need))).collect();
            json!({
                "run": run.name,
                "jobs": run.jobs,
                "groups": run.groups,
                "depends_on": after,
                "pipelines": run.pipelines.iter().map(pipeline).collect::<Vec<_>>(),
            })
        };
        let edge = |edge: &Edge| json!({ "from": edge.from, "to": edge.to, "inputs": edge.inputs });
        let whole = json!({
            "schema": SCHEMA,
            "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
            "edges": self.edges.iter().map(edge).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }
}

fn pipelines(listing: &Listing, run: usize) -> Vec<(&str, Vec<Stage<'_>>)> {
    let mut pipelines: Vec<(&str, Vec<Stage<'_>>)> = Vec::new();
    for (number, block) in listing.blocks().iter().enumerate() {
        if block.run() as usize != run {
            continue;
        }
        let swept = block.params().iter().filter(|param| param.same().is_none());
        let stage = Stage {
            block: number,
            name: &block.stage().name,
            kind: block.stage().kind,
            jobs: block.jobs(),
            sweeps: swept.map(|param| (&**param.name(), param.count())).collect(),
        };
        let name = &*block.stage().pipeline;
        // Two pipelines may have one name: stages of one stand together.
        match pipelines.last_mut().filter(|(last, _)| *last == name) {
            Some((_, stages)) => stages.push(stage),
            None => pipelines.push((name, vec![stage])),
        }
    }
    pipelines
}

/// What a block reads from which block.
fn reads(block: &Block, to: usize) -> Vec<Edge> {
    let producers: Vec<usize> = block.producers().collect();
    let mut edges: Vec<Edge> = Vec::new();
    for (name, wire) in block.wirings().iter().flat_map(|wiring| &wiring.inputs) {
        let Wire::Dependency { index, .. } = wire else { continue };
        let Some(from) = producers.get(*index).copied() else { continue };
        let name = name.to_string();
        match edges.iter_mut().find(|edge| edge.from == from) {
            Some(edge) if edge.inputs.contains(&name) => {}
            Some(edge) => edge.inputs.push(name),
            None => edges.push(Edge { from, to, inputs: vec![name] }),
        }
    }
    edges
}

/// "36 jobs", "1 job"
pub(super) fn jobs(count: usize) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} job{plural}", grouped(Count::Exactly(count as u128)))
}
