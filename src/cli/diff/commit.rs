//! The lab's listing at another commit of its repository.
//!
//! Nothing is checked out: the lab is evaluated in a world where the commit's files stand at the
//! places of the checkout, so that paths in scripts are those of today.

use std::path::{Path, PathBuf};

use super::HELP;
use crate::cli::arguments::Terminal;
use crate::cli::entry::{self, Entry};
use crate::cli::kept::{self, Place};
use crate::cli::listing::table::clean;
use crate::cli::load::{Outcome, Target, entry_and_settings, shown};
use crate::cli::setup::machine;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::flake::{Commit, GitError, RevisionError, Snapshot, checkout_root, revision};
use crate::sweep::{Ask, Progress};
use crate::world::World;

/// A commit to compare with.
pub(in crate::cli) struct Then {
    /// What it was called.
    pub(super) word: String,
    /// The root of the checkout.
    root: PathBuf,
    pub(super) commit: Commit,
}

/// The commit that a word means in the repository of the lab.
///
/// # Errors
/// When there is none.
pub(super) fn find(target: Target<'_>, word: &str) -> Result<Then, Diagnostic> {
    let entry = entry::find(target)?;
    let unknown = |message: String| Diagnostic::error("repx::diff::unknown-revision", message);
    let Some(root) = checkout_root(&entry.root) else {
        let message =
            format!("there is no file `{}`, and the lab is in no Git repository", clean(word));
        return Err(unknown(message).help(HELP));
    };
    match revision(&root, word) {
        Ok(commit) => Ok(Then { word: word.to_owned(), root, commit }),
        Err(RevisionError::Unknown(name, known)) => {
            let message = format!("`{}` is neither a file nor a revision", clean(&name));
            let near = did_you_mean(&name, &known).unwrap_or_else(|| {
                "give a branch, a tag, a hash or HEAD~1, or the file of a saved listing".to_owned()
            });
            Err(unknown(message).help(near))
        }
        Err(RevisionError::Git(error)) => Err(unreadable(&error)),
        Err(error) => Err(unknown(error.to_string()).help(HELP)),
    }
}

/// The repository is there, and something in it is missing or broken.
fn unreadable(error: &GitError) -> Diagnostic {
    Diagnostic::error("repx::diff::repository", error.to_string())
        .help("`git fsck` says what is wrong with the repository")
}

impl Then {
    /// In a few words: what it was called, and the beginning of its hash.
    pub(super) fn name(&self) -> String {
        let short = self.commit.rev.get(..7).unwrap_or(&self.commit.rev);
        if self.commit.rev.starts_with(&self.word) {
            return short.to_owned();
        }
        format!("{} ({short})", self.word)
    }

    /// What comes of the lab there.
    pub(super) fn listing(&self, target: Target<'_>, terminal: &Terminal) -> Outcome {
        match self.evaluated(target, terminal) {
            Ok(outcome) => outcome,
            Err(wrong) => Outcome::failed(wrong),
        }
    }

    fn evaluated(&self, target: Target<'_>, terminal: &Terminal) -> Result<Outcome, Diagnostic> {
        let (today, settings) = entry_and_settings(target)?;
        let machine = machine(&target.with.nix);
        let snapshot = Snapshot::new(&machine, &self.root, self.commit.clone());
        let snapshot = snapshot.map_err(|error| unreadable(&error))?;
        let file =
            today.file.strip_prefix(&today.root).unwrap_or(&today.file).display().to_string();
        let entry = entry_in(target, today, &snapshot).ok_or_else(|| {
            let message = format!("there is no lab at {}: no `{file}`", self.name());
            Diagnostic::error("repx::diff::no-lab", message)
                .help("name a commit that has it: `git log -- DIR` lists those that changed it")
        })?;
        let progress = Progress::default();
        let _shown = shown(terminal, &progress);
        let place = Place { world: &snapshot, commit: Some(&self.commit.rev), last: true };
        Ok(kept::outcome_at(target, Ask::Jobs, entry, settings, &progress, &place).0)
    }
}

/// Where the lab is in another world.
fn entry_in(target: Target<'_>, today: Entry, world: &dyn World) -> Option<Entry> {
    let there = |file: &Path| matches!(world.kind(file), Ok(Some(_)));
    if today.flake.is_some() || !target.lab.is_dir() {
        return Some(today).filter(|entry| there(&entry.file));
    }
    let candidates = ["nix/lab.nix", "lab.nix"].map(|name| today.root.join(name));
    let file = candidates.into_iter().find(|file| there(file))?;
    Some(Entry { file, ..today })
}
