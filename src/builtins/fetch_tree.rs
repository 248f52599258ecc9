//! Fetchers that give file trees with what is known of them: `fetchGit` and `fetchTree`.

use super::context::store_text;
use super::download::{Sought, attribute, download};
use super::paths::is_valid;
use super::source::fixed_path;
use super::support::{optional, plain_text, set, wrap, wrong_count};
use crate::diagnostic::Diagnostic;
use crate::eval::{Coercion, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::{Hash, HashAlgo, IngestMethod};
use crate::value::{Attr, Attrs, Slot, Value};

pub(super) fn fetch_git<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    tree(ev, args, "fetchGit", at)
}

pub(super) fn fetch_tree<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    tree(ev, args, "fetchTree", at)
}

pub(super) fn fetch_mercurial<'h>(
    ev: &mut Evaluator<'h>,
    _args: &[Slot<'h>],
    at: Span,
) -> Eval<'h> {
    let message = "fetchMercurial is not supported";
    let diagnostic = Diagnostic::error("repx::eval::not-supported", message)
        .at(at, "called here")
        .help("fetchGit, fetchTarball and a local path work");
    Err(ev.error_with(diagnostic))
}

/// A source tree: of the store if its `narHash` is known and it is there, otherwise from Nix.
fn tree<'h>(
    ev: &mut Evaluator<'h>,
    args: &[Slot<'h>],
    fetcher: &'static str,
    at: Span,
) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let Value::Attrs(attrs) = ev.force(*given)? else {
        let what = shown(ev, *given)?;
        let argument = what.clone().into();
        return fetched(ev, &Sought { fetcher, what, hash: None, path: None }, &argument, at);
    };
    let what = describe(ev, attrs)?;
    let mut sought = Sought { fetcher, what, hash: None, path: None };
    if let Some(hash) = optional(attrs, "narHash") {
        let hash = plain_text(ev, hash, "hash", at)?;
        let hash = wrap(ev, at, Hash::parse(hash, Some(HashAlgo::Sha256)))?;
        let name = match optional(attrs, "name") {
            Some(slot) => plain_text(ev, slot, "file name", at)?,
            None => "source",
        };
        let path = fixed_path(ev, name, IngestMethod::Recursive, &hash, at)?;
        (sought.hash, sought.path) = (Some(hash), Some(path));
    }
    if let Some(path) = &sought.path
        && is_valid(ev, path)
    {
        let out_path = Value::Text(store_text(ev, path, ""));
        return known(ev, attrs, out_path);
    }
    let argument = argument(ev, attrs)?;
    fetched(ev, &sought, &argument, at)
}

/// What Nix has fetched, as its fetcher gives it.
fn fetched<'h>(
    ev: &mut Evaluator<'h>,
    sought: &Sought,
    argument: &serde_json::Value,
    at: Span,
) -> Eval<'h> {
    let got = download(ev, sought, argument, at)?;
    let mut attrs = Vec::new();
    for attr in got.iter(ev.local) {
        if attr.key.name.bytes() != b"path" {
            attrs.push(attr);
        }
    }
    let out_path = attribute(ev, got, "path", at)?;
    attrs.push(Attr::new(Name::new("outPath"), Span::NONE, out_path));
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

/// A tree that is in the store: of what is known of it, what was said.
fn known<'h>(ev: &mut Evaluator<'h>, attrs: Attrs<'h>, out_path: Value<'h>) -> Eval<'h> {
    let mut answer = vec![("outPath", out_path)];
    for known in ["narHash", "rev", "shortRev", "lastModified", "lastModifiedDate", "revCount"] {
        if let Some(slot) = optional(attrs, known) {
            answer.push((known, ev.force(slot)?));
        }
    }
    if let Some(slot) = optional(attrs, "rev")
        && !attrs.has(Name::new("shortRev"))
    {
        let rev = ev.plain_string(slot)?;
        answer.push(("shortRev", ev.text(rev.get(..7).unwrap_or(rev))));
    }
    Ok(set(ev, answer))
}

/// A fetcher's set as JSON: its values are strings, paths, numbers and booleans.
fn argument<'h>(ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, serde_json::Value> {
    let mut argument = serde_json::Map::new();
    for attr in attrs.by_name(ev.local) {
        let value = match ev.force(attr.slot)? {
            Value::Bool(truth) => truth.get().into(),
            Value::Int(int) => int.into(),
            Value::Null => serde_json::Value::Null,
            other @ (Value::Text(_)
            | Value::Path(_)
            | Value::Attrs(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_)) => shown(ev, Slot::Value(other))?.into(),
        };
        argument.insert(attr.key.name.text().to_string(), value);
    }
    Ok(argument.into())
}

/// What a set describes, for a message.
fn describe<'h>(ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, String> {
    let mut parts = Vec::new();
    for name in ["type", "url", "owner", "repo", "path", "ref", "rev"] {
        if let Some(slot) = optional(attrs, name) {
            parts.push(shown(ev, slot)?);
        }
    }
    Ok(parts.join(" "))
}

/// A string or path as text.
fn shown<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, String> {
    let value = ev.force(slot)?;
    let made = ev.coerce(value, Coercion::PATH)?;
    Ok(String::from_utf8_lossy(made.bytes()).into_owned())
}
