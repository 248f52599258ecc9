//! With a cache, however damaged or shared, everything is as without one.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A directory with files to evaluate and one for the cache.
struct Place {
    root: tempfile::TempDir,
}

const MAIN: &str = r#"
{ n ? 3 }:
let
  other = import ./other.nix { inherit n; };
  zeta = alpha + 1;
  alpha = other.value;
in
rec { inherit zeta alpha; sum = zeta + alpha; text = "${toString sum} of ${toString n}"; }
"#;

const OTHER: &str = r#"
# Long enough to be worth keeping.
{ n }: rec { value = builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i * factor) n); factor = 7; }
"#;

impl Place {
    fn new() -> Place {
        let place = Place { root: tempfile::tempdir().unwrap() };
        place.write("main.nix", MAIN);
        place.write("other.nix", OTHER);
        place
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.root.path().join(file), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
        command.args(["instantiate", "--eval", "--strict"]).args(arguments);
        command.current_dir(&self.root).env_remove("REPX_NO_CACHE").env_remove("NIX_PATH");
        command.env("REPX_CACHE_DIR", self.cache());
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("repx runs")
    }

    /// What evaluating the file prints; it must say nothing else.
    fn value(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    fn packs(&self) -> Vec<PathBuf> {
        let entries = walkdir::WalkDir::new(self.cache()).into_iter().flatten();
        let paths = entries.map(walkdir::DirEntry::into_path);
        paths.filter(|path| path.is_file()).collect()
    }
}

const ALL: &[&str] = &["-E", "import ./main.nix { }"];
const EXPECTED: &str = r#"{ alpha = 21; sum = 43; text = "43 of 3"; zeta = 22; }"#;

#[test]
fn the_second_time_is_as_the_first() {
    let place = Place::new();
    assert_eq!(place.value(ALL), EXPECTED);
    let [pack] = &*place.packs() else { panic!("one run leaves one file") };
    let kept = pack.metadata().unwrap().len();
    assert_eq!(place.value(ALL), EXPECTED);
    assert_eq!(place.value(&["-E", "(import ./main.nix { n = 2; }).sum"]), "15");
    // Where the first run was long ago, the second notes that the files haven't changed since.
    let added: u64 = place.packs().iter().map(|pack| pack.metadata().unwrap().len()).sum();
    assert!(added - kept < 300, "nothing was read anew");
}

#[test]
fn without_it_nothing_is_written() {
    let place = Place::new();
    assert_eq!(place.value(&[ALL, &["--no-cache"]].concat()), EXPECTED);
    let output = place.command(ALL).env("REPX_NO_CACHE", "1").output().unwrap();
    assert!(output.status.success());
    assert!(!place.cache().exists());
}

#[test]
fn an_edit_of_the_same_size_and_time_is_seen() {
    let place = Place::new();
    let time = std::time::SystemTime::now() - Duration::from_secs(100);
    let write = |factor: &str| {
        place.write("other.nix", &OTHER.replace('7', factor));
        let file = std::fs::File::options().write(true).open(place.root.path().join("other.nix"));
        file.unwrap().set_modified(time).unwrap();
    };
    for (factor, alpha) in [("1", 3), ("2", 6), ("1", 3), ("3", 9)] {
        write(factor);
        assert!(place.value(ALL).starts_with(&format!("{{ alpha = {alpha};")));
    }
}

#[test]
fn the_same_text_elsewhere_means_other_files() {
    let place = Place::new();
    assert_eq!(place.value(ALL), EXPECTED);
    std::fs::create_dir(place.root.path().join("sub")).unwrap();
    place.write("sub/main.nix", MAIN);
    place.write("sub/other.nix", "{ n }: { value = n; }\n");
    assert!(place.value(&["-E", "import ./sub/main.nix { }"]).starts_with("{ alpha = 3;"));
}

#[test]
fn errors_point_to_the_same_places() {
    let place = Place::new();
    place.write("other.nix", "{ n }: {\n  value = builtins.throw \"no ${toString n}\" 1;\n}\n");
    let first = place.output(&[ALL, &["--show-trace"]].concat());
    let second = place.output(&[ALL, &["--show-trace"]].concat());
    let without = place.output(&[ALL, &["--show-trace", "--no-cache"]].concat());
    assert!(!first.status.success());
    assert_eq!(first, second);
    assert_eq!(first, without);
    assert!(String::from_utf8_lossy(&first.stderr).contains("other.nix:2:"));
    place.write("other.nix", "{ n }: rec { value = self + 1; self = value; }\n");
    let first = place.output(ALL);
    assert_eq!(first, place.output(ALL), "an infinite recursion");
    place.write("other.nix", "{ n }: {\n  value = ;\n}\n");
    let first = place.output(ALL);
    assert!(!first.status.success());
    assert_eq!(first, place.output(ALL), "a syntax error");
}

#[test]
fn places_are_the_same() {
    let place = Place::new();
    let ask = "builtins.unsafeGetAttrPos \"value\" (import ./other.nix { n = 1; })";
    let first = place.value(&["-E", ask]);
    assert!(first.contains("line = 3;"), "{first}");
    assert_eq!(first, place.value(&["-E", ask]));
}

#[test]
fn damage_is_never_seen() {
    let place = Place::new();
    assert_eq!(place.value(ALL), EXPECTED);
    let pack = place.packs().remove(0);
    let sound = std::fs::read(&pack).unwrap();
    for at in (0..sound.len()).step_by(sound.len() / 12) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&pack, &damaged).unwrap();
        assert_eq!(place.value(ALL), EXPECTED, "byte {at}");
        std::fs::write(&pack, &sound[..at]).unwrap();
        assert_eq!(place.value(ALL), EXPECTED, "cut to {at}");
    }
    assert!(place.packs().len() <= 2, "what is damaged goes");
}

#[test]
fn a_place_that_cannot_be_written_is_no_matter() {
    let place = Place::new();
    std::fs::write(place.cache(), "a file").unwrap();
    assert_eq!(place.value(ALL), EXPECTED);
    assert_eq!(std::fs::read(place.cache()).unwrap(), b"a file");
    let homeless = || {
        let mut command = place.command(ALL);
        command.env_remove("REPX_CACHE_DIR").env_remove("XDG_CACHE_HOME");
        command
    };
    let mut commands = [homeless(), homeless()];
    commands[0].env_remove("HOME");
    commands[1].env("HOME", "/nonexistent/home");
    for command in &mut commands {
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
    }
}

#[test]
fn processes_at_the_same_time_are_all_right() {
    let place = Place::new();
    for _ in 0..3 {
        let running: Vec<_> = (0..6)
            .map(|n| {
                let mut command = place.command(ALL);
                command.stdout(std::process::Stdio::piped());
                let mut child = command.spawn().unwrap();
                if n % 3 == 2 {
                    std::thread::sleep(Duration::from_millis(n));
                    // It may have ended by now.
                    let _ = child.kill();
                }
                (n, child)
            })
            .collect();
        for (n, child) in running {
            let output = child.wait_with_output().unwrap();
            if n % 3 != 2 {
                assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), EXPECTED);
            }
        }
        assert_eq!(place.value(ALL), EXPECTED);
        let _ = std::fs::remove_dir_all(place.cache());
    }
}

#[test]
fn a_user_s_cache_lies_where_the_system_says() {
    let place = Place::new();
    let home = place.root.path().join("home");
    let run = |name: &str, value: &Path| {
        let mut command = place.command(ALL);
        command.env_remove("REPX_CACHE_DIR").env_remove("XDG_CACHE_HOME").env("HOME", &home);
        assert!(command.env(name, value).output().unwrap().status.success());
    };
    run("HOME", &home);
    assert!(home.join(".cache/repx").is_dir());
    run("XDG_CACHE_HOME", &home.join("xdg"));
    assert!(home.join("xdg/repx").is_dir());
}
