//! How far a command has come, on the last line of a terminal.
//!
//! Nothing is shown of what ends soon, and nothing stays. Whoever else writes to standard error
//! does so [`aside`].

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{Terminal, Volume};
use super::guard::INTERRUPTED;

/// What ends before isn't worth a look.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn anew.
const PERIOD: Duration = Duration::from_millis(100);

/// What is on the screen.
static SCREEN: Mutex<Screen> = Mutex::new(Screen { shown: 0, bar: None });
/// Has nobody asked to read anything?
static HUSHED: AtomicBool = AtomicBool::new(false);
static CHANGED: Condvar = Condvar::new();

struct Screen {
    /// The number of who may draw: it rises whenever somebody begins or ends.
    shown: u64,
    bar: Option<ProgressBar>,
}

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    Evaluating,
    Expanding,
    Writing,
    Building,
}

/// A phase, and how many jobs have gone through it.
pub(super) type Reading = (Phase, u64);

/// Shows progress until it is dropped.
pub(super) struct Shown(());

impl Shown {
    /// Shows what `read` finds from time to time, if that can be seen and is wanted.
    pub(super) fn begin(
        terminal: &Terminal,
        read: impl Fn() -> Reading + Send + 'static,
    ) -> Option<Shown> {
        if !may_redraw(terminal) {
            return None;
        }
        let mut screen = screen();
        screen.shown += 1;
        let number = screen.shown;
        drop(screen);
        let watch = move || watch(number, &read);
        // A thread that can't be had is no reason to stop.
        let _ = std::thread::Builder::new().name("progress".into()).spawn(watch);
        Some(Shown(()))
    }
}

/// May lines on standard error be drawn again, and does the user want to see them?
pub(super) fn may_redraw(terminal: &Terminal) -> bool {
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    terminal.volume != Volume::Quiet && !dumb && std::io::stderr().is_terminal()
}

impl Drop for Shown {
    fn drop(&mut self) {
        let mut screen = screen();
        screen.shown += 1;
        erase(&mut screen);
        CHANGED.notify_all();
    }
}

/// Takes the line off the screen before the process may end. Doesn't wait for who is writing: a
/// terminal may have been halted.
pub(super) fn clear() {
    if let Ok(mut screen) = SCREEN.try_lock() {
        erase(&mut screen);
    }
}

fn erase(screen: &mut Screen) {
    if let Some(bar) = screen.bar.take() {
        bar.finish_and_clear();
    }
}

/// From now on nothing is written there.
pub(super) fn hush() {
    HUSHED.store(true, Ordering::Relaxed);
}

/// Writes something else to the terminal, above the line.
pub(super) fn aside(write: impl FnOnce()) {
    if HUSHED.load(Ordering::Relaxed) {
        return;
    }
    match &screen().bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

fn screen() -> MutexGuard<'static, Screen> {
    SCREEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws the line as long as `number` may.
fn watch(number: u64, read: &impl Fn() -> Reading) {
    let begin = Instant::now();
    let mut meter = Meter::default();
    let mut screen = screen();
    while screen.shown == number && !INTERRUPTED.load(std::sync::atomic::Ordering::Relaxed) {
        if let Some(line) = meter.line(begin.elapsed(), read()) {
            let bar = screen.bar.get_or_insert_with(bar);
            bar.set_message(line);
            bar.tick();
        }
        let waited = CHANGED.wait_timeout(screen, PERIOD);
        screen = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    // What doesn't fit on a line is cut.
    bar.with_style(ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| {
        // The template is sound.
        ProgressStyle::default_spinner()
    }))
}

/// What the line says, by time and readings.
#[derive(Default)]
struct Meter {
    /// The phase and when it was first seen, with how many jobs.
    phase: Option<(Phase, Duration, u64)>,
}

impl Meter {
    /// The line after so much time; none yet where that is little.
    fn line(&mut self, now: Duration, (phase, jobs): Reading) -> Option<String> {
        let (_, since, before) = match self.phase {
            Some(known) if known.0 == phase && known.2 <= jobs => known,
            Some(_) | None => *self.phase.insert((phase, now, jobs)),
        };
        if now < PATIENCE {
            return None;
        }
        let what = match phase {
            Phase::Evaluating => return Some("evaluating the lab".to_owned()),
            Phase::Expanding => "expanding",
            Phase::Writing => "writing",
            Phase::Building => return Some(format!("Nix is at build {jobs}")),
        };
        let seconds = now.saturating_sub(since).as_secs_f64();
        let rate = match seconds > 0.0 && jobs > before {
            true => format!(", {} a second", short((jobs - before) as f64 / seconds)),
            false => String::new(),
        };
        Some(format!("{what}: {} jobs{rate}", short(jobs as f64)))
    }
}

/// A number in few letters.
fn short(number: f64) -> String {
    match number {
        n if n >= 1e6 => format!("{:.1} million", n / 1e6),
        n if n >= 1e4 => format!("{:.0} thousand", n / 1e3),
        n => format!("{n:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn what_ends_soon_is_not_shown() {
        let mut meter = Meter::default();
        assert_eq!(meter.line(after(0), (Phase::Evaluating, 0)), None);
        assert_eq!(meter.line(after(499), (Phase::Expanding, 70)), None);
        let line = meter.line(after(999), (Phase::Expanding, 1070));
        assert_eq!(line.as_deref(), Some("expanding: 1070 jobs, 2000 a second"));
    }

    #[test]
    fn each_phase_has_its_own_rate() {
        let mut meter = Meter::default();
        let line = meter.line(after(600), (Phase::Evaluating, 0));
        assert_eq!(line.as_deref(), Some("evaluating the lab"));
        let line = meter.line(after(700), (Phase::Expanding, 0));
        assert_eq!(line.as_deref(), Some("expanding: 0 jobs"));
        let line = meter.line(after(1700), (Phase::Expanding, 1_200_000));
        assert_eq!(line.as_deref(), Some("expanding: 1.2 million jobs, 1.2 million a second"));
        let line = meter.line(after(1800), (Phase::Writing, 0));
        assert_eq!(line.as_deref(), Some("writing: 0 jobs"));
        let line = meter.line(after(2300), (Phase::Writing, 20_480));
        assert_eq!(line.as_deref(), Some("writing: 20 thousand jobs, 41 thousand a second"));
    }

    /// Points that turn out to be jobs met before are taken back.
    #[test]
    fn fewer_jobs_than_before_begin_anew() {
        let mut meter = Meter::default();
        meter.line(after(600), (Phase::Expanding, 5000));
        let line = meter.line(after(700), (Phase::Expanding, 100));
        assert_eq!(line.as_deref(), Some("expanding: 100 jobs"));
    }
}
