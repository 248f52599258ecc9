//! `repx lsp`: an editor's server.

use std::io::IsTerminal;
use std::path::Path;

use clap::Args;

use super::Exit;
use super::arguments::{LabOptions, Terminal, Volume};
use super::guard::outlive_failures;
use super::known;
use super::load::{Target, entry_and_settings, request};
use super::report::{report, say};
use super::settings::settings;
use super::setup::{self, machine_saying, no_thread};
use crate::diagnostic::Diagnostic;
use crate::lsp::{self, Ended, Setup};
use crate::source::SourceMap;
use crate::sweep::Ask;

/// Serve an editor: the language server protocol, on standard input and output
///
/// Says what is wrong with a lab while it is typed, and answers what an editor asks. The lab of a file
/// is that of the nearest directory above it with flake.nix, nix/lab.nix or lab.nix.
#[derive(Args, Debug, Clone, Default)]
#[command(after_help = "\
Editors start it by themselves: the README's section on editors, and the
directory editors/, have their configuration. With -v it says on standard
error how evaluations go.
Exit status: 0 the editor has said goodbye, 1 it left without a word.")]
pub(super) struct LspOptions {
    /// Accepted for editors that say so: there is no other way to talk
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
    #[command(flatten)]
    pub(super) with: LabOptions,
}

/// Serves until the editor leaves.
pub(super) fn run(options: &LspOptions, terminal: &Terminal) -> Exit {
    let setup = match setup(options, terminal.volume == Volume::Verbose) {
        Ok(setup) => setup,
        Err(wrong) => return report(vec![wrong], &SourceMap::new(), terminal, false),
    };
    if std::io::stdin().is_terminal() {
        say("repx lsp talks to editors, on standard input and output; Ctrl-C ends it");
    }
    outlive_failures();
    match lsp::run(setup, std::io::stdin(), std::io::stdout()) {
        Ok(Ended::Orderly) => Exit::Fine,
        Ok(Ended::Abruptly) => Exit::Failed,
        Err(error) => report(vec![no_thread(&error)], &SourceMap::new(), terminal, false),
    }
}

fn setup(options: &LspOptions, verbose: bool) -> Result<Setup, Diagnostic> {
    let with = options.with.clone();
    let settings = settings(&with.nix)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let cache = setup::caches(!with.no_cache).map(|caches| caches.directory);
    let (directory, options) = (cache.clone(), with.clone());
    Ok(Setup {
        packages: Box::new(move |request, world| {
            known::packages(directory.as_ref()?, &options, settings, request, world)
        }),
        machine: Box::new(machine_saying(&with.nix, &|_| {})),
        search_path: setup::search_path(&with.include),
        home: std::env::var_os("HOME").map(Into::into),
        cache,
        formatter: lsp::find_formatter(&path),
        log: Box::new(|line| say(&format!("repx lsp: {line}"))),
        request: Box::new(move |lab: &Path| {
            let (entry, _) = entry_and_settings(Target::new(lab, &with))?;
            Ok(request(&with, Ask::Behaviour, entry))
        }),
        settings,
        verbose,
    })
}
