//! Syntax tree → states, with intervals unrolled.
//!
//! Every loop whose body can match nothing gets a *slot*: `exec` counts there how often
//! the loop was entered at one place, because libstdc++ lets it be entered twice and no
//! more. Loops in different outermost loops share slots, since leaving an outermost loop
//! forgets the counts.

use super::parse::{Ast, ByteSet};

/// libstdc++'s limit of states (`_GLIBCXX_REGEX_STATE_LIMIT`).
pub(super) const MAX_STATES: usize = 100_000;

/// Loops over nullable bodies that may nest in one outermost loop: two bits each in a word.
const MAX_SLOTS: u8 = 31;

/// Index of a state.
pub(super) type StateId = u32;

/// One step of a match.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Consume this byte.
    Byte(u8, StateId),
    /// Consume any byte.
    Any(StateId),
    /// Consume a byte of the set.
    Set(Box<ByteSet>, StateId),
    /// Go on at the start of the subject only.
    Start(StateId),
    /// Go on at its end only.
    End(StateId),
    /// A group begins.
    Open(usize, StateId),
    /// A group ends.
    Close(usize, StateId),
    /// Two ways, the preferred one first; the longer match wins.
    Either(StateId, StateId),
    /// The body once (more), or else the exit; the exit is tried if the body leads nowhere.
    Repeat(Repeat),
    /// The pattern has matched.
    Accept,
}

/// A place where a body may be entered once more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) body: StateId,
    pub(super) exit: StateId,
    /// Where entries at one place are counted, if the body can match nothing.
    pub(super) slot: Option<u8>,
    /// Leaving it forgets all counts.
    pub(super) outermost: bool,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) states: Vec<State>,
    pub(super) start: StateId,
    pub(super) groups: usize,
    /// Whether any loop has a slot: then empty iterations show in groups.
    pub(super) slotted: bool,
    /// Whether there is a `|`: then the longest match counts when searching.
    pub(super) branching: bool,
}

impl Program {
    /// Compiles a tree; none if it takes too many states or slots.
    pub(super) fn new(ast: &Ast) -> Option<Self> {
        // The whole pattern is a group of its own there, and `Accept` one more state.
        if 3 + measure(ast)?.made > MAX_STATES {
            return None;
        }
        let mut builder = Builder::default();
        let accept = builder.push(State::Accept);
        let start = builder.compile(ast, accept)?;
        let Builder { states, groups, branching, slotted, .. } = builder;
        Some(Self { states, start, groups, slotted, branching })
    }
}

/// A loop without an end: the state that decides whether to go on, and where its body begins.
struct Endless {
    state: StateId,
    body: StateId,
}

/// Too many loops over nullable bodies nest.
struct OutOfSlots;

#[derive(Default)]
struct Builder {
    states: Vec<State>,
    groups: usize,
    branching: bool,
    slotted: bool,
    /// Slots taken within the current outermost loop; none outside of one.
    nest: Option<u8>,
}

impl Builder {
    fn push(&mut self, state: State) -> StateId {
        self.states.push(state);
        (self.states.len() - 1) as StateId
    }

    /// Compiles backwards: `next` is what follows.
    fn compile(&mut self, ast: &Ast, next: StateId) -> Option<StateId> {
        Some(match ast {
            Ast::Byte(byte) => self.push(State::Byte(*byte, next)),
            Ast::Any => self.push(State::Any(next)),
            Ast::Set(set) => self.push(State::Set(set.clone(), next)),
            Ast::Start => self.push(State::Start(next)),
            Ast::End => self.push(State::End(next)),
            Ast::Group(index, body) => {
                self.groups = self.groups.max(index + 1);
                let close = self.push(State::Close(*index, next));
                let body = self.compile(body, close)?;
                self.push(State::Open(*index, body))
            }
            Ast::Concat(parts) => {
                parts.iter().rev().try_fold(next, |next, part| self.compile(part, next))?
            }
            Ast::Alternation(parts) => self.alternation(parts, next)?,
            Ast::Repeat { body, min: 1, max: None } => self.endless(body, next)?.body,
            Ast::Repeat { body, min, max } => {
                let tail = match max {
                    None => self.endless(body, next)?.state,
                    Some(max) => self.optional(body, max - min, next)?,
                };
                (0..*min).try_fold(tail, |next, _| self.compile(body, next))?
            }
        })
    }

    fn alternation(&mut self, parts: &[Ast], next: StateId) -> Option<StateId> {
        self.branching = true;
        let mut later: Option<StateId> = None;
        for part in parts.iter().rev() {
            let this = self.compile(part, next)?;
            later = Some(match later {
                None => this,
                Some(later) => self.push(State::Either(this, later)),
            });
        }
        later
    }

    /// A loop. For `+` one goes in by the body, which therefore isn't there twice: copies within
    /// copies would double with every `+` of `((a+)+)+`.
    fn endless(&mut self, body: &Ast, exit: StateId) -> Option<Endless> {
        let outermost = self.nest.is_none() && body.nullable();
        if outermost {
            self.nest = Some(0);
        }
        let slot = self.slot(body).ok()?;
        // The body leads back to the loop, so the loop must have its place first.
        let id = self.push(State::Accept);
        let body = self.compile(body, id)?;
        if let Some(state) = self.states.get_mut(id as usize) {
            *state = State::Repeat(Repeat { body, exit, slot, outermost });
        }
        if outermost {
            self.nest = None;
        }
        Some(Endless { state: id, body })
    }

    fn optional(&mut self, body: &Ast, times: u32, exit: StateId) -> Option<StateId> {
        (0..times).try_fold(exit, |next, _| {
            let slot = self.slot(body).ok()?;
            let body = self.compile(body, next)?;
            Some(self.push(State::Repeat(Repeat { body, exit, slot, outermost: false })))
        })
    }

    /// A slot if one is needed.
    fn slot(&mut self, body: &Ast) -> Result<Option<u8>, OutOfSlots> {
        match &mut self.nest {
            Some(taken) if body.nullable() => {
                let slot = *taken;
                *taken += 1;
                self.slotted = true;
                if slot < MAX_SLOTS { Ok(Some(slot)) } else { Err(OutOfSlots) }
            }
            Some(_) | None => Ok(None),
        }
    }
}

/// How many states libstdc++ makes for a tree, and how many a copy of it takes.
struct Measure {
    made: usize,
    copy: usize,
}

/// Counts as libstdc++ builds, so that the same patterns are too large; none beyond counting.
fn measure(ast: &Ast) -> Option<Measure> {
    let leaf = |size| Some(Measure { made: size, copy: size });
    let all = |parts: &[Ast], extra: usize| {
        parts.iter().try_fold(Measure { made: extra, copy: extra }, |sum, part| {
            let part = measure(part)?;
            Some(Measure {
                made: sum.made.checked_add(part.made)?,
                copy: sum.copy.checked_add(part.copy)?,
            })
        })
    };
    match ast {
        Ast::Byte(_) | Ast::Any | Ast::Set(_) | Ast::Start | Ast::End => leaf(1),
        Ast::Group(_, body) => {
            let body = measure(body)?;
            Some(Measure { made: body.made.checked_add(2)?, copy: body.copy.checked_add(2)? })
        }
        Ast::Concat(parts) => all(parts, 1),
        Ast::Alternation(parts) => all(parts, 2 * parts.len().saturating_sub(1)),
        Ast::Repeat { body, min, max } => {
            measure_repeat(body, *min as usize, max.map(|max| max as usize))
        }
    }
}

fn measure_repeat(body: &Ast, min: usize, max: Option<usize>) -> Option<Measure> {
    let Measure { made, copy } = measure(body)?;
    let times = match (min, max) {
        (0 | 1, None) => {
            return Some(Measure { made: made.checked_add(1)?, copy: copy.checked_add(1)? });
        }
        (0, Some(1)) => {
            return Some(Measure { made: made.checked_add(2)?, copy: copy.checked_add(2)? });
        }
        (min, None) => min.checked_add(1)?,
        (_, Some(max)) => max,
    };
    let loops = max.map_or(1, |max| max.saturating_sub(min).saturating_add(1));
    let copies = times.checked_mul(copy)?.checked_add(loops)?.checked_add(1)?;
    Some(Measure { made: made.checked_add(copies)?, copy: copies })
}
