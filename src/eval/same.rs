//! Do two things mean the same?
//!
//! A file that is called twice makes two functions of one text. They are one function when all that
//! they know is the same: that is found out here by walking through it. Nothing is evaluated for it,
//! so a no may be wrong; a yes isn't.

use hashbrown::HashSet;

use super::Evaluator;
use crate::value::{Computation, Env, Forced, Slot, Value};

/// More pairs than this are not looked at.
const MOST: usize = 100_000;

/// Pairs that have been met. While a pair is looked at it passes for the same: a circle has no
/// difference that isn't somewhere on it.
#[derive(Default)]
pub struct Met(HashSet<(usize, usize)>);

impl Met {
    /// Nothing yet.
    pub fn new() -> Met {
        Met::default()
    }

    fn is_new(&mut self, a: usize, b: usize) -> bool {
        self.0.insert((a, b))
    }
}

impl<'h> Evaluator<'h> {
    /// Is it certain that both mean the same?
    pub fn same(&mut self, a: Slot<'h>, b: Slot<'h>, met: &mut Met) -> bool {
        if a.identical(b) {
            return true;
        }
        if met.0.len() > MOST || self.check_stack().is_err() {
            return false;
        }
        match (a.known(), b.known(), a, b) {
            (Some(a), Some(b), ..) => self.same_value(a, b, met),
            (None, None, Slot::Thunk(a), Slot::Thunk(b)) => {
                let pair = (std::ptr::from_ref(a).addr(), std::ptr::from_ref(b).addr());
                if !met.is_new(pair.0, pair.1) {
                    return true;
                }
                // Who wants to know what it will do has to claim it; dropped, a claim is as it was.
                let (Forced::Claimed(first, x), Forced::Claimed(second, y)) =
                    (a.look(self.me), b.look(self.me))
                else {
                    return false;
                };
                let same = self.same_computation(x, y, met);
                let woken = [first.abandon(), second.abandon()];
                for (thunk, waited_for) in [a, b].into_iter().zip(woken) {
                    if waited_for {
                        self.shared.waits.wake(thunk);
                    }
                }
                same
            }
            _ => false,
        }
    }

    fn same_computation(
        &mut self,
        one: Computation<'h>,
        other: Computation<'h>,
        met: &mut Met,
    ) -> bool {
        match (one, other) {
            (Computation::Eval(expr, env), Computation::Eval(expr2, env2)) => {
                std::ptr::eq(expr, expr2) && self.same_env(env, env2, met)
            }
            (Computation::Apply(call, given), Computation::Apply(call2, given2)) => {
                self.same(*call, *call2, met) && self.same(*given, *given2, met)
            }
            (Computation::Apply2(parts), Computation::Apply2(parts2)) => {
                parts.iter().zip(parts2).all(|(part, part2)| self.same(*part, *part2, met))
            }
            (Computation::ApplyNumber(call, at), Computation::ApplyNumber(call2, at2)) => {
                at == at2 && self.same(*call, *call2, met)
            }
            (Computation::ApplyNamed(calls, at), Computation::ApplyNamed(calls2, at2)) => {
                let (all, all2) = (Value::Attrs(calls.set), Value::Attrs(calls2.set));
                at == at2
                    && self.same(calls.function, calls2.function, met)
                    && self.same_value(all, all2, met)
            }
            _ => false,
        }
    }

    fn same_env(&mut self, a: Env<'h>, b: Env<'h>, met: &mut Met) -> bool {
        let (mut a, mut b) = (a, b);
        loop {
            if a.address() == b.address() || !met.is_new(a.address(), b.address()) {
                return true;
            }
            let (slots, others) = (a.slots(usize::MAX), b.slots(usize::MAX));
            let pairs = slots.iter().zip(others);
            if slots.len() != others.len()
                || !pairs.into_iter().all(|(a, b)| self.same(*a, *b, met))
            {
                return false;
            }
            match (a.around(), b.around()) {
                (None, None) => return true,
                (Some(x), Some(y)) => (a, b) = (x, y),
                _ => return false,
            }
        }
    }

    fn same_value(&mut self, a: Value<'h>, b: Value<'h>, met: &mut Met) -> bool {
        match (a, b) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a.get().to_bits() == b.get().to_bits(),
            (Value::Text(a), Value::Text(b)) => {
                a.bytes() == b.bytes() && a.context().elements() == b.context().elements()
            }
            (Value::Path(a), Value::Path(b)) => a.bytes() == b.bytes(),
            (Value::Builtin(a), Value::Builtin(b)) => a == b,
            (Value::Partial(a), Value::Partial(b)) => {
                a.builtin == b.builtin
                    && a.arguments.len() == b.arguments.len()
                    && a.arguments.iter().zip(b.arguments).all(|(a, b)| self.same(*a, *b, met))
            }
            (Value::Lambda(a), Value::Lambda(b)) => {
                std::ptr::eq(a.lambda(), b.lambda()) && self.same_env(a.env(), b.env(), met)
            }
            (Value::List(a), Value::List(b)) => {
                a.same_object(b)
                    || !met.is_new(a.address(), b.address())
                    || (a.len() == b.len()
                        && a.items().iter().zip(b.items()).all(|(a, b)| self.same(*a, *b, met)))
            }
            (Value::Attrs(a), Value::Attrs(b)) => {
                if a.same_object(b) || !met.is_new(a.address(), b.address()) {
                    return true;
                }
                if a.len() != b.len() || a.missing().is_some() || b.missing().is_some() {
                    return false;
                }
                let mut pairs = a.iter(self.local).zip(b.iter(self.local));
                pairs.all(|(a, b)| a.key.name == b.key.name && self.same(a.slot, b.slot, met))
            }
            _ => false,
        }
    }
}
