//! What fits where the cursor stands.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::complete::{Completion, CompletionKind as Kind};
use super::cursor::{Cursor, Position, STAND_IN};
use super::facts::LabFacts;
use super::look::{Entries, Node};
use super::opened::{Known, package_set};
use super::schema::{GIVEN, LIBRARY, OFFERED, Role, role_around, role_at};
use super::sketch::{Part, Stage};
use super::spot::{Located, Spot, call, static_name};
use super::symbols::matches;
use super::thing::Scene;
use super::uses::Side;
use super::wires::{outer_inputs, outer_part};
use crate::builtins::{self, globals};
use crate::source::Span;
use crate::syntax::{AttrName, Expr, ExprKind, PieceKind, pieces};

/// Words of the language that begin or go on an expression.
const KEYWORDS: [&str; 10] =
    ["let", "in", "if", "then", "else", "with", "rec", "inherit", "assert", "or"];

/// What is offered.
pub(super) struct Offers<'s, 'a> {
    scene: &'s Scene<'a>,
    lab: Option<&'s LabFacts>,
    cursor: &'s Cursor,
    labels: HashSet<String>,
    pub(super) found: Vec<Completion>,
}

impl<'s, 'a> Offers<'s, 'a> {
    /// Nothing yet.
    pub(super) fn new(
        scene: &'s Scene<'a>,
        lab: Option<&'s LabFacts>,
        cursor: &'s Cursor,
    ) -> Offers<'s, 'a> {
        Offers { scene, lab, cursor, labels: HashSet::new(), found: Vec::new() }
    }

    /// Everything that fits.
    pub(super) fn all(&mut self, located: &Located<'a>, at: u32) {
        match (self.cursor.position, located.spot) {
            (Position::String, _) => self.in_string(located, at),
            (Position::Path, _) => self.files(),
            (Position::Formal, _) => self.formals(located),
            (Position::Binding { .. } | Position::Selection, Spot::Bound { path, index }) => {
                self.binding(located, path, index);
            }
            (_, Spot::Selected { from, path, index }) => self.selection(located, from, path, index),
            (_, Spot::Inherited { from: Some(set), .. }) => self.selection(located, set, &[], 0),
            (_, Spot::Inherited { from: None, .. }) => self.names(located, at, false),
            (_, Spot::Name(..)) => self.names(located, at, true),
            _ => {}
        }
    }

    fn add(&mut self, label: &str, kind: Kind, detail: Option<String>, doc: Option<String>) {
        self.add_as(label, label.to_owned(), kind, detail, doc);
    }

    fn add_as(
        &mut self,
        label: &str,
        insert: String,
        kind: Kind,
        detail: Option<String>,
        documentation: Option<String>,
    ) {
        let fits = matches(&self.cursor.typed, label) && !label.is_empty() && label != STAND_IN;
        if fits && self.labels.insert(label.to_owned()) {
            let Range { start, end } = self.cursor.word;
            self.found.push(Completion {
                label: label.to_owned(),
                kind,
                detail,
                documentation,
                replace: start..end,
                insert,
            });
        }
    }

    /// A name with `= value;` behind it, where there is none yet.
    fn add_binding(&mut self, name: &str, value: &str, kind: Kind, detail: &str, doc: &str) {
        let plain = pieces(name);
        let plain = matches!(plain.as_slice(), [piece] if piece.kind == PieceKind::Name);
        // Within quotes there are some already.
        let quoted = self.cursor.position == Position::String;
        let written = if plain || quoted { name.to_owned() } else { format!("\"{name}\"") };
        let insert = match self.cursor.position {
            Position::Binding { followed: false } if !value.is_empty() => {
                format!("{written} = {value};")
            }
            Position::Binding { followed: false } => format!("{written} = "),
            _ => written,
        };
        let doc = (!doc.is_empty()).then(|| doc.to_owned());
        self.add_as(name, insert, kind, Some(detail.to_owned()), doc);
    }

    fn formals(&mut self, located: &Located<'a>) {
        let of_file = located.around.len() <= 1;
        let tables = if of_file { [OFFERED, GIVEN] } else { [GIVEN, OFFERED] };
        for (name, doc) in tables.into_iter().flatten() {
            self.add(name, Kind::Variable, Some("argument".into()), Some((*doc).to_owned()));
        }
    }

    /// Names of a set's attributes.
    fn binding(&mut self, located: &Located<'a>, path: &[AttrName], index: usize) {
        let Some(role) = role_at(self.scene, located, index, path) else { return };
        let here =
            located.around.last().map(|expr| Node { text: self.scene.text, expr, rest: &[] });
        let present: BTreeSet<String> = here
            .filter(|_| index == 0)
            .map(|here| self.scene.look.entries(here).list)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.name.to_string())
            .collect();
        for field in role.fields().iter().filter(|field| !present.contains(field.name)) {
            // Lists for other tools, and what only old words need, are offered to who begins them.
            let rare = field.value.is_empty() || field.name == "parameters";
            if rare && self.cursor.typed.is_empty() {
                continue;
            }
            self.add_binding(field.name, field.value, Kind::Field, role.word(), field.doc);
        }
        match role {
            Role::Inputs => self.inputs(located, &present),
            Role::Axes => self.axes(located, &present),
            Role::Lab
            | Role::Runs
            | Role::Groups
            | Role::Run
            | Role::Pipeline
            | Role::Stage
            | Role::ScatterGather
            | Role::Part
            | Role::Steps
            | Role::Step
            | Role::Params
            | Role::Outputs
            | Role::Resources => {}
        }
    }

    /// The stage, and the part of it, around the cursor.
    fn stage_around(&self, located: &Located<'a>) -> Option<(usize, &'s Stage<'a>, &'s Part<'a>)> {
        let span = located.around.last()?.span;
        let at = self.scene.stage_around(self.scene.text, span)?;
        let stage = self.scene.sketch.stages.get(at)?;
        let parts = stage.parts.iter().filter(|part| {
            part.node.text == self.scene.text && super::sketch::within(span, part.node.expr.span)
        });
        Some((at, stage, parts.min_by_key(|part| part.node.expr.span.len())?))
    }

    /// Inputs: what stages before this one make.
    fn inputs(&mut self, located: &Located<'a>, present: &BTreeSet<String>) {
        let scene = self.scene;
        let Some((at, stage, part)) = self.stage_around(located) else { return };
        let mut offered: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, from: String| {
            if !present.contains(name) && name != STAND_IN {
                offered.push((name.to_owned(), from));
            }
        };
        let inner = part.name != "scatter" && !part.name.is_empty();
        for other in stage.parts.iter().filter(|other| inner && other.name != part.name) {
            let before = other.name == "scatter"
                || part.deps.iter().any(|dep| {
                    let step = dep.part.and_then(|step| stage.parts.get(step));
                    step.is_some_and(|step| step.name == other.name)
                });
            for entry in other.outputs.list.iter().filter(|_| before) {
                let name = entry.name.text();
                if !super::wires::is_reserved(&name) {
                    add(&name, format!("output of `{}`", other.name));
                }
            }
        }
        for mention in scene.sketch.mentions_of(at) {
            let Some(known) = scene.sketch.mentions.get(mention) else { continue };
            for dep in &known.deps {
                let other = dep.mention.and_then(|other| scene.sketch.mentions.get(other));
                let maker = other.and_then(|other| scene.sketch.stages.get(other.stage?));
                let (Some(other), Some(maker)) = (other, maker) else { continue };
                let from = other.name.map_or_else(String::new, |(name, _)| name.to_string());
                let outputs = maker.parts.get(outer_part(maker)).map(|part| &part.outputs.list);
                match dep.names.as_slice() {
                    [] => {
                        for entry in outputs.into_iter().flatten() {
                            add(&entry.name.text(), format!("output of stage `{from}`"));
                        }
                    }
                    [one] => add(&one.text, format!("output of stage `{from}`")),
                    [output, input, ..] => {
                        add(&input.text, format!("output `{}` of stage `{from}`", output.text));
                    }
                }
            }
        }
        // A run reads the metadata of others.
        let own: BTreeSet<usize> = scene
            .sketch
            .mentions_of(at)
            .flat_map(|mention| scene.sketch.runs_with(mention))
            .collect();
        let others = scene.sketch.runs.iter().enumerate().filter(|(run, _)| !own.contains(run));
        let metadata = others.filter_map(|(_, run)| run.name.as_ref());
        for run in metadata {
            add(&format!("metadata__{}", run.text), format!("metadata of run `{}`", run.text));
        }
        add("store__base", "the folder of all results".to_owned());
        if inner {
            let own = if part.name == "gather" { "worker__outs" } else { "worker__item" };
            add(own, "made by repx".to_owned());
        }
        for (name, from) in offered {
            let value = if name == "worker__outs" { "\"[]\"" } else { "\"\"" };
            self.add_binding(&name, value, Kind::Port, &from, "");
        }
    }

    /// Axes: the parameters of the run's stages.
    fn axes(&mut self, located: &Located<'a>, present: &BTreeSet<String>) {
        let scene = self.scene;
        let Some(span) = located.around.last().map(|expr| expr.span) else { return };
        let mut runs = scene.sketch.runs.iter().filter(|run| {
            run.node.text == scene.text && super::sketch::within(span, run.node.expr.span)
        });
        let Some(run) = runs.next() else { return };
        let mentions = scene.sketch.mentions.iter();
        let inside = mentions.filter(|m| m.pipeline.is_some_and(|p| run.pipelines.contains(&p)));
        let (mut bare, mut dotted) = (Vec::new(), Vec::new());
        for mention in inside {
            let Some(stage) = mention.stage.and_then(|at| scene.sketch.stages.get(at)) else {
                continue;
            };
            let Some((name, _)) = mention.name else { continue };
            for entry in &stage.params.list {
                let detail = format!("parameter of stage `{name}`");
                dotted.push((format!("{name}.{}", entry.name), detail.clone()));
                bare.push((entry.name.to_string(), detail));
            }
        }
        for (name, detail) in bare.into_iter().chain(dotted) {
            if !present.contains(&name) {
                self.add_binding(&name, "[ ]", Kind::Param, &detail, "");
            }
        }
    }

    /// What a set has that something is selected from.
    fn selection(
        &mut self,
        located: &Located<'a>,
        from: &'a Expr,
        path: &'a [AttrName],
        index: usize,
    ) {
        let before = path.get(..index).unwrap_or_default();
        self.ports(located, from, before);
        let from = Node { text: self.scene.text, expr: from, rest: &[] };
        let words = self.scene.words_by(from, before);
        let mut node = Some(from);
        for step in before {
            let set = node.zip(static_name(step));
            node = set.and_then(|(set, (name, _))| self.scene.look.attribute(set, name));
        }
        self.members(node, &words, "attribute");
    }

    /// What a set has, as far as its text or its name tells.
    fn members(&mut self, set: Option<Node<'a>>, words: &str, detail: &str) {
        match Known::of(words) {
            Some(Known::Builtins) => self.builtins(),
            Some(Known::Utils) => self.library(|name| name.strip_prefix("utils.")),
            Some(Known::Library) => self.library(|name| (!name.contains('.')).then_some(name)),
            Some(Known::Packages) => {
                for name in self.lab.map_or(&[][..], |lab| lab.packages.as_slice()) {
                    self.add(name, Kind::Module, Some("package".into()), None);
                }
            }
            Some(Known::Lib) => {
                for name in self.lab.map_or(&[][..], |lab| lab.library.as_slice()) {
                    let row = builtins::documented().find(|row| row.name == &**name);
                    let doc = row.map(|row| row.doc.to_owned());
                    self.add(name, Kind::Function, Some("of the library".into()), doc);
                }
            }
            None => {
                let names = package_set(words)
                    .and_then(|set| self.lab?.package_set(&set.text()))
                    .unwrap_or_default();
                for name in names {
                    self.add(name, Kind::Module, Some("package".into()), None);
                }
            }
        }
        let entries = set.map(|set| self.scene.look.entries(set).list);
        for entry in entries.unwrap_or_default() {
            self.add(&entry.name.text(), Kind::Variable, Some(detail.to_owned()), None);
        }
    }

    fn builtins(&mut self) {
        for row in builtins::documented() {
            let detail = row.arguments.join(" ");
            self.add(row.name, Kind::Function, Some(detail), Some(row.doc.to_owned()));
        }
        for name in ["true", "false", "null", "derivation", "nixPath"] {
            self.add(name, Kind::Value, None, None);
        }
    }

    fn library(&mut self, own: impl Fn(&'static str) -> Option<&'static str>) {
        for function in LIBRARY {
            if let Some(name) = own(function.name) {
                let (call, doc) = (function.call.to_owned(), function.doc.to_owned());
                self.add(name, Kind::Function, Some(call), Some(doc));
            }
        }
    }

    /// `params.`, `inputs.`, `outputs.` in a function of a stage.
    fn ports(&mut self, located: &Located<'a>, from: &Expr, before: &[AttrName]) {
        let word = match (&from.kind, before) {
            (ExprKind::Var(name), []) => Some(*name),
            // `args.params.`
            (ExprKind::Var(_), [step]) => static_name(step).map(|(name, _)| name),
            _ => None,
        };
        let Some(side) = word.and_then(Side::of_word) else { return };
        let Some((stage, part)) = self.scene.function_around(located) else { return };
        let Some(stage) = self.scene.sketch.stages.get(stage) else { return };
        let Some(part) = stage.parts.get(part) else { return };
        let (kind, own, more): (_, &Entries<'a>, _) = match side {
            Side::Param => (Kind::Param, &stage.params, None),
            Side::Input => (Kind::Port, &part.inputs, stage.parts.first().map(|p| &p.inputs)),
            Side::Output => (Kind::Port, &part.outputs, None),
        };
        let entries = own.list.iter().chain(more.into_iter().flat_map(|more| &more.list));
        for entry in entries {
            self.add(&entry.name.text(), kind, Some(side.word().to_owned()), None);
        }
    }

    /// Names in sight, the innermost first, then what every program sees.
    fn names(&mut self, located: &Located<'a>, at: u32, words: bool) {
        let Some(text) = self.scene.look.text(self.scene.text) else { return };
        let names = &text.checked().names;
        let mut seen: Vec<_> = names
            .definitions
            .iter()
            .filter(|known| known.scope.start <= at && at <= known.scope.end)
            .collect();
        seen.sort_by_key(|known| known.scope.len());
        for known in seen {
            let what = match known.kind {
                crate::check::names::Kind::Let => "binding",
                crate::check::names::Kind::Attribute => "attribute",
                _ => "argument",
            };
            self.add(&known.name.text(), Kind::Variable, Some(what.to_owned()), None);
        }
        for set in self.scene.look.opened(self.scene.text, Span::new(at, at)) {
            self.ports(located, set.expr, &[]);
            let words = self.scene.words_of(set);
            self.members(Some(set), &words, "by `with`");
        }
        if !words {
            return;
        }
        let typed_private = self.cursor.typed.starts_with('_');
        for name in globals::global_names() {
            let name = name.text();
            let row = builtins::documented().find(|row| row.name == name);
            // What has two names is offered under the usual one.
            if !name.starts_with("__") || typed_private {
                let kind = if row.is_some() { Kind::Function } else { Kind::Value };
                let detail = row.map(|row| row.arguments.join(" "));
                self.add(&name, kind, detail, row.map(|row| row.doc.to_owned()));
            }
        }
        for word in KEYWORDS {
            self.add(word, Kind::Keyword, None, None);
        }
    }

    /// Strings that name something: outputs and inputs in dependencies, `"hard"` and `"soft"`.
    fn in_string(&mut self, located: &Located<'a>, at: u32) {
        let scene = self.scene;
        for (number, expr) in located.around.iter().enumerate() {
            let node = Node { text: scene.text, expr, rest: &[] };
            let inner = located.around.get(number + 1..).unwrap_or_default();
            if scene.sketch.call_of(node).is_some() && place_in_item(inner, at).is_some() {
                let docs = ["its jobs must have succeeded, and are inputs", "it only comes first"];
                for (word, doc) in ["hard", "soft"].into_iter().zip(docs) {
                    self.add(word, Kind::Value, Some(doc.to_owned()), None);
                }
            }
            let Some(mention) = scene.sketch.mention_of(node) else { continue };
            let Some(mention) = scene.sketch.mentions.get(mention) else { continue };
            let Some((item, position)) = place_in_item(inner, at) else { continue };
            let own = mention.stage.and_then(|at| scene.sketch.stages.get(at));
            let dep = mention.deps.iter().find(|dep| dep.item.span == item.span);
            let other = dep.and_then(|dep| scene.sketch.mentions.get(dep.mention?)?.stage);
            let maker = other.and_then(|at| scene.sketch.stages.get(at));
            if let (1, Some(maker)) = (position, maker) {
                let outputs = maker.parts.get(outer_part(maker)).map(|part| &part.outputs.list);
                for entry in outputs.into_iter().flatten() {
                    self.add(&entry.name.text(), Kind::Port, Some("output".into()), None);
                }
            } else if let (2, Some(own)) = (position, own) {
                for (_, name) in outer_inputs(own) {
                    self.add(&name.text(), Kind::Port, Some("input".into()), None);
                }
            }
        }
        self.arrays(located, at);
        if let Some(Role::Axes) = role_around(&scene.sketch, scene.text, &located.around)
            && let Spot::Bound { .. } = located.spot
        {
            self.axes(located, &BTreeSet::new());
        }
    }

    /// `${params["|"]}` in a script.
    fn arrays(&mut self, located: &Located<'a>, at: u32) {
        let Some(text) = self.scene.look.text(self.scene.text) else { return };
        let start = text.local(crate::source::Span::new(at, at)).0 as usize;
        let word = start.saturating_sub(self.cursor.typed.len());
        let head = text.text().get(..word).unwrap_or_default();
        let head = head.trim_end_matches(['"', '\'']);
        let arrays =
            [("params[", Side::Param), ("parameters[", Side::Param), ("inputs[", Side::Input)];
        let found = arrays.into_iter().find(|(array, _)| head.ends_with(array));
        let Some((stage, part)) = self.scene.function_around(located) else { return };
        let stage = self.scene.sketch.stages.get(stage);
        let part = stage.and_then(|stage| stage.parts.get(part));
        let entries = match (found, stage, part) {
            (Some((_, Side::Param)), Some(stage), _) => &stage.params.list,
            (Some((_, Side::Input)), _, Some(part)) => &part.inputs.list,
            _ => return,
        };
        for entry in entries {
            self.add(&entry.name.text(), Kind::Param, None, None);
        }
    }

    /// Files of the lab, as this one would name them.
    fn files(&mut self) {
        let Some(text) = self.scene.look.text(self.scene.text) else { return };
        let Some(here) = text.path().parent() else { return };
        for number in self.scene.look.all() {
            let Some(other) = self.scene.look.text(number) else { continue };
            if number != self.scene.text {
                let path = relative(here, other.path()).display().to_string();
                let path = if path.starts_with("..") { path } else { format!("./{path}") };
                self.add(&path, Kind::File, None, None);
            }
        }
    }
}

/// The item of a call's list of dependencies that a place is in, and the place's number in it.
fn place_in_item<'a>(inner: &[&'a Expr], at: u32) -> Option<(&'a Expr, usize)> {
    let lists: Vec<&&Expr> =
        inner.iter().filter(|expr| matches!(expr.kind, ExprKind::List(_))).collect();
    let [_, item, ..] = lists.as_slice() else { return None };
    let ExprKind::List(parts) = &item.kind else { return None };
    let position = parts.iter().position(|part| part.span.start <= at && at <= part.span.end)?;
    let expr: &'a Expr = item;
    // The first is the stage itself.
    (position > 0 && call(expr).1.is_empty()).then_some((expr, position))
}

/// A path as one from a directory.
pub(super) fn relative(from: &Path, to: &Path) -> PathBuf {
    let (mut from, mut to) = (from.components().peekable(), to.components().peekable());
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    from.map(|_| Component::ParentDir).chain(to).collect()
}
