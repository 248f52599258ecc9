//! What an expression evaluates before anything else.
//!
//! A function whose body begins with evaluating its parameter can be given the argument's value
//! instead of a promise of it: nobody can tell, since nothing happens in between, and neither
//! a thunk nor the environment it would keep need be made.

use super::{BinaryOp, Expr, Lambda, Param, Piece};

/// Does calling the function begin with evaluating its argument?
pub(super) fn forces_argument(param: &Param, body: &Expr) -> bool {
    match param {
        Param::Formals(_) => true,
        Param::Name(_) => begins_with(body, 0),
    }
}

/// Is slot 0 of the environment `up` levels out what the expression evaluates first?
fn begins_with(mut expr: &Expr, mut up: u32) -> bool {
    loop {
        expr = match expr {
            Expr::Local(slot) => return up == 0 && *slot == 0,
            Expr::Outer { up: levels, slot } => return *levels == up && *slot == 0,
            Expr::Select(select) => &select.from,
            Expr::HasAttr(has) => &has.from,
            Expr::Not(operand) | Expr::Negate(operand) => &operand.expr,
            Expr::Binary(binary) if right_first(binary.op) => &binary.right,
            Expr::Binary(binary) => &binary.left,
            Expr::If(inner) => &inner.condition,
            Expr::Assert(assert) => &assert.condition,
            Expr::Call(call) => &call.function,
            Expr::Let(inner) => {
                up += 1;
                &inner.body
            }
            Expr::WithIn(with) => {
                up += 1;
                &with.body
            }
            Expr::Interpolation(text) => match first_value(&text.parts) {
                Some(value) => value,
                None => return false,
            },
            Expr::Null
            | Expr::Bool(_)
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::Text(_)
            | Expr::Path(_)
            | Expr::Global(_)
            | Expr::With(_)
            | Expr::CurrentPosition(_)
            | Expr::List(_)
            | Expr::Set(_)
            | Expr::RecSet(_)
            | Expr::Lambda(_)
            | Expr::Deferred(_)
            | Expr::Hole(_) => return false,
        };
    }
}

/// Does the operator evaluate its right side before its left? `a > b` is `b < a` to Nix, and `//`
/// looks at the side that wins first.
pub fn right_first(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Update | BinaryOp::More | BinaryOp::LessOrEqual)
}

fn first_value(parts: &[Piece]) -> Option<&Expr> {
    parts.iter().find_map(|part| match part {
        Piece::Value(value, _) => Some(value),
        Piece::Literal(_) => None,
    })
}

impl Lambda {
    /// The second of two functions that are called one right after the other when both arguments
    /// are given: `b: …` in `a: b: …`.
    #[inline]
    pub fn inner(&self) -> Option<&Lambda> {
        match (&self.param, self.body.read()) {
            (Param::Name(_), Expr::Lambda(inner)) => Some(inner),
            _ => None,
        }
    }
}
