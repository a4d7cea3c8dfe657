//! `cursor`: the field that tells which records are new since the last run.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::place::{Places, Target};
use crate::integration::section::Section;
use crate::yaml::Node;

const MOMENT: &str = "%Y-%m-%dT%H:%M:%SZ";
const BEGINNING: &str = "1970-01-01T00:00:00Z";
/// How far before the newest record that was seen the next read begins, where all are read anyway.
const ONCE_MORE: &str = "P1D";
/// The ways ISO 8601 is written by APIs.
const ISO: [&str; 5] = [
    MOMENT,
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%Y-%m-%d",
];
const FORMATS: [(&str, &str); 4] = [
    ("iso8601", MOMENT),
    ("date", "%Y-%m-%d"),
    ("epoch_seconds", "%s"),
    ("epoch_millis", "%ms"),
];

#[derive(Debug, Clone, PartialEq)]
pub(in crate::integration) struct Cursor {
    pub field: String,
    /// What asks the API for new records only. Without it all are read and the old ones left out here.
    parameter: Option<Target>,
    /// As `strftime` writes it.
    format: String,
    start: String,
}

impl Cursor {
    pub fn read(section: &Section<'_>, places: Places) -> Option<Self> {
        let value = section.get("cursor")?;
        let plain = |field: String| Self {
            field,
            parameter: None,
            format: MOMENT.to_owned(),
            start: BEGINNING.to_owned(),
        };
        if !matches!(value.node, Node::Map(_)) {
            return section.word("cursor").map(plain);
        }
        let known = ["field", "parameter", "in", "format", "start"];
        let own = section.child("cursor", &known)?;
        if own.get("parameter").is_none()
            && let Some(value) = own.get("in")
        {
            let why = "needs parameter: without it nothing is asked for";
            own.problem(value.at, "in", why);
        }
        Some(Self {
            parameter: places.read(&own).target(&own, "parameter"),
            format: format(&own).unwrap_or_else(|| MOMENT.to_owned()),
            start: start(&own).unwrap_or_else(|| BEGINNING.to_owned()),
            ..plain(own.need_word("field"))
        })
    }

    /// What it asks with.
    pub fn target(&self) -> Option<&Target> {
        self.parameter.as_ref()
    }

    /// For people.
    pub fn words(&self) -> String {
        let field = &self.field;
        let Some(target) = &self.parameter else {
            return format!("new by {field}");
        };
        let name = target.words();
        let place = if target.is_in_body() {
            " in the body"
        } else {
            ""
        };
        format!("new by {field} (asked with {name}{place})")
    }

    /// The component of a low-code manifest. Where the API does not help, a record that changes after its page was read is older
    /// than the newest that was seen, and the next read would take it for known: so it takes the last day once more. Without a
    /// `key` nothing merges what comes twice.
    pub fn component(&self, key: &[String]) -> Value {
        let mut component = json!({
            "type": "DatetimeBasedCursor",
            "cursor_field": self.field,
            "datetime_format": self.format,
            "start_datetime": {"type": "MinMaxDatetime", "datetime": self.start, "datetime_format": MOMENT},
        });
        // Records may write their moments in another way than the question does.
        let others = ISO.into_iter().filter(|format| *format != self.format);
        let formats: Vec<&str> = std::iter::once(&*self.format).chain(others).collect();
        component["cursor_datetime_formats"] = json!(formats);
        match &self.parameter {
            Some(target) => component["start_time_option"] = target.option(),
            None => {
                component["is_client_side_incremental"] = json!(true);
                if !key.is_empty() {
                    component["lookback_window"] = json!(ONCE_MORE);
                }
            }
        }
        component
    }
}

/// A name, or a pattern of `strftime`.
fn format(own: &Section<'_>) -> Option<String> {
    let text = own.word("format")?;
    if let Some((_, format)) = FORMATS.iter().find(|(name, _)| *name == text) {
        return Some((*format).to_owned());
    }
    if !text.contains('%') {
        let at = own.get("format").map_or(own.at, |value| value.at);
        let names = FORMATS.map(|(name, _)| name).join(", ");
        let why = format!("is {text:?}: one of {names}, or a pattern like %d.%m.%Y");
        own.problem(at, "format", &why);
    }
    Some(text)
}

fn start(own: &Section<'_>) -> Option<String> {
    let text = own.word("start")?;
    let moment = match (text.parse::<Date>(), text.parse::<Timestamp>()) {
        (_, Ok(moment)) => moment.strftime(MOMENT).to_string(),
        (Ok(day), _) => format!("{day}T00:00:00Z"),
        _ => {
            let at = own.get("start").map_or(own.at, |value| value.at);
            own.problem(
                at,
                "start",
                "is no day like 2024-01-31 and no moment like 2024-01-31T12:00:00Z",
            );
            return None;
        }
    };
    Some(moment)
}
