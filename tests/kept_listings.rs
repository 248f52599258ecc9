//! Listings from the cache are those that evaluating would give, whatever happened in between.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // what a machine doesn't allow is said

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

/// A lab and a place for the cache.
struct Place {
    root: tempfile::TempDir,
}

const LAB: &str = r#"
{ pkgs, repx-lib, gitHash, extra ? "none", ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = builtins.trace "the lab says this" (builtins.readFile ./version);
  runs.main = repx-lib.callRun ./run.nix [ ];
}
"#;

const RUN: &str = r#"
{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ./pipeline.nix ];
  params = {
    seed = [ 1 2 ];
    file = repx-lib.utils.files ./data;
  };
}
"#;

const PIPELINE: &str = r#"
{ repx }: rec {
  gen = repx.callStage ./gen.nix [ ];
}
"#;

const GEN: &str = r#"
{ pkgs }:
{
  pname = "gen";
  params = { seed = 0; file = ""; };
  outputs.numbers = "$out/AAAA.txt";
  runDependencies = [ pkgs.a-package-that-nobody-knows ];
  run = { outputs, params, ... }: ''
    echo ${params.seed} ${params.file} ${builtins.getEnv "KEPT_LISTINGS"} \
      ${if builtins.pathExists ./marker then "marked" else "plain"} > ${outputs.numbers}
  '';
}
"#;

/// How a listing came about, as `--explain-cache` tells it.
const SAME: &str = "nothing has changed";
const CHANGED: &str = "something has changed";
const ABSENT: &str = "nothing kept for this call";
const DAMAGED: &str = "what was kept can't be read";

impl Place {
    fn new() -> Place {
        let place = Place { root: tempfile::tempdir().unwrap() };
        for (name, text) in [
            ("lab.nix", LAB),
            ("run.nix", RUN),
            ("pipeline.nix", PIPELINE),
            ("gen.nix", GEN),
            ("version", "1.0"),
            ("data/a", "a"),
            ("data/b", "b"),
        ] {
            place.write(name, text);
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join("lab").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
        command.args(["eval", "lab", "--format", "json", "--threads", "1"]).args(arguments);
        command.current_dir(&self.root).env_remove("REPX_NO_CACHE").env_remove("NIX_PATH");
        command.env("REPX_CACHE_DIR", self.cache());
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("repx runs")
    }

    /// The listing; how it came about must be told in these words.
    fn listing(&self, how: &str, arguments: &[&str]) -> String {
        let output = self.output(&[arguments, &["--explain-cache"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(said.contains(how), "expected `{how}`:\n{said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What evaluating gives.
    fn truth(&self, arguments: &[&str]) -> String {
        let output = self.output(&[arguments, &["--no-cache"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is kept of listings.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache().join("evaluations")).into_iter().flatten();
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths
    }

    /// Lists twice after something was done to the lab: the first time anew, then from the cache.
    #[track_caller]
    fn sees(&self, what: &str, arguments: &[&str]) {
        let truth = self.truth(arguments);
        assert_eq!(self.listing(CHANGED, arguments), truth, "{what}");
        assert_eq!(self.listing(SAME, arguments), truth, "{what}, again");
    }
}

fn set_modified(path: &Path, time: SystemTime) {
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[test]
fn the_second_time_says_what_the_first_said() {
    let place = Place::new();
    let first = place.output(&[]);
    let second = place.output(&[]);
    assert!(first.status.success());
    assert_eq!(first, second);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("trace: the lab says this"), "{said}");
    assert!(said.contains("a-package-that-nobody-knows") && said.contains("gen.nix:7:"), "{said}");
    assert_eq!(place.listing(SAME, &[]), place.truth(&[]));
    for format in ["table", "ndjson"] {
        let shown = |extra: &[&str]| {
            let arguments = ["--format", format, "--color", "always"];
            let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
            command.args(["eval", "lab"]).args(arguments).args(extra).current_dir(&place.root);
            command.env("REPX_CACHE_DIR", place.cache()).output().unwrap()
        };
        assert_eq!(shown(&[]), shown(&["--no-cache"]), "{format}");
    }
    // What is filtered is no matter of the cache.
    let filter = &["--param", "seed=2", "--stage", "gen"];
    assert_eq!(place.listing(SAME, filter), place.truth(filter));
}

#[test]
fn every_kind_of_edit_is_seen() {
    let place = Place::new();
    place.listing(ABSENT, &[]);
    place.write("gen.nix", &GEN.replace("AAAA", "BBBBB"));
    place.sees("a stage", &[]);
    place.write("version", "2.0");
    place.sees("a file that is read", &[]);
    place.write("data/c", "c");
    place.sees("a new entry", &[]);
    place.write("data/c", "d");
    place.sees("the content of an entry", &[]);
    std::fs::set_permissions(place.path("data/c"), PermissionsExt::from_mode(0o755)).unwrap();
    place.sees("whether it is executable", &[]);
    std::fs::remove_file(place.path("data/c")).unwrap();
    place.sees("an entry that is gone", &[]);
    std::os::unix::fs::symlink("a", place.path("data/c")).unwrap();
    place.listing(CHANGED, &[]);
    std::fs::remove_file(place.path("data/c")).unwrap();
    place.sees("a link that is gone", &[]);
    place.write("marker", "");
    place.sees("a file that was looked for", &[]);
    std::fs::rename(place.path("data"), place.path("data.old")).unwrap();
    place.write("data/x", "x");
    place.sees("another directory in the place of one", &[]);
    std::fs::remove_dir_all(place.path("data")).unwrap();
    std::os::unix::fs::symlink("data.old", place.path("data")).unwrap();
    let (new, truth) = (place.output(&[]), place.output(&["--no-cache"]));
    assert_eq!((new.stdout, new.status), (truth.stdout, truth.status), "a link to a directory");
}

#[test]
fn what_a_call_says_is_part_of_it() {
    let place = Place::new();
    place.listing(ABSENT, &[]);
    let arguments: &[&[&str]] = &[
        &["--argstr", "extra", "a"],
        &["--arg", "extra", "1"],
        &["--arg", "extra", "2"],
        &["-I", "x=/nonexistent"],
        &["--pkgs", "host"],
        &["--no-ifd"],
    ];
    for arguments in arguments {
        let how = if arguments.contains(&"host") { SAME } else { ABSENT };
        assert_eq!(place.listing(how, arguments), place.truth(arguments), "{arguments:?}");
        place.listing(SAME, arguments);
    }
    place.listing(SAME, &[]);
    let with = |value: &str| {
        let mut command = place.command(&["--explain-cache"]);
        let output = command.env("KEPT_LISTINGS", value).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let (first, said) = with("one");
    assert!(said.contains("changed: environment variable KEPT_LISTINGS"), "{said}");
    assert!(with("one").1.contains(SAME));
    assert_ne!(with("two").0, first);
    assert_eq!(with("one").0, first);
}

#[test]
fn an_edit_of_the_same_size_in_the_same_second_is_seen() {
    let place = Place::new();
    let time = SystemTime::now() - Duration::from_secs(100);
    for round in 0..8 {
        let text = GEN.replace("AAAA", &format!("{:04}", round % 3));
        place.write("gen.nix", &text);
        if round % 2 == 0 {
            set_modified(&place.path("gen.nix"), time);
        }
        let listing = place.output(&[]).stdout;
        assert!(String::from_utf8_lossy(&listing).contains(&format!("{:04}.txt", round % 3)));
    }
    // Once nothing was changed for a while, times are relied on; still this is seen.
    std::thread::sleep(Duration::from_millis(3200));
    place.listing(SAME, &[]);
    assert!(!place.output(&["--explain-cache"]).stderr.is_empty());
    let said = place.output(&["--explain-cache"]).stderr;
    assert!(!String::from_utf8_lossy(&said).contains("compared by content"), "all is settled");
    place.write("gen.nix", &GEN.replace("AAAA", "ZZZZ"));
    set_modified(&place.path("gen.nix"), time);
    assert!(place.listing(CHANGED, &[]).contains("ZZZZ.txt"));
    // The same content anew is no change.
    place.write("gen.nix", &GEN.replace("AAAA", "ZZZZ"));
    assert!(place.listing(SAME, &[]).contains("ZZZZ.txt"));
    // Times from the future say nothing.
    let future = SystemTime::now() + Duration::from_secs(1000);
    for name in ["YYYY", "XXXX", "YYYY"] {
        place.write("gen.nix", &GEN.replace("AAAA", name));
        set_modified(&place.path("gen.nix"), future);
        assert!(place.listing(CHANGED, &[]).contains(&format!("{name}.txt")));
        assert!(place.listing(SAME, &[]).contains(&format!("{name}.txt")));
    }
}

#[test]
fn damage_is_never_seen() {
    let place = Place::new();
    let truth = place.listing(ABSENT, &[]);
    let kept = place.kept();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let sound: Vec<Vec<u8>> = kept.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let restore = || {
        for path in place.kept() {
            std::fs::remove_file(path).unwrap();
        }
        kept.iter().zip(&sound).for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    };
    let attempt = |path: &Path, bytes: &[u8], what: &str| {
        restore();
        std::fs::write(path, bytes).unwrap();
        assert_eq!(place.listing(DAMAGED, &[]), truth, "{what}");
        assert_eq!(place.listing(SAME, &[]), truth, "{what}, mended");
    };
    for (path, bytes) in kept.iter().zip(&sound) {
        for at in (0..bytes.len()).step_by(bytes.len() / 10) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            attempt(path, &flipped, &format!("a bit of byte {at} of {}", path.display()));
            attempt(path, &bytes[..at], &format!("{} cut to {at}", path.display()));
        }
        attempt(path, &[bytes.as_slice(), b"x"].concat(), "a byte too many");
        restore();
        std::fs::remove_file(path).unwrap();
        std::fs::create_dir(path).unwrap();
        let output = place.output(&[]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), truth, "a directory in its place");
        std::fs::remove_dir(path).unwrap();
    }
    // Files of another version: their beginning says so, and so does their key.
    let reads = kept.iter().zip(&sound).find(|(path, _)| path.ends_with_reads()).unwrap();
    let mut other = reads.1.clone();
    other[7] += 1;
    attempt(reads.0, &other, "another version");
    // What is kept for another call, under the name of this one.
    place.listing(ABSENT, &["--argstr", "extra", "a"]);
    let foreign = place.kept().into_iter().find(|p| p.ends_with_reads() && !kept.contains(p));
    let foreign = std::fs::read(foreign.unwrap()).unwrap();
    attempt(reads.0, &foreign, "another call's");
}

trait EndsWithReads {
    fn ends_with_reads(&self) -> bool;
}

impl EndsWithReads for PathBuf {
    fn ends_with_reads(&self) -> bool {
        self.extension().is_some_and(|ending| ending == "reads")
    }
}

#[test]
fn a_value_that_is_gone_is_made_again() {
    let place = Place::new();
    let truth = place.listing(ABSENT, &[]);
    let value = place.kept().into_iter().find(|path| !path.ends_with_reads()).unwrap();
    std::fs::remove_file(value).unwrap();
    assert_eq!(place.listing(DAMAGED, &[]), truth);
    assert_eq!(place.listing(SAME, &[]), truth);
    assert_eq!(place.kept().len(), 2);
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_wrong() {
    let place = Place::new();
    let mut killed = 0;
    let begin = std::time::Instant::now();
    place.truth(&[]);
    let whole = begin.elapsed().as_micros() as u64;
    for round in 0..40_u64 {
        let name = format!("{round:04}");
        place.write("gen.nix", &GEN.replace("AAAA", &name));
        let mut child =
            place.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // At once, later and later, and when it should be done: it writes close to the end.
        std::thread::sleep(Duration::from_micros(whole * (round % 20) / 16));
        if child.kill().is_ok() && !child.wait().unwrap().success() {
            killed += 1;
        }
        if round % 4 == 3 {
            let listing = place.output(&[]).stdout;
            assert!(String::from_utf8_lossy(&listing).contains(&format!("{name}.txt")));
        }
    }
    assert_eq!(place.output(&[]).stdout, place.truth(&[]).into_bytes());
    println!("killed {killed} of 40");
    assert!(killed > 0, "none was killed in time");
}

#[test]
fn processes_at_the_same_time_are_all_right() {
    let place = Place::new();
    for round in 0..6 {
        let name = format!("{round:04}");
        place.write("gen.nix", &GEN.replace("AAAA", &name));
        let running: Vec<_> = (0..6)
            .map(|_| {
                place.command(&[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert!(String::from_utf8_lossy(&output.stdout).contains(&format!("{name}.txt")));
        }
        assert!(place.listing(SAME, &[]).contains(&format!("{name}.txt")));
    }
    assert_eq!(place.kept().len(), 2, "one wins");
}

#[test]
fn a_place_that_cannot_be_written_is_no_matter() {
    let place = Place::new();
    let truth = place.truth(&[]);
    let elsewhere = |cache: &Path| {
        let output = place.command(&[]).env("REPX_CACHE_DIR", cache).output().unwrap();
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), truth, "{}", cache.display());
    };
    let file = place.root.path().join("file");
    std::fs::write(&file, "a file").unwrap();
    elsewhere(&file);
    elsewhere(Path::new("/proc/self"));
    elsewhere(Path::new("/nonexistent/because/root/is/read-only/perhaps"));
    // One that was written, and can only be read any more: root needs more than permissions.
    place.listing(ABSENT, &[]);
    let cache = place.cache().join("evaluations");
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o555)).unwrap();
    assert_eq!(place.listing(SAME, &[]), truth);
    place.write("gen.nix", &GEN.replace("AAAA", "BBBB"));
    let edited = place.truth(&[]);
    for how in [CHANGED, ""] {
        assert_eq!(place.listing(how, &[]), edited);
    }
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o755)).unwrap();
    let mounted = format!(
        "mount --bind '{0}' '{0}' && mount -o remount,ro,bind '{0}' && \
         cd '{1}' && exec '{2}' eval lab --format json",
        place.cache().display(),
        place.root.path().display(),
        env!("CARGO_BIN_EXE_repx")
    );
    place.write("gen.nix", &GEN.replace("AAAA", "CCCC"));
    in_a_namespace(&place, &mounted, &place.truth(&[]));
}

/// Runs a script that mounts things, where that is allowed.
fn in_a_namespace(place: &Place, script: &str, expected: &str) {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", script]);
    command.env("REPX_CACHE_DIR", place.cache()).env_remove("REPX_NO_CACHE");
    match command.env_remove("NIX_PATH").output() {
        Ok(output) if output.status.success() => {
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        }
        other => println!("not tried, mounting is not allowed: {other:?}"),
    }
}

#[test]
fn a_full_disk_is_no_matter() {
    let place = Place::new();
    for (round, blocks) in [0, 1, 2, 3, 4, 8].into_iter().enumerate() {
        place.write("gen.nix", &GEN.replace("AAAA", &format!("{round:04}")));
        let truth = place.truth(&[]);
        // Files can't grow larger: writing fails in the middle, as on a full disk.
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec '{}' eval lab --format json",
            env!("CARGO_BIN_EXE_repx")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(&place.root).env_remove("NIX_PATH");
        command.env("REPX_CACHE_DIR", place.cache()).env_remove("REPX_NO_CACHE");
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), truth, "{blocks} blocks");
        let left = walkdir::WalkDir::new(place.cache()).into_iter().flatten();
        let left: Vec<_> =
            left.filter(|e| e.path().extension().is_some_and(|x| x == "tmp")).collect();
        assert!(left.is_empty(), "{left:?}");
        assert_eq!(place.output(&[]).stdout, truth.into_bytes());
    }
    let place = Place::new();
    std::fs::create_dir(place.cache()).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=12k none '{}' && cd '{}' && '{2}' eval lab --format json >/dev/null && \
         exec '{2}' eval lab --format json",
        place.cache().display(),
        place.root.path().display(),
        env!("CARGO_BIN_EXE_repx")
    );
    in_a_namespace(&place, &script, &place.truth(&[]));
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let place = Place::new();
    std::fs::write(place.cache(), "a file").unwrap();
    let path = place.cache();
    let why = format!("not kept: cannot write to '{}': Not a directory", path.display());
    assert!(place.listing(&why, &[]).contains("AAAA"));
    place.listing(ABSENT, &[]);
}

#[test]
fn what_fails_is_not_kept() {
    let place = Place::new();
    let truth = place.listing(ABSENT, &[]);
    place.write("gen.nix", &GEN.replace("pname = \"gen\";", "pname = nam;"));
    let first = place.output(&[]);
    assert_eq!(first.status.code(), Some(2));
    assert_eq!(first, place.output(&[]));
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert!(said.contains("nam"), "{said}");
    place.write("gen.nix", GEN);
    assert_eq!(place.output(&[]).stdout, truth.into_bytes());
}

#[test]
fn what_depends_on_the_time_is_not_kept() {
    let place = Place::new();
    place.write(
        "gen.nix",
        &GEN.replace("params.seed}", "params.seed} ${toString builtins.currentTime}"),
    );
    for _ in 0..2 {
        place.listing(ABSENT, &[]);
        let output = place.output(&["-v"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("this listing is not kept in the cache: it depends on the time"),
            "{said}"
        );
    }
    assert_eq!(place.kept().len(), 0);
    place.write("gen.nix", GEN);
    place.listing(ABSENT, &[]);
    place.listing(SAME, &[]);
}

#[test]
fn it_is_used_only_if_wanted() {
    let place = Place::new();
    assert!(
        place.listing("cache: not used; the lab was evaluated", &["--no-cache"]).contains("AAAA")
    );
    assert!(!place.cache().exists());
    place.listing("cache: not looked at for a listing, to count jobs; the lab was", &["--count"]);
    place.listing("not looked at, as asked for", &["--refresh"]);
    place.listing(SAME, &[]);
    place.listing("kept for the next time", &["--refresh"]);
    let said = place.output(&["--explain-cache", "-v"]).stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    let file = place.path("gen.nix");
    assert!(said.contains(&format!("{}: what is there, content", file.display())), "{said}");
    assert!(said.contains("environment variable: KEPT_LISTINGS"), "{said}");
    place.write("gen.nix", &GEN.replace("AAAA", "BBBB"));
    let said = place.output(&["--explain-cache"]).stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains(&format!("changed: {} (content)", file.display())), "{said}");
    assert!(said.contains("reused in lowered form: "), "{said}");
}

#[test]
fn states_are_read_each_time() {
    let place = Place::new();
    let listing = place.listing(ABSENT, &[]);
    let json: serde_json::Value = serde_json::from_str(&listing).unwrap();
    let name = json["jobs"][0]["name"].as_str().unwrap();
    place.write(&format!(".repx/outputs/{name}/out/x"), "");
    place.write(&format!(".repx/outputs/{name}/repx/SUCCESS"), "");
    let listing = place.listing(SAME, &[]);
    let json: serde_json::Value = serde_json::from_str(&listing).unwrap();
    assert_eq!(json["jobs"][0]["status"], "done");
}

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(arguments);
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "t")
            .env(format!("GIT_{role}_EMAIL"), "t@example.org");
    }
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn commits_are_seen() {
    let place = Place::new();
    let lab = place.path("");
    git(&lab, &["init", "-q", "-b", "main"]);
    let no_commit = place.listing(ABSENT, &[]);
    git(&lab, &["add", "-A"]);
    assert_eq!(place.listing(SAME, &[]), no_commit, "the commit is the same");
    git(&lab, &["commit", "-q", "-m", "one"]);
    place.sees("the first commit", &[]);
    git(&lab, &["commit", "-q", "--allow-empty", "-m", "two"]);
    place.sees("a commit", &[]);
    git(&lab, &["checkout", "-q", "--detach", "HEAD~1"]);
    place.sees("another commit", &[]);
    git(&lab, &["checkout", "-q", "main"]);
    git(&lab, &["pack-refs", "--all"]);
    place.sees("where it is noted", &[]);
}

/// A flake whose lab tells the state of its checkout.
const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
  inputs.repx.url = "github:repx-org/repx";
  outputs = { self, nixpkgs, repx, ... }:
    let
      lab = import ./lab.nix {
        pkgs = import nixpkgs { system = "x86_64-linux"; };
        repx-lib = repx.lib;
        gitHash = "${self.rev or self.dirtyRev or "none"} ${self.narHash} ${toString self.lastModified}";
      };
    in
    { packages.x86_64-linux.default = lab.lab; };
}"#;

#[test]
fn the_state_of_a_flake_s_checkout_is_seen() {
    let place = Place::new();
    place.write("flake.nix", FLAKE);
    let host = &["--pkgs", "host"];
    let lab = place.path("");
    git(&lab, &["init", "-q", "-b", "main"]);
    git(&lab, &["add", "-A"]);
    git(&lab, &["commit", "-q", "-m", "one"]);
    place.listing(ABSENT, host);
    place.listing(SAME, host);
    place.write("data/untracked", "x");
    place.sees("a file that Git doesn't know", host);
    git(&lab, &["add", "data/untracked"]);
    place.sees("a new file", host);
    git(&lab, &["commit", "-q", "-m", "two"]);
    place.sees("a clean state", host);
    place.write("data/a", "edited");
    place.sees("a dirty state", host);
    place.write("data/a", "a");
    place.sees("clean again", host);
    std::fs::set_permissions(place.path("data/a"), PermissionsExt::from_mode(0o755)).unwrap();
    place.sees("a mode", host);
    std::fs::set_permissions(place.path("data/a"), PermissionsExt::from_mode(0o644)).unwrap();
    place.sees("the mode again", host);
    std::fs::remove_file(place.path("version")).unwrap();
    std::fs::write(place.path("version"), "1.0").unwrap();
    place.listing(SAME, host);
    git(&lab, &["commit", "-q", "--allow-empty", "-m", "three"]);
    place.sees("a commit", host);
}

#[test]
fn all_labs_are_listed_alike() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cache = tempfile::tempdir().unwrap();
    let mut labs = 0;
    for folder in ["corpus/labs", "examples"] {
        for entry in std::fs::read_dir(repository.join(folder)).unwrap().flatten() {
            if !entry.path().is_dir() {
                continue;
            }
            labs += 1;
            let list = |arguments: &[&str]| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
                command.args(["eval", "--format", "json"]).arg(entry.path()).args(arguments);
                command.env_remove("REPX_NO_CACHE").env_remove("NIX_PATH");
                command.env("REPX_CACHE_DIR", cache.path()).output().unwrap()
            };
            let (first, second, truth) = (list(&[]), list(&[]), list(&["--no-cache"]));
            assert_eq!(first, truth, "{:?}", entry.path());
            assert_eq!(second, truth, "{:?}, again", entry.path());
            let said = list(&["--explain-cache"]).stderr;
            assert!(String::from_utf8_lossy(&said).contains(SAME), "{:?}", entry.path());
        }
    }
    assert!(labs > 15, "{labs} labs");
}
