//! Reading hashes from text: bare, `algo:…` or SRI, in any encoding that fits by its length.
//!
//! The rules, their order and the words of the errors are those of Nix 2.34 (`src/libutil/hash.cc`).
//! One oddity is kept because users see it: a character outside the encoding is reported as a wrong length,
//! "length 0", since Nix 2.34 throws away what it had decoded.

use super::{Hash, HashAlgo, HashFormat, base64};
use crate::store::base32::{self, Base32Error};
use thiserror::Error;

/// Why a text is no hash, algorithm or format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HashError {
    /// No algorithm of this name.
    #[error("unknown hash algorithm '{0}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'")]
    UnknownAlgorithm(String),
    /// No format of this name.
    #[error("unknown hash format '{0}', expect 'base16', 'base32', 'base64', or 'sri'")]
    UnknownFormat(String),
    /// An SRI hash was asked for, and there is no `-`.
    #[error("hash '{0}' is not SRI")]
    NotSri(String),
    /// No prefix names the algorithm, which must be there.
    #[error("hash '{0}' does not include a type")]
    NoAlgorithm(String),
    /// Neither the text nor the caller names the algorithm.
    #[error("hash '{0}' does not include a type, nor is the type otherwise known from context")]
    AlgorithmUnknown(String),
    /// The text's prefix and the caller name different algorithms.
    #[error("hash '{text}' should have type '{expected}'")]
    OtherAlgorithm {
        /// The whole text.
        text: String,
        /// What the caller asked for.
        expected: HashAlgo,
    },
    /// No encoding gives this algorithm's digests this length.
    #[error("hash '{text}' has wrong length for hash algorithm '{algo}'")]
    WrongLength {
        /// The text without its prefix.
        text: String,
        /// The algorithm.
        algo: HashAlgo,
    },
    /// The text decodes to a digest of another length.
    #[error("invalid {encoding} hash '{text}', length {found} != expected length {expected}")]
    Undecodable {
        /// The encoding by Nix's name for it.
        encoding: &'static str,
        /// The text without its prefix.
        text: String,
        /// Bytes decoded, 0 if a character is invalid.
        found: usize,
        /// Bytes of the algorithm's digests.
        expected: usize,
    },
    /// An empty `outputHash` without `outputHashAlgo`.
    #[error("empty hash requires explicit hash algorithm")]
    EmptyNeedsAlgorithm,
}

impl Hash {
    /// Reads a hash in any form. The algorithm comes from the text's prefix or from `algo`; both must agree.
    pub fn parse(text: &str, algo: Option<HashAlgo>) -> Result<Self, HashError> {
        Self::parse_with_format(text, algo).map(|(hash, _)| hash)
    }

    /// As [`Hash::parse`], and tells which format the text has.
    pub fn parse_with_format(
        text: &str,
        algo: Option<HashAlgo>,
    ) -> Result<(Self, HashFormat), HashError> {
        let prefixed = Prefixed::split(text)?;
        let algo = match (prefixed.algo, algo) {
            (None, None) => return Err(HashError::AlgorithmUnknown(text.to_owned())),
            (Some(found), Some(expected)) if found != expected => {
                return Err(HashError::OtherAlgorithm { text: text.to_owned(), expected });
            }
            (Some(algo), _) | (None, Some(algo)) => algo,
        };
        prefixed.decode(algo)
    }

    /// Reads a hash whose text must name its algorithm (`sha256:…` or SRI).
    pub fn parse_prefixed(text: &str) -> Result<Self, HashError> {
        let prefixed = Prefixed::split(text)?;
        let algo = prefixed.algo.ok_or_else(|| HashError::NoAlgorithm(text.to_owned()))?;
        prefixed.decode(algo).map(|(hash, _)| hash)
    }

    /// Reads an SRI hash.
    pub fn parse_sri(text: &str) -> Result<Self, HashError> {
        let (algo, rest) =
            text.split_once('-').ok_or_else(|| HashError::NotSri(text.to_owned()))?;
        decode(rest, HashAlgo::parse(algo)?, HashFormat::Sri)
    }

    /// Reads a bare hash, as derivations hold it.
    pub fn parse_unprefixed(text: &str, algo: HashAlgo) -> Result<Self, HashError> {
        decode(text, algo, format_by_length(text, algo)?)
    }

    /// As [`Hash::parse`], with the empty text standing for the all-zero hash of `algo`. People leave
    /// `outputHash` empty to learn the right one from the failing build; Nix warns about it.
    pub fn parse_or_empty(text: &str, algo: Option<HashAlgo>) -> Result<Self, HashError> {
        if text.is_empty() {
            return algo.map(Self::zero).ok_or(HashError::EmptyNeedsAlgorithm);
        }
        Self::parse(text, algo)
    }
}

/// A hash's text, cut at its prefix.
struct Prefixed<'a> {
    algo: Option<HashAlgo>,
    rest: &'a str,
    sri: bool,
}

impl<'a> Prefixed<'a> {
    /// Cuts at the first `:`, else at the first `-`.
    fn split(text: &'a str) -> Result<Self, HashError> {
        let (name, rest, sri) = match (text.split_once(':'), text.split_once('-')) {
            (Some((name, rest)), _) => (name, rest, false),
            (None, Some((name, rest))) => (name, rest, true),
            (None, None) => {
                return Ok(Self { algo: None, rest: text, sri: false });
            }
        };
        Ok(Self { algo: Some(HashAlgo::parse(name)?), rest, sri })
    }

    /// Decodes what follows the prefix.
    fn decode(&self, algo: HashAlgo) -> Result<(Hash, HashFormat), HashError> {
        let format = if self.sri { HashFormat::Sri } else { format_by_length(self.rest, algo)? };
        Ok((decode(self.rest, algo, format)?, format))
    }
}

/// The encoding that gives a digest of `algo` this length; no two encodings share one.
fn format_by_length(text: &str, algo: HashAlgo) -> Result<HashFormat, HashError> {
    let (len, size) = (text.len(), algo.size());
    if len == size * 2 {
        Ok(HashFormat::Base16)
    } else if len == base32::encoded_len(size) {
        Ok(HashFormat::Nix32)
    } else if len == base64::encoded_len(size) {
        Ok(HashFormat::Base64)
    } else {
        Err(HashError::WrongLength { text: text.to_owned(), algo })
    }
}

/// Decodes a digest in a known format.
fn decode(text: &str, algo: HashAlgo, format: HashFormat) -> Result<Hash, HashError> {
    let size = algo.size();
    let (encoding, decoded) = match format {
        HashFormat::Base16 => ("base16", decode_base16(text)),
        HashFormat::Nix32 => ("nix32", decode_base32(text, size)),
        HashFormat::Base64 => ("Base64", base64::decode(text)),
        HashFormat::Sri => ("SRI", base64::decode(text)),
    };
    let digest = decoded.unwrap_or_default();
    Hash::from_bytes(algo, &digest).ok_or_else(|| HashError::Undecodable {
        encoding,
        text: text.to_owned(),
        found: digest.len(),
        expected: size,
    })
}

/// Reads hexadecimal of either case.
fn decode_base16(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
            _ => None,
        })
        .collect()
}

/// Reads base-32; bits to spare make Nix's result one byte longer than the digest.
fn decode_base32(text: &str, size: usize) -> Option<Vec<u8>> {
    match base32::decode(text) {
        Ok(bytes) => Some(bytes),
        Err(Base32Error::SpareBits) => Some(vec![0; size + 1]),
        Err(Base32Error::InvalidCharacter(_) | Base32Error::ImpossibleLength(_)) => None,
    }
}
