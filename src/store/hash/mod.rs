//! Hashes: the five algorithms Nix knows, their digests and the ways they are written.
//!
//! Reading a hash from text is next door in `parse`. Nix guards `blake3` by an experimental feature; whether
//! it may be used is the caller's decision, this room can compute it.

mod base64;
mod parse;

use super::base32;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::fmt;
use std::io;

pub use parse::HashError;

/// The digits of base-16.
const BASE16: &[u8; 16] = b"0123456789abcdef";

/// Bytes of the longest digest (SHA-512).
const MAX_SIZE: usize = 64;

/// A hash algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgo {
    /// 16 bytes; broken, kept for old expressions.
    Md5,
    /// 20 bytes; broken, kept for old expressions.
    Sha1,
    /// 32 bytes; what store paths are made of.
    Sha256,
    /// 64 bytes.
    Sha512,
    /// 32 bytes; experimental in Nix.
    Blake3,
}

impl HashAlgo {
    /// Reads an algorithm's name.
    pub fn parse(name: &str) -> Result<Self, HashError> {
        match name {
            "md5" => Ok(Self::Md5),
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            "blake3" => Ok(Self::Blake3),
            _ => Err(HashError::UnknownAlgorithm(name.to_owned())),
        }
    }

    /// The name as Nix writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// The digest's length in bytes.
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 | Self::Blake3 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for HashAlgo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A way to write a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashFormat {
    /// Lower-case hexadecimal.
    Base16,
    /// [`base32`].
    Nix32,
    /// Padded base-64.
    Base64,
    /// `sha256-<base-64>`, from the Subresource Integrity standard: always with its algorithm.
    Sri,
}

impl HashFormat {
    /// Reads a format's name; `base32` is the old name of `nix32`.
    pub fn parse(name: &str) -> Result<Self, HashError> {
        match name {
            "base16" => Ok(Self::Base16),
            "nix32" | "base32" => Ok(Self::Nix32),
            "base64" => Ok(Self::Base64),
            "sri" => Ok(Self::Sri),
            _ => Err(HashError::UnknownFormat(name.to_owned())),
        }
    }
}

/// A digest that knows its algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash {
    algo: HashAlgo,
    /// The digest, followed by zeros up to the longest one's length.
    bytes: [u8; MAX_SIZE],
}

impl Hash {
    /// Digits of the longest hash in hexadecimal.
    pub const DIGITS: usize = 2 * MAX_SIZE;

    /// Takes a digest; `None` if it hasn't the algorithm's length.
    pub fn from_bytes(algo: HashAlgo, digest: &[u8]) -> Option<Self> {
        (digest.len() == algo.size()).then(|| Self::padded(algo, digest))
    }

    /// The all-zero hash, which stands for an empty `outputHash`.
    pub const fn zero(algo: HashAlgo) -> Self {
        Self { algo, bytes: [0; MAX_SIZE] }
    }

    /// Hashes bytes at once.
    pub fn digest(algo: HashAlgo, data: &[u8]) -> Self {
        let mut hasher = Hasher::new(algo);
        hasher.update(data);
        hasher.finish()
    }

    /// Copies a digest of the right length.
    fn padded(algo: HashAlgo, digest: &[u8]) -> Self {
        let mut hash = Self::zero(algo);
        for (to, from) in hash.bytes.iter_mut().zip(digest) {
            *to = *from;
        }
        hash
    }

    /// The algorithm.
    pub const fn algo(&self) -> HashAlgo {
        self.algo
    }

    /// The digest.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.algo.size()).unwrap_or(&self.bytes)
    }

    /// Lower-case hexadecimal, without the algorithm.
    pub fn base16(&self) -> String {
        let mut digits = [0; Hash::DIGITS];
        self.base16_in(&mut digits).iter().copied().map(char::from).collect()
    }

    /// As [`Hash::base16`], in a place that has room for every hash.
    pub fn base16_in<'d>(&self, digits: &'d mut [u8; Hash::DIGITS]) -> &'d [u8] {
        let digit = |value: u8| BASE16[usize::from(value & 0xf)];
        let (pairs, _) = digits.as_chunks_mut();
        for (pair, byte) in pairs.iter_mut().zip(self.bytes()) {
            *pair = [digit(byte >> 4), digit(*byte)];
        }
        digits.get(..2 * self.bytes().len()).unwrap_or_default()
    }

    /// Writes the hash; [`HashFormat::Sri`] brings its algorithm along, the others are bare.
    pub fn to_text(&self, format: HashFormat) -> String {
        match format {
            HashFormat::Base16 => self.base16(),
            HashFormat::Nix32 => base32::encode(self.bytes()),
            HashFormat::Base64 => base64::encode(self.bytes()),
            HashFormat::Sri => format!("{}-{}", self.algo, base64::encode(self.bytes())),
        }
    }

    /// Writes the hash with its algorithm before it, separated by `:` (by `-` in SRI).
    pub fn to_prefixed_text(&self, format: HashFormat) -> String {
        match format {
            HashFormat::Sri => self.to_text(format),
            HashFormat::Base16 | HashFormat::Nix32 | HashFormat::Base64 => {
                format!("{}:{}", self.algo, self.to_text(format))
            }
        }
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_prefixed_text(HashFormat::Base16))
    }
}

/// Folds a digest to `N` bytes with exclusive or; store paths are SHA-256 digests folded to 20 bytes
/// (Nix's store path specification: "compress").
pub fn compress_hash<const N: usize>(digest: &[u8]) -> [u8; N] {
    let mut folded = [0; N];
    for chunk in digest.chunks(N.max(1)) {
        for (to, from) in folded.iter_mut().zip(chunk) {
            *to ^= from;
        }
    }
    folded
}

/// Hashes what is written to it.
pub struct Hasher {
    algo: HashAlgo,
    state: State,
}

/// The states differ much in size, hence the boxes around the large ones.
enum State {
    Md5(Md5),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// Starts with no bytes.
    pub fn new(algo: HashAlgo) -> Self {
        let state = match algo {
            HashAlgo::Md5 => State::Md5(Md5::new()),
            HashAlgo::Sha1 => State::Sha1(Sha1::new()),
            HashAlgo::Sha256 => State::Sha256(Sha256::new()),
            HashAlgo::Sha512 => State::Sha512(Box::default()),
            HashAlgo::Blake3 => State::Blake3(Box::default()),
        };
        Self { algo, state }
    }

    /// Adds bytes.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.state {
            State::Md5(state) => state.update(data),
            State::Sha1(state) => state.update(data),
            State::Sha256(state) => state.update(data),
            State::Sha512(state) => state.update(data),
            State::Blake3(state) => {
                state.update(data);
            }
        }
    }

    /// The hash of all bytes so far.
    pub fn finish(self) -> Hash {
        match self.state {
            State::Md5(state) => Hash::padded(self.algo, &state.finalize()),
            State::Sha1(state) => Hash::padded(self.algo, &state.finalize()),
            State::Sha256(state) => Hash::padded(self.algo, &state.finalize()),
            State::Sha512(state) => Hash::padded(self.algo, &state.finalize()),
            State::Blake3(state) => Hash::padded(self.algo, state.finalize().as_bytes()),
        }
    }
}

impl io::Write for Hasher {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
