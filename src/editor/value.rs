//! Values that the text alone gives: constants, and what plain operators make of them.
//!
//! Names are followed to what they are bound to, through files as well. Where anything has to be called, is
//! computed in another way, or would fail, there is no value; nor where it takes more than some steps. So an
//! answer is what evaluation would give, costs little, and asks nothing of the machine.

mod shown;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use super::index::Bound;
use super::look::{Key, Look, Node};
use super::spot::static_name;
use crate::check::literal_path;
use crate::source::{Name, Span};
use crate::syntax::{AttrName, BinaryOp, Binding, Expr, ExprKind, Part, UnaryOp, find};
use crate::value::number;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string that refers to nothing.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A set, by name.
    Set(Vec<(Name, Value)>),
}

/// How far values are followed.
const MOST_STEPS: u32 = 2_000;
const DEEPEST: u32 = 64;
/// Longer strings are not put together.
const LONGEST: usize = 4_096;

/// The value that a binding gives its name.
pub(super) fn bound(look: &Look<'_>, key: Key) -> Option<Value> {
    look.rest();
    let mut finder = Finder { look, left: MOST_STEPS, deep: 0 };
    let node = finder.bound(key)?;
    finder.value(node)
}

struct Finder<'l, 'a> {
    look: &'l Look<'a>,
    left: u32,
    deep: u32,
}

impl<'a> Finder<'_, 'a> {
    /// One step more, one level deeper.
    fn deeper<R>(&mut self, go: impl FnOnce(&mut Self) -> Option<R>) -> Option<R> {
        self.left = self.left.checked_sub(1)?;
        if self.deep >= DEEPEST {
            return None;
        }
        self.deep += 1;
        let found = go(self);
        self.deep -= 1;
        found
    }

    fn value(&mut self, node: Node<'a>) -> Option<Value> {
        self.deeper(|finder| finder.value_here(node))
    }

    fn value_here(&mut self, node: Node<'a>) -> Option<Value> {
        if self.look.index(node.text)?.is_peculiar() {
            return None;
        }
        if !node.rest.is_empty() {
            return self.set(node);
        }
        let at = |expr: &'a Expr| Node { expr, ..node };
        match &node.expr.kind {
            ExprKind::Int(int) => Some(Value::Int(*int)),
            ExprKind::Float(float) => Some(Value::Float(*float)),
            ExprKind::Uri(text) => Some(Value::Text(text.clone())),
            ExprKind::Text(parts) => self.text(node, parts),
            ExprKind::List(items) => items
                .iter()
                .map(|item| self.value(at(item)))
                .collect::<Option<_>>()
                .map(Value::List),
            ExprKind::Set { .. } => self.set(node),
            ExprKind::Let { body, .. } | ExprKind::With { body, .. } => self.value(at(body)),
            ExprKind::Assert { condition, body } => match self.value(at(condition))? {
                Value::Bool(true) => self.value(at(body)),
                _ => None,
            },
            ExprKind::If { .. } => {
                let branch = self.branch(node)?;
                self.value(branch)
            }
            ExprKind::Var(name) if self.is_global(node) => match name.bytes() {
                b"true" => Some(Value::Bool(true)),
                b"false" => Some(Value::Bool(false)),
                b"null" => Some(Value::Null),
                _ => None,
            },
            ExprKind::Var(_) | ExprKind::Select { .. } | ExprKind::Apply { .. } => {
                let next = self.next(node)?;
                self.value(next)
            }
            ExprKind::HasAttr { from, path } => {
                let found = self.selected(at(from), path)?;
                Some(Value::Bool(found.is_some()))
            }
            ExprKind::Unary { op, operand } => {
                let value = self.value(at(operand))?;
                match (op, value) {
                    (UnaryOp::Negate, Value::Int(int)) => number::sub(0, int).ok().map(Value::Int),
                    (UnaryOp::Negate, Value::Float(float)) => Some(Value::Float(0.0 - float)),
                    (UnaryOp::Not, Value::Bool(bool)) => Some(Value::Bool(!bool)),
                    (UnaryOp::Negate | UnaryOp::Not, _) => None,
                }
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(*op, at(left), at(right)),
            ExprKind::Path(_)
            | ExprKind::SearchPath(_)
            | ExprKind::Lambda { .. }
            | ExprKind::LegacyLet(_)
            | ExprKind::Hole => None,
        }
    }

    fn text(&mut self, node: Node<'a>, parts: &'a [Part]) -> Option<Value> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Interpolated(expr) => match self.value(Node { expr, ..node })? {
                    Value::Text(inner) => text.push_str(&inner),
                    _ => return None,
                },
            }
            if text.len() > LONGEST {
                return None;
            }
        }
        Some(Value::Text(text))
    }

    fn set(&mut self, node: Node<'a>) -> Option<Value> {
        let entries = self.look.entries(node);
        if !entries.complete {
            return None;
        }
        let mut attributes: Vec<(Name, Value)> = Vec::new();
        for entry in &entries.list {
            let value = self.attribute(node, entry.name)??;
            attributes.push((entry.name, self.value(value)?));
        }
        Some(Value::Set(sorted(attributes)))
    }

    fn binary(&mut self, op: BinaryOp, left: Node<'a>, right: Node<'a>) -> Option<Value> {
        let left = self.value(left)?;
        match (op, &left) {
            (BinaryOp::And, Value::Bool(false)) => return Some(Value::Bool(false)),
            (BinaryOp::Or, Value::Bool(true)) | (BinaryOp::Implies, Value::Bool(false)) => {
                return Some(Value::Bool(true));
            }
            _ => {}
        }
        let right = self.value(right)?;
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                arithmetic(op, left, right)
            }
            BinaryOp::Equal => equal(&left, &right).map(Value::Bool),
            BinaryOp::NotEqual => equal(&left, &right).map(|same| Value::Bool(!same)),
            BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::More | BinaryOp::MoreOrEqual => {
                let order = order(&left, &right)?;
                Some(Value::Bool(match op {
                    BinaryOp::Less => order.is_lt(),
                    BinaryOp::LessOrEqual => order.is_le(),
                    BinaryOp::More => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            // What the first alone decides is decided.
            BinaryOp::And | BinaryOp::Or | BinaryOp::Implies => match (left, right) {
                (Value::Bool(_), Value::Bool(right)) => Some(Value::Bool(right)),
                (_, _) => None,
            },
            BinaryOp::Update => match (left, right) {
                (Value::Set(left), Value::Set(mut right)) => {
                    let new = |name| !right.iter().any(|(known, _)| *known == name);
                    let left: Vec<_> = left.into_iter().filter(|(name, _)| new(*name)).collect();
                    right.extend(left);
                    Some(Value::Set(sorted(right)))
                }
                (_, _) => None,
            },
            BinaryOp::Concat => match (left, right) {
                (Value::List(mut left), Value::List(right)) => {
                    left.extend(right);
                    // What is copied takes steps as well.
                    self.left = self.left.checked_sub(left.len() as u32)?;
                    Some(Value::List(left))
                }
                (_, _) => None,
            },
        }
    }

    /// What `if` comes to.
    fn branch(&mut self, node: Node<'a>) -> Option<Node<'a>> {
        let ExprKind::If { condition, yes, no } = &node.expr.kind else { return None };
        match self.value(Node { expr: condition, ..node })? {
            Value::Bool(true) => Some(Node { expr: yes, ..node }),
            Value::Bool(false) => Some(Node { expr: no, ..node }),
            _ => None,
        }
    }

    /// Does a name mean what every program sees?
    fn is_global(&self, node: Node<'a>) -> bool {
        let text = self.look.text(node.text);
        text.is_some_and(|text| {
            text.checked().names.globals.iter().any(|(_, span)| *span == node.expr.span)
        })
    }

    /// What a name is bound to, a selection selects, an import gives.
    fn next(&mut self, node: Node<'a>) -> Option<Node<'a>> {
        match &node.expr.kind {
            ExprKind::Var(_) => self.named(node.text, node.expr.span),
            ExprKind::Select { from, path, default } => {
                let found = self.selected(Node { expr: from, ..node }, path)?;
                let default = default.as_ref().map(|default| Node { expr: default, ..node });
                found.or(default)
            }
            ExprKind::Apply { function, argument } => {
                let function = Node { expr: function, ..node };
                let imports =
                    matches!(&function.expr.kind, ExprKind::Var(name) if name.bytes() == b"import");
                if !imports || !self.is_global(function) {
                    return None;
                }
                let path = literal_path(argument, self.look.text(node.text)?.path())?;
                let text = self.look.find(&path);
                self.look.root(text.or_else(|| self.look.find(&path.join("default.nix")))?)
            }
            _ => None,
        }
    }

    /// What a path selects from a set; `Some(None)`: nothing.
    fn selected(&mut self, from: Node<'a>, path: &'a [AttrName]) -> Option<Option<Node<'a>>> {
        let mut found = from;
        for step in path {
            match self.attribute(found, static_name(step)?.0)? {
                Some(next) => found = next,
                None => return Some(None),
            }
        }
        Some(Some(found))
    }

    /// An attribute of a set; `Some(None)`: it has none of this name.
    fn attribute(&mut self, set: Node<'a>, name: Name) -> Option<Option<Node<'a>>> {
        self.deeper(|finder| finder.attribute_here(set, name))
    }

    fn attribute_here(&mut self, set: Node<'a>, name: Name) -> Option<Option<Node<'a>>> {
        if let Some((first, rest)) = set.rest.split_first() {
            let (only, _) = static_name(first)?;
            return Some((only == name).then_some(Node { rest, ..set }));
        }
        let at = |expr: &'a Expr| Node { expr, ..set };
        match &set.expr.kind {
            ExprKind::Set { .. } => {
                let entries = self.look.entries(set);
                match entries.get(name) {
                    Some(entry) => self.bound(entry.key).map(Some),
                    None => entries.complete.then_some(None),
                }
            }
            ExprKind::Let { body, .. } | ExprKind::With { body, .. } => {
                self.attribute(at(body), name)
            }
            ExprKind::If { .. } => {
                let branch = self.branch(set)?;
                self.attribute(branch, name)
            }
            ExprKind::Binary { op: BinaryOp::Update, left, right, .. } => {
                match self.attribute(at(right), name)? {
                    None => self.attribute(at(left), name),
                    found => Some(found),
                }
            }
            ExprKind::Var(_) | ExprKind::Select { .. } | ExprKind::Apply { .. } => {
                let next = self.next(set)?;
                self.attribute(next, name)
            }
            _ => None,
        }
    }

    /// What the name that is used at a place is bound to.
    fn named(&mut self, text: usize, used: Span) -> Option<Node<'a>> {
        let index = self.look.index(text)?;
        let definition = index.used(used)?;
        let names = &self.look.text(text)?.checked().names;
        self.bound(Key { text, span: names.definitions.get(definition)?.span })
    }

    /// What the name that is bound at a place is bound to, if it is bound only there.
    fn bound(&mut self, key: Key) -> Option<Node<'a>> {
        let Key { text, span } = key;
        let index = self.look.index(text)?;
        if index.is_repeated(span) || index.is_peculiar() {
            return None;
        }
        let bound = index.bound(span)?;
        self.deeper(|finder| match bound {
            Bound::To { value, rest } => Some(Node { text, expr: value, rest }),
            Bound::From(set, name) => {
                finder.attribute(Node { text, expr: set, rest: &[] }, name)?
            }
            Bound::Around(span) => finder.named(text, span),
            Bound::Argument => None,
        })
    }
}

fn sorted(mut attributes: Vec<(Name, Value)>) -> Vec<(Name, Value)> {
    attributes.sort_by_key(|(name, _)| name.bytes());
    attributes
}

fn arithmetic(op: BinaryOp, left: Value, right: Value) -> Option<Value> {
    if let (Value::Int(left), Value::Int(right)) = (&left, &right) {
        let made = match op {
            BinaryOp::Add => number::add(*left, *right),
            BinaryOp::Sub => number::sub(*left, *right),
            BinaryOp::Mul => number::mul(*left, *right),
            _ => number::div(*left, *right),
        };
        return made.ok().map(Value::Int);
    }
    if let (BinaryOp::Add, Value::Text(left), Value::Text(right)) = (op, &left, &right) {
        let fits = left.len() + right.len() <= LONGEST;
        return fits.then(|| Value::Text(format!("{left}{right}")));
    }
    let (left, right) = (float(&left)?, float(&right)?);
    Some(Value::Float(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        _ => number::div_float(left, right).ok()?,
    }))
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// Sets may be derivations, which are compared otherwise.
fn equal(left: &Value, right: &Value) -> Option<bool> {
    Some(match (left, right) {
        (Value::Set(_), Value::Set(_)) => return None,
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            float(left) == float(right)
        }
        (Value::List(left), Value::List(right)) if left.len() == right.len() => {
            for (left, right) in left.iter().zip(right) {
                if !equal(left, right)? {
                    return Some(false);
                }
            }
            true
        }
        (left, right) => left == right,
    })
}

fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (left, right) => float(left)?.partial_cmp(&float(right)?),
    }
}

/// Does an expression show its value itself, there being nothing to work out?
pub(super) fn is_written(expr: &Expr) -> bool {
    let mut written = true;
    find::walk(expr, &mut |inner| {
        written &= match &inner.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Uri(_)
            | ExprKind::List(_)
            | ExprKind::Unary { op: UnaryOp::Negate, .. } => true,
            ExprKind::Text(parts) => parts.iter().all(|part| matches!(part, Part::Literal(_))),
            ExprKind::Set { bindings, .. } => {
                bindings.iter().all(|binding| matches!(binding, Binding::Assign { .. }))
            }
            ExprKind::Var(name) => [&b"true"[..], b"false", b"null"].contains(&name.bytes()),
            _ => false,
        };
    });
    written
}
