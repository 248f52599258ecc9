//! Values as XML: `toXML` and printed results.

use hashbrown::HashSet;

use super::xml::{Attribute, XmlWriter};
use crate::eval::{Eval, Evaluator, words};
use crate::lower::{Lambda, Param};
use crate::source::Span;
use crate::value::number::to_general;
use crate::value::{Attrs, ContextSum, Slot, Value};

/// How values become XML.
#[derive(Clone, Copy, Debug)]
pub struct XmlOptions {
    /// Force what is not known yet, else it is `unevaluated`.
    pub force: bool,
    /// Say where attributes and functions stand.
    pub places: bool,
}

/// A value as an XML document; adds what its strings refer to to `context`.
///
/// # Errors
/// What forcing gives.
pub fn to_xml<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    how: XmlOptions,
    context: &mut ContextSum<'h>,
) -> Eval<'h, Vec<u8>> {
    let mut walk = Walk { how, xml: XmlWriter::new(), context, seen: HashSet::new() };
    walk.xml.open("expr", &[]);
    walk.slot(ev, slot)?;
    Ok(walk.xml.finish())
}

struct Walk<'w, 'h> {
    how: XmlOptions,
    xml: XmlWriter,
    context: &'w mut ContextSum<'h>,
    /// Paths of derivations already written out.
    seen: HashSet<&'h [u8]>,
}

impl<'h> Walk<'_, 'h> {
    fn slot(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, ()> {
        ev.room_for_text(self.xml.written())?;
        ev.nested(|ev| self.inner(ev, slot))
    }

    fn inner(&mut self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, ()> {
        let Some(value) = self.look(ev, slot)? else {
            self.xml.empty("unevaluated", &[]);
            return Ok(());
        };
        match value {
            Value::Null => self.xml.empty("null", &[]),
            Value::Bool(bool) => self.value("bool", if bool.get() { b"true" } else { b"false" }),
            Value::Int(int) => self.value("int", int.to_string().as_bytes()),
            Value::Float(float) => self.value("float", to_general(float.get()).as_bytes()),
            Value::Text(text) => {
                self.context.add(text.context());
                self.value("string", text.bytes());
            }
            Value::Path(path) => self.value("path", path.bytes()),
            Value::List(list) => {
                self.xml.open("list", &[]);
                for item in list.items() {
                    self.slot(ev, *item)?;
                }
                self.xml.close();
            }
            Value::Attrs(attrs) => self.set(ev, attrs)?,
            Value::Lambda(closure) => self.lambda(ev, closure.lambda()),
            Value::Builtin(_) | Value::Partial(_) => self.xml.empty("unevaluated", &[]),
        }
        Ok(())
    }

    fn look(&self, ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Option<Value<'h>>> {
        if self.how.force {
            return ev.force(slot).map(Some);
        }
        Ok(slot.known())
    }

    fn value(&mut self, element: &'static str, value: &[u8]) {
        self.xml.empty(element, &[("value", value)]);
    }

    fn set(&mut self, ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, ()> {
        if !ev.is_derivation(attrs)? {
            self.xml.open("attrs", &[]);
            self.attrs(ev, attrs)?;
            self.xml.close();
            return Ok(());
        }
        let drv_path = self.text_of(ev, attrs.get(words().drv_path))?;
        let out_path = self.text_of(ev, attrs.get(words().out_path))?;
        let pairs = [("drvPath", drv_path), ("outPath", out_path)];
        let known: Vec<Attribute<'_>> =
            pairs.into_iter().filter_map(|(name, path)| Some((name, path?))).collect();
        self.xml.open("derivation", &known);
        match drv_path {
            Some(path) if !path.is_empty() && self.seen.insert(path) => self.attrs(ev, attrs)?,
            Some(_) | None => self.xml.empty("repeated", &[]),
        }
        self.xml.close();
        Ok(())
    }

    fn text_of(
        &self,
        ev: &mut Evaluator<'h>,
        slot: Option<Slot<'h>>,
    ) -> Eval<'h, Option<&'h [u8]>> {
        let Some(slot) = slot else { return Ok(None) };
        Ok(match self.look(ev, slot)? {
            Some(Value::Text(text)) => Some(text.bytes()),
            Some(_) | None => None,
        })
    }

    fn attrs(&mut self, ev: &mut Evaluator<'h>, attrs: Attrs<'h>) -> Eval<'h, ()> {
        for attr in attrs.by_name(ev.local) {
            let place = self.place(ev, attr.key.span);
            let mut attributes = place.attributes();
            // Attributes are sorted, and all of a place but its path come before `name`.
            let name = ("name", attr.key.name.bytes());
            let at = attributes.partition_point(|(other, _)| *other < "name");
            attributes.insert(at, name);
            self.xml.open("attr", &attributes);
            self.slot(ev, attr.slot)?;
            self.xml.close();
        }
        Ok(())
    }

    fn place(&self, ev: &Evaluator<'h>, span: Span) -> Place {
        let wanted = self.how.places.then_some(span);
        let located = wanted.and_then(|span| ev.shared.sources.nix_place(span));
        Place(located.map(|at| {
            let path = (!at.is_no_file()).then(|| at.path().to_string_lossy().into_owned());
            let mut place = vec![at.column.to_string(), at.line.to_string()];
            place.extend(path);
            place
        }))
    }

    fn lambda(&mut self, ev: &Evaluator<'h>, lambda: &'h Lambda) {
        let place = self.place(ev, lambda.span);
        self.xml.open("function", &place.attributes());
        match &lambda.param {
            Param::Name(name) => self.xml.empty("varpat", &[("name", name.bytes())]),
            Param::Formals(formals) => {
                let mut attributes: Vec<Attribute<'_>> = Vec::new();
                if formals.ellipsis {
                    attributes.push(("ellipsis", b"1"));
                }
                if let Some(name) = formals.at {
                    attributes.push(("name", name.bytes()));
                }
                self.xml.open("attrspat", &attributes);
                let mut names: Vec<&[u8]> =
                    formals.formals.iter().map(|formal| formal.key.name.bytes()).collect();
                names.sort_unstable();
                for name in names {
                    self.xml.empty("attr", &[("name", name)]);
                }
                self.xml.close();
            }
        }
        self.xml.close();
    }
}

/// Column, line and, of a file, path of a place, if it is to be told.
struct Place(Option<Vec<String>>);

impl Place {
    fn attributes(&self) -> Vec<Attribute<'_>> {
        let names = ["column", "line", "path"];
        let values = self.0.iter().flatten();
        names.into_iter().zip(values).map(|(name, value)| (name, value.as_bytes())).collect()
    }
}
