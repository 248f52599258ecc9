//! Reasons in words, and as JSON (`repx-why/1`).

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::super::find::{begin, short_id};
use super::super::listing::table::{grouped, params_cell};
use super::super::listing::{Paint, TableStyle, bare, begun_at, clean, cut, shared};
use super::super::report::near;
use super::moved::Moved;
use super::{Ran, Reason, Verdict, Why};
use crate::exec::Base;
use crate::sweep::{Count, Difference, InputRecord};

/// No value is cut below so many columns.
const NARROWEST: usize = 8;
/// The version of the format.
const SCHEMA: &str = "repx-why/1";

/// For people.
pub(in crate::cli) fn write_text(
    out: &mut impl Write,
    why: &Why<'_>,
    base: &Path,
    style: TableStyle,
) -> io::Result<()> {
    let job = &why.job;
    let short = short_id(job);
    let head = format!("{} · {short} · {}", clean(&job.pname()), why.status.name());
    writeln!(out, "{}", style.paint(Paint::Strong, &cut(&head, style.width)))?;
    let params = params_cell(why.listing, job);
    if !params.is_empty() {
        writeln!(out, "{}", cut(&params, style.width))?;
    }
    writeln!(out)?;
    match &why.verdict {
        Verdict::UpToDate => writeln!(out, "Up to date: its results are there."),
        Verdict::Failed => {
            writeln!(out, "It ran as it is, and failed. What it said is in")?;
            let log = base.join("outputs").join(job.name().to_string()).join("repx/stderr.log");
            writeln!(out, "  {}", near(&log))
        }
        Verdict::Removed => writeln!(out, "It was done, and its results were removed since."),
        Verdict::Outdated { by } => {
            writeln!(out, "It was done, but {} was run again since:", self::short(by))?;
            writeln!(out, "what was made from the results before is to be made again.")
        }
        Verdict::Stopped if Base::new(base).is_held() => {
            writeln!(out, "It was begun, and isn't over: another call works here.")
        }
        Verdict::Stopped => writeln!(out, "It was begun, and stopped before its end."),
        Verdict::Nothing { ran: Ran::Nowhere, .. } => {
            writeln!(out, "Never run here: nothing lies in")?;
            writeln!(out, "  {}", near(base))
        }
        Verdict::Nothing { ran: Ran::Never, unrecorded: 0 } => {
            writeln!(out, "Never run: no job of stage {} is done.", clean(&job.stage().name))
        }
        Verdict::Nothing { ran: Ran::Perhaps, unrecorded: 0 } => {
            let stage = clean(&job.stage().name);
            writeln!(out, "No result here: no job of stage {stage} is done, and it isn't known")?;
            writeln!(out, "whether this one ever ran.")
        }
        Verdict::Nothing { ran, unrecorded } => {
            let (jobs, verb) = if *unrecorded == 1 { ("job", "is") } else { ("jobs", "are") };
            let begin = match ran {
                Ran::Never | Ran::Nowhere => "Never run",
                Ran::Perhaps => "No result here",
            };
            writeln!(
                out,
                "{begin}. {unrecorded} {jobs} of its name {verb} done, without a record"
            )?;
            writeln!(out, "of what they were made of: nothing can be compared.")
        }
        Verdict::Changed { before, reasons, .. } => {
            let before = begin(before);
            writeln!(out, "Set apart from {before}, the nearest one that is done, by")?;
            lines(out, reasons, 1, style)
        }
    }?;
    why.waits.write(out, style)
}

fn lines(
    out: &mut impl Write,
    reasons: &[Reason],
    depth: usize,
    style: TableStyle,
) -> io::Result<()> {
    for reason in reasons {
        let indent = depth * 2;
        let width = style.width.saturating_sub(indent);
        let text = words(reason, width);
        let text = match (reason.perhaps, reason.repeated) {
            (true, _) => format!("{text}, perhaps only through the parameters"),
            (_, true) => format!("{text}, as above"),
            (false, false) => text,
        };
        writeln!(out, "{:indent$}{}", "", cut(&text, width))?;
        lines(out, &reason.deeper, depth + 1, style)?;
        if let Some(moved) = &reason.moved {
            named(out, moved, depth + 1, style)?;
        }
    }
    Ok(())
}

/// Some of the jobs of other runs that are new.
fn named(out: &mut impl Write, moved: &Moved, depth: usize, style: TableStyle) -> io::Result<()> {
    let indent = depth * 2;
    for job in &moved.named {
        let text = match &job.before {
            Some(before) => arrow(short(before), short(&job.job)),
            None => format!("{}, with nothing like it done before", short(&job.job)),
        };
        writeln!(out, "{:indent$}{}", "", cut(&text, style.width.saturating_sub(indent)))?;
        lines(out, &job.reasons, depth + 1, style)?;
    }
    match moved.new.saturating_sub(moved.named.len()) {
        0 => Ok(()),
        more => writeln!(out, "{:indent$}… and {}", "", others(more)),
    }
}

fn others(more: usize) -> String {
    format!("{} more", grouped(Count::Exactly(more as u128)))
}

/// What is said of jobs of other runs.
fn runs(before: usize, after: usize, moved: Option<&Moved>) -> String {
    let number = |count: usize| grouped(Count::Exactly(count as u128));
    let what = "jobs of the runs it depends on";
    let numbers = if before == after {
        String::new()
    } else {
        format!(" {} → {}", number(before), number(after))
    };
    match moved {
        None if before == after => format!("{what} changed ({})", number(after)),
        None => format!("{what}{numbers}"),
        Some(moved) if !moved.certain => {
            format!("{what}{numbers}: {} of {} not done before", number(moved.new), number(after))
        }
        Some(moved) if before == after && moved.new == moved.gone => {
            format!("{} of the {} {what} changed", number(moved.new), number(after))
        }
        Some(moved) => {
            format!("{what}{numbers}: {} new, {} gone", number(moved.new), number(moved.gone))
        }
    }
}

/// A difference in a line, however long.
pub(in crate::cli) fn said(reason: &Reason) -> String {
    words(reason, usize::MAX)
}

/// A difference in a line, so that what sets two long values apart shows in so many columns.
fn words(reason: &Reason, width: usize) -> String {
    let stage = clean(&reason.stage);
    match &reason.difference {
        Difference::Param { name, before, after } => {
            let name = clean(name);
            let (before, after) = (value(before.as_deref()), value(after.as_deref()));
            let room = width.saturating_sub("param ".len() + name.width() + 1 + ARROW.len());
            let (before, after) = told_apart(before, after, room);
            format!("param {name} {}", arrow(before, after))
        }
        Difference::Version { before, after } => {
            format!("version of stage {stage} {}", arrow(clean(before), clean(after)))
        }
        Difference::Script { part: None } => format!("script of stage {stage} changed"),
        Difference::Script { part: Some(part) } => {
            format!("{} of stage {stage} changed", clean(part))
        }
        Difference::Pname { before, after } => {
            format!("pname {}", arrow(clean(before), clean(after)))
        }
        Difference::Upstream { input, before, after } => {
            let (before, after) = (short(before), short(after));
            format!("input {} {}", clean(input), arrow(before, after))
        }
        Difference::Input { name, before, after } => {
            format!(
                "input {} {}",
                clean(name),
                arrow(source(before.as_ref()), source(after.as_ref()))
            )
        }
        Difference::Output { name, before, after } => {
            let path = |path: &Option<String>| path.as_deref().map_or("none".to_owned(), clean);
            format!("output {} {}", clean(name), arrow(path(before), path(after)))
        }
        Difference::Packages { added, removed } => {
            let all = |packages: &[String], sign: char| -> Vec<String> {
                packages.iter().map(|package| format!("{sign}{}", package_name(package))).collect()
            };
            let mut changes = all(added, '+');
            changes.extend(all(removed, '-'));
            match changes.is_empty() {
                true => "order of runtime packages changed".to_owned(),
                false => format!("runtime packages {}", changes.join(" ")),
            }
        }
        Difference::UpstreamRuns { before, after } => runs(*before, *after, reason.moved.as_ref()),
    }
}

/// Stands between what was and what is.
const ARROW: &str = " → ";

fn arrow(before: String, after: String) -> String {
    format!("{before}{ARROW}{after}")
}

/// Two texts in so many columns together: where they don't fit, the parts around the first difference.
fn told_apart(before: String, after: String, room: usize) -> (String, String) {
    if before.width() + after.width() <= room {
        return (before, after);
    }
    let same = shared(&before, &after);
    let half = (room / 2).max(NARROWEST);
    let part = |text: &str| cut(&begun_at(text, same), half);
    (part(&before), part(&after))
}

fn value(json: Option<&str>) -> String {
    json.map_or("none".to_owned(), bare)
}

/// `<pname> <id>` of a full name, shortened.
pub(super) fn short(job: &str) -> String {
    let (id, name) = (begin(job), job.get(33..).unwrap_or_default());
    let pname = name.rsplit_once('-').map_or(name, |(pname, _)| pname);
    format!("{}-{id}", clean(pname))
}

fn source(input: Option<&InputRecord>) -> String {
    match input {
        None => "none".to_owned(),
        Some(InputRecord::Job { job, output }) => format!("{} of {}", clean(output), short(job)),
        Some(InputRecord::Run { run }) => format!("metadata of run {}", clean(run)),
        Some(InputRecord::StoreBase { .. }) => "the folder of all results".to_owned(),
        Some(InputRecord::Default { default }) => format!("\"{}\"", clean(default)),
    }
}

/// A package without the folder and the hash of its store path.
fn package_name(package: &str) -> String {
    let base = package.rsplit('/').next().unwrap_or(package);
    let name = match (package.starts_with('/'), base.get(33..)) {
        (true, Some(name)) => name,
        _ => base,
    };
    clean(name)
}

/// For programs.
pub(in crate::cli) fn write_json(out: &mut impl Write, why: &Why<'_>) -> io::Result<()> {
    let (verdict, before, reasons) = verdict(&why.verdict);
    let whole = json!({
        "schema": SCHEMA,
        "job": why.job.name().to_string(),
        "status": why.status.name(),
        "verdict": verdict,
        "compared_with": before,
        "reasons": reasons,
        "waits_for": why.waits.json(),
    });
    serde_json::to_writer(&mut *out, &whole)?;
    writeln!(out)
}

/// A verdict's name, the job that was compared with, and the reasons.
pub(in crate::cli) fn verdict(verdict: &Verdict) -> (&'static str, Value, Vec<Value>) {
    match verdict {
        Verdict::UpToDate => ("up-to-date", Value::Null, Vec::new()),
        Verdict::Failed => ("failed", Value::Null, Vec::new()),
        Verdict::Removed => ("removed", Value::Null, Vec::new()),
        Verdict::Outdated { .. } => ("outdated", Value::Null, Vec::new()),
        Verdict::Stopped => ("stopped", Value::Null, Vec::new()),
        Verdict::Nothing { ran: Ran::Never | Ran::Nowhere, .. } => {
            ("never-run", Value::Null, Vec::new())
        }
        Verdict::Nothing { ran: Ran::Perhaps, .. } => ("no-result", Value::Null, Vec::new()),
        Verdict::Changed { before, reasons, .. } => {
            ("changed", Value::from(before.as_str()), reasons.iter().map(reason).collect())
        }
    }
}

fn reason(reason: &Reason) -> Value {
    let parsed = |text: &Option<String>| match text {
        None => Value::Null,
        Some(text) => serde_json::from_str(text).unwrap_or(Value::Null),
    };
    let mut object = match &reason.difference {
        Difference::Param { name, before, after } => {
            json!({ "kind": "param", "name": name, "before": parsed(before), "after": parsed(after) })
        }
        Difference::Version { before, after } => {
            json!({ "kind": "version", "before": before, "after": after })
        }
        Difference::Script { part } => json!({ "kind": "script", "part": part }),
        Difference::Pname { before, after } => {
            json!({ "kind": "pname", "before": before, "after": after })
        }
        Difference::Upstream { input, before, after } => {
            let deeper: Vec<Value> = reason.deeper.iter().map(self::reason).collect();
            json!({
                "kind": "upstream", "input": input, "before": before, "after": after,
                "reasons": deeper, "repeated": reason.repeated,
            })
        }
        Difference::Input { name, before, after } => {
            json!({ "kind": "input", "name": name, "before": before, "after": after })
        }
        Difference::Output { name, before, after } => {
            json!({ "kind": "output", "name": name, "before": before, "after": after })
        }
        Difference::Packages { added, removed } => {
            json!({ "kind": "packages", "added": added, "removed": removed })
        }
        Difference::UpstreamRuns { before, after } => {
            let moved = reason.moved.as_ref().filter(|moved| moved.certain);
            let named = reason.moved.iter().flat_map(|moved| &moved.named).map(|job| {
                let reasons: Vec<Value> = job.reasons.iter().map(self::reason).collect();
                json!({ "job": job.job, "before": job.before, "reasons": reasons })
            });
            json!({
                "kind": "upstream-runs", "before": before, "after": after,
                "new": moved.map(|moved| moved.new), "gone": moved.map(|moved| moved.gone),
                "some": named.collect::<Vec<_>>(),
            })
        }
    };
    if let Value::Object(fields) = &mut object {
        fields.insert("stage".to_owned(), Value::from(reason.stage.as_str()));
        fields.insert("certain".to_owned(), Value::from(!reason.perhaps));
    }
    object
}
