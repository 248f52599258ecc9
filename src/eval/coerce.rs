//! Making strings of values.

use super::{Eval, Evaluator, Work, words};
use crate::value::number;
use crate::value::{Attrs, Context, ContextSum, Error, Local, Slot, Text, Value};

/// How far coercion goes (Nix's `coerceToString` and its flags).
#[derive(Clone, Copy, Debug)]
pub struct Coercion {
    /// Also numbers, Booleans, null and lists, as `toString` does.
    pub more: bool,
    /// A path becomes its copy in the store, else its own text.
    pub copy_paths: bool,
}

impl Coercion {
    /// `"${x}"` and `+`.
    pub const INTERPOLATION: Coercion = Coercion { more: false, copy_paths: true };
    /// Within a path: `./${x}`.
    pub const PATH: Coercion = Coercion { more: false, copy_paths: false };
    /// `toString`.
    pub const TO_STRING: Coercion = Coercion { more: true, copy_paths: false };
    /// Attributes of a derivation.
    pub const ENVIRONMENT: Coercion = Coercion { more: true, copy_paths: true };

    /// Coercing slots so, for those who evaluate ahead.
    pub fn work(self) -> Work {
        fn coerce<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>, how: Coercion) -> Eval<'h, ()> {
            let value = ev.force(slot)?;
            ev.coerce(value, how).map(drop)
        }
        let run: for<'h> fn(&mut Evaluator<'h>, Slot<'h>) -> Eval<'h, ()> =
            match (self.more, self.copy_paths) {
                (false, false) => |ev, slot| coerce(ev, slot, Coercion::PATH),
                (false, true) => |ev, slot| coerce(ev, slot, Coercion::INTERPOLATION),
                (true, false) => |ev, slot| coerce(ev, slot, Coercion::TO_STRING),
                (true, true) => |ev, slot| coerce(ev, slot, Coercion::ENVIRONMENT),
            };
        Work { run, deep: true }
    }
}

/// A string made of a value: a text of the heap, or bytes on their way there.
#[derive(Clone)]
pub enum Coerced<'h> {
    /// It was a string already.
    Text(Text<'h>),
    /// It was made.
    Made(Vec<u8>, Context<'h>),
}

impl<'h> Coerced<'h> {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Coerced::Text(text) => text.bytes(),
            Coerced::Made(bytes, _) => bytes,
        }
    }

    /// The context.
    pub fn context(&self) -> Context<'h> {
        match self {
            Coerced::Text(text) => text.context(),
            Coerced::Made(_, context) => *context,
        }
    }

    /// As a string of the heap.
    pub fn into_text(self, local: Local<'h>) -> Text<'h> {
        match self {
            Coerced::Text(text) => text,
            Coerced::Made(bytes, context) => Text::made(local, &bytes, context),
        }
    }
}

impl<'h> Evaluator<'h> {
    /// A value as a string.
    pub fn coerce(&mut self, value: Value<'h>, how: Coercion) -> Eval<'h, Coerced<'h>> {
        self.check_depth()?;
        self.coerce_value(value, how)
    }

    /// As [`Evaluator::coerce`], its level having been entered or not needed.
    fn coerce_value(&mut self, value: Value<'h>, how: Coercion) -> Eval<'h, Coerced<'h>> {
        let made = |bytes: &[u8]| Ok(Coerced::Made(bytes.to_vec(), Context::EMPTY));
        match value {
            Value::Text(text) => Ok(Coerced::Text(text)),
            Value::Path(path) if how.copy_paths => {
                let here = self.here();
                let text = self.shared.loader.copy_to_store(self, path, here)?;
                Ok(Coerced::Text(text))
            }
            Value::Path(path) => made(path.bytes()),
            Value::Attrs(attrs) => self.nested(|ev| ev.coerce_attrs(attrs, how)),
            Value::Bool(bool) if how.more && bool.get() => made(b"1"),
            Value::Bool(_) | Value::Null if how.more => made(b""),
            Value::Int(int) if how.more => made(itoa::Buffer::new().format(int).as_bytes()),
            Value::Float(float) if how.more => made(number::to_fixed(float.get()).as_bytes()),
            Value::List(list) if how.more => self.nested(|ev| ev.coerce_list(list, how)),
            Value::Bool(_)
            | Value::Null
            | Value::Int(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_) => Err(self.cannot_coerce(value)),
        }
    }

    /// A set says itself what its string is.
    fn coerce_attrs(&mut self, attrs: Attrs<'h>, how: Coercion) -> Eval<'h, Coerced<'h>> {
        let value = Value::Attrs(attrs);
        if let Some(to_string) = attrs.get(words().to_string) {
            let function = self.force(to_string)?;
            let here = self.here();
            let inner = self.call(function, &[Slot::Value(value)], here)?;
            return self.coerce(inner, how);
        }
        match attrs.get(words().out_path) {
            Some(out_path) => {
                let inner = self.force(out_path)?;
                self.coerce(inner, how)
            }
            None => Err(self.cannot_coerce(value)),
        }
    }

    /// The items' strings with spaces between; an empty list among them leaves no space behind
    /// it (Nix's own quirk, kept since it is part of many derivations' hashes).
    fn coerce_list(
        &mut self,
        list: crate::value::List<'h>,
        how: Coercion,
    ) -> Eval<'h, Coerced<'h>> {
        let mut bytes = Vec::new();
        let mut context = ContextSum::default();
        let last = list.len().saturating_sub(1);
        let mut sharing = self.sharing(how.work());
        for (i, item) in list.items().iter().enumerate() {
            self.breathe(i)?;
            sharing.reach(self, i, |_| list.items());
            let (value, piece) = self.nested(|ev| {
                let value = ev.force(*item)?;
                Ok((value, ev.coerce_value(value, how)?))
            })?;
            self.room_for_text(bytes.len().saturating_add(piece.bytes().len()))?;
            bytes.extend_from_slice(piece.bytes());
            context.add(piece.context());
            let empty_list = matches!(value, Value::List(inner) if inner.is_empty());
            if i < last && !empty_list {
                bytes.push(b' ');
            }
        }
        sharing.done();
        Ok(Coerced::Made(bytes, context.finish(self.local)))
    }

    #[cold]
    fn cannot_coerce(&mut self, value: Value<'h>) -> Error<'h> {
        let (kind, shown) = (self.kind(value), self.brief(value));
        let message = match value {
            Value::Null => "cannot coerce null to a string: null".to_owned(),
            _ => format!("cannot coerce {kind} to a string: {shown}"),
        };
        let mut diagnostic = crate::diagnostic::Diagnostic::error("repx::eval::type", message)
            .at(self.here(), format!("this is {kind}"));
        if matches!(value, Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::List(_)) {
            diagnostic = diagnostic.help("`toString` makes a string of it: `${toString x}`");
        }
        self.error_with(diagnostic)
    }
}
