//! What a text defines.

use super::Known;
use super::index::{Maker, maker};
use super::look::Key;
use super::schema::{Role, own_role};
use super::text::{Place, Text};
use super::thing::Scene;
use crate::source::Span;
use crate::syntax::{BinaryOp, Binding, Expr, ExprKind};

/// Something that a text defines, with what it is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// What it is called.
    pub name: String,
    /// More about it: `stage`, `6 jobs`.
    pub detail: Option<String>,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub whole: Place,
    /// Its name, within the whole.
    pub named: Place,
    /// What it is made of, in the order of the text.
    pub children: Vec<Symbol>,
}

/// What a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SymbolKind {
    /// A run.
    Run,
    /// A pipeline.
    Pipeline,
    /// A stage.
    Stage,
    /// A parameter.
    Param,
    /// An input.
    Input,
    /// An output.
    Output,
    /// A function.
    Function,
    /// A set.
    Set,
    /// A list.
    List,
    /// A string or a path.
    String,
    /// A number.
    Number,
    /// Any other binding.
    Binding,
}

/// A symbol found in the whole lab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabSymbol {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// What it belongs to: `stage train`.
    pub container: Option<String>,
    /// Its name.
    pub place: Place,
}

/// What a text defines, nested as it is written.
pub fn symbols(text: &Text) -> Vec<Symbol> {
    let Some(scene) = Scene::over([text], text.path()) else { return Vec::new() };
    let mut found = Vec::new();
    Walk { scene: &scene, text }.expr(text.root(), None, &mut found);
    found
}

struct Walk<'s, 'a> {
    scene: &'s Scene<'a>,
    text: &'a Text,
}

impl Walk<'_, '_> {
    /// What an expression defines that is in a lab what `role` says.
    fn expr(&self, expr: &Expr, role: Option<Role>, found: &mut Vec<Symbol>) {
        match &expr.kind {
            ExprKind::Lambda { body, .. }
            | ExprKind::With { body, .. }
            | ExprKind::Assert { body, .. } => self.expr(body, role, found),
            ExprKind::Let { bindings, body } => {
                self.bindings(bindings, None, found);
                self.expr(body, role, found);
            }
            ExprKind::LegacyLet(bindings) => self.bindings(bindings, None, found),
            ExprKind::If { yes, no, .. } => {
                self.expr(yes, role, found);
                self.expr(no, role, found);
            }
            ExprKind::Binary { op: BinaryOp::Update, left, right, .. } => {
                self.expr(left, role, found);
                self.expr(right, role, found);
            }
            // `mkLab { … }`, `utils.zip { … }`, `callStage ({ … }: { … }) [ ]`
            ExprKind::Apply { function, argument } => {
                self.expr(function, role, found);
                self.expr(argument, role, found);
            }
            ExprKind::Set { bindings, .. } => {
                let own = own_role(&self.scene.sketch, self.scene.text, expr, bindings);
                self.bindings(bindings, own.or(role), found);
            }
            _ => {}
        }
    }

    fn bindings(&self, bindings: &[Binding], role: Option<Role>, found: &mut Vec<Symbol>) {
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, span } => {
                    let names: Vec<String> = path
                        .iter()
                        .map(|name| self.text.slice(name.span()).trim_matches('"').to_owned())
                        .collect();
                    let Some((first, last)) = path.first().zip(path.last()) else { continue };
                    let name = names.join(".");
                    // Editors refuse names without letters.
                    if name.trim().is_empty() {
                        continue;
                    }
                    let mut inner = role;
                    for name in &names {
                        inner = inner.and_then(|role| role.inside(name.as_bytes()));
                    }
                    let mut children = Vec::new();
                    self.expr(value, inner, &mut children);
                    found.push(Symbol {
                        name,
                        detail: None,
                        kind: kind_of(value, role),
                        whole: self.text.place(*span),
                        named: self.text.place(first.span().to(last.span())),
                        children,
                    });
                }
                Binding::Inherit { names, .. } => {
                    for (name, span) in names {
                        let kind = role.and_then(of_role).unwrap_or(SymbolKind::Binding);
                        let place = self.text.place(*span);
                        found.push(Symbol {
                            name: name.to_string(),
                            detail: Some("inherited".to_owned()),
                            kind,
                            whole: place.clone(),
                            named: place,
                            children: Vec::new(),
                        });
                    }
                }
            }
        }
    }
}

/// What the attributes of a set are.
fn of_role(role: Role) -> Option<SymbolKind> {
    Some(match role {
        Role::Runs => SymbolKind::Run,
        Role::Pipeline => SymbolKind::Stage,
        Role::Params | Role::Axes => SymbolKind::Param,
        Role::Inputs => SymbolKind::Input,
        Role::Outputs => SymbolKind::Output,
        _ => return None,
    })
}

fn kind_of(value: &Expr, role: Option<Role>) -> SymbolKind {
    let made = maker(value).and_then(|maker| match maker {
        Maker::Run => Some(SymbolKind::Run),
        Maker::Stage => Some(SymbolKind::Stage),
        Maker::Pipe => Some(SymbolKind::Pipeline),
        Maker::Lab => None,
    });
    if let Some(kind) = made.or_else(|| role.and_then(of_role)) {
        return kind;
    }
    match &value.kind {
        ExprKind::Int(_) | ExprKind::Float(_) => SymbolKind::Number,
        ExprKind::Text(_) | ExprKind::Path(_) | ExprKind::SearchPath(_) | ExprKind::Uri(_) => {
            SymbolKind::String
        }
        ExprKind::List(_) => SymbolKind::List,
        ExprKind::Set { .. } => SymbolKind::Set,
        ExprKind::Lambda { .. } => SymbolKind::Function,
        _ => SymbolKind::Binding,
    }
}

/// What a query is answered with at most.
const MOST: usize = 500;

/// Stages, runs, pipelines, params and top-level bindings whose names have the letters of `query` in
/// this order, whatever their case.
pub fn workspace_symbols(known: &Known<'_>, query: &str) -> Vec<LabSymbol> {
    let texts = known.texts.all();
    let Some(first) = texts.first() else { return Vec::new() };
    let Some(scene) = Scene::of(&texts, first.path()) else { return Vec::new() };
    let mut found = Vec::new();
    parts_of_lab(&scene, &mut found);
    for number in scene.look.all() {
        let Some(text) = scene.look.text(number) else { continue };
        let file = text.path().file_name().map(|name| name.to_string_lossy().into_owned());
        top_level(text, text.root(), file.as_ref(), &mut found);
    }
    found.retain(|symbol| matches(query, &symbol.name));
    let exact = |symbol: &LabSymbol| !symbol.name.to_lowercase().contains(&query.to_lowercase());
    let mut places = std::collections::HashSet::new();
    found.retain(|symbol| places.insert(symbol.place.clone()));
    found.sort_by(|a, b| (exact(a), &a.name, &a.place).cmp(&(exact(b), &b.name, &b.place)));
    found.truncate(MOST);
    found
}

fn parts_of_lab(scene: &Scene<'_>, found: &mut Vec<LabSymbol>) {
    let mut add = |name: &str, kind, container: Option<String>, key: Key| {
        let place = scene.look.place(key);
        found.extend(place.map(|place| LabSymbol {
            name: name.to_owned(),
            kind,
            container,
            place,
        }));
    };
    let stem = |text: usize| {
        let path = scene.look.text(text)?.path();
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
    };
    for mention in &scene.sketch.mentions {
        if let Some((name, key)) = mention.name {
            let container = stem(key.text).map(|stem| format!("pipeline {stem}"));
            add(&name.text(), SymbolKind::Stage, container, key);
        }
    }
    for stage in &scene.sketch.stages {
        let called = match &stage.pname {
            Some((pname, key)) => {
                add(pname, SymbolKind::Stage, stem(key.text), *key);
                Some(pname.clone())
            }
            None => stem(stage.node.text),
        };
        let container = called.map(|called| format!("stage {called}"));
        for entry in &stage.params.list {
            add(&entry.name.text(), SymbolKind::Param, container.clone(), entry.key);
        }
    }
    for pipeline in &scene.sketch.pipelines {
        if let Some(name) = stem(pipeline.node.text) {
            let key = super::sketch::key(pipeline.node);
            let start = key.span.start;
            let key = Key { span: Span::new(start, start.saturating_add(1)), ..key };
            add(&name, SymbolKind::Pipeline, None, key);
        }
    }
    for (number, run) in scene.sketch.runs.iter().enumerate() {
        let key = run.name.as_ref().map_or_else(|| super::sketch::key(run.node), |name| name.key);
        if let Some(name) = super::told::run_name(scene, number) {
            add(&name, SymbolKind::Run, None, key);
        }
    }
}

/// The bindings of the outermost `let`s.
fn top_level(text: &Text, expr: &Expr, file: Option<&String>, found: &mut Vec<LabSymbol>) {
    match &expr.kind {
        ExprKind::Lambda { body, .. } => top_level(text, body, file, found),
        ExprKind::Let { bindings, body } => {
            for binding in bindings {
                if let Binding::Assign { path, value, .. } = binding
                    && let [crate::syntax::AttrName::Static { name, span }] = path.as_slice()
                {
                    found.push(LabSymbol {
                        name: name.to_string(),
                        kind: kind_of(value, None),
                        container: file.cloned(),
                        place: text.place(*span),
                    });
                }
            }
            top_level(text, body, file, found);
        }
        _ => {}
    }
}

/// Has a name the letters of what is typed in this order, whatever their case?
pub(super) fn matches(typed: &str, name: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    typed.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}
