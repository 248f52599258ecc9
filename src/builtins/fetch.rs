//! Fetchers. Nothing is downloaded while a lab is evaluated: what is asked for with its hash and lies in the store
//! already is taken from there, everything else is refused with a word on how to get it.

use super::context::store_text;
use super::paths::is_valid;
use super::source::fixed_path;
use super::strings::base_name;
use super::support::{optional, plain_text, set, wrap, wrong_count};
use crate::diagnostic::Diagnostic;
use crate::eval::{Builtin, Coercion, Eval, Evaluator};
use crate::source::Span;
use crate::store::{Hash, HashAlgo, IngestMethod};
use crate::value::{Attrs, Error, Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "fetchurl",
        arguments: &["arg"],
        doc: "A downloaded file: `fetchurl { url = …; sha256 = …; }`. It must be in the store already; nothing is downloaded during evaluation.",
        run: fetch_url,
    },
    Builtin {
        name: "fetchTarball",
        arguments: &["args"],
        doc: "An unpacked archive: `fetchTarball { url = …; sha256 = …; }`. It must be in the store already; nothing is downloaded during evaluation.",
        run: fetch_tarball,
    },
    Builtin {
        name: "fetchGit",
        arguments: &["args"],
        doc: "The files of a Git commit. With a `narHash`, what is in the store already is taken from there; nothing is downloaded during evaluation.",
        run: fetch_git,
    },
    Builtin {
        name: "fetchMercurial",
        arguments: &["args"],
        doc: "The files of a Mercurial changeset. With a `narHash`, what is in the store already is taken from there; nothing is downloaded during evaluation.",
        run: fetch_mercurial,
    },
    Builtin {
        name: "fetchTree",
        arguments: &["args"],
        doc: "The files of a source described by a set. With a `narHash`, what is in the store already is taken from there; nothing is downloaded during evaluation.",
        run: fetch_tree,
    },
    Builtin {
        name: "getFlake",
        arguments: &["args"],
        doc: "The outputs of a flake. Not available during evaluation: inputs of the lab's own `flake.nix` are.",
        run: get_flake,
    },
];

fn fetch_url<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let request = Request::read(ev, args, "", at)?;
    request.answer(ev, "fetchurl", IngestMethod::Flat, at)
}

fn fetch_tarball<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let request = Request::read(ev, args, "source", at)?;
    request.answer(ev, "fetchTarball", IngestMethod::Recursive, at)
}

/// What `fetchurl` and `fetchTarball` are asked for.
struct Request<'h> {
    url: &'h str,
    name: &'h str,
    hash: Option<Hash>,
}

impl<'h> Request<'h> {
    /// Reads a URL, or a set of `url`, `name` and `sha256`.
    fn read(
        ev: &mut Evaluator<'h>,
        args: &[Slot<'h>],
        name: &'h str,
        at: Span,
    ) -> Eval<'h, Request<'h>> {
        let [given] = args else {
            return Err(wrong_count(ev, at));
        };
        let mut request = Request { url: "", name, hash: None };
        if let Value::Attrs(attrs) = ev.force(*given)? {
            request.attributes(ev, attrs, at)?;
        } else {
            request.url = plain_text(ev, *given, "URL", at)?;
        }
        if request.name.is_empty() {
            let name = base_name(request.url.as_bytes());
            request.name = super::support::utf8(ev, at, "file name", name)?;
        }
        Ok(request)
    }

    fn attributes(&mut self, ev: &mut Evaluator<'h>, attrs: Attrs<'h>, at: Span) -> Eval<'h, ()> {
        for attr in attrs.by_name(ev.local) {
            let (name, place) = (attr.key.name, attr.key.span);
            match name.bytes() {
                b"url" => self.url = plain_text(ev, attr.slot, "URL", at)?,
                b"name" => self.name = plain_text(ev, attr.slot, "file name", at)?,
                b"sha256" => {
                    let text = plain_text(ev, attr.slot, "hash", at)?;
                    let hash = Hash::parse_or_empty(text, Some(HashAlgo::Sha256));
                    self.hash = Some(wrap(ev, at, hash)?);
                }
                _ => {
                    return Err(ev.error_at(place, format!("unsupported argument '{name}'")));
                }
            }
        }
        if self.url.is_empty() {
            return Err(ev.error_at(at, "'url' argument required"));
        }
        Ok(())
    }

    fn answer(self, ev: &Evaluator<'h>, fetcher: &str, method: IngestMethod, at: Span) -> Eval<'h> {
        if let Some(hash) = &self.hash {
            let path = fixed_path(ev, self.name, method, hash, at)?;
            if is_valid(ev, &path) {
                return Ok(Value::Text(store_text(ev, &path, "")));
            }
        }
        Err(offline(ev, fetcher, self.url, self.hash.is_some(), at))
    }
}

#[cold]
fn offline<'h>(ev: &Evaluator<'h>, fetcher: &str, what: &str, hashed: bool, at: Span) -> Error<'h> {
    let message = format!("cannot fetch '{what}': nothing is downloaded during evaluation");
    let help = if hashed {
        "it isn't in the store; have Nix fetch it once, or give a local path"
    } else {
        "without its hash it can't be found in the store; give the hash, or a local path"
    };
    ev.error_with(
        Diagnostic::error("repx::eval::offline", message)
            .at(at, format!("{fetcher} would have to download it"))
            .help(help),
    )
}

fn fetch_git<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    tree(ev, args, "fetchGit", at)
}

fn fetch_mercurial<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    tree(ev, args, "fetchMercurial", at)
}

fn fetch_tree<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    tree(ev, args, "fetchTree", at)
}

/// A source tree of the store, found by its `narHash`.
fn tree<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], fetcher: &str, at: Span) -> Eval<'h> {
    let [given] = args else {
        return Err(wrong_count(ev, at));
    };
    let Value::Attrs(attrs) = ev.force(*given)? else {
        let what = shown(ev, *given)?;
        return Err(offline(ev, fetcher, &what, false, at));
    };
    let Some(hash) = optional(attrs, "narHash") else {
        let what = describe(ev, attrs)?;
        return Err(offline(ev, fetcher, &what, false, at));
    };
    let hash_text = plain_text(ev, hash, "hash", at)?;
    let hash = wrap(ev, at, Hash::parse(hash_text, Some(HashAlgo::Sha256)))?;
    let name = match optional(attrs, "name") {
        Some(slot) => plain_text(ev, slot, "file name", at)?,
        None => "source",
    };
    let path = fixed_path(ev, name, IngestMethod::Recursive, &hash, at)?;
    if !is_valid(ev, &path) {
        let what = describe(ev, attrs)?;
        return Err(offline(ev, fetcher, &what, true, at));
    }
    let out_path = Value::Text(store_text(ev, &path, ""));
    let mut answer = vec![("outPath", out_path), ("narHash", ev.text(hash_text))];
    for known in ["rev", "shortRev", "lastModified", "lastModifiedDate", "revCount"] {
        if let Some(slot) = optional(attrs, known) {
            answer.push((known, ev.force(slot)?));
        }
    }
    if let Some(slot) = optional(attrs, "rev")
        && !attrs.has(crate::source::Name::new("shortRev"))
    {
        let rev = ev.plain_string(slot)?;
        answer.push(("shortRev", ev.text(rev.get(..7).unwrap_or(rev))));
    }
    Ok(set(ev, answer))
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

/// A string or path as text for a message.
fn shown<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, String> {
    let value = ev.force(slot)?;
    let made = ev.coerce(value, Coercion::PATH)?;
    Ok(String::from_utf8_lossy(made.bytes()).into_owned())
}

fn get_flake<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [reference] = args else {
        return Err(wrong_count(ev, at));
    };
    let what = shown(ev, *reference)?;
    Err(offline(ev, "getFlake", &what, false, at))
}
