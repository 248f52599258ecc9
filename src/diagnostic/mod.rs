//! What we tell people, as data.
//!
//! Every room below reports trouble as a [`Diagnostic`]: a stable code, a severity, a message,
//! labels on the user's own text, help, and fixes a machine can apply. Nothing is rendered until
//! the last moment ([`render`]), so the terminal, JSON and the editor say the same thing.

mod collect;
#[cfg(test)]
pub(crate) mod golden;
mod near;
pub mod render;
pub mod stored;

pub use collect::Found;
pub use near::{did_you_mean, meant_by_nix, nearest};

use crate::source::{SourceFull, Span};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Advice,
    /// Probably a mistake; the result is still right for what was written.
    Warning,
    /// There is no result.
    Error,
}

impl Severity {
    /// Its word in records for programs.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A place and what is to be said of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
}

/// A replacement of source text that mends the problem.
///
/// Whoever offers one is certain of it: `repx check --fix` applies it without asking.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Fix {
    /// What the fix does, as an editor shows it.
    pub title: String,
    /// Texts to put in place of spans; they don't overlap.
    pub edits: Vec<(Span, String)>,
}

/// One thing to tell the user.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Diagnostic {
    /// Stable name such as `repx::eval::undefined-variable`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence, no full stop.
    pub message: String,
    /// Where it is wrong. [`Label::text`] says what is wrong there. `None` when there is no
    /// place in any source, as with a wrong command line.
    pub primary: Option<Label>,
    /// How we got there, or the other half of a conflict; any file.
    pub secondary: Vec<Label>,
    /// What was being evaluated, innermost first: in Nix's terms, then in the lab's.
    pub trace: Vec<Label>,
    /// How many of these frames are Nix's.
    pub frames_of_nix: usize,
    /// What Nix tells otherwise.
    pub nix: NixAccount,
    /// What to do about it.
    pub help: Option<String>,
    /// Replacements that mend it.
    pub fixes: Vec<Fix>,
}

/// In which rendering of an error a frame of its trace is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// In all.
    Always,
    /// For the author of a lab.
    InLabs,
    /// As Nix tells it.
    AsNix,
    /// As Nix tells it to whom wants the whole trace.
    AsNixInFull,
}

/// A frame of Nix's trace.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NixFrame {
    /// Where; [`Span::NONE`] when Nix doesn't say.
    pub span: Span,
    /// What was being evaluated.
    pub text: String,
    /// Only part of the whole trace.
    pub in_full: bool,
}

/// An error as Nix tells it, as far as that is something else.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct NixAccount {
    /// What was being evaluated, innermost first.
    pub trace: Vec<NixFrame>,
    /// Where it is wrong, if not where we say.
    pub place: Option<Span>,
    /// What it suggests after "Did you mean".
    pub meant: Option<String>,
}

/// The code of what is said when the user has asked to stop.
pub const INTERRUPTED: &str = "repx::interrupted";

impl Diagnostic {
    /// The user has asked to stop.
    pub fn interrupted() -> Diagnostic {
        Diagnostic::error(INTERRUPTED, "interrupted by the user")
    }

    /// More was to be read than places can be told in.
    pub fn too_large(full: SourceFull) -> Diagnostic {
        Diagnostic::error("repx::syntax::too-large", full.to_string())
            .help("read less at once: most often a path leads to more than was meant")
    }

    /// An error with this code and message, without places yet.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            trace: Vec::new(),
            frames_of_nix: 0,
            nix: NixAccount::default(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Advice with this code and message, without places yet.
    pub fn advice(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Advice, ..Diagnostic::error(code, message) }
    }

    /// A warning with this code and message, without places yet.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    /// Says where. A span of [`Span::NONE`] is no place and changes nothing.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        if !span.is_none() {
            self.primary = Some(Label { span, text: text.into() });
        }
        self
    }

    /// Adds a further place that plays a part.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        if !span.is_none() {
            self.secondary.push(Label { span, text: text.into() });
        }
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Says what to do about it, if there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        if help.is_some() {
            self.help = help;
        }
        self
    }

    /// Adds what was being evaluated: an outer frame, further from the cause than those before.
    #[must_use]
    pub fn within(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        let text = text.into();
        self.nix.trace.push(NixFrame { span, text: text.clone(), in_full: false });
        self.trace.push(Label { span, text });
        self
    }

    /// Says it at the innermost frame that is not in texts of a kind, if it happened in one of these.
    #[must_use]
    pub fn outside(mut self, inside: impl Fn(Span) -> bool) -> Diagnostic {
        let met = self.primary.as_ref().filter(|label| inside(label.span));
        let outside = |frame: &Label| !frame.span.is_none() && !inside(frame.span);
        if met.is_none() || self.secondary.iter().any(outside) {
            return self;
        }
        let Some(at) = self.trace.iter().position(outside) else { return self };
        let mut frame = self.trace.remove(at);
        if at < self.frames_of_nix {
            self.frames_of_nix -= 1;
        } else {
            frame.text.clear();
        }
        if let Some(label) = self.primary.replace(frame) {
            self.trace.insert(0, Label { text: "in this call".to_owned(), ..label });
            self.frames_of_nix += 1;
        }
        self
    }

    /// As [`Diagnostic::within`], for those whom it concerns.
    #[must_use]
    pub fn within_for(mut self, shown: Shown, span: Span, text: &str) -> Diagnostic {
        let in_full = match shown {
            Shown::Always => return self.within(span, text),
            Shown::InLabs => {
                self.trace.push(Label { span, text: text.to_owned() });
                return self;
            }
            Shown::AsNix => false,
            Shown::AsNixInFull => true,
        };
        self.nix.trace.push(NixFrame { span, text: text.to_owned(), in_full });
        self
    }

    /// Says which names Nix would suggest.
    #[must_use]
    pub fn meant_for_nix(mut self, meant: Option<String>) -> Diagnostic {
        self.nix.meant = meant;
        self
    }

    /// Says where Nix finds it, if elsewhere; with [`Span::NONE`] Nix names no place.
    #[must_use]
    pub fn at_for_nix(mut self, span: Span) -> Diagnostic {
        self.nix.place = Some(span);
        self
    }

    /// Adds a replacement that mends it.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        text: impl Into<String>,
    ) -> Diagnostic {
        self.fixes.push(Fix { title: title.into(), edits: vec![(span, text.into())] });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_example_reads_well() {
        golden::reads_well(&Diagnostic::interrupted());
        golden::reads_well(&Diagnostic::too_large(SourceFull));
    }
}
