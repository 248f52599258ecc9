//! Writing a derivation as an `ATerm`. Everything is in one line without spaces; sets are in ascending order.
//!
//! Only the builder, its arguments and the environment are escaped: Nix takes output names, paths, hashes and
//! the platform to be harmless and writes them as they are.

use super::modulo::Inputs;
use super::{Derivation, DerivationError, DerivationOutput};
use crate::store::hash::Hash;
use crate::store::path::{StoreDir, StorePath};
use std::collections::BTreeSet;

/// What the hash modulo writes differently from the `.drv` file.
pub(super) struct Disguise<'a> {
    /// Whether outputs get empty paths, and the variables named after them empty values: a path can't be
    /// computed from itself.
    pub(super) mask_outputs: bool,
    /// What stands for the input derivations: their hashes modulo.
    pub(super) inputs: &'a Inputs<'a>,
}

/// What is written in place of an output's path.
const MASK: &[u8] = b"\"\"";

/// A text in which the values of the variables named after outputs are masked.
pub(super) struct Masked {
    pub(super) text: Vec<u8>,
    /// Where the masks are, one for each output.
    places: Vec<usize>,
}

impl Derivation {
    /// The content of the `.drv` file.
    pub fn to_aterm(&self, dir: &StoreDir) -> Result<Vec<u8>, DerivationError> {
        self.write_aterm(dir, None)
    }

    pub(super) fn write_aterm(
        &self,
        dir: &StoreDir,
        disguise: Option<&Disguise<'_>>,
    ) -> Result<Vec<u8>, DerivationError> {
        let mut term = Term { text: Vec::with_capacity(self.likely_len()), masked: Vec::new() };
        self.write_head(&mut term, dir, disguise)?;
        self.write_tail(&mut term, dir, disguise.is_some_and(|disguise| disguise.mask_outputs))?;
        Ok(term.text)
    }

    /// The outputs and the input derivations.
    pub(super) fn head(
        &self,
        dir: &StoreDir,
        disguise: Option<&Disguise<'_>>,
    ) -> Result<Vec<u8>, DerivationError> {
        let likely = (self.input_drvs.len() + self.outputs.len()) * 100 + 64;
        let mut term = Term { text: Vec::with_capacity(likely), masked: Vec::new() };
        self.write_head(&mut term, dir, disguise)?;
        Ok(term.text)
    }

    /// What follows the head, the outputs masked.
    pub(super) fn masked_tail(&self, dir: &StoreDir) -> Result<Masked, DerivationError> {
        let mut term = Term { text: Vec::with_capacity(self.likely_len()), masked: Vec::new() };
        self.write_tail(&mut term, dir, true)?;
        Ok(Masked { text: term.text, places: term.masked })
    }

    /// What follows the head, which is the same under a disguise that masks nothing. `masked` is what it was
    /// before the outputs were filled in: all else is the same, and need not be escaped again.
    pub(super) fn filled_tail(&self, dir: &StoreDir, masked: &Masked) -> Vec<u8> {
        let paths = masked.places.len() * 120;
        let mut term =
            Term { text: Vec::with_capacity(masked.text.len() + paths), masked: Vec::new() };
        let mut rest = 0;
        // Outputs and variables are in the same order.
        for (place, (name, output)) in masked.places.iter().zip(&self.outputs) {
            term.raw(masked.text.get(rest..*place).unwrap_or_default());
            rest = place + MASK.len();
            match output {
                DerivationOutput::InputAddressed(path) => term.store_path(dir, path),
                DerivationOutput::Fixed { .. } | DerivationOutput::Deferred => {
                    term.escaped(self.env.get(name.as_bytes()).map_or(b"", Vec::as_slice));
                }
            }
        }
        term.raw(masked.text.get(rest..).unwrap_or_default());
        term.text
    }

    fn write_head(
        &self,
        term: &mut Term,
        dir: &StoreDir,
        disguise: Option<&Disguise<'_>>,
    ) -> Result<(), DerivationError> {
        let mask_outputs = disguise.is_some_and(|disguise| disguise.mask_outputs);
        term.raw(b"Derive(");
        term.list(&self.outputs, |term, (name, output)| {
            self.write_output(term, dir, mask_outputs, name, output)
        })?;
        term.raw(b",");
        match disguise {
            Some(disguise) => {
                term.list(disguise.inputs, |term, (hash, outputs)| {
                    term.raw(b"(");
                    term.plain(hash.base16_in(&mut [0; Hash::DIGITS]))?;
                    term.outputs(outputs)
                })?;
            }
            None => term.list(&self.input_drvs, |term, (path, outputs)| {
                term.raw(b"(");
                term.store_path(dir, path);
                term.outputs(outputs)
            })?,
        }
        Ok(())
    }

    fn write_tail(
        &self,
        term: &mut Term,
        dir: &StoreDir,
        mask_outputs: bool,
    ) -> Result<(), DerivationError> {
        term.raw(b",");
        term.list(&self.input_srcs, |term, path| {
            term.store_path(dir, path);
            Ok(())
        })?;
        term.raw(b",");
        term.plain(&self.platform)?;
        term.raw(b",");
        term.escaped(&self.builder);
        term.raw(b",");
        term.list(&self.args, |term, arg| {
            term.escaped(arg);
            Ok(())
        })?;
        term.raw(b",");
        term.list(&self.env, |term, (name, value)| {
            let masked = mask_outputs && self.is_output(name);
            term.raw(b"(");
            term.escaped(name);
            term.raw(b",");
            if masked {
                term.mask();
            } else {
                term.escaped(value);
            }
            term.raw(b")");
            Ok(())
        })?;
        term.raw(b")");
        Ok(())
    }

    /// An output as `("name","path","method and algorithm","hash")`.
    fn write_output(
        &self,
        term: &mut Term,
        dir: &StoreDir,
        mask: bool,
        name: &str,
        output: &DerivationOutput,
    ) -> Result<(), DerivationError> {
        term.raw(b"(");
        term.plain(name.as_bytes())?;
        term.raw(b",");
        let fixed = match output {
            DerivationOutput::Fixed { method, hash } => Some((*method, hash)),
            DerivationOutput::InputAddressed(_) | DerivationOutput::Deferred => None,
        };
        match (output, fixed) {
            (DerivationOutput::InputAddressed(path), _) if !mask => term.store_path(dir, path),
            (_, Some((method, hash))) => {
                // A name that makes no path is an error, shown or not.
                let path = self.fixed_path(dir, name, method, hash)?;
                if mask { term.raw(MASK) } else { term.store_path(dir, &path) }
            }
            _ => term.raw(MASK),
        }
        match fixed {
            Some((method, hash)) => {
                term.raw(b",\"");
                term.raw(method.prefix().as_bytes());
                term.raw(hash.algo().name().as_bytes());
                term.raw(b"\",");
                term.plain(hash.base16_in(&mut [0; Hash::DIGITS]))?;
            }
            None => term.raw(b",\"\",\"\""),
        }
        term.raw(b")");
        Ok(())
    }

    /// Whether a variable is named after an output.
    fn is_output(&self, name: &[u8]) -> bool {
        std::str::from_utf8(name).is_ok_and(|name| self.outputs.contains_key(name))
    }

    /// A guess that saves growing the text over and over.
    fn likely_len(&self) -> usize {
        let env: usize = self.env.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        let args: usize = self.args.iter().map(|arg| arg.len() + 4).sum();
        env + env / 16
            + args
            + (self.input_drvs.len() + self.input_srcs.len() + self.outputs.len()) * 100
            + 256
    }
}

/// An `ATerm` being written.
struct Term {
    text: Vec<u8>,
    /// Where masks have been written.
    masked: Vec<usize>,
}

impl Term {
    fn raw(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }

    /// A string without escapes. (Can't fail; the result spares the lists' closures a line.)
    #[allow(clippy::unnecessary_wraps, reason = "a list's elements may fail, this one doesn't")]
    fn plain(&mut self, string: &[u8]) -> Result<(), DerivationError> {
        self.raw(b"\"");
        self.raw(string);
        self.raw(b"\"");
        Ok(())
    }

    /// A string with its quotes, backslashes and line ends escaped.
    fn escaped(&mut self, string: &[u8]) {
        self.raw(b"\"");
        // Most pieces of most strings need no escapes, which is found out for many bytes at once.
        let (pieces, rest) = string.as_chunks::<32>();
        let mut clean = 0;
        for (index, piece) in pieces.iter().enumerate() {
            if piece.iter().fold(false, |any, &byte| any | is_escaped(byte)) {
                self.raw(pieces.get(clean..index).unwrap_or_default().as_flattened());
                self.escape_piece(piece);
                clean = index + 1;
            }
        }
        self.raw(pieces.get(clean..).unwrap_or_default().as_flattened());
        self.escape_piece(rest);
        self.raw(b"\"");
    }

    fn escape_piece(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(at) = rest.iter().position(|byte| is_escaped(*byte))
            && let Some((clean, [byte, behind @ ..])) = rest.split_at_checked(at)
        {
            self.raw(clean);
            self.raw(&[b'\\', escape(*byte)]);
            rest = behind;
        }
        self.raw(rest);
    }

    fn list<I: IntoIterator>(
        &mut self,
        items: I,
        mut write: impl FnMut(&mut Self, I::Item) -> Result<(), DerivationError>,
    ) -> Result<(), DerivationError> {
        self.raw(b"[");
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.raw(b",");
            }
            write(self, item)?;
        }
        self.raw(b"]");
        Ok(())
    }

    /// The outputs needed of an input derivation, and the end of that.
    fn outputs(&mut self, outputs: &BTreeSet<String>) -> Result<(), DerivationError> {
        self.raw(b",");
        self.list(outputs, |term, output| term.plain(output.as_bytes()))?;
        self.raw(b")");
        Ok(())
    }

    /// A store path.
    fn store_path(&mut self, dir: &StoreDir, path: &StorePath) {
        for part in ["\"", dir.as_str(), "/", path.base_name(), "\""] {
            self.raw(part.as_bytes());
        }
    }

    fn mask(&mut self) {
        self.masked.push(self.text.len());
        self.raw(MASK);
    }
}

const fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t')
}

/// What follows the backslash in place of a byte that is escaped.
const fn escape(byte: u8) -> u8 {
    match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => byte,
    }
}
