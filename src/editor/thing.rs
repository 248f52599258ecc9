//! What a word means.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::look::{Key, Look, Node};
use super::opened::{Known, package_set};
use super::schema::Role;
use super::sketch::{Run, Sketch, Stage, within};
use super::spot::{Located, Spot, locate, static_name};
use super::text::Text;
use super::uses::{Side, is_function_of, uses_of};
use super::wires::{Port, Wires};
use crate::check::literal_path;
use crate::source::{Name, Span};
use crate::syntax::{AttrName, Expr, ExprKind};

/// Something that words of a lab mean.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Thing {
    /// A parameter, an input or an output of a stage.
    Port(Port),
    /// A key of a run's parameters: the run, and the key's number.
    RunKey(usize, usize),
    /// A stage of a pipeline, by its mention.
    Stage(usize),
    /// A name that a text binds: the text, and the definition's number.
    Local(usize, usize),
    /// A builtin, by its name within `builtins`.
    Builtin(Name),
    /// Something of the library that labs are made with: `utils.range`.
    Library(String),
    /// An attribute that a part of a lab has.
    Field(Role, Name),
    /// An attribute of a set that is written out.
    Attribute(Key),
    /// A file.
    File(PathBuf),
    /// A package.
    Package(Name),
    /// A package of a set within the package set: `python3Packages`, and its name there.
    Member(Name, Name),
    /// Something of the package set's library: `lib.concatMap`.
    Lib(Name),
    /// A value that is written out.
    Value,
}

/// A word, where it stands, and what it means; the most telling meaning first.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) key: Key,
    pub(super) things: Vec<Thing>,
}

/// Texts, what they say of the lab, and a place.
pub(super) struct Scene<'a> {
    pub(super) look: Look<'a>,
    pub(super) sketch: Sketch<'a>,
    pub(super) wires: Wires,
    /// The number of the text that is asked about.
    pub(super) text: usize,
}

impl<'a> Scene<'a> {
    /// Of texts with the one at `path` among them.
    pub(super) fn of(texts: &'a [Arc<Text>], path: &Path) -> Option<Scene<'a>> {
        Scene::over(texts.iter().map(|text| &**text), path)
    }

    /// Of texts with the one at `path` among them.
    pub(super) fn over(
        texts: impl IntoIterator<Item = &'a Text>,
        path: &Path,
    ) -> Option<Scene<'a>> {
        let look = Look::new(texts);
        let text = look.find(path)?;
        let sketch = Sketch::of(&look);
        let wires = Wires::of(&sketch);
        look.rest();
        Some(Scene { look, sketch, wires, text })
    }

    /// The word at a byte of the text.
    pub(super) fn word(&self, offset: u32) -> Option<Word> {
        let text = self.look.text(self.text)?;
        let at = text.global(offset);
        let located = locate(text.root(), at);
        let (span, things) = self.meanings(&located, at)?;
        (!things.is_empty()).then_some(Word { key: Key { text: self.text, span }, things })
    }

    fn meanings(&self, located: &Located<'a>, at: u32) -> Option<(Span, Vec<Thing>)> {
        let text = self.text;
        match located.spot {
            Spot::Name(name, span) => Some((span, self.name(located, name, span))),
            Spot::Selected { from, path, index } => {
                let (_, span) = static_name(path.get(index)?)?;
                Some((span, self.selected(located, from, path, index)))
            }
            Spot::Bound { path, index } => {
                let (name, span) = static_name(path.get(index)?)?;
                let mut things = self.declared(Key { text, span }, at);
                if things.is_empty() {
                    let role = super::schema::role_at(self, located, index, path);
                    things.extend(role.map(|role| Thing::Field(role, name)));
                }
                things.extend(self.local(Key { text, span }));
                things.push(Thing::Attribute(Key { text, span }));
                Some((span, things))
            }
            Spot::Inherited { from, name, span } => {
                let mut things = self.declared(Key { text, span }, at);
                match from {
                    Some(set) => {
                        let node = Node { text, expr: set, rest: &[] };
                        things.extend(self.port_of_argument(located, set, name, span));
                        let key = self.look.attribute_key(node, name);
                        things.extend(key.map(Thing::Attribute));
                        things.extend(library(&format!("{}.{name}", self.words_of(node))));
                    }
                    None => things.extend(self.name(located, name, span)),
                }
                things.extend(self.local(Key { text, span }));
                Some((span, things))
            }
            Spot::Formal(formal) => {
                let local = self.local(Key { text, span: formal.span });
                Some((formal.span, local.into_iter().collect()))
            }
            Spot::Argument(span) => {
                Some((span, self.local(Key { text, span }).into_iter().collect()))
            }
            Spot::Other(expr) => self.other(located, expr, at),
        }
    }

    /// What a name means that is used.
    fn name(&self, located: &Located<'a>, name: Name, span: Span) -> Vec<Thing> {
        let Some(index) = self.look.index(self.text) else { return Vec::new() };
        if let Some(definition) = index.used(span) {
            let mut things = self.stage_named(definition);
            things.push(Thing::Local(self.text, definition));
            return things;
        }
        let global = self.look.text(self.text).is_some_and(|text| {
            text.checked().names.globals.iter().any(|(_, place)| *place == span)
        });
        if global { vec![Thing::Builtin(member(name))] } else { self.by_with(located, name, span) }
    }

    /// The stage that a definition names, if it names one.
    fn stage_named(&self, definition: usize) -> Vec<Thing> {
        let names = self.look.text(self.text).map(|text| &text.checked().names.definitions);
        let Some(definition) = names.and_then(|names| names.get(definition)) else {
            return Vec::new();
        };
        let key = Key { text: self.text, span: definition.span };
        let mentions = self.sketch.mentions.iter().enumerate();
        let named = mentions.filter(|(_, mention)| mention.name.is_some_and(|(_, k)| k == key));
        named.map(|(at, _)| Thing::Stage(at)).collect()
    }

    /// The definition that is made at a place.
    fn local(&self, key: Key) -> Option<Thing> {
        let definition = self.look.index(key.text)?.defined(key.span)?;
        Some(Thing::Local(key.text, definition))
    }

    /// What of a lab is declared by the name at a place.
    pub(super) fn declared(&self, key: Key, at: u32) -> Vec<Thing> {
        let mut things = Vec::new();
        for (stage, known) in self.sketch.stages.iter().enumerate() {
            things.extend(ports_declared(stage, known, key).map(Thing::Port));
        }
        for (run, known) in self.sketch.runs.iter().enumerate() {
            for (number, run_key) in known.keys.iter().enumerate() {
                if run_key.key == key {
                    things.extend(self.stage_of_key(run, known, number, at));
                    things.push(Thing::RunKey(run, number));
                }
            }
        }
        for (mention, known) in self.sketch.mentions.iter().enumerate() {
            if known.name.is_some_and(|(_, name)| name == key) {
                things.push(Thing::Stage(mention));
            }
        }
        things
    }

    /// The stage of `"stage.param"`, if the cursor stands there.
    fn stage_of_key(&self, run: usize, known: &Run<'a>, number: usize, at: u32) -> Option<Thing> {
        let key = known.keys.get(number)?;
        let stage = key.stage.as_ref()?;
        let end = key.key.span.start + 1 + stage.len() as u32;
        if at > end {
            return None;
        }
        let mentions = self.sketch.mentions.iter().enumerate();
        let mut mentions = mentions.filter(|(_, mention)| {
            mention.pipeline.is_some_and(|p| {
                self.sketch.runs.get(run).is_some_and(|run| run.pipelines.contains(&p))
            })
        });
        let found = mentions.find(|(_, mention)| {
            let set = mention.stage.and_then(|stage| self.sketch.stages.get(stage));
            set.is_some_and(|set| super::wires::is_called(mention, set, stage))
        });
        found.map(|(mention, _)| Thing::Stage(mention))
    }

    /// What a selection gives.
    fn selected(
        &self,
        located: &Located<'a>,
        from: &'a Expr,
        path: &'a [AttrName],
        index: usize,
    ) -> Vec<Thing> {
        let mut things = Vec::new();
        let Some((name, span)) = path.get(index).and_then(static_name) else { return things };
        things.extend(self.port_of_argument(located, from, name, span));
        if !things.is_empty() {
            return things;
        }
        let set = Node { text: self.text, expr: from, rest: &[] };
        let words = self.words_by(set, path.get(..=index).unwrap_or_default());
        if let Some(builtin) = words.strip_prefix("builtins.").filter(|word| !word.contains('.')) {
            things.push(Thing::Builtin(Name::new(builtin)));
        }
        things.extend(library(&words));
        match words.rsplit_once('.').and_then(|(set, _)| Known::of(set)) {
            Some(Known::Packages) => things.push(Thing::Package(name)),
            Some(Known::Lib) => things.push(Thing::Lib(name)),
            _ => {}
        }
        let within = words.rsplit_once('.').and_then(|(set, _)| package_set(set));
        things.extend(within.map(|set| Thing::Member(set, name)));
        let mut node = set;
        for step in path.iter().take(index) {
            let next = static_name(step).and_then(|(step, _)| self.look.attribute(node, step));
            match next {
                Some(next) => node = next,
                None => return things,
            }
        }
        if let Some(key) = self.look.attribute_key(node, name) {
            things.extend(self.declared(key, u32::MAX));
            things.push(Thing::Attribute(key));
        }
        things
    }

    /// `params.x` in a function of a stage: the parameter.
    fn port_of_argument(
        &self,
        located: &Located<'a>,
        from: &Expr,
        name: Name,
        span: Span,
    ) -> Option<Thing> {
        if !matches!(from.kind, ExprKind::Var(_)) {
            return None;
        }
        let (stage, part) = self.function_around(located)?;
        self.port_used(stage, part, name, span)
    }

    fn port_used(&self, stage: usize, part: usize, name: Name, span: Span) -> Option<Thing> {
        let known = self.sketch.stages.get(stage)?;
        let key = Key { text: self.text, span };
        let uses = uses_of(&self.look, known, part);
        let used = uses.list.iter().find(|used| used.key == key && used.name == name)?;
        Some(Thing::Port(port(known, stage, part, used.side, name)))
    }

    /// The stage and part one of whose functions is around a place.
    pub(super) fn function_around(&self, located: &Located<'a>) -> Option<(usize, usize)> {
        for expr in located.around.iter().rev() {
            for (stage, known) in self.sketch.stages.iter().enumerate() {
                if let Some(part) = is_function_of(expr, self.text, known) {
                    return Some((stage, part));
                }
            }
        }
        None
    }

    /// Strings and paths.
    fn other(&self, located: &Located<'a>, expr: &'a Expr, at: u32) -> Option<(Span, Vec<Thing>)> {
        let text = self.look.text(self.text)?;
        let key = Key { text: self.text, span: expr.span };
        match &expr.kind {
            ExprKind::Path(_) => {
                let path = literal_path(expr, text.path())?;
                let inside = path.join("default.nix");
                let inner = self.look.find(&path).is_none() && self.look.find(&inside).is_some();
                let file = if inner { inside } else { path };
                Some((expr.span, vec![Thing::File(file)]))
            }
            ExprKind::Text(_) => {
                let ports = self.wires.named_at(key);
                if !ports.is_empty() {
                    return Some((expr.span, ports.into_iter().map(Thing::Port).collect()));
                }
                let (stage, part) = self.function_around(located)?;
                let known = self.sketch.stages.get(stage)?;
                let uses = uses_of(&self.look, known, part).list;
                let used = uses.into_iter().find(|used| {
                    let Key { text, span } = used.key;
                    text == self.text && span.start <= at && at <= span.end
                })?;
                let port = port(known, stage, part, used.side, used.name);
                Some((used.key.span, vec![Thing::Port(port)]))
            }
            ExprKind::Int(_) | ExprKind::Float(_) => Some((expr.span, vec![Thing::Value])),
            _ => None,
        }
    }

    /// The stage whose set is innermost around a place.
    pub(super) fn stage_around(&self, text: usize, span: Span) -> Option<usize> {
        let stages = self.sketch.stages.iter().enumerate();
        let around = stages
            .filter(|(_, stage)| stage.node.text == text && within(span, stage.node.expr.span));
        around.min_by_key(|(_, stage)| stage.node.expr.span.len()).map(|(at, _)| at)
    }
}

/// A port of a part; parameters are the stage's.
pub(super) fn port(
    stage_set: &Stage<'_>,
    stage: usize,
    part: usize,
    side: Side,
    name: Name,
) -> Port {
    let part = if side == Side::Param { 0 } else { part };
    // What a part doesn't declare itself may be an input of the stage.
    let own =
        |part: usize| stage_set.parts.get(part).is_some_and(|part| part.inputs.get(name).is_some());
    let part = if side == Side::Input && !own(part) && own(0) { 0 } else { part };
    Port { stage, part, side, name }
}

fn ports_declared<'s>(
    stage: usize,
    known: &'s Stage<'_>,
    key: Key,
) -> impl Iterator<Item = Port> + 's {
    let params = known.params.list.iter().map(|entry| (0, Side::Param, entry));
    let parts = known.parts.iter().enumerate().flat_map(|(number, part)| {
        let inputs = part.inputs.list.iter().map(move |entry| (number, Side::Input, entry));
        let outputs = part.outputs.list.iter().map(move |entry| (number, Side::Output, entry));
        inputs.chain(outputs)
    });
    let declared = params.chain(parts).filter(move |(_, _, entry)| entry.key == key);
    declared.map(move |(part, side, entry)| Port { stage, part, side, name: entry.name })
}

/// The name that a global has within `builtins`.
fn member(name: Name) -> Name {
    match name.bytes().strip_prefix(b"__") {
        Some(rest) => Name::new(rest),
        None => name,
    }
}

/// What of the library some words name: `repx-lib.utils.range`, `utils.range`, `repx.callStage`.
fn library(words: &str) -> Option<Thing> {
    let known = super::schema::library(words)?;
    Some(Thing::Library(known.name.to_owned()))
}
