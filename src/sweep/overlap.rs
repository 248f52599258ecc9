//! How many jobs several stages have together.
//!
//! Stages of one class (see `count`) make the same job wherever all parameters have the same values: their
//! own, and those of the stages that they read from. So the jobs of each are a set of rows of texts,
//! and that set is a product: of the rows of each axis, and of what is the same in all. Such sets
//! are intersected without being made, and then it is counted what is in none of those before.

use std::sync::Arc;

use hashbrown::HashSet;

use super::space::distinct;
use crate::lab::Texts;

/// Steps that counting may take.
const MOST_STEPS: usize = 1 << 22;

/// The jobs of a stage, as rows of texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Shape {
    /// By column: each a parameter of the stage or of one that it reads from.
    pub(super) columns: Vec<Texture>,
    /// By column, where its values lead that are paths; of others nothing.
    pub(super) origins: Vec<Texture>,
    /// By first stage that they begin with, what it has of other runs.
    pub(super) after: Vec<After>,
    /// Which stages they are of: shapes with others have no row in common.
    pub(super) used: Vec<usize>,
    /// Texts that are wanted in a column.
    pub(super) wanted: Vec<(usize, Vec<String>)>,
}

/// What a first stage has of other runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct After {
    /// The runs all jobs of which it needs, of those that have some.
    pub(super) jobs: Vec<usize>,
    /// Inputs that are a run's metadata.
    pub(super) wired: Vec<(Arc<str>, Arc<str>)>,
}

/// What stands in a column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Texture {
    /// The same in all rows.
    Fixed(Arc<str>),
    /// The texts of a member of an axis, together with those of its other members.
    Swept(usize, Arc<Texts>, Ranges),
}

impl Texture {
    /// Nothing in all rows.
    pub(super) fn nothing() -> Texture {
        Texture::Fixed("".into())
    }
}

/// The integers that values are, ascending, as ranges with both ends; see [`Values::ranges`].
///
/// [`Values::ranges`]: crate::lab::Values::ranges
pub(super) type Ranges = Option<Arc<[(i64, i64)]>>;

/// Integers that are in both, as ranges.
fn common(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut both = Vec::new();
    while let (Some((x, x_end)), Some((y, y_end))) = (a.peek(), b.peek()) {
        let (begin, end) = (*x.max(y), *x_end.min(y_end));
        if begin <= end {
            both.push((begin, end));
        }
        let _ = if x_end <= y_end { a.next() } else { b.next() };
    }
    both
}

/// The integer that a text is the canonical JSON of, as a range.
fn integer(text: &str) -> Option<(i64, i64)> {
    let number: i64 = text.parse().ok()?;
    (itoa::Buffer::new().format(number) == text).then_some((number, number))
}

/// How many rows a shape has that none of others has. `None`: there is no telling within reason.
pub(super) fn fresh<'s>(shape: &'s Shape, others: impl Iterator<Item = &'s Shape>) -> Option<u128> {
    let mut rest: Vec<&Shape> = Vec::new();
    for other in others.filter(|other| other.used == shape.used) {
        match shape.meets(other) {
            Some(true) if other == shape => return Some(0),
            Some(true) if !rest.contains(&other) => rest.push(other),
            Some(_) => {}
            None => return None,
        }
    }
    let mut steps = MOST_STEPS;
    let fresh = without(&mut vec![shape], &rest, &mut steps)?;
    let shapes = || rest.iter().copied().chain([shape]);
    if shapes().all(|shape| shape.origins.iter().all(|origin| *origin == Texture::nothing())) {
        return Some(fresh);
    }
    // What is written alike must lead to one place.
    let strict: Vec<Shape> = shapes().map(Shape::with_origins).collect();
    let (shape, rest) = strict.split_last()?;
    let rest: Vec<&Shape> = rest.iter().collect();
    let strictly = without(&mut vec![shape], &rest, &mut steps)?;
    (strictly == fresh).then_some(fresh)
}

/// Rows in all that are chosen and in none of the rest.
fn without<'s>(chosen: &mut Vec<&'s Shape>, rest: &[&'s Shape], steps: &mut usize) -> Option<u128> {
    let mut count = Meet { shapes: chosen, steps }.rows()?;
    for (index, other) in rest.iter().enumerate() {
        if count == 0 {
            break;
        }
        chosen.push(other);
        let also = without(chosen, rest.get(..index).unwrap_or_default(), steps);
        chosen.pop();
        count = count.checked_sub(also?)?;
    }
    Some(count)
}

/// What several shapes have in common.
struct Meet<'m, 's> {
    shapes: &'m [&'s Shape],
    steps: &'m mut usize,
}

impl<'s> Meet<'_, 's> {
    fn rows(&mut self) -> Option<u128> {
        let columns = self.shapes.first()?.columns.len();
        if self.shapes.iter().any(|shape| shape.columns.len() != columns) {
            return None;
        }
        let mut rows = 1u128;
        for part in self.parts(columns) {
            rows = rows.checked_mul(self.part(&part)?)?;
            if rows == 0 {
                break;
            }
        }
        Some(rows)
    }

    /// Columns that some axis of some shape binds together.
    fn parts(&self, columns: usize) -> Vec<Vec<usize>> {
        // By column, the part it belongs to, named by one of its columns.
        let mut part: Vec<usize> = (0..columns).collect();
        for shape in self.shapes {
            for axis in shape.axes() {
                let bound: Vec<usize> = shape.columns_of(axis).collect();
                let name = |column: &usize| part.get(*column).copied();
                let names: Vec<usize> = bound.iter().filter_map(name).collect();
                let Some(first) = names.first().copied() else { continue };
                part.iter_mut().filter(|name| names.contains(name)).for_each(|name| *name = first);
            }
        }
        let of = |name: usize| (0..columns).filter(|at| part.get(*at) == Some(&name)).collect();
        distinct(part.iter().copied()).into_iter().map(of).collect()
    }

    /// The same of one column, where integers stand in it that can be compared as ranges.
    fn integers(&self, column: usize) -> Option<u128> {
        let mut all: Option<Vec<(i64, i64)>> = None;
        let mut any = false;
        for shape in self.shapes {
            let own: Vec<(i64, i64)> = match shape.columns.get(column)? {
                Texture::Fixed(text) => integer(text).into_iter().collect(),
                Texture::Swept(axis, _, ranges) => {
                    any = true;
                    ranges.as_ref().filter(|_| shape.columns_of(*axis).count() == 1)?.to_vec()
                }
            };
            let wanted = shape.wanted.iter().filter(|(other, _)| *other == column);
            let own = wanted.fold(own, |own, (_, texts)| {
                let mut wanted: Vec<_> = texts.iter().filter_map(|text| integer(text)).collect();
                wanted.sort_unstable();
                wanted.dedup();
                common(&own, &wanted)
            });
            all = Some(all.map_or_else(|| own.clone(), |all| common(&all, &own)));
        }
        let length = |(begin, end): &(i64, i64)| u128::from(begin.abs_diff(*end)) + 1;
        all.filter(|_| any).map(|all| all.iter().map(length).sum())
    }

    /// Rows of some columns that all shapes have.
    fn part(&mut self, columns: &[usize]) -> Option<u128> {
        if let [column] = columns
            && let Some(rows) = self.integers(*column)
        {
            return Some(rows);
        }
        let pieces = self.shapes.iter().map(|shape| Piece::new(shape, columns, self.steps));
        let mut pieces: Vec<Piece<'s>> = pieces.collect::<Option<_>>()?;
        // The smallest is walked through, the others are asked.
        pieces.sort_by_key(|piece| piece.rows().unwrap_or(u64::MAX));
        let (smallest, others) = pieces.split_first()?;
        let rows = usize::try_from(smallest.rows()?).ok()?;
        if others.is_empty() {
            return Some(rows as u128);
        }
        *self.steps = self.steps.checked_sub(rows)?;
        let mut row = vec![""; columns.len()];
        let mut found = 0;
        for number in 0..rows {
            smallest.write(number, &mut row);
            found += u128::from(others.iter().all(|other| other.has(&row)));
        }
        Some(found)
    }
}

impl Shape {
    /// Could rows of both be the same jobs? `None`: there is no telling, whatever they are.
    fn meets(&self, other: &Shape) -> Option<bool> {
        let mut certain = true;
        for (a, b) in self.after.iter().zip(&other.after) {
            // Whether another run gives metadata, jobs or none is part of each id.
            if a.wired != b.wired || a.jobs.is_empty() != b.jobs.is_empty() {
                return Some(false);
            }
            // Other runs may have the same jobs.
            certain &= a.jobs == b.jobs;
        }
        certain.then_some(true)
    }

    /// Where its values lead as columns of their own.
    fn with_origins(&self) -> Shape {
        let columns = self.columns.iter().chain(&self.origins).cloned().collect();
        Shape { columns, ..self.clone() }
    }

    fn axes(&self) -> Vec<usize> {
        distinct(self.columns.iter().filter_map(|column| match column {
            Texture::Swept(axis, ..) => Some(*axis),
            Texture::Fixed(_) => None,
        }))
    }

    fn columns_of(&self, axis: usize) -> impl Iterator<Item = usize> + '_ {
        let columns = self.columns.iter().enumerate();
        columns.filter_map(move |(at, column)| match column {
            Texture::Swept(other, ..) if *other == axis => Some(at),
            Texture::Swept(..) | Texture::Fixed(_) => None,
        })
    }

    fn is_wanted(&self, column: usize, text: &str) -> bool {
        let mut asked = self.wanted.iter().filter(|(other, _)| *other == column);
        asked.all(|(_, texts)| texts.iter().any(|wanted| wanted == text))
    }
}

/// Some columns of a shape.
struct Piece<'s> {
    /// What stands in columns that don't differ: which column, and the text.
    fixed: Vec<(usize, &'s str)>,
    bundles: Vec<Bundle<'s>>,
    /// A column that doesn't differ isn't wanted.
    empty: bool,
}

/// The columns that one axis fills, and their rows, each once.
struct Bundle<'s> {
    columns: Vec<usize>,
    rows: Vec<Vec<&'s str>>,
    known: HashSet<Vec<&'s str>>,
}

impl<'s> Piece<'s> {
    fn new(shape: &'s Shape, columns: &[usize], steps: &mut usize) -> Option<Piece<'s>> {
        let mut piece = Piece { fixed: Vec::new(), bundles: Vec::new(), empty: false };
        let mut axes: Vec<usize> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            match shape.columns.get(*column)? {
                Texture::Fixed(text) => {
                    piece.empty |= !shape.is_wanted(*column, text);
                    piece.fixed.push((at, text));
                }
                Texture::Swept(axis, ..) => axes.push(*axis),
            }
        }
        for axis in distinct(axes) {
            let all: Vec<usize> = shape.columns_of(axis).collect();
            let texts = all.iter().filter_map(|column| match shape.columns.get(*column) {
                Some(Texture::Swept(_, texts, _)) => Some((*column, &**texts)),
                Some(Texture::Fixed(_)) | None => None,
            });
            let texts: Vec<(usize, &Texts)> = texts.collect();
            let length = texts.first().map_or(0, |(_, texts)| texts.len());
            *steps = steps.checked_sub(length)?;
            let mut bundle =
                Bundle { columns: Vec::new(), rows: Vec::new(), known: HashSet::new() };
            let place = |column: &usize| columns.iter().position(|other| other == column);
            bundle.columns = all.iter().filter_map(place).collect();
            for at in 0..length {
                let cells = texts.iter().map(|(column, texts)| Some((*column, texts.get(at)?)));
                let cells: Vec<(usize, &str)> = cells.collect::<Option<_>>()?;
                if cells.iter().all(|(column, text)| shape.is_wanted(*column, text)) {
                    let row: Vec<&str> = cells.into_iter().map(|(_, text)| text).collect();
                    if bundle.known.insert(row.clone()) {
                        bundle.rows.push(row);
                    }
                }
            }
            piece.bundles.push(bundle);
        }
        Some(piece)
    }

    /// How many rows, if that fits.
    fn rows(&self) -> Option<u64> {
        if self.empty {
            return Some(0);
        }
        let mut bundles = self.bundles.iter();
        bundles.try_fold(1u64, |rows, bundle| rows.checked_mul(bundle.rows.len() as u64))
    }

    fn write(&self, number: usize, row: &mut [&'s str]) {
        for (at, text) in &self.fixed {
            row.get_mut(*at).into_iter().for_each(|cell| *cell = text);
        }
        let mut number = number;
        for bundle in &self.bundles {
            let rows = bundle.rows.len().max(1);
            let texts = bundle.rows.get(number % rows).map_or(&[][..], Vec::as_slice);
            for (at, text) in bundle.columns.iter().zip(texts) {
                row.get_mut(*at).into_iter().for_each(|cell| *cell = text);
            }
            number /= rows;
        }
    }

    fn has(&self, row: &[&'s str]) -> bool {
        let cell = |at: &usize| row.get(*at).copied().unwrap_or_default();
        !self.empty
            && self.fixed.iter().all(|(at, text)| cell(at) == *text)
            && self.bundles.iter().all(|bundle| {
                bundle.known.contains(&bundle.columns.iter().map(cell).collect::<Vec<&str>>())
            })
    }
}
