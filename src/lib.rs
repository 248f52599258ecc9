//! repx evaluates `RepX` labs: experiments described in Nix, swept over lists of parameters.
//!
//! Data flows one way, and so do imports: a module uses only those before it.
//!
//! 0. [`bytes`]: plain data as bytes
//! 1. [`source`], [`diagnostic`]: places in files, and what is to be said of them
//! 2. [`syntax`]: text → tree; [`lower`]: tree → program
//! 3. [`store`], [`value`], [`world`]: store paths, the heap, the machine
//! 4. [`eval`], [`flake`], [`builtins`], [`session`]: running a program
//! 5. [`lab`], [`sweep`]: value → lab → jobs
//! 6. [`cache`]: what is kept between processes; [`realise`]: Nix, for writing to its store and
//!    building
//! 7. [`exec`]: running jobs
//! 8. [`check`]: what is wrong with a lab, all of it
//! 9. [`editor`]: what an editor asks about a lab; [`lsp`]: its server
//! 10. [`cli`]: the commands
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use repx::{eval, session, source::SourceMap, world::Memory};
//!
//! let (world, sources, interrupt) = (Memory::new(), SourceMap::new(), AtomicBool::new(false));
//! let config = session::Config {
//!     world: &world, sources: &sources, search_path: vec![], home: None,
//!     settings: eval::Settings::default(), tolerant: false,
//!     cache: None, packages: None, threads: 1, last: false, interrupt: &interrupt, messages: &|_| {},
//! };
//! let shown = session::run(&config, |session, evaluator| {
//!     let value = session.expression(evaluator, "map (x: x * 2) [ 1 2 ]", "/".as_ref());
//!     value.and_then(|value| evaluator.print(value, true)).ok()
//! });
//! assert_eq!(shown.unwrap().as_deref(), Some("[ 2 4 ]"));
//! ```

pub mod builtins;
pub mod bytes;
pub mod cache;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod editor;
pub mod eval;
pub mod exec;
pub mod flake;
pub mod lab;
pub mod lower;
pub mod lsp;
pub mod realise;
pub mod session;
pub mod source;
pub mod store;
pub mod sweep;
pub mod syntax;
pub mod value;
pub mod world;
