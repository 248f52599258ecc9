//! `repx lsp` with a lab on a package set of nixpkgs' shape: what is known of the set is used as the command
//! line uses it, for labs that are wrong as well, and nothing is kept that was never saved.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // shared helpers report

mod support;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use support::lsp::{Client, uri};
use support::program::repx;

/// A lab, a package set, and a place for the cache.
struct Place {
    root: tempfile::TempDir,
}

const FILES: &[(&str, &str)] = &[
    (
        "set/default.nix",
        r#"{ ... }:
let
  make = args: derivation (args // { name = args.pname; system = "x"; builder = "/bin/sh"; }) // {
    meta.position = (builtins.unsafeGetAttrPos "pname" args).file;
    override = new: make (args // new);
  };
  self = {
    lib.last = list: builtins.elemAt list (builtins.length list - 1);
    jq = make { pname = "jq"; version = import ./version.nix; };
    bash = make { pname = "bash"; };
    tools = { awk = make { pname = "awk"; }; sed = make { pname = "sed"; }; };
    broken = throw "this package is broken";
    wrong = make { pname = "wrong"; version = abort "wrong"; };
    environment = f: make { pname = "env"; paths = f { inherit (self) jq; }; };
    asks = make { pname = "asks"; version = builtins.getEnv "ASKED"; };
  };
in
self
"#,
    ),
    ("set/version.nix", "\"8\"\n"),
    (
        "lab/lab.nix",
        "{ pkgs, repx-lib, ... }:\nrepx-lib.mkLab {\n  inherit pkgs repx-lib;\n  runs.main = repx-lib.callRun ./run.nix [ ];\n}\n",
    ),
    (
        "lab/run.nix",
        "{ ... }:\n{\n  name = \"main\";\n  pipelines = [ ./pipeline.nix ];\n  params.seed = [ 1 2 ];\n}\n",
    ),
    (
        "lab/pipeline.nix",
        "{ repx }:\nrepx.mkPipe rec {\n  gen = repx.callStage ./gen.nix [ ];\n}\n",
    ),
    (
        "lab/gen.nix",
        "{ pkgs }:\n{\n  pname = \"gen\";\n  params.seed = 0;\n  outputs.x = \"$out/x\";\n  runDependencies = [ pkgs.jq ];\n  run = { params, ... }: ''\n    echo ${pkgs.jq.version} ${toString params.seed}\n  '';\n}\n",
    ),
];

impl Place {
    fn new() -> Place {
        let place = Place { root: tempfile::tempdir().unwrap() };
        for (name, text) in FILES {
            let path = place.path(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn repx(&self, arguments: &[&str]) -> Command {
        let mut command = repx(self.root.path());
        command.args(arguments).args(["--pkgs", "set"]).env("REPX_CACHE_DIR", self.path("cache"));
        command.env_remove("REPX_NO_CACHE");
        command
    }

    /// A server that says what it does in a file.
    fn server(&self) -> Client {
        let mut command = self.repx(&["-v", "lsp"]);
        command.stderr(File::create(self.path("said")).unwrap());
        let mut client = Client::start_as(command);
        client.introduce(json!({ "workspace": { "inlayHint": { "refreshSupport": true } } }));
        client
    }

    /// The last thing that a server has said.
    fn said(&self) -> String {
        let said = std::fs::read_to_string(self.path("said")).unwrap();
        said.lines().last().unwrap_or_default().to_owned()
    }

    /// How many values of the set `repx eval` finds known.
    fn known(&self) -> usize {
        let output =
            self.repx(&["eval", "lab", "--explain-cache", "--format", "json"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let known = said.split_once("reused of the package set: ").map(|(_, rest)| rest);
        known.map_or(0, |rest| rest.split_once(' ').unwrap().0.parse().expect("a number"))
    }

    /// Errors that a check of the lab finds without the cache.
    fn errors(&self) -> BTreeSet<String> {
        let check = ["check", "lab", "--no-cache", "--no-shellcheck", "--format", "json"];
        let output = self.repx(&check).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found = report["findings"].as_array().unwrap().iter();
        let errors = found.filter(|one| one["severity"] == "error").map(|one| {
            let labels = one["labels"].as_array().unwrap();
            let place = labels.iter().find(|label| label["primary"] == true);
            let place = place.filter(|place| place["file"].is_string());
            // What has no place is told of the lab as a whole.
            let file = place.map_or("lab/lab.nix", |place| place["file"].as_str().unwrap());
            let at = |name| place.map_or(1, |place| place[name].as_u64().unwrap());
            let code = one["code"].as_str().unwrap();
            format!("{code} {file} {}:{}", at("line"), at("column"))
        });
        errors.collect()
    }

    /// The errors that a server has told of.
    fn told(&self, client: &mut Client) -> BTreeSet<String> {
        let mut told = BTreeSet::new();
        for (file, all) in client.told() {
            let file = file.strip_prefix(&uri(self.root.path())).unwrap().trim_start_matches('/');
            for one in all.iter().filter(|one| one["severity"] == 1) {
                let start = &one["range"]["start"];
                let at = |name| start[name].as_u64().unwrap() + 1;
                let code = one["code"].as_str().unwrap();
                told.insert(format!("{code} {file} {}:{}", at("line"), at("character")));
            }
        }
        told
    }
}

/// Waits until a lab was evaluated, and all that it tells has been told.
fn evaluated(client: &mut Client) {
    client.wait(|message| message["method"] == "workspace/inlayHint/refresh");
    let answer = client.asked("repx/nothing", Value::Null);
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}

#[test]
fn what_is_known_of_the_set_is_used_and_what_is_found_is_kept() {
    let place = Place::new();
    let mut client = place.server();
    let stage = place.path("lab/gen.nix");
    let text = client.open_file(&stage);
    evaluated(&mut client);
    assert!(place.said().contains("0 values were known"), "{}", place.said());
    // What the server has found the command line needn't look for, and the other way around.
    assert!(place.known() > 0);
    for (version, edited) in [(2, text.replace("[ pkgs.jq ]", "[ pkgs.jq ] ")), (3, text.clone())] {
        client.edit(&stage, version, json!([{ "text": edited }]));
        evaluated(&mut client);
        let said = place.said();
        assert!(said.contains(" 0 found, 0 evaluated"), "{said}");
    }
    let edited = text.replace("[ pkgs.jq ]", "[ pkgs.jq pkgs.bash ]");
    client.edit(&stage, 4, json!([{ "text": edited }]));
    evaluated(&mut client);
    assert!(!place.said().contains(" 0 found"), "{}", place.said());
    // The set itself is edited, on the disk.
    std::fs::write(place.path("set/version.nix"), "\"9\"\n").unwrap();
    client.edit(&stage, 5, json!([{ "text": text }]));
    evaluated(&mut client);
    assert!(place.said().contains("0 values were known"), "{}", place.said());
    assert_eq!(client.leave(), Some(0));
}

/// The position of a piece of a text.
fn position(text: &str, what: &str) -> Value {
    let offset = text.find(what).expect("it is there");
    let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    json!({ "line": text[..offset].matches('\n').count(), "character": offset - line })
}

#[test]
fn names_of_a_set_within_the_set_are_known_once_the_lab_looks_into_it() {
    let place = Place::new();
    let stage = place.path("lab/gen.nix");
    let text = std::fs::read_to_string(&stage).unwrap();
    let text = text.replace("[ pkgs.jq ]", "with pkgs.tools; [ awk pkgs.tools.sed ]");
    std::fs::write(&stage, &text).unwrap();
    let mut client = place.server();
    client.open_file(&stage);
    evaluated(&mut client);
    let document = json!({ "uri": uri(&stage) });
    for (word, said) in [("awk", "`awk` of `tools`"), ("sed ]", "`sed` of `tools`")] {
        let asked = json!({ "textDocument": document, "position": position(&text, word) });
        let hover = client.ask("textDocument/hover", asked);
        let hover = hover["contents"]["value"].as_str().unwrap_or_default();
        assert!(hover.contains(said), "{word}: {hover}");
    }
    let asked = json!({ "textDocument": document, "position": position(&text, "wk pkgs") });
    let offered = client.ask("textDocument/completion", asked).to_string();
    let awk = r#""detail":"package","kind":9,"label":"awk""#;
    assert!(offered.contains(awk), "{offered}");
    assert_eq!(client.leave(), Some(0));
}

/// What scripts are made of that is wrong, or must be asked of the set itself.
const WRONG: &[&str] = &[
    "pkgs.jqq",
    "pkgs.broken",
    "pkgs.wrong.version",
    "pkgs.jq.nothing",
    "pkgs.jq.override",
    "toString (pkgs.jq.override 1)",
    "toString (pkgs.environment (p: [ p.nothing ]))",
    "pkgs.jq.version + 1",
    "toString (1 + pkgs.jq)",
    "toString (pkgs // 1)",
    "pkgs.lib.last 1",
    "pkgs.jq pkgs.bash",
    "toString (builtins.head pkgs.jq.outputs + 1)",
    "if pkgs.jq then \"a\" else \"b\"",
    "assert pkgs.jq == pkgs.bash; \"a\"",
    "pkgs.jq.meta.position + 1",
    "builtins.trace pkgs.jq (throw \"a\")",
    "(builtins.unsafeGetAttrPos \"jq\" pkgs).line",
    "builtins.readFile pkgs.bash.drvPath + 1",
    "builtins.elemAt (builtins.attrValues pkgs) 99",
    "pkgs.asks.version + 1",
];

#[test]
fn labs_that_are_wrong_are_told_of_as_without_a_cache() {
    let place = Place::new();
    let mut client = place.server();
    let stage = place.path("lab/gen.nix");
    let text = client.open_file(&stage);
    evaluated(&mut client);
    let mut known = 0;
    // Once what is asked for is looked for, once it is known.
    for round in 0..2 {
        for (number, wrong) in WRONG.iter().enumerate() {
            let edited = text.replace("pkgs.jq.version", wrong);
            std::fs::write(&stage, &edited).unwrap();
            let version = (2 + round * WRONG.len() + number) as i32;
            client.edit(&stage, version, json!([{ "text": edited }]));
            evaluated(&mut client);
            let (told, errors) = (place.told(&mut client), place.errors());
            assert!(!errors.is_empty(), "{wrong} is fine");
            assert_eq!(told, errors, "{wrong}\n{}", place.said());
            known += usize::from(round == 1 && place.said().contains(" 0 found, 0 evaluated"));
        }
    }
    assert!(known >= 10, "only {known} were told of without evaluating anything of the set");
    assert_eq!(client.leave(), Some(0));
}

/// All that the files below a directory hold.
fn holds(directory: &Path, text: &str) -> bool {
    let files = walkdir::WalkDir::new(directory).into_iter().map(Result::unwrap);
    let mut files = files.filter(|entry| entry.file_type().is_file());
    files.any(|file| {
        let bytes = std::fs::read(file.path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn nothing_is_kept_of_what_was_never_saved() {
    let place = Place::new();
    let mut client = place.server();
    let (stage, version) = (place.path("lab/gen.nix"), place.path("set/version.nix"));
    let text = client.open_file(&stage);
    evaluated(&mut client);
    let known = place.known();
    assert!(known > 0);
    // What the lab asks for is what is typed, in the set too.
    client.open_file(&version);
    client.edit(&version, 2, json!([{ "text": "\"typed-in-the-set\"\n" }]));
    let wrong = "pkgs.jq.version + (let typedInTheLab = throw pkgs.jq.name; in typedInTheLab)";
    let edited = text.replace("pkgs.jq.version", wrong);
    client.edit(&stage, 2, json!([{ "text": edited }]));
    client.diagnostics(&stage, |all| all.iter().any(|one| one["severity"] == 1));
    client.edit(&stage, 3, json!([{ "text": text.replace("pkgs.jq.version", "typedInTheLab") }]));
    client.diagnostics(&stage, |all| all.iter().any(|one| one["severity"] == 1));
    client.edit(&stage, 4, json!([{ "text": format!("{text}# typed in the lab\n") }]));
    client.diagnostics(&stage, |all| all.is_empty());
    assert_eq!(client.leave(), Some(0));
    assert!(!holds(&place.path("cache"), "typed"));
    // What was known of the set as it lies on the disk is known still.
    std::fs::write(&stage, format!("{text}\n")).unwrap();
    assert_eq!(place.known(), known);
}

#[test]
fn a_check_finds_the_same_with_what_is_known_of_the_set() {
    let place = Place::new();
    let stage = place.path("lab/gen.nix");
    let text = std::fs::read_to_string(&stage).unwrap();
    let check = |arguments: &[&str]| {
        let check = [&["check", "lab", "--no-shellcheck", "--color", "never"], arguments].concat();
        let output = place.repx(&check).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let fine = ["pkgs.jq.name", "pkgs.asks.name", "(pkgs.environment (p: [ p.jq ])).name"];
    for script in fine.iter().chain(WRONG) {
        std::fs::write(&stage, text.replace("pkgs.jq.version", script)).unwrap();
        let truth = check(&["--no-cache"]);
        assert_eq!(truth.0, Some(i32::from(!fine.contains(script))), "{script}: {truth:?}");
        for round in 0..2 {
            assert_eq!(check(&[]), truth, "{script}, round {round}");
        }
    }
    std::fs::write(&stage, text).unwrap();
    assert!(place.known() > 0);
}
