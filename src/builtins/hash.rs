//! Hashes of strings, and their ways of being written.

use super::arguments::argument;
use super::support::{optional, plain_text, required, utf8, wrap, wrong_count};
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::store::{Hash, HashAlgo, HashFormat, hash_placeholder};
use crate::value::Slot;

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "hashString",
        arguments: &["type", "s"],
        doc: "The hash of a string in base 16; `type` is `\"md5\"`, `\"sha1\"`, `\"sha256\"` or `\"sha512\"`.",
        run: hash_string,
    },
    Builtin {
        name: "hashFile",
        arguments: &["type", "p"],
        doc: "The hash of a file's bytes in base 16.",
        run: hash_file,
    },
    Builtin {
        name: "convertHash",
        arguments: &["args"],
        doc: "Writes a hash in another way: `convertHash { hash = …; hashAlgo = \"sha256\"; toHashFormat = \"sri\"; }`, where the format is `\"base16\"`, `\"nix32\"`, `\"base64\"` or `\"sri\"`.",
        run: convert_hash,
    },
    Builtin {
        name: "placeholder",
        arguments: &["output"],
        doc: "A text that stands for an output's path within the derivation that builds it.",
        run: placeholder,
    },
];

/// The algorithm an argument names.
fn algorithm<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>, at: Span) -> Eval<'h, HashAlgo> {
    let name = plain_text(ev, slot, "hash algorithm", at)?;
    wrap(ev, at, HashAlgo::parse(name))
}

fn hash_string<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [kind, string] = args else {
        return Err(wrong_count(ev, at));
    };
    let algorithm = algorithm(ev, *kind, at)?;
    let bytes = argument(ev, at, "the second argument passed to builtins.hashString", |ev| {
        ev.string(*string)
    })?
    .bytes();
    let mut digits = [0; Hash::DIGITS];
    Ok(ev.text(Hash::digest(algorithm, bytes).base16_in(&mut digits)))
}

fn hash_file<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [kind, path] = args else {
        return Err(wrong_count(ev, at));
    };
    let algorithm = algorithm(ev, *kind, at)?;
    let path = super::paths::readable(ev, *path, at)?;
    let bytes = super::paths::read(ev, path, at)?;
    Ok(ev.text(Hash::digest(algorithm, &bytes).base16()))
}

fn convert_hash<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let given = ev.attrs(*given)?;
    let hash = required(ev, given, "hash")?;
    let hash = plain_text(ev, hash, "hash", at)?;
    let known = match optional(given, "hashAlgo") {
        Some(slot) => Some(algorithm(ev, slot, at)?),
        None => None,
    };
    let format = required(ev, given, "toHashFormat")?;
    let format = plain_text(ev, format, "hash format", at)?;
    let format = wrap(ev, at, HashFormat::parse(format))?;
    let hash = wrap(ev, at, Hash::parse(hash, known))?;
    Ok(ev.text(hash.to_text(format)))
}

fn placeholder<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [output] = args else {
        return Err(wrong_count(ev, at));
    };
    let output = argument(ev, at, "the first argument passed to builtins.placeholder", |ev| {
        ev.plain_string(*output)
    })?;
    let output = utf8(ev, at, "output name", output)?;
    Ok(ev.text(hash_placeholder(output)))
}
