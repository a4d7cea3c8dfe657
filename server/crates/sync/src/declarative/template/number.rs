//! Numbers between Python's kinds. The one place where integers and floats are converted.

/// The nearest float.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "rounding to the nearest float is what is asked for"
)]
pub fn to_float(value: i128) -> f64 {
    value as f64
}

/// The whole part, if it is one and fits.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "the range is checked before"
)]
pub fn to_int(value: f64) -> Option<i128> {
    let whole = value.trunc();
    (whole.is_finite() && whole.abs() < 1.0e37).then_some(whole as i128)
}

/// A float as Python writes it: the shortest digits that read back, an exponent outside of 1e-4..1e16.
pub fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let plain = format!("{value}");
        return if plain.contains('.') {
            plain
        } else {
            plain + ".0"
        };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Rounds half to even at that many decimals, as Python's `round` does.
pub fn round_half_even(value: f64, places: usize) -> f64 {
    format!("{value:.places$}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_python_writes_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1.5e-7, "1.5e-07"),
            (123_456_789_012_345.6, "123456789012345.6"),
            (-0.0001, "-0.0001"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
