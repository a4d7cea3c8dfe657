//! What a connector of Airbyte's takes and reads beyond the hub's own: one encryption more, and a schema that it alone finds.

use serde_json::{Value, json};

/// An encryption that only the platform knows, and what that is to the engine behind it.
pub const ENCRYPTION: (&str, &str) = ("prefer", "disable");
/// A schema as only the platform is told of it, and as it is called.
pub const SCHEMA: (&str, &str) = ("by_airbyte", "archive");

/// Has a specification offer that encryption, too.
pub fn widen(spec: &mut Value) {
    let at = "/connectionSpecification/properties/ssl_mode/oneOf";
    if let Some(Value::Array(offered)) = spec.pointer_mut(at) {
        let mode = json!({ "type": "string", "const": ENCRYPTION.0, "order": 0 });
        offered.push(json!({
            "title": ENCRYPTION.0, "required": ["mode"], "properties": { "mode": mode },
        }));
    }
}

/// What the engine behind is asked.
pub fn narrowed(body: &str) -> String {
    let mode = |name: &str| format!(r#""mode":"{name}""#);
    let text = |name: &str| format!(r#""{name}""#);
    body.replace(&mode(ENCRYPTION.0), &mode(ENCRYPTION.1))
        .replace(&text(SCHEMA.0), &text(SCHEMA.1))
}
