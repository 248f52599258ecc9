//! What a stage is with certain values of its parameters.

use std::sync::Arc;

use super::identity::{Identity, Part as IdPart};
use super::scatter::Whole;
use super::script::{self, Keeping};
use super::tracked::Answer;
use crate::diagnostic::Diagnostic;
use crate::eval::Coercion;
use crate::lab::{
    Datum, Link, Part, Reader, Resources, Stage, Vocabulary, bad_name, read_resources, script_word,
};
use crate::lower::Param;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Slot, Text, Thunk, Value, Watch};

/// A declared input.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Input {
    pub(super) name: Arc<str>,
    /// Empty: none.
    pub(super) default: Arc<str>,
    pub(super) span: Span,
}

pub(super) type Names = Vec<(Arc<str>, Arc<str>, Span)>;

/// One script with what it reads and writes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Script {
    pub(super) inputs: Names,
    pub(super) outputs: Names,
    pub(super) resources: Option<Resources>,
    /// What stands for it.
    pub(super) text: Vec<u8>,
}

/// Evaluates the functions of a stage with values of its parameters.
pub(super) struct Facets<'r, 'e, 'h> {
    pub(super) reader: &'r mut Reader<'e, 'h>,
    pub(super) stage: &'r Stage<'h>,
    /// One for each declared parameter, with its canonical JSON.
    pub(super) values: Vec<(Slot<'h>, &'r str)>,
    pub(super) packages: Option<Attrs<'h>>,
    pub(super) keeping: Keeping<'r>,
    /// What the functions ask for is noted here; see [`Facets::watch`].
    pub(super) watch: Option<&'h Watch<'h>>,
}

impl<'h> Facets<'_, '_, 'h> {
    /// Whatever of these is asked for from here on is noted: parameters, in their order, then what
    /// is given besides.
    fn watch(&mut self, values: &[Slot<'h>]) {
        self.watch = Some(Watch::new(self.reader.evaluator.local, values));
    }

    /// The value `index` of those watched.
    fn watched(&self, index: usize) -> Slot<'h> {
        match self.watch {
            Some(watch) => Slot::Thunk(Thunk::watched(self.reader.evaluator.local, watch, index)),
            None => Slot::Value(Value::Null),
        }
    }

    fn answer<T>(&self, value: Option<T>) -> Answer<T> {
        Answer { value, asked: self.watch.map(Watch::asked).unwrap_or_default() }
    }

    /// What a function of the parameters gives that needs nothing else.
    pub(super) fn of_parameters<T>(
        &mut self,
        function: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Answer<T> {
        let slots: Vec<Slot<'h>> = self.values.iter().map(|(slot, _)| *slot).collect();
        self.watch(&slots);
        let value = function(self);
        self.answer(value)
    }

    /// What stands for the script of a simple stage with these inputs and outputs, which are
    /// watched as well.
    pub(super) fn script_text(
        &mut self,
        part: &Part<'h>,
        inputs: &[Input],
        outputs: &Names,
    ) -> Answer<Vec<u8>> {
        let Some(mut values) = self.words() else {
            return Answer { value: None, asked: Vec::new() };
        };
        let count = values.len();
        let inputs = inputs.iter().map(|input| (&input.name, input.span));
        values.push(Slot::Value(self.input_words(inputs)));
        values.push(Slot::Value(self.output_words(outputs)));
        self.watch(&values);
        let (inputs, outputs) = (self.watched(count), self.watched(count + 1));
        let what = self.what(part);
        let text = self.run_text(part.attrs, 0, (inputs, outputs), &what);
        self.answer(text)
    }

    /// A scatter-gather stage as one. All its functions are watched as one.
    pub(super) fn whole(
        &mut self,
        scatter: &Part<'h>,
        workers: &[Part<'h>],
        steps: bool,
        gather: &Part<'h>,
    ) -> Answer<Whole> {
        let Some(words) = self.words() else {
            return Answer { value: None, asked: Vec::new() };
        };
        let mut slots: Vec<Slot<'h>> = self.values.iter().map(|(slot, _)| *slot).collect();
        slots.extend(words);
        self.watch(&slots);
        let whole = self.scatter_gather(scatter, workers, steps, gather);
        self.answer(whole)
    }

    /// The parameters as scripts get them.
    fn words(&mut self) -> Option<Vec<Slot<'h>>> {
        let local = self.reader.evaluator.local;
        let vocabulary = self.stage.vocabulary;
        let mut words = Vec::with_capacity(self.values.len());
        for ((name, _, span), (slot, json)) in self.stage.params.iter().zip(&self.values) {
            let word = match vocabulary {
                Vocabulary::Params => {
                    let word = script_word(self.reader.evaluator, *slot, json);
                    self.reader.take(word, |d| d.within(*span, format!("in parameter `{name}`")))?
                }
                Vocabulary::Parameters => reference("parameters", &name.text()),
            };
            words.push(Slot::Value(Value::Text(Text::new(local, word))));
        }
        Some(words)
    }

    /// The parameters as a function of the stage gets them, `from` saying where they stand among
    /// what is watched.
    fn params_set(&self, from: usize) -> Attrs<'h> {
        let attrs = self.stage.params.iter().enumerate();
        let attrs =
            attrs.map(|(i, (name, _, span))| Attr::new(*name, *span, self.watched(from + i)));
        Attrs::new(self.reader.evaluator.local, attrs.collect())
    }

    fn named(&self, pairs: Vec<(&str, Slot<'h>)>) -> Attrs<'h> {
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
        let offered = self.named(vec![(word, Slot::Value(Value::Attrs(self.params_set(0))))]);
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

    pub(super) fn pname(&mut self) -> Option<String> {
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
        Some(text.to_string())
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
        if field == "outputs" {
            self.check_apart(&names);
            self.check_within(&names);
        }
        Some(names)
    }

    /// Two outputs of one job at one path: the second to be written is the only one that is left.
    fn check_apart(&mut self, outputs: &Names) {
        for (index, (name, path, span)) in outputs.iter().enumerate() {
            let same =
                outputs.iter().take(index).find(|(_, other, _)| !path.is_empty() && other == path);
            if let Some((other, _, first)) = same {
                let found = Diagnostic::warning(
                    "repx::stage::outputs-collide",
                    format!("the outputs `{other}` and `{name}` are the same file, {path}"),
                )
                .at(*span, "this one")
                .also(*first, "and this one")
                .help("give one of them another path");
                self.reader.report(found);
            }
        }
    }

    /// An output whose path leads out of the job's own directory, where other jobs write too. What has no such
    /// path at all may be something else than a file: a word that other stages read.
    fn check_within(&mut self, outputs: &Names) {
        for (name, path, span) in outputs {
            let below = path.strip_prefix("${out}").or_else(|| path.strip_prefix("$out"));
            if below.is_some_and(|below| below.starts_with('/') && leaves(below)) {
                let found = Diagnostic::warning(
                    "repx::stage::output-elsewhere",
                    format!("the output `{name}` isn't in the job's directory: {path}"),
                )
                .at(*span, "jobs write over each other's files there")
                .help("paths of outputs begin with `$out/`, and stay there");
                self.reader.report(found);
            }
        }
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

    /// A part of a scatter-gather stage.
    pub(super) fn script(&mut self, part: &Part<'h>) -> Option<Script> {
        let inputs = self.names(part.attrs, "inputs");
        let outputs = self.names(part.attrs, "outputs");
        let what = self.what(part);
        let resources = self.resources(part.attrs, &what);
        let (inputs, outputs) = (inputs?, outputs?);
        let given = (
            Slot::Value(self.input_words(inputs.iter().map(|(name, _, span)| (name, *span)))),
            Slot::Value(self.output_words(&outputs)),
        );
        let text = self.run_text(part.attrs, self.values.len(), given, &what)?;
        Some(Script { inputs, outputs, resources: resources?, text })
    }

    /// What a part is called in messages.
    pub(super) fn what(&self, part: &Part<'_>) -> String {
        let key = &self.stage.key;
        match part.name == *key {
            true => format!("stage `{key}`"),
            false => format!("`{}` of stage `{key}`", part.name),
        }
    }

    /// What stands for the script with this stage's parameters in it.
    fn run_text(
        &mut self,
        attrs: Attrs<'h>,
        words: usize,
        (inputs, outputs): (Slot<'h>, Slot<'h>),
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
        let word = self.stage.vocabulary.word();
        let params = Slot::Value(Value::Attrs(self.params_set(words)));
        let mut offered = vec![("inputs", inputs), ("outputs", outputs), (word, params)];
        offered.extend(self.packages.map(|all| ("pkgs", Slot::Value(Value::Attrs(all)))));
        let offered = self.named(offered);
        let argument = self.argument(function, offered, span, &format!("`run` of {what}"))?;
        let result = self
            .reader
            .evaluator
            .call(function, &[argument], span)
            .and_then(|value| self.reader.evaluator.coerce(value, Coercion::INTERPOLATION));
        let text = self.reader.take(result, context)?.into_text(self.reader.evaluator.local);
        let dependencies = self.stage.attrs.get(Name::new("runDependencies"));
        let given = script::Given { packages: self.packages, dependencies, text };
        let identity = script::identity(self.reader.evaluator, given, self.keeping, span);
        self.reader.take(identity, context)
    }

    /// Inputs as scripts get them: they are known when the job starts, and read from an array.
    fn input_words<'n>(&self, inputs: impl Iterator<Item = (&'n Arc<str>, Span)>) -> Value<'h> {
        let local = self.reader.evaluator.local;
        let attr = |(name, span): (&'n Arc<str>, Span)| {
            let text = Text::new(local, reference("inputs", name));
            Attr::new(Name::new(&**name), span, Value::Text(text))
        };
        Value::Attrs(Attrs::new(local, inputs.map(attr).collect()))
    }

    /// Outputs as scripts get them.
    fn output_words(&self, outputs: &Names) -> Value<'h> {
        let local = self.reader.evaluator.local;
        let attr = |(name, path, span): &(Arc<str>, Arc<str>, Span)| {
            Attr::new(Name::new(&**name), *span, Value::Text(Text::new(local, &**path)))
        };
        Value::Attrs(Attrs::new(local, outputs.iter().map(attr).collect()))
    }
}

/// How a script reads an entry of an array.
fn reference(array: &str, name: &str) -> String {
    format!("${{{array}[\"{name}\"]}}")
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

/// Does a path below a directory lead out of it?
fn leaves(path: &str) -> bool {
    let mut depth = 0usize;
    path.split('/').any(|part| match part {
        "" | "." => false,
        ".." => match depth.checked_sub(1) {
            Some(above) => {
                depth = above;
                false
            }
            None => true,
        },
        _ => {
            depth += 1;
            false
        }
    })
}

#[cfg(test)]
mod tests {
    use super::leaves;

    #[test]
    fn paths_that_lead_out_are_known() {
        for (path, leads_out) in [
            ("/x", false),
            ("/a/../x", false),
            ("/../x", true),
            ("/a/../../x", true),
            ("/./a/b/../../x", false),
            ("/a/..x", false),
        ] {
            assert_eq!(leaves(path), leads_out, "{path}");
        }
    }
}
