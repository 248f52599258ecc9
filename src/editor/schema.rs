//! What the attributes of a lab's parts are for, in a few words.

use super::look::Node;
use super::sketch::{Sketch, key, within};
use super::spot::{Located, last_name, static_name};
use super::thing::Scene;
use crate::syntax::{AttrName, Binding, Expr, ExprKind};

/// What a set is in a lab.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Role {
    /// What `mkLab` is given.
    Lab,
    /// `runs` of a lab.
    Runs,
    /// `groups` of a lab.
    Groups,
    /// What a run file gives.
    Run,
    /// The axes of a run.
    Axes,
    /// The stages of a pipeline.
    Pipeline,
    /// A stage with one script.
    Stage,
    /// A stage with scatter, worker or steps, and gather.
    ScatterGather,
    /// Scatter, worker or gather.
    Part,
    /// `steps` of a stage.
    Steps,
    /// One of them.
    Step,
    /// The parameters that a stage declares.
    Params,
    /// `inputs`.
    Inputs,
    /// `outputs`.
    Outputs,
    /// `resources`.
    Resources,
}

/// An attribute, and what it is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What may be written behind it.
    pub(super) value: &'static str,
    pub(super) doc: &'static str,
}

const fn field(name: &'static str, value: &'static str, doc: &'static str) -> Field {
    Field { name, value, doc }
}

const fn unread(name: &'static str) -> Field {
    field(name, "", "Read by other tools; repx takes no notice.")
}

const LAB: &[Field] = &[
    field(
        "runs",
        "{ }",
        "The runs of the lab, by name: `runs = { main = repx-lib.callRun ./runs/main.nix [ ]; };`.",
    ),
    field(
        "groups",
        "{ }",
        "Collections of runs, for the command line: `groups = { all = [ main other ]; };` is called `@all`.",
    ),
    field("lab_version", "\"1.0.0\"", "The version of the lab, shown in listings."),
    field("gitHash", "\"unknown\"", "The commit that the lab is of, shown in listings."),
    field("pkgs", "", "The package set that stages get."),
    field("repx-lib", "", "The library that runs and pipelines get."),
    field(
        "containerMode",
        "\"unified\"",
        "The container images that `repx build` makes with a Nix package set: `\"unified\"` is one for all runs, `\"per-run\"` one for each, `\"none\"` none. `--images` overrides it.",
    ),
    unread("runContainerMode"),
    field("lab", "", "The lab itself, for flakes that ask for it."),
];

const PARAMS_DEPENDENCIES: &str = "Packages that go into the run's container image, besides those that scripts and parameters name.";

const RUN: &[Field] = &[
    field("name", "\"\"", "What the run is called; otherwise as its attribute in `runs`."),
    field("pipelines", "[ ]", "The pipelines of the run: `[ ./pipelines/main.nix ]`."),
    field(
        "params",
        "{ }",
        "What the run sweeps. Each list is an axis, and jobs are made for all combinations: `seed = [ 1 2 3 ];` concerns every stage that declares `seed`, `\"train.seed\"` the stage `train` alone.",
    ),
    field("parameters", "{ }", "As `params`, in labs that use this word."),
    field(
        "containerized",
        "true",
        "May the run's jobs be run in a container? They may unless this is `false`; then `repx build` makes no image for them.",
    ),
    field("description", "\"\"", "For people."),
    field("paramsDependencies", "", PARAMS_DEPENDENCIES),
    field("parametersDependencies", "", PARAMS_DEPENDENCIES),
    unread("hashMode"),
    unread("pkgs"),
    unread("repx-lib"),
    unread("dependencyJobs"),
    unread("interRunDepTypes"),
    field("override", "", "Made by overriding helpers; no part of the run."),
    field("overrideDerivation", "", "Made by overriding helpers; no part of the run."),
];

const PNAME: Field = field(
    "pname",
    "\"\"",
    "What the stage's jobs are called: a string, or a function of the parameters: `{ params }: \"train-${params.model}\"`.",
);
const VERSION: Field = field(
    "version",
    "\"1.0\"",
    "The version of the stage, part of its jobs' names. `1.1` if there is none.",
);
const DESCRIPTION: Field = field("description", "\"\"", "For people; no part of a job's identity.");
const PARAMS: Field = field(
    "params",
    "{ }",
    "The parameters that the stage takes, with their defaults. A run sweeps them; the script reads `params.name`.",
);
const PARAMETERS: Field = field(
    "parameters",
    "{ }",
    "As `params`, in labs that use this word; scripts read `${parameters[\"name\"]}`.",
);
const INPUTS: Field = field(
    "inputs",
    "{ }",
    "The files that the stage reads, by name. An empty string is to be wired by the pipeline; another one is a default. May be a function of the parameters.\n\n`store__base` is the folder of all results, `metadata__RUN` the metadata of a run this one depends on.",
);
const OUTPUTS: Field = field(
    "outputs",
    "{ }",
    "The files that the stage writes, by name, below `$out`: `model = \"$out/model.pt\";`. May be a function of the parameters.",
);
const RESOURCES: Field = field(
    "resources",
    "{ }",
    "What a job needs: `mem`, `cpus`, `time`, `partition`, `sbatch_opts`. Hints of what it depends on are merged into them. May be a function of the parameters.",
);
const SCRIPT: Field = field(
    "run",
    "{ inputs, outputs, params, ... }: ''\n''",
    "The script: a string, or a function of `inputs`, `outputs` and `params` that gives it. It runs in bash.",
);
const PACKAGES: Field = field(
    "runDependencies",
    "[ ]",
    "The packages whose programs the script finds: `[ pkgs.jq pkgs.gawk ]`.",
);
const PASSTHRU: Field = field("passthru", "", "For other Nix code; no part of a job.");
const OVERRIDE: Field = field("override", "", "Made by overriding helpers; no part of the stage.");
const OVERRIDE_DERIVATION: Field =
    field("overrideDerivation", "", "Made by overriding helpers; no part of the stage.");
const NO_CHROOT: Field = field(
    "__noChroot",
    "true",
    "As upstream has it; a stage's jobs run as `--bwrap` and the run's `containerized` say, whatever stands here.",
);
const SCATTER: Field = field(
    "scatter",
    "{ }",
    "The part that writes the items to work on: `outputs.work__items` is the file of all of them, `outputs.worker__arg` describes one.",
);
const WORKER: Field = field(
    "worker",
    "{ }",
    "The part that runs once for each item, which it gets as `inputs.worker__item`.",
);
const STEPS: Field = field(
    "steps",
    "rec { }",
    "In the place of `worker`: several parts that run for each item, wired by `deps`.",
);
const GATHER: Field = field(
    "gather",
    "{ }",
    "The part that runs last and gets what the workers wrote as `inputs.worker__outs`. Its outputs are the stage's.",
);
const DEPS: Field = field(
    "deps",
    "[ ]",
    "The steps that come before this one, wired as stages are: `[ split [ left \"low\" \"numbers\" ] ]`.",
);
const PART_PNAME: Field = field("pname", "\"\"", "What this part is called in logs.");

const SIMPLE: &[Field] = &[
    PNAME,
    PARAMS,
    INPUTS,
    OUTPUTS,
    RESOURCES,
    PACKAGES,
    SCRIPT,
    VERSION,
    DESCRIPTION,
    PARAMETERS,
    SCATTER,
    WORKER,
    STEPS,
    GATHER,
    PASSTHRU,
    OVERRIDE,
    OVERRIDE_DERIVATION,
    NO_CHROOT,
];
const SCATTER_GATHER: &[Field] = &[
    PNAME,
    PARAMS,
    SCATTER,
    WORKER,
    STEPS,
    GATHER,
    INPUTS,
    RESOURCES,
    PACKAGES,
    VERSION,
    DESCRIPTION,
    PARAMETERS,
    PASSTHRU,
    OVERRIDE,
    OVERRIDE_DERIVATION,
    NO_CHROOT,
];
const PART: &[Field] = &[INPUTS, OUTPUTS, RESOURCES, PACKAGES, SCRIPT, PART_PNAME];
const STEP: &[Field] = &[DEPS, INPUTS, OUTPUTS, RESOURCES, PACKAGES, SCRIPT, PART_PNAME];

const HINTS: &[Field] = &[
    field("mem", "\"1G\"", "Memory: a whole number with K, M, G or T: `\"8G\"`."),
    field("cpus", "1", "A whole number of processors, at least 1."),
    field(
        "time",
        "\"01:00:00\"",
        "A time limit: `\"30:00\"`, `\"12:00:00\"`, `\"1-12:00:00\"`, or a number of seconds.",
    ),
    field(
        "partition",
        "\"\"",
        "The SLURM partition; the stage's own wins over those of its dependencies.",
    ),
    field("sbatch_opts", "[ ]", "Further options for `sbatch`: `[ \"--gres=gpu:2\" ]`."),
];

impl Role {
    /// The attributes that a set may have; none where names are the user's.
    pub(super) fn fields(self) -> &'static [Field] {
        match self {
            Role::Lab => LAB,
            Role::Run => RUN,
            Role::Stage => SIMPLE,
            Role::ScatterGather => SCATTER_GATHER,
            Role::Part => PART,
            Role::Step => STEP,
            Role::Resources => HINTS,
            Role::Runs
            | Role::Groups
            | Role::Axes
            | Role::Pipeline
            | Role::Steps
            | Role::Params
            | Role::Inputs
            | Role::Outputs => &[],
        }
    }

    /// An attribute by its name.
    pub(super) fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// As people call it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Role::Lab => "lab",
            Role::Runs => "runs of the lab",
            Role::Groups => "groups of the lab",
            Role::Run => "run",
            Role::Axes => "axes of the run",
            Role::Pipeline => "pipeline",
            Role::Stage => "stage",
            Role::ScatterGather => "scatter-gather stage",
            Role::Part => "part of a scatter-gather stage",
            Role::Steps => "steps of the stage",
            Role::Step => "step",
            Role::Params => "parameters of the stage",
            Role::Inputs => "inputs of the stage",
            Role::Outputs => "outputs of the stage",
            Role::Resources => "resource hints",
        }
    }

    /// A set of this role, in a sentence.
    pub(super) fn phrase(self) -> String {
        match self {
            Role::Resources => "the resource hints".to_owned(),
            _ => format!("a {}", self.word()),
        }
    }

    /// What the value of an attribute is in turn.
    pub(super) fn inside(self, name: &[u8]) -> Option<Role> {
        Some(match (self, name) {
            (Role::Lab, b"runs") => Role::Runs,
            (Role::Lab, b"groups") => Role::Groups,
            (Role::Run, b"params" | b"parameters") => Role::Axes,
            (Role::Stage | Role::ScatterGather, b"params" | b"parameters") => Role::Params,
            (Role::ScatterGather, b"scatter" | b"worker" | b"gather") => Role::Part,
            (Role::ScatterGather, b"steps") => Role::Steps,
            (Role::Steps, _) => Role::Step,
            (Role::Stage | Role::ScatterGather | Role::Part | Role::Step, b"inputs") => {
                Role::Inputs
            }
            (Role::Stage | Role::Part | Role::Step, b"outputs") => Role::Outputs,
            (Role::Stage | Role::ScatterGather | Role::Part | Role::Step, b"resources") => {
                Role::Resources
            }
            _ => return None,
        })
    }
}

/// The role of the innermost set around a place.
pub(super) fn role_around(sketch: &Sketch<'_>, text: usize, around: &[&Expr]) -> Option<Role> {
    let (mut role, mut pending) = (None, None);
    for (at, expr) in around.iter().enumerate() {
        match &expr.kind {
            ExprKind::Set { bindings, .. } => {
                role = own_role(sketch, text, expr, bindings).or(pending);
                pending = None;
                let next = around.get(at + 1);
                let binding = next.and_then(|next| binding_around(bindings, next));
                if let (Some(known), Some(path)) = (role, binding) {
                    let mut names = path.iter().filter_map(static_name);
                    pending = names.try_fold(known, |role, (name, _)| role.inside(name.bytes()));
                }
            }
            ExprKind::List(_) | ExprKind::Text(_) => (role, pending) = (None, None),
            ExprKind::Apply { function, .. } if last_name(function).is_none() => {}
            _ => {}
        }
    }
    role
}

/// What a set is by itself: a stage, a run, a lab, a pipeline.
pub(super) fn own_role(
    sketch: &Sketch<'_>,
    text: usize,
    set: &Expr,
    bindings: &[Binding],
) -> Option<Role> {
    let node = Node { text, expr: set, rest: &[] };
    let here = key(node);
    // A stage may be put together from several sets.
    let part_of = |other: Node<'_>| {
        key(other) == here
            || (other.text == text
                && matches!(other.expr.kind, ExprKind::Binary { .. })
                && within(set.span, other.expr.span)
                && is_operand(other.expr, set))
    };
    if sketch.stages.iter().any(|stage| part_of(stage.node)) {
        let scattered = bindings.iter().any(|binding| match binding {
            Binding::Assign { path, .. } => {
                path.first().and_then(static_name).is_some_and(|(n, _)| n.bytes() == b"scatter")
            }
            Binding::Inherit { names, .. } => names.iter().any(|(n, _)| n.bytes() == b"scatter"),
        });
        return Some(if scattered { Role::ScatterGather } else { Role::Stage });
    }
    if sketch.runs.iter().any(|run| part_of(run.node)) {
        return Some(Role::Run);
    }
    if sketch.labs.iter().any(|lab| part_of(*lab)) {
        return Some(Role::Lab);
    }
    sketch.pipelines.iter().any(|pipeline| part_of(pipeline.node)).then_some(Role::Pipeline)
}

/// Is a set one of those that `a // b // c` puts together?
fn is_operand(expr: &Expr, set: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { left, right, .. } => is_operand(left, set) || is_operand(right, set),
        _ => expr.span == set.span,
    }
}

/// The path of the binding whose value an expression is, or is part of.
fn binding_around<'a>(bindings: &'a [Binding], inner: &Expr) -> Option<&'a [AttrName]> {
    bindings.iter().find_map(|binding| match binding {
        Binding::Assign { path, value, .. } => {
            within(inner.span, value.span).then_some(path.as_slice())
        }
        Binding::Inherit { .. } => None,
    })
}

/// The role of the set that a name of a binding's path is an attribute of.
pub(super) fn role_at(
    scene: &Scene<'_>,
    located: &Located<'_>,
    index: usize,
    path: &[AttrName],
) -> Option<Role> {
    let role = role_around(&scene.sketch, scene.text, &located.around)?;
    let innermost = located.around.last()?;
    if !matches!(innermost.kind, ExprKind::Set { .. }) {
        return None;
    }
    let mut before = path.iter().take(index).filter_map(static_name);
    before.try_fold(role, |role, (name, _)| role.inside(name.bytes()))
}

/// A function of the library that labs are made with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library {
    pub(super) name: &'static str,
    pub(super) call: &'static str,
    pub(super) doc: &'static str,
}

const fn function(name: &'static str, call: &'static str, doc: &'static str) -> Library {
    Library { name, call, doc }
}

/// All of it.
pub(super) const LIBRARY: &[Library] = &[
    function(
        "mkLab",
        "mkLab { … }",
        "Makes a lab of its attributes: `runs`, `groups`, `lab_version`, …",
    ),
    function(
        "callRun",
        "callRun ./run.nix [ … ]",
        "A run: its file, and the runs it depends on, each as `run`, `[ run \"hard\" ]` or `[ run \"soft\" ]`.\n\nHard: all jobs of the other run must have succeeded, and are inputs. Soft: the other run only comes first.",
    ),
    function("mkRun", "mkRun { … }", "Makes a run of its attributes."),
    function(
        "mkPipe",
        "mkPipe rec { … }",
        "Makes a pipeline of its stages, each made by `callStage`.",
    ),
    function(
        "callStage",
        "callStage ./stage.nix [ … ]",
        "A stage of a pipeline: its file, and the stages it depends on.\n\n`[ other ]` wires all outputs to inputs of the same name, `[ [ other \"out\" ] ]` one of them, `[ [ other \"out\" \"in\" ] ]` one to an input of another name.",
    ),
    function(
        "utils",
        "utils",
        "Values for sweeps: `range`, `list`, `zip`, `scan`, `dirs`, `files`.",
    ),
    function(
        "utils.range",
        "utils.range FIRST LAST",
        "The integers from the first to the last, both among them.",
    ),
    function("utils.list", "utils.list [ … ]", "A list as an axis; for lists that are computed."),
    function(
        "utils.zip",
        "utils.zip { a = [ … ]; b = [ … ]; }",
        "Lists that advance together instead of being crossed. All have the same length.",
    ),
    function(
        "utils.scan",
        "utils.scan { src, type ? \"any\", match ? null }",
        "The entries of a directory: of a `type` (`\"any\"`, `\"file\"`, `\"directory\"`), with names that match a regular expression.",
    ),
    function("utils.dirs", "utils.dirs ./directory", "The directories in a directory."),
    function("utils.files", "utils.files ./directory", "The files in a directory."),
    function(
        "utils.env",
        "utils.env { NAME = \"value\"; }",
        "A line of shell that exports variables.",
    ),
];

/// What of the library some words mean: `repx-lib.utils.range`, `utils.range`, `repx.callStage`.
pub(super) fn library(words: &str) -> Option<&'static Library> {
    let inner = words.strip_prefix("repx-lib.").or_else(|| words.strip_prefix("repx."));
    let known = inner.or_else(|| words.starts_with("utils.").then_some(words))?;
    LIBRARY.iter().find(|function| function.name == known)
}

/// What the functions of a lab's files may ask for.
pub(super) const OFFERED: &[(&str, &str)] = &[
    ("pkgs", "The package set."),
    ("lib", "The library of the package set."),
    ("repx-lib", "The library that labs are made with: `callRun`, `mkLab`, `utils`, …"),
    ("repx", "The library that labs are made with: `callStage`, `mkPipe`, `utils`, …"),
    ("gitHash", "The commit that the lab is of."),
    (
        "self",
        "The flake that the lab is of, as far as it is known: `self.rev or self.dirtyRev or \"unknown\"`.",
    ),
];

/// What a stage's functions get.
pub(super) const GIVEN: &[(&str, &str)] = &[
    ("params", "The parameters of the job."),
    ("parameters", "The parameters of the job."),
    ("inputs", "The paths of the job's inputs."),
    ("outputs", "The paths of the job's outputs."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::fields;

    #[test]
    fn every_attribute_that_a_lab_may_have_is_explained() {
        let roles = [
            (Role::Lab, fields::LAB),
            (Role::Run, fields::RUN),
            (Role::ScatterGather, fields::SCATTER_GATHER),
            (Role::Stage, fields::SIMPLE),
            (Role::Part, fields::PART),
            (Role::Step, fields::STEP),
            (Role::Resources, fields::RESOURCES),
        ];
        for (role, names) in roles {
            for name in names.iter().filter(|name| **name != "_repx_type") {
                let field = role.field(name);
                assert!(field.is_some_and(|f| f.doc.ends_with(['.', '?'])), "{role:?} {name}");
            }
            let known = |name| names.contains(&name) || fields::SCATTER_GATHER.contains(&name);
            for field in role.fields() {
                assert!(known(field.name), "{role:?} has no {}", field.name);
            }
        }
    }
}
