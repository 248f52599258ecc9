//! A float in JSON, digit for digit as Nix writes it.
//!
//! Nix's JSON library prints with Grisu2 (Loitsch, "Printing Floating-Point Numbers
//! Quickly and Accurately with Integers", 2010), whose digits read back exactly but aren't
//! always the fewest: 1e23 comes out as 9.999999999999999e+22. So it must be Grisu2.

use super::powers::{FIRST, POWERS, STEP};

/// f · 2^e.
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    fn normalized(self) -> Self {
        let shift = self.f.leading_zeros();
        Self { f: self.f << shift, e: self.e - shift.cast_signed() }
    }

    /// The upper half of the product, rounded.
    fn times(self, other: Self) -> Self {
        let product = u128::from(self.f) * u128::from(other.f) + (1 << 63);
        Self { f: (product >> 64) as u64, e: self.e + other.e + 64 }
    }
}

/// Appends a float as JSON; what is no number becomes `null`.
pub fn push_json(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() {
        out.extend_from_slice(b"null");
        return;
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    if value == 0.0 {
        out.extend_from_slice(b"0.0");
        return;
    }
    let decimal = Decimal::of(value.abs());
    decimal.push(out);
}

/// Digits, and the power of ten of the last one.
struct Decimal {
    digits: Vec<u8>,
    exponent: i32,
}

impl Decimal {
    fn of(value: f64) -> Self {
        let (low, exact, high) = boundaries(value);
        let (power, exponent) = power_for(high.e);
        let exact = exact.times(power);
        // One unit off on both sides, since the products are rounded.
        let low = low.times(power).f + 1;
        let high = Scaled { f: high.times(power).f - 1, e: exact.e };
        let mut decimal = Self { digits: Vec::with_capacity(17), exponent };
        decimal.generate(high, high.f - low, high.f - exact.f);
        decimal
    }

    /// Digits of `high` until what is left is below `delta`; `distance` is that of the
    /// float itself from `high`.
    fn generate(&mut self, high: Scaled, mut delta: u64, mut distance: u64) {
        let shift = high.e.unsigned_abs();
        let one = 1u64 << shift;
        let (mut whole, mut part) = (high.f >> shift, high.f & (one - 1));
        let mut places = whole.max(1).ilog10();
        loop {
            let power = 10u64.pow(places);
            self.push_digit(whole / power);
            whole %= power;
            let rest = (whole << shift) + part;
            if rest <= delta {
                self.exponent += places.cast_signed();
                return self.round(distance, delta, rest, power << shift);
            }
            if places == 0 {
                break;
            }
            places -= 1;
        }
        loop {
            part *= 10;
            self.push_digit(part >> shift);
            part &= one - 1;
            self.exponent -= 1;
            delta *= 10;
            distance *= 10;
            if part <= delta {
                return self.round(distance, delta, part, one);
            }
        }
    }

    fn push_digit(&mut self, digit: u64) {
        self.digits.push(b'0' + digit as u8);
    }

    /// Lowers the last digit as long as that comes closer to the float.
    fn round(&mut self, distance: u64, delta: u64, mut rest: u64, unit: u64) {
        let Some(last) = self.digits.last_mut() else {
            return;
        };
        while rest < distance
            && delta - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance)
        {
            *last -= 1;
            rest += unit;
        }
    }

    /// Plain from 0.0001 to below 1e15, else with an exponent of at least two digits.
    fn push(&self, out: &mut Vec<u8>) {
        let len = self.digits.len() as i32;
        let point = len + self.exponent;
        let zeros = |count: i32| std::iter::repeat_n(b'0', usize::try_from(count).unwrap_or(0));
        let (before, after) =
            self.digits.split_at(usize::try_from(point.clamp(1, len)).unwrap_or(1));
        if (1..=15).contains(&point) {
            out.extend_from_slice(before);
            out.extend(zeros(point - len));
            out.push(b'.');
            out.extend_from_slice(if after.is_empty() { b"0" } else { after });
        } else if (-3..=0).contains(&point) {
            out.extend_from_slice(b"0.");
            out.extend(zeros(-point));
            out.extend_from_slice(&self.digits);
        } else {
            let (before, after) = self.digits.split_at(1.min(self.digits.len()));
            out.extend_from_slice(before);
            if !after.is_empty() {
                out.push(b'.');
                out.extend_from_slice(after);
            }
            let exponent = point - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            out.extend_from_slice(format!("e{sign}{:02}", exponent.unsigned_abs()).as_bytes());
        }
    }
}

/// The middles to the next smaller and next larger float, around the float itself.
fn boundaries(value: f64) -> (Scaled, Scaled, Scaled) {
    let bits = value.to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let exact = match exponent {
        0 => Scaled { f: fraction, e: -1074 },
        _ => Scaled { f: fraction | 1 << 52, e: exponent - 1075 },
    };
    let high = Scaled { f: 2 * exact.f + 1, e: exact.e - 1 }.normalized();
    // At a power of two the next smaller float is only half as far.
    let low = if fraction == 0 && exponent > 1 {
        Scaled { f: 4 * exact.f - 1, e: exact.e - 2 }
    } else {
        Scaled { f: 2 * exact.f - 1, e: exact.e - 1 }
    };
    let low = Scaled { f: low.f << (low.e - high.e), e: high.e };
    (low, exact.normalized(), high)
}

/// The power of ten that brings a binary exponent into [-60, -32], and its inverse's exponent.
fn power_for(binary: i32) -> (Scaled, i32) {
    let bits = -61 - binary;
    // 78913 / 2^18 is log10(2) closely enough for all exponents of a double.
    let decimal = bits * 78_913 / (1 << 18) + i32::from(bits > 0);
    let row = (decimal - FIRST + STEP - 1) / STEP;
    let (f, e) = usize::try_from(row)
        .ok()
        .and_then(|row| POWERS.get(row))
        .copied()
        .unwrap_or((1 << 63, -63));
    (Scaled { f, e }, -(FIRST + row * STEP))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let mut out = Vec::new();
            push_json(&mut out, value);
            let text = String::from_utf8_lossy(&out);
            prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(bits), "{}", text);
        }
    }
}
