//! All places of a thing.

use std::collections::BTreeSet;
use std::path::Path;

use super::look::{Key, Node};
use super::sketch::RunKey;
use super::spot::static_name;
use super::thing::{Scene, Thing, port};
use super::uses::{Side, uses_of};
use super::wires::{ParamClass, Port, param_class};
use crate::check::literal_path;
use crate::source::{Name, Span};
use crate::syntax::{ExprKind, find};

/// A place of a thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Occurrence {
    /// The name as it is written, with its quotes.
    pub(super) key: Key,
    /// The part of it that is the name: all of it, without quotes, or what stands before or behind the
    /// dot of `"stage.param"`.
    pub(super) name: Span,
    /// Is it bound here?
    pub(super) definition: bool,
}

impl Scene<'_> {
    /// All places of a thing, in the order of texts.
    pub(super) fn occurrences(&self, thing: &Thing) -> Vec<Occurrence> {
        let mut found = BTreeSet::new();
        match thing {
            Thing::Port(port) if port.side == Side::Param => {
                let class = param_class(&self.sketch, [port.stage], [], port.name);
                self.of_params(&class, port.name, &mut found);
            }
            Thing::RunKey(run, number) => {
                if let Some(key) = self.run_key(*run, *number) {
                    let name = Name::new(&key.param);
                    let class = param_class(&self.sketch, [], [(*run, *number)], name);
                    self.of_params(&class, name, &mut found);
                }
            }
            Thing::Port(port) => {
                for port in self.wires.class(*port) {
                    self.of_port(port, &mut found);
                }
            }
            Thing::Stage(mention) => self.of_stage(*mention, &mut found),
            Thing::Local(text, definition) => self.of_local(*text, *definition, &mut found),
            Thing::Attribute(key) => self.of_attribute(*key, &mut found),
            Thing::Builtin(name) => self.of_builtin(*name, &mut found),
            Thing::File(path) => self.of_file(path, &mut found),
            Thing::Library(_)
            | Thing::Field(..)
            | Thing::Package(_)
            | Thing::Member(..)
            | Thing::Lib(_)
            | Thing::Value => {}
        }
        found.into_iter().collect()
    }

    /// A key of a run.
    pub(super) fn run_key(&self, run: usize, number: usize) -> Option<&RunKey> {
        self.sketch.runs.get(run)?.keys.get(number)
    }

    fn whole(&self, key: Key, definition: bool) -> Occurrence {
        let slice = self.look.text(key.text).map_or("", |text| text.slice(key.span));
        let quoted = slice.len() >= 2 && slice.starts_with('"') && slice.ends_with('"');
        let name = match quoted {
            true => Span::new(key.span.start + 1, key.span.end - 1),
            false => key.span,
        };
        Occurrence { key, name, definition }
    }

    fn of_params(&self, class: &ParamClass, name: Name, found: &mut BTreeSet<Occurrence>) {
        for stage in &class.stages {
            self.of_port(Port { stage: *stage, part: 0, side: Side::Param, name }, found);
        }
        for (run, number) in &class.keys {
            let Some(key) = self.run_key(*run, *number) else { continue };
            let mut occurrence = self.whole(key.key, true);
            if key.stage.is_some() {
                let length = key.param.len() as u32;
                occurrence.name.start = occurrence.name.end.saturating_sub(length);
            }
            found.insert(occurrence);
        }
    }

    fn of_port(&self, wanted: Port, found: &mut BTreeSet<Occurrence>) {
        let Some(stage) = self.sketch.stages.get(wanted.stage) else { return };
        let declared = match wanted.side {
            Side::Param => Some(&stage.params),
            Side::Input => stage.parts.get(wanted.part).map(|part| &part.inputs),
            Side::Output => stage.parts.get(wanted.part).map(|part| &part.outputs),
        };
        for entry in declared.into_iter().flat_map(|entries| &entries.list) {
            if entry.name == wanted.name {
                found.insert(self.whole(entry.key, true));
                // In a recursive set the name is one for the others as well.
                let index = self.look.index(entry.key.text);
                if let Some(local) = index.and_then(|index| index.defined(entry.key.span)) {
                    self.of_local(entry.key.text, local, found);
                }
            }
        }
        for part in 0..stage.parts.len() {
            for used in uses_of(&self.look, stage, part).list {
                let same = used.side == wanted.side && used.name == wanted.name;
                if same && port(stage, wanted.stage, part, used.side, used.name) == wanted {
                    found.insert(self.whole(used.key, false));
                }
            }
        }
        found.extend(self.wires.strings(wanted).iter().map(|key| self.whole(*key, false)));
    }

    fn of_stage(&self, mention: usize, found: &mut BTreeSet<Occurrence>) {
        let Some(known) = self.sketch.mentions.get(mention) else { return };
        let Some((name, key)) = known.name else { return };
        found.insert(self.whole(key, true));
        let index = self.look.index(key.text);
        if let Some(local) = index.and_then(|index| index.defined(key.span)) {
            self.of_local(key.text, local, found);
        }
        for run in self.sketch.runs_with(mention) {
            let keys = self.sketch.runs.get(run).map(|run| run.keys.as_slice());
            for key in keys.unwrap_or_default() {
                if key.stage.as_deref() == Some(&*name.text()) {
                    let mut occurrence = self.whole(key.key, false);
                    let length = name.bytes().len() as u32;
                    occurrence.name.end = occurrence.name.start.saturating_add(length);
                    found.insert(occurrence);
                }
            }
        }
    }

    fn of_local(&self, text: usize, definition: usize, found: &mut BTreeSet<Occurrence>) {
        let names = self.look.text(text).map(|text| &text.checked().names.definitions);
        let Some(known) = names.and_then(|names| names.get(definition)) else { return };
        for span in std::iter::once(&known.span).chain(&known.others) {
            found.insert(self.whole(Key { text, span: *span }, true));
        }
        for span in &known.uses {
            found.insert(self.whole(Key { text, span: *span }, false));
        }
    }

    /// Selections that are known to give an attribute.
    fn of_attribute(&self, key: Key, found: &mut BTreeSet<Occurrence>) {
        let Some(text) = self.look.text(key.text) else { return };
        found.insert(self.whole(key, true));
        let name = text.slice(key.span).trim_matches('"').to_owned();
        for number in self.look.all() {
            let Some(text) = self.look.text(number) else { continue };
            if !text.text().contains(&name) {
                continue;
            }
            for (used, span) in text.checked().names.withs.iter().flat_map(|with| &with.uses) {
                self.look.rest();
                let gives = || self.attribute_by_with(number, *used, *span);
                if *used.text() == *name && gives() == Some(key) {
                    found.insert(self.whole(Key { text: number, span: *span }, false));
                }
            }
            find::walk(text.root(), &mut |expr| {
                let ExprKind::Select { from, path, .. } = &expr.kind else { return };
                let mut node = Some(Node { text: number, expr: from, rest: &[] });
                for step in path {
                    let Some((set, (step, span))) = node.zip(static_name(step)) else { return };
                    self.look.rest();
                    if *step.text() == *name && self.look.attribute_key(set, step) == Some(key) {
                        found.insert(self.whole(Key { text: number, span }, false));
                    }
                    node = self.look.attribute(set, step);
                }
            });
        }
    }

    fn of_builtin(&self, name: Name, found: &mut BTreeSet<Occurrence>) {
        let long = format!("__{name}");
        for number in self.look.all() {
            let Some(text) = self.look.text(number) else { continue };
            for (global, span) in &text.checked().names.globals {
                if *global == name || *global.text() == *long {
                    found.insert(self.whole(Key { text: number, span: *span }, false));
                }
            }
            find::walk(text.root(), &mut |expr| {
                if let ExprKind::Select { from, path, .. } = &expr.kind
                    && let ExprKind::Var(set) = &from.kind
                    && set.bytes() == b"builtins"
                    && let Some((member, span)) = path.first().and_then(static_name)
                    && member == name
                {
                    found.insert(self.whole(Key { text: number, span }, false));
                }
            });
        }
    }

    fn of_file(&self, file: &Path, found: &mut BTreeSet<Occurrence>) {
        for number in self.look.all() {
            let Some(text) = self.look.text(number) else { continue };
            find::walk(text.root(), &mut |expr| {
                if let Some(path) = literal_path(expr, text.path())
                    && (path == file || path.join("default.nix") == file)
                {
                    found.insert(self.whole(Key { text: number, span: expr.span }, false));
                }
            });
        }
    }
}
