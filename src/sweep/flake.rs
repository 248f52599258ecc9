//! The lab among the outputs of a flake.

use super::list::Request;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::eval::{Eval, Evaluator, words};
use crate::flake::outputs::{outputs, places, select};
use crate::flake::reference::FlakeRef;
use crate::flake::{Substitutes, call, placed, upstream_library};
use crate::session::{PackageSet, SYSTEM, Session};
use crate::source::Name;
use crate::value::{Attrs, Error, Slot, Value};

/// A lab that a flake gives.
#[derive(Clone, Debug)]
pub struct FlakeLab {
    /// The flake.
    pub reference: FlakeRef,
    /// The output's name; empty: whichever is the lab.
    pub output: String,
    /// Take `RepX` as the flake names it, not our own library.
    pub upstream_library: bool,
    /// Use the request's package set in place of the flake's nixpkgs.
    pub own_packages: bool,
}

/// Where a lab is looked for when no output is named, in order.
fn usual_places() -> Vec<Vec<String>> {
    let path = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
    vec![
        path(&["packages", SYSTEM, "default"]),
        path(&["packages", SYSTEM, "lab"]),
        path(&["legacyPackages", SYSTEM, "lab"]),
        path(&["lab"]),
        path(&["defaultPackage", SYSTEM]),
    ]
}

/// The value that is the lab: of its file, or among the outputs of its flake.
pub(super) fn entry<'h>(
    session: &Session<'h>,
    ev: &mut Evaluator<'h>,
    request: &Request,
) -> Eval<'h, Slot<'h>> {
    match &request.flake {
        None => session.file_slot(ev, &request.entry),
        Some(flake) => lab_of(session, ev, request, flake).map(Slot::Value),
    }
}

fn lab_of<'h>(
    session: &Session<'h>,
    ev: &mut Evaluator<'h>,
    request: &Request,
    flake: &FlakeLab,
) -> Eval<'h> {
    let mut substitutes = Substitutes::default();
    if !flake.upstream_library {
        let repx = session.repx_flake(ev)?;
        substitutes.repx = Some(Slot::Value(repx));
        if let PackageSet::Locked(locked) = &request.packages {
            substitutes.known = session.known_packages(ev, locked, repx)?;
        }
    }
    if flake.own_packages {
        let packages = session.packages_value(ev, &request.packages, &request.root)?;
        substitutes.packages = Some(Slot::Value(session.packages_flake(ev, packages)?));
    }
    let called = call(ev, &flake.reference, &substitutes)?;
    // RepX's own flake has labs too.
    if !flake.upstream_library
        && let Some(library) = upstream_library(&called.directory, ev.shared.world)
    {
        session.replace_library(ev, &library)?;
    }
    let outputs = outputs(ev, called.value)?;
    if flake.output.is_empty() {
        return usual_lab(ev, outputs);
    }
    for place in places(&flake.output, SYSTEM) {
        if let Some(value) = select(ev, outputs, &place)? {
            return match as_lab(ev, value)? {
                Some(lab) => Ok(lab),
                None => Err(no_lab(ev, &place.join("."), value)),
            };
        }
    }
    Err(no_output(ev, outputs, &flake.output))
}

fn usual_lab<'h>(ev: &mut Evaluator<'h>, outputs: Attrs<'h>) -> Eval<'h> {
    for place in usual_places() {
        if let Some(value) = select(ev, outputs, &place)?
            && let Some(lab) = as_lab(ev, value)?
        {
            return Ok(lab);
        }
    }
    // A flake with one lab under another name means that one.
    let labs = all_labs(ev, outputs);
    match labs.as_slice() {
        [(_, lab)] => Ok(*lab),
        _ => Err(ambiguous(ev, &labs)),
    }
}

/// A lab, or a set that has one as its `lab`.
fn as_lab<'h>(ev: &mut Evaluator<'h>, value: Value<'h>) -> Eval<'h, Option<Value<'h>>> {
    if is_lab(ev, value)? {
        return Ok(Some(value));
    }
    let Value::Attrs(attrs) = value else {
        return Ok(None);
    };
    let Some(slot) = attrs.get(Name::new("lab")) else {
        return Ok(None);
    };
    let inner = ev.force(slot)?;
    Ok(is_lab(ev, inner)?.then_some(inner))
}

fn is_lab<'h>(ev: &mut Evaluator<'h>, value: Value<'h>) -> Eval<'h, bool> {
    let Value::Attrs(attrs) = value else {
        return Ok(false);
    };
    let Some(tag) = attrs.get(Name::new("_repx_type")) else {
        return Ok(false);
    };
    Ok(matches!(ev.force(tag)?, Value::Text(text) if text.bytes() == b"lab"))
}

/// The labs among the packages. One that can't be evaluated is no lab here: it may be anything.
fn all_labs<'h>(ev: &mut Evaluator<'h>, outputs: Attrs<'h>) -> Vec<(String, Value<'h>)> {
    let place = ["packages".to_owned(), SYSTEM.to_owned()];
    let Ok(Some(Value::Attrs(packages))) = select(ev, outputs, &place) else {
        return Vec::new();
    };
    let mut labs = Vec::new();
    for attr in packages.by_name(ev.local) {
        let lab = ev.force(attr.slot).and_then(|value| as_lab(ev, value));
        if let Ok(Some(lab)) = lab {
            labs.push((attr.key.name.text().into_owned(), lab));
        }
    }
    labs
}

fn ambiguous<'h>(ev: &Evaluator<'h>, labs: &[(String, Value<'h>)]) -> Error<'h> {
    let names: Vec<&str> = labs.iter().map(|(name, _)| name.as_str()).collect();
    let (message, help) = match names.first() {
        None => (
            "this flake gives no lab".to_owned(),
            format!(
                "a lab is what `repx-lib.mkLab` gives, as the output `packages.{SYSTEM}.default` or `.lab`"
            ),
        ),
        Some(first) => (
            format!("this flake gives several labs: {}", names.join(", ")),
            format!("name the one you mean: `repx eval .#{first}`"),
        ),
    };
    let diagnostic = Diagnostic::error("repx::flake::no-lab", message).help(help);
    placed(ev, diagnostic)
}

fn no_lab<'h>(ev: &Evaluator<'h>, place: &str, value: Value<'h>) -> Error<'h> {
    let is_derivation = matches!(value, Value::Attrs(attrs) if attrs.has(words().drv_path));
    let (kind, help) = if is_derivation {
        (
            "a derivation",
            "jobs are listed of labs made by our own library; `repx instantiate` prints the path of a derivation, also that of a lab made by upstream's",
        )
    } else {
        (value.a_type(), "a lab is what `repx-lib.mkLab` gives")
    };
    let message = format!("the output `{place}` of this flake is {kind}, not a lab");
    let diagnostic = Diagnostic::error("repx::flake::no-lab", message).help(help);
    placed(ev, diagnostic)
}

fn no_output<'h>(ev: &mut Evaluator<'h>, outputs: Attrs<'h>, name: &str) -> Error<'h> {
    let labs = all_labs(ev, outputs);
    let names: Vec<&str> = labs.iter().map(|(name, _)| name.as_str()).collect();
    let near = did_you_mean(name, &names);
    let all = (!names.is_empty()).then(|| format!("its labs are: {}", names.join(", ")));
    let looked: Vec<String> =
        places(name, SYSTEM).iter().map(|path| format!("`{}`", path.join("."))).collect();
    let message = format!("this flake has no output {}", looked.join(", "));
    let help = near.or(all).unwrap_or_else(|| "`nix flake show` lists what it has".to_owned());
    let diagnostic = Diagnostic::error("repx::flake::no-output", message).help(help);
    placed(ev, diagnostic)
}
