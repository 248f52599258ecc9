//! One job as a line of JSON, put together from texts made beforehand.
//!
//! Most of a line is the same for many jobs: it is rendered once for each value that a block's
//! tables hold, and copied. What is left are ids, in base 32, and values of parameters, which are
//! JSON already.

use std::io::Write;
use std::sync::OnceLock;

use super::Statuses;
use super::json::{inner, key, next_key, resources, separated, text};
use crate::sweep::{Block, JobSet, JobView, Listing, Wire, Wiring};

/// Writes jobs.
pub(in crate::cli) struct Records<'l> {
    listing: &'l Listing,
    statuses: &'l Statuses,
    /// By block.
    blocks: Vec<Fragments<'l>>,
    /// By set of upstream jobs: the names of them all, each after a comma. Made when first needed.
    upstreams: Vec<OnceLock<Vec<u8>>>,
    /// By run, its name.
    runs: Vec<Vec<u8>>,
}

/// Of more values than this no texts are made beforehand: few jobs share each of them.
const MOST_MADE: usize = 1 << 16;

/// What the lines of a block's jobs are made of.
struct Fragments<'l> {
    block: &'l Block,
    /// By `pname`, what comes after the id in a job's name, the closing quote included; empty where
    /// there are too many.
    names: Vec<Vec<u8>>,
    /// Between the runs and the first parameter.
    stage: Vec<u8>,
    /// Before the value of each parameter.
    params: Vec<Vec<u8>>,
    /// Values of parameters that are the same for all, where they are.
    same: Vec<Option<Vec<u8>>>,
    wirings: Vec<Vec<Segment>>,
    /// From the end of the inputs to the hints; likewise.
    outputs: Vec<Vec<u8>>,
    /// By merged hints; empty when there are parts, which have their own.
    hints: Vec<Vec<u8>>,
}

/// A piece of the text of a job's inputs.
enum Segment {
    Text(Vec<u8>),
    /// The name of the job of that dependency.
    Job(usize),
}

/// A text made by something that writes.
fn made(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<u8> {
    let mut text = Vec::new();
    // Writing to a vector can't fail.
    let _ = write(&mut text);
    text
}

/// What comes after the id in a job's name, `pname` being one of its block's.
fn write_name(block: &Block, pname: usize, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.write_all(b"-")?;
    // No character that a name may have needs an escape.
    block.write_pname(pname, out);
    out.write_all(b"-")?;
    inner(out, &block.stage().version)?;
    out.write_all(b"\"")
}

/// What stands from the end of the inputs to the hints.
fn write_outputs(block: &Block, outputs: usize, out: &mut Vec<u8>) -> std::io::Result<()> {
    out.write_all(b"}")?;
    next_key(out, "outputs")?;
    out.write_all(b"{")?;
    separated(out, block.outputs(outputs), |out, (name, path)| {
        key(out, &name)?;
        text(out, &path)
    })?;
    out.write_all(b"}")?;
    next_key(out, "resources")
}

/// The texts of values, unless they are too many.
fn texts(count: usize, write: impl Fn(usize, &mut Vec<u8>) -> std::io::Result<()>) -> Vec<Vec<u8>> {
    let few = 0..if count <= MOST_MADE { count } else { 0 };
    few.map(|value| made(|out| write(value, out))).collect()
}

impl<'l> Fragments<'l> {
    fn new(block: &'l Block) -> Fragments<'l> {
        let info = block.stage();
        let stage = made(|out| {
            next_key(out, "pipeline")?;
            text(out, &info.pipeline)?;
            next_key(out, "stage")?;
            text(out, &info.name)?;
            next_key(out, "stage_type")?;
            text(out, info.kind.name())?;
            next_key(out, "version")?;
            text(out, &info.version)?;
            next_key(out, "params")?;
            out.write_all(b"{")
        });
        let param = |(index, param): (usize, &crate::sweep::Param)| {
            made(|out| {
                if index > 0 {
                    out.write_all(b", ")?;
                }
                key(out, param.name())
            })
        };
        let no_parts = block.pieces().iter().all(|pieces| pieces.parts.is_empty());
        let hints = block.hints().iter().filter(|_| no_parts);
        Fragments {
            block,
            names: texts(block.pname_count(), |pname, out| write_name(block, pname, out)),
            stage,
            params: block.params().iter().enumerate().map(param).collect(),
            same: block.params().iter().map(|p| p.same().map(|s| s.as_bytes().to_vec())).collect(),
            wirings: block.wirings().iter().map(segments).collect(),
            outputs: texts(block.outputs_count(), |o, out| write_outputs(block, o, out)),
            hints: hints.map(|h| made(|out| resources(out, h.as_ref(), &[]))).collect(),
        }
    }
}

impl Fragments<'_> {
    fn name(&self, pname: usize, out: &mut Vec<u8>) {
        match self.names.get(pname) {
            Some(text) => out.extend_from_slice(text),
            // Writing to a vector can't fail.
            None => drop(write_name(self.block, pname, out)),
        }
    }

    fn outputs(&self, outputs: usize, out: &mut Vec<u8>) {
        match self.outputs.get(outputs) {
            Some(text) => out.extend_from_slice(text),
            None => drop(write_outputs(self.block, outputs, out)),
        }
    }
}

fn segments(wiring: &Wiring) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut text_so_far = made(|out| {
        out.write_all(b"}")?;
        next_key(out, "inputs")?;
        out.write_all(b"{")
    });
    let mut add = |out: &mut Vec<u8>, first: bool, name: &str, wire: &Wire| {
        if !first {
            out.write_all(b", ")?;
        }
        key(out, name)?;
        out.write_all(b"{")?;
        match wire {
            Wire::Dependency { index, output } => {
                key(out, "job")?;
                segments.push(Segment::Text(std::mem::take(out)));
                segments.push(Segment::Job(*index));
                next_key(out, "output")?;
                text(out, output)?;
            }
            Wire::Run(run) => {
                key(out, "run")?;
                text(out, run)?;
            }
            Wire::StoreBase => {
                key(out, "store_base")?;
                out.write_all(b"true")?;
            }
            Wire::Default(default) => {
                key(out, "default")?;
                text(out, default)?;
            }
        }
        out.write_all(b"}")
    };
    for (at, (name, wire)) in wiring.inputs.iter().enumerate() {
        // Writing to a vector can't fail.
        let _ = add(&mut text_so_far, at == 0, name, wire);
    }
    segments.push(Segment::Text(text_so_far));
    segments
}

impl<'l> Records<'l> {
    pub(in crate::cli) fn new(listing: &'l Listing, statuses: &'l Statuses) -> Records<'l> {
        let sets = listing.blocks().iter().filter_map(Block::after).max();
        Records {
            listing,
            statuses,
            blocks: listing.blocks().iter().map(Fragments::new).collect(),
            upstreams: (0..sets.map_or(0, |set| set + 1)).map(|_| OnceLock::new()).collect(),
            runs: listing.runs.iter().map(|run| made(|out| text(out, &run.name))).collect(),
        }
    }

    /// Writes a job, up to the closing brace: more may follow.
    pub(in crate::cli) fn write(&self, job: &JobView<'_>, out: &mut Vec<u8>) {
        let number = self.listing.block_of(job.number());
        let Some(fragments) = self.blocks.get(number) else {
            return;
        };
        let (id, picks) = (job.id().text(), job.picks());
        out.extend_from_slice(b"{\"id\": \"");
        out.extend_from_slice(&id);
        out.extend_from_slice(b"\", \"name\": \"");
        out.extend_from_slice(&id);
        fragments.name(picks.pname, out);
        out.extend_from_slice(b", \"runs\": [");
        for (at, run) in job.runs().enumerate() {
            if at > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(pick(&self.runs, run as usize));
        }
        out.extend_from_slice(b"]");
        out.extend_from_slice(&fragments.stage);
        for (at, (before, same)) in fragments.params.iter().zip(&fragments.same).enumerate() {
            out.extend_from_slice(before);
            out.extend_from_slice(same.as_deref().unwrap_or_else(|| job.param(at).as_bytes()));
        }
        for segment in fragments.wirings.get(picks.wiring).map_or(&[][..], Vec::as_slice) {
            match segment {
                Segment::Text(text) => out.extend_from_slice(text),
                Segment::Job(index) => self.producer(job, *index, job.producer(*index), out),
            }
        }
        fragments.outputs(picks.outputs, out);
        match fragments.hints.get(picks.hints) {
            Some(hints) => out.extend_from_slice(hints),
            None => out.extend(made(|out| resources(out, job.resources(), job.parts()))),
        }
        out.extend_from_slice(b", \"depends_on\": [");
        self.depends_on(job, out);
        out.extend_from_slice(b"], \"status\": \"");
        out.extend_from_slice(self.statuses.of(job).name().as_bytes());
        out.extend_from_slice(b"\"");
    }

    /// The name of the job that a dependency gives, in quotes.
    fn producer(&self, job: &JobView<'_>, index: usize, number: u32, out: &mut Vec<u8>) {
        let block = job.block().producers().nth(index);
        let fragments = block.and_then(|block| self.blocks.get(block));
        let id = self.listing.id(number);
        if let Some((fragments, id)) = fragments.zip(id) {
            out.extend_from_slice(b"\"");
            out.extend_from_slice(&id.text());
            fragments.name(job.producer_pname(index), out);
        }
    }

    fn depends_on(&self, job: &JobView<'_>, out: &mut Vec<u8>) {
        let used = job.wiring().map_or(&[][..], |wiring| &wiring.used);
        let mut first = true;
        if let [index] = used {
            self.producer(job, *index, job.producer(*index), out);
            first = false;
        } else {
            let mut jobs: Vec<(u32, usize)> =
                used.iter().map(|index| (job.producer(*index), *index)).collect();
            jobs.sort_unstable();
            jobs.dedup_by_key(|(job, _)| *job);
            for (number, index) in jobs {
                if !std::mem::replace(&mut first, false) {
                    out.extend_from_slice(b", ");
                }
                self.producer(job, index, number, out);
            }
        }
        if let Some(set) = job.block().after() {
            let names = self.upstreams.get(set as usize);
            let names = names.map_or(&[][..], |names| names.get_or_init(|| self.names_of(set)));
            out.extend_from_slice(if first { names.get(2..).unwrap_or_default() } else { names });
        }
    }

    /// The names of a set's jobs, each after a comma.
    fn names_of(&self, set: u32) -> Vec<u8> {
        let mut names = Vec::new();
        let jobs = self.listing.upstream(set).into_iter().flat_map(JobSet::iter);
        let mut view: Option<JobView<'_>> = None;
        for number in jobs {
            match &mut view {
                Some(view) => {
                    view.seek(number);
                }
                None => view = self.listing.job(number),
            }
            if let Some(job) = &view {
                let fragments = self.blocks.get(self.listing.block_of(number));
                names.extend_from_slice(b", \"");
                names.extend_from_slice(&job.id().text());
                let pname = job.picks().pname;
                if let Some(fragments) = fragments {
                    fragments.name(pname, &mut names);
                }
            }
        }
        names
    }
}

fn pick(texts: &[Vec<u8>], index: usize) -> &[u8] {
    texts.get(index).map_or(&[], Vec::as_slice)
}
