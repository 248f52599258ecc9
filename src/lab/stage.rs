//! Stages: what is known of one before any parameter has a value.

use std::sync::Arc;

use super::axis::a_function;
use super::order::{cycle, topological};
use super::{Datum, Dependency, Duration, Link, Memory, Reader, Resources, Vocabulary, fields};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::eval::Evaluator;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Value};

/// A stage that was read. What depends on parameters is kept as written, see [`Attr`]s.
#[derive(Clone, Debug)]
pub struct Stage<'h> {
    /// Its attribute in the pipeline.
    pub key: Arc<str>,
    /// Where that stands.
    pub span: Span,
    /// The definition.
    pub attrs: Attrs<'h>,
    /// A string, or a function of the parameters.
    pub pname: Attr<'h>,
    /// That string, when it is no function.
    pub constant_pname: Option<Arc<str>>,
    /// `version`.
    pub version: Arc<str>,
    /// The word it uses for parameters.
    pub vocabulary: Vocabulary,
    /// Declared parameters with their defaults and places, sorted by name.
    pub params: Vec<(Name, Datum<'h>, Span)>,
    /// Its scripts.
    pub body: Body<'h>,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// Is one of them missing here, because something is wrong with it? That was told.
    pub lost_dependency: bool,
    /// What sets its runtime packages apart.
    pub packages: Vec<Arc<str>>,
}

/// The scripts of a stage.
#[derive(Clone, Debug)]
pub enum Body<'h> {
    /// One script.
    Simple(Part<'h>),
    /// Scatter, then for each item the workers, then gather.
    ScatterGather {
        /// Writes the items.
        scatter: Part<'h>,
        /// The worker, or the steps sorted by name.
        workers: Vec<Part<'h>>,
        /// Written with `steps`?
        steps: bool,
        /// Reads what the workers wrote.
        gather: Part<'h>,
    },
}

/// A set with `inputs`, `outputs`, `resources` and `run`: a simple stage, or a part of another.
#[derive(Clone, Debug)]
pub struct Part<'h> {
    /// "scatter", "worker", "gather" or a step's name; the stage's key for a simple one.
    pub name: Arc<str>,
    /// Where it stands.
    pub span: Span,
    /// The set.
    pub attrs: Attrs<'h>,
    /// Steps that a step comes after.
    pub after: Vec<After>,
    /// What sets its own runtime packages apart; those of a simple stage are the stage's.
    pub packages: Vec<Arc<str>>,
}

impl Stage<'_> {
    /// Where its outputs are declared.
    pub fn outputs_span(&self) -> Option<Span> {
        let part = match &self.body {
            Body::Simple(part) => part,
            Body::ScatterGather { gather, .. } => gather,
        };
        part.attrs.attr(Name::new("outputs")).map(|attr| attr.key.span)
    }
}

/// A step's dependency on another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct After {
    /// The other step.
    pub step: Arc<str>,
    /// Which of its outputs become which inputs.
    pub link: Link,
    /// Where it is written.
    pub span: Span,
}

/// A stage's version when it names none, as in upstream.
const VERSION: &str = "1.1";

impl<'h> Reader<'_, 'h> {
    pub(super) fn stage(
        &mut self,
        key: Arc<str>,
        span: Span,
        attrs: Attrs<'h>,
        (dependencies, lost_dependency): (Vec<Dependency>, bool),
    ) -> Option<Stage<'h>> {
        let scattered = attrs.has(Name::new("scatter"));
        let known = if scattered { fields::SCATTER_GATHER } else { fields::SIMPLE };
        let before = self.diagnostics.len();
        self.check_fields(
            attrs,
            known,
            &format!("stage `{key}`"),
            "repx::stage::unknown-attribute",
        );
        let pname = self.required(attrs, "pname", &key, span);
        let version = self.version(attrs, &key);
        let (vocabulary, params) = self.declared(attrs, &key);
        let packages = self.packages(attrs, &format!("stage `{key}`"));
        let body = if scattered {
            self.scatter_gather(attrs, &key, span)
        } else {
            self.simple(attrs, &key, span)
        };
        self.diagnostics.within_since(before, span, &format!("in stage `{key}`"));
        let pname = pname?;
        Some(Stage {
            constant_pname: self.constant_pname(pname)?,
            pname,
            version: version?,
            vocabulary,
            params: params?,
            body: body?,
            packages: packages?,
            key,
            span,
            attrs,
            dependencies,
            lost_dependency,
        })
    }

    fn required(
        &mut self,
        attrs: Attrs<'h>,
        name: &str,
        key: &str,
        span: Span,
    ) -> Option<Attr<'h>> {
        let found = self.field(attrs, name);
        if found.is_none() {
            let example = if name == "pname" {
                format!("add `pname = \"{key}\";`")
            } else {
                format!("add `{name}`")
            };
            self.report(
                Diagnostic::error(
                    "repx::stage::missing-attribute",
                    format!("stage `{key}` has no `{name}`"),
                )
                .at(span, "this stage")
                .help(example),
            );
        }
        found
    }

    /// `None`: it went wrong. Whether a name is constant must not depend on what else has been
    /// evaluated, so it is forced here.
    #[allow(clippy::option_option)] // failed, or read and perhaps not constant
    fn constant_pname(&mut self, pname: Attr<'h>) -> Option<Option<Arc<str>>> {
        let value = self.evaluator.force(pname.slot);
        let value = self.take(value, |d| d.within(pname.key.span, "in `pname`"))?;
        Some(match value {
            Value::Text(text) => Some(text.lossy().into()),
            _ => None,
        })
    }

    fn version(&mut self, attrs: Attrs<'h>, key: &str) -> Option<Arc<str>> {
        let Some(attr) = self.field(attrs, "version") else {
            return Some(VERSION.into());
        };
        let text = self.evaluator.string(attr.slot);
        let text =
            self.take(text, |d| d.within(attr.key.span, format!("in `version` of stage `{key}`")))?;
        if let Some(diagnostic) = bad_name("version", &text.lossy()) {
            let place = self.places().value(attr.key.span);
            self.report(diagnostic.at(place, "becomes part of a directory's name"));
            return None;
        }
        Some(text.lossy().into())
    }

    #[allow(clippy::type_complexity)] // the declared parameters as `Stage` holds them
    fn declared(
        &mut self,
        attrs: Attrs<'h>,
        key: &str,
    ) -> (Vocabulary, Option<Vec<(Name, Datum<'h>, Span)>>) {
        let Some((vocabulary, attr)) = self.params_field(attrs) else {
            return (
                self.vocabulary.map_or(Vocabulary::Params, |(word, _)| word),
                Some(Vec::new()),
            );
        };
        let word = vocabulary.word();
        let context =
            |d: Diagnostic| d.within(attr.key.span, format!("in `{word}` of stage `{key}`"));
        let declared = self.evaluator.attrs(attr.slot);
        let Some(declared) = self.take(declared, context) else {
            return (vocabulary, None);
        };
        let mut params = Vec::with_capacity(declared.len());
        let mut complete = true;
        for param in declared.by_name(self.evaluator.local) {
            if let Ok(value) = self.evaluator.force(param.slot)
                && Datum::is_function(value)
            {
                let place = self.places().value(param.key.span);
                self.report(a_function(param.key.name).at(place, "a function"));
                complete = false;
                continue;
            }
            let datum = Datum::read(self.evaluator, param.slot);
            let datum = self.take(datum, |d| {
                context(d.within(
                    param.key.span,
                    format!("in the default of parameter `{}`", param.key.name),
                ))
            });
            complete &= datum.is_some();
            params.extend(datum.map(|datum| (param.key.name, datum, param.key.span)));
        }
        (vocabulary, complete.then_some(params))
    }

    /// What sets runtime packages apart: their paths, and for a host environment its members.
    fn packages(&mut self, attrs: Attrs<'h>, what: &str) -> Option<Vec<Arc<str>>> {
        let Some(attr) = self.field(attrs, "runDependencies") else {
            return Some(Vec::new());
        };
        let context =
            |d: Diagnostic| d.within(attr.key.span, format!("in `runDependencies` of {what}"));
        let list = self.evaluator.items(attr.slot);
        let list = self.take(list, context)?;
        let mut packages = Vec::with_capacity(list.len());
        for item in list.items() {
            let package = package_identity(self.evaluator, *item);
            packages.push(self.take(package, context)?);
        }
        Some(packages)
    }

    fn simple(&mut self, attrs: Attrs<'h>, key: &Arc<str>, span: Span) -> Option<Body<'h>> {
        self.required(attrs, "run", key, span)?;
        let (after, packages) = (Vec::new(), Vec::new());
        Some(Body::Simple(Part { name: Arc::clone(key), span, attrs, after, packages }))
    }

    fn scatter_gather(&mut self, attrs: Attrs<'h>, key: &str, span: Span) -> Option<Body<'h>> {
        let scatter = self.part(attrs, "scatter", key, span);
        let gather = self.part(attrs, "gather", key, span);
        let steps = attrs.has(Name::new("steps"));
        if let (true, Some(worker)) = (steps, self.field(attrs, "worker")) {
            self.report(
                Diagnostic::error(
                    "repx::stage::scatter-gather",
                    format!("scatter-gather stage `{key}` has both `worker` and `steps`"),
                )
                .at(worker.key.span, "this worker would never run")
                .help("make the worker one of the steps, or remove one of the two"),
            );
            return None;
        }
        let workers = if steps {
            self.steps(attrs, key)
        } else {
            self.part(attrs, "worker", key, span).map(|worker| vec![worker])
        };
        Some(Body::ScatterGather { scatter: scatter?, workers: workers?, steps, gather: gather? })
    }

    fn part(&mut self, attrs: Attrs<'h>, name: &str, key: &str, span: Span) -> Option<Part<'h>> {
        let attr = self.required(attrs, name, key, span)?;
        let what = format!("`{name}` of stage `{key}`");
        let part = self.part_attrs(attr, &what, fields::PART)?;
        self.required(part, "run", &format!("{key}.{name}"), attr.key.span)?;
        let packages = self.packages(part, &what)?;
        let after = Vec::new();
        Some(Part { name: name.into(), span: attr.key.span, attrs: part, after, packages })
    }

    fn part_attrs(&mut self, attr: Attr<'h>, what: &str, known: &[&str]) -> Option<Attrs<'h>> {
        let part = self.evaluator.attrs(attr.slot);
        let part = self.take(part, |d| d.within(attr.key.span, format!("in {what}")))?;
        self.check_fields(part, known, what, "repx::stage::unknown-attribute");
        Some(part)
    }

    fn steps(&mut self, attrs: Attrs<'h>, key: &str) -> Option<Vec<Part<'h>>> {
        let attr = self.field(attrs, "steps")?;
        let steps = self.evaluator.attrs(attr.slot);
        let steps =
            self.take(steps, |d| d.within(attr.key.span, format!("in `steps` of stage `{key}`")))?;
        if steps.is_empty() {
            let place = self.places().value(attr.key.span);
            self.report(
                Diagnostic::error("repx::stage::no-steps", format!("stage `{key}` has no steps"))
                    .at(place, "at least one step is needed"),
            );
            return None;
        }
        let mut parts: Vec<Part<'h>> = Vec::new();
        for step in steps.by_name(self.evaluator.local) {
            let name: Arc<str> = step.key.name.text().into();
            let what = format!("step `{name}` of stage `{key}`");
            let attrs = self.part_attrs(step, &what, fields::STEP)?;
            self.required(attrs, "run", &format!("{key}.{name}"), step.key.span)?;
            let packages = self.packages(attrs, &what)?;
            parts.push(Part { name, span: step.key.span, attrs, after: Vec::new(), packages });
        }
        for i in 0..parts.len() {
            let after = self.step_dependencies(i, &parts, key)?;
            if let Some(part) = parts.get_mut(i) {
                part.after = after;
            }
        }
        self.check_step_cycle(&parts)?;
        Some(parts)
    }

    fn check_step_cycle(&mut self, parts: &[Part<'h>]) -> Option<()> {
        let needs = |index: usize| -> Vec<(usize, Span)> {
            let after = parts.get(index).map(|part| part.after.iter());
            let at = |after: &After| parts.iter().position(|part| part.name == after.step);
            after.into_iter().flatten().filter_map(|a| Some((at(a)?, a.span))).collect()
        };
        let order = topological(parts.len(), |index| needs(index).iter().map(|n| n.0).collect());
        if order.len() == parts.len() {
            return Some(());
        }
        let name = |index: usize| parts.get(index).map_or_else(String::new, |p| p.name.to_string());
        let found = cycle("repx::stage::step-cycle", "step", &order, parts.len(), needs, name);
        self.diagnostics.extend(found);
        None
    }

    /// The steps that a step's `deps` name; a dependency is the other step's own set, alone or as
    /// `[ step "output" "input" ]`.
    fn step_dependencies(
        &mut self,
        index: usize,
        parts: &[Part<'h>],
        key: &str,
    ) -> Option<Vec<After>> {
        let part = parts.get(index)?;
        let Some(attr) = self.field(part.attrs, "deps") else {
            return Some(Vec::new());
        };
        let context = |d: Diagnostic| {
            d.within(attr.key.span, format!("in `deps` of step `{}` of stage `{key}`", part.name))
        };
        let list = self.evaluator.items(attr.slot);
        let list = self.take(list, context)?;
        let mut after = Vec::new();
        for (i, item) in list.items().iter().enumerate() {
            let value = self.evaluator.force(*item);
            let mut value = self.take(value, context)?;
            let mut link = Link::SameNames;
            let span = self.places().item(attr.key.span, i);
            if let Value::List(list) = value {
                let inner = self.places().items_of_item(attr.key.span, i);
                (value, link) = self.named_link(list.items(), &part.name, span, &inner)?;
            }
            let found = parts.iter().find(
                |other| matches!(value, Value::Attrs(attrs) if attrs.same_object(other.attrs)),
            );
            match found {
                Some(other) => after.push(After { step: Arc::clone(&other.name), link, span }),
                None => {
                    let kind = value.a_type();
                    self.report(
                        Diagnostic::error(
                            "repx::stage::unknown-step",
                            format!(
                                "step `{}` depends on {kind} that is no step of stage `{key}`",
                                part.name
                            ),
                        )
                        .at(span, "not a step of this stage")
                        .help("name a step of the same `steps = rec { … }`"),
                    );
                    return None;
                }
            }
        }
        Some(after)
    }
}

/// What sets a runtime package apart.
fn package_identity<'h>(
    evaluator: &mut Evaluator<'h>,
    slot: crate::value::Slot<'h>,
) -> crate::eval::Eval<'h, Arc<str>> {
    let value = evaluator.force(slot)?;
    let path = evaluator.coerce(value, crate::eval::Coercion::INTERPOLATION)?;
    let mut text = String::from_utf8_lossy(path.bytes()).into_owned();
    if let Value::Attrs(attrs) = value
        && let Some(host) = attrs.get(Name::new("_repx_host"))
    {
        let host = evaluator.attrs(host)?;
        if let Some(members) = host.get(Name::new("packages")) {
            let members = evaluator.items(members)?;
            for member in members.items() {
                let name = evaluator.string(*member)?;
                text.push(' ');
                text.push_str(&name.lossy());
            }
        }
    }
    Ok(text.into())
}

/// Why a text can't be part of a job's name, if it can't. Job names are names of directories.
pub fn bad_name(what: &str, text: &str) -> Option<Diagnostic> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let wrong = text.chars().find(|c| !fine(*c));
    let reason = match wrong {
        None if text.is_empty() => "it is empty".to_owned(),
        None if text.starts_with('.') => "it begins with a dot".to_owned(),
        None if text.len() > 160 => "it is longer than 160 characters".to_owned(),
        None => return None,
        Some(' ') => "it has a space".to_owned(),
        Some(c) => format!("it has a `{}`", c.escape_debug()),
    };
    let better: String = text.chars().map(|c| if fine(c) { c } else { '-' }).collect();
    Some(
        Diagnostic::error(
            "repx::stage::bad-name",
            format!("{what} \"{text}\" can't name a job: {reason}"),
        )
        .help(match wrong {
            Some(_) => format!("letters, digits and `+-._?=` are fine: \"{better}\""),
            None => "letters, digits and `+-._?=` are fine".to_owned(),
        }),
    )
}

/// Reads resource hints. What is wrong is told at its place; `what` says whose hints they are.
pub fn read_resources<'h>(reader: &mut Reader<'_, 'h>, attrs: Attrs<'h>, what: &str) -> Resources {
    let mut resources = Resources::default();
    for attr in attrs.by_name(reader.evaluator.local) {
        let name = attr.key.name.text();
        let span = attr.key.span;
        let value = reader.evaluator.force_deep(attr.slot);
        let Some(value) = reader.take(value, |d| d.within(span, format!("in `{name}` of {what}")))
        else {
            continue;
        };
        if !fields::RESOURCES.contains(&&*name) {
            let diagnostic = Diagnostic::error(
                "repx::stage::unknown-resource",
                format!("there is no resource `{name}` ({what})"),
            )
            .at(span, "unknown resource")
            .help(
                did_you_mean(&name, fields::RESOURCES)
                    .unwrap_or_else(|| format!("resources are {}", fields::RESOURCES.join(", "))),
            );
            reader.report(diagnostic);
            continue;
        }
        // A hint that is null is a hint not given.
        if matches!(value, Value::Null) {
            continue;
        }
        if let Err(expected) = set_hint(reader.evaluator, &mut resources, &name, value) {
            let place = reader.places().value(span);
            let shown = reader.evaluator.brief(value);
            reader.report(
                Diagnostic::error(
                    "repx::stage::bad-resource",
                    format!("`{name}` can't be {shown} ({what})"),
                )
                .at(place, expected)
                .help(match &*name {
                    "mem" => "a whole number with an optional K, M, G or T: `mem = \"8G\";`",
                    "cpus" => "a whole number of processors, at least 1: `cpus = 4;`",
                    "time" => "a number of seconds, or a time such as \"30:00\", \"12:00:00\" or \"1-12:00:00\"",
                    "partition" => "for example `partition = \"gpu\";`",
                    _ => "for example `sbatch_opts = [ \"--gres=gpu:2\" ];`",
                }),
            );
        }
    }
    beyond_slurm(reader, attrs, &resources, what);
    resources
}

/// The largest numbers that SLURM has room for: processors of a task are 16 bits, minutes of a time
/// limit 32, megabytes of memory 63, each without the values that mean "none" and "no limit".
const MOST_CPUS: u64 = 65_533;
const MOST_MINUTES: u64 = 4_294_967_293;
const MOST_MEGABYTES: u128 = (1 << 63) - 1;

/// Hints that SLURM would refuse. They harm nobody until a job is sent there.
fn beyond_slurm<'h>(
    reader: &mut Reader<'_, 'h>,
    attrs: Attrs<'h>,
    resources: &Resources,
    what: &str,
) {
    let large = |yes: bool, why: &'static str| yes.then_some(why);
    let mem = resources.mem.as_ref().map(|mem| mem.bytes() >> 20);
    let time = resources.time.as_ref().map(|time| time.as_seconds() / 60);
    let spaced = |name: &String| name.is_empty() || name.contains(char::is_whitespace);
    let bad_option = |option: &String| !option.starts_with('-') || option.contains('\n');
    let options = resources.sbatch_opts.as_deref().unwrap_or_default();
    let wrong = [
        ("mem", large(mem.is_some_and(|m| m > MOST_MEGABYTES), "more memory than SLURM can count")),
        ("mem", large(mem == Some(0), "SLURM counts in megabytes, and 0 of them mean no limit")),
        ("cpus", large(resources.cpus > Some(MOST_CPUS), "at most 65533 for a task")),
        ("time", large(time > Some(MOST_MINUTES), "a longer time than SLURM can count")),
        (
            "partition",
            large(resources.partition.as_ref().is_some_and(spaced), "no name of a partition"),
        ),
        ("sbatch_opts", large(options.iter().any(bad_option), "an option begins with `-`")),
    ];
    for (name, why) in wrong {
        let Some((why, attr)) = why.zip(attrs.attr(Name::new(name))) else { continue };
        let place = reader.places().value(attr.key.span);
        let text = format!("SLURM would refuse this `{name}` ({what})");
        let found = Diagnostic::warning("repx::stage::beyond-slurm", text).at(place, why);
        reader.report(found.help(match name {
            "sbatch_opts" => "for example `sbatch_opts = [ \"--gres=gpu:2\" ];`",
            "partition" => "for example `partition = \"gpu\";`, or several: `\"gpu,long\"`",
            _ => "jobs that run on this machine don't mind",
        }));
    }
}

fn set_hint<'h>(
    evaluator: &mut Evaluator<'h>,
    resources: &mut Resources,
    name: &str,
    value: Value<'h>,
) -> Result<(), String> {
    match (name, value) {
        ("mem", Value::Text(text)) => {
            resources.mem = Some(Memory::parse(&text.lossy()).map_err(|e| e.to_string())?);
        }
        ("mem", Value::Int(bytes)) => {
            resources.mem = Some(Memory::parse(&bytes.to_string()).map_err(|e| e.to_string())?);
        }
        ("cpus", Value::Int(cpus)) if cpus > 0 => resources.cpus = Some(cpus.unsigned_abs()),
        ("cpus", _) => return Err("not a number of processors".into()),
        ("time", Value::Text(text)) => {
            resources.time = Some(Duration::parse(&text.lossy()).map_err(|e| e.to_string())?);
        }
        ("time", Value::Int(seconds)) if seconds >= 0 => {
            resources.time = Some(Duration::seconds(seconds.unsigned_abs()));
        }
        ("partition", Value::Text(text)) => resources.partition = Some(text.lossy().into_owned()),
        ("sbatch_opts", Value::List(list)) => {
            let mut options = Vec::with_capacity(list.len());
            for item in list.items() {
                match evaluator.force(*item) {
                    Ok(Value::Text(text)) => options.push(text.lossy().into_owned()),
                    _ => return Err("not a list of strings".into()),
                }
            }
            resources.sbatch_opts = Some(options);
        }
        ("mem", _) => return Err(super::HintError::Memory.to_string()),
        ("time", _) => return Err(super::HintError::Time.to_string()),
        ("partition", _) => return Err("not the name of a partition".into()),
        _ => return Err("not a list of strings".into()),
    }
    Ok(())
}
