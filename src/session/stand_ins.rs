//! Sets that stand for those of a package set.
//!
//! A stand-in has the names of the real set. What is known of an attribute is its value; others
//! wait: asked for, they are stand-ins themselves if something is known of them, else the real
//! set is evaluated and asked. A program can't tell a stand-in from the real set, but for what it
//! sees of places in texts and of what has been evaluated so far (`trace`): where it looks at such
//! things, and where it needs more of a derivation than what stands for it, the evaluation is in
//! doubt ([`Shared::is_unsure`](crate::eval::Shared::is_unsure)), and is done again without.

// std's map, not hashbrown's: it may hold references into the heap that it is dropped before.
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use super::kept::{KeptValue, Origin, PackageCache, PackagePlace, Plain, Referred};
use super::{PackageSet, Session, files::Files, lock};
use crate::builtins::kept::{ATTRIBUTE, REAL};
use crate::eval::{Eval, Evaluator, KeptCall, StandIns, words};
use crate::lower::{Expr, Reach, reach};
use crate::source::{Name, Span};
use crate::store::{ContextElement, ElementId, ModuloHash};
use crate::value::{
    Attr, Attrs, BuiltinId, Context, List, NamedCalls, Partial, Slot, Text, Thunk, Value,
};

/// What a session needs to let stand-ins take the place of a package set.
#[derive(Clone, Copy)]
pub struct KeptPackages<'a> {
    /// What is known of it.
    pub cache: &'a dyn PackageCache,
    /// The set.
    pub set: &'a PackageSet,
    /// Where relative paths of an expression begin.
    pub root: &'a Path,
}

/// Texts of calls that are longer are not kept.
const LONGEST: usize = 1 << 16;

/// The stand-ins of a session.
pub(super) struct Packages<'h> {
    given: KeptPackages<'h>,
    files: &'h Files<'h>,
    base: OnceLock<Slot<'h>>,
    made: Mutex<Made<'h>>,
}

#[derive(Default)]
struct Made<'h> {
    stand_ins: Vec<StandIn<'h>>,
    /// Numbers of stand-ins by the addresses of their sets.
    numbers: HashMap<usize, usize>,
    /// What calls gave, by place; `None`: they have to be evaluated.
    calls: HashMap<PackagePlace, Option<Value<'h>>>,
    /// Calls that were looked at, by their addresses: their texts, if these say all.
    texts: HashMap<usize, Option<CallText>>,
}

/// The text of a call, and the name in it that stands for what the function is taken out of.
#[derive(Clone)]
struct CallText {
    text: Arc<str>,
    /// Where in it the function ends.
    function: usize,
    name: Arc<str>,
}

/// A stand-in.
#[derive(Clone)]
struct StandIn<'h> {
    place: PackagePlace,
    /// What it stands for, not evaluated.
    real: Slot<'h>,
    origin: Real<'h>,
}

/// How what a stand-in stands for is evaluated.
#[derive(Clone, Copy)]
enum Real<'h> {
    /// It is the package set.
    Set,
    /// An attribute of what another one stands for.
    Attribute(usize, Name),
    /// What a call gives in whose text a name stands for this set.
    Call(Attrs<'h>, &'h str),
}

impl<'h> Packages<'h> {
    pub(super) fn new(given: KeptPackages<'h>, files: &'h Files<'h>) -> Packages<'h> {
        Packages { given, files, base: OnceLock::new(), made: Mutex::default() }
    }

    /// What stands for the package set, or the set itself.
    pub(super) fn base(&self, ev: &mut Evaluator<'h>) -> Eval<'h> {
        if let Some(base) = self.base.get() {
            return ev.force(*base);
        }
        let place = PackagePlace { origin: Origin::Set, path: Vec::new() };
        let value = match self.given.cache.find(&place) {
            Some(kept) => self.value(ev, place, kept, Real::Set)?,
            None => self.evaluate(ev, Real::Set)?,
        };
        let base = *self.base.get_or_init(|| Slot::Value(value));
        ev.force(base)
    }

    /// What is known of a value, as a value.
    fn value(
        &self,
        ev: &mut Evaluator<'h>,
        place: PackagePlace,
        kept: KeptValue,
        origin: Real<'h>,
    ) -> Eval<'h> {
        match kept {
            KeptValue::Real => self.evaluate(ev, origin),
            KeptValue::Plain(plain) => match value_of(ev, &plain) {
                Some(value) => Ok(value),
                None => self.evaluate(ev, origin),
            },
            KeptValue::Set(names, known) => {
                let known: Option<Vec<(Name, Value<'h>)>> =
                    known.iter().map(|(name, plain)| Some((*name, value_of(ev, plain)?))).collect();
                match (known, builtin(ev, ATTRIBUTE), builtin(ev, REAL)) {
                    (Some(known), Some(attribute), Some(real)) => {
                        let functions = (attribute, real);
                        Ok(self.stand_in(ev, place, (&names, known), origin, functions))
                    }
                    (_, _, _) => self.evaluate(ev, origin),
                }
            }
        }
    }

    fn stand_in(
        &self,
        ev: &Evaluator<'h>,
        place: PackagePlace,
        (names, known): (&[Name], Vec<(Name, Value<'h>)>),
        origin: Real<'h>,
        (attribute, real): (BuiltinId, BuiltinId),
    ) -> Value<'h> {
        let local = ev.local.home();
        let mut made = lock(&self.made);
        let number = made.stand_ins.len();
        let own = local.alloc(Slot::Value(Value::Int(number as i64)));
        let real = Thunk::apply(local, local.alloc(Slot::Value(Value::Builtin(real))), own);
        made.stand_ins.push(StandIn { place, real: Slot::Thunk(real), origin });
        let arguments = local.slice(&[*own]);
        let function = Value::Partial(local.alloc(Partial { builtin: attribute, arguments }));
        let nothing = |name: &Name| Attr::new(*name, Span::KEPT, Value::Null);
        let set = Attrs::new(local, names.iter().map(nothing).collect());
        let calls = local.alloc(NamedCalls { function: Slot::Value(function), set });
        let (keys, _) = set.entries(local);
        let attrs = Attrs::fill(local, keys, |index| {
            let name = keys.get(index).map(|key| key.name);
            match known.iter().find(|(known, _)| Some(*known) == name) {
                Some((_, value)) => Slot::Value(*value),
                None => Slot::Thunk(Thunk::apply_named(local, calls, index)),
            }
        });
        made.numbers.insert(attrs.address(), number);
        Value::Attrs(attrs)
    }

    fn get(&self, number: usize) -> Option<StandIn<'h>> {
        lock(&self.made).stand_ins.get(number).cloned()
    }

    /// Evaluates what a stand-in stands for.
    fn evaluate(&self, ev: &mut Evaluator<'h>, origin: Real<'h>) -> Eval<'h> {
        match origin {
            Real::Set => {
                let session = Session { shared: ev.shared, files: self.files, packages: None };
                session.packages(ev, self.given.set, self.given.root)
            }
            Real::Attribute(number, name) => {
                let Some(whole) = self.get(number) else {
                    return Err(lost(ev));
                };
                let whole = ev.attrs(whole.real)?;
                let slot = ev.attribute(whole, name)?;
                ev.force(slot)
            }
            Real::Call(root, text) => {
                let session = Session { shared: ev.shared, files: self.files, packages: None };
                let function = session.expression(ev, text, Path::new("/"))?;
                ev.call(function, &[Slot::Value(Value::Attrs(root))], Span::NONE)
            }
        }
    }
}

impl CallText {
    /// A function of what the name stands for that gives what the call does. It calls the function
    /// by a detour: as it is written it would be taken for what this is asked for to evaluate.
    fn evaluated(&self) -> Option<String> {
        let (function, arguments) = self.text.split_at_checked(self.function)?;
        Some(format!("{}: (function: function) ({function}) {arguments}", self.name))
    }
}

#[cold]
fn lost<'h>(ev: &Evaluator<'h>) -> crate::value::Error<'h> {
    ev.error_at(ev.here(), "nothing is known of this part of the package set")
}

pub(super) fn builtin(ev: &Evaluator<'_>, name: &str) -> Option<BuiltinId> {
    let mut rows = ev.shared.builtins.iter().zip(0..);
    rows.find(|(row, _)| row.name == name).map(|(_, id)| BuiltinId(id))
}

/// A plain value; `None` if it refers to what is no derivation.
fn value_of<'h>(ev: &Evaluator<'h>, plain: &Plain) -> Option<Value<'h>> {
    Some(match plain {
        Plain::Null => Value::Null,
        Plain::Bool(bool) => Value::bool(*bool),
        Plain::Int(int) => Value::Int(*int),
        Plain::Text(bytes, referred) => {
            let elements: Option<Vec<ElementId>> =
                referred.iter().map(|referred| element(ev, referred)).collect();
            let context = Context::new(ev.local.home(), elements?);
            Value::Text(Text::made(ev.local.home(), bytes, context))
        }
        Plain::List(items) => {
            let items: Option<Vec<Slot<'h>>> =
                items.iter().map(|item| value_of(ev, item).map(Slot::Value)).collect();
            Value::List(List::new(ev.local.home(), &items?))
        }
    })
}

fn element(ev: &Evaluator<'_>, referred: &Referred) -> Option<ElementId> {
    let element = ContextElement::parse(&referred.element).ok()?;
    let (ContextElement::Built { drv, .. } | ContextElement::DrvDeep(drv)) = &element else {
        return None;
    };
    let modulo = ModuloHash::kept(&referred.modulo, referred.outputs.clone())?;
    ev.shared.derivations.keep_modulo(drv.clone(), modulo);
    Some(ElementId::intern(&element))
}

impl<'h> StandIns<'h> for Packages<'h> {
    fn attribute(&self, ev: &mut Evaluator<'h>, number: i64, name: Name) -> Eval<'h> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let Some(whole) = self.get(number) else {
            return Err(lost(ev));
        };
        let origin = Real::Attribute(number, name);
        // Labs use many functions of the library, and nothing of it is worth keeping.
        if name == words().lib {
            return self.evaluate(ev, origin);
        }
        let place = whole.place.within(name);
        match self.given.cache.find(&place) {
            Some(kept) => self.value(ev, place, kept, origin),
            None => self.evaluate(ev, origin),
        }
    }

    fn real(&self, ev: &mut Evaluator<'h>, number: i64) -> Eval<'h> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        match self.get(number) {
            Some(stand_in) => self.evaluate(ev, stand_in.origin),
            None => Err(lost(ev)),
        }
    }

    fn call(&self, ev: &mut Evaluator<'h>, call: KeptCall<'h>) -> Eval<'h, Option<Value<'h>>> {
        let Some((place, text)) = self.call_place(ev, call) else {
            return Ok(None);
        };
        let known = lock(&self.made).calls.get(&place).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        // What is remembered has to stay.
        let here = ev.local;
        ev.local = here.home();
        let found = self.known_call(ev, call, &place, &text);
        ev.local = here;
        // Where two threads were at it, both get what the first one made.
        Ok(*lock(&self.made).calls.entry(place).or_insert(found?))
    }
}

impl<'h> Packages<'h> {
    fn known_call(
        &self,
        ev: &mut Evaluator<'h>,
        call: KeptCall<'h>,
        place: &PackagePlace,
        text: &CallText,
    ) -> Eval<'h, Option<Value<'h>>> {
        let Some(text) = text.evaluated() else {
            return Ok(None);
        };
        match self.given.cache.find(place) {
            None | Some(KeptValue::Real) => Ok(None),
            Some(kept) => {
                let origin = Real::Call(call.root, ev.local.str(&text));
                self.value(ev, place.clone(), kept, origin).map(Some)
            }
        }
    }

    /// Where what a call gives lies, if that depends on its text and the package set alone.
    fn call_place(
        &self,
        ev: &Evaluator<'h>,
        call: KeptCall<'h>,
    ) -> Option<(PackagePlace, CallText)> {
        let path = call.path()?;
        if path.first() == Some(&words().lib) {
            return None;
        }
        let address = std::ptr::from_ref(call.call).addr();
        let (base, known) = {
            let made = lock(&self.made);
            let number = made.numbers.get(&call.root.address())?;
            let stand_in = made.stand_ins.get(*number)?;
            let PackagePlace { origin: Origin::Set, path } = &stand_in.place else {
                return None;
            };
            (path.clone(), made.texts.get(&address).cloned())
        };
        let found = known.unwrap_or_else(|| {
            let text = call_text(ev, call);
            lock(&self.made).texts.insert(address, text.clone());
            text
        });
        let found = found?;
        let (text, name) = (Arc::clone(&found.text), Arc::clone(&found.name));
        let place = PackagePlace { origin: Origin::Text { text, name, base }, path: Vec::new() };
        Some((place, found))
    }
}

/// The text of a call, if all that its arguments reach for is what the function was taken out of.
fn call_text(ev: &Evaluator<'_>, call: KeptCall<'_>) -> Option<CallText> {
    let own = reach_of(&call.select.from)?;
    if !call.call.arguments.iter().all(|argument| reaches_only(argument, own)) {
        return None;
    }
    let sources = ev.shared.sources;
    let text = sources.text(call.call.span)?;
    let name = sources.text(call.select.from_span)?;
    let is_name = !name.is_empty() && name.bytes().all(is_name_byte);
    let fits = text.len() <= LONGEST && text.starts_with(&name);
    let function = call.call.function_span.len() as usize;
    let first = call.call.function_span.start == call.call.span.start;
    (is_name && fits && first).then(|| CallText { text: text.into(), function, name: name.into() })
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'')
}

/// What a variable reaches for.
fn reach_of(expr: &Expr) -> Option<Reach<'_>> {
    match expr {
        Expr::Local(slot) => Some(Reach::Slot(0, *slot)),
        Expr::Outer { up, slot } => Some(Reach::Slot(*up, *slot)),
        Expr::With(name) => Some(Reach::With(name)),
        _ => None,
    }
}

/// Names that a `with` within the expression provides are no matter: where it doesn't, the text
/// alone can't be evaluated. But a name that stands for the function's root must not be one.
fn reaches_only(expr: &Expr, own: Reach<'_>) -> bool {
    let mut only = true;
    reach(expr, &mut |found| {
        only &= match (found, own) {
            (Reach::Slot(up, slot), Reach::Slot(own_up, own_slot)) => {
                up == own_up && slot == own_slot
            }
            (Reach::With(name), Reach::With(own)) => name.name != own.name,
            (Reach::With(_), Reach::Slot(..)) => true,
            (Reach::Slot(..) | Reach::Place | Reach::Hole | Reach::With(_), _) => false,
        };
    });
    only
}

impl<'h> Session<'h> {
    /// The package set, or what stands for it where the session was given that.
    pub fn kept_packages(&self, evaluator: &mut Evaluator<'h>) -> Option<Eval<'h>> {
        self.packages.map(|packages| packages.base(evaluator))
    }
}
