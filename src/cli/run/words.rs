//! Jobs, and numbers in a few words.

use std::time::Duration;

use super::super::find::short_id;
use crate::sweep::Listing;

/// "1 job", "2 jobs".
pub(in crate::cli) fn jobs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "job" } else { "jobs" })
}

/// "1 container image", "2 container images".
pub(in crate::cli) fn images(count: usize) -> String {
    format!("{count} container {}", if count == 1 { "image" } else { "images" })
}

/// "0.25 s", "12 s", "3 min 5 s", "2 h 5 min".
pub(in crate::cli) fn seconds(took: Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.2} s", took.as_secs_f64()),
        whole @ 10..60 => format!("{whole} s"),
        whole @ 60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        whole => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A job in a few words: the beginning of its id, its run, its stage, its parameters.
pub(super) fn title(listing: &Listing, job: u32) -> String {
    let Some(view) = listing.job(job) else {
        return String::new();
    };
    let id = short_id(&view);
    let run = listing.runs.get(view.block().run() as usize).map_or("", |run| &*run.name);
    let mut title = format!("{id} {run} {}", view.stage().name);
    for (name, json) in view.params() {
        title.push_str(&format!(" {name}={}", json.trim_matches('"')));
    }
    match title.char_indices().nth(100) {
        Some((at, _)) => format!("{}…", title.get(..at).unwrap_or_default()),
        None => title,
    }
}
