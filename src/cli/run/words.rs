//! Jobs, and numbers in a few words.

use std::time::Duration;

use super::super::find::short_id;
use super::super::listing::table::{counted, grouped, params_cell};
use super::super::listing::{clean, cut};
use crate::sweep::{Count, Listing};

/// "12", "1,000".
pub(in crate::cli) fn number(count: usize) -> String {
    grouped(Count::Exactly(count as u128))
}

/// "1 job", "2 jobs".
pub(in crate::cli) fn jobs(count: usize) -> String {
    counted(Count::Exactly(count as u128), "job")
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

/// More characters of a title than this are not shown.
const WIDTH: usize = 100;

/// A job in a few words: the beginning of its id, its run, its stage, and the values that set it apart, those of jobs
/// that it reads from in brackets.
pub(super) fn title(listing: &Listing, job: u32) -> String {
    title_in(listing, job, WIDTH)
}

/// The same in so many columns.
pub(super) fn title_in(listing: &Listing, job: u32, width: usize) -> String {
    let Some(view) = listing.job(job) else {
        return String::new();
    };
    let id = short_id(&view);
    let run = listing.runs.get(view.block().run() as usize).map_or("", |run| &*run.name);
    let values = params_cell(listing, &view);
    let title = format!("{id} {} {} {values}", clean(run), clean(&view.stage().name));
    cut(title.trim_end(), width)
}
