//! Lab → jobs.
//!
//! In comes a [`Lab`](crate::lab::Lab); out comes a [`Listing`]. For each stage the jobs are the
//! points of its *relevant* axes: those of its own parameters and of the stages it depends on,
//! so combinations that can't differ are never made. What depends on the parameters (`pname`,
//! `inputs`, `outputs`, `resources`, `run`) is evaluated once per point of the stage's *own*
//! axes, in parallel; then each job is hashed. The result doesn't depend on the number of threads.
//! This is the home of rayon: nothing above it starts parallel work.

mod draft;
mod expand;
mod facet;
mod flake;
mod identity;
mod keys;
mod list;
mod listing;
mod scatter;
mod script;
mod space;
pub mod stored;
mod wiring;

pub use flake::FlakeLab;
pub use identity::JobId;
pub use list::{Argument, Outcome, PackageSet, Request, find_entry, list};
pub use listing::{
    Facet, Job, LabInfo, Listing, RunInfo, Source, StageInfo, StageKind, Step, StepSource,
};
