//! Labs on a machine with Nix. Without it nothing of this is run, and the tests say so;
//! `REPX_TEST_NIX=required` (as in `.ci/run`) makes that a failure.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::program::{Ran, installed, repx, run_within};

/// Builds wait for their turn on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A directory with files of its own, on a machine with Nix.
pub(crate) struct Lab {
    pub(crate) directory: tempfile::TempDir,
    /// Part of every name, so that nothing is in the store already.
    pub(crate) stamp: String,
}

impl Lab {
    /// `None`, having said so, on a machine without Nix.
    pub(crate) fn new(files: &[(&str, &str)]) -> Option<Lab> {
        if !installed("nix-store", "REPX_TEST_NIX") {
            return None;
        }
        let directory = tempfile::tempdir().expect("a temporary directory");
        let name = directory.path().file_name().expect("it has a name").to_string_lossy();
        let stamp: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let lab = Lab { directory, stamp };
        for (name, text) in files {
            lab.write(name, text);
        }
        Some(lab)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text.replace("STAMP", &self.stamp)).expect("a file is written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn run(&self, command: &mut Command) -> Ran {
        // No sandbox and no group of build users, so that it works as root in a container.
        let settings = "substitute = false\nsandbox = false\nbuild-users-group =\n";
        command.env("NIX_CONFIG", settings).env_remove("REPX_NIX");
        command.current_dir(self.directory.path());
        run_within(command, PATIENCE)
    }

    pub(crate) fn repx(&self, arguments: &[&str]) -> Ran {
        self.run(repx(self.directory.path()).args(arguments))
    }

    /// What a call prints that must succeed.
    pub(crate) fn printed(&self, arguments: &[&str]) -> String {
        let Ran { code, stdout, stderr, .. } = self.repx(arguments);
        assert_eq!(code, Some(0), "{arguments:?}\n{stderr}");
        String::from_utf8(stdout).expect("text").trim_end().to_owned()
    }

    /// What a call says that must fail, its messages not broken into lines.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let Ran { code, stderr, .. } = self.repx(arguments);
        assert_eq!(code, Some(2), "{arguments:?}\n{stderr}");
        stderr.replace("\n  │ ", "").replace("\n        ", "")
    }

    pub(crate) fn nix(&self, program: &str, arguments: &[&str]) -> String {
        let Ran { code, stdout, stderr, .. } = self.run(Command::new(program).args(arguments));
        assert_eq!(code, Some(0), "{program} {arguments:?}\n{stderr}");
        String::from_utf8(stdout).expect("text").trim_end().to_owned()
    }
}
