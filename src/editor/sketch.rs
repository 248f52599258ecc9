//! What the texts say of a lab without being evaluated: stages, how pipelines wire them, what runs sweep.
//!
//! Labs are written in few ways, and those are read here. What is computed is left out, and whoever
//! must know whether all was seen asks `complete`.

use std::collections::HashMap;

use super::index::Maker;
use super::look::{Entries, Key, Look, Node};
use super::spot::{call, plain_text};
use crate::source::{Name, Span};
use crate::syntax::{Expr, ExprKind};

/// A lab as its texts tell it.
#[derive(Debug, Default)]
pub(super) struct Sketch<'a> {
    pub(super) stages: Vec<Stage<'a>>,
    pub(super) mentions: Vec<Mention<'a>>,
    pub(super) pipelines: Vec<Pipeline<'a>>,
    pub(super) runs: Vec<Run<'a>>,
    pub(super) calls: Vec<RunCall<'a>>,
    pub(super) labs: Vec<Node<'a>>,
    mention_at: HashMap<Key, usize>,
    stage_at: HashMap<Key, usize>,
    pipeline_at: HashMap<Key, usize>,
    run_at: HashMap<Key, usize>,
}

/// The set that defines a stage.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) node: Node<'a>,
    /// Its `pname`, if that is written out.
    pub(super) pname: Option<(String, Key)>,
    pub(super) params: Entries<'a>,
    /// The set itself, or scatter, worker or steps, gather.
    pub(super) parts: Vec<Part<'a>>,
}

/// A set with inputs, outputs and a script.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Empty for a simple stage.
    pub(super) name: String,
    pub(super) node: Node<'a>,
    pub(super) inputs: Entries<'a>,
    pub(super) outputs: Entries<'a>,
    /// What is a function of parameters, inputs, outputs.
    pub(super) functions: Vec<Node<'a>>,
    /// Steps that come before it.
    pub(super) deps: Vec<StepDep>,
}

/// A step that comes before another.
#[derive(Debug)]
pub(super) struct StepDep {
    /// The number of its part.
    pub(super) part: Option<usize>,
    /// Output and input, or both in one.
    pub(super) names: Vec<Written>,
}

/// A name in a string.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) text: String,
    /// With its quotes.
    pub(super) key: Key,
}

/// A call of `callStage`.
#[derive(Debug)]
pub(super) struct Mention<'a> {
    pub(super) call: Node<'a>,
    /// Its attribute in a pipeline, or the name it is bound to.
    pub(super) name: Option<(Name, Key)>,
    pub(super) stage: Option<usize>,
    pub(super) pipeline: Option<usize>,
    pub(super) deps: Vec<Dep<'a>>,
}

/// A stage that another depends on.
#[derive(Debug)]
pub(super) struct Dep<'a> {
    /// The number of its mention.
    pub(super) mention: Option<usize>,
    /// Output and input, or both in one; none: those that share a name.
    pub(super) names: Vec<Written>,
    pub(super) item: &'a Expr,
}

/// The stages of a pipeline.
#[derive(Debug)]
pub(super) struct Pipeline<'a> {
    pub(super) node: Node<'a>,
    /// Those that it names.
    pub(super) mentions: Vec<usize>,
}

/// The set that defines a run.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) node: Node<'a>,
    pub(super) name: Option<Written>,
    /// Its axes; members of `utils.zip` among them.
    pub(super) keys: Vec<RunKey>,
    /// Are these all?
    pub(super) complete: bool,
    pub(super) pipelines: Vec<usize>,
}

/// A key of a run's parameters.
#[derive(Clone, Debug)]
pub(super) struct RunKey {
    /// The stage of `"stage.param"`.
    pub(super) stage: Option<String>,
    pub(super) param: String,
    pub(super) key: Key,
}

/// A call of `callRun`.
#[derive(Debug)]
pub(super) struct RunCall<'a> {
    pub(super) call: Node<'a>,
    pub(super) run: Option<usize>,
    /// Runs it depends on, by the number of their call.
    pub(super) deps: Vec<(Option<usize>, &'a Expr)>,
}

/// Attributes that are functions of parameters, inputs and outputs.
pub(super) const FUNCTIONS: [&str; 5] = ["pname", "inputs", "outputs", "resources", "run"];

impl<'a> Sketch<'a> {
    /// Of all that these texts say.
    pub(super) fn of(look: &Look<'a>) -> Sketch<'a> {
        let mut sketch = Sketch::default();
        for text in look.all() {
            sketch.text(look, text);
        }
        // Dependencies and pipelines name calls of any text.
        for at in 0..sketch.mentions.len() {
            look.rest();
            sketch.dependencies(look, at);
        }
        for at in 0..sketch.runs.len() {
            look.rest();
            sketch.pipelines_of(look, at);
        }
        for at in 0..sketch.calls.len() {
            look.rest();
            sketch.run_dependencies(look, at);
        }
        sketch
    }

    /// The stage that a set defines.
    pub(super) fn stage_of(&self, node: Node<'_>) -> Option<usize> {
        self.stage_at.get(&key(node)).copied()
    }

    /// The run that a set defines.
    pub(super) fn run_of(&self, node: Node<'_>) -> Option<usize> {
        self.run_at.get(&key(node)).copied()
    }

    /// The pipeline that a set is.
    pub(super) fn pipeline_of(&self, node: Node<'_>) -> Option<usize> {
        self.pipeline_at.get(&key(node)).copied()
    }

    /// The mention whose call this is.
    pub(super) fn mention_of(&self, node: Node<'_>) -> Option<usize> {
        self.mention_at.get(&key(node)).copied()
    }

    /// The `callRun` whose call this is.
    pub(super) fn call_of(&self, node: Node<'_>) -> Option<usize> {
        self.calls.iter().position(|call| key(call.call) == key(node))
    }

    /// The mentions of a stage.
    pub(super) fn mentions_of(&self, stage: usize) -> impl Iterator<Item = usize> + '_ {
        let all = self.mentions.iter().enumerate();
        all.filter(move |(_, mention)| mention.stage == Some(stage)).map(|(at, _)| at)
    }

    /// The runs that have a mention among their pipelines.
    pub(super) fn runs_with(&self, mention: usize) -> impl Iterator<Item = usize> + '_ {
        let pipeline = self.mentions.get(mention).and_then(|mention| mention.pipeline);
        let has = move |run: &Run<'_>| pipeline.is_some_and(|p| run.pipelines.contains(&p));
        self.runs.iter().enumerate().filter(move |(_, run)| has(run)).map(|(at, _)| at)
    }

    fn text(&mut self, look: &Look<'a>, text: usize) {
        let Some(index) = look.index(text) else { return };
        for (maker, call) in &index.calls {
            look.rest();
            let node = Node { text, expr: call, rest: &[] };
            match maker {
                Maker::Stage => drop(self.mention(look, node)),
                Maker::Run => drop(self.run_call(look, node)),
                Maker::Pipe => drop(self.pipeline(look, look.given(node))),
                Maker::Lab => self.labs.push(look.given(node)),
            }
        }
        for set in &index.stages {
            let inside = |stage: &Stage<'a>| {
                stage.node.text == text && within(set.span, stage.node.expr.span)
            };
            if !self.stages.iter().any(inside) {
                look.rest();
                self.stage(look, Node { text, expr: set, rest: &[] });
            }
        }
        for set in &index.runs {
            look.rest();
            self.run(look, Node { text, expr: set, rest: &[] });
        }
    }

    /// What a call's first argument gives, if that can be told.
    fn callee(look: &Look<'a>, call_node: Node<'a>) -> Option<Node<'a>> {
        let (_, arguments) = call(call_node.expr);
        let file = Node { expr: arguments.first()?, ..call_node };
        let given = look.given(file);
        matches!(given.expr.kind, ExprKind::Set { .. } | ExprKind::Binary { .. }).then_some(given)
    }

    fn mention(&mut self, look: &Look<'a>, node: Node<'a>) -> usize {
        if let Some(known) = self.mention_of(node) {
            return known;
        }
        look.rest();
        let stage = Self::callee(look, node).map(|set| self.stage(look, set));
        let at = self.mentions.len();
        self.mention_at.insert(key(node), at);
        self.mentions.push(Mention { call: node, name: None, stage, pipeline: None, deps: vec![] });
        at
    }

    fn run_call(&mut self, look: &Look<'a>, node: Node<'a>) -> usize {
        if let Some(known) = self.call_of(node) {
            return known;
        }
        let run = Self::callee(look, node).map(|set| self.run(look, set));
        self.calls.push(RunCall { call: node, run, deps: Vec::new() });
        self.calls.len() - 1
    }

    /// The stages that a set names, as a pipeline.
    fn pipeline(&mut self, look: &Look<'a>, node: Node<'a>) -> usize {
        if let Some(known) = self.pipeline_of(node) {
            return known;
        }
        let at = self.pipelines.len();
        self.pipeline_at.insert(key(node), at);
        self.pipelines.push(Pipeline { node, mentions: Vec::new() });
        let mut mentions = Vec::new();
        for entry in look.entries(node).list {
            let Some(value) = look.source(entry.key.text, entry.source) else { continue };
            let value = look.value(value);
            if super::index::maker(value.expr) != Some(Maker::Stage) || !value.rest.is_empty() {
                continue;
            }
            let mention = self.mention(look, value);
            if let Some(known) = self.mentions.get_mut(mention) {
                known.name = Some((entry.name, entry.key));
                known.pipeline = Some(at);
            }
            mentions.push(mention);
        }
        if let Some(pipeline) = self.pipelines.get_mut(at) {
            pipeline.mentions = mentions;
        }
        at
    }

    fn stage(&mut self, look: &Look<'a>, node: Node<'a>) -> usize {
        if let Some(known) = self.stage_of(node) {
            return known;
        }
        let at = self.stages.len();
        look.rest();
        self.stage_at.insert(key(node), at);
        self.stages.push(read_stage(look, node));
        at
    }

    fn run(&mut self, look: &Look<'a>, node: Node<'a>) -> usize {
        if let Some(known) = self.run_of(node) {
            return known;
        }
        let at = self.runs.len();
        look.rest();
        self.run_at.insert(key(node), at);
        self.runs.push(read_run(look, node));
        at
    }

    fn dependencies(&mut self, look: &Look<'a>, at: usize) {
        let Some(node) = self.mentions.get(at).map(|mention| mention.call) else { return };
        let mut deps = Vec::new();
        for item in last_list(look, node) {
            let (other, names) = link(item);
            let target = other.map(|expr| look.value(Node { expr, ..item }));
            let mention = target.and_then(|target| self.mention_of(target));
            deps.push(Dep { mention, names, item: item.expr });
        }
        if let Some(mention) = self.mentions.get_mut(at) {
            mention.deps = deps;
        }
        // What is only a dependency stands in the pipeline of who depends on it.
        let Some(mention) = self.mentions.get(at) else { return };
        let pipeline = mention.pipeline;
        let others: Vec<usize> = mention.deps.iter().filter_map(|dep| dep.mention).collect();
        for other in others {
            if let Some(other) = self.mentions.get_mut(other) {
                other.pipeline = other.pipeline.or(pipeline);
            }
        }
    }

    fn pipelines_of(&mut self, look: &Look<'a>, at: usize) {
        let Some(node) = self.runs.get(at).map(|run| run.node) else { return };
        let list = look.attribute(node, Name::new("pipelines")).map(|list| look.value(list));
        let Some(list) = list else { return };
        let ExprKind::List(items) = &list.expr.kind else { return };
        let mut pipelines = Vec::new();
        for item in items {
            let given = look.given(Node { expr: item, ..list });
            if matches!(given.expr.kind, ExprKind::Set { .. } | ExprKind::Binary { .. }) {
                pipelines.push(self.pipeline(look, given));
            }
        }
        if let Some(run) = self.runs.get_mut(at) {
            run.pipelines = pipelines;
        }
    }

    fn run_dependencies(&mut self, look: &Look<'a>, at: usize) {
        let Some(node) = self.calls.get(at).map(|call| call.call) else { return };
        let mut deps = Vec::new();
        for item in last_list(look, node) {
            let other = match &item.expr.kind {
                ExprKind::List(parts) => parts.first(),
                _ => Some(item.expr),
            };
            let target = other.map(|expr| look.value(Node { expr, ..item }));
            deps.push((target.and_then(|target| self.call_of(target)), item.expr));
        }
        if let Some(call) = self.calls.get_mut(at) {
            call.deps = deps;
        }
    }
}

/// What tells a node from others.
pub(super) fn key(node: Node<'_>) -> Key {
    Key { text: node.text, span: node.expr.span }
}

/// Does one place lie in another?
pub(super) fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The items of the list that is a call's last argument.
fn last_list<'a>(look: &Look<'a>, node: Node<'a>) -> Vec<Node<'a>> {
    let (_, arguments) = call(node.expr);
    let Some(last) = arguments.last() else { return Vec::new() };
    let list = look.value(Node { expr: last, ..node });
    match &list.expr.kind {
        ExprKind::List(items) => items.iter().map(|expr| Node { expr, ..list }).collect(),
        _ => Vec::new(),
    }
}

/// What an item of dependencies names: another stage, an output, an input.
fn link(item: Node<'_>) -> (Option<&Expr>, Vec<Written>) {
    let ExprKind::List(parts) = &item.expr.kind else { return (Some(item.expr), Vec::new()) };
    let names = parts.iter().skip(1).take(2).filter_map(|part| {
        let key = Key { text: item.text, span: part.span };
        Some(Written { text: plain_text(part)?, key })
    });
    (parts.first(), names.collect())
}

fn named(name: &str) -> Name {
    Name::new(name)
}

/// The string that an attribute is.
fn text_of<'a>(look: &Look<'a>, set: Node<'a>, name: &str) -> Option<Written> {
    let value = look.attribute(set, named(name))?;
    let text = plain_text(value.expr).filter(|_| value.rest.is_empty())?;
    Some(Written { text, key: key(value) })
}

/// The attributes of an attribute, from wherever it is bound.
fn inner<'a>(look: &Look<'a>, set: Node<'a>, name: &str) -> Option<Entries<'a>> {
    let outer = look.entries(set);
    let name = named(name);
    let mut all: Option<Entries<'a>> = None;
    for entry in outer.list.iter().filter(|entry| entry.name == name) {
        let entries = match look.source(entry.key.text, entry.source) {
            Some(node) => look.entries(node),
            None => Entries { list: Vec::new(), complete: false },
        };
        match &mut all {
            None => all = Some(entries),
            Some(all) => {
                all.list.extend(entries.list);
                all.complete &= entries.complete;
            }
        }
    }
    all
}

fn inner_or_none<'a>(look: &Look<'a>, set: Node<'a>, name: &str) -> Entries<'a> {
    inner(look, set, name).unwrap_or(Entries { list: Vec::new(), complete: true })
}

fn read_stage<'a>(look: &Look<'a>, node: Node<'a>) -> Stage<'a> {
    let pname = text_of(look, node, "pname").map(|written| (written.text, written.key));
    let params = inner(look, node, "params").or_else(|| inner(look, node, "parameters"));
    let params = params.unwrap_or(Entries { list: Vec::new(), complete: true });
    let mut parts = vec![read_part(look, String::new(), node)];
    for name in ["scatter", "worker", "gather"] {
        if let Some(part) = look.attribute(node, named(name)) {
            parts.push(read_part(look, name.to_owned(), look.value(part)));
        }
    }
    for step in inner_or_none(look, node, "steps").list {
        if let Some(part) = look.source(step.key.text, step.source) {
            parts.push(read_part(look, step.name.to_string(), look.value(part)));
        }
    }
    let keys: Vec<Key> = parts.iter().map(|part| key(part.node)).collect();
    for part in &mut parts {
        let deps = look.attribute(part.node, named("deps")).map(|list| look.value(list));
        let Some(Node { text, expr: Expr { kind: ExprKind::List(items), .. }, .. }) = deps else {
            continue;
        };
        for item in items {
            let node = Node { text, expr: item, rest: &[] };
            let (other, names) = link(node);
            let target = other.map(|expr| key(look.value(Node { expr, ..node })));
            let found = target.and_then(|target| keys.iter().position(|key| *key == target));
            part.deps.push(StepDep { part: found, names });
        }
    }
    Stage { node, pname, params, parts }
}

fn read_part<'a>(look: &Look<'a>, name: String, node: Node<'a>) -> Part<'a> {
    let functions = FUNCTIONS.iter().filter_map(|name| look.attribute(node, named(name)));
    Part {
        name,
        node,
        inputs: inner_or_none(look, node, "inputs"),
        outputs: inner_or_none(look, node, "outputs"),
        functions: functions.map(|function| look.value(function)).collect(),
        deps: Vec::new(),
    }
}

fn read_run<'a>(look: &Look<'a>, node: Node<'a>) -> Run<'a> {
    let name = text_of(look, node, "name");
    let params = inner(look, node, "params").or_else(|| inner(look, node, "parameters"));
    let params = params.unwrap_or(Entries { list: Vec::new(), complete: true });
    let (mut keys, mut complete) = (Vec::new(), params.complete);
    for entry in &params.list {
        let value = look.source(entry.key.text, entry.source).map(|node| look.value(node));
        match value.and_then(|value| zipped(look, value)) {
            Some(members) => {
                complete &= members.complete;
                keys.extend(members.list.iter().map(|m| run_key(&m.name.text(), m.key)));
            }
            None => keys.push(run_key(&entry.name.text(), entry.key)),
        }
    }
    Run { node, name, keys, complete, pipelines: Vec::new() }
}

/// The members of `utils.zip { … }`.
fn zipped<'a>(look: &Look<'a>, value: Node<'a>) -> Option<Entries<'a>> {
    let (function, arguments) = call(value.expr);
    let [group] = arguments.as_slice() else { return None };
    let zip = super::spot::last_name(function).is_some_and(|name| name.bytes() == b"zip");
    zip.then(|| look.entries(Node { expr: group, ..value }))
}

fn run_key(text: &str, key: Key) -> RunKey {
    match text.rsplit_once('.') {
        Some((stage, param)) if !stage.is_empty() && !param.is_empty() => {
            RunKey { stage: Some(stage.to_owned()), param: param.to_owned(), key }
        }
        _ => RunKey { stage: None, param: text.to_owned(), key },
    }
}
