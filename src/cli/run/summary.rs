//! What is said at the end: failures with the last lines of their logs, numbers, where results are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::super::listing::clean;
use super::super::log::last_lines;
use super::super::report::{from_here, here, near};
use super::words::{jobs, number, title};
use crate::exec::{Base, Failure, Plan, Summary, Unwritten};
use crate::sweep::Listing;

/// The last lines of a log that are shown.
const LINES: usize = 10;
/// More of a log's end than this is not looked at.
const BYTES: u64 = 8192;
/// More characters of a line than this are not shown.
const WIDTH: usize = 200;
/// Failures that are shown in full.
const MOST_FAILURES: usize = 10;

/// How it ended: failures, numbers, results made from what was made again, where the results are.
pub(super) fn print(
    out: &mut impl Write,
    listing: &Listing,
    base: &Base,
    plan: &Plan,
    summary: &Summary,
    outdated: usize,
) -> io::Result<()> {
    for (job, failure) in summary.failed.iter().take(MOST_FAILURES) {
        describe(out, listing, *job, failure)?;
    }
    let more = summary.failed.len().saturating_sub(MOST_FAILURES);
    if more > 0 {
        writeln!(out, "… and {} more failed\n", number(more))?;
    }
    unwritten(out, listing, &summary.unwritten)?;
    let counts = [
        (summary.done, "done"),
        (plan.done, "done before"),
        (summary.failed.len(), "failed"),
        (summary.blocked, "blocked"),
        (summary.stopped, "stopped"),
        (summary.left, "not run"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> =
        counts.map(|(count, what)| format!("{} {what}", number(*count))).collect();
    let all = plan.len() + plan.done;
    writeln!(out, "{}: {}", jobs(all), counts.join(", "))?;
    match outdated {
        0 => {}
        1 => writeln!(out, "1 job had read what was replaced; `repx run` runs it again")?,
        many => {
            writeln!(out, "{} had read what was replaced; `repx run` runs them again", jobs(many))?;
        }
    }
    writeln!(out, "results: {}", near(&base.outputs()))
}

/// Outputs that jobs didn't write although they ended well, each once, with the first of these jobs.
fn unwritten(
    out: &mut impl Write,
    listing: &Listing,
    all: &[(u32, Vec<Unwritten>)],
) -> io::Result<()> {
    let mut found: BTreeMap<(&str, &Unwritten), (u32, usize)> = BTreeMap::new();
    for (job, unwritten) in all {
        let block = listing.blocks().get(listing.block_of(*job));
        let stage = block.map_or("", |block| &block.stage().name);
        for one in unwritten {
            let (first, count) = found.entry((stage, one)).or_insert((*job, 0));
            *first = (*first).min(*job);
            *count += 1;
        }
    }
    for ((stage, one), (job, count)) in found.iter().take(MOST_FAILURES) {
        let what = clean(&one.output);
        let whose = match &one.part {
            None => format!("stage `{}`", clean(stage)),
            Some(part) => format!("`{}` of stage `{}`", clean(part), clean(stage)),
        };
        writeln!(out, "not written: output `{what}` of {whose}, {}", clean(&one.path))?;
        match count {
            1 => writeln!(out, "  by {}", title(listing, *job))?,
            many => writeln!(out, "  by {}, {} first", jobs(*many), title(listing, *job))?,
        }
        let (they, count) = if *count == 1 { ("it", "counts") } else { ("they", "count") };
        writeln!(out, "  {they} ended well all the same, and {count} as done\n")?;
    }
    match found.len().saturating_sub(MOST_FAILURES) {
        0 => Ok(()),
        more => writeln!(out, "… and {more} more outputs that weren't written\n"),
    }
}

fn describe(
    out: &mut impl Write,
    listing: &Listing,
    job: u32,
    failure: &Failure,
) -> io::Result<()> {
    writeln!(out, "failed: {}", title(listing, job))?;
    for part in failure.reason.split("; ") {
        writeln!(out, "  {}", from_here(part, &here()))?;
    }
    if let Some(log) = &failure.log {
        let last = end_of(log).unwrap_or_default();
        for line in last.lines() {
            writeln!(out, "  │ {line}")?;
        }
        writeln!(out, "  log: {}", near(log))?;
    }
    writeln!(out)
}

/// The last lines of a log, whatever bytes are in it.
fn end_of(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(last_lines(log, LINES, BYTES)?))?;
    let mut end = Vec::new();
    file.take(BYTES).read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    // Nothing that moves the cursor or colours what follows.
    let text = text.replace('\t', "    ");
    let clean: String =
        text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    let lines: Vec<String> = clean.lines().map(begin).collect();
    Ok(lines.join("\n"))
}

/// What is shown of a line.
fn begin(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_logs_are_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut text = b"first\n".repeat(3000);
        text.extend_from_slice(b"\xff\x1b[31mred\n\tlast\n");
        std::fs::write(file.path(), text).unwrap();
        let last = end_of(file.path()).unwrap();
        assert_eq!(last.lines().count(), LINES);
        assert!(last.ends_with("\u{fffd}\u{fffd}[31mred\n    last"), "{last:?}");
    }
}
