//! Which files there are, and all of them checked.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::file::{Around, Checked, check_file};
use crate::diagnostic::Diagnostic;
use crate::session::STACK_SIZE;
use crate::source::{SourceFile, canonical_path};
use crate::syntax::{Expr, ExprKind, Part, find, parse};
use crate::world::{FileKind, World};

/// Files with a lab have no more than this; what goes on is no lab.
const MOST_OF_A_LAB: usize = 10_000;

/// All `.nix` files below some files and directories, sorted. Links are not followed, and what is
/// hidden is left out, unless it is named itself.
///
/// # Errors
/// What can't be read.
pub fn nix_files(world: &dyn World, roots: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for root in roots {
        let unreadable = |why: String| {
            let message = format!("'{}' can't be checked: {why}", root.display());
            Diagnostic::error("repx::check::unreadable", message)
                .help("name files, or directories with .nix files in them")
        };
        match world.kind(root).map_err(|error| unreadable(error.to_string()))? {
            None => return Err(unreadable("there is no such file or directory".into())),
            Some(FileKind::Directory) => below(world, root, &mut files)
                .map_err(|(path, error)| unreadable(format!("{}: {error}", path.display())))?,
            Some(_) => files.push(root.clone()),
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn below(
    world: &dyn World,
    root: &Path,
    files: &mut Vec<PathBuf>,
) -> Result<(), (PathBuf, std::io::Error)> {
    use std::os::unix::ffi::OsStrExt;
    let mut todo = vec![root.to_owned()];
    while let Some(directory) = todo.pop() {
        let entries = world.list_dir(&directory).map_err(|error| (directory.clone(), error))?;
        for (name, kind) in entries {
            let path = directory.join(std::ffi::OsStr::from_bytes(&name));
            match kind {
                _ if name.starts_with(b".") => {}
                FileKind::Directory => todo.push(path),
                FileKind::Regular { .. } if name.ends_with(b".nix") => files.push(path),
                FileKind::Regular { .. } | FileKind::Symlink | FileKind::Other => {}
            }
        }
    }
    Ok(())
}

/// The files that a lab consists of: its own, and whatever they name by literal paths below its
/// root. Must be called on a thread with a large stack.
pub fn lab_files(around: &Around<'_>, entry: &Path, root: &Path) -> Vec<PathBuf> {
    files_by(around.world, entry, root, |path| {
        let file = around.read(path).ok()?;
        Some(literal_paths(&parse(&file).root, path))
    })
}

/// The same, where `named` says what a file names, if it can be read.
pub fn files_by(
    world: &dyn World,
    entry: &Path,
    root: &Path,
    named: impl Fn(&Path) -> Option<Vec<PathBuf>>,
) -> Vec<PathBuf> {
    let mut files = vec![entry.to_owned()];
    let mut met: HashSet<PathBuf> = files.iter().cloned().collect();
    let mut at = 0;
    while let Some(path) = files.get(at).cloned().filter(|_| at < MOST_OF_A_LAB) {
        at += 1;
        for named in named(&path).unwrap_or_default() {
            let found = match world.kind(&named) {
                Ok(Some(FileKind::Directory)) => Some(named.join("default.nix"))
                    .filter(|inside| matches!(world.kind(inside), Ok(Some(_)))),
                Ok(Some(FileKind::Regular { .. } | FileKind::Symlink)) => {
                    Some(named).filter(|path| path.extension().is_some_and(|e| e == "nix"))
                }
                Ok(Some(FileKind::Other) | None) | Err(_) => None,
            };
            if let Some(found) = found.filter(|found| found.starts_with(root))
                && met.insert(found.clone())
            {
                files.push(found);
            }
        }
    }
    files
}

/// The absolute paths that a file names without computing anything.
pub fn literal_paths(root: &Expr, file: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    find::walk(root, &mut |expr| paths.extend(literal_path(expr, file)));
    paths
}

/// The absolute path that a literal in a file means.
pub fn literal_path(expr: &Expr, file: &Path) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let ExprKind::Path(parts) = &expr.kind else { return None };
    let [Part::Literal(text)] = parts.as_slice() else { return None };
    if text.starts_with('~') {
        return None;
    }
    let joined = file.parent().unwrap_or(file).join(text);
    let path = canonical_path(joined.as_os_str().as_bytes());
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(&path)))
}

/// What is wrong with files, in their order. Of files that nothing is wrong with nothing is kept.
///
/// # Errors
/// When the system refuses threads.
pub fn check_all(
    around: &Around<'_>,
    files: &[PathBuf],
    threads: usize,
    interrupt: &AtomicBool,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(STACK_SIZE)
        .thread_name(|i| format!("check-{i}"))
        .build()
        .map_err(|error| {
            let message = format!("the system refuses threads to work on: {error}");
            Diagnostic::error("repx::system::threads", message)
        })?;
    let stop = || interrupt.load(Ordering::Relaxed);
    // Looked up once: there may be as many as there are files.
    let known: HashMap<PathBuf, Arc<SourceFile>> =
        around.sources.files().into_iter().map(|file| (file.path().to_owned(), file)).collect();
    pool.install(|| {
        let mut found = Vec::new();
        // By lots: texts get their places in the order of files, whoever has read them.
        for lot in files.chunks(LOT) {
            if stop() {
                return Ok(vec![Diagnostic::interrupted()]);
            }
            let texts: Vec<_> = lot.par_iter().map(|path| text(around, &known, path)).collect();
            let added = lot.iter().zip(texts).map(|(path, text)| match text? {
                Text::Known(file) => Ok(file),
                Text::Read(text) => around.add(path, text),
            });
            let added: Vec<Result<Arc<SourceFile>, Diagnostic>> = added.collect();
            let checked = added.into_par_iter().map(|file| match file {
                Ok(file) => check_file(&file, around).diagnostics,
                Err(unreadable) => vec![unreadable],
            });
            let checked: Vec<Vec<Diagnostic>> = checked.collect();
            found.extend(checked.into_iter().flatten());
        }
        Ok(found)
    })
}

/// Files that are read before they are looked at.
const LOT: usize = 512;

enum Text {
    Known(Arc<SourceFile>),
    Read(String),
}

fn text(
    around: &Around<'_>,
    known: &HashMap<PathBuf, Arc<SourceFile>>,
    path: &Path,
) -> Result<Text, Diagnostic> {
    match known.get(path) {
        Some(known) => Ok(Text::Known(Arc::clone(known))),
        None => around.text(path).map(Text::Read),
    }
}

/// Looks at one text on a thread with a large stack.
///
/// # Errors
/// When the system refuses one.
pub fn check_one(around: &Around<'_>, file: &SourceFile) -> std::io::Result<Checked> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
        let work = thread.spawn_scoped(scope, || check_file(file, around))?;
        match work.join() {
            Ok(checked) => Ok(checked),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
