//! Building values from the parts of a JSON or TOML document as they are read.

use super::sink::Sink;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, List, Local, Slot, Text, Value};

/// Makes the value of a document.
pub(super) struct Reader<'h> {
    local: Local<'h>,
    open: Vec<Open<'h>>,
    root: Value<'h>,
}

/// A list or set whose end has not been read yet.
enum Open<'h> {
    List(Vec<Slot<'h>>),
    Table(Vec<Attr<'h>>, Option<Name>),
}

/// Building values can't fail.
pub(super) enum Never {}

impl<'h> Reader<'h> {
    pub(super) fn new(local: Local<'h>) -> Reader<'h> {
        Reader { local, open: Vec::new(), root: Value::Null }
    }

    /// The value, once the document has been read.
    pub(super) fn finish(self) -> Value<'h> {
        self.root
    }

    fn put(&mut self, value: Value<'h>) {
        match self.open.last_mut() {
            None => self.root = value,
            Some(Open::List(items)) => items.push(Slot::Value(value)),
            Some(Open::Table(attrs, key)) => {
                if let Some(name) = key.take() {
                    attrs.push(Attr::new(name, Span::NONE, value));
                }
            }
        }
    }

    fn close(&mut self) {
        let value = match self.open.pop() {
            None => return,
            Some(Open::List(items)) => Value::List(List::new(self.local, &items)),
            Some(Open::Table(mut attrs, _)) => {
                // Of a repeated key the last value counts, of repeated attributes the first.
                attrs.reverse();
                Value::Attrs(Attrs::new(self.local, attrs))
            }
        };
        self.put(value);
    }
}

impl Sink for Reader<'_> {
    type Error = Never;

    fn null(&mut self) -> Result<(), Never> {
        self.put(Value::Null);
        Ok(())
    }

    fn boolean(&mut self, value: bool) -> Result<(), Never> {
        self.put(Value::bool(value));
        Ok(())
    }

    fn integer(&mut self, value: i64) -> Result<(), Never> {
        self.put(Value::Int(value));
        Ok(())
    }

    fn float(&mut self, value: f64) -> Result<(), Never> {
        self.put(Value::float(value));
        Ok(())
    }

    fn string(&mut self, text: &[u8]) -> Result<(), Never> {
        self.put(Value::Text(Text::new(self.local, text)));
        Ok(())
    }

    fn begin_list(&mut self) -> Result<(), Never> {
        self.open.push(Open::List(Vec::new()));
        Ok(())
    }

    fn end_list(&mut self) -> Result<(), Never> {
        self.close();
        Ok(())
    }

    fn begin_table(&mut self) -> Result<(), Never> {
        self.open.push(Open::Table(Vec::new(), None));
        Ok(())
    }

    fn key(&mut self, text: &[u8]) -> Result<(), Never> {
        if let Some(Open::Table(_, key)) = self.open.last_mut() {
            *key = Some(Name::new(text));
        }
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), Never> {
        self.close();
        Ok(())
    }
}
