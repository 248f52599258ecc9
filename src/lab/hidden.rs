//! What of a value its JSON doesn't tell.

use crate::eval::{Evaluator, words};
use crate::value::{Slot, Value};

/// What a function may see of values besides their canonical JSON.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Hidden {
    /// Where attributes were written, of which `unsafeGetAttrPos` speaks.
    pub places: bool,
    /// Where paths lead: JSON has what is there.
    pub origins: bool,
    /// More than can be said in a few words.
    pub more: bool,
}

impl Hidden {
    /// What a value that has been evaluated whole doesn't tell.
    pub fn of<'h>(evaluator: &Evaluator<'h>, slot: Slot<'h>) -> Hidden {
        let found = Hidden::inside(evaluator, slot);
        let is_path = matches!(slot.known(), Some(Value::Path(_)));
        // A path alone can be compared; for those in other values nobody has asked yet.
        Hidden { more: found.more || found.origins && !is_path, ..found }
    }

    fn inside<'h>(evaluator: &Evaluator<'h>, slot: Slot<'h>) -> Hidden {
        let nothing = Hidden::default();
        let more = Hidden { more: true, ..nothing };
        let all = |slots: &mut dyn Iterator<Item = Slot<'h>>, begin: Hidden| {
            slots.fold(begin, |all, slot| all.and(Hidden::inside(evaluator, slot)))
        };
        match slot.known() {
            Some(Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_)) => nothing,
            Some(Value::Text(text)) => {
                let plain = text.context().is_empty() && std::str::from_utf8(text.bytes()).is_ok();
                if plain { nothing } else { more }
            }
            Some(Value::Path(_)) => Hidden { origins: true, ..nothing },
            Some(Value::List(list)) => all(&mut list.items().iter().copied(), nothing),
            // Written as a string, whatever else is in it.
            Some(Value::Attrs(attrs))
                if attrs.has(words().out_path) || attrs.has(words().to_string) =>
            {
                more
            }
            Some(Value::Attrs(attrs)) => {
                let slots = attrs.iter(evaluator.local).map(|attr| attr.slot);
                all(&mut slots.into_iter(), Hidden { places: !attrs.is_empty(), ..nothing })
            }
            Some(Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_)) | None => more,
        }
    }

    /// What one of two doesn't tell.
    #[must_use]
    pub fn and(self, other: Hidden) -> Hidden {
        Hidden {
            places: self.places || other.places,
            origins: self.origins || other.origins,
            more: self.more || other.more,
        }
    }
}

/// Where a value leads that is a path; of others nothing.
pub(super) fn origin(slot: Slot<'_>) -> String {
    match slot.known() {
        Some(Value::Path(path)) => String::from_utf8_lossy(path.bytes()).into_owned(),
        Some(_) | None => String::new(),
    }
}
