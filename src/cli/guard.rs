//! What may interrupt a command: the user, and our own mistakes.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Exit;
use super::progress::clear;
use super::report::say;
use crate::value::OutOfMemory;

/// Set once the user has asked to stop.
pub(super) static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whom to tell.
static SLEEPER: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// Calls somebody once the user asks to stop: who sleeps doesn't look.
pub(super) fn when_interrupted(wake: impl Fn() + Send + 'static) {
    *SLEEPER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
}

/// Set once the user has asked a second time, while something is held.
pub(super) static INSISTED: AtomicBool = AtomicBool::new(false);

/// Is something going on that ends in its own way when asked a second time?
static HELD: AtomicBool = AtomicBool::new(false);

/// Until it is dropped a second Ctrl-C sets [`INSISTED`]; a third stops at once.
pub(super) struct Held(());

impl Held {
    pub(super) fn begin() -> Held {
        HELD.store(true, Ordering::Relaxed);
        Held(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        HELD.store(false, Ordering::Relaxed);
    }
}

/// The exit status of a second Ctrl-C, which doesn't wait for anything.
const INTERRUPTED_STATUS: i32 = 130;

/// The exit status of an evaluation that can't be, as of [`Exit::Wrong`].
const WRONG_STATUS: i32 = 2;

/// How long the command may take to end by itself. Whatever it is at then is given up: nothing it
/// leaves behind can be half done, since all that is kept gets its name when it is complete.
const GRACE: Duration = Duration::from_millis(80);

/// Lets Ctrl-C, and whoever asks a process to end, ask the command to stop, and ends it when it
/// doesn't: one that sorts a hundred million numbers looks whether it is still wanted when it is done. A
/// second Ctrl-C doesn't wait.
pub(super) fn catch_interrupts() {
    // Without these a signal simply ends the process, which is no worse than not starting.
    let Ok(mut signals) = Signals::new(wanted(ignored())) else { return };
    let heed = move || signals.forever().for_each(|_| heed());
    let _ = std::thread::Builder::new().name("signals".into()).spawn(heed);
}

/// What asks to stop, but for what this process was told to ignore: `nohup` and a shell's `&` mean it.
fn wanted(ignored: u64) -> impl Iterator<Item = c_int> {
    [SIGINT, SIGTERM, SIGHUP].into_iter().filter(move |signal| ignored >> (signal - 1) & 1 == 0)
}

/// The signals that are ignored, a bit each.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// The user asks to stop.
fn heed() {
    let again = INTERRUPTED.swap(true, Ordering::Relaxed);
    clear();
    let held = again && HELD.load(Ordering::Relaxed);
    if again && (!held || INSISTED.swap(true, Ordering::Relaxed)) {
        std::process::exit(INTERRUPTED_STATUS);
    }
    if let Some(wake) = &*SLEEPER.lock().unwrap_or_else(PoisonError::into_inner) {
        wake();
    }
    // On a thread of its own: this one is there for the second.
    let watch = || {
        std::thread::sleep(GRACE);
        if !HELD.load(Ordering::Relaxed) {
            say("interrupted");
            std::process::exit(INTERRUPTED_STATUS);
        }
    };
    let _ = std::thread::Builder::new().name("last-call".into()).spawn(watch);
}

/// Runs a command; a panic in it becomes a short message and a status of its own.
pub(super) fn catching_bugs(command: impl FnOnce() -> Exit) -> Exit {
    set_hook(Box::new(describe));
    // What the command leaves behind half done is never looked at again: the process ends.
    catch_unwind(AssertUnwindSafe(command)).unwrap_or(Exit::Bug)
}

/// From now on what goes wrong is said, and nothing ends by it: for who serves others, and catches panics.
pub(super) fn outlive_failures() {
    set_hook(Box::new(|panic| {
        if panic.payload().is::<OutOfMemory>() {
            say("repx lsp: the evaluation needs more memory than the machine has");
        } else {
            describe(panic);
        }
    }));
}

fn describe(panic: &PanicHookInfo<'_>) {
    clear();
    if panic.payload().is::<OutOfMemory>() {
        say("error: out of memory: the evaluation needs more than the machine has");
        // At once: other threads may be waiting for what this one was evaluating.
        std::process::exit(WRONG_STATUS);
    }
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic
        .location()
        .map_or_else(String::new, |place| format!(" ({}:{})", place.file(), place.line()));
    say(&format!(
        "repx {}: a bug of repx, not of your lab: {message}{place}\n\
         Please report it, with the command and if possible the lab.",
        env!("CARGO_PKG_VERSION")
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_stays_ignored() {
        assert_eq!(wanted(0).collect::<Vec<_>>(), [SIGINT, SIGTERM, SIGHUP]);
        assert_eq!(wanted(0b01).collect::<Vec<_>>(), [SIGINT, SIGTERM]);
        assert_eq!(wanted(0b10).collect::<Vec<_>>(), [SIGTERM, SIGHUP]);
    }
}
