//! A file that is as it was is not read again, and nobody can tell.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use repx::cache::LoweredFiles;
use repx::eval::Settings;
use repx::session::{self, Config};
use repx::source::SourceMap;
use repx::world::{Disk, Entry, FileKind, Links, Stamp, World};

/// The disk, which vouches for every file at once, by a clock that can be set.
struct Vouching {
    clock: AtomicI64,
    read: AtomicUsize,
}

impl World for Vouching {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read.fetch_add(1, Ordering::Relaxed);
        Disk.read_file(path)
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        Some((Disk.stamp(path, Links::Follow)?, self.now()))
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        Disk.kind(path)
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        Disk.list_dir(path)
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        Disk.modified(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        Disk.read_link(path)
    }

    fn variable(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }
}

const TEXT: &str = "let\n  value = 1 + 2;\nin\n{ inherit value; wrong = value.nothing; }\n";

struct Place {
    root: tempfile::TempDir,
    world: Vouching,
}

impl Place {
    fn new() -> Place {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("main.nix"), TEXT).unwrap();
        let world = Vouching { clock: AtomicI64::new(1000), read: AtomicUsize::new(0) };
        Place { root, world }
    }

    /// What an expression gives, or where it goes wrong, and how many files were read for it.
    fn run(&self, sources: &SourceMap, expression: &str) -> (String, usize) {
        let cache = LoweredFiles::new(&self.root.path().join("cache"));
        let before = self.world.read.load(Ordering::Relaxed);
        let interrupt = AtomicBool::new(false);
        let config = Config {
            world: &self.world,
            sources,
            search_path: Vec::new(),
            home: None,
            settings: Settings::default(),
            tolerant: false,
            cache: Some(&cache),
            packages: None,
            threads: 1,
            last: false,
            interrupt: &interrupt,
            messages: &|_| {},
        };
        let ran = session::run(&config, |session, evaluator| {
            let value = session.expression(evaluator, expression, self.root.path());
            match value.and_then(|value| evaluator.print(value, true)) {
                Ok(printed) => printed,
                Err(error) => {
                    let primary = error.diagnostic().primary.map(|label| label.span);
                    let place = primary.and_then(|span| sources.locate(span));
                    format!("line {}", place.map_or(0, |place| place.line))
                }
            }
        });
        cache.save();
        (ran.unwrap(), self.world.read.load(Ordering::Relaxed) - before)
    }

    fn again(&self, expression: &str) -> (String, usize) {
        self.run(&SourceMap::reading_again(|path| Disk.read_file(path)), expression)
    }
}

const VALUE: &str = "(import ./main.nix).value";

#[test]
fn what_is_as_it_was_is_not_read() {
    let place = Place::new();
    assert_eq!(place.again(VALUE), ("3".to_owned(), 1));
    assert_eq!(place.again(VALUE), ("3".to_owned(), 0));
    assert_eq!(place.run(&SourceMap::new(), VALUE), ("3".to_owned(), 1), "the text is wanted");
}

#[test]
fn places_in_what_was_not_read_are_found() {
    let place = Place::new();
    let ask = "(builtins.unsafeGetAttrPos \"value\" (import ./main.nix)).line";
    assert_eq!(place.again(ask), ("4".to_owned(), 1));
    assert_eq!(place.again(ask), ("4".to_owned(), 0));
    assert_eq!(place.again("(import ./main.nix).wrong"), ("line 4".to_owned(), 0));
}

#[test]
fn what_has_changed_is_read() {
    let place = Place::new();
    place.again(VALUE);
    std::fs::write(place.root.path().join("main.nix"), TEXT.replace("1 + 2", "1 + 20")).unwrap();
    assert_eq!(place.again(VALUE), ("21".to_owned(), 1));
    assert_eq!(place.again(VALUE), ("21".to_owned(), 0));
}

#[test]
fn a_clock_that_was_set_back_vouches_for_nothing() {
    let place = Place::new();
    place.again(VALUE);
    place.world.clock.store(999, Ordering::Relaxed);
    assert_eq!(place.again(VALUE), ("3".to_owned(), 1));
    place.world.clock.store(1001, Ordering::Relaxed);
    assert_eq!(place.again(VALUE), ("3".to_owned(), 0));
}
