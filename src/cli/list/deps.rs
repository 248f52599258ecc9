//! `repx list deps`: what a job reads from and what reads from it, or which runs come after which.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::super::Exit;
use super::super::arguments::{Form, Terminal};
use super::super::eval::MOST_IN_TABLE;
use super::super::filter::{groups, no_such_run};
use super::super::find::{self, short_id};
use super::super::listing::table::{counted, params_cell};
use super::super::listing::{Paint, Statuses, TableStyle, clean, cut};
use super::super::load::{Opened, base_path, open};
use super::super::{one_job, stdout};
use super::DepsOptions;
use crate::diagnostic::Diagnostic;
use crate::lab::Need;
use crate::sweep::{Ask, Count, JobView, Listing, RunInfo, Selection, Source};
use crate::world::Disk;

/// The version of the format.
const SCHEMA: &str = "repx-deps/1";
/// More lines than this are counted.
const MOST_LINES: usize = 100;

/// What was named.
enum Of {
    All,
    Run(usize),
    Job(u32),
}

pub(super) fn run(options: &DepsOptions, terminal: &Terminal) -> Result<Exit, Exit> {
    let target = options.lab.target();
    // What comes after what is known before any job is.
    let all = Ask::Few(MOST_IN_TABLE, Selection::default());
    let Opened { listing, counts, found } = match &options.name {
        None => open(target, all, terminal, |_, _| Ok(Of::All))?,
        Some(name) => one_job::open(target, name, terminal, |listing| named(listing, name))?,
    };
    let style = TableStyle::of(terminal);
    let json = options.format == Form::Json;
    let runs: Vec<&RunInfo> = match found {
        Of::All => listing.runs.iter().collect(),
        Of::Run(run) => listing.runs.get(run).into_iter().collect(),
        Of::Job(job) => {
            let Some(job) = listing.job(job) else { return Ok(Exit::Bug) };
            let statuses = Statuses::read(&base_path(target, terminal)?, &Disk);
            let is_part = counts.is_some();
            let tree = Tree { listing: &listing, statuses: &statuses, is_part, style };
            return Ok(stdout::print(|out| match json {
                true => tree.write_json(out, &job),
                false => tree.write_text(out, &job),
            }));
        }
    };
    Ok(stdout::print(|out| match json {
        true => write_runs_json(out, &listing, &runs),
        false => write_runs(out, &listing, &runs, style),
    }))
}

fn named(listing: &Listing, name: &str) -> Result<Of, Diagnostic> {
    if let Some(run) = listing.run_number(name) {
        return Ok(Of::Run(run));
    }
    let known: BTreeSet<&str> = listing.runs.iter().map(|run| &*run.name).collect();
    match find::job(listing, name) {
        Ok(job) => Ok(Of::Job(job.number())),
        Err(wrong) if wrong.code == find::AMBIGUOUS => Err(wrong),
        Err(wrong) => match no_such_run(name, &known, &groups(listing)).diagnostic.help {
            Some(help) if help.starts_with("did you mean") => Err(wrong.help(help)),
            Some(_) | None => Err(wrong),
        },
    }
}

/// The runs that come after a run.
fn followers<'l>(
    listing: &'l Listing,
    run: &RunInfo,
) -> impl Iterator<Item = (&'l str, &'static str)> {
    let name = run.name.clone();
    listing.runs.iter().filter_map(move |other| {
        let (_, need) = other.depends_on.iter().find(|(upstream, _)| *upstream == name)?;
        Some((&*other.name, need.word()))
    })
}

fn write_runs(
    out: &mut impl Write,
    listing: &Listing,
    runs: &[&RunInfo],
    style: TableStyle,
) -> io::Result<()> {
    for run in runs {
        writeln!(out, "{}", style.paint(Paint::Strong, &clean(&run.name)))?;
        for (name, need) in &run.depends_on {
            writeln!(out, "  after {} ({})", clean(name), need.word())?;
        }
        for (name, need) in followers(listing, run) {
            writeln!(out, "  before {} ({need})", clean(name))?;
        }
        if run.depends_on.is_empty() && followers(listing, run).next().is_none() {
            writeln!(out, "  depends on no run, and no run on it")?;
        }
    }
    Ok(())
}

fn write_runs_json(out: &mut impl Write, listing: &Listing, runs: &[&RunInfo]) -> io::Result<()> {
    let run = |run: &&RunInfo| {
        let map = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
            pairs
                .map(|(name, need)| (name.to_owned(), need.into()))
                .collect::<serde_json::Map<_, _>>()
        };
        let upstream = map(&mut run.depends_on.iter().map(|(name, need)| (&**name, need.word())));
        let needed_by = map(&mut followers(listing, run));
        json!({ "name": &*run.name, "depends_on": upstream, "needed_by": needed_by })
    };
    let runs: Vec<Value> = runs.iter().map(run).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": SCHEMA, "runs": runs }))?;
    writeln!(out)
}

/// What a job hangs together with.
struct Tree<'t> {
    listing: &'t Listing,
    statuses: &'t Statuses,
    /// The lab has too many jobs: those that may read from this one aren't there.
    is_part: bool,
    style: TableStyle,
}

impl<'t> Tree<'t> {
    fn write_text(&self, out: &mut impl Write, job: &JobView<'t>) -> io::Result<()> {
        writeln!(out, "{}", self.style.paint(Paint::Strong, &self.line("", job, "")))?;
        let mut lines = Vec::new();
        self.upstream(job, 1, &mut BTreeSet::new(), &mut lines);
        self.list(out, "reads from", "It reads from no other job.", &lines)?;
        let mut needed: Vec<String> = match self.is_part {
            true => vec!["  jobs that can't be told: the lab has too many".to_owned()],
            false => {
                self.readers(job).map(|(other, inputs)| self.line("  ", &other, &inputs)).collect()
            }
        };
        needed.extend(self.later_runs(job).map(|run| format!("  run {} (hard)", clean(run))));
        self.list(out, "is read by", "No other job reads from it.", &needed)
    }

    fn list(
        &self,
        out: &mut impl Write,
        head: &str,
        none: &str,
        lines: &[String],
    ) -> io::Result<()> {
        if lines.is_empty() {
            return writeln!(out, "\n{none}");
        }
        writeln!(out, "\n{}", self.style.paint(Paint::Faint, head))?;
        for text in lines.iter().take(MOST_LINES) {
            writeln!(out, "{text}")?;
        }
        match lines.len().saturating_sub(MOST_LINES) {
            0 => Ok(()),
            more => writeln!(out, "  … and {more} more: --format json"),
        }
    }

    /// A job in a line, behind what connects it.
    fn line(&self, indent: &str, job: &JobView<'_>, inputs: &str) -> String {
        let status = self.statuses.of(job).name();
        let params = params_cell(self.listing, job);
        let space = if params.is_empty() { "" } else { " " };
        let begin = if inputs.is_empty() { String::new() } else { format!("{inputs} ← ") };
        let text = format!(
            "{indent}{begin}{} {}{space}{params} · {status}",
            short_id(job),
            clean(&job.stage().name)
        );
        cut(&text, self.style.width)
    }

    /// The jobs that a job reads from, each followed by those that it reads from.
    fn upstream(
        &self,
        job: &JobView<'_>,
        depth: usize,
        seen: &mut BTreeSet<u32>,
        lines: &mut Vec<String>,
    ) {
        let indent = "  ".repeat(depth);
        for (other, inputs) in self.sources(job) {
            let again = !seen.insert(other.number());
            let mut text = self.line(&indent, &other, &inputs);
            let deeper = !other.depends_on().is_empty();
            if again && deeper {
                text.push_str(" (as above)");
            }
            lines.push(cut(&text, self.style.width));
            if !again && lines.len() <= MOST_LINES {
                self.upstream(&other, depth + 1, seen, lines);
            }
        }
        if let Some((runs, jobs)) = self.after(job) {
            let count = counted(Count::Exactly(jobs as u128), "job");
            lines.push(format!("{indent}all {count} of {} (hard)", runs.join(", ")));
        }
    }

    /// The jobs that a job reads from, with its inputs that come from each.
    fn sources(&self, job: &JobView<'t>) -> Vec<(JobView<'t>, String)> {
        let inputs: Vec<(&str, u32)> = job
            .inputs()
            .filter_map(|(name, source)| match source {
                Source::Job { job, .. } => Some((&**name, job)),
                Source::Run(_) | Source::StoreBase | Source::Default(_) => None,
            })
            .collect();
        let names = |number: u32| {
            let own = inputs.iter().filter(|(_, job)| *job == number).map(|(name, _)| clean(name));
            own.collect::<Vec<_>>().join(", ")
        };
        let jobs = job.depends_on().into_iter();
        jobs.filter_map(|number| Some((self.listing.job(number)?, names(number)))).collect()
    }

    /// Hard upstream runs, and how many jobs they have together.
    fn after(&self, job: &JobView<'_>) -> Option<(Vec<String>, usize)> {
        let jobs = job.after()?;
        let run = self.listing.runs.get(job.block().run() as usize)?;
        let hard = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
        Some((hard.map(|(name, _)| clean(name)).collect(), jobs.len()))
    }

    /// The jobs that read from a job.
    fn readers(&self, job: &JobView<'t>) -> impl Iterator<Item = (JobView<'t>, String)> {
        let (listing, number) = (self.listing, job.number());
        let own = listing.block_of(number);
        let blocks = listing.blocks().iter();
        // A job that was met before has readers in blocks that read from the later ones too.
        let name = job.stage().name.clone();
        let reads = move |block: &&crate::sweep::Block| {
            block.producers().any(|at| {
                at == own
                    || listing.blocks().get(at).is_some_and(|other| other.stage().name == name)
            })
        };
        let jobs = blocks.filter(reads).flat_map(crate::sweep::Block::range);
        let jobs = jobs.filter_map(|other| listing.job(other));
        let jobs: Vec<(JobView<'t>, String)> = jobs
            .filter(|other| other.depends_on().contains(&number))
            .map(|other| {
                let inputs = self.sources(&other).into_iter();
                let names = inputs.filter(|(from, _)| from.number() == number);
                let names = names.map(|(_, names)| names).collect();
                (other, names)
            })
            .collect();
        jobs.into_iter()
    }

    /// The runs that need all jobs of a run that a job is of.
    fn later_runs(&self, job: &JobView<'t>) -> impl Iterator<Item = &'t str> {
        let own: Vec<&str> = job
            .runs()
            .filter_map(|run| self.listing.runs.get(run as usize))
            .map(|run| &*run.name)
            .collect();
        let needs = move |run: &&RunInfo| {
            let mut hard = run.depends_on.iter().filter(|(_, need)| *need == Need::Hard);
            hard.any(|(name, _)| own.contains(&&**name))
        };
        self.listing.runs.iter().filter(needs).map(|run| &*run.name)
    }

    fn write_json(&self, out: &mut impl Write, job: &JobView<'t>) -> io::Result<()> {
        let inputs: Vec<Value> = job
            .inputs()
            .filter_map(|(name, source)| match source {
                Source::Job { job, output } => Some(json!({
                    "input": &**name,
                    "job": self.listing.job(job)?.name().to_string(),
                    "output": &**output,
                    "status": self.statuses.of(&self.listing.job(job)?).name(),
                })),
                Source::Run(_) | Source::StoreBase | Source::Default(_) => None,
            })
            .collect();
        let after = self.after(job).map(|(runs, jobs)| json!({ "runs": runs, "jobs": jobs }));
        let needed_by = (!self.is_part).then(|| {
            self.readers(job).map(|(other, _)| other.name().to_string()).collect::<Vec<_>>()
        });
        let whole = json!({
            "schema": SCHEMA,
            "job": job.name().to_string(),
            "status": self.statuses.of(job).name(),
            "reads": inputs,
            "after": after,
            "needed_by": needed_by,
            "needed_by_runs": self.later_runs(job).collect::<Vec<_>>(),
        });
        serde_json::to_writer_pretty(&mut *out, &whole)?;
        writeln!(out)
    }
}
