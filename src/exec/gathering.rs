//! A scatter-gather job between scatter and gather: items, and for each the steps in their order.

use crate::sweep::{Step, StepSource};

/// How far the steps of the items are.
#[derive(Debug)]
pub(super) struct Gathering {
    /// By step, the steps it reads from.
    before: Vec<Vec<u32>>,
    items: u32,
    states: Vec<State>,
    /// Steps that are neither done nor given up.
    left: u32,
    failed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    Done,
    /// It failed, or follows one that did.
    Lost,
}

impl Gathering {
    /// The last of the steps is gather, which is none of an item.
    pub(super) fn new(steps: &[Step], items: u32) -> Gathering {
        let worked = steps.split_last().map_or(&[][..], |(_, worked)| worked);
        let number = |name: &str| worked.iter().position(|step| *step.name == *name);
        let before = worked.iter().map(|step| {
            let from = step.inputs.iter().filter_map(|(_, source)| match source {
                StepSource::Step { step, .. } => number(step).map(|at| at as u32),
                _ => None,
            });
            let mut from: Vec<u32> = from.collect();
            from.sort_unstable();
            from.dedup();
            from
        });
        let before: Vec<Vec<u32>> = before.collect();
        let all = items as usize * before.len();
        let states = vec![State::Waiting; all];
        Gathering { before, items, states, left: all as u32, failed: false }
    }

    fn steps(&self) -> u32 {
        self.before.len() as u32
    }

    fn state(&self, item: u32, step: u32) -> State {
        let at = item as usize * self.before.len() + step as usize;
        self.states.get(at).copied().unwrap_or(State::Lost)
    }

    fn set(&mut self, item: u32, step: u32, state: State) {
        let at = item as usize * self.before.len() + step as usize;
        if let Some(place) = self.states.get_mut(at)
            && *place == State::Waiting
        {
            *place = state;
            self.left -= 1;
        }
    }

    pub(super) fn done(&mut self, item: u32, step: u32) {
        self.set(item, step, State::Done);
    }

    fn is_ready(&self, item: u32, step: u32) -> bool {
        let before = self.before.get(step as usize).map_or(&[][..], Vec::as_slice);
        self.state(item, step) == State::Waiting
            && before.iter().all(|other| self.state(item, *other) == State::Done)
    }

    /// What can begin, at first.
    pub(super) fn ready(&self) -> Vec<(u32, u32)> {
        let all = (0..self.items).flat_map(|item| (0..self.steps()).map(move |step| (item, step)));
        all.filter(|(item, step)| self.is_ready(*item, *step)).collect()
    }

    /// What can begin now that a step is done.
    pub(super) fn followers(&self, item: u32, step: u32) -> Vec<(u32, u32)> {
        let follows = |next: &u32| {
            self.before.get(*next as usize).is_some_and(|before| before.contains(&step))
        };
        let next = (0..self.steps()).filter(follows).filter(|next| self.is_ready(item, *next));
        next.map(|next| (item, next)).collect()
    }

    /// A step failed, and with it what follows it. Had one failed before?
    pub(super) fn fail(&mut self, item: u32, step: u32) -> bool {
        self.set(item, step, State::Lost);
        // A step stands anywhere among those that follow it: look until nothing changes.
        loop {
            let lost = (0..self.steps()).find(|next| {
                let before = self.before.get(*next as usize).map_or(&[][..], Vec::as_slice);
                self.state(item, *next) == State::Waiting
                    && before.iter().any(|other| self.state(item, *other) == State::Lost)
            });
            match lost {
                Some(next) => self.set(item, next, State::Lost),
                None => return std::mem::replace(&mut self.failed, true),
            }
        }
    }

    /// Nothing is left to do?
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }

    /// All is done?
    pub(super) fn is_complete(&self) -> bool {
        self.left == 0 && !self.failed
    }

    /// How many steps are done or given up, and how many there are.
    pub(super) fn progress(&self) -> (u32, u32) {
        let all = self.states.len() as u32;
        (all - self.left, all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, before: &[&str]) -> Step {
        let from = |other: &&str| {
            let source = StepSource::Step { step: (*other).into(), output: "x".into() };
            (format!("from-{other}").into(), source)
        };
        Step { name: name.into(), inputs: before.iter().map(from).collect() }
    }

    #[test]
    fn steps_wait_for_those_of_their_own_item() {
        let steps = [step("c", &["a", "b"]), step("a", &[]), step("b", &[]), step("gather", &[])];
        let mut gathering = Gathering::new(&steps, 2);
        assert_eq!(gathering.ready(), [(0, 1), (0, 2), (1, 1), (1, 2)]);
        gathering.done(0, 1);
        assert_eq!(gathering.followers(0, 1), []);
        gathering.done(0, 2);
        assert_eq!(gathering.followers(0, 2), [(0, 0)]);
        gathering.done(0, 0);
        // What follows a failed step of an item is given up; other items are their own.
        assert!(!gathering.fail(1, 1) && !gathering.is_over());
        assert_eq!(gathering.progress(), (5, 6));
        assert!(gathering.fail(1, 2));
        assert!(gathering.is_over() && !gathering.is_complete());
    }

    #[test]
    fn no_items_are_no_work() {
        let gathering = Gathering::new(&[step("worker", &[]), step("gather", &[])], 0);
        assert!(gathering.is_complete() && gathering.ready().is_empty());
    }
}
