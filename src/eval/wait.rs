//! Waiting for another thread's thunk.
//!
//! Before an evaluation sleeps it looks along the waits-for graph. Each evaluation waits for at
//! most one other, so the graph is a set of chains: when following it from the owner of the
//! thunk leads back to the one about to sleep, the program is infinitely recursive across
//! threads, and that is reported instead of hung.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use hashbrown::HashMap;

use super::{Eval, Evaluator};
use crate::value::{EvaluationId, Thunk};

/// Who waits for whom.
#[derive(Default)]
pub struct Waits {
    graph: Mutex<HashMap<EvaluationId, Wait>>,
    ended: Condvar,
}

/// One evaluation's wait.
struct Wait {
    /// Who owns the thunk.
    owner: EvaluationId,
    /// The address of the thunk: its name while the heap lives.
    thunk: usize,
}

fn address(thunk: &Thunk<'_>) -> usize {
    std::ptr::from_ref(thunk).addr()
}

impl Waits {
    /// A claim on a thunk has ended: whoever waits for it goes on.
    ///
    /// The waits are struck out here, not by the waiters when they get to run: the owner may want
    /// something of theirs right away, and must not find them still waiting for it.
    pub fn wake(&self, thunk: &Thunk<'_>) {
        let address = address(thunk);
        let mut graph = self.graph.lock().unwrap_or_else(PoisonError::into_inner);
        graph.retain(|_, wait| wait.thunk != address);
        drop(graph);
        self.ended.notify_all();
    }

    /// Sleeps until the owner may have ended its claim. False: `me` would wait for itself.
    fn sleep(&self, me: EvaluationId, owner: EvaluationId, thunk: &Thunk<'_>) -> bool {
        let mut graph = self.graph.lock().unwrap_or_else(PoisonError::into_inner);
        if !thunk.announce_wait(owner) {
            return true;
        }
        let mut next = Some(owner);
        while let Some(evaluation) = next {
            if evaluation == me {
                return false;
            }
            next = graph.get(&evaluation).map(|wait| wait.owner);
        }
        graph.insert(me, Wait { owner, thunk: address(thunk) });
        // A claim that was dropped by a panic wakes nobody: look again from time to time.
        let (mut graph, _) = self
            .ended
            .wait_timeout(graph, Duration::from_millis(50))
            .unwrap_or_else(PoisonError::into_inner);
        graph.remove(&me);
        true
    }
}

/// Going to sleep and being woken takes longer than most thunks do: who waits looks so often
/// first.
const LOOKS: usize = 200;

fn soon(ended: impl Fn() -> bool) -> bool {
    (0..LOOKS).any(|_| {
        std::hint::spin_loop();
        ended()
    })
}

impl<'h> Evaluator<'h> {
    /// Waits for `owner` to end its claim on a thunk, unless that would be for ever.
    pub(super) fn wait_for(&mut self, thunk: &'h Thunk<'h>, owner: EvaluationId) -> Eval<'h, ()> {
        if owner != self.me && soon(|| !thunk.is_claimed_by(owner)) {
            return Ok(());
        }
        if owner == self.me || !self.shared.waits.sleep(self.me, owner, thunk) {
            return Err(self.infinite_recursion(thunk));
        }
        self.check_interrupt()
    }
}
