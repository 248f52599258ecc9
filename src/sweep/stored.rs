//! A listing as bytes, and back.
//!
//! What many jobs share is written once, in a table before them, and is shared again when it is
//! read. Bytes that no listing was written as give `None`.

use std::collections::HashMap;
use std::sync::Arc;

use super::identity::JobId;
use super::listing::{
    Facet, Job, LabInfo, Listing, RunInfo, Source, StageInfo, StageKind, Step, StepSource,
};
use crate::bytes::{Reader, Writer};
use crate::lab::{Duration, Memory, Need, Resources};

/// Writes a listing.
pub fn write(writer: &mut Writer, listing: &Listing) {
    let mut tables = Tables::default();
    let mut body = Writer::new();
    write_lab(&mut body, listing);
    body.list(listing.runs.iter(), |body, run| write_run(body, run, &mut tables));
    body.list(listing.jobs.iter(), |body, job| write_job(body, job, &mut tables));
    let facets = Shared::of(&mut tables.facets);
    let resources = Shared::of(&mut tables.resources);
    let mut lists = Writer::new();
    lists.list(facets.iter(), |lists, facet| write_facet(lists, facet, &mut tables));
    lists.list(resources.iter(), |lists, hints| write_resources(lists, hints));
    lists.list(Shared::of(&mut tables.after).iter(), |lists, after| {
        lists.list(after.iter(), |lists, job| lists.number(u64::from(*job)));
    });
    lists.list(Shared::of(&mut tables.stages).iter(), |lists, stage| {
        write_stage(lists, stage, &mut tables);
    });
    writer.list(tables.texts.order.iter(), Writer::text);
    writer.raw(&lists.finish());
    writer.raw(&body.finish());
}

/// Reads a listing.
pub fn read(reader: &mut Reader<'_>) -> Option<Listing> {
    let texts = reader.list(|reader| reader.string().map(Arc::from))?;
    let texts = Texts(&texts);
    let shared = Kept {
        texts,
        facets: reader.list(|reader| read_facet(reader, texts).map(Arc::new))?,
        resources: reader.list(|reader| read_resources(reader).map(Arc::new))?,
        after: reader.list(|reader| reader.list(Reader::index).map(Arc::from))?,
        stages: reader.list(|reader| read_stage(reader, texts).map(Arc::new))?,
    };
    let (lab, groups) = read_lab(reader)?;
    let runs = reader.list(|reader| read_run(reader, texts))?;
    let jobs = reader.list(|reader| read_job(reader, &shared))?;
    Some(Listing { lab, groups, runs, jobs })
}

/// What is written once.
#[derive(Default)]
struct Tables<'l> {
    texts: Interned<'l>,
    facets: Shared<'l, Facet>,
    resources: Shared<'l, Resources>,
    after: Shared<'l, [u32]>,
    stages: Shared<'l, StageInfo>,
}

/// Texts by content.
#[derive(Default)]
struct Interned<'l> {
    index: HashMap<&'l str, u64>,
    order: Vec<&'l str>,
}

/// Things by where they lie.
struct Shared<'l, T: ?Sized> {
    index: HashMap<*const (), u64>,
    order: Vec<&'l T>,
}

impl<T: ?Sized> Default for Shared<'_, T> {
    fn default() -> Self {
        Shared { index: HashMap::new(), order: Vec::new() }
    }
}

impl<'l, T: ?Sized> Shared<'l, T> {
    fn of(table: &mut Shared<'l, T>) -> Vec<&'l T> {
        std::mem::take(&mut table.order)
    }

    fn number(&mut self, thing: &'l Arc<T>) -> u64 {
        let next = self.order.len() as u64;
        *self.index.entry(Arc::as_ptr(thing).cast()).or_insert_with(|| {
            self.order.push(thing);
            next
        })
    }
}

impl<'l> Interned<'l> {
    fn number(&mut self, text: &'l str) -> u64 {
        let next = self.order.len() as u64;
        *self.index.entry(text).or_insert_with(|| {
            self.order.push(text);
            next
        })
    }
}

/// What was written once, read.
struct Kept<'t> {
    texts: Texts<'t>,
    facets: Vec<Arc<Facet>>,
    resources: Vec<Arc<Resources>>,
    after: Vec<Arc<[u32]>>,
    stages: Vec<Arc<StageInfo>>,
}

#[derive(Clone, Copy)]
struct Texts<'t>(&'t [Arc<str>]);

impl Texts<'_> {
    fn read(self, reader: &mut Reader<'_>) -> Option<Arc<str>> {
        one_of(self.0, reader)
    }
}

fn one_of<T: Clone>(table: &[T], reader: &mut Reader<'_>) -> Option<T> {
    table.get(reader.index()? as usize).cloned()
}

fn write_lab(writer: &mut Writer, Listing { lab, groups, .. }: &Listing) {
    let LabInfo { version, git_hash, entry } = lab;
    for text in [version, git_hash, entry] {
        writer.text(text);
    }
    writer.list(groups.iter(), |writer, (name, runs)| {
        writer.text(name);
        writer.list(runs.iter(), Writer::text);
    });
}

fn string(reader: &mut Reader<'_>) -> Option<String> {
    reader.string().map(str::to_owned)
}

fn read_lab(reader: &mut Reader<'_>) -> Option<(LabInfo, Vec<(String, Vec<String>)>)> {
    let lab =
        LabInfo { version: string(reader)?, git_hash: string(reader)?, entry: string(reader)? };
    let groups = reader.list(|reader| Some((string(reader)?, reader.list(string)?)))?;
    Some((lab, groups))
}

fn write_run<'l>(writer: &mut Writer, run: &'l RunInfo, tables: &mut Tables<'l>) {
    let texts = &mut tables.texts;
    writer.number(texts.number(&run.name));
    writer.list(run.depends_on.iter(), |writer, (name, need)| {
        writer.number(texts.number(name));
        writer.byte(match need {
            Need::Soft => 0,
            Need::Hard => 1,
        });
    });
    writer.byte(u8::from(run.containerized));
    writer.list(run.stages.iter(), |writer, stage| writer.number(texts.number(stage)));
    writer.number(run.jobs as u64);
}

fn read_run(reader: &mut Reader<'_>, texts: Texts<'_>) -> Option<RunInfo> {
    Some(RunInfo {
        name: texts.read(reader)?,
        depends_on: reader.list(|reader| {
            let name = texts.read(reader)?;
            Some((name, if reader.flag()? { Need::Hard } else { Need::Soft }))
        })?,
        containerized: reader.flag()?,
        stages: reader.list(|reader| texts.read(reader))?,
        jobs: usize::try_from(reader.number()?).ok()?,
    })
}

fn write_stage<'l>(writer: &mut Writer, stage: &'l StageInfo, tables: &mut Tables<'l>) {
    for text in [&stage.pipeline, &stage.name, &stage.version] {
        writer.number(tables.texts.number(text));
    }
    writer.byte(match stage.kind {
        StageKind::Simple => 0,
        StageKind::ScatterGather => 1,
    });
}

fn read_stage(reader: &mut Reader<'_>, texts: Texts<'_>) -> Option<StageInfo> {
    Some(StageInfo {
        pipeline: texts.read(reader)?,
        name: texts.read(reader)?,
        version: texts.read(reader)?,
        kind: if reader.flag()? { StageKind::ScatterGather } else { StageKind::Simple },
    })
}

fn write_facet<'l>(writer: &mut Writer, facet: &'l Facet, tables: &mut Tables<'l>) {
    let texts = &mut tables.texts;
    writer.number(texts.number(&facet.pname));
    for pairs in [&facet.params, &facet.outputs] {
        writer.list(pairs.iter(), |writer, (name, value)| {
            writer.number(texts.number(name));
            writer.number(texts.number(value));
        });
    }
    writer.list(facet.parts.iter(), |writer, (name, hints)| {
        writer.number(texts.number(name));
        write_resources(writer, hints);
    });
    writer.list(facet.steps.iter(), |writer, step| {
        writer.number(texts.number(&step.name));
        writer.list(step.inputs.iter(), |writer, (name, source)| {
            writer.number(texts.number(name));
            write_step_source(writer, source, texts);
        });
    });
}

fn read_facet(reader: &mut Reader<'_>, texts: Texts<'_>) -> Option<Facet> {
    let pairs = |reader: &mut Reader<'_>| {
        reader.list(|reader| Some((texts.read(reader)?, texts.read(reader)?)))
    };
    Some(Facet {
        pname: texts.read(reader)?,
        params: pairs(reader)?,
        outputs: pairs(reader)?,
        parts: reader.list(|reader| Some((texts.read(reader)?, read_resources(reader)?)))?,
        steps: reader.list(|reader| {
            let name = texts.read(reader)?;
            let inputs = reader
                .list(|reader| Some((texts.read(reader)?, read_step_source(reader, texts)?)))?;
            Some(Step { name, inputs })
        })?,
    })
}

fn write_step_source<'l>(writer: &mut Writer, source: &'l StepSource, texts: &mut Interned<'l>) {
    match source {
        StepSource::Item => writer.byte(0),
        StepSource::Workers => writer.byte(1),
        StepSource::Scatter(output) => {
            writer.byte(2);
            writer.number(texts.number(output));
        }
        StepSource::Step { step, output } => {
            writer.byte(3);
            writer.number(texts.number(step));
            writer.number(texts.number(output));
        }
        StepSource::Stage => writer.byte(4),
    }
}

fn read_step_source(reader: &mut Reader<'_>, texts: Texts<'_>) -> Option<StepSource> {
    Some(match reader.byte()? {
        0 => StepSource::Item,
        1 => StepSource::Workers,
        2 => StepSource::Scatter(texts.read(reader)?),
        3 => StepSource::Step { step: texts.read(reader)?, output: texts.read(reader)? },
        4 => StepSource::Stage,
        _ => return None,
    })
}

fn write_resources(writer: &mut Writer, hints: &Resources) {
    let Resources { mem, cpus, time, partition, sbatch_opts } = hints;
    writer.maybe(mem.as_ref(), |writer, mem| writer.text(mem.to_string()));
    writer.maybe(*cpus, Writer::number);
    writer.maybe(time.as_ref(), |writer, time| writer.text(time.to_string()));
    writer.maybe(partition.as_ref(), Writer::text);
    writer.maybe(sbatch_opts.as_ref(), |writer, all| writer.list(all.iter(), Writer::text));
}

fn read_resources(reader: &mut Reader<'_>) -> Option<Resources> {
    Some(Resources {
        mem: reader.maybe(|reader| Memory::parse(reader.string()?).ok())?,
        cpus: reader.maybe(Reader::number)?,
        time: reader.maybe(|reader| Duration::parse(reader.string()?).ok())?,
        partition: reader.maybe(string)?,
        sbatch_opts: reader.maybe(|reader| reader.list(string))?,
    })
}

fn write_job<'l>(writer: &mut Writer, job: &'l Job, tables: &mut Tables<'l>) {
    let numbers = |writer: &mut Writer, numbers: &[u32]| {
        writer.list(numbers.iter(), |writer, number| writer.number(u64::from(*number)));
    };
    writer.raw(job.id.as_bytes());
    numbers(writer, &job.runs);
    writer.number(tables.stages.number(&job.stage));
    writer.number(tables.facets.number(&job.facet));
    writer.list(job.inputs.iter(), |writer, (name, source)| {
        writer.number(tables.texts.number(name));
        write_source(writer, source, &mut tables.texts);
    });
    numbers(writer, &job.depends_on);
    let after = job.after.as_ref().map(|after| tables.after.number(after));
    writer.maybe(after, Writer::number);
    let resources = job.resources.as_ref().map(|hints| tables.resources.number(hints));
    writer.maybe(resources, Writer::number);
}

fn read_job(reader: &mut Reader<'_>, kept: &Kept<'_>) -> Option<Job> {
    Some(Job {
        id: JobId::from_bytes(reader.array()?),
        runs: reader.list(Reader::index)?,
        stage: one_of(&kept.stages, reader)?,
        facet: one_of(&kept.facets, reader)?,
        inputs: reader
            .list(|reader| Some((kept.texts.read(reader)?, read_source(reader, kept.texts)?)))?,
        depends_on: reader.list(Reader::index)?,
        after: reader.maybe(|reader| one_of(&kept.after, reader))?,
        resources: reader.maybe(|reader| one_of(&kept.resources, reader))?,
    })
}

fn write_source<'l>(writer: &mut Writer, source: &'l Source, texts: &mut Interned<'l>) {
    match source {
        Source::Job { job, output } => {
            writer.byte(0);
            writer.number(u64::from(*job));
            writer.number(texts.number(output));
        }
        Source::Run(name) => {
            writer.byte(1);
            writer.number(texts.number(name));
        }
        Source::StoreBase => writer.byte(2),
        Source::Default(text) => {
            writer.byte(3);
            writer.number(texts.number(text));
        }
    }
}

fn read_source(reader: &mut Reader<'_>, texts: Texts<'_>) -> Option<Source> {
    Some(match reader.byte()? {
        0 => Source::Job { job: reader.index()?, output: texts.read(reader)? },
        1 => Source::Run(texts.read(reader)?),
        2 => Source::StoreBase,
        3 => Source::Default(texts.read(reader)?),
        _ => return None,
    })
}
