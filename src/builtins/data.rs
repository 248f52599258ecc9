//! Documents: JSON, XML and TOML, read and written; texts put into the store.

use std::collections::BTreeSet;

use super::context::{ordered, store_text};
use super::json::{self, JsonError};
use super::reader::Reader;
use super::sink::ReadError;
use super::support::{plain_text, store_dir, wrap, wrong_count};
use super::to_json::{JsonOptions, to_json};
use super::to_xml::{XmlOptions, to_xml};
use super::toml;
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::store::{ContextElement, ContextPath, Hash, HashAlgo, Object};
use crate::value::{ContextSum, Slot, Text, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "toJSON",
        arguments: &["e"],
        doc: "A value as JSON text. A set with `__toString` or `outPath` becomes that string, a path its copy in the store; functions have no JSON.",
        run: to_json_text,
    },
    Builtin {
        name: "fromJSON",
        arguments: &["e"],
        doc: "The value that a JSON text describes. `fromJSON \"[1, null]\"` is `[ 1 null ]`.",
        run: from_json,
    },
    Builtin {
        name: "toXML",
        arguments: &["e"],
        doc: "A value as an XML document.",
        run: to_xml_text,
    },
    Builtin {
        name: "fromTOML",
        arguments: &["e"],
        doc: "The set that a TOML text describes. `fromTOML \"a.b = 1\"` is `{ a.b = 1; }`.",
        run: from_toml,
    },
    Builtin {
        name: "toFile",
        arguments: &["name", "s"],
        doc: "Puts a string into the store as a file of this name, and gives its path. The string may refer to files in the store, but not to what derivations build.",
        run: to_file,
    },
];

fn to_json_text<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [value] = args else {
        return Err(wrong_count(ev, at));
    };
    let (mut out, mut context) = (Vec::new(), ContextSum::default());
    to_json(ev, *value, JsonOptions::TO_JSON, &mut out, &mut context)?;
    let bytes = ev.local.slice(&out);
    Ok(Value::Text(Text::with_context(ev.local, bytes, context.finish(ev.local))))
}

fn from_json<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [text] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = ev.plain_string(*text)?;
    read_json(ev, text, at)
}

/// The value of a JSON text.
pub(super) fn read_json<'h>(ev: &Evaluator<'h>, text: &[u8], at: Span) -> Eval<'h> {
    let mut reader = Reader::new(ev.local);
    match json::parse(text, &mut reader) {
        Ok(()) => Ok(reader.finish()),
        Err(ReadError::Sink(never)) => match never {},
        Err(ReadError::Document(error)) => {
            let failed = ev.error_at(at, error.to_string());
            Err(match error {
                JsonError::Syntax(_) => ev.frame(failed, at, "while decoding a JSON string"),
                JsonError::Range(_) | JsonError::NullByte(_) => failed,
            })
        }
    }
}

fn to_xml_text<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [value] = args else {
        return Err(wrong_count(ev, at));
    };
    let how = XmlOptions { force: true, places: false };
    let mut context = ContextSum::default();
    let document = to_xml(ev, *value, how, &mut context)?;
    let bytes = ev.local.slice(&document);
    Ok(Value::Text(Text::with_context(ev.local, bytes, context.finish(ev.local))))
}

fn from_toml<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [text] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = ev.plain_string(*text)?;
    let mut reader = Reader::new(ev.local);
    match toml::parse(text, &mut reader) {
        Ok(()) => Ok(reader.finish()),
        Err(ReadError::Sink(never)) => match never {},
        Err(ReadError::Document(error)) => Err(ev.error_at(at, error.to_string())),
    }
}

fn to_file<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [name, contents] = args else {
        return Err(wrong_count(ev, at));
    };
    let name = plain_text(ev, *name, "file name", at)?;
    let contents = ev.string(*contents)?;
    let mut references = BTreeSet::new();
    for element in ordered(contents.context()) {
        match element {
            ContextElement::Opaque(ContextPath::Store(path)) => {
                references.insert(path.clone());
            }
            ContextElement::Opaque(ContextPath::Virtual(path)) => {
                let message = format!(
                    "files created by builtins.toFile may not refer to programs of this machine, but {name} refers to '{}'",
                    path.as_str()
                );
                return Err(ev.error_at(at, message));
            }
            ContextElement::DrvDeep(_) | ContextElement::Built { .. } => {
                let message = format!(
                    "files created by builtins.toFile may not reference derivations, but {name} references {element}"
                );
                return Err(ev.error_at(at, message));
            }
        }
    }
    let hash = Hash::digest(HashAlgo::Sha256, contents.bytes());
    let path = wrap(ev, at, store_dir().make_text_path(name, &hash, &references))?;
    let contents = contents.bytes().to_vec();
    let object = Object::Text { contents, references };
    ev.shared.objects.add(path.clone(), object);
    Ok(Value::Text(store_text(ev, &path, "")))
}
