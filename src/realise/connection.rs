//! `nix-store --serve --write`: a process that takes objects and answers questions.
//!
//! The protocol is meant for copying between machines. It is the same from Nix 2.8 to 2.34, asks a
//! daemon where there is one, and lets objects that are addressed by their content in without a signature,
//! whoever brings them. Source: `src/libstore/serve-protocol.hh` of Nix.

use std::collections::BTreeSet;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::thread::JoinHandle;

use super::failure;
use super::programs::{Programs, lines};
use super::wire::{read_int, read_text, read_texts, write_int, write_text, write_texts};
use crate::store::{StoreDir, StorePath};
use crate::world::KeeperError;

const OUR_GREETING: u64 = 0x390c_9deb;
const THEIR_GREETING: u64 = 0x5452_eecb;
/// The newest version of the protocol known here: 2.7.
const VERSION: u64 = 0x0207;
/// The oldest that takes objects one by one: 2.5.
const OLDEST: u64 = 0x0205;

const QUERY_VALID_PATHS: u64 = 1;
const QUERY_PATH_INFOS: u64 = 2;
const ADD_TO_STORE_NAR: u64 = 9;

/// May the other side get paths from elsewhere when asked for them?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Elsewhere {
    Look,
    Stay,
}

/// An object on its way.
pub(super) struct Shipment<'a> {
    pub(super) path: &'a StorePath,
    /// In base 16.
    pub(super) nar_hash: String,
    pub(super) nar_size: u64,
    pub(super) references: BTreeSet<StorePath>,
    /// How its path follows from its content.
    pub(super) address: String,
}

/// A running `nix-store --serve`.
pub(super) struct Connection {
    child: Child,
    /// `None` once it is being closed.
    to: Option<BufWriter<ChildStdin>>,
    from: BufReader<ChildStdout>,
    said: Option<JoinHandle<Vec<String>>>,
    task: &'static str,
}

impl Connection {
    /// Starts the process and greets it.
    pub(super) fn open(programs: &Programs, task: &'static str) -> Result<Connection, KeeperError> {
        let mut command = programs.command("nix-store");
        command.args(["--serve", "--write"]).stdin(Stdio::piped());
        let mut child = Programs::spawn(&mut command, task)?;
        let (Some(to), Some(from), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(KeeperError::Protocol("it has no streams".to_owned()));
        };
        let said = std::thread::spawn(move || lines(errors, &|_| ()));
        let mut connection = Connection {
            child,
            to: Some(BufWriter::with_capacity(1 << 16, to)),
            from: BufReader::new(from),
            said: Some(said),
            task,
        };
        connection.greet()?;
        Ok(connection)
    }

    fn greet(&mut self) -> Result<(), KeeperError> {
        let (magic, version) = self.talk(|to, from| {
            write_int(to, OUR_GREETING)?;
            write_int(to, VERSION)?;
            to.flush()?;
            Ok((read_int(from)?, read_int(from)?))
        })?;
        if magic != THEIR_GREETING {
            return Err(KeeperError::Protocol(format!("its greeting is {magic:#x}")));
        }
        if version < OLDEST || version >> 8 != VERSION >> 8 {
            let (major, minor) = (version >> 8, version & 0xff);
            return Err(KeeperError::Protocol(format!("it speaks version {major}.{minor}")));
        }
        Ok(())
    }

    /// Which of these paths the store has. What it has stays there while the connection is open.
    pub(super) fn valid(
        &mut self,
        paths: &[StorePath],
        elsewhere: Elsewhere,
    ) -> Result<BTreeSet<StorePath>, KeeperError> {
        let dir = StoreDir::default();
        let texts: Vec<String> = paths.iter().map(|path| dir.print(path)).collect();
        let valid = self.talk(|to, from| {
            write_int(to, QUERY_VALID_PATHS)?;
            write_int(to, 1)?;
            write_int(to, u64::from(elsewhere == Elsewhere::Look))?;
            write_texts(to, &texts)?;
            to.flush()?;
            read_texts(from)
        })?;
        store_paths(&valid)
    }

    /// What a path of the store refers to; nothing if the store hasn't got it.
    pub(super) fn references(&mut self, path: &StorePath) -> Result<Vec<StorePath>, KeeperError> {
        let shown = StoreDir::default().print(path);
        let references = self.talk(|to, from| {
            write_int(to, QUERY_PATH_INFOS)?;
            write_texts(to, std::slice::from_ref(&shown))?;
            to.flush()?;
            let mut references = Vec::new();
            while !read_text(from)?.is_empty() {
                let _deriver = read_text(from)?;
                references = read_texts(from)?;
                let (_download, _size) = (read_int(from)?, read_int(from)?);
                let (_hash, _address) = (read_text(from)?, read_text(from)?);
                let _signatures = read_texts(from)?;
            }
            Ok(references)
        })?;
        Ok(store_paths(&references)?.into_iter().collect())
    }

    /// Sends an object; `write` writes its archive. All that it refers to must be there.
    pub(super) fn add(
        &mut self,
        shipment: &Shipment<'_>,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), KeeperError> {
        let dir = StoreDir::default();
        let references: Vec<String> =
            shipment.references.iter().map(|path| dir.print(path)).collect();
        let answer = self.talk(|to, from| {
            write_int(to, ADD_TO_STORE_NAR)?;
            write_text(to, &dir.print(shipment.path))?;
            let no_deriver = "";
            write_text(to, no_deriver)?;
            write_text(to, &shipment.nar_hash)?;
            write_texts(to, &references)?;
            let (now, not_ultimate) = (0, 0);
            write_int(to, now)?;
            write_int(to, shipment.nar_size)?;
            write_int(to, not_ultimate)?;
            write_texts(to, &[])?;
            write_text(to, &shipment.address)?;
            write(to)?;
            to.flush()?;
            read_int(from)
        })?;
        match answer {
            1 => Ok(()),
            other => Err(KeeperError::Protocol(format!("it answers {other} to an object"))),
        }
    }

    /// One exchange. When it breaks off, the process has said why.
    fn talk<R>(
        &mut self,
        exchange: impl FnOnce(&mut dyn Write, &mut dyn Read) -> io::Result<R>,
    ) -> Result<R, KeeperError> {
        let Some(to) = &mut self.to else {
            return Err(KeeperError::Protocol("it was closed".to_owned()));
        };
        exchange(to, &mut self.from).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => KeeperError::Protocol(error.to_string()),
            _ => failure::of_store(self.task, &self.close(), &error),
        })
    }

    /// Ends the process; gives what it said.
    fn close(&mut self) -> Vec<String> {
        if let Some(to) = self.to.take() {
            // What is still buffered belongs to an exchange that has failed.
            drop(to.into_parts());
        }
        // An end of its own accord is all that is wanted; there is nobody to tell of another.
        let _ = self.child.wait();
        self.said.take().and_then(|said| said.join().ok()).unwrap_or_default()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

fn store_paths(texts: &[String]) -> Result<BTreeSet<StorePath>, KeeperError> {
    let dir = StoreDir::default();
    let parsed = texts.iter().map(|text| dir.parse(text));
    parsed.collect::<Result<_, _>>().map_err(|error| KeeperError::Protocol(error.to_string()))
}
