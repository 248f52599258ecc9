//! The kinds of inputs, and how each is read from a URL and from attributes, and written as a URL.
//! Source of the rules: Nix 2.34's `libfetchers`, a file per kind.

use super::attrs::{Attribute, Attributes};
use super::git_url::{is_legal_ref, normalised};
use super::url::{Url, split_scheme};
use super::{RefError, is_flake_id, is_revision};
use crate::store::{Hash, HashAlgo, HashFormat};

/// A kind of input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// A downloaded file.
    File,
    /// A Git repository.
    Git,
    /// A repository of GitHub, fetched as an archive.
    GitHub,
    /// Likewise of GitLab.
    GitLab,
    /// A Mercurial repository.
    Mercurial,
    /// A name to be looked up in a registry.
    Indirect,
    /// A directory.
    Path,
    /// A repository of `SourceHut`, fetched as an archive.
    SourceHut,
    /// A downloaded archive.
    Tarball,
}

/// In the order in which a URL is offered to them.
const ALL: [Scheme; 9] = [
    Scheme::File,
    Scheme::Git,
    Scheme::GitHub,
    Scheme::GitLab,
    Scheme::Mercurial,
    Scheme::Indirect,
    Scheme::Path,
    Scheme::SourceHut,
    Scheme::Tarball,
];

/// What a downloaded file or archive may have.
const DOWNLOADED: &[&str] =
    &["url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"];

const GIT: &[&str] = &[
    "url",
    "ref",
    "rev",
    "shallow",
    "submodules",
    "lfs",
    "exportIgnore",
    "lastModified",
    "revCount",
    "narHash",
    "allRefs",
    "name",
    "dirtyRev",
    "dirtyShortRev",
    "verifyCommit",
    "keytype",
    "publicKey",
    "publicKeys",
];

const ARCHIVED: &[&str] =
    &["owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"];

impl Scheme {
    /// What `type` says.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::File => "file",
            Scheme::Git => "git",
            Scheme::GitHub => "github",
            Scheme::GitLab => "gitlab",
            Scheme::Mercurial => "hg",
            Scheme::Indirect => "indirect",
            Scheme::Path => "path",
            Scheme::SourceHut => "sourcehut",
            Scheme::Tarball => "tarball",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Scheme> {
        ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// The attributes it knows, besides `type`.
    pub fn known(self) -> &'static [&'static str] {
        match self {
            Scheme::File | Scheme::Tarball => DOWNLOADED,
            Scheme::Git => GIT,
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => ARCHIVED,
            Scheme::Mercurial => &["url", "ref", "rev", "revCount", "narHash", "name"],
            Scheme::Indirect => &["id", "ref", "rev", "narHash"],
            Scheme::Path => &["path", "rev", "revCount", "lastModified", "narHash"],
        }
    }

    /// The attributes a URL stands for, and their kind. `tree`: an input that is a single file
    /// must say so (`file+https:`).
    ///
    /// # Errors
    /// When no kind takes the URL, or the one that does finds something wrong with it.
    pub fn of_url(url: &Url, tree: bool) -> Result<(Scheme, Attributes), RefError> {
        for scheme in ALL {
            if !scheme.takes(url, tree) {
                continue;
            }
            let attributes = match scheme {
                Scheme::File | Scheme::Tarball => downloaded(scheme, url),
                Scheme::Git => git(url),
                Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => archived(scheme, url)?,
                Scheme::Mercurial => mercurial(url),
                Scheme::Indirect => indirect(url)?,
                Scheme::Path => path(url)?,
            };
            return Ok((scheme, scheme.checked(attributes)?));
        }
        let hint = match split_scheme(&url.scheme) {
            (Some("file"), "git") => "; did you mean 'git+file' instead of 'file+git'?",
            _ => "",
        };
        Err(RefError::Other(format!("input '{url}' is unsupported{hint}")))
    }

    fn takes(self, url: &Url, tree: bool) -> bool {
        let (application, transport) = split_scheme(&url.scheme);
        let transported = matches!(transport, "file" | "http" | "https");
        match self {
            Scheme::File | Scheme::Tarball => {
                let is_tarball = tree || has_archive_name(url);
                transported
                    && match application {
                        Some(application) => application == self.name(),
                        None => is_tarball == (self == Scheme::Tarball),
                    }
            }
            Scheme::Git => url.scheme == "git" || application == Some("git"),
            Scheme::Mercurial => {
                application == Some("hg") && matches!(transport, "http" | "https" | "ssh" | "file")
            }
            Scheme::Indirect => url.scheme == "flake",
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut | Scheme::Path => {
                url.scheme == self.name()
            }
        }
    }

    /// Checks attributes, and normalises what is to be normalised.
    ///
    /// # Errors
    /// When something is missing or malformed.
    pub fn checked(self, mut attributes: Attributes) -> Result<Attributes, RefError> {
        match self {
            Scheme::File | Scheme::Tarball => {}
            Scheme::Git => check_git(&mut attributes)?,
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => check_archived(&attributes)?,
            Scheme::Mercurial => {
                Url::parse(attributes.needed("url")?)?;
            }
            Scheme::Indirect => {
                let id = attributes.needed("id")?;
                if !is_flake_id(id) {
                    return Err(RefError::BadUrl(format!("'{id}' is not a valid flake ID")));
                }
            }
            Scheme::Path => {
                attributes.needed("path")?;
            }
        }
        Ok(attributes)
    }

    /// The URL for attributes of this kind.
    ///
    /// # Errors
    /// When something is missing or malformed.
    pub fn to_url(self, attributes: &Attributes) -> Result<Url, RefError> {
        match self {
            Scheme::File | Scheme::Tarball => {
                let mut url = Url::parse(attributes.needed("url")?)?;
                put_nar_hash(attributes, &mut url)?;
                Ok(url)
            }
            Scheme::Git => git_to_url(attributes),
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => {
                let parts = [Some("owner"), Some("repo")].into_iter().flatten();
                let mut path = parts
                    .map(|name| attributes.needed(name).map(str::to_owned))
                    .collect::<Result<Vec<_>, _>>()?;
                path.extend(attributes.text("ref")?.map(str::to_owned));
                path.extend(revision(attributes)?);
                let mut url = Url { scheme: self.name().to_owned(), path, ..Url::default() };
                put_nar_hash(attributes, &mut url)?;
                if let Some(host) = attributes.text("host")? {
                    url.query.insert("host".to_owned(), host.to_owned());
                }
                Ok(url)
            }
            Scheme::Mercurial => {
                let mut url = Url::parse(attributes.needed("url")?)?;
                url.scheme = format!("hg+{}", url.scheme);
                put_revision(attributes, &mut url)?;
                Ok(url)
            }
            Scheme::Indirect => {
                let mut path = vec![attributes.needed("id")?.to_owned()];
                path.extend(attributes.text("ref")?.map(str::to_owned));
                path.extend(revision(attributes)?);
                Ok(Url { scheme: "flake".to_owned(), path, ..Url::default() })
            }
            Scheme::Path => Ok(path_to_url(attributes)),
        }
    }
}

/// `rev` as it is written in URLs: hexadecimal, without its algorithm.
///
/// # Errors
/// When it is no hash.
pub fn revision(attributes: &Attributes) -> Result<Option<String>, RefError> {
    let Some(text) = attributes.text("rev")? else {
        return Ok(None);
    };
    let hash = Hash::parse(text, None).or_else(|_| Hash::parse(text, Some(HashAlgo::Sha1)));
    let hash = hash.map_err(|error| RefError::Other(error.to_string()))?;
    Ok(Some(hash.base16()))
}

/// `narHash`, which must be SHA-256.
///
/// # Errors
/// When it is something else.
pub fn nar_hash(attributes: &Attributes) -> Result<Option<Hash>, RefError> {
    let Some(text) = attributes.text("narHash")? else {
        return Ok(None);
    };
    let hash = match text {
        "" => Hash::zero(HashAlgo::Sha256),
        text => Hash::parse_sri(text).map_err(|error| RefError::Other(error.to_string()))?,
    };
    if hash.algo() != HashAlgo::Sha256 {
        return Err(RefError::Other("narHash must use SHA-256".to_owned()));
    }
    Ok(Some(hash))
}

fn put_nar_hash(attributes: &Attributes, url: &mut Url) -> Result<(), RefError> {
    if let Some(hash) = nar_hash(attributes)? {
        url.query.insert("narHash".to_owned(), hash.to_text(HashFormat::Sri));
    }
    Ok(())
}

fn put_revision(attributes: &Attributes, url: &mut Url) -> Result<(), RefError> {
    if let Some(rev) = revision(attributes)? {
        url.query.insert("rev".to_owned(), rev);
    }
    if let Some(name) = attributes.text("ref")? {
        url.query.insert("ref".to_owned(), name.to_owned());
    }
    Ok(())
}

fn has_archive_name(url: &Url) -> bool {
    let endings = [".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"];
    url.path.last().is_some_and(|name| endings.iter().any(|ending| name.ends_with(ending)))
}

fn downloaded(scheme: Scheme, url: &Url) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.set_text("type", scheme.name());
    for name in ["narHash", "rev"] {
        if let Some(value) = url.query.get(name) {
            attributes.set_text(name, value.as_str());
        }
    }
    for name in ["revCount", "lastModified"] {
        if let Some(number) = url.query.get(name).and_then(|value| value.parse().ok()) {
            attributes.set(name, Attribute::Number(number));
        }
    }
    let mut url = url.clone();
    url.scheme = split_scheme(&url.scheme).1.to_owned();
    // What Nix has read is no business of the server.
    url.query.retain(|name, _| !DOWNLOADED.contains(&name.as_str()));
    attributes.set_text("url", url.to_string());
    attributes
}

fn git(url: &Url) -> Attributes {
    let mut attributes = Attributes::new();
    attributes.set_text("type", "git");
    let mut rest = url.clone();
    rest.query.clear();
    for (name, value) in &url.query {
        match name.as_str() {
            "rev" | "ref" | "keytype" | "publicKey" | "publicKeys" => {
                attributes.set_text(name, value.as_str());
            }
            "shallow" | "submodules" | "lfs" | "exportIgnore" | "allRefs" | "verifyCommit" => {
                attributes.set(name, Attribute::Bool(value == "1"));
            }
            _ => {
                rest.query.insert(name.clone(), value.clone());
            }
        }
    }
    attributes.set_text("url", rest.to_string());
    attributes
}

fn check_git(attributes: &mut Attributes) -> Result<(), RefError> {
    for name in ["verifyCommit", "keytype", "publicKey", "publicKeys"] {
        if attributes.has(name) {
            let why = "experimental Nix feature 'verified-fetches' is disabled; add '--extra-experimental-features verified-fetches' to enable it";
            return Err(RefError::Other(why.to_owned()));
        }
    }
    if let Some(name) = attributes.text("ref")?
        && !is_legal_ref(name)
    {
        return Err(RefError::BadUrl(format!("invalid Git branch/tag name '{name}'")));
    }
    let url = normalised(attributes.needed("url")?)?;
    attributes.set_text("url", url.to_string());
    for name in ["shallow", "submodules", "allRefs"] {
        attributes.boolean(name)?;
    }
    Ok(())
}

fn git_to_url(attributes: &Attributes) -> Result<Url, RefError> {
    let mut url = Url::parse(attributes.needed("url")?)?;
    if url.scheme != "git" {
        url.scheme = format!("git+{}", url.scheme);
    }
    put_revision(attributes, &mut url)?;
    for name in ["shallow", "lfs", "submodules", "exportIgnore"] {
        if attributes.boolean(name)? == Some(true) {
            url.query.insert(name.to_owned(), "1".to_owned());
        }
    }
    Ok(url)
}

fn archived(scheme: Scheme, url: &Url) -> Result<Attributes, RefError> {
    let segments = url.segments();
    let [owner, repo, rest @ ..] = segments.as_slice() else {
        return Err(RefError::BadUrl(format!("URL '{url}' is invalid")));
    };
    let (mut rev, mut name) = match rest {
        [] => (None, None),
        [one] if is_revision(one) => (Some((*one).to_owned()), None),
        parts => (None, Some(parts.join("/"))),
    };
    let several = |what| RefError::BadUrl(format!("URL '{url}' contains multiple {what}"));
    if let Some(value) = url.query.get("ref") {
        if name.is_some() {
            return Err(several("branch/tag names"));
        }
        name = Some(value.clone());
    }
    if let Some(value) = url.query.get("rev") {
        if rev.is_some() {
            return Err(several("commit hashes"));
        }
        rev = Some(value.clone());
    }
    let mut attributes = Attributes::new();
    attributes.set_text("type", scheme.name());
    attributes.set_text("owner", *owner);
    attributes.set_text("repo", *repo);
    for (key, value) in [
        ("rev", rev),
        ("ref", name),
        ("host", url.query.get("host").cloned()),
        ("narHash", url.query.get("narHash").cloned()),
    ] {
        if let Some(value) = value {
            attributes.set_text(key, value);
        }
    }
    Ok(attributes)
}

fn check_archived(attributes: &Attributes) -> Result<(), RefError> {
    attributes.needed("owner")?;
    attributes.needed("repo")?;
    let (name, rev) = (attributes.text("ref")?, attributes.text("rev")?);
    let shown = || attributes.to_json();
    if let (Some(name), Some(rev)) = (name, rev) {
        return Err(RefError::BadUrl(format!(
            "input {} contains both a commit hash ('{rev}') and a branch/tag name ('{name}')",
            shown()
        )));
    }
    if let Some(rev) = rev {
        let hash = Hash::parse(rev, Some(HashAlgo::Sha1));
        hash.map_err(|error| RefError::Other(error.to_string()))?;
    }
    if name.is_some_and(|name| !is_legal_ref(name)) {
        let why = format!("input {} contains an invalid branch/tag name", shown());
        return Err(RefError::BadUrl(why));
    }
    let is_host =
        |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b));
    if attributes.text("host")?.is_some_and(|host| !is_host(host)) {
        let why = format!("input {} contains an invalid instance host", shown());
        return Err(RefError::BadUrl(why));
    }
    Ok(())
}

fn mercurial(url: &Url) -> Attributes {
    let mut rest = url.clone();
    split_scheme(&url.scheme).1.clone_into(&mut rest.scheme);
    let mut attributes = Attributes::new();
    attributes.set_text("type", "hg");
    for name in ["rev", "ref"] {
        if let Some(value) = rest.query.remove(name) {
            attributes.set_text(name, value);
        }
    }
    attributes.set_text("url", rest.to_string());
    attributes
}

fn indirect(url: &Url) -> Result<Attributes, RefError> {
    let segments = url.segments();
    let wrong = |part: &str, what: &str| {
        Err(RefError::BadUrl(format!("in flake URL '{url}', '{part}' is not a {what}")))
    };
    let (id, name, rev) = match segments.as_slice() {
        [id] => (*id, None, None),
        [id, rev] if is_revision(rev) => (*id, None, Some(*rev)),
        [id, name] if is_legal_ref(name) => (*id, Some(*name), None),
        [_, other] => return wrong(other, "commit hash or branch/tag name"),
        [_, name, _] if !is_legal_ref(name) => return wrong(name, "branch/tag name"),
        [_, _, rev] if !is_revision(rev) => return wrong(rev, "commit hash"),
        [id, name, rev] => (*id, Some(*name), Some(*rev)),
        _ => return Err(RefError::BadUrl(format!("GitHub URL '{url}' is invalid"))),
    };
    let mut attributes = Attributes::new();
    attributes.set_text("type", "indirect");
    attributes.set_text("id", id);
    if let Some(name) = name {
        attributes.set_text("ref", name);
    }
    if let Some(rev) = rev {
        attributes.set_text("rev", rev.to_ascii_lowercase());
    }
    Ok(attributes)
}

fn path(url: &Url) -> Result<Attributes, RefError> {
    if let Some(host) = url.authority.as_deref().filter(|authority| !authority.is_empty()) {
        let why = format!("path URL '{url}' should not have an authority ('{host}')");
        return Err(RefError::Other(why));
    }
    let mut attributes = Attributes::new();
    attributes.set_text("type", "path");
    attributes.set_text("path", url.file_path()?);
    for (name, value) in &url.query {
        match (name.as_str(), value.parse()) {
            ("rev" | "narHash", _) => attributes.set_text(name, value.as_str()),
            ("revCount" | "lastModified", Ok(number)) => {
                attributes.set(name, Attribute::Number(number));
            }
            ("revCount" | "lastModified", Err(_)) => {
                let why = format!("path URL '{url}' has invalid parameter '{name}'");
                return Err(RefError::Other(why));
            }
            _ => {
                let why = format!("path URL '{url}' has unsupported parameter '{name}'");
                return Err(RefError::Other(why));
            }
        }
    }
    Ok(attributes)
}

fn path_to_url(attributes: &Attributes) -> Url {
    let mut url = Url { scheme: "path".to_owned(), ..Url::default() };
    for (name, value) in attributes.iter() {
        let text = match value {
            Attribute::Text(text) => text.clone(),
            Attribute::Number(number) => number.to_string(),
            Attribute::Bool(bool) => u8::from(*bool).to_string(),
        };
        match name {
            "type" => {}
            "path" => url.path = text.split('/').map(str::to_owned).collect(),
            _ => {
                url.query.insert(name.to_owned(), text);
            }
        }
    }
    url
}
