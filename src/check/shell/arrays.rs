//! The arrays that scripts get: parameters and inputs by their names.

use std::ops::Range;

/// The names in `${parameters["name"]}`, with their places; `word` is what the array is called.
pub fn array_reads<'t>(text: &'t str, word: &str) -> Vec<(&'t str, Range<usize>)> {
    let opening = format!("{word}[");
    let mut found = Vec::new();
    for (at, _) in text.match_indices(&opening) {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let start = at + opening.len();
        let rest = text.get(start..).unwrap_or_default();
        let Some(inside) = rest.split(']').next() else { continue };
        let quotes = usize::from(inside.starts_with(['"', '\'']));
        let name = inside.trim_matches(['"', '\'']);
        let plain = |c: char| c.is_alphanumeric() || "_-.".contains(c);
        let counted = name.bytes().all(|byte| byte.is_ascii_digit());
        if matches!(before, Some('{' | '!' | '#')) && name.chars().all(plain) && !counted {
            let start = start + quotes;
            found.push((name, start..start + name.len()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_read_by_name() {
        let text = "a ${parameters[\"seed\"]} ${#parameters[@]} ${parameters[n]} x_parameters[y] ${parameters[$k]}";
        let names: Vec<&str> = array_reads(text, "parameters")
            .into_iter()
            .map(|(name, at)| {
                assert_eq!(&text[at], name);
                name
            })
            .collect();
        assert_eq!(names, ["seed", "n"]);
    }
}
