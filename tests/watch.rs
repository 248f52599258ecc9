//! `repx eval --watch` lists again whenever something that it asked for changes, and only then.
//!
//! A driver waits for what the program says; nothing is decided by how long that takes.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use support::program::{PATIENCE, copy, repx, run};

/// A copy of an example.
fn lab() -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a temporary directory");
    copy(&support::repository("examples/simple"), &root.path().join("lab"));
    root
}

/// As editors save: another file gets the name. So nobody meets it half-written.
fn edit(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("a file of the lab");
    assert!(text.contains(from), "{text}");
    save(file, &text.replace(from, to));
}

fn save(file: &Path, text: &str) {
    let new = file.with_extension("new");
    std::fs::write(&new, text).expect("the file can be written");
    std::fs::rename(new, file).expect("it gets its name");
}

/// The same in place, for texts of one length: they are written at once.
fn edit_in_place(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).expect("a file of the lab");
    assert!(text.contains(from) && from.len() == to.len(), "{text}");
    let mut file = std::fs::OpenOptions::new().write(true).open(file).expect("it can be opened");
    file.write_all(text.replace(from, to).as_bytes()).expect("the file can be written");
}

/// A running program.
struct Watching {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
    lab: PathBuf,
}

/// Lines, as they are printed.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

impl Watching {
    /// Starts and waits until files are watched.
    fn start(root: &Path, arguments: &[&str]) -> Watching {
        let mut command = repx(root);
        command.args(["eval", "lab", "--watch"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let out = lines(child.stdout.take().expect("a pipe"));
        let err = lines(child.stderr.take().expect("a pipe"));
        let watching = Watching { child, out, err, lab: root.join("lab") };
        watching.said("watching ");
        watching
    }

    fn ndjson(root: &Path) -> Watching {
        Watching::start(root, &["--format", "ndjson"])
    }

    /// Waits for a line on standard error.
    #[track_caller]
    fn said(&self, beginning: &str) -> String {
        loop {
            let line = self.err.recv_timeout(PATIENCE).expect("a line on standard error");
            if line.starts_with(beginning) {
                return line;
            }
        }
    }

    #[track_caller]
    fn line(&self) -> String {
        self.out.recv_timeout(PATIENCE).expect("a line")
    }

    #[track_caller]
    fn event(&self) -> Value {
        let event: Value = serde_json::from_str(&self.line()).expect("JSON");
        assert_eq!(event["schema"], "repx-watch/1");
        event
    }

    /// The numbers of the next event, which is a change: added, removed, changed, unchanged.
    #[track_caller]
    fn change(&self) -> [u64; 4] {
        let event = self.event();
        assert_eq!(event["event"], "changed", "{event}");
        numbers(&event)
    }

    /// Waits until there are so many jobs. What changes file by file may be met half-way.
    #[track_caller]
    fn until(&self, jobs: u64) -> Value {
        loop {
            let event = self.event();
            if event["event"] == "changed" {
                let [added, _, changed, unchanged] = numbers(&event);
                if added + changed + unchanged == jobs {
                    return event;
                }
            }
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.lab.join(file)
    }

    /// Asks it to end, and waits for that.
    #[track_caller]
    fn interrupted(mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        assert!(sent.success());
        // Both pipes end when the program does.
        self.said("interrupted");
        assert!(self.out.recv_timeout(PATIENCE).is_err());
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(130));
    }
}

/// Somebody who appends to a file without a pause.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    fn start(file: PathBuf) -> Writer {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let write = move || {
            let mut file = std::fs::OpenOptions::new().append(true).open(file).expect("a file");
            while !stopped.load(Ordering::Relaxed) {
                file.write_all(b"more\n").expect("it can be written");
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        Writer { stop, thread: Some(std::thread::spawn(write)) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn numbers(event: &Value) -> [u64; 4] {
    ["added", "removed", "changed", "unchanged"].map(|name| event[name].as_u64().expect("a number"))
}

#[test]
fn each_edit_is_an_event() {
    let root = lab();
    let watching = Watching::ndjson(root.path());
    let first = watching.event();
    assert_eq!((&first["event"], &first["jobs"]), (&"listed".into(), &13.into()));
    let runs = watching.path("nix/runs/simulation.nix");
    edit_in_place(&runs, "range 1 3", "range 1 4");
    let event = watching.event();
    assert_eq!((numbers(&event), &event["event"]), ([4, 0, 1, 12], &"changed".into()));
    assert_eq!(event["jobs"].as_array().map(Vec::len), Some(5));
    edit(&runs, "range 1 4", "range 1 2");
    assert_eq!(watching.change(), [0, 8, 1, 8]);
    // And again, the file being another one.
    edit_in_place(&runs, "range 1 2", "range 1 3");
    assert_eq!(watching.change(), [4, 0, 1, 8]);
    watching.interrupted();
}

#[test]
fn what_doesn_t_matter_is_no_event() {
    let root = lab();
    let watching = Watching::ndjson(root.path());
    watching.event();
    std::fs::write(watching.path("nix/notes.txt"), "beside the lab").unwrap();
    std::fs::create_dir_all(watching.path(".repx/outputs")).unwrap();
    std::fs::write(watching.path(".repx/outputs/x"), "a result").unwrap();
    let gen_file = watching.path("nix/stages/gen.nix");
    // Written anew, and the same.
    save(&gen_file, &std::fs::read_to_string(&gen_file).unwrap());
    edit(&gen_file, "16807", "16808");
    assert_eq!(watching.change(), [0, 0, 13, 0]);
    watching.interrupted();
}

#[test]
fn a_mistake_is_shown_and_watching_goes_on() {
    let root = lab();
    let watching = Watching::ndjson(root.path());
    watching.event();
    let runs = watching.path("nix/runs/simulation.nix");
    edit(&runs, "utils.range", "utils.rnge");
    let event = watching.event();
    assert_eq!(event["event"], "failed");
    assert!(event["diagnostics"][0]["message"].is_string(), "{event}");
    watching.said("watching goes on");
    edit(&runs, "utils.rnge", "utils.range");
    assert_eq!(watching.change(), [0, 0, 0, 13]);
    edit(&runs, "range 1 3", "range 1 4");
    assert_eq!(watching.change(), [4, 0, 1, 12]);
    watching.interrupted();
}

#[test]
fn a_lab_that_begins_with_a_mistake_is_listed_once_it_is_right() {
    let root = lab();
    let file = root.path().join("lab/nix/stages/gen.nix");
    std::fs::rename(&file, file.with_extension("away")).unwrap();
    let watching = Watching::ndjson(root.path());
    assert_eq!(watching.event()["event"], "failed");
    std::fs::rename(file.with_extension("away"), &file).unwrap();
    let event = watching.event();
    assert_eq!((&event["event"], &event["jobs"]), (&"listed".into(), &13.into()));
    watching.interrupted();
}

#[test]
fn what_was_looked_for_in_vain_is_watched() {
    let root = lab();
    let file = root.path().join("lab/nix/stages/gen.nix");
    let asks = "awk ${if builtins.pathExists ../far/off/marker then \"\" else \"--posix\"} -v";
    edit(&file, "awk -v", asks);
    let watching = Watching::ndjson(root.path());
    watching.event();
    std::fs::create_dir_all(watching.path("nix/far/off")).unwrap();
    std::fs::write(watching.path("nix/far/off/marker"), "").unwrap();
    assert_eq!(watching.change(), [0, 0, 13, 0]);
    std::fs::remove_dir_all(watching.path("nix/far")).unwrap();
    assert_eq!(watching.change(), [0, 0, 13, 0]);
    watching.interrupted();
}

#[test]
fn what_changes_all_the_time_is_listed_all_the_same() {
    let root = lab();
    let log = root.path().join("lab/nix/stages/log");
    std::fs::write(&log, "").unwrap();
    let reads = "awk ${builtins.substring 0 0 (builtins.readFile ./log)} -v";
    edit(&root.path().join("lab/nix/stages/gen.nix"), "awk -v", reads);
    let writer = Writer::start(log);
    let watching = Watching::ndjson(root.path());
    watching.event();
    edit(&watching.path("nix/runs/simulation.nix"), "range 1 3", "range 1 4");
    watching.until(17);
    edit(&watching.path("nix/runs/simulation.nix"), "range 1 4", "range 1 5");
    watching.until(21);
    drop(writer);
    // When it has come to rest, so does the watching.
    edit(&watching.path("nix/runs/simulation.nix"), "range 1 5", "range 1 6");
    watching.until(25);
    watching.interrupted();
}

#[test]
fn the_lab_may_go_and_come_back() {
    let root = lab();
    let watching = Watching::ndjson(root.path());
    watching.event();
    let away = root.path().join("away");
    std::fs::rename(&watching.lab, &away).unwrap();
    let event = watching.event();
    assert_eq!(event["event"], "failed");
    // Nothing more is said until there is more to say.
    edit(&away.join("nix/runs/simulation.nix"), "range 1 3", "range 1 4");
    std::fs::rename(&away, &watching.lab).unwrap();
    assert_eq!(watching.change(), [4, 0, 1, 12]);
    watching.interrupted();
}

#[test]
fn directories_may_go_and_come_back() {
    let root = lab();
    let watching = Watching::ndjson(root.path());
    watching.event();
    let (nix, away) = (watching.path("nix"), watching.path("away"));
    std::fs::rename(&nix, &away).unwrap();
    assert_eq!(watching.event()["event"], "failed");
    edit(&away.join("runs/simulation.nix"), "range 1 3", "range 1 4");
    copy(&away, &nix);
    watching.until(17);
    // The new directory is watched.
    edit(&watching.path("nix/runs/simulation.nix"), "range 1 4", "range 1 5");
    watching.until(21);
    std::fs::remove_dir_all(watching.path("nix/runs")).unwrap();
    copy(&away.join("runs"), &watching.path("nix/runs"));
    watching.until(17);
    watching.interrupted();
}

#[test]
fn a_checkout_of_another_branch() {
    let root = lab();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(root.path().join("lab")).env("GIT_CONFIG_GLOBAL", "/dev/null");
        git.args(["-c", "user.name=A", "-c", "user.email=a@b.c"]).args(arguments);
        assert!(git.output().expect("git runs").status.success());
    };
    git(&["init", "-qb", "main"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "first"]);
    git(&["checkout", "-qb", "other"]);
    edit(&root.path().join("lab/nix/runs/simulation.nix"), "range 1 3", "range 1 5");
    edit(&root.path().join("lab/nix/stages/gen.nix"), "16807", "16808");
    git(&["commit", "-qam", "second"]);
    let watching = Watching::ndjson(root.path());
    assert_eq!(watching.event()["jobs"], 21);
    git(&["checkout", "-q", "main"]);
    watching.until(13);
    git(&["checkout", "-q", "other"]);
    watching.until(21);
    watching.interrupted();
}

#[test]
fn people_see_what_changed() {
    let root = lab();
    let watching = Watching::start(root.path(), &[]);
    assert_eq!(watching.line(), "lab 1.0.0 · nix/lab.nix · 2 runs · 13 jobs");
    edit(&watching.path("nix/runs/simulation.nix"), "range 1 3", "range 1 4");
    let mut page = Vec::new();
    while page.last().is_none_or(|line: &String| !line.starts_with('~')) {
        page.push(watching.line());
    }
    let at = page.iter().position(|line| line.contains(" · listed in ")).expect("a heading");
    assert!(page[at].starts_with("lab/nix/runs/simulation.nix · listed in "), "{}", page[at]);
    assert_eq!(page[at + 1], "4 added · 1 changed · 12 unchanged");
    assert!(page.contains(&"gen: 2 added".to_owned()), "{page:?}");
    assert!(page.iter().all(|line| line.chars().count() <= 80), "{page:?}");
    watching.interrupted();
}

#[test]
fn one_object_is_refused() {
    let root = lab();
    let ran = run(repx(root.path()).args(["eval", "lab", "--watch", "--format", "json"]));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("use `--format ndjson`"), "{}", ran.stderr);
}
