//! What a request says, by name, and the texts that quote it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

/// A request as the service received it. Two requests are equal when a service could not tell them apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// Sorted by name; values of the same name keep their order.
    pub query: Vec<(String, String)>,
    pub headers: BTreeMap<String, String>,
    /// JSON as such, a form as an object, anything else as text.
    pub body: Value,
}

impl Request {
    /// The fact with this name, such as `query.page`; `None` when the request does not say.
    pub fn fact(&self, name: &str) -> Option<Value> {
        let (kind, key) = name.split_once('.').unwrap_or((name, ""));
        match kind {
            "query" => {
                let found = self.query.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| Value::from(value.clone()))
            }
            "header" => self.headers.get(key).cloned().map(Value::from),
            "form" | "body" => key
                .split('.')
                .filter(|part| !part.is_empty())
                .try_fold(&self.body, |value, part| value.get(part))
                .filter(|value| !value.is_null())
                .cloned(),
            _ => None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let query = pairs.collect::<Vec<_>>().join("&");
        write!(f, "{} {}?{query}", self.method, self.path)?;
        for (name, value) in &self.headers {
            write!(f, " [{name}: {value}]")?;
        }
        if self.body.is_null() {
            return Ok(());
        }
        write!(f, " {}", sorted(&self.body))
    }
}

/// Names and what they stand for in one answer.
pub struct Facts<'a> {
    pub request: &'a Request,
    pub named: Map<String, Value>,
}

impl Facts<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let named = self.named.get(name).cloned();
        named.or_else(|| self.request.fact(name))
    }

    /// Whether braces around this name are ours; others are left as they stand.
    fn knows(&self, name: &str) -> bool {
        let root = name.split('.').next().unwrap_or_default();
        ["query", "header", "form", "body", "path"].contains(&root) && name.contains('.')
            || self.named.contains_key(name)
    }

    /// The value with every text rendered.
    pub fn render(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.render(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (key.clone(), self.render(value)))
                .collect(),
            other => other.clone(),
        }
    }

    /// A text that is one name alone keeps the type of what it stands for. An absent `{next_…}` makes the whole null.
    pub fn text(&self, text: &str) -> Value {
        let alone = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        if let Some(name) = alone.filter(|name| self.knows(name)) {
            return self.get(name).unwrap_or(Value::Null);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, behind)) = after.split_once('}').filter(|(name, _)| self.knows(name))
            else {
                out.push('{');
                rest = after;
                continue;
            };
            match self.get(name) {
                Some(Value::String(text)) => out.push_str(&text),
                Some(Value::Null) | None if name.starts_with("next_") => return Value::Null,
                Some(Value::Null) | None => {}
                Some(value) => out.push_str(&value.to_string()),
            }
            rest = behind;
        }
        out.push_str(rest);
        Value::String(out)
    }
}

/// A value as it would stand in a URL.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same value with its keys in the order of the alphabet: JSON objects have none.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            let fields = fields.into_iter();
            fields
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
