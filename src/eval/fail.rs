//! Making errors.

use std::borrow::Cow;
use std::sync::PoisonError;

use super::{Eval, Evaluator};
use crate::diagnostic::{Diagnostic, Shown};
use crate::lower::{Place, place_of};
use crate::source::{Name, Span};
use crate::syntax::literal::attr_name;
use crate::value::{Error, ErrorKind, Frame, Thunk, Value};

/// Thunks of a circle that are told.
const MOST_OF_A_CIRCLE: u8 = 16;

/// What an error about infinite recursion comes by.
pub(super) struct Circle {
    /// The address of the thunk that needs itself.
    closes: usize,
    /// What the thunk that comes next was evaluated for.
    needed: Option<Name>,
    /// How many more are told.
    left: u8,
}

impl<'h> Evaluator<'h> {
    /// An error at the place being evaluated.
    #[cold]
    pub fn error(&self, message: impl Into<String>) -> Error<'h> {
        self.error_with(Diagnostic::error("repx::eval::error", message).at(self.here, ""))
    }

    /// An error at a place.
    #[cold]
    pub fn error_at(&self, span: Span, message: impl Into<String>) -> Error<'h> {
        let span = if span.is_none() { self.here } else { span };
        self.error_with(Diagnostic::error("repx::eval::error", message).at(span, ""))
    }

    /// An error as described.
    #[cold]
    pub fn error_with(&self, mut diagnostic: Diagnostic) -> Error<'h> {
        if diagnostic.primary.is_none() {
            diagnostic = diagnostic.at(self.here, "");
        }
        Error::new(self.local, ErrorKind::Plain, diagnostic)
    }

    /// An error that `tryEval` catches.
    #[cold]
    pub fn catchable(&self, diagnostic: Diagnostic) -> Error<'h> {
        Error::new(self.local, ErrorKind::Catchable, diagnostic)
    }

    /// An error that has passed through something.
    #[cold]
    pub fn frame(&self, error: Error<'h>, span: Span, text: impl AsRef<str>) -> Error<'h> {
        error.within(self.local, span, self.local.str(text.as_ref()))
    }

    /// An error that has passed through something that only Nix speaks of.
    #[cold]
    pub fn frame_of_nix(&self, error: Error<'h>, span: Span, text: impl AsRef<str>) -> Error<'h> {
        let text = self.local.str(text.as_ref());
        error.within_for(self.local, Frame { span, text, shown: Shown::AsNix })
    }

    /// A value of the wrong type. `wanted` has its article: "a set".
    #[cold]
    pub fn expected(&self, wanted: &str, got: Value<'h>) -> Error<'h> {
        self.expected_at(self.here, wanted, got)
    }

    /// A value of the wrong type at a place.
    #[cold]
    pub fn expected_at(&self, span: Span, wanted: &str, got: Value<'h>) -> Error<'h> {
        self.expected_as(span, wanted, got, format!("this is {}", got.a_type()))
    }

    /// A value of the wrong type at a place, of which `label` says what is wrong there.
    #[cold]
    pub fn expected_as(
        &self,
        span: Span,
        wanted: &str,
        got: Value<'h>,
        label: String,
    ) -> Error<'h> {
        let (kind, shown) = (self.kind(got), self.brief(got));
        let message = match got {
            Value::Null => format!("expected {wanted} but found null: null"),
            _ => format!("expected {wanted} but found {kind}: {shown}"),
        };
        self.error_with(Diagnostic::error("repx::eval::type", message).at(span, label))
    }

    /// What a value is, as messages say it: its type, and for a builtin its name.
    #[cold]
    pub fn kind(&self, value: Value<'h>) -> Cow<'static, str> {
        let named = |id, what| {
            let name = self.builtin(id).map_or("", |builtin| builtin.name);
            Cow::Owned(format!("the {what} '{name}'"))
        };
        match value {
            Value::Builtin(id) => named(id, "built-in function"),
            Value::Partial(partial) => {
                named(partial.builtin, "partially applied built-in function")
            }
            other => Cow::Borrowed(other.a_type()),
        }
    }

    #[cold]
    pub(super) fn stack_overflow(&self) -> Error<'h> {
        let diagnostic =
            Diagnostic::error("repx::eval::too-deep", "stack overflow; max-call-depth exceeded")
                .at(self.here, "too many calls within calls here")
                .help("a function that calls itself needs a case that ends; builtins.foldl' and builtins.genList go through long lists without calls within calls");
        Error::new(self.local, ErrorKind::TooDeep, diagnostic)
    }

    /// The thunk is needed to compute itself.
    #[cold]
    pub(super) fn infinite_recursion(&mut self, thunk: &'h Thunk<'h>) -> Error<'h> {
        let place = self.place_of_claimed(thunk);
        let span = place.map_or(self.here, |place| place.span);
        let name = place.and_then(|place| place.name);
        let label = match name {
            Some(name) => format!("`{name}` needs its own value"),
            None => "this needs its own value".to_owned(),
        };
        let diagnostic =
            Diagnostic::error("repx::eval::infinite-recursion", "infinite recursion encountered")
                .at(span, label);
        // A circle that goes through other threads is seen from one of them alone.
        if !thunk.is_claimed_by(self.me) {
            return self.error_with(diagnostic);
        }
        let closes = std::ptr::from_ref(thunk).addr();
        self.circle = Some(Box::new(Circle { closes, needed: name, left: MOST_OF_A_CIRCLE }));
        Error::new(self.local, ErrorKind::Circular, diagnostic)
    }

    fn place_of_claimed(&self, thunk: &'h Thunk<'h>) -> Option<Place> {
        let expr = thunk.claimed_expr(self.me)?;
        let programs = self.shared.programs.lock().unwrap_or_else(PoisonError::into_inner);
        programs.iter().find_map(|program| place_of(program, expr))
    }

    /// An error on its way out of a thunk: of infinite recursion each thunk of the circle is told.
    #[cold]
    #[inline(never)]
    pub(super) fn around_circle(&mut self, thunk: &'h Thunk<'h>, error: Error<'h>) -> Error<'h> {
        if error.kind() != ErrorKind::Circular {
            return error;
        }
        let Some(mut circle) = self.circle.take() else { return error };
        let closed = circle.closes == std::ptr::from_ref(thunk).addr();
        if circle.left == 0 && !closed {
            self.circle = Some(circle);
            return error;
        }
        circle.left = circle.left.saturating_sub(1);
        let place = self.place_of_claimed(thunk);
        let told = |name: Option<Name>| name.map(|name| format!("`{name}`"));
        let needed = told(circle.needed).unwrap_or_else(|| "that value".to_owned());
        let name = place.and_then(|place| place.name);
        let own = told(name).unwrap_or_else(|| "this".to_owned());
        let text = self.local.str(&format!("{own} needs {needed}"));
        let span = place.map_or(Span::NONE, |place| place.span);
        let frame = Frame { span, text, shown: Shown::InLabs };
        circle.needed = name;
        // With one part only, the cause says it all.
        let alone = circle.left + 1 == MOST_OF_A_CIRCLE;
        if closed && alone {
            return error.as_plain(self.local);
        }
        if closed {
            return error.after_circle(self.local, frame);
        }
        self.circle = Some(circle);
        error.within_for(self.local, frame)
    }

    /// A result, with a frame added when it is an error.
    pub fn framed<T>(
        &self,
        result: Eval<'h, T>,
        span: Span,
        text: impl FnOnce() -> String,
    ) -> Eval<'h, T> {
        result.map_err(|error| self.frame(error, span, text()))
    }
}

/// An attribute's name as messages quote it: as it would be written.
pub(super) fn written(name: Name) -> String {
    let mut text = String::new();
    attr_name(&mut text, name);
    text
}
