//! What the embedded package set is made of: paths that stand for programs, files and builds of this machine. No
//! program can name these builtins; `nixlib` is given them.
//!
//! Such a path lies outside the store, under a name that is the same on every machine: that of the program, or one
//! made of the content. What it stands for is kept in [`Objects`](crate::store::Objects) until a job needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::context::ordered;
use super::paths::path_of;
use super::source::copy_entry;
use super::support::{plain_text, required, wrap, wrong_count};
use crate::eval::{Builtin, Coercion, Eval, Evaluator};
use crate::source::Span;
use crate::store::{
    ContextElement, ContextPath, ElementId, Hash, HashAlgo, HostObject, VirtualPath, base32,
    check_name,
};
use crate::value::{Context, Slot, Text, Value};

/// What `nixlib` is given.
pub(crate) const PRIMITIVES: &[Builtin] = &[
    Builtin {
        name: "hostPath",
        arguments: &["name"],
        doc: "The path that stands for a package of this machine: `hostPath \"jq\"` is `\"/repx-host/jq\"`.",
        run: host_path,
    },
    Builtin {
        name: "hostFile",
        arguments: &["file"],
        doc: "A path, named by its content, that stands for a file: `{ name, text, executable, destination }`. With a destination the file lies there below the path.",
        run: host_file,
    },
    Builtin {
        name: "hostBuild",
        arguments: &["build"],
        doc: "A path, named by its content, that stands for what a script makes: `{ name, script, env }`.",
        run: host_build,
    },
    Builtin {
        name: "pathEntry",
        arguments: &["directory", "name"],
        doc: "One entry of a directory as a source of its own, so that its neighbours don't matter to what uses it.",
        run: path_entry,
    },
    Builtin {
        name: "openSet",
        arguments: &["sets"],
        doc: "`openSet { set, missing }` is `set`, where other names can be selected too: they are what `missing` gives for them.",
        run: open_set,
    },
];

/// Where these paths begin.
const ROOT: &str = "/repx-host";
/// Bytes of a hash that names a content, as in store paths.
const HASH_BYTES: usize = 20;

fn host_path<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [name] = args else {
        return Err(wrong_count(ev, at));
    };
    let name = plain_text(ev, *name, "package name", at)?;
    let path = wrap(ev, at, VirtualPath::parse(&format!("{ROOT}/{name}")))?;
    Ok(referring(ev, path))
}

/// The path as a string that refers to it.
fn referring<'h>(ev: &Evaluator<'h>, path: VirtualPath) -> Value<'h> {
    let bytes = ev.local.slice(path.as_str().as_bytes());
    let element = ContextElement::Opaque(ContextPath::Virtual(path));
    let context = Context::new(ev.local, vec![ElementId::intern(&element)]);
    Value::Text(Text::with_context(ev.local, bytes, context))
}

fn host_file<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [file] = args else {
        return Err(wrong_count(ev, at));
    };
    let file = ev.attrs(*file)?;
    let name = required(ev, file, "name")?;
    let name = plain_text(ev, name, "file name", at)?;
    let text = required(ev, file, "text")?;
    let text = ev.string(text)?;
    let executable = required(ev, file, "executable")?;
    let executable = ev.boolean(executable)?;
    let destination = required(ev, file, "destination")?;
    let destination = ev.plain_string(destination)?;
    let mut content = Content::new("file");
    content.part(text.bytes());
    content.part(&[u8::from(executable)]);
    content.part(destination);
    let object = HostObject::File {
        text: text.bytes().to_vec(),
        executable,
        destination: destination.to_vec(),
        context: elements(text.context()),
    };
    stand_for(ev, name, &content, object, at)
}

fn host_build<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [build] = args else {
        return Err(wrong_count(ev, at));
    };
    let build = ev.attrs(*build)?;
    let name = required(ev, build, "name")?;
    let name = plain_text(ev, name, "build name", at)?;
    let script = required(ev, build, "script")?;
    let script = ev.string(script)?;
    let env = required(ev, build, "env")?;
    let env = ev.attrs(env)?;
    let mut context = elements(script.context());
    let mut content = Content::new("build");
    content.part(script.bytes());
    let mut variables = BTreeMap::new();
    for attr in env.by_name(ev.local) {
        let value = ev.force(attr.slot)?;
        let value = ev.coerce(value, Coercion::ENVIRONMENT)?;
        content.part(attr.key.name.bytes());
        content.part(value.bytes());
        context.extend(elements(value.context()));
        variables.insert(attr.key.name.bytes().to_vec(), value.bytes().to_vec());
    }
    let object = HostObject::Build { script: script.bytes().to_vec(), env: variables, context };
    stand_for(ev, name, &content, object, at)
}

fn elements(context: Context<'_>) -> BTreeSet<ContextElement> {
    ordered(context).into_iter().cloned().collect()
}

/// Keeps an object under a path made of its content.
fn stand_for<'h>(
    ev: &Evaluator<'h>,
    name: &str,
    content: &Content,
    object: HostObject,
    at: Span,
) -> Eval<'h> {
    wrap(ev, at, check_name(name))?;
    let path = format!("{ROOT}/{}-{name}", content.digest());
    let path = wrap(ev, at, VirtualPath::parse(&path))?;
    ev.shared.objects.add_host(path.clone(), object);
    Ok(referring(ev, path))
}

/// What a path is named by: parts, each after its length so that no two contents look alike.
struct Content(Vec<u8>);

impl Content {
    fn new(kind: &str) -> Content {
        let mut content = Content(Vec::new());
        content.part(b"repx-host/1");
        content.part(kind.as_bytes());
        content
    }

    fn part(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.0.extend_from_slice(bytes);
    }

    fn digest(&self) -> String {
        let hash = Hash::digest(HashAlgo::Blake3, &self.0);
        base32::encode(hash.bytes().get(..HASH_BYTES).unwrap_or_default())
    }
}

fn path_entry<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [directory, name] = args else {
        return Err(wrong_count(ev, at));
    };
    let (directory, context) = path_of(ev, *directory, at)?;
    super::paths::realise(ev, context, at)?;
    let name = plain_text(ev, *name, "file name", at)?;
    copy_entry(ev, directory, name, at).map(Value::Text)
}

fn open_set<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [sets] = args else {
        return Err(wrong_count(ev, at));
    };
    let sets = ev.attrs(*sets)?;
    let set = required(ev, sets, "set")?;
    let set = ev.attrs(set)?;
    let missing = required(ev, sets, "missing")?;
    Ok(Value::Attrs(set.opened(ev.local, missing)))
}
