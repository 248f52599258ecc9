//! What no option says is said by variables, then by `config.toml` of the lab, then by that of the user.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::fs;
use std::path::Path;

use support::program::{Ran, copy, repx, run};
use support::repository;

/// An example's lab, beside a directory for a user's configuration.
struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let root = tempfile::tempdir().expect("a temporary directory");
        copy(&repository("examples").join("simple/nix"), &root.path().join("lab/nix"));
        fs::create_dir_all(root.path().join("user/repx")).expect("a directory");
        Place { root }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join(name)
    }

    /// A call beside the lab, with these variables.
    fn call(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = repx(self.root.path());
        command.env("XDG_CONFIG_HOME", self.path("user")).env("HOME", "/home/u");
        for name in ["LAB", "BASE_PATH", "JOBS", "FORMAT", "COLOR", "LOG"] {
            command.env_remove(format!("REPX_{name}"));
        }
        run(command.args(arguments).envs(variables.iter().copied()))
    }

    fn text(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let ran = self.call(arguments, variables);
        assert_eq!(ran.code, Some(0), "{arguments:?} {variables:?} {}", ran.stderr);
        String::from_utf8(ran.stdout).expect("UTF-8")
    }
}

fn base_path(file: &Path, path: &str) {
    let text = format!("[targets.local]\nbase_path = \"{path}\"\n");
    fs::write(file, text).expect("a file to write");
}

#[test]
fn results_are_kept_where_the_nearest_word_says() {
    let place = Place::new();
    let kept = |variables: &[(&str, &str)], options: &[&str]| {
        let call = ["list", "jobs", "analysis", "--output-paths", "--lab", "lab"];
        let listed = place.text(&[&call, options].concat(), variables);
        let path = listed.split_whitespace().find(|word| word.contains("/outputs/"));
        let path = path.unwrap_or_else(|| panic!("no path in {listed}")).to_owned();
        let root = format!("{}/", place.root.path().display());
        path.trim_start_matches(&root).split("/outputs/").next().unwrap_or_default().to_owned()
    };
    assert_eq!(kept(&[], &[]), "lab/.repx");
    base_path(&place.path("user/repx/config.toml"), "~/kept");
    assert_eq!(kept(&[], &[]), "/home/u/kept");
    base_path(&place.path("lab/config.toml"), "here");
    assert_eq!(kept(&[], &[]), "lab/here");
    let variable = [("REPX_BASE_PATH", "/by/variable")];
    assert_eq!(kept(&variable, &[]), "/by/variable");
    assert_eq!(kept(&variable, &["--base-path", "/by/option"]), "/by/option");
    // All commands mean the same place.
    base_path(&place.path("lab/config.toml"), "there");
    place.text(&["run", "--lab", "lab", "-q"], &[]);
    assert!(place.path("lab/there/outputs").is_dir() && !place.path("lab/.repx").exists());
    let done = place.text(&["eval", "lab", "--run", "analysis"], &[]);
    assert!(done.contains("done") && !done.contains("pending"), "{done}");
    place.text(&["show", "job", "report", "--lab", "lab"], &[]);
    place.text(&["log", "report", "--lab", "lab"], &[]);
    // A file that is wrong is told of, whatever is asked.
    fs::write(place.path("lab/config.toml"), "[targets.local]\nbase_path = 3\n").expect("a file");
    for call in [["eval", "lab"], ["run", "lab"], ["list", "jobs"]] {
        let ran = place.call(&call, &[("REPX_LAB", "lab")]);
        assert_eq!(ran.code, Some(2), "{call:?} {}", ran.stderr);
        assert!(ran.stderr.contains("lab/config.toml:2"), "{}", ran.stderr);
    }
    // What only another target says isn't done in silence: an empty path would be the lab's directory.
    base_path(&place.path("lab/config.toml"), "");
    let ran = place.call(&["run", "--lab", "lab", "-n"], &[]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("an empty path for `base_path`"),
        "{}",
        ran.stderr
    );
    fs::remove_file(place.path("user/repx/config.toml")).expect("it is there");
    let far = "[targets.far]\naddress = \"me@there\"\nbase_path = \"/scratch\"\n";
    fs::write(place.path("lab/config.toml"), far).expect("a file");
    let run = ["run", "--lab", "lab", "-n"];
    let ran = place.call(&run, &[]);
    assert!(ran.code == Some(0) && ran.stderr.contains("kept in .repx"), "{}", ran.stderr);
    assert_eq!(place.call(&[&run[..], &["--base-path", "b"]].concat(), &[]).stderr, "");
    assert_eq!(place.call(&["list", "jobs", "--lab", "lab"], &[]).stderr, "");
    let file = ["list", "jobs", "--lab", "lab", "--base-path", "lab/config.toml"];
    for call in [&file[..], &["run", "-n", "--lab", "lab", "--base-path", "lab/config.toml"]] {
        let ran = place.call(call, &[]);
        assert!(
            ran.code == Some(2) && ran.stderr.contains("lab/config.toml: it is a file"),
            "{call:?}"
        );
    }
    // What nothing reads is said once.
    fs::write(place.path("lab/config.toml"), "colour = 3\n").expect("a file");
    for call in [&["list", "jobs"][..], &["log", "report"], &["show", "output", "report"]] {
        let told = place.call(&[call, &["--lab", "lab"]].concat(), &[]).stderr;
        assert_eq!(told.matches("no key `colour`").count(), 1, "{call:?} {told}");
    }
    fs::write(place.path("lab/config.toml"), format!("submission_target = \"far\"\n{far}"))
        .expect("a file");
    let ran = place.call(&run, &[]);
    assert!(ran.code == Some(0) && ran.stderr.contains("not on target `far`"), "{}", ran.stderr);
}

/// A directory that is a lab and no name of the lab at hand is named as such, wherever the latter comes from.
#[test]
fn a_word_that_is_a_lab() {
    let place = Place::new();
    copy(&repository("examples").join("sweep/nix"), &place.path("other/nix"));
    copy(&repository("examples").join("sweep/nix"), &place.path("analysis/nix"));
    let run = |names: &[&str]| {
        let call = [&["run", "-n", "--base-path", "b"], names].concat();
        place.call(&call, &[("REPX_LAB", "lab")])
    };
    let said = |names: &[&str]| String::from_utf8(run(names).stdout).expect("UTF-8");
    assert!(said(&["other"]).contains("75 jobs"));
    assert!(said(&["other", "sweep"]).contains("75 jobs"));
    assert!(said(&["analysis"]).contains("13 jobs"), "a run's name is nearer");
    assert!(said(&["./analysis"]).contains("75 jobs"));
    assert!(run(&["other", "simulation"]).stderr.contains("no run `simulation`"));
    assert!(run(&["simulation", "other"]).stderr.contains("no run `other`"));
    // What can be no name is no name of a run that isn't there.
    assert!(run(&["none/lab"]).stderr.contains("'none/lab' doesn't exist"));
    fs::create_dir(place.path("flake")).expect("a directory");
    fs::write(place.path("flake/flake.nix"), "{ outputs = _: { }; }").expect("a flake");
    let ran = run(&["flake#paper"]);
    assert!(ran.stderr.contains("this flake has no output"), "{}", ran.stderr);
    // Without the variable it is the same.
    copy(&place.path("lab/nix"), &place.path("nix"));
    let said =
        |names: &[&str]| place.text(&[&["run", "-n", "--base-path", "b"], names].concat(), &[]);
    assert!(said(&["other"]).contains("75 jobs") && said(&["analysis"]).contains("13 jobs"));
}

#[test]
fn the_lab_by_a_variable() {
    let place = Place::new();
    let variable = [("REPX_LAB", "lab")];
    for call in [&["eval"][..], &["list"], &["list", "runs"], &["run", "-n"], &["viz"]] {
        let said = place.text(call, &variable);
        assert!(said.contains("simulation") || said.contains("13 jobs would run"), "{said}");
    }
    // What a call names counts: an argument, an option, the first name of `repx run`.
    let other = repository("examples").join("sweep");
    let other = other.to_str().expect("UTF-8");
    for call in [&["eval", other][..], &["eval", "--lab", other], &["list", "--lab", other]] {
        assert!(place.text(call, &variable).contains("75 jobs") || call[0] == "list");
        assert!(!place.text(call, &variable).contains("simulation"), "{call:?}");
    }
    assert!(place.text(&["run", other, "-n", "--base-path", "b"], &variable).contains("75 jobs"));
    let ran = place.call(&["eval"], &[("REPX_LAB", "nowhere")]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("REPX_LAB is `nowhere`"), "{}", ran.stderr);
    for call in [
        &["eval", "lab"][..],
        &["eval", "--lab", "lab"],
        &["list", "--lab", "lab"],
        &["run", "./lab", "-n"],
    ] {
        assert_eq!(place.call(call, &[("REPX_LAB", "nowhere")]).code, Some(0), "{call:?}");
    }
    assert_eq!(place.call(&["schema"], &[("REPX_LAB", "nowhere")]).code, Some(0));
}

#[test]
fn how_to_print_by_variables() {
    let place = Place::new();
    let json = [("REPX_FORMAT", "json")];
    assert!(place.text(&["eval", "lab"], &json).starts_with('{'));
    assert!(place.text(&["eval", "lab", "--format", "table"], &json).starts_with("lab "));
    // It is at odds with no option, and says nothing where the name of a file does.
    let run = ["run", "--lab", "lab", "-q"];
    assert!(place.text(&run, &json).starts_with('{'));
    let report = place.text(&["list", "jobs", "analysis", "--lab", "lab"], &json);
    let id = report.split("\"id\": \"").nth(1).or(report.split("\"id\":\"").nth(1));
    let id = &id.expect("a job")[..8];
    place.text(&["log", "-f", id, "--lab", "lab"], &json);
    assert!(place.text(&["viz", "--lab", "lab"], &json).starts_with('{'));
    place.text(&["viz", "--lab", "lab", "-o", "lab.dot"], &json);
    let drawn = fs::read_to_string(place.path("lab.dot")).expect("a picture");
    assert!(drawn.starts_with("digraph"), "{drawn}");
    let colors = [("REPX_COLOR", "always")];
    assert!(place.text(&["eval", "lab"], &colors).contains('\x1b'));
    assert!(!place.text(&["eval", "lab", "--color", "never"], &colors).contains('\x1b'));
    let says = |options: &[&str], variables: &[(&str, &str)]| {
        let ran = place.call(&[&["eval", "lab"], options].concat(), variables);
        ran.stderr.contains("13 jobs in")
    };
    assert!(says(&[], &[("REPX_LOG", "verbose")]) && !says(&[], &[]));
    assert!(!says(&["-q"], &[("REPX_LOG", "verbose")]));
    assert!(says(&["-v"], &[("REPX_LOG", "quiet")]));
    for (name, value) in [("FORMAT", "jsno"), ("COLOR", "blue"), ("LOG", "loud"), ("JOBS", "0")] {
        let name = format!("REPX_{name}");
        let ran = place.call(&["run", "--lab", "lab", "-n"], &[(&name, value)]);
        assert_eq!((ran.code, ran.stdout.is_empty()), (Some(2), true), "{name}");
        assert!(ran.stderr.contains(&format!("{name} is `{value}`")), "{}", ran.stderr);
    }
    assert_eq!(place.call(&["run", "--lab", "lab", "-n"], &[("REPX_JOBS", "2")]).code, Some(0));
}
