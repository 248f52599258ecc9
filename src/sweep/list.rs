//! From a lab file to its listing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::count::{bound_of_all, count};
use super::counts::{Count, Counts};
use super::expand::{Expanded, expand, expand_part, run_info};
use super::flake::{self, FlakeLab};
use super::listing::{Block, LabInfo, Listing, RunInfo};
use super::params::params_of;
use super::part::{firsts, part};
use super::progress::Progress;
use super::recipe::{self, Content, Kit};
use super::script;
use super::wanted::{Selection, settled};
use crate::diagnostic::{Diagnostic, Found, did_you_mean};
use crate::eval::Evaluator;
use crate::lab::{self, Lab, Offer, Places, Reader};
pub use crate::session::PackageSet;
use crate::session::{KeptPackages, NIXLIB, STACK_SIZE, Session};
use crate::source::{Name, Span};
use crate::store::StorePath;
use crate::value::{Attr, Attrs, Slot, Value};

/// What to list.
#[derive(Clone, Debug)]
pub struct Request {
    /// The lab's file.
    pub entry: PathBuf,
    /// The directory it belongs to, for showing its path.
    pub root: PathBuf,
    /// Where packages come from.
    pub packages: PackageSet,
    /// Further arguments of the lab's function: name, and an expression or a string.
    pub arguments: Vec<(String, Argument)>,
    /// Threads to use; 0 for as many as there are processors.
    pub threads: usize,
    /// `gitHash` for labs that ask for it.
    pub git_hash: Option<String>,
    /// The flake that gives the lab, where one does; `entry` is its `flake.nix`.
    pub flake: Option<FlakeLab>,
    /// What is wanted of its jobs.
    pub ask: Ask,
    /// How many jobs there is room for; see [`JOB_SIZE`].
    pub room: u64,
    /// Ids of more jobs than this are made whenever they are asked for, where that is possible: such
    /// jobs take no room.
    pub kept: u64,
    /// Where is said how far it has come.
    pub progress: Progress,
}

impl Request {
    /// The same with what stands for the package set, where something does.
    #[must_use]
    pub fn knowing(self, known: Option<KeptPackages<'_>>) -> Request {
        match known {
            Some(known) => Request { packages: known.set.clone(), ..self },
            None => self,
        }
    }

    /// All jobs of this lab, the package set the host's, on all processors.
    pub fn new(entry: PathBuf, root: PathBuf) -> Request {
        Request {
            entry,
            root,
            packages: PackageSet::Host,
            arguments: Vec::new(),
            threads: 0,
            git_hash: None,
            flake: None,
            ask: Ask::Jobs,
            room: u64::MAX,
            kept: u64::MAX,
            progress: Progress::default(),
        }
    }
}

/// Bytes that a job takes in memory: its id, and where jobs may be the same its places.
pub const JOB_SIZE: u64 = 32;

/// What is wanted of a lab's jobs.
#[derive(Clone, Debug, Default)]
pub enum Ask {
    /// All of them.
    #[default]
    Jobs,
    /// All of them, and what it takes to run them.
    Recipes,
    /// All of them; derivations that make these files are kept, for who has them built.
    Derivations(Arc<HashSet<StorePath>>),
    /// All of them; but where there may be more than so many, those that are asked for, or if these may be more
    /// too, how many have the values that are asked for.
    Few(u64, Selection),
    /// All of them; but where there may be more than so many, those that are asked for.
    Part(u64, Selection),
    /// All of them; but where there may be more than so many, what is said of stages and their parameters.
    Stages(u64),
    /// None: what there is to say about them.
    Behaviour,
    /// How many have the values that are asked for: counted without making them where that gives the number, or
    /// where there may be more than so many.
    Counts(u64, Selection),
}

/// An argument from outside.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A Nix expression.
    Expression(String),
    /// A string.
    Text(String),
}

/// A listing, unless something is wrong, and what there is to say.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The jobs; where only their number was found out, none of them.
    pub listing: Option<Listing>,
    /// The number of jobs, where it is all that was found out.
    pub counts: Option<Counts>,
    /// Errors and warnings; with an error among them there is no listing.
    pub diagnostics: Vec<Diagnostic>,
    /// What stood for the package set may not have been as good as the set: see
    /// [`Shared::is_unsure`](crate::eval::Shared::is_unsure).
    pub unsure: bool,
}

/// Lists the jobs of a lab.
pub fn list<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
) -> Outcome {
    survey(session, evaluator, request, |_, _| ())
}

/// What is wrong with a lab: all stages are expanded as far as their functions tell one job from
/// another, and no jobs are made. `look` sees the lab as it was read.
pub fn examine<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
    look: impl FnOnce(&mut Evaluator<'h>, &Lab<'h>),
) -> Vec<Diagnostic> {
    let request = Request { ask: Ask::Behaviour, ..request.clone() };
    listed(session, evaluator, &request, look).diagnostics
}

/// Lists the jobs of a lab; `look` sees the lab as it was read, whatever is wrong with it.
pub fn survey<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
    look: impl FnOnce(&mut Evaluator<'h>, &Lab<'h>),
) -> Outcome {
    let outcome = listed(session, evaluator, request, look);
    Outcome { unsure: session.shared.is_unsure(), ..outcome }
}

fn listed<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
    look: impl FnOnce(&mut Evaluator<'h>, &Lab<'h>),
) -> Outcome {
    let mut reader = Reader::new(evaluator);
    let offer = offer(session, &mut reader, request);
    let lab = offer.map(|offer| {
        let file = flake::entry(session, reader.evaluator, request);
        let file = reader.take(file, |d| d);
        let lab = file.map(|file| {
            let span = reader.places().of_file(&request.entry).unwrap_or(Span::NONE);
            lab::read(&mut reader, file, span, &offer)
        });
        let lab = lab.unwrap_or_default();
        (lab, offer)
    });
    let read = std::mem::take(&mut reader.diagnostics);
    let Some((lab, offer)) = lab else {
        let found = explained(session, session.take_findings(), read);
        return Outcome { diagnostics: found.into_iter().collect(), ..Outcome::default() };
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads)
        .stack_size(STACK_SIZE)
        .thread_name(|i| format!("sweep-{i}"))
        .build();
    let (expanded, counts) = match pool {
        Ok(pool) => pool.install(|| answer(session, &lab, request)),
        Err(error) => {
            let message = format!("the system refuses threads to work on: {error}");
            let refused = Diagnostic::error("repx::system::threads", message);
            return Outcome { diagnostics: vec![refused], ..Outcome::default() };
        }
    };
    let mut places = Places::new(session.shared.sources, session.shared.trees);
    let findings = session.take_findings().into_iter();
    let findings = findings.map(|finding| not_taken(finding, &offer, &mut places));
    let mut found = explained(session, findings, read.into_iter().chain(expanded.found));
    found.extend(unknown_packages(session, evaluator, &offer));
    look(evaluator, &lab);
    let entry = request.entry.strip_prefix(&request.root).unwrap_or(&request.entry);
    let listing = Listing {
        lab: LabInfo {
            version: lab.version,
            git_hash: lab.git_hash,
            containers: lab.containers,
            entry: entry.display().to_string(),
        },
        kit: kit(session, evaluator, request, &offer, &expanded.listing),
        groups: lab.groups,
        ..expanded.listing
    };
    let failed = found.failed();
    let counts = counts.filter(|_| !failed);
    let diagnostics = found.into_iter().collect();
    Outcome { listing: (!failed).then_some(listing), counts, diagnostics, unsure: false }
}

/// The jobs; or those that are asked for, and the number of all; or none, and their number.
fn answer<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    request: &Request,
) -> (Expanded, Option<Counts>) {
    request.progress.expands();
    let many = |most: u64| bound_of_all(lab).is_none_or(|bound| bound > u128::from(most));
    match &request.ask {
        Ask::Few(most, selection) if many(*most) => {
            let some = selected(session, lab, request, (selection, *most));
            some.unwrap_or_else(|| counted(session, lab, request, (selection, *most)))
        }
        Ask::Part(most, selection) if many(*most.min(&request.room)) => {
            let some = selected(session, lab, request, (selection, *most));
            some.unwrap_or_else(|| (expand(session, lab, request), None))
        }
        Ask::Stages(most) if many(*most.min(&request.room)) => stages(session, lab, request),
        Ask::Counts(most, selection) => counted(session, lab, request, (selection, *most)),
        Ask::Few(..)
        | Ask::Part(..)
        | Ask::Stages(_)
        | Ask::Jobs
        | Ask::Recipes
        | Ask::Derivations(_)
        | Ask::Behaviour => (expand(session, lab, request), None),
    }
}

/// The number of jobs; or all of them, where counting doesn't tell and there may be no more than `most`.
fn counted<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    request: &Request,
    (selection, most): (&Selection, u64),
) -> (Expanded, Option<Counts>) {
    let (mut counts, found) = count(session, lab, &settled(lab, &selection.params));
    let told = counts.total(|_| true).is_exact() && counts.all_exact();
    let many = bound_of_all(lab).is_none_or(|bound| bound > u128::from(most));
    if told || found.failed() || many {
        let runs = lab.runs.iter().map(|run| run_info(lab, run)).collect();
        if !selection.params.is_empty() {
            counts.all = Some(count(session, lab, &[]).0.of_all());
        }
        return (Expanded { listing: Listing { runs, ..Listing::default() }, found }, Some(counts));
    }
    (expand(session, lab, request), None)
}

/// The jobs that are asked for, and how many there are of all. `None`: the former may be more than `most`, and may be
/// counted instead.
fn selected<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    request: &Request,
    (selection, most): (&Selection, u64),
) -> Option<(Expanded, Option<Counts>)> {
    if selection.is_all() {
        return None;
    }
    let most = u128::from(most);
    let wanted = settled(lab, &selection.params);
    let part = part(session.evaluator().local, lab, (selection, &wanted), most);
    let many = bound_of_all(&part.lab).is_none_or(|bound| bound > most);
    if many && matches!(request.ask, Ask::Few(..)) {
        return None;
    }
    // What is wrong with keys of runs, and names that the lab doesn't have, is told by all of it.
    let (counts, mut found) = count(session, lab, &[]);
    let expanded = expand_part(session, &part.lab, request);
    found.extend(part.left_out);
    found.extend(expanded.found);
    let listing = with_runs(expanded.listing, lab, &counts);
    Some((Expanded { listing, found }, Some(Counts { listed: true, ..counts })))
}

/// The stages of all runs, with all values of their parameters; of jobs only some.
fn stages<'h>(
    session: &Session<'h>,
    lab: &Lab<'h>,
    request: &Request,
) -> (Expanded, Option<Counts>) {
    let (counts, mut found) = count(session, lab, &[]);
    let expanded = expand_part(session, &firsts(session.evaluator().local, lab), request);
    found.extend(expanded.found);
    let mut listing = with_runs(expanded.listing, lab, &counts);
    let all = lab.runs.iter().flat_map(|run| {
        let stages = run.pipelines.iter().flat_map(|pipeline| &pipeline.stages);
        stages.map(move |stage| (run, stage))
    });
    for (block, (run, stage)) in listing.blocks.iter_mut().zip(all) {
        block.params = params_of(run, stage, session.shared.sources);
    }
    (Expanded { listing, found }, Some(Counts { listed: true, ..counts }))
}

/// A listing of some jobs, with what is said of runs in the whole lab.
fn with_runs(listing: Listing, lab: &Lab<'_>, counts: &Counts) -> Listing {
    let runs = lab.runs.iter().zip(listing.runs).zip(&counts.runs);
    let runs = runs.map(|((run, part), counted)| {
        let all = counted.stages.iter().fold(Count::NONE, |sum, stage| sum.plus(stage.jobs));
        let jobs = match all {
            Count::Exactly(all) => usize::try_from(all).unwrap_or(part.jobs),
            Count::AtMost(_) | Count::Beyond => part.jobs,
        };
        RunInfo { jobs, shared: part.shared, ..run_info(lab, run) }
    });
    Listing { runs: runs.collect(), ..listing }
}

/// What is wrong with the texts of files, then what was met in evaluating them. A hole in a file
/// is told by the finding that says why it is there.
fn explained(
    session: &Session<'_>,
    findings: impl IntoIterator<Item = Diagnostic>,
    met: impl IntoIterator<Item = Diagnostic>,
) -> Found {
    let mut found = Found::default();
    found.extend(findings);
    let told = !found.is_empty();
    let met = met.into_iter().filter(|d| !(told && d.code == crate::eval::HOLE));
    // What goes wrong in our library is a mistake of who called it.
    let is_ours = |span| {
        let file = session.shared.sources.file(span);
        file.is_some_and(|file| file.path().starts_with(NIXLIB))
    };
    found.extend(met.map(|one| one.outside(is_ours)));
    found
}

/// A name that is undefined but on offer: the file's function need only ask for it.
fn not_taken<'h>(finding: Diagnostic, offer: &Offer<'h>, places: &mut Places<'h>) -> Diagnostic {
    let offered = offer.names.iter().map(|(name, _)| name.text());
    let undefined = |name: &str| finding.message == format!("undefined variable '{name}'");
    let Some(name) = offered.into_iter().find(|name| undefined(name)) else {
        return finding;
    };
    let file = finding.primary.as_ref().and_then(|label| places.arguments(label.span));
    let mut arguments = file.unwrap_or_default();
    arguments.push(name.to_string());
    finding.help(format!(
        "`{name}` is on offer: add it to the arguments, `{{ {}, ... }}:`",
        arguments.join(", ")
    ))
}

/// What the lab's functions may ask for.
fn offer<'h>(
    session: &Session<'h>,
    reader: &mut Reader<'_, 'h>,
    request: &Request,
) -> Option<Offer<'h>> {
    let packages = packages(session, reader, request)?;
    let library = session.repx_lib(reader.evaluator);
    let library = reader.take(library, |d| d)?;
    let evaluator = &mut *reader.evaluator;
    let git_hash = Slot::Value(evaluator.text(request.git_hash.as_deref().unwrap_or("unknown")));
    let this = this_lab(evaluator, request);
    let mut offer = Offer { names: Vec::new(), packages }
        .with("pkgs", Slot::Value(Value::Attrs(packages)))
        .with("repx-lib", Slot::Value(library))
        .with("repx", Slot::Value(library))
        .with("gitHash", git_hash)
        .with("self", this);
    if let Some(lib) = packages.get(Name::new("lib")) {
        offer = offer.with("lib", lib);
    }
    for (name, argument) in &request.arguments {
        let value = match argument {
            Argument::Text(text) => Ok(reader.evaluator.text(text)),
            Argument::Expression(text) => session.expression(reader.evaluator, text, &request.root),
        };
        let value = reader.take(value, |d| d.within(Span::NONE, format!("in --arg {name}")))?;
        offer = offer.with(name, Slot::Value(value));
    }
    Some(offer)
}

/// `self`, as a flake would have it: enough for `self.rev or self.dirtyRev or "unknown"`.
fn this_lab<'h>(evaluator: &mut Evaluator<'h>, request: &Request) -> Slot<'h> {
    let root = request.root.display().to_string();
    let mut attrs = vec![Attr::new(Name::new("outPath"), Span::NONE, evaluator.text(root))];
    if let Some(hash) = &request.git_hash {
        attrs.push(Attr::new(Name::new("rev"), Span::NONE, evaluator.text(hash)));
        let short = hash.get(..7).unwrap_or(hash);
        attrs.push(Attr::new(Name::new("shortRev"), Span::NONE, evaluator.text(short)));
    }
    Slot::Value(Value::Attrs(Attrs::new(evaluator.local, attrs)))
}

fn packages<'h>(
    session: &Session<'h>,
    reader: &mut Reader<'_, 'h>,
    request: &Request,
) -> Option<Attrs<'h>> {
    let value = match &request.packages {
        // Those of a flake come with its outputs.
        PackageSet::Locked(_) => {
            session.packages(reader.evaluator, &PackageSet::Host, &request.root)
        }
        set => match session.kept_packages(reader.evaluator) {
            Some(value) => value,
            None => session.packages(reader.evaluator, set, &request.root),
        },
    };
    let attrs = value.and_then(|value| reader.evaluator.attrs(Slot::Value(value)));
    reader.take(attrs, |d| d.within(Span::NONE, "in the package set"))
}

/// Warnings for packages that the embedded set only stands in for.
fn unknown_packages<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    offer: &Offer<'h>,
) -> Vec<Diagnostic> {
    let mut asked = session.shared.asked();
    if asked.is_empty() {
        return Vec::new();
    }
    asked.sort_by_key(|(name, span)| (*span, name.bytes()));
    asked.dedup();
    let known: Vec<_> =
        offer.packages.iter(evaluator.local).map(|attr| attr.key.name.text()).collect();
    asked
        .into_iter()
        .map(|(name, span)| {
            let text = name.text();
            let near = did_you_mean(&text, &known);
            Diagnostic::warning(
                "repx::packages::unknown",
                format!("the host package set knows no package `{text}`"),
            )
            .at(span, "can be listed, but not run")
            .maybe_help(near.or_else(|| {
                Some("use a Nix package set that has it: `--pkgs '<nixpkgs>'`".to_owned())
            }))
        })
        .collect()
}

/// What the scripts of a listing refer to, where that was asked for.
fn kit<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    request: &Request,
    offer: &Offer<'h>,
    listing: &Listing,
) -> Kit {
    if !matches!(request.ask, Ask::Recipes) {
        return Kit::default();
    }
    // What is wrong with them was told when the first script was made.
    if let Ok(Some(packages)) = script::tools(evaluator, offer.packages) {
        return Kit { derivations: true, packages, ..Kit::default() };
    }
    let materials = recipe::materials(session.shared.objects, crate::store::StoreDir::DEFAULT);
    let made = materials.iter().filter_map(|material| match &material.content {
        Content::Text(text, ..) | Content::Build(text, _) => Some(text.into()),
        Content::Tree(..) | Content::Entry(..) => None,
    });
    let texts = listing.blocks().iter().flat_map(Block::texts).chain(made);
    let packages = recipe::named(evaluator, offer.packages, texts);
    Kit { derivations: false, packages, materials }
}

/// Is a lab in this directory, as `nix/lab.nix`, that of the directory around it? The path is a full one.
pub fn is_inner(directory: &Path) -> bool {
    directory.ends_with("nix") && !directory.join("flake.nix").is_file()
}

/// The file of a lab: of a directory its `nix/lab.nix`, else its `lab.nix`.
///
/// # Errors
/// When there is none.
pub fn find_entry(lab: &Path) -> Result<(PathBuf, PathBuf), Diagnostic> {
    let lab = std::path::absolute(lab).unwrap_or_else(|_| lab.to_owned());
    if lab.is_file() {
        let parent = lab.parent().unwrap_or(&lab);
        let root = match parent.file_name() {
            Some(name) if name == "nix" => parent.parent().unwrap_or(parent),
            _ => parent,
        };
        return Ok((lab.clone(), root.to_owned()));
    }
    for candidate in ["nix/lab.nix", "lab.nix"] {
        let file = lab.join(candidate);
        if file.is_file() {
            return Ok((file, lab));
        }
    }
    let shown = lab.display();
    let odd = ["nix/lab.nix", "lab.nix"].map(|candidate| lab.join(candidate));
    let odd = odd.iter().find(|file| file.exists() && !file.is_dir());
    let what = match odd {
        // A pipe gives its text to whoever reads it first, and a lab is read several times.
        Some(odd) => format!("'{}' is no ordinary file", odd.display()),
        None if lab.is_dir() => format!("there is no lab in '{shown}'"),
        None if lab.exists() => format!("'{shown}' is no ordinary file"),
        None => format!("'{shown}' doesn't exist"),
    };
    Err(Diagnostic::error("repx::lab::not-found", what)
        .help("a lab is a file, or a directory with `flake.nix`, `nix/lab.nix` or `lab.nix`"))
}
