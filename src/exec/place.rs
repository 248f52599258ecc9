//! Folders of results: what lies where, and what is true of it whatever happens.
//!
//! Below a base path lie `outputs/<job name>/{out,repx}` and `store/`. A folder's marker
//! (`repx/SUCCESS` or `repx/FAIL`) is taken away before anything in it changes, and put there, by a rename,
//! when all that it speaks of is on the disk. So whatever is killed at whatever time, a
//! folder with a marker is whole, and one without is to be run again.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::sweep::IdentityRecord;

/// The folder below which all results lie.
#[derive(Clone, Debug)]
pub struct Base {
    path: PathBuf,
    /// The same one as its user knows it, where jobs see it by another path.
    real: PathBuf,
}

/// Where a job, or a piece of one, leaves its results.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// How far a job has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Its results are there.
    Done,
    /// It ran and gave none.
    Failed,
    /// Neither.
    Pending,
}

/// The right to run jobs below a base path, until it is dropped.
#[derive(Debug)]
pub struct Hold {
    _lock: File,
    children: File,
    path: PathBuf,
}

/// Why there is no [`Hold`].
#[derive(Debug)]
pub enum LockError {
    /// The system refuses something at this path.
    Io(PathBuf, io::Error),
    /// The caller did not want to wait any longer.
    Interrupted,
    /// Processes of a call that was killed don't end.
    Leftovers(Vec<i32>),
}

const SUCCESS: &str = "SUCCESS";
const FAIL: &str = "FAIL";
/// In place of `SUCCESS` where what the results were made from is made again.
const OUTDATED: &str = "OUTDATED";
/// More entries than this are not brought to the disk one by one.
const MANY: usize = 256;
/// How long processes that were killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a lock is asked for.
const PERIOD: Duration = Duration::from_millis(20);

impl Base {
    /// The base path as a full one: scripts run in directories of their own.
    pub fn new(path: &Path) -> Base {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Base { real: path.clone(), path }
    }

    /// The same base path by the path of a link to it.
    pub(super) fn through(&self, link: PathBuf) -> Base {
        Base { path: link, real: self.real.clone() }
    }

    /// A path below it as its user knows it.
    pub fn told(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.path) {
            Ok(below) if self.path != self.real => self.real.join(below),
            Ok(_) | Err(_) => path.to_owned(),
        }
    }

    /// A text that may speak of paths below it, in which they are as its user knows them.
    pub fn told_text(&self, text: &str) -> String {
        match self.path == self.real {
            true => text.to_owned(),
            false => text.replace(&*self.path.to_string_lossy(), &self.real.to_string_lossy()),
        }
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the folders of jobs lie.
    pub fn outputs(&self) -> PathBuf {
        self.path.join("outputs")
    }

    /// Where links lie that keep Nix from deleting what it has built for jobs.
    pub fn roots(&self) -> PathBuf {
        self.path.join("roots")
    }

    /// Where what scripts need lies.
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// The folder of a job.
    pub fn job(&self, name: &str) -> Folder {
        Folder { root: self.outputs().join(name) }
    }

    /// Does some call run jobs here right now?
    pub fn is_held(&self) -> bool {
        let lock = File::open(self.path.join("lock"));
        lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock. `waiting` hears once who has it, and says from time to time whether to go on
    /// waiting. What a call that was killed left running is ended.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn hold(
        &self,
        mut waiting: impl FnMut(&str),
        go_on: impl Fn() -> bool,
    ) -> Result<Hold, LockError> {
        let io = |path: &Path, error| LockError::Io(path.to_owned(), error);
        fs::create_dir_all(self.outputs()).map_err(|error| io(&self.outputs(), error))?;
        fs::create_dir_all(self.store()).map_err(|error| io(&self.store(), error))?;
        let path = self.path.join("lock");
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(&path).map_err(|error| io(&path, error))?;
        let mut told = false;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if !go_on() => return Err(LockError::Interrupted),
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut told, true) {
                        let mut holder = String::new();
                        // Who holds it is only a courtesy.
                        let _ = lock.read_to_string(&mut holder);
                        waiting(holder.trim());
                    }
                    std::thread::sleep(PERIOD);
                }
                Err(TryLockError::Error(error)) => return Err(io(&path, error)),
            }
        }
        let said = lock.set_len(0).and_then(|()| lock.seek(SeekFrom::Start(0)));
        said.and_then(|_| write!(lock, "{}", std::process::id()))
            .map_err(|error| io(&path, error))?;
        let path = self.path.join("children");
        let children = options.open(&path).map_err(|error| io(&path, error))?;
        end_leftovers(&children, &path)?;
        children.lock_shared().map_err(|error| io(&path, error))?;
        Ok(Hold { _lock: lock, children, path })
    }
}

impl Hold {
    /// What children get as standard input: an empty file, locked as long as one of them has it. The
    /// system lets go of it when the last one is gone, however it went.
    ///
    /// # Errors
    /// When there are too many files.
    pub fn stdin(&self) -> io::Result<File> {
        self.children.try_clone()
    }

    /// Whatever is started from now on has that file too, so that also what jobs leave behind, in a session of its
    /// own and with another standard input, is known.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn mark_children(&self) -> io::Result<()> {
        Ok(rustix::io::fcntl_setfd(&self.children, rustix::io::FdFlags::empty())?)
    }

    /// Ends what jobs have left behind; what doesn't end is left to the next call.
    pub fn end_children(&self) {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let found = holders(&self.path);
            if found.is_empty() {
                return;
            }
            kill_all(&found);
            std::thread::sleep(PERIOD);
        }
    }
}

fn kill_all(found: &[(i32, i32)]) {
    for (pid, group) in found {
        // Gone already is as good.
        let _ = Pid::from_raw(*group).map(|g| kill_process_group(g, Signal::KILL));
        let _ = Pid::from_raw(*pid).map(|p| kill_process(p, Signal::KILL));
    }
}

/// Ends processes that have the file, which no call does that could still hear of their ends.
fn end_leftovers(children: &File, path: &Path) -> Result<(), LockError> {
    let begin = Instant::now();
    loop {
        match children.try_lock() {
            Ok(()) => {
                let unlocked = children.unlock();
                return unlocked.map_err(|error| LockError::Io(path.to_owned(), error));
            }
            Err(TryLockError::WouldBlock) => {
                let found = holders(path);
                if begin.elapsed() > PATIENCE {
                    return Err(LockError::Leftovers(found.iter().map(|(pid, _)| *pid).collect()));
                }
                kill_all(&found);
                std::thread::sleep(PERIOD);
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(path.to_owned(), error)),
        }
    }
}

/// Other processes that have a file open, with their process groups.
fn holders(path: &Path) -> Vec<(i32, i32)> {
    let own = std::process::id() as i32;
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let Ok(files) = fs::read_dir(entry.path().join("fd")) else {
            continue;
        };
        let has = |file: &fs::DirEntry| fs::read_link(file.path()).is_ok_and(|to| to == real);
        if pid != own && files.flatten().any(|file| has(&file)) {
            let group = fs::read_to_string(entry.path().join("stat")).ok().and_then(|stat| {
                // The name, in parentheses, may hold anything.
                stat.rsplit(')').next()?.split_whitespace().nth(2)?.parse::<i32>().ok()
            });
            let ours = rustix::process::getpgrp().as_raw_nonzero().get();
            found.push((pid, group.filter(|group| *group != ours).unwrap_or(pid)));
        }
    }
    found
}

impl Folder {
    /// A folder within it, for a piece of a job.
    #[must_use]
    pub fn within(&self, name: &str) -> Folder {
        Folder { root: self.root.join(name) }
    }

    /// Where results go: `$out`.
    pub fn out(&self) -> PathBuf {
        self.root.join("out")
    }

    /// Where logs, inputs and the marker lie.
    pub fn repx(&self) -> PathBuf {
        self.root.join("repx")
    }

    /// The file of what is printed to standard error.
    pub fn stderr(&self) -> PathBuf {
        self.repx().join("stderr.log")
    }

    /// The file of what is printed to standard output.
    pub fn stdout(&self) -> PathBuf {
        self.repx().join("stdout.log")
    }

    /// What its marker says. Results that somebody has removed aren't there.
    pub fn state(&self) -> State {
        let there = |name: &str| fs::symlink_metadata(self.repx().join(name)).is_ok();
        if there(SUCCESS) && self.out().is_dir() {
            State::Done
        } else if there(FAIL) {
            State::Failed
        } else {
            State::Pending
        }
    }

    /// Has it failed before the call began that runs jobs right now?
    pub fn failed_before(&self, base: &Base) -> bool {
        let written = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).ok();
        // Who holds the lock writes who it is.
        let began = written(&base.path.join("lock")).filter(|_| base.is_held());
        written(&self.repx().join(FAIL)).zip(began).is_some_and(|(failed, began)| failed < began)
    }

    /// Takes the marker away and makes an empty `out`.
    ///
    /// # Errors
    /// When the system refuses; it says at which path, here and below.
    pub fn clear(&self) -> io::Result<()> {
        self.unmark()?;
        let out = self.out();
        match fs::create_dir(&out) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_none()) {
                    return Ok(());
                }
                remove(&out).and_then(|()| fs::create_dir(&out)).map_err(|error| at(&out, &error))
            }
            Err(error) => Err(at(&out, &error)),
        }
    }

    /// Takes the marker away.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn unmark(&self) -> io::Result<()> {
        let repx = self.repx();
        fs::create_dir_all(&repx).map_err(|error| at(&repx, &error))?;
        for name in [SUCCESS, FAIL, OUTDATED] {
            let marker = repx.join(name);
            match fs::remove_file(&marker) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(at(&marker, &error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Says of results that they aren't what they would be now, since another job, whose name this is, is done
    /// again. They stay where they are until the job runs.
    ///
    /// # Errors
    /// When the system refuses; then they count as before.
    pub(super) fn outdate(&self, by: &str) -> io::Result<()> {
        self.mark(OUTDATED, by)?;
        let marker = self.repx().join(SUCCESS);
        fs::remove_file(&marker).map_err(|error| at(&marker, &error))
    }

    /// Removes what pieces of the job have made, so that all of them are made anew: as long as some of it is there, the job
    /// is marked so that whoever goes on after this call was killed removes the rest.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn remove_pieces(&self) -> io::Result<()> {
        let repx = self.repx();
        fs::create_dir_all(&repx).map_err(|error| at(&repx, &error))?;
        if !self.is_outdated() {
            self.mark(OUTDATED, "")?;
        }
        for name in [SUCCESS, FAIL] {
            let _ = fs::remove_file(repx.join(name));
        }
        for entry in fs::read_dir(&self.root).map_err(|error| at(&self.root, &error))? {
            let path = entry.map_err(|error| at(&self.root, &error))?.path();
            if path != repx {
                remove(&path).map_err(|error| at(&path, &error))?;
            }
        }
        sync_all(&self.root)?;
        self.unmark()
    }

    /// The full name of the job that was run again since these results were made from its old ones.
    pub fn outdated_by(&self) -> Option<String> {
        fs::read_to_string(self.repx().join(OUTDATED)).ok()
    }

    /// Was what its results were made from made again?
    pub(super) fn is_outdated(&self) -> bool {
        fs::symlink_metadata(self.repx().join(OUTDATED)).is_ok()
    }

    /// Says that all is well, once all that was written is on the disk; of a job, what it was made of. The marker names
    /// outputs that weren't written: others are there until somebody removes them.
    ///
    /// # Errors
    /// When the system refuses, or the script has removed its own directory.
    pub fn succeed(&self, record: Option<&IdentityRecord>, unwritten: &[&str]) -> io::Result<()> {
        let out = self.out();
        if !out.is_dir() {
            let message = format!("it ended well, but removed its own `$out`: {}", out.display());
            return Err(io::Error::other(message));
        }
        sync_tree(&out)?;
        if let Some(record) = record {
            record.write(&self.repx()).map_err(|error| at(&self.repx(), &error))?;
        }
        self.mark(SUCCESS, &unwritten.join("\n"))
    }

    /// Did a job that is done leave this output unwritten?
    pub(super) fn was_unwritten(&self, output: &str) -> bool {
        let names = fs::read_to_string(self.repx().join(SUCCESS)).unwrap_or_default();
        names.lines().any(|name| name == output)
    }

    /// Says that it went wrong, and why.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn fail(&self, reason: &str) -> io::Result<()> {
        // Whoever wrote the other one.
        self.unmark()?;
        self.mark(FAIL, reason)
    }

    fn mark(&self, name: &str, text: &str) -> io::Result<()> {
        let repx = self.repx();
        let (unfinished, marker) = (repx.join(".marker"), repx.join(name));
        let written = fs::create_dir_all(&repx).and_then(|()| fs::write(&unfinished, text));
        let written = written.and_then(|()| fs::rename(unfinished, &marker));
        written.map_err(|error| at(&marker, &error))
    }
}

/// An error that says where: what it is for who reads the whole sentence.
pub(super) fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Removes a tree, also one whose directories may not be written to.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(path),
        Err(_) => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        Ok(()) => Ok(()),
    }
}

fn open_up(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

/// Brings all that lies in a directory to the disk.
fn sync_tree(root: &Path) -> io::Result<()> {
    let mut left = vec![root.to_owned()];
    let (mut directories, mut files) = (Vec::new(), Vec::new());
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).map_err(|error| at(&directory, &error))? {
            let entry = entry.map_err(|error| at(&directory, &error))?;
            let kind = entry.file_type().map_err(|error| at(&entry.path(), &error))?;
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() {
                files.push(entry.path());
            }
        }
        directories.push(directory);
    }
    if directories.len() == 1 && files.is_empty() {
        return Ok(());
    }
    let each = |paths: &[PathBuf]| paths.iter().try_for_each(|path| File::open(path)?.sync_all());
    if files.len() > MANY || each(&files).and_then(|()| each(&directories)).is_err() {
        // Also what may not be read.
        sync_all(root)?;
    }
    Ok(())
}

/// Brings all of the file system that a path is on to the disk.
pub(super) fn sync_all(path: &Path) -> io::Result<()> {
    let synced = File::open(path).and_then(|file| Ok(rustix::fs::syncfs(file)?));
    synced.map_err(|error| at(path, &error))
}
