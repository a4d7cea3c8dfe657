//! The rows of a scripted service, and the part of them that one request asks for.

use std::cmp::Ordering;

use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::facts::{Facts, plain};
use super::script::{Dataset, Selection};

impl Dataset {
    pub fn rows(&self) -> Vec<Value> {
        match self {
            Self::Rows(rows) => rows.clone(),
            Self::Rule { count, fields } => (0..*count).map(|row| made(fields, row)).collect(),
        }
    }
}

fn made(fields: &Map<String, Value>, row: usize) -> Value {
    let fields = fields.iter();
    fields
        .map(|(name, rule)| (name.clone(), by_rule(rule, row)))
        .collect()
}

/// `{from: 1, step: 1}` counts, `{time: …, hours: 6}` counts in time, `{cycle: […]}` repeats, a text has `{n}` replaced by
/// the row's number from 1; anything else is the value itself.
fn by_rule(rule: &Value, row: usize) -> Value {
    let row = i64::try_from(row).unwrap();
    if let Some(from) = rule.get("from").and_then(Value::as_i64) {
        return json!(from + row * rule.get("step").and_then(Value::as_i64).unwrap_or(1));
    }
    if let Some(time) = rule.get("time").and_then(Value::as_str) {
        let hours = rule.get("hours").and_then(Value::as_i64).unwrap_or(24);
        let time = OffsetDateTime::parse(time, &Rfc3339).unwrap() + Duration::hours(hours * row);
        return json!(time.format(&Rfc3339).unwrap());
    }
    if let Some(cycle) = rule.get("cycle").and_then(Value::as_array) {
        return cycle[usize::try_from(row).unwrap() % cycle.len()].clone();
    }
    match rule {
        Value::String(text) => json!(text.replace("{n}", &(row + 1).to_string())),
        Value::Object(fields) => made(fields, usize::try_from(row).unwrap()),
        other => other.clone(),
    }
}

/// Puts the rows a request asks for, and how to ask for more, among the facts.
pub fn select(selection: &Selection, rows: Vec<Value>, facts: &mut Facts) {
    let mut rows: Vec<Value> = rows
        .into_iter()
        .filter(|row| {
            selection
                .conditions
                .iter()
                .all(|text| holds(text, row, facts))
        })
        .collect();
    let number = |value: &Value| plain(&facts.render(value)).parse::<usize>().ok();
    let size = number(&selection.size).unwrap_or(rows.len()).max(1);
    let cursor = plain(&facts.render(&selection.cursor));
    let start = number(&selection.offset)
        .or_else(|| number(&selection.page).map(|page| page.saturating_sub(selection.first) * size))
        .or_else(|| cursor.strip_prefix("after-")?.parse().ok())
        .unwrap_or(0);
    let total = rows.len();
    let end = (start + size).min(total);
    let chosen: Vec<Value> = rows.drain(start.min(end)..end).collect();
    let only = plain(&facts.render(&selection.only));
    let chosen = chosen.into_iter().map(|row| reduced(row, &only)).collect();
    let next = |value: Value| if end < total { value } else { Value::Null };
    let told = [
        ("records", Value::Array(chosen)),
        ("total", json!(total)),
        ("more", json!(end < total)),
        ("next_offset", next(json!(end))),
        ("next_page", next(json!(start / size + selection.first + 1))),
        ("next_cursor", next(json!(format!("after-{end}")))),
    ];
    for (name, value) in told {
        facts.named.insert(name.to_owned(), value);
    }
}

fn reduced(row: Value, only: &str) -> Value {
    match row {
        Value::Object(fields) if !only.is_empty() => fields
            .into_iter()
            .filter(|(name, _)| only.split(',').any(|wanted| wanted == name))
            .collect(),
        row => row,
    }
}

fn holds(condition: &str, row: &Value, facts: &Facts) -> bool {
    let (field, operator, operand) = [" >= ", " <= ", " = ", " > ", " < "]
        .into_iter()
        .find_map(|operator| {
            let (field, operand) = condition.split_once(operator)?;
            Some((field, operator.trim(), operand))
        })
        .unwrap_or_else(|| panic!("“{condition}” is no condition"));
    let operand = plain(&facts.text(operand));
    if operand.is_empty() {
        return true;
    }
    let value = field
        .split('.')
        .try_fold(row, |value, part| value.get(part));
    let order = compared(&plain(value.unwrap_or(&Value::Null)), &operand);
    match operator {
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        _ => order.is_eq(),
    }
}

fn compared(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}
