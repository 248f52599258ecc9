//! What is fuzzed: one function per target, which panics when something is wrong.
//!
//! In come any bytes; nothing goes out. `fuzz_targets/` calls these under libFuzzer,
//! `tests/fuzz_corpus.rs` replays `corpus/fuzz/` through them. `fuzz/README.md` says how to run.

mod builtins;
mod check;
mod language;
mod store;

pub use builtins::builtins;
pub use check::check;
pub use language::language;
pub use store::store;
