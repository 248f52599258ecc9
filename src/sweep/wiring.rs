//! Where inputs come from.

use std::sync::Arc;

use super::facet::{Input, Names};
use super::field::{Field, Look, combined};
use super::study::Ports;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lab::{Dependency, Link, Stage};

/// Where a job's inputs come from, the jobs themselves aside.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Wiring {
    /// Sorted by input.
    pub inputs: Vec<(Arc<str>, Wire)>,
    /// Which dependencies this job really has, by index among the stage's.
    pub used: Vec<usize>,
}

/// Where an input comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Wire {
    /// A stage it depends on.
    Dependency {
        /// Which, among the stage's.
        index: usize,
        /// The output's name.
        output: Arc<str>,
    },
    /// The metadata of a run.
    Run(Arc<str>),
    /// The folder that holds all results.
    StoreBase,
    /// Nothing wires it: the stage's own default, as it is written.
    Default(Arc<str>),
}

/// Prefix of inputs that take the metadata of a run (upstream's protocol).
const METADATA: &str = "metadata__";
/// The input that takes the folder of all results.
const STORE_BASE: &str = "store__base";

/// What is around the stage.
pub(super) struct Around<'a, 'h> {
    pub(super) stage: &'a Stage<'h>,
    /// The stages it depends on, in the order of its dependencies.
    pub(super) producers: Vec<&'a Stage<'h>>,
    /// Names of the runs that its run depends on.
    pub(super) runs: &'a [Arc<str>],
}

impl Around<'_, '_> {
    /// How inputs are wired, for all combinations of what the stages read and write: the field,
    /// unless it would have more than `most` points, and what doesn't fit.
    pub(super) fn field(
        &self,
        lengths: &[u32],
        ports: &Ports,
        outputs: &[&Field<Names>],
        most: u64,
    ) -> (Option<Field<Wiring>>, Vec<Diagnostic>) {
        let looks: Vec<Look<'_>> = std::iter::once(ports.inputs.look())
            .chain(outputs.iter().map(|outputs| outputs.look()))
            .collect();
        let mut problems = Vec::new();
        let wiring = combined(lengths, &looks, most, |picks| {
            let mut picks = picks.iter().map(|pick| *pick as usize);
            let own = picks.next().and_then(|pick| ports.inputs.values().get(pick));
            let names: Option<Vec<&Names>> =
                outputs.iter().zip(picks).map(|(names, pick)| names.values().get(pick)).collect();
            let wired = own.zip(names).map(|(own, names)| self.wire(own, &names));
            wired.unwrap_or_else(|| Ok(Wiring::default())).unwrap_or_else(|found| {
                problems.extend(found);
                Wiring::default()
            })
        });
        if let Some(wiring) = wiring.as_ref().filter(|_| problems.is_empty()) {
            let used = |index: usize| wiring.values().iter().any(|w| w.used.contains(&index));
            let unused = outputs.iter().enumerate().filter(|(index, _)| !used(*index));
            let own = ports.inputs.at(&[]);
            problems
                .extend(unused.filter_map(|(index, names)| {
                    Some(self.unmatched(index, own?, names.at(&[])?))
                }));
        }
        let context = format!("in stage `{}`", self.stage.key);
        let problems = problems.into_iter().map(|p| p.within(self.stage.span, &*context));
        (wiring, problems.collect())
    }
    /// Wires one job's inputs to the outputs of what it depends on.
    ///
    /// # Errors
    /// Everything that doesn't fit.
    fn wire(&self, own: &[Input], producers: &[&Names]) -> Result<Wiring, Vec<Diagnostic>> {
        let mut wiring = Wiring::default();
        let (mut problems, mut unwired) = (Vec::new(), Vec::new());
        let dependencies = self.stage.dependencies.iter().zip(producers).enumerate();
        for (index, (dependency, outputs)) in dependencies {
            match &dependency.link {
                Link::SameNames => {
                    let shared = outputs.iter().filter(|(o, _, _)| has_input(own, o));
                    for (name, _, _) in shared {
                        self.connect(&mut wiring, &mut problems, name, index, name, dependency);
                    }
                }
                Link::Named { output, input } => {
                    if !outputs.iter().any(|(name, _, _)| *name == output.0) {
                        problems.push(self.unknown_output(index, outputs, output));
                    } else if has_input(own, &input.0) {
                        self.connect(
                            &mut wiring,
                            &mut problems,
                            &input.0,
                            index,
                            &output.0,
                            dependency,
                        );
                    }
                }
            }
        }
        for input in own {
            if wiring.inputs.iter().any(|(name, _)| *name == input.name) {
                continue;
            }
            match self.without_dependency(input) {
                Ok(wire) => wiring.inputs.push((Arc::clone(&input.name), wire)),
                Err(problem) => unwired.push(problem),
            }
        }
        wiring.inputs.sort_by(|a, b| a.0.cmp(&b.0));
        if unwired.is_empty() && problems.is_empty() {
            return Ok(wiring);
        }
        // A dependency that fits nowhere is why an input is left over: that alone is told.
        if problems.is_empty() {
            let unused = (0..producers.len()).filter(|index| !wiring.used.contains(index));
            let producers = unused.filter_map(|index| Some((index, *producers.get(index)?)));
            problems.extend(producers.map(|(index, other)| self.unmatched(index, own, other)));
        }
        Err(if problems.is_empty() { unwired } else { problems })
    }

    fn connect(
        &self,
        wiring: &mut Wiring,
        problems: &mut Vec<Diagnostic>,
        input: &Arc<str>,
        index: usize,
        output: &Arc<str>,
        dependency: &Dependency,
    ) {
        let before = wiring.inputs.iter().find_map(|(name, wire)| match wire {
            Wire::Dependency { index, .. } if name == input => Some(*index),
            _ => None,
        });
        if let Some(before) = before {
            let key = &self.stage.key;
            let first = self.stage.dependencies.get(before).map_or(self.stage.span, |d| d.span);
            problems.push(
                Diagnostic::error(
                    "repx::pipeline::input-twice",
                    format!("input `{input}` of stage `{key}` comes from two dependencies"),
                )
                .at(dependency.span, "from here")
                .also(first, "and from here")
                .help("say which output goes where: `[ stage \"output\" \"input\" ]`"),
            );
            return;
        }
        let wire = Wire::Dependency { index, output: Arc::clone(output) };
        wiring.inputs.push((Arc::clone(input), wire));
        if !wiring.used.contains(&index) {
            wiring.used.push(index);
        }
    }

    fn without_dependency(&self, input: &Input) -> Result<Wire, Diagnostic> {
        let first_stage = self.stage.dependencies.is_empty();
        let special = &*input.name == STORE_BASE || input.name.starts_with(METADATA);
        if special && !first_stage {
            return Err(self.not_first(input));
        }
        if &*input.name == STORE_BASE {
            return Ok(Wire::StoreBase);
        }
        if let Some(run) = input.name.strip_prefix(METADATA)
            && let Some(found) = self.runs.iter().find(|name| &***name == run)
        {
            return Ok(Wire::Run(Arc::clone(found)));
        }
        if !input.default.is_empty() {
            return Ok(Wire::Default(Arc::clone(&input.default)));
        }
        // What should have provided it is what is wrong.
        if self.stage.lost_dependency {
            return Ok(Wire::Default("".into()));
        }
        Err(self.unwired(input))
    }

    fn not_first(&self, input: &Input) -> Diagnostic {
        Diagnostic::error(
            "repx::stage::not-a-first-stage",
            format!(
                "stage `{}` can't take `{}`: it depends on other stages",
                self.stage.key, input.name
            ),
        )
        .at(input.span, "this input")
        .also(self.stage.span, "the stage is used here")
        .help("only a stage without dependencies takes what other runs made; pass it on from there")
    }

    fn unwired(&self, input: &Input) -> Diagnostic {
        let name = &input.name;
        let run = name.strip_prefix(METADATA);
        let help = match run {
            Some(run) => did_you_mean(run, self.runs.iter().map(|r| &**r)).unwrap_or_else(|| {
                format!("the run must depend on run `{run}`: `callRun ./… [ {run} ]`")
            }),
            None => format!(
                "add a stage with the output `{name}` to its dependencies, map one with `[ stage \"output\" \"{name}\" ]`, or give the input a default"
            ),
        };
        Diagnostic::error(
            "repx::stage::input-unmatched",
            format!("nothing provides the input `{name}` of stage `{}`", self.stage.key),
        )
        .at(input.span, "this input")
        .also(self.stage.span, "the stage is used here")
        .help(help)
    }

    fn unknown_output(
        &self,
        index: usize,
        outputs: &Names,
        output: &(Arc<str>, crate::source::Span),
    ) -> Diagnostic {
        let key = self.producer_key(index);
        let names = outputs.iter().map(|(name, _, _)| &**name);
        let all: Vec<&str> = names.clone().collect();
        Diagnostic::error(
            "repx::pipeline::unknown-output",
            format!("stage `{key}` has no output `{}`", output.0),
        )
        .at(output.1, "no such output")
        .help(
            did_you_mean(&output.0, names)
                .unwrap_or_else(|| format!("its outputs: {}", all.join(", "))),
        )
    }

    fn producer_key(&self, index: usize) -> &str {
        self.producers.get(index).map_or("?", |stage| &*stage.key)
    }

    /// A dependency that matched in none of the stage's jobs.
    pub(super) fn unmatched(&self, index: usize, own: &[Input], outputs: &Names) -> Diagnostic {
        let stage = &self.stage.key;
        let key = self.producer_key(index);
        let span = self.stage.dependencies.get(index).map_or(self.stage.span, |d| d.span);
        let outputs: Vec<&str> = outputs.iter().map(|(name, _, _)| &**name).collect();
        let inputs: Vec<&str> = own.iter().map(|input| &*input.name).collect();
        if let Some(Link::Named { input, .. }) = self.stage.dependencies.get(index).map(|d| &d.link)
        {
            return Diagnostic::error(
                "repx::pipeline::unknown-input",
                format!("stage `{stage}` has no input `{}`", input.0),
            )
            .at(input.1, "no such input")
            .help(
                did_you_mean(&input.0, &inputs)
                    .unwrap_or_else(|| format!("its inputs: {}", inputs.join(", "))),
            );
        }
        let mut diagnostic = Diagnostic::error(
            "repx::pipeline::no-common-name",
            format!("no output of stage `{key}` is an input of stage `{stage}`"),
        )
        .at(span, format!("shares no name with `{stage}`"));
        if let Some(place) = self.producers.get(index).and_then(|stage| stage.outputs_span()) {
            let outputs = outputs.join(", ");
            diagnostic = diagnostic.also(place, format!("outputs of `{key}`: {outputs}"));
        }
        if let Some(input) = own.first() {
            diagnostic =
                diagnostic.also(input.span, format!("inputs of `{stage}`: {}", inputs.join(", ")));
        }
        let free = own.iter().find(|i| i.default.is_empty()).or(own.first());
        let example = match (outputs.first(), free) {
            (Some(output), Some(input)) => {
                format!("map one: `[ {key} \"{output}\" \"{}\" ]`", input.name)
            }
            _ => format!("give `{stage}` an input of that name"),
        };
        diagnostic.help(example)
    }
}

fn has_input(own: &[Input], name: &str) -> bool {
    own.iter().any(|input| &*input.name == name)
}
