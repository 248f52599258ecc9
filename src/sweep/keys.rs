//! Which key of a run's parameters gives which parameter of which stage.
//!
//! A bare key concerns every stage that declares the parameter, `"stage.param"` one stage; the
//! dotted one wins. A key that gives nothing to anybody is told, and multiplies nothing.

use crate::diagnostic::{Diagnostic, Found, Label, did_you_mean};
use crate::lab::{Datum, Member, Run, Stage, Target};
use crate::source::{Name, SourceMap};
use crate::value::Slot;

/// A member of an axis: both indices.
pub(super) type Place = (usize, usize);

/// How many values each axis has: more than 32 bits can count are more than can be listed.
pub(super) fn lengths(run: &Run<'_>) -> Vec<u32> {
    run.axes.iter().map(|axis| u32::try_from(axis.length).unwrap_or(u32::MAX)).collect()
}

/// For each declared parameter of a stage what it takes its values from, if not its default.
pub(super) fn sources(run: &Run<'_>, stage: &Stage<'_>) -> Vec<Option<Place>> {
    let source = |param: &Name| {
        let param = param.text();
        let dotted = members(run).find(|(_, member)| match &member.target {
            Target::Dotted { stage: name, param: p } => **p == *param && is_called(stage, name),
            Target::Bare(_) => false,
        });
        let bare =
            || members(run).find(|(_, m)| matches!(&m.target, Target::Bare(p) if **p == *param));
        dotted.or_else(bare).map(|(place, _)| place)
    };
    stage.params.iter().map(|(name, _, _)| source(name)).collect()
}

/// The value of each declared parameter, with its canonical JSON, where the run's axes have these
/// coordinates.
pub(super) fn values<'x, 'h>(
    run: &'x Run<'h>,
    stage: &'x Stage<'h>,
    sources: &[Option<Place>],
    coordinates: &[u32],
) -> Vec<(Slot<'h>, &'x str)> {
    let value = |((_, default, _), source): (&'x (Name, Datum<'h>, _), &Option<Place>)| {
        let swept = source.and_then(|(axis, member)| {
            let values = &run.axes.get(axis)?.members.get(member)?.values;
            values.get(*coordinates.get(axis)? as usize)
        });
        swept.unwrap_or((default.slot, &default.json))
    };
    stage.params.iter().zip(sources).map(value).collect()
}

/// Characters of a value that are shown where the point is only which job it was.
const MOST_OF_A_VALUE: usize = 40;

/// "in run `sweep`, pipeline `main`, stage `train`, params { model = "large"; }"
pub(super) fn context(run: &Run<'_>, stage: &Stage<'_>, values: &[(Slot<'_>, &str)]) -> String {
    let mut params = String::new();
    for ((name, _, _), (_, json)) in stage.params.iter().zip(values) {
        let shown: String = json.chars().take(MOST_OF_A_VALUE).collect();
        let cut = if shown.len() < json.len() { "…" } else { "" };
        params.push_str(&format!("{name} = {shown}{cut}; "));
    }
    let word = stage.vocabulary.word();
    let key = &stage.key;
    let address = std::ptr::from_ref(stage).addr();
    let mine = |other: &Stage<'_>| std::ptr::from_ref(other).addr() == address;
    let pipeline = run.pipelines.iter().find(|pipeline| pipeline.stages.iter().any(mine));
    // A run with one pipeline has none that could be meant besides.
    let several = run.pipelines.len() > 1;
    let pipeline = pipeline.filter(|_| several).map(|p| format!(", pipeline `{}`", p.name));
    let pipeline = pipeline.unwrap_or_default();
    let params = if params.is_empty() { params } else { format!(", {word} {{ {params}}}") };
    format!("in run `{}`{pipeline}, stage `{key}`{params}", run.name)
}

/// Of an error about the type of a parameter's value, where the parameter gets its values.
pub(super) fn say_origin(
    diagnostic: &mut Diagnostic,
    run: &Run<'_>,
    stage: &Stage<'_>,
    places: &[Option<Place>],
    texts: &SourceMap,
) {
    if diagnostic.code != "repx::eval::type" {
        return;
    }
    let word = stage.vocabulary.word();
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary);
    let used: Vec<String> = labels.filter_map(|label| texts.text(label.span)).collect();
    for ((name, _, default), place) in stage.params.iter().zip(places) {
        if !used.contains(&format!("{word}.{name}")) {
            continue;
        }
        let member = place.and_then(|(axis, member)| run.axes.get(axis)?.members.get(member));
        let (span, what) = match member {
            Some(member) => (member.span, "gets its values here"),
            None => (*default, "has this default"),
        };
        let told = diagnostic.secondary.iter().any(|label| label.span == span);
        if !told && !span.is_none() {
            let text = format!("`{name}` {what}");
            diagnostic.secondary.push(Label { span, text });
        }
    }
}

/// Notes the keys that give nothing.
pub(super) fn check(run: &Run<'_>, found: &mut Found) {
    let stages: Vec<&Stage<'_>> = run.pipelines.iter().flat_map(|p| &p.stages).collect();
    if stages.is_empty() {
        return;
    }
    let check = Check { run, stages };
    for (place, member) in members(run) {
        found.extend(match &member.target {
            Target::Bare(param) => check.bare(place, member, param),
            Target::Dotted { stage, param } => check.dotted(place, member, stage, param),
        });
    }
}

struct Check<'x, 'h> {
    run: &'x Run<'h>,
    stages: Vec<&'x Stage<'h>>,
}

impl<'h> Check<'_, 'h> {
    fn bare(&self, place: Place, member: &Member<'h>, param: &str) -> Option<Diagnostic> {
        let run = &self.run.name;
        let mut declaring = self.stages.iter().filter(|stage| declares(stage, param)).peekable();
        if declaring.peek().is_none() {
            let near = did_you_mean(param, declared(&self.stages));
            let help = || "a stage declares its parameters with defaults: `params = { … };`".into();
            return Some(
                Diagnostic::warning(
                    "repx::run::unused-parameter",
                    format!("no stage of run `{run}` declares the parameter `{param}`"),
                )
                .at(member.span, "has no effect")
                .help(near.unwrap_or_else(help)),
            );
        }
        let winner = self.winner(place, declaring.copied(), param)?;
        // Given twice under this name: that is told by whoever reads the lab.
        let first =
            members(self.run).find(|(_, m)| matches!(&m.target, Target::Bare(p) if **p == *param));
        if first.is_none_or(|(first, _)| first != place) {
            return None;
        }
        Some(
            Diagnostic::warning(
                "repx::run::unused-parameter",
                format!("every stage that declares `{param}` takes it from a dotted key"),
            )
            .at(member.span, "has no effect")
            .also(winner.span, "this one is for one stage, and wins")
            .help("remove it, or the dotted key"),
        )
    }

    fn dotted(
        &self,
        place: Place,
        member: &Member<'h>,
        stage: &str,
        param: &str,
    ) -> Option<Diagnostic> {
        let meant: Vec<&Stage<'h>> =
            self.stages.iter().copied().filter(|s| is_called(s, stage)).collect();
        if meant.is_empty() {
            return Some(self.unknown_stage(member, stage));
        }
        if !meant.iter().any(|stage| declares(stage, param)) {
            return Some(
                Diagnostic::error(
                    "repx::run::unknown-parameter",
                    format!("stage `{stage}` declares no parameter `{param}`"),
                )
                .at(member.span, "no such parameter")
                .help(did_you_mean(param, declared(&meant)).unwrap_or_else(|| listed(&meant))),
            );
        }
        let winner = self.winner(place, meant.into_iter().filter(|s| declares(s, param)), param)?;
        let (key, other) = (member.target.key(), winner.target.key());
        Some(
            Diagnostic::error(
                "repx::lab::parameter-twice",
                format!("`{other}` and `{key}` are the same parameter of the same stage"),
            )
            .at(member.span, "swept here")
            .also(winner.span, "and here")
            .help("a stage is named by its pname or by its attribute in the pipeline: remove one"),
        )
    }

    /// Who gives the parameter to these stages, when it is never the member at `place`.
    fn winner<'s>(
        &'s self,
        place: Place,
        stages: impl Iterator<Item = &'s Stage<'h>>,
        param: &str,
    ) -> Option<&'s Member<'h>> {
        let mut winner = None;
        for stage in stages {
            let index = stage.params.iter().position(|(name, _, _)| *name.text() == *param)?;
            let (axis, member) = (*sources(self.run, stage).get(index)?)?;
            if (axis, member) == place {
                return None;
            }
            winner = self.run.axes.get(axis)?.members.get(member);
        }
        winner
    }

    fn unknown_stage(&self, member: &Member<'_>, stage: &str) -> Diagnostic {
        let (run, key) = (&self.run.name, member.target.key());
        let names = self.stages.iter().flat_map(|stage| called(stage));
        let help = did_you_mean(stage, names).unwrap_or_else(|| {
            let mut all: Vec<&str> = self.stages.iter().map(|stage| &*stage.key).collect();
            all.dedup();
            format!("its stages: {}", all.join(", "))
        });
        Diagnostic::error(
            "repx::run::unknown-stage",
            format!("parameter `{key}` names a stage that run `{run}` doesn't have: `{stage}`"),
        )
        .at(member.span, "no such stage")
        .help(help)
    }
}

fn members<'x, 'h>(run: &'x Run<'h>) -> impl Iterator<Item = (Place, &'x Member<'h>)> {
    run.axes.iter().enumerate().flat_map(|(axis, a)| {
        a.members.iter().enumerate().map(move |(member, m)| ((axis, member), m))
    })
}

fn declares(stage: &Stage<'_>, param: &str) -> bool {
    stage.params.iter().any(|(name, _, _)| name.bytes() == param.as_bytes())
}

fn declared(stages: &[&Stage<'_>]) -> Vec<String> {
    stages.iter().flat_map(|s| &s.params).map(|(name, _, _)| name.to_string()).collect()
}

fn listed(stages: &[&Stage<'_>]) -> String {
    let names = declared(stages);
    match names.is_empty() {
        true => "it declares none".to_owned(),
        false => format!("it declares {}", names.join(", ")),
    }
}

/// Names by which a dotted key may mean a stage: its attribute, and its `pname` when constant.
fn called(stage: &Stage<'_>) -> Vec<String> {
    let pname = stage.constant_pname.iter().map(ToString::to_string);
    [stage.key.to_string()].into_iter().chain(pname).collect()
}

fn is_called(stage: &Stage<'_>, name: &str) -> bool {
    *stage.key == *name || stage.constant_pname.as_deref() == Some(name)
}
