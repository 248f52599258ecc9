//! `repx instantiate`.
use super::Exit;
use super::arguments::{InstantiateOptions, Terminal};
pub(super) fn run(_o: &InstantiateOptions, _t: &Terminal) -> Exit {
    Exit::Wrong
}
