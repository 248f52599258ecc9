//! One file: its syntax, its names, and the rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::names::Names;
use super::rules::Readable;
use crate::builtins::globals;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lower::{Globals, Surroundings, lower};
use crate::source::{SourceFile, SourceMap, text_of_bytes};
use crate::syntax::{Parsed, parse};
use crate::world::World;

/// What files are checked with.
pub struct Around<'a> {
    /// The machine, or what an editor has open in its place.
    pub world: &'a dyn World,
    /// Where texts go.
    pub sources: &'a SourceMap,
    /// What every program sees.
    pub globals: Globals,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
}

impl<'a> Around<'a> {
    /// With the names that programs see.
    pub fn new(world: &'a dyn World, sources: &'a SourceMap) -> Around<'a> {
        let globals = Globals::new(globals::global_names());
        // A path below it is a path whether or not there is such a directory.
        Around { world, sources, globals, home: Some(PathBuf::from("/")) }
    }

    /// The text of a file: as it is known already, else as it is there.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub fn read(&self, path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
        if let Some(known) = self.sources.by_path(path) {
            return Ok(known);
        }
        self.add(path, self.text(path)?)
    }

    /// Makes a text known.
    ///
    /// # Errors
    /// When there are too many.
    pub fn add(&self, path: &Path, text: String) -> Result<Arc<SourceFile>, Diagnostic> {
        self.sources.add(path, text).map_err(Diagnostic::too_large)
    }

    /// The text of a file as it is there.
    ///
    /// # Errors
    /// What keeps it from being read.
    pub fn text(&self, path: &Path) -> Result<String, Diagnostic> {
        let bytes = self.world.read_file(path).map_err(|error| {
            let message = format!("'{}' can't be read: {error}", path.display());
            Diagnostic::error("repx::check::unreadable", message)
        })?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text,
            // Nix takes any bytes within strings and comments.
            Err(other) => text_of_bytes(other.as_bytes()),
        })
    }
}

/// A file that was looked at.
pub struct Checked {
    /// What its names mean.
    pub names: Names,
    /// What is wrong with it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Can Nix read it?
    pub readable: bool,
}

/// Can Nix read a file?
pub fn is_readable(parsed: &Parsed) -> bool {
    !parsed.diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Looks at one file. Must be called on a thread with a large stack.
pub fn check_file(file: &SourceFile, around: &Around<'_>) -> Checked {
    check_parsed(file, &parse(file), &around.globals, around.home.as_deref())
}

/// Looks at one file that was read. Must be called on a thread with a large stack.
pub fn check_parsed(
    file: &SourceFile,
    parsed: &Parsed,
    globals: &Globals,
    home: Option<&Path>,
) -> Checked {
    let names = Names::of(&parsed.root, globals);
    let readable = is_readable(parsed);
    let mut diagnostics = parsed.diagnostics.clone();
    // What is missing in a text that couldn't be read whole may be what defines or uses a name.
    if readable {
        let directory = file.path().parent().unwrap_or(file.path());
        let surroundings = Surroundings { globals, scope: None, directory, home };
        diagnostics.extend(lower(&parsed.root, &surroundings).diagnostics);
        let rules = Readable { file, root: &parsed.root, names: &names, globals };
        diagnostics.extend(rules.findings());
        diagnostics.sort_by_key(|d| d.primary.as_ref().map(|label| label.span));
    }
    Checked { names, diagnostics, readable }
}
