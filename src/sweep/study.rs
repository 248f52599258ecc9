//! What a stage is, depending on its parameters.

use std::hash::Hash;
use std::sync::Arc;

use super::alike::Alike;
use super::classes::RunClasses;
use super::facet::{Facets, Input};
use super::field::{Field, Interned, Look};
use super::keys::{self, Place};
use super::listing::Pieces;
use super::recipe::Recipe;
use super::scatter::Whole;
use super::script::Keeping;
use super::space::Space;
use super::tracked::{Answer, Keep, Noticed, Question, Tracking, Untold};
use super::worded::{FoundOutputs, Worded, WordedOutputs};
use crate::lab::{Body, Part, Reader, Resources, Run, Stage, Vocabulary};
use crate::session::Session;
use crate::value::Attrs;

/// A stage to be studied.
pub(super) struct Study<'x, 'h> {
    pub(super) session: &'x Session<'h>,
    pub(super) packages: Option<Attrs<'h>>,
    pub(super) run: &'x Run<'h>,
    pub(super) stage: &'x Stage<'h>,
    /// Where each parameter takes its values from.
    pub(super) sources: &'x [Option<Place>],
    pub(super) classes: &'x RunClasses<'x, 'h>,
    /// Of the run's axes.
    pub(super) lengths: &'x [u32],
    /// How often a function may be evaluated.
    pub(super) most: usize,
    pub(super) keeping: Keeping<'x>,
}

/// What a stage reads and writes: all that its wiring depends on.
#[derive(Clone, Debug)]
pub(super) struct Ports {
    pub(super) inputs: Field<Vec<Input>>,
    pub(super) outputs: WordedOutputs,
    /// Of a scatter-gather stage, whose parts are evaluated as one, all of it.
    whole: Option<Field<Whole>>,
}

/// What else a stage is.
#[derive(Clone, Debug)]
pub(super) struct Studied {
    pub(super) pname: Worded,
    /// Its own hints.
    pub(super) hints: Field<Option<Resources>>,
    /// What stands for its script.
    pub(super) script: Worded,
    pub(super) pieces: Field<Pieces>,
    pub(super) recipes: Field<Vec<Recipe>>,
    /// What of its parts is in a job's identity.
    pub(super) digests: Field<Vec<(Arc<str>, [u8; 32])>>,
}

impl<'h> Study<'_, 'h> {
    /// What it reads and writes.
    pub(super) fn ports(&self, noticed: &mut Vec<Noticed>) -> Result<Ports, Untold> {
        match &self.stage.body {
            Body::Simple(part) => {
                let inputs = self.functions(noticed, |facets| {
                    let names = facets.names(part.attrs, "inputs")?;
                    Some(names.into_iter().map(input).collect())
                });
                let mut found = FoundOutputs::default();
                let (space, table) = self.functions_into(&mut found, noticed, |facets| {
                    facets.names(part.attrs, "outputs")
                })?;
                let outputs = WordedOutputs::new(space, table, found);
                Ok(Ports { inputs: inputs?, outputs, whole: None })
            }
            Body::ScatterGather { scatter, workers, steps, gather } => {
                let questions = [self.questions(true), self.questions(self.words_differ())];
                let whole =
                    self.explore(noticed, questions.into_iter().flatten(), |facets, _| {
                        facets.whole(scatter, workers, *steps, gather)
                    })?;
                Ok(Ports {
                    inputs: whole.map(|w| w.script.inputs.iter().cloned().map(input).collect()),
                    outputs: WordedOutputs::part_of(&whole, |w| &w.script.outputs),
                    whole: Some(whole),
                })
            }
        }
    }

    /// What its jobs are called.
    pub(super) fn pname(&self, noticed: &mut Vec<Noticed>) -> Result<Worded, Untold> {
        let mut names = Alike::default();
        let explored = self
            .functions_into(&mut names, noticed, |facets| facets.pname().map(String::into_bytes));
        let (space, table) = explored?;
        Ok(Worded::new(space, table, names))
    }

    /// What else it is.
    pub(super) fn rest(
        &self,
        ports: &Ports,
        noticed: &mut Vec<Noticed>,
    ) -> Result<Studied, Untold> {
        let pname = self.pname(noticed);
        let full = |hints: Option<Resources>| hints.filter(|hints| !hints.is_empty());
        if let Some(whole) = &ports.whole {
            return Ok(Studied {
                pname: pname?,
                hints: whole.map(|w| full(w.script.resources.clone())),
                script: Worded::part_of(whole, |w| &w.script.text),
                pieces: whole.map(|w| Pieces { parts: w.parts.clone(), steps: w.steps.clone() }),
                recipes: whole.map(|w| w.recipes.clone()),
                digests: whole.map(|w| w.digests.clone()),
            });
        }
        let hints = self.functions(noticed, |facets| {
            let Body::Simple(part) = &facets.stage.body else { return Some(None) };
            let what = facets.what(part);
            facets.resources(part.attrs, &what).map(full)
        });
        let script = match &self.stage.body {
            Body::Simple(part) => self.script(part, ports, noticed),
            Body::ScatterGather { .. } => Ok(Worded::constant(&[])),
        };
        Ok(Studied {
            pname: pname?,
            hints: hints?,
            script: script?,
            pieces: Field::constant(Pieces::default()),
            recipes: Field::constant(Vec::new()),
            digests: Field::constant(Vec::new()),
        })
    }

    fn script(
        &self,
        part: &Part<'h>,
        ports: &Ports,
        noticed: &mut Vec<Noticed>,
    ) -> Result<Worded, Untold> {
        let words = self.questions(self.words_differ());
        let looks: [Look<'_>; 2] = [ports.inputs.look(), ports.outputs.field().look()];
        let questions = words.into_iter().chain(looks.map(Question::Field));
        let mut texts = Alike::default();
        let explored = self.explore_into(&mut texts, noticed, questions, |facets, coordinates| {
            match ports.inputs.at(coordinates) {
                Some(inputs) => facets.script_text(part, inputs, &ports.outputs.at(coordinates)),
                None => Answer { value: None, asked: Vec::new() },
            }
        });
        let (space, table) = explored?;
        Ok(Worded::new(space, table, texts))
    }

    /// What a function of the parameters alone gives.
    fn functions<T: Eq + Hash + Send + Sync + 'static>(
        &self,
        noticed: &mut Vec<Noticed>,
        function: impl Fn(&mut Facets<'_, '_, 'h>) -> Option<T> + Sync,
    ) -> Result<Field<T>, Untold> {
        self.explore(noticed, self.questions(true), |facets, _| facets.of_parameters(&function))
    }

    /// The same, kept otherwise.
    fn functions_into<T, K: Keep<T>>(
        &self,
        values: &mut K,
        noticed: &mut Vec<Noticed>,
        function: impl Fn(&mut Facets<'_, '_, 'h>) -> Option<T> + Sync,
    ) -> Result<(Space, Vec<u32>), Untold> {
        let questions = self.questions(true);
        self.explore_into(values, noticed, questions, |facets, _| facets.of_parameters(&function))
    }

    fn explore<'s, T: Eq + Hash + Send + Sync + 'static>(
        &'s self,
        noticed: &mut Vec<Noticed>,
        questions: impl IntoIterator<Item = Question<'s>>,
        evaluate: impl Fn(&mut Facets<'_, '_, 'h>, &[u32]) -> Answer<T> + Sync,
    ) -> Result<Field<T>, Untold> {
        let mut values = Interned::default();
        let (space, table) = self.explore_into(&mut values, noticed, questions, evaluate)?;
        Ok(Field::new(space, table, values.all))
    }

    fn explore_into<'s, T, K: Keep<T>>(
        &'s self,
        values: &mut K,
        noticed: &mut Vec<Noticed>,
        questions: impl IntoIterator<Item = Question<'s>>,
        evaluate: impl Fn(&mut Facets<'_, '_, 'h>, &[u32]) -> Answer<T> + Sync,
    ) -> Result<(Space, Vec<u32>), Untold> {
        let tracking = Tracking {
            session: self.session,
            lengths: self.lengths,
            questions: questions.into_iter().collect(),
            most: self.most,
        };
        tracking.explore(values, noticed, |reader: &mut Reader<'_, 'h>, coordinates| {
            let values = keys::values(self.run, self.stage, self.sources, coordinates);
            let before = reader.diagnostics.len();
            let mut facets = Facets {
                reader,
                stage: self.stage,
                values,
                packages: self.packages,
                keeping: self.keeping,
                watch: None,
            };
            let answer = evaluate(&mut facets, coordinates);
            let Facets { reader, values, .. } = facets;
            if reader.diagnostics.len() > before {
                let context = keys::context(self.run, self.stage, &values);
                reader.diagnostics.within_since(before, self.stage.span, &context);
                let sources = self.session.shared.sources;
                for diagnostic in reader.diagnostics.since(before) {
                    keys::say_origin(diagnostic, self.run, self.stage, self.sources, sources);
                }
            }
            answer
        })
    }

    /// Do scripts of this stage have the values of parameters in them?
    fn words_differ(&self) -> bool {
        self.stage.vocabulary == Vocabulary::Params
    }

    /// One question a parameter.
    fn questions(&self, differ: bool) -> Vec<Question<'_>> {
        let question = |source: &Option<Place>| {
            let found = source.filter(|_| differ).and_then(|place| {
                Some(Question::Parameter {
                    axis: place.0,
                    classes: self.classes.told_apart(place)?,
                })
            });
            found.unwrap_or(Question::Known)
        };
        self.sources.iter().map(question).collect()
    }
}

fn input((name, default, span): (Arc<str>, Arc<str>, crate::source::Span)) -> Input {
    Input { name, default, span }
}
