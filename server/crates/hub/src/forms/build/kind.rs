//! Which control a schema asks for. Whatever is not recognised becomes a text or a JSON field, never nothing.

use serde_json::Value;

use super::{
    super::node::{Kind, Presence, Scalar, SecretForm},
    At, Object, choices, group, node, one_of, scalar_of, text,
};

pub fn of(at: At<'_>, schema: &Object, presence: Presence) -> Kind {
    let fillable = presence == Presence::Optional || schema.contains_key("default");
    if flag(schema, "airbyte_hidden") && fillable && !flag(schema, "airbyte_secret") {
        return if schema.values().any(holds_secret) {
            Kind::Given
        } else {
            Kind::Hidden
        };
    }
    if let Some(fixed) = schema.get("const") {
        return Kind::Fixed(fixed.clone());
    }
    if flag(schema, "airbyte_secret") {
        return secret(schema);
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        return enumeration(schema, values, presence);
    }
    if let Some(kind) = one_of::of(at, schema, presence) {
        return kind;
    }
    match type_of(schema) {
        "string" => string(schema),
        "integer" => Kind::Number { whole: true },
        "number" => Kind::Number { whole: false },
        "boolean" => Kind::Switch,
        "array" => array(at, schema),
        "object" => object(at, schema),
        _ => Kind::Text { multiline: false },
    }
}

/// Is anything in it a secret?
fn holds_secret(schema: &Value) -> bool {
    match schema {
        Value::Object(schema) => {
            flag(schema, "airbyte_secret") || schema.values().any(holds_secret)
        }
        Value::Array(schemas) => schemas.iter().any(holds_secret),
        _ => false,
    }
}

/// The type keyword, or what the other keywords imply.
fn type_of(schema: &Object) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            let named = |wanted: &str| names.iter().any(|name| name == wanted);
            ["string", "number", "integer", "boolean", "array", "object"]
                .into_iter()
                .find(|name| named(name))
                .unwrap_or_default()
        }
        _ if schema.contains_key("properties") => "object",
        _ if schema.contains_key("items") => "array",
        _ => match schema.get("default") {
            Some(Value::Bool(_)) => "boolean",
            Some(Value::Number(_)) => "number",
            Some(Value::Array(_)) => "array",
            Some(Value::Object(_)) => "object",
            _ => "",
        },
    }
}

fn secret(schema: &Object) -> Kind {
    let value = match type_of(schema) {
        "integer" | "number" => SecretForm::Number,
        "object" | "array" | "boolean" => SecretForm::Json,
        _ => SecretForm::Text,
    };
    Kind::Secret {
        multiline: flag(schema, "multiline") || value == SecretForm::Json,
        value,
    }
}

fn enumeration(schema: &Object, values: &[Value], presence: Presence) -> Kind {
    let options = choices(values);
    let certain = presence == Presence::Required || schema.contains_key("default");
    match options.as_slice() {
        [] => Kind::Json,
        [only] if certain => Kind::Fixed(only.value.clone()),
        _ => Kind::Choice(options),
    }
}

fn string(schema: &Object) -> Kind {
    let pattern = text(schema, "pattern").unwrap_or_default();
    match text(schema, "format").as_deref() {
        Some("upload") => Kind::File {
            accept: text(schema, "accept").unwrap_or_default(),
        },
        Some("date-time") => Kind::Date { with_time: true },
        Some("date") => Kind::Date { with_time: false },
        _ if is_date(&pattern) => Kind::Date {
            with_time: pattern.contains('T'),
        },
        _ => Kind::Text {
            multiline: flag(schema, "multiline"),
        },
    }
}

/// Many connectors give only a pattern where they mean a date.
fn is_date(pattern: &str) -> bool {
    let bare = pattern.trim_start_matches('^').trim_end_matches('$');
    ["[0-9]{4}-[0-9]{2}-[0-9]{2}", r"\d{4}-\d{2}-\d{2}"]
        .into_iter()
        .any(|date| {
            bare == date
                || bare.strip_prefix(date).is_some_and(|rest| {
                    rest.starts_with("T[0-9]{2}:[0-9]{2}:[0-9]{2}")
                        || rest.starts_with(r"T\d{2}:\d{2}:\d{2}")
                })
        })
}

fn array(at: At<'_>, schema: &Object) -> Kind {
    let Some(items) = schema.get("items").filter(|items| items.is_object()) else {
        return Kind::Texts(Scalar::Text);
    };
    let items = at.resolve(items);
    if let Some(Value::Array(values)) = items.get("enum") {
        return Kind::Several(choices(values));
    }
    let item = node(at.below(), &items, "", Presence::Required);
    match &item.kind {
        Kind::Choice(options) => Kind::Several(options.clone()),
        Kind::Text { multiline: false } | Kind::Number { .. } | Kind::Date { .. } => {
            Kind::Texts(scalar_of(type_of(&items)).unwrap_or(Scalar::Text))
        }
        Kind::Group(_)
        | Kind::OneOf(_)
        | Kind::Secret { .. }
        | Kind::Text { .. }
        | Kind::File { .. } => Kind::Rows(Box::new(item)),
        _ => Kind::Json,
    }
}

fn object(at: At<'_>, schema: &Object) -> Kind {
    let group = group(at, schema);
    if group.properties.is_empty() && at.depth > 0 {
        Kind::Json
    } else {
        Kind::Group(group)
    }
}

fn flag(schema: &Object, key: &str) -> bool {
    schema.get(key) == Some(&Value::Bool(true))
}
