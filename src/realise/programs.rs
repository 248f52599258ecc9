//! Finding Nix's programs, and running one to its end.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::world::{Fetch, KeeperError};

/// Where Nix's programs are, and what all of them are told.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// Their directory; otherwise `PATH` says where they are.
    pub directory: Option<PathBuf>,
    /// Settings of Nix to override: names and values.
    pub options: Vec<(String, String)>,
}

/// What came of running a program.
pub(super) struct Ran {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    /// Its lines, the last [`MOST_LINES`] of them.
    pub(super) stderr: Vec<String>,
}

/// Tells a program of Nix's that repx has called it, and by which name. A script that passes repx off as Nix
/// would otherwise be called by repx, call repx, and so on until the machine has no room for more.
const ASKED: &str = "REPX_ASKED_NIX";

/// Lines kept of what a program says; builds may say much.
pub(super) const MOST_LINES: usize = 400;

impl Programs {
    /// The program with the options, its streams piped and its standard input closed.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = match &self.directory {
            Some(directory) => Command::new(directory.join(program)),
            None => Command::new(program),
        };
        command.env(ASKED, program);
        for (name, value) in &self.options {
            command.args(["--option", name, value]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a program that was needed to do `task`.
    pub(super) fn spawn(command: &mut Command, task: &'static str) -> Result<Child, KeeperError> {
        let program = command.get_program().to_string_lossy().into_owned();
        if let Some(asked) = std::env::var_os(ASKED) {
            let program = asked.to_string_lossy().into_owned();
            return Err(KeeperError::Itself { program, task });
        }
        command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound => KeeperError::NoNix { program, task },
            _ => KeeperError::NotStarted { program, reason: error.to_string() },
        })
    }

    /// Runs a program to its end. Meanwhile `say` hears what is being built and copied.
    pub(super) fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        task: &'static str,
        arguments: &[A],
        say: &(dyn Fn(&str) + Sync),
    ) -> Result<Ran, KeeperError> {
        let mut command = self.command(program);
        let mut child = Programs::spawn(command.args(arguments), task)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = std::thread::scope(|scope| {
            let lines = scope.spawn(|| stderr.map(|pipe| lines(pipe, say)).unwrap_or_default());
            let mut bytes = Vec::new();
            let read = stdout.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes));
            (read.map(|_| bytes), lines.join().unwrap_or_default())
        });
        let status = child.wait();
        let failed = |error: std::io::Error| KeeperError::NotStarted {
            program: program.to_owned(),
            reason: error.to_string(),
        };
        Ok(Ran {
            success: status.map_err(failed)?.success(),
            stdout: stdout.map_err(failed)?,
            stderr,
        })
    }
}

/// Reads lines to the end, without colours.
pub(super) fn lines(pipe: impl Read, say: &(dyn Fn(&str) + Sync)) -> Vec<String> {
    let mut kept = std::collections::VecDeque::new();
    for line in BufReader::new(pipe).split(b'\n') {
        let Ok(line) = line else { break };
        let line = plain(&String::from_utf8_lossy(&line));
        if ["building '", "copying path '", "downloading '"].iter().any(|s| line.starts_with(s)) {
            say(&line);
        }
        if kept.len() == MOST_LINES {
            kept.pop_front();
        }
        kept.push_back(line);
    }
    kept.into()
}

/// A line without escape sequences and what else a terminal would act on.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\x1b' && rest.next_if_eq(&'[').is_some() {
            while rest.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
        } else if !c.is_control() || c == '\t' {
            plain.push(c);
        }
    }
    plain
}

/// The expression that calls a fetcher and shows what it gives.
pub(super) fn fetch_expression(fetch: Fetch<'_>) -> String {
    let Fetch { fetcher, argument } = fetch;
    let argument = quoted(argument);
    format!(
        "let got = builtins.{fetcher} (builtins.fromJSON {argument}); in \
         if builtins.isAttrs got \
         then removeAttrs got [ \"outPath\" ] // {{ path = \"${{got.outPath}}\"; }} \
         else {{ path = \"${{got}}\"; }}"
    )
}

/// A text as a string of the Nix language.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_plain_text() {
        assert_eq!(plain("\x1b[31;1merror:\x1b[0m a\tb\x07"), "error: a\tb");
        let said = std::sync::Mutex::new(Vec::new());
        let say = |line: &str| said.lock().unwrap().push(line.to_owned());
        let text = "warning: x\nbuilding '/nix/store/a.drv'...\n";
        assert_eq!(lines(text.as_bytes(), &say).len(), 2);
        assert_eq!(said.into_inner().unwrap(), ["building '/nix/store/a.drv'..."]);
    }

    #[test]
    fn long_logs_are_cut_at_their_beginning() {
        let text = (0..1000).map(|i| i.to_string()).collect::<Vec<_>>().join("\n");
        let kept = lines(text.as_bytes(), &|_| ());
        assert_eq!((kept.len(), kept.last().map(String::as_str)), (MOST_LINES, Some("999")));
    }

    #[test]
    fn arguments_of_fetchers_are_only_text() {
        assert_eq!(quoted("a\"b\\${c}"), "\"a\\\"b\\\\\\${c}\"");
    }

    #[test]
    fn a_missing_program_is_named() {
        let programs = Programs { directory: Some("/nowhere".into()), options: Vec::new() };
        let ran = programs.run("nix-store", "build", &["--version"], &|_| ());
        let program = "/nowhere/nix-store".to_owned();
        assert_eq!(ran.err(), Some(KeeperError::NoNix { program, task: "build" }));
    }
}
