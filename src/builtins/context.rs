//! String contexts: asking what a string depends on, and changing it.

use std::collections::BTreeMap;

use super::support::{optional, plain_text, store_dir, wrong_count};
use crate::eval::{Builtin, Coercion, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::{ContextElement, ContextPath, ElementId, StorePath};
use crate::value::{Attr, Attrs, Context, Slot, Text, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "hasContext",
        arguments: &["s"],
        doc: "Does a string refer to anything in the store? `hasContext \"x\"` is `false`.",
        run: has_context,
    },
    Builtin {
        name: "getContext",
        arguments: &["s"],
        doc: "What a string refers to: a set of store paths, each with `path`, `allOutputs` or `outputs` as it is referred to.",
        run: get_context,
    },
    Builtin {
        name: "appendContext",
        arguments: &["s", "context"],
        doc: "A string that also refers to what a set in the form of `getContext` says.",
        run: append_context,
    },
    Builtin {
        name: "unsafeDiscardStringContext",
        arguments: &["s"],
        doc: "The same string, referring to nothing. What it names need not exist when it is used.",
        run: discard,
    },
    Builtin {
        name: "unsafeDiscardOutputDependency",
        arguments: &["s"],
        doc: "The same string, with references to a derivation and all its outputs made references to the derivation's file alone.",
        run: discard_outputs,
    },
    Builtin {
        name: "addDrvOutputDependencies",
        arguments: &["s"],
        doc: "The same string, with its one reference to a derivation's file made a reference to the derivation and all its outputs.",
        run: add_outputs,
    },
];

/// A context's elements in the order to show them.
pub(super) fn ordered(context: Context<'_>) -> Vec<&'static ContextElement> {
    let mut elements: Vec<_> = context.elements().iter().map(|id| id.get()).collect();
    elements.sort_unstable();
    elements
}

/// A string that names a store path, and depends on it as it is.
pub(super) fn store_text<'h>(ev: &Evaluator<'h>, path: &StorePath, rest: &str) -> Text<'h> {
    let element = ContextElement::Opaque(ContextPath::Store(path.clone()));
    let context = Context::new(ev.local, vec![ElementId::intern(&element)]);
    let text = format!("{}{rest}", store_dir().print(path));
    Text::made(ev.local, text.as_bytes(), context)
}

fn has_context<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = ev.string(*string)?;
    Ok(Value::bool(!text.context().is_empty()))
}

/// How a string refers to one path.
#[derive(Default)]
struct Reference {
    path: bool,
    all_outputs: bool,
    outputs: Vec<&'static str>,
}

fn get_context<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let context = ev.string(*string)?.context();
    let mut references: BTreeMap<String, Reference> = BTreeMap::new();
    for element in ordered(context) {
        let path = element.print_path(&store_dir());
        let reference = references.entry(path).or_default();
        match element {
            ContextElement::Opaque(_) => reference.path = true,
            ContextElement::DrvDeep(_) => reference.all_outputs = true,
            ContextElement::Built { output, .. } => reference.outputs.push(output),
        }
    }
    let attrs = references
        .into_iter()
        .map(|(path, reference)| {
            let value = shown(ev, &reference);
            Attr::new(Name::new(path), Span::NONE, value)
        })
        .collect();
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

fn shown<'h>(ev: &Evaluator<'h>, reference: &Reference) -> Value<'h> {
    let mut pairs = Vec::new();
    if reference.path {
        pairs.push(("path", Value::bool(true)));
    }
    if reference.all_outputs {
        pairs.push(("allOutputs", Value::bool(true)));
    }
    if !reference.outputs.is_empty() {
        let outputs: Vec<Slot<'h>> =
            reference.outputs.iter().map(|output| Slot::Value(ev.text(output))).collect();
        pairs.push(("outputs", ev.list(&outputs)));
    }
    super::support::set(ev, pairs)
}

fn append_context<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string, added] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = ev.string(*string)?;
    let mut elements = text.context().elements().to_vec();
    for attr in ev.attrs(*added)?.by_name(ev.local) {
        let name = attr.key.name.text();
        let Ok(path) = store_dir().parse(&name) else {
            let message = format!("context key '{name}' is not a store path");
            return Err(ev.error_at(attr.key.span, message));
        };
        let reference = ev.attrs(attr.slot)?;
        for element in elements_of(ev, &path, reference, attr.key.span)? {
            elements.push(ElementId::intern(&element));
        }
    }
    let context = Context::new(ev.local, elements);
    Ok(Value::Text(text.replace_context(ev.local, context)))
}

fn elements_of<'h>(
    ev: &mut Evaluator<'h>,
    path: &StorePath,
    reference: Attrs<'h>,
    at: Span,
) -> Eval<'h, Vec<ContextElement>> {
    let mut elements = Vec::new();
    let not_a_derivation = |ev: &Evaluator<'h>, what: &str| {
        let path = store_dir().print(path);
        let message = format!(
            "tried to add {what} context of \"{path}\", which is not a derivation, to a string"
        );
        ev.error_at(at, message)
    };
    if let Some(slot) = optional(reference, "path")
        && ev.boolean(slot)?
    {
        elements.push(ContextElement::Opaque(ContextPath::Store(path.clone())));
    }
    if let Some(slot) = optional(reference, "allOutputs")
        && ev.boolean(slot)?
    {
        if !path.is_derivation() {
            return Err(not_a_derivation(ev, "all-outputs"));
        }
        elements.push(ContextElement::DrvDeep(path.clone()));
    }
    if let Some(slot) = optional(reference, "outputs") {
        let outputs = ev.items(slot)?;
        if !outputs.is_empty() && !path.is_derivation() {
            return Err(not_a_derivation(ev, "derivation output"));
        }
        for output in outputs.items() {
            let output = plain_text(ev, *output, "output name", at)?.into();
            let drv = path.clone();
            elements.push(ContextElement::Built { drv, output });
        }
    }
    Ok(elements)
}

/// The string that an argument is as part of another string.
fn interpolated<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Text<'h>> {
    let value = ev.force(slot)?;
    let made = ev.coerce(value, Coercion::INTERPOLATION)?;
    Ok(made.into_text(ev.local))
}

fn discard<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = interpolated(ev, *string)?;
    Ok(Value::Text(text.replace_context(ev.local, Context::EMPTY)))
}

fn discard_outputs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = interpolated(ev, *string)?;
    let shallow = |id: &ElementId| match id.get() {
        ContextElement::DrvDeep(path) => {
            ElementId::intern(&ContextElement::Opaque(ContextPath::Store(path.clone())))
        }
        ContextElement::Opaque(_) | ContextElement::Built { .. } => *id,
    };
    let elements = text.context().elements().iter().map(shallow).collect();
    let context = Context::new(ev.local, elements);
    Ok(Value::Text(text.replace_context(ev.local, context)))
}

fn add_outputs<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [string] = args else {
        return Err(wrong_count(ev, at));
    };
    let text = interpolated(ev, *string)?;
    let [element] = text.context().elements() else {
        let message = format!(
            "context of string '{}' must have exactly one element, but has {}",
            text.lossy(),
            text.context().elements().len()
        );
        return Err(ev.error_at(at, message));
    };
    let deep = match element.get() {
        ContextElement::Opaque(ContextPath::Store(path)) if path.is_derivation() => {
            ContextElement::DrvDeep(path.clone())
        }
        ContextElement::DrvDeep(path) => ContextElement::DrvDeep(path.clone()),
        element @ ContextElement::Opaque(_) => {
            let path = element.print_path(&store_dir());
            return Err(ev.error_at(at, format!("path '{path}' is not a derivation")));
        }
        ContextElement::Built { output, .. } => {
            let message = format!(
                "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '{output}'"
            );
            return Err(ev.error_at(at, message));
        }
    };
    let context = Context::new(ev.local, vec![ElementId::intern(&deep)]);
    Ok(Value::Text(text.replace_context(ev.local, context)))
}
