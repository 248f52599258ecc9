//! Container images in labs that `repx build` writes: evaluated by repx, built by Nix, taken apart as upstream's tools
//! read them.
#![allow(clippy::pedantic, clippy::perf)] // tests are read, not tuned
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test may stop")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use support::lab::expect;
use support::nix::Lab;
use support::program::{Ran, repx, run};

/// A package set with a function that really makes an archive as Docker has them, of two layers: the tools, and what
/// else is put into it. Its last argument stands for the one that newer sets have.
const SET: &str = r#"
_:
let
  build = name: script: attrs: derivation ({
    inherit name;
    system = "x86_64-linux";
    builder = "/bin/sh";
    PATH = "/bin:/usr/bin";
    args = [ "-e" "-c" script ];
  } // attrs);
  borrow = name: programs: build name ''
    mkdir -p $out/bin
    for program in ${toString programs}; do ln -s $(command -v $program) $out/bin/$program; done
  '' { };
in rec {
  lib = { };
  bash = borrow "bash-STAMP" [ "bash" ];
  coreutils = borrow "coreutils-STAMP" [ "cp" "chmod" "cat" "mkdir" ];
  greeter = build "greeter-STAMP" "mkdir -p $out/bin; echo echo hello > $out/bin/greet; chmod +x $out/bin/greet" { };
  settings = build "settings-STAMP" "echo 1 > $out" { };
  extra = build "extra-STAMP" "echo 2 > $out" { };
  dockerTools.buildLayeredImage =
    { name, tag, contents, config, compressor ? "gz" }:
    build "${name}-STAMP.tar${if compressor == "none" then "" else ".gz"}" ''
      mkdir tools rest image
      for path in $contents; do case $path in
        *-repx-paths) cp -r $path/. rest ;;
        *) mkdir -p tools/bin; cp -P $path/bin/* tools/bin ;;
      esac; done
      chmod -R u+w tools rest
      layers=
      for part in tools rest; do
        tar -C $part --sort=name --mtime=@1 --owner=0 --group=0 -cf layer.tar .
        hash=$(sha256sum < layer.tar | cut -c1-64)
        mkdir -p image/$hash
        mv layer.tar image/$hash/layer.tar
        layers="$layers\"$hash/layer.tar\","
      done
      echo "$config" > image/config.json
      echo "[{\"Config\":\"config.json\",\"RepoTags\":[\"$image\"],\"Layers\":[''${layers%,}]}]" > image/manifest.json
      if [ "$compressor" = none ]; then tar -C image -cf $out .; else tar -C image -czf $out .; fi
    '' { inherit contents compressor; image = "${name}:${tag}"; config = builtins.toJSON config; };
}
"#;

const LAB: &str = r#"
{ pkgs, repx-lib, gitHash, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  containerMode = "unified";
  runs = {
    a = repx-lib.callRun ./a.nix [ ];
    b = repx-lib.callRun ./b.nix [ ];
  };
}
"#;

const A: &str = r#"
{ pkgs }:
{
  name = "a";
  pipelines = [ ({ repx }: repx.mkPipe { work = repx.callStage ./work.nix [ ]; }) ];
  params.file = [ "${pkgs.settings}" ];
  paramsDependencies = [ pkgs.extra ];
}
"#;

const B: &str = r#"
{
  name = "b";
  pipelines = [ ({ repx }: repx.mkPipe { work = repx.callStage ./work.nix [ ]; }) ];
  params.file = [ "none" ];
}
"#;

const WORK: &str = r#"
{ pkgs }:
{
  pname = "work";
  params.file = "";
  outputs.x = "$out/x";
  runDependencies = [ pkgs.greeter ];
  run = { outputs, params, ... }: "echo ${params.file} STAMP > ${outputs.x}; greet >> ${outputs.x}";
}
"#;

/// The lab on the set, nothing of it in the store yet.
fn lab() -> Option<Lab> {
    Lab::new(&[
        ("set.nix", SET),
        ("lab.nix", LAB),
        ("a.nix", A),
        ("b.nix", &format!("_: {B}")),
        ("work.nix", WORK),
    ])
}

fn change(lab: &Lab, file: &str, from: &str, to: &str) {
    let path = lab.path(file);
    let text = fs::read_to_string(&path).expect("the file is there");
    assert!(text.contains(from), "`{from}` stands in {file}");
    fs::write(path, text.replace(from, to)).expect("the copy is ours");
}

/// Builds it; what is said of that.
fn build(lab: &Lab, more: &[&str]) -> (String, String) {
    let call = [&["build", ".", "-o", "built", "--pkgs", "./set.nix"], more].concat();
    let Ran { code, stdout, stderr, .. } = lab.repx(&call);
    assert_eq!(code, Some(0), "{stderr}");
    (String::from_utf8(stdout).expect("text"), stderr)
}

fn read(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

/// Where the images of both runs are, as their metadata says.
fn images(lab: &Lab) -> [Option<String>; 2] {
    ["a", "b"].map(|run| {
        let about = read(&lab.path(&format!("built/revision/metadata-{run}.json")));
        let image = about.as_object().expect("an object").get("image");
        image.map(|image| image.as_str().expect("a path").to_owned())
    })
}

/// Names in a directory that end so, sorted.
fn entries(path: &Path, end: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let names = entries.map(|entry| support::name(&entry.expect("an entry").path()));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(end)).collect();
    names.sort();
    names
}

/// The layers of an image: paths of links, and the files that they lead to.
fn layers(lab: &Lab, image: &str) -> Vec<(String, PathBuf)> {
    let root = lab.path("built");
    let manifest = read(&root.join(image).join("manifest.json"));
    let layers = manifest[0]["Layers"].as_array().expect("layers");
    let layer = |path: &Value| {
        let path = path.as_str().expect("a path");
        let link = root.join(image).join(path);
        let hash = path.strip_suffix("/layer.tar").expect("as upstream has it");
        let target = fs::read_link(&link).expect("a link");
        assert_eq!(target, Path::new(&format!("../../../store/{hash}-layer.tar")));
        let file = link.canonicalize().expect("it leads somewhere");
        assert_eq!(file.parent(), root.join("store").canonicalize().ok().as_deref());
        (format!("{image}/{path}"), file)
    };
    layers.iter().map(layer).collect()
}

/// A file in a layer.
fn in_layer(layer: &Path, file: &str) -> String {
    let ran = run(Command::new("tar").arg("-xOf").arg(layer).arg(file));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    String::from_utf8(ran.stdout).expect("text")
}

/// Names of the paths that came along, without hashes and stamp.
fn named(lab: &Lab, image: &str) -> Vec<String> {
    let layers = layers(lab, image);
    let text = in_layer(&layers[1].1, "./share/repx/paths");
    let name = |line: &str| line[44..].trim_end_matches(&format!("-{}", lab.stamp)).to_owned();
    let mut names: Vec<String> = text.lines().map(name).collect();
    names.sort();
    names
}

#[test]
fn all_runs_share_one_image() {
    let Some(lab) = lab() else { return };
    let (said, told) = build(&lab, &[]);
    assert!(said.starts_with("2 jobs, 1 container image, "), "{said}");
    assert!(told.contains("building with Nix: 1 container image\n"), "{told}");
    let [a, b] = images(&lab);
    let image = a.clone().expect("an image");
    assert_eq!(a, b);
    // Its name is that of what Nix has built; the suffix says that it isn't compressed.
    let name = image.strip_prefix("images/").expect("below images");
    assert!(name.ends_with(&format!("-repx-shared-image-{}.tar", lab.stamp)), "{name}");
    assert!(Path::new("/nix/store").join(name).is_file());
    assert_eq!(entries(&lab.path("built/images"), ""), [name]);

    let root = lab.path("built");
    let config = read(&root.join(&image).join("config.json"));
    let shell = config["Cmd"][0].as_str().expect("a command");
    assert!(shell.ends_with(&format!("-bash-{}/bin/bash", lab.stamp)), "{shell}");
    let manifest = read(&root.join(&image).join("manifest.json"));
    assert_eq!(manifest[0]["RepoTags"][0], "repx-shared-image:latest");
    assert_eq!(layers(&lab, &image).len(), 2);
    // What the stage and the parameters need, and no scripts.
    assert_eq!(named(&lab, &image), ["bash", "coreutils", "extra", "greeter", "settings"]);

    // The manifest of the lab has all of it, with hashes.
    let files = read(&root.join("lab/lab-metadata.json"));
    let files = files["files"].as_array().expect("files");
    let hash_of = |path: &str| {
        let file = files.iter().find(|file| file["path"] == path);
        file.unwrap_or_else(|| panic!("{path} is in the manifest"))["sha256"].clone()
    };
    for (link, file) in layers(&lab, &image) {
        let layer = format!("store/{}", support::name(&file));
        assert_eq!(hash_of(&link), hash_of(&layer));
        assert!(layer.contains(hash_of(&layer).as_str().expect("a hash")), "it is called by that");
    }
    hash_of(&format!("{image}/manifest.json"));
    hash_of(&format!("{image}/config.json"));

    // Nix keeps it as long as the lab is there.
    let roots = fs::read_dir(root.join("roots")).expect("there are links");
    let roots: BTreeSet<PathBuf> =
        roots.map(|link| fs::read_link(link.expect("one").path()).expect("a link")).collect();
    assert!(roots.contains(&Path::new("/nix/store").join(name)), "{roots:?}");
}

/// A moved lab has its images; they are left as they are as long as they need no change.
#[test]
fn an_image_is_made_once() {
    let Some(lab) = lab() else { return };
    build(&lab, &[]);
    let before = images(&lab);
    let image = before[0].clone().expect("an image");
    let stamp = |lab: &Lab| {
        let manifest = lab.path("built").join(&image).join("manifest.json");
        fs::metadata(manifest).and_then(|about| about.modified()).expect("it is there")
    };
    let first = stamp(&lab);
    let (_, told) = build(&lab, &[]);
    assert!(!told.contains("building"), "{told}");
    // An edited script is in the lab, not in the image.
    change(&lab, "work.nix", "greet >>", "echo edited; greet >>");
    let (_, told) = build(&lab, &["-v"]);
    let built: Vec<&str> = told.lines().filter(|line| line.starts_with("building ")).collect();
    let scripts = ["building with Nix: 2 scripts, of stage `work`"];
    let scripts = [&scripts[..], &["building stage-script"; 2]].concat();
    assert_eq!(built, scripts);
    assert_eq!((images(&lab), stamp(&lab)), (before, first));
    // Half of one is no image: it is taken apart again.
    fs::remove_file(lab.path("built").join(&image).join("manifest.json")).expect("it is ours");
    fs::remove_file(&layers_in_store(&lab)[0]).expect("it is ours");
    build(&lab, &[]);
    assert_eq!(layers(&lab, &image).len(), 2);
    let moved = lab.path("elsewhere/moved");
    fs::create_dir(lab.path("elsewhere")).expect("a directory");
    fs::rename(lab.path("built"), &moved).expect("it is ours");
    let manifest = read(&moved.join(&image).join("manifest.json"));
    let layer = manifest[0]["Layers"][1].as_str().expect("a path");
    assert!(in_layer(&moved.join(&image).join(layer), "./share/repx/paths").contains("greeter"));
    // What was built is run without its images.
    let ran = lab.repx(&["run", "--lab", "elsewhere/moved", "--base-path", "base", "-q"]);
    expect(&ran, 0, "2 jobs: 2 done\n");
}

fn layers_in_store(lab: &Lab) -> Vec<PathBuf> {
    let names = entries(&lab.path("built/store"), "-layer.tar");
    names.into_iter().map(|name| lab.path("built/store").join(name)).collect()
}

#[test]
fn each_run_may_have_its_own() {
    let Some(lab) = lab() else { return };
    change(&lab, "lab.nix", "\"unified\"", "\"per-run\"");
    let (said, _) = build(&lab, &["--format", "json"]);
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let schema = read(&support::repository("docs/schemas/repx-build-1.json"));
    assert_eq!(support::schema::misfits(&schema, &said), Vec::<String>::new());
    let [a, b] = images(&lab).map(|image| image.expect("an image"));
    assert!(a.ends_with(&format!("-a-image-{}.tar", lab.stamp)), "{a}");
    assert!(b.ends_with(&format!("-b-image-{}.tar", lab.stamp)), "{b}");
    let listed: BTreeSet<&str> =
        said["images"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(listed, BTreeSet::from([a.as_str(), &b]));
    // They share the layer with the tools.
    let (of_a, of_b) = (layers(&lab, &a), layers(&lab, &b));
    assert_eq!(of_a[0].1, of_b[0].1);
    assert_ne!(of_a[1].1, of_b[1].1);
    assert_eq!(layers_in_store(&lab).len(), 3);
    assert_eq!(named(&lab, &a), ["bash", "coreutils", "extra", "greeter", "settings"]);
    assert_eq!(named(&lab, &b), ["bash", "coreutils", "greeter"]);

    // What isn't needed any more goes.
    build(&lab, &["--images", "unified"]);
    assert_eq!(entries(&lab.path("built/images"), "").len(), 1);
    assert_eq!(layers_in_store(&lab).len(), 2);
    let (said, _) = build(&lab, &["--images", "none"]);
    assert!(said.starts_with("2 jobs, ") && !said.contains("image"), "{said}");
    assert_eq!(images(&lab), [None, None]);
    assert!(!lab.path("built/images").exists());
    assert_eq!(layers_in_store(&lab), Vec::<PathBuf>::new());
}

#[test]
fn runs_without_containers_have_no_image() {
    let Some(lab) = lab() else { return };
    change(&lab, "a.nix", "name = \"a\";", "name = \"a\"; containerized = false;");
    build(&lab, &[]);
    let [a, b] = images(&lab);
    assert_eq!(a, None);
    // Nor do they contribute to that of others.
    assert_eq!(named(&lab, &b.expect("an image")), ["bash", "coreutils", "greeter"]);
    change(&lab, "b.nix", "name = \"b\";", "name = \"b\"; containerized = false;");
    let (said, _) = build(&lab, &["--images", "per-run"]);
    assert!(said.starts_with("2 jobs, ") && !said.contains("image"), "{said}");
}

/// Sets whose function has no such argument compress images.
#[test]
fn compressed_images_are_taken_apart_as_well() {
    let Some(lab) = lab() else { return };
    change(
        &lab,
        "set.nix",
        "config, compressor ? \"gz\" }:",
        "config }: let compressor = \"gz\"; in",
    );
    build(&lab, &[]);
    let image = images(&lab)[0].clone().expect("an image");
    assert!(image.ends_with(".tar.gz"), "{image}");
    assert_eq!(named(&lab, &image).len(), 5);
    // A function may be a set that can be called.
    change(
        &lab,
        "set.nix",
        "dockerTools.buildLayeredImage =",
        "dockerTools.buildLayeredImage.__functor = _:",
    );
    build(&lab, &[]);
    assert_eq!(images(&lab)[0].as_deref(), Some(&*image));
}

#[test]
fn a_set_may_have_no_images() {
    let Some(lab) = lab() else { return };
    change(&lab, "set.nix", "dockerTools.buildLayeredImage", "dockerTool");
    let (said, told) = build(&lab, &[]);
    assert!(said.starts_with("2 jobs, ") && !said.contains("image"), "{said}");
    let line = "the package set has no `dockerTools`: no container images are made\n";
    assert!(told.contains(line), "{told}");
    assert_eq!(images(&lab), [None, None]);
    let (_, told) = build(&lab, &["--images", "none"]);
    assert!(!told.contains("dockerTools"), "{told}");
}

/// Nobody but who builds pays for images.
#[test]
fn only_building_evaluates_them() {
    let Some(lab) = lab() else { return };
    change(
        &lab,
        "set.nix",
        "dockerTools.buildLayeredImage",
        "dockerTools = throw \"paid for\"; other",
    );
    lab.printed(&["eval", ".", "--pkgs", "./set.nix"]);
    lab.printed(&["run", ".", "--pkgs", "./set.nix"]);
    let said = lab.said(&["build", ".", "--pkgs", "./set.nix"]);
    assert!(said.contains("paid for") && said.contains("in a container image"), "{said}");
    assert!(!lab.path("result").exists(), "nothing was begun");
}

#[test]
fn images_that_fail_are_told() {
    let Some(lab) = lab() else { return };
    let working = fs::read_to_string(lab.path("set.nix")).expect("the set");
    change(&lab, "set.nix", "mkdir tools rest image", "echo out of layers >&2; exit 3");
    let said = lab.said(&["build", ".", "--pkgs", "./set.nix"]);
    for part in [
        "repx::run::build-failed",
        &format!("the container image: building `repx-shared-image-{}.tar` failed", lab.stamp),
        "exit code 3",
        "│ out of layers",
        "nix-store --read-log",
    ] {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(!said.contains("stage `work`:"), "its scripts are fine: {said}");
    let said = lab.said(&["build", ".", "--pkgs", "./set.nix", "--images", "per-run"]);
    for run in ["a", "b"] {
        assert!(said.contains(&format!("the container image of run `{run}`: building")), "{said}");
    }
    // What fails for both is told once.
    fs::write(lab.path("set.nix"), &working).expect("it is ours");
    change(&lab, "set.nix", "mkdir -p $out/bin; echo echo hello", "exit 4; echo echo hello");
    let said = lab.said(&["build", ".", "--pkgs", "./set.nix"]);
    let what = format!("stage `work` and the container image: building `greeter-{}`", lab.stamp);
    assert!(said.contains(&what) && said.ends_with("1 error\n"), "{said}");
}

#[test]
fn what_is_no_image_is_told() {
    let Some(lab) = lab() else { return };
    let working = fs::read_to_string(lab.path("set.nix")).expect("the set");
    for (from, to, why) in [
        ("> image/manifest.json", "> image/other.json", "there is no manifest.json in it"),
        ("mv layer.tar image/$hash/layer.tar", "rm layer.tar", "is not in it"),
        (
            "tar -C image -cf $out .; else",
            "echo no archive > $out; else",
            "it is no tar archive, or damaged",
        ),
    ] {
        fs::write(lab.path("set.nix"), &working).expect("it is ours");
        change(&lab, "set.nix", from, to);
        let said = lab.said(&["build", ".", "--pkgs", "./set.nix"]);
        // Lines are broken where it fits.
        let (why, said) = (why.replace(' ', ""), said.replace(' ', ""));
        assert!(said.contains("repx::build::bad-image") && said.contains(&why), "{why}:\n{said}");
        assert!(!lab.path("result/lab/lab-metadata.json").exists(), "it is no lab");
    }
}

/// Programs of this machine belong to this machine.
#[test]
fn the_host_set_has_no_images() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    support::program::copy(&support::repository("examples/simple"), directory.path());
    let built = |more: &[&str]| {
        let ran = run(repx(directory.path()).args(["build", "-o", "built"]).args(more));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!directory.path().join("built/images").exists());
        ran.stderr
    };
    assert_eq!(built(&[]), "");
    let line = "programs of this machine can't be put into container images: none are made\n";
    assert_eq!(built(&["--images", "per-run"]), line);
}
