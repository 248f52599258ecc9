//! What is said while jobs run.
//!
//! On a terminal some lines that change: how far it has come, and what has been running for longest, with
//! what went wrong above them. Elsewhere a line for each event. Whoever runs jobs only notes what happens;
//! the terminal is drawn to by a thread of its own, some times a second, however many jobs end.

use std::collections::HashMap;
use std::fmt::Write;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::super::arguments::{Terminal, Volume};
use super::super::listing::clean;
use super::super::progress::may_redraw;
use super::super::report::say;
use super::words::{jobs, seconds, title};
use crate::exec::Event;
use crate::sweep::Listing;

/// Running jobs that are shown, where there is room.
const MOST_SHOWN: usize = 8;
/// What a job is in the bar: a job's items are parts of it.
const WHOLE: u64 = 1 << 20;
/// How often the lines are drawn.
const PERIOD: Duration = Duration::from_millis(200);

/// What is shown while jobs run.
pub(super) struct Display<'d> {
    listing: &'d Listing,
    volume: Volume,
    state: Arc<Shared>,
    /// The lines that change, on a terminal.
    live: Option<Live>,
}

/// How far it has come, for those who note it and who draws it.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Default)]
struct State {
    total: usize,
    ended: usize,
    failed: usize,
    blocked: usize,
    running: HashMap<u32, Running>,
    over: bool,
}

/// A job that runs.
struct Running {
    since: Instant,
    title: String,
    items: Option<Items>,
}

/// The steps of a scatter-gather job's items.
#[derive(Clone, Copy)]
struct Items {
    /// Steps that an earlier call has done.
    before: u32,
    done: u32,
    all: u32,
}

impl Items {
    /// How much of what this call has to do is done, of [`WHOLE`]; gather is one step more.
    fn part(self) -> u64 {
        let all = u64::from(self.all.saturating_sub(self.before)) + 1;
        u64::from(self.done.saturating_sub(self.before)) * WHOLE / all
    }
}

impl<'d> Display<'d> {
    /// `lines`: say what happens on standard error, if nothing can change there. Else it is said
    /// elsewhere.
    pub(super) fn new(
        terminal: &Terminal,
        listing: &'d Listing,
        total: usize,
        lines: bool,
    ) -> Display<'d> {
        let shown = may_redraw(terminal);
        let volume = if shown || lines { terminal.volume } else { Volume::Quiet };
        if volume != Volume::Quiet && !shown {
            say(&format!("{} to run", jobs(total)));
        }
        let state = Arc::new(Shared::default());
        state.lock().total = total;
        let live = shown.then(|| Live::begin(total, Arc::clone(&state), size()));
        Display { listing, volume, state, live }
    }

    pub(super) fn show(&self, event: &Event<'_>) {
        let mut state = self.state.lock();
        let line = match event {
            Event::Started(job) => {
                let title = self.live.as_ref().map(|_| title(self.listing, *job));
                let title = title.unwrap_or_default();
                let running = Running { since: Instant::now(), title, items: None };
                state.running.insert(*job, running);
                (self.volume == Volume::Verbose).then(|| (*job, "begun", String::new()))
            }
            Event::Done(job, took, unwritten) => {
                state.running.remove(job);
                state.ended += 1;
                let said = self.live.is_none() || self.volume == Volume::Verbose;
                let names: Vec<String> =
                    unwritten.iter().map(|one| format!("`{}`", clean(&one.output))).collect();
                let but = match names.is_empty() {
                    true => String::new(),
                    false => format!(", but didn't write {}", names.join(", ")),
                };
                said.then(|| (*job, "done", format!(" ({}){but}", seconds(*took))))
            }
            Event::Failed(job, failure) => {
                state.running.remove(job);
                state.ended += 1;
                state.failed += 1;
                Some((*job, "failed", format!(": {}", failure.reason)))
            }
            Event::Stopped(job) => {
                state.running.remove(job);
                Some((*job, "stopped", String::new()))
            }
            Event::Blocked(jobs) => {
                state.ended += jobs.len();
                state.blocked += jobs.len();
                None
            }
            Event::Piece(job, done, all) => {
                if let Some(running) = state.running.get_mut(job) {
                    let before = running.items.map_or(*done, |items| items.before);
                    running.items = Some(Items { before, done: *done, all: *all });
                }
                None
            }
            Event::Stopping => {
                drop(state);
                return self.write("stopping what is running; once more to stop it at once");
            }
        };
        let (ended, total) = (state.ended, state.total);
        drop(state);
        if let Some((job, what, more)) = line.filter(|_| self.volume != Volume::Quiet) {
            let width = total.to_string().len();
            let title = title(self.listing, job);
            self.write(&format!("[{ended:>width$}/{total}] {what} {title}{more}"));
        }
    }

    fn write(&self, line: &str) {
        match (&self.live, self.volume) {
            (_, Volume::Quiet) => {}
            (Some(live), _) => live.bar.suspend(|| say(line)),
            (None, _) => say(line),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines that change, until it is dropped.
struct Live {
    bar: ProgressBar,
    state: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    fn begin(total: usize, state: Arc<Shared>, size: (usize, usize)) -> Live {
        let bar = bar(total);
        let (drawn, noted) = (bar.clone(), Arc::clone(&state));
        let draw = move || draw(&drawn, &noted, size);
        // A thread that can't be had is no reason to stop.
        let thread = std::thread::Builder::new().name("display".into()).spawn(draw);
        Live { bar, state, thread: thread.ok() }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.state.lock().over = true;
        self.state.over.notify_all();
        // It draws, and nothing else: its end is near.
        let _ = self.thread.take().map(JoinHandle::join);
        self.bar.finish_and_clear();
    }
}

fn draw(bar: &ProgressBar, shared: &Shared, size: (usize, usize)) {
    let mut state = shared.lock();
    while !state.over {
        let (position, lines) = (state.position(), state.lines(Instant::now(), size));
        let jobs = format!("{}/{}", state.ended, state.total);
        drop(state);
        bar.set_position(position);
        bar.set_prefix(jobs);
        bar.set_message(lines);
        state = shared.lock();
        if !state.over {
            let waited = shared.over.wait_timeout(state, PERIOD);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    /// How far it has come, where a job is [`WHOLE`] and those that run count as far as their items are done.
    fn position(&self) -> u64 {
        let running = self.running.values().filter_map(|job| job.items);
        self.ended as u64 * WHOLE + running.map(Items::part).sum::<u64>()
    }

    /// What stands below the bar, on a terminal of so many columns and rows.
    fn lines(&self, now: Instant, (columns, rows): (usize, usize)) -> String {
        let mut lines = format!("\n{} running", self.running.len());
        for (count, what) in [(self.failed, "failed"), (self.blocked, "blocked")] {
            if count > 0 {
                let _ = write!(lines, " · {count} {what}");
            }
        }
        let mut running: Vec<&Running> = self.running.values().collect();
        running.sort_by(|a, b| (a.since, &a.title).cmp(&(b.since, &b.title)));
        let room = MOST_SHOWN.min(rows.saturating_sub(4));
        for job in running.iter().take(room) {
            let items = job.items.map(|items| format!("{}/{} items · ", items.done, items.all));
            let since = seconds(now.saturating_duration_since(job.since));
            let right = format!("  {}{since}", items.unwrap_or_default());
            let left = columns.saturating_sub(right.width() + 3);
            let _ = write!(lines, "\n  {}{right}", fitted(&job.title, left));
        }
        if running.len() > room {
            let _ = write!(lines, "\n  … and {} more", running.len() - room);
        }
        lines
    }
}

/// A text in so many columns: cut, or filled up.
fn fitted(text: &str, columns: usize) -> String {
    let width = text.width();
    if width <= columns {
        return format!("{text}{}", " ".repeat(columns - width));
    }
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let mut cut: String = text.chars().take_while(fits).collect();
    cut.push('…');
    let missing = columns.saturating_sub(cut.width());
    cut + &" ".repeat(missing)
}

/// Columns and rows of the terminal.
fn size() -> (usize, usize) {
    terminal_size::terminal_size_of(io::stderr())
        .map_or((80, 24), |(columns, rows)| (usize::from(columns.0), usize::from(rows.0)))
}

fn bar(total: usize) -> ProgressBar {
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(Some(total as u64 * WHOLE), target);
    let bar = bar.with_prefix(format!("0/{total}"));
    // The template is sound.
    let style = ProgressStyle::with_template("{bar:24} {prefix} jobs{pace}{msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.with_key("pace", |state: &ProgressState, out: &mut dyn Write| {
        // Before something has ended nothing is known.
        if state.pos() > 0 {
            let (rate, left) = (rate(state.per_sec() / WHOLE as f64), left(state.eta()));
            // A text takes all that is written to it.
            let _ = write!(out, " · {rate} · {left} left");
        }
    }))
}

/// As long as it may take, which isn't known to a part of a second.
fn left(eta: Duration) -> String {
    match eta.as_secs() {
        few @ 0..10 => format!("{few} s"),
        _ => seconds(eta),
    }
}

/// So many jobs in the time in which there is one.
fn rate(per_second: f64) -> String {
    match per_second {
        many if many >= 9.95 => format!("{many:.0} a second"),
        some if some >= 0.95 => format!("{some:.1} a second"),
        few if few * 60.0 >= 0.95 => format!("{:.1} a minute", few * 60.0),
        few => format!("{:.1} an hour", few * 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_for_longest_stands_first() {
        let begin = Instant::now();
        let mut state = State { failed: 1, blocked: 20, ..State::default() };
        for number in 0..10u32 {
            let since = begin + Duration::from_secs(u64::from(number));
            let title = format!("{number}abc main train lr=0.{number}");
            let items = (number == 1).then_some(Items { before: 0, done: 3, all: 200 });
            state.running.insert(number, Running { since, title, items });
        }
        insta::assert_snapshot!(state.lines(begin + Duration::from_secs(100), (50, 8)), @"

        10 running · 1 failed · 20 blocked
          0abc main train lr=0.0               1 min 40 s
          1abc main train lr=0…  3/200 items · 1 min 39 s
          2abc main train lr=0.2               1 min 38 s
          3abc main train lr=0.3               1 min 37 s
          … and 6 more
        ");
    }

    /// One job of many items is not "0 of 1" until it ends.
    #[test]
    fn items_are_parts_of_a_job() {
        let mut state = State { total: 2, ended: 1, ..State::default() };
        let items = |before, done, all| {
            let items = Some(Items { before, done, all });
            Running { since: Instant::now(), title: String::new(), items }
        };
        state.running.insert(1, items(0, 100, 199));
        assert_eq!(state.position(), WHOLE + WHOLE / 2);
        // What was done before this call says nothing of how fast it is.
        state.running.insert(1, items(150, 150, 199));
        assert_eq!(state.position(), WHOLE);
        state.running.insert(1, items(150, 175, 199));
        assert_eq!(state.position(), WHOLE + WHOLE / 2);
        let rates = [12.3, 1.25, 0.5, 1.0 / 600.0, 0.0].map(rate);
        assert_eq!(
            rates,
            ["12 a second", "1.2 a second", "30.0 a minute", "6.0 an hour", "0.0 an hour"]
        );
    }

    #[test]
    fn texts_fit() {
        assert_eq!(fitted("abc", 5), "abc  ");
        assert_eq!(fitted("abcdef", 5), "abcd…");
        assert_eq!(fitted("日本語", 4), "日… ");
        assert_eq!(fitted("abc", 0), "…");
    }
}
