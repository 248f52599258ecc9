//! Values of package sets, each set with all that the machine was asked for it.
//!
//! ```text
//! KEY.packages      magic · checksum │ key · questions and answers · places and values
//! ```
//!
//! The key stands for a package set: what it is made of, and the sources of this program. What is
//! known of its values was found by an evaluation of the set alone, so that all it asked of the
//! machine belongs to the set: when these questions are still answered alike, the values are what
//! evaluating would give. A value that is not known is looked for by such an evaluation on a
//! thread of its own, which begins when it is first needed. Where it builds, says something or
//! looks at what is not the same for everybody, nothing that it finds from then on is believed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hashbrown::HashMap;

use super::evaluations::{ABANDONED, EvaluationKey};
use super::files::{FORGOTTEN, entries, is_older, remove, remove_unfinished, write_whole};
use crate::bytes::{Reader, Writer};
use crate::session::{
    self, Config, KeptPackages, KeptValue, PackageCache, PackagePlace, PackageSet, Session,
};
use crate::source::SourceMap;
use crate::world::{Reads, Recording, Thoroughness, World};

/// Begins a file; the last byte is the version of this layout.
const MAGIC: &[u8; 8] = b"repxpkg\x01";

/// A file that would be larger begins anew.
const LARGEST: usize = 64 << 20;

/// Files that were written longest ago go when there are more.
const MOST_FILES: usize = 32;

const ENDING: &str = "packages";

/// How often it is looked whether an interruption has lasted.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What is known of a package set's values. See the module's own description.
pub struct Packages {
    file: PathBuf,
    key: EvaluationKey,
    set: PackageSet,
    root: PathBuf,
    /// Is what earlier processes have found to be believed?
    looking: bool,
    state: Mutex<State>,
    /// Where values are looked for that aren't known.
    asking: Mutex<Option<Sender<Asked>>>,
}

/// A place, and where what is found there is to be told.
type Asked = (PackagePlace, SyncSender<Found>);

/// What came of looking.
enum Found {
    /// It may be kept.
    Sure(KeptValue),
    /// It must be evaluated, this time.
    Unsure,
}

#[derive(Default)]
struct State {
    /// Was it looked for on the disk?
    loaded: bool,
    reads: Reads,
    /// Values by place, both as bytes.
    values: HashMap<Vec<u8>, Vec<u8>>,
    /// Is there something to write?
    changed: bool,
    uses: PackageUses,
}

/// How a package set's values were used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PackageUses {
    /// Was the lab evaluated again without?
    pub doubted: bool,
    /// Was there something kept that can't be believed any more?
    pub outdated: bool,
    /// Values that were known.
    pub known: usize,
    /// Values that had to be looked for, and were found.
    pub found: usize,
    /// Values that are not kept: their place was evaluated with the lab.
    pub evaluated: usize,
}

impl PackageUses {
    /// Was any value asked for?
    pub fn any(self) -> bool {
        self.known + self.found + self.evaluated > 0
    }
}

/// What the evaluations of a package set have asked of the machine.
pub struct Learned {
    /// The questions, unless one was answered differently meanwhile.
    pub reads: Option<Reads>,
    /// How the values were used.
    pub uses: PackageUses,
}

impl Packages {
    /// What is known of a package set, below a directory that needn't exist. `parts` is what
    /// decides what the set is, besides the machine. Unless it is `looking`, it knows nothing yet.
    pub fn new(
        parent: &Path,
        parts: &[&[u8]],
        (set, root): (PackageSet, PathBuf),
        looking: bool,
    ) -> Packages {
        let key = EvaluationKey::new(parts);
        let file = parent.join("packages").join(format!("{}.{ENDING}", key.name()));
        let (state, asking) = Default::default();
        Packages { file, key, set, root, looking, state, asking }
    }

    /// Does some work with what is known of the set, which `config` says how to evaluate. The
    /// session that the work runs must be given [`Packages::given`]. Afterwards what was found is
    /// kept, if that can be done.
    ///
    /// Whoever interrupts the work doesn't interrupt what is being found out of the set for so long as
    /// `patience`: whatever is done after it is likely to need it too, and would begin anew.
    pub fn used<R>(
        &self,
        config: &Config<'_>,
        patience: Duration,
        work: impl FnOnce() -> R,
    ) -> (R, Learned) {
        let recording = Recording::without_keeper(config.world);
        let (asking, asked) = channel();
        *lock(&self.asking) = Some(asking);
        let machine = config.world;
        self.load(machine);
        let result = std::thread::scope(|scope| {
            let recording = &recording;
            let closing = Closing(self);
            scope.spawn(move || self.look(asked, config, recording, patience));
            let result = work();
            drop(closing);
            result
        });
        let (own, _) = recording.finish();
        let mut state = lock(&self.state);
        let uses = state.uses;
        let reads = std::mem::take(&mut state.reads).joined(&own);
        if let Some(reads) = &reads {
            state.reads = reads.clone();
            let lasting = || !reads.paths.iter().any(|read| machine.is_unsaved(&read.path));
            if std::mem::take(&mut state.changed) && lasting() {
                self.save(&state);
            }
        }
        (result, Learned { reads, uses })
    }

    /// What a session needs to use this.
    pub fn given(&self) -> KeptPackages<'_> {
        KeptPackages { cache: self, set: &self.set, root: &self.root }
    }

    /// Waits for questions, and answers them by evaluating the set.
    fn look(
        &self,
        asked: Receiver<Asked>,
        config: &Config<'_>,
        recording: &Recording<'_>,
        patience: Duration,
    ) {
        let Ok(first) = asked.recv() else {
            return;
        };
        let stop = AtomicBool::new(false);
        let (done, ended) = channel();
        std::thread::scope(|scope| {
            let interrupt = match patience.is_zero() {
                true => config.interrupt,
                false => {
                    let (asked_to, stop) = (config.interrupt, &stop);
                    scope.spawn(move || outlast(asked_to, stop, &ended, patience));
                    stop
                }
            };
            let config = Config { interrupt, ..config.clone() };
            self.answer(first, asked, &config, recording);
            drop(done);
        });
    }

    /// Answers questions by evaluating the set, until there are no more.
    fn answer(
        &self,
        first: Asked,
        asked: Receiver<Asked>,
        config: &Config<'_>,
        recording: &Recording<'_>,
    ) {
        let said = AtomicBool::new(false);
        let messages = |_: &str| said.store(true, Ordering::Relaxed);
        let sources = SourceMap::new();
        let config = Config {
            world: recording,
            sources: &sources,
            messages: &messages,
            tolerant: false,
            packages: None,
            threads: 1,
            last: true,
            ..config.clone()
        };
        let doubtful = |session: &Session<'_>| {
            said.load(Ordering::Relaxed) || recording.is_obstructed() || session.shared.is_unsure()
        };
        // Without a thread nobody is told: then everything is evaluated where it is needed.
        let _ = session::run(&config, |session, evaluator| {
            let set = session.packages(evaluator, &self.set, &self.root);
            for (place, answer) in std::iter::once(first).chain(asked) {
                let found = match set {
                    Ok(set) if !doubtful(session) => {
                        // What a lab is warned of it has to ask for itself.
                        let asked = || session.shared.asked().len();
                        let before = asked();
                        let found = session.describe(evaluator, set, &place);
                        told(found, doubtful(session) || asked() > before)
                    }
                    Ok(_) | Err(_) => Found::Unsure,
                };
                // Who has asked may be gone.
                let _ = answer.send(found);
            }
        });
    }

    /// Reads what earlier processes have found, if the machine still answers alike.
    fn load(&self, machine: &dyn World) {
        let mut state = lock(&self.state);
        if std::mem::replace(&mut state.loaded, true) || !self.looking {
            return;
        }
        let Ok(bytes) = std::fs::read(&self.file) else {
            return;
        };
        let Some((mut reads, values)) = parse(&bytes, self.key) else {
            remove(&self.file);
            return;
        };
        let checked = reads.check(machine, Thoroughness::First);
        if !checked.changes.is_empty() {
            state.uses.outdated = true;
            return;
        }
        state.changed = checked.better;
        (state.reads, state.values) = (reads, values);
    }

    /// Writes what is known. Where that is not possible, nothing happens.
    fn save(&self, state: &State) {
        let Some(directory) = self.file.parent() else {
            return;
        };
        let body = body(state, self.key);
        if body.len() > LARGEST {
            remove(&self.file);
            return;
        }
        if std::fs::create_dir_all(directory).is_err() {
            return;
        }
        remove_unfinished(directory, ABANDONED);
        let mut files = entries(directory, ENDING);
        files.sort_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
        let many = files.len().saturating_sub(MOST_FILES);
        for (index, path) in files.iter().enumerate() {
            if index < many || is_older(path, FORGOTTEN) {
                remove(path);
            }
        }
        let check = blake3::hash(&body);
        let _ = write_whole(&self.file, [MAGIC.as_slice(), check.as_bytes(), &body]);
    }
}

/// Nobody asks any more: then the thread that answers is done. Also when the work panics.
struct Closing<'a>(&'a Packages);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        lock(&self.0.asking).take();
    }
}

/// Passes an interruption on when it has lasted.
fn outlast(interrupt: &AtomicBool, stop: &AtomicBool, ended: &Receiver<()>, patience: Duration) {
    let mut since = None;
    // Who is done is gone.
    while ended.recv_timeout(LOOK_AGAIN) == Err(RecvTimeoutError::Timeout) {
        if interrupt.load(Ordering::Relaxed) {
            let begun = *since.get_or_insert_with(Instant::now);
            stop.store(begun.elapsed() > patience, Ordering::Relaxed);
        }
    }
}

/// What is told of a place where this was found.
fn told(found: Option<KeptValue>, doubtful: bool) -> Found {
    match found {
        // Whatever it was that raised doubts, evaluating this raises them again.
        Some(_) if doubtful => Found::Sure(KeptValue::Real),
        Some(value) => Found::Sure(value),
        None => Found::Unsure,
    }
}

impl PackageCache for Packages {
    fn find(&self, place: &PackagePlace) -> Option<KeptValue> {
        let mut writer = Writer::new();
        place.write(&mut writer);
        let name = writer.finish();
        let mut state = lock(&self.state);
        let known = state.values.get(&name).and_then(|value| whole(value, KeptValue::read));
        if let Some(known) = known {
            match known {
                KeptValue::Real => state.uses.evaluated += 1,
                KeptValue::Plain(_) | KeptValue::Set(..) => state.uses.known += 1,
            }
            return Some(known);
        }
        drop(state);
        let found = self.ask(place);
        let mut state = lock(&self.state);
        let Found::Sure(value) = found else {
            state.uses.evaluated += 1;
            return None;
        };
        match value {
            KeptValue::Real => state.uses.evaluated += 1,
            KeptValue::Plain(_) | KeptValue::Set(..) => state.uses.found += 1,
        }
        let mut writer = Writer::new();
        value.write(&mut writer);
        state.values.insert(name, writer.finish());
        state.changed = true;
        Some(value)
    }
}

impl Packages {
    /// Has a value looked for.
    fn ask(&self, place: &PackagePlace) -> Found {
        let Some(asking) = lock(&self.asking).clone() else {
            return Found::Unsure;
        };
        let (answer, answered) = sync_channel(1);
        let sent = asking.send((place.clone(), answer)).is_ok();
        // Who can't be asked gives no answer.
        let answer = sent.then(|| answered.recv().ok()).flatten();
        answer.unwrap_or(Found::Unsure)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a file says behind its checksum.
fn body(state: &State, key: EvaluationKey) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.raw(key.bytes());
    state.reads.write(&mut writer);
    let mut values: Vec<_> = state.values.iter().collect();
    values.sort_unstable();
    writer.list(values.into_iter(), |writer, (place, value)| {
        writer.text(place);
        writer.text(value);
    });
    writer.finish()
}

type Kept = (Reads, HashMap<Vec<u8>, Vec<u8>>);

fn parse(bytes: &[u8], key: EvaluationKey) -> Option<Kept> {
    let mut reader = Reader::new(bytes.strip_prefix(MAGIC)?);
    let check: [u8; 32] = reader.array()?;
    if blake3::hash(reader.rest()) != check || reader.array()? != *key.bytes() {
        return None;
    }
    let reads = Reads::read(&mut reader)?;
    let pair = |reader: &mut Reader<'_>| Some((reader.text()?.to_vec(), reader.text()?.to_vec()));
    let values = reader.list(pair)?.into_iter().collect();
    reader.is_done().then_some((reads, values))
}

/// What all of these bytes stand for.
fn whole<T>(bytes: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader)?;
    reader.is_done().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Settings;
    use crate::session::Origin;
    use crate::source::Name;
    use crate::world::Disk;

    /// Looks for a package while the work is already interrupted.
    fn found(patience: Duration) -> usize {
        let directory = tempfile::tempdir().unwrap();
        let set = directory.path().join("set.nix");
        // Whatever looks into all of a list looks first whether it is still wanted.
        let text = "{ ... }: builtins.deepSeq [ 1 ] { jq = { name = \"jq\"; }; }";
        std::fs::write(&set, text).unwrap();
        let (interrupt, sources) = (AtomicBool::new(true), SourceMap::new());
        let config = Config {
            world: &Disk,
            sources: &sources,
            search_path: Vec::new(),
            home: None,
            settings: Settings::default(),
            tolerant: false,
            cache: None,
            packages: None,
            threads: 1,
            last: true,
            interrupt: &interrupt,
            messages: &|_| {},
        };
        let cache = directory.path().join("cache");
        let of = (PackageSet::Path(set), PathBuf::from("/"));
        let packages = Packages::new(&cache, &[b"a set"], of, true);
        let place = PackagePlace { origin: Origin::Set, path: vec![Name::new("jq")] };
        let ((), learned) = packages.used(&config, patience, || drop(packages.find(&place)));
        learned.uses.found
    }

    #[test]
    fn what_is_being_found_out_outlasts_an_interruption() {
        assert_eq!(found(Duration::ZERO), 0);
        assert_eq!(found(Duration::from_hours(1)), 1);
    }
}
