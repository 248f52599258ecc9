//! The entry, the cursor over tokens, and how errors are reported and outlived.

use super::lex::{Fault, lex};
use super::token::{Kind, Token};
use super::{Expr, ExprKind};
use crate::diagnostic::Diagnostic;
use crate::source::{SourceFile, Span};

/// How deep expressions may be nested, and how many operators or arguments may follow each other
/// without parentheses, before the parser gives up.
///
/// Nix has no such limit: its parser keeps its stack on the heap, and overflows the real one when
/// it resolves the names. No program written by hand comes near.
pub const MAX_DEPTH: u32 = 100_000;

/// After so many errors the rest of a file is not looked at: it is probably not Nix.
const MAX_ERRORS: usize = 64;

/// More than there are kinds of tokens.
const KINDS: usize = 64;
const _: () = assert!((Kind::Comma as usize) < KINDS);

/// What a file says, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The whole file. Its holes stand where diagnostics are.
    pub root: Expr,
    /// In the order of the text. Empty exactly if Nix would accept the file's syntax.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads one file.
///
/// The parser descends recursively, and so does all that handles its trees, dropping them
/// included. For files nested up to [`MAX_DEPTH`] this needs a thread with 1 GiB of stack; a
/// usual stack of 8 MiB is enough for a few thousand levels.
pub fn parse(file: &SourceFile) -> Parsed {
    let (tokens, faults) = lex(file.text());
    let mut parser = Parser {
        text: file.text(),
        base: file.start(),
        tokens,
        at: 0,
        depth: 0,
        open: Vec::new(),
        awaited: [0; KINDS],
        reported: None,
        last_argument: None,
        diagnostics: Vec::new(),
    };
    for fault in faults.into_iter().take(MAX_ERRORS) {
        parser.lexical(fault);
    }
    let root = parser.file();
    let mut diagnostics = parser.diagnostics;
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.primary.as_ref();
        place.map_or(0, |label| label.span.start)
    });
    Parsed { root, diagnostics }
}

/// Something that has to be closed.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) span: Span,
    pub(super) closer: Kind,
}

impl Open {
    fn waiting(self) -> &'static str {
        match self.closer {
            Kind::In => "this `let` waits for its `in`",
            Kind::Then => "this `if` waits for its `then`",
            Kind::Else => "this `if` waits for its `else`",
            _ => "opened here",
        }
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    base: u32,
    tokens: Vec<Token>,
    pub(super) at: usize,
    depth: u32,
    open: Vec<Open>,
    /// How many of `open` wait for each kind of token.
    awaited: [u32; KINDS],
    /// The token last complained about: no token is complained about twice.
    reported: Option<usize>,
    /// Where the last argument of the last application began, for a forgotten semicolon.
    pub(super) last_argument: Option<usize>,
    diagnostics: Vec<Diagnostic>,
}

/// Looking at tokens and taking them.
impl<'a> Parser<'a> {
    pub(super) fn token(&self, ahead: usize) -> Token {
        let end = self.text.len() as u32;
        let beyond = Token { kind: Kind::End, start: end, end };
        self.tokens.get(self.at + ahead).copied().unwrap_or(beyond)
    }

    pub(super) fn peek(&self) -> Kind {
        self.token(0).kind
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Kind {
        self.token(ahead).kind
    }

    pub(super) fn bump(&mut self) -> Token {
        let token = self.token(0);
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    pub(super) fn eat(&mut self, kind: Kind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or_default()
    }

    pub(super) fn span(&self, token: Token) -> Span {
        Span::new(self.base + token.start, self.base + token.end)
    }

    pub(super) fn here(&self) -> Span {
        self.span(self.token(0))
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> u32 {
        self.base + self.token(0).start
    }

    /// Where the last token taken ends.
    pub(super) fn end(&self) -> u32 {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        self.base + last.map_or(0, |token| token.end)
    }

    /// From `start` to the end of the last token taken.
    pub(super) fn since(&self, start: u32) -> Span {
        Span::new(start, self.end().max(start))
    }

    pub(super) fn hole(&self) -> Expr {
        let start = self.start();
        Expr { span: Span::new(start, start), kind: ExprKind::Hole }
    }
}

/// Saying what is wrong.
impl Parser<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        if self.diagnostics.len() >= MAX_ERRORS {
            self.give_up();
        }
    }

    /// Goes to the end of the file and keeps silent about what is missing there.
    fn give_up(&mut self) {
        self.at = self.tokens.len().saturating_sub(1);
        self.reported = Some(self.at);
    }

    /// Nix's message about the next token.
    pub(super) fn wording(&self, expected: &[Kind]) -> String {
        let mut message = format!("syntax error, unexpected {}", self.peek().wording());
        for (index, kind) in expected.iter().enumerate() {
            message.push_str(if index == 0 { ", expecting " } else { " or " });
            message.push_str(kind.wording());
        }
        message
    }

    /// Reports the next token, unless that has been done.
    pub(super) fn unexpected(&mut self, expected: &[Kind], help: Option<&str>) {
        let place = self.here();
        self.unexpected_at(expected, place, "", help);
    }

    /// Reports the next token with `place` as the place to look at; false if that has been done.
    pub(super) fn unexpected_at(
        &mut self,
        expected: &[Kind],
        place: Span,
        label: &str,
        help: Option<&str>,
    ) -> bool {
        if self.reported == Some(self.at) {
            return false;
        }
        self.reported = Some(self.at);
        let at_end = self.peek() == Kind::End;
        let label = match (label, self.peek()) {
            ("", Kind::End) => "the file ends here".to_owned(),
            ("", Kind::Invalid) => "no token of Nix".to_owned(),
            ("", kind) => format!("unexpected {}", kind.wording()),
            (label, _) => label.to_owned(),
        };
        let code = if at_end && !self.open.is_empty() {
            "repx::syntax::unclosed"
        } else {
            "repx::syntax::unexpected"
        };
        let mut diagnostic = Diagnostic::error(code, self.wording(expected)).at(place, label);
        let waits = self.open.last().filter(|open| {
            at_end || (expected.contains(&open.closer) && self.peek() != open.closer)
        });
        if let Some(open) = waits {
            diagnostic = diagnostic.also(open.span, open.waiting());
        }
        let help = help.map(str::to_owned).or_else(|| self.typical());
        self.report(diagnostic.maybe_help(help));
        true
    }

    /// Adds a replacement to the diagnostic just reported.
    pub(super) fn mend(&mut self, title: &str, place: Span, text: &str) {
        if let Some(last) = self.diagnostics.pop() {
            self.diagnostics.push(last.fix(title, place, text));
        }
    }

    /// Help for tokens that are typical mistakes wherever they stand.
    fn typical(&self) -> Option<String> {
        let token = self.token(0);
        let text = match (token.kind, self.slice(token)) {
            (Kind::Assign, _) => "`=` gives a name its value; to compare, write `==`",
            (Kind::Invalid, "'") => "strings are written \"…\" or ''…''",
            (Kind::Invalid, "&") => "the operator for “and” is `&&`",
            (Kind::Invalid, "|") => "the operator for “or” is `||`",
            (Kind::Invalid, "$") => "outside of strings a name stands without `$`",
            (Kind::Invalid, "\u{feff}") => {
                "this is a byte order mark: save the file as UTF-8 without one"
            }
            (Kind::Invalid, "\0") => "this is a zero byte: is the file text?",
            (Kind::Invalid, "\u{a0}") => "this is a no-break space: replace it by a space",
            (Kind::Invalid, "“" | "”" | "„" | "‘" | "’") => {
                "this is a typographic quotation mark: strings are written \"…\" or ''…''"
            }
            (Kind::BraceClose | Kind::ParenClose | Kind::BracketClose, _)
                if !self.is_awaited(token.kind) =>
            {
                "nothing is open that this could close"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn lexical(&mut self, fault: Fault) {
        let one = |at: u32| Span::new(self.base + at, self.base + at + 1);
        let diagnostic = match fault {
            Fault::TrailingSlash(at) => {
                Diagnostic::error("repx::syntax::trailing-slash", "path has a trailing slash")
                    .at(one(at), "this slash")
                    .help("a path ends with a name: leave the slash out")
                    .fix("Remove the slash", one(at), "")
            }
            Fault::OpenComment(at) => {
                let start = self.base + at;
                Diagnostic::error("repx::syntax::unclosed", "this comment has no end")
                    .at(Span::new(start, start + 2), "begins here")
                    .help("a comment that begins with `/*` ends with `*/`")
            }
            Fault::Nul { at, within: (start, end) } => {
                let text = self.text.get(start as usize..end as usize).unwrap_or_default();
                let text = text.replace('\0', "␀");
                let message = format!(
                    "input string '{text}' cannot be represented as Nix string because it contains null bytes"
                );
                Diagnostic::error("repx::syntax::nul", message).at(one(at), "a null byte")
            }
        };
        self.report(diagnostic);
    }
}

/// Going on after an error.
impl Parser<'_> {
    /// Takes `kind`, or reports its absence. `expected` is what Nix would have listed.
    pub(super) fn expect(&mut self, kind: Kind, expected: &[Kind], help: Option<&str>) -> bool {
        if self.eat(kind) {
            return true;
        }
        self.unexpected(expected, help);
        // `if a = 1 then`: read what was meant and go on.
        if self.eat(Kind::Assign) {
            self.operators(0);
            return self.eat(kind);
        }
        false
    }

    /// Takes an opening token and remembers what must close it.
    pub(super) fn begin(&mut self, closer: Kind) -> Open {
        let token = self.bump();
        let open = Open { span: self.span(token), closer };
        self.push_open(open);
        open
    }

    fn push_open(&mut self, open: Open) {
        if let Some(count) = self.awaited.get_mut(open.closer as usize) {
            *count += 1;
        }
        self.open.push(open);
    }

    /// The innermost open thing is closed.
    pub(super) fn pop_open(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        if let Some(count) = self.awaited.get_mut(open.closer as usize) {
            *count -= 1;
        }
        Some(open)
    }

    /// The innermost open thing waits for `closer` from now on.
    pub(super) fn await_instead(&mut self, closer: Kind) {
        if let Some(open) = self.pop_open() {
            self.push_open(Open { closer, ..open });
        }
    }

    /// What the innermost open thing waits for.
    pub(super) fn innermost(&self) -> Option<Kind> {
        self.open.last().map(|open| open.closer)
    }

    /// Takes the closer of the innermost open thing, skipping what cannot be read.
    pub(super) fn finish(&mut self) {
        let Some(open) = self.open.last().copied() else {
            return;
        };
        if !self.expect(open.closer, &[open.closer], None) {
            self.skip_to(open.closer);
            self.eat(open.closer);
        }
        self.pop_open();
    }

    /// Will some enclosing construct want this token?
    pub(super) fn is_awaited(&self, kind: Kind) -> bool {
        self.awaited.get(kind as usize).is_some_and(|count| *count > 0)
    }

    /// Skips to the next `stop` at this level of nesting; not beyond what encloses us.
    pub(super) fn skip_to(&mut self, stop: Kind) {
        let mut nested = 0_u32;
        loop {
            let kind = self.peek();
            if nested == 0 && (kind == stop || kind == Kind::Semicolon) {
                return;
            }
            match kind {
                Kind::End => return,
                Kind::ParenOpen | Kind::BraceOpen | Kind::BracketOpen | Kind::Interpolate => {
                    nested += 1;
                }
                Kind::ParenClose | Kind::BraceClose | Kind::BracketClose if nested > 0 => {
                    nested -= 1;
                }
                Kind::ParenClose
                | Kind::BraceClose
                | Kind::BracketClose
                | Kind::In
                | Kind::Then
                | Kind::Else
                    if nested == 0 && self.is_awaited(kind) =>
                {
                    return;
                }
                _other => {}
            }
            self.bump();
        }
    }

    /// Goes one level down; false, after a report, if that is too deep.
    pub(super) fn descend(&mut self) -> bool {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return true;
        }
        self.too_long("this expression is nested too deeply");
        false
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Reports an expression beyond [`MAX_DEPTH`].
    pub(super) fn too_long(&mut self, message: &str) {
        if self.reported != Some(self.tokens.len().saturating_sub(1)) {
            let diagnostic = Diagnostic::error("repx::syntax::too-deep", message)
                .at(self.here(), "the limit is reached here")
                .help("this is repx's own limit; split the expression with `let`");
            self.report(diagnostic);
        }
        self.give_up();
    }

    fn file(&mut self) -> Expr {
        let root = self.expr();
        if self.peek() != Kind::End {
            let bindings = self.peek() == Kind::Assign;
            let help = bindings.then_some(
                "a file is one expression: put `{ … }` around bindings; to compare, write `==`",
            );
            self.unexpected(&[Kind::End], help);
        }
        root
    }
}
