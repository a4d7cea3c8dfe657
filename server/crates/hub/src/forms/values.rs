//! One posted text as one typed value.

use std::borrow::Cow;

use serde_json::{Number, Value, json};

use super::node::{Kind, Node, Scalar, SecretForm};

/// How a configuration names an uploaded file.
const UPLOAD: &str = "upload://";
const WHOLE: &str = "Enter a whole number, for example 10.";
const NUMBER: &str = "Enter a number, for example 2.5.";
/// Where databases listen, for a field that says nothing of its own.
const PORT: &str = "5432";
const CHOICE: &str = "Choose one of the offered values.";
const JSON: &str = "Enter valid JSON, for example {\"name\": \"value\"}.";

/// The value of a field with a single input; `None` when it was left empty.
pub fn parse(node: &Node, text: &str) -> Result<Option<Value>, Cow<'static, str>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let value = match &node.kind {
        Kind::Number { whole } => number(node, *whole, text.trim())?,
        Kind::Choice(options) => options
            .iter()
            .find(|option| super::build::scalar_text(&option.value) == text)
            .map(|option| option.value.clone())
            .ok_or(CHOICE)?,
        Kind::Date { with_time } => Value::from(date(node, text.trim(), *with_time)),
        Kind::File { .. } => Value::from(upload(text.trim())),
        Kind::Json => serde_json::from_str(text).map_err(|_| JSON)?,
        Kind::Text { multiline: true } => Value::from(unix_lines(text)),
        _ => Value::from(text.trim()),
    };
    Ok(Some(value))
}

/// What is no number is told with an example that this very field would take.
fn number(node: &Node, whole: bool, text: &str) -> Result<Value, Cow<'static, str>> {
    let (kind, noun) = if whole {
        (Scalar::Whole, "a whole number")
    } else {
        (Scalar::Number, "a number")
    };
    scalar(kind, text).map_err(|plain| match example(node) {
        Some(example) => Cow::from(format!("Enter {noun}, for example {example}.")),
        None => Cow::from(plain),
    })
}

/// The field's default, its example, or what its name asks for.
fn example(node: &Node) -> Option<String> {
    let default = node.default.as_ref().filter(|value| value.is_number());
    let given = default
        .map(Value::to_string)
        .or_else(|| node.example.clone());
    let is_port = || {
        node.label
            .to_lowercase()
            .split(' ')
            .any(|word| word == "port")
    };
    given.or_else(|| is_port().then(|| PORT.to_owned()))
}

/// Connectors know an upload by its address; forms post its id.
fn upload(text: &str) -> String {
    let is_id = text.parse::<model::UploadId>().is_ok();
    if is_id {
        format!("{UPLOAD}{text}")
    } else {
        text.to_owned()
    }
}

pub fn scalar(scalar: Scalar, text: &str) -> Result<Value, &'static str> {
    match scalar {
        Scalar::Text => Ok(Value::from(text)),
        Scalar::Whole => text.parse::<i64>().map(Value::from).map_err(|_| WHOLE),
        Scalar::Number => text
            .parse::<i64>()
            .ok()
            .map(Number::from)
            .or_else(|| text.parse().ok().and_then(Number::from_f64))
            .map(Value::Number)
            .ok_or(NUMBER),
    }
}

/// Pasted keys end with a line break more often than not; anything else of a secret is kept as it is.
pub fn secret(form: SecretForm, text: &str) -> Result<Value, &'static str> {
    let text = unix_lines(text);
    match form {
        SecretForm::Text if text.trim_end_matches('\n').contains('\n') => Ok(Value::from(text)),
        SecretForm::Text => Ok(Value::from(text.trim_end_matches('\n'))),
        SecretForm::Number => scalar(Scalar::Number, text.trim()),
        SecretForm::Json => serde_json::from_str(&text).map_err(|_| JSON),
    }
}

/// Browsers post line breaks as CR LF.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// A date in the spelling the connector wants: pickers leave out seconds and zone, connectors differ in fractions.
fn date(node: &Node, text: &str, with_time: bool) -> String {
    let Some(pattern) = node.rules.get("pattern") else {
        return if with_time {
            spellings(text)[0].clone()
        } else {
            text.to_owned()
        };
    };
    let Ok(validator) = jsonschema::draft7::new(&json!({ "pattern": pattern })) else {
        return text.to_owned();
    };
    let fits = |spelling: &String| validator.is_valid(&Value::from(spelling.as_str()));
    std::iter::once(text.to_owned())
        .chain(spellings(text))
        .find(fits)
        .unwrap_or_else(|| text.to_owned())
}

/// The same instant (UTC) as connectors spell it; what is no date stays as it was typed.
fn spellings(text: &str) -> Vec<String> {
    let bare = text.strip_suffix('Z').unwrap_or(text);
    let (day, time) = bare.split_once(['T', ' ']).unwrap_or((bare, ""));
    let digits = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'.'))
    };
    if day.len() != 10 || !digits(day) || !digits(time) {
        return vec![text.to_owned()];
    }
    let seconds = match time.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{time}:00"),
        _ => time.chars().take(8).collect(),
    };
    ["Z", ".000Z", ".000000Z", ""]
        .into_iter()
        .map(|end| format!("{day}T{seconds}{end}"))
        .chain([format!("{day} {seconds}"), day.to_owned()])
        .collect()
}
