//! Example bodies made from schemas, and the `curl` command of a call.

use serde_json::{Map, Value, json};

use super::shape::reference;

/// Steps down that an example follows, a reference being one: deeper ones say little.
const DEPTH: usize = 12;

/// A body as the schema wants it, short.
pub fn body(schema: &Value, components: &Value) -> Value {
    example(schema, components, DEPTH)
}

fn example(schema: &Value, components: &Value, depth: usize) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    for given in [
        &schema["example"],
        &schema["examples"][0],
        &schema["const"],
        &schema["enum"][0],
    ] {
        if !given.is_null() {
            return given.clone();
        }
    }
    if let Some(name) = reference(schema) {
        return example(&components[name], components, depth - 1);
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let first = schema[choice]
            .as_array()
            .into_iter()
            .flatten()
            .find(|variant| variant["type"] != "null");
        if let Some(first) = first {
            return example(first, components, depth - 1);
        }
    }
    of_type(schema, components, depth)
}

fn of_type(schema: &Value, components: &Value, depth: usize) -> Value {
    let name = match &schema["type"] {
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        other => other.as_str(),
    };
    match name {
        Some("object") => object(schema, components, depth),
        Some("array") => json!([example(&schema["items"], components, depth - 1)]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => json!(schema["minimum"].as_i64().unwrap_or(0)),
        Some("string") => json!("…"),
        _ => json!({}),
    }
}

fn object(schema: &Value, components: &Value, depth: usize) -> Value {
    let properties = schema["properties"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let filled: Map<String, Value> = properties
        .into_iter()
        .map(|(name, property)| {
            let value = example(&property, components, depth - 1);
            (name, value)
        })
        .collect();
    Value::Object(filled)
}

/// What a call sends.
pub enum Sent {
    Nothing,
    Json(Value),
    File,
}

/// A command that can be pasted: `$HUB` is the address, `$KEY` the key, ids are variables too.
pub fn curl(method: &str, path: &str, query: &[&str], sent: &Sent) -> String {
    let implied = matches!(
        (method, sent),
        ("GET", _) | ("POST", Sent::Json(_) | Sent::File)
    );
    let method = if implied {
        String::new()
    } else {
        format!("-X {method} ")
    };
    let query: Vec<String> = query
        .iter()
        .map(|name| format!("{name}=${}", name.to_uppercase()))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let mut lines = vec![
        format!(
            "curl {method}\"$HUB{}{mark}{}\"",
            with_variables(path),
            query.join("&")
        ),
        "-H \"Authorization: Bearer $KEY\"".to_owned(),
    ];
    match sent {
        Sent::Nothing => {}
        Sent::Json(body) => lines.extend([
            "-H \"Content-Type: application/json\"".to_owned(),
            format!("-d '{}'", quoted(body)),
        ]),
        Sent::File => lines.push("-F file=@people.csv".to_owned()),
    }
    lines.join(" \\\n  ")
}

/// `/runs/{run}` → `/runs/$RUN`.
fn with_variables(path: &str) -> String {
    path.split('/')
        .map(|part| {
            match part
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
            {
                Some(name) => format!("${}", name.to_uppercase()),
                None => part.to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Inside single quotes of a shell.
fn quoted(body: &Value) -> String {
    body.to_string().replace('\'', r"'\''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_follow_references_and_take_given_values() {
        let components = json!({"Mode": {"type": "string", "enum": ["copy", "merge"]}});
        let schema = json!({"type": "object", "properties": {
            "name": {"type": "string", "example": "Shop"},
            "mode": {"$ref": "#/components/schemas/Mode"},
            "tables": {"type": "array", "items": {"type": "string"}},
            "note": {"type": ["string", "null"]},
        }});
        assert_eq!(
            body(&schema, &components),
            json!({"name": "Shop", "mode": "copy", "tables": ["…"], "note": "…"})
        );
    }

    #[test]
    fn a_schema_within_itself_ends() {
        let components = json!({"Tree": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Tree"}}}});
        let made = body(&json!({"$ref": "#/components/schemas/Tree"}), &components);
        assert!(made.to_string().len() < 300, "{made}");
    }

    #[test]
    fn commands_can_be_pasted() {
        assert_eq!(
            curl("GET", "/api/v1/runs/{run}/log", &[], &Sent::Nothing),
            "curl \"$HUB/api/v1/runs/$RUN/log\" \\\n  -H \"Authorization: Bearer $KEY\""
        );
        assert_eq!(
            curl(
                "DELETE",
                "/api/v1/connections/{connection}",
                &["name"],
                &Sent::Nothing
            ),
            "curl -X DELETE \"$HUB/api/v1/connections/$CONNECTION?name=$NAME\" \\\n  -H \"Authorization: Bearer $KEY\""
        );
        let body = json!({"name": "Ana's"});
        assert!(curl("PUT", "/a", &[], &Sent::Json(body)).ends_with(r#"-d '{"name":"Ana'\''s"}'"#));
    }
}
