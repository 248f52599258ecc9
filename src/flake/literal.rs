//! The parts of `flake.nix` that are read without evaluating: Nix takes descriptions and inputs
//! only as they are written.

use crate::source::{Name, Span};
use crate::syntax::{AttrName, Binding, Expr, ExprKind, Param, Part};

/// A value as it is written.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Literal {
    Text(String),
    Path(String),
    Int(i64),
    Bool(bool),
    Set(Vec<Field>),
    /// A function; the names it takes out of a set.
    Function(Vec<(Name, Span)>),
    /// Something else; what Nix calls it.
    Other(&'static str),
}

/// An attribute of a set.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) value: Literal,
}

/// What has to be computed first.
const THUNK: Literal = Literal::Other("a thunk");

impl Literal {
    /// What it is, as messages say it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Literal::Text(_) => "a string",
            Literal::Path(_) => "a path",
            Literal::Int(_) => "an integer",
            Literal::Bool(_) => "a Boolean",
            Literal::Set(_) => "a set",
            Literal::Function(_) => "a function",
            Literal::Other(kind) => kind,
        }
    }
}

/// What an expression says as it stands.
pub(super) fn literal(expr: &Expr) -> Literal {
    match &expr.kind {
        ExprKind::Int(int) => Literal::Int(*int),
        ExprKind::Float(_) => Literal::Other("a float"),
        ExprKind::Text(parts) => plain(parts).map_or(THUNK, Literal::Text),
        ExprKind::Path(parts) => plain(parts).map_or(THUNK, Literal::Path),
        ExprKind::Uri(uri) => Literal::Text(uri.clone()),
        ExprKind::List(_) => Literal::Other("a list"),
        ExprKind::Set { bindings, .. } => set(bindings).map_or(THUNK, Literal::Set),
        ExprKind::Lambda { param, .. } => Literal::Function(match param {
            Param::Name { .. } => Vec::new(),
            Param::Formals { formals, .. } => {
                formals.iter().map(|formal| (formal.name, formal.span)).collect()
            }
        }),
        ExprKind::Var(name) => match name.bytes() {
            b"true" => Literal::Bool(true),
            b"false" => Literal::Bool(false),
            b"null" => Literal::Other("null"),
            _ => THUNK,
        },
        ExprKind::SearchPath(_)
        | ExprKind::LegacyLet(_)
        | ExprKind::Let { .. }
        | ExprKind::With { .. }
        | ExprKind::Assert { .. }
        | ExprKind::If { .. }
        | ExprKind::Apply { .. }
        | ExprKind::Select { .. }
        | ExprKind::HasAttr { .. }
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Hole => THUNK,
    }
}

/// The text of parts that hold no interpolation.
fn plain(parts: &[Part]) -> Option<String> {
    let texts = parts.iter().map(|part| match part {
        Part::Literal(text) => Some(text.as_str()),
        Part::Interpolated(_) => None,
    });
    texts.collect()
}

/// The attributes of a set, `a.b` and `a.c` joined; `None` if a name has to be computed.
fn set(bindings: &[Binding]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    for binding in bindings {
        match binding {
            Binding::Assign { path, value, .. } => assign(&mut fields, path, literal(value))?,
            Binding::Inherit { names, .. } => {
                fields.extend(names.iter().map(|(name, span)| Field {
                    name: name.text().into_owned(),
                    span: *span,
                    value: THUNK,
                }));
            }
        }
    }
    Some(fields)
}

fn assign(fields: &mut Vec<Field>, path: &[AttrName], value: Literal) -> Option<()> {
    let (AttrName::Static { name, span }, rest) = path.split_first()? else {
        return None;
    };
    let name = name.text().into_owned();
    let inner = if rest.is_empty() {
        value
    } else {
        let mut inner = Vec::new();
        assign(&mut inner, rest, value)?;
        Literal::Set(inner)
    };
    let known = fields.iter_mut().find(|field| field.name == name);
    match (known.map(|field| &mut field.value), inner) {
        (Some(Literal::Set(known)), Literal::Set(more)) => join(known, more),
        // Twice the same name is an error that evaluation reports.
        (Some(_), _) => {}
        (None, value) => fields.push(Field { name, span: *span, value }),
    }
    Some(())
}

fn join(fields: &mut Vec<Field>, more: Vec<Field>) {
    for field in more {
        match (fields.iter_mut().find(|known| known.name == field.name), field) {
            (
                Some(Field { value: Literal::Set(known), .. }),
                Field { value: Literal::Set(more), .. },
            ) => {
                join(known, more);
            }
            (Some(_), _) => {}
            (None, field) => fields.push(field),
        }
    }
}
