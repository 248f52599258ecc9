//! What people and programs get to see.

use super::*;
use crate::source::Span;
