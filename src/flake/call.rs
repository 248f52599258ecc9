//! The outputs of a flake as a value.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::lock::{Edge, Lock, ROOT};
use super::manifest::Manifest;
use super::reference::{Attribute, Attributes, FlakeRef};
use super::resolve::{Place, Resolved, read_manifest, resolve, tree_error};
use super::tree::{Info, RevCount, SourceTree, Trees};
use super::{Substitutes, registry};
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::{ContextElement, ContextPath, ElementId, HashFormat, StoreDir};
use crate::value::{
    Attr, Attrs, BuiltinId, Context, Error, ErrorKind, List, Path as PathValue, Slot, Text, Thunk,
    Value,
};
use crate::world::EMBEDDED;

/// The hidden builtin that fetches an input when it is asked for.
pub const FETCH_INPUT: &str = "fetchFlakeInput";
/// The hidden builtin that counts revisions when they are asked for.
pub const COUNT_REVISIONS: &str = "countRevisions";

/// A flake: what it gives, and where it is.
pub struct Flake<'h> {
    /// Its outputs, with `inputs`, `sourceInfo` and so on, as another flake would see it.
    pub value: Value<'h>,
    /// The directory of its `flake.nix`, as evaluation names it.
    pub directory: PathBuf,
}

/// Evaluates as much of a flake as is needed to ask for its outputs.
///
/// # Errors
/// When it isn't there, or its `flake.nix` or `flake.lock` is wrong.
pub fn call<'h>(
    ev: &mut Evaluator<'h>,
    reference: &FlakeRef,
    substitutes: &Substitutes<'h>,
) -> Eval<'h, Flake<'h>> {
    let shared = ev.shared;
    let mut trees = Trees::new(shared.world, shared.objects, shared.sources, shared.interrupt);
    let found = locate(ev, &mut trees, reference, substitutes);
    let (place, resolved) = found.map_err(|diagnostic| placed(ev, *diagnostic))?;
    let nodes = Nodes { trees, resolved: &resolved, root: &place, substitutes }.values(ev);
    let path = PathValue::new(ev.local, format!("{EMBEDDED}/call-flake.nix").as_bytes());
    let function = shared.loader.import(ev, path, Span::NONE)?;
    let value = ev.call(function, &[Slot::Value(nodes)], Span::NONE)?;
    Ok(Flake { value, directory: place.directory() })
}

/// An error that stands where the diagnostic says: what is wrong with a whole file needs no place
/// in whatever code is being evaluated.
pub fn placed<'h>(ev: &Evaluator<'h>, diagnostic: Diagnostic) -> Error<'h> {
    Error::new(ev.local, ErrorKind::Plain, diagnostic)
}

fn locate<'h>(
    ev: &Evaluator<'h>,
    trees: &mut Trees<'h>,
    reference: &FlakeRef,
    substitutes: &Substitutes<'h>,
) -> Result<(Place, Resolved), Box<Diagnostic>> {
    let (world, sources) = (ev.shared.world, ev.shared.sources);
    let found = registry::direct(reference, world)?;
    let Some(tree) = trees.get(&found).map_err(|error| tree_error(&error))? else {
        let message = format!("cannot fetch '{found}': nothing is downloaded during evaluation");
        return Err(Diagnostic::error("repx::eval::offline", message)
            .help(format!("`nix flake archive {found}` puts it into the store; its hash, `?narHash=…`, says where"))
            .into());
    };
    let place = Place { tree, dir: found.dir.clone() };
    let shown = found.to_string();
    let manifest = read_manifest(world, sources, &place, &[], &shown)?;
    let (place, manifest) = with_own_attributes(ev, trees, found, place, manifest)?;
    let choose = |id: &str, reference: &FlakeRef, real: Option<&Path>| {
        substitutes.choose(id, reference, real, world)
    };
    let resolved = resolve(trees, sources, &place, &manifest, &choose)?;
    Ok((place, resolved))
}

/// `inputs.self.submodules = true` changes which files the flake is made of.
fn with_own_attributes<'h>(
    ev: &Evaluator<'h>,
    trees: &mut Trees<'h>,
    mut reference: FlakeRef,
    place: Place,
    manifest: Manifest,
) -> Result<(Place, Manifest), Box<Diagnostic>> {
    let before = reference.clone();
    for (name, value) in manifest.own.iter() {
        reference.attributes.set(name, value.clone());
    }
    if reference == before {
        return Ok((place, manifest));
    }
    let tree = trees.get(&reference).map_err(|error| tree_error(&error))?;
    let place = Place { tree: tree.unwrap_or_else(|| Rc::clone(&place.tree)), ..place };
    let shown = reference.to_string();
    let manifest = read_manifest(ev.shared.world, ev.shared.sources, &place, &[], &shown)?;
    Ok((place, manifest))
}

struct Nodes<'n, 'h> {
    trees: Trees<'h>,
    resolved: &'n Resolved,
    root: &'n Place,
    substitutes: &'n Substitutes<'h>,
}

/// Where a node's files come from.
enum Source<'h> {
    Info(Slot<'h>),
    Parent(usize),
}

impl<'h> Nodes<'_, 'h> {
    /// The argument of `call-flake.nix`.
    fn values(&mut self, ev: &Evaluator<'h>) -> Value<'h> {
        let paths = self.paths();
        let count = self.resolved.lock.nodes.len();
        let nodes: Vec<Slot<'h>> =
            (0..count).map(|at| Slot::Value(self.node(ev, at, &paths))).collect();
        Value::List(List::new(ev.local, &nodes))
    }

    /// A path to each node, for messages.
    fn paths(&self) -> HashMap<usize, String> {
        let mut paths = HashMap::from([(ROOT, String::new())]);
        let mut open = vec![ROOT];
        while let Some(at) = open.pop() {
            let prefix = paths.get(&at).cloned().unwrap_or_default();
            for (name, edge) in self.resolved.lock.node(at).map(|n| &n.inputs).into_iter().flatten()
            {
                if let Edge::Node(inner) = edge
                    && !paths.contains_key(inner)
                {
                    let slash = if prefix.is_empty() { "" } else { "/" };
                    paths.insert(*inner, format!("{prefix}{slash}{name}"));
                    open.push(*inner);
                }
            }
        }
        paths
    }

    fn node(&mut self, ev: &Evaluator<'h>, at: usize, paths: &HashMap<usize, String>) -> Value<'h> {
        if let Some(substitute) = self.resolved.substitutes.get(&at)
            && let Some(value) = self.substitutes.value(*substitute)
        {
            return set(ev, vec![("result", value)]);
        }
        let lock = self.resolved.lock.node(at).and_then(|node| node.lock.as_ref());
        let (source, dir) = match (self.resolved.places.get(&at), lock) {
            // Nix knows nothing of a part of a tree that it has only just found.
            (Some(place), Some(lock)) if lock.locked.relative_path().is_some() => {
                let bare = set(ev, vec![("outPath", Slot::Value(out_path(ev, &place.tree)))]);
                (Source::Info(Slot::Value(bare)), place.dir.clone())
            }
            (Some(place), _) => {
                let forced = at == ROOT && self.resolved.changed;
                (Source::Info(source_info(ev, &place.tree, forced)), place.dir.clone())
            }
            (None, Some(lock)) => {
                let name = paths.get(&at).map_or("", String::as_str);
                let span = self.resolved.spans.get(&at).copied().unwrap_or(Span::NONE);
                self.locked(ev, lock, (name, span))
            }
            // Every node but the root is locked or has a place.
            (None, None) => (Source::Parent(ROOT), String::new()),
        };
        let dir = if dir.is_empty() { dir } else { format!("/{dir}") };
        let plain = lock.is_some_and(|lock| lock.plain);
        let source = match source {
            Source::Info(slot) => ("sourceInfo", slot),
            Source::Parent(parent) => ("parent", Slot::Value(Value::Int(parent as i64))),
        };
        let mut fields = vec![
            ("inputs", Slot::Value(self.inputs(ev, at))),
            ("isFlake", Slot::Value(Value::bool(!plain))),
            ("dir", Slot::Value(ev.text(dir))),
            source,
        ];
        let known = self.substitutes.known.as_ref();
        let known = known.filter(|known| lock.is_some_and(|lock| lock.locked == known.reference));
        if let Some(known) = known {
            let of_system = vec![(known.system, known.packages)];
            fields.push(("known", Slot::Value(set(ev, of_system))));
        }
        set(ev, fields)
    }

    fn inputs(&self, ev: &Evaluator<'h>, at: usize) -> Value<'h> {
        let lock = &self.resolved.lock;
        let edges = lock.node(at).map(|node| &node.inputs).into_iter().flatten();
        let place = |(name, edge): (&'_ String, &Edge)| {
            let place = match edge {
                Edge::Node(node) => Some(*node),
                Edge::Follows(path) => lock.find(path),
            };
            let place = Value::Int(place? as i64);
            Some(Attr::new(Name::new(name.as_str()), Span::NONE, place))
        };
        Value::Attrs(Attrs::new(ev.local, edges.filter_map(place).collect()))
    }

    /// An input that nobody has looked at yet.
    fn locked(
        &mut self,
        ev: &Evaluator<'h>,
        lock: &Lock,
        input: (&str, Span),
    ) -> (Source<'h>, String) {
        if let Some(path) = lock.locked.relative_path() {
            let parent = lock.parent.as_deref().unwrap_or_default();
            let parent = self.resolved.lock.find(parent).unwrap_or(ROOT);
            return (Source::Parent(parent), path.to_owned());
        }
        let slot = match self.trees.get(&lock.locked) {
            Ok(Some(tree)) => source_info(ev, &tree, false),
            Ok(None) => self.fetched_later(ev, lock, input),
            Err(error) => {
                let error = placed(ev, *tree_error(&error));
                Slot::Thunk(Thunk::failed(ev.local, error))
            }
        };
        (Source::Info(slot), lock.locked.dir.clone())
    }

    /// An input that is not here: whoever needs it will have to fetch it.
    fn fetched_later(
        &self,
        ev: &Evaluator<'h>,
        lock: &Lock,
        (name, span): (&str, Span),
    ) -> Slot<'h> {
        let mut shown = lock.locked.clone();
        shown.attributes.remove("narHash");
        let number = |offset: u32| Slot::Value(Value::Int(i64::from(offset)));
        let mut attributes = lock.locked.attributes.clone();
        attributes.remove("__final");
        let root = self.root.original().display().to_string();
        let fields = vec![
            ("input", Slot::Value(ev.text(name))),
            ("reference", Slot::Value(ev.text(shown.to_string()))),
            ("from", number(span.start)),
            ("to", number(span.end)),
            ("flake", Slot::Value(ev.text(root))),
            ("locked", Slot::Value(attributes_value(ev, &attributes))),
        ];
        let argument = set(ev, fields);
        later(ev, FETCH_INPUT, argument)
    }
}

/// A hidden builtin applied to an argument, not evaluated yet.
fn later<'h>(ev: &Evaluator<'h>, name: &str, argument: Value<'h>) -> Slot<'h> {
    let at = ev.shared.builtins.iter().position(|row| row.name == name).unwrap_or_default();
    let function = ev.local.alloc(Slot::Value(Value::Builtin(BuiltinId(at as u64))));
    let argument = ev.local.alloc(Slot::Value(argument));
    Slot::Thunk(Thunk::apply(ev.local, function, argument))
}

fn set<'h>(ev: &Evaluator<'h>, fields: Vec<(&str, Slot<'h>)>) -> Value<'h> {
    let attr = |(name, slot): (&str, Slot<'h>)| Attr::new(Name::new(name), Span::NONE, slot);
    Value::Attrs(Attrs::new(ev.local, fields.into_iter().map(attr).collect()))
}

/// Attributes of an input as a set.
pub fn attributes_value<'h>(ev: &Evaluator<'h>, attributes: &Attributes) -> Value<'h> {
    let value = |value: &Attribute| match value {
        Attribute::Text(text) => ev.text(text),
        Attribute::Number(number) => Value::Int(*number as i64),
        Attribute::Bool(bool) => Value::bool(*bool),
    };
    set(ev, attributes.iter().map(|(name, it)| (name, Slot::Value(value(it)))).collect())
}

/// What `sourceInfo` is. `forced`: the lock file is not the one that was committed, so neither is
/// the tree.
fn source_info<'h>(ev: &Evaluator<'h>, tree: &SourceTree, forced: bool) -> Slot<'h> {
    let Info { nar_hash, rev, rev_count, dirty_rev, last_modified, submodules } = &tree.info;
    let text = |text: String| Slot::Value(ev.text(text));
    let mut fields = vec![("outPath", Slot::Value(out_path(ev, tree)))];
    if let Some(hash) = nar_hash {
        fields.push(("narHash", text(hash.to_text(HashFormat::Sri))));
    }
    if let Some(submodules) = submodules {
        fields.push(("submodules", Slot::Value(Value::bool(*submodules))));
    }
    if let Some(rev) = rev.as_ref().filter(|_| !forced) {
        fields.push(("rev", text(rev.clone())));
        fields.push(("shortRev", text(short(rev).to_owned())));
        match rev_count {
            RevCount::Unknown => {}
            RevCount::Known(count) => {
                fields.push(("revCount", Slot::Value(Value::Int(*count as i64))));
            }
            RevCount::In(root) => {
                let arguments =
                    vec![("root", text(root.display().to_string())), ("rev", text(rev.clone()))];
                fields.push(("revCount", later(ev, COUNT_REVISIONS, set(ev, arguments))));
            }
        }
    }
    if let Some(rev) = dirty_rev {
        fields.push(("dirtyRev", text(format!("{rev}-dirty"))));
        fields.push(("dirtyShortRev", text(format!("{}-dirty", short(rev)))));
    }
    if let Some(time) = last_modified {
        fields.push(("lastModified", Slot::Value(Value::Int(*time))));
        fields.push(("lastModifiedDate", text(date(*time))));
    }
    Slot::Value(set(ev, fields))
}

fn short(rev: &str) -> &str {
    rev.get(..7).unwrap_or(rev)
}

fn out_path<'h>(ev: &Evaluator<'h>, tree: &SourceTree) -> Value<'h> {
    let element = ContextElement::Opaque(ContextPath::Store(tree.path.clone()));
    let context = Context::new(ev.local, vec![ElementId::intern(&element)]);
    let text = StoreDir::default().print(&tree.path);
    Value::Text(Text::made(ev.local, text.as_bytes(), context))
}

/// Seconds since 1970 as `YYYYMMDDhhmmss`, in UTC.
fn date(time: i64) -> String {
    let (days, seconds) = (time.div_euclid(86_400), time.rem_euclid(86_400));
    // Days are counted in eras of 400 years that begin on the first of March of the year 0:
    // so the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}{month:02}{day_of_month:02}{hour:02}{minute:02}{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d @… +%Y%m%d%H%M%S`
    #[test]
    fn dates() {
        assert_eq!(date(0), "19700101000000");
        assert_eq!(date(1_585_388_205), "20200328093645");
        assert_eq!(date(951_782_400), "20000229000000");
        assert_eq!(date(4_107_542_399), "21000228235959");
        assert_eq!(date(4_107_542_400), "21000301000000");
        assert_eq!(date(-1), "19691231235959");
    }
}
