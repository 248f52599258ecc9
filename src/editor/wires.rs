//! Which names of parameters, inputs and outputs are the same thing, across the files of a lab.
//!
//! An output and the input that reads it are one name where the pipeline says nothing else: whoever
//! renames one renames the other. A parameter is one name in all stages that get it from one key of a
//! run.

use std::collections::{BTreeSet, HashMap};

use super::look::Key;
use super::sketch::{Mention, Sketch, Stage, Written};
use super::uses::Side;
use crate::source::Name;

/// A parameter, input or output of a stage.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) struct Port {
    pub(super) stage: usize,
    pub(super) part: usize,
    pub(super) side: Side,
    pub(super) name: Name,
}

/// How ports hang together.
#[derive(Debug, Default)]
pub(super) struct Wires {
    /// Ports that have their name from each other.
    same: HashMap<Port, Vec<Port>>,
    /// By input, the outputs that it reads.
    sources: HashMap<Port, Vec<Port>>,
    /// Where pipelines and steps name a port in a string.
    strings: HashMap<Port, Vec<Key>>,
}

impl Wires {
    /// Of a lab.
    pub(super) fn of(sketch: &Sketch<'_>) -> Wires {
        let mut wires = Wires::default();
        for stage in 0..sketch.stages.len() {
            wires.inside(sketch, stage);
        }
        for mention in &sketch.mentions {
            wires.between(sketch, mention);
        }
        wires
    }

    /// All ports that a port has its name from, itself among them.
    pub(super) fn class(&self, port: Port) -> BTreeSet<Port> {
        let mut class = BTreeSet::from([port]);
        let mut todo = vec![port];
        while let Some(port) = todo.pop() {
            for other in self.same.get(&port).into_iter().flatten() {
                if class.insert(*other) {
                    todo.push(*other);
                }
            }
        }
        class
    }

    /// The outputs that an input reads. What one part of a stage reads from outside, its other parts may
    /// read as well.
    pub(super) fn sources(&self, input: Port) -> BTreeSet<Port> {
        let own = |port: &Port| port.stage == input.stage && port.side == Side::Input;
        let inputs = self.class(input).into_iter().filter(own);
        inputs.filter_map(|port| self.sources.get(&port)).flatten().copied().collect()
    }

    /// The inputs that read an output.
    pub(super) fn readers(&self, output: Port) -> Vec<Port> {
        let mut readers: Vec<Port> = self
            .sources
            .iter()
            .filter(|(_, sources)| sources.contains(&output))
            .map(|(input, _)| *input)
            .collect();
        readers.sort();
        readers
    }

    /// Where a port is named in a string.
    pub(super) fn strings(&self, port: Port) -> &[Key] {
        self.strings.get(&port).map_or(&[], Vec::as_slice)
    }

    /// The ports that a string names.
    pub(super) fn named_at(&self, key: Key) -> Vec<Port> {
        let mut ports: Vec<Port> = self
            .strings
            .iter()
            .filter(|(_, keys)| keys.contains(&key))
            .map(|(port, _)| *port)
            .collect();
        // Where a string names both, the output comes first.
        ports.sort_by_key(|port| (std::cmp::Reverse(port.side), *port));
        ports
    }

    fn alike(&mut self, a: Port, b: Port) {
        if a != b {
            self.same.entry(a).or_default().push(b);
            self.same.entry(b).or_default().push(a);
        }
    }

    fn link(&mut self, output: Port, input: Port) {
        self.sources.entry(input).or_default().push(output);
    }

    fn string(&mut self, port: Port, written: &Written) {
        self.strings.entry(port).or_default().push(written.key);
    }

    /// An output that becomes an input, as `names` say.
    fn join(&mut self, from: (usize, usize), to: (usize, usize), names: &[Written], both: Name) {
        let output = |name| Port { stage: from.0, part: from.1, side: Side::Output, name };
        let input = |name| Port { stage: to.0, part: to.1, side: Side::Input, name };
        match names {
            [first, second, ..] => {
                let (first_name, second_name) = (Name::new(&first.text), Name::new(&second.text));
                self.link(output(first_name), input(second_name));
            }
            _ => {
                self.link(output(both), input(both));
                self.alike(output(both), input(both));
            }
        }
    }

    /// Between the stages of a pipeline.
    fn between(&mut self, sketch: &Sketch<'_>, mention: &Mention<'_>) {
        let Some((at, reader)) = mention.stage.and_then(|at| Some((at, sketch.stages.get(at)?)))
        else {
            return;
        };
        for dep in &mention.deps {
            let other = dep.mention.and_then(|other| sketch.mentions.get(other)?.stage);
            let Some((from, maker)) = other.and_then(|at| Some((at, sketch.stages.get(at)?)))
            else {
                continue;
            };
            let outputs = outer_part(maker);
            let maker_port = |name| Port { stage: from, part: outputs, side: Side::Output, name };
            let reader_part = |name: Name| {
                let found = outer_inputs(reader).into_iter().find(|(_, n)| *n == name);
                found.map_or(0, |(part, _)| part)
            };
            let reader_port =
                |name: Name| Port { stage: at, part: reader_part(name), side: Side::Input, name };
            match dep.names.as_slice() {
                [] => {
                    let made = maker.parts.get(outputs).map(|part| part.outputs.list.as_slice());
                    let made: BTreeSet<Name> =
                        made.unwrap_or_default().iter().map(|entry| entry.name).collect();
                    for name in made {
                        if outer_inputs(reader).iter().any(|(_, input)| *input == name) {
                            let to = (at, reader_part(name));
                            self.join((from, outputs), to, &[], name);
                        }
                    }
                }
                [one] => {
                    let name = Name::new(&one.text);
                    self.string(maker_port(name), one);
                    self.string(reader_port(name), one);
                    self.join((from, outputs), (at, reader_part(name)), &[], name);
                }
                [first, second, ..] => {
                    self.string(maker_port(Name::new(&first.text)), first);
                    let input = Name::new(&second.text);
                    self.string(reader_port(input), second);
                    self.join((from, outputs), (at, reader_part(input)), &dep.names, input);
                }
            }
        }
    }

    /// Between the parts of a scatter-gather stage.
    fn inside(&mut self, sketch: &Sketch<'_>, at: usize) {
        let Some(stage) = sketch.stages.get(at) else { return };
        // The stage's own inputs are those of all parts that take them from there.
        let outer = outer_inputs(stage);
        for (index, (part, name)) in outer.iter().enumerate() {
            let earlier = outer.iter().take(index).find(|(_, other)| other == name);
            if let Some((first, _)) = earlier {
                let port = |part| Port { stage: at, part, side: Side::Input, name: *name };
                self.alike(port(*first), port(*part));
            }
        }
        for (number, part) in stage.parts.iter().enumerate() {
            for dep in &part.deps {
                let Some(from) = dep.part else { continue };
                match dep.names.as_slice() {
                    [] => {}
                    [one] => {
                        let name = Name::new(&one.text);
                        let out = Port { stage: at, part: from, side: Side::Output, name };
                        let input = Port { stage: at, part: number, side: Side::Input, name };
                        self.string(out, one);
                        self.string(input, one);
                    }
                    [first, second, ..] => {
                        let name = Name::new(&first.text);
                        let out = Port { stage: at, part: from, side: Side::Output, name };
                        self.string(out, first);
                        let name = Name::new(&second.text);
                        let input = Port { stage: at, part: number, side: Side::Input, name };
                        self.string(input, second);
                    }
                }
            }
            for entry in &part.inputs.list {
                if let Some((from, names)) = inner_source(stage, number, entry.name) {
                    self.join((at, from), (at, number), names, entry.name);
                }
            }
        }
    }
}

/// The part whose outputs are the stage's.
pub(super) fn outer_part(stage: &Stage<'_>) -> usize {
    stage.parts.iter().position(|part| part.name == "gather").unwrap_or(0)
}

/// Inputs that come from outside of a stage, and the parts that have them.
pub(super) fn outer_inputs(stage: &Stage<'_>) -> Vec<(usize, Name)> {
    let mut outer = Vec::new();
    for (number, part) in stage.parts.iter().enumerate() {
        for entry in &part.inputs.list {
            let special = number > 0 && is_reserved(&entry.name.text());
            if !special && inner_source(stage, number, entry.name).is_none() {
                outer.push((number, entry.name));
            }
        }
    }
    outer
}

/// The part of the same stage that makes an input of another, and how it is wired.
fn inner_source<'s>(
    stage: &'s Stage<'_>,
    number: usize,
    name: Name,
) -> Option<(usize, &'s [Written])> {
    let part = stage.parts.get(number)?;
    if part.name.is_empty() || part.name == "scatter" {
        return None;
    }
    let has = |part: usize, name: Name| {
        stage.parts.get(part).is_some_and(|part| part.outputs.get(name).is_some())
    };
    let step = part.deps.iter().find_map(|dep| {
        let from = dep.part?;
        let given = match dep.names.as_slice() {
            [] => has(from, name),
            [one] => one.text == *name.text(),
            [_, input, ..] => input.text == *name.text(),
        };
        given.then_some((from, dep.names.as_slice()))
    });
    step.or_else(|| {
        let scatter = stage.parts.iter().position(|part| part.name == "scatter")?;
        has(scatter, name).then_some((scatter, &[][..]))
    })
}

/// Names that repx itself gives a meaning.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with("worker__")
        || name.starts_with("work__")
        || name.starts_with("store__")
        || name.starts_with("metadata__")
}

/// The stages and keys of runs that share a parameter.
#[derive(Clone, Debug, Default)]
pub(super) struct ParamClass {
    /// Stages that declare it.
    pub(super) stages: BTreeSet<usize>,
    /// Keys of runs: the run, and the number of its key.
    pub(super) keys: BTreeSet<(usize, usize)>,
    /// Runs whose keys can't all be told.
    pub(super) doubtful: BTreeSet<usize>,
}

/// Everything that has a parameter's name from one of these stages or keys.
pub(super) fn param_class(
    sketch: &Sketch<'_>,
    stages: impl IntoIterator<Item = usize>,
    keys: impl IntoIterator<Item = (usize, usize)>,
    name: Name,
) -> ParamClass {
    let mut class = ParamClass::default();
    let mut todo: Vec<usize> = stages.into_iter().collect();
    for (run, key) in keys {
        class.keys.insert((run, key));
        todo.extend(concerned(sketch, run, key));
    }
    while let Some(stage) = todo.pop() {
        if !class.stages.insert(stage) {
            continue;
        }
        for mention in sketch.mentions_of(stage) {
            for run in sketch.runs_with(mention) {
                let Some(known) = sketch.runs.get(run) else { continue };
                if !known.complete {
                    class.doubtful.insert(run);
                }
                let keys = known.keys.iter().enumerate();
                for (key, _) in keys.filter(|(_, key)| key.param == *name.text()) {
                    if !class.keys.contains(&(run, key))
                        && concerned_mentions(sketch, run, key).contains(&mention)
                    {
                        class.keys.insert((run, key));
                        todo.extend(concerned(sketch, run, key));
                    }
                }
            }
        }
    }
    class
}

/// The stages that a key of a run gives its values to.
pub(super) fn concerned(sketch: &Sketch<'_>, run: usize, key: usize) -> Vec<usize> {
    let mentions = concerned_mentions(sketch, run, key);
    let stages = mentions.into_iter().filter_map(|at| sketch.mentions.get(at)?.stage);
    stages.collect()
}

fn concerned_mentions(sketch: &Sketch<'_>, run: usize, key: usize) -> Vec<usize> {
    let Some(known) = sketch.runs.get(run) else { return Vec::new() };
    let Some(key) = known.keys.get(key) else { return Vec::new() };
    let name = Name::new(&key.param);
    let wanted = |mention: &Mention<'_>| {
        let Some(stage) = mention.stage.and_then(|stage| sketch.stages.get(stage)) else {
            return false;
        };
        let inside = mention.pipeline.is_some_and(|p| known.pipelines.contains(&p));
        let declares = stage.params.get(name).is_some();
        inside
            && declares
            && key.stage.as_ref().is_none_or(|called| is_called(mention, stage, called))
    };
    let all = sketch.mentions.iter().enumerate();
    all.filter(|(_, mention)| wanted(mention)).map(|(at, _)| at).collect()
}

/// Does `"called.param"` mean this stage?
pub(super) fn is_called(mention: &Mention<'_>, stage: &Stage<'_>, called: &str) -> bool {
    mention.name.is_some_and(|(name, _)| *name.text() == *called)
        || stage.pname.as_ref().is_some_and(|(pname, _)| pname == called)
}
