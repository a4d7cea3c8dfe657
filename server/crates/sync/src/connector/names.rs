//! What a catalogue says, as PostgreSQL can keep it: no NUL. The loader leaves NUL out of a record's keys, too, so that they
//! still meet.

use airbyte::protocol::AirbyteCatalog;
use serde_json::{Map, Value};

pub fn storable(mut catalog: AirbyteCatalog) -> AirbyteCatalog {
    for stream in &mut catalog.streams {
        clean(&mut stream.name);
        if let Some(namespace) = &mut stream.namespace {
            clean(namespace);
        }
        stream.json_schema = cleaned(std::mem::take(&mut stream.json_schema));
        let keys = stream.source_defined_primary_key.iter_mut().flatten();
        keys.chain(&mut stream.default_cursor_field).for_each(clean);
    }
    catalog
}

fn clean(text: &mut String) {
    if text.contains('\0') {
        *text = text.replace('\0', "");
    }
}

fn cleaned(value: Value) -> Value {
    match value {
        Value::String(mut text) => {
            clean(&mut text);
            Value::String(text)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(cleaned).collect()),
        Value::Object(fields) => {
            let mut kept = Map::new();
            // Of two names that become one, the one that always was it says the type.
            let (odd, plain): (Vec<_>, Vec<_>) = fields
                .into_iter()
                .partition(|(name, _)| name.contains('\0'));
            for (name, value) in plain {
                kept.insert(name, cleaned(value));
            }
            for (mut name, value) in odd {
                clean(&mut name);
                kept.entry(name).or_insert_with(|| cleaned(value));
            }
            Value::Object(kept)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use airbyte::protocol::AirbyteStream;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_lose_what_a_database_cannot_keep() {
        let stream: AirbyteStream = serde_json::from_value(json!({
            "name": "a\0b",
            "json_schema": {"properties": {"x\0y": {"type": "string"}, "xy": {"type": "integer"}, "\0": {}}},
            "supported_sync_modes": ["full_refresh"],
            "source_defined_primary_key": [["x\0y"]],
        }))
        .unwrap();
        let found = storable(AirbyteCatalog {
            streams: vec![stream],
        });
        let stream = &found.streams[0];
        assert_eq!(stream.name, "ab");
        assert_eq!(
            stream.json_schema["properties"],
            json!({"xy": {"type": "integer"}, "": {}})
        );
        assert_eq!(stream.source_defined_primary_key, [["xy"]]);
    }
}
