//! Finding the match that libstdc++ would find, in time that grows with states × bytes.
//!
//! What can be reached from a *place* (a state, a position, the loop counts) doesn't
//! depend on how one got there, so each place is worked out once and remembered; the
//! stack is our own. Groups are read off afterwards by walking the preferred way again.

use hashbrown::HashMap;

use super::Found;
use super::program::{Program, Repeat, State, StateId};

/// Which ends of a match count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The end of the subject only.
    Whole,
    /// Any; of the two sides of a `|` the longer.
    Longest,
}

/// Set in `Place::counts` until a byte is consumed: an empty match is not wanted.
const NOT_EMPTY: u64 = 1 << 63;

/// Places remembered for each byte of the subject and each state, before a search is given up.
/// They differ in their counts only; nested loops that match nothing have as many as there are
/// ways to count, which doubles with every loop.
const PLACES_PER_STEP: usize = 4;

/// Places that any search may remember.
const FREE_PLACES: usize = 1 << 18;

/// Where a match can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    state: StateId,
    at: usize,
    /// Two bits a slot: how often each loop was entered at this position.
    counts: u64,
}

/// What becomes of a place before it has a choice.
enum Outcome {
    /// It leads nowhere.
    Dead,
    /// A match ends here.
    End(usize),
    /// Two places to try, in this order.
    Choice { here: Place, first: Place, second: Place, longest: bool },
}

/// A choice being worked out.
struct Pending {
    here: Place,
    second: Place,
    longest: bool,
    /// Whether the first way is done and the second is being tried.
    on_second: bool,
    /// The end that the first way found.
    first_end: Option<usize>,
}

/// A subject being searched, with what is known about it.
pub(super) struct Search<'a> {
    program: &'a Program,
    subject: &'a [u8],
    mode: Mode,
    known: HashMap<Place, Option<usize>>,
    pending: Vec<Pending>,
    most_places: usize,
    given_up: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(program: &'a Program, subject: &'a [u8], mode: Mode) -> Self {
        let steps = program.states.len().saturating_mul(subject.len() + 1);
        let most_places = steps.saturating_mul(PLACES_PER_STEP).max(FREE_PLACES);
        Self {
            program,
            subject,
            mode,
            known: HashMap::new(),
            pending: Vec::new(),
            most_places,
            given_up: false,
        }
    }

    /// Whether the search became too large: then that nothing was found means nothing.
    pub(super) fn gave_up(&self) -> bool {
        self.given_up
    }

    pub(super) fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The match that starts at `start`, if there is one.
    pub(super) fn match_at(&mut self, start: usize, not_empty: bool) -> Option<Found> {
        let counts = if not_empty { NOT_EMPTY } else { 0 };
        let mut place = Place { state: self.program.start, at: start, counts };
        self.best_end(place)?;
        let mut marks = Marks::new(self.program.groups);
        loop {
            match self.advance(place, Some(&mut marks)) {
                Outcome::Dead => return None,
                Outcome::End(end) => {
                    return Some(Found { span: start..end, groups: marks.groups });
                }
                Outcome::Choice { first, second, longest, .. } => {
                    place = self.prefer(first, second, longest);
                }
            }
        }
    }

    fn prefer(&mut self, first: Place, second: Place, longest: bool) -> Place {
        match self.best_end(first) {
            None => second,
            Some(_) if !longest => first,
            Some(end) if self.best_end(second).is_some_and(|other| other > end) => second,
            Some(_) => first,
        }
    }

    /// Where the preferred match from a place ends.
    fn best_end(&mut self, mut place: Place) -> Option<usize> {
        self.pending.clear();
        loop {
            let mut end = match self.advance(place, None) {
                Outcome::Dead => None,
                Outcome::End(end) => Some(end),
                Outcome::Choice { here, first, second, longest } => {
                    if let Some(end) = self.known.get(&here) {
                        *end
                    } else if self.known.len() + self.pending.len() >= self.most_places {
                        self.given_up = true;
                        return None;
                    } else {
                        self.pending.push(Pending {
                            here,
                            second,
                            longest,
                            on_second: false,
                            first_end: None,
                        });
                        place = first;
                        continue;
                    }
                }
            };
            loop {
                let Some(pending) = self.pending.last_mut() else {
                    return end;
                };
                if !pending.on_second && (end.is_none() || pending.longest) {
                    pending.on_second = true;
                    pending.first_end = end;
                    place = pending.second;
                    break;
                }
                // Of two ends the later wins, and `None` is less than any.
                let end_here = end.max(pending.first_end);
                let here = pending.here;
                self.known.insert(here, end_here);
                self.pending.pop();
                end = end_here;
            }
        }
    }

    /// Goes on from a place until there is a choice, noting group borders.
    fn advance(&self, mut place: Place, mut marks: Option<&mut Marks>) -> Outcome {
        loop {
            let Some(state) = self.program.states.get(place.state as usize) else {
                return Outcome::Dead;
            };
            let byte = self.subject.get(place.at).copied();
            let next = match state {
                State::Byte(wanted, next) => (byte == Some(*wanted)).then(|| place.consume(*next)),
                State::Any(next) => byte.map(|_| place.consume(*next)),
                State::Set(set, next) => {
                    byte.filter(|&byte| set.contains(byte)).map(|_| place.consume(*next))
                }
                State::Start(next) => (place.at == 0).then(|| place.go(*next)),
                State::End(next) => byte.is_none().then(|| place.go(*next)),
                State::Open(group, next) => {
                    if let Some(marks) = marks.as_deref_mut() {
                        marks.open(*group, place.at);
                    }
                    Some(place.go(*next))
                }
                State::Close(group, next) => {
                    if let Some(marks) = marks.as_deref_mut() {
                        marks.close(*group, place.at);
                    }
                    Some(place.go(*next))
                }
                State::Either(first, second) => {
                    let longest = self.mode == Mode::Longest;
                    let (first, second) = (place.go(*first), place.go(*second));
                    return Outcome::Choice { here: place, first, second, longest };
                }
                State::Repeat(repeat) => match place.enter(*repeat) {
                    Some(first) => {
                        let second = place.leave(*repeat);
                        return Outcome::Choice { here: place, first, second, longest: false };
                    }
                    None => Some(place.leave(*repeat)),
                },
                State::Accept => return self.accept(place),
            };
            match next {
                Some(next) => place = next,
                None => return Outcome::Dead,
            }
        }
    }

    fn accept(&self, place: Place) -> Outcome {
        let short = self.mode == Mode::Whole && place.at != self.subject.len();
        if short || place.counts & NOT_EMPTY != 0 { Outcome::Dead } else { Outcome::End(place.at) }
    }
}

impl Place {
    fn go(self, state: StateId) -> Self {
        Self { state, ..self }
    }

    /// Past a byte all counts begin anew.
    fn consume(self, state: StateId) -> Self {
        Self { state, at: self.at + 1, counts: 0 }
    }

    /// Into the body once more, unless it was entered here twice already.
    fn enter(self, repeat: Repeat) -> Option<Self> {
        let Some(slot) = repeat.slot else {
            return Some(self.go(repeat.body));
        };
        let shift = u32::from(slot) * 2;
        let entered = self.counts >> shift & 3;
        (entered < 2).then(|| Self { counts: self.counts + (1 << shift), ..self.go(repeat.body) })
    }

    fn leave(self, repeat: Repeat) -> Self {
        let counts = if repeat.outermost { self.counts & NOT_EMPTY } else { self.counts };
        Self { counts, ..self.go(repeat.exit) }
    }
}

/// Group borders met on the way.
struct Marks {
    opened: Vec<usize>,
    groups: super::Groups,
}

impl Marks {
    fn new(groups: usize) -> Self {
        Self { opened: vec![0; groups], groups: vec![None; groups] }
    }

    fn open(&mut self, group: usize, at: usize) {
        if let Some(opened) = self.opened.get_mut(group) {
            *opened = at;
        }
    }

    fn close(&mut self, group: usize, at: usize) {
        if let (Some(span), Some(&from)) = (self.groups.get_mut(group), self.opened.get(group)) {
            *span = Some(from..at);
        }
    }
}
