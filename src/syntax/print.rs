//! The tree as `nix-instantiate --parse` prints it.
//!
//! What is printed is not what was written but what Nix makes of it: attribute paths are merged
//! into nested sets, attributes are sorted, operators that are function calls look like it
//! (`a - b` is `(__sub a b)`), and paths are absolute. A call of something that is a call already
//! only adds an argument, even when that something was an operator.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::literal::{attr_name, general, quote};
use super::{AttrName, BinaryOp, Binding, Expr, ExprKind, Param, Part, UnaryOp};
use crate::source::{Name, canonical_path};

/// Where paths begin that aren't absolute.
#[derive(Clone, Copy)]
pub struct Bases<'a> {
    /// Relative ones.
    pub directory: &'a Path,
    /// Those that begin with `~`.
    pub home: Option<&'a Path>,
}

/// The tree as Nix prints it. It must have been read and lowered without errors.
pub fn print(tree: &Expr, bases: Bases<'_>) -> String {
    let mut printer = Printer { bases, out: String::new() };
    printer.expr(tree);
    printer.out
}

/// A set with its attribute paths merged.
#[derive(Default)]
struct Merged<'t> {
    recursive: bool,
    /// By name, in the order Nix shows them.
    attrs: BTreeMap<&'static [u8], (Name, Bound<'t>)>,
    /// The sources of `inherit (…)`, in order.
    sources: Vec<&'t Expr>,
    /// Attributes whose names are computed.
    dynamic: Vec<(&'t Expr, Node<'t>)>,
}

/// What an attribute is bound to.
enum Bound<'t> {
    Plain(Node<'t>),
    /// `inherit a;`
    Inherited,
    /// `inherit (…) a;`, with the index of the source.
    From(usize),
}

enum Node<'t> {
    Expr(&'t Expr),
    Set(Merged<'t>),
}

impl<'t> Merged<'t> {
    fn new(recursive: bool, bindings: &'t [Binding]) -> Merged<'t> {
        let mut merged = Merged { recursive, ..Merged::default() };
        for binding in bindings {
            match binding {
                Binding::Assign { path, value, .. } => merged.assign(path, value),
                Binding::Inherit { from: None, names, .. } => {
                    for (name, _) in names {
                        merged.bind(*name, Bound::Inherited);
                    }
                }
                Binding::Inherit { from: Some(from), names, .. } => {
                    let source = merged.sources.len();
                    merged.sources.push(from);
                    for (name, _) in names {
                        merged.bind(*name, Bound::From(source));
                    }
                }
            }
        }
        merged
    }

    fn assign(&mut self, path: &'t [AttrName], value: &'t Expr) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let node = match (rest, &value.kind) {
            ([], ExprKind::Set { recursive, bindings }) => {
                Node::Set(Merged::new(*recursive, bindings))
            }
            ([], _) => Node::Expr(value),
            (rest, _) => {
                let mut inner = Merged::default();
                inner.assign(rest, value);
                Node::Set(inner)
            }
        };
        match first {
            AttrName::Static { name, .. } => self.bind(*name, Bound::Plain(node)),
            AttrName::Dynamic(name) => self.dynamic.push((name, node)),
        }
    }

    /// Binds a name; where it is bound already both are sets (else lowering complained), and
    /// the first takes in the second.
    fn bind(&mut self, name: Name, bound: Bound<'t>) {
        match (self.attrs.get_mut(name.bytes()), bound) {
            (Some((_, Bound::Plain(Node::Set(there)))), Bound::Plain(Node::Set(more))) => {
                there.merge(more);
            }
            (Some(_), _) => {}
            (None, bound) => {
                self.attrs.insert(name.bytes(), (name, bound));
            }
        }
    }

    fn merge(&mut self, other: Merged<'t>) {
        let before = self.sources.len();
        self.sources.extend(other.sources);
        for (name, bound) in other.attrs.into_values() {
            let bound = match bound {
                Bound::From(source) => Bound::From(before + source),
                Bound::Plain(_) | Bound::Inherited => bound,
            };
            self.bind(name, bound);
        }
        self.dynamic.extend(other.dynamic);
    }
}

struct Printer<'a> {
    bases: Bases<'a>,
    out: String,
}

/// An operator as Nix has it.
enum Operator {
    /// One of its own, written between its operands.
    Own(&'static str),
    /// The function `__lessThan`, `__sub` and so on.
    Call(&'static str),
    /// The same with its operands swapped.
    Swapped(&'static str),
    /// `!` of a comparison.
    Negated(Box<Operator>),
}

fn operator(op: BinaryOp) -> Operator {
    const LESS: &str = "__lessThan";
    match op {
        BinaryOp::Add => Operator::Own("+"),
        BinaryOp::Sub => Operator::Call("__sub"),
        BinaryOp::Mul => Operator::Call("__mul"),
        BinaryOp::Div => Operator::Call("__div"),
        BinaryOp::Equal => Operator::Own("=="),
        BinaryOp::NotEqual => Operator::Own("!="),
        BinaryOp::Less => Operator::Call(LESS),
        BinaryOp::LessOrEqual => Operator::Negated(Box::new(Operator::Swapped(LESS))),
        BinaryOp::More => Operator::Swapped(LESS),
        BinaryOp::MoreOrEqual => Operator::Negated(Box::new(Operator::Call(LESS))),
        BinaryOp::And => Operator::Own("&&"),
        BinaryOp::Or => Operator::Own("||"),
        BinaryOp::Implies => Operator::Own("->"),
        BinaryOp::Update => Operator::Own("//"),
        BinaryOp::Concat => Operator::Own("++"),
    }
}

impl Printer<'_> {
    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Int(int) => self.out.push_str(itoa::Buffer::new().format(*int)),
            ExprKind::Float(float) => self.out.push_str(&general(*float)),
            ExprKind::Var(name) => attr_name(&mut self.out, *name),
            ExprKind::Text(parts) => self.text(parts),
            ExprKind::Path(parts) => self.path(parts),
            ExprKind::Uri(text) => quote(&mut self.out, text),
            ExprKind::List(items) => {
                self.out.push_str("[ ");
                for item in items {
                    self.out.push('(');
                    self.expr(item);
                    self.out.push_str(") ");
                }
                self.out.push(']');
            }
            ExprKind::Set { recursive, bindings } => {
                self.set(&Merged::new(*recursive, bindings));
            }
            ExprKind::LegacyLet(bindings) => {
                self.out.push('(');
                self.set(&Merged::new(true, bindings));
                self.out.push_str(").body");
            }
            ExprKind::Let { bindings, body } => {
                self.out.push_str("(let ");
                self.bindings(&Merged::new(false, bindings));
                self.tail("in ", body);
            }
            ExprKind::With { scope, body } => {
                self.out.push_str("(with ");
                self.expr(scope);
                self.tail("; ", body);
            }
            ExprKind::Assert { condition, body } => {
                self.out.push_str("assert ");
                self.expr(condition);
                self.out.push_str("; ");
                self.expr(body);
            }
            ExprKind::If { condition, yes, no } => {
                self.out.push_str("(if ");
                self.expr(condition);
                self.out.push_str(" then ");
                self.expr(yes);
                self.tail(" else ", no);
            }
            ExprKind::Lambda { param, body } => {
                self.param(param);
                self.tail(": ", body);
            }
            ExprKind::Select { from, path, default } => {
                self.out.push('(');
                self.tail("", from);
                self.out.push('.');
                self.attr_path(path);
                if let Some(default) = default {
                    self.tail(" or (", default);
                }
            }
            ExprKind::HasAttr { from, path } => {
                self.out.push_str("((");
                self.tail("", from);
                self.out.push_str(" ? ");
                self.attr_path(path);
                self.out.push(')');
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.out.push_str("(! ");
                self.tail("", operand);
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(&operator(*op), left, right),
            ExprKind::Apply { .. }
            | ExprKind::SearchPath(_)
            | ExprKind::Unary { op: UnaryOp::Negate, .. } => {
                self.open_call(expr);
                self.out.push(')');
            }
            ExprKind::Hole => {}
        }
    }

    /// The last part of something in parentheses.
    fn tail(&mut self, before: &str, expr: &Expr) {
        self.out.push_str(before);
        self.expr(expr);
        self.out.push(')');
    }

    fn binary(&mut self, op: &Operator, left: &Expr, right: &Expr) {
        match op {
            Operator::Own(op) => {
                self.out.push('(');
                self.expr(left);
                self.out.push(' ');
                self.out.push_str(op);
                self.tail(" ", right);
            }
            Operator::Call(function) => {
                self.call_of(function, left, right);
                self.out.push(')');
            }
            Operator::Swapped(function) => {
                self.call_of(function, right, left);
                self.out.push(')');
            }
            Operator::Negated(op) => {
                self.out.push_str("(! ");
                self.binary(op, left, right);
                self.out.push(')');
            }
        }
    }

    fn call_of(&mut self, function: &str, first: &Expr, second: &Expr) {
        self.out.push('(');
        self.out.push_str(function);
        self.out.push(' ');
        self.expr(first);
        self.out.push(' ');
        self.expr(second);
    }

    /// A call without its closing parenthesis, so that arguments can follow; of anything else
    /// the opening parenthesis of a call of it.
    fn open_call(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Apply { function, argument } => {
                self.open_call(function);
                self.out.push(' ');
                self.expr(argument);
            }
            ExprKind::SearchPath(path) => {
                self.out.push_str("(__findFile __nixPath ");
                quote(&mut self.out, path);
            }
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                self.out.push_str("(__sub 0 ");
                self.expr(operand);
            }
            ExprKind::Binary { op, left, right, .. } => match operator(*op) {
                Operator::Call(function) => self.call_of(function, left, right),
                Operator::Swapped(function) => self.call_of(function, right, left),
                Operator::Own(_) | Operator::Negated(_) => {
                    self.out.push('(');
                    self.expr(expr);
                }
            },
            _ => {
                self.out.push('(');
                self.expr(expr);
            }
        }
    }

    fn text(&mut self, parts: &[Part]) {
        match parts {
            [] => self.out.push_str("\"\""),
            [Part::Literal(text)] => quote(&mut self.out, text),
            parts => {
                self.out.push('(');
                self.sum(parts, "");
            }
        }
    }

    /// Parts with `+` between them and a parenthesis behind.
    fn sum(&mut self, parts: &[Part], mut before: &str) {
        for part in parts {
            self.out.push_str(before);
            before = " + ";
            match part {
                Part::Literal(text) => quote(&mut self.out, text),
                Part::Interpolated(expr) => self.expr(expr),
            }
        }
        self.out.push(')');
    }

    fn path(&mut self, parts: &[Part]) {
        let Some((Part::Literal(first), rest)) = parts.split_first() else {
            return;
        };
        if !rest.is_empty() {
            self.out.push('(');
        }
        let path = self.absolute(first);
        self.out.push_str(&path);
        if !rest.is_empty() {
            self.sum(rest, " + ");
        }
    }

    fn absolute(&self, literal: &str) -> String {
        let joined = |base: &Path, rest: &str| {
            let rest = rest.as_bytes();
            [base.as_os_str().as_bytes(), b"/", rest].concat()
        };
        let path = match (literal.strip_prefix('~'), self.bases.home) {
            // Nix puts the home directory before the rest and leaves it at that.
            (Some(rest), Some(home)) => return format!("{}{rest}", home.display()),
            _ if literal.starts_with('/') => literal.as_bytes().to_vec(),
            _ => joined(self.bases.directory, literal),
        };
        let mut path = String::from_utf8_lossy(&canonical_path(&path)).into_owned();
        if literal.len() > 1 && literal.ends_with('/') {
            path.push('/');
        }
        path
    }

    fn param(&mut self, param: &Param) {
        self.out.push('(');
        match param {
            Param::Name { name, .. } => attr_name(&mut self.out, *name),
            Param::Formals { formals, ellipsis, at, .. } => {
                self.out.push_str("{ ");
                let mut sorted: Vec<_> = formals.iter().collect();
                sorted.sort_by_key(|formal| formal.name.bytes());
                let mut before = "";
                for formal in sorted {
                    self.out.push_str(before);
                    before = ", ";
                    attr_name(&mut self.out, formal.name);
                    if let Some(default) = &formal.default {
                        self.out.push_str(" ? ");
                        self.expr(default);
                    }
                }
                if *ellipsis {
                    self.out.push_str(before);
                    self.out.push_str("...");
                }
                self.out.push_str(" }");
                if let Some((name, _)) = at {
                    self.out.push_str(" @ ");
                    attr_name(&mut self.out, *name);
                }
            }
        }
    }

    fn attr_path(&mut self, path: &[AttrName]) {
        let mut before = "";
        for step in path {
            self.out.push_str(before);
            before = ".";
            match step {
                AttrName::Static { name, .. } => attr_name(&mut self.out, *name),
                AttrName::Dynamic(name) => self.dynamic(name),
            }
        }
    }

    fn dynamic(&mut self, name: &Expr) {
        self.out.push_str("\"${");
        self.expr(name);
        self.out.push_str("}\"");
    }

    fn set(&mut self, set: &Merged<'_>) {
        self.out.push_str(if set.recursive { "rec { " } else { "{ " });
        self.bindings(set);
        self.out.push('}');
    }

    fn node(&mut self, node: &Node<'_>) {
        match node {
            Node::Expr(expr) => self.expr(expr),
            Node::Set(set) => self.set(set),
        }
    }

    fn bindings(&mut self, set: &Merged<'_>) {
        self.inherits(set, None);
        for (index, source) in set.sources.iter().enumerate() {
            self.inherits(set, Some((index, source)));
        }
        for (name, bound) in set.attrs.values() {
            if let Bound::Plain(node) = bound {
                attr_name(&mut self.out, *name);
                self.out.push_str(" = ");
                self.node(node);
                self.out.push_str("; ");
            }
        }
        for (name, node) in &set.dynamic {
            self.dynamic(name);
            self.out.push_str(" = ");
            self.node(node);
            self.out.push_str("; ");
        }
    }

    /// The names inherited from one source, if there are any.
    fn inherits(&mut self, set: &Merged<'_>, source: Option<(usize, &Expr)>) {
        let wanted = source.map(|(index, _)| index);
        let names = set.attrs.values().filter(|(_, bound)| match bound {
            Bound::Plain(_) => false,
            Bound::Inherited => wanted.is_none(),
            Bound::From(index) => wanted == Some(*index),
        });
        let mut names = names.map(|(name, _)| *name).peekable();
        if names.peek().is_none() {
            return;
        }
        self.out.push_str("inherit");
        if let Some((_, source)) = source {
            self.out.push_str(" (");
            self.tail("", source);
        }
        for name in names {
            self.out.push(' ');
            attr_name(&mut self.out, name);
        }
        self.out.push_str("; ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;

    fn printed(text: &str) -> String {
        let file = SourceMap::new().add("/test.nix", text).expect("small");
        let parsed = crate::syntax::parse(&file);
        assert_eq!(parsed.diagnostics, [], "{text}");
        let bases = Bases { directory: Path::new("/dir"), home: Some(Path::new("/home/me")) };
        print(&parsed.root, bases)
    }

    /// Each right side is what Nix 2.34.8 prints.
    #[test]
    fn as_nix_prints_it() {
        for (text, expected) in [
            ("x: x", "(x: x)"),
            ("{ a, b ? 1, ... } @ c: c.a or b", "({ a, b ? 1, ... } @ c: (c).a or (b))"),
            ("{ b, a }: a + b", "({ a, b }: (a + b))"),
            ("{ }: 1", "({  }: 1)"),
            ("{ ... }: 1", "({ ... }: 1)"),
            ("1 - 2 * -3 / 4", "(__sub 1 (__div (__mul 2 (__sub 0 3)) 4))"),
            (
                "1 <= 2 && 3 > 4 || !(5 >= 6) -> 1 < 2",
                "((((! (__lessThan 2 1)) && (__lessThan 4 3)) || (! (! (__lessThan 5 6)))) -> (__lessThan 1 2))",
            ),
            ("(-builtins.add) 1 2", "(__sub 0 (builtins).add 1 2)"),
            ("<nixpkgs> { }", r#"(__findFile __nixPath "nixpkgs" { })"#),
            ("<nixpkgs/lib>", r#"(__findFile __nixPath "nixpkgs/lib")"#),
            (
                "{ a.b.c = 1; a.b.d = 2; a = { x = 3; }; }",
                "{ a = { b = { c = 1; d = 2; }; x = 3; }; }",
            ),
            (
                r#"{ "a b" = 1; ${"c"} = 2; ${builtins.toString 3} = 4; "x${"y"}" = 5; }"#,
                r#"{ "a b" = 1; c = 2; "${((builtins).toString 3)}" = 4; "${("x" + "y")}" = 5; }"#,
            ),
            (
                "rec { inherit (builtins) map add; inherit ({ z = 1; }) z; b = 1; a = b; }",
                "rec { inherit (builtins) add map; inherit ({ z = 1; }) z; a = b; b = 1; }",
            ),
            (
                "let b = 1; in { inherit b; inherit (builtins) map; a.c = 1; a = { inherit (builtins) add; inherit b; }; }",
                "(let b = 1; in { inherit b; inherit (builtins) map; a = { inherit b; inherit (builtins) add; c = 1; }; })",
            ),
            ("let { body = 1; }", "(rec { body = 1; }).body"),
            (
                r#"with builtins; assert true; if true then null else [ 1 "a" (x: x) ]"#,
                r#"(with builtins; assert true; (if true then null else [ (1) ("a") ((x: x)) ]))"#,
            ),
            (r#""a${"b"}c$${d}\n\t\"\${e}""#, r#"("a" + "b" + "c$\${d}\n\t\"\${e}")"#),
            (r#"''${"a"}''"#, r#""a""#),
            (r#""${"a"}""#, r#"("a")"#),
            ("./a", "/dir/a"),
            (r#"./a/${"b"}/c"#, r#"(/dir/a/ + "b" + "/c")"#),
            ("../x/./y", "/x/y"),
            ("~/x", "/home/me/x"),
            (r#"~/x/${"y"}"#, r#"(/home/me/x/ + "y")"#),
            (
                r#"{ a = 1; } ? a.b."c d".${"e"}.${builtins.toString 1}"#,
                r#"(({ a = 1; }) ? a.b."c d".e."${((builtins).toString 1)}")"#,
            ),
            ("{ a = 1; } // { b = 2; } ++ [ ]", "({ a = 1; } // ({ b = 2; } ++ [ ]))"),
            ("https://example.org/x", r#""https://example.org/x""#),
            ("__curPos", "__curPos"),
            ("builtins.map or null", "(builtins).map or (null)"),
            ("[ builtins.or ]", "[ ((builtins).or) ]"),
            ("(builtins.sub 1) 2", "((builtins).sub 1 2)"),
            ("a: (a 1) 2", "(a: (a 1 2))"),
            ("x: (x - 1) 2", "(x: (__sub x 1 2))"),
            ("x: (x < 1) 2", "(x: (__lessThan x 1 2))"),
            ("x: (x == 1) 2", "(x: ((x == 1) 2))"),
        ] {
            assert_eq!(printed(text), expected, "{text}");
        }
    }
}
