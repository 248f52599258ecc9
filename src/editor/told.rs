//! What the last evaluation knows about a thing of the texts. Matched by files and names: offsets may
//! have changed since.

use std::sync::Arc;

use super::facts::{JobCount, LabFacts, ParamFact, RunFact, StageFact};
use super::thing::Scene;
use crate::source::Name;

impl JobCount {
    /// `6 jobs`
    pub(super) fn words(self) -> String {
        match self {
            JobCount::Exactly(1) => "1 job".to_owned(),
            JobCount::Exactly(jobs) => format!("{jobs} jobs"),
            JobCount::AtMost(jobs) => format!("at most {jobs} jobs"),
            JobCount::Beyond => "more jobs than can be counted".to_owned(),
        }
    }
}

/// What is known of the stages that a mention is in the runs of a lab.
pub(super) fn stages_of_mention<'l>(
    scene: &Scene<'_>,
    lab: Option<&'l LabFacts>,
    mention: usize,
) -> Vec<&'l StageFact> {
    let Some(known) = scene.sketch.mentions.get(mention) else { return Vec::new() };
    let Some((name, key)) = known.name else { return Vec::new() };
    let path = scene.look.text(key.text).map(super::text::Text::path);
    let name = name.text();
    let stages = lab.into_iter().flat_map(|lab| &lab.stages);
    let same = |fact: &&StageFact| {
        *fact.key == *name && fact.mention.as_ref().map(|place| place.path.as_path()) == path
    };
    stages.filter(same).collect()
}

/// What is known of a stage that a set defines.
pub(super) fn stages_of_set<'l>(
    scene: &Scene<'_>,
    lab: Option<&'l LabFacts>,
    stage: usize,
) -> Vec<&'l StageFact> {
    let mentions = scene.sketch.mentions_of(stage);
    mentions.flat_map(|mention| stages_of_mention(scene, lab, mention)).collect()
}

/// What is known of a run that a set defines.
pub(super) fn run_of_set<'l>(
    scene: &Scene<'_>,
    lab: Option<&'l LabFacts>,
    run: usize,
) -> Option<&'l RunFact> {
    let name = run_name(scene, run)?;
    lab?.runs.iter().find(|fact| *fact.name == *name)
}

/// What a run is called: its `name`, else its attribute in the lab.
pub(super) fn run_name(scene: &Scene<'_>, run: usize) -> Option<Arc<str>> {
    let known = scene.sketch.runs.get(run)?;
    if let Some(name) = &known.name {
        return Some(name.text.as_str().into());
    }
    let mut named = scene.sketch.labs.iter().flat_map(|lab| {
        let runs = scene.look.attribute(*lab, Name::new("runs"));
        runs.map(|runs| scene.look.entries(runs).list).unwrap_or_default()
    });
    let found = named.find(|entry| {
        let value = scene.look.source(entry.key.text, entry.source);
        let call = value.and_then(|value| scene.sketch.call_of(scene.look.value(value)));
        call.is_some_and(|call| scene.sketch.calls.get(call).is_some_and(|c| c.run == Some(run)))
    });
    Some(found?.name.text().into())
}

/// A parameter of stages, in each of their runs.
pub(super) fn param<'l>(stages: &[&'l StageFact], name: &str) -> Vec<(Arc<str>, &'l ParamFact)> {
    let mut found: Vec<(Arc<str>, &'l ParamFact)> = Vec::new();
    for stage in stages {
        let param = stage.params.iter().find(|param| *param.name == *name);
        if let Some(param) = param
            && !found.iter().any(|(run, known)| *run == stage.run && known.key == param.key)
        {
            found.push((Arc::clone(&stage.run), param));
        }
    }
    found
}

/// `1, 2, 3 … (10 values)`
pub(super) fn values(param: &ParamFact) -> String {
    let shown: Vec<String> = param.values.iter().map(|value| format!("`{value}`")).collect();
    let shown = shown.join(", ");
    match param.count > param.values.len() {
        true => format!("{shown}, … ({} values)", param.count),
        false => shown,
    }
}
