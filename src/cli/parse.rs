//! From the words of a call to what it asks for.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::arguments::{Command, CommandLine, EXIT_STATUS, LabOptions, RunOptions};
use super::environment::{self, Environment};
use super::load::Target;
use super::mistyped::advise;
use super::report::report;
use super::terminal::{Terminal, Volume, no_color};
use super::{Exit, run, stdout};
use crate::source::SourceMap;

/// A command with its options, and how to talk to the user.
pub(super) struct Arguments {
    pub(super) terminal: Terminal,
    pub(super) command: Command,
}

/// The command line, for those who describe it.
pub(super) fn command() -> clap::Command {
    Environment::none().applied(bare())
}

/// The command line as it is whatever the environment says.
pub(super) fn bare() -> clap::Command {
    let command = CommandLine::command();
    let command = command.after_long_help(format!("{}\n\n{EXIT_STATUS}", environment::help()));
    IDLE.iter().fold(command, |command, (name, options)| {
        command.mut_subcommand(name, |command| without(command, options))
    })
}

/// Options that commands take, so that all may be called with the same ones, but have no use for.
const IDLE: [(&str, &[&str]); 5] = [
    ("build", &["base_path"]),
    ("check", &["base_path", "explain_cache"]),
    ("lsp", &["base_path", "explain_cache", "show_trace", "threads"]),
    ("trace-params", &["base_path"]),
    ("viz", &["base_path"]),
];

/// A command that says nothing of these options.
fn without(command: clap::Command, options: &[&str]) -> clap::Command {
    command.mut_args(|arg| {
        let idle = options.contains(&arg.get_id().as_str());
        if idle { arg.hide(true) } else { arg }
    })
}

/// The lab that the beginning of a command line names, and how it is to be evaluated; where somebody says whether a lab
/// has a name.
pub(super) fn begun(
    words: &[OsString],
    knows: impl FnOnce(Target<'_>, &str) -> bool,
) -> (PathBuf, LabOptions) {
    let Some((name, call)) = call_of(words) else { return Default::default() };
    if name == "run" {
        let options = RunOptions::from_arg_matches(&call).unwrap_or_default();
        return (run::named(&options, knows).0, options.with);
    }
    let path = |id: &str| call.try_get_one::<PathBuf>(id).ok().flatten().cloned();
    let lab = path("lab_option").or_else(|| path("lab")).or_else(|| path("labs"));
    let evaluates = call.try_contains_id("no_cache").is_ok();
    let with = evaluates.then(|| LabOptions::from_arg_matches(&call).unwrap_or_default());
    (lab.unwrap_or_else(|| PathBuf::from(".")), with.unwrap_or_default())
}

/// The job that the beginning of a command line names.
pub(super) fn begun_job(words: &[OsString]) -> Option<String> {
    let (_, call) = call_of(words)?;
    call.try_get_one::<String>("job").ok().flatten().cloned()
}

/// What the beginning of a command line says, behind the name of its command.
fn call_of(words: &[OsString]) -> Option<(String, ArgMatches)> {
    let command = Environment::read().applied(bare()).ignore_errors(true);
    let mut call = command.try_get_matches_from(words).ok()?;
    let mut name = String::new();
    while let Some((inner, matches)) = call.remove_subcommand() {
        (name, call) = (inner, matches);
    }
    Some((name, call))
}

/// Reads the command line. What isn't one is shown, with the usage.
///
/// # Errors
/// How the program is to end when there is nothing more to do.
pub(super) fn parse(arguments: &[OsString]) -> Result<Arguments, Exit> {
    let environment = Environment::read();
    let mut command = environment.applied(bare());
    let read = command.try_get_matches_from_mut(arguments).and_then(|call| {
        let line = CommandLine::from_arg_matches(&call)?;
        Ok((line, environment.mistakes(&command, &call)))
    });
    let (line, mistakes) = read.map_err(|mut error| {
        if error.use_stderr() {
            advise(&mut error, &command, arguments);
            // Nobody to tell if this fails; the status says it all the same.
            let _ = error.print();
            return Exit::Wrong;
        }
        // Help and version are results.
        let text = error.render();
        let text = match std::io::stdout().is_terminal() && !no_color() {
            true => text.ansi().to_string(),
            false => text.to_string(),
        };
        stdout::print(|out| writeln!(out, "{}", text.trim_end()))
    })?;
    let CommandLine { color, quiet, verbose, mut command } = line;
    let volume = match (quiet, verbose) {
        (true, _) => Volume::Quiet,
        (false, true) => Volume::Verbose,
        (false, false) => environment.volume().unwrap_or(Volume::Normal),
    };
    let terminal = Terminal::new(color, volume);
    if !mistakes.is_empty() {
        return Err(report(mistakes, &SourceMap::new(), &terminal, false));
    }
    named_by_option(&mut command);
    Ok(Arguments { terminal, command })
}

/// The lab may be named as other commands have it named.
fn named_by_option(command: &mut Command) {
    match command {
        Command::Eval(options) => options.named.lab_option.take().map(|lab| options.lab = lab),
        Command::Build(options) => options.named.lab_option.take().map(|lab| options.lab = lab),
        Command::Check(options) => {
            options.named.lab_option.take().map(|lab| options.labs = vec![lab])
        }
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        bare().debug_assert();
    }

    #[test]
    fn the_lab_of_what_is_typed_so_far() {
        let lab = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let (lab, with) = begun(&words, |_, _| true);
            (lab.display().to_string(), with.pkgs)
        };
        let named = |lab: &str| (lab.to_owned(), None);
        assert_eq!(lab("repx eval x --stage"), named("x"));
        assert_eq!(lab("repx eval --lab x --run r"), named("x"));
        assert_eq!(lab("repx list jobs --lab x -p"), named("x"));
        assert_eq!(lab("repx show job --lab x"), named("x"));
        assert_eq!(lab("repx check x y --deny"), named("x"));
        assert_eq!(lab("repx run --lab x --pkgs p"), ("x".to_owned(), Some("p".to_owned())));
        assert_eq!(lab("repx run name"), named("."));
        let job =
            |line: &str| begun_job(&line.split(' ').map(OsString::from).collect::<Vec<OsString>>());
        assert_eq!(job("repx log 5ykh --part").as_deref(), Some("5ykh"));
        assert_eq!(job("repx show output --lab x gen").as_deref(), Some("gen"));
        assert_eq!(job("repx log --part"), None);
        assert_eq!(job("repx gc --unpin"), None);
    }
}
