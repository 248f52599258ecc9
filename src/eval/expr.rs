//! The one dispatch over expressions, and the forms too small for a file of their own.

use std::sync::atomic::Ordering;

use super::operators::of_integers;
use super::{Coercion, Eval, Evaluator, words};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::lower::{self, Expr, Piece, Step};
use crate::source::Span;
use crate::value::{
    Attr, Attrs, Closure, Context, ContextSum, Env, List, Outcome, Path, Slot, Text, Thunk, Value,
};

/// Evaluates an expression of one form.
type Form<'h> = fn(&mut Evaluator<'h>, &'h Expr, Env<'h>) -> Outcome<'h>;

impl<'h> Evaluator<'h> {
    /// Evaluates an expression to weak head normal form.
    #[inline]
    pub(super) fn expr(&mut self, expr: &'h Expr, env: Env<'h>) -> Eval<'h> {
        self.outcome(expr, env).get()
    }

    /// As [`Evaluator::expr`].
    ///
    /// Recursion passes through here at every level. So it does nothing but jump to the function
    /// for the form, which the compiler can do without leaving anything on the stack as long as
    /// there is this one call, at the end.
    #[inline(never)]
    fn outcome(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let form: Form<'h> = match expr {
            Expr::Null | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Text(_) => {
                Self::constant
            }
            Expr::Path(_) => Self::path,
            Expr::Local(_) => Self::local_name,
            Expr::Outer { .. } => Self::outer_name,
            Expr::Global(_) => Self::global_name,
            Expr::With(_) => Self::with,
            Expr::CurrentPosition(_) => Self::current_position,
            Expr::Interpolation(_) => Self::interpolation,
            Expr::List(_) => Self::list_of,
            Expr::Set(_) => Self::set,
            Expr::RecSet(_) => Self::rec_set,
            Expr::Let(_) => Self::let_in,
            Expr::WithIn(_) => Self::with_in,
            Expr::Assert(_) => Self::asserted,
            Expr::If(_) => Self::branch,
            Expr::Lambda(_) => Self::closure,
            Expr::Call(_) => Self::call_expr,
            Expr::Select(_) => Self::select,
            Expr::HasAttr(_) => Self::has_attr,
            Expr::Not(_) => Self::not,
            Expr::Negate(_) => Self::negate,
            Expr::Binary(_) => Self::binary,
            Expr::Deferred(_) => Self::deferred,
            Expr::Hole(_) => Self::hole,
        };
        form(self, expr, env)
    }

    #[inline(never)]
    fn constant(&mut self, expr: &'h Expr, _: Env<'h>) -> Outcome<'h> {
        let value = match expr {
            Expr::Bool(bool) => Value::bool(*bool),
            Expr::Int(int) => Value::Int(*int),
            Expr::Float(float) => Value::float(*float),
            Expr::Text(bytes) => Value::Text(Text::boxed(bytes)),
            _ => Value::Null,
        };
        Ok(value).into()
    }

    #[inline(never)]
    fn local_name(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Local(slot) = expr else { return self.hole(expr, env) };
        self.forced(env.slot(*slot))
    }

    #[inline(never)]
    fn outer_name(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Outer { up, slot } = expr else { return self.hole(expr, env) };
        self.forced(env.up(*up).slot(*slot))
    }

    #[inline(never)]
    fn global_name(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Global(global) = expr else { return self.hole(expr, env) };
        self.forced(self.global(*global))
    }

    #[inline(never)]
    fn path(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Path(bytes) = expr else { return self.hole(expr, env) };
        Ok(Value::Path(Path::new(self.local, bytes))).into()
    }

    #[inline(never)]
    fn closure(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Lambda(lambda) = expr else { return self.hole(expr, env) };
        Ok(Value::Lambda(Closure::new(self.local, lambda, env))).into()
    }

    #[inline(never)]
    fn with(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::With(name) = expr else { return self.hole(expr, env) };
        match self.with_name(name, env) {
            Ok(slot) => self.forced(slot),
            Err(error) => Err(error).into(),
        }
    }

    #[cold]
    #[inline(never)]
    fn current_position(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::CurrentPosition(span) = expr else { return self.hole(expr, env) };
        Ok(self.position(**span)).into()
    }

    #[inline(never)]
    fn deferred(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        self.outcome(expr.read(), env)
    }

    #[inline(never)]
    fn let_in(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Let(inner) = expr else { return self.hole(expr, env) };
        let env = self.let_bindings(&inner.bindings, env);
        self.outcome(&inner.body, env)
    }

    #[inline(never)]
    fn with_in(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::WithIn(with) = expr else { return self.hole(expr, env) };
        let scope = self.delay(&with.scope, env);
        let env = Env::one(self.local, env, scope);
        self.outcome(&with.body, env)
    }

    #[inline(never)]
    fn asserted(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Assert(assert) = expr else { return self.hole(expr, env) };
        match self.assert(assert, env) {
            Ok(()) => self.outcome(&assert.body, env),
            Err(error) => Err(error).into(),
        }
    }

    #[inline(never)]
    fn branch(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::If(inner) = expr else { return self.hole(expr, env) };
        let next = match self.condition(&inner.condition, inner.span, env) {
            Ok(true) => &inner.yes,
            Ok(false) => &inner.no,
            Err(error) => return Err(error).into(),
        };
        self.outcome(next, env)
    }

    #[inline(never)]
    fn not(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Not(operand) = expr else { return self.hole(expr, env) };
        let value = self.condition(&operand.expr, operand.span, env);
        value.map(|value| Value::bool(!value)).into()
    }

    /// What could not be read or resolved. (Also for a function that was given another form than
    /// the one it is for, which doesn't happen.)
    #[cold]
    #[inline(never)]
    pub(super) fn hole(&mut self, expr: &'h Expr, _: Env<'h>) -> Outcome<'h> {
        let span = if let Expr::Hole(span) = expr { **span } else { Span::NONE };
        Err(self.error_with(super::hole().at(span, ""))).into()
    }

    #[inline(never)]
    fn list_of(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::List(items) = expr else { return self.hole(expr, env) };
        let items = self.local.fill(items.len(), |i| match items.get(i) {
            Some(item) => self.delay(item, env),
            None => Slot::Value(Value::Null),
        });
        Ok(Value::List(List::of(self.local, items))).into()
    }

    /// A slot for an expression: its value where it is known already, else a thunk.
    #[inline]
    pub(super) fn delay(&mut self, expr: &'h Expr, env: Env<'h>) -> Slot<'h> {
        match expr {
            Expr::Local(slot) => env.slot(*slot).shorten(),
            Expr::Outer { up, slot } => env.up(*up).slot(*slot).shorten(),
            _ => self.delay_within(expr, env),
        }
    }

    /// As [`Evaluator::delay`], for an argument: arithmetic on known integers is done at once, and
    /// known attributes are taken out of known sets.
    #[inline]
    pub(super) fn delay_argument(&mut self, expr: &'h Expr, env: Env<'h>) -> Slot<'h> {
        match Self::known(expr, env) {
            Some(value) => Slot::Value(value),
            None => self.delay(expr, env),
        }
    }

    /// As [`Evaluator::delay_argument`], for a binding of the environment itself, which is still
    /// being filled: a slot not set yet reads as null, so its names must not be taken for
    /// anything but the integers they are known to be.
    #[inline]
    pub(super) fn delay_binding(&mut self, expr: &'h Expr, env: Env<'h>) -> Slot<'h> {
        match Self::known(expr, env) {
            Some(value) => Slot::Value(value),
            None => self.delay_within(expr, env),
        }
    }

    /// The value of an expression that is had more cheaply than remembered.
    #[inline]
    fn known(expr: &'h Expr, env: Env<'h>) -> Option<Value<'h>> {
        Self::known_number(expr, env).or_else(|| Self::known_attribute(expr, env))
    }

    /// The value of arithmetic on integers that are known already: computing it is cheaper than
    /// remembering to. `None` for all else, whatever is wrong with it included.
    ///
    /// Nothing is computed that could fail, so no program sees that it was done early. A person
    /// would see it where `trace` prints a set or list as far as it is known: what lies directly
    /// in those is left to be asked for.
    #[inline]
    fn known_number(expr: &'h Expr, env: Env<'h>) -> Option<Value<'h>> {
        let Expr::Binary(binary) = expr else {
            return None;
        };
        let left = Self::known_int(&binary.left, env)?;
        let right = Self::known_int(&binary.right, env)?;
        of_integers(binary.op, left, right)
    }

    /// The value of an attribute that is known already of a set that is, as for
    /// [`Evaluator::known_number`].
    #[inline]
    fn known_attribute(expr: &'h Expr, env: Env<'h>) -> Option<Value<'h>> {
        let Expr::Select(select) = expr else {
            return None;
        };
        let [Step::Static(key, hint)] = &*select.path else {
            return None;
        };
        let from = match &select.from {
            Expr::Local(slot) => env.slot(*slot),
            Expr::Outer { up, slot } => env.up(*up).slot(*slot),
            _ => return None,
        };
        let Value::Attrs(attrs) = from.known()? else {
            return None;
        };
        match attrs.get_near(key.name, hint)?.shorten() {
            Slot::Value(value) => Some(value),
            Slot::Thunk(_) => None,
        }
    }

    #[inline]
    fn known_int(expr: &'h Expr, env: Env<'h>) -> Option<i64> {
        let value = match expr {
            Expr::Int(int) => return Some(*int),
            Expr::Local(slot) => env.slot(*slot).known()?,
            Expr::Outer { up, slot } => env.up(*up).slot(*slot).known()?,
            Expr::Binary(_) => Self::known_number(expr, env)?,
            _ => return None,
        };
        match value {
            Value::Int(int) => Some(int),
            _ => None,
        }
    }

    /// As [`Evaluator::delay`], while `env` itself is still being filled: its slots must not be
    /// read yet.
    pub(super) fn delay_within(&mut self, expr: &'h Expr, env: Env<'h>) -> Slot<'h> {
        match expr {
            Expr::Null => Slot::Value(Value::Null),
            Expr::Bool(bool) => Slot::Value(Value::bool(*bool)),
            Expr::Int(int) => Slot::Value(Value::Int(*int)),
            Expr::Float(float) => Slot::Value(Value::float(*float)),
            Expr::Text(bytes) => Slot::Value(Value::Text(Text::boxed(bytes))),
            Expr::Path(bytes) => Slot::Value(Value::Path(Path::new(self.local, bytes))),
            Expr::Outer { up, slot } => env.up(*up).slot(*slot).shorten(),
            Expr::Global(global) => self.global(*global),
            Expr::Lambda(lambda) => {
                Slot::Value(Value::Lambda(Closure::new(self.local, lambda, env)))
            }
            Expr::List(items) if items.is_empty() => Slot::Value(Value::List(List::empty())),
            Expr::Set(set) if set.values.is_empty() && set.dynamic.is_empty() => {
                Slot::Value(Value::Attrs(Attrs::empty()))
            }
            Expr::Local(_)
            | Expr::With(_)
            | Expr::CurrentPosition(_)
            | Expr::Interpolation(_)
            | Expr::List(_)
            | Expr::Set(_)
            | Expr::RecSet(_)
            | Expr::Let(_)
            | Expr::WithIn(_)
            | Expr::Assert(_)
            | Expr::If(_)
            | Expr::Call(_)
            | Expr::Select(_)
            | Expr::HasAttr(_)
            | Expr::Not(_)
            | Expr::Negate(_)
            | Expr::Binary(_)
            | Expr::Deferred(_)
            | Expr::Hole(_) => Slot::Thunk(Thunk::suspend(self.local, expr, env)),
        }
    }

    fn global(&self, index: u32) -> Slot<'h> {
        let globals = self.shared.globals.get().copied().unwrap_or_default();
        globals.get(index as usize).copied().unwrap_or(Slot::Value(Value::Null))
    }

    /// A name that the surrounding `with`s may provide, innermost first.
    #[inline(never)]
    pub(super) fn with_name(
        &mut self,
        name: &'h lower::WithName,
        env: Env<'h>,
    ) -> Eval<'h, Slot<'h>> {
        self.here = name.span;
        let mut seen = Vec::new();
        for level in &name.levels {
            let scope = env.up(*level).slot(0);
            let scope = self.attrs(scope)?;
            if let Some(slot) = scope.get_near(name.name, &name.hint) {
                return Ok(slot);
            }
            seen.push(scope);
        }
        // Only a name that no set has is asked of those that are open.
        if let Some(missing) = seen.iter().find_map(|scope| scope.missing()) {
            return self.ask_missing(missing, name.name, name.span);
        }
        let names = seen.iter().flat_map(|scope| scope.iter(self.local)).map(|a| a.key.name.text());
        let text = name.name.text();
        Err(self.error_with(
            Diagnostic::error(
                "repx::eval::undefined-variable",
                format!("undefined variable '{text}'"),
            )
            .at(name.span, "neither defined here nor in any `with` around")
            .maybe_help(did_you_mean(&text, names)),
        ))
    }

    /// `{ file, line, column }` of a place, as `__curPos` and `unsafeGetAttrPos` give it.
    pub fn position(&mut self, span: Span) -> Value<'h> {
        self.shared.placed.store(true, Ordering::Relaxed);
        // Null also for a text that is no file: there is no path to give.
        let place = self.shared.sources.nix_place(span);
        let place = match place {
            Some(place) if !place.is_no_file() => place,
            known => {
                // A kept text has no place, and what stands for a set has none of it.
                if known.is_some() || span == Span::KEPT {
                    self.shared.doubt();
                }
                return Value::Null;
            }
        };
        let words = words();
        let file = self.text(place.path().as_os_str().as_encoded_bytes());
        let int = |n: u32| Value::Int(i64::from(n));
        Value::Attrs(Attrs::new(
            self.local,
            vec![
                Attr::new(words.file, Span::NONE, file),
                Attr::new(words.line, Span::NONE, int(place.line)),
                Attr::new(words.column, Span::NONE, int(place.column)),
            ],
        ))
    }

    /// A Boolean that decides something.
    #[inline]
    pub(super) fn condition(&mut self, expr: &'h Expr, span: Span, env: Env<'h>) -> Eval<'h, bool> {
        match self.expr(expr, env)? {
            Value::Bool(bool) => Ok(bool.get()),
            other => Err(self.expected_at(span, "a Boolean", other)),
        }
    }

    #[inline(never)]
    fn interpolation(&mut self, expr: &'h Expr, env: Env<'h>) -> Outcome<'h> {
        let Expr::Interpolation(text) = expr else { return self.hole(expr, env) };
        self.interpolated(text, env).into()
    }

    fn interpolated(&mut self, text: &'h lower::Interpolation, env: Env<'h>) -> Eval<'h> {
        if text.path {
            return self.path_interpolation(text, env);
        }
        if let [Piece::Value(first, span), rest @ ..] = &*text.parts {
            let value = self.expr(first, env)?;
            self.here = *span;
            // Building left to right: what is there already need not be copied.
            if let Value::Text(first) = value {
                let (bytes, context) = self.pieces(None, rest, env)?;
                if bytes.is_empty() && context.is_empty() {
                    self.scratch = bytes;
                    return Ok(Value::Text(first));
                }
                self.room_for_text(first.bytes().len().saturating_add(bytes.len()))?;
                let joined = first.append(self.local, &bytes, context);
                self.scratch = bytes;
                return Ok(Value::Text(joined));
            }
            let (bytes, context) = self.pieces(Some(value), rest, env)?;
            return Ok(self.made(bytes, context));
        }
        let (bytes, context) = self.pieces(None, &text.parts, env)?;
        Ok(self.made(bytes, context))
    }

    /// A string of bytes that were gathered in the scratch buffer, which is given back.
    fn made(&mut self, bytes: Vec<u8>, context: Context<'h>) -> Value<'h> {
        let text = Text::made(self.local, &bytes, context);
        self.scratch = bytes;
        Value::Text(text)
    }

    /// The bytes and the context of a first value and of pieces behind it.
    fn pieces(
        &mut self,
        first: Option<Value<'h>>,
        parts: &'h [Piece],
        env: Env<'h>,
    ) -> Eval<'h, (Vec<u8>, Context<'h>)> {
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        let mut context = ContextSum::default();
        if let Some(value) = first {
            context.add(self.push_coerced(value, &mut bytes)?);
        }
        for part in parts {
            match part {
                Piece::Literal(literal) => bytes.extend_from_slice(literal),
                Piece::Value(expr, span) => {
                    let value = self.expr(expr, env)?;
                    self.here = *span;
                    context.add(self.push_coerced(value, &mut bytes)?);
                }
            }
        }
        Ok((bytes, context.finish(self.local)))
    }

    #[inline]
    fn push_coerced(&mut self, value: Value<'h>, bytes: &mut Vec<u8>) -> Eval<'h, Context<'h>> {
        if let Value::Text(text) = value {
            self.room_for_text(bytes.len().saturating_add(text.bytes().len()))?;
            bytes.extend_from_slice(text.bytes());
            return Ok(text.context());
        }
        let piece = self.coerce(value, Coercion::INTERPOLATION)?;
        self.room_for_text(bytes.len().saturating_add(piece.bytes().len()))?;
        bytes.extend_from_slice(piece.bytes());
        Ok(piece.context())
    }

    #[inline(never)]
    fn path_interpolation(&mut self, text: &'h lower::Interpolation, env: Env<'h>) -> Eval<'h> {
        let mut bytes = Vec::new();
        for part in &text.parts {
            match part {
                Piece::Literal(literal) => bytes.extend_from_slice(literal),
                Piece::Value(expr, span) => {
                    let value = self.expr(expr, env)?;
                    self.here = *span;
                    let piece = self.coerce(value, Coercion::PATH)?;
                    if !piece.context().is_empty() {
                        return Err(self.error_at(
                            *span,
                            "a string that refers to a store path cannot be appended to a path",
                        ));
                    }
                    bytes.extend_from_slice(piece.bytes());
                }
            }
        }
        Ok(Value::Path(Path::new(self.local, &bytes)))
    }
}
