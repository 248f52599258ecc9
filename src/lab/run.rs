//! Runs: which there are, how they depend on each other, what each sweeps.

use std::sync::Arc;

use super::order::{cycle, topological};
use super::scope::Callee;
use super::{Axis, Offer, Pipeline, Reader, fields};
use crate::builtins::records;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::{Name, Span};
use crate::syntax::Expr;
use crate::value::{Attr, Attrs, List, Slot, Value};

/// How much a run needs another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// All jobs of the other run must have succeeded, and are inputs of this one.
    Hard,
    /// This run comes after the other, and may read its metadata.
    Soft,
}

impl Need {
    /// As labs write it.
    pub fn word(self) -> &'static str {
        match self {
            Need::Hard => "hard",
            Need::Soft => "soft",
        }
    }

    fn parse(word: &[u8]) -> Option<Need> {
        match word {
            b"hard" => Some(Need::Hard),
            b"soft" => Some(Need::Soft),
            _ => None,
        }
    }
}

/// A run that was read.
#[derive(Clone, Debug)]
pub struct Run<'h> {
    /// Its name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub span: Span,
    /// Indices of the runs it depends on, all before it.
    pub depends_on: Vec<(usize, Need)>,
    /// May it run in a container?
    pub containerized: bool,
    /// What its parameters need beyond what they name, unevaluated.
    pub params_dependencies: Option<Attr<'h>>,
    /// What it sweeps, in the order of names.
    pub axes: Vec<Axis<'h>>,
    /// Its pipelines.
    pub pipelines: Vec<Pipeline<'h>>,
}

/// A run as the lab mentions it: what `callRun` made.
pub(super) struct Placeholder<'h> {
    /// Its attribute in `runs`.
    pub(super) key: Name,
    pub(super) span: Span,
    pub(super) attrs: Attrs<'h>,
    /// Indices among the placeholders, and where each is written.
    pub(super) depends_on: Vec<(usize, Need, Span)>,
}

/// Can runs be picked by this name?
fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '/' && c != '@';
    !name.is_empty() && !name.starts_with('-') && name.chars().all(plain)
}

pub(super) const RUN_TAG: &[u8] = b"run_placeholder";

impl<'h> Reader<'_, 'h> {
    /// The tag of a record that our library made.
    pub(super) fn tag(&mut self, value: Value<'h>) -> Option<&'h [u8]> {
        let Value::Attrs(attrs) = value else {
            return None;
        };
        let slot = attrs.get(Name::new("_repx_type"))?;
        match self.evaluator.force(slot) {
            Ok(Value::Text(text)) => Some(text.bytes()),
            _ => None,
        }
    }

    /// The runs of a lab, by attribute.
    pub(super) fn placeholders(&mut self, runs: Attrs<'h>) -> Vec<Placeholder<'h>> {
        let mut found = Vec::new();
        for attr in runs.by_name(self.evaluator.local) {
            let (key, span) = (attr.key.name, attr.key.span);
            let value = self.evaluator.force(attr.slot);
            let Some(value) = self.take(value, |d| d.within(span, format!("in run `{key}`")))
            else {
                continue;
            };
            match value {
                Value::Attrs(attrs) if self.tag(value) == Some(RUN_TAG) => {
                    found.push(Placeholder { key, span, attrs, depends_on: Vec::new() });
                }
                other => {
                    let kind = other.a_type();
                    let place = self.places().value(span);
                    self.report(
                        Diagnostic::error(
                            "repx::lab::not-a-run",
                            format!("run `{key}` must be made by repx-lib.callRun, but is {kind}"),
                        )
                        .at(place, format!("this is {kind}"))
                        .help(format!("write `{key} = repx-lib.callRun ./runs/{key}.nix [ ];`")),
                    );
                }
            }
        }
        for i in 0..found.len() {
            let depends_on = self.run_dependencies(i, &found);
            if let Some(run) = found.get_mut(i) {
                run.depends_on = depends_on;
            }
        }
        found
    }

    fn run_dependencies(
        &mut self,
        index: usize,
        all: &[Placeholder<'h>],
    ) -> Vec<(usize, Need, Span)> {
        let Some(run) = all.get(index) else {
            return Vec::new();
        };
        let Some(slot) = run.attrs.get(Name::new("dependencies")) else {
            return Vec::new();
        };
        let places = self.argument_places(run.attrs);
        let context =
            |d: Diagnostic| d.within(run.span, format!("in the dependencies of run `{}`", run.key));
        let list = self.evaluator.items(slot);
        let Some(list) = self.take(list, context) else {
            return Vec::new();
        };
        let mut depends_on: Vec<(usize, Need, Span)> = Vec::new();
        for (i, item) in list.items().iter().enumerate() {
            let place = places.get(i).map_or(run.span, |expr| expr.span);
            let inner = places.get(i).cloned().map(super::places::list_items).unwrap_or_default();
            let value = self.evaluator.force(*item);
            let Some(value) = self.take(value, context) else {
                continue;
            };
            let dependency = match value {
                Value::List(pair) => self.pair(pair, run, place, &inner),
                other => Some((other, Need::Hard)),
            };
            let Some((other, need)) = dependency else {
                continue;
            };
            match self.find_run(other, all) {
                Some(found) if depends_on.iter().any(|(other, _, _)| *other == found) => {
                    self.report(
                        Diagnostic::error(
                            "repx::lab::dependency-twice",
                            format!("run `{}` depends on the same run twice", run.key),
                        )
                        .at(place, "once more")
                        .help("say it once, as \"hard\" or as \"soft\""),
                    );
                }
                Some(found) => depends_on.push((found, need, place)),
                None => self.not_a_dependency(other, run, place),
            }
        }
        depends_on
    }

    /// Where the dependencies stand that a record of `callRun` or `callStage` was given.
    pub(super) fn argument_places(&mut self, record: Attrs<'h>) -> Vec<Expr> {
        match record.get(Name::new(records::PLACE)).and_then(Slot::known) {
            Some(Value::Int(packed)) => self.places().last_argument(records::unpack(packed)),
            _ => Vec::new(),
        }
    }

    /// `[ run "soft" ]`
    fn pair(
        &mut self,
        pair: List<'h>,
        run: &Placeholder<'h>,
        place: Span,
        inner: &[crate::syntax::Expr],
    ) -> Option<(Value<'h>, Need)> {
        let key = run.key;
        let [other, word] = pair.items() else {
            self.report(
                Diagnostic::error(
                    "repx::lab::bad-dependency",
                    format!("a dependency of run `{key}` has {} elements, not 2", pair.len()),
                )
                .at(place, "this dependency")
                .help("write `[ run \"hard\" ]` or `[ run \"soft\" ]`"),
            );
            return None;
        };
        let other = self.evaluator.force(*other);
        let other = self.take(other, |d| d.within(place, "in this dependency"))?;
        let word = self.evaluator.string(*word);
        let word = self.take(word, |d| d.within(place, "in this dependency"))?;
        let Some(need) = Need::parse(word.bytes()) else {
            let at = inner.get(1).map_or(place, |expr| expr.span);
            let text = word.lossy();
            self.report(
                Diagnostic::error(
                    "repx::lab::bad-dependency-word",
                    format!("a run depends on another as \"hard\" or \"soft\", not \"{text}\""),
                )
                .at(at, "neither hard nor soft")
                .maybe_help(did_you_mean(&text, ["hard", "soft"]).or_else(|| {
                    Some("hard: its jobs must have succeeded, and are inputs; soft: it only comes first".into())
                })),
            );
            return None;
        };
        Some((other, need))
    }

    /// The index of the run that a value is.
    pub(super) fn find_run(&mut self, value: Value<'h>, all: &[Placeholder<'h>]) -> Option<usize> {
        let Value::Attrs(attrs) = value else {
            return None;
        };
        if let Some(same) = all.iter().position(|run| run.attrs.same_object(attrs)) {
            return Some(same);
        }
        if self.tag(value) != Some(RUN_TAG) {
            return None;
        }
        // Called twice with the same arguments: the same run, as upstream has it.
        all.iter().position(|run| {
            ["runPath", "dependencies"].iter().all(|part| {
                let part = Name::new(part);
                let parts = run.attrs.get(part).zip(attrs.get(part));
                parts.is_some_and(|(a, b)| matches!(self.evaluator.equal_slots(a, b), Ok(true)))
            })
        })
    }

    fn not_a_dependency(&mut self, value: Value<'h>, run: &Placeholder<'h>, place: Span) {
        let key = run.key;
        let diagnostic = if self.tag(value) == Some(RUN_TAG) {
            Diagnostic::error(
                "repx::lab::dependency-not-listed",
                format!("run `{key}` depends on a run that is not among the lab's runs"),
            )
            .at(place, "this run")
            .help("add it to `runs`")
        } else {
            let kind = value.a_type();
            Diagnostic::error(
                "repx::lab::bad-dependency",
                format!("run `{key}` depends on {kind}; a dependency is a run made by callRun"),
            )
            .at(place, format!("this is {kind}"))
            .help("write the run's name without quotes, or `[ run \"soft\" ]`")
        };
        self.report(diagnostic);
    }

    /// Placeholders in an order that puts each after those it depends on; among those that are
    /// free to choose, by name. A cycle is reported.
    pub(super) fn order(&mut self, all: &[Placeholder<'h>]) -> Vec<usize> {
        let needs = |index: usize| {
            let run = all.get(index);
            run.map(|run| run.depends_on.iter().map(|(other, _, _)| *other).collect())
        };
        let order = topological(all.len(), |index| needs(index).unwrap_or_default());
        if order.len() < all.len() {
            let needs = |index: usize| {
                let needs = all.get(index).map(|run| run.depends_on.iter());
                needs.into_iter().flatten().map(|(other, _, span)| (*other, *span)).collect()
            };
            let name =
                |index: usize| all.get(index).map_or_else(String::new, |r| r.key.to_string());
            let found = cycle("repx::lab::run-cycle", "run", &order, all.len(), needs, name);
            self.diagnostics.extend(found);
        }
        order
    }

    /// Reads the file of a run.
    pub(super) fn run(
        &mut self,
        placeholder: &Placeholder<'h>,
        depends_on: Vec<(usize, Need)>,
        offer: &Offer<'h>,
    ) -> Option<Run<'h>> {
        let slot = placeholder.attrs.get(Name::new("runPath"))?;
        let attrs = self.call_named(slot, placeholder.span, "run", offer)?;
        let key = placeholder.key.text();
        self.check_fields(
            attrs,
            fields::RUN,
            &format!("run `{key}`"),
            "repx::lab::unknown-run-attribute",
        );
        let (name, span) = self.run_name(attrs, placeholder)?;
        let axes = match self.params_field(attrs) {
            None => Vec::new(),
            Some((_, attr)) => self.run_axes(attr, &name),
        };
        let containerized = match self.field(attrs, "containerized") {
            None => true,
            Some(attr) => {
                let value = self.evaluator.boolean(attr.slot);
                self.take(value, |d| {
                    d.within(attr.key.span, format!("in `containerized` of run `{name}`"))
                })?
            }
        };
        let words = ["paramsDependencies", "parametersDependencies"];
        let params_dependencies = words.iter().find_map(|word| self.field(attrs, word));
        let pipelines = self.pipelines(attrs, &name, span, offer);
        Some(Run { name, span, depends_on, containerized, params_dependencies, axes, pipelines })
    }

    fn run_axes(&mut self, attr: Attr<'h>, run: &str) -> Vec<Axis<'h>> {
        let params = self.evaluator.attrs(attr.slot);
        let params = self
            .take(params, |d| d.within(attr.key.span, format!("in the parameters of run `{run}`")));
        let before = self.diagnostics.len();
        let axes = params.map(|params| self.axes(params)).unwrap_or_default();
        self.diagnostics.within_since(before, attr.key.span, &format!("in run `{run}`"));
        axes
    }

    fn run_name(
        &mut self,
        attrs: Attrs<'h>,
        placeholder: &Placeholder<'h>,
    ) -> Option<(Arc<str>, Span)> {
        let Some(attr) = self.field(attrs, "name") else {
            return Some((placeholder.key.text().into(), placeholder.span));
        };
        let text = self.evaluator.string(attr.slot);
        let text = self.take(text, |d| d.within(attr.key.span, "in the name of a run"))?;
        let place = self.places().value(attr.key.span);
        let name = text.lossy();
        if !is_plain_name(&name) {
            self.report(
                Diagnostic::error(
                    "repx::lab::bad-run-name",
                    format!("\"{name}\" can't name a run"),
                )
                .at(place, "this name")
                .help("a run's name has no spaces, '/' or '@', and doesn't begin with '-'"),
            );
            return None;
        }
        Some((name.into(), place))
    }

    fn pipelines(
        &mut self,
        attrs: Attrs<'h>,
        run: &Arc<str>,
        span: Span,
        offer: &Offer<'h>,
    ) -> Vec<Pipeline<'h>> {
        let Some(attr) = self.field(attrs, "pipelines") else {
            self.report(
                Diagnostic::error(
                    "repx::lab::no-pipelines",
                    format!("run `{run}` has no `pipelines`"),
                )
                .at(span, "this run")
                .help("add `pipelines = [ ./pipelines/main.nix ];`"),
            );
            return Vec::new();
        };
        let list = self.evaluator.items(attr.slot);
        let context =
            |d: Diagnostic| d.within(attr.key.span, format!("in the pipelines of run `{run}`"));
        let Some(list) = self.take(list, context) else {
            return Vec::new();
        };
        if list.is_empty() {
            let place = self.places().value(attr.key.span);
            self.report(
                Diagnostic::error(
                    "repx::lab::no-pipelines",
                    format!("run `{run}` has no pipelines"),
                )
                .at(place, "an empty list"),
            );
        }
        let mut pipelines: Vec<Pipeline<'h>> = Vec::new();
        for (i, slot) in list.items().iter().enumerate() {
            let place = self.places().item(attr.key.span, i);
            let name = self.pipeline_name(*slot, i, &pipelines);
            let callee = Callee { slot: *slot, span: place, role: "pipeline" };
            pipelines.extend(self.pipeline(name, &callee, offer));
        }
        pipelines
    }

    /// A pipeline is called after its file; so that names don't depend on where a lab lies, the
    /// directory is left out.
    fn pipeline_name(&mut self, slot: Slot<'h>, index: usize, others: &[Pipeline<'h>]) -> Arc<str> {
        let stem = match self.evaluator.force(slot) {
            Ok(Value::Path(path)) => {
                path.as_path().file_stem().map(|s| s.to_string_lossy().into_owned())
            }
            _ => None,
        };
        let name = stem.unwrap_or_else(|| format!("pipeline-{index}"));
        if others.iter().any(|other| *other.name == name) {
            return format!("{name}-{index}").into();
        }
        name.into()
    }
}
