//! Outputs that aren't there.
//!
//! A stage may declare an output that its script needn't write: as upstream sees it, a script that ends well has done
//! its job. So that is no failure; but it is told, and where a script that reads it fails, it is told why.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::paths::{is_missing, placed};
use super::schedule::{Piece, Unit};
use super::work::{Work, branch, recipe};
use crate::sweep::{JobView, Source, StepSource};

/// An output that a script was to write and didn't.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Unwritten {
    /// The part of the stage that was to, if it has parts.
    pub part: Option<Arc<str>>,
    /// The output.
    pub output: Arc<str>,
    /// Its path as the lab writes it.
    pub path: Arc<str>,
}

impl Work<'_> {
    /// The declared outputs that a piece of work hasn't written.
    pub(super) fn unwritten(&self, unit: Unit) -> io::Result<Vec<Unwritten>> {
        let view = self.view(unit.job)?;
        let whole = self.folder(unit.job)?;
        let step = |step: u32| view.steps().get(step as usize).map(|step| Arc::clone(&step.name));
        let (part, outputs, out) = match unit.piece {
            Piece::Main | Piece::Gather => (None, view.outputs(), whole.out()),
            Piece::Scatter => {
                let recipe = recipe(&view, "scatter")?;
                (Some("scatter".into()), recipe.outputs.clone(), whole.within("scatter").out())
            }
            Piece::Step { item, step: number } => {
                let name = step(number).unwrap_or_default();
                let out = branch(&whole, item).within(&format!("step-{name}")).out();
                let outputs = recipe(&view, &name)?.outputs.clone();
                (Some(name), outputs, out)
            }
        };
        let missing = outputs.into_iter().filter(|(_, path)| is_missing(path, &out));
        Ok(missing.map(|(output, path)| Unwritten { part: part.clone(), output, path }).collect())
    }

    /// What a piece of work was to read and isn't there, in a clause each.
    pub(super) fn absent(&self, unit: Unit) -> io::Result<Vec<String>> {
        let view = self.view(unit.job)?;
        let whole = self.folder(unit.job)?;
        let mut absent = Vec::new();
        let mut look = |input: &str, output: &str, whose: &str, path: &Path| {
            if fs::metadata(path).is_err() {
                let which = if input == output { String::new() } else { format!(" as `{output}`") };
                absent.push(format!(
                    "its input `{input}` isn't there: {whose} didn't write it{which}"
                ));
            }
        };
        if matches!(unit.piece, Piece::Main | Piece::Scatter) {
            for (input, source) in view.inputs() {
                let Source::Job { job, output } = source else { continue };
                let other = self.view(job)?;
                let path = placed(&other.outputs(), output, &self.folder(job)?.out())?;
                look(input, output, &named(&other), Path::new(&path));
            }
            return Ok(absent);
        }
        let (step, at) = match unit.piece {
            Piece::Step { item, step } => {
                (view.steps().get(step as usize), Some(branch(&whole, item)))
            }
            _ => (view.steps().last(), None),
        };
        for (input, source) in step.into_iter().flat_map(|step| &step.inputs) {
            let (from, output, out) = match (source, &at) {
                (StepSource::Scatter(output), _) => {
                    ("scatter", output, whole.within("scatter").out())
                }
                (StepSource::Step { step, output }, Some(branch)) => {
                    (&**step, output, branch.within(&format!("step-{step}")).out())
                }
                _ => continue,
            };
            let path = placed(&recipe(&view, from)?.outputs, output, &out)?;
            look(input, output, &format!("`{from}`"), Path::new(&path));
        }
        Ok(absent)
    }
}

/// "job 5ykhxrmz (train)"
fn named(job: &JobView<'_>) -> String {
    let id = job.id().to_string();
    format!("job {} ({})", id.get(..8).unwrap_or(&id), job.stage().name)
}
