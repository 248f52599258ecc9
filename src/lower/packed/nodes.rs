//! A row for each node of the tree: its fields, in the order in which they are written.
//!
//! The compiler checks that no field and no variant is forgotten; what it can't check is which
//! nodes make an environment. Those are written out below: `Lambda`, `Let`, `RecSet`, `WithIn`.

use super::super::{
    Assert, Binary, BinaryOp, Bindings, Call, Dynamic, Expr, Formal, Formals, HasAttr, Hint, If,
    Interpolation, Key, Lambda, Let, Operand, Param, Piece, RecSet, Select, Set, Step, WithIn,
    WithName,
};
use super::read::Reader;
use super::write::Writer;
use crate::source::{Name, Span};

pub(super) trait Packed: Sized {
    fn pack(&self, to: &mut Writer<'_>);
    fn unpack(from: &mut Reader<'_>) -> Option<Self>;
}

/// Stands before an expression that may be left for later, followed by its length.
pub(super) const DEFERRED: u8 = 255;

/// A struct as its fields.
macro_rules! fields {
    ($($node:ident { $($field:ident),+ })+) => {$(
        impl Packed for $node {
            fn pack(&self, to: &mut Writer<'_>) {
                let $node { $($field),+ } = self;
                $($field.pack(to);)+
            }
            fn unpack(from: &mut Reader<'_>) -> Option<Self> {
                $(let $field = Packed::unpack(from)?;)+
                Some($node { $($field),+ })
            }
        }
    )+};
}

/// An enum as a number for the variant and what the variant holds.
macro_rules! variants {
    ($node:ident { $($number:literal $variant:ident $(($($part:ident),+))?),+ $(,)? }) => {
        impl Packed for $node {
            fn pack(&self, to: &mut Writer<'_>) {
                match self {
                    $($node::$variant $(($($part),+))? => {
                        to.byte($number);
                        $($($part.pack(to);)+)?
                    })+
                }
            }
            fn unpack(from: &mut Reader<'_>) -> Option<Self> {
                Some(match from.byte()? {
                    $($number => {
                        $($(let $part = Packed::unpack(from)?;)+)?
                        $node::$variant $(($($part),+))?
                    })+
                    _ => return None,
                })
            }
        }
    };
}

impl Packed for Expr {
    fn pack(&self, to: &mut Writer<'_>) {
        if !to.descend() {
            return;
        }
        match self {
            Expr::Null => to.byte(0),
            Expr::Bool(bool) => to.byte(1 + u8::from(*bool)),
            Expr::Int(int) => both(to, 3, &int.cast_unsigned()),
            Expr::Float(float) => both(to, 4, &float.to_bits()),
            Expr::Text(text) => {
                to.byte(5);
                to.text(text);
            }
            Expr::Path(path) => {
                to.byte(6);
                to.path(path);
            }
            Expr::Local(slot) => both(to, 7, slot),
            Expr::Outer { up, slot } => {
                both(to, 8, up);
                slot.pack(to);
            }
            Expr::Global(global) => both(to, 9, global),
            Expr::With(node) => both(to, 10, node),
            Expr::CurrentPosition(node) => both(to, 11, node),
            Expr::Interpolation(node) => both(to, 12, node),
            Expr::List(node) => both(to, 13, node),
            Expr::Set(node) => both(to, 14, node),
            Expr::RecSet(node) => both(to, 15, node),
            Expr::Let(node) => both(to, 16, node),
            Expr::WithIn(node) => both(to, 17, node),
            Expr::Assert(node) => both(to, 18, node),
            Expr::If(node) => both(to, 19, node),
            Expr::Lambda(node) => both(to, 20, node),
            Expr::Call(node) => both(to, 21, node),
            Expr::Select(node) => both(to, 22, node),
            Expr::HasAttr(node) => both(to, 23, node),
            Expr::Not(node) => both(to, 24, node),
            Expr::Negate(node) => both(to, 25, node),
            Expr::Binary(node) => both(to, 26, node),
            Expr::Hole(node) => both(to, 27, node),
            Expr::Deferred(deferred) => deferred.expr().pack(to),
        }
        to.ascend();
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.descend()?;
        let expr = match from.byte()? {
            0 => Expr::Null,
            1 => Expr::Bool(false),
            2 => Expr::Bool(true),
            3 => Expr::Int(from.number()?.cast_signed()),
            4 => Expr::Float(f64::from_bits(from.number()?)),
            5 => Expr::Text(Box::new(from.text()?.into())),
            6 => Expr::Path(Box::new(from.path()?)),
            7 => {
                let slot = from.index()?;
                Expr::Local(from.slot(0, slot))
            }
            8 => {
                let (up, slot) = (from.index()?, from.index()?);
                Expr::Outer { up, slot: from.slot(up, slot) }
            }
            9 => Expr::Global(from.index()?),
            10 => Expr::With(Packed::unpack(from)?),
            11 => Expr::CurrentPosition(Packed::unpack(from)?),
            12 => Expr::Interpolation(Packed::unpack(from)?),
            13 => Expr::List(Packed::unpack(from)?),
            14 => Expr::Set(Packed::unpack(from)?),
            15 => Expr::RecSet(Packed::unpack(from)?),
            16 => Expr::Let(Packed::unpack(from)?),
            17 => Expr::WithIn(Packed::unpack(from)?),
            18 => Expr::Assert(Packed::unpack(from)?),
            19 => Expr::If(Packed::unpack(from)?),
            20 => Expr::Lambda(Packed::unpack(from)?),
            21 => Expr::Call(Packed::unpack(from)?),
            22 => Expr::Select(Packed::unpack(from)?),
            23 => Expr::HasAttr(Packed::unpack(from)?),
            24 => Expr::Not(Packed::unpack(from)?),
            25 => Expr::Negate(Packed::unpack(from)?),
            26 => Expr::Binary(Packed::unpack(from)?),
            27 => Expr::Hole(Packed::unpack(from)?),
            _ => return None,
        };
        from.ascend();
        Some(expr)
    }
}

fn both(to: &mut Writer<'_>, tag: u8, node: &impl Packed) {
    to.byte(tag);
    node.pack(to);
}

fields! {
    Key { name, span }
    WithName { name, span, levels, hint }
    Interpolation { path, parts, span }
    Dynamic { name, span, value }
    Assert { condition, span, body }
    If { condition, span, yes, no }
    Formals { formals, ellipsis, at, span }
    Formal { key, default, hint }
    Call { function, arguments, span, function_span }
    Select { from, from_span, path, default }
    HasAttr { from, path }
    Operand { expr, span }
    Binary { op, left, right, left_span, right_span, op_span }
}

variants! { Piece { 0 Literal(text), 1 Value(expr, span) } }
variants! { Step { 0 Static(key, hint), 1 Dynamic(expr, span) } }
variants! { Param { 0 Name(name), 1 Formals(formals) } }
variants! { BinaryOp {
    0 Add, 1 Sub, 2 Mul, 3 Div, 4 Equal, 5 NotEqual, 6 Less, 7 LessOrEqual, 8 More, 9 MoreOrEqual,
    10 And, 11 Or, 12 Implies, 13 Update, 14 Concat,
} }

/// What makes an environment.
impl Packed for Lambda {
    fn pack(&self, to: &mut Writer<'_>) {
        let Lambda { param, body, name, strict, span } = self;
        name.pack(to);
        strict.pack(to);
        span.pack(to);
        param.pack(to);
        to.later(body);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let (name, strict) = (Packed::unpack(from)?, Packed::unpack(from)?);
        let span = Packed::unpack(from)?;
        from.enter();
        let (param, body) = (Packed::unpack(from)?, from.later()?);
        from.leave();
        Some(Lambda { param, body, name, strict, span })
    }
}

impl Packed for WithIn {
    fn pack(&self, to: &mut Writer<'_>) {
        let WithIn { scope, scope_span, body } = self;
        scope.pack(to);
        scope_span.pack(to);
        body.pack(to);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let (scope, scope_span) = (Packed::unpack(from)?, Packed::unpack(from)?);
        from.enter();
        let body = Packed::unpack(from)?;
        from.leave();
        Some(WithIn { scope, scope_span, body })
    }
}

impl Packed for Let {
    fn pack(&self, to: &mut Writer<'_>) {
        let Let { bindings, body } = self;
        pack_bindings(bindings, to);
        body.pack(to);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let bindings = enter_bindings(from)?;
        let body = Packed::unpack(from)?;
        from.leave();
        Some(Let { bindings, body })
    }
}

impl Packed for RecSet {
    fn pack(&self, to: &mut Writer<'_>) {
        let RecSet { bindings, dynamic, overrides, span } = self;
        span.pack(to);
        pack_bindings(bindings, to);
        dynamic.pack(to);
        overrides.pack(to);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let span = Packed::unpack(from)?;
        let bindings = enter_bindings(from)?;
        let dynamic = Packed::unpack(from)?;
        let overrides = Option::<u32>::unpack(from)?.map(|slot| from.slot(0, slot));
        from.leave();
        Some(RecSet { bindings, dynamic, overrides, span })
    }
}

fn pack_bindings(bindings: &Bindings, to: &mut Writer<'_>) {
    let Bindings { keys, values, hidden } = bindings;
    keys.pack(to);
    values.iter().for_each(|value| to.later(value));
    to.number(hidden.len() as u64);
    hidden.iter().for_each(|value| to.later(value));
}

/// Bindings; their environment is left to the caller to leave.
fn enter_bindings(from: &mut Reader<'_>) -> Option<Bindings> {
    let (keys, moved) = from.keys()?;
    from.enter_moved(moved.clone());
    let values = from.values(keys.len(), moved.as_deref())?;
    let count = from.count()?;
    let hidden = from.values(count, None)?;
    Some(Bindings { keys, values, hidden })
}

impl Packed for Set {
    fn pack(&self, to: &mut Writer<'_>) {
        let Set { keys, values, dynamic, span } = self;
        span.pack(to);
        keys.pack(to);
        values.iter().for_each(|value| to.later(value));
        dynamic.pack(to);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let span = Packed::unpack(from)?;
        let (keys, moved) = from.keys()?;
        let values = from.values(keys.len(), moved.as_deref())?;
        let dynamic = Packed::unpack(from)?;
        Some(Set { keys, values, dynamic, span })
    }
}

/// So many of what `next` gives. (A plain `collect` can't know their number beforehand.)
pub(super) fn many<T>(count: usize, mut next: impl FnMut() -> Option<T>) -> Option<Box<[T]>> {
    let mut items = Vec::with_capacity(count);
    for _ in 0..count {
        items.push(next()?);
    }
    Some(items.into_boxed_slice())
}

/// What nodes are made of.
impl<T: Packed> Packed for Box<T> {
    fn pack(&self, to: &mut Writer<'_>) {
        T::pack(self, to);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        T::unpack(from).map(Box::new)
    }
}

impl<T: Packed> Packed for Box<[T]> {
    fn pack(&self, to: &mut Writer<'_>) {
        to.number(self.len() as u64);
        self.iter().for_each(|item| item.pack(to));
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        let count = from.count()?;
        many(count, || T::unpack(from))
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, to: &mut Writer<'_>) {
        self.is_some().pack(to);
        if let Some(inner) = self {
            inner.pack(to);
        }
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

/// What a run has learnt is not kept.
impl Packed for Hint {
    fn pack(&self, _: &mut Writer<'_>) {}

    fn unpack(_: &mut Reader<'_>) -> Option<Self> {
        Some(Hint::default())
    }
}

impl Packed for bool {
    fn pack(&self, to: &mut Writer<'_>) {
        to.byte(u8::from(*self));
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Packed for u8 {
    fn pack(&self, to: &mut Writer<'_>) {
        to.byte(*self);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.byte()
    }
}

impl Packed for u32 {
    fn pack(&self, to: &mut Writer<'_>) {
        to.number(u64::from(*self));
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.index()
    }
}

impl Packed for u64 {
    fn pack(&self, to: &mut Writer<'_>) {
        to.number(*self);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.number()
    }
}

impl Packed for Span {
    fn pack(&self, to: &mut Writer<'_>) {
        to.span(*self);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.span()
    }
}

impl Packed for Name {
    fn pack(&self, to: &mut Writer<'_>) {
        to.name(*self);
    }

    fn unpack(from: &mut Reader<'_>) -> Option<Self> {
        from.name()
    }
}
