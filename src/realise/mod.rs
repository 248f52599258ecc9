//! Nix, where there is no doing without it: writing to its store, building, downloading.
//!
//! *Comes in:* what an evaluation has made ([`Made`]) and what is wanted of it. *Goes out:* objects in the
//! store. *Must not know:* values, the language, labs. This is the only room that starts processes.
//!
//! Read in this order: `programs` (finding and running Nix's programs), `wire` and `connection` (the protocol
//! of `nix-store --serve`, the same from Nix 2.8 to 2.34, with or without a daemon), `object` (what is sent
//! for one store path), `closure` (for many, inputs first), `failure` (what Nix says when something fails), `many`
//! (many builds in one call), and here the [`Machine`], which is a [`World`] with a [`Keeper`].

mod closure;
mod connection;
mod failure;
mod many;
mod object;
mod place;
mod programs;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use self::connection::Connection;
pub use self::many::Unbuilt;
use self::place::Place;
pub use self::programs::Programs;
use crate::store::{StoreDir, StorePath};
use crate::world::{
    Disk, Entry, Fetch, FileKind, Keeper, KeeperError, Links, Made, Stamp, Wanted, World,
};

/// May evaluation have something built that it wants to read?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builds {
    /// Yes.
    Allowed,
    /// No, it is an error to want that.
    Forbidden,
}

/// This machine with its Nix.
pub struct Machine<'a> {
    programs: Programs,
    builds: Builds,
    say: &'a (dyn Fn(&str) + Sync),
    place: Place,
    /// Opened when it is first needed. While it is open, Nix keeps what was sent from being deleted.
    connection: Mutex<Option<Connection>>,
    /// What fetchers have given, by name and argument: the same within one evaluation.
    fetched: Mutex<HashMap<(&'static str, String), String>>,
}

impl<'a> Machine<'a> {
    /// Nothing is started yet. What Nix does meanwhile is told to `say`.
    pub fn new(programs: Programs, builds: Builds, say: &'a (dyn Fn(&str) + Sync)) -> Machine<'a> {
        let place = Place::of(|name| std::env::var(name).ok());
        let (connection, fetched) = (Mutex::default(), Mutex::default());
        Machine { programs, builds, say, place, connection, fetched }
    }

    /// Does `work` with the connection, which is closed when anything goes wrong: where the two
    /// sides then stand isn't known.
    fn connected<R>(
        &self,
        task: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<R, KeeperError>,
    ) -> Result<R, KeeperError> {
        self.place.check()?;
        let mut kept = lock(&self.connection);
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => Connection::open(&self.programs, task)?,
        };
        let result = work(&mut connection)?;
        *kept = Some(connection);
        Ok(result)
    }

    /// Can programs of the store be run where their paths say that they are?
    ///
    /// # Errors
    /// When its files are elsewhere.
    pub fn runs_here(&self) -> Result<(), KeeperError> {
        self.place.check()?;
        match self.place.root() {
            None => Ok(()),
            Some(root) => Err(KeeperError::Elsewhere { root: root.display().to_string() }),
        }
    }

    fn real<'p>(&self, path: &'p Path) -> std::borrow::Cow<'p, Path> {
        self.place.real(path)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper for Machine<'_> {
    fn may_build(&self) -> bool {
        self.builds == Builds::Allowed
    }

    fn register(&self, made: Made<'_>, roots: &[StorePath]) -> Result<(), KeeperError> {
        let order = closure::order(made, roots);
        if order.is_empty() {
            return Ok(());
        }
        self.connected("write to the store", |connection| closure::send(made, &order, connection))
    }

    fn realise(&self, made: Made<'_>, wanted: Wanted<'_>) -> Result<(), KeeperError> {
        let dir = StoreDir::default();
        let mut asked = BTreeSet::new();
        let shown = match wanted {
            Wanted::Path(path) => {
                self.place.check()?;
                dir.print(path)
            }
            Wanted::Output { drv, output } => {
                self.register(made, std::slice::from_ref(drv))?;
                asked.insert(drv);
                format!("{}!{output}", dir.print(drv))
            }
        };
        let built = self.realise_all(&asked, std::slice::from_ref(&shown))?;
        built.map_err(|said| failure::of_build(&shown, &said))
    }

    fn fetch(&self, fetch: Fetch<'_>) -> Result<String, KeeperError> {
        self.place.check()?;
        let key = (fetch.fetcher, fetch.argument.to_owned());
        if let Some(json) = lock(&self.fetched).get(&key) {
            return Ok(json.clone());
        }
        let expression = programs::fetch_expression(fetch);
        let ran = self.programs.run(
            "nix-instantiate",
            "download",
            &[
                "--eval",
                "--strict",
                "--json",
                "--read-write-mode",
                "--option",
                "extra-experimental-features",
                "flakes fetch-tree",
                "-E",
                &expression,
            ],
            self.say,
        )?;
        if !ran.success {
            return Err(failure::of_fetch(fetch.fetcher, &ran.stderr));
        }
        let json = String::from_utf8_lossy(&ran.stdout).trim_end().to_owned();
        lock(&self.fetched).insert(key, json.clone());
        Ok(json)
    }

    fn references(&self, path: &StorePath) -> Result<Vec<StorePath>, KeeperError> {
        self.connected("ask the store", |connection| connection.references(path))
    }

    fn add_root(&self, link: &Path, path: &StorePath) -> Result<(), KeeperError> {
        let link = link.display().to_string();
        let drv = StoreDir::default().print(path);
        let expression = format!("import {drv}");
        let arguments = ["--indirect", "--add-root", &link, "-E", &expression];
        let ran = self.programs.run("nix-instantiate", "keep roots", &arguments, self.say)?;
        if ran.success {
            return Ok(());
        }
        Err(failure::refused(&format!("make the root '{link}'"), &ran.stderr))
    }
}

impl World for Machine<'_> {
    fn read_file(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read_file(&self.real(path))
    }

    fn vouch(&self, path: &Path) -> Option<(Stamp, i64)> {
        Disk.vouch(&self.real(path))
    }

    fn kind(&self, path: &Path) -> io::Result<Option<FileKind>> {
        Disk.kind(&self.real(path))
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<Entry>> {
        Disk.list_dir(&self.real(path))
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        Disk.read_link(&self.real(path))
    }

    fn modified(&self, path: &Path) -> io::Result<i64> {
        Disk.modified(&self.real(path))
    }

    fn variable(&self, name: &[u8]) -> Option<Vec<u8>> {
        Disk.variable(name)
    }

    fn now(&self) -> i64 {
        Disk.now()
    }

    fn stamp(&self, path: &Path, links: Links) -> Option<Stamp> {
        Disk.stamp(&self.real(path), links)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }
}
