//! Value → lab.
mod resources;
pub use resources::{Duration, HintError, Memory, Resources};

/// How much a run needs another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// All jobs of the other run must have succeeded, and are inputs of this one.
    Hard,
    /// This run comes after the other, and may read its metadata.
    Soft,
}

impl Need {
    /// As labs write it.
    pub fn word(self) -> &'static str {
        match self {
            Need::Hard => "hard",
            Need::Soft => "soft",
        }
    }
}
