//! String contexts: which store objects a string speaks of.

use super::Local;

/// A context element, by its number in the interner of [`crate::store`].
pub type Element = crate::store::ElementId;

/// A set of context elements: sorted, without duplicates, usually empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'h>(Option<&'h &'h [Element]>);

impl<'h> Context<'h> {
    /// No element.
    pub const EMPTY: Context<'static> = Context(None);

    /// A context of these elements, in any order.
    pub fn new(local: Local<'h>, mut elements: Vec<Element>) -> Context<'h> {
        elements.sort_unstable();
        elements.dedup();
        Context::sorted(local, &elements)
    }

    fn sorted(local: Local<'h>, elements: &[Element]) -> Context<'h> {
        if elements.is_empty() {
            return Context(None);
        }
        Context(Some(local.alloc(local.slice(elements))))
    }

    /// Nothing in it?
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0.is_none()
    }

    /// Its elements, sorted by number (which is no order to show).
    pub fn elements(self) -> &'h [Element] {
        self.0.map_or(&[], |elements| *elements)
    }

    /// All elements of both.
    #[must_use]
    pub fn union(self, local: Local<'h>, other: Context<'h>) -> Context<'h> {
        let (Some(a), Some(b)) = (self.0, other.0) else {
            return Context(self.0.or(other.0));
        };
        if std::ptr::eq(a, b) || b.iter().all(|element| a.binary_search(element).is_ok()) {
            return self;
        }
        Context::new(local, [*a, *b].concat())
    }
}
