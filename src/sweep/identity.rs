//! What makes a job the same job.
//!
//! The id is 160 bits of a blake3 over everything that can change a job's results: nothing of
//! the machine, the checkout's place, the thread count, or hints. The format of what is hashed
//! is versioned; every part is preceded by a tag and its length, so that no two different jobs
//! hash the same bytes.

use std::fmt;
use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};

/// Names the format of what is hashed. A change of the format changes it, and so every id.
const DOMAIN: &str = "repx job identity 1";

/// The domain, hashed once.
static DOMAIN_KEY: LazyLock<ContextKey> = LazyLock::new(|| hash_derive_key_context(DOMAIN));

/// The identity of a job: 20 bytes, shown as 32 characters of Nix's base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId([u8; 20]);

impl JobId {
    /// The identity with these bytes, as it was computed before.
    pub fn from_bytes(bytes: [u8; 20]) -> JobId {
        JobId(bytes)
    }

    /// As it is shown.
    #[inline]
    pub fn text(&self) -> [u8; 32] {
        crate::store::base32::encode_20(&self.0)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::store::base32::encode(&self.0))
    }
}

impl fmt::Debug for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The parts of an identity, in the order they are hashed.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Part {
    Script = 1,
    Pname = 2,
    Version = 3,
    Params = 4,
    Input = 5,
    Upstream = 6,
    Package = 7,
    Output = 8,
    Piece = 9,
}

/// Takes the parts of an identity one after the other.
#[derive(Clone)]
pub(super) struct Identity(blake3::Hasher);

impl Part {
    /// Writes a part as it is hashed.
    pub(super) fn write(self, bytes: &[u8], to: &mut Vec<u8>) {
        to.push(self as u8);
        to.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        to.extend_from_slice(bytes);
    }
}

impl Identity {
    pub(super) fn new() -> Identity {
        Identity(blake3::Hasher::new_from_context_key(&DOMAIN_KEY))
    }

    /// The identity that parts make which were [written](Part::write) one after the other.
    pub(super) fn of(parts: &[u8]) -> JobId {
        let mut identity = Identity::new();
        identity.0.update(parts);
        identity.finish()
    }

    /// Adds a part.
    pub(super) fn add(&mut self, part: Part, bytes: &[u8]) {
        self.0.update(&[part as u8]);
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// The digest of what was added, for use as a part of something larger.
    pub(super) fn digest(&self) -> [u8; 32] {
        *self.0.finalize().as_bytes()
    }

    pub(super) fn finish(&self) -> JobId {
        let mut id = [0; 20];
        id.iter_mut().zip(self.0.finalize().as_bytes()).for_each(|(to, from)| *to = *from);
        JobId(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let id = |parts: &[(Part, &str)]| {
            let mut identity = Identity::new();
            for (part, text) in parts {
                identity.add(*part, text.as_bytes());
            }
            identity.finish()
        };
        let ids = [
            id(&[(Part::Pname, "ab"), (Part::Version, "c")]),
            id(&[(Part::Pname, "a"), (Part::Version, "bc")]),
            id(&[(Part::Pname, "abc")]),
            id(&[(Part::Version, "abc")]),
        ];
        for (i, a) in ids.iter().enumerate() {
            assert!(ids.iter().skip(i + 1).all(|b| a != b));
        }
    }

    #[test]
    fn the_format_is_frozen() {
        let mut identity = Identity::new();
        identity.add(Part::Pname, b"train");
        assert_eq!(identity.finish().to_string(), "dvrg4gn282vc0ar7ryp6l8phgwk6s8pa");
    }
}
