//! How deep and how large values may get, before it is an error rather than the machine's end.

use super::{Eval, Evaluator};
use crate::diagnostic::Diagnostic;

/// Bytes that one string may have. A program that reaches this doubles something by mistake; Nix
/// goes on until the system ends it.
const MOST_BYTES: usize = 1 << 30;

/// Items that one list may have.
const MOST_ITEMS: usize = 1 << 27;

impl<'h> Evaluator<'h> {
    /// May a string of so many bytes be made?
    #[inline]
    pub fn room_for_text(&self, bytes: usize) -> Eval<'h, ()> {
        if bytes <= MOST_BYTES { Ok(()) } else { self.too_large("string of more than 1 GiB") }
    }

    /// May a list of so many items be made?
    #[inline]
    pub fn room_for_list(&self, items: usize) -> Eval<'h, ()> {
        if items <= MOST_ITEMS {
            Ok(())
        } else {
            self.too_large("list of more than 134,217,728 items")
        }
    }

    #[cold]
    fn too_large(&self, what: &str) -> Eval<'h, ()> {
        let message = format!("out of memory: this would be a {what}");
        let diagnostic = Diagnostic::error("repx::eval::too-large", message);
        Err(self.error_with(diagnostic.at(self.here(), "made here")))
    }
}
