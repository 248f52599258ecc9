//! Reading files, directories and the environment.

use memchr::memmem;

use super::arguments::argument;
use super::context::ordered;
use super::paths::{follow_links, missing, path_of, read, readable, reason, unreadable};
use super::support::{store_dir, wrap, wrong_count};
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::{ContextElement, ContextPath, ElementId, Object, StorePath, base32};
use crate::value::{Attr, Attrs, Context, Path, Slot, Text, Value};
use crate::world::FileKind;

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "import",
        arguments: &["path"],
        doc: "The value of the Nix file at a path; of a directory, the value of its `default.nix`. A file is evaluated once, however often it is imported.",
        run: import,
    },
    Builtin {
        name: "scopedImport",
        arguments: &["scope", "path"],
        doc: "Like `import`, but the file also sees the attributes of `scope` as variables, and is evaluated each time.",
        run: scoped_import,
    },
    Builtin {
        name: "readFile",
        arguments: &["path"],
        doc: "The content of a file as a string.",
        run: read_file,
    },
    Builtin {
        name: "readDir",
        arguments: &["path"],
        doc: "The entries of a directory: a set of names with `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`.",
        run: read_dir,
    },
    Builtin {
        name: "readFileType",
        arguments: &["p"],
        doc: "What is at a path: `\"regular\"`, `\"directory\"`, `\"symlink\"` or `\"unknown\"`.",
        run: read_file_type,
    },
    Builtin {
        name: "pathExists",
        arguments: &["path"],
        doc: "Is there anything at a path? A string that ends in a slash asks for a directory.",
        run: path_exists,
    },
    Builtin {
        name: "getEnv",
        arguments: &["s"],
        doc: "The value of an environment variable, or `\"\"` if it isn't set.",
        run: get_env,
    },
    Builtin {
        name: "toPath",
        arguments: &["s"],
        doc: "An absolute path, given as path or string, as a string in its shortest form. Deprecated; `/. + s` makes a path.",
        run: to_path,
    },
    Builtin {
        name: "storePath",
        arguments: &["path"],
        doc: "A path that lies in the store already, as a string that refers to it. Nothing is copied.",
        run: store_path,
    },
];

fn import<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = readable(ev, *path, at)?;
    let loader = ev.shared.loader;
    match super::derivation::at_path(ev, path) {
        Some(drv) => super::derivation::imported(ev, &drv, at),
        None => loader.import(ev, path, at),
    }
}

fn scoped_import<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [scope, path] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = readable(ev, *path, at)?;
    let scope = ev.attrs(*scope)?;
    let loader = ev.shared.loader;
    loader.import_scoped(ev, scope, path, at)
}

fn read_file<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = readable(ev, *path, at)?;
    let bytes = read(ev, path, at)?;
    if memchr::memchr(0, &bytes).is_some() {
        let message = format!(
            "the contents of the file '{}' cannot be represented as a Nix string",
            path.lossy()
        );
        return Err(ev.error_at(at, message));
    }
    let context = references_in(ev, path, &bytes);
    Ok(Value::Text(Text::made(ev.local, &bytes, context)))
}

/// What a file of the store refers to: those of the object's references that its text names.
fn references_in<'h>(ev: &Evaluator<'h>, path: Path<'h>, bytes: &[u8]) -> Context<'h> {
    let Ok((object, _)) = store_dir().split(&path.lossy()) else {
        return Context::EMPTY;
    };
    if !may_refer(bytes) {
        return Context::EMPTY;
    }
    let elements = references_of(ev, &object)
        .into_iter()
        .filter(|reference| memmem::find(bytes, reference.hash_part().as_bytes()).is_some())
        .map(|reference| ElementId::intern(&ContextElement::Opaque(ContextPath::Store(reference))))
        .collect();
    Context::new(ev.local, elements)
}

/// The references of a store object that this evaluation has made.
fn references_of(ev: &Evaluator<'_>, path: &StorePath) -> Vec<StorePath> {
    if let Some(object) = ev.shared.objects.get(path) {
        return match &*object {
            Object::Text { references, .. } => references.iter().cloned().collect(),
            Object::Tree { .. } | Object::Flat(_) | Object::Entry { .. } => Vec::new(),
        };
    }
    if let Some(derivation) = ev.shared.derivations.get(path) {
        let inputs = derivation.input_drvs.keys();
        return inputs.chain(&derivation.input_srcs).cloned().collect();
    }
    // Whoever can't be asked knows of no references: then the text is as good without them.
    let keeper = ev.shared.world.keeper();
    keeper.and_then(|keeper| keeper.references(path).ok()).unwrap_or_default()
}

/// Digits of the hash in a store path.
const HASH_LENGTH: usize = 32;

/// Can a text name a store path at all? It takes a hash of base-32 digits.
fn may_refer(bytes: &[u8]) -> bool {
    let is_other = |byte: &u8| !base32::is_digit(char::from(*byte));
    bytes.split(is_other).any(|run| run.len() >= HASH_LENGTH)
}

fn read_dir<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = readable(ev, *path, at)?;
    let entries = ev.shared.world.list_dir(path.as_path()).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return missing(ev, at, path.as_path());
        }
        let reason = reason(&error);
        // Nix names what a link leads to.
        let path =
            follow_links(ev, path.as_path(), at).unwrap_or_else(|_| path.as_path().to_owned());
        ev.error_at(at, format!("cannot read directory \"{}\": {reason}", path.display()))
    })?;
    let attrs = entries
        .into_iter()
        .map(|(name, kind)| Attr::new(Name::new(name), Span::NONE, ev.text(kind.name())))
        .collect();
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

fn read_file_type<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = readable(ev, *path, at)?;
    match kind(ev, path, at)? {
        Some(kind) => Ok(ev.text(kind.name())),
        None => Err(missing(ev, at, path.as_path())),
    }
}

fn kind<'h>(ev: &Evaluator<'h>, path: Path<'h>, at: Span) -> Eval<'h, Option<FileKind>> {
    let kind = ev.shared.world.kind(path.as_path());
    kind.map_err(|error| unreadable(ev, at, "get the status of", path.as_path(), &error))
}

fn path_exists<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [slot] = args else {
        return Err(wrong_count(ev, at));
    };
    // A path value has lost the slash at its end.
    let wants_directory = match ev.force(*slot)? {
        Value::Text(text) => text.bytes().ends_with(b"/") || text.bytes().ends_with(b"/."),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Path(_)
        | Value::List(_)
        | Value::Attrs(_)
        | Value::Lambda(_)
        | Value::Builtin(_)
        | Value::Partial(_) => false,
    };
    let mut path = readable(ev, *slot, at)?;
    if wants_directory {
        use std::os::unix::ffi::OsStrExt;
        let followed = follow_links(ev, path.as_path(), at)?;
        path = Path::new(ev.local, followed.as_os_str().as_bytes());
    }
    let found = kind(ev, path, at)?;
    Ok(Value::bool(match found {
        Some(FileKind::Directory) => true,
        Some(_) => !wants_directory,
        None => false,
    }))
}

fn get_env<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [name] = args else {
        return Err(wrong_count(ev, at));
    };
    let name = argument(ev, at, "the first argument passed to builtins.getEnv", |ev| {
        ev.plain_string(*name)
    })?;
    let value = ev.shared.world.variable(name);
    Ok(ev.text(value.unwrap_or_default()))
}

fn to_path<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let (path, context) = argument(ev, at, "the first argument passed to builtins.toPath", |ev| {
        path_of(ev, *path, at)
    })?;
    let text = Text::with_context(ev.local, path.bytes(), context);
    Ok(Value::Text(text))
}

fn store_path<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path] = args else {
        return Err(wrong_count(ev, at));
    };
    let (path, context) = path_of(ev, *path, at)?;
    let mut shown = path.lossy().into_owned();
    // An object that is itself a link stays what it is.
    if store_dir().parse(&shown).is_err() {
        let followed = follow_links(ev, path.as_path(), at)?;
        shown = followed.to_string_lossy().into_owned();
    }
    let (object, _) = wrap(ev, at, store_dir().split(&shown))?;
    let element = ContextElement::Opaque(ContextPath::Store(object));
    let mut elements: Vec<ElementId> =
        ordered(context).into_iter().map(ElementId::intern).collect();
    elements.push(ElementId::intern(&element));
    let context = Context::new(ev.local, elements);
    Ok(Value::Text(Text::made(ev.local, &shown, context)))
}
