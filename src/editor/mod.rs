//! What an editor asks about a lab.
//!
//! In come the texts as they stand, broken ones too, and what the last evaluation found out; out
//! come answers in plain types and places. Nothing here evaluates while it answers, nothing waits,
//! and nothing knows of a protocol. What an evaluation may no longer know of a text is not said.
//! Trees are descended recursively: call all of this on a thread with a large stack.
//!
//! | file | what it does |
//! |---|---|
//! | `text.rs` | one text, analysed; places |
//! | `facts.rs` | what the last evaluation found out, as plain data |
//! | `symbols.rs`, `folds.rs`, `tokens.rs` | what one text tells alone |
//! | `hover.rs`, `hints.rs`, `complete.rs` | what is said about a place |
//! | `opened.rs` | names that `with` gives |
//! | `value.rs` | values that the text alone gives |
//! | `navigate.rs`, `rename.rs`, `conflicts.rs` | where else a thing is, and calling it otherwise |
//! | `spot.rs`, `index.rs`, `look.rs` | words of a tree, and following them through texts |
//! | `sketch.rs`, `uses.rs`, `wires.rs` | the lab as its texts tell it: stages, what they use, what is wired |
//! | `thing.rs`, `occurrences.rs`, `told.rs` | what a word means, all its places, what is known of it |
//! | `schema.rs` | what the attributes of a lab are for |
//! | `cursor.rs`, `offers.rs` | where the cursor stands, and what fits there |

mod complete;
mod conflicts;
mod cursor;
mod facts;
mod folds;
mod hints;
mod hover;
mod index;
mod look;
mod navigate;
mod occurrences;
mod offers;
mod opened;
mod rename;
mod schema;
mod sketch;
mod spot;
mod symbols;
mod text;
mod thing;
mod tokens;
mod told;
mod uses;
mod value;
mod wires;

use std::path::Path;
use std::sync::Arc;

pub use complete::{Completion, CompletionKind, complete};
pub use facts::{Fact, JobCount, LabFacts, ParamFact, RunFact, StageFact, gather};
pub use folds::{Fold, FoldKind, folds};
pub use hints::{Hint, hints};
pub use hover::{Hover, hover};
pub use navigate::{definition, references};
pub use rename::{Edit, Refusal, Renamed, renamable, rename};
pub use symbols::{LabSymbol, Symbol, SymbolKind, symbols, workspace_symbols};
pub use text::{Place, Text};
pub use tokens::{Modifiers, Token, TokenKind, tokens};

/// Where texts come from: what an editor has open, else what is on the disk.
pub trait Texts {
    /// The text of a file as it stands now.
    fn text(&self, path: &Path) -> Option<Arc<Text>>;

    /// The files of the lab and whatever else is open.
    fn all(&self) -> Vec<Arc<Text>>;
}

/// All that answers are given from.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// Texts as they stand.
    pub texts: &'k dyn Texts,
    /// The lab as it was last evaluated, which may have been before the last keystrokes.
    pub lab: Option<&'k LabFacts>,
}

impl std::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").field("lab", &self.lab.is_some()).finish_non_exhaustive()
    }
}
