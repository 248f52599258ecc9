//! Flake references: `github:owner/repo/branch?dir=sub`, and the same as attributes.
//!
//! In come texts and attributes; out come [`FlakeRef`]s, which can be written as either. Nothing
//! is looked up. What is accepted, what is refused and with which words follows Nix 2.34.8.

pub mod attrs;
pub mod git_url;
mod parse;
mod scheme;
pub mod url;

pub use attrs::{Attribute, Attributes};
pub use parse::{Base, parse, parse_with_fragment};
pub use scheme::{Scheme, nar_hash, revision};

use std::fmt::{self, Display, Formatter};

use url::Url;

/// Why something is no flake reference.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RefError {
    /// Not readable as a URL: it may be a path.
    #[error("{0}")]
    BadUrl(String),
    /// Wrong however it is read.
    #[error("{0}")]
    Other(String),
}

/// Where a flake is to be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlakeRef {
    /// The tree it is in; `None` for a kind that is unknown.
    pub scheme: Option<Scheme>,
    /// What describes the tree, `type` included.
    pub attributes: Attributes,
    /// The directory in the tree; empty: the tree itself.
    pub dir: String,
}

/// Is this a name that a registry may know?
pub fn is_flake_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// Is this a full SHA-1 commit hash?
pub fn is_revision(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl FlakeRef {
    /// Reads a URL whose `dir` parameter is the directory.
    fn from_url(mut url: Url, tree: bool) -> Result<(FlakeRef, String), RefError> {
        let dir = url.query.remove("dir").unwrap_or_default();
        let fragment = std::mem::take(&mut url.fragment);
        let (scheme, attributes) = Scheme::of_url(&url, tree)?;
        checked_common(&attributes)?;
        Ok((FlakeRef { scheme: Some(scheme), attributes, dir }, fragment))
    }

    /// Reads attributes, `dir` among them.
    ///
    /// # Errors
    /// When something is missing or malformed.
    pub fn from_attributes(mut attributes: Attributes) -> Result<FlakeRef, RefError> {
        let dir = attributes.text("dir")?.unwrap_or_default().to_owned();
        attributes.remove("dir");
        let Some(kind) = attributes.text("type")?.map(str::to_owned) else {
            let why = "'type' attribute to specify input scheme is required but not provided";
            return Err(RefError::Other(why.to_owned()));
        };
        let scheme = Scheme::named(&kind);
        if let Some(scheme) = scheme {
            let known =
                |name: &str| name == "type" || name == "__final" || scheme.known().contains(&name);
            if let Some((name, _)) = attributes.iter().find(|(name, _)| !known(name)) {
                return Err(RefError::Other(format!(
                    "input attribute '{name}' not supported by scheme '{kind}'"
                )));
            }
            attributes = scheme.checked(attributes)?;
        }
        checked_common(&attributes)?;
        Ok(FlakeRef { scheme, attributes, dir })
    }

    /// A name to be looked up in a registry.
    pub fn indirect(id: &str) -> FlakeRef {
        let mut attributes = Attributes::new();
        attributes.set_text("type", "indirect");
        attributes.set_text("id", id);
        FlakeRef { scheme: Some(Scheme::Indirect), attributes, dir: String::new() }
    }

    /// A directory of this machine.
    pub fn path(path: &str) -> FlakeRef {
        let mut attributes = Attributes::new();
        attributes.set_text("type", "path");
        attributes.set_text("path", path);
        FlakeRef { scheme: Some(Scheme::Path), attributes, dir: String::new() }
    }

    /// All attributes, `dir` included.
    pub fn to_attributes(&self) -> Attributes {
        let mut attributes = self.attributes.clone();
        if !self.dir.is_empty() {
            attributes.set_text("dir", self.dir.as_str());
        }
        attributes
    }

    /// As a URL.
    ///
    /// # Errors
    /// When its kind is unknown, or something is missing or malformed.
    pub fn to_url(&self) -> Result<String, RefError> {
        let Some(scheme) = self.scheme else {
            let shown = self.attributes.to_json();
            return Err(RefError::Other(format!("cannot show unsupported input '{shown}'")));
        };
        let mut url = scheme.to_url(&self.attributes)?;
        if !self.dir.is_empty() {
            url.query.entry("dir".to_owned()).or_insert(self.dir.clone());
        }
        Ok(url.to_string())
    }

    /// The path of a `path:` reference that doesn't begin at the root.
    pub fn relative_path(&self) -> Option<&str> {
        if self.scheme != Some(Scheme::Path) {
            return None;
        }
        let path = self.attributes.text("path").ok().flatten()?;
        (!path.starts_with('/')).then_some(path)
    }

    /// An attribute that is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.text(name).ok().flatten()
    }

    /// Old lock files have the directory in a Git URL too; without it they compare equal.
    #[must_use]
    pub fn canonical(mut self) -> FlakeRef {
        if let Some(mut url) = self.text("url").and_then(|url| Url::parse(url).ok()) {
            if !self.dir.is_empty() && url.query.get("dir") == Some(&self.dir) {
                url.query.remove("dir");
            }
            self.attributes.set_text("url", url.to_string());
        }
        self
    }
}

/// What all kinds have in common is of the right type.
fn checked_common(attributes: &Attributes) -> Result<(), RefError> {
    attributes.needed("type")?;
    attributes.text("ref")?;
    attributes.number("revCount")?;
    attributes.number("lastModified")?;
    Ok(())
}

/// The URL, or the attributes where there is none.
impl Display for FlakeRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.to_url() {
            Ok(url) => f.write_str(&url),
            Err(_) => f.write_str(&self.attributes.to_json()),
        }
    }
}
