//! Evaluating functions of parameters once for each combination of what they read.
//!
//! A function is given a set whose values note that they were asked for
//! ([`Watch`](crate::value::Watch)). Whatever it asked for is what its result depends on: the same
//! function, given the same answers, asks the same questions. So there is a tree of questions; an
//! evaluation walks down one branch, and what was asked on the way says which branches are left.
//! They are walked in rounds, each in parallel; neither the tree nor the order of its leaves
//! depends on the number of threads.

use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use super::classes::Classes;
use super::field::{Interned, Look, MOST_POINTS};
use super::space::{Space, distinct};
use crate::diagnostic::Diagnostic;
use crate::lab::Reader;
use crate::session::Session;

/// Evaluations that one thread does at a time: few, so that all threads have some; many, where
/// there are many.
const AT_ONCE: std::ops::RangeInclusive<usize> = 16..=1024;
/// A table may have so many points for each evaluation that is allowed.
const POINTS_EACH: u64 = 64;
/// Tasks whose results may wait to be merged, for each thread.
const WAITING: usize = 16;
/// What was made in a region is given up when it is more bytes than this.
const REGION: usize = 16 * 1024 * 1024;
/// When so much went wrong, no more is tried.
const MOST_NOTICED: usize = 1000;
/// Fewer evaluations than this are not worth waking other threads.
const FEW: usize = 8;

/// What a question is about.
pub(super) enum Question<'q> {
    /// A value that is always the same.
    Known,
    /// The value of a parameter on an axis.
    Parameter { axis: usize, classes: &'q Classes },
    /// Something that itself was found to depend on axes.
    Field(Look<'q>),
}

/// What there is to ask, and where.
pub(super) struct Tracking<'q, 'h> {
    pub(super) session: &'q Session<'h>,
    /// Of the run's axes.
    pub(super) lengths: &'q [u32],
    pub(super) questions: Vec<Question<'q>>,
    /// More evaluations than this are not begun.
    pub(super) most: usize,
}

/// What one evaluation gave, and what it asked, in order.
pub(super) struct Answer<T> {
    pub(super) value: Option<T>,
    pub(super) asked: Vec<usize>,
}

/// Why there is no field.
pub(super) enum Untold {
    /// There would be too many evaluations.
    TooMany,
    /// Some evaluations failed; what there is to say was noted.
    Failed,
}

/// Something to say, and the coordinates where it was first noticed.
pub(super) type Noticed = (Vec<u32>, Diagnostic);

/// What there is to say, in the order of points; of one point, in the order of evaluation.
pub(super) fn in_order(mut noticed: Vec<Noticed>) -> impl Iterator<Item = Diagnostic> {
    noticed.sort_by(|(a, _), (b, _)| a.cmp(b));
    noticed.into_iter().map(|(_, diagnostic)| diagnostic)
}

/// Coordinates on one axis: those where a question has one answer.
#[derive(Clone, Debug)]
enum Cell {
    One(u32),
    Many(Arc<[u32]>),
}

impl Cell {
    fn first(&self) -> u32 {
        match self {
            Cell::One(one) => *one,
            Cell::Many(many) => many.first().copied().unwrap_or(0),
        }
    }

    fn as_slice(&self) -> &[u32] {
        match self {
            Cell::One(one) => std::slice::from_ref(one),
            Cell::Many(many) => many,
        }
    }
}

/// Restrictions to some coordinates, by axis.
type Branch = Vec<(usize, Cell)>;

/// Branches that differ on one axis.
struct Family {
    trunk: Branch,
    axis: usize,
    cells: Cells,
}

enum Cells {
    /// The one branch that isn't restricted.
    Root,
    /// Each coordinate from 1 on.
    Others(u32),
    Listed(Vec<Cell>),
}

impl Family {
    fn len(&self) -> usize {
        match &self.cells {
            Cells::Root => 1,
            Cells::Others(length) => (*length as usize).saturating_sub(1),
            Cells::Listed(cells) => cells.len(),
        }
    }

    fn branch(&self, member: usize) -> Branch {
        let mut branch = self.trunk.clone();
        let cell = match &self.cells {
            Cells::Root => None,
            Cells::Others(_) => Some(Cell::One(member as u32 + 1)),
            Cells::Listed(cells) => cells.get(member).cloned(),
        };
        branch.extend(cell.map(|cell| (self.axis, cell)));
        branch
    }
}

/// A leaf of the tree: where it is, and the number of its value.
struct Leaf {
    branch: Branch,
    value: u32,
}

/// What a few branches gave, `T` being what is kept of a value.
struct Part<T> {
    /// By branch: its value, and its restrictions when it has more than its family's.
    values: Vec<(T, Option<Branch>)>,
    families: Vec<Family>,
    noticed: Vec<Noticed>,
    failed: bool,
}

/// Values of a family's branches; the families are numbered as they were walked.
struct Walked {
    family: Family,
    /// By branch.
    values: Vec<u32>,
    /// Branches that asked for more, ascending.
    longer: Vec<(usize, Branch)>,
}

/// Keeps values, each once.
pub(super) trait Keep<T>: Sync {
    /// What has to be held of a value until it is kept.
    type Packed: Send + 'static;

    /// Packs a value, on the thread that made it.
    fn pack(&self, value: T) -> Self::Packed;

    /// Keeps it; the number that it has.
    fn add(&mut self, packed: Self::Packed) -> u32;
}

impl<T: Eq + Hash + Send + Sync + 'static> Keep<T> for Interned<T> {
    type Packed = T;

    fn pack(&self, value: T) -> T {
        value
    }

    fn add(&mut self, value: T) -> u32 {
        Interned::add(self, value)
    }
}

impl<'h> Tracking<'_, 'h> {
    /// Evaluates wherever it may make a difference. `evaluate` gets the coordinates of a point on the
    /// run's axes; what it notes of problems is noted with the first point that has them. What comes
    /// of it is kept in `values`; a table says, by point, which of them it is.
    ///
    /// # Errors
    /// Why there is no table.
    pub(super) fn explore<T, K: Keep<T>>(
        &self,
        values: &mut K,
        noticed: &mut Vec<Noticed>,
        evaluate: impl Fn(&mut Reader<'_, 'h>, &[u32]) -> Answer<T> + Sync,
    ) -> Result<(Space, Vec<u32>), Untold> {
        let mut round = vec![Family { trunk: Vec::new(), axis: 0, cells: Cells::Root }];
        let mut walked: Vec<Walked> = Vec::new();
        let (mut done, mut failed) = (0usize, false);
        let before = noticed.len();
        while !round.is_empty() {
            let count: usize = round.iter().map(Family::len).sum();
            done = done.saturating_add(count);
            if done > self.most {
                return Err(Untold::TooMany);
            }
            let first = walked.len();
            walked.extend(round.into_iter().map(|family| Walked {
                values: Vec::with_capacity(family.len()),
                family,
                longer: Vec::new(),
            }));
            let mut next = Vec::new();
            let tasks = tasks(walked.get(first..).unwrap_or_default(), count);
            // What is not merged yet takes memory: as much as a few tasks a thread give.
            for tasks in tasks.chunks(WAITING * rayon::current_num_threads()) {
                let (families, kept) = (walked.get(first..).unwrap_or_default(), &*values);
                let walk = |(family, members): &(usize, Range<usize>)| {
                    let family = &families.get(*family)?.family;
                    Some(self.walk(family, members.clone(), &|value| kept.pack(value), &evaluate))
                };
                let parts: Vec<Option<Part<K::Packed>>> = match count < FEW {
                    true => tasks.iter().map(walk).collect(),
                    false => tasks.par_iter().map(walk).collect(),
                };
                for ((family, _), part) in tasks.iter().zip(parts) {
                    let (Some(part), Some(place)) = (part, walked.get_mut(first + family)) else {
                        continue;
                    };
                    failed |= part.failed;
                    noticed.extend(part.noticed);
                    next.extend(part.families);
                    for (value, longer) in part.values {
                        place.longer.extend(longer.map(|branch| (place.values.len(), branch)));
                        place.values.push(values.add(value));
                    }
                }
                // A function that fails for one value mostly fails for all of them. Where it ends
                // doesn't depend on how many were tried at once.
                if failed && noticed.len() - before >= MOST_NOTICED {
                    noticed.truncate(before + MOST_NOTICED);
                    return Err(Untold::Failed);
                }
            }
            round = next;
        }
        if failed {
            return Err(Untold::Failed);
        }
        self.table(&walked).ok_or(Untold::TooMany)
    }

    fn walk<T, P: Send + 'static>(
        &self,
        family: &Family,
        members: Range<usize>,
        pack: &impl Fn(T) -> P,
        evaluate: &impl Fn(&mut Reader<'_, 'h>, &[u32]) -> Answer<T>,
    ) -> Part<P> {
        let mut part = Part {
            values: Vec::with_capacity(members.len()),
            families: Vec::new(),
            noticed: Vec::new(),
            failed: false,
        };
        let home = self.session.shared.heap.local();
        let (mut members, mut coordinates) = (members, vec![0; self.lengths.len()]);
        while !members.is_empty() {
            // Each evaluation has all that it makes in a region, some of them in one.
            let stopped = self.session.in_region(home, |evaluator| {
                let mut reader = Reader::new(evaluator);
                for member in members.by_ref() {
                    // The user may not want to wait for millions of them.
                    if self.session.shared.interrupt.load(Ordering::Relaxed) {
                        part.noticed.push((Vec::new(), Diagnostic::interrupted()));
                        part.failed = true;
                        return true;
                    }
                    let branch = family.branch(member);
                    self.member(&mut part, &mut reader, &mut coordinates, branch, pack, evaluate);
                    if reader.evaluator.local.region_size() > REGION {
                        break;
                    }
                }
                false
            });
            if stopped {
                break;
            }
        }
        part
    }

    /// Evaluates on one branch.
    fn member<T, P>(
        &self,
        part: &mut Part<P>,
        reader: &mut Reader<'_, 'h>,
        coordinates: &mut [u32],
        mut branch: Branch,
        pack: &impl Fn(T) -> P,
        evaluate: &impl Fn(&mut Reader<'_, 'h>, &[u32]) -> Answer<T>,
    ) {
        coordinates.fill(0);
        for (axis, cell) in &branch {
            if let Some(place) = coordinates.get_mut(*axis) {
                *place = cell.first();
            }
        }
        let before = reader.diagnostics.len();
        let answer = evaluate(reader, coordinates);
        let new = reader.diagnostics.since(before).iter().cloned();
        part.noticed.extend(new.map(|found| (coordinates.to_vec(), found)));
        let known = branch.len();
        let mut deeper = false;
        for question in answer.asked {
            deeper |= self.split(question, &mut branch, &mut part.families);
        }
        part.failed |= answer.value.is_none();
        if let Some(value) = answer.value {
            let longer = deeper || branch.len() > known;
            part.values.push((pack(value), longer.then_some(branch)));
        }
    }

    /// Restricts a branch to where a question has the answer it got; where it has others are
    /// new branches. Did that restrict it further?
    fn split(&self, question: usize, branch: &mut Branch, others: &mut Vec<Family>) -> bool {
        match self.questions.get(question) {
            None | Some(Question::Known) => false,
            Some(Question::Parameter { axis, classes }) if classes.all_differ() => {
                self.split_axis(*axis, None, branch, others)
            }
            Some(Question::Parameter { axis, classes }) => {
                self.split_axis(*axis, Some(&|value| classes.of(value)), branch, others)
            }
            Some(Question::Field(look)) => match look.single() {
                Some((axis, table)) => {
                    let of = |value| table.get(value as usize).copied().unwrap_or(value);
                    self.split_axis(axis, Some(&of), branch, others)
                }
                // Where several axes play together, each coordinate is a case of its own.
                None => {
                    let axes = look.axes().iter();
                    axes.fold(false, |any, axis| self.split_axis(*axis, None, branch, others) | any)
                }
            },
        }
    }

    /// `class` says which coordinates belong together; without it none do.
    fn split_axis(
        &self,
        axis: usize,
        class: Option<&dyn Fn(u32) -> u32>,
        branch: &mut Branch,
        others: &mut Vec<Family>,
    ) -> bool {
        let length = self.lengths.get(axis).copied().unwrap_or(1);
        let place = branch.iter().position(|(other, _)| *other == axis);
        let at = place.and_then(|place| branch.get(place));
        let mut cells = match at {
            Some((_, Cell::One(_))) => return false,
            None if length <= 1 => return false,
            None if class.is_none() => {
                let family = Family { trunk: branch.clone(), axis, cells: Cells::Others(length) };
                others.push(family);
                branch.push((axis, Cell::One(0)));
                return true;
            }
            None => grouped(0..length, class),
            Some((_, Cell::Many(many))) => grouped(many.iter().copied(), class),
        };
        if cells.len() <= 1 {
            return false;
        }
        let rest = cells.split_off(1);
        if let Some(place) = place {
            branch.remove(place);
        }
        others.push(Family { trunk: branch.clone(), axis, cells: Cells::Listed(rest) });
        branch.extend(cells.pop().map(|first| (axis, first)));
        true
    }

    /// The table of all leaves.
    fn table(&self, walked: &[Walked]) -> Option<(Space, Vec<u32>)> {
        let mut axes: Vec<usize> = Vec::new();
        for walked in walked {
            let longer = walked.longer.iter().flat_map(|(_, branch)| branch);
            axes.extend(walked.family.trunk.iter().chain(longer).map(|(axis, _)| *axis));
            if !matches!(walked.family.cells, Cells::Root) {
                axes.push(walked.family.axis);
            }
            axes = distinct(axes);
        }
        // Who asks for few evaluations doesn't want a large table of them either.
        let most = (self.most as u64).saturating_mul(POINTS_EACH).min(MOST_POINTS);
        let space = Space::new(axes, self.lengths).filter(|space| space.points() <= most)?;
        if walked.iter().flat_map(|walked| &walked.values).all(|value| *value == 0) {
            return Some((Space::point(), Vec::new()));
        }
        let mut table = vec![0; space.points() as usize];
        for walked in walked {
            let mut longer = walked.longer.iter().peekable();
            for (member, value) in walked.values.iter().enumerate() {
                let branch = match longer.next_if(|(other, _)| *other == member) {
                    Some((_, branch)) => branch.clone(),
                    None => walked.family.branch(member),
                };
                fill(&mut table, &space, &Leaf { branch, value: *value }, 0, 0);
            }
        }
        Some((space, table))
    }
}

/// Parts of a round, each of one family.
fn tasks(round: &[Walked], count: usize) -> Vec<(usize, Range<usize>)> {
    let share = count / (8 * rayon::current_num_threads());
    let at_once = share.clamp(*AT_ONCE.start(), *AT_ONCE.end());
    let mut tasks = Vec::new();
    for (index, Walked { family, .. }) in round.iter().enumerate() {
        let mut start = 0;
        while start < family.len() {
            let end = family.len().min(start + at_once);
            tasks.push((index, start..end));
            start = end;
        }
    }
    tasks
}

/// Coordinates by class, in the order in which classes appear.
fn grouped(
    coordinates: impl Iterator<Item = u32>,
    class: Option<&dyn Fn(u32) -> u32>,
) -> Vec<Cell> {
    let mut groups: Vec<Vec<u32>> = Vec::new();
    let mut places: hashbrown::HashMap<u32, usize> = hashbrown::HashMap::new();
    for coordinate in coordinates {
        let class = class.map_or(coordinate, |class| class(coordinate));
        let place = *places.entry(class).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.push(coordinate);
        }
    }
    let cell = |group: Vec<u32>| match group.as_slice() {
        [one] => Cell::One(*one),
        _ => Cell::Many(group.into()),
    };
    groups.into_iter().map(cell).collect()
}

/// Writes a leaf's value wherever it holds, from the axis number `at` on.
fn fill(table: &mut [u32], space: &Space, leaf: &Leaf, at: usize, offset: u64) {
    let (Some(axis), Some(stride), Some(length)) =
        (space.axes().get(at), space.strides().get(at), space.lengths().get(at))
    else {
        if let Some(place) = table.get_mut(offset as usize) {
            *place = leaf.value;
        }
        return;
    };
    let step = |coordinate: u32| offset + u64::from(coordinate) * stride;
    match leaf.branch.iter().find(|(other, _)| other == axis) {
        Some((_, cell)) => {
            for coordinate in cell.as_slice() {
                fill(table, space, leaf, at + 1, step(*coordinate));
            }
        }
        None => {
            (0..*length).for_each(|coordinate| fill(table, space, leaf, at + 1, step(coordinate)));
        }
    }
}
