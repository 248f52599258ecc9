//! Where outputs lie: paths as a lab writes them, and as they are.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::place::Folder;

/// The path of an output, where `$out` is this.
///
/// # Errors
/// There is no output of that name.
pub fn placed(outputs: &[(Arc<str>, Arc<str>)], name: &str, out: &Path) -> io::Result<String> {
    let found = outputs.iter().find(|(output, _)| **output == *name);
    let (_, path) =
        found.ok_or_else(|| io::Error::other(format!("there is no output `{name}`")))?;
    Ok(within_out(path, out))
}

/// A path as a lab writes it, where `$out` is this.
pub fn within_out(path: &str, out: &Path) -> String {
    let out = out.display().to_string();
    path.replace("${out}", &out).replace("$out", &out)
}

/// Is there nothing at the path of an output? What only the script knows the path of may be anywhere.
pub(super) fn is_missing(path: &str, out: &Path) -> bool {
    let below = path.strip_prefix("${out}").or_else(|| path.strip_prefix("$out"));
    let known = below.is_some_and(|below| {
        (below.is_empty() || below.starts_with('/'))
            && !below.contains(['$', '*', '?', '[', '{', '`'])
    });
    known && fs::metadata(PathBuf::from(within_out(path, out))).is_err()
}

/// Was an output that a job wrote, or a piece of one, removed since?
pub(super) fn was_removed(folder: &Folder, output: &str, path: &str) -> bool {
    is_missing(path, &folder.out()) && !folder.was_unwritten(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_a_path_of_its_own_can_be_missing() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("there"), "").unwrap();
        for (path, missing) in [
            ("$out/there", false),
            ("${out}/there", false),
            ("$out", false),
            ("$out/x.csv", true),
            ("${out}/a b", true),
            ("$out/*.csv", false),
            ("$out/$name", false),
            ("$output", false),
            ("words", false),
            ("", false),
        ] {
            assert_eq!(is_missing(path, directory.path()), missing, "{path}");
        }
    }
}
