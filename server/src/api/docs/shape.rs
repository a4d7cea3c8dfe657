//! What a schema allows, in words: for the tables of the page.

use serde_json::Value;

/// Values of an enumeration that are listed in a table; more are cut.
const VALUES: usize = 12;

/// A word of a type, or the name of a schema that is explained further down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Word(String),
    Schema(String),
}

/// One value with a name: a parameter, or a field of an object.
#[derive(Debug)]
pub struct Field {
    pub name: String,
    /// `path` or `query`; nothing for a field of a body.
    pub place: Option<String>,
    pub required: bool,
    pub kind: Vec<Piece>,
    pub text: String,
}

/// What a schema with a name is made of.
#[derive(Debug)]
pub enum Shape {
    Fields(Vec<Field>),
    /// One of several objects, each with what tells it apart.
    OneOf(Vec<(String, Vec<Field>)>),
    Value(Vec<Piece>),
}

/// Reads a schema of the document's components.
pub fn shape(schema: &Value) -> Shape {
    if schema["properties"].is_object() {
        return Shape::Fields(fields(schema));
    }
    let variants = variants(schema);
    let objects = variants
        .iter()
        .any(|variant| variant["properties"].is_object());
    if objects {
        return Shape::OneOf(variants.iter().map(variant).collect());
    }
    Shape::Value(kind(schema))
}

fn variants(schema: &Value) -> Vec<Value> {
    schema["oneOf"]
        .as_array()
        .or_else(|| schema["anyOf"].as_array())
        .cloned()
        .unwrap_or_default()
}

fn variant(schema: &Value) -> (String, Vec<Field>) {
    (text(schema), fields(schema))
}

/// The properties of an object.
pub fn fields(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Field {
            name: name.clone(),
            place: None,
            required: required.contains(&name.as_str()),
            kind: kind(property),
            text: text(property),
        })
        .collect()
}

/// The description of a schema.
pub fn text(schema: &Value) -> String {
    schema["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// The type of a value: `text`, `list of ConnectionRow`, `number or null` …
pub fn kind(schema: &Value) -> Vec<Piece> {
    if let Some(name) = reference(schema) {
        return vec![Piece::Schema(name.to_owned())];
    }
    if let Some(values) = schema["enum"].as_array() {
        return vec![word(listed(values))];
    }
    if let Some(value) = schema["const"].as_str() {
        return vec![word(value)];
    }
    let variants = variants(schema);
    if !variants.is_empty() {
        return joined(variants.iter().map(kind).collect());
    }
    if let Some(all) = schema["allOf"].as_array() {
        return joined(all.iter().map(kind).collect());
    }
    match &schema["type"] {
        Value::Array(names) => joined(
            names
                .iter()
                .filter_map(Value::as_str)
                .map(|name| named(name, schema))
                .collect(),
        ),
        Value::String(name) => named(name, schema),
        _ => vec![word("anything")],
    }
}

/// The name of the schema that this one points to.
pub fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn named(name: &str, schema: &Value) -> Vec<Piece> {
    match name {
        "array" => {
            let mut pieces = vec![word("list of ")];
            pieces.extend(kind(&schema["items"]));
            pieces
        }
        "object" if schema["additionalProperties"].is_object() => {
            let mut pieces = vec![word("object of ")];
            pieces.extend(kind(&schema["additionalProperties"]));
            pieces
        }
        "string" => vec![word(text_kind(schema))],
        "boolean" => vec![word("true or false")],
        "integer" => vec![word("whole number")],
        other => vec![word(other)],
    }
}

fn text_kind(schema: &Value) -> String {
    match (schema["format"].as_str(), prefix(schema)) {
        (Some("date-time"), _) => "date and time".to_owned(),
        (Some("binary"), _) => "file".to_owned(),
        (_, Some(prefix)) => format!("id, {prefix}…"),
        _ => "text".to_owned(),
    }
}

/// What ids of this kind begin with: `con_` of `^con_[0-9a-z]{26}$`.
fn prefix(schema: &Value) -> Option<&str> {
    let pattern = schema["pattern"].as_str()?.strip_prefix('^')?;
    let end = pattern.find('_')?;
    pattern.get(..=end)
}

fn joined(parts: Vec<Vec<Piece>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in parts {
        if !pieces.is_empty() {
            pieces.push(word(" or "));
        }
        pieces.extend(part);
    }
    pieces
}

fn listed(values: &[Value]) -> String {
    let mut words: Vec<&str> = values
        .iter()
        .filter_map(Value::as_str)
        .take(VALUES)
        .collect();
    if values.len() > VALUES {
        words.push("…");
    }
    words.join(" · ")
}

fn word(text: impl Into<String>) -> Piece {
    Piece::Word(text.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(schema: &Value) -> String {
        kind(schema)
            .into_iter()
            .map(|piece| match piece {
                Piece::Word(text) => text,
                Piece::Schema(name) => format!("<{name}>"),
            })
            .collect()
    }

    #[test]
    fn types_are_told_in_words() {
        for (schema, told) in [
            (json!({"type": "string"}), "text"),
            (json!({"type": ["string", "null"]}), "text or null"),
            (json!({"$ref": "#/components/schemas/Run"}), "<Run>"),
            (
                json!({"type": "array", "items": {"$ref": "#/components/schemas/Run"}}),
                "list of <Run>",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Run"}]}),
                "null or <Run>",
            ),
            (json!({"type": "string", "enum": ["a", "b"]}), "a · b"),
            (
                json!({"type": "string", "pattern": "^con_[0-9a-z]{26}$"}),
                "id, con_…",
            ),
            (json!({}), "anything"),
        ] {
            assert_eq!(words(&schema), told, "{schema}");
        }
    }

    #[test]
    fn an_object_is_its_fields() {
        let schema = json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string", "description": "How it is called."}, "size": {"type": "integer"}
        }});
        let Shape::Fields(fields) = shape(&schema) else {
            panic!("an object with properties");
        };
        let told: Vec<_> = fields
            .iter()
            .map(|field| (field.name.as_str(), field.required, field.text.as_str()))
            .collect();
        assert_eq!(
            told,
            [("name", true, "How it is called."), ("size", false, "")]
        );
    }
}
