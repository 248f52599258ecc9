//! `repx completions` and `repx man`: what shells and readers of manuals want.
//!
//! What a shell is given asks this program for the words that fit, so that names of runs and jobs are those of
//! the lab at hand.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCompleter, CompleteEnv};

use super::Exit;
use super::arguments::Terminal;
use super::report::{near, report};
use super::{candidates, stdout};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::SourceMap;

/// Set by shells that want words.
const VARIABLE: &str = "REPX_COMPLETE";
/// What shells are given that people use most. Their words come with quotes and with `~`, which mean nothing to us.
const SCRIPTS: [(&str, &str); 3] = [
    ("bash", include_str!("repx.bash")),
    ("fish", include_str!("repx.fish")),
    ("zsh", include_str!("repx.zsh")),
];

/// Print what makes a shell complete repx's commands, runs and jobs
#[derive(Args, Debug, Clone)]
#[command(after_help = "\
Examples:
  source <(repx completions bash)                  now, or in ~/.bashrc
  repx completions zsh > ~/.zfunc/_repx
  repx completions fish > ~/.config/fish/completions/repx.fish")]
pub(super) struct CompletionsOptions {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", add = ArgValueCompleter::new(candidates::shells))]
    shell: String,
}

/// Write the manual's pages
///
/// Without a directory the main page is printed: `repx man | man -l -`.
#[derive(Args, Debug, Clone)]
pub(super) struct ManOptions {
    /// Write all pages here, one a command
    directory: Option<PathBuf>,
}

/// Prints what a shell has to know.
pub(super) fn completions(options: &CompletionsOptions, terminal: &Terminal) -> Exit {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(&options.shell) else {
        let known: Vec<&str> = shells.names().collect();
        let message = format!("repx can't complete in a shell `{}`", options.shell);
        let near = did_you_mean(&options.shell, &known);
        let help = near.unwrap_or_else(|| format!("it can in {}", known.join(", ")));
        let wrong = Diagnostic::error("repx::cli::unknown-name", message).help(help);
        return report(vec![wrong], &SourceMap::new(), terminal, false);
    };
    if let Some((_, script)) = SCRIPTS.iter().find(|(name, _)| *name == shell.name()) {
        return stdout::print(|out| out.write_all(script.as_bytes()));
    }
    stdout::print(|out| shell.write_registration(VARIABLE, "repx", "repx", "repx", out))
}

/// Answers a shell that asks for words. False: none does.
pub(super) fn complete(command: fn() -> Command, arguments: &[OsString]) -> bool {
    let directory = std::env::current_dir().ok();
    let answered = CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .try_complete(arguments, directory.as_deref());
    // Whoever presses Tab doesn't want to read why there are no words.
    answered.unwrap_or(true)
}

/// The main page, or all.
pub(super) fn man(options: &ManOptions, command: Command, terminal: &Terminal) -> Exit {
    let Some(directory) = &options.directory else {
        let page = clap_mangen::Man::new(command);
        return stdout::print(|out| page.render(out));
    };
    let written =
        fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(command, directory));
    match written {
        Ok(()) => {
            let place = near(directory);
            stdout::print(|out| writeln!(out, "wrote the manual's pages to {place}"))
        }
        Err(error) => {
            let message = format!("can't write to {}: {error}", near(directory));
            let wrong = Diagnostic::error("repx::cli::output", message)
                .help("name another directory: `repx man DIR`");
            report(vec![wrong], &SourceMap::new(), terminal, false)
        }
    }
}
