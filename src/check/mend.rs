//! Applying fixes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::source::{SourceFile, SourceMap, Span};
use crate::syntax::parse;

/// What came of applying fixes.
#[derive(Debug, Default)]
pub struct Mended {
    /// New texts by file.
    pub texts: BTreeMap<PathBuf, String>,
    /// How many fixes they hold.
    pub fixes: usize,
    /// How many are left for another time: they overlap others, or the text would be worse.
    pub left: usize,
}

/// Applies the first fix of each diagnostic, as long as they don't get in each other's way. A file
/// that could be read before can be read afterwards, or it stays as it is.
pub fn mend(diagnostics: &[Diagnostic], sources: &SourceMap) -> Mended {
    let mut mended = Mended::default();
    let mut taken: BTreeMap<Span, &str> = BTreeMap::new();
    let mut by_file: BTreeMap<u32, (Arc<SourceFile>, usize)> = BTreeMap::new();
    for fix in diagnostics.iter().filter_map(|diagnostic| diagnostic.fixes.first()) {
        let files: Option<Vec<_>> = fix.edits.iter().map(|(span, _)| sources.file(*span)).collect();
        let free = |(span, _): &(Span, String)| {
            // The nearest that begins before it or with it, and the nearest that begins later.
            let before = taken.range(..=*span).next_back();
            let after = taken.range(*span..).next();
            let near = before.into_iter().chain(after);
            near.into_iter().all(|(other, _)| apart(*span, *other)) && !span.is_none()
        };
        match files {
            Some(files) if !fix.edits.is_empty() && distinct(fix) && fix.edits.iter().all(free) => {
                taken.extend(fix.edits.iter().map(|(span, text)| (*span, text.as_str())));
                for (index, file) in files.into_iter().enumerate() {
                    let entry = by_file.entry(file.start()).or_insert((file, 0));
                    entry.1 += usize::from(index == 0);
                }
            }
            Some(_) | None => mended.left += 1,
        }
    }
    for (file, count) in by_file.into_values() {
        let inside = |span: &Span| file.span().start <= span.start && span.end <= file.span().end;
        let edits = taken.range(Span::new(file.start(), 0)..).take_while(|(span, _)| inside(span));
        let edits: Vec<(Span, &str)> = edits.map(|(span, text)| (*span, *text)).collect();
        match edited(&file, &edits).filter(|text| !is_worse(&file, text)) {
            Some(text) => {
                mended.fixes += count;
                mended.texts.insert(sources.original(file.path()), text);
            }
            None => mended.left += count,
        }
    }
    mended
}

/// Two places that don't touch: what one edit leaves must not become part of another.
fn apart(a: Span, b: Span) -> bool {
    a.end < b.start || b.end < a.start
}

/// Do a fix's own edits leave each other alone?
fn distinct(fix: &Fix) -> bool {
    fix.edits.iter().enumerate().all(|(index, (span, _))| {
        fix.edits
            .iter()
            .skip(index + 1)
            .all(|(other, _)| span.end <= other.start || other.end <= span.start)
    })
}

/// The text with edits in it, which are in order.
fn edited(file: &SourceFile, edits: &[(Span, &str)]) -> Option<String> {
    let text = file.text();
    let (mut result, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in edits {
        let start = (span.start - file.start()) as usize;
        result.push_str(text.get(at..start)?);
        result.push_str(new);
        at = (span.end - file.start()) as usize;
    }
    result.push_str(text.get(at..)?);
    Some(result)
}

fn is_worse(file: &SourceFile, text: &str) -> bool {
    let again = SourceMap::new();
    let errors = |file: &SourceFile| {
        parse(file).diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
    };
    match again.add(file.path(), text) {
        Ok(new) => errors(&new) > errors(file),
        Err(_) => true,
    }
}

/// Puts a text in the place of a file: all of it or nothing, with the file's permissions.
///
/// # Errors
/// What keeps it from being written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    // A link stays one: what it leads to changes.
    let path = std::fs::canonicalize(path)?;
    let directory = path.parent().unwrap_or(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = directory.join(format!(".{name}.{}.repx", std::process::id()));
    let written = (|| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)
    })();
    if written.is_err() {
        // Nobody misses it if it isn't there.
        let _ = std::fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sources: &SourceMap, text: &str) -> Arc<SourceFile> {
        sources.add("/x.nix", text).expect("it fits")
    }

    fn fix(file: &SourceFile, old: &str, new: &str) -> Diagnostic {
        let at = file.start() + file.text().find(old).expect("it is there") as u32;
        let span = Span::new(at, at + old.len() as u32);
        Diagnostic::warning("repx::test::a", "m").fix("t", span, new)
    }

    #[test]
    fn fixes_that_overlap_wait() {
        let sources = SourceMap::new();
        let file = file(&sources, "[ one two three ]");
        let all = [
            fix(&file, "one", "1"),
            fix(&file, "one two", "2"),
            fix(&file, "three", "3"),
            fix(&file, "[ ", "[\n"),
            fix(&file, "two three", "4"),
        ];
        let mended = mend(&all, &sources);
        assert_eq!((mended.fixes, mended.left), (2, 3));
        assert_eq!(mended.texts.values().next().map(String::as_str), Some("[ 1 two 3 ]"));
        let first = mend(&all[3..4], &sources);
        assert_eq!(first.texts.values().next().map(String::as_str), Some("[\none two three ]"));
    }

    #[test]
    fn a_text_never_gets_worse() {
        let sources = SourceMap::new();
        let file = file(&sources, "[ one ]");
        let mended = mend(&[fix(&file, "one", "(")], &sources);
        assert_eq!((mended.fixes, mended.left, mended.texts.len()), (0, 1, 0));
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let directory = std::env::temp_dir().join(format!("repx-mend-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("it can be made");
        let path = directory.join("x.nix");
        std::fs::write(&path, "1").expect("it can be written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("they can be set");
        write(&path, "2").expect("it can be replaced");
        let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "2");
        assert_eq!(std::fs::read_dir(&directory).expect("it is there").count(), 1);
        std::fs::remove_dir_all(&directory).expect("it can go");
    }
}
