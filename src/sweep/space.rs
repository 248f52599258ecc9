//! Points of a few axes, numbered.

/// The product of some axes of a run. A point is a number: mixed radix, the first axis slowest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Space {
    /// Indices of the axes among the run's, ascending.
    axes: Vec<usize>,
    lengths: Vec<u32>,
    strides: Vec<u64>,
    points: u64,
}

impl Space {
    /// The space of these axes (ascending), given all lengths. `None`: more points than 64 bits.
    pub(super) fn new(axes: Vec<usize>, all: &[u32]) -> Option<Space> {
        let lengths: Vec<u32> =
            axes.iter().map(|axis| all.get(*axis).copied().unwrap_or(1)).collect();
        Space::with_lengths(axes, lengths)
    }

    /// The space of these axes (ascending), given their lengths. `None`: more points than 64 bits.
    pub(super) fn with_lengths(axes: Vec<usize>, lengths: Vec<u32>) -> Option<Space> {
        let mut strides = vec![1; lengths.len()];
        let mut points = 1u64;
        for (stride, length) in strides.iter_mut().zip(&lengths).rev() {
            *stride = points;
            points = points.checked_mul(u64::from(*length))?;
        }
        Some(Space { axes, lengths, strides, points })
    }

    /// The space of no axes, which has one point.
    pub(super) fn point() -> Space {
        Space { points: 1, ..Space::default() }
    }

    /// How many points.
    pub(super) fn points(&self) -> u64 {
        self.points
    }

    pub(super) fn axes(&self) -> &[usize] {
        &self.axes
    }

    pub(super) fn strides(&self) -> &[u64] {
        &self.strides
    }

    pub(super) fn lengths(&self) -> &[u32] {
        &self.lengths
    }

    /// Which of the digits of a point says where it lies on an axis of the run.
    pub(super) fn digit_of(&self, axis: usize) -> Option<usize> {
        self.axes.binary_search(&axis).ok()
    }

    /// The digits of a point, one for each axis.
    pub(super) fn digits(&self, point: u64, digits: &mut Vec<u32>) {
        digits.clear();
        let places = self.strides.iter().zip(&self.lengths);
        digits.extend(places.map(|(stride, length)| {
            // A length is 32 bits wide, and so is what remains of it.
            (point / (*stride).max(1) % u64::from((*length).max(1))) as u32
        }));
    }

    /// Makes the digits of a point those of the next one.
    #[inline]
    pub(super) fn advance(&self, digits: &mut [u32]) {
        for (digit, length) in digits.iter_mut().zip(&self.lengths).rev() {
            *digit += 1;
            if *digit < *length {
                return;
            }
            *digit = 0;
        }
    }

    /// How points of this space map to those of a space over some of its axes.
    pub(super) fn onto(&self, part: &Space) -> Projection {
        let terms = part.axes.iter().zip(&part.strides).filter_map(|(axis, stride)| {
            // Strides are at most as long as the space, whose points are counted in 64 bits.
            Some((self.digit_of(*axis)? as u32, *stride))
        });
        Projection { terms: terms.collect() }
    }
}

/// A map from the points of a space, given as digits, to those of a part of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Projection {
    /// For each axis: which digit, and the stride in the part.
    pub(super) terms: Vec<(u32, u64)>,
}

impl Projection {
    #[inline]
    pub(super) fn of(&self, digits: &[u32]) -> u64 {
        let term = |(digit, stride): &(u32, u64)| {
            digits.get(*digit as usize).map_or(0, |digit| u64::from(*digit) * stride)
        };
        self.terms.iter().map(term).sum()
    }
}

/// These axes, ascending, each once.
pub(super) fn distinct(axes: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut axes: Vec<usize> = axes.into_iter().collect();
    axes.sort_unstable();
    axes.dedup();
    axes
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
        let (mut digits, mut next, mut image) = (Vec::new(), vec![0; 3], Vec::new());
        for point in 0..60 {
            all.digits(point, &mut digits);
            assert_eq!(digits, next);
            part.digits(onto.of(&digits), &mut image);
            assert_eq!(image, [digits[0], digits[2]]);
            all.advance(&mut next);
        }
        assert_eq!(next, [0, 0, 0]);
    }

    #[test]
    fn too_many_points_are_noticed() {
        assert!(Space::new((0..5).collect(), &[100_000; 5]).is_none());
        assert_eq!(Space::new(vec![], &[]), Some(Space::point()));
    }
}
