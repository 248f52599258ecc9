//! A lab, evaluated: every stage with every behaviour it has, its scripts, and the files it
//! doesn't use.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use hashbrown::HashMap;

use super::file::Around;
use super::shell::{
    Located, Programs, Scripts, ShellCheck, Written, argument_names, array_reads, check_commands,
    check_syntax, check_with_shellcheck,
};
use super::unused::unused_files;
use crate::diagnostic::{Diagnostic, Found, did_you_mean};
use crate::eval::Evaluator;
use crate::exec::{Missing, programs};
use crate::lab::{Body, Lab, Part, Stage, Vocabulary};
use crate::session::{PackageSet, Session};
use crate::source::{Name, SourceFile, SourceMap, Span};
use crate::sweep::{self, CORE, Package, PackageKind, Request};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, Param, Parsed, Trees, find};
use crate::value::{Attrs, Slot};

/// How a lab is looked at.
#[derive(Debug)]
pub struct LabRequest {
    /// Which lab.
    pub request: Request,
    /// The program for shell scripts, if it is to be used.
    pub shellcheck: Option<ShellCheck>,
    /// Scripts that were read before.
    pub scripts: Arc<Scripts>,
    /// Where programs are looked for that jobs are to be run with on this machine, if they are.
    pub path: Option<OsString>,
}

/// Everything that evaluating a lab tells about it. No jobs are made.
pub fn check_lab<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    asked: &LabRequest,
) -> Vec<Diagnostic> {
    let mut extra = Vec::new();
    let found = sweep::examine(session, evaluator, &asked.request, |evaluator, lab| {
        let mut look = Look::new(session, evaluator, lab, asked);
        look.stages();
        look.lacking();
        extra = look.found.into_iter().collect();
        extra.extend(unused_files(session, lab, &asked.request.root));
    });
    // What a script asks for in vain is told in the lab's own words, not as a missing attribute.
    let told: HashSet<Span> = extra
        .iter()
        .filter(|d| d.code == UNDECLARED)
        .filter_map(|d| Some(d.primary.as_ref()?.span))
        .collect();
    let better = |d: &Diagnostic| {
        d.code == "repx::eval::missing-attribute"
            && d.primary.as_ref().is_some_and(|label| told.contains(&label.span))
    };
    found.into_iter().filter(|d| !better(d)).chain(extra).collect()
}

/// The code of a parameter that a stage uses and doesn't declare.
const UNDECLARED: &str = "repx::stage::undeclared-parameter";

/// The code of a package that this machine doesn't have: no mistake of the lab.
pub const MISSING_PACKAGE: &str = "repx::run::missing-package";

/// Stages that are shown to need a package.
const MOST_STAGES: usize = 4;

/// Functions of the parameters.
const FUNCTIONS: [&str; 5] = ["pname", "inputs", "outputs", "resources", "run"];

struct Look<'x, 'h> {
    evaluator: &'x mut Evaluator<'h>,
    lab: &'x Lab<'h>,
    asked: &'x LabRequest,
    sources: &'h SourceMap,
    read: &'h Trees,
    around: Around<'h>,
    /// The embedded set: it knows which programs packages have.
    host: Option<Attrs<'h>>,
    /// The programs that every script finds; `open` where they aren't all known.
    basic: Option<Programs>,
    /// By where each file begins.
    trees: HashMap<u32, Rc<Tree>>,
    /// Scripts that were looked at.
    done: HashSet<Span>,
    /// Packages that this machine doesn't have, by name: how, and the stages that need them.
    lacking: BTreeMap<String, (Missing, Vec<(String, Span)>)>,
    found: Found,
}

/// A file as it is written.
struct Tree {
    parsed: Arc<Parsed>,
    /// What is bound to the names that functions have, by where these stand: a file may have many stages.
    functions: HashMap<Span, Rc<Expr>>,
}

impl Tree {
    fn new(parsed: Arc<Parsed>) -> Tree {
        let mut functions = HashMap::new();
        find::walk(&parsed.root, &mut |expr| {
            for binding in find::bindings(expr) {
                if let Binding::Assign { path, value, .. } = binding
                    && let Some(AttrName::Static { name, span }) = path.last()
                    && FUNCTIONS.iter().any(|function| function.as_bytes() == name.bytes())
                {
                    functions.insert(*span, Rc::new(value.clone()));
                }
            }
        });
        Tree { parsed, functions }
    }
}

impl<'x, 'h> Look<'x, 'h> {
    fn new(
        session: &Session<'h>,
        evaluator: &'x mut Evaluator<'h>,
        lab: &'x Lab<'h>,
        asked: &'x LabRequest,
    ) -> Look<'x, 'h> {
        let (sources, read) = (session.shared.sources, session.shared.trees);
        let host = session.packages(evaluator, &PackageSet::Host, &asked.request.root);
        let host = host.and_then(|host| evaluator.attrs(Slot::Value(host))).ok();
        let around = Around::new(session.shared.world, sources);
        Look {
            evaluator,
            lab,
            asked,
            sources,
            read,
            around,
            host,
            basic: None,
            trees: HashMap::new(),
            done: HashSet::new(),
            lacking: BTreeMap::new(),
            found: Found::default(),
        }
    }

    fn stages(&mut self) {
        let lab = self.lab;
        let pipelines = lab.runs.iter().flat_map(|run| &run.pipelines);
        for stage in pipelines.flat_map(|pipeline| &pipeline.stages) {
            self.functions(stage, stage.attrs);
            self.packages(stage, stage.attrs);
            match &stage.body {
                Body::Simple(part) => self.script(stage, part),
                Body::ScatterGather { scatter, workers, gather, .. } => {
                    for part in [scatter].into_iter().chain(workers).chain([gather]) {
                        self.functions(stage, part.attrs);
                        self.packages(stage, part.attrs);
                        self.script(stage, part);
                    }
                }
            }
        }
    }

    /// Packages of the embedded set none of whose programs is on this machine.
    fn packages(&mut self, stage: &Stage<'h>, attrs: Attrs<'h>) {
        let Some(path) = &self.asked.path else { return };
        let Some(attr) = attrs.attr(Name::new("runDependencies")) else { return };
        let span = attr.key.span;
        // What can't be evaluated was told when the lab was read.
        for package in sweep::packages(self.evaluator, attrs).unwrap_or_default() {
            let (PackageKind::Programs(_), Some(name)) =
                (&package.kind, package.path.rsplit('/').next())
            else {
                continue;
            };
            let needs = (stage.key.to_string(), span);
            if let Some((_, stages)) = self.lacking.get_mut(name) {
                stages.push(needs);
                continue;
            }
            let has = |program: &str| programs(program, path).next().is_some();
            if let Some(missing) = Missing::of(name, &package.kind, has) {
                self.lacking.insert(name.to_owned(), (missing, vec![needs]));
            }
        }
    }

    /// Says so, each once.
    fn lacking(&mut self) {
        // What one list lacks is told in one go: it has one place.
        let mut lists: BTreeMap<Option<Span>, (Vec<String>, Vec<(String, Span)>)> = BTreeMap::new();
        for (missing, stages) in std::mem::take(&mut self.lacking).into_values() {
            let (lacks, needing) = lists.entry(stages.first().map(|(_, span)| *span)).or_default();
            lacks.push(missing.to_string());
            needing.extend(stages);
        }
        for (lacks, mut stages) in lists.into_values() {
            // A stage may stand in several pipelines, and one list may be that of several stages.
            let mut spans = HashSet::new();
            stages.retain(|(_, span)| spans.insert(*span));
            let it = if lacks.len() == 1 { "it" } else { "them" };
            let needs = |stage: &str| format!("stage `{stage}` needs {it}");
            let message = lacks.join("; ");
            let mut told = Diagnostic::warning(MISSING_PACKAGE, message)
                .help("jobs that need it can't run on this machine; on one that has it they can");
            for (number, (stage, span)) in stages.iter().take(MOST_STAGES).enumerate() {
                told = match number {
                    0 => told.at(*span, needs(stage)),
                    _ => told.also(*span, needs(stage)),
                };
            }
            self.found.add(told);
        }
    }

    /// What is written as the value of an attribute.
    fn written(&mut self, attrs: Attrs<'h>, name: &str) -> Option<(Rc<Expr>, Span)> {
        let key = attrs.attr(Name::new(name))?.key.span;
        let file = self.sources.file(key)?;
        let tree = self.tree(&file);
        let found = tree.functions.get(&key).map(Rc::clone);
        Some((found.or_else(|| find::bound_at(&tree.parsed.root, key).map(Rc::new))?, key))
    }

    fn tree(&mut self, file: &SourceFile) -> &Rc<Tree> {
        self.trees.entry(file.start()).or_insert_with(|| Rc::new(Tree::new(self.read.of(file))))
    }

    /// Parameters that functions ask for and the stage doesn't declare.
    fn functions(&mut self, stage: &Stage<'h>, attrs: Attrs<'h>) {
        for name in FUNCTIONS {
            if let Some((expr, _)) = self.written(attrs, name) {
                for (param, span) in asked_for(&expr, stage.vocabulary.word()) {
                    self.undeclared(stage, &param.text(), span);
                }
            }
        }
    }

    fn undeclared(&mut self, stage: &Stage<'h>, param: &str, span: Span) {
        let declared = || stage.params.iter().map(|(name, _, _)| name.text());
        if declared().any(|name| name == param) {
            return;
        }
        let word = stage.vocabulary.word();
        let help = did_you_mean(param, declared()).unwrap_or_else(|| {
            format!("declare it with a default: `{word} = {{ {param} = …; }};`")
        });
        let mut found = Diagnostic::error(
            UNDECLARED,
            format!("stage `{}` uses the parameter `{param}` but doesn't declare it", stage.key),
        )
        .at(span, "not declared")
        .help(help);
        if let Some(attr) = stage.attrs.attr(Name::new(word)) {
            found = found.also(attr.key.span, "the stage declares these");
        }
        self.found.add(found);
    }

    fn script(&mut self, stage: &Stage<'h>, part: &Part<'h>) {
        let Some((expr, key)) = self.written(part.attrs, "run") else { return };
        // One file may be the script of many stages, with other packages each time; it is looked at
        // with the first.
        if !self.done.insert(key) {
            return;
        }
        let Some(file) = self.sources.file(key) else { return };
        let tree = Rc::clone(self.tree(&file));
        let read = |path: &Path| self.around.read(path).ok();
        for script in
            Located::all(&expr, &Written { root: &tree.parsed.root, file: &file, read: &read })
        {
            self.as_shell(stage, part, &script);
        }
    }

    fn as_shell(&mut self, stage: &Stage<'h>, part: &Part<'h>, script: &Located) {
        if stage.vocabulary == Vocabulary::Parameters {
            for (name, at) in array_reads(script.text(), "parameters") {
                self.undeclared(stage, name, script.place(at));
            }
        }
        // What is missing may be anything.
        if script.is_partial() {
            return;
        }
        let scripts = &self.asked.scripts;
        let unreadable = check_syntax(script, scripts);
        let broken = unreadable.is_some();
        self.found.extend(unreadable);
        if !broken {
            let programs = self.programs(stage, part);
            let packages = stage.attrs.attr(Name::new("runDependencies"));
            let packages = packages.map(|attr| attr.key.span);
            let commands = check_commands(script, scripts, &programs, &stage.key, packages);
            self.found.extend(commands);
        }
        if let Some(shellcheck) = &self.asked.shellcheck {
            match check_with_shellcheck(script, shellcheck) {
                Ok(found) => self.found.extend(found),
                Err(failed) => self.found.add(failed),
            }
        }
    }

    /// The programs that a script finds: of its own packages, the stage's, and the basic tools.
    fn programs(&mut self, stage: &Stage<'h>, part: &Part<'h>) -> Programs {
        let mut programs = self.basic_programs();
        let mut packages = Vec::new();
        for attrs in [part.attrs, stage.attrs] {
            match sweep::packages(self.evaluator, attrs) {
                Ok(all) => packages.extend(all),
                // That was told when the lab was read.
                Err(_) => programs.open = true,
            }
        }
        for package in packages {
            self.add_programs(&mut programs, &package);
        }
        programs
    }

    fn basic_programs(&mut self) -> Programs {
        if let Some(known) = &self.basic {
            return known.clone();
        }
        let all = CORE.map(|name| self.host_programs(name));
        let open = all.iter().any(Option::is_none);
        let basic = Arc::new(all.into_iter().flatten().flatten().collect());
        let programs = Programs { names: HashSet::new(), basic, open };
        self.basic.insert(programs).clone()
    }

    fn add_programs(&mut self, programs: &mut Programs, package: &Package) {
        match &package.kind {
            PackageKind::Programs(names) => programs.names.extend(names.iter().cloned()),
            PackageKind::Library => {}
            PackageKind::Made | PackageKind::Unknown => {
                let bin = std::path::Path::new(&*package.path).join("bin");
                let there = self.evaluator.shared.world.list_dir(&bin).ok();
                let there = there.map(|entries| {
                    let names = entries.into_iter().map(|(name, _)| name);
                    names.map(|name| String::from_utf8_lossy(&name).into()).collect()
                });
                let named = || self.host_programs(package_name(&package.path)?);
                match there.or_else(named) {
                    Some::<Vec<Arc<str>>>(names) => programs.names.extend(names),
                    None => programs.open = true,
                }
            }
        }
    }

    /// What the embedded set says of a package of this name.
    fn host_programs(&mut self, name: &str) -> Option<Vec<Arc<str>>> {
        let slot = self.host?.get(Name::new(name))?;
        match sweep::package(self.evaluator, slot).ok()?.kind {
            PackageKind::Programs(names) => Some(names),
            PackageKind::Library | PackageKind::Made | PackageKind::Unknown => None,
        }
    }
}

/// `jq` of `/nix/store/…-jq-1.6-bin`.
fn package_name(path: &str) -> Option<&str> {
    let base = path.strip_prefix("/nix/store/")?;
    let name = base.get(33..)?;
    let version = name
        .match_indices('-')
        .find(|(at, _)| name.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit));
    let name = version.map_or(name, |(at, _)| name.get(..at).unwrap_or(name));
    Some(name.strip_suffix("-interactive").unwrap_or(name))
}

/// The parameters that a function of them selects by name, where they must be there.
fn asked_for(function: &Expr, word: &str) -> Vec<(Name, Span)> {
    let word = Name::new(word);
    let taken = argument_names(function).is_some_and(|param| match param {
        Param::Formals { formals, .. } => formals.iter().any(|formal| formal.name == word),
        Param::Name { .. } => false,
    });
    let (mut asked, mut rebound, mut guarded) = (Vec::new(), 0, false);
    find::walk(function, &mut |expr| match &expr.kind {
        ExprKind::Select { from, path, default: None } => {
            if let (ExprKind::Var(name), Some(AttrName::Static { name: param, span })) =
                (&from.kind, path.first())
                && *name == word
            {
                asked.push((*param, *span));
            }
        }
        ExprKind::HasAttr { from, .. } => guarded |= from.kind == ExprKind::Var(word),
        ExprKind::Let { bindings, .. } | ExprKind::Set { recursive: true, bindings } => {
            let binds = |binding: &Binding| match binding {
                Binding::Assign { path, .. } => {
                    matches!(path.first(), Some(AttrName::Static { name, .. }) if *name == word)
                }
                Binding::Inherit { names, .. } => names.iter().any(|(name, _)| *name == word),
            };
            rebound += usize::from(bindings.iter().any(binds));
        }
        ExprKind::Lambda { param, .. } => {
            rebound += usize::from(match &**param {
                Param::Name { name, .. } => *name == word,
                Param::Formals { formals, .. } => formals.iter().any(|f| f.name == word),
            });
        }
        _ => {}
    });
    // The function's own argument is the one binding there may be; who asks `params ? x` knows.
    if taken && rebound == 1 && !guarded { asked } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_go_by_their_names() {
        let store = "/nix/store/00000000000000000000000000000000-";
        for (path, name) in [("jq-1.6-bin", "jq"), ("bash-interactive-5.1", "bash"), ("r", "r")] {
            assert_eq!(package_name(&format!("{store}{path}")), Some(name));
        }
        assert_eq!(package_name("/repx-host/jq"), None);
    }
}
