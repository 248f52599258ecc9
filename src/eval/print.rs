//! Values as text.

use std::fmt::Write;

use hashbrown::HashSet;

use super::{Eval, Evaluator, words};
use crate::lower::Lambda;
use crate::syntax::literal::{attr_name, general, quote};
use crate::value::{Slot, Value};

/// How much of a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// Force what is not known yet; else it is shown as `«thunk»`.
    pub force: bool,
    /// Attributes and list items shown before the rest is only counted.
    pub most_items: usize,
    /// Bytes of a string shown.
    pub most_bytes: usize,
    /// Sets within sets shown.
    pub most_depth: usize,
    /// Show a derivation by its path.
    pub derivations: bool,
    /// Show where a function stands (`«lambda f @ file:line:column»`), as Nix's messages do; its
    /// results say just `<LAMBDA>`.
    pub places: bool,
}

impl PrintOptions {
    /// As `nix-instantiate --eval` prints a result.
    pub const RESULT: PrintOptions = PrintOptions {
        force: false,
        most_items: usize::MAX,
        most_bytes: usize::MAX,
        most_depth: usize::MAX,
        derivations: false,
        places: false,
    };
    /// As `builtins.trace` prints a value.
    pub const TRACE: PrintOptions = PrintOptions { places: true, ..PrintOptions::RESULT };
    /// As error messages show a value.
    pub const BRIEF: PrintOptions = PrintOptions {
        force: false,
        most_items: 10,
        most_bytes: 1024,
        most_depth: 10,
        derivations: true,
        places: true,
    };
}

impl<'h> Evaluator<'h> {
    /// A value as an error message shows it; never fails, forces nothing.
    pub fn brief(&self, value: Value<'h>) -> String {
        self.show(value, PrintOptions::BRIEF)
    }

    /// A value as far as it is known; never fails, forces nothing.
    pub fn show(&self, value: Value<'h>, options: PrintOptions) -> String {
        let mut printer = Printer::new(self, options);
        printer.value(value, 0);
        printer.out
    }

    /// A value as `nix-instantiate --eval` prints it. With `strict` everything is forced first.
    pub fn print(&mut self, value: Value<'h>, strict: bool) -> Eval<'h, String> {
        if strict {
            self.force_deep(Slot::Value(value))?;
        }
        let mut printer = Printer::new(self, PrintOptions::RESULT);
        printer.value(value, 0);
        let (out, too_deep) = (printer.out, printer.too_deep);
        if too_deep { Err(self.stack_overflow()) } else { Ok(out) }
    }
}

struct Printer<'e, 'h> {
    evaluator: &'e Evaluator<'h>,
    options: PrintOptions,
    out: String,
    /// Addresses of the sets and lists being printed, or printed before: a repetition.
    seen: HashSet<usize>,
    /// Something lay deeper than calls may nest, and was left out.
    too_deep: bool,
    printed: usize,
}

impl<'e, 'h> Printer<'e, 'h> {
    fn new(evaluator: &'e Evaluator<'h>, options: PrintOptions) -> Printer<'e, 'h> {
        let (out, seen) = (String::new(), HashSet::new());
        Printer { evaluator, options, out, seen, too_deep: false, printed: 0 }
    }

    fn value(&mut self, value: Value<'h>, depth: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(bool) => self.out.push_str(if bool.get() { "true" } else { "false" }),
            Value::Int(int) => self.out.push_str(itoa::Buffer::new().format(int)),
            Value::Float(float) => self.out.push_str(&general(float.get())),
            Value::Text(text) => self.string(text.bytes()),
            Value::Path(path) => self.out.push_str(&path.lossy()),
            Value::List(list) => self.list(list, depth),
            Value::Attrs(attrs) => self.attrs(attrs, depth),
            Value::Lambda(closure) => self.lambda(closure.lambda()),
            Value::Builtin(id) => self.builtin(id, "primop", "PRIMOP"),
            Value::Partial(partial) => {
                self.builtin(partial.builtin, "partially applied primop", "PRIMOP-APP");
            }
        }
    }

    fn slot(&mut self, slot: Slot<'h>, depth: usize) {
        match slot.known() {
            Some(value) => self.value(value, depth),
            None if self.options.places => self.out.push_str("«thunk»"),
            None => self.out.push_str("<CODE>"),
        }
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
        if let Some(place) = self.evaluator.shared.sources.locate(lambda.span) {
            let _ = write!(self.out, " @ {}:{}:{}", place.path.display(), place.line, place.column);
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
            let _ = write!(self.out, " «{} bytes elided»", bytes.len() - shown.len());
        }
    }

    /// False when this set or list must not be opened (again); says so.
    fn enter(&mut self, address: usize, depth: usize, brackets: &str) -> bool {
        if self.seen.contains(&address) {
            self.out.push_str("«repeated»");
            return false;
        }
        if depth >= self.options.most_depth {
            let _ = write!(self.out, "{}", brackets.replace('_', " ... "));
            return false;
        }
        if depth >= self.evaluator.shared.max_call_depth as usize {
            self.too_deep = true;
            return false;
        }
        self.seen.insert(address);
        true
    }

    fn list(&mut self, list: crate::value::List<'h>, depth: usize) {
        if list.is_empty() {
            self.out.push_str("[ ]");
            return;
        }
        if !self.enter(list.address(), depth, "[_]") {
            return;
        }
        self.out.push_str("[ ");
        for (i, item) in list.items().iter().enumerate() {
            if self.printed >= self.options.most_items {
                self.elided(list.len() - i, "item");
                break;
            }
            self.printed += 1;
            self.slot(*item, depth + 1);
            self.out.push(' ');
        }
        self.out.push(']');
    }

    fn attrs(&mut self, attrs: crate::value::Attrs<'h>, depth: usize) {
        if self.options.derivations && self.derivation(attrs) {
            return;
        }
        if attrs.is_empty() {
            self.out.push_str("{ }");
            return;
        }
        if !self.enter(attrs.address(), depth, "{_}") {
            return;
        }
        self.out.push_str("{ ");
        for (i, attr) in attrs.by_name(self.evaluator.local).iter().enumerate() {
            if self.printed >= self.options.most_items {
                self.elided(attrs.len() - i, "attribute");
                break;
            }
            self.printed += 1;
            attr_name(&mut self.out, attr.key.name);
            self.out.push_str(" = ");
            self.slot(attr.slot, depth + 1);
            self.out.push_str("; ");
        }
        self.out.push('}');
    }

    fn derivation(&mut self, attrs: crate::value::Attrs<'h>) -> bool {
        let known = |name| attrs.get(name).and_then(Slot::known);
        match (known(words().type_), known(words().drv_path)) {
            (Some(Value::Text(kind)), path) if kind.bytes() == b"derivation" => {
                match path {
                    Some(Value::Text(path)) => {
                        let _ = write!(self.out, "«derivation {}»", path.lossy());
                    }
                    _ => self.out.push_str("«derivation»"),
                }
                true
            }
            _ => false,
        }
    }

    fn elided(&mut self, count: usize, what: &str) {
        let plural = if count == 1 { "" } else { "s" };
        let _ = write!(self.out, "«{count} {what}{plural} elided» ");
    }
}
