//! Parts of a scatter-gather job, as they are named and as they lie in its folder: `scatter`, `worker:3` (a step and an
//! item), `gather`.

use std::fs;

use crate::diagnostic::Diagnostic;
use crate::exec::{Folder, State};

/// Parts that are named.
const MOST_PARTS: usize = 12;

/// A step of an item.
struct Part {
    step: String,
    item: u32,
    failed: bool,
}

/// The folder of a part.
///
/// # Errors
/// There is none yet, or never will be.
pub(super) fn named(folder: &Folder, part: &str) -> Result<Folder, Diagnostic> {
    let found = match part.split_once(':') {
        None if part == "gather" => is_scattered(folder).then(|| folder.clone()),
        None => (part == "scatter").then(|| folder.within("scatter")),
        Some((step, item)) => {
            let item: Option<u32> = item.parse().ok();
            let plain = !step.contains('/');
            let branch = item.map(|item| branch(folder, item));
            branch.filter(|_| plain).map(|branch| branch.within(&format!("step-{step}")))
        }
    };
    let found = found.filter(|found| found.repx().is_dir());
    found.ok_or_else(|| {
        let help = match known(folder) {
            known if known.is_empty() => {
                "it is no scatter-gather job, or has no parts yet".to_owned()
            }
            known => format!("there are {}", known.join(", ")),
        };
        let message = format!("the job has no part `{part}`");
        Diagnostic::error("repx::cli::unknown-name", message).help(help)
    })
}

/// The parts that have begun, in words; those that failed are said to have, and come first.
pub(super) fn known(folder: &Folder) -> Vec<String> {
    if !is_scattered(folder) {
        return Vec::new();
    }
    let word = |failed| if failed { " (failed)" } else { "" };
    let mut parts = steps(folder);
    parts.sort_by_key(|part| !part.failed);
    let more = parts.len().saturating_sub(MOST_PARTS);
    let mut all = vec![format!("scatter{}", word(has_failed(&folder.within("scatter"))))];
    let named = parts.iter().take(MOST_PARTS);
    all.extend(named.map(|part| format!("{}:{}{}", part.step, part.item, word(part.failed))));
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.push("gather".to_owned());
    all
}

/// The parts that have begun, as they are typed.
pub(super) fn names(folder: &Folder) -> Vec<String> {
    if !is_scattered(folder) {
        return Vec::new();
    }
    let steps = steps(folder).into_iter().map(|part| format!("{}:{}", part.step, part.item));
    let ends = ["scatter", "gather"].map(str::to_owned);
    ends.into_iter().chain(steps).collect()
}

/// How many items scatter has listed, as far as is known.
pub(super) fn items(folder: &Folder) -> u32 {
    let is_missing = |item: &u32| !branch(folder, *item).repx().is_dir();
    (0..u32::MAX).find(is_missing).unwrap_or(u32::MAX)
}

/// Has scatter begun?
fn is_scattered(folder: &Folder) -> bool {
    folder.within("scatter").repx().is_dir()
}

fn has_failed(folder: &Folder) -> bool {
    folder.state() == State::Failed
}

/// The folder of an item.
fn branch(folder: &Folder, item: u32) -> Folder {
    folder.within(&format!("branch-{item}"))
}

/// The steps of items that have begun, by item and name.
fn steps(folder: &Folder) -> Vec<Part> {
    let mut parts = Vec::new();
    for item in 0..items(folder) {
        let branch = branch(folder, item);
        let inside = branch.repx().parent().map(fs::read_dir);
        let inside = inside.into_iter().flatten().flatten().flatten();
        let names = inside.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("step-")).collect();
        names.sort();
        parts.extend(names.into_iter().filter_map(|name| {
            let failed = has_failed(&branch.within(&name));
            Some(Part { step: name.strip_prefix("step-")?.to_owned(), item, failed })
        }));
    }
    parts
}
