//! `repx show job`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::super::Exit;
use super::super::arguments::{Form, Terminal};
use super::super::find::{self, short_id};
use super::super::listing::table::counted;
use super::super::listing::{Paint, Status, TableStyle, clean, resources};
use super::super::load::{Opened, base_path};
use super::super::report::near;
use super::super::results::{changed, outdated_by, size};
use super::super::run::words::seconds;
use super::super::{one_job, stdout};
use super::JobOptions;
use super::hints::{self, Hint};
use crate::exec::{Base, Folder, State, placed};
use crate::lab::Need;
use crate::sweep::{Count, JobView, Listing, Source, StageKind};

/// The version of the format.
const SCHEMA: &str = "repx-job/1";
/// Jobs that are listed by name.
const MOST_JOBS: usize = 20;

pub(super) fn run(options: &JobOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let target = options.lab.target();
    let look = |listing: &Listing| find::job(listing, &options.job).map(|job| job.number());
    let Opened { listing, found, .. } = one_job::open(target, &options.job, terminal, look)?;
    let Some(job) = listing.job(found) else { return Ok(Exit::Bug) };
    let base = Base::new(&base_path(target, terminal)?);
    let folder = base.job(&job.name().to_string());
    let about = About {
        listing: &listing,
        folder,
        status: status(&base, &job),
        hints: hints::of(&listing, &job),
        base: &base,
        job,
    };
    let style = TableStyle::of(terminal);
    Ok(stdout::print(|out| match options.format {
        Form::Table => about.write_text(out, style),
        Form::Json => about.write_json(out),
    }))
}

/// Characters of the longest.
fn widest(texts: impl Iterator<Item = String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// How far a job is, by its own folder: there may be a million others.
fn status(base: &Base, job: &JobView<'_>) -> Status {
    match base.job(&job.name().to_string()).state() {
        State::Done => Status::Done,
        State::Failed => Status::Failed,
        State::Pending => Status::Pending,
    }
}

/// All there is to say of a job.
struct About<'a> {
    listing: &'a Listing,
    base: &'a Base,
    job: JobView<'a>,
    folder: Folder,
    status: Status,
    hints: Vec<Hint<'a>>,
}

/// When a job was begun and when it ended.
struct Times {
    begun: SystemTime,
    ended: SystemTime,
}

impl About<'_> {
    fn write_text(&self, out: &mut impl Write, style: TableStyle) -> io::Result<()> {
        let job = &self.job;
        let status = style.paint(self.status.paint(), self.status.name());
        let head = format!("{} {}", clean(&job.stage().name), short_id(job));
        writeln!(out, "{} · {status}", style.paint(Paint::Strong, &head))?;
        writeln!(out, "{}\n", clean(&job.name().to_string()))?;
        let section = |out: &mut dyn Write, name: &str| {
            writeln!(out, "\n{}", style.paint(Paint::Faint, name))
        };
        self.origin(out)?;
        self.times(out)?;
        if job.params().next().is_some() {
            section(out, "parameters")?;
            let width = widest(job.params().map(|(name, _)| clean(name)));
            for (name, value) in job.params() {
                writeln!(out, "  {:<width$}  {}", clean(name), clean(value))?;
            }
        }
        if job.inputs().next().is_some() {
            section(out, "inputs")?;
        }
        let width = widest(job.inputs().map(|(name, _)| clean(name)));
        for (name, source) in job.inputs() {
            let (path, from) = self.input(source);
            writeln!(out, "  {:<width$}  {from}", clean(name))?;
            if let Some(path) = path {
                writeln!(out, "    {}", near(&path))?;
            }
        }
        if !job.outputs().is_empty() {
            section(out, "outputs")?;
        }
        let width = widest(job.outputs().iter().map(|(name, _)| clean(name)));
        for (name, written) in job.outputs() {
            let path = self.output(&name);
            let there = path.metadata().map(|about| {
                if about.is_dir() { "a directory".to_owned() } else { size(about.len()) }
            });
            let there = there.unwrap_or_else(|_| clean(&written));
            writeln!(out, "  {:<width$}  {there}", clean(&name))?;
            if self.status == Status::Done {
                writeln!(out, "    {}", near(&path))?;
            }
        }
        if !self.hints.is_empty() || !job.parts().is_empty() {
            section(out, "resources")?;
            self.resources(out)?;
        }
        let upstream = self.upstream();
        if !upstream.is_empty() {
            section(out, "depends on")?;
            upstream.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        }
        section(out, "files")?;
        writeln!(out, "  {}", near(&self.folder.out()))?;
        for log in [self.folder.stdout(), self.folder.stderr()] {
            if let Ok(about) = log.metadata() {
                writeln!(out, "  {}  {}", near(&log), size(about.len()))?;
            }
        }
        Ok(())
    }

    fn origin(&self, out: &mut impl Write) -> io::Result<()> {
        let stage = self.job.stage();
        writeln!(out, "run       {}", self.runs().join(", "))?;
        writeln!(out, "pipeline  {}", clean(&stage.pipeline))?;
        let kind = match stage.kind {
            StageKind::Simple => "",
            StageKind::ScatterGather => ", scatter-gather",
        };
        let (name, version) = (clean(&stage.name), clean(&stage.version));
        writeln!(out, "stage     {name}, version {version}{kind}")?;
        let written = self.job.block().written();
        match &*written.file {
            "" => Ok(()),
            file => writeln!(out, "          {}:{}", near(file.as_ref()), written.line),
        }
    }

    fn runs(&self) -> Vec<String> {
        let runs = self.job.runs().filter_map(|run| self.listing.runs.get(run as usize));
        runs.map(|run| clean(&run.name)).collect()
    }

    fn times(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(reason) = self.failure() {
            writeln!(out, "failed    {}", clean(&reason))?;
        }
        if let Some(by) = outdated_by(&self.folder, self.base) {
            let text = format!("its results are from before {by} was run again");
            writeln!(out, "outdated  {}", clean(&text))?;
        }
        let Some(times) = self.recorded() else { return Ok(()) };
        let took = times.ended.duration_since(times.begun).unwrap_or_default();
        let ago = SystemTime::now().duration_since(times.ended).unwrap_or_default();
        writeln!(out, "ran       for {}, until {} ago", seconds(took), seconds(ago))
    }

    /// Why it failed.
    fn failure(&self) -> Option<String> {
        let reason = std::fs::read_to_string(self.folder.repx().join("FAIL")).ok();
        reason.filter(|reason| self.status == Status::Failed && !reason.is_empty())
    }

    /// What it is called with is written when it begins, the marker when it has ended.
    fn recorded(&self) -> Option<Times> {
        let marker = match self.status {
            Status::Done => "SUCCESS",
            Status::Failed => "FAIL",
            Status::Pending => return None,
        };
        let scatter = self.folder.within("scatter");
        let begun = changed(&scatter.repx().join("inputs.json"));
        let begun = begun.or_else(|| changed(&self.folder.repx().join("inputs.json")))?;
        Some(Times { begun, ended: changed(&self.folder.repx().join(marker))? })
    }

    /// Where an input lies, and where it comes from.
    fn input(&self, source: Source<'_>) -> (Option<PathBuf>, String) {
        match source {
            Source::Job { job, output } => {
                let Some(other) = self.listing.job(job) else { return (None, String::new()) };
                let out = self.base.job(&other.name().to_string()).out();
                let path = placed(&other.outputs(), output, &out).ok().map(PathBuf::from);
                let title = format!("{} {}", clean(&other.stage().name), short_id(&other));
                (path, format!("{} of {title}", clean(output)))
            }
            Source::Run(run) => (None, format!("what is known of run {}", clean(run))),
            Source::StoreBase => (Some(self.base.path().to_owned()), "all results".to_owned()),
            Source::Default(text) => (None, format!("{} (the default)", clean(text))),
        }
    }

    fn output(&self, name: &str) -> PathBuf {
        let path = placed(&self.job.outputs(), name, &self.folder.out());
        path.map_or_else(|_| self.folder.out(), PathBuf::from)
    }

    fn resources(&self, out: &mut impl Write) -> io::Result<()> {
        let width = widest(self.hints.iter().map(|hint| clean(&hint.value)));
        for Hint { name, value, from } in &self.hints {
            let whose = match from.number() == self.job.number() {
                true => "its own".to_owned(),
                false => format!("from {} {}", clean(&from.stage().name), short_id(from)),
            };
            writeln!(out, "  {name:<11}  {:<width$}  {whose}", clean(value))?;
        }
        for (part, hints) in self.job.parts() {
            let texts = [
                hints.mem.as_ref().map(|mem| format!("mem {mem}")),
                hints.cpus.map(|cpus| format!("cpus {cpus}")),
                hints.time.as_ref().map(|time| format!("time {time}")),
                hints.partition.as_ref().map(|partition| format!("partition {partition}")),
                hints.sbatch_opts.as_ref().map(|all| all.join(" ")),
            ];
            let texts: Vec<String> = texts.into_iter().flatten().collect();
            writeln!(out, "  {}: {}", clean(part), clean(&texts.join(", ")))?;
        }
        Ok(())
    }

    /// The jobs that it needs, in words.
    fn upstream(&self) -> Vec<String> {
        let needed = self.job.depends_on();
        let jobs = needed.iter().take(MOST_JOBS).filter_map(|job| self.listing.job(*job));
        let mut lines: Vec<String> = jobs
            .map(|job| {
                let status = status(self.base, &job).name();
                format!("{} {} · {status}", clean(&job.stage().name), short_id(&job))
            })
            .collect();
        if needed.len() > MOST_JOBS {
            lines.push(format!("… and {} more", needed.len() - MOST_JOBS));
        }
        if let Some(jobs) = self.job.after() {
            let count = counted(Count::Exactly(jobs.len() as u128), "job");
            lines.push(format!("all {count} of {}", self.hard_runs().join(", ")));
        }
        lines
    }

    fn hard_runs(&self) -> Vec<String> {
        let run = self.listing.runs.get(self.job.block().run() as usize);
        let hard = run.into_iter().flat_map(|run| &run.depends_on);
        hard.filter(|(_, need)| *need == Need::Hard).map(|(name, _)| name.to_string()).collect()
    }

    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let job = &self.job;
        let stage = job.stage();
        let params: Map<String, Value> = job
            .params()
            .map(|(name, value)| {
                (name.to_string(), serde_json::from_str(value).unwrap_or(Value::Null))
            })
            .collect();
        let inputs: Map<String, Value> = job
            .inputs()
            .map(|(name, source)| (name.to_string(), self.input_json(source)))
            .collect();
        let outputs: Map<String, Value> = job
            .outputs()
            .iter()
            .map(|(name, written)| {
                let path = self.output(name);
                let bytes = path
                    .metadata()
                    .ok()
                    .filter(std::fs::Metadata::is_file)
                    .map(|about| about.len());
                let about = json!({ "written": &**written, "path": path, "bytes": bytes });
                (name.to_string(), about)
            })
            .collect();
        let from: Map<String, Value> = self
            .hints
            .iter()
            .map(|hint| (hint.name.to_owned(), hint.from.name().to_string().into()))
            .collect();
        let since = |time: SystemTime| {
            time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
        };
        let times = self.recorded();
        let times = times.map(|t| json!({ "begun": since(t.begun), "ended": since(t.ended) }));
        let mut hints = Vec::new();
        resources(&mut hints, job.resources(), job.parts())?;
        let names = |jobs: Vec<u32>| -> Vec<String> {
            jobs.iter()
                .filter_map(|job| self.listing.job(*job))
                .map(|job| job.name().to_string())
                .collect()
        };
        let after = job.after().map(|jobs| json!({ "runs": self.hard_runs(), "jobs": jobs.len() }));
        let written = job.block().written();
        let whole = json!({
            "schema": SCHEMA,
            "id": job.id().to_string(),
            "name": job.name().to_string(),
            "status": self.status.name(),
            "failure": self.failure(),
            "runs": self.runs(),
            "pipeline": &*stage.pipeline,
            "stage": &*stage.name,
            "stage_type": stage.kind.name(),
            "version": &*stage.version,
            "written": { "file": &*written.file, "line": written.line },
            "params": params,
            "inputs": inputs,
            "outputs": outputs,
            "resources": serde_json::from_slice::<Value>(&hints)?,
            "resources_from": from,
            "depends_on": names(job.depends_on()),
            "after": after,
            "times": times,
            "paths": {
                "out": self.folder.out(),
                "stdout": self.folder.stdout(),
                "stderr": self.folder.stderr(),
            },
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }

    fn input_json(&self, source: Source<'_>) -> Value {
        let (path, _) = self.input(source);
        match source {
            Source::Job { job, output } => {
                let name = self.listing.job(job).map(|job| job.name().to_string());
                json!({ "job": name, "output": &**output, "path": path })
            }
            Source::Run(run) => json!({ "run": &**run }),
            Source::StoreBase => json!({ "store_base": true, "path": path }),
            Source::Default(text) => json!({ "default": &**text }),
        }
    }
}
