//! Values brought to the types of the stream's schema, where it can be done.

use serde_json::{Map, Number, Value};

use crate::declarative::text::plain;

const SIMPLE: [&str; 5] = ["string", "number", "integer", "boolean", "null"];

/// `schema_normalization: Default`: converts what can be converted.
pub fn apply(record: &mut Map<String, Value>, schema: &Value) {
    fields(record, schema);
}

fn fields(record: &mut Map<String, Value>, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, schema) in properties {
        if let Some(value) = record.get_mut(name) {
            convert(value, schema);
            inside(value, schema);
        }
    }
}

fn inside(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(inner) => fields(inner, schema),
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else {
                return;
            };
            for item in items {
                convert(item, schema);
                inside(item, schema);
            }
        }
        _ => {}
    }
}

fn convert(value: &mut Value, schema: &Value) {
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    if value.is_null() && types.contains(&"null") {
        return;
    }
    let several = schema["type"].is_array();
    let mut real = types
        .iter()
        .copied()
        .filter(|name| !several || *name != "null");
    let (Some(target), None) = (real.next(), real.next()) else {
        return;
    };
    if let Some(converted) = converted(value, target, schema) {
        *value = converted;
    }
}

fn converted(value: &Value, target: &str, schema: &Value) -> Option<Value> {
    match target {
        "string" if !value.is_string() => Some(Value::from(plain(value))),
        "number" => number(value).and_then(Number::from_f64).map(Value::Number),
        "integer" => integer(value),
        "boolean" => match value {
            Value::String(text) => truth(text).map(Value::from),
            other => Some(Value::from(crate::declarative::manifest::is_true(other))),
        },
        "array" => {
            let items = schema
                .get("items")
                .map_or(&Value::Null, |items| &items["type"]);
            let names: Vec<&str> = match items {
                Value::String(name) => vec![name],
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            let simple = names.iter().all(|name| SIMPLE.contains(name)) && !items.is_string();
            let scalar = !matches!(value, Value::Array(_) | Value::Object(_));
            let whole =
                matches!(value, Value::Number(number) if number.is_i64() || number.is_u64());
            (simple && scalar && !whole).then(|| Value::Array(vec![value.clone()]))
        }
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().replace('_', "").parse().ok(),
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        _ => None,
    }
}

fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = format!("{:.0}", number.as_f64()?.trunc());
            text.parse::<i64>().ok().map(Value::from)
        }
        Value::String(text) => text
            .trim()
            .replace('_', "")
            .parse::<i64>()
            .ok()
            .map(Value::from),
        Value::Bool(value) => Some(Value::from(u8::from(*value))),
        _ => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().trim() {
        "y" | "yes" | "t" | "true" | "on" | "1" => Some(true),
        "n" | "no" | "f" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn converts_what_can_be_converted() {
        let schema = json!({"properties": {
            "s": {"type": ["null", "string"]}, "i": {"type": "integer"}, "n": {"type": "number"},
            "b": {"type": ["boolean", "null"]}, "l": {"type": "array", "items": {"type": ["string"]}},
            "o": {"type": "object", "properties": {"i": {"type": "integer"}}}, "m": {"type": ["string", "integer"]},
        }});
        let mut record = json!({
            "s": 1, "i": "7", "n": "x", "b": "Yes", "l": "one", "o": {"i": 2.9}, "m": 5, "other": "1",
        });
        apply(record.as_object_mut().unwrap(), &schema);
        let expected = json!({
            "s": "1", "i": 7, "n": "x", "b": true, "l": ["one"], "o": {"i": 2}, "m": 5, "other": "1",
        });
        assert_eq!(record, expected);
    }
}
