//! One evaluation, set up: globals, files, the embedded library, threads with large stacks.
//!
//! In come a [`Config`] and work to do; the work gets a [`Session`] whose values live until it
//! returns. Every file is read, parsed, lowered and evaluated once per session, whoever imports
//! it. The room knows nothing of labs.

mod alone;
mod files;
mod flakes;
mod kept;
mod nixlib;
mod packages;
mod stand_ins;
mod texts;
mod vouched;

pub use alone::run_as_alone;
pub use kept::{
    FileCache, FileKey, KeptValue, Origin, PackageCache, PackagePlace, Plain, Referred,
};
pub use nixlib::NIXLIB;
pub use packages::PackageSet;
pub use stand_ins::KeptPackages;

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Scope;

use crate::builtins::{self, globals};
use crate::diagnostic::Diagnostic;
use crate::eval::{Builtin, Eval, Evaluator, Helpers, Settings, Shared, StandIns, Waits};
use crate::lower::Globals;
use crate::source::{Name, SourceMap, Span};
use crate::store::{Derivations, Objects};
use crate::syntax::{Parsed, Trees};
use crate::value::{Attr, Attrs, Env, Heap, Local, Path, Slot, Thunk, Value};
use crate::world::{Overlay, World};

/// The kind of machine labs are for: that of the `host` packages, and of the outputs of flakes
/// that are looked at.
pub const SYSTEM: &str = "x86_64-linux";

/// Stack of a thread that evaluates. It is reserved, not used: pages come as they are touched.
pub const STACK_SIZE: usize = 1 << 30;
/// Of which so much is free when an evaluation begins. (What evaluators keep free covers what is in
/// use by then.)
const FREE_STACK: usize = STACK_SIZE - (1 << 20);

/// What is locked stays whole even where a thread that had it panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an evaluation is set up with.
#[derive(Clone)]
pub struct Config<'a> {
    /// The machine.
    pub world: &'a dyn World,
    /// All texts, for positions; outlives the session so that its diagnostics can be shown.
    pub sources: &'a SourceMap,
    /// `-I` and `NIX_PATH`: prefix (perhaps empty) and path.
    pub search_path: Vec<(String, String)>,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// What Nix lets one set.
    pub settings: Settings,
    /// Evaluate files in which some names are undefined, as far as those are not needed; what is
    /// wrong with them is among the findings. For reporting many mistakes at once.
    pub tolerant: bool,
    /// Where lowered files are kept, so that they needn't be read again.
    pub cache: Option<&'a dyn FileCache>,
    /// What is known of a package set, so that it needn't be evaluated. Whoever gives this looks
    /// afterwards whether the session [is unsure](Shared::is_unsure).
    pub packages: Option<KeptPackages<'a>>,
    /// Threads that evaluate, one of them in order and the others ahead of it. More than one are
    /// for [`run_as_alone`], which knows what to do when there are doubts.
    pub threads: usize,
    /// The process ends when this is done: memory need not be given back.
    pub last: bool,
    /// Set to stop.
    pub interrupt: &'a AtomicBool,
    /// Where messages of `trace` and `warn` go.
    pub messages: &'a (dyn Fn(&str) + Sync),
}

/// A running evaluation.
pub struct Session<'h> {
    /// What its threads share.
    pub shared: &'h Shared<'h>,
    files: &'h files::Files<'h>,
    packages: Option<&'h stand_ins::Packages<'h>>,
}

/// Sets up an evaluation and does `work` on a thread with a large stack.
///
/// # Errors
/// When the system refuses such a thread.
pub fn run<R: Send>(
    config: &Config<'_>,
    work: impl for<'h> FnOnce(&Session<'h>, &mut Evaluator<'h>) -> R + Send,
) -> std::io::Result<R> {
    on_large_stack(|| {
        let heap = Heap::new();
        let table: Vec<Builtin> = builtins::table();
        let eager = builtins::eager();
        let global_names = Globals::new(globals::global_names());
        let derivations = Held::new(Derivations::new(), config.last);
        let objects = Held::new(Objects::new(), config.last);
        let overlay = Overlay::new(config.world, &objects, &derivations);
        let world = nixlib::WithNixlib { world: &overlay };
        let files = files::Files::new(&global_names, config);
        let packages = config.packages.map(|given| stand_ins::Packages::new(given, &files));
        let packages = packages.as_ref();
        let trees = Trees::default();
        let shared = Shared {
            heap: &heap,
            world: &world,
            sources: config.sources,
            trees: &trees,
            builtins: &table,
            eager: &eager,
            loader: &files,
            derivations: &derivations,
            objects: &objects,
            globals: OnceLock::new(),
            interrupt: config.interrupt,
            messages: config.messages,
            settings: config.settings,
            waits: Waits::default(),
            helpers: Helpers::new(config.threads.saturating_sub(1)),
            programs: Mutex::default(),
            evaluations: AtomicU32::new(0),
            asked: Mutex::default(),
            stand_ins: packages.map(|packages| -> &dyn StandIns<'_> { packages }),
            unsure: AtomicBool::new(false),
            placed: AtomicBool::new(false),
        };
        let session = Session { shared: &shared, files: &files, packages };
        let mut evaluator = Evaluator::in_order(&shared, FREE_STACK);
        session.set_globals(&mut evaluator, &config.search_path);
        let result = with_helpers(&shared, || work(&session, &mut evaluator));
        if config.last && !shared.helpers.is_in_doubt() {
            heap.abandon();
        }
        result
    })
}

/// What a session has, or leaves behind where the process ends with it: piece by piece, giving back what was
/// made of many takes time.
enum Held<'a, T> {
    Owned(T),
    Left(&'a T),
}

impl<T> Held<'_, T> {
    fn new(thing: T, last: bool) -> Self {
        if last { Held::Left(Box::leak(Box::new(thing))) } else { Held::Owned(thing) }
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Held::Owned(thing) => thing,
            Held::Left(thing) => thing,
        }
    }
}

/// Does `work` while others evaluate ahead what it shares with them. They are sent home when it
/// is done, and what they have failed with passes through.
fn with_helpers<'h, R>(shared: &'h Shared<'h>, work: impl FnOnce() -> R) -> R {
    std::thread::scope(|scope| {
        let closing = Closing(&shared.helpers);
        helper(scope, shared);
        let result = work();
        drop(closing);
        result
    })
}

/// Sends the helpers home, also when the work panics: nobody else would.
struct Closing<'a, 'h>(&'a Helpers<'h>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Starts a helper, if there may be one more and the system allows it: nothing needs it.
fn helper<'s, 'h: 's>(scope: &'s Scope<'s, '_>, shared: &'h Shared<'h>) {
    if !shared.helpers.enlist() {
        return;
    }
    let thread = std::thread::Builder::new().name("helper".into()).stack_size(STACK_SIZE);
    let _ = thread.spawn_scoped(scope, move || {
        let mut evaluator = Evaluator::new(shared, FREE_STACK);
        evaluator.help(&|| helper(scope, shared));
    });
}

/// Does `work` on a thread of its own with [`STACK_SIZE`] of stack. A panic passes through.
///
/// # Errors
/// When the system refuses such a thread.
pub fn on_large_stack<R: Send>(work: impl FnOnce() -> R + Send) -> std::io::Result<R> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("evaluator".into())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, work)?;
        match thread.join() {
            Ok(result) => Ok(result),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

impl<'h> Session<'h> {
    /// A further evaluator for the calling thread, which must have [`STACK_SIZE`] of stack. While
    /// any of these is at work, the session's own must not be.
    pub fn evaluator(&self) -> Evaluator<'h> {
        Evaluator::new(self.shared, FREE_STACK)
    }

    /// Evaluates something on the calling thread, which must have [`STACK_SIZE`] of stack, in memory
    /// that is given back at the end but for what older things have come to refer to: that is made
    /// in `home`.
    pub fn in_region<R: 'static>(
        &self,
        home: Local<'h>,
        work: impl FnOnce(&mut Evaluator<'h>) -> R,
    ) -> R {
        self.shared.heap.in_region(home, |local| {
            work(&mut Evaluator::in_region(self.shared, local, STACK_SIZE - (1 << 20)))
        })
    }

    fn set_globals(&self, evaluator: &mut Evaluator<'h>, search_path: &[(String, String)]) {
        let local = evaluator.local;
        let entries: Vec<Slot<'h>> = search_path
            .iter()
            .map(|(prefix, path)| {
                let attr = |name: &str, text: &str| {
                    Attr::new(Name::new(name), Span::NONE, evaluator.text(text))
                };
                let entry = Attrs::new(local, vec![attr("prefix", prefix), attr("path", path)]);
                Slot::Value(Value::Attrs(entry))
            })
            .collect();
        let nix_path = Slot::Value(evaluator.list(&entries));
        let derivation = self.files.suspended(evaluator, "derivation.nix");
        let slots = globals::global_slots(local, globals::Given { nix_path, derivation });
        // Set once: this is the only caller, and it runs before anything is evaluated.
        let _ = self.shared.globals.set(local.slice(&slots));
    }

    /// The value of an expression given as text, relative paths beginning at `directory`.
    pub fn expression(
        &self,
        evaluator: &mut Evaluator<'h>,
        text: &str,
        directory: &std::path::Path,
    ) -> Eval<'h> {
        self.text(evaluator, "«string»", text, directory)
    }

    /// The value of an expression given as text that is called `name` where it has to be named.
    pub fn text(
        &self,
        evaluator: &mut Evaluator<'h>,
        name: &str,
        text: &str,
        directory: &std::path::Path,
    ) -> Eval<'h> {
        let program = self.files.lower_text(evaluator, name.into(), text, directory, None)?;
        let env = Env::empty(evaluator.local);
        evaluator.run(program, env)
    }

    /// The slot of an expression given as text, not forced yet.
    pub fn expression_slot(
        &self,
        evaluator: &mut Evaluator<'h>,
        text: &str,
        directory: &std::path::Path,
    ) -> Eval<'h, Slot<'h>> {
        let program = self.files.lower_text(evaluator, "«string»".into(), text, directory, None)?;
        let env = Env::empty(evaluator.local);
        let thunk = Thunk::suspend(evaluator.local, &program.body, env);
        Ok(Slot::Thunk(thunk))
    }

    /// The syntax tree of a text, unless it is none at all, and all that is wrong with it,
    /// undefined variables included.
    pub fn tree(
        &self,
        evaluator: &Evaluator<'h>,
        path: PathBuf,
        bytes: Vec<u8>,
        directory: &std::path::Path,
    ) -> (Option<Arc<Parsed>>, Vec<Diagnostic>) {
        self.files.tree(evaluator, path, bytes, directory)
    }

    /// The slot of a file, not forced yet.
    pub fn file_slot(
        &self,
        evaluator: &mut Evaluator<'h>,
        path: &std::path::Path,
    ) -> Eval<'h, Slot<'h>> {
        let path = Path::new(evaluator.local, path.as_os_str().as_encoded_bytes());
        self.files.slot(evaluator, path, Span::NONE)
    }

    /// The value of a file.
    pub fn file(&self, evaluator: &mut Evaluator<'h>, path: &std::path::Path) -> Eval<'h> {
        let path = Path::new(evaluator.local, path.as_os_str().as_encoded_bytes());
        self.shared.loader.import(evaluator, path, Span::NONE)
    }

    /// Further diagnostics of files that failed or deserve a warning, since the last call.
    pub fn take_findings(&self) -> Vec<Diagnostic> {
        self.files.take_findings()
    }

    /// The embedded library (`lib`).
    pub fn lib(&self, evaluator: &mut Evaluator<'h>) -> Eval<'h> {
        self.nixlib(evaluator, "lib/default.nix")
    }

    /// The embedded `host` package set.
    pub fn host_packages(&self, evaluator: &mut Evaluator<'h>) -> Eval<'h> {
        let function = self.nixlib(evaluator, "host.nix")?;
        let lib = self.lib(evaluator)?;
        let system = evaluator.text(SYSTEM);
        let prim = globals::primitives(evaluator.local);
        let arguments = [("prim", prim), ("lib", lib), ("system", system)];
        self.call_with(evaluator, function, &arguments)
    }

    /// The embedded `repx-lib`.
    pub fn repx_lib(&self, evaluator: &mut Evaluator<'h>) -> Eval<'h> {
        let function = self.nixlib(evaluator, "repx-lib/default.nix")?;
        let lib = self.lib(evaluator)?;
        let prim = globals::primitives(evaluator.local);
        self.call_with(evaluator, function, &[("prim", prim), ("lib", lib)])
    }

    /// What the embedded expression for a container image makes of its arguments.
    pub fn image(
        &self,
        evaluator: &mut Evaluator<'h>,
        arguments: &[(&str, Value<'h>)],
    ) -> Eval<'h> {
        let function = self.nixlib(evaluator, "image.nix")?;
        self.call_with(evaluator, function, arguments)
    }

    fn call_with(
        &self,
        evaluator: &mut Evaluator<'h>,
        function: Value<'h>,
        arguments: &[(&str, Value<'h>)],
    ) -> Eval<'h> {
        let attr =
            |(name, value): &(&str, Value<'h>)| Attr::new(Name::new(*name), Span::NONE, *value);
        let attrs = Attrs::new(evaluator.local, arguments.iter().map(attr).collect());
        evaluator.call(function, &[Slot::Value(Value::Attrs(attrs))], Span::NONE)
    }

    fn nixlib(&self, evaluator: &mut Evaluator<'h>, file: &str) -> Eval<'h> {
        let slot = self.files.suspended(evaluator, file);
        evaluator.force(slot)
    }
}
