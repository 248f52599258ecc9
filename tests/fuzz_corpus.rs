//! Inputs that the fuzzers keep: each once, through the functions that they fuzz. A crash that
//! was found is here as the input that caused it.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, reason = "a test may stop")]
#![allow(missing_docs, unreachable_pub, reason = "checks of another crate")]

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::path::Path;
use std::time::{Duration, Instant};

use repx::session::on_large_stack;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fuzz").join(target);
    let files = std::fs::read_dir(&folder).expect("the corpus is there");
    let mut replayed = 0;
    for file in files {
        let path = file.expect("the corpus is readable").path();
        let bytes = std::fs::read(&path).expect("the corpus is readable");
        let begin = Instant::now();
        // What panics in it is told by name: the test's own output shows the panic.
        let checked = std::panic::catch_unwind(|| on_large_stack(|| check(&bytes)));
        assert!(matches!(checked, Ok(Ok(()))), "{} is wrong", path.display());
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(10), "{} took {took:?}", path.display());
        replayed += 1;
    }
    assert!(replayed >= 5, "only {replayed} inputs for {target}");
}

#[test]
fn programs() {
    replay("language", checks::language);
}

#[test]
fn archives_and_derivations() {
    replay("store", checks::store);
}

#[test]
fn texts_that_builtins_read() {
    replay("builtins", checks::builtins);
}

#[test]
fn files_that_are_checked() {
    replay("check", checks::check);
}
