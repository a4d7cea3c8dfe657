//! What a plain word of YAML 1.1 is: a number, a flag, nothing, or itself. Dates stay the texts they are.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Number, Value};

static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$",
    )
});
static INT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is fixed and valid")
}

pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let number = if INT.is_match(text) {
        int(&text.replace('_', ""))
    } else if FLOAT.is_match(text) {
        let plain = text.replace('_', "").parse().ok();
        plain.and_then(Number::from_f64)
    } else {
        None
    };
    number.map_or_else(|| Value::from(text), Value::Number)
}

fn int(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value: i128 = if let Some(digits) = digits.strip_prefix("0b") {
        i128::from_str_radix(digits, 2).ok()?
    } else if let Some(digits) = digits.strip_prefix("0x") {
        i128::from_str_radix(digits, 16).ok()?
    } else if digits.contains(':') {
        // Base sixty, as clocks count.
        digits.split(':').try_fold(0_i128, |sum, part| {
            Some(sum * 60 + part.parse::<i128>().ok()?)
        })?
    } else if digits.len() > 1 && digits.starts_with('0') {
        i128::from_str_radix(digits, 8).ok()?
    } else {
        digits.parse().ok()?
    };
    Number::from_i128(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_what_python_takes_them_for() {
        let cases = [
            ("1_000", json!(1000)),
            ("0x1F", json!(31)),
            ("017", json!(15)),
            ("0b11", json!(3)),
            ("190:20:30", json!(685_230)),
            ("-0", json!(0)),
            ("+7", json!(7)),
            ("1.50", json!(1.5)),
            (".5", json!(0.5)),
            ("1.0e+3", json!(1000.0)),
            ("1e3", json!("1e3")),
            ("0o14", json!("0o14")),
            ("08", json!("08")),
            ("1.2.3", json!("1.2.3")),
            ("2024-01-01", json!("2024-01-01")),
            ("y", json!("y")),
            ("off", json!(false)),
            ("~", json!(null)),
            (
                "12345678901234567890",
                json!(12_345_678_901_234_567_890_u64),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(resolve(text), expected, "{text}");
        }
    }
}
