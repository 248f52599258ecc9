//! Lab → jobs.
mod identity;
mod listing;
pub use identity::JobId;
pub use listing::{Facet, Job, LabInfo, Listing, RunInfo, Source, StageInfo, StageKind};
