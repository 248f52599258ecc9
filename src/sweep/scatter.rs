//! Scatter-gather stages: several scripts that are one job.
//!
//! Scatter writes a list of items, a worker (or a graph of steps) runs for each, gather reads what
//! all of them wrote. From outside it is one stage: its inputs are those that no part provides, its
//! outputs those of gather.

use std::sync::Arc;

use super::facet::{Facets, Names, Script};
use super::listing::{Step, StepSource};
use super::recipe::Recipe;
use super::script::Keeping;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lab::{After, Link, Part, Resources};
use crate::source::Span;

/// Inputs and outputs that scatter-gather itself provides or reads.
const WORKER_ITEM: &str = "worker__item";
const WORKER_OUTS: &str = "worker__outs";
const WORKER_ARG: &str = "worker__arg";
const WORK_ITEMS: &str = "work__items";

/// A stage as one.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Whole {
    pub(super) script: Script,
    /// The hints of its parts.
    pub(super) parts: Vec<(Arc<str>, Resources)>,
    /// How its parts hang together.
    pub(super) steps: Vec<Step>,
    /// What of its parts is in a job's identity.
    pub(super) digests: Vec<(Arc<str>, [u8; 32])>,
    /// Its parts' scripts, where they are kept.
    pub(super) recipes: Vec<Recipe>,
}

impl<'h> Facets<'_, '_, 'h> {
    /// The stage as one: the inputs that come from outside, the outputs of gather.
    pub(super) fn scatter_gather(
        &mut self,
        scatter: &Part<'h>,
        workers: &[Part<'h>],
        steps: bool,
        gather: &Part<'h>,
    ) -> Option<Whole> {
        let key = &self.stage.key;
        let own_inputs = self.names(self.stage.attrs, "inputs");
        let what = format!("stage `{}`", self.stage.key);
        let resources = self.resources(self.stage.attrs, &what);
        let scattered = self.script(scatter);
        let worked: Vec<Option<Script>> =
            workers.iter().map(|worker| self.script(worker)).collect();
        let gathered = self.script(gather);
        let (scattered, gathered) = (scattered?, gathered?);
        let worked: Vec<Script> = worked.into_iter().collect::<Option<_>>()?;
        self.check_protocol(&scattered, scatter, workers, &worked, &gathered, gather)?;

        let mut steps_of = Vec::new();
        let all = Parts { scattered: &scattered, workers, worked: &worked };
        for (part, script) in workers.iter().zip(&worked).chain([(gather, &gathered)]) {
            match all.wire(part, script) {
                Ok(inputs) => steps_of.push(Step { name: Arc::clone(&part.name), inputs }),
                Err(problem) => self.reader.report(problem.within(part.span, all.of(part, key))),
            }
        }
        if steps_of.len() <= workers.len() {
            return None;
        }
        let mut inputs = own_inputs?;
        let scripts = worked.iter().chain([&gathered]).zip(&steps_of);
        let outer = scripts.flat_map(|(script, step)| {
            let from = script.inputs.iter().zip(&step.inputs);
            from.filter(|(_, (_, source))| *source == StepSource::Stage).map(|(input, _)| input)
        });
        for input in scattered.inputs.iter().chain(outer) {
            if !inputs.iter().any(|(name, _, _)| *name == input.0) {
                inputs.push(input.clone());
            }
        }
        inputs.sort();
        let outputs = gathered.outputs.clone();
        let mut parts = Vec::new();
        let mut digests = Vec::new();
        let mut recipes = Vec::new();
        let all = [(scatter, scattered)]
            .into_iter()
            .chain(workers.iter().zip(worked))
            .chain([(gather, gathered)]);
        for (part, script) in all {
            let inner_step = steps && ![scatter, gather].iter().any(|own| std::ptr::eq(*own, part));
            let name: Arc<str> = match inner_step {
                true => format!("step-{}", part.name).into(),
                false => Arc::clone(&part.name),
            };
            digests.push((Arc::clone(&name), script.digest(part)));
            if matches!(self.keeping, Keeping::Recipes) {
                let outputs = script.outputs.iter();
                let outputs = outputs.map(|(o, path, _)| (Arc::clone(o), Arc::clone(path)));
                recipes.push(Recipe {
                    name: Arc::clone(&part.name),
                    text: script.text.clone(),
                    outputs: outputs.collect(),
                });
            }
            parts.extend(script.resources.filter(|hints| !hints.is_empty()).map(|h| (name, h)));
        }
        let script = Script { inputs, outputs, resources: resources?, text: Vec::new() };
        Some(Whole { script, parts, steps: steps_of, digests, recipes })
    }

    /// What upstream's runner relies on.
    fn check_protocol(
        &mut self,
        scattered: &Script,
        scatter: &Part<'h>,
        workers: &[Part<'h>],
        worked: &[Script],
        gathered: &Script,
        gather: &Part<'h>,
    ) -> Option<()> {
        let followed =
            |name: &str| workers.iter().any(|w| w.after.iter().any(|a| &*a.step == name));
        let sinks: Vec<(&Part<'h>, &Script)> =
            workers.iter().zip(worked).filter(|(w, _)| !followed(&w.name)).collect();
        let item = workers
            .iter()
            .zip(worked)
            .any(|(w, s)| w.after.is_empty() && has(&s.inputs, WORKER_ITEM));
        let key = &self.stage.key;
        let (problem, span, help) = if !has(&scattered.outputs, WORKER_ARG) {
            (
                "`scatter` has no output `worker__arg`".to_owned(),
                scatter.span,
                "it describes one item: `outputs.worker__arg = { … };`",
            )
        } else if !has(&scattered.outputs, WORK_ITEMS) {
            (
                "`scatter` has no output `work__items`".to_owned(),
                scatter.span,
                "it is the file of all items: `outputs.work__items = \"$out/items.json\";`",
            )
        } else if !has(&gathered.inputs, WORKER_OUTS) {
            (
                "`gather` has no input `worker__outs`".to_owned(),
                gather.span,
                "it receives what the workers wrote: `inputs.worker__outs = \"\";`",
            )
        } else if !item {
            let span = workers.first().map_or(self.stage.span, |w| w.span);
            (
                "no worker has the input `worker__item`".to_owned(),
                span,
                "it receives one item: `inputs.worker__item = \"\";`",
            )
        } else if sinks.len() != 1 {
            let names: Vec<&str> = sinks.iter().map(|(w, _)| &*w.name).collect();
            let text = format!("several steps are followed by none: {}", names.join(", "));
            (text, self.stage.span, "exactly one step comes last; gather reads its output")
        } else if let Some((sink, script)) = sinks.first().filter(|(_, s)| s.outputs.len() != 1) {
            let text = format!("`{}` has {} outputs", sink.name, script.outputs.len());
            (text, sink.span, "what gather reads has exactly one output")
        } else {
            return Some(());
        };
        self.reader.report(
            Diagnostic::error(
                "repx::stage::scatter-gather",
                format!("scatter-gather stage `{key}`: {problem}"),
            )
            .at(span, "here")
            .help(help),
        );
        None
    }
}

/// The parts that give something to others.
struct Parts<'p, 'h> {
    scattered: &'p Script,
    workers: &'p [Part<'h>],
    worked: &'p [Script],
}

impl<'h> Parts<'_, 'h> {
    /// For each input of a worker, a step or gather, in their order, where it comes from: from a
    /// step before it, else from scatter, else from outside.
    fn wire(
        &self,
        part: &Part<'h>,
        script: &Script,
    ) -> Result<Vec<(Arc<str>, StepSource)>, Diagnostic> {
        for after in &part.after {
            self.check(part, script, after)?;
        }
        // A step may have any name, that of gather as well.
        let works = self.workers.iter().any(|worker| std::ptr::eq(worker, part));
        let source = |name: &Arc<str>| match &**name {
            WORKER_ITEM if works => StepSource::Item,
            WORKER_OUTS if !works => StepSource::Workers,
            _ => {
                let step = part.after.iter().find_map(|after| self.given(after, name));
                step.unwrap_or_else(|| match has(&self.scattered.outputs, name) {
                    true => StepSource::Scatter(Arc::clone(name)),
                    false => StepSource::Stage,
                })
            }
        };
        Ok(script.inputs.iter().map(|(name, _, _)| (Arc::clone(name), source(name))).collect())
    }

    /// What another step gives to an input, if it does.
    fn given(&self, after: &After, name: &Arc<str>) -> Option<StepSource> {
        let output = match &after.link {
            Link::Named { output, input } if input.0 == *name => &output.0,
            Link::Named { .. } => return None,
            Link::SameNames if has(self.outputs_of(after), name) => name,
            Link::SameNames => return None,
        };
        Some(StepSource::Step { step: Arc::clone(&after.step), output: Arc::clone(output) })
    }

    fn outputs_of(&self, after: &After) -> &[(Arc<str>, Arc<str>, Span)] {
        let found = self.workers.iter().zip(self.worked).find(|(part, _)| part.name == after.step);
        found.map_or(&[], |(_, script)| &script.outputs)
    }

    /// The names of a dependency between steps must fit, as those between stages must.
    fn check(&self, part: &Part<'_>, script: &Script, after: &After) -> Result<(), Diagnostic> {
        let (own, other) = (&part.name, &after.step);
        let outputs = self.outputs_of(after);
        match &after.link {
            Link::SameNames if outputs.iter().any(|(name, _, _)| has(&script.inputs, name)) => {
                Ok(())
            }
            Link::SameNames => Err(Diagnostic::error(
                "repx::stage::no-common-name",
                format!("no output of step `{other}` is an input of step `{own}`"),
            )
            .at(after.span, "shares no name with it")
            .help(format!(
                "map one, `[ {other} \"output\" \"input\" ]`; `{other}` has the outputs {}",
                listed(outputs)
            ))),
            Link::Named { output, input } => {
                let unknown = |name: &(Arc<str>, Span), step: &str, what: &str, known: &Names| {
                    let names = known.iter().map(|(name, _, _)| &**name);
                    Diagnostic::error(
                        "repx::stage::unknown-name",
                        format!("step `{step}` has no {what} `{}`", name.0),
                    )
                    .at(name.1, format!("no such {what}"))
                    .help(
                        did_you_mean(&name.0, names)
                            .unwrap_or_else(|| format!("its {what}s: {}", listed(known))),
                    )
                };
                if !has(outputs, &output.0) {
                    return Err(unknown(output, other, "output", &outputs.to_vec()));
                }
                if !has(&script.inputs, &input.0) {
                    return Err(unknown(input, own, "input", &script.inputs));
                }
                Ok(())
            }
        }
    }

    fn of(&self, part: &Part<'_>, key: &str) -> String {
        format!("in `{}` of stage `{key}`", part.name)
    }
}

fn has(names: &[(Arc<str>, Arc<str>, Span)], wanted: &str) -> bool {
    names.iter().any(|(name, _, _)| **name == *wanted)
}

fn listed(names: &[(Arc<str>, Arc<str>, Span)]) -> String {
    let names: Vec<&str> = names.iter().map(|(name, _, _)| &**name).collect();
    names.join(", ")
}
