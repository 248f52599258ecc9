//! Writing a derivation as an `ATerm`. Everything is in one line without spaces; sets are in ascending order.
//!
//! Only the builder, its arguments and the environment are escaped: Nix takes output names, paths, hashes and
//! the platform to be harmless and writes them as they are.

use super::modulo::Inputs;
use super::{Derivation, DerivationError, DerivationOutput};
use crate::store::path::StoreDir;
use std::collections::BTreeSet;

/// What the hash modulo writes differently from the `.drv` file.
pub(super) struct Disguise<'a> {
    /// Whether outputs get empty paths, and the variables named after them empty values: a path can't be
    /// computed from itself.
    pub(super) mask_outputs: bool,
    /// What stands for the input derivations: their hashes modulo.
    pub(super) inputs: &'a Inputs,
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
        let mut term = Term { text: Vec::with_capacity(self.likely_len()) };
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
        let mut term = Term { text: Vec::new() };
        self.write_head(&mut term, dir, disguise)?;
        Ok(term.text)
    }

    /// What follows the head, which is the same under a disguise that masks nothing.
    pub(super) fn tail(&self, dir: &StoreDir) -> Result<Vec<u8>, DerivationError> {
        let mut term = Term { text: Vec::with_capacity(self.likely_len()) };
        self.write_tail(&mut term, dir, false)?;
        Ok(term.text)
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
                term.list(disguise.inputs, |term, (hash, outputs)| term.input(hash, outputs))?;
            }
            None => term.list(&self.input_drvs, |term, (path, outputs)| {
                term.input(&dir.print(path), outputs)
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
        term.list(&self.input_srcs, |term, path| term.plain(dir.print(path).as_bytes()))?;
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
            term.escaped(if masked { b"" } else { value });
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
        let (path, method, hash) = match output {
            DerivationOutput::InputAddressed(path) => {
                (Some(path.clone()), String::new(), String::new())
            }
            DerivationOutput::Fixed { method, hash } => (
                Some(self.fixed_path(dir, name, *method, hash)?),
                format!("{}{}", method.prefix(), hash.algo()),
                hash.base16(),
            ),
            DerivationOutput::Deferred => (None, String::new(), String::new()),
        };
        let path = path.filter(|_| !mask).map(|path| dir.print(&path)).unwrap_or_default();
        term.raw(b"(");
        term.plain(name.as_bytes())?;
        for field in [path, method, hash] {
            term.raw(b",");
            term.plain(field.as_bytes())?;
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
        for &byte in piece {
            match escape(byte) {
                Some(letter) => self.raw(&[b'\\', letter]),
                None => self.text.push(byte),
            }
        }
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

    /// An input derivation with the outputs needed of it.
    fn input(&mut self, name: &str, outputs: &BTreeSet<String>) -> Result<(), DerivationError> {
        self.raw(b"(");
        self.plain(name.as_bytes())?;
        self.raw(b",");
        self.list(outputs, |term, output| term.plain(output.as_bytes()))?;
        self.raw(b")");
        Ok(())
    }
}

const fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t')
}

/// What follows the backslash in place of a byte that is escaped.
const fn escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' => Some(byte),
        b'\n' => Some(b'n'),
        b'\r' => Some(b'r'),
        b'\t' => Some(b't'),
        _ => None,
    }
}
