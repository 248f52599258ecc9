//! What is ready to run, and what of it there is room for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::machine::Machine;
use super::schedule::Unit;

/// What a piece of work asks of the machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Demand {
    pub(super) cpus: u64,
    pub(super) memory: u128,
}

/// Work that is ready. Of what there is room for comes first what stands first in the listing: so
/// one run ends before the next begins.
#[derive(Debug)]
pub(super) struct Queue {
    /// Work by what it asks for: of few kinds there is much.
    kinds: Vec<(Demand, BinaryHeap<Reverse<Unit>>)>,
    room: Demand,
    all: Demand,
}

impl Queue {
    pub(super) fn new(machine: Machine) -> Queue {
        let all = Demand { cpus: machine.cpus, memory: machine.memory.unwrap_or(u128::MAX) };
        Queue { kinds: Vec::new(), room: all, all }
    }

    /// Who asks for more than there is gets all there is.
    fn fitted(&self, demand: Demand) -> Demand {
        let cpus = demand.cpus.clamp(1, self.all.cpus.max(1));
        Demand { cpus, memory: demand.memory.min(self.all.memory) }
    }

    pub(super) fn push(&mut self, unit: Unit, demand: Demand) {
        let demand = self.fitted(demand);
        match self.kinds.iter_mut().find(|(other, _)| *other == demand) {
            Some((_, heap)) => heap.push(Reverse(unit)),
            None => self.kinds.push((demand, BinaryHeap::from([Reverse(unit)]))),
        }
    }

    /// The next piece that there is room for, which it then takes.
    pub(super) fn next(&mut self) -> Option<(Unit, Demand)> {
        let room = self.room;
        let fits = |demand: &Demand| demand.cpus <= room.cpus && demand.memory <= room.memory;
        let kinds = self.kinds.iter_mut().filter(|(demand, _)| fits(demand));
        let first = kinds.filter(|(_, heap)| !heap.is_empty()).min_by_key(|(_, heap)| {
            // The first of a heap of reversed units is the least unit.
            heap.peek().map(|Reverse(unit)| *unit)
        });
        let (demand, heap) = first?;
        let Reverse(unit) = heap.pop()?;
        let demand = *demand;
        self.room.cpus -= demand.cpus;
        self.room.memory -= demand.memory;
        Some((unit, demand))
    }

    /// Gives back what a piece took.
    pub(super) fn give_back(&mut self, demand: Demand) {
        self.room.cpus += demand.cpus;
        self.room.memory += demand.memory;
    }
}

#[cfg(test)]
mod tests {
    use super::super::schedule::Piece;
    use super::*;

    fn unit(job: u32) -> Unit {
        Unit { job, piece: Piece::Main }
    }

    #[test]
    fn what_fits_goes_first() {
        let mut queue = Queue::new(Machine { cpus: 4, memory: Some(100) });
        let demand = |cpus, memory| Demand { cpus, memory };
        queue.push(unit(3), demand(1, 10));
        queue.push(unit(1), demand(3, 10));
        queue.push(unit(2), demand(2, 10));
        queue.push(unit(4), demand(1, 1000));
        let first = queue.next();
        assert_eq!(first, Some((unit(1), demand(3, 10))));
        // No room for 2, but for 3; what asks for more memory than there is waits for all of it.
        assert_eq!(queue.next(), Some((unit(3), demand(1, 10))));
        assert_eq!(queue.next(), None);
        queue.give_back(demand(3, 10));
        assert_eq!(queue.next(), Some((unit(2), demand(2, 10))));
        assert_eq!(queue.next(), None);
        queue.give_back(demand(2, 10));
        queue.give_back(demand(1, 10));
        assert_eq!(queue.next(), Some((unit(4), demand(1, 100))));
    }
}
