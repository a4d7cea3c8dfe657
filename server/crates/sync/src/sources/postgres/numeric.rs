//! PostgreSQL's `numeric` in binary: groups of four decimal digits, written out digit by digit, nothing rounded.

use super::value::Finite;

const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0x0000;
const NOT_A_NUMBER: [u16; 3] = [0xC000, 0xD000, 0xF000];

/// Writes the number as JSON. `None` when the bytes are not a numeric; NaN and the infinities write nothing.
pub fn write(raw: &[u8], out: &mut Vec<u8>) -> Option<Finite> {
    let (head, digits) = raw.split_first_chunk::<8>()?;
    let [count, weight, sign, scale] =
        [0, 2, 4, 6].map(|at| u16::from_be_bytes([head[at], head[at + 1]]));
    let (count, scale) = (usize::from(count), usize::from(scale));
    let weight = i32::from(weight.cast_signed());
    if NOT_A_NUMBER.contains(&sign) {
        return Some(Finite::No);
    }
    if digits.len() != count * 2 || !matches!(sign, POSITIVE | NEGATIVE) {
        return None;
    }
    let group = |position: i32| -> u16 {
        let at = usize::try_from(position)
            .ok()
            .and_then(|position| digits.get(position * 2..position * 2 + 2));
        at.map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]))
    };
    if sign == NEGATIVE {
        out.push(b'-');
    }
    if weight < 0 {
        out.push(b'0');
    } else {
        // The first group without leading zeros, as JSON demands.
        out.extend_from_slice(itoa::Buffer::new().format(group(0)).as_bytes());
        (1..=weight).for_each(|position| out.extend_from_slice(&four(group(position))));
    }
    if scale > 0 {
        out.push(b'.');
        let end = out.len() + scale;
        let mut position = weight + 1;
        while out.len() < end {
            // Groups between the point and the first stored one are zeros.
            out.extend_from_slice(&four(if position < 0 { 0 } else { group(position) }));
            position += 1;
        }
        out.truncate(end);
    }
    Some(Finite::Yes)
}

fn four(group: u16) -> [u8; 4] {
    let digit = |power: u16| b'0' + u8::try_from(group / power % 10).unwrap_or_default();
    [digit(1000), digit(100), digit(10), digit(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(groups: &[u16], weight: i16, sign: u16, scale: u16) -> Vec<u8> {
        let count = u16::try_from(groups.len()).unwrap();
        let head = [count, weight.cast_unsigned(), sign, scale];
        head.iter()
            .chain(groups)
            .flat_map(|part| part.to_be_bytes())
            .collect()
    }

    #[test]
    fn writes_every_digit() {
        let cases = [
            (numeric(&[], 0, POSITIVE, 0), "0"),
            (numeric(&[], 0, POSITIVE, 2), "0.00"),
            (numeric(&[1], 0, POSITIVE, 0), "1"),
            (numeric(&[1], 1, POSITIVE, 0), "10000"),
            (numeric(&[12, 3456, 7800], 1, NEGATIVE, 2), "-123456.78"),
            (numeric(&[1], -1, POSITIVE, 4), "0.0001"),
            (numeric(&[1000], -2, POSITIVE, 5), "0.00001"),
            (numeric(&[5], -3, POSITIVE, 12), "0.000000000005"),
            (numeric(&[1234, 5000], 0, POSITIVE, 1), "1234.5"),
        ];
        for (raw, expected) in cases {
            let mut out = Vec::new();
            assert_eq!(write(&raw, &mut out), Some(Finite::Yes), "{expected}");
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn not_a_number_writes_nothing() {
        let mut out = Vec::new();
        for sign in NOT_A_NUMBER {
            assert_eq!(write(&numeric(&[], 0, sign, 0), &mut out), Some(Finite::No));
        }
        assert_eq!(write(&[0, 1], &mut out), None);
        assert!(out.is_empty());
    }
}
