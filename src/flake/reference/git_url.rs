//! Git's own ways of naming repositories and branches.

use super::RefError;
use super::url::{Url, path_parts, split_scheme};

/// A repository's address as a URL: also `user@host:path` and plain paths.
///
/// # Errors
/// When it is none of these.
pub fn normalised(text: &str) -> Result<Url, RefError> {
    let rewritten = from_scp(text);
    let text = rewritten.as_deref().unwrap_or(text);
    let is_file = text.starts_with("file:") || text.starts_with("git+file:");
    if !is_file && !text.contains("://") {
        return from_path(text);
    }
    let mut url = Url::parse(text)?;
    if let (Some("git"), transport) = split_scheme(&url.scheme) {
        url.scheme = transport.to_owned();
    }
    Ok(url)
}

/// `git@host:path` as `ssh://git@host/path`. The last `@` and the last colon separate.
fn from_scp(text: &str) -> Option<String> {
    if text.starts_with('/') {
        return None;
    }
    let before_slash = text.find('/').unwrap_or(text.len());
    let ats = text.match_indices('@').map(|(at, _)| at).filter(|at| *at < before_slash);
    let (at, colon) =
        ats.rev().find_map(|at| Some((at, at + 1 + text.get(at + 1..)?.rfind(':')?)))?;
    Some(format!(
        "ssh://{}@{}/{}",
        text.get(..at)?,
        text.get(at + 1..colon)?,
        text.get(colon + 1..)?
    ))
}

fn from_path(text: &str) -> Result<Url, RefError> {
    let path: Vec<String> = text.split('/').map(str::to_owned).collect();
    if path.first().is_some_and(|first| first.contains(':')) {
        return Err(RefError::BadUrl(format!(
            "SCP-like URL '{text}' is not supported; use SSH URL syntax instead (ssh://...)"
        )));
    }
    let authority = text.starts_with('/').then(String::new);
    Ok(Url { scheme: "file".to_owned(), authority, path, ..Url::default() })
}

/// The repository in a directory.
pub fn of_directory(path: &str) -> Url {
    Url {
        scheme: "git+file".to_owned(),
        authority: Some(String::new()),
        path: path_parts(path),
        ..Url::default()
    }
}

/// May a branch or tag be called so? (`git check-ref-format`, as libgit2 applies it.)
pub fn is_legal_ref(name: &str) -> bool {
    let forbidden = |byte: u8| byte.is_ascii_control() || b" ~^:?*[\\".contains(&byte);
    let is_lock = |part: &str| part.strip_suffix(".lock").is_some();
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !is_lock(part);
    name != "@"
        && !name.bytes().any(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && (!name.starts_with('-') || name.contains('/'))
        && name.split('/').all(part)
}
