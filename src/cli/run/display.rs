//! What is said while jobs run, and at the end.
//!
//! On a terminal a line that changes, with what went wrong above it; elsewhere a line for each event.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::arguments::{Terminal, Volume};
use super::super::report::{near, say};
use crate::exec::{Base, Event, Failure, Plan, Summary};
use crate::sweep::Listing;

/// The last lines of a log that are shown.
const LINES: usize = 10;
/// More of a log's end than this is not looked at.
const BYTES: u64 = 8192;
/// Failures that are shown in full.
const MOST_FAILURES: usize = 10;

/// What is shown while jobs run.
pub(super) struct Display<'d> {
    listing: &'d Listing,
    volume: Volume,
    bar: Option<ProgressBar>,
    total: usize,
    ended: usize,
    running: usize,
    failed: usize,
    blocked: usize,
}

impl<'d> Display<'d> {
    pub(super) fn new(terminal: &Terminal, listing: &'d Listing, total: usize) -> Display<'d> {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let shown = terminal.volume != Volume::Quiet && !dumb && io::stderr().is_terminal();
        if terminal.volume != Volume::Quiet && !shown {
            say(&format!("{} to run", jobs(total)));
        }
        Display {
            listing,
            volume: terminal.volume,
            bar: shown.then(|| bar(total)),
            total,
            ended: 0,
            running: 0,
            failed: 0,
            blocked: 0,
        }
    }

    pub(super) fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Started(job) => {
                self.running += 1;
                if self.volume == Volume::Verbose {
                    self.line("begun", *job, "");
                }
            }
            Event::Done(job, took) => {
                self.running = self.running.saturating_sub(1);
                self.ended += 1;
                if self.bar.is_none() {
                    self.line("done", *job, &format!(" ({})", seconds(*took)));
                }
            }
            Event::Failed(job, failure) => {
                self.running = self.running.saturating_sub(1);
                self.ended += 1;
                self.failed += 1;
                self.line("failed", *job, &format!(": {}", failure.reason));
            }
            Event::Blocked(jobs) => {
                self.ended += jobs.len();
                self.blocked += jobs.len();
            }
            Event::Piece(..) => {}
            Event::Stopping => self.write("stopping what is running; once more to stop it at once"),
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.ended as u64);
            let also = |count: usize, what: &str| match count {
                0 => String::new(),
                count => format!(" · {count} {what}"),
            };
            let failed = also(self.failed, "failed");
            let blocked = also(self.blocked, "blocked");
            bar.set_message(format!("{} running{failed}{blocked}", self.running));
        }
    }

    fn line(&self, what: &str, job: u32, more: &str) {
        let width = self.total.to_string().len();
        let title = title(self.listing, job);
        self.write(&format!("[{:>width$}/{}] {what} {title}{more}", self.ended, self.total));
    }

    fn write(&self, line: &str) {
        match (&self.bar, self.volume) {
            (_, Volume::Quiet) => {}
            (Some(bar), _) => bar.suspend(|| say(line)),
            (None, _) => say(line),
        }
    }
}

impl Drop for Display<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    let template = "{bar:24} {pos}/{len} jobs · {msg} · {per_sec} · {eta} left";
    // The template is sound.
    let style = ProgressStyle::with_template(template);
    let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// "1 job", "2 jobs".
pub(super) fn jobs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "job" } else { "jobs" })
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// A job in a few words: the beginning of its id, its run, its stage, its parameters.
pub(super) fn title(listing: &Listing, job: u32) -> String {
    let Some(view) = listing.job(job) else {
        return String::new();
    };
    let id: String = view.id().to_string().chars().take(8).collect();
    let run = listing.runs.get(view.block().run() as usize).map_or("", |run| &*run.name);
    let mut title = format!("{id} {run} {}", view.stage().name);
    for (name, json) in view.params() {
        title.push_str(&format!(" {name}={}", json.trim_matches('"')));
    }
    match title.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", title.get(..at).unwrap_or_default()),
        None => title,
    }
}

/// How it ended: failures, numbers, where the results are.
pub(super) fn summary(
    out: &mut impl Write,
    listing: &Listing,
    base: &Base,
    plan: &Plan,
    summary: &Summary,
) -> io::Result<()> {
    for (job, failure) in summary.failed.iter().take(MOST_FAILURES) {
        describe(out, listing, *job, failure)?;
    }
    let more = summary.failed.len().saturating_sub(MOST_FAILURES);
    if more > 0 {
        writeln!(out, "… and {more} more failed\n")?;
    }
    let counts = [
        (summary.done, "done"),
        (plan.done, "done before"),
        (summary.failed.len(), "failed"),
        (summary.blocked, "blocked"),
        (summary.left, "not run"),
    ];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    let all = plan.len() + plan.done;
    writeln!(out, "{}: {}", jobs(all), counts.join(", "))?;
    writeln!(out, "results: {}", near(&base.outputs()))
}

fn describe(
    out: &mut impl Write,
    listing: &Listing,
    job: u32,
    failure: &Failure,
) -> io::Result<()> {
    writeln!(out, "failed: {}", title(listing, job))?;
    writeln!(out, "  {}", failure.reason)?;
    if let Some(log) = &failure.log {
        let last = last_lines(log).unwrap_or_default();
        for line in last.lines() {
            writeln!(out, "  │ {line}")?;
        }
        writeln!(out, "  log: {}", near(log))?;
    }
    writeln!(out)
}

/// The last lines of a log, whatever bytes are in it.
fn last_lines(log: &Path) -> io::Result<String> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
    let mut end = Vec::new();
    file.take(BYTES).read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    // Nothing that moves the cursor or colours what follows.
    let clean: String =
        text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    let lines: Vec<&str> = clean.lines().collect();
    Ok(lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_logs_are_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut text = b"first\n".repeat(3000);
        text.extend_from_slice(b"\xff\x1b[31mred\nlast\n");
        std::fs::write(file.path(), text).unwrap();
        let last = last_lines(file.path()).unwrap();
        assert_eq!(last.lines().count(), LINES);
        assert!(last.ends_with("\u{fffd}\u{fffd}[31mred\nlast"), "{last:?}");
    }
}
