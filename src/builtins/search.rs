//! `<path>`: looking a path up in a list of places.

use super::download::{Sought, attribute, download};
use super::paths::{follow_links, realise};
use super::support::{optional, wrong_count};
use crate::diagnostic::Diagnostic;
use crate::eval::{Builtin, Coercion, Eval, Evaluator, words};
use crate::source::{Span, canonical_path};
use crate::value::{ErrorKind, Path, Slot, Value};
use crate::world::EMBEDDED;
use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;

pub(super) const ROWS: &[Builtin] = &[Builtin {
    name: "findFile",
    arguments: &["search-path", "lookup-path"],
    doc: "Looks a path up in a list of `{ prefix, path }`; `<a/b>` is `findFile nixPath \"a/b\"`. A path that is found nowhere is an error that `tryEval` catches.",
    run: find_file,
}];

fn find_file<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [places, wanted] = args else {
        return Err(wrong_count(ev, at));
    };
    let mut entries = Vec::new();
    for place in ev.items(*places)?.items() {
        entries.push(entry(ev, *place, at)?);
    }
    let wanted = ev.plain_string(*wanted)?;
    for (prefix, path) in entries {
        let Some(rest) = suffix(prefix, wanted) else {
            continue;
        };
        let Some(path) = local(ev, path, at)? else {
            continue;
        };
        let whole = canonical_path(&[b"/", &*path, b"/", rest].concat());
        let found = follow_links(ev, Path::new(ev.local, &whole).as_path(), at)?;
        if matches!(ev.shared.world.kind(&found), Ok(Some(_))) {
            return Ok(Value::Path(Path::new(ev.local, found.as_os_str().as_bytes())));
        }
    }
    if wanted.starts_with(b"nix/") {
        let own = [EMBEDDED.as_bytes(), b"/", wanted].concat();
        return Ok(Value::Path(Path::new(ev.local, &own)));
    }
    let message = format!(
        "file '{}' was not found in the Nix search path (add it using $NIX_PATH or -I)",
        String::from_utf8_lossy(wanted)
    );
    let diagnostic = Diagnostic::error("repx::eval::not-in-search-path", message).at(at, "");
    Err(ev.catchable(diagnostic))
}

/// Where a place of the search path is on this machine. Archives are downloaded; one that can't be is as good as
/// not there, with a warning (as in Nix, and so that other places are looked at).
fn local<'h>(ev: &mut Evaluator<'h>, path: &'h [u8], at: Span) -> Eval<'h, Option<Cow<'h, [u8]>>> {
    let Some(url) = std::str::from_utf8(path).ok().and_then(archive_url) else {
        return Ok(Some(Cow::Borrowed(path)));
    };
    let argument = serde_json::json!({ "url": url });
    let sought = Sought { fetcher: "fetchTarball", what: url, hash: None, path: None };
    let got = download(ev, &sought, &argument, at).and_then(|got| attribute(ev, got, "path", at));
    match got {
        Ok(Value::Text(path)) => Ok(Some(Cow::Owned(path.bytes().to_vec()))),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::OutOfTurn => Err(error),
        Err(error) => {
            let reason = error.diagnostic().message;
            ev.say(&format!("warning: search path entry ignored: {reason}"))?;
            Ok(None)
        }
    }
}

/// The address of an archive, if a place of the search path is one.
fn archive_url(path: &str) -> Option<String> {
    if let Some(channel) = path.strip_prefix("channel:") {
        return Some(format!("https://nixos.org/channels/{channel}/nixexprs.tar.xz"));
    }
    let (scheme, _) = path.split_once("://")?;
    matches!(scheme, "http" | "https" | "file" | "ftp").then(|| path.to_owned())
}

/// Prefix and path of an entry of the search path.
fn entry<'h>(ev: &mut Evaluator<'h>, place: Slot<'h>, at: Span) -> Eval<'h, (&'h [u8], &'h [u8])> {
    let attrs = ev.attrs(place)?;
    let prefix = match optional(attrs, "prefix") {
        Some(slot) => ev.plain_string(slot)?,
        None => b"",
    };
    let slot = ev.attribute(attrs, words().path)?;
    let value = ev.force(slot)?;
    let path = ev.coerce(value, Coercion::PATH)?.into_text(ev.local);
    realise(ev, path.context(), at)?;
    Ok((prefix, path.bytes()))
}

/// What follows the prefix and its slash, if the path begins with it.
fn suffix<'a>(prefix: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(prefix)?;
    if prefix.is_empty() || rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix(b"/")
}
