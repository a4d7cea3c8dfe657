//! Any connector specification must render without an empty space and survive the trip through its own form.
//!
//! `TRIBUTARY_SPEC_DIR` names a folder of specification files (JSON) to try besides the ones here.

use std::{fs, path::PathBuf};

use super::*;

#[expect(
    clippy::disallowed_methods,
    reason = "more specifications than can be shipped"
)]
fn specifications() -> Vec<(String, Value)> {
    let mut found = vec![("login".to_owned(), login())];
    let Ok(folder) = std::env::var("TRIBUTARY_SPEC_DIR") else {
        return found;
    };
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "json") {
                let name = path.display().to_string();
                let text = fs::read_to_string(&path).expect("the file can be read");
                found.push((name, serde_json::from_str(&text).expect("JSON")));
            }
        }
    }
    found
}

/// Files hold either the schema itself or the whole specification around it.
fn schema_of(specification: &Value) -> &Value {
    ["connectionSpecification", "connection_specification"]
        .into_iter()
        .find_map(|key| specification.get(key))
        .unwrap_or(specification)
}

fn login() -> Value {
    json!({"documentationUrl": "https://example.com", "connectionSpecification": {
    "type": "object", "required": ["credentials"], "additionalProperties": true,
    "properties": {
        "credentials": {"title": "Authentication", "type": "object", "oneOf": [
            {"title": "Token", "required": ["token"], "properties": {"kind": {"const": "token", "enum": ["token"], "default": "token"},
                "token": {"type": "string", "airbyte_secret": true}}},
            {"title": "OAuth", "required": ["client_id", "client_secret"], "properties": {"kind": {"const": "oauth"},
                "client_id": {"type": "string"}, "client_secret": {"type": "string", "airbyte_secret": true}}}]},
        "reports": {"type": "array", "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"},
            "filter": {"oneOf": [
                {"title": "Text", "required": ["value"], "properties": {"type": {"const": "text"}, "value": {"type": "string"}}},
                {"title": "Range", "required": ["from"], "properties": {"type": {"const": "range"}, "from": {"type": "integer"}}}]}}}}
    }}})
}

/// Something that a person could type into this field.
fn typed(field: &Field) -> Option<String> {
    let text = match &field.control {
        Control::Text { value, .. }
        | Control::Number { value, .. }
        | Control::Date { value, .. }
            if !value.is_empty() =>
        {
            value.clone()
        }
        Control::Date { with_time, .. } => if *with_time {
            "2026-01-31T08:30"
        } else {
            "2026-01-31"
        }
        .to_owned(),
        Control::Number { min, .. } => min.map_or("7".to_owned(), |min| format!("{min:.0}")),
        Control::Text { .. } => field.example.clone().unwrap_or_else(|| "abc".to_owned()),
        Control::Secret { .. } => "s3cret".to_owned(),
        Control::File { .. } => "upload://upl_1".to_owned(),
        Control::Choice { options, value } if value.is_empty() => options
            .iter()
            .find(|option| !option.value.is_empty())?
            .value
            .clone(),
        Control::Choice { value, .. } => value.clone(),
        Control::Several { options, .. } => options.first()?.value.clone(),
        Control::Texts { .. } => "1".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// A complete answer for one choice of branches: `pick` selects the branch of each choice.
fn answer(form: &Form, pick: usize) -> Vec<(String, String)> {
    let mut pairs = post_back(form);
    for field in all_fields(form)
        .into_iter()
        .filter(|field| !field.name.contains('#'))
    {
        if let Control::OneOf { branches, .. } = &field.control {
            pairs.push((field.name.clone(), (pick % branches.len()).to_string()));
        } else if let Some(text) = typed(field)
            .filter(|_| field.required || matches!(field.control, Control::Secret { .. }))
        {
            pairs.push((field.name.clone(), text));
        }
    }
    pairs
}

#[test]
fn every_specification_renders_without_an_empty_space() {
    for (name, specification) in specifications() {
        let form = Schema::parse(schema_of(&specification)).form(Filling::Fresh);
        let fields = all_fields(&form);
        for field in &fields {
            assert!(
                !field.label.trim().is_empty(),
                "{name}: {} has no label",
                field.name
            );
            if let Control::Choice { options, .. } | Control::Several { options, .. } =
                &field.control
            {
                assert!(!options.is_empty(), "{name}: {} offers nothing", field.name);
            }
        }
        let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(before, names.len(), "{name}: two fields share a name");
    }
}

#[test]
fn every_specification_survives_its_own_form() {
    /// Covers every branch of the widest choice at hand.
    const BRANCHES: usize = 8;
    for (name, specification) in specifications() {
        let schema = Schema::parse(schema_of(&specification));
        for pick in 0..BRANCHES {
            let pairs = answer(&schema.form(Filling::Fresh), pick);
            let config = schema.read_leniently(&pairs, None);
            let (masked, secrets) = schema.split(&config);
            assert!(
                !masked.to_string().contains("s3cret"),
                "{name} {pick}: a secret shows"
            );
            let again = post_back(&schema.form(Filling::Stored {
                config: &masked,
                set_on: "",
            }));
            let stored = secrets.join(&masked);
            assert_eq!(stored, config, "{name} {pick}");
            assert_eq!(
                schema.read_leniently(&again, Some(&stored)),
                config,
                "{name} {pick}"
            );
        }
    }
}
