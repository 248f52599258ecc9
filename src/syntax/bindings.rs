//! Sets, `let`, and the names in them.

use super::parse::Parser;
use super::token::Kind;
use super::{AttrName, Binding, Expr, ExprKind, Part};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};

/// What bindings stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// `let … in`
    Let,
    /// `{ … }`
    Plain,
    /// `rec { … }`, `let { … }`
    Recursive,
}

impl Block {
    fn end(self) -> Kind {
        match self {
            Block::Let => Kind::In,
            Block::Plain | Block::Recursive => Kind::BraceClose,
        }
    }

    /// What Nix lists as expected where a binding could begin.
    fn binding_or(self) -> &'static [Kind] {
        match self {
            Block::Let => &[Kind::In, Kind::Inherit],
            Block::Plain => &[Kind::Inherit],
            Block::Recursive => &[Kind::Inherit, Kind::BraceClose],
        }
    }
}

impl Parser<'_> {
    /// `{ … }`, the brace being next.
    pub(super) fn braced_set(&mut self, recursive: bool) -> ExprKind {
        if self.peek() != Kind::BraceOpen {
            self.unexpected(&[Kind::BraceOpen], Some("`rec` stands before a set: `rec { … }`"));
            return ExprKind::Hole;
        }
        self.begin(Kind::BraceClose);
        let block = if recursive { Block::Recursive } else { Block::Plain };
        let bindings = self.bindings(block);
        self.finish();
        ExprKind::Set { recursive, bindings }
    }

    pub(super) fn let_in(&mut self) -> Expr {
        let start = self.start();
        self.begin(Kind::In);
        let bindings = self.bindings(Block::Let);
        for binding in &bindings {
            self.check_let(binding);
        }
        self.finish();
        let body = Box::new(self.expr());
        self.node(start, ExprKind::Let { bindings, body })
    }

    fn check_let(&mut self, binding: &Binding) {
        if let Binding::Assign { path, .. } = binding
            && let Some(AttrName::Dynamic(name)) = path.first()
        {
            let message = "dynamic attributes not allowed in let";
            let diagnostic = Diagnostic::error("repx::syntax::dynamic-attribute", message)
                .at(name.span, "this name is computed")
                .help("names in `let` are fixed; a set `{ ${name} = …; }` can compute them");
            self.report(diagnostic);
        }
    }

    /// Bindings up to what ends the block, which stays.
    pub(super) fn bindings(&mut self, block: Block) -> Vec<Binding> {
        let until = block.end();
        let mut bindings = Vec::new();
        loop {
            let kind = self.peek();
            let assigns = matches!(self.peek_at(1), Kind::Assign | Kind::Dot);
            if kind == Kind::Inherit {
                bindings.push(self.inherit());
            } else if kind.starts_name() {
                bindings.push(self.assign());
            } else if kind.is_keyword() && assigns {
                self.report_keyword(block);
                bindings.push(self.assign());
            } else if kind == until {
                return bindings;
            } else {
                self.report_no_binding(block);
                if kind == Kind::End || self.is_awaited(kind) {
                    return bindings;
                }
                self.bump();
                if kind != Kind::Semicolon {
                    self.skip_to(until);
                    self.eat(Kind::Semicolon);
                }
            }
        }
    }

    fn report_keyword(&mut self, block: Block) {
        let word = self.slice(self.token(0));
        let help = format!("`{word}` is a keyword; as a name, write it in quotes: \"{word}\"");
        self.unexpected(block.binding_or(), Some(&help));
    }

    fn report_no_binding(&mut self, block: Block) {
        let help = match self.peek() {
            Kind::Semicolon => Some("one `;` ends a binding"),
            Kind::Comma => Some("bindings end with `;`, not with commas"),
            _ if block == Block::Let => Some("the bindings of `let` end with `in`"),
            _ => None,
        };
        self.unexpected(block.binding_or(), help);
    }

    fn assign(&mut self) -> Binding {
        let start = self.start();
        let path = self.attr_path();
        if !self.assign_sign() {
            let value = self.hole();
            self.skip_to(Kind::Semicolon);
            self.eat(Kind::Semicolon);
            let span = self.since(start);
            return Binding::Assign { path, value, span };
        }
        self.last_argument = None;
        let mut value = self.expr();
        self.semicolon(&mut value);
        let span = self.since(start);
        Binding::Assign { path, value, span }
    }

    /// `=`, or what was written instead; false if nothing like a value follows.
    fn assign_sign(&mut self) -> bool {
        if self.eat(Kind::Assign) {
            return true;
        }
        let in_let = self.innermost() == Some(Kind::In);
        let help = match self.peek() {
            Kind::Colon | Kind::Equal => "between a name and its value stands `=`",
            Kind::End | Kind::BraceClose | Kind::ParenClose if in_let => {
                "the bindings of `let` end with `in`: is it missing before this name?"
            }
            Kind::Semicolon | Kind::BraceClose | Kind::Comma => {
                "to take the name from the surrounding scope, write `inherit name;`"
            }
            _ => "a binding is written `name = value;`",
        };
        self.unexpected(&[Kind::Dot, Kind::Assign], Some(help));
        self.eat(Kind::Colon) || self.eat(Kind::Equal)
    }

    /// The semicolon after a binding.
    fn semicolon(&mut self, value: &mut Expr) {
        if self.eat(Kind::Semicolon) {
            return;
        }
        if self.peek() == Kind::Comma {
            let place = self.here();
            let help = Some("bindings end with `;`, not with commas");
            if self.unexpected_at(&[Kind::Semicolon], place, "", help) {
                self.mend("Write `;` instead", place, ";");
            }
            self.bump();
            return;
        }
        let stray = matches!(
            self.peek(),
            Kind::ParenClose | Kind::BracketClose | Kind::Colon | Kind::Invalid
        );
        if stray && !self.is_awaited(self.peek()) {
            self.unexpected(&[Kind::Semicolon], None);
            self.skip_to(Kind::Semicolon);
            self.eat(Kind::Semicolon);
            return;
        }
        // `a = 1 b = 2`: Nix has read `1 b` when it meets the second `=`.
        let next_name = (self.peek() == Kind::Assign)
            .then_some(self.last_argument)
            .flatten()
            .filter(|_| drop_last_argument(value));
        let unexpected = self.at;
        let place = self.after_token_before(next_name.unwrap_or(unexpected));
        self.report_semicolon(place);
        if let Some(name) = next_name {
            self.at = name;
        } else if !(self.peek().starts_name() || self.is_awaited(self.peek()))
            && self.peek() != Kind::Inherit
        {
            self.skip_to(Kind::Semicolon);
            self.eat(Kind::Semicolon);
        }
    }

    fn after_token_before(&mut self, index: usize) -> Span {
        let now = std::mem::replace(&mut self.at, index);
        let end = self.end();
        self.at = now;
        Span::new(end, end)
    }

    fn report_semicolon(&mut self, place: Span) {
        let help = Some("every binding ends with `;`");
        if self.unexpected_at(&[Kind::Semicolon], place, "`;` is missing here", help) {
            self.mend("Insert `;`", place, ";");
        }
    }

    fn inherit(&mut self) -> Binding {
        let start = self.start();
        self.bump();
        let from = (self.peek() == Kind::ParenOpen).then(|| {
            self.begin(Kind::ParenClose);
            let from = self.expr();
            self.finish();
            Box::new(from)
        });
        let mut names = Vec::new();
        while self.peek().starts_name() {
            match self.attr_name() {
                AttrName::Static { name, span } => names.push((name, span)),
                AttrName::Dynamic(expr) => self.report_dynamic_inherit(expr.span),
            }
        }
        if !self.eat(Kind::Semicolon) {
            self.after_inherit();
        }
        let span = self.since(start);
        Binding::Inherit { from, names, span }
    }

    fn report_dynamic_inherit(&mut self, span: Span) {
        let message = "dynamic attributes not allowed in inherit";
        let diagnostic = Diagnostic::error("repx::syntax::dynamic-attribute", message)
            .at(span, "this name is computed")
            .help("write `${name} = set.${name};` instead");
        self.report(diagnostic);
    }

    fn after_inherit(&mut self) {
        match self.peek() {
            Kind::Comma | Kind::Dot => {
                let help = "`inherit` takes plain names separated by spaces: `inherit a b;`, or `inherit (set) a b;`";
                self.unexpected(&[], Some(help));
            }
            _ => {
                let place = self.since(self.end());
                self.unexpected_at(
                    &[],
                    place,
                    "`;` is missing here",
                    Some("`inherit` ends with `;`"),
                );
            }
        }
        // `inherit a b = 1;`: nothing tells where the names end, so the line is lost.
        if !self.is_awaited(self.peek()) {
            self.skip_to(Kind::Semicolon);
            self.eat(Kind::Semicolon);
        }
    }

    /// `a.b.${c}`: at least one name.
    pub(super) fn attr_path(&mut self) -> Vec<AttrName> {
        let mut path = vec![self.attr_name()];
        while self.eat(Kind::Dot) {
            path.push(self.attr_name());
        }
        path
    }

    fn attr_name(&mut self) -> AttrName {
        let start = self.start();
        let token = self.token(0);
        match token.kind {
            Kind::Quote => {
                let parts = self.string();
                name_of(self.node(start, ExprKind::Text(parts)), self.since(start))
            }
            Kind::Interpolate => {
                self.begin(Kind::BraceClose);
                let expr = self.expr();
                self.finish();
                name_of(expr, self.since(start))
            }
            Kind::Id | Kind::OrWord => {
                self.bump();
                AttrName::Static { name: Name::new(self.slice(token)), span: self.span(token) }
            }
            kind if kind.is_keyword() && self.keyword_is_name() => {
                let word = self.slice(token);
                let help =
                    format!("`{word}` is a keyword; as a name, write it in quotes: \"{word}\"");
                self.unexpected(&NAMES, Some(&help));
                self.bump();
                AttrName::Static { name: Name::new(word), span: self.span(token) }
            }
            _ => {
                self.unexpected(&NAMES, None);
                AttrName::Dynamic(Box::new(self.hole()))
            }
        }
    }

    /// `a.in = 1` and `{ if = 1; }`, but not the `in` of `let x = a. in`.
    fn keyword_is_name(&self) -> bool {
        matches!(self.peek_at(1), Kind::Assign | Kind::Dot | Kind::Semicolon | Kind::BraceClose)
    }
}

const NAMES: [Kind; 4] = [Kind::Id, Kind::OrWord, Kind::Interpolate, Kind::Quote];

/// A name given by an expression: a plain string, however it is written, is a static name.
fn name_of(expr: Expr, span: Span) -> AttrName {
    let name = match &expr.kind {
        ExprKind::Uri(text) => Some(Name::new(text)),
        ExprKind::Text(parts) => match parts.as_slice() {
            [] => Some(Name::new("")),
            [Part::Literal(text)] => Some(Name::new(text)),
            _ => None,
        },
        _ => None,
    };
    match name {
        Some(name) => AttrName::Static { name, span },
        None => AttrName::Dynamic(Box::new(expr)),
    }
}

/// Takes the last argument off an expression that ends with an application to a name.
fn drop_last_argument(value: &mut Expr) -> bool {
    match &mut value.kind {
        ExprKind::Binary { right: last, .. }
        | ExprKind::Unary { operand: last, .. }
        | ExprKind::If { no: last, .. }
        | ExprKind::Lambda { body: last, .. }
        | ExprKind::With { body: last, .. }
        | ExprKind::Assert { body: last, .. }
        | ExprKind::Let { body: last, .. } => return drop_last_argument(last),
        ExprKind::Apply { argument, .. } if is_name(argument) => {}
        _other => return false,
    }
    let kind = std::mem::replace(&mut value.kind, ExprKind::Hole);
    if let ExprKind::Apply { function, .. } = kind {
        *value = *function;
    }
    true
}

/// Could the expression be the name in a binding?
fn is_name(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Var(_) | ExprKind::Text(_) => true,
        ExprKind::Select { default, .. } => default.is_none(),
        _other => false,
    }
}
