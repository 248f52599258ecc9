//! `repx run -n`: what would run, and why. Nothing is written.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::super::Exit;
use super::super::arguments::Volume;
use super::super::listing::{TableStyle, clean, cut};
use super::super::stdout;
use super::super::why::{Cause, Known, Many, Verdict};
use super::stream::Stream;
use super::{Call, build, words};
use crate::exec::{Plan, Readers, Summary, Unable, lacks, unable};
use crate::sweep::Listing;
use crate::world::Disk;

/// No more jobs than these are listed whole.
const FEW: usize = 40;
/// Of more jobs so many are named for each cause.
const MOST_NAMED: usize = 5;

/// Before what doesn't fit into the line of a job.
const INDENT: &str = "      ";

/// Jobs that would run for like causes.
struct Group {
    cause: Cause,
    /// Do all of them have the whole cause in common?
    alike: bool,
    jobs: Vec<Row>,
}

/// A job that would run.
struct Row {
    job: u32,
    /// Of its cause what the group's doesn't say.
    own: String,
    /// What it lacks.
    lack: Option<String>,
}

/// Says what would run.
pub(super) fn describe(call: &Call<'_>) -> Exit {
    let Call { options, listing, base, jobs, terminal, .. } = call;
    let plan = Plan::new(listing, base, jobs, options.force);
    let known = Known::read(base.path(), &Disk);
    let mut many = Many::new(listing, &known);
    // As the call would say it, and end.
    let lacks = lacks(listing, &plan);
    let refused = call.packages(&plan, &lacks).err();
    let unable = unable(listing, &plan, &lacks);
    let exit = refused.unwrap_or(if unable.is_empty() { Exit::Fine } else { Exit::Failed });
    let able = |job| refused.is_none() && !unable.contains_key(&job);
    let outdated = Readers::of(listing, &plan, base).beyond(listing, &plan, base, able);
    let views = || plan.jobs().filter_map(|job| listing.job(job));
    if call.streams() {
        let mut stream = Stream::new(listing);
        stream.begin(base, &plan, true);
        for view in views() {
            let verdict = match many.why(&view) {
                Verdict::UpToDate if plan.is_incomplete(view.number()) => Verdict::Removed,
                verdict => verdict,
            };
            stream.would_run(&view, &verdict, unable.get(&view.number()));
        }
        let printed = stdout::print(|_| stream.end(&plan, &Summary::not_run(&plan), outdated));
        return if printed == Exit::Fine { exit } else { printed };
    }
    let goes_on = base.is_held();
    let mut groups = Groups::default();
    for view in views() {
        let verdict = many.why(&view);
        let cause = match &verdict {
            Verdict::UpToDate if plan.is_between(view.number()) => {
                Cause::simple("what it is made from would be made again")
            }
            Verdict::UpToDate if plan.is_incomplete(view.number()) => {
                Cause::simple("what others are to read of its results was removed")
            }
            Verdict::UpToDate => Cause::simple("it is done, but --force is given"),
            Verdict::Stopped if goes_on => {
                Cause::simple("it was begun, and isn't over: another call works here")
            }
            verdict => many.cause(verdict),
        };
        let lack = unable.get(&view.number()).map(|unable| match unable {
            Unable::Lacking(package) => format!("it can't run without `{}`", clean(package)),
            Unable::Behind => "it waits for jobs that can't run".to_owned(),
        });
        groups.add(view.number(), cause, lack);
    }
    let whole = terminal.volume == Volume::Verbose;
    let all = plan.len() <= FEW || whole;
    let style = TableStyle::of(terminal);
    let lacking = unable.values().filter(|unable| **unable != Unable::Behind).count();
    let printed = stdout::print(|out| {
        groups.write(out, listing, if all { usize::MAX } else { MOST_NAMED }, (style, whole))?;
        let able = plan.len() - unable.len();
        match (lacking, refused.is_none() && able > 0) {
            (0, _) => writeln!(out, "{}", would_run(plan.len(), plan.done))?,
            (_, true) => writeln!(out, "{}", would_run(able, plan.done))?,
            (_, false) if plan.done > 0 => {
                writeln!(out, "nothing would run: {} done", words::jobs(plan.done))?;
            }
            (_, false) => writeln!(out, "nothing would run")?,
        }
        if lacking > 0 {
            let behind = match unable.len() - lacking {
                0 => String::new(),
                1 => ", and 1 that waits for them".to_owned(),
                many => format!(", and {} that wait for them", words::number(many)),
            };
            writeln!(out, "{} can't run on this machine{behind}", words::jobs(lacking))?;
        }
        match outdated {
            0 => {}
            1 => writeln!(
                out,
                "1 job more has read what would be replaced: it would be to run again"
            )?,
            many => writeln!(
                out,
                "{} more have read what would be replaced: they would be to run again",
                words::jobs(many)
            )?,
        }
        match listing.kit.derivations.then(|| build::unbuilt(listing, &plan)) {
            None | Some(0) => Ok(()),
            Some(1) => writeln!(out, "Nix would build 1 script"),
            Some(many) => writeln!(out, "Nix would build {many} scripts"),
        }
    });
    if printed == Exit::Fine { exit } else { printed }
}

/// Groups, in the order of their first jobs.
#[derive(Default)]
struct Groups {
    all: Vec<Group>,
    /// Where each stands, by what its jobs have in common.
    places: std::collections::HashMap<String, usize>,
}

impl Groups {
    fn add(&mut self, job: u32, cause: Cause, lack: Option<String>) {
        let next = self.all.len();
        let at = *self.places.entry(cause.what.clone()).or_insert(next);
        match self.all.get_mut(at) {
            Some(group) => {
                group.alike &= group.cause.whole == cause.whole;
                group.jobs.push(Row { job, own: cause.own, lack });
            }
            None => {
                let jobs = vec![Row { job, own: cause.own.clone(), lack }];
                self.all.push(Group { cause, alike: true, jobs });
            }
        }
    }

    fn write(
        &self,
        out: &mut impl Write,
        listing: &Listing,
        most: usize,
        (style, whole): (TableStyle, bool),
    ) -> io::Result<()> {
        for group in &self.all {
            let cause = &group.cause;
            let head = if group.alike { &cause.whole } else { &cause.what };
            let count = format!("· {}", words::jobs(group.jobs.len()));
            write_whole(out, head.split(' ').chain([&*count]), ("", "    "), style.width)?;
            for Row { job, own, lack } in group.jobs.iter().take(most) {
                let room =
                    if whole { usize::MAX } else { style.width.saturating_sub(INDENT.len()) };
                let own = (!group.alike && !own.is_empty()).then_some(own);
                let said: Vec<&str> = own.into_iter().chain(lack).map(String::as_str).collect();
                let colon = if said.is_empty() { "" } else { ": " };
                let title = words::title_in(listing, *job, room);
                let said = cut(&said.join("; "), room.saturating_mul(2));
                let line = format!("{title}{colon}{said}");
                let words: Vec<String> = line.split(' ').map(|word| cut(word, room)).collect();
                let indents = ("  ", INDENT);
                write_whole(out, words.iter().map(String::as_str), indents, style.width)?;
            }
            let more = group.jobs.len().saturating_sub(most);
            if more > 0 {
                writeln!(out, "  … and {} more (-v names all)", words::number(more))?;
            }
        }
        Ok(())
    }
}

/// Writes a text, however long: what doesn't fit into a line stands in the next, and is indented otherwise.
fn write_whole<'w>(
    out: &mut impl Write,
    words: impl Iterator<Item = &'w str>,
    (first, other): (&str, &str),
    width: usize,
) -> io::Result<()> {
    let (mut line, mut used, mut indent) = (String::new(), 0, first);
    for word in words {
        let more = word.width() + usize::from(!line.is_empty());
        if !line.is_empty() && indent.len() + used + more > width {
            writeln!(out, "{indent}{line}")?;
            (line, used, indent) = (String::new(), 0, other);
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += word.width();
    }
    writeln!(out, "{indent}{line}")
}

fn would_run(count: usize, done: usize) -> String {
    match (count, done) {
        (0, done) => format!("nothing to do: {} done", words::jobs(done)),
        (count, 0) => format!("{} would run", words::jobs(count)),
        (count, done) => {
            format!("{} would run, {} done", words::jobs(count), words::number(done))
        }
    }
}
