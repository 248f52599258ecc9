//! `derivationStrict`: from a set of attributes to a derivation and the paths of its outputs.
//!
//! `attributes` reads the set into a [`Draft`](attributes::Draft), `inputs` turns what its strings refer to into
//! inputs, `known` finds the derivations among them, and this file puts the derivation together. Nothing is
//! written: the derivation is kept in [`Derivations`](crate::store::Derivations) until something builds it.
//! Source of the rules: `src/libexpr/primops.cc` (`derivationStrict`) of Nix 2.34.

mod attributes;
mod imported;
mod inputs;
mod known;
mod script;

pub(super) use imported::{ROWS as IMPORTED, at_path, imported};
pub(super) use known::known;
pub use script::Script;

use std::collections::BTreeMap;

use self::attributes::Draft;
use super::support::{plain_text, store_dir, wrap, wrong_count};
use crate::diagnostic::Shown;
use crate::eval::{Builtin, Eval, Evaluator, words};
use crate::source::{Name, Span};
use crate::store::{
    ContextElement, Derivation, DerivationOutput, ElementId, Hash, IngestMethod, StorePath,
    check_name,
};
use crate::value::{Attr, Attrs, Context, Frame, Slot, Text, Value};

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "derivationStrict",
    arguments: &["attrs"],
    doc: "Makes a derivation of its attributes at once, and gives the paths of the derivation and its outputs. `derivation` is what programs call.",
    run: derivation_strict,
}];

fn derivation_strict<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let given = ev.attrs(*given)?;
    let Some(name_attr) = given.attr(words().name) else {
        return Err(ev.missing_attribute(given, words().name, at));
    };
    let place = name_attr.key.span;
    let name = plain_text(ev, name_attr.slot, "derivation name", at);
    let name =
        ev.framed(name, place, || "while evaluating the derivation attribute 'name'".to_owned())?;
    let made = make(ev, name, given, at);
    made.map_err(|error| {
        let text = ev.local.str(&format!("while evaluating derivation '{name}'"));
        let error = error.within_for(ev.local, Frame { span: place, text, shown: Shown::InLabs });
        let whose = match ev.shared.sources.nix_place(place) {
            Some(place) => {
                let (path, line, column) = (place.path().display(), place.line, place.column);
                format!("{text}\n  whose name attribute is located at {path}:{line}:{column}")
            }
            None => text.to_owned(),
        };
        ev.frame_of_nix(error, Span::NONE, whose)
    })
}

fn make<'h>(ev: &mut Evaluator<'h>, name: &str, given: Attrs<'h>, at: Span) -> Eval<'h> {
    if let Err(error) = check_name(name) {
        let message = format!("invalid derivation name: {error}. Please pass a different 'name'.");
        return Err(ev.error_at(at, message));
    }
    let draft = attributes::read(ev, name, given, at)?;
    let inputs = inputs::of(ev, name, &draft.context, at)?;
    if draft.builder.is_empty() {
        return Err(ev.error_at(at, "required attribute 'builder' missing"));
    }
    if draft.platform.is_empty() {
        return Err(ev.error_at(at, "required attribute 'system' missing"));
    }
    if is_drv_name(name) {
        let message = "derivation names are allowed to end in '.drv' only if they produce a single derivation file";
        return Err(ev.error_at(at, message));
    }
    let outputs = outputs(ev, name, &draft, at)?;
    let mut env: BTreeMap<Vec<u8>, Vec<u8>> = draft.env.into_iter().collect();
    for output in outputs.keys() {
        // An attribute of an output's name gives way to the output's path.
        env.insert(output.clone().into_bytes(), Vec::new());
    }
    let derivation = Derivation {
        name: name.to_owned(),
        outputs,
        input_drvs: inputs.drvs,
        input_srcs: inputs.srcs,
        platform: draft.platform,
        builder: draft.builder,
        args: draft.args,
        env,
    };
    let made = ev.shared.derivations.add(&store_dir(), derivation);
    let (path, derivation) = wrap(ev, at, made)?;
    result(ev, &path, &derivation, at)
}

/// Does a name end as those of derivations' files do?
pub(super) fn is_drv_name(name: &str) -> bool {
    name.as_bytes().ends_with(b".drv")
}

/// What is built, with what is known of where it goes.
fn outputs<'h>(
    ev: &Evaluator<'h>,
    name: &str,
    draft: &Draft,
    at: Span,
) -> Eval<'h, BTreeMap<String, DerivationOutput>> {
    let Some(text) = &draft.output_hash else {
        let deferred = |output: &String| (output.clone(), DerivationOutput::Deferred);
        return Ok(draft.outputs.iter().map(deferred).collect());
    };
    if draft.outputs.len() != 1 || !draft.outputs.contains("out") {
        let message = "multiple outputs are not supported in fixed-output derivations";
        return Err(ev.error_at(at, message));
    }
    let hash = wrap(ev, at, Hash::parse_or_empty(text, draft.hash_algo))?;
    if text.is_empty() {
        let sri = hash.to_text(crate::store::HashFormat::Sri);
        warn(ev, &format!("found empty hash, assuming '{sri}' ({name})"))?;
    }
    let method = draft.method.unwrap_or(IngestMethod::Flat);
    let fixed = DerivationOutput::Fixed { method, hash };
    Ok(BTreeMap::from([("out".to_owned(), fixed)]))
}

fn warn<'h>(ev: &Evaluator<'h>, message: &str) -> Eval<'h, ()> {
    ev.say(&format!("warning: {message}"))
}

/// The derivation's path and the paths of its outputs, each with its context.
fn result<'h>(ev: &Evaluator<'h>, path: &StorePath, derivation: &Derivation, at: Span) -> Eval<'h> {
    let mut attrs = vec![Attr::new(words().drv_path, Span::NONE, drv_text(ev, path))];
    for output in derivation.outputs.keys() {
        let value = output_text(ev, path, derivation, output, at)?;
        attrs.push(Attr::new(Name::new(output), Span::NONE, value));
    }
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

/// A derivation's path, needing all that it is built from.
fn drv_text<'h>(ev: &Evaluator<'h>, path: &StorePath) -> Value<'h> {
    let element = ContextElement::DrvDeep(path.clone());
    referring(ev, &store_dir().print(path), &element)
}

/// The path of an output, needing the output.
fn output_text<'h>(
    ev: &Evaluator<'h>,
    path: &StorePath,
    derivation: &Derivation,
    output: &str,
    at: Span,
) -> Eval<'h> {
    let found = wrap(ev, at, derivation.output_path(&store_dir(), output))?;
    let Some(found) = found else {
        let message = format!("derivation '{}' has no output '{output}'", derivation.name);
        return Err(ev.error_at(at, message));
    };
    let element = ContextElement::Built { drv: path.clone(), output: output.into() };
    Ok(referring(ev, &store_dir().print(&found), &element))
}

fn referring<'h>(ev: &Evaluator<'h>, text: &str, element: &ContextElement) -> Value<'h> {
    let context = Context::new(ev.local, vec![ElementId::intern(element)]);
    Value::Text(Text::made(ev.local, text, context))
}
