//! Copies of files and directories in the store. Nothing is written: a copy's path follows from its content, and
//! whoever builds finds in [`Objects`](crate::store::Objects) what to copy.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path as FsPath, PathBuf};

use super::context::store_text;
use super::paths::{follow_links, is_valid, missing, path_of, read, realise, unreadable};
use super::strings::base_name;
use super::support::{plain_text, store_dir, utf8, wrap, wrong_count};
use crate::eval::{Builtin, Eval, Evaluator, words};
use crate::source::Span;
use crate::store::{
    Hash, HashAlgo, IngestMethod, NarError, NarNode, NarSource, Object, StorePath, nar_hash,
    single_entry_nar_hash,
};
use crate::value::{Attrs, Error, Path, Slot, Text, Value};
use crate::world::{FileKind, nar_node};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "path",
        arguments: &["args"],
        doc: "Copies a path to the store: `path { path = ./src; name = \"src\"; filter = path: type: …; }`. `recursive = false` hashes a single file by its bytes alone; `sha256` is the hash to expect.",
        run: path,
    },
    Builtin {
        name: "filterSource",
        arguments: &["filter", "path"],
        doc: "Copies a directory to the store without the entries for which `filter path type` is false.",
        run: filter_source,
    },
];

/// A path's copy in the store, as a string with its context: what `"${./path}"` is. A link is
/// copied as a link.
///
/// # Errors
/// When something can't be read, or the path's name can't be one in the store.
pub fn copy_to_store<'h>(ev: &mut Evaluator<'h>, path: Path<'h>, at: Span) -> Eval<'h, Text<'h>> {
    let name = utf8(ev, at, "file name", base_name(path.bytes()))?;
    if super::derivation::is_drv_name(name) {
        let message = "file names are not allowed to end in '.drv'";
        return Err(ev.error_at(at, message));
    }
    let copy = StoreCopy {
        name: name.to_owned(),
        root: path.as_path().to_owned(),
        filter: None,
        method: IngestMethod::Recursive,
        expected: None,
    };
    copy.make(ev, at)
}

/// The path, within a directory that holds nothing else, of a copy of the entry `name` of the
/// directory `parent`: what it is hashed by is the entry alone.
pub(super) fn copy_entry<'h>(
    ev: &mut Evaluator<'h>,
    parent: Path<'h>,
    name: &str,
    at: Span,
) -> Eval<'h, Text<'h>> {
    let root = parent.as_path().join(name);
    let mut tree = Tree::new(ev, None, at);
    let hash = single_entry_nar_hash(name.as_bytes(), &mut tree, &root);
    let hash = hash.map_err(|error| archive_error(ev, at, error))?;
    let path = fixed_path(ev, "source", IngestMethod::Recursive, &hash, at)?;
    let name_bytes = name.as_bytes().to_vec();
    let object = Object::Entry { name: name_bytes, root };
    ev.shared.objects.add(path.clone(), object);
    Ok(store_text(ev, &path, &format!("/{name}")))
}

fn filter_source<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [filter, path] = args else {
        return Err(wrong_count(ev, at));
    };
    let (path, context) = path_of(ev, *path, at)?;
    let filter = ev.function(*filter)?;
    realise(ev, context, at)?;
    let name = utf8(ev, at, "file name", base_name(path.bytes()))?;
    let copy = StoreCopy {
        name: name.to_owned(),
        root: PathBuf::new(),
        filter: Some(filter),
        method: IngestMethod::Recursive,
        expected: None,
    };
    copy.of(ev, path, at).map(Value::Text)
}

/// What `path` takes.
const KNOWN: [&[u8]; 5] = [b"path", b"name", b"filter", b"recursive", b"sha256"];

fn path<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let given = ev.attrs(*given)?;
    for attr in given.by_name(ev.local) {
        if !KNOWN.contains(&attr.key.name.bytes()) {
            let message = format!("unsupported argument '{}' to 'builtins.path'", attr.key.name);
            return Err(ev.error_at(attr.key.span, message));
        }
    }
    let Some(path) = given.get(words().path) else {
        let message = "missing required 'path' attribute in the first argument to 'builtins.path'";
        return Err(ev.error_at(at, message));
    };
    let (path, context) = path_of(ev, path, at)?;
    let copy = StoreCopy::wanted(ev, given, path, at)?;
    realise(ev, context, at)?;
    copy.of(ev, path, at).map(Value::Text)
}

/// A copy to be made.
struct StoreCopy<'h> {
    /// Its name in the store.
    name: String,
    /// The original.
    root: PathBuf,
    /// Which entries it has.
    filter: Option<Value<'h>>,
    /// What its path is made of.
    method: IngestMethod,
    /// The hash it must have.
    expected: Option<Hash>,
}

impl<'h> StoreCopy<'h> {
    /// Reads what `path` is given besides the path itself.
    fn wanted(
        ev: &mut Evaluator<'h>,
        given: Attrs<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Eval<'h, StoreCopy<'h>> {
        let name = match given.get(words().name) {
            Some(slot) => plain_text(ev, slot, "file name", at)?,
            None => "",
        };
        let name = match name {
            "" => utf8(ev, at, "file name", base_name(path.bytes()))?,
            name => name,
        };
        let filter = match given.get(words().filter) {
            Some(slot) => Some(ev.function(slot)?),
            None => None,
        };
        let method = match given.get(words().recursive) {
            Some(slot) if !ev.boolean(slot)? => IngestMethod::Flat,
            Some(_) | None => IngestMethod::Recursive,
        };
        let expected = match given.get(words().sha256) {
            Some(slot) => {
                let text = plain_text(ev, slot, "hash", at)?;
                let hash = Hash::parse_or_empty(text, Some(HashAlgo::Sha256));
                Some(wrap(ev, at, hash)?)
            }
            None => None,
        };
        Ok(StoreCopy { name: name.to_owned(), root: PathBuf::new(), filter, method, expected })
    }

    /// Copies what is at a path once links are followed.
    fn of(mut self, ev: &mut Evaluator<'h>, path: Path<'h>, at: Span) -> Eval<'h, Text<'h>> {
        let made = follow_links(ev, path.as_path(), at).and_then(|root| {
            self.root = root;
            self.make(ev, at)
        });
        let frame = || format!("while adding path '{}'", path.lossy());
        ev.framed(made, at, frame)
    }

    fn make(self, ev: &mut Evaluator<'h>, at: Span) -> Eval<'h, Text<'h>> {
        let expected = match &self.expected {
            Some(hash) => Some(fixed_path(ev, &self.name, self.method, hash, at)?),
            None => None,
        };
        if let Some(path) = &expected
            && is_valid(ev, path)
        {
            return Ok(store_text(ev, path, ""));
        }
        let (hash, object) = self.hash(ev, at)?;
        let path = fixed_path(ev, &self.name, self.method, &hash, at)?;
        if expected.is_some_and(|expected| expected != path) {
            let message = format!(
                "store path mismatch in (possibly filtered) path added from '{}'",
                self.root.display()
            );
            return Err(ev.error_at(at, message));
        }
        ev.shared.objects.add(path.clone(), object);
        Ok(store_text(ev, &path, ""))
    }

    fn hash(&self, ev: &mut Evaluator<'h>, at: Span) -> Eval<'h, (Hash, Object)> {
        let root = self.root.clone();
        match self.method {
            IngestMethod::Recursive | IngestMethod::Text => {
                let mut tree = Tree::new(ev, self.filter, at);
                let hash = nar_hash(&mut tree, &root);
                let kept = tree.filter.is_some().then_some(tree.kept);
                let hash = hash.map_err(|error| archive_error(ev, at, error))?;
                Ok((hash, Object::Tree { root, kept }))
            }
            IngestMethod::Flat => {
                let path = Path::new(ev.local, root.as_os_str().as_bytes());
                let bytes = read(ev, path, at)?;
                let hash = Hash::digest(HashAlgo::Sha256, &bytes);
                Ok((hash, Object::Flat(root)))
            }
        }
    }
}

/// The path of an object with this hash and no references.
pub(super) fn fixed_path<'h>(
    ev: &Evaluator<'h>,
    name: &str,
    method: IngestMethod,
    hash: &Hash,
    at: Span,
) -> Eval<'h, StorePath> {
    let none = BTreeSet::new();
    let path = store_dir().make_fixed_output_path(method, hash, name, &none, false);
    wrap(ev, at, path)
}

/// A file tree of the world, perhaps filtered by a function of the program.
struct Tree<'e, 'h> {
    ev: &'e mut Evaluator<'h>,
    filter: Option<Value<'h>>,
    /// The entries that the filter let through.
    kept: BTreeSet<PathBuf>,
    at: Span,
}

impl<'e, 'h> Tree<'e, 'h> {
    fn new(ev: &'e mut Evaluator<'h>, filter: Option<Value<'h>>, at: Span) -> Tree<'e, 'h> {
        Tree { ev, filter, kept: BTreeSet::new(), at }
    }

    fn kind(&self, path: &FsPath) -> Eval<'h, FileKind> {
        match self.ev.shared.world.kind(path) {
            Ok(Some(kind)) => Ok(kind),
            Ok(None) => Err(missing(self.ev, self.at, path)),
            Err(error) => Err(self.unreadable("get the status of", path, &error)),
        }
    }

    fn unreadable(&self, verb: &str, path: &FsPath, error: &std::io::Error) -> Error<'h> {
        unreadable(self.ev, self.at, verb, path, error)
    }
}

impl<'h> NarSource for Tree<'_, 'h> {
    type Error = Error<'h>;

    fn node(&mut self, path: &FsPath) -> Eval<'h, NarNode> {
        self.ev.check_interrupt()?;
        let world = self.ev.shared.world;
        let kind = self.kind(path)?;
        match nar_node(world, path, kind) {
            Ok(Some(node)) => Ok(node),
            Ok(None) => {
                let message = format!("file '{}' has an unsupported type", path.display());
                Err(self.ev.error_at(self.at, message))
            }
            Err(error) => Err(self.unreadable("read", path, &error)),
        }
    }

    fn keep(&mut self, path: &FsPath) -> Eval<'h, bool> {
        let Some(filter) = self.filter else {
            return Ok(true);
        };
        let kind = self.kind(path)?;
        let bytes: &OsStr = path.as_os_str();
        let arguments = [self.ev.text(bytes.as_bytes()), self.ev.text(kind.name())];
        let answer = self
            .ev
            .call(filter, &arguments.map(Slot::Value), self.at)
            .and_then(|answer| self.ev.boolean(Slot::Value(answer)));
        let kept = self.ev.framed(answer, self.at, || {
            "while evaluating the return value of the path filter function".to_owned()
        })?;
        if kept {
            self.kept.insert(path.to_owned());
        }
        Ok(kept)
    }
}

fn archive_error<'h>(ev: &Evaluator<'h>, at: Span, error: NarError<Error<'h>>) -> Error<'h> {
    let error: NarError<Infallible> = match error {
        NarError::Source(error) => return error,
        NarError::Io(error) => NarError::Io(error),
        NarError::TooDeep(path) => NarError::TooDeep(path),
        NarError::SizeChanged(path) => NarError::SizeChanged(path),
        NarError::EntryName(path) => NarError::EntryName(path),
    };
    ev.error_at(at, error.to_string())
}
