//! What comes before what.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
}
