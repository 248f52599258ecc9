//! Texts made in parallel, written in order.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Items of a chunk.
const AT_ONCE: usize = 2048;
/// Chunks that may be ready before their turn, for each thread.
const AHEAD: usize = 4;
/// How long who waits for a chunk doesn't look whether the user wants to stop.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Chunks that wait for their turn.
#[derive(Default)]
struct Waiting {
    ready: BTreeMap<usize, Vec<u8>>,
    /// Buffers to be used again.
    free: Vec<Vec<u8>>,
    /// The chunk whose turn it is.
    turn: usize,
    stop: bool,
}

/// Renders items in chunks, on so many threads (0: as many as there are processors), and hands the
/// texts to `write` in the order of items, on this thread. No more of them are held than a few a
/// thread.
///
/// # Errors
/// Those of `write`; [`io::ErrorKind::Interrupted`] once `interrupt` is set.
pub fn in_order(
    count: usize,
    threads: usize,
    interrupt: &AtomicBool,
    render: impl Fn(Range<usize>, &mut Vec<u8>) + Sync,
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let chunks = count.div_ceil(AT_ONCE);
    let range = |chunk: usize| chunk * AT_ONCE..count.min((chunk + 1) * AT_ONCE);
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        some => some,
    };
    let stopped = || io::Error::new(io::ErrorKind::Interrupted, "interrupted by the user");
    if threads == 1 || chunks <= 1 {
        let mut text = Vec::new();
        for chunk in 0..chunks {
            if interrupt.load(Ordering::Relaxed) {
                return Err(stopped());
            }
            text.clear();
            render(range(chunk), &mut text);
            write(&text)?;
        }
        return Ok(());
    }
    let (waiting, changed) = (Mutex::new(Waiting::default()), Condvar::new());
    let lock = || waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let next = AtomicUsize::new(0);
    let work = || {
        let _alarm = Alarm { waiting: &waiting, changed: &changed };
        loop {
            let chunk = next.fetch_add(1, Ordering::Relaxed);
            if chunk >= chunks {
                return;
            }
            let mut state = lock();
            while chunk >= state.turn + AHEAD * threads && !state.stop {
                state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.stop {
                return;
            }
            let mut text = state.free.pop().unwrap_or_default();
            drop(state);
            text.clear();
            render(range(chunk), &mut text);
            lock().ready.insert(chunk, text);
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
        let mut all = || {
            for chunk in 0..chunks {
                let mut state = lock();
                let text = loop {
                    if interrupt.load(Ordering::Relaxed) {
                        return Err(stopped());
                    }
                    if let Some(text) = state.ready.remove(&chunk) {
                        break text;
                    }
                    if state.stop {
                        return Err(io::Error::other("a thread has panicked"));
                    }
                    let waited = changed.wait_timeout(state, LOOK_AGAIN);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                };
                state.turn = chunk + 1;
                drop(state);
                changed.notify_all();
                write(&text)?;
                lock().free.push(text);
            }
            Ok(())
        };
        let result = all();
        lock().stop = true;
        changed.notify_all();
        result
    })
}

/// A thread that panics must not be waited for.
struct Alarm<'w> {
    waiting: &'w Mutex<Waiting>,
    changed: &'w Condvar,
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(count: usize, threads: usize) -> Vec<u8> {
        let mut all = Vec::new();
        let render = |items: Range<usize>, text: &mut Vec<u8>| {
            items.for_each(|item| text.extend_from_slice(format!("{item}\n").as_bytes()));
        };
        let write = |text: &[u8]| {
            all.extend_from_slice(text);
            Ok(())
        };
        in_order(count, threads, &AtomicBool::new(false), render, write).unwrap();
        all
    }

    #[test]
    fn items_keep_their_order() {
        for count in [0, 1, AT_ONCE, 50 * AT_ONCE + 7] {
            let expected: Vec<String> = (0..count).map(|item| format!("{item}\n")).collect();
            for threads in [1, 2, 7] {
                assert_eq!(written(count, threads), expected.concat().as_bytes());
            }
        }
    }

    #[test]
    fn what_goes_wrong_ends_it() {
        for threads in [1, 3] {
            let render = |_, text: &mut Vec<u8>| text.push(0);
            let never = AtomicBool::new(false);
            let write = |_: &[u8]| Err(io::Error::from(io::ErrorKind::BrokenPipe));
            let error = in_order(1 << 30, threads, &never, render, write).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
            let now = AtomicBool::new(true);
            let error = in_order(1 << 30, threads, &now, render, |_| Ok(())).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        }
    }
}
