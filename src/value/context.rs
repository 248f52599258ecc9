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

/// The union of many contexts in the making: none of those between takes memory in the heap.
#[derive(Debug, Default)]
pub struct ContextSum<'h> {
    /// The only context so far, as long as there are no `elements`.
    first: Context<'h>,
    /// Elements of all contexts, of which so many at the beginning are sorted and different.
    elements: Vec<Element>,
    sorted: usize,
}

/// So many elements are let come together before they are sorted for the first time.
const LOOSE: usize = 64;

impl<'h> ContextSum<'h> {
    /// Adds all elements of a context.
    #[inline]
    pub fn add(&mut self, context: Context<'h>) {
        if let Some(elements) = context.0 {
            self.add_elements(context, elements);
        }
    }

    fn add_elements(&mut self, context: Context<'h>, elements: &'h &'h [Element]) {
        match self.first.0 {
            None => self.first = context,
            Some(first) if std::ptr::eq(first, elements) => {}
            Some(first) => {
                if self.elements.is_empty() {
                    self.elements.extend_from_slice(first);
                    self.sorted = first.len();
                }
                self.elements.extend_from_slice(elements);
                // The same contexts may come again and again.
                if self.elements.len() > 2 * self.sorted + LOOSE {
                    self.settle();
                }
            }
        }
    }

    fn settle(&mut self) {
        self.elements.sort_unstable();
        self.elements.dedup();
        self.sorted = self.elements.len();
    }

    /// The union.
    pub fn finish(mut self, local: Local<'h>) -> Context<'h> {
        if self.elements.is_empty() {
            return self.first;
        }
        self.settle();
        // It holds all of the first one's, so as many are the same ones.
        if self.elements.len() == self.first.elements().len() {
            return self.first;
        }
        Context::sorted(local, &self.elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ContextElement;
    use crate::value::Heap;

    #[test]
    fn sums_are_unions() {
        let heap = Heap::new();
        let local = heap.local();
        let element = |n: usize| {
            ContextElement::parse(&format!("/program{n}")).map(|element| Element::intern(&element))
        };
        let elements: Vec<Element> = (0..300).map(|n| element(n).unwrap()).collect();
        let mut seed = 7usize;
        for _ in 0..200 {
            let mut sum = ContextSum::default();
            let mut union = Context::EMPTY;
            for _ in 0..seed % 40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
                let some = elements.iter().skip(seed >> 33 & 0xff).take(seed >> 45 & 7).copied();
                let some = Context::new(local, some.collect());
                sum.add(some);
                union = union.union(local, some);
            }
            seed = seed.wrapping_add(1);
            assert_eq!(sum.finish(local).elements(), union.elements());
        }
    }

    #[test]
    fn a_sum_of_parts_of_the_first_is_the_first() {
        let heap = Heap::new();
        let local = heap.local();
        let element = |text| ContextElement::parse(text).map(|element| Element::intern(&element));
        let (a, b) = (element("/a").unwrap(), element("/b").unwrap());
        let both = Context::new(local, vec![a, b]);
        let mut sum = ContextSum::default();
        for context in [both, Context::new(local, vec![b]), Context::new(local, vec![a])] {
            sum.add(context);
        }
        assert!(std::ptr::eq(sum.finish(local).elements(), both.elements()));
    }
}
