//! What the cache did for a listing, in words.

use std::fmt::Write;

use super::arguments::{Terminal, Volume};
use super::report::say;
use crate::cache::{PackageUses, State};
use crate::diagnostic::{Diagnostic, Severity};
use crate::world::{Change, Obstacle, PathReads, Question, Reads};

/// How the cache was used.
#[derive(Debug, Default)]
pub(super) struct Explanation {
    /// How it stood with what was kept, if that was looked for, and how many files had to be
    /// compared by their content.
    pub(super) found: Option<(State, usize)>,
    /// What was asked of the machine for the listing.
    pub(super) reads: Reads,
    /// Files that were there in lowered form, and those that were read as texts.
    pub(super) lowered: Option<(usize, usize)>,
    /// How what was known of the package set was used.
    pub(super) packages: PackageUses,
    /// What became of a listing that was evaluated.
    pub(super) fate: Fate,
}

/// What became of a listing that was evaluated.
#[derive(Debug, Default)]
pub(super) enum Fate {
    /// There was no cache to put it into, or it came from there.
    #[default]
    None,
    /// It is kept.
    Kept,
    /// It is too large.
    TooLarge,
    /// Why it can't be written.
    Unwritten(String),
    /// There is none.
    Failed,
    /// Its jobs were counted, not made.
    Counted,
    /// It depends on more than is known.
    Prevented(Vec<Obstacle>),
}

impl Fate {
    /// Why the listing will have to be evaluated the next time too.
    pub(super) fn advice(&self) -> Vec<Diagnostic> {
        let Fate::Prevented(obstacles) = self else {
            return Vec::new();
        };
        let advice = |obstacle: &Obstacle| {
            let message = format!("this listing is not kept in the cache: {obstacle}");
            Diagnostic {
                severity: Severity::Advice,
                ..Diagnostic::warning("repx::cache::not-kept", message)
            }
        };
        obstacles.iter().map(advice).collect()
    }
}

/// Changes that are named; of more only the number is.
const MOST_CHANGES: usize = 20;

/// Says it on standard error.
pub(super) fn explain(explanation: &Explanation, terminal: &Terminal) {
    say(text(explanation, terminal.volume == Volume::Verbose).trim_end());
}

fn text(explanation: &Explanation, all: bool) -> String {
    let Explanation { found, reads, lowered, packages, fate } = explanation;
    let mut out = format!("cache: {}\n", begin(explanation));
    match found {
        Some((State::Same, compared)) if *compared > 0 => {
            line(
                &mut out,
                &format!("compared by content: {compared}, the times saying too little"),
            );
        }
        Some((State::Changed(changes), _)) => write_changes(&mut out, changes, all),
        Some((State::Same | State::Absent | State::Damaged, _)) | None => {}
    }
    if let Some((kept, anew)) = lowered {
        let files = count(kept + anew, "file");
        line(&mut out, &format!("reused in lowered form: {kept} of {files}"));
    }
    for part in packages_text(*packages) {
        line(&mut out, &part);
    }
    summary(&mut out, reads);
    for path in reads.paths.iter().filter(|_| all) {
        line(&mut out, &path_text(path));
    }
    for (name, _) in &reads.variables {
        line(&mut out, &format!("environment variable: {}", String::from_utf8_lossy(name)));
    }
    for end in end(fate) {
        line(&mut out, &end);
    }
    out
}

/// What was reused of the package set.
fn packages_text(uses: PackageUses) -> Vec<String> {
    let PackageUses { doubted, outdated, known, found, evaluated } = uses;
    let mut parts = Vec::new();
    if outdated {
        parts.push("package set: something in it has changed".to_owned());
    }
    if uses.any() {
        let all = count(known + found + evaluated, "value");
        let kept = format!("reused of the package set: {known} of {all}");
        let rest = format!("{found} made, {evaluated} evaluated with the lab");
        parts.push(format!("{kept} ({rest})"));
    }
    if doubted {
        parts.push("package set: evaluated again with the lab, to be sure".to_owned());
    }
    parts
}

/// Where the listing is from.
fn begin(Explanation { found, lowered, fate, .. }: &Explanation) -> &'static str {
    match (found.as_ref().map(|(state, _)| state), fate) {
        (None, Fate::None) if lowered.is_some() => {
            "not looked at for a listing, to count jobs; the lab was evaluated"
        }
        (None, Fate::None) => "not used; the lab was evaluated",
        (None, _) => "not looked at, as asked for; the lab was evaluated",
        (Some(State::Same), _) => "nothing has changed, the listing was taken from it",
        (Some(State::Absent), _) => "nothing kept for this call; the lab was evaluated",
        (Some(State::Damaged), _) => "what was kept can't be read; the lab was evaluated",
        (Some(State::Changed(_)), _) => "something has changed; the lab was evaluated",
    }
}

fn write_changes(out: &mut String, changes: &[Change], all: bool) {
    let shown = if all { changes.len() } else { MOST_CHANGES };
    for change in changes.iter().take(shown) {
        line(out, &format!("changed: {}", change_text(change)));
    }
    if changes.len() > shown {
        line(out, &format!("changed: {} more", changes.len() - shown));
    }
}

/// What the next time will find.
fn end(fate: &Fate) -> Vec<String> {
    match fate {
        Fate::None => Vec::new(),
        Fate::Kept => vec!["kept for the next time".to_owned()],
        Fate::TooLarge => vec!["not kept: the listing is too large".to_owned()],
        Fate::Unwritten(why) => vec![format!("not kept: {why}")],
        Fate::Failed => vec!["not kept: only listings without errors are".to_owned()],
        Fate::Counted => vec!["not kept: not all jobs were made".to_owned()],
        Fate::Prevented(obstacles) => {
            obstacles.iter().map(|obstacle| format!("not kept: {obstacle}")).collect()
        }
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string can't fail.
    let _ = writeln!(out, "  {text}");
}

fn summary(out: &mut String, reads: &Reads) {
    if reads.paths.is_empty() {
        return;
    }
    line(
        out,
        &format!(
            "read: {}, {}; looked at: {}",
            count(reads.count(Question::Content), "file"),
            match reads.count(Question::Listing) {
                1 => "1 directory".to_owned(),
                n => format!("{n} directories"),
            },
            count(reads.count(Question::Kind), "path"),
        ),
    );
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn word(question: Question) -> &'static str {
    match question {
        Question::Kind => "what is there",
        Question::Content => "content",
        Question::Listing => "entries",
        Question::Link => "where it leads",
        Question::Modified => "time",
    }
}

fn change_text(change: &Change) -> String {
    match change {
        Change::Path(path, question) => format!("{} ({})", path.display(), word(*question)),
        Change::Variable(name) => {
            format!("environment variable {}", String::from_utf8_lossy(name))
        }
    }
}

fn path_text(PathReads { path, reads }: &PathReads) -> String {
    let words: Vec<&str> = reads.iter().map(|read| word(read.question)).collect();
    format!("{}: {}", path.display(), words.join(", "))
}
