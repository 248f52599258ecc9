//! What the integration tests share: running repx, in this process and as a program, reading the
//! tables of `expect.md`, comparing with committed files.
#![allow(dead_code, reason = "each test program uses a part of this module")]

pub(crate) mod desk;
pub(crate) mod golden;
pub(crate) mod lab;
pub(crate) mod lsp;
pub(crate) mod nix;
pub(crate) mod program;
pub(crate) mod schema;
pub(crate) mod tables;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::Duration;

use repx::eval::Evaluator;
use repx::session::{self, Config, Session};
use repx::source::SourceMap;
use repx::sweep::{self, Outcome, Request};
use repx::world::Disk;

/// A path below the repository's root.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The directories within `folder`, by name.
pub(crate) fn directories(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    assert!(!all.is_empty(), "{} holds no directories", folder.display());
    all
}

/// A directory's own name.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Does `work` in a session of its own, on a thread with a large stack.
pub(crate) fn in_session<R: Send>(
    sources: &SourceMap,
    work: impl for<'h> FnOnce(&Session<'h>, &mut Evaluator<'h>) -> R + Send,
) -> R {
    in_session_until(sources, &AtomicBool::new(false), work)
}

/// The same, with a switch that stops it.
pub(crate) fn in_session_until<R: Send>(
    sources: &SourceMap,
    interrupt: &AtomicBool,
    work: impl for<'h> FnOnce(&Session<'h>, &mut Evaluator<'h>) -> R + Send,
) -> R {
    session::run(&config(sources, interrupt, false), work).expect("a thread can be had")
}

/// The same, with somebody who hears what is traced.
pub(crate) fn in_session_told<R: Send>(
    sources: &SourceMap,
    messages: &(dyn Fn(&str) + Sync),
    work: impl for<'h> FnOnce(&Session<'h>, &mut Evaluator<'h>) -> R + Send,
) -> R {
    let interrupt = AtomicBool::new(false);
    let config = Config { messages, ..config(sources, &interrupt, false) };
    session::run(&config, work).expect("a thread can be had")
}

pub(crate) fn config<'a>(
    sources: &'a SourceMap,
    interrupt: &'a AtomicBool,
    tolerant: bool,
) -> Config<'a> {
    Config {
        world: &Disk,
        sources,
        search_path: Vec::new(),
        home: Some(PathBuf::from("/home/nobody")),
        settings: repx::eval::Settings::default(),
        tolerant,
        cache: None,
        packages: None,
        threads: 1,
        last: false,
        interrupt,
        messages: &|_| (),
    }
}

/// Fails when `work` takes longer than it ever should: a hang must not hang the tests.
pub(crate) fn watched(patience: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        done.send(()).expect("the watcher waits");
    });
    match wait.recv_timeout(patience) {
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still running after {patience:?}"),
    }
}

/// Lists a lab as `repx eval` does.
pub(crate) fn list(lab: &Path) -> (Outcome, SourceMap) {
    let sources = SourceMap::new();
    let (entry, root) = sweep::find_entry(lab).expect("the lab has an entry");
    let request = Request { threads: 2, ..Request::new(entry, root) };
    let never = AtomicBool::new(false);
    let outcome = session::run(&config(&sources, &never, true), |session, evaluator| {
        sweep::list(session, evaluator, &request)
    });
    (outcome.expect("a thread can be had"), sources)
}

/// Says all that failed at once, so that one run of the tests shows the whole extent.
pub(crate) fn conclude(cases: usize, failures: &[String]) {
    let passed = cases.saturating_sub(failures.len());
    println!("{passed} passed, {} failed", failures.len());
    assert!(cases > 0, "there was nothing to test");
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}
