//! Numbers as Nix computes and prints them.
//!
//! A float has three faces: [`push_json`] for JSON, [`to_fixed`] for `toString`
//! and [`to_general`] for printed values, XML and messages. Integers never wrap: the
//! helpers below answer with Nix's error instead.

mod powers;
mod shortest;

pub use shortest::push_json;

/// A float as a printed value shows it: C's `%g`, six significant digits.
pub use crate::syntax::literal::general as to_general;

/// A number that an operation can't give; `Display` is the text of Nix's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NumberError {
    /// The sum is beyond 64 bits.
    #[error("integer overflow in adding {0} + {1}")]
    Add(i64, i64),
    /// The difference is beyond 64 bits.
    #[error("integer overflow in subtracting {0} - {1}")]
    Sub(i64, i64),
    /// The product is beyond 64 bits.
    #[error("integer overflow in multiplying {0} * {1}")]
    Mul(i64, i64),
    /// Only the smallest integer divided by -1.
    #[error("integer overflow in dividing {0} / {1}")]
    Div(i64, i64),
    /// An integer or a float divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// `ceil` or `floor` of a float that no integer is near; also of NaN.
    #[error("NixFloat argument {} is not in the range of NixInt", to_general(*.0))]
    FloatRange(f64),
    /// `ceil` or `floor` of an integer that becomes 2^63 as a float.
    #[error(
        "Due to a bug (see https://github.com/NixOS/nix/issues/12899) the NixInt argument {0} caused undefined behavior in previous Nix versions.\n\tFuture Nix versions might implement the correct behavior."
    )]
    IntegerRange(i64),
    /// `ceil` or `floor` of an integer that becomes another one as a float.
    #[error(
        "Due to a bug (see https://github.com/NixOS/nix/issues/12899) a loss of precision occurred in previous Nix versions because the NixInt argument {0} was rounded to {1}.\n\tFuture Nix versions might implement the correct behavior."
    )]
    IntegerPrecision(i64, i64),
}

/// `a + b`.
///
/// # Errors
/// [`NumberError::Add`] on overflow.
pub fn add(a: i64, b: i64) -> Result<i64, NumberError> {
    a.checked_add(b).ok_or(NumberError::Add(a, b))
}

/// `a - b`.
///
/// # Errors
/// [`NumberError::Sub`] on overflow.
pub fn sub(a: i64, b: i64) -> Result<i64, NumberError> {
    a.checked_sub(b).ok_or(NumberError::Sub(a, b))
}

/// `a * b`.
///
/// # Errors
/// [`NumberError::Mul`] on overflow.
pub fn mul(a: i64, b: i64) -> Result<i64, NumberError> {
    a.checked_mul(b).ok_or(NumberError::Mul(a, b))
}

/// `a / b`, rounded towards zero.
///
/// # Errors
/// [`NumberError::DivisionByZero`], or [`NumberError::Div`] on overflow.
pub fn div(a: i64, b: i64) -> Result<i64, NumberError> {
    if b == 0 {
        return Err(NumberError::DivisionByZero);
    }
    a.checked_div(b).ok_or(NumberError::Div(a, b))
}

/// `a / b` where either is a float; Nix refuses a zero here too, of either sign.
///
/// # Errors
/// [`NumberError::DivisionByZero`].
pub fn div_float(a: f64, b: f64) -> Result<f64, NumberError> {
    if b == 0.0 { Err(NumberError::DivisionByZero) } else { Ok(a / b) }
}

/// `builtins.ceil` of a float.
///
/// # Errors
/// [`NumberError::FloatRange`].
pub fn ceil(value: f64) -> Result<i64, NumberError> {
    in_range(value.ceil()).ok_or(NumberError::FloatRange(value))
}

/// `builtins.floor` of a float.
///
/// # Errors
/// [`NumberError::FloatRange`].
pub fn floor(value: f64) -> Result<i64, NumberError> {
    in_range(value.floor()).ok_or(NumberError::FloatRange(value))
}

/// `builtins.ceil` and `builtins.floor` of an integer: itself, if it survives as a float.
///
/// # Errors
/// [`NumberError::IntegerRange`] or [`NumberError::IntegerPrecision`].
pub fn round_integer(value: i64) -> Result<i64, NumberError> {
    match in_range(value as f64) {
        None => Err(NumberError::IntegerRange(value)),
        Some(same) if same == value => Ok(value),
        Some(other) => Err(NumberError::IntegerPrecision(value, other)),
    }
}

/// A whole float as an integer; none outside of [-2^63, 2^63), and for NaN.
fn in_range(whole: f64) -> Option<i64> {
    let limit = -(i64::MIN as f64);
    (whole >= -limit && whole < limit).then_some(whole as i64)
}

/// A float as `toString` shows it: C's `%f`.
pub fn to_fixed(value: f64) -> String {
    not_finite(value).map_or_else(|| format!("{value:.6}"), str::to_owned)
}

/// What C calls a float that is no number; it shows the sign of NaN.
fn not_finite(value: f64) -> Option<&'static str> {
    match (value.is_nan(), value.is_infinite(), value.is_sign_negative()) {
        (true, _, true) => Some("-nan"),
        (true, _, false) => Some("nan"),
        (false, true, true) => Some("-inf"),
        (false, true, false) => Some("inf"),
        (false, false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(value: f64) -> String {
        let mut out = Vec::new();
        push_json(&mut out, value);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// (value, JSON, toString, printed), every row observed with Nix 2.34.8.
    #[test]
    fn floats_show_three_faces() {
        let inf = f64::INFINITY;
        let rows = [
            (0.0, "0.0", "0.000000", "0"),
            (-0.0, "-0.0", "-0.000000", "-0"),
            (1.0, "1.0", "1.000000", "1"),
            (0.1, "0.1", "0.100000", "0.1"),
            (1e14, "100000000000000.0", "100000000000000.000000", "1e+14"),
            (1e15, "1e+15", "1000000000000000.000000", "1e+15"),
            (123_456_789.125, "123456789.125", "123456789.125000", "1.23457e+08"),
            (1e-4, "0.0001", "0.000100", "0.0001"),
            (1e-5, "1e-05", "0.000010", "1e-05"),
            (0.000_123_45, "0.00012345", "0.000123", "0.00012345"),
            (1.5e-7, "1.5e-07", "0.000000", "1.5e-07"),
            (1e22, "1e+22", "10000000000000000000000.000000", "1e+22"),
            (1e23, "9.999999999999999e+22", "99999999999999991611392.000000", "1e+23"),
            (999_999.5, "999999.5", "999999.500000", "1e+06"),
            (100_000.0, "100000.0", "100000.000000", "100000"),
            (1_000_000.0, "1000000.0", "1000000.000000", "1e+06"),
            (123_456.7, "123456.7", "123456.700000", "123457"),
            (1_234_567.0, "1234567.0", "1234567.000000", "1.23457e+06"),
            (
                12_345_678_901_234_568.0,
                "1.2345678901234568e+16",
                "12345678901234568.000000",
                "1.23457e+16",
            ),
            (
                9_007_199_254_740_992.0,
                "9.007199254740992e+15",
                "9007199254740992.000000",
                "9.0072e+15",
            ),
            (4.35, "4.35", "4.350000", "4.35"),
            (2.5, "2.5", "2.500000", "2.5"),
            (inf, "null", "inf", "inf"),
            (-inf, "null", "-inf", "-inf"),
            (f64::NAN.copysign(-1.0), "null", "-nan", "-nan"),
        ];
        for (value, in_json, fixed, general) in rows {
            assert_eq!(json(value), in_json, "{value:e}");
            assert_eq!(to_fixed(value), fixed, "{value:e}");
            assert_eq!(to_general(value), general, "{value:e}");
        }
        assert_eq!(json(f64::MAX), "1.7976931348623157e+308");
        assert_eq!(to_general(f64::MAX), "1.79769e+308");
    }

    #[test]
    fn overflow_and_zero_are_errors_in_the_words_of_nix() {
        let text = |result: Result<i64, NumberError>| result.map_err(|error| error.to_string());
        let fails = |message: &str| Err(message.to_owned());
        let max = i64::MAX;
        assert_eq!(text(add(max, 1)), fails("integer overflow in adding 9223372036854775807 + 1"));
        assert_eq!(
            text(sub(-max, 2)),
            fails("integer overflow in subtracting -9223372036854775807 - 2")
        );
        assert_eq!(
            text(mul(max, 2)),
            fails("integer overflow in multiplying 9223372036854775807 * 2")
        );
        assert_eq!(
            text(div(i64::MIN, -1)),
            fails("integer overflow in dividing -9223372036854775808 / -1")
        );
        assert_eq!(text(div(1, 0)), fails("division by zero"));
        assert_eq!(div_float(1.0, -0.0), Err(NumberError::DivisionByZero));
        assert_eq!((add(1, 2), sub(1, 2), mul(3, -2), div(-7, 2)), (Ok(3), Ok(-1), Ok(-6), Ok(-3)));
    }

    /// The messages were observed with Nix 2.34.8.
    #[test]
    fn rounding_stays_within_integers() {
        let refused =
            |result: Result<i64, NumberError>| result.err().map(|error| error.to_string());
        let range =
            |shown: &str| Some(format!("NixFloat argument {shown} is not in the range of NixInt"));
        assert_eq!(ceil(-0.5), Ok(0));
        assert_eq!(floor(-0.5), Ok(-1));
        assert_eq!(floor(-9_223_372_036_854_775_808.0), Ok(i64::MIN));
        assert_eq!(refused(floor(9_223_372_036_854_775_808.0)), range("9.22337e+18"));
        assert_eq!(refused(ceil(1e300)), range("1e+300"));
        assert_eq!(refused(floor(f64::INFINITY)), range("inf"));
        assert_eq!(refused(floor(f64::NAN.copysign(-1.0))), range("-nan"));
        assert_eq!(round_integer(i64::MIN), Ok(i64::MIN));
        let lost = round_integer(9_007_199_254_740_993);
        assert_eq!(
            lost,
            Err(NumberError::IntegerPrecision(9_007_199_254_740_993, 9_007_199_254_740_992))
        );
        let beyond = refused(round_integer(i64::MAX)).unwrap_or_default();
        assert!(
            beyond.contains("the NixInt argument 9223372036854775807 caused undefined behavior")
        );
    }
}
