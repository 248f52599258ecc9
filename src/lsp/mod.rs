//! An editor's server: the language server protocol, spoken over a pipe.
//!
//! In come texts as they are typed and questions about them; out go diagnostics and answers. What is
//! wrong with a text is found by `check`, what an editor asks is answered by `editor`; this room keeps the
//! texts, says when what is looked at, and translates places and answers into the protocol's. The protocol's types
//! don't leave it.
//!
//! **Two speeds.** With each edit the edited text alone is looked at, on the main loop, which takes a few
//! milliseconds. When nobody types for a moment, the lab is evaluated on another thread, with what is open in the
//! place of what lies on the disk. The next edit interrupts that, and what it found moves along with the edits that
//! don't touch it, until it is known anew.
//!
//! **Nothing grows.** Each analysis has its own space of offsets and is dropped with it; what is kept of an
//! evaluation is plain data.
//!
//! | file | what it does |
//! |---|---|
//! | `connection.rs` | messages in and out |
//! | `server.rs` | the conversation: what comes when, and who answers |
//! | `capabilities.rs` | what each side says it can do |
//! | `requests.rs`, `answers/` | the answers |
//! | `documents.rs`, `texts.rs`, `buffers.rs` | texts: open, analysed, and as the evaluator sees them |
//! | `labs.rs`, `evaluate.rs` | when labs are looked at, and how |
//! | `finding.rs`, `publish.rs`, `actions.rs` | what is found, how it is told, and mended |
//! | `format.rs` | formatting, by another program |
//! | `position.rs`, `uri.rs` | places and names of files, as clients write them |

mod actions;
mod answers;
mod buffers;
mod capabilities;
mod connection;
mod documents;
mod evaluate;
mod finding;
mod format;
mod labs;
mod position;
mod publish;
mod requests;
mod server;
mod texts;
mod uri;

pub use format::find as find_formatter;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::cache::{LoweredFiles, Packages};
use crate::diagnostic::Diagnostic;
use crate::eval::Settings;
use crate::session::on_large_stack;
use crate::sweep::Request;
use crate::world::World;

/// How labs are found and evaluated.
pub struct Setup {
    /// What is to be listed of the lab in a directory.
    pub request: Box<dyn Fn(&Path) -> Result<Request, Diagnostic> + Send + Sync>,
    /// What is known of the package set of a lab, seen in a world, if it is a set of which something is kept.
    pub packages: Box<dyn Fn(&Request, &dyn World) -> Option<Packages> + Send + Sync>,
    /// The machine.
    pub machine: Box<dyn World>,
    /// `-I` and `NIX_PATH`.
    pub search_path: Vec<(String, String)>,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// What Nix lets one set.
    pub settings: Settings,
    /// Where lowered files are kept between processes, if they are.
    pub cache: Option<PathBuf>,
    /// The program that formats, if there is one.
    pub formatter: Option<PathBuf>,
    /// Is told, too, how each evaluation went?
    pub verbose: bool,
    /// Where is told what goes wrong.
    pub log: Box<dyn Fn(&str) + Send + Sync>,
}

impl Setup {
    /// What was kept so far. (What is added is only seen by who opens them after it was saved.)
    fn lowered(&self) -> Option<LoweredFiles> {
        self.cache.as_deref().map(LoweredFiles::new)
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The client has said goodbye.
    Orderly,
    /// It was gone, or left without a word.
    Abruptly,
}

/// Speaks with a client until it leaves.
///
/// # Errors
/// When the system refuses threads.
pub fn run(
    setup: Setup,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> std::io::Result<Ended> {
    // Reading trees takes stack.
    on_large_stack(move || server::converse(setup, input, output))?
}
