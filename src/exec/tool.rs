//! Programs of this machine: where they are, and those that only turn one text into another.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Hands a text to a program and gives what it prints. What the program says stands where we say things.
///
/// # Errors
/// It isn't there ([`io::ErrorKind::NotFound`]), or fails.
pub fn through(program: &str, arguments: &[&str], text: &[u8]) -> io::Result<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // It may print before it has read everything.
        let writer = scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(text)));
        let output = child.wait_with_output();
        // Whoever doesn't read to the end says by its status whether that is a mistake.
        let _ = writer.join();
        output
    })?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(io::Error::other(format!("{program} ended with {}", output.status))),
    }
}

/// The programs of this name in some directories, as PATH lists them.
pub fn programs(name: &str, path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let found = std::env::split_paths(path).map(move |directory| directory.join(name));
    let runs = |file: &PathBuf| {
        let about = fs::metadata(file);
        about.is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    found.filter(runs)
}

/// A program found on PATH, wherever it is called from.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    programs(name, &std::env::var_os("PATH")?).find(|file| file.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_through() {
        let long = b"line\n".repeat(100_000);
        assert_eq!(through("cat", &[], &long).unwrap(), long);
        assert_eq!(through("head", &["-c", "4"], &long).unwrap(), b"line");
        assert!(through("false", &[], b"").is_err());
        let missing = through("no-such-program-anywhere", &[], b"").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
