//! Are the answers still those that were noted?

use std::path::{Path, PathBuf};

use super::reads::{of_kind, of_time, of_variable};
use super::{FileKind, Links, PathReads, Question, Read, Reads, Stamp, World};

/// Something that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A question about this path is answered otherwise.
    Path(PathBuf, Question),
    /// An environment variable holds another thing.
    Variable(Vec<u8>),
}

/// What came of checking.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// What is not as it was.
    pub changes: Vec<Change>,
    /// How many files and directories had to be read, their stamps saying nothing.
    pub compared: usize,
    /// Some that had no stamp to rely on have one now.
    pub better: bool,
}

/// How much is to be found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thoroughness {
    /// Whether anything has changed.
    First,
    /// All that has changed.
    All,
}

impl Reads {
    /// Asks the world what was asked before, as far as stamps don't tell that the answer is the
    /// same. Stamps are brought up to date, which is worth keeping if nothing has changed.
    pub fn check(&mut self, world: &dyn World, thoroughness: Thoroughness) -> Checked {
        let now = world.now();
        let mut check = Check { world, now, trusting: now >= self.at, checked: Checked::default() };
        let enough = |check: &Check<'_>| {
            thoroughness == Thoroughness::First && !check.checked.changes.is_empty()
        };
        for (name, before) in &self.variables {
            if of_variable(world.variable(name).as_deref()) != *before {
                check.checked.changes.push(Change::Variable(name.clone()));
            }
        }
        for path in &mut self.paths {
            if enough(&check) {
                break;
            }
            check.path(path);
        }
        self.at = now;
        check.checked
    }
}

struct Check<'a> {
    world: &'a dyn World,
    now: i64,
    /// Stamps mean something. They don't when the clock was set back: a later change may bear
    /// an earlier time.
    trusting: bool,
    checked: Checked,
}

impl Check<'_> {
    fn path(&mut self, PathReads { path, reads }: &mut PathReads) {
        // Nearly all questions about a path are answered by asking the system once.
        let own = self.world.stamp(path, Links::Stay);
        for read in reads {
            let same = match (read.question, own) {
                (Question::Kind, Some(own)) => of_kind(&Ok(Some(own.kind))) == read.answer,
                (Question::Modified, Some(own)) => of_time(&Ok(own.modified)) == read.answer,
                (Question::Content | Question::Listing, _) => self.is_same(path, own, read),
                (Question::Kind | Question::Modified, None) | (Question::Link, _) => {
                    read.question.ask(self.world, path) == read.answer
                }
            };
            if !same {
                self.checked.changes.push(Change::Path(path.clone(), read.question));
            }
        }
    }

    /// Is what a file or directory holds what it was?
    fn is_same(&mut self, path: &Path, own: Option<Stamp>, read: &mut Read) -> bool {
        let stamp = match own {
            Some(own) if own.kind != FileKind::Symlink => Some(own),
            Some(_) | None => self.world.stamp(path, Links::Follow),
        };
        if self.trusting && stamp.is_some() && stamp == read.stamp {
            return true;
        }
        // Asking for what isn't there costs no more than a stamp.
        self.checked.compared += usize::from(stamp.is_some());
        // The stamp is from before the reading, as it must be.
        let settled = stamp.filter(|stamp| stamp.is_settled(self.now));
        self.checked.better |= settled.is_some();
        read.stamp = settled;
        read.question.ask(self.world, path) == read.answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Reader, Writer};
    use crate::world::{Disk, Entry, Obstacle, Recording};
    use std::io;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    /// The disk, with a clock that can be set, and if wanted with stamps that never change.
    struct Staged {
        now: AtomicI64,
        read: AtomicUsize,
        frozen: Mutex<Option<Stamp>>,
    }

    impl Staged {
        fn at(now: i64) -> Staged {
            let (now, read, frozen) = (AtomicI64::new(now), AtomicUsize::new(0), Mutex::default());
            Staged { now, read, frozen }
        }

        fn set(&self, now: i64) {
            self.now.store(now, Ordering::Relaxed);
        }
    }

    impl World for Staged {
        fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
            self.read.fetch_add(1, Ordering::Relaxed);
            Disk.read_file(path)
        }
        fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
            Disk.kind(path)
        }
        fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
            self.read.fetch_add(1, Ordering::Relaxed);
            Disk.list_dir(path)
        }
        fn modified(&self, path: &Path) -> io::Result<i64> {
            Disk.modified(path)
        }
        fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
            Disk.read_link(path)
        }
        fn variable(&self, _name: &[u8]) -> Option<Vec<u8>> {
            None
        }
        fn now(&self) -> i64 {
            self.now.load(Ordering::Relaxed)
        }
        fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
            self.frozen.lock().unwrap().or_else(|| Disk.stamp(path, links))
        }
    }

    struct Files {
        directory: tempfile::TempDir,
    }

    impl Files {
        fn new() -> Files {
            let files = Files { directory: tempfile::tempdir().unwrap() };
            files.write("one");
            files
        }
        fn file(&self) -> PathBuf {
            self.directory.path().join("file")
        }
        fn write(&self, text: &str) {
            std::fs::write(self.file(), text).unwrap();
        }
        /// Asks everything there is to ask.
        fn record(&self, world: &Staged) -> Reads {
            let recording = Recording::new(world);
            recording.read_file(&self.file()).unwrap();
            recording.kind(&self.file()).unwrap();
            recording.modified(&self.file()).unwrap();
            recording.list_dir(self.directory.path()).unwrap();
            recording.kind(&self.directory.path().join("absent")).unwrap();
            recording.variable(b"x");
            let (reads, obstacles) = recording.finish();
            assert!(obstacles.is_empty());
            world.read.store(0, Ordering::Relaxed);
            reads
        }
    }

    fn settled() -> i64 {
        Disk.now() + 100
    }

    #[test]
    fn what_is_settled_is_not_read_again() {
        let (files, world) = (Files::new(), Staged::at(settled()));
        let mut reads = files.record(&world);
        assert_eq!(reads.check(&world, Thoroughness::All), Checked::default());
        assert_eq!(world.read.load(Ordering::Relaxed), 0);
        files.write("two");
        let checked = reads.check(&world, Thoroughness::All);
        assert!(checked.changes.contains(&Change::Path(files.file(), Question::Content)));
        std::fs::write(files.directory.path().join("absent"), "").unwrap();
        let checked = files.record(&Staged::at(0)).check(&world, Thoroughness::First);
        assert!(checked.changes.is_empty(), "asked anew, all is as it is");
        let changes = reads.check(&world, Thoroughness::All).changes;
        assert!(changes.contains(&Change::Path(files.directory.path().into(), Question::Listing)));
        assert_eq!(reads.check(&world, Thoroughness::First).changes.len(), 1);
    }

    #[test]
    fn what_was_just_written_is_compared_until_it_is_settled() {
        let (files, world) = (Files::new(), Staged::at(Disk.now()));
        let mut reads = files.record(&world);
        let checked = reads.check(&world, Thoroughness::All);
        assert_eq!((checked.compared, checked.better), (2, false));
        world.set(settled());
        let checked = reads.check(&world, Thoroughness::All);
        assert_eq!((checked.compared, checked.better), (2, true));
        assert_eq!(reads.check(&world, Thoroughness::All), Checked::default());
    }

    #[test]
    fn when_the_clock_was_set_back_stamps_say_nothing() {
        let (files, world) = (Files::new(), Staged::at(settled()));
        let mut reads = files.record(&world);
        // An edit that leaves no trace in the stamp.
        *world.frozen.lock().unwrap() = world.stamp(&files.file(), Links::Follow);
        files.write("two");
        world.set(settled() - 50);
        let change = Change::Path(files.file(), Question::Content);
        assert!(reads.check(&world, Thoroughness::All).changes.contains(&change));
    }

    #[test]
    fn what_changes_while_it_is_read_is_an_obstacle() {
        let (files, world) = (Files::new(), Staged::at(settled()));
        let recording = Recording::new(&world);
        recording.read_file(&files.file()).unwrap();
        files.write("two");
        recording.read_file(&files.file()).unwrap();
        recording.now();
        let (_, obstacles) = recording.finish();
        let unsteady = Obstacle::Unsteady(format!("'{}'", files.file().display()));
        assert_eq!(obstacles, [Obstacle::Time, unsteady]);
    }

    #[test]
    fn they_are_kept_as_bytes() {
        let (files, world) = (Files::new(), Staged::at(settled()));
        let reads = files.record(&world);
        let mut writer = Writer::new();
        reads.write(&mut writer);
        let bytes = writer.finish();
        assert_eq!(Reads::read(&mut Reader::new(&bytes)), Some(reads));
        for end in 0..bytes.len() {
            assert_eq!(Reads::read(&mut Reader::new(&bytes[..end])), None, "{end}");
        }
    }

    #[test]
    fn what_the_system_makes_up_is_never_settled() {
        let world = Staged::at(settled());
        let recording = Recording::new(&world);
        // Of what `/proc` holds nothing can be read, but listed it can be.
        recording.list_dir(Path::new("/proc")).unwrap();
        let (reads, _) = recording.finish();
        assert_eq!(reads.paths[0].reads[0].stamp, None);
    }

    /// What may be done to a directory with files `a` and `b`, a directory `d` and a link `l`.
    fn meddle(root: &Path, number: u64) -> io::Result<()> {
        use std::fs;
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (a, b, d, l) = (root.join("a"), root.join("b"), root.join("d"), root.join("l"));
        let spare = root.join("spare");
        let text = ["one", "two", "six"][(number / 16 % 3) as usize];
        match number % 16 {
            0 => fs::write(&a, text),
            1 => fs::write(&b, text),
            2 => {
                // Of the same size, with the time it had.
                let time = fs::metadata(&a)?.modified()?;
                fs::write(&a, text)?;
                fs::File::options().write(true).open(&a)?.set_modified(time)
            }
            3 => fs::rename(&a, &b),
            4 => fs::hard_link(&a, &b),
            5 => fs::rename(&b, &spare)
                .and_then(|()| fs::rename(&a, &b))
                .and_then(|()| fs::rename(&spare, &a)),
            6 => fs::remove_file(&l).and_then(|()| symlink("a", &l)),
            7 => fs::remove_file(&l).and_then(|()| symlink("b", &l)),
            8 => fs::set_permissions(&a, PermissionsExt::from_mode(0o755)),
            9 => fs::set_permissions(&a, PermissionsExt::from_mode(0o644)),
            10 => fs::write(d.join("x"), text),
            11 => fs::remove_file(d.join("x")),
            12 => fs::remove_file(d.join("x")).and_then(|()| fs::create_dir(d.join("x"))),
            13 => fs::remove_dir(d.join("x")),
            14 => fs::rename(&d, &spare)
                .and_then(|()| fs::create_dir(&d))
                .and_then(|()| fs::remove_dir_all(&spare)),
            _ => fs::remove_file(&a),
        }
    }

    /// Everything there is to ask of such a directory.
    fn everything(root: &Path, world: &Staged) -> Reads {
        let recording = Recording::new(world);
        for name in ["", "a", "b", "d", "d/x", "l", "l/x"] {
            let path = root.join(name);
            // What can't be asked is an answer too.
            let _ = (recording.read_file(&path), recording.kind(&path), recording.list_dir(&path));
            let _ = (recording.read_link(&path), recording.modified(&path));
        }
        recording.finish().0
    }

    fn answers(reads: &Reads) -> Vec<(&Path, Question, [u8; 32])> {
        let of = |path: &PathReads| -> Vec<_> {
            path.reads.iter().map(|read| (read.question, read.answer)).collect()
        };
        let all = reads.paths.iter().map(|path| (path.path.as_path(), of(path)));
        all.flat_map(|(path, all)| all.into_iter().map(move |(q, a)| (path, q, a))).collect()
    }

    #[test]
    fn whatever_is_done_is_seen_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        std::fs::create_dir(root.join("d")).unwrap();
        std::os::unix::fs::symlink("a", root.join("l")).unwrap();
        // All that is older than a moment counts as settled: stamps have to tell.
        let world = Staged::at(settled());
        let mut kept = everything(root, &world);
        let (mut seed, mut seen, mut relied) = (7_u64, 0, 0);
        for round in 0..300 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // What can't be done now, another time.
            let _ = meddle(root, seed >> 33);
            // The system's clock ticks a few hundred times a second.
            std::thread::sleep(std::time::Duration::from_millis(11));
            let checked = kept.check(&world, Thoroughness::All);
            let truth = everything(root, &world);
            let same = answers(&kept) == answers(&truth);
            assert_eq!(checked.changes.is_empty(), same, "{round}: {:?}", checked.changes);
            seen += usize::from(!same);
            relied += usize::from(same && checked.compared == 0);
            kept = truth;
        }
        assert!(seen > 50 && relied > 50, "{seen} changes, {relied} times nothing");
    }
}
