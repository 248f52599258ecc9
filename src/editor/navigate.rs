//! Where a thing is defined, and where else it is.

use std::path::Path;

use super::Known;
use super::text::Place;

/// Where the thing at an offset is defined. Several, where it is defined in several places; a file as
/// a whole is its first byte.
pub fn definition(_known: &Known<'_>, _path: &Path, _offset: u32) -> Vec<Place> {
    Vec::new()
}

/// All places of the thing at an offset, its definition among them if that is wanted.
pub fn references(
    _known: &Known<'_>,
    _path: &Path,
    _offset: u32,
    _with_definition: bool,
) -> Vec<Place> {
    Vec::new()
}
