//! Expected values are what `nix-hash` 2.8 prints for a file holding `hello\n`, and the error texts are what
//! `builtins.convertHash` of Nix 2.34.8 prints.

use super::*;
use proptest::prelude::*;
use std::io::Write;

const HELLO: &[u8] = b"hello\n";
const ALGOS: [HashAlgo; 5] =
    [HashAlgo::Md5, HashAlgo::Sha1, HashAlgo::Sha256, HashAlgo::Sha512, HashAlgo::Blake3];
const FORMATS: [HashFormat; 4] =
    [HashFormat::Base16, HashFormat::Nix32, HashFormat::Base64, HashFormat::Sri];

fn error_of(text: &str) -> String {
    Hash::parse(text, None).map_or_else(|error| error.to_string(), |hash| format!("{hash:?}"))
}

#[test]
fn digests_agree_with_nix() {
    let expected = [
        ("b1946ac92492d2347c6235b4d2611184", "4425hx5d1mc9y39llj4k4nm55i"),
        ("f572d396fae9206628714fb2ce00f72e94f2258f", "iwjz551fyw0cxcjgf4l6c879zabd6wpm"),
        (
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            "00xyyr3fi8l6hb839bv3f7yb86yjv7xi1cgh1xnhipym4asvb4aq",
        ),
        (
            "e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931\
             f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629",
            "0lrc0dwnvipqviibf7qfm1y492qvjwb1zhkcyi05cndmva1mr5gjcgrnz1x36djmk0sfg8djd2n0qv68vib2jg590mwznar9jcjphp7",
        ),
    ];
    for (algo, (base16, nix32)) in ALGOS.into_iter().zip(expected) {
        let hash = Hash::digest(algo, HELLO);
        assert_eq!(hash.base16(), base16);
        assert_eq!(hash.to_text(HashFormat::Nix32), nix32);
    }
}

/// The digest of no bytes, from BLAKE3's own test vectors.
#[test]
fn blake3_is_blake3() {
    assert_eq!(
        Hash::digest(HashAlgo::Blake3, b"").base16(),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
    );
}

#[test]
fn writing_in_parts_is_hashing_at_once() {
    for algo in ALGOS {
        let mut hasher = Hasher::new(algo);
        assert!(hasher.write_all(b"hel").and_then(|()| hasher.write_all(b"lo\n")).is_ok());
        assert_eq!(hasher.finish(), Hash::digest(algo, HELLO));
    }
}

#[test]
fn every_form_reads_back() {
    for algo in ALGOS {
        let hash = Hash::digest(algo, HELLO);
        for format in FORMATS {
            let prefixed = hash.to_prefixed_text(format);
            assert_eq!(Hash::parse_with_format(&prefixed, None), Ok((hash, format)));
            assert_eq!(Hash::parse_prefixed(&prefixed), Ok(hash));
            assert_eq!(Hash::parse(&hash.to_text(format), Some(algo)), Ok(hash));
        }
        assert_eq!(Hash::parse_sri(&hash.to_text(HashFormat::Sri)), Ok(hash));
        assert_eq!(Hash::parse_unprefixed(&hash.base16().to_uppercase(), algo), Ok(hash));
    }
}

#[test]
fn sri_may_lack_its_padding() {
    let padded = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let hash = Hash::parse_sri(padded);
    assert_eq!(
        hash.as_ref().map(|hash| hash.to_text(HashFormat::Nix32)).as_deref(),
        Ok("1b8m03r63zqhnjf7l5wnldhh7c134ap5vpj0850ymkq1iyzicy5s")
    );
    assert_eq!(Hash::parse_sri(padded.trim_end_matches('=')), hash);
}

#[test]
fn errors_are_worded_as_in_nix() {
    let z = "z".repeat(64);
    assert_eq!(
        error_of(&format!("sha256:{z}")),
        format!("invalid base16 hash '{z}', length 0 != expected length 32")
    );
    let z = "z".repeat(52);
    assert_eq!(
        error_of(&format!("sha256:{z}")),
        format!("invalid nix32 hash '{z}', length 33 != expected length 32")
    );
    let e = "e".repeat(52);
    assert_eq!(
        error_of(&format!("sha256:{e}")),
        format!("invalid nix32 hash '{e}', length 0 != expected length 32")
    );
    assert_eq!(error_of("sha256-####"), "invalid SRI hash '####', length 0 != expected length 32");
    assert_eq!(error_of("sha256-"), "invalid SRI hash '', length 0 != expected length 32");
    assert_eq!(
        error_of("sha255:ee"),
        "unknown hash algorithm 'sha255', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'"
    );
    assert_eq!(error_of("sha256:ab"), "hash 'ab' has wrong length for hash algorithm 'sha256'");
    assert_eq!(
        error_of("abcd"),
        "hash 'abcd' does not include a type, nor is the type otherwise known from context"
    );
}

#[test]
fn the_algorithm_must_be_known_and_agree() {
    let text = Hash::digest(HashAlgo::Md5, HELLO).to_text(HashFormat::Sri);
    assert_eq!(
        Hash::parse(&text, Some(HashAlgo::Sha1)),
        Err(HashError::OtherAlgorithm { text, expected: HashAlgo::Sha1 })
    );
    assert_eq!(Hash::parse_prefixed("ab"), Err(HashError::NoAlgorithm("ab".to_owned())));
    assert_eq!(Hash::parse_sri("ab"), Err(HashError::NotSri("ab".to_owned())));
    assert_eq!(Hash::parse_or_empty("", None), Err(HashError::EmptyNeedsAlgorithm));
    assert_eq!(Hash::parse_or_empty("", Some(HashAlgo::Sha256)), Ok(Hash::zero(HashAlgo::Sha256)));
}

#[test]
fn names_read_back() {
    for algo in ALGOS {
        assert_eq!(HashAlgo::parse(algo.name()), Ok(algo));
    }
    assert_eq!(HashFormat::parse("base32"), Ok(HashFormat::Nix32));
    assert_eq!(HashFormat::parse("hex"), Err(HashError::UnknownFormat("hex".to_owned())));
}

#[test]
fn folding_is_exclusive_or() {
    assert_eq!(compress_hash::<2>(&[1, 2, 4, 8, 16]), [1 ^ 4 ^ 16, 2 ^ 8]);
}

#[test]
fn digests_have_their_algorithms_length() {
    assert_eq!(Hash::from_bytes(HashAlgo::Md5, &[0; 15]), None);
    assert!(Hash::from_bytes(HashAlgo::Md5, &[0; 16]).is_some());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "(md5[:-])?\\PC{0,40}") {
        if let Ok(hash) = Hash::parse(&text, Some(HashAlgo::Md5)) {
            prop_assert_eq!(hash.bytes().len(), 16);
        }
    }
}
