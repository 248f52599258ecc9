//! The checked tree: what a Nix file says, with the place of everything, and nothing of how it
//! was written (comments, white space, escapes and indentation are gone).
//!
//! The tree is owned and can cross threads. Where the text was wrong it holds [`ExprKind::Hole`],
//! and a diagnostic says why.

use crate::source::{Name, Span};

/// An expression and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// Its whole extent, without surrounding parentheses.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The forms of expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `1`
    Int(i64),
    /// `1.5`
    Float(f64),
    /// `x`
    Var(Name),
    /// `"a${b}"`, `''…''`; escapes and indentation are resolved.
    Text(Vec<Part>),
    /// `./a/${b}`, `/etc`, `~/x`. The first part is literal and says which; it is as written.
    Path(Vec<Part>),
    /// `<nixpkgs/lib>`, without the angle brackets.
    SearchPath(String),
    /// `https://example.org`: a string without quotes.
    Uri(String),
    /// `[ a b ]`
    List(Vec<Expr>),
    /// `{ … }` and `rec { … }`
    Set {
        /// Written with `rec`.
        recursive: bool,
        /// As written, in order.
        bindings: Vec<Binding>,
    },
    /// `let { …; body = e; }`, the old form: a recursive set of which `body` is taken.
    LegacyLet(Vec<Binding>),
    /// `let … in e`
    Let {
        /// As written, in order.
        bindings: Vec<Binding>,
        /// What stands after `in`.
        body: Box<Expr>,
    },
    /// `with scope; body`
    With {
        /// The set.
        scope: Box<Expr>,
        /// What sees its names.
        body: Box<Expr>,
    },
    /// `assert condition; body`
    Assert {
        /// What must be true.
        condition: Box<Expr>,
        /// The result.
        body: Box<Expr>,
    },
    /// `if condition then yes else no`
    If {
        /// What decides.
        condition: Box<Expr>,
        /// When true.
        yes: Box<Expr>,
        /// When false.
        no: Box<Expr>,
    },
    /// `x: e`, `{ a, b ? 1, ... } @ x: e`
    Lambda {
        /// What it takes. (Boxed, as all that is large and not in every expression.)
        param: Box<Param>,
        /// What it gives.
        body: Box<Expr>,
    },
    /// `f x`
    Apply {
        /// The function.
        function: Box<Expr>,
        /// Its one argument.
        argument: Box<Expr>,
    },
    /// `e.a.b`, `e.a.b or d`
    Select {
        /// The set.
        from: Box<Expr>,
        /// At least one.
        path: Vec<AttrName>,
        /// After `or`.
        default: Option<Box<Expr>>,
    },
    /// `e ? a.b`
    HasAttr {
        /// The set.
        from: Box<Expr>,
        /// At least one.
        path: Vec<AttrName>,
    },
    /// `-e`, `!e`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator itself stands.
        op_span: Span,
        /// What stands before it.
        left: Box<Expr>,
        /// What stands after it.
        right: Box<Expr>,
    },
    /// The text here could not be read.
    Hole,
}

/// A piece of a string or path.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    /// Text as it is meant.
    Literal(String),
    /// `${e}`
    Interpolated(Box<Expr>),
}

/// One name of an attribute path.
#[derive(Clone, PartialEq, Debug)]
pub enum AttrName {
    /// `a`, `"a"`, `${"a"}`: all three are static to Nix.
    Static {
        /// The name.
        name: Name,
        /// Where it stands, with quotes.
        span: Span,
    },
    /// `${e}`, `"a${e}"`; the expression gives the name (a string, or null for none).
    Dynamic(Box<Expr>),
}

impl AttrName {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            AttrName::Static { span, .. } => *span,
            AttrName::Dynamic(expr) => expr.span,
        }
    }
}

/// A line of a set or of `let`.
#[derive(Clone, PartialEq, Debug)]
pub enum Binding {
    /// `a.b = e;`
    Assign {
        /// At least one.
        path: Vec<AttrName>,
        /// What stands after `=`.
        value: Expr,
        /// From the path to the semicolon.
        span: Span,
    },
    /// `inherit a b;`, `inherit (e) a b;`
    Inherit {
        /// The expression in parentheses.
        from: Option<Box<Expr>>,
        /// The names; a dynamic one is an error reported by the parser and left out.
        names: Vec<(Name, Span)>,
        /// From `inherit` to the semicolon.
        span: Span,
    },
}

/// What a function takes.
#[derive(Clone, PartialEq, Debug)]
pub enum Param {
    /// `x:`
    Name {
        /// The name.
        name: Name,
        /// Where it stands.
        span: Span,
    },
    /// `{ a, b ? 1, ... } @ x:`
    Formals {
        /// In the order written.
        formals: Vec<Formal>,
        /// With `...`.
        ellipsis: bool,
        /// The name for the whole argument.
        at: Option<(Name, Span)>,
        /// The braces and what is between them.
        span: Span,
    },
}

/// `a ? 1` among a function's formals.
#[derive(Clone, PartialEq, Debug)]
pub struct Formal {
    /// The name.
    pub name: Name,
    /// Where the name stands.
    pub span: Span,
    /// After `?`.
    pub default: Option<Expr>,
}

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    More,
    /// `>=`
    MoreOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `->`
    Implies,
    /// `//`
    Update,
    /// `++`
    Concat,
}
