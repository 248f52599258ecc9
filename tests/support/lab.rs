//! Labs that are run, in directories of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::program::{Ran, repx, run_within};

/// Running takes longer than listing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

pub(crate) fn run(directory: &Path, args: &[&str]) -> Ran {
    let ran = run_within(repx(directory).arg("run").args(args), PATIENCE);
    assert!(!ran.hung, "{ran:?}");
    ran
}

pub(crate) fn stdout(ran: &Ran) -> String {
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

/// Fails unless a call ends with this status and says this in its results.
pub(crate) fn expect(ran: &Ran, code: i32, said: &str) {
    let text = stdout(ran);
    assert_eq!(ran.code, Some(code), "{text}\n{}", ran.stderr);
    assert!(text.contains(said) || ran.stderr.contains(said), "{said:?} isn't in\n{text}\n{ran:?}");
}

/// A lab of one run in a directory of its own.
pub(crate) struct Lab(pub(crate) tempfile::TempDir);

impl Lab {
    /// `stages` are attributes of the pipeline, each a stage as a set; `params` those of the run.
    pub(crate) fn new(params: &str, stages: &[(&str, &str, &str)]) -> Lab {
        let lab = Lab(tempfile::tempdir().expect("a temporary directory"));
        lab.write(params, stages);
        lab
    }

    pub(crate) fn write(&self, params: &str, stages: &[(&str, &str, &str)]) {
        let mut pipe = String::new();
        for (name, dependencies, stage) in stages {
            fs::write(self.path(&format!("{name}.nix")), stage).expect("a stage");
            pipe.push_str(&format!("  {name} = repx.callStage ./{name}.nix [ {dependencies} ];\n"));
        }
        let pipe = format!("{{ repx }}:\nrepx.mkPipe rec {{\n{pipe}}}\n");
        fs::write(self.path("pipe.nix"), pipe).expect("a pipeline");
        let run = format!(
            "{{ repx-lib, ... }}: {{ name = \"main\"; pipelines = [ ./pipe.nix ]; params = {{ {params} }}; }}"
        );
        fs::write(self.path("run.nix"), run).expect("a run");
        let lab = "{ pkgs, repx-lib, gitHash, ... }:\nrepx-lib.mkLab {\n  inherit pkgs repx-lib gitHash;\n  lab_version = \"1.0.0\";\n  runs = { main = repx-lib.callRun ./run.nix [ ]; };\n}\n";
        fs::write(self.path("lab.nix"), lab).expect("a lab");
    }

    /// Runs a script, to which the program is `$0`, that mounts things in the lab's directory. `None`: that isn't allowed.
    pub(crate) fn mounting(&self, script: &str) -> Option<Ran> {
        let mut command = Command::new("unshare");
        let program = env!("CARGO_BIN_EXE_repx");
        command.args(["--mount", "--map-root-user", "sh", "-c", script, program]);
        command.current_dir(self.0.path()).env("REPX_CACHE_DIR", self.path("cache"));
        let ran = run_within(&mut command, PATIENCE);
        if ran.stderr.starts_with("unshare:") || ran.stderr.starts_with("mount:") {
            println!("not tried, mounting is not allowed: {}", ran.stderr);
            return None;
        }
        Some(ran)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(self.0.path(), args)
    }

    /// Folders of jobs whose names have this in them.
    pub(crate) fn jobs(&self, name: &str) -> Vec<PathBuf> {
        let outputs = self.path(".repx/outputs");
        let Ok(entries) = fs::read_dir(outputs) else { return Vec::new() };
        let all = entries.map(|entry| entry.expect("an entry").path());
        let mut all: Vec<PathBuf> = all.filter(|path| super::name(path).contains(name)).collect();
        all.sort();
        all
    }

    /// Jobs that are done.
    pub(crate) fn done(&self) -> BTreeSet<String> {
        let done = self.jobs("").into_iter().filter(|job| job.join("repx/SUCCESS").exists());
        done.map(|job| super::name(&job)).collect()
    }

    /// How often each line stands in a file.
    pub(crate) fn lines(&self, name: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for line in fs::read_to_string(self.path(name)).unwrap_or_default().lines() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
        counts
    }
}

/// A stage without inputs, with one output, whose script is this.
pub(crate) fn stage(params: &str, script: &str) -> String {
    format!(
        "{{ pkgs }}: {{\n  pname = \"work\";\n  params = {{ {params} }};\n  outputs.x = \"$out/x\";\n  run = {{ outputs, params, ... }}: ''\n{script}\n  '';\n}}\n"
    )
}

pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
    !matches!(state, None | Some("Z" | "X"))
}

pub(crate) fn wait_for(what: impl Fn() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(begin.elapsed() < PATIENCE, "it never came true");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn start(lab: &Lab, args: &[&str]) -> Child {
    let mut command = repx(lab.0.path());
    command.arg("run").args(args).env("LOG", lab.path("log")).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts")
}

pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let status = Command::new("kill").args([name, &pid]).status().expect("kill runs");
    assert!(status.success());
}

pub(crate) fn child_is_over(child: &Child) -> bool {
    !is_alive(&child.id().to_string())
}

/// The same with `LOG` naming a file of the lab for its scripts to write to.
pub(crate) fn run_logged(lab: &Lab, args: &[&str]) -> Ran {
    let mut command = repx(lab.0.path());
    run_within(command.arg("run").args(args).env("LOG", lab.path("log")), PATIENCE)
}
