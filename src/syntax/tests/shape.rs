//! Trees as short text, for tables.

use crate::source::Span;
use crate::syntax::{AttrName, BinaryOp, Binding, Expr, ExprKind, Param, Part, UnaryOp};

fn join<T>(items: &[T], between: &str, show: impl Fn(&T) -> String) -> String {
    items.iter().map(show).collect::<Vec<_>>().join(between)
}

pub(super) fn expr(it: &Expr) -> String {
    match &it.kind {
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Var(name) => name.to_string(),
        ExprKind::Text(parts) => match parts.as_slice() {
            [] => "''".to_owned(),
            [Part::Literal(text)] => format!("{text:?}"),
            _ => format!("({})", join(parts, " ", part)),
        },
        ExprKind::Path(parts) => {
            let show = |it: &Part| match it {
                Part::Literal(text) => text.clone(),
                Part::Interpolated(e) => format!("${{{}}}", expr(e)),
            };
            format!("<{}>", join(parts, " ", show))
        }
        ExprKind::SearchPath(path) => format!("<<{path}>>"),
        ExprKind::Uri(uri) => format!("'{uri}'"),
        ExprKind::List(items) => format!("[{}]", join(items, " ", expr)),
        ExprKind::Set { recursive, bindings } => {
            format!("{}{}", if *recursive { "rec " } else { "" }, block(bindings))
        }
        ExprKind::LegacyLet(bindings) => format!("let {}", block(bindings)),
        ExprKind::Let { bindings, body } => format!("(let {} {})", block(bindings), expr(body)),
        ExprKind::With { scope, body } => format!("(with {} {})", expr(scope), expr(body)),
        ExprKind::Assert { condition, body } => {
            format!("(assert {} {})", expr(condition), expr(body))
        }
        ExprKind::If { condition, yes, no } => {
            format!("(if {} {} {})", expr(condition), expr(yes), expr(no))
        }
        ExprKind::Lambda { param: p, body } => format!("({}: {})", param(p), expr(body)),
        ExprKind::Apply { function, argument } => {
            format!("({} {})", expr(function), expr(argument))
        }
        ExprKind::Select { from, path, default } => {
            let default = default.as_ref().map(|e| format!(" or {}", expr(e)));
            format!("{}.{}{}", expr(from), attrs(path), default.unwrap_or_default())
        }
        ExprKind::HasAttr { from, path } => format!("({} ? {})", expr(from), attrs(path)),
        ExprKind::Unary { op, operand } => {
            let op = match op {
                UnaryOp::Negate => "-",
                UnaryOp::Not => "!",
            };
            format!("({op} {})", expr(operand))
        }
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", expr(left), sign(*op), expr(right))
        }
        ExprKind::Hole => "_".to_owned(),
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::More => ">",
        BinaryOp::MoreOrEqual => ">=",
        BinaryOp::And => "&&",
        BinaryOp::Or => "||",
        BinaryOp::Implies => "->",
        BinaryOp::Update => "//",
        BinaryOp::Concat => "++",
    }
}

fn part(it: &Part) -> String {
    match it {
        Part::Literal(text) => format!("{text:?}"),
        Part::Interpolated(e) => expr(e),
    }
}

fn attrs(path: &[AttrName]) -> String {
    let show = |it: &AttrName| match it {
        AttrName::Static { name, .. } => name.to_string(),
        AttrName::Dynamic(e) => match &e.kind {
            ExprKind::Text(parts) => format!("${{{}}}", join(parts, " ", part)),
            _ => format!("${{{}}}", expr(e)),
        },
    };
    join(path, ".", show)
}

fn block(bindings: &[Binding]) -> String {
    let show = |it: &Binding| match it {
        Binding::Assign { path, value, .. } => format!("{}={};", attrs(path), expr(value)),
        Binding::Inherit { from, names, .. } => {
            let from = from.as_ref().map(|e| format!("({}) ", expr(e)));
            let names = join(names, " ", |(name, _)| name.to_string());
            format!("inherit {}{names};", from.unwrap_or_default())
        }
    };
    format!("{{{}}}", join(bindings, " ", show))
}

fn param(it: &Param) -> String {
    match it {
        Param::Name { name, .. } => name.to_string(),
        Param::Formals { formals, ellipsis, at, .. } => {
            let mut shown: Vec<String> = formals
                .iter()
                .map(|formal| {
                    let default = formal.default.as_ref().map(|e| format!("?{}", expr(e)));
                    format!("{}{}", formal.name, default.unwrap_or_default())
                })
                .collect();
            shown.extend(ellipsis.then(|| "...".to_owned()));
            let at = at.map(|(name, _)| format!("@{name}"));
            format!("{{{}}}{}", shown.join(", "), at.unwrap_or_default())
        }
    }
}

/// Visits the spans of sets, their lines, operators and applications, outermost first.
pub(super) fn spans(it: &Expr, visit: &mut dyn FnMut(Span)) {
    visit(it.span);
    match &it.kind {
        ExprKind::Binary { op_span, left, right, .. } => {
            visit(*op_span);
            spans(left, visit);
            spans(right, visit);
        }
        ExprKind::Apply { function, argument } => {
            spans(function, visit);
            spans(argument, visit);
        }
        ExprKind::Set { bindings, .. } => {
            for binding in bindings {
                binding_spans(binding, visit);
            }
        }
        _ => {}
    }
}

fn binding_spans(binding: &Binding, visit: &mut dyn FnMut(Span)) {
    match binding {
        Binding::Assign { path, value, span } => {
            visit(*span);
            for name in path {
                visit(name.span());
            }
            spans(value, visit);
        }
        Binding::Inherit { from, names, span } => {
            visit(*span);
            if let Some(e) = from {
                spans(e, visit);
            }
            for (_, span) in names {
                visit(*span);
            }
        }
    }
}
