//! Filters that make and change numbers.

use super::super::error::TemplateError;
use super::super::eval::{Arguments, Frame, Result, int_of, size_of, text_of};
use super::super::number::{round_half_even, to_int};
use super::super::value::Val;
use super::{Run, plain};

pub fn find(name: &str) -> Option<Run> {
    Some(match name {
        "int" => int,
        "float" => float,
        "abs" => |frame, value, args| {
            plain(frame, value, args, |_, value| match value {
                Val::Float(float) => Ok(Val::Float(float.abs())),
                other => match other.as_int() {
                    Some(int) => Ok(Val::Int(int.saturating_abs())),
                    None => Err(bad_operand(other)),
                },
            })
        },
        "round" => round,
        "filesizeformat" => filesize,
        _ => return None,
    })
}

fn bad_operand(value: &Val<'_>) -> TemplateError {
    value.missing().unwrap_or_else(|| {
        TemplateError::kind(format!("bad operand type for abs(): '{}'", value.kind()))
    })
}

fn int<'a>(_: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [default, base] = args.bind(["default", "base"], 0)?;
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let base = match &base {
        Some(base) => int_of(base)?,
        None => 10,
    };
    let number = match value {
        Val::Text(text) => parse_int(text, base).or_else(|| parse_float(text).and_then(to_int)),
        Val::Float(float) => to_int(*float),
        other => other.as_int(),
    };
    Ok(number.map(Val::Int).or(default).unwrap_or(Val::Int(0)))
}

/// `int(text, base)`; base 0 asks the prefix.
fn parse_int(text: &str, base: i128) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, radix)))
        .filter(|(_, radix)| base == 0 || base == i128::from(*radix));
    let (digits, radix) = match prefixed {
        Some(found) => found,
        None => (
            lower.as_str(),
            if base == 0 {
                10
            } else {
                u32::try_from(base).ok()?
            },
        ),
    };
    if !(2..=36).contains(&radix) || !well_spaced(digits) {
        return None;
    }
    let number = i128::from_str_radix(&digits.replace('_', ""), radix).ok()?;
    Some(if negative { -number } else { number })
}

/// Underscores only between digits.
fn well_spaced(digits: &str) -> bool {
    let first = digits
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphanumeric());
    first && !digits.ends_with('_') && !digits.contains("__")
}

/// `float(text)`.
pub fn parse_float(text: &str) -> Option<f64> {
    let plain = text.trim();
    if plain.contains('_') && !well_spaced(plain.trim_start_matches(['+', '-'])) {
        return None;
    }
    plain.replace('_', "").parse().ok()
}

fn float<'a>(_: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [default] = args.bind(["default"], 0)?;
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let number = match value {
        Val::Text(text) => parse_float(text),
        other => other.as_float(),
    };
    Ok(number
        .map(Val::Float)
        .or(default)
        .unwrap_or(Val::Float(0.0)))
}

fn round<'a>(_: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [precision, method] = args.bind(["precision", "method"], 0)?;
    let places = match &precision {
        Some(precision) => int_of(precision)?,
        None => 0,
    };
    let method = match &method {
        Some(method) => text_of(method)?.to_owned(),
        None => "common".to_owned(),
    };
    if let Some(missing) = value.missing() {
        return Err(missing);
    }
    let number = value.as_float().ok_or_else(|| {
        TemplateError::kind(format!(
            "type {} doesn't define __round__ method",
            value.kind()
        ))
    })?;
    let power = i32::try_from(places.clamp(-300, 300)).unwrap_or(0);
    let scale = 10_f64.powi(power);
    let rounded = match method.as_str() {
        "ceil" => (number * scale).ceil() / scale,
        "floor" => (number * scale).floor() / scale,
        "common" => {
            if let (Some(int), true) = (value.as_int(), places >= 0) {
                return Ok(Val::Int(int));
            }
            match usize::try_from(places) {
                Ok(places) => round_half_even(number, places.min(300)),
                Err(_) => (number * scale).round_ties_even() / scale,
            }
        }
        _ => return Err(TemplateError::value("method must be common, ceil or floor")),
    };
    if value.as_int().is_some() && method == "common" {
        return Ok(to_int(rounded).map_or(Val::Float(rounded), Val::Int));
    }
    Ok(Val::Float(rounded))
}

fn filesize<'a>(frame: &mut Frame<'a>, value: &Val<'a>, args: Arguments<'a>) -> Result<Val<'a>> {
    let [binary] = args.bind(["binary"], 0)?;
    let binary = binary.is_some_and(|binary| binary.truth());
    let bytes = match value {
        Val::Text(text) => parse_float(text),
        other => other.as_float(),
    };
    let bytes = bytes.ok_or_else(|| TemplateError::value("could not convert string to float"))?;
    let (base, units) = if binary {
        (
            1024.0,
            ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"],
        )
    } else {
        (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
    };
    if (bytes - 1.0).abs() < f64::EPSILON {
        return Ok(Val::owned("1 Byte"));
    }
    if bytes < base {
        return frame.text(format!("{bytes:.0} Bytes"));
    }
    let mut scaled = bytes / base;
    for unit in &units[..units.len() - 1] {
        if scaled < base {
            return frame.text(format!("{scaled:.1} {unit}"));
        }
        scaled /= base;
    }
    frame.text(format!("{scaled:.1} {}", units[units.len() - 1]))
}

/// The sum of numbers, or whatever else can be added.
pub fn zero_or(start: Option<Val<'_>>) -> Val<'_> {
    start.unwrap_or(Val::Int(0))
}

/// A count that must be positive.
pub fn count_of(value: &Val<'_>) -> Result<usize> {
    match size_of(value)? {
        0 => Err(TemplateError::value("a count must be positive")),
        count => Ok(count),
    }
}
