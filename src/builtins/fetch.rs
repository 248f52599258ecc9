//! `fetchurl` and `fetchTarball`, and the rows of all fetchers. What is asked for with its hash and lies in the
//! store already is taken from there; for the rest Nix is asked (`download`).

use super::context::store_text;
use super::download::{Sought, attribute, download};
use super::fetch_tree::{fetch_git, fetch_mercurial, fetch_tree};
use super::paths::is_valid;
use super::source::fixed_path;
use super::strings::base_name;
use super::support::{plain_text, wrap, wrong_count};
use crate::eval::{Builtin, Eval, Evaluator};
use crate::source::Span;
use crate::store::{Hash, HashAlgo, IngestMethod};
use crate::value::{Attrs, Slot, Value};

pub(super) const ROWS: &[Builtin] = &[
    Builtin {
        name: "fetchurl",
        arguments: &["arg"],
        doc: "A downloaded file: `fetchurl { url = …; sha256 = …; }`. With its hash it is taken from the store if it is there; otherwise Nix downloads it.",
        run: fetch_url,
    },
    Builtin {
        name: "fetchTarball",
        arguments: &["args"],
        doc: "An unpacked archive: `fetchTarball { url = …; sha256 = …; }`. With its hash it is taken from the store if it is there; otherwise Nix downloads it.",
        run: fetch_tarball,
    },
    Builtin {
        name: "fetchGit",
        arguments: &["args"],
        doc: "The files of a Git commit, as a set: `outPath`, `rev` and others. With a `narHash` they are taken from the store if they are there; otherwise Nix gets them.",
        run: fetch_git,
    },
    Builtin {
        name: "fetchMercurial",
        arguments: &["args"],
        doc: "The files of a Mercurial changeset. Not supported.",
        run: fetch_mercurial,
    },
    Builtin {
        name: "fetchTree",
        arguments: &["args"],
        doc: "The files of a source described by a set. With a `narHash` they are taken from the store if they are there; otherwise Nix gets them.",
        run: fetch_tree,
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

    fn answer(
        self,
        ev: &mut Evaluator<'h>,
        fetcher: &'static str,
        method: IngestMethod,
        at: Span,
    ) -> Eval<'h> {
        let path = match &self.hash {
            Some(hash) => Some(fixed_path(ev, self.name, method, hash, at)?),
            None => None,
        };
        if let Some(path) = &path
            && is_valid(ev, path)
        {
            return Ok(Value::Text(store_text(ev, path, "")));
        }
        let mut argument = serde_json::Map::new();
        argument.insert("url".to_owned(), self.url.into());
        argument.insert("name".to_owned(), self.name.into());
        if let Some(hash) = &self.hash {
            argument.insert("sha256".to_owned(), hash.base16().into());
        }
        let what = self.url.to_owned();
        let sought = Sought { fetcher, what, hash: self.hash, path };
        let got = download(ev, &sought, &argument.into(), at)?;
        attribute(ev, got, "path", at)
    }
}
