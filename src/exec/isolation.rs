//! Jobs that see nothing of the machine but what they may: processes within bubblewrap.
//!
//! All of the file system can be read and nothing written but the job's `$out`, a `/tmp` of its own, and paths that
//! the user names. Other processes can't be seen, and the network not reached, unless it is asked for.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::tool::on_path;

/// What of the machine jobs may change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mounts {
    /// Nothing but these paths.
    Paths(Vec<PathBuf>),
    /// What the user may; only processes are kept apart.
    Host,
}

/// How jobs are kept apart from the machine.
#[derive(Clone, Debug)]
pub struct Isolation {
    program: PathBuf,
    mounts: Mounts,
    network: bool,
    /// Are all jobs isolated, or those of containerized runs?
    pub(super) all: bool,
}

/// Bubblewrap would die of the signal that is meant for the job, and take it along; so it ignores it, and what it
/// runs doesn't.
const DEAF: [&str; 4] = ["/bin/sh", "-c", r#"trap "" TERM INT; exec "$@""#, "sh"];
const HEARING: [&str; 3] = ["/usr/bin/env", "--default-signal=TERM,INT", "--"];

impl Isolation {
    /// Sees whether there is bubblewrap and the system lets it work.
    ///
    /// # Errors
    /// Why not.
    pub fn new(mounts: Mounts, network: bool, all: bool) -> Result<Isolation, String> {
        let program = on_path("bwrap").ok_or("bubblewrap (`bwrap`) is not installed")?;
        let isolation = Isolation { program, mounts, network, all };
        let root = Path::new("/");
        let tried = isolation
            .command(root, None, Path::new("/bin/sh"), &["-c".into(), ":".into()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output();
        match tried {
            Ok(output) if output.status.success() => Ok(isolation),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let last = said.lines().last().unwrap_or("it doesn't say why").to_owned();
                Err(format!("bubblewrap can't work here: {last}"))
            }
            Err(error) => Err(format!("bubblewrap can't be started: {error}")),
        }
    }

    /// A command within bubblewrap that may read what lies below `base` and write what lies below `out`.
    pub(super) fn command(
        &self,
        base: &Path,
        out: Option<&Path>,
        program: &Path,
        arguments: &[OsString],
    ) -> Command {
        let [shell, first @ ..] = DEAF;
        let mut command = Command::new(shell);
        command.args(first).arg(&self.program).arg("--die-with-parent");
        command.args(["--unshare-pid", "--unshare-ipc", "--unshare-uts"]);
        match &self.mounts {
            Mounts::Host => {
                command.args(["--dev-bind", "/", "/", "--proc", "/proc"]);
            }
            Mounts::Paths(paths) => self.confine(&mut command, base, out, paths),
        }
        if let Some(out) = out {
            command.arg("--chdir").arg(out);
        }
        command.arg("--").args(HEARING).arg(program).args(arguments);
        command
    }

    fn confine(&self, command: &mut Command, base: &Path, out: Option<&Path>, paths: &[PathBuf]) {
        command.args(["--unshare-user-try", "--unshare-cgroup-try", "--hostname", "repx"]);
        if !self.network {
            command.arg("--unshare-net");
        }
        command.args(["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
        command.args(["--tmpfs", "/tmp"]);
        // They may lie below /tmp, of which nothing is to be seen otherwise.
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if base.is_symlink() && base.starts_with("/tmp") {
            command.arg("--symlink").arg(real(base)).arg(base);
        }
        let mut bind = |how: &str, path: &Path| {
            command.arg(how).args([real(path), real(path)]);
        };
        if base != Path::new("/") {
            bind("--ro-bind", base);
        }
        for path in paths {
            bind(if path.starts_with("/dev") { "--dev-bind" } else { "--bind" }, path);
        }
        if let Some(out) = out {
            bind("--bind", out);
        }
        command.env_clear();
        for (name, value) in [
            ("HOME", "/tmp"),
            ("TMPDIR", "/tmp"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("TERM", "dumb"),
        ] {
            command.env(name, value);
        }
        for name in ["LANG", "LC_ALL", "TZ"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
    }

    /// Paths that are to be mounted and aren't there.
    ///
    /// # Errors
    /// The first of them.
    pub fn check(mounts: &Mounts) -> io::Result<()> {
        let Mounts::Paths(paths) = mounts else { return Ok(()) };
        paths.iter().try_for_each(|path| {
            path.metadata().map(drop).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })
        })
    }
}
