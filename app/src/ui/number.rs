//! Numbers in words that are the same on both sides: no locale, no clock.

/// "4,213".
pub fn count(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 table", "4,213 rows".
pub fn plural(value: i64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A word at the start of a label: "Needs you".
pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// "1.4 MB", in steps of 1,000.
pub fn bytes(value: i64) -> String {
    let mut unit = 0;
    let mut tenths = value.max(0).saturating_mul(10);
    while tenths >= 10_000 && unit < 4 {
        tenths = (tenths + 500) / 1000;
        unit += 1;
    }
    let name = ["B", "kB", "MB", "GB", "TB"][unit];
    if unit == 0 || tenths >= 1000 {
        format!("{} {name}", tenths / 10)
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// "12 ms", "0.4 s", "38 s", "2 m 05 s", "1 h 12 m".
pub fn duration(millis: i64) -> String {
    let millis = millis.max(0);
    if millis < 100 {
        return format!("{millis} ms");
    }
    match millis / 1000 {
        0..10 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        seconds @ 10..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {:02} m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        for (value, words) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "−1,234,567"),
        ] {
            assert_eq!(count(value), words);
        }
        assert_eq!(plural(1, "row", "rows"), "1 row");
        assert_eq!(plural(2000, "row", "rows"), "2,000 rows");
    }

    #[test]
    fn sizes_keep_three_digits() {
        for (value, words) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_449_000, "1.4 MB"),
            (123_456_789, "123 MB"),
        ] {
            assert_eq!(bytes(value), words, "{value}");
        }
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (value, words) in [
            (12, "12 ms"),
            (420, "0.4 s"),
            (38_900, "38 s"),
            (125_000, "2 m 05 s"),
            (4_320_000, "1 h 12 m"),
        ] {
            assert_eq!(duration(value), words);
        }
    }
}
