//! Names of files as clients write them.

use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lsp_types::Uri;

/// The path that a client means. What is no file (a text that was never saved) gets a path that
/// nothing lies at.
pub(super) fn path(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    let Some(rest) = text.strip_prefix("file://") else {
        return Path::new("/").join(text.replace('/', "-"));
    };
    // `file://host/path`: the host is this machine, whatever it is called.
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let bytes = crate::source::canonical_path(&decoded(path.as_bytes()));
    PathBuf::from(OsStr::from_bytes(&bytes))
}

/// Is it the name of a file?
pub(super) fn is_file(uri: &Uri) -> bool {
    uri.as_str().starts_with("file://")
}

/// `%20` and its like as the bytes they stand for.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    let (mut bytes, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    bytes
}

/// The name of a file. `None` for a path that has none.
pub(super) fn of_path(path: &Path) -> Option<Uri> {
    let mut text = String::from("file://");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            // Writing to a string never fails.
            _ => drop(write!(text, "%{byte:02X}")),
        }
    }
    Uri::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for name in ["/a/b.nix", "/é x/100%.nix", "/a+b?c#d.nix", "/"] {
            let uri = of_path(Path::new(name)).unwrap();
            assert_eq!(path(&uri), Path::new(name), "{}", uri.as_str());
        }
        let bytes = Path::new(OsStr::from_bytes(b"/\xff.nix"));
        assert_eq!(path(&of_path(bytes).unwrap()), bytes);
    }

    #[test]
    fn names_of_clients_are_understood() {
        let of = |text: &str| path(&Uri::from_str(text).unwrap());
        assert_eq!(of("file:///a/%62.nix"), Path::new("/a/b.nix"));
        assert_eq!(of("file://localhost/a/../b.nix"), Path::new("/b.nix"));
        assert_eq!(of("untitled:Untitled-1"), Path::new("/untitled:Untitled-1"));
    }
}
