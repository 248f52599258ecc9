//! Many threads forcing the same thunks: one answer, the same for all, and never a hang.
#![allow(clippy::pedantic, clippy::perf, clippy::print_stdout)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]

mod support;

use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use repx::eval::Evaluator;
use repx::session::{Session, on_large_stack};
use repx::source::SourceMap;
use repx::value::{Error, ErrorKind, Slot};

/// Longer than any of these tests ever takes.
const PATIENCE: Duration = Duration::from_mins(2);

/// Does `work` on as many threads as there are slots, all beginning at once; what each gave.
fn at_once<'h, T: Send>(
    session: &Session<'h>,
    slots: &[Slot<'h>],
    work: impl Fn(&mut Evaluator<'h>, Slot<'h>) -> T + Sync,
) -> Vec<T> {
    let start = Barrier::new(slots.len());
    std::thread::scope(|scope| {
        let (start, work) = (&start, &work);
        let threads: Vec<_> = slots
            .iter()
            .map(|slot| {
                scope.spawn(move || {
                    on_large_stack(|| {
                        let mut evaluator = session.evaluator();
                        start.wait();
                        work(&mut evaluator, *slot)
                    })
                    .expect("a thread can be had")
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).collect()
    })
}

/// The unforced attributes of a set, in the order of these names.
fn attributes<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    set: &str,
    names: &[&str],
) -> Vec<Slot<'h>> {
    let list = format!("let set = {set}; in [ {} ]", names.join(" "));
    let value = session.expression(evaluator, &list, Path::new("/")).map_err(said);
    let items = value.and_then(|list| evaluator.items(Slot::Value(list)).map_err(said));
    items.unwrap_or_else(|error| panic!("{error}")).items().to_vec()
}

fn said(error: Error<'_>) -> String {
    error.diagnostic().message
}

/// Two threads enter one circle from both ends: each by itself would only wait for the other.
#[test]
fn a_circle_forced_from_both_ends() {
    support::watched(PATIENCE, || {
        for round in 0..500 {
            let sources = SourceMap::new();
            support::in_session(&sources, |session, evaluator| {
                let circle = "rec { x = y; y = x; }";
                let both = attributes(session, evaluator, circle, &["set.x", "set.y"]);
                let results = at_once(session, &both, |evaluator, slot| {
                    evaluator.force(slot).map(|_| ()).map_err(said)
                });
                for result in results {
                    let error = result.expect_err("a circle has no value");
                    assert!(error.contains("infinite recursion"), "round {round}: {error}");
                }
            });
        }
    });
}

/// A circle through four thunks, with work to do between them.
#[test]
fn a_longer_circle_under_load() {
    support::watched(PATIENCE, || {
        let circle = "rec { work = n: if n == 0 then 0 else work (n - 1);
            a = work 200 + b; b = work 50 + c; c = work 400 + d; d = work 10 + a; }";
        for round in 0..100 {
            let sources = SourceMap::new();
            support::in_session(&sources, |session, evaluator| {
                let names = ["set.a", "set.b", "set.c", "set.d"];
                let slots = attributes(session, evaluator, circle, &names);
                let results = at_once(session, &slots, |evaluator, slot| {
                    evaluator.force(slot).map(|_| ()).map_err(said)
                });
                for result in results {
                    let error = result.expect_err("a circle has no value");
                    assert!(error.contains("infinite recursion"), "round {round}: {error}");
                }
            });
        }
    });
}

/// Thunks that lean on each other without a circle: nobody may see one.
const SHARED: &str = "rec {
  items = builtins.genList (n: if n == 0 then 1 else modulo (elem (n - 1) * 7 + elem (n / 2))) 120;
  elem = builtins.elemAt items;
  modulo = n: n - n / 1009 * 1009;
  all = builtins.foldl' builtins.add 0 items;
  sets = builtins.listToAttrs (map (n: { name = toString n; value = { inherit all n; }; }) items);
}";

#[test]
fn eight_threads_share_a_large_structure() {
    support::watched(PATIENCE, || {
        let mut first = None;
        for _ in 0..200 {
            let sources = SourceMap::new();
            let results = support::in_session(&sources, |session, evaluator| {
                let whole = attributes(session, evaluator, SHARED, &["[ set.items set.sets ]"]);
                at_once(session, &[whole[0]; 8], |evaluator, slot| {
                    let value = evaluator.force_deep(slot).map_err(said)?;
                    evaluator.print(value, true).map_err(said)
                })
            });
            for result in results {
                let printed = result.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(first.get_or_insert_with(|| printed.clone()), &printed);
            }
        }
    });
}

/// One thunk that fails: all who ask get the same error, with its place.
#[test]
fn a_failure_is_the_same_for_all() {
    support::watched(PATIENCE, || {
        for _ in 0..200 {
            let sources = SourceMap::new();
            let results = support::in_session(&sources, |session, evaluator| {
                let set = "rec { work = n: if n == 0 then throw \"no luck\" else work (n - 1);
                    failing = work 300; }";
                let failing = attributes(session, evaluator, set, &["set.failing"]);
                at_once(session, &[failing[0]; 8], |evaluator, slot| {
                    let error = evaluator.force(slot).map(|_| ()).expect_err("it fails");
                    (error.kind(), error.diagnostic())
                })
            });
            for (kind, diagnostic) in &results {
                assert_eq!(*kind, ErrorKind::Catchable);
                assert!(diagnostic.message.contains("no luck"));
                assert_eq!(diagnostic.primary, results[0].1.primary);
            }
        }
    });
}

/// An interruption is no answer: the next who asks gets the value.
#[test]
fn interrupted_and_asked_again() {
    support::watched(PATIENCE, || {
        let interrupt = AtomicBool::new(false);
        let sources = SourceMap::new();
        support::in_session_until(&sources, &interrupt, |session, evaluator| {
            let set = "rec { work = n: if n == 0 then 1 else work (n - 1);
                total = builtins.foldl' (a: n: a + work 500) 0 (builtins.genList (n: n) 2000); }";
            let total = attributes(session, evaluator, set, &["set.total"]);
            interrupt.store(true, Ordering::Relaxed);
            for result in at_once(session, &[total[0]; 4], |evaluator, slot| {
                evaluator.force(slot).map(|_| ()).map_err(Error::kind)
            }) {
                assert_eq!(result, Err(ErrorKind::Interrupted));
            }
            interrupt.store(false, Ordering::Relaxed);
            for result in at_once(session, &[total[0]; 4], |evaluator, slot| {
                evaluator.int(slot).map_err(said)
            }) {
                assert_eq!(result, Ok(2000));
            }
        });
    });
}
/// A small source of numbers that look random, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

/// What each node of a graph leans on. Only every other graph has circles.
fn graph(numbers: &mut Numbers, nodes: usize) -> Vec<Vec<usize>> {
    let circles = numbers.below(2) == 0;
    let mut leans_on: Vec<Vec<usize>> = (0..nodes)
        .map(|node| {
            (0..numbers.below(4)).filter(|_| node > 0).map(|_| numbers.below(node.max(1))).collect()
        })
        .collect();
    if circles {
        for _ in 0..=numbers.below(3) {
            let (from, to) = (numbers.below(nodes), numbers.below(nodes));
            leans_on[from.min(to)].push(from.max(to));
        }
    }
    leans_on
}

/// The graph as a set. At each step a message is sent, so that the test can delay there.
fn graph_as_text(leans_on: &[Vec<usize>]) -> String {
    let node = |(node, others): (usize, &Vec<usize>)| {
        let sum = others.iter().fold("1".to_owned(), |sum, other| {
            format!("(let s = {sum}; in builtins.seq s (builtins.trace \"\" (s + n{other})))")
        });
        format!("n{node} = {sum};")
    };
    format!("rec {{ {} }}", leans_on.iter().enumerate().map(node).collect::<Vec<_>>().join(" "))
}

/// The value of each node; `None` where it leans on a circle.
fn expected(leans_on: &[Vec<usize>]) -> Vec<Option<i64>> {
    fn value(
        node: usize,
        leans_on: &[Vec<usize>],
        known: &mut Vec<Option<Option<i64>>>,
        open: &mut Vec<usize>,
    ) -> Option<i64> {
        if let Some(value) = known[node] {
            return value;
        }
        if open.contains(&node) {
            return None;
        }
        open.push(node);
        let sum = leans_on[node].iter().try_fold(1_i64, |sum, other| {
            Some(sum.wrapping_add(value(*other, leans_on, known, open)?))
        });
        open.pop();
        // Who leans on a circle has no value, whichever node one began with.
        known[node] = Some(sum);
        sum
    }
    let mut known = vec![None; leans_on.len()];
    (0..leans_on.len()).map(|node| value(node, leans_on, &mut known, &mut Vec::new())).collect()
}

/// Many small graphs, forced by four threads that stop at random between one claim and the next:
/// a circle is always found, and where there is none nobody sees one.
#[test]
fn random_graphs_with_random_delays() {
    support::watched(PATIENCE, || {
        let ticks = AtomicU64::new(0);
        let delay = |_: &str| {
            let tick = ticks.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            match (tick >> 40) % 8 {
                0 => std::thread::sleep(Duration::from_micros(tick >> 57)),
                1..=4 => std::thread::yield_now(),
                _ => {}
            }
        };
        let sources = SourceMap::new();
        let mut numbers = Numbers(0x5DEE_CE66);
        support::in_session_told(&sources, &delay, |session, evaluator| {
            for round in 0..400 {
                let leans_on = graph(&mut numbers, 3 + round % 14);
                let expected = expected(&leans_on);
                let text = graph_as_text(&leans_on);
                let names: Vec<String> = (0..leans_on.len()).map(|n| format!("set.n{n}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let nodes = attributes(session, evaluator, &text, &names);
                let turn = AtomicU64::new(round as u64);
                let results = at_once(session, &[nodes[0]; 4], |evaluator, _| {
                    let mut numbers = Numbers(turn.fetch_add(77, Ordering::Relaxed) + 1);
                    let asked: Vec<usize> =
                        (0..nodes.len() * 2).map(|_| numbers.below(nodes.len())).collect();
                    let force = |node: &usize| (*node, evaluator.int(nodes[*node]).map_err(said));
                    asked.iter().map(force).collect::<Vec<_>>()
                });
                for (node, result) in results.into_iter().flatten() {
                    let right = match (&result, expected[node]) {
                        (Ok(value), Some(expected)) => *value == expected,
                        (Err(error), None) => error.contains("infinite recursion"),
                        _ => false,
                    };
                    assert!(right, "round {round}, n{node}: {result:?} of {text}");
                }
            }
        });
    });
}
