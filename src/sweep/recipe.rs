//! What it takes to run a job: its scripts, the packages they are run with, and what they refer to.
//!
//! Kept only where it was asked for ([`Ask::Recipes`](super::Ask)): a listing needs none of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::listing::Outputs;
use crate::eval::{Coercion, Eval, Evaluator};
use crate::source::Name;
use crate::store::{HostObject, Object, Objects, StoreDir, StorePath};
use crate::value::{Attrs, Slot, Value};

/// A part of a scatter-gather stage: what is run, and what it writes.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Recipe {
    /// "scatter", "worker", "gather" or a step's name.
    pub name: Arc<str>,
    /// The text of its script, or the name of its file in Nix's store.
    pub text: Vec<u8>,
    /// Its outputs and their paths, sorted by name.
    pub outputs: Outputs,
}

/// A package that a script is run with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// The path that stands for it, `/repx-host/jq`.
    pub path: Arc<str>,
    /// What it is on this machine.
    pub kind: PackageKind,
}

/// What a package of the embedded set is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PackageKind {
    /// Programs found on PATH; the first has to be there.
    Programs(Vec<Arc<str>>),
    /// A library of an interpreter, which has it or hasn't.
    Library,
    /// Made from what the lab says.
    Made,
    /// Nothing that the set knows.
    Unknown,
}

/// What scripts may refer to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kit {
    /// The packages are derivations, which only Nix can build: instead of texts of scripts there are
    /// names of files in its store.
    pub derivations: bool,
    /// Packages that texts of scripts may name; of derivations the basic tools, the shell first.
    pub packages: Vec<Package>,
    /// Files that come to be when a script refers to them.
    pub materials: Vec<Material>,
}

/// A file or directory under the path that scripts know it by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Material {
    /// That path.
    pub path: Arc<str>,
    /// What is there.
    pub content: Content,
}

/// What lies at a path that evaluation only computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Content {
    /// A copy of a file or a directory; of its entries these, if not all.
    Tree(PathBuf, Option<Vec<PathBuf>>),
    /// A directory that holds nothing but a copy of one entry.
    Entry(Vec<u8>, PathBuf),
    /// A file with this text, perhaps to be executed, at this place below the path.
    Text(Vec<u8>, bool, Vec<u8>),
    /// What a script with this text and these variables leaves at its output path.
    Build(Vec<u8>, Vec<(Vec<u8>, Vec<u8>)>),
}

/// The packages that a stage's or part's `runDependencies` names.
///
/// # Errors
/// When the list or one of them can't be evaluated.
pub fn packages<'h>(ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, Vec<Package>> {
    let Some(list) = attrs.get(Name::new("runDependencies")) else {
        return Ok(Vec::new());
    };
    let items = ev.items(list)?;
    items.items().iter().map(|item| package(ev, *item)).collect()
}

/// A package of the embedded set; any other is what lies at its path.
///
/// # Errors
/// When it can't be evaluated.
pub fn package<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Package> {
    let value = ev.force(slot)?;
    let host = match value {
        Value::Attrs(attrs) => attrs.get(Name::new("_repx_host")),
        _ => None,
    };
    let path = ev.coerce(value, Coercion::INTERPOLATION)?.into_text(ev.local);
    let path: Arc<str> = path.lossy().into();
    let Some(host) = host else {
        return Ok(Package { path, kind: PackageKind::Made });
    };
    let host = ev.attrs(host)?;
    let Some(kind) = host.get(Name::new("kind")) else {
        return Ok(Package { path, kind: PackageKind::Unknown });
    };
    let kind = ev.string(kind)?.lossy();
    let kind = match &*kind {
        "program" => PackageKind::Programs(programs(ev, host)?),
        "module" => PackageKind::Library,
        "text" | "build" => PackageKind::Made,
        _ => PackageKind::Unknown,
    };
    Ok(Package { path, kind })
}

fn programs<'h>(ev: &mut Evaluator<'h>, host: Attrs<'h>) -> Eval<'h, Vec<Arc<str>>> {
    let Some(list) = host.get(Name::new("programs")) else {
        return Ok(Vec::new());
    };
    let items = ev.items(list)?;
    items.items().iter().map(|item| ev.string(*item).map(|text| text.lossy().into())).collect()
}

/// Where the embedded set's paths begin.
const ROOT: &[u8] = b"/repx-host/";

/// Where paths of Nix's store begin.
pub const NIX_STORE: &str = "/nix/store/";

/// Packages whose programs every script finds, as upstream's.
pub const CORE: [&str; 7] = ["bash", "coreutils", "findutils", "gnused", "gawk", "gnugrep", "jq"];

/// Names that stand in a text after the beginning of the embedded set's paths.
pub fn host_names(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr::memmem::find_iter(text, ROOT).map(|at| {
        let rest = text.get(at + ROOT.len()..).unwrap_or_default();
        let end = rest.iter().position(|byte| !is_name(*byte)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    })
}

/// Paths of the store that stand in a text.
pub fn paths_in(text: &str) -> impl Iterator<Item = StorePath> + '_ {
    memchr::memmem::find_iter(text.as_bytes(), NIX_STORE).filter_map(|at| {
        let rest = text.get(at..)?;
        let name = rest.get(NIX_STORE.len()..)?;
        let end = name.bytes().position(|byte| !is_name(byte)).unwrap_or(name.len());
        StoreDir::default().parse(rest.get(..NIX_STORE.len() + end)?).ok()
    })
}

/// May this byte be part of a path's name?
pub fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-._?=".contains(&byte)
}

/// Packages that texts name by their paths and no list mentions.
pub(super) fn named<'h>(
    ev: &mut Evaluator<'h>,
    set: Attrs<'h>,
    texts: impl Iterator<Item = impl AsRef<[u8]>>,
) -> Vec<Package> {
    let mut names: Vec<Vec<u8>> = CORE.iter().map(|name| name.as_bytes().to_vec()).collect();
    for text in texts {
        for name in host_names(text.as_ref()) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_vec());
            }
        }
    }
    names.sort();
    let found = names.into_iter().filter_map(|name| {
        let name = std::str::from_utf8(&name).ok()?;
        // An interpreter with libraries is the interpreter.
        let known = name.strip_suffix("-env").unwrap_or(name);
        let found = package(ev, set.get(Name::new(known))?).ok()?;
        Some(Package { path: format!("/repx-host/{name}").into(), ..found })
    });
    found.collect()
}

/// All that evaluation has computed the paths of.
pub(super) fn materials(objects: &Objects, store: &str) -> Vec<Material> {
    let mut materials = Vec::new();
    for path in objects.paths() {
        let Some(object) = objects.get(&path) else { continue };
        let content = match &*object {
            Object::Tree { root, kept } => Content::Tree(
                root.clone(),
                kept.as_ref().map(|kept| kept.iter().cloned().collect()),
            ),
            Object::Flat(root) => Content::Tree(root.clone(), None),
            Object::Entry { name, root } => Content::Entry(name.clone(), root.clone()),
            Object::Text { contents, .. } => Content::Text(contents.clone(), false, Vec::new()),
        };
        let path = format!("{store}/{}", path.base_name()).into();
        materials.push(Material { path, content });
    }
    for (path, object) in objects.hosts() {
        let content = match &*object {
            HostObject::File { text, executable, destination, .. } => {
                Content::Text(text.clone(), *executable, destination.clone())
            }
            HostObject::Build { script, env, .. } => {
                let env = env.iter().map(|(name, value)| (name.clone(), value.clone()));
                Content::Build(script.clone(), env.collect())
            }
        };
        materials.push(Material { path: path.as_str().into(), content });
    }
    materials
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_texts() {
        let hash = "5xjzsmqc2dpgjb004x3iy1lfp7d09sl8";
        let text = format!(r#"["/nix/store/{hash}-a b","/nix/store/{hash}-c.d/e","/nix/store/x"]"#);
        let found: Vec<String> = paths_in(&text).map(|path| path.name().to_owned()).collect();
        assert_eq!(found, ["a", "c.d"]);
    }
}
