//! What comes before what.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Indices `0..count` in an order that puts each after those it needs; among those free to
/// choose, the smallest first. What is part of a cycle, or needs such, is left out.
pub(super) fn topological(count: usize, needs: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut waiting = vec![0usize; count];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for index in 0..count {
        let mut needed = needs(index);
        needed.sort_unstable();
        needed.dedup();
        for other in needed {
            if let (Some(list), Some(open)) = (followers.get_mut(other), waiting.get_mut(index)) {
                list.push(index);
                *open += 1;
            }
        }
    }
    let free = waiting.iter().enumerate().filter(|(_, open)| **open == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(|(index, _)| Reverse(index)).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(next)) = ready.pop() {
        order.push(next);
        for follower in followers.get(next).map_or(&[][..], Vec::as_slice) {
            if let Some(open) = waiting.get_mut(*follower) {
                *open -= 1;
                if *open == 0 {
                    ready.push(Reverse(*follower));
                }
            }
        }
    }
    order
}

/// What is wrong when [`topological`] leaves something out: a cycle among what it left out.
/// `needs` gives what an index needs and where that is written, `name` what users call it.
pub(super) fn cycle(
    code: &'static str,
    what: &str,
    order: &[usize],
    count: usize,
    needs: impl Fn(usize) -> Vec<(usize, Span)>,
    name: impl Fn(usize) -> String,
) -> Option<Diagnostic> {
    let left = |index: &usize| !order.contains(index);
    let mut at = (0..count).find(left)?;
    // Everything left waits for something left: walking along must come round.
    let mut path: Vec<(usize, Span)> = Vec::new();
    while !path.iter().any(|(index, _)| *index == at) {
        let (next, span) = needs(at).into_iter().find(|(next, _)| left(next))?;
        path.push((at, span));
        at = next;
    }
    let start = path.iter().position(|(index, _)| *index == at)?;
    let mut around = path.iter().skip(start).map(|(index, span)| (name(*index), *span));
    let (first, span) = around.next()?;
    let rest: Vec<(String, Span)> = around.collect();
    let names = [&first].into_iter().chain(rest.iter().map(|(name, _)| name)).chain([&first]);
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let message = match rest.as_slice() {
        [] => format!("{what} `{first}` depends on itself"),
        _ => format!("{what}s depend on each other: {}", names.join(" → ")),
    };
    let diagnostic = Diagnostic::error(code, message)
        .at(span, format!("`{first}` waits for this"))
        .help("remove one of these dependencies");
    Some(rest.into_iter().fold(diagnostic, |diagnostic, (name, span)| {
        diagnostic.also(span, format!("`{name}` waits for this"))
    }))
}

/// For each index its position in `order`.
pub(super) fn positions(order: &[usize], count: usize) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..count).collect();
    for (position, index) in order.iter().enumerate() {
        if let Some(place) = positions.get_mut(*index) {
            *place = position;
        }
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_follows_what_it_needs() {
        let needs = [vec![2], vec![], vec![1, 3], vec![]];
        let order = topological(4, |i| needs[i].clone());
        assert_eq!(order, [1, 3, 2, 0]);
        assert_eq!(positions(&order, 4), [3, 0, 2, 1]);
        let cycle = [vec![1], vec![0], vec![]];
        assert_eq!(topological(3, |i| cycle[i].clone()), [2]);
        assert_eq!(topological(0, |_| vec![]), [] as [usize; 0]);
    }

    #[test]
    fn a_cycle_is_walked_once() {
        let message = |needs: &[&[usize]]| {
            let order = topological(needs.len(), |i| needs[i].to_vec());
            let needs = |i: usize| needs[i].iter().map(|j| (*j, Span::new(9, 10))).collect();
            let name = |i: usize| ["a", "b", "c", "d"][i].to_owned();
            cycle("repx::test", "run", &order, 4, needs, name).map(|d| d.message)
        };
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(message(&[&[1], &[], &[1], &[]]), None);
        // `a` only leads there, `d` is done.
        let two = message(&[&[1], &[3, 2], &[1], &[]]);
        assert_eq!(two, told("runs depend on each other: `b` → `c` → `b`"));
        assert_eq!(message(&[&[], &[], &[2], &[]]), told("run `c` depends on itself"));
    }
}
