//! Reading a derivation's `ATerm`. Strict about the form, and never panics: `.drv` files may be damaged.

use super::{Derivation, DerivationOutput};
use crate::store::hash::{Hash, HashAlgo, HashError};
use crate::store::make_path::IngestMethod;
use crate::store::path::{StoreDir, StorePath, StorePathError, is_name_character};
use std::collections::BTreeSet;
use thiserror::Error;

/// Why bytes are no derivation, or none of a kind we know.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Another text was due.
    #[error("expected string '{expected}' at byte {at} of the derivation")]
    Expected {
        /// The text due.
        expected: &'static str,
        /// Where.
        at: usize,
    },
    /// It doesn't start like a derivation.
    #[error("derivation does not start with 'Derive' or 'DrvWithVersion'")]
    NoDerivation,
    /// A string without its closing quote.
    #[error("unterminated string in derivation")]
    UnterminatedString,
    /// Bytes follow the derivation.
    #[error("{0} bytes follow the derivation")]
    TrailingBytes(usize),
    /// A path that isn't absolute.
    #[error("bad path '{0}' in derivation")]
    BadPath(String),
    /// A path that is none of the store.
    #[error(transparent)]
    StorePath(#[from] StorePathError),
    /// A fixed output's hash can't be read.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A name or hash isn't UTF-8.
    #[error("'{0}' in derivation is not valid UTF-8")]
    NotUtf8(String),
    /// An output's name that no store path can end with. Names are written without escapes, so it would
    /// not even be written as it was read.
    #[error("illegal output name '{0}' in derivation")]
    OutputName(String),
    /// A kind of derivation that is experimental in Nix and unknown here.
    #[error("{0} derivations are not supported")]
    Unsupported(&'static str),
}

impl Derivation {
    /// Reads the content of a `.drv` file; `name` is the derivation's name, from the file's path.
    pub fn parse(dir: &StoreDir, name: &str, aterm: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader { dir, text: aterm, at: 0 };
        if reader.rest().starts_with(b"DrvWithVersion(") {
            return Err(ParseError::Unsupported("dynamic"));
        }
        reader.expect("Derive(").map_err(|_| ParseError::NoDerivation)?;
        let outputs = reader.list(Reader::output)?;
        reader.expect(",")?;
        let input_drvs = reader.list(Reader::input)?;
        reader.expect(",")?;
        let input_srcs = reader.list(Reader::store_path)?;
        reader.expect(",")?;
        let platform = reader.string()?;
        reader.expect(",")?;
        let builder = reader.string()?;
        reader.expect(",")?;
        let args = reader.list(Reader::string)?;
        reader.expect(",")?;
        let env = reader.list(Reader::variable)?;
        reader.expect(")")?;
        match reader.rest().len() {
            0 => {}
            trailing => return Err(ParseError::TrailingBytes(trailing)),
        }
        let name = name.to_owned();
        Ok(Self { name, outputs, input_drvs, input_srcs, platform, builder, args, env })
    }
}

/// A text and how far it has been read.
struct Reader<'a> {
    dir: &'a StoreDir,
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), ParseError> {
        if !self.rest().starts_with(expected.as_bytes()) {
            return Err(ParseError::Expected { expected, at: self.at });
        }
        self.at += expected.len();
        Ok(())
    }

    /// A list into whatever collection the caller wants.
    fn list<T, C: Default + Extend<T>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<C, ParseError> {
        let mut items = C::default();
        self.expect("[")?;
        if self.expect("]").is_ok() {
            return Ok(items);
        }
        loop {
            items.extend([item(self)?]);
            if self.expect(",").is_err() {
                return self.expect("]").map(|()| items);
            }
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, ParseError> {
        self.expect("\"")?;
        let mut string = Vec::new();
        loop {
            let end = self.rest().iter().position(|byte| matches!(byte, b'"' | b'\\'));
            let end = end.ok_or(ParseError::UnterminatedString)?;
            string.extend_from_slice(self.rest().get(..end).unwrap_or_default());
            self.at += end + 1;
            if self.text.get(self.at - 1) == Some(&b'"') {
                return Ok(string);
            }
            let escaped = self.rest().first().ok_or(ParseError::UnterminatedString)?;
            string.push(unescape(*escaped));
            self.at += 1;
        }
    }

    fn utf8(&mut self) -> Result<String, ParseError> {
        String::from_utf8(self.string()?).map_err(|error| {
            ParseError::NotUtf8(String::from_utf8_lossy(error.as_bytes()).into_owned())
        })
    }

    fn output_name(&mut self) -> Result<String, ParseError> {
        let name = self.utf8()?;
        if name.chars().all(is_name_character) {
            Ok(name)
        } else {
            Err(ParseError::OutputName(name))
        }
    }

    fn store_path(&mut self) -> Result<StorePath, ParseError> {
        let path = self.utf8()?;
        self.to_store_path(path)
    }

    fn to_store_path(&self, path: String) -> Result<StorePath, ParseError> {
        if !path.starts_with('/') {
            return Err(ParseError::BadPath(path));
        }
        Ok(self.dir.parse(&path)?)
    }

    fn input(&mut self) -> Result<(StorePath, BTreeSet<String>), ParseError> {
        self.expect("(")?;
        let path = self.store_path()?;
        self.expect(",")?;
        let outputs = self.list(Self::output_name)?;
        self.expect(")")?;
        Ok((path, outputs))
    }

    fn variable(&mut self) -> Result<(Vec<u8>, Vec<u8>), ParseError> {
        self.expect("(")?;
        let name = self.string()?;
        self.expect(",")?;
        let value = self.string()?;
        self.expect(")")?;
        Ok((name, value))
    }

    fn output(&mut self) -> Result<(String, DerivationOutput), ParseError> {
        self.expect("(")?;
        let name = self.output_name()?;
        let mut fields = [const { String::new() }; 3];
        for field in &mut fields {
            self.expect(",")?;
            *field = self.utf8()?;
        }
        self.expect(")")?;
        let [path, method, hash] = fields;
        Ok((name, self.output_of(path, &method, &hash)?))
    }

    /// Tells an output's kind by which of its fields are empty. A fixed output's path isn't kept: it follows
    /// from the rest, and Nix computes it anew as well.
    fn output_of(
        &self,
        path: String,
        method: &str,
        hash: &str,
    ) -> Result<DerivationOutput, ParseError> {
        match (path.is_empty(), method.is_empty(), hash) {
            (true, true, _) => Ok(DerivationOutput::Deferred),
            (false, true, _) => Ok(DerivationOutput::InputAddressed(self.to_store_path(path)?)),
            (_, false, "impure") => Err(ParseError::Unsupported("impure")),
            (_, false, "") => Err(ParseError::Unsupported("content-addressed")),
            (_, false, _) if !path.starts_with('/') => Err(ParseError::BadPath(path)),
            (_, false, _) => {
                let (method, algo) = parse_method(method)?;
                Ok(DerivationOutput::Fixed { method, hash: Hash::parse_unprefixed(hash, algo)? })
            }
        }
    }
}

/// Reads `sha256`, `r:sha256` or `text:sha256`.
fn parse_method(text: &str) -> Result<(IngestMethod, HashAlgo), ParseError> {
    if text.starts_with("git:") {
        return Err(ParseError::Unsupported("git-hashed"));
    }
    let marked = [IngestMethod::Recursive, IngestMethod::Text];
    let (method, algo) = marked
        .into_iter()
        .find_map(|method| Some((method, text.strip_prefix(method.prefix())?)))
        .unwrap_or((IngestMethod::Flat, text));
    Ok((method, HashAlgo::parse(algo)?))
}

/// The byte that a backslash and this byte stand for.
const fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => byte,
    }
}
