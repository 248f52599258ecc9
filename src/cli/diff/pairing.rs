//! Which jobs of one listing stand for which of another, where their ids don't say it.
//!
//! Effective values say it: those of a job and of all jobs that it reads from. Without the latter all jobs of a stage
//! that only passes results on would be alike. It is looked for in turns, the closest first; who has found a partner
//! takes no part in the next one. Jobs of different stages are never paired, nor are those at different points of an
//! axis: what stands at a new point is new.

use hashbrown::{HashMap, HashSet};

use super::compare::{Diff, Place, Side, going};
use super::effective::{self, Value};

/// What jobs that may be paired have in common, as a hash.
type Key = [u8; 16];

/// Pairs jobs of which neither side has the other's ids.
pub(super) fn pair(before: (&dyn Side, Vec<u32>), after: (&dyn Side, Vec<u32>)) -> Diff {
    let ((then, removed), (now, added)) = (before, after);
    let mut pairs = Pairs { then, now, removed, added, changed: Vec::new() };
    pairs.by(&By::All, &[Where::Run]);
    if !pairs.is_over() {
        let sources = Sources::of(&pairs);
        // A stage that was read from may have been renamed, and so may a run.
        pairs.by(&By::Known { sources: &sources }, &[Where::Run, Where::Anywhere]);
        let edited = Edited::of(&pairs, &sources);
        for renamed in [true, false] {
            let by = By::Rest { sources: &sources, edited: &edited, renamed };
            pairs.by(&by, &[Where::Run, Where::Anywhere]);
        }
    }
    pairs.changed.sort_unstable_by_key(|(_, is)| *is);
    let Pairs { removed, added, changed, .. } = pairs;
    Diff { added, removed, changed, unchanged: 0 }
}

/// Where a partner must stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    /// In the same stage of the same pipeline, in one of the same runs.
    Run,
    /// In the same stage.
    Anywhere,
}

/// What a partner must have in common.
#[derive(Clone, Copy)]
enum By<'e> {
    /// All values, and the stages that they come from.
    All,
    /// All values, and of the stages that they come from those that both sides have.
    Known { sources: &'e Sources<'e> },
    /// Those of which an edit made no others; where names may be `renamed`, the values behind these too.
    Rest { sources: &'e Sources<'e>, edited: &'e Edited<'e>, renamed: bool },
}

impl By<'_> {
    /// What is in common, if a job may find a partner so.
    fn made(&self, side: &dyn Side, job: u32, values: &mut Vec<Value>) -> Option<Key> {
        let names = match self {
            By::All | By::Known { .. } => None,
            By::Rest { edited, renamed, .. } => Some(edited.names(side, job, *renamed)?),
        };
        values.clear();
        side.values(job, values);
        let numbers: Vec<u64> = match self {
            By::All => {
                values.sort_unstable();
                values.dedup();
                values.iter().flat_map(|one| [one.name, one.text, one.stage]).collect()
            }
            By::Known { sources } => {
                let values = sources.by_source(side.stage(job), values);
                values.into_iter().flat_map(|(name, value)| [name, value]).collect()
            }
            By::Rest { sources, renamed, .. } => {
                rest(names?, &sources.by_source(side.stage(job), values), *renamed)?
            }
        };
        let mut hasher = blake3::Hasher::new();
        for number in numbers {
            hasher.update(&number.to_le_bytes());
        }
        Some(key(&hasher))
    }

    /// Is of several that are alike none taken for any? Else they have all values in common, and the first is taken
    /// for the first.
    fn must_be_one(&self) -> bool {
        matches!(self, By::Rest { .. })
    }
}

fn key(hasher: &blake3::Hasher) -> Key {
    let mut key = Key::default();
    hasher.finalize_xof().fill(&mut key);
    key
}

/// A job, and what it must have in common with its partner if it may have one.
type Left = (u32, Option<Key>);

/// What has been paired, and what is left.
struct Pairs<'s> {
    then: &'s dyn Side,
    now: &'s dyn Side,
    removed: Vec<u32>,
    added: Vec<u32>,
    changed: Vec<(u32, u32)>,
}

/// Those that have a key.
struct Alike {
    /// Where the first one is among the places that may be taken.
    next: usize,
    /// How many are after it.
    now: usize,
}

impl Pairs<'_> {
    /// Has one of the sides nothing left?
    fn is_over(&self) -> bool {
        self.removed.is_empty() || self.added.is_empty() || !going()
    }

    /// Pairs jobs that have something in common, in these places one after the other.
    fn by(&mut self, by: &By<'_>, places: &[Where]) {
        if self.is_over() {
            return;
        }
        let left = |side: &dyn Side, jobs: &[u32]| -> Vec<Left> {
            let mut values = Vec::new();
            let mut made = |job| by.made(side, job, &mut values).filter(|_| going());
            jobs.iter().map(|job| (*job, made(*job))).collect()
        };
        let mut removed = left(self.then, &self.removed);
        let mut added = left(self.now, &self.added);
        for place in places {
            self.turn((&mut removed, &mut added), *place, by.must_be_one());
        }
        self.removed = removed.into_iter().map(|(job, _)| job).collect();
        self.added = added.into_iter().map(|(job, _)| job).collect();
    }

    fn turn(
        &mut self,
        (removed, added): (&mut Vec<Left>, &mut Vec<Left>),
        place: Where,
        one: bool,
    ) {
        let mut places: Vec<(Key, u32)> = Vec::with_capacity(removed.len());
        for (number, job) in (0..).zip(&*removed) {
            places.extend(keys(self.then, *job, place).into_iter().map(|key| (key, number)));
        }
        places.sort_unstable();
        let mut alike: HashMap<Key, Alike> = HashMap::new();
        for (at, (key, _)) in places.iter().enumerate() {
            alike.entry(*key).or_insert(Alike { next: at, now: 0 });
        }
        if one {
            for key in added.iter().flat_map(|job| keys(self.now, *job, place)) {
                alike.entry(key).and_modify(|alike| alike.now += 1);
            }
        }
        let mut waiting: Vec<Option<Left>> = removed.iter().copied().map(Some).collect();
        let mut left = Vec::new();
        for job in &*added {
            let was = keys(self.now, *job, place).into_iter().find_map(|key| {
                let alike = alike.get_mut(&key)?;
                let here = places.get(alike.next..).unwrap_or_default();
                let mut here = here.iter().take_while(|(other, _)| *other == key);
                if one && (alike.now > 1 || here.clone().nth(1).is_some()) {
                    return None;
                }
                here.find_map(|(_, number)| {
                    alike.next += 1;
                    waiting.get_mut(*number as usize).and_then(Option::take)
                })
            });
            match was {
                Some((was, _)) => self.changed.push((was, job.0)),
                None => left.push(*job),
            }
        }
        *added = left;
        *removed = waiting.into_iter().flatten().collect();
    }
}

/// What is looked for: a key for each of the places of a job.
fn keys(side: &dyn Side, (job, made): Left, place: Where) -> Vec<Key> {
    let Some(made) = made.filter(|_| going()) else { return Vec::new() };
    let at = |place: &[&str]| {
        let mut hasher = blake3::Hasher::new();
        for part in place {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&made);
        key(&hasher)
    };
    match place {
        Where::Run => {
            let Place { runs, pipeline, stage } = side.place(job);
            runs.into_iter().map(|run| at(&[run, pipeline, stage])).collect()
        }
        Where::Anywhere => vec![at(&[side.stage(job)])],
    }
}

/// By stage those whose values its jobs follow from, then and now: of two parameters of one name it says which is which.
struct Sources<'s>(HashMap<&'s str, [HashSet<u64>; 2]>);

impl<'s> Sources<'s> {
    /// Of the jobs that are left.
    fn of(pairs: &Pairs<'s>) -> Sources<'s> {
        let mut all: HashMap<&str, [HashSet<u64>; 2]> = HashMap::new();
        let mut values = Vec::new();
        let sides = [(pairs.then, &pairs.removed), (pairs.now, &pairs.added)];
        for (at, (side, left)) in sides.into_iter().enumerate() {
            for job in left.iter().take_while(|_| going()) {
                values.clear();
                side.values(*job, &mut values);
                if let Some(known) = all.entry(side.stage(*job)).or_default().get_mut(at) {
                    known.extend(values.iter().map(|value| value.stage));
                }
            }
        }
        Sources(all)
    }

    /// Values of a job of a stage by what they are called, and by where they come from if both sides have that.
    fn by_source(&self, stage: &str, values: &mut Vec<Value>) -> Vec<(u64, u64)> {
        let sides = self.0.get(stage);
        let known = |source| sides.is_some_and(|sides| sides.iter().all(|s| s.contains(&source)));
        effective::by_source(values, known)
    }
}

/// What a parameter is in the jobs of a stage of one side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// None has it.
    Nowhere,
    /// All that have it have this.
    One(u64),
    /// It is an axis.
    Many,
}

impl Seen {
    fn add(&mut self, value: u64) {
        *self = match *self {
            Seen::Nowhere => Seen::One(value),
            Seen::One(known) if known == value => Seen::One(known),
            Seen::One(_) | Seen::Many => Seen::Many,
        };
    }
}

/// A stage of a run.
type Group<'s> = (&'s str, &'s str);

/// Of each parameter what it was, and what it is.
type Names = HashMap<u64, [Seen; 2]>;

/// What has become of parameters, by stage of a run: values that all its jobs have may have been edited, and names may
/// be new or gone.
struct Edited<'s>(HashMap<Group<'s>, Names>);

impl<'s> Edited<'s> {
    fn of(pairs: &Pairs<'s>, sources: &Sources<'s>) -> Edited<'s> {
        let mut all: HashMap<Group<'s>, Names> = HashMap::new();
        let (were, are): (Vec<u32>, Vec<u32>) = pairs.changed.iter().copied().unzip();
        let stayed = stayed(pairs, &are);
        let sides = [(pairs.then, &pairs.removed, were), (pairs.now, &pairs.added, are)];
        let mut values = Vec::new();
        for (at, (side, left, changed)) in sides.into_iter().enumerate() {
            for job in left.iter().chain(&changed).take_while(|_| going()) {
                let Some(group) = group(side, *job).filter(|group| !stayed.contains(group)) else {
                    continue;
                };
                values.clear();
                side.values(*job, &mut values);
                let names = all.entry(group).or_default();
                for (name, value) in sources.by_source(side.stage(*job), &mut values) {
                    let seen = names.entry(name).or_insert([Seen::Nowhere; 2]);
                    if let Some(seen) = seen.get_mut(at) {
                        seen.add(value);
                    }
                }
            }
        }
        Edited(all)
    }

    /// What has become of a job's parameters, if it may have another partner than one of the same values. Names are
    /// `renamed` where some are new and some are gone.
    fn names<'a>(&'a self, side: &'a dyn Side, job: u32, renamed: bool) -> Option<&'a Names> {
        let (run, stage) = group(side, job)?;
        let names = self.0.get(&(run, stage))?;
        let new = || names.values().any(|seen| matches!(seen, [Seen::Nowhere, _]));
        let gone = || names.values().any(|seen| matches!(seen, [_, Seen::Nowhere]));
        let may = match renamed {
            true => new() && gone(),
            false => new() || gone() || names.values().any(is_edit),
        };
        may.then_some(names)
    }
}

fn group(side: &dyn Side, job: u32) -> Option<Group<'_>> {
    let Place { runs, stage, .. } = side.place(job);
    Some((runs.first().copied()?, stage))
}

/// The stages of runs that have jobs which have stayed: what is new there is a new point of an axis.
fn stayed<'s>(pairs: &Pairs<'s>, changed: &[u32]) -> HashSet<Group<'s>> {
    let differing: HashSet<u32> = pairs.added.iter().chain(changed).copied().collect();
    let mut stayed = HashSet::new();
    for job in (0..pairs.now.len()).filter(|job| !differing.contains(job)).take_while(|_| going()) {
        let Place { runs, stage, .. } = pairs.now.place(job);
        stayed.extend(runs.into_iter().map(|run| (run, stage)));
    }
    stayed
}

/// The values of a job of which an edit made no others; where names may be `renamed`, values behind them too.
fn rest(names: &Names, values: &[(u64, u64)], renamed: bool) -> Option<Vec<u64>> {
    let (mut rest, mut nameless) = (Vec::new(), Vec::new());
    for (name, value) in values {
        match names.get(name)? {
            [Seen::Nowhere, _] | [_, Seen::Nowhere] => nameless.push(*value),
            seen if is_edit(seen) => {}
            _ => rest.extend([*name, *value]),
        }
    }
    if renamed {
        nameless.sort_unstable();
        rest.extend(nameless);
    }
    Some(rest)
}

/// Had all jobs one value, and have they another one?
fn is_edit(seen: &[Seen; 2]) -> bool {
    matches!(seen, [Seen::One(before), Seen::One(after)] if before != after)
}
