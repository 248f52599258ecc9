//! Operators.

use std::cmp::Ordering;

use super::{Coercion, Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::lower::{Binary, BinaryOp, Operand};
use crate::source::Span;
use crate::value::number::{self, NumberError};
use crate::value::{Env, Error, Path, Value};

impl<'h> Evaluator<'h> {
    pub(super) fn binary(&mut self, binary: &'h Binary, env: Env<'h>) -> Eval<'h> {
        match binary.op {
            BinaryOp::And => {
                let both = self.condition(&binary.left, binary.left_span, env)?
                    && self.condition(&binary.right, binary.right_span, env)?;
                return Ok(Value::bool(both));
            }
            BinaryOp::Or => {
                let either = self.condition(&binary.left, binary.left_span, env)?
                    || self.condition(&binary.right, binary.right_span, env)?;
                return Ok(Value::bool(either));
            }
            BinaryOp::Implies => {
                let holds = !self.condition(&binary.left, binary.left_span, env)?
                    || self.condition(&binary.right, binary.right_span, env)?;
                return Ok(Value::bool(holds));
            }
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::Div
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::More
            | BinaryOp::MoreOrEqual
            | BinaryOp::Update
            | BinaryOp::Concat => {}
        }
        let left = self.expr(&binary.left, env)?;
        let right = self.expr(&binary.right, env)?;
        self.here = binary.op_span;
        self.combine(binary, left, right)
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
            BinaryOp::Less => Ok(Value::bool(self.compare(left, right)? == Ordering::Less)),
            BinaryOp::More => Ok(Value::bool(self.compare(right, left)? == Ordering::Less)),
            BinaryOp::LessOrEqual => Ok(Value::bool(self.compare(right, left)? != Ordering::Less)),
            BinaryOp::MoreOrEqual => Ok(Value::bool(self.compare(left, right)? != Ordering::Less)),
            BinaryOp::Update => match (left, right) {
                (Value::Attrs(left), Value::Attrs(right)) => {
                    Ok(Value::Attrs(left.update(self.local, right)))
                }
                (Value::Attrs(_), other) => {
                    Err(self.expected_at(binary.right_span, "a set", other))
                }
                (other, _) => Err(self.expected_at(binary.left_span, "a set", other)),
            },
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
            BinaryOp::And | BinaryOp::Or | BinaryOp::Implies => Ok(Value::Null),
        }
    }

    pub(super) fn negate(&mut self, operand: &'h Operand, env: Env<'h>) -> Eval<'h> {
        let value = self.expr(&operand.expr, env)?;
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
            (Value::Int(_) | Value::Float(_), other) => {
                Err(self.cannot_add(left, other, binary, true))
            }
            (Value::Path(path), other) => self.add_to_path(path, other, binary),
            (Value::Text(first), other) => {
                let second = self.coerce_operand(other, left, binary, binary.right_span)?;
                self.room_for_text(first.bytes().len().saturating_add(second.bytes().len()))?;
                Ok(Value::Text(first.append(self.local, second.bytes(), second.context())))
            }
            (other, _) => {
                let first = self.coerce_operand(other, right, binary, binary.left_span)?;
                let second = self.coerce_operand(right, left, binary, binary.right_span)?;
                let first = first.into_text(self.local);
                Ok(Value::Text(first.append(self.local, second.bytes(), second.context())))
            }
        }
    }

    #[inline(never)]
    fn coerce_operand(
        &mut self,
        value: Value<'h>,
        other: Value<'h>,
        binary: &'h Binary,
        span: Span,
    ) -> Eval<'h, super::Coerced<'h>> {
        match value {
            Value::Text(_) | Value::Path(_) | Value::Attrs(_) => {
                self.here = span;
                self.coerce(value, Coercion::INTERPOLATION)
            }
            _ => {
                if span == binary.left_span {
                    Err(self.cannot_add(value, other, binary, false))
                } else {
                    Err(self.cannot_add(other, value, binary, true))
                }
            }
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

    /// Whatever stands on the left decides what `+` means; `at_right` says which side is wrong.
    #[cold]
    fn cannot_add(
        &self,
        left: Value<'h>,
        right: Value<'h>,
        binary: &'h Binary,
        at_right: bool,
    ) -> Error<'h> {
        let (wrong, wrong_span, other, other_span) = if at_right {
            (right, binary.right_span, left, binary.left_span)
        } else {
            (left, binary.left_span, right, binary.right_span)
        };
        let kind = self.kind(wrong);
        let message = match (left, wrong) {
            (Value::Int(_) | Value::Float(_), _) => {
                format!("cannot add {kind} to {}", left.a_type())
            }
            (_, Value::Null) => "cannot coerce null to a string: null".to_owned(),
            _ => format!("cannot coerce {kind} to a string: {}", self.brief(wrong)),
        };
        let diagnostic = Diagnostic::error("repx::eval::type", message)
            .at(wrong_span, format!("this is {kind}"))
            .also(other_span, format!("this is {}", self.kind(other)));
        let strings = matches!(left, Value::Text(_)) || matches!(right, Value::Text(_));
        self.error_with(if strings {
            diagnostic.help("`toString` makes a string of a number: `\"a\" + toString 1`")
        } else {
            diagnostic
        })
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
