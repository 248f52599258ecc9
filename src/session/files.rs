//! Files: each read, lowered and evaluated once.

// std's map, not hashbrown's: it may hold references into the heap that it is dropped before.
use std::collections::HashMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use super::nixlib::NIXLIB;
use super::texts::{Around, Read, add_bytes, read, read_bytes, read_source};
use super::vouched::Vouched;
use super::{Config, FileCache, FileKey, lock};
use crate::builtins;
use crate::diagnostic::{Diagnostic, Severity, did_you_mean};
use crate::eval::{Eval, Evaluator, Loader};
use crate::lower::{Globals, Program, packed};
use crate::source::{Name, SourceFile, Span};
use crate::store::{StoreDir, StorePath};
use crate::syntax::Parsed;
use crate::value::{Attrs, Env, Error, ErrorKind, Path, Slot, Text, Thunk};
use crate::world::{FileKind, Wanted};

/// Symbolic links followed before a file is given up, as in Nix.
const MOST_LINKS: usize = 1024;

/// Embedded files shorter than this are read faster than a cache is opened. One of them is all
/// that many an evaluation needs.
const SHORT: usize = 1 << 10;

/// Lowered files of earlier sessions.
struct Cache<'h> {
    cache: &'h dyn FileCache,
    /// What all files of this session are lowered with.
    around: OnceLock<FileKey>,
}

/// A file that may be kept, and where.
struct Place<'a> {
    cache: &'a dyn FileCache,
    key: FileKey,
    file: Span,
    directory: &'a std::path::Path,
}

impl Place<'_> {
    /// The program that was kept.
    fn program(&self) -> Option<Program> {
        packed::unpack(self.cache.find(self.key)?, self.file, self.directory)
    }

    /// Keeps a program with which nothing is wrong. Was it one?
    fn keep(&self, read: &Read) -> bool {
        if let Some(program) = &read.program
            && read.diagnostics.is_empty()
            && let Some(bytes) = packed::pack(program, self.file, self.directory)
        {
            self.cache.keep(self.key, bytes);
            return true;
        }
        false
    }
}

type ByPath<T> = HashMap<Vec<u8>, T, hashbrown::DefaultHashBuilder>;

/// The files of a session.
pub(super) struct Files<'h> {
    globals: &'h Globals,
    home: Option<PathBuf>,
    tolerant: bool,
    cache: Option<Cache<'h>>,
    /// A suspended evaluation for each file imported: threads that import it meet in its thunk.
    imported: Mutex<ByPath<Slot<'h>>>,
    /// Paths already hashed for the store.
    copied: Mutex<ByPath<Text<'h>>>,
    findings: Mutex<Vec<Diagnostic>>,
}

impl<'h> Files<'h> {
    pub(super) fn new(globals: &'h Globals, config: &'h Config<'_>) -> Files<'h> {
        Files {
            globals,
            home: config.home.clone(),
            tolerant: config.tolerant,
            cache: config.cache.map(|cache| Cache { cache, around: OnceLock::new() }),
            imported: Mutex::default(),
            copied: Mutex::default(),
            findings: Mutex::default(),
        }
    }

    pub(super) fn take_findings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut lock(&self.findings))
    }

    /// An embedded file, not evaluated yet.
    pub(super) fn suspended(&self, evaluator: &mut Evaluator<'h>, file: &str) -> Slot<'h> {
        let path = Path::new(evaluator.local, format!("{NIXLIB}/{file}").as_bytes());
        match self.slot(evaluator, path, Span::NONE) {
            Ok(slot) => slot,
            // The embedded files are part of the binary and tested with it; if one is broken,
            // its error is what forcing it gives.
            Err(error) => {
                let thunk = Thunk::failed(evaluator.local, error);
                Slot::Thunk(thunk)
            }
        }
    }

    /// Makes importing a path give a value, whatever lies there.
    pub(super) fn provide(&self, path: &std::path::Path, slot: Slot<'h>) {
        let bytes = path.as_os_str().as_bytes().to_vec();
        lock(&self.imported).insert(bytes, slot);
    }

    /// The slot of a file: the same for all who import it.
    pub(super) fn slot(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Eval<'h, Slot<'h>> {
        let known = lock(&self.imported).get(path.bytes()).copied();
        if let Some(slot) = known {
            return Ok(slot);
        }
        let file = self.resolve(evaluator, path, at)?;
        let known = lock(&self.imported).get(file.bytes()).copied();
        if let Some(slot) = known {
            lock(&self.imported).insert(path.bytes().to_vec(), slot);
            return Ok(slot);
        }
        let program = self.lower_file(evaluator, file, None, at)?;
        let home = evaluator.local.home();
        let slot = Slot::Thunk(Thunk::suspend(home, &program.body, Env::empty(home)));
        // Another thread may have been faster: then its slot is the one.
        let mut imported = lock(&self.imported);
        let slot = *imported.entry(file.bytes().to_vec()).or_insert(slot);
        imported.insert(path.bytes().to_vec(), slot);
        Ok(slot)
    }

    /// Follows links, and goes from a directory to its `default.nix`.
    fn resolve(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Eval<'h, Path<'h>> {
        let world = evaluator.shared.world;
        let mut path = path;
        for _ in 0..MOST_LINKS {
            let kind = world.kind(path.as_path());
            let kind = kind.map_err(|error| cannot_read(evaluator, path, at, &error))?;
            match kind {
                None => {
                    let error = std::io::ErrorKind::NotFound.into();
                    return Err(cannot_read(evaluator, path, at, &error));
                }
                Some(FileKind::Symlink) => {
                    let target = world.read_link(path.as_path());
                    let target =
                        target.map_err(|error| cannot_read(evaluator, path, at, &error))?;
                    let parent = path.as_path().parent().unwrap_or(path.as_path());
                    let joined = parent.join(target);
                    path = Path::new(evaluator.local, joined.as_os_str().as_bytes());
                }
                Some(FileKind::Directory) => {
                    let joined = [path.bytes(), b"/default.nix"].concat();
                    path = Path::new(evaluator.local, &joined);
                }
                Some(FileKind::Regular { .. } | FileKind::Other) => return Ok(path),
            }
        }
        let message = format!("too many symbolic links at '{}'", path.lossy());
        Err(evaluator.error_at(at, message))
    }

    fn lower_file(
        &self,
        evaluator: &mut Evaluator<'h>,
        file: Path<'h>,
        scope: Option<&[Name]>,
        at: Span,
    ) -> Eval<'h, &'h Program> {
        let vouched = if scope.is_none() { self.vouched(evaluator, file) } else { None };
        if let Some(program) = vouched.as_ref().and_then(|vouched| vouched.program(evaluator, file))
        {
            return Ok(self.keep(evaluator, program));
        }
        let bytes = evaluator.shared.world.read_file(file.as_path());
        let bytes = bytes.map_err(|error| cannot_read(evaluator, file, at, &error))?;
        let directory = file.as_path().parent().unwrap_or(file.as_path());
        let around = self.around(evaluator, directory, scope);
        let source = match add_bytes(file.as_path().to_owned(), bytes, &around) {
            Ok(source) => source,
            Err(failed) => return self.finish(evaluator, *failed, at),
        };
        // What a file sees of its scope is no part of its key.
        let lasting = scope.is_none() && !evaluator.shared.world.is_unsaved(file.as_path());
        let place = self.place(&source, directory).filter(|_| lasting);
        if let Some(program) = place.as_ref().and_then(Place::program) {
            if let (Some(vouched), Some(place)) = (vouched, place) {
                vouched.note(&source, place.key);
            }
            return Ok(self.keep(evaluator, program));
        }
        let read = read_source(&source, &around);
        if let Some(place) = place
            && place.keep(&read)
            && let Some(vouched) = vouched
        {
            vouched.note(&source, place.key);
        }
        self.finish(evaluator, read, at)
    }

    /// A file of which the system says in which state it is, if its text need not be at hand.
    fn vouched<'a>(&'a self, evaluator: &Evaluator<'h>, file: Path<'h>) -> Option<Vouched<'a>> {
        let Cache { cache, .. } = self.cache.as_ref()?;
        Vouched::of(*cache, self.key_around(*cache), evaluator.shared, file)
    }

    /// What stands in the key of each file.
    fn key_around(&self, cache: &dyn FileCache) -> FileKey {
        let surroundings = || packed::surroundings(self.globals, self.home.as_deref());
        match &self.cache {
            Some(Cache { around, .. }) => *around.get_or_init(|| cache.key(&[&surroundings()])),
            None => cache.key(&[&surroundings()]),
        }
    }

    /// Where a file may be kept.
    fn place<'a>(
        &'a self,
        source: &SourceFile,
        directory: &'a std::path::Path,
    ) -> Option<Place<'a>> {
        let Cache { cache, .. } = self.cache.as_ref()?;
        if source.path().starts_with(NIXLIB) && source.text().len() < SHORT {
            return None;
        }
        let around = self.key_around(*cache);
        let from = directory.as_os_str().as_bytes();
        let key = cache.key(&[&around.0, from, source.text().as_bytes()]);
        Some(Place { cache: *cache, key, file: source.span(), directory })
    }

    /// Lowers a text that is no file.
    pub(super) fn lower_text(
        &self,
        evaluator: &mut Evaluator<'h>,
        name: PathBuf,
        text: &str,
        directory: &std::path::Path,
        scope: Option<&[Name]>,
    ) -> Eval<'h, &'h Program> {
        let around = self.around(evaluator, directory, scope);
        let read = read(name, text.into(), &around);
        self.finish(evaluator, read, Span::NONE)
    }

    /// The tree of a text that is not to be run.
    pub(super) fn tree(
        &self,
        evaluator: &Evaluator<'h>,
        path: PathBuf,
        bytes: Vec<u8>,
        directory: &std::path::Path,
    ) -> (Option<Arc<Parsed>>, Vec<Diagnostic>) {
        let around = self.around(evaluator, directory, None);
        let read = read_bytes(path, bytes, &around);
        (read.tree, read.diagnostics)
    }

    fn around<'a>(
        &'a self,
        evaluator: &Evaluator<'h>,
        directory: &'a std::path::Path,
        scope: Option<&'a [Name]>,
    ) -> Around<'a>
    where
        'h: 'a,
    {
        Around {
            sources: evaluator.shared.sources,
            // Who wants to know of many mistakes looks at what the texts say.
            trees: self.tolerant.then_some(evaluator.shared.trees),
            globals: self.globals,
            scope,
            directory,
            home: self.home.as_deref(),
            tolerant: self.tolerant,
        }
    }

    /// Gives a program the life of the session.
    fn keep(&self, evaluator: &Evaluator<'h>, program: Program) -> &'h Program {
        let program = evaluator.local.heap().keep(program);
        evaluator.register(program);
        program
    }

    /// Keeps the program, or makes an error of what is wrong with it: the first error is the
    /// one that evaluation reports, the others are findings.
    fn finish(&self, evaluator: &mut Evaluator<'h>, read: Read, at: Span) -> Eval<'h, &'h Program> {
        let mut diagnostics = read.diagnostics;
        if let Some(program) = read.program {
            lock(&self.findings).extend(diagnostics);
            return Ok(self.keep(evaluator, program));
        }
        let first = diagnostics.iter().position(|d| d.severity == Severity::Error);
        let cause = match first {
            Some(first) => diagnostics.remove(first),
            None => crate::eval::hole(),
        };
        lock(&self.findings).extend(diagnostics);
        let error = Error::new(evaluator.local, ErrorKind::Plain, cause);
        Err(if at.is_none() {
            error
        } else {
            evaluator.frame(error, at, "while importing this file")
        })
    }
}

#[cold]
fn cannot_read<'h>(
    evaluator: &Evaluator<'h>,
    path: Path<'h>,
    at: Span,
    error: &std::io::Error,
) -> Error<'h> {
    let path = path.lossy();
    let diagnostic = match error.kind() {
        std::io::ErrorKind::NotFound => {
            Diagnostic::error("repx::eval::no-such-file", format!("path '{path}' does not exist"))
                .maybe_help(near_file(evaluator, path.as_ref()))
        }
        _ => Diagnostic::error("repx::eval::unreadable", format!("cannot read '{path}': {error}")),
    };
    let span = if at.is_none() { evaluator.here() } else { at };
    evaluator.error_with(diagnostic.at(span, "asked for here"))
}

/// A file beside the one that is missing, with nearly its name.
fn near_file(evaluator: &Evaluator<'_>, path: &str) -> Option<String> {
    let (directory, name) = path.rsplit_once('/')?;
    let entries = evaluator.shared.world.list_dir(std::path::Path::new(directory)).ok()?;
    did_you_mean(name, entries.iter().map(|(name, _)| String::from_utf8_lossy(name)))
}

impl<'h> Loader<'h> for Files<'h> {
    fn import(&self, evaluator: &mut Evaluator<'h>, path: Path<'h>, at: Span) -> Eval<'h> {
        let slot = self.slot(evaluator, path, at)?;
        evaluator.force(slot)
    }

    fn import_scoped(
        &self,
        evaluator: &mut Evaluator<'h>,
        scope: Attrs<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Eval<'h> {
        let file = self.resolve(evaluator, path, at)?;
        let (keys, slots) = scope.entries(evaluator.local);
        let names: Vec<Name> = keys.iter().map(|key| key.name).collect();
        let program = self.lower_file(evaluator, file, Some(&names), at)?;
        let outermost = Env::empty(evaluator.local);
        let env = Env::with_slots(evaluator.local, outermost, slots);
        evaluator.run(program, env)
    }

    fn copy_to_store(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: Path<'h>,
        at: Span,
    ) -> Eval<'h, Text<'h>> {
        let known = lock(&self.copied).get(path.bytes()).copied();
        if let Some(text) = known {
            return Ok(text);
        }
        let text = builtins::source::copy_to_store(evaluator, path, at)?;
        let text = text.kept(evaluator.local);
        lock(&self.copied).insert(path.bytes().to_vec(), text);
        Ok(text)
    }

    fn build(
        &self,
        evaluator: &mut Evaluator<'h>,
        derivation: &StorePath,
        output: &str,
        at: Span,
    ) -> Eval<'h, ()> {
        let shared = evaluator.shared;
        let shown = format!("{}^{output}", StoreDir::default().print(derivation));
        let Some(keeper) = shared.world.keeper() else {
            let message = format!("cannot build '{shown}' during evaluation: nobody here builds");
            return Err(evaluator.error_at(at, message));
        };
        if !keeper.may_build() {
            return Err(forbidden(evaluator, &shown, at));
        }
        evaluator.say(&format!("building '{}', which evaluation reads", derivation.name()))?;
        let wanted = Wanted::Output { drv: derivation, output };
        let built = keeper.realise(builtins::made(evaluator), wanted);
        // Who stops us stops Nix too: that is no failure of the build.
        evaluator.check_interrupt()?;
        built.map_err(|error| {
            evaluator.error_with(error.diagnostic().at(at, "evaluation reads what this builds"))
        })
    }
}

#[cold]
fn forbidden<'h>(evaluator: &Evaluator<'h>, shown: &str, at: Span) -> Error<'h> {
    let message = format!(
        "cannot build '{shown}' during evaluation: importing from derivations is forbidden"
    );
    evaluator.error_with(
        Diagnostic::error("repx::eval::import-from-derivation", message)
            .at(at, "this reads what that derivation builds")
            .help("without --no-ifd it would be built first, by Nix"),
    )
}
