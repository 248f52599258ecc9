//! Flakes, as far as programs ask for them.

use std::path::Path;

use super::support::{plain_text, required, wrap, wrong_count};
use crate::diagnostic::Diagnostic;
use crate::eval::{Builtin, Eval, Evaluator};
use crate::flake::reference::{self, Attribute, Attributes, FlakeRef};
use crate::flake::{self, Substitutes};
use crate::source::Span;
use crate::value::{BuiltinId, ErrorKind, Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "getFlake",
        arguments: &["args"],
        doc: "The outputs of a flake, with what is known about it: `(getFlake \"path:/my/flake\").packages`. The flake and its inputs must be on this machine; nothing is downloaded during evaluation.",
        run: get_flake,
    },
    Builtin {
        name: "parseFlakeRef",
        arguments: &["flake-ref"],
        doc: "The attributes that a flake reference stands for: `parseFlakeRef \"github:NixOS/nixpkgs/23.05\"` is `{ owner = \"NixOS\"; ref = \"23.05\"; repo = \"nixpkgs\"; type = \"github\"; }`.",
        run: parse_flake_ref,
    },
    Builtin {
        name: "flakeRefToString",
        arguments: &["attrs"],
        doc: "The flake reference for attributes: `flakeRefToString { type = \"indirect\"; id = \"nixpkgs\"; }` is `\"flake:nixpkgs\"`.",
        run: flake_ref_to_string,
    },
];

/// What the flakes of a session are made with; no program can name these.
pub(super) const HELPERS: &[Builtin] = &[
    Builtin {
        name: flake::FETCH_INPUT,
        arguments: &["input"],
        doc: "Fetches an input that isn't in the store, or says how to get it.",
        run: fetch_input,
    },
    Builtin {
        name: flake::COUNT_REVISIONS,
        arguments: &["commit"],
        doc: "How many commits lead to one: `{ root, rev }`.",
        run: count_revisions,
    },
];

fn get_flake<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = plain_text(ev, *given, "flake reference", at)?;
    let reference = wrap(ev, at, reference::parse(text, true, false))?;
    let flake = flake::call(ev, &reference, &Substitutes::default());
    let flake = ev.framed(flake, at, || format!("while reading the flake '{text}'"))?;
    Ok(flake.value)
}

/// The input's `sourceInfo`: whoever can fetch trees is asked for it.
fn fetch_input<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let given = ev.attrs(*given)?;
    let locked = required(ev, given, "locked")?;
    let fetch = ev.shared.builtins.iter().position(|row| row.name == "fetchTree");
    let fetch = Value::Builtin(BuiltinId(fetch.unwrap_or_default() as u64));
    let error = match ev.call(fetch, &[locked], at) {
        Ok(tree) => return Ok(tree),
        Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::OutOfTurn) => {
            return Err(error);
        }
        Err(error) => error.diagnostic(),
    };
    let mut text = |name: &str| {
        let slot = required(ev, given, name)?;
        plain_text(ev, slot, name, at)
    };
    let (input, reference, root) = (text("input")?, text("reference")?, text("flake")?);
    let mut help = format!("to fetch what the flake needs, run `nix flake archive {root}`");
    if input.rsplit('/').next() == Some("nixpkgs") {
        help.push_str("; to do with the programs of this machine, add `--pkgs host`");
    }
    // What a fetcher says besides that it is offline is worth knowing.
    let why = match error.code {
        "repx::eval::offline" => String::new(),
        _ => format!(": {}", error.message),
    };
    let message = format!("input `{input}` ({reference}) is not in the store{why}");
    let mut offset = |name: &str| {
        let slot = required(ev, given, name)?;
        ev.int(slot)
    };
    let span = Span::new(offset("from")? as u32, offset("to")? as u32);
    let missing = Diagnostic::error("repx::flake::missing-input", message).help(help);
    Err(flake::placed(ev, missing.at(span, "needed here")))
}

fn count_revisions<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [commit] = args else {
        return Err(wrong_count(ev, at));
    };
    let commit = ev.attrs(*commit)?;
    let (root, rev) = (required(ev, commit, "root")?, required(ev, commit, "rev")?);
    let root = plain_text(ev, root, "path", at)?;
    let rev = plain_text(ev, rev, "commit", at)?;
    let count = wrap(ev, at, flake::count_revisions(Path::new(root), rev))?;
    Ok(Value::Int(count as i64))
}

fn parse_flake_ref<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = plain_text(ev, *given, "flake reference", at)?;
    let reference = wrap(ev, at, reference::parse(text, true, false))?;
    Ok(flake::attributes_value(ev, &reference.to_attributes()))
}

fn flake_ref_to_string<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let given = ev.attrs(*given)?;
    let mut attributes = Attributes::new();
    for attr in given.by_name(ev.local) {
        let name = attr.key.name;
        let value = match ev.force(attr.slot)? {
            Value::Text(text) => Attribute::Text(text.lossy().into_owned()),
            Value::Bool(bool) => Attribute::Bool(bool.get()),
            Value::Int(number) => match u64::try_from(number) {
                Ok(number) => Attribute::Number(number),
                Err(_) => {
                    let message =
                        format!("negative value given for flake ref attr {name}: {number}");
                    return Err(ev.error_at(attr.key.span, message));
                }
            },
            other @ (Value::Null
            | Value::Float(_)
            | Value::Path(_)
            | Value::List(_)
            | Value::Attrs(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_)) => {
                let kind = ev.kind(other);
                return Err(ev.error_at(attr.key.span, format!(
                    "flake reference attribute sets may only contain integers, Booleans, and strings, but attribute '{name}' is {kind}"
                )));
            }
        };
        attributes.set(&name.text(), value);
    }
    let url = FlakeRef::from_attributes(attributes).and_then(|reference| reference.to_url());
    let url = wrap(ev, at, url)?;
    Ok(ev.text(url))
}
