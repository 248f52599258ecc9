//! Reading the attributes of a derivation, in the order of their names.

use std::collections::BTreeSet;

use super::super::data::read_json;
use super::super::json::write_string;
use super::super::support::{plain_text, utf8, wrap};
use super::super::to_json::{self, JsonOptions, to_json};
use super::warn;
use crate::eval::{Coercion, Eval, Evaluator, slots_of, words};
use crate::source::Span;
use crate::store::{ElementId, HashAlgo, IngestMethod};
use crate::value::{Attr, Attrs, Context, ContextSum, Slot, Value};

/// What the attributes say, before it is known where the outputs go.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) builder: Vec<u8>,
    pub(super) platform: Vec<u8>,
    pub(super) args: Vec<Vec<u8>>,
    /// By name, as they were read: a map is made faster of all than one by one.
    pub(super) env: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) outputs: BTreeSet<String>,
    /// `outputHash`, perhaps empty.
    pub(super) output_hash: Option<String>,
    pub(super) hash_algo: Option<HashAlgo>,
    pub(super) method: Option<IngestMethod>,
    /// What all strings together refer to.
    pub(super) context: BTreeSet<ElementId>,
    /// With `__structuredAttrs`: the attributes as JSON members, in order.
    structured: Option<Vec<u8>>,
}

/// Attributes that Nix ignores, with a warning, beside `__structuredAttrs`.
const CHECKS: [&[u8]; 6] = [
    b"allowedReferences",
    b"allowedRequisites",
    b"disallowedReferences",
    b"disallowedRequisites",
    b"maxSize",
    b"maxClosureSize",
];

/// Reads all attributes.
pub(super) fn read<'h>(
    ev: &mut Evaluator<'h>,
    name: &str,
    given: Attrs<'h>,
    at: Span,
) -> Eval<'h, Draft> {
    let mut flag = |name| match given.get(name) {
        Some(slot) => ev.boolean(slot),
        None => Ok(false),
    };
    let structured = flag(words().structured_attrs)?;
    let ignore_nulls = flag(words().ignore_nulls)?;
    let mut draft = Draft { structured: structured.then(Vec::new), ..Draft::default() };
    draft.outputs.insert("out".to_owned());
    let work = if structured { to_json::WORK } else { Coercion::ENVIRONMENT.work() };
    let attrs = given.by_name(ev.local);
    let mut sharing = ev.sharing(work);
    for (i, attr) in attrs.iter().enumerate() {
        sharing.reach(ev, i, |local| slots_of(local, &attrs));
        let key = attr.key.name;
        if key == words().ignore_nulls {
            continue;
        }
        let read = draft.attribute(ev, name, *attr, ignore_nulls, at);
        ev.framed(read, attr.key.span, || {
            format!("while evaluating attribute '{key}' of derivation '{name}'")
        })?;
    }
    sharing.done();
    if let Some(members) = draft.structured.take() {
        let object = [b"{", members.as_slice(), b"}"].concat();
        draft.env.push((b"__json".to_vec(), object));
    }
    Ok(draft)
}

impl Draft {
    fn attribute<'h>(
        &mut self,
        ev: &mut Evaluator<'h>,
        name: &str,
        attr: Attr<'h>,
        ignore_nulls: bool,
        at: Span,
    ) -> Eval<'h, ()> {
        if ignore_nulls && matches!(ev.force(attr.slot)?, Value::Null) {
            return Ok(());
        }
        let key = attr.key.name.bytes();
        match key {
            b"__contentAddressed" => refuse_feature(ev, attr.slot, "ca-derivations", at),
            b"__impure" => refuse_feature(ev, attr.slot, "impure-derivations", at),
            b"args" => self.arguments(ev, attr.slot),
            b"__structuredAttrs" if self.structured.is_some() => Ok(()),
            _ if self.structured.is_some() => self.structured(ev, name, key, attr.slot, at),
            _ => self.variable(ev, name, key, attr.slot, at),
        }
    }

    fn arguments<'h>(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, ()> {
        for item in ev.items(slot)?.items() {
            let argument = self.coerced(ev, *item)?;
            self.args.push(argument);
        }
        Ok(())
    }

    /// An attribute as a member of `__json`; some also mean something to Nix.
    fn structured<'h>(
        &mut self,
        ev: &mut Evaluator<'h>,
        name: &str,
        key: &[u8],
        slot: Slot<'h>,
        at: Span,
    ) -> Eval<'h, ()> {
        let members = self.structured.get_or_insert_default();
        if !members.is_empty() {
            members.push(b',');
        }
        wrap(ev, at, write_string(members, key))?;
        members.push(b':');
        let mut context = ContextSum::default();
        to_json(ev, slot, JsonOptions::TO_JSON, members, &mut context)?;
        self.depend_on(context.finish(ev.local));
        match key {
            b"builder" => {
                let builder = ev.string(slot)?;
                self.depend_on(builder.context());
                self.builder = builder.bytes().to_vec();
            }
            b"system" => self.platform = ev.plain_string(slot)?.to_vec(),
            b"outputHash" => {
                self.output_hash = Some(plain_text(ev, slot, "hash", at)?.to_owned());
            }
            b"outputHashAlgo" => {
                self.hash_algo = HashAlgo::parse(plain_text(ev, slot, "hash algorithm", at)?).ok();
            }
            b"outputHashMode" => {
                let mode = plain_text(ev, slot, "hash mode", at)?;
                self.method = Some(hash_mode(ev, mode, at)?);
            }
            b"outputs" => {
                let mut names = Vec::new();
                for item in ev.items(slot)?.items() {
                    names.push(plain_text(ev, *item, "output name", at)?);
                }
                self.set_outputs(ev, &names, at)?;
            }
            _ if CHECKS.contains(&key) => {
                let key = String::from_utf8_lossy(key);
                warn(
                    ev,
                    &format!(
                        "In a derivation named '{name}', 'structuredAttrs' disables the effect of the derivation attribute '{key}'; use 'outputChecks.<output>.{key}' instead"
                    ),
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    /// An attribute as a variable of the builder's environment; some also mean something to Nix.
    fn variable<'h>(
        &mut self,
        ev: &mut Evaluator<'h>,
        name: &str,
        key: &[u8],
        slot: Slot<'h>,
        at: Span,
    ) -> Eval<'h, ()> {
        let mut value = self.coerced(ev, slot)?;
        match key {
            b"__json" => {
                warn(
                    ev,
                    &format!(
                        "In derivation '{name}': setting structured attributes via '__json' is deprecated, and may be disallowed in future versions of Nix. Set '__structuredAttrs = true' instead."
                    ),
                )?;
                value = normalised(ev, &value, at)?;
            }
            b"builder" => self.builder.clone_from(&value),
            b"system" => self.platform.clone_from(&value),
            b"outputHash" => self.output_hash = Some(utf8(ev, at, "hash", &value)?.to_owned()),
            b"outputHashAlgo" => {
                self.hash_algo = HashAlgo::parse(&String::from_utf8_lossy(&value)).ok();
            }
            b"outputHashMode" => {
                let mode = utf8(ev, at, "hash mode", &value)?;
                self.method = Some(hash_mode(ev, mode, at)?);
            }
            b"outputs" => {
                let names = utf8(ev, at, "output name", &value)?;
                let names: Vec<&str> =
                    names.split([' ', '\t', '\n', '\r']).filter(|name| !name.is_empty()).collect();
                self.set_outputs(ev, &names, at)?;
            }
            _ => {}
        }
        self.env.push((key.to_vec(), value));
        Ok(())
    }

    fn set_outputs<'h>(&mut self, ev: &Evaluator<'h>, names: &[&str], at: Span) -> Eval<'h, ()> {
        self.outputs.clear();
        for name in names {
            if self.outputs.contains(*name) {
                return Err(ev.error_at(at, format!("duplicate derivation output '{name}'")));
            }
            if *name == "drvPath" {
                return Err(ev.error_at(at, "invalid derivation output name 'drvPath'"));
            }
            self.outputs.insert((*name).to_owned());
        }
        if self.outputs.is_empty() {
            let message = "derivation cannot have an empty set of outputs";
            return Err(ev.error_at(at, message));
        }
        Ok(())
    }

    fn coerced<'h>(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Vec<u8>> {
        let value = ev.force(slot)?;
        let made = ev.coerce(value, Coercion::ENVIRONMENT)?;
        self.depend_on(made.context());
        Ok(made.bytes().to_vec())
    }

    fn depend_on(&mut self, context: Context<'_>) {
        self.context.extend(context.elements());
    }
}

/// Derivations whose output paths are known only once they are built.
fn refuse_feature<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    feature: &str,
    at: Span,
) -> Eval<'h, ()> {
    if ev.boolean(slot)? {
        return Err(experimental(ev, feature, at));
    }
    Ok(())
}

fn experimental<'h>(ev: &Evaluator<'h>, feature: &str, at: Span) -> crate::value::Error<'h> {
    let message = format!(
        "experimental Nix feature '{feature}' is disabled; add '--extra-experimental-features {feature}' to enable it"
    );
    ev.error_at(at, message)
}

fn hash_mode<'h>(ev: &Evaluator<'h>, mode: &str, at: Span) -> Eval<'h, IngestMethod> {
    match mode {
        "recursive" | "nar" => Ok(IngestMethod::Recursive),
        "flat" => Ok(IngestMethod::Flat),
        "text" => Err(experimental(ev, "dynamic-derivations", at)),
        "git" => Err(experimental(ev, "git-hashing", at)),
        _ => {
            let message = format!("invalid value '{mode}' for 'outputHashMode' attribute");
            Err(ev.error_at(at, message))
        }
    }
}

/// JSON text as Nix writes it after reading it.
fn normalised<'h>(ev: &mut Evaluator<'h>, text: &[u8], at: Span) -> Eval<'h, Vec<u8>> {
    let value = read_json(ev, text, at)?;
    let (mut out, mut context) = (Vec::new(), ContextSum::default());
    let slot = Slot::Value(value);
    to_json(ev, slot, JsonOptions::TO_JSON, &mut out, &mut context)?;
    Ok(out)
}
