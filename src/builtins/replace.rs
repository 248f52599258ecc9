//! Replacing several strings at once, as `replaceStrings` does.

/// Replaces, from left to right, each place where a pattern stands by what `with` gives for the
/// pattern's index. Of several patterns that stand at a place the first in the list counts. An
/// empty pattern stands before each byte and at the end; the byte that follows is kept.
///
/// A place is compared only with the patterns that begin with its byte, and stretches without
/// such a byte are copied whole.
pub(super) fn replace<'r, E>(
    subject: &[u8],
    patterns: &[&[u8]],
    mut with: impl FnMut(usize) -> Result<&'r [u8], E>,
) -> Result<Vec<u8>, E> {
    let starts = Starts::of(patterns);
    let mut out = Vec::with_capacity(subject.len());
    let mut at = 0;
    while let Some(rest) = subject.get(at..) {
        let skipped = starts.skip(rest);
        let (plain, rest) = rest.split_at(skipped);
        out.extend_from_slice(plain);
        at += skipped;
        let found = starts.first_match(patterns, rest);
        if let Some(which) = found {
            out.extend_from_slice(with(which)?);
        }
        let length = found.and_then(|which| patterns.get(which)).map_or(0, |pattern| pattern.len());
        if length == 0 {
            out.extend(rest.first());
        }
        at += length.max(1);
    }
    Ok(out)
}

/// So few patterns are looked through one by one.
const FEW: usize = 8;

/// Which patterns can stand where.
struct Starts {
    /// Does a pattern begin with this byte?
    can: [bool; 256],
    /// The patterns, by their first byte and then in order; those without one are left out. Empty
    /// if they are few.
    sorted: Vec<usize>,
    /// Where those of each byte begin in the list. Those of the last byte end with it.
    begins: Vec<u32>,
    /// The first empty pattern.
    empty: Option<usize>,
}

impl Starts {
    fn of(patterns: &[&[u8]]) -> Starts {
        let mut can = [false; 256];
        for byte in patterns.iter().filter_map(|pattern| pattern.first()) {
            if let Some(can) = can.get_mut(usize::from(*byte)) {
                *can = true;
            }
        }
        let empty = patterns.iter().position(|pattern| pattern.is_empty());
        if patterns.len() <= FEW {
            return Starts { can, sorted: Vec::new(), begins: Vec::new(), empty };
        }
        let mut sorted: Vec<usize> = Vec::with_capacity(patterns.len());
        sorted.extend((0..patterns.len()).filter(|which| first(patterns, *which).is_some()));
        // Stable: of the patterns of one byte the first in the list stays the first.
        sorted.sort_by_key(|which| first(patterns, *which));
        let mut begins = vec![0; 257];
        for which in &sorted {
            let byte = first(patterns, *which).map_or(0, usize::from);
            if let Some(end) = begins.get_mut(byte + 1) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for begin in &mut begins {
            sum += *begin;
            *begin = sum;
        }
        Starts { can, sorted, begins, empty }
    }

    #[inline]
    fn candidates(&self, byte: u8) -> &[usize] {
        let begin = |at: usize| self.begins.get(at).map_or(0, |begin| *begin as usize);
        let byte = usize::from(byte);
        self.sorted.get(begin(byte)..begin(byte + 1)).unwrap_or_default()
    }

    /// How many bytes come before the first that a pattern can stand at.
    fn skip(&self, rest: &[u8]) -> usize {
        if self.empty.is_some() {
            return 0;
        }
        let can_start = |byte: &u8| self.can.get(usize::from(*byte)) == Some(&true);
        rest.iter().position(can_start).unwrap_or(rest.len())
    }

    fn first_match(&self, patterns: &[&[u8]], rest: &[u8]) -> Option<usize> {
        if patterns.len() <= FEW {
            return patterns.iter().position(|pattern| match pattern {
                [only] => rest.first() == Some(only),
                pattern => rest.starts_with(pattern),
            });
        }
        let candidates = rest.first().map_or(&[][..], |byte| self.candidates(*byte));
        let stands = |which: &usize| patterns.get(*which).is_some_and(|p| rest.starts_with(p));
        let found = candidates.iter().copied().find(stands);
        match (found, self.empty) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (found, empty) => found.or(empty),
        }
    }
}

fn first(patterns: &[&[u8]], which: usize) -> Option<u8> {
    patterns.get(which)?.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn replaced(subject: &str, pairs: &[(&str, &str)]) -> String {
        let patterns: Vec<&[u8]> = pairs.iter().map(|(from, _)| from.as_bytes()).collect();
        let with = |which: usize| Ok::<&[u8], Infallible>(pairs[which].1.as_bytes());
        let Ok(bytes) = replace(subject.as_bytes(), &patterns, with);
        String::from_utf8(bytes).unwrap()
    }

    /// Few are looked for in another way than many.
    #[test]
    fn more_patterns_that_do_not_occur_change_nothing() {
        let others = ["q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8", "q9"];
        for pairs in [
            &[("", "X")][..],
            &[("a", "1"), ("", "X")],
            &[("ab", "1"), ("a", "2"), ("abc", "3"), ("b", "")],
            &[("c", "1"), ("bc", "2")],
        ] {
            let more = pairs.iter().copied().chain(others.map(|other| (other, "no")));
            let more: Vec<_> = more.collect();
            for subject in ["", "a", "abcab", "cabcabba"] {
                assert_eq!(replaced(subject, pairs), replaced(subject, &more), "{subject}");
            }
        }
    }

    /// Observed with Nix 2.34.8.
    #[test]
    fn the_first_pattern_of_the_list_wins_and_empty_ones_match_everywhere() {
        assert_eq!(replaced("abc", &[("", "X")]), "XaXbXcX");
        assert_eq!(replaced("", &[("", "X")]), "X");
        assert_eq!(replaced("abc", &[("a", "1"), ("", "X")]), "1XbXcX");
        assert_eq!(replaced("abc", &[("", "X"), ("a", "1")]), "XaXbXcX");
        assert_eq!(replaced("foobar", &[("foo", "1"), ("foobar", "2")]), "1bar");
        assert_eq!(replaced("aaa", &[("aa", "b")]), "ba");
        assert_eq!(replaced("xyz", &[]), "xyz");
        assert_eq!(
            replaced("b\u{ff}a", &[("\u{ff}", "y"), ("b", "1"), ("a", "2"), ("b", "3")]),
            "1y2"
        );
    }
}
