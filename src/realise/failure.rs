//! What Nix says when something fails, made into errors that say what to do.
//!
//! Its programs report on standard error, in words that differ between versions; what is looked for here is the
//! same in 2.8 and 2.34. What isn't recognised is passed on as it is.

use std::io;

use crate::world::KeeperError;

/// Lines of a build's log that an error shows.
const SHOWN_LINES: usize = 20;

/// The store's process ended in the middle of an exchange.
pub(super) fn of_store(task: &str, said: &[String], error: &io::Error) -> KeeperError {
    let last = || said.iter().rfind(|line| !is_chatter(line)).cloned();
    let reason = reason(said).or_else(last).unwrap_or_else(|| format!("it ended: {error}"));
    if is_read_only(&reason) {
        KeeperError::ReadOnly { reason }
    } else {
        KeeperError::Refused { task: task.to_owned(), reason }
    }
}

/// A build ended in failure.
pub(super) fn of_build(wanted: &str, said: &[String]) -> KeeperError {
    if let Some(mismatch) = mismatch(said) {
        return mismatch;
    }
    let reason = reason(said).unwrap_or_else(|| "Nix doesn't say why".to_owned());
    if is_read_only(&reason) {
        return KeeperError::ReadOnly { reason };
    }
    let log: Vec<String> = said
        .iter()
        .take_while(|line| !line.starts_with("error:"))
        .filter(|line| !is_chatter(line))
        .cloned()
        .collect();
    let from = log.len().saturating_sub(SHOWN_LINES);
    let log = log.get(from..).unwrap_or_default().to_vec();
    KeeperError::Failed { wanted: wanted.to_owned(), reason, log }
}

/// A fetcher failed.
pub(super) fn of_fetch(fetcher: &str, said: &[String]) -> KeeperError {
    mismatch(said).unwrap_or_else(|| refused(&format!("call {fetcher}"), said))
}

/// Anything else failed.
pub(super) fn refused(task: &str, said: &[String]) -> KeeperError {
    let reason = reason(said).unwrap_or_else(|| "it doesn't say why".to_owned());
    if is_read_only(&reason) {
        return KeeperError::ReadOnly { reason };
    }
    KeeperError::Refused { task: task.to_owned(), reason }
}

/// The last error among the lines, in one line.
fn reason(said: &[String]) -> Option<String> {
    let at = said.iter().rposition(|line| line.trim_start().starts_with("error:"))?;
    let parts: Vec<&str> = said
        .get(at..)?
        .iter()
        .map(|line| line.trim())
        .take_while(|line| !line.starts_with("Last ") && !line.starts_with("Output paths:"))
        .filter(|line| !is_source(line))
        .collect();
    let text = parts.join(" ");
    let text = text.trim_start_matches("error:").trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Does a line show a place in the expression we made up?
fn is_source(line: &str) -> bool {
    line.starts_with("at «string»")
        || line.split_once('|').is_some_and(|(number, _)| {
            number.trim().is_empty() || number.trim().parse::<u32>().is_ok()
        })
}

/// Does Nix announce something, rather than a build write something?
fn is_chatter(line: &str) -> bool {
    let starts = [
        "warning:",
        "this derivation will be built:",
        "this path will be fetched",
        "building '",
        "copying path '",
        "  /nix/store/",
    ];
    let planned = line.ends_with(" derivations will be built:") || line.starts_with("these ");
    planned || starts.iter().any(|start| line.starts_with(start))
}

fn is_read_only(reason: &str) -> bool {
    let about_store = ["/nix/", "big-lock", "sqlite", "SQLite"].iter().any(|s| reason.contains(s));
    let refused = ["Permission denied", "Read-only file system", "readonly database"];
    about_store && refused.iter().any(|words| reason.contains(words))
}

/// `hash mismatch in …` with what was specified and what was got.
fn mismatch(said: &[String]) -> Option<KeeperError> {
    let at = said.iter().position(|line| line.contains("hash mismatch in "))?;
    let line = said.get(at)?;
    let what = line.split_once("hash mismatch in ")?.1.trim_end_matches(':').to_owned();
    let after = |words: &[&str]| {
        said.get(at..)?.iter().take(8).find_map(|line| {
            let line = line.trim();
            words.iter().find_map(|word| line.strip_prefix(word)).map(|rest| rest.trim().to_owned())
        })
    };
    let expected = after(&["specified:", "wanted:"])?;
    let found = after(&["got:"])?;
    Some(KeeperError::HashMismatch { what, expected, found })
}
