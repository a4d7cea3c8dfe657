//! Equality and order as Python has them: `1 == True`, lists item by item, errors between kinds that have no order.

use std::cmp::Ordering;

use super::super::error::TemplateError;
use super::{Part, Special, Val};

pub fn equal(left: &Val<'_>, right: &Val<'_>) -> bool {
    match (left, right) {
        (Val::Undefined(_), Val::Undefined(_)) | (Val::None, Val::None) => true,
        (Val::Text(a), Val::Text(b)) => a == b,
        (Val::Bytes(a), Val::Bytes(b)) => a == b,
        (Val::Time(a), Val::Time(b)) => a.compare(b) == Some(Ordering::Equal),
        (Val::Date(a), Val::Date(b)) => a == b,
        (Val::Span(a), Val::Span(b)) => a == b,
        (Val::Tuple(a), Val::Tuple(b)) => all_equal(a, b),
        (Val::Array(_) | Val::List(_), Val::Array(_) | Val::List(_)) => {
            match (left.sequence(), right.sequence()) {
                (Some(a), Some(b)) => all_equal(&a, &b),
                _ => false,
            }
        }
        (Val::Special(a), Val::Special(b)) => {
            std::ptr::addr_eq(std::rc::Rc::as_ptr(a), std::rc::Rc::as_ptr(b)) || same_members(a, b)
        }
        _ => numbers(left, right).map_or_else(
            || same_entries(left, right),
            |order| order == Some(Ordering::Equal),
        ),
    }
}

fn all_equal(left: &[Val<'_>], right: &[Val<'_>]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| equal(a, b))
}

/// Views of keys and of pairs are sets; those of values are themselves only.
fn same_members(left: &Special<'_>, right: &Special<'_>) -> bool {
    let members =
        |special: &Special<'_>| matches!(special, Special::View(_, part) if *part != Part::Values);
    if !members(left) || !members(right) {
        return false;
    }
    match (left.items(), right.items()) {
        (Ok(a), Ok(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|item| b.iter().any(|other| equal(item, other)))
        }
        _ => false,
    }
}

fn same_entries(left: &Val<'_>, right: &Val<'_>) -> bool {
    let (Some(a), Some(b)) = (left.pairs(), right.pairs()) else {
        return false;
    };
    a.len() == b.len()
        && a.iter().all(|(key, value)| {
            b.iter()
                .any(|(other, found)| equal(key, other) && equal(value, found))
        })
}

/// The order of two numbers; there is none with NaN.
type Order = Option<Ordering>;

/// `None` when they are not both numbers.
fn numbers(left: &Val<'_>, right: &Val<'_>) -> Option<Order> {
    if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
        return Some(Some(a.cmp(&b)));
    }
    Some(left.as_float()?.partial_cmp(&right.as_float()?))
}

/// The order of two values; the inner `None` is that of NaN, unequal to everything.
pub fn compare(
    left: &Val<'_>,
    right: &Val<'_>,
    sign: &str,
) -> Result<Option<Ordering>, TemplateError> {
    if let Some(missing) = left.missing().or_else(|| right.missing()) {
        return Err(missing);
    }
    if let Some(order) = numbers(left, right) {
        return Ok(order);
    }
    match (left, right) {
        (Val::Text(a), Val::Text(b)) => Ok(Some(a.cmp(b))),
        (Val::Bytes(a), Val::Bytes(b)) => Ok(Some(a.cmp(b))),
        (Val::Date(a), Val::Date(b)) => Ok(Some(a.cmp(b))),
        (Val::Time(a), Val::Time(b)) => match a.compare(b) {
            Some(order) => Ok(Some(order)),
            None => Err(TemplateError::kind(
                "can't compare offset-naive and offset-aware datetimes",
            )),
        },
        (Val::Span(a), Val::Span(b)) => a
            .compare(b)
            .map(Some)
            .ok_or_else(|| no_order(left, right, sign)),
        (Val::Tuple(a), Val::Tuple(b)) => sequences(a, b, sign),
        (Val::Array(_) | Val::List(_), Val::Array(_) | Val::List(_)) => {
            sequences(&left.items()?, &right.items()?, sign)
        }
        _ => Err(no_order(left, right, sign)),
    }
}

fn sequences(
    left: &[Val<'_>],
    right: &[Val<'_>],
    sign: &str,
) -> Result<Option<Ordering>, TemplateError> {
    for (a, b) in left.iter().zip(right) {
        if !equal(a, b) {
            return compare(a, b, sign);
        }
    }
    Ok(Some(left.len().cmp(&right.len())))
}

fn no_order(left: &Val<'_>, right: &Val<'_>, sign: &str) -> TemplateError {
    TemplateError::kind(format!(
        "'{sign}' not supported between instances of '{}' and '{}'",
        left.kind(),
        right.kind()
    ))
}
