//! What every manifest here must have.

use std::collections::HashSet;

use serde_json::Value;

use super::*;
use crate::declarative::{Runtime, spec};

/// Parts of a name that tell a secret, and names that hold one of them without being one.
const SECRET: [&str; 7] = [
    "token",
    "secret",
    "password",
    "key",
    "private",
    "credentials_json",
    "service_account_info",
];
const OPEN: [&str; 1] = ["token_expiry_date"];

/// Streams whose objects have no identifier at the vendor.
const KEYLESS: [&str; 0] = [];

#[test]
fn every_manifest_reads_and_needs_no_python() {
    for name in names() {
        let manifest = Manifest::parse(text(name).unwrap());
        let manifest = manifest.unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(manifest.runtime(), Runtime::Native, "{name}");
    }
    assert!(manifest("nobody").is_none());
}

#[test]
fn every_form_is_a_schema_whose_fields_are_explained_and_whose_secrets_are_marked() {
    for name in names() {
        let spec = spec(&manifest(name).unwrap()).unwrap();
        let schema = &spec.connection_specification;
        jsonschema::draft7::new(schema).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
        assert!(
            spec.documentation_url.unwrap().starts_with("https://"),
            "{name}"
        );
        fields(name, schema);
    }
}

/// Looks at the fields of an object, and at those of its choices.
fn fields(place: &str, schema: &Value) {
    for choice in schema["oneOf"].as_array().into_iter().flatten() {
        assert!(
            choice["title"].is_string(),
            "{place} has a choice without a title"
        );
        fields(place, choice);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        if field.get("const").is_some() {
            continue;
        }
        assert!(field["title"].is_string(), "{place} has no title");
        let words = field["description"].as_str().unwrap_or_default();
        assert!(words.ends_with('.'), "{place}: “{words}” is no description");
        let secret = field["type"] == "string"
            && !OPEN.contains(&name.as_str())
            && SECRET.iter().any(|part| name.contains(part));
        assert!(
            !secret || field["airbyte_secret"] == true,
            "{place} is secret"
        );
        fields(&place, field);
    }
}

#[test]
fn every_stream_has_a_key_and_typed_fields() {
    for name in names() {
        let manifest = manifest(name).unwrap();
        let root = manifest.root();
        let mut seen = HashSet::new();
        for stream in root.list("streams").into_iter().flat_map(unconditional) {
            let stream_name = stream["name"].as_str().unwrap();
            assert!(seen.insert(stream_name), "{name} has {stream_name} twice");
            // both forms of a stream that is read in two ways
            let forms = match stream.get("full_refresh_stream") {
                Some(full) => vec![full, &stream["incremental_stream"]],
                None => vec![stream],
            };
            for form in forms {
                described(&format!("{name}.{stream_name}"), form);
            }
        }
        let check = root.need_child("check").unwrap();
        for checked in check.strs("stream_names").unwrap() {
            assert!(seen.contains(checked.as_str()), "{name} checks {checked}");
        }
    }
}

/// The streams that are there on a condition, or the one that always is.
fn unconditional(stream: &Value) -> Vec<&Value> {
    match stream["streams"].as_array() {
        Some(streams) => streams.iter().collect(),
        None => vec![stream],
    }
}

/// A stream with a primary key, and a schema that holds it and the cursor.
fn described(place: &str, stream: &Value) {
    let loader = &stream["schema_loader"];
    assert_eq!(loader["type"], "InlineSchemaLoader", "{place}");
    let fields = loader["schema"]["properties"].as_object().unwrap();
    assert!(!fields.is_empty(), "{place}");
    for (field, schema) in fields {
        let typed = schema["type"].is_string() || schema["type"].is_array();
        assert!(typed, "{place}.{field} has no type");
    }
    let keys: Vec<&str> = match &stream["primary_key"] {
        Value::String(key) => vec![key],
        Value::Array(keys) => keys.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    assert_eq!(
        keys.is_empty(),
        KEYLESS.contains(&place),
        "the key of {place}"
    );
    let cursor = stream["incremental_sync"]["cursor_field"].as_str();
    for field in keys.into_iter().chain(cursor) {
        assert!(fields.contains_key(field), "{place} has no field {field}");
    }
}
