//! Arithmetic between values: numbers, texts, lists, times and spans.

use time::Duration;

use super::super::ast::Operator;
use super::super::error::TemplateError;
use super::super::format::percent;
use super::super::number::{to_float, to_int};
use super::super::value::Val;
use super::{Frame, Result};
use crate::declarative::datetime::{DateError, Moment, Span};

impl From<DateError> for TemplateError {
    fn from(error: DateError) -> Self {
        Self::Value(error.0)
    }
}

pub fn negate<'a>(value: &Val<'a>) -> Result<Val<'a>> {
    match value {
        Val::Float(value) => Ok(Val::Float(-value)),
        Val::Span(span) => Ok(Val::Span(span.times(-1))),
        other => match other.as_int() {
            Some(value) => value.checked_neg().map(Val::Int).ok_or_else(too_large),
            None => Err(bad_unary("-", other)),
        },
    }
}

pub fn plus(value: Val<'_>) -> Result<Val<'_>> {
    match &value {
        Val::Float(_) | Val::Span(_) => Ok(value),
        other => match other.as_int() {
            Some(value) => Ok(Val::Int(value)),
            None => Err(bad_unary("+", other)),
        },
    }
}

fn bad_unary(sign: &str, value: &Val<'_>) -> TemplateError {
    value.missing().unwrap_or_else(|| {
        TemplateError::kind(format!(
            "bad operand type for unary {sign}: '{}'",
            value.kind()
        ))
    })
}

pub fn binary<'a>(
    frame: &mut Frame<'a>,
    operator: Operator,
    left: &Val<'a>,
    right: &Val<'a>,
) -> Result<Val<'a>> {
    if let (Operator::Modulo, Val::Text(pattern)) = (operator, left) {
        let text = percent(pattern, right)?;
        return frame.text(text);
    }
    if let Some(missing) = left.missing().or_else(|| right.missing()) {
        return Err(missing);
    }
    if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
        return integers(operator, a, b);
    }
    if let (Some(a), Some(b)) = (left.as_float(), right.as_float()) {
        return floats(operator, a, b).map(Val::Float);
    }
    match operator {
        Operator::Add => add(frame, left, right),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply => multiply(frame, left, right),
        Operator::Divide | Operator::FloorDivide => divide(operator, left, right),
        _ => Err(unsupported(operator, left, right)),
    }
}

fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
        Operator::FloorDivide => "//",
        Operator::Modulo => "%",
        Operator::Power => "** or pow()",
    }
}

fn unsupported(operator: Operator, left: &Val<'_>, right: &Val<'_>) -> TemplateError {
    TemplateError::kind(format!(
        "unsupported operand type(s) for {}: '{}' and '{}'",
        sign(operator),
        left.kind(),
        right.kind()
    ))
}

fn too_large() -> TemplateError {
    TemplateError::Limit("computes a number that is too large")
}

fn by_zero() -> TemplateError {
    TemplateError::value("division by zero")
}

fn integers<'a>(operator: Operator, a: i128, b: i128) -> Result<Val<'a>> {
    let whole = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Subtract => a.checked_sub(b),
        Operator::Multiply => a.checked_mul(b),
        Operator::Divide | Operator::FloorDivide | Operator::Modulo if b == 0 => {
            return Err(by_zero());
        }
        Operator::Power if b < 0 && a == 0 => return Err(by_zero()),
        Operator::Divide => return Ok(Val::Float(to_float(a) / to_float(b))),
        Operator::FloorDivide => a.checked_div(b).map(|q| {
            if a % b != 0 && (a < 0) != (b < 0) {
                q - 1
            } else {
                q
            }
        }),
        Operator::Modulo => a.checked_rem(b).map(|r| {
            if r != 0 && (r < 0) != (b < 0) {
                r + b
            } else {
                r
            }
        }),
        Operator::Power if b < 0 => return Ok(Val::Float(to_float(a).powf(to_float(b)))),
        Operator::Power => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
    };
    whole.map(Val::Int).ok_or_else(too_large)
}

fn floats(operator: Operator, a: f64, b: f64) -> Result<f64> {
    Ok(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide | Operator::FloorDivide | Operator::Modulo if b == 0.0 => {
            return Err(by_zero());
        }
        Operator::Divide => a / b,
        Operator::FloorDivide => (a / b).floor(),
        Operator::Modulo => {
            let rest = a % b;
            if rest != 0.0 && (rest < 0.0) != (b < 0.0) {
                rest + b
            } else {
                rest
            }
        }
        Operator::Power => a.powf(b),
    })
}

fn add<'a>(frame: &mut Frame<'a>, left: &Val<'a>, right: &Val<'a>) -> Result<Val<'a>> {
    match (left, right) {
        (Val::Text(a), Val::Text(b)) => frame.text(format!("{a}{b}")),
        (Val::Text(_), other) => Err(TemplateError::kind(format!(
            "can only concatenate str (not \"{}\") to str",
            other.kind()
        ))),
        (Val::Array(_) | Val::List(_), Val::Array(_) | Val::List(_)) => {
            let mut items = left.items()?;
            items.extend(right.items()?);
            frame.spend(items.len())?;
            Ok(Val::list(items))
        }
        (Val::Tuple(a), Val::Tuple(b)) => {
            frame.spend(a.len() + b.len())?;
            Ok(Val::tuple(
                a.iter().chain(b.iter()).cloned().collect::<Vec<_>>(),
            ))
        }
        (Val::Time(time), Val::Span(span)) | (Val::Span(span), Val::Time(time)) => {
            Ok(Val::Time(time.plus(span)?))
        }
        (Val::Date(date), Val::Span(span)) | (Val::Span(span), Val::Date(date)) => {
            move_date(*date, span, 1)
        }
        (Val::Span(a), Val::Span(b)) => Ok(Val::Span(a.plus(b, 1))),
        _ => Err(unsupported(Operator::Add, left, right)),
    }
}

fn subtract<'a>(left: &Val<'a>, right: &Val<'a>) -> Result<Val<'a>> {
    match (left, right) {
        (Val::Time(time), Val::Span(span)) => Ok(Val::Time(time.minus(span)?)),
        (Val::Time(a), Val::Time(b)) => match a.since(b) {
            Some(duration) => Ok(Val::Span(Span::Exact(duration))),
            None => Err(TemplateError::kind(
                "can't subtract offset-naive and offset-aware datetimes",
            )),
        },
        (Val::Date(date), Val::Span(span)) => move_date(*date, span, -1),
        (Val::Date(a), Val::Date(b)) => Ok(Val::Span(Span::Exact(*a - *b))),
        (Val::Span(a), Val::Span(b)) => Ok(Val::Span(a.plus(b, -1))),
        _ => Err(unsupported(Operator::Subtract, left, right)),
    }
}

/// Dates move by whole days: what is left of a span is dropped, as Python drops it.
fn move_date<'a>(date: time::Date, span: &Span, sign: i32) -> Result<Val<'a>> {
    let moved = span.shift_months(date, sign)?;
    let days = Span::Exact(span.exact()).parts().0;
    let days = days.checked_mul(sign.into()).unwrap_or(i64::MAX);
    let moved = moved
        .checked_add(Duration::seconds(days.saturating_mul(86_400)))
        .filter(|date| (1..=9999).contains(&date.year()))
        .ok_or_else(|| TemplateError::value("date value out of range"))?;
    Ok(Val::Date(moved))
}

fn multiply<'a>(frame: &mut Frame<'a>, left: &Val<'a>, right: &Val<'a>) -> Result<Val<'a>> {
    let (value, factor) = match (left.as_int(), right.as_int()) {
        (None, Some(factor)) => (left, factor),
        (Some(factor), None) => (right, factor),
        _ => return Err(unsupported(Operator::Multiply, left, right)),
    };
    let times = usize::try_from(factor.max(0)).unwrap_or(usize::MAX);
    match value {
        Val::Text(text) => {
            frame.write(text.len().saturating_mul(times))?;
            Ok(Val::owned(text.repeat(times)))
        }
        Val::Array(_) | Val::List(_) => Ok(Val::list(repeated(frame, &value.items()?, times)?)),
        Val::Tuple(items) => Ok(Val::tuple(repeated(frame, items, times)?)),
        Val::Span(span) => match i32::try_from(factor) {
            Ok(factor) => Ok(Val::Span(span.times(factor))),
            Err(_) => Err(TemplateError::value("date value out of range")),
        },
        other => Err(unsupported(Operator::Multiply, other, &Val::Int(factor))),
    }
}

fn repeated<'a>(frame: &mut Frame<'a>, items: &[Val<'a>], times: usize) -> Result<Vec<Val<'a>>> {
    frame.spend(items.len().saturating_mul(times))?;
    Ok(items
        .iter()
        .cycle()
        .take(items.len() * times)
        .cloned()
        .collect())
}

fn divide<'a>(operator: Operator, left: &Val<'a>, right: &Val<'a>) -> Result<Val<'a>> {
    let (Val::Span(Span::Exact(span)), other) = (left, right) else {
        return Err(unsupported(operator, left, right));
    };
    let micros = span.whole_microseconds();
    if let Val::Span(Span::Exact(by)) = other {
        let by = by.whole_microseconds();
        if by == 0 {
            return Err(by_zero());
        }
        return integers(operator, micros, by);
    }
    let by = other
        .as_float()
        .ok_or_else(|| unsupported(operator, left, right))?;
    if by == 0.0 {
        return Err(by_zero());
    }
    let exact = to_float(micros) / by;
    let rounded = if operator == Operator::Divide {
        exact.round_ties_even()
    } else {
        exact.floor()
    };
    let micros = to_int(rounded).ok_or_else(|| TemplateError::value("date value out of range"))?;
    let later = Moment::from_micros(micros)?.since(&Moment::EPOCH);
    Ok(Val::Span(Span::Exact(later.unwrap_or_default())))
}
