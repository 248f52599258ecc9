//! Expressions, by the grammar and the precedences of Nix 2.34's `parser.y`.

use super::parse::{MAX_DEPTH, Parser};
use super::token::{Kind, Token};
use super::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};

/// How operators of one level group.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Left,
    Right,
    /// `a < b < c` is an error.
    None,
}

/// Operands of `!` reach as far as operators stronger than this.
const NOT: u8 = 7;
const HAS: u8 = 11;
const NEGATE: u8 = 12;

fn infix(kind: Kind) -> Option<(u8, Grouping, BinaryOp)> {
    use Grouping::{Left, None as Non, Right};
    Some(match kind {
        Kind::Implies => (1, Right, BinaryOp::Implies),
        Kind::Or => (2, Left, BinaryOp::Or),
        Kind::And => (3, Left, BinaryOp::And),
        Kind::Equal => (4, Non, BinaryOp::Equal),
        Kind::NotEqual => (4, Non, BinaryOp::NotEqual),
        Kind::Less => (5, Non, BinaryOp::Less),
        Kind::LessEqual => (5, Non, BinaryOp::LessOrEqual),
        Kind::More => (5, Non, BinaryOp::More),
        Kind::MoreEqual => (5, Non, BinaryOp::MoreOrEqual),
        Kind::Update => (6, Right, BinaryOp::Update),
        Kind::Plus => (8, Left, BinaryOp::Add),
        Kind::Minus => (8, Left, BinaryOp::Sub),
        Kind::Times => (9, Left, BinaryOp::Mul),
        Kind::Slash => (9, Left, BinaryOp::Div),
        Kind::Concat => (10, Right, BinaryOp::Concat),
        _ => return None,
    })
}

const PARENTHESES: &str = "put parentheses around it";

impl Parser<'_> {
    pub(super) fn node(&self, start: u32, kind: ExprKind) -> Expr {
        Expr { span: self.since(start), kind }
    }

    /// Any expression.
    pub(super) fn expr(&mut self) -> Expr {
        if !self.descend() {
            self.ascend();
            return self.hole();
        }
        let expr = self.expr_here();
        self.ascend();
        expr
    }

    fn expr_here(&mut self) -> Expr {
        match (self.peek(), self.peek_at(1)) {
            (Kind::Id, Kind::Colon | Kind::At) => self.lambda(),
            (Kind::BraceOpen, _) if self.formals_follow() => self.lambda(),
            (Kind::Let, next) if next != Kind::BraceOpen => self.let_in(),
            (Kind::With, _) => self.with(),
            (Kind::Assert, _) => self.assert(),
            (Kind::If, _) => self.conditional(),
            _ => self.pipes(),
        }
    }

    /// `keyword head; body`
    fn head_and_body(&mut self, what: &str) -> (u32, Box<Expr>, Box<Expr>) {
        let start = self.start();
        self.bump();
        let head = Box::new(self.expr());
        let help = format!("`{what}` ends with `;` before the expression it stands for");
        if !self.expect(Kind::Semicolon, &[Kind::Semicolon], Some(&help)) {
            self.skip_to(Kind::Semicolon);
            self.eat(Kind::Semicolon);
        }
        let body = Box::new(self.expr());
        (start, head, body)
    }

    fn with(&mut self) -> Expr {
        let (start, scope, body) = self.head_and_body("with scope");
        self.node(start, ExprKind::With { scope, body })
    }

    fn assert(&mut self) -> Expr {
        let (start, condition, body) = self.head_and_body("assert condition");
        self.node(start, ExprKind::Assert { condition, body })
    }

    fn conditional(&mut self) -> Expr {
        let start = self.start();
        self.begin(Kind::Then);
        let condition = Box::new(self.expr());
        self.branch(Kind::Then, None);
        let yes = Box::new(self.expr());
        let help = "`if` is an expression: it always needs an `else`";
        self.branch(Kind::Else, Some(help));
        let no = Box::new(self.expr());
        self.node(start, ExprKind::If { condition, yes, no })
    }

    /// `then` or `else`, which the innermost open thing waits for.
    fn branch(&mut self, word: Kind, help: Option<&str>) {
        if !self.expect(word, &[word], help) {
            self.skip_to(word);
            self.eat(word);
        }
        if word == Kind::Then {
            self.await_instead(Kind::Else);
        } else {
            self.pop_open();
        }
    }

    /// Operators, and the pipes that Nix has as an experiment only.
    fn pipes(&mut self) -> Expr {
        let start = self.start();
        let mut left = self.operators(0);
        while matches!(self.peek(), Kind::PipeInto | Kind::PipeFrom) {
            let token = self.bump();
            self.report_pipe(token);
            let right = self.operators(0);
            let (function, argument) =
                if token.kind == Kind::PipeInto { (right, left) } else { (left, right) };
            let kind =
                ExprKind::Apply { function: Box::new(function), argument: Box::new(argument) };
            left = self.node(start, kind);
        }
        left
    }

    fn report_pipe(&mut self, token: Token) {
        let message = "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' to enable it";
        let diagnostic = Diagnostic::error("repx::syntax::experimental", message)
            .at(self.span(token), "a pipe operator")
            .help("repx doesn't have this feature; write `f x` instead of `x |> f` and `f <| x`");
        self.report(diagnostic);
    }

    /// Operators of strength `min` and above.
    pub(super) fn operators(&mut self, min: u8) -> Expr {
        if !self.descend() {
            self.ascend();
            return self.hole();
        }
        let start = self.start();
        let mut left = self.prefixed();
        let mut lone = None;
        for count in 0.. {
            if self.peek() == Kind::Question && HAS >= min {
                left = self.has_attribute(start, left);
            } else if let Some((level, grouping, op)) = infix(self.peek())
                && level >= min
            {
                if lone == Some(level) {
                    let help =
                        "comparisons don't chain: combine them with `&&`, or use parentheses";
                    self.unexpected(&[], Some(help));
                }
                lone = (grouping == Grouping::None).then_some(level);
                let above = level + u8::from(grouping != Grouping::Right);
                left = self.binary(start, left, op, above);
            } else {
                break;
            }
            if count >= MAX_DEPTH {
                self.too_long("this expression is too long");
            }
        }
        self.ascend();
        left
    }

    fn prefixed(&mut self) -> Expr {
        let (op, strength) = match self.peek() {
            Kind::Not => (UnaryOp::Not, NOT),
            Kind::Minus => (UnaryOp::Negate, NEGATE),
            _ => return self.application(),
        };
        let start = self.start();
        self.bump();
        let operand = Box::new(self.operators(strength + 1));
        self.node(start, ExprKind::Unary { op, operand })
    }

    fn binary(&mut self, start: u32, left: Expr, op: BinaryOp, above: u8) -> Expr {
        let token = self.bump();
        let right = self.operators(above);
        let kind = ExprKind::Binary {
            op,
            op_span: self.span(token),
            left: Box::new(left),
            right: Box::new(right),
        };
        self.node(start, kind)
    }

    fn has_attribute(&mut self, start: u32, from: Expr) -> Expr {
        self.bump();
        let path = self.attr_path();
        let from = Box::new(from);
        self.node(start, ExprKind::HasAttr { from, path })
    }

    /// `f x y`
    fn application(&mut self) -> Expr {
        let start = self.start();
        let mut function = self.selection();
        for count in 0.. {
            if !self.peek().starts_operand() {
                break;
            }
            let first = self.at;
            let argument = self.argument();
            self.last_argument = Some(first);
            let kind =
                ExprKind::Apply { function: Box::new(function), argument: Box::new(argument) };
            function = self.node(start, kind);
            if count >= MAX_DEPTH {
                self.too_long("this expression is too long");
            }
        }
        function
    }

    /// An argument or a list's element. A function is none, but its colon says it was meant.
    pub(super) fn argument(&mut self) -> Expr {
        if self.peek() == Kind::Id && self.peek_at(1) == Kind::Colon {
            self.at += 1;
            self.unexpected(&[], Some("put parentheses around the function"));
            self.at = self.at.saturating_sub(1);
            return self.expr();
        }
        self.selection()
    }

    /// `e`, `e.a.b`, `e.a.b or d`
    fn selection(&mut self) -> Expr {
        if !self.descend() {
            self.ascend();
            return self.hole();
        }
        let start = self.start();
        let simple = self.simple();
        let expr = match self.peek() {
            Kind::Dot => self.select(start, simple),
            Kind::OrWord => self.apply_to_or(start, simple),
            _ => simple,
        };
        self.ascend();
        expr
    }

    fn select(&mut self, start: u32, from: Expr) -> Expr {
        self.bump();
        let path = self.attr_path();
        let default = self.eat(Kind::OrWord).then(|| Box::new(self.selection()));
        let kind = ExprKind::Select { from: Box::new(from), path, default };
        self.node(start, kind)
    }

    /// `f or` applies `f` to a variable called `or`, and binds tighter than application.
    fn apply_to_or(&mut self, start: u32, function: Expr) -> Expr {
        let word = self.bump();
        let argument = Expr { span: self.span(word), kind: ExprKind::Var(Name::new("or")) };
        let kind = ExprKind::Apply { function: Box::new(function), argument: Box::new(argument) };
        self.node(start, kind)
    }

    fn simple(&mut self) -> Expr {
        let start = self.start();
        let token = self.token(0);
        let text = self.slice(token);
        let kind = match token.kind {
            Kind::Id => {
                self.bump();
                ExprKind::Var(Name::new(text))
            }
            Kind::Int | Kind::Float => self.number(token),
            Kind::Quote => ExprKind::Text(self.string()),
            Kind::IndOpen => ExprKind::Text(self.indented_string()),
            Kind::Path | Kind::HomePath => ExprKind::Path(self.path()),
            Kind::SearchPath => {
                self.bump();
                let inner = text.strip_prefix('<').and_then(|t| t.strip_suffix('>'));
                ExprKind::SearchPath(inner.unwrap_or_default().to_owned())
            }
            Kind::Uri => {
                self.bump();
                ExprKind::Uri(text.to_owned())
            }
            Kind::ParenOpen => {
                self.begin(Kind::ParenClose);
                let inner = self.expr();
                self.finish();
                return inner;
            }
            Kind::BracketOpen => ExprKind::List(self.list()),
            Kind::Rec => {
                self.bump();
                self.braced_set(true)
            }
            Kind::BraceOpen => self.braced_set(false),
            Kind::Let => return self.legacy_let(),
            _ => return self.no_operand(),
        };
        self.node(start, kind)
    }

    fn number(&mut self, token: Token) -> ExprKind {
        self.bump();
        let text = self.slice(token);
        if token.kind == Kind::Int {
            if let Ok(value) = text.parse() {
                return ExprKind::Int(value);
            }
            let help = format!("integers go from 0 to {}", i64::MAX);
            self.invalid_number("invalid integer", token, &help);
            return ExprKind::Hole;
        }
        let value: f64 = text.parse().unwrap_or(f64::INFINITY);
        let digits = text.split(['e', 'E']).next().unwrap_or_default();
        let lost = value == 0.0 && digits.bytes().any(|digit| matches!(digit, b'1'..=b'9'));
        // Nix asks strtod, which complains about numbers too small for full precision as well.
        if value.is_infinite() || value.is_subnormal() || lost {
            self.invalid_number("invalid float", token, "it is out of the range of a 64-bit float");
            return ExprKind::Hole;
        }
        ExprKind::Float(value)
    }

    fn invalid_number(&mut self, what: &str, token: Token, help: &str) {
        let message = format!("{what} '{}'", self.slice(token));
        let diagnostic =
            Diagnostic::error("repx::syntax::number", message).at(self.span(token), "").help(help);
        self.report(diagnostic);
    }

    fn list(&mut self) -> Vec<Expr> {
        self.begin(Kind::BracketClose);
        let mut items = Vec::new();
        let mut commas = false;
        loop {
            let kind = self.peek();
            if kind == Kind::BracketClose {
                break;
            } else if kind.starts_operand() {
                items.push(self.argument());
            } else if kind == Kind::Comma {
                if !commas {
                    let help = "the elements of a list are separated by spaces";
                    let place = self.here();
                    if self.unexpected_at(&[], place, "", Some(help)) {
                        self.mend("Remove the comma", place, "");
                    }
                }
                commas = true;
                self.bump();
            } else if kind == Kind::End || kind == Kind::Semicolon || self.is_awaited(kind) {
                self.unexpected(&[], None);
                break;
            } else {
                let operator = infix(kind).is_some() || kind == Kind::Not;
                let help = "within a list, put parentheses around an operation: `[ (a + b) ]`";
                self.unexpected(&[], operator.then_some(help));
                self.bump();
            }
        }
        self.finish();
        items
    }

    fn legacy_let(&mut self) -> Expr {
        let start = self.start();
        if self.peek_at(1) == Kind::BraceOpen {
            self.bump();
            self.begin(Kind::BraceClose);
            let bindings = self.bindings(super::bindings::Block::Recursive);
            self.finish();
            return self.node(start, ExprKind::LegacyLet(bindings));
        }
        self.at += 1;
        self.unexpected(&[Kind::BraceOpen], Some("put parentheses around `let … in …`"));
        self.at = self.at.saturating_sub(1);
        self.expr()
    }

    /// The next token begins no operand: reports it, and reads on where it was plainly meant.
    fn no_operand(&mut self) -> Expr {
        let kind = self.peek();
        if matches!(kind, Kind::If | Kind::With | Kind::Assert) {
            self.unexpected(&[], Some(PARENTHESES));
            return self.expr();
        }
        self.unexpected(&[], None);
        let mut hole = self.hole();
        let meant = matches!(kind, Kind::Invalid | Kind::OrWord | Kind::Ellipsis);
        if meant {
            let token = self.bump();
            hole.span = Span::new(hole.span.start, self.span(token).end);
        }
        hole
    }
}
