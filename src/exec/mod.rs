//! Running jobs on this machine.
//!
//! In come a [`Listing`](crate::sweep::Listing) with its recipes and a [`Plan`]: which of its jobs are to
//! run. Out come results in folders ([`Base`]), [`Event`]s on the way, and a [`Summary`]. No value of
//! the lab's language gets here.
//!
//! - `place`: folders, markers, the lock of a base path, processes that a killed call left behind; `seen`: the path
//!   that jobs see it by
//! - `paths`: where outputs lie
//! - `plan`, `graph`: what is to run, and after what; `following`: what follows from jobs
//! - `queue`: what is ready, and what of it there is room for
//! - `schedule`: the loop that hands work to an [`Executor`] and hears of ends
//! - `gathering`: scatter-gather jobs, whose pieces are only known when scatter has run
//! - `work`, `script`, `store`: what a piece of work reads, runs and is called with; `foreign`: what of it Nix has to
//!   make, `host`: what of it this machine lacks, `outputs`: what isn't there that was to be written
//! - `outdated`: results made from those of jobs that run again although they are done
//! - `package`: a lab's directory, as upstream's tools read it
//! - `labs`, `garbage`: which labs use a base path, and what none of them needs
//! - `debug`: a shell in a job's environment
//! - `tool`: programs of this machine, and those that turn one text into another
//! - `local`: processes of this machine, the one implementation besides those of tests; `isolation`: the same
//!   within bubblewrap
//!
//! A job is done when its marker says so, and the marker is written when all else is on the disk.

mod debug;
mod following;
mod foreign;
mod garbage;
mod gathering;
mod graph;
mod host;
mod isolation;
mod labs;
mod local;
mod machine;
mod outdated;
mod outputs;
mod package;
mod paths;
mod place;
mod plan;
mod queue;
mod schedule;
mod script;
mod seen;
mod store;
mod tool;
mod work;

pub use debug::{Inside, enter, piece};
pub use foreign::{Lacking, image, jobs_needing, store_paths};
pub use garbage::{Garbage, Waste};
pub use host::{Lack, Missing, Unable, jobs_lacking, lacks, unable};
pub use isolation::{Isolation, Mounts};
pub use labs::{LabKind, LabName, LabRecord};
pub use local::Local;
pub use machine::Machine;
pub use outdated::Readers;
pub use outputs::Unwritten;
pub use package::{Written, begin, is_package, packaged_listing, unpack_images, write_lab};
pub use paths::{placed, within_out};
pub use place::{Base, Folder, Hold, LockError, State};
pub use plan::Plan;
pub use schedule::{Ended, Event, Executor, Failure, Options, Piece, Summary, Unit, execute};
pub use store::Store;
pub use tool::{programs, through};
pub use work::Work;
