//! Files that other processes may be reading, writing and removing at the same time.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What a process that was killed leaves behind ends like this.
const UNFINISHED: &str = "tmp";

/// What nobody has written again for so long goes, and what another version left.
pub(super) const FORGOTTEN: Duration = Duration::from_hours(30 * 24);

/// Files of a directory with this extension, in no order.
pub(super) fn entries(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

/// Was this last changed so long ago?
pub(super) fn is_older(path: &Path, age: Duration) -> bool {
    let changed = std::fs::metadata(path).and_then(|meta| meta.modified());
    changed.is_ok_and(|changed| SystemTime::now().duration_since(changed).unwrap_or_default() > age)
}

/// Removes what processes that were killed have left in a directory, if it is so old.
pub(super) fn remove_unfinished(directory: &Path, age: Duration) {
    let unfinished = entries(directory, UNFINISHED).into_iter();
    unfinished.filter(|path| is_older(path, age)).for_each(|path| remove(&path));
}

/// Removes a file, if it is there and ours to remove.
pub(super) fn remove(path: &Path) {
    // Somebody else may have been faster.
    let _ = std::fs::remove_file(path);
}

/// Makes a file of these parts appear under its name, whole, whatever was there before.
///
/// # Errors
/// When it can't be written. Then nothing has changed.
pub(super) fn write_whole<'p>(
    path: &Path,
    parts: impl IntoIterator<Item = &'p [u8]>,
) -> std::io::Result<()> {
    // Processes that share a cache may have equal numbers, each in a container of its own.
    let chance = RandomState::new().hash_one(std::process::id());
    let temporary = path.with_added_extension(format!("{chance:016x}.{UNFINISHED}"));
    let written = File::create_new(&temporary).and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 18, file);
        parts.into_iter().try_for_each(|part| out.write_all(part))?;
        out.flush()
    });
    let done = written.and_then(|()| std::fs::rename(&temporary, path));
    if done.is_err() {
        // A disk that is full has room again.
        remove(&temporary);
    }
    done
}
