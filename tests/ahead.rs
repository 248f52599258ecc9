//! Threads that evaluate ahead: whatever a program does, and however they happen to be scheduled,
//! what is printed and said is what one thread alone prints and says.
#![allow(clippy::pedantic, clippy::perf, clippy::print_stdout)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]

mod support;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use repx::builtins::to_json::{JsonOptions, to_json};
use repx::diagnostic::render::nix;
use repx::eval::Evaluator;
use repx::session::{self, Config, Session};
use repx::source::SourceMap;
use repx::value::{ContextSum, Slot, Value};
use repx::world::{Disk, Entry, FileKind, World};

/// A machine whose disk answers now soon, now late: programs ask it where the threads are to get
/// out of step.
struct Shaking {
    ticks: AtomicU64,
    /// Microseconds that each answer takes at least, so that others have time to come.
    pause: AtomicU64,
}

impl Shaking {
    fn shake(&self) {
        let pause = self.pause.load(Ordering::Relaxed);
        if pause > 0 {
            std::thread::sleep(Duration::from_micros(pause));
        }
        let tick = self.ticks.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        match (tick >> 40) % 8 {
            0 | 1 => std::thread::sleep(Duration::from_micros(20 + (tick >> 56))),
            2..=4 => std::thread::yield_now(),
            _ => {}
        }
    }
}

impl World for Shaking {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read_file(path)
    }
    fn kind(&self, _: &Path) -> io::Result<Option<FileKind>> {
        self.shake();
        Ok(None)
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
        0
    }
}

/// What a program printed and said.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    result: Result<String, String>,
    messages: Vec<String>,
}

/// How the result is printed.
#[derive(Clone, Copy)]
enum How {
    Lazily,
    Strictly,
    Json,
}

/// Programs begin with this: `slow` gives its argument, sooner or later.
const PRELUDE: &str = "let
  inherit (builtins) genList elemAt concatStringsSep filter tryEval trace deepSeq seq toJSON;
  slow = x: seq (builtins.pathExists /nowhere) x;
  work = n: if n == 0 then slow 0 else work (n - 1);
  in ";

/// Runs a program on so many threads, and counts those in which any helped.
fn run(shaking: &Shaking, text: &str, how: How, threads: usize, helped: &AtomicUsize) -> Outcome {
    let (sources, interrupt) = (SourceMap::new(), AtomicBool::new(false));
    let said = Mutex::new(Vec::new());
    let messages = |message: &str| said.lock().expect("nobody panics").push(message.to_owned());
    let config = Config {
        world: shaking,
        sources: &sources,
        search_path: Vec::new(),
        home: None,
        settings: repx::eval::Settings::default(),
        tolerant: false,
        cache: None,
        packages: None,
        threads,
        last: false,
        interrupt: &interrupt,
        messages: &messages,
    };
    let text = format!("{PRELUDE}{text}");
    let result = session::run_as_alone(&config, |session, evaluator| {
        let result = print(session, evaluator, &text, how);
        let helpers = &session.shared.helpers;
        helped.fetch_add(usize::from(helpers.have_helped()), Ordering::Relaxed);
        if result.is_err() {
            helpers.doubt();
        }
        result
    });
    let result = result.expect("a thread can be had");
    // What stands in a text that was read again stands elsewhere in the map.
    let result = result.map_err(|error| nix::render(&error, &sources, true));
    Outcome { result, messages: said.into_inner().expect("nobody panics") }
}

fn print<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    text: &str,
    how: How,
) -> Result<String, repx::diagnostic::Diagnostic> {
    let value = session.expression(evaluator, text, Path::new("/"));
    let printed = value.and_then(|value| match how {
        How::Lazily => {
            if matches!(value, Value::List(_) | Value::Attrs(_)) {
                evaluator.shared.helpers.doubt();
            }
            evaluator.print(value, false)
        }
        How::Strictly => evaluator.print(value, true),
        How::Json => {
            let (mut out, mut context) = (Vec::new(), ContextSum::default());
            let slot = Slot::Value(value);
            to_json(evaluator, slot, JsonOptions::TO_JSON, &mut out, &mut context)?;
            Ok(String::from_utf8_lossy(&out).into_owned())
        }
    });
    printed.map_err(|error| error.diagnostic())
}

/// So many times more a program is run until somebody helps, each time on a slower disk.
const PATIENCE: u64 = 100;

/// Each program gives the same on any number of threads, and some of the time others do help.
fn same_on_all(rounds: usize, how: How, programs: &'static [&'static str]) {
    support::watched(Duration::from_mins(5), move || {
        let shaking = Shaking { ticks: AtomicU64::new(1), pause: AtomicU64::new(0) };
        for text in programs {
            let helped = AtomicUsize::new(0);
            let alone = run(&shaking, text, how, 1, &helped);
            assert_eq!(helped.load(Ordering::Relaxed), 0, "nobody is there to help");
            for round in 0..rounds {
                for threads in [2, 3, 8] {
                    let outcome = run(&shaking, text, how, threads, &helped);
                    assert_eq!(outcome, alone, "round {round}, {threads} threads: {text}");
                }
            }
            // On a busy machine the others come too late for a program that is soon at its end.
            for step in 1..=PATIENCE {
                if helped.load(Ordering::Relaxed) > 0 {
                    break;
                }
                shaking.pause.store(step * 100, Ordering::Relaxed);
                assert_eq!(run(&shaking, text, how, 3, &helped), alone, "{text}");
            }
            shaking.pause.store(0, Ordering::Relaxed);
            assert!(helped.load(Ordering::Relaxed) > 0, "nobody has helped with {text}");
        }
    });
}

#[test]
fn values_that_lean_on_each_other() {
    same_on_all(
        6,
        How::Strictly,
        &[
            "genList (n: work (20 + n) + n) 40",
            "let x = genList (n: if n < 2 then slow n else elemAt x (n - 1) + elemAt x (n / 2)) 90;
             in x",
            "let all = genList (n: slow { n = n; next = elemAt all (n / 2); }) 40;
             in map (x: x.next.next.n) all",
            "filter (n: work 30 == 0 && n / 3 * 3 == n) (genList (n: slow n) 50)",
            "builtins.partition (n: work 30 + n > 25) (genList (n: slow n) 50)",
            "builtins.groupBy (n: toString (work 20 + n / 10)) (genList (n: slow n) 50)",
            "builtins.concatMap (n: [ (work 20) (slow n) ]) (genList (n: slow n) 40)",
            "builtins.concatLists (genList (n: slow (genList (m: work 9 + m) n)) 20)",
            "concatStringsSep \",\" (genList (n: toString (work 20 + n)) 50)",
            "toString (genList (n: [ (work 20) { outPath = slow \"o\"; } n ]) 30)",
            "builtins.listToAttrs (genList (n: slow { name = toString n; value = work n; }) 40)",
            "builtins.catAttrs \"a\" (genList (n: slow { a = work n; }) 40)",
            "toJSON (genList (n: { a = work n; b = [ (slow n) ]; }) 30)",
            "builtins.zipAttrsWith (n: v: v) (genList (n: slow { a = work n; }) 40)",
            "let l = [ 1 ]; f = x: slow l; p = f 1; in [ [ l ] [ p ] [ (f 2) ] (slow p) l p ]",
            "(derivation { name = \"x\"; system = \"s\"; builder = \"/b\";
               args = genList (n: toString (work n)) 30; z = slow \"z\"; y = work 10; }).drvPath",
        ],
    );
}

#[test]
fn programs_that_fail() {
    same_on_all(
        6,
        How::Strictly,
        &[
            "genList (n: if n == 30 then throw \"at ${toString n}\" else work n) 40",
            "genList (n: if n > 30 then throw \"at ${toString n}\" else work n) 40",
            "let shared = map (x: slow (x + {})) [ 1 2 ];
             in genList (n: work n + (if n < 20 then 0 else elemAt shared (n / 30))) 40",
            "let bad = { a = slow 1; b = work 9; }; in
             concatStringsSep \",\" (genList (n: if n == 20 then bad else slow \"x\") 40)",
            "let s = { a = slow 1; b = slow 2; }; in
             genList (n: if n == 10 then s + 1 else if n > 30 then work s.a else slow n) 40",
            "filter (n: if work n == 0 && n < 20 then true else n) (genList (n: slow n) 40)",
            "map (f: f 1) (genList (n: if n == 25 then slow 25 else (x: work (n + x))) 40)",
            "let f = x: slow (f (x + 1)); in genList (n: if n == 20 then f 1 else work n) 30",
        ],
    );
}

#[test]
fn programs_that_go_round_in_circles() {
    same_on_all(
        6,
        How::Strictly,
        &[
            "let x = genList (n: slow (elemAt x (39 - n))) 40; in x",
            "let x = genList (n: if n == 39 then elemAt x 0 else slow (elemAt x (n + 1))) 40; in x",
            "let x = genList (n: work 5 + concatStringsSep \"\" x) 20; in x",
            "let a = slow (b + 1); b = slow (c + 1); c = work 9 + a; in [ c b a (slow a) (slow b) ]",
            "let s = { a = slow s.b; b = work 9; c = slow (s.d + 1); d = slow s.c; }; in s",
        ],
    );
}

#[test]
fn what_is_caught_and_what_is_not_reached() {
    same_on_all(
        6,
        How::Strictly,
        &[
            "genList (n: tryEval (if n / 3 * 3 == n then throw \"no\" else work n)) 40",
            "let bad = slow (throw \"no\"); in genList (n: tryEval (work n + bad)) 40",
            "tryEval (deepSeq (genList (n: if n == 5 then throw \"no\" else work n) 40) 1)",
            // What stands behind the failure takes minutes.
            "let f = builtins.foldl' (a: n: work 2000) 0;
             in [ (tryEval (deepSeq [ (work 900) (throw \"no\") (f (genList (n: n) 99999)) ] 1)) ]",
            "[ (tryEval (concatStringsSep \"\" (genList (n: if n == 9 then throw \"n\" else slow \"x\") 40)).success)
               2 ]",
        ],
    );
}

#[test]
fn programs_that_speak() {
    same_on_all(
        6,
        How::Json,
        &[
            "genList (n: trace \"at ${toString n}\" (work n)) 40",
            "genList (n: if n / 5 * 5 == n then trace n (work n) else work n) 40",
            "let once = slow (trace \"once\" 1); in genList (n: work n + once) 40",
            "let s = { a = slow 1; b = work 3; c = [ (slow 2) ]; }; in
             genList (n: if n == 20 then trace s s.a else if n > 30 then s.b else work n) 40",
            "let w = slow (builtins.warn \"careful\" 3); in
             [ (tryEval (deepSeq (genList (n: if n == 20 then throw \"x\" else w + work n) 40) 1)) w ]",
            "genList (n: if n == 30 then throw (trace \"now\" \"x\") else trace n (work n)) 40",
            "genList (n: (derivation { name = \"d${toString n}\"; system = \"s\"; builder = slow \"/b\";
               outputHash = if n == 20 then \"\" else null; outputHashAlgo = \"sha256\"; }).drvPath) 30",
        ],
    );
}

/// Without `--strict` it shows how far each part has been evaluated.
#[test]
fn how_far_something_is_evaluated() {
    same_on_all(
        10,
        How::Lazily,
        &[
            "let x = genList (n: if n == 9 then throw \"no\" else work n) 40;
             in seq (tryEval (concatStringsSep \"\" x)) (seq (tryEval (deepSeq x 1)) { inherit x; })",
            "let x = genList work 40; in deepSeq x x",
            "let a = work 20; late = genList (n: if n == 0 then (x: { inherit x; }) (a + 1) else a) 30;
             in deepSeq (genList (n: if n < 9 then work 99 else a) 30) (seq (elemAt late 0) late)",
            "let x = genList (n: work n) 40; in deepSeq x (filter (n: n == work 3) x)",
        ],
    );
}
