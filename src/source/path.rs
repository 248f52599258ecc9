//! Paths by name alone.

/// Drops `.`, resolves `..` by name and joins repeated slashes, as Nix does to every path value.
/// Symbolic links are not looked at.
pub fn canonical_path(path: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                let parent = out.iter().rposition(|b| *b == b'/').unwrap_or(0);
                out.truncate(parent);
            }
            name => {
                out.push(b'/');
                out.extend_from_slice(name);
            }
        }
    }
    if out.is_empty() {
        out.push(b'/');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_paths() {
        for (path, expected) in [
            ("/", "/"),
            ("/a/./b/../c//d/", "/a/c/d"),
            ("/../..", "/"),
            ("/a/..", "/"),
            ("/.../x", "/.../x"),
        ] {
            assert_eq!(canonical_path(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }
}
