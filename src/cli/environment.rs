//! What the environment says in place of options: a row for each variable.
//!
//! What a variable says is the default of its option, wherever a command has that one. So what stands on the command
//! line counts before it, and it is never at odds with an option, as one that is given may be. (Variables that no option
//! goes with are read in `setup.rs`.)

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::{ArgPredicate, StyledStr};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::entry::names_flake;
use super::mistyped::or;
use super::run::names_lab;
use super::terminal::Volume;
use crate::diagnostic::{Diagnostic, did_you_mean};

/// A variable.
struct Variable {
    name: &'static str,
    /// The options that it stands for, by the names of their fields.
    options: &'static [&'static str],
    /// Other ways to say the same, which it is no default of.
    others: &'static [&'static str],
    /// What `--help` says of it.
    about: &'static str,
    check: fn(&OsStr) -> Result<(), String>,
}

const LAB: &str = "REPX_LAB";
const FORMAT: &str = "REPX_FORMAT";
const LOG: &str = "REPX_LOG";

/// All of them.
const VARIABLES: [Variable; 6] = [
    Variable {
        name: LAB,
        options: &["lab", "labs"],
        others: &["lab_option"],
        about: "the lab, where none is named",
        check: |value| match Path::new(value).exists() || names_flake(&value.to_string_lossy()) {
            true => Ok(()),
            false => Err("there is no such file or directory".to_owned()),
        },
    },
    Variable {
        name: "REPX_BASE_PATH",
        options: &["base_path"],
        others: &[],
        about: "as --base-path: where results are kept",
        check: |value| match Path::new(value).is_file() {
            false => Ok(()),
            true => Err("that is a file, not a directory".to_owned()),
        },
    },
    Variable {
        name: "REPX_JOBS",
        options: &["jobs"],
        others: &[],
        about: "as --jobs: jobs at once",
        check: |value| match value.to_str().and_then(|text| text.parse::<u16>().ok()) {
            Some(1..=4096) => Ok(()),
            Some(_) | None => Err("it may be a number from 1 to 4096".to_owned()),
        },
    },
    Variable {
        name: FORMAT,
        options: &["format"],
        others: &[],
        about: "as --format: table, json or ndjson",
        check: |value| one_of(value, &["table", "json", "ndjson"]),
    },
    Variable {
        name: "REPX_COLOR",
        options: &["color"],
        others: &[],
        about: "as --color: auto, always or never",
        check: |value| one_of(value, &["auto", "always", "never"]),
    },
    Variable {
        name: LOG,
        options: &["quiet", "verbose"],
        others: &[],
        about: "quiet as -q, verbose as -v, or normal",
        check: |value| one_of(value, &["quiet", "normal", "verbose"]),
    },
];

/// What else `--help` says of the environment.
const OTHERS: &str = "  \
  REPX_CACHE_DIR  where caches are kept; REPX_NO_CACHE=1 does without,
                  0, false, no and off don't
  REPX_NIX        the directory of Nix's programs
Options count before these, these before config.toml beside the lab, and that
before config.toml in $XDG_CONFIG_HOME/repx (see `repx run --help`).";

fn one_of(value: &OsStr, known: &[&str]) -> Result<(), String> {
    let text = value.to_string_lossy();
    if known.contains(&&*text) {
        return Ok(());
    }
    let near = did_you_mean(&text, known);
    Err(near.unwrap_or_else(|| format!("it may be {}", or(known))))
}

/// What the environment says.
pub(super) struct Environment {
    said: Vec<(&'static Variable, OsString)>,
}

impl Environment {
    /// Of this process.
    pub(super) fn read() -> Environment {
        Environment::from(&|name| std::env::var_os(name))
    }

    /// Nothing, for those who describe the command line.
    pub(super) fn none() -> Environment {
        Environment { said: Vec::new() }
    }

    fn from(variable: &dyn Fn(&str) -> Option<OsString>) -> Environment {
        let value = |row: &Variable| variable(row.name).filter(|value| !value.is_empty());
        let said = VARIABLES.iter().filter_map(|row| Some((row, value(row)?)));
        Environment { said: said.collect() }
    }

    /// What a variable says, if it may say that.
    fn value(&self, name: &str) -> Option<&OsStr> {
        let (row, value) = self.said.iter().find(|(row, _)| row.name == name)?;
        (row.check)(value).is_ok().then_some(value)
    }

    /// The lab.
    pub(super) fn lab(&self) -> Option<PathBuf> {
        self.value(LAB).map(PathBuf::from)
    }

    /// How much to say.
    pub(super) fn volume(&self) -> Option<Volume> {
        match self.value(LOG)?.to_str()? {
            "quiet" => Some(Volume::Quiet),
            "verbose" => Some(Volume::Verbose),
            _ => Some(Volume::Normal),
        }
    }

    /// The command line, with what is said as its defaults, and with the variables in its help.
    pub(super) fn applied(&self, command: Command) -> Command {
        // The first name of `repx run` may be the lab, and counts more: it asks for the variable itself.
        let names_lab = command.get_name() == "run";
        let command = command.mut_args(|arg| match of(&arg) {
            None => arg,
            Some(row) => {
                let value = self.value(row.name);
                let arg = documented(arg, row, value);
                match value.and_then(|value| default(&arg, row, value)) {
                    Some(value) if !(names_lab && row.name == LAB) => {
                        let arg = match named_by_file(&arg) {
                            true => arg.default_value_if("output", ArgPredicate::IsPresent, None),
                            false => arg,
                        };
                        arg.default_value(value).hide_default_value(true)
                    }
                    Some(_) | None => arg,
                }
            }
        });
        command.mut_subcommands(|command| self.applied(command))
    }

    /// What it says that can't be meant, as far as the call doesn't say otherwise.
    pub(super) fn mistakes(&self, command: &Command, call: &ArgMatches) -> Vec<Diagnostic> {
        let wrong = self.said.iter().filter_map(|(row, value)| {
            let why = (row.check)(value).err().filter(|_| counts(row, command, call))?;
            let value = value.to_string_lossy();
            let message = format!("the environment variable {} is `{value}`", row.name);
            Some(Diagnostic::error("repx::config::variable", message).help(
                match why.ends_with('?') {
                    true => why,
                    false => format!("{why}; `unset {}` does without", row.name),
                },
            ))
        });
        wrong.collect()
    }
}

/// The variable that goes with an option.
fn of(arg: &Arg) -> Option<&'static Variable> {
    VARIABLES.iter().find(|row| row.options.contains(&arg.get_id().as_str()))
}

/// Does a call leave it to a variable?
fn counts(row: &Variable, command: &Command, call: &ArgMatches) -> bool {
    // A call that is asked for an option that its command hasn't says nothing, or panics.
    let known = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let given = |id: &str| known(id) && call.value_source(id) == Some(ValueSource::CommandLine);
    if row.options.iter().chain(row.others).any(|id| given(id)) {
        return false;
    }
    let first = |call: &ArgMatches| call.get_raw("names")?.next().map(OsStr::to_owned);
    if row.name == LAB
        && command.get_name() == "run"
        && first(call).is_some_and(|first| names_lab(&first.to_string_lossy()))
    {
        return false;
    }
    let inner = call.subcommand().and_then(|(name, call)| {
        let command = command.find_subcommand(name)?;
        Some(counts(row, command, call))
    });
    inner.unwrap_or_else(|| row.options.iter().any(|id| known(id)))
}

/// The default that it makes of an option.
fn default(arg: &Arg, row: &Variable, value: &OsStr) -> Option<OsString> {
    match row.name {
        LOG => None,
        FORMAT => {
            let offered = arg.get_possible_values();
            let offers = |word: &str| offered.iter().any(|one| one.get_name() == word);
            let words = match value.to_str()? {
                "table" => ["table", "text"],
                "ndjson" => ["ndjson", "json"],
                word => [word, word],
            };
            words.into_iter().find(|word| offers(word)).map(OsString::from)
        }
        _ => Some(value.to_owned()),
    }
}

/// A format without a default, which the name of a file says.
fn named_by_file(arg: &Arg) -> bool {
    arg.get_id() == "format" && arg.get_default_values().is_empty()
}

/// An option that says which variable goes with it.
fn documented(arg: Arg, row: &Variable, value: Option<&OsStr>) -> Arg {
    let value = value.map_or(String::new(), |value| format!("={}", value.to_string_lossy()));
    let note = format!("[env: {}{value}]", row.name);
    let with = |text: &StyledStr, between: &str| StyledStr::from(format!("{text}{between}{note}"));
    let short = arg.get_help().map(|text| with(text, " "));
    let long = arg.get_long_help().map(|text| with(text, "\n\n"));
    let arg = match short {
        Some(text) => arg.help(text),
        None => arg,
    };
    match long {
        Some(text) => arg.long_help(text),
        None => arg,
    }
}

/// What `--help` says of all variables.
pub(super) fn help() -> String {
    let rows = VARIABLES.iter().map(|row| format!("  {:15} {}\n", row.name, row.about));
    format!("Environment:\n{}{OTHERS}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Environment {
        Environment::from(&|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    /// What an option is, and what there is to complain about.
    fn call(environment: &Environment, line: &str, id: &str) -> (Option<String>, Vec<String>) {
        let words = line.split(' ');
        let mut command = environment.applied(parse::bare());
        let call = command.try_get_matches_from_mut(words).unwrap();
        let wrong =
            environment.mistakes(&command, &call).into_iter().map(|wrong| wrong.message).collect();
        let mut inner = &call;
        while let Some((_, next)) = inner.subcommand() {
            inner = next;
        }
        let raw = inner.get_raw(id).and_then(|mut values| values.next());
        (raw.map(|value| value.to_string_lossy().into_owned()), wrong)
    }

    #[test]
    fn options_count_before_variables() {
        let all = said(&[
            ("REPX_LAB", "/"),
            ("REPX_BASE_PATH", "/b"),
            ("REPX_JOBS", "3"),
            ("REPX_FORMAT", "json"),
            ("REPX_COLOR", "never"),
            ("REPX_LOG", "verbose"),
        ]);
        let value = |line: &str, id: &str| {
            let (value, wrong) = call(&all, line, id);
            assert_eq!(wrong, [""; 0], "{line}");
            value.unwrap_or_default()
        };
        for (line, id, expected) in [
            ("repx eval", "lab", "/"),
            ("repx eval x", "lab", "x"),
            ("repx check", "labs", "/"),
            ("repx check x", "labs", "x"),
            ("repx list jobs", "lab", "/"),
            ("repx list jobs --lab x", "lab", "x"),
            ("repx run", "lab", ""),
            ("repx eval", "base_path", "/b"),
            ("repx eval --base-path x", "base_path", "x"),
            ("repx run", "jobs", "3"),
            ("repx run -j 7", "jobs", "7"),
            ("repx eval", "format", "json"),
            ("repx eval --format table", "format", "table"),
            ("repx show output x file", "format", "json"),
            ("repx viz", "format", "json"),
            ("repx viz --format dot", "format", "dot"),
            ("repx viz -o lab.svg", "format", ""),
            ("repx eval", "color", "never"),
            ("repx eval --color always", "color", "always"),
            ("repx list jobs --color always", "color", "always"),
        ] {
            assert_eq!(value(line, id), expected, "{line}, {id}");
        }
        assert_eq!(all.volume(), Some(Volume::Verbose));
    }

    #[test]
    fn formats_that_a_command_lacks() {
        let lines = said(&[("REPX_FORMAT", "ndjson")]);
        let format = |line: &str| call(&lines, line, "format").0.unwrap_or_default();
        assert_eq!(format("repx eval"), "ndjson");
        assert_eq!(format("repx list runs"), "json");
        assert_eq!(format("repx check"), "json");
        let table = said(&[("REPX_FORMAT", "table")]);
        assert_eq!(call(&table, "repx check", "format").0.as_deref(), Some("text"));
        assert_eq!(call(&table, "repx viz", "format").0, None);
    }

    #[test]
    fn what_no_option_could_say_is_told_where_it_counts() {
        let wrong = said(&[
            ("REPX_LAB", "/nowhere"),
            ("REPX_BASE_PATH", "Cargo.toml"),
            ("REPX_JOBS", "-1"),
            ("REPX_FORMAT", "jsno"),
            ("REPX_COLOR", "blue"),
            ("REPX_LOG", "debug"),
        ]);
        let told = |line: &str| -> Vec<String> {
            let (_, wrong) = call(&wrong, line, "");
            let names = wrong.iter().filter_map(|text| text.split(' ').nth(3));
            names.map(str::to_owned).collect()
        };
        let all = ["LAB", "BASE_PATH", "JOBS", "FORMAT", "COLOR", "LOG"];
        assert_eq!(told("repx run"), all.map(|name| format!("REPX_{name}")));
        assert_eq!(told("repx init -q --color never"), [""; 0]);
        assert_eq!(told("repx init -v"), ["REPX_COLOR"]);
        let given = "repx run --lab x --base-path x -j 2 --format json --color never -v";
        assert_eq!(told(given), [""; 0]);
    }

    #[test]
    fn an_empty_variable_says_nothing() {
        let empty = said(&[("REPX_JOBS", ""), ("REPX_LOG", "")]);
        assert_eq!(call(&empty, "repx run", "jobs"), (None, Vec::new()));
        assert_eq!(empty.volume(), None);
    }
}
