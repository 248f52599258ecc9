//! Outputs that no stage reads although another stage depends on theirs.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::facet::Names;
use super::field::Field;
use super::wiring::{Wire, Wiring};
use crate::diagnostic::Diagnostic;
use crate::lab::Stage;
use crate::source::Span;

/// What is known so far: a stage's file may be used in several pipelines, and what one of them
/// doesn't read another may.
#[derive(Default)]
pub(super) struct UnreadOutputs {
    /// Outputs of stages that others depend on, as they were met.
    outputs: Vec<(Span, Arc<str>)>,
    /// Is it read?
    read: HashMap<(Span, Arc<str>), bool>,
}

impl UnreadOutputs {
    /// Notes what a stage reads of those it depends on, whose outputs `outputs_of` gives by their
    /// index in the pipeline.
    pub(super) fn of_stage<'f>(
        &mut self,
        stage: &Stage<'_>,
        wiring: &Field<Wiring>,
        outputs_of: impl Fn(usize) -> Option<&'f Field<Names>>,
    ) {
        for (index, dependency) in stage.dependencies.iter().enumerate() {
            let Some(outputs) = outputs_of(dependency.stage) else { continue };
            let wires = wiring.values().iter().flat_map(|wiring| &wiring.inputs);
            let read: HashSet<&Arc<str>> = wires
                .filter_map(|(_, wire)| match wire {
                    Wire::Dependency { index: from, output } => (*from == index).then_some(output),
                    Wire::Run(_) | Wire::StoreBase | Wire::Default(_) => None,
                })
                .collect();
            for (name, _, span) in outputs.values().iter().flatten() {
                self.note(*span, name, read.contains(name));
            }
        }
    }

    fn note(&mut self, span: Span, name: &Arc<str>, read: bool) {
        let known = self.read.entry((span, Arc::clone(name))).or_insert_with(|| {
            self.outputs.push((span, Arc::clone(name)));
            false
        });
        *known |= read;
    }

    /// What there is to say, in the order in which the outputs were met.
    pub(super) fn advice(&self) -> impl Iterator<Item = Diagnostic> {
        let unread = |output: &&(Span, Arc<str>)| self.read.get(*output) == Some(&false);
        self.outputs.iter().filter(unread).map(|(span, name)| {
            Diagnostic::advice(
                "repx::pipeline::unread-output",
                format!("no stage that follows reads the output `{name}`"),
            )
            .at(*span, "a result, or forgotten")
            .help(format!(
                "a stage that declares the input `{name}` and depends on this one reads it"
            ))
        })
    }
}
