//! Lab → jobs.
//!
//! In comes a [`Lab`](crate::lab::Lab); out comes a [`Listing`]. For each stage the jobs are the
//! points of its *relevant* axes: those of its own parameters and of the stages it depends on,
//! so combinations that can't differ are never made. What depends on the parameters (`pname`,
//! `inputs`, `outputs`, `resources`, `run`) is evaluated once per combination of what it really
//! reads (`tracked`), and kept as a table over the axes it depends on (`field`); then each job is
//! hashed, in parallel. The result doesn't depend on the number of threads.
//! This is the home of rayon: nothing above it starts parallel work.

mod alike;
mod classes;
mod count;
mod counts;
mod difference;
mod expand;
mod facet;
mod field;
mod flake;
mod identity;
mod ids;
mod image;
mod jobs;
mod keys;
mod kinds;
mod list;
mod listing;
mod made;
mod ordered;
mod origin;
mod overlap;
mod params;
mod part;
mod progress;
mod recipe;
mod record;
mod refusal;
#[cfg(test)]
pub(crate) mod sample;
mod scatter;
mod script;
mod settle;
mod space;
pub mod stored;
mod study;
mod tracked;
mod unread;
mod upstream;
mod view;
mod wanted;
mod wiring;
mod worded;

pub use counts::{Count, Counts, RunCount, StageCount, Unsure, Wanted, grouped};
pub use difference::{Difference, differences};
pub use flake::FlakeLab;
pub use identity::JobId;
pub use image::{Image, images};
pub use jobs::{JobBits, JobSet};
pub use list::{
    Argument, Ask, JOB_SIZE, Outcome, PackageSet, Request, examine, find_entry, is_inner, list,
    survey,
};
pub use listing::{
    Block, LabInfo, Listing, Outputs, Param, Pieces, RunInfo, StageInfo, StageKind, Step,
    StepSource, Wire, Wiring,
};
pub use ordered::in_order;
pub use origin::{Origin, OriginKind, Written};
pub use progress::Progress;
pub use recipe::{
    CORE, Content, Kit, Material, NIX_STORE, Package, PackageKind, Recipe, host_names, is_name,
    package, packages, paths_in,
};
pub use record::{AfterRecord, IDENTITY_FILE, IdentityRecord, InputRecord};
pub use view::{JobView, Picks, Source};
pub use wanted::{Asked, Known, Selection, is_one_of, meant, worth};
