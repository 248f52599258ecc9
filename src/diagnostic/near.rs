//! The name that was probably meant.

/// Shorter beginnings are of too many names.
const LEAST_BEGINNING: usize = 3;

/// The candidate nearest to `wanted`, if one is near enough to be a slip of the fingers.
///
/// Near enough: a third of the letters may differ (transpositions count once), or one name begins
/// with the other (`memory`, `mem`); ties go to the name that sorts first, so that messages don't
/// depend on the order of candidates.
pub fn nearest<S: AsRef<str>>(
    wanted: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    let most = (wanted.chars().count() / 3).max(1);
    let begins = |a: &str, b: &str| a.len() >= LEAST_BEGINNING && b.starts_with(a) && a != b;
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let name = candidate.as_ref();
            let distance = strsim::osa_distance(wanted, name);
            // A one-letter name is one edit away from every other: that is no slip.
            let meaningful = distance < wanted.chars().count().max(name.chars().count());
            let slip = distance <= most && distance > 0 && meaningful;
            let begun = begins(name, wanted) || begins(wanted, name);
            // Slips come before names that begin alike.
            (slip || begun).then(|| (!slip, distance, name.to_owned()))
        })
        .min()
        .map(|(_, _, name)| name)
}

/// The help line "did you mean `x`?" for [`nearest`].
pub fn did_you_mean<S: AsRef<str>>(
    wanted: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    nearest(wanted, candidates).map(|name| format!("did you mean `{name}`?"))
}

/// How many names Nix suggests, and how many edits away they may be.
const MOST_OF_NIX: usize = 5;
const FARTHEST_OF_NIX: usize = 2;

/// The names that Nix would suggest, as it writes them after "Did you mean".
pub fn meant_by_nix<S: AsRef<str>>(
    wanted: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    let mut near: Vec<(usize, String)> = candidates
        .into_iter()
        .map(|name| {
            let distance = strsim::generic_levenshtein(&Bytes(wanted), &Bytes(name.as_ref()));
            (distance, name.as_ref().to_owned())
        })
        .filter(|(distance, _)| *distance <= FARTHEST_OF_NIX)
        .collect();
    near.sort();
    near.truncate(MOST_OF_NIX);
    let names: Vec<String> = near.into_iter().map(|(_, name)| name).collect();
    match &*names {
        [] => None,
        [one] => Some(one.clone()),
        [first @ .., last] => Some(format!("one of {} or {last}", first.join(", "))),
    }
}

/// A name of which bytes are compared, not characters.
struct Bytes<'t>(&'t str);

impl<'t> IntoIterator for &Bytes<'t> {
    type Item = u8;
    type IntoIter = std::str::Bytes<'t>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nix_suggests_up_to_five_names_two_edits_away() {
        assert_eq!(meant_by_nix("b", ["a", "far off"]).as_deref(), Some("a"));
        assert_eq!(
            meant_by_nix("ab", ["b", "ac", "abcd"]).as_deref(),
            Some("one of ac, b or abcd")
        );
        assert_eq!(
            meant_by_nix("x", ["g", "f", "e", "d", "c", "b", "a"]).as_deref(),
            Some("one of a, b, c, d or e")
        );
        assert_eq!(meant_by_nix("nixVersions", ["nix"]), None);
    }

    #[test]
    fn finds_slips_and_nothing_else() {
        assert_eq!(nearest("epohcs", ["epochs", "model"]).as_deref(), Some("epochs"));
        assert_eq!(nearest("modle", ["mode", "model"]).as_deref(), Some("mode"));
        assert_eq!(nearest("x", ["y", "xs"]), Some("xs".into()));
        assert_eq!(nearest("seed", ["learning_rate"]), None);
        assert_eq!(nearest::<&str>("seed", []), None);
        assert_eq!(nearest("memory", ["mem", "time"]).as_deref(), Some("mem"));
        assert_eq!(nearest("list", ["listToAttrs", "lists"]).as_deref(), Some("lists"));
        assert_eq!(nearest("at", ["attrs"]), None);
    }
}
