//! Which slot a name means.

use hashbrown::HashMap;

use super::{Expr, Hint, WithName};
use crate::source::{Name, Span};

/// Names that every program sees, in the order of their slots.
#[derive(Debug, Default, Clone)]
pub struct Globals {
    index: HashMap<Name, u32>,
}

impl Globals {
    /// Globals in the order of their slots.
    pub fn new(names: impl IntoIterator<Item = Name>) -> Globals {
        let index = names.into_iter().zip(0..).collect();
        Globals { index }
    }

    /// The slot of a global.
    pub fn get(&self, name: Name) -> Option<u32> {
        self.index.get(&name).copied()
    }

    /// All names, in no order.
    pub fn names(&self) -> impl Iterator<Item = Name> {
        self.index.keys().copied()
    }
}

/// The environments around the place being lowered.
#[derive(Default)]
pub(super) struct Scopes {
    /// For each name the environments that bind it, innermost last: (level, slot).
    bound: HashMap<Name, Vec<(u32, u32)>>,
    /// Levels of the `with` environments, innermost last.
    withs: Vec<u32>,
    /// Environments entered so far.
    level: u32,
}

/// What a name turned out to be.
pub(super) enum Found {
    Slot { up: u32, slot: u32 },
    With(Box<[u32]>),
    Nothing,
}

impl Scopes {
    /// Enters an environment whose slots have these names.
    pub(super) fn enter(&mut self, names: impl IntoIterator<Item = (Name, u32)>) {
        self.level += 1;
        for (name, slot) in names {
            self.bound.entry(name).or_default().push((self.level, slot));
        }
    }

    /// Leaves an environment entered with these names.
    pub(super) fn leave(&mut self, names: impl IntoIterator<Item = Name>) {
        for name in names {
            if let Some(levels) = self.bound.get_mut(&name) {
                levels.pop();
            }
        }
        self.level -= 1;
    }

    pub(super) fn enter_with(&mut self) {
        self.level += 1;
        self.withs.push(self.level);
    }

    pub(super) fn leave_with(&mut self) {
        self.withs.pop();
        self.level -= 1;
    }

    /// Looks a name up, not seeing the innermost `skip` environments.
    pub(super) fn find(&self, name: Name, skip: u32) -> Found {
        let visible = self.level - skip;
        let slot = self
            .bound
            .get(&name)
            .and_then(|levels| levels.iter().rev().find(|(level, _)| *level <= visible));
        if let Some((level, slot)) = slot {
            return Found::Slot { up: self.level - level, slot: *slot };
        }
        let withs = self.withs.iter().rev().filter(|level| **level <= visible);
        let levels: Box<[u32]> = withs.map(|level| self.level - level).collect();
        if levels.is_empty() { Found::Nothing } else { Found::With(levels) }
    }

    /// Every name in sight.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> {
        self.bound.iter().filter(|(_, levels)| !levels.is_empty()).map(|(name, _)| *name)
    }
}

/// A slot as an expression.
pub(super) fn slot(up: u32, slot: u32) -> Expr {
    if up == 0 { Expr::Local(slot) } else { Expr::Outer { up, slot } }
}

/// A name for `with` as an expression.
pub(super) fn with_name(name: Name, span: Span, levels: Box<[u32]>) -> Expr {
    Expr::With(Box::new(WithName { name, span, levels, hint: Hint::default() }))
}
