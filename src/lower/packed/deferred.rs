//! An expression that is still bytes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::super::Expr;
use super::nodes::Packed;
use super::read::{Blob, Frames, Reader};
use crate::source::Span;

/// An expression that is read when it is first asked for.
pub struct Deferred {
    read: OnceLock<Expr>,
    blob: Arc<Blob>,
    range: Range<usize>,
    frames: Frames,
}

impl Deferred {
    pub(super) fn new(blob: Arc<Blob>, range: Range<usize>, frames: Frames) -> Deferred {
        Deferred { read: OnceLock::new(), blob, range, frames }
    }

    /// The expression. Bytes that are none (which a checksum should have caught) are a hole.
    #[inline]
    pub fn expr(&self) -> &Expr {
        match self.read.get() {
            Some(expr) => expr,
            None => self.read(),
        }
    }

    #[cold]
    fn read(&self) -> &Expr {
        self.read.get_or_init(|| {
            let mut reader = Reader::new(&self.blob, self.range.clone(), self.frames.clone());
            Expr::unpack(&mut reader).unwrap_or_else(|| Expr::Hole(Box::new(Span::NONE)))
        })
    }

    /// The expression, if it has been asked for.
    pub fn known(&self) -> Option<&Expr> {
        self.read.get()
    }
}

impl std::fmt::Debug for Deferred {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.expr().fmt(f)
    }
}
