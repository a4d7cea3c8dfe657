//! Decimal text as PostgreSQL's binary `numeric` and `bigint`, exactly: no floating point on the way.

use super::value::Refused;

/// Digits before the point that `numeric` holds, and digits after it.
const MOST_WHOLE: i64 = 131_072;
const MOST_SCALE: i64 = 16_383;
const POSITIVE: u16 = 0x0000;
const NEGATIVE: u16 = 0x4000;

/// A decimal number taken apart: `0.d1d2d3… × 10^point`.
struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    /// Where the point stands, counted in digits from the first of `whole`.
    point: i64,
    /// Digits after the point as written.
    scale: i64,
}

impl<'a> Decimal<'a> {
    /// Reads what JSON calls a number, or the same inside a string (with an optional plus).
    fn parse(text: &'a [u8]) -> Result<Self, Refused> {
        let (negative, unsigned) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) =
            match unsigned.iter().position(|byte| matches!(byte, b'e' | b'E')) {
                Some(at) => (
                    unsigned.get(..at).unwrap_or_default(),
                    parse_exponent(unsigned.get(at + 1..).unwrap_or_default())?,
                ),
                None => (unsigned, 0),
            };
        let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
            Some(at) => (
                mantissa.get(..at).unwrap_or_default(),
                mantissa.get(at + 1..).unwrap_or_default(),
            ),
            None => (mantissa, &[][..]),
        };
        if whole.is_empty() && fraction.is_empty()
            || !whole.iter().chain(fraction).all(u8::is_ascii_digit)
        {
            return Err(Refused::Unreadable);
        }
        let point = length(whole) + exponent;
        Ok(Self {
            negative,
            whole,
            fraction,
            point,
            scale: (length(fraction) - exponent).max(0),
        })
    }

    /// All digits in order.
    fn digits(&self) -> impl Iterator<Item = u16> + '_ {
        self.whole
            .iter()
            .chain(self.fraction)
            .map(|digit| u16::from(digit - b'0'))
    }
}

fn length(digits: &[u8]) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

fn parse_exponent(text: &[u8]) -> Result<i64, Refused> {
    let text = std::str::from_utf8(text).map_err(|_| Refused::Unreadable)?;
    // Longer exponents are out of every range.
    if text.len() > 9
        && text
            .trim_start_matches(['+', '-'])
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    {
        return Err(Refused::OutOfRange);
    }
    text.parse().map_err(|_| Refused::Unreadable)
}

/// Appends the binary form of `numeric`, without its length.
pub fn encode(text: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let decimal = Decimal::parse(text)?;
    if decimal.scale > MOST_SCALE {
        return Err(Refused::OutOfRange);
    }
    let head = out.len();
    out.extend_from_slice(&[0; 8]);
    let leading =
        i64::try_from(decimal.digits().take_while(|digit| *digit == 0).count()).unwrap_or(i64::MAX);
    let point = decimal.point - leading;
    let groups = push_groups(
        decimal
            .digits()
            .skip(usize::try_from(leading).unwrap_or(usize::MAX)),
        point,
        out,
    );
    let weight = if groups == 0 {
        0
    } else {
        (point - 1).div_euclid(4)
    };
    if groups > 0 && point > MOST_WHOLE {
        return Err(Refused::OutOfRange);
    }
    let sign = if decimal.negative && groups > 0 {
        NEGATIVE
    } else {
        POSITIVE
    };
    let fields = [
        u16::try_from(groups)
            .map_err(|_| Refused::OutOfRange)?
            .to_be_bytes(),
        i16::try_from(weight)
            .map_err(|_| Refused::OutOfRange)?
            .to_be_bytes(),
        sign.to_be_bytes(),
        u16::try_from(decimal.scale)
            .map_err(|_| Refused::OutOfRange)?
            .to_be_bytes(),
    ];
    for (slot, field) in out.iter_mut().skip(head).zip(fields.concat()) {
        *slot = field;
    }
    Ok(())
}

/// Appends digits in groups of four, aligned to the point; trailing zero groups are left out. Returns how many.
fn push_groups(digits: impl Iterator<Item = u16>, point: i64, out: &mut Vec<u8>) -> usize {
    let start = out.len();
    let mut missing = 4 - (point - 1).rem_euclid(4) - 1;
    let (mut group, mut filled, mut keep) = (0_u16, missing, start);
    let mut push = |group: u16, out: &mut Vec<u8>| {
        out.extend_from_slice(&group.to_be_bytes());
        if group != 0 {
            keep = out.len();
        }
    };
    for digit in digits {
        group = group * 10 + digit;
        filled += 1;
        if filled == 4 {
            push(group, out);
            (group, filled) = (0, 0);
        }
    }
    missing = 4 - filled;
    if filled > 0 && missing < 4 {
        for _ in 0..missing {
            group *= 10;
        }
        push(group, out);
    }
    out.truncate(keep);
    (keep - start) / 2
}

/// Reads a whole number: plain digits, or any decimal whose fraction is zero.
pub fn integer(text: &[u8]) -> Result<i64, Refused> {
    if text.len() <= 18 {
        let (negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
            let value = digits
                .iter()
                .fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
            return Ok(if negative { -value } else { value });
        }
    }
    exact_integer(&Decimal::parse(text)?)
}

fn exact_integer(decimal: &Decimal<'_>) -> Result<i64, Refused> {
    let mut value = 0_i128;
    let mut position = 0_i64;
    for digit in decimal.digits() {
        if position >= decimal.point {
            if digit != 0 {
                return Err(Refused::Unreadable);
            }
            continue;
        }
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i128::from(digit)))
            .ok_or(Refused::OutOfRange)?;
        position += 1;
    }
    while value != 0 && position < decimal.point {
        value = value.checked_mul(10).ok_or(Refused::OutOfRange)?;
        position += 1;
    }
    i64::try_from(if decimal.negative { -value } else { value }).map_err(|_| Refused::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ndigits, weight, sign, dscale, digits…
    fn fields(text: &str) -> Vec<i32> {
        let mut out = Vec::new();
        encode(text.as_bytes(), &mut out).unwrap();
        out.chunks(2)
            .map(|pair| i32::from(i16::from_be_bytes([pair[0], pair[1]])))
            .collect()
    }

    #[test]
    fn groups_of_four_digits_are_aligned_to_the_point() {
        assert_eq!(fields("0"), [0, 0, 0, 0]);
        assert_eq!(fields("0.00"), [0, 0, 0, 2]);
        assert_eq!(fields("-0"), [0, 0, 0, 0]);
        assert_eq!(fields("1"), [1, 0, 0, 0, 1]);
        assert_eq!(fields("-12345.678"), [3, 1, 0x4000, 3, 1, 2345, 6780]);
        assert_eq!(fields("10000"), [1, 1, 0, 0, 1]);
        assert_eq!(fields("0.0001"), [1, -1, 0, 4, 1]);
        assert_eq!(fields("0.00001"), [1, -2, 0, 5, 1000]);
        assert_eq!(fields("1.50"), [2, 0, 0, 2, 1, 5000]);
        assert_eq!(fields("1E5"), [1, 1, 0, 0, 10]);
        assert_eq!(fields("12e-4"), [1, -1, 0, 4, 12]);
        assert_eq!(fields("9999.9999"), [2, 0, 0, 4, 9999, 9999]);
    }

    #[test]
    fn numbers_beyond_the_type_are_told_from_words() {
        let mut out = Vec::new();
        assert_eq!(encode(b"1e131073", &mut out), Err(Refused::OutOfRange));
        assert_eq!(encode(b"1e-16384", &mut out), Err(Refused::OutOfRange));
        assert_eq!(encode(b"1e99999999999", &mut out), Err(Refused::OutOfRange));
        assert_eq!(encode(b"twelve", &mut out), Err(Refused::Unreadable));
        assert_eq!(encode(b"1,5", &mut out), Err(Refused::Unreadable));
        assert_eq!(encode(b".", &mut out), Err(Refused::Unreadable));
    }

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        assert_eq!(integer(b"-42"), Ok(-42));
        assert_eq!(integer(b"9223372036854775807"), Ok(i64::MAX));
        assert_eq!(integer(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(integer(b"9223372036854775808"), Err(Refused::OutOfRange));
        assert_eq!(integer(b"3.0"), Ok(3));
        assert_eq!(integer(b"1.5e1"), Ok(15));
        assert_eq!(integer(b"3.5"), Err(Refused::Unreadable));
        assert_eq!(integer(b"1e30"), Err(Refused::OutOfRange));
        assert_eq!(integer(b"0e999999"), Ok(0));
        assert_eq!(integer(b""), Err(Refused::Unreadable));
    }
}
