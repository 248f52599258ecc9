//! Errors of evaluation.
//!
//! An error is one word: it travels through every `Result` of the evaluator and is kept in the
//! thunk that failed. It is a chain: what went wrong, then what was being evaluated, innermost
//! first. Frames are added while the error travels outwards.

use super::Local;
use crate::diagnostic::{Diagnostic, Shown};
use crate::source::Span;

/// What went wrong, and what was being evaluated.
#[derive(Clone, Copy)]
pub struct Error<'h>(&'h Node<'h>);

enum Node<'h> {
    Cause {
        kind: ErrorKind,
        diagnostic: &'h Diagnostic,
    },
    /// Knows the kind of its cause: a long chain need not be walked for it.
    Within {
        inner: Error<'h>,
        kind: ErrorKind,
        frame: Frame<'h>,
    },
}

/// Errors that some part of the program treats in its own way.
///
/// Thunks keep the first two: of the others it depends on who asks whether they come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `throw`, `assert`, a missing `<path>`: what `tryEval` catches (Nix manual, `tryEval`).
    Catchable,
    /// Everything else that is wrong with the program.
    Plain,
    /// Infinite recursion, as long as what the error passes is part of the circle.
    Circular,
    /// The user interrupted.
    Interrupted,
    /// Too many calls within calls, or no stack left: another evaluation, begun further up, may
    /// still succeed.
    TooDeep,
    /// Who evaluates ahead of its turn has come to something that must be done in its turn.
    OutOfTurn,
}

/// Something that was being evaluated when an error passed.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'h> {
    /// Where, in the source.
    pub span: Span,
    /// What ("while calling the 'map' builtin").
    pub text: &'h str,
    /// For whom.
    pub shown: Shown,
}

impl<'h> Error<'h> {
    /// A new error.
    #[cold]
    pub fn new(local: Local<'h>, kind: ErrorKind, diagnostic: Diagnostic) -> Error<'h> {
        let diagnostic = local.heap().keep(diagnostic);
        Error(local.alloc(Node::Cause { kind, diagnostic }))
    }

    /// The same error, passed through something more.
    #[cold]
    #[must_use]
    pub fn within(self, local: Local<'h>, span: Span, text: &'h str) -> Error<'h> {
        self.within_for(local, Frame { span, text, shown: Shown::Always })
    }

    /// As [`Error::within`], with a frame that not all are shown.
    #[cold]
    #[must_use]
    pub fn within_for(self, local: Local<'h>, frame: Frame<'h>) -> Error<'h> {
        let kind = self.kind();
        Error(local.alloc(Node::Within { inner: self, kind, frame }))
    }

    /// The same error, passed through the last part of the circle that it is about.
    #[cold]
    #[must_use]
    pub fn after_circle(self, local: Local<'h>, frame: Frame<'h>) -> Error<'h> {
        Error(local.alloc(Node::Within { inner: self, kind: ErrorKind::Plain, frame }))
    }

    /// The same error, no longer about a circle that it is in.
    #[cold]
    #[must_use]
    pub fn as_plain(self, local: Local<'h>) -> Error<'h> {
        match self.0 {
            Node::Cause { diagnostic, .. } => {
                Error(local.alloc(Node::Cause { kind: ErrorKind::Plain, diagnostic }))
            }
            Node::Within { inner, frame, .. } => {
                let frame = *frame;
                Error(local.alloc(Node::Within { inner: *inner, kind: ErrorKind::Plain, frame }))
            }
        }
    }

    /// Which kind.
    pub fn kind(self) -> ErrorKind {
        match self.0 {
            Node::Cause { kind, .. } | Node::Within { kind, .. } => *kind,
        }
    }

    fn cause(self) -> &'h Diagnostic {
        let mut node = self.0;
        loop {
            match node {
                Node::Cause { diagnostic, .. } => return diagnostic,
                Node::Within { inner, .. } => node = inner.0,
            }
        }
    }

    /// The whole story: the cause with its trace, innermost first.
    pub fn diagnostic(self) -> Diagnostic {
        let mut frames = Vec::new();
        let mut node = self.0;
        let mut diagnostic = loop {
            match node {
                Node::Cause { diagnostic, .. } => break (*diagnostic).clone(),
                Node::Within { inner, frame, .. } => {
                    frames.push(frame);
                    node = inner.0;
                }
            }
        };
        for frame in frames.into_iter().rev() {
            diagnostic = diagnostic.within_for(frame.shown, frame.span, frame.text);
        }
        // What is added from here on is said of the lab.
        diagnostic.frames_of_nix = diagnostic.trace.len();
        diagnostic
    }
}

impl std::fmt::Debug for Error<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.cause().message)
    }
}
