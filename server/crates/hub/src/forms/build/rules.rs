//! The keywords that validation applies as the schema states them.

use serde_json::{Value, json};

use super::{super::node::Kind, Object};

/// Keywords of single values and lists.
const VALUE: [&str; 13] = [
    "type",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
];
/// Keywords of objects that say which properties go together.
const OBJECT: [&str; 9] = [
    "if",
    "then",
    "else",
    "not",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "minProperties",
    "maxProperties",
];
/// Formats that are the same everywhere; others are left to the connector.
const FORMATS: [&str; 6] = ["date", "date-time", "email", "ipv4", "ipv6", "uuid"];

pub fn of(schema: &Object, kind: &Kind) -> Object {
    match kind {
        Kind::Fixed(_) | Kind::Hidden | Kind::Given | Kind::OneOf(_) => Object::new(),
        Kind::Group(_) => pick(schema, &OBJECT, conditions(schema)),
        Kind::Choice(options) => {
            let values: Vec<&Value> = options.iter().map(|option| &option.value).collect();
            Object::from_iter([("enum".to_owned(), json!(values))])
        }
        _ => sane(pick(schema, &VALUE, None), schema),
    }
}

fn pick(schema: &Object, keywords: &[&str], extra: Option<(String, Value)>) -> Object {
    keywords
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), schema.get(*key)?.clone())))
        .chain(extra)
        .collect()
}

/// `anyOf: [{required: […]}, …]` beside properties.
fn conditions(schema: &Object) -> Option<(String, Value)> {
    ["anyOf", "oneOf"]
        .into_iter()
        .find_map(|key| Some((key.to_owned(), schema.get(key)?.clone())))
}

/// Repairs what connectors get wrong: limits under other names, the old boolean form, patterns that do not compile,
/// formats that contradict the pattern.
fn sane(mut rules: Object, schema: &Object) -> Object {
    for (other, limit) in [("min", "minimum"), ("max", "maximum")] {
        if let Some(value) = schema.get(other).filter(|value| value.is_number()) {
            rules.entry(limit).or_insert_with(|| value.clone());
        }
    }
    for (limit, exclusive) in [
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ] {
        match rules.get(exclusive) {
            Some(Value::Bool(true)) => {
                let value = rules.remove(limit);
                rules.remove(exclusive);
                rules.extend(value.map(|value| (exclusive.to_owned(), value)));
            }
            Some(Value::Bool(false)) => {
                rules.remove(exclusive);
            }
            _ => {}
        }
    }
    if rules
        .get("pattern")
        .is_some_and(|pattern| !compiles(pattern))
    {
        rules.remove("pattern");
    }
    let known = |format: &Value| FORMATS.iter().any(|known| format == known);
    if rules.contains_key("pattern") || !rules.get("format").is_some_and(known) {
        rules.remove("format");
    }
    rules
}

fn compiles(pattern: &Value) -> bool {
    jsonschema::draft7::new(&json!({ "pattern": pattern })).is_ok()
}
