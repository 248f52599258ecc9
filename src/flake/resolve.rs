//! Which flake each input is: what `flake.nix` wants, as far as `flake.lock` says which version.
//!
//! The rules are those of Nix 2.34's `lockFlake`, except that nothing is downloaded and nothing
//! written: an input that would need it is an error which says so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::lock::{Edge, Lock, LockFile, Node, ROOT};
use super::manifest::{self, Input, InputPath, Inputs, Manifest};
use super::reference::FlakeRef;
use super::registry;
use super::tree::{SourceTree, TreeError, Trees};
use crate::diagnostic::{Diagnostic, INTERRUPTED, Severity};
use crate::source::{SourceMap, Span, canonical_path};
use crate::store::StoreDir;
use crate::syntax;
use crate::world::World;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// A flake's directory within a tree.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The tree.
    pub tree: Rc<SourceTree>,
    /// The directory; empty: the tree itself.
    pub dir: String,
}

impl Place {
    /// The directory as evaluation names it.
    pub(super) fn directory(&self) -> PathBuf {
        within(Path::new(&StoreDir::default().print(&self.tree.path)), &self.dir)
    }

    /// The directory as the user knows it.
    pub(super) fn original(&self) -> PathBuf {
        within(&self.tree.real, &self.dir)
    }
}

fn within(root: &Path, dir: &str) -> PathBuf {
    if dir.is_empty() { root.to_owned() } else { root.join(dir) }
}

/// What another thing is put in the place of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Substitute {
    /// `RepX` itself.
    Repx,
    /// A package set.
    Packages,
}

/// All inputs of a flake.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The graph.
    pub lock: LockFile,
    /// Nodes whose files were looked at.
    pub places: HashMap<usize, Place>,
    /// Where inputs are named.
    pub spans: HashMap<usize, Span>,
    /// Nodes in whose place another thing is put.
    pub substitutes: HashMap<usize, Substitute>,
    /// The lock file would have to be written anew.
    pub changed: bool,
}

/// Says whether an input is to be substituted: by its name, its reference, and where it is.
pub(super) type Chooser<'a> = &'a dyn Fn(&str, &FlakeRef, Option<&Path>) -> Option<Substitute>;

/// What `inputs.a.inputs.b` says of `a/b`.
#[derive(Clone)]
struct Override {
    input: Input,
    source: Place,
    parent: InputPath,
}

struct Resolver<'a, 't> {
    trees: &'t mut Trees<'a>,
    sources: &'a SourceMap,
    choose: Chooser<'t>,
    overrides: HashMap<InputPath, Override>,
    /// Flakes whose inputs are being looked at.
    within: Vec<FlakeRef>,
    /// The flake all this is for.
    root: PathBuf,
    out: Resolved,
}

/// Finds out what all inputs of the flake at a place are.
///
/// # Errors
/// When a `flake.nix` or `flake.lock` is wrong, or an input is neither locked nor local.
pub(super) fn resolve<'a>(
    trees: &mut Trees<'a>,
    sources: &'a SourceMap,
    place: &Place,
    own: &Manifest,
    choose: Chooser<'_>,
) -> Result<Resolved> {
    let out = Resolved {
        lock: LockFile::empty(),
        places: HashMap::from([(ROOT, place.clone())]),
        spans: HashMap::new(),
        substitutes: HashMap::new(),
        changed: false,
    };
    let old = Rc::new(read_lock(trees.world(), place)?);
    let mut resolver = Resolver {
        trees,
        sources,
        choose,
        overrides: HashMap::new(),
        within: Vec::new(),
        root: place.original(),
        out,
    };
    let level = Level {
        at: ROOT,
        prefix: Vec::new(),
        old: Some((old, ROOT)),
        follows: Vec::new(),
        source: place.clone(),
        trusted: false,
    };
    resolver.inputs(&own.inputs, &level)?;
    resolver.check_follows(&own.inputs)?;
    Ok(resolver.out)
}

/// Reads what the `flake.nix` at a place says. What `follows` in it names begins at `root`.
///
/// # Errors
/// When there is none, it can't be read, or is wrong.
pub(super) fn read_manifest(
    world: &dyn World,
    sources: &SourceMap,
    place: &Place,
    root: &[String],
    shown: &str,
) -> Result<Manifest> {
    let path = place.directory().join("flake.nix");
    let bytes = world.read_file(&path).map_err(|error| no_flake(world, place, &error))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let file = sources.add(path, text).map_err(Diagnostic::too_large)?;
    let parsed = syntax::parse(&file);
    let broken = parsed.diagnostics.into_iter().find(|d| d.severity == Severity::Error);
    match broken {
        Some(diagnostic) => Err(diagnostic.into()),
        None => manifest::read(&parsed.root, root, shown),
    }
}

/// There is no `flake.nix`, or Git doesn't know of it.
fn no_flake(world: &dyn World, place: &Place, error: &std::io::Error) -> Box<Diagnostic> {
    let original = place.original().join("flake.nix");
    let (root, code) = (place.tree.real.display(), "repx::flake::not-found");
    let inner = original.strip_prefix(&place.tree.real).unwrap_or(&original).display();
    let is_there = matches!(world.kind(&original), Ok(Some(_)));
    if place.tree.info.submodules.is_some() && is_there {
        let message = format!("Path '{inner}' in the repository \"{root}\" is not tracked by Git.");
        let help = format!("to make it visible, run `git -C \"{root}\" add \"{inner}\"`");
        return Diagnostic::error(code, message).help(help).into();
    }
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("path '{}' does not exist", original.display())
        }
        _ => format!("cannot read '{}': {error}", original.display()),
    };
    Diagnostic::error(code, message).help("a flake is a directory with a file `flake.nix`").into()
}

fn read_lock(world: &dyn World, place: &Place) -> Result<LockFile> {
    let Ok(bytes) = world.read_file(&place.directory().join("flake.lock")) else {
        return Ok(LockFile::empty());
    };
    let shown = place.original().join("flake.lock").display().to_string();
    LockFile::read(&String::from_utf8_lossy(&bytes), &shown).map_err(|error| {
        Diagnostic::error("repx::flake::lock", error.to_string())
            .help("restore that file; or remove it, and have `nix flake lock` write a new one")
            .into()
    })
}

/// A flake whose inputs are being looked at.
struct Level {
    /// Its node.
    at: usize,
    /// Its path.
    prefix: InputPath,
    /// What a lock file said of it.
    old: Option<(Rc<LockFile>, usize)>,
    /// Where what the lock file says to follow begins.
    follows: InputPath,
    /// Where it lies.
    source: Place,
    /// Its inputs come from the lock file itself.
    trusted: bool,
}

/// An input with what is said of it from outside.
struct Wanted {
    id: String,
    path: InputPath,
    input: Input,
    reference: FlakeRef,
    /// Where relative paths begin.
    source: Place,
    /// For a relative path, the input it is relative to.
    parent: Option<InputPath>,
}

impl Resolver<'_, '_> {
    fn inputs(&mut self, inputs: &Inputs, level: &Level) -> Result<()> {
        for (id, input) in inputs {
            let path = [level.prefix.as_slice(), std::slice::from_ref(id)].concat();
            self.add_overrides(input, &path, level);
        }
        for (id, input) in inputs {
            let path = [level.prefix.as_slice(), std::slice::from_ref(id)].concat();
            let over = self.overrides.get(&path).cloned();
            let mut chosen = over.as_ref().map_or(input, |over| &over.input).clone();
            chosen.plain = input.plain;
            if let Some(follows) = chosen.follows {
                self.out.lock.set_input(level.at, id, Edge::Follows(follows));
                continue;
            }
            let reference = chosen.reference.clone();
            let reference = reference.unwrap_or_else(|| FlakeRef::indirect(id));
            let parent = over.as_ref().map_or(&level.prefix, |over| &over.parent);
            let wanted = Wanted {
                id: id.clone(),
                path,
                parent: reference.relative_path().map(|_| parent.clone()),
                source: over.as_ref().map_or(&level.source, |over| &over.source).clone(),
                input: chosen,
                reference,
            };
            self.input(wanted, level)?;
        }
        Ok(())
    }

    fn add_overrides(&mut self, input: &Input, path: &InputPath, level: &Level) {
        for (id, inner) in &input.overrides {
            let path = [path.as_slice(), std::slice::from_ref(id)].concat();
            if inner.reference.is_some() || inner.follows.is_some() {
                // What is said further out was said first.
                self.overrides.entry(path.clone()).or_insert_with(|| Override {
                    input: inner.clone(),
                    source: level.source.clone(),
                    parent: level.prefix.clone(),
                });
            }
            self.add_overrides(inner, &path, level);
        }
    }

    fn input(&mut self, wanted: Wanted, level: &Level) -> Result<()> {
        let old = level.old.as_ref().and_then(|(file, at)| {
            match file.node(*at)?.inputs.get(&wanted.id)? {
                Edge::Node(node) => Some((Rc::clone(file), *node)),
                Edge::Follows(_) => None,
            }
        });
        let lock = old.as_ref().and_then(|(file, at)| file.node(*at)?.lock.clone());
        if self.substituted(&wanted, lock.as_ref(), level) {
            return Ok(());
        }
        match (old, lock) {
            (Some(old), Some(lock))
                if lock.original.clone().canonical() == wanted.reference.clone().canonical()
                    && lock.parent == wanted.parent =>
            {
                self.keep(&wanted, lock, old, level)
            }
            (_, lock) => self.add(wanted, lock.as_ref(), level),
        }
    }

    fn substituted(&mut self, wanted: &Wanted, lock: Option<&Lock>, level: &Level) -> bool {
        let real = match wanted.reference.relative_path() {
            Some(path) => Some(wanted.source.original().join(path)),
            None => wanted.reference.text("path").map(PathBuf::from),
        };
        let real = real.map(|path| canonical(&path));
        let by_reference = (self.choose)(&wanted.id, &wanted.reference, real.as_deref());
        let by_lock =
            || lock.and_then(|lock| (self.choose)(&wanted.id, &lock.locked, real.as_deref()));
        let Some(substitute) = by_reference.or_else(by_lock) else {
            return false;
        };
        let at = self.out.lock.add(Node::default());
        self.out.substitutes.insert(at, substitute);
        self.out.lock.set_input(level.at, &wanted.id, Edge::Node(at));
        true
    }

    /// The input is locked, and `flake.nix` still wants what it did then.
    fn keep(
        &mut self,
        wanted: &Wanted,
        lock: Lock,
        old: (Rc<LockFile>, usize),
        level: &Level,
    ) -> Result<()> {
        let (inputs, complete) = self.old_inputs(&old, wanted, level);
        let (locked, plain) = (lock.locked.clone(), lock.plain);
        let at = self.out.lock.add(Node { lock: Some(lock), ..Node::default() });
        self.out.spans.insert(at, wanted.input.span);
        self.out.lock.set_input(level.at, &wanted.id, Edge::Node(at));
        let mut below = Level {
            at,
            prefix: wanted.path.clone(),
            old: Some(old),
            follows: level.follows.clone(),
            source: level.source.clone(),
            trusted: true,
        };
        // An override that the lock file was made with is gone: the flake itself has to say what
        // its inputs are. Where it isn't at hand, the lock file is still the best there is.
        if !complete
            && !plain
            && let Some(place) = self.place_of(&locked, &wanted.source)?
        {
            let shown = locked.to_string();
            let world = self.trees.world();
            let manifest = read_manifest(world, self.sources, &place, &wanted.path, &shown)?;
            self.out.places.insert(at, place.clone());
            below.source = place;
            below.trusted = false;
            return self.inputs(&manifest.inputs, &below);
        }
        self.inputs(&inputs, &below)
    }

    /// The inputs that the lock file gives a node, and whether they are sure to be all.
    fn old_inputs(
        &self,
        old: &(Rc<LockFile>, usize),
        wanted: &Wanted,
        level: &Level,
    ) -> (Inputs, bool) {
        let (file, at) = old;
        let mut inputs = Inputs::new();
        let mut complete = true;
        let edges = file.node(*at).map(|node| &node.inputs).into_iter().flatten();
        for (name, edge) in edges {
            let input = match edge {
                Edge::Node(node) => {
                    let lock = file.node(*node).and_then(|node| node.lock.as_ref());
                    let reference = lock.map(|lock| lock.original.clone());
                    let plain = lock.is_some_and(|lock| lock.plain);
                    Input { reference, plain, ..Input::default() }
                }
                Edge::Follows(path) => {
                    let own = [wanted.path.as_slice(), std::slice::from_ref(name)].concat();
                    complete &= level.trusted || self.overrides.contains_key(&own);
                    let follows = [level.follows.as_slice(), path].concat();
                    Input { follows: Some(follows), ..Input::default() }
                }
            };
            inputs.insert(name.clone(), input);
        }
        (inputs, complete)
    }

    /// The input is not locked, or as something else.
    fn add(&mut self, wanted: Wanted, old: Option<&Lock>, level: &Level) -> Result<()> {
        let Some(place) = self.place_of(&wanted.reference, &wanted.source)? else {
            return Err(self.not_locked(&wanted, old));
        };
        self.out.changed = true;
        let lock = Lock {
            locked: wanted.reference.clone(),
            original: wanted.reference.clone(),
            plain: wanted.input.plain,
            parent: wanted.parent.clone(),
        };
        let at = self.out.lock.add(Node { lock: Some(lock), ..Node::default() });
        self.out.lock.set_input(level.at, &wanted.id, Edge::Node(at));
        self.out.places.insert(at, place.clone());
        if wanted.input.plain {
            return Ok(());
        }
        if self.within.contains(&wanted.reference) {
            let message = format!("found circular import of flake '{}'", wanted.reference);
            return Err(Diagnostic::error("repx::flake::cycle", message)
                .at(wanted.input.span, "asked for again within itself")
                .help("with `flake = false` only the files of an input are taken, not its inputs")
                .into());
        }
        let (world, shown) = (self.trees.world(), wanted.reference.to_string());
        let manifest = read_manifest(world, self.sources, &place, &wanted.path, &shown)?;
        let own_lock = Rc::new(read_lock(world, &place)?);
        self.within.push(wanted.reference);
        let below = Level {
            at,
            prefix: wanted.path.clone(),
            old: Some((own_lock, ROOT)),
            follows: wanted.path,
            source: place,
            trusted: false,
        };
        let done = self.inputs(&manifest.inputs, &below);
        self.within.pop();
        done
    }

    /// Where a reference is, if it is on this machine.
    fn place_of(&mut self, reference: &FlakeRef, source: &Place) -> Result<Option<Place>> {
        if let Some(path) = reference.relative_path() {
            let joined = Path::new("/").join(&source.dir).join(path);
            let outside = is_outside(&source.dir, path);
            let dir = canonical(&joined).to_string_lossy().trim_start_matches('/').to_owned();
            if outside {
                let shown = canonical(&source.directory().join(path));
                let message = format!("path '{}' does not exist", shown.display());
                return Err(Diagnostic::error("repx::flake::outside", message)
                    .help(format!("`{path}` leads out of the source tree of the flake; in a Git repository that tree is the whole repository"))
                    .into());
            }
            return Ok(Some(Place { tree: Rc::clone(&source.tree), dir }));
        }
        let found = registry::direct(reference, self.trees.world())?;
        let tree = self.trees.get(&found).map_err(|error| tree_error(&error))?;
        Ok(tree.map(|tree| Place { tree, dir: found.dir.clone() }))
    }

    fn not_locked(&self, wanted: &Wanted, old: Option<&Lock>) -> Box<Diagnostic> {
        let (name, reference) = (wanted.path.join("/"), &wanted.reference);
        let why = match old {
            Some(lock) => format!("flake.lock still has it as `{}`", lock.original),
            None => "flake.lock has no entry for it".to_owned(),
        };
        let message = format!("input `{name}` (`{reference}`) is not locked: {why}");
        let root = self.root.display();
        let mut help = format!("have Nix look it up and note it: `nix flake lock {root}`");
        if wanted.id == "nixpkgs" {
            help.push_str("; to do with the programs of this machine, add `--pkgs host`");
        }
        Diagnostic::error("repx::flake::not-locked", message)
            .at(wanted.input.span, "this input")
            .help(help)
            .into()
    }

    /// What is followed must be there.
    fn check_follows(&self, own: &Inputs) -> Result<()> {
        let mut open: Vec<(usize, InputPath)> = vec![(ROOT, Vec::new())];
        while let Some((at, path)) = open.pop() {
            let Some(node) = self.out.lock.node(at) else {
                continue;
            };
            for (name, edge) in &node.inputs {
                let path = [path.as_slice(), std::slice::from_ref(name)].concat();
                match edge {
                    Edge::Node(node) => open.push((*node, path)),
                    Edge::Follows(target)
                        if !target.is_empty() && self.out.lock.find(target).is_none() =>
                    {
                        let span = path.first().and_then(|name| own.get(name));
                        let message = format!(
                            "input '{}' follows a non-existent input '{}'",
                            path.join("/"),
                            target.join("/")
                        );
                        return Err(Diagnostic::error("repx::flake::follows", message)
                            .at(span.map_or(Span::NONE, |input| input.span), "this input")
                            .help("declare the input that it follows, or let it follow another")
                            .into());
                    }
                    Edge::Follows(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// Does a relative path lead out of the tree?
fn is_outside(dir: &str, path: &str) -> bool {
    let mut depth = dir.split('/').filter(|part| !part.is_empty()).count();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

fn canonical(path: &Path) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let bytes = canonical_path(path.as_os_str().as_bytes());
    PathBuf::from(std::ffi::OsStr::from_bytes(&bytes))
}

/// A tree that can't be had, as a diagnostic.
pub(super) fn tree_error(error: &TreeError) -> Box<Diagnostic> {
    let code = match error {
        TreeError::Mismatch(..) => "repx::flake::hash-mismatch",
        TreeError::Interrupted => INTERRUPTED,
        TreeError::Missing(_)
        | TreeError::Unreadable(..)
        | TreeError::Archive(..)
        | TreeError::Git(_)
        | TreeError::Reference(_)
        | TreeError::Path(_)
        | TreeError::Relative(_) => "repx::flake::source",
    };
    let help = match error {
        TreeError::Mismatch(..) => {
            "if the files are as they should be, `nix flake update` notes their hash"
        }
        _ => "`inputs.NAME.url` in flake.nix says where an input is, flake.lock which state of it",
    };
    let diagnostic = Diagnostic::error(code, error.to_string());
    match error {
        TreeError::Interrupted => diagnostic.into(),
        _ => diagnostic.help(help).into(),
    }
}
