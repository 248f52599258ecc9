//! Points of a few axes, numbered.

/// The product of some axes of a run. A point is a number: mixed radix, the first axis slowest.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    /// Indices of the axes among the run's, ascending.
    axes: Vec<usize>,
    lengths: Vec<u64>,
    strides: Vec<u64>,
    points: u64,
}

impl Space {
    /// The space of these axes (ascending), given all lengths. `None`: more points than 64 bits.
    pub(super) fn new(axes: Vec<usize>, all: &[usize]) -> Option<Space> {
        let lengths: Vec<u64> =
            axes.iter().map(|axis| all.get(*axis).map_or(1, |length| *length as u64)).collect();
        let mut strides = vec![1; lengths.len()];
        let mut points = 1u64;
        for (stride, length) in strides.iter_mut().zip(&lengths).rev() {
            *stride = points;
            points = points.checked_mul(*length)?;
        }
        Some(Space { axes, lengths, strides, points })
    }

    /// How many points.
    pub(super) fn points(&self) -> u64 {
        self.points
    }

    pub(super) fn axes(&self) -> &[usize] {
        &self.axes
    }

    /// Where a point lies on an axis of the run; 0 for an axis that isn't part of the space.
    pub(super) fn coordinate(&self, point: u64, axis: usize) -> usize {
        let place = self.axes.iter().position(|other| *other == axis);
        place.map_or(0, |i| self.digit(point, i)) as usize
    }

    fn digit(&self, point: u64, i: usize) -> u64 {
        match (self.strides.get(i), self.lengths.get(i)) {
            (Some(stride), Some(length)) => point / stride % length,
            _ => 0,
        }
    }

    /// How points of this space map to those of a space over some of its axes.
    pub(super) fn onto(&self, part: &Space) -> Projection {
        let terms = part.axes.iter().zip(&part.strides).filter_map(|(axis, stride)| {
            let i = self.axes.iter().position(|other| other == axis)?;
            Some((*self.strides.get(i)?, *self.lengths.get(i)?, *stride))
        });
        Projection { terms: terms.collect() }
    }
}

/// A map from the points of a space to those of a part of it.
#[derive(Clone, Debug)]
pub(super) struct Projection {
    /// For each axis: stride and length in the space, stride in the part.
    terms: Vec<(u64, u64, u64)>,
}

impl Projection {
    pub(super) fn of(&self, point: u64) -> u64 {
        self.terms.iter().map(|(from, length, to)| point / from % length * to).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projections_keep_coordinates() {
        let lengths = [3, 4, 5];
        let all = Space::new(vec![0, 1, 2], &lengths).unwrap();
        let part = Space::new(vec![0, 2], &lengths).unwrap();
        assert_eq!((all.points(), part.points()), (60, 15));
        let onto = all.onto(&part);
        for point in 0..60 {
            let image = onto.of(point);
            for axis in [0, 2] {
                assert_eq!(part.coordinate(image, axis), all.coordinate(point, axis));
            }
        }
    }

    #[test]
    fn too_many_points_are_noticed() {
        assert!(Space::new((0..5).collect(), &[100_000; 5]).is_none());
        assert_eq!(Space::new(vec![], &[]).map(|s| s.points()), Some(1));
    }
}
