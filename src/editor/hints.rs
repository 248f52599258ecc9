//! What is said beside the text: how many jobs, and how many values where they are computed.

use std::ops::Range;
use std::path::Path;

use super::Known;
use super::facts::{JobCount, LabFacts};
use super::look::{Node, texts_of};
use super::thing::Scene;
use super::told::{param, run_name, run_of_set, stages_of_mention, stages_of_set};
use super::wires::concerned;
use crate::source::{Name, Span};
use crate::syntax::ExprKind;

/// A word shown behind a place of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// Behind this byte of the file.
    pub at: u32,
    /// What is shown: `# 6 jobs`.
    pub text: String,
    /// More about it, in Markdown.
    pub tooltip: Option<String>,
}

/// The hints within some bytes of a file, in its order.
pub fn hints(known: &Known<'_>, path: &Path, range: Range<u32>) -> Vec<Hint> {
    // Nothing is hinted at that wasn't evaluated.
    let Some(lab) = known.lab else { return Vec::new() };
    let texts = texts_of(known, path);
    let Some(scene) = Scene::of(&texts, path) else { return Vec::new() };
    let mut found = Vec::new();
    stages(&scene, lab, &mut found);
    runs(&scene, lab, &mut found);
    axes(&scene, lab, &mut found);
    found.retain(|hint| range.start <= hint.at && hint.at <= range.end);
    found.sort_by(|a, b| (a.at, &a.text).cmp(&(b.at, &b.text)));
    found.dedup_by_key(|hint| hint.at);
    found
}

impl Scene<'_> {
    /// Behind an expression, and the semicolon that follows it.
    fn behind(&self, span: Span) -> Option<u32> {
        let text = self.look.text(self.text)?;
        let (_, end) = text.local(span);
        let rest = text.text().get(end as usize..)?;
        Some(end + u32::from(rest.starts_with(';')))
    }
}

/// Beside `callStage`: the jobs of the stage.
fn stages(scene: &Scene<'_>, lab: &LabFacts, found: &mut Vec<Hint>) {
    for (at, mention) in scene.sketch.mentions.iter().enumerate() {
        if mention.call.text != scene.text {
            continue;
        }
        let facts = stages_of_mention(scene, Some(lab), at);
        let counts: Vec<JobCount> = facts.iter().filter_map(|fact| fact.jobs).collect();
        let Some((first, others)) = counts.split_first() else { continue };
        let place = scene.behind(mention.call.expr.span);
        // Where it differs between runs, each run says its own.
        let text = match others.iter().all(|count| count == first) {
            true => format!("# {}", first.words()),
            false => {
                let each = facts
                    .iter()
                    .filter_map(|fact| Some(format!("{} in {}", fact.jobs?.words(), fact.run)));
                format!("# {}", each.collect::<Vec<_>>().join(", "))
            }
        };
        let examples: Vec<String> = facts
            .iter()
            .flat_map(|fact| &fact.examples)
            .take(3)
            .map(|name| format!("`{name}`"))
            .collect();
        let tooltip = (!examples.is_empty()).then(|| examples.join("\n\n"));
        found.extend(place.map(|at| Hint { at, text, tooltip }));
    }
}

/// Beside `callRun` and in the run's own file: the jobs of the run.
fn runs(scene: &Scene<'_>, lab: &LabFacts, found: &mut Vec<Hint>) {
    let words = |run: usize| {
        let jobs = run_of_set(scene, Some(lab), run)?.jobs?;
        Some(format!("# {}", jobs.words()))
    };
    for call in &scene.sketch.calls {
        let text = call.run.and_then(words);
        if let Some((text, at)) = text.zip(scene.behind(call.call.expr.span))
            && call.call.text == scene.text
        {
            found.push(Hint { at, text, tooltip: None });
        }
    }
    for (number, run) in scene.sketch.runs.iter().enumerate() {
        if run.node.text != scene.text {
            continue;
        }
        let entries = scene.look.entries(run.node);
        let entry = ["name", "pipelines"].iter().find_map(|name| entries.get(Name::new(name)));
        let value = entry.and_then(|entry| scene.look.source(entry.key.text, entry.source));
        let at = value.filter(|value| value.text == scene.text);
        let at = at.and_then(|value| scene.behind(value.expr.span));
        if let Some((at, text)) = at.zip(words(number)) {
            found.push(Hint { at, text, tooltip: None });
        }
    }
}

/// Beside axes that are computed: how many values.
fn axes(scene: &Scene<'_>, lab: &LabFacts, found: &mut Vec<Hint>) {
    for (number, run) in scene.sketch.runs.iter().enumerate() {
        let name = run_name(scene, number);
        for (index, key) in run.keys.iter().enumerate() {
            if key.key.text != scene.text {
                continue;
            }
            let bound = scene.look.index(key.key.text).and_then(|i| i.bound(key.key.span));
            let value = bound.and_then(|bound| scene.look.source(key.key.text, bound));
            let Some(Node { text, expr, .. }) = value else { continue };
            // Who reads a list can count for themselves.
            if text != scene.text || matches!(expr.kind, ExprKind::List(_)) {
                continue;
            }
            let stage = concerned(&scene.sketch, number, index).first().copied();
            let facts = stage.map(|stage| stages_of_set(scene, Some(lab), stage));
            let facts = facts.unwrap_or_default();
            let values = param(&facts, &key.param).into_iter();
            let fact = values.filter(|(run, _)| Some(run) == name.as_ref()).map(|(_, f)| f).next();
            let text = fact.map(|fact| match fact.count {
                1 => "# 1 value".to_owned(),
                count => format!("# {count} values"),
            });
            let tooltip = fact.map(super::told::values);
            let hint = text.zip(scene.behind(expr.span));
            found.extend(hint.map(|(text, at)| Hint { at, text, tooltip }));
        }
    }
}
