//! Equality and order.

use std::cmp::Ordering;

use super::{Eval, Evaluator, words};
use crate::diagnostic::Diagnostic;
use crate::source::Name;
use crate::value::{Attrs, Error, List, Slot, Value};

impl<'h> Evaluator<'h> {
    /// `==`. Functions equal nothing; two derivations are equal when their `outPath`s are.
    pub fn equal(&mut self, left: Value<'h>, right: Value<'h>) -> Eval<'h, bool> {
        match (left, right) {
            (Value::List(_), Value::List(_)) | (Value::Attrs(_), Value::Attrs(_)) => {
                self.nested(|ev| ev.equal_values(left, right))
            }
            _ => {
                self.check_depth()?;
                self.equal_values(left, right)
            }
        }
    }

    /// As [`Evaluator::equal`], its level having been entered.
    fn equal_values(&mut self, left: Value<'h>, right: Value<'h>) -> Eval<'h, bool> {
        Ok(match (left, right) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            #[allow(clippy::float_cmp)] // the language's own equality
            (Value::Float(a), Value::Float(b)) => a.get() == b.get(),
            #[allow(clippy::float_cmp)]
            (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => {
                a as f64 == b.get()
            }
            (Value::Text(a), Value::Text(b)) => a.bytes() == b.bytes(),
            (Value::Path(a), Value::Path(b)) => a.bytes() == b.bytes(),
            (Value::List(a), Value::List(b)) => return self.equal_lists(a, b),
            (Value::Attrs(a), Value::Attrs(b)) => return self.equal_attrs(a, b),
            (
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Path(_)
                | Value::List(_)
                | Value::Attrs(_)
                | Value::Lambda(_)
                | Value::Builtin(_)
                | Value::Partial(_),
                _,
            ) => false,
        })
    }

    fn equal_lists(&mut self, a: List<'h>, b: List<'h>) -> Eval<'h, bool> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (step, (x, y)) in a.items().iter().zip(b.items()).enumerate() {
            self.breathe(step)?;
            if !self.equal_slots(*x, *y)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Equality of what containers hold: what is identical is equal, even a function. But it is
    /// evaluated first: what fails equals nothing, not even itself.
    pub fn equal_slots(&mut self, left: Slot<'h>, right: Slot<'h>) -> Eval<'h, bool> {
        self.nested(|ev| {
            let (a, b) = (ev.force(left)?, ev.force(right)?);
            Ok(left.identical(right) || ev.equal_values(a, b)?)
        })
    }

    fn equal_attrs(&mut self, a: Attrs<'h>, b: Attrs<'h>) -> Eval<'h, bool> {
        if let Some((x, y)) = self.derivation_outputs(a, b)? {
            return self.equal_slots(x, y);
        }
        if a.len() != b.len() {
            return Ok(false);
        }
        let (keys_a, slots_a) = a.entries(self.local);
        let (keys_b, slots_b) = b.entries(self.local);
        if keys_a.iter().zip(keys_b).any(|(x, y)| x.name != y.name) {
            return Ok(false);
        }
        let pairs = keys_a.iter().zip(slots_a.iter().zip(slots_b));
        // What is plainly equal has no say in the order of the others.
        let open = pairs.filter(|(_, (x, y))| !plainly_equal(**x, **y));
        let mut open: Vec<_> = open.map(|(key, pair)| (key.name.bytes(), pair)).collect();
        // In the order of names, so that which of two errors comes first is always the same.
        open.sort_unstable_by_key(|(name, _)| *name);
        for (_, (x, y)) in open {
            if !self.equal_slots(*x, *y)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The `outPath`s of two derivations, which say whether they are equal.
    pub(super) fn derivation_outputs(
        &mut self,
        a: Attrs<'h>,
        b: Attrs<'h>,
    ) -> Eval<'h, Option<(Slot<'h>, Slot<'h>)>> {
        if !(self.is_derivation(a)? && self.is_derivation(b)?) {
            return Ok(None);
        }
        let out_path = words().out_path;
        Ok(a.get(out_path).zip(b.get(out_path)))
    }

    /// Has the set `type = "derivation"`?
    pub fn is_derivation(&mut self, attrs: Attrs<'h>) -> Eval<'h, bool> {
        let Some(slot) = attrs.get(words().type_) else {
            return Ok(false);
        };
        Ok(matches!(self.force(slot)?, Value::Text(text) if text.bytes() == b"derivation"))
    }

    /// The order of two values, by which `<` and `sort` go. Only `Less` or not is meaningful
    /// where a NaN is involved.
    pub fn compare(&mut self, left: Value<'h>, right: Value<'h>) -> Eval<'h, Ordering> {
        self.check_stack()?;
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => Ok(a.cmp(&b)),
            (Value::Float(a), Value::Float(b)) => Ok(float_order(a.get(), b.get())),
            (Value::Int(a), Value::Float(b)) => Ok(float_order(a as f64, b.get())),
            (Value::Float(a), Value::Int(b)) => Ok(float_order(a.get(), b as f64)),
            (Value::Text(a), Value::Text(b)) => Ok(a.bytes().cmp(b.bytes())),
            (Value::Path(a), Value::Path(b)) => Ok(a.bytes().cmp(b.bytes())),
            (Value::List(a), Value::List(b)) => {
                for (step, (x, y)) in a.items().iter().zip(b.items()).enumerate() {
                    self.breathe(step)?;
                    if !self.equal_slots(*x, *y)? {
                        let x = self.force(*x)?;
                        let y = self.force(*y)?;
                        return self.compare(x, y);
                    }
                }
                Ok(a.len().cmp(&b.len()))
            }
            (left, right) => Err(self.incomparable(left, right)),
        }
    }

    #[cold]
    fn incomparable(&self, left: Value<'h>, right: Value<'h>) -> Error<'h> {
        let (a, b) = (self.kind(left), self.kind(right));
        let (x, y) = (self.brief(left), self.brief(right));
        let message = if left.type_name() == right.type_name() {
            format!(
                "cannot compare {a} with {b}; values of that type are incomparable (values are {x} and {y})"
            )
        } else {
            format!("cannot compare {a} with {b}; values are {x} and {y}")
        };
        self.error_with(
            Diagnostic::error("repx::eval::incomparable", message).at(self.here(), "compared here"),
        )
    }

    /// A string value's bytes as a name, for sets that are looked through by name.
    pub fn name(&mut self, slot: Slot<'h>) -> Eval<'h, Name> {
        Ok(Name::new(self.plain_string(slot)?))
    }
}

/// A NaN is not less than anything, nor anything less than it.
fn float_order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// Are both known, and the same without a further look? Then comparing them can't fail.
fn plainly_equal<'h>(a: Slot<'h>, b: Slot<'h>) -> bool {
    let (Some(x), Some(y)) = (a.known(), b.known()) else {
        return false;
    };
    a.identical(b)
        || match (x, y) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(x), Value::Bool(y)) => x == y,
            (Value::Int(x), Value::Int(y)) => x == y,
            (Value::Text(x), Value::Text(y)) => x.bytes() == y.bytes(),
            _ => false,
        }
}
