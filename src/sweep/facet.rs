//! What a stage is with certain values of its parameters.

use std::sync::Arc;

use super::identity::{Identity, Part as IdPart};
use super::listing::Facet;
use super::scatter::Whole;
use crate::diagnostic::Diagnostic;
use crate::eval::Coercion;
use crate::lab::{
    Body, Datum, Link, Part, Reader, Resources, Stage, Vocabulary, bad_name, read_resources,
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

pub(super) type Names = Vec<(Arc<str>, Arc<str>, Span)>;

/// One script with what it reads and writes.
#[derive(Default)]
pub(super) struct Script {
    pub(super) inputs: Names,
    pub(super) outputs: Names,
    pub(super) resources: Option<Resources>,
    pub(super) text: Vec<u8>,
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
                script.map(|script| Whole { script, ..Whole::default() })
            }
            Body::ScatterGather { scatter, workers, steps, gather } => {
                self.scatter_gather(scatter, workers, *steps, gather)
            }
        };
        let (pname, Whole { script, parts, steps, digests }) = (pname?, body?);
        let params: Vec<(Arc<str>, Arc<str>)> = self
            .params()
            .map(|(name, datum)| (name.text().into(), Arc::clone(&datum.json)))
            .collect();
        let facet = Facet {
            pname,
            params,
            outputs: script.outputs.into_iter().map(|(name, path, _)| (name, path)).collect(),
            parts,
            steps,
        };
        let digest = self.digest(&facet, &script.text, &digests);
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
        if let Some(diagnostic) = bad_name("pname", &text) {
            let place = self.reader.places().value(span);
            self.reader.report(diagnostic.at(place, "becomes part of a directory's name"));
            return None;
        }
        Some(text.into())
    }

    /// A set of names and texts, such as `inputs`.
    pub(super) fn names(&mut self, attrs: Attrs<'h>, field: &str) -> Option<Names> {
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

    pub(super) fn resources(&mut self, attrs: Attrs<'h>, what: &str) -> Option<Option<Resources>> {
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

    pub(super) fn script(&mut self, part: &Part<'h>, attrs: Attrs<'h>) -> Option<Script> {
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
}

impl Script {
    /// Over everything of a part that is part of a job's identity.
    pub(super) fn digest(&self, part: &Part<'_>) -> [u8; 32] {
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
        for package in &part.packages {
            identity.add(IdPart::Package, package.as_bytes());
        }
        for other in &part.after {
            identity.add(IdPart::Upstream, other.step.as_bytes());
            if let Link::Named { output, input } = &other.link {
                identity.add(IdPart::Output, output.0.as_bytes());
                identity.add(IdPart::Input, input.0.as_bytes());
            }
        }
        identity.digest()
    }
}
