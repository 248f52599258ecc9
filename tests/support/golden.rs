//! Committed answers. `REPX_BLESS=1` writes them anew.

use std::path::Path;

/// Larger answers are kept as their hash.
const MOST_BYTES: usize = 256 * 1024;

/// Compares an answer with `NAME` beside it (or with its hash in `NAME.blake3`, if it is large).
///
/// # Errors
/// What differs.
pub(crate) fn compare(directory: &Path, name: &str, answer: &[u8]) -> Result<(), String> {
    let hash = format!("{}\n", blake3::hash(answer));
    let (name, answer) = if answer.len() > MOST_BYTES {
        (format!("{name}.blake3"), hash.as_bytes())
    } else {
        (name.to_owned(), answer)
    };
    let path = directory.join(name);
    if std::env::var_os("REPX_BLESS").is_some() {
        return std::fs::write(&path, answer).map_err(|error| error.to_string());
    }
    let golden = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if golden == answer {
        return Ok(());
    }
    let (golden, answer) = (String::from_utf8_lossy(&golden), String::from_utf8_lossy(answer));
    Err(format!(
        "{} differs (REPX_BLESS=1 accepts):\n{}",
        path.display(),
        first_difference(&golden, &answer)
    ))
}

/// The first line that differs.
pub(crate) fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((at, (expected, found))) => {
            format!("  line {}\n  expected: {expected}\n  found:    {found}", at + 1)
        }
        None => format!(
            "  expected {} lines, found {}",
            expected.lines().count(),
            found.lines().count()
        ),
    }
}
