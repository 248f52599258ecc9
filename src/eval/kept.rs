//! Calls of functions of a package set, whose results may be known from another evaluation.

use super::{Eval, Evaluator, StandIns};
use crate::lower::{Call, Expr, Select, Step};
use crate::source::Name;
use crate::value::{Attrs, Env, Value};

/// A call of a function that was taken, by names written in the program, out of a stand-in that a
/// variable holds.
#[derive(Clone, Copy)]
pub struct KeptCall<'h> {
    /// The stand-in.
    pub root: Attrs<'h>,
    /// How the function is taken out of it.
    pub select: &'h Select,
    /// The call.
    pub call: &'h Call,
}

impl KeptCall<'_> {
    /// The names by which the function is taken out, unless one is computed.
    pub fn path(&self) -> Option<Vec<Name>> {
        let name = |step: &Step| match step {
            Step::Static(key, _) => Some(key.name),
            Step::Dynamic(..) => None,
        };
        self.select.path.iter().map(name).collect()
    }
}

impl<'h> Evaluator<'h> {
    #[inline(never)]
    pub(super) fn kept_call(
        &mut self,
        stand_ins: &'h dyn StandIns<'h>,
        call: &'h Call,
        env: Env<'h>,
    ) -> Eval<'h, Option<Value<'h>>> {
        let Expr::Select(select) = call.function.read() else {
            return Ok(None);
        };
        if select.default.is_some() {
            return Ok(None);
        }
        // What the call would begin with evaluating anyway.
        let root = match &select.from {
            Expr::Local(slot) => env.slot(*slot),
            Expr::Outer { up, slot } => env.up(*up).slot(*slot),
            Expr::With(name) => self.with_name(name, env)?,
            _ => return Ok(None),
        };
        match self.force(root)? {
            Value::Attrs(root) if root.may_be_kept() => {
                stand_ins.call(self, KeptCall { root, select, call })
            }
            _ => Ok(None),
        }
    }
}
