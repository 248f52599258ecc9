//! What Nix says when something fails, made into errors that say what to do.
//!
//! Its programs report on standard error, in words that differ between versions; what is looked for here is the
//! same in 2.8 and 2.34. What isn't recognised is passed on as it is.

use std::io;

use crate::store::{StoreDir, StorePath};
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
    KeeperError::Failed { wanted: wanted.to_owned(), reason, log: tail(log) }
}

/// The last lines of a log.
pub(super) fn tail(mut log: Vec<String>) -> Vec<String> {
    log.drain(..log.len().saturating_sub(SHOWN_LINES));
    log
}

/// The derivations whose builds are said to have failed themselves, and how.
pub(super) fn culprits(said: &[String]) -> Vec<(StorePath, String)> {
    let mut culprits: Vec<(StorePath, String)> = Vec::new();
    for (at, line) in said.iter().enumerate() {
        let Some(message) = line.trim_start().strip_prefix("error:") else { continue };
        let Some(drv) = named(message) else { continue };
        let rest = said.get(at + 1..).unwrap_or_default();
        let further = rest.iter().map(|line| line.trim()).take_while(|l| !l.starts_with("error:"));
        let further: Vec<&str> = further.collect();
        // 2.34 says in a line of its own what 2.8 says at once.
        let reason = further.iter().find_map(|line| line.strip_prefix("Reason: "));
        let reason = reason.map(|reason| reason.trim_end_matches('.'));
        let follows = |text: &str| text.contains("dependenc") && text.contains("failed");
        if follows(message) || reason.is_some_and(follows) || message.contains("build of '") {
            continue;
        }
        let reason = reason.unwrap_or_else(|| {
            let after = message.rsplit_once("drv' ").map_or(message, |(_, after)| after);
            if after.starts_with("failed") { after.trim_end_matches(';') } else { message.trim() }
        });
        let hashes =
            further.iter().filter(|l| l.starts_with("specified:") || l.starts_with("got:"));
        let reason = hashes.fold(reason.trim_end_matches(':').to_owned(), |all, line| {
            format!("{all}, {}", line.split_whitespace().collect::<Vec<_>>().join(" "))
        });
        if !culprits.iter().any(|(known, _)| *known == drv) {
            culprits.push((drv, reason));
        }
    }
    culprits
}

/// The derivation that a message names in quotes.
fn named(message: &str) -> Option<StorePath> {
    let mut quoted = message.split('\'').skip(1).step_by(2);
    quoted.find_map(|text| {
        let path = StoreDir::default().parse(text).ok()?;
        path.name().strip_suffix(".drv").is_some().then_some(path)
    })
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
