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

/// Pairs jobs of which neither side has the other's ids. `same` are the stages of which some jobs have stayed.
pub(super) fn pair(
    before: (&dyn Side, Vec<u32>),
    after: (&dyn Side, Vec<u32>),
    same: &HashSet<&str>,
) -> Diff {
    let ((then, removed), (now, added)) = (before, after);
    let mut pairs = Pairs { then, now, removed, added, changed: Vec::new() };
    let exactly = |values: &mut Vec<Value>| {
        values.sort_unstable();
        values.dedup();
        let parts = values.iter().flat_map(|one| [one.name, one.value, one.stage]);
        Some(parts.collect())
    };
    pairs.turn(Where::Run, Several::InOrder, &|_, values| exactly(values));
    // A stage that was read from may have been renamed, and so may a run.
    for place in [Where::Run, Where::Anywhere] {
        pairs.turn(place, Several::InOrder, &|_, values| {
            let values = effective::by_name(values);
            Some(values.into_iter().flat_map(|(name, value)| [name, value]).collect())
        });
    }
    if !pairs.is_over() {
        let edited = Edited::of(&pairs, same);
        for place in [Where::Run, Where::Anywhere] {
            for renamed in [true, false] {
                pairs.turn(place, Several::Never, &|stage, values| {
                    edited.rest(stage, &effective::by_name(values), renamed)
                });
            }
        }
    }
    pairs.changed.sort_unstable_by_key(|(_, is)| *is);
    let Pairs { removed, added, changed, .. } = pairs;
    Diff { added, removed, changed, unchanged: 0 }
}

/// Where a partner must stand.
#[derive(Clone, Copy)]
enum Where {
    /// In the same stage of the same pipeline, in one of the same runs.
    Run,
    /// In the same stage.
    Anywhere,
}

/// What is done with several that are alike.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Several {
    /// The first is taken for the first: they have all values in common.
    InOrder,
    /// None of them is taken for any.
    Never,
}

/// What values are made into, by stage: what must be the same, or nothing where there is no partner.
type Made<'m> = dyn Fn(&str, &mut Vec<Value>) -> Option<Vec<u64>> + 'm;

/// What has been paired, and what is left.
struct Pairs<'s> {
    then: &'s dyn Side,
    now: &'s dyn Side,
    removed: Vec<u32>,
    added: Vec<u32>,
    changed: Vec<(u32, u32)>,
}

/// Those that have a key.
#[derive(Default)]
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

    /// Pairs jobs for which the same is made of their values.
    fn turn(&mut self, place: Where, several: Several, made: &Made<'_>) {
        if self.is_over() {
            return;
        }
        let mut places: Vec<(Key, u32)> = Vec::with_capacity(self.removed.len());
        let mut values = Vec::new();
        for (number, job) in (0..).zip(&self.removed).take_while(|_| going()) {
            let keys = keys(self.then, *job, place, &mut values, made);
            places.extend(keys.into_iter().map(|key| (key, number)));
        }
        places.sort_unstable();
        let mut alike: HashMap<Key, Alike> = HashMap::new();
        for (at, (key, _)) in places.iter().enumerate() {
            alike.entry(*key).or_insert(Alike { next: at, now: 0 });
        }
        let found = |now: &dyn Side, job: &u32, values: &mut Vec<Value>| {
            keys(now, *job, place, values, made)
        };
        if several == Several::Never {
            for job in self.added.iter().take_while(|_| going()) {
                for key in found(self.now, job, &mut values) {
                    alike.entry(key).and_modify(|alike| alike.now += 1);
                }
            }
        }
        let mut waiting: Vec<Option<u32>> = self.removed.iter().copied().map(Some).collect();
        let mut left = Vec::new();
        for job in self.added.iter().take_while(|_| going()) {
            let keys = found(self.now, job, &mut values);
            let was = keys.iter().find_map(|key| {
                let alike = alike.get_mut(key)?;
                let mut here =
                    places.get(alike.next..).unwrap_or_default().iter().take_while(|p| p.0 == *key);
                if several == Several::Never && (alike.now > 1 || here.clone().count() > 1) {
                    return None;
                }
                here.find_map(|(_, number)| {
                    alike.next += 1;
                    waiting.get_mut(*number as usize).and_then(Option::take)
                })
            });
            match was {
                Some(was) => self.changed.push((was, *job)),
                None => left.push(*job),
            }
        }
        self.added = left;
        self.removed = waiting.into_iter().flatten().collect();
    }
}

/// What is looked for: a key for each of the places of a job.
fn keys(
    side: &dyn Side,
    job: u32,
    place: Where,
    values: &mut Vec<Value>,
    made: &Made<'_>,
) -> Vec<Key> {
    let Place { runs, pipeline, stage } = side.place(job);
    values.clear();
    side.values(job, values);
    let Some(made) = made(stage, values) else { return Vec::new() };
    let key = |place: &[&str]| {
        let mut hasher = blake3::Hasher::new();
        for part in place {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        made.iter().for_each(|part| {
            hasher.update(&part.to_le_bytes());
        });
        let mut key = Key::default();
        hasher.finalize_xof().fill(&mut key);
        key
    };
    match place {
        Where::Run => runs.into_iter().map(|run| key(&[run, pipeline, stage])).collect(),
        Where::Anywhere => vec![key(&[stage])],
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

/// Which parameters were edited, by stage: values that all its jobs have, and names that are new or gone.
struct Edited<'s>(HashMap<&'s str, HashMap<u64, [Seen; 2]>>);

impl<'s> Edited<'s> {
    fn of(pairs: &Pairs<'s>, same: &HashSet<&str>) -> Edited<'s> {
        let mut all: HashMap<&str, HashMap<u64, [Seen; 2]>> = HashMap::new();
        let (changed_then, changed_now): (Vec<u32>, Vec<u32>) =
            pairs.changed.iter().copied().unzip();
        let sides =
            [(pairs.then, &pairs.removed, changed_then), (pairs.now, &pairs.added, changed_now)];
        let mut values = Vec::new();
        for (at, (side, left, changed)) in sides.into_iter().enumerate() {
            for job in left.iter().chain(&changed).take_while(|_| going()) {
                let stage = side.stage(*job);
                // A stage with jobs that have stayed has stayed as it is: what is new there is a new point of an axis.
                if same.contains(stage) {
                    continue;
                }
                values.clear();
                side.values(*job, &mut values);
                let names = all.entry(stage).or_default();
                for (name, value) in effective::by_name(&mut values) {
                    let seen = names.entry(name).or_insert([Seen::Nowhere; 2]);
                    if let Some(seen) = seen.get_mut(at) {
                        seen.add(value);
                    }
                }
            }
        }
        Edited(all)
    }

    /// The values of a job of which an edit made no others; where names may be `renamed`, values behind them too.
    fn rest(&self, stage: &str, values: &[(u64, u64)], renamed: bool) -> Option<Vec<u64>> {
        let names = self.0.get(stage)?;
        let (mut rest, mut nameless) = (Vec::new(), Vec::new());
        for (name, value) in values {
            match names.get(name)? {
                [Seen::Nowhere, _] | [_, Seen::Nowhere] => nameless.push(*value),
                [Seen::One(before), Seen::One(after)] if before != after => {}
                _ => rest.extend([*name, *value]),
            }
        }
        if renamed {
            nameless.sort_unstable();
            rest.extend(nameless);
        }
        Some(rest)
    }
}
