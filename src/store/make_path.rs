//! How store paths are computed: a fingerprint `type:algo:digest:directory:name` is hashed with SHA-256 and
//! folded to 160 bits. Source: "Complete Store Path Calculation" in Nix's manual; `src/libstore/store-dir-config.cc`.

use super::base32;
use super::hash::{Hash, HashAlgo, Hasher, compress_hash};
use super::path::{StoreDir, StorePath, StorePathError};
use std::collections::BTreeSet;

/// How the content of a store object becomes one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IngestMethod {
    /// The bytes of a single file.
    Flat,
    /// The NAR of a file or directory (`outputHashMode = "recursive"`, later `"nar"`).
    Recursive,
    /// The bytes of a single file that may refer to other store paths: derivations, `builtins.toFile`.
    Text,
}

impl IngestMethod {
    /// What stands before the algorithm in derivations.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Flat => "",
            Self::Recursive => "r:",
            Self::Text => "text:",
        }
    }
}

impl StoreDir {
    /// The path of an object from the three things that decide it. `kind` is the fingerprint's first part,
    /// such as `source` or `output:out`.
    pub fn make_store_path(
        &self,
        kind: &str,
        hash: &Hash,
        name: &str,
    ) -> Result<StorePath, StorePathError> {
        self.path_of_kind(|hasher| hasher.update(kind.as_bytes()), hash, name)
    }

    /// As [`StoreDir::make_store_path`], the fingerprint's first part being what `kind` adds to the hash.
    fn path_of_kind(
        &self,
        kind: impl FnOnce(&mut Hasher),
        hash: &Hash,
        name: &str,
    ) -> Result<StorePath, StorePathError> {
        let mut hasher = Hasher::new(HashAlgo::Sha256);
        kind(&mut hasher);
        hasher.update(b":");
        add_hash(&mut hasher, hash);
        for part in [":", self.as_str(), ":", name] {
            hasher.update(part.as_bytes());
        }
        StorePath::from_parts(compress_hash(hasher.finish().bytes()), name)
    }

    /// The path of a text object (a derivation, or `builtins.toFile`) with this SHA-256 of its content.
    pub fn make_text_path(
        &self,
        name: &str,
        content_hash: &Hash,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, StorePathError> {
        self.make_text_path_of(name, content_hash, references)
    }

    /// As [`StoreDir::make_text_path`], for references that are in order, each once.
    pub(super) fn make_text_path_of<'a>(
        &self,
        name: &str,
        content_hash: &Hash,
        references: impl IntoIterator<Item = &'a StorePath>,
    ) -> Result<StorePath, StorePathError> {
        if content_hash.algo() != HashAlgo::Sha256 {
            return Err(StorePathError::TextNeedsSha256(name.to_owned()));
        }
        let kind = |hasher: &mut Hasher| self.add_references(hasher, "text", references, false);
        self.path_of_kind(kind, content_hash, name)
    }

    /// The path of an object addressed by its content: sources, and outputs of fixed-output derivations.
    pub fn make_fixed_output_path(
        &self,
        method: IngestMethod,
        hash: &Hash,
        name: &str,
        references: &BTreeSet<StorePath>,
        self_reference: bool,
    ) -> Result<StorePath, StorePathError> {
        match (method, hash.algo()) {
            (IngestMethod::Text, _) => self.make_text_path(name, hash, references),
            (IngestMethod::Recursive, HashAlgo::Sha256) => {
                let kind = |hasher: &mut Hasher| {
                    self.add_references(hasher, "source", references, self_reference);
                };
                self.path_of_kind(kind, hash, name)
            }
            (IngestMethod::Flat | IngestMethod::Recursive, _) => {
                if self_reference || !references.is_empty() {
                    return Err(StorePathError::ReferencesNotAllowed(name.to_owned()));
                }
                let mut inner = Hasher::new(HashAlgo::Sha256);
                inner.update(b"fixed:out:");
                inner.update(method.prefix().as_bytes());
                add_hash(&mut inner, hash);
                inner.update(b":");
                self.make_store_path("output:out", &inner.finish(), name)
            }
        }
    }

    /// The path of a derivation's output, from the hash of the derivation modulo its fixed-output inputs.
    pub fn make_output_path(
        &self,
        output: &str,
        modulo: &Hash,
        derivation_name: &str,
    ) -> Result<StorePath, StorePathError> {
        let name = output_path_name(derivation_name, output);
        let kind = |hasher: &mut Hasher| {
            hasher.update(b"output:");
            hasher.update(output.as_bytes());
        };
        self.path_of_kind(kind, modulo, &name)
    }

    /// References go into the fingerprint's first part, in the order of the set, `self` last.
    fn add_references<'a>(
        &self,
        hasher: &mut Hasher,
        kind: &str,
        references: impl IntoIterator<Item = &'a StorePath>,
        self_reference: bool,
    ) {
        hasher.update(kind.as_bytes());
        for reference in references {
            for part in [":", self.as_str(), "/", reference.base_name()] {
                hasher.update(part.as_bytes());
            }
        }
        if self_reference {
            hasher.update(b":self");
        }
    }
}

/// Hashes a hash's text: its algorithm and its digits.
fn add_hash(hasher: &mut Hasher, hash: &Hash) {
    hasher.update(hash.algo().name().as_bytes());
    hasher.update(b":");
    hasher.update(hash.base16_in(&mut [0; Hash::DIGITS]));
}

/// The name of an output's path: the derivation's, and the output's unless it is `out`.
pub fn output_path_name(derivation_name: &str, output: &str) -> String {
    match output {
        "out" => derivation_name.to_owned(),
        _ => format!("{derivation_name}-{output}"),
    }
}

/// What `builtins.placeholder` gives: a text that the builder's environment shows as the output's path.
pub fn hash_placeholder(output: &str) -> String {
    let digest = Hash::digest(HashAlgo::Sha256, format!("nix-output:{output}").as_bytes());
    format!("/{}", base32::encode(digest.bytes()))
}

#[cfg(test)]
mod tests {
    //! Expected values were printed by Nix 2.8 for a file `a.txt` holding `hello\n` and a directory `one`
    //! with that file in it.

    use super::*;
    use crate::store::HashFormat;

    const FILE: &[u8] = b"hello\n";

    fn fixed(method: IngestMethod, hash: &str, name: &str) -> String {
        Hash::parse(hash, None)
            .map_err(|error| error.to_string())
            .and_then(|hash| {
                StoreDir::default()
                    .make_fixed_output_path(method, &hash, name, &BTreeSet::new(), false)
                    .map_err(|error| error.to_string())
            })
            .map_or_else(|error| error, |path| path.to_string())
    }

    fn text(name: &str, content: &str, references: &BTreeSet<StorePath>) -> Option<StorePath> {
        let hash = Hash::digest(HashAlgo::Sha256, content.as_bytes());
        StoreDir::default().make_text_path(name, &hash, references).ok()
    }

    /// `nix-store --add-fixed <algo> a.txt`
    #[test]
    fn flat_objects() {
        let of = |algo| {
            let hash = Hash::digest(algo, FILE).to_text(HashFormat::Sri);
            fixed(IngestMethod::Flat, &hash, "a.txt")
        };
        assert_eq!(of(HashAlgo::Sha256), "fdwm55r4skpypx1gwzb7x69ckav1rv09-a.txt");
        assert_eq!(of(HashAlgo::Sha1), "ai1nh82p4c5ylq44c5yqamdsl6s74p63-a.txt");
        assert_eq!(of(HashAlgo::Md5), "ql4vf9nr3hjsc5rjwh6bsycgb65khwb4-a.txt");
    }

    /// `nix-store --add-fixed --recursive <algo> one`
    #[test]
    fn recursive_objects() {
        assert_eq!(
            fixed(
                IngestMethod::Recursive,
                "sha256:b752ab9223f44ae09277995f7dd24b3a81e4e9007a4cb919901e0f92a1896276",
                "one"
            ),
            "q5swb77yic77df58kc0pmcl11i2f450k-one"
        );
        assert_eq!(
            fixed(IngestMethod::Recursive, "sha1:ef342eaf2d71a8967cd7d9034341ff6bb912e822", "one"),
            "402ck41784j0samcq65d0x1b1kv0rjjp-one"
        );
    }

    /// `builtins.toFile "x.txt" "hello"`, and a second file that refers to it.
    #[test]
    fn text_objects() {
        let dir = StoreDir::default();
        let Some(first) = text("x.txt", "hello", &BTreeSet::new()) else {
            return assert_eq!("no path", "a path");
        };
        assert_eq!(first.base_name(), "88vj4mdd0v081vjikgj4m40wmxmm7cn2-x.txt");
        let content = format!("hello {}", dir.print(&first));
        let second = text("y.txt", &content, &BTreeSet::from([first]));
        assert_eq!(
            second.as_ref().map(StorePath::base_name),
            Some("7b13dkk392slwkgc8k18hans895wss4f-y.txt")
        );
    }

    #[test]
    fn references_need_a_recursive_sha256() {
        let hash = Hash::digest(HashAlgo::Sha256, FILE);
        let dir = StoreDir::default();
        let none = BTreeSet::new();
        let path = |method, own| dir.make_fixed_output_path(method, &hash, "x", &none, own);
        assert_eq!(
            path(IngestMethod::Flat, true),
            Err(StorePathError::ReferencesNotAllowed("x".to_owned()))
        );
        assert_ne!(path(IngestMethod::Recursive, true), path(IngestMethod::Recursive, false));
        assert_eq!(
            dir.make_text_path("x", &Hash::digest(HashAlgo::Sha1, FILE), &none),
            Err(StorePathError::TextNeedsSha256("x".to_owned()))
        );
    }

    /// `builtins.toFile ".-x" ""` with Nix 2.34.8
    #[test]
    fn bad_names_are_refused() {
        let hash = Hash::digest(HashAlgo::Sha256, b"");
        let path = StoreDir::default().make_text_path(".-x", &hash, &BTreeSet::new());
        assert_eq!(
            path.map_err(|error| error.to_string()),
            Err("path 'jr18fbnnv73dvm347jw2c4h42p1731hh-.-x' is not a valid store path: name '.-x' is not \
                 valid: first dash-separated component must not be '.'"
                .to_owned())
        );
    }

    #[test]
    fn placeholders() {
        assert_eq!(
            hash_placeholder("out"),
            "/1rz4g4znpzjwh1xymhjpm42vipw92pr73vdgl6xs1hycac8kf2n9"
        );
        assert_eq!(
            hash_placeholder("dev"),
            "/02qcpld1y6xhs5gz9bchpxaw0xdhmsp5dv88lh25r2ss44kh8dxz"
        );
    }
}
