//! Version strings: `splitVersion`, `compareVersions`, `parseDrvName`.
//!
//! The rules are those of the Nix manual's `nix-env --upgrade` section, over bytes and
//! with ASCII classes only.

use std::cmp::Ordering;

/// The components of a version: runs of digits, and runs of anything else but `.` and `-`.
pub fn split_version(version: &[u8]) -> Components<'_> {
    Components { rest: version }
}

/// Iterator over the components of a version.
#[derive(Clone, Debug)]
pub struct Components<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Components<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|&byte| !is_separator(byte))?;
        let body = self.rest.get(start..)?;
        let digits = body.first().is_some_and(u8::is_ascii_digit);
        let len = body
            .iter()
            .position(|&byte| byte.is_ascii_digit() != digits || is_separator(byte))
            .unwrap_or(body.len());
        let (component, rest) = body.split_at(len);
        self.rest = rest;
        Some(component)
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'.' || byte == b'-'
}

/// Orders two versions as `builtins.compareVersions` does (`Less` is -1).
///
/// A version that has run out of components goes on with empty ones.
pub fn compare_versions(left: &[u8], right: &[u8]) -> Ordering {
    let (mut left, mut right) = (split_version(left), split_version(right));
    loop {
        let (a, b) = (left.next(), right.next());
        if a.is_none() && b.is_none() {
            return Ordering::Equal;
        }
        let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
        if component_less(a, b) {
            return Ordering::Less;
        }
        if component_less(b, a) {
            return Ordering::Greater;
        }
    }
}

/// `pre` sorts before everything, the end before a number, a word before a number.
fn component_less(a: &[u8], b: &[u8]) -> bool {
    let number = (as_int(a), as_int(b));
    if let (Some(a), Some(b)) = number {
        return a < b;
    }
    if a.is_empty() && number.1.is_some() {
        return true;
    }
    match (a == b"pre", b == b"pre") {
        (true, false) => true,
        (_, true) => false,
        (false, false) if number.1.is_some() => true,
        (false, false) if number.0.is_some() => false,
        (false, false) => a < b,
    }
}

/// A component as a C `int`; one too large for that is compared as a word, as in Nix.
fn as_int(component: &[u8]) -> Option<i32> {
    if component.is_empty() {
        return None;
    }
    component.iter().try_fold(0i32, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| i32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Splits a derivation name at the first dash that no letter follows: (name, version).
///
/// A trailing dash belongs to the name; without such a dash the version is empty.
pub fn parse_drv_name(name: &[u8]) -> (&[u8], &[u8]) {
    let dash = name
        .windows(2)
        .position(|pair| matches!(pair, [b'-', next] if !next.is_ascii_alphabetic()));
    let split = dash.and_then(|at| Some((name.get(..at)?, name.get(at + 1..)?)));
    split.unwrap_or((name, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(version: &str) -> Vec<String> {
        let lossy = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        split_version(version.as_bytes()).map(lossy).collect()
    }

    #[test]
    fn versions_split_at_separators_and_digit_borders() {
        assert_eq!(split("1.2.3"), ["1", "2", "3"]);
        assert_eq!(split("1.2pre3"), ["1", "2", "pre", "3"]);
        assert_eq!(split("..1"), ["1"]);
        assert_eq!(split("1.é"), ["1", "é"]);
        assert_eq!(split("a-1.b"), ["a", "1", "b"]);
        assert_eq!(split("1--"), ["1"]);
        assert_eq!(split(""), [""; 0]);
    }

    /// Every row was observed with Nix 2.34.8, in both directions.
    #[test]
    fn versions_compare_as_in_nix() {
        use Ordering::{Equal, Greater, Less};
        let rows = [
            ("1.0", "2.3", Less),
            ("2.3", "2.3", Equal),
            ("2.5", "2.3", Greater),
            ("2.3.1", "2.3", Greater),
            ("2.3.1", "2.3a", Greater),
            ("2.3pre1", "2.3", Less),
            ("2.3pre3", "2.3pre12", Less),
            ("2.3a", "2.3c", Less),
            ("2.3pre1", "2.3c", Less),
            ("2.3pre1", "2.3q", Less),
            ("", "a", Less),
            ("", "1", Less),
            ("", "pre", Greater),
            ("a", "A", Greater),
            ("01", "1", Equal),
            ("99999999999", "1", Less),
            ("2147483648", "3", Less),
            ("99999999999", "a", Less),
            ("99999999999", "99999999998", Greater),
            ("99999999999", "pre", Greater),
            ("1.é", "1.a", Greater),
            ("1.z", "1.é", Less),
            ("pre", "pre", Equal),
            ("1.pre", "1.pre1", Less),
            ("1-2", "1.2", Equal),
            ("1.", "1", Equal),
            ("a", "pre", Greater),
        ];
        for (a, b, expected) in rows {
            assert_eq!(compare_versions(a.as_bytes(), b.as_bytes()), expected, "{a:?} {b:?}");
            assert_eq!(
                compare_versions(b.as_bytes(), a.as_bytes()),
                expected.reverse(),
                "{b:?} {a:?}"
            );
        }
    }

    /// Every row was observed with Nix 2.34.8.
    #[test]
    fn derivation_names_split_as_in_nix() {
        let rows = [
            ("nix-0.12pre12876", "nix", "0.12pre12876"),
            ("a-b-1", "a-b", "1"),
            ("a-", "a-", ""),
            ("a--1", "a", "-1"),
            ("-1", "", "1"),
            ("a-b", "a-b", ""),
            ("1-2-3", "1", "2-3"),
            ("a-é", "a", "é"),
            ("a-1-b", "a", "1-b"),
            ("", "", ""),
            ("a-_1", "a", "_1"),
            ("x-2-", "x", "2-"),
        ];
        for (full, name, version) in rows {
            assert_eq!(
                parse_drv_name(full.as_bytes()),
                (name.as_bytes(), version.as_bytes()),
                "{full}"
            );
        }
    }
}
