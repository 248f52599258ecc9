//! What is sent, as far as no Nix is needed to know it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::closure::order;
use super::failure;
use super::object::Cargo;
use crate::store::{
    Derivation, DerivationOutput, Derivations, Hash, HashAlgo, IngestMethod, Object, Objects,
    StoreDir, StorePath,
};
use crate::world::{KeeperError, Made, Memory};

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn flat_path(name: &str, content: &str) -> StorePath {
    let hash = Hash::digest(HashAlgo::Sha256, content.as_bytes());
    let none = BTreeSet::new();
    StoreDir::default()
        .make_fixed_output_path(IngestMethod::Flat, &hash, name, &none, false)
        .unwrap()
}

fn text_path(name: &str, content: &str, references: &BTreeSet<StorePath>) -> StorePath {
    let hash = Hash::digest(HashAlgo::Sha256, content.as_bytes());
    StoreDir::default().make_text_path(name, &hash, references).unwrap()
}

fn derivation(name: &str, inputs: &[&StorePath], sources: &[&StorePath]) -> Derivation {
    let built = |input: &&StorePath| ((*input).clone(), BTreeSet::from(["out".to_owned()]));
    Derivation {
        name: name.to_owned(),
        outputs: BTreeMap::from([("out".to_owned(), DerivationOutput::Deferred)]),
        input_drvs: inputs.iter().map(built).collect(),
        input_srcs: sources.iter().map(|source| (*source).clone()).collect(),
        platform: b"s".to_vec(),
        builder: b"/b".to_vec(),
        args: Vec::new(),
        env: BTreeMap::new(),
    }
}

#[test]
fn inputs_come_before_what_needs_them() {
    let (world, objects, derivations) = (Memory::new(), Objects::new(), Derivations::new());
    let made = Made { world: &world, objects: &objects, derivations: &derivations };
    let dir = StoreDir::default();
    let (a, _) = derivations.add(&dir, derivation("a", &[], &[])).unwrap();
    let (b, _) = derivations.add(&dir, derivation("b", &[&a], &[])).unwrap();
    let (c, _) = derivations.add(&dir, derivation("c", &[&a, &b], &[])).unwrap();
    assert_eq!(order(made, std::slice::from_ref(&c)), [a, b, c]);
}

#[test]
fn what_is_referred_to_comes_first() {
    let (world, objects, derivations) = (Memory::new(), Objects::new(), Derivations::new());
    let made = Made { world: &world, objects: &objects, derivations: &derivations };
    let stranger = StorePath::from_parts([7; 20], "stranger").unwrap();
    let references = BTreeSet::from([stranger.clone()]);
    let text = text_path("text", "x", &references);
    objects.add(text.clone(), Object::Text { contents: b"x".to_vec(), references });
    let dir = StoreDir::default();
    let (a, _) = derivations.add(&dir, derivation("a", &[], &[&text])).unwrap();
    let (b, _) = derivations.add(&dir, derivation("b", &[&a], &[&text])).unwrap();
    let found = order(made, &[b.clone(), a.clone()]);
    assert_eq!(found, [stranger, text, a, b.clone()]);
    // A derivation's file is a text that refers to its inputs.
    let cargo = Cargo::find(made, &b).unwrap();
    let (shipment, _) = cargo.prepare(made, &b).unwrap();
    assert!(shipment.address.starts_with("text:sha256:"), "{}", shipment.address);
    assert_eq!(shipment.references.len(), 2);
}

/// The hashes are those that Nix 2.8 shows (`nix path-info --json`) for `builtins.path { path = ./f; recursive =
/// false; }` of a file with `hello\n`.
#[test]
fn a_file_by_its_bytes() {
    let (objects, derivations) = (Objects::new(), Derivations::new());
    let world = Memory::new().file("/lab/f", "hello\n");
    let made = Made { world: &world, objects: &objects, derivations: &derivations };
    let path = flat_path("f", "hello\n");
    objects.add(path.clone(), Object::Flat(PathBuf::from("/lab/f")));
    let (shipment, _) = Cargo::find(made, &path).unwrap().prepare(made, &path).unwrap();
    assert_eq!(
        shipment.address,
        "fixed:sha256:00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq"
    );
    assert_eq!(shipment.nar_size, 120);
}

#[test]
fn what_has_changed_is_not_sent() {
    let (objects, derivations) = (Objects::new(), Derivations::new());
    let path = flat_path("f", "before");
    objects.add(path.clone(), Object::Flat(PathBuf::from("/lab/f")));
    let failure = |world: &Memory| {
        let made = Made { world, objects: &objects, derivations: &derivations };
        Cargo::find(made, &path).unwrap().prepare(made, &path).err()
    };
    assert_eq!(failure(&Memory::new().file("/lab/f", "before")), None);
    let changed = failure(&Memory::new().file("/lab/f", "after"));
    let said = changed.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(matches!(changed, Some(KeeperError::Changed { .. })), "{said}");
    assert!(said.starts_with("'/lab/f' has changed"), "{said}");
    assert!(matches!(failure(&Memory::new()), Some(KeeperError::Unreadable { .. })));
}

/// As Nix 2.8 says it.
#[test]
fn a_failed_build() {
    let said = "this derivation will be built:\n  /nix/store/x-bad.drv\n\
                building '/nix/store/x-bad.drv'...\none\ntwo\n\
                error: builder for '/nix/store/x-bad.drv' failed with exit code 3";
    let wanted = "/nix/store/x-bad.drv!out".to_owned();
    let reason = "builder for '/nix/store/x-bad.drv' failed with exit code 3".to_owned();
    let log = vec!["one".to_owned(), "two".to_owned()];
    let failed = KeeperError::Failed { wanted, reason, log };
    assert_eq!(failure::of_build("/nix/store/x-bad.drv!out", &lines(said)), failed);
}

/// As Nix 2.34.8 says it.
#[test]
fn a_failed_build_in_newer_words() {
    let said = "building '/nix/store/x-bad.drv'...\none\n\
                error: Cannot build '/nix/store/x-bad.drv'.\n       Reason: builder failed with exit code 3.\n\
                \x20      Output paths:\n         /nix/store/y-bad\n       Last 1 log lines:\n       > one";
    let KeeperError::Failed { reason, log, .. } = failure::of_build("w", &lines(said)) else {
        panic!("a failed build");
    };
    assert_eq!(
        reason,
        "Cannot build '/nix/store/x-bad.drv'. Reason: builder failed with exit code 3."
    );
    assert_eq!(log, ["one"]);
}

#[test]
fn wrong_hashes() {
    let said = "error: hash mismatch in fixed-output derivation '/nix/store/x.drv':\n\
                \x20        specified: sha256-A=\n            got:    sha256-B=";
    let what = "fixed-output derivation '/nix/store/x.drv'".to_owned();
    let (expected, found) = ("sha256-A=".to_owned(), "sha256-B=".to_owned());
    let mismatch = KeeperError::HashMismatch { what, expected, found };
    assert_eq!(failure::of_build("w", &lines(said)), mismatch);
    assert_eq!(failure::of_fetch("fetchurl", &lines(said)), mismatch);
}

/// The trace shows the expression that was made up to call the fetcher: nobody has written it.
#[test]
fn fetchers_say_only_what_is_wrong() {
    let said = "warning: unable to download 'https://h/x'; retrying\nerror:\n       … while calling the 'fetchurl' builtin\n\
                \x20        at «string»:1:4:\n            1| let got\n             |    ^\n\n\
                \x20      error: unable to download 'https://h/x': (6)";
    let (task, reason) =
        ("call fetchurl".to_owned(), "unable to download 'https://h/x': (6)".to_owned());
    assert_eq!(failure::of_fetch("fetchurl", &lines(said)), KeeperError::Refused { task, reason });
}

#[test]
fn a_store_that_may_not_be_written() {
    let end = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let said = "error: opening lock file '/nix/var/nix/db/big-lock': Permission denied";
    let refused = failure::of_store("write to the store", &lines(said), &end);
    assert!(matches!(refused, KeeperError::ReadOnly { .. }), "{refused}");
    let other = failure::of_store("write to the store", &lines("error: no"), &end);
    assert_eq!(other.to_string(), "Nix refuses to write to the store: no");
    let silent = failure::of_store("write to the store", &[], &end);
    assert!(silent.to_string().contains("it ended: "), "{silent}");
    let odd = failure::of_store("write to the store", &lines("warning: a\nsu: no"), &end);
    assert_eq!(odd.to_string(), "Nix refuses to write to the store: su: no");
}

/// As Nix 2.8 says it with `--keep-going`.
#[test]
fn those_that_failed_themselves() {
    let hash = "5xjzsmqc2dpgjb004x3iy1lfp7d09sl8";
    let said = format!(
        "building '/nix/store/{hash}-inner.drv'...\nline 3\n\
         error: builder for '/nix/store/{hash}-inner.drv' failed with exit code 3;\n\
         \x20      last 1 log lines:\n       > line 3\n\
         error: hash mismatch in fixed-output derivation '/nix/store/{hash}-h.drv':\n\
         \x20        specified: sha256-AAAA=\n            got:    sha256-O7Kr=\n\
         error: 1 dependencies of derivation '/nix/store/{hash}-a.drv' failed to build\n\
         error: build of '/nix/store/{hash}-a.drv', '/nix/store/{hash}-h.drv' failed"
    );
    let found = failure::culprits(&lines(&said));
    let found: Vec<(&str, &str)> =
        found.iter().map(|(drv, reason)| (drv.name(), reason.as_str())).collect();
    assert_eq!(found[0], ("inner.drv", "failed with exit code 3"));
    assert_eq!(found[1].0, "h.drv");
    assert!(found[1].1.ends_with(", specified: sha256-AAAA=, got: sha256-O7Kr="), "{found:?}");
    assert_eq!(found.len(), 2);
}

/// As Nix 2.34.8 says it with `--keep-going`.
#[test]
fn those_that_failed_themselves_in_newer_words() {
    let hash = "5xjzsmqc2dpgjb004x3iy1lfp7d09sl8";
    let said = format!(
        "error: Cannot build '/nix/store/{hash}-inner.drv'.\n       Reason: builder failed with exit code 3.\n\
         \x20      Output paths:\n         /nix/store/{hash}-inner\n       Last 1 log lines:\n       > one\n\
         error: Cannot build '/nix/store/{hash}-a.drv'.\n       Reason: 1 dependency failed.\n\
         \x20      Output paths:\n         /nix/store/{hash}-a\n\
         error: Build failed due to failed dependency"
    );
    let found = failure::culprits(&lines(&said));
    let found: Vec<(&str, &str)> =
        found.iter().map(|(drv, reason)| (drv.name(), reason.as_str())).collect();
    assert_eq!(found, [("inner.drv", "builder failed with exit code 3")]);
}
