//! Why a thing can't be renamed, or not so.

use super::look::Key;
use super::occurrences::Occurrence;
use super::rename::Refusal;
use super::sketch::{RunKey, within};
use super::thing::{Scene, Thing};
use super::uses::{Side, uses_of};
use super::wires::{Port, is_called, is_reserved, outer_inputs, param_class};
use crate::check::names::{Definition, Kind};
use crate::source::{Name, Span};

/// Can a thing be renamed at all?
pub(super) fn may(scene: &Scene<'_>, thing: &Thing) -> Result<(), Refusal> {
    match thing {
        Thing::Port(port) => {
            let (name, what) = (port.name.text(), port.side.word());
            if port.side != Side::Param && is_reserved(&name) {
                return Refusal::of(format!("repx itself gives the {what} `{name}` its meaning"));
            }
            Ok(())
        }
        Thing::RunKey(..) | Thing::Stage(_) => Ok(()),
        Thing::Local(text, definition) => may_local(scene, *text, *definition),
        Thing::Builtin(name) => Refusal::of(format!("`{name}` is a builtin of the language")),
        Thing::Library(name) => Refusal::of(format!("`{name}` is part of repx's library")),
        Thing::Field(role, name) => {
            Refusal::of(format!("`{name}` is what repx reads of {}", role.phrase()))
        }
        Thing::Attribute(_) => Refusal::of(
            "this is an attribute of a set: who else reads it by this name can't be told",
        ),
        Thing::File(_) => Refusal::of("files are renamed where they are, not in a text"),
        Thing::Member(set, name) => {
            Refusal::of(format!("`{name}` is a package of `{set}` in the package set"))
        }
        Thing::Package(name) => Refusal::of(format!("`{name}` is a package of the package set")),
        Thing::Lib(name) => Refusal::of(format!("`{name}` is part of the package set's library")),
        Thing::Value => Refusal::of("this is a value, not a name"),
    }
}

fn local<'s>(scene: &'s Scene<'_>, text: usize, definition: usize) -> Option<&'s Definition> {
    scene.look.text(text)?.checked().names.definitions.get(definition)
}

fn may_local(scene: &Scene<'_>, text: usize, definition: usize) -> Result<(), Refusal> {
    let Some(known) = local(scene, text, definition) else {
        return Refusal::of("there is no such name");
    };
    match known.kind {
        Kind::Formal { .. } => {
            Refusal::of(format!("who calls this function gives it `{}` by this name", known.name))
        }
        Kind::Attribute => Refusal::of(format!(
            "`{}` is an attribute of a set: who else reads it by this name can't be told",
            known.name
        )),
        Kind::Let | Kind::Argument | Kind::Whole => Ok(()),
    }
}

impl Scene<'_> {
    /// What a thing is called.
    pub(super) fn name_of(&self, thing: &Thing) -> Option<String> {
        match thing {
            Thing::Port(port) => Some(port.name.to_string()),
            Thing::RunKey(run, number) => Some(self.run_key(*run, *number)?.param.clone()),
            Thing::Stage(mention) => Some(self.sketch.mentions.get(*mention)?.name?.0.to_string()),
            Thing::Local(text, definition) => {
                Some(local(self, *text, *definition)?.name.to_string())
            }
            _ => None,
        }
    }
}

/// Can a thing be called `new`, so that all that means it means it still, and nothing else does?
pub(super) fn check(
    scene: &Scene<'_>,
    thing: &Thing,
    all: &[Occurrence],
    old: &str,
    new: &str,
) -> Result<(), Refusal> {
    match thing {
        Thing::Port(port) if port.side == Side::Param => {
            param(scene, Some(port.stage), None, port.name, new)?;
        }
        Thing::RunKey(run, number) => {
            param(scene, None, Some((*run, *number)), Name::new(old), new)?;
        }
        Thing::Port(port) => ports(scene, *port, new)?,
        Thing::Stage(mention) => stage(scene, *mention, new)?,
        _ => {}
    }
    for found in all.iter().filter(|found| found.definition) {
        let index = scene.look.index(found.key.text);
        if let Some(definition) = index.and_then(|index| index.defined(found.key.span)) {
            scope(scene, found.key.text, definition, new)?;
        }
    }
    Ok(())
}

fn param(
    scene: &Scene<'_>,
    stage: Option<usize>,
    key: Option<(usize, usize)>,
    old: Name,
    new: &str,
) -> Result<(), Refusal> {
    if new.contains('\'') {
        return Refusal::of("a parameter's name has no `'`");
    }
    let class = param_class(&scene.sketch, stage, key, old);
    let name = Name::new(new);
    if class.stages.is_empty() {
        return Refusal::of(format!("no stage that declares `{old}` can be told from the texts"));
    }
    if let Some(run) = class.doubtful.first() {
        return Refusal::of(format!(
            "{} computes its parameters: whether `{old}` is among them can't be told",
            scene.run_called(*run)
        ));
    }
    for number in &class.stages {
        let Some(stage) = scene.sketch.stages.get(*number) else { continue };
        if let Some(entry) = stage.params.get(name) {
            return Refusal::of(taken(scene, "parameter", new, entry.key));
        }
        for part in 0..stage.parts.len() {
            hidden(scene, *number, part, Side::Param)?;
        }
        // A key of the new name that concerned nobody would concern it.
        for mention in scene.sketch.mentions_of(*number) {
            let Some(known) = scene.sketch.mentions.get(mention) else { continue };
            let means = |key: &&RunKey| {
                let stage_of = key.stage.as_ref();
                key.param == new && stage_of.is_none_or(|called| is_called(known, stage, called))
            };
            for run in scene.sketch.runs_with(mention) {
                let keys = scene.sketch.runs.get(run).map(|run| run.keys.as_slice());
                if let Some(key) = keys.unwrap_or_default().iter().find(means) {
                    return Refusal::of(taken(scene, "parameter", new, key.key));
                }
            }
        }
    }
    Ok(())
}

fn taken(scene: &Scene<'_>, what: &str, name: &str, key: Key) -> String {
    let article = if what.starts_with(['i', 'o']) { "an" } else { "a" };
    format!("there is {article} {what} `{name}` already{}", place(scene, key))
}

fn place(scene: &Scene<'_>, key: Key) -> String {
    let Some(text) = scene.look.text(key.text) else { return String::new() };
    let (line, _) = text.file.line_at(text.local(key.span).0);
    let file = text.path().file_name().unwrap_or_default().to_string_lossy();
    format!(" ({file}, line {})", line + 1)
}

/// Are ports used otherwise than by name?
fn hidden(scene: &Scene<'_>, stage: usize, part: usize, side: Side) -> Result<(), Refusal> {
    let Some(known) = scene.sketch.stages.get(stage) else { return Ok(()) };
    if uses_of(&scene.look, known, part).hidden.contains(&side) {
        let what = side.word();
        return Refusal::of(format!(
            "a function of the stage uses its {what}s as a whole: what it reads of them can't be told{}",
            place(scene, super::sketch::key(known.node))
        ));
    }
    Ok(())
}

fn ports(scene: &Scene<'_>, port: Port, new: &str) -> Result<(), Refusal> {
    if is_reserved(new) {
        return Refusal::of(format!("repx itself gives `{new}` its meaning"));
    }
    let name = Name::new(new);
    for member in scene.wires.class(port) {
        let Some(stage) = scene.sketch.stages.get(member.stage) else { continue };
        let declared = |port: Port| scene.declarations(Port { name, ..port }).first().copied();
        if let Some(key) = declared(member) {
            return Refusal::of(taken(scene, member.side.word(), new, key));
        }
        hidden(scene, member.stage, member.part, member.side)?;
        // What has the new name at the other end of a dependency would be wired to it.
        for mention in &scene.sketch.mentions {
            for dep in &mention.deps {
                let other = dep.mention.and_then(|other| scene.sketch.mentions.get(other)?.stage);
                let Some((reader, maker)) = mention.stage.zip(other) else {
                    if mention.stage == Some(member.stage) && member.side == Side::Input {
                        let key = Key { text: mention.call.text, span: dep.item.span };
                        return Refusal::of(format!(
                            "what is wired here can't be told from the texts{}",
                            place(scene, key)
                        ));
                    }
                    continue;
                };
                if !dep.names.is_empty() {
                    continue;
                }
                let far = match member.side {
                    Side::Input if reader == member.stage => {
                        let maker_set = scene.sketch.stages.get(maker);
                        let part = maker_set.map_or(0, super::wires::outer_part);
                        Some(Port { stage: maker, part, side: Side::Output, name })
                    }
                    Side::Output if maker == member.stage => {
                        let reader_set = scene.sketch.stages.get(reader);
                        let inputs = reader_set.map(outer_inputs).unwrap_or_default();
                        let part = inputs.iter().find(|(_, input)| *input == name);
                        part.map(|(part, _)| Port {
                            stage: reader,
                            part: *part,
                            side: Side::Input,
                            name,
                        })
                    }
                    _ => None,
                };
                if let Some(key) = far.and_then(declared) {
                    return Refusal::of(format!(
                        "`{new}` would be wired to another stage's{}",
                        place(scene, key)
                    ));
                }
            }
        }
        // Parts of one stage see each other's names.
        if stage.parts.len() > 1 {
            let clash = stage.parts.iter().find_map(|part| {
                part.inputs.get(name).or_else(|| part.outputs.get(name)).map(|entry| entry.key)
            });
            if let Some(key) = clash {
                return Refusal::of(taken(scene, "name", new, key));
            }
        }
    }
    Ok(())
}

fn stage(scene: &Scene<'_>, mention: usize, new: &str) -> Result<(), Refusal> {
    let Some(known) = scene.sketch.mentions.get(mention) else { return Ok(()) };
    let others = scene.sketch.mentions.iter().filter(|m| m.pipeline == known.pipeline);
    for other in others {
        if let Some((name, key)) = other.name
            && *name.text() == *new
        {
            return Refusal::of(taken(scene, "stage", new, key));
        }
    }
    for run in scene.sketch.runs_with(mention) {
        let keys = scene.sketch.runs.get(run).map(|run| run.keys.as_slice());
        for key in keys.unwrap_or_default() {
            if key.stage.as_deref() == Some(new) {
                return Refusal::of(format!(
                    "a key of {} already speaks of `{new}`{}",
                    scene.run_called(run),
                    place(scene, key.key)
                ));
            }
        }
    }
    Ok(())
}

/// Would a name of a scope be taken for another?
fn scope(scene: &Scene<'_>, text: usize, definition: usize, new: &str) -> Result<(), Refusal> {
    let Some(known) = local(scene, text, definition) else { return Ok(()) };
    let Some(names) = scene.look.text(text).map(|text| &text.checked().names) else {
        return Ok(());
    };
    let name = Name::new(new);
    let seen = |span: &Span| within(*span, known.scope);
    let refuse = |span: Span, why: &str| {
        Refusal::of(format!("`{new}` {why}{}", place(scene, Key { text, span })))
    };
    for (at, other) in names.definitions.iter().enumerate() {
        if at == definition || other.name != name {
            continue;
        }
        if other.scope == known.scope {
            return refuse(other.span, "is bound here already");
        }
        if within(other.scope, known.scope)
            && known.uses.iter().any(|used| within(*used, other.scope))
        {
            return refuse(other.span, "would hide it where it is used");
        }
        if within(known.scope, other.scope)
            && let Some(used) = other.uses.iter().find(|used| seen(used))
        {
            return refuse(*used, "means something else that would be hidden");
        }
    }
    let free = names.globals.iter().chain(&names.unresolved);
    let with = names.withs.iter().flat_map(|with| &with.uses);
    if let Some((_, used)) = free.chain(with).find(|(n, span)| *n == name && seen(span)) {
        return refuse(*used, "means something else that would be hidden");
    }
    Ok(())
}

impl Scene<'_> {
    /// A run as messages call it.
    pub(super) fn run_called(&self, run: usize) -> String {
        let known = self.sketch.runs.get(run);
        match known.and_then(|run| run.name.as_ref()) {
            Some(name) => format!("run `{}`", name.text),
            None => "a run".to_owned(),
        }
    }
}
