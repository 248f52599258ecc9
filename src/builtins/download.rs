//! Asking Nix for what a fetcher wants and the store lacks.

use super::context::store_text;
use super::data::read_json;
use super::support::{store_dir, wrap};
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::{Hash, HashFormat, StorePath};
use crate::value::{Attr, Attrs, Error, Value};
use crate::world::{Fetch, KeeperError};

/// What is looked for, for messages.
pub(super) struct Sought {
    /// The fetcher's name.
    pub(super) fetcher: &'static str,
    /// Where it comes from: a URL, or what else describes it.
    pub(super) what: String,
    /// Its hash, if that is known,
    pub(super) hash: Option<Hash>,
    /// and the store path that follows from it.
    pub(super) path: Option<StorePath>,
}

/// Has Nix call the fetcher; gives its set, with the store path called `path`.
pub(super) fn download<'h>(
    ev: &mut Evaluator<'h>,
    sought: &Sought,
    argument: &serde_json::Value,
    at: Span,
) -> Eval<'h, Attrs<'h>> {
    let Some(keeper) = ev.shared.world.keeper() else {
        return Err(offline(ev, sought, at));
    };
    ev.say(&format!("fetching '{}'", sought.what))?;
    let argument = argument.to_string();
    let got = keeper.fetch(Fetch { fetcher: sought.fetcher, argument: &argument });
    // Who stops us stops Nix too: that is no failure of the fetcher.
    ev.check_interrupt()?;
    let json = got.map_err(|error| refused(ev, sought, &error, at))?;
    let Value::Attrs(mut attrs) = read_json(ev, json.as_bytes(), at)? else {
        return Err(ev.error_at(at, format!("Nix's {} doesn't give a set", sought.fetcher)));
    };
    if let Value::Text(path) = attribute(ev, attrs, "path", at)? {
        let path = wrap(ev, at, store_dir().parse(&path.lossy()))?;
        let path = Value::Text(store_text(ev, &path, ""));
        let attr = Attr::new(Name::new("path"), Span::NONE, path);
        attrs = attrs.update(ev.local, Attrs::new(ev.local, vec![attr]));
    }
    Ok(attrs)
}

/// An attribute of what was fetched.
pub(super) fn attribute<'h>(ev: &Evaluator<'h>, got: Attrs<'h>, name: &str, at: Span) -> Eval<'h> {
    match got.get(Name::new(name)) {
        Some(crate::value::Slot::Value(value)) => Ok(value),
        Some(crate::value::Slot::Thunk(_)) | None => {
            Err(ev.error_at(at, format!("what Nix has fetched has no '{name}'")))
        }
    }
}

/// There is nobody to ask.
#[cold]
fn offline<'h>(ev: &Evaluator<'h>, sought: &Sought, at: Span) -> Error<'h> {
    let message =
        format!("cannot fetch '{}': nothing is downloaded during evaluation", sought.what);
    let help = expected(sought).unwrap_or_else(|| {
        "without its hash it can't be found in the store; give the hash, or a local path".to_owned()
    });
    ev.error_with(
        Diagnostic::error("repx::eval::offline", message)
            .at(at, format!("{} would have to download it", sought.fetcher))
            .help(help),
    )
}

/// Nix couldn't get it.
#[cold]
fn refused<'h>(ev: &Evaluator<'h>, sought: &Sought, error: &KeeperError, at: Span) -> Error<'h> {
    let own = error.diagnostic();
    let reason = match error {
        KeeperError::Refused { reason, .. } => reason.clone(),
        _ => own.message,
    };
    let message = format!("cannot fetch '{}': {reason}", sought.what);
    // Of a wrong hash there is nothing to expect.
    let expected = match error {
        KeeperError::HashMismatch { .. } => None,
        _ => expected(sought),
    };
    let help: Vec<String> = own.help.into_iter().chain(expected).collect();
    let help = (!help.is_empty()).then(|| help.join("\n"));
    let code = match error {
        KeeperError::Refused { .. } => "repx::eval::fetch",
        _ => own.code,
    };
    ev.error_with(
        Diagnostic::error(code, message)
            .at(at, format!("{} is asked for it here", sought.fetcher))
            .maybe_help(help),
    )
}

/// What would have to be in the store.
fn expected(sought: &Sought) -> Option<String> {
    let (hash, path) = (sought.hash.as_ref()?, sought.path.as_ref()?);
    Some(format!(
        "its hash is to be {}, and in the store it would be {}",
        hash.to_text(HashFormat::Sri),
        store_dir().print(path)
    ))
}
