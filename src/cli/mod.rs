//! The command line.
//!
//! In come the arguments of the process; out go results on standard output, everything else on
//! standard error, and an exit status. A file per command; each reads its options, calls the
//! rooms above and prints. Nothing else in this crate prints, and nothing here evaluates,
//! expands or decides: what is wrong with a lab is found above and only shown here.

#![allow(clippy::print_stderr, reason = "the one room that talks to the terminal")]

mod arguments;
mod cache_account;
mod candidates;
mod check;
mod config;
mod debug;
mod diff;
mod entry;
mod environment;
mod eval;
mod explain;
mod filter;
mod find;
mod gc;
mod guard;
mod init;
mod instantiate;
mod kept;
mod known;
mod list;
mod listing;
mod load;
mod log;
mod lsp;
mod mistyped;
mod one_job;
mod package;
mod parse;
mod parts;
mod progress;
mod report;
mod results;
mod run;
mod schema;
mod settings;
mod setup;
mod shell;
mod show;
mod stdout;
mod terminal;
mod trace;
mod upstream;
mod viz;
mod watch;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use arguments::Command;
use parse::Arguments;

/// How a command ended, as scripts see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// A job failed.
    Failed,
    /// The lab, the configuration or the call is wrong.
    Wrong,
    /// We are wrong.
    Bug,
    /// The user said stop.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Wrong => 2,
            Exit::Bug => 101,
            Exit::Interrupted => 130,
        })
    }
}

/// Runs the command that the arguments ask for. The first is the program's own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    guard::catching_bugs(move || run(&arguments)).into()
}

fn run(arguments: &[OsString]) -> Exit {
    if shell::complete(parse::command, arguments) {
        return Exit::Fine;
    }
    let arguments = match parse::parse(&upstream::translated(arguments)) {
        Ok(arguments) => arguments,
        // Help and version are results, asked for: they end in success. clap knows which.
        Err(stop) => {
            if let Some(hint) = upstream::hint(arguments).filter(|_| stop == Exit::Wrong) {
                report::say(hint);
            }
            return stop;
        }
    };
    guard::catch_interrupts();
    let Arguments { terminal, command } = arguments;
    match command {
        Command::Eval(options) => eval::run(&options, &terminal),
        Command::Build(options) => package::run(&options, &terminal),
        Command::Run(options) => run::run(&options, &terminal),
        Command::List(options) => list::run(&options, &terminal),
        Command::Show(options) => show::run(&options, &terminal),
        Command::TraceParams(options) => trace::run(&options, &terminal),
        Command::Log(options) => log::run(&options, &terminal),
        Command::DebugRun(options) => debug::run(&options, &terminal),
        Command::Gc(options) => gc::run(&options, &terminal),
        Command::Viz(options) => viz::run(&options, &terminal),
        Command::Init(options) => init::run(&options, &terminal),
        Command::Completions(options) => shell::completions(&options, &terminal),
        Command::Man(options) => shell::man(&options, parse::command(), &terminal),
        Command::Schema(options) => schema::run(&options, &terminal),
        Command::Check(options) => check::run(&options, &terminal),
        Command::Explain(options) => explain::run(&options, &terminal),
        Command::Lsp(options) => lsp::run(&options, &terminal),
        Command::Instantiate(options) => instantiate::run(&options),
    }
}
