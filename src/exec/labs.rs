//! Which labs use a base path: without it nobody could say whose results lie there.
//!
//! `<base>/labs/<hash>` is written by whoever runs a lab's jobs, `<base>/pins/<name>` for those who want to
//! keep results whatever becomes of the lab. Each is a line of JSON, then an id of a job a line: all jobs
//! that the lab had. The next call for the same lab writes it anew.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::place::Base;
use crate::store::{Hash, HashAlgo, base32};
use crate::sweep::Listing;

/// Names the format.
const SCHEMA: &str = "repx-lab/1";

/// A lab, as it is called by name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LabName {
    schema: String,
    /// Its directory or file, as a full path, perhaps with the name of an output.
    pub lab: String,
    /// What else it was evaluated with.
    pub arguments: Vec<String>,
}

/// What kind of record it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LabKind {
    /// A lab as it was when its jobs were run last.
    Lab,
    /// Kept until it is taken away.
    Pin,
}

/// A lab that uses a base path.
#[derive(Clone, Debug)]
pub struct LabRecord {
    /// What kind of record it is.
    pub kind: LabKind,
    /// The name of its file.
    pub name: String,
    /// The lab.
    pub of: LabName,
    /// The ids of its jobs.
    pub jobs: HashSet<String>,
    /// When it was written.
    pub written: Option<SystemTime>,
}

impl LabKind {
    fn folder(self) -> &'static str {
        match self {
            LabKind::Lab => "labs",
            LabKind::Pin => "pins",
        }
    }

    /// In a word.
    pub fn name(self) -> &'static str {
        match self {
            LabKind::Lab => "lab",
            LabKind::Pin => "pin",
        }
    }
}

impl LabName {
    /// The lab that is called so, evaluated with these arguments.
    pub fn new(lab: String, arguments: Vec<String>) -> LabName {
        LabName { schema: SCHEMA.to_owned(), lab, arguments }
    }

    /// The name of its file.
    pub fn key(&self) -> String {
        let mut text = Vec::new();
        for part in std::iter::once(&self.lab).chain(&self.arguments) {
            text.extend_from_slice(&(part.len() as u64).to_le_bytes());
            text.extend_from_slice(part.as_bytes());
        }
        let hash = Hash::digest(HashAlgo::Blake3, &text);
        base32::encode(hash.bytes().get(..20).unwrap_or_default())
    }
}

impl Base {
    fn record(&self, kind: LabKind, name: &str) -> PathBuf {
        self.path().join(kind.folder()).join(name)
    }

    /// Notes that a lab has these jobs.
    ///
    /// # Errors
    /// What the system says.
    pub fn note_lab(
        &self,
        kind: LabKind,
        name: &str,
        of: &LabName,
        listing: &Listing,
    ) -> io::Result<()> {
        let path = self.record(kind, name);
        let mut text = serde_json::to_vec(of)?;
        text.push(b'\n');
        text.reserve(listing.len() * 33);
        for id in (0..listing.len() as u32).filter_map(|job| listing.id(job)) {
            text.extend_from_slice(&id.text());
            text.push(b'\n');
        }
        if kind == LabKind::Lab && fs::read(&path).is_ok_and(|found| found == text) {
            // It says when the lab was run last.
            return fs::File::open(&path)?.set_modified(SystemTime::now());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let unfinished = path.with_file_name(format!(".{name}"));
        let mut file = fs::File::create(&unfinished)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(unfinished, path)
    }

    /// The labs that are known to use this base path, pins last; by name.
    ///
    /// # Errors
    /// One that can't be read: the path, and why.
    pub fn labs(&self) -> Result<Vec<LabRecord>, (PathBuf, io::Error)> {
        let mut all = Vec::new();
        for kind in [LabKind::Lab, LabKind::Pin] {
            let folder = self.path().join(kind.folder());
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|error| (folder.clone(), error))?,
            };
            let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
            names.sort();
            for name in names {
                let path = folder.join(&name);
                let record = LabRecord::read(kind, name, &path);
                all.push(record.map_err(|error| (path, error))?);
            }
        }
        Ok(all)
    }

    /// Forgets a lab or a pin. False when there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn forget_lab(&self, kind: LabKind, name: &str) -> io::Result<bool> {
        match fs::remove_file(self.record(kind, name)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl LabRecord {
    fn read(kind: LabKind, name: String, path: &Path) -> io::Result<LabRecord> {
        let text = fs::read_to_string(path)?;
        let wrong = || io::Error::other("it is no record of a lab");
        let (head, ids) = text.split_once('\n').ok_or_else(wrong)?;
        let of: LabName = serde_json::from_str(head).map_err(|_| wrong())?;
        // Another version may mean something else by its lines.
        if of.schema != SCHEMA || !text.ends_with('\n') {
            return Err(wrong());
        }
        let jobs = ids.lines().map(str::to_owned).collect();
        let written = fs::metadata(path).and_then(|about| about.modified()).ok();
        Ok(LabRecord { kind, name, of, jobs, written })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::sample;

    #[test]
    fn what_is_noted_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::new(directory.path());
        assert!(base.labs().unwrap().is_empty());
        let listing = sample::listing();
        let lab = LabName::new("/a/lab".into(), vec!["--pkgs".into(), "host".into()]);
        base.note_lab(LabKind::Lab, &lab.key(), &lab, &listing).unwrap();
        base.note_lab(LabKind::Lab, &lab.key(), &lab, &listing).unwrap();
        base.note_lab(LabKind::Pin, "paper", &lab, &listing).unwrap();
        let known = base.labs().unwrap();
        let kinds: Vec<_> = known.iter().map(|record| (record.kind, record.jobs.len())).collect();
        assert_eq!(kinds, [(LabKind::Lab, 5), (LabKind::Pin, 5)]);
        assert_eq!(known[0].of, lab);
        assert!(known[0].jobs.contains(&listing.id(0).unwrap().to_string()));
        assert!(base.forget_lab(LabKind::Pin, "paper").unwrap());
        assert!(!base.forget_lab(LabKind::Pin, "paper").unwrap());
    }

    #[test]
    fn labs_of_other_arguments_are_others() {
        let key = |parts: &[&str]| {
            let rest = parts[1..].iter().map(|part| (*part).to_owned()).collect();
            LabName::new(parts[0].to_owned(), rest).key()
        };
        assert_ne!(key(&["/a", "bc"]), key(&["/ab", "c"]));
        assert_eq!(key(&["/a", "bc"]).len(), 32);
    }

    #[test]
    fn a_record_that_is_none_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let base = Base::new(directory.path());
        fs::create_dir(directory.path().join("labs")).unwrap();
        for text in ["", "{}\n", "{\"schema\":\"repx-lab/2\",\"lab\":\"x\",\"arguments\":[]}\n"] {
            fs::write(directory.path().join("labs/x"), text).unwrap();
            assert!(base.labs().is_err(), "{text:?}");
        }
    }
}
