//! Operators.

use std::cmp::Ordering;

use super::{Coercion, Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::lower::{Binary, BinaryOp, Expr, Operand, right_first};
use crate::source::Span;
use crate::value::number::{self, NumberError};
use crate::value::{Attrs, Env, Error, Outcome, Path, Value};

impl<'h> Evaluator<'h> {
    #[inline(never)]
    pub(super) fn binary(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Binary(binary) = expr else { return self.hole(expr, env) };
        if binary.op == BinaryOp::Update {
            return self.update(binary, env);
        }
        self.operation(binary, env).into()
    }

    #[inline]
    fn operation(&mut self, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        match binary.op {
            BinaryOp::And => {
                let both = self.condition(&binary.left, binary.left_span, env)?
                    && self.condition(&binary.right, binary.right_span, env)?;
                Ok(Value::bool(both))
            }
            BinaryOp::Or => {
                let either = self.condition(&binary.left, binary.left_span, env)?
                    || self.condition(&binary.right, binary.right_span, env)?;
                Ok(Value::bool(either))
            }
            BinaryOp::Implies => {
                let holds = !self.condition(&binary.left, binary.left_span, env)?
                    || self.condition(&binary.right, binary.right_span, env)?;
                Ok(Value::bool(holds))
            }
            BinaryOp::Update => self.update(binary, env).get(),
            BinaryOp::Add
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Concat
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::More
            | BinaryOp::MoreOrEqual => self.both(binary, env),
        }
    }

    /// An operator that needs both its sides.
    #[inline]
    fn both(&mut self, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        let levels = u32::from(is_call_in_nix(binary.op));
        if levels > 0 {
            self.check_depth()?;
            self.check_stack()?;
        }
        self.depth += levels;
        let result = self.both_sides(binary, env);
        self.depth -= levels;
        result
    }

    #[inline]
    fn both_sides(&mut self, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        let (left, right) = if right_first(binary.op) {
            let right = self.expr(&binary.right, env)?;
            (self.expr(&binary.left, env)?, right)
        } else {
            let left = self.expr(&binary.left, env)?;
            if binary.op == BinaryOp::Add && !is_addend(left) {
                return self.add_to_other(left, binary, env);
            }
            (left, self.expr(&binary.right, env)?)
        };
        self.here = binary.op_span;
        if let (Value::Int(left), Value::Int(right)) = (left, right)
            && let Some(value) = of_integers(binary.op, left, right)
        {
            return Ok(value);
        }
        self.combined(binary, left, right).get()
    }

    #[inline(never)]
    fn combined(&mut self, binary: &'h Binary, left: Value<'h>, right: Value<'h>) -> Outcome<'h> {
        self.combine(binary, left, right).into()
    }

    fn combine(&mut self, binary: &'h Binary, left: Value<'h>, right: Value<'h>) -> Eval<'h> {
        match binary.op {
            BinaryOp::Add => self.add(left, right, binary),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                let spans = (binary.left_span, binary.right_span);
                self.arithmetic(binary.op, left, right, spans)
            }
            BinaryOp::Equal => Ok(Value::bool(self.equal(left, right)?)),
            BinaryOp::NotEqual => Ok(Value::bool(!self.equal(left, right)?)),
            BinaryOp::Less => self.less(left, right).map(Value::bool),
            BinaryOp::More => self.less(right, left).map(Value::bool),
            BinaryOp::LessOrEqual => self.less(right, left).map(|less| Value::bool(!less)),
            BinaryOp::MoreOrEqual => self.less(left, right).map(|less| Value::bool(!less)),
            BinaryOp::Concat => match (left, right) {
                (Value::List(left), Value::List(right)) => {
                    self.room_for_list(left.len().saturating_add(right.len()))?;
                    Ok(Value::List(left.concat(self.local, right)))
                }
                (Value::List(_), other) => {
                    Err(self.expected_at(binary.right_span, "a list", other))
                }
                (other, _) => Err(self.expected_at(binary.left_span, "a list", other)),
            },
            // Decided before both sides were evaluated.
            BinaryOp::And | BinaryOp::Or | BinaryOp::Implies | BinaryOp::Update => Ok(Value::Null),
        }
    }

    fn less(&mut self, left: Value<'h>, right: Value<'h>) -> Eval<'h, bool> {
        Ok(self.compare(left, right)? == Ordering::Less)
    }

    #[inline(never)]
    pub(super) fn negate(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Negate(operand) = expr else { return self.hole(expr, env) };
        self.negated(operand, env).into()
    }

    fn negated(&mut self, operand: &'h Operand, env: Env<'h>) -> Eval<'h> {
        let value = self.nested(|ev| ev.expr(&operand.expr, env))?;
        self.here = operand.span;
        // Nix computes `0 - x`, so that `-0.0` is `0.0`.
        self.arithmetic(BinaryOp::Sub, Value::Int(0), value, (operand.span, operand.span))
    }

    fn add(&mut self, left: Value<'h>, right: Value<'h>, binary: &'h Binary) -> Eval<'h> {
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => {
                self.integer_arithmetic(BinaryOp::Add, a, b, binary.right_span)
            }
            (Value::Int(a), Value::Float(b)) => Ok(Value::float(a as f64 + b.get())),
            (Value::Float(a), Value::Int(b)) => Ok(Value::float(a.get() + b as f64)),
            (Value::Float(a), Value::Float(b)) => Ok(Value::float(a.get() + b.get())),
            (Value::Int(_) | Value::Float(_), other) => Err(self.cannot_add(left, other, binary)),
            (Value::Path(path), other) => self.add_to_path(path, other, binary),
            (Value::Text(first), other) => {
                let second = self.coerce_operand(other, left, binary, Coercion::INTERPOLATION)?;
                self.room_for_text(first.bytes().len().saturating_add(second.bytes().len()))?;
                Ok(Value::Text(first.append(self.local, second.bytes(), second.context())))
            }
            // Decided before the right side was evaluated.
            (_, _) => Ok(Value::Null),
        }
    }

    /// What isn't a number, a string or a path becomes a string before what follows is looked at.
    /// Paths that follow keep their own text then.
    #[inline(never)]
    fn add_to_other(&mut self, left: Value<'h>, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        let Value::Attrs(_) = left else {
            return Err(self.cannot_start_sum(left, binary));
        };
        self.here = binary.left_span;
        let first = self.coerce(left, Coercion::PATH)?.into_text(self.local);
        let right = self.expr(&binary.right, env)?;
        let second = self.coerce_operand(right, left, binary, Coercion::PATH)?;
        Ok(Value::Text(first.append(self.local, second.bytes(), second.context())))
    }

    /// `a // b`, or a chain of such.
    #[inline(never)]
    fn update(&mut self, binary: &'h Binary, env: Env<'h>) -> Outcome<'h> {
        self.updated(binary, env).into()
    }

    #[inline]
    fn updated(&mut self, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        if !is_update(&binary.left) && !is_update(&binary.right) {
            let over = self.update_operand(&binary.right, binary.right_span, env)?;
            let under = self.update_operand(&binary.left, binary.left_span, env)?;
            return Ok(Value::Attrs(under.update(self.local, over)));
        }
        let mut last_first = Vec::with_capacity(8);
        self.update_operands(binary, env, &mut last_first)?;
        Ok(Value::Attrs(Attrs::update_all(self.local, &last_first)))
    }

    /// The operands of a chain. The type of the right side is looked at before the left is
    /// evaluated, as Nix does.
    fn update_operands(
        &mut self,
        binary: &'h Binary,
        env: Env<'h>,
        last_first: &mut Vec<Attrs<'h>>,
    ) -> Eval<'h, ()> {
        let sides = [(&binary.right, binary.right_span), (&binary.left, binary.left_span)];
        for (side, span) in sides {
            match side.read() {
                Expr::Binary(inner) if inner.op == BinaryOp::Update => {
                    self.check_stack()?;
                    self.update_operands(inner, env, last_first)?;
                }
                _ => last_first.push(self.update_operand(side, span, env)?),
            }
        }
        Ok(())
    }

    #[inline]
    fn update_operand(&mut self, expr: &'h Expr, span: Span, env: Env<'h>) -> Eval<'h, Attrs<'h>> {
        match self.expr(expr, env)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.expected_at(span, "a set", other)),
        }
    }

    /// The right side of a sum as a string.
    #[inline(never)]
    fn coerce_operand(
        &mut self,
        value: Value<'h>,
        left: Value<'h>,
        binary: &'h Binary,
        how: Coercion,
    ) -> Eval<'h, super::Coerced<'h>> {
        match value {
            Value::Text(_) | Value::Path(_) | Value::Attrs(_) => {
                self.here = binary.right_span;
                self.coerce(value, how)
            }
            _ => Err(self.cannot_add(left, value, binary)),
        }
    }

    #[inline(never)]
    fn add_to_path(&mut self, path: Path<'h>, other: Value<'h>, binary: &'h Binary) -> Eval<'h> {
        self.here = binary.right_span;
        let second = self.coerce(other, Coercion::PATH)?;
        if !second.context().is_empty() {
            return Err(self.error_at(
                binary.right_span,
                "a string that refers to a store path cannot be appended to a path",
            ));
        }
        let bytes = [path.bytes(), second.bytes()].concat();
        Ok(Value::Path(Path::new(self.local, &bytes)))
    }

    /// Whatever stands on the left decides what `+` means.
    #[cold]
    fn cannot_add(&self, left: Value<'h>, right: Value<'h>, binary: &'h Binary) -> Error<'h> {
        let kind = self.kind(right);
        let message = match left {
            Value::Int(_) | Value::Float(_) => format!("cannot add {kind} to {}", left.a_type()),
            _ => self.no_string(right),
        };
        let diagnostic = Diagnostic::error("repx::eval::type", message)
            .at(binary.right_span, format!("this is {kind}"))
            .also(binary.left_span, format!("this is {}", self.kind(left)));
        let strings = matches!(left, Value::Text(_)) || matches!(right, Value::Text(_));
        self.error_with(with_advice(diagnostic, strings))
    }

    #[cold]
    fn cannot_start_sum(&self, left: Value<'h>, binary: &'h Binary) -> Error<'h> {
        let diagnostic = Diagnostic::error("repx::eval::type", self.no_string(left))
            .at(binary.left_span, format!("this is {}", self.kind(left)));
        let strings = matches!(binary.right, Expr::Text(_) | Expr::Interpolation(_));
        self.error_with(with_advice(diagnostic, strings))
    }

    fn no_string(&self, value: Value<'h>) -> String {
        match value {
            Value::Null => "cannot coerce null to a string: null".to_owned(),
            _ => format!("cannot coerce {} to a string: {}", self.kind(value), self.brief(value)),
        }
    }

    /// `+ - * /` on numbers, an integer becoming a float beside a float. The spans are those of
    /// the operands.
    pub fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: Value<'h>,
        right: Value<'h>,
        spans: (Span, Span),
    ) -> Eval<'h> {
        if let (Value::Int(a), Value::Int(b)) = (left, right) {
            return self.integer_arithmetic(op, a, b, spans.1);
        }
        // Nix looks at the divisor first, and as a float: `"a" / 0` divides by zero.
        if op == BinaryOp::Div && self.operand(right, spans.1, "a float")? == 0.0 {
            return Err(self.division_by_zero(spans.1));
        }
        let float = matches!(left, Value::Float(_)) || matches!(right, Value::Float(_));
        let wanted = if float { "a float" } else { "an integer" };
        let a = self.operand(left, spans.0, wanted)?;
        let b = self.operand(right, spans.1, wanted)?;
        Ok(Value::float(match op {
            BinaryOp::Add => a + b,
            BinaryOp::Sub => a - b,
            BinaryOp::Mul => a * b,
            _ => a / b,
        }))
    }

    fn operand(&self, value: Value<'h>, span: Span, wanted: &str) -> Eval<'h, f64> {
        match value {
            Value::Int(int) => Ok(int as f64),
            Value::Float(float) => Ok(float.get()),
            other => Err(self.expected_at(span, wanted, other)),
        }
    }

    fn integer_arithmetic(&mut self, op: BinaryOp, a: i64, b: i64, divisor: Span) -> Eval<'h> {
        let result = match op {
            BinaryOp::Add => number::add(a, b),
            BinaryOp::Sub => number::sub(a, b),
            BinaryOp::Mul => number::mul(a, b),
            _ => number::div(a, b),
        };
        result.map(Value::Int).map_err(|problem| self.number_error(&problem, divisor))
    }

    #[cold]
    fn number_error(&self, problem: &NumberError, divisor: Span) -> Error<'h> {
        match problem {
            NumberError::DivisionByZero => self.division_by_zero(divisor),
            other => self.error_with(
                Diagnostic::error("repx::eval::overflow", other.to_string())
                    .at(self.here, "beyond 64 bits"),
            ),
        }
    }

    #[cold]
    fn division_by_zero(&self, divisor: Span) -> Error<'h> {
        self.error_with(
            Diagnostic::error("repx::eval::division-by-zero", "division by zero")
                .at(divisor, "this is zero"),
        )
    }
}

/// What an operator gives for integers, where nothing can go wrong. All that is left out here fails, or
/// comes rarely.
#[inline]
pub(super) fn of_integers<'h>(op: BinaryOp, left: i64, right: i64) -> Option<Value<'h>> {
    match op {
        BinaryOp::Add => left.checked_add(right).map(Value::Int),
        BinaryOp::Sub => left.checked_sub(right).map(Value::Int),
        BinaryOp::Mul => left.checked_mul(right).map(Value::Int),
        BinaryOp::Less => Some(Value::bool(left < right)),
        BinaryOp::LessOrEqual => Some(Value::bool(left <= right)),
        BinaryOp::More => Some(Value::bool(left > right)),
        BinaryOp::MoreOrEqual => Some(Value::bool(left >= right)),
        BinaryOp::Equal => Some(Value::bool(left == right)),
        BinaryOp::NotEqual => Some(Value::bool(left != right)),
        BinaryOp::Div
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Implies
        | BinaryOp::Update
        | BinaryOp::Concat => None,
    }
}

/// Is it a call of a builtin in Nix, which therefore needs a level of calls?
#[inline]
fn is_call_in_nix(op: BinaryOp) -> bool {
    match op {
        BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::Less
        | BinaryOp::LessOrEqual
        | BinaryOp::More
        | BinaryOp::MoreOrEqual => true,
        BinaryOp::Add
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Implies
        | BinaryOp::Update
        | BinaryOp::Concat => false,
    }
}

/// Can a sum begin with this as it is?
fn is_addend(value: Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Path(_))
}

fn with_advice(diagnostic: Diagnostic, strings: bool) -> Diagnostic {
    if strings {
        diagnostic.help("`toString` makes a string of a number: `\"a\" + toString 1`")
    } else {
        diagnostic
    }
}

fn is_update(expr: &Expr) -> bool {
    matches!(expr.read(), Expr::Binary(binary) if binary.op == BinaryOp::Update)
}
