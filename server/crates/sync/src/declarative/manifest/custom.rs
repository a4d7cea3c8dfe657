//! Components written in Python: found, so that the manifest can go to a runtime that has Python.

use std::collections::BTreeSet;

use serde_json::Value;

/// The custom components a manifest names, as `stream: class`. Sorted, each once.
pub fn find(manifest: &Value) -> Vec<String> {
    let mut found = BTreeSet::new();
    walk(manifest, None, &mut found);
    found.into_iter().collect()
}

fn walk<'m>(node: &'m Value, stream: Option<&'m str>, found: &mut BTreeSet<String>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| walk(item, stream, found)),
        Value::Object(fields) => {
            let kind = fields
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let stream = match kind {
                "DeclarativeStream" | "StateDelegatingStream" => {
                    fields.get("name").and_then(Value::as_str).or(stream)
                }
                _ => stream,
            };
            let class = fields.get("class_name").and_then(Value::as_str);
            if let Some(class) = class.filter(|_| kind.starts_with("Custom") || kind.is_empty()) {
                found.insert(match stream {
                    Some(stream) => format!("{class} (stream “{stream}”)"),
                    None => class.to_owned(),
                });
            }
            for (name, value) in fields {
                // Schemas and the specification describe data, and definitions count only where they are used.
                if !matches!(
                    name.as_str(),
                    "schema" | "connection_specification" | "definitions" | "$parameters"
                ) {
                    walk(value, stream, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_class_and_stream() {
        let manifest = json!({
            "definitions": {"unused": {"type": "CustomRetriever", "class_name": "a.B"}},
            "streams": [{
                "type": "DeclarativeStream", "name": "users",
                "retriever": {"record_selector": {"extractor": {"type": "CustomRecordExtractor", "class_name": "x.Y"}}},
                "schema_loader": {"schema": {"properties": {"class_name": "z"}}},
            }],
        });
        assert_eq!(find(&manifest), ["x.Y (stream “users”)"]);
        assert!(find(&json!({"streams": []})).is_empty());
    }
}
