//! The built program, run with a watchdog.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes; what takes longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The cache that tests share, as a user's processes do.
pub(crate) const CACHE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/cache");

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Its exit status; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it said.
    pub(crate) stderr: String,
    /// The watchdog had to end it.
    pub(crate) hung: bool,
}

/// The program, in a directory, with an environment that holds nothing of this machine's user.
pub(crate) fn repx(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
    command.current_dir(directory);
    command.env("REPX_CACHE_DIR", CACHE);
    // No configuration of this machine's user.
    command.env("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/config"));
    for name in ["NIX_PATH", "NO_COLOR", "REPX_LOG", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Is a program that tests need installed? Where it isn't nothing of them is run, which is said, unless this
/// variable is `required` (as in `.ci/run`).
pub(crate) fn installed(program: &str, variable: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    let required = std::env::var_os(variable).is_some_and(|value| value == "required");
    assert!(there || !required, "`{program}` is not installed, and these tests need it");
    if !there {
        println!("not run: `{program}` is not installed");
    }
    there
}

/// Writes a file that may be run.
pub(crate) fn executable(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file to write");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(path, mode).expect("it is ours");
}

/// Runs the program with these arguments; it has to end.
pub(crate) fn call(directory: &Path, args: &[&str]) -> Ran {
    let ran = run(repx(directory).args(args));
    assert!(!ran.hung, "{ran:?}");
    ran
}

/// What it prints, where all is well.
pub(crate) fn text(directory: &Path, args: &[&str]) -> String {
    let ran = call(directory, args);
    assert_eq!(ran.code, Some(0), "{args:?} {}", ran.stderr);
    String::from_utf8(ran.stdout).expect("UTF-8")
}

/// Fails unless a call is refused with these words, and nothing printed.
pub(crate) fn refused(directory: &Path, args: &[&str], said: &str) {
    let ran = call(directory, args);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains(said) && ran.stdout.is_empty(), "{said:?}: {}", ran.stderr);
}

/// Runs a command to its end, or ends it after [`PATIENCE`].
pub(crate) fn run(command: &mut Command) -> Ran {
    run_within(command, PATIENCE)
}

/// The same, with a patience of one's own.
pub(crate) fn run_within(command: &mut Command, patience: Duration) -> Ran {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let (code, hung) = wait(&mut child, patience);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran {
        code,
        stdout: stdout.join().expect("reading doesn't panic"),
        stderr: text(stderr.join().expect("reading doesn't panic")),
        hung,
    }
}

/// Reads a pipe on a thread of its own, so that the program never waits for us.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        }
        bytes
    })
}

fn wait(child: &mut Child, patience: Duration) -> (Option<i32>, bool) {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return (status.code(), false);
        }
        if begin.elapsed() > patience {
            child.kill().expect("a child can be killed");
            child.wait().expect("a child can be waited for");
            return (None, true);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Copies a directory, links as links.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.expect("the directory can be walked");
        let target = to.join(entry.path().strip_prefix(from).expect("below it"));
        let kind = entry.file_type();
        if kind.is_dir() {
            std::fs::create_dir_all(&target).expect("a directory can be made");
        } else if kind.is_symlink() {
            let link = std::fs::read_link(entry.path()).expect("a link can be read");
            std::os::unix::fs::symlink(link, &target).expect("a link can be made");
        } else {
            std::fs::copy(entry.path(), &target).expect("a file can be copied");
        }
    }
}
