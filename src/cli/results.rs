//! The folder of a job that has run, for commands that only look into it.
//!
//! The lab says what a name means. Where it doesn't, results do: they are there though the lab was edited since, or
//! can't be evaluated at the moment.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use super::Exit;
use super::arguments::{LabArgument, Terminal};
use super::find::{self, is_named};
use super::load::{Outcome, Target, load, load_shown};
use super::one_job;
use super::report::report;
use crate::diagnostic::Diagnostic;
use crate::exec::{Base, Folder, State};
use crate::source::SourceMap;
use crate::sweep::{IDENTITY_FILE, IdentityRecord, Progress};

/// A job that has a folder.
pub(super) struct Results {
    /// Its full name.
    pub(super) name: String,
    /// Its stage's name in the pipeline, where the lab was asked.
    stage: Option<String>,
    /// Where its results and logs lie.
    pub(super) folder: Folder,
    /// What it was made of, if that was recorded.
    pub(super) record: Option<IdentityRecord>,
}

/// The results that a name on the command line means.
///
/// # Errors
/// How the command is to end, when there are none.
pub(super) fn named(
    lab: &LabArgument,
    name: &str,
    base: &Base,
    terminal: &Terminal,
) -> Result<Results, Exit> {
    let results = named_or_to_be(lab, name, base, terminal)?;
    if results.folder.repx().is_dir() {
        return Ok(results);
    }
    Err(report(vec![results.none("hasn't run yet")], &SourceMap::new(), terminal, false))
}

/// The results of a job that may have to wait until somebody runs it, as long as anybody runs jobs at all.
///
/// # Errors
/// How the command is to end, when there is nothing to wait for.
pub(super) fn followed(
    lab: &LabArgument,
    name: &str,
    base: &Base,
    terminal: &Terminal,
) -> Result<Results, Exit> {
    let results = named_or_to_be(lab, name, base, terminal)?;
    // In this order: who has made the folder may be done by now.
    if base.is_held() || results.folder.repx().is_dir() {
        return Ok(results);
    }
    Err(report(vec![results.nobody()], &SourceMap::new(), terminal, false))
}

/// The same for a job that may not have run yet.
///
/// # Errors
/// There is no such job, or several are.
fn named_or_to_be(
    lab: &LabArgument,
    name: &str,
    base: &Base,
    terminal: &Terminal,
) -> Result<Results, Exit> {
    let folder = || only_folder(base, name);
    if find::is_whole(name)
        && let Some(folder) = folder()
    {
        return Ok(Results::new(base, folder));
    }
    let Outcome { listing, mut diagnostics, sources, .. } =
        one_job::load(name, |ask| load_shown(lab.target(), ask, terminal));
    let (known, wrong) = match listing.as_ref().map(|listing| find::job(listing, name)) {
        Some(Ok(job)) => {
            let results = Results::new(base, job.name().to_string());
            let today = || listing.as_ref().map(|listing| IdentityRecord::of(listing, &job));
            let record = results.record.clone().or_else(today);
            return Ok(Results { record, stage: Some(job.stage().name.to_string()), ..results });
        }
        Some(Err(wrong)) if wrong.code == find::AMBIGUOUS => (None, Some(wrong)),
        Some(Err(wrong)) => (folder(), Some(wrong)),
        None => (folder(), None),
    };
    known.map(|job| Results::new(base, job)).ok_or_else(|| {
        diagnostics.extend(wrong);
        report(diagnostics, &sources, terminal, lab.with.show_trace)
    })
}

/// The results that a name means, for who only wants to know whether there are any.
pub(super) fn there(target: Target<'_>, name: &str, base: &Base) -> Option<Results> {
    let folder = || only_folder(base, name);
    let of_lab = || {
        let silent = Terminal::silent();
        let asked = one_job::load(name, |ask| load(target, ask, &silent, &Progress::default()));
        let listing = asked.listing?;
        find::job(&listing, name).ok().map(|job| job.name().to_string())
    };
    let whole = find::is_whole(name).then(folder).flatten();
    let found = whole.or_else(of_lab).or_else(folder)?;
    let results = Results::new(base, found);
    results.folder.repx().is_dir().then_some(results)
}

/// The folder whose name begins so, if there is but one.
fn only_folder(base: &Base, name: &str) -> Option<String> {
    let entries = fs::read_dir(base.outputs()).into_iter().flatten().flatten();
    let folders = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut fitting = folders.filter(|folder| is_named(folder, name));
    fitting.next().filter(|_| fitting.next().is_none())
}

impl Results {
    pub(super) fn new(base: &Base, name: String) -> Results {
        let folder = base.job(&name);
        let record = fs::read(folder.repx().join(IDENTITY_FILE)).ok();
        let record = record.as_deref().and_then(IdentityRecord::parse);
        Results { name, stage: None, folder, record }
    }

    /// There is no log, and nobody writes any.
    pub(super) fn nobody(&self) -> Diagnostic {
        self.none(match self.folder.repx().is_dir() {
            true => "has printed nothing, and nobody runs it",
            false => "hasn't run yet, and nobody runs it",
        })
    }

    fn none(&self, why: &str) -> Diagnostic {
        let id = find::begin(find::parts(&self.name).0);
        Diagnostic::error("repx::cli::no-results", format!("job {id} {why}"))
            .help(format!("`repx run {id}` runs it, with what it reads from"))
    }

    /// The first characters of its id, behind what the pipeline calls it, as in listings.
    pub(super) fn title(&self) -> String {
        let stage = self.stage.as_ref().or(self.record.as_ref().map(|record| &record.stage));
        match stage {
            Some(stage) => format!("{stage} {}", find::begin(find::parts(&self.name).0)),
            None => title(&self.name),
        }
    }
}

/// A full name in a few letters: `gen 5ykhxrmz`.
pub(super) fn title(name: &str) -> String {
    let (id, rest) = find::parts(name);
    let pname = rest.and_then(|rest| rest.rsplit_once('-')).map_or("job", |(pname, _)| pname);
    format!("{pname} {}", find::begin(id))
}

/// Of results that are there and outdated, the job that was run again since: `gen 5ykhxrmz`.
pub(super) fn outdated_by(folder: &Folder, base: &Base) -> Option<String> {
    let by = folder.outdated_by()?;
    let holds = folder.state() == State::Pending && folder.out().is_dir();
    (holds && !by.is_empty()).then(|| Results::new(base, by).title())
}

/// A size in few letters.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64;
    let mut name = "B";
    for unit in UNITS {
        // What would be shown as 1000 is one of the next.
        if amount < 999.5 {
            break;
        }
        amount /= 1000.0;
        name = unit;
    }
    if amount < 9.95 { format!("{amount:.1} {name}") } else { format!("{amount:.0} {name}") }
}

/// When something was changed last.
pub(super) fn changed(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_few_letters() {
        let sizes = [0, 999, 1000, 1049, 52_300, 999_499, 999_500, 1_500_000_000];
        let expected = ["0 B", "999 B", "1.0 kB", "1.0 kB", "52 kB", "999 kB", "1.0 MB", "1.5 GB"];
        assert_eq!(sizes.map(size), expected);
        assert_eq!(title("5ykhxrmzl8s6m2xqv2mssn4lpvdzmrv3-train-fast-1.1"), "train-fast 5ykhxrmz");
    }
}
