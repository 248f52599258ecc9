//! The name that was probably meant.

/// The candidate nearest to `wanted`, if one is near enough to be a slip of the fingers.
///
/// Near enough: a third of the letters may differ (transpositions count once); ties go to the
/// name that sorts first, so that messages don't depend on the order of candidates.
pub fn nearest<S: AsRef<str>>(
    wanted: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    let most = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let name = candidate.as_ref();
            let distance = strsim::osa_distance(wanted, name);
            // A one-letter name is one edit away from every other: that is no slip.
            let meaningful = distance < wanted.chars().count().max(name.chars().count());
            (distance <= most && distance > 0 && meaningful).then(|| (distance, name.to_owned()))
        })
        .min()
        .map(|(_, name)| name)
}

/// The help line "did you mean `x`?" for [`nearest`].
pub fn did_you_mean<S: AsRef<str>>(
    wanted: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<String> {
    nearest(wanted, candidates).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_nothing_else() {
        assert_eq!(nearest("epohcs", ["epochs", "model"]).as_deref(), Some("epochs"));
        assert_eq!(nearest("modle", ["mode", "model"]).as_deref(), Some("mode"));
        assert_eq!(nearest("x", ["y", "xs"]), Some("xs".into()));
        assert_eq!(nearest("seed", ["learning_rate"]), None);
        assert_eq!(nearest::<&str>("seed", []), None);
    }
}
