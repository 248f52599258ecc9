//! Texts that stand for flakes: names, URLs, paths.

use std::path::{Path, PathBuf};

use super::url::{Url, decode_query, path_parts, percent_decode};
use super::{FlakeRef, RefError, git_url, is_flake_id, is_revision};
use crate::world::{FileKind, World};

/// Where relative paths begin, and the machine they are looked for on.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// The directory.
    pub directory: &'a Path,
    /// The machine.
    pub world: &'a dyn World,
}

/// Reads a reference without a fragment. `relative`: paths may be relative to something that is
/// not known yet. `is_flake`: it is no plain file or tree.
///
/// # Errors
/// When it is none.
pub fn parse(text: &str, is_flake: bool, relative: bool) -> Result<FlakeRef, RefError> {
    let (reference, fragment) = parse_any(text, None, is_flake, relative)?;
    if !fragment.is_empty() {
        return Err(RefError::Other(format!(
            "unexpected fragment '{fragment}' in flake reference '{text}'"
        )));
    }
    Ok(reference)
}

/// Reads a reference and what follows `#`, as on a command line.
///
/// # Errors
/// When it is none, or a path without a flake.
pub fn parse_with_fragment(text: &str, base: Base<'_>) -> Result<(FlakeRef, String), RefError> {
    parse_any(text, Some(base), true, false)
}

fn parse_any(
    text: &str,
    base: Option<Base<'_>>,
    is_flake: bool,
    relative: bool,
) -> Result<(FlakeRef, String), RefError> {
    if let Some(found) = parse_id(text, is_flake)? {
        return Ok(found);
    }
    match parse_url(text, base, is_flake) {
        Err(RefError::BadUrl(_)) => parse_path(text, base, is_flake, relative),
        other => other,
    }
}

/// `nixpkgs`, `nixpkgs/branch`: short for `flake:…`.
fn parse_id(text: &str, is_flake: bool) -> Result<Option<(FlakeRef, String)>, RefError> {
    let (name, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (id, rest) = name.split_once('/').map_or((name, None), |(id, rest)| (id, Some(rest)));
    let is_ref = |rest: &str| {
        let mut bytes = rest.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'@')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b"_./@+-".contains(&b))
    };
    if !is_flake_id(id)
        || !rest.is_none_or(|rest| is_revision(rest) || is_ref(rest))
        || !is_fragment(fragment)
    {
        return Ok(None);
    }
    let path = name.split('/').map(str::to_owned).collect();
    let url = Url { scheme: "flake".to_owned(), path, ..Url::default() };
    let (reference, _) = FlakeRef::from_url(url, is_flake)?;
    Ok(Some((reference, percent_decode(fragment)?)))
}

fn is_fragment(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'\"()*+,;=:@/? ^".contains(&b);
    let mut parts = text.split('%');
    parts.next().is_some_and(|first| first.bytes().all(plain))
        && parts.all(|part| {
            let digits = part.get(..2).is_some_and(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
            digits && part.bytes().all(plain)
        })
}

fn parse_url(
    text: &str,
    base: Option<Base<'_>>,
    is_flake: bool,
) -> Result<(FlakeRef, String), RefError> {
    let mut url = Url::parse(text)?;
    if let Some(base) = base
        && matches!(url.scheme.as_str(), "path" | "git+file")
    {
        let path = url.file_path()?;
        if !path.starts_with('/') {
            url.path = path_parts(&absolute(&path, base));
        }
    }
    FlakeRef::from_url(url, is_flake)
}

/// A path as an absolute one, by name alone.
fn absolute(path: &str, base: Base<'_>) -> String {
    use std::os::unix::ffi::OsStrExt;
    let joined = base.directory.join(path);
    let canonical = crate::source::canonical_path(joined.as_os_str().as_bytes());
    String::from_utf8_lossy(&canonical).into_owned()
}

fn parse_path(
    text: &str,
    base: Option<Base<'_>>,
    is_flake: bool,
    relative: bool,
) -> Result<(FlakeRef, String), RefError> {
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query = decode_query(query)?;
    let fragment = percent_decode(fragment)?;
    let mut url = Url { scheme: "path".to_owned(), query, fragment, ..Url::default() };
    let mut path = path.to_owned();
    match base {
        Some(base) => {
            path = absolute(&path, base);
            if is_flake {
                path = flake_directory(&path, base)?;
                if let Some((root, dir)) = repository(&path, base) {
                    return in_repository(text, &root, &dir, url, base);
                }
            }
        }
        None if !relative && !path.starts_with('/') => {
            let why = format!("flake reference '{text}' is not an absolute path");
            return Err(RefError::BadUrl(why));
        }
        None => {}
    }
    url.authority = path.starts_with('/').then(String::new);
    url.path = path_parts(&path);
    FlakeRef::from_url(url, is_flake)
}

fn is_there(base: Base<'_>, path: &Path) -> bool {
    matches!(base.world.kind(path), Ok(Some(_)))
}

/// The nearest directory at or above a path that has a flake, as Nix looks for it.
fn flake_directory(path: &str, base: Base<'_>) -> Result<String, RefError> {
    let mut directory = PathBuf::from(path);
    if !matches!(base.world.kind(&directory), Ok(Some(FileKind::Directory | FileKind::Symlink))) {
        if directory.file_name().is_some_and(|name| name == "flake.nix") {
            directory.pop();
        } else {
            let why = format!("path \"{path}\" is not a flake (because it's not a directory)");
            return Err(RefError::Other(why));
        }
    }
    while !is_there(base, &directory.join("flake.nix")) {
        if is_there(base, &directory.join(".git")) {
            return Err(RefError::Other(format!(
                "path \"{}\" is not part of a flake (neither it nor its parent directories contain a 'flake.nix' file)",
                directory.display()
            )));
        }
        if !directory.pop() {
            return Err(RefError::Other("could not find a flake.nix file".to_owned()));
        }
    }
    Ok(directory.to_string_lossy().into_owned())
}

/// The Git checkout around a directory, and the directory's place in it.
fn repository(path: &str, base: Base<'_>) -> Option<(PathBuf, String)> {
    let path = Path::new(path);
    let root = path.ancestors().find(|parent| is_there(base, &parent.join(".git")))?;
    let dir = path.strip_prefix(root).ok()?.to_string_lossy().into_owned();
    Some((root.to_owned(), dir))
}

fn in_repository(
    text: &str,
    root: &Path,
    dir: &str,
    path: Url,
    base: Base<'_>,
) -> Result<(FlakeRef, String), RefError> {
    let mut url = git_url::of_directory(&root.to_string_lossy());
    url.query = path.query;
    url.fragment = path.fragment;
    if !dir.is_empty() && url.query.insert("dir".to_owned(), dir.to_owned()).is_some() {
        return Err(RefError::Other(format!(
            "flake URL '{text}' has an inconsistent 'dir' parameter"
        )));
    }
    if is_there(base, &root.join(".git/shallow")) {
        url.query.insert("shallow".to_owned(), "1".to_owned());
    }
    FlakeRef::from_url(url, true)
}
