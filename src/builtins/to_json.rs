//! Values as JSON: `toJSON`, printed results and the attributes of structured derivations.

use super::arguments::breathe;
use super::json::write_string;
use super::support::wrap;
use crate::eval::{Coercion, Eval, Evaluator, Work, slots_of, words};
use crate::source::Span;
use crate::value::number::push_json;
use crate::value::{Attrs, Context, ContextSum, Slot, Value};

/// How values become JSON.
#[derive(Clone, Copy, Debug)]
pub struct JsonOptions {
    /// A path becomes its copy in the store, else its own text.
    pub copy_paths: bool,
    /// Force what is not known yet, else refuse it.
    pub force: bool,
}

impl JsonOptions {
    /// `builtins.toJSON`, and `nix-instantiate --eval --strict --json`.
    pub const TO_JSON: JsonOptions = JsonOptions { copy_paths: true, force: true };
}

/// Appends a value as JSON, and adds what its strings refer to to `context`.
///
/// # Errors
/// For functions, for strings that are no UTF-8, and what forcing gives.
pub fn to_json<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    how: JsonOptions,
    out: &mut Vec<u8>,
    context: &mut ContextSum<'h>,
) -> Eval<'h, ()> {
    let mut writer = Writer { how, out, context };
    writer.slot(ev, slot)
}

/// What those who evaluate ahead do with items and attributes. Paths are copied: where they
/// aren't nothing is lost but time.
pub(super) const WORK: Work = Work {
    run: |ev, slot| {
        to_json(ev, slot, JsonOptions::TO_JSON, &mut Vec::new(), &mut ContextSum::default())
    },
    deep: true,
};

struct Writer<'w, 'h> {
    how: JsonOptions,
    out: &'w mut Vec<u8>,
    context: &'w mut ContextSum<'h>,
}

impl<'h> Writer<'_, 'h> {
    fn slot(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, ()> {
        ev.room_for_text(self.out.len())?;
        ev.nested(|ev| self.value(ev, slot))
    }

    fn value(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, ()> {
        let value = match slot.known() {
            Some(value) => value,
            None if self.how.force => ev.force(slot)?,
            None => return Err(ev.error("cannot convert a thunk to JSON")),
        };
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(bool) if bool.get() => self.out.extend_from_slice(b"true"),
            Value::Bool(_) => self.out.extend_from_slice(b"false"),
            Value::Int(int) => {
                let mut buffer = itoa::Buffer::new();
                self.out.extend_from_slice(buffer.format(int).as_bytes());
            }
            Value::Float(float) => push_json(self.out, float.get()),
            Value::Text(text) => self.string(ev, text.bytes(), text.context())?,
            Value::Path(path) if self.how.copy_paths => {
                let here = ev.here();
                let text = ev.shared.loader.copy_to_store(ev, path, here)?;
                self.string(ev, text.bytes(), text.context())?;
            }
            Value::Path(path) => self.string(ev, path.bytes(), Context::EMPTY)?,
            Value::List(list) => self.list(ev, list.items())?,
            Value::Attrs(attrs) => self.attrs(ev, attrs)?,
            Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_) => {
                let shown = kind(ev, value);
                return Err(ev.error(format!("cannot convert {shown} to JSON")));
            }
        }
        Ok(())
    }

    fn string(&mut self, ev: &Evaluator<'h>, bytes: &[u8], context: Context<'h>) -> Eval<'h, ()> {
        self.context.add(context);
        wrap(ev, Span::NONE, write_string(self.out, bytes))
    }

    fn list(&mut self, ev: &mut Evaluator<'h>, items: &'h [Slot<'h>]) -> Eval<'h, ()> {
        // It may be large and known, so that nothing is called that would look.
        ev.check_interrupt()?;
        self.out.push(b'[');
        let mut sharing = ev.sharing(WORK);
        for (i, item) in items.iter().enumerate() {
            breathe(ev, i)?;
            if self.how.force {
                sharing.reach(ev, i, |_| items);
            }
            if i > 0 {
                self.out.push(b',');
            }
            let result = self.slot(ev, *item);
            ev.framed(result, ev.here(), || format!("while evaluating list element at index {i}"))?;
        }
        sharing.done();
        self.out.push(b']');
        Ok(())
    }

    fn attrs(&mut self, ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, ()> {
        if attrs.has(words().to_string) {
            let made = ev.coerce(Value::Attrs(attrs), Coercion::PATH)?;
            return self.string(ev, made.bytes(), made.context());
        }
        if let Some(out_path) = attrs.get(words().out_path) {
            return self.slot(ev, out_path);
        }
        ev.check_interrupt()?;
        self.out.push(b'{');
        let attrs = attrs.by_name(ev.local);
        let mut sharing = ev.sharing(WORK);
        for (i, attr) in attrs.iter().enumerate() {
            breathe(ev, i)?;
            if self.how.force {
                sharing.reach(ev, i, |local| slots_of(local, &attrs));
            }
            if i > 0 {
                self.out.push(b',');
            }
            let name = attr.key.name;
            self.string(ev, name.bytes(), Context::EMPTY)?;
            self.out.push(b':');
            let result = self.slot(ev, attr.slot);
            ev.framed(result, attr.key.span, || format!("while evaluating attribute '{name}'"))?;
        }
        sharing.done();
        self.out.push(b'}');
        Ok(())
    }
}

/// A value's kind as Nix names it where it also names the builtin.
fn kind<'h>(ev: &Evaluator<'h>, value: Value<'h>) -> String {
    let name = |id| ev.builtin(id).map_or("", |row| row.name);
    match value {
        Value::Builtin(id) => format!("the built-in function '{}'", name(id)),
        Value::Partial(partial) => {
            format!("the partially applied built-in function '{}'", name(partial.builtin))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Path(_)
        | Value::List(_)
        | Value::Attrs(_)
        | Value::Lambda(_) => value.a_type().to_owned(),
    }
}
