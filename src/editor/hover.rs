//! What there is to know about a place.

use std::path::Path;
use std::sync::Arc;

use super::Known;
use super::facts::{JobCount, LabFacts, StageFact};
use super::look::{Key, Node, texts_of};
use super::schema::{GIVEN, LIBRARY, OFFERED, Role};
use super::spot::plain_text;
use super::text::Place;
use super::thing::{Scene, Thing, Word};
use super::told::{param, run_of_set, stages_of_mention, stages_of_set, values};
use super::uses::Side;
use super::value;
use super::wires::{Port, concerned};
use crate::builtins;
use crate::check::names::{Definition, Kind};
use crate::source::Name;
use crate::syntax::{Expr, ExprKind};

/// What is known about a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hover {
    /// The word.
    pub place: Place,
    /// In Markdown.
    pub markdown: String,
}

/// What is known about the word at an offset of a file.
pub fn hover(known: &Known<'_>, path: &Path, offset: u32) -> Option<Hover> {
    let texts = texts_of(known, path);
    let scene = Scene::of(&texts, path)?;
    let word = scene.word(offset)?;
    let teller = Teller { scene: &scene, lab: known.lab };
    let markdown = word.things.iter().find_map(|thing| teller.tell(thing, &word))?;
    Some(Hover { place: scene.look.place(word.key)?, markdown })
}

struct Teller<'s, 'a> {
    scene: &'s Scene<'a>,
    lab: Option<&'s LabFacts>,
}

/// Lines of a definition that are shown.
const MOST_LINES: usize = 8;
/// Examples of jobs that are shown.
const EXAMPLES: usize = 3;

impl<'a> Teller<'_, 'a> {
    fn tell(&self, thing: &Thing, word: &Word) -> Option<String> {
        match thing {
            Thing::Port(port) => self.port(*port),
            Thing::RunKey(run, number) => self.run_key(*run, *number),
            Thing::Stage(mention) => self.stage(*mention),
            Thing::Local(text, definition) => self.local(*text, *definition),
            Thing::Builtin(name) => builtin(*name),
            Thing::Library(name) => library(name),
            Thing::Field(role, name) => self.field(*role, *name, word),
            Thing::Attribute(key) => self.attribute(*key),
            Thing::File(path) => Some(self.file(path, word)),
            // A package set may have more than it lists.
            Thing::Package(name) => (word.things.last() == Some(thing)
                || has(self.lab.map(|lab| &lab.packages), *name))
            .then(|| format!("package `{name}` of the package set")),
            // That it is a set of packages only evaluation tells.
            Thing::Member(set, name) => {
                let names = self.lab?.package_set(&set.text())?;
                let text = name.text();
                let known = names.iter().any(|known| **known == *text);
                known.then(|| format!("package `{name}` of `{set}` in the package set"))
            }
            Thing::Lib(name) => has(self.lab.map(|lab| &lab.library), *name).then(|| {
                let told = format!("`{name}` of the package set's library");
                [Some(told), builtin(*name)].into_iter().flatten().collect::<Vec<_>>().join("\n\n")
            }),
            Thing::Value => None,
        }
    }

    fn port(&self, port: Port) -> Option<String> {
        let stage = self.scene.sketch.stages.get(port.stage)?;
        let part = stage.parts.get(port.part)?;
        let part_of = match part.name.as_str() {
            "" => String::new(),
            name => format!("`{name}` of "),
        };
        let mut lines = vec![format!(
            "{} `{}` of {part_of}stage `{}`",
            port.side.word(),
            port.name,
            self.called(port.stage)
        )];
        let declared = self.scene.declarations(port).first().copied();
        let bound = declared.and_then(|key| Some((key, self.value_at(key)?)));
        let value = bound.map(|(_, value)| self.source(value));
        match port.side {
            Side::Param => {
                let facts = stages_of_set(self.scene, self.lab, port.stage);
                lines.extend(value.map(|value| format!("default: `{value}`")));
                let computed = bound.filter(|(_, value)| !value::is_written(value.expr));
                lines.extend(computed.and_then(|(key, value)| self.constant(key, value)));
                let mut runs: Vec<String> = Vec::new();
                for (run, fact) in param(&facts, &port.name.text()) {
                    let from = match fact.origin {
                        crate::sweep::OriginKind::Default => " (its default)".to_owned(),
                        crate::sweep::OriginKind::Zip => format!(" (by `{}`, zipped)", fact.key),
                        _ => format!(" (by `{}`)", fact.key),
                    };
                    runs.push(format!("- run `{run}`: {}{from}", values(fact)));
                }
                lines.extend((!runs.is_empty()).then(|| runs.join("\n")));
            }
            Side::Input => lines.push(self.input(port, value.as_deref())),
            Side::Output => {
                lines.extend(value.map(|value| format!("written to `{value}`")));
                let readers = self.scene.wires.readers(port);
                let readers: Vec<String> = readers
                    .into_iter()
                    .map(|reader| {
                        format!("input `{}` of stage `{}`", reader.name, self.called(reader.stage))
                    })
                    .collect();
                lines.extend(
                    (!readers.is_empty()).then(|| format!("read by {}", readers.join(", "))),
                );
            }
        }
        Some(lines.join("\n\n"))
    }

    fn input(&self, port: Port, value: Option<&str>) -> String {
        let name = port.name.text();
        let sources = self.scene.wires.sources(port);
        if !sources.is_empty() {
            let sources: Vec<String> = sources
                .into_iter()
                .map(|source| {
                    let part = self.scene.sketch.stages.get(source.stage);
                    let part = part.and_then(|stage| stage.parts.get(source.part));
                    let inner =
                        part.filter(|_| source.stage == port.stage && source.part != port.part);
                    match inner.map(|part| part.name.as_str()).filter(|name| !name.is_empty()) {
                        Some(part) => format!("output `{}` of `{part}`", source.name),
                        None => {
                            let stage = self.called(source.stage);
                            format!("output `{}` of stage `{stage}`", source.name)
                        }
                    }
                })
                .collect();
            return format!("reads {}", sources.join(", "));
        }
        match (&*name, value) {
            ("store__base", _) => "the folder of all results".to_owned(),
            ("worker__item", _) => "the item that this worker works on".to_owned(),
            ("worker__outs", _) => "what the workers wrote, a list of their outputs".to_owned(),
            (name, _) if name.starts_with("metadata__") => {
                let run = name.strip_prefix("metadata__").unwrap_or_default();
                format!("the metadata of run `{run}`")
            }
            (_, None | Some("\"\"")) => "nothing wires it".to_owned(),
            (_, Some(value)) => format!("nothing wires it: its default is `{value}`"),
        }
    }

    /// What a stage is called: as pipelines have it, else its `pname`.
    fn called(&self, stage: usize) -> String {
        let mut mentions = self.scene.sketch.mentions_of(stage);
        let name = mentions.find_map(|at| self.scene.sketch.mentions.get(at)?.name);
        if let Some((name, _)) = name {
            return name.to_string();
        }
        let pname = self.scene.sketch.stages.get(stage).and_then(|stage| stage.pname.as_ref());
        pname.map_or_else(|| "?".to_owned(), |(pname, _)| pname.clone())
    }

    fn run_key(&self, run: usize, number: usize) -> Option<String> {
        let key = self.scene.run_key(run, number)?;
        let stages = concerned(&self.scene.sketch, run, number);
        let mut lines = vec![format!("axis `{}` of {}", key.param, self.scene.run_called(run))];
        let name = super::told::run_name(self.scene, run);
        for stage in &stages {
            let facts = stages_of_set(self.scene, self.lab, *stage);
            let fact =
                param(&facts, &key.param).into_iter().find(|(r, _)| Some(r) == name.as_ref());
            if let Some((_, fact)) = fact {
                let word = if fact.count == 1 { "value" } else { "values" };
                lines.push(format!("{} {word}: {}", fact.count, values(fact)));
                break;
            }
        }
        let stages: Vec<String> =
            stages.into_iter().map(|stage| format!("`{}`", self.called(stage))).collect();
        lines.push(match stages.as_slice() {
            [] => "no stage of this run declares it".to_owned(),
            [one] => format!("for stage {one}"),
            _ => format!("for stages {}", stages.join(", ")),
        });
        Some(lines.join("\n\n"))
    }

    fn stage(&self, mention: usize) -> Option<String> {
        let known = self.scene.sketch.mentions.get(mention)?;
        let (name, _) = known.name?;
        let mut lines = vec![format!("stage `{name}`")];
        let facts = stages_of_mention(self.scene, self.lab, mention);
        lines.extend(jobs(&facts));
        if let Some(stage) = known.stage.and_then(|stage| self.scene.sketch.stages.get(stage)) {
            let list = |word: &str, names: Vec<Name>| {
                let mut shown: Vec<String> = Vec::new();
                for name in names {
                    let name = format!("`{name}`");
                    if !shown.contains(&name) {
                        shown.push(name);
                    }
                }
                (!shown.is_empty()).then(|| format!("- {word}: {}", shown.join(", ")))
            };
            let names = |entries: &super::look::Entries<'_>| {
                entries.list.iter().map(|entry| entry.name).collect::<Vec<_>>()
            };
            let inputs = super::wires::outer_inputs(stage).into_iter().map(|(_, name)| name);
            let outputs = stage.parts.get(super::wires::outer_part(stage));
            let about = [
                list("parameters", names(&stage.params)),
                list("inputs", inputs.collect()),
                list("outputs", outputs.map(|part| names(&part.outputs)).unwrap_or_default()),
            ];
            let about: Vec<String> = about.into_iter().flatten().collect();
            lines.extend((!about.is_empty()).then(|| about.join("\n")));
        }
        Some(lines.join("\n\n"))
    }

    fn local(&self, text: usize, definition: usize) -> Option<String> {
        let names = &self.scene.look.text(text)?.checked().names;
        let known = names.definitions.get(definition)?;
        let key = Key { text, span: known.span };
        let what = match known.kind {
            Kind::Let => "binding",
            Kind::Attribute => "attribute",
            Kind::Argument | Kind::Formal { .. } => "argument",
            Kind::Whole => "all arguments",
        };
        let mut lines = vec![format!("{what} `{}`", known.name)];
        if let Kind::Formal { .. } = known.kind {
            lines.extend(self.formal(known, text));
        }
        lines.extend(self.bound(key));
        Some(lines.join("\n\n"))
    }

    fn formal(&self, known: &Definition, text: usize) -> Option<String> {
        let name = known.name.text();
        let of_file =
            self.scene.look.text(text).is_some_and(|text| known.scope == text.root().span);
        let table = if of_file { OFFERED } else { GIVEN };
        let told = table.iter().find(|(word, _)| *word == name);
        told.map(|(_, doc)| (*doc).to_owned())
    }

    /// What a name is bound to: its text, and its value.
    fn bound(&self, key: Key) -> Option<String> {
        let value = self.value_at(key)?;
        let mut lines = Vec::new();
        let end = self.scene.look.value(value);
        if let Some(call) = self.scene.sketch.call_of(end) {
            lines.extend(self.run_called(call));
        }
        if let Some(mention) = self.scene.sketch.mention_of(end) {
            lines.extend(jobs(&stages_of_mention(self.scene, self.lab, mention)));
        }
        lines.push(format!("```nix\n{}\n```", self.source(value)));
        let told = match (self.constant(key, value), self.fact(key)) {
            (Some(value), _) => Some(value),
            (None, Some((value, kind))) => Some(format!("{kind}: `{value}`")),
            (None, None) => {
                let kind = kind_of(end.expr).filter(|_| end.rest.is_empty());
                let elsewhere = end.expr.span != value.expr.span || end.text != value.text;
                let short = elsewhere.then(|| self.source(end)).filter(|s| !s.contains('\n'));
                kind.map(|kind| match short {
                    Some(short) => format!("{kind}: `{short}`"),
                    None => kind,
                })
            }
        };
        lines.extend(told);
        Some(lines.join("\n\n"))
    }

    /// The value of a binding that shows there, beside what it is bound to.
    fn constant(&self, key: Key, written: Node<'a>) -> Option<String> {
        let value = value::bound(&self.scene.look, key)?;
        Some(value.told(value::is_written(written.expr) && written.rest.is_empty()))
    }

    /// What was evaluated of an attribute.
    fn fact(&self, key: Key) -> Option<(String, &'static str)> {
        let place = self.scene.look.place(key)?;
        let name = self.scene.look.text(key.text)?.slice(key.span).trim_matches('"').to_owned();
        // Only where it still stands: another may have its name elsewhere.
        let mut facts = self.lab?.values.iter();
        let fact = facts.find(|fact| fact.place == place && *fact.name == *name)?;
        Some((fact.value.clone(), fact.kind))
    }

    fn run_called(&self, call: usize) -> Option<String> {
        let run = self.scene.sketch.calls.get(call)?.run?;
        let fact = run_of_set(self.scene, self.lab, run)?;
        let jobs = fact.jobs?;
        let mut line = format!("run `{}`: {}", fact.name, jobs.words());
        if !fact.depends_on.is_empty() {
            let names: Vec<String> = fact.depends_on.iter().map(|r| format!("`{r}`")).collect();
            line.push_str(&format!(", after {}", names.join(", ")));
        }
        Some(line)
    }

    fn value_at(&self, key: Key) -> Option<Node<'a>> {
        let bound = self.scene.look.index(key.text)?.bound(key.span)?;
        self.scene.look.rest();
        self.scene.look.source(key.text, bound)
    }

    /// The text of an expression, cut where it is long.
    fn source(&self, node: Node<'_>) -> String {
        let Some(text) = self.scene.look.text(node.text) else { return String::new() };
        let slice = text.slice(node.expr.span);
        let mut lines: Vec<&str> = slice.lines().collect();
        if lines.len() > MOST_LINES {
            lines.truncate(MOST_LINES - 1);
            lines.push("…");
        }
        // Lines after the first stand as deep as in the file.
        let indent = |line: &&&str| line.len() - line.trim_start().len();
        let deep = lines.iter().skip(1).filter(|l| !l.trim().is_empty() && **l != "…");
        let deep = deep.map(|line| indent(&line)).min().unwrap_or(0);
        let shown = lines.iter().enumerate().map(|(at, line)| match at {
            0 => *line,
            _ => line.get(deep..).unwrap_or_else(|| line.trim_start()),
        });
        shown.collect::<Vec<_>>().join("\n")
    }

    fn field(&self, role: Role, name: Name, word: &Word) -> Option<String> {
        let field = role.field(&name.text())?;
        let mut lines = vec![format!("`{name}` of {}", role.phrase()), field.doc.to_owned()];
        if let (Role::Stage | Role::ScatterGather, b"pname") = (role, name.bytes()) {
            let stage = self.scene.stage_around(word.key.text, word.key.span);
            let facts = stage.map(|stage| stages_of_set(self.scene, self.lab, stage));
            lines.extend(facts.and_then(|facts| jobs(&facts)));
        } else if let (Role::Run, b"name" | b"pipelines" | b"params" | b"parameters") =
            (role, name.bytes())
        {
            let runs = self.scene.sketch.runs.iter().enumerate();
            let mut around = runs.filter(|(_, run)| {
                run.node.text == word.key.text
                    && super::sketch::within(word.key.span, run.node.expr.span)
            });
            let fact = around.next().and_then(|(run, _)| run_of_set(self.scene, self.lab, run));
            lines.extend(
                fact.and_then(|fact| Some(format!("run `{}`: {}", fact.name, fact.jobs?.words()))),
            );
        }
        Some(lines.join("\n\n"))
    }

    fn attribute(&self, key: Key) -> Option<String> {
        let text = self.scene.look.text(key.text)?;
        let name = text.slice(key.span).trim_matches('"').to_owned();
        let bound = self.bound(key);
        Some(
            [Some(format!("attribute `{name}`")), bound]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("\n\n"),
        )
    }

    fn file(&self, path: &Path, word: &Word) -> String {
        let here = self.scene.look.text(word.key.text).and_then(|text| text.path().parent());
        let shown = here.map_or(path.to_owned(), |here| super::offers::relative(here, path));
        let shown = shown.display();
        let Some(text) = self.scene.look.find(path) else {
            return format!("file `{shown}`");
        };
        let stages = self.scene.sketch.stages.iter().enumerate();
        let stage = stages.filter(|(_, stage)| stage.node.text == text).map(|(at, _)| at).next();
        let runs = self.scene.sketch.runs.iter().enumerate();
        let run = runs.filter(|(_, run)| run.node.text == text).map(|(at, _)| at).next();
        let mut lines = Vec::new();
        if let Some(stage) = stage {
            lines.push(format!("stage `{}`", self.called(stage)));
            lines.extend(jobs(&stages_of_set(self.scene, self.lab, stage)));
        } else if let Some(run) = run {
            let fact = run_of_set(self.scene, self.lab, run);
            let jobs = fact.and_then(|fact| fact.jobs);
            lines.push(match jobs {
                Some(jobs) => format!("{}: {}", self.scene.run_called(run), jobs.words()),
                None => self.scene.run_called(run),
            });
        }
        lines.push(format!("file `{shown}`"));
        lines.join("\n\n")
    }
}

/// Is a name among those that there are, if these are known?
fn has(known: Option<&Vec<Arc<str>>>, name: Name) -> bool {
    let text = name.text();
    known.is_none_or(|known| known.is_empty() || known.iter().any(|known| **known == *text))
}

/// How many jobs a stage has in each run, and some of their names.
fn jobs(facts: &[&StageFact]) -> Option<String> {
    let mut lines = Vec::new();
    for fact in facts {
        let count = fact.jobs.map(JobCount::words);
        lines.extend(count.map(|count| format!("- {count} in run `{}`", fact.run)));
    }
    let examples: Vec<String> = facts
        .iter()
        .flat_map(|fact| &fact.examples)
        .take(EXAMPLES)
        .map(|name| format!("`{name}`"))
        .collect();
    if !examples.is_empty() {
        lines.push(format!("- for example {}", examples.join(", ")));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn builtin(name: Name) -> Option<String> {
    let text = name.text();
    if let Some(row) = builtins::documented().find(|row| row.name == text) {
        let arguments: Vec<String> = row.arguments.iter().map(|a| format!(" {a}")).collect();
        return Some(format!(
            "```nix\nbuiltins.{}{}\n```\n\n{}",
            row.name,
            arguments.concat(),
            row.doc
        ));
    }
    let doc = match &*text {
        "builtins" => "The set of all functions and constants of the language.",
        "true" | "false" => "A Boolean.",
        "null" => "The value that stands for none.",
        "derivation" => "Makes a derivation of attributes: `name`, `system`, `builder` and others.",
        "nixPath" => "Where `<name>` is looked for: a list of `{ path, prefix }`.",
        _ => return None,
    };
    Some(format!("`{text}`\n\n{doc}"))
}

fn library(name: &str) -> Option<String> {
    let known = LIBRARY.iter().find(|function| function.name == name)?;
    Some(format!("```nix\n{}\n```\n\n{}", known.call, known.doc))
}

/// What kind of value an expression plainly is.
fn kind_of(expr: &Expr) -> Option<String> {
    Some(match &expr.kind {
        ExprKind::Int(_) => "an integer".to_owned(),
        ExprKind::Float(_) => "a float".to_owned(),
        ExprKind::Text(_) | ExprKind::Uri(_) => match plain_text(expr) {
            Some(_) => "a string".to_owned(),
            None => "a string that is put together".to_owned(),
        },
        ExprKind::Path(_) | ExprKind::SearchPath(_) => "a path".to_owned(),
        ExprKind::List(items) if items.len() == 1 => "a list of 1 item".to_owned(),
        ExprKind::List(items) => format!("a list of {} items", items.len()),
        ExprKind::Set { .. } => "a set".to_owned(),
        ExprKind::Lambda { .. } => "a function".to_owned(),
        _ => return None,
    })
}
