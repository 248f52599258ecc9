//! Value → lab.
//!
//! In comes the value of a lab file; out come runs, pipelines and stages with the places they
//! were written at, or diagnostics in the lab's own terms. Everything is checked here that does
//! not depend on a job's parameters; what is wrong in one place doesn't keep other places from
//! being read, so that independent mistakes are reported together. The room calls the functions
//! of the lab's files; it doesn't know what becomes of the jobs.

mod axis;
mod container;
mod datum;
pub mod fields;
mod hidden;
mod order;
mod pipeline;
mod places;
mod read;
mod resources;
mod run;
mod scope;
mod stage;

pub use axis::{Axis, Member, Target};
pub use container::ContainerMode;
pub use datum::{Datum, Ends, Texts, Values, script_word, shell_word};
pub use fields::Vocabulary;
pub use hidden::Hidden;
pub use pipeline::{Dependency, Link, Pipeline};
pub use places::Places;
pub use read::{Lab, read};
pub use resources::{Duration, HintError, Memory, Resources};
pub use run::{Need, Run};
pub use scope::Offer;
pub use stage::{After, Body, Part, Stage, bad_name, read_resources};

use crate::diagnostic::{Diagnostic, Found};
use crate::eval::Evaluator;
use crate::value::Error;

/// Reading a lab: the evaluator, and what has been found wrong so far.
pub struct Reader<'e, 'h> {
    /// Evaluates on this thread.
    pub evaluator: &'e mut Evaluator<'h>,
    /// What is wrong.
    pub diagnostics: Found,
    /// The words the lab uses, once it has used one.
    pub vocabulary: Option<(Vocabulary, crate::source::Span)>,
    places: Places<'h>,
}

impl<'e, 'h> Reader<'e, 'h> {
    /// A reader that has found nothing wrong yet.
    pub fn new(evaluator: &'e mut Evaluator<'h>) -> Reader<'e, 'h> {
        let places = Places::new(evaluator.shared.sources, evaluator.shared.trees);
        Reader { evaluator, diagnostics: Found::default(), vocabulary: None, places }
    }

    /// Notes what is wrong; the same thing found twice is told once.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.add(diagnostic);
    }

    /// The result of an evaluation; an error is noted with what was being read.
    pub fn take<T>(
        &mut self,
        result: Result<T, Error<'h>>,
        context: impl FnOnce(Diagnostic) -> Diagnostic,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.report(context(error.diagnostic()));
                None
            }
        }
    }

    /// The places of values, for messages.
    pub fn places(&mut self) -> &mut Places<'h> {
        &mut self.places
    }

    /// Has anything been found that makes a result impossible?
    pub fn failed(&self) -> bool {
        self.diagnostics.failed()
    }
}
