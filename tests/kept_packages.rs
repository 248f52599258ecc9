//! What is kept of package sets changes no listing: whatever a lab asks a set for, and whatever
//! happened to either in between, is what evaluating all of it would give.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)] // a failing test stops here
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::print_stdout)] // what a machine doesn't allow is said

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

/// A lab, a package set and a place for the cache.
struct Place {
    root: tempfile::TempDir,
    /// Is the lab a flake that has locked the set?
    flake: bool,
}

/// A package set of nixpkgs' shape: a function, overridable packages with several outputs and
/// `meta`, an interpreter with packages of its own, builders, and packages that fail or speak.
const SET: &[(&str, &str)] = &[
    (
        "set/default.nix",
        "{ config ? { }, system ? \"\", overlays ? [ ] }: import ./all.nix { inherit config overlays; lib = import ./lib.nix; }",
    ),
    (
        "set/flake.nix",
        "{ outputs = { self }: { legacyPackages = { x86_64-linux = import ./. { }; other = throw \"not asked for\"; }; }; }",
    ),
    (
        "set/lib.nix",
        r#"rec {
  last = list: builtins.elemAt list (builtins.length list - 1);
  getName = package: package.pname or package.name;
  getDev = package: package.dev or package.out or package;
}"#,
    ),
    (
        "set/make.nix",
        r#"{ lib }:
let
  make = args:
    let
      attrs = removeAttrs args [ "meta" "passthru" ] // {
        name = args.name or "${args.pname}-${args.version}";
        system = "x86_64-linux";
        builder = "/bin/sh";
      };
      made = derivation attrs;
      meta = (args.meta or { }) // { position = (builtins.unsafeGetAttrPos "version" args).file or "none"; };
      common = (args.passthru or { }) // {
        inherit meta;
        overrideAttrs = f: make (args // f args);
      };
      outputs = builtins.listToAttrs (map (name: { inherit name; value = made.${name} // common; }) (args.outputs or [ "out" ]));
    in
    made // outputs // common;
in
make"#,
    ),
    (
        "set/all.nix",
        r#"{ lib, config, overlays ? [ ] }:
let
  make = import ./make.nix { inherit lib; };
  overridable = f: args: f args // {
    override = {
      __functor = self: new: overridable f (args // new);
      __functionArgs = builtins.functionArgs f;
    };
  };
  callPackage = file: args:
    let f = import file; in
    overridable f (builtins.intersectAttrs (builtins.functionArgs f) self // args);
  self = {
    inherit lib callPackage make;
    pkgs = self;
    bash = make { pname = "bash"; version = "5"; };
    coreutils = make { pname = "coreutils"; version = import ./version.nix; };
    jq = callPackage ./jq.nix { flag = false; };
    python3 = callPackage ./python.nix { };
    writeScriptBin = name: text: make { inherit name text; passAsFile = [ "text" ]; };
    joined = { name, paths }: make { inherit name paths; };
    broken = throw "this package is broken";
    wrong = make { name = "wrong"; version = abort "wrong"; };
    speaks = make { pname = "speaks"; version = builtins.trace "the set says this" "1"; };
    asks = make { pname = "asks"; version = "1${builtins.getEnv "KEPT_PACKAGES"}"; };
    timed = make { pname = "timed"; version = if builtins.currentTime > 0 then "1" else "2"; };
    sourced = make { pname = "sourced"; version = "1"; src = ./version.nix; };
    null = null;
    number = 7;
    functions = { add = a: b: a + b; list = [ 1 2 ]; };
    built = make { pname = "built"; version = import (derivation { name = "v"; system = "none"; builder = "/bin/sh"; }); };
    slow = make { pname = "slow"; version = toString (builtins.foldl' (a: b: a + b) 0 (builtins.genList (x: x) 300000)); };
  };
  extended = builtins.foldl' (set: overlay: set // overlay extended set) self overlays;
in
extended"#,
    ),
    (
        "set/jq.nix",
        r#"{ make, flag, coreutils }:
make {
  pname = "jq";
  version = "1.6";
  outputs = [ "bin" "dev" "out" ];
  inherit flag coreutils;
  meta = { description = "a tool"; mainProgram = "jq"; };
}"#,
    ),
    (
        "set/python.nix",
        r#"{ make, joined }:
let
  packages = {
    numpy = make { pname = "numpy"; version = "1"; };
    scipy = make { pname = "scipy"; version = "2"; inherit (packages) numpy; };
  };
in
make {
  pname = "python3";
  version = "3.8";
  passthru = {
    pkgs = packages;
    withPackages = f: joined { name = "python3-env"; paths = f packages; };
  };
}"#,
    ),
    ("set/version.nix", "\"8\""),
];

const LAB: &[(&str, &str)] = &[
    (
        "lab/lab.nix",
        "{ pkgs, repx-lib, gitHash, ... }: repx-lib.mkLab { inherit pkgs repx-lib gitHash; lab_version = \"1\"; runs.main = repx-lib.callRun ./run.nix [ ]; }",
    ),
    (
        "lab/run.nix",
        "{ ... }: { name = \"main\"; pipelines = [ ./pipeline.nix ]; params.seed = [ 1 2 ]; }",
    ),
    (
        "lab/pipeline.nix",
        "{ repx }: rec { gen = repx.callStage ./gen.nix [ ]; use = repx.callStage ./use.nix [ ]; }",
    ),
    ("lab/own.nix", "{ make, jq }: make { pname = \"own\"; version = \"1\"; inherit jq; }"),
];

/// Packages as labs name them: by the set, deeper, overridden, called, made on the spot.
const PACKAGES: &[&str] = &[
    "pkgs.jq",
    "pkgs.coreutils",
    "pkgs.jq.dev",
    "pkgs.jq.bin.dev",
    "pkgs.python3",
    "pkgs.pkgs.python3.pkgs.scipy",
    "(pkgs.python3.withPackages (ps: [ ps.numpy ]))",
    "(pkgs.python3.withPackages (ps: with ps; [ numpy scipy ]))",
    "(with pkgs; python3.withPackages (ps: [ ps.scipy jq ]))",
    "(with pkgs; python3.withPackages (ps: with ps; [ scipy ]))",
    "(let numpy = pkgs.jq; in pkgs.python3.withPackages (ps: with ps; [ numpy ]))",
    "(let map = f: xs: [ pkgs.jq ]; in pkgs.python3.withPackages (ps: map (x: x) [ ps.numpy ]))",
    "(let pick = ps: [ ps.numpy ]; in pkgs.python3.withPackages pick)",
    "(let python3 = pkgs.python3; in python3.withPackages (ps: [ ps.numpy python3 ]))",
    "((pkgs: pkgs.python3.withPackages (ps: [ ps.numpy pkgs.coreutils ])) (pkgs // { coreutils = pkgs.jq; }))",
    "(pkgs.jq.override { flag = true; })",
    "(pkgs.jq.override { coreutils = pkgs.bash; }).dev",
    "(pkgs.jq.overrideAttrs (old: { version = old.version + \"x\"; }))",
    "(pkgs.jq.overrideAttrs (old: { inherit (pkgs.coreutils) version; }))",
    "(pkgs.writeScriptBin \"a\" \"${pkgs.jq}/bin/jq ${pkgs.asks}\")",
    "(pkgs.writeScriptBin \"a\" ''\n  ${pkgs.jq.dev}\n    b\n'')",
    "(let x = \"v\"; in pkgs.writeScriptBin x \"hello\")",
    "(pkgs.writeScriptBin \"p\" (toString ./own.nix))",
    "(pkgs.writeScriptBin \"at\" (toString __curPos.line))",
    "(pkgs.joined { name = \"j\"; paths = [ pkgs.jq pkgs.coreutils ]; })",
    "(pkgs.joined rec { name = \"j\"; paths = [ (pkgs.make { name = name; version = \"1\"; }) ]; })",
    "(pkgs.joined { name = \"deep\"; paths = [ pkgs.jq.drvPath ]; })",
    "(pkgs.make { name = \"m\"; version = \"1\"; at = (builtins.unsafeGetAttrPos \"x\" { x = 1; }).line; })",
    "(pkgs.callPackage ./own.nix { })",
    "(pkgs.callPackage ./own.nix { jq = pkgs.bash; })",
    "(pkgs.lib.last [ pkgs.jq pkgs.coreutils ])",
    "(pkgs.lib.getDev pkgs.jq)",
    "(pkgs // { jq = pkgs.coreutils; }).jq",
    "(pkgs.jq // { outPath = pkgs.coreutils.outPath; })",
    "(derivation { name = \"own\"; system = \"x\"; builder = pkgs.bash; args = [ pkgs.jq.dev ]; })",
    "pkgs.asks",
    "pkgs.sourced",
    "pkgs.speaks",
    "pkgs.timed",
];

/// What labs make texts of.
const TEXTS: &[&str] = &[
    "pkgs.jq.version",
    "pkgs.jq.name",
    "pkgs.jq.meta.description",
    "pkgs.jq.meta.position",
    "toString (builtins.length (builtins.attrNames pkgs.jq))",
    "toString (builtins.attrNames pkgs)",
    "toString (builtins.attrNames (pkgs.jq.override { flag = true; }))",
    "toString (pkgs.jq ? meta) + toString (pkgs.jq ? nothing)",
    "builtins.toJSON pkgs.jq.outputs + builtins.toJSON pkgs.jq",
    "builtins.typeOf pkgs.jq.override + builtins.typeOf pkgs.jq.overrideAttrs",
    "toString (builtins.functionArgs pkgs.jq.override.__functor ? flag)",
    "builtins.toJSON (builtins.functionArgs pkgs.jq.overrideAttrs)",
    "builtins.toJSON (builtins.unsafeGetAttrPos \"version\" pkgs.jq)",
    "builtins.toJSON (builtins.unsafeGetAttrPos \"jq\" pkgs)",
    "builtins.toJSON (builtins.tryEval pkgs.broken)",
    "builtins.toJSON (builtins.tryEval (pkgs.broken.outPath or 1))",
    "builtins.trace pkgs.jq.meta \"t\"",
    "builtins.trace [ pkgs.jq.version ] \"t\"",
    "builtins.trace pkgs.jq.version \"t\"",
    "pkgs.speaks.name + pkgs.speaks.version",
    "builtins.unsafeDiscardStringContext pkgs.jq.drvPath",
    "pkgs.jq.drvPath",
    "toString (builtins.pathExists pkgs.jq.drvPath)",
    "toString (pkgs.jq == pkgs.jq.out) + toString (pkgs.jq == pkgs.pkgs.jq)",
    "toString (pkgs.functions.add 1 2) + toString pkgs.functions.list",
    "toString pkgs.number + builtins.toJSON pkgs.null",
    "toString (map (p: p.name) (with pkgs; [ jq.dev bash ]))",
    "builtins.toJSON (builtins.getContext \"${pkgs.jq.dev}${pkgs.sourced.src}\")",
    "builtins.readFile pkgs.sourced.src",
    "toString (builtins.catAttrs \"version\" [ pkgs.jq pkgs.bash { version = \"x\"; } ])",
    "toString (builtins.attrValues (builtins.mapAttrs (n: v: n) pkgs.jq.meta))",
    "builtins.toXML pkgs.jq.meta",
    "pkgs.asks.version + pkgs.lib.getName pkgs.asks",
    "toString (builtins.seq pkgs.jq 1)",
    "pkgs.sourced.src",
    // And what is wrong.
    "pkgs.jqq",
    "pkgs.broken",
    "pkgs.wrong.version",
    "pkgs.jq.nothing",
    "toString (pkgs.jq.override 1)",
    "toString pkgs.jq.overrideAttrs",
    "toString (pkgs.python3.withPackages (ps: [ ps.nothing ]))",
    "toString (pkgs.writeScriptBin 1 2 3)",
];

impl Place {
    fn new() -> Place {
        let place = Place { root: tempfile::tempdir().unwrap(), flake: false };
        SET.iter().chain(LAB).for_each(|(name, text)| place.write(name, text));
        place.stage("gen", &["pkgs.jq"], &["\"AAAA\""]);
        place.stage("use", &["pkgs.python3"], &["pkgs.jq.version"]);
        place
    }

    /// The same where the lab's flake has locked the set, and has its packages by an expression.
    fn flake(packages: &str) -> Place {
        let place = Place { flake: true, ..Place::new() };
        let set = place.path("set").display().to_string();
        let hash = format!("(builtins.fetchTree {{ type = \"path\"; path = \"{set}\"; }}).narHash");
        let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
        let output =
            command.args(["instantiate", "--eval", "--raw", "-E", &hash]).output().unwrap();
        let hash = String::from_utf8(output.stdout).unwrap();
        assert!(hash.starts_with("sha256-"), "{hash}");
        let outputs = format!(
            "{{ self, nixpkgs, repx }}: let system = \"x86_64-linux\"; pkgs = {packages}; repx-lib = repx.lib; in {{ lab = import ./lab.nix {{ inherit pkgs repx-lib; gitHash = \"g\"; }}; }}"
        );
        place.write(
            "lab/flake.nix",
            &format!("{{ inputs.nixpkgs.url = \"path:{set}\"; inputs.repx.url = \"github:repx-org/repx\"; outputs = {outputs}; }}"),
        );
        let locked = |name: &str, more: &str, original: &str| {
            format!(
                "\"{name}\": {{ \"locked\": {{ {original}, {more} }}, \"original\": {{ {original} }} }}"
            )
        };
        let set = format!("\"type\": \"path\", \"path\": \"{set}\"");
        let set = locked("nixpkgs", &format!("\"narHash\": \"{hash}\", \"lastModified\": 1"), &set);
        let repx = "\"type\": \"github\", \"owner\": \"repx-org\", \"repo\": \"repx\"";
        let rev = "\"rev\": \"1111111111111111111111111111111111111111\", \"narHash\": \"sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";
        let repx = locked("repx", rev, repx);
        place.write(
            "lab/flake.lock",
            &format!("{{ \"version\": 7, \"root\": \"root\", \"nodes\": {{ {set}, {repx}, \"root\": {{ \"inputs\": {{ \"nixpkgs\": \"nixpkgs\", \"repx\": \"repx\" }} }} }} }}"),
        );
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A stage that needs these packages and has these texts in its script.
    fn stage(&self, name: &str, packages: &[&str], texts: &[&str]) {
        let texts: String = texts.iter().map(|text| format!("    ${{{text}}}\n")).collect();
        let stage = format!(
            "{{ pkgs }}:\n{{\n  pname = \"{name}\";\n  params.seed = 0;\n  outputs.x = \"$out/x\";\n  \
             runDependencies = [ {} ];\n  run = {{ params, ... }}: ''\n{texts}  '';\n}}\n",
            packages.join(" ")
        );
        self.write(&format!("lab/{name}.nix"), &stage);
    }

    fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repx"));
        command.args(["eval", if self.flake { "path:lab" } else { "lab" }]);
        command.args(if self.flake { &[][..] } else { &["--pkgs", "set"] });
        command.args(["--format", "json", "--threads", "1"]);
        command.args(arguments).current_dir(&self.root).env_remove("REPX_NO_CACHE");
        command.env_remove("NIX_PATH").env_remove("KEPT_PACKAGES");
        command.env("REPX_CACHE_DIR", self.cache());
        command
    }

    fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("repx runs")
    }

    /// The listing, and in how many values of the package set were reused.
    fn listing(&self) -> (String, usize) {
        let output = self.output(&["--explain-cache"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let reused = said.split_once("reused of the package set: ").map_or(0, |(_, rest)| {
            rest.split_once(' ').unwrap().0.parse().expect("a number of values")
        });
        (String::from_utf8(output.stdout).unwrap(), reused)
    }

    /// What evaluating gives.
    fn truth(&self) -> String {
        let output = self.output(&["--no-cache"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is kept of package sets.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache().join("packages")).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    }

    /// Edits a stage, so that a listing has to be evaluated.
    fn edit(&self, round: usize) {
        self.stage("gen", &["pkgs.jq"], &[&format!("\"{round:04}\"")]);
    }
}

/// Numbers that look as if by chance.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }

    fn some<'t>(&mut self, all: &[&'t str], most: usize) -> Vec<&'t str> {
        (0..self.below(most + 1)).map(|_| all[self.below(all.len())]).collect()
    }
}

fn shown(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs the lab with the cache, again from the cache, and without: all must be one.
#[track_caller]
fn compare(place: &Place, env: &str, what: &str) -> bool {
    let run = |arguments: &[&str]| {
        shown(&place.command(arguments).env("KEPT_PACKAGES", env).output().unwrap())
    };
    let truth = run(&["--no-cache"]);
    let stage = std::fs::read_to_string(place.path("lab/gen.nix")).unwrap();
    assert_eq!(run(&[]), truth, "{what}\n{stage}");
    assert_eq!(run(&[]), truth, "{what}, again\n{stage}");
    truth.0 == Some(0)
}

#[test]
fn whatever_a_lab_asks_for_is_right() {
    let place = Place::new();
    let mut fine = 0;
    for package in PACKAGES {
        place.stage("gen", &[package], &[]);
        fine += usize::from(compare(&place, "", package));
    }
    for text in TEXTS {
        place.stage("gen", &[], &[text]);
        fine += usize::from(compare(&place, "", text));
    }
    // Once more, all being known.
    for (index, package) in PACKAGES.iter().enumerate() {
        place.stage("gen", &[package, "pkgs.bash"], &[&format!("\"{index}\"")]);
        compare(&place, "", package);
    }
    for text in TEXTS {
        place.stage("gen", &["pkgs.bash"], &[text]);
        compare(&place, "", text);
    }
    let wrong = 8;
    assert!(fine >= PACKAGES.len() + TEXTS.len() - wrong - 4, "{fine} are fine");
}

/// Packages of a set that a flake has locked are known as those of others are, in the forms in
/// which labs ask for them; asked for in another way they are evaluated.
#[test]
fn packages_of_a_locked_flake_are_known() {
    for (packages, known) in [
        ("nixpkgs.legacyPackages.${system}", true),
        ("nixpkgs.outputs.legacyPackages.${system}", false),
        ("import nixpkgs { inherit system; }", true),
        ("import nixpkgs { inherit system; overlays = [ repx.overlays.default ]; }", true),
        ("import nixpkgs { inherit system; config = { }; overlays = [ ]; }", true),
        (
            "import nixpkgs { inherit system; overlays = [ (final: prev: { jq = prev.bash; }) ]; }",
            false,
        ),
        ("import nixpkgs { inherit system; config.x = 1; }", false),
        ("import \"${nixpkgs}/default.nix\" { inherit system; }", false),
    ] {
        let place = Place::flake(packages);
        place.listing();
        place.edit(1);
        let (listing, reused) = place.listing();
        assert_eq!(listing, place.truth(), "{packages}");
        // That there is a set is always known.
        assert_eq!(reused > 1, known, "{packages}: {reused}");
        // All of what a lab may ask for where it is most likely, some of it elsewhere.
        let each = if packages.contains("repx.overlays") { 1 } else { 9 };
        let (mut fine, mut tried) = (0, 0);
        for package in PACKAGES.iter().chain(&["pkgs.repx"]).step_by(each) {
            place.stage("gen", &[package], &["\"edited\""]);
            fine += usize::from(compare(&place, "", package));
            tried += 1;
        }
        for text in TEXTS.iter().step_by(3 * each) {
            place.stage("gen", &[], &[text]);
            fine += usize::from(compare(&place, "", text));
            tried += 1;
        }
        assert!(fine * 2 >= tried, "{packages}: {fine} of {tried} are fine");
    }
}

/// What the set has built for itself is built each time, or refused each time.
#[test]
fn what_is_built_is_not_known() {
    let place = Place::new();
    place.stage("gen", &["pkgs.built"], &[]);
    let run = |arguments: &[&str]| shown(&place.output(arguments));
    let truth = run(&["--no-ifd", "--no-cache"]);
    assert_eq!(truth.0, Some(2), "{}", truth.2);
    assert_eq!(run(&["--no-ifd"]), truth);
    assert_eq!(run(&["--no-ifd"]), truth);
}

/// What an evaluation found that was interrupted is kept where it is right, or not at all.
#[test]
fn interrupted_evaluations_leave_nothing_wrong() {
    let place = Place::new();
    place.stage("gen", &["pkgs.jq"], &["pkgs.slow.version"]);
    let begin = std::time::Instant::now();
    let truth = place.truth();
    let whole = begin.elapsed().as_micros() as u64;
    for round in 0..8 {
        let mut child =
            place.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(whole * round / 8));
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        let _ = child.wait();
        assert_eq!(place.listing().0, truth, "{round}");
        std::fs::remove_dir_all(place.cache()).unwrap();
    }
}

#[test]
fn edits_at_random_are_all_right() {
    for seed in 1..4 {
        let place = Place::new();
        let mut chance = Chance(seed);
        let (mut fine, mut version, mut env) = (0, 8, String::new());
        for round in 0..40 {
            match chance.below(8) {
                0 => {
                    // As large as before, and within the same second.
                    version = if version == 8 { 9 } else { 8 };
                    place.write("set/version.nix", &format!("\"{version}\""));
                }
                1 => env = chance.below(3).to_string(),
                2 => {
                    let flag = if chance.below(2) == 0 { "true" } else { "false" };
                    let all = SET[4].1.replace("flag = false;", &format!("flag = {flag};"));
                    place.write("set/all.nix", &all);
                }
                _ => {
                    let name = if chance.below(2) == 0 { "gen" } else { "use" };
                    // Mostly what is right: one mistake hides all else.
                    let texts = &TEXTS[..TEXTS.len() - if chance.below(6) == 0 { 0 } else { 8 }];
                    let (packages, texts) = (chance.some(PACKAGES, 4), chance.some(texts, 4));
                    place.stage(name, &packages, &texts);
                }
            }
            fine += usize::from(compare(&place, &env, &format!("seed {seed}, round {round}")));
        }
        assert!(fine > 10, "{fine} listings");
    }
}

#[test]
fn an_edited_lab_reuses_what_is_known() {
    let place = Place::new();
    assert_eq!(place.listing().1, 0);
    place.edit(1);
    let (listing, reused) = place.listing();
    assert_eq!(listing, place.truth());
    assert!(reused >= 4, "{reused} values");
    // Calls that depend on nothing but the set are known too.
    let env = "(pkgs.python3.withPackages (ps: with ps; [ numpy ]))";
    place.stage("gen", &[env], &[]);
    place.listing();
    place.stage("gen", &[env], &["\"edited\""]);
    let output = place.output(&["--explain-cache"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("(0 made, 0 evaluated with the lab)"), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), place.truth());
    // Not when it isn't wanted.
    place.edit(2);
    let output = place.output(&["--explain-cache", "--refresh"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("reused of the package set: 0 of"), "{said}");
    let kept = place.kept();
    place.output(&["--no-cache"]);
    assert_eq!(place.kept(), kept);
}

#[test]
fn a_set_that_changed_is_evaluated_again() {
    let place = Place::new();
    place.listing();
    for (round, version) in ["9", "8", "9"].into_iter().enumerate() {
        let path = place.path("set/version.nix");
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, format!("\"{version}\"")).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        // The same size and the same time.
        file.set_modified(modified).unwrap();
        place.edit(round);
        assert_eq!(place.listing(), (place.truth(), 0), "{version}");
        place.edit(round + 100);
        let (listing, reused) = place.listing();
        assert_eq!(listing, place.truth());
        assert!(reused > 0);
    }
}

#[test]
fn damage_is_never_seen() {
    let place = Place::new();
    place.listing();
    let kept = place.kept();
    let [file] = kept.as_slice() else { panic!("{kept:?}") };
    let sound = std::fs::read(file).unwrap();
    let mut round = 0;
    let mut attempt = |bytes: &[u8], expected: bool, what: &str| {
        std::fs::write(file, bytes).unwrap();
        place.edit(round);
        round += 1;
        let (listing, reused) = place.listing();
        assert!(listing.contains("main") && (reused > 0) == expected, "{what}: {reused}");
        assert_eq!(listing, place.truth(), "{what}");
    };
    attempt(&sound, true, "nothing");
    for at in (0..sound.len()).step_by(sound.len() / 12) {
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (at % 8);
        attempt(&flipped, false, &format!("a bit of byte {at}"));
        attempt(&sound[..at], false, &format!("cut to {at}"));
    }
    let mut other = sound.clone();
    other[7] += 1;
    attempt(&other, false, "another version");
    attempt(&[sound.as_slice(), b"x"].concat(), false, "a byte too many");
    // What is kept of another set, under the name of this one.
    let elsewhere = Place::new();
    elsewhere.listing();
    let foreign = std::fs::read(&elsewhere.kept()[0]).unwrap();
    attempt(&foreign, false, "another set's");
    attempt(&sound, true, "nothing any more");
    std::fs::remove_file(file).unwrap();
    std::fs::create_dir(file).unwrap();
    place.edit(9999);
    assert_eq!(place.listing(), (place.truth(), 0), "a directory in its place");
}

#[test]
fn killed_at_any_moment_it_leaves_nothing_wrong() {
    let place = Place::new();
    let begin = std::time::Instant::now();
    place.truth();
    let whole = begin.elapsed().as_micros() as u64;
    for round in 0..24 {
        place.write("set/version.nix", &format!("\"{round}\""));
        let mut child =
            place.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(whole * (round % 12) / 8));
        let _ = child.kill();
        let _ = child.wait();
        if round % 3 == 2 {
            assert_eq!(place.listing().0, place.truth());
        }
    }
}

#[test]
fn processes_at_the_same_time_are_all_right() {
    let place = Place::new();
    for round in 0..5 {
        place.write("set/version.nix", &format!("\"{round}\""));
        let truth = place.truth();
        let running: Vec<_> = (0..5)
            .map(|_| {
                place.command(&[]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), truth);
        }
        place.edit(round);
        let (listing, reused) = place.listing();
        assert_eq!(listing, place.truth());
        assert!(reused > 0);
    }
    assert_eq!(place.kept().len(), 1, "one wins");
}

#[test]
fn a_place_that_cannot_be_written_is_no_matter() {
    let place = Place::new();
    let truth = place.truth();
    let file = place.path("file");
    std::fs::write(&file, "a file").unwrap();
    for cache in [file.as_path(), Path::new("/proc/self")] {
        let output = place.command(&[]).env("REPX_CACHE_DIR", cache).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), truth, "{}", cache.display());
    }
    place.listing();
    let cache = place.cache().join("packages");
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o555)).unwrap();
    place.stage("gen", &["pkgs.asks"], &[]);
    assert_eq!(place.listing().0, place.truth());
    std::fs::set_permissions(&cache, PermissionsExt::from_mode(0o755)).unwrap();
    // Files that can't grow larger: writing fails in the middle, as on a full disk.
    for (round, blocks) in [0, 1, 2, 4].into_iter().enumerate() {
        place.write("set/version.nix", &format!("\"{round}\""));
        let script = format!(
            "trap '' XFSZ; ulimit -f {blocks}; exec '{}' eval lab --pkgs set --format json",
            env!("CARGO_BIN_EXE_repx")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(&place.root).env_remove("NIX_PATH");
        command.env("REPX_CACHE_DIR", place.cache()).env_remove("REPX_NO_CACHE");
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), place.truth(), "{blocks} blocks");
        let left = place.kept().into_iter().filter(|path| path.extension().unwrap() == "tmp");
        assert_eq!(left.count(), 0);
        place.edit(round);
        assert_eq!(place.listing().0, place.truth());
    }
}

#[test]
fn a_clock_that_was_set_back_is_not_trusted() {
    let place = Place::new();
    // Long at rest, so that its stamp tells.
    let past = SystemTime::now() - Duration::from_secs(3600);
    for (name, _) in SET {
        let file = std::fs::File::options().write(true).open(place.path(name)).unwrap();
        file.set_modified(past).unwrap();
    }
    std::thread::sleep(Duration::from_millis(3100));
    place.listing();
    place.edit(1);
    assert!(place.listing().1 > 0);
    // What is kept says that it was made in the future.
    let kept = place.kept();
    let mut bytes = std::fs::read(&kept[0]).unwrap();
    let at = 8 + 32 + 32;
    let later = i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) + 1_000_000;
    bytes[at..at + 8].copy_from_slice(&later.to_le_bytes());
    let check = *blake3::hash(&bytes[40..]).as_bytes();
    bytes[8..40].copy_from_slice(&check);
    std::fs::write(&kept[0], &bytes).unwrap();
    place.write("set/version.nix", "\"7\"");
    place.edit(2);
    assert_eq!(place.listing().0, place.truth());
}
