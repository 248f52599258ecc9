//! The derivations in `observed` must come out of their own parts: text, path, output paths, all inputs' hashes.

use super::observed::{OBSERVED, Observed};
use super::*;
use proptest::prelude::*;

type Known = BTreeMap<StorePath, ModuloHash>;

fn parse(observed: &Observed) -> Derivation {
    let path = StorePath::from_base_name(observed.path);
    let name = path.as_ref().ok().and_then(StorePath::derivation_name).unwrap_or_default();
    match Derivation::parse(&StoreDir::default(), name, observed.text) {
        Ok(drv) => drv,
        Err(error) => unreachable!("{}: {error}", observed.path),
    }
}

/// What the evaluator starts from: no paths, and empty variables for them.
fn unfilled(drv: &Derivation) -> Derivation {
    let mut drv = drv.clone();
    for (name, output) in &mut drv.outputs {
        if matches!(output, DerivationOutput::InputAddressed(_)) {
            *output = DerivationOutput::Deferred;
        }
        drv.env.remove(name.as_bytes());
    }
    drv
}

/// A derivation with one output and nothing else.
fn small(name: &str, output: &str) -> Derivation {
    Derivation {
        name: name.to_owned(),
        outputs: BTreeMap::from([(output.to_owned(), DerivationOutput::Deferred)]),
        input_drvs: BTreeMap::new(),
        input_srcs: BTreeSet::new(),
        platform: b"x86_64-linux".to_vec(),
        builder: b"/bin/sh".to_vec(),
        args: vec![],
        env: BTreeMap::new(),
    }
}

fn fixed() -> DerivationOutput {
    DerivationOutput::Fixed { method: IngestMethod::Flat, hash: Hash::zero(HashAlgo::Sha256) }
}

fn fill(drv: &mut Derivation) -> Result<(), DerivationError> {
    drv.fill_output_paths(&StoreDir::default(), |_| None)
}

#[test]
fn texts_and_paths_are_those_of_nix() {
    let dir = StoreDir::default();
    for observed in OBSERVED {
        let drv = parse(observed);
        let text = drv.to_aterm(&dir).map(|text| String::from_utf8_lossy(&text).into_owned());
        assert_eq!(text, Ok(String::from_utf8_lossy(observed.text).into_owned()));
        let path = drv.path(&dir).map(|path| path.base_name().to_owned());
        assert_eq!(path.as_deref(), Ok(observed.path));
    }
}

#[test]
fn output_paths_are_those_of_nix() {
    let dir = StoreDir::default();
    let mut known = Known::new();
    for observed in OBSERVED {
        let drv = parse(observed);
        let mut ours = unfilled(&drv);
        let filled = ours.fill_output_paths(&dir, |path| known.get(path).cloned());
        assert_eq!(filled, Ok(()), "{}", observed.path);
        assert_eq!(ours, drv);
        let modulo = ours.hash_modulo(&dir, |path| known.get(path).cloned());
        let mut at_once = unfilled(&drv);
        let completed = at_once.complete(&dir, |path| known.get(path).cloned());
        assert_eq!(at_once, drv);
        if let (Ok(path), Ok(modulo)) = (ours.path(&dir), modulo) {
            assert_eq!(completed, Ok((path.clone(), modulo.clone())));
            known.insert(path, modulo);
        }
    }
    assert_eq!(known.len(), OBSERVED.len());
}

#[test]
fn escapes_are_found_anywhere() {
    for at in 0..100 {
        for (byte, escaped) in
            [(b'"', "\\\""), (b'\\', "\\\\"), (b'\n', "\\n"), (b'\r', "\\r"), (b'\t', "\\t")]
        {
            let mut drv = small("x", "out");
            drv.builder = vec![b'b'; 100];
            drv.builder[at] = byte;
            let (before, behind) = ("b".repeat(at), "b".repeat(99 - at));
            let text = String::from_utf8(drv.to_aterm(&StoreDir::default()).unwrap()).unwrap();
            assert!(text.contains(&format!("\"{before}{escaped}{behind}\"")), "{text}");
        }
    }
}

#[test]
fn filling_in_twice_changes_nothing() {
    let mut drv = small("x", "out");
    assert_eq!(fill(&mut drv), Ok(()));
    let once = drv.clone();
    assert_eq!(fill(&mut drv), Ok(()));
    assert_eq!(drv, once);
}

#[test]
fn a_wrong_path_is_refused() {
    let (mut right, mut other) = (small("x", "out"), small("x", "out"));
    assert_eq!(fill(&mut right), Ok(()));
    other.builder = b"/bin/bash".to_vec();
    other.outputs = right.outputs;
    assert!(matches!(fill(&mut other), Err(DerivationError::IncorrectOutput { .. })));
}

#[test]
fn outputs_must_go_together() {
    let dir = StoreDir::default();
    let of = |outputs: &[(&str, DerivationOutput)]| {
        let mut drv = small("x", "out");
        drv.outputs =
            outputs.iter().map(|(name, output)| ((*name).to_owned(), output.clone())).collect();
        fill(&mut drv)
    };
    assert_eq!(of(&[]), Err(DerivationError::NoOutputs));
    assert_eq!(of(&[("lib", fixed())]), Err(DerivationError::FixedOutputName));
    assert_eq!(
        of(&[("lib", fixed()), ("out", fixed())]),
        Err(DerivationError::SeveralFixedOutputs)
    );
    assert_eq!(
        of(&[("lib", DerivationOutput::Deferred), ("out", fixed())]),
        Err(DerivationError::MixedOutputs)
    );
    assert_eq!(of(&[("out", fixed())]), Ok(()));
    assert_eq!(
        small("x", "out").hash_modulo(&dir, |_| None),
        Err(DerivationError::Unfilled { output: "out".to_owned(), name: "x".to_owned() })
    );
    assert!(matches!(fill(&mut small("x", "a b")), Err(DerivationError::StorePath(_))));
    assert!(matches!(fill(&mut small("x y", "out")), Err(DerivationError::StorePath(_))));
}

#[test]
fn inputs_must_be_known_and_have_the_output() {
    let dir = StoreDir::default();
    let mut input = small("input", "out");
    assert_eq!(fill(&mut input), Ok(()));
    let (Ok(path), Ok(modulo)) = (input.path(&dir), input.hash_modulo(&dir, |_| None)) else {
        return assert_eq!("no path or hash", "both");
    };
    let mut drv = small("x", "out");
    drv.input_drvs.insert(path.clone(), BTreeSet::from(["lib".to_owned()]));
    assert_eq!(fill(&mut drv), Err(DerivationError::UnknownInput(path, "x".to_owned())));
    assert_eq!(
        drv.fill_output_paths(&dir, |_| Some(modulo.clone())),
        Err(DerivationError::UnknownInputOutput { output: "lib".to_owned(), name: "x".to_owned() })
    );
}

#[test]
fn experimental_kinds_are_named() {
    let error = |outputs: &str| {
        let text = format!("Derive([{outputs}],[],[],\"\",\"\",[],[])");
        Derivation::parse(&StoreDir::default(), "x", text.as_bytes())
            .map_or_else(|error| error.to_string(), |_| String::new())
    };
    assert_eq!(
        error(r#"("out","","r:sha256","")"#),
        "content-addressed derivations are not supported"
    );
    assert_eq!(error(r#"("out","","r:sha256","impure")"#), "impure derivations are not supported");
    assert_eq!(
        error(r#"("out","/x","git:sha1","00")"#),
        "git-hashed derivations are not supported"
    );
    assert_eq!(error(r#"("out","x","","")"#), "bad path 'x' in derivation");
    assert_eq!(error(r#"("out","x","sha256","00")"#), "bad path 'x' in derivation");
    assert_eq!(
        error(r#"("out","/x","sha256","00")"#),
        "hash '00' has wrong length for hash algorithm 'sha256'"
    );
    assert_eq!(error(r#"("out""#), "expected string ',' at byte 14 of the derivation");
    assert_eq!(error(r#"("out","","","")"#), "");
    let parse = |text: &[u8]| Derivation::parse(&StoreDir::default(), "x", text);
    assert_eq!(parse(b"DrvWithVersion(\"xp-dyn-drv\","), Err(ParseError::Unsupported("dynamic")));
    assert_eq!(parse(b"Hello"), Err(ParseError::NoDerivation));
    assert_eq!(parse(br#"Derive([("out\""#), Err(ParseError::UnterminatedString));
    assert_eq!(parse(br#"Derive([("out\"#), Err(ParseError::UnterminatedString));
}

#[test]
fn every_byte_of_the_text_counts() {
    for Observed { text, .. } in OBSERVED {
        for end in 0..text.len() {
            let parsed = Derivation::parse(&StoreDir::default(), "x", &text[..end]);
            assert!(parsed.is_err(), "{}", String::from_utf8_lossy(&text[..end]));
        }
        let longer = [text, &b")"[..]].concat();
        assert_eq!(
            Derivation::parse(&StoreDir::default(), "x", &longer),
            Err(ParseError::TrailingBytes(1))
        );
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'"'), Just(b'\\'), Just(b'\n'), Just(b'n'), any::<u8>()];
    proptest::collection::vec(byte, 0..12)
}

prop_compose! {
    /// Anything in the fields that are escaped.
    fn derivations()(
        builder in bytes(),
        args in proptest::collection::vec(bytes(), 0..4),
        env in proptest::collection::btree_map(bytes(), bytes(), 0..4),
        outputs in proptest::collection::btree_set("[a-z]{1,5}", 1..4),
    ) -> Derivation {
        let outputs = outputs.into_iter().map(|name| (name, DerivationOutput::Deferred)).collect();
        Derivation { outputs, builder, args, env, ..small("x", "out") }
    }
}

proptest! {
    #[test]
    fn round_trip(mut drv in derivations()) {
        let dir = StoreDir::default();
        let text = drv.to_aterm(&dir);
        prop_assert_eq!(text.map(|text| Derivation::parse(&dir, "x", &text)), Ok(Ok(drv.clone())));
        prop_assert_eq!(fill(&mut drv), Ok(()));
        let text = drv.to_aterm(&dir);
        prop_assert_eq!(text.map(|text| Derivation::parse(&dir, "x", &text)), Ok(Ok(drv)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in bytes()) {
        let text = [b"Derive([", &bytes[..]].concat();
        prop_assert!(Derivation::parse(&StoreDir::default(), "x", &text).is_err());
    }

    /// One byte changed: either refused, or a derivation whose own text, if it has one, reads back as the same.
    /// (A quote or backslash could get into a name, and names are written without escapes.)
    #[test]
    fn damaged_texts_are_answered(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>().prop_filter("no escapes", |byte| !matches!(byte, b'"' | b'\\')),
    ) {
        let dir = StoreDir::default();
        let mut text = which.get(OBSERVED).text.to_vec();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(drv) = Derivation::parse(&dir, "x", &text)
            && let Ok(text) = drv.to_aterm(&dir)
        {
            prop_assert_eq!(Derivation::parse(&dir, "x", &text), Ok(drv));
        }
    }
}
