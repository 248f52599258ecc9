//! Pipelines: stages and how they are wired.

use std::sync::Arc;

use super::order::{cycle, positions, topological};
use super::scope::Callee;
use super::{Offer, Reader, Stage};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};
use crate::value::{Attrs, Slot, Value};

/// A pipeline that was read.
#[derive(Clone, Debug)]
pub struct Pipeline<'h> {
    /// Called after its file.
    pub name: Arc<str>,
    /// Its stages, each after those it depends on.
    pub stages: Vec<Stage<'h>>,
}

/// A stage's dependency on another.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// Index of the other stage in the pipeline.
    pub stage: usize,
    /// Which outputs become which inputs.
    pub link: Link,
    /// Where it is written.
    pub span: Span,
}

/// Which outputs of a dependency become which inputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Link {
    /// Those that share a name.
    SameNames,
    /// One, by name.
    Named {
        /// The other stage's output, and where it is named.
        output: (Arc<str>, Span),
        /// This stage's input, and where it is named.
        input: (Arc<str>, Span),
    },
}

const STAGE_TAG: &[u8] = b"stage";

/// A stage as the pipeline mentions it: what `callStage` made.
struct Mention<'h> {
    key: Arc<str>,
    span: Span,
    attrs: Attrs<'h>,
}

impl<'h> Reader<'_, 'h> {
    pub(super) fn pipeline(
        &mut self,
        name: Arc<str>,
        callee: &Callee<'h>,
        offer: &Offer<'h>,
    ) -> Option<Pipeline<'h>> {
        let attrs = self.call_file(callee, offer)?;
        let mut mentions = self.mentions(attrs);
        if mentions.is_empty() && !self.failed() {
            self.report(
                Diagnostic::error("repx::lab::no-stages", format!("pipeline `{name}` has no stages"))
                    .at(callee.span, "this pipeline")
                    .help("a pipeline is `{ repx, ... }: repx.mkPipe { gen = repx.callStage ./stages/gen.nix [ ]; }`"),
            );
        }
        let mut dependencies: Vec<Vec<Dependency>> = Vec::new();
        let mut lost = Vec::new();
        let mut at = 0;
        // Stages that are only dependencies join at the end as they are met.
        while at < mentions.len() {
            let (found, lost_one) = self.stage_dependencies(at, &mut mentions);
            dependencies.push(found);
            lost.push(lost_one);
            at += 1;
        }
        let order = self.stage_order(&mentions, &dependencies)?;
        let positions = positions(&order, mentions.len());
        let mut stages = Vec::with_capacity(order.len());
        let mut complete = true;
        for index in &order {
            let Some(mention) = mentions.get(*index) else {
                continue;
            };
            let moved = |old: usize| positions.get(old).copied().unwrap_or(old);
            let dependencies = dependencies.get(*index).map(|all| {
                let moved = |d: &Dependency| Dependency { stage: moved(d.stage), ..d.clone() };
                all.iter().map(moved).collect()
            });
            let lost = lost.get(*index) == Some(&true);
            let stage = self.read_mention(mention, (dependencies.unwrap_or_default(), lost), offer);
            complete &= stage.is_some();
            stages.extend(stage);
        }
        // With a stage missing the others' indices mean nothing.
        complete.then_some(Pipeline { name, stages })
    }

    fn read_mention(
        &mut self,
        mention: &Mention<'h>,
        dependencies: (Vec<Dependency>, bool),
        offer: &Offer<'h>,
    ) -> Option<Stage<'h>> {
        let slot = mention.attrs.get(Name::new("stageFile"))?;
        let attrs = self.call_named(slot, mention.span, "stage", offer)?;
        if !attrs.has(Name::new("pname")) {
            self.no_pname(mention, slot);
            return None;
        }
        self.stage(Arc::clone(&mention.key), mention.span, attrs, dependencies)
    }

    fn no_pname(&mut self, mention: &Mention<'h>, file: Slot<'h>) {
        let (key, span) = (&mention.key, mention.span);
        let set = match file.known() {
            Some(Value::Path(path)) => self.places().set_of_file(path.as_path()),
            _ => None,
        };
        let missing = Diagnostic::error(
            "repx::stage::missing-attribute",
            format!("stage `{key}` has no `pname`"),
        )
        .help(format!("add `pname = \"{key}\";`"));
        self.report(match set {
            Some(set) => missing.at(set, "this set has none").also(span, "the stage is used here"),
            None => missing.at(span, "this stage"),
        });
    }

    fn mentions(&mut self, pipeline: Attrs<'h>) -> Vec<Mention<'h>> {
        let mut mentions: Vec<Mention<'h>> = Vec::new();
        for attr in pipeline.by_name(self.evaluator.local) {
            let (name, span) = (attr.key.name, attr.key.span);
            let value = self.evaluator.force(attr.slot);
            let Some(value) = self.take(value, |d| d.within(span, format!("in stage `{name}`")))
            else {
                continue;
            };
            match value {
                Value::Attrs(attrs) if self.tag(value) == Some(STAGE_TAG) => {
                    mentions.push(Mention { key: name.text().into(), span, attrs });
                }
                // What an overriding helper adds to a pipeline is no stage; nor is anything else
                // upstream would leave out.
                _ if matches!(name.bytes(), b"override" | b"overrideDerivation") => {}
                other => {
                    let kind = other.a_type();
                    let place = self.places().value(span);
                    self.report(
                        Diagnostic::error(
                            "repx::lab::not-a-stage",
                            format!("stage `{name}` must be made by repx.callStage, but is {kind}"),
                        )
                        .at(place, format!("this is {kind}"))
                        .help(format!("write `{name} = repx.callStage ./stages/{name}.nix [ ];`")),
                    );
                }
            }
        }
        mentions
    }

    /// What a stage depends on, and whether something of it is lost because it is wrong.
    fn stage_dependencies(
        &mut self,
        index: usize,
        mentions: &mut Vec<Mention<'h>>,
    ) -> (Vec<Dependency>, bool) {
        let Some(mention) = mentions.get(index) else {
            return (Vec::new(), false);
        };
        let (key, span, record) = (Arc::clone(&mention.key), mention.span, mention.attrs);
        let Some(slot) = mention.attrs.get(Name::new("dependencies")) else {
            return (Vec::new(), false);
        };
        let places = self.argument_places(record);
        let context =
            |d: Diagnostic| d.within(span, format!("in the dependencies of stage `{key}`"));
        let list = self.evaluator.items(slot);
        let Some(list) = self.take(list, context) else {
            return (Vec::new(), true);
        };
        let mut dependencies = Vec::new();
        for (i, item) in list.items().iter().enumerate() {
            let place = places.get(i).map_or(span, |expr| expr.span);
            let inner = places.get(i).cloned().map(super::places::list_items).unwrap_or_default();
            let value = self.evaluator.force(*item);
            let Some(value) = self.take(value, context) else {
                continue;
            };
            let (other, link) = match value {
                Value::List(list) => {
                    let Some(found) = self.named_link(list.items(), &key, place, &inner) else {
                        continue;
                    };
                    found
                }
                other => (other, Link::SameNames),
            };
            if let Some(stage) = self.find_stage(other, &key, place, mentions) {
                dependencies.push(Dependency { stage, link, span: place });
            }
        }
        let lost = dependencies.len() < list.len();
        (dependencies, lost)
    }

    /// `[ stage "output" "input" ]`, `[ stage "name" ]`
    pub(super) fn named_link(
        &mut self,
        items: &[Slot<'h>],
        key: &str,
        place: Span,
        inner: &[crate::syntax::Expr],
    ) -> Option<(Value<'h>, Link)> {
        let (stage, names) = match items {
            [stage, names @ ..] if matches!(names.len(), 1 | 2) => (*stage, names),
            _ => {
                self.report(
                    Diagnostic::error(
                        "repx::pipeline::bad-dependency",
                        format!("a dependency of `{key}` has {} elements, not 2 or 3", items.len()),
                    )
                    .at(place, "this dependency")
                    .help("write `[ stage \"output\" \"input\" ]`, or `[ stage \"name\" ]` when both have one name"),
                );
                return None;
            }
        };
        let other = self.evaluator.force(stage);
        let other = self.take(other, |d| d.within(place, "in this dependency"))?;
        let mut texts = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let text = self.evaluator.string(*name);
            let text = self.take(text, |d| d.within(place, "in this dependency"))?;
            let span = inner.get(i + 1).map_or(place, |expr| expr.span);
            texts.push((Arc::<str>::from(text.lossy()), span));
        }
        let output = texts.first()?.clone();
        let input = texts.get(1).unwrap_or(&output).clone();
        Some((other, Link::Named { output, input }))
    }

    fn find_stage(
        &mut self,
        value: Value<'h>,
        key: &str,
        place: Span,
        mentions: &mut Vec<Mention<'h>>,
    ) -> Option<usize> {
        if let Value::Attrs(attrs) = value {
            if let Some(same) = mentions.iter().position(|m| m.attrs.same_object(attrs)) {
                return Some(same);
            }
            if self.tag(value) == Some(STAGE_TAG) {
                // A stage that the pipeline uses without listing it: it takes part all the same.
                let name = format!("{key}-dependency-{}", mentions.len());
                mentions.push(Mention { key: name.into(), span: place, attrs });
                return Some(mentions.len() - 1);
            }
        }
        let kind = value.a_type();
        let help = match value {
            Value::Text(text) => {
                format!("write `{}` without quotes, in a `rec` set", text.lossy())
            }
            _ => "a dependency is a stage of this pipeline: `repx.mkPipe rec { … }`".to_owned(),
        };
        self.report(
            Diagnostic::error(
                "repx::pipeline::bad-dependency",
                format!("stage `{key}` depends on {kind}, not on a stage"),
            )
            .at(place, format!("this is {kind}"))
            .help(help),
        );
        None
    }

    /// Stages in topological order; among those free to choose, in the order of their names.
    fn stage_order(
        &mut self,
        mentions: &[Mention<'h>],
        dependencies: &[Vec<Dependency>],
    ) -> Option<Vec<usize>> {
        let order = topological(mentions.len(), |index| {
            dependencies
                .get(index)
                .map(|all| all.iter().map(|d| d.stage).collect())
                .unwrap_or_default()
        });
        if order.len() < mentions.len() {
            let needs = |index: usize| {
                let needs = dependencies.get(index).map(|all| all.iter());
                needs.into_iter().flatten().map(|d| (d.stage, d.span)).collect()
            };
            let name = |index: usize| {
                mentions.get(index).map_or_else(String::new, |mention| mention.key.to_string())
            };
            let code = "repx::pipeline::stage-cycle";
            let found = cycle(code, "stage", &order, mentions.len(), needs, name);
            self.diagnostics.extend(found);
            return None;
        }
        Some(order)
    }
}
