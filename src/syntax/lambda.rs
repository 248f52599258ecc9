//! Functions and what they take.

use std::collections::BTreeMap;

use super::parse::Parser;
use super::token::Kind;
use super::{Expr, ExprKind, Formal, Param};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};

impl Parser<'_> {
    /// Does the brace that comes next open formals, not a set?
    pub(super) fn formals_follow(&self) -> bool {
        match (self.peek_at(1), self.peek_at(2)) {
            (Kind::Ellipsis, _) => true,
            (Kind::BraceClose, next) => matches!(next, Kind::Colon | Kind::At),
            (Kind::Id, next) => matches!(next, Kind::Comma | Kind::Question | Kind::BraceClose),
            _ => false,
        }
    }

    /// `x: e`, `x@{ … }: e`, `{ … }: e`, `{ … }@x: e`
    pub(super) fn lambda(&mut self) -> Expr {
        let start = self.start();
        let param =
            if self.peek() == Kind::BraceOpen { self.formals_first() } else { self.name_first() };
        self.expect_colon(&param);
        let body = Box::new(self.expr());
        self.node(start, ExprKind::Lambda { param: Box::new(param), body })
    }

    fn expect_colon(&mut self, param: &Param) {
        let bare = matches!(param, Param::Formals { at: None, .. });
        let expected: &[Kind] = if bare { &[Kind::Colon, Kind::At] } else { &[Kind::Colon] };
        let help = if bare {
            "this reads as a function's argument: `{ a, b }: body`; a set needs `{ inherit a; }` or `{ a = …; }`"
        } else {
            "between a function's argument and its body stands `:`"
        };
        if !self.expect(Kind::Colon, expected, Some(help)) && self.peek() == Kind::Semicolon {
            // The body is missing too: nothing more to say about this place.
            self.unexpected(&[], None);
        }
    }

    fn name(&mut self) -> Option<(Name, Span)> {
        if self.peek() != Kind::Id {
            self.unexpected(&[Kind::Id], None);
            return None;
        }
        let token = self.bump();
        Some((Name::new(self.slice(token)), self.span(token)))
    }

    fn name_first(&mut self) -> Param {
        let token = self.bump();
        let (name, span) = (Name::new(self.slice(token)), self.span(token));
        if !self.eat(Kind::At) {
            return Param::Name { name, span };
        }
        if self.peek() != Kind::BraceOpen {
            self.unexpected(
                &[Kind::BraceOpen],
                Some("`@` names a set of arguments: `x@{ a, b }: …`"),
            );
            return Param::Name { name, span };
        }
        let (formals, ellipsis, braces) = self.formals();
        self.formals_param(formals, ellipsis, braces, Some((name, span)))
    }

    fn formals_first(&mut self) -> Param {
        let (formals, ellipsis, braces) = self.formals();
        let at = if self.eat(Kind::At) { self.name() } else { None };
        self.formals_param(formals, ellipsis, braces, at)
    }

    fn formals_param(
        &mut self,
        formals: Vec<Formal>,
        ellipsis: bool,
        span: Span,
        at: Option<(Name, Span)>,
    ) -> Param {
        let names = formals.iter().map(|formal| (formal.name, formal.span));
        let mut seen = BTreeMap::new();
        let mut twice = Vec::new();
        for (name, span) in names.chain(at) {
            match seen.get(&name) {
                Some(first) => twice.push((name, span, *first)),
                None => drop(seen.insert(name, span)),
            }
        }
        for (name, span, first) in twice {
            let message = format!("duplicate formal function argument '{name}'");
            let diagnostic = Diagnostic::error("repx::syntax::duplicate-formal", message)
                .at(span, "a second time")
                .also(first, "first here");
            self.report(diagnostic);
        }
        Param::Formals { formals, ellipsis, at, span }
    }

    fn formals(&mut self) -> (Vec<Formal>, bool, Span) {
        let start = self.start();
        self.begin(Kind::BraceClose);
        let mut formals = Vec::new();
        let mut ellipsis = false;
        loop {
            match self.peek() {
                Kind::Id => formals.push(self.formal()),
                Kind::Ellipsis => {
                    self.bump();
                    ellipsis = true;
                    if self.peek() != Kind::BraceClose {
                        self.unexpected(&[Kind::BraceClose], Some("`...` comes last"));
                    }
                    self.eat(Kind::Comma);
                    continue;
                }
                Kind::BraceClose | Kind::End => break,
                _ => {
                    let expected = [Kind::Id, Kind::Ellipsis, Kind::BraceClose];
                    self.unexpected(&expected, None);
                    self.skip_formal();
                }
            }
            if !self.eat(Kind::Comma) {
                if matches!(self.peek(), Kind::BraceClose | Kind::End) {
                    break;
                }
                self.after_formal();
                if !matches!(self.peek(), Kind::Id | Kind::Ellipsis) {
                    break;
                }
            }
        }
        self.finish_formals();
        (formals, ellipsis, self.since(start))
    }

    fn finish_formals(&mut self) {
        if self.peek() != Kind::BraceClose {
            self.unexpected(&[Kind::BraceClose, Kind::Comma], None);
        }
        self.finish();
    }

    fn formal(&mut self) -> Formal {
        let token = self.bump();
        let default = self.eat(Kind::Question).then(|| self.expr());
        Formal { name: Name::new(self.slice(token)), span: self.span(token), default }
    }

    /// Something other than a comma follows a formal.
    fn after_formal(&mut self) {
        let help = match self.peek() {
            Kind::Assign => "a default is written with `?`: `{ a ? 1 }: …`",
            Kind::Semicolon => "arguments are separated by commas: `{ a, b }: …`",
            Kind::Id | Kind::Ellipsis => "is a comma missing?",
            _ => "arguments are separated by commas",
        };
        self.unexpected(&[Kind::BraceClose, Kind::Comma], Some(help));
        if !matches!(self.peek(), Kind::Id | Kind::Ellipsis) {
            self.skip_formal();
            self.eat(Kind::Comma);
        }
    }

    fn skip_formal(&mut self) {
        loop {
            self.skip_to(Kind::Comma);
            // A semicolon ends nothing among formals.
            if !self.eat(Kind::Semicolon) {
                return;
            }
        }
    }
}
