//! Values as text.

use std::fmt::Write;

use hashbrown::HashSet;

use super::{Eval, Evaluator};
use crate::lower::Lambda;
use crate::syntax::literal::{attr_name, general, quote};
use crate::value::{Slot, Value};

/// How much of a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// Attributes shown in all before the rest of a set is only counted; the same number of list
    /// items.
    pub most_items: usize,
    /// Bytes of a string shown.
    pub most_bytes: usize,
    /// Sets within sets shown.
    pub most_depth: usize,
    /// Show where a function stands (`«lambda f @ file:line:column»`), as Nix's messages do; its
    /// results say just `<LAMBDA>`.
    pub places: bool,
}

impl PrintOptions {
    /// As `nix-instantiate --eval` prints a result.
    pub const RESULT: PrintOptions = PrintOptions {
        most_items: usize::MAX,
        most_bytes: usize::MAX,
        most_depth: usize::MAX,
        places: false,
    };
    /// As `builtins.trace` prints a value.
    pub const TRACE: PrintOptions = PrintOptions { places: true, ..PrintOptions::RESULT };
    /// As error messages show a value.
    pub const BRIEF: PrintOptions =
        PrintOptions { most_items: 10, most_bytes: 1024, most_depth: 10, places: true };
}

impl<'h> Evaluator<'h> {
    /// A value as an error message shows it; never fails, forces nothing.
    pub fn brief(&self, value: Value<'h>) -> String {
        self.show(value, PrintOptions::BRIEF)
    }

    /// A value as far as it is known; never fails, forces nothing.
    pub fn show(&self, value: Value<'h>, options: PrintOptions) -> String {
        let mut printer = Printer {
            evaluator: self,
            options,
            out: String::new(),
            seen: HashSet::new(),
            attrs_printed: 0,
            items_printed: 0,
        };
        printer.value(value, None, 0);
        printer.out
    }

    /// A value as `nix-instantiate --eval` prints it. With `strict` everything is forced first.
    pub fn print(&mut self, value: Value<'h>, strict: bool) -> Eval<'h, String> {
        if strict {
            self.force_deep(Slot::Value(value))?;
        }
        Ok(self.show(value, PrintOptions::RESULT))
    }
}

struct Printer<'e, 'h> {
    evaluator: &'e Evaluator<'h>,
    options: PrintOptions,
    out: String,
    /// What was printed before, or is being printed: sets by their address, lists by that of the
    /// place that holds them, as in Nix.
    seen: HashSet<usize>,
    attrs_printed: usize,
    items_printed: usize,
}

impl<'h> Printer<'_, 'h> {
    /// `place`: the address of the thunk that the value was found in.
    fn value(&mut self, value: Value<'h>, place: Option<usize>, depth: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(bool) => self.out.push_str(if bool.get() { "true" } else { "false" }),
            Value::Int(int) => self.out.push_str(itoa::Buffer::new().format(int)),
            Value::Float(float) => self.out.push_str(&general(float.get())),
            Value::Text(text) => self.string(text.bytes()),
            Value::Path(path) => self.out.push_str(&path.lossy()),
            Value::List(list) => self.list(list, place.unwrap_or(list.address()), depth),
            Value::Attrs(attrs) => self.attrs(attrs, depth),
            Value::Lambda(closure) => self.lambda(closure.lambda()),
            Value::Builtin(id) => self.builtin(id, "primop", "PRIMOP"),
            Value::Partial(partial) => {
                self.builtin(partial.builtin, "partially applied primop", "PRIMOP-APP");
            }
        }
    }

    fn slot(&mut self, slot: Slot<'h>, depth: usize) {
        let place = match slot {
            Slot::Value(_) => None,
            Slot::Thunk(thunk) => Some(std::ptr::from_ref(thunk).addr()),
        };
        match slot.known() {
            Some(value) => self.value(value, place, depth),
            None if self.is_being_computed(slot) => {
                self.out.push_str("«potential infinite recursion»");
            }
            None if self.options.places => self.out.push_str("«thunk»"),
            None => self.out.push_str("<CODE>"),
        }
    }

    fn is_being_computed(&self, slot: Slot<'h>) -> bool {
        matches!(slot, Slot::Thunk(thunk) if thunk.is_claimed_by(self.evaluator.me))
    }

    fn lambda(&mut self, lambda: &Lambda) {
        if !self.options.places {
            self.out.push_str("<LAMBDA>");
            return;
        }
        self.out.push_str("«lambda");
        if let Some(name) = lambda.name {
            let _ = write!(self.out, " {name}");
        }
        if let Some(place) = self.evaluator.shared.sources.nix_place(lambda.span) {
            let _ =
                write!(self.out, " @ {}:{}:{}", place.path().display(), place.line, place.column);
        }
        self.out.push('»');
    }

    fn builtin(&mut self, id: crate::value::BuiltinId, long: &str, short: &str) {
        if self.options.places {
            let name = self.evaluator.builtin(id).map_or("", |builtin| builtin.name);
            let _ = write!(self.out, "«{long} {name}»");
        } else {
            let _ = write!(self.out, "<{short}>");
        }
    }

    fn string(&mut self, bytes: &[u8]) {
        let shown = bytes.get(..self.options.most_bytes).unwrap_or(bytes);
        quote(&mut self.out, &String::from_utf8_lossy(shown));
        if shown.len() < bytes.len() {
            self.out.push(' ');
            self.elided(bytes.len() - shown.len(), "byte");
        }
    }

    fn list(&mut self, list: crate::value::List<'h>, key: usize, depth: usize) {
        if !list.is_empty() && !self.seen.insert(key) {
            self.out.push_str("«repeated»");
            return;
        }
        if depth >= self.options.most_depth {
            self.out.push_str("[ ... ]");
            return;
        }
        self.out.push_str("[ ");
        for (i, item) in list.items().iter().enumerate() {
            if self.items_printed >= self.options.most_items {
                self.elided(list.len() - i, "item");
                self.out.push(' ');
                break;
            }
            self.slot(*item, depth + 1);
            self.out.push(' ');
            self.items_printed += 1;
        }
        self.out.push(']');
    }

    fn attrs(&mut self, attrs: crate::value::Attrs<'h>, depth: usize) {
        // In Nix all empty sets are one; its results don't show that, its messages do.
        let key = if attrs.is_empty() { 0 } else { attrs.address() };
        if (self.options.places || !attrs.is_empty()) && !self.seen.insert(key) {
            self.out.push_str("«repeated»");
            return;
        }
        if depth >= self.options.most_depth {
            self.out.push_str("{ ... }");
            return;
        }
        let mut sorted = attrs.by_name(self.evaluator.local);
        if self.options.most_items < usize::MAX {
            // What kind of set it is says more than its other attributes.
            sorted.sort_by_key(|attr| !matches!(attr.key.name.bytes(), b"type" | b"_type"));
        }
        self.out.push_str("{ ");
        for (i, attr) in sorted.iter().enumerate() {
            if self.attrs_printed >= self.options.most_items {
                self.elided(attrs.len() - i, "attribute");
                self.out.push(' ');
                break;
            }
            attr_name(&mut self.out, attr.key.name);
            self.out.push_str(" = ");
            self.slot(attr.slot, depth + 1);
            self.out.push_str("; ");
            self.attrs_printed += 1;
        }
        self.out.push('}');
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        let _ = write!(self.out, "«{count} {what}{plural} elided»");
    }
}
