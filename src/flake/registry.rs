//! Names of flakes, looked up in the registry files of this machine.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::reference::{Attribute, Attributes, FlakeRef, RefError, Scheme};
use crate::diagnostic::Diagnostic;
use crate::world::World;

/// Look-ups in a row before a registry is taken to go in circles, as in Nix.
const MOST_STEPS: usize = 100;

/// What a reference stands for: itself, or what a registry says for its name.
///
/// # Errors
/// When no registry of this machine knows the name. None is downloaded.
pub(super) fn direct(reference: &FlakeRef, world: &dyn World) -> Result<FlakeRef, Box<Diagnostic>> {
    let mut found = reference.clone();
    let files = files(world);
    for _ in 0..MOST_STEPS {
        if found.scheme != Some(Scheme::Indirect) {
            return Ok(found);
        }
        let next = files.iter().find_map(|file| look_up(file, &found, world));
        match next {
            Some(Ok(next)) => found = next,
            Some(Err(error)) => {
                return Err(Diagnostic::error("repx::flake::registry", error.to_string()).into());
            }
            None => {
                let message = format!("cannot find flake '{found}' in the flake registries");
                let help = "the registries of this machine were looked at, none is downloaded; say where it is: `inputs.NAME.url = \"github:OWNER/REPO\"`";
                return Err(Diagnostic::error("repx::flake::registry", message).help(help).into());
            }
        }
    }
    let message = format!("cycle detected in flake registry for '{reference}'");
    Err(Diagnostic::error("repx::flake::registry", message).into())
}

/// The user's registry, then the system's.
fn files(world: &dyn World) -> Vec<PathBuf> {
    let variable = |name: &str| {
        let value = world.variable(name.as_bytes())?;
        let text = String::from_utf8(value).ok()?;
        (!text.is_empty()).then(|| PathBuf::from(text))
    };
    let config = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    let user = config.map(|config| config.join("nix/registry.json"));
    let system = variable("NIX_CONF_DIR").unwrap_or_else(|| PathBuf::from("/etc/nix"));
    user.into_iter().chain([system.join("registry.json")]).collect()
}

fn look_up(
    file: &Path,
    wanted: &FlakeRef,
    world: &dyn World,
) -> Option<Result<FlakeRef, RefError>> {
    let bytes = world.read_file(file).ok()?;
    let json: Json = serde_json::from_slice(&bytes).ok()?;
    json.get("flakes")?.as_array()?.iter().find_map(|entry| {
        let reference = |name| {
            let attributes = Attributes::from_json(entry.get(name)?).ok()?;
            FlakeRef::from_attributes(attributes).ok()
        };
        let (from, to) = (reference("from")?, reference("to")?);
        let exact = entry.get("exact").and_then(Json::as_bool) == Some(true);
        let same = from.attributes == wanted.attributes;
        if same {
            return Some(Ok(to));
        }
        (!exact && from.attributes == without_version(wanted)).then(|| versioned(to, &from, wanted))
    })
}

fn without_version(reference: &FlakeRef) -> Attributes {
    let mut attributes = reference.attributes.clone();
    attributes.remove("ref");
    attributes.remove("rev");
    attributes
}

/// What the name was asked for in goes over to what it stands for.
fn versioned(mut to: FlakeRef, from: &FlakeRef, wanted: &FlakeRef) -> Result<FlakeRef, RefError> {
    for (name, other) in [("ref", "rev"), ("rev", "ref")] {
        if let Some(value) = wanted.text(name)
            && from.text(name).is_none()
        {
            if to.scheme != Some(Scheme::Indirect) && to.scheme != Some(Scheme::Git) {
                to.attributes.remove(other);
            }
            to.attributes.set(name, Attribute::Text(value.to_owned()));
        }
    }
    let dir = std::mem::take(&mut to.dir);
    let mut made = FlakeRef::from_attributes(to.attributes)?;
    made.dir = dir;
    Ok(made)
}
