//! Threads that evaluate ahead.
//!
//! Whoever is certain to evaluate a group of slots one after the other may *share* it: helpers,
//! each with an evaluation of its own, take slots from the other end. What they find is kept in
//! the thunks, and whoever shares goes on in order as if alone. So the order in which a program
//! sees things happen is the one evaluation's that it was given to: a helper that comes to
//! something which shows (a message, a build) leaves it ([`Evaluator::in_turn`]).
//!
//! A helper begins each slot with an empty stack and takes up nothing else while it waits, so who
//! waits for whom always says who needs whom. What values can't tell, text may: how far a set has
//! been evaluated when it is printed, or by which way an error was met first. Who prints such a
//! thing asks [`Helpers`] whether it is what one evaluation alone would have printed.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Eval, Evaluator};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::value::{Company, Error, ErrorKind, Local, Slot, Value};

/// What is to be done with each slot of a group.
#[derive(Clone, Copy)]
pub struct Work {
    /// Does it. What comes of it is only kept in thunks.
    pub run: for<'h> fn(&mut Evaluator<'h>, Slot<'h>) -> Eval<'h, ()>,
    /// Does it look into sets and lists?
    pub deep: bool,
}

/// Evaluating the outermost part.
pub const FORCE: Work = Work { run: |ev, slot| ev.force(slot).map(drop), deep: false };
/// Evaluating everything within.
pub(super) const DEEP: Work = Work { run: |ev, slot| ev.force_deep(slot).map(drop), deep: true };

/// Slots that helpers may evaluate.
pub(super) struct Group<'h> {
    slots: &'h [Slot<'h>],
    work: Work,
    here: Span,
    depth: u32,
    /// Those before this one are begun by whoever shares them.
    front: Apart<AtomicUsize>,
    /// Those from this one on are taken by helpers.
    back: Apart<AtomicUsize>,
    /// Nobody needs them any more.
    withdrawn: AtomicBool,
}

/// Something in a cache line of its own: what one thread writes all the time must not take from
/// another what that one reads.
#[repr(align(64))]
struct Apart<T>(T);

/// Slots that a helper takes at a time: this part of what is left, but not more than this. Who
/// shares them may overtake a helper, so nothing depends on it but how often numbers are written.
const PART: usize = 64;
const MOST_AT_ONCE: usize = 64;

impl<'h> Group<'h> {
    pub(super) fn is_withdrawn(&self) -> bool {
        self.withdrawn.load(Ordering::Relaxed)
    }

    fn is_open(&self) -> bool {
        self.front.0.load(Ordering::Relaxed) < self.back.0.load(Ordering::Relaxed)
            && !self.is_withdrawn()
    }

    /// Some slots for a helper, to be evaluated from the last to the first.
    fn take(&self) -> Option<&'h [Slot<'h>]> {
        let mut end = self.back.0.load(Ordering::Relaxed);
        loop {
            let left = end.saturating_sub(self.front.0.load(Ordering::Relaxed));
            if left == 0 || self.is_withdrawn() {
                return None;
            }
            let start = end - (left / PART).clamp(1, MOST_AT_ONCE);
            let order = Ordering::Relaxed;
            match self.back.0.compare_exchange_weak(end, start, order, order) {
                Ok(_) => return self.slots.get(start..end),
                Err(now) => end = now,
            }
        }
    }
}

/// The helpers of one evaluation. By default there are none.
#[derive(Default)]
pub struct Helpers<'h> {
    /// Threads there may be.
    most: usize,
    board: Mutex<Board<'h>>,
    posted: Condvar,
    /// Helpers that wait for something to do.
    idle: AtomicUsize,
    /// Chances to share that are let pass, since what was shared last was not worth it.
    pause: AtomicU32,
    /// How many it will be the next time.
    next_pause: AtomicU32,
    /// Is any of them at work, or may it be? Written by the one who evaluates in order, or while
    /// that one is not alone.
    busy: AtomicBool,
    /// Has anybody helped?
    helped: AtomicBool,
    /// Has anything been evaluated that one evaluation alone wouldn't have?
    ahead: AtomicBool,
    /// May what was printed look different because of it?
    doubtful: AtomicBool,
}

/// What is there to be done.
#[derive(Default)]
struct Board<'h> {
    /// Groups, the oldest first: what was shared first is most.
    groups: Vec<&'h Group<'h>>,
    threads: usize,
    closed: bool,
}

/// A group that was worth sharing occupied its helpers for so long.
const WORTH_IT: Duration = Duration::from_micros(100);
const SHORTEST_PAUSE: u32 = 16;
const LONGEST_PAUSE: u32 = 4096;

impl<'h> Helpers<'h> {
    /// So many threads beside the one that evaluates in order; whoever makes the session starts
    /// the first with [`Evaluator::help`].
    pub fn new(most: usize) -> Helpers<'h> {
        let next_pause = AtomicU32::new(SHORTEST_PAUSE);
        Helpers { most, next_pause, ..Helpers::default() }
    }

    /// Has anything been done by a helper?
    pub fn have_helped(&self) -> bool {
        self.helped.load(Ordering::Relaxed)
    }

    /// Has anything been evaluated that wouldn't have been in order? Then how far values are
    /// evaluated says nothing.
    pub fn are_ahead(&self) -> bool {
        self.ahead.load(Ordering::Relaxed)
    }

    /// What is printed now depends on what has been evaluated so far, or on what is kept where.
    pub fn doubt(&self) {
        if self.have_helped() {
            self.doubtful.store(true, Ordering::Relaxed);
        }
    }

    /// Was there any doubt about what was printed?
    pub fn is_in_doubt(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    /// May there be one thread more? Then it counts from now on.
    pub fn enlist(&self) -> bool {
        let mut board = self.board();
        let may = board.threads < self.most && !board.closed;
        board.threads += usize::from(may);
        may
    }

    /// Sends all helpers home.
    pub fn close(&self) {
        let mut board = self.board();
        board.closed = true;
        for group in board.groups.drain(..) {
            group.withdrawn.store(true, Ordering::Relaxed);
        }
        self.posted.notify_all();
    }

    fn board(&self) -> MutexGuard<'_, Board<'h>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The oldest group with something left to take, when there is one; `None` at the end.
    /// Calls `another` where a further thread would find something to do.
    fn next(&self, another: &dyn Fn()) -> Option<&'h Group<'h>> {
        let mut board = self.board();
        loop {
            if board.closed {
                return None;
            }
            board.groups.retain(|group| group.is_open());
            if let Some(group) = board.groups.first().copied() {
                drop(board);
                if self.idle.load(Ordering::Relaxed) == 0 {
                    another();
                }
                return Some(group);
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            board = self.posted.wait(board).unwrap_or_else(PoisonError::into_inner);
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Who else may get at what the one who evaluates in order knows.
    #[inline]
    pub(super) fn company(&self) -> Company {
        if self.busy.load(Ordering::Relaxed) { Company::Others } else { Company::None }
    }

    fn post(&self, group: &'h Group<'h>) {
        self.busy.store(true, Ordering::Relaxed);
        self.board().groups.push(group);
        self.posted.notify_one();
    }

    fn withdraw(&self, group: &'h Group<'h>) {
        group.withdrawn.store(true, Ordering::Relaxed);
        let mut board = self.board();
        board.groups.retain(|other| !std::ptr::eq(*other, group));
        // When all helpers wait for something to do, nobody but the one who goes in order can give
        // them any, so it must be that one who is here.
        if board.groups.is_empty() && self.idle.load(Ordering::Relaxed) == board.threads {
            self.busy.store(false, Ordering::Relaxed);
        }
    }

    /// Is this a chance to share that should be taken?
    fn is_worth_trying(&self) -> bool {
        let pause = self.pause.load(Ordering::Relaxed);
        if pause > 0 {
            self.pause.store(pause - 1, Ordering::Relaxed);
        }
        pause == 0
    }

    /// Learns how long a group has occupied a helper.
    fn learn(&self, time: Duration) {
        if time >= WORTH_IT {
            self.next_pause.store(SHORTEST_PAUSE, Ordering::Relaxed);
            self.pause.store(0, Ordering::Relaxed);
        } else {
            let pause = self.next_pause.load(Ordering::Relaxed);
            self.pause.store(pause, Ordering::Relaxed);
            self.next_pause.store((pause * 2).min(LONGEST_PAUSE), Ordering::Relaxed);
        }
    }
}

/// A walk through slots that are certain to be evaluated in order, unless one of them fails.
pub struct Sharing<'h> {
    helpers: &'h Helpers<'h>,
    work: Work,
    group: Option<&'h Group<'h>>,
    /// There is nothing worth sharing.
    pointless: bool,
    complete: bool,
}

impl<'h> Evaluator<'h> {
    /// Begins a walk through slots that are certain to be evaluated, unless one of them fails.
    #[inline]
    pub fn sharing(&self, work: Work) -> Sharing<'h> {
        let helpers = &self.shared.helpers;
        // What lies in a region is gone before a helper need be done with it.
        let pointless = helpers.most == 0 || self.local.is_region();
        Sharing { helpers, work, group: None, pointless, complete: false }
    }

    /// Helps until the helpers are sent home. `another` starts a further thread that does so.
    pub fn help(&mut self, another: &dyn Fn()) {
        let helpers = &self.shared.helpers;
        while let Some(group) = helpers.next(another) {
            let begun = Instant::now();
            self.helps = Some(group);
            while let Some(slots) = group.take() {
                helpers.helped.store(true, Ordering::Relaxed);
                for slot in slots.iter().rev().take_while(|_| !group.is_withdrawn()) {
                    (self.depth, self.here) = (group.depth, group.here);
                    // What has failed fails again for the one who needs it.
                    let _ = (group.work.run)(self, *slot);
                }
            }
            self.helps = None;
            helpers.learn(begun.elapsed());
        }
    }

    /// Something follows that must happen in order, and once: a message, a build, a download.
    ///
    /// # Errors
    /// For helpers: it is left to the one who evaluates in order.
    pub fn in_turn(&self) -> Eval<'h, ()> {
        if self.helps.is_some() { Err(self.out_of_turn()) } else { Ok(()) }
    }

    /// What is going to be told depends on what has been evaluated so far.
    ///
    /// # Errors
    /// For helpers, and whenever there is a doubt: then all must be done again by one thread.
    pub fn as_alone(&self) -> Eval<'h, ()> {
        self.in_turn()?;
        self.shared.helpers.doubt();
        if self.shared.helpers.is_in_doubt() { Err(self.out_of_turn()) } else { Ok(()) }
    }

    /// Tells the user something.
    ///
    /// # Errors
    /// As [`Evaluator::in_turn`].
    pub fn say(&self, message: &str) -> Eval<'h, ()> {
        self.in_turn()?;
        (self.shared.messages)(message);
        Ok(())
    }

    #[cold]
    pub(super) fn out_of_turn(&self) -> Error<'h> {
        Error::new(self.local, ErrorKind::OutOfTurn, out_of_turn())
    }
}

fn out_of_turn() -> Diagnostic {
    Diagnostic::error("repx::eval::out-of-turn", "evaluated out of turn")
}

impl<'h> Sharing<'h> {
    /// The walk comes to the slot `index`. `slots` gives all of them when they are to be shared.
    #[inline]
    pub fn reach(
        &mut self,
        ev: &Evaluator<'h>,
        index: usize,
        slots: impl FnOnce(Local<'h>) -> &'h [Slot<'h>],
    ) {
        match self.group {
            Some(group) => group.front.0.store(index + 1, Ordering::Relaxed),
            None if self.pointless || self.helpers.idle.load(Ordering::Relaxed) == 0 => {}
            None if self.helpers.is_worth_trying() => self.share(ev, index, slots(ev.local)),
            None => {}
        }
    }

    /// All slots have been evaluated.
    #[inline]
    pub fn done(mut self) {
        self.complete = true;
    }

    #[cold]
    #[inline(never)]
    fn share(&mut self, ev: &Evaluator<'h>, index: usize, slots: &'h [Slot<'h>]) {
        let rest = slots.get(index + 1..).unwrap_or_default();
        if !rest.iter().any(|slot| self.is_open(*slot)) {
            self.pointless = true;
            return;
        }
        // Destroyed with the heap: whoever holds it last, its memory is there.
        let group = ev.local.alloc(Group {
            slots,
            work: self.work,
            here: ev.here,
            depth: ev.depth,
            front: Apart(AtomicUsize::new(index + 1)),
            back: Apart(AtomicUsize::new(slots.len())),
            withdrawn: AtomicBool::new(false),
        });
        self.helpers.post(group);
        self.group = Some(group);
    }

    /// Is there perhaps something to be evaluated?
    fn is_open(&self, slot: Slot<'h>) -> bool {
        match slot.known() {
            None => true,
            Some(Value::List(list)) => self.work.deep && !list.is_empty(),
            Some(Value::Attrs(_)) => self.work.deep,
            Some(
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Path(_)
                | Value::Lambda(_)
                | Value::Builtin(_)
                | Value::Partial(_),
            ) => false,
        }
    }
}

impl Drop for Sharing<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(group) = self.group {
            self.helpers.withdraw(group);
            if !self.complete && group.back.0.load(Ordering::Relaxed) < group.slots.len() {
                self.helpers.ahead.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn who_is_out_of_turn_says_so() {
        reads_well(&out_of_turn());
    }
}
