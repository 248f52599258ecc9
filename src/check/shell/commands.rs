//! Does a script's every command come from somewhere?

use std::collections::HashSet;
use std::sync::Arc;

use super::{Located, Scripts};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::Span;

/// The programs that a script finds.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// By name.
    pub names: HashSet<Arc<str>>,
    /// Those that every script finds.
    pub basic: Arc<HashSet<Arc<str>>>,
    /// There may be others: of some package it isn't known what it has.
    pub open: bool,
}

/// What bash itself knows.
const BUILTINS: &str = ". : [ alias bg bind break builtin caller cd command compgen complete \
    compopt continue declare dirs disown echo enable eval exec exit export false fc fg getopts \
    hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray \
    readonly return set shift shopt source suspend test times trap true type typeset ulimit umask \
    unalias unset wait coproc time";

/// Packages that have a program of another name than theirs.
const ELSEWHERE: &[(&str, &str)] = &[
    ("python", "python3"),
    ("pip", "python3"),
    ("pip3", "python3"),
    ("tar", "gnutar"),
    ("make", "gnumake"),
    ("patch", "gnupatch"),
    ("node", "nodejs"),
    ("npm", "nodejs"),
    ("ps", "procps"),
    ("pgrep", "procps"),
    ("free", "procps"),
    ("diff", "diffutils"),
    ("cmp", "diffutils"),
    ("Rscript", "R"),
    ("convert", "imagemagick"),
    ("identify", "imagemagick"),
    ("dot", "graphviz"),
    ("java", "jdk"),
    ("javac", "jdk"),
    ("cargo", "cargo"),
    ("rustc", "rustc"),
    ("sqlite3", "sqlite"),
    ("xz", "xz"),
    ("rg", "ripgrep"),
    ("g++", "gcc"),
    ("cc", "gcc"),
    ("hostname", "nettools"),
    ("file", "file"),
    ("pdflatex", "texlive.combined.scheme-basic"),
    ("julia", "julia"),
    ("bc", "bc"),
];

/// The commands of a script that nothing provides. `packages` is where the stage says what it is
/// run with, if it says so.
pub fn check_commands(
    script: &Located,
    scripts: &Scripts,
    programs: &Programs,
    stage: &str,
    packages: Option<Span>,
) -> Vec<Diagnostic> {
    let read = scripts.read(script.text());
    let Ok(commands) = &*read else { return Vec::new() };
    if commands.open || programs.open {
        return Vec::new();
    }
    let known = |name: &str| {
        BUILTINS.split_whitespace().any(|builtin| builtin == name)
            || programs.names.contains(name)
            || programs.basic.contains(name)
            || commands.defined.contains(name)
            || commands.asked.contains(name)
    };
    let mut told = HashSet::new();
    let mut found = Vec::new();
    for (name, at) in &commands.commands {
        // A path says itself where the program is.
        let elsewhere = name.contains(['/', '=']) || Located::is_mixed(name);
        if elsewhere || known(name) || !told.insert(name.as_str()) {
            continue;
        }
        let near = nearest(
            name,
            programs
                .names
                .iter()
                .chain(&*programs.basic)
                .map(AsRef::as_ref)
                .chain(commands.defined.iter().map(String::as_str)),
        );
        let package = ELSEWHERE.iter().find(|(program, _)| program == name).map(|(_, p)| *p);
        let help = match (near, package) {
            (Some(near), None) => format!("did you mean `{near}`?"),
            (_, package) => {
                let package = package.unwrap_or(name);
                format!("if it is a package: `runDependencies = [ pkgs.{package} ];`")
            }
        };
        let mut missing = Diagnostic::warning(
            "repx::shell::unknown-command",
            format!("the script of stage `{stage}` calls `{name}`, which it isn't run with"),
        )
        .at(script.place(at.clone()), "where does it come from?")
        .help(help);
        if let Some(packages) = packages {
            missing = missing.also(packages, "the stage is run with these, and the basic tools");
        }
        found.push(missing);
    }
    found
}
