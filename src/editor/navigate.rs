//! Where a thing is defined, and where else it is.

use std::path::Path;

use super::Known;
use super::look::{Key, texts_of};
use super::sketch::key;
use super::text::Place;
use super::thing::{Scene, Thing, Word};
use super::uses::Side;
use super::wires::{Port, concerned};
use crate::source::{Name, Span};

/// Where the thing at an offset is defined. Several, where it is defined in several places; a file as
/// a whole is its first byte.
pub fn definition(known: &Known<'_>, path: &Path, offset: u32) -> Vec<Place> {
    let texts = texts_of(known, path);
    let Some(scene) = Scene::of(&texts, path) else { return Vec::new() };
    let Some(word) = scene.word(offset) else { return Vec::new() };
    for thing in &word.things {
        let found = scene.definitions(thing, &word);
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// All places of the thing at an offset, its definition among them if that is wanted.
pub fn references(
    known: &Known<'_>,
    path: &Path,
    offset: u32,
    with_definition: bool,
) -> Vec<Place> {
    let texts = texts_of(known, path);
    let Some(scene) = Scene::of(&texts, path) else { return Vec::new() };
    let Some(word) = scene.word(offset) else { return Vec::new() };
    for thing in &word.things {
        let found = scene.occurrences(thing);
        if found.is_empty() {
            continue;
        }
        let wanted = found.into_iter().filter(|found| with_definition || !found.definition);
        let keys = wanted.map(|found| Key { span: found.name, ..found.key });
        return scene.places(keys);
    }
    Vec::new()
}

impl Scene<'_> {
    /// Places as others know them, sorted, each once.
    fn places(&self, keys: impl IntoIterator<Item = Key>) -> Vec<Place> {
        let mut places: Vec<Place> =
            keys.into_iter().filter_map(|key| self.look.place(key)).collect();
        places.sort();
        places.dedup();
        places
    }

    fn definitions(&self, thing: &Thing, word: &Word) -> Vec<Place> {
        match thing {
            Thing::Port(port) => self.port_definitions(*port, word.key),
            Thing::RunKey(run, number) => {
                let key = self.run_key(*run, *number);
                let name = key.map(|key| Name::new(&key.param));
                let stages = concerned(&self.sketch, *run, *number).into_iter();
                let ports = name.into_iter().flat_map(|name| {
                    let port = move |stage| Port { stage, part: 0, side: Side::Param, name };
                    stages.clone().map(port).collect::<Vec<_>>()
                });
                self.places(ports.flat_map(|port| self.declarations(port)))
            }
            Thing::Stage(mention) => self.stage_definition(*mention, word.key),
            Thing::Local(text, definition) => self.local_definition(*text, *definition),
            Thing::Attribute(key) => self.places([*key]),
            Thing::File(path) => {
                vec![Place { path: path.clone(), start: 0, end: 0 }]
            }
            Thing::Builtin(_)
            | Thing::Library(_)
            | Thing::Field(..)
            | Thing::Package(_)
            | Thing::Member(..)
            | Thing::Lib(_)
            | Thing::Value => Vec::new(),
        }
    }

    /// Where a port is declared.
    pub(super) fn declarations(&self, port: Port) -> Vec<Key> {
        let Some(stage) = self.sketch.stages.get(port.stage) else { return Vec::new() };
        let entries = match port.side {
            Side::Param => Some(&stage.params),
            Side::Input => stage.parts.get(port.part).map(|part| &part.inputs),
            Side::Output => stage.parts.get(port.part).map(|part| &part.outputs),
        };
        let entries = entries.into_iter().flat_map(|entries| &entries.list);
        entries.filter(|entry| entry.name == port.name).map(|entry| entry.key).collect()
    }

    /// Uses lead to the declaration; from there an input leads to the outputs it reads, a parameter to
    /// the runs that sweep it.
    fn port_definitions(&self, port: Port, from: Key) -> Vec<Place> {
        let declared = self.declarations(port);
        if !declared.contains(&from) {
            return self.places(declared);
        }
        let mut further = Vec::new();
        match port.side {
            Side::Input => {
                let sources = self.wires.sources(port);
                further.extend(sources.into_iter().flat_map(|output| self.declarations(output)));
            }
            Side::Param => {
                for (run, known) in self.sketch.runs.iter().enumerate() {
                    for (number, key) in known.keys.iter().enumerate() {
                        let concerns = || concerned(&self.sketch, run, number);
                        if key.param == *port.name.text() && concerns().contains(&port.stage) {
                            further.push(key.key);
                        }
                    }
                }
            }
            Side::Output => {}
        }
        self.places(if further.is_empty() { declared } else { further })
    }

    /// A stage is defined in the pipeline, and from there on in its own file.
    fn stage_definition(&self, mention: usize, from: Key) -> Vec<Place> {
        let Some(known) = self.sketch.mentions.get(mention) else { return Vec::new() };
        let name = known.name.map(|(_, key)| key);
        if name.is_some_and(|name| name != from) {
            return self.places(name);
        }
        let stage = known.stage.and_then(|stage| self.sketch.stages.get(stage));
        let set = stage.map(|stage| {
            let pname = self.look.attribute_key(stage.node, Name::new("pname"));
            pname.unwrap_or_else(|| self.beginning(key(stage.node)))
        });
        self.places(set.or(name))
    }

    fn beginning(&self, key: Key) -> Key {
        Key { span: Span::new(key.span.start, key.span.start.saturating_add(1)), ..key }
    }

    fn local_definition(&self, text: usize, definition: usize) -> Vec<Place> {
        let names = self.look.text(text).map(|text| &text.checked().names.definitions);
        let Some(known) = names.and_then(|names| names.get(definition)) else { return Vec::new() };
        let key = Key { text, span: known.span };
        let index = self.look.index(text);
        let bound = index.and_then(|index| index.bound(known.span));
        // What is inherited is bound where it is inherited from.
        if let Some(super::index::Bound::From(set, name)) = bound {
            let node = super::look::Node { text, expr: set, rest: &[] };
            if let Some(further) = self.look.attribute_key(node, name) {
                return self.places([further]);
            }
        }
        let spans = std::iter::once(known.span).chain(known.others.iter().copied());
        match known.inherited {
            true => self.places([key]),
            false => self.places(spans.map(|span| Key { text, span })),
        }
    }
}
