//! URLs as Nix reads them: RFC 3986, and a few characters more in queries and fragments.
//! Source of the rules: Nix 2.34's `url.cc`, whose parser is Boost's.

use std::collections::BTreeMap;

use super::RefError;

/// A URL in its parts, all decoded.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Url {
    /// Before the first colon.
    pub scheme: String,
    /// After `//`, as it will be written.
    pub authority: Option<String>,
    /// Between slashes; an absolute path begins with an empty part.
    pub path: Vec<String>,
    /// After `?`.
    pub query: BTreeMap<String, String>,
    /// After `#`.
    pub fragment: String,
}

/// What needs no escape anywhere.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sub_delimiter(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

/// Escapes all but the unreserved characters and those to `keep`.
pub fn percent_encode(text: &str, keep: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_unreserved(byte) || keep.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Resolves escapes.
pub fn percent_decode(text: &str) -> Result<String, RefError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => out.push((high * 16 + low) as u8),
            _ => {
                let why = format!("invalid URI parameter '{text}': bad pct-encoding");
                return Err(RefError::BadUrl(why));
            }
        }
    }
    String::from_utf8(out)
        .map_err(|_| RefError::BadUrl(format!("URI parameter '{text}' is not UTF-8")))
}

/// The key-value pairs of a query. What has no equals sign is ignored, as Nix does after a warning.
///
/// # Errors
/// When a character must not stand there.
pub fn decode_query(query: &str) -> Result<BTreeMap<String, String>, RefError> {
    let fixed = fix(query, b" \"");
    let allowed = |byte| is_unreserved(byte) || is_sub_delimiter(byte) || b":@/?".contains(&byte);
    if !is_made_of(&fixed, allowed) {
        return Err(RefError::BadUrl(format!("invalid URI query '{query}': leftover")));
    }
    let mut pairs = BTreeMap::new();
    for pair in fixed.split('&') {
        if let Some((key, value)) = pair.split_once('=') {
            // The first of several wins.
            pairs.entry(percent_decode(key)?).or_insert(percent_decode(value)?);
        }
    }
    Ok(pairs)
}

/// Escapes characters that the standard forbids and Nix lets pass.
fn fix(text: &str, tolerated: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if tolerated.contains(&byte) => out.push_str(&format!("%{byte:02X}")),
            Ok(_) | Err(_) => out.push(c),
        }
    }
    out
}

/// Does the text hold nothing but such bytes and well-formed escapes?
fn is_made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let digits = bytes.get(at + 1..at + 3);
            if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                return false;
            }
            at += 3;
        } else if allowed(*byte) {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

/// `git+https` is `https` for the application `git`.
pub fn split_scheme(scheme: &str) -> (Option<&str>, &str) {
    match scheme.split_once('+') {
        Some((application, transport)) => (Some(application), transport),
        None => (None, scheme),
    }
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it isn't one; a relative reference isn't either.
    pub fn parse(text: &str) -> Result<Url, RefError> {
        let invalid = || RefError::BadUrl(format!("'{text}' is not a valid URL: leftover"));
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, fix(fragment, b" \"^")),
            None => (text, String::new()),
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, query),
            None => (rest, ""),
        };
        let no_scheme = || RefError::BadUrl(format!("'{text}' doesn't have a scheme"));
        let (scheme, rest) = rest.split_once(':').ok_or_else(no_scheme)?;
        if !is_scheme(scheme) {
            return Err(no_scheme());
        }
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find('/').unwrap_or(rest.len());
                let (authority, path) = rest.split_at_checked(end).ok_or_else(invalid)?;
                (Some(read_authority(authority, &invalid)?), path)
            }
            None => (None, rest),
        };
        let in_path =
            |byte| is_unreserved(byte) || is_sub_delimiter(byte) || b":@/".contains(&byte);
        let in_fragment = |byte: u8| in_path(byte) || byte == b'?';
        if !is_made_of(path, in_path) || !is_made_of(&fragment, in_fragment) {
            return Err(invalid());
        }
        let is_file = split_scheme(scheme).1 == "file";
        if let Some(host) =
            authority.as_deref().filter(|authority| is_file && !authority.is_empty())
        {
            let why = format!("file:// URL '{text}' has unexpected authority '{host}'");
            return Err(RefError::BadUrl(why));
        }
        let path = if is_file && path.is_empty() { "/" } else { path };
        Ok(Url {
            scheme: scheme.to_owned(),
            authority,
            path: path.split('/').map(percent_decode).collect::<Result<_, _>>()?,
            query: decode_query(query)?,
            fragment: percent_decode(&fragment)?,
        })
    }

    /// The path as one of the file system.
    ///
    /// # Errors
    /// When a part has a slash or NUL in it.
    pub fn file_path(&self) -> Result<String, RefError> {
        for part in &self.path {
            if part.contains('/') {
                return Err(RefError::BadUrl(format!(
                    "URL path component '{part}' contains '/', which is not allowed in file names"
                )));
            }
            if part.contains('\0') {
                let shown = part.replace('\0', "␀");
                return Err(RefError::BadUrl(format!(
                    "URL path component '{shown}' contains NUL byte which is not allowed"
                )));
            }
        }
        let mut path = String::new();
        let mut parts = self.path.iter();
        if self.path.first().is_some_and(String::is_empty) {
            parts.next();
            path.push('/');
        }
        for part in parts {
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(part);
        }
        Ok(path)
    }

    /// Parts of the path that aren't empty.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).filter(|part| !part.is_empty()).collect()
    }
}

/// The path of a file as the path of a URL.
pub fn path_parts(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    if path.starts_with('/') {
        parts.push(String::new());
    }
    parts.extend(path.split('/').filter(|part| !part.is_empty()).map(str::to_owned));
    if path.is_empty() || path.ends_with('/') {
        parts.push(String::new());
    }
    parts
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// `user@host:port`, as it will be written.
fn read_authority(text: &str, invalid: &dyn Fn() -> RefError) -> Result<String, RefError> {
    let (user, rest) = match text.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, text),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        Some(_) | None => (rest, ""),
    };
    let plain = |byte| is_unreserved(byte) || is_sub_delimiter(byte);
    let mut shown = String::new();
    if let Some(user) = user {
        if !is_made_of(user, |byte| plain(byte) || byte == b':') {
            return Err(invalid());
        }
        let (name, password) = user.split_once(':').map_or((user, None), |(n, p)| (n, Some(p)));
        shown.push_str(&percent_encode(&percent_decode(name)?, b""));
        if let Some(password) = password {
            shown.push(':');
            shown.push_str(&percent_encode(&percent_decode(password)?, b""));
        }
        shown.push('@');
    }
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bracketed {
        Some(address) => {
            let address = percent_decode(address)?;
            shown.push_str(&format!("[{}]", percent_encode(&address, b":")));
        }
        None if is_made_of(host, plain) => {
            shown.push_str(&percent_encode(&percent_decode(host)?, b""));
        }
        None => return Err(invalid()),
    }
    match port.parse::<u16>() {
        Ok(number) => shown.push_str(&format!(":{number}")),
        Err(_) if port.is_empty() => {}
        Err(_) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(RefError::BadUrl(format!("port '{port}' is invalid")));
        }
        Err(_) => return Err(invalid()),
    }
    Ok(shown)
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(authority) = &self.authority {
            write!(f, "//{authority}")?;
        }
        let path: Vec<String> = self.path.iter().map(|part| percent_encode(part, b":@")).collect();
        f.write_str(&path.join("/"))?;
        let pairs = self.query.iter();
        let pair = |(key, value): (&String, &String)| {
            format!("{}={}", percent_encode(key, b":@/?"), percent_encode(value, b":@/?"))
        };
        let query: Vec<String> = pairs.map(pair).collect();
        if !query.is_empty() {
            write!(f, "?{}", query.join("&"))?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", percent_encode(&self.fragment, b""))?;
        }
        Ok(())
    }
}
