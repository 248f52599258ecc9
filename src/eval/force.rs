//! Making values of thunks.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::helpers::{DEEP, Group};
use super::{Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::store::StoreDir;
use crate::value::{
    Attr, Attrs, Claim, Company, Computation, Error, ErrorKind, Forced, List, Local, Outcome, Slot,
    Text, Thunk, Value,
};

/// Loops that could run long look for an interruption every so many steps.
const STEPS: usize = 4096;

impl<'h> Evaluator<'h> {
    /// The value of a slot, in weak head normal form.
    #[inline]
    pub fn force(&mut self, slot: Slot<'h>) -> Eval<'h> {
        match slot {
            Slot::Value(value) => Ok(value),
            Slot::Thunk(thunk) => match thunk.done() {
                Some(value) => Ok(value),
                None => self.force_thunk(thunk).get(),
            },
        }
    }

    /// As [`Evaluator::force`].
    #[inline]
    pub(super) fn forced(&mut self, slot: Slot<'h>) -> Outcome<'h> {
        match slot {
            Slot::Value(value) => Ok(value).into(),
            Slot::Thunk(thunk) => match thunk.done() {
                Some(value) => Ok(value).into(),
                None => self.force_thunk(thunk),
            },
        }
    }

    /// As [`Evaluator::force`], where what is called is called at this place.
    pub fn force_at(&mut self, slot: Slot<'h>, at: Span) -> Eval<'h> {
        self.here = at;
        self.force(slot)
    }

    /// As [`Evaluator::force`], of what is not known yet.
    #[inline(never)]
    pub(super) fn force_thunk(&mut self, thunk: &'h Thunk<'h>) -> Outcome<'h> {
        if self.helps.is_some() && thunk.is_left() {
            return Err(self.out_of_turn()).into();
        }
        if self.local.is_region() && !self.local.home_of(NonNull::from(thunk)).is_region() {
            return self.force_at_home(thunk);
        }
        loop {
            let (claim, computation) = match thunk.look_among(self.me, self.company()) {
                Forced::Value(value) => return Ok(value).into(),
                Forced::Failed(error) => return Err(error).into(),
                Forced::Busy(owner) => match self.wait_for(thunk, owner) {
                    Ok(()) => continue,
                    Err(error) => return Err(error).into(),
                },
                Forced::Claimed(claim, computation) => (claim, computation),
            };
            let here = self.here;
            let result = match computation {
                Computation::Eval(expr, env) => match self.check_stack() {
                    Ok(()) => self.expr(expr, env),
                    Err(error) => Err(error),
                },
                computation => self.compute(computation).get(),
            };
            self.here = here;
            return self.end(thunk, claim, result).into();
        }
    }

    /// Forces a thunk that is older than the region which this evaluator works in. All that its
    /// computation knows is as old, and whatever it makes has to stay: the thunk will refer to it.
    #[cold]
    #[inline(never)]
    fn force_at_home(&mut self, thunk: &'h Thunk<'h>) -> Outcome<'h> {
        let region = self.local;
        self.local = region.home();
        let result = self.force_thunk(thunk);
        self.local = region;
        result
    }

    #[inline(never)]
    fn compute(&mut self, computation: Computation<'h>) -> Outcome<'h> {
        self.computed(computation).into()
    }

    #[inline]
    fn computed(&mut self, computation: Computation<'h>) -> Eval<'h> {
        self.check_stack()?;
        let here = self.here;
        match computation {
            Computation::Eval(expr, env) => self.expr(expr, env),
            Computation::Apply(function, argument) => {
                let function = self.force(*function)?;
                self.call(function, &[*argument], here)
            }
            Computation::Apply2([function, first, second]) => {
                let function = self.force(*function)?;
                self.call(function, &[*first, *second], here)
            }
            Computation::ApplyNumber(function, number) => {
                let function = self.force(*function)?;
                self.call(function, &[Slot::Value(Value::Int(number))], here)
            }
            Computation::ApplyNamed(calls, index) => {
                let function = self.force(calls.function)?;
                let (keys, slots) = calls.set.entries(self.local);
                let (Some(key), Some(slot)) = (keys.get(index), slots.get(index)) else {
                    return Ok(Value::Null);
                };
                let name = Slot::Value(self.text_of(key.name));
                self.call(function, &[name, *slot], here)
            }
            Computation::Watched(watch, index) => self.force(watch.ask(index)),
        }
    }

    /// Ends a claim with what came of it.
    #[inline]
    fn end(&mut self, thunk: &'h Thunk<'h>, claim: Claim<'h>, result: Eval<'h>) -> Eval<'h> {
        let mut result = result;
        let waited_for = match &mut result {
            Ok(value) => claim.fulfil_among(*value, self.company()),
            Err(error) => {
                *error = self.around_circle(thunk, *error);
                self.end_failed(claim, *error)
            }
        };
        if waited_for {
            self.shared.waits.wake(thunk);
        }
        result
    }

    /// Who else may get at thunks.
    #[inline]
    fn company(&self) -> Company {
        if self.in_order { self.shared.helpers.company() } else { Company::Others }
    }

    /// What is too deep for a helper, or not to be done by one, no helper tries again.
    #[cold]
    #[inline(never)]
    fn end_failed(&self, claim: Claim<'h>, error: Error<'h>) -> bool {
        match error.kind() {
            ErrorKind::Catchable | ErrorKind::Plain | ErrorKind::Circular => claim.fail(error),
            ErrorKind::TooDeep | ErrorKind::OutOfTurn if self.helps.is_some() => claim.leave(),
            ErrorKind::TooDeep | ErrorKind::OutOfTurn | ErrorKind::Interrupted => claim.abandon(),
        }
    }

    /// Has somebody asked to stop?
    pub fn check_interrupt(&mut self) -> Eval<'h, ()> {
        let unwanted = self.helps.is_some_and(Group::is_withdrawn);
        if unwanted || self.shared.interrupt.load(Ordering::Relaxed) {
            let interrupted = Diagnostic::interrupted();
            return Err(Error::new(self.local, ErrorKind::Interrupted, interrupted));
        }
        Ok(())
    }

    /// Stops a long loop at `step` when the user has asked to.
    #[inline]
    pub fn breathe(&mut self, step: usize) -> Eval<'h, ()> {
        if step % STEPS == STEPS - 1 { self.check_interrupt() } else { Ok(()) }
    }

    /// Is there stack left?
    #[inline]
    pub fn check_stack(&mut self) -> Eval<'h, ()> {
        let marker = 0u8;
        if std::ptr::from_ref(&marker).addr() < self.stack_end {
            return Err(self.stack_overflow());
        }
        Ok(())
    }

    /// Does something one level further down, counted as a call is: what Nix counts among its
    /// calls although none can be seen.
    #[inline]
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Eval<'h, T>) -> Eval<'h, T> {
        self.check_depth()?;
        self.check_stack()?;
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Is one more level allowed?
    #[inline]
    pub fn check_depth(&mut self) -> Eval<'h, ()> {
        if self.depth > self.shared.settings.max_call_depth {
            return Err(self.stack_overflow());
        }
        Ok(())
    }

    /// Forces a slot and everything in it.
    pub fn force_deep(&mut self, slot: Slot<'h>) -> Eval<'h> {
        let value = self.force(slot)?;
        let mut seen = hashbrown::HashSet::new();
        self.nested(|ev| ev.deepen(value, &mut seen))?;
        Ok(value)
    }

    /// `seen` holds the sets and lists already visited: a value may contain itself.
    fn deepen(&mut self, value: Value<'h>, seen: &mut hashbrown::HashSet<usize>) -> Eval<'h, ()> {
        match value {
            Value::List(list) => {
                if list.is_empty() || !seen.insert(list.address()) {
                    return Ok(());
                }
                self.check_interrupt()?;
                let mut sharing = self.sharing(DEEP);
                for (i, item) in list.items().iter().enumerate() {
                    self.breathe(i)?;
                    sharing.reach(self, i, |_| list.items());
                    let inner =
                        self.nested(|ev| ev.force(*item).and_then(|item| ev.deepen(item, seen)));
                    self.framed(inner, Span::NONE, || {
                        format!("while evaluating list element at index {i}")
                    })?;
                }
                sharing.done();
                Ok(())
            }
            Value::Attrs(attrs) => {
                if !seen.insert(attrs.address()) {
                    return Ok(());
                }
                self.check_interrupt()?;
                let attrs = attrs.by_name(self.local);
                let mut sharing = self.sharing(DEEP);
                for (i, attr) in attrs.iter().enumerate() {
                    self.breathe(i)?;
                    sharing.reach(self, i, |local| slots_of(local, &attrs));
                    let inner = self
                        .nested(|ev| ev.force(attr.slot).and_then(|inner| ev.deepen(inner, seen)));
                    inner.map_err(|error| {
                        let name = attr.key.name;
                        self.frame(
                            error,
                            attr.key.span,
                            format!("while evaluating the attribute '{name}'"),
                        )
                    })?;
                }
                sharing.done();
                Ok(())
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Path(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_) => Ok(()),
        }
    }

    /// Forces an attribute set.
    #[inline]
    pub fn attrs(&mut self, slot: Slot<'h>) -> Eval<'h, Attrs<'h>> {
        match self.force(slot)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.expected("a set", other)),
        }
    }

    /// Forces a list.
    #[inline]
    pub fn items(&mut self, slot: Slot<'h>) -> Eval<'h, List<'h>> {
        match self.force(slot)? {
            Value::List(list) => Ok(list),
            other => Err(self.expected("a list", other)),
        }
    }

    /// Forces a Boolean.
    #[inline]
    pub fn boolean(&mut self, slot: Slot<'h>) -> Eval<'h, bool> {
        match self.force(slot)? {
            Value::Bool(bool) => Ok(bool.get()),
            other => Err(self.expected("a Boolean", other)),
        }
    }

    /// Forces an integer.
    pub fn int(&mut self, slot: Slot<'h>) -> Eval<'h, i64> {
        match self.force(slot)? {
            Value::Int(int) => Ok(int),
            other => Err(self.expected("an integer", other)),
        }
    }

    /// Forces a string; nothing else is made one.
    pub fn string(&mut self, slot: Slot<'h>) -> Eval<'h, Text<'h>> {
        match self.force(slot)? {
            Value::Text(text) => Ok(text),
            other => Err(self.expected("a string", other)),
        }
    }

    /// Forces a string that must not refer to the store.
    pub fn plain_string(&mut self, slot: Slot<'h>) -> Eval<'h, &'h [u8]> {
        let text = self.string(slot)?;
        if text.context().is_empty() {
            return Ok(text.bytes());
        }
        Err(self.refers_to_store(text))
    }

    #[cold]
    fn refers_to_store(&self, text: Text<'h>) -> Error<'h> {
        let elements = text.context().elements().iter();
        let first = elements.map(|id| id.get()).min();
        let such_as = first.map_or_else(String::new, |element| {
            let shown = element.describe(&StoreDir::default());
            format!(" (such as '{shown}')")
        });
        self.error(format!(
            "the string '{}' is not allowed to refer to a store path{such_as}",
            text.lossy()
        ))
    }

    /// Forces something that can be called.
    pub fn function(&mut self, slot: Slot<'h>) -> Eval<'h> {
        let value = self.force(slot)?;
        if self.can_be_called(value) { Ok(value) } else { Err(self.expected("a function", value)) }
    }

    /// Is it a function, or a set that stands for one?
    pub fn can_be_called(&self, value: Value<'h>) -> bool {
        match value {
            Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_) => true,
            Value::Attrs(attrs) => attrs.has(super::words().functor),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Path(_)
            | Value::List(_) => false,
        }
    }
}

/// The slots of attributes, in the same order.
pub fn slots_of<'h>(local: Local<'h>, attrs: &[Attr<'h>]) -> &'h [Slot<'h>] {
    local.collect(attrs.iter().map(|attr| attr.slot))
}
