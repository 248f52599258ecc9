//! What a stage is with certain values of its parameters.

use std::sync::Arc;

use super::identity::{Identity, Part as IdPart};
use super::listing::Facet;
use crate::diagnostic::Diagnostic;
use crate::eval::Coercion;
use crate::lab::{
    After, Body, Datum, Part, Reader, Resources, Stage, Vocabulary, bad_name, read_resources,
};
use crate::lower::Param;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Slot, Text, Value};

/// A facet and what only expansion needs to know of it.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) facet: Arc<Facet>,
    /// Inputs with their defaults (empty: none) and places, sorted by name.
    pub(super) inputs: Vec<Input>,
    /// The stage's own hints.
    pub(super) resources: Option<Arc<Resources>>,
    /// Over everything of the facet that is part of a job's identity.
    pub(super) digest: [u8; 32],
}

/// A declared input.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Input {
    pub(super) name: Arc<str>,
    pub(super) default: Arc<str>,
    pub(super) span: Span,
}

/// Inputs and outputs that scatter-gather itself provides or reads.
const WORKER_ITEM: &str = "worker__item";
const WORKER_OUTS: &str = "worker__outs";
const WORKER_ARG: &str = "worker__arg";
const WORK_ITEMS: &str = "work__items";

type Names = Vec<(Arc<str>, Arc<str>, Span)>;

/// One script with what it reads and writes.
struct Script {
    inputs: Names,
    outputs: Names,
    resources: Option<Resources>,
    text: Vec<u8>,
}

/// Evaluates stages with values of their parameters.
pub(super) struct Facets<'r, 'e, 'h> {
    pub(super) reader: &'r mut Reader<'e, 'h>,
    pub(super) stage: &'r Stage<'h>,
    /// One for each declared parameter.
    pub(super) values: Vec<&'r Datum<'h>>,
    pub(super) packages: Option<Attrs<'h>>,
}

impl<'h> Facets<'_, '_, 'h> {
    /// `None`: what is wrong was reported.
    pub(super) fn evaluate(&mut self) -> Option<Evaluated> {
        let pname = self.pname();
        let body = match &self.stage.body {
            Body::Simple(part) => {
                let script = self.script(part, part.attrs);
                script.map(|script| (script, Vec::new(), Vec::new()))
            }
            Body::ScatterGather { scatter, workers, steps, gather } => {
                self.scatter_gather(scatter, workers, *steps, gather)
            }
        };
        let (pname, (script, parts, scripts)) = (pname?, body?);
        let params: Vec<(Arc<str>, Arc<str>)> = self
            .params()
            .map(|(name, datum)| (name.text().into(), Arc::clone(&datum.json)))
            .collect();
        let facet = Facet {
            pname,
            params,
            outputs: script.outputs.into_iter().map(|(name, path, _)| (name, path)).collect(),
            parts,
        };
        let digest = self.digest(&facet, &script.text, &scripts);
        let input = |(name, default, span)| Input { name, default, span };
        let resources = script.resources.filter(|r| !r.is_empty()).map(Arc::new);
        let inputs = script.inputs.into_iter().map(input).collect();
        Some(Evaluated { facet: Arc::new(facet), inputs, resources, digest })
    }

    fn digest(&self, facet: &Facet, script: &[u8], parts: &[(Arc<str>, [u8; 32])]) -> [u8; 32] {
        let mut identity = Identity::new();
        identity.add(IdPart::Pname, facet.pname.as_bytes());
        identity.add(IdPart::Version, self.stage.version.as_bytes());
        identity.add(IdPart::Script, script);
        for (name, script) in parts {
            identity.add(IdPart::Piece, name.as_bytes());
            identity.add(IdPart::Script, script);
        }
        for (name, value) in &facet.params {
            identity.add(IdPart::Params, name.as_bytes());
            identity.add(IdPart::Params, value.as_bytes());
        }
        for (name, path) in &facet.outputs {
            identity.add(IdPart::Output, name.as_bytes());
            identity.add(IdPart::Output, path.as_bytes());
        }
        for package in &self.stage.packages {
            identity.add(IdPart::Package, package.as_bytes());
        }
        identity.digest()
    }

    fn params(&self) -> impl Iterator<Item = (Name, &Datum<'h>)> {
        self.stage.params.iter().map(|(name, _, _)| *name).zip(self.values.iter().copied())
    }

    /// The parameters as the stage's functions get them.
    fn params_set(&self) -> Attrs<'h> {
        let attrs = self.stage.params.iter().zip(&self.values);
        let attrs = attrs.map(|((name, _, span), datum)| Attr::new(*name, *span, datum.slot));
        Attrs::new(self.reader.evaluator.local, attrs.collect())
    }

    fn named(&self, pairs: Vec<(&str, Value<'h>)>) -> Attrs<'h> {
        let attrs =
            pairs.into_iter().map(|(name, value)| Attr::new(Name::new(name), Span::NONE, value));
        Attrs::new(self.reader.evaluator.local, attrs.collect())
    }

    /// The value of an attribute that may be a function of the parameters.
    fn resolve(&mut self, attr: Attr<'h>) -> Option<Value<'h>> {
        let name = attr.key.name;
        let context = |d: Diagnostic| d.within(attr.key.span, format!("in `{name}`"));
        let value = self.reader.evaluator.force(attr.slot);
        let value = self.reader.take(value, context)?;
        if !matches!(value, Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_)) {
            return Some(value);
        }
        let word = self.stage.vocabulary.word();
        let offered = self.named(vec![(word, Value::Attrs(self.params_set()))]);
        let argument = self.argument(value, offered, attr.key.span, &format!("`{name}`"))?;
        let result = self.reader.evaluator.call(value, &[argument], attr.key.span);
        self.reader.take(result, context)
    }

    /// What a function of the stage is called with: of what is offered, what it names.
    fn argument(
        &mut self,
        function: Value<'h>,
        offered: Attrs<'h>,
        span: Span,
        what: &str,
    ) -> Option<Slot<'h>> {
        let all = Slot::Value(Value::Attrs(offered));
        let Value::Lambda(closure) = function else {
            return Some(all);
        };
        let Param::Formals(formals) = &closure.lambda().param else {
            return Some(all);
        };
        let local = self.reader.evaluator.local;
        let mut given = Vec::new();
        for formal in &formals.formals {
            match offered.get(formal.key.name) {
                Some(slot) => given.push(Attr { key: formal.key, slot }),
                None if formal.default.is_some() => {}
                None => {
                    let names: Vec<String> =
                        offered.by_name(local).iter().map(|a| a.key.name.to_string()).collect();
                    let asked = formal.key.name;
                    self.reader.report(
                        Diagnostic::error(
                            "repx::stage::unknown-argument",
                            format!("{what} asks for `{asked}`, which it isn't given"),
                        )
                        .at(formal.key.span, "asked for here")
                        .also(span, "called for this")
                        .help(format!("{what} is a function of {{ {} }}", names.join(", "))),
                    );
                    return None;
                }
            }
        }
        if formals.ellipsis {
            return Some(all);
        }
        Some(Slot::Value(Value::Attrs(Attrs::new(local, given))))
    }

    fn pname(&mut self) -> Option<Arc<str>> {
        let attr = self.stage.pname;
        let value = self.resolve(attr)?;
        let span = attr.key.span;
        let text = self.reader.evaluator.string(Slot::Value(value));
        let text = self.reader.take(text, |d| d.within(span, "in `pname`"))?.lossy();
        let place = self.reader.places().value(span);
        if let Some(diagnostic) = bad_name("pname", &text, place) {
            self.reader.report(diagnostic);
            return None;
        }
        Some(text.into())
    }

    /// A set of names and texts, such as `inputs`.
    fn names(&mut self, attrs: Attrs<'h>, field: &str) -> Option<Names> {
        let Some(attr) = attrs.attr(Name::new(field)) else {
            return Some(Vec::new());
        };
        let span = attr.key.span;
        let value = self.resolve(attr)?;
        let set = self.reader.evaluator.attrs(Slot::Value(value));
        let set = self.reader.take(set, |d| d.within(span, format!("in `{field}`")))?;
        let mut names = Vec::with_capacity(set.len());
        for item in set.by_name(self.reader.evaluator.local) {
            let name = item.key.name;
            let text = self.text_of(item.slot);
            let text = self
                .reader
                .take(text, |d| d.within(item.key.span, format!("in `{field}.{name}`")))?;
            names.push((name.text().into(), text, item.key.span));
        }
        Some(names)
    }

    /// A string as it is, null as nothing, anything else as JSON.
    fn text_of(&mut self, slot: Slot<'h>) -> crate::eval::Eval<'h, Arc<str>> {
        let evaluator = &mut *self.reader.evaluator;
        match evaluator.force(slot)? {
            Value::Null => Ok("".into()),
            value @ (Value::Text(_) | Value::Path(_)) => {
                let text = evaluator.coerce(value, Coercion::INTERPOLATION)?;
                Ok(String::from_utf8_lossy(text.bytes()).into())
            }
            value => Ok(Datum::read(evaluator, Slot::Value(value))?.json),
        }
    }

    fn resources(&mut self, attrs: Attrs<'h>, what: &str) -> Option<Option<Resources>> {
        let Some(attr) = attrs.attr(Name::new("resources")) else {
            return Some(None);
        };
        match self.resolve(attr)? {
            Value::Null => Some(None),
            value => {
                let set = self.reader.evaluator.attrs(Slot::Value(value));
                let set = self.reader.take(set, |d| d.within(attr.key.span, "in `resources`"))?;
                Some(Some(read_resources(self.reader, set, what)))
            }
        }
    }

    fn script(&mut self, part: &Part<'h>, attrs: Attrs<'h>) -> Option<Script> {
        let inputs = self.names(attrs, "inputs");
        let outputs = self.names(attrs, "outputs");
        let what = if part.name == self.stage.key {
            format!("stage `{}`", self.stage.key)
        } else {
            format!("`{}` of stage `{}`", part.name, self.stage.key)
        };
        let resources = self.resources(attrs, &what);
        let (inputs, outputs) = (inputs?, outputs?);
        let text = self.run_text(attrs, &inputs, &outputs, &what)?;
        Some(Script { inputs, outputs, resources: resources?, text })
    }

    /// The text of the script with this stage's parameters in it.
    fn run_text(
        &mut self,
        attrs: Attrs<'h>,
        inputs: &Names,
        outputs: &Names,
        what: &str,
    ) -> Option<Vec<u8>> {
        let attr = attrs.attr(Name::new("run"))?;
        let span = attr.key.span;
        let context = |d: Diagnostic| d.within(span, format!("in `run` of {what}"));
        let function = self.reader.evaluator.force(attr.slot);
        let function = self.reader.take(function, context)?;
        if !matches!(function, Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_)) {
            let kind = function.a_type();
            let place = self.reader.places().value(span);
            self.reader.report(
                Diagnostic::error(
                    "repx::stage::run-not-a-function",
                    format!("`run` of {what} must be a function, but is {kind}"),
                )
                .at(place, format!("this is {kind}"))
                .help("write `run = { inputs, outputs, params, ... }: '' … '';`"),
            );
            return None;
        }
        let offered = self.run_argument(inputs, outputs);
        let argument = self.argument(function, offered, span, &format!("`run` of {what}"))?;
        let result = self
            .reader
            .evaluator
            .call(function, &[argument], span)
            .and_then(|value| self.reader.evaluator.coerce(value, Coercion::INTERPOLATION));
        Some(self.reader.take(result, context)?.bytes().to_vec())
    }

    fn run_argument(&mut self, inputs: &Names, outputs: &Names) -> Attrs<'h> {
        let local = self.reader.evaluator.local;
        let set = |pairs: Vec<(Name, Span, String)>| {
            let attr = |(name, span, text): (Name, Span, String)| {
                Attr::new(name, span, Value::Text(Text::new(local, text)))
            };
            Value::Attrs(Attrs::new(local, pairs.into_iter().map(attr).collect()))
        };
        // Inputs are known when the job starts: the script reads them from an array.
        let reference = |array: &str, name: &str| format!("${{{array}[\"{name}\"]}}");
        let inputs = inputs.iter().map(|(n, _, s)| (Name::new(&**n), *s, reference("inputs", n)));
        let inputs = set(inputs.collect());
        let outputs = outputs.iter().map(|(n, path, s)| (Name::new(&**n), *s, path.to_string()));
        let outputs = set(outputs.collect());
        let vocabulary = self.stage.vocabulary;
        let params = self.stage.params.iter().zip(&self.values).map(|((name, _, span), datum)| {
            let text = match vocabulary {
                Vocabulary::Params => datum.word.to_string(),
                Vocabulary::Parameters => reference("parameters", &name.text()),
            };
            (*name, *span, text)
        });
        let params = set(params.collect());
        let mut named = vec![("inputs", inputs), ("outputs", outputs), (vocabulary.word(), params)];
        named.extend(self.packages.map(|packages| ("pkgs", Value::Attrs(packages))));
        self.named(named)
    }

    /// The stage as one: the inputs that come from outside, the outputs of gather.
    #[allow(clippy::type_complexity)] // the script of the whole, the parts' hints, the parts' digests
    fn scatter_gather(
        &mut self,
        scatter: &Part<'h>,
        workers: &[Part<'h>],
        steps: bool,
        gather: &Part<'h>,
    ) -> Option<(Script, Vec<(Arc<str>, Resources)>, Vec<(Arc<str>, [u8; 32])>)> {
        let own_inputs = self.names(self.stage.attrs, "inputs");
        let what = format!("stage `{}`", self.stage.key);
        let resources = self.resources(self.stage.attrs, &what);
        let scattered = self.script(scatter, scatter.attrs);
        let worked: Vec<Option<Script>> =
            workers.iter().map(|worker| self.script(worker, worker.attrs)).collect();
        let gathered = self.script(gather, gather.attrs);
        let (scattered, gathered) = (scattered?, gathered?);
        let worked: Vec<Script> = worked.into_iter().collect::<Option<_>>()?;
        self.check_protocol(&scattered, scatter, workers, &worked, &gathered, gather)?;

        let mut inputs = own_inputs?;
        let within = inner_inputs(&scattered, workers, &worked);
        let outer = scattered.inputs.iter().chain(
            worked.iter().chain([&gathered]).zip(&within).flat_map(|(script, inner)| {
                script.inputs.iter().filter(move |(name, _, _)| !inner.contains(name))
            }),
        );
        for input in outer {
            if !inputs.iter().any(|(name, _, _)| *name == input.0) {
                inputs.push(input.clone());
            }
        }
        inputs.sort();
        let outputs = gathered.outputs.clone();
        let mut parts = Vec::new();
        let mut digests = Vec::new();
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
            digests.push((Arc::clone(&name), script.digest(&part.after)));
            parts.extend(script.resources.filter(|hints| !hints.is_empty()).map(|h| (name, h)));
        }
        Some((Script { inputs, outputs, resources: resources?, text: Vec::new() }, parts, digests))
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
        let has = |names: &Names, wanted: &str| names.iter().any(|(name, _, _)| &**name == wanted);
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
            let text = if names.is_empty() {
                "the steps depend on each other in a circle".to_owned()
            } else {
                format!("several steps are followed by none: {}", names.join(", "))
            };
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

/// For each worker, then for gather, the inputs that come from within the stage.
fn inner_inputs(scattered: &Script, workers: &[Part<'_>], worked: &[Script]) -> Vec<Vec<Arc<str>>> {
    let names =
        |names: &Names| names.iter().map(|(name, _, _)| Arc::clone(name)).collect::<Vec<_>>();
    let outputs_of = |step: &str| {
        let found = workers.iter().zip(worked).find(|(part, _)| *part.name == *step);
        found.map(|(_, script)| names(&script.outputs)).unwrap_or_default()
    };
    let from_scatter = names(&scattered.outputs);
    let of_worker = |part: &Part<'_>| {
        let linked = part.after.iter().flat_map(|after| match &after.link {
            Some((_, input)) => vec![Arc::clone(input)],
            None => outputs_of(&after.step),
        });
        linked.chain(from_scatter.iter().cloned()).chain([WORKER_ITEM.into()]).collect()
    };
    let gather = from_scatter.iter().cloned().chain([WORKER_OUTS.into()]).collect();
    workers.iter().map(of_worker).chain([gather]).collect()
}

impl Script {
    /// Over everything of a part that is part of a job's identity.
    fn digest(&self, after: &[After]) -> [u8; 32] {
        let mut identity = Identity::new();
        identity.add(IdPart::Script, &self.text);
        for (name, default, _) in &self.inputs {
            identity.add(IdPart::Input, name.as_bytes());
            identity.add(IdPart::Input, default.as_bytes());
        }
        for (name, path, _) in &self.outputs {
            identity.add(IdPart::Output, name.as_bytes());
            identity.add(IdPart::Output, path.as_bytes());
        }
        for other in after {
            identity.add(IdPart::Upstream, other.step.as_bytes());
            if let Some((output, input)) = &other.link {
                identity.add(IdPart::Output, output.as_bytes());
                identity.add(IdPart::Input, input.as_bytes());
            }
        }
        identity.digest()
    }
}
