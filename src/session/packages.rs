//! Package sets: evaluated, and what is kept of their values.
//!
//! Labs ask a package set for little: paths of outputs, names, versions. What another evaluation
//! has found of these is kept ([`PackageCache`]); `stand_ins.rs` makes sets of it, and this file
//! looks at real values to see what there is to keep.

use std::path::{Path, PathBuf};

use super::Session;
use super::kept::{KeptValue, MOST_NESTED, Origin, PackagePlace, Plain, Referred};
use crate::eval::{Eval, Evaluator, words};
use crate::flake::LockedPackages;
use crate::source::{Name, Span};
use crate::store::{ContextElement, ElementId};
use crate::value::{Attrs, Slot, Text, Value};

/// Where packages come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PackageSet {
    /// The embedded set of this machine's programs.
    Host,
    /// What an expression gives; a function is called with `{ }`.
    Expression(String),
    /// What a file gives; likewise.
    Path(PathBuf),
    /// What a flake has locked, in the forms of `nixlib/locked-packages.nix`.
    Locked(LockedPackages),
}

/// Attributes of a derivation that are kept with it; others are when they are asked for.
const KNOWN: [&str; 9] =
    ["drvPath", "name", "outPath", "outputName", "outputs", "pname", "system", "type", "version"];

/// A set of more attributes is not kept.
const MOST_NAMES: usize = 1 << 17;

impl<'h> Session<'h> {
    /// What a package set is given as: often a function that makes it, or its file. Relative paths
    /// of an expression begin at `root`.
    ///
    /// # Errors
    /// When it can't be evaluated.
    pub fn packages_value(
        &self,
        evaluator: &mut Evaluator<'h>,
        set: &PackageSet,
        root: &Path,
    ) -> Eval<'h> {
        match set {
            PackageSet::Host => self.host_packages(evaluator),
            PackageSet::Expression(text) => self.expression(evaluator, text, root),
            PackageSet::Path(path) => self.file(evaluator, path),
            PackageSet::Locked(locked) => self.locked_packages(evaluator, locked),
        }
    }

    /// A package set; what gives one as a function is called.
    ///
    /// # Errors
    /// When it can't be evaluated.
    pub fn packages(
        &self,
        evaluator: &mut Evaluator<'h>,
        set: &PackageSet,
        root: &Path,
    ) -> Eval<'h> {
        let value = self.packages_value(evaluator, set, root)?;
        match set {
            PackageSet::Host | PackageSet::Locked(_) => Ok(value),
            PackageSet::Expression(_) | PackageSet::Path(_) => called(evaluator, value),
        }
    }

    /// What there is to keep of a value of a package set; `None` if that can't be told.
    pub fn describe(
        &self,
        evaluator: &mut Evaluator<'h>,
        packages: Value<'h>,
        place: &PackagePlace,
    ) -> Option<KeptValue> {
        let root = match &place.origin {
            Origin::Set => packages,
            Origin::Text { text, name, base } => {
                let base = taken(evaluator, packages, base)?;
                let text = format!("{name}: {text}");
                let function = self.expression(evaluator, &text, Path::new("/")).ok()?;
                evaluator.call(function, &[Slot::Value(base)], Span::NONE).ok()?
            }
        };
        let value = taken(evaluator, root, &place.path)?;
        match value {
            Value::Attrs(attrs) => describe_set(evaluator, attrs),
            other => Some(match plain(evaluator, Slot::Value(other), MOST_NESTED) {
                Some(plain) => KeptValue::Plain(plain),
                None => KeptValue::Real,
            }),
        }
    }
}

/// nixpkgs is a function of its configuration.
fn called<'h>(evaluator: &mut Evaluator<'h>, value: Value<'h>) -> Eval<'h> {
    match value {
        Value::Lambda(_) => {
            let nothing = Value::Attrs(Attrs::empty());
            evaluator.call(value, &[Slot::Value(nothing)], Span::NONE)
        }
        Value::Path(path) => {
            let loader = evaluator.shared.loader;
            let value = loader.import(evaluator, path, Span::NONE)?;
            match value {
                Value::Path(_) => Ok(value),
                other => called(evaluator, other),
            }
        }
        other => Ok(other),
    }
}

/// What is taken out of a value by these names.
fn taken<'h>(ev: &mut Evaluator<'h>, from: Value<'h>, path: &[Name]) -> Option<Value<'h>> {
    let mut value = from;
    for name in path {
        let Value::Attrs(attrs) = value else {
            return None;
        };
        value = ev.force(attrs.get(*name)?).ok()?;
    }
    Some(value)
}

fn describe_set<'h>(ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Option<KeptValue> {
    if attrs.missing().is_some() || attrs.is_empty() || attrs.len() > MOST_NAMES {
        return Some(KeptValue::Real);
    }
    let mut known = Vec::new();
    if attrs.has(words().drv_path) && ev.is_derivation(attrs).ok()? {
        for name in KNOWN.map(Name::new) {
            let Some(slot) = attrs.get(name) else {
                continue;
            };
            let wanted = name == words().drv_path || name == words().out_path;
            let Ok(_) = ev.force(slot) else {
                if wanted {
                    return None;
                }
                continue;
            };
            match plain(ev, slot, MOST_NESTED) {
                Some(plain) => known.push((name, plain)),
                None if wanted => return Some(KeptValue::Real),
                None => {}
            }
        }
    }
    let names = attrs.by_name(ev.local).iter().map(|attr| attr.key.name).collect();
    Some(KeptValue::Set(names, known))
}

/// A value that is plain as far as it has been evaluated.
fn plain<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>, nested: u32) -> Option<Plain> {
    Some(match slot.known()? {
        Value::Null => Plain::Null,
        Value::Bool(bool) => Plain::Bool(bool.get()),
        Value::Int(int) => Plain::Int(int),
        Value::Text(text) => Plain::Text(text.bytes().to_vec(), referred(ev, text)?),
        Value::List(list) => {
            let nested = nested.checked_sub(1)?;
            let items = list.items().iter().map(|item| plain(ev, *item, nested));
            Plain::List(items.collect::<Option<_>>()?)
        }
        Value::Float(_)
        | Value::Path(_)
        | Value::Attrs(_)
        | Value::Lambda(_)
        | Value::Builtin(_)
        | Value::Partial(_) => return None,
    })
}

/// What a string refers to, if that is nothing but derivations: what else it may refer to lies
/// where this evaluation found it, and is not kept.
fn referred<'h>(ev: &Evaluator<'h>, text: Text<'h>) -> Option<Vec<Referred>> {
    let one = |id: &ElementId| {
        let element = id.get();
        let (ContextElement::Built { drv, .. } | ContextElement::DrvDeep(drv)) = element else {
            return None;
        };
        let modulo = ev.shared.derivations.modulo(drv)?;
        Some(Referred {
            element: element.to_string(),
            modulo: modulo.hash().bytes().to_vec(),
            outputs: modulo.outputs().to_vec(),
        })
    };
    text.context().elements().iter().map(one).collect()
}
